/**
 * Write sets that share memory (mvcc/write-set/write-memory.ts): large ones at the same time and one after the other, each holding and finding what was put into it and has not been taken
 * back, with memory for all of them, for some and for none.
 */
import { strict as assert } from 'node:assert';
import { seededPrng } from '../../base/prng.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { TreeWrites } from '../../mvcc/write-set/tree-writes.js';
import { WriteKind, WriteSet } from '../../mvcc/write-set/write-set.js';

/** A set all of whose keys and values follow from its salt and their numbers. */
class Filled {
  readonly set: WriteSet;
  readonly #writes: TreeWrites;
  readonly #salt: number;
  readonly #lengths: number[] = [];

  constructor(memory: WriteMemory, salt: number) {
    this.set = new WriteSet(memory);
    this.#writes = new TreeWrites(this.set, {} as Transaction, {} as VersionedTree);
    this.#salt = salt;
  }
  #key(entry: number): string {
    return `${this.#salt}-${(entry * 7919) % 1_000_003}`;
  }
  #value(entry: number): Uint8Array {
    return new Uint8Array(this.#lengths[entry]!).fill(this.#salt * 31 + entry);
  }

  add(count: number, length: number): void {
    for (let i = 0; i < count; i++) {
      const entry = this.#lengths.push(length) - 1;
      const value = this.#value(entry);
      this.set.setValue(this.set.push(this.#writes.number, this.#key(entry), WriteKind.Put, 0, 1), value, 0, value.length);
    }
  }
  takeBack(count: number): void {
    for (let i = 0; i < count && this.#lengths.pop() !== undefined; i++) this.set.pop();
  }
  check(): void {
    assert.equal(this.set.count, this.#lengths.length);
    for (let entry = 0; entry < this.#lengths.length; entry++) {
      const start = this.set.valueOffset(entry);
      const held = this.set.valueChunk(entry).u8.subarray(start, start + this.set.valueLength(entry));
      assert(this.set.keyOf(entry) === this.#key(entry) && Buffer.compare(held, this.#value(entry)) === 0, `entry ${entry} of set ${this.#salt} is another`);
      assert.equal(this.set.find(this.#writes.number, this.#key(entry)), entry);
    }
    assert.equal(this.set.find(this.#writes.number, this.#key(this.#lengths.length)), -1);
  }
}

const setCount = 3;

/** @throws AssertionError */
export function writeMemoryTrial(seed: number): void {
  const prng = seededPrng(seed);
  const memory = new WriteMemory([0, 1 << 20, 64 << 20][prng.below(3)]!);
  const sets: (Filled | undefined)[] = [];
  for (let step = 1 + prng.below(6); step > 0; step--) {
    const which = prng.below(setCount);
    const filled = (sets[which] ??= new Filled(memory, step));
    filled.add(prng.below(3000), [0, 9, 60, 128, 129, 700][prng.below(6)]!);
    if (prng.below(3) === 0) filled.takeBack(prng.below(1000));
    for (const one of sets) one?.check();
    if (prng.below(2) === 0) continue;
    filled.set.reset();
    sets[which] = undefined;
  }
  for (const one of sets) one?.check();
}
