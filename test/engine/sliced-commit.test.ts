/** Large commits give the event loop its turn; calls of other sessions wait, and synchronous ones find the commit whole. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

const rowCount = 40_000;

test('a large commit lets the event loop go on, and is whole for who comes meanwhile', async () => {
  const db = await open(':memory:', { autoAnalyze: false });
  await db.exec(`create table t (id int primary key, n int not null); create index on t (n); insert into t select g, g from generate_series(1, ${rowCount}) g`);
  const [writer, reader] = [db.connect(), db.connect()];
  for (const isSynchronous of [false, true]) {
    await writer.exec('begin; update t set n = n + 1');
    const before = (await reader.query<{ sum: number }>('select sum(n) from t')).rows[0]!.sum;
    let turns = 0;
    let found: number | undefined;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; turns++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (turns !== 1) continue;
        if (isSynchronous) found = db.prepare<{ sum: number }>('select sum(n) from t').get()!.sum;
        else void reader.query<{ sum: number }>('select sum(n) from t').then(({ rows }) => (found = rows[0]!.sum));
      }
    })();
    await writer.exec('commit');
    isOver = true;
    await others;
    await reader.query('select');
    expect(found).toBe(before + rowCount);
    if (!isSynchronous) expect(turns).toBeGreaterThan(3);
  }
  await db.close();
});

test('closing meanwhile commits it', async () => {
  const db = await open(':memory:', { autoAnalyze: false });
  await db.exec('create table t (id int primary key)');
  const session = db.connect();
  await session.exec(`begin; insert into t select g from generate_series(1, ${rowCount}) g`);
  const committed = session.exec('commit');
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([committed, db.close()]);
});
