/**
 * `npm run mutants [names]`: plants each deliberate bug in turn and prints which test killed it after how many trials. Fails when one survives. Options:
 * --seed N, --trials N (at most that many trials each).
 */
import { parseArgs } from 'node:util';
import { btreeMutants } from './btree.js';
import { engineMutants } from './engine.js';
import { executorMutants } from './executor.js';
import { mvccMutants } from './mvcc.js';
import { storageMutants } from './storage.js';

interface Mutant {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<{ readonly killedAtTrial: number | undefined; readonly by: string }>;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: '1' }, trials: { type: 'string', default: '5000' } } });
const all: readonly Mutant[] = [...storageMutants, ...btreeMutants, ...mvccMutants, ...executorMutants, ...engineMutants];
const wanted = all.filter((mutant) => positionals.length === 0 || positionals.some((part) => mutant.name.includes(part)));
let alive = 0;
for (const mutant of wanted) {
  const started = performance.now();
  const { killedAtTrial, by } = await mutant.run(Number(values.seed), Number(values.trials));
  if (killedAtTrial === undefined) alive++;
  const verdict = killedAtTrial === undefined ? `SURVIVED ${values.trials} trials` : `killed at trial ${killedAtTrial}`;
  console.log(`${mutant.name.padEnd(48)} ${verdict.padEnd(24)} ${by} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
console.log(`${wanted.length - alive} of ${wanted.length} mutants killed`);
process.exit(alive > 0 ? 1 : 0);
