/**
 * INSERT of parameters, UPDATE and DELETE by key without an execution (executor/direct-modify.ts) do what the interpreted plan does: the same statements on two
 * databases, one of each kind, drawn at random over all isolation levels, kinds of keys, blocks, savepoints and rows that another session holds.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import type { Database, Session, Statement } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

const tables = `create table i (id int primary key, v text not null, n int);
  create table b (id bigint primary key, v text not null, n int);
  create table w (id text primary key, v text not null, n int);
  create table d (a int, b text, n int, primary key (b, a));
  create table s (id int primary key, v text not null, n int); create index s_n on s (n);
  create table p (id int primary key, v text not null, n int); create table c (p int references p);
  create table x (id int primary key, v text not null, n int, unique (v), unique (n, v) deferrable); create index x_n on x (n); create index x_nv on x (n desc, v) include (id); create unique index x_un on x (n);
  create table u (id int primary key, v text not null, n int, unique (v), unique (n, v), check (n < 70)); create unique index u_n on u (n desc) include (v); create index u_vn on u (v, n); create table h (v text unique, n int unique nulls not distinct);
  create table y (id int primary key, v text not null, n int check (n > -9), q int, check (q + n < 60), check (100 / (q + 2) < 100)); create index y_n on y (n); create index y_nv on y (n desc, v); create index y_q on y (q, id);
  create table m (id int primary key, a int not null, e float8, v text, t boolean, q numeric(8, 2), n numeric, w timestamptz, i int, s int); create index m_i on m (i);
  alter table m drop column s; alter table m add column z int default 9`;

const statements: readonly (readonly [insert: string, remove: string, key: (n: number) => readonly unknown[]])[] = [
  ['insert into i values ($1, $2, $3)', 'delete from i where id = $1', (n) => [n]],
  ['insert into b (n, id, v) values ($3, $1, $2)', 'delete from b where id = $1', (n) => [n * 2 ** 33]],
  ['insert into w values ($1, $2, $3)', 'delete from w where id = $1', (n) => [`key ${n}`]],
  ['insert into s values ($1, $2, $3)', 'delete from s where id = $1', (n) => [n]],
  ['insert into x select $1, $2, nullif($1 + $3, 7)', 'delete from x where id = $1', (n) => [n]],
  ['insert into u select $1, $2, nullif($1 + $3, 7) + $1', 'delete from u where id = $1', (n) => [n]],
  ['insert into y select $1, $2, $1, $3', 'delete from y where id = $1', (n) => [n]],
  ['insert into p values ($1, $2, $3)', 'delete from p where id = $1', (n) => [n]],
];

/** By key, with parameters. Most are done directly; the others by what is the twin of that. */
const updates: readonly (readonly [text: string, params: (n: number, step: number) => readonly unknown[]])[] = [
  ['update m set a = a + $1, z = $3, v = v || $2 where id = $4', (n, step) => [step, 'x', step % 5 === 0 ? null : n, n]],
  ['update m set e = e * 2 + $1, t = not t, a = $2 where id = $3', (n, step) => [step / 2, step % 11 === 0 ? null : step, n]],
  ['update m set e = $1, t = null, z = coalesce(z, 0) + 1 where id = $2', (n, step) => [step % 3 === 0 ? null : step, n]],
  ['update m set q = q + $1, n = n - $1, w = $2 where id = $3', (n, step) => [`${step}.25`, '2024-05-06 07:08:09.012+00', n]],
  ['update m set i = $1 where id = $2', (n, step) => [step, n]],
  ["update m set v = 'v' || a || z, w = date_trunc('century', now()) where id = $1", (n) => [n]],
  ["update m set a = a + extract(century from now())::int + $1 where id = $2 and w::date is distinct from current_date", (n, step) => [step, n]],
  ["update u set v = 'v' || n + $1 where id = $2", (n, step) => [step % 60, n]],
  ['update m set a = (q::text || $1)::numeric where id = $2', (n, step) => [step % 13 === 0 ? 'x' : step, n]],
  ['update m set e = random() * 0 + $1 where id = $2', (n, step) => [step, n]],
  ["delete from i where id = $1 and n::text = $2", (n, step) => [n, `${step % 20}`]],
  ['update m set a = 10 / (a - $1) where id = $2', (n, step) => [step, n]],
  ['update m set a = 2147483647 - $1 + a where id = $2', (n) => [n, n]],
  ['update m set id = $1 where id = $2', (n) => [n + 1, n]],
  ['update i set n = coalesce(n, 0) + $1 where id = $2', (n, step) => [step, n]],
  ['update w set v = $1, n = n + 1 where id = $2', (n, step) => [`w${step}`, `key ${n}`]],
  ['update s set n = $1 where id = $2', (n, step) => [step, n]],
  ['update s set v = $1 where id = $2', (n, step) => [step % 9 === 0 ? null : `s${step}`, n]],
  ['update x set n = n + $1 where id = $2', (n, step) => [step % 3, n]],
  ['update y set n = n + $1 where id = $2', (n, step) => [step % 3, n]],
  ['update y set n = $1, v = v || $2 where id = $3', (n, step) => [step % 4 === 0 ? null : step, 'y', n]],
  ['update y set n = n - $1, q = n + q where id = $2 and (n < 12 or q is null)', (n, step) => [step % 7, n]],
  ['update y set q = $1 where id = $2 and v > $3', (n, step) => [step % 5 === 0 ? null : step - 40, n, `v${step % 9}`]],
  ['update u set v = $1 where id = $2', (n, step) => [`v${step % 60}`, n]],
  ["update u set v = v || $1, n = n + $2 where id = $3 and n > 3", (n, step) => ['', step % 3, n]],
  ['update u set n = n where v = $1', (n, step) => [`v${Math.max(0, step - n)}`]],
  ['delete from u where v = $1', (n, step) => [`v${Math.max(0, step - n * 2)}`]],
  ['update x set n = $1 where v = $2', (n, step) => [step % 7 === 0 ? null : step, `v${Math.max(0, step - n)}`]],
  ['update h set n = n + $1 where v = $2', (n, step) => [step % 3, `h${n}`]],
  ['update h set v = $1 where v = $2', (n, step) => [step % 9 === 0 ? null : `h${step % 25}`, `h${n}`]],
  ['update h set n = $1 where n = $2 and v > $3', (n, step) => [step % 5 === 0 ? null : step % 25, n, 'h1']],
  ['delete from h where n = $1', (n) => [n + 20]],
  ['delete from y where id = $1 and n % 3 <> $2', (n, step) => [n, step % 3]],
  ['delete from p where id = $1 and 10 / n > 1', (n) => [n]],
  ['update i set n = 3 where id = $1 and 10 / n > 1', (n) => [n]],
  ['delete from i where id = $1 and n > 5', (n) => [n]],
  ['update p set n = n + $1 where id = $2', (n) => [1, n]],
];

