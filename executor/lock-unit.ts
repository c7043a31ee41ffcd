/**
 * LockRows with the streaming operators above it (LIMIT, filter, projection), run row by row: a row is locked only when the operators above ask for
 * one, so that `LIMIT 1 FOR UPDATE SKIP LOCKED` locks one row.
 */
import { InternalError } from '../base/errors.js';
import type { Datum } from '../base/datum.js';
import type { BoundExpression } from '../planner/expression.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import { buildOperator } from './interpreter.js';
import type { LockRowsPlan } from './lock-rows.js';
import { LockRowsExecution } from './lock-rows.js';
import { QueueOperator } from './operators/queue.js';
import type { RowSource } from './row-source.js';
import type { Operator, Runtime } from './runtime.js';
import { physicalPlanOf } from './expression-interpreter.js';
import { isInlineInput, locksInline } from './inline-locks.js';
import { someExpression } from '../planner/expression-tools.js';
import { forEachInputExpression, physicalInputs } from '../planner/physical-tools.js';
import type { Wait } from './wait.js';

const isStreaming = (plan: PhysicalPlan): boolean =>
  plan.kind === 'filter' || plan.kind === 'project' || plan.kind === 'projectSet' || (plan.kind === 'limit' && plan.withTies === undefined);

/** The LockRows that `plan` is, or that only streaming operators separate it from. */
export function lockRowsUnder(plan: PhysicalPlan): LockRowsPlan | undefined {
  let node = plan;
  while (isStreaming(node)) node = physicalInputs(node)[0]!;
  return node.kind === 'lockRows' ? node : undefined;
}

/** The places in a plan, its subqueries included, where rows are locked ahead of it, each as large as it can be; the root itself is left out. */
export function lockUnitsInside(plan: PhysicalPlan): PhysicalPlan[] {
  const units: PhysicalPlan[] = [];
  const visit = (node: PhysicalPlan, isRoot: boolean): void => {
    const lockRows = lockRowsUnder(node);
    if (lockRows !== undefined) {
      if (!isRoot) units.push(node);
      visit(lockRows.input, false);
      return;
    }
    forEachInputExpression(node, (e) => {
      someExpression(e, (inner) => {
        if (inner.kind === 'subquery' && !locksInline(inner)) visit(physicalPlanOf(inner), false);
        return false;
      });
    });
    for (const input of physicalInputs(node)) if (!isInlineInput(node, input)) visit(input, false);
  };
  visit(plan, true);
  // Inner ones first.
  return units.reverse();
}

export class LockUnitExecution {
  readonly #lock: LockRowsExecution;
  readonly #queue = new QueueOperator();
  readonly #above: Operator | undefined;
  #isOpen = false;
  #isDone = false;

  constructor(plan: PhysicalPlan, makeSource: (input: PhysicalPlan) => RowSource, runtime: Runtime, evaluate: (e: BoundExpression) => Datum) {
    const lockRows = lockRowsUnder(plan);
    if (lockRows === undefined) throw new InternalError('no LockRows in this plan');
    this.#lock = new LockRowsExecution(lockRows, makeSource(lockRows.input), runtime, evaluate);
    if (lockRows === plan) return;
    runtime.substitutes.set(lockRows, this.#queue);
    this.#above = buildOperator(plan, runtime);
  }

  /** Publishes the next row. */
  next(): Wait | 'row' | 'done' | 'slice' {
    if (this.#above === undefined) return this.#lock.next();
    if (!this.#isOpen) this.#above.open();
    this.#isOpen = true;
    for (;;) {
      this.#queue.isStarved = false;
      if (this.#above.next()) return 'row';
      if (!this.#queue.isStarved || this.#isDone) return 'done';
      const locked = this.#lock.next(1);
      if (locked === 'done') this.#isDone = true;
      else if (locked === 'row') this.#queue.offer();
      else return locked;
    }
  }
  close(): void {
    this.#lock.close();
    if (this.#isOpen) this.#above?.close();
  }
}
