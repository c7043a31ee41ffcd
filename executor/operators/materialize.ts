/** Keeps its input's rows so that they can be read again: the inner side of a nested loop that does not depend on the outer row. */
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { checkKept, KeptRowsBetweenChecks } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

export class MaterializeOperator implements Operator {
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #ids: number[];
  readonly #isCorrelated: boolean;
  #rows: Tuple[] | undefined;
  #isComplete = false;
  #at = 0;

  constructor(plan: PlanOf<'materialize'>, input: Operator, isCorrelated: boolean, runtime: Runtime) {
    this.#input = input;
    this.#runtime = runtime;
    this.#ids = outputIds(plan);
    this.#isCorrelated = isCorrelated;
  }
  open(): void {
    this.#at = 0;
    if (this.#rows !== undefined && this.#isComplete && !this.#isCorrelated) return;
    this.#rows = [];
    this.#isComplete = false;
    this.#input.open();
  }
  next(): boolean {
    const { registers } = this.#runtime;
    const kept = this.#rows![this.#at];
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
    const count = this.#rows!.push(saveTuple(registers, this.#ids));
    if (count % KeptRowsBetweenChecks === 0) checkKept(count, this.#ids.length, this.#runtime.env.workMemBytes);
    this.#at++;
    return true;
  }
  close(): void {
    if (!this.#isComplete) this.#input.close();
  }
}
