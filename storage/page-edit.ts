/**
 * Changing a slotted page: entries in and out, fences, prefixes, and building a page anew from the entries of others. What the bytes mean
 * and which invariants hold (S1 to S4) stands in slotted-page.ts.
 *
 * Removing leaves a fragment; a page is squeezed (`compact`) only when an insert needs the room in one piece. Building goes through a
 * scratch page, so that a page which does not fit is noticed before anything has changed.
 */
import { assert } from '../base/assert.js';
import { copyByWords, copyBytes } from '../base/bytes.js';
import { mutants } from '../base/mutants.js';
import {
  AtCount,
  AtFlags,
  AtFragmented,
  AtHeapStart,
  AtKind,
  AtLevel,
  AtLink,
  AtLowerLength,
  AtMaxCsn,
  AtPageId,
  AtPrefixLength,
  AtSlots,
  AtTreeId,
  AtUpperLength,
  AtUpperShared,
  AtVersion,
  HeaderSizeBytes,
  PageFlag,
  PageFormatVersion,
  PageKind,
  PageSizeBytesMax,
} from './page.js';
import {
  AtSlotCell,
  AtSlotSuffixLength,
  HeadLength,
  OverflowBit,
  SlotSizeBytes,
  cellAt,
  cellSizeAt,
  copySuffix,
  copyUpperFence,
  countOf,
  entrySizeAt,
  entrySizeIn,
  freeBytes,
  gapBytes,
  keyHead,
  slotAt,
  valueAt,
} from './slotted-page.js';

/** An explicit prefix (left edge) is no longer than this; S4. */
const ExplicitPrefixLengthMax = 32;

// One page and its fences while it is rebuilt. Synchronous code only, so one of each is enough.
const scratch = new Uint8Array(PageSizeBytesMax);
const scratchView = new DataView(scratch.buffer);

/** Header and fences of a page to be built. Reused objects; their key buffers are owned. */
export class PageShape {
  kind: PageKind = PageKind.Leaf;
  level = 0;
  pageId = 0;
  treeId = 0;
  flags = 0;
  maxCsn: number = Number.NaN;
  link = 0;
  lower: Uint8Array = new Uint8Array(PageSizeBytesMax >>> 2);
  lowerLength = 0;
  upper: Uint8Array = new Uint8Array(PageSizeBytesMax >>> 2);
  upperLength = 0;
  prefixLength = 0;

  /** Takes everything from a page as it is. */
  readFrom(u8: Uint8Array, dv: DataView, base: number): void {
    this.kind = u8[base + AtKind] as PageKind;
    this.level = u8[base + AtLevel]!;
    this.pageId = dv.getUint32(base + AtPageId, true);
    this.treeId = dv.getUint32(base + AtTreeId, true);
    this.flags = u8[base + AtFlags]!;
    this.maxCsn = dv.getFloat64(base + AtMaxCsn, true);
    this.link = dv.getUint32(base + AtLink, true);
    const lower = base + HeaderSizeBytes;
    this.lowerLength = dv.getUint16(base + AtLowerLength, true);
    copyBytes(this.lower, 0, u8, lower, lower + this.lowerLength);
    this.upperLength = Math.max(0, copyUpperFence(u8, dv, base, this.upper));
    this.prefixLength = dv.getUint16(base + AtPrefixLength, true);
  }
  setLower(key: Uint8Array, length: number): void {
    this.flags &= ~PageFlag.LeftEdge;
    copyBytes(this.lower, 0, key, 0, length);
    this.lowerLength = length;
  }
  setUpper(key: Uint8Array, length: number): void {
    this.flags &= ~PageFlag.RightEdge;
    copyBytes(this.upper, 0, key, 0, length);
    this.upperLength = length;
  }
  /**
   * Chooses the prefix for keys from `first` to `last`: as long as they share, but leaving the head its four bytes (more would save
   * nothing and be given up soon), at least `floor`, which is known to be shared by all, and stored in the lower fence or short.
   */
  choosePrefix(first: Uint8Array, firstLength: number, last: Uint8Array, lastLength: number, floor: number): void {
    const longest = (firstLength < lastLength ? firstLength : lastLength) - HeadLength;
    let length = 0;
    while (length < longest && first[length] === last[length]) length++;
    if (length < floor) length = floor;
    if ((this.flags & PageFlag.LeftEdge) !== 0) {
      if (length > ExplicitPrefixLengthMax) length = ExplicitPrefixLengthMax;
      copyBytes(this.lower, 0, first, 0, length);
      this.lowerLength = length;
    } else {
      let shared = 0;
      while (shared < length && shared < this.lowerLength && first[shared] === this.lower[shared]) shared++;
      length = shared;
    }
    this.prefixLength = length;
  }
  /** No prefix: for a page without keys. */
  clearPrefix(): void {
    this.prefixLength = 0;
    if ((this.flags & PageFlag.LeftEdge) !== 0) this.lowerLength = 0;
  }
}

