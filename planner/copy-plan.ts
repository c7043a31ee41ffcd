/** A copy of a plan in which every column it produces has a new id, for a query that stands in two places of one statement. */
import { unreachable } from '../base/assert.js';
import type { Binder } from './binder-context.js';
import { collectProduced, forEachPlanExpression, logicalPlanOf, mapChildren, mapPlanExpressions } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { planInputs, withInputs, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';

export interface PlanCopy {
  readonly plan: LogicalPlan;
  /** The copy's id for a column of the original; the same id for a column of an enclosing row. */
  readonly idOf: (id: ColumnId) => ColumnId;
}

export function copyPlan(plan: LogicalPlan, binder: Binder): PlanCopy {
  const ids = new Map<ColumnId, ColumnId>();
  const ctes = new Map<number, number>();
  renumber(plan, binder, ids, ctes);
  const idOf = (id: ColumnId): ColumnId => ids.get(id) ?? id;
  return { plan: rename(plan, idOf, (cte) => ctes.get(cte) ?? cte), idOf };
}

/** An expression with copies of the subqueries in it. */
export function copyExpression(e: BoundExpression, binder: Binder): BoundExpression {
  const ids = new Map<ColumnId, ColumnId>();
  const ctes = new Map<number, number>();
  renumberExpression(e, binder, ids, ctes);
  if (ids.size === 0) return e;
  return renameExpression(e, (id) => ids.get(id) ?? id, (cte) => ctes.get(cte) ?? cte);
}

function renumber(plan: LogicalPlan, binder: Binder, ids: Map<ColumnId, ColumnId>, ctes: Map<number, number>): void {
  const produced = new Set<ColumnId>();
  collectProduced(plan, produced);
  for (const id of produced) if (!ids.has(id)) ids.set(id, binder.newId());
  const visit = (node: LogicalPlan): void => {
    if (node.kind === 'recursiveUnion') ctes.set(node.cte, binder.newCteNumber());
    forEachPlanExpression(node, (e) => renumberExpression(e, binder, ids, ctes));
    planInputs(node).forEach(visit);
  };
  visit(plan);
}

function renumberExpression(e: BoundExpression, binder: Binder, ids: Map<ColumnId, ColumnId>, ctes: Map<number, number>): void {
  mapChildren(e, (child) => {
    renumberExpression(child, binder, ids, ctes);
    return child;
  });
  if (e.kind === 'subquery') renumber(logicalPlanOf(e), binder, ids, ctes);
}

type Rename = (id: ColumnId) => ColumnId;

function renameExpression(e: BoundExpression, idOf: Rename, cteOf: (cte: number) => number): BoundExpression {
  if (e.kind === 'column') {
    const id = idOf(e.id);
    return id === e.id ? e : { ...e, id };
  }
  return mapChildren(
    e,
    (child) => renameExpression(child, idOf, cteOf),
    (query) => ({ ...query, plan: rename(logicalPlanOf(query), idOf, cteOf), columns: query.columns.map(idOf), outer: query.outer.map(idOf) }),
  );
}

function rename(plan: LogicalPlan, idOf: Rename, cteOf: (cte: number) => number): LogicalPlan {
  const columns = <T extends PlanColumn>(list: readonly T[]): readonly T[] => list.map((column) => ({ ...column, id: idOf(column.id) }));
  const computed = <T extends { readonly id: ColumnId }>(list: readonly T[]): readonly T[] => list.map((item) => ({ ...item, id: idOf(item.id) }));
  const inputs = planInputs(plan).map((input) => rename(input, idOf, cteOf));
  const over = mapPlanExpressions(inputs.length === 0 ? plan : withInputs(plan, inputs), (e) => renameExpression(e, idOf, cteOf));
  const output = columns(plan.output);
  switch (over.kind) {
    case 'values':
    case 'filter':
    case 'join':
    case 'sort':
    case 'limit':
    case 'distinct':
      return { ...over, output };
    case 'scan':
      return { ...over, output, columns: columns(over.columns), rowKey: over.rowKey === undefined ? undefined : idOf(over.rowKey) };
    case 'functionScan':
      return { ...over, output, calls: over.calls.map((call) => ({ ...call, columns: columns(call.columns) })), ordinality: over.ordinality === undefined ? undefined : idOf(over.ordinality) };
    case 'cteScan':
    case 'workTableScan':
      return { ...over, output, columns: computed(over.columns), cte: cteOf(over.cte) };
    case 'project':
      return { ...over, output, computed: computed(over.computed) };
    case 'projectSet':
      return { ...over, output, calls: computed(over.calls) };
    case 'window':
      return { ...over, output, calls: computed(over.calls) };
    case 'aggregate':
      return { ...over, output, groupBy: computed(over.groupBy), calls: computed(over.calls), groupingCalls: computed(over.groupingCalls) };
    case 'append':
      return { ...over, output, inputColumns: over.inputColumns.map((ids) => ids.map(idOf)) };
    case 'setOperation':
      return { ...over, output, leftColumns: over.leftColumns.map(idOf), rightColumns: over.rightColumns.map(idOf) };
    case 'recursiveUnion':
      return { ...over, output, cte: cteOf(over.cte), seedColumns: over.seedColumns.map(idOf), termColumns: over.termColumns.map(idOf) };
    case 'lockRows':
      return {
        ...over, output,
        targets: over.targets.map((target) => ({ ...target, rowKey: idOf(target.rowKey), recheck: { ...target.recheck, columns: computed(target.recheck.columns), computed: computed(target.recheck.computed) } })),
      };
    case 'modify':
      // Plans that change rows stand alone; they are never copied.
      return { ...over, output };
    default:
      return unreachable(over);
  }
}
