/**
 * `npm run bench`: every case on every engine, each pair in a process of its own, in interleaved rounds. Prints the median of each engine and our ratio to
 * the best rival (better-sqlite3, sql.js, Turso, PGlite) with its spread over the rounds; DuckDB and PostgreSQL stand beside for comparison.
 *
 *   --rounds N (3)   --seconds S (1)   --only TEXT   --engines a,b   --json FILE writes the figures
 *   --cpu            operations a second of processor time, for a machine that does other work too (engines in process, cases without the disk)
 *   --check          exits with 1 when a ratio is more than a fifth below that in bench/baseline.json by the same clock (without --cpu: on a quiet machine)
 *   --baseline       writes the ratios of this run into bench/baseline.json
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './cases.js';
import type { BenchCase } from './cases/case.js';
import type { Sample } from './child.js';
import { engines } from './engines.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '1' }, only: { type: 'string' }, engines: { type: 'string' }, json: { type: 'string' },
    cpu: { type: 'boolean', default: false }, check: { type: 'boolean', default: false }, baseline: { type: 'boolean', default: false },
  },
});
const baselinePath = join(import.meta.dirname, 'baseline.json');
/** Ratios by the clock they were measured with: the wall's or the processor's. */
type Baseline = Partial<Record<'wall' | 'cpu', Record<string, number>>>;
const clock = values.cpu ? 'cpu' : 'wall';
const readBaseline = (): Baseline => JSON.parse(readFileSync(baselinePath, 'utf8')) as Baseline;
const chosen = engines.filter((engine) => values.engines === undefined || values.engines.split(',').includes(engine.name));
const child = join(import.meta.dirname, 'child.ts');

function measure(engine: string, bench: BenchCase): Sample | undefined {
  const result = spawnSync(process.execPath, ['--import', 'tsx', child, engine, bench.name, values.seconds, clock], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const line = result.stdout.trim().split('\n').at(-1) ?? '';
  if (result.status === 0 && line.startsWith('{')) return JSON.parse(line) as Sample;
  process.stderr.write(`${bench.name} on ${engine}: ${result.stderr.trim().split('\n').find((text) => /error/i.test(text)) ?? `ended with ${result.status ?? 'a timeout'}`}\n`);
  return undefined;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function short(n: number | undefined): string {
  if (n === undefined || Number.isNaN(n)) return '–';
  return n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : n.toFixed(1);
}

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly ratio: number | undefined;
  readonly spread: readonly [number, number] | undefined;
  readonly target: number | undefined;
  readonly stretch: number | undefined;
}

function runCase(bench: BenchCase): { readonly row: Row; readonly note: string } {
  const rounds = bench.isLong ? Math.ceil(Number(values.rounds) / 3) : Number(values.rounds);
  const samples = new Map<string, (Sample | undefined)[]>(chosen.map((engine) => [engine.name, []]));
  for (let round = 0; round < rounds; round++) for (const engine of chosen) samples.get(engine.name)!.push(measure(engine.name, bench));
  const valueAt = (engine: string, round: number): number | undefined => samples.get(engine)![round]?.value;
  const ratios: number[] = [];
  for (let round = 0; round < rounds && samples.has('serialite'); round++) {
    const ours = valueAt('serialite', round);
    const rivals = chosen.filter((engine) => engine.isRival).map((engine) => valueAt(engine.name, round)).filter((value) => value !== undefined);
    if (ours === undefined || rivals.length === 0) continue;
    ratios.push(bench.isSize ? Math.min(...rivals) / ours : ours / Math.max(...rivals));
  }
  const figures: Record<string, number> = {};
  for (const engine of chosen) {
    const measured = samples.get(engine.name)!.map((sample) => sample?.value).filter((value) => value !== undefined);
    if (measured.length > 0) figures[engine.name] = median(measured);
  }
  // Engines with fewer rows have other answers.
  const answers = new Set([...samples.values()].flat().filter((sample) => sample?.value !== undefined && sample.scale === 1).map((sample) => sample!.checksum));
  return {
    row: {
      name: bench.name, unit: bench.unit, figures, ratio: ratios.length === 0 ? undefined : median(ratios), spread: ratios.length === 0 ? undefined : [Math.min(...ratios), Math.max(...ratios)],
      target: bench.target, stretch: bench.stretch,
    },
    note: answers.size > 1 ? ' ANSWERS DIFFER' : '',
  };
}

console.log(`| workload | unit | ${chosen.map((engine) => engine.name).join(' | ')} | ratio to best rival (spread) | target |`);
console.log(`|---|---|${chosen.map(() => '---').join('|')}|---|---|`);
const rows: Row[] = [];
for (const bench of cases) {
  if (values.only !== undefined && !bench.name.includes(values.only)) continue;
  const { row, note } = runCase(bench);
  rows.push(row);
  const ratio = row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}x (${row.spread![0].toFixed(2)}-${row.spread![1].toFixed(2)})`;
  const target = row.target === undefined ? '' : `${Number(row.target.toFixed(2))}x`;
  console.log(`| ${row.name} | ${row.unit} | ${chosen.map((engine) => short(row.figures[engine.name])).join(' | ')} | ${ratio}${note} | ${target} |`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 1)}\n`);
if (values.baseline) {
  const old = existsSync(baselinePath) ? readBaseline() : {};
  const ratios = (old[clock] ??= {});
  for (const row of rows) if (row.ratio !== undefined) ratios[row.name] = Number(row.ratio.toFixed(2));
  writeFileSync(baselinePath, `${JSON.stringify(old, undefined, 1)}\n`);
}
if (values.check) {
  const baseline = readBaseline()[clock] ?? {};
  for (const row of rows) if (row.ratio !== undefined && baseline[row.name] === undefined) console.log(`${row.name}: nothing to compare with`);
  const fallen = rows.filter((row) => row.ratio !== undefined && baseline[row.name] !== undefined && row.ratio < baseline[row.name]! * 0.8);
  for (const row of fallen) console.log(`${row.name}: ${row.ratio!.toFixed(2)}x, was ${baseline[row.name]!.toFixed(2)}x`);
  process.exitCode = fallen.length > 0 ? 1 : 0;
}
