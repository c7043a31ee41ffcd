/**
 * Runs whole spec files and judges each permutation against the transcript PostgreSQL expects.
 *
 * A permutation *agrees* when its lines equal those of one of the accepted files. Rows of a query without ORDER BY have no order, so result
 * tables are compared as multisets when line-by-line comparison fails. Where PostgreSQL aborted a transaction with 40001 and the target
 * committed it, the permutation is *more permissive*: right only if its committed transactions have a serial order, which `judge` decides.
 * What EXPLAIN prints is no matter of isolation, so tables under QUERY PLAN are left out of a second comparison. An expected file whose steps have
 * other SQL than the spec belongs to another version of it and judges nothing: a live server must.
 */
import type { LabTarget, TargetFactory } from '../target.js';
import { allInterleavings, parseSpec, type Spec } from './spec-parser.js';
import { runPermutation, type PermutationRun } from './spec-runner.js';

export type Verdict = 'equal' | 'equal but for row order' | 'equal but for plans' | 'no needless abort' | 'differs' | 'setup failed' | 'unsupported' | 'expected of another version';

export interface PermutationReport {
  readonly names: readonly string[];
  readonly verdict: Verdict;
  /** First differing lines, a serial order, the unsupported feature, or where and why the setup failed. */
  readonly note: string;
  readonly lines: readonly string[];
}

export interface SpecReport {
  readonly name: string;
  readonly permutations: readonly PermutationReport[];
}

/** Decides whether a run that committed more than PostgreSQL did is serializable: its serial order, or undefined. */
export type Judge = (spec: Spec, run: PermutationRun, makeTarget: TargetFactory) => Promise<string | undefined>;

export interface SpecFiles {
  readonly name: string;
  readonly spec: string;
  /** Accepted transcripts. */
  readonly expected: readonly string[];
}

/** Splits a transcript into one block of lines per permutation, keyed by the step names. */
export function splitTranscript(text: string): Map<string, string[][]> {
  const blocks = new Map<string, string[][]>();
  let lines: string[] | undefined;
  for (const line of text.split('\n')) {
    const start = /^starting permutation: (.*)$/.exec(line);
    if (start !== null) {
      lines = [];
      const key = start[1]!.replace(/"/g, '').trim();
      const list = blocks.get(key);
      if (list === undefined) blocks.set(key, [lines]);
      else list.push(lines);
    }
    lines?.push(line);
  }
  return blocks;
}

export async function runSpec(files: SpecFiles, makeTarget: TargetFactory, judge: Judge | undefined, options: { readonly permutationMax?: number } = {}): Promise<SpecReport> {
  const spec = parseSpec(files.name, files.spec);
  const expected = files.expected.map(splitTranscript);
  const permutations = spec.permutations.length > 0 ? spec.permutations : [...allInterleavings(spec)];
  const isOtherVersion = expected.length > 0 && !expected.some((blocks) => fitsSpec(spec, blocks));
  const reports: PermutationReport[] = [];
  const seen = new Map<string, number>();
  for (const permutation of permutations.slice(0, options.permutationMax)) {
    const target: LabTarget = await makeTarget();
    let run: PermutationRun;
    try {
      run = await runPermutation(spec, permutation, target);
    } finally {
      await target.close();
    }
    const key = run.names.join(' ');
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const accepted = expected.map((blocks) => blocks.get(key)?.[nth]).filter((lines) => lines !== undefined);
    const report = await compare(spec, run, accepted, makeTarget, judge);
    reports.push(report.verdict === 'differs' && isOtherVersion ? { ...report, verdict: 'expected of another version' } : report);
  }
  return { name: files.name, permutations: reports };
}

async function compare(spec: Spec, run: PermutationRun, accepted: readonly (readonly string[])[], makeTarget: TargetFactory, judge: Judge | undefined): Promise<PermutationReport> {
  const base = { names: run.names, lines: run.lines };
  const own = canonical(run.lines);
  let difference = 'no expected transcript has this permutation';
  for (const lines of accepted) {
    const other = canonical(lines);
    if (sameLines(own, other)) return { ...base, verdict: 'equal', note: '' };
    if (sameLines(sortTables(own), sortTables(other))) return { ...base, verdict: 'equal but for row order', note: '' };
    if (sameLines(sortTables(withoutPlans(own)), sortTables(withoutPlans(other)))) return { ...base, verdict: 'equal but for plans', note: '' };
  }
  if (run.setupError !== undefined) return { ...base, verdict: 'setup failed', note: run.setupError };
  const feature = run.outcomes.find((outcome) => outcome?.error?.code === '0A000')?.error?.message;
  if (feature !== undefined || run.missing.length > 0) return { ...base, verdict: 'unsupported', note: feature ?? run.missing.join('; ') };
  if (accepted[0] !== undefined) {
    const other = canonical(accepted[0]);
    const at = own.findIndex((line, i) => line !== other[i]);
    difference = `line ${at + 1}: expected ${JSON.stringify(other[at] ?? 'end')}, got ${JSON.stringify(own[at] ?? 'end')}`;
    const isSerializationFailure = (line: string): boolean => /^ERROR: {2}could not serialize access due to read\/write dependencies/.test(line);
    if (judge !== undefined && accepted.some((lines) => lines.some(isSerializationFailure))) {
      const order = await judge(spec, run, makeTarget);
      if (order !== undefined) return { ...base, verdict: 'no needless abort', note: order };
    }
  }
  return { ...base, verdict: 'differs', note: difference };
}

/** Whether the steps of a transcript have the SQL of the spec. */
function fitsSpec(spec: Spec, blocks: ReadonlyMap<string, readonly (readonly string[])[]>): boolean {
  const text = canonical([...blocks.values()].flatMap((runs) => runs.map((lines) => lines.join('\n')))).join('\n');
  return spec.sessions.every((session) => session.steps.every((step) => {
    const shown = canonical([`step ${step.name}: ${step.sql}`]).join('\n');
    return text.includes(shown) || !text.includes(`\nstep ${step.name}:`);
  }));
}

function withoutPlans(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let isPlan = false;
  for (const line of lines) {
    if (line === 'QUERY PLAN') isPlan = true;
    if (!isPlan) kept.push(line);
    if (/^\(\d+ rows?\)$/.test(line)) isPlan = false;
  }
  return kept;
}

/** White space at line ends and blank lines at the end carry nothing. */
function canonical(lines: readonly string[]): string[] {
  const trimmed = lines.join('\n').split('\n').map((line) => line.replace(/\s+$/, '').replace(/"/g, ''));
  while (trimmed.at(-1) === '') trimmed.pop();
  return trimmed;
}

/** Rows of each result table in sorted order: tables begin after a line of dashes and end at "(n rows)". */
function sortTables(lines: readonly string[]): string[] {
  const sorted: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    sorted.push(lines[i]!);
    if (!/^-+(\+-+)*$/.test(lines[i]!)) continue;
    const end = lines.findIndex((line, j) => j > i && /^\(\d+ rows?\)$/.test(line));
    if (end < 0) continue;
    sorted.push(...lines.slice(i + 1, end).sort());
    i = end - 1;
  }
  return sorted;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
