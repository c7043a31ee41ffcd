/**
 * INSERT, UPDATE and DELETE. Each becomes one `modify` node over a plan that finds or makes the rows.
 *
 * D1  An INSERT gives every column of the table a value: what was assigned, else its default; generated columns are NULL there and are
 *     computed from the finished row (`generated`).
 * D2  Values are coerced by assignment casts. A literal without a type takes the column's.
 * D3  `recheck.condition` is the whole condition under which a row was found, for READ COMMITTED to test again on a newer version.
 *
 * Source. analyze.c (transformInsertStmt and its neighbours), parse_target.c, rewriteHandler.c (rewriteTargetListIU).
 */
import { DbError } from '../base/errors.js';
import { typeName, types } from '../base/types.js';
import { scalar } from '../functions/define.js';
import type { EvalContext } from '../functions/registry.js';
import type { Assignment, CurrentOf, Delete, Expression, Insert, OnConflict as AstOnConflict, SelectTarget, TargetColumn, Update, Values, WithClause } from '../parser/ast.js';
import { assignPath } from './assignment-path.js';
import type { Binder, BoundQuery } from './binder-context.js';
import { bindWith } from './binder-cte.js';
import { addFrom } from './binder-from.js';
import { inferArbiters } from './binder-inference.js';
import { conditionsOf } from './binder-locking.js';
import { makeOperator } from './binder-operator.js';
import { bindTargets } from './binder-select.js';
import { addSetCalls } from './binder-sets.js';
import { rowSubqueryFields } from './binder-subquery.js';
import { bindDefault, bindIndex, bindWriteExpressions, type WriteExpressions } from './binder-table.js';
import { assignableColumn, bindTarget, targetColumn, type Target } from './binder-target.js';
import { asText, coerce, coerceToBoolean, isUnknown } from './binder-types.js';
import type { ColumnDef, IndexDef } from './catalog.js';
import { copyExpression } from './copy-plan.js';
import { columnRef, conjunction, constant, startOf, substitute } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { makeFilter, makeProject, makeValues, oneRow, type ComputedColumn, type LogicalModify, type LogicalPlan } from './logical-plan.js';
import type { OnConflict, PlanColumn, Recheck, ScanColumn } from './physical-plan.js';
import { QueryLevel, RangeEntry, visibleItem, type CteScope } from './scope.js';

export function newStatementLevel(binder: Binder, boundary: QueryLevel | undefined, ctes: CteScope | undefined, clause: WithClause | undefined): QueryLevel {
  const scope = clause === undefined ? ctes : bindWith(binder, boundary, ctes, clause, boundary === undefined);
  return new QueryLevel(binder, boundary, scope);
}

// ------------------------------------------------------------------------------------------------------------------- coercion

/** Coerces a value assigned to a column. @throws DbError 42804 */
export function coerceAssignment(binder: Binder, value: BoundExpression, column: { readonly name: string; readonly type: PlanColumn['type'] }): BoundExpression {
  const coerced = coerce(binder, value, column.type, 'assignment', value.offset);
  if (coerced !== undefined) return coerced;
  throw new DbError('42804', `column "${column.name}" is of type ${typeName(column.type.oid, binder.types)} but expression is of type ${typeName(value.type.oid, binder.types)}`, {
    offset: startOf(value),
    hint: 'You will need to rewrite or cast the expression.',
  });
}

export function notInsertable(column: ColumnDef, hint: string | undefined): DbError {
  const detail = column.generated === 'stored' ? `Column "${column.name}" is a generated column.` : `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`;
  return new DbError('428C9', `cannot insert a non-DEFAULT value into column "${column.name}"`, { detail, hint });
}

// ------------------------------------------------------------------------------------------------------------------- INSERT

