/** The statements that a transaction has run, by number from 1, for explanations. One that is run again and again stands once, so that a load keeps nothing for each. */
import type { StatementInfo } from './types.js';

export class StatementList {
  count = 0;
  #last: StatementInfo | undefined = undefined;
  // The runs before the present one, and the number of the last statement of each; made when there is a second run.
  #infos: StatementInfo[] | undefined = undefined;
  #ends: number[] | undefined = undefined;

  static of(info: StatementInfo): StatementList {
    const list = new StatementList();
    list.push(info);
    return list;
  }

  push(info: StatementInfo): void {
    if (info !== this.#last) {
      if (this.#last !== undefined) {
        (this.#infos ??= []).push(this.#last);
        (this.#ends ??= []).push(this.count);
      }
      this.#last = info;
    }
    this.count++;
  }

  /** Undefined where there is none of that number. */
  at(number: number): StatementInfo | undefined {
    if (number < 1 || number > this.count) return undefined;
    const ends = this.#ends ?? [];
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low === ends.length ? this.#last : this.#infos![low];
  }
}
