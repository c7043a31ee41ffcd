/**
 * INSERT of one row whose values are computed (executor/direct-insert.ts, codegen/new-row.ts), into tables with and without a key, with defaults, sequences, checks, generated columns and foreign keys: the
 * same statements on two databases, one with generated code and one interpreted, say the same, and leave the same rows, index entries and sequences.
 */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { DatabaseError, open, type Database, type Session, type Statement } from '../../engine/index.js';
import { DirectInsert } from '../../executor/direct-insert.js';

const schema = `create table parent (id int primary key); insert into parent select generate_series(0, 9);
  create table heap (n int, s text not null); create index heap_n on heap (n, s);
  create table bare ();
  create table alone (n int, s text, d date default '2024-05-06');
  create table thing (n int, u text unique, constraint small check (n < 2000));
  create table serial (id serial primary key, n int not null, s text default 'new');
  create table counted (id bigint generated always as identity primary key, n int unique, tag int default nextval('tags')); create index counted_n on counted (n);
  create table timed (id int primary key, n int, at timestamptz not null default now(), on_day date default current_date, q numeric(8, 2) default 1.5);
  create table checked (id int primary key, n int not null check (n % 7 <> 3), m int default 7, twice int generated always as (n * 2) stored, check (100 / (m + n) < 60)); create index checked_twice on checked (twice);
  create table stock (id int primary key, n int check (n < 40), v text not null, at timestamptz); create index stock_n on stock (n, v); insert into stock select i * 2, i, 'v' from generate_series(0, 20) i;
  create table words (w text, l int, n int not null, primary key (w, l)); insert into words values ('a', 1, 1), ('new', 1, 2);
  create table plain (id bigint primary key, n int, b boolean); insert into plain select i * 2, i from generate_series(0, 20) i;
  create table read (id int primary key, q numeric(8, 3), at timestamptz, v varchar(5), i smallint, j jsonb, d date, u uuid);
  create table child (id int primary key, p int references parent, b boolean default true, v varchar(4));`;

