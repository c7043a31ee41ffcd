/**
 * Rows on the nullable side of an outer join cannot be locked, for there may be none; those of one that a condition above has made an inner join can. As in PostgreSQL,
 * where the planner finds it (make_outerjoininfo of initsplan.c), every other mistake of the statement is told before, and a condition that is never true hides nothing: locks
 * are marked where they are bound (makeLockRows), and a marked one whose table is gone by now is refused as one whose outer join has stayed.
 */
import { DbError } from '../../base/errors.js';
import { lockClauseName, scansOf } from '../binder-locking.js';
import { mapPlanBottomUp, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

/** @throws DbError 0A000 */
export const refuseNullableLocks: Rule = {
  name: 'refuse-nullable-locks',
  isRequired: true,
  apply: (statement) => rewriteStatement(statement, (whole) => mapPlanBottomUp(whole, refuse)),
};

function refuse(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'lockRows' || !plan.targets.some((target) => target.isNullable)) return plan;
  const { certain } = scansOf(plan.input);
  const refused = plan.targets.find((target) => target.isNullable && !certain.has(target.rowKey));
  if (refused !== undefined) throw new DbError('0A000', `${lockClauseName(refused.strength)} cannot be applied to the nullable side of an outer join`);
  return plan;
}
