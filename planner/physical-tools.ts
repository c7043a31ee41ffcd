/** Walking physical plans: inputs, expressions, columns; and narrowing outputs to what is read above. */
import { unreachable } from '../base/assert.js';
import { collectColumns } from './expression-tools.js';
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import type { IndexRange, PhysicalPlan, PlanColumn, ScanColumn } from './physical-plan.js';

export function physicalInputs(plan: PhysicalPlan): readonly PhysicalPlan[] {
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
    case 'result':
    case 'seqScan':
    case 'indexScan':
    case 'virtualScan':
    case 'values':
    case 'functionScan':
    case 'cteScan':
    case 'workTableScan':
      return [];
    default:
      return unreachable(plan);
  }
}

function withPhysicalInputs(plan: PhysicalPlan, inputs: readonly PhysicalPlan[]): PhysicalPlan {
  switch (plan.kind) {
    case 'nestedLoop':
    case 'hashJoin':
    case 'mergeJoin':
    case 'setOperation':
      return { ...plan, left: inputs[0]!, right: inputs[1]! };
    case 'append':
      return { ...plan, inputs };
    case 'recursiveUnion':
      return { ...plan, seed: inputs[0]!, term: inputs[1]! };
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
      return { ...plan, input: inputs[0]! };
    default:
      return plan;
  }
}

export function forEachRangeExpression(range: IndexRange, f: (e: BoundExpression) => void): void {
  for (const { value } of range.equal) f(value);
  if (range.low !== undefined) f(range.low.value);
  if (range.high !== undefined) f(range.high.value);
  if (range.anyOf !== undefined) f(range.anyOf);
}

/** Every expression of one node: what `forEachInputExpression` finds, and what a ModifyTable computes over the rows it is about to store. */
export function forEachPhysicalExpression(plan: PhysicalPlan, f: (e: BoundExpression) => void): void {
  forEachInputExpression(plan, f);
  if (plan.kind !== 'modify') return;
  for (const { expression } of plan.checks) f(expression);
  for (const { value } of plan.generated) f(value);
  for (const { keys, predicate } of plan.indexExpressions.values()) {
    keys.forEach(f);
    if (predicate !== undefined) f(predicate);
  }
}

