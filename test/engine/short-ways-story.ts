/**
 * Stories of two sessions of one database, told by every way a statement can be given and with everything in between that may change what a statement given again means: for comparing the short ways
 * (engine/short-ways) with the general one, which `play` leaves alone. Time stands still within a step, so that nothing told depends on when it ran.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { seededPrng } from '../../base/prng.js';
import { DatabaseError, open, type Database, type QueryParams, type Session, type Statement } from '../../engine/index.js';
import { EncodedRows } from '../../executor/encoded-rows.js';

type Way = 'query' | 'run' | 'all' | 'get' | 'iterate' | 'first row' | 'statement' | 'stream' | 'database' | 'database run' | 'at once';

export type Step =
  | { readonly kind: 'run'; readonly pick: number; readonly isInBlock: boolean; readonly way: Way; readonly key: number; readonly odd: OddName | undefined; readonly oddAt: number; readonly count: number; readonly isOther: boolean }
  | { readonly kind: 'script'; readonly text: string; readonly isOther: boolean; readonly byQuery: boolean }
  | { readonly kind: 'literals'; readonly head: string; readonly key: number; readonly odd: string | undefined; readonly count: number }
  | { readonly kind: 'copy'; readonly options: string; readonly key: number; readonly odd: string | undefined }
  | { readonly kind: 'close' }
  | { readonly kind: 'held'; readonly lock: string; readonly change: string; readonly key: number; readonly level: string; readonly count: number; readonly ending: string }
  | { readonly kind: 'wait'; readonly before: string; readonly change: string; readonly key: number; readonly level: string | undefined; readonly ending: string; readonly isTaken: boolean };

const schema = `
  create domain pos as int check (value > 0); create type mood as enum ('sad', 'ok', 'happy'); create schema other;
  create table t (id int primary key, n int not null, note text, tag int); create index t_tag on t (tag);
  create table other.t (id int primary key, n text, note int, tag int default 7);
  create table g (id serial primary key, a int check (a < 1000), b int generated always as (a * 2) stored, c text default 'd', d numeric(6, 2), v varchar(5), ch char(3), dom pos);
  create unique index g_v on g (v);
  create table w (id int primary key, ts timestamptz, dt date, iv interval, f float8, r real, by bytea, j jsonb, arr int[], m mood);
  create table h (a int, b text);
  create table p (id int primary key, x int); create table c (id int primary key, p int references p on delete cascade); create table d (id int primary key, p int references p deferrable initially deferred); create index c_p on c (p); create index d_p on d (p, id);
  create table b (id int8 primary key, f float8, ok bool, s text);
  create table two (a int, b text, v int, primary key (a, b));
  create view tv as select id, n from t where n > 0;
  create function twice(int) returns int language sql immutable as 'select $1 * 2';
  create function bump(int) returns int language sql as 'insert into h values ($1, ''bumped''); select $1 + 1';
  create function kept() returns bigint language sql stable as 'select count(*) from t';
  insert into t select i, i, 'row ' || i, i % 3 from generate_series(0, 9) i; insert into other.t select i, 'o' || i, i from generate_series(0, 5) i;
  insert into g (a, v) select i, 'v' || i from generate_series(1, 6) i; insert into p select i, i from generate_series(0, 6) i; insert into c select i, i from generate_series(0, 3) i;
  insert into w select i, timestamptz '2024-03-30 12:00+00' + i * interval '6 hours', date '2024-02-28' + i, i * interval '1 day 2 hours', i / 3.0, i / 7.0, '\\x0102', '{"a": [1, 2]}', array[i, null], 'ok' from generate_series(0, 5) i;
  insert into b select i, i / 2.0, i % 2 = 0, 's' || i from generate_series(0, 6) i; insert into two select i, 'k' || i % 2, i from generate_series(0, 6) i; insert into h select i, 'h' || i from generate_series(0, 4) i;
`;
const tables = ['t', 'other.t', 'g', 'w', 'h', 'p', 'c', 'd', 'b', 'two'];

/** Each with what its parameters are by default: a key, a new key, a number, a text, a float, a flag, a type of its own. */
const statements: Readonly<Record<string, string>> = {
  'insert into t (id, n, note, tag) values ($1, $2, $3, $4)': 'new int text int',
  'insert into t values ($1, $2, $3, $1)': 'new int text',
  'insert into t (n, id) values ($1, $2)': 'int new',
  'insert into t (id, n) values ($1, $2) on conflict (id) do update set n = t.n + excluded.n': 'key int',
  'insert into t (id, n) values ($1, $2) on conflict do nothing returning id, n': 'key int',
  'update t set n = n + $2 where id = $1': 'key int',
  'update t set note = $2 where id = $1': 'key text',
  'update t set note = note || $2, n = n / $3 where id = $1': 'key text int',
  'update t set tag = $2 where id = $1': 'key int',
  'update t set id = $2 where id = $1': 'key new',
  'update t set n = $2 where tag = $1 returning id, n': 'key int',
  'delete from t where id = $1': 'key',
  'delete from t where tag = $1 and n > $2': 'key int',
  'select * from t where id = $1': 'key',
  'select n, note from t where tag = $1 order by id': 'key',
  'select id from t where id >= $1 and id < $2 order by id': 'key int',
  'select count(*)::int as c, sum(n) as s, max(note) as m from t': '',
  'select id, 100 / n as q from t where tag = $1 order by id': 'key',
  'select id from t where id = $1 for update': 'key',
  'select id, 100 / n as q from t where id = $1 and n > 2 limit 1 for no key update': 'key',
  'select * from g where v = $1 for share': 'text',
  'select v from two where a = $1 and b = $2 for key share skip locked': 'key text',
  'select * from t where id = :id and n > :least': 'named',
  'select * from t order by id limit $1': 'int',
  'select t.id, u.v from t join two u on u.a = t.id where t.id = $1': 'key',
  'insert into g (a, c, d, v, ch, dom) values ($1, $2, $3, $4, $5, $6)': 'int text float text text int',
  'insert into g (a) values ($1)': 'int',
  'insert into g values (default, $1, default, $2)': 'int text',
  'insert into g (id, a) values ($1, $2)': 'new int',
  'update g set a = $2 where id = $1': 'key int',
  'update g set d = $2, v = $3 where id = $1': 'key float text',
  'delete from g where id = $1': 'key',
  'select * from g where id = $1': 'key',
  'select id from g where v = $1': 'text',
  'insert into w (id, ts, f, r, j, arr, m) values ($1, $2, $3, $4, $5, $6, $7)': 'new time float float json array mood',
  'insert into w values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)': 'new time time any float float bytes json array mood',
  'update w set f = f * $2, r = $2 where id = $1': 'key float',
  'update w set ts = $2 where id = $1': 'key time',
  'select * from w where id = $1': 'key',
  "select ts::text, dt::text, iv::text, f::text, r::text, by::text from w where id = $1": 'key',
  'select id from w where ts > $1 order by id': 'time',
  'insert into h values ($1, $2)': 'int text',
  'update h set b = $2 where a = $1': 'key text',
  'delete from h where a = $1': 'key',
  'select * from h where a = $1 order by b': 'key',
  'insert into p values ($1, $2)': 'new int',
  'insert into c values ($1, $2)': 'new key',
  'insert into d values ($1, $2)': 'new int',
  'update p set x = $2 where id = $1': 'key int',
  'update p set id = $2 where id = $1': 'key new',
  'delete from p where id = $1': 'key',
  'delete from p where id = $1 and x < $2': 'key int',
  'delete from p where x = $1': 'key',
  'delete from c where id = $1': 'key',
  'delete from c where p = $1': 'key',
  'delete from d where id = $1': 'key',
  'insert into b values ($1, $2, $3, $4)': 'new float flag text',
  'update b set f = f + $2 where id = $1': 'key float',
  'update b set s = $2, ok = $3 where id = $1': 'key text flag',
  'update b set s = s || $2 where id = $1': 'key text',
  'delete from b where id = $1': 'key',
  'select * from b where id = $1': 'key',
  'select id, f from b where f >= $1 order by f': 'float',
  'insert into two values ($1, $2, $3)': 'new text int',
  "update two set v = v + $3 where a = $1 and b = 'k' || $2": 'key flagbit int',
  'update two set v = $3 where a = $1 and b = $2': 'key text int',
  'delete from two where a = $1 and b = $2': 'key text',
  'select v from two where a = $1': 'key',
  'select * from tv where id = $1': 'key',
  'insert into tv values ($1, $2)': 'new int',
  'select twice($1) as two, kept() as kept': 'int',
  'select bump($1) as bumped': 'int',
  'select now() as now, statement_timestamp() as at, $1::text as given': 'text',
  'select random() as r, gen_random_uuid() as u': '',
  "select nextval('g_id_seq') as next": '',
  "select currval('g_id_seq') as current": '',
  "select set_config('search_path', 'other', $1) as path": 'flag',
  "select set_config('transaction_read_only', 'on', true) as mode": '',
  'select current_setting($1) as s': 'setting',
  "select timestamptz '2024-06-01 00:00+00' as at, date '2024-06-01' as day, 1.0::float8 / 3 as third, $1::int8 as n": 'int',
  "select to_char(timestamptz '2024-06-01 00:00+00', 'HH24 TZ') as c, '1-2-3'::date as d, interval '1 day 1 hour'::text as i": '',
  'select $1::int as i, $2::text as t, $3::bool as b, $4::float8 as f': 'int text flag float',
  'select a from h where a = any($1) order by a': 'array',
};
const statementTexts = Object.keys(statements);