const shape = new PageShape();
const firstKey = new Uint8Array(PageSizeBytesMax);

/** Writes header and fences of an empty page of `pageSizeBytes`. */
export function beginPage(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, s: PageShape): void {
  u8.fill(0, base, base + HeaderSizeBytes);
  u8[base + AtKind] = s.kind;
  u8[base + AtVersion] = PageFormatVersion;
  u8[base + AtFlags] = s.flags & ~PageFlag.HasOverflow;
  u8[base + AtLevel] = s.level;
  dv.setUint32(base + AtPageId, s.pageId, true);
  dv.setUint32(base + AtTreeId, s.treeId, true);
  dv.setUint16(base + AtPrefixLength, s.prefixLength, true);
  dv.setFloat64(base + AtMaxCsn, s.maxCsn, true);
  dv.setUint32(base + AtLink, s.link, true);
  dv.setUint16(base + AtHeapStart, pageSizeBytes, true);
  dv.setUint16(base + AtLowerLength, s.lowerLength, true);
  copyBytes(u8, base + HeaderSizeBytes, s.lower, 0, s.lowerLength);
  dv.setUint16(base + AtSlots, HeaderSizeBytes + s.lowerLength, true);
  if ((s.flags & PageFlag.RightEdge) === 0) writeUpper(u8, dv, base, s.lower, s.lowerLength, s.upper, s.upperLength, sharedLength(s.lower, s.lowerLength, s.upper, s.upperLength));
}

function sharedLength(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  let shared = 0;
  while (shared < aLength && shared < bLength && a[shared] === b[shared]) shared++;
  return shared;
}

/** Stores the upper fence behind `lower`, which must be what the page stores as lower fence, and sets the slots offset after it. */
function writeUpper(u8: Uint8Array, dv: DataView, base: number, lower: Uint8Array, lowerLength: number, upper: Uint8Array, upperLength: number, shared: number): void {
  const end = copyBytes(u8, base + HeaderSizeBytes + lowerLength, upper, shared, upperLength);
  dv.setUint16(base + AtUpperLength, upperLength - shared, true);
  dv.setUint16(base + AtUpperShared, shared, true);
  dv.setUint16(base + AtSlots, end - base, true);
}

const suffixBuffer = new Uint8Array(PageSizeBytesMax);

/**
 * Appends the entries [from, to) of another page of the same kind, cutting the prefix of this one. Their keys must be greater than
 * all here. @returns false when they do not fit; then the page holds some of them and is to be discarded
 */
