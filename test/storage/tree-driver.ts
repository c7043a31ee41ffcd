/**
 * Runs a list of operations on a tree and on a sorted model side by side and compares them after each: shared by the property tests and
 * the mutants. Worlds are small: 512-byte pages, a handful of frames, keys from families that provoke long separators, deep trees, shared
 * prefixes and runs. Freezes, their writes and their end come between the operations; the state at the freeze is opened from what the
 * checkpoint wrote and compared with the model of that moment.
 */
import fc from 'fast-check';
import { VERIFY, assert } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import type { PageId } from '../../base/ids.js';
import { treeId } from '../../base/ids.js';
import { BTree } from '../../storage/tree/btree.js';
import type { BulkSource } from '../../storage/tree/btree.js';
import type { RunSource } from '../../storage/tree/bulk-build.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { FoundLeaves } from '../../storage/tree/found-leaves.js';
import { checkTree } from '../../storage/tree/tree-check.js';
import { foundPutsOf, foundRunOf, groupsOf, lookUp, type FoundEntry } from './found-runs.js';
import { MapPageIo } from './map-page-io.js';
import { putSource } from './put-source.js';

export type KeyFamily = 'int4' | 'int8' | 'word' | 'long' | 'zeros';

export type TreeOp =
  | { readonly kind: 'put'; readonly key: number; readonly length: number }
  | { readonly kind: 'putRun'; readonly key: number; readonly count: number; readonly step: number; readonly length: number }
  | { readonly kind: 'putSorted'; readonly key: number; readonly count: number; readonly step: number; readonly length: number; readonly isAtEnd: boolean }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'deleteRun'; readonly key: number; readonly count: number }
  | { readonly kind: 'deleteSorted'; readonly key: number; readonly count: number; readonly step: number; readonly isKnown: boolean }
  | { readonly kind: 'replaceSorted'; readonly key: number; readonly count: number; readonly step: number; readonly shorter: number }
  | { readonly kind: 'changeFound'; readonly key: number; readonly count: number; readonly step: number; readonly more: number; readonly isRemoval: boolean; readonly between: number }
  | { readonly kind: 'seek'; readonly key: number }
  | { readonly kind: 'hold'; readonly key: number }
  | { readonly kind: 'walk'; readonly backward: boolean }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'writeFrozen'; readonly count: number }
  | { readonly kind: 'abandon' };

export interface TreeCase {
  readonly family: KeyFamily;
  readonly pageSizeBytes: number;
  readonly frames: number;
  readonly bulk: number;
  readonly ops: readonly TreeOp[];
}

/** Keys of one family, by number; not in the order of the numbers except for the integers. */
export function familyKey(family: KeyFamily, n: number): string {
  switch (family) {
    case 'int4':
      return String.fromCharCode(0x80, (n >> 16) & 255, (n >> 8) & 255, n & 255);
    case 'int8':
      // The middle bytes change too, so that optimistic prefixes have to be given up.
      return String.fromCharCode(0x80, 0, 0, 0, (n % 3) * 7, (n >> 4) & 255, (n >> 8) & 255, n & 255);
    case 'word': {
      let text = '';
      for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 3)) text += 'a\u00ffb'[rest % 3]!;
      return text;
    }
    case 'long': {
      // Long shared beginnings of different lengths: separators as long as keys.
      const shared = [0, 30, 100, 118][n % 4]!;
      return 'p'.repeat(shared) + String.fromCharCode((n >> 8) & 255, n & 255) + (n % 5 === 0 ? 'z'.repeat(126 - shared) : '');
    }
    case 'zeros':
      return '\0'.repeat(n % 9) + (n % 2 === 0 ? '' : String.fromCharCode((n >> 1) & 3)) + '\0'.repeat((n >> 3) % 7) + (n % 5 === 0 ? 'x' : '');
  }
}

const keyNumber = fc.integer({ min: 0, max: 1200 });
// Mostly inline, at times beyond a cell, at times several overflow pages.
const valueLength = fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 0, max: 60 }) }, { weight: 2, arbitrary: fc.integer({ min: 60, max: 230 }) }, { weight: 1, arbitrary: fc.integer({ min: 230, max: 2000 }) });