/** Instead of one of the parameters, or of all of them. */
const oddities = {
  null: () => null, undefined: () => undefined, digits: () => '5', spaced: () => ' 7 ', word: () => 'abc', empty: () => '', zero: () => 'x\0y', big: () => 2147483648, largest: () => 2147483647, negative: () => -1,
  fraction: () => 1.5, nan: () => NaN, infinity: () => Infinity, 'minus zero': () => -0, bigint: () => 5n, hugeBigint: () => 2n ** 70n, flag: () => true, date: () => new Date(86_400_000), badDate: () => new Date(NaN),
  bytes: () => Buffer.from('ab'), array: () => [1, 2], emptyArray: () => [], object: () => ({ a: 1 }), symbol: () => Symbol('s'), function: () => () => 1, long: () => 'long '.repeat(60), wide: () => 1e300, unsafe: () => 2 ** 53,
  lone: () => 'a\ud800b', tooFew: () => undefined, tooMany: () => undefined, named: () => undefined, none: () => undefined,
} as const;
type OddName = keyof typeof oddities;
const oddNames = Object.keys(oddities) as OddName[];

/** What a statement is given at the `turn`th time. */
function paramsOf(text: string, key: number, turn: number, next: () => number, odd: OddName | undefined, oddAt: number): QueryParams | undefined {
  const kinds = statements[text]!.split(' ').filter((kind) => kind !== '');
  if (kinds[0] === 'named') return odd === undefined ? { id: (key + turn) % 10, least: 0 } : { id: oddities[odd](), least: 0 };
  const made = kinds.map((kind): unknown => {
    switch (kind) {
      case 'key':
        return (key + turn) % 10;
      case 'new':
        return key < 3 ? (key + turn) % 12 : 100 + next();
      case 'int':
        return (key * 7 + turn) % 40;
      case 'text':
        return key % 4 === 0 ? `k${turn % 2}` : `v${key}${turn}`;
      case 'float':
        return key + turn / 3;
      case 'flag':
        return (key + turn) % 2 === 0;
      case 'flagbit':
        return (key + turn) % 2;
      case 'time':
        return `2024-03-31 0${turn % 10}:30`;
      case 'json':
        return { key, turn };
      case 'array':
        return [key, turn];
      case 'mood':
        return turn % 3 === 0 ? 'happy' : 'sad';
      case 'bytes':
        return Buffer.from([key, turn]);
      case 'setting':
        return ['timezone', 'search_path', 'extra_float_digits', 'transaction_isolation', 'lock_timeout'][key % 5];
      default:
        return '1 day';
    }
  });
  if (odd === undefined) return made.length === 0 ? undefined : made;
  if (odd === 'tooFew') return made.slice(1);
  if (odd === 'tooMany') return [...made, 1];
  if (odd === 'named') return { id: 1 };
  if (odd === 'none') return undefined;
  if (made.length > 0) made[oddAt % made.length] = oddities[odd]();
  return made;
}

