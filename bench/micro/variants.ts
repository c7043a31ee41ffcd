/**
 * `npm run bench:variants`: statements that the big table leaves out, beside better-sqlite3: each a prepared statement that is run some thousand times in a transaction, both engines in memory and in turn in one
 * process. Printed are nanoseconds of processor time a statement, of all threads (so compiling counts), the least of the rounds, and the ratio. Options: --count 20000 --rounds 4 --only TEXT.
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';

interface LitePeer {
  exec(text: string): void;
  pragma(text: string): void;
  prepare(text: string): { run(...params: unknown[]): unknown; all(...params: unknown[]): unknown };
  close(): void;
}
const Lite = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => LitePeer;
const { values } = parseArgs({ options: { count: { type: 'string', default: '20000' }, rounds: { type: 'string', default: '4' }, only: { type: 'string' } } });
const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
const count = Number(values.count);

/** A statement of ours and what it is to better-sqlite3; `ours` and `lite` make what is there before. Parameters come in their order. */
interface Variant {
  readonly name: string;
  readonly ours: readonly string[];
  readonly lite: readonly string[];
  readonly text: string;
  readonly liteText?: string;
  readonly params: (i: number) => readonly (number | string | boolean | null)[];
  /** For better-sqlite3, where it has no such type. */
  readonly liteParams?: Variant['params'];
}
const series = `with recursive g(x) as (select 0 union all select x + 1 from g where x < ${count - 1}) select`;
const filled = (extra = ''): Pick<Variant, 'ours' | 'lite'> => ({
  ours: [`create table t (id int primary key, n int, s text${extra})`, `insert into t select g, g % 100, 's' || g from generate_series(0, ${count - 1}) g`],
  lite: [`create table t (id integer primary key, n int, s text${extra})`, `insert into t ${series} x, x % 100, 's' || x from g`],
});
const more = ({ ours, lite }: Pick<Variant, 'ours' | 'lite'>, ...texts: readonly string[]): Pick<Variant, 'ours' | 'lite'> => ({ ours: [...ours, ...texts], lite: [...lite, ...texts] });
const empty = (columns: string): Pick<Variant, 'ours' | 'lite'> => ({ ours: [`create table t (${columns})`], lite: [`create table t (${columns.replace('id int primary', 'id integer primary')})`] });
const made = (ours: string, lite: string): Pick<Variant, 'ours' | 'lite'> => ({ ours: [`create table t (${ours})`], lite: [`create table t (${lite})`] });
const half: Pick<Variant, 'ours' | 'lite'> = {
  ours: ['create table t (id int primary key, n int)', `insert into t select g * 2, 0 from generate_series(0, ${count / 2}) g`],
  lite: ['create table t (id integer primary key, n int)', `insert into t ${series} x * 2, 0 from g`],
};
const scattered = (i: number): number => (i * 7919) % 100_003;
const one = (i: number): readonly number[] => [i];
const two = (i: number): readonly number[] => [i, i];
const referring = 'create table c (id int primary key, p int references t)';

