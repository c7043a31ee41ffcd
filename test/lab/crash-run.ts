/**
 * `npm run crash:histories`: random SQL histories with power cuts inside (crash-machine.ts), by seed. Fails when one shows what its level forbids, or a recovery
 * lost or kept what it must not. Options: --seeds N per workload and level, --seed N the first of them, --transactions N per history.
 */
import { parseArgs } from 'node:util';
import type { Level } from '../../lab/catalogue/anomaly.js';
import { checkHistory } from '../../lab/checker/check.js';
import { runWorkload } from '../../lab/generator/run-workload.js';
import { swarm, workloads } from '../../lab/generator/workload.js';
import { crashTarget } from './crash-machine.js';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' }, transactions: { type: 'string', default: '100' } } });
const fine: Readonly<Record<Level, readonly string[]>> = {
  'serializable': ['serializable'],
  'repeatable read': ['serializable', 'snapshot isolation'],
  'read committed': ['serializable', 'snapshot isolation', 'read committed'],
};
const totals = { histories: 0, transactions: 0, cuts: 0, bad: 0 };
const first = Number(values.seed);
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  for (const workload of [...workloads, swarm(seed)]) {
    for (const level of Object.keys(fine) as Level[]) {
      const target = await crashTarget(seed);
      const run = await runWorkload(target, { ...workload, cutShare: Math.max(workload.cutShare, 0.03) }, level, seed, Number(values.transactions));
      await target.close();
      const result = checkHistory(run.history);
      totals.histories++;
      totals.transactions += run.history.length;
      totals.cuts += run.cutCount;
      if (run.problems.length === 0 && fine[level].includes(result.level)) continue;
      totals.bad++;
      console.log(`${workload.name} seed ${seed} at ${level}: ${result.level}; ${run.problems.slice(0, 3).join('; ')}`);
    }
  }
}
console.log(`${totals.histories} histories, ${totals.transactions} transactions, ${totals.cuts} power cuts: ${totals.bad === 0 ? 'nothing lost, nothing kept, nothing that the level forbids' : `${totals.bad} histories are bad`}`);
process.exitCode = totals.bad === 0 ? 0 : 1;
