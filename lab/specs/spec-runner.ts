/**
 * Runs one permutation of a spec against a target and writes its transcript. The rules are those of PostgreSQL's isolation tester: a step that
 * waits for another session is reported as waiting and the others go on; after every step the waiting ones are asked again, in the order they
 * began; a session that must run its next step while it still waits is waited for.
 *
 * R1  "Waiting" is asked of the target, never guessed from elapsed time.
 * R2  Every permutation starts from fresh sessions and a fresh setup, and leaves nothing behind.
 */
import { splitStatements } from '../../engine/index.js';
import type { LabError, LabOutcome, LabSession, LabTarget } from '../target.js';
import { placeIn, type PermutationStep, type Spec } from './spec-parser.js';
import { renderError, renderResult } from './transcript.js';

export interface PermutationRun {
  readonly names: readonly string[];
  /** Transcript lines from `starting permutation: ...` on. */
  readonly lines: readonly string[];
  /** What each step did, by its position in the permutation; undefined when it never completed. */
  readonly outcomes: readonly (LabOutcome | undefined)[];
  /** Steps found waiting at least once, by position. */
  readonly waited: readonly boolean[];
  /** Why a setup failed, with line and column in the spec; such a run cannot be compared. */
  readonly setupError: string | undefined;
  /** Features that statements of the setup needed and the target refused (0A000); those statements were left out. */
  readonly missing: readonly string[];
}

interface ActiveStep {
  readonly position: number;
  readonly at: PermutationStep;
  readonly session: number;
  outcome: LabOutcome | undefined;
  hasReportedWait: boolean;
  /** Starting counts of notices of the sessions its markers name. */
  readonly noticeTargets: Map<string, number>;
}

/** SQL of a setup and where in the spec's text it begins; -1 without a text. */
interface SetupBlock {
  readonly sql: string;
  readonly at: number;
}

/** Undefined table, function, object; wrong object type. */
const dependsOnMissing: ReadonlySet<string> = new Set(['42P01', '42883', '42704', '42809', '42601']);
const pollLimit = 60_000;
/** Rounds after which a step that every other session leaves waiting is cancelled. */
const stuckPolls = 200;

/** Called with the transcript so far, after the setup and after every step. */
export type AfterStep = (lines: readonly string[]) => Promise<void>;

export async function runPermutation(spec: Spec, permutation: readonly PermutationStep[], target: LabTarget, afterStep?: AfterStep): Promise<PermutationRun> {
  const run = new SpecRun(spec, permutation, target, afterStep);
  return run.run();
}

class SpecRun {
  readonly #spec: Spec;
  readonly #permutation: readonly PermutationStep[];
  readonly #target: LabTarget;
  readonly #lines: string[] = [];
  readonly #sessions: LabSession[] = [];
  readonly #active: (ActiveStep | undefined)[] = [];
  readonly #notices: number[] = [];
  readonly #outcomes: (LabOutcome | undefined)[];
  readonly #waited: boolean[];
  readonly #afterStep: AfterStep | undefined;
  readonly #missing: string[] = [];
  #waiting: ActiveStep[] = [];

  constructor(spec: Spec, permutation: readonly PermutationStep[], target: LabTarget, afterStep: AfterStep | undefined) {
    this.#afterStep = afterStep;
    this.#spec = spec;
    this.#permutation = permutation;
    this.#target = target;
    this.#outcomes = permutation.map(() => undefined);
    this.#waited = permutation.map(() => false);
  }

