/** The short way of simple prepared queries (engine/short-ways/quick.ts) gives what the general way gives, in every state a session can be in. */
import { describe, expect, test } from 'vitest';
import type { Database, Session, TransactionHandle } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';
import { getUtf8 } from '../../base/bytes.js';
import { runShort } from '../../engine/short-ways/quick.js';
import { makeFormat } from '../../engine/values.js';

const queries: readonly (readonly [string, readonly unknown[]])[] = [
  ['select * from t where id = $1', [7]],
  ['select * from t where id = $1', [-1]],
  ['select * from t where id = $1', [null]],
  ['select * from t where id = $1', ['8']],
  ['select n, d, at from t where id = $1', [9]],
  ['select * from t where id >= $1 and id < $2 order by id', [3, 12]],
  ['select id from t where g = $1 order by id', [2]],
  ['select t.id, u.v from t join t u on u.id = t.g where t.id = $1', [11]],
  ['select sum(id) as s, count(*) as n from t where g < $1', [3]],
  ['select id from t where v = $1', ['row 5']],
  ['select $1::int8 + 1 as a, $2::text as b, $3::bool as c', [2 ** 40, 'x', true]],
  ['select 1 / $1 as q', [4]],
  ['select id, v from t where g = $1', [3]],
  ['select id, v from t where g = $1 and v > $2', [3, 'row 2']],
  ['select t.id, u.v from t join t u on u.g = t.g where t.id > $1 order by t.id, u.id', [30]],
  ['select id from t order by v limit $1', [6]],
  ['select distinct g from t where id > $1', [4]],
  ['select id, v from t where id >= $1 order by id limit 5', [7]],
  ['select id, v from t where id >= $1 order by id limit $2', [7, 3]],
  ['select id, v from t where id >= $1 order by id limit 5 offset 2', [7]],
  ['select id, v from t where id in ($1, $2, $3)', [12, 3, 3]],
  ['select id from t where id = any (array[$1, null, $2]::int[])', [9, 8]],
  ['select id, v from t where id in ($1, $2, $3, $4) order by id desc limit 3', [12, 3, 41, 12]],
  ['select id from t where id = any ($1::int[]) and g < $2', [[9, null, 30, 9, 31, -5], 4]],
  ['select id from t where id = any ($1::int[])', [null]],
  // One row on the left of a join that the right does not depend on.
  ['select a.id, b.id as b from t a join t b on b.g = $2 where a.id = $1 order by b.id', [7, 3]],
  ['select a.id, b.id as b from t a left join t b on b.g = $2 and b.id > a.id where a.id = $1 order by b.id', [7, 3]],
  ['select a.id, b.id as b from t a left join t b on b.g = $2 where a.id = $1', [7, -3]],
  ['select a.id, (select sum(b.id) from t b join t c on c.g = b.g where b.id = a.id) as s from t a where a.id = $1', [8]],
  ['select a.id from t a where a.id = $1 and exists (select 1 from t b where b.g = $2 and b.id > a.id)', [7, 3]],
  ['select a.id from t a where a.id = $1 and not exists (select 1 from t b where b.g = $2 and b.id > a.id)', [40, 3]],
  ['select sum(b.id) as s from t a join t b on b.g = a.g where a.id = $1', [7]],
  // Index-only scans, of which no value is needed, the first, one behind it, and one beside the key.
  ['select count(*) from t where g = $1', [2]],
  ['select g from t where g < $1 order by g', [2]],
  ['select r, g, v from t where r > $1 order by r limit 7', [null]],
  ['select r, g from t where r >= $1', [2]],
  ['select v, r from t where r is null order by v', []],
  ['select g, d from t where d > $1 order by d desc, g limit 4', ['2024-01-20']],
  // Subqueries that are functions of the program.
  ['select max(g) from t where g < $1', [3]],
  ['select min(r), max(r) from t', []],
  ['select exists (select 1 from t where g = $1) as a, exists (select 1 from t where g = $2) as b', [4, 5]],
  ['select (select v from t where id = $1) as v, (select u.v from t u where u.id = -1) as none', [7]],
  ['select id, (select sum(g) from t where id < $1) from t where id in ($1, 9)', [8]],
  ['select id from t where g = (select max(g) from t where id < $1) and exists (select 1 from t where v = $2)', [12, 'row 5']],
  ['select (select exists (select 1 from t where id = $1) and (select g from t where id = $2) > 1) as x', [7, 9]],
];

