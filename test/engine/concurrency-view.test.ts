/** pg_stat_concurrency: the counters, and that ordinary workloads reach no bound. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { runWorkload } from '../../lab/generator/run-workload.js';
import { workloads } from '../../lab/generator/workload.js';
import { targetOver } from '../../lab/targets/serialite.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
});
afterAll(() => db.close());

const counters = async (): Promise<Map<string, number>> =>
  new Map((await db.query<{ name: string; value: number }>('select name, value from pg_stat_concurrency')).rows.map((row) => [row.name, row.value]));

test('ordinary workloads escalate nothing', async () => {
  for (const workload of workloads.filter((w) => ['points', 'ranges', 'long-readers'].includes(w.name))) {
    await runWorkload(targetOver(db), workload, 'serializable', 5, 80);
    await db.exec('drop table child, reg, lists; drop sequence ids');
  }
  const seen = await counters();
  expect(seen.get('serialization_failures')).toBeGreaterThan(0);
  for (const name of ['nodes_merged', 'forced_drops', 'siread_escalations', 'undo_stubs', 'snapshots_cancelled']) expect([name, seen.get(name)]).toEqual([name, 0]);
});

test('a transaction that reads more single keys than the bound is escalated and counted', async () => {
  await db.exec('create table wide (id int primary key, v int); insert into wide select 2 * g, 0 from generate_series(1, 20000) g');
  const session = db.connect();
  await session.query('begin isolation level serializable');
  const one = session.prepare('select v from wide where id = $1');
  for (let id = 0; id < 17_000; id++) one.get(2 * id);
  expect((await counters()).get('siread_escalations')).toBeGreaterThan(0);
  await session.query('rollback');
  await session.close();
});

test('committed transactions that a long reader keeps are merged beyond their bound, counted, and forgotten when it ends', async () => {
  await db.exec('create table kept (k int primary key, v int); insert into kept select g, g from generate_series(1, 50) g');
  const [reader, writer] = [db.connect(), db.connect()];
  await reader.exec('begin isolation level serializable; select count(*) from kept where k < 10; update kept set v = 0 where k = 50');
  await writer.exec('set default_transaction_isolation to serializable');
  const step = (i: number): Promise<unknown> => writer.exec(`begin; select v from kept where k = ${10 + (i % 30)}; update kept set v = v + 1 where k = ${10 + ((i + 1) % 30)}; commit`);
  for (let i = 0; i < 4200; i++) await step(i);
  expect((await counters()).get('nodes_kept')).toBeLessThanOrEqual(4096);
  expect((await counters()).get('nodes_merged')).toBeGreaterThan(0);
  await reader.exec('commit');
  for (let i = 0; i < 10; i++) await step(i);
  expect((await counters()).get('nodes_kept')).toBeLessThan(10);
  await Promise.all([reader.close(), writer.close()]);
});

test('finished transactions that a kept one precedes are dropped beyond their bound and counted, and nobody fails needlessly for it', async () => {
  await db.exec('create table chain (k int primary key, v int); insert into chain values (1, 0), (2, 0), (3, 0)');
  const [early, late, writer] = [db.connect(), db.connect(), db.connect()];
  await early.exec('begin isolation level serializable; select v from chain where k = 1');
  await writer.exec('set default_transaction_isolation to serializable');
  await writer.exec('update chain set v = 1 where k = 1'); // early precedes this one,
  for (let i = 0; i < 200; i++) await writer.exec('update chain set v = v + 1 where k = 2'); // and this one each of these.
  await late.exec('begin isolation level serializable; select v from chain where k = 3');
  const before = (await counters()).get('forced_drops')!;
  await early.exec('commit'); // It ended after late began, so it is kept, and so is what follows it, up to the bound.
  expect((await counters()).get('forced_drops')! - before).toBe(201 - 128);
  await late.exec('update chain set v = 1 where k = 3; commit');
  expect((await db.query('select v from chain order by k')).rows).toEqual([{ v: 1 }, { v: 200 }, { v: 1 }]);
  await writer.exec('update chain set v = 0 where k = 3');
  expect((await counters()).get('nodes_kept')).toBe(0);
  await Promise.all([early.close(), late.close(), writer.close()]);
});

test('a comment, a statistics target or a new index on a table fails no older snapshot that reads it; a new column does', async () => {
  await db.exec('create table described (k int primary key, v int); insert into described values (1, 1)');
  const old = db.connect();
  for (const [change, failure] of [
    ["comment on table described is 'rows'", undefined], ["comment on column described.v is 'value'", undefined], ['alter table described alter column v set statistics 500', undefined],
    ['create index described_v on described (v)', undefined], ["comment on index described_v is 'by value'", undefined], ['alter table described add column w int', '40001'],
  ] as const) {
    await old.exec('begin isolation level repeatable read; select count(*) from chain');
    await db.exec(change);
    const reading = old.query('select v from described where v = 1');
    if (failure === undefined) expect([change, (await reading).rows]).toEqual([change, [{ v: 1 }]]);
    else await expect(reading).rejects.toMatchObject({ code: failure });
    await old.exec('rollback');
  }
  // The same in functions, whose plans are kept.
  await db.exec("drop index described_v; create function ones() returns bigint language sql stable as 'select count(*) from described where v = 1'; insert into described select g, g from generate_series(2, 500) g; analyze described");
  expect((await old.query('select ones() as n')).rows).toEqual([{ n: 1 }]);
  await old.exec('begin isolation level repeatable read; select count(*) from chain');
  await db.exec('create index described_v on described (v)');
  expect((await db.query('select ones() as n')).rows).toEqual([{ n: 1 }]); // plans the body with the index
  expect((await old.query('select ones() as n')).rows).toEqual([{ n: 1 }]);
  await old.exec('rollback');
  // Whoever writes would have to keep an index that its snapshot does not have; a comment changes nothing for it either.
  await old.exec('begin isolation level repeatable read; select count(*) from chain');
  await db.exec("comment on table described is 'other rows'");
  await old.exec('update described set v = 2 where k = 1; commit');
  await old.close();
});
