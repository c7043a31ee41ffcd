/**
 * `npm run metamorphic -- [--queries N] [--minutes M] [--seed S]`: variants and partitions in turn, until the first bound or a signal. Tells its count every minute.
 * Exit code 1 on a difference.
 */
import { parseArgs } from 'node:util';
import { LongRun } from './long-run.js';
import { runPartitions, runVariant, variants } from './metamorphic.js';

const { values } = parseArgs({ options: { queries: { type: 'string', default: '100000' }, minutes: { type: 'string', default: 'Infinity' }, seed: { type: 'string', default: '1' } } });
const run = new LongRun(Number(values.minutes));
const seed = Number(values.seed);
let done = 0;
let wrong = 0;
const totals = (): string => `${done} queries, ${wrong} differences`;
for (let round = 0; done < Number(values.queries) && run.goesOn(); round++) {
  const variant = variants[round % variants.length]!;
  const lockstep = await runVariant(variant, seed, round, 300);
  for (const found of lockstep.differences) console.log(`\n#### ${variant.name}, round ${round}: ${found.what}\n${found.sql}\n${found.ours.message}`);
  const partitions = await runPartitions(seed, round, 300);
  for (const text of partitions.wrong) console.log(`\n#### round ${round}: ${text}`);
  done += lockstep.statements + partitions.queries;
  wrong += lockstep.differences.length + partitions.wrong.length;
  run.tell(totals);
}
console.log(totals());
process.exitCode = wrong > 0 ? 1 : 0;