async function withDatabase(body: (db: Database, session: Session) => Promise<void>): Promise<void> {
  const db = await open(':memory:');
  try {
    await db.exec(`create table t (id int primary key, g int, v text, n numeric, d date, at timestamptz, r int generated always as (nullif(id % 4, 1)) stored);
      create index t_g on t (g); create index t_r on t (r, g) include (v); create index t_d on t (d desc, g);
      insert into t (id, g, v, n, d, at) select i, i % 5, 'row ' || i, i / 3.0, date '2024-01-01' + i, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour' from generate_series(1, 40) i`);
    await body(db, db.connect());
  } finally {
    await db.close();
  }
}

/** Every query three times, so that the last runs the short way, and once by an interpreting session over the same moment. */
async function agree(session: Session, settings: string): Promise<void> {
  for (const [text, params] of queries) {
    const statement = session.prepare(text);
    for (let i = 0; i < 2; i++) statement.all(...params);
    const quick = [statement.all(...params), statement.get(...params)];
    await session.exec(`${settings} execution_mode = interpreted`);
    const general = statement.all(...params);
    await session.exec(`${settings} execution_mode = generated`);
    expect(quick).toEqual([general, general[0]]);
  }
}
const codeOf = (f: () => unknown): string => {
  try {
    f();
    return 'none';
  } catch (error) {
    return error instanceof DatabaseError ? error.code : String(error);
  }
};

describe('the short way agrees with the general one', () => {
  test('outside a transaction, at each level', () =>
    withDatabase(async (_, session) => {
      for (const level of ['read committed', 'repeatable read', 'serializable']) {
        await session.exec(`set default_transaction_isolation = '${level}'`);
        await agree(session, 'set');
      }
    }));

  test('inside a transaction, with changes of its own and a snapshot of its own', () =>
    withDatabase(async (db, session) => {
      for (const level of ['read committed', 'repeatable read', 'serializable']) {
        await session.exec(`begin isolation level ${level}`);
        session.prepare('select count(*) from t').get();
        await session.exec("update t set v = 'mine' where id = 7; delete from t where id = 8; insert into t (id, g, v) values (100, 2, 'new')");
        await db.exec("update t set v = v || '!' where id between 9 and 12");
        await agree(session, 'set local');
        await session.exec('rollback');
      }
    }));

  test('asynchronous calls: a few rows by an index, and more than are run at once', () =>
    withDatabase(async (_, session) => {
      await session.exec("insert into t select i, 77, 'many', null, null, null from generate_series(1001, 1700) i");
      const text = 'select id, v from t where g = $1 order by g';
      const ids = async (g: number): Promise<unknown[]> => (await session.query<{ id: number }>(text, [g])).rows.map((row) => row.id);
      for (const level of ['read committed', 'serializable']) {
        await session.exec(`set default_transaction_isolation = '${level}'`);
        for (let i = 0; i < 3; i++) {
          expect(await ids(2)).toEqual([2, 7, 12, 17, 22, 27, 32, 37]);
          expect((await ids(77)).length).toBe(700);
          expect(await ids(78)).toEqual([]);
        }
      }
    }));

  test('get stops reading at its row: what comes later is free to change', () =>
    withDatabase(async (db, session) => {
      const first = session.prepare('select id from t where g = $1');
      for (let i = 0; i < 3; i++) first.get(2);
      const other = db.connect();
      await session.exec('begin isolation level serializable');
      await other.exec('begin isolation level serializable');
      first.get(2);
      other.prepare('select id from t where id = $1').get(40);
      await other.exec('update t set g = 90 where id = 37');
      await session.exec('update t set n = 1 where id = 40');
      await other.exec('commit');
      await session.exec('commit');
      expect(session.prepare('select n::int as n from t where id = 40').get()).toEqual({ n: 1 });
    }));

  test('own changes, others’ commits and changed definitions are seen', () =>
    withDatabase(async (db, session) => {
      const statement = session.prepare<{ v: string }>('select v from t where id = $1');
      for (let i = 0; i < 3; i++) expect(statement.get(1)).toEqual({ v: 'row 1' });
      await db.exec("update t set v = 'changed' where id = 1");
      expect(statement.get(1)).toEqual({ v: 'changed' });
      await db.exec('alter table t add column extra int default 3; alter table t alter column v type varchar(20)');
      expect(statement.get(1)).toEqual({ v: 'changed' });
      await db.exec('truncate t');
      expect(statement.get(1)).toBeUndefined();
      await session.exec("create temp table t (id int primary key, v text); insert into pg_temp.t values (1, 'temporary')");
      expect(statement.get(1)).toEqual({ v: 'temporary' });
      await session.exec('drop table pg_temp.t');
      await db.exec('drop table t');
      expect(codeOf(() => statement.get(1))).toBe('42P01');
    }));
});

