/**
 * How a tree changes its shape: split, merge, borrow, and the root that keeps its page id.
 *
 * Each function here makes one change that leaves a valid tree, or none: first everything that can fail (finding pages, taking a new page,
 * shadows for frozen frames, room in the parent), then the change. The caller descends again and sees what is still to be done, so there
 * is no state between steps; a split of a leaf whose parent is full only splits the parent.
 *
 * T1  Before a node is split its parent has room for the separator. So at most three pages change in one step.
 * T2  The root's page id never changes: its content moves down into a new page, or its only child's content moves up.
 * T3  A leaf that takes over keys takes at least the `maxCsn` of the leaf they come from (concurrency.md, invariant 4).
 *
 * Where to split: at the right edge after the last entry, so that ascending inserts fill pages and move nothing; likewise in the middle
 * of the tree when the last inserts into this leaf ascended; otherwise where the bytes are halved.
 *
 * A page that is below its least fill and can neither be merged nor borrow stays as it is, also when it is empty.
 */
import { assert } from '../../base/assert.js';
import type { TreeId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { AtCount, AtFlags, AtHeapStart, AtKind, AtLevel, AtLink, AtMaxCsn, AtPageId, HeaderSizeBytes, PageFlag, PageKind, PageSizeBytesMax } from '../pages/page.js';
import {
  PageShape,
  appendRange,
  appendSeparator,
  beginPage,
  canReplaceSeparator,
  insertSeparator,
  makeRoomForSeparator,
  mergeInto,
  rebuildInPlace,
  removeEntry,
  setUpperInPlace,
  upperFenceSize,
} from '../pages/page-edit.js';
import { cellAt, childAt, copyKey, copyUpperFence, countOf, entrySizeAt, freeBytes, gapBytes, hasShortKeys, keyLengthAt } from '../pages/slotted-page.js';

/** A node with less than this share of its page in use is merged, or borrows. */
const FillMin = 0.3;
/** A merge may fill a page up to this, so that the next insert does not split it again. */
const MergedFillMax = 0.9;
export const HeightMax = 32;

/** The pages from the root to a leaf, and the child taken at each inner one. One per tree, overwritten by every descent. */
export class TreePath {
  readonly pages: Uint32Array = new Uint32Array(HeightMax);
  readonly children: Int32Array = new Int32Array(HeightMax);
  /** Index of the leaf in `pages`; 0 when the root is a leaf. */
  depth = 0;
}

const shape = new PageShape();
const rightShape = new PageShape();
const keyA = new Uint8Array(PageSizeBytesMax);
const keyB = new Uint8Array(PageSizeBytesMax);
const keyC = new Uint8Array(PageSizeBytesMax);
const separatorBuffer = new Uint8Array(PageSizeBytesMax);
const noKey = new Uint8Array(0);

/**
 * The shortest key above `left` and not above `right`: `right` up to where it differs, into `into`.
 * @returns its length
 */
export function shortestSeparator(left: Uint8Array, leftLength: number, right: Uint8Array, rightLength: number, into: Uint8Array): number {
  let shared = 0;
  while (shared < leftLength && shared < rightLength && left[shared] === right[shared]) shared++;
  assert(shared < rightLength, 'keys around a split do not ascend', leftLength, rightLength);
  const length = mutants.on && mutants.has('storage.separator-too-short') ? shared : shared + 1;
  for (let i = 0; i < length; i++) into[i] = right[i]!;
  return length;
}

/** Sets the prefix of `s` for entries [from, to) of a page of which they are a part. */
function choosePrefixOf(s: PageShape, u8: Uint8Array, dv: DataView, base: number, from: number, to: number, floor: number): void {
  if (from === to) {
    s.clearPrefix();
    return;
  }
  const firstLength = copyKey(u8, dv, base, from, keyB, 0);
  const lastLength = copyKey(u8, dv, base, to - 1, keyC, 0);
  s.choosePrefix(keyB, firstLength, keyC, lastLength, floor, hasOneLength(dv, base, from, to, firstLength));
}

/** Whether all keys of [from, to) are of `length`. */
function hasOneLength(dv: DataView, base: number, from: number, to: number, length: number): boolean {
  if (hasShortKeys(dv, base)) return from === to || keyLengthAt(dv, base, from) === length;
  for (let i = from; i < to; i++) if (keyLengthAt(dv, base, i) !== length) return false;
  return true;
}

const SplitResult = { Done: 0, ParentFull: 1, TooBig: 2 } as const;
type SplitResult = (typeof SplitResult)[keyof typeof SplitResult];

/** What the caller knows about the insert that found no room. */
export interface SplitHint {
  /** Slot of the key, or `~slot` of where it goes. */
  readonly found: number;
  /** Bytes that the new entry will take. */
  readonly size: number;
  /** The last few inserts into this leaf came in ascending or descending order, each next to the one before. */
  readonly isAscending: boolean;
  readonly isDescending: boolean;
}

/**
 * One step towards room for `key` in the leaf at the end of `path`: splits the leaf, or an ancestor whose room is needed first, or puts a
 * level under the root. The caller descends again. @throws DbError 53100, 53200, 54000, 58030, and then nothing has changed
 */
export function makeRoomInLeaf(pool: BufferPool, tree: TreeId, path: TreePath, key: Uint8Array, keyStart: number, keyEnd: number, hint: SplitHint): void {
  let depth = path.depth;
  if (depth === 0) growRoot(pool, tree, path.pages[0]!);
  else if (!splitLeaf(pool, path, key, keyStart, keyEnd, hint)) while (!splitInner(pool, tree, path, --depth));
}

/** Splits the leaf of the path. @returns false when its parent must be split first */
function splitLeaf(pool: BufferPool, path: TreePath, key: Uint8Array, keyStart: number, keyEnd: number, hint: SplitHint): boolean {
  const frame = pool.fetch(path.pages[path.depth]!);
  pool.pin(frame);
  try {
    const u8 = pool.bytesOf(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    const count = countOf(dv, base);
    const isNew = hint.found < 0;
    const at = isNew ? ~hint.found : hint.found;
    const isRightEdge = (u8[base + AtFlags]! & PageFlag.RightEdge) !== 0;
    for (let k = keyStart; k < keyEnd; k++) keyA[k - keyStart] = key[k]!;
    const keyLength = keyEnd - keyStart;
    if (isNew && at === count && (isRightEdge || hint.isAscending || count === 1)) {
      let result = splitLeafAt(pool, path, frame, count, keyA, keyLength);
      // Full to the last byte, as entries of one size may leave it: the last one goes along and makes room for the fence.
      if (result === SplitResult.TooBig && count > 1) result = splitLeafAt(pool, path, frame, count - 1, noKey, 0);
      if (result !== SplitResult.TooBig) return result === SplitResult.Done;
    } else if (isNew && at === 0 && (hint.isDescending || count === 1)) {
      let result = splitLeafAt(pool, path, frame, 0, keyA, keyLength);
      if (result === SplitResult.TooBig && count > 1) result = splitLeafAt(pool, path, frame, 1, noKey, 0);
      if (result !== SplitResult.TooBig) return result === SplitResult.Done;
    }
    assert(count >= 2, 'a single entry does not fit beside another', path.pages[path.depth]!);
    let boundary = at;
    if (!(isNew && hint.isAscending && at > 0 && at < count)) boundary = middleOf(u8, dv, base, pool.pageSizeBytes, at, hint.size);
    const result = splitLeafAt(pool, path, frame, boundary, noKey, 0);
    assert(result !== SplitResult.TooBig, 'the halves of a page do not fit', path.pages[path.depth]!);
    return result === SplitResult.Done;
  } finally {
    pool.unpin(frame);
  }
}

/** The boundary, 1 to count - 1, that halves the bytes, counting a new entry of `size` bytes at slot `at`. */
function middleOf(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, at: number, size: number): number {
  const count = countOf(dv, base);
  const half = (pageSizeBytes - HeaderSizeBytes - freeBytes(dv, base) + size) / 2;
  let sum = 0;
  let i = 0;
  while (i < count - 1) {
    if (i === at) sum += size;
    const next = entrySizeAt(u8, dv, base, i);
    if (i > 0 && sum + next / 2 > half) break;
    sum += next;
    i++;
  }
  return i;
}

/**
 * Splits the leaf so that entries from `boundary` on go to a new page at its right. With boundary 0 or count, one side is left empty for
 * `newKey`, which then determines the separator. Unless the result is Done nothing has changed.
 */
function splitLeafAt(pool: BufferPool, path: TreePath, frame: number, boundary: number, newKey: Uint8Array, newKeyLength: number): SplitResult {
  const u8 = pool.bytesOf(frame);
  const dv = pool.viewOf(frame);
  const base = pool.baseOf(frame);
  const pageSizeBytes = pool.pageSizeBytes;
  const count = countOf(dv, base);
  let separatorLength: number;
  if (boundary === 0) {
    separatorLength = shortestSeparator(newKey, newKeyLength, keyB, copyKey(u8, dv, base, 0, keyB, 0), separatorBuffer);
  } else {
    const leftLength = copyKey(u8, dv, base, boundary - 1, keyB, 0);
    if (boundary === count) separatorLength = shortestSeparator(keyB, leftLength, newKey, newKeyLength, separatorBuffer);
    else separatorLength = shortestSeparator(keyB, leftLength, keyC, copyKey(u8, dv, base, boundary, keyC, 0), separatorBuffer);
  }
  // Another prefix would hardly make room in a page that has none: what it takes to find out is saved.
  if (boundary === count && count > 1 && freeBytes(dv, base) < upperFenceSize(u8, dv, base, separatorBuffer, separatorLength)) return SplitResult.TooBig;

  const parent = pool.fetch(path.pages[path.depth - 1]!);
  pool.pin(parent);
  let right = -1;
  try {
    pool.markDirty(parent);
    if (!makeRoomForSeparator(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), pageSizeBytes, separatorBuffer, separatorLength)) {
      return SplitResult.ParentFull;
    }
    pool.markDirty(frame);
    right = pool.allocate();
    const rightU8 = pool.bytesOf(right);
    const rightDv = pool.viewOf(right);
    const rightBase = pool.baseOf(right);
    rightShape.readFrom(u8, dv, base);
    rightShape.pageId = pool.pageIds[right]!;
    rightShape.setLower(separatorBuffer, separatorLength);
    if (mutants.on && mutants.has('storage.leaf-stamp-not-copied-on-split')) rightShape.maxCsn = 0;
    const floor = rightShape.prefixLength;
    choosePrefixOf(rightShape, u8, dv, base, boundary, count, floor);
    beginPage(rightU8, rightDv, rightBase, pageSizeBytes, rightShape);
    let fits = appendRange(rightU8, rightDv, rightBase, u8, dv, base, boundary, count);
    if (fits && !(boundary === count && (u8[base + AtFlags]! & PageFlag.RightEdge) !== 0 && setUpperInPlace(u8, dv, base, separatorBuffer, separatorLength)) && !(boundary === count - 1 && cutLast(u8, dv, base, separatorBuffer, separatorLength))) {
      shape.readFrom(u8, dv, base);
      shape.setUpper(separatorBuffer, separatorLength);
      choosePrefixOf(shape, u8, dv, base, 0, boundary, floor);
      fits = rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, boundary);
    }
    if (!fits) {
      pool.unpin(right);
      pool.freePage(pool.pageIds[right]!);
      right = -1;
      return SplitResult.TooBig;
    }
    const at = path.children[path.depth - 1]!;
    const isInserted = insertSeparator(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), pageSizeBytes, at, separatorBuffer, separatorLength, pool.pageIds[right]!);
    assert(isInserted, 'no room in the parent after all', path.pages[path.depth - 1]!);
    return SplitResult.Done;
  } finally {
    if (right >= 0) pool.unpin(right);
    pool.unpin(parent);
  }
}

