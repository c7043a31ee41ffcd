/**
 * `npm run bench:stalls`: how long commits wait while checkpoints run. First the peak: so many clients, each committing as soon as its last commit is durable. Then
 * an open loop: transactions arrive at random at a share of that peak whether or not earlier ones are done, and each is timed from its arrival, so that all who
 * wait behind a stall are counted (no coordinated omission). Once with a checkpoint every second, once without any. Options: --rows 200000
 * --seconds 8 --shares 0.25,0.5,0.75 --clients 256 --plots (writes docs/plots/stalls.svg).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';
import { seededPrng } from '../../base/prng.js';
import { curve } from './plot.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' }, seconds: { type: 'string', default: '8' }, shares: { type: 'string', default: '0.25,0.5,0.75' }, clients: { type: 'string', default: '256' },
    plots: { type: 'boolean', default: false },
  },
});
const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
const rowCount = Number(values.rows);
const seconds = Number(values.seconds);
const prng = seededPrng(7);

const update = 'update item set n = n + 1, note = $2 where id = $1';
/** Bytes that make the log grow and pages dirty. */
const note = 'x'.repeat(100);

async function commitOne(session: Engine.Session): Promise<void> {
  for (;;) {
    try {
      await session.query(update, [prng.below(rowCount), note]);
      return;
    } catch (error) {
      if ((error as { isRetryable?: boolean }).isRetryable !== true) throw error;
    }
  }
}

/** Commits a second of all sessions in a closed loop. */
async function peakOf(sessions: readonly Engine.Session[]): Promise<number> {
  const end = performance.now() + 3000;
  let count = 0;
  await Promise.all(sessions.map(async (session) => {
    for (; performance.now() < end; count++) await commitOne(session);
  }));
  return count / 3;
}

/** Milliseconds from arrival to durable commit, in ascending order. */
async function openLoop(sessions: readonly Engine.Session[], perSecond: number): Promise<number[]> {
  const free = [...sessions];
  const waiting: number[] = [];
  const latencies: number[] = [];
  const running = new Set<Promise<void>>();
  const serve = async (session: Engine.Session, arrival: number): Promise<void> => {
    for (let next: number | undefined = arrival; next !== undefined; next = waiting.shift()) {
      await commitOne(session);
      latencies.push(performance.now() - next);
    }
    free.push(session);
  };
  const started = performance.now();
  let arrival = started;
  while (arrival < started + seconds * 1000) {
    for (const now = performance.now(); arrival <= now; arrival += (-Math.log(1 - prng.unit()) * 1000) / perSecond) {
      const session = free.pop();
      if (session === undefined) waiting.push(arrival);
      else {
        const one: Promise<void> = serve(session, arrival).finally(() => running.delete(one));
        running.add(one);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(running);
  return latencies.sort((a, b) => a - b);
}

const shares = values.shares.split(',').map(Number);
const points: { readonly name: string; readonly values: number[] }[] = [];
const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-stalls-'));
try {
  console.log('| checkpoints | peak commits/s | load | checkpoints | p50 ms | p99 ms | p99.9 ms | worst ms |\n|---|---|---|---|---|---|---|---|');
  for (const [kind, number] of [['one a second', 1], ['none', 2]] as const) {
    const db = await open(join(folder, `stalls-${number}.slt`), { checkpointWalBytes: 2 ** 32, checkpointIntervalMs: 0 });
    await db.exec(`create table item (id int primary key, n int not null, note text); insert into item select g, 0, '${note}' from generate_series(0, ${rowCount - 1}) g`);
    await db.checkpoint();
    const sessions = Array.from({ length: Number(values.clients) }, () => db.connect());
    await peakOf(sessions);
    const peak = await peakOf(sessions);
    const curves = ['p50', 'p99', 'p99.9'].map((name) => ({ name: `${name}, ${kind === 'none' ? 'none' : 'checkpoints'}`, values: [] as number[] }));
    const timer = kind === 'none' ? undefined : setInterval(() => void db.checkpoint(), 1000);
    for (const share of shares) {
      const before = db.stats().storage.checkpointCount;
      const latencies = await openLoop(sessions, peak * share);
      const at = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))]!;
      const shown = [0.5, 0.99, 0.999, 1].map(at);
      shown.slice(0, 3).forEach((value, i) => curves[i]!.values.push(value));
      console.log(`| ${kind} | ${peak.toFixed(0)} | ${share} of the peak | ${db.stats().storage.checkpointCount - before} | ${shown.map((value) => value.toFixed(2)).join(' | ')} |`);
    }
    clearInterval(timer);
    points.push(...curves);
    for (const session of sessions) await session.close();
    await db.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.plots) {
  const plots = join(import.meta.dirname, '../../docs/plots');
  mkdirSync(plots, { recursive: true });
  writeFileSync(join(plots, 'stalls.svg'), curve('ms from arrival to durable commit, by share of the peak (open loop)', shares, points));
}
process.exit(0);
