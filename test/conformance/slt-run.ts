/** `npm run slt [-- --smoke] [-- --mode interpreted] [names]`: runs the files and prints what fails. */
import { parseArgs } from 'node:util';
import { open } from '../../engine/index.js';
import { parseSlt, runSlt } from './slt.js';
import { readSltFile, sltFileNames } from './slt-files.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { smoke: { type: 'boolean', default: false }, failures: { type: 'string', default: '5' } } });
let passed = 0;
let failed = 0;
for (const name of sltFileNames(values.smoke)) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  const file = readSltFile(name);
  const db = await open(':memory:');
  const session = db.connect();
  const started = performance.now();
  const report = await runSlt(parseSlt(file.text), {
    run: async (sql) => (await session.query(sql, [], { rowMode: 'array', values: 'text' })).rows as unknown as (string | null)[][],
  }, file.except);
  await session.close();
  await db.close();
  passed += report.passed;
  failed += report.failures.length;
  console.log(`${name}: ${report.passed} passed, ${report.failures.length} failed, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const failure of report.failures.slice(0, Number(values.failures))) console.log(`    line ${failure.line}: ${failure.reason}\n        ${failure.sql.replaceAll('\n', ' ').slice(0, 200)}`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