export function appendRange(
  u8: Uint8Array, dv: DataView, base: number,
  srcU8: Uint8Array, srcDv: DataView, srcBase: number, from: number, to: number,
): boolean {
  const cut = dv.getUint16(base + AtPrefixLength, true) - srcDv.getUint16(srcBase + AtPrefixLength, true);
  const isLeaf = u8[base + AtKind] === PageKind.Leaf;
  const restAt = isLeaf ? 2 : 4;
  let count = dv.getUint16(base + AtCount, true);
  let heap = dv.getUint16(base + AtHeapStart, true);
  const slots = base + dv.getUint16(base + AtSlots, true);
  const srcSlots = srcBase + srcDv.getUint16(srcBase + AtSlots, true);
  let overflow = 0;
  for (let i = from; i < to; i++) {
    const srcSlot = srcSlots + i * SlotSizeBytes;
    const srcCell = srcBase + srcDv.getUint16(srcSlot + AtSlotCell, true);
    const srcSuffix = srcDv.getUint16(srcSlot + AtSlotSuffixLength, true);
    const srcRest = srcSuffix > HeadLength ? srcSuffix - HeadLength : 0;
    const rawLength = isLeaf ? srcDv.getUint16(srcCell, true) : 0;
    const valueLength = rawLength & ~OverflowBit;
    overflow |= rawLength & OverflowBit;
    const suffix = srcSuffix - cut;
    const rest = suffix > HeadLength ? suffix - HeadLength : 0;
    const size = restAt + rest + valueLength;
    heap -= size;
    const slot = slots + count * SlotSizeBytes;
    if (base + heap < slot + SlotSizeBytes) return false;
    const cell = base + heap;
    if (cut === 0) {
      dv.setUint32(slot, srcDv.getUint32(srcSlot, true), true);
      copyByWords(u8, dv, cell, srcU8, srcDv, srcCell, size);
    } else {
      // The key in full behind its (absent) prefix, then from where the new prefix ends.
      const at = HeadLength * 2;
      let start: number;
      if (cut > 0) {
        copySuffix(srcU8, srcDv, srcBase, i, suffixBuffer, at);
        start = at + cut;
      } else {
        const lower = srcBase + HeaderSizeBytes;
        const prefixLength = srcDv.getUint16(srcBase + AtPrefixLength, true);
        copyBytes(suffixBuffer, at, srcU8, lower + prefixLength + cut, lower + prefixLength);
        copySuffix(srcU8, srcDv, srcBase, i, suffixBuffer, at - cut);
        start = at;
      }
      dv.setUint32(slot, keyHead(suffixBuffer, start, start + suffix), true);
      if (isLeaf) dv.setUint16(cell, rawLength, true);
      else dv.setUint32(cell, srcDv.getUint32(srcCell, true), true);
      copyBytes(u8, cell + restAt, suffixBuffer, start + HeadLength, start + HeadLength + rest);
      copyByWords(u8, dv, cell + restAt + rest, srcU8, srcDv, srcCell + restAt + srcRest, valueLength);
    }
    dv.setUint16(slot + AtSlotCell, heap, true);
    dv.setUint16(slot + AtSlotSuffixLength, suffix, true);
    count++;
  }
  dv.setUint16(base + AtCount, count, true);
  dv.setUint16(base + AtHeapStart, heap, true);
  if (overflow !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  return true;
}

/** Appends a separator with its child to an inner page. @returns false when it does not fit */
export function appendSeparator(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, keyLength: number, child: number): boolean {
  if (gapBytes(dv, base) < entrySizeIn(u8, dv, base, keyLength, 0)) return false;
  const cell = placeCell(u8, dv, base, countOf(dv, base), key, 0, keyLength, 4);
  dv.setUint32(base + cell, child, true);
  return true;
}

/** Copies the page built in scratch over the page at `base`. */
function copyScratchTo(u8: Uint8Array, base: number, pageSizeBytes: number): void {
  u8.set(pageSizeBytes === scratch.length ? scratch : scratch.subarray(0, pageSizeBytes), base);
}

/**
 * Builds in scratch the page of shape `s` with entries [from, to) of the given page, and copies it over that page if it fits.
 * @returns false, and nothing changed, when it does not fit
 */
export function rebuildInPlace(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, s: PageShape, from: number, to: number): boolean {
  beginPage(scratch, scratchView, 0, pageSizeBytes, s);
  if (!appendRange(scratch, scratchView, 0, u8, dv, base, from, to)) return false;
  copyScratchTo(u8, base, pageSizeBytes);
  return true;
}

/**
 * Builds in scratch the page of shape `s` with all entries of the left and the right page, with the separator (if inner) pulled down
 * between them, and copies it over the left. @returns false, and nothing changed, when they take more than `fillBytesMax`
 */
export function mergeInto(
  u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, s: PageShape,
  rightU8: Uint8Array, rightDv: DataView, rightBase: number,
  separator: Uint8Array, separatorLength: number, fillBytesMax: number,
): boolean {
  beginPage(scratch, scratchView, 0, pageSizeBytes, s);
  if (!appendRange(scratch, scratchView, 0, u8, dv, base, 0, countOf(dv, base))) return false;
  if (s.kind === PageKind.Inner) {
    if (!appendSeparator(scratch, scratchView, 0, separator, separatorLength, rightDv.getUint32(rightBase + AtLink, true))) return false;
  }
  if (!appendRange(scratch, scratchView, 0, rightU8, rightDv, rightBase, 0, countOf(rightDv, rightBase))) return false;
  if (pageSizeBytes - freeBytes(scratchView, 0) > fillBytesMax) return false;
  copyScratchTo(u8, base, pageSizeBytes);
  return true;
}

/** Squeezes out fragments. The prefix stays: the key that is about to come may share no more. */
export function compact(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number): void {
  shape.readFrom(u8, dv, base);
  const fits = rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, countOf(dv, base));
  assert(fits, 'compaction made a page larger', shape.pageId);
}

