/** Sessions: order, waiting, cancelling, deadlines, notices, streams, copying, synchronous statements. */
import { describe, expect, test } from 'vitest';
import type { Database, Notice } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

async function withDatabase(body: (db: Database) => Promise<void>): Promise<void> {
  const db = await open(':memory:');
  try {
    await db.exec('create table t (id int primary key, v text); insert into t select i, \'row \' || i from generate_series(1, 1000) i');
    await body(db);
  } finally {
    await db.close();
  }
}
const code = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (error: unknown) => (error instanceof DatabaseError ? error.code : String(error)));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await turn();
  expect(condition()).toBe(true);
}

describe('order', () => {
  test('statements of one session run in the order they were given', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      const results = await Promise.all([
        session.query('create temp table x (a int)'), session.query('insert into x values (1)'), session.query('insert into x select a + 1 from x'), session.query('select count(*) as n from x'),
      ]);
      expect(results[3].rows).toEqual([{ n: 2 }]);
    }));

  test('an error does not stop what is queued behind it', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      const [first, second] = await Promise.allSettled([session.query('select 1/0'), session.query('select 2 as two')]);
      expect(first.status).toBe('rejected');
      expect(second).toMatchObject({ status: 'fulfilled', value: { rows: [{ two: 2 }] } });
    }));

  test('close waits for what was given and rolls back', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      await session.query('begin');
      const update = session.query("update t set v = 'x'");
      await session.close();
      expect((await update).rowCount).toBe(1000);
      expect((await db.query("select count(*) as n from t where v = 'x'")).rows).toEqual([{ n: 0 }]);
      expect(await code(session.query('select 1'))).toBe('08003');
    }));
});

describe('waiting', () => {
  test('can be seen, and shown with its reason', () =>
    withDatabase(async (db) => {
      const [a, b] = [db.connect({ name: 'a' }), db.connect({ name: 'b' })];
      await a.query('begin');
      await a.query("update t set v = 'a' where id = 1");
      const waiting = b.query("update t set v = 'b' where id = 1");
      await until(() => b.isWaiting);
      expect(b.waitsFor).toEqual([a.id]);
      const { rows } = await a.query('select pid, granted, blockers from pg_locks where not granted');
      expect(rows).toEqual([{ pid: b.id, granted: false, blockers: [expect.any(Number)] }]);
      expect((await a.query('select pg_blocking_pids($1) as pids', [b.id])).rows).toEqual([{ pids: [a.id] }]);
      expect((await a.query('select state, wait_event_type from pg_stat_activity where pid = $1', [b.id])).rows).toEqual([{ state: 'active', wait_event_type: 'Lock' }]);
      await a.query('commit');
      await waiting;
      expect(b.isWaiting).toBe(false);
      expect((await db.query('select v from t where id = 1')).rows).toEqual([{ v: 'b' }]);
    }));

  test('ends by cancel, AbortSignal, timeout, lock_timeout', () =>
    withDatabase(async (db) => {
      const [a, b] = [db.connect(), db.connect()];
      await a.query('begin');
      await a.query("update t set v = 'a' where id = 1");
      const text = "update t set v = 'b' where id = 1";
      const cancelled = b.query(text);
      await until(() => b.isWaiting);
      expect(b.cancel()).toBe(true);
      expect(await code(cancelled)).toBe('57014');
      const controller = new AbortController();
      const aborted = b.query(text, [], { signal: controller.signal });
      await until(() => b.isWaiting);
      controller.abort();
      expect(await code(aborted)).toBe('57014');
      expect(await code(b.query(text, [], { signal: controller.signal }))).toBe('57014');
      expect(await code(b.query(text, [], { timeout: 10 }))).toBe('57014');
      await b.query("set lock_timeout = '10ms'");
      expect(await code(b.query(text))).toBe('55P03');
      expect(b.cancel()).toBe(false);
      await a.query('rollback');
      expect((await b.query(text)).rowCount).toBe(1);
    }));
});

