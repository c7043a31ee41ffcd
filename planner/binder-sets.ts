/**
 * Set-returning calls of a select list. While expressions are bound each has become a column and waits in its level (S1 of binder-select.ts); here they get
 * their plans: above the aggregate and the windows, or below them where GROUP BY
 * or a window's keys are over them.
 *
 * Source. planner.c (adjust_paths_for_srfs, make_group_input_target).
 */
import type { SelectItem } from './binder-sort.js';
import { columnRef, columnsOf, columnsOfAll, forEachChild, sameExpression, substitute } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import type { PendingSetCall, QueryLevel } from './scope.js';

const columnOf = (call: PendingSetCall): PlanColumn => ({ id: call.id, name: call.name, type: call.type });

export function addSetCalls(all: readonly PendingSetCall[], input: LogicalPlan, own: Set<ColumnId>): LogicalPlan {
  let plan = input;
  const heightMax = Math.max(0, ...all.map((call) => call.height));
  for (let height = 1; height <= heightMax; height++) {
    const calls = all.filter((call) => call.height === height);
    const made = calls.map(columnOf);
    for (const column of made) own.add(column.id);
    plan = { kind: 'projectSet', output: [...plan.output, ...made], input: plan, calls: calls.map((call) => ({ id: call.id, function: call.function, args: call.args })) };
  }
  return plan;
}

/** Columns that stand for calls of `later` which are written like one of `earlier`. */
function likeEarlier(earlier: readonly PendingSetCall[], later: readonly PendingSetCall[]): Map<ColumnId, BoundExpression> {
  const found = new Map<ColumnId, BoundExpression>();
  // What stands in the arguments was bound first.
  for (const call of later) {
    const args = call.args.map((arg) => substitute(arg, found));
    const same = earlier.find((known) => known.id !== call.id && known.function === call.function && known.args.length === args.length && known.args.every((arg, i) => sameExpression(arg, args[i]!)));
    if (same !== undefined) found.set(call.id, columnRef(columnOf(same), call.offset));
  }
  return found;
}

/** The entry of `items` that an expression with set-returning calls from `before` on is written like; the calls go if there is one. */
export function findSetItem(level: QueryLevel, items: readonly SelectItem[], expression: BoundExpression, before: number): number {
  const same = likeEarlier(level.setCalls.slice(0, before), level.setCalls.slice(before));
  if (same.size === 0) return -1;
  const wanted = substitute(expression, same);
  const at = items.findIndex((item) => sameExpression(item.expression, wanted));
  if (at !== -1) level.setCalls.length = before;
  return at;
}

/** Takes the calls that `expressions` are over out of the level: they run below the aggregate. */
export function takeGroupedCalls(level: QueryLevel, expressions: readonly BoundExpression[]): PendingSetCall[] {
  const wanted = columnsOfAll(expressions);
  for (const call of [...level.setCalls].reverse()) if (wanted.has(call.id)) for (const id of columnsOfAll(call.args)) wanted.add(id);
  const taken = level.setCalls.filter((call) => wanted.has(call.id));
  level.setCalls.splice(0, level.setCalls.length, ...level.setCalls.filter((call) => !wanted.has(call.id)));
  return taken;
}

/** Takes out the calls that windows partition or order by: they run below the windows, and what is written like them in the select list is the same call. */
export function takeWindowCalls(level: QueryLevel, items: readonly SelectItem[]): PendingSetCall[] {
  if (level.setCalls.length === 0 || level.windowCalls.length === 0) return [];
  const keys = level.windowCalls.flatMap(({ partitionBy, orderBy }) => [...partitionBy, ...orderBy.map((key) => key.expression)]);
  const taken = takeGroupedCalls(level, keys);
  const same = likeEarlier(taken, level.setCalls);
  const isOfKeys = (e: BoundExpression): boolean => {
    if (keys.some((key) => sameExpression(key, e))) return true;
    let holds = e.kind !== 'column' || !taken.some((call) => call.id === e.id);
    forEachChild(e, (child) => {
      holds &&= isOfKeys(child);
    });
    return holds;
  };
  for (const item of items) {
    const expression = substitute(item.expression, same);
    if (isOfKeys(expression)) item.expression = expression;
  }
  dropUnused(level, items, same);
  return taken;
}

/** Lifts the items above the aggregate. Calls in them that are written like grouped ones are these, where that makes grouping expressions of them. */
export function liftOverGroupedCalls(level: QueryLevel, items: readonly SelectItem[], grouped: readonly PendingSetCall[], lift: (e: BoundExpression) => BoundExpression): void {
  const same = likeEarlier(grouped, level.setCalls);
  const below = new Set(grouped.map((call) => call.id));
  for (const item of items) {
    const lifted = same.size === 0 ? undefined : lift(substitute(item.expression, same));
    item.expression = lifted !== undefined && ![...columnsOf(lifted)].some((id) => below.has(id)) ? lifted : lift(item.expression);
  }
  dropUnused(level, items, same);
}

/** Calls of the level for which others stand are left out, if nothing is over them any more. */
function dropUnused(level: QueryLevel, items: readonly SelectItem[], same: ReadonlyMap<ColumnId, unknown>): void {
  const left = columnsOfAll(items.map((item) => item.expression));
  for (const call of [...level.setCalls].reverse()) if (left.has(call.id)) for (const id of columnsOfAll(call.args)) left.add(id);
  level.setCalls.splice(0, level.setCalls.length, ...level.setCalls.filter((call) => !same.has(call.id) || left.has(call.id)));
}
