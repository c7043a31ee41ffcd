/**
 * A program whose only business is a call that waits for a timer must not end before that timer fires: each case runs in a process of its own, with nothing else
 * to keep it alive. (A file's lock or a server of the program would.)
 */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function run(body: string): { readonly status: number | null; readonly stdout: string } {
  const script = `import { DatabaseError, open } from './engine/index.ts'; import { realScheduler } from './base/scheduler.ts';\n${body}`;
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout };
}
const finished = { status: 0, stdout: 'done\n' };

test('pg_sleep', () => {
  expect(run(`const db = await open(':memory:'); await db.query('select pg_sleep(0.05)'); console.log('done');`)).toEqual(finished);
});

test('a lock timeout and a statement timeout while waiting', () => {
  expect(
    run(`
const db = await open(':memory:'), holder = db.connect(), waiter = db.connect();
await db.exec('create table t (id int)');
await holder.exec('begin; lock table t');
for (const [setting, code] of [['lock_timeout', '55P03'], ['statement_timeout', '57014']]) {
  await waiter.exec("set " + setting + " = '50ms'");
  const error = await waiter.query('select * from t').catch((error) => error);
  if (error.code !== code) throw error;
  await waiter.exec('reset ' + setting);
}
console.log('done');`),
  ).toEqual(finished);
});

test('a transaction that is tried again after a pause', () => {
  expect(
    run(`
const db = await open(':memory:');
let attempts = 0;
await db.transaction(() => {
  if (++attempts < 3) throw new DatabaseError('40001', 'again');
}, { retry: 5 });
console.log(attempts === 3 ? 'done' : attempts);`),
  ).toEqual(finished);
});

test('a lock that automatic ANALYZE holds while it rests', () => {
  expect(
    run(`
let resting = 0;
const scheduler = { yield: realScheduler.yield, after: (ms, fn, isAwaited) => { if (ms === 9) resting++; return realScheduler.after(ms >= 5000 ? 1 : ms, fn, isAwaited); } };
const db = await open(':memory:', { scheduler });
await db.exec('create table t (id int primary key, v text); insert into t select g, md5(g::text) from generate_series(1, 60000) g');
while (resting === 0) await realScheduler.yield();
await db.exec('analyze t');
console.log('done');`),
  ).toEqual(finished);
});
