/** Through the real log: group commit, checkpoints under way, reopening. What was acknowledged is there, whole, and numbers go on. */
import { describe, expect, it } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { DbError } from '../../base/errors.js';
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { realScheduler } from '../../base/scheduler.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { type MvccOptions, TransactionManager } from '../../mvcc/transaction-manager.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { Store } from '../../storage/store.js';
import { reservationFor } from '../../storage/log/wal.js';
import { Client } from './client.js';
import { rowBlock } from './row-block.js';

/** Syncs of a file in memory take no time: whether they are made at once must not hang on how busy the machine is. */
const clock: Clock = { now: () => 0, monotonic: () => 0 };

async function open(vfs: MemoryVfs, scheduler = realScheduler, options: MvccOptions = {}, durability: 'full' | 'none' = 'full'): Promise<{ store: Store; manager: TransactionManager }> {
  const env = { clock, prng: seededPrng(1), scheduler };
  const store = await Store.open({ vfs, path: 'bank.db', ...env, durability, pageSizeBytes: 512, checkpointIntervalMs: 0 });
  return { store, manager: new TransactionManager(store, env, options) };
}

describe('durable transactions', () => {
  it('keep a bank balanced over commits, conflicts, checkpoints and a restart', async () => {
    const vfs = new MemoryVfs();
    const accounts = Array.from({ length: 40 }, (_, i) => `acc${String(i).padStart(3, '0')}`);
    const first = await open(vfs);
    const id = first.store.newTreeId();
    const setup = new Client(first.manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const made = setup.transaction.createTree(id, { unique: true, tableName: 'bank' });
    for (const account of accounts) await setup.insert(made, account, '100');
    await setup.commit();
    let acknowledged = 0;
    const run = async (session: number): Promise<void> => {
      const prng = seededPrng(session);
      const owner = { id: session };
      for (let i = 0; i < 40; ) {
        const isolation = session % 2 === 0 ? 'serializable' : 'repeatable read';
        const client = new Client(first.manager.begin({ isolation, owner }));
        const [from, to] = [accounts[prng.below(40)]!, accounts[prng.below(40)]!];
        try {
          const amount = 1 + prng.below(20);
          const sum = (await client.range(made, '', 'z')).reduce((total, value) => total + Number(value), 0);
          expect(sum).toBe(4000);
          await client.update(made, from, (old) => String(Number(old) - amount));
          await client.update(made, to, (old) => String(Number(old) + amount));
          await client.commit();
          acknowledged++;
          i++;
        } catch (error) {
          if (!(error instanceof DbError) || (error.code !== '40001' && error.code !== '40P01')) throw error;
          client.rollback();
          await realScheduler.yield();
        }
        if (prng.below(30) === 0) await first.store.checkpoint();
      }
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map(run));
    expect(acknowledged).toBe(240);
    const { lastPublished } = first.manager;
    expect(lastPublished).toBe(first.manager.lastAssigned);
    while (first.manager.step());
    expect(first.manager.statistics()).toMatchObject({ undoRecords: 0, sireadEntries: 0, nodesKept: 0 });
    first.manager.close();
    await first.store.close();

    const second = await open(vfs);
    // Serializable readers take numbers too, which leave no trace in the log.
    expect(second.manager.lastPublished).toBeLessThanOrEqual(lastPublished);
    const bank = second.manager.tree(treeId(id), { unique: true });
    const check = new Client(second.manager.begin({ isolation: 'serializable', owner: { id: 1 } }));
    expect((await check.range(bank, '', 'z')).reduce((total, value) => total + Number(value), 0)).toBe(4000);
    expect(check.transaction.commitSync().csn).toBe(csn(0));
    const writer = second.manager.begin({ isolation: 'read committed', owner: { id: 1 } });
    const client = new Client(writer);
    await client.update(bank, 'acc000', () => '0');
    expect(writer.commitSync().csn).toBe(second.manager.lastPublished);
    second.manager.close();
    await second.store.close();
  });

  it('shut the store down when a page cannot be read once a commit has its number', async () => {
    const { store, manager } = await open(new MemoryVfs());
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const made = setup.transaction.createTree(store.newTreeId(), { unique: true, tableName: 'bank' });
    await setup.insert(made, 'a', '100');
    await setup.commit();
    const reader = new Client(manager.begin({ isolation: 'repeatable read', owner: { id: 1 } }));
    expect(await reader.range(made, '', 'z')).toEqual(['100']);
    const writer = new Client(manager.begin({ isolation: 'repeatable read', owner: { id: 2 } }));
    await writer.update(made, 'a', () => '200');
    const unreadable = new DbError('58030', 'could not read page 3');
    Object.assign(made.btree!, { seek: () => { throw unreadable; } });
    await expect(writer.commit()).rejects.toMatchObject({ code: '58030', cause: unreadable });
    expect(manager.poisoned).toMatchObject({ code: '58030' });
    manager.close();
    await store.close().catch(() => undefined);
  });

  it('take a load of one tree beside changes of another in no order', async () => {
    const vfs = new MemoryVfs();
    const { store, manager } = await open(vfs);
    const setup = manager.begin({ isolation: 'read committed', owner: { id: 0 } });
    const [loaded, other] = [setup.createTree(store.newTreeId(), { unique: true }), setup.createTree(store.newTreeId(), { unique: true })];
    setup.commitSync();
    const client = new Client(manager.begin({ isolation: 'read committed', owner: { id: 1 } }));
    for (const key of ['m', 'c', 'x']) await client.insert(other, key, `other ${key}`);
    for (let i = 0; i < 40; i++) await client.insert(loaded, `k${String(i).padStart(3, '0')}`, `row ${i}`);
    for (const key of ['a', 'z', 'b']) await client.insert(other, key, `other ${key}`);
    await client.commit();
    const reader = new Client(manager.begin({ isolation: 'read committed', owner: { id: 1 } }));
    expect(await reader.range(loaded, '', '~')).toEqual(Array.from({ length: 40 }, (_, i) => `row ${i}`));
    expect(await reader.range(other, '', '~')).toEqual(['a', 'b', 'c', 'm', 'x', 'z'].map((key) => `other ${key}`));
    reader.rollback();
    manager.close();
    await store.close();
  });

  it('shut the store down when a commit without versions fails after its number', async () => {
    const { store, manager } = await open(new MemoryVfs());
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const made = setup.transaction.createTree(store.newTreeId(), { unique: true });
    await setup.insert(made, 'a', '100');
    await setup.commit();
    const writer = new Client(manager.begin({ isolation: 'read committed', owner: { id: 1 } }));
    await writer.update(made, 'a', () => '200');
    const broken = new Error('a defect');
    Object.assign(writer.transaction.writes!, { newestByTree: () => { throw broken; } });
    await expect(writer.commit()).rejects.toMatchObject({ code: '58030', cause: broken });
    expect(manager.poisoned).toMatchObject({ code: '58030' });
    manager.close();
    await store.close().catch(() => undefined);
  });

  it('published by one flush, in order', async () => {
    const { store, manager } = await open(new MemoryVfs());
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const tree = setup.transaction.createTree(store.newTreeId(), { unique: true });
    await setup.commit();
    const flushes = store.stats().flushCount;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        const transaction = manager.begin({ isolation: 'read committed', owner: { id: i + 1 } });
        await new Client(transaction).insert(tree, `k${i}`, 'v');
        const { csn: number } = await transaction.commit();
        order.push(number);
      }),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(store.stats().flushCount - flushes).toBeLessThan(16);
    const reader = manager.begin({ isolation: 'read committed', owner: { id: 1 } });
    reader.beginStatement({ text: 'count' });
    expect(reader.probeLatest(tree, { low: 'k63', high: 'k64' })).toBe(true);
    reader.endStatement();
    reader.rollback();
    manager.close();
    await store.close();
  });

  /** Turns of the event loop that `commit` took for each of `count` commits of session `owner`. */
  async function turnsOf(world: { manager: TransactionManager; turns: () => number }, tree: VersionedTree, owner: { id: number }, count: number): Promise<number[]> {
    const turns: number[] = [];
    for (let i = 0; i < count; i++) {
      const transaction = world.manager.begin({ isolation: 'read committed', owner });
      await new Client(transaction).insert(tree, `s${owner.id}-${world.manager.lastAssigned}`, 'v');
      const before = world.turns();
      await transaction.commit();
      turns.push(world.turns() - before);
      await realScheduler.yield();
    }
    return turns;
  }

  it.each([0, 3, Infinity])('give others a turn to join until %s commits of one session in a row, and again after the first of another', async (loneCommitsMin) => {
    let turns = 0;
    // The log's loop asks for a turn of its own with every commit.
    const scheduler = { ...realScheduler, yield: () => (turns++, realScheduler.yield()) };
    const { store, manager } = await open(new MemoryVfs(), scheduler, { loneCommitsMin });
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const tree = setup.transaction.createTree(store.newTreeId(), { unique: true });
    await setup.commit();
    await realScheduler.yield();
    const world = { manager, turns: () => turns };
    const [one, two] = [{ id: 1 }, { id: 2 }];
    const expected = Array.from({ length: 5 }, (_, i) => (i < loneCommitsMin ? 2 : 1));
    expect(await turnsOf(world, tree, one, 5)).toEqual(expected);
    expect(await turnsOf(world, tree, two, 5)).toEqual(expected);
    expect(await turnsOf(world, tree, one, 5)).toEqual(expected);
    manager.close();
    await store.close();
  });

  it('give nobody a turn where nothing is written to a disk', async () => {
    let turns = 0;
    const scheduler = { ...realScheduler, yield: () => (turns++, realScheduler.yield()) };
    const { store, manager } = await open(new MemoryVfs(), scheduler, { loneCommitsMin: Infinity }, 'none');
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const tree = setup.transaction.createTree(store.newTreeId(), { unique: true });
    await setup.commit();
    expect(await turnsOf({ manager, turns: () => turns }, tree, { id: 1 }, 5)).toEqual([0, 0, 0, 0, 0]);
    manager.close();
    await store.close();
  });

  it('are told in groups although one session was alone for long', async () => {
    const { store, manager } = await open(new MemoryVfs());
    const setup = new Client(manager.begin({ isolation: 'read committed', owner: { id: 0 } }));
    const tree = setup.transaction.createTree(store.newTreeId(), { unique: true });
    await setup.commit();
    const run = async (session: number, count: number): Promise<void> => {
      const owner = { id: session };
      for (let i = 0; i < count; i++) {
        const transaction = manager.begin({ isolation: 'read committed', owner });
        await new Client(transaction).insert(tree, `${session}-${manager.lastAssigned}`, 'v');
        await transaction.commit();
      }
    };
    await run(1, 20);
    const flushes = store.stats().flushCount;
    await Promise.all(Array.from({ length: 16 }, (_, i) => run(i + 1, 10)));
    expect(store.stats().flushCount - flushes).toBeLessThan(40);
    manager.close();
    await store.close();
  });

  it('takes no more of the log than has been reserved for it, and hardly less', async () => {
    const { store, manager } = await open(new MemoryVfs());
    const reserve = store.reserveLogSync.bind(store);
    let reserved = 0;
    store.reserveLogSync = (bytes) => reserve((reserved = reservationFor(bytes)));
    const commit = (change: (tx: Transaction) => void): number => {
      const tx = manager.begin({ isolation: 'read committed', owner: { id: 1 } });
      tx.beginStatement({ text: 'change' });
      change(tx);
      tx.endStatement();
      const before = store.appendedLsn;
      tx.commitSync();
      const length = store.appendedLsn - before;
      expect(length).toBeLessThanOrEqual(reserved);
      return reserved - length;
    };
    const trees: VersionedTree[] = [];
    const made = commit((tx) => {
      for (let i = 0; i < 40; i++) trees.push(tx.createTree(store.newTreeId(), { unique: true }));
    });
    const [tree, other] = trees as [VersionedTree, VersionedTree];
    const keyOf = (n: number): string => String.fromCharCode(0x80, 0, n >> 8, n & 255);
    const block = (from: number, length: number) => (tx: Transaction): void => {
      expect(tx.insertAbove(tree, rowBlock(Array.from({ length: 300 }, (_, i) => [keyOf(from + i), 'v'.repeat(length)])))).toBe(true);
    };
    const each = (from: number, length: number) => (tx: Transaction): void => {
      for (let i = 0; i < 300; i++) {
        expect(tx.claimKey(other, keyOf(from + i), { upsert: false, wait: 'nowait' })).not.toBeInstanceOf(Promise);
        tx.insert(other, keyOf(from + i), keyBytes('w'.repeat(length)), 0, length);
      }
    };
    const slack = [commit(block(0, 20)), commit(block(300, 127)), commit(each(0, 20)), made];
    expect(Math.max(...slack)).toBeLessThan(400);
    // Of a long put it is not known how long its lengths are.
    for (const length of [128, 400, 20_000]) commit(block(600 + 3 * length, length));
    for (const length of [128, 400, 20_000]) commit(each(600 + 3 * length, length));
    commit((tx) => {
      for (let i = 0; i < 300; i++) expect(tx.removeByKey(tree, keyBytes(keyOf(i)), 4)).toBe(true);
      for (let i = 2; i < 40; i++) tx.dropTree(trees[i]!.id, 'unread');
    });
    manager.close();
    await store.close();
  });
});
