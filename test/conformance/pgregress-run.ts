/**
 * `npm run pgregress [-- names] [--failures N] [--skipped] [--json FILE]`: PostgreSQL's regression scripts on Serialite and on PostgreSQL in lockstep. Prints the
 * rule of scope with its counts, a line per file, the differences by reason, and the share of statements in scope that agree: at least 95 %.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { requirePostgres } from '../oracle/postgres-server.js';
import { prepareTemplate, regressFileNames, runRegressFile, type RegressReport } from './pgregress.js';
import { scopeRules } from './pgregress-scope.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { failures: { type: 'string', default: '0' }, skipped: { type: 'boolean', default: false }, json: { type: 'string' }, floor: { type: 'string', default: '95' } } });

const server = await requirePostgres();
const template = `sqlreg_${process.pid}`;
await prepareTemplate(server, template);
const reports: RegressReport[] = [];
for (const name of regressFileNames()) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const started = performance.now();
  const report = await runRegressFile(name, server, template);
  if (reports.length === 0) for (const error of report.setupErrors) console.log(error);
  reports.push(report);
  const left = sum(report.outOfScope.values());
  console.log(`${name}: ${share(report.passed, report.failures.length)} (${report.passed} of ${report.passed + report.failures.length}), ${left} out of scope, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const failure of report.failures.slice(0, Number(values.failures))) console.log(`    line ${failure.line}: ${failure.reason}\n        ${oneLine(failure.sql)}`);
  if (values.skipped) for (const { line, reason, sql } of report.skipped) console.log(`    line ${line}: out of scope, ${reason}\n        ${oneLine(sql)}`);
}
await server.dropDatabase(template);
await server.dropDatabase(`${template}_file`);
server.stop();
printScope();
printReasons();
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(reports.map((r) => ({ ...r, outOfScope: Object.fromEntries(r.outOfScope) })), null, 1));
const passed = sum(reports.map((r) => r.passed));
const failed = sum(reports.map((r) => r.failures.length));
console.log(`\n${share(passed, failed)} of the statements in scope agree: ${passed} of ${passed + failed}; ${sum(reports.flatMap((r) => [...r.outOfScope.values()]))} are out of scope`);
if ((passed / (passed + failed)) * 100 < Number(values.floor)) process.exitCode = 1;

function printScope(): void {
  console.log('\nOut of scope (test/conformance/pgregress-scope.ts), statements by reason; on neither server run are those that match a rule and those that name what such a statement would have made:');
  const counts = new Map<string, number>();
  for (const report of reports) for (const [reason, count] of report.outOfScope) counts.set(reason, (counts.get(reason) ?? 0) + count);
  for (const [reason, count] of [...counts].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(6)}  ${reason}`);
  console.log('The rules, over a statement’s words:');
  for (const rule of scopeRules) console.log(`    ${rule.reason}: ${rule.pattern.source}`);
}

function printReasons(): void {
  console.log('\nDifferences by reason:');
  const counts = new Map<string, { count: number; first: string }>();
  for (const report of reports) {
    for (const failure of report.failures) {
      const entry = counts.get(failure.reason) ?? { count: 0, first: `${report.name}:${failure.line} ${oneLine(failure.sql).slice(0, 110)}` };
      entry.count++;
      counts.set(failure.reason, entry);
    }
  }
  for (const [reason, { count, first }] of [...counts].sort((a, b) => b[1].count - a[1].count)) console.log(`${String(count).padStart(6)}  ${reason}\n            ${first}`);
}

function share(good: number, bad: number): string {
  return good + bad === 0 ? '-' : `${(Math.floor((good / (good + bad)) * 1000) / 10).toFixed(1)} %`;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}

function oneLine(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').slice(0, 200);
}