export function bindInsert(binder: Binder, boundary: QueryLevel | undefined, ctes: CteScope | undefined, statement: Insert): BoundQuery {
  const level = newStatementLevel(binder, boundary, ctes, statement.with);
  const target = bindTarget(level, statement.table, statement.alias, 'insert');
  const positions = insertPositions(target, statement.columns);
  const given = insertWidth(statement) ?? positions.length;
  const columns = positions.slice(0, statement.columns.length === 0 ? given : undefined).map((position) => assignableColumn(target, position, 'insert'));
  if (target.isView) {
    const twice = columns.findIndex((column, i) => statement.columns[i]?.path.length !== 1 && columns.findIndex((other) => other.index === column.index) < i);
    if (twice >= 0) throw new DbError('42601', `multiple assignments to same column "${columns[twice]!.name}"`);
  }
  const { input, values } = bindInsertSource(binder, level, target, statement, columns);
  const write = withViewChecks(target, bindWriteExpressions(binder, target.table));
  const onConflict = statement.onConflict === undefined ? undefined : bindOnConflict(binder, level, target, statement.onConflict, write);
  const insertValues = completeRow(binder, target, values);
  const returned = { updated: onConflict?.updated, rowKey: returnedKey(binder) };
  const returning = bindReturning(binder, level, target, write.newRow, [], statement.returning, returned);
  return finishModify(target, write, {
    operation: 'insert', input, insertValues, rowKey: undefined, assignments: [], recheck: undefined, onConflict, mergeActions: [], returning, returnedKey: returned.rowKey,
  });
}

/** Which of the target's columns each of a column list is; all of them in turn where there is no list. @throws DbError 42701, 42703 */
export function insertPositions(target: Target, columns: readonly TargetColumn[]): number[] {
  if (columns.length === 0) return target.shown.map((_, i) => i);
  const seen = new Set<number>();
  return columns.map((column) => {
    const position = targetColumn(target, column.name, column.offset);
    // Parts of one column may be given one by one.
    if (seen.has(position) && (column.path.length === 0 || columns.some((other) => other.name === column.name && other.path.length === 0))) throw new DbError('42701', `column "${column.name}" specified more than once`, { offset: column.offset });
    seen.add(position);
    return position;
  });
}

/** Adds a value to those of a row by column: a part of a column to what was given of it before. */
export function setInsertValue(level: QueryLevel, values: Map<number, BoundExpression>, to: ColumnDef, written: TargetColumn | undefined, value: BoundExpression): void {
  values.set(to.index, written === undefined || written.path.length === 0 ? coerceAssignment(level.binder, value, to) : assignPath(level, written, values.get(to.index) ?? constant(null, to.type), value));
}

/** @throws DbError 0A000 for a part of a column */
export function refusePartDefault(written: TargetColumn | undefined): void {
  const part = written?.path.at(-1);
  if (part !== undefined) throw new DbError('0A000', part.kind === 'field' ? 'cannot set a subfield to DEFAULT' : 'cannot set an array element to DEFAULT', { offset: written!.offset });
}

/** How many values a row of a plain VALUES list gives: without a column list later columns are not touched, so they may be anything. */
function insertWidth(statement: Insert): number | undefined {
  const body = statement.source?.body;
  if (statement.source === undefined) return 0;
  return body?.kind === 'values' ? body.rows[0]!.length : undefined;
}

interface InsertSource {
  readonly input: LogicalPlan;
  /** Value expressions by column position, coerced; absent: the default. */
  readonly values: ReadonlyMap<number, BoundExpression>;
}

function bindInsertSource(binder: Binder, level: QueryLevel, target: Target, statement: Insert, columns: readonly ColumnDef[]): InsertSource {
  const { source } = statement;
  const isExplicit = statement.columns.length > 0;
  if (source === undefined) return { input: oneRow, values: new Map() };
  const checkCount = (count: number, offsetOf: (i: number) => number): void => {
    if (count > columns.length) throw new DbError('42601', 'INSERT has more expressions than target columns', { offset: offsetOf(columns.length) });
    if (isExplicit && count < columns.length) throw new DbError('42601', 'INSERT has more target columns than expressions', { offset: statement.columns[count]!.offset });
  };
  /** What may be done with a value other than DEFAULT for a column. */
  const admits = (column: ColumnDef): 'value' | 'ignore' => {
    if (column.generated === 'stored') binder.refuseLater('rewriting', notInsertable(column, undefined));
    if (column.generated === 'identity always') {
      if (statement.overriding === 'user') return 'ignore';
      if (statement.overriding !== 'system') binder.refuseLater('rewriting', notInsertable(column, 'Use OVERRIDING SYSTEM VALUE to override.'));
    }
    return column.generated === 'identity by default' && statement.overriding === 'user' ? 'ignore' : 'value';
  };
  const isPlainValues = source.body.kind === 'values' && source.with === undefined && source.orderBy.length === 0 && source.limitCount === undefined && source.limitOffset === undefined;
  if (isPlainValues) return bindInsertValues(binder, level, source.body as Values, columns, statement.columns, checkCount, admits);
  const query = binder.hooks.bindQuery(binder, level.parent, level.ctes, source, { keepUnknown: true, locking: undefined });
  const offsets = selectOffsets(source.body, source.offset);
  checkCount(query.columns.length, offsets);
  const values = new Map<number, BoundExpression>();
  query.columns.forEach((column, i) => {
    const to = columns[i]!;
    if (admits(to) === 'ignore') return;
    setInsertValue(level, values, to, statement.columns[i], query.unknowns.get(i) ?? columnRef(column, offsets(i)));
  });
  return { input: query.plan, values };
}

