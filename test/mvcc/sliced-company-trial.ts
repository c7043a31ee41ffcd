/**
 * A large commit in slices (mvcc/commit/sliced-commit.ts) beside transactions that are open: with old snapshots, in the middle of a scan, in a statement that waits, between two statements, or with commits
 * of their own on the way to the disk, among them large ones. In the middle of it they go on, and the disk may fail.
 *
 * C1  A snapshot of before shows what was there before, whenever it is asked; a new one all of the commit or nothing, by whether it is published.
 * C2  SERIALIZABLE: who has read in the middle what the commit changes, and changes what that has read, fails; and so does the commit if it is the other way round, before anything has happened.
 * C3  What was acknowledged is on the disk, and every commit there whole.
 */
import { strict as check } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { LeafScan } from '../../mvcc/reads/leaf-scan.js';
import { RowRef, wholeRange } from '../../mvcc/types.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { latin1 } from './client.js';
import { type Stretch, rowsOf, run } from './install-runs-trial.js';
import { type SlicedWorld, closeSliced, createTree, hops, openSliced, rowsAgain } from './sliced-world.js';

type Isolation = 'read committed' | 'repeatable read' | 'serializable';
const levels = ['read committed', 'repeatable read', 'serializable'] as const;

/** What comes of a disk that fails. */
const failureCodes: ReadonlySet<string> = new Set(['58030', '53100']);

/** The large commit under way, and what it is about. */
interface Round {
  readonly world: SlicedWorld;
  readonly rows: VersionedTree;
  readonly marks: VersionedTree;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly large: Transaction;
  /** It has read the mark, and changes rows, at SERIALIZABLE. */
  readonly isCertified: boolean;
}
/** Another large commit, of a tree of its own. */
interface Load {
  readonly transaction: Transaction;
  readonly tree: VersionedTree;
  readonly before: readonly string[];
  readonly after: readonly string[];
  outcome: string;
}
/** An open transaction beside it. `goOn`: does something in the middle, which may end it. */
interface Companion {
  readonly transaction: Transaction;
  goOn(round: Round): Promise<void>;
}

const drawStretch = (prng: Prng): Stretch => ({
  from: prng.below(300), count: 1 + prng.below(120), step: [1, 1, 2, 7][prng.below(4)]!, length: prng.below(8) === 0 ? 200 + prng.below(300) : prng.below(40), isRemoval: prng.below(3) === 0, isUndone: prng.below(7) === 0,
  isByKey: prng.below(2) === 0,
});

function shows(found: readonly string[], expected: readonly string[]): void {
  const at = found.findIndex((row, i) => row !== expected[i]);
  check.ok(at < 0 && found.length === expected.length, `${found.length} rows for ${expected.length}, the first other one at ${at}: ${found[at]} for ${expected[at]}`);
}
function readOn(scan: LeafScan, into: string[], countMax = Infinity): void {
  while (into.length < countMax && scan.next()) {
    for (let i = 0; i < scan.count; i++) {
      into.push(`${scan.keyAt(i)}=${latin1(scan.u8, scan.offsets[i]!, scan.lengthAt(i))}`);
      if (into.length === countMax) return scan.suspendAt(i);
    }
  }
}
function readAll(transaction: Transaction, tree: VersionedTree): string[] {
  const found: string[] = [];
  transaction.beginStatement({ text: 'look' });
  readOn(transaction.openScan(tree, wholeRange), found);
  transaction.endStatement();
  return found;
}
/** Takes its snapshot, and has read the mark alone. */
function readMark(transaction: Transaction, marks: VersionedTree): void {
  transaction.beginStatement({ text: 'mark' });
  check.equal(transaction.get(marks, keyBytes('mark'), 4, new RowRef()), true);
  transaction.endStatement();
}
function takeSnapshot(transaction: Transaction): void {
  transaction.beginStatement({ text: 'snapshot' });
  check.equal(transaction.snapshotCsn, transaction.manager.lastPublished);
  transaction.endStatement();
}
async function setMark({ marks }: Round, transaction: Transaction, value: string): Promise<void> {
  transaction.beginStatement({ text: 'mark' });
  await transaction.lockRow(marks, 'mark', 'no key update', 'wait');
  transaction.update(marks, 'mark', keyBytes(value), 0, value.length);
  transaction.endStatement();
}

