/** The public face: results, parameters, sessions, misuse, and what open and close promise. */
import { describe, expect, test } from 'vitest';
import { DatabaseError, open, sql } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { withDatabase } from './with-database.js';

/** Runs `body` on a fresh database in memory. */
async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError);
    return error as DatabaseError;
  }
  throw new Error('no error was raised');
}

describe('results', () => {
  test('have rows, a count, a command and fields with type oids', () =>
    withDatabase(async (db) => {
      const result = await db.query("select 1 as a, 'x'::text as b, 1.50::numeric(5,2) as c");
      expect(result).toMatchObject({ command: 'SELECT', rowCount: 1, rows: [{ a: 1, b: 'x', c: '1.50' }] });
      expect(result.fields.map((f) => [f.name, f.dataTypeID, f.dataTypeModifier])).toEqual([['a', 23, -1], ['b', 25, -1], ['c', 1700, 327686]]);
    }));

  test('are arrays on demand', () =>
    withDatabase(async (db) => {
      expect((await db.query('select 1, 2', [], { rowMode: 'array' })).rows).toEqual([[1, 2]]);
      expect((await db.query({ text: 'select $1::int', values: [3], rowMode: 'array' })).rows).toEqual([[3]]);
    }));

  test('of every type', () =>
    withDatabase(async (db) => {
      const { rows } = await db.query(`select true as bool, 1::int2 as int2, 9007199254740991::int8 as int8, 1.5::float8 as float8, 0.1::numeric as numeric, 'x'::varchar as text, '\\xdead'::bytea as bytea,
        '2020-02-29'::date as date, '2020-02-29 12:34:56.789'::timestamp as timestamp, '2020-02-29 12:34:56.789+00'::timestamptz as timestamptz, '12:34:56'::time as time, '1 day'::interval as interval,
        '{"a":[1,null]}'::json as json, '{"a":[1,null]}'::jsonb as jsonb, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as uuid, array[1,null,3] as ints, array[['a','b'],['c','d']] as texts, null::int as nothing,
        'infinity'::timestamptz as forever`);
      expect(rows[0]).toEqual({
        bool: true, int2: 1, int8: 9007199254740991, float8: 1.5, numeric: '0.1', text: 'x', bytea: Uint8Array.of(0xde, 0xad), date: '2020-02-29', timestamp: new Date('2020-02-29T12:34:56.789Z'),
        timestamptz: new Date('2020-02-29T12:34:56.789Z'), time: '12:34:56', interval: '1 day', json: { a: [1, null] }, jsonb: { a: [1, null] }, uuid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', ints: [1, null, 3],
        texts: [['a', 'b'], ['c', 'd']], nothing: null, forever: Infinity,
      });
    }));

  test('int8 that a number cannot hold is an error, a bigint or a string', () =>
    withDatabase(async (db) => {
      const text = 'select 9007199254740993::int8 as n';
      const error = await failure(db.query(text));
      expect(error.code).toBe('22003');
      expect(error.hint).toMatch(/int8: 'bigint'/);
      expect((await db.query(text, [], { int8: 'bigint' })).rows).toEqual([{ n: 9007199254740993n }]);
      expect((await db.query(text, [], { int8: 'string' })).rows).toEqual([{ n: '9007199254740993' }]);
      expect((await db.query('select 1::int8 as n', [], { int8: 'bigint' })).rows).toEqual([{ n: 1n }]);
    }));

  test('parsers and serializers can be replaced by type', () =>
    withDatabase(async (db) => {
      const parsers = { 1082: (text: string) => `date:${text}`, 1700: Number };
      expect((await db.query("select '2020-01-02'::date as d, 1.5::numeric as n", [], { parsers })).rows).toEqual([{ d: 'date:2020-01-02', n: 1.5 }]);
      const serializers = { 16: (value: unknown) => (value === 'ja' ? 'true' : 'false') };
      expect((await db.query('select $1::bool as b', ['ja'], { serializers })).rows).toEqual([{ b: true }]);
    }));
});

