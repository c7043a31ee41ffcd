/**
 * `npm run bench:loop`: how long each kind of work keeps the event loop from others. A timer asks for its turn every millisecond; printed is how late it
 * came, at the median, the 99th percentile and at worst, while one workload runs for some seconds. The bound aimed at is 50 ms at the 99th percentile.
 * Beside it the same by processor time, for a machine that does other work too: between two turns of the timer, what the process used, at most what passed
 * (collecting garbage and syncing use other threads at the same time).
 * Options: --rows 300000 --seconds 2 --only TEXT.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '300000' }, seconds: { type: 'string', default: '2' }, only: { type: 'string' } } });
const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
const rows = Number(values.rows);

/** Milliseconds by which the timer was late, and those of them that this process used; both in ascending order. */
async function lateness(work: () => Promise<void>): Promise<{ late: number[]; used: number[] }> {
  const late: number[] = [];
  const used: number[] = [];
  let isOn = true;
  let expected = performance.now() + 1;
  let usage = process.cpuUsage();
  const tick = (): void => {
    const now = performance.now();
    const next = process.cpuUsage();
    late.push(Math.max(0, now - expected));
    used.push(Math.max(0, Math.min(now - expected, (next.user - usage.user + next.system - usage.system) / 1000)));
    expected = now + 1;
    usage = next;
    if (isOn) setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  isOn = false;
  return { late: late.sort((a, b) => a - b), used: used.sort((a, b) => a - b) };
}

const folder = mkdtempSync(join(tmpdir(), 'serialite-loop-'));
const db = await open(join(folder, 'loop.slt'), { autoAnalyze: false });
const fill = (table: string): string => `insert into ${table} select g, 'owner ' || g, (g::int8 * 7919 % 1000)::int, (g::int8 * 7919 % 100003)::float8 from generate_series(1, ${rows}) g`;
const columns = '(id int primary key, owner text not null, branch int not null, balance float8 not null)';
await db.exec(`create table account ${columns}; ${fill('account')}; create index on account (branch); analyze`);
const sessions = Array.from({ length: 16 }, () => db.connect());

function* csv(): Generator<string> {
  for (let id = 1; id <= rows; id += 1000) yield Array.from({ length: 1000 }, (_, i) => `${id + i},owner ${id + i},${(id + i) % 1000},${id + i}\n`).join('');
}

const query = (text: string) => async (): Promise<void> => void (await db.query(text));
/** Changes all rows while another transaction is open, with a snapshot of before. */
const besideOpen = (level: string) => async (): Promise<void> => {
  const [open, writer] = [sessions[0]!, sessions[1]!];
  await open.exec(`begin isolation level ${level === 'serializable' ? level : 'repeatable read'}; select balance from account where id = 1`);
  await writer.exec(`begin isolation level ${level}; update account set balance = balance + 1; commit`);
  await open.exec('commit');
};
const workloads: readonly (readonly [name: string, run: () => Promise<void>])[] = [
  ['point reads, 16 sessions', async () => void (await Promise.all(sessions.map(async (session, n) => {
    for (let i = 0; i < 500; i++) await session.query('select * from account where id = $1', [1 + ((n * 500 + i) % rows)]);
  })))],
  ['durable updates, 16 sessions', async () => void (await Promise.all(sessions.map(async (session, n) => {
    for (let i = 0; i < 50; i++) await session.query('update account set balance = balance + 1 where id = $1', [1 + ((n * 50 + i) % rows)]);
  })))],
  ['scan with sum', query('select sum(balance) from account')],
  ['group by', query('select branch, sum(balance) from account group by branch')],
  ['sort of all rows', query('select id from account order by owner desc offset 1000000')],
  ['window total', query('select max(t) from (select sum(balance) over (partition by branch order by id) as t from account) w')],
  ['hash join', query('select count(*) from account a join account b on a.id = b.id')],
  ['array_agg and string_agg', query('select length(string_agg(owner, \',\')), cardinality(array_agg(id)) from account')],
  ['regular expressions', query('select count(*) from account where owner ~ \'9+$\'')],
  ['all rows to the program', query('select * from account')],
  ['update of all rows', query('update account set balance = balance + 1')],
  ['the same beside an open transaction', besideOpen('read committed')],
  ['both serializable', besideOpen('serializable')],
  ['insert ... select', async () => void (await db.exec(`create table copied ${columns}; ${fill('copied')}; drop table copied`))],
  ['COPY', async () => {
    await db.exec(`create table loaded ${columns}`);
    await db.copyFrom('copy loaded from stdin csv', csv());
    await db.exec('drop table loaded');
  }],
  ['create index', async () => void (await db.exec('create index by_owner on account (owner); drop index by_owner'))],
  ['analyze', query('analyze account')],
  ['checkpoint', async () => {
    await db.query('update account set balance = balance - 1 where id % 10 = 0');
    await db.checkpoint();
  }],
  ['vacuum', query('vacuum account')],
  ['full check', async () => void (await db.check('full'))],
];

const heading = (texts: readonly string[]): string => texts.map((text) => text.padStart(10)).join('');
process.stdout.write(`milliseconds a timer of 1 ms came late, ${rows} rows\n${''.padEnd(32)}${heading(['median', 'p99', 'worst', 'cpu p99', 'cpu worst'])}\n`);
for (const [name, run] of workloads) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  await run();
  const { late, used } = await lateness(async () => {
    const end = performance.now() + Number(values.seconds) * 1000;
    do await run();
    while (performance.now() < end);
  });
  const at = (of: readonly number[], share: number): string => of[Math.min(of.length - 1, Math.floor(of.length * share))]!.toFixed(1).padStart(10);
  process.stdout.write(`${name.padEnd(32)}${at(late, 0.5)}${at(late, 0.99)}${at(late, 1)}${at(used, 0.99)}${at(used, 1)}\n`);
}
for (const session of sessions) await session.close();
await db.close();
rmSync(folder, { recursive: true, force: true });
