/**
 * Sorts the entries of a write set by their keys, for their way into the leaves.
 *
 * What the keys share at their front is skipped, the four bytes behind it become a number together with the place, and a typed array
 * sorts those, keys with the same four bytes by what follows. Keys that ascend already, as those of a load do, are left as they are, and so are
 * the entries of one value in an index, whose row keys often do.
 */
import { compareBytes } from '../base/bytes.js';
import type { WriteSet } from './write-set.js';

/** Below this many comparing is as good. */
const CountMin = 64;
/** Four bytes and the place must fit in 53 bits. */
const CountMax = 2 ** 21;

/** Sorts in place, ascending as bytes. Keys are distinct. */
export function sortByKey(set: WriteSet, entries: Int32Array): void {
  if (isAscending(set, entries)) return;
  if (entries.length < CountMin || entries.length > CountMax) sortByComparing(set, entries);
  else sortByHead(set, entries);
}

function compareKeys(set: WriteSet, a: number, b: number): number {
  const aStart = set.keyOffset(a);
  const bStart = set.keyOffset(b);
  return compareBytes(set.keyChunk(a).u8, aStart, aStart + set.keyLength(a), set.keyChunk(b).u8, bStart, bStart + set.keyLength(b));
}

function isAscending(set: WriteSet, entries: Int32Array): boolean {
  for (let i = 1; i < entries.length; i++) if (compareKeys(set, entries[i - 1]!, entries[i]!) >= 0) return false;
  return true;
}

function sortByHead(set: WriteSet, entries: Int32Array): void {
  const at = sharedLength(set, entries);
  const heads = new Float64Array(entries.length);
  for (let i = 0; i < entries.length; i++) heads[i] = headOf(set, entries[i]!, at) * CountMax + i;
  heads.sort();
  const unsorted = entries.slice();
  let runStart = 0;
  let last = -1;
  for (let i = 0; i < entries.length; i++) {
    // Not by `%`, which on doubles is a call.
    const head = Math.floor(heads[i]! / CountMax);
    entries[i] = unsorted[heads[i]! - head * CountMax]!;
    if (head === last) continue;
    if (i - runStart > 1) sortAlike(set, entries, runStart, i);
    runStart = i;
    last = head;
  }
  sortAlike(set, entries, runStart, entries.length);
}

/** Entries whose heads are the same: in the order in which they came, which is often the right one, or sorted by what follows. */
function sortAlike(set: WriteSet, entries: Int32Array, start: number, end: number): void {
  if (end - start < 2) return;
  const alike = entries.subarray(start, end);
  if (isAscending(set, alike)) return;
  // All of them alike: padding has made them so, and would again.
  if (alike.length < CountMin || alike.length === entries.length) sortByComparing(set, alike);
  else sortByHead(set, alike);
}

function sortByComparing(set: WriteSet, entries: Int32Array): void {
  entries.sort((a, b) => compareKeys(set, a, b));
}

/** How many bytes all keys have in common at their front. */
function sharedLength(set: WriteSet, entries: Int32Array): number {
  const first = entries[0]!;
  const { u8: front } = set.keyChunk(first);
  const start = set.keyOffset(first);
  let shared = set.keyLength(first);
  for (const entry of entries) {
    const { u8 } = set.keyChunk(entry);
    const offset = set.keyOffset(entry);
    const end = Math.min(shared, set.keyLength(entry));
    shared = 0;
    while (shared < end && u8[offset + shared] === front[start + shared]) shared++;
    if (shared === 0) return 0;
  }
  return shared;
}

/** Four bytes from `at` on, zero padded: keys that the padding makes equal are compared. */
function headOf(set: WriteSet, entry: number, at: number): number {
  const { u8 } = set.keyChunk(entry);
  const offset = set.keyOffset(entry);
  const length = set.keyLength(entry);
  let head = 0;
  for (let i = at; i < at + 4; i++) head = head * 256 + (i < length ? u8[offset + i]! : 0);
  return head;
}
