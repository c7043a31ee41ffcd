/** Computes what is known before the statement runs (fold.ts). A condition that cannot be true makes its plan empty; one that is true goes. */
import { Folder } from '../fold.js';
import { isNeverTrue, isTrue, mapPlanExpressions } from '../expression-tools.js';
import { isEmptyPlan, makeEmpty, mapPlanBottomUp, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const foldConstants: Rule = {
  name: 'fold-constants',
  isRequired: false,
  apply(statement, cx) {
    const { fold } = new Folder(cx.binder.types, cx.context);
    return rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, (node) => prune(mapPlanExpressions(node, fold))));
  },
};

/** Empty inputs and settled conditions. Row locks and changes keep their shape, for they are also what EXPLAIN shows of them. */
export function prune(plan: LogicalPlan): LogicalPlan {
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
    case 'window':
    case 'sort':
    case 'distinct':
      return isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
    case 'limit':
      if (plan.limit?.kind === 'constant' && (plan.limit.value === 0 || plan.limit.value === 0n)) return makeEmpty(plan.output);
      return isEmptyPlan(plan.input) ? makeEmpty(plan.output) : plan;
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