/** Where the i-th expression of a query stands, for messages. */
function selectOffsets(body: { readonly kind: string; readonly offset: number }, fallback: number): (i: number) => number {
  const targets = (body as { targets?: readonly SelectTarget[] }).targets;
  return (i) => targets?.[i]?.expression.offset ?? fallback;
}

function bindInsertValues(
  binder: Binder,
  level: QueryLevel,
  source: Values,
  columns: readonly ColumnDef[],
  written: readonly TargetColumn[],
  checkCount: (count: number, offsetOf: (i: number) => number) => void,
  admits: (column: ColumnDef) => 'value' | 'ignore',
): InsertSource {
  const width = source.rows[0]!.length;
  const valuesLevel = new QueryLevel(binder, level.parent, level.ctes);
  valuesLevel.clause = 'VALUES';
  valuesLevel.admitsSets = source.rows.length === 1;
  const defaults = new Map<number, BoundExpression>();
  const defaultOf = (column: ColumnDef): BoundExpression => {
    let value = defaults.get(column.index);
    if (value === undefined) defaults.set(column.index, (value = column.generated === 'stored' ? constant(null, column.type) : bindDefault(binder, column)));
    return value;
  };
  // OVERRIDING USER VALUE: what was written for an identity column is bound, then ignored.
  const treatment: ('value' | 'ignore' | undefined)[] = columns.map(() => undefined);
  const rows = source.rows.map((row) => {
    // All of a row is bound before it is counted and any of it is coerced, as errors say.
    const plain = row.map((e) => (e.kind === 'defaultValue' ? undefined : binder.hooks.bindExpression(valuesLevel, e)));
    if (row.length !== width) throw new DbError('42601', 'VALUES lists must all be the same length', { offset: row[0]?.offset ?? source.offset });
    checkCount(row.length, (i) => row[i]!.offset);
    return row.map((e, i) => {
      const column = columns[i]!;
      const bound = plain[i];
      if (bound === undefined) {
        refusePartDefault(written[i]);
        return defaultOf(column);
      }
      treatment[i] ??= admits(column);
      if (treatment[i] === 'ignore') return defaultOf(column);
      return (written[i]?.path.length ?? 0) > 0 ? bound : coerceAssignment(binder, bound, column);
    });
  });
  /** The values of a row by column: parts of one column come together in it. */
  const together = (row: readonly BoundExpression[]): Map<number, BoundExpression> => {
    const values = new Map<number, BoundExpression>();
    row.forEach((e, i) => {
      const { index, type } = columns[i]!;
      values.set(index, (written[i]?.path.length ?? 0) > 0 ? assignPath(valuesLevel, written[i]!, values.get(index) ?? constant(null, type), e) : e);
    });
    return values;
  };
  const byColumn = rows.map(together);
  if (rows.length === 1) return { input: addSetCalls(valuesLevel.setCalls, oneRow, new Set()), values: byColumn[0]! };
  const given = [...byColumn[0]!.keys()].map((index) => columns.find((column) => column.index === index)!);
  const output = given.map((column) => binder.newColumn(column.name, column.type));
  return {
    input: makeValues(output, byColumn.map((row) => given.map((column) => row.get(column.index)!))),
    values: new Map(given.map((column, i) => [column.index, columnRef(output[i]!)])),
  };
}

