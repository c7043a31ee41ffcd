/**
 * An outer join whose padding rows some condition above throws away is a narrower one: LEFT becomes INNER when a condition is never true for NULLs of
 * its right side, FULL becomes LEFT, RIGHT or INNER. Inner joins above count as conditions. A LEFT JOIN with `right.column IS NULL` above, where the
 * column is never NULL in a match, keeps only rows without a match; the anti join of unused-columns.ts takes that up.
 */
import { columnRef, columnsOf, conjunctsOf, outputIdSet, rejectsNulls, substitute } from '../expression-tools.js';
import type { BoundExpression, ColumnId } from '../expression.js';
import { makeJoin, planInputs, withInputs, type LogicalCte, type LogicalPlan } from '../logical-plan.js';
import type { JoinType } from '../physical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const simplifyOuterJoins: Rule = {
  name: 'simplify-outer-joins',
  isRequired: false,
  apply(statement) {
    const above = new Map<number, readonly BoundExpression[]>();
    const main = rewriteStatement({ ...statement, ctes: noCtes }, (plan) => simplify(plan, [], above));
    let changed = main.plan !== statement.plan;
    const ctes = statement.ctes.map((cte) => {
      const given = cte.isHoisted === true ? (above.get(cte.number) ?? []) : [];
      const { plan } = rewriteStatement({ ctes: noCtes, plan: cte.plan, result: cte.columns }, (part) => simplify(part, part === cte.plan ? inColumnsOf(cte, given) : [], above));
      changed ||= plan !== cte.plan;
      return plan === cte.plan ? cte : { ...cte, plan };
    });
    return changed ? { ...statement, plan: main.plan, ctes } : statement;
  },
};
const noCtes: readonly LogicalCte[] = [];

/** What its reader says of the columns of a query that runs ahead, as said of the query's own: by their places, as `simplify` notes them. */
function inColumnsOf(cte: LogicalCte, conditions: readonly BoundExpression[]): BoundExpression[] {
  return conditions.map((e) => substitute(e, new Map(cte.columns.map((column, position) => [placeId(position), columnRef(column)]))));
}
/** Stands for the column at a place of a CTE; no plan has a column of this number. */
const placeId = (position: number): ColumnId => -1 - position;

/** `conditions` hold for every row that will survive above `plan`; those above a scan of a CTE go into `above`. */
function simplify(plan: LogicalPlan, conditions: readonly BoundExpression[], above: Map<number, readonly BoundExpression[]>): LogicalPlan {
  switch (plan.kind) {
    case 'cteScan': {
      const places = new Map(plan.columns.map(({ id, position }, i) => [id, columnRef({ ...plan.output[i]!, id: placeId(position) })]));
      const own = conditions.map((e) => substitute(e, places));
      // Two readers: each sees rows that the other has no use for.
      above.set(plan.cte, above.has(plan.cte) ? [] : own);
      return plan;
    }
    case 'filter':
      return withInputs(plan, [simplify(plan.input, [...conditions, ...conjunctsOf(plan.condition)], above)]);
    case 'sort':
    case 'project':
    case 'lockRows':
      // Conditions over computed columns say nothing here, those over passed columns hold as they are.
      return withInputs(plan, [simplify(plan.input, conditions, above)]);
    case 'join': {
      const rejects = (side: LogicalPlan): boolean => {
        const ids = outputIdSet(side);
        // One that is never true whatever the side gives says nothing of the side.
        return conditions.some((e) => [...columnsOf(e)].some((id) => ids.has(id)) && rejectsNulls(e, (id) => ids.has(id)));
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
      const left = simplify(plan.left, toLeft, above);
      const right = simplify(plan.right, toRight, above);
      if (join === plan.join) return withInputs(plan, [left, right]);
      return makeJoin(join, left, right, plan.condition, plan.isLateral, plan.nullAware);
    }
    default: {
      const inputs = planInputs(plan);
      return inputs.length === 0 ? plan : withInputs(plan, inputs.map((input) => simplify(input, [], above)));
    }
  }
}
