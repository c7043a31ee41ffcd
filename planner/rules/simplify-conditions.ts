/**
 * Conditions in the form that indexes, statistics, joins and generated code can use:
 *
 * - `date < timestamp '1995-01-01 00:00'`, which is what `date '1994-01-01' + interval '1' year` makes, as a comparison of dates. The constant is a midnight, so
 *   the date compares with it as with its day.
 * - `(a AND b) OR (a AND c)` as `a AND (b OR c)`: a may be a join's equality, which inside the OR would be of no use. As process_duplicate_ors of prepqual.c.
 */
import { timestampDays } from '../../base/calendar.js';
import { MicrosPerDay } from '../../base/interval.js';
import { TypeOid, types } from '../../base/types.js';
import type { Binder } from '../binder-context.js';
import { operatorFunction } from '../binder-operator.js';
import { conjunction, conjunctsOf, constant, isVolatile, mapChildren, mapPlanExpressions, sameExpression } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { mapPlanBottomUp } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const simplifyConditions: Rule = {
  name: 'simplify-conditions',
  isRequired: false,
  apply: (statement, cx) => {
    const simplify = (e: BoundExpression): BoundExpression => {
      const mapped = mapChildren(e, simplify);
      if (mapped.kind === 'call') return dateComparison(cx.binder, mapped);
      return mapped.kind === 'or' ? commonFactors(mapped) : mapped;
    };
    return rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, (node) => mapPlanExpressions(node, simplify)));
  },
};

type Call = Extract<BoundExpression, { kind: 'call' }>;
type Connective = Extract<BoundExpression, { kind: 'and' | 'or' }>;

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=']);

function dateComparison(binder: Binder, e: Call): BoundExpression {
  if (e.operator === undefined || !comparisons.has(e.operator) || e.args.length !== 2) return e;
  const days = e.args.map((arg): BoundExpression | undefined => (arg.type.oid === TypeOid.date ? arg : midnight(arg)));
  const [left, right] = days;
  if (left === undefined || right === undefined || (left === e.args[0] && right === e.args[1])) return e;
  return { ...e, function: operatorFunction(binder, e.operator, types.date, types.date, -1), args: [left, right] };
}

/** A timestamp constant that is the beginning of a day, as that day. */
function midnight(e: BoundExpression): BoundExpression | undefined {
  if (e.kind !== 'constant' || e.type.oid !== TypeOid.timestamp || typeof e.value !== 'number' || !Number.isFinite(e.value) || e.value % MicrosPerDay !== 0) return undefined;
  return constant(timestampDays(e.value), types.date, e.offset);
}

function commonFactors(e: Connective): BoundExpression {
  const [first, ...others] = e.args.map(conjunctsOf);
  const common = first!.filter((candidate) => !isVolatile(candidate) && others.every((list) => list.some((other) => sameExpression(other, candidate))));
  if (common.length === 0) return e;
  const rest = [first!, ...others].map((list) => conjunction(list.filter((item) => !common.some((factor) => sameExpression(factor, item)))));
  // An alternative that is nothing but common factors decides: the others add nothing to it.
  if (rest.some((item) => item === undefined)) return conjunction(common) ?? constant(true, types.bool, e.offset);
  return conjunction([...common, { ...e, args: rest as BoundExpression[] }])!;
}
