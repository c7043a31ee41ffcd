/**
 * Generated beside interpreted, in memory and spilling: groups by columns of a join's build side, whose rows keep what was made of them (Memo of executor/codegen/scope.ts); groups
 * that are made only where a join has a partner for them (groupFilters); correlated subqueries, whose answers are kept (subquery.ts).
 */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

const queries = [
  'select b.city, sum(a.n) from a join b on b.id = a.b group by b.city',
  'select b.city, b.id, count(*) from a join b on b.id = a.b group by b.city, b.id',
  'select b.city, a.n % 3, count(*) from a join b on b.id = a.b group by b.city, a.n % 3',
  'select distinct b.city, c.name from a join b on b.id = a.b join c on c.id = b.c',
  'select city, count(*) from (select distinct b.city, a.n from a join b on b.id = a.b) d group by city',
  'select c.name, b.city, min(a.n) from a join b on b.id = a.b join c on c.id = b.c group by c.name, b.city',
  'select c.name, (select count(*) from a join b on b.id = a.b where b.c = c.id group by b.c) from c',
  'select c.name, l.* from c, lateral (select b.city, c.name as again, count(*) from a join b on b.id = a.b where b.c = c.id group by b.city, c.name) l',
  'select b.city, count(a.n) from a right join b on b.id = a.b group by b.city',
  'select b.city, count(a.n) from a full join b on b.id = a.b and a.n > 5 group by b.city',
  'select city, sum(n) from (select b.city, a.n from a join b on b.id = a.b union all select b.city, a.n from a join b on b.id = a.n) u group by city',
  'select c.name, g.s, g.k from c join (select b.c as k, sum(a.n) s from a join b on b.id = a.b group by b.c) g on g.k = c.id where c.id % 5 = 0',
  'select b.id, g.s from (select n, count(*) s from a group by n) g right join b on b.id = g.n where b.id < 100',
  'select b.id from b where b.id < 50 and b.id in (select n from a group by n having count(*) > 80)',
  'select count(*) from a where n < (select avg(n) from a x where x.b = a.b) and b < 30',
  'select g.n, g.b, g.c from (select n, b, count(*) c from a group by n, b) g join b on b.id = g.b and b.c = g.n where b.id < 300',
  'select n, (select city from b where b.id = a.n), (select a.n * 1.50 from b where b.id = a.n and b.c < 10) from a',
  'select id, (select count(*) from a where a.n = b.c and a.n > 10 limit 1) from b where exists (select from a where a.b = b.c + 5 and a.n <> b.c)',
];

test('places in rows of a build side change no answer', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec(`
    create table c (id int primary key, name text);
    create table b (id int primary key, city text, c int);
    create table a (n int, b int);
    insert into c select i, nullif('name ' || i % 4, 'name 3') from generate_series(0, 19) i;
    insert into b select i, nullif('city ' || i % 150, 'city 7'), i % 20 from generate_series(0, 999) i;
    insert into a select i % 70, (i * 7919) % 1100 from generate_series(1, 6000) i;
    set enable_nestloop = off; set enable_mergejoin = off`);
  for (const memory of ['16MB', '64kB']) {
    for (const sql of queries) {
      await session.exec(`set work_mem = '${memory}'; set execution_mode = interpreted`);
      const expected = (await session.query(sql)).rows.map((row) => JSON.stringify(row)).sort();
      await session.exec('set execution_mode = generated');
      expect((await session.query(sql)).rows.map((row) => JSON.stringify(row)).sort(), `${memory}: ${sql}`).toEqual(expected);
    }
  }
  await session.close();
  await db.close();
});