const numbers = [1, -7, 0, 3, 10, 2000, 2147483647, null];
const strings = ['a', 'new', 'é', '', 'x'.repeat(200), null];
interface Kind {
  readonly text: string;
  readonly params: (key: number, n: number | null, s: string | null) => readonly unknown[];
}
const kinds: readonly Kind[] = [
  { text: 'insert into heap values ($1, $2)', params: (_key, n, s) => [n, s] },
  { text: "insert into heap values ($1 + 1, coalesce($2, 'none') || '!')", params: (_key, n, s) => [n, s] },
  { text: 'insert into bare default values', params: () => [] },
  { text: 'insert into alone values ($1, $2)', params: (_key, n, s) => [n, s] },
  { text: 'insert into alone (s) values (upper($1))', params: (_key, _n, s) => [s] },
  { text: 'insert into thing values ($1, $2)', params: (key, n) => [n, `u${key}`] },
  { text: 'insert into thing values ($1, null)', params: (_key, n) => [n] },
  { text: 'insert into serial (n) values ($1)', params: (_key, n) => [n] },
  { text: 'insert into serial (n, s) values (10 / $1, $2)', params: (_key, n, s) => [n, s] },
  { text: 'insert into serial (id, n) values ($1, currval(\'serial_id_seq\'))', params: (key) => [key + 1] },
  { text: 'insert into counted (n) values ($1)', params: (key) => [key] },
  { text: 'insert into counted (n, tag) values ($1, $2::text::int)', params: (key, n) => [key, n] },
  { text: 'insert into timed (id, n) values ($1, $2)', params: (key, n) => [key, n] },
  { text: "insert into timed (id, at, q) values ($1, now() - interval '1 day', $2 / 8.0)", params: (key, n) => [key, n] },
  { text: 'insert into timed (id, at) values ($1, $2)', params: (key, n) => [key, n === null ? null : '2024-05-06 07:08:09.012+00'] },
  { text: 'insert into timed (id, q) values ($1, $2)', params: (key, n) => [key, n === null ? null : `${n}.126`] },
  { text: 'insert into checked (id, n) values ($1, $2)', params: (key, n) => [key, n] },
  { text: 'insert into checked (id, n, m) values ($1, $2, $2 - 3)', params: (key, n) => [key, n] },
  { text: 'insert into child (id, p) values ($1, $2)', params: (key, n) => [key, n] },
  { text: 'insert into child values ($1, $2 % 10, $3 = \'a\', $3)', params: (key, n, s) => [key, n, s] },
  { text: 'insert into read values ($1, $2, $3, $4, $5, $6)', params: (key, n, s) => [key, n === null ? null : `${n}.5`, n === 3 ? new Date(1_700_000_000_123) : n === 0 ? 'now' : '2024-05-06 07:08:09.012', s, n, n === 10 ? { a: s } : '{"b": 1}'] },
  { text: 'insert into read (id, q, d, u) values ($1, $2, $3, $4)', params: (key, n, s) => [key, n === -7 ? 'x' : n, n === 0 ? 'today' : '2024-02-29', s === 'a' ? 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' : s] },
  { text: 'update read set at = $2, v = $3 where id = $1', params: (key, n, s) => [key, n === 0 ? 'yesterday' : n === 3 ? 'nothing' : '2020-01-01 00:00:00', s] },
  { text: 'delete from read where q = $1', params: (_key, n) => [n] },
  { text: 'insert into plain values ($1, $2) on conflict do nothing', params: (key, n) => [key, n] },
  { text: 'insert into plain values ($1, $2, true) on conflict (id) do update set n = plain.n + excluded.n, b = not plain.b', params: (key, n) => [key, n] },
  { text: 'insert into plain (id, n) values ($1, $2) on conflict (id) do update set n = excluded.n where plain.n < excluded.n', params: (key, n) => [key, n] },
  { text: 'insert into plain values ($1, 1), ($1, 2) on conflict (id) do update set n = excluded.n', params: (key) => [key] },
  { text: 'delete from plain where id = $1', params: (key) => [key] },
  { text: "insert into stock values ($1, $2, 'first') on conflict (id) do update set n = stock.n + $2, v = stock.v || 'x', at = now()", params: (key, n) => [key, n] },
  { text: 'insert into stock values ($1, $2, $3) on conflict (id) do update set v = excluded.v', params: (key, n, s) => [key, n, s] },
  { text: 'insert into stock (id, v) values ($1, $2) on conflict (id) do nothing', params: (key, _n, s) => [key, s] },
  { text: 'insert into words values ($1, $2, 1) on conflict (w, l) do update set n = words.n + 1', params: (key, _n, s) => [s, key % 3] },
  { text: "insert into words values ($1, 1, nextval('tags')) on conflict do nothing", params: (_key, _n, s) => [s] },
  { text: "insert into words values ($1, 1, nextval('tags')) on conflict (w, l) do update set n = words.n - excluded.n", params: (_key, _n, s) => [s] },
  { text: "insert into counted (id, n) overriding system value values ($1, $2) on conflict do nothing", params: (key, n) => [key, n] },
  { text: "insert into counted (id, n) overriding system value values ($1, $2) on conflict (id) do update set tag = counted.tag + excluded.tag", params: (key, n) => [key, n] },
  { text: 'insert into thing values ($1, $2) on conflict (u) do update set n = excluded.n', params: (key, n) => [n, `u${key % 9}`] },
  { text: "insert into child values ($1, $2, false, $3) on conflict (id) do update set v = excluded.v, b = child.b is not true", params: (key, n, s) => [key, n, s] },
];
/** The same with RETURNING, some of which fails and some of which is not computed directly. */
const returning: readonly Kind[] = kinds.filter((_kind, i) => i % 2 === 0).map(({ text, params }, i) => ({ text: `${text} returning ${['*', "*, 'given' as r", '10 / $1::int as q, *', '*, clock_timestamp() > now() as later'][i % 4]!}`, params }));
const tables = ['read', 'stock', 'words', 'plain', 'heap', 'bare', 'alone', 'thing', 'serial', 'counted', 'timed', 'checked', 'child'];

type Op =
  | { readonly kind: 'insert'; readonly of: Kind; readonly key: number; readonly n: number; readonly s: number; readonly count: number }
  | { readonly kind: 'control'; readonly text: string }
  | { readonly kind: 'other'; readonly text: string };
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ kind: fc.constant('insert' as const), of: fc.constantFrom(...kinds, ...returning), key: fc.nat(40), n: fc.nat(11), s: fc.nat(9), count: fc.constantFrom(1, 3, 9) }) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'begin', 'begin', 'begin', 'begin isolation level repeatable read', 'begin isolation level serializable', 'commit', 'rollback', 'savepoint s', 'rollback to s', 'select id from plain where id = 4 for update', 'delete from plain where id % 3 = 0', 'select * from plain where id < 9 order by id', "set timezone = 'Asia/Tokyo'", 'reset timezone',
      'delete from serial where id % 3 = 0', 'select count(*) from heap where n > 3', 'alter table alone add column if not exists extra int default 5', "alter sequence tags increment by 3", "select setval('serial_id_seq', 20)", 'truncate alone',
    ).map((text) => ({ kind: 'control' as const, text })),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      "begin; insert into serial (n) values (5), (6)", "begin; insert into thing values (1, 'u7'), (2, 'u8')", 'begin; delete from parent where id = 3', 'commit', 'rollback', 'insert into heap values (5, \'other\')', 'begin; update plain set n = 77 where id in (3, 4, 8)', 'begin; delete from plain where id < 9; insert into plain values (11)', 'begin; select from plain where id = 6 for key share', 'update stock set v = v || \'o\' where id < 9', 'delete from words', 'begin; insert into counted (n) values (4), (11)', "begin; insert into timed (id) values (5), (6)",
    ).map((text) => ({ kind: 'other' as const, text })),
  },
);

