/**
 * Short puts into a leaf, straight from where they stand side by side as the log has them: what `appendEntries` (leaf-run.ts), the twin, does for each entry that its source shows, without a source
 * that goes from entry to entry. A cell is what a put has behind its key, and before it the end of the key, if the slot does not hold all of it.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { compareBytes, copyByWords, copyBytes } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { RunSource } from './bulk-build.js';
import { appendEntries } from './leaf-run.js';
import { AtCount, AtHeapStart, AtPrefixLength, HeaderSizeBytes } from '../pages/page.js';
import { HeadLength, ShortSuffixLength, hasShortKeys, keyHeadBits, leafEntrySize, slotAt, slotShiftOf, writeSlot } from '../pages/slotted-page.js';
import { ChangeTag, ShortPut } from '../log/wal-record.js';

/** `appendEntries`, the quicker way where there is one. @returns how many went in; the source stands at the next */
export function appendRun(u8: Uint8Array, dv: DataView, base: number, source: RunSource, entrySizeMax: number): number {
  let count = 0;
  while (source.sideBySide > 0) {
    const { sideBySide } = source;
    const putCount = appendPuts(u8, dv, base, source, entrySizeMax);
    count += putCount;
    if (putCount < sideBySide) return count;
  }
  return source.left > 0 ? count + appendEntries(u8, dv, base, source, entrySizeMax) : count;
}

/** `appendEntries` of those that are known to stand side by side. @returns how many went in; the source stands at the next */
export function appendPuts(u8: Uint8Array, dv: DataView, base: number, source: RunSource, entrySizeMax: number): number {
  const { value: puts, valueView, putOffset, sideBySide } = source;
  const before = dv.getUint16(base + AtCount, true);
  const prefixLength = dv.getUint16(base + AtPrefixLength, true);
  const prefix = base + HeaderSizeBytes;
  const isShort = hasShortKeys(dv, base);
  const slotBytes = 1 << slotShiftOf(dv, base);
  const isPrefixLeftOut = mutants.on && mutants.has('storage.prefix-of-puts-unchecked');
  let slot = slotAt(dv, base, before);
  let heap = base + dv.getUint16(base + AtHeapStart, true);
  let at = putOffset;
  let count = 0;
  for (; count < sideBySide; count++) {
    const key = at + ShortPut.beforeKey;
    const keyLength = puts[key - 1]!;
    let shared = 0;
    while (shared < prefixLength && shared < keyLength && puts[key + shared] === u8[prefix + shared]) shared++;
    if (shared < prefixLength && !(isPrefixLeftOut && keyLength >= prefixLength)) break;
    const suffix = keyLength - prefixLength;
    if (isShort && suffix !== ShortSuffixLength) break;
    const rest = suffix > HeadLength ? suffix - HeadLength : 0;
    const keyEnd = key + keyLength;
    const valueLength = puts[keyEnd]!;
    const cell = heap - (rest + ShortPut.beforeValue + valueLength);
    if (cell < slot + slotBytes || leafEntrySize(keyLength, valueLength) > entrySizeMax) break;
    writeSlot(dv, slot, isShort, headAt(puts, valueView, key + prefixLength, suffix), cell - base, suffix);
    if (rest === 0) copyByWords(u8, dv, cell, puts, valueView, keyEnd, ShortPut.beforeValue + valueLength);
    else {
      u8[cell] = valueLength;
      const value = copyBytes(u8, cell + 1, puts, keyEnd - rest, keyEnd);
      copyByWords(u8, dv, value, puts, valueView, keyEnd + ShortPut.beforeValue, valueLength);
    }
    const end = keyEnd + ShortPut.beforeValue + valueLength;
    if (VERIFY.on) checkPut(puts, at, count === sideBySide - 1 ? -1 : end);
    slot += slotBytes;
    heap = cell;
    at = end;
  }
  dv.setUint16(base + AtCount, before + count, true);
  dv.setUint16(base + AtHeapStart, heap - base, true);
  if (count > 0) source.passPuts(count, at);
  return count;
}

/** `keyHeadBits` of so many bytes: in one load, which takes some of what follows along. The same code for keys of any length, for V8 throws away what it has optimized for one at the first of the other. */
function headAt(puts: Uint8Array, view: DataView, at: number, length: number): number {
  if (at + HeadLength > puts.length) return keyHeadBits(puts, at, at + length);
  return view.getInt32(at) & HeadMasks[length < HeadLength ? length : HeadLength]!;
}
/** By length, the bits of a head that so many bytes make up. */
const HeadMasks = Int32Array.of(0, 0xff << 24, 0xffff << 16, 0xffffff << 8, -1);

/** Tells what is no put at `at`, and a key at `next`, if there is one, that is not above its key. */
function checkPut(puts: Uint8Array, at: number, next: number): void {
  assert(puts[at] === ChangeTag.Put, 'no put where one was said to stand', at);
  if (next < 0) return;
  const key = at + ShortPut.beforeKey;
  const other = next + ShortPut.beforeKey;
  assert(compareBytes(puts, key, key + puts[key - 1]!, puts, other, other + puts[other - 1]!) < 0, 'keys of puts side by side do not ascend', at, next);
}