const scripts: readonly string[] = [
  'begin', 'begin', 'begin', 'begin', 'begin isolation level repeatable read', 'begin isolation level serializable', 'begin read only', 'begin isolation level serializable read only deferrable', 'commit', 'commit', 'commit', 'rollback', 'rollback', 'commit and chain', 'rollback and chain',
  'savepoint s', 'savepoint s', 'savepoint s', 'rollback to s', 'rollback to s', 'release s', 'select 1/0', 'select nothing', 'selec', '',
  'begin; savepoint a; savepoint b; rollback to a', 'insert into h values (1, null); select count(*) from h', 'commit; begin',
  'set transaction read only', 'set transaction isolation level serializable', 'set session characteristics as transaction read only', 'set session characteristics as transaction read write', "set default_transaction_isolation = 'serializable'", 'reset default_transaction_isolation',
  "set search_path = 'other', public", "set local search_path = 'other'", "set search_path = 'nowhere'", 'reset search_path', "set timezone = 'America/New_York'", "set local timezone = 'Asia/Tokyo'", 'reset timezone', "set datestyle = 'German'", "set datestyle = 'SQL, DMY'", 'reset datestyle',
  "set intervalstyle = 'iso_8601'", 'reset intervalstyle', 'set extra_float_digits = 0', 'set extra_float_digits = -5', 'reset extra_float_digits', "set bytea_output = 'escape'", 'reset bytea_output', "set statement_timeout = '1h'", 'set statement_timeout = 0', "set transaction_timeout = '1h'", 'set transaction_timeout = 0',
  "set idle_in_transaction_session_timeout = '1h'", 'set idle_in_transaction_session_timeout = 0', "set synchronous_commit = 'off'", 'reset synchronous_commit', "set execution_mode = 'interpreted'", 'reset execution_mode', 'set enable_seqscan = off', 'reset enable_seqscan', 'set max_result_rows = 3', 'reset max_result_rows',
  "set work_mem = '64kB'", 'reset work_mem', "set lock_timeout = '2ms'", 'set constraints all deferred', 'set constraints all immediate', 'reset all', 'discard plans', 'discard temp', 'discard all', 'set plan_cache_mode = force_generic_plan', 'set transform_null_equals = on',
  'create table if not exists u (a int)', 'drop table if exists u', 'drop table t cascade; create table t (id int primary key, n int not null, note text, tag int)', 'drop table t cascade; create table t (note int, tag text, n int default 3, id int)', 'drop table if exists h; create table h (a text, b int)',
  'drop table if exists b; create table b (id int primary key, f float8 not null, ok bool, s text collate "C" check (length(s) < 9))', 'create table t (id int primary key, n int, note text, tag int)', 'create table h (a int, b text)',
  'alter table t add column extra int default 9', 'alter table t add column if not exists extra int generated always as (id + 1) stored', 'alter table t drop column extra', 'alter table t drop column note', 'alter table t add column if not exists note text', 'alter table t rename column note to remark',
  'alter table t rename column remark to note', 'alter table t alter column n type bigint', 'alter table t alter column n type int', 'alter table t alter column n drop not null', 'alter table t alter column n set not null', "alter table t alter column note set default 'none'", 'alter table t alter column tag type text',
  'alter table t add constraint t_small check (n < 30)', 'alter table t drop constraint t_small', 'alter table t add constraint t_tag unique (tag)', 'alter table t drop constraint t_tag', 'alter table t rename to t_old', 'alter table t_old rename to t', 'create unique index t_note on t (note) where n > 5',
  'drop index if exists t_note', 'drop index if exists t_tag', 'create index if not exists t_tag on t (tag)', 'create index if not exists t_expr on t ((n + 1))', 'drop index if exists t_expr', 'alter table two drop constraint two_pkey', 'alter table two add primary key (a)', 'alter table h add primary key (a)',
  'alter table h alter column a add generated by default as identity', 'alter table b alter column ok set not null', "alter table b alter column s type varchar(4)", 'alter table w alter column ts type timestamp', 'alter table w alter column m type text', "alter type mood add value if not exists 'mad'",
  'alter domain pos drop constraint pos_check', 'alter domain pos add constraint pos_check check (value < 20)', 'alter table c drop constraint c_p_fkey', 'alter table c add foreign key (p) references p on delete set null', 'alter table d alter constraint d_p_fkey not deferrable',
  'create or replace view tv as select id, n from t', 'drop view if exists tv', 'create view tv as select id, n from t where n > 5 with check option', "create or replace function twice(int) returns int language sql immutable as 'select $1 * 3'", 'drop function if exists kept()',
  "create or replace function kept() returns bigint language sql stable as 'select count(*) from h'", 'alter sequence g_id_seq restart with 3', "select setval('g_id_seq', 50)",
  'create temp table t (id int primary key, n int, note text, tag int)', 'create temp table t (id int, n int check (n <> 3), note text, tag int) on commit delete rows', 'create temp table h on commit drop as select 1 as a, null::text as b', 'drop table if exists pg_temp.t', 'drop table if exists pg_temp.h',
  'truncate t', 'truncate p cascade', 'analyze t', 'vacuum t', 'vacuum full t', 'reindex table t', 'cluster t using t_pkey', 'checkpoint', 'lock table t in access exclusive mode', 'lock table t in share mode nowait', 'lock table p in row exclusive mode',
  'insert into t values (50, 1)', 'update t set n = n + 1 where id < 5', 'update t set id = id + 1000 where id = 4', 'delete from t where id > 3', 'delete from p where id = 2', 'update p set x = 0', 'insert into t select i, i from generate_series(200, 480) i', 'delete from t where id between 200 and 480',
  'declare k cursor for select id from t order by id', 'declare k cursor with hold for select id from t order by id', 'fetch 2 from k', 'close k', 'close all', 'delete from t where current of k', 'prepare q(int) as select n from t where id = $1', 'execute q(3)', 'deallocate all',
  'select pg_advisory_lock(1)', 'select pg_advisory_unlock_all()', 'select pg_advisory_xact_lock(2)', 'listen x', 'explain (costs off) select * from t where id = 1', 'notify x',
];

