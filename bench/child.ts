/** One engine and one case in a process of its own, measured by benny; prints one line of JSON. Run by run.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import benny from 'benny';
import { cases } from './cases.js';
import type { BenchRun } from './cases/case.js';
import { engines } from './engines.js';

export interface Sample {
  /** Operations a second, or the figure of a case about sizes; undefined where the engine cannot run the case. */
  readonly value: number | undefined;
  readonly checksum: string;
  readonly version: string;
  readonly scale: number;
  readonly rssBytes: number;
}

const [engineName = '', caseName = '', seconds = '1', clock = 'wall'] = process.argv.slice(2);
const bench = cases.find((c) => c.name === caseName);
const engine = engines.find((e) => e.name === engineName);
if (bench === undefined || engine === undefined) throw new Error(`no case "${caseName}" or engine "${engineName}"`);
const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-bench-'));
try {
  const db = await (await engine.load()).open(directory);
  const scale = bench.isLong ? engine.longScale : 1;
  const sample = { version: db.version, scale };
  if (bench.needsDurability && !db.isDurable) print({ ...sample, value: undefined, checksum: '', rssBytes: 0 });
  else {
    const run = await bench.setup(db, scale);
    const before = bench.isLong ? '' : await checksumOfBatch(run);
    const value = bench.isLong ? await once(run) : clock === 'cpu' || run.restore !== undefined ? await inStretches(run) : await sampled(run);
    print({ ...sample, value, checksum: bench.isLong ? await run.checksum() : before, rssBytes: process.memoryUsage.rss() });
  }
  await db.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);

function print(sample: Sample): void {
  console.log(JSON.stringify(sample));
}

/** Of the state that is measured, or after a batch where each is undone. */
async function checksumOfBatch({ batch, restore, checksum }: BenchRun): Promise<string> {
  if (restore === undefined) return checksum();
  await batch();
  const text = await checksum();
  await restore();
  return text;
}

/** A batch that is long enough by itself. What setting up has left is collected before the clock starts: it is not of the batch, and only those who allocate in it would pay for it. */
async function once(run: BenchRun): Promise<number> {
  collectGarbage();
  const started = now();
  await run.batch();
  const seconds = now() - started;
  return run.figure === undefined ? run.operationsPerBatch / seconds : run.figure();
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Operations a second by the clock, after a warm-up as long as what is measured: what is compared is a rate that lasts, and the first thousands of calls are spent compiling. */
async function sampled(run: BenchRun): Promise<number> {
  for (const began = performance.now(); performance.now() < began + 1000 * Number(seconds); ) await run.batch();
  const { log } = console;
  console.log = () => undefined;
  // benny first calls a case without waiting for it, to learn whether it is asynchronous; batches must not overlap.
  let tail: Promise<void> = Promise.resolve();
  const summary = await benny.suite(
    caseName,
    benny.add(engineName, () => (tail = tail.then(run.batch)), { minSamples: 5, maxTime: Number(seconds) }),
    benny.cycle(() => ''),
  );
  console.log = log;
  return run.operationsPerBatch / summary.results[0]!.details.median;
}

/** By the clock, or of this process's processor time, of whatever else the machine does. */
function now(): number {
  if (clock !== 'cpu') return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Operations a second: after a warm-up of as much, the median of stretches of 20 ms. What restores the state between two batches is part of neither. */
async function inStretches(run: BenchRun): Promise<number> {
  const total = Number(seconds);
  const rates: number[] = [];
  for (let spent = 0; spent < 2 * total || rates.length < 5; ) {
    const isWarm = spent >= total;
    let stretch = 0;
    let count = 0;
    do {
      const started = now();
      await run.batch();
      stretch += now() - started;
      count += run.operationsPerBatch;
      await run.restore?.();
    } while (stretch < 0.02);
    spent += stretch;
    if (isWarm) rates.push(count / stretch);
  }
  return rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)]!;
}
