/**
 * Walking, rewriting and asking about bound expressions and the expressions inside plans. Rewrites share what they do not change: a function
 * that maps returns the very object it was given when nothing below it differs, so `===` tells whether a rule did something.
 */
import { unreachable } from '../base/assert.js';
import { TypeOid, types } from '../base/types.js';
import type { AggregateCall, BoundExpression, ColumnId, SortKey, WindowCall } from './expression.js';
import { planInputs, withInputs, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import { sameSubquery } from './same-plan.js';

export type Subquery = Extract<BoundExpression, { kind: 'subquery' }>;
export type Constant = Extract<BoundExpression, { kind: 'constant' }>;

// ------------------------------------------------------------------------------------------------------------------- makers

export function columnRef(column: PlanColumn, offset = -1): BoundExpression {
  return { kind: 'column', type: column.type, offset, id: column.id, name: column.name };
}
export function constant(value: Constant['value'], type: BoundExpression['type'], offset = -1): Constant {
  return { kind: 'constant', type, offset, value };
}

/** A composite value as it was before it was compared as a record. */
export function withoutRecordCast(e: BoundExpression): BoundExpression {
  return e.kind === 'cast' && e.method === 'binary' && e.type.oid === TypeOid.record ? e.arg : e;
}
/** Whether both are records whose fields have the same types, as far as is known before they are there: others may not be compared, which hashing them would not notice. */
export function areOfOneComposite(a: BoundExpression, b: BoundExpression): boolean {
  const { oid } = withoutRecordCast(a).type;
  return oid === withoutRecordCast(b).type.oid && oid !== TypeOid.record;
}

/** The conjunction of `args`: undefined for none, the conjunct itself for one. Nested conjunctions are flattened. */
export function conjunction(args: readonly BoundExpression[]): BoundExpression | undefined {
  const flat: BoundExpression[] = [];
  for (const arg of args) {
    if (arg.kind === 'and') flat.push(...arg.args);
    else if (!isTrue(arg)) flat.push(arg);
  }
  if (flat.length === 0) return undefined;
  return flat.length === 1 ? flat[0] : { kind: 'and', type: types.bool, offset: flat[0]!.offset, args: flat };
}
export function conjunctsOf(condition: BoundExpression | undefined): readonly BoundExpression[] {
  if (condition === undefined) return [];
  return condition.kind === 'and' ? condition.args : [condition];
}
export function isTrue(e: BoundExpression): boolean {
  return e.kind === 'constant' && e.value === true;
}
/** False or NULL, which as a condition is the same. */
export function isNeverTrue(e: BoundExpression): boolean {
  return e.kind === 'constant' && e.value !== true;
}

/** Where an expression begins in the text, as messages about the whole of it point at: an operator's left operand, not the operator. */
export function startOf(e: BoundExpression): number {
  let start = e.offset;
  switch (e.kind) {
    case 'call':
    case 'cast':
    case 'and':
    case 'or':
    case 'not':
    case 'isNull':
    case 'isBoolean':
    case 'isDistinct':
    case 'inList':
    case 'quantifiedArray':
    case 'field':
    case 'subscript':
      forEachChild(e, (child) => {
        const at = startOf(child);
        if (at >= 0 && (start < 0 || at < start)) start = at;
      });
      return start;
    default:
      return start;
  }
}

/** A relation's row. Where an outer join may have none of it, a CASE that nobody wrote asks whether there is one, and stands where the row does. */
export function rowOfRelation(e: BoundExpression): Extract<BoundExpression, { kind: 'row' }> | undefined {
  if (e.kind === 'case') return e.otherwise.kind === 'row' && e.otherwise.offset === e.offset ? e.otherwise : undefined;
  return e.kind === 'row' ? e : undefined;
}

// ------------------------------------------------------------------------------------------------------------------- walking

/** Calls `f` on each direct subexpression; the plan of a subquery is not entered. */
export function forEachChild(e: BoundExpression, f: (child: BoundExpression) => void): void {
  switch (e.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
      return;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least':
      for (const arg of e.args) f(arg);
      return;
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isBoolean':
    case 'field':
      f(e.arg);
      return;
    case 'isDistinct':
      f(e.left);
      f(e.right);
      return;
    case 'case':
      for (const branch of e.branches) {
        f(branch.when);
        f(branch.then);
      }
      f(e.otherwise);
      return;
    case 'inList':
      f(e.arg);
      for (const item of e.list) f(item);
      return;
    case 'quantifiedArray':
      f(e.arg);
      f(e.array);
      return;
    case 'array':
      for (const element of e.elements) f(element);
      return;
    case 'row':
      for (const field of e.fields) f(field);
      return;
    case 'subscript':
      f(e.arg);
      for (const index of e.indices) {
        if (index.lower !== undefined) f(index.lower);
        if (index.upper !== undefined) f(index.upper);
      }
      return;
    case 'rowCompare':
      for (const left of e.left) f(left);
      for (const right of e.right) f(right);
      return;
    case 'subquery':
      if (e.comparison !== undefined) f(e.comparison);
      if (e.hashable !== undefined) for (const left of e.hashable.left) f(left);
      return;
    default:
      unreachable(e);
  }
}

/** Maps a list, returning the list itself when every element came back unchanged. */
export function mapList<T>(list: readonly T[], f: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const before = list[i]!;
    const after = f(before);
    if (changed !== undefined) changed.push(after);
    else if (after !== before) {
      changed = list.slice(0, i);
      changed.push(after);
    }
  }
  return changed ?? list;
}

