/** Small words the catalogue's entries are written with. */
import type { AnomalyRun, AnomalyStep, Level } from './anomaly.js';

/** `steps('t1: SQL', 't2: SQL')`: one string per step. */
export function steps(...lines: readonly string[]): AnomalyStep[] {
  return lines.map((line) => ({ session: line.slice(0, line.indexOf(':')), sql: line.slice(line.indexOf(':') + 1).trim() }));
}

export const bothCommitted = (run: AnomalyRun): boolean => run.committed('t1') && run.committed('t2');
/** Like `committed`, for scripts in which an error is caught by a savepoint. */
export const commitAnswered = (run: AnomalyRun, step: number): boolean => run.outcome(step)?.error === undefined && run.outcome(step)?.results.at(-1)?.command === 'COMMIT';
/** Rows of a step as `1=10 2=20`. */
export const rowsText = (run: AnomalyRun, step: number): string => run.rows(step).map((row) => row.join('=')).join(' ');

export const everywhere: readonly Level[] = ['read committed', 'repeatable read', 'serializable'];
export const weak: readonly Level[] = ['read committed', 'repeatable read'];
export const weakest: readonly Level[] = ['read committed'];
