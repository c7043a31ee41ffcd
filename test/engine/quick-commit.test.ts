/** Single statements of many sessions, as single commits or committed without a promise between change and log (engine/short-ways/quick-commit.ts), beside the same by the general way. */
import { expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';
import { engineScenarios } from '../mutants/engine.js';
import { waitForTurn } from './wait-for-turn.js';
import { CrashVfs } from '../sim/crash-vfs.js';

const texts = ['insert into w (id, n) values ($1, $2)', 'update w set n = n + $2 where id = $1', 'delete from w where id = $1', 'update w set n = n + $2 where id = $1 returning n', 'delete from w where id = $1 returning *', 'insert into w (id, n) values ($1, $2) returning id, n / 2 as h'] as const;

async function openTable(vfs: CrashVfs): Promise<Database> {
  const db = await open('quick.slt', { vfs });
  await db.exec('create table w (id int primary key, n float8 not null); insert into w select i, 0 from generate_series(1, 40) i');
  for (const [number, text] of texts.entries()) for (let id = 1 + number * 10; id <= 3 + number * 10; id++) await db.query(text, text.includes('$2') ? [id + 1000, 1] : [id + 1000]);
  return db;
}

/** As single commits where that may be, at once or in the next turn of the event loop, in transactions of their own, or by the general way. */
type Way = 'single' | 'next turn' | 'transaction' | 'general';

/** Counts the single commits of a database, or lets none be made. */
function countSingles(db: Database, way: Way): () => number {
  let count = 0;
  const { singles } = db.connect().backend.instance.manager;
  const follow = singles.follow.bind(singles);
  singles.follow = (made, listener) => {
    count++;
    follow(made, listener);
  };
  if (way === 'transaction') singles.begin = () => false;
  return () => count;
}

/** Counts the commits of transactions that go the short way. */
function countQuick(session: Session): () => number {
  let count = 0;
  const { block } = session.backend;
  const commitThen = block.commitThen.bind(block);
  block.commitThen = (transaction, listener) => {
    count++;
    commitThen(transaction, listener);
  };
  return () => count;
}

/** What each of twelve sessions was told, and the table afterwards. */
async function story(level: string, way: Way): Promise<{ readonly told: unknown; readonly rows: unknown; readonly quick: number; readonly singles: number }> {
  const db = await openTable(new CrashVfs());
  const isQuick = way !== 'general';
  const singles = countSingles(db, way);
  if (way === 'next turn') waitForTurn(db.connect().backend.instance.turn);
  try {
    const sessions = Array.from({ length: 12 }, () => db.connect());
    const counts = sessions.map(countQuick);
    const run = async (session: Session, text: string, params: readonly unknown[]): Promise<unknown> => {
      const { command, rowCount, rows, fields } = await (isQuick ? session.query(text, params) : session.query(text, params, { timeout: 60_000 }));
      return [command, rowCount, rows, fields];
    };
    const control = (session: Session, text: string): Promise<unknown> => (isQuick ? session.query(text) : session.query(text, undefined, { timeout: 60_000 }));
    const told = await Promise.all(sessions.map(async (session, number) => {
      await session.exec(`set default_transaction_isolation = '${level}'`);
      const answers: unknown[] = [];
      for (let i = 0; i < 12; i++) {
        const own = 100 + number * 20 + i;
        answers.push(await run(session, texts[0], [own, i]));
        if (level === 'read committed') answers.push(await run(session, texts[1], [1 + ((number + i) % 5), 1]));
        answers.push(await run(session, texts[1], [number + 10, 2]));
        if (i % 3 === 0) answers.push(await run(session, texts[2], [own]));
        answers.push(await run(session, texts[2], [own + 5000]));
        answers.push(await run(session, texts[3], [number + 10, 1]), await run(session, texts[5], [own + 7000, i]), await run(session, texts[4], [own + 7000 - (i % 3)]));
        answers.push(await run(session, texts[0], [1, 0]).catch((error: { readonly code: string }) => error.code));
        // Others must wait, or be waited for, at whatever point that is.
        if (i % 4 === number % 4) await session.exec('begin; lock table w in share mode; commit');
        if (i % 5 === 2) {
          await control(session, 'begin');
          answers.push(await run(session, texts[1], [number + 10, 1]));
          await control(session, 'commit');
        }
        if (i % 6 === 5) await session.exec(`begin; update w set n = n + 1 where id = ${number + 10}; commit`);
      }
      return answers;
    }));
    const { rows } = await db.query('select * from w order by id');
    return { told, rows, quick: counts.reduce((sum, count) => sum + count(), 0), singles: singles() };
  } finally {
    await db.close();
  }
}

test.each(['read committed', 'repeatable read', 'serializable'])('%s: twelve sessions are told the same, and leave the same', async (level) => {
  const [single, later, quick, general] = [await story(level, 'single'), await story(level, 'next turn'), await story(level, 'transaction'), await story(level, 'general')];
  for (const one of [single, later, quick]) {
    expect(one.told).toEqual(general.told);
    expect(one.rows).toEqual(general.rows);
  }
  for (const { singles } of [single, later]) {
    if (level === 'serializable') expect(singles).toBe(0);
    else expect(singles).toBeGreaterThan(100);
  }
  expect(quick.quick).toBeGreaterThan(150);
  expect([quick.singles, general.quick, general.singles]).toEqual([0, 0, 0]);
});

test('COMMIT of a block that fails: the outcome is told once, and the session is idle', async () => {
  const db = await openTable(new CrashVfs());
  const [one, two] = [db.connect(), db.connect()];
  for (const session of [one, two]) {
    await session.query('begin isolation level serializable');
    await session.query('select sum(n) as s from w where id < 20');
    await session.query(texts[1], [session === one ? 1 : 2, 1]);
  }
  expect(await one.query('commit')).toEqual({ command: 'COMMIT', rows: [], rowCount: null, fields: [] });
  await expect(two.query('commit')).rejects.toMatchObject({ code: '40001' });
  expect([one.transactionStatus, two.transactionStatus]).toEqual(['idle', 'idle']);
  expect((await two.query('select id, n from w where n > 0 and id < 20')).rows).toEqual([{ id: 1, n: 1 }]);
  await db.close();
});

test('calls of one session keep their order, whichever way they go', async () => {
  const db = await openTable(new CrashVfs());
  const session = db.connect();
  const seen: unknown[] = [];
  const calls = [1, 2, 3, 4, 5, 6].map((i) => (i % 2 === 0 ? session.query(texts[1], [1, i]) : session.query(texts[1], [1, i], { timeout: 60_000 })).then(() => seen.push(i)));
  const read = session.query('select n from w where id = 1').then(({ rows }) => seen.push(rows[0]));
  await Promise.all([...calls, read]);
  await session.close();
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, { n: 21 }]);
  await db.close();
});