/** Rebuilds `e` over mapped direct subexpressions; `mapPlan`, when given, maps the plan of a subquery. */
export function mapChildren(e: BoundExpression, f: (child: BoundExpression) => BoundExpression, mapPlan?: (query: Subquery) => Subquery): BoundExpression {
  switch (e.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
      return e;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least': {
      const args = mapList(e.args, f);
      return args === e.args ? e : { ...e, args };
    }
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isBoolean':
    case 'field': {
      const arg = f(e.arg);
      return arg === e.arg ? e : { ...e, arg };
    }
    case 'isDistinct': {
      const left = f(e.left);
      const right = f(e.right);
      return left === e.left && right === e.right ? e : { ...e, left, right };
    }
    case 'case': {
      const branches = mapList(e.branches, (branch) => {
        const when = f(branch.when);
        const then = f(branch.then);
        return when === branch.when && then === branch.then ? branch : { when, then };
      });
      const otherwise = f(e.otherwise);
      return branches === e.branches && otherwise === e.otherwise ? e : { ...e, branches, otherwise };
    }
    case 'inList': {
      const arg = f(e.arg);
      const list = mapList(e.list, f);
      return arg === e.arg && list === e.list ? e : { ...e, arg, list };
    }
    case 'quantifiedArray': {
      const arg = f(e.arg);
      const array = f(e.array);
      return arg === e.arg && array === e.array ? e : { ...e, arg, array };
    }
    case 'array': {
      const elements = mapList(e.elements, f);
      return elements === e.elements ? e : { ...e, elements };
    }
    case 'row': {
      const fields = mapList(e.fields, f);
      return fields === e.fields ? e : { ...e, fields };
    }
    case 'subscript': {
      const arg = f(e.arg);
      const indices = mapList(e.indices, (index) => {
        const lower = index.lower === undefined ? undefined : f(index.lower);
        const upper = index.upper === undefined ? undefined : f(index.upper);
        return lower === index.lower && upper === index.upper ? index : { ...index, lower, upper };
      });
      return arg === e.arg && indices === e.indices ? e : { ...e, arg, indices };
    }
    case 'rowCompare': {
      const left = mapList(e.left, f);
      const right = mapList(e.right, f);
      return left === e.left && right === e.right ? e : { ...e, left, right };
    }
    case 'subquery': {
      const comparison = e.comparison === undefined ? undefined : f(e.comparison);
      let hashable = e.hashable;
      if (hashable !== undefined) {
        const left = mapList(hashable.left, f);
        if (left !== hashable.left) hashable = { left };
      }
      const mapped = comparison === e.comparison && hashable === e.hashable ? e : { ...e, comparison, hashable };
      return mapPlan === undefined ? mapped : mapPlan(mapped);
    }
    default:
      return unreachable(e);
  }
}

/** Whether `test` holds for `e` or something inside it, plans of subqueries left out. */
export function someExpression(e: BoundExpression, test: (e: BoundExpression) => boolean): boolean {
  if (test(e)) return true;
  let found = false;
  forEachChild(e, (child) => {
    found ||= someExpression(child, test);
  });
  return found;
}

// ----------------------------------------------------------------------------------------------------- expressions inside plans

const mapSortKeys = (keys: readonly SortKey[], f: (e: BoundExpression) => BoundExpression): readonly SortKey[] =>
  mapList(keys, (key) => {
    const expression = f(key.expression);
    return expression === key.expression ? key : { ...key, expression };
  });

