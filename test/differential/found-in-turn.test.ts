/** What random statements found that takes several of them, in turn: definitions and what stands on them, transaction blocks, changes and what they leave. PostgreSQL 15's answers are written here. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SerialiteEngine } from './engines.js';
import { openTables, runInTurn, type Step } from './found.js';

let engine: SerialiteEngine;
beforeAll(async () => {
  engine = await openTables();
});
afterAll(() => engine.close());
const inTurn = (steps: readonly Step[]): Promise<void> => runInTurn(engine, steps);

describe('what random statements found in turn', () => {
  test('an expression over subscripts of a document is shown as written', () => inTurn([
    ["create table doc (j jsonb, a jsonb generated always as (j['a'][0]) stored)", ''], ['insert into doc (j[\'a\'][1]) values (\'5\'), (null)', ''], ["create index doc_b on doc ((j['b']))", ''], ['select j, a from doc', [['{"a": [null, 5]}', 'null'], ['{"a": [null, null]}', 'null']]],
    ["select pg_get_indexdef('doc_b'::regclass)", [["CREATE INDEX doc_b ON public.doc USING btree ((j['b'::text]))"]]], ["select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'doc'::regclass", [["j['a'::text][0]"]]], ['drop table doc', ''],
  ]));
  test('a row that a view returns is of the type of the view', async () => {
    for (const sql of ['create table shown (id int primary key, b text)', 'create view shows as select id, b as bb from shown', 'create view shows_it as select bb, id from shows']) expect((await engine.run(sql)).message, sql).toBe('');
    const answer = await engine.run("insert into shows_it as q values ('r', 3) returning q, (q).bb, row_to_json(q)");
    expect(answer.types).toEqual(['user', '25', '114']);
    expect(answer.rows).toEqual([['(r,3)', 'r', '{"bb":"r","id":3}']]);
    expect((await engine.run('update shows set bb = null returning shows')).types).toEqual(['user']);
    for (const sql of ['drop table shown cascade']) expect((await engine.run(sql)).message, sql).toBe('');
  });
  test('a check option needs a view that can be written to', () => inTurn([
    ['create view grouped as select c, count(*) as n from r2 group by c', ''], ['create view plain as select id, c from r2', ''], ['create view over as select n from grouped with check option', ''],
    ['alter view grouped set (check_option = local)', '0A000'], ['alter view plain set (check_option = local)', ''], ['create or replace view plain as select id, c from r2 group by id, c with check option', '0A000'], ['create or replace view plain as select id, c from r2 group by id, c', ''],
    ['drop view over, grouped, plain', ''],
  ]));
  test('a procedure is not called in a query, and a comment stands on an attribute', () => inTurn([
    ["create procedure proc(a int) language sql as 'select 1'", ''], ['select proc(1)', '42809'], ["select proc('1')", '42809'], ['select * from proc(1)', '42809'], ['select proc(distinct 1)', '42809'], ['select proc()', '42883'], ['drop procedure proc', ''],
    ["comment on column pair.y is 'the second'", ''], ["select objsubid, description from pg_description where objoid = (select oid from pg_class where relname = 'pair')", [['2', 'the second']]], ['comment on column public.pair.y is null', ''],
  ]));
  test('SELECT ... INTO that is prepared, and explained', () => inTurn([
    ['prepare fill (int) as select $1 as x into filled union select 7', ''], ['execute fill(3)', ''], ['select x from filled order by x', [['3'], ['7']]], ['execute fill(3)', '42P07'], ['create table copied as execute fill(3)', '42809'], ['explain execute fill(3)', '42P07'],
    ['drop table filled', ''], ['explain (analyze, costs off) select 5 as x into filled', undefined], ['select x from filled', [['5']]], ['explain select 5 as x into filled', '42P07'], ['drop table filled', ''], ['prepare fails as select nosuch into q', '42703'], ['deallocate fill', ''],
  ]));
  // They ran as written, whoever read them: the main statement found its row changed, and left it alone.
  test('data-modifying CTEs that nothing reads run after the main statement, the last one first', () => inTurn([
    ['create table twice (id int primary key, a int)', ''], ['insert into twice values (1, 1), (2, 2)', ''],
    ['with a as (update twice set a = a + 10 where id = 1), b as (update twice set a = a + 100 where id = 1) select 1', [['1']]], ['select a from twice order by id', [['101'], ['2']]],
    ['with a as (update twice set a = a + 10 where id = 1 returning a), b as (update twice set a = a + 100 where id = 1) select * from a', [['111']]], ['select a from twice order by id', [['111'], ['2']]],
    ['with a as (update twice set a = 5 where id = 1) update twice set a = 6 where id = 1 returning a', [['6']]], ['with a as (update twice set a = 5 where id = 1 returning id) update twice set a = 7 where id in (select id from a) returning a', []], ['select a from twice order by id', [['5'], ['2']]],
    ['with a as (insert into twice values (1, 1)) select 1 / 0', '22012'], ['with a as (insert into twice values (1, 1)) select id from twice', '23505'], ['with a as (delete from twice) delete from twice where id = 1 returning id', [['1']]], ['select a from twice', []], ['drop table twice', ''],
  ]));
  test('a cursor over rows that changes follow', async () => {
    for (const sql of ['create table followed (id int)', "create function follow() returns setof int language sql as 'with a as (insert into followed values (1)) select generate_series(1, 3)'"]) expect((await engine.run(sql)).message, sql).toBe('');
    expect((await engine.run('select follow() limit 1')).rows).toEqual([['1']]);
    expect((await engine.run('select count(*) from followed')).rows).toEqual([['1']]);
    await engine.run('drop function follow; drop table followed');
  });
  // The row of a function under its alias was a record, whatever the function returned; a domain over a composite type compared with nothing.
  test('the row of a function is of the type it returns, and domains over composite types compare', () => inTurn([
    ['create type duo as (x int, y text)', ''], ['create domain dduo as duo', ''], ['create function duos() returns setof duo language sql as $$ select row(1, \'a\')::duo $$', ''], ['create function dduos() returns setof dduo language sql as $$ select row(1, \'a\')::duo $$', ''],
    ['create function r2s() returns setof r2 language sql stable as $$ select * from r2 where id = 1 $$', ''], ["create function table2() returns table (x int, y text) language sql as $$ select 1, 'a' $$", ''],
    ['select pg_typeof(d), pg_typeof(e), pg_typeof(f.*), pg_typeof(g), pg_typeof(k) from duos() d, dduos() e, r2s() f, table2() g, rows from (duos(), duos()) k', [['duo', 'dduo', 'r2', 'record', 'record']]], ['select d, d.*, e.x, row_to_json(e) from dduos() d, dduos() e', [['(1,a)', '1', 'a', '1', '{"x":1,"y":"a"}']]],
    ["select pg_typeof(d), pg_typeof(e) from unnest(array['(1,a)'::dduo]) d, unnest(array['(1,a)'::duo]) with ordinality e", [['dduo', 'record']]],
    ["select '(1,a)'::dduo = '(1,a)'::duo, '(1,a)'::dduo < '(1,b)'::dduo, '(1,a)'::duo = any (select '(1,a)'::dduo), '(1,a)'::dduo = any (array['(1,a)'::dduo]), '(1,a)'::dduo = row(1, 'a'::text)", [['t', 't', 't', 't', 't']]],
    ["select * from (values ('(1,a)'::dduo)) v(d) join (values ('(1,a)'::duo)) w(e) on d = e", [['(1,a)', '(1,a)']]],
    ["select row('{}'::json) union select row('{}'::json)", '42883'], ["select row(1, '{}'::json) union all select row(1, '{}'::json)", [['(1,{})'], ['(1,{})']]], ["select row(1, '{}'::json) union select row(2, '{}'::json)", [['(1,{})'], ['(2,{})']]],
    ['drop function duos, dduos, r2s, table2', ''], ['drop domain dduo', ''], ['drop type duo', ''],
  ]));
  // All rows were found, and what was assigned to them computed, before the first of them changed.
  test.each(['generated', 'interpreted'])('a volatile function sees what the statement that calls it has changed: %s', (mode) => inTurn([
    [`set execution_mode = ${mode}`, ''], ['create table seen (id int primary key, a bigint)', ''], ['create function total() returns bigint language sql as $$ select sum(a) from seen $$', ''], ['create function many() returns bigint language sql as $$ select count(*) from seen $$', ''],
    ['create function stable_total() returns bigint language sql stable as $$ select sum(a) from seen $$', ''], ['alter table seen alter a set default many()', ''],
    ['insert into seen (id) values (1), (2), (3) returning a', [['0'], ['1'], ['2']]], ['insert into seen select g, many() from generate_series(4, 5) g returning a, many()', [['3', '4'], ['4', '5']]], ['insert into seen select 11, many() union all select 12, many() returning a', [['5'], ['6']]],
    ['insert into seen select 20 + id, many() from seen order by id desc limit 2 returning id, a', [['32', '7'], ['31', '8']]], ['delete from seen where id > 5 and many() > 7 returning id, many()', [['11', '8'], ['12', '7']]], ['delete from seen where id > 5', ''], ['update seen set a = id', ''],
    ['update seen set a = total() returning a, stable_total()', [['15', '15'], ['29', '15'], ['56', '15'], ['109', '15'], ['214', '15']]], ['update seen set a = id', ''], ['update seen set a = a + 10 where total() < 35 returning id', [['1'], ['2']]], ['update seen set a = id', ''],
    ['update seen set a = (select total()) returning a', [['15'], ['15'], ['15'], ['15'], ['15']]], ['update seen set a = id', ''], ['update seen set a = seen.a + v.x from (values (1, 10), (2, 20)) v(k, x) where v.k = seen.id and total() < 25 returning a', [['11']]],
    ['update seen set id = id + 5, a = many() where total() > 0 returning id, a', [['6', '5'], ['7', '5'], ['8', '5'], ['9', '5'], ['10', '5']]], ['insert into seen values (21, many()), (6, 1), (22, many()) on conflict (id) do update set a = many() returning id, a', [['21', '5'], ['6', '6'], ['22', '6']]],
    ['drop table seen cascade', ''], ['drop function total, many, stable_total', ''], ['reset execution_mode', ''],
  ]));
  // Only columns of a table under its own names were seen to be read: what a join merges, an alias renames and t.* shows was dropped below the view, which then failed.
  test('columns that a view reads through joins, stars and aliases', () => inTurn([
    ['create table read1 (id int primary key, a int, b int)', ''], ['create table read2 (id int primary key, c int, d int)', ''],
    ...(['select read1.* from read1', 'select x.q from read1 x(p, q)', 'select * from read1 join read2 using (id)', 'select j.a from (read1 join read2 using (id)) j', 'select (select max(read1.a) from read2) as m from read1'] as const).flatMap((query): (readonly [string, string])[] => [[`create view reads as ${query}`, ''], ['alter table read1 drop column a', '2BP01'], ['drop view reads', '']]),
    ...(['select * from read1 full join read2 using (id)', 'select count(*) from read1 natural join read2', 'select j.a from (read1 join read2 using (id)) j'] as const).flatMap((query): (readonly [string, string])[] => [[`create view reads as ${query}`, ''], ['alter table read2 drop column id', '2BP01'], ['drop view reads', '']]),
    ['create view reads as select j.a from (read1 join read2 using (id)) j', ''], ['alter table read2 drop column d', ''], ['alter table read1 drop column b', ''], ['select * from reads', []], ['drop table read1, read2 cascade', ''],
  ]));
  test('a view that groups by a primary key needs it', () => inTurn([
    ['create table keyed (key int primary key, data text)', ''], ['create view grouped_by as select * from keyed group by key', ''], ['create view over_grouped as select * from grouped_by', ''], ['alter table keyed drop constraint keyed_pkey', '2BP01'], ['drop view grouped_by cascade', ''],
    ['create materialized view kept_group as select key, data from keyed group by key', ''], ['alter table keyed drop constraint keyed_pkey', '2BP01'], ['drop materialized view kept_group', ''],
    ['create view by_key as select key, count(*) from keyed group by key', ''], ['alter table keyed drop constraint keyed_pkey', ''], ['select * from by_key', []], ['create view grouped_by as select * from keyed group by key', '42803'], ['drop table keyed cascade', ''],
  ]));
  test('composite values in a list beside a column', () => inTurn([
    ["select p in (p, '(1,a)') from (select '(1,a)'::pair p) s", '0A000'], ["select p in (p, '(1,a)', '(2,b)'), p in ('(1,a)', '(2,b)') from (select '(1,a)'::pair p) s", [['t', 't']]],
  ]));
  // Their kept texts meant something else: rows of a subquery, and no call at all.
  test('views over casts in FROM, and over ANY of an array that a subquery gives', () => inTurn([
    ["create view any_array as select 'foo'::text = any ((select array['abc', 'foo']::text[])::text[]) c", ''], ['select c from any_array', [['t']]], ["select pg_get_viewdef('any_array', true)", [[` SELECT 'foo'::text = ANY ((( SELECT ARRAY['abc'::text, 'foo'::text] AS "array"))::text[]) AS c;`]]],
    ['create view casts as select * from coalesce(1, 2) as c, cast(1 + 2 as int4) as i4, cast(1 + 2 as int8) as i8, greatest(1, 2) g', ''], ['select * from casts', [['1', '3', '3', '2']]],
    ["select pg_get_viewdef('casts', true)", [[' SELECT c.c,\n    i4.i4,\n    i8.i8,\n    g.g\n   FROM COALESCE(1, 2) c(c),\n    CAST(1 + 2 AS integer) i4(i4),\n    CAST((1 + 2)::bigint AS bigint) i8(i8),\n    GREATEST(1, 2) g(g);']]], ['drop view casts, any_array', ''],
  ]));
  // One in twelve views over random queries failed when it was read, or had another type: what is kept of it said something else.
  test.each([
    ['4, 1.5, null, true from r2 order by 1, 2, 3, 4', 'ORDER BY 4, 1.5::numeric, NULL::text, true::boolean'], ['4 as c, count(*) from r2 group by 1', 'GROUP BY 4::integer'], ["row(1, 'a')::pair as c", "ROW(1, 'a'::text)::pair"], ["nullif(row(1, 'a')::pair, row(2, 'b')::pair) as c", "NULLIF(ROW(1, 'a'::text)::pair, ROW(2, 'b'::text)::pair)"],
    ['make_interval(hours => 2) as c', 'make_interval(hours => 2)'], ["array[1] in (array[1], '{2}') as c", "((ARRAY[1] = ARRAY[1]) OR (ARRAY[1] = '{2}'::integer[]))"], ["h like any (array['a%']) as c, h !~* all (array['b']) as d from r2", "(r2.h !~* ALL (ARRAY['b'::text]))"], ['(select count(*) from r3) between 3 and id as c from r2', '( SELECT count(*) AS count'],
  ] as const)('a view of select %s', async (query, part) => {
    const direct = await engine.run(`select ${query}`);
    expect((await engine.run(`create view again as select ${query.replace(/^4, 1.5, null, true/, '4 as a, 1.5 as b, null as c, true as d')}`)).message).toBe('');
    const read = await engine.run('select * from again');
    expect([read.message, read.types, read.rows]).toEqual(['', direct.types, direct.rows]);
    if (!part.startsWith('ORDER BY')) expect((await engine.run("select pg_get_viewdef('again')")).rows[0]![0]).toContain(part);
    await engine.run('drop view again');
  });
  test('collations of expressions and of the columns of views', () => inTurn([
    ['create table collated (a text, b text collate "C", c text collate "POSIX")', ''], ["insert into collated values ('a', 'b', 'c')", ''],
    [`select collation for (a), collation for (b), collation for (upper(b) || a), collation for (b || c), collation for (a collate "POSIX"), collation for ('x'), collation for ('x'::varchar) from collated`, [['"default"', '"C"', '"C"', null, '"POSIX"', null, '"default"']]],
    ['create view collating as select a, b from collated', ''], ['create or replace view collating as select a, b collate "C" from collated', ''], ['create or replace view collating as select a, c from collated', '42P16'], ['create or replace view collating as select a, c as b from collated', '42P16'], ['create or replace view collating as select a collate "C", b from collated', '42P16'],
    ["create view colls as select collation for ('x'::text) as c", ''], ["select pg_get_viewdef('colls')", [[" SELECT COLLATION FOR ('x'::text) AS c;"]]], ['drop view colls', ''], ['drop table collated cascade', ''],
  ]));
  test('the words of the language', () => inTurn([["select * from pg_get_keywords() where word in ('select', 'abort', 'between', 'join', 'over') order by word", [
    ['abort', 'U', 't', 'unreserved', 'can be bare label'], ['between', 'C', 't', 'unreserved (cannot be function or type name)', 'can be bare label'], ['join', 'T', 't', 'reserved (can be function or type name)', 'can be bare label'], ['over', 'U', 'f', 'unreserved', 'requires AS'], ['select', 'R', 't', 'reserved', 'can be bare label'],
  ]]]));
  test('a check of a column that reads others, or none, is the table\'s', () => inTurn([
    ['create table named (a int check (a > 0), b int check (b < a), c int check (1 > 0))', ''], ["select conname from pg_constraint where conrelid = 'named'::regclass order by 1", [['named_a_check'], ['named_check'], ['named_check1']]],
    ['alter table named drop constraint named_check', ''], ['drop table named', ''],
  ]));
  // Its rows were printed as records without being any: XX000.
  test('a function that returns records, in a select list', () => inTurn([
    ["create function rec_set(x int) returns setof record language sql as 'select x, x::text union all select x + 1, null'", ''], ["create function rec_one(x int) returns record language sql as 'select x, x::text'", ''], ["create function rec_row(x int) returns record language sql as 'select row(x, 2)'", ''],
    ['select rec_set(1), rec_one(7), rec_row(4)', [['(1,1)', '(7,7)', '(4,2)'], ['(2,)', '(7,7)', '(4,2)']]], ['select a, b from rec_set(1) as t(a int, b text)', [['1', '1'], ['2', null]]], ["select rec_one(1) = row(1, '1'::text), row_to_json(rec_one(1))", [['t', '{"x":1,"x":"1"}']]],
    ['select (rec_one(1)).*', '42809'], ['select * from rec_one(1)', '42601'],
  ]));
  test('recursive views, and tables of pg_temp', () => inTurn([
    ['create recursive view counted (n) as select 1 union all select n + 1 from counted where n < 3', ''], ['select n from counted', [['1'], ['2'], ['3']]], ['create or replace recursive view counted (n) as select 5 union select 7', ''], ['select n from counted', [['5'], ['7']]], ['drop view counted', ''],
    ['create table zt (x int)', ''], ['create table pg_temp.zt (x int)', ''], ["select relpersistence from pg_class where relname = 'zt' order by 1", [['p'], ['t']]], ['drop table zt', ''], ['drop table zt', ''],
  ]));
  test('one row of VALUES with set-returning functions', () => inTurn([
    ['create table sets (a int, b int)', ''], ['insert into sets values (generate_series(1, 2), generate_series(5, 7)) returning *', [['1', '5'], ['2', '6'], [null, '7']]], ['drop table sets', ''],
  ]));
  // The rounds ended there without a word: what was compared were the codes, and not what became of the transaction.
  test('a syntax error fails its transaction block', () => inTurn([
    ['begin', ''], ['select 1 orderx by 1', '42601'], ['select 1', '25P02'], ['rollback', ''],
    ['begin', ''], ['savepoint a', ''], ['selec 1', '42601'], ['rollback to a', ''], ['select 2', [['2']]], ['commit', ''],
  ]));
  test('a script where one statement must stand fails its transaction block', () => inTurn([['begin', ''], ['select 1; select 2', '42601'], ['select 1', '25P02'], ['rollback', '']]));
  // The session kept looking for functions in the schema that its first temporary table had made: every call was XX000 from there on.
  test('a first temporary table that is rolled back', () => inTurn([
    ['begin', ''], ['create temp table tt as select 1 a', ''], ['rollback', ''], ['select now() is null', [['f']]],
    ['begin', ''], ['savepoint a', ''], ['create temp table tt as select 1 a', ''], ['rollback to a', ''], ['select now() is null', [['f']]], ['create temp table tt as select 1 a', ''], ['commit', ''],
    ['select a from pg_temp.tt', [['1']]], ['drop table tt', ''],
  ]));
  test('a cursor that cannot go back, and one that has failed once', () => inTurn([
    ['begin', ''], ['declare c no scroll cursor for select id from r2 order by id', ''], ['savepoint a', ''], ['fetch prior from c', '55000'], ['rollback to a', ''], ['fetch c', '55000'], ['rollback', ''],
    ['begin', ''], ['declare c no scroll cursor for select id from r2 order by id', ''], ['move backward all in c', []], ['fetch absolute 0 from c', []], ['fetch c', [['1']]], ['move backward all in c', '55000'], ['rollback', ''],
    ['begin', ''], ['declare c no scroll cursor for select id from r2 order by id', ''], ['fetch backward 0 from c', '55000'], ['rollback', ''],
    ['begin', ''], ['declare c cursor for select 1', ''], ['fetch absolute 3 from c', []], ['fetch absolute 1 from c', [['1']]], ['rollback', ''],
    ['begin', ''], ['declare c cursor with hold for select 3 / (3 - id) from r2 order by id', ''], ['fetch c', [['1']]], ['commit', '22012'], ['fetch c', '34000'],
  ]));
  test('MERGE that does nothing in a READ ONLY transaction', () => inTurn([
    ['begin read only', ''], ['merge into r2 u using r3 s on s.id = u.id when matched then do nothing', ''],
    ['merge into r2 u using r3 s on s.id = u.id when matched then delete', '25006'], ['rollback', ''],
  ]));
  test('constants print by the settings of their session', () => inTurn([
    ["set bytea_output = 'escape'", ''], ['set extra_float_digits = 0', ''], ["select 'abc'::bytea::text, (0.1::float8 + 0.2::float8)::text, array['abc'::bytea]::text", [['abc', '0.3', '{abc}']]],
    ['reset all', ''], ["select 'abc'::bytea::text, (0.1::float8 + 0.2::float8)::text", [['\\x616263', '0.30000000000000004']]],
  ]));
  test('LOCK TABLE in a READ ONLY transaction', () => inTurn([['begin read only', ''], ['lock table r2', ''], ['commit', '']]));
  test('a table for which a deferred check waits', () => inTurn([
    ['create table p1 (id int primary key)', ''], ['create table c1 (id int unique deferrable initially deferred, p int references p1 deferrable initially deferred)', ''], ['insert into p1 values (1), (2)', ''],
    ['begin', ''], ['insert into c1 values (1, 1)', ''], ['savepoint a', ''], ['drop table c1', '55006'], ['rollback to a', ''], ['alter table c1 add x int', '55006'], ['rollback to a', ''], ['truncate c1', '55006'], ['rollback to a', ''],
    ['create index on c1 (p)', '55006'], ['rollback to a', ''], ['set constraints all immediate', ''], ['drop table c1', ''], ['rollback', ''],
    ['begin', ''], ['delete from p1 where id = 2', ''], ['drop table c1', ''], ['rollback', ''],
    ['begin', ''], ['delete from p1 where id = 2', ''], ['drop table p1 cascade', '55006'], ['rollback', ''], ['drop table p1, c1', ''],
  ]));
  // Every key of a deferrable unique constraint is checked at commit, but only those that were shared as they came count as events, whatever has become of the others since.
  test.each(['truncate shared', 'drop table shared', 'alter table shared add x int', 'alter table shared drop constraint shared_id_key', 'create index on shared (v)'])('a table with a key that was shared: %s', (ddl) => inTurn([
    ['create table shared (id int unique deferrable initially deferred, v int)', ''], ['insert into shared values (1, 1), (2, 2)', ''],
    ...(['insert into shared values (3)', 'insert into shared values (null), (null)', 'update shared set v = 5', 'update shared set id = id + 5', 'with gone as (delete from shared returning *) insert into shared select id + 10 from gone', 'delete from shared'] as const).flatMap((change): Step[] => [['begin', ''], [change, ''], [ddl, ''], ['rollback', '']]),
    ...(['insert into shared values (1)', 'update shared set id = id + 1', 'insert into shared values (3), (3)'] as const).flatMap((change): Step[] => [
      ['begin', ''], ['savepoint a', ''], [change, ''], ['savepoint b', ''], [ddl, '55006'], ['rollback to b', ''], ['delete from shared', ''], ['savepoint b', ''], [ddl, '55006'], ['rollback to b', ''], ['set constraints all immediate', ''], [ddl, ''], ['rollback to a', ''], [ddl, ''], ['rollback', ''],
    ]),
    ['begin', ''], ['delete from shared where id = 1', ''], ['insert into shared values (1, 1)', ''], [ddl, ''], ['commit', ''], ['drop table if exists shared', ''],
  ]));
  test('what a check that was put off is of has gone at commit', () => inTurn([
    ['create domain gone as int', ''], ['create table kept (id gone unique deferrable initially deferred, v int)', ''], ['begin', ''], ['insert into kept values (1, 1), (1, 2)', ''], ['drop domain gone cascade', ''], ['commit', ''], ['select v from kept order by v', [['1'], ['2']]], ['drop table kept', ''],
    ['create table p1 (id int primary key)', ''], ['create table c1 (id int, p int references p1 deferrable initially deferred)', ''], ['insert into p1 values (1), (2)', ''], ['insert into c1 values (1, 1)', ''],
    ['begin', ''], ['delete from p1 where id = 2', ''], ['alter table c1 drop constraint c1_p_fkey', '55006'], ['rollback', ''], ['begin', ''], ['insert into c1 values (2, 7)', ''], ['alter table c1 rename constraint c1_p_fkey to other', ''], ['commit', '23503'],
    ['begin', ''], ['delete from p1 where id = 1', ''], ['alter table c1 rename constraint c1_p_fkey to other', ''], ['commit', '23503'], ['drop table c1, p1', ''],
  ]));
  test('a materialized view that a cursor reads, and the constraint that is no foreign key', () => inTurn([
    ['create materialized view matv as select 1 as x', ''], ['begin', ''], ['declare c cursor for select * from matv', ''], ['refresh materialized view matv', '55006'], ['rollback', ''], ['drop materialized view matv', ''],
    ['create table validated (id int unique)', ''], ['alter table validated validate constraint validated_id_key', '42809'], ['alter table validated validate constraint nosuch', '42704'], ['drop table validated', ''],
  ]));
  test('a deferred foreign key whose table is gone at commit', async () => {
    for (const sql of ['create table parent (id int primary key)', 'create table child (id int references parent initially deferred)', 'begin', 'insert into child values (1)', 'drop table parent cascade', 'commit']) {
      expect((await engine.run(sql)).message, sql).toBe('');
    }
    expect((await engine.run('select id from child')).rows).toEqual([['1']]);
  });
  test('a column of another type keeps no statistics of the old values', async () => {
    for (const sql of ['create table s (id int primary key, c bigint)', 'insert into s values (1, 5), (2, 4294967296)', 'analyze s', 'delete from s where id = 2', 'alter table s alter c type int', 'analyze s']) {
      expect((await engine.run(sql)).code, sql).toBeUndefined();
    }
    expect((await engine.run('select c from s where c = 5')).rows).toEqual([['5']]);
  });
  test('a partial index over an enum', async () => {
    for (const sql of [
      "create type stage as enum ('created', 'active', 'done')", 'create table job (name text, stage stage not null)', "create unique index job_open on job (name) where stage < 'done'",
      "insert into job values ('a', 'created'), ('b', 'done'), ('b', 'done')", "insert into job values ('a', 'active') on conflict (name) where stage < 'active' do nothing",
    ]) {
      expect((await engine.run(sql)).message, sql).toBe('');
    }
    expect((await engine.run("select count(*) from job where name = 'a' and stage < 'active'")).rows).toEqual([['1']]);
    expect((await engine.run("select count(*) from job where name = 'b' and stage in ('active', 'done')")).rows).toEqual([['2']]);
  });
  // Statistics and the value of an added column are kept as text, which only a session could read: every statement on the table was 0A000.
  test('statistics and added columns of domains, of names of objects and of paths', () => inTurn([
    ['create table kept (id int primary key, d posint, r regclass, j jsonpath)', ''], ["insert into kept values (1, 5, 'kept', '$.a'), (2, 7, 'r2', '$.b')", ''], ['analyze kept', ''],
    ["select id from kept where d = 7 and r = 'r2'::regclass", [['2']]],
    ['alter table kept add e posint default 3', ''], ["alter table kept add s regclass default 'kept'", ''], ["alter table kept add p jsonpath default '$.x'", ''], ["alter table kept add l posint[] default '{1,2}'", ''],
    ['select e, s, p, l from kept where id = 1', [['3', 'kept', '$."x"', '{1,2}']]], ['alter table kept add f posint default 0', '23514'], ['drop table kept', ''],
  ]));
  test('an index over multiranges', async () => {
    for (const sql of ['create table spans (id int primary key, m int4multirange)', "insert into spans values (1, '{[1,3),[5,8)}'), (2, '{}'), (3, null), (4, '{[1,3)}'), (5, '{(,2)}'), (6, '{[1,)}'), (7, '{[1,3),[5,7)}')", 'create index on spans (m desc)', 'set enable_seqscan = off', 'set enable_sort = off']) {
      expect((await engine.run(sql)).message, sql).toBe('');
    }
    expect((await engine.run('explain select id from spans order by m')).rows[0]![0]).toContain('Index');
    expect((await engine.run('select id from spans order by m')).rows).toEqual([['2'], ['5'], ['4'], ['7'], ['1'], ['6'], ['3']]);
    expect((await engine.run("select id from spans where m > '{[1,3)}' order by m")).rows).toEqual([['7'], ['1'], ['6']]);
    await engine.run('reset all');
  });
  test('text cast to bit(n) is cut and filled, a stored one is not', () => inTurn([
    ["select '101'::text::bit(2), ('1' || '01')::bit(5), ('x' || 'ff00')::bit(8)::int", [['10', '10100', '255']]],
    ["select '101'::bit(2), '10'::text::varbit(1)", [['10', '1']]], ['create table bits (b bit(2))', ''], ["insert into bits values ('101')", '22026'],
  ]));
  test('definitions of tables in another database', () => inTurn([
    ['drop table nosuch.public.r2', '0A000'], ['alter table nosuch.public.r2 add z int', '0A000'], ['truncate nosuch.public.r2', '0A000'], ['create index on nosuch.public.r2 (id)', '0A000'],
    ["comment on table nosuch.public.r2 is 'x'", '0A000'], ['drop table if exists nosuch.public.zz', '0A000'],
  ]));
  test('a row written before in its transaction, under a foreign key that is not validated', () => inTurn([
    ['create table half (id int primary key, r int, n int)', ''], ['insert into half values (1, 99, 0)', ''], ['alter table half add foreign key (r) references r2 not valid', ''], ['update half set n = 1', ''], ['begin', ''], ['update half set n = 2', ''],
    ['update half set n = 3', '23503'], ['rollback', ''], ['update half set n = 2 where id = 1', ''], ['begin', ''], ['update half set n = 2 where id = 1', ''], ['update half set n = 3 where id = 1', '23503'], ['rollback', ''], ['drop table half', ''],
  ]));
  test('a LIKE pattern that ends in its escape character', () => inTurn([
    ...["'' like '\\'", "'b' like 'c\\'", "'b' like 'b\\'", "'abcb' like '%cb\\'", "'xab' like '%_b\\'", "'a' like '%__\\'", "'abc' like '%b%c\\'", "'ab' like '\\a\\c\\'", "'' ilike '\\'", "'' like 'a' escape 'a'"].map((sql): readonly [string, string[][]] => [`select ${sql}`, [['f']]]),
    ...["'b' like '\\'", "'b' like '%\\'", "'ab' like 'a\\'", "'abcbd' like '%cb\\'", "'abcbd' like '%b%\\'", "'ab' like '%__\\'", "'ab' like '%_\\'", "'Bc' ilike '_%\\'", "'abc' like '%b%\\'", "'b' like 'a' escape 'a'"].map((sql): readonly [string, string] => [`select ${sql}`, '22025']),
  ]));
  test('bounds of frames and of rows are looked at where there is no row', () => inTurn([
    ['select 1 from r2 where false limit -1', '2201W'], ['select 1 from r2 where false offset -1', '2201X'], ['select count(*) from (select 1 from r2 where false limit -1) x', '2201W'], ['select 1 from r2 where false limit null', []],
    ['select min(id) over (order by c range between null following and unbounded following) from r2 where false', '22004'], ['select min(r2.id) over (order by r2.c rows between -1 following and unbounded following) from r2 join r3 on false', '22013'],
    ['select * from (select min(id) over (order by c rows between -1 following and unbounded following) from r2) y where false', []],
  ]));
  test('hours of negative intervals, of twelve', () => inTurn([["select to_char(interval '-12 hours', 'HH HH12 HH24'), to_char(interval '-13 hours', 'HH'), to_char(interval '-24 hours', 'FMHH'), to_char(interval '12 hours', 'HH')", [['012 012 -12', '-01', '12', '12']]]]));
  test('a test for NULL and a count compute what cannot be NULL', async () => {
    const failing = ['(id + 2147483647) is null', '(id + 2147483647) is not null', 'count(id + 2147483647)', 'count(id + 2147483647) over ()', 'sum(case when (id + 2147483647) is null then 1 end)'];
    await inTurn([['create type hour as enum (\'one\')', ''], ["select array['x'::text]::hour[] is null", '22P02'], ...failing.map((e): readonly [string, string] => [`select ${e} from r2`, '22003'])]);
    await inTurn([['select 1 from r2 where (id + 2147483647) is null', '22003'], ['select c from r2 group by c having count(id + 2147483647) > 0', '22003'], ['update r2 set h = h where (id + 2147483647) is not null', '22003']]);
  });
  test('composite values in a list of a subquery that reads a row outside', () => inTurn([
    ['select (select row(1, h)::pair in (row(1, r2.h)::pair, \'(1,a)\')) from r2 where id = 1', [['t']]], ['select row(1, h)::pair in (row(1, r2.h)::pair, \'(1,a)\') from r2', '0A000'],
  ]));
  test('a CTE whose reader nobody reads is planned', () => inTurn([
    ['with a as materialized (select 1 / 0 from r2), b as (select * from a) select 1', '22012'], ['with a as (select 1 / 0 from r2), b as (select * from a) select 1', [['1']]], ['with a as (select 1 / 0 as x from r2), b as (select * from a union all select * from a) select 1', '22012'],
    ['with a as materialized (select 1 / 0 from r2) select 1', [['1']]],
  ]));
  test('columns that a view takes out of a row', () => inTurn([
    ['create table rows (id int primary key, a text, b int)', ''],
    ...['select (t).* from rows t', 'select (t).a from rows t', 'select id from rows t where (t).a is null', 'select id from rows t order by (t).a'].flatMap((query): (readonly [string, string])[] => [
      [`create view taker as ${query}`, ''], ['alter table rows alter column a type text using a::text', '0A000'], ['alter table rows drop column a', '2BP01'], ['drop view taker', ''],
    ]),
    ['create view taker as select t from rows t where t is not null', ''], ['alter table rows alter column a type text using a::text', ''], ['drop view taker', ''], ['drop table rows', ''],
  ]));
  test('names of arguments, before the function is looked for', () => inTurn([
    ["select nosuch(a => 1, 2)", '42601'], ["select make_interval(days => 1, days => 2)", '42601'], ["select nosuch(a => nope, 2)", '42703'], ["select make_interval(1, days => 2)", [['1 year 2 days']]],
  ]));
  test('a condition that is never true makes no join an inner one', () => inTurn([
    ['select id from (select r2.id, r3.e from r2 left join r3 on r2.id = r3.id) x where null for key share', '0A000'], ['select id from (select r2.id, r3.e from r2 left join r3 on r2.id = r3.id) x where id > 1 and null for key share', '0A000'],
  ]));
  test('a key of grouping sets that is a cast between texts', () => inTurn([["select h::varchar, h::varchar || 'q', count(*) from r2 group by cube (h::varchar) order by 3, 1", [['a', 'aq', '6'], [null, null, '6']]]]));
  test('the type of what has none', () => inTurn([["select pg_typeof('x'), pg_typeof(null), pg_typeof('x'::text), (select pg_typeof(x) from (select 'a' as x) y)", [['unknown', 'unknown', 'text', 'text']]]]));
  test('what is said of one column of a set operation, or of VALUES, before the next', () => inTurn([
    ["select 1, 'x', 2 intersect select 3, 'a'::phase, date '2020-01-01'", '22P02'], ["select 2, 'x' intersect select date '2020-01-01', 'a'::phase", '42804'],
    ["values (null::phase, 1), ('x', date '2020-01-01')", '22P02'], ["values (1, null::phase), (date '2020-01-01', 'x')", '42804'], ["select '{}'::json, 1 union select '{}'::json, date '2020-01-01'", '42883'],
  ]));
  test('a view with a check option, and names of its columns', () => inTurn([
    ['create view twice as select * from r2 t, r2 u with check option', '0A000'], ['create view twice (a, b, c, d) as select * from r2 with check option', '42601'], ['create view twice (a, a) as select * from r2 with check option', '42701'],
    ['create view other as select id, c from r2', ''], ['create or replace view other as select id, c, id from r2', '42701'], ['drop view other', ''],
  ]));
  test('arguments of a prepared SELECT INTO come before its table', () => inTurn([
    ['prepare into_r2(int) as select $1 into r2', ''], ["execute into_r2('x')", '22P02'], ['execute into_r2(1, 2)', '42601'], ['execute into_r2(1)', '42P07'], ['create table r2 as execute into_r2(1)', '42P07'], ['deallocate into_r2', ''],
  ]));
  test('a domain without constraints is its base type, and one over another tells of both', () => inTurn([
    ['create domain free as pair', ''], ["select coalesce('(,)'::free is distinct from row(1, null)::pair, '[]'::jsonb::bool)", [['t']]],
    ['create domain d1 as int', ''], ['create domain d2 as d1', ''], ['create domain d3 as d1 check (value < 10)', ''], ['create domain d4 as d3 not null', ''], ['select (-1)::d2, (-1)::d3', [['-1', '-1']]], ['alter domain d1 add constraint positive check (value > 0)', ''],
    ['select (-1)::d2', '23514'], ['select (-1)::d3', '23514'], ['select 11::d4', '23514'], ['select null::d4', '23502'], ['alter domain d1 drop constraint positive', ''], ['select (-1)::d3', [['-1']]],
  ]));
  test('the arguments and the filter of an aggregate are computed once per row, however many grouping sets there are', () => inTurn([
    ['create table g (a int)', ''], ['insert into g values (0), (1), (2), (0), (1), (2)', ''], ['create sequence gs', ''],
    ["select a, sum(nextval('gs')), count(*) from g group by rollup (a) order by a", [['0', '5', '2'], ['1', '7', '2'], ['2', '9', '2'], [null, '21', '6']]],
    ["select count(distinct nextval('gs')), count(*) filter (where nextval('gs') > 0) from g group by cube (a) order by a", [['2', '2'], ['2', '2'], ['2', '2'], ['6', '6']]], ["select nextval('gs')", [['19']]],
    ['drop table g', ''], ['drop sequence gs', ''],
  ]));
  test('COLLATION FOR names and arrays, and as a grouping expression', () => inTurn([
    ["select collation for ('a'::name), collation for ('a'::name::text), collation for (convert_from('a', 'UTF8')), collation for (array['a'::name]::text[]), collation for ('a'::text)", [['"C"', '"C"', '"C"', '"C"', '"default"']]],
    ['select collation for (h) || 9, count(*) from r2 group by collation for (h)', [['"default"9', '6']]],
  ]));
  test('an index that says more than a constraint can is no constraint, an identity column has an integer type', () => inTurn([
    ['create table us (a int, b date)', ''], ['create unique index us_desc on us (a desc)', ''], ['create unique index us_nulls on us (a nulls first)', ''], ['create unique index us_plain on us (a)', ''],
    ['alter table us add unique using index us_desc', '42809'], ['alter table us add unique using index us_nulls', '42809'], ['alter table us add constraint us_key unique using index us_plain', ''], ['alter table us alter b add generated always as identity', '22023'],
    ['alter table us alter a set statistics 20000', ''], ["select attstattarget from pg_attribute where attrelid = 'us'::regclass and attname = 'a'", [['10000']]], ['drop table us', ''],
  ]));
  test('which views can be changed, and how many rows a relation without any has', () => inTurn([
    ['create view w1 as select id, c from r2', ''], ['create view w2 as select id from w1 where c > 1', ''], ['create view w3 as select count(*) from r2', ''], ['create view w4 as select * from w3', ''], ['create view w5 as select id + 1 as n from r2', ''],
    ["select table_name, is_updatable, is_insertable_into from information_schema.views where table_name like 'w_' order by 1", [['w1', 'YES', 'YES'], ['w2', 'YES', 'YES'], ['w3', 'NO', 'NO'], ['w4', 'NO', 'NO'], ['w5', 'NO', 'NO']]],
    ["select table_name, is_insertable_into from information_schema.tables where table_name in ('w2', 'w4', 'r2') order by 1", [['r2', 'YES'], ['w2', 'YES'], ['w4', 'NO']]], ["select reltuples from pg_class where relname = 'w1'", [['-1']]],
    ['drop view w1, w2, w3, w4, w5', ''],
  ]));
  test('a parameter whose type nothing tells', () => inTurn([
    ['prepare open_1 as select pg_typeof($1)', '42P18'], ["prepare open_2 as select concat($1, 'x')", '42P18'], ['prepare open_3 as select $1 is null', '42P18'], ['prepare open_4 as select row($1)', '42P18'], ['prepare open_5 as select $1 is null or $1 = 3', '42P08'],
    ['prepare open_6 as select $1 = 3 or $1 is null', ''], ['execute open_6(3)', [['t']]], ['prepare open_7(int) as select pg_typeof($1), num_nulls($1, $2::text)', ''], ['execute open_7(1, null)', [['integer', '1']]], ['prepare open_8 as select $1, array[$2], coalesce($3)', ''],
    ['deallocate all', ''],
  ]));
  test('locks on the nullable side are refused last, and where a condition makes the join an inner one not at all', () => inTurn([
    ['select x.nope from r2 left join r3 on true for update', '42P01'], ['select 1 / 0 from r2 left join r3 on true for update', '22012'], ['select r2.id from r2 left join r3 on true for update', '0A000'],
    ['select r2.id from r2 left join r3 on r2.id = r3.id where r3.e = 3 for update', [['3']]], ['select r3.id from r2 right join r3 on r2.id = r3.id where r2.c = 3 for update', [['3']]], ['select r2.id from r2 left join r3 on r2.id = r3.id where r3.e is null for update', '0A000'],
    ['select id from (select r2.id, r3.e from r2 left join r3 on r2.id = r3.id) x where e = 3 for share', [['3']]], ['select id from (select r2.id, r3.e from r2 left join r3 on r2.id = r3.id) x where e is null for share', '0A000'],
    ['select r2.id from r2 left join r3 on r2.id = r3.id where not true for update', '0A000'], ['with x as (select r2.id from r2 left join r3 on true for share) select 1', [['1']]],
    ['with x as (select r2.id, r3.e from r2 left join r3 on r2.id = r3.id for share) select id from x where e = 3', '0A000'],
    // What has become empty is refused too.
    ['select r2.id from r2 left join r3 on true limit 0 for update', '0A000'], ['select s.* from r2, lateral (select r3.id from r3 left join r2 b on b.id = r2.id for update) s limit 0', '0A000'],
    ['select (select r3.id from r3 left join r2 b on b.id = r2.id limit 1 for update) from r2 where false', '0A000'], ['with x as (select r2.id from r2 left join r3 on true for share) select 1 from x where false', '0A000'],
  ]));
  test('a column of UNION ALL that nobody reads', () => inTurn([
    ["select 1 from (select sin('-Infinity'::float8), 1 union all select 3::float8, 2) d(a, b) where b > 5", '22003'], ["select 1 from (select sin('-Infinity'::float8), 1 from r2, r3 union all select 3::float8, 2) d(a, b) where b > 5", []],
  ]));
  test('functions over a domain over a composite type', () => inTurn([
    ['create domain dpair as pair check ((value).x > 0)', ''],
    ["create function dpair_of(int) returns dpair language sql as $$ select row($1, 'a') $$", ''], ["create function dpairs(int) returns setof dpair language sql stable as $$ select row($1, 'a')::pair $$", ''],
    ['create function x_of(dpair) returns int language sql as $$ select ($1).x $$', ''], ['create function table_of() returns table (p dpair) language sql as $$ select row(1, \'a\')::pair $$', ''],
    ["select dpair_of(3), (dpair_of(2)).x, x_of(row(4, 'b')), x_of('(5,c)')", [['(3,a)', '2', '4', '5']]], ['select * from dpair_of(1), dpairs(2), table_of()', [['1', 'a', '2', 'a', '1', 'a']]],
    ['select dpair_of(0)', '23514'], ["select x_of(row(0, 'b'))", '23514'], ['select * from dpairs(0)', '23514'], ["create function two_columns() returns dpair language sql as $$ select 1, 'a'::text $$", '42P13'],
  ]));
  test('a value of an enum before the transaction that added it has committed', () => inTurn([
    ["create type hue as enum ('red')", ''], ['create table hues (v hue)', ''],
    ...["select 'blue'::hue", "select 'blue'::text::hue", "insert into hues values ('red'), ('blue')", 'select enum_range(null::hue)', 'select enum_last(null::hue)', "select * from json_populate_record(null::hues, '{\"v\":\"blue\"}')", "create table other (v hue default 'blue')"]
      .flatMap((sql): (readonly [string, string])[] => [['begin', ''], ["alter type hue add value 'blue'", ''], [sql, '55P04'], ['rollback', '']]),
    ['begin', ''], ["alter type hue add value 'blue'", ''], ["alter type hue add value 'grey' before 'red'", ''], ["select enum_range('red'::hue, 'red'), (null::hue > 'red') is null", [['{red}', 't']]], ['commit', ''],
    ["insert into hues select unnest(enum_range('red'::hue, 'blue')) returning v", [['red'], ['blue']]],
  ]));
  test('constraints are looked at when all of a WITH is done', () => inTurn([
    ['create table owner (id int primary key)', ''], ['create table owned (id int primary key, owner int references owner on delete cascade, a int)', ''], ['insert into owner values (1), (2)', ''], ['insert into owned values (1, 1), (2, 2)', ''],
    ['with m as (insert into owned values (3, 3) returning id), n as (insert into owner values (3) returning id) select m.id, n.id from m, n', [['3', '3']]],
    ['with m as (delete from owner where id = 2 returning id) update owned set a = 7 where owner = 2 returning id', [['2']]], ['select id from owned order by id', [['1'], ['3']]],
    ['with m as (delete from owner where id = 1 returning id), k as (insert into owner values (4) returning id) select m.id, k.id, owned.id from m, k, owned order by 3', [['1', '4', '1'], ['1', '4', '3']]],
    ['with m as (insert into owned values (5, 5) returning id) select id from m', '23503'], ['with m as (insert into owned values (5, 5)) insert into owner values (6)', '23503'], ['select id from owned', [['3']]],
    ['drop table owned, owner', ''],
  ]));
  test('a VARIADIC parameter may have a default, and parameters behind one with a default must', () => inTurn([
    ["create function many(a int default 1, variadic b int[] default '{7}') returns int language sql as 'select a + cardinality(b)'", ''],
    ['select many(), many(3), many(3, 4, 5), many(2, variadic array[1, 2]), many(a => 4, variadic b => array[1, 2, 3])', [['2', '4', '5', '4', '7']]], ['select many(variadic array[1, 2])', '42883'], ['select many(a => 4)', '42883'], ['select many(b => array[1, 2, 3])', '42883'], ['drop function many', ''],
    ["create function f(a int default 1, variadic b int[]) returns int language sql as 'select 1'", '42P13'], ["create procedure f(a int default 1, out b int) language sql as 'select 1'", '42P13'], ["create function f(a int default 1, out b int) language sql as 'select 1'", ''], ['drop function f', ''],
  ]));
  test('functions that compare values of an enum', () => inTurn([
    ["select enum_larger('a', 'b'::phase), enum_smaller('a'::phase, 'b'), enum_cmp('a'::phase, 'b'), enum_cmp('b'::phase, 'a'), enum_cmp('a'::phase, 'a'), enum_larger(null::phase, 'b')", [['b', 'a', '-1', '1', '0', null]]], ["select enum_larger('a', 'b')", '42883'],
  ]));
  // The second change was left out without a look at what it would have made of the row.
  test('a row that a statement would change twice must satisfy its constraints both times', () => inTurn([
    ['create table either_of (id int primary key, b bool, c bool, g int generated always as (4 / id) stored, check (b or c))', ''], ['insert into either_of values (1, true, true)', ''],
    ['with m as (update either_of set b = false returning id) update either_of set b = c, c = false where exists (select from m) returning id', []], ['select b, c from either_of', [['f', 't']]], ['update either_of set b = true', ''],
    ['with m as (update either_of set c = false returning id) update either_of set b = false, c = false where exists (select from m)', '23514'], ['with m as (delete from either_of returning id) update either_of set b = false, c = false where exists (select from m)', '23514'],
    ['with m as (delete from either_of returning id) update either_of set b = false where id = 1 and exists (select from m)', ''], ['insert into either_of values (1, true, true)', ''],
    ['update either_of set b = x, c = y from (values (true, true), (false, false)) v(x, y)', '23514'], ['merge into either_of using (values (true, true), (false, false)) v(x, y) on true when matched then update set b = x, c = y', '23514'],
    ['merge into either_of using (values (true, true), (true, false)) v(x, y) on true when matched then update set b = x, c = y', '21000'], ['drop table either_of', ''],
  ]));
  test('constants of a derived table are known where a change reads them', () => inTurn([
    ['create table narrow (x numeric(4,2), y int)', ''], ...[
      'insert into narrow (x) select 1000 from r2 where id > 100', 'insert into narrow (x) select q.a from (select 1e3 as a from r2 where id > 100) q', 'with q as (select 1e3 as a from r2 where id > 100) insert into narrow (x) select a from q',
      'update narrow set x = q.a from (select 1e3 as a from r2) q', 'merge into narrow using (select 1e3 as a from r2) q on true when matched then update set x = q.a', 'merge into narrow using (select 1e3 as a from r2 where id > 100) q on true when not matched then insert (x) values (a)',
    ].map((sql): Step => [sql, '22003']), ['update narrow set y = 2 from (select 1 as a from r2) q returning 1 / (q.a - 1)', '22012'],
    ['insert into narrow (x) select 1000 from r2 where id > 100 offset 0', ''], ['insert into narrow (x) select distinct 1000 from r2 where id > 100', ''], ['insert into narrow (x) select q.a from r2 left join (select 1000 as a from r2 where false) q on true where r2.id = 1', ''],
    ['update narrow set x = q.a from (select 1e3 as a from r2 where id > 100 offset 0) q', ''], ['select * from narrow', [[null, null]]], ['drop table narrow', ''],
  ]));
  // The body was planned, which computed what no call might come to.
  test('CREATE FUNCTION computes nothing', () => inTurn([
    ["create function fails() returns int language sql as 'select 1 / 0'", ''], ["create function fails(int) returns setof int language sql stable as $$ select 'x'::text::int from r2 where id = $1 $$", ''],
    ['select fails()', '22012'], ['select * from fails(1)', '22P02'], ['select * from fails(1) limit 0', '22P02'],
  ]));
  test('NULLIF over a volatile operand shows as NULLIF', () => inTurn([
    ['create table nullable (a float8 default nullif(random(), 2.0))', ''], ["select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'nullable'::regclass", [['NULLIF(random(), (2.0)::double precision)']]], ['drop table nullable', ''],
  ]));
});