/** A value for every column by position (D1). */
export function completeRow(binder: Binder, target: Target, values: ReadonlyMap<number, BoundExpression>): BoundExpression[] {
  return target.table.columns.map((column) => {
    if (column.isDropped || column.generated === 'stored') return constant(null, column.type);
    // A view may have defaults of its own.
    return values.get(column.index) ?? bindDefault(binder, target.assignable.find((shown) => shown?.index === column.index) ?? column);
  });
}

// ------------------------------------------------------------------------------------------------------------------- ON CONFLICT

function bindOnConflict(binder: Binder, level: QueryLevel, target: Target, clause: AstOnConflict, write: WriteExpressions): OnConflict {
  const { table } = target;
  if (clause.target === undefined && clause.update !== undefined) {
    throw new DbError('42601', 'ON CONFLICT DO UPDATE requires inference specification or constraint name', { offset: clause.offset, hint: 'For example, ON CONFLICT (column_name).' });
  }
  const infer = clause.target === undefined ? (): readonly IndexDef[] => [] : inferArbiters(binder, target, clause.target, write, target.isView ? (shownOver(target, write.newRow) as ScanColumn[]) : undefined);
  const nothing = { existing: [], excluded: [], assignments: [], where: undefined };
  if (clause.update === undefined) return { arbiters: infer().map((index) => index.oid), action: 'nothing', updated: undefined, ...nothing };
  const update = new QueryLevel(binder, level.parent, level.ctes);
  const rowOf = (): ScanColumn[] => write.newRow.map((column) => ({ ...column, id: binder.newId() }));
  const existing = rowOf();
  const excluded = rowOf();
  // What a view computes of a row, by placeholders that are replaced in what is bound.
  const computedOf = new Map<ColumnId, BoundExpression>();
  for (const [alias, row] of [[target.alias, existing], ['excluded', excluded]] as const) {
    const columns = target.isView ? shownWithComputed(binder, target, row, computedOf) : shownOver(target, row);
    const entry = new RangeEntry({ alias, columns, relationName: alias === 'excluded' ? undefined : target.relationName, table: target.isView ? undefined : table, rowType: target.rowType });
    binder.adopt(update, entry);
    // As in PostgreSQL, a plain name is the existing row's in SET's left side only: in expressions both rows have it, so it is ambiguous.
    update.namespace.push(visibleItem(entry));
  }
  update.clause = 'UPDATE';
  const bound = bindAssignments(binder, update, target, clause.update.assignments, existing);
  for (const { id, expression } of bound.computed) computedOf.set(id, expression);
  const settled = (e: BoundExpression): BoundExpression => substitute(substitute(e, computedOf), computedOf);
  update.clause = 'WHERE';
  const where = clause.update.where === undefined ? undefined : coerceToBoolean(binder, binder.hooks.bindExpression(update, clause.update.where), 'WHERE');
  return { arbiters: infer().map((index) => index.oid), action: 'update', updated: binder.newId(), existing, excluded, assignments: bound.assignments.map(({ column, value }) => ({ column, value: settled(value) })), where: where === undefined ? undefined : settled(where) };
}

/** The statement's names for the target over another row of the table: a view's columns keep the view's names. */
function shownOver(target: Target, row: readonly ScanColumn[]): PlanColumn[] {
  return target.shown.flatMap((column, i) => {
    const base = target.assignable[i];
    if (base === undefined) return [];
    const scanned = row.find((candidate) => candidate.column === base.index);
    return scanned === undefined ? [] : [{ id: scanned.id, name: column.name, type: column.type }];
  });
}

/** The same with the columns that a view computes; `computedOf` gets what stands for them. */
function shownWithComputed(binder: Binder, target: Target, row: readonly ScanColumn[], computedOf: Map<ColumnId, BoundExpression>): PlanColumn[] {
  const overRow = new Map<ColumnId, BoundExpression>();
  for (const column of target.columns) {
    const scanned = row.find((candidate) => candidate.column === column.column);
    if (scanned !== undefined) overRow.set(column.id, columnRef(scanned));
  }
  return target.shown.map((column, i) => {
    const base = target.assignable[i];
    const scanned = base === undefined ? undefined : row.find((candidate) => candidate.column === base.index);
    if (scanned !== undefined) return { id: scanned.id, name: column.name, type: column.type };
    const placeholder = binder.newColumn(column.name, column.type);
    computedOf.set(placeholder.id, substitute(target.computed.get(column.id) ?? constant(null, column.type), overRow));
    return placeholder;
  });
}

