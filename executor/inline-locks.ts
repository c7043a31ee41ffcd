/**
 * Row locks in the middle of a plan: FOR UPDATE and its kin in a subquery, or in a LATERAL item, that reads an outer row. Which rows are locked
 * depends on rows that are still being found, so nothing can be locked ahead (lock-unit.ts); and pull iterators cannot stop half way through
 * a row to wait. So where a lock must be waited for, LockWait is thrown through all of them, the driver awaits the lock, and what was under way
 * starts over.
 *
 * J1  Nothing of a phase leaves it before all its rows are found, so that starting over repeats nothing that anyone has seen.
 * J2  Starting over ends: a lock once taken is held, and what it protects gives the same answer each time. Each round takes a lock more.
 * J3  At READ COMMITTED a locked row that has changed since the statement's snapshot is judged by its newest version in each round, as in lock-rows.ts.
 *
 * Left out on purpose: keeping the rows found before the wait. Waits are rare, rows that were found are cheap to find again; but a volatile
 * function runs again too, so that a sequence may skip numbers. Statements with such locks are interpreted.
 */
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import { someExpression } from '../planner/expression-tools.js';
import type { PhysicalPlan, PlannedStatement } from '../planner/physical-plan.js';
import { forEachInputExpression, physicalInputs } from '../planner/physical-tools.js';
import { physicalPlanOf } from './expression-interpreter.js';
import type { LockUnitExecution } from './lock-unit.js';
import type { RowSource } from './row-source.js';
import type { Runtime, SubqueryNode } from './runtime.js';
import { restoreTuple, saveTuple } from './runtime.js';
import type { Wait } from './wait.js';

/** Thrown through pull iterators, never to the user: a lock must be waited for. */
export class LockWait extends Error {
  readonly wait: Wait;

  constructor(wait: Wait) {
    super('a lock must be waited for');
    this.wait = wait;
  }
}

/** Whether a subquery locks rows for each outer row. */
export function locksInline(e: SubqueryNode): boolean {
  return e.outer.length > 0 && locksRows(physicalPlanOf(e));
}
/** Whether `input` of `plan` locks rows for each row of the other side. */
export function isInlineInput(plan: PhysicalPlan, input: PhysicalPlan): boolean {
  return plan.kind === 'nestedLoop' && plan.isLateral && input === plan.right && locksRows(input);
}

function locksRows(plan: PhysicalPlan): boolean {
  return someNode(plan, (node) => node.kind === 'lockRows', (e) => locksRows(physicalPlanOf(e)));
}

/** Whether the statement has such locks anywhere. */
export function hasInlineLocks(planned: PlannedStatement): boolean {
  const inside = (plan: PhysicalPlan): boolean =>
    someNode(plan, (node) => physicalInputs(node).some((input) => isInlineInput(node, input)), (e) => locksInline(e) || inside(physicalPlanOf(e)));
  return inside(planned.plan) || planned.ctes.some((cte) => inside(cte.plan));
}

function someNode(plan: PhysicalPlan, test: (node: PhysicalPlan) => boolean, testSubquery: (e: SubqueryNode) => boolean): boolean {
  if (test(plan)) return true;
  let found = false;
  const visit = (e: BoundExpression): void => {
    found ||= someExpression(e, (inner) => inner.kind === 'subquery' && testSubquery(inner));
  };
  forEachInputExpression(plan, visit);
  return found || physicalInputs(plan).some((input) => someNode(input, test, testSubquery));
}

/** All rows of a source before the first goes out; after LockWait the next `fill` begins with a new source (J1). */
export class RestartingSource implements RowSource {
  readonly #make: () => RowSource;
  #source: RowSource | undefined;
  #tuples: Datum[][] = [];
  #at = 0;
  #isFilled = false;

  constructor(make: () => RowSource) {
    this.#make = make;
  }
  fill(into: Datum[][], max: number): 'done' | 'full' | 'slice' {
    if (!this.#isFilled) {
      try {
        this.#source ??= this.#make();
        if (this.#source.fill(this.#tuples, Infinity) === 'slice') return 'slice';
      } catch (error) {
        if (error instanceof LockWait) this.restart();
        throw error;
      }
      this.#isFilled = true;
    }
    while (into.length < max) {
      if (this.#at === this.#tuples.length) return 'done';
      into.push(this.#tuples[this.#at++]!);
    }
    return 'full';
  }
  restart(): void {
    this.#source?.close();
    this.#source = undefined;
    if (!(mutants.on && mutants.has('executor.restart-keeps-rows'))) this.#tuples = [];
    this.#at = 0;
    this.#isFilled = false;
  }
  close(): void {
    this.#source?.close();
    this.#tuples = [];
    this.#at = 0;
    this.#isFilled = true;
  }
}

/** The same for a unit (lock-unit.ts) with such locks in what it computes of each row. */
export class RestartingUnit {
  readonly #make: () => LockUnitExecution;
  readonly #ids: readonly ColumnId[];
  readonly #runtime: Runtime;
  #unit: LockUnitExecution | undefined;
  #tuples: Datum[][] = [];
  #at = 0;
  #isFilled = false;

  constructor(make: () => LockUnitExecution, ids: readonly ColumnId[], runtime: Runtime) {
    this.#make = make;
    this.#ids = ids;
    this.#runtime = runtime;
  }
  next(): Wait | 'row' | 'done' | 'slice' {
    while (!this.#isFilled) {
      const result = this.#step();
      if (result === 'row') this.#tuples.push(saveTuple(this.#runtime.registers, this.#ids));
      else if (result === 'done') this.#isFilled = true;
      else return result;
    }
    const tuple = this.#tuples[this.#at];
    if (tuple === undefined) return 'done';
    this.#at++;
    restoreTuple(this.#runtime.registers, this.#ids, tuple);
    return 'row';
  }
  #step(): Wait | 'row' | 'done' | 'slice' {
    try {
      this.#unit ??= this.#make();
      return this.#unit.next();
    } catch (error) {
      if (error instanceof LockWait) {
        this.close();
        this.#isFilled = false;
      }
      throw error;
    }
  }
  close(): void {
    this.#unit?.close();
    this.#unit = undefined;
    this.#tuples = [];
    this.#isFilled = true;
  }
}
