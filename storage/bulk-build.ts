/**
 * Building a tree from sorted entries. Entries are appended to the rightmost leaf; a full leaf is closed with a fence and a new one begun,
 * which puts one separator into the level above, and so on upwards (the split at the right edge in btree-split.ts moves nothing). So the
 * tree grows bottom-up with full pages, in one pass, with one leaf and a path in memory.
 */
import { assert } from '../base/assert.js';
import { setU32 } from '../base/bytes.js';
import { DbError } from '../base/errors.js';
import type { BTree } from './btree.js';
import { LeafRef } from './cursor.js';
import { freeOverflow, writeOverflow } from './overflow.js';
import { AtMaxCsn } from './page.js';
import { OverflowBit, OverflowPointerLength, cellSizeMaxOf, compareKeyAt, countOf, insertEntry, leafEntrySize } from './slotted-page.js';

/** Entries in strictly ascending key order. One object, fields reused. */
export interface BulkSource {
  key: Uint8Array;
  keyOffset: number;
  keyLength: number;
  value: Uint8Array;
  valueOffset: number;
  valueLength: number;
  /** Moves to the next entry, false at the end. */
  next(): boolean;
}

/**
 * Fills an empty tree. All leaves get the stamp `csn`. @returns the number of entries
 * @throws InternalError when the tree is not empty or the keys do not strictly ascend; DbError as `BTree.put`. Then the tree is valid and holds a part.
 */
export function bulkBuild(tree: BTree, source: BulkSource, csn: number): number {
  const pool = tree.pool;
  const entrySizeMax = cellSizeMaxOf(pool.pageSizeBytes);
  const pointer = new Uint8Array(OverflowPointerLength);
  const ref = new LeafRef();
  let entryCount = 0;
  try {
    tree.seekLast(ref);
    assert(tree.height() === 1 && ref.count === 0, 'the tree to build is not empty', tree.id);
    let frame = pool.find(ref.pageId);
    stamp(tree, ref, frame, csn);
    while (source.next()) {
      const start = source.keyOffset;
      const end = start + source.keyLength;
      if (source.keyLength > tree.keyLengthMax) throw new DbError('54000', `index row size ${source.keyLength} exceeds maximum ${tree.keyLengthMax}`);
      let value = source.value;
      let valueStart = source.valueOffset;
      let valueLength = source.valueLength;
      let overflowBit = 0;
      if (leafEntrySize(source.keyLength, valueLength) > entrySizeMax) {
        const first = writeOverflow(pool, tree.id, value, valueStart, valueLength);
        setU32(pointer, 0, valueLength);
        setU32(pointer, 4, first);
        value = pointer;
        valueStart = 0;
        valueLength = OverflowPointerLength;
        overflowBit = OverflowBit;
      }
      try {
        for (;;) {
          const count = countOf(ref.dv, ref.base);
          assert(count === 0 || compareKeyAt(ref.u8, ref.dv, ref.base, count - 1, source.key, start, end) < 0, 'keys of a bulk build do not ascend', entryCount);
          // A new leaf is never empty when the next key comes, so the order is checked for every key but the first.
          pool.markDirty(frame);
          if (insertEntry(ref.u8, ref.dv, ref.base, pool.pageSizeBytes, count, source.key, start, end, value, valueStart, valueLength, overflowBit)) break;
          tree.makeRoom(source.key, start, end, 0);
          tree.seekLast(ref);
          frame = pool.find(ref.pageId);
          stamp(tree, ref, frame, csn);
        }
      } catch (error) {
        if (overflowBit !== 0) freeOverflow(pool, tree.id, pointer[4]! + pointer[5]! * 256 + pointer[6]! * 65536 + pointer[7]! * 16777216, Infinity);
        throw error;
      }
      entryCount++;
    }
    return entryCount;
  } finally {
    ref.release();
  }
}

function stamp(tree: BTree, ref: LeafRef, frame: number, csn: number): void {
  tree.pool.markDirty(frame);
  if (csn > ref.dv.getFloat64(ref.base + AtMaxCsn, true)) ref.dv.setFloat64(ref.base + AtMaxCsn, csn, true);
}
