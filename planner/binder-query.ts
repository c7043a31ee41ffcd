/**
 * Binding whole queries: WITH, then SELECT, VALUES, or a tree of set operations with ORDER BY and LIMIT over it.
 *
 * The columns of a set operation get, pair by pair down the tree, the common type of their two sides; a literal without a type takes the
 * other side's. A chain of UNION ALLs is one `append`, and UNION is DISTINCT over an append of everything its left spine unites.
 *
 * Source. analyze.c (transformSetOperationTree, transformValuesClause).
 */
import { unreachable } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import { sameType, sqlType, types, type SqlType } from '../base/types.js';
import { leftSpine, type Expression, type Query, type QueryBody, type SetOperation, type Values } from '../parser/ast.js';
import { agreed, collationsOf } from './binder-collation.js';
import type { BindQueryOptions, Binder, BoundQuery } from './binder-context.js';
import { bindWith } from './binder-cte.js';
import { bindLimit } from './binder-limit.js';
import { lockClauseName } from './binder-locking.js';
import { addLimit, bindSelect, uniqueColumns, type QueryClauses } from './binder-select.js';
import { bindSortKey, requireGroupable } from './binder-sort.js';
import { commonType, isUnknown, mustCoerce } from './binder-types.js';
import { columnRef, outputIdSet, startOf } from './expression-tools.js';
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import { makeProject, makeSort, makeValues, type ComputedColumn, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import { QueryLevel, RangeEntry, visibleItem, type CteScope } from './scope.js';

const noClauses: QueryClauses = { orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [] };

export function bindQuery(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, query: Query, options: BindQueryOptions): BoundQuery {
  const scope = query.with === undefined ? ctes : bindWith(binder, parent, ctes, query.with, options.isTopLevel === true);
  const bound = bindBody(binder, parent, scope, query.body, query, options);
  return ownColumns(binder, bound);
}

function bindBody(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, body: QueryBody, clauses: QueryClauses, options: BindQueryOptions): BoundQuery {
  switch (body.kind) {
    case 'select':
      return bindSelect(binder, parent, ctes, body, clauses, options);
    case 'values':
      return withClauses(binder, parent, ctes, bindValues(binder, parent, ctes, body, options.keepUnknown), clauses, 'VALUES');
    case 'setOperation':
      if (clauses.locking.length > 0) throw lockedUnion(clauses.locking[0]!.strength);
      return withClauses(binder, parent, ctes, bindSetOperation(binder, parent, ctes, body, options), clauses, body.operator.toUpperCase());
    case 'query':
      return withClauses(binder, parent, ctes, bindQuery(binder, parent, ctes, body, options), clauses, 'a parenthesized query');
    default:
      return unreachable(body);
  }
}

/** ORDER BY, LIMIT and locking over a query that is not a plain SELECT: only its output columns can be sorted by. */
function withClauses(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, bound: BoundQuery, clauses: QueryClauses, what: string): BoundQuery {
  const locking = clauses.locking[0];
  if (locking !== undefined) {
    throw what === 'VALUES' ? new DbError('0A000', `${lockClauseName(locking.strength)} cannot be applied to VALUES`) : lockedUnion(locking.strength);
  }
  if (clauses.orderBy.length === 0 && clauses.limitCount === undefined && clauses.limitOffset === undefined) return bound;
  const level = new QueryLevel(binder, parent, ctes);
  const entry = new RangeEntry({ alias: what === 'VALUES' ? '*VALUES*' : '', columns: bound.columns, isJoin: bound.branches !== undefined });
  level.namespace.push({ ...visibleItem(entry), relationVisible: false });
  binder.adopt(level, entry);
  bound.branches?.forEach((columns, i) => level.entries.push(new RangeEntry({ alias: `*SELECT* ${i + 1}`, columns })));
  const items = clauses.orderBy.map((item) => outputItem(level, bound.columns, item.expression));
  if (what !== 'VALUES' && what !== 'a parenthesized query') refuseExpressions(bound.columns, items, clauses);
  const keys = clauses.orderBy.map((item, i): SortKey => bindSortKey(level, item, items[i]!));
  const limit = bindLimit(level, clauses);
  if (limit.withTies && keys.length === 0) throw new DbError('42601', 'WITH TIES cannot be specified without ORDER BY clause');
  let plan = bound.plan;
  if (keys.length > 0) plan = makeSort(plan, keys);
  plan = addLimit(plan, limit, limit.withTies ? keys : undefined);
  return { ...bound, plan, branches: undefined };
}

function lockedUnion(strength: Parameters<typeof lockClauseName>[0]): DbError {
  return new DbError('0A000', `${lockClauseName(strength)} is not allowed with UNION/INTERSECT/EXCEPT`);
}

function outputItem(level: QueryLevel, columns: readonly PlanColumn[], e: Expression): BoundExpression {
  if (e.kind === 'number' && /^\d+$/.test(e.text)) {
    if (Number(e.text) > 2147483647) throw new DbError('42601', 'non-integer constant in ORDER BY', { offset: e.offset });
    const column = columns[Number(e.text) - 1];
    if (column === undefined) throw new DbError('42P10', `ORDER BY position ${e.text} is not in select list`, { offset: e.offset });
    return columnRef(column, e.offset);
  }
  if (e.kind === 'columnRef' && e.parts.length === 1) {
    const matches = columns.filter((column) => column.name === e.parts[0]);
    if (matches.length > 1 && matches.some((column) => column.id !== matches[0]!.id)) throw new DbError('42702', `ORDER BY "${e.parts[0]!}" is ambiguous`, { offset: e.offset });
    if (matches.length > 0) return columnRef(matches[0]!, e.offset);
  }
  if (e.kind === 'string' || e.kind === 'number' || e.kind === 'null' || e.kind === 'boolean' || e.kind === 'bitString') throw new DbError('42601', 'non-integer constant in ORDER BY', { offset: e.offset });
  return level.binder.hooks.bindExpression(level, e);
}

/** A set operation is ordered by columns, and an expression is one even where it has become a column. @throws DbError 0A000 */
function refuseExpressions(columns: readonly PlanColumn[], items: readonly BoundExpression[], clauses: QueryClauses): void {
  const isShown = (e: BoundExpression): boolean => e.kind === 'column' && columns.some((column) => column.id === e.id);
  const at = clauses.orderBy.findIndex((item, i) => !isShown(items[i]!) || (item.expression.kind !== 'columnRef' && item.expression.kind !== 'number'));
  if (at === -1) return;
  throw new DbError('0A000', 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause', {
    offset: startOf(items[at]!),
    detail: 'Only result column names can be used, not expressions or functions.',
    hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
  });
}

