/**
 * `npm run bench:isolation`: what SERIALIZABLE costs beside REPEATABLE READ and READ COMMITTED. SmallBank (Alomari et al. 2008) and YCSB-like mixes, sixteen
 * transactions open at a time, many keys or few. A failed transaction is tried again until it commits, so failures cost what they cost. One database per
 * level, rounds interleaved in one process; committed transactions per second of processor time, the ratio of each round to its neighbour's, by processor time and
 * by the clock (which in a durable file waits for the disk).
 * Options: --rounds 8 --transactions 4000 --sessions 16 --file (a durable file instead of memory) --mix smallbank.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';
import { seededPrng } from '../../base/prng.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '8' }, transactions: { type: 'string', default: '4000' }, sessions: { type: 'string', default: '16' }, file: { type: 'boolean', default: false }, mix: { type: 'string' } },
});
const { open, DatabaseError } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;

type Level = 'read committed' | 'repeatable read' | 'serializable';
const levels: readonly Level[] = ['read committed', 'repeatable read', 'serializable'];

/** One statement of a transaction after the other; all draws are made before it begins, so that a second try is the same. */
type Program = readonly { readonly text: string; readonly params: readonly unknown[] }[];
interface Mix {
  readonly name: string;
  readonly setup: string;
  readonly draw: (below: (n: number) => number) => Program;
}

const customer = (below: (n: number) => number, count: number): number => below(count);

/** Balance 15 %, deposit 15 %, transact savings 15 %, amalgamate 15 %, write check 25 %, send payment 15 %. */
function smallbank(count: number): Mix {
  const savings = 'select bal from savings where id = $1';
  const checking = 'select bal from checking where id = $1';
  const addSavings = 'update savings set bal = bal + $2 where id = $1';
  const addChecking = 'update checking set bal = bal + $2 where id = $1';
  return {
    name: `SmallBank, ${count} customers`,
    setup: `create table account (name text primary key, id int not null); create table savings (id int primary key, bal float8 not null); create table checking (id int primary key, bal float8 not null);
      insert into account select 'c' || g, g from generate_series(0, ${count - 1}) g; insert into savings select g, 1000 from generate_series(0, ${count - 1}) g; insert into checking select g, 1000 from generate_series(0, ${count - 1}) g`,
    draw: (below) => {
      const a = customer(below, count);
      const b = (a + 1 + below(count - 1)) % count;
      const find = (id: number) => ({ text: 'select id from account where name = $1', params: [`c${id}`] });
      const kind = below(100);
      if (kind < 15) return [find(a), { text: savings, params: [a] }, { text: checking, params: [a] }];
      if (kind < 30) return [find(a), { text: addChecking, params: [a, 1] }];
      if (kind < 45) return [find(a), { text: savings, params: [a] }, { text: addSavings, params: [a, 2] }];
      if (kind < 60) return [find(a), find(b), { text: savings, params: [a] }, { text: checking, params: [a] }, { text: addSavings, params: [a, -1] }, { text: addChecking, params: [b, 1] }];
      if (kind < 85) return [find(a), { text: savings, params: [a] }, { text: checking, params: [a] }, { text: addChecking, params: [a, -5] }];
      return [find(a), find(b), { text: checking, params: [a] }, { text: addChecking, params: [a, -1] }, { text: addChecking, params: [b, 1] }];
    },
  };
}

/** Four operations a transaction; `scans`: one of them in ten walks twenty keys. */
function ycsb(name: string, count: number, updatePercent: number, scans: boolean): Mix {
  return {
    name: `YCSB ${name}, ${count} keys`,
    setup: `create table usertable (k int primary key, field text not null); insert into usertable select g, repeat('x', 100) from generate_series(0, ${count - 1}) g`,
    draw: (below) => Array.from({ length: 4 }, () => {
      const k = below(count);
      if (below(100) < updatePercent) return { text: 'update usertable set field = $2 where k = $1', params: [k, `y${below(1000)}`.padEnd(100, 'z')] };
      if (scans && below(10) === 0) return { text: 'select k, field from usertable where k >= $1 order by k limit 20', params: [k] };
      return { text: 'select field from usertable where k = $1', params: [k] };
    }),
  };
}