/** Takes the last entry, which has been copied, out of a leaf at the right edge and gives it an upper fence; false, nothing changed, when its cell is not what the fence would take. */
function cutLast(u8: Uint8Array, dv: DataView, base: number, upper: Uint8Array, upperLength: number): boolean {
  const last = countOf(dv, base) - 1;
  if ((u8[base + AtFlags]! & PageFlag.RightEdge) === 0 || cellAt(dv, base, last) !== base + dv.getUint16(base + AtHeapStart, true)) return false;
  if (gapBytes(dv, base) + entrySizeAt(u8, dv, base, last) < upperFenceSize(u8, dv, base, upper, upperLength)) return false;
  removeEntry(u8, dv, base, last);
  const isSet = setUpperInPlace(u8, dv, base, upper, upperLength);
  assert(isSet, 'no room for a fence after all', last);
  return true;
}

/** Splits the inner page at `depth` of the path. @returns false when its parent must be split first */
function splitInner(pool: BufferPool, tree: TreeId, path: TreePath, depth: number): boolean {
  if (depth === 0) {
    growRoot(pool, tree, path.pages[0]!);
    return true;
  }
  const frame = pool.fetch(path.pages[depth]!);
  pool.pin(frame);
  const parent = pool.fetch(path.pages[depth - 1]!);
  pool.pin(parent);
  let right = -1;
  try {
    const u8 = pool.bytesOf(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    const pageSizeBytes = pool.pageSizeBytes;
    const count = countOf(dv, base);
    const child = path.children[depth]!;
    assert(count >= 1, 'an inner page without separators is full', path.pages[depth]!);
    const isAppend = child === count && (u8[base + AtFlags]! & PageFlag.RightEdge) !== 0;
    // The separator that moves up.
    const middle = isAppend || count === 1 ? count - 1 : middleOf(u8, dv, base, pageSizeBytes, count, 0);
    const separatorLength = copyKey(u8, dv, base, middle, separatorBuffer, 0);
    pool.markDirty(parent);
    if (!makeRoomForSeparator(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), pageSizeBytes, separatorBuffer, separatorLength)) {
      return false;
    }
    pool.markDirty(frame);
    right = pool.allocate();
    const rightU8 = pool.bytesOf(right);
    const rightDv = pool.viewOf(right);
    const rightBase = pool.baseOf(right);
    rightShape.readFrom(u8, dv, base);
    rightShape.pageId = pool.pageIds[right]!;
    rightShape.link = childAt(dv, base, middle + 1);
    rightShape.setLower(separatorBuffer, separatorLength);
    const floor = rightShape.prefixLength;
    choosePrefixOf(rightShape, u8, dv, base, middle + 1, count, floor);
    beginPage(rightU8, rightDv, rightBase, pageSizeBytes, rightShape);
    const rightFits = appendRange(rightU8, rightDv, rightBase, u8, dv, base, middle + 1, count);
    shape.readFrom(u8, dv, base);
    shape.setUpper(separatorBuffer, separatorLength);
    choosePrefixOf(shape, u8, dv, base, 0, middle, floor);
    const leftFits = rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, middle);
    assert(rightFits && leftFits, 'the halves of a page do not fit', path.pages[depth]!);
    const isInserted = insertSeparator(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), pageSizeBytes, path.children[depth - 1]!, separatorBuffer, separatorLength, pool.pageIds[right]!);
    assert(isInserted, 'no room in the parent after all', path.pages[depth - 1]!);
    return true;
  } finally {
    if (right >= 0) pool.unpin(right);
    pool.unpin(parent);
    pool.unpin(frame);
  }
}

