/** Queries over all rows of a table. */
import { load, makeAccounts } from './accounts.js';
import { benchCase, checksumOf, repeat, type BenchCase } from './case.js';

function scanCase(name: string, sql: string): BenchCase {
  return benchCase({
    name, unit: 'queries/s', target: 8, stretch: 20,
    setup: async (db) => {
      await makeAccounts(db);
      await db.exec('create table branch (id integer primary key, city text not null)');
      await load(db, 'branch', ['id', 'city'], Array.from({ length: 1000 }, (_, i) => [i, `city-${i % 50}`]));
      await db.exec('analyze');
      const statement = await db.prepare(sql);
      return { operationsPerBatch: 1, batch: repeat(statement, 'all', 1, () => []), checksum: () => checksumOf(db, sql) };
    },
  });
}

export const scans: readonly BenchCase[] = [
  scanCase('scan with sum', 'select sum(balance) as s from account where branch < 900'),
  scanCase('group by', 'select branch, count(*) as n, sum(balance) as s from account group by branch order by branch'),
  scanCase('distinct', 'select count(*) as n from (select distinct branch, id % 7 as b from account where balance >= 1000) as d'),
  scanCase('top-N', 'select id, owner, balance from account order by balance desc, id limit 10'),
  scanCase('window total', 'select max(t) as t from (select sum(balance) over (partition by branch order by id) as t from account) as w'),
  scanCase('two-table join', 'select b.city, sum(a.balance) as s from account a join branch b on b.id = a.branch where a.balance > 50000 group by b.city order by b.city'),
];
