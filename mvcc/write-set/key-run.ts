/**
 * The keys of one tree in a write set that came in ascending order: the newest entry of each, in key order. The write set, which knows the keys, searches it. Loads, sequential inserts
 * and INSERT ... SELECT in key order have all their keys here, so that they are found by one comparison with the last and come to the leaves sorted.
 *
 * R1  While their entries have consecutive numbers, as those of a load of one table have, and nobody has asked for a list of them, there is none: the first and how many there are say all.
 */
import { mutants } from '../../base/mutants.js';

const EntriesFirst = 8;

export class KeyRun {
  count = 0;
  #isConsecutive = true;
  #first = 0;
  /** Where they are not consecutive. */
  #entries = new Int32Array(EntriesFirst);

  /** Whether there is no list (R1). */
  get isConsecutive(): boolean {
    return this.#isConsecutive;
  }

  /** The entry at a place, or -1 behind the last. */
  at(place: number): number {
    if (place >= this.count) return -1;
    return this.#isConsecutive ? this.#first + place : this.#entries[place]!;
  }

  /** Replaces an entry, or appends one at the place `count`. */
  set(place: number, entry: number): void {
    if (place === this.count) {
      this.extend(entry, 1);
      return;
    }
    this.#makeList();
    this.#entries[place] = entry;
  }

  /** Appends `count` entries, of consecutive numbers. */
  extend(first: number, count: number): void {
    const before = this.count;
    if (before === 0) {
      this.#isConsecutive = true;
      this.#first = first;
    }
    const end = before + count;
    if (!this.#isConsecutive || (first !== this.#first + before && !(mutants.on && mutants.has('mvcc.run-across-gaps')))) {
      this.#makeList();
      this.#reserve(end);
      for (let i = 0; i < count; i++) this.#entries[before + i] = first + i;
    }
    this.count = end;
  }

  /** The entries at places [from, to). Borrowed. For a part no list is made of all. */
  list(from: number, to: number): Int32Array {
    if (this.#isConsecutive && to - from < this.count) return numbered(this.#first + from, to - from);
    this.#makeList();
    return this.#entries.subarray(from, to);
  }
  #makeList(): void {
    if (!this.#isConsecutive) return;
    this.#isConsecutive = false;
    this.#reserve(this.count);
    for (let i = 0; i < this.count; i++) this.#entries[i] = this.#first + i;
  }
  #reserve(count: number): void {
    if (count <= this.#entries.length) return;
    const entries = new Int32Array(Math.max(count, this.#entries.length * 2));
    entries.set(this.#entries);
    this.#entries = entries;
  }
}

function numbered(first: number, count: number): Int32Array {
  const entries = new Int32Array(count);
  for (let i = 0; i < count; i++) entries[i] = first + i;
  return entries;
}
