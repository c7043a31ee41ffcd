/**
 * Commits cut into slices (mvcc/commit/sliced-commit.ts) against the same in one slice: inserts in and out of order, blocks, changes and removals by key, savepoints. In the middle of each somebody
 * comes: who reads, writes, plans, checkpoints, closes, cuts the power, or makes the disk fail. Whoever looks finds all of the commit, whoever finds the disk later all or nothing of it.
 */
import { strict as check } from 'node:assert';
import fc from 'fast-check';
import { assert } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { oid } from '../../base/ids.js';
import { RowRef } from '../../mvcc/types.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { type Stretch, rowsOf, run, stretch } from './install-runs-trial.js';
import { type SlicedWorld, closeSliced, createTree, hops, openSliced, rowsAgain } from './sliced-world.js';

/** What comes in between, and what it must find; `after`: rows with the commit. May give back what is left of the world. */
type Intruder = (world: SlicedWorld, tree: VersionedTree, after: readonly string[], transaction: Transaction) => Promise<'goes on' | 'ends'>;

const pointOf = (row: string): { readonly key: string; readonly value: string } => {
  const at = row.indexOf('=');
  return { key: row.slice(0, at), value: row.slice(at + 1) };
};

const reads: Intruder = (world, tree, after) => {
  const reader = world.manager.begin({ isolation: 'repeatable read', owner: { id: 2 } });
  reader.beginStatement({ text: 'look' });
  check.equal(reader.snapshotCsn, world.manager.lastPublished);
  reader.endStatement();
  check.deepEqual(rowsOf(world.store, tree.id), after);
  reader.rollback();
  return Promise.resolve('goes on');
};
const readsWithinSlice: Intruder = (world, tree, after) => {
  const { manager, prng } = world;
  const row = new RowRef();
  const reader = manager.beginSlice([], false, { text: 'look' })!;
  // What it reads first would finish it, behind a snapshot that is of before.
  check.equal(manager.sliced, undefined, 'a slice is read in the middle of a commit');
  for (let looks = after.length === 0 ? 0 : 8; looks > 0; looks--) {
    const { key, value } = pointOf(after[prng.below(after.length)]!);
    check.equal(reader.get(tree, keyBytes(key), key.length, row), true);
    check.equal(Buffer.from(row.u8.subarray(row.offset, row.offset + row.length)).toString('latin1'), value);
  }
  row.release();
  reader.endSlice();
  return Promise.resolve('goes on');
};
/** By a commit of one row, which is gone again at once. */
const writes: Intruder = async (world, tree, after) => {
  const { singles } = world.manager;
  const key = keyBytes('single');
  for (const verb of ['insert', 'remove']) {
    assert(singles.begin({ id: 3 }, { text: verb }, oid(7), false), 'a single commit is refused');
    if (verb === 'insert') check.equal(singles.insertFree(tree, key, key.length, key, 0, 3), true);
    else check.equal(singles.removeByKey(tree, key, key.length), true);
    singles.end();
    const made = singles.take()!;
    await new Promise<unknown>((committed, failed) => singles.follow(made, { committed, failed }));
  }
  check.deepEqual(rowsOf(world.store, tree.id), after);
  return 'goes on';
};
/** By the catalog as it is when nothing has begun yet. */
const plans: Intruder = (world) => {
  const { catalogVersion } = world;
  const reader = world.manager.begin({ isolation: 'read committed', owner: { id: 4 } });
  reader.beginStatement({ text: 'planned' });
  check.ok(reader.snapshotCsn <= world.manager.lastPublished);
  check.equal(world.catalogVersion, catalogVersion, 'the catalog changes between the planning of a statement and its snapshot');
  reader.endStatement();
  reader.rollback();
  return Promise.resolve('goes on');
};
const rollsBack: Intruder = (_world, _tree, _after, transaction) => {
  transaction.rollback();
  return Promise.resolve('goes on');
};
const checkpoints: Intruder = async ({ store }) => {
  await store.checkpoint();
  return 'goes on';
};
const waits: Intruder = async ({ time, manager, prng }) => {
  time.advance(prng.below(200));
  await manager.sliced?.ended;
  return 'goes on';
};
const cutsPower: Intruder = () => Promise.resolve('ends');
const closes: Intruder = async (world) => {
  await closeSliced(world);
  return 'ends';
};
/** The checkpoint has captured when the power is cut, or not yet. */
const cutsPowerInCheckpoint: Intruder = async ({ store, prng }) => {
  store.checkpoint().catch(() => undefined);
  await hops(prng.below(40));
  return 'ends';
};
const failsDisk: Intruder = async ({ vfs, manager, prng }) => {
  const kind = (['write', 'sync', 'writeThrough'] as const)[prng.below(3)]!;
  vfs.fault = { kind, at: (vfs.calls.get(kind) ?? 0) + 1 + prng.below(3), isForGood: true, code: '58030' };
  await manager.sliced?.ended;
  check.equal(manager.sliced, undefined);
  return 'ends';
};
const intruders = { reads, readsWithinSlice, writes, plans, rollsBack, checkpoints, waits, cutsPower, closes, cutsPowerInCheckpoint, failsDisk };

