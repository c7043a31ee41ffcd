/**
 * Sorts the entries of a write set by their keys, for their way into the leaves.
 *
 * What the keys share at their front is skipped, the eight bytes behind it become two numbers, which are read in the order in which the keys came and sorted by digits; keys with the
 * same eight bytes are sorted by what follows. So the sort itself does not go back to the keys, which lie all over memory. Keys that ascend already, as those
 * of a load do, are left as they are.
 */
import { compareBytes } from '../base/bytes.js';
import { RadixSort } from '../base/radix-sort.js';
import type { WriteSet } from './write-set.js';

/** Below this many comparing is as good. */
const CountMin = 128;
const WordMax = 0xffffffff;

/** Sorts in place, ascending as bytes. Keys are distinct. */
export function sortByKey(set: WriteSet, entries: Int32Array): void {
  if (isAscending(set, entries)) return;
  if (entries.length < CountMin) sortByComparing(set, entries);
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
  const count = entries.length;
  const at = sharedLength(set, entries);
  const high = new Uint32Array(count);
  const low = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    high[i] = wordOf(set, entries[i]!, at);
    low[i] = wordOf(set, entries[i]!, at + 4);
  }
  const sort = new RadixSort(count);
  sort.byWords(low, WordMax);
  sort.byWords(high, WordMax);
  const { order } = sort;
  const unsorted = entries.slice();
  let runStart = 0;
  for (let i = 0; i < count; i++) {
    const place = order[i]!;
    entries[i] = unsorted[place]!;
    const first = order[runStart]!;
    if (high[place] === high[first] && low[place] === low[first]) continue;
    if (i - runStart > 1) sortAlike(set, entries, runStart, i);
    runStart = i;
  }
  sortAlike(set, entries, runStart, count);
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
function wordOf(set: WriteSet, entry: number, at: number): number {
  const { u8 } = set.keyChunk(entry);
  const start = set.keyOffset(entry) + at;
  const left = set.keyLength(entry) - at;
  if (left >= 4) return ((u8[start]! << 24) | (u8[start + 1]! << 16) | (u8[start + 2]! << 8) | u8[start + 3]!) >>> 0;
  let word = 0;
  for (let i = 0; i < 4; i++) word = word * 256 + (i < left ? u8[start + i]! : 0);
  return word;
}