describe('parameters', () => {
  test('by position and by name', () =>
    withDatabase(async (db) => {
      expect((await db.query('select $2::text || $1::int as x', [7, 'n'])).rows).toEqual([{ x: 'n7' }]);
      expect((await db.query('select :a::int + :b + :a as x', { a: 1, b: 10 })).rows).toEqual([{ x: 12 }]);
    }));

  test('of every kind of JavaScript value', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (i int, l int8, f float8, n numeric, b bool, s text, y bytea, d date, ts timestamp, tz timestamptz, j jsonb, a int[], u uuid)');
      const when = new Date('2021-03-04T05:06:07.089Z');
      const values = [1, 2n ** 53n + 1n, 0.5, '123456789012345678901234567890.12', true, 'ä', Uint8Array.of(1, 2), when, when, when, { k: [1, 'x'] }, [1, null, 2], 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'];
      await db.query('insert into t values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)', values);
      const { rows } = await db.query('select * from t', [], { int8: 'bigint' });
      expect(rows[0]).toEqual({ i: 1, l: 2n ** 53n + 1n, f: 0.5, n: '123456789012345678901234567890.12', b: true, s: 'ä', y: Uint8Array.of(1, 2), d: '2021-03-04', ts: when, tz: when, j: { k: [1, 'x'] }, a: [1, null, 2], u: values[12] });
      await db.query('insert into t (i, s) values ($1, $2)', [null, undefined]);
      expect((await db.query('select count(*) from t where i is null and s is null')).rows).toEqual([{ count: 1 }]);
    }));

  test.each([
    ['too few', 'select $1::int, $2::int', [1], '08P01'],
    ['too many', 'select $1::int', [1, 2], '08P01'],
    ['unknown name', 'select :a::int', { b: 1 }, '42P02'],
    ['names for positions', 'select $1::int', { a: 1 }, '42P02'],
    ['positions for names', 'select :a::int', [1], '42P02'],
    ['not a number', 'select $1::int', ['x'], '22P02'],
    ['a fraction for int', 'select $1::int', [1.5], '22P02'],
    ['a function', 'select $1::text', [() => 1], '42804'],
    ['an invalid date', 'select $1::timestamptz', [new Date(NaN)], '22007'],
    ['a zero byte', 'select $1::text', ['a\0b'], '22021'],
  ] as const)('%s is an error', (_what, text, params, code) => withDatabase(async (db) => expect((await failure(db.query(text, params))).code).toBe(code)));

  test('sql templates keep text and values apart', () =>
    withDatabase(async (db) => {
      await db.exec('create table "Odd table" (a int, b text)');
      const row = { a: 1, b: "'); drop table x; --" };
      await db.query(sql`insert into ${sql.id('Odd table')} (${sql.join([sql.id('a'), sql.id('b')])}) values (${sql.join([row.a, row.b])})`);
      const where = sql`where a = ${1}`;
      expect((await db.query(sql`select * from ${sql.id('Odd table')} ${where} and b like ${'%drop%'}`)).rows).toEqual([row]);
      expect(sql`select ${1}, ${sql`x = ${2}`}`.text).toBe('select $1, x = $2');
    }));
});

describe('errors', () => {
  test("carry PostgreSQL's fields", () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int primary key, b int not null constraint small check (b < 10))');
      await db.query('insert into t values (1, 1)');
      expect(await failure(db.query('insert into t values (1, 1)'))).toMatchObject({ code: '23505', severity: 'ERROR', schema: 'public', table: 't', constraint: 't_pkey', detail: 'Key (a)=(1) already exists.', isRetryable: false });
      expect(await failure(db.query('insert into t values (2, null)'))).toMatchObject({ code: '23502', table: 't', column: 'b' });
      expect(await failure(db.query('insert into t values (2, 11)'))).toMatchObject({ code: '23514', constraint: 'small' });
      expect(await failure(db.query('select a,\n  nope from t'))).toMatchObject({ code: '42703', position: 13 });
      expect(await failure(db.query('selec 1'))).toMatchObject({ code: '42601', position: 1 });
      expect(await failure(db.query('select (1, 2) = (select 1)'))).toMatchObject({ message: 'subquery has too few columns', position: 15 });
      expect(await failure(db.query('update t set (a, b) = (select 1)'))).toMatchObject({ message: 'number of columns does not match number of values', position: 23 });
    }));

  test('a failed statement undoes itself whole', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int primary key)');
      await failure(db.query('insert into t values (1), (2), (1)'));
      expect((await db.query('select count(*) from t')).rows).toEqual([{ count: 0 }]);
    }));

  test('of conflicts explain themselves', () =>
    withDatabase(async (db) => {
      await db.exec("create table oncall (doctor text primary key, active bool); insert into oncall values ('ada', true), ('bob', true)");
      const [a, b] = [db.connect(), db.connect()];
      for (const [s, who] of [[a, 'ada'], [b, 'bob']] as const) {
        await s.query('begin isolation level serializable');
        await s.query('select count(*) from oncall where active');
        await s.query('update oncall set active = false where doctor = $1', [who]);
      }
      await a.query('commit');
      const error = await failure(b.query('commit'));
      expect(error.code).toBe('40001');
      expect(error.isRetryable).toBe(true);
      expect(error.conflict?.kind).toBe('serialization');
      expect(error.conflict?.cycle.length).toBeGreaterThanOrEqual(2);
      expect(error.conflict?.summary).toMatch(/select count\(\*\) from oncall/);
      expect(error.conflict?.summary).toMatch(/\(doctor\)=\((ada|bob)\)|all of it/);
      expect(b.lastConflict).toBe(error);
      expect(db.lastConflict).toBe(error);
    }));
});