/** Shortens the prefix to what `key` shares with it. @returns false, and nothing changed, when the page has no room for that */
function shortenPrefix(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number): boolean {
  shape.readFrom(u8, dv, base);
  let shared = 0;
  while (shared < shape.prefixLength && start + shared < end && key[start + shared] === shape.lower[shared]) shared++;
  shape.prefixLength = shared;
  if ((shape.flags & PageFlag.LeftEdge) !== 0) shape.lowerLength = shared;
  return rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, countOf(dv, base));
}

/** Chooses the prefix of an empty page for its first key. */
function choosePrefixFor(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number): void {
  shape.readFrom(u8, dv, base);
  copyBytes(firstKey, 0, key, start, end);
  shape.choosePrefix(firstKey, end - start, firstKey, end - start, 0);
  beginPage(u8, dv, base, pageSizeBytes, shape);
}

function sharesPrefix(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, start: number, end: number): boolean {
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  if (end - start < prefixLength) return false;
  const lower = base + HeaderSizeBytes;
  for (let i = 0; i < prefixLength; i++) if (u8[lower + i] !== key[start + i]) return false;
  return true;
}

/** Makes the page ready to take a key and `valueLength` bytes in one gap. @returns false when it cannot */
function makeGap(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number, valueLength: number): boolean {
  if (countOf(dv, base) === 0) choosePrefixFor(u8, dv, base, pageSizeBytes, key, start, end);
  else if (!sharesPrefix(u8, dv, base, key, start, end) && !(mutants.on && mutants.has('storage.prefix-never-shortened'))) {
    if (!shortenPrefix(u8, dv, base, pageSizeBytes, key, start, end)) return false;
  }
  const need = entrySizeIn(u8, dv, base, end - start, valueLength);
  if (freeBytes(dv, base) < need) return false;
  if (gapBytes(dv, base) < need) compact(u8, dv, base, pageSizeBytes);
  return true;
}

/** Opens slot `at` and writes slot, cell place and rest of the key; `fixed` bytes precede and `trailing` follow it. @returns the cell's offset in the page */
function placeCell(u8: Uint8Array, dv: DataView, base: number, at: number, key: Uint8Array, start: number, end: number, fixed: number, trailing = 0): number {
  const count = dv.getUint16(base + AtCount, true);
  const from = start + dv.getUint16(base + AtPrefixLength, true);
  const suffix = end - from;
  const rest = suffix > HeadLength ? suffix - HeadLength : 0;
  const cell = dv.getUint16(base + AtHeapStart, true) - (fixed + rest + trailing);
  const slot = slotAt(dv, base, at);
  if (at < count) u8.copyWithin(slot + SlotSizeBytes, slot, slotAt(dv, base, count));
  dv.setUint32(slot, keyHead(key, from, end), true);
  dv.setUint16(slot + AtSlotCell, cell, true);
  dv.setUint16(slot + AtSlotSuffixLength, suffix, true);
  if (rest > 0) copyBytes(u8, base + cell + fixed, key, from + HeadLength, end);
  dv.setUint16(base + AtCount, count + 1, true);
  dv.setUint16(base + AtHeapStart, cell, true);
  return cell;
}

// ---------------------------------------------------------------------------------------------------------------- changing

