/** Conditions in generated code: their order, texts searched as bytes, and states that calls share, each beside the interpreter or a plain function. */
import { describe, expect, test } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import { open } from '../../engine/index.js';
import { bytePattern } from '../../executor/codegen/byte-text.js';

test('LIKE on bytes finds what a search by hand finds', () => {
  const prng = seededPrng(7);
  const word = (max: number): string => Array.from({ length: prng.below(max + 1) }, () => 'abcé'[prng.below(4)]!).join('');
  for (let i = 0; i < 4000; i++) {
    const pieces = Array.from({ length: 1 + prng.below(4) }, () => word(5));
    const text = prng.below(2) === 0 ? word(30) : pieces.map((piece) => word(6) + piece).join('') + word(3);
    const compiled = bytePattern(pieces.join('%'))!;
    const bytes = Buffer.from(`xx${text}yy`);
    const expected = new RegExp(`^${pieces.join('[^]*')}$`).test(text);
    expect([text, pieces.join('%'), compiled.test(bytes, 2, bytes.length - 2)]).toEqual([text, pieces.join('%'), expected]);
  }
  const long = 'ab'.repeat(300) + 'c';
  expect(bytePattern(`%${long}%`)!.test(Buffer.from(`abab${long}ab`), 0, 607)).toBe(true);
  expect(bytePattern(`%${long}%`)!.test(Buffer.from(`ababX${long.slice(1)}ab`), 0, 607)).toBe(false);
});

