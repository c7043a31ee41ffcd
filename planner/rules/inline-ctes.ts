/**
 * Puts a CTE's query where it is read, so that conditions reach into it: when it is read once, or when NOT MATERIALIZED asks for it (then
 * each reader gets a copy with column ids of its own). A CTE stays a CTE when it changes data, takes locks, is recursive, calls a volatile function
 * or is MATERIALIZED. One that reads an enclosing row must be inlined whatever it says, for a CTE runs once in a statement.
 *
 * A CTE that nobody reads is dropped, unless it changes data; where only the dropped read it, after constants have been folded.
 */
import { notSupported } from '../../base/errors.js';
import { copyPlan } from '../copy-plan.js';
import { forEachPlanExpression, logicalPlanOf, mapAllExpressions, mapChildren, planIsVolatile } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { mapPlanBottomUp, planInputs, type LogicalCte, type LogicalPlan } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';

export const inlineCtes: Rule = {
  name: 'inline-ctes',
  isRequired: true,
  apply(statement, cx) {
    if (statement.ctes.length === 0) return statement;
    const ctes = [...statement.ctes];
    let plan = statement.plan;
    let changed = false;
    const all = ctes.map((cte) => readersOf(cte, plan, ctes));
    // From the last to the first: inlining a reader may leave a CTE with a single reader.
    for (let i = ctes.length - 1; i >= 0; i--) {
      const cte = ctes[i]!;
      const readers = readersOf(cte, plan, ctes);
      if (readers === 0) {
        // One whose readers are gone is planned as if they were there, and what fails in that is an error, where it would not have become part of theirs.
        if (!cte.isModifying && (all[i] === 0 || shouldInline(cte, all[i]!, cx))) {
          ctes.splice(i, 1);
          changed = true;
        }
        continue;
      }
      if (!shouldInline(cte, readers, cx)) continue;
      let used = false;
      const next = (): LogicalCte => {
        if (!used) {
          used = true;
          return cte;
        }
        return copyCte(cte, cx);
      };
      plan = inlineIn(plan, cte.number, next);
      for (let j = 0; j < ctes.length; j++) if (j !== i) ctes[j] = { ...ctes[j]!, plan: inlineIn(ctes[j]!.plan, cte.number, next) };
      ctes.splice(i, 1);
      changed = true;
    }
    return changed ? { ...statement, ctes, plan } : statement;
  },
};

/** CTEs that were kept for what planning finds in them. */
export const dropUnreadCtes: Rule = {
  name: 'drop-unread-ctes',
  isRequired: true,
  apply(statement) {
    let { ctes } = statement;
    for (let i = ctes.length - 1; i >= 0; i--) if (!ctes[i]!.isModifying && readersOf(ctes[i]!, statement.plan, ctes) === 0) ctes = ctes.filter((_, at) => at !== i);
    return ctes.length === statement.ctes.length ? statement : { ...statement, ctes };
  },
};

const readersOf = (cte: LogicalCte, plan: LogicalPlan, ctes: readonly LogicalCte[]): number =>
  countReaders(plan, cte.number) + ctes.reduce((sum, other) => sum + (other === cte ? 0 : countReaders(other.plan, cte.number)), 0);

function shouldInline(cte: LogicalCte, readers: number, cx: RuleContext): boolean {
  if (cte.isCorrelated) {
    if (cte.isRecursive && readers > 1) throw notSupported('a recursive WITH query that reads an outer row and is read more than once');
    return true;
  }
  if (cx.isDisabled('inline-ctes') || cte.isModifying || cte.isRecursive || cte.mayWait || cte.materialized === true) return false;
  if (readers > 1 && cte.materialized !== false) return false;
  return !planIsVolatile(cte.plan);
}

function countReaders(plan: LogicalPlan, number: number): number {
  let count = plan.kind === 'cteScan' && plan.cte === number ? 1 : 0;
  const visit = (e: BoundExpression): BoundExpression =>
    mapChildren(e, visit, (query) => {
      count += countReaders(logicalPlanOf(query), number);
      return query;
    });
  forEachPlanExpression(plan, visit);
  for (const input of planInputs(plan)) count += countReaders(input, number);
  return count;
}

function copyCte(cte: LogicalCte, cx: RuleContext): LogicalCte {
  const { plan, idOf } = copyPlan(cte.plan, cx.binder);
  return { ...cte, plan, columns: cte.columns.map((column) => ({ ...column, id: idOf(column.id) })) };
}

/** Every scan of the CTE becomes its query under a projection that gives the scan's ids. */
function inlineIn(plan: LogicalPlan, number: number, next: () => LogicalCte): LogicalPlan {
  const inExpression = (e: BoundExpression): BoundExpression =>
    mapChildren(e, inExpression, (query) => {
      const inner = inlineIn(logicalPlanOf(query), number, next);
      return inner === query.plan ? query : { ...query, plan: inner };
    });
  return mapAllExpressions(
    mapPlanBottomUp(plan, (node) => {
      if (node.kind !== 'cteScan' || node.cte !== number) return node;
      const cte = next();
      const computed = node.columns.map(({ id, position }) => {
        const column = cte.columns[position]!;
        return { id, expression: { kind: 'column', type: column.type, offset: -1, id: column.id, name: column.name } as BoundExpression };
      });
      return { kind: 'project', output: node.output, input: cte.plan, computed };
    }),
    inExpression,
  );
}
