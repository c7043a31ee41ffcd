/** Reads the rows of a CTE (computed once, by whoever asks first) or of the work table of a recursive one. */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime, Tuple } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

/** Gives row `i` of the CTE, computing it when need be; undefined past the end. */
export type CteRows = (i: number) => Tuple | undefined;

export class CteScanOperator implements Operator {
  readonly #plan: PlanOf<'cteScan'> | PlanOf<'workTableScan'>;
  readonly #runtime: Runtime;
  readonly #rows: () => CteRows;
  #row: CteRows | undefined;
  #at = 0;

  constructor(plan: PlanOf<'cteScan'> | PlanOf<'workTableScan'>, rows: () => CteRows, runtime: Runtime) {
    this.#plan = plan;
    this.#rows = rows;
    this.#runtime = runtime;
  }
  open(): void {
    this.#row = this.#rows();
    this.#at = 0;
  }
  next(): boolean {
    const { columns, filter } = this.#plan;
    for (;;) {
      const tuple = this.#row?.(this.#at++);
      if (tuple === undefined) return false;
      for (const { id, position } of columns) this.#runtime.registers[id] = tuple[position]!;
      if (filter === undefined || evaluate(filter, this.#runtime) === true) return true;
    }
  }
  close(): void {
    this.#row = undefined;
  }
}