/** Gives a column of its own to every shown column that the plan does not produce itself (L1). */
function ownColumns(binder: Binder, bound: BoundQuery): BoundQuery {
  const ids = outputIdSet(bound.plan);
  if (bound.columns.every((column) => ids.has(column.id))) return bound;
  const computed: ComputedColumn[] = [];
  const columns = bound.columns.map((column) => {
    if (ids.has(column.id)) return column;
    const own = binder.newColumn(column.name, column.type);
    computed.push({ id: own.id, expression: columnRef(column) });
    return own;
  });
  return { ...bound, plan: makeProject(bound.plan, computed), columns };
}

// ------------------------------------------------------------------------------------------------------------------- VALUES

function bindValues(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, values: Values, keepUnknown: boolean): BoundQuery {
  const level = new QueryLevel(binder, parent, ctes);
  level.clause = 'VALUES';
  const width = values.rows[0]!.length;
  const rows = values.rows.map((row) => {
    const bound = row.map((e) => {
      if (e.kind === 'defaultValue') throw new DbError('42601', 'DEFAULT is not allowed in this context', { offset: e.offset });
      return binder.hooks.bindExpression(level, e);
    });
    if (row.length !== width) throw new DbError('42601', 'VALUES lists must all be the same length', { offset: row[0]?.offset ?? values.offset });
    return bound;
  });
  const columns: PlanColumn[] = [];
  const unknowns = new Map<number, BoundExpression>();
  const coerced = rows.map((row) => row.slice());
  for (let i = 0; i < width; i++) {
    const column = rows.map((row) => row[i]!);
    if (keepUnknown && rows.length === 1 && isUnknown(column[0]!)) {
      unknowns.set(i, column[0]!);
      columns.push(binder.newColumn(`column${i + 1}`, types.unknown));
      continue;
    }
    const type = commonType(binder, column, 'VALUES');
    columns.push(binder.newColumn(`column${i + 1}`, type));
    column.forEach((e, row) => (coerced[row]![i] = mustCoerce(binder, e, type, 'implicit', e.offset)));
  }
  for (let i = 0; i < width; i++) binder.collated?.together(rows.map((row) => row[i]!));
  binder.record?.values.set(values, coerced);
  const collations = rows.length === 1 ? collationsOf(binder, rows[0]!) : undefined;
  return { plan: makeValues(columns, coerced), columns, unknowns, offsets: rows[0]!.map(startOf), collations };
}

