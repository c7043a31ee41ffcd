/** One row without columns, or none when the condition is not true: SELECT without FROM, and contradictions. */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class ResultOperator implements Operator {
  readonly #plan: PlanOf<'result'>;
  readonly #runtime: Runtime;
  #pending = false;

  constructor(plan: PlanOf<'result'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }
  open(): void {
    const { condition } = this.#plan;
    this.#pending = condition === undefined || evaluate(condition, this.#runtime) === true;
  }
  next(): boolean {
    const has = this.#pending;
    this.#pending = false;
    return has;
  }
  close(): void {
    this.#pending = false;
  }
}
