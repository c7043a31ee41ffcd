/** Asking about physical plans: inputs, expressions, the columns they need from outside. */
import type { BoundExpression, ColumnId, SortKey } from '../planner/expression.js';
import { collectColumns } from '../planner/expression-tools.js';
import type { IndexRange, PhysicalPlan } from '../planner/physical-plan.js';

export function planInputs(plan: PhysicalPlan): readonly PhysicalPlan[] {
  switch (plan.kind) {
    case 'nestedLoop':
    case 'hashJoin':
    case 'mergeJoin':
    case 'setOperation':
      return [plan.left, plan.right];
    case 'append':
      return plan.inputs;
    case 'recursiveUnion':
      return [plan.seed, plan.term];
    case 'filter':
    case 'project':
    case 'projectSet':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'aggregate':
    case 'window':
    case 'materialize':
    case 'lockRows':
    case 'modify':
      return [plan.input];
    default:
      return [];
  }
}

/** Calls `f` on each expression of this node (not of its inputs). Those of ModifyTable and LockRows over rows they read themselves are left out. */
export function forEachNodeExpression(plan: PhysicalPlan, f: (e: BoundExpression) => void): void {
  const maybe = (e: BoundExpression | undefined): void => {
    if (e !== undefined) f(e);
  };
  const keys = (list: readonly SortKey[]): void => list.forEach((key) => f(key.expression));
  switch (plan.kind) {
    case 'result':
      return maybe(plan.condition);
    case 'seqScan':
      if (plan.sample !== undefined) {
        f(plan.sample.percent);
        maybe(plan.sample.seed);
      }
      return maybe(plan.filter);
    case 'indexScan':
      for (const range of plan.ranges) forEachRangeExpression(range, f);
      return maybe(plan.filter);
    case 'virtualScan':
    case 'cteScan':
    case 'workTableScan':
      return maybe(plan.filter);
    case 'values':
      for (const row of plan.rows) row.forEach(f);
      return;
    case 'functionScan':
      for (const call of plan.calls) call.args.forEach(f);
      return maybe(plan.filter);
    case 'filter':
      return f(plan.condition);
    case 'project':
      for (const { expression } of plan.computed) f(expression);
      return;
    case 'projectSet':
      for (const call of plan.calls) call.args.forEach(f);
      return;
    case 'nestedLoop':
      return maybe(plan.condition);
    case 'hashJoin':
      plan.leftKeys.forEach(f);
      plan.rightKeys.forEach(f);
      return maybe(plan.residual);
    case 'mergeJoin':
      keys(plan.leftKeys);
      keys(plan.rightKeys);
      return maybe(plan.residual);
    case 'sort':
      keys(plan.keys);
      maybe(plan.limit);
      return maybe(plan.limitOffset);
    case 'limit':
      maybe(plan.limit);
      maybe(plan.offset);
      if (plan.withTies !== undefined) keys(plan.withTies);
      return;
    case 'distinct':
      return plan.on.forEach(f);
    case 'aggregate':
      for (const { expression } of plan.groupBy) f(expression);
      for (const call of plan.calls) {
        call.args.forEach(f);
        call.directArgs.forEach(f);
        keys(call.orderBy);
        maybe(call.filter);
      }
      return;
    case 'window':
      plan.partitionBy.forEach(f);
      keys(plan.orderBy);
      for (const call of plan.calls) {
        call.args.forEach(f);
        maybe(call.filter);
        maybe(call.frame.start.value);
        maybe(call.frame.end.value);
      }
      return;
    case 'modify':
      plan.insertValues?.forEach(f);
      for (const { value } of plan.assignments) f(value);
      for (const action of plan.mergeActions) {
        maybe(action.condition);
        action.insertValues?.forEach(f);
        for (const { value } of action.assignments) f(value);
      }
      for (const { expression } of plan.returning ?? []) f(expression);
      maybe(plan.recheck?.condition);
      for (const { expression } of plan.recheck?.computed ?? []) f(expression);
      for (const { value } of plan.onConflict?.assignments ?? []) f(value);
      return maybe(plan.onConflict?.where);
    case 'lockRows':
      for (const target of plan.targets) {
        maybe(target.recheck.condition);
        for (const { expression } of target.recheck.computed) f(expression);
      }
      return;
    default:
      return;
  }
}

export function forEachRangeExpression(range: IndexRange, f: (e: BoundExpression) => void): void {
  for (const { value } of range.equal) f(value);
  if (range.low !== undefined) f(range.low.value);
  if (range.high !== undefined) f(range.high.value);
  if (range.anyOf !== undefined) f(range.anyOf);
}

export function forEachPlan(plan: PhysicalPlan, f: (plan: PhysicalPlan) => void): void {
  f(plan);
  for (const input of planInputs(plan)) forEachPlan(input, f);
}

/** Every column id an operator of `plan` produces. */
export function producedColumns(plan: PhysicalPlan): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  forEachPlan(plan, (node) => {
    for (const column of node.output) ids.add(column.id);
    if (node.kind === 'seqScan' || node.kind === 'indexScan') {
      for (const column of node.columns) ids.add(column.id);
      if (node.rowKey !== undefined) ids.add(node.rowKey);
    }
    if (node.kind === 'virtualScan') for (const column of node.columns) ids.add(column.id);
    if (node.kind === 'cteScan' || node.kind === 'workTableScan') for (const column of node.columns) ids.add(column.id);
    if (node.kind === 'project') for (const { id } of node.computed) ids.add(id);
    if (node.kind === 'projectSet' || node.kind === 'window') for (const { id } of node.calls) ids.add(id);
    if (node.kind === 'aggregate') {
      for (const { id } of node.groupBy) ids.add(id);
      for (const { id } of node.groupingCalls) ids.add(id);
      for (const { id } of node.calls) ids.add(id);
    }
    if (node.kind === 'functionScan') {
      for (const call of node.calls) for (const column of call.columns) ids.add(column.id);
      if (node.ordinality !== undefined) ids.add(node.ordinality);
    }
    if (node.kind === 'modify') {
      for (const column of node.newRow) ids.add(column.id);
      for (const column of node.onConflict?.existing ?? []) ids.add(column.id);
      for (const column of node.onConflict?.excluded ?? []) ids.add(column.id);
      for (const { id } of node.returning ?? []) ids.add(id);
    }
  });
  return ids;
}

/** Columns of enclosing rows that `plan` reads: it must be run again for each of those. */
export function outerColumns(plan: PhysicalPlan): Set<ColumnId> {
  const read = new Set<ColumnId>();
  forEachPlan(plan, (node) => forEachNodeExpression(node, (e) => collectColumns(e, read)));
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