  async run(): Promise<PermutationRun> {
    const control = await this.#target.connect('control');
    let setupError: string | undefined;
    try {
      this.#lines.push(`starting permutation: ${this.#permutation.map((p) => p.step.name).join(' ')}`);
      for (const [i, sql] of this.#spec.setups.entries()) setupError ??= await this.#runSetup(control, { sql, at: this.#spec.setupsAt[i]! }, 'setup failed');
      for (const [i, session] of this.#spec.sessions.entries()) {
        const connection = await this.#target.connect(session.name);
        this.#sessions.push(connection);
        this.#active.push(undefined);
        this.#notices.push(0);
        connection.onNotice((severity, message) => {
          this.#notices[i]!++;
          this.#lines.push(`${session.name}: ${severity}:  ${message}`);
        });
        if (session.setup !== undefined) setupError ??= await this.#runSetup(connection, { sql: session.setup, at: session.setupAt }, `setup of session ${session.name} failed`);
      }
      if (setupError === undefined) {
        await this.#afterStep?.(this.#lines);
        await this.#runSteps();
        for (const [i, session] of this.#spec.sessions.entries()) {
          if (session.teardown !== undefined) await this.#runPlain(this.#sessions[i]!, session.teardown, `teardown of session ${session.name} failed`);
        }
      }
    } finally {
      for (const session of this.#sessions) await session.close();
      const shown = this.#lines.length;
      if (this.#spec.teardown !== undefined) await this.#runPlain(control, this.#spec.teardown, 'teardown failed');
      // It drops what the setup could not make.
      if (this.#missing.length > 0) this.#lines.length = shown;
      await control.close();
    }
    return { names: this.#permutation.map((p) => p.step.name), lines: this.#lines, outcomes: this.#outcomes, waited: this.#waited, setupError, missing: this.#missing };
  }

  /**
   * A setup that needs a feature the target refuses is run again statement by statement, without the refused ones and those that depend on them: some
   * permutations do not touch what is missing.
   */
  async #runSetup(session: LabSession, { sql, at }: SetupBlock, failure: string): Promise<string | undefined> {
    const shown = this.#lines.length;
    const { results, error } = await this.#runPlain(session, sql, failure);
    if (error === undefined) return undefined;
    const { statements } = splitStatements(sql);
    // Without a position of its own an error is that of the statement after those that gave results.
    const statementAt = (i: number): number => at + (statements[Math.min(i, statements.length - 1)]?.start ?? 0);
    const describe = (found: LabError, from: number): string => `${at < 0 ? '' : `${placeIn(this.#spec.name, this.#spec.text, from)}: `}${failure}: ${found.severity}:  ${found.message}`;
    if (error.code !== '0A000') return describe(error, error.position === undefined ? statementAt(results.length) : at + error.position - 1);
    this.#lines.length = shown;
    for (const [i, { start, end }] of statements.entries()) {
      const { error: own } = await session.run(sql.slice(start, end));
      if (own === undefined) continue;
      const from = own.position === undefined ? statementAt(i) : at + start + own.position - 1;
      if (own.code === '0A000') this.#missing.push(`${at < 0 ? '' : `${placeIn(this.#spec.name, this.#spec.text, from)}: `}${own.message}`);
      else if (!dependsOnMissing.has(own.code)) return describe(own, from);
    }
    return undefined;
  }

  async #runPlain(session: LabSession, sql: string, failure: string): Promise<LabOutcome> {
    const outcome = await session.run(sql);
    for (const result of outcome.results) if (result.columns.length > 0) this.#lines.push(...renderResult(result));
    if (outcome.error !== undefined) this.#lines.push(`${failure}: ${outcome.error.severity}:  ${outcome.error.message}`);
    return outcome;
  }

  async #runSteps(): Promise<void> {
    for (const [position, at] of this.#permutation.entries()) {
      const session = at.step.session;
      for (let polls = 0; this.#active[session] !== undefined; polls++) {
        const earlier = this.#active[session];
        if (polls === stuckPolls) {
          // Only a later step could release it, and that cannot come before this one: as the isolation tester does after its time limit.
          this.#lines.push(`isolationtester: canceling step ${earlier.at.step.name}`);
          await this.#sessions[earlier.session]!.cancel();
        }
        if (!(await this.#tryComplete(earlier, { isRetry: true, mayBlock: true }))) this.#waiting = this.#waiting.filter((w) => w !== earlier);
        await this.#tryCompleteWaiting({ mayBlock: false });
      }
      const active: ActiveStep = { position, at, session, outcome: undefined, hasReportedWait: false, noticeTargets: new Map() };
      for (const blocker of at.blockers) {
        if (blocker.kind === 'notices') active.noticeTargets.set(blocker.step, this.#notices[this.#sessionOf(blocker.step)]! + blocker.count);
      }
      this.#active[session] = active;
      void this.#sessions[session]!.run(at.step.sql).then((outcome) => {
        active.outcome = outcome;
      });
      const isWaiting = await this.#tryComplete(active, { isRetry: false, mayBlock: false });
      await this.#tryCompleteWaiting({ mayBlock: false });
      if (isWaiting) this.#waiting.push(active);
      await this.#afterStep?.(this.#lines);
    }
    await this.#tryCompleteWaiting({ mayBlock: true });
    for (const stuck of this.#waiting) this.#lines.push(`failed to complete permutation due to mutually-blocking steps: ${stuck.at.step.name}`);
    for (const stuck of this.#waiting) await this.#sessions[stuck.session]!.cancel();
    for (const [i, active] of this.#active.entries()) if (active !== undefined && active.outcome === undefined) await this.#sessions[i]!.cancel();
  }

  async #tryCompleteWaiting(options: { readonly mayBlock: boolean }): Promise<void> {
    let hasBlocker: boolean;
    let completed: number;
    do {
      hasBlocker = false;
      completed = 0;
      const noticesBefore = this.#notices.reduce((a, b) => a + b, 0);
      for (let w = 0; w < this.#waiting.length; ) {
        const active = this.#waiting[w]!;
        if (await this.#tryComplete(active, { isRetry: true, mayBlock: options.mayBlock })) {
          if (active.at.blockers.length > 0) hasBlocker = true;
          w++;
        } else {
          this.#waiting.splice(w, 1);
          completed++;
        }
      }
      if (this.#notices.reduce((a, b) => a + b, 0) > noticesBefore) completed++;
    } while (hasBlocker && completed > 0);
  }

  /** True while the step is not complete. `mayBlock`: stay until it is, unless its markers hold it back or it is stuck for good. */
  async #tryComplete(active: ActiveStep, options: { readonly isRetry: boolean; readonly mayBlock: boolean }): Promise<boolean> {
    const session = this.#sessions[active.session]!;
    // A step marked (*) is always reported as waiting first.
    if (!options.isRetry && active.at.blockers.some((b) => b.kind === 'once')) return this.#reportWaiting(active);
    for (let polls = 0; active.outcome === undefined; polls++) {
      await session.pause();
      if (active.outcome !== undefined) break;
      if ((await session.isWaiting()) && active.outcome === undefined) {
        if (!options.mayBlock || polls > pollLimit || (await this.#isStuck())) return options.isRetry ? true : this.#reportWaiting(active);
      }
    }
    if (this.#isHeldBack(active)) return options.isRetry ? true : this.#reportWaiting(active);
    if (options.isRetry) this.#lines.push(`step ${active.at.step.name}: <... completed>`);
    else this.#lines.push(`step ${active.at.step.name}: ${active.at.step.sql}`);
    for (const result of active.outcome.results) if (result.columns.length > 0) this.#lines.push(...renderResult(result));
    if (active.outcome.error !== undefined) this.#lines.push(renderError(active.outcome.error));
    this.#outcomes[active.position] = active.outcome;
    this.#active[active.session] = undefined;
    return false;
  }

  #reportWaiting(active: ActiveStep): true {
    this.#waited[active.position] = true;
    if (!active.hasReportedWait) this.#lines.push(`step ${active.at.step.name}: ${active.at.step.sql} <waiting ...>`);
    active.hasReportedWait = true;
    return true;
  }

  /** Markers: the step is done but may not be reported yet. */
  #isHeldBack(active: ActiveStep): boolean {
    return active.at.blockers.some((blocker) => {
      if (blocker.kind === 'once') return false;
      if (blocker.kind === 'step') return this.#active.some((other) => other?.at.step.name === blocker.step);
      return this.#notices[this.#sessionOf(blocker.step)]! < active.noticeTargets.get(blocker.step)!;
    });
  }

  /** Nobody is running: every active session waits, so none can release another (a deadlock the target does not break). */
  async #isStuck(): Promise<boolean> {
    for (const [i, active] of this.#active.entries()) {
      if (active === undefined) continue;
      if (active.outcome !== undefined && !this.#isHeldBack(active)) return false;
      if (active.outcome === undefined && !(await this.#sessions[i]!.isWaiting())) return false;
    }
    // With a server the deadlock check needs its timeout, so "all wait" is only final in process.
    return this.#target.kind === 'serialite';
  }

  #sessionOf(step: string): number {
    return this.#spec.sessions.findIndex((session) => session.steps.some((s) => s.name === step));
  }
}