// ------------------------------------------------------------------------------------------------------------ who is beside it

/** With a snapshot of before: reads everything by it, and may then change what the commit has read. */
function reader(world: SlicedWorld, marks: VersionedTree, id: number, isolation: Isolation): Companion {
  const transaction = world.manager.begin({ isolation, owner: { id } });
  if (isolation !== 'read committed' || world.prng.below(2) === 0) takeSnapshot(transaction);
  const hasSnapshot = isolation !== 'read committed';
  return {
    transaction,
    goOn: async (round) => {
      for (let looks = 1 + world.prng.below(3); looks > 0; looks--) {
        const found = readAll(transaction, round.rows);
        shows(found, hasSnapshot || round.large.lifecycle !== 'committed' ? round.before : round.after);
        await hops(world.prng.below(20));
      }
      if (world.prng.below(3) === 0) return transaction.rollback();
      // The first updater may have been another of them.
      const isLost = isolation !== 'read committed' && world.manager.lastPublished > transaction.manager.horizon && marks.overlay.heads.has('mark');
      const outcome = await setMark(round, transaction, 'x').then(() => transaction.commit()).then(() => 'ok', (error: unknown) => (error as DbError).code);
      transaction.rollback();
      if ((isLost && outcome === '40001') || (world.vfs.fault !== undefined && failureCodes.has(outcome))) return;
      const isCycle = round.isCertified && isolation === 'serializable' && round.before.join() !== round.after.join();
      check.equal(outcome, isCycle ? '40001' : 'ok', 'who reads what the commit changes, and changes what it has read');
    },
  };
}

/** In the middle of a scan, as a cursor is. */
function cursor(world: SlicedWorld, rows: VersionedTree, before: readonly string[], id: number): Companion {
  const transaction = world.manager.begin({ isolation: 'repeatable read', owner: { id } });
  transaction.beginStatement({ text: 'cursor' });
  const found: string[] = [];
  const scan = transaction.openScan(rows, wholeRange, { reverse: world.prng.below(2) === 0 });
  readOn(scan, found, world.prng.below(before.length + 1));
  const paused = transaction.pauseStatement();
  return {
    transaction,
    goOn: () => {
      transaction.resumeStatement(paused);
      readOn(scan, found);
      transaction.endStatement();
      shows(found.sort(), [...before].sort());
      transaction.rollback();
      return Promise.resolve();
    },
  };
}

/** In a statement that gives others their turn between two batches. */
function slowReader(world: SlicedWorld, rows: VersionedTree, before: readonly string[], id: number): Companion {
  const transaction = world.manager.begin({ isolation: levels[world.prng.below(3)]!, owner: { id } });
  transaction.beginStatement({ text: 'slow' });
  const scan = transaction.openScan(rows, wholeRange);
  const found: string[] = [];
  readOn(scan, found, 1 + world.prng.below(before.length + 1));
  return {
    transaction,
    goOn: () => {
      readOn(scan, found);
      transaction.endStatement();
      shows(found, before);
      transaction.rollback();
      return Promise.resolve();
    },
  };
}

/** In a statement that takes its snapshot now, as a cursor does that has been opened, and reads later. */
function opener(world: SlicedWorld, id: number): Companion {
  const transaction = world.manager.begin({ isolation: levels[world.prng.below(3)]!, owner: { id } });
  transaction.beginStatement({ text: 'open' });
  return {
    transaction,
    goOn: async ({ rows, large, before, after }) => {
      const paused = transaction.pauseStatement();
      const isBefore = large.lifecycle !== 'committed';
      await hops(world.prng.below(30));
      transaction.resumeStatement(paused);
      const found: string[] = [];
      readOn(transaction.openScan(rows, wholeRange), found);
      transaction.endStatement();
      shows(found, isBefore ? before : after);
      transaction.rollback();
    },
  };
}