// ------------------------------------------------------------------------------------------------------------------- UPDATE

export interface BoundAssignments {
  readonly assignments: readonly { readonly column: number; readonly value: BoundExpression }[];
  /** Rows of multi-column subqueries, computed once per row below the assignments. */
  readonly computed: readonly ComputedColumn[];
}

/** `old` are the columns of the row as it was. */
export function bindAssignments(binder: Binder, level: QueryLevel, target: Target, list: readonly Assignment[], old: readonly ScanColumn[]): BoundAssignments {
  const oldValue = (column: ColumnDef): BoundExpression => columnRef(old.find((scanned) => scanned.column === column.index)!);
  const assignments: { column: number; value: BoundExpression }[] = [];
  const computed: ComputedColumn[] = [];
  const seen = new Map<number, boolean>();
  const columnOf = (to: TargetColumn): ColumnDef => {
    const column = assignableColumn(target, targetColumn(target, to.name, to.offset), 'update');
    const isPart = to.path.length > 0;
    // Several parts of one column may be assigned, the whole only once.
    if (seen.has(column.index) && !(isPart && seen.get(column.index) === true)) throw new DbError('42601', `multiple assignments to same column "${to.name}"`);
    seen.set(column.index, isPart);
    return column;
  };
  // All values are bound before the first is assigned, as errors say.
  const given: { readonly to: TargetColumn; readonly value: BoundExpression | 'default' }[] = [];
  const assign = (to: TargetColumn, value: BoundExpression | 'default'): void => {
    given.push({ to, value });
  };
  const assignNow = (to: TargetColumn, value: BoundExpression | 'default'): void => {
    const column = columnOf(to);
    if (to.path.length > 0) {
      if (value === 'default') throw new DbError('0A000', `cannot set ${to.path[0]!.kind === 'subscript' ? 'an array element' : 'a subfield'} to DEFAULT`, { offset: to.offset });
      const earlier = assignments.find((known) => known.column === column.index);
      const old = earlier?.value ?? oldValue(column);
      const whole = assignPath(level, to, old, value);
      if (earlier === undefined) assignments.push({ column: column.index, value: whole });
      else earlier.value = whole;
      return;
    }
    if (column.generated === 'stored' || column.generated === 'identity always') {
      if (value !== 'default') {
        const detail = column.generated === 'stored' ? `Column "${column.name}" is a generated column.` : `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`;
        binder.refuseLater('rewriting', new DbError('428C9', `column "${column.name}" can only be updated to DEFAULT`, { detail }));
      }
      if (column.generated === 'stored' && value === 'default') return;
    }
    assignments.push({ column: column.index, value: value === 'default' ? bindDefault(binder, column) : coerceAssignment(binder, value, column) });
  };
  const valueOf = (e: Expression): BoundExpression | 'default' => (e.kind === 'defaultValue' ? 'default' : binder.hooks.bindExpression(level, e));
  for (const item of list) {
    if (item.kind === 'assignment') {
      const value = valueOf(item.value);
      assign(item.target, value);
      continue;
    }
    const { targets, source } = item;
    if (source.kind === 'row' && source.elements.some((e) => e.kind === 'star' || e.kind === 'fieldStar')) {
      const row = binder.hooks.bindExpression(level, source);
      if (row.kind !== 'row' || row.fields.length !== targets.length) throw new DbError('42601', 'number of columns does not match number of values', { offset: item.offset });
      targets.forEach((to, i) => assign(to, row.fields[i]!));
    } else if (source.kind === 'row') {
      const values = source.elements.map(valueOf);
      if (values.length !== targets.length) throw new DbError('42601', 'number of columns does not match number of values', { offset: item.offset });
      targets.forEach((to, i) => assign(to, values[i]!));
    } else if (source.kind === 'scalarSubquery') {
      const { value, fields } = rowSubqueryFields(level, source, targets.length);
      const row = binder.newColumn('row', value.type);
      computed.push({ id: row.id, expression: value });
      targets.forEach((to, i) => assign(to, { kind: 'field', type: fields[i]!.type, offset: source.offset, arg: columnRef(row), index: i }));
    } else {
      throw new DbError('0A000', 'source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression', { offset: source.offset });
    }
  }
  for (const { to, value } of given) assignNow(to, value);
  return { assignments, computed };
}