test('a long statement can be cancelled between its slices', () =>
  withDatabase(async (db) => {
    const session = db.connect();
    const running = session.query('select count(*) from t a, t b, t c');
    await turn();
    expect(session.cancel()).toBe(true);
    expect(await code(running)).toBe('57014');
    expect(await code(session.query('select count(*) from t a, t b, t c', [], { timeout: 30 }))).toBe('57014');
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  }));

test('notices reach their listeners', () =>
  withDatabase(async (db) => {
    const session = db.connect();
    const notices: Notice[] = [];
    const stop = session.onNotice((notice) => notices.push(notice));
    await session.query('drop table if exists nothing');
    await session.query('commit');
    expect(notices.map((n) => [n.severity, n.code, n.message])).toEqual([['NOTICE', '00000', 'table "nothing" does not exist, skipping'], ['WARNING', '25P01', 'there is no transaction in progress']]);
    await session.query('set client_min_messages = warning');
    await session.query('drop table if exists nothing');
    stop();
    await session.query('commit');
    expect(notices.length).toBe(2);
  }));

test('an idle transaction is ended after its timeout', () =>
  withDatabase(async (db) => {
    const session = db.connect();
    await session.query("set idle_in_transaction_session_timeout = '20ms'");
    await session.query('begin');
    await session.query("update t set v = 'x' where id = 1");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await code(session.query('select 1'))).toBe('25P03');
    expect((await db.query('select v from t where id = 1')).rows).toEqual([{ v: 'row 1' }]);
  }));

test('a transaction whose statement waits for a large commit is not idle', () =>
  withDatabase(async (db) => {
    const [large, small] = [db.connect(), db.connect()];
    await large.exec('create table many (id int primary key); begin; insert into many select generate_series(1, 200000)');
    await small.exec("set idle_in_transaction_session_timeout = '20ms'; begin; select 1");
    const committed = large.query('commit');
    const aborted = new AbortController();
    const answers = [small.query('select 2 as n'), code(small.query('select 3', [], { signal: aborted.signal }))] as const;
    aborted.abort();
    await committed;
    expect((await answers[0]).rows).toEqual([{ n: 2 }]);
    expect(await answers[1]).toBe('57014');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await code(small.query('select 4'))).toBe('25P03');
  }));

describe('streams', () => {
  test('give all rows, a batch at a time', () =>
    withDatabase(async (db) => {
      let sum = 0;
      for await (const row of db.stream<{ id: number }>('select id from t order by id', [], { batchRows: 64 })) sum += row.id;
      expect(sum).toBe(500500);
    }));

  test('read no further than they are asked', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      await session.query('create sequence s');
      const stream = session.stream("select nextval('s') as n from t", [], { batchRows: 10 });
      await stream.next();
      await stream.return();
      expect((await session.query<{ n: number }>("select nextval('s') as n")).rows[0]!.n).toBeLessThan(200);
    }));

  test('keep their snapshot while others write, and let the session work inside a transaction', () =>
    withDatabase(async (db) => {
      await db.transaction(async (tx) => {
        let count = 0;
        for await (const row of tx.stream<{ id: number }>('select id from t', [], { batchRows: 100 })) {
          if (row.id % 100 === 0) await tx.query('delete from t where id > $1', [row.id]);
          count++;
        }
        expect(count).toBe(1000);
        expect((await tx.query('select count(*) as n from t')).rows).toEqual([{ n: 100 }]);
      });
    }));

  test('pass errors on', () =>
    withDatabase(async (db) => {
      const seen: number[] = [];
      expect(await code((async () => {
        for await (const row of db.stream<{ x: number }>('select 10 / (500 - id) as x from t order by id', [], { batchRows: 50 })) seen.push(row.x);
      })())).toBe('22012');
      expect(await code(db.stream('select nonsense').next())).toBe('42703');
      expect(await code(db.stream('insert into t values (0)').next().then(() => db.stream('create table x (a int)').next()))).toBe('42601');
    }));
});

