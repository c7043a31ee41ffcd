/** Shows that conditions are simplified to what can be used (plans) and keep their meaning (answers, at the edges of dates and with NULL). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';

let db: Database;
let session: Session;
beforeAll(async () => {
  db = await open('conditions.db', { vfs: new MemoryVfs() });
  session = db.connect();
  await session.exec(`
    create table d (id integer primary key, day date);
    insert into d values (1, '1994-12-31'), (2, '1995-01-01'), (3, '1995-01-02'), (4, 'infinity'), (5, '-infinity'), (6, null);
    create table a (id integer primary key, x integer, y integer);
    create table b (id integer primary key, x integer, y integer);
    insert into a select i, nullif(i % 5, 4), nullif(i % 3, 2) from generate_series(1, 40) i;
    insert into b select i, nullif(i % 7, 6), nullif(i % 4, 3) from generate_series(1, 40) i`);
});
afterAll(async () => {
  await session.close();
  await db.close();
});
const ids = async (sql: string, params: readonly unknown[] = []): Promise<unknown[]> => (await session.query<{ id: unknown }>(sql, params)).rows.map((row) => row.id);
const plan = async (sql: string): Promise<string> => (await session.query(`explain (costs off) ${sql}`)).rows.map((row) => row['QUERY PLAN']).join('\n');

test('a date against a midnight is compared as dates', async () => {
  expect(await plan("select id from d where day < date '1994-01-01' + interval '1' year")).toContain("(day < '1995-01-01'::date)");
  for (const operator of ['<', '<=', '=', '<>', '>=', '>']) {
    const computed = await ids(`select id from d where day ${operator} $1::timestamp order by id`, ['1995-01-01 00:00:00']);
    expect(await ids(`select id from d where day ${operator} timestamp '1995-01-01 00:00:00' order by id`)).toEqual(computed);
    expect(await ids(`select id from d where not (timestamp '1995-01-01 00:00:00' ${operator} day) order by id`)).toEqual(await ids(`select id from d where not ($1::timestamp ${operator} day) order by id`, ['1995-01-01 00:00:00']));
  }
});

test('another time of day stays a timestamp', async () => {
  expect(await ids("select id from d where day < timestamp '1995-01-01 00:00:01' and day > '-infinity' order by id")).toEqual([1, 2]);
  expect(await ids("select id from d where day < timestamp 'infinity' and day > '1990-01-01' order by id")).toEqual([1, 2, 3]);
});

test('an OR over several indexes reads each arm by its own, each row once', async () => {
  await session.exec(`
    create table o (id integer primary key, x integer, y integer, z text);
    create index on o (x); create index on o (y); create index on o (z) where x > 3;
    insert into o select i, nullif(i % 300, 7), nullif(i % 201, 5), 'z' || i % 250 from generate_series(1, 3000) i;
    analyze o`);
  const conditions = ['x = 1 or y = 2', 'x = 8 or y = 8 or id = 8', 'x = 7 or x is null or y = 200 and id > 50', "(x = 10 or y < 3) and id > 100", "y = 10 or z = 'z9' and x > 3", 'x in (1, 2) or y = 1 or y is null'];
  for (const condition of conditions) {
    expect(await plan(`select id from o where ${condition}`)).toMatch(/^Append\n/);
    expect(await ids(`select id from o where ${condition} order by id`)).toEqual(await ids(`select id from o where case when ${condition} then true end order by id`));
  }
  expect(await plan('select id from o where x > 100 or y > 50')).toMatch(/^Seq Scan/);
  expect(await plan('select id from o where x = 1 or y = random()')).not.toMatch(/^Append\n/);
});

test('what all alternatives of an OR demand is demanded once', async () => {
  const sql = 'select a.id from a, b where (a.x = b.x and a.y = 1 and b.y = 0) or (a.x = b.x and a.y = 0 and b.y = 2) order by a.id, b.id';
  expect(await plan(sql)).toMatch(/Hash Cond|Index Cond|Merge Cond/);
  expect(await ids(sql)).toEqual(await ids('select a.id from a, b where case when a.x = b.x then (a.y = 1 and b.y = 0) or (a.y = 0 and b.y = 2) end order by a.id, b.id'));
  expect(await ids('select id from a where (x = 1 and y = 0) or x = 1 order by id')).toEqual(await ids('select id from a where x = 1 order by id'));
  expect(await ids('select id from a where not ((x = 1 and y = 0) or (x = 1 and y = 1)) order by id')).toEqual(await ids('select id from a where not (x = 1 and (y = 0 or y = 1)) order by id'));
});

test('what an OR between two tables demands of one of them is demanded there as well', async () => {
  const ors = [
    '(a.x = 1 and b.y = 0) or (a.x = 2 and a.y = 0 and b.y = 1)', 'a.x = 1 and b.y = 0 or a.x is null', '(a.x + b.x = 3 and a.y = 1) or (a.y = 0 and b.id < 5)',
    '(a.x = 1 and b.y = 0 and c.y = 1) or (a.x = 2 and b.y = 1 and c.y = 0)', 'not (a.x = 1 and b.y = 0) and (a.x = 2 and b.y is null or a.x = 3 and b.y = 2)',
  ];
  const from = 'from a join b on a.id = b.id join a c on c.id = b.id where';
  for (const or of ors) expect(await ids(`select a.id ${from} ${or} order by a.id`)).toEqual(await ids(`select a.id ${from} case when ${or} then true end order by a.id`));
  const shown = await plan(`select a.id ${from} ${ors[3]}`);
  expect(shown).toContain('((a.x = 1) OR (a.x = 2))');
  expect(shown).toContain('((b.y = 0) OR (b.y = 1))');
  expect(shown).toContain('((c.y = 1) OR (c.y = 0))');
  // One alternative demands nothing of b, and an outer join's condition demands nothing of the side that is kept.
  expect(await plan(`select a.id ${from} ${ors[1]}`)).not.toMatch(/Filter: \(b\.y = 0\)/);
  const outer = 'select a.id from a left join b on a.id = b.id and ((a.x = 1 and b.y = 0) or (a.x = 2 and b.y = 1)) order by a.id';
  expect(await ids(outer)).toHaveLength(40);
});
