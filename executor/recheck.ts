/**
 * READ COMMITTED after a wait: the locked row has a newer version than the one the statement found. Its columns are read anew, those of the
 * other tables keep the values they were joined with, and the whole condition is evaluated again; then what was computed from them.
 */
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import type { BoundExpression } from '../planner/expression.js';
import type { Recheck } from '../planner/physical-plan.js';
import type { Runtime } from './runtime.js';

/** Publishes the newest row's columns. */
export function publishNewest(recheck: Recheck, row: readonly Datum[], rowKeyId: number | undefined, rowKey: string, runtime: Runtime): void {
  const { registers } = runtime;
  for (const { id, column } of recheck.columns) registers[id] = row[column]!;
  if (rowKeyId !== undefined) registers[rowKeyId] = rowKey;
}

/** Whether the row still satisfies the statement's condition; if so, what is computed from it is up to date in the registers. */
export function stillMatches(recheck: Recheck, runtime: Runtime, evaluate: (e: BoundExpression) => Datum): boolean {
  const { condition, computed } = recheck;
  if (condition !== undefined && evaluate(condition) !== true && !(mutants.on && mutants.has('executor.skip-recheck'))) return false;
  for (const { id, expression } of computed) runtime.registers[id] = evaluate(expression);
  return true;
}