export const treeOp: fc.Arbitrary<TreeOp> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), key: keyNumber, length: valueLength }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('putRun' as const), key: keyNumber, count: fc.integer({ min: 1, max: 60 }), step: fc.constantFrom(1, -1, 3, 37), length: valueLength }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('putSorted' as const), key: keyNumber, count: fc.integer({ min: 1, max: 90 }), step: fc.constantFrom(1, 2, 37), length: valueLength, isAtEnd: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keyNumber }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('deleteRun' as const), key: keyNumber, count: fc.integer({ min: 1, max: 120 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('deleteSorted' as const), key: keyNumber, count: fc.integer({ min: 1, max: 120 }), step: fc.constantFrom(1, 2, 3, 37), isKnown: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replaceSorted' as const), key: keyNumber, count: fc.integer({ min: 1, max: 120 }), step: fc.constantFrom(1, 2, 11), shorter: fc.constantFrom(0, 0, 1, 9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('changeFound' as const), key: keyNumber, count: fc.integer({ min: 1, max: 200 }), step: fc.constantFrom(1, 3, 37), more: fc.constantFrom(0, 0, 0, -1, -9, 5),
      isRemoval: fc.boolean(), between: fc.constantFrom(0, 0, 0, 1, 7),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('seek' as const), key: keyNumber }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const), key: keyNumber }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('walk' as const), backward: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'freeze' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('writeFrozen' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'abandon' as const }) },
);

export const treeCase: fc.Arbitrary<TreeCase> = fc.record({
  family: fc.constantFrom<KeyFamily>('int4', 'int8', 'word', 'long', 'zeros'),
  pageSizeBytes: fc.constantFrom(512, 512, 512, 512, 1024, 4096),
  frames: fc.constantFrom(8, 9, 12, 40),
  bulk: fc.constantFrom(0, 0, 10, 400),
  ops: fc.array(treeOp, { minLength: 1, maxLength: 60, size: 'max' }),
});

interface ModelEntry {
  value: string;
}