const variants: readonly Variant[] = [
  { name: 'insert, unique text', ...empty('id int primary key, s text unique'), text: 'insert into t values ($1, $2)', params: (i) => [i, `user${scattered(i)}@example.org`] },
  { name: 'insert, unique integer', ...empty('id int primary key, n int unique'), text: 'insert into t values ($1, $2)', params: (i) => [i, scattered(i)] },
  { name: 'insert, foreign key', ...more(filled(), referring), text: 'insert into c values ($1, $2)', params: two },
  { name: 'insert, no primary key', ...empty('n int, s text'), text: 'insert into t values ($1, $2)', params: (i) => [i, `s${i}`] },
  { name: 'insert, text key', ...empty('s text primary key, n int'), text: 'insert into t values ($1, $2)', params: (i) => [`key${scattered(i)}`, i] },
  { name: 'insert, key of two columns', ...empty('a int, b int, n int, primary key (a, b)'), text: 'insert into t values ($1, $2, $3)', params: (i) => [i % 100, i, i] },
  { name: 'insert, check and default', ...empty('id int primary key, n int check (n >= 0), m int default 7'), text: 'insert into t (id, n) values ($1, $2)', params: two },
  { name: 'insert, serial key', ...made('id serial primary key, n int, s text', 'id integer primary key autoincrement, n int, s text'), text: 'insert into t (n, s) values ($1, $2)', params: (i) => [i, `s${i}`] },
  { name: 'insert, identity key', ...made('id int generated always as identity primary key, n int', 'id integer primary key, n int'), text: 'insert into t (n) values ($1)', params: one },
  { name: 'insert, default now()', ...made('id int primary key, n int, at timestamptz not null default now()', 'id integer primary key, n int, at text not null default current_timestamp'), text: 'insert into t (id, n) values ($1, $2)', params: two },
  { name: 'insert, constant defaults', ...empty("id int primary key, n int, s text not null default 'new', m int default 7"), text: 'insert into t (id, n) values ($1, $2)', params: two },
  { name: 'insert, generated column', ...made('id int primary key, n int, m int generated always as (n * 2) stored', 'id integer primary key, n int, m int generated always as (n * 2) stored'), text: 'insert into t (id, n) values ($1, $2)', params: two },
  { name: 'insert, boolean numeric timestamp', ...made('id int primary key, b boolean, q numeric(10, 2), at timestamptz', 'id integer primary key, b int, q real, at text'), text: 'insert into t values ($1, $2, $3, $4)', params: (i) => [i, i % 2 === 0, `${i}.25`, '2024-05-06T07:08:09.012Z'], liteParams: (i) => [i, i % 2, i + 0.25, '2024-05-06T07:08:09.012Z'] },
  { name: 'insert, varchar', ...empty('id int primary key, s varchar(50)'), text: 'insert into t values ($1, $2)', params: (i) => [i, `s${i}`] },
  { name: 'insert, null', ...empty('id int primary key, n int, s text'), text: 'insert into t values ($1, $2, $3)', params: (i) => [i, i, null] },
  { name: 'insert, expressions', ...empty('id int primary key, n int, s text'), text: 'insert into t values ($1, $2 + 1, upper($3))', params: (i) => [i, i, `s${i}`] },
  { name: 'insert, no primary key, index', ...more(empty('n int, s text'), 'create index i on t (n)'), text: 'insert into t values ($1, $2)', params: (i) => [i, `s${i}`] },
  { name: 'insert returning', ...empty('id int primary key, n int'), text: 'insert into t values ($1, $2) returning *', params: two },
  { name: 'upsert, half there', ...half, text: 'insert into t values ($1, $2) on conflict (id) do update set n = t.n + excluded.n', params: (i) => [i, 1] },
  { name: 'upsert, all there', ...filled(), text: 'insert into t values ($1, $2, $3) on conflict (id) do update set n = excluded.n, s = excluded.s', params: (i) => [i, i, `z${i}`] },
  { name: 'upsert, none there', ...empty('id int primary key, n int'), text: 'insert into t values ($1, $2) on conflict (id) do update set n = t.n + excluded.n', params: (i) => [i, 1] },
  { name: 'upsert, text key, counter', ...more(empty('k text primary key, n int not null'), `insert into t values ('k0', 0)`), text: 'insert into t values ($1, 1) on conflict (k) do update set n = t.n + 1', params: (i) => [`k${i % 1000}`] },
  { name: 'on conflict do nothing, half there', ...half, text: 'insert into t values ($1, $2) on conflict do nothing', params: (i) => [i, 1] },
  { name: 'update, indexed column', ...more(filled(), 'create index i on t (n)'), text: 'update t set n = n + 1 where id = $1', params: one },
  { name: 'update, unique column', ...filled(', unique (s)'), text: "update t set s = 'z' || id where id = $1", params: one },
  { name: 'update, time of change', ...more(filled(), 'alter table t add column at timestamptz'), text: 'update t set n = $2, at = now() where id = $1', liteText: 'update t set n = $2, at = current_timestamp where id = $1', params: two },
  { name: 'update, check', ...filled(', check (n >= 0)'), text: 'update t set n = n + 1 where id = $1', params: one },
  { name: 'update, key and condition', ...filled(), text: 'update t set n = n + 1 where id = $1 and n < 1000', params: one },
  { name: 'update by unique text', ...filled(', unique (s)'), text: 'update t set n = n + 1 where s = $1', params: (i) => [`s${i}`] },
  { name: 'update returning', ...filled(), text: 'update t set n = n + 1 where id = $1 returning n', params: one },
  { name: 'delete, index', ...more(filled(), 'create index i on t (n)'), text: 'delete from t where id = $1', params: one },
  { name: 'delete, unique column', ...filled(', unique (s)'), text: 'delete from t where id = $1', params: one },
  { name: 'delete returning', ...filled(), text: 'delete from t where id = $1 returning n', params: one },
  { name: 'delete of parents', ...more(filled(), referring, 'create index i on c (p)'), text: 'delete from t where id = $1', params: one },
  { name: 'delete, cascade to three', ...more(filled(), 'create table c (id int primary key, p int references t on delete cascade)', 'create index i on c (p)', 'insert into c select t.id * 3 + k.x, t.id from t cross join (select 0 x union all select 1 union all select 2) k'), text: 'delete from t where id = $1', params: one },
  { name: 'select for update', ...filled(), text: 'select n from t where id = $1 for update', liteText: 'select n from t where id = $1', params: one },
  { name: 'select by unique text', ...filled(', unique (s)'), text: 'select * from t where s = $1', params: (i) => [`s${i}`] },
  { name: 'select of three keys', ...filled(), text: 'select * from t where id in ($1, $2, $3)', params: (i) => [i, (i * 7) % count, (i * 31) % count] },
  { name: 'select, join of two by key', ...more(filled(), 'create table u (id int primary key, t int)', 'insert into u select id, id from t'), text: 'select t.s from u join t on t.id = u.t where u.id = $1', params: one },
  { name: 'select count of an index range', ...more(filled(), 'create index i on t (n)'), text: 'select count(*) from t where n = $1', params: (i) => [i % 100] },
  { name: 'select max by index', ...more(filled(), 'create index i on t (n)'), text: 'select max(n) from t where n < $1', params: (i) => [i % 100] },
  { name: 'select exists', ...more(filled(), 'create index i on t (n)'), text: 'select exists (select 1 from t where n = $1)', params: (i) => [i % 200] },
  { name: 'select, index order, limit', ...more(filled(), 'create index i on t (n, id)'), text: 'select * from t where n = $1 order by id desc limit 10', params: (i) => [i % 100] },
  { name: 'select exists, by key', ...filled(), text: 'select exists (select 1 from t where id = $1)', params: (i) => [i * 2] },
  { name: 'select, first of an index', ...more(filled(), 'create index i on t (n)'), text: 'select id from t where n >= $1 order by n limit 1', params: (i) => [i % 100] },
  { name: 'select, page by key', ...filled(), text: 'select * from t order by id limit 10 offset $1', params: (i) => [i % 100] },
  { name: 'select, prefix of an indexed text', ...filled(', unique (s)'), text: 'select id from t where s >= $1 and s < $2', params: (i) => [`s${1000 + (i % 1000)}`, `s${1000 + (i % 1000)}~`] },
  { name: 'select, index null', ...more(filled(), 'create table u (id int primary key, m int)', 'insert into u select id, case when id % 100 > 0 then id end from t', 'create index i on u (m)'), text: 'select id from u where m is null and id < $1', params: () => [10] },
  { name: 'select, not in', ...filled(), text: 'select id from t where id < $1 and n not in (1, 2, 3)', params: () => [10] },
  { name: 'select sum of a joined range', ...more(filled(), 'create table u (id int primary key, t int, v int)', 'insert into u select id, id / 5, n from t', 'create index i on u (t)'), text: 'select sum(u.v) from t join u on u.t = t.id where t.id = $1', params: (i) => [i % (count / 5)] },
  { name: 'select, two tables by CTE', ...filled(), text: 'with a as (select id, n from t where id = $1) select t.s from a join t on t.id = a.n', params: one },
  { name: 'select, last of a parent', ...more(filled(), 'create index i on t (n, id)'), text: 'select * from t where n = $1 order by id desc limit 1', params: (i) => [i % 100] },
];

