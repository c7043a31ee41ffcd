/** Durable autocommit: each statement is a transaction of its own, acknowledged when it is on disk. */
import { accountCount, makeAccounts } from './accounts.js';
import { benchCase, checksumOf, repeat, type BenchCase } from './case.js';

const rowCount = accountCount / 10;
const sql = 'update account set balance = balance + 1 where id = $1';

const alone = benchCase({
  name: 'durable commits, 1 client', unit: 'commits/s', target: 1.2, stretch: 1.7, needsDurability: true,
  setup: async (db) => {
    await makeAccounts(db, rowCount);
    const statement = await db.prepare(sql);
    let i = 0;
    return { operationsPerBatch: 256, batch: repeat(statement, 'run', 256, () => [1 + ((i++ * 17) % rowCount)]), checksum: () => checksumOf(db, 'select count(*) as n from account') };
  },
});

function clients(count: number, target: number, stretch: number): BenchCase {
  return benchCase({
    name: `durable commits, ${count} clients`, unit: 'commits/s', target, stretch, needsDurability: true,
    setup: async (db) => {
      await makeAccounts(db, rowCount);
      const connections = await Promise.all(Array.from({ length: count }, () => db.connect()));
      const statements = await Promise.all(connections.map((connection) => connection.prepare(sql)));
      const each = Math.ceil(1024 / count);
      let round = 0;
      return {
        operationsPerBatch: each * count,
        batch: async () => {
          round++;
          await Promise.all(statements.map(async (statement, client) => {
            for (let i = 0; i < each; i++) await statement.run(1 + ((client * 131 + i * 17 + round) % rowCount));
          }));
        },
        checksum: () => checksumOf(db, 'select count(*) as n from account'),
      };
    },
  });
}

export const commits: readonly BenchCase[] = [alone, clients(16, 10, 17), clients(64, 30, 50)];