/** T2: moves what the root holds into a new page and makes the root an inner page over it. */
function growRoot(pool: BufferPool, tree: TreeId, rootId: number): void {
  const root = pool.fetch(rootId);
  pool.pin(root);
  let child = -1;
  try {
    pool.markDirty(root);
    child = pool.allocate();
    const u8 = pool.bytesOf(root);
    const dv = pool.viewOf(root);
    const base = pool.baseOf(root);
    assert(u8[base + AtLevel]! + 1 < HeightMax, 'tree too high', rootId);
    pool.bytesOf(child).set(u8.subarray(base, base + pool.pageSizeBytes), pool.baseOf(child));
    pool.viewOf(child).setUint32(pool.baseOf(child) + AtPageId, pool.pageIds[child]!, true);
    shape.readFrom(u8, dv, base);
    shape.kind = PageKind.Inner;
    shape.level++;
    shape.flags = PageFlag.LeftEdge | PageFlag.RightEdge;
    shape.maxCsn = 0;
    shape.link = pool.pageIds[child]!;
    shape.clearPrefix();
    beginPage(u8, dv, base, pool.pageSizeBytes, shape);
  } finally {
    if (child >= 0) pool.unpin(child);
    pool.unpin(root);
  }
}

// ---------------------------------------------------------------------------------------------------------------- merge and borrow

