/** `serialite lab`: the laboratory from the command line, on Serialite in process or on a server (`--url`). */
import { Command } from 'commander';
import { DatabaseError } from '../engine/index.js';
import { addGoldenCommand } from './cli-golden.js';
import { addHistoryCommands } from './cli-histories.js';
import { hermitage } from './catalogue/hermitage.js';
import { catalogue } from './catalogue/catalogue.js';
import { anomalyTable, renderTable, runOn } from './catalogue/table.js';
import { levels, type Anomaly, type Level } from './catalogue/anomaly.js';
import { runStepByStep } from './catalogue/step-by-step.js';
import { readSpecFolder } from './specs/files.js';
import { serialOrder } from './specs/judge.js';
import { runSpec, type SpecFiles, type SpecReport } from './specs/spec-suite.js';
import { allInterleavings, parseSpec } from './specs/spec-parser.js';
import { runPermutation } from './specs/spec-runner.js';
import type { TargetFactory } from './target.js';
import { postgresTarget } from './targets/postgres.js';
import { serialiteTarget } from './targets/serialite.js';

let schemaCount = 0;
/** A factory of fresh targets: in process without `url`, otherwise schemas on that server. */
export function targets(url: string | undefined): TargetFactory {
  if (url === undefined) return () => serialiteTarget();
  return () => postgresTarget(url, { schema: `serialite_lab_${process.pid}_${++schemaCount}` });
}

export function labCommand(): Command {
  const lab = new Command('lab').description('the isolation laboratory: see, reproduce and explain anomalies, here or on any PostgreSQL-compatible server');
  lab.command('list').description('anomalies of the catalogue').action(() => {
    for (const anomaly of catalogue) process.stdout.write(`${anomaly.id.padEnd(36)} ${anomaly.phenomenon.padEnd(20)} ${anomaly.title}\n`);
  });
  lab
    .command('run')
    .description('run one anomaly and show what happened')
    .argument('<id>')
    .option('--level <level>', 'read-committed, snapshot or serializable; default all')
    .option('--step', 'show rows, versions, locks, what was read and the graph after each step')
    .option('--url <url>', 'a server instead of Serialite')
    .action(guard((id: string, options: RunOptions) => runOne(id, options)));
  lab
    .command('hermitage')
    .description('the table of anomalies by level')
    .option('--url <url>', 'a server instead of Serialite')
    .option('--against <url>', 'a second target for comparison')
    .action(guard((options: TableOptions) => printTable(hermitage, options)));
  lab
    .command('table')
    .description('the whole catalogue by level')
    .option('--url <url>', 'a server instead of Serialite')
    .option('--against <url>', 'a second target for comparison')
    .action(guard((options: TableOptions) => printTable(catalogue, options)));
  lab
    .command('specs')
    .description("run PostgreSQL's isolation specs and compare the transcripts")
    .argument('[names...]')
    .option('--folder <folder>', 'folder with specs/ and expected/', '../shared/data/isolation')
    .option('--url <url>', 'a server instead of Serialite')
    .option('--against <url>', "compare with this server's transcripts instead of the expected files")
    .option('--transcript', 'print the transcripts')
    .option('--verbose', 'print every permutation')
    .action(guard((names: string[], options: SpecsOptions) => runSpecs(names, options)));
  addGoldenCommand(lab, targets, guard);
  addHistoryCommands(lab, targets, levelNamed, guard);
  return lab;
}

function guard<A extends unknown[]>(action: (...args: A) => Promise<void> | void): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      process.stderr.write(`ERROR:  ${error.code}: ${error.message}\n`);
      process.exitCode = 2;
    }
  };
}

interface TableOptions {
  readonly url?: string;
  readonly against?: string;
}

/** One table, or two and where they differ. The exit code says whether every cell is as the catalogue says. */
async function printTable(anomalies: readonly Anomaly[], options: TableOptions): Promise<void> {
  const rows = await anomalyTable(anomalies, targets(options.url));
  process.stdout.write(renderTable(options.url ?? 'Serialite', rows));
  const all = [...rows];
  if (options.against !== undefined) {
    const others = await anomalyTable(anomalies, targets(options.against));
    process.stdout.write(`\n${renderTable(options.against, others)}\n`);
    all.push(...others);
    for (const [r, row] of rows.entries()) {
      for (const [c, cell] of row.cells.entries()) {
        const other = others[r]!.cells[c]!;
        if (cell.happened !== other.happened) process.stdout.write(`${row.anomaly.id} at ${cell.level}: ${cell.happened ? 'happens' : 'is prevented'} here, ${other.happened ? 'happens' : 'is prevented'} there\n`);
      }
    }
  }
  const cells = all.flatMap((row) => row.cells);
  const right = cells.filter((cell) => cell.isExpected).length;
  process.stdout.write(`${right} of ${cells.length} cells as the catalogue says\n`);
  if (right < cells.length) process.exitCode = 1;
}