describe('in statements', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec(`
    create table t (id int primary key, n int, name text, code char(6) not null, price numeric(8, 2), day date);
    insert into t select i, nullif(i % 9, 4), nullif('row ' || i % 13, 'row 5'), case i % 5 when 0 then '' else 'c' || i % 7 end, nullif(i % 40, 3) / 4.0, case i % 50 when 0 then 'infinity' else date '1999-12-25' + i end
    from generate_series(1, 400) i;
    update t set price = 'NaN' where id in (4, 77);
    update t set name = 'é€ ' || id where id % 50 = 9;
    create table u (id int primary key, n smallint not null, price numeric(8, 2) not null, day date not null);
    insert into u select i, i % 11, case i % 9 when 0 then 'NaN' else (i % 25 - 12) / 4.0 end, case i % 10 when 0 then 'infinity' when 1 then '-infinity' else date '1999-12-25' + i end from generate_series(1, 300) i`);
  const both = async (sql: string): Promise<unknown> => {
    const answers: unknown[] = [];
    for (const way of ['generated', 'interpreted']) {
      await session.exec(`set execution_mode = ${way}`);
      answers.push(await session.query(sql, undefined, { rowMode: 'array' }).then(({ rows }) => rows.map((row) => JSON.stringify(row)).sort(), (error: { readonly code?: string }) => error.code));
    }
    expect(answers[0]).toEqual(answers[1]);
    return answers[0];
  };
  const queries = [
    "select id from t where name like '%1%' and code in ('c1', 'c2', '') and n > 2",
    "select id from t where code = '' and name <> '' and price between 1 and 7",
    "select id from t where code <> 'c1' and code <> '' and day < date '2000-06-01'",
    "select id from t where name = '' or name in ('row 1', 'row 12', '')",
    'select sum(price), avg(price), sum(price) filter (where n > 3), avg(price) filter (where n > 3), avg(n), sum(n), count(price), sum(distinct price), avg(distinct price) from t',
    'select code, avg(price), sum(price), sum(n), avg(n), avg(price * 2), sum(price * 2) from t group by code order by code',
    'select extract(year from day), count(*) from t group by 1 order by 1',
    "select extract(year from d) from (values (date '0001-01-01 bc'), (date '-infinity'), (null), (date '2000-02-29')) v(d)",
    'select a.id, b.price, b.price * 2 + a.price from t a join t b on a.n = b.id where a.id < 60 order by 1',
    'select a.id, b.price, b.price * 2 + a.price from t a left join t b on a.n + 395 = b.id order by 1',
    'select a.id, b.id, b.price - a.price from t a full join t b on a.n = b.id and a.price < b.price where a.id < 20 or b.id < 20 order by 1, 2',
    'select b.price, sum(b.price), count(a.price) from t a join t b on a.price = b.price group by b.price order by 1',
    'select c.price + b.price, a.id from t a join t b on a.n = b.id join t c on c.n = b.n order by 2, 1 limit 50',
    'select count(*) from t a where exists (select from t b where b.id = a.n and b.price * 2 > a.price)',
    // Sums of branches of different scales, and different integers.
    'select sum(case when n > 3 then price else 0 end), avg(case when n > 3 then price * 2 end), sum(case when n > 3 then price when n > 1 then 1.5 else 0.0 end) from t where id <> all (array[4, 77])',
    'select sum(case when n > 100 then price else 0 end), sum(case when n > 100 then price else 0.0 end), avg(case when n > 100 then price else 7 end), sum(case when n > 100 then price end) from t',
    'select code, sum(case when n > 5 then price when id > 100 then null else 2 end), avg(case when id % 3 = 0 then price else 0.000 end), sum(case when n > 3 then price else 0 end) from t group by code',
    'select sum(case when id % 2 = 0 then price else 0 end), avg(case when id > 1000 then price else 1 end) from (select id, price from t union all select id, price * 1.0 from u where id <> 36) v',
    'select n, count(distinct id), count(distinct id % 20), count(distinct day), count(distinct n) filter (where id > 50) from t group by n',
    'select count(distinct n), count(distinct id), count(distinct day), count(distinct null::int) from t', 'select id / 6, count(distinct n % 2), count(distinct n / 3) from t group by 1',
    "select left(name, 2), substring(name from 1 for 5), substr(name, 1, 0), substring(code from 1 for 2), left(code, 9), left(name, -1) from t where left(name, 1) in ('r', 'é') or left(code, 1) = 'c'",
    // Groups whose keys determine each other (planner/plan-facts.ts).
    'select a.id, a.name, a.code, a.price, b.day, count(*) from t a, u b, t c where a.id = b.n and c.n = a.n group by a.id, a.name, b.n, a.code, b.day, a.price',
    'select b.id, b.name, a.n, b.price, sum(a.id) from t a left join t b on a.n = b.id and a.id < 200 group by b.id, a.n, b.name, b.price',
    'select b.n, b.day, a.id, a.name, count(*) from t a full join u b on a.id = b.id * 2 group by b.n, b.day, a.name, a.id',
    'select a.id, b.id, c.name, max(b.price) from u a join (t b right join t c on b.n = c.id) on a.n = c.id group by b.id, c.name, a.id',
    'select count(*) from t a where n in (select b.n from t b where b.id < 5)',
    'select count(*) from t a where not exists (select from t b where b.id = a.n and b.id > 3)',
    'select count(*) from t a where exists (select from t b where b.id = a.id + 1 and b.n = a.n + 1)',
  ];
  for (const operator of ['=', '<>', '<', '<=', '>', '>=']) {
    queries.push(`select id from u where n ${operator} 4 and id ${operator} n and price < 1 and day >= date '2000-01-10' and price > -2`, `select id from t where id ${operator} 200 and n > 2 and id <> 7`);
    queries.push(`select id, price ${operator} 0.5, 0.5 ${operator} price from u where price ${operator} 0.5`, `select id from u where not 0.5 ${operator} price`, `select id from t where not price ${operator} 1.5`);
    queries.push(`select id from u where n ${operator} 5 and n <> 3 and n < id and price ${operator} -0.25 and price < 2 and day > date '2000-03-01' and day ${operator} 'infinity'`);
  }
  for (const sql of queries) test(sql, async () => void expect(await both(sql)).toBeDefined());
  test('the same with rows of joins in files', async () => {
    await session.exec("set work_mem = '64kB'; set enable_nestloop = off");
    await session.exec('insert into t select i, i % 9, null, i % 100, i % 40 / 4.0 from generate_series(1000, 1600) i');
    for (const sql of queries) expect(await both(sql)).toBeDefined();
    await session.exec('reset work_mem; reset enable_nestloop');
  });
  test('the same with texts by their codes, before and after there are more texts than codes', async () => {
    await session.exec('analyze');
    const ofTexts = [
      ...queries, "select id from t where name not like '%1%' and name <> 'row 7'", "select id from t where code not in ('c1', 'c2') or name = 'row 3'", 'select distinct name, code from t', 'select name, count(*) from t group by name',
      "select a.id, b.name from t a join t b on a.id = b.id + 1 where b.code = 'c3' and a.code <> 'c1'", 'select max(name), min(code) from t where length(name) = 5', "select id from t where id in (7, 88) and name like 'row%'",
    ];
    const statement = session.prepare('select id from t where code = $1 order by id');
    const check = async (): Promise<void> => {
      for (const sql of ofTexts) expect(await both(sql)).toBeDefined();
      await session.exec('set execution_mode = generated');
      for (const code of ['c1', 'c2', 'c1', null, 'c100']) expect(statement.all([code])).toEqual((await session.query(`select id from t where code || '' = ${code === null ? 'null' : `'${code}'`} order by id`)).rows);
    };
    await check();
    await session.exec("update t set name = 'row ' || id, code = 'c' || id % 1000 where id % 3 = 1; update t set name = repeat('long ', 20) || id where id % 50 = 2");
    await check();
  });
  test('what can fail keeps its place', async () => {
    // Texts and numbers change places only where none of them can fail, and not across what can.
    expect(await both("select id from t where name like '%x%' and 1 / (id - 7) > 5 and n = 100")).toEqual([]);
    expect(await both("select id from t where name like '%row%' and 1 / (id - 7) > 5 and n = 100")).toBe('22012');
  });
  test('thousands of conditions and of branches', async () => {
    const list = (f: (i: number) => string, separator: string): string => Array.from({ length: 4000 }, (_, i) => f(i)).join(separator);
    expect(await both(`select id from t where ${list((i) => `id <> ${i + (i % 10 === 0 ? 1000 : 0)}`, ' and ')}`)).toEqual(Array.from({ length: 40 }, (_, i) => `[${i * 10}]`).slice(1).concat('[400]').sort());
    expect(await both(`select case ${list((i) => `when id = ${i} and n > 2 then ${i * 2}`, ' ')} end from t where id < 5`)).toEqual(['[6]', '[null]', '[null]', '[null]']);
  });
  test('texts are compared with a parameter of any number', async () => {
    await session.exec('set execution_mode = generated');
    for (let number = 2; number <= 40; number++) {
      const others = Array.from({ length: number - 2 }, (_, i) => ` and $${i + 2}::int is not null`).join('');
      const given = (last: string): unknown[] => [1, ...Array.from({ length: number - 2 }, () => 7), last];
      for (const [column, own] of [['name', 'row 1'], ['code', 'c1']]) {
        for (const query of [`select a.id from t a where id = $1 and ${column} = $${number}${others}`, `select b.id from u a join t b on b.id = a.id where a.id = $1 and b.${column} = $${number}${others}`]) {
          const found = session.prepare(query);
          expect([query, found.all(given(own!)), found.all(given('x'))]).toEqual([query, [{ id: 1 }], []]);
        }
      }
    }
  });
});