/** Waits for a row that the commit changes, or for one that it does not. */
async function waiter(world: SlicedWorld, marks: VersionedTree, id: number): Promise<Companion> {
  const holder = world.manager.begin({ isolation: 'read committed', owner: { id: id + 1000 } });
  holder.beginStatement({ text: 'hold' });
  await holder.lockRow(marks, 'other', 'update', 'wait');
  holder.endStatement();
  const transaction = world.manager.begin({ isolation: 'read committed', owner: { id } });
  transaction.beginStatement({ text: 'wait' });
  const waiting = Promise.resolve(transaction.lockRow(marks, 'other', 'update', 'wait'));
  // It fails with the disk, perhaps before anybody looks.
  waiting.catch(() => undefined);
  return {
    transaction,
    goOn: async ({ rows, before }) => {
      holder.rollback();
      await waiting;
      // It goes on with its statement, whose snapshot is of before the wait.
      const found: string[] = [];
      readOn(transaction.openScan(rows, wholeRange), found);
      shows(found, before);
      transaction.endStatement();
      await transaction.commit();
    },
  };
}

// ------------------------------------------------------------------------------------------------------------ the story

async function drawCompany(world: SlicedWorld, rows: VersionedTree, marks: VersionedTree, before: readonly string[]): Promise<Companion[]> {
  const { prng } = world;
  const company: Companion[] = [];
  let hasWaiter = false;
  for (let id = 10 + prng.below(4); id > 10; id--) {
    const kind = prng.below(7);
    if (kind < 3) company.push(reader(world, marks, id, levels[kind]!));
    else if (kind === 3) company.push(cursor(world, rows, before, id));
    else if (kind === 4) company.push(slowReader(world, rows, before, id));
    else if (kind === 5) company.push(opener(world, id));
    else if (!hasWaiter) {
      company.push(await waiter(world, marks, id));
      hasWaiter = true;
    }
  }
  return company;
}

/** A small commit, which waits for the disk. */
function small(world: SlicedWorld, marks: VersionedTree): Pick<Load, 'transaction' | 'outcome'> {
  const transaction = world.manager.begin({ isolation: 'read committed', owner: { id: 5 } });
  transaction.beginStatement({ text: 'small' });
  check.equal(transaction.insertFree(marks, keyBytes('small'), 5, keyBytes('s'), 0, 1), true);
  transaction.endStatement();
  return { transaction, outcome: 'open' };
}
function drawLoad(world: SlicedWorld, tree: VersionedTree, id: number): Load {
  const { manager, prng, store } = world;
  const transaction = manager.begin({ isolation: levels[prng.below(3)]!, owner: { id } });
  const before = rowsOf(store, tree.id);
  run(transaction, tree, [drawStretch(prng)], new Set(before.map((row) => row.slice(0, row.indexOf('=')))), prng.below(2) === 0);
  return { transaction, tree, before, after: readAll(transaction, tree), outcome: 'open' };
}
const outcomeOf = (error: unknown): string => (error instanceof DbError ? error.code : String(error));
function commitOf(load: Pick<Load, 'transaction' | 'outcome'>): Promise<void> {
  return new Promise((resolve) => load.transaction.commitThen({ committed: () => resolve(void (load.outcome = 'ok')), failed: (error) => resolve(void (load.outcome = outcomeOf(error))) }));
}

/** The disk fails for good at one of the next calls. */
function failSoon({ prng, vfs }: SlicedWorld): void {
  const kind = (['write', 'write', 'sync', 'writeThrough'] as const)[prng.below(4)]!;
  vfs.fault = { kind, at: (vfs.calls.get(kind) ?? 0) + 1 + prng.below(12), isForGood: true, code: prng.below(4) === 0 ? '53100' : '58030' };
}
/** C3, by what a power cut leaves now. `isFlushed`: also of what was not to wait for the disk. */
async function checkImage({ disk, prng }: SlicedWorld, loads: readonly Load[], isFlushed = false): Promise<void> {
  const image = disk.powerCut(prng);
  // They go on meanwhile.
  const now = loads.map((load) => ({ ...load }));
  for (const { tree, transaction, before, after, outcome } of now) {
    const found = await rowsAgain(image, tree.id);
    const isThere = outcome === 'ok' && (isFlushed || !transaction.asyncCommit);
    const isGone = outcome === '40001' || outcome === '53100';
    shows(found, isThere || (!isGone && found.join() !== before.join()) ? after : before);
  }
}

