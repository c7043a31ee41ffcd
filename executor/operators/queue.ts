/** Stand-ins for operators that cannot be pulled because they may wait: what they have finished is put here by whoever runs them. */
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { restoreTuple } from '../runtime.js';

/** Gives rows one at a time: the row in the registers, once `offer` has said that there is one. */
export class QueueOperator implements Operator {
  #hasRow = false;
  /** Set when a row was asked for and there was none. */
  isStarved = false;

  offer(): void {
    this.#hasRow = true;
  }
  open(): void {
    this.#hasRow = false;
  }
  next(): boolean {
    if (this.#hasRow) {
      this.#hasRow = false;
      return true;
    }
    this.isStarved = true;
    return false;
  }
  close(): void {
    this.#hasRow = false;
  }
}

/** Gives finished rows, from the first at each `open`. */
export class TuplesOperator implements Operator {
  readonly #tuples: readonly Tuple[];
  readonly #ids: readonly number[];
  readonly #runtime: Runtime;
  #at = 0;

  constructor(tuples: readonly Tuple[], ids: readonly number[], runtime: Runtime) {
    this.#tuples = tuples;
    this.#ids = ids;
    this.#runtime = runtime;
  }
  open(): void {
    this.#at = 0;
  }
  next(): boolean {
    const tuple = this.#tuples[this.#at];
    if (tuple === undefined) return false;
    this.#at++;
    restoreTuple(this.#runtime.registers, this.#ids, tuple);
    return true;
  }
  close(): void {
    this.#at = this.#tuples.length;
  }
}
