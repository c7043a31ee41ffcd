/**
 * Scans against a sorted map: random rows over many small leaves, long values, own uncommitted changes, commits by others before and
 * during the scan, both directions, limits and pauses; and runs of entries and of ranges (mvcc/reads/entry-run.ts, range-run.ts) where they serve. Whatever happens around it, a scan shows its snapshot,
 * and at SERIALIZABLE what it or a run has walked over is registered as read, and nothing else.
 */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import { EntryRun } from '../../mvcc/reads/entry-run.js';
import { RangeRun } from '../../mvcc/reads/range-run.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { type IsolationLevel, RowRef, afterPrefix } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { type World, openWorld } from './world.js';

const keyOf = (n: number): string => 'k' + String(n).padStart(3, '0');

/** Changes some random keys and commits; `model` follows. `longOf`: one value of so many is long. @returns the keys touched */
function change(world: World, tree: VersionedTree, model: Map<string, string>, prng: Prng, longOf: number, count: number, transaction?: Transaction): Set<string> {
  const touched = new Set<string>();
  const own = transaction ?? world.manager.begin({ isolation: 'read committed', owner: { id: 1000 } });
  own.beginStatement({ text: 'change' });
  for (let i = 0; i < count; i++) {
    const key = keyOf(prng.below(60));
    touched.add(key);
    const value = keyBytes(`${key}=${prng.nextU32()}`.padEnd(prng.below(longOf) === 0 ? 300 : 10 + prng.below(60), '.'));
    if (!model.has(key)) {
      assert.deepEqual(own.claimKey(tree, key), { kind: 'free' });
      own.insert(tree, key, value, 0, value.length);
    } else {
      if (model.get(key) === 'busy') continue;
      void own.lockRow(tree, key, 'update', 'wait');
      if (prng.below(2) === 0) {
        own.remove(tree, key);
        model.delete(key);
        continue;
      }
      own.update(tree, key, value, 0, value.length);
    }
    model.set(key, Buffer.from(value).toString('latin1'));
  }
  own.endStatement();
  if (transaction === undefined) own.commitSync();
  return touched;
}

/** Reads the rows of a range, or the first of them: `isStopped`. */
function read(
  prng: Prng,
  transaction: Transaction,
  tree: VersionedTree,
  low: string,
  high: string | undefined,
  reverse: boolean,
  disturb: () => void,
): { readonly rows: [string, string][]; readonly isStopped: boolean } {
  const limit = prng.below(3) === 0 ? 1 + prng.below(30) : Infinity;
  const rows: [string, string][] = [];
  const few = prng.below(2) === 0;
  const scan = transaction.openScan(tree, { low, high }, { reverse, few });
  while (scan.next()) {
    if (prng.below(8) === 0) {
      scan.suspendAt(-1);
      disturb();
      continue;
    }
    for (let i = 0; i < scan.count; i++) {
      const start = few ? scan.offsetAt(i) : scan.offsets[i]!;
      const length = scan.lengthAt(i);
      assert.equal(scan.dv.getUint8(start), scan.u8[start]);
      rows.push([scan.keyAt(i), Buffer.from(scan.u8.subarray(start, start + length)).toString('latin1')]);
      if (rows.length === limit) {
        scan.stopAt(i);
        return { rows, isStopped: true };
      }
      if (prng.below(6) === 0) {
        scan.suspendAt(i);
        disturb();
        break;
      }
    }
    if (prng.below(4) === 0) disturb();
  }
  return { rows, isStopped: false };
}

/** Keys of rows, and keys between them. */
const probes = Array.from({ length: 61 }, (_, n) => [keyOf(n), keyOf(n) + '5']).flat();
/** Those of `probes` whose values are registered as read. */
function registered(transaction: Transaction, tree: VersionedTree): string[] {
  const reads = transaction.node?.reads.get(tree.siread);
  return probes.filter((key) => reads?.hitBy(key, false) !== undefined);
}
/** Those that a scan of the range has walked over. */
function walkedOver(low: string, high: string | undefined, reverse: boolean, stoppedAt: string | undefined): string[] {
  return probes.filter((key) => {
    if (key < low || (high !== undefined && key >= high)) return false;
    return stoppedAt === undefined || (reverse ? key >= stoppedAt : key <= stoppedAt);
  });
}

/** The entries of a prefix as a run gives them, or the first of them, with as much of each value as is expected; undefined when it takes a scan. */
function readRun(prng: Prng, run: EntryRun, transaction: Transaction, tree: VersionedTree, prefix: string, wanted: readonly [string, string][], disturb: () => void): { readonly rows: [string, string][]; readonly isStopped: boolean } | undefined {
  if (!run.open(transaction, tree, keyBytes(prefix), prefix.length)) return undefined;
  assert.equal(run.open(transaction, tree, keyBytes(prefix), prefix.length), false, 'a run is opened twice');
  return readOpened(prng, run, wanted, (i) => run.offsets[i]!, disturb);
}
/** The same of a range. */
function readRange(prng: Prng, run: RangeRun, transaction: Transaction, tree: VersionedTree, low: string, high: string | undefined, reverse: boolean, wanted: readonly [string, string][], disturb: () => void): { readonly rows: [string, string][]; readonly isStopped: boolean } | undefined {
  const bounds = run.free;
  for (const [into, text] of [[bounds.low, low], [bounds.high, high ?? '']] as const) {
    into.bytes.set(keyBytes(text));
    into.length = text.length;
  }
  bounds.isEndless = high === undefined;
  assert.deepEqual(bounds.range, { low, high });
  const few = reverse || prng.below(2) === 0;
  if (!run.openRange(transaction, tree, bounds, reverse, few)) return undefined;
  assert.equal(run.openRange(transaction, tree, run.free, reverse, few), false, 'a run is opened twice');
  assert.notEqual(run.free, bounds);
  return readOpened(prng, run, wanted, (i) => (few ? run.offsetAt(i) : run.offsets[i]!), disturb);
}
function readOpened(prng: Prng, run: EntryRun, wanted: readonly [string, string][], offsetAt: (i: number) => number, disturb: () => void): { readonly rows: [string, string][]; readonly isStopped: boolean } {
  const limit = prng.below(3) === 0 ? 1 + prng.below(6) : Infinity;
  const rows: [string, string][] = [];
  while (run.next()) {
    for (let i = 0; i < run.count; i++) {
      const start = offsetAt(i);
      rows.push([run.keyAt(i), Buffer.from(run.u8.subarray(start, start + (wanted[rows.length]?.[1].length ?? 0))).toString('latin1')]);
      if (rows.length === limit) {
        run.stopAt(i);
        return { rows, isStopped: true };
      }
      if (prng.below(6) > 0) continue;
      run.suspendAt(i);
      disturb();
      break;
    }
  }
  run.close();
  return { rows, isStopped: false };
}