/** Whether a page (not the root) should be merged. */
export function isUnderfull(dv: DataView, base: number, pageSizeBytes: number): boolean {
  return countOf(dv, base) === 0 || pageSizeBytes - HeaderSizeBytes - freeBytes(dv, base) < (pageSizeBytes - HeaderSizeBytes) * FillMin;
}

/**
 * Merges the page at `depth` of the path with a neighbour under the same parent, or lets it take entries from there; goes on with the
 * parent when that became underfull. What does not work out is left as it is: an underfull page is no error.
 */
export function rebalance(pool: BufferPool, path: TreePath, depth: number): void {
  if (depth === 0) {
    collapseRoot(pool, path.pages[0]!);
    return;
  }
  const parent = pool.fetch(path.pages[depth - 1]!);
  pool.pin(parent);
  let left = -1;
  let right = -1;
  let isParentUnderfull = false;
  try {
    const parentDv = pool.viewOf(parent);
    const parentBase = pool.baseOf(parent);
    const separatorCount = countOf(parentDv, parentBase);
    if (separatorCount === 0) return;
    const child = path.children[depth - 1]!;
    const isLeftUnderfull = child < separatorCount;
    const slot = isLeftUnderfull ? child : child - 1;
    left = pool.fetch(childAt(parentDv, parentBase, slot));
    pool.pin(left);
    right = pool.fetch(childAt(parentDv, parentBase, slot + 1));
    pool.pin(right);
    pool.markDirty(parent);
    pool.markDirty(left);
    pool.markDirty(right);
    if (mergePair(pool, parent, slot, left, right)) {
      const rightId = pool.pageIds[right]!;
      pool.unpin(right);
      right = -1;
      pool.freePage(rightId);
      isParentUnderfull = depth === 1 ? countOf(parentDv, parentBase) === 0 : isUnderfull(parentDv, parentBase, pool.pageSizeBytes);
    } else {
      borrow(pool, parent, slot, left, right, isLeftUnderfull);
    }
  } finally {
    if (right >= 0) pool.unpin(right);
    if (left >= 0) pool.unpin(left);
    pool.unpin(parent);
  }
  if (isParentUnderfull) rebalance(pool, path, depth - 1);
}