/** The model: a Map and, on demand, its keys in order (latin1 strings compare as their bytes). */
class Model {
  entries = new Map<string, ModelEntry>();
  /** CSN of the last change of each key ever touched, deletes too. */
  changes = new Map<string, number>();
  #sorted: string[] | undefined = undefined;
  keys(): string[] {
    this.#sorted ??= [...this.entries.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return this.#sorted;
  }
  put(key: string, value: string, csn: number): void {
    if (!this.entries.has(key)) this.#sorted = undefined;
    this.entries.set(key, { value });
    this.changes.set(key, csn);
  }
  delete(key: string, csn: number): boolean {
    if (!this.entries.delete(key)) return false;
    this.#sorted = undefined;
    this.changes.set(key, csn);
    return true;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The value of entry `i` as latin1, wherever it lies. */
export function valueOf(ref: LeafRef, i: number): string {
  if (ref.isOverflow(i)) {
    const value = ref.readOverflow(i);
    assert(value.length === ref.valueLength(i), 'length of an overflow value', value.length);
    return text(value);
  }
  const at = ref.valueOffset(i);
  return text(ref.u8.subarray(at, at + ref.valueLength(i)));
}

/** Everything in the tree, forwards, through leaves and fences; checks fences and stamps against the model on the way. */
export function readForward(tree: BTree, changes?: ReadonlyMap<string, number>): [string, string][] {
  const all: [string, string][] = [];
  const ref = new LeafRef();
  let expectedLower = '';
  const changed = changes === undefined ? [] : [...changes].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  let at = 0;
  tree.seekFirst(ref);
  do {
    assert(ref.lowerFence() === expectedLower, 'a leaf does not begin where the one before ended');
    const upper = ref.upperFence();
    for (; at < changed.length && (upper === undefined || changed[at]![0] < upper); at++) {
      assert(ref.maxCsn >= changed[at]![1], 'a leaf stamp is below a change in its fences', ref.maxCsn, changed[at]![1]);
    }
    const offsets = new Int32Array(ref.count);
    ref.valueOffsets(offsets, 0, ref.count);
    for (let i = 0; i < ref.count; i++) {
      assert(offsets[i] === (ref.isOverflow(i) ? -1 : ref.valueOffset(i)), 'valueOffsets differs from valueOffset', i);
      all.push([ref.keyAt(i), valueOf(ref, i)]);
    }
    expectedLower = upper ?? '';
  } while (tree.nextLeaf(ref));
  ref.release();
  return all;
}

function readBackward(tree: BTree): [string, string][] {
  const all: [string, string][] = [];
  const ref = new LeafRef();
  tree.seekLast(ref);
  do {
    assert(ref.slot === ref.count, 'a backward step does not begin at the end');
    for (let i = ref.count - 1; i >= 0; i--) all.push([ref.keyAt(i), valueOf(ref, i)]);
  } while (tree.previousLeaf(ref));
  ref.release();
  return all.reverse();
}

function same(actual: readonly [string, string][], keys: readonly string[], entries: ReadonlyMap<string, ModelEntry>): void {
  assert(actual.length === keys.length, 'number of entries', actual.length, keys.length);
  for (let i = 0; i < keys.length; i++) {
    assert(actual[i]![0] === keys[i], 'key at a place', i);
    assert(actual[i]![1] === entries.get(keys[i]!)!.value, 'value at a place', i);
  }
}

/** Structure sound, every allocated page in the tree and the reverse. */
export function checkWhole(pool: BufferPool, io: MapPageIo, tree: BTree, entryCount?: number): void {
  const seen = new Set<number>();
  const problems: string[] = [];
  const result = checkTree(pool, tree.id, tree.root, {
    onProblem: (problem) => problems.push(problem.message),
    onPage: (page) => !seen.has(page) && seen.add(page) !== undefined,
  });
  assert(problems.length === 0, 'tree check', problems.slice(0, 3).join('; '));
  for (const page of io.allocated) assert(seen.has(page), 'an allocated page is not in the tree', page);
  for (const page of seen) assert(io.allocated.has(page), 'a page of the tree is not allocated', page);
  if (entryCount !== undefined) assert(result.entryCount === entryCount, 'entries counted', result.entryCount, entryCount);
}

/** A key held in a LeafRef over later operations: either the ref says it is stale, or it still shows what it showed. */
interface Held {
  readonly ref: LeafRef;
  readonly upper: string | undefined;
  readonly content: string;
}

const leafText = (ref: LeafRef): string => {
  let all = `${ref.lowerFence()}|${ref.upperFence()}|${ref.maxCsn}`;
  for (let i = 0; i < ref.count; i++) all += `|${ref.keyAt(i)}=${ref.valueLength(i)}`;
  return all;
};

export function runTreeCase(c: TreeCase): void {
  const wasOn = VERIFY.on;
  // Views of inner pages are made at the first descent and held against the pages.
  VERIFY.on = true;
  try {
    runCase(c);
  } finally {
    VERIFY.on = wasOn;
  }
}

function runCase(c: TreeCase): void {
  const size = c.pageSizeBytes;
  const io = new MapPageIo(size);
  const pool = new BufferPool(io, c.frames * size);
  const tree = BTree.create(pool, treeId(7), io.allocatePage());
  const model = new Model();
  const ref = new LeafRef();
  const sought = new LeafRef();
  let held: Held | undefined;
  let csn = 0;
  let frozen: { keys: string[]; entries: Map<string, ModelEntry> } | undefined;

  const value = (length: number): string => {
    const seed = csn;
    let s = '';
    for (let i = 0; i < length; i++) s += String.fromCharCode((seed * 31 + i * 7) & 255);
    return s;
  };
  const put = (n: number, length: number): void => {
    const key = familyKey(c.family, ((n % 4001) + 4001) % 4001);
    csn++;
    const v = value(length);
    model.put(key, v, csn);
    if (csn % 3 === 0) {
      const bytes = keyBytes(key);
      tree.putSought(sought, tree.seek(bytes, bytes.length, sought), bytes, bytes.length, keyBytes(`##${v}##`), 2, v.length, csn);
      return;
    }
    // Key and value in the middle of larger arrays, so that offsets count.
    const bytes = keyBytes(`##${key}##`);
    const valueBytes = keyBytes(`*${v}*`);
    tree.put(bytes, 2, key.length, valueBytes, 1, v.length, csn);
  };
  /** Keys and values in the middle of larger arrays. */
  const runOf = (keys: readonly string[], values: readonly string[]): RunSource => {
    const source: RunSource = {
      key: new Uint8Array(0), keyOffset: 2, keyLength: 0, value: new Uint8Array(0), valueView: new DataView(new ArrayBuffer(0)), valueOffset: 1, valueLength: 0, left: keys.length + 1, putOffset: -1, sideBySide: 0, passPuts: () => undefined,
      next(): boolean {
        if (--this.left <= 0) return false;
        const at = keys.length - this.left;
        this.key = keyBytes(`##${keys[at]!}##`);
        this.keyLength = keys[at]!.length;
        this.value = keyBytes(`*${values[at]!}*`);
        this.valueView = new DataView(this.value.buffer, this.value.byteOffset, this.value.byteLength);
        this.valueLength = values[at]!.length;
        return true;
      },
    };
    source.next();
    return source;
  };
  /** One change of the tree for all. */
  const putAll = (keys: readonly string[], values: readonly string[]): void => {
    const source = csn % 2 === 0 ? runOf(keys, values) : putSource(keys, values, 1 + (csn % 9));
    while (source.left > 0) tree.putSome(source, csn);
    assert(source.left === 0, 'entries of a run left over', source.left);
    keys.forEach((key, i) => model.put(key, values[i]!, csn));
  };
  /** Values of different lengths. */
  const putSorted = (keys: readonly string[], length: number): void => {
    csn++;
    putAll(keys, keys.map((_, i) => value(i % 7 === 3 ? length : (length + i * 5) % 61)));
  };
  const removeSorted = (keys: readonly string[]): void => {
    csn++;
    const source = runOf(keys, keys.map(() => ''));
    while (source.left > 0) {
      const from = keys.length - source.left;
      const count = tree.deleteSome(source, csn);
      const to = keys.length - source.left;
      assert(count === 0 ? to === from + 1 : to === from + count, 'a run of deletions says how far it went', count);
      for (let i = from; i < to; i++) assert(model.delete(keys[i]!, csn) === count > 0, 'a run of deletions says what was there', i);
    }
    assert(source.left === 0, 'entries of a run left over', source.left);
  };
  const leaves = new FoundLeaves();
  /** Keys that are there are looked up; when some others have been put and removed, they are removed or get other values. */
  const changeFound = (keys: readonly string[], more: number, isRemoval: boolean, between: number): void => {
    const entries = keys.map((key, i) => lookUp(tree, key, !isRemoval || i % 5 === 0)).filter((entry) => entry !== undefined);
    const chosen = new Set(keys);
    for (let i = 0; i < between; i++) put(csn * 13 + i, i * 9);
    const others = model.keys().filter((key) => !chosen.has(key));
    for (let i = 0; i < between && i < others.length; i++) remove(others[(i * 7) % others.length]!);
    csn++;
    const present = entries.filter(({ key }) => model.entries.has(key));
    if (isRemoval) removeFound(present);
    else replaceFound(present, more);
  };
  const removeFound = (entries: readonly FoundEntry[]): void => {
    for (const group of groupsOf(entries)) {
      const found = foundRunOf(group, group.map(() => ''));
      tree.deleteFound(found, csn);
      assert(found.left === 0, 'entries that were found are left over', found.left);
      for (const { key } of group) model.delete(key, csn);
    }
  };
  /** In two slices, between which a checkpoint may begin or end. */
  const replaceFound = (entries: readonly FoundEntry[], more: number): void => {
    const half = entries.length >>> 1;
    leaves.begin();
    replaceSome(entries.slice(0, half), more);
    if (csn % 4 === 1) freeze();
    else if (csn % 4 === 3) endFreeze();
    replaceSome(entries.slice(half), more);
  };
  /** In the order in which they were looked up; those that the tree leaves to others are put at once, and so change leaves among those of the others. */
  const replaceSome = (entries: readonly FoundEntry[], more: number): void => {
    const values = entries.map(({ key }, i) => value(Math.max(0, model.entries.get(key)!.value.length + (i % 3 === 0 ? more : 0))));
    if (entries.length === 0) return;
    const puts = foundPutsOf(entries, values);
    while (puts.left > 0) {
      tree.putFound(puts, csn, leaves);
      if (puts.left === 0) break;
      tree.put(puts.key, puts.keyOffset, puts.keyLength, puts.value, puts.valueOffset, puts.valueLength, csn);
      puts.next();
    }
    entries.forEach(({ key }, i) => model.put(key, values[i]!, csn));
  };
  const removeSought = (key: Uint8Array): boolean => {
    const isThere = tree.seek(key, key.length, sought);
    if (isThere) tree.deleteSought(sought, key, key.length, csn);
    sought.release();
    return isThere;
  };
  const remove = (key: string): void => {
    csn++;
    const bytes = keyBytes(`#${key}`);
    const was = csn % 3 === 0 ? removeSought(keyBytes(key)) : tree.delete(bytes, 1, key.length, csn);
    assert(was === model.delete(key, csn), 'delete says whether the key was there');
  };
  const seek = (key: string): void => {
    const bytes = keyBytes(key);
    const isFound = tree.seek(bytes, bytes.length, ref);
    const entry = model.entries.get(key);
    assert(isFound === (entry !== undefined), 'seek finds what is there');
    if (isFound) {
      assert(ref.keyAt(ref.slot) === key, 'seek finds the key');
      assert(valueOf(ref, ref.slot) === entry!.value, 'seek finds the value');
    } else {
      assert(ref.slot === ref.lowerBound(bytes, bytes.length), 'seek gives the place');
      for (let back = 0; back <= Math.min(ref.slot, 4); back++) assert(ref.lowerBoundFrom(ref.slot - back, bytes, bytes.length) === ref.slot, 'from a slot before it, too');
      assert(ref.slot === 0 || ref.compareKey(ref.slot - 1, bytes, bytes.length) < 0, 'the entry before is less');
      assert(ref.slot === ref.count || ref.compareKey(ref.slot, bytes, bytes.length) > 0, 'the entry after is greater');
    }
    assert(ref.covers(bytes, bytes.length), 'the leaf covers the key');
    // Neighbours across leaves, as range scans find them.
    const sorted = model.keys();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < key) low = middle + 1;
      else high = middle;
    }
    tree.seekLeafBefore(bytes, bytes.length, ref);
    let below: string | undefined;
    let at = ref.slot;
    while (at === 0 && tree.previousLeaf(ref)) at = ref.slot;
    if (at > 0) below = ref.keyAt(at - 1);
    assert(below === sorted[low - 1], 'the greatest key below');
    ref.release();
  };
  const endFreeze = (): void => {
    if (frozen === undefined) return;
    while (pool.writeFrozen(3) > 0);
    pool.thaw();
    const table = io.endFreeze();
    const other = new BufferPool(MapPageIo.over(table, size), 16 * size);
    same(readForward(BTree.open(other, tree.id, tree.root)), frozen.keys, frozen.entries);
    frozen = undefined;
  };
  const freeze = (): void => {
    endFreeze();
    io.beginFreeze();
    pool.freezeDirty();
    frozen = { keys: [...model.keys()], entries: new Map(model.entries) };
  };
  const checkHeld = (): void => {
    if (held === undefined) return;
    if (held.ref.isCurrent()) assert(leafText(held.ref) === held.content, 'a pinned leaf changed without saying so');
  };
  /** C3: the walk goes on at the old upper fence, whatever happened since. */
  const dropHeld = (): void => {
    if (held === undefined) return;
    const { upper } = held;
    if (held.ref.tree!.nextLeaf(held.ref)) {
      assert(held.ref.slot === held.ref.lowerBound(keyBytes(upper!), upper!.length), 'a walk goes on at the fence');
    } else assert(upper === undefined, 'a walk ends only at the last leaf');
    held.ref.release();
    held = undefined;
  };

