/** Functions of the user as the planner wants them, and CALL. */
import { DbError } from '../base/errors.js';
import type { FunctionDef } from '../functions/registry.js';
import type { Call as CallStatement } from '../parser/ast.js';
import type { Backend, Call, StatementResult } from './backend.js';
import type { DefinitionSource } from './catalog-view.js';
import type { CachedStatement } from './plan-cache.js';

/** Those of a name in a schema. No language for functions exists yet, so there are none. */
export function userFunctions(_source: DefinitionSource, _schema: number | undefined, _name: string): readonly FunctionDef[] {
  return [];
}

export function runCall(_backend: Backend, _cached: CachedStatement, statement: CallStatement, _call: Call): Promise<StatementResult> {
  throw new DbError('42883', `procedure ${statement.call.name.name}() does not exist`, { offset: statement.offset, hint: 'No procedure matches the given name and argument types.' });
}
