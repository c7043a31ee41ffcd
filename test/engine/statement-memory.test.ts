/**
 * Shows that statement_mem bounds what every operator keeps that cannot spill: the statement fails with 53200 and leaves nothing, the session goes on, and what was let go
 * counts no more, however often an operator is opened again.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

/** Kept by one operator: too much for 64 kB over all rows of `t`, little over one of its groups. `{}` stands for the condition that says which. */
const statements: readonly (readonly [name: string, text: string, settings?: string])[] = [
  ['sort', 'select count(*) from (select * from t where {} order by s, id limit 20000) q'],
  ['distinct', 'select count(*) from (select distinct s from t where {}) q'],
  ['groups', 'select count(*) from (select s, count(*) from t where {} group by s) q'],
  ['grouping sets', 'select count(*) from (select s, g, count(*) from t where {} group by grouping sets ((s, g), (g))) q'],
  ['hash join', 'select count(*) from t a join t b on a.s = b.s where a.{} and b.{}'],
  ['null-aware join', 'select count(*) from t where {} and s not in (select s from t where {})'],
  ['merge join', 'select count(*) from (select one from t where id = 1) a join (select * from t offset 0) b on a.one = b.one where {}', 'set enable_hashjoin = off; set enable_nestloop = off'],
  ['intersect', 'select count(*) from (select s from t where {} intersect select s from t where {}) q'],
  ['except', "select count(*) from (select s from t where {} except select 'x') q"],
  ['window with a frame', 'select sum(n) from (select count(*) over (order by id rows between 1 preceding and 1 following) n, s from t where {}) q'],
  ['recursion', 'with recursive r(n) as (select 1 union select n + 1 from r where exists (select from t where id = n and {})) select count(*) from r'],
  ['array_agg', 'select array_length(array_agg(s), 1) from t where {}'],
  ['string_agg', "select length(string_agg(s, ',')) from t where {}"],
  ['json_agg', 'select length(json_agg(s)::text) from t where {}'],
  ['jsonb_agg', 'select jsonb_array_length(jsonb_agg(s)) from t where {}'],
  ['jsonb_object_agg', 'select length(jsonb_object_agg(s, id)::text) from t where {}'],
  ['range_agg', 'select range_agg(int4range(id * 2, id * 2 + 1)) from t where {}'],
  ['count of distinct', 'select count(distinct s) from t where {}'],
  ['aggregate in order', 'select (array_agg(id order by s desc))[1] from t where {}'],
  ['percentile', 'select percentile_disc(0.5) within group (order by s) from t where {}'],
  ['array of a subquery', 'select array_length(array(select s from t where {}), 1)'],
  ['any of a subquery', "select count(*) from (values ('x'), ('y')) v(x) where x = any (select s from t where {}) is not true"],
  ['all of a subquery', "select count(*) from (values ('x'), ('y')) v(x) where (x > all (select s from t where {})) is not null"],
];
/** Operators that generated code has spill instead. */
const spilling: ReadonlySet<string> = new Set(['sort', 'distinct', 'groups', 'hash join']);

const rowCount = 4000;

let db: Database;
let session: Session;
const outOfMemory = { code: '53200', message: 'out of memory', detail: expect.stringMatching(/^The statement keeps \d+ kB in memory; statement_mem allows 64 kB\.$/) as string, hint: expect.stringContaining('statement_mem') as string };

