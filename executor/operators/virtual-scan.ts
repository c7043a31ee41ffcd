/** Tables computed on the fly by the engine: system catalogs, lock views. */
import type { Datum } from '../../base/datum.js';
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class VirtualScanOperator implements Operator {
  readonly #plan: PlanOf<'virtualScan'>;
  readonly #runtime: Runtime;
  #rows: Iterator<readonly unknown[]> | undefined;

  constructor(plan: PlanOf<'virtualScan'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }
  open(): void {
    this.close();
    this.#rows = this.#plan.table.virtual?.(this.#runtime.ctx)[Symbol.iterator]();
  }
  next(): boolean {
    const { columns, filter } = this.#plan;
    for (;;) {
      const step = this.#rows?.next();
      if (step === undefined || step.done === true) return false;
      for (const { id, column } of columns) this.#runtime.registers[id] = (step.value[column] ?? null) as Datum;
      if (filter === undefined || evaluate(filter, this.#runtime) === true) return true;
    }
  }
  close(): void {
    this.#rows?.return?.();
    this.#rows = undefined;
  }
}
