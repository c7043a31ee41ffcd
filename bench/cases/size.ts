/** Bytes on disk for a million rows. */
import { accountColumns, accounts, accountTable, load } from './accounts.js';
import { benchCase, type BenchCase } from './case.js';

function sizeCase(name: string, index: string | undefined): BenchCase {
  return benchCase({
    name, unit: 'bytes/row', target: 1 / 1.3, isSize: true, isLong: true,
    setup: async (db, scale) => {
      const count = Math.round(1_000_000 * scale);
      return {
        operationsPerBatch: 1,
        batch: async () => {
          await db.exec(accountTable);
          await load(db, 'account', accountColumns, accounts(count));
          if (index !== undefined) await db.exec(index);
        },
        checksum: () => Promise.resolve(''),
        figure: async () => (await db.sizeBytes()) / count,
      };
    },
  });
}

export const sizes: readonly BenchCase[] = [sizeCase('file size, 1 M accounts', undefined), sizeCase('file size, 1 M accounts, text index', 'create index account_owner on account (owner)')];
