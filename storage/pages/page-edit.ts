/**
 * Changing a slotted page: entries in and out, fences, prefixes, and building a page anew from the entries of others. What the bytes mean
 * and which invariants hold (S1 to S4) stands in slotted-page.ts.
 *
 * Removing leaves a fragment; a page is squeezed (`compact`) only when an insert needs the room in one piece. Building goes through a
 * scratch page, so that a page which does not fit is noticed before anything has changed.
 */
import { assert } from '../../base/assert.js';
import { copyByWords, copyBytes } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
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
  HeadLength,
  LongLengthMin,
  OverflowBit,
  ShortSuffixLength,
  cellAt,
  cellOf,
  cellSizeAt,
  copySuffix,
  copyUpperFence,
  countOf,
  entrySizeAt,
  entrySizeIn,
  freeBytes,
  gapBytes,
  hasShortKeys,
  headBitsOf,
  keyHeadBits,
  lengthAt,
  lengthBytesAt,
  lengthBytesOf,
  putLength,
  slotAt,
  slotShiftOf,
  suffixLengthOf,
  valueInCell,
  writeSlot,
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
   * nothing and be given up soon), at least `floor`, which is known to be shared by all, and stored in the lower fence or short. Where all keys
   * of a leaf are of one length (`isUniform`) and differ in no more than their last two bytes, they become short keys.
   */
  choosePrefix(first: Uint8Array, firstLength: number, last: Uint8Array, lastLength: number, floor: number, isUniform: boolean): void {
    this.flags &= ~PageFlag.ShortKeys;
    if (isUniform && this.kind === PageKind.Leaf && this.#canBeShort(first, last, firstLength - ShortSuffixLength)) {
      this.flags |= PageFlag.ShortKeys;
      this.#setPrefix(first, firstLength - ShortSuffixLength);
      return;
    }
    const longest = (firstLength < lastLength ? firstLength : lastLength) - HeadLength;
    let length = 0;
    while (length < longest && first[length] === last[length]) length++;
    if (length < floor) length = floor;
    if ((this.flags & PageFlag.LeftEdge) !== 0) length = Math.min(length, ExplicitPrefixLengthMax);
    else length = sharedLength(first, length, this.lower, this.lowerLength);
    this.#setPrefix(first, length);
  }
  /** Whether both keys begin with the same `length` bytes, and the page can store those. */
  #canBeShort(first: Uint8Array, last: Uint8Array, length: number): boolean {
    if (length < 0 || sharedLength(first, length, last, length) < length) return false;
    return (this.flags & PageFlag.LeftEdge) !== 0 ? length <= ExplicitPrefixLengthMax : sharedLength(first, length, this.lower, this.lowerLength) === length;
  }
  #setPrefix(key: Uint8Array, length: number): void {
    this.prefixLength = length;
    if ((this.flags & PageFlag.LeftEdge) === 0) return;
    copyBytes(this.lower, 0, key, 0, length);
    this.lowerLength = length;
  }
  /** No prefix: for a page without keys. */
  clearPrefix(): void {
    this.prefixLength = 0;
    this.flags &= ~PageFlag.ShortKeys;
    if ((this.flags & PageFlag.LeftEdge) !== 0) this.lowerLength = 0;
  }
}

