/** Functions in SQL and those of extensions over constants: computed when the statement is planned, with errors that say where they were met. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database, type DatabaseError } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`
    create extension pgcrypto; create table t (a int); insert into t values (0);
    create function inverse(x int) returns int language sql immutable as 'select 10 / x';
    create function second(x int) returns int language sql immutable as 'select 1; select 10 / x';
    create function over(x int) returns int language sql immutable as 'select inverse(x) + 1';
    create function stable_inverse(x int) returns int language sql stable as 'select 10 / x';
    create function reads(x int) returns int language sql as 'select 1; select 10 / a from t where x = x';
    create function calls(x int) returns int language sql as 'select reads(x) from t';
    create function writes(x int) returns int language sql stable as 'insert into t values (x) returning a';
    create procedure twice(x int) language sql as 'insert into t values (1); insert into t select 1 / x'`);
});
afterAll(() => db.close());

const failure = (sql: string): Promise<DatabaseError> => db.query(sql).then(() => expect.unreachable(sql), (error: unknown) => error as DatabaseError);

test.each([
  ['select inverse(0) from t where false', 'SQL function "inverse" statement 1'],
  ['select second(0) from t where false', 'SQL function "second" statement 2'],
  ['select over(0) from t where false', 'SQL function "over" statement 1'],
  ['select stable_inverse(0) from t where false', 'SQL function "stable_inverse" during inlining'],
  ['select reads(0)', 'SQL function "reads" statement 2'],
  ['select calls(0)', 'SQL function "reads" statement 2\nSQL function "calls" statement 1'],
  ['call twice(0)', 'SQL function "twice" statement 2'],
  ['select inverse(a) from t', undefined],
])('%s', async (sql, where) => {
  const error = await failure(sql);
  expect([error.code, error.where, error.position]).toEqual(['22012', where, undefined]);
});

test('what a function may not do is told before it starts', async () => {
  expect(await failure('select writes(0)')).toMatchObject({ code: '0A000', where: 'SQL function "writes" during startup' });
});

test('an immutable function of an extension is computed when the statement is planned, one that is not is not', async () => {
  expect(await failure("select digest('a', 'nosuch') from t where false")).toMatchObject({ code: '22023' });
  expect((await db.query("select gen_salt('nosuch') from t where false")).rows).toEqual([]);
  const plan = await db.query("explain (costs off) select a from t where digest('a', 'md5') = '\\x00'");
  expect(JSON.stringify(plan.rows)).toContain('One-Time Filter: false');
});

test('a branch that is decided is not computed', async () => {
  expect((await db.query('select case when true then 1 else second(0) end as n from t')).rows).toEqual([{ n: 1 }]);
  expect(await failure('select case when a = 1 then 1 else second(0) end from t where false')).toMatchObject({ code: '22012' });
});

test('an error of a new body stands in its statement, or names the function', async () => {
  const at = await failure("create function bad() returns int language sql as 'select nothing'");
  expect([at.code, at.position, at.where]).toEqual(['42703', 59, undefined]);
  expect(await failure("create function bad() returns int language sql as 'select 1, 2'")).toMatchObject({ code: '42P13', where: 'SQL function "bad"' });
});
