/**
 * Slotted pages: the layout of leaf and inner nodes, reading and searching. How a page is changed or built anew is in page-edit.ts. Free
 * functions over `(bytes, view, base)`, where `base` is the page's offset in its slab; no object per page, key or cell.
 *
 * A page covers the keys between its *fences*: lower (inclusive) to upper (exclusive), both stored in the page. A *prefix* that all
 * its keys share is cut off them; it is the first `prefixLength` bytes of the lower fence (a page at the left edge has no lower
 * fence and stores the bare prefix in its place). What remains of a key is its *suffix*: the first four bytes, zero padded, are the *head*
 * and stand in the slot as a number that sorts as the bytes do, the rest is in the cell.
 *
 * ```
 * slot, 8 bytes:  0 u32 head    4 u16 cell offset    6 u16 suffix length
 * short slot, 4:  0 u16 cell offset    2 u16 head      in leaves with the flag ShortKeys, where each suffix has two bytes
 * leaf cell:      value length    rest of the key (suffix length - 4, if more)    value
 *                 the length is a byte up to 127; else its low seven bits with the top bit, then a byte of seven more, whose top bit marks
 *                 overflow: the value is then 8 bytes, u32 length of the whole, u32 first page. What has been two bytes stays so when the value shrinks
 * inner cell:     0 u32 child    4 rest of the key
 * fences:         lower in full; upper without the first `upperShared` bytes, which it has in common with the lower. Slots are not aligned.
 * ```
 *
 * With this, fixed-length keys of up to prefix + 4 bytes (row ids, integers) are found by comparing numbers in the slots alone. Where they are dense, so that
 * two bytes tell them apart in a leaf, a slot is half as long.
 *
 * S1  Keys strictly ascend by slot; each begins with the prefix and lies inside the fences.
 * S2  Child 0 of an inner page is `link`; child i covers the keys from separator i - 1 on.
 * S3  The prefix may be longer than what the fences share (it is chosen from the keys there are); a key that does not begin with it is
 *     greater or less than all of them, and inserting it shortens the prefix first.
 * S4  Two longest fences and a longest cell fit in a page. A page split between any two of its cells fits in both halves: what the new
 *     fence takes, the cells that leave have given, since a separator is at most one byte longer than what its neighbours share.
 *     A longer prefix never takes more than it gives: each first and last key has four bytes or more behind it, or slots become short.
 * S5  Both halves of a split leaf with short keys have short keys: what separates two of them is longer than their prefix. A leaf that must give
 *     short keys up, for a key of another length or another beginning, may have no room for longer slots: then it is split first.
 *
 * Where an offset takes a branch it is settled in a line of its own: of a load from a view whose offset branches within its arguments V8 makes a call, 10 ns instead of one.
 *
 * Sources. Graefe, Modern B-Tree Techniques, 2011 (fences, prefix truncation, poor man's normalized keys); Bayer and Unterauer 1977
 * (shortest separators). Left out on purpose: compressing values, and dense arrays for consecutive keys.
 */
import { copyBytes } from '../../base/bytes.js';
import {
  AtCount,
  AtFlags,
  AtFragmented,
  AtHeapStart,
  AtKind,
  AtLink,
  AtLowerLength,
  AtPrefixLength,
  AtSlots,
  AtUpperLength,
  AtUpperShared,
  HeaderSizeBytes,
  PageFlag,
  PageKind,
} from './page.js';

/** Slots are `1 << slotShift` bytes. */
export const SlotShift = 3;
export const ShortSlotShift = 2;
export const AtSlotCell = 4;
export const AtSlotSuffixLength = 6;
export const HeadLength = 4;
/** Length of all suffixes in a leaf with short keys. */
export const ShortSuffixLength = 2;
/** The head in a short slot that is read as one number; the cell offset is the rest. */
export const ShortHeadMask = 0xffff0000 | 0;
const AtShortHead = 2;
const CellMask = 0xffff;
export const OverflowBit = 0x4000;
/** Value lengths from here on take two bytes. */
export const LongLengthMin = 0x80;
/** `search` guesses only where halving would touch several cache lines. */
const GuessCountMin = 24;
const GuessStep = 6;
/** Value bytes of an overflow value in the leaf: whole length, first page. */
export const OverflowPointerLength = 8;

