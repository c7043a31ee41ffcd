/** Passes on the rows for which the condition is true (not false, not NULL). */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class FilterOperator implements Operator {
  readonly #plan: PlanOf<'filter'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;

  constructor(plan: PlanOf<'filter'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    this.#input.open();
  }
  next(): boolean {
    while (this.#input.next()) {
      if (evaluate(this.#plan.condition, this.#runtime) === true) return true;
    }
    return false;
  }
  close(): void {
    this.#input.close();
  }
}
