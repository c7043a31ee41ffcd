/**
 * An outer join whose padding rows some condition above throws away is a narrower one: LEFT becomes INNER when a condition is never true for NULLs of
 * its right side, FULL becomes LEFT, RIGHT or INNER. Inner joins above count as conditions. A LEFT JOIN with `right.column IS NULL` above, where the
 * column is never NULL in a match, keeps only rows without a match; the anti join of prune-columns.ts takes that up.
 */
import { columnRef, columnsOf, conjunctsOf, outputIdSet, rejectsNulls, substitute } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { makeJoin, planInputs, withInputs, type LogicalCte, type LogicalPlan } from '../logical-plan.js';
import type { JoinType } from '../physical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const simplifyOuterJoins: Rule = {
  name: 'simplify-outer-joins',
  isRequired: false,
  apply(statement) {
    const hoisted = new HoistedReaders(statement.ctes);
    const main = rewriteStatement({ ...statement, ctes: noCtes }, (plan) => simplify(plan, [], hoisted));
    let changed = main.plan !== statement.plan;
    const ctes = statement.ctes.map((cte) => {
      const { plan } = rewriteStatement({ ctes: noCtes, plan: cte.plan, result: cte.columns }, (part) => simplify(part, part === cte.plan ? hoisted.conditionsOn(cte) : [], hoisted));
      changed ||= plan !== cte.plan;
      return plan === cte.plan ? cte : { ...cte, plan };
    });
    return changed ? { ...statement, plan: main.plan, ctes } : statement;
  },
};
const noCtes: readonly LogicalCte[] = [];

/** What the readers of queries that run ahead say of the rows they keep, in the columns of those queries. */
class HoistedReaders {
  readonly #ctes: ReadonlyMap<number, LogicalCte>;
  readonly #conditions = new Map<number, readonly BoundExpression[]>();

  constructor(ctes: readonly LogicalCte[]) {
    this.#ctes = new Map(ctes.filter((cte) => cte.isHoisted === true).map((cte) => [cte.number, cte]));
  }

  /** `conditions` hold for every row that will survive above `scan`. */
  note(scan: Extract<LogicalPlan, { kind: 'cteScan' | 'workTableScan' }>, conditions: readonly BoundExpression[]): void {
    const cte = this.#ctes.get(scan.cte);
    if (cte === undefined) return;
    const columns = new Map(scan.columns.map(({ id, position }) => [id, columnRef(cte.columns[position]!)]));
    // Two readers: each sees rows that the other has no use for.
    this.#conditions.set(cte.number, this.#conditions.has(cte.number) ? [] : conditions.map((e) => substitute(e, columns)));
  }

  conditionsOn(cte: LogicalCte): readonly BoundExpression[] {
    return this.#conditions.get(cte.number) ?? [];
  }
}

/** `conditions` hold for every row that will survive above `plan`; those above the scan of a query that runs ahead go to `hoisted`. */
function simplify(plan: LogicalPlan, conditions: readonly BoundExpression[], hoisted: HoistedReaders): LogicalPlan {
  switch (plan.kind) {
    case 'cteScan':
      hoisted.note(plan, conditions);
      return plan;
    case 'filter':
      return withInputs(plan, [simplify(plan.input, [...conditions, ...conjunctsOf(plan.condition)], hoisted)]);
    case 'sort':
    case 'project':
    case 'lockRows':
      // Conditions over computed columns say nothing here, those over passed columns hold as they are.
      return withInputs(plan, [simplify(plan.input, conditions, hoisted)]);
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
      const left = simplify(plan.left, toLeft, hoisted);
      const right = simplify(plan.right, toRight, hoisted);
      if (join === plan.join) return withInputs(plan, [left, right]);
      return makeJoin(join, left, right, plan.condition, plan.isLateral, plan.nullAware);
    }
    default: {
      const inputs = planInputs(plan);
      return inputs.length === 0 ? plan : withInputs(plan, inputs.map((input) => simplify(input, [], hoisted)));
    }
  }
}
