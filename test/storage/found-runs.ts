/** Entries looked up one by one and then changed where they were found, as a commit does it: removed by leaf and in its order (mvcc/write-set/found-order.ts), replaced as they come (placed-puts.ts). */
import { assert } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import type { BTree } from '../../storage/tree/btree.js';
import type { FoundPuts, FoundRun, ValuePlace } from '../../storage/tree/bulk-build.js';
import { NoPlace, frameOfPlace, slotOfPlace } from '../../storage/tree/found-place.js';

export interface FoundEntry {
  readonly key: string;
  readonly frame: number;
  readonly version: number;
  readonly slot: number;
  readonly place: number;
  readonly spot: number;
}

/** Where a key is; undefined when the tree does not say, as of one whose value lies in overflow pages. `byPeek`: as an update looks it up, otherwise as a removal. */
export function lookUp(tree: BTree, key: string, byPeek: boolean): FoundEntry | undefined {
  const bytes = keyBytes(key);
  const place: ValuePlace = { u8: bytes, dv: new DataView(bytes.buffer), offset: 0, length: 0 };
  const isThere = byPeek ? tree.peek(bytes, bytes.length, place) : holds(tree, bytes);
  const words = new Int32Array(5);
  if (isThere === false) return undefined;
  tree.tellFound(words, 1);
  return words[1] === NoPlace ? undefined : { key, frame: frameOfPlace(words[1]!), version: words[2]!, slot: slotOfPlace(words[1]!), place: words[1]!, spot: words[3]! };
}

/** As `has`, its twin, which first asks whether the key lies behind all others. */
function holds(tree: BTree, key: Uint8Array): boolean {
  const isThere = tree.has(key, key.length);
  assert(tree.holds(key, key.length) === isThere, '`holds` and `has` disagree');
  return isThere;
}

/** By leaf, and in each by slot. */
export function groupsOf(entries: readonly FoundEntry[]): FoundEntry[][] {
  const sorted = [...entries].sort((a, b) => a.frame - b.frame || a.slot - b.slot);
  const groups: FoundEntry[][] = [];
  for (const entry of sorted) {
    const last = groups.at(-1);
    if (last?.[0]!.frame === entry.frame && last[0]!.version === entry.version) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** Keys and values in the middle of larger arrays, and slots in that of a larger list. */
export function foundRunOf(group: readonly FoundEntry[], values: readonly string[]): FoundRun {
  const { frame, version } = group[0]!;
  const run: FoundRun = {
    key: new Uint8Array(0), keyOffset: 2, keyLength: 0, value: new Uint8Array(0), valueView: new DataView(new ArrayBuffer(0)), valueOffset: 1, valueLength: 0, left: 0, putOffset: -1, sideBySide: 0, passPuts: () => undefined,
    frame, version, slots: Int32Array.from([-1, ...group.map(({ slot }) => slot), -1]),
    get place(): number {
      return 1 + group.length - this.left;
    },
    goTo(left: number): void {
      this.left = left;
      if (left <= 0) return;
      const at = group.length - left;
      this.key = keyBytes(`##${group[at]!.key}##`);
      this.keyLength = group[at]!.key.length;
      this.value = keyBytes(`*${values[at]!}*`);
      this.valueView = new DataView(this.value.buffer, this.value.byteOffset, this.value.byteLength);
      this.valueLength = values[at]!.length;
    },
    next(): boolean {
      this.goTo(this.left - 1);
      return this.left > 0;
    },
  };
  run.goTo(group.length);
  return run;
}

/** Keys and values in the middle of larger arrays. */
export function foundPutsOf(entries: readonly FoundEntry[], values: readonly string[]): FoundPuts & { left: number } {
  const puts: FoundPuts & { left: number; place: number; version: number; spot: number; valueView: DataView } = {
    key: new Uint8Array(0), keyOffset: 2, keyLength: 0, value: new Uint8Array(0), valueView: new DataView(new ArrayBuffer(0)), valueOffset: 1, valueLength: 0,
    left: entries.length + 1, place: 0, version: 0, spot: 0,
    next(): boolean {
      if (--this.left <= 0) return false;
      const at = entries.length - this.left;
      const { key, place, version, spot } = entries[at]!;
      this.key = keyBytes(`##${key}##`);
      this.keyLength = key.length;
      this.value = keyBytes(`*${values[at]!}*`);
      this.valueView = new DataView(this.value.buffer, this.value.byteOffset, this.value.byteLength);
      this.valueLength = values[at]!.length;
      this.place = place;
      this.version = version;
      this.spot = spot;
      return true;
    },
  };
  puts.next();
  return puts;
}
