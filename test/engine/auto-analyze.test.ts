/** Statistics that refresh themselves: when they do, that plans follow, and that nobody waits for it or is aborted by it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { realClock } from '../../base/clock.js';
import { realScheduler, type Scheduler } from '../../base/scheduler.js';
import { open, type Database } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';

/** Long timers fire when the test says so; everything else is as it is. */
class HeldTimers implements Scheduler {
  #held: { delayMs: number; fn: () => void }[] = [];
  /** How long the short ones were. */
  readonly delaysMs: number[] = [];
  /** Short ones are held too. */
  holdsAll = false;
  yield(): Promise<void> {
    return realScheduler.yield();
  }
  after(delayMs: number, fn: () => void): { cancel(): void } {
    if (delayMs < 5000 && !this.holdsAll) {
      this.delaysMs.push(delayMs);
      return realScheduler.after(delayMs, fn);
    }
    const timer = { delayMs, fn };
    this.#held.push(timer);
    return { cancel: () => void (this.#held = this.#held.filter((t) => t !== timer)) };
  }
  get isResting(): boolean {
    return this.#held.some((timer) => timer.delayMs === 9);
  }
  /** Fires the look at the tables, as after ten seconds. */
  fire(): void {
    const due = this.#held.filter((timer) => timer.delayMs >= 5000 && timer.delayMs < 200_000);
    this.#held = this.#held.filter((timer) => !due.includes(timer));
    for (const timer of due) timer.fn();
  }
}

let db: Database;
let timers: HeldTimers;
beforeEach(async () => {
  timers = new HeldTimers();
  db = await open(':memory:', { scheduler: timers });
});
afterEach(() => db.close());

const estimate = async (table: string): Promise<number> => (await db.query<{ reltuples: number }>('select reltuples from pg_class where relname = $1', [table])).rows[0]!.reltuples;

/** Fires the timer and waits until the session it opened is gone. */
async function look(): Promise<void> {
  timers.fire();
  await ended();
}
async function ended(): Promise<void> {
  while (await isRunning()) await realScheduler.yield();
}
const isRunning = async (): Promise<boolean> => (await db.query("select 1 from pg_stat_activity where application_name = 'automatic analyze'")).rowCount !== 0;

test('a table is analysed once enough of it has changed, and again only after a tenth more', async () => {
  await db.exec('create table t (id int primary key, v int); insert into t select g, g % 7 from generate_series(1, 50) g');
  await look();
  expect(await estimate('t')).toBe(-1);
  await db.exec('insert into t select g, g % 7 from generate_series(51, 1000) g');
  await look();
  expect(await estimate('t')).toBe(1000);
  await db.exec('delete from t where id > 900');
  await look();
  expect(await estimate('t')).toBe(1000);
  await db.exec('update t set v = v + 1 where id <= 60');
  await look();
  expect(await estimate('t')).toBe(900);
});

test('what ANALYZE has seen is not analysed again', async () => {
  await db.exec('create table t (id int primary key, v int); insert into t select g, g % 7 from generate_series(1, 1000) g; analyze t');
  const { version } = db.instance.catalog;
  await look();
  expect(db.instance.catalog.version).toBe(version);
  await db.exec('insert into t select g, g % 7 from generate_series(1001, 1200) g');
  await look();
  expect(await estimate('t')).toBe(1200);
});

test('COPY, MERGE, cascades and TRUNCATE count', async () => {
  await db.exec('create table p (id int primary key); create table c (id int references p on delete cascade)');
  await db.copyFrom('copy p from stdin', [Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')]);
  await look();
  expect(await estimate('p')).toBe(100);
  await db.exec('merge into c using p on c.id = p.id when not matched then insert values (p.id)');
  await look();
  expect(await estimate('c')).toBe(100);
  await db.exec('delete from p');
  await look();
  expect(await estimate('c')).toBe(0);
  await db.exec('insert into c select null from generate_series(1, 100)');
  await look();
  await db.exec('truncate c');
  await look();
  expect(await estimate('c')).toBe(0);
});

test('a cached plan follows the new statistics', async () => {
  const plan = async (): Promise<string> => (await db.query<Record<string, string>>('explain (costs off) select * from big where v = 1')).rows.map((row) => row['QUERY PLAN']).join('\n');
  await db.exec('create table big (k int, v int); create index on big (v); insert into big select g, 1 from generate_series(1, 20000) g');
  expect(await plan()).toContain('Index');
  await look();
  expect(await plan()).toContain('Seq Scan');
});

test('it gives way to who waits for the table, and its turn comes again', async () => {
  await db.exec('create table t (id int primary key, v int); insert into t select g, 1 from generate_series(1, 200) g');
  const holder = db.connect();
  await holder.exec('begin; lock table t in share mode');
  await look();
  expect(await estimate('t')).toBe(-1);
  await holder.exec('rollback');
  await holder.close();
  await look();
  expect(await estimate('t')).toBe(200);
});

test('a change of the table does not wait until the analysis is over', async () => {
  await db.exec('create table t (id int primary key, v text); insert into t select g, repeat(md5(g::text), 20) from generate_series(1, 60000) g');
  timers.fire();
  while (!(await isRunning())) await realScheduler.yield();
  await db.exec('alter table t add column w int');
  await ended();
  expect(await estimate('t')).toBe(-1);
  await look();
  expect(await estimate('t')).toBe(60000);
});

test('it rests between its slices', async () => {
  await db.exec('create table t (id int primary key, v text); insert into t select g, md5(g::text) from generate_series(1, 60000) g');
  await look();
  expect(await estimate('t')).toBe(60000);
  expect(timers.delaysMs.filter((delay) => delay === 9).length).toBeGreaterThan(2);
});

test('who commits beside it keeps no old versions for it', async () => {
  await db.close();
  // Durable, so that there is something to be alone for; the clock moves when it is looked at, so that no sync seems slow.
  let nowMs = 0;
  db = await open('a.slt', { scheduler: timers, vfs: new MemoryVfs(), clock: { ...realClock, monotonic: () => (nowMs += 0.05) } });
  await db.exec('create table t (id int primary key, v text); insert into t select g, md5(g::text) from generate_series(1, 60000) g');
  const keeps = vi.spyOn(db.instance.manager.vacuum, 'add');
  const kept = async (): Promise<number> => {
    keeps.mockClear();
    await db.exec("begin; update t set v = 'new' where id in (1, 2, 3); commit");
    return keeps.mock.calls.length;
  };
  timers.holdsAll = true;
  timers.fire();
  while (!timers.isResting) await realScheduler.yield();
  expect(db.instance.manager.active.size).toBe(1);
  expect(await kept()).toBe(0);
  const other = db.connect();
  await other.exec('begin isolation level repeatable read; select count(*) from t');
  expect(await kept()).toBe(3);
  await other.close();
});

test('closing the database does not wait for a rest to be over', async () => {
  await db.exec('create table t (id int primary key, v text); insert into t select g, md5(g::text) from generate_series(1, 60000) g');
  timers.holdsAll = true;
  timers.fire();
  while (!timers.isResting) await realScheduler.yield();
  await db.close();
  expect(timers.isResting).toBe(false);
});

test('serializable and repeatable-read transactions that are open meanwhile go on', async () => {
  await db.exec('create table t (id int primary key, v int); insert into t select g, 1 from generate_series(1, 200) g');
  const sessions = [db.connect({ name: 'a' }), db.connect({ name: 'b' })];
  await sessions[0]!.exec('begin isolation level serializable; select sum(v) from t; update t set v = 2 where id = 1');
  await sessions[1]!.exec('begin isolation level repeatable read; select sum(v) from t');
  await look();
  expect(await estimate('t')).toBe(200);
  for (const session of sessions) {
    await session.exec('update t set v = 3 where id = 100 + (select count(*) from t)::int - 200 + ' + String(session.id % 7) + '; commit');
    await session.close();
  }
});

test('autoAnalyze: false leaves it to the user', async () => {
  await db.close();
  db = await open(':memory:', { scheduler: timers, autoAnalyze: false });
  await db.exec('create table t (id int); insert into t select g from generate_series(1, 200) g');
  await look();
  expect(await estimate('t')).toBe(-1);
});

test('tables that were never committed are forgotten, those still being made are not', async () => {
  const session = db.connect();
  await session.exec('begin; create table gone (id int); insert into gone select generate_series(1, 200)');
  await look();
  expect([...db.instance.executorEnv.tableChanges.entries()].map(([, count]) => count.rows)).toEqual([200]);
  await session.exec('rollback');
  await look();
  expect([...db.instance.executorEnv.tableChanges.entries()]).toEqual([]);
  await session.close();
});
