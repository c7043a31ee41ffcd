/**
 * Transactions of several statements by sixteen clients, with time to think between the statements, as when a program awaits something in the middle of
 * a transaction. An engine with one transaction at a time makes the others queue; one with many interleaves them. All run at the level that gives
 * serializability: SERIALIZABLE with a retry where transactions are concurrent, the queue where they are not.
 *
 * YCSB F reads a row, thinks and writes it. Under a snapshot that cannot but fail where another has written the row meanwhile, in PostgreSQL as here, and
 * with its keys that is a third to a half of all attempts: the row says what retries cost. Whoever expects such conflicts locks the row as he reads it, at READ
 * COMMITTED, where a lock waited for shows the newest row; that is a row of its own. It loses no update, but what else a transaction reads may be of another moment.
 *
 * Sources: SmallBank (Alomari, Cahill, Fekete, Roehm 2008), YCSB (Cooper et al. 2010) with two operations to a transaction and its Zipfian keys.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededPrng, type Prng } from '../../base/prng.js';
import type { PeerConnection, PeerDatabase, PeerStatement } from '../peers/peer.js';
import { load } from './accounts.js';
import { benchCase, checksumOf, type BenchCase } from './case.js';

const clientCount = 16;
const perClient = 40;
const thinkMs = 1;

type Statements = Readonly<Record<string, PeerStatement>>;
/** One statement of a transaction; its result goes to the next. */
type Step = (statements: Statements, seen: Record<string, number>) => Promise<void>;

/** READ COMMITTED for those who lock what they are going to change. */
type Level = 'serializable' | 'read committed';

interface Workload {
  readonly level: Level;
  readonly create: (db: PeerDatabase) => Promise<void>;
  readonly statements: Readonly<Record<string, string>>;
  readonly transaction: (prng: Prng, client: number) => readonly Step[];
  readonly check: string;
}

/** Whoever comes waits for all who came before. */
class Turn {
  #last: Promise<void> = Promise.resolve();
  async take(): Promise<() => void> {
    const before = this.#last;
    let release = (): void => undefined;
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    return release;
  }
}

class Client {
  readonly #db: PeerDatabase;
  readonly #connection: PeerConnection;
  readonly #statements: Statements;
  readonly #begin: string;
  readonly #turn: Turn | undefined;

  private constructor(db: PeerDatabase, connection: PeerConnection, statements: Statements, begin: string, turn: Turn | undefined) {
    this.#db = db;
    this.#connection = connection;
    this.#statements = statements;
    this.#begin = begin;
    this.#turn = turn;
  }

  static async open(db: PeerDatabase, workload: Workload, hasRowLocks: boolean, turn: Turn | undefined): Promise<Client> {
    const connection = await db.connect();
    const statements: Record<string, PeerStatement> = {};
    for (const [name, sql] of Object.entries(workload.statements)) statements[name] = await connection.prepare(hasRowLocks ? sql : sql.replace(/ for update$/, ''));
    const begin = hasRowLocks ? `begin isolation level ${workload.level}` : 'begin';
    return new Client(db, connection, statements, begin, turn);
  }

