/** A store and its transactions for trials of large commits in slices: a disk that can lose its power, small pages, few rows a slice, and the turns that a seed gives. */
import { strict as check } from 'node:assert';
import { type TreeId, treeId } from '../../base/ids.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { Scheduler } from '../../base/scheduler.js';
import { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { Store } from '../../storage/store.js';
import type { CrashVfs } from '../sim/crash-vfs.js';
import { FaultVfs } from '../sim/fault-vfs.js';
import { SimTime } from '../sim/sim-time.js';
import { rowsOf } from './install-runs-trial.js';

const path = 'dir/sliced.db';
/** More are not needed, whatever comes in between. */
const TurnsMax = 20_000;

export interface SlicedWorld {
  readonly disk: CrashVfs;
  readonly vfs: FaultVfs;
  readonly time: SimTime;
  readonly prng: Prng;
  readonly store: Store;
  readonly manager: TransactionManager;
  /** How often commits have changed it. */
  catalogVersion: number;
}
export async function openSliced(disk: CrashVfs, seed: number, isSliced: boolean): Promise<SlicedWorld> {
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  const vfs = new FaultVfs(disk);
  let turns = 0;
  const scheduler: Scheduler = {
    yield: () => (++turns > TurnsMax ? Promise.reject(new Error('it goes on for ever')) : time.yield()),
    after: (delayMs, fn) => time.after(delayMs, fn),
  };
  const env = { clock: time, prng, scheduler };
  const store = await Store.open({ vfs, path, ...env, durability: 'full', pageSizeBytes: 512, checkpointIntervalMs: 0, ...(prng.below(2) === 0 ? { walChunkBytes: 1500 } : { walChunkBytes: 200, walWriteOutBytes: 100 }) });
  const slicedRowsMin = isSliced ? 1 + prng.below(20) : Infinity;
  return { disk, vfs, time, prng, store, manager: new TransactionManager(store, env, { slicedRowsMin, sliceRows: 1 + prng.below(6), loneCommitsMin: 0 }), catalogVersion: 0 };
}
export async function closeSliced({ manager, store }: SlicedWorld): Promise<void> {
  manager.close();
  await store.close();
}
export async function hops(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await Promise.resolve();
}

export function createTree({ manager, store }: SlicedWorld): VersionedTree {
  const setup = manager.begin({ isolation: 'read committed', owner: { id: 0 } });
  const tree = setup.createTree(store.newTreeId(), { unique: true });
  setup.commitSync();
  return tree;
}

/** What a machine finds that starts from the disk. */
export async function rowsAgain(disk: CrashVfs, id: TreeId): Promise<string[]> {
  const again = await openSliced(disk, 1, false);
  const rows = rowsOf(again.store, treeId(id));
  check.deepEqual(again.store.check('full').problems, []);
  await closeSliced(again);
  return rows;
}
