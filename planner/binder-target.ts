/**
 * The relation that INSERT, UPDATE, DELETE or MERGE changes. A simple view stands for its table: its columns that are plain columns can be
 * assigned to, its WHERE restricts which rows are seen, and WITH CHECK OPTION makes of it a check on new rows. What a simple view is: updatable-view.ts.
 *
 * Source. rewriteHandler.c (rewriteTargetView).
 */
import { assert } from '../base/assert.js';
import { DbError, notSupported } from '../base/errors.js';
import { treeId } from '../base/ids.js';
import { RowLayout } from '../base/rowcode.js';
import { types } from '../base/types.js';
import type { Identifier, QualifiedName, Select } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { checkCatalog, missingTable, scanColumns } from './binder-from.js';
import { bindTargets } from './binder-select.js';
import { coerceToBoolean } from './binder-types.js';
import type { ColumnDef, TableDef, ViewDef } from './catalog.js';
import { substitute } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { makeFilter, makeProject, type ComputedColumn, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn, ScanColumn } from './physical-plan.js';
import { QueryLevel, RangeEntry, visibleItem } from './scope.js';
import { problemOfCalls, problemOfClauses, problemOfFrom } from './updatable-view.js';

export type Operation = 'insert' | 'update' | 'delete' | 'merge';

/** The target as the statement's scope shows it. */
export interface Target {
  readonly table: TableDef;
  readonly alias: string;
  /** Rows to change, with the row key. INSERT does not use it. */
  readonly plan: LogicalPlan;
  readonly rowKey: ColumnId;
  /** The table's columns as scanned. */
  readonly columns: readonly ScanColumn[];
  /** What the statement can name: the table's columns, or the view's. */
  readonly shown: readonly PlanColumn[];
  /** For each of `shown`, the column it assigns to; undefined for a view's computed column. */
  readonly assignable: readonly (ColumnDef | undefined)[];
  /** A view's computed columns as expressions over `columns`, by the ids of `shown`. */
  readonly computed: ReadonlyMap<ColumnId, BoundExpression>;
  readonly relationName: string;
  /** The type of its rows is that of this relation. */
  readonly rowType: { readonly schema: string; readonly name: string };
  readonly isView: boolean;
  /** Conditions of views with a check option, over `columns`. */
  readonly viewChecks: readonly { readonly name: string; readonly expression: BoundExpression }[];
  /** The view's own conditions, over `columns`. */
  readonly viewConditions: readonly BoundExpression[];
}

export function bindTarget(level: QueryLevel, name: QualifiedName, alias: Identifier | undefined, operation: Operation): Target {
  const { binder } = level;
  checkCatalog(binder, name);
  const relation = binder.catalog.relation(name.schema, name.name);
  if (relation === undefined) throw missingTable(binder, undefined, name.schema, name.name, name.offset);
  switch (relation.kind) {
    case 'table':
      return tableTarget(binder, relation, alias?.name ?? relation.name, name.offset);
    case 'view':
      if (operation === 'merge') throw new DbError('0A000', `cannot execute MERGE on relation "${relation.name}"`, { detail: 'This operation is not supported for views.' });
      return viewTargetOrStandIn(level, relation, alias?.name ?? relation.name, operation, name.offset);
    case 'sequence':
      throw new DbError('42809', `cannot change sequence "${name.name}"`, { offset: name.offset });
    default:
      throw new DbError('42809', `cannot open relation "${name.name}"`, { offset: name.offset, detail: 'This operation is not supported for indexes.' });
  }
}

function tableTarget(binder: Binder, table: TableDef, alias: string, offset: number): Target {
  if (table.isMaterializedView && !binder.mayWriteMaterializedViews) throw new DbError('42809', `cannot change materialized view "${table.name}"`);
  if (table.virtual !== undefined) throw new DbError('42501', `permission denied: "${table.name}" is a system catalog`, { offset });
  binder.useRelation(table, 'write');
  const columns = scanColumns(binder, table);
  const rowKey = binder.newId();
  const output: readonly PlanColumn[] = [...columns, { id: rowKey, name: '(row key)', type: types.text }];
  const plan: LogicalPlan = { kind: 'scan', output, table, alias, columns, rowKey, sample: undefined };
  const assignable = columns.map((column) => table.columns[column.column]!);
  return { table, alias, plan, rowKey, columns, shown: columns, assignable, computed: new Map(), relationName: table.name, rowType: table, isView: false, viewChecks: [], viewConditions: [] };
}

/** A view that cannot be changed is refused when the statement has been analysed; until then a table of its columns stands in for it. */
function viewTargetOrStandIn(level: QueryLevel, view: ViewDef, alias: string, operation: Operation, offset: number): Target {
  const { binder } = level;
  const depth = binder.viewStack.length;
  try {
    return viewTarget(level, view, alias, operation, offset);
  } catch (error) {
    if (!(error instanceof DbError) || error.code !== '55000') throw error;
    binder.viewStack.length = depth;
    binder.refuseLater('rewriting', error);
    const columns = view.columns.map((column, index): ColumnDef => ({
      name: column.name, index, type: column.type, collation: undefined, notNull: false, defaultExpression: undefined, generated: undefined, sequence: undefined, isDropped: false,
    }));
    const layout = new RowLayout(1, columns.map(({ type }) => ({ type, missing: null, isDropped: false })));
    return tableTarget(binder, {
      kind: 'table', oid: view.oid, schema: view.schema, name: view.name, columns, tree: treeId(0), layout, clusterKey: undefined, indexes: [], checks: [], foreignKeys: [], referencedBy: [],
      isTemporary: false, isMaterializedView: false, virtual: undefined, statistics: undefined,
    }, alias, offset);
  }
}