/** Results of `search` for a key outside the fences. Everything else is a slot, or `~slot` of the place to insert. */
export const BelowFence = -0x40000000;
export const AboveFence = -0x40000001;
export const isOutside = (found: number): boolean => found <= BelowFence;

/** Largest cell together with its slot; S4. */
export function cellSizeMaxOf(pageSizeBytes: number): number {
  return pageSizeBytes - HeaderSizeBytes - 2 * (pageSizeBytes >>> 2);
}

/** Slot and cell of a leaf entry before any prefix is cut: what decides whether a value goes to overflow pages. */
export function leafEntrySize(keyLength: number, valueLength: number): number {
  return (1 << SlotShift) + lengthBytesOf(valueLength) + (keyLength > HeadLength ? keyLength - HeadLength : 0) + valueLength;
}

/** Bytes that a value length, with the overflow bit, takes. */
export function lengthBytesOf(raw: number): number {
  return raw < LongLengthMin ? 1 : 2;
}
/** Bytes of the length at the beginning of the leaf cell at `cell`. */
export function lengthBytesAt(u8: Uint8Array, cell: number): number {
  return u8[cell]! < LongLengthMin ? 1 : 2;
}
/** The length at the beginning of a leaf cell, with the overflow bit. */
export function lengthAt(u8: Uint8Array, cell: number): number {
  const first = u8[cell]!;
  return first < LongLengthMin ? first : (first & (LongLengthMin - 1)) | (u8[cell + 1]! << 7);
}
/** Writes a length in `bytes` bytes, which may be more than it needs. */
export function putLength(u8: Uint8Array, cell: number, raw: number, bytes: number): void {
  if (bytes === 1) u8[cell] = raw;
  else {
    u8[cell] = raw | LongLengthMin;
    u8[cell + 1] = raw >>> 7;
  }
}

/** The first four bytes of `[start, end)` as a number that sorts as they do, zero padded. */
export function keyHead(key: Uint8Array, start: number, end: number): number {
  return keyHeadBits(key, start, end) >>> 0;
}
/** The same as a signed number, for whoever only writes it: half of the unsigned ones are none that V8 keeps as small integers, and code optimized for those is thrown away at the first. */
export function keyHeadBits(key: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length >= 4) return (key[start]! << 24) | (key[start + 1]! << 16) | (key[start + 2]! << 8) | key[start + 3]!;
  let head = 0;
  for (let i = 0; i < 4; i++) head = (head << 8) | (i < length ? key[start + i]! : 0);
  return head;
}

// ---------------------------------------------------------------------------------------------------------------- reading

