/** Applies a rewrite of one plan to the whole statement: the main plan, the CTEs, and the plans of subqueries inside expressions, innermost first. */
import { logicalPlanOf, mapAllExpressions, mapChildren } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import type { LogicalPlan, LogicalStatement } from '../logical-plan.js';

export function rewriteStatement(statement: LogicalStatement, rewrite: (plan: LogicalPlan) => LogicalPlan): LogicalStatement {
  const whole = (plan: LogicalPlan): LogicalPlan => rewrite(mapAllExpressions(plan, inExpression));
  const inExpression = (e: BoundExpression): BoundExpression =>
    mapChildren(e, inExpression, (query) => {
      const inner = whole(logicalPlanOf(query));
      return inner === query.plan ? query : { ...query, plan: inner };
    });
  const plan = whole(statement.plan);
  let changed = plan !== statement.plan;
  const ctes = statement.ctes.map((cte) => {
    const inner = whole(cte.plan);
    if (inner === cte.plan) return cte;
    changed = true;
    return { ...cte, plan: inner };
  });
  return changed ? { ...statement, plan, ctes } : statement;
}
