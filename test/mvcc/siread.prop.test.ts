/** The search structures against naive ones: intervals by stabbing, SIREAD entries by membership, the lazy key order by sorting. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import { treeId } from '../../base/ids.js';
import { Interval, IntervalTree } from '../../mvcc/serializable/interval-tree.js';
import { KeyOrder } from '../../mvcc/write-set/key-order.js';
import { NoPlace, RecentReads } from '../../mvcc/serializable/recent-reads.js';
import { SerialNode } from '../../mvcc/serializable/serial-node.js';
import { SireadBudget } from '../../mvcc/serializable/siread.js';
import { VersionedTree } from '../../mvcc/versions/versioned-tree.js';

const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\0'), maxLength: 3 });
const end = fc.option(key, { nil: undefined });

describe('IntervalTree', () => {
  it('finds exactly the intervals that contain a key', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, end, fc.boolean()), { maxLength: 60 }), fc.array(key, { maxLength: 10 }), (steps, probes) => {
        const tree = new IntervalTree<number>();
        const alive: Interval<number>[] = [];
        steps.forEach(([low, high, isDelete], i) => {
          if (isDelete && alive.length > 0) tree.delete(alive.splice(i % alive.length, 1)[0]!);
          else {
            const interval = new Interval(i, low, high);
            alive.push(interval);
            tree.insert(interval);
          }
        });
        expect(tree.size).toBe(alive.length);
        for (const probe of probes) {
          const found: Interval<number>[] = [];
          tree.stab(probe, found);
          const expected = alive.filter(({ low, high }) => low <= probe && (high === undefined || probe < high));
          expect(found.map((interval) => interval.owner).sort()).toEqual(expected.map((interval) => interval.owner).sort());
        }
      }),
    );
  });
});

describe('TreeReads', () => {
  const read = fc.record({ low: key, high: end, isPoint: fc.boolean(), existence: fc.boolean() });

  it('covers what was read and, below the bound, nothing else', () => {
    fc.assert(
      fc.property(fc.array(read, { maxLength: 40 }), fc.array(read, { maxLength: 20 }), fc.array(key, { maxLength: 20 }), fc.boolean(), (first, second, probes, isBounded) => {
        const tree = new VersionedTree(treeId(1), { unique: true }, undefined);
        const budget = new SireadBudget(isBounded ? 3 : 1000, 1e9);
        const recent = new RecentReads(budget, 0);
        const [a, b] = [new SerialNode(1, false, false, recent), new SerialNode(2, false, false, recent)];
        const add = (node: SerialNode, reads: typeof first): void => {
          const of = node.readsOf(tree.siread);
          for (const { low, high, isPoint, existence } of reads) {
            if (isPoint) of.addPoint(low, 1, existence);
            else of.addRange(low, high, 1, existence);
            of.check();
          }
        };
        add(a, first);
        add(b, second);
        const reads = (of: typeof first, probe: string, changesKey: boolean): boolean =>
          of.some(({ low, high, isPoint, existence }) => (changesKey || !existence) && (isPoint ? low === probe : low <= probe && (high === undefined || probe < high)));
        const check = (node: SerialNode, of: typeof first): void => {
          for (const probe of probes) {
            for (const changesKey of [true, false]) {
              const hit = node.reads.get(tree.siread)?.hitBy(probe, changesKey) !== undefined;
              if (isBounded) expect(hit || !reads(of, probe, changesKey)).toBe(true);
              else expect(hit).toBe(reads(of, probe, changesKey));
              const found = new Set<SerialNode>();
              tree.siread.forEachReader(probe, changesKey, (reader) => found.add(reader.node));
              expect(found.has(node)).toBe(hit);
            }
          }
        };
        check(a, first);
        check(b, second);
        a.absorbReads(b);
        check(a, [...first, ...second]);
        a.releaseReads();
        expect(tree.siread.isEmpty).toBe(true);
        expect([budget.entries, budget.bytes]).toEqual([0, 0]);
      }),
    );
  });
});

describe('RecentReads', () => {
  const step = fc.record({
    kind: fc.constantFrom('read' as const, 'read' as const, 'read' as const, 'probe' as const, 'probe' as const, 'end' as const, 'commit' as const, 'ask' as const, 'settle all' as const),
    node: fc.nat({ max: 4 }), tree: fc.nat({ max: 1 }), low: key, high: end, isPoint: fc.boolean(), asBytes: fc.boolean(), existence: fc.boolean(), statement: fc.nat({ max: 2 }),
  });

  it.each([
    [0, 1000],
    [1, 1000],
    [2, 1000],
    [64, 31],
    [64, 32],
    [64, 1000],
  ])('with %i slots, and %i reads of a transaction in them, a probe finds exactly those who have read the key', (slotCount, readsMax) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.constantFrom(0, 4, 31), (steps, prefixLength) => {
        const trees = [new VersionedTree(treeId(1), { unique: true }, undefined), new VersionedTree(treeId(2), { unique: true }, undefined)];
        const budget = new SireadBudget(1000, 1e9);
        const recent = new RecentReads(budget, readsMax, slotCount);
        const prefix = 'x'.repeat(prefixLength);
        const fresh = (id: number): SerialNode => new SerialNode(id, false, false, recent);
        const nodes = [0, 1, 2, 3, 4].map(fresh);
        const done: { node: SerialNode; step: (typeof steps)[number] }[] = [];
        const has = (s: (typeof steps)[number], probe: string): boolean => (s.isPoint ? s.low === probe : s.low <= probe && (s.high === undefined || probe < s.high));
        for (const s of steps) {
          const node = nodes[s.node]!;
          const index = trees[s.tree]!.siread;
          const low = prefix + s.low;
          if (s.kind === 'read') {
            if (s.isPoint && s.asBytes) node.readPointBytes(index, keyBytes(low), low.length, s.statement, s.existence);
            else if (s.isPoint) node.readPoint(index, low, s.statement, s.existence);
            else node.readRange(index, low, s.high === undefined ? undefined : prefix + s.high, s.statement, s.existence);
            done.push({ node, step: s });
          } else if (s.kind === 'end') {
            node.releaseReads();
            node.state = 'gone';
            nodes[s.node] = fresh(s.node);
          } else if (s.kind === 'commit') node.state = 'committed';
          else if (s.kind === 'settle all') recent.settleAll();
          else if (s.kind === 'ask') {
            const expected = done.some((d) => d.node === node && d.step.tree === s.tree && !d.step.existence && has(d.step, s.low));
            expect(node.reads.get(index)?.hitBy(low, false) !== undefined).toBe(expected);
          } else {
            const found = new Set<SerialNode>();
            recent.settleRanges(index, low, node);
            for (let at = recent.pointOf(index, low, s.existence, node, NoPlace); at !== NoPlace; at = recent.pointOf(index, low, s.existence, node, at)) found.add(recent.hitAt(at, low).node);
            index.forEachReader(low, s.existence, (hit) => found.add(hit.node));
            found.delete(node); // a writer does not ask for its own reads
            const readers = done.filter((d) => d.node !== node && d.node.state !== 'gone' && d.step.tree === s.tree && (s.existence || !d.step.existence) && has(d.step, s.low));
            expect(found).toEqual(new Set(readers.map((d) => d.node)));
          }
          recent.check();
        }
        for (const node of nodes) node.releaseReads();
        expect([recent.count, budget.entries, budget.bytes]).toEqual([0, 0, 0]);
        for (const tree of trees) expect(tree.siread.isEmpty).toBe(true);
      }),
    );
  });
});

describe('KeyOrder', () => {
  it('gives the keys of the map in order, whatever was added and removed between reads', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('collect' as const), low: key, high: end, reverse: fc.boolean(), max: fc.integer({ min: 0, max: 8 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const map = new Map<string, number>();
        const order = new KeyOrder(map);
        for (const s of steps) {
          if (s.kind === 'add') {
            if (!map.has(s.key)) order.added(s.key);
            map.set(s.key, 1);
          } else if (s.kind === 'delete') {
            if (map.delete(s.key)) order.removed();
          } else {
            const all = [...map.keys()].filter((k) => k >= s.low && (s.high === undefined || k < s.high)).sort();
            if (s.reverse) all.reverse();
            const into: string[] = [];
            expect(order.collect(s.low, s.high, s.reverse, s.max, into)).toBe(all.length > s.max);
            expect(into).toEqual(all.slice(0, s.max));
          }
        }
      }),
    );
  });

  it('holds many keys', () => {
    const map = new Map<string, number>();
    const order = new KeyOrder(map);
    const into: string[] = [];
    for (let i = 0; i < 5000; i++) {
      const k = String((i * 7919) % 10007).padStart(5, '0');
      map.set(k, i);
      order.added(k);
      if (i % 500 === 0) order.collect('', undefined, false, 1, into);
    }
    into.length = 0;
    order.collect('', undefined, false, Infinity, into);
    expect(into).toEqual([...map.keys()].sort());
  });
});
