/**
 * An anomaly as a short script: a story, a schedule over a few sessions, and a test that looks at what the sessions saw and says whether the
 * anomaly happened. The same script runs at every level on every target; what differs is who waits, who fails and what is read.
 */
import type { LabOutcome, LabTarget } from '../target.js';
import { runPermutation, type AfterStep, type PermutationRun } from '../specs/spec-runner.js';
import type { Spec } from '../specs/spec-parser.js';

export type Level = 'read committed' | 'repeatable read' | 'serializable';
export const levels: readonly Level[] = ['read committed', 'repeatable read', 'serializable'];

export interface AnomalyStep {
  readonly session: string;
  readonly sql: string;
}

export interface Anomaly {
  /** Kebab-case, as `serialite lab run` takes it. */
  readonly id: string;
  readonly title: string;
  /** Name in the literature: `G0`, `P4`, `A5B`, ... Several scripts may show one phenomenon. */
  readonly phenomenon: string;
  readonly source: string;
  readonly story: string;
  readonly setup: string;
  readonly sessions: readonly string[];
  /** The schedule; each session begins with BEGIN at the level under test unless its first step does so itself. */
  readonly steps: readonly AnomalyStep[];
  /** Whether the run shows the anomaly. */
  readonly happened: (run: AnomalyRun) => boolean;
  /** The levels at which PostgreSQL lets it happen. */
  readonly allowedAt: readonly Level[];
  /** The levels at which Serialite does, where it differs: it refuses what PostgreSQL lets through. */
  readonly allowedHereAt?: readonly Level[] | undefined;
  /** Why each level behaves as it does. */
  readonly why: string;
}

export interface AnomalyRun {
  readonly level: Level;
  readonly permutation: PermutationRun;
  /** Outcome of the nth step (0-based) of the schedule. */
  outcome(step: number): LabOutcome | undefined;
  /** First row, first column of the nth step's last result with rows, or undefined. */
  value(step: number): string | null | undefined;
  /** All rows of the nth step's last result. */
  rows(step: number): readonly (readonly (string | null)[])[];
  failed(step: number): boolean;
  /** Whether a session's last step was a COMMIT that succeeded, and nothing of it failed before. */
  committed(session: string): boolean;
  /** SQLSTATEs by session, in order. */
  readonly errors: readonly { readonly session: string; readonly code: string; readonly message: string }[];
  readonly kind: LabTarget['kind'];
  readonly happened: boolean;
}

/** Whether `level` lets the anomaly happen on such a target; other servers are expected to behave as PostgreSQL. */
export function isAllowed(anomaly: Anomaly, level: Level, kind: LabTarget['kind']): boolean {
  return (kind === 'serialite' ? (anomaly.allowedHereAt ?? anomaly.allowedAt) : anomaly.allowedAt).includes(level);
}

/** Runs the schedule of `anomaly` at `level` on `target` and judges it. */
export async function runAnomaly(anomaly: Anomaly, level: Level, target: LabTarget, afterStep?: AfterStep): Promise<AnomalyRun> {
  // Watched step by step, Serialite keeps the dependencies of snapshots too.
  const begin = `${afterStep !== undefined && target.kind === 'serialite' ? 'SET track_dependencies TO on; ' : ''}BEGIN ISOLATION LEVEL ${level.toUpperCase()};`;
  const spec = toSpec(anomaly, begin);
  const order = anomaly.steps.map((step, i) => ({ step: spec.sessions[anomaly.sessions.indexOf(step.session)]!.steps.find((s) => s.name === stepName(i))!, blockers: [] }));
  const permutation = await runPermutation(spec, order, target, afterStep);
  const errors = anomaly.steps.flatMap((step, i) => {
    const error = permutation.outcomes[i]?.error;
    return error === undefined ? [] : [{ session: step.session, code: error.code, message: error.message }];
  });
  const view = {
    level,
    kind: target.kind,
    permutation,
    errors,
    outcome: (step: number) => permutation.outcomes[step],
    rows: (step: number) => permutation.outcomes[step]?.results.filter((r) => r.columns.length > 0).at(-1)?.rows ?? [],
    value: (step: number) => view.rows(step)[0]?.[0],
    failed: (step: number) => permutation.outcomes[step]?.error !== undefined,
    committed: (session: string) => {
      const last = anomaly.steps.map((step, i) => ({ step, i })).filter(({ step }) => step.session === session).at(-1)!;
      // A COMMIT of a failed transaction answers ROLLBACK without an error.
      return permutation.outcomes[last.i]?.error === undefined && permutation.outcomes[last.i]?.results.at(-1)?.command === 'COMMIT' && !errors.some((e) => e.session === session);
    },
    happened: false,
  };
  return { ...view, happened: anomaly.happened(view) };
}

const stepName = (i: number): string => `step${i + 1}`;

function toSpec(anomaly: Anomaly, begin: string): Spec {
  return {
    name: anomaly.id,
    text: '',
    setups: [anomaly.setup],
    setupsAt: [-1],
    teardown: undefined,
    permutations: [],
    sessions: anomaly.sessions.map((name, session) => ({
      name,
      setup: begin,
      setupAt: -1,
      teardown: undefined,
      steps: anomaly.steps.flatMap((step, i) => (step.session === name ? [{ name: stepName(i), session, sql: step.sql }] : [])),
    })),
  };
}
