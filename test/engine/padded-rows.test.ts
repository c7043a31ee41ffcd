/** A row whose columns are all NULL is told from one that an outer join has padded, whatever gives it. Expected values are PostgreSQL's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`
    create table t (x int);
    create table p (y int, z int);
    insert into t values (1), (2);
    insert into p values (null, null), (1, 1);
    create view wide as select t.x, p as "row" from t left join p on x = 1 and y is null;
    create function present(i int) returns bigint language sql as 'select count(p) from t left join p on x = i and y is null';
    create function addresses(i int) returns setof tid language sql as 'select ctid from t where x >= i';
    create function address(i int) returns text language sql as 'select ctid::text from t where x = i'`);
});
afterAll(() => db.close());

const rows = async (sql: string): Promise<unknown[][]> => (await db.query(sql, [], { rowMode: 'array', values: 'text' })).rows as unknown as unknown[][];

/** Each gives a row of two NULLs once, as `s`, and what `x = 1` does not join. */
const sources: readonly (readonly [what: string, item: string, prefix?: string])[] = [
  ['a table', 'p s'],
  ['a subquery', '(select y, z from p) s'],
  ['a subquery that is grouped', '(select y, sum(z) as z from p group by y) s'],
  ['a subquery that is sorted', '(select y, z from p order by y limit 5) s'],
  ['a union', '(select y, z from p where z = 1 union all select y, z from p where z is null) s'],
  ['a list of values', '(values (null::int, null::int), (1, 1)) s(y, z)'],
  ['one row of values', '(values (null::int, null::int)) s(y, z)'],
  ['a function', "json_to_recordset('[{}]') s(y int, z int)"],
  ['functions side by side', 'rows from (unnest(array[null::int]), unnest(array[null::int])) s(y, z)'],
  ['a CTE', 's', 'with s as (select y, z from p)'],
  ['a CTE that is computed once', 's', 'with s as materialized (select y, z from p)'],
  ['a recursive CTE', 's', 'with recursive s(y, z) as (select null::int, null::int union select y, z from s)'],
];

describe.each(sources)('%s', (_, item, prefix = '') => {
  test.each([
    `t left join ${item} on x = 1 and s.y is null`,
    `${item} right join t on x = 1 and s.y is null`,
    `t left join (${item} cross join (select 1 as one) o) on x = 1 and s.y is null`,
  ])('%s', async (from) => {
    expect(await rows(`${prefix} select x, s, s is null, s is not distinct from null from ${from} order by x`)).toEqual([['1', '(,)', 't', 'f'], ['2', null, 't', 't']]);
    expect(await rows(`${prefix} select count(s), count(*), count(s.y) from ${from}`)).toEqual([['1', '2', '0']]);
  });
});

test('of both sides of a full join', async () => {
  expect(await rows('select count(p), count(t), count(*) from t full join p on y = x')).toEqual([['2', '2', '3']]);
});

test('a join under an alias has a row of what it has joined, whatever that is', async () => {
  expect(await rows('select x, j from t left join (p join t u on true) as j(a, b, c) on x = 1 and c = 2 and a is null order by x')).toEqual([['1', '(,,2)'], ['2', '(,,)']]);
});

test('tableoid is NULL where there is no row', async () => {
  expect(await rows('select x, p.tableoid::regclass, p.ctid from t left join p on x = 1 and y is null order by x')).toEqual([['1', 'p', '(0,1)'], ['2', null, null]]);
});

test('through views, bodies of functions, subqueries and RETURNING', async () => {
  expect(await rows('select x, "row", "row" is not distinct from null from wide order by x')).toEqual([['1', '(,)', 'f'], ['2', null, 't']]);
  expect(await rows("select pg_get_viewdef('wide'::regclass)")).toEqual([[' SELECT t.x,\n    p.*::p AS "row"\n   FROM (t\n     LEFT JOIN p ON (((t.x = 1) AND (p.y IS NULL))));']]);
  expect(await rows('select present(1), present(3)')).toEqual([['1', '0']]);
  expect(await rows('select x, (select count(*) from p q where p is null and p is distinct from null) from t left join p on x = 1 and y is null order by x')).toEqual([['1', '2'], ['2', '0']]);
  await db.exec('create table u (a int, b text); insert into u values (1), (2)');
  expect(await rows("update u set b = 'new' from t left join p on x = 1 and y is null where x = a returning u, p")).toEqual([['(1,new)', '(,)'], ['(2,new)', null]]);
  expect(await rows('select x from t left join p on x = 1 and y is null where p is distinct from null')).toEqual([['1']]);
});

test('what groups by the columns of a row has not got the row', async () => {
  await expect(db.query('select p from t left join p on true group by p.y, p.z')).rejects.toMatchObject({ code: '42803', message: 'column "p.*" must appear in the GROUP BY clause or be used in an aggregate function' });
  expect(await rows('select p, count(*) from t left join p on x = 1 group by p order by p')).toEqual([['(1,1)', '1'], ['(,)', '1'], [null, '1']]);
});

test('ctid in the body of a function', async () => {
  expect(await rows('select address(1), address(2), address(3)')).toEqual([['(0,1)', '(0,2)', null]]);
  expect(await rows('select * from addresses(2)')).toEqual([['(0,2)']]);
});
