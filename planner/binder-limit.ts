/** LIMIT, OFFSET and FETCH FIRST: one bigint for the whole query, so without columns of the query itself. */
import { DbError } from '../base/errors.js';
import { types } from '../base/types.js';
import type { Expression } from '../parser/ast.js';
import { coerceToSpecific } from './binder-types.js';
import type { BoundExpression } from './expression.js';
import type { QueryLevel } from './scope.js';

export interface LimitClause {
  readonly limit: BoundExpression | undefined;
  readonly offset: BoundExpression | undefined;
  readonly withTies: boolean;
}

export function bindLimit(level: QueryLevel, clauses: { readonly limitCount: Expression | undefined; readonly limitOffset: Expression | undefined; readonly withTies: boolean }): LimitClause {
  const bind = (e: Expression | undefined, clause: 'LIMIT' | 'OFFSET'): BoundExpression | undefined => {
    if (e === undefined) return undefined;
    const before = level.clause;
    level.clause = clause;
    const bound = level.binder.hooks.bindExpression(level, e);
    level.clause = before;
    const value = coerceToSpecific(level.binder, bound, types.int8, clause);
    level.checkVariableFree(value, clause);
    return value;
  };
  const offset = bind(clauses.limitOffset, 'OFFSET');
  const limit = bind(clauses.limitCount, 'LIMIT');
  // As a word only: behind a cast it is no limit, as elsewhere.
  if (clauses.withTies && clauses.limitCount?.kind === 'null') throw new DbError('2201W', 'row count cannot be null in FETCH FIRST ... WITH TIES clause');
  return { limit, offset, withTies: clauses.withTies };
}
