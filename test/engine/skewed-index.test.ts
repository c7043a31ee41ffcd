/** Loads of an index most of whose keys begin alike, so that some of the buckets they are sorted in (mvcc/write-set/put-buckets.ts) have none. */
import { expect, test } from 'vitest';
import { withDatabase } from './with-database.js';

test('an index takes a load of which most rows have the least key', async () => {
  await withDatabase(async (db) => {
    await db.exec('create table t (id int primary key, n int); create index on t (n); insert into t select g, case when g % 4 = 0 then g else 0 end from generate_series(1, 9000) g');
    const found = await db.exec('set enable_seqscan = off; select count(*)::int as count, sum(n)::int as sum from t where n >= 0');
    expect(found[1]!.rows).toEqual([{ count: 9000, sum: 10_129_500 }]);
  });
});