async function playRound(world: SlicedWorld, rows: VersionedTree, marks: VersionedTree, others: readonly VersionedTree[], there: Set<string>): Promise<'goes on' | 'ends'> {
  const { manager, prng } = world;
  const before = rowsOf(world.store, rows.id);
  const company = await drawCompany(world, rows, marks, before);
  const large = manager.begin({ isolation: levels[prng.below(3)]!, owner: { id: 1 }, asyncCommit: prng.below(3) === 0 });
  const isCertified = large.isolation === 'serializable' && prng.below(3) > 0;
  if (isCertified) readMark(large, marks);
  // What comes before it as well, so that it cannot commit.
  let isDoomed = isCertified && prng.below(4) === 0;
  const thereAfter = new Set(there);
  run(large, rows, Array.from({ length: 1 + prng.below(3) }, () => drawStretch(prng)), thereAfter, prng.below(2) === 0);
  const after = readAll(large, rows);
  const round: Round = { world, rows, marks, before, after, large, isCertified };
  if (isDoomed) {
    const other = manager.begin({ isolation: 'serializable', owner: { id: 2 } });
    shows(readAll(other, rows), before);
    await setMark(round, other, 'y');
    await other.commit();
    isDoomed = before.join() !== after.join();
  }
  const main: Load = { transaction: large, tree: rows, before, after, outcome: 'open' };
  const loads = others.filter(() => prng.below(4) === 0).map((tree, i) => drawLoad(world, tree, 30 + i));
  const running: Promise<unknown>[] = [];
  const isFailing = prng.below(8) === 0;
  if (isFailing) failSoon(world);
  const commitSome = (): void => void (loads.length > running.length && prng.below(2) === 0 && running.push(commitOf(loads[running.length]!)));
  commitSome();
  const isBehindSmall = loads.length === 0 && prng.below(3) === 0 && before.length > 0 && !marks.overlay.heads.has('small') && rowsOf(world.store, marks.id).length === 2;
  const first = isBehindSmall ? small(world, marks) : undefined;
  const firstEnded = first === undefined ? undefined : commitOf(first);
  const ended = commitOf(main);
  try {
    await hops(prng.below(40));
    for (const companion of company.sort(() => prng.below(3) - 1)) {
      if (prng.below(4) === 0) await (manager.busy ?? ended);
      commitSome();
      await companion.goOn(round);
      await hops(prng.below(30));
    }
  } catch (error) {
    if (!isFailing || !(error instanceof DbError && failureCodes.has(error.code))) throw error;
  }
  if (prng.below(5) === 0) {
    await checkImage(world, [main, ...loads]);
    if (prng.below(2) === 0) return 'ends';
  }
  while (loads.length > running.length) running.push(commitOf(loads[running.length]!));
  await ended;
  await Promise.all([firstEnded, ...running]);
  check.equal(manager.sliced, undefined);
  check.equal(manager.hush, undefined);
  if (isFailing) {
    world.vfs.fault = undefined;
    await checkImage(world, [main, ...loads]);
    return 'ends';
  }
  check.equal(main.outcome, isDoomed ? '40001' : 'ok');
  for (const { outcome } of first === undefined ? loads : [first]) check.equal(outcome, 'ok');
  for (const { tree, before: old, after: now, outcome } of [main, ...loads]) shows(rowsOf(world.store, tree.id), outcome === 'ok' ? now : old);
  if (!isDoomed) {
    there.clear();
    for (const key of thereAfter) there.add(key);
  }
  if (large.asyncCommit) world.store.flushSync();
  await checkImage(world, [main, ...loads], true);
  for (const { transaction } of company) transaction.rollback();
  while (manager.step());
  check.equal(manager.statistics().undoRecords, 0);
  return 'goes on';
}

/** One story. @throws AssertionError */
export async function slicedCompanyTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const world = await openSliced(new CrashVfs(), prng.below(2 ** 31), true);
  const [rows, marks, ...others] = Array.from({ length: 4 }, () => createTree(world)) as [VersionedTree, VersionedTree, ...VersionedTree[]];
  const setup = world.manager.begin({ isolation: 'read committed', owner: { id: 0 } });
  setup.beginStatement({ text: 'set up' });
  for (const key of ['mark', 'other']) check.equal(setup.insertFree(marks, keyBytes(key), key.length, keyBytes('0'), 0, 1), true);
  setup.endStatement();
  setup.commitSync();
  const there = new Set<string>();
  for (let left = 1 + prng.below(4); left > 0; left--) if ((await playRound(world, rows, marks, others, there)) === 'ends') break;
  await closeSliced(world).catch((error: unknown) => check.ok(error instanceof DbError));
}
