/** EXECUTE of a statement that PREPARE has named. */
import { DbError } from '../base/errors.js';
import { sameType } from '../base/types.js';
import type { Execute } from '../parser/ast.js';
import type { Backend, Call, PreparedStatement, StatementResult } from './backend.js';
import { runDdl } from './ddl/ddl.js';
import { findPlan, runPlanned } from './execute.js';
import { CachedStatement } from './plan-cache.js';
import { executeArguments, findPrepared, tableOf } from './prepared.js';

export async function execute(backend: Backend, statement: Execute, call: Call): Promise<StatementResult> {
  const prepared = findPrepared(backend, statement.name);
  const { into } = prepared;
  if (into !== undefined) return runDdl(backend, new CachedStatement({ ...prepared.cached.parsed, statement: tableOf(into, statement) }), call);
  const datums = executeArguments(backend, prepared, statement, call);
  checkResult(backend, prepared);
  return runPlanned(backend, prepared.cached, { ...call, params: undefined }, { parameterTypes: prepared.parameterTypes, datums });
}

/** Whoever prepared the statement may have told others what its rows look like. @throws DbError 0A000 */
function checkResult(backend: Backend, prepared: PreparedStatement): void {
  const { result } = findPlan(backend, prepared.cached, prepared.parameterTypes).planned;
  const same = result.length === prepared.result.length && result.every((column, i) => column.name === prepared.result[i]!.name && sameType(column.type, prepared.result[i]!.type));
  if (!same) throw new DbError('0A000', 'cached plan must not change result type');
}
