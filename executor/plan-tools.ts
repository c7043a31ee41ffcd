/** What the executor asks of a physical plan: which columns it makes, which it needs from outside, whether its rows change when it is run again. */
import type { ColumnId } from '../planner/expression.js';
import { collectColumns } from '../planner/expression-tools.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import { forEachInputExpression, forEachPlan, ownColumns } from '../planner/physical-tools.js';

/** Every column id that an operator of `plan` makes or hands up. */
export function producedColumns(plan: PhysicalPlan): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  forEachPlan(plan, (node) => {
    for (const { id } of node.output) ids.add(id);
    for (const id of ownColumns(node)) ids.add(id);
  });
  return ids;
}

/** Columns of enclosing rows that `plan` reads: it must be run again for each of those. */
export function outerColumns(plan: PhysicalPlan): Set<ColumnId> {
  const read = new Set<ColumnId>();
  forEachPlan(plan, (node) => forEachInputExpression(node, (e) => collectColumns(e, read)));
  for (const id of producedColumns(plan)) read.delete(id);
  return read;
}

/** Whether a work table or CTE computed by an enclosing operator is read: rescans then see other rows. */
export function readsWorkTable(plan: PhysicalPlan): boolean {
  let found = false;
  forEachPlan(plan, (node) => {
    found ||= node.kind === 'workTableScan';
  });
  return found;
}
