/**
 * A pinned leaf. One `LeafRef` is made once and used for any number of positions: nothing is allocated per use, and all readers share
 * one shape. `BTree` positions it, its holder reads entries by slot number, and `release` lets go of the page.
 *
 * C1  While it is held, the page stays in its frame; its bytes change only through the tree, never by eviction or a checkpoint.
 * C2  After any change of the page `isCurrent` is false, and everything read from the ref before (offsets, count, slot) is void.
 * C3  All ways to position a ref but the point lookup `seek` keep its fences, so `nextLeaf` and `previousLeaf` go on exactly where the leaf ended when it was
 *     positioned, whatever was split, merged or freed since. They are copied when the page is about to change, of which the pool tells the ref: a scan of leaves
 *     that nobody changes never looks at their fences.
 * C4  Where the columns of a leaf are kept for the version that its frame has, count and stamp are taken from their record, and the page is not touched.
 */
import { assert } from '../../base/assert.js';
import { copyBytes, keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { ColumnRequest, RowBatch } from '../../base/row-columns.js';
import type { BTree } from './btree.js';
import type { BufferPool, FrameWatcher } from '../pages/buffer-pool.js';
import type { LeafColumns } from '../pages/leaf-columns.js';
import { readOverflow } from '../pages/overflow.js';
import { AtCount, AtFlags, AtMaxCsn, NoPage, PageFlag, PageSizeBytesMax } from '../pages/page.js';
import {
  AboveFence,
  BelowFence,
  OverflowBit,
  compareKeyAt,
  copyKey,
  copyLowerFence,
  copyUpperFence,
  isOutside,
  keyLengthAt,
  rawValueLengthAt,
  search,
  valueAt,
  valueOffsets,
} from '../pages/slotted-page.js';

/** An equality on a unique index ends at the second. */
const NearEntries = 2;
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);
const keyBuffer = new Uint8Array(PageSizeBytesMax);
/** Of its own: whoever changes the page may have a key in the other. */
const fenceBuffer = new Uint8Array(PageSizeBytesMax);

export class LeafRef implements FrameWatcher {
  /** The slab that holds the page; offsets below are absolute in it. Valid until `release` or the next seek with this ref. */
  u8: Uint8Array = noBytes;
  dv: DataView = noView;
  /** Byte offset of the page in `u8`. */
  base = 0;
  /** Number of entries in the leaf; may be 0. */
  count = 0;
  /** Entry found by `seek`, or the place where the key would be inserted (0..count). */
  slot = 0;
  /** At or above the CSN of every change ever made inside this leaf's fences. */
  maxCsn: number = Number.NaN;
  /** Whether any value of this leaf may lie in overflow pages: test once per leaf. */
  hasOverflow = false;
  pageId: number = NoPage;
  /** The tree last sought, undefined when nothing is held. */
  tree: BTree | undefined = undefined;
  /** Steps to a neighbour since the last seek; long scans go through the pool's ring. Kept by BTree. */
  stepCount = 0;
  /** Frame of the page above when the ref was positioned, -1 when not known; its version then, and which child the leaf is. Kept by BTree. */
  parentFrame = -1;
  parentVersion = 0;
  childIndex = 0;
  /** Kept by the pool. */
  watchedAt = -1;
  /** C3: whether they are to be kept; whether they have been copied. */
  #keepsFences = false;
  #fencesKept = false;
  #lower: Uint8Array = noBytes;
  #lowerLength = 0;
  #upper: Uint8Array = noBytes;
  #upperLength = 0;
  #pool: BufferPool | undefined = undefined;
  #frame = -1;
  #version = 0;

  get frame(): number {
    return this.#frame;
  }