describe.each(['generated', 'interpreted'])('%s', (mode) => {
  beforeAll(async () => {
    db = await open(':memory:', { settings: { execution_mode: mode } });
    session = db.connect();
    await session.exec('create table t (id int primary key, g int not null, s text, one int default 1)');
    await session.exec(`insert into t select i, i / 10, repeat('x', 50) || i from generate_series(1, ${rowCount}) i; create index on t (g); analyze t`);
  });
  afterAll(() => db.close());

  test.each(statements.map(([name, text, settings]) => ({ name, text, settings: settings ?? '' })))('$name', async ({ name, text, settings }) => {
    const all = text.replaceAll('{}', 'g >= 0');
    await session.exec(`set statement_mem = '64kB'; ${settings}`);
    if (mode === 'interpreted' || !spilling.has(name)) {
      await expect(session.query(all)).rejects.toMatchObject(outOfMemory);
      // Undone whole, and what follows has the memory for itself.
      await session.exec('begin; savepoint s');
      await expect(session.query(`with made as (insert into t select -1, -1, 'x' returning id) select (${all}), id from made`)).rejects.toMatchObject(outOfMemory);
      await session.exec('rollback to s; commit');
    }
    expect((await session.query('select count(*) as n from t')).rows).toEqual([{ n: rowCount }]);
    // Hundreds of times a few rows are no more than a few rows.
    const again = `select count(*) as n from (select d.g, (${text.replaceAll('{}', 'g = d.g')}) from (select distinct g from t where g between 1 and 300) d offset 0) q`;
    expect((await session.query(again)).rows).toEqual([{ n: 300 }]);
    await session.exec('set statement_mem = 0');
    expect((await session.query(all)).rows).toHaveLength(1);
    await session.exec('reset all');
  });
});

describe('results, changes and sorts with a bound', () => {
  beforeAll(async () => {
    db = await open(':memory:', { timeSliceMs: 1 });
    session = db.connect();
    await session.exec(`create table t (id int primary key, n int); insert into t select i, 0 from generate_series(1, 20000) i; set statement_mem = '64kB'`);
  });
  afterAll(() => db.close());

  test.each(["select id, repeat('x', 100) || id as s from t", "update t set n = n + 1 returning repeat('x', 100) || id as s"])('%s', async (text) => {
    await expect(session.query(text)).rejects.toMatchObject(outOfMemory);
    const prepared = await session.prepare(text);
    expect(() => prepared.all()).toThrow('out of memory');
    expect((await session.query('select sum(n) as n from t')).rows).toEqual([{ n: 0 }]);
    await session.exec("begin; set local statement_mem = '64MB'");
    expect((await session.query(text)).rows).toHaveLength(20_000);
    await session.exec('rollback');
  });
  test('what a stream or a cursor has given out is not kept', async () => {
    let count = 0;
    for await (const _row of session.stream("select id, repeat('x', 100) || id as s from t")) count++;
    expect(count).toBe(20_000);
    await session.exec("begin; declare c no scroll cursor for select id, repeat('x', 100) || id as s from t");
    for (let left = 20_000; left > 0; left -= 100) expect((await session.query('fetch 100 from c')).rows).toHaveLength(100);
    await session.exec('commit');
  });
  test('a change that goes over several time slices meets every row once', async () => {
    expect((await session.query('update t set n = n + 1')).rowCount).toBe(20_000);
    expect((await session.query('update t set id = id + 1000000, n = n + 1')).rowCount).toBe(20_000);
    expect((await session.query('select distinct n from t')).rows).toEqual([{ n: 2 }]);
    expect((await session.query('delete from t where id % 2 = 0')).rowCount).toBe(10_000);
  });
  test('few rows that are too large for work_mem are sorted in a file', async () => {
    await session.exec("set work_mem = '64kB'");
    // The result is small: whether it is counted hangs on the clock.
    const wide = "select id from (select id, repeat(chr(97 + id % 26), 1000) as s from t offset 0) q order by s, id limit 500";
    const rows = (await session.query<{ id: number }>(wide)).rows.map(({ id }) => id);
    const expected = (await session.query<{ id: number }>('select id from t order by (id % 26), id limit 500')).rows.map(({ id }) => id);
    // 97 + id % 26 is in the order of the letters.
    expect(rows).toEqual(expected);
  });
  test('a value that the engine cannot make is no internal error', async () => {
    await session.exec('set statement_mem = 0');
    await expect(session.query("select length(string_agg(s, '')) from (select repeat('x', 100000000) s from generate_series(1, 6)) q")).rejects.toMatchObject({ code: '54000' });
  });
});
