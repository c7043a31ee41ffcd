/**
 * `SELECT min(x), max(x) FROM t` where an index begins with x (or has x after columns held to constants): each becomes the first row of the index
 * from one end, as a subquery `SELECT x FROM t WHERE x IS NOT NULL ORDER BY x LIMIT 1`.
 *
 * Source. planagg.c.
 */
import { types } from '../../base/types.js';
import { copyPlan } from '../copy-plan.js';
import { conjunctsOf, constant, freeColumns, isVolatile } from '../expression-tools.js';
import type { AggregateCall, BoundExpression } from '../expression.js';
import { mapPlanBottomUp, oneRow, type LogicalAggregate, type LogicalPlan, type LogicalScan } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';
import { notNullColumns } from '../plan-facts.js';
import { rewriteStatement } from './everywhere.js';

export const minMaxByIndex: Rule = {
  name: 'min-max-by-index',
  isRequired: false,
  apply: (statement, cx) => rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, (node) => (node.kind === 'aggregate' ? rewrite(node, cx) : node))),
};

function rewrite(node: LogicalAggregate, cx: RuleContext): LogicalPlan {
  if (!node.isPlain || node.calls.length === 0 || node.groupingCalls.length > 0) return node;
  const scan = node.input.kind === 'filter' ? node.input.input : node.input;
  if (scan.kind !== 'scan' || scan.sample !== undefined || scan.table.virtual !== undefined) return node;
  const conditions = node.input.kind === 'filter' ? conjunctsOf(node.input.condition) : [];
  if (conditions.some(isVolatile) || !node.calls.every((call) => isIndexed(call, scan, conditions))) return node;
  const computed = node.calls.map((call) => ({ id: call.id, expression: firstOf(node.input, call, cx) }));
  return { kind: 'project', output: node.output, input: oneRow, computed };
}

function isIndexed(call: AggregateCall, scan: LogicalScan, conditions: readonly BoundExpression[]): boolean {
  const { builtin } = call.function.aggregate!;
  const arg = call.args[0];
  if ((builtin !== 'min' && builtin !== 'max') || call.filter !== undefined || call.args.length !== 1 || arg?.kind !== 'column') return false;
  const column = scan.columns.find((candidate) => candidate.id === arg.id);
  if (column === undefined) return false;
  const fixed = new Set<number>();
  for (const e of conditions) {
    if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) continue;
    const [left, right] = e.args as [BoundExpression, BoundExpression];
    const own = left.kind === 'column' ? left : right.kind === 'column' ? right : undefined;
    const found = own === undefined ? undefined : scan.columns.find((candidate) => candidate.id === own.id);
    if (found !== undefined) fixed.add(found.column);
  }
  return scan.table.indexes.some((index) => {
    if (index.predicate !== undefined) return false;
    let i = 0;
    while (i < index.columns.length && index.columns[i]!.column !== column.column && index.columns[i]!.column !== undefined && fixed.has(index.columns[i]!.column!)) i++;
    return index.columns[i]?.column === column.column;
  });
}

function isNeverNull(input: LogicalPlan, id: number): boolean {
  return notNullColumns(input).has(id);
}

/** The value at one end of the index. */
function firstOf(input: LogicalPlan, call: AggregateCall, cx: RuleContext): BoundExpression {
  const { plan, idOf } = copyPlan(input, cx.binder);
  const arg = call.args[0] as Extract<BoundExpression, { kind: 'column' }>;
  const column: BoundExpression = { ...arg, id: idOf(arg.id) };
  const descending = call.function.aggregate!.builtin === 'max';
  const present: BoundExpression = { kind: 'isNull', type: types.bool, offset: -1, arg: column, isRow: false, negated: true };
  const filtered: LogicalPlan = isNeverNull(input, arg.id)
    ? plan
    : plan.kind === 'filter' ? { ...plan, condition: { kind: 'and', type: types.bool, offset: -1, args: [...conjunctsOf(plan.condition), present] } } : { kind: 'filter', output: plan.output, input: plan, condition: present };
  const sorted: LogicalPlan = { kind: 'sort', output: filtered.output, input: filtered, keys: [{ expression: column, descending, nullsFirst: descending, collation: undefined }] };
  const limited: LogicalPlan = { kind: 'limit', output: sorted.output, input: sorted, limit: constant(1, types.int8), offset: undefined, withTies: undefined };
  return { kind: 'subquery', type: call.type, offset: -1, subkind: 'scalar', plan: limited, columns: [column.id], outer: [...freeColumns(input)], comparison: undefined, hashable: undefined };
}
