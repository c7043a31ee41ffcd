/** Groups by columns of a join's build side, whose rows keep what was made of them (Memo of executor/codegen/scope.ts): generated beside interpreted, in memory and spilling. */
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
