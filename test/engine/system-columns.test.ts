/** ctid names a row by its key, xmax tells an insert from an update, and the others are refused by name. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`
    create table heap (a int, b text);
    create table keyed (id int primary key, v text);
    create table pairs (n text, m int, primary key (n, m));
    insert into heap select g % 4, 'r' || g from generate_series(1, 12) g;
    insert into keyed select g, chr(96 + g) from generate_series(1, 5) g;
    insert into pairs values ('x', 1), ('x', 2), ('', 3)`);
});
afterAll(() => db.close());

const rows = async (sql: string): Promise<unknown[][]> => (await db.query(sql, [], { rowMode: 'array' })).rows as unknown as unknown[][];
const codeOf = async (sql: string): Promise<string> => db.query(sql).then(() => 'no error', (error: unknown) => (error as { code: string }).code);

test('every row has an address of its own, in the order of insertion where there is no key', async () => {
  expect(await rows('select count(distinct ctid), pg_typeof(min(ctid))::text from heap')).toEqual([[12, 'tid']]);
  expect(await rows('select b from heap order by ctid desc limit 2')).toEqual([['r12'], ['r11']]);
  expect(await rows('select id from keyed where ctid > (select k.ctid from keyed k where k.id = 3)')).toEqual([[4], [5]]);
  expect(await rows('select k.id from keyed k join keyed l on k.ctid = l.ctid where l.v > \'c\'')).toEqual([[4], [5]]);
  expect(await rows('select id from keyed order by (select count(*) from keyed l where l.ctid < keyed.ctid) desc limit 1')).toEqual([[5]]);
  expect(await rows("select id from keyed where ctid = (select ctid::text from keyed where id = 2)::tid")).toEqual([[2]]);
  expect(await rows('select h.b from heap h left join keyed k on k.id = h.a + 5 where k.ctid is null order by h.ctid limit 1')).toEqual([['r1']]);
});

test('subqueries, groups and prepared statements', async () => {
  expect(await rows('select count(*) from heap where exists (select from heap i where i.ctid = heap.ctid)')).toEqual([[12]]);
  expect(await rows('select max(n) from (select count(*) n from heap group by ctid) s')).toEqual([[1]]);
  expect(await codeOf('select a, ctid from heap group by a')).toBe('42803');
  const [[address]] = (await rows("select ctid from heap where b = 'r7'")) as [[string]];
  expect(address).toBe('(0,7)');
  const byAddress = await db.prepare('select b from heap where ctid = $1');
  expect(await byAddress.all([address])).toEqual([{ b: 'r7' }]);
});

test('rows are deleted, updated and merged by address', async () => {
  await db.exec("create table t (a int, b text); insert into t values (1, 'x'), (1, 'y'), (2, 'z'), (2, 'w'), (3, 'v')");
  await db.exec('delete from t x using t y where x.a = y.a and x.ctid > y.ctid');
  expect(await rows('select a, b from t order by a')).toEqual([[1, 'x'], [2, 'z'], [3, 'v']]);
  await db.exec("update t set b = 'first' where ctid in (select ctid from t order by a limit 1)");
  await db.exec("merge into t using (select ctid c from t where a = 3) s on t.ctid = s.c when matched then update set b = 'merged'");
  expect(await rows('select b from t order by a')).toEqual([['first'], ['z'], ['merged']]);
  expect(await rows('with gone as (delete from t where ctid = any (array(select ctid from t order by a limit 2)) returning b) select b from gone order by b')).toEqual([['first'], ['z']]);
});

test('a queue by address: what another has locked is skipped, what it has changed is met where it was', async () => {
  await db.exec('create table queue (job text, done bool); insert into queue select chr(96 + g), false from generate_series(1, 3) g');
  const take = 'update queue set done = true where ctid = (select ctid from queue where not done order by job limit 1 for update skip locked) returning job';
  const [one, two] = [await db.connect(), await db.connect()];
  await one.query('begin');
  expect((await one.query(take)).rows).toEqual([{ job: 'a' }]);
  expect((await two.query(take)).rows).toEqual([{ job: 'b' }]);
  const waiting = two.query("update queue set job = job || '!' where ctid = '(0,1)' returning job, done");
  await one.query('commit');
  expect((await waiting).rows).toEqual([{ job: 'a!', done: true }]);
  await Promise.all([one.close(), two.close()]);
});

test('xmax is 0 for what ON CONFLICT inserted', async () => {
  const upsert = "insert into pairs values ('x', 2), ('new', 1), ('x', 1) on conflict (n, m) do update set m = excluded.m + 10 returning n, m, (xmax = 0) as inserted";
  expect(await rows(upsert)).toEqual([['x', 12, false], ['new', 1, true], ['x', 11, false]]);
  expect(await rows("insert into keyed values (9, 'z') on conflict (id) do update set v = 'no' returning xmax")).toEqual([[0]]);
});

test('RETURNING tells the address that a row has got', async () => {
  await db.exec("create table given (a int, b text); create table named (id int primary key, v text); create view seen as select * from named");
  expect(await rows("insert into given values (1, 'x'), (2, 'y') returning ctid, a")).toEqual([['(0,1)', 1], ['(0,2)', 2]]);
  expect(await rows("insert into given select 3, 'z' returning given.ctid = (select max(ctid) from given) as is_seen, b")).toEqual([[false, 'z']]);
  expect(await rows("update given set b = 'w' where a = 2 returning ctid")).toEqual([['(0,2)']]);
  expect(await rows("delete from given where a = 2 returning ctid, b")).toEqual([['(0,2)', 'w']]);
  const [[first], [second]] = (await rows("insert into named values (1, 'a'), (2, 'b') returning ctid")) as [[string], [string]];
  expect(await rows(`select id from named where ctid = '${second}'`)).toEqual([[2]]);
  // A changed key is another address.
  const [[moved]] = (await rows('update named set id = 7 where id = 1 returning ctid')) as [[string]];
  expect(moved).not.toBe(first);
  expect(await rows(`select id from named where ctid = '${moved}'`)).toEqual([[7]]);
  const upsert = "insert into named values (2, 'c'), (3, 'd') on conflict (id) do update set v = excluded.v returning ctid, xmax = 0";
  expect((await rows(upsert)).map(([address, isNew]) => [address === second, isNew])).toEqual([[true, false], [false, true]]);
  const prepared = await db.prepare('insert into given values ($1, $2) returning ctid');
  for (const n of [4, 5, 6]) expect(await prepared.all([n, 'p'])).toEqual([{ ctid: `(0,${n})` }]);
  expect(await rows("with new as (insert into given values (7, 'q') returning ctid) select ctid from new")).toEqual([['(0,7)']]);
  expect(await codeOf('insert into seen values (9) returning ctid')).toBe('42703');
});

test('a view of addresses, a function and a table made from them', async () => {
  await db.exec('create view addresses as select ctid as at, b from heap where ctid is not null; create table noted as select at from addresses; create function first_at() returns tid language sql as $$ select min(ctid) from heap $$');
  expect(await rows("select pg_get_viewdef('addresses')")).toEqual([[' SELECT heap.ctid AS at,\n    heap.b\n   FROM heap\n  WHERE (heap.ctid IS NOT NULL);']]);
  expect(await rows('select count(*) from addresses join noted using (at)')).toEqual([[12]]);
  expect(await rows('select b from addresses where at = first_at()')).toEqual([['r1']]);
});

test('what a row does not carry is refused by name', async () => {
  for (const sql of ['select xmin from heap', 'select cmin from heap', 'select xmax from heap']) expect(await codeOf(sql), sql).toBe('0A000');
  expect(await codeOf('select ctid from heap, keyed')).toBe('42702');
  expect(await codeOf('select ctid from (select a from heap) s')).toBe('42703');
  for (const text of ['x', '(1)', '(1,65536)', '( 1 ,2)', '(1,-1)', '(4294967296,1)']) expect(await codeOf(`select '${text}'::tid`), text).toBe('22P02');
  expect(await rows("select '(-1,0)'::tid, '(10,1)'::tid > '(9,1)'::tid, '(6442450949,0)'::tid")).toEqual([['(4294967295,0)', true, '(6442450949,0)']]);
});