/** Puts everything into the left page and takes the right one out of the parent. @returns false, nothing changed, when it is too much */
function mergePair(pool: BufferPool, parent: number, slot: number, left: number, right: number): boolean {
  const u8 = pool.bytesOf(left);
  const dv = pool.viewOf(left);
  const base = pool.baseOf(left);
  const rightU8 = pool.bytesOf(right);
  const rightDv = pool.viewOf(right);
  const rightBase = pool.baseOf(right);
  const leftCount = countOf(dv, base);
  const rightCount = countOf(rightDv, rightBase);
  const separatorLength = copyKey(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), slot, separatorBuffer, 0);
  shape.readFrom(u8, dv, base);
  shape.flags &= ~PageFlag.RightEdge;
  if ((rightU8[rightBase + AtFlags]! & PageFlag.RightEdge) !== 0) shape.flags |= PageFlag.RightEdge;
  else shape.upperLength = copyUpperFence(rightU8, rightDv, rightBase, shape.upper);
  if (!(mutants.on && mutants.has('storage.leaf-stamp-lost-on-merge'))) {
    shape.maxCsn = Math.max(shape.maxCsn, rightDv.getFloat64(rightBase + AtMaxCsn, true));
  }
  choosePrefixOfPair(shape, u8, dv, base, 0, leftCount, rightU8, rightDv, rightBase, 0, rightCount, separatorBuffer, separatorLength);
  // Getting rid of an empty page is worth a full one.
  const fillBytesMax = pool.pageSizeBytes * (leftCount === 0 || rightCount === 0 ? 1 : MergedFillMax);
  if (!mergeInto(u8, dv, base, pool.pageSizeBytes, shape, rightU8, rightDv, rightBase, separatorBuffer, separatorLength, fillBytesMax)) return false;
  removeEntry(pool.bytesOf(parent), pool.viewOf(parent), pool.baseOf(parent), slot);
  return true;
}

/** Sets the prefix of `s` for entries of two neighbours; between those of two inner pages stands the separator. */
function choosePrefixOfPair(
  s: PageShape,
  u8: Uint8Array, dv: DataView, base: number, from: number, to: number,
  rightU8: Uint8Array, rightDv: DataView, rightBase: number, rightFrom: number, rightTo: number,
  separator: Uint8Array, separatorLength: number,
): void {
  const isInner = s.kind === PageKind.Inner;
  if (from === to && rightFrom === rightTo && !isInner) {
    s.clearPrefix();
    return;
  }
  let firstLength = separatorLength;
  let lastLength = separatorLength;
  if (from < to) firstLength = copyKey(u8, dv, base, from, keyB, 0);
  else if (isInner) keyB.set(separator.subarray(0, separatorLength));
  else firstLength = copyKey(rightU8, rightDv, rightBase, rightFrom, keyB, 0);
  if (rightFrom < rightTo) lastLength = copyKey(rightU8, rightDv, rightBase, rightTo - 1, keyC, 0);
  else if (isInner) keyC.set(separator.subarray(0, separatorLength));
  else lastLength = copyKey(u8, dv, base, to - 1, keyC, 0);
  s.choosePrefix(keyB, firstLength, keyC, lastLength, 0, hasOneLength(dv, base, from, to, firstLength) && hasOneLength(rightDv, rightBase, rightFrom, rightTo, firstLength));
}

