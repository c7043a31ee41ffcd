/** Large commits give the event loop its turn; calls of other sessions wait, and synchronous ones find the commit whole. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { FaultVfs } from '../sim/fault-vfs.js';

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

test('a statement that comes meanwhile knows the catalog that is committed', async () => {
  const db = await open(':memory:', { autoAnalyze: false });
  await db.exec(`create table t (id int primary key, n int not null, s text); insert into t select g, g from generate_series(1, ${rowCount}) g`);
  const session = db.connect();
  const [read, write] = [db.prepare('select * from t where id = 5'), db.prepare('insert into t (id, n) values (-1, -1)')];
  read.all();
  await session.exec('begin; alter table t add check (n > 0), add extra int not null default 7, drop s; update t set n = n + 1');
  const committed = session.exec('commit');
  await new Promise((resolve) => setImmediate(resolve));
  expect(read.all()).toEqual([{ id: 5, n: 6, extra: 7 }]);
  expect(() => write.run()).toThrow(expect.objectContaining({ code: '23514' }));
  await committed;
  await db.close();
});

test('when the disk fails meanwhile, the commit fails and so does all that follows', async () => {
  const vfs = new FaultVfs(new MemoryVfs());
  const db = await open('x.db', { vfs, autoAnalyze: false });
  await db.exec(`create table t (id int primary key, s text); insert into t select g, repeat('x', 100) from generate_series(1, ${rowCount}) g`);
  const [writer, reader] = [db.connect(), db.connect()];
  await writer.exec("begin; update t set s = repeat('y', 100)");
  const committed = writer.exec('commit');
  vfs.fault = { kind: 'write', at: vfs.calls.get('write')! + 1, isForGood: true, code: '58030' };
  await expect(committed).rejects.toMatchObject({ code: '58030' });
  expect(writer.transactionStatus).toBe('idle');
  for (const session of [reader, writer]) await expect(session.query('select count(*) from t')).rejects.toMatchObject({ code: '58030' });
  await db.close();
});