/** How many bytes two keys have in common at their beginning. */
function sharedLength(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  let shared = 0;
  while (shared < aLength && shared < bLength && a[shared] === b[shared]) shared++;
  return shared;
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
  const isShort = hasShortKeys(dv, base);
  const isSrcShort = hasShortKeys(srcDv, srcBase);
  const shift = slotShiftOf(dv, base);
  const srcShift = slotShiftOf(srcDv, srcBase);
  if (cut === 0 && shift === srcShift && isLeaf) return copyEntries(u8, dv, base, srcU8, srcDv, srcBase, from, to, isShort);
  let count = dv.getUint16(base + AtCount, true);
  let heap = dv.getUint16(base + AtHeapStart, true);
  const slots = slotAt(dv, base, 0);
  const srcSlots = slotAt(srcDv, srcBase, 0);
  let overflow = 0;
  for (let i = from; i < to; i++) {
    const srcSlot = srcSlots + (i << srcShift);
    const srcCell = srcBase + cellOf(srcDv, srcSlot, isSrcShort);
    const srcSuffix = suffixLengthOf(srcDv, srcSlot, isSrcShort);
    const srcRest = srcSuffix > HeadLength ? srcSuffix - HeadLength : 0;
    const restAt = isLeaf ? lengthBytesAt(srcU8, srcCell) : 4;
    const rawLength = isLeaf ? lengthAt(srcU8, srcCell) : 0;
    const valueLength = rawLength & ~OverflowBit;
    overflow |= rawLength & OverflowBit;
    const suffix = srcSuffix - cut;
    const rest = suffix > HeadLength ? suffix - HeadLength : 0;
    const size = restAt + rest + valueLength;
    heap -= size;
    const slot = slots + (count << shift);
    if (base + heap < slot + (1 << shift)) return false;
    const cell = base + heap;
    let head: number;
    if (cut === 0) {
      head = headBitsOf(srcDv, srcSlot, isSrcShort);
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
      head = keyHeadBits(suffixBuffer, start, start + suffix);
      copyBytes(u8, cell, srcU8, srcCell, srcCell + restAt);
      copyBytes(u8, cell + restAt, suffixBuffer, start + HeadLength, start + HeadLength + rest);
      copyByWords(u8, dv, cell + restAt + rest, srcU8, srcDv, srcCell + restAt + srcRest, valueLength);
    }
    writeSlot(dv, slot, isShort, head, heap, suffix);
    count++;
  }
  dv.setUint16(base + AtCount, count, true);
  dv.setUint16(base + AtHeapStart, heap, true);
  if (overflow !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  return true;
}

/** The same between leaves with one prefix and one kind of slots: entries stay as they are. */
function copyEntries(
  u8: Uint8Array, dv: DataView, base: number,
  srcU8: Uint8Array, srcDv: DataView, srcBase: number, from: number, to: number, isShort: boolean,
): boolean {
  const slotBytes = 1 << slotShiftOf(dv, base);
  const count = dv.getUint16(base + AtCount, true);
  let heap = dv.getUint16(base + AtHeapStart, true);
  let slot = slotAt(dv, base, count);
  let srcSlot = slotAt(srcDv, srcBase, from);
  let overflow = 0;
  for (let i = from; i < to; i++) {
    const srcCell = srcBase + cellOf(srcDv, srcSlot, isShort);
    const suffix = suffixLengthOf(srcDv, srcSlot, isShort);
    const first = srcU8[srcCell]!;
    let size = 1 + first;
    if (first >= LongLengthMin) {
      const rawLength = lengthAt(srcU8, srcCell);
      overflow |= rawLength & OverflowBit;
      size = 2 + (rawLength & ~OverflowBit);
    }
    if (suffix > HeadLength) size += suffix - HeadLength;
    heap -= size;
    if (base + heap < slot + slotBytes) return false;
    copyByWords(u8, dv, base + heap, srcU8, srcDv, srcCell, size);
    writeSlot(dv, slot, isShort, headBitsOf(srcDv, srcSlot, isShort), heap, suffix);
    slot += slotBytes;
    srcSlot += slotBytes;
  }
  dv.setUint16(base + AtCount, count + to - from, true);
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

/** Squeezes out fragments. Prefix and slots stay what they are: the key that is about to come may share no more. */
export function compact(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number): void {
  shape.readFrom(u8, dv, base);
  const fits = rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, countOf(dv, base));
  assert(fits, 'compaction made a page larger', shape.pageId);
}

/** Shortens the prefix to what `key` shares with it, and gives short keys up. @returns false, and nothing changed, when the page has no room for that */
function shortenPrefix(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number): boolean {
  shape.readFrom(u8, dv, base);
  let shared = 0;
  while (shared < shape.prefixLength && start + shared < end && key[start + shared] === shape.lower[shared]) shared++;
  shape.prefixLength = shared;
  shape.flags &= ~PageFlag.ShortKeys;
  if ((shape.flags & PageFlag.LeftEdge) !== 0) shape.lowerLength = shared;
  return rebuildInPlace(u8, dv, base, pageSizeBytes, shape, 0, countOf(dv, base));
}

/** Chooses the prefix of an empty page for its first key. */
function choosePrefixFor(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number): void {
  shape.readFrom(u8, dv, base);
  copyBytes(firstKey, 0, key, start, end);
  shape.choosePrefix(firstKey, end - start, firstKey, end - start, 0, true);
  beginPage(u8, dv, base, pageSizeBytes, shape);
}

/** Whether the page takes the key as it is: with its prefix, and short where keys are. */
export function takes(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, start: number, end: number): boolean {
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  if (end - start < prefixLength) return false;
  if ((u8[base + AtFlags]! & PageFlag.ShortKeys) !== 0 && end - start !== prefixLength + ShortSuffixLength && !(mutants.on && mutants.has('storage.short-keys-never-given-up'))) return false;
  const lower = base + HeaderSizeBytes;
  for (let i = 0; i < prefixLength; i++) if (u8[lower + i] !== key[start + i]) return false;
  return true;
}

/** Makes the page ready to take a key and a value in one gap. @returns false when it cannot */
function makeGap(u8: Uint8Array, dv: DataView, base: number, pageSizeBytes: number, key: Uint8Array, start: number, end: number, rawLength: number): boolean {
  if (countOf(dv, base) === 0) choosePrefixFor(u8, dv, base, pageSizeBytes, key, start, end);
  else if (!takes(u8, dv, base, key, start, end) && !(mutants.on && mutants.has('storage.prefix-never-shortened'))) {
    if (!shortenPrefix(u8, dv, base, pageSizeBytes, key, start, end)) return false;
  }
  const need = entrySizeIn(u8, dv, base, end - start, rawLength);
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
  if (at < count) u8.copyWithin(slot + (1 << slotShiftOf(dv, base)), slot, slotAt(dv, base, count));
  writeSlot(dv, slot, hasShortKeys(dv, base), keyHeadBits(key, from, end), cell, suffix);
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
  const rawLength = valueLength | overflowBit;
  if (countOf(dv, base) === 0 || gapBytes(dv, base) < entrySizeIn(u8, dv, base, end - start, rawLength) || !takes(u8, dv, base, key, start, end)) {
    if (!makeGap(u8, dv, base, pageSizeBytes, key, start, end, rawLength)) return false;
  }
  const lengthBytes = lengthBytesOf(rawLength);
  const cell = base + placeCell(u8, dv, base, at, key, start, end, lengthBytes, valueLength);
  putLength(u8, cell, rawLength, lengthBytes);
  if (overflowBit !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  const suffix = end - start - dv.getUint16(base + AtPrefixLength, true);
  copyBytes(u8, cell + lengthBytes + (suffix > HeadLength ? suffix - HeadLength : 0), value, valueStart, valueStart + valueLength);
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
  if (takes(u8, dv, base, key, 0, keyLength) && freeBytes(dv, base) + entrySizeAt(u8, dv, base, at) >= entrySizeIn(u8, dv, base, keyLength, 0)) return true;
  return makeRoomForSeparator(u8, dv, base, pageSizeBytes, key, keyLength);
}

/** Removes entry `at`; its cell becomes a fragment, unless it is the lowest one. */
export function removeEntry(u8: Uint8Array, dv: DataView, base: number, at: number): void {
  const count = countOf(dv, base);
  const size = cellSizeAt(u8, dv, base, at);
  freeCell(dv, base, cellAt(dv, base, at) - base, size);
  const slot = slotAt(dv, base, at);
  if (at + 1 < count) u8.copyWithin(slot, slot + (1 << slotShiftOf(dv, base)), slotAt(dv, base, count));
  dv.setUint16(base + AtCount, count - 1, true);
}

function freeCell(dv: DataView, base: number, cell: number, size: number): void {
  if (cell === dv.getUint16(base + AtHeapStart, true)) dv.setUint16(base + AtHeapStart, cell + size, true);
  else dv.setUint16(base + AtFragmented, dv.getUint16(base + AtFragmented, true) + size, true);
}

/** Replaces the value of entry `at` if the new one, and its length, are no longer than what is there. @returns false otherwise, and nothing changed */
export function replaceInPlace(u8: Uint8Array, dv: DataView, base: number, at: number, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number): boolean {
  const cell = cellAt(dv, base, at);
  const oldLength = lengthAt(u8, cell) & ~OverflowBit;
  const lengthBytes = lengthBytesAt(u8, cell);
  if (valueLength > oldLength || lengthBytesOf(valueLength | overflowBit) > lengthBytes) return false;
  putLength(u8, cell, valueLength | overflowBit, lengthBytes);
  if (overflowBit !== 0) u8[base + AtFlags]! |= PageFlag.HasOverflow;
  copyBytes(u8, valueInCell(u8, dv, base, at, cell), value, valueStart, valueStart + valueLength);
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

/** R2 of btree.ts: the greatest CSN of a change in a leaf. */
export function stampLeaf(dv: DataView, base: number, csn: number): void {
  if (csn > dv.getFloat64(base + AtMaxCsn, true)) dv.setFloat64(base + AtMaxCsn, csn, true);
}
