/**
 * The workloads. Each is set up once and then offers one `batch`, the unit that is timed; `checksum` is what all engines must agree on.
 * Row contents come from a seeded generator, so every engine holds the same data.
 */
import { seededPrng } from '../base/prng.js';
import { isPromise, type PeerDatabase, type PeerStatement } from './peers/peer.js';

export interface BenchCase {
  readonly name: string;
  /** Operations in one batch; rates are operations a second. */
  readonly unit: string;
  readonly setup: (db: PeerDatabase) => Promise<BenchRun>;
}

export interface BenchRun {
  readonly operationsPerBatch: number;
  readonly batch: () => void | Promise<void>;
  /** A short text that every engine must give the same. */
  readonly checksum: () => Promise<string>;
}

const rowCount = 100_000;

async function makeAccounts(db: PeerDatabase, count = rowCount): Promise<void> {
  await db.exec('create table account (id integer primary key, owner text not null, branch integer not null, balance double precision not null)');
  await db.exec('begin');
  const insert = await db.prepare('insert into account (id, owner, branch, balance) values ($1, $2, $3, $4)');
  const prng = seededPrng(7);
  for (let i = 1; i <= count; i++) {
    const result = insert.run(i, `owner-${prng.nextU32().toString(36)}`, prng.below(1000), prng.below(100_000));
    if (isPromise(result)) await result;
  }
  await db.exec('commit');
}

async function checksumOf(db: PeerDatabase, sql: string): Promise<string> {
  const rows = await (await db.prepare(sql)).all();
  return rows.map((row) => Object.values(row as object).map((v) => (typeof v === 'number' ? Math.round(v * 1000) / 1000 : Number.isFinite(Number(v)) ? Math.round(Number(v) * 1000) / 1000 : v)).join(',')).join(';');
}

/** A batch that repeats one statement with seeded parameters. */
function repeat(statement: PeerStatement, method: 'get' | 'all' | 'run', count: number, params: () => readonly unknown[]): () => void | Promise<void> {
  return () => {
    for (let i = 0; i < count; i++) {
      const result = statement[method](...params());
      if (isPromise(result)) return rest(result, count - i - 1);
    }
  };
  async function rest(first: Promise<unknown>, left: number): Promise<void> {
    await first;
    for (let i = 0; i < left; i++) await statement[method](...params());
  }
}

function readCase(name: string, sql: string, method: 'get' | 'all', count: number, params: (next: (end: number) => number) => readonly unknown[], extra?: string): BenchCase {
  return {
    name,
    unit: 'reads/s',
    setup: async (db) => {
      await makeAccounts(db);
      if (extra !== undefined) await db.exec(extra);
      const prng = seededPrng(11);
      const statement = await db.prepare(sql);
      return {
        operationsPerBatch: count,
        batch: repeat(statement, method, count, () => params((end) => prng.below(end))),
        checksum: async () => JSON.stringify(await statement[method](...params(() => 4242))),
      };
    },
  };
}

function scanCase(name: string, sql: string): BenchCase {
  return {
    name,
    unit: 'queries/s',
    setup: async (db) => {
      await makeAccounts(db);
      await db.exec('create table branch (id integer primary key, city text not null)');
      await db.exec('begin');
      const insert = await db.prepare('insert into branch (id, city) values ($1, $2)');
      for (let i = 0; i < 1000; i++) await insert.run(i, `city-${i % 50}`);
      await db.exec('commit');
      const statement = await db.prepare(sql);
      return { operationsPerBatch: 1, batch: repeat(statement, 'all', 1, () => []), checksum: () => checksumOf(db, sql) };
    },
  };
}

function inTransaction(name: string, sql: string, params: (i: number, next: (end: number) => number) => readonly unknown[], check: string, seedRows: boolean): BenchCase {
  const count = 10_000;
  return {
    name,
    unit: 'rows/s',
    setup: async (db) => {
      if (seedRows) await makeAccounts(db);
      else await db.exec('create table account (id integer primary key, owner text not null, branch integer not null, balance double precision not null)');
      const statement = await db.prepare(sql);
      const prng = seededPrng(13);
      let next = 0;
      return {
        operationsPerBatch: count,
        batch: async () => {
          await db.exec('begin');
          const work = repeat(statement, 'run', count, () => params(next++, (end) => prng.below(end)))();
          if (isPromise(work as Promise<void>)) await work;
          await db.exec('commit');
        },
        checksum: () => checksumOf(db, check),
      };
    },
  };
}

function commits(clients: number): BenchCase {
  return {
    name: `durable commits, ${clients} client${clients === 1 ? '' : 's'}`,
    unit: 'commits/s',
    setup: async (db) => {
      await makeAccounts(db, 10_000);
      const sql = 'update account set balance = balance + 1 where id = $1';
      const connections = await Promise.all(Array.from({ length: clients }, () => db.connect()));
      const statements = await Promise.all(connections.map((connection) => connection.prepare(sql)));
      const each = Math.max(1, Math.floor(256 / clients));
      let round = 0;
      return {
        operationsPerBatch: each * clients,
        batch: async () => {
          round++;
          await Promise.all(
            statements.map(async (statement, client) => {
              for (let i = 0; i < each; i++) await statement.run(1 + ((client * 131 + i * 17 + round) % 10_000));
            }),
          );
        },
        checksum: () => checksumOf(db, 'select count(*) as n from account'),
      };
    },
  };
}

export const cases: readonly BenchCase[] = [
  readCase('point read by primary key', 'select id, owner, branch, balance from account where id = $1', 'get', 1000, (next) => [1 + next(rowCount)]),
  readCase('range of 100 rows', 'select id, owner, branch, balance from account where id >= $1 and id < $2 order by id', 'all', 100, (next) => {
    const low = 1 + next(rowCount - 100);
    return [low, low + 100];
  }),
  readCase('read through a secondary index', 'select id, owner, branch, balance from account where branch = $1 order by id', 'all', 100, (next) => [next(1000)], 'create index account_branch on account (branch)'),
  inTransaction('insert in one transaction', 'insert into account (id, owner, branch, balance) values ($1, $2, $3, $4)', (i, next) => [i, `owner-${next(1e9)}`, next(1000), next(100_000)], 'select min(id) as a from account', false),
  inTransaction('update in one transaction', 'update account set balance = balance + $1 where id = $2', (_, next) => [1, 1 + next(rowCount)], 'select count(*) as n from account', true),
  commits(1),
  commits(16),
  commits(64),
  scanCase('scan with sum', 'select sum(balance) as s from account where branch < 900'),
  scanCase('group by', 'select branch, count(*) as n, sum(balance) as s from account group by branch order by branch'),
  scanCase('two-table join', 'select b.city, sum(a.balance) as s from account a join branch b on b.id = a.branch where a.balance > 50000 group by b.city order by b.city'),
];