interface RunOptions {
  readonly level?: string;
  readonly url?: string;
  readonly step?: boolean;
}

async function runOne(id: string, options: RunOptions): Promise<void> {
  const anomaly = catalogue.find((candidate) => candidate.id === id);
  if (anomaly === undefined) throw new DatabaseError('42704', `no anomaly "${id}"; lab list shows them all`);
  const wanted = options.level === undefined ? levels : [levelNamed(options.level)];
  process.stdout.write(`${anomaly.title} (${anomaly.phenomenon}; ${anomaly.source})\n\n${anomaly.story}\n\n`);
  for (const level of wanted) {
    if (options.step === true) {
      await stepThrough(anomaly, level, targets(options.url));
      continue;
    }
    const run = await runOn(anomaly, level, targets(options.url));
    process.stdout.write(`--- ${level}: the anomaly ${run.happened ? 'HAPPENS' : 'is prevented'}\n`);
    const sessionOf = new Map(anomaly.steps.map((step, i) => [`step${i + 1}`, step.session]));
    for (const line of run.permutation.lines.slice(1)) process.stdout.write(`${line.replace(/^step (step\d+):/, (whole, name: string) => `${sessionOf.get(name) ?? whole}:`)}\n`);
    process.stdout.write('\n');
  }
  process.stdout.write(`${anomaly.why}\n`);
}

async function stepThrough(anomaly: Anomaly, level: Level, makeTarget: TargetFactory): Promise<void> {
  const target = await makeTarget();
  try {
    process.stdout.write(`--- ${level}, step by step on ${target.name}\n`);
    const run = await runStepByStep(anomaly, level, target, (text) => void process.stdout.write(text));
    process.stdout.write(`\nAt ${level} the anomaly ${run.happened ? 'HAPPENED' : 'was prevented'}.\n\n`);
  } finally {
    await target.close();
  }
}

function levelNamed(name: string): Level {
  const level = ({ rc: 'read committed', rr: 'repeatable read', snapshot: 'repeatable read', si: 'repeatable read', ser: 'serializable' } as Readonly<Record<string, Level>>)[name] ?? levels.find((l) => l === name.replaceAll('-', ' '));
  if (level === undefined) throw new DatabaseError('22023', `unknown level "${name}": read-committed, snapshot or serializable`);
  return level;
}

interface SpecsOptions {
  readonly folder: string;
  readonly url?: string;
  readonly against?: string;
  readonly transcript?: boolean;
  readonly verbose?: boolean;
}

async function runSpecs(names: readonly string[], options: SpecsOptions): Promise<void> {
  const totals = new Map<string, number>();
  for (const files of readSpecFolder(options.folder, names)) {
    const judged = options.against === undefined ? files : await withTranscripts(files, targets(options.against));
    let report: SpecReport;
    try {
      report = await runSpec(judged, targets(options.url), serialOrder);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      process.stdout.write(`${files.name.padEnd(32)} could not be run: ${error.message}\n`);
      totals.set('not run', (totals.get('not run') ?? 0) + 1);
      continue;
    }
    const counts = new Map<string, number>();
    for (const permutation of report.permutations) {
      counts.set(permutation.verdict, (counts.get(permutation.verdict) ?? 0) + 1);
      totals.set(permutation.verdict, (totals.get(permutation.verdict) ?? 0) + 1);
    }
    process.stdout.write(`${files.name.padEnd(32)} ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}\n`);
    for (const permutation of report.permutations) {
      const isPlain = permutation.verdict.startsWith('equal');
      if (options.verbose === true || !isPlain) process.stdout.write(`    ${permutation.names.join(' ')}: ${permutation.verdict}${permutation.note === '' ? '' : `: ${permutation.note}`}\n`);
      if (options.transcript === true) process.stdout.write(`${permutation.lines.join('\n')}\n\n`);
    }
  }
  process.stdout.write(`\n${[...totals].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}\n`);
  if ((totals.get('differs') ?? 0) > 0 || (totals.get('setup failed') ?? 0) > 0 || (totals.get('not run') ?? 0) > 0) process.exitCode = 1;
}

/** The transcripts of a live server take the place of the expected files. */
async function withTranscripts(files: SpecFiles, makeTarget: TargetFactory): Promise<SpecFiles> {
  const spec = parseSpec(files.name, files.spec);
  const permutations = spec.permutations.length > 0 ? spec.permutations : [...allInterleavings(spec)];
  const lines: string[] = [];
  for (const permutation of permutations) {
    const target = await makeTarget();
    try {
      lines.push(...(await runPermutation(spec, permutation, target)).lines, '');
    } finally {
      await target.close();
    }
  }
  return { ...files, expected: [lines.join('\n')] };
}
