/** VALUES lists: each row's expressions, evaluated when it is reached. */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class ValuesOperator implements Operator {
  readonly #plan: PlanOf<'values'>;
  readonly #runtime: Runtime;
  #at = 0;

  constructor(plan: PlanOf<'values'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }
  open(): void {
    this.#at = 0;
  }
  next(): boolean {
    const row = this.#plan.rows[this.#at++];
    if (row === undefined) return false;
    const values = row.map((expression) => evaluate(expression, this.#runtime));
    this.#plan.output.forEach((column, i) => (this.#runtime.registers[column.id] = values[i]!));
    return true;
  }
  close(): void {
    this.#at = this.#plan.rows.length;
  }
}