/** The expressions of one node (not of its inputs) over its inputs, enclosing rows and rows read again, in the order in which they are computed first. */
export function forEachInputExpression(plan: PhysicalPlan, f: (e: BoundExpression) => void): void {
  const maybe = (e: BoundExpression | undefined): void => {
    if (e !== undefined) f(e);
  };
  const keys = (list: readonly SortKey[] | undefined): void => list?.forEach((key) => f(key.expression));
  switch (plan.kind) {
    case 'result':
      return maybe(plan.condition);
    case 'seqScan':
      maybe(plan.sample?.percent);
      maybe(plan.sample?.seed);
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
      return keys(plan.withTies);
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
    case 'lockRows':
      for (const target of plan.targets) {
        maybe(target.recheck.condition);
        for (const { expression } of target.recheck.computed) f(expression);
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
    case 'append':
    case 'setOperation':
    case 'recursiveUnion':
    case 'materialize':
      return;
    default:
      return unreachable(plan);
  }
}

/** Calls `f` on the plan and on every plan below it, from above. */
export function forEachPlan(plan: PhysicalPlan, f: (plan: PhysicalPlan) => void): void {
  f(plan);
  for (const input of physicalInputs(plan)) forEachPlan(input, f);
}

/** Ids that the node makes itself, beyond what its inputs have. */
export function ownColumns(plan: PhysicalPlan): readonly ColumnId[] {
  switch (plan.kind) {
    case 'seqScan':
    case 'indexScan':
      return plan.rowKey === undefined ? plan.columns.map((column) => column.id) : [...plan.columns.map((column) => column.id), plan.rowKey];
    case 'virtualScan':
    case 'cteScan':
    case 'workTableScan':
      return plan.columns.map((column) => column.id);
    case 'values':
    case 'append':
    case 'setOperation':
    case 'recursiveUnion':
      return plan.output.map((column) => column.id);
    case 'functionScan':
      return [...plan.calls.flatMap((call) => call.columns.map((column) => column.id)), ...(plan.ordinality === undefined ? [] : [plan.ordinality])];
    case 'project':
      return plan.computed.map((column) => column.id);
    case 'projectSet':
    case 'window':
      return plan.calls.map((call) => call.id);
    case 'aggregate':
      return [...plan.groupBy.map((group) => group.id), ...plan.calls.map((call) => call.id), ...plan.groupingCalls.map((call) => call.id)];
    case 'modify':
      return [
        ...(plan.operation === 'delete' ? [] : plan.newRow.map((column) => column.id)),
        ...(plan.onConflict?.existing ?? []).map((column) => column.id),
        ...(plan.onConflict?.excluded ?? []).map((column) => column.id),
        ...[plan.onConflict?.updated, plan.returnedKey].filter((id) => id !== undefined),
        ...(plan.returning ?? []).map((column) => column.id),
      ];
    default:
      return [];
  }
}

/**
 * The plan with every `output` cut down to `needed` and what is read in between, top-down; scans read only the columns they output or filter by.
 */
export function narrow(plan: PhysicalPlan, needed: ReadonlySet<ColumnId>): PhysicalPlan {
  const below = new Set(needed);
  const keep = (columns: readonly PlanColumn[]): readonly PlanColumn[] => {
    const seen = new Set<ColumnId>();
    const kept = columns.filter((column) => needed.has(column.id) && !seen.has(column.id) && seen.add(column.id) !== undefined);
    return kept.length === columns.length ? columns : kept;
  };
  const readBelow = (): void => forEachPhysicalExpression(plan, (e) => collectColumns(e, below));
  switch (plan.kind) {
    case 'result':
    case 'values':
      return plan;
    case 'seqScan':
    case 'indexScan': {
      readBelow();
      const columns = plan.columns.filter((column: ScanColumn) => below.has(column.id));
      const rowKey = plan.rowKey !== undefined && below.has(plan.rowKey) ? plan.rowKey : undefined;
      return { ...plan, columns, rowKey, output: keep(plan.output) };
    }
    case 'virtualScan': {
      readBelow();
      return { ...plan, columns: plan.columns.filter((column) => below.has(column.id)), output: keep(plan.output) };
    }
    case 'cteScan':
    case 'workTableScan': {
      readBelow();
      return { ...plan, columns: plan.columns.filter((column) => below.has(column.id)), output: keep(plan.output) };
    }
    case 'functionScan':
      return plan;
    case 'append': {
      // Positions matter: keep those of the output columns that are read.
      const kept = plan.output.map((_, i) => i).filter((i) => needed.has(plan.output[i]!.id));
      const inputColumns = plan.inputColumns.map((ids) => kept.map((i) => ids[i]!));
      return { ...plan, output: kept.map((i) => plan.output[i]!), inputColumns, inputs: plan.inputs.map((input, i) => narrow(input, new Set(inputColumns[i]))) };
    }
    case 'setOperation':
      return { ...plan, left: narrow(plan.left, new Set(plan.leftColumns)), right: narrow(plan.right, new Set(plan.rightColumns)) };
    case 'recursiveUnion':
      return { ...plan, seed: narrow(plan.seed, new Set(plan.seedColumns)), term: narrow(plan.term, new Set(plan.termColumns)) };
    case 'project': {
      const computed = plan.computed.filter((column) => needed.has(column.id));
      for (const { expression } of computed) collectColumns(expression, below);
      const input = narrow(plan.input, below);
      return { ...plan, computed, input, output: keep(plan.output) };
    }
    case 'aggregate': {
      const calls = plan.calls.filter((call) => needed.has(call.id));
      const groupingCalls = plan.groupingCalls.filter((call) => needed.has(call.id));
      const read = new Set<ColumnId>();
      forEachPhysicalExpression({ ...plan, calls }, (e) => collectColumns(e, read));
      return { ...plan, calls, groupingCalls, input: narrow(plan.input, read), output: keep(plan.output) };
    }
    case 'window': {
      const calls = plan.calls.filter((call) => needed.has(call.id));
      const read = new Set(needed);
      forEachPhysicalExpression({ ...plan, calls }, (e) => collectColumns(e, read));
      const input = narrow(plan.input, read);
      return calls.length === 0 ? input : { ...plan, calls, input, output: keep(plan.output) };
    }
    case 'modify': {
      forEachPhysicalExpression(plan, (e) => collectColumns(e, below));
      if (plan.rowKey !== undefined) below.add(plan.rowKey);
      return { ...plan, input: narrow(plan.input, below) };
    }
    case 'lockRows': {
      for (const target of plan.targets) {
        below.add(target.rowKey);
        for (const column of target.recheck.columns) below.add(column.id);
      }
      readBelow();
      return { ...plan, input: narrow(plan.input, below), output: keep(plan.output) };
    }
    case 'nestedLoop': {
      readBelow();
      const right = narrow(plan.right, below);
      // A lateral right side reads columns of the left that nothing above may need.
      const ofLeft = plan.isLateral ? new Set(below) : below;
      if (plan.isLateral) collectTreeColumns(right, ofLeft);
      return { ...plan, left: narrow(plan.left, ofLeft), right, output: keep(plan.output) };
    }
    default: {
      readBelow();
      const inputs = physicalInputs(plan);
      return { ...withPhysicalInputs(plan, inputs.map((input) => narrow(input, below))), output: keep(plan.output) };
    }
  }
}

/** Every column that some expression of the tree reads. */
function collectTreeColumns(plan: PhysicalPlan, into: Set<ColumnId>): void {
  forEachPhysicalExpression(plan, (e) => collectColumns(e, into));
  for (const input of physicalInputs(plan)) collectTreeColumns(input, into);
}
