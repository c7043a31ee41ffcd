/**
 * Which expressions a statement that changes one row computes without an execution (direct-modify.ts): those that ask for nothing that could write, wait, or run a statement, which are built-in functions
 * but for some of those that are volatile, without subqueries and types of the user.
 */
import { FirstUserOid } from '../base/types.js';
import type { FunctionDef } from '../functions/registry.js';
import type { BoundExpression } from '../planner/expression.js';
import { someExpression } from '../planner/expression-tools.js';

/** Volatile functions that are. */
const harmless = new Set(['nextval', 'currval', 'lastval', 'random', 'gen_random_uuid', 'clock_timestamp']);
/** When the statement began is not known in a lane (engine/short-ways/direct-lane.ts). */
const StatementClock = 'statement_timestamp';

export function isSelfContained(e: BoundExpression): boolean {
  return !someExpression(e, (part) => part.kind === 'subquery' || (part.kind === 'cast' && part.type.oid >= FirstUserOid) || (part.kind === 'call' && !isHarmless(part.function)));
}
function isHarmless({ schema, name, volatility }: FunctionDef): boolean {
  return schema === 'pg_catalog' && (volatility === 'volatile' ? harmless.has(name) : name !== StatementClock);
}

/** Whether it may give something else each time. */
export function isVolatile(e: BoundExpression): boolean {
  return someExpression(e, (part) => part.kind === 'call' && part.function.volatility === 'volatile');
}
/** Whether it may ask when transaction and statement began. */
export function isTimed(e: BoundExpression): boolean {
  return someExpression(e, (part) => part.kind === 'cast' || (part.kind === 'call' && part.function.volatility !== 'immutable'));
}