/**
 * Moves entries between two neighbours so that both hold about half. Inner pages rotate through the parent: the old separator comes down
 * between the two, and the first key that does not move (or the last that stays) goes up. Does nothing when something would not fit.
 */
function borrow(pool: BufferPool, parent: number, slot: number, left: number, right: number, isLeftUnderfull: boolean): void {
  const pageSizeBytes = pool.pageSizeBytes;
  const u8 = pool.bytesOf(left);
  const dv = pool.viewOf(left);
  const base = pool.baseOf(left);
  const rightU8 = pool.bytesOf(right);
  const rightDv = pool.viewOf(right);
  const rightBase = pool.baseOf(right);
  const isInner = u8[base + AtKind] === PageKind.Inner;
  const leftCount = countOf(dv, base);
  const rightCount = countOf(rightDv, rightBase);
  const giverCount = isLeftUnderfull ? rightCount : leftCount;
  // The giver keeps at least one entry.
  if (giverCount < 2) return;
  const leftUsed = pageSizeBytes - freeBytes(dv, base);
  const rightUsed = pageSizeBytes - freeBytes(rightDv, rightBase);
  let excess = (isLeftUnderfull ? rightUsed - leftUsed : leftUsed - rightUsed) / 2;
  // Entries of a leaf or children of an inner page.
  let moved = 0;
  while (moved < giverCount - 1) {
    const size = isLeftUnderfull ? entrySizeAt(rightU8, rightDv, rightBase, moved) : entrySizeAt(u8, dv, base, leftCount - 1 - moved);
    if (size > excess) break;
    excess -= size;
    moved++;
  }
  if (moved === 0) {
    if ((isLeftUnderfull ? leftCount : rightCount) > 0) return;
    moved = 1;
  }
  const parentU8 = pool.bytesOf(parent);
  const parentDv = pool.viewOf(parent);
  const parentBase = pool.baseOf(parent);
  const oldLength = copyKey(parentU8, parentDv, parentBase, slot, keyA, 0);
  const isStampLost = mutants.on && mutants.has('storage.leaf-stamp-lost-on-borrow');
  const maxCsn = isStampLost ? 0 : Math.max(dv.getFloat64(base + AtMaxCsn, true), rightDv.getFloat64(rightBase + AtMaxCsn, true));

  // In the giver: the first entry on the right side of the new boundary, and from where entries of an inner page are used.
  const boundary = isLeftUnderfull ? moved : leftCount - moved;
  const givenU8 = isLeftUnderfull ? rightU8 : u8;
  const givenDv = isLeftUnderfull ? rightDv : dv;
  const givenBase = isLeftUnderfull ? rightBase : base;
  let separatorLength: number;
  if (isInner) {
    separatorLength = copyKey(givenU8, givenDv, givenBase, isLeftUnderfull ? boundary - 1 : boundary, separatorBuffer, 0);
  } else {
    const lastLength = copyKey(givenU8, givenDv, givenBase, boundary - 1, keyB, 0);
    separatorLength = shortestSeparator(keyB, lastLength, keyC, copyKey(givenU8, givenDv, givenBase, boundary, keyC, 0), separatorBuffer);
  }
  if (!canReplaceSeparator(parentU8, parentDv, parentBase, pageSizeBytes, slot, separatorBuffer, separatorLength)) return;

  // The taker first, built aside from both; then the giver shrinks in place.
  const rightLink = rightDv.getUint32(rightBase + AtLink, true);
  if (isLeftUnderfull) {
    const to = isInner ? boundary - 1 : boundary;
    shape.readFrom(u8, dv, base);
    shape.setUpper(separatorBuffer, separatorLength);
    shape.maxCsn = maxCsn;
    choosePrefixOfPair(shape, u8, dv, base, 0, leftCount, rightU8, rightDv, rightBase, 0, to, keyA, oldLength);
    if (!rebuildPair(u8, base, pageSizeBytes, shape, u8, dv, base, 0, leftCount, keyA, oldLength, rightLink, rightU8, rightDv, rightBase, 0, to)) return;
    shape.readFrom(rightU8, rightDv, rightBase);
    shape.setLower(separatorBuffer, separatorLength);
    shape.maxCsn = maxCsn;
    if (isInner) shape.link = childAt(rightDv, rightBase, boundary);
    choosePrefixOf(shape, rightU8, rightDv, rightBase, boundary, rightCount, shape.prefixLength);
    const fits = rebuildInPlace(rightU8, rightDv, rightBase, pageSizeBytes, shape, boundary, rightCount);
    assert(fits, 'a page does not fit after giving entries away', pool.pageIds[right]!);
  } else {
    const from = isInner ? boundary + 1 : boundary;
    shape.readFrom(rightU8, rightDv, rightBase);
    shape.setLower(separatorBuffer, separatorLength);
    shape.maxCsn = maxCsn;
    if (isInner) shape.link = childAt(dv, base, from);
    choosePrefixOfPair(shape, u8, dv, base, from, leftCount, rightU8, rightDv, rightBase, 0, rightCount, keyA, oldLength);
    if (!rebuildPair(rightU8, rightBase, pageSizeBytes, shape, u8, dv, base, from, leftCount, keyA, oldLength, rightLink, rightU8, rightDv, rightBase, 0, rightCount)) return;
    shape.readFrom(u8, dv, base);
    shape.setUpper(separatorBuffer, separatorLength);
    shape.maxCsn = maxCsn;
    choosePrefixOf(shape, u8, dv, base, 0, boundary, shape.prefixLength);
    const fits = rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, boundary);
    assert(fits, 'a page does not fit after giving entries away', pool.pageIds[left]!);
  }
  removeEntry(parentU8, parentDv, parentBase, slot);
  const isInserted = insertSeparator(parentU8, parentDv, parentBase, pageSizeBytes, slot, separatorBuffer, separatorLength, pool.pageIds[right]!);
  assert(isInserted, 'no room in the parent after all', pool.pageIds[parent]!);
}

