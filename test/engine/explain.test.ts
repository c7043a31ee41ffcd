/** EXPLAIN ANALYZE as its options want it: rows, times and pages, in text and JSON, generated and interpreted. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;
beforeEach(async () => {
  db = await open(':memory:');
  session = db.connect();
  await session.exec('create table t (id int primary key, a int); insert into t select g, g % 10 from generate_series(1, 5000) g; analyze t');
});
afterEach(() => db.close());

const lines = async (sql: string): Promise<string[]> => (await session.query<{ 'QUERY PLAN': string }>(sql)).rows.map((row) => row['QUERY PLAN']);

test('BUFFERS shows the pages of the statement at its topmost operator', async () => {
  const [, buffers] = await lines('explain (analyze, buffers) select sum(a) from t');
  expect(buffers).toMatch(/^ {2}Buffers: shared hit=\d+$/);
  const all = Number(/hit=(\d+)/.exec(buffers!)![1]);
  const [, , few] = await lines('explain (analyze, buffers) select a from t where id = 7');
  expect(Number(/hit=(\d+)/.exec(few!)![1])).toBeLessThan(all);
  expect((await lines('explain (analyze) select sum(a) from t')).join('\n')).not.toContain('Buffers');
  const [{ Plan: plan }] = JSON.parse((await lines('explain (analyze, buffers, format json) select sum(a) from t'))[0]!) as [{ Plan: Record<string, unknown> }];
  expect(plan).toMatchObject({ 'Shared Hit Blocks': all, 'Shared Read Blocks': 0, 'Actual Rows': 1, 'Actual Startup Time': expect.any(Number), 'Actual Total Time': expect.any(Number) });
});

test('times stand where operators have some of their own, and not with TIMING off', async () => {
  const shape = (line: string): string => line.replaceAll(/\d+\.\d{3}/g, 'T');
  expect((await lines('explain (analyze, costs off, summary off) select sum(a) from t')).map(shape)).toEqual(['Aggregate  (actual time=T..T rows=1 loops=1)', '  ->  Seq Scan on t  (actual rows=5000 loops=1)']);
  await session.exec("set execution_mode = 'interpreted'");
  expect((await lines('explain (analyze, costs off, summary off) select sum(a) from t')).map(shape)).toEqual(['Aggregate  (actual time=T..T rows=1 loops=1)', '  ->  Seq Scan on t  (actual time=T..T rows=5000 loops=1)']);
  expect(await lines('explain (analyze, costs off, summary off, timing off) select a from t where id = 7')).toEqual(['Index Scan using t_pkey on t  (actual rows=1 loops=1)', '  Index Cond: (id = 7)']);
});

test('a statement that changes rows counts those it returns', async () => {
  const run = (sql: string): Promise<string[]> => lines(`explain (analyze, costs off, summary off, timing off) ${sql}`);
  expect((await run('insert into t values (0), (-1) returning a'))[0]).toBe('Insert on t  (actual rows=2 loops=1)');
  expect((await run('update t set a = 1 where id = 0'))[0]).toBe('Update on t  (actual rows=0 loops=1)');
});
