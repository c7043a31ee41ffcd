/** SmallBank (Alomari, Cahill, Fekete, Roehm 2008): five short transactions over two balances of a customer, nine in ten of them over a tenth of the customers. */
import { load } from './accounts.js';
import type { BenchCase } from './case.js';
import { openTransactions, type Step, type Workload } from './open-transactions.js';

const customers = 10_000;
const hot = 1000;

const read = (name: string, into: string, ...params: readonly unknown[]): Step => async (statements, seen) => {
  const row = await statements[name]!.get(...params);
  seen[into] = Number((row as { bal: number }).bal);
};
const write = (name: string, params: (seen: Readonly<Record<string, number>>) => readonly unknown[]): Step => async (statements, seen) => {
  await statements[name]!.run(...params(seen as Record<string, number>));
};

const smallBank: Workload = {
  level: 'serializable',
  perClient: 40,
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

export const smallBankCase: BenchCase = openTransactions('SmallBank', smallBank);