const pad = ' '.repeat(200);
const heads = [
  `insert into t (id, n, note, tag) values${pad}`, `insert into t values${pad}`, `insert into T (ID, n, note, tag)${pad}values`, `insert into g (a, c, d, v) values${pad}`, `insert into h (a, b) values${pad}`, `insert into c values${pad}`, `insert into b values${pad}`, `insert into other.t values${pad}`,
  `insert into t (id, n, note, tag) values${pad}(0, 0, null, 0), `,
];
const rowsOf: readonly ((id: number) => string)[] = [
  (id) => `(${id}, ${id % 50}, 'row ${id}', 1)`, (id) => `(${id}, 5, null, null)`, (id) => `(${id}, 1, 'x', ${id % 3})`, (id) => `(${id % 900}, 'c', ${id}.25, 'v${id % 1000}')`, (id) => `(${id}, 'b')`, (id) => `(${id}, ${id % 7})`, (id) => `(${id}, 0.5, true, 's')`, (id) => `(${id}, 'n', 3, 4)`,
  (id) => `(${id}, 5, null, null)`,
];
/** Instead of the second row, `#` its key. */
const oddRows = ["(#, 1, 'a''b', 1)", '(#, null, null, null)', '(#)', "('#', '7', 8, '9')", "(#, 1, E'x', 1)", '(# + 0, 1, null, 1)', '(#0000000000, 1, null, 1)', "(#, 1, 'x', 1);", '(#, default, default, default)', '(3, 3, 3, 3)', "(#, 1.5, 'x', 1)", "(#, -1, 'é\u{1f600}', -0)", '(#, 1e3, $1, 1)', "(#, 't', true, 1)", '(#, 2147483648, null, 1)', "(#, 1, 'x', 1) /* c */", "(#, 1, 'x\0', 1)", "(#, 99999999999999999999.5, 'x', 'toolong')", '(#, 1, null, 1) on conflict do nothing', '(#, 1, null, 1) returning *'];

