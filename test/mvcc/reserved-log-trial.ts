/** Room in the log is found before a commit takes effect: what it reserves is enough for what it appends, and still free when it does. */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { realScheduler } from '../../base/scheduler.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { Store } from '../../storage/store.js';
import { reservationFor } from '../../storage/log/wal.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { buildFrom } from '../sim/storage-world.js';
import { Client } from './client.js';

interface Opened {
  readonly store: Store;
  readonly manager: TransactionManager;
}

async function open(vfs: CrashVfs): Promise<Opened> {
  const env = { clock: { now: () => 0, monotonic: () => 0 }, prng: seededPrng(1), scheduler: realScheduler };
  const store = await Store.open({ vfs, path: 'full.db', ...env, durability: 'full', checkpointIntervalMs: 0, walReserveBytes: 4096 });
  return { store, manager: new TransactionManager(store, env, {}) };
}
async function close({ store, manager }: Opened): Promise<void> {
  manager.close();
  await store.close();
}
const begin = ({ manager }: Opened): Transaction => manager.begin({ isolation: 'read committed', owner: { id: 1 } });

/** Commits of every kind append no more than they have reserved. */
export async function reservedLogTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const opened = await open(new CrashVfs());
  const { store } = opened;
  const reserve = store.reserveLogSync.bind(store);
  let reserved = 0;
  store.reserveLogSync = (bytes) => reserve((reserved = reservationFor(bytes)));
  const trees: VersionedTree[] = [];
  let made = 0;
  const entriesOf = (count: number): (readonly [string, string])[] => Array.from({ length: count }, () => [`k${String(made++).padStart(6, '0')}${'x'.repeat(prng.below(60))}`, 'v'.repeat(prng.below(prng.below(4) === 0 ? 900 : 100))]);
  for (let commits = 0; commits < 6; commits++) {
    const transaction = begin(opened);
    const client = new Client(transaction);
    // Of a row that is changed again, or removed, more is reserved than is logged.
    const mayChangeAgain = prng.below(2) === 0;
    if (trees.length === 0 || prng.below(3) === 0) trees.push(transaction.createTree(store.newTreeId(), { unique: true }));
    for (let builds = prng.below(3); builds > 0; builds--) {
      const built = buildFrom(store, store.newTreeId(), entriesOf(1 + prng.below(300)), opened.manager.lastPublished);
      await store.prepareAttach(built);
      trees.push(transaction.attachTree(built, { unique: true }));
    }
    for (let changed = prng.below(4); changed > 0; changed--) {
      const tree = trees[prng.below(trees.length)]!;
      for (const [key, value] of entriesOf(prng.below(200))) {
        await client.insert(tree, key, value);
        if (mayChangeAgain && prng.below(4) === 0) await client.update(tree, key, () => value.slice(prng.below(5)));
        if (mayChangeAgain && prng.below(8) === 0) await client.delete(tree, key);
      }
    }
    const before = store.appendedLsn;
    transaction.commitSync();
    assert(store.appendedLsn - before <= reserved, 'a commit takes more of the log than it has reserved', store.appendedLsn - before, reserved);
  }
  await close(opened);
}

/** On a disk that fills up, commits that follow each other within a turn are done or refused, and nothing shuts the store down. */
export async function fullDiskTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const vfs = new CrashVfs();
  const opened = await open(vfs);
  const id = opened.store.newTreeId();
  const setup = begin(opened);
  const tree = setup.createTree(id, { unique: true });
  await setup.commit();
  let acknowledged = 0;
  let refused = 0;
  const commitBegun = async (key: string, length: number): Promise<() => Promise<void>> => {
    const client = new Client(begin(opened));
    await client.insert(tree, key, 'v'.repeat(length));
    return async () => {
      try {
        await client.commit();
        acknowledged++;
      } catch (error) {
        if (!(error instanceof DbError && error.code === '53100')) throw error;
        refused++;
      }
    };
  };
  vfs.capacityBytes = vfs.usedBytes() + 50_000 + prng.below(100_000);
  for (let i = 0; refused < 6; i++) {
    // Who commits alone gives others a turn to join, and one that begins and commits in it takes of what the first has found free.
    const first = (await commitBegun(`a${i}`, prng.below(20_000)))();
    const second = (await commitBegun(`b${i}`, prng.below(20_000)))();
    await Promise.all([first, second]);
  }
  vfs.capacityBytes = Infinity;
  await (await commitBegun('last', 20_000))();
  await close(opened);
  const again = await open(vfs);
  const reader = new Client(begin(again));
  const there = await reader.range(again.manager.tree(treeId(id), { unique: true }), '', 'z');
  assert(there.length === acknowledged, 'acknowledged rows are not those that are there', acknowledged, there.length);
  reader.rollback();
  await close(again);
}
