/**
 * Writing without SQL: mvcc and storage driven as the executor drives them. `npx tsx bench/micro/transactions.ts [case ...]`, each case in a
 * process of its own, over real files in BENCH_DIR (default: the temporary directory), full durability. Processor time for the in-process
 * work, wall time beside it for what waits for the disk.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyString } from '../../base/bytes.js';
import { realClock } from '../../base/clock.js';
import { realPrng, seededPrng } from '../../base/prng.js';
import { realScheduler } from '../../base/scheduler.js';
import { NodeVfs } from '../../storage/files/node-vfs.js';
import { Store } from '../../storage/store.js';
import { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { type ClaimResult, type IsolationLevel, type RowLockResult, RowRef, type StatementInfo } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';

const rowBytes = new Uint8Array(48).fill(7);
const keyBytes = new Uint8Array(16);
const keyView = new DataView(keyBytes.buffer);

function int4Key(n: number): string {
  keyView.setInt32(0, n ^ 0x80000000);
  return keyString(keyBytes, 0, 4);
}
/** An index entry: the indexed value, then the row's key. */
function entryKey(value: number, n: number): string {
  keyView.setInt32(0, value ^ 0x80000000);
  keyView.setInt32(4, n ^ 0x80000000);
  return keyString(keyBytes, 0, 8);
}

interface World {
  readonly path: string;
  readonly store: Store;
  readonly manager: TransactionManager;
  readonly table: VersionedTree;
  readonly indexes: readonly VersionedTree[];
}

async function makeWorld(indexCount: number): Promise<World> {
  const path = join(mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-micro-')), 'data');
  const environment = { clock: realClock, prng: realPrng, scheduler: realScheduler };
  const store = await Store.open({ vfs: new NodeVfs(), path, ...environment, durability: 'full', cacheBytes: 256 << 20 });
  const manager = new TransactionManager(store, environment);
  const transaction = begin(manager);
  const table = transaction.createTree(store.newTreeId(), { unique: true });
  const indexes = Array.from({ length: indexCount }, () => transaction.createTree(store.newTreeId(), { unique: false }));
  await transaction.commit();
  return { path, store, manager, table, indexes };
}
async function endWorld(world: World): Promise<void> {
  await world.store.close();
  rmSync(join(world.path, '..'), { recursive: true });
}

function begin(manager: TransactionManager, isolation: IsolationLevel = 'read committed', id = 1): Transaction {
  return manager.begin({ isolation, owner: { id } });
}

const info: StatementInfo = { text: 'micro' };

/** One INSERT of one row as a statement of its own. */
function insertRow(world: World, transaction: Transaction, n: number, value: number): void {
  transaction.beginStatement(info);
  const mark = transaction.savepoint();
  const key = int4Key(n);
  const claimed = transaction.claimKey(world.table, key, claimOptions) as ClaimResult;
  if (claimed.kind !== 'free') throw new Error('duplicate key');
  transaction.insert(world.table, key, rowBytes, 0, rowBytes.length);
  for (const index of world.indexes) transaction.insert(index, entryKey(value, n), keyBytes, 0, 4);
  transaction.release(mark);
  transaction.endStatement();
}
const claimOptions = { upsert: false, wait: 'wait' } as const;

/** One UPDATE by primary key: read, lock, write. */
function updateRow(world: World, transaction: Transaction, n: number, ref: RowRef): void {
  transaction.beginStatement(info);
  const mark = transaction.savepoint();
  const key = int4Key(n);
  if (!transaction.get(world.table, keyBytes, 4, ref)) throw new Error('no such row');
  const locked = transaction.lockRow(world.table, key, 'no key update', 'wait') as RowLockResult;
  if (locked.kind !== 'ok') throw new Error('row not locked');
  transaction.update(world.table, key, rowBytes, 0, rowBytes.length, updateOptions);
  transaction.release(mark);
  transaction.endStatement();
}
const updateOptions = { changesKeyColumns: false };

function deleteRow(world: World, transaction: Transaction, n: number, ref: RowRef): void {
  transaction.beginStatement(info);
  const mark = transaction.savepoint();
  const key = int4Key(n);
  if (!transaction.get(world.table, keyBytes, 4, ref)) throw new Error('no such row');
  const locked = transaction.lockRow(world.table, key, 'update', 'wait') as RowLockResult;
  if (locked.kind !== 'ok') throw new Error('row not locked');
  transaction.remove(world.table, key);
  transaction.release(mark);
  transaction.endStatement();
}

/** Bijection on 20 bits, so that random keys never repeat. */
const shuffled = (i: number): number => (i * 685_213 + 17) & 0xfffff;

/** `batches` transactions of `size` operations; prints what one operation costs, without the first quarter. */
function measure(name: string, batches: number, size: number, run: (batch: number) => void): void {
  const skipped = Math.floor(batches / 4);
  let cpu = process.cpuUsage();
  let wall = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    if (batch === skipped) {
      cpu = process.cpuUsage();
      wall = performance.now();
    }
    run(batch);
  }
  print(name, (batches - skipped) * size, cpu, wall);
}
function print(name: string, operations: number, since: NodeJS.CpuUsage, wallSince: number): void {
  const cpu = process.cpuUsage(since);
  const us = (n: number): string => (n / operations).toFixed(2).padStart(8);
  console.log(`${name.padEnd(34)} ${us(cpu.user)} us user ${us(cpu.system)} us system ${us((performance.now() - wallSince) * 1000)} us wall  rss ${Math.round(process.memoryUsage.rss() / 1048576)} MiB`);
}

