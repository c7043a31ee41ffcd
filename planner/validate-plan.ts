/**
 * A detector for planner bugs, run under VERIFY on every plan: each column an operator reads is produced below it or by an enclosing row (P1
 * and L1 of the plan files), each id is produced once, output columns exist, and only ModifyTable and LockRows ask for row keys.
 */
import { assert } from '../base/assert.js';
import { collectColumns, mapChildren } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { forEachPhysicalExpression, ownColumns, physicalInputs } from './physical-tools.js';
import type { PhysicalPlan, PlannedStatement } from './physical-plan.js';

export function validatePlan(statement: PlannedStatement): void {
  const produced = new Set<ColumnId>();
  for (const cte of statement.ctes) {
    validateTree(cte.plan, new Set(), produced);
    const output = new Set(cte.plan.output.map((column) => column.id));
    for (const id of cte.columns) assert(output.has(id), 'CTE column is not in the output of its plan', id);
  }
  validateTree(statement.plan, new Set(), produced);
  const output = new Set(statement.plan.output.map((column) => column.id));
  for (const column of statement.result) assert(output.has(column.id), 'result column is not in the output of the plan', column.id, column.name);
  for (const id of produced) assert(id < statement.columnCount, 'column id out of range', id);
}

/** @returns the columns a parent may read */
function validateTree(plan: PhysicalPlan, outer: ReadonlySet<ColumnId>, produced: Set<ColumnId>): ReadonlySet<ColumnId> {
  const visible = new Set(outer);
  const available = new Set<ColumnId>();
  const inputs = physicalInputs(plan);
  inputs.forEach((input, i) => {
    // The right side of a lateral nested loop reads columns of the left.
    const outerOfInput = plan.kind === 'nestedLoop' && plan.isLateral && i === 1 ? new Set([...outer, ...available]) : outer;
    for (const id of validateTree(input, outerOfInput, produced)) available.add(id);
  });
  for (const id of ownColumns(plan)) {
    assert(!produced.has(id), 'column is produced twice', id);
    produced.add(id);
  }
  for (const id of available) visible.add(id);
  const own = new Set(ownColumns(plan));
  const scanOwn = plan.kind === 'seqScan' || plan.kind === 'indexScan' || plan.kind === 'virtualScan' || plan.kind === 'cteScan' || plan.kind === 'workTableScan' || plan.kind === 'functionScan' || plan.kind === 'modify' || plan.kind === 'project' || plan.kind === 'lockRows';
  // Direct arguments of ordered-set aggregates read the keys of their group.
  if (plan.kind === 'aggregate') for (const { id } of plan.groupBy) visible.add(id);
  if (scanOwn) for (const id of own) visible.add(id);
  if (plan.kind === 'lockRows') for (const target of plan.targets) for (const column of target.recheck.columns) visible.add(column.id);
  if (plan.kind === 'modify') for (const column of plan.recheck?.columns ?? []) visible.add(column.id);
  if (plan.kind === 'modify' && plan.operation === 'delete') for (const column of plan.newRow) visible.add(column.id);
  forEachPhysicalExpression(plan, (e) => {
    const read = new Set<ColumnId>();
    collectColumns(e, read);
    for (const id of read) assert(visible.has(id), 'column is read where nothing produces it', id, plan.kind);
    validateSubqueries(e, visible);
  });
  switch (plan.kind) {
    case 'append':
      plan.inputColumns.forEach((ids, i) => {
        assert(ids.length === plan.output.length, 'append input has another number of columns', i);
        const have = new Set(plan.inputs[i]!.output.map((column) => column.id));
        for (const id of ids) assert(have.has(id), 'append column is not in its input', id);
      });
      break;
    case 'setOperation':
      for (const id of plan.leftColumns) assert(plan.left.output.some((column) => column.id === id), 'set operation column is not in its left input', id);
      for (const id of plan.rightColumns) assert(plan.right.output.some((column) => column.id === id), 'set operation column is not in its right input', id);
      break;
    case 'recursiveUnion':
      for (const id of plan.seedColumns) assert(plan.seed.output.some((column) => column.id === id), 'recursive union column is not in its seed', id);
      for (const id of plan.termColumns) assert(plan.term.output.some((column) => column.id === id), 'recursive union column is not in its term', id);
      break;
    default:
      break;
  }
  const result = new Set<ColumnId>();
  for (const column of plan.output) {
    assert(available.has(column.id) || own.has(column.id), 'output column is produced nowhere below', column.id, plan.kind);
    result.add(column.id);
  }
  return result;
}

function validateSubqueries(e: BoundExpression, visible: ReadonlySet<ColumnId>): void {
  mapChildren(e, (child) => {
    validateSubqueries(child, visible);
    return child;
  });
  if (e.kind !== 'subquery') return;
  assert('estimate' in e.plan, 'subquery was not planned');
  for (const id of e.outer) assert(visible.has(id), 'subquery reads an outer column that is not there', id);
  // One subquery object may stand in a condition and in its recheck; its columns are the same then.
  const inner = validateTree(e.plan, new Set(e.outer), new Set());
  for (const id of e.columns) assert(inner.has(id), 'subquery column is not in the output of its plan', id);
}