const copyOptions = ['t from stdin', 't (id, n, note, tag) from stdin (format csv)', 't (n, id) from stdin', "t from stdin (format csv, null 'x', delimiter ';')", 'g (a, c, d, v) from stdin', 'b from stdin', 'c from stdin (format csv)', 'other.t from stdin', 'tv from stdin', "t from stdin where n > 10"];
const copyOdd = ['#\t1', '#\t\\N\tx\t1', '3\t3\tx\t3', '#\tabc\tx\t1', '#\t1\ta\\tb\t1', '#,1,"a,b",1', '#;1;x;2', '\\.', '', '#\t99999999999\tx\t1', '#\t1.5\tt\tx', '#\t1\t\t'];

const locks = ['select id from t where id = $1 for update', 'select id from t where id = $1 for no key update', 'select id from t where id = $1 for share', 'select id from t where id = $1 for key share', 'update t set n = n where id = $1', 'delete from t where id = $1', 'select id from t where id = $1'];
const changesOfOne = ['update t set n = n + 1 where id = $1', "update t set note = note || '!' where id = $1", 'delete from t where id = $1', 'update b set f = f + 1 where id = $1', 'delete from b where id = $1'];
/** What the other session does before it lets a row go, `#` its key. */
const befores = ['select 1 from t where id = # for update', 'update t set n = n * 2 where id = #', 'delete from t where id = #', "delete from t where id = #; insert into t values (#, 1, 'again')", 'update t set id = id + 500 where id = #', 'update t set n = 7 where id = #; savepoint s; update t set n = 8 where id = #; rollback to s', 'select 1 from t where id = # for share'];
const levels = ['begin', 'begin isolation level repeatable read', 'begin isolation level serializable'];