const told = (error: unknown): string => {
  if (!(error instanceof DatabaseError)) throw error;
  return `${error.code} ${error.message} ${error.detail ?? ''}`;
};
const textOf = (value: unknown): string => JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));

async function play(ops: readonly Op[], mode: 'generated' | 'interpreted', isSync: boolean): Promise<string[]> {
  let time = 1_700_000_000_000;
  const db: Database = await open(':memory:', { autoAnalyze: false, clock: { now: () => time, monotonic: () => performance.now() } });
  const said: string[] = [];
  try {
    await db.exec(`create sequence tags; ${schema}`);
    const [session, other]: readonly Session[] = [db.connect(), db.connect()];
    for (const one of [session!, other!]) await one.exec(`set execution_mode = ${mode}; set lock_timeout = '1ms'`);
    const prepared = new Map<string, Statement>();
    const exec = async (one: Session, text: string): Promise<void> => {
      said.push(await one.exec(text).then((results) => textOf(results.map(({ command, rows }) => [command, rows])), told));
    };
    for (const [number, one] of ops.entries()) {
      time += 1000;
      if (session!.transactionStatus === 'failed') await exec(session!, number % 2 === 0 ? 'rollback; begin' : 'rollback');
      if (one.kind !== 'insert') {
        await exec(one.kind === 'control' ? session! : other!, one.text);
        if (one.kind === 'other' && other!.transactionStatus === 'failed') await other!.exec('rollback');
        continue;
      }
      for (let i = 0; i < one.count; i++) {
        const { text } = one.of;
        const params = one.of.params((one.key * 3 + i) % 60, numbers[(one.n + (one.n < 8 ? i % 3 : 0)) % numbers.length] ?? null, strings[one.s % strings.length] ?? null);
        try {
          if (isSync) {
            let statement = prepared.get(text);
            if (statement === undefined) prepared.set(text, (statement = session!.prepare(text)));
            said.push(textOf(text.includes(' returning ') ? statement.all(...params) : statement.run(...params)));
          } else {
            const { rowCount, rows } = await session!.query(text, params);
            said.push(textOf([rowCount, rows]));
          }
        } catch (error) {
          said.push(`${text} ${told(error)}`);
        }
      }
    }
    await exec(session!, 'commit');
    await other!.exec('rollback');
    for (const table of tables) await exec(session!, `select x::text from ${table} x order by 1`);
    await exec(session!, 'select last_value, is_called from serial_id_seq; select last_value from counted_id_seq; select last_value from tags');
    await exec(session!, 'set enable_seqscan = off; select n, v from stock order by n, v; select n, s from heap order by n, s; select n from counted order by n; select twice from checked order by twice; select u from thing order by u');
  } finally {
    await db.close();
  }
  return said;
}

const runs = Number(process.env['PROP_RUNS'] ?? 24);
async function compare(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 50, size: 'max' }), fc.boolean(), async (ops, isSync) => {
      expect(await play(ops, 'generated', isSync)).toEqual(await play(ops, 'interpreted', isSync));
    }),
    { numRuns, seed: Number(process.env['SEED'] ?? 53) },
  );
}

afterEach(() => {
  mutants.clear();
  VERIFY.on = false;
});
test('rows that are computed are those of the interpreted plan', async () => {
  VERIFY.on = true;
  let direct = 0;
  const { run, again } = DirectInsert.prototype;
  const count = (rowCount: number | undefined): number | undefined => {
    if (rowCount !== undefined) direct++;
    return rowCount;
  };
  DirectInsert.prototype.run = function counted(request) {
    return count(run.call(this, request));
  };
  DirectInsert.prototype.again = function counted(tx, params) {
    return count(again.call(this, tx, params));
  };
  try {
    await compare(runs);
  } finally {
    Object.assign(DirectInsert.prototype, { run, again });
  }
  expect(direct).toBeGreaterThan(10 * runs);
});
test('values that are computed twice are noticed', async () => {
  mutants.plant('executor.made-row-forgotten');
  await expect(compare(runs)).rejects.toThrow();
});
