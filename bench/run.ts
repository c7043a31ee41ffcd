/**
 * `npm run bench`: every case on every engine, each pair in a process of its own, in interleaved rounds; prints median rates and the ratio to the
 * best peer with its spread over the rounds. Options: --rounds N, --seconds S, --only TEXT, --engines a,b.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './cases.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '1' }, only: { type: 'string' }, engines: { type: 'string', default: 'serialite,better-sqlite3,pglite' } },
});
const engines = values.engines.split(',');
const child = join(import.meta.dirname, existsSync(join(import.meta.dirname, 'child.js')) ? 'child.js' : 'child.ts');
const runner = child.endsWith('.ts') ? ['--import', 'tsx', child] : [child];

interface Sample {
  readonly rate: number;
  readonly checksum: string;
  readonly version: string;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const short = (n: number): string => (n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : n.toFixed(1));

console.log(`| workload | unit | ${engines.join(' | ')} | ratio to best peer (spread) |`);
console.log(`|---|---|${engines.map(() => '---|').join('')}---|`);
for (const bench of cases) {
  if (values.only !== undefined && !bench.name.includes(values.only)) continue;
  const samples = new Map<string, Sample[]>(engines.map((engine) => [engine, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const engine of engines) {
      const output = execFileSync(process.execPath, [...runner, engine, bench.name, values.seconds], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      samples.get(engine)!.push(JSON.parse(output.trim().split('\n').at(-1)!) as Sample);
    }
  }
  const checksums = new Set([...samples.values()].flat().map((s) => s.checksum));
  const ours = samples.get('serialite') ?? [];
  const ratios = ours.map((sample, round) => sample.rate / Math.max(...engines.filter((e) => e !== 'serialite').map((e) => samples.get(e)![round]!.rate)));
  const ratio = ratios.length === 0 || engines.length < 2 ? '' : `${median(ratios).toFixed(2)}x (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
  const note = checksums.size > 1 ? ' ANSWERS DIFFER' : '';
  console.log(`| ${bench.name} | ${bench.unit} | ${engines.map((e) => short(median(samples.get(e)!.map((s) => s.rate)))).join(' | ')} | ${ratio}${note} |`);
}