  /** Runs a transaction until it commits. */
  async run(steps: readonly Step[]): Promise<void> {
    for (;;) {
      const release = await this.#turn?.take();
      try {
        await this.#connection.exec(this.#begin);
        const seen: Record<string, number> = {};
        for (const [i, step] of steps.entries()) {
          if (i > 0) await sleep(thinkMs);
          await step(this.#statements, seen);
        }
        await this.#connection.exec('commit');
        return;
      } catch (error) {
        await Promise.resolve(this.#connection.exec('rollback')).catch(() => undefined);
        if (!this.#db.isRetryable(error)) throw error;
      } finally {
        release?.();
      }
    }
  }
}

function mixedCase(name: string, workload: Workload): BenchCase {
  return benchCase({
    name: `${name}, ${clientCount} open transactions`, unit: 'transactions/s', target: 5, stretch: 10, needsDurability: true,
    setup: async (db) => {
      await workload.create(db);
      const turn = db.isConcurrent ? undefined : new Turn();
      // The others have one transaction at a time, or neither levels nor row locks.
      const hasRowLocks = /^(Serialite|PostgreSQL|PGlite)/.test(db.version);
      const clients = await Promise.all(Array.from({ length: clientCount }, () => Client.open(db, workload, hasRowLocks, turn)));
      const prngs = clients.map((_, i) => seededPrng(100 + i));
      return {
        operationsPerBatch: clientCount * perClient,
        batch: async () => {
          await Promise.all(clients.map(async (client, i) => {
            for (let n = 0; n < perClient; n++) await client.run(workload.transaction(prngs[i]!, i));
          }));
        },
        checksum: () => checksumOf(db, workload.check),
      };
    },
  });
}

// ------------------------------------------------------------------------------------------------------------------------ SmallBank

const customers = 10_000;
const hot = 1000;

const read = (name: string, into: string, ...params: readonly unknown[]): Step => async (statements, seen) => {
  const row = await statements[name]!.get(...params);
  seen[into] = Number((row as { bal: number }).bal);
};
const write = (name: string, params: (seen: Readonly<Record<string, number>>) => readonly unknown[]): Step => async (statements, seen) => {
  await statements[name]!.run(...params(seen));
};

const smallBank: Workload = {
  level: 'serializable',
  create: async (db) => {
    await db.exec('create table savings (custid integer primary key, bal double precision not null)');
    await db.exec('create table checking (custid integer primary key, bal double precision not null)');
    const rows = Array.from({ length: customers }, (_, i) => [i, 10_000]);
    await load(db, 'savings', ['custid', 'bal'], rows);
    await load(db, 'checking', ['custid', 'bal'], rows);
  },
  statements: {
    readSavings: 'select bal from savings where custid = $1', readChecking: 'select bal from checking where custid = $1',
    addSavings: 'update savings set bal = bal + $1 where custid = $2', addChecking: 'update checking set bal = bal + $1 where custid = $2',
  },
  transaction: (prng) => {
    const customer = prng.unit() < 0.9 ? prng.below(hot) : prng.below(customers);
    const other = (customer + 1 + prng.below(hot)) % customers;
    switch (prng.below(5)) {
      case 0: return [read('readSavings', 's', customer), read('readChecking', 'c', customer)];
      case 1: return [read('readChecking', 'c', customer), write('addChecking', () => [1.3, customer])];
      case 2: return [read('readSavings', 's', customer), write('addSavings', () => [20.2, customer])];
      case 3: return [
        read('readSavings', 's', customer), read('readChecking', 'c', customer), write('addSavings', ({ s }) => [-s!, customer]),
        write('addChecking', ({ c }) => [-c!, customer]), write('addChecking', ({ s, c }) => [s! + c!, other]),
      ];
      default: return [read('readSavings', 's', customer), read('readChecking', 'c', customer), write('addChecking', ({ s, c }) => [s! + c! < 5 ? -6 : -5, customer])];
    }
  },
  check: 'select count(*) as n from savings',
};

// ----------------------------------------------------------------------------------------------------------------------------- YCSB

const records = 10_000;

/** Zipfian with exponent 0.99 by inversion of its cumulative distribution, scattered over the keys. */
class Zipfian {
  readonly #cumulative: Float64Array;
  constructor(count: number, exponent = 0.99) {
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let i = 0; i < count; i++) this.#cumulative[i] = sum += 1 / (i + 1) ** exponent;
    for (let i = 0; i < count; i++) this.#cumulative[i]! /= sum;
  }
  next(prng: Prng): number {
    const u = prng.unit();
    let low = 0;
    for (let high = this.#cumulative.length - 1; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#cumulative[middle]! < u) low = middle + 1;
      else high = middle;
    }
    return (low * 7919) % this.#cumulative.length;
  }
}
const zipfian = new Zipfian(records);
let inserted = records;

type Operation = (prng: Prng, client: number) => readonly Step[];
const run = (name: string, method: 'get' | 'all' | 'run', params: readonly unknown[]): Step => async (statements) => {
  await statements[name]![method](...params);
};
const ycsbRead: Operation = (prng) => [run('read', 'get', [zipfian.next(prng)])];
const ycsbUpdate: Operation = (prng) => [run('update', 'run', [`value-${prng.nextU32()}`, zipfian.next(prng)])];
const ycsbScan: Operation = (prng) => {
  const low = zipfian.next(prng);
  return [run('scan', 'all', [low, low + 1 + prng.below(100)])];
};
const ycsbInsert: Operation = (prng) => [run('insert', 'run', [inserted++, `value-${prng.nextU32()}`])];
const modify = (readName: string): Operation => (prng) => {
  const key = zipfian.next(prng);
  return [run(readName, 'get', [key]), run('update', 'run', [`value-${prng.nextU32()}`, key])];
};
const ycsbModify = modify('read');
const ycsbLockAndModify = modify('lock');

function ycsb(variant: string, level: Level, shares: readonly (readonly [share: number, operation: Operation])[]): BenchCase {
  return mixedCase(`YCSB ${variant}`, {
    level,
    create: async (db) => {
      await db.exec('create table usertable (ycsb_key integer primary key, field0 text not null, field1 text not null, field2 text not null, field3 text not null)');
      const prng = seededPrng(3);
      const field = (): string => 'x'.repeat(80) + prng.nextU32().toString(36);
      await load(db, 'usertable', ['ycsb_key', 'field0', 'field1', 'field2', 'field3'], Array.from({ length: records }, (_, i) => [i, field(), field(), field(), field()]));
    },
    statements: {
      read: 'select * from usertable where ycsb_key = $1',
      lock: 'select * from usertable where ycsb_key = $1 for update',
      update: 'update usertable set field0 = $1 where ycsb_key = $2',
      scan: 'select * from usertable where ycsb_key >= $1 and ycsb_key < $2 order by ycsb_key',
      insert: `insert into usertable values ($1, $2, 'b', 'c', 'd')`,
    },
    transaction: (prng, client) => [0, 1].flatMap(() => {
      let u = prng.unit();
      const chosen = shares.find(([share]) => (u -= share) < 0) ?? shares[0]!;
      return chosen[1](prng, client);
    }),
    check: 'select count(*) as n from usertable where ycsb_key < 10000',
  });
}

export const mixed: readonly BenchCase[] = [
  mixedCase('SmallBank', smallBank),
  ycsb('A', 'serializable', [[0.5, ycsbRead], [0.5, ycsbUpdate]]),
  ycsb('B', 'serializable', [[0.95, ycsbRead], [0.05, ycsbUpdate]]),
  ycsb('C', 'serializable', [[1, ycsbRead]]),
  ycsb('E', 'serializable', [[0.95, ycsbScan], [0.05, ycsbInsert]]),
  ycsb('F', 'serializable', [[0.5, ycsbRead], [0.5, ycsbModify]]),
  ycsb('F, rows locked as they are read', 'read committed', [[0.5, ycsbRead], [0.5, ycsbLockAndModify]]),
];