// ------------------------------------------------------------------------------------------------------------------- set operations

function bindSetOperation(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, root: SetOperation, options: BindQueryOptions): BoundQuery {
  const links = leftSpine<QueryBody, SetOperation>(root, (node): node is SetOperation => node.kind === 'setOperation');
  const lock = options.locking;
  if (lock !== undefined) throw lockedUnion(lock.strength);
  const branch = (body: QueryBody): BoundQuery => {
    if (body !== links[0]!.left && body.kind === 'select' && body.into !== undefined) throw new DbError('42601', 'INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT', { offset: body.into.offset });
    return ownColumns(binder, bindBody(binder, parent, ctes, body, noClauses, { keepUnknown: true, locking: undefined }));
  };
  let left = branch(links[0]!.left);
  const branches = shownBranches(left).slice();
  for (const link of links) {
    const right = branch(link.right);
    branches.push(...shownBranches(right));
    left = combine(binder, parent, link, left, right);
  }
  return { ...(options.keepUnknown ? left : resolveUnknowns(binder, left)), branches };
}

const shownBranches = (query: BoundQuery): readonly (readonly PlanColumn[])[] => query.branches ?? [query.columns];

/** Columns that are still untyped become text. */
function resolveUnknowns(binder: Binder, query: BoundQuery): BoundQuery {
  if (query.unknowns.size === 0) return query;
  const all = query.columns.map((column, i) => (query.unknowns.has(i) ? types.text : column.type));
  return coerceColumns(binder, query, all);
}

/** The query with its columns coerced to `targets`; columns that change are computed anew. */
function coerceColumns(binder: Binder, query: BoundQuery, targets: readonly SqlType[]): BoundQuery {
  const coercion = new ColumnCoercion(binder, query);
  targets.forEach((target, i) => coercion.coerce(i, target));
  return coercion.finish();
}

/** Columns of a query being coerced one after the other. */
class ColumnCoercion {
  readonly #binder: Binder;
  readonly #query: BoundQuery;
  readonly #columns: PlanColumn[];
  readonly #computed: ComputedColumn[] = [];
  readonly #names: string[] = [];

  constructor(binder: Binder, query: BoundQuery) {
    this.#binder = binder;
    this.#query = query;
    this.#columns = [...query.columns];
  }