describe('the database handle', () => {
  test('runs calls side by side', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int primary key)');
      await Promise.all(Array.from({ length: 50 }, (_, i) => db.query('insert into t values ($1)', [i])));
      expect((await db.query('select count(*), sum(a) from t')).rows).toEqual([{ count: 50, sum: 1225 }]);
    }));

  test('keeps no state between calls, and says so', () =>
    withDatabase(async (db) => {
      expect(await failure(db.query('begin'))).toMatchObject({ code: '25000', message: expect.stringMatching(/left a transaction open/) });
      expect(await failure(db.query("set work_mem = '1MB'"))).toMatchObject({ code: '25000', hint: expect.stringMatching(/connect\(\)/) });
      expect(await failure(db.query('prepare p as select 1'))).toMatchObject({ code: '25000' });
      expect(await failure(db.query('create temp table x (a int)'))).toMatchObject({ code: '25000' });
      expect((await db.query('show work_mem')).rows).toEqual([{ work_mem: '16MB' }]);
      expect((await db.exec("begin; create table t (a int); insert into t values (1); commit; select * from t")).at(-1)!.rows).toEqual([{ a: 1 }]);
    }));

  test('refuses several statements in query', () =>
    withDatabase(async (db) => expect(await failure(db.query('select 1; select 2'))).toMatchObject({ code: '42601', hint: expect.stringMatching(/exec/) })));

  test('exec gives all results', () =>
    withDatabase(async (db) => {
      const results = await db.exec('select 1 as a; create table t (x int); insert into t values (1), (2); select count(*) as n from t');
      expect(results.map((r) => [r.command, r.rowCount, r.rows])).toEqual([['SELECT', 1, [{ a: 1 }]], ['CREATE TABLE', null, []], ['INSERT', 2, []], ['SELECT', 1, [{ n: 2 }]]]);
      expect(await db.exec('')).toEqual([]);
      expect(await db.exec(' -- nothing\n ; ; ')).toEqual([]);
    }));

  test('nothing works after close', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    const statement = db.prepare('select 1');
    await db.close();
    await db.close();
    expect(await failure(db.query('select 1'))).toMatchObject({ code: '08003' });
    expect(await failure(session.query('select 1'))).toMatchObject({ code: '08003' });
    expect(() => statement.get()).toThrow(DatabaseError);
    expect(() => db.connect()).toThrow(/closed/);
    expect(() => db.prepare('select 1')).toThrow(/closed/);
  });
});

describe('open', () => {
  test('refuses nonsense', async () => {
    expect(await failure(open(''))).toMatchObject({ code: '22023' });
    expect(await failure(open(':memory:', { settings: { nonsense: 1 } }))).toMatchObject({ code: '42704' });
    expect(await failure(open('x', { vfs: new MemoryVfs(), mustExist: true }))).toMatchObject({ code: '58P01' });
  });

  test('takes the isolation level and settings of all sessions', () =>
    withDatabase(
      async (db) => {
        const session = db.connect();
        expect(session.isolation).toBe('serializable');
        expect((await session.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '5s' }]);
      },
      { isolation: 'serializable', settings: { statement_timeout: '5s' } },
    ));

  test('a second opening names the holder', async () => {
    const vfs = new MemoryVfs();
    const db = await open('one.slt', { vfs });
    expect(await failure(open('one.slt', { vfs }))).toMatchObject({ code: '55006' });
    await db.close();
    await (await open('one.slt', { vfs })).close();
  });

  test('read only', async () => {
    const vfs = new MemoryVfs();
    const db = await open('one.slt', { vfs });
    await db.exec('create table t (a serial); insert into t default values');
    await db.close();
    const reader = await open('one.slt', { vfs, readOnly: true });
    expect((await reader.query('select * from t')).rows).toEqual([{ a: 1 }]);
    for (const text of ['insert into t default values', 'create table u (a int)', "select nextval('t_a_seq')", 'truncate t', 'analyze t']) expect(await failure(reader.query(text))).toMatchObject({ code: '25006' });
    await reader.close();
  });

  test('using declarations close', async () => {
    const vfs = new MemoryVfs();
    {
      await using db = await open('one.slt', { vfs });
      await using session = db.connect();
      await session.query('begin');
      await session.query('create table gone (a int)');
    }
    const db = await open('one.slt', { vfs });
    expect(await failure(db.query('select * from gone'))).toMatchObject({ code: '42P01' });
    await db.close();
  });
});