const size = 10_000;

async function inserts(name: string, indexCount: number, keyOf: (i: number) => number): Promise<void> {
  const world = await makeWorld(indexCount);
  measure(name, 40, size, (batch) => {
    const transaction = begin(world.manager);
    for (let i = 0; i < size; i++) insertRow(world, transaction, keyOf(batch * size + i), (i * 7919) % 1000);
    transaction.commitSync();
    while (world.manager.step());
  });
  await world.store.checkpoint();
  console.log(`${''.padEnd(34)} file ${(statSync(world.path).size / (40 * size)).toFixed(1)} bytes a row of ${4 + rowBytes.length}`);
  await endWorld(world);
}

async function filled(count: number): Promise<World> {
  const world = await makeWorld(0);
  for (let at = 0; at < count; at += size) {
    const transaction = begin(world.manager);
    for (let i = at; i < at + size; i++) insertRow(world, transaction, i, 0);
    await transaction.commit();
    while (world.manager.step());
  }
  return world;
}

async function commits(name: string, clients: number, isolation: IsolationLevel): Promise<void> {
  const world = await filled(10_000);
  const each = Math.max(64, Math.floor(8192 / clients));
  let cpu = process.cpuUsage();
  let wall = 0;
  for (let round = 0; round < 3; round++) {
    cpu = process.cpuUsage();
    wall = performance.now();
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const ref = new RowRef();
        for (let i = 0; i < each; i++) {
          const transaction = begin(world.manager, isolation, client + 1);
          updateRow(world, transaction, (client * 131 + i * 17 + round) % 10_000, ref);
          await transaction.commit();
        }
      }),
    );
  }
  print(name, each * clients, cpu, wall);
  console.log(`${''.padEnd(34)} ${Math.round((each * clients) / ((performance.now() - wall) / 1000))} commits/s`);
  await endWorld(world);
}

const cases: Record<string, () => Promise<void>> = {
  'insert ascending': (): Promise<void> => inserts('insert ascending', 0, (i) => i),
  'insert ascending, 1 index': (): Promise<void> => inserts('insert ascending, 1 index', 1, (i) => i),
  'insert ascending, 3 indexes': (): Promise<void> => inserts('insert ascending, 3 indexes', 3, (i) => i),
  'insert random': (): Promise<void> => inserts('insert random', 0, shuffled),
  'insert a million': async () => {
    const world = await makeWorld(0);
    const cpu = process.cpuUsage();
    const wall = performance.now();
    const transaction = begin(world.manager);
    for (let i = 0; i < 1_000_000; i++) insertRow(world, transaction, i, 0);
    print('insert a million', 1_000_000, cpu, wall);
    transaction.commitSync();
    print('  and their commit', 1_000_000, cpu, wall);
    await endWorld(world);
  },
  'update random': async () => {
    const world = await filled(100_000);
    const prng = seededPrng(3);
    const ref = new RowRef();
    measure('update random', 40, size, () => {
      const transaction = begin(world.manager);
      for (let i = 0; i < size; i++) updateRow(world, transaction, prng.below(100_000), ref);
      transaction.commitSync();
      while (world.manager.step());
    });
    await endWorld(world);
  },
  'delete ascending': async () => {
    const world = await filled(200_000);
    const ref = new RowRef();
    measure('delete ascending', 20, size, (batch) => {
      const transaction = begin(world.manager);
      for (let i = 0; i < size; i++) deleteRow(world, transaction, batch * size + i, ref);
      transaction.commitSync();
      while (world.manager.step());
    });
    await endWorld(world);
  },
  'commit alone, synchronous': async () => {
    const world = await filled(10_000);
    const ref = new RowRef();
    measure('commit alone, synchronous', 40, 100, (batch) => {
      for (let i = 0; i < 100; i++) {
        const transaction = begin(world.manager);
        updateRow(world, transaction, (batch * 100 + i * 17) % 10_000, ref);
        transaction.commitSync();
      }
    });
    await endWorld(world);
  },
  'commit, 1 client': (): Promise<void> => commits('commit, 1 client', 1, 'read committed'),
  'commit, 16 clients': (): Promise<void> => commits('commit, 16 clients', 16, 'read committed'),
  'commit, 64 clients': (): Promise<void> => commits('commit, 64 clients', 64, 'read committed'),
  'commit, 64 clients, repeatable read': (): Promise<void> => commits('commit, 64 clients, rr', 64, 'repeatable read'),
  'commit, 64 clients, serializable': (): Promise<void> => commits('commit, 64 clients, ser', 64, 'serializable'),
};

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);
if (only !== undefined) await cases[only]!();
else {
  const wanted = process.argv.slice(2);
  for (const name of Object.keys(cases)) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), `--only=${name}`], { stdio: 'inherit' });
  }
}