export function bindUpdate(binder: Binder, boundary: QueryLevel | undefined, ctes: CteScope | undefined, statement: Update): BoundQuery {
  const level = newStatementLevel(binder, boundary, ctes, statement.with);
  const target = bindTarget(level, statement.table, statement.alias, 'update');
  showTarget(binder, level, target, target.shown, target);
  const from = addFrom(level, target.plan, statement.from);
  const condition = bindWhere(binder, level, statement.where, target);
  // RETURNING before SET, as in PostgreSQL: what is wrong there is told first.
  const write = withViewChecks(target, bindWriteExpressions(binder, target.table));
  const rowKey = returnedKey(binder);
  const returning = bindReturning(binder, level, target, write.newRow, level.namespace.slice(1), statement.returning, { rowKey });
  level.clause = 'UPDATE';
  const bound = bindAssignments(binder, level, target, statement.assignments, target.columns);
  const input = makeProject(condition === undefined ? from : makeFilter(from, condition), bound.computed);
  return finishModify(target, write, {
    operation: 'update', input, insertValues: undefined, rowKey: target.rowKey, assignments: bound.assignments,
    recheck: recheckOf(binder, target, input, bound.computed), onConflict: undefined, mergeActions: [], returning, returnedKey: rowKey,
  });
}

export function bindDelete(binder: Binder, boundary: QueryLevel | undefined, ctes: CteScope | undefined, statement: Delete): BoundQuery {
  const level = newStatementLevel(binder, boundary, ctes, statement.with);
  const target = bindTarget(level, statement.table, statement.alias, 'delete');
  showTarget(binder, level, target, target.shown, target);
  const from = addFrom(level, target.plan, statement.using);
  const condition = bindWhere(binder, level, statement.where, target);
  const input = condition === undefined ? from : makeFilter(from, condition);
  const write: WriteExpressions = { newRow: [], checks: [], generated: [], indexExpressions: bindWriteExpressions(binder, target.table).indexExpressions };
  const returning = statement.returning === undefined ? undefined : returningColumns(binder, level, statement.returning);
  // Keys of indexes to delete from are computed over the old row, whose columns are those scanned.
  const indexExpressions = new Map(target.table.indexes.filter((index) => write.indexExpressions.has(index.oid)).map((index) => [index.oid, bindIndex(binder, target.table, target.columns, index)]));
  return finishModify(target, { ...write, newRow: target.columns, indexExpressions }, {
    operation: 'delete', input, insertValues: undefined, rowKey: target.rowKey, assignments: [], recheck: recheckOf(binder, target, input, []), onConflict: undefined, mergeActions: [], returning, returnedKey: undefined,
  });
}

/** What a row is told of itself beside its columns, where the statement knows it. */
interface SystemIds {
  readonly rowKey?: ColumnId | undefined;
  readonly updated?: ColumnId | undefined;
}

/** The id for the key of a new row, once a ctid is asked for. */
const returnedKey = (binder: Binder): ColumnId | undefined => (binder.givesRowKeys ? binder.newId() : undefined);

export function showTarget(binder: Binder, level: QueryLevel, target: Target, columns: readonly PlanColumn[], system: SystemIds = {}): RangeEntry {
  const entry = new RangeEntry({
    ...(target.isView ? {} : system),
    alias: target.alias, columns, schema: target.alias === target.relationName ? target.table.schema : undefined, relationName: target.relationName, table: target.isView ? undefined : target.table, rowType: target.rowType,
  });
  binder.adopt(level, entry);
  level.namespace.push(visibleItem(entry));
  return entry;
}

function bindWhere(binder: Binder, level: QueryLevel, where: Expression | CurrentOf | undefined, target: Target): BoundExpression | undefined {
  if (where === undefined) return undefined;
  level.clause = 'WHERE';
  if (where.kind === 'currentOf') return bindCurrentOf(binder, where, target);
  return coerceToBoolean(binder, binder.hooks.bindExpression(level, where), 'WHERE');
}

