/**
 * SELECT ... FOR UPDATE and its weaker forms of one row by a unique key, as code: the row is found, tested and locked where it was found, by its key as bytes. Where anybody else has to do with it the
 * program ends at once with `isRefused`, having changed nothing; the statement is then run by its twin, LockRowsExecution, which knows what becomes of rows that are locked or have changed.
 */
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { physicalInputs } from '../../planner/physical-tools.js';
import { lockRowsUnder } from '../lock-unit.js';
import type { LockRowsPlan } from '../lock-rows.js';
import type { Consume, Pipeline } from './pipeline.js';
import { isPointLookup, tableTree } from './scans.js';

/** Whether that is what the plan does. */
export function locksOneRow(plan: PhysicalPlan): boolean {
  const lockRows = lockRowsUnder(plan);
  if (lockRows?.targets.length !== 1) return false;
  for (let node = plan; node !== lockRows; node = physicalInputs(node)[0]!) if (node.kind === 'projectSet') return false;
  let input = lockRows.input;
  while (input.kind === 'project' || input.kind === 'filter') input = input.input;
  const [target] = lockRows.targets;
  return input.kind === 'indexScan' && isPointLookup(input) && !input.indexOnly && input.rowKey === target!.rowKey && input.table === target!.table;
}

export function produceLockRows(p: Pipeline, plan: LockRowsPlan, consume: Consume): void {
  const { w } = p;
  const { table, rowKey, strength } = plan.targets[0]!;
  p.produce(plan.input, () => {
    const { buffer, length } = p.rowKeys.get(rowKey)!;
    w.block(`if (!tx.lockUntouched(${tableTree(p, table)}, ${buffer}.bytes, ${length}, ${JSON.stringify(strength)}))`, () => {
      w.line('o.isRefused = true;');
      p.leave();
    });
    consume();
  });
}
