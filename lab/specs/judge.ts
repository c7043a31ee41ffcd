/**
 * Whether a run in which the target committed more than PostgreSQL did is serializable: some serial order of its committed transactions, each run alone
 * from the same start, gives every one of them the same answers and leaves the same tables. Brute force over the orders that keep each session's own.
 */
import type { LabOutcome, LabSession, LabTarget, TargetFactory } from '../target.js';
import type { PermutationStep, Spec, SpecStep } from './spec-parser.js';
import { runPermutation, type PermutationRun } from './spec-runner.js';
import { renderResult } from './transcript.js';

/** A transaction of the run: the steps of one session up to the end of its block. */
interface Unit {
  readonly session: number;
  readonly steps: readonly SpecStep[];
  readonly outcomes: readonly (LabOutcome | undefined)[];
}

const orderCountMax = 5000;

/** The names of the sessions in a serial order that explains the run, or undefined when there is none. */
export async function serialOrder(spec: Spec, run: PermutationRun, makeTarget: TargetFactory): Promise<string | undefined> {
  const stepsByName = new Map(spec.sessions.flatMap((session) => session.steps.map((step) => [step.name, step] as const)));
  const steps = run.names.map((name) => stepsByName.get(name)!);
  const units: Unit[] = spec.sessions.flatMap((_, session) => unitsOf(session, steps, run.outcomes));
  const committed = units.filter((unit) => unit.outcomes.every((outcome) => outcome !== undefined && outcome.error === undefined));
  const finalState = await stateAfter(spec, steps.map((step) => ({ step, blockers: [] })), makeTarget);
  let tried = 0;
  for (const order of orders(committed)) {
    if (++tried > orderCountMax) return undefined;
    if (await explains(spec, order, finalState, makeTarget)) return order.map((unit) => spec.sessions[unit.session]!.name).join(', ');
  }
  return undefined;
}

function unitsOf(session: number, steps: readonly SpecStep[], outcomes: readonly (LabOutcome | undefined)[]): Unit[] {
  const units: { session: number; steps: SpecStep[]; outcomes: (LabOutcome | undefined)[] }[] = [];
  let open: (typeof units)[number] | undefined;
  steps.forEach((step, i) => {
    if (step.session !== session) return;
    if (open === undefined) units.push((open = { session, steps: [], outcomes: [] }));
    open.steps.push(step);
    open.outcomes.push(outcomes[i]);
    if (/\b(commit|rollback|abort|end)\b/i.test(step.sql)) open = undefined;
  });
  return units;
}

function* orders(units: readonly Unit[], chosen: Unit[] = []): Generator<readonly Unit[]> {
  if (chosen.length === units.length) {
    yield chosen;
    return;
  }
  const seen = new Set<number>();
  for (const unit of units) {
    // Of each session the first unit not yet chosen.
    if (chosen.includes(unit) || seen.has(unit.session)) continue;
    seen.add(unit.session);
    yield* orders(units, [...chosen, unit]);
  }
}

async function explains(spec: Spec, order: readonly Unit[], finalState: string, makeTarget: TargetFactory): Promise<boolean> {
  const serial: PermutationStep[] = order.flatMap((unit) => unit.steps.map((step) => ({ step, blockers: [] })));
  const expected = order.flatMap((unit) => unit.outcomes);
  const target = await makeTarget();
  try {
    const run = await runPermutation({ ...spec, teardown: undefined, sessions: onlyUsed(spec, order) }, serial, target);
    return run.outcomes.every((outcome, i) => sameOutcome(outcome, expected[i])) && (await dump(target)) === finalState;
  } finally {
    await target.close();
  }
}

/** Sessions whose transactions all failed must not leave their setup transaction open around the serial run. */
function onlyUsed(spec: Spec, order: readonly Unit[]): Spec['sessions'] {
  const used = new Set(order.map((unit) => unit.session));
  return spec.sessions.map((session, i) => (used.has(i) ? session : { ...session, setup: undefined, teardown: undefined }));
}

async function stateAfter(spec: Spec, permutation: readonly PermutationStep[], makeTarget: TargetFactory): Promise<string> {
  const target = await makeTarget();
  try {
    await runPermutation({ ...spec, teardown: undefined }, permutation, target);
    return await dump(target);
  } finally {
    await target.close();
  }
}

async function dump(target: LabTarget): Promise<string> {
  const session: LabSession = await target.connect('dump');
  const tables = await session.run(`select quote_ident(table_name) from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name`);
  const texts: string[] = [];
  for (const [table] of tables.results[0]?.rows ?? []) {
    const rows = (await session.run(`select * from ${table!}`)).results[0]?.rows ?? [];
    texts.push(`${table!}: ${rows.map((row) => JSON.stringify(row)).sort().join('')}`);
  }
  await session.close();
  return texts.join('\n');
}

function sameOutcome(a: LabOutcome | undefined, b: LabOutcome | undefined): boolean {
  const text = (outcome: LabOutcome | undefined): string => JSON.stringify((outcome?.results ?? []).map((result) => renderResult({ ...result, rows: [...result.rows].sort() })));
  return a?.error?.code === b?.error?.code && text(a) === text(b);
}