function viewTarget(level: QueryLevel, view: ViewDef, alias: string, operation: Operation, offset: number): Target {
  const { binder } = level;
  const select = simpleSelect(binder, view, operation);
  const from = select.from[0]!;
  assert(from.kind === 'tableRef', 'a simple view is over one relation');
  if (binder.viewStack.includes(view.oid)) throw new DbError('42P17', `infinite recursion detected in rules for relation "${view.name}"`, { offset });
  binder.viewStack.push(view.oid);
  const base = bindTarget(level, from.name, from.alias, operation);
  binder.viewStack.pop();
  const inner = new QueryLevel(binder, undefined, undefined);
  const names = from.alias?.columns ?? [];
  const entry = new RangeEntry({ alias: base.alias, columns: base.shown.map((column, i) => ({ ...column, name: names[i]?.name ?? column.name })), relationName: base.relationName, table: base.isView ? undefined : base.table, rowType: base.rowType });
  binder.adopt(inner, entry);
  inner.namespace.push(visibleItem(entry));
  const items = bindTargets(inner, select.targets);
  const problem = problemOfCalls(inner);
  if (problem !== undefined) throw notUpdatable(view, operation, problem);
  inner.clause = 'WHERE';
  const where = select.where === undefined ? undefined : coerceToBoolean(binder, binder.hooks.bindExpression(inner, select.where), 'WHERE');
  const computed: ComputedColumn[] = [];
  const shown: PlanColumn[] = [];
  const assignable: (ColumnDef | undefined)[] = [];
  items.forEach((item, i) => {
    const name = view.columns[i]?.name ?? item.name;
    const { expression } = item;
    if (expression.kind === 'column') {
      shown.push({ id: expression.id, name, type: expression.type });
      const below = base.assignable[base.shown.findIndex((column) => column.id === expression.id)];
      const defaultExpression = view.columns[i]?.defaultExpression;
      assignable.push(below === undefined || defaultExpression === undefined ? below : { ...below, defaultExpression });
      return;
    }
    const column = binder.newColumn(name, expression.type);
    computed.push({ id: column.id, expression });
    shown.push(column);
    assignable.push(undefined);
    // Its default would have to be put there.
    if (operation === 'insert' && view.columns[i]?.defaultExpression !== undefined) binder.refuseLater('rewriting', notAssignable(name, view.name, operation));
  });
  let plan = base.plan;
  if (where !== undefined) plan = makeFilter(plan, where);
  plan = makeProject(plan, computed);
  const ownChecks = view.checkOption === 'none' || where === undefined ? [] : [{ name: view.name, expression: where }];
  // CASCADED makes the conditions of the views below checks too, whatever they say themselves.
  const below = view.checkOption === 'cascaded' ? base.viewConditions.map((expression) => ({ name: view.name, expression })) : base.viewChecks;
  const expressions = new Map(base.computed);
  for (const { id, expression } of computed) expressions.set(id, substitute(expression, base.computed));
  const conditions = [...base.viewConditions, ...(where === undefined ? [] : [where])];
  return { ...base, alias, plan, shown, assignable, computed: expressions, relationName: view.name, rowType: view, isView: true, viewChecks: [...below, ...ownChecks], viewConditions: conditions };
}

function notUpdatable(view: ViewDef, operation: Operation, detail: string): DbError {
  const [verb, gerund, event] =
    operation === 'insert' ? ['insert into', 'inserting into', 'INSERT'] : operation === 'update' ? ['update', 'updating', 'UPDATE'] : operation === 'delete' ? ['delete from', 'deleting from', 'DELETE'] : ['merge into', 'merging into', 'MERGE'];
  return new DbError('55000', `cannot ${verb} view "${view.name}"`, {
    detail,
    hint: `To enable ${gerund} the view, provide an INSTEAD OF ${event} trigger or an unconditional ON ${event} DO INSTEAD rule.`,
  });
}

function simpleSelect({ catalog }: Binder, view: ViewDef, operation: Operation): Select {
  const { query } = view;
  if (query.kind !== 'query') throw notSupported('a view that is not a query');
  const problem = problemOfClauses(query) ?? problemOfFrom(query, ({ name }) => catalog.relation(name.schema, name.name));
  if (problem !== undefined) throw notUpdatable(view, operation, problem);
  return query.body as Select;
}

/** The position in `shown` of a column to assign to. @throws DbError 42703 */
export function targetColumn(target: Target, name: string, offset: number): number {
  const position = target.shown.findIndex((column) => column.name === name);
  if (position === -1) throw new DbError('42703', `column "${name}" of relation "${target.relationName}" does not exist`, { offset });
  return position;
}

/** The column behind a position of `shown`. @throws DbError 0A000 for a computed column of a view */
export function assignableColumn(target: Target, position: number, operation: 'insert' | 'update'): ColumnDef {
  const column = target.assignable[position];
  if (column !== undefined) return column;
  throw notAssignable(target.shown[position]!.name, target.relationName, operation);
}

function notAssignable(column: string, view: string, operation: 'insert' | 'update'): DbError {
  return new DbError('0A000', `cannot ${operation === 'insert' ? 'insert into' : 'update'} column "${column}" of view "${view}"`, {
    detail: 'View columns that are not columns of their base relation are not updatable.',
  });
}
