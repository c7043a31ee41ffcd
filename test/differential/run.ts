/**
 * `npm run differential -- [--statements N] [--minutes M] [--seed S] [--round R] [--until K] [--no-reduce] [--most M] [--only query,change]`: random statements on
 * Serialite and PostgreSQL in lockstep. `--round` with `--seed` replays one round; `--minutes`, SIGINT and SIGTERM end
 * the run after the round in hand. Tells its count every minute. Exit code 1 when a difference is not explained.
 */
import { parseArgs } from 'node:util';
import { requirePostgres } from '../oracle/postgres-server.js';
import { runDifferential, type DifferentialReport } from './differential.js';
import { LongRun } from './long-run.js';
import type { Sort } from './round.js';

const { values } = parseArgs({
  allowNegative: true,
  options: { statements: { type: 'string', default: '100000' }, minutes: { type: 'string', default: 'Infinity' }, seed: { type: 'string', default: '1' }, round: { type: 'string' }, until: { type: 'string' }, reduce: { type: 'boolean', default: true }, most: { type: 'string', default: '20' }, only: { type: 'string' }, help: { type: 'boolean', default: false }, database: { type: 'string', default: 'serialite_differential' } },
});
if (values.help) {
  console.log('npm run differential -- [--statements N] [--minutes M] [--seed S] [--round R] [--until K] [--no-reduce] [--most M] [--only query,change,definition,control,session,mistake] [--database NAME]');
  process.exit(0);
}
const server = await requirePostgres();
const started = performance.now();
const run = new LongRun(Number(values.minutes));
const totals = ({ statements, rounds, failed, differences }: DifferentialReport): string =>
  `${statements} statements in ${rounds} rounds, ${failed} of them errors in PostgreSQL: ${differences.length} differences not explained, ${((performance.now() - started) / 1000).toFixed(0)} s`;
const report = await runDifferential(server, {
  seed: Number(values.seed), statements: Number(values.statements), round: values.round === undefined ? undefined : Number(values.round), until: values.until === undefined ? undefined : Number(values.until),
  reduces: values.reduce, most: Number(values.most), sorts: values.only === undefined ? undefined : new Set(values.only.split(',') as Sort[]), database: values.database, print: console.log,
  goesOn: () => run.goesOn(), onRound: (soFar) => run.tell(() => totals(soFar)),
});
for (const [reason, count] of report.explained) console.log(`explained: ${count} x ${reason}`);
console.log(totals(report));
server.stop();
process.exitCode = report.differences.length > 0 ? 1 : 0;
