/** Many rows written in one transaction: one by one, several to a statement, by the engine's bulk path; updates and deletes by key. */
import { seededPrng } from '../../base/prng.js';
import { isPromise, type PeerDatabase } from '../peers/peer.js';
import { accountColumns, accountCount, accounts, accountTable, insertStatements, load, makeAccounts, shuffledAccounts, type AccountRow } from './accounts.js';
import { benchCase, checksumOf, repeat, type BenchCase } from './case.js';

const million = 1_000_000;
const indexes = ['create index account_owner on account (owner)', 'create index account_branch on account (branch)', 'create index account_balance on account (balance)'];
const countAndSum = 'select count(*) as n, sum(balance) as s from account';

function insertCase(order: 'sequential' | 'random', indexCount: number): BenchCase {
  return benchCase({
    name: `insert 1 M rows, ${order} keys, ${indexCount} index${indexCount === 1 ? '' : 'es'}`, unit: 'rows/s', target: 1.5, stretch: 3, isLong: true,
    setup: async (db, scale) => {
      await db.exec(accountTable);
      for (const sql of indexes.slice(0, indexCount)) await db.exec(sql);
      const count = Math.round(million * scale);
      const rows = [...(order === 'sequential' ? accounts(count) : shuffledAccounts(count))];
      const statement = await db.prepare('insert into account (id, owner, branch, balance) values ($1, $2, $3, $4)');
      let next = 0;
      const insert = repeat(statement, 'run', count, () => rows[next++]!);
      return { operationsPerBatch: count, batch: () => inTransaction(db, insert), checksum: () => checksumOf(db, 'select min(id) as a from account') };
    },
  });
}

async function inTransaction(db: PeerDatabase, work: () => void | Promise<void>): Promise<void> {
  await db.exec('begin');
  const done = work();
  if (isPromise(done as Promise<void>)) await done;
  await db.exec('commit');
}

/** What is loaded is made before the clock starts: the texts of the statements, or what the engine's bulk path reads. */
function bulkCase(name: string, prepare: (db: PeerDatabase, rows: readonly AccountRow[]) => () => Promise<void>): BenchCase {
  return benchCase({
    name, unit: 'rows/s', target: 2, stretch: 4, isLong: true,
    setup: async (db, scale) => {
      await db.exec(accountTable);
      const count = Math.round(million * scale);
      return { operationsPerBatch: count, batch: prepare(db, [...accounts(count)]), checksum: () => checksumOf(db, 'select min(id) as a from account') };
    },
  });
}

/** V8 keeps a text of parts as its parts until somebody reads it; putting it together belongs to making it, and would be on the clock of every engine. */
function whole(text: string): string {
  return Buffer.from(text).toString();
}

function prepareInserts(db: PeerDatabase, rows: readonly AccountRow[]): () => Promise<void> {
  const texts = [...insertStatements(rows, 'account', accountColumns, 500)].map(whole);
  return () =>
    inTransaction(db, async () => {
      for (const sql of texts) await db.exec(sql);
    });
}

function byKey(name: string, sql: string, params: (key: number) => readonly unknown[]): BenchCase {
  const count = 10_000;
  return benchCase({
    name, unit: 'rows/s', target: 2, stretch: 4,
    setup: async (db) => {
      await makeAccounts(db);
      const statement = await db.prepare(sql);
      const prng = seededPrng(13);
      const run = repeat(statement, 'run', count, () => params(1 + prng.below(accountCount)));
      return { operationsPerBatch: count, batch: () => inTransaction(db, run), checksum: () => checksumOf(db, 'select count(*) as n from account where id = 0') };
    },
  });
}

/** Keys without locality, each once before any comes again. */
function keyInTurn(i: number): number {
  return 1 + ((i * 7919) % accountCount);
}

const deleteSql = 'delete from account where id = $1';

const deleteCase = benchCase({
  name: 'delete by key in one transaction', unit: 'rows/s', target: 2, stretch: 4,
  setup: async (db) => {
    await makeAccounts(db);
    const statement = await db.prepare(deleteSql);
    const count = 10_000;
    const rows = [...accounts(accountCount)];
    let next = 0;
    const run = repeat(statement, 'run', count, () => [keyInTurn(next++)]);
    return {
      operationsPerBatch: count,
      batch: () => inTransaction(db, run),
      restore: () => load(db, 'account', accountColumns, Array.from({ length: count }, (_, i) => rows[keyInTurn(next - 1 - i) - 1]!)),
      checksum: () => checksumOf(db, countAndSum),
    };
  },
});

/** Half of it is spent on code that has not been compiled yet. */
const firstDeletesCase = benchCase({
  name: 'delete by key in one transaction, 50,000 in a fresh process', unit: 'rows/s', target: 2, stretch: 4, isLong: true,
  setup: async (db) => {
    await makeAccounts(db);
    const statement = await db.prepare(deleteSql);
    const count = accountCount / 2;
    let next = 0;
    const run = repeat(statement, 'run', count, () => [keyInTurn(next++)]);
    return { operationsPerBatch: count, batch: () => inTransaction(db, run), checksum: () => checksumOf(db, countAndSum) };
  },
});

export const writes: readonly BenchCase[] = [
  ...(['sequential', 'random'] as const).flatMap((order) => [0, 1, 3].map((count) => insertCase(order, count))),
  bulkCase('multi-row insert of 1 M rows', prepareInserts),
  bulkCase('COPY of 1 M rows, or the engine\'s bulk path', (db, rows) => db.prepareCopy?.('account', accountColumns, rows) ?? prepareInserts(db, rows)),
  byKey('update by key in one transaction', 'update account set balance = balance + $1 where id = $2', (key) => [1, key]),
  deleteCase,
  firstDeletesCase,
];
