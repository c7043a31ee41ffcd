/** All workloads of `npm run bench`, in the order of its table. */
import type { BenchCase } from './cases/case.js';
import { commits } from './cases/commits.js';
import { mixed } from './cases/mixed.js';
import { reads } from './cases/reads.js';
import { scans } from './cases/scans.js';
import { sizes } from './cases/size.js';
import { writes } from './cases/writes.js';

export const cases: readonly BenchCase[] = [...reads, ...writes, ...commits, ...mixed, ...scans, ...sizes];