/** A few statements that come again and again, and what is done with them. */
export interface Story {
  readonly texts: readonly string[];
  readonly steps: readonly Step[];
}

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>): { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> } => ({ weight, arbitrary });
const seldom = <T>(all: readonly T[]): fc.Arbitrary<T | undefined> => fc.oneof(weighted(3, fc.constant(undefined)), weighted(1, fc.constantFrom(...all)));
const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(30, fc.record({
    kind: fc.constant('run' as const), pick: fc.nat(2), isInBlock: fc.integer({ min: 0, max: 2 }).map((n) => n > 0), key: fc.nat(11), oddAt: fc.nat(9), count: fc.constantFrom(1, 4, 4, 9),
    way: fc.constantFrom<Way>('query', 'query', 'query', 'query', 'run', 'run', 'run', 'run', 'run', 'all', 'get', 'iterate', 'first row', 'statement', 'stream', 'database', 'database run', 'at once'), odd: seldom(oddNames), isOther: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
  })),
  weighted(10, fc.record({ kind: fc.constant('script' as const), text: fc.constantFrom(...scripts), isOther: fc.integer({ min: 0, max: 4 }).map((n) => n === 0), byQuery: fc.boolean() })),
  weighted(5, fc.record({ kind: fc.constant('literals' as const), head: fc.constantFrom(...heads), key: fc.nat(12), odd: seldom(oddRows), count: fc.constantFrom(1, 3, 5) })),
  weighted(2, fc.record({ kind: fc.constant('copy' as const), options: fc.constantFrom(...copyOptions), key: fc.nat(12), odd: seldom(copyOdd) })),
  weighted(1, fc.record({ kind: fc.constant('close' as const) })),
  weighted(4, fc.record({ kind: fc.constant('held' as const), lock: fc.constantFrom(...locks), change: fc.constantFrom(...changesOfOne), key: fc.nat(9), level: fc.constantFrom(...levels), count: fc.constantFrom(1, 3), ending: fc.constantFrom('commit', 'rollback', 'rollback to s', 'rollback to s; commit') })),
  weighted(4, fc.record({ kind: fc.constant('wait' as const), before: fc.constantFrom(...befores), change: fc.constantFrom(...changesOfOne), key: fc.nat(9), level: fc.constantFrom(undefined, ...levels), ending: fc.constantFrom('commit', 'commit', 'rollback'), isTaken: fc.boolean() })),
);

export const story: fc.Arbitrary<Story> = fc.record({ texts: fc.tuple(fc.constantFrom(...statementTexts), fc.constantFrom(...statementTexts), fc.constantFrom(...statementTexts)), steps: fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }) });

function shown(value: unknown): string {
  return inspect(value, { depth: 9, breakLength: Infinity, maxArrayLength: null, maxStringLength: null });
}
async function told(run: () => unknown): Promise<string> {
  try {
    return shown(await run());
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, detail, hint, where, position, schema, table, column, dataType, constraint, severity, isRetryable } = error;
    // What an explanation of a conflict says is about both transactions and no part of this.
    return shown(isRetryable ? { code, message } : { code, message, detail, hint, where, position, schema, table, column, dataType, constraint, severity });
  }
}

/** Takes every short way from a session of the database. */
function closeShortWays(session: Session): void {
  Object.defineProperty(session.backend, 'isReady', { value: false });
  session.backend.controlQuickly = () => undefined;
}

class Teller {
  readonly said: string[] = [];
  readonly #db: Database;
  readonly #hasShortWays: boolean;
  #own: Session;
  readonly #other: Session;
  readonly #prepared = new Map<string, Statement>();
  #next = 0;

