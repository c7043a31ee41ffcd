/**
 * A part of `npm run differential`: 5,000 random statements give the same rows, names, types and SQLSTATEs here and in PostgreSQL 15. Skipped, and said
 * so, where there is no PostgreSQL. DIFFERENTIAL_SEED starts elsewhere; a failure prints how to replay it.
 */
import { expect, test } from 'vitest';
import { startPostgres } from '../oracle/postgres-server.js';
import { runDifferential } from './differential.js';

const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);
const server = await startPostgres();
if (server === undefined) console.warn('differential: skipped, there is no PostgreSQL to compare with');

test.skipIf(server === undefined)('random statements agree with PostgreSQL', async () => {
  const lines: string[] = [];
  const report = await runDifferential(server!, {
    seed, statements: Number(process.env['DIFFERENTIAL_STATEMENTS'] ?? 5000), goesOn: () => true, onRound: () => undefined, round: undefined, until: undefined, reduces: false, most: 5, sorts: undefined, database: `serialite_differential_${process.pid}`, print: (line) => lines.push(line),
  });
  expect(report.differences.length, lines.join('\n')).toBe(0);
  expect(report.failed).toBeGreaterThan(report.statements / 20);
  await server!.dropDatabase(`serialite_differential_${process.pid}`);
  server!.stop();
});