export function countOf(dv: DataView, base: number): number {
  return dv.getUint16(base + AtCount, true);
}
export function hasShortKeys(dv: DataView, base: number): boolean {
  return (dv.getUint8(base + AtFlags) & PageFlag.ShortKeys) !== 0;
}
export function slotShiftOf(dv: DataView, base: number): number {
  return hasShortKeys(dv, base) ? ShortSlotShift : SlotShift;
}
/** Absolute offset of slot `i`. */
export function slotAt(dv: DataView, base: number, i: number): number {
  return base + dv.getUint16(base + AtSlots, true) + (i << slotShiftOf(dv, base));
}
/** Offset in the page of the cell of a slot. */
export function cellOf(dv: DataView, slot: number, isShort: boolean): number {
  const at = isShort ? slot : slot + AtSlotCell;
  return dv.getUint16(at, true);
}
export function suffixLengthOf(dv: DataView, slot: number, isShort: boolean): number {
  return isShort ? ShortSuffixLength : dv.getUint16(slot + AtSlotSuffixLength, true);
}
/** As `keyHead` has it. */
export function headOf(dv: DataView, slot: number, isShort: boolean): number {
  return headBitsOf(dv, slot, isShort) >>> 0;
}
/** As `keyHeadBits` has it. */
export function headBitsOf(dv: DataView, slot: number, isShort: boolean): number {
  const word = dv.getInt32(slot, true);
  return isShort ? word & ShortHeadMask : word;
}
/** `head` as `keyHeadBits` has it; `suffixLength` is `ShortSuffixLength` where slots are short. */
export function writeSlot(dv: DataView, slot: number, isShort: boolean, head: number, cell: number, suffixLength: number): void {
  if (isShort) dv.setInt32(slot, head | cell, true);
  else {
    dv.setInt32(slot, head, true);
    dv.setUint16(slot + AtSlotCell, cell, true);
    dv.setUint16(slot + AtSlotSuffixLength, suffixLength, true);
  }
}
/** Absolute offset of cell `i`. */
export function cellAt(dv: DataView, base: number, i: number): number {
  const slots = base + dv.getUint16(base + AtSlots, true);
  const at = hasShortKeys(dv, base) ? slots + (i << ShortSlotShift) : slots + (i << SlotShift) + AtSlotCell;
  return base + dv.getUint16(at, true);
}
export function suffixLengthAt(dv: DataView, base: number, i: number): number {
  if (hasShortKeys(dv, base)) return ShortSuffixLength;
  const at = slotAt(dv, base, i) + AtSlotSuffixLength;
  return dv.getUint16(at, true);
}
export function headAt(dv: DataView, base: number, i: number): number {
  return headOf(dv, slotAt(dv, base, i), hasShortKeys(dv, base));
}
export function keyLengthAt(dv: DataView, base: number, i: number): number {
  return dv.getUint16(base + AtPrefixLength, true) + suffixLengthAt(dv, base, i);
}
/** The child that covers the keys from separator `i - 1` on; `i` from 0 to count. */
export function childAt(dv: DataView, base: number, i: number): number {
  const at = i === 0 ? base + AtLink : cellAt(dv, base, i - 1);
  return dv.getUint32(at, true);
}
/** Absolute offset of the value of leaf entry `i`, or of its overflow pointer. */
export function valueAt(u8: Uint8Array, dv: DataView, base: number, i: number): number {
  return valueInCell(u8, dv, base, i, cellAt(dv, base, i));
}
/** The same where it is known that entry `i` has its cell at `cell`. */
export function valueInCell(u8: Uint8Array, dv: DataView, base: number, i: number, cell: number): number {
  const rest = suffixLengthAt(dv, base, i) - HeadLength;
  return cell + lengthBytesAt(u8, cell) + (rest > 0 ? rest : 0);
}
/** Length in the leaf with the overflow bit. */
export function rawValueLengthAt(u8: Uint8Array, dv: DataView, base: number, i: number): number {
  return lengthAt(u8, cellAt(dv, base, i));
}

/**
 * Absolute offsets of the values of entries [from, to) into `into[0..]`, each with its overflow pointer for a value. The loop of all scans: a header read once, and of
 * each cell the first byte.
 */
export function valueOffsets(u8: Uint8Array, dv: DataView, base: number, into: Int32Array, from: number, to: number): void {
  const isShort = hasShortKeys(dv, base);
  let slot = slotAt(dv, base, from);
  if (isShort) {
    for (let i = 0, n = to - from; i < n; i++) {
      const cell = base + (dv.getUint32(slot, true) & CellMask);
      into[i] = cell + (u8[cell]! < LongLengthMin ? 1 : 2);
      slot += 1 << ShortSlotShift;
    }
    return;
  }
  for (let i = 0, n = to - from; i < n; i++) {
    // Cell offset and suffix length in one load.
    const word = dv.getUint32(slot + AtSlotCell, true);
    const suffix = word >>> 16;
    const cell = base + (word & CellMask);
    into[i] = cell + (u8[cell]! < LongLengthMin ? 1 : 2) + (suffix > HeadLength ? suffix - HeadLength : 0);
    slot += 1 << SlotShift;
  }
}

/** Copies key `i` to `into` at `at` and returns its length. */
export function copyKey(u8: Uint8Array, dv: DataView, base: number, i: number, into: Uint8Array, at: number): number {
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  const lower = base + HeaderSizeBytes;
  for (let k = 0; k < prefixLength; k++) into[at + k] = u8[lower + k]!;
  return prefixLength + copySuffix(u8, dv, base, i, into, at + prefixLength);
}