  coerce(i: number, target: SqlType): void {
    const column = this.#columns[i]!;
    const unknown = this.#query.unknowns.get(i);
    if (unknown === undefined && sameType(column.type, target)) return;
    const expression = mustCoerce(this.#binder, unknown ?? columnRef(column), target, 'implicit', unknown?.offset ?? -1);
    if (unknown !== undefined) this.#binder.record?.typed.set(unknown, expression);
    if (expression.kind === 'column' && unknown === undefined) return;
    const made = this.#binder.newColumn(column.name, expression.type);
    this.#computed.push({ id: made.id, expression });
    this.#names.push(column.name);
    this.#columns[i] = made;
  }

  finish(): BoundQuery {
    return { plan: makeProject(this.#query.plan, this.#computed, this.#names), columns: this.#columns, unknowns: new Map(), offsets: this.#query.offsets };
  }
}

function combine(binder: Binder, parent: QueryLevel | undefined, link: SetOperation, left: BoundQuery, right: BoundQuery): BoundQuery {
  const what = link.operator.toUpperCase();
  if (left.columns.length !== right.columns.length) {
    throw new DbError('42601', `each ${what} query must have the same number of columns`, { offset: right.offsets?.[0] ?? link.right.offset });
  }
  const level = new QueryLevel(binder, parent, undefined);
  const [ofLeft, ofRight] = [new ColumnCoercion(binder, left), new ColumnCoercion(binder, right)];
  // All that is to be said of a column is said before the next is looked at.
  const columns = left.columns.map((column, i) => {
    const a = left.unknowns.get(i) ?? columnRef(column, left.offsets?.[i] ?? link.left.offset);
    const b = right.unknowns.get(i) ?? columnRef(right.columns[i]!, right.offsets?.[i] ?? link.right.offset);
    const common = commonType(binder, [a, b], what);
    agreed(left.collations?.[i] ?? null, right.collations?.[i] ?? null);
    // Modifiers survive only where both sides agree.
    const type = a.type.oid === b.type.oid && a.type.typmod === b.type.typmod ? common : sqlType(common.oid, isUnknown(a) ? b.type.typmod : isUnknown(b) ? a.type.typmod : -1);
    ofLeft.coerce(i, type);
    ofRight.coerce(i, type);
    const made = binder.newColumn(column.name, type);
    if (link.operator !== 'union' || !link.all) requireGroupable(level, columnRef(made, link.offset));
    return made;
  });
  const [a, b] = [ofLeft.finish(), ofRight.finish()];
  const ids = (query: BoundQuery): ColumnId[] => query.columns.map((column) => column.id);
  if (link.operator !== 'union') {
    const plan: LogicalPlan = { kind: 'setOperation', output: columns, operation: link.operator, all: link.all, left: a.plan, right: b.plan, leftColumns: ids(a), rightColumns: ids(b) };
    return { plan, columns, unknowns: new Map(), offsets: left.offsets };
  }
  const [ofA, ofB] = [branchesOf(a, link.all), branchesOf(b, link.all)];
  const [inputs, inputColumns] = [ofA.inputs.concat(ofB.inputs), ofA.inputColumns.concat(ofB.inputColumns)];
  let plan: LogicalPlan = { kind: 'append', output: columns, inputs, inputColumns };
  if (!link.all) plan = { kind: 'distinct', output: columns, input: plan, on: columns.map((column) => columnRef(column)), isOn: false };
  return { plan, columns, unknowns: new Map(), offsets: left.offsets };
}

/** What a UNION puts together of one side: what it would make distinct anyway, or a UNION ALL under anything, is taken apart into its branches. */
function branchesOf({ plan, columns }: BoundQuery, isAll: boolean): { readonly inputs: readonly LogicalPlan[]; readonly inputColumns: readonly (readonly ColumnId[])[] } {
  const united = !isAll && plan.kind === 'distinct' && !plan.isOn && plan.input.kind === 'append' && columns.length === uniqueColumns(plan.input.output).length ? plan.input : plan;
  const positions = united.kind === 'append' ? columns.map((column) => united.output.findIndex((own) => own.id === column.id)) : [];
  if (united.kind !== 'append' || positions.includes(-1)) return { inputs: [plan], inputColumns: [columns.map((column) => column.id)] };
  // A long chain has been taken apart at each of its links: its branches stay as they are.
  const isInPlace = positions.every((position, i) => position === i) && positions.length === united.output.length;
  return { inputs: united.inputs, inputColumns: isInPlace ? united.inputColumns : united.inputColumns.map((ids) => positions.map((position) => ids[position]!)) };
}
