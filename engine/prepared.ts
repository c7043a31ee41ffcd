/** PREPARE, EXECUTE, DEALLOCATE: prepared statements of SQL, by name and session. */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { sameType } from '../base/types.js';
import type { CreateTableAs, Execute, IntoClause, Prepare, Query } from '../parser/ast.js';
import { intoOf, withoutInto } from '../parser/select-into.js';
import { runDdl } from './ddl/ddl.js';
import { evaluateExpressions } from './ddl/expressions.js';
import { bindTypeName } from './ddl/types.js';
import type { Backend, Call, PreparedStatement, StatementResult } from './backend.js';
import { describeStatement, findPlan, runPlanned } from './execute.js';
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

export async function execute(backend: Backend, _cached: CachedStatement, statement: Execute, call: Call): Promise<StatementResult> {
  const prepared = findPrepared(backend, statement.name);
  const { into } = prepared;
  if (into !== undefined) return runDdl(backend, new CachedStatement({ ...prepared.cached.parsed, statement: tableOf(into, statement) }), call);
  const datums = executeArguments(backend, prepared, statement, call);
  checkResult(backend, prepared);
  return runPlanned(backend, prepared.cached, { ...call, params: undefined }, { parameterTypes: prepared.parameterTypes, datums });
}

/** EXECUTE of a SELECT ... INTO is a CREATE TABLE AS. */
export function tableOf(into: IntoClause, query: Execute): CreateTableAs {
  return { kind: 'createTableAs', name: into.name, persistence: into.persistence, ifNotExists: false, columns: [], options: [], onCommit: undefined, accessMethod: undefined, tablespace: undefined, query, withData: true, offset: into.offset };
}

/** Whoever prepared the statement may have told others what its rows look like. @throws DbError 0A000 */
function checkResult(backend: Backend, prepared: PreparedStatement): void {
  const { result } = findPlan(backend, prepared.cached, prepared.parameterTypes).planned;
  const same = result.length === prepared.result.length && result.every((column, i) => column.name === prepared.result[i]!.name && sameType(column.type, prepared.result[i]!.type));
  if (!same) throw new DbError('0A000', 'cached plan must not change result type');
}

export function deallocate(backend: Backend, name: string | undefined): void {
  if (name === undefined) backend.prepared.clear();
  else {
    findPrepared(backend, name);
    backend.prepared.delete(name);
  }
}
