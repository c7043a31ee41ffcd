/**
 * Random histories for as long as you like: `npx tsx test/mvcc/history-run.ts [transactions] [first seed] [fast]`; one
 * transaction and a seed replay that seed's window; `fast` leaves the invariants out. Prints what was run and what
 * was found; a violation prints its seed and ends the run with status 1.
 */
import { VERIFY } from '../../base/assert.js';
import { type RunTotals, runHistories } from './histories.js';

const target = Number(process.argv[2] ?? 300_000);
const firstSeed = Number(process.argv[3] ?? 1);
VERIFY.on = process.argv[4] !== 'fast';
const started = performance.now();
const totals: RunTotals = await runHistories(firstSeed, target, (line) => process.stdout.write(line + '\n'));
process.stdout.write(JSON.stringify(totals, undefined, 2) + `\n${((performance.now() - started) / 1000).toFixed(1)} s\n`);
process.exitCode = totals.violations.length > 0 ? 1 : 0;
