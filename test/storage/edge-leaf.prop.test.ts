/** E1 of storage/tree/edge-leaf.ts: leaves begun at the right edge are those that `put` makes, and so are the pages above; where it fails nothing has changed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { PageId } from '../../base/ids.js';
import { treeId } from '../../base/ids.js';
import { BTree } from '../../storage/tree/btree.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import type { RunSource } from '../../storage/tree/bulk-build.js';
import { AtKind, PageKind } from '../../storage/pages/page.js';
import { cellAt, cellSizeAt, countOf, slotAt } from '../../storage/pages/slotted-page.js';
import { checkTree } from '../../storage/tree/tree-check.js';
import { MapPageIo } from './map-page-io.js';
import { familyKey, type KeyFamily } from './tree-driver.js';

const csn = 7;

class World {
  readonly io: MapPageIo;
  readonly pool: BufferPool;
  readonly tree: BTree;
  constructor(pageSizeBytes: number) {
    this.io = new MapPageIo(pageSizeBytes);
    this.pool = new BufferPool(this.io, pageSizeBytes * 400);
    const root: PageId = this.io.allocatePage();
    this.tree = BTree.create(this.pool, treeId(3), root);
  }
  put(key: string, value: string): void {
    this.tree.put(keyBytes(key), 0, key.length, keyBytes(value), 0, value.length, csn);
  }
  /** All pages, by id, as far as something refers to their bytes. */
  pages(): string[] {
    return [...this.io.allocated].sort((a, b) => a - b).map((id) => {
      const frame = this.pool.fetch(id);
      const u8 = this.pool.bytesOf(frame);
      const dv = this.pool.viewOf(frame);
      const base = this.pool.baseOf(frame);
      const hex = (from: number, to: number): string => Buffer.from(u8.subarray(from, to)).toString('hex');
      if (u8[base + AtKind] === PageKind.Overflow) return `${id} ${hex(base, base + this.pool.pageSizeBytes)}`;
      const count = countOf(dv, base);
      const cells = Array.from({ length: count }, (_, i) => hex(cellAt(dv, base, i), cellAt(dv, base, i) + cellSizeAt(u8, dv, base, i)));
      return [`${id} ${hex(base, slotAt(dv, base, count))}`, ...cells].join(' ');
    });
  }
  /** The number of entries of a tree without problems. */
  check(): number {
    const problems: string[] = [];
    const { entryCount } = checkTree(this.pool, this.tree.id, this.tree.root, { onProblem: ({ message }) => problems.push(message), onPage: () => true });
    expect(problems).toEqual([]);
    return entryCount;
  }
}

function runOf(keys: readonly string[], valueOf: (key: string) => string): RunSource {
  const source: RunSource = {
    key: new Uint8Array(0), keyOffset: 0, keyLength: 0, value: new Uint8Array(0), valueView: new DataView(new ArrayBuffer(0)), valueOffset: 0, valueLength: 0, left: keys.length + 1, putOffset: -1, sideBySide: 0, passPuts: () => undefined,
    next(): boolean {
      if (--this.left <= 0) return false;
      const key = keys[keys.length - this.left]!;
      this.key = keyBytes(key);
      this.keyLength = key.length;
      this.value = keyBytes(valueOf(key));
      this.valueView = new DataView(this.value.buffer, this.value.byteOffset, this.value.byteLength);
      this.valueLength = this.value.length;
      return true;
    },
  };
  source.next();
  return source;
}

const world = fc.record({
  family: fc.constantFrom<KeyFamily>('int4', 'int8', 'word', 'long', 'zeros'),
  pageSizeBytes: fc.constantFrom(512, 512, 1024, 4096),
  count: fc.integer({ min: 1, max: 900 }),
  step: fc.constantFrom(1, 3, 37, 300),
  before: fc.integer({ min: 0, max: 40 }),
  /** Lengths of values in turn; long ones go to overflow pages. */
  lengths: fc.array(fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 0, max: 40 }) }, { weight: 1, arbitrary: fc.integer({ min: 41, max: 700 }) }), { minLength: 1, maxLength: 12 }),
  /** How many there are in a run. */
  runLength: fc.integer({ min: 2, max: 300 }),
});

test('pages are those that puts make', () => {
  let levels = 0;
  fc.assert(
    fc.property(world, ({ family, pageSizeBytes, count, step, before, lengths, runLength }) => {
      const keys = [...new Set(Array.from({ length: count }, (_, i) => familyKey(family, i * step)))].sort((a, b) => (a < b ? -1 : 1));
      const lengthOf = new Map(keys.map((key, i) => [key, lengths[i % lengths.length]!]));
      const valueOf = (key: string): string => 'v'.repeat(lengthOf.get(key)!);
      const some = new World(pageSizeBytes);
      const simple = new World(pageSizeBytes);
      for (const key of keys) simple.put(key, valueOf(key));
      for (const key of keys.slice(0, before)) some.put(key, valueOf(key));
      for (let from = before; from < keys.length; from += runLength) {
        const run = runOf(keys.slice(from, from + runLength), valueOf);
        while (run.left > 0) some.tree.putSome(run, csn);
      }
      expect(some.pages()).toEqual(simple.pages());
      levels = Math.max(levels, some.tree.height());
    }),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 300) },
  );
  expect(levels).toBeGreaterThan(2);
});

test('a full disk leaves a tree with what was put before', () => {
  const keys = Array.from({ length: 400 }, (_, i) => familyKey('int4', i));
  for (let allocationsLeft = 0; allocationsLeft < 12; allocationsLeft++) {
    const some = new World(512);
    const { io, tree } = some;
    io.allocationsLeft = allocationsLeft;
    const run = runOf(keys, () => 'some value');
    expect(() => {
      while (run.left > 0) tree.putSome(run, csn);
    }).toThrow('the simulated disk is full');
    io.allocationsLeft = Infinity;
    expect(some.check()).toBe(keys.length - run.left);
    while (run.left > 0) tree.putSome(run, csn);
    expect(some.check()).toBe(keys.length);
  }
});
