/**
 * YCSB (Cooper et al. 2010) with two operations to a transaction and its Zipfian keys.
 *
 * YCSB F reads a row, thinks and writes it. Under a snapshot that cannot but fail where another has written the row meanwhile, in PostgreSQL as here, and
 * with its keys that is a third to a half of all attempts: the row says what retries cost. Whoever expects such conflicts locks the row as he reads it, at READ
 * COMMITTED, where a lock waited for shows the newest row; that is a row of its own. It loses no update, but what else a transaction reads may be of another moment.
 */
import { seededPrng, type Prng } from '../../base/prng.js';
import { load } from './accounts.js';
import type { BenchCase } from './case.js';
import { openTransactions, type Level, type Step } from './open-transactions.js';

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
  return openTransactions(`YCSB ${variant}`, {
    level,
    perClient: 40,
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

export const ycsbCases: readonly BenchCase[] = [
  ycsb('A', 'serializable', [[0.5, ycsbRead], [0.5, ycsbUpdate]]),
  ycsb('B', 'serializable', [[0.95, ycsbRead], [0.05, ycsbUpdate]]),
  ycsb('C', 'serializable', [[1, ycsbRead]]),
  ycsb('E', 'serializable', [[0.95, ycsbScan], [0.05, ycsbInsert]]),
  ycsb('F', 'serializable', [[0.5, ycsbRead], [0.5, ycsbModify]]),
  ycsb('F, rows locked as they are read', 'read committed', [[0.5, ycsbRead], [0.5, ycsbLockAndModify]]),
];
