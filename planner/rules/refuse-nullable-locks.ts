/**
 * Rows on the nullable side of an outer join cannot be locked, for there may be none; those of one that a condition above has made an inner join can. As in PostgreSQL,
 * where the planner finds it (make_outerjoininfo of initsplan.c), every other mistake of the statement is told before.
 */
import { DbError } from '../../base/errors.js';
import { lockClauseName } from '../binder-locking.js';
import type { ColumnId } from '../expression.js';
import { mapPlanBottomUp, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

/** @throws DbError 0A000 */
export const refuseNullableLocks: Rule = {
  name: 'refuse-nullable-locks',
  isRequired: true,
  apply: (statement) => rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, check)),
};

function check(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'lockRows') return plan;
  const nullable = new Set<ColumnId>();
  collectNullable(plan.input, false, nullable);
  for (const { rowKey, strength } of plan.targets) {
    if (nullable.has(rowKey)) throw new DbError('0A000', `${lockClauseName(strength)} cannot be applied to the nullable side of an outer join`);
  }
  return plan;
}

/** Row keys of scans on the nullable side of an outer join. */
function collectNullable(plan: LogicalPlan, isNullable: boolean, into: Set<ColumnId>): void {
  switch (plan.kind) {
    case 'scan':
      if (isNullable && plan.rowKey !== undefined) into.add(plan.rowKey);
      return;
    case 'join':
      collectNullable(plan.left, isNullable || plan.join === 'right' || plan.join === 'full', into);
      collectNullable(plan.right, isNullable || plan.join === 'left' || plan.join === 'full', into);
      return;
    case 'filter':
    case 'project':
    case 'sort':
    case 'limit':
      collectNullable(plan.input, isNullable, into);
      return;
    default:
      return;
  }
}
