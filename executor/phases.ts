/**
 * What a statement does one after the other: data-modifying CTEs that something reads, parts that lock rows, the main plan, and then the data-modifying CTEs
 * that nothing has read, the last of them first. Plain CTEs run when, and as far as, they are read.
 *
 * Source. PostgreSQL's ExecPostprocessPlan, and the order of es_auxmodifytables (nodeModifyTable.c).
 */
import { someExpression } from '../planner/expression-tools.js';
import type { PhysicalPlan, PlannedCte, PlannedStatement } from '../planner/physical-plan.js';
import { forEachInputExpression, physicalInputs } from '../planner/physical-tools.js';
import { physicalPlanOf } from './expression-interpreter.js';
import { lockRowsUnder, lockUnitsInside } from './lock-unit.js';
import type { ModifyPlan } from './modify.js';

/**
 * `cte` is that whose rows the phase makes; without it they are the statement's own, or (`unit`) those of a part of a plan that locks rows and is read by the
 * rest as if it were a table.
 */
export type PhaseSpec =
  | { readonly kind: 'modify'; readonly plan: ModifyPlan; readonly cte: PlannedCte | undefined }
  | { readonly kind: 'lock'; readonly plan: PhysicalPlan; readonly cte: PlannedCte | undefined; readonly isUnit: boolean }
  | { readonly kind: 'cte'; readonly plan: PhysicalPlan; readonly cte: PlannedCte }
  | { readonly kind: 'query'; readonly plan: PhysicalPlan };

export function phasesOf({ ctes, plan: main }: PlannedStatement): readonly PhaseSpec[] {
  const phases: PhaseSpec[] = [];
  const add = (plan: PhysicalPlan, cte: PlannedCte | undefined): void => {
    for (const unit of lockUnitsInside(plan)) phases.push({ kind: 'lock', plan: unit, cte: undefined, isUnit: true });
    if (plan.kind === 'modify') phases.push({ kind: 'modify', plan, cte });
    else if (lockRowsUnder(plan) !== undefined) phases.push({ kind: 'lock', plan, cte, isUnit: false });
    else phases.push(cte === undefined ? { kind: 'query', plan } : { kind: 'cte', plan, cte });
  };
  const late = unread(ctes, main);
  for (const cte of ctes) if (!late.includes(cte)) add(cte.plan, cte);
  add(main, undefined);
  for (const cte of late) add(cte.plan, cte);
  return phases;
}

/** Data-modifying CTEs that neither the main plan reads nor what runs before it, in the order in which they run. */
function unread(ctes: readonly PlannedCte[], main: PhysicalPlan): readonly PlannedCte[] {
  if (!ctes.some((cte) => cte.isModifying)) return [];
  const read = new Set<number>();
  const addReads = (plan: PhysicalPlan, to: Set<number>): void => forEachRead(plan, (number) => {
    if (to.has(number)) return;
    to.add(number);
    const cte = ctes.find((candidate) => candidate.number === number);
    if (cte !== undefined) addReads(cte.plan, to);
  });
  addReads(main, read);
  // What locks rows runs whether it is read or not.
  for (const cte of ctes) if (!cte.isModifying && cte.mayWait) addReads(cte.plan, read);
  const late: PlannedCte[] = [];
  for (const cte of [...ctes].reverse()) {
    if (!cte.isModifying || read.has(cte.number) || late.includes(cte)) continue;
    const before = new Set<number>();
    addReads(cte.plan, before);
    late.push(...ctes.filter((other) => other.isModifying && before.has(other.number) && !read.has(other.number) && !late.includes(other)), cte);
  }
  return late;
}

/** The CTEs that a plan reads, its subqueries included. */
function forEachRead(plan: PhysicalPlan, f: (cte: number) => void): void {
  if (plan.kind === 'cteScan') f(plan.cte);
  forEachInputExpression(plan, (e) => {
    someExpression(e, (inner) => {
      if (inner.kind === 'subquery') forEachRead(physicalPlanOf(inner), f);
      return false;
    });
  });
  for (const input of physicalInputs(plan)) forEachRead(input, f);
}
