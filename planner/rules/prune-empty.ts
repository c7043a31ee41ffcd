/**
 * What can give no row gives way to nothing: filters and joins whose condition cannot be true, and what stands over inputs that are empty. Done when constants have
 * been computed, and as a rule of its own again when subqueries have become joins and outer joins inner ones, which makes more joins without rows.
 */
import { locksNullable } from '../binder-locking.js';
import { isNeverTrue, isTrue } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { isEmptyPlan, makeEmpty, mapPlanBottomUp, type LogicalPlan, type LogicalStatement } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const pruneEmpty: Rule = { name: 'prune-empty', isRequired: false, apply: pruned };

export function pruned(statement: LogicalStatement): LogicalStatement {
  return rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, prune));
}

/** Empty inputs and settled conditions. Row locks and changes keep their shape, for they are also what EXPLAIN shows of them; and what will be refused stays until it is. */
function prune(plan: LogicalPlan): LogicalPlan {
  const next = withoutEmpty(plan);
  return next !== plan && locksNullable(plan) && !locksNullable(next) ? plan : next;
}

function withoutEmpty(plan: LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case 'filter':
      if (isTrue(plan.condition)) return plan.input;
      return isNeverTrue(plan.condition) || isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
    case 'join': {
      const condition = plan.condition !== undefined && isTrue(plan.condition) ? undefined : plan.condition;
      const never = condition !== undefined && isNeverTrue(condition);
      const left = isEmptyPlan(plan.left);
      const right = isEmptyPlan(plan.right);
      if (plan.join === 'inner' && (never || left || right)) return makeEmpty(plan.output);
      if (plan.join === 'left' && left) return makeEmpty(plan.output);
      if (plan.join === 'semi' && (never || left || right)) return makeEmpty(plan.output);
      if (plan.join === 'anti' && left) return makeEmpty(plan.output);
      if (plan.join === 'anti' && (never || right) && !plan.nullAware) return plan.left;
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case 'project':
    case 'projectSet':
    case 'sort':
    case 'distinct':
      return isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
    // What bounds a frame or cuts off rows is looked at before the first row.
    case 'window':
      return isEmptyPlan(plan.input) && plan.calls.every(({ frame }) => isCount(frame.start.value) && isCount(frame.end.value)) ? makeEmpty(plan.output) : plan;
    case 'limit': {
      const limit = plan.limit?.kind === 'constant' ? plan.limit.value : undefined;
      if (!isCount(plan.offset) || !(isCount(plan.limit) || limit === null)) return plan;
      return limit === 0 || limit === 0n || isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
    }
    case 'aggregate':
      return !plan.isPlain && plan.groupingSets === undefined && isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
    case 'append': {
      const kept = plan.inputs.map((_, i) => i).filter((i) => !isEmptyPlan(plan.inputs[i]!));
      if (kept.length === plan.inputs.length) return plan;
      if (kept.length === 0) return makeEmpty(plan.output);
      return { ...plan, inputs: kept.map((i) => plan.inputs[i]!), inputColumns: kept.map((i) => plan.inputColumns[i]!) };
    }
    default:
      return plan;
  }
}

/** Nothing, or a number that is known and not negative. */
const isCount = (e: BoundExpression | undefined): boolean => e === undefined || (e.kind === 'constant' && (typeof e.value === 'number' || typeof e.value === 'bigint') && e.value >= 0);