/** What is added to a statement; most of it is computed directly, the last by the twin. */
const returnings = ['', '', ' returning *', ' returning n, n is null as m, id', " returning v || 'r' as r, 10 / n as q, *", ' returning n, now() is null as m'];

/** One of the two databases. */
class Side {
  readonly database: Database;
  readonly session: Session;
  readonly other: Session;
  /** Kept, for only what has run before is run directly. */
  readonly #prepared = new Map<string, Statement>();
  #isHeld = false;

  private constructor(database: Database) {
    this.database = database;
    this.session = database.connect();
    this.other = database.connect();
  }
  static async open(isGenerated: boolean): Promise<Side> {
    const side = new Side(await open(':memory:', { autoAnalyze: false }));
    await side.database.exec(tables);
    for (const session of [side.session, side.other]) await session.exec(`set execution_mode = ${isGenerated ? 'generated' : 'interpreted'}`);
    return side;
  }

  run(text: string, params: readonly unknown[]): string {
    try {
      let statement = this.#prepared.get(text);
      if (statement === undefined) this.#prepared.set(text, (statement = this.session.prepare(text)));
      return text.includes(' returning ') ? JSON.stringify(statement.all(...params), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) : String(statement.run(...params).rowCount);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return `${error.code} ${error.message}`;
    }
  }
  async exec(text: string): Promise<string> {
    try {
      await this.session.exec(text);
      return 'ok';
    } catch (error) {
      return error instanceof DatabaseError ? error.code : String(error);
    }
  }
  /** The other session begins to change rows and leaves them so, or makes up its mind. Where this one has locked one of them, it soon gives up all. */
  async disturb(id: number, ending: string): Promise<void> {
    const changes = `delete from i where id = ${id}; insert into w values ('key ${id + 1}', 'other', 0) on conflict do nothing; update b set n = -1 where id = ${id * 2 ** 33};
      update m set z = -1 where id % 5 = ${id % 5}; update s set v = 'other' where id = ${id}; delete from x where id = ${id}; update u set v = v || 'o' where id = ${id}; update h set v = v || 'o' where n = ${id}; update y set n = n + 1 where id = ${id}`;
    if (this.#isHeld) await this.other.exec(ending);
    else await this.other.exec(`begin; set local lock_timeout = 1; ${changes}`).catch((error: unknown) => expect((error as DatabaseError).code).toBe('55P03'));
    this.#isHeld = !this.#isHeld;
  }
  async content(): Promise<string> {
    const all: unknown[] = [];
    for (const table of ['i', 'b', 'w', 'd', 's', 'p', 'm', 'x', 'y', 'u', 'h']) all.push((await this.session.query(`select * from ${table} order by 1, 2`)).rows);
    await this.session.exec('set enable_seqscan = off; set enable_sort = off');
    for (const text of ['select id from s where n >= 0 order by n, id', 'select id from x order by n, id', 'select id from x order by n desc, v', 'select id from x order by v', 'select id from x where n > -100 order by n', 'select id from y where n > -100 order by n, id', 'select id from y order by n desc, v', 'select id from y order by q, id', 'select id, v from u order by v', 'select id from u where n > -100 order by n desc', 'select v, n from u order by v, n', 'select v from h order by v', 'select n from h order by n']) all.push((await this.session.query(text)).rows);
    return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  }
  async close(): Promise<void> {
    if (this.#isHeld) await this.other.exec('rollback');
    await this.session.exec('rollback');
    await this.database.close();
  }
}

async function trial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const sides = [await Side.open(true), await Side.open(false)];
  const both = async (act: (side: Side) => unknown): Promise<void> => {
    const [direct, twin] = [await act(sides[0]!), await act(sides[1]!)];
    expect(direct, `seed ${seed}`).toEqual(twin);
  };
  await both((side) => side.exec('insert into m select i, i, i / 3.0, repeat(chr(960), i), i % 2 = 0, i / 8.0, i / 8.0, now(), i from generate_series(0, 24) i; update m set w = null; insert into h select chr(104) || i, i from generate_series(0, 24) i'));
  const levels = ['read committed', 'repeatable read', 'serializable'];
  // One of them for each statement, so that it runs again and again.
  const giving = (text: string, number: number): string => text + returnings[(seed + number) % returnings.length]!;
  for (let step = 0; step < 160; step++) {
    const draw = prng.below(20);
    const n = prng.below(25);
    if (draw < 6) {
      const number = prng.below(updates.length);
      const [text, params] = updates[number]!;
      await both((side) => side.run(giving(text, number), params(n, step)));
    } else if (draw < 14) {
      const number = prng.below(statements.length);
      const [insert, remove, key] = statements[number]!;
      const isNull = prng.below(30) === 0;
      const last = prng.below(2) === 0 ? null : 7;
      if (draw < 11) await both((side) => side.run(giving(insert, number), [...key(n), isNull ? null : `v${step}`, last]));
      else await both((side) => side.run(giving(remove, number + 1), isNull ? [null] : key(n)));
    } else if (draw === 14) await both((side) => (n % 2 === 0 ? side.run('insert into d values ($1, $2, $3)', [n, `${n % 4}`, step]) : side.run('delete from d where a = $2 and b = $1', [`${n % 4}`, n - 1])));
    else if (draw === 15) await both((side) => side.disturb(n, n % 2 === 0 ? 'commit' : 'rollback'));
    else if (draw === 16) await both((side) => side.exec(`begin isolation level ${levels[n % 3]!}`));
    else if (draw === 17) await both((side) => side.exec(n % 2 === 0 ? 'commit' : 'rollback'));
    else if (draw === 18) await both((side) => side.exec(n % 2 === 0 ? 'savepoint a' : 'rollback to a'));
    else await both((side) => side.exec(`update i set n = 5 where id = ${n}; select count(*) from w`));
  }
  await both((side) => side.exec('commit'));
  await both((side) => side.content());
  for (const side of sides) await side.close();
}

describe('direct changes', () => {
  it('are those of the interpreted plan', async () => {
    for (let seed = 1; seed <= 7; seed++) await trial(seed);
  });

  it('have read a row that they fail over', async () => {
    const failing: readonly (readonly [text: string, divisor: number])[] = [
      ['update t set a = 10 / (a - $1) where id = $2', 10], ["update t set v = v || 'x', a = 10 / (a - $1) where id = $2", 10],
      ["update t set v = v || 'x' where id = $2 returning 10 / (a - $1)", 5], ['update t set a = a + 0 where id = $2 returning 10 / (a - $1)', 5], ['delete from t where id = $2 returning 10 / (a - $1)', 5],
    ];
    for (const [text, divisor] of failing) {
      const database = await open(':memory:');
      await database.exec("create table t (id int primary key, a int not null, v text); insert into t values (1, 5, 'v'), (2, 5, 'v'), (3, 5, 'v')");
      const [one, other] = [database.connect(), database.connect()];
      const change = one.prepare(text);
      change.run(4, text.startsWith('delete') ? 3 : 1);
      await one.exec('begin isolation level serializable');
      await one.exec('savepoint s');
      expect(() => change.run(divisor, 1)).toThrow('division by zero');
      await one.exec('rollback to s');
      await one.exec('update t set a = 0 where id = 2');
      await other.exec('begin isolation level serializable');
      await other.query('select a from t where id = 2');
      await other.exec('update t set a = 0 where id = 1');
      await other.exec('commit');
      await expect(one.exec('commit'), text).rejects.toMatchObject({ code: '40001' });
      await database.close();
    }
  });

  it('ask for the time of their own transaction', async () => {
    let time = Date.UTC(2030, 0, 1);
    const database = await open(':memory:', { clock: { now: () => (time += 1000), monotonic: () => performance.now() } });
    await database.exec('create table t (id int primary key, w timestamptz)');
    const session = database.connect();
    const [change, ask] = [session.prepare('update t set w = now() where id = $1'), session.prepare('select count(*) as n from t where w = now()')];
    await session.exec('insert into t select g from generate_series(1, 6) g');
    for (let block = 0; block < 3; block++) {
      await session.exec('begin');
      for (let id = 1; id <= 6; id++) change.run(id);
      expect(ask.get()).toEqual({ n: 6 });
      await session.exec('commit');
    }
    for (let id = 1; id <= 3; id++) change.run(id);
    expect(session.prepare('select count(distinct w) as n from t').get()).toEqual({ n: 4 });
    await database.close();
  });

  it('give back what parsers of the program make of it, and are undone when those fail', async () => {
    let isFailing = false;
    const database = await open(':memory:', { parsers: { 1114: (text) => { if (isFailing) throw new Error('no'); return `<${text}>`; } } });
    await database.exec("create table t (id int primary key, b bigint, w timestamp, d numeric); insert into t select g, g, '2024-05-06', trim_scale(g / 8.0) from generate_series(1, 9) g");
    const session = database.connect();
    const [update, remove, insert] = ['update t set b = b + $2 where id = $1 returning *', 'delete from t where id = $1 returning b, w', 'insert into t values ($1, $2, $3, $4) returning w, d, b'].map((text) => session.prepare(text));
    for (const control of ['begin', '']) {
      if (control !== '') await session.exec(control);
      for (let i = 0; i < 4; i++) {
        const id = control === '' ? 2 : 1;
        expect(update!.all(id, 1)).toEqual([{ id, b: id + i + 1, w: '<2024-05-06 00:00:00>', d: id === 1 ? '0.125' : '0.25' }]);
        expect(insert!.get(100 + i, 5, '2024-01-02 03:04:05', '1.50')).toEqual({ w: '<2024-01-02 03:04:05>', d: '1.50', b: 5 });
        expect((await session.query('delete from t where id = $1 returning b, w', [100 + i])).rows).toEqual([{ b: 5, w: '<2024-01-02 03:04:05>' }]);
        expect(remove!.all(100 + i)).toEqual([]);
      }
      if (control !== '') await session.exec('commit');
    }
    isFailing = true;
    expect(() => update!.all(3, 1)).toThrow('no');
    expect(() => remove!.all(3)).toThrow('no');
    await expect(session.query('delete from t where id = $1 returning b, w', [3])).rejects.toThrow('no');
    expect(session.transactionStatus).toBe('idle');
    await session.exec('begin');
    expect(() => update!.all(3, 1)).toThrow('no');
    expect(session.transactionStatus).toBe('failed');
    await session.exec('rollback');
    isFailing = false;
    expect(update!.all(3, 0)).toMatchObject([{ id: 3, b: 3 }]);
    await database.close();
  });

  it('give back no more rows than a result may have', async () => {
    const database = await open(':memory:');
    await database.exec('create table t (id int primary key, n int); insert into t select g, g from generate_series(1, 9) g; set max_result_rows = 3');
    const session = database.connect();
    await session.exec('set max_result_rows = 3');
    const change = session.prepare('update t set n = n + 1 where id <= $1 returning id');
    for (let i = 0; i < 3; i++) {
      expect(change.all(3)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
      expect(() => change.all(4)).toThrow('more than 3 rows');
      await expect(session.query('update t set n = n + 1 where id <= $1 returning id', [4])).rejects.toMatchObject({ code: '54000' });
      expect((await session.query('update t set n = n + 1 where id <= $1 returning id', [2])).rows).toHaveLength(2);
      expect(change.get(1)).toEqual({ id: 1 });
      expect(change.run(2)).toEqual({ command: 'UPDATE', rowCount: 2 });
    }
    expect((await session.query('select sum(n)::int as s from t')).rows).toEqual([{ s: 45 + 3 * (3 + 2 + 1 + 2) }]);
    await database.close();
  });
});
