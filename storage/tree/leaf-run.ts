/**
 * Many entries at a time into, over and out of one leaf: what page-edit.ts would do for each, with the leaf's header read and written once, its
 * slots moved once, and each key looked for from where the one before was. The entries are a run, whose keys ascend.
 *
 * L1  Whatever is not plain ends the run in this leaf, before anything of it has been done: a key that is not there, or is another leaf's; a value in overflow pages; a
 *     value that is longer than what it replaces; no room. The caller does that one by itself (btree.ts).
 *     Where the slots of a run are known, as they are as long as the leaf is what it was when its entries were found, no key is looked for.
 * L2  The leaf is then what one by one would have made it, but for bytes that nothing refers to. Checked by test/storage/leaf-run.prop.test.ts.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { compareBytes, copyByWords, copyBytes } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { EntryPlace, FoundPuts, FoundRun, RunSource } from './bulk-build.js';
import { lengthOfSpot, offsetOfSpot, slotOfPlace } from './found-place.js';
import { AtCount, AtFragmented, AtHeapStart, AtPrefixLength, HeaderSizeBytes } from '../pages/page.js';
import {
  HeadLength,
  OverflowBit,
  ShortSuffixLength,
  cellAt,
  cellOf,
  compareKeyAt,
  compareTail,
  hasShortKeys,
  headOf,
  keyHead,
  keyHeadBits,
  leafEntrySize,
  lengthAt,
  lengthBytesAt,
  lengthBytesOf,
  putLength,
  rawValueLengthAt,
  slotAt,
  slotShiftOf,
  suffixLengthOf,
  valueAt,
  writeSlot,
} from '../pages/slotted-page.js';

/**
 * Appends entries to a leaf that has some, or the prefix for the first, and no upper fence, while they fit into its gap as it is, share its prefix, and are short where its keys are: as `insertEntry` for each would,
 * with the page's header read and written once. Their keys ascend and are greater than all here; none takes more than `entrySizeMax` bytes in a leaf.
 * @returns how many went in; the source stands at the next
 */
export function appendEntries(u8: Uint8Array, dv: DataView, base: number, source: RunSource, entrySizeMax: number): number {
  const before = dv.getUint16(base + AtCount, true);
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  const lower = base + HeaderSizeBytes;
  const isShort = hasShortKeys(dv, base);
  const slotBytes = 1 << slotShiftOf(dv, base);
  let slot = slotAt(dv, base, before);
  let heap = base + dv.getUint16(base + AtHeapStart, true);
  let count = before;
  while (source.left > 0) {
    const { key, keyOffset, keyLength, value, valueView, valueOffset, valueLength } = source;
    let shared = 0;
    while (shared < prefixLength && shared < keyLength && key[keyOffset + shared] === u8[lower + shared]) shared++;
    if (shared < prefixLength && !(mutants.on && keyLength >= prefixLength && mutants.has('storage.run-prefix-unchecked'))) break;
    const suffix = keyLength - prefixLength;
    if (isShort && suffix !== ShortSuffixLength && !(mutants.on && mutants.has('storage.run-of-short-keys-unchecked'))) break;
    const rest = suffix > HeadLength ? suffix - HeadLength : 0;
    const lengthBytes = lengthBytesOf(valueLength);
    const cell = heap - (lengthBytes + rest + valueLength);
    if (cell < slot + slotBytes || leafEntrySize(keyLength, valueLength) > entrySizeMax) break;
    const from = keyOffset + prefixLength;
    writeSlot(dv, slot, isShort, keyHeadBits(key, from, from + suffix), cell - base, suffix);
    putLength(u8, cell, valueLength, lengthBytes);
    if (rest > 0) copyBytes(u8, cell + lengthBytes, key, from + HeadLength, from + suffix);
    copyByWords(u8, dv, cell + lengthBytes + rest, value, valueView, valueOffset, valueLength);
    slot += slotBytes;
    heap = cell;
    count++;
    const hasNext = source.next();
    if (VERIFY.on && hasNext) checkAscent(source, key, keyOffset, keyLength);
  }
  dv.setUint16(base + AtCount, count, true);
  dv.setUint16(base + AtHeapStart, heap - base, true);
  return count - before;
}

/**
 * Where `key[start, end)` is in the leaf, looked for from slot `from` on, in steps that double; -1 when it is not there. All keys before `from` are less.
 */
