/**
 * An outer join whose padding rows some condition above throws away is a narrower one: LEFT becomes INNER when a condition is never true for NULLs of
 * its right side, FULL becomes LEFT, RIGHT or INNER. Inner joins above count as conditions. A LEFT JOIN with `right.column IS NULL` above, where the
 * column is never NULL in a match, keeps only rows without a match; the anti join of unused-columns.ts takes that up.
 */
import { conjunctsOf, outputIdSet, rejectsNulls } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { makeJoin, planInputs, withInputs, type LogicalPlan } from '../logical-plan.js';
import type { JoinType } from '../physical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const simplifyOuterJoins: Rule = {
  name: 'simplify-outer-joins',
  isRequired: false,
  apply: (statement) => rewriteStatement(statement, (plan) => simplify(plan, [])),
};

/** `conditions` hold for every row that will survive above `plan`. */
function simplify(plan: LogicalPlan, conditions: readonly BoundExpression[]): LogicalPlan {
  switch (plan.kind) {
    case 'filter':
      return withInputs(plan, [simplify(plan.input, [...conditions, ...conjunctsOf(plan.condition)])]);
    case 'sort':
    case 'project':
    case 'lockRows':
      // Conditions over computed columns say nothing here, those over passed columns hold as they are.
      return withInputs(plan, [simplify(plan.input, conditions)]);
    case 'join': {
      const rejects = (side: LogicalPlan): boolean => {
        const ids = outputIdSet(side);
        return conditions.some((e) => rejectsNulls(e, (id) => ids.has(id)));
      };
      let join: JoinType = plan.join;
      if (join === 'left' && rejects(plan.right)) join = 'inner';
      else if (join === 'right' && rejects(plan.left)) join = 'inner';
      else if (join === 'full') {
        const left = rejects(plan.left);
        const right = rejects(plan.right);
        join = left && right ? 'inner' : left ? 'left' : right ? 'right' : 'full';
      }
      const own = conjunctsOf(plan.condition);
      const toLeft = join === 'inner' || join === 'semi' ? [...conditions, ...own] : join === 'left' || join === 'anti' ? conditions : join === 'right' ? own : [];
      const toRight = join === 'inner' ? [...conditions, ...own] : join === 'semi' || join === 'left' ? own : join === 'right' ? conditions : [];
      const left = simplify(plan.left, toLeft);
      const right = simplify(plan.right, toRight);
      if (join === plan.join) return withInputs(plan, [left, right]);
      return makeJoin(join, left, right, plan.condition, plan.isLateral, plan.nullAware);
    }
    default: {
      const inputs = planInputs(plan);
      return inputs.length === 0 ? plan : withInputs(plan, inputs.map((input) => simplify(input, [])));
    }
  }
}