  constructor(db: Database, hasShortWays: boolean) {
    this.#db = db;
    this.#hasShortWays = hasShortWays;
    if (!hasShortWays) {
      const connect = db.connect.bind(db);
      db.connect = (options) => {
        const session = connect(options);
        closeShortWays(session);
        return session;
      };
    }
    this.#own = this.#connect();
    this.#other = this.#connect();
  }
  #connect(): Session {
    const session = this.#db.connect();
    session.onNotice(({ severity, code, message }) => this.said.push(shown({ severity, code, message })));
    return session;
  }

  async tell(one: Step, texts: readonly string[]): Promise<void> {
    switch (one.kind) {
      case 'run':
        return this.#run(one, texts[one.pick]!);
      case 'script': {
        const session = one.isOther ? this.#other : this.#own;
        return this.#say(() => (one.byQuery ? session.query(one.text) : session.exec(one.text)));
      }
      case 'literals':
        return this.#literals(one);
      case 'copy':
        return this.#copy(one);
      case 'close':
        await this.#own.close();
        await this.#say(() => this.#own.query('select 1'));
        for (const [text, statement] of this.#prepared) if (text.startsWith('own ')) await this.#say(() => statement.run(1));
        this.#prepared.clear();
        this.#own = this.#connect();
        return;
      case 'held':
        return this.#changeHeld(one);
      case 'wait':
        return this.#changeAfterWait(one);
    }
  }
  async #say(run: () => unknown): Promise<void> {
    this.said.push(`${await told(run)} ${this.#own.transactionStatus} ${this.#other.transactionStatus}`);
  }

  async #run(one: Extract<Step, { kind: 'run' }>, text: string): Promise<void> {
    const { key, odd, oddAt, count } = one;
    const next = (): number => this.#next++;
    const all = Array.from({ length: count }, (_, turn) => paramsOf(text, key, turn, next, turn === 1 || count === 1 ? odd : undefined, oddAt));
    const session = one.isOther ? this.#other : this.#own;
    const inBlock = async (): Promise<void> => {
      if (one.isInBlock && session.transactionStatus !== 'active') await this.#say(() => session.exec(key % 3 === 0 ? 'rollback; begin; savepoint s' : 'rollback; begin'));
    };
    if (one.way === 'at once') {
      await inBlock();
      const outcomes = await Promise.all(all.map((params) => told(() => session.query(text, params))));
      this.said.push(...outcomes);
      return;
    }
    for (const params of all) {
      await inBlock();
      await this.#say(() => this.#give(session, one, text, params));
    }
  }
  async #give(session: Session, { way, isOther }: Extract<Step, { kind: 'run' }>, text: string, params: QueryParams | undefined): Promise<unknown> {
    const statement = (): Statement => this.#statement(way === 'database run' ? this.#db : session, `${way === 'database run' ? 'database' : isOther ? 'other' : 'own'} ${text}`, text);
    const list = params === undefined ? [] : [params];
    switch (way) {
      case 'run':
      case 'database run':
        return statement().run(...list);
      case 'all':
        return statement().all(...list);
      case 'get':
        return statement().get(...list);
      case 'iterate':
        return [...statement().iterate(...list)];
      case 'first row':
        for (const row of statement().iterate(...list)) return row;
        return undefined;
      case 'statement':
        return statement().query(params);
      case 'stream': {
        const rows: unknown[] = [];
        for await (const row of session.stream(text, params, { batchRows: 2 })) rows.push(row);
        return rows;
      }
      case 'database':
        return this.#db.query(text, params);
      default:
        return session.query(text, params);
    }
  }
  /** A row is locked, and then changed by its key. */
  async #changeHeld({ lock, change, key, level, count, ending }: Extract<Step, { kind: 'held' }>): Promise<void> {
    const own = this.#own;
    await this.#say(() => own.exec(`rollback; ${level}`));
    for (let turn = 0; turn < count; turn++) {
      const id = (key + turn) % 10;
      await this.#say(() => own.query(lock.replace(' t ', change.includes(' b ') ? ' b ' : ' t '), [id]));
      await this.#say(() => own.exec('savepoint s'));
      await this.#say(() => own.query(change, [id]));
      await this.#say(() => this.#statement(own, `own ${change}`, change).run([id]));
      if (turn === 1) await this.#say(() => own.exec('rollback to s'));
      await this.#say(() => this.#other.query('select id from t where id = $1 for no key update nowait', [id]));
    }
    await this.#say(() => own.exec(ending));
  }
  /** A row is changed by its key while the other session has it, and again when that has let it go. */
  async #changeAfterWait({ before, change, key, level, ending, isTaken }: Extract<Step, { kind: 'wait' }>): Promise<void> {
    const own = this.#own;
    const other = this.#other;
    // What the other has locked so far nobody would wait for to the end.
    await this.#say(() => other.exec('rollback'));
    await this.#say(() => own.exec(`rollback; set lock_timeout = 0${level === undefined ? '' : `; ${level}; savepoint s`}`));
    if (level !== undefined) await this.#say(() => own.query('select n from t where id = $1', [(key + 1) % 10]));
    await this.#say(() => other.exec(`rollback; begin; ${before.replaceAll('#', String(key))}`));
    const waiting = told(() => own.query(change, [key]));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    // Without a word of where the sessions are: who was waiting may be some turns of the microtasks behind, and more of them on one way than on the other.
    const ended = await told(() => other.exec(ending));
    this.said.push(ended, await waiting);
    await this.#say(() => other.query('select id from t where id = $1 for key share nowait', [key]));
    if (level !== undefined && isTaken) await this.#say(() => own.exec('rollback to s'));
    await this.#say(() => own.query(change, [key]));
    await this.#say(() => own.exec(level === undefined ? 'reset lock_timeout' : 'commit; reset lock_timeout'));
  }
  #statement(from: Database | Session, key: string, text: string): Statement {
    let statement = this.#prepared.get(key);
    if (statement === undefined) this.#prepared.set(key, (statement = from.prepare(text)));
    return statement;
  }

  async #literals({ head, key, odd, count }: Extract<Step, { kind: 'literals' }>): Promise<void> {
    if (key % 3 > 0 && this.#own.transactionStatus !== 'active') await this.#say(() => this.#own.exec('rollback; begin; savepoint s'));
    const row = rowsOf[heads.indexOf(head)]!;
    for (let i = 0; i < count; i++) {
      const rows = Array.from({ length: 6 }, () => row(key === 0 ? this.#next++ % 20 : 5000 + this.#next++));
      if (odd !== undefined && (i === 1 || count === 1)) rows[key % 3 === 0 ? 5 : 1] = odd.replace('#', String(5000 + this.#next++));
      const text = head + rows.join(', ');
      await this.#say(() => (key % 2 === 0 ? this.#own.exec(text) : this.#own.query(text)));
    }
  }
  async #copy({ options, key, odd }: Extract<Step, { kind: 'copy' }>): Promise<void> {
    const cut = options.includes("';'") ? ';' : options.includes('csv') ? ',' : '\t';
    const lines = Array.from({ length: 5 }, () => [20_000 + this.#next++, key, 'x', options.startsWith('b') ? 'y' : key].slice(0, options.startsWith('c ') || options.includes('(n, id)') ? 2 : 4).join(cut));
    if (odd !== undefined) lines[key % 5] = odd.replace('#', String(20_000 + this.#next++));
    await this.#say(() => this.#own.copyFrom(`copy ${options}`, [lines.map((line) => `${line}\n`).join('')]));
  }

  /** What is left when both sessions have ended what they were at. */
  async tellEnd(): Promise<void> {
    await this.#say(() => this.#own.exec('commit'));
    await this.#other.exec('rollback');
    await Promise.all([this.#own.close(), this.#other.close()]);
    for (const table of tables) {
      await this.#say(() => this.#db.query(`select r::text from ${table} r order by r::text`));
      await this.#say(() => this.#db.exec(`set enable_seqscan = off; select count(*) from ${table}; select count(*) from t where tag is not null; select count(*) from t where tag is null`));
    }
    await this.#say(() => this.#db.query('select last_value, is_called from g_id_seq'));
    await this.#say(async () => (await this.#db.check('full')).problems);
  }
}

/** All that is said when the steps are gone one after the other. */
export async function play({ texts, steps }: Story, hasShortWays: boolean): Promise<string[]> {
  let now = Date.UTC(2024, 5, 1);
  const { make } = EncodedRows;
  if (!hasShortWays) EncodedRows.make = () => undefined;
  const db = await open(':memory:', { autoAnalyze: false, settings: { lock_timeout: '1ms' }, clock: { now: () => now, monotonic: () => now }, prng: seededPrng(7) });
  try {
    await db.exec(schema);
    const teller = new Teller(db, hasShortWays);
    for (const one of steps) {
      now += 1000;
      await teller.tell(one, texts);
    }
    await teller.tellEnd();
    return teller.said;
  } finally {
    EncodedRows.make = make;
    await db.close();
  }
}
