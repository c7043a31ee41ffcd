/** Deliberate bugs of engine/ and the scenario that notices each, over an open database. A trial is one run of the scenario. */
import assert, { AssertionError } from 'node:assert/strict';
import { type Clock, realClock } from '../../base/clock.js';
import { mutants } from '../../base/mutants.js';
import { shortenSlices } from '../engine/short-slices.js';
import { waitForTurn } from '../engine/wait-for-turn.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { DatabaseError, type Session, open } from '../../engine/index.js';
import { engineMutantList } from '../../engine/mutants.js';

export interface EngineMutant {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<{ readonly killedAtTrial: number | undefined; readonly by: string }>;
}

/** What holds without the mutant of that name and fails with it. */
export const engineScenarios: Readonly<Record<string, () => Promise<void>>> = {
  'engine.start-over-keeps-changes': async () => {
    const db = await open(':memory:');
    try {
      await db.exec(`create table acct (id int primary key, n int); insert into acct values (1, 0), (2, 0);
        create function bump_both() returns bigint language sql as 'update acct set n = n + 1 where id = 1; update acct set n = n + 1 where id = 2; select sum(n) from acct'`);
      const [holder, caller] = [db.connect(), db.connect()];
      await holder.exec('begin; update acct set n = 10 where id = 2');
      const calling = caller.query('select bump_both() as sum');
      while (!caller.isWaiting) await new Promise((resolve) => setImmediate(resolve));
      await holder.exec('commit');
      assert.deepEqual((await calling).rows, [{ sum: 12 }]);
      assert.deepEqual((await db.query('select id, n from acct order by id')).rows, [{ id: 1, n: 1 }, { id: 2, n: 11 }]);
    } finally {
      await db.close();
    }
  },
  'engine.lane-of-before': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table acct (id int primary key, n int); insert into acct select i, 0 from generate_series(1, 9) i');
      const [session, other] = [db.connect(), db.connect()];
      const update = session.prepare('update acct set n = n + $1 where id = $2');
      await session.exec('begin; savepoint s');
      for (let id = 1; id <= 4; id++) update.run(1, id);
      await session.exec('rollback to s');
      await other.exec('begin; lock table acct in access exclusive mode');
      assert.throws(() => update.run(1, 5), { code: '55P03' });
    } finally {
      await db.close();
    }
  },
  'engine.lane-of-another-head': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table t (id int primary key); create table u (id int primary key)');
      const session = db.connect();
      await session.exec('begin');
      // However long it takes.
      session.backend.instance.turn.over = () => undefined;
      const insert = (name: string, rows: string): Promise<unknown> => session.exec(`insert into ${name}${' '.repeat(200)}values ${rows}`);
      for (const rows of ['(1), (2), (3), (4)', '(11), (12), (13), (14)', '(21), (22), (23), (24)']) await insert('t', rows);
      await insert('u', '(5), (6), (7), (8)');
      assert.deepEqual((await session.query('select count(*)::int as n from u')).rows, [{ n: 4 }]);
    } finally {
      await db.close();
    }
  },
  'engine.statement-within': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table acct (id int primary key, n int); insert into acct select i, 0 from generate_series(1, 3) i; create table log (n int)');
      const session = db.connect();
      const note = session.prepare('insert into log values ($1)');
      db.createFunction('noted', { args: ['int'], returns: 'int' }, (id: number) => {
        if (id === 3) assert.throws(() => note.run(id), { code: '55000' });
        return id;
      });
      session.prepare('update acct set n = noted(id)').run();
      assert.deepEqual((await db.query('select n from log')).rows, []);
    } finally {
      await db.close();
    }
  },
  'engine.last-definition-forgotten': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table acct (id int primary key, n int); create table other (id int); insert into acct values (1, 7)');
      for (const [change, text] of [
        ['alter table acct alter column n type text', 'select n from acct where id = 1'],
        ['create index on acct (n)', 'update acct set n = n where id = 1'],
      ] as const) {
        const reader = db.connect();
        await reader.exec('begin isolation level repeatable read');
        await reader.query('select count(*) from other');
        await db.exec(change);
        await assert.rejects(reader.query(text), { code: '40001' });
        await reader.exec('rollback');
        // After another change of something else too.
        await reader.exec('begin isolation level repeatable read');
        await db.exec('create table if not exists third (id int)');
        assert.deepEqual((await reader.query('select n from acct where id = 1')).rows, [{ n: '7' }]);
        await reader.close();
      }
    } finally {
      await db.close();
    }
  },
  'engine.commit-forgets-deferred': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table p (id int primary key); create table c (id int primary key, p int references p deferrable initially deferred)');
      const session = db.connect();
      for (const text of ['begin', 'insert into c values (1, null)', 'commit', 'begin', 'insert into c values (2, 7)']) await session.query(text);
      await assert.rejects(session.query('commit'), { code: '23503' });
      assert.equal(session.transactionStatus, 'idle');
      assert.deepEqual((await session.query('select id from c')).rows, [{ id: 1 }]);
    } finally {
      await db.close();
    }
  },
  'engine.turn-forgets-commit': async () => {
    // No time passes: else the reader may have to wait because the turn has lasted long enough.
    const db = await open(':memory:', { autoAnalyze: false, clock: { now: () => Date.now(), monotonic: () => 0 } });
    try {
      await db.exec('create table t (id int primary key, n int); insert into t select i, 1 from generate_series(1, 1000) i');
      const { manager } = db.instance;
      shortenSlices(manager, 100, 10);
      const [writer, reader] = [db.connect(), db.connect()];
      await writer.exec('begin; update t set n = n + 1');
      const committing = writer.exec('commit');
      while (manager.sliced === undefined) await new Promise((resolve) => setImmediate(resolve));
      const { sliced } = manager;
      const reading = reader.query('select sum(n)::int as sum from t');
      assert.ok(manager.sliced === sliced, 'the commit has been finished for who can wait');
      await committing;
      assert.deepEqual((await reading).rows, [{ sum: 2000 }]);
    } finally {
      await db.close();
    }
  },
  'engine.pause-forgets-commit': async () => {
    const db = await open(':memory:', { autoAnalyze: false, timeSliceMs: 0 });
    try {
      await db.exec('create table t (id int primary key, n int); insert into t select i, 1 from generate_series(1, 3000) i');
      const { manager } = db.instance;
      shortenSlices(manager, 100, 10);
      const [writer, reader] = [db.connect(), db.connect()];
      await writer.exec('begin; update t set n = n + 1');
      // Long enough to be in the middle of its work when the commit begins, and to go on before that ends.
      let isRead = false;
      const reading = reader.query('select sum(a.n + b.n)::int as sum from t a, t b').finally(() => (isRead = true));
      await new Promise((resolve) => setImmediate(resolve));
      const committing = writer.exec('commit');
      while (manager.sliced === undefined) await new Promise((resolve) => setImmediate(resolve));
      const { sliced } = manager;
      assert.equal(isRead, false, 'the statement was over too soon');
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(manager.sliced === sliced, 'the commit has been finished for who can wait');
      await committing;
      assert.deepEqual((await reading).rows, [{ sum: 18_000_000 }]);
    } finally {
      await db.close();
    }
  },
  'engine.turn-forgets-queue': async () => {
    const vfs = new CrashVfs();
    const db = await open('turn.slt', { vfs });
    try {
      await db.exec('create table w (id int primary key, n int); insert into w select i, 0 from generate_series(1, 3) i');
      const text = 'update w set n = n * 10 + $1 where id = $2';
      const session = db.connect();
      for (let n = 0; n < 2; n++) await session.query(text, [0, 1]);
      const { instance } = session.backend;
      waitForTurn(instance.turn);
      const calls: Promise<unknown>[] = [];
      const { singles } = instance.manager;
      const follow = singles.follow.bind(singles);
      singles.follow = (made, listener) => {
        follow(made, listener);
        if (calls.length === 2) calls.push(session.query(text, [3, 1]));
      };
      calls.push(session.query(text, [1, 1]), session.query(text, [2, 1]));
      await calls[0];
      assert.equal(calls.length, 3, 'the first call was no single commit');
      await Promise.all(calls);
      assert.deepEqual((await db.query('select n from w where id = 1')).rows, [{ n: 123 }]);
    } finally {
      await db.close();
    }
  },
  'engine.fail-before-publication': async () => {
    const vfs = new CrashVfs();
    // A slow disk: commits gather for a sync that lets others run.
    let spentMs = 0;
    const takeTime = (operation: string): void => void (spentMs += operation === 'sync' || operation === 'writeThrough' ? 20 : 0);
    vfs.hooks.onOperation = takeTime;
    const clock: Clock = { now: () => realClock.now(), monotonic: () => realClock.monotonic() + spentMs };
    const db = await open('retry.slt', { vfs, clock });
    let finishSync = (): void => undefined;
    try {
      await db.exec('create table doctor (id int primary key, on_call int); insert into doctor values (1, 1), (2, 1)');
      const [alice, bob] = [db.connect(), db.connect()];
      const goOff = async (session: Session, id: number): Promise<number> => {
        const { rows } = await session.query<{ n: number }>('select sum(on_call)::int as n from doctor');
        if (rows[0]!.n > 1) await session.query('update doctor set on_call = 0 where id = $1', [id]);
        return rows[0]!.n;
      };
      for (const session of [alice, bob]) await session.exec('begin isolation level serializable');
      assert.deepEqual([await goOff(alice, 1), await goOff(bob, 2)], [2, 2]);
      const syncing = new Promise<void>((resolve) => {
        vfs.hooks.duringSync = () => new Promise((finish) => {
          finishSync = finish;
          resolve();
        });
      });
      const committing = alice.exec('commit');
      await syncing;
      // Alice's commit has its number but is not durable. Bob fails because of it, and has nothing to retry with until it can be seen.
      let isTold = false;
      const failing = bob.exec('commit').then(() => assert.fail('the cycle was not noticed'), (error: unknown) => {
        assert.equal((error as DatabaseError).code, '40001');
        isTold = true;
      });
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isTold, false, 'told before the other commit is published');
      vfs.hooks.duringSync = () => Promise.resolve();
      finishSync();
      await Promise.all([committing, failing]);
      await bob.exec('begin isolation level serializable');
      assert.equal(await goOff(bob, 2), 1);
      await bob.exec('commit');
    } finally {
      vfs.hooks = {};
      finishSync();
      await db.close();
    }
  },
};

export const engineMutants: readonly EngineMutant[] = engineMutantList.map(({ name }) => ({
  name,
  async run(_seed, trialsMax) {
    const by = `test/mutants/engine: ${name}`;
    const scenario = engineScenarios[name];
    if (scenario === undefined) return { killedAtTrial: undefined, by };
    // Nothing in it is random.
    for (let trial = 1; trial <= Math.min(trialsMax, 2); trial++) {
      mutants.plant(name);
      try {
        await scenario();
      } catch (error) {
        if (error instanceof AssertionError || error instanceof DatabaseError) return { killedAtTrial: trial, by };
        throw error;
      } finally {
        mutants.clear();
      }
    }
    return { killedAtTrial: undefined, by };
  },
}));
