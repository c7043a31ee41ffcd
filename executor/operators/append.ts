/** UNION ALL: one input after the other, column i of each becoming output column i. */
import type { Operator, Runtime } from '../runtime.js';
import { restoreTuple, saveTuple } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

export class AppendOperator implements Operator {
  readonly #plan: PlanOf<'append'>;
  readonly #inputs: readonly Operator[];
  readonly #runtime: Runtime;
  readonly #outputIds: number[];
  #at = 0;

  constructor(plan: PlanOf<'append'>, inputs: readonly Operator[], runtime: Runtime) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#runtime = runtime;
    this.#outputIds = plan.output.map((column) => column.id);
  }
  open(): void {
    this.#at = 0;
    this.#inputs[0]?.open();
  }
  next(): boolean {
    const { registers } = this.#runtime;
    for (let input = this.#inputs[this.#at]; input !== undefined; input = this.#inputs[this.#at]) {
      if (input.next()) {
        restoreTuple(registers, this.#outputIds, saveTuple(registers, this.#plan.inputColumns[this.#at]!));
        return true;
      }
      input.close();
      this.#at++;
      this.#inputs[this.#at]?.open();
    }
    return false;
  }
  close(): void {
    this.#inputs[this.#at]?.close();
    this.#at = this.#inputs.length;
  }
}