const transactions = fc.array(fc.record({
  stretches: fc.array(stretch, { minLength: 1, maxLength: 4 }), intruder: fc.constantFrom(...(Object.keys(intruders) as (keyof typeof intruders)[])), hops: fc.nat(60), changesCatalog: fc.nat(4).map((n) => n === 0),
}), { minLength: 1, maxLength: 4 });

/** The same changes in one slice. */
class Twin {
  readonly #world: SlicedWorld;
  readonly #tree: VersionedTree;
  readonly #there = new Set<string>();

  constructor(world: SlicedWorld) {
    this.#world = world;
    this.#tree = createTree(world);
  }
  commit(stretches: readonly Stretch[]): string[] {
    const tx = this.#world.manager.begin({ isolation: 'read committed', owner: { id: 1 } });
    run(tx, this.#tree, stretches, this.#there, true);
    tx.commitSync();
    return rowsOf(this.#world.store, this.#tree.id);
  }
  close(): Promise<void> {
    return closeSliced(this.#world);
  }
}
interface Change {
  readonly stretches: readonly Stretch[];
  readonly intruder: keyof typeof intruders;
  readonly hops: number;
  readonly changesCatalog: boolean;
}
async function withIntruders(seed: number, changes: readonly Change[]): Promise<void> {
  const world = await openSliced(new CrashVfs(), seed, true);
  const twin = new Twin(await openSliced(new CrashVfs(), seed, false));
  const tree = createTree(world);
  const there = new Set<string>();
  let before: string[] = [];
  for (const { stretches, intruder, hops: hopCount, changesCatalog } of changes) {
    const after = twin.commit(stretches);
    const tx = world.manager.begin({ isolation: 'read committed', owner: { id: 1 } });
    run(tx, tree, stretches, there, true);
    if (changesCatalog) tx.onPublish = () => void world.catalogVersion++;
    let outcome: 'open' | 'committed' | 'failed' = 'open';
    const committed = new Promise<void>((resolve) => {
      tx.commitThen({ committed: () => resolve(void (outcome = 'committed')), failed: (error) => resolve(void (outcome = error instanceof DbError && error.code === '58030' ? 'failed' : check.fail(error as Error))) });
    });
    await hops(hopCount);
    const next = await intruders[intruder](world, tree, after, tx);
    if (next === 'ends') {
      // Things go on while the disk is looked at.
      const isAcknowledged = (outcome as string) === 'committed';
      const found = await rowsAgain(world.disk.powerCut(world.prng), tree.id);
      check.deepEqual(found, isAcknowledged || found.length !== before.length || found.some((row, i) => row !== before[i]) ? after : before);
      break;
    }
    await committed;
    check.equal(outcome, 'committed');
    check.deepEqual(rowsOf(world.store, tree.id), after);
    check.deepEqual(await rowsAgain(world.disk.powerCut(world.prng), tree.id), after);
    check.equal(world.manager.statistics().undoRecords, 0);
    before = after;
  }
  await twin.close();
  await closeSliced(world).catch((error: unknown) => check.ok(error instanceof DbError));
}

/** One by itself, whose failure is all that is asked, is not made smaller. @throws AssertionError */
export async function slicedCommitTrial(seed: number, numRuns = 1): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.nat(1_000_000), transactions, withIntruders), { seed, numRuns, endOnFailure: numRuns === 1 });
}
