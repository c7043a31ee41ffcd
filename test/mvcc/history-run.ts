/**
 * `npm run histories`: random histories for as long as you like, each judged against the full dependency graph. Options: --count N transactions (300,000),
 * --seed N the first seed (1), --mix NAME one mix only, --verify with the expensive invariants, --slices with large commits in slices. `--count 1` and a seed replay that seed's window.
 * Prints the totals; a violation prints its seed and ends the run with status 1.
 */
import { parseArgs } from 'node:util';
import { VERIFY } from '../../base/assert.js';
import { type RunTotals, mixes, runHistories, slicedMixes } from './histories.js';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '300000' }, seed: { type: 'string', default: '1' }, mix: { type: 'string' }, verify: { type: 'boolean', default: false }, slices: { type: 'boolean', default: false } },
});
VERIFY.on = values.verify;
const started = performance.now();
const totals: RunTotals = await runHistories(Number(values.seed), Number(values.count), (line) => process.stdout.write(line + '\n'), values.mix, values.slices ? slicedMixes : mixes);
process.stdout.write(JSON.stringify(totals, undefined, 2) + `\n${((performance.now() - started) / 1000).toFixed(1)} s\n`);
process.exitCode = totals.violations.length > 0 ? 1 : 0;