const optional = (e: BoundExpression | undefined, f: (e: BoundExpression) => BoundExpression): BoundExpression | undefined => (e === undefined ? undefined : f(e));

function mapAggregateCall(call: AggregateCall, f: (e: BoundExpression) => BoundExpression): AggregateCall {
  const args = mapList(call.args, f);
  const orderBy = mapSortKeys(call.orderBy, f);
  const filter = optional(call.filter, f);
  const directArgs = mapList(call.directArgs, f);
  if (args === call.args && orderBy === call.orderBy && filter === call.filter && directArgs === call.directArgs) return call;
  return { ...call, args, orderBy, filter, directArgs };
}

function mapWindowCall(call: WindowCall, f: (e: BoundExpression) => BoundExpression): WindowCall {
  const args = mapList(call.args, f);
  const filter = optional(call.filter, f);
  const start = optional(call.frame.start.value, f);
  const end = optional(call.frame.end.value, f);
  if (args === call.args && filter === call.filter && start === call.frame.start.value && end === call.frame.end.value) return call;
  return { ...call, args, filter, frame: { ...call.frame, start: { ...call.frame.start, value: start }, end: { ...call.frame.end, value: end } } };
}

/** Maps the expressions of one node, not of its inputs. `output` types are left as they are. */
export function mapPlanExpressions(plan: LogicalPlan, f: (e: BoundExpression) => BoundExpression): LogicalPlan {
  const computedOf = <T extends { readonly expression: BoundExpression }>(list: readonly T[]): readonly T[] =>
    mapList(list, (item) => {
      const expression = f(item.expression);
      return expression === item.expression ? item : { ...item, expression };
    });
  const assignmentsOf = <T extends { readonly value: BoundExpression }>(list: readonly T[]): readonly T[] =>
    mapList(list, (item) => {
      const value = f(item.value);
      return value === item.value ? item : { ...item, value };
    });
  switch (plan.kind) {
    case 'values': {
      if (plan.isConstant) return plan;
      const rows = mapList(plan.rows, (row) => mapList(row, f));
      return rows === plan.rows ? plan : { ...plan, rows, isConstant: rows.every((row) => row.every((e) => e.kind === 'constant')) };
    }
    case 'scan': {
      if (plan.sample === undefined) return plan;
      return { ...plan, sample: { ...plan.sample, percent: f(plan.sample.percent), seed: optional(plan.sample.seed, f) } };
    }
    case 'functionScan': {
      const calls = mapList(plan.calls, (call) => {
        const args = mapList(call.args, f);
        return args === call.args ? call : { ...call, args };
      });
      return calls === plan.calls ? plan : { ...plan, calls };
    }
    case 'cteScan':
    case 'workTableScan':
    case 'append':
    case 'setOperation':
    case 'recursiveUnion':
      return plan;
    case 'filter': {
      const condition = f(plan.condition);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case 'project': {
      const computed = computedOf(plan.computed);
      return computed === plan.computed ? plan : { ...plan, computed };
    }
    case 'projectSet': {
      const calls = mapList(plan.calls, (call) => {
        const args = mapList(call.args, f);
        return args === call.args ? call : { ...call, args };
      });
      return calls === plan.calls ? plan : { ...plan, calls };
    }
    case 'join': {
      const condition = optional(plan.condition, f);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case 'aggregate': {
      const groupBy = computedOf(plan.groupBy);
      const calls = mapList(plan.calls, (call) => mapAggregateCall(call, f));
      return groupBy === plan.groupBy && calls === plan.calls ? plan : { ...plan, groupBy, calls };
    }
    case 'window': {
      const partitionBy = mapList(plan.partitionBy, f);
      const orderBy = mapSortKeys(plan.orderBy, f);
      const calls = mapList(plan.calls, (call) => mapWindowCall(call, f));
      return partitionBy === plan.partitionBy && orderBy === plan.orderBy && calls === plan.calls ? plan : { ...plan, partitionBy, orderBy, calls };
    }
    case 'sort': {
      const keys = mapSortKeys(plan.keys, f);
      return keys === plan.keys ? plan : { ...plan, keys };
    }
    case 'limit': {
      const limit = optional(plan.limit, f);
      const offset = optional(plan.offset, f);
      const withTies = plan.withTies === undefined ? undefined : mapSortKeys(plan.withTies, f);
      return limit === plan.limit && offset === plan.offset && withTies === plan.withTies ? plan : { ...plan, limit, offset, withTies };
    }
    case 'distinct': {
      const on = mapList(plan.on, f);
      return on === plan.on ? plan : { ...plan, on };
    }
    case 'lockRows': {
      const targets = mapList(plan.targets, (target) => {
        const condition = optional(target.recheck.condition, f);
        const computed = computedOf(target.recheck.computed);
        return condition === target.recheck.condition && computed === target.recheck.computed ? target : { ...target, recheck: { ...target.recheck, condition, computed } };
      });
      return targets === plan.targets ? plan : { ...plan, targets };
    }
    case 'modify': {
      const insertValues = plan.insertValues === undefined ? undefined : mapList(plan.insertValues, f);
      const assignments = assignmentsOf(plan.assignments);
      const recheck = plan.recheck === undefined ? undefined : { ...plan.recheck, condition: optional(plan.recheck.condition, f), computed: computedOf(plan.recheck.computed) };
      const onConflict = plan.onConflict === undefined ? undefined : { ...plan.onConflict, assignments: assignmentsOf(plan.onConflict.assignments), where: optional(plan.onConflict.where, f) };
      const mergeActions = mapList(plan.mergeActions, (action) => ({
        ...action,
        condition: optional(action.condition, f),
        insertValues: action.insertValues === undefined ? undefined : mapList(action.insertValues, f),
        assignments: assignmentsOf(action.assignments),
      }));
      const checks = computedOf(plan.checks);
      const generated = assignmentsOf(plan.generated);
      const returning = plan.returning === undefined ? undefined : computedOf(plan.returning);
      const indexExpressions = new Map([...plan.indexExpressions].map(([oid, index]) => [oid, { keys: mapList(index.keys, f), predicate: optional(index.predicate, f) }]));
      return { ...plan, insertValues, assignments, recheck, onConflict, mergeActions, checks, generated, returning, indexExpressions };
    }
    default:
      return unreachable(plan);
  }
}

export function forEachPlanExpression(plan: LogicalPlan, f: (e: BoundExpression) => void): void {
  // Reading through the mapper keeps one list of where expressions live; an identity map allocates little.
  mapPlanExpressions(plan, (e) => {
    f(e);
    return e;
  });
}

/** Maps every expression in a whole tree of plans, inputs included. */
export function mapAllExpressions(plan: LogicalPlan, f: (e: BoundExpression) => BoundExpression): LogicalPlan {
  const inputs = planInputs(plan);
  const over = inputs.length === 0 ? plan : withInputs(plan, inputs.map((input) => mapAllExpressions(input, f)));
  return mapPlanExpressions(over, f);
}

/** The logical plan of a subquery that has not been planned physically yet. */
export function logicalPlanOf(query: Subquery): LogicalPlan {
  return query.plan as LogicalPlan;
}

// ------------------------------------------------------------------------------------------------------------------- columns

/** Adds the ids of all columns `e` reads to `into`, the outer columns of subqueries among them. */
export function collectColumns(e: BoundExpression, into: Set<ColumnId>): void {
  if (e.kind === 'column') {
    into.add(e.id);
    return;
  }
  if (e.kind === 'subquery') {
    for (const id of e.outer) into.add(id);
    // What the comparison reads of the subquery itself is not read from outside.
    const inner = new Set<ColumnId>();
    forEachChild(e, (child) => collectColumns(child, inner));
    for (const id of e.columns) inner.delete(id);
    for (const id of inner) into.add(id);
    return;
  }
  forEachChild(e, (child) => collectColumns(child, into));
}

export function columnsOf(e: BoundExpression): Set<ColumnId> {
  const into = new Set<ColumnId>();
  collectColumns(e, into);
  return into;
}

export function columnsOfAll(list: readonly BoundExpression[]): Set<ColumnId> {
  const into = new Set<ColumnId>();
  for (const e of list) collectColumns(e, into);
  return into;
}

/** Whether every column of `e` satisfies `test`. */
export function readsOnly(e: BoundExpression, test: (id: ColumnId) => boolean): boolean {
  for (const id of columnsOf(e)) if (!test(id)) return false;
  return true;
}

export function outputIdSet(plan: { readonly output: readonly PlanColumn[] }): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  for (const column of plan.output) ids.add(column.id);
  return ids;
}

/** Ids that `plan` or something inside it produces, whether or not they are in its output. */
export function collectProduced(plan: LogicalPlan, into: Set<ColumnId>): void {
  for (const column of plan.output) into.add(column.id);
  if (plan.kind === 'scan') {
    for (const column of plan.columns) into.add(column.id);
    if (plan.rowKey !== undefined) into.add(plan.rowKey);
  }
  if (plan.kind === 'modify') {
    for (const column of plan.newRow) into.add(column.id);
    for (const column of plan.onConflict?.existing ?? []) into.add(column.id);
    for (const column of plan.onConflict?.excluded ?? []) into.add(column.id);
    for (const id of [plan.onConflict?.updated, plan.returnedKey]) if (id !== undefined) into.add(id);
  }
  for (const input of planInputs(plan)) collectProduced(input, into);
}

/** Columns of enclosing rows that `plan` reads. */
export function freeColumns(plan: LogicalPlan): Set<ColumnId> {
  const produced = new Set<ColumnId>();
  collectProduced(plan, produced);
  const free = new Set<ColumnId>();
  const visit = (node: LogicalPlan): void => {
    forEachPlanExpression(node, (e) => collectColumns(e, free));
    for (const input of planInputs(node)) visit(input);
  };
  visit(plan);
  for (const id of produced) free.delete(id);
  return free;
}

/**
 * Replaces columns by expressions, inside subqueries too. Where a subquery's `outer` column is replaced, `outer` becomes the columns of the
 * replacement.
 */
export function substitute(e: BoundExpression, replacement: ReadonlyMap<ColumnId, BoundExpression>): BoundExpression {
  if (replacement.size === 0) return e;
  if (e.kind === 'column') return replacement.get(e.id) ?? e;
  return mapChildren(e, (child) => substitute(child, replacement), (query) => substituteInSubquery(query, replacement));
}

function substituteInSubquery(query: Subquery, replacement: ReadonlyMap<ColumnId, BoundExpression>): Subquery {
  if (!query.outer.some((id) => replacement.has(id))) return query;
  const outer = new Set<ColumnId>();
  for (const id of query.outer) {
    const by = replacement.get(id);
    if (by === undefined) outer.add(id);
    else collectColumns(by, outer);
  }
  return { ...query, plan: substituteInPlan(logicalPlanOf(query), replacement), outer: [...outer] };
}

/** Replaces columns in every expression of a tree of plans. */
export function substituteInPlan(plan: LogicalPlan, replacement: ReadonlyMap<ColumnId, BoundExpression>): LogicalPlan {
  return replacement.size === 0 ? plan : mapAllExpressions(plan, (e) => substitute(e, replacement));
}

// ------------------------------------------------------------------------------------------------------------------- equality

/** Structural equality; offsets do not count. Volatile calls are equal as texts, so callers that share results ask `isVolatile` first. */
export function sameExpression(a: BoundExpression, b: BoundExpression): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.type.oid !== b.type.oid || a.type.typmod !== b.type.typmod) return false;
  switch (a.kind) {
    case 'constant':
      return sameDatum(a.value, (b as typeof a).value);
    case 'parameter':
      return a.index === (b as typeof a).index;
    case 'column':
      return a.id === (b as typeof a).id;
    case 'call':
      if (a.function !== (b as typeof a).function) return false;
      break;
    case 'cast':
      if (a.method !== (b as typeof a).method || a.isExplicit !== (b as typeof a).isExplicit) return false;
      break;
    case 'isNull':
      if (a.negated !== (b as typeof a).negated || a.isRow !== (b as typeof a).isRow) return false;
      break;
    case 'isBoolean':
      if (a.negated !== (b as typeof a).negated || a.test !== (b as typeof a).test) return false;
      break;
    case 'isDistinct':
      if (a.negated !== (b as typeof a).negated || a.equals !== (b as typeof a).equals) return false;
      break;
    case 'inList':
      if (a.negated !== (b as typeof a).negated || a.equals !== (b as typeof a).equals) return false;
      break;
    case 'quantifiedArray':
      if (a.operator !== (b as typeof a).operator || a.quantifier !== (b as typeof a).quantifier) return false;
      break;
    case 'field':
      if (a.index !== (b as typeof a).index) return false;
      break;
    case 'subscript': {
      const other = (b as typeof a).indices;
      if (a.indices.length !== other.length) return false;
      if (!a.indices.every((x, i) => x.isSlice === other[i]!.isSlice && (x.lower === undefined) === (other[i]!.lower === undefined) && (x.upper === undefined) === (other[i]!.upper === undefined))) return false;
      break;
    }
    case 'rowCompare':
      if (a.operator !== (b as typeof a).operator || a.left.length !== (b as typeof a).left.length) return false;
      break;
    case 'array':
      if (a.isNested !== (b as typeof a).isNested) return false;
      break;
    case 'subquery':
      return sameSubquery(a, b as typeof a);
    default:
      break;
  }
  const left = childrenOf(a);
  const right = childrenOf(b);
  return left.length === right.length && left.every((child, i) => sameExpression(child, right[i]!));
}