export function copySuffix(u8: Uint8Array, dv: DataView, base: number, i: number, into: Uint8Array, at: number): number {
  const isShort = hasShortKeys(dv, base);
  const slot = slotAt(dv, base, i);
  const length = suffixLengthOf(dv, slot, isShort);
  const head = headOf(dv, slot, isShort);
  if (length >= HeadLength) {
    into[at] = head >>> 24;
    into[at + 1] = head >>> 16;
    into[at + 2] = head >>> 8;
    into[at + 3] = head;
    if (length > HeadLength) {
      const rest = restAt(u8, base, base + cellOf(dv, slot, isShort));
      copyBytes(into, at + HeadLength, u8, rest, rest + length - HeadLength);
    }
  } else {
    for (let k = 0; k < length; k++) into[at + k] = head >>> (24 - 8 * k);
  }
  return length;
}
/** Absolute offset of what a cell has of the key. */
function restAt(u8: Uint8Array, base: number, cell: number): number {
  return cell + (u8[base + AtKind] === PageKind.Leaf ? lengthBytesAt(u8, cell) : 4);
}

/** Copies the lower fence and returns its length; 0 at the left edge. */
export function copyLowerFence(u8: Uint8Array, dv: DataView, base: number, into: Uint8Array): number {
  if ((u8[base + AtFlags]! & PageFlag.LeftEdge) !== 0) return 0;
  const start = base + HeaderSizeBytes;
  const length = dv.getUint16(base + AtLowerLength, true);
  copyBytes(into, 0, u8, start, start + length);
  return length;
}

/** Copies the upper fence and returns its length; -1 at the right edge. */
export function copyUpperFence(u8: Uint8Array, dv: DataView, base: number, into: Uint8Array): number {
  if ((u8[base + AtFlags]! & PageFlag.RightEdge) !== 0) return -1;
  const lower = base + HeaderSizeBytes;
  const shared = dv.getUint16(base + AtUpperShared, true);
  copyBytes(into, 0, u8, lower, lower + shared);
  const start = lower + dv.getUint16(base + AtLowerLength, true);
  return copyBytes(into, shared, u8, start, start + dv.getUint16(base + AtUpperLength, true));
}

// ---------------------------------------------------------------------------------------------------------------- searching

/**
 * Looks for `key[start, end)` in the page, checking it against the fences on the way: a key between two of the page's keys is inside them,
 * so only the two ends need a look at the fences themselves.
 * @returns the slot when found; `~slot` of the first greater entry otherwise; BelowFence or AboveFence when the page does not cover the key
 */
export function search(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, start: number, end: number): number {
  const counts = dv.getUint32(base + AtCount, true);
  const count = counts & 0xffff;
  const prefixLength = counts >>> 16;
  const prefix = base + HeaderSizeBytes;
  for (let i = 0; i < prefixLength; i++) {
    const byte = start + i < end ? key[start + i]! : -1;
    const other = u8[prefix + i]!;
    if (byte !== other) return atEnd(u8, dv, base, key, start, end, byte < other ? 0 : count, count);
  }
  const from = start + prefixLength;
  const head = keyHead(key, from, end);
  const slots = base + dv.getUint16(base + AtSlots, true);
  const flags = u8[base + AtFlags]!;
  if ((flags & PageFlag.ShortKeys) !== 0) {
    const found = searchShort(dv, slots, count, head >>> 16, end - from);
    return found === ~0 || found === ~count ? atEnd(u8, dv, base, key, start, end, ~found, count) : found;
  }
  let low = 0;
  let high = count;
  if (count >= GuessCountMin && u8[base + AtKind] === PageKind.Leaf && (flags & PageFlag.RightEdge) === 0) {
    // Guess the place from the first head and the upper fence, which lie beside the header, and look there and a cache line further:
    // right for evenly spread keys (row ids, sequences), and but two loads lost for others. Leaves only: inner pages are in the cache.
    const first = dv.getUint32(slots, true);
    const last = upperHead(u8, dv, base, prefixLength);
    if (head > first && head < last) {
      const guess = Math.floor(((head - first) * count) / (last - first));
      const other = dv.getUint32(slots + (guess << SlotShift), true);
      if (other < head) {
        low = guess + 1;
        const next = guess + GuessStep;
        if (next < count && dv.getUint32(slots + (next << SlotShift), true) > head) high = next;
      } else if (other > head) {
        high = guess;
        const next = guess - GuessStep;
        if (next >= 0 && dv.getUint32(slots + (next << SlotShift), true) < head) low = next + 1;
      } else {
        const difference = compareTail(u8, dv, base, slots + (guess << SlotShift), false, key, from, end);
        if (difference === 0) return guess;
        if (difference > 0) low = guess + 1;
        else high = guess;
      }
    }
  }
  // Three pivots at a time while the range spans many cache lines: the loads do not wait for each other.
  while (high - low > 12) {
    const quarter = (high - low) >>> 2;
    const slot = slots + ((low + quarter) << SlotShift);
    const a = dv.getUint32(slot, true);
    const b = dv.getUint32(slot + (quarter << SlotShift), true);
    const c = dv.getUint32(slot + (quarter << (SlotShift + 1)), true);
    const oldLow = low;
    const oldHigh = high;
    if (c < head) low = oldLow + 3 * quarter + 1;
    else if (b < head) low = oldLow + 2 * quarter + 1;
    else if (a < head) low = oldLow + quarter + 1;
    if (a > head) high = oldLow + quarter;
    else if (b > head) high = oldLow + 2 * quarter;
    else if (c > head) high = oldLow + 3 * quarter;
    // Equal heads all around: the keys themselves must be compared.
    if (low === oldLow && high === oldHigh) break;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    const slot = slots + (middle << SlotShift);
    const other = dv.getUint32(slot, true);
    if (other < head) low = middle + 1;
    else if (other > head) high = middle;
    else {
      const difference = compareTail(u8, dv, base, slot, false, key, from, end);
      if (difference === 0) return middle;
      if (difference > 0) low = middle + 1;
      else high = middle;
    }
  }
  return low === 0 || low === count ? atEnd(u8, dv, base, key, start, end, low, count) : ~low;
}