describe('synchronous statements', () => {
  test('get, all, run, iterate', () =>
    withDatabase(async (db) => {
      const one = db.prepare<{ v: string }>('select v from t where id = $1');
      expect(one.get(7)).toEqual({ v: 'row 7' });
      expect(one.get([8])).toEqual({ v: 'row 8' });
      expect(one.get(0)).toBeUndefined();
      expect(db.prepare('select id from t where id < $1 order by id').all(3)).toEqual([{ id: 1 }, { id: 2 }]);
      expect(db.prepare('update t set v = :v where id = :id').run({ v: 'new', id: 1 })).toEqual({ command: 'UPDATE', rowCount: 1 });
      expect(one.get(1)).toEqual({ v: 'new' });
      let count = 0;
      for (const row of db.prepare<{ id: number }>('select id from t order by id').iterate()) if (++count === 500) expect(row.id).toBe(500);
      expect(count).toBe(1000);
      for (const _row of db.prepare('select id from t').iterate()) break;
      expect((await one.query([2])).rows).toEqual([{ v: 'row 2' }]);
    }));

  test('rows of iterate() end with their session and with the database', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      for (const size of [1, 64, 65]) {
        const rows = db.connect();
        const ofSession = rows.prepare('select id from t order by id').iterate();
        for (let i = 0; i < size; i++) ofSession.next();
        await rows.close();
        expect(() => ofSession.next()).toThrow(expect.objectContaining({ code: '08003', message: 'the session is closed' }));
        expect(ofSession.next().done).toBe(true);
      }
      await session.query('begin');
      const inBlock = session.prepare('select id from t order by id').iterate();
      const ofDatabase = db.prepare('select id from t order by id').iterate();
      const abandoned = db.prepare('select id from t order by id').iterate();
      for (const rows of [inBlock, ofDatabase, abandoned]) rows.next();
      await db.close();
      for (const rows of [inBlock, ofDatabase]) expect(() => rows.next()).toThrow(expect.objectContaining({ code: '08003', message: 'the database is closed' }));
      expect(abandoned.return!().done).toBe(true);
    }));

  test('functions that would have to wait fail, and leave nothing waiting', () =>
    withDatabase(async (db) => {
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on('unhandledRejection', note);
      await db.exec(`create function changed() returns text language sql as $$ update t set v = v || '!' where id = 1 returning v $$`);
      const holder = db.connect();
      const session = db.connect();
      const refused = expect.objectContaining({ code: '55P03', message: 'a function would have to wait, and a synchronous statement does not' });
      await holder.query('begin');
      await holder.query("update t set v = 'held' where id = 1");
      await holder.query('select pg_advisory_lock(1)');
      const waiting = ['select pg_advisory_lock(2), pg_advisory_lock(1)', 'select pg_advisory_xact_lock(1)', 'select pg_sleep(1000)', 'select changed()', 'update t set v = changed() where id = 2', 'insert into t select 5000, changed()'];
      for (const text of waiting) {
        const statement = session.prepare(text);
        for (const run of [() => statement.get(), () => statement.all(), () => statement.run(), () => [...statement.iterate()]]) {
          expect(run, text).toThrow(refused);
          await session.query('begin');
          await session.query('savepoint a');
          expect(run, text).toThrow(refused);
          await session.query('rollback to a');
          await session.query('commit');
        }
      }
      await holder.query('rollback');
      await holder.query('select pg_advisory_unlock(1)');
      const other = db.connect();
      expect((await other.query('select pg_try_advisory_lock(1) as free')).rows).toEqual([{ free: true }]);
      expect(session.prepare('select pg_advisory_lock(3), changed()').all()).toEqual([{ pg_advisory_lock: '', changed: 'row 1!' }]);
      expect((await other.query('select pg_try_advisory_lock(3) as free')).rows).toEqual([{ free: false }]);
      process.off('unhandledRejection', note);
      expect(unhandled).toEqual([]);
    }));

  test('a statement has its own time, whichever way it and those before it ran', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      const update = session.prepare('update t set v = $1 where id = $2');
      const time = session.prepare<{ at: number }>('select extract(epoch from statement_timestamp())::float8 * 1000 as at');
      const ways = [() => time.get()!.at, () => time.all()[0]!.at, () => [...time.iterate()][0]!.at, async () => (await time.query()).rows[0]!.at];
      await session.query('begin');
      for (const way of ways) {
        for (let i = 0; i < 5; i++) update.run(`${i}`, 1 + i);
        const before = performance.timeOrigin + performance.now();
        while (performance.timeOrigin + performance.now() < before + 2);
        expect(await way()).toBeGreaterThan(before);
      }
      await session.query('commit');
    }));

  test('between two rows of iterate run those of the database, and of other sessions', () =>
    withDatabase(async (db) => {
      const update = db.prepare('update t set v = $2 where id = $1');
      for (const { id } of db.prepare<{ id: number }>('select id from t where v like \'row %\' order by id').iterate()) {
        if (id <= 200) expect(update.run(id, `changed ${id}`)).toEqual({ command: 'UPDATE', rowCount: 1 });
        if (id === 500) expect(db.prepare('select count(*)::int as n from t where v like \'changed%\'').get()).toEqual({ n: 200 });
      }
      const nested: number[] = [];
      const inner = db.prepare<{ id: number }>('select id from t where id < $1 order by id');
      for (const a of inner.iterate(4)) for (const b of inner.iterate(a.id)) nested.push(a.id * 10 + b.id);
      expect(nested).toEqual([21, 31, 32]);
    }));

  test('between two rows of iterate are refused in the same session, which loses nothing by it', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      await session.exec('begin');
      const update = session.prepare('update t set v = \'new\' where id = $1');
      update.run(1);
      let count = 0;
      for (const _row of session.prepare('select id from t').iterate()) {
        if (++count > 1) continue;
        expect(() => update.run(2)).toThrow(expect.objectContaining({ code: '55000', message: expect.stringContaining('iterate()') as string }) as Error);
        expect(await code(session.query('select 1'))).toBe('55000');
        expect(await code(session.exec('rollback'))).toBe('55000');
        expect(() => [...session.prepare('select 1').iterate()]).toThrow('iterate()');
      }
      expect(count).toBe(1000);
      update.run(3);
      await session.exec('commit');
      expect(db.prepare('select id from t where v = \'new\' order by id').all()).toEqual([{ id: 1 }, { id: 3 }]);
      await session.close();
    }));

  test('fail at once where they would wait, and change nothing', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      await session.query('begin');
      await session.query("update t set v = 'x' where id = 500");
      expect(() => db.prepare("update t set v = 'y'").run()).toThrow(expect.objectContaining({ code: '55P03' }));
      await session.query('commit');
      expect((await db.query("select count(*) as n from t where v = 'y'")).rows).toEqual([{ n: 0 }]);
    }));

  test('show syntax errors when they are made, others when they are used', () =>
    withDatabase(async (db) => {
      expect(() => db.prepare('selec')).toThrow(expect.objectContaining({ code: '42601' }));
      expect(() => db.prepare('select 1; select 2')).toThrow(expect.objectContaining({ code: '42601' }));
      const bad = db.prepare('select nothing from t');
      expect(() => bad.get()).toThrow(expect.objectContaining({ code: '42703' }));
      expect(() => db.prepare('create table x (a int)').run()).toThrow(expect.objectContaining({ code: '0A000' }));
      const session = db.connect();
      await session.query('begin');
      session.prepare('insert into t values (2000, $1)').run('inside');
      await session.query('rollback');
      expect(db.prepare('select * from t where id = 2000').get()).toBeUndefined();
    }));

  test('follow the schema', () =>
    withDatabase(async (db) => {
      const all = db.prepare('select * from t where id = 1');
      expect(all.get()).toEqual({ id: 1, v: 'row 1' });
      await db.exec('alter table t add column w int default 5');
      expect(all.get()).toEqual({ id: 1, v: 'row 1', w: 5 });
    }));
});

