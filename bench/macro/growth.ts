/**
 * `npm run bench:growth`: how rates change with the number of rows, of clients, and with the size of the log. The pool is a tenth of the data. Prints
 * tables and writes the curves as SVG into docs/plots/ with --plots. Options: --rows 10000,100000,1000000 --clients 1,8,64,512 --log 1000,10000,100000.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';
import { seededPrng } from '../../base/prng.js';
import { csvChunks } from '../peers/peer.js';
import { curve } from './plot.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000,100000,1000000' }, clients: { type: 'string', default: '1,8,64,512' }, log: { type: 'string', default: '1000,10000,100000' },
    plots: { type: 'boolean', default: false }, step: { type: 'string' }, size: { type: 'string', default: '0' },
  },
});
const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
/** Bytes of a row on disk, about: what the pool is a tenth of. */
const rowBytes = 60;
const minPoolBytes = 4 * 1048576;

type Figures = Readonly<Record<string, number>>;

/** The steps run in processes of their own, so that none spoils the compiled code of the next. */
const steps: Readonly<Record<string, (size: number, directory: string) => Promise<Figures>>> = {
  rows: async (count, directory) => {
    const cacheBytes = Math.max(minPoolBytes, Math.round((count * rowBytes) / 10));
    const db = await open(join(directory, 'rows.slt'), { cacheBytes });
    await db.exec('create table item (id int primary key, owner int not null, name text not null, balance float8 not null)');
    const session = db.connect();
    const rows = function* (): Generator<readonly (string | number)[]> {
      for (let id = 0; id < count; id++) yield [id * 2, id % 1000, `item ${id}`, 100];
    };
    await session.copyFrom('copy item from stdin csv', csvChunks(rows()));
    await db.exec('checkpoint');
    const prng = seededPrng(5);
    const read = session.prepare('select id, owner, name, balance from item where id = $1');
    const reads = rate(() => read.get(prng.below(count) * 2), 2);
    let next = 1;
    await session.exec('begin');
    const insert = session.prepare(`insert into item values ($1, 1, 'new', 1)`);
    const inserts = rate(() => insert.run((next += 2)), 2);
    await session.exec('rollback');
    const sessions = Array.from({ length: 16 }, () => db.connect());
    const mixed = await concurrently(sessions, 2000, async (client) => {
      await client.query('begin isolation level serializable');
      const key = prng.below(count) * 2;
      await client.query('select balance from item where id = $1', [key]);
      await client.query('update item set balance = balance + 1 where id = $1', [key]);
      await client.query('commit');
    });
    const before = performance.now();
    await db.close();
    const closeMs = performance.now() - before;
    const started = performance.now();
    const again = await open(join(directory, 'rows.slt'), { cacheBytes });
    await again.query('select * from item where id = 0');
    const openMs = performance.now() - started;
    await again.close();
    return { 'point reads/s': reads, 'inserts/s': inserts, 'mixed transactions/s': mixed, 'close ms': closeMs, 'open ms': openMs };
  },
  clients: async (count, directory) => {
    const db = await open(join(directory, 'clients.slt'));
    await db.exec('create table item (id int primary key, n int not null); insert into item select g, 0 from generate_series(0, 9999) g');
    const sessions = Array.from({ length: count }, () => db.connect());
    const latencies: number[] = [];
    let key = 0;
    const commits = await concurrently(sessions, 3000, async (client) => {
      const started = performance.now();
      await client.query('update item set n = n + 1 where id = $1', [(key += 7) % 10_000]);
      latencies.push(performance.now() - started);
    });
    await db.close();
    latencies.sort((a, b) => a - b);
    return { 'commits/s': commits, 'p50 ms': latencies[Math.floor(latencies.length / 2)]!, 'p99 ms': latencies[Math.floor(latencies.length * 0.99)]! };
  },
  /** Recovery of a log of that many transactions of ten rows. */
  log: async (count, directory) => {
    const path = join(directory, 'log.slt');
    const db = await open(path);
    await db.exec('create table item (id int primary key, n int not null)');
    await db.exec('set synchronous_commit = off');
    const sql = `insert into item select $1 + g, 0 from generate_series(0, 9) g`;
    const session = db.connect();
    await session.exec('set synchronous_commit = off');
    for (let i = 0; i < count; i++) await session.query(sql, [i * 10]);
    await db.query('insert into item values (-1, 0)');
    // A copy of the files as they are now is what a killed process leaves.
    const copy = join(directory, 'copy');
    mkdirSync(copy);
    let logBytes = 0;
    for (const name of readdirSync(directory)) {
      if (!name.startsWith('log.slt') || name.endsWith('-lock')) continue;
      cpSync(join(directory, name), join(copy, name));
      if (name.includes('-wal-')) logBytes += statSync(join(directory, name)).size;
    }
    await db.close();
    const started = performance.now();
    const recovered = await open(join(copy, 'log.slt'));
    const recoveryMs = performance.now() - started;
    const rows = (await recovered.query<{ n: number }>('select count(*)::int as n from item')).rows[0]!.n;
    await recovered.close();
    return { 'log files MiB': logBytes / 1048576, 'recovery ms': recoveryMs, rows };
  },
};

/** Calls a second of something synchronous, over `seconds` after a short warm-up. */
function rate(work: () => unknown, seconds: number): number {
  for (let i = 0; i < 2000; i++) work();
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let i = 0; i < 100; i++) work();
    count += 100;
  }
  return (count * 1000) / (performance.now() - started);
}

/** Transactions a second of all sessions together; a conflict is tried again. */
async function concurrently(sessions: readonly Engine.Session[], milliseconds: number, work: (session: Engine.Session) => Promise<void>): Promise<number> {
  const started = performance.now();
  let count = 0;
  await Promise.all(sessions.map(async (session) => {
    while (performance.now() - started < milliseconds) {
      try {
        await work(session);
        count++;
      } catch (error) {
        if ((error as { isRetryable?: boolean }).isRetryable !== true) throw error;
        await session.query('rollback');
      }
    }
  }));
  const elapsed = performance.now() - started;
  for (const session of sessions) await session.close();
  return (count * 1000) / elapsed;
}

if (values.step !== undefined) {
  const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-growth-'));
  try {
    console.log(JSON.stringify(await steps[values.step]!(Number(values.size), directory)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.exit(0);
}

for (const [step, title] of [['rows', 'rows in the table, pool a tenth of the data'], ['clients', 'clients committing durably'], ['log', 'transactions in the log at the crash']] as const) {
  const sizes = values[step].split(',').map(Number);
  const results = sizes.map((size): Figures => {
    const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1]!, '--step', step, '--size', String(size)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.status !== 0) throw new Error(`${step} ${size} failed`);
    return JSON.parse(child.stdout.trim().split('\n').at(-1)!) as Figures;
  });
  const names = Object.keys(results[0]!);
  console.log(`\n| ${title} | ${names.join(' | ')} |\n|---|${names.map(() => '---').join('|')}|`);
  sizes.forEach((size, i) => console.log(`| ${size} | ${names.map((name) => results[i]![name]!.toFixed(results[i]![name]! < 100 ? 2 : 0)).join(' | ')} |`));
  if (!values.plots) continue;
  const folder = join(import.meta.dirname, '../../docs/plots');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `growth-${step}.svg`), curve(title, sizes, names.filter((name) => name !== 'rows').map((name) => ({ name, values: results.map((result) => result[name]!) }))));
}
