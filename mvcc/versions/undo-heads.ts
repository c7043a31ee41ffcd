/**
 * From the keys of a tree to the newest undo record of each: a hash table of open addresses that holds the records alone, which have their keys and hashes.
 * Changed in place, like key-table.ts, and for the same reason.
 *
 * H1  Between the slot that a key's hash says and the one it is in no slot is free: what stands behind a key that goes moves up.
 */
import { assert } from '../../base/assert.js';
import { hashOfBytes, hashOfKey } from '../write-set/key-hash.js';
import type { KeySource } from '../write-set/key-order.js';
import type { UndoRecord } from './undo-overlay.js';

const SlotCountMin = 8;
/** Beyond this many slots the table shrinks to a quarter when less than a sixteenth of them is used. */
const SlotCountKept = 1024;

export class UndoHeads implements KeySource {
  size = 0;
  #mask = 0;
  #records: (UndoRecord | undefined)[] = [undefined];
  #hashes = new Int32Array(1);

  /** Of the key whose text that is. */
  get(key: string): UndoRecord | undefined {
    if (this.size === 0) return undefined;
    const hash = hashOfKey(0, key);
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const record = this.#records[slot];
      if (record === undefined || (this.#hashes[slot] === hash && record.hasKeyText(key))) return record;
    }
  }
  getBytes(key: Uint8Array, length: number): UndoRecord | undefined {
    return this.size === 0 ? undefined : this.#records[this.#find(hashOfBytes(0, key, length), key, 0, length)];
  }
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The slot of a key, or the free one where it would be. */
  #find(hash: number, key: Uint8Array, offset: number, length: number): number {
    const mask = this.#mask;
    let slot = hash & mask;
    for (let record = this.#records[slot]; record !== undefined; record = this.#records[slot]) {
      if (this.#hashes[slot] === hash && record.hasKey(key, offset, length)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Makes room for so many keys more. */
  reserve(count: number): void {
    let slotCount = Math.max(SlotCountMin, this.#mask + 1);
    while ((this.size + count) * 2 >= slotCount) slotCount *= 2;
    if (slotCount > this.#mask + 1) this.#resize(slotCount);
  }

  /** @returns the record that was the newest of its key before */
  put(record: UndoRecord): UndoRecord | undefined {
    if (this.size * 2 >= this.#mask) this.#resize(Math.max(SlotCountMin, (this.#mask + 1) * 2));
    const { hash } = record;
    const slot = this.#find(hash, record.chunk!.u8, record.offset, record.keyLength);
    const before = this.#records[slot];
    this.#records[slot] = record;
    if (before !== undefined) return before;
    this.#hashes[slot] = hash;
    this.size++;
    return undefined;
  }

  /** Of a record that is there. */
  remove(record: UndoRecord): void {
    const mask = this.#mask;
    let slot = record.hash & mask;
    while (this.#records[slot] !== record) {
      assert(this.#records[slot] !== undefined, 'an undo record is not among the newest', record.csn);
      slot = (slot + 1) & mask;
    }
    this.#vacate(slot);
    this.size--;
    if (mask >= SlotCountKept && this.size * 16 <= mask) this.#resize((mask + 1) / 4);
  }
  /** H1 */
  #vacate(slot: number): void {
    const mask = this.#mask;
    const records = this.#records;
    const hashes = this.#hashes;
    let free = slot;
    for (let from = (free + 1) & mask; records[from] !== undefined; from = (from + 1) & mask) {
      const home = hashes[from]! & mask;
      if (((from - home) & mask) < ((from - free) & mask)) continue;
      records[free] = records[from];
      hashes[free] = hashes[from]!;
      free = from;
    }
    records[free] = undefined;
  }

  /** The records themselves, which lie anywhere, are not looked at. */
  #resize(slotCount: number): void {
    const before = this.#records;
    const hashesBefore = this.#hashes;
    const mask = slotCount - 1;
    const records = new Array<UndoRecord | undefined>(slotCount).fill(undefined);
    const hashes = new Int32Array(slotCount);
    for (let from = 0; from < before.length; from++) {
      if (before[from] === undefined) continue;
      const hash = hashesBefore[from]!;
      let slot = hash & mask;
      while (records[slot] !== undefined) slot = (slot + 1) & mask;
      records[slot] = before[from];
      hashes[slot] = hash;
    }
    this.#mask = mask;
    this.#records = records;
    this.#hashes = hashes;
  }

  /** In no order; the table must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<UndoRecord> {
    for (const record of this.#records) if (record !== undefined) yield record;
  }
  *keys(): IterableIterator<string> {
    for (const record of this) yield record.key;
  }
}
