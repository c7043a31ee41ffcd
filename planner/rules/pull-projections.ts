/**
 * Moves what a subquery in FROM computes above the joins it stands in: the subquery's tables then take part in the order of joins, and an expression is computed for
 * the rows that are left, not for those that no partner is found for, whose errors would be nobody's.
 *
 * J1  Only what reads FROM and WHERE alone moves; over grouping, sorting, LIMIT, set operations a subquery is computed as it stands.
 * J2  From the nullable side of an outer join nothing moves: there a missing row is NULL whatever the expression. Where something is volatile nothing moves either; what holds a
 *     subquery stays alone.
 *
 * Source. PostgreSQL's pull_up_simple_subquery (prepjointree.c).
 */
import { hasSubquery, isVolatile, substitute, substituteInPlan } from '../expression-tools.js';
import type { BoundExpression, ColumnId } from '../expression.js';
import { makeJoin, makeProject, mapPlanBottomUp, type ComputedColumn, type LogicalJoin, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const pullProjections: Rule = {
  name: 'pull-projections',
  isRequired: false,
  apply: (statement) => rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, (node) => (node.kind === 'join' ? pullFrom(node) : node))),
};

interface Pulled {
  readonly input: LogicalPlan;
  readonly computed: readonly ComputedColumn[];
  readonly names: readonly string[];
}

function pullFrom(join: LogicalJoin): LogicalPlan {
  // NOT IN needs an equality between its sides, which a constant in place of a column would not be.
  if (join.nullAware) return join;
  let { left, right, condition } = join;
  const above: Pulled[] = [];
  for (let at = projectionOf(left, join.join !== 'right' && join.join !== 'full'); at !== undefined; at = projectionOf(left, true)) {
    const moved = replacements(at);
    left = at.input;
    if (join.isLateral) right = substituteInPlan(right, moved);
    condition = condition === undefined ? undefined : substitute(condition, moved);
    above.push(at);
  }
  for (let at = projectionOf(right, join.join === 'inner' || join.join === 'right'); at !== undefined; at = projectionOf(right, true)) {
    right = at.input;
    condition = condition === undefined ? undefined : substitute(condition, replacements(at));
    above.push(at);
  }
  if (above.length === 0) return join;
  // The outer ones of nested projections read the inner ones.
  return above.reduceRight<LogicalPlan>((plan, { computed, names }) => makeProject(plan, computed, names), makeJoin(join.join, left, right, condition, join.isLateral, join.nullAware));
}

function projectionOf(plan: LogicalPlan, isKept: boolean): Pulled | undefined {
  if (!isKept || plan.kind !== 'project' || !isPlain(plan.input)) return undefined;
  if (plan.computed.some((column) => isVolatile(column.expression))) return undefined;
  const computed = plan.computed.filter((column) => !hasSubquery(column.expression));
  if (computed.length === 0) return undefined;
  const namesOf = (columns: readonly ComputedColumn[]): string[] => columns.map(({ id }) => plan.output.find((column) => column.id === id)!.name);
  const staying = plan.computed.filter((column) => hasSubquery(column.expression));
  return { input: makeProject(plan.input, staying, namesOf(staying)), computed, names: namesOf(computed) };
}
const replacements = ({ computed }: Pulled): Map<ColumnId, BoundExpression> => new Map(computed.map((column) => [column.id, column.expression]));

/** J1: what PostgreSQL makes part of the query around it. */
export function isPlain(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'scan':
    case 'functionScan':
    case 'cteScan':
    case 'workTableScan':
    case 'values':
    case 'join':
    // The subquery below, whatever it is: a level has one projection at most over what it reads.
    case 'project':
      return true;
    case 'filter':
      return isPlain(plan.input);
    default:
      return false;
  }
}
