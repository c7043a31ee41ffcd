/** Sorting places by words of 32 bits: least significant digit first, so stable, and linear. What is in order already, or all one, costs a look. */
const DigitBits = 11;
const Buckets = 1 << DigitBits;

export class RadixSort {
  order: Uint32Array;
  #next: Uint32Array;
  readonly #count: number;
  readonly #ends = new Uint32Array(Buckets);

  constructor(count: number) {
    this.#count = count;
    this.order = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.order[i] = i;
    this.#next = new Uint32Array(count);
  }

  /** Sorts by `words`, by row, of which none is above `max`; rows that are equal stay in their order. */
  byWords(words: Uint32Array, max: number): void {
    if (this.#isOrdered(words)) return;
    for (let shift = 0; shift < 32 && max >>> shift !== 0; shift += DigitBits) this.#pass(words, shift);
  }

  #isOrdered(words: Uint32Array): boolean {
    const { order } = this;
    for (let i = 1; i < this.#count; i++) if (words[order[i - 1]!]! > words[order[i]!]!) return false;
    return true;
  }

  #pass(words: Uint32Array, shift: number): void {
    const count = this.#count;
    const ends = this.#ends.fill(0);
    for (let i = 0; i < count; i++) ends[(words[i]! >>> shift) & (Buckets - 1)]!++;
    // One bucket holds all: nothing would move.
    if (ends[(words[0]! >>> shift) & (Buckets - 1)] === count) return;
    let begin = 0;
    for (let digit = 0; digit < Buckets; digit++) {
      const size = ends[digit]!;
      ends[digit] = begin;
      begin += size;
    }
    const { order } = this;
    const next = this.#next;
    for (let i = 0; i < count; i++) {
      const row = order[i]!;
      next[ends[(words[row]! >>> shift) & (Buckets - 1)]!++] = row;
    }
    this.order = next;
    this.#next = order;
  }
}
