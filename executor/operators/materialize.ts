/** Keeps its input's rows so that they can be read again: the inner side of a nested loop that does not depend on the outer row. */
import type { SqlType } from '../../base/types.js';
import type { Operator, Runtime } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { KeptRows } from '../spill/kept-rows.js';
import type { PlanOf } from './plan-of.js';

export class MaterializeOperator implements Operator {
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #ids: number[];
  readonly #isCorrelated: boolean;
  readonly #types: readonly SqlType[];
  #rows: KeptRows | undefined;
  #isComplete = false;
  #at = 0;

  constructor(plan: PlanOf<'materialize'>, input: Operator, isCorrelated: boolean, runtime: Runtime) {
    this.#input = input;
    this.#runtime = runtime;
    this.#ids = outputIds(plan);
    this.#types = plan.output.map(({ type }) => type);
    this.#isCorrelated = isCorrelated;
  }
  open(): void {
    this.#at = 0;
    if (this.#rows !== undefined && this.#isComplete && !this.#isCorrelated) return;
    this.#rows?.close();
    this.#rows = new KeptRows(this.#runtime, this.#types);
    this.#isComplete = false;
    this.#input.open();
  }
  next(): boolean {
    const { registers } = this.#runtime;
    const kept = this.#rows!.row(this.#at);
    if (kept !== undefined) {
      restoreTuple(registers, this.#ids, kept);
      this.#at++;
      return true;
    }
    if (this.#isComplete) return false;
    if (!this.#input.next()) {
      this.#isComplete = true;
      this.#input.close();
      return false;
    }
    this.#rows!.push(saveTuple(registers, this.#ids));
    this.#at++;
    return true;
  }
  close(): void {
    if (!this.#isComplete) this.#input.close();
  }
}