/** The row that a cursor stands on, by its key: the session knows the cursor. */
function bindCurrentOf(binder: Binder, where: CurrentOf, target: Target): BoundExpression {
  if (target.isView) throw new DbError('0A000', 'WHERE CURRENT OF on a view is not implemented', { offset: where.offset });
  const { oid } = target.table;
  const key = scalar('current_of', '', 'text', (ctx: EvalContext) => ctx.system.call('current_of', [where.cursor, oid]), { volatility: 'stable', strict: false });
  const given: BoundExpression = { kind: 'call', type: types.text, offset: where.offset, function: key, args: [], operator: undefined };
  return makeOperator(binder, undefined, '=', columnRef({ id: target.rowKey, name: '(row key)', type: types.text }), given, where.offset);
}

/** What READ COMMITTED tests again after a wait (D3). */
export function recheckOf(binder: Binder, target: Target, input: LogicalPlan, computed: readonly ComputedColumn[]): Recheck {
  const condition = conjunction(conditionsOf(input));
  return { columns: target.columns, condition: condition === undefined ? undefined : copyExpression(condition, binder), computed };
}

// ------------------------------------------------------------------------------------------------------------------- common parts

/** View conditions become checks over the new row. */
export function withViewChecks(target: Target, write: WriteExpressions): WriteExpressions {
  if (target.viewChecks.length === 0) return write;
  const toNewRow = new Map<ColumnId, BoundExpression>();
  for (const column of target.columns) toNewRow.set(column.id, columnRef(write.newRow.find((made) => made.column === column.column)!));
  const options = target.viewChecks.map((check) => ({ name: check.name, expression: substitute(check.expression, toNewRow), isViewOption: true }));
  return { ...write, checks: [...write.checks, ...options] };
}

type Returning = readonly { readonly column: PlanColumn; readonly expression: BoundExpression }[] | undefined;

/** RETURNING sees the new row under the target's name, and the other tables of the statement. */
function bindReturning(binder: Binder, level: QueryLevel, target: Target, newRow: readonly ScanColumn[], others: QueryLevel['namespace'], list: readonly SelectTarget[] | undefined, system: SystemIds): Returning {
  if (list === undefined) return undefined;
  const after = new QueryLevel(binder, level.parent, level.ctes);
  const computed = new Map<ColumnId, BoundExpression>();
  after.hasOuterJoin = level.hasOuterJoin;
  showTarget(binder, after, target, rowShown(binder, target, newRow, computed), system);
  for (const item of others) {
    binder.adopt(after, item.entry);
    after.namespace.push(item);
  }
  const returning = returningColumns(binder, after, list);
  return computed.size === 0 ? returning : returning?.map((item) => ({ ...item, expression: substitute(item.expression, computed) }));
}

/** The statement's names for the target over the new row; what a view computes goes to `computed`, under ids of its own. */
function rowShown(binder: Binder, target: Target, newRow: readonly ScanColumn[], computed: Map<ColumnId, BoundExpression>): PlanColumn[] {
  const toNewRow = new Map<ColumnId, BoundExpression>();
  for (const column of target.columns) toNewRow.set(column.id, columnRef(newRow.find((made) => made.column === column.column)!));
  return target.shown.map((column, i) => {
    const base = target.assignable[i];
    if (base !== undefined) return { id: newRow.find((made) => made.column === base.index)!.id, name: column.name, type: column.type };
    const made = binder.newColumn(column.name, column.type);
    computed.set(made.id, substitute(target.computed.get(column.id)!, toNewRow));
    return made;
  });
}

function returningColumns(binder: Binder, level: QueryLevel, list: readonly SelectTarget[]): Returning {
  level.clause = 'RETURNING';
  return bindTargets(level, list).map((item) => {
    const expression = isUnknown(item.expression) ? asText(binder, item.expression) : item.expression;
    return { column: binder.newColumn(item.name, expression.type), expression };
  });
}

type ModifyParts = Pick<LogicalModify, 'operation' | 'input' | 'insertValues' | 'rowKey' | 'assignments' | 'recheck' | 'onConflict' | 'mergeActions' | 'returnedKey'> & { readonly returning: Returning };

export function finishModify(target: Target, write: WriteExpressions, parts: ModifyParts): BoundQuery {
  const output = parts.returning?.map((item) => item.column) ?? [];
  const plan: LogicalModify = {
    kind: 'modify', output, table: target.table, alias: target.alias, ...parts, ...write,
    returning: parts.returning?.map((item) => ({ id: item.column.id, expression: item.expression })),
  };
  return { plan, columns: output, unknowns: new Map() };
}
