/** Leaves that a filter skips whole (executor/codegen/zones.ts): that they are, which, and what is met although they are. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeEach(async () => {
  db = await open(':memory:', { pageSizeBytes: 1024 });
  await db.exec(`
    create table event (id int primary key, at timestamptz not null, born date, n int, big int8, price numeric(10, 2), weight float8, note text);
    insert into event select i, timestamptz '2024-01-01 00:00Z' + i * interval '1 minute', date '2024-01-01' + i / 10, i, i * 1000, i / 4.0, i / 8.0, repeat('x', 20) from generate_series(1, 2000) i`);
});
afterEach(() => db.close());

/** Lines of EXPLAIN ANALYZE that tell of a filter. */
async function filterLines(sql: string): Promise<{ readonly skipped: number; readonly removed: number }> {
  const { rows } = await db.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off, timing off, summary off) ${sql}`);
  const text = rows.map((row) => row['QUERY PLAN']).join('\n');
  const figure = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  return { skipped: figure('Leaves Skipped by Filter'), removed: figure('Rows Removed by Filter') };
}

describe('a filter by what the rows lie in the order of', () => {
  test.each([
    ["at >= '2024-01-01 10:00Z' and at < '2024-01-01 10:30Z'", 30],
    ["born = '2024-03-01'", 10],
    ['n between 1000 and 1009', 10],
    ['1990 < n', 10],
    ['big <= 5000', 5],
    ['price > 499', 4],
    ['price = 100.25', 1],
    ['weight >= 249.5', 5],
    ['n < 0', 0],
    ["at > timestamptz '2024-01-02 09:10Z' + interval '10 minutes'", 0],
  ])('%s', async (filter, count) => {
    expect((await db.query(`select id from event where ${filter}`)).rows).toHaveLength(count);
    const { skipped, removed } = await filterLines(`select id from event where ${filter}`);
    expect(skipped).toBeGreaterThan(40);
    expect(removed).toBe(2000 - count);
  });

  test('takes parameters and outer columns', async () => {
    expect((await db.query('select id from event where n > $1', [1997])).rows).toEqual([{ id: 1998 }, { id: 1999 }, { id: 2000 }]);
    expect((await db.query('select id from event where n > $1', [null])).rows).toEqual([]);
    const { rows } = await db.query<{ x: number; c: number }>('select x, (select count(*)::int from event where n <= x) as c from generate_series(1, 2000, 666) x');
    expect(rows.every(({ x, c }) => x === c)).toBe(true);
  });
});

describe('no leaf is skipped', () => {
  test('that has NaN, where NaN is greater than all', async () => {
    await db.exec("update event set weight = 'NaN' where id % 10 = 0");
    expect((await db.query<{ c: number }>('select count(*)::int as c from event where weight > 1000000')).rows).toEqual([{ c: 200 }]);
    expect((await db.query<{ c: number }>("select count(*)::int as c from event where weight < 'NaN'")).rows).toEqual([{ c: 1800 }]);
  });
  test('that has integers beyond those of doubles', async () => {
    await db.exec('update event set big = 9007199254740993 where id % 10 = 0');
    expect((await db.query<{ c: number }>('select count(*)::int as c from event where big > 9007199254740992')).rows).toEqual([{ c: 200 }]);
  });
  test('for a decimal with more digits than the column', async () => {
    expect((await db.query('select id from event where price > 499.7499 and price < 499.7501')).rows).toEqual([{ id: 1999 }]);
    expect((await filterLines('select id from event where price > 499.7499')).skipped).toBe(0);
  });
  test('for what comes behind a condition that can fail', async () => {
    await expect(db.query('select id from event where 1 / (n - 5) > 1 and n > 1000')).rejects.toMatchObject({ code: '22012' });
    expect((await filterLines('select id from event where 100 / n >= 0 and n > 1000')).skipped).toBe(0);
  });
  test('for a volatile value', async () => {
    expect((await filterLines('select id from event where n > random() * 0 + 1990')).skipped).toBe(0);
  });
});

test('a column without values is skipped by every comparison', async () => {
  await db.exec('update event set n = null');
  expect((await db.query('select id from event where n > -2147483648 or n <= 2147483647')).rows).toEqual([]);
  expect((await db.query('select id from event where n <= 2147483647')).rows).toEqual([]);
  expect((await db.query('select id from event where n >= -2147483648')).rows).toEqual([]);
});

test('leaves changed by others and by the transaction itself have zones of their own rows', async () => {
  const session = db.connect();
  await session.exec('begin isolation level repeatable read');
  await session.query('select count(*) from event where n < 0');
  await db.exec('update event set n = -1 where id = 1500');
  expect((await session.query('select id from event where n < 0')).rows).toEqual([]);
  await session.exec('update event set n = -2 where id = 700');
  expect((await session.query('select id from event where n < 0')).rows).toEqual([{ id: 700 }]);
  await session.exec('rollback');
  expect((await session.query('select id from event where n < 0')).rows).toEqual([{ id: 1500 }]);
  await session.close();
});
