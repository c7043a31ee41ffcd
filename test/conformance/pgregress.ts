/**
 * PostgreSQL's regression scripts on Serialite and on PostgreSQL in lockstep: each file in fresh databases after test_setup.sql, statement by statement, each
 * compared at once. Both servers go on from the same state: when only one of them fails inside a transaction block, Serialite is brought to where PostgreSQL is
 * (back to before the statement, or into the failed state), so that a difference counts once.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { open } from '../../engine/index.js';
import type { PostgresServer } from '../oracle/postgres-server.js';
import { comparisonOf, difference, type Outcome } from './pgregress-outcome.js';
import { Scope } from './pgregress-scope.js';
import { PostgresTarget, SerialiteTarget } from './pgregress-targets.js';
import { psqlSteps, type PsqlStatement } from './psql-steps.js';

export const regressFolder = join(import.meta.dirname, '../../../shared/data/pgregress');
export const hasRegressFiles = existsSync(join(regressFolder, 'sql'));

export interface RegressFailure {
  readonly line: number;
  readonly reason: string;
  readonly sql: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

export interface RegressReport {
  readonly name: string;
  passed: number;
  readonly failures: RegressFailure[];
  /** Statements left out, by reason. */
  readonly outOfScope: Map<string, number>;
  /** Statements of test_setup.sql that failed here: what they make is missing. */
  readonly setupErrors: string[];
  readonly skipped: { readonly line: number; readonly reason: string; readonly sql: string }[];
}

export function regressFileNames(): string[] {
  return readdirSync(join(regressFolder, 'sql')).map((file) => file.replace(/\.sql$/, '')).filter((name) => name !== 'test_setup').sort();
}

/** The database that test_setup.sql has filled, to be copied for each file. The name is the caller's own. */
export async function prepareTemplate(server: PostgresServer, template: string): Promise<void> {
  const target = await PostgresTarget.connect(await server.createDatabase(template));
  const scope = new Scope();
  for (const step of steps('test_setup')) {
    if (step.kind !== 'statement' || scope.judge(step.text) !== undefined) continue;
    const { error } = await target.run(...asCopyFromStdin(step));
    if (error !== undefined) throw new Error(`test_setup.sql:${step.line}: ${error.message}`);
  }
  await target.close();
}

export async function runRegressFile(name: string, server: PostgresServer, template: string): Promise<RegressReport> {
  const report: RegressReport = { name, passed: 0, failures: [], outOfScope: new Map(), setupErrors: [], skipped: [] };
  const db = await open(':memory:');
  const ours = await SerialiteTarget.connect(db);
  const theirs = await PostgresTarget.connect(await server.createDatabase(`${template}_file`, template));
  const scope = new Scope();
  for (const step of steps('test_setup')) {
    if (step.kind !== 'statement' || scope.judge(step.text) !== undefined) continue;
    const { error } = await ours.run(...asCopyFromStdin(step));
    if (error !== undefined) report.setupErrors.push(`test_setup.sql:${step.line}: ${error.code} ${error.message}`);
  }
  const run = new RegressRun(report, ours, theirs, scope);
  for (const step of steps(name)) {
    if (step.kind === 'command') run.leaveOut(step, `psql’s ${/^\\\w+/.exec(step.text)?.[0] ?? 'command'}`);
    else await run.statement(step);
  }
  await ours.close().catch(() => undefined);
  await theirs.close();
  // A database that has shut itself down says so once more: its failures tell.
  await db.close().catch(() => undefined);
  return report;
}

class RegressRun {
  readonly #report: RegressReport;
  readonly #ours: SerialiteTarget;
  readonly #theirs: PostgresTarget;
  readonly #scope: Scope;

  constructor(report: RegressReport, ours: SerialiteTarget, theirs: PostgresTarget, scope: Scope) {
    this.#report = report;
    this.#ours = ours;
    this.#theirs = theirs;
    this.#scope = scope;
  }

  leaveOut(step: { readonly line: number; readonly text: string }, reason: string): void {
    this.#report.outOfScope.set(reason, (this.#report.outOfScope.get(reason) ?? 0) + 1);
    this.#report.skipped.push({ line: step.line, reason, sql: step.text });
  }

  async statement(step: PsqlStatement): Promise<void> {
    const reason = this.#scope.judge(step.text);
    if (reason !== undefined) {
      this.leaveOut(step, reason);
      return;
    }
    const [text, copyData] = asCopyFromStdin(step);
    const theirs = await this.#theirs.run(text, copyData);
    const ours = await this.#inStep(text, copyData, theirs);
    const found = difference(ours, theirs, comparisonOf(step.text));
    if (found === undefined) this.#report.passed++;
    else this.#report.failures.push({ line: step.line, reason: found, sql: step.text, ours, theirs });
    if (theirs.error === undefined) this.#scope.noteSuccess(step.text);
    if (!step.isGexec || theirs.error !== undefined) return;
    for (const value of theirs.results.flatMap((result) => result.rows.flat())) {
      if (value !== null) await this.statement({ kind: 'statement', text: value, line: step.line, copyData: undefined, isGexec: false });
    }
  }

  /** Runs a message on Serialite and leaves it in the state that PostgreSQL is in. */
  async #inStep(text: string, copyData: string | undefined, theirs: Outcome): Promise<Outcome> {
    const isGuarded = this.#ours.transactionStatus === 'active' && !/^(set\s+transaction|set\s+local|set\s+session|set\s+constraints|savepoint|release|rollback|abort|commit|end|begin|start|prepare\s+transaction)\b|;/i.test(text);
    if (isGuarded) await this.#ours.run('savepoint "before the statement"', undefined);
    const ours = await this.#ours.run(text, copyData);
    if (isGuarded) {
      if (ours.error !== undefined && theirs.error === undefined) await this.#ours.run('rollback to savepoint "before the statement"; release savepoint "before the statement"', undefined);
      else if (ours.error === undefined && theirs.error !== undefined) await this.#ours.run('rollback to savepoint "before the statement"; this fails', undefined);
      else if (ours.error === undefined) await this.#ours.run('release savepoint "before the statement"', undefined);
    }
    return ours;
  }
}

function steps(name: string): ReturnType<typeof psqlSteps> {
  return psqlSteps(readFileSync(join(regressFolder, 'sql', `${name}.sql`), 'utf8'), { PG_ABS_SRCDIR: regressFolder, PG_LIBDIR: '/nowhere', PG_DLSUFFIX: '.so' });
}

/** COPY from a file of the corpus, read here: PostgreSQL's server may not be allowed to. */
function asCopyFromStdin(step: PsqlStatement): [string, string | undefined] {
  const match = new RegExp(`^(copy .*) from '(${regressFolder}/data/[^']+)'$`, 'is').exec(step.text);
  if (match === null || !existsSync(match[2]!)) return [step.text, step.copyData];
  return [`${match[1]!} from stdin`, readFileSync(match[2]!, 'utf8')];
}
