/**
 * Entries of a write set on their way into one tree and the log, in key order, as storage takes many at a time. One object, used for run after
 * run; what its fields point to is borrowed from the write set.
 *
 * Short puts that had to be sorted are gathered: some thousands at a time are copied side by side, as the log has them (put-form.ts), and shown from there, so that the log takes them
 * as one copy. Those of blocks stand side by side already (put-blocks.ts).
 */
import { VERIFY, assert } from '../../base/assert.js';
import { copyByWords } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { FoundRun } from '../../storage/tree/bulk-build.js';
import { frameOfPlace } from '../../storage/tree/found-place.js';
import { BlockWalk, type FormRun } from './block-walk.js';
import { offsetOf } from './byte-arena.js';
import { type KeyMemory, type KeySort, SortCountMin } from './key-sort.js';
import type { FoundOrder } from './found-order.js';
import type { PutBlocks } from './put-blocks.js';
import { KeyFormBytes, ValueFormBytes, shortKeyLength, shortPutLength, shortPutLengthMax } from './put-form.js';
import type { WriteSet } from './write-set.js';

const nothing = new Uint8Array(0);
const noSlots = new Int32Array(0);
const viewOfNothing = new DataView(nothing.buffer);
/** Entries that are looked at ahead of their turn. */
const AheadCount = 32;
/** Of a sorted list, at the least: keys that are tied are settled with it. */
const GatheredAtOnce = 64;
/** So many bytes are gathered before they are shown, and as many more as take part at once. */
const GatheredBytes = 1 << 16;
const GatheredBytesMax = GatheredBytes + (GatheredAtOnce + SortCountMin) * shortPutLengthMax;

export class PutRun implements FormRun, FoundRun {
  key: Uint8Array = nothing;
  keyOffset = 0;
  keyLength = 0;
  value: Uint8Array = nothing;
  valueView: DataView = viewOfNothing;
  valueOffset = 0;
  valueLength = 0;
  putOffset = -1;
  left = 0;
  frame = -1;
  version = 0;
  slots: Int32Array = noSlots;
  #set: WriteSet | undefined = undefined;
  #entries: Int32Array = new Int32Array(64);
  #count = 0;
  /** What is gathered, instead of a list, and how much of it has been. */
  #sort: KeySort | undefined = undefined;
  #memory: KeyMemory | undefined = undefined;
  #gatheredCount = 0;
  #gathered: Uint8Array = nothing;
  #gatheredView: DataView = viewOfNothing;
  /** Where the puts at hand begin, and where the last ends. */
  #starts = new Int32Array(0);
  /** While more are left the next put stands right behind the present one. */
  #besideLeft = Infinity;
  readonly #walk = new BlockWalk(this);
  /** Whether entries are those of blocks. */
  #isOfBlocks = false;
  /** The list of its own while another is borrowed. */
  #own: Int32Array | undefined = undefined;
  /** Up to which entry the processor has been told to fetch; infinite where entries came in key order, and so lie in it. */
  #ahead = Infinity;

