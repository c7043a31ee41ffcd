/**
 * Entries of a write set on their way into one tree and the log, in key order, as storage takes many at a time. One object, used for run after
 * run; what its fields point to is borrowed from the write set.
 */
import { assert } from '../base/assert.js';
import type { CommitRun } from '../storage/commit-writer.js';
import type { WriteSet } from './write-set.js';

const nothing = new Uint8Array(0);
const viewOfNothing = new DataView(nothing.buffer);
/** Entries that are looked at ahead of their turn. */
const AheadCount = 32;

export class PutRun implements CommitRun {
  key: Uint8Array = nothing;
  keyOffset = 0;
  keyLength = 0;
  value: Uint8Array = nothing;
  valueView = viewOfNothing;
  valueOffset = 0;
  valueLength = 0;
  putOffset = -1;
  left = 0;
  #set: WriteSet | undefined = undefined;
  #entries: Int32Array = new Int32Array(64);
  #count = 0;
  /** The list of its own while another is borrowed. */
  #own: Int32Array | undefined = undefined;
  /** Up to which entry the processor has been told to fetch; infinite where entries came in key order, and so lie in it. */
  #ahead = Infinity;

  /** Begins a run of entries of `set`. */
  begin(set: WriteSet, isScattered: boolean): void {
    this.#set = set;
    this.#count = 0;
    this.left = 0;
    this.#ahead = isScattered ? 0 : Infinity;
  }
  /** Adds a put, whose key is greater than those before. */
  add(entry: number): void {
    if (this.#count === this.#entries.length) {
      const entries = new Int32Array(this.#count * 2);
      entries.set(this.#entries);
      this.#entries = entries;
    }
    this.#entries[this.#count++] = entry;
  }
  /** Instead, entries of one kind, which are borrowed until `end`. */
  addAll(entries: Int32Array): void {
    assert(this.#count === 0, 'a run has begun already', this.#count);
    this.#own = this.#entries;
    this.#entries = entries;
    this.#count = entries.length;
  }
  get isEmpty(): boolean {
    return this.#count === 0;
  }
  /** Lets go of the write set, and of much memory. */
  end(): void {
    this.#set = undefined;
    this.#count = 0;
    this.key = nothing;
    this.value = nothing;
    this.valueView = viewOfNothing;
    if (this.#own !== undefined) this.#entries = this.#own;
    this.#own = undefined;
    if (this.#entries.length > 4096) this.#entries = new Int32Array(64);
  }

  goTo(left: number): void {
    this.left = left;
    if (left > 0) this.#set!.show(this.#entries[this.#count - left]!, this);
  }
  next(): boolean {
    const left = --this.left;
    if (left <= 0) return false;
    if (this.#count - left >= this.#ahead) this.#fetch();
    this.#set!.show(this.#entries[this.#count - left]!, this);
    return true;
  }
  /** In one loop, so that the loads do not wait for each other: entries in key order lie anywhere in the set. */
  #fetch(): void {
    const from = this.#ahead;
    this.#ahead = Math.min(from + AheadCount, this.#count);
    this.#set!.touch(this.#entries, from, this.#ahead);
    if (this.#ahead === this.#count) this.#ahead = Infinity;
  }
  /** To the first entry. */
  start(): void {
    this.goTo(this.#count);
  }
}