function childrenOf(e: BoundExpression): readonly BoundExpression[] {
  if (e.kind === 'call' || e.kind === 'and' || e.kind === 'or' || e.kind === 'coalesce') return e.args;
  const children: BoundExpression[] = [];
  forEachChild(e, (child) => children.push(child));
  return children;
}

function sameDatum(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((item, i) => sameDatum(item, (b as unknown[])[i]));
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length > 0 && left.length === Object.keys(b).length && left.every(([name, value]) => sameDatum(value, right[name]));
}

// ------------------------------------------------------------------------------------------------------------------- properties

/** Whether evaluating `e` twice may give two answers, or has an effect. */
export function isVolatile(e: BoundExpression): boolean {
  return someExpression(e, (x) => (x.kind === 'call' && x.function.volatility === 'volatile') || (x.kind === 'subquery' && (x.isVolatile ?? planIsVolatile(logicalPlanOf(x)))));
}

export function planIsVolatile(plan: LogicalPlan): boolean {
  let found = plan.kind === 'lockRows' || plan.kind === 'modify' || (plan.kind === 'scan' && plan.sample !== undefined && plan.sample.seed === undefined);
  if (plan.kind === 'functionScan') found ||= plan.calls.some((call) => call.function.volatility === 'volatile');
  if (plan.kind === 'projectSet') found ||= plan.calls.some((call) => call.function.volatility === 'volatile');
  if (!found) {
    forEachPlanExpression(plan, (e) => {
      found ||= isVolatile(e);
    });
  }
  return found || planInputs(plan).some(planIsVolatile);
}