  /** Takes a leaf over; called by BTree only. With `keepFences` they are kept (C3). */
  hold(tree: BTree, pool: BufferPool, frame: number, slot: number, keepFences: boolean): void {
    this.#take(tree, pool, frame, slot, keepFences);
    this.count = this.dv.getUint16(this.base + AtCount, true);
    this.maxCsn = this.dv.getFloat64(this.base + AtMaxCsn, true);
    this.hasOverflow = (this.u8[this.base + AtFlags]! & PageFlag.HasOverflow) !== 0;
  }
  /** The same at slot 0, if what it needs to know of the leaf is kept with its columns (C4); they are of this tree, for they are of this page. */
  holdByColumns(tree: BTree, pool: BufferPool, frame: number): boolean {
    const record = pool.columns === undefined ? 0 : pool.columns.recordOf(frame, pool.versions[frame]!);
    if (record === 0) return false;
    this.#take(tree, pool, frame, 0, true);
    this.count = pool.columns!.rowCountOf(record);
    this.maxCsn = pool.columns!.maxCsnOf(record);
    this.hasOverflow = false;
    return true;
  }
  #take(tree: BTree, pool: BufferPool, frame: number, slot: number, keepFences: boolean): void {
    if (this.#frame !== frame || this.#pool !== pool) {
      pool.pin(frame);
      if (this.#frame >= 0) this.#pool!.unpin(this.#frame);
      if (this.#pool !== pool && this.watchedAt >= 0) this.#pool!.unwatch(this);
      this.#frame = frame;
      this.#pool = pool;
    }
    if (keepFences && this.watchedAt < 0) pool.watch(this);
    this.#keepsFences = keepFences;
    this.#fencesKept = false;
    this.u8 = pool.bytesOf(frame);
    this.dv = pool.viewOf(frame);
    this.base = pool.baseOf(frame);
    this.slot = slot;
    this.parentFrame = -1;
    this.pageId = pool.pageIds[frame]!;
    this.tree = tree;
    this.#version = pool.versions[frame]!;
  }

  /** C3. Called by the pool; the page is still what it was when the ref was positioned, unless this is not the first change. */
  beforeChange(): void {
    if (!this.#keepsFences || this.#fencesKept) return;
    assert(this.isCurrent(), 'told too late of a change', this.pageId);
    this.#fencesKept = true;
    if (this.#lower.length === 0) this.#lower = new Uint8Array(64);
    if (this.#upper.length === 0) this.#upper = new Uint8Array(64);
    this.#lowerLength = copyLowerFence(this.u8, this.dv, this.base, fenceBuffer);
    if (this.#lowerLength > this.#lower.length) this.#lower = new Uint8Array(this.#lowerLength * 2);
    copyBytes(this.#lower, 0, fenceBuffer, 0, this.#lowerLength);
    this.#upperLength = copyUpperFence(this.u8, this.dv, this.base, fenceBuffer);
    if (this.#upperLength > this.#upper.length) this.#upper = new Uint8Array(this.#upperLength * 2);
    if (this.#upperLength > 0) copyBytes(this.#upper, 0, fenceBuffer, 0, this.#upperLength);
  }

  noteParent(frame: number, version: number, childIndex: number): void {
    this.parentFrame = frame;
    this.parentVersion = version;
    this.childIndex = childIndex;
  }

  /** False when the leaf was changed (also split, merged, freed) since the ref was positioned: seek again. */
  isCurrent(): boolean {
    return this.#frame >= 0 && this.#pool!.versions[this.#frame] === this.#version;
  }
  isHeld(): boolean {
    return this.#frame >= 0;
  }
  /** Unpins. Idempotent. */
  release(): void {
    if (this.#frame < 0) return;
    this.#pool!.unpin(this.#frame);
    if (this.watchedAt >= 0) this.#pool!.unwatch(this);
    this.#frame = -1;
    this.tree = undefined;
  }

  /** The second form of leaves, where there is one. */
  get columns(): LeafColumns | undefined {
    return this.#pool!.columns;
  }
  /** Whether they have been asked for often enough, a few rows at a time, to be read whole. */
  areColumnsWanted(): boolean {
    return this.#pool!.columns!.areWanted(this.#frame, this.#version);
  }
  /** The record of this leaf's columns (leaf-columns.ts), -1 when the wanted ones are not there. */
  findColumns(request: ColumnRequest): number {
    return this.#pool!.columns!.find(this.#frame, this.#version, request);
  }
  /** The same, read from `rows`, which are all rows of the leaf; -1 when there is no room. The leaf is current. */
  readColumns(request: ColumnRequest, rows: RowBatch): number {
    assert(!this.hasOverflow && rows.count === this.count, 'not all rows of a leaf, or some of them elsewhere', rows.count, this.count);
    return this.#pool!.columns!.read(this.#frame, this.#version, this.maxCsn, request, rows);
  }

  /** The key as a latin1 string (allocates). */
  keyAt(i: number): string {
    return keyString(keyBuffer, 0, copyKey(this.u8, this.dv, this.base, i, keyBuffer, 0));
  }
  keyLength(i: number): number {
    return keyLengthAt(this.dv, this.base, i);
  }
  /** Copies the key and returns its length. */
  copyKey(i: number, into: Uint8Array, at: number): number {
    return copyKey(this.u8, this.dv, this.base, i, into, at);
  }
  /** Three-way comparison of entry `i`'s key with `key`: negative when the entry is less. */
  compareKey(i: number, key: Uint8Array, keyLength: number): number {
    return compareKeyAt(this.u8, this.dv, this.base, i, key, 0, keyLength);
  }

  /** Absolute offset in `u8` of an inline value. Not for overflow values. */
  valueOffset(i: number): number {
    return valueAt(this.u8, this.dv, this.base, i);
  }
  /** Length of the value, for overflow values that of the whole. */
  valueLength(i: number): number {
    const raw = rawValueLengthAt(this.u8, this.dv, this.base, i);
    return (raw & OverflowBit) === 0 ? raw : this.dv.getUint32(valueAt(this.u8, this.dv, this.base, i), true);
  }
  isOverflow(i: number): boolean {
    return (rawValueLengthAt(this.u8, this.dv, this.base, i) & OverflowBit) !== 0;
  }
  /** The whole overflow value, a fresh array. @throws DbError XX001 */
  readOverflow(i: number): Uint8Array {
    const at = valueAt(this.u8, this.dv, this.base, i);
    return readOverflow(this.#pool!, this.tree!.id, this.dv.getUint32(at + 4, true), this.dv.getUint32(at, true));
  }
  /** Absolute offsets of the inline values of entries [from, to) into `into[0..]`. Entries with overflow values get -1. */
  valueOffsets(into: Int32Array, from: number, to: number): void {
    valueOffsets(this.u8, this.dv, this.base, into, from, to);
    if (this.hasOverflow) for (let i = from; i < to; i++) if (this.isOverflow(i)) into[i - from] = -1;
  }

  /** The inclusive lower fence as latin1; '' for the first leaf. */
  lowerFence(): string {
    return keyString(keyBuffer, 0, this.copyLowerFence(keyBuffer));
  }
  /** The exclusive upper fence as latin1; undefined for the last leaf. */
  upperFence(): string | undefined {
    const length = this.copyUpperFence(keyBuffer);
    return length < 0 ? undefined : keyString(keyBuffer, 0, length);
  }
  /** Copies the fence and returns its length (0: from the start). */
  copyLowerFence(into: Uint8Array): number {
    assert(this.#fencesKept || !this.#keepsFences || this.isCurrent(), 'the leaf was changed and its fences were not kept', this.pageId);
    if (!this.#fencesKept) return copyLowerFence(this.u8, this.dv, this.base, into);
    copyBytes(into, 0, this.#lower, 0, this.#lowerLength);
    return this.#lowerLength;
  }
  /** Copies the fence and returns its length, -1 when there is none (last leaf). */
  copyUpperFence(into: Uint8Array): number {
    assert(this.#fencesKept || !this.#keepsFences || this.isCurrent(), 'the leaf was changed and its fences were not kept', this.pageId);
    if (!this.#fencesKept || (mutants.on && mutants.has('storage.walk-from-changed-fence'))) return copyUpperFence(this.u8, this.dv, this.base, into);
    if (this.#upperLength > 0) copyBytes(into, 0, this.#upper, 0, this.#upperLength);
    return this.#upperLength;
  }
  /** Whether `key` lies inside the fences. */
  covers(key: Uint8Array, keyLength: number): boolean {
    return !isOutside(search(this.u8, this.dv, this.base, key, 0, keyLength));
  }
  /** First slot whose key is >= key, `count` if none. */
  lowerBound(key: Uint8Array, keyLength: number): number {
    const found = search(this.u8, this.dv, this.base, key, 0, keyLength);
    return found >= 0 ? found : found === BelowFence ? 0 : found === AboveFence ? this.count : ~found;
  }
  /** As `lowerBound` where the answer is at or after slot `from`, and likely near it: a few entries are looked at before all are searched. */
  lowerBoundFrom(from: number, key: Uint8Array, keyLength: number): number {
    const near = Math.min(this.count, from + NearEntries);
    for (let i = from; i < near; i++) if (compareKeyAt(this.u8, this.dv, this.base, i, key, 0, keyLength) >= 0) return i;
    return near === this.count ? near : this.lowerBound(key, keyLength);
  }
  /** First slot whose key is > key. */
  upperBound(key: Uint8Array, keyLength: number): number {
    const found = search(this.u8, this.dv, this.base, key, 0, keyLength);
    return found >= 0 ? found + 1 : found === BelowFence ? 0 : found === AboveFence ? this.count : ~found;
  }
}
