/**
 * Keeps only columns that somebody reads, from the top down; with that knowledge also drops what then does nothing:
 *
 *   a LEFT JOIN whose right side is unique on the joined columns and not read        the left side alone
 *   a LEFT JOIN under `right.column IS NULL`, nothing else of the right side read     an anti join
 *   computed columns, aggregates and window calls nobody reads                        gone
 */
import { collectColumns, conjunction, conjunctsOf, forEachPlanExpression, isNullWhen, isVolatile, logicalPlanOf, mapAllExpressions, mapChildren, outputIdSet } from '../expression-tools.js';
import type { BoundExpression, ColumnId } from '../expression.js';
import { makeFilter, makeJoin, makeValues, planInputs, withInputs, type LogicalJoin, type LogicalPlan } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';
import { equatedColumns, isUniqueOn, notNullColumns } from '../plan-facts.js';
import type { PlanColumn } from '../physical-plan.js';

export const pruneColumns: Rule = {
  name: 'prune-columns',
  isRequired: false,
  apply(statement, cx) {
    // Subqueries first, each knowing what its expression reads of it.
    const inExpression = (e: BoundExpression): BoundExpression =>
      mapChildren(e, inExpression, (query) => {
        const plan = prune(mapAllExpressions(logicalPlanOf(query), inExpression), new Set(query.columns), cx);
        return { ...query, plan };
      });
    const ctes = statement.ctes.map((cte) => ({ ...cte, plan: prune(mapAllExpressions(cte.plan, inExpression), new Set(cte.columns.map((column) => column.id)), cx) }));
    const plan = prune(mapAllExpressions(statement.plan, inExpression), new Set(statement.result.map((column) => column.id)), cx);
    return { ...statement, ctes, plan };
  },
};

type Needed = ReadonlySet<ColumnId>;

function withExpressions(needed: Needed, list: Iterable<BoundExpression>): Set<ColumnId> {
  const all = new Set(needed);
  for (const e of list) collectColumns(e, all);
  return all;
}

const keep = (columns: readonly PlanColumn[], needed: Needed): readonly PlanColumn[] => {
  const seen = new Set<ColumnId>();
  const kept = columns.filter((column) => needed.has(column.id) && !seen.has(column.id) && seen.add(column.id) !== undefined);
  return kept.length === columns.length ? columns : kept;
};

function prune(plan: LogicalPlan, needed: Needed, cx: RuleContext): LogicalPlan {
  switch (plan.kind) {
    case 'scan': {
      const output = keep(plan.output, needed);
      return output === plan.output ? plan : { ...plan, output };
    }
    case 'values': {
      // One row is what its SELECT would be; of several, all is computed.
      const output = plan.rows.length === 1 ? keep(plan.output, needed) : plan.output;
      if (output === plan.output || plan.rows[0]!.some(isVolatile)) return plan;
      return makeValues(output, [output.map((column) => plan.rows[0]![plan.output.indexOf(column)]!)]);
    }
    case 'filter':
      return pruneFilter(plan, needed, cx);
    case 'project': {
      const computed = plan.computed.filter((column) => needed.has(column.id));
      const input = prune(plan.input, withExpressions(needed, computed.map((column) => column.expression)), cx);
      if (computed.length === 0) return input;
      const made = new Set(computed.map((column) => column.id));
      return { ...plan, input, computed, output: [...input.output, ...plan.output.filter((column) => made.has(column.id))] };
    }
    case 'join':
      return pruneJoin(plan, needed, cx);
    case 'aggregate': {
      const calls = plan.calls.filter((call) => needed.has(call.id));
      const groupingCalls = plan.groupingCalls.filter((call) => needed.has(call.id));
      const smaller = { ...plan, calls, groupingCalls, output: plan.output.filter((column) => plan.groupBy.some((group) => group.id === column.id) || needed.has(column.id)) };
      const read = new Set<ColumnId>();
      forEachPlanExpression(smaller, (e) => collectColumns(e, read));
      return { ...smaller, input: prune(plan.input, read, cx) };
    }
    case 'window': {
      const calls = plan.calls.filter((call) => needed.has(call.id));
      if (calls.length === 0) return prune(plan.input, needed, cx);
      const smaller = { ...plan, calls };
      const read = new Set(needed);
      forEachPlanExpression(smaller, (e) => collectColumns(e, read));
      const input = prune(plan.input, read, cx);
      const made = new Set(calls.map((call) => call.id));
      return { ...smaller, input, output: [...input.output, ...plan.output.filter((column) => made.has(column.id))] };
    }
    case 'append': {
      const kept = plan.output.map((_, i) => i).filter((i) => needed.has(plan.output[i]!.id));
      const inputColumns = plan.inputColumns.map((ids) => kept.map((i) => ids[i]!));
      return { ...plan, output: kept.map((i) => plan.output[i]!), inputColumns, inputs: plan.inputs.map((input, i) => prune(input, new Set(inputColumns[i]), cx)) };
    }
    case 'setOperation':
      return withInputs(plan, [prune(plan.left, new Set(plan.leftColumns), cx), prune(plan.right, new Set(plan.rightColumns), cx)]);
    case 'recursiveUnion':
      return withInputs(plan, [prune(plan.seed, new Set(plan.seedColumns), cx), prune(plan.term, new Set(plan.termColumns), cx)]);
    case 'lockRows': {
      const read = new Set(needed);
      for (const target of plan.targets) {
        read.add(target.rowKey);
        // Of the locked row, everything the test of its newer version reads.
        forEachPlanExpression(plan, (e) => collectColumns(e, read));
      }
      return withInputs(plan, [prune(plan.input, read, cx)]);
    }
    case 'modify': {
      const read = new Set<ColumnId>();
      if (plan.rowKey !== undefined) read.add(plan.rowKey);
      forEachPlanExpression(plan, (e) => collectColumns(e, read));
      return withInputs(plan, [prune(plan.input, read, cx)]);
    }
    default: {
      const inputs = planInputs(plan);
      if (inputs.length === 0) return plan;
      const read = new Set(needed);
      forEachPlanExpression(plan, (e) => collectColumns(e, read));
      return withInputs(plan, inputs.map((input) => prune(input, read, cx)));
    }
  }
}

