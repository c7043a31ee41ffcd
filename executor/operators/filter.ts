/** Passes on the rows for which the condition is true (not false, not NULL). A gate's is tested once, and its input is opened only then. */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class FilterOperator implements Operator {
  readonly #plan: PlanOf<'filter'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  #isOpen = false;

  constructor(plan: PlanOf<'filter'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    const { isGate, condition } = this.#plan;
    this.#isOpen = isGate !== true || evaluate(condition, this.#runtime) === true;
    if (this.#isOpen) this.#input.open();
  }
  next(): boolean {
    if (!this.#isOpen) return false;
    if (this.#plan.isGate === true) return this.#input.next();
    while (this.#input.next()) {
      if (evaluate(this.#plan.condition, this.#runtime) === true) return true;
    }
    return false;
  }
  close(): void {
    if (this.#isOpen) this.#input.close();
  }
}
