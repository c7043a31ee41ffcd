/** Adds computed columns to each row, in order: a later one may read an earlier one. */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class ProjectOperator implements Operator {
  readonly #plan: PlanOf<'project'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;

  constructor(plan: PlanOf<'project'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    this.#input.open();
  }
  next(): boolean {
    if (!this.#input.next()) return false;
    for (const { id, expression } of this.#plan.computed) this.#runtime.registers[id] = evaluate(expression, this.#runtime);
    return true;
  }
  close(): void {
    this.#input.close();
  }
}