function pruneFilter(filter: Extract<LogicalPlan, { kind: 'filter' }>, needed: Needed, cx: RuleContext): LogicalPlan {
  const conditions = conjunctsOf(filter.condition);
  const { input } = filter;
  if (input.kind === 'join' && input.join === 'left' && !cx.isDisabled('left-join-to-anti')) {
    const rightIds = outputIdSet(input.right);
    const test = conditions.find((e) => e.kind === 'isNull' && !e.negated && e.arg.kind === 'column' && rightIds.has(e.arg.id) && isNeverNullInMatch(input, e.arg.id));
    if (test !== undefined) {
      const rest = conditions.filter((e) => e !== test);
      const read = withExpressions(needed, rest);
      if (![...rightIds].some((id) => read.has(id))) {
        const anti = makeJoin('anti', input.left, input.right, input.condition, input.isLateral);
        const condition = conjunction(rest);
        return prune(condition === undefined ? anti : makeFilter(anti, condition), needed, cx);
      }
    }
  }
  return withInputs(filter, [prune(input, withExpressions(needed, conditions), cx)]);
}

/** A matching right row never has NULL in the column: it is NOT NULL there, or the join's condition would not hold. */
function isNeverNullInMatch(join: LogicalJoin, id: ColumnId): boolean {
  return notNullColumns(join.right).has(id) || conjunctsOf(join.condition).some((e) => isNullWhen(e, (column) => column === id));
}

function pruneJoin(join: LogicalJoin, needed: Needed, cx: RuleContext): LogicalPlan {
  if (join.join === 'left' && !cx.isDisabled('eliminate-joins')) {
    const rightIds = outputIdSet(join.right);
    const isRead = [...rightIds].some((id) => needed.has(id));
    if (!isRead && !conjunctsOf(join.condition).some(isVolatile) && isUniqueOn(join.right, equatedColumns(join.right, join.condition))) return prune(join.left, needed, cx);
  }
  const read = withExpressions(needed, conjunctsOf(join.condition));
  const left = prune(join.left, join.isLateral ? withFree(read, join.right) : read, cx);
  const right = prune(join.right, read, cx);
  return left === join.left && right === join.right ? join : makeJoin(join.join, left, right, join.condition, join.isLateral, join.nullAware);
}

/** What a lateral right side reads of the left. */
function withFree(needed: Needed, plan: LogicalPlan): Set<ColumnId> {
  const all = new Set(needed);
  const visit = (node: LogicalPlan): void => {
    forEachPlanExpression(node, (e) => collectColumns(e, all));
    planInputs(node).forEach(visit);
  };
  visit(plan);
  return all;
}