function expected(model: ReadonlyMap<string, string>, low: string, high: string | undefined, reverse: boolean): [string, string][] {
  const rows = [...model].filter(([key]) => key >= low && (high === undefined || key < high)).sort(([a], [b]) => (a < b ? -1 : 1));
  return reverse ? rows.reverse() : rows;
}

export async function scanTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const world = await openWorld({}, seed);
  const tree = world.manager.tree(world.newTree(), { unique: true });
  const run = new EntryRun();
  const rangeRun = new RangeRun();
  const model = new Map<string, string>();
  const longOf = prng.below(2) === 0 ? 8 : 1000;
  change(world, tree, model, prng, longOf, prng.below(120));
  for (let round = 0; round < 6; round++) {
    const isolation = (['read committed', 'repeatable read', 'serializable'] as const satisfies readonly IsolationLevel[])[prng.below(3)]!;
    const transaction = world.manager.begin({ isolation, owner: { id: 1 } });
    transaction.beginStatement({ text: 'first' });
    void transaction.snapshotCsn;
    transaction.endStatement();
    const seen = new Map(model);
    const others = new Map(model);
    // Own changes; the others keep off those keys.
    if (prng.below(2) === 0) {
      for (const key of change(world, tree, seen, prng, longOf, prng.below(40), transaction)) others.set(key, 'busy');
    }
    const disturb = (): void => {
      change(world, tree, others, prng, longOf, 1 + prng.below(8));
      if (prng.below(3) === 0) world.manager.step();
    };
    transaction.beginStatement({ text: 'scan' });
    void transaction.snapshotCsn;
    for (let i = 0; i < 4; i++) {
      const a = keyOf(prng.below(61));
      const b = keyOf(prng.below(61));
      const [low, high] = prng.below(4) === 0 ? ['', undefined] : a < b ? [a, b] : [b, prng.below(4) === 0 ? undefined : a];
      const reverse = prng.below(2) === 0;
      const inRange = expected(seen, low, high, reverse);
      const checkRun = (given: { readonly rows: readonly (readonly [string, string])[]; readonly isStopped: boolean } | undefined, all: readonly [string, string][], from: string, to: string | undefined, isReverse: boolean, read: readonly string[]): void => {
        if (given === undefined) return;
        const what = `seed ${seed} round ${round} run ${i} ${from} ${to} ${isReverse}`;
        assert.deepEqual(given.rows, given.isStopped ? all.slice(0, given.rows.length) : all, what);
        if (transaction.node === undefined) return;
        const walked = new Set([...read, ...walkedOver(from, to, isReverse, given.isStopped ? given.rows.at(-1)![0] : undefined)]);
        assert.deepEqual(registered(transaction, tree), probes.filter((key) => walked.has(key)), what);
      };
      const beforeRange = registered(transaction, tree);
      checkRun(readRange(prng, rangeRun, transaction, tree, low, high, reverse, inRange, disturb), inRange, low, high, reverse, beforeRange);
      const before = registered(transaction, tree);
      const { rows, isStopped } = read(prng, transaction, tree, low, high, reverse, disturb);
      const where = `seed ${seed} round ${round} scan ${i} ${low} ${high} ${reverse}`;
      assert.deepEqual(rows, isStopped ? inRange.slice(0, rows.length) : inRange, where);
      if (transaction.node !== undefined) {
        const walked = new Set([...before, ...walkedOver(low, high, reverse, isStopped ? rows.at(-1)![0] : undefined)]);
        assert.deepEqual(registered(transaction, tree), probes.filter((key) => walked.has(key)), where);
      }
      const ref = new RowRef();
      const found = transaction.get(tree, keyBytes(a), a.length, ref);
      const value = found ? Buffer.from(ref.u8.subarray(ref.offset, ref.offset + ref.length)).toString('latin1') : undefined;
      assert.equal(value, seen.get(a));
      const prefix = a.slice(0, 2 + prng.below(3));
      const wanted = expected(seen, prefix, afterPrefix(prefix), false);
      const beforeRun = registered(transaction, tree);
      const given = readRun(prng, run, transaction, tree, prefix, wanted, disturb);
      checkRun(given, wanted, prefix, afterPrefix(prefix), false, beforeRun);
    }
    transaction.endStatement();
    transaction.rollback();
    for (const key of [...model.keys()]) if (!others.has(key)) model.delete(key);
    for (const [key, value] of others) if (value !== 'busy') model.set(key, value);
  }
}
