/**
 * A leaf begun behind the one at the right edge, for entries that come in key order and have no room there: what the general split (btree-split.ts) and the first insert into the new leaf
 * do between them, without descents for what is known to lie behind everything, and with a page that is built once, for its first key.
 *
 * E1  The pages are then what `put` of each entry would have made of them. Checked by test/storage/edge-leaf.prop.test.ts.
 * E2  Whatever is not plain is left to `put`, before anything has changed: a leaf that is the root, has fewer than two entries, could still take the entry, or has no room for a fence in its
 *     gap; a parent without room for a separator; an entry that is too large for a leaf.
 * E3  What can fail comes first, as in all changes of shape: room in the parent, shadows of frozen frames, the new page.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { shortestSeparator } from './btree-split.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import type { EntryPlace } from './bulk-build.js';
import { AtFlags, AtLevel, PageFlag, PageSizeBytesMax } from '../pages/page.js';
import { PageShape, beginPage, insertSeparator, makeRoomForSeparator, setUpperInPlace, takes, upperFenceSize } from '../pages/page-edit.js';
import { childAt, copyKey, countOf, entrySizeIn, freeBytes, gapBytes, leafEntrySize } from '../pages/slotted-page.js';

const shape = new PageShape();
const lastKey = new Uint8Array(PageSizeBytesMax);
const newKey = new Uint8Array(PageSizeBytesMax);
const separator = new Uint8Array(PageSizeBytesMax);

/** As `BTree` checks a page on the way down: R1. @returns its level */
type PageCheck = (dv: DataView, base: number, parentLevel: number, id: number) => number;

/**
 * A new leaf behind `leaf`, the last of the tree below `root`, for `entry`, whose key is greater than all there are. `leaf` is not pinned.
 * @returns its frame, not pinned, without entries, but with the prefix that suits the key; -1: E2 @throws DbError 53100, 53200, 58030, and then nothing has changed
 */
export function beginLeafAtEdge(pool: BufferPool, root: number, leaf: number, entry: EntryPlace, entrySizeMax: number, check: PageCheck): number {
  const u8 = pool.bytesOf(leaf);
  const dv = pool.viewOf(leaf);
  const base = pool.baseOf(leaf);
  assert((u8[base + AtFlags]! & PageFlag.RightEdge) !== 0, 'not the last leaf', pool.pageIds[leaf]!);
  if (pool.pageIds[leaf] === root || countOf(dv, base) < 2 || !isFullFor(u8, dv, base, entry, entrySizeMax)) return -1;
  const { key, keyOffset, keyLength } = entry;
  for (let i = 0; i < keyLength; i++) newKey[i] = key[keyOffset + i]!;
  const lastLength = copyKey(u8, dv, base, countOf(dv, base) - 1, lastKey, 0);
  const separatorLength = shortestSeparator(lastKey, lastLength, newKey, keyLength, separator);
  if (gapBytes(dv, base) < upperFenceSize(u8, dv, base, separator, separatorLength)) return -1;
  pool.pin(leaf);
  try {
    return splitBehind(pool, lastParent(pool, root, check), leaf, keyLength, separatorLength);
  } finally {
    pool.unpin(leaf);
  }
}

/** Whether the leaf would take the entry as it is, but for its room. */
function isFullFor(u8: Uint8Array, dv: DataView, base: number, { key, keyOffset, keyLength, valueLength }: EntryPlace, entrySizeMax: number): boolean {
  if (leafEntrySize(keyLength, valueLength) > entrySizeMax || !takes(u8, dv, base, key, keyOffset, keyOffset + keyLength)) return false;
  return freeBytes(dv, base) < entrySizeIn(u8, dv, base, keyLength, valueLength);
}

/** The inner page at the right edge that is above leaves. */
function lastParent(pool: BufferPool, root: number, check: PageCheck): number {
  let id = root;
  for (let level = -1; ; ) {
    const frame = pool.fetch(id);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    level = check(dv, base, level, id);
    if (level === 1) return frame;
    id = childAt(dv, base, countOf(dv, base));
  }
}

/** For the key in `newKey`, by the separator in `separator`. */
function splitBehind(pool: BufferPool, parent: number, leaf: number, keyLength: number, separatorLength: number): number {
  const { pageSizeBytes } = pool;
  const parentU8 = pool.bytesOf(parent);
  const parentDv = pool.viewOf(parent);
  const parentBase = pool.baseOf(parent);
  const at = countOf(parentDv, parentBase);
  assert(parentU8[parentBase + AtLevel] === 1 && childAt(parentDv, parentBase, at) === pool.pageIds[leaf], 'the last leaf is another', pool.pageIds[leaf]!);
  pool.pin(parent);
  try {
    pool.markDirty(parent);
    if (!makeRoomForSeparator(parentU8, parentDv, parentBase, pageSizeBytes, separator, separatorLength)) return -1;
    pool.markDirty(leaf);
    const right = pool.allocate();
    const page = pool.pageIds[right]!;
    shape.readFrom(pool.bytesOf(leaf), pool.viewOf(leaf), pool.baseOf(leaf));
    shape.pageId = page;
    shape.setLower(separator, separatorLength);
    shape.choosePrefix(newKey, keyLength, newKey, keyLength, 0, true);
    beginPage(pool.bytesOf(right), pool.viewOf(right), pool.baseOf(right), pageSizeBytes, shape);
    pool.unpin(right);
    if (!(mutants.on && mutants.has('storage.edge-leaf-left-open'))) {
      const isClosed = setUpperInPlace(pool.bytesOf(leaf), pool.viewOf(leaf), pool.baseOf(leaf), separator, separatorLength);
      assert(isClosed, 'no room for the fence after all', pool.pageIds[leaf]!);
    }
    const isInserted = insertSeparator(parentU8, parentDv, parentBase, pageSizeBytes, at, separator, separatorLength, page);
    assert(isInserted, 'no room in the parent after all', pool.pageIds[parent]!);
    return right;
  } finally {
    pool.unpin(parent);
  }
}