  /** Begins a run of entries of `set`. */
  begin(set: WriteSet, isScattered: boolean): void {
    this.#set = set;
    this.#sort = undefined;
    this.#isOfBlocks = false;
    this.#besideLeft = Infinity;
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
  /** Instead, those of blocks from `first` up to `end`, none of which has been written (N1 in entry-words.ts). */
  addBlocks(blocks: PutBlocks, first: number, end: number): void {
    this.#isOfBlocks = true;
    this.#count = end - first;
    this.#walk.begin(blocks, first, end);
    this.#besideLeft = this.#walk.besideLeft;
  }
  /** Instead, removals in the order of the places where their rows were found: `showFound` makes some of them the run. */
  addFound(found: FoundOrder): void {
    this.addAll(found.entries);
    this.slots = found.slots;
  }
  /** Those from `from` on up to `to`, which were found in one leaf. */
  showFound(from: number, to: number): void {
    const set = this.#set!;
    const first = this.#entries[from]!;
    this.frame = frameOfPlace(set.foundPlace(first));
    this.version = set.foundVersion(first);
    this.#count = to;
    this.goTo(to - from);
  }
  get place(): number {
    return this.#count - this.left;
  }
  /** Instead, the short puts of a sorted list: `gatherNext` makes the next of them the run. */
  gather(memory: KeyMemory, sort: KeySort): void {
    this.#memory = memory;
    this.#sort = sort;
    this.#gatheredCount = 0;
    this.#besideLeft = 0;
    if (this.#gathered === nothing) {
      this.#gathered = new Uint8Array(GatheredBytesMax);
      this.#gatheredView = new DataView(this.#gathered.buffer);
      this.#starts = new Int32Array(GatheredBytesMax >>> 2);
    }
    this.key = this.#gathered;
    this.value = this.#gathered;
    this.valueView = this.#gatheredView;
  }
  /** False when there are none any more. */
  gatherNext(): boolean {
    const sort = this.#sort!;
    const limit = VERIFY.on ? GatheredAtOnce : GatheredBytes;
    let end = 0;
    let from = this.#gatheredCount;
    this.#count = 0;
    while (from < sort.count && end <= limit) {
      const to = sort.settle(from, from + GatheredAtOnce);
      end = this.#copyPuts(sort, from, to, end);
      from = to;
    }
    this.#gatheredCount = from;
    this.#starts[this.#count] = end;
    this.start();
    return this.#count > 0;
  }
  /** Copies the puts at places [from, to) of the sorted list to `at`. @returns the end */
  #copyPuts(sort: KeySort, from: number, to: number, at: number): number {
    const memory = this.#memory!;
    const last = mutants.on && mutants.has('mvcc.gathered-without-last') && to - from > 1 ? to - 1 : to;
    for (let i = from; i < last; i++) {
      this.#starts[this.#count++] = at;
      const address = sort.addressAt(i);
      const { u8, dv } = memory.chunkAt(address);
      const key = offsetOf(address);
      at = copyByWords(this.#gathered, this.#gatheredView, at, u8, dv, key - KeyFormBytes, KeyFormBytes + shortPutLength(u8, key, shortKeyLength(u8, key)));
    }
    return at;
  }
  /** Shows the put that begins in `value` at `start`, as the log has it. */
  showPut(start: number): void {
    const bytes = this.value;
    const key = start + KeyFormBytes;
    const keyLength = shortKeyLength(bytes, key);
    const value = key + keyLength + ValueFormBytes;
    this.putOffset = start;
    this.keyOffset = key;
    this.keyLength = keyLength;
    this.valueOffset = value;
    this.valueLength = bytes[value - ValueFormBytes]!;
  }
  get sideBySide(): number {
    return this.#isOfBlocks || this.#sort !== undefined ? this.left - this.#besideLeft : 0;
  }
  passPuts(count: number, end: number): void {
    this.left -= count;
    // Where the last one ends is all that is asked of it any more.
    this.valueOffset = end;
    this.valueLength = 0;
    if (this.left > this.#besideLeft) this.showPut(end);
    else if (this.left > 0) this.#nextStretch();
  }
  #nextStretch(): void {
    this.#walk.nextStretch();
    this.#besideLeft = this.#walk.besideLeft;
  }
  get isEmpty(): boolean {
    return this.#count === 0;
  }
  /** Lets go of the write set, and of much memory. */
  end(): void {
    this.#set = undefined;
    this.#sort = undefined;
    this.#memory = undefined;
    this.#walk.end();
    this.#isOfBlocks = false;
    this.#gathered = nothing;
    this.#gatheredView = viewOfNothing;
    this.#starts = new Int32Array(0);
    this.#count = 0;
    this.slots = noSlots;
    this.key = nothing;
    this.value = nothing;
    this.valueView = viewOfNothing;
    if (this.#own !== undefined) this.#entries = this.#own;
    this.#own = undefined;
    if (this.#entries.length > 4096) this.#entries = new Int32Array(64);
  }

  goTo(left: number): void {
    if (this.#isOfBlocks) {
      this.#walk.goTo(left);
      this.#besideLeft = this.#walk.besideLeft;
      return;
    }
    this.left = left;
    if (left <= 0) return;
    if (this.#sort === undefined) this.#set!.show(this.#entries[this.#count - left]!, this);
    else this.showPut(this.#starts[this.#count - left]!);
  }
  next(): boolean {
    const left = --this.left;
    if (left <= 0) return false;
    if (left > this.#besideLeft) {
      this.showPut(this.valueOffset + this.valueLength);
      return true;
    }
    if (this.#isOfBlocks) {
      this.#nextStretch();
      return true;
    }
    if (this.#count - left >= this.#ahead) this.#fetch();
    this.#set!.show(this.#entries[this.#count - left]!, this);
    return true;
  }
  passStretch(after: number, length: number): number {
    const start = this.putOffset;
    let left = after;
    let end = -1;
    if (this.#isOfBlocks) {
      left = this.#walk.leftBehind(after);
      end = this.#walk.endBefore(left);
    } else if (this.#sort !== undefined) end = this.#starts[this.#count - after]!;
    if (end >= 0 && end - start <= length) this.goTo(left);
    else end = this.#passPuts(after, length);
    if (this.#isOfBlocks) this.#walk.notePassed();
    return end;
  }
  #passPuts(after: number, length: number): number {
    const { value, putOffset: start } = this;
    let end = start;
    do {
      end = this.valueOffset + this.valueLength;
      this.next();
    } while (this.left > after && end - start <= length && (this.putOffset === end || (mutants.on && mutants.has('mvcc.stretch-with-gaps'))) && this.value === value);
    return end;
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