/**
 * The same among short keys, for one whose suffix has `length` bytes, the first two of which are `wanted`: looked for where it would be if keys were spread evenly, from there
 * in steps that double, and by halves once the steps have overshot. @returns the slot, or `~slot` of the first greater entry
 */
function searchShort(dv: DataView, slots: number, count: number, wanted: number, length: number): number {
  const heads = slots + AtShortHead;
  let low = 0;
  let high = count;
  let at = 0;
  if (count > 1) {
    const first = dv.getUint16(heads, true);
    const last = dv.getUint16(heads + ((count - 1) << ShortSlotShift), true);
    at = Math.floor(((wanted - first) * (count - 1)) / (last - first));
  }
  for (let step = 1; low < high; step *= 2) {
    if (at < low || at >= high) at = (low + high) >>> 1;
    const other = dv.getUint16(heads + (at << ShortSlotShift), true);
    if (other === wanted && length === ShortSuffixLength) return at;
    // Of a key that is longer the entry has the beginning, and a shorter one was padded with zeros.
    if (other < wanted || (other === wanted && length > ShortSuffixLength)) {
      low = at + 1;
      at += step;
    } else {
      high = at;
      at -= step;
    }
  }
  return ~low;
}

/** The head that the upper fence would have as a key of this page. */
function upperHead(u8: Uint8Array, dv: DataView, base: number, prefixLength: number): number {
  const upperLength = dv.getUint16(base + AtUpperLength, true);
  const shared = dv.getUint16(base + AtUpperShared, true);
  const lower = base + HeaderSizeBytes;
  const upper = lower + dv.getUint16(base + AtLowerLength, true);
  // When the fences part within the prefix (it is longer than they share), the upper one is above all heads.
  if (shared < prefixLength) return 0x100000000;
  let head = 0;
  for (let i = prefixLength; i < prefixLength + HeadLength; i++) {
    head = head * 256 + (i < shared ? u8[lower + i]! : i - shared < upperLength ? u8[upper + i - shared]! : 0);
  }
  return head;
}

/** The result of `search` for a key that is less or greater than all in the page: `~slot`, unless it is outside the fences. */
function atEnd(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, start: number, end: number, slot: number, count: number): number {
  const flags = u8[base + AtFlags]!;
  const length = end - start;
  const lower = base + HeaderSizeBytes;
  const lowerLength = dv.getUint16(base + AtLowerLength, true);
  // How much of the lower fence (at the left edge: of the bare prefix) the key shares.
  let shared = 0;
  while (shared < lowerLength && shared < length && key[start + shared] === u8[lower + shared]) shared++;
  if (slot === 0 && (flags & PageFlag.LeftEdge) === 0 && shared < lowerLength && (shared === length || key[start + shared]! < u8[lower + shared]!)) return BelowFence;
  if (slot === count && (flags & PageFlag.RightEdge) === 0) {
    const upperShared = dv.getUint16(base + AtUpperShared, true);
    if (shared < upperShared) {
      // Where the key leaves the lower fence, the upper still agrees with it.
      return shared === length || key[start + shared]! < u8[lower + shared]! ? ~slot : AboveFence;
    }
    const upper = lower + lowerLength;
    const upperLength = dv.getUint16(base + AtUpperLength, true);
    const rest = length - upperShared;
    let i = 0;
    while (i < upperLength && i < rest && key[start + upperShared + i] === u8[upper + i]) i++;
    if (i === upperLength || (i < rest && key[start + upperShared + i]! > u8[upper + i]!)) return AboveFence;
  }
  return ~slot;
}