describe('what is not as usual takes the general way', () => {
  test('a limit bounds what is read, an offset does not', () =>
    withDatabase(async (_, session) => {
      const format = makeFormat({ rowMode: 'object', values: 'js', int8: 'number', parsers: undefined, serializers: undefined });
      const short = async (text: string): Promise<unknown[] | undefined> => {
        for (let i = 0; i < 2; i++) await session.query(text, [7]);
        return runShort(session.backend, session.parse(text).statements[0]!, [7], format);
      };
      expect(await short('select id from t where id >= $1 order by id limit 2')).toEqual([{ id: 7 }, { id: 8 }]);
      expect(await short('select id from t where id >= $1 order by id limit 2 offset 1')).toBeUndefined();
      expect(await short('select id from t where id >= $1 order by id limit 2 for update')).toBeUndefined();
    }));

  test('a row that is locked by its key: at once in a block, where nobody else has to do with it', () =>
    withDatabase(async (db, session) => {
      await db.exec('create unique index t_v on t (v)');
      const format = makeFormat({ rowMode: 'object', values: 'js', int8: 'number', parsers: undefined, serializers: undefined });
      const texts = ['select v from t where id = $1 for update', 'select id as v from t where v = $1 and g >= 0 limit 1 for no key update', 'select v from t where id = $1 for share skip locked', 'select g + id as v from t where id = $1 and n > 1 for key share nowait'];
      const other = db.connect();
      for (const text of texts) for (const by of [session, other]) for (let i = 0; i < 2; i++) await by.query(text, [text.includes('where v') ? 'row 1' : 1]);
      const short = (by: Session, text: string, id: number): unknown => runShort(by.backend, by.parse(text).statements[0]!, [text.includes('where v') ? `row ${id}` : id], format);
      for (const level of ['read committed', 'repeatable read', 'serializable']) {
        for (const text of texts) {
          expect(short(session, text, 7)).toBeUndefined();
          await session.exec(`begin isolation level ${level} read only`);
          expect(short(session, text, 7)).toBeUndefined();
          await session.exec(`rollback; begin isolation level ${level}; select 1 from t where id = 20`);
          await other.exec('begin; update t set g = g where id = 8');
          await db.exec('update t set g = g where id = 9');
          expect(short(session, text, 7)).toEqual([{ v: text.includes('where v') ? 7 : text.includes('g + id') ? 9 : 'row 7' }]);
          expect(short(session, text, 7)).toEqual(session.prepare(text).all(text.includes('where v') ? 'row 7' : 7));
          expect(short(session, text, -1)).toEqual([]);
          // Somebody has it, or has changed it since.
          expect(short(session, text, 8)).toBeUndefined();
          expect(short(session, text, 9) === undefined).toBe(level !== 'read committed');
          const isTaken = (mode: string): Promise<boolean> => other.query(`select id from t where id = 7 for ${mode} skip locked`).then(({ rows }) => rows.length === 0);
          expect([await isTaken('key share'), await isTaken('share'), await isTaken('no key update'), await isTaken('update')]).toEqual(
            [['update'], ['no key update', 'update'], ['share', 'no key update', 'update'], ['key share', 'share', 'no key update', 'update']].map((excluding) => excluding.some((mode) => text.includes(`for ${mode}`))),
          );
          await other.exec('rollback');
          await session.exec('rollback');
          expect(await isTaken('update')).toBe(false);
        }
      }
    }));

  test('a query that gave many rows, for a while', () =>
    withDatabase(async (db, session) => {
      await db.exec('create table many (id int primary key); insert into many select generate_series(1, 300)');
      const text = 'select id from many where id > $1';
      for (let i = 0; i < 3; i++) await session.query(text, [298]);
      const format = makeFormat({ rowMode: 'object', values: 'js', int8: 'number', parsers: undefined, serializers: undefined });
      const cached = session.parse(text).statements[0]!;
      await session.query(text, [298]);
      /** How many calls in a row find no short way. */
      const skips = (): number => {
        let count = 0;
        while (runShort(session.backend, cached, [298], format) === undefined) count++;
        return count;
      };
      expect(runShort(session.backend, cached, [298], format)).toEqual([{ id: 299 }, { id: 300 }]);
      expect(runShort(session.backend, cached, [0], format)).toBeUndefined();
      expect(skips()).toBe(8);
      // Long ones in a row cost twice as many each time; one that is short again starts from the beginning.
      for (const expected of [8, 16, 32]) {
        expect(runShort(session.backend, cached, [0], format)).toBeUndefined();
        for (let i = 0; i < expected; i++) expect(runShort(session.backend, cached, [0], format)).toBeUndefined();
      }
      expect(runShort(session.backend, cached, [298], format)).toHaveLength(2);
      expect(runShort(session.backend, cached, [0], format)).toBeUndefined();
      expect(skips()).toBe(8);
      expect((await session.query(text, [0])).rowCount).toBe(300);
    }));

  test('a table locked against readers', () =>
    withDatabase(async (db, session) => {
      const statement = session.prepare('select v from t where id = $1');
      for (let i = 0; i < 3; i++) statement.get(1);
      const other = db.connect();
      await other.exec('begin; lock table t in access exclusive mode');
      expect(codeOf(() => statement.get(1))).toBe('55P03');
      await session.exec('begin');
      expect(codeOf(() => statement.get(1))).toBe('55P03');
      expect(session.transactionStatus).toBe('failed');
      await session.exec('rollback');
      await other.exec('rollback');
      expect(statement.get(1)).toEqual({ v: 'row 1' });
    }));

  test('a serializable reader beside others is certified: the read-only anomaly is still found', () =>
    withDatabase(async (db) => {
      const [a, b, reader] = [db.connect(), db.connect(), db.connect({ settings: { default_transaction_isolation: 'serializable' } })];
      const report = reader.prepare('select id, g from t where id in (1, 2) order by id');
      for (let i = 0; i < 3; i++) report.all();
      await a.exec('begin isolation level serializable; select g from t where id in (1, 2)');
      await b.exec('begin isolation level serializable; update t set g = g + 20 where id = 2; commit');
      report.all();
      const outcome = await a.exec('update t set g = -10 where id = 1; commit').then(() => 'committed', (error: DatabaseError) => error.code);
      expect(outcome).toBe('40001');
    }));

  test('an error inside a block fails the block; outside it leaves nothing behind', () =>
    withDatabase(async (_, session) => {
      const statement = session.prepare('select 10 / g as q from t where id = $1');
      for (let i = 0; i < 3; i++) expect(statement.get(1)).toEqual({ q: 10 });
      expect(codeOf(() => statement.get(5))).toBe('22012');
      expect(statement.get(1)).toEqual({ q: 10 });
      await session.exec('begin');
      expect(codeOf(() => statement.get(5))).toBe('22012');
      expect(session.transactionStatus).toBe('failed');
      expect(codeOf(() => statement.get(1))).toBe('25P02');
      await session.exec('rollback');
    }));

  test('a parser that asks another session for the same statement', () =>
    withDatabase(async (db, session) => {
      const text = 'select n from t where id = $1';
      const inner = db.connect().prepare<{ n: string }>(text);
      const outer = session.prepare<{ n: unknown }>(text, { parsers: { 1700: () => inner.get(9)?.n } });
      for (let i = 0; i < 4; i++) {
        expect(Number(inner.get(3)!.n)).toBe(1);
        expect(Number(outer.get(3)!.n)).toBe(3);
      }
    }));
});

