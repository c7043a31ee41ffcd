/** Reads of one row or of a short range, by every kind of key. */
import { seededPrng } from '../../base/prng.js';
import { accountCount, accounts, makeAccounts } from './accounts.js';
import { benchCase, repeat, type BenchCase } from './case.js';

interface Read {
  readonly sql: string;
  readonly method: 'get' | 'all';
  readonly perBatch: number;
  readonly params: (below: (end: number) => number) => readonly unknown[];
  readonly index?: string;
}

function readCase(name: string, target: number, stretch: number, read: Read): BenchCase {
  return benchCase({
    name, unit: 'reads/s', target, stretch,
    setup: async (db) => {
      await makeAccounts(db);
      if (read.index !== undefined) await db.exec(read.index);
      await db.exec('analyze');
      const prng = seededPrng(11);
      const statement = await db.prepare(read.sql);
      return {
        operationsPerBatch: read.perBatch,
        batch: repeat(statement, read.method, read.perBatch, () => read.params((end) => prng.below(end))),
        checksum: async () => JSON.stringify(await statement[read.method](...read.params(() => 4242))),
      };
    },
  });
}

const owners = [...accounts(accountCount)].map((row) => row[1]);
const branches = [...accounts(accountCount)].map((row) => row[2]);
const columns = 'id, owner, branch, balance';

export const reads: readonly BenchCase[] = [
  readCase('point read by primary key', 4, 8, {
    sql: `select ${columns} from account where id = $1`, method: 'get', perBatch: 1000, params: (below) => [1 + below(accountCount)],
  }),
  readCase('point read by text index', 3, 6, {
    sql: `select ${columns} from account where owner = $1`, method: 'get', perBatch: 1000, params: (below) => [owners[below(accountCount)]],
    index: 'create index account_owner on account (owner)',
  }),
  readCase('point read by composite index', 3, 6, {
    sql: `select ${columns} from account where branch = $1 and owner = $2`, method: 'get', perBatch: 1000,
    params: (below) => {
      const i = below(accountCount);
      return [branches[i], owners[i]];
    },
    index: 'create index account_branch_owner on account (branch, owner)',
  }),
  readCase('range of 100 rows', 6, 12, {
    sql: `select ${columns} from account where id >= $1 and id < $2 order by id`, method: 'all', perBatch: 100,
    params: (below) => {
      const low = 1 + below(accountCount - 100);
      return [low, low + 100];
    },
  }),
  readCase('100 rows through a secondary index', 3, 6, {
    sql: `select ${columns} from account where branch = $1 order by id`, method: 'all', perBatch: 100, params: (below) => [below(1000)],
    index: 'create index account_branch on account (branch)',
  }),
];