/** Key minus entry, given that the heads are equal. */
export function compareTail(u8: Uint8Array, dv: DataView, base: number, slot: number, isShort: boolean, key: Uint8Array, from: number, end: number): number {
  const suffixLength = end - from;
  const otherLength = suffixLengthOf(dv, slot, isShort);
  // Zero padding makes a short suffix equal to a longer one that goes on with zeros; the length decides.
  if (suffixLength <= HeadLength || otherLength <= HeadLength) return suffixLength - otherLength;
  let a = from + HeadLength;
  let b = restAt(u8, base, base + cellOf(dv, slot, isShort));
  const shorter = suffixLength < otherLength ? suffixLength : otherLength;
  const last = a + shorter - HeadLength;
  while (a < last) {
    const difference = key[a]! - u8[b]!;
    if (difference !== 0) return difference;
    a++;
    b++;
  }
  return suffixLength - otherLength;
}

/** Entry `i` minus `key[start, end)`. */
export function compareKeyAt(u8: Uint8Array, dv: DataView, base: number, i: number, key: Uint8Array, start: number, end: number): number {
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  const lower = base + HeaderSizeBytes;
  for (let k = 0; k < prefixLength; k++) {
    if (start + k === end) return 1;
    const difference = u8[lower + k]! - key[start + k]!;
    if (difference !== 0) return difference;
  }
  const from = start + prefixLength;
  const isShort = hasShortKeys(dv, base);
  const slot = slotAt(dv, base, i);
  const head = keyHead(key, from, end);
  const other = headOf(dv, slot, isShort);
  if (other !== head) return other < head ? -1 : 1;
  return -compareTail(u8, dv, base, slot, isShort, key, from, end);
}

// ---------------------------------------------------------------------------------------------------------------- space

/** Bytes that cells and slots may still take, after compaction. */
export function freeBytes(dv: DataView, base: number): number {
  return gapBytes(dv, base) + dv.getUint16(base + AtFragmented, true);
}
export function gapBytes(dv: DataView, base: number): number {
  return base + dv.getUint16(base + AtHeapStart, true) - slotAt(dv, base, countOf(dv, base));
}
/** Slot and cell of entry `i` as stored. */
export function entrySizeAt(u8: Uint8Array, dv: DataView, base: number, i: number): number {
  return (1 << slotShiftOf(dv, base)) + cellSizeAt(u8, dv, base, i);
}
export function cellSizeAt(u8: Uint8Array, dv: DataView, base: number, i: number): number {
  const suffix = suffixLengthAt(dv, base, i);
  const rest = suffix > HeadLength ? suffix - HeadLength : 0;
  if (u8[base + AtKind] !== PageKind.Leaf) return 4 + rest;
  const cell = cellAt(dv, base, i);
  const first = u8[cell]!;
  return first < LongLengthMin ? 1 + rest + first : 2 + rest + (lengthAt(u8, cell) & ~OverflowBit);
}
/** Room that a new cell with its slot needs in this page, given that prefix and slots stay what they are. `rawLength` has the overflow bit. */
export function entrySizeIn(u8: Uint8Array, dv: DataView, base: number, keyLength: number, rawLength: number): number {
  const suffix = keyLength - dv.getUint16(base + AtPrefixLength, true);
  const rest = suffix > HeadLength ? suffix - HeadLength : 0;
  return (1 << slotShiftOf(dv, base)) + rest + (u8[base + AtKind] === PageKind.Leaf ? lengthBytesOf(rawLength) + (rawLength & ~OverflowBit) : 4);
}
