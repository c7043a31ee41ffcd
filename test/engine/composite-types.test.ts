/** Attributes come and go while values of the type are stored: each value keeps what it was stored with (base/value-code.ts). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let directory: string;
let db: Database;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'serialite-composite-'));
  db = await open(join(directory, 'app.db'));
  await db.exec(`
    create type place as (street text, zip int);
    create table person (n text primary key, a place, b place[]);
    insert into person values ('x', row('s', 1), array[row('t', 2)::place, null])`);
});
afterEach(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

const column = async (sql: string): Promise<unknown[]> => (await db.query(sql)).rows.map((row) => Object.values(row)[0]);
const codeOf = async (sql: string): Promise<string> => db.exec(sql).then(() => 'no error', (error: unknown) => (error as { code: string }).code);

test('an attribute is added, dropped and added again without a look at the values', async () => {
  await db.exec('alter type place add attribute city text, add attribute x numeric');
  expect(await column("select a::text || b::text from person")).toEqual(['(s,1,,){"(t,2,,)",NULL}']);
  await db.exec("update person set a.x = 1.50; insert into person values ('y', row('u', 3, 'd', 2)); alter type place drop attribute zip");
  expect(await column('select a::text from person order by n')).toEqual(['(s,,1.50)', '(u,d,2)']);
  await db.exec("insert into person values ('z', row('v', 'e', 3)); alter type place add attribute zip bigint; alter type place drop attribute city");
  await db.exec("update person set a.zip = 10000000000 where n = 'z'");
  await db.close();
  db = await open(join(directory, 'app.db'));
  expect(await column('select a::text from person order by n')).toEqual(['(s,1.50,)', '(u,2,)', '(v,3,10000000000)']);
  expect(await column("select (b[1]).street || (b[1]).zip is null from person where n = 'x'")).toEqual([true]);
  expect(await column("select count(*)::int from person where a = row('s', 1.5, null)::place")).toEqual([1]);
  expect(await column("select attnum || attname from pg_attribute where attrelid = (select typrelid from pg_type where typname = 'place') and not attisdropped order by attnum")).toEqual(['1street', '4x', '5zip']);
});

test('inside domains, other composites and rows of tables', async () => {
  await db.exec(`
    create domain known as place check ((value).street <> '');
    create type house as (number int, at place);
    create table inner_rows (i int, p place);
    create table outer_rows (d known, h house, r inner_rows);
    insert into outer_rows values (row('q', 7), row(1, row('h', 2)), row(3, row('r', 4)));
    alter type place add attribute last boolean; alter table inner_rows add column j int; alter table inner_rows drop column i`);
  expect((await db.query('select d::text, h::text, r::text, (r).j from outer_rows')).rows).toEqual([{ d: '(q,7,)', h: '(1,"(h,2,)")', r: '("(r,4,)",)', j: null }]);
  await db.exec('alter type place drop attribute zip; insert into outer_rows values (row(\'n\', true), row(5, row(\'m\', false)), row(row(\'k\', null), 6))');
  expect((await db.query('select d::text, h::text, r::text from outer_rows')).rows).toEqual([{ d: '(q,)', h: '(1,"(h,)")', r: '("(r,)",)' }, { d: '(n,t)', h: '(5,"(m,f)")', r: '("(k,)",6)' }]);
});

test('what would change every value, or a key, is refused', async () => {
  expect(await codeOf('alter type place alter attribute zip type bigint')).toBe('0A000');
  await db.exec('create table rows_of (p person); create table keyed (k place primary key)');
  expect(await codeOf('alter table person add column c int default 3')).toBe('0A000');
  expect(await codeOf('alter table person alter column n type varchar(9)')).toBe('0A000');
  expect(await codeOf('alter type place add attribute city text')).toBe('0A000');
  expect(await codeOf('alter type place drop attribute zip')).toBe('0A000');
  await db.exec('drop table keyed; create table keyed (p person unique)');
  expect(await codeOf('alter table person drop column b')).toBe('0A000');
  expect(await codeOf('alter table person add column c int')).toBe('0A000');
});

test('a view that reads a dropped attribute', async () => {
  await db.exec('create view zips as select n, (a).zip from person; create view streets as select (a).street from person; create view over_zips as select n from zips');
  await expect(db.exec('alter type place drop attribute zip')).rejects.toMatchObject({ code: '2BP01', detail: 'view zips depends on column zip of composite type place\nview over_zips depends on view zips' });
  await db.exec('alter type place drop attribute zip cascade');
  expect(await column("select relname from pg_class where relkind = 'v' and relname ~ '^(zips|streets|over_zips)$'")).toEqual(['streets']);
  expect(await column('select street from streets')).toEqual(['s']);
});

test('indexes, checks and generated columns that read a dropped attribute', async () => {
  await db.exec(`
    create table read (a place, n int, g int generated always as ((a).zip + 1) stored, constraint positive check ((a).zip > 0), check ((a).street <> ''));
    create index by_zip on read (((a).zip)); create index few on read (n) where (a).zip > 5; create index by_street on read (((a).street));
    insert into read values (row('s', 1), 1)`);
  const about = 'depends on column zip of composite type place';
  const detail = [`index by_zip ${about}`, `index few ${about}`, `constraint positive on table read ${about}`, `column g of table read ${about}`];
  const error = (await db.exec('alter type place drop attribute zip').catch((e: unknown) => e)) as { code: string; detail: string };
  expect([error.code, ...error.detail.split('\n').sort()]).toEqual(['2BP01', ...detail.sort()]);
  await db.exec("insert into read values (row('s', 2), 2)");
  await db.exec("alter type place drop attribute zip cascade; insert into read values (row('t'), 3)");
  expect(await column('select read::text from read order by n')).toEqual(['("(s)",1)', '("(s)",2)', '("(t)",3)']);
  expect(await column("select relname from pg_class where relname in ('by_zip', 'few', 'by_street')")).toEqual(['by_street']);
  expect(await column("select n from read where (a).street = 't'")).toEqual([3]);
});

test('a type that would hold itself', async () => {
  await db.exec('create type house as (number int, at place); create domain home as house');
  for (const type of ['place', 'place[]', 'house', 'home']) await expect(db.exec(`alter type place add attribute x ${type}`)).rejects.toMatchObject({ code: '42P16', message: 'composite type place cannot be made a member of itself' });
  expect(await codeOf('alter table person add column p person')).toBe('42P16');
  expect(await codeOf('alter table person add column p person[]')).toBe('42P16');
  expect(await codeOf('create type tree as (n int, l int); alter type tree alter attribute l type tree')).toBe('42P16');
});

test('a type is dropped from under an attribute, which goes alone', async () => {
  await db.exec(`
    create type colour as enum ('red', 'green'); create type thing as (n int, c colour, s text); create table box (id int primary key, t thing, c colour[]);
    insert into box values (1, row(1, 'red', 'x'), '{green}');
    create view colours as select id, (t).c from box; create view names as select id, (t).s from box`);
  const error = (await db.exec('drop type colour').catch((e: unknown) => e)) as { code: string; detail: string };
  expect([error.code, ...error.detail.split('\n').sort()]).toEqual(['2BP01', 'column c of composite type thing depends on type colour', 'column c of table box depends on type colour', 'view colours depends on type colour']);
  await db.exec('drop type colour cascade');
  expect(await column('select box::text from box')).toEqual(['(1,"(1,x)")']);
  expect(await column("select relname from pg_class where relname in ('colours', 'names')")).toEqual(['names']);
  await db.exec("insert into box values (2, row(2, 'y'))");
  expect(await column('select s from names order by id')).toEqual(['x', 'y']);
});

test('the type of an attribute that was dropped before is nobody\'s', async () => {
  await db.exec("create type colour as enum ('red'); create type thing as (n int, c colour); create table box (t thing); insert into box values (row(1, 'red')); alter type thing drop attribute c; drop type colour");
  expect(await column('select t::text from box')).toEqual(['(1)']);
});

test('a primary key of a type that is dropped goes, and its rows stay', async () => {
  await db.exec("create type colour as enum ('red', 'green'); create table box (c colour primary key, n int); insert into box values ('green', 1), ('red', 2); drop type colour cascade");
  expect(await column('select n from box order by n')).toEqual([1, 2]);
  await db.exec("create type colour as enum ('red'); create type thing as (c colour); create table keyed (t thing primary key); insert into keyed values (row('red'))");
  expect(await codeOf('drop type colour cascade')).toBe('0A000');
  expect(await column('select t::text from keyed')).toEqual(['(red)']);
});

test('a composite type is a relation without rows', async () => {
  expect(await column("select attname from pg_attribute where attrelid = 'place'::regclass order by attnum")).toEqual(['street', 'zip']);
  for (const sql of ['select * from place', 'insert into place values (1)', 'delete from place', 'truncate place', 'copy place to stdout', 'copy place from stdin', 'drop table place', 'drop index place', 'alter table place add column x int']) {
    expect([sql, await codeOf(sql)]).toEqual([sql, '42809']);
  }
  for (const sql of ['create table place (a int)', 'create view place as select 1', 'create sequence place']) expect([sql, await codeOf(sql)]).toEqual([sql, '42P07']);
  await db.exec('analyze place');
  await db.exec('vacuum place');
});

test('a type that stands earlier on the search path hides a table of its name', async () => {
  const session = await db.connect();
  const value = async (sql: string): Promise<unknown> => Object.values((await session.query(sql)).rows[0]!)[0];
  await session.exec("create schema s1; create schema s2; create type s1.obj as (x int); create table s2.obj (z int); create type s1.mood as enum ('a'); create table s2.mood (z int)");
  await session.exec('set search_path = s1, s2');
  for (const sql of ['select * from obj', 'insert into obj values (1)', 'drop table obj', 'alter table obj add column y int', 'copy obj to stdout', 'create index on obj (z)']) {
    await expect(session.exec(sql), sql).rejects.toMatchObject({ code: '42809' });
  }
  expect(await value("select 'obj'::regclass = 's1.obj'::regclass")).toBe(true);
  expect(await value('select count(*)::int from s2.obj')).toBe(0);
  // An enum has no name among relations.
  expect(await value('insert into mood values (3) returning z')).toBe(3);
  await session.exec('set search_path = s2, s1');
  expect(await value('insert into obj values (1) returning z')).toBe(1);
  await session.close();
});

test('MERGE inserts parts of columns', async () => {
  await db.exec("create type part as (x int, y text); create table parts (id int primary key, p part, a int[])");
  const merge = (columns: string, values: string): string => `merge into parts using (values (1, 2)) s(i, j) on s.i = parts.id when not matched then insert (${columns}) values (${values})`;
  for (const [columns, values, code] of [
    ['id. c', "s.i, s.i + 500, 'ABC'", '42601'], ['id. c', 's.i', '42804'], ['id, p.c', 's.i, 1', '42703'], ['id, p, p.x', 's.i, null, 1', '42701'], ['id, p.x, p', 's.i, 1, null', '42701'],
    ['id, p.x', 's.i, default', '0A000'], ['id, a[1]', 's.i, default', '0A000'], ['id, p.x', "s.i, 'q'", '22P02'],
  ] as const) {
    expect([columns, await codeOf(merge(columns, values))]).toEqual([columns, code]);
  }
  await db.exec(merge('id, p.x, p.y, a[1], a[2]', "s.i, s.j, 'z', 5, 6"));
  expect(await column("select id || p::text || a::text from parts")).toEqual(['1(2,z){5,6}']);
});
