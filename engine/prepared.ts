/** PREPARE and DEALLOCATE: statements that a session has named; EXECUTE is execute-prepared.ts. */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { CreateTableAs, Execute, IntoClause, Prepare, Query } from '../parser/ast.js';
import { intoOf, withoutInto } from '../parser/select-into.js';
import { evaluateExpressions } from './ddl/expressions.js';
import { bindTypeName } from './ddl/types.js';
import type { Backend, Call, PreparedStatement } from './backend.js';
import { describeStatement } from './execute.js';
import { CachedStatement } from './plan-cache.js';

export function prepare(backend: Backend, cached: CachedStatement, statement: Prepare): void {
  const parameterTypes = statement.parameterTypes.map((type) => bindTypeName(backend, type).oid);
  // The text stays that of PREPARE, so that positions in later errors point into it.
  const given = statement.statement;
  const into = given.kind === 'query' ? intoOf(given) : undefined;
  const inner = new CachedStatement({ ...cached.parsed, statement: into === undefined ? given : withoutInto(given as Query) });
  // PostgreSQL analyses at once: errors show here, those of planning when it is executed.
  const description = describeStatement(backend, inner, parameterTypes);
  if (backend.prepared.has(statement.name)) throw new DbError('42P05', `prepared statement "${statement.name}" already exists`);
  const prepared: PreparedStatement = { name: statement.name, cached: inner, into, parameterTypes: description.parameterTypes.map((type) => type.oid), result: description.result, text: cached.parsed.text, preparedAtMs: backend.instance.clock.now() };
  backend.prepared.set(statement.name, prepared);
}

export function findPrepared(backend: Backend, name: string): PreparedStatement {
  const prepared = backend.prepared.get(name);
  if (prepared === undefined) throw new DbError('26000', `prepared statement "${name}" does not exist`);
  return prepared;
}

/** The arguments of EXECUTE, of the types the statement wants. */
export function executeArguments(backend: Backend, prepared: PreparedStatement, statement: Execute, call: Call): Datum[] {
  // How many there are was settled when it was prepared, and is looked at before the statement is planned again.
  const { parameterTypes: oids } = prepared;
  if (oids.length !== statement.args.length) {
    throw new DbError('42601', `wrong number of parameters for prepared statement "${statement.name}"`, { detail: `Expected ${oids.length} parameters but got ${statement.args.length}.` });
  }
  const { parameterTypes } = describeStatement(backend, prepared.cached, oids);
  return evaluateExpressions(backend, statement.args, parameterTypes, call);
}

/** EXECUTE of a SELECT ... INTO is a CREATE TABLE AS. */
export function tableOf(into: IntoClause, query: Execute): CreateTableAs {
  return { kind: 'createTableAs', name: into.name, persistence: into.persistence, ifNotExists: false, columns: [], options: [], onCommit: undefined, accessMethod: undefined, tablespace: undefined, query, withData: true, offset: into.offset };
}

export function deallocate(backend: Backend, name: string | undefined): void {
  if (name === undefined) backend.prepared.clear();
  else {
    findPrepared(backend, name);
    backend.prepared.delete(name);
  }
}
