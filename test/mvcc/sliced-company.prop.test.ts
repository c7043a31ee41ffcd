/** A large commit in slices beside open transactions, which go on in the middle of it: sliced-company-trial.ts says who. */
import { strict as check } from 'node:assert';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { BeginOptions } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { rowsOf } from './install-runs-trial.js';
import { slicedCompanyTrial } from './sliced-company-trial.js';
import { closeSliced, createTree, openSliced } from './sliced-world.js';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['PROP_RUNS'] ?? 25);

test(`a large commit beside open transactions is whole for each of them; seed ${seed}`, async () => {
  for (let run = 0; run < runs; run++) {
    await slicedCompanyTrial(seed + run).catch((error: unknown) => {
      throw new Error(`SEED=${seed + run} PROP_RUNS=1 npx vitest run test/mvcc/sliced-company.prop.test.ts`, { cause: error });
    });
  }
});

function inserting(manager: TransactionManager, tree: VersionedTree, id: number, from: number, count: number, options: Partial<BeginOptions> = {}): Transaction {
  const transaction = manager.begin({ isolation: 'read committed', owner: { id }, ...options });
  transaction.beginStatement({ text: 'insert' });
  for (let i = from; i < from + count; i++) check.equal(transaction.insertFree(tree, keyBytes(String.fromCharCode(i)), 1, keyBytes('v'), 0, 1), true);
  transaction.endStatement();
  return transaction;
}

test('a large commit waits for those before it that wait for the disk, and is cut into slices all the same', async () => {
  const world = await openSliced(new CrashVfs(), 7, true);
  const { manager, time } = world;
  const tree = createTree(world);
  const open = manager.begin({ isolation: 'repeatable read', owner: { id: 1 } });
  open.beginStatement({ text: 'look' });
  const first = inserting(manager, tree, 2, 1, 1).commit();
  expect(manager.pending.length).toBe(1);
  const large = inserting(manager, tree, 3, 100, 80).commit();
  expect(manager.sliced).toBeUndefined();
  expect(manager.hush).toBeDefined();
  await first;
  while (manager.hush !== undefined) await time.yield();
  expect(manager.sliced).toBeDefined();
  expect(manager.busy).toBe(manager.sliced!.ended);
  await large;
  open.rollback();
  await closeSliced(world);
});

test('large commits that come together are cut into slices one after the other, and none has another finished at once', async () => {
  const world = await openSliced(new CrashVfs(), 7, true);
  const { manager, time } = world;
  Object.assign(manager, { slicedRowsMin: 20, sliceRows: 4 });
  const tree = createTree(world);
  const all = [inserting(manager, tree, 2, 1, 1), ...[10, 70, 130].map((from, i) => inserting(manager, tree, 3 + i, from, 60))];
  const turns = new Map<Transaction, number>();
  let isOver = false;
  const ended = Promise.all(all.map((transaction) => transaction.commit())).then(() => (isOver = true));
  while (!isOver) {
    const transaction = manager.sliced?.transaction;
    if (transaction !== undefined) turns.set(transaction, (turns.get(transaction) ?? 0) + 1);
    await time.yield();
  }
  await ended;
  expect([...turns.keys()]).toEqual(all.slice(1));
  for (const count of turns.values()) expect(count).toBeGreaterThan(5);
  await closeSliced(world);
});

test('a snapshot is not taken between two slices', async () => {
  const world = await openSliced(new CrashVfs(), 7, true);
  const { manager } = world;
  const tree = createTree(world);
  const cursor = manager.begin({ isolation: 'repeatable read', owner: { id: 1 } });
  cursor.beginStatement({ text: 'declare' });
  const large = inserting(manager, tree, 3, 100, 80, { asyncCommit: true });
  const ended = large.commit();
  expect(manager.sliced).toBeDefined();
  cursor.pauseStatement();
  expect(manager.sliced).toBeUndefined();
  expect(cursor.holder!.csn).toBe((await ended).csn);
  cursor.rollback();
  await closeSliced(world);
});

test('a transaction that fails while its commit waits for room in the log a second time is not committed', async () => {
  const world = await openSliced(new CrashVfs(), 7, true);
  const { manager, store } = world;
  const tree = createTree(world);
  const transaction = inserting(manager, tree, 3, 100, 3, { isolation: 'serializable' });
  let waits = 3;
  const reserve = store.reserveLog.bind(store);
  store.reserveLog = (bytes) => {
    if (--waits < 0) return reserve(bytes);
    return Promise.resolve().then(() => {
      if (waits === 0) transaction.cancelSnapshot();
    });
  };
  await expect(transaction.commit()).rejects.toMatchObject({ code: '53200' });
  expect(transaction.lifecycle).toBe('aborted');
  expect(rowsOf(store, tree.id)).toEqual([]);
  await closeSliced(world);
});
