/**
 * Building a tree from sorted entries. Entries are appended to the rightmost leaf; a full leaf is closed with a fence and a new one begun,
 * which puts one separator into the level above, and so on upwards (the split at the right edge in btree-split.ts moves nothing). So the
 * tree grows bottom-up with full pages, in one pass, with one leaf and a path in memory.
 */
import { assert } from '../../base/assert.js';
import { setU32 } from '../../base/bytes.js';
import type { BTree } from './btree.js';
import { LeafRef } from './cursor.js';
import { freeOverflow, writeOverflow } from '../pages/overflow.js';
import { AtMaxCsn, keyTooLong } from '../pages/page.js';
import { insertEntry } from '../pages/page-edit.js';
import { OverflowBit, OverflowPointerLength, cellSizeMaxOf, compareKeyAt, countOf, leafEntrySize } from '../pages/slotted-page.js';

/** Where a value lies: `u8` and `dv` see the same memory. */
export interface ValuePlace {
  u8: Uint8Array;
  dv: DataView;
  offset: number;
  length: number;
}

/** Where key and value of an entry lie. */
export interface EntryPlace {
  key: Uint8Array;
  keyOffset: number;
  keyLength: number;
  value: Uint8Array;
  valueOffset: number;
  valueLength: number;
}

/** Entries in strictly ascending key order. One object, fields reused. */
export interface BulkSource extends EntryPlace {
  /** Moves to the next entry, false at the end. */
  next(): boolean;
}

/** Entries of which it is known how many there are. It stands at the first; `next` says whether there is another. */
export interface RunSource extends BulkSource {
  /** A view of all of `value`. */
  valueView: DataView;
  /** Entries from the present one on. */
  left: number;
  /** Where in `value` the put begins as it stands in the log, up to the value's end; -1: it does not stand there. */
  putOffset: number;
  /** So many entries, the present one first, are known to be short puts (`ShortPut` of wal-record.ts) that stand side by side in `value` from `putOffset` on. */
  readonly sideBySide: number;
  /** Passes over so many of them, the last of which ends at `end`. */
  passPuts(count: number, end: number): void;
}

/** Entries that were found one by one (`BTree.tellFound`), in any order: each with what it was told, and the value that it is to have. It stands at the first. */
export interface FoundPuts extends EntryPlace {
  /** A view of all of `value`. */
  readonly valueView: DataView;
  /** Entries from the present one on. */
  readonly left: number;
  /** `NoPlace`: it is not known. */
  readonly place: number;
  readonly version: number;
  readonly spot: number;
  /** Moves to the next entry, false at the end. */
  next(): boolean;
}

/** Entries of one leaf, in its order, which were all found there (`BTree.tellFound`). */
export interface FoundRun extends RunSource {
  readonly frame: number;
  readonly version: number;
  readonly slots: Int32Array;
  /** Where in `slots` that of the present entry is; those of the others follow it. */
  readonly place: number;
  /** Makes the entry present from which on, itself included, `left` are left. */
  goTo(left: number): void;
}

/**
 * Builds in steps, so that a long build can give the event loop back in between. Nobody else may touch the tree meanwhile. Any failure
 * leaves a valid tree with a part of the entries.
 */
export class BulkBuilder {
  entryCount = 0;
  /** Of keys and values. */
  entryBytes = 0;
  readonly #tree: BTree;
  readonly #csn: number;
  readonly #entrySizeMax: number;
  readonly #pointer = new Uint8Array(OverflowPointerLength);
  /** Holds the rightmost leaf between steps. */
  readonly #ref = new LeafRef();
  #frame: number;

  /** All leaves get the stamp `csn`. @throws InternalError when the tree is not empty */
  constructor(tree: BTree, csn: number) {
    this.#tree = tree;
    this.#csn = csn;
    this.#entrySizeMax = cellSizeMaxOf(tree.pool.pageSizeBytes);
    this.#frame = this.#holdLast();
    const isEmpty = tree.height() === 1 && this.#ref.count === 0;
    if (!isEmpty) this.close();
    assert(isEmpty, 'the tree to build is not empty', tree.id);
  }

  /** Appends up to `entryCountMax` entries; true when the source is at its end. @throws InternalError when keys do not strictly ascend; DbError as `BTree.put` */
  step(source: BulkSource, entryCountMax: number): boolean {
    for (let i = 0; i < entryCountMax; i++) {
      if (!source.next()) return true;
      this.#append(source);
    }
    return false;
  }

  /** Lets go of the last leaf. Idempotent; to be called also after a failure. */
  close(): void {
    this.#ref.release();
  }

  #append(source: BulkSource): void {
    const tree = this.#tree;
    const pool = tree.pool;
    if (source.keyLength > tree.keyLengthMax) throw keyTooLong(source.keyLength, tree.keyLengthMax);
    if (leafEntrySize(source.keyLength, source.valueLength) <= this.#entrySizeMax) {
      this.#appendEntry(source, source.value, source.valueOffset, source.valueLength, 0);
    } else {
      const first = writeOverflow(pool, tree.id, source.value, source.valueOffset, source.valueLength);
      setU32(this.#pointer, 0, source.valueLength);
      setU32(this.#pointer, 4, first);
      try {
        this.#appendEntry(source, this.#pointer, 0, OverflowPointerLength, OverflowBit);
      } catch (error) {
        freeOverflow(pool, tree.id, first, Infinity);
        throw error;
      }
    }
    this.entryCount++;
    this.entryBytes += source.keyLength + source.valueLength;
  }

  #appendEntry(source: BulkSource, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number): void {
    const pool = this.#tree.pool;
    const ref = this.#ref;
    const key = source.key;
    const start = source.keyOffset;
    const end = start + source.keyLength;
    for (;;) {
      // A leaf is empty here only before the first entry, or right after its predecessor, already compared, was closed.
      const count = countOf(ref.dv, ref.base);
      assert(count === 0 || compareKeyAt(ref.u8, ref.dv, ref.base, count - 1, key, start, end) < 0, 'keys of a bulk build do not ascend', this.entryCount);
      pool.markDirty(this.#frame);
      if (insertEntry(ref.u8, ref.dv, ref.base, pool.pageSizeBytes, count, key, start, end, value, valueStart, valueLength, overflowBit)) return;
      this.#tree.makeRoom(key, start, end, 0);
      this.#frame = this.#holdLast();
    }
  }

  #holdLast(): number {
    const tree = this.#tree;
    const ref = this.#ref;
    tree.seekLast(ref);
    const frame = tree.pool.find(ref.pageId);
    tree.pool.markDirty(frame);
    if (this.#csn > ref.dv.getFloat64(ref.base + AtMaxCsn, true)) ref.dv.setFloat64(ref.base + AtMaxCsn, this.#csn, true);
    return frame;
  }
}

/** Fills an empty tree in one go. @returns the number of entries. @throws as `BulkBuilder` */
export function bulkBuild(tree: BTree, source: BulkSource, csn: number): number {
  const builder = new BulkBuilder(tree, csn);
  try {
    builder.step(source, Infinity);
    return builder.entryCount;
  } finally {
    builder.close();
  }
}
