/**
 * Rows on the nullable side of an outer join cannot be locked, for there may be none; those of one that a condition above has made an inner join can. As in PostgreSQL,
 * where the planner finds it (make_outerjoininfo of initsplan.c), every other mistake of the statement is told before, and a condition that is never true hides nothing: what has
 * gone by then is refused by what it was before constants were folded.
 */
import { DbError } from '../../base/errors.js';
import { lockClauseName } from '../binder-locking.js';
import type { ColumnId } from '../expression.js';
import { mapPlanBottomUp, type LogicalPlan, type LogicalStatement } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';
import type { LockTarget } from '../physical-plan.js';
import { rewriteStatement } from './everywhere.js';

type Locks = Map<ColumnId, LockTarget>;
const noted = new WeakMap<RuleContext, Locks>();

export const noteNullableLocks: Rule = {
  name: 'note-nullable-locks',
  isRequired: true,
  apply(statement, cx) {
    const { nullable } = locksOf(statement);
    if (nullable.size > 0) noted.set(cx, nullable);
    return statement;
  },
};

/** @throws DbError 0A000 */
export const refuseNullableLocks: Rule = {
  name: 'refuse-nullable-locks',
  isRequired: true,
  apply(statement, cx) {
    const before = noted.get(cx);
    if (before === undefined) return statement;
    const now = locksOf(statement);
    for (const [rowKey, { strength }] of before) {
      if (!now.certain.has(rowKey)) throw new DbError('0A000', `${lockClauseName(strength)} cannot be applied to the nullable side of an outer join`);
    }
    return statement;
  },
};

/** Locked rows that are there in every row of the result, and those of nullable sides. */
function locksOf(statement: LogicalStatement): { readonly certain: Locks; readonly nullable: Locks } {
  const certain: Locks = new Map();
  const nullable: Locks = new Map();
  rewriteStatement(statement, (whole) =>
    mapPlanBottomUp(whole, (plan) => {
      if (plan.kind !== 'lockRows') return plan;
      const scans = new Map<ColumnId, boolean>();
      collectScans(plan.input, false, scans);
      for (const target of plan.targets) {
        const isNullable = scans.get(target.rowKey);
        if (isNullable !== undefined) (isNullable ? nullable : certain).set(target.rowKey, target);
      }
      return plan;
    }),
  );
  return { certain, nullable };
}

/** Row keys of scans, and whether they stand on the nullable side of an outer join. */
function collectScans(plan: LogicalPlan, isNullable: boolean, into: Map<ColumnId, boolean>): void {
  switch (plan.kind) {
    case 'scan':
      if (plan.rowKey !== undefined) into.set(plan.rowKey, isNullable);
      return;
    case 'join':
      collectScans(plan.left, isNullable || plan.join === 'right' || plan.join === 'full', into);
      collectScans(plan.right, isNullable || plan.join === 'left' || plan.join === 'full', into);
      return;
    case 'filter':
    case 'project':
    case 'sort':
    case 'limit':
      collectScans(plan.input, isNullable, into);
      return;
    default:
      return;
  }
}