  if (c.bulk > 0) {
    const keys = [...new Set(Array.from({ length: c.bulk }, (_, i) => familyKey(c.family, i)))].sort((a, b) => (a < b ? -1 : 1));
    csn++;
    let at = -1;
    const source: BulkSource = {
      key: new Uint8Array(0), keyOffset: 0, keyLength: 0, value: new Uint8Array(0), valueOffset: 0, valueLength: 0,
      next(): boolean {
        if (++at >= keys.length) return false;
        const v = value((at * 37) % (at % 50 === 0 ? 700 : 80));
        this.key = keyBytes(keys[at]!);
        this.keyLength = this.key.length;
        this.value = keyBytes(v);
        this.valueLength = v.length;
        model.put(keys[at]!, v, csn);
        return true;
      },
    };
    assert(tree.bulkBuild(source, csn) === keys.length, 'entries built');
    checkWhole(pool, io, tree, keys.length);
  }
  for (const op of c.ops) {
    switch (op.kind) {
      case 'put':
        put(op.key, op.length);
        break;
      case 'putRun':
        for (let i = 0; i < op.count; i++) put(op.key + i * op.step, op.length);
        break;
      case 'putSorted': {
        const from = op.isAtEnd ? 1300 + ((csn * 29) % 2600) : op.key;
        const keys = new Set(Array.from({ length: op.count }, (_, i) => familyKey(c.family, (from + i * op.step) % 4001)));
        putSorted([...keys].sort((a, b) => (a < b ? -1 : 1)), op.length);
        break;
      }
      case 'delete':
        remove(familyKey(c.family, op.key));
        break;
      case 'deleteRun': {
        const sorted = model.keys();
        const from = sorted.length === 0 ? 0 : op.key % sorted.length;
        for (const key of sorted.slice(from, from + op.count)) remove(key);
        break;
      }
      case 'deleteSorted': {
        const sorted = model.keys();
        const known = (i: number): string | undefined => sorted[(op.key % Math.max(1, sorted.length)) + i * op.step];
        const keys = new Set(Array.from({ length: op.count }, (_, i) => (op.isKnown && i % 16 !== 7 ? known(i) : familyKey(c.family, (op.key + i * op.step) % 4001))));
        removeSorted([...keys].filter((key) => key !== undefined).sort((a, b) => (a < b ? -1 : 1)));
        break;
      }
      case 'replaceSorted': {
        const sorted = model.keys();
        const keys = sorted.filter((_, i) => i >= op.key % sorted.length && i % op.step === 0).slice(0, op.count);
        csn++;
        if (keys.length > 0) putAll(keys, keys.map((key, i) => value(Math.max(0, model.entries.get(key)!.value.length - (i % 3 === 0 ? op.shorter : 0)))));
        break;
      }
      case 'changeFound': {
        const sorted = model.keys();
        const keys = new Set(Array.from({ length: Math.min(op.count, sorted.length) }, (_, i) => sorted[(op.key + i * op.step) % sorted.length]!));
        changeFound([...keys], op.more, op.isRemoval, op.between);
        break;
      }
      case 'seek':
        seek(familyKey(c.family, op.key));
        break;
      case 'hold': {
        dropHeld();
        const heldRef = new LeafRef();
        const key = keyBytes(familyKey(c.family, op.key));
        tree.seekLeafFor(key, key.length, heldRef);
        held = { ref: heldRef, upper: heldRef.upperFence(), content: leafText(heldRef) };
        break;
      }
      case 'walk':
        same(op.backward ? readBackward(tree) : readForward(tree), model.keys(), model.entries);
        break;
      case 'freeze':
        freeze();
        break;
      case 'writeFrozen':
        if (frozen !== undefined && pool.writeFrozen(op.count) === 0) endFreeze();
        break;
      case 'abandon':
        if (frozen === undefined) break;
        pool.writeFrozen(2);
        pool.abandonFreeze();
        io.endFreeze();
        frozen = undefined;
        break;
    }
    checkHeld();
    pool.checkFrames();
  }
  checkHeld();
  dropHeld();
  endFreeze();
  same(readForward(tree, model.changes), model.keys(), model.entries);
  same(readBackward(tree), model.keys(), model.entries);
  checkWhole(pool, io, tree, model.entries.size);
  assert(pool.pinCount() === 0, 'pins left over', pool.pinCount());

  // What a final checkpoint writes is the whole state, and a fresh pool reads it back.
  io.beginFreeze();
  pool.freezeDirty();
  while (pool.writeFrozen(2) > 0);
  pool.thaw();
  assert(pool.stats().dirtyCount === 0, 'dirty pages after a checkpoint');
  const reopened = MapPageIo.over(io.endFreeze(), size);
  for (const page of [...reopened.allocated]) if (!io.allocated.has(page)) reopened.allocated.delete(page);
  const otherPool = new BufferPool(reopened, 8 * size);
  const other = BTree.open(otherPool, tree.id, tree.root as PageId);
  same(readForward(other, model.changes), model.keys(), model.entries);

  // Dropping frees everything but the root.
  let steps = 0;
  while (!tree.dropStep(3)) {
    assert(++steps < 100_000, 'dropping does not end');
    if (steps % 7 === 1) checkWhole(pool, io, tree);
  }
  assert(io.allocated.size === 1, 'pages left after a drop', io.allocated.size);
  checkWhole(pool, io, tree, 0);
}
