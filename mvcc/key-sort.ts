/**
 * Sorts the keys of a write set for their way into the leaves.
 *
 * Comparing two strings costs some 45 ns, and a commit of many rows would compare each a dozen times. So what the keys share at their
 * front is skipped, the four bytes behind it become a number together with the place, and a typed array sorts those; strings are
 * compared only among keys whose four bytes are the same. Keys that ascend already, as those of a load do, are left as they are.
 */
import { compareKeys } from './key-order.js';

interface Keyed {
  readonly key: string;
}

/** Below this many the engine's sort is as good. */
const CountMin = 64;
/** Four bytes and the place must fit in 53 bits. */
const CountMax = 2 ** 21;

/** Sorts in place by `key`, ascending as bytes. Keys are distinct. */
export function sortByKey<T extends Keyed>(items: T[]): void {
  if (isAscending(items)) return;
  if (items.length < CountMin || items.length > CountMax) items.sort(byKey);
  else sortByHead(items);
}

function byKey(a: Keyed, b: Keyed): number {
  return compareKeys(a.key, b.key);
}

function isAscending(items: readonly Keyed[]): boolean {
  for (let i = 1; i < items.length; i++) if (items[i - 1]!.key >= items[i]!.key) return false;
  return true;
}

function sortByHead<T extends Keyed>(items: T[]): void {
  const at = sharedLength(items);
  const heads = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) heads[i] = headOf(items[i]!.key, at) * CountMax + i;
  heads.sort();
  const unsorted = items.slice();
  let runStart = 0;
  for (let i = 0; i < items.length; i++) {
    items[i] = unsorted[heads[i]! % CountMax]!;
    if (i > 0 && Math.floor(heads[i]! / CountMax) !== Math.floor(heads[i - 1]! / CountMax)) {
      sortRun(items, runStart, i);
      runStart = i;
    }
  }
  sortRun(items, runStart, items.length);
}

/** The keys of a run share their head. */
function sortRun(items: Keyed[], start: number, end: number): void {
  if (end - start < 2) return;
  const run = items.slice(start, end).sort(byKey);
  for (let i = start; i < end; i++) items[i] = run[i - start]!;
}

/** How many bytes all keys have in common at their front. */
function sharedLength(items: readonly Keyed[]): number {
  const first = items[0]!.key;
  let shared = first.length;
  for (const { key } of items) {
    if (key.length < shared) shared = key.length;
    for (let i = 0; i < shared; i++) {
      if (key.charCodeAt(i) !== first.charCodeAt(i)) {
        shared = i;
        break;
      }
    }
    if (shared === 0) return 0;
  }
  return shared;
}

/** Four bytes from `at` on, zero padded: what the padding makes equal is compared as strings. */
function headOf(key: string, at: number): number {
  let head = 0;
  for (let i = at; i < at + 4; i++) head = head * 256 + (i < key.length ? key.charCodeAt(i) : 0);
  return head;
}
