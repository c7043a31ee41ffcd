/**
 * Functions in SQL become parts of the statements that call them: plans use indexes through them, errors come when PostgreSQL's planner meets them, arguments
 * are evaluated as it has them evaluated, and a plan goes when a function in it is replaced or dropped.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database, type DatabaseError, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;

const setup = [
  'create table item (id int primary key, a int, b text)', "insert into item select g, g % 100, 'b' || g from generate_series(1, 5000) g", 'create index on item (a)',
  "create function twice_and_one(v int) returns int language sql immutable as 'select v * 2 + 1'",
  "create function is_double(a int, k int) returns bool language sql immutable as 'select a = k * 2'",
  "create function items_of(k int) returns setof item language sql stable as 'select * from item where a = k'",
  "create function all_items() returns table (i int, t text) language sql stable as 'select id, b from item'",
  "create function sorted(k int) returns setof int language sql stable as 'with x as (select id from item where a = k) select id from x order by id desc limit 2'",
  "create function low(text) returns text language sql immutable strict as 'select lower($1)'",
  "create function unused(int) returns int language sql as 'select 1'", "create function unused_strict(int) returns int language sql strict as 'select 1'",
  "create function plus(a int, b int default 1) returns int language sql immutable as 'select a + b'",
  "create function divided(int, int) returns int language sql immutable as 'select $1 / $2'",
  "create function smallest(variadic list int[]) returns int language sql immutable as 'select min(x) from unnest(list) x'",
  "create function counted(int) returns bigint language sql immutable as 'select count(*) from item where a = $1'",
  "create function factorial_of(n int) returns int language sql immutable as 'select 1'",
  "create or replace function factorial_of(n int) returns int language sql immutable as 'select case when n <= 1 then 1 else n * factorial_of(n - 1) end'",
  'create sequence steps', "create function step(int) returns bigint language sql as $$ select nextval('steps') + $1 + $1 $$",
  'create index item_low on item (low(b)) where is_double(a, 7)', 'analyze item',
];

beforeAll(async () => {
  db = await open(':memory:');
  session = db.connect();
  for (const sql of setup) await session.query(sql);
});
afterAll(() => db.close());

const rowsOf = async (sql: string): Promise<unknown[][]> => (await session.query(sql, [], { rowMode: 'array' })).rows as unknown as unknown[][];
const planOf = async (sql: string): Promise<string> => (await rowsOf(`explain ${sql}`)).map(([line]) => line).join('\n');
const codeOf = async (sql: string): Promise<string> => session.query(sql).then(() => '', (error: DatabaseError) => error.code);

describe('plans', () => {
  test('a condition in a function finds an index', async () => {
    expect(await planOf('select * from item where id = twice_and_one(5)')).toMatch(/item_pkey[^]*id = 11/);
    expect(await planOf('select * from item where is_double(a, 5)')).toMatch(/item_a_idx[^]*a = 10/);
  });
  test('a set of rows is a table to its reader', async () => {
    expect(await planOf('select * from items_of(5) f where f.id = 105')).toMatch(/item_pkey[^]*id = 105/);
    expect(await planOf('select i from all_items() where i = 7')).toMatch(/item_pkey[^]*id = 7/);
    expect(await planOf('select r.id, f.b from item r, items_of(r.id) f where r.id < 3')).toMatch(/Nested Loop[^]*a = r\.id/);
    expect(await planOf('select * from items_of(5) with ordinality')).toMatch(/Function Scan/);
    expect(await rowsOf('select r.id, f.id from item r left join lateral items_of(r.id) f on f.id < 102 where r.id < 4 order by 1')).toEqual([[1, 1], [1, 101], [2, 2], [3, 3]]);
    expect(await rowsOf('select r.id, f from item r, sorted(r.a) f where r.id < 3 order by 1, 2')).toEqual([[1, 4801], [1, 4901], [2, 4802], [2, 4902]]);
    expect(await rowsOf('select f from sorted(3) f')).toEqual([[4903], [4803]]);
  });
  test('an index over a function serves it', async () => {
    expect(await planOf("select * from item where low(b) = 'b14' and is_double(a, 7)")).toMatch(/item_low/);
    expect(await rowsOf("select id from item where low(b) = 'b14' and is_double(a, 7)")).toEqual([[14]]);
  });
  test('parameters of the statement are not those of the function', async () => {
    expect((await session.query('select plus($2, $1) as s, (select count(*)::int from items_of($1)) as c', [3, 4])).rows).toEqual([{ s: 7, c: 50 }]);
  });
});

describe('evaluation', () => {
  test('an argument that the body does not read is not evaluated', async () => {
    expect(await rowsOf('select unused(id / 0) from item where id = 1')).toEqual([[1]]);
    expect(await codeOf('select unused_strict(id / 0) from item where id = 1')).toBe('22012');
  });
  test('a volatile argument is evaluated once', async () => {
    expect(await rowsOf("select step(nextval('steps')::int)")).toEqual([[4]]);
  });
  test('what is known is computed before the statement runs', async () => {
    expect(await codeOf('select divided(1, 0) from item where false')).toBe('22012');
    expect(await rowsOf('select case when smallest(1, 2) = 1 then 1 else 1 / 0 end, coalesce(plus(1), 1 / 0), factorial_of(5), plus(b => 5, a => 1)')).toEqual([[1, 2, 120, 6]]);
    // A table is read anew each time, whatever the function says of itself.
    const before = Number((await rowsOf('select counted(3)'))[0]![0]);
    await session.query('insert into item values (100003, 3, null)');
    expect(Number((await rowsOf('select counted(3)'))[0]![0])).toBe(before + 1);
    await session.query('delete from item where id = 100003');
  });
  test('an error while planning leaves nothing behind', async () => {
    expect(await codeOf('select smallest(1, 1 / 0)')).toBe('22012');
    expect(session.transactionStatus).toBe('idle');
    await session.query('begin isolation level serializable read only deferrable');
    expect(await rowsOf('select smallest(4, 3), count(*)::int from item')).toEqual([[3, 5000]]);
    await session.query('commit');
  });
});

describe('changes', () => {
  test('a plan goes with the function in it', async () => {
    await session.exec("create function changing(int) returns int language sql immutable as 'select $1 + 1'; create function outer_of(int) returns int language sql immutable as 'select changing($1) * 10'");
    expect(await rowsOf('select outer_of(1), outer_of(id) from item where id = 1')).toEqual([[20, 20]]);
    await session.query("create or replace function changing(int) returns int language sql immutable as 'select $1 + 2'");
    expect(await rowsOf('select outer_of(1), outer_of(id) from item where id = 1')).toEqual([[30, 30]]);
    await session.exec('begin; drop function changing(int)');
    expect(await codeOf('select outer_of(1), outer_of(id) from item where id = 1')).toBe('42883');
    await session.query('rollback');
    expect(await rowsOf('select outer_of(1), outer_of(id) from item where id = 1')).toEqual([[30, 30]]);
    await session.query("create or replace function items_of(k int) returns setof item language sql stable as 'select * from item where a = k + 1'");
    expect(await rowsOf('select min(f.id) from items_of(5) f')).toEqual([[6]]);
  });
  test('a body is analysed with the statement, even where it is never run', async () => {
    await session.query('set check_function_bodies = off');
    await session.exec("create function broken(int) returns bigint language sql stable as 'select count(*) from nosuch'; create function broken_rows() returns setof int language sql stable as 'select id from nosuch'");
    expect(await codeOf('select broken(id) from item where false')).toBe('42P01');
    expect(await codeOf('select * from broken_rows() limit 0')).toBe('42P01');
  });
});