/** Inserts an entry at slot `at`, which `search` gave. `overflowBit` is 0 or OverflowBit. @returns false when the page must be split */
export function insertEntry(
  u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, at: number,
  key: Uint8Array, start: number, end: number,
  value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number,
): boolean {
  // The common case by itself: room in the gap and nothing to think about.
  if (countOf(dv, base) === 0 || gapBytes(dv, base) < entrySizeIn(u8, dv, base, end - start, valueLength)  || !sharesPrefix(u8, dv, base, key, start, end)) {
    if (!makeGap(u8, dv, base, pageSizeBytes, key, start, end, valueLength)) return false;
  }
  const cell = base + placeCell(u8, dv, base, at, key, start, end, 2, valueLength);
  dv.setUint16(cell, valueLength | overflowBit, true);
  if (overflowBit !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  const suffix = end - start - dv.getUint16(base + AtPrefixLength, true);
  copyBytes(u8, cell + 2 + (suffix > HeadLength ? suffix - HeadLength : 0), value, valueStart, valueStart + valueLength);
  return true;
}

/** Inserts a separator and the child at its right. @returns false when the page must be split */
export function insertSeparator(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, at: number, key: Uint8Array, keyLength: number, child: number): boolean {
  if (!makeGap(u8, dv, base, pageSizeBytes, key, 0, keyLength, 0)) return false;
  const cell = base + placeCell(u8, dv, base, at, key, 0, keyLength, 4);
  dv.setUint32(cell, child, true);
  return true;
}

/** Whether `insertSeparator` would succeed; changes nothing but may compact or shorten the prefix. */
export function makeRoomForSeparator(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, keyLength: number): boolean {
  return makeGap(u8, dv, base, pageSizeBytes, key, 0, keyLength, 0);
}

/** Whether separator `at` can be removed and `key` inserted; changes nothing but may compact or shorten the prefix. */
export function canReplaceSeparator(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, at: number, key: Uint8Array, keyLength: number): boolean {
  if (sharesPrefix(u8, dv, base, key, 0, keyLength) && freeBytes(dv, base) + entrySizeAt(u8, dv, base, at) >= entrySizeIn(u8, dv, base, keyLength, 0)) return true;
  return makeRoomForSeparator(u8, dv, base, pageSizeBytes, key, keyLength);
}

/** Removes entry `at`; its cell becomes a fragment, unless it is the lowest one. */
export function removeEntry(u8: Uint8Array, dv: DataView, base: number, at: number): void {
  const count = countOf(dv, base);
  const size = cellSizeAt(u8, dv, base, at);
  freeCell(dv, base, cellAt(dv, base, at) - base, size);
  const slot = slotAt(dv, base, at);
  if (at + 1 < count) u8.copyWithin(slot, slot + SlotSizeBytes, slotAt(dv, base, count));
  dv.setUint16(base + AtCount, count - 1, true);
}

function freeCell(dv: DataView, base: number, cell: number, size: number): void {
  if (cell === dv.getUint16(base + AtHeapStart, true)) dv.setUint16(base + AtHeapStart, cell + size, true);
  else dv.setUint16(base + AtFragmented, dv.getUint16(base + AtFragmented, true) + size, true);
}

/** Replaces the value of entry `at` if the new one is no longer than what is there. @returns false otherwise, and nothing changed */
export function replaceInPlace(u8: Uint8Array, dv: DataView, base: number, at: number, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number): boolean {
  const cell = cellAt(dv, base, at);
  const oldLength = dv.getUint16(cell, true) & ~OverflowBit;
  if (valueLength > oldLength) return false;
  dv.setUint16(cell, valueLength | overflowBit, true);
  if (overflowBit !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  copyBytes(u8, valueAt(dv, base, at), value, valueStart, valueStart + valueLength);
  if (valueLength < oldLength) dv.setUint16(base + AtFragmented, dv.getUint16(base + AtFragmented, true) + oldLength - valueLength, true);
  return true;
}

/** Bytes that an upper fence would take. */
export function upperFenceSize(u8: Uint8Array, dv: DataView, base: number, upper: Uint8Array, upperLength: number): number {
  const lower = base + HeaderSizeBytes;
  const lowerLength = dv.getUint16(base + AtLowerLength, true);
  let shared = 0;
  while (shared < lowerLength && shared < upperLength && u8[lower + shared] === upper[shared]) shared++;
  return upperLength - shared;
}

/** Gives a page at the right edge an upper fence, moving only the slots. @returns false, nothing changed, when there is no room for it */
export function setUpperInPlace(u8: Uint8Array, dv: DataView, base: number, upper: Uint8Array, upperLength: number): boolean {
  shape.readFrom(u8, dv, base);
  const shared = sharedLength(shape.lower, shape.lowerLength, upper, upperLength);
  if (gapBytes(dv, base) < upperLength - shared) return false;
  const slots = slotAt(dv, base, 0);
  u8.copyWithin(slots + upperLength - shared, slots, slotAt(dv, base, countOf(dv, base)));
  u8[base + AtFlags]! &= ~PageFlag.RightEdge;
  writeUpper(u8, dv, base, shape.lower, shape.lowerLength, upper, upperLength, shared);
  return true;
}