export const isDomainCheck = (e: BoundExpression): boolean => e.kind === 'call' && e.function.name === 'domain_check';

export function hasSubquery(e: BoundExpression): boolean {
  return someExpression(e, (x) => x.kind === 'subquery');
}

/**
 * Whether `e` is certainly not true (false or NULL) when all columns in `nulls` are NULL: then, as a condition, it rejects such rows.
 */
export function rejectsNulls(e: BoundExpression, nulls: (id: ColumnId) => boolean): boolean {
  switch (e.kind) {
    case 'and':
      return e.args.some((arg) => rejectsNulls(arg, nulls));
    case 'or':
      return e.args.every((arg) => rejectsNulls(arg, nulls));
    case 'isNull':
      return e.negated && isNullWhen(e.arg, nulls);
    case 'isBoolean':
      return e.test === 'unknown' ? e.negated && isNullWhen(e.arg, nulls) : !e.negated && isNullWhen(e.arg, nulls);
    case 'constant':
      return e.value !== true;
    default:
      return isNullWhen(e, nulls);
  }
}

/** Whether `e` is certainly NULL when all columns in `nulls` are NULL. */
export function isNullWhen(e: BoundExpression, nulls: (id: ColumnId) => boolean): boolean {
  switch (e.kind) {
    case 'constant':
      return e.value === null;
    case 'column':
      return nulls(e.id);
    case 'call':
      return e.function.strict && e.args.some((arg) => isNullWhen(arg, nulls));
    case 'cast':
    case 'not':
      return isNullWhen(e.arg, nulls);
    case 'inList':
      return e.list.length > 0 && isNullWhen(e.arg, nulls);
    case 'quantifiedArray':
      // Over an empty array ANY is false and ALL is true, whatever the left side is.
      return e.operator.strict && e.quantifier === 'any' && e.array.kind === 'array' && e.array.elements.length > 0 && isNullWhen(e.arg, nulls);
    case 'coalesce':
    case 'greatest':
    case 'least':
      return e.args.every((arg) => isNullWhen(arg, nulls));
    case 'field':
      return isNullWhen(e.arg, nulls);
    case 'case': {
      // Every branch that may be taken gives NULL; the first that certainly is ends the list.
      for (const { when, then } of e.branches) {
        if (when.kind === 'isNull' && !when.negated && !when.isRow && isNullWhen(when.arg, nulls)) return isNullWhen(then, nulls);
        if (!rejectsNulls(when, nulls) && !isNullWhen(then, nulls)) return false;
      }
      return isNullWhen(e.otherwise, nulls);
    }
    case 'and':
    case 'or':
      return e.args.every((arg) => isNullWhen(arg, nulls));
    default:
      return false;
  }
}
