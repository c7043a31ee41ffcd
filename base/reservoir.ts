/**
 * A uniform random sample of a sequence whose length nobody knows beforehand, without looking at the items that are passed over.
 *
 * R1  After n items have been offered, each of them is in the sample with probability min(1, size / n), all sets of equal size alike.
 * R2  Items are asked for in ascending order, and only those that enter the sample: about size (1 + ln (n / size)) of n.
 *
 * Source: Li's "Algorithm L" (Reservoir-Sampling Algorithms of Time Complexity O(n (1 + log (N / n))), 1994).
 */
import { assert } from './assert.js';
import type { Prng } from './prng.js';

export class Reservoir<T> {
  readonly #size: number;
  readonly #prng: Prng;
  readonly #sample: { item: T; position: number }[] = [];
  #offered = 0;
  /** One past the position of the next item to enter a full sample; 0 until it is full. */
  #next = 0;
  /** Had every item drawn a number in (0, 1), and were those with the smallest the sample: the largest in it. */
  #threshold = 1;

  constructor(size: number, prng: Prng) {
    assert(size > 0, 'sample of nothing', size);
    this.#size = size;
    this.#prng = prng;
  }

  /** Items seen. */
  get offered(): number {
    return this.#offered;
  }

  /** Offers the next `count` items of the sequence; `item` gives the one at a place in [0, count). */
  offer(count: number, item: (place: number) => T): void {
    const first = this.#offered;
    const end = first + count;
    let position = first;
    for (; position < end && this.#sample.length < this.#size; position++) this.#sample.push({ item: item(position - first), position });
    this.#offered = end;
    if (this.#next === 0 && this.#sample.length === this.#size) this.#skipFrom(position);
    while (this.#next !== 0 && this.#next <= end) {
      position = this.#next - 1;
      this.#sample[this.#prng.below(this.#size)] = { item: item(position - first), position };
      this.#skipFrom(position + 1);
    }
  }

  /** Draws how many items from `position` on are passed over. */
  #skipFrom(position: number): void {
    this.#threshold *= Math.exp(Math.log(1 - this.#prng.unit()) / this.#size);
    this.#next = position + Math.floor(Math.log(1 - this.#prng.unit()) / Math.log1p(-this.#threshold)) + 1;
  }

  /** The sample, in the order of the sequence. */
  inOrder(): T[] {
    const sample = this.#sample;
    const size = sample.length;
    assert(this.#offered * size <= Number.MAX_SAFE_INTEGER, 'sample of too many', this.#offered);
    // Position and place as one number: typed memory is sorted without a call for each comparison.
    const keys = Float64Array.from(sample, ({ position }, place) => position * size + place).sort();
    return Array.from(keys, (key) => sample[key % size]!.item);
  }
}
