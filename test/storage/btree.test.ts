/** The tree: cases worth reading. Random ones against a model are in btree.prop.test.ts. */
import { expect, test } from 'vitest';
import { keyBytes, keyString } from '../../base/bytes.js';
import type { DbError } from '../../base/errors.js';
import { treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { BTree } from '../../storage/tree/btree.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { BulkBuilder } from '../../storage/tree/bulk-build.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { AtKind, AtLevel, AtLink, AtTreeId, PageKind } from '../../storage/pages/page.js';
import { cellAt, countOf, hasShortKeys } from '../../storage/pages/slotted-page.js';
import { checkTree } from '../../storage/tree/tree-check.js';
import { MapPageIo } from './map-page-io.js';
import { checkWhole, readForward, valueOf } from './tree-driver.js';

interface World {
  readonly io: MapPageIo;
  readonly pool: BufferPool;
  readonly tree: BTree;
}
function world(frames = 64, pageSizeBytes = 512): World {
  const io = new MapPageIo(pageSizeBytes);
  const pool = new BufferPool(io, frames * pageSizeBytes);
  return { io, pool, tree: BTree.create(pool, treeId(3), io.allocatePage()) };
}
const intKey = (n: number): string => String.fromCharCode(0x80, 0, 0, 0, (n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
function put(tree: BTree, key: string, value: string, csn = 1): void {
  const k = keyBytes(key);
  const v = keyBytes(value);
  tree.put(k, 0, k.length, v, 0, v.length, csn);
}
function remove(tree: BTree, key: string, csn = 1): boolean {
  const k = keyBytes(key);
  return tree.delete(k, 0, k.length, csn);
}
function get(tree: BTree, key: string): string | undefined {
  const ref = new LeafRef();
  const k = keyBytes(key);
  const value = tree.seek(k, k.length, ref) ? valueOf(ref, ref.slot) : undefined;
  ref.release();
  return value;
}
function code(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return (error as DbError).code;
  }
  return 'no error';
}
function figures({ pool, io, tree }: World): { fill: number; leafCount: number; height: number; entryCount: number } {
  checkWhole(pool, io, tree);
  const result = checkTree(pool, tree.id, tree.root, { onProblem: () => undefined, onPage: () => true });
  return { fill: result.leafBytesUsed / (result.leafCount * pool.pageSizeBytes), leafCount: result.leafCount, height: result.height, entryCount: result.entryCount };
}

test('a value is shown without its page being held', () => {
  const { tree, pool } = world();
  const place = { u8: new Uint8Array(0), dv: new DataView(new ArrayBuffer(0)), offset: 0, length: 0 };
  const peek = (key: string): string | boolean | undefined => {
    const k = keyBytes(key);
    const isThere = tree.peek(k, k.length, place);
    return isThere === true ? keyString(place.u8, place.offset, place.offset + place.length) : isThere;
  };
  expect(peek('a')).toBe(false);
  for (let i = 0; i < 200; i++) put(tree, intKey(i * 2), `value ${i}`);
  for (let i = 0; i < 200; i++) expect([peek(intKey(i * 2)), peek(intKey(i * 2 + 1))]).toEqual([`value ${i}`, false]);
  expect(place.dv.buffer).toBe(place.u8.buffer);
  put(tree, intKey(5), 'x'.repeat(3000));
  expect(peek(intKey(5))).toBe(undefined);
  put(tree, intKey(5), '');
  expect(peek(intKey(5))).toBe('');
  expect(pool.pinCount()).toBe(0);
});

test('an empty tree', () => {
  const { tree, pool } = world();
  const ref = new LeafRef();
  tree.seekFirst(ref);
  expect([ref.count, ref.slot, ref.maxCsn, ref.lowerFence(), ref.upperFence()]).toEqual([0, 0, 0, '', undefined]);
  expect(tree.nextLeaf(ref)).toBe(false);
  expect(tree.previousLeaf(ref)).toBe(false);
  tree.seekLast(ref);
  expect(ref.slot).toBe(0);
  ref.release();
  ref.release();
  expect(get(tree, 'x')).toBeUndefined();
  expect(remove(tree, 'x')).toBe(false);
  expect([tree.height(), tree.entryCountEstimate(), pool.pinCount()]).toEqual([1, 0, 0]);
});

test('the empty key and keys that are prefixes of each other or end in zeros', () => {
  const { tree } = world();
  const keys = ['', '\0', '\0\0', '\0\0\0\0', '\0\0\0\0\0', '\0\0\0\x01', 'a', 'a\0', 'a\0\0\0\0', 'ab', 'abcd', 'abcd\0', 'abcde', '\xff', '\xff\xff\xff\xff\xff'];
  for (const key of [...keys].reverse()) put(tree, key, `value of ${key}`);
  for (const key of keys) expect(get(tree, key)).toBe(`value of ${key}`);
  expect(get(tree, '\0\0\0')).toBeUndefined();
  expect(readForward(tree).map(([key]) => key)).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
});

test('keys up to a quarter page; a longer one is 54000 and changes nothing', () => {
  const { tree } = world();
  expect(tree.keyLengthMax).toBe(128);
  put(tree, 'k'.repeat(128), 'v');
  expect(get(tree, 'k'.repeat(128))).toBe('v');
  expect(code(() => put(tree, 'k'.repeat(129), 'v'))).toBe('54000');
  expect(tree.entryCountEstimate()).toBe(1);
});

test('ascending keys fill the pages, random ones about two thirds', () => {
  const ascending = world();
  for (let i = 0; i < 3000; i++) put(ascending.tree, intKey(i), 'a value of 24 characters');
  expect(figures(ascending).fill).toBeGreaterThan(0.92);

  const random = world();
  const prng = seededPrng(5);
  for (let i = 0; i < 3000; i++) put(random.tree, intKey(prng.nextU32()), 'a value of 24 characters');
  expect(figures(random).fill).toBeGreaterThan(0.6);
});

test('ascending keys fill the pages whatever the size of their entries', () => {
  // Among so many sizes some fill a page to its last byte, with none left for the fence that a split puts there.
  for (let length = 8; length < 40; length++) {
    const ascending = world();
    const descending = world();
    for (let i = 0; i < 400; i++) {
      put(ascending.tree, intKey(i), 'v'.repeat(length));
      put(descending.tree, intKey(1000 - i), 'v'.repeat(length));
    }
    expect(figures(ascending).fill).toBeGreaterThan(0.85);
    expect(figures(descending).fill).toBeGreaterThan(0.8);
    expect(get(ascending.tree, intKey(399))).toBe('v'.repeat(length));
  }
});

test('many ascending sequences side by side do not leave half-empty pages behind', () => {
  const w = world(256);
  for (let i = 0; i < 400; i++) for (let tenant = 0; tenant < 5; tenant++) put(w.tree, `tenant${tenant}:${intKey(i)}`, 'a value');
  const interleaved = figures(w).fill;
  const one = world(256);
  // Bursts per tenant, as sessions of one tenant each would insert.
  for (let i = 0; i < 400; i += 40) {
    for (let tenant = 0; tenant < 5; tenant++) for (let k = i; k < i + 40; k++) put(one.tree, `tenant${tenant}:${intKey(k)}`, 'a value');
  }
  expect(figures(one).fill).toBeGreaterThan(0.7);
  // A full leaf has keys of two tenants, and long slots; what a split leaves of the first one alone has short ones.
  expect(interleaved).toBeGreaterThan(0.4);
});

test('dense keys are short ones, until others come between them', () => {
  const w = world();
  const leaves = (): boolean[] => [...w.io.pages.keys()].map((id) => w.pool.fetch(id)).filter((frame) => w.pool.bytesOf(frame)[w.pool.baseOf(frame) + AtKind] === PageKind.Leaf).map((frame) => hasShortKeys(w.pool.viewOf(frame), w.pool.baseOf(frame)));
  for (let i = 65_000; i < 66_000; i++) put(w.tree, intKey(i), 'v'.repeat(i % 7 === 0 ? 130 : 9));
  expect(figures(w).leafCount).toBeLessThan(100);
  expect(leaves().filter((isShort) => !isShort).length).toBeLessThan(3);
  for (let i = 65_000; i < 66_000; i += 2) put(w.tree, `${intKey(i)}x`, 'longer');
  expect(leaves().filter((isShort) => isShort).length).toBeLessThan(3);
  for (let i = 65_000; i < 66_000; i++) {
    expect(get(w.tree, intKey(i))).toBe('v'.repeat(i % 7 === 0 ? 130 : 9));
    expect(get(w.tree, `${intKey(i)}x`)).toBe(i % 2 === 0 ? 'longer' : undefined);
    expect(get(w.tree, intKey(i).slice(0, 3))).toBe(undefined);
  }
});

test('descending keys', () => {
  const w = world();
  for (let i = 3000; i > 0; i--) put(w.tree, intKey(i), 'a value of 24 characters');
  expect(figures(w).fill).toBeGreaterThan(0.85);
  expect(readForward(w.tree).length).toBe(3000);
});

test('deleting everything, in any order, gives all pages back but the root', () => {
  for (const order of ['ascending', 'descending', 'random']) {
    const w = world();
    const keys = Array.from({ length: 2000 }, (_, i) => intKey(i));
    for (const key of keys) put(w.tree, key, 'x'.repeat(40));
    expect(w.io.allocated.size).toBeGreaterThan(200);
    if (order === 'descending') keys.reverse();
    if (order === 'random') {
      const prng = seededPrng(1);
      for (let i = keys.length - 1; i > 0; i--) {
        const j = prng.below(i + 1);
        [keys[i], keys[j]] = [keys[j]!, keys[i]!];
      }
    }
    keys.forEach((key, i) => {
      expect(remove(w.tree, key)).toBe(true);
      if (i % 500 === 0) checkWhole(w.pool, w.io, w.tree, keys.length - i - 1);
    });
    expect([order, w.io.allocated.size, w.tree.height()]).toEqual([order, 1, 1]);
  }
});

test('deletes of four fifths shrink the tree', () => {
  const w = world();
  for (let i = 0; i < 4000; i++) put(w.tree, intKey(i), 'x'.repeat(30));
  const before = figures(w);
  for (let i = 0; i < 4000; i++) if (i % 5 !== 0) remove(w.tree, intKey(i));
  const after = figures(w);
  expect(after.leafCount).toBeLessThan(before.leafCount * 0.6);
  expect(after.fill).toBeGreaterThan(0.35);
});

test('long values: inline, over a cell, many pages; replaced by shorter and longer ones; no page is leaked', () => {
  const w = world();
  const lengths = [0, 1, 200, 207, 208, 209, 470, 471, 472, 473, 5000, 100_000];
  for (const [i, length] of lengths.entries()) put(w.tree, intKey(i), 'v'.repeat(length));
  for (const [i, length] of lengths.entries()) expect(get(w.tree, intKey(i))?.length).toBe(length);
  checkWhole(w.pool, w.io, w.tree, lengths.length);
  for (const [i] of lengths.entries()) put(w.tree, intKey(i), 'w'.repeat(lengths[lengths.length - 1 - i]!));
  for (const [i] of lengths.entries()) expect(get(w.tree, intKey(i))).toBe('w'.repeat(lengths[lengths.length - 1 - i]!));
  checkWhole(w.pool, w.io, w.tree, lengths.length);
  for (const [i] of lengths.entries()) remove(w.tree, intKey(i));
  expect(w.io.allocated.size).toBe(1);
});

test('a damaged overflow chain is XX001, not a wrong value', () => {
  const w = world();
  put(w.tree, 'k', 'v'.repeat(3000));
  const chain = [...w.io.allocated].filter((id) => id !== w.tree.root);
  const frame = w.pool.fetch(chain[1]!);
  w.pool.viewOf(frame).setUint32(w.pool.baseOf(frame) + AtTreeId, 99, true);
  expect(code(() => get(w.tree, 'k'))).toBe('XX001');
  w.pool.viewOf(frame).setUint32(w.pool.baseOf(frame) + AtTreeId, 3, true);
  const ordinalAt = 20;
  w.pool.viewOf(frame).setUint32(w.pool.baseOf(frame) + ordinalAt, 4, true);
  expect(code(() => get(w.tree, 'k'))).toBe('XX001');
});

test('each leaf carries the greatest CSN of its fences through splits and merges', () => {
  const { tree } = world();
  for (let i = 0; i < 500; i++) put(tree, intKey(i), 'x'.repeat(20), 5);
  put(tree, intKey(100), 'y', 9);
  remove(tree, intKey(300), 12);
  expect(remove(tree, intKey(1000), 99)).toBe(false);
  for (let i = 500; i < 900; i++) put(tree, intKey(i), 'x'.repeat(20), 6);
  const ref = new LeafRef();
  const stampOf = (n: number): number => {
    const key = keyBytes(intKey(n));
    tree.seek(key, key.length, ref);
    return ref.maxCsn;
  };
  expect([stampOf(100), stampOf(300), stampOf(200), stampOf(899)]).toEqual([9, 12, 5, 6]);
  // Splits: many inserts between; the stamp of the old leaf is on all its pieces.
  for (let i = 0; i < 50; i++) put(tree, intKey(299) + String.fromCharCode(i), 'x'.repeat(20), 7);
  expect(stampOf(300)).toBe(12);
  // Merges.
  for (let i = 0; i < 900; i++) if (i !== 301) remove(tree, intKey(i), 1);
  expect(stampOf(301)).toBe(12);
  put(tree, intKey(301), 'older', 3);
  expect(stampOf(301)).toBe(12);
  ref.release();
});

test('a held leaf: its bytes stay, a change is noticed, a walk goes on where it was', () => {
  const { tree, pool, io } = world(8);
  for (let i = 0; i < 300; i++) put(tree, intKey(i * 10), 'x'.repeat(20));
  const ref = new LeafRef();
  const key = keyBytes(intKey(1000));
  tree.seekLeafFor(key, key.length, ref);
  const first = ref.keyAt(0);
  const upper = ref.upperFence()!;
  // Reads and writes elsewhere, many evictions, a checkpoint.
  for (let i = 2000; i < 2900; i += 10) put(tree, intKey(i), 'yy');
  io.beginFreeze();
  pool.freezeDirty();
  while (pool.writeFrozen(4) > 0);
  pool.thaw();
  io.endFreeze();
  expect(ref.isCurrent()).toBe(true);
  expect(ref.keyAt(0)).toBe(first);
  put(tree, intKey(1001), 'x');
  expect(ref.isCurrent()).toBe(false);
  for (let i = 0; i < 100; i++) put(tree, intKey(1001) + String.fromCharCode(i), 'x'.repeat(20));
  for (let i = 0; i < 100; i++) remove(tree, intKey(i * 10));
  expect(tree.nextLeaf(ref)).toBe(true);
  expect(ref.keyAt(ref.slot) >= upper).toBe(true);
  expect(ref.slot === 0 || ref.keyAt(ref.slot - 1) < upper).toBe(true);
  ref.release();
  expect(pool.pinCount()).toBe(0);
});

test('walking many pages one way and the other, with a pool of a few frames', () => {
  const { tree } = world(8);
  for (let i = 0; i < 1000; i++) put(tree, intKey(i), String(i));
  const ref = new LeafRef();
  const key = keyBytes(intKey(777));
  const backward: number[] = [];
  tree.seekLeafBefore(key, key.length, ref);
  for (let slot = ref.slot; ; slot = ref.slot) {
    while (slot > 0) backward.push(Number(valueOf(ref, --slot)));
    if (!tree.previousLeaf(ref)) break;
  }
  expect(backward).toEqual(Array.from({ length: 777 }, (_, i) => 776 - i));
  ref.release();
});

test('bulk build: full pages, the same entries, and usable as any other tree', () => {
  const w = world();
  let n = 0;
  const source = {
    key: new Uint8Array(0) as Uint8Array, keyOffset: 0, keyLength: 0, value: new Uint8Array(0) as Uint8Array, valueOffset: 0, valueLength: 0,
    next(): boolean {
      this.key = keyBytes(intKey(n * 2));
      this.keyLength = 8;
      this.value = keyBytes('x'.repeat(n % 100 === 0 ? 1000 : n % 30));
      this.valueLength = this.value.length;
      return n++ < 3000;
    },
  };
  expect(w.tree.bulkBuild(source, 4)).toBe(3000);
  const { fill, entryCount, height } = figures(w);
  expect([entryCount, height]).toEqual([3000, 3]);
  expect(fill).toBeGreaterThan(0.9);
  expect(w.tree.leafCountEstimate()).toBeGreaterThan(50);
  const ref = new LeafRef();
  w.tree.seekFirst(ref);
  expect(ref.maxCsn).toBe(4);
  ref.release();
  for (let i = 0; i < 3000; i++) put(w.tree, intKey(i * 2 + 1), 'odd');
  expect(figures(w).entryCount).toBe(6000);
  expect(code(() => w.tree.bulkBuild(source, 4))).toBe('XX000');
});

test('a bulk build in steps, with other work in the pool between them', () => {
  const w = world(8);
  const other = BTree.create(w.pool, treeId(4), w.io.allocatePage());
  let n = 0;
  const source = {
    key: new Uint8Array(0) as Uint8Array, keyOffset: 0, keyLength: 8, value: new Uint8Array(20) as Uint8Array, valueOffset: 0, valueLength: 20,
    next(): boolean {
      this.key = keyBytes(intKey(n));
      return n++ < 1000;
    },
  };
  const builder = new BulkBuilder(w.tree, 1);
  let steps = 0;
  while (!builder.step(source, 64)) {
    steps++;
    for (let i = 0; i < 20; i++) put(other, intKey(steps * 100 + i), 'x'.repeat(40));
  }
  builder.close();
  expect([builder.entryCount, steps, w.pool.pinCount()]).toEqual([1000, 15, 0]);
  expect(readForward(w.tree).length).toBe(1000);
});

test('bulk build refuses entries that do not ascend', () => {
  const w = world();
  const keys = ['a', 'b', 'b'];
  const source = {
    key: new Uint8Array(0) as Uint8Array, keyOffset: 0, keyLength: 1, value: new Uint8Array(1) as Uint8Array, valueOffset: 0, valueLength: 1,
    next(): boolean {
      const key = keys.shift();
      if (key !== undefined) this.key = keyBytes(key);
      return key !== undefined;
    },
  };
  expect(code(() => w.tree.bulkBuild(source, 1))).toBe('XX000');
  checkWhole(w.pool, w.io, w.tree, 2);
});

test('a drop works in bounded steps, goes on after a reopening, and frees overflow chains bit by bit', () => {
  const w = world();
  for (let i = 0; i < 1000; i++) put(w.tree, intKey(i), 'x'.repeat(i === 500 ? 50_000 : 20));
  let steps = 0;
  for (let isDone = false; !isDone; steps++) {
    const before = w.io.allocated.size;
    isDone = BTree.open(w.pool, w.tree.id, w.tree.root).dropStep(10);
    expect(before - w.io.allocated.size).toBeLessThanOrEqual(10 + 4);
  }
  expect(steps).toBeGreaterThan(15);
  expect(w.io.allocated.size).toBe(1);
});

test('a descent notices a page of another tree, of the wrong level, and a key outside the fences', () => {
  const w = world();
  for (let i = 0; i < 1000; i++) put(w.tree, intKey(i), 'x'.repeat(20));
  const ref = new LeafRef();
  const key = keyBytes(intKey(600));
  w.tree.seek(key, key.length, ref);
  const { u8, dv, base } = ref;
  const seek = (): unknown => w.tree.seek(key, key.length, ref);
  dv.setUint32(base + AtTreeId, 4, true);
  expect(code(seek)).toBe('XX001');
  dv.setUint32(base + AtTreeId, 3, true);
  u8[base + AtLevel] = 1;
  expect(code(seek)).toBe('XX001');
  u8[base + AtLevel] = 0;
  expect(code(seek)).toBe('no error');
  // Parents that point to the wrong leaf: every key but those of that leaf meets its fences.
  for (const id of w.io.allocated) {
    const frame = w.pool.fetch(id);
    const view = w.pool.viewOf(frame);
    const at = w.pool.baseOf(frame);
    if (w.pool.bytesOf(frame)[at + AtLevel] !== 1) continue;
    view.setUint32(at + AtLink, ref.pageId, true);
    for (let i = 0; i < countOf(view, at); i++) view.setUint32(cellAt(view, at, i), ref.pageId, true);
  }
  const errors = { 'no error': 0, XX001: 0 };
  for (let i = 0; i < 1000; i++) {
    const other = keyBytes(intKey(i));
    errors[code(() => w.tree.seek(other, other.length, ref)) as keyof typeof errors]++;
    const absent = keyBytes(`${intKey(i)}x`);
    errors[code(() => w.tree.seek(absent, absent.length, ref)) as keyof typeof errors]++;
  }
  expect(errors['no error']).toBe(2 * ref.count);
  ref.release();
});

test('a failure at any allocation or eviction leaves a valid tree with the entry as before', () => {
  for (const what of ['allocation', 'eviction'] as const) {
    for (let k = 0; k < 60; k++) {
      const w = world(8);
      const model = new Map<string, string>();
      const prng = seededPrng(k);
      for (let i = 0; i < 150; i++) {
        const key = intKey(prng.below(4000));
        put(w.tree, key, 'x'.repeat(30));
        model.set(key, 'x'.repeat(30));
      }
      if (what === 'allocation') w.io.allocationsLeft = k % 7;
      else w.io.writesLeft = k;
      let failures = 0;
      for (let i = 0; i < 60; i++) {
        const key = intKey(prng.below(4000));
        const value = 'y'.repeat(i % 9 === 0 ? 700 : 45);
        try {
          put(w.tree, key, value);
          model.set(key, value);
        } catch (error) {
          expect((error as DbError).code).toBe('53100');
          failures++;
          w.io.allocationsLeft = Infinity;
          w.io.writesLeft = Infinity;
        }
      }
      expect(failures).toBeLessThanOrEqual(1);
      w.pool.checkFrames();
      expect(w.pool.pinCount()).toBe(0);
      expect(readForward(w.tree)).toEqual([...model].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
      checkWhole(w.pool, w.io, w.tree, model.size);
    }
  }
});