function nanoseconds(run: (...params: unknown[]) => unknown, params: Variant['params']): number {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) run(...params(i));
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / count;
}

async function round({ ours, lite, text, liteText = text, params, liteParams = params }: Variant): Promise<readonly [ours: number, lite: number]> {
  const db = await open(':memory:');
  const session = db.connect();
  const peer = new Lite(':memory:');
  peer.pragma('foreign_keys = on');
  for (const one of ours) await session.exec(one);
  for (const one of lite) peer.exec(one);
  const givesRows = /^(select|with)|returning/.test(text);
  await session.exec('begin');
  const statement = session.prepare(text);
  const own = nanoseconds((...given) => (givesRows ? statement.all(...(given as number[])) : statement.run(...(given as number[]))), params);
  await session.exec('commit');
  peer.exec('begin');
  const peerStatement = peer.prepare(liteText.replaceAll(/\$\d/g, '?'));
  const theirs = nanoseconds((...given) => (givesRows ? peerStatement.all(...given) : peerStatement.run(...given)), liteParams);
  peer.exec('commit');
  await db.close();
  peer.close();
  return [own, theirs];
}

process.stdout.write(`nanoseconds of processor time of all threads a statement, ${count} in a transaction, the least of ${values.rounds} rounds\n${''.padEnd(36)}${'serialite'.padStart(11)}${'sqlite'.padStart(11)}${'ratio'.padStart(8)}\n`);
for (const variant of variants) {
  if (values.only !== undefined && !variant.name.includes(values.only)) continue;
  const rounds: (readonly [number, number])[] = [];
  for (let left = Number(values.rounds); left > 0; left--) rounds.push(await round(variant));
  const [own, theirs] = [0, 1].map((at) => Math.min(...rounds.map((one) => one[at]!))) as [number, number];
  process.stdout.write(`${variant.name.padEnd(36)}${own.toFixed(0).padStart(11)}${theirs.toFixed(0).padStart(11)}${(theirs / own).toFixed(2).padStart(8)}\n`);
}
