/** FOR UPDATE and its kin: names in messages, and what a query that locks rows may not contain. */
import { DbError } from '../base/errors.js';
import type { LockingClause, Select } from '../parser/ast.js';
import type { Binder, BoundQuery, ImpliedLocking } from './binder-context.js';
import { copyExpression } from './copy-plan.js';
import { conjunction, conjunctsOf, forEachPlanExpression, freeColumns, logicalPlanOf, someExpression } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { planInputs, somePlan, type LogicalPlan } from './logical-plan.js';
import type { LockTarget } from './physical-plan.js';
import type { LockRequest, QueryLevel } from './scope.js';

export function lockClauseName(strength: ImpliedLocking['strength']): string {
  return `FOR ${strength.toUpperCase()}`;
}

/** The level's lock requests: its own clauses and what an enclosing clause implies for every table. */
export function lockRequests(clauses: readonly LockingClause[], implied: ImpliedLocking | undefined): LockRequest[] {
  const requests = clauses.map((clause): LockRequest => {
    for (const table of clause.tables) {
      if (table.schema !== undefined) throw new DbError('42601', `${lockClauseName(clause.strength)} must specify unqualified relation names`, { offset: table.offset });
    }
    return {
      strength: clause.strength,
      wait: clause.waitPolicy === 'block' ? 'wait' : clause.waitPolicy,
      names: clause.tables.map((table) => ({ name: table.name, offset: table.offset, isUsed: false })),
      clauseName: lockClauseName(clause.strength),
      offset: clause.offset,
    };
  });
  if (implied !== undefined) requests.push({ ...implied, names: [], clauseName: lockClauseName(implied.strength), offset: -1 });
  return requests;
}

/** @throws DbError 0A000 for a query whose rows do not correspond to rows of its tables */
export function checkLockable(level: QueryLevel, select: Select): void {
  const request = level.locking[0];
  if (request === undefined) return;
  const refuse = (what: string): never => {
    throw new DbError('0A000', `${request.clauseName} is not allowed with ${what}`);
  };
  if (select.isDistinct) refuse('DISTINCT clause');
  if (select.groupBy.length > 0) refuse('GROUP BY clause');
  if (select.having !== undefined) refuse('HAVING clause');
  if (level.aggregates.length > 0) refuse('aggregate functions');
  if (level.windowCalls.length > 0) refuse('window functions');
  if (level.setCalls.length > 0) refuse('set-returning functions in the target list');
  for (const lock of level.locking) {
    for (const name of lock.names) {
      if (!name.isUsed) throw new DbError('42P01', `relation "${name.name}" in ${lock.clauseName} clause not found in FROM clause`, { offset: name.offset });
    }
  }
}

/**
 * Conditions of inner joins and filters: what must still hold of a row that changed while its lock was awaited. An outer join counts as an inner one where rows of its nullable side
 * are locked: they can be only if it becomes one (rules/refuse-nullable-locks.ts).
 */
export function conditionsOf(plan: LogicalPlan, locked: ReadonlySet<ColumnId> = noLocks): BoundExpression[] {
  switch (plan.kind) {
    case 'filter':
      return [...conjunctsOf(plan.condition), ...conditionsOf(plan.input, locked)];
    case 'project':
      return conditionsOf(plan.input, locked);
    case 'join': {
      const isLocked = (side: LogicalPlan): boolean => locked.size > 0 && somePlan(side, (node) => node.kind === 'scan' && node.rowKey !== undefined && locked.has(node.rowKey));
      const keepsLeft = plan.join === 'inner' || plan.join === 'left' || (plan.join === 'right' && isLocked(plan.left));
      const keepsRight = plan.join === 'inner' || plan.join === 'right' || (plan.join === 'left' && isLocked(plan.right));
      const left = keepsLeft ? conditionsOf(plan.left, locked) : [];
      const right = keepsRight ? conditionsOf(plan.right, locked) : [];
      return keepsLeft && keepsRight ? [...conjunctsOf(plan.condition), ...left, ...right] : plan.join === 'left' || plan.join === 'right' ? [...left, ...right] : [];
    }
    default:
      return [];
  }
}
const noLocks: ReadonlySet<ColumnId> = new Set();

/** Puts LockRows above `plan` for the scans that asked for it. */
export function makeLockRows(level: QueryLevel, plan: LogicalPlan): LogicalPlan {
  if (level.lockTargets.length === 0) return plan;
  const whole = conjunction(conditionsOf(plan, new Set(level.lockTargets.map((lock) => lock.rowKey))));
  const condition = whole === undefined ? undefined : copyExpression(whole, level.binder);
  const { nullable } = scansOf(plan);
  const targets = level.lockTargets.map(({ table, alias, strength, wait, rowKey, columns }): LockTarget => ({
    table, alias, strength, wait, rowKey, isNullable: nullable.has(rowKey), recheck: { columns, condition, computed: [] },
  }));
  return { kind: 'lockRows', output: plan.output, input: plan, targets };
}

/** Row keys of the scans below LockRows: those that are there in every row, and those on the nullable side of an outer join. */
export interface LockedScans {
  readonly certain: ReadonlySet<ColumnId>;
  readonly nullable: ReadonlySet<ColumnId>;
}

export function scansOf(plan: LogicalPlan): LockedScans {
  const certain = new Set<ColumnId>();
  const nullable = new Set<ColumnId>();
  const collect = (node: LogicalPlan, isNullable: boolean): void => {
    switch (node.kind) {
      case 'scan':
        if (node.rowKey !== undefined) (isNullable ? nullable : certain).add(node.rowKey);
        return;
      case 'join':
        collect(node.left, isNullable || node.join === 'right' || node.join === 'full');
        collect(node.right, isNullable || node.join === 'left' || node.join === 'full');
        return;
      case 'filter':
      case 'project':
      case 'sort':
      case 'limit':
        collect(node.input, isNullable);
        return;
      default:
        return;
    }
  };
  collect(plan, false);
  return { certain, nullable };
}

/** Whether the plan, subqueries in its expressions included, holds a lock that will be refused unless its outer join becomes an inner one. */
export function locksNullable(plan: LogicalPlan): boolean {
  if (plan.kind === 'lockRows' && plan.targets.some((target) => target.isNullable)) return true;
  let found = false;
  forEachPlanExpression(plan, (e) => {
    found ||= someExpression(e, (x) => x.kind === 'subquery' && locksNullable(logicalPlanOf(x)));
  });
  return found || planInputs(plan).some(locksNullable);
}

/**
 * A query that takes row locks runs ahead of the plan that reads it, as a CTE of the statement: only the top of a plan may wait (P2). One that
 * depends on an outer row stays where it is and locks for each of those rows, the exception of P2.
 */
export function hoistLocks(binder: Binder, query: BoundQuery): BoundQuery {
  if (!takesLocks(query.plan) || freeColumns(query.plan).size > 0) return query;
  const number = binder.newCteNumber();
  binder.ctes.push({ number, name: 'locked', plan: query.plan, columns: query.columns, isModifying: false, isRecursive: false, materialized: true, mayWait: true, isCorrelated: false, isHoisted: true });
  const columns = query.columns.map((column) => binder.newColumn(column.name, column.type));
  return {
    plan: { kind: 'cteScan', output: columns, cte: number, name: 'locked', columns: columns.map((column, position) => ({ id: column.id, position })) },
    columns,
    unknowns: new Map(),
  };
}

export function takesLocks(plan: LogicalPlan): boolean {
  return somePlan(plan, (node) => node.kind === 'lockRows');
}
