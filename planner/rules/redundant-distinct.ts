/** DISTINCT over rows that cannot repeat does nothing; and a sort whose order nobody can see is not needed. */
import { outputIdSet } from '../expression-tools.js';
import type { ColumnId } from '../expression.js';
import { mapPlanBottomUp, withInputs, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { isUniqueOn, notNullColumns } from '../plan-facts.js';
import { rewriteStatement } from './everywhere.js';

export const redundantDistinct: Rule = {
  name: 'redundant-distinct',
  isRequired: false,
  apply: (statement) =>
    rewriteStatement(statement, (plan) =>
      mapPlanBottomUp(plan, (node) => {
        if (node.kind === 'distinct') return withoutDistinct(node);
        if (node.kind === 'sort' && node.input.kind === 'sort') return withInputs(node, [node.input.input]);
        if (node.kind === 'setOperation') return withInputs(node, [unsorted(node.left), unsorted(node.right)]);
        if (node.kind === 'join' && (node.join === 'semi' || node.join === 'anti')) return withInputs(node, [node.left, unsorted(node.right)]);
        return node;
      }),
    ),
};

function withoutDistinct(node: Extract<LogicalPlan, { kind: 'distinct' }>): LogicalPlan {
  const on = new Set<ColumnId>();
  for (const e of node.on) if (e.kind === 'column') on.add(e.id);
  // Uniqueness disregards NULLs, DISTINCT does not: only columns that are never NULL count.
  const notNull = notNullColumns(node.input);
  const own = outputIdSet(node.input);
  const solid = new Set([...on].filter((id) => own.has(id) && notNull.has(id)));
  return isUniqueOn(node.input, solid) || isUniqueGrouping(node.input, on) ? node.input : node;
}

/** GROUP BY and DISTINCT treat NULLs alike. */
function isUniqueGrouping(plan: LogicalPlan, on: ReadonlySet<ColumnId>): boolean {
  if (plan.kind === 'filter' || plan.kind === 'sort' || plan.kind === 'project') return isUniqueGrouping(plan.input, on);
  if (plan.kind === 'distinct') return plan.on.every((e) => e.kind === 'column' && on.has(e.id));
  return plan.kind === 'aggregate' && plan.groupingSets === undefined && (plan.isPlain || plan.groupBy.every((group) => on.has(group.id)));
}

function unsorted(plan: LogicalPlan): LogicalPlan {
  return plan.kind === 'sort' ? unsorted(plan.input) : plan;
}