const pairScratch = new Uint8Array(PageSizeBytesMax);
const pairScratchView = new DataView(pairScratch.buffer);

/**
 * Builds a page from two ranges, with separator and child between them if it is inner, and copies it to `(u8, base)`, which may be one of
 * the sources. @returns false, nothing changed, when it does not fit
 */
function rebuildPair(
  u8: Uint8Array, base: number, pageSizeBytes: number, s: PageShape,
  aU8: Uint8Array, aDv: DataView, aBase: number, aFrom: number, aTo: number,
  separator: Uint8Array, separatorLength: number, child: number,
  bU8: Uint8Array, bDv: DataView, bBase: number, bFrom: number, bTo: number,
): boolean {
  beginPage(pairScratch, pairScratchView, 0, pageSizeBytes, s);
  if (!appendRange(pairScratch, pairScratchView, 0, aU8, aDv, aBase, aFrom, aTo)) return false;
  if (s.kind === PageKind.Inner && !appendSeparator(pairScratch, pairScratchView, 0, separator, separatorLength, child)) return false;
  if (!appendRange(pairScratch, pairScratchView, 0, bU8, bDv, bBase, bFrom, bTo)) return false;
  u8.set(pairScratch.subarray(0, pageSizeBytes), base);
  return true;
}

/** T2: while the root is an inner page with one child, the child's content moves up and its page is freed. */
export function collapseRoot(pool: BufferPool, rootId: number): void {
  const root = pool.fetch(rootId);
  pool.pin(root);
  try {
    const u8 = pool.bytesOf(root);
    const dv = pool.viewOf(root);
    const base = pool.baseOf(root);
    while (u8[base + AtKind] === PageKind.Inner && dv.getUint16(base + AtCount, true) === 0) {
      const childId = dv.getUint32(base + AtLink, true);
      const child = pool.fetch(childId);
      pool.pin(child);
      try {
        pool.markDirty(root);
        const from = pool.baseOf(child);
        u8.set(pool.bytesOf(child).subarray(from, from + pool.pageSizeBytes), base);
      } finally {
        pool.unpin(child);
      }
      dv.setUint32(base + AtPageId, rootId, true);
      pool.freePage(childId);
    }
  } finally {
    pool.unpin(root);
  }
}