const mixes: readonly Mix[] = [
  smallbank(20_000), ycsb('A (half updates)', 20_000, 50, false), ycsb('B (5 % updates)', 20_000, 5, false), ycsb('E (scans, 5 % updates)', 20_000, 5, true),
  smallbank(100), ycsb('A (half updates)', 100, 50, false), ycsb('B (5 % updates)', 100, 5, false),
];

interface Runner {
  readonly level: Level;
  readonly db: Engine.Database;
  readonly sessions: readonly Engine.Session[];
  failures: number;
  committed: number;
}

async function start(mix: Mix, level: Level, directory: string): Promise<Runner> {
  const db = await open(values.file ? join(directory, `${level.replace(' ', '-')}.slt`) : ':memory:', { captureStacks: false });
  await db.exec(mix.setup);
  await db.exec('analyze');
  return { level, db, sessions: Array.from({ length: Number(values.sessions) }, () => db.connect()), failures: 0, committed: 0 };
}

/** Microseconds for each transaction that committed. */
interface Cost {
  readonly processor: number;
  readonly clock: number;
}

/** One round: `count` transactions over all sessions. */
async function round(runner: Runner, mix: Mix, count: number, seed: number): Promise<Cost> {
  const prng = seededPrng(seed);
  const below = (n: number): number => prng.below(n);
  let left = count;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(runner.sessions.map(async (session) => {
    while (left > 0) {
      left--;
      const program = mix.draw(below);
      while (!(await attempt(session, runner, program)));
    }
  }));
  const { user, system } = process.cpuUsage(before);
  runner.committed += count;
  return { processor: (user + system) / count, clock: ((performance.now() - startedAt) * 1000) / count };
}

async function attempt(session: Engine.Session, runner: Runner, program: Program): Promise<boolean> {
  await session.query(`begin isolation level ${runner.level}`);
  try {
    for (const { text, params } of program) await session.query(text, params);
    await session.query('commit');
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError) || !error.isRetryable) throw error;
    runner.failures++;
    if (session.transactionStatus !== 'idle') await session.query('rollback');
    return false;
  }
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

async function measure(mix: Mix): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'serialite-isolation-'));
  const runners = await Promise.all(levels.map((level) => start(mix, level, directory)));
  const times = levels.map((): Cost[] => []);
  const count = Number(values.transactions);
  for (const runner of runners) await round(runner, mix, count, 1);
  for (const runner of runners) {
    runner.failures = 0;
    runner.committed = 0;
  }
  for (let r = 0; r < Number(values.rounds); r++) {
    // Each level goes first in turn.
    for (let i = 0; i < runners.length; i++) {
      const at = (i + r) % runners.length;
      times[at]!.push(await round(runners[at]!, mix, count, 100 + r));
    }
  }
  const base = times[1]!;
  const cells = runners.map((runner, i) => {
    const share = (by: keyof Cost): string => `${(100 * median(times[i]!.map((time, r) => base[r]![by] / time[by]))).toFixed(0)} %`.padStart(6);
    return `${(1e6 / median(times[i]!.map((time) => time.processor))).toFixed(0).padStart(7)}/s ${share('processor')} ${share('clock')} ${((100 * runner.failures) / (runner.committed + runner.failures)).toFixed(2).padStart(6)} %`;
  });
  process.stdout.write(`${mix.name.padEnd(36)}${cells.join('   ')}\n`);
  for (const { db } of runners) await db.close();
  rmSync(directory, { recursive: true, force: true });
}

process.stdout.write(`committed transactions per second of processor time, share of REPEATABLE READ by processor time and by the clock, failed attempts; ${values.sessions} sessions, ${values.file ? 'durable file' : 'memory'}\n`);
process.stdout.write(`${''.padEnd(36)}${levels.map((level) => level.padEnd(32)).join('   ')}\n`);
for (const mix of mixes) if (values.mix === undefined || mix.name.toLowerCase().includes(values.mix.toLowerCase())) await measure(mix);