test('a call that has waited for its turn stays before those behind it, whoever comes while it commits', async () => {
  await engineScenarios['engine.turn-forgets-queue']!();
});

test.each([['single', true], ['single', false], ['transaction', true], ['transaction', false]] as const)('%s: a disk that fails: all who wait are told that the outcome is unknown, and no session stays busy (written through: %s)', async (way, canWriteThrough) => {
  const vfs = new CrashVfs();
  vfs.canWriteThrough = canWriteThrough;
  const db = await openTable(vfs);
  const singles = countSingles(db, way);
  const sessions = Array.from({ length: 5 }, () => db.connect());
  const counts = sessions.map(countQuick);
  vfs.hooks.failsSync = () => true;
  const ends = await Promise.allSettled(sessions.map((session, i) => session.query(texts[1], [i + 1, 1])));
  expect(ends.map((end) => (end.status === 'rejected' ? (end.reason as { readonly code: string }).code : end.status))).toEqual(new Array(5).fill('58030'));
  expect([singles(), counts.reduce((sum, count) => sum + count(), 0)]).toEqual(way === 'single' ? [5, 0] : [0, 5]);
  for (const session of sessions) {
    expect(session.transactionStatus).toBe('idle');
    await expect(session.query(texts[1], [1, 1])).rejects.toMatchObject({ code: '58030' });
    await session.close();
  }
  await db.close().catch(() => undefined);
});
