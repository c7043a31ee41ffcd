/** LockRows inside a subquery that reads an outer row: locks as it is pulled, and throws LockWait where it would have to wait (inline-locks.ts). */
import type { Datum } from '../../base/datum.js';
import type { ColumnId } from '../../planner/expression.js';
import { evaluate } from '../expression-interpreter.js';
import { LockWait } from '../inline-locks.js';
import { LockRowsExecution } from '../lock-rows.js';
import type { RowSource } from '../row-source.js';
import type { Operator, Runtime } from '../runtime.js';
import { outputIds, saveTuple } from '../runtime.js';
import { isWait } from '../wait.js';
import type { PlanOf } from './plan-of.js';

export class LockRowsOperator implements Operator {
  readonly #plan: PlanOf<'lockRows'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  #locking: LockRowsExecution | undefined;

  constructor(plan: PlanOf<'lockRows'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    this.close();
    this.#input.open();
    const source = new PulledSource(this.#input, outputIds(this.#plan.input), this.#runtime);
    this.#locking = new LockRowsExecution(this.#plan, source, this.#runtime, (e) => evaluate(e, this.#runtime));
  }
  next(): boolean {
    if (this.#locking === undefined) return false;
    const locked = this.#locking.next(1);
    if (isWait(locked)) throw new LockWait(locked);
    return locked === 'row';
  }
  close(): void {
    this.#locking?.close();
    this.#locking = undefined;
  }
}

/** One row at a time from an operator that is open. */
class PulledSource implements RowSource {
  readonly #input: Operator;
  readonly #ids: readonly ColumnId[];
  readonly #runtime: Runtime;

  constructor(input: Operator, ids: readonly ColumnId[], runtime: Runtime) {
    this.#input = input;
    this.#ids = ids;
    this.#runtime = runtime;
  }
  fill(into: Datum[][]): 'done' | 'full' {
    if (!this.#input.next()) return 'done';
    into.push(saveTuple(this.#runtime.registers, this.#ids));
    return 'full';
  }
  restart(): void {
    this.#input.open();
  }
  close(): void {
    this.#input.close();
  }
}
