/**
 * Binding SELECT. Clauses are bound in PostgreSQL's order (FROM, select list, WHERE, HAVING, ORDER BY, GROUP BY, DISTINCT, LIMIT), so that of
 * two errors the same one is reported; then the plan is put together from below:
 *
 *   FROM, WHERE filter, set-returning functions of GROUP BY, aggregate, HAVING filter, those of PARTITION BY and ORDER BY of windows, windows, other set-returning functions, projection, DISTINCT, sort, row locks, limit
 *
 * S1  Aggregates, window calls and set-returning calls are replaced by columns while expressions are bound and gather in the level.
 * S2  A select item that is a column of the plan below stays that column; everything else is computed by the projection, a column of an
 *     enclosing query too, so that the output of a plan is its own (L1).
 *
 * Source. analyze.c (transformSelectStmt).
 */
import { DbError } from '../base/errors.js';
import { types } from '../base/types.js';
import type { Expression, LockingClause, Select, SelectTarget, SortItem } from '../parser/ast.js';
import { collationsOf } from './binder-collation.js';
import type { BindQueryOptions, Binder, BoundQuery } from './binder-context.js';
import { bindFrom } from './binder-from.js';
import { bindGroupBy, GroupLift } from './binder-group.js';
import { bindLimit, type LimitClause } from './binder-limit.js';
import { checkLockable, lockRequests, makeLockRows } from './binder-locking.js';
import { expandRow, wholeRow } from './binder-row.js';
import { addSetCalls, liftOverGroupedCalls, takeGroupedCalls, takeWindowCalls } from './binder-sets.js';
import { bindSortKey, findItem, requireGroupable, type SelectItem } from './binder-sort.js';
import { asText, coerceToBoolean, isUnknown } from './binder-types.js';
import { bindNamedWindows } from './binder-window.js';
import { columnRef, sameExpression, someExpression, startOf } from './expression-tools.js';
import type { AggregateCall, BoundExpression, ColumnId, SortKey, WindowCall } from './expression.js';
import { makeFilter, makeHaving, makeProject, type ComputedColumn, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import { figureColumnName, missingRelation, QueryLevel, resolveRelation, type CteScope } from './scope.js';

/** Clauses that stand after a whole query but see inside its SELECT. */
export interface QueryClauses {
  readonly orderBy: readonly SortItem[];
  readonly limitCount: Expression | undefined;
  readonly limitOffset: Expression | undefined;
  readonly withTies: boolean;
  readonly locking: readonly LockingClause[];
}

export function bindSelect(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, select: Select, clauses: QueryClauses, options: BindQueryOptions): BoundQuery {
  if (select.into !== undefined) throw new DbError('42601', 'SELECT ... INTO is not allowed here', { offset: select.into.offset });
  const level = new QueryLevel(binder, parent, ctes);
  level.locking = lockRequests(clauses.locking, options.locking);
  if (options.withRowKeys === true) level.rowKeys = [];
  const bound = bindClauses(level, select, clauses, options);
  const { items, having, offsets, collations } = bound;
  binder.record?.setSelect({ select, level, items: items.map((item) => ({ ...item })), windowCalls: [...level.windowCalls], setCalls: [...level.setCalls] });

  const filtered: LogicalPlan = bound.where === undefined ? bound.from : makeFilter(bound.from, bound.where);
  const own = new Set<ColumnId>();
  const isGrouped = select.groupBy.length > 0 || having !== undefined || level.aggregates.length > 0 || level.groupingCalls.length > 0;
  if (level.rowKeys !== undefined && !isGrouped && !select.isDistinct && level.windowCalls.length === 0 && level.setCalls.length === 0) addRowKeys(level, items, own);
  const isOnlyAsked = options.onlyExists === true && having === undefined && bound.group.sets === undefined && decidesAlone(level, bound.limit);
  let plan = isGrouped ? addGrouping(level, bound, filtered, own) : filtered;
  if (isOnlyAsked) {
    noteUnkept(level, items);
    return { plan: filtered, columns: [], unknowns: new Map(), offsets, collations };
  }
  plan = addSetCalls(takeWindowCalls(level, items), plan, own);
  plan = addWindows(level, plan, own);
  plan = addSetCalls(level.setCalls, plan, own);
  const unknowns = new Map<number, BoundExpression>();
  items.forEach((item, i) => {
    if (!item.isJunk && isUnknown(item.expression)) unknowns.set(i, item.expression);
  });
  return { ...addProjection(level, bound, select.isDistinct, plan, own), unknowns, offsets, collations };
}

/** The clauses of a SELECT over the rows of its FROM. Sort, DISTINCT ON and GROUP BY name items by position; those that the select list lacks are junk at its end. */
interface BoundClauses {
  readonly from: LogicalPlan;
  readonly items: SelectItem[];
  readonly where: BoundExpression | undefined;
  readonly having: BoundExpression | undefined;
  readonly sortKeys: readonly { readonly item: number; readonly key: SortKey }[];
  readonly group: ReturnType<typeof bindGroupBy>;
  readonly distinctOn: readonly number[] | undefined;
  readonly limit: LimitClause;
  readonly offsets: readonly number[];
  readonly collations: BoundQuery['collations'];
}

/** Binds in PostgreSQL's order (see above). */
function bindClauses(level: QueryLevel, select: Select, clauses: QueryClauses, options: BindQueryOptions): BoundClauses {
  const { binder } = level;
  const from = bindFrom(level, select.from);
  level.namedWindows = select.windows;
  level.clause = 'SELECT';
  const items = bindTargets(level, select.targets);
  const where = select.where === undefined ? undefined : bindCondition(level, select.where, 'WHERE');
  const offsets = items.map((item) => startOf(item.expression));
  const collations = collationsOf(binder, items.map((item) => item.expression));
  const having = select.having === undefined ? undefined : bindCondition(level, select.having, 'HAVING');
  const sort: { item: number; clause: SortItem }[] = clauses.orderBy.map((clause) => ({ item: findItem(level, items, clause.expression, 'ORDER BY'), clause }));
  for (const item of items) if (!options.keepUnknown || item.isJunk || (select.isDistinct && select.distinctOn === undefined) || !isUnknown(item.expression)) item.expression = asText(binder, item.expression);
  const sortKeys = sort.map(({ item, clause }) => ({ item, key: bindSortKey(level, clause, items[item]!.expression) }));
  const group = bindGroupBy(level, select.groupBy, select.groupDistinct, items);
  const distinctOn = select.distinctOn?.map((e) => findItem(level, items, e, 'DISTINCT ON'));
  if (select.isDistinct) checkDistinct(level, items, sortKeys, distinctOn, select.distinctOn?.map((e) => e.offset) ?? []);
  const limit = bindLimit(level, clauses);
  bindNamedWindows(level);
  if (limit.withTies && sortKeys.length === 0) throw new DbError('42601', 'WITH TIES cannot be specified without ORDER BY clause');
  checkLockable(level, select);
  return { from, items, where, having, sortKeys, group, distinctOn, limit, offsets, collations };
}

/** The aggregate and HAVING; what stands above is lifted over them. */
function addGrouping(level: QueryLevel, { items, having, group }: BoundClauses, input: LogicalPlan, own: Set<ColumnId>): LogicalPlan {
  const keys = group.items.map((item) => items[item]!.expression);
  const groupedCalls = takeGroupedCalls(level, keys);
  let plan = addSetCalls(groupedCalls, input, new Set());
  const grouping = new GroupLift(level, keys, group.sets);
  const lift = (e: BoundExpression): BoundExpression => grouping.lift(e);
  const liftPart = (e: BoundExpression): BoundExpression => grouping.lift(e, false, true);
  liftOverGroupedCalls(level, items, groupedCalls, lift);
  const liftedHaving = having === undefined ? undefined : liftPart(having);
  liftWindows(level, lift, liftPart);
  liftDirectArguments(level, lift);
  if (level.readsWorkTable && level.aggregates.length > 0) throw new DbError('42P19', "aggregate functions are not allowed in a recursive query's recursive term", { offset: level.firstAggregateOffset });
  const groupingCalls = level.groupingCalls.map((call) => ({
    id: call.id,
    positions: call.args.map((arg) => {
      const position = grouping.positionOf(arg);
      if (position === -1) throw new DbError('42803', 'arguments to GROUPING must be grouping expressions of the associated query level', { offset: arg.offset });
      return position;
    }),
  }));
  const sets = group.sets?.map((set) => [...set, ...grouping.addedPositions]);
  plan = makeAggregate(plan, grouping.groupBy, sets, groupingCalls, level);
  for (const column of plan.output) own.add(column.id);
  return liftedHaving === undefined ? plan : makeHaving(plan, liftedHaving);
}

/** Projection, DISTINCT, sort, row locks and LIMIT; and the columns shown. */
function addProjection(level: QueryLevel, { items, sortKeys, distinctOn, limit }: BoundClauses, isDistinct: boolean, input: LogicalPlan, own: ReadonlySet<ColumnId>): Pick<BoundQuery, 'plan' | 'columns'> {
  const isLocking = level.lockTargets.length > 0;
  const { columns, computed, names } = projectItems(level, items, own);
  const shown = visible(items, columns);
  const keys = sortKeys.map(({ item, key }): SortKey => {
    const { expression, isJunk } = items[item]!;
    // Below row locks the projection has not run yet, so the sort computes its keys itself.
    return { ...key, expression: isJunk || isLocking ? expression : columnRef(columns[item]!, expression.offset) };
  });
  let plan = input;
  if (isLocking) {
    if (keys.length > 0) plan = { kind: 'sort', output: plan.output, input: plan, keys };
    plan = makeProject(makeLockRows(level, plan), computed, names);
  } else {
    // What is volatile and not sorted by is evaluated for the sorted rows: nextval counts in their order. Source. make_sort_input_target.
    const sorted = new Set(keys.flatMap(({ expression }) => (expression.kind === 'column' ? [expression.id] : [])));
    const isLate = (column: ComputedColumn): boolean => keys.length > 0 && !isDistinct && !sorted.has(column.id) && someExpression(column.expression, (e) => e.kind === 'call' && e.function.volatility === 'volatile');
    plan = makeProject(plan, computed.filter((column) => !isLate(column)), names.filter((_, i) => !isLate(computed[i]!)));
    plan = addDistinctAndSort(isDistinct, distinctOn?.map((item) => itemRef(items, columns, item)), shown, plan, keys);
    if (computed.some(isLate)) plan = makeProject(plan, computed.filter(isLate), names.filter((_, i) => isLate(computed[i]!)));
  }
  return { plan: addLimit(plan, limit, limit.withTies ? keys : undefined), columns: shown };
}

/** Whether FROM and WHERE alone decide if there is a row: select list, GROUP BY, DISTINCT and ORDER BY are then not computed. Source. simplify_EXISTS_query of subselect.c. */
function decidesAlone(level: QueryLevel, { limit, offset, withTies }: LimitClause): boolean {
  if (level.aggregates.length > 0 || level.groupingCalls.length > 0 || level.windowCalls.length > 0 || level.setCalls.length > 0 || level.lockTargets.length > 0) return false;
  return offset === undefined && !withTies && (limit === undefined || (limit.kind === 'constant' && (limit.value === null || (limit.value as number | bigint) > 0)));
}

/** Notes what a select list that is not kept reads of the queries around it. */
function noteUnkept({ binder }: QueryLevel, items: readonly SelectItem[]): void {
  for (const { expression } of items) {
    someExpression(expression, (e) => {
      if (e.kind === 'column' && !binder.unkept.has(e.id)) binder.unkept.set(e.id, e);
      return false;
    });
  }
}

/** The keys of the rows that a cursor's rows are made of, as its last columns. */
function addRowKeys(level: QueryLevel, items: SelectItem[], own: Set<ColumnId>): void {
  for (const { table, id, isLocked } of level.rowKeys!) {
    level.binder.rowKeySources.push({ table, isLocked });
    own.add(id);
    items.push({ expression: columnRef({ id, name: '(row key)', type: types.text }), name: '(row key)', isJunk: false });
  }
}

function bindCondition(level: QueryLevel, e: Expression, clause: 'WHERE' | 'HAVING'): BoundExpression {
  level.clause = clause;
  const condition = coerceToBoolean(level.binder, level.binder.hooks.bindExpression(level, e), clause);
  level.clause = 'SELECT';
  return condition;
}

const visible = (items: readonly SelectItem[], columns: readonly (PlanColumn | undefined)[]): PlanColumn[] =>
  items.flatMap((item, i) => (item.isJunk ? [] : [columns[i]!]));

const itemRef = (items: readonly SelectItem[], columns: readonly (PlanColumn | undefined)[], item: number): BoundExpression =>
  columns[item] === undefined ? items[item]!.expression : columnRef(columns[item]);

// ------------------------------------------------------------------------------------------------------------------- select list

/** Binds a select list or RETURNING list, stars expanded. */
export function bindTargets(level: QueryLevel, targets: readonly SelectTarget[]): SelectItem[] {
  const items: SelectItem[] = [];
  const add = (expression: BoundExpression, name: string): void => {
    items.push({ expression, name, isJunk: false });
  };
  for (const target of targets) {
    const e = target.expression;
    if (e.kind === 'star') expandStar(level, e.qualifier, e.offset, add);
    else if (e.kind === 'fieldStar') for (const field of expandRow(level, level.binder.hooks.bindExpression(level, e.operand), e.offset)) add(field.expression, field.name);
    else add(level.binder.hooks.bindExpression(level, e), target.alias ?? figureColumnName(e) ?? '?column?');
  }
  return items;
}

function expandStar(level: QueryLevel, qualifier: readonly string[], offset: number, add: (expression: BoundExpression, name: string) => void): void {
  if (qualifier.length === 0) {
    const shown = level.namespace.filter((item) => item.columnsVisible);
    if (shown.length === 0) throw new DbError('42601', 'SELECT * with no tables specified is not valid', { offset });
    for (const item of shown) {
      for (const column of item.entry.columns) {
        level.binder.useColumn(column.id);
        add(columnRef(column, offset), column.name);
      }
    }
    return;
  }
  const name = qualifier[qualifier.length - 1]!;
  const relation = resolveRelation(level, qualifier[qualifier.length - 2], name, offset);
  if (relation === undefined) throw missingRelation(level, name, offset);
  const row = wholeRow(level, { ...relation, entry: relation.entry }, offset);
  if (row.kind !== 'row') add(row, relation.entry.columns[0]!.name);
  else {
    row.fields.forEach((field, i) => {
      if (field.kind === 'column') level.binder.useColumn(field.id);
      add(field, row.names?.[i] ?? `f${i + 1}`);
    });
  }
}

// ------------------------------------------------------------------------------------------------------------------- plan parts

/** The aggregate node of a level over `input`. */
function makeAggregate(
  input: LogicalPlan,
  groupBy: readonly ComputedColumn[],
  sets: readonly (readonly number[])[] | undefined,
  groupingCalls: readonly { id: ColumnId; positions: readonly number[] }[],
  level: QueryLevel,
): LogicalPlan {
  const calls: readonly AggregateCall[] = level.aggregates;
  const output: PlanColumn[] = [
    ...groupBy.map((group) => ({ id: group.id, name: group.expression.kind === 'column' ? group.expression.name : '?column?', type: group.expression.type })),
    ...calls.map((call) => ({ id: call.id, name: call.function.name, type: call.type })),
    ...groupingCalls.map((call) => ({ id: call.id, name: 'grouping', type: types.int4 })),
  ];
  return { kind: 'aggregate', output, input, groupBy, groupingSets: sets, groupingCalls, calls, isPlain: groupBy.length === 0 && sets === undefined };
}

/** Window calls, set-returning calls and their keys move above the aggregate with the rest of the select. */
function liftWindows(level: QueryLevel, lift: (e: BoundExpression) => BoundExpression, liftPart: (e: BoundExpression) => BoundExpression): void {
  for (let i = 0; i < level.windowCalls.length; i++) {
    const { call, partitionBy, orderBy } = level.windowCalls[i]!;
    level.windowCalls[i] = {
      call: { ...call, args: call.args.map(liftPart), filter: call.filter === undefined ? undefined : liftPart(call.filter) },
      partitionBy: partitionBy.map(lift),
      orderBy: orderBy.map((key) => ({ ...key, expression: lift(key.expression) })),
    };
  }
  for (let i = 0; i < level.setCalls.length; i++) level.setCalls[i] = { ...level.setCalls[i]!, args: level.setCalls[i]!.args.map(liftPart) };
}

/** Direct arguments of ordered-set aggregates are of the group, not of its rows (G1 of binder-group.ts): over no rows they have a value too, and a grouping set without their key sees NULL. */
function liftDirectArguments(level: QueryLevel, lift: (e: BoundExpression) => BoundExpression): void {
  for (const [i, call] of level.aggregates.entries()) if (call.directArgs.length > 0) level.aggregates[i] = { ...call, directArgs: call.directArgs.map(lift) };
}

const sameKeys = (a: readonly SortKey[], b: readonly SortKey[]): boolean =>
  a.length === b.length && a.every((key, i) => key.descending === b[i]!.descending && key.nullsFirst === b[i]!.nullsFirst && sameExpression(key.expression, b[i]!.expression));

function addWindows(level: QueryLevel, input: LogicalPlan, own: Set<ColumnId>): LogicalPlan {
  const groups: { partitionBy: readonly BoundExpression[]; orderBy: readonly SortKey[]; calls: WindowCall[] }[] = [];
  for (const { call, partitionBy, orderBy } of level.windowCalls) {
    const group = groups.find((g) => g.partitionBy.length === partitionBy.length && g.partitionBy.every((e, i) => sameExpression(e, partitionBy[i]!)) && sameKeys(g.orderBy, orderBy));
    if (group === undefined) groups.push({ partitionBy, orderBy, calls: [call] });
    else group.calls.push(call);
  }
  // The most demanding order first: a window whose keys are a prefix of the one below needs no sort of its own.
  groups.sort((a, b) => b.partitionBy.length + b.orderBy.length - (a.partitionBy.length + a.orderBy.length));
  let plan = input;
  for (const group of groups) {
    const made = group.calls.map((call): PlanColumn => ({ id: call.id, name: call.function.name, type: call.type }));
    for (const column of made) own.add(column.id);
    plan = { kind: 'window', output: [...plan.output, ...made], input: plan, ...group };
  }
  return plan;
}

/** The column of each item, and what has to be computed (S2); junk items that are not columns have none. */
function projectItems(level: QueryLevel, items: readonly SelectItem[], own: ReadonlySet<ColumnId>): { columns: (PlanColumn | undefined)[]; computed: ComputedColumn[]; names: string[] } {
  const computed: ComputedColumn[] = [];
  const names: string[] = [];
  const columns = items.map((item): PlanColumn | undefined => {
    const { expression, name } = item;
    if (expression.kind === 'column' && (own.has(expression.id) || level.owns(expression.id))) return { id: expression.id, name, type: expression.type };
    if (item.isJunk) return undefined;
    const column = level.binder.newColumn(name, expression.type);
    computed.push({ id: column.id, expression });
    names.push(name);
    const shape = level.binder.recordShape(expression);
    if (shape !== undefined) level.binder.setRecordShape(column.id, shape);
    return column;
  });
  return { columns, computed, names };
}

function addDistinctAndSort(isDistinct: boolean, distinctOn: readonly BoundExpression[] | undefined, shown: readonly PlanColumn[], input: LogicalPlan, keys: readonly SortKey[]): LogicalPlan {
  let plan = input;
  const sort = (by: readonly SortKey[]): void => {
    if (by.length > 0) plan = { kind: 'sort', output: plan.output, input: plan, keys: by };
  };
  if (!isDistinct) sort(keys);
  else if (distinctOn === undefined) {
    const on = uniqueColumns(shown).map((column) => columnRef(column));
    plan = { kind: 'distinct', output: plan.output, input: plan, on, isOn: false };
    sort(keys);
  } else {
    const missing = distinctOn.filter((e) => !keys.some((key) => sameExpression(key.expression, e)));
    sort([...keys, ...missing.map((expression): SortKey => ({ expression, descending: false, nullsFirst: false, collation: undefined }))]);
    plan = { kind: 'distinct', output: plan.output, input: plan, on: distinctOn, isOn: true };
  }
  return plan;
}

export function uniqueColumns(columns: readonly PlanColumn[]): PlanColumn[] {
  const seen = new Set<ColumnId>();
  return columns.filter((column) => !seen.has(column.id) && seen.add(column.id) !== undefined);
}

export function addLimit(plan: LogicalPlan, limit: LimitClause, ties: readonly SortKey[] | undefined): LogicalPlan {
  if (limit.limit === undefined && limit.offset === undefined) return plan;
  return { kind: 'limit', output: plan.output, input: plan, limit: limit.limit, offset: limit.offset, withTies: ties };
}

function checkDistinct(level: QueryLevel, items: readonly SelectItem[], sort: readonly { item: number; key: SortKey }[], on: readonly number[] | undefined, offsets: readonly number[]): void {
  if (on === undefined) {
    for (const item of items) if (!item.isJunk) requireGroupable(level, item.expression);
    const junk = sort.find(({ item }) => items[item]!.isJunk);
    if (junk !== undefined) {
      throw new DbError('42P10', 'for SELECT DISTINCT, ORDER BY expressions must appear in select list', { offset: startOf(items[junk.item]!.expression) });
    }
    return;
  }
  for (const item of on) requireGroupable(level, items[item]!.expression);
  // The leading ORDER BY items must be DISTINCT ON items, in any order, until all of those have appeared.
  const left = new Set(on);
  for (const { item } of sort) {
    if (left.size === 0) break;
    if (on.includes(item)) left.delete(item);
    else throw new DbError('42P10', 'SELECT DISTINCT ON expressions must match initial ORDER BY expressions', { offset: offsets[on.indexOf([...left][0]!)] });
  }
}