test('short texts are decoded alike at every length, ASCII or not', () => {
  for (const unit of ['a', 'é', '€', '𝄞']) {
    for (let length = 0; length <= 20; length++) {
      const text = 'abcdefghijklmnopqrst'.slice(0, Math.max(0, length - 1)) + (length > 0 ? unit : '');
      const bytes = Buffer.from(text, 'utf8');
      expect(getUtf8(bytes, 0, bytes.length)).toBe(text);
    }
  }
});

describe('changes by the short way', () => {
  const statements: readonly (readonly [string, readonly (readonly unknown[])[]])[] = [
    ['insert into w (id, v, n) values ($1, $2, $3)', [[1, 'a', 1], [2, 'b', 2], [3, 'c', 3], [2, 'again', 4], [4, null, 5], [5, 'e', 5], [6, 'f', 1]]],
    ['update w set n = n + $1 where id = $2', [[10, 1], [10, 2], [10, 99], [-11, 1], [5, 3]]],
    ['update w set id = id + $1 where id = $2', [[100, 1], [100, 2], [-1, 5], [0, 3]]],
    ['update w set p = $1 where v = $2', [[2, 'b'], [77, 'c'], [3, 'c']]],
    ['insert into w (id, v, n) values ($1, $2, $3) on conflict (id) do update set n = excluded.n + w.n', [[3, 'x', 100], [50, 'y', 60], [50, 'z', 1]]],
    ['delete from w where id = $1', [[50], [51], [3], [101], [102]]],
  ];
  const tables = `create table p (id int primary key); insert into p select i from generate_series(1, 10) i;
    create table w (id int primary key, v text not null, n int check (n > 0), p int references p, twice int generated always as (n * 2) stored, unique (n)); create index w_v on w (v);
    create table c (w int references w on delete cascade on update cascade)`;

  /** What each call said, and the table afterwards. */
  async function story(run: (session: Session, text: string, params: readonly unknown[]) => Promise<unknown>, settings: string): Promise<unknown[]> {
    const db = await open(':memory:');
    try {
      await db.exec(tables);
      const session = db.connect();
      await session.exec(settings);
      const said: unknown[] = [];
      for (const [text, calls] of statements) {
        for (const params of calls) {
          if (session.transactionStatus === 'active') await session.exec('savepoint s');
          said.push(await run(session, text, params).then((x) => x, (error: DatabaseError) => error.code));
          if (session.transactionStatus === 'failed') await session.exec('rollback to s');
          said.push((await session.query('select w.*, (select count(*) from c where c.w = w.id) as k from w order by id')).rows);
        }
        if (text.startsWith('insert') && !text.includes('conflict')) await session.exec('insert into c select id from w');
      }
      if (session.transactionStatus !== 'idle') await session.exec('commit');
      said.push((await db.query('select * from w order by id')).rows);
      return said;
    } finally {
      await db.close();
    }
  }
  const counted = (result: { readonly command: string; readonly rowCount: number | null }): unknown => [result.command, result.rowCount];

  for (const level of ['read committed', 'repeatable read', 'serializable']) {
    for (const block of ['', `begin isolation level ${level};`]) {
      test(`agree with the general way and with the interpreter: ${block === '' ? `${level}, autocommit` : block}`, async () => {
        const settings = `set default_transaction_isolation = '${level}'; ${block}`;
        const quick = await story(async (session, text, params) => counted(await session.query(text, params)), settings);
        const synchronous = await story(async (session, text, params) => counted(session.prepare(text).run(...params)), settings);
        const general = await story(async (session, text, params) => counted(await session.query(text, params, { timeout: 60_000 })), settings);
        const interpreted = await story(async (session, text, params) => counted(await session.query(text, params)), `set execution_mode = interpreted; ${settings}`);
        expect(quick).toEqual(general);
        expect(synchronous).toEqual(general);
        expect(interpreted).toEqual(general);
      });
    }
  }

  test('is open to the handle of transaction(), unless its options or the call say otherwise', () =>
    withDatabase(async (_, session) => {
      const texts = ['select g from t where id = $1', 'update t set g = g + 1 where id = $1'];
      for (const text of texts) for (let i = 0; i < 3; i++) await session.query(text, [1]);
      let quick = 0;
      const { backend } = session;
      const beginQuick = backend.beginQuick.bind(backend);
      backend.beginQuick = (text) => {
        quick++;
        beginQuick(text);
      };
      const both = (timeout?: number) => async (tx: TransactionHandle): Promise<void> => {
        for (const text of texts) await tx.query(text, [1], timeout === undefined ? undefined : { timeout });
      };
      await session.transaction(both(), { isolation: 'serializable', retry: 2 });
      expect(quick).toBe(2);
      await session.transaction(both(60_000));
      expect(quick).toBe(3); // COMMIT, which has run before
      await session.transaction(both(), { timeout: 60_000 });
      expect(quick).toBe(4);
      expect((await session.query('select g from t where id = 1')).rows).toEqual([{ g: 7 }]);
    }));

  test('BEGIN, COMMIT, ROLLBACK and savepoints agree with the general way in tags, errors, notices and what is left', async () => {
    const texts = [
      'commit', 'rollback', 'savepoint a', 'release a', 'commit and chain', 'begin', 'begin', 'insert into t values (100, 1)', 'savepoint a', 'insert into t values (101, 1)', 'select 1/0', 'savepoint a', 'select 1',
      'rollback to a', 'select count(*) from t', 'release a', 'release a', 'commit', 'rollback', 'begin isolation level serializable read only', 'insert into t values (102, 1)', 'commit', 'start transaction', 'insert into t values (103, 1)',
      'commit and chain', 'insert into t values (104, 1)', 'rollback and chain', 'insert into t values (105, 1)', 'commit', 'begin', 'insert into t values (106, 1)', 'rollback', 'select array_agg(id order by id) from t where id >= 100', 'delete from t where id >= 100',
    ];
    const story = (isQuick: boolean): Promise<unknown[]> => {
      const seen: unknown[] = [];
      return withDatabase(async (_, session) => {
        session.onNotice((notice) => seen.push(notice.code, notice.message));
        // Once more, when every text is known.
        for (const text of [...texts, ...texts]) {
          await session.query(text, undefined, isQuick ? undefined : { timeout: 60_000 }).then(
            ({ command, rows, rowCount }) => seen.push(text, command, rows, rowCount),
            (error: DatabaseError) => seen.push(text, error.code, error.message),
          );
          seen.push(session.transactionStatus);
        }
      }).then(() => seen);
    };
    expect(await story(true)).toEqual(await story(false));
  });

  test('waits for a lock, in order with what is given after it, and can be cancelled', () =>
    withDatabase(async (db, session) => {
      const text = 'update t set g = g + 1 where id = $1';
      for (let i = 0; i < 3; i++) await session.query(text, [1]);
      const other = db.connect();
      await other.exec('begin; update t set g = 100 where id = 1');
      const waiting = session.query(text, [1]);
      const behind = session.query<{ g: number }>('select g from t where id = $1', [1]);
      expect(session.isWaiting).toBe(true);
      await other.exec('commit');
      expect((await waiting).rowCount).toBe(1);
      expect((await behind).rows).toEqual([{ g: 101 }]);
      await other.exec('begin; update t set g = 0 where id = 1');
      const cancelled = session.query(text, [1]);
      session.cancel();
      await expect(cancelled).rejects.toMatchObject({ code: '57014' });
      await other.exec('rollback');
      expect((await session.query(text, [1])).rowCount).toBe(1);
    }));

  test('several sessions in the same statement at once', () =>
    withDatabase(async (db) => {
      const sessions = Array.from({ length: 8 }, () => db.connect());
      for (let i = 0; i < 3; i++) await sessions[0]!.query('update t set g = g + 1 where id = $1', [2]);
      await Promise.all(sessions.map(async (session) => {
        for (let i = 0; i < 10; i++) await session.query('update t set g = g + 1 where id = $1', [2]);
      }));
      expect((await db.query('select g from t where id = 2')).rows).toEqual([{ g: 2 + 3 + 80 }]);
    }));

  test('a table locked against writers, a read-only transaction and a changed definition', () =>
    withDatabase(async (db, session) => {
      const text = 'update t set g = g + 1 where id = $1';
      const statement = session.prepare(text);
      for (let i = 0; i < 3; i++) statement.run(1);
      const other = db.connect();
      await other.exec('begin; lock table t in share mode');
      expect(codeOf(() => statement.run(1))).toBe('55P03');
      const waiting = session.query(text, [1]);
      for (let i = 0; i < 100 && !session.isWaiting; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(session.isWaiting).toBe(true);
      await other.exec('alter table t alter column g type bigint; commit');
      expect((await waiting).rowCount).toBe(1);
      await session.exec('begin read only');
      expect(codeOf(() => statement.run(1))).toBe('25006');
      await session.exec('rollback');
      expect((await db.query('select g from t where id = 1')).rows).toEqual([{ g: 5 }]);
    }));
});

test('a statement that writes does without an index of what it reads that is newer than its snapshot', async () => {
  const db = await open(':memory:');
  const [older, other] = [db.connect(), db.connect()];
  await other.exec('create table u (id int primary key, x int); insert into u select g, g from generate_series(1, 5000) g; create table t (id int primary key, x int)');
  await older.exec('begin isolation level repeatable read; select count(*) from t');
  await other.exec('update u set x = -1 where id = 50; create index u_x on u (x); analyze u');
  const text = 'insert into t select id, x from u where x = $1';
  for (let i = 0; i < 3; i++) await other.query(text, [100 + i]);
  expect((await older.query(text, [50])).rowCount).toBe(1);
  await older.exec('commit');
  await db.close();
});
