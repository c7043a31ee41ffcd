/** `serialite lab histories`, `check` and `precision`: random workloads recorded and judged, here or on a server. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { DatabaseError } from '../engine/index.js';
import type { Level } from './catalogue/anomaly.js';
import { checkHistory, describeCycle, type CheckResult } from './checker/check.js';
import type { History, HistoryTransaction } from './checker/history.js';
import { judgeFailures } from './checker/needless.js';
import { runWorkload, type WorkloadRun } from './generator/run-workload.js';
import { plantSkew, syntheticDefaults, syntheticHistory } from './generator/synthetic.js';
import { swarm, workloads, type WorkloadOptions } from './generator/workload.js';
import type { TargetFactory } from './target.js';

interface HistoryOptions {
  readonly level: string;
  readonly workload?: string;
  readonly seeds: string;
  readonly seed: string;
  readonly transactions: string;
  readonly url?: string;
  readonly save?: string;
}

type MakeTargets = (url: string | undefined) => TargetFactory;
type Guard = <A extends unknown[]>(action: (...args: A) => Promise<void> | void) => (...args: A) => Promise<void>;

export function addHistoryCommands(lab: Command, targets: MakeTargets, levelNamed: (name: string) => Level, guard: Guard): void {
  lab
    .command('histories')
    .description('random workloads: records what every transaction read and wrote, and says which anomalies the history shows')
    .option('--level <level>', 'read-committed, snapshot or serializable', 'serializable')
    .option('--workload <name>', `one of ${workloads.map((w) => w.name).join(', ')}, swarm; default all`)
    .option('--seeds <count>', 'histories per workload', '3')
    .option('--seed <number>', 'first seed', '1')
    .option('--transactions <count>', 'transactions per history', '300')
    .option('--url <url>', 'a server instead of Serialite')
    .option('--save <file>', 'write the last history as JSON lines')
    .action(guard((options: HistoryOptions) => histories(options, targets(options.url), levelNamed(options.level))));
  lab
    .command('check')
    .description('check a recorded history: JSON lines of { id, session, status, ops } in the order in which the transactions ended')
    .argument('[file]', 'or - for standard input')
    .option('--generate <count>', 'instead of a file: so many random transactions of a serializable store, to measure the checker')
    .option('--plant', 'with --generate: one write skew in the middle, which must be found')
    .option('--seed <number>', 'of the generated history', '1')
    .action(guard((file: string | undefined, options: CheckOptions) => check(file, options)));
  lab
    .command('precision')
    .description('the share of serialization failures that no cycle made necessary, on Serialite and, when reachable, on a server')
    .option('--seeds <count>', 'histories per workload', '3')
    .option('--transactions <count>', 'transactions per history', '300')
    .option('--url <url>', 'a server to compare with', 'postgres://postgres@127.0.0.1:5432/postgres')
    .action(guard((options: { readonly seeds: string; readonly transactions: string; readonly url: string }) => precision(options, targets)));
}

interface CheckOptions {
  readonly generate?: string;
  readonly plant?: boolean;
  readonly seed: string;
}

function check(file: string | undefined, options: CheckOptions): void {
  if ((file === undefined) === (options.generate === undefined)) throw new DatabaseError('22023', 'lab check takes either a file or --generate');
  const history = file !== undefined ? readHistory(file) : syntheticHistory({ ...syntheticDefaults, transactionCount: count(options.generate!, 'generate'), seed: count(options.seed, 'seed') });
  const planted = file === undefined && options.plant === true ? plantSkew(history as HistoryTransaction[]) : undefined;
  const before = process.cpuUsage();
  const result = checkHistory(history);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${describeResult(result)}\n${result.serialOrder === undefined ? '' : `serial order: ${abbreviate(result.serialOrder)}\n`}`);
  if (options.generate !== undefined) process.stdout.write(`checked in ${((user + system) / 1e6).toFixed(1)} s of processor time; ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at the most, the history included\n`);
  if (planted !== undefined) {
    const isFound = result.cycles.length === 1 && result.cycles[0]!.cycle.every((step) => planted.includes(step.from));
    process.stdout.write(isFound ? 'the planted cycle was found, and nothing else\n' : 'the planted cycle was NOT found alone\n');
    if (!isFound) process.exitCode = 1;
  } else if (result.level !== 'serializable') process.exitCode = 1;
}

async function histories(options: HistoryOptions, makeTarget: TargetFactory, level: Level): Promise<void> {
  let bad = 0;
  let transactions = 0;
  for (const workload of chosen(options.workload, count(options.seed, 'seed'))) {
    const seen = new Set<string>();
    const codes = new Map<string, number>();
    for (let seed = count(options.seed, 'seed'); seed < count(options.seed, 'seed') + count(options.seeds, 'seeds'); seed++) {
      const run = await once(makeTarget, workload, level, seed, count(options.transactions, 'transactions'));
      if (options.save !== undefined) writeFileSync(options.save, run.history.map((t) => `${JSON.stringify(t)}\n`).join(''));
      transactions += run.history.length - 1;
      for (const failure of run.failures) codes.set(failure.error.code, (codes.get(failure.error.code) ?? 0) + 1);
      const result = checkHistory(run.history);
      for (const { kind } of [...result.direct, ...result.cycles]) seen.add(kind);
      const isBad = run.problems.length > 0 || (level === 'serializable' ? result.level !== 'serializable' : level === 'repeatable read' ? !['serializable', 'snapshot isolation'].includes(result.level) : ['none', 'read uncommitted'].includes(result.level));
      if (!isBad) continue;
      bad++;
      process.stdout.write(`${workload.name} seed ${seed}: ${[...run.problems.slice(0, 3), describeResult(result)].join('\n  ')}\n`);
    }
    process.stdout.write(`${workload.name.padEnd(14)} ${(seen.size === 0 ? 'no anomaly' : [...seen].join(', ')).padEnd(60)} ${[...codes].map(([code, n]) => `${n} x ${code}`).join(', ')}\n`);
  }
  process.stdout.write(`${transactions} transactions at ${level}: ${bad === 0 ? 'nothing that the level forbids' : `${bad} histories show what the level forbids`}\n`);
  if (bad > 0) process.exitCode = 1;
}

function chosen(name: string | undefined, seed: number): readonly WorkloadOptions[] {
  if (name === undefined) return [...workloads, swarm(seed)];
  if (name === 'swarm') return [swarm(seed)];
  const found = workloads.filter((w) => w.name === name);
  if (found.length === 0) throw new DatabaseError('42704', `no workload "${name}"; there are ${workloads.map((w) => w.name).join(', ')} and swarm`);
  return found;
}

async function once(makeTarget: TargetFactory, workload: WorkloadOptions, level: Level, seed: number, transactionCount: number): Promise<WorkloadRun> {
  const target = await makeTarget();
  try {
    return await runWorkload(target, workload, level, seed, transactionCount);
  } finally {
    await target.close();
  }
}

async function precision(options: { readonly seeds: string; readonly transactions: string; readonly url: string }, targets: MakeTargets): Promise<void> {
  const names = ['points', 'ranges', 'read-mostly', 'absent-keys', 'predicates', 'list-append'];
  const columns: { readonly name: string; readonly make: TargetFactory }[] = [{ name: 'Serialite', make: targets(undefined) }];
  try {
    const probe = await targets(options.url)();
    columns.push({ name: probe.name, make: targets(options.url) });
    await probe.close();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    process.stdout.write(`no server to compare with: ${error.message}\n`);
  }
  process.stdout.write(`needless of all serialization failures\n${'workload'.padEnd(16)}${columns.map((c) => c.name.padEnd(26)).join('')}\n`);
  const totals = columns.map(() => ({ failures: 0, needless: 0 }));
  for (const workload of workloads.filter((w) => names.includes(w.name))) {
    const cells: string[] = [];
    for (const [c, column] of columns.entries()) {
      let failures = 0;
      let needless = 0;
      for (let seed = 1; seed <= count(options.seeds, 'seeds'); seed++) {
        const judged = judgeFailures(await once(column.make, workload, 'serializable', seed, count(options.transactions, 'transactions')));
        failures += judged.failures;
        needless += judged.needless;
      }
      totals[c]!.failures += failures;
      totals[c]!.needless += needless;
      cells.push(cell(needless, failures).padEnd(26));
    }
    process.stdout.write(`${workload.name.padEnd(16)}${cells.join('')}\n`);
  }
  process.stdout.write(`${'all'.padEnd(16)}${totals.map((t) => cell(t.needless, t.failures).padEnd(26)).join('')}\n`);
  if (totals[0]!.needless > 0) process.exitCode = 1;
}
const cell = (needless: number, failures: number): string => `${needless} of ${failures}${failures === 0 ? '' : ` (${Math.round((100 * needless) / failures)} %)`}`;

function count(text: string, name: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1) throw new DatabaseError('22023', `--${name} must be a positive whole number, not "${text}"`);
  return n;
}

function describeResult(result: CheckResult): string {
  const lines = [`level: ${result.level} (${result.transactionCount} transactions, ${result.edgeCount} dependencies${result.isComplete ? '' : '; the search for shortest cycles was cut short'})`];
  for (const anomaly of result.direct.slice(0, 10)) lines.push(`${anomaly.kind}: T${anomaly.transaction}, ${anomaly.key}: ${anomaly.text}`);
  for (const { kind, cycle } of result.cycles) lines.push(`${kind}: ${describeCycle(cycle)}`);
  return lines.join('\n');
}
function abbreviate(order: readonly number[]): string {
  return order.length <= 40 ? order.join(' ') : `${order.slice(0, 40).join(' ')} ... (${order.length})`;
}

function readHistory(file: string): History {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new DatabaseError('58P01', `could not read ${file}: ${(cause as Error).message}`, { cause });
  }
  return text.split('\n').flatMap((line, i): HistoryTransaction[] => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new DatabaseError('22P02', `${file}:${i + 1}: not JSON: ${(cause as Error).message}`, { cause });
    }
    return [checkedTransaction(value, `${file}:${i + 1}`)];
  });
}

function checkedTransaction(value: unknown, where: string): HistoryTransaction {
  const t = value as Partial<HistoryTransaction> | null;
  const isOp = (op: unknown): boolean => {
    const o = op as { kind?: unknown; key?: unknown; version?: unknown; value?: unknown; values?: unknown } | null;
    if (typeof o !== 'object' || o === null || typeof o.key !== 'string') return false;
    if (o.kind === 'read' || o.kind === 'write') return Number.isSafeInteger(o.version) && (o.version as number) >= (o.kind === 'write' ? 1 : 0);
    if (o.kind === 'found') return true;
    if (o.kind === 'append') return typeof o.value === 'number';
    return o.kind === 'list' && Array.isArray(o.values) && o.values.every((v) => typeof v === 'number');
  };
  if (typeof t !== 'object' || t === null || typeof t.id !== 'number') throw new DatabaseError('22023', `${where}: a transaction needs a number "id"`);
  if (t.status !== 'committed' && t.status !== 'aborted' && t.status !== 'unknown') throw new DatabaseError('22023', `${where}: "status" must be committed, aborted or unknown`);
  const at = Array.isArray(t.ops) ? t.ops.findIndex((op) => !isOp(op)) : -2;
  if (at !== -1) throw new DatabaseError('22023', at === -2 ? `${where}: "ops" must be an array` : `${where}: operation ${at + 1} must be {kind: "read" or "write", key, version}, {kind: "found", key}, {kind: "append", key, value} or {kind: "list", key, values}`);
  return { id: t.id, session: t.session ?? 0, status: t.status, ops: t.ops! };
}
