/** All workloads of `npm run bench`, in the order of its table. */
import type { BenchCase } from './cases/case.js';
import { commits } from './cases/commits.js';
import { reads } from './cases/reads.js';
import { scans } from './cases/scans.js';
import { sizes } from './cases/size.js';
import { smallBankCase } from './cases/smallbank.js';
import { tpccCase } from './cases/tpcc.js';
import { writes } from './cases/writes.js';
import { ycsbCases } from './cases/ycsb.js';

export const cases: readonly BenchCase[] = [...reads, ...writes, ...commits, smallBankCase, ...ycsbCases, tpccCase, ...scans, ...sizes];