describe('copy', () => {
  test('from a stream in any pieces, and back', () =>
    withDatabase(async (db) => {
      await db.exec('create table c (a int, b text, d date)');
      const csv = 'a,b,d\r\n1,"x, ""y""\nz",2020-01-01\r\n2,,\r\n3,"",2020-02-02\r\n';
      for (const size of [1, 3, 1000]) {
        await db.exec('truncate c');
        const pieces: Uint8Array[] = [];
        const bytes = Buffer.from(csv);
        for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
        const result = await db.copyFrom("copy c from stdin (format csv, header)", pieces);
        expect(result).toMatchObject({ command: 'COPY', rowCount: 3 });
        expect((await db.query('select * from c order by a')).rows).toEqual([{ a: 1, b: 'x, "y"\nz', d: '2020-01-01' }, { a: 2, b: null, d: null }, { a: 3, b: '', d: '2020-02-02' }]);
      }
      let text = '';
      const sink = (chunk: string): void => void (text += chunk);
      await db.copyTo('copy c to stdout (format csv, header)', sink);
      expect(text).toBe('a,b,d\n1,"x, ""y""\nz",2020-01-01\n2,,\n3,"",2020-02-02\n');
      text = '';
      await db.copyTo('copy (select b, a from c order by a) to stdout', sink);
      expect(text).toBe('x, "y"\\nz\t1\n\\N\t2\n\t3\n');
    }));

  test('text format with its escapes', () =>
    withDatabase(async (db) => {
      await db.exec('create table c (a text, b text default \'dflt\')');
      await db.copyFrom('copy c (a) from stdin', ['tab\\tx\\\\\n', '\\N\n', 'oct\\101\\x42\n', '\\.\n', 'never\n']);
      expect((await db.query('select * from c')).rows).toEqual([{ a: 'tab\tx\\', b: 'dflt' }, { a: null, b: 'dflt' }, { a: 'octAB', b: 'dflt' }]);
    }));

  test.each([
    ['missing data', 'copy c from stdin (format csv)', '1\n', '22P04'],
    ['extra data', 'copy c from stdin (format csv)', '1,2,3\n', '22P04'],
    ['an open quote', 'copy c from stdin (format csv)', '1,"2\n', '22P04'],
    ['a bad value', 'copy c from stdin (format csv)', 'x,2\n', '22P02'],
    ['a violated check', 'copy c from stdin (format csv)', '-1,2\n', '23514'],
    ['a wrong header', 'copy c from stdin (format csv, header match)', 'a,z\n', '22P04'],
    ['bytes that are no UTF-8', 'copy c from stdin (format csv)', Uint8Array.of(0x31, 0x2c, 0xff, 0x0a), '22021'],
  ] as const)('%s leaves nothing behind', (_what, text, input, expected) =>
    withDatabase(async (db) => {
      await db.exec('create table c (a int check (a > 0), b text)');
      expect(await code(db.copyFrom(text, ['1,ok\n', input].slice(text.includes('header') ? 1 : 0)))).toBe(expected);
      expect((await db.query('select count(*) as n from c')).rows).toEqual([{ n: 0 }]);
    }));

  test('needs a stream', () =>
    withDatabase(async (db) => {
      expect(await code(db.query('copy t from stdin'))).toBe('0A000');
      expect(await code(db.query('copy t to stdout'))).toBe('0A000');
    }));
});

test('calls that are over at once leave the event loop its turns', async () => {
  const db = await open(':memory:');
  await db.exec('create table t (id int primary key); insert into t select generate_series(1, 1000)');
  const session = db.connect();
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  for (const level of ['read committed', 'serializable']) {
    turns = 0;
    // As many calls as it takes, but a turn comes every few thousand at the latest.
    for (let i = 0; i < 200_000 && turns < 3; i++) {
      if (i % 10 === 0) await session.query(`begin isolation level ${level}`);
      await session.query('select id from t where id = $1', [1 + (i % 1000)]);
      if (i % 10 === 9) await session.query('commit');
    }
    expect([level, turns]).toEqual([level, 3]);
    await session.query('rollback');
  }
  clearImmediate(timer);
  await session.close();
  await db.close();
});
