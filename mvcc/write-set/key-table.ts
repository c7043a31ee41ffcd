/**
 * What a `Map` from keys of a tree to something does, for much that comes and goes: a hash table of open addresses.
 *
 * A Map that much goes into and out of makes a new table every few dozen changes, and V8 leaves in each table that is given up where the next one is, for iterators.
 * As soon as one of them has outlived a collection of all objects, every later one, and whatever was in it when it was given up, counts as used when the young ones
 * are collected, until the next collection of all. Of 64 clients' commits a sixth of the bytes allocated was copied that way, in pauses of 3 to 40 ms. This table
 * is changed in place, and what has left it is not referred to from it.
 *
 * T1  Between the slot that a key's hash says and the one it is in no slot is free: what stands behind a key that goes moves up.
 */
import { hashOfKey } from './key-hash.js';

const SlotCountMin = 8;
/** Beyond this many slots the table shrinks when an eighth of them would do. */
const SlotCountKept = 1024;

export class KeyTable<V extends object> {
  size = 0;
  #mask = 0;
  #keys: (string | undefined)[] = [undefined];
  #values: (V | undefined)[] = [undefined];
  #hashes = new Int32Array(1);

  get(key: string): V | undefined {
    if (this.size === 0) return undefined;
    const slot = this.#find(key, hashOfKey(0, key));
    return this.#keys[slot] === undefined ? undefined : this.#values[slot];
  }
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The slot of `key`, or the free one where it would be. */
  #find(key: string, hash: number): number {
    const mask = this.#mask;
    let slot = hash & mask;
    for (let text = this.#keys[slot]; text !== undefined; text = this.#keys[slot]) {
      if (this.#hashes[slot] === hash && text === key) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** @returns what the key had before */
  set(key: string, value: V): V | undefined {
    if (this.size * 2 >= this.#mask) this.#resize(Math.max(SlotCountMin, (this.#mask + 1) * 2));
    const hash = hashOfKey(0, key);
    const slot = this.#find(key, hash);
    const before = this.#values[slot];
    this.#values[slot] = value;
    if (before !== undefined) return before;
    this.#keys[slot] = key;
    this.#hashes[slot] = hash;
    this.size++;
    return undefined;
  }

  /** @returns whether it was there */
  delete(key: string): boolean {
    if (this.size === 0) return false;
    const slot = this.#find(key, hashOfKey(0, key));
    if (this.#keys[slot] === undefined) return false;
    this.#vacate(slot);
    this.size--;
    if (this.#mask >= SlotCountKept && this.size * 8 <= this.#mask) this.#resize((this.#mask + 1) / 2);
    return true;
  }
  /** T1 */
  #vacate(slot: number): void {
    const mask = this.#mask;
    const keys = this.#keys;
    const hashes = this.#hashes;
    let free = slot;
    for (let from = (free + 1) & mask; keys[from] !== undefined; from = (from + 1) & mask) {
      const home = hashes[from]! & mask;
      if (((from - home) & mask) < ((from - free) & mask)) continue;
      keys[free] = keys[from];
      this.#values[free] = this.#values[from];
      hashes[free] = hashes[from]!;
      free = from;
    }
    keys[free] = undefined;
    this.#values[free] = undefined;
  }

  clear(): void {
    this.size = 0;
    if (this.#mask >= SlotCountKept) this.#makeSlots(SlotCountMin);
    else {
      this.#keys.fill(undefined);
      this.#values.fill(undefined);
    }
  }

  #resize(slotCount: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const hashes = this.#hashes;
    this.#makeSlots(slotCount);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === undefined) continue;
      const slot = this.#find(key, hashes[i]!);
      this.#keys[slot] = key;
      this.#values[slot] = values[i];
      this.#hashes[slot] = hashes[i]!;
    }
  }
  #makeSlots(count: number): void {
    this.#mask = count - 1;
    this.#keys = new Array<string | undefined>(count).fill(undefined);
    this.#values = new Array<V | undefined>(count).fill(undefined);
    this.#hashes = new Int32Array(count);
  }

  /** In no order; the table must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<[key: string, value: V]> {
    for (let slot = 0; slot <= this.#mask; slot++) if (this.#keys[slot] !== undefined) yield [this.#keys[slot]!, this.#values[slot]!];
  }
  *values(): IterableIterator<V> {
    for (const [, value] of this) yield value;
  }
}