function findFrom(u8: Uint8Array, dv: DataView, base: number, from: number, key: Uint8Array, start: number, end: number): number {
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  const lower = base + HeaderSizeBytes;
  if (end - start < prefixLength) return -1;
  for (let i = 0; i < prefixLength; i++) if (u8[lower + i] !== key[start + i]) return -1;
  const count = dv.getUint16(base + AtCount, true);
  const slots = slotAt(dv, base, 0);
  const isShort = hasShortKeys(dv, base);
  const shift = slotShiftOf(dv, base);
  const suffix = start + prefixLength;
  const head = keyHead(key, suffix, end);
  // [low, high) is where it can be.
  let low = from;
  let high = from;
  for (let step = 1; high < count; step *= 2) {
    const difference = compareAt(u8, dv, base, slots + (high << shift), isShort, key, suffix, end, head);
    if (difference === 0) return high;
    if (difference < 0) break;
    low = high + 1;
    high += step;
  }
  if (high > count) high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const difference = compareAt(u8, dv, base, slots + (middle << shift), isShort, key, suffix, end, head);
    if (difference === 0) return middle;
    if (difference > 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** Key minus the entry of a slot, both behind the prefix; `head` is that of the key. */
function compareAt(u8: Uint8Array, dv: DataView, base: number, slot: number, isShort: boolean, key: Uint8Array, start: number, end: number, head: number): number {
  const other = headOf(dv, slot, isShort);
  return other === head ? compareTail(u8, dv, base, slot, isShort, key, start, end) : head - other;
}

/** Tells a run whose keys do not ascend; `key` is the one before the present one. */
function checkAscent(source: RunSource, key: Uint8Array, start: number, length: number): void {
  assert(compareBytes(key, start, start + length, source.key, source.keyOffset, source.keyOffset + source.keyLength) < 0, 'a run of keys does not ascend');
}

/** Moves slots [from, to) down by `by` places; a slot is `1 << shift` bytes. Few of them word by word: a move of memory is a call. */
function moveSlots(u8: Uint8Array, dv: DataView, slots: number, from: number, to: number, by: number, shift: number): void {
  const start = slots + (from << shift);
  const end = slots + (to << shift);
  const back = by << shift;
  if (end - start > 64) u8.copyWithin(start - back, start, end);
  else for (let at = start; at < end; at += 4) dv.setUint32(at - back, dv.getUint32(at, true), true);
}

/** Bytes of the cell at `at` of a leaf, whose value has so many. */
function cellSize(u8: Uint8Array, dv: DataView, at: number, slot: number, isShort: boolean, valueLength: number): number {
  const rest = suffixLengthOf(dv, slot, isShort) - HeadLength;
  return lengthBytesAt(u8, at) + (rest > 0 ? rest : 0) + valueLength;
}

/** Removes entries from a leaf, the first of which is at slot `first`. @returns how many went out; the source stands at the next */
export function removeEntries(u8: Uint8Array, dv: DataView, base: number, source: RunSource, first: number): number {
  const slots = slotAt(dv, base, 0);
  const isShort = hasShortKeys(dv, base);
  const shift = slotShiftOf(dv, base);
  const count = dv.getUint16(base + AtCount, true);
  let heap = dv.getUint16(base + AtHeapStart, true);
  let fragmented = dv.getUint16(base + AtFragmented, true);
  let removed = 0;
  let from = first;
  let at = first;
  while (at >= 0) {
    const slot = slots + (at << shift);
    const cell = cellOf(dv, slot, isShort);
    const valueLength = lengthAt(u8, base + cell);
    if ((valueLength & OverflowBit) !== 0) break;
    const size = cellSize(u8, dv, base + cell, slot, isShort, valueLength);
    if (cell === heap) heap += size;
    else fragmented += size;
    if (removed > 0) moveSlots(u8, dv, slots, from, at, removed, shift);
    removed++;
    from = at + 1;
    const { key, keyOffset, keyLength } = source;
    if (!source.next()) break;
    if (VERIFY.on) checkAscent(source, key, keyOffset, keyLength);
    // The slots from `from` on are where they were, those before are not looked at.
    at = findFrom(u8, dv, base, from, source.key, source.keyOffset, source.keyOffset + source.keyLength);
  }
  if (removed === 0) return 0;
  moveSlots(u8, dv, slots, from, count, removed, shift);
  dv.setUint16(base + AtCount, count - removed, true);
  dv.setUint16(base + AtHeapStart, heap, true);
  if (!(mutants.on && mutants.has('storage.run-of-removals-not-counted'))) dv.setUint16(base + AtFragmented, fragmented, true);
  return removed;
}

/** Replaces values of a leaf, the first of which is at slot `first`, by others that are no longer. @returns how many; the source stands at the next */
export function replaceEntries(u8: Uint8Array, dv: DataView, base: number, source: RunSource, first: number, entrySizeMax: number): number {
  const slots = slotAt(dv, base, 0);
  const isShort = hasShortKeys(dv, base);
  const shift = slotShiftOf(dv, base);
  let fragmented = dv.getUint16(base + AtFragmented, true);
  let replaced = 0;
  let at = first;
  while (at >= 0) {
    const { key, keyOffset, keyLength, value, valueView, valueOffset, valueLength } = source;
    const slot = slots + (at << shift);
    const cell = base + cellOf(dv, slot, isShort);
    const oldLength = lengthAt(u8, cell);
    const lengthBytes = lengthBytesAt(u8, cell);
    if ((oldLength & OverflowBit) !== 0 || valueLength > oldLength || leafEntrySize(keyLength, valueLength) > entrySizeMax) break;
    const rest = suffixLengthOf(dv, slot, isShort) - HeadLength;
    if (valueLength < oldLength) {
      putLength(u8, cell, valueLength, lengthBytes);
      fragmented += oldLength - valueLength;
    }
    copyByWords(u8, dv, cell + lengthBytes + (rest > 0 ? rest : 0), value, valueView, valueOffset, valueLength);
    replaced++;
    if (!source.next()) break;
    if (VERIFY.on) checkAscent(source, key, keyOffset, keyLength);
    at = findFrom(u8, dv, base, at + 1, source.key, source.keyOffset, source.keyOffset + source.keyLength);
  }
  if (!(mutants.on && mutants.has('storage.run-of-values-not-counted'))) dv.setUint16(base + AtFragmented, fragmented, true);
  return replaced;
}

/** Replaces the value of an entry, whose slot is known and which has one in the leaf, by that of `source`. @returns false, and nothing has changed, when that is longer */
export function replaceByShorter(u8: Uint8Array, dv: DataView, base: number, slot: number, { value, valueView, valueOffset, valueLength }: FoundPuts): boolean {
  const at = valueAt(u8, dv, base, slot);
  const oldLength = rawValueLengthAt(u8, dv, base, slot);
  if (valueLength > oldLength) return false;
  const cell = cellAt(dv, base, slot);
  putLength(u8, cell, valueLength, lengthBytesAt(u8, cell));
  dv.setUint16(base + AtFragmented, dv.getUint16(base + AtFragmented, true) + oldLength - valueLength, true);
  copyByWords(u8, dv, at, value, valueView, valueOffset, valueLength);
  return true;
}

/** `removeEntries` of a run whose slots are known: keys are not looked at. @returns how many went out; the source stands where it stood */
export function removeFound(u8: Uint8Array, dv: DataView, base: number, { slots: found, place, left }: FoundRun): number {
  const slots = slotAt(dv, base, 0);
  const isShort = hasShortKeys(dv, base);
  const shift = slotShiftOf(dv, base);
  const count = dv.getUint16(base + AtCount, true);
  let heap = dv.getUint16(base + AtHeapStart, true);
  let fragmented = dv.getUint16(base + AtFragmented, true);
  let removed = 0;
  let from = found[place]!;
  for (; removed < left; removed++) {
    const at = found[place + removed]!;
    const slot = slots + (at << shift);
    const cell = cellOf(dv, slot, isShort);
    const valueLength = lengthAt(u8, base + cell);
    if ((valueLength & OverflowBit) !== 0) break;
    const size = cellSize(u8, dv, base + cell, slot, isShort, valueLength);
    if (cell === heap) heap += size;
    else fragmented += size;
    if (removed > 0) moveSlots(u8, dv, slots, from, at, removed, shift);
    from = at + 1;
  }
  if (removed === 0) return 0;
  moveSlots(u8, dv, slots, from, count, removed, shift);
  dv.setUint16(base + AtCount, count - removed, true);
  dv.setUint16(base + AtHeapStart, heap, true);
  dv.setUint16(base + AtFragmented, fragmented, true);
  return removed;
}

/** Tells a slot that is not that of the present entry of a run. */
export function checkFound(u8: Uint8Array, dv: DataView, base: number, slot: number, { key, keyOffset, keyLength }: EntryPlace): void {
  assert(slot < dv.getUint16(base + AtCount, true) && compareKeyAt(u8, dv, base, slot, key, keyOffset, keyOffset + keyLength) === 0, 'an entry is not where it was found', slot);
}
/** The same of an entry whose value was looked for. */
export function checkFoundValue(u8: Uint8Array, dv: DataView, base: number, source: FoundPuts): void {
  const slot = slotOfPlace(source.place);
  checkFound(u8, dv, base, slot, source);
  const isThere = valueAt(u8, dv, base, slot) === base + offsetOfSpot(source.spot) && rawValueLengthAt(u8, dv, base, slot) === lengthOfSpot(source.spot);
  assert(isThere, 'a value is not where it was found', slot);
}
