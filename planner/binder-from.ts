/**
 * Binding FROM: tables, views, CTE references, derived tables, functions and joins, each to a plan and to the names it contributes.
 *
 * A join's ON sees its two sides only; a LATERAL item sees everything to its left. Columns merged by USING become a range entry of their own in
 * front of the join's other columns: an inner or left join shows the left column, a right join the right one, a full join their COALESCE.
 *
 * Source. parse_clause.c (transformFromClauseItem, buildMergedJoinVar).
 */
import { unreachable } from '../base/assert.js';
import { DbError, notSupported } from '../base/errors.js';
import { typeInfo, types, type SqlType } from '../base/types.js';
import { leftSpine, type Expression, type FunctionRef, type Identifier, type Join, type QualifiedName, type TableAlias, type TableRef, type TableReference, type TableSample } from '../parser/ast.js';
import { bindTableFunction } from './binder-call.js';
import type { Binder, BoundQuery } from './binder-context.js';
import { hoistLocks, lockClauseName } from './binder-locking.js';
import { makeOperator } from './binder-operator.js';
import { coerceToBoolean, coerceToSpecific, commonType, mustCoerce, refuseOtherDatabase } from './binder-types.js';
import type { TableDef, ViewDef } from './catalog.js';
import { columnRef, conjunction, constant, freeColumns, outputIdSet } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { makeJoin, makeProject, oneRow, type LogicalPlan } from './logical-plan.js';
import type { FunctionScanCall, JoinType, PlanColumn, ScanColumn } from './physical-plan.js';
import { RangeEntry, recordCteReference, visibleItem, type CteBinding, type NamespaceItem, type QueryLevel } from './scope.js';

/** A FROM item with what it shows. */
export interface FromItem {
  readonly plan: LogicalPlan;
  readonly items: readonly NamespaceItem[];
}

/** Binds a comma list and fills `level.namespace`. An empty list is one row of nothing. */
export function bindFrom(level: QueryLevel, references: readonly TableReference[]): LogicalPlan {
  return crossJoined(level, undefined, references) ?? oneRow;
}

/** Adds one more item to a namespace that exists already (UPDATE ... FROM, DELETE ... USING), cross joined. */
export function addFrom(level: QueryLevel, plan: LogicalPlan, references: readonly TableReference[]): LogicalPlan {
  return crossJoined(level, plan, references) ?? plan;
}

function crossJoined(level: QueryLevel, first: LogicalPlan | undefined, references: readonly TableReference[]): LogicalPlan | undefined {
  let plan = first;
  const targets = level.namespace;
  const namespace: NamespaceItem[] = [];
  for (const reference of references) {
    level.namespace = [...targets.map((item) => ({ ...item, lateralOnly: true, lateralOk: false, isTarget: true })), ...namespace.map((item) => ({ ...item, lateralOnly: true, lateralOk: true }))];
    const item = bindTableReference(level, reference);
    checkNames([...targets, ...namespace], item.items);
    namespace.push(...item.items);
    plan = plan === undefined ? item.plan : makeJoin('inner', plan, item.plan, undefined, mayBeLateral(reference) && dependsOn(item.plan, plan));
  }
  level.namespace = [...targets, ...namespace];
  return plan;
}

const mayBeLateral = (reference: TableReference): boolean =>
  reference.kind === 'functionRef' || (reference.kind === 'subqueryRef' && reference.isLateral) || reference.kind === 'join' || reference.kind === 'tableRef' && reference.sample !== undefined;

function dependsOn(plan: LogicalPlan, left: LogicalPlan): boolean {
  const outputs = outputIdSet(left);
  for (const id of freeColumns(plan)) if (outputs.has(id)) return true;
  return false;
}

function checkNames(left: readonly NamespaceItem[], right: readonly NamespaceItem[]): void {
  for (const a of right) {
    if (!a.relationVisible) continue;
    for (const b of left) {
      if (!b.relationVisible || b.entry.alias !== a.entry.alias) continue;
      // Two tables of one name in different schemas can be told apart.
      if (a.entry.schema !== undefined && b.entry.schema !== undefined && a.entry.schema !== b.entry.schema) continue;
      throw new DbError('42712', `table name "${a.entry.alias}" specified more than once`);
    }
  }
}

export function bindTableReference(level: QueryLevel, reference: TableReference): FromItem {
  const bound = bindReference(level, reference);
  const item = level.binder.givesRowKeys && reference.kind !== 'join' ? withRowWitness(level, bound) : bound;
  // A chain of joins ends with the entry of its alias, if it has one.
  if (item.items.length > 0) level.binder.record?.entries.set(reference, item.items[item.items.length - 1]!.entry);
  return item;
}

/** The key of a row that a scan gives out, else a constant, which is NULL as all columns are where a join pads the item. */
function withRowWitness(level: QueryLevel, item: FromItem): FromItem {
  const { binder } = level;
  const { entry } = item.items[0]!;
  const isKeyed = entry.rowKey !== undefined;
  const witness: PlanColumn = isKeyed ? { id: entry.rowKey, name: '(row key)', type: types.text } : binder.newColumn('(row)', types.bool);
  binder.addRowWitness(level, entry, witness);
  return isKeyed ? item : { ...item, plan: makeProject(item.plan, [{ id: witness.id, expression: constant(true, types.bool) }], [witness.name]) };
}

function bindReference(level: QueryLevel, reference: TableReference): FromItem {
  switch (reference.kind) {
    case 'tableRef':
      return bindTableRef(level, reference);
    case 'subqueryRef': {
      const binder = level.binder;
      const wasActive = level.isLateralActive;
      const clause = level.clause;
      level.isLateralActive = reference.isLateral;
      level.clause = 'FROM clause of their own query level';
      const locking = impliedLocking(level, reference.alias?.name);
      let query: BoundQuery;
      try {
        query = binder.hooks.bindQuery(binder, level, level.ctes, reference.query, { keepUnknown: false, locking });
      } finally {
        level.isLateralActive = wasActive;
        level.clause = clause;
      }
      return derivedTable(level, query, reference.alias, undefined);
    }
    case 'functionRef':
      return bindFunctionRef(level, reference);
    case 'join':
      return bindJoinChain(level, reference);
    case 'unsupportedTable':
      throw notSupported(reference.feature, reference.offset);
    default:
      return unreachable(reference);
  }
}

/** The query with a column of its own for each column it shows: one that is shown twice is two to whoever groups by it. */
function separated(binder: Binder, query: BoundQuery): BoundQuery {
  const seen = new Set<number>();
  const computed: { id: number; expression: BoundExpression }[] = [];
  const columns = query.columns.map((column) => {
    if (!seen.has(column.id)) {
      seen.add(column.id);
      return column;
    }
    const own = binder.newColumn(column.name, column.type);
    computed.push({ id: own.id, expression: columnRef(column) });
    return own;
  });
  return computed.length === 0 ? query : { ...query, plan: makeProject(query.plan, computed), columns };
}

function derivedTable(level: QueryLevel, query: BoundQuery, alias: TableAlias | undefined, relation: { readonly schema: string; readonly name: string; readonly oid: number } | undefined): FromItem {
  const plan = separated(level.binder, hoistLocks(level.binder, query));
  const columns = renameColumns(plan.columns, alias, relation?.name ?? 'unnamed_subquery');
  const entry = new RangeEntry({ alias: alias?.name ?? relation?.name ?? '', columns, schema: alias === undefined ? relation?.schema : undefined, relationName: relation?.name, relation: relation?.oid, rowType: relation });
  level.binder.adopt(level, entry);
  return { plan: plan.plan, items: [{ ...visibleItem(entry), relationVisible: entry.alias !== '' }] };
}

/** Applies an alias's column list. @throws DbError 42P10 when it is longer than the relation */
function renameColumns(columns: readonly PlanColumn[], alias: TableAlias | undefined, relation: string): readonly PlanColumn[] {
  if (alias === undefined || alias.columns.length === 0) return columns;
  if (alias.columns.length > columns.length) {
    throw new DbError('42P10', `table "${alias.name || relation}" has ${columns.length} columns available but ${alias.columns.length} columns specified`);
  }
  return columns.map((column, i) => (i < alias.columns.length ? { ...column, name: alias.columns[i]!.name } : column));
}

// ------------------------------------------------------------------------------------------------------------------- relations

function findCte(level: QueryLevel, name: string): CteBinding | undefined {
  for (let scope = level.ctes; scope !== undefined; scope = scope.parent) {
    const found = scope.bindings.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws DbError 0A000 for a relation of another database */
export function checkCatalog(binder: Binder, { catalog, schema, name, offset }: QualifiedName): void {
  if (catalog !== undefined) refuseOtherDatabase(binder.context?.system.currentDatabase(), catalog, `"${catalog}.${schema}.${name}"`, offset);
}

function bindTableRef(level: QueryLevel, reference: TableRef): FromItem {
  const { binder } = level;
  const { schema, name } = reference.name;
  checkCatalog(binder, reference.name);
  if (schema === undefined) {
    const cte = findCte(level, name);
    if (cte !== undefined) return bindCteReference(level, reference, cte);
  }
  const relation = binder.catalog.relation(schema, name);
  if (relation === undefined) throw missingTable(binder, level.ctes, schema, name, reference.name.offset);
  switch (relation.kind) {
    case 'table':
      return bindTable(level, relation, reference);
    case 'view':
      return bindView(level, relation, reference);
    case 'sequence':
      return bindTable(level, relation.state, reference);
    case 'index':
      throw new DbError('42809', `cannot open relation "${name}"`, { offset: reference.name.offset, detail: 'This operation is not supported for indexes.' });
    default:
      return unreachable(relation);
  }
}

export function missingTable(binder: Binder, ctes: QueryLevel['ctes'] | undefined, schema: string | undefined, name: string, offset: number): DbError {
  const shown = schema === undefined ? name : `${schema}.${name}`;
  const type = binder.catalog.typeByName(schema, name);
  if (type !== undefined && typeInfo(type.oid, binder.types).kind === 'composite') return new DbError('42809', `"${name}" is a composite type`, { offset });
  for (let scope = ctes; schema === undefined && scope !== undefined; scope = scope.parent) {
    if (!scope.later.has(name)) continue;
    return new DbError('42P01', `relation "${name}" does not exist`, {
      offset,
      detail: `There is a WITH item named "${name}", but it cannot be referenced from this part of the query.`,
      hint: 'Use WITH RECURSIVE, or re-order the WITH items to remove forward references.',
    });
  }
  return new DbError('42P01', `relation "${shown}" does not exist`, { offset });
}

/** Stored columns of a table as the binder uses them; those of dropped columns are absent. */
export function scanColumns(binder: Binder, table: TableDef): ScanColumn[] {
  const columns: ScanColumn[] = [];
  for (const column of table.columns) {
    if (column.isDropped) continue;
    const id = binder.newId();
    binder.noteStored(id, table, column.name);
    columns.push({ id, name: column.name, type: column.type, column: column.index });
  }
  return columns;
}

function bindTable(level: QueryLevel, table: TableDef, reference: TableRef): FromItem {
  const { binder } = level;
  const alias = reference.alias?.name ?? table.name;
  const columns = scanColumns(binder, table);
  const shown = renameColumns(columns, reference.alias, table.name);
  const lock = lockFor(level, alias);
  if (lock !== undefined && table.isMaterializedView) throw new DbError('42809', `cannot lock rows in materialized view "${table.name}"`);
  let rowKey: number | undefined;
  if ((lock !== undefined || level.rowKeys !== undefined || binder.givesRowKeys) && table.virtual === undefined) {
    rowKey = binder.newId();
    if (lock !== undefined) level.lockTargets.push({ table, alias, rowKey, columns, strength: lock.strength, wait: lock.wait });
    level.rowKeys?.push({ table, id: rowKey, isLocked: lock !== undefined });
  }
  const entry = new RangeEntry({ alias, columns: shown, schema: reference.alias === undefined ? table.schema : undefined, relationName: table.name, table, rowKey });
  binder.adopt(level, entry);
  binder.useRelation(table, lock === undefined || rowKey === undefined ? 'read' : 'lock rows');
  const output: readonly PlanColumn[] = rowKey === undefined ? columns : [...columns, { id: rowKey, name: '(row key)', type: types.text }];
  const plan: LogicalPlan = { kind: 'scan', output, table, alias, columns, rowKey, sample: reference.sample === undefined ? undefined : bindSample(level, reference.sample) };
  return { plan, items: [visibleItem(entry)] };
}

function bindSample(level: QueryLevel, sample: TableSample): NonNullable<Extract<LogicalPlan, { kind: 'scan' }>['sample']> {
  const { binder } = level;
  const method = sample.method.name;
  if (method !== 'bernoulli' && method !== 'system') throw new DbError('42704', `tablesample method ${method} does not exist`, { offset: sample.method.offset });
  if (sample.args.length !== 1) throw new DbError('2202H', `tablesample method ${method} requires 1 argument, not ${sample.args.length}`, { offset: sample.offset });
  const before = level.clause;
  level.clause = 'TABLESAMPLE';
  const number = (e: Expression, type: SqlType, what: string): BoundExpression => coerceToSpecific(binder, binder.hooks.bindExpression(level, e), type, what);
  const bound = { method, percent: number(sample.args[0]!, types.float4, 'TABLESAMPLE'), seed: sample.repeatable === undefined ? undefined : number(sample.repeatable, types.float8, 'REPEATABLE') } as const;
  level.clause = before;
  return bound;
}

function notSampled(reference: TableRef): DbError {
  return new DbError('0A000', 'TABLESAMPLE clause can only be applied to tables and materialized views', { offset: reference.offset });
}

function bindView(level: QueryLevel, view: ViewDef, reference: TableRef): FromItem {
  const { binder } = level;
  if (binder.viewStack.includes(view.oid)) {
    throw new DbError('42P17', `infinite recursion detected in rules for relation "${view.name}"`, { offset: reference.offset });
  }
  if (view.query.kind !== 'query') throw notSupported('a view that is not a query', reference.offset);
  if (reference.sample !== undefined) throw notSampled(reference);
  binder.dependencies?.relation(view.oid);
  const query = expandView(binder, view, impliedLocking(level, reference.alias?.name ?? view.name));
  return derivedTable(level, query, reference.alias ?? undefined, { schema: view.schema, name: view.name, oid: view.oid });
}

/** A view's query bound on its own: nothing around the reference is visible inside. Its columns carry the view's names. */
function expandView(binder: Binder, view: ViewDef, locking: Parameters<Binder['hooks']['bindQuery']>[4]['locking']): BoundQuery {
  if (view.query.kind !== 'query') throw notSupported('a view that is not a query');
  binder.viewStack.push(view.oid);
  try {
    const query = binder.hooks.bindQuery(binder, undefined, undefined, view.query, { keepUnknown: false, locking });
    const columns = view.columns.map((column, i) => ({ ...query.columns[i]!, name: column.name }));
    return { ...query, columns };
  } catch (error) {
    // A position inside the view's text means nothing in the statement's.
    if (error instanceof DbError) error.fields = { ...error.fields, offset: undefined };
    throw error;
  } finally {
    binder.viewStack.pop();
  }
}

function bindCteReference(level: QueryLevel, reference: TableRef, cte: CteBinding): FromItem {
  const { binder } = level;
  if (!cte.hasResult) {
    throw new DbError('0A000', `WITH query "${cte.name}" does not have a RETURNING clause`, { offset: reference.offset });
  }
  refuseLockOf(level, reference.alias?.name ?? cte.name, 'a WITH query');
  cte.references++;
  recordCteReference(level, cte);
  const columns = cte.columns.map((column) => {
    const made = binder.newColumn(column.name, column.type);
    if (column.shape !== undefined) binder.setRecordShape(made.id, column.shape);
    return made;
  });
  if (cte.isWorkTable) level.readsWorkTable = true;
  const shown = renameColumns(columns, reference.alias, cte.name);
  const entry = new RangeEntry({ alias: reference.alias?.name ?? cte.name, columns: shown, relationName: cte.name });
  binder.adopt(level, entry);
  const plan: LogicalPlan = {
    kind: cte.isWorkTable ? 'workTableScan' : 'cteScan',
    output: columns,
    cte: cte.number,
    name: cte.name,
    columns: columns.map((column, position) => ({ id: column.id, position })),
  };
  return { plan, items: [visibleItem(entry)] };
}

// ------------------------------------------------------------------------------------------------------------------- row locks

/** The lock this level's clauses ask for on the item `alias`: the strongest, with the most impatient policy. */
function lockFor(level: QueryLevel, alias: string): { strength: 'key share' | 'share' | 'no key update' | 'update'; wait: 'wait' | 'nowait' | 'skip locked' } | undefined {
  let found: ReturnType<typeof lockFor>;
  for (const request of level.locking) {
    if (request.names.length > 0) {
      const named = request.names.filter((name) => name.name === alias);
      if (named.length === 0) continue;
      for (const name of named) name.isUsed = true;
    }
    const strengths = ['key share', 'share', 'no key update', 'update'] as const;
    const waits = ['wait', 'skip locked', 'nowait'] as const;
    found = {
      strength: strengths[Math.max(strengths.indexOf(request.strength), found === undefined ? 0 : strengths.indexOf(found.strength))]!,
      wait: waits[Math.max(waits.indexOf(request.wait), found === undefined ? 0 : waits.indexOf(found.wait))]!,
    };
  }
  return found;
}

function impliedLocking(level: QueryLevel, alias: string | undefined): ReturnType<typeof lockFor> {
  return level.locking.length === 0 ? undefined : lockFor(level, alias ?? '');
}

// ------------------------------------------------------------------------------------------------------------------- functions

/** unnest(a, b) in FROM is unnest(a) and unnest(b) side by side. */
function unnestSeparately(reference: FunctionRef): FunctionRef['functions'] {
  return reference.functions.flatMap((f) => {
    const { call } = f;
    if (call.kind !== 'functionCall' || call.name.name !== 'unnest' || call.args.length < 2) return [f];
    if (f.columnDefinitions !== undefined) throw new DbError('42601', 'UNNEST() with multiple arguments cannot have a column definition list', { offset: call.offset });
    return call.args.map((arg) => ({ ...f, call: { ...call, args: [arg] } }));
  });
}

function bindFunctionRef(level: QueryLevel, reference: FunctionRef): FromItem {
  const { binder } = level;
  const wasActive = level.isLateralActive;
  const clause = level.clause;
  level.isLateralActive = true;
  level.clause = 'functions in FROM';
  const bound = unnestSeparately(reference).map((f) => {
    return bindTableFunction(level, f.call, f.columnDefinitions);
  });
  level.isLateralActive = wasActive;
  level.clause = clause;
  binder.record?.tableFunctions.set(reference, bound.map((item) => (item.kind === 'scalar' ? undefined : item.call)));
  const calls: FunctionScanCall[] = [];
  let columns: PlanColumn[] = [];
  // A call that gives exactly one row is a projection; alone, or with an ordinality that is then always 1.
  const single = bound[0]!;
  let plan: LogicalPlan;
  let ordinality: PlanColumn | undefined;
  if (bound.length === 1 && single.kind === 'scalar') {
    const computed = single.columns.map((column) => ({ id: binder.newId(), expression: column.expression }));
    columns = computed.map((column, i) => ({ id: column.id, name: single.columns[i]!.name, type: column.expression.type }));
    if (reference.withOrdinality) {
      ordinality = binder.newColumn('ordinality', types.int8);
      computed.push({ id: ordinality.id, expression: constant(1, types.int8) });
      columns.push(ordinality);
    }
    plan = makeProject(oneRow, computed, columns.map((column) => column.name));
  } else {
    for (const item of bound) {
      if (item.kind === 'scalar') throw notSupported('an expression that is not a set-returning function in ROWS FROM', reference.offset);
      calls.push(item.call);
      columns.push(...item.call.columns);
    }
    if (reference.withOrdinality) columns.push((ordinality = binder.newColumn('ordinality', types.int8)));
    plan = { kind: 'functionScan', output: columns, alias: reference.alias?.name ?? single.name, calls, ordinality: ordinality?.id };
  }
  // `FROM f() AS x` also renames the one column of a scalar function, unless it has a column list of its own.
  const isScalar = bound.length === 1 && single.isScalar;
  let shown: readonly PlanColumn[] = columns;
  // Nor one whose result has a name of its own, as an OUT parameter has.
  const isNamed = single.kind !== 'scalar' && single.call.function.columns?.length === 1;
  if (isScalar && !isNamed && reference.alias !== undefined) shown = columns.map((column, i) => (i === 0 ? { ...column, name: reference.alias!.name } : column));
  shown = renameColumns(shown, reference.alias, single.name);
  refuseLockOf(level, reference.alias?.name ?? single.name, 'a function');
  const entry = new RangeEntry({ alias: reference.alias?.name ?? single.name, columns: shown, isScalarFunction: isScalar && !reference.withOrdinality, functionType: bound.length === 1 && !reference.withOrdinality ? single.rowType : undefined });
  binder.adopt(level, entry);
  return { plan, items: [visibleItem(entry)] };
}

// ------------------------------------------------------------------------------------------------------------------- joins

function bindJoinChain(level: QueryLevel, root: Join): FromItem {
  const links = leftSpine<TableReference, Join>(root, (node): node is Join => node.kind === 'join');
  const outerNamespace = level.namespace;
  let left = bindTableReference(level, links[0]!.left);
  for (const link of links) {
    const lateralOk = link.type === 'inner' || link.type === 'cross' || link.type === 'left';
    level.namespace = [...outerNamespace, ...left.items.map((item) => ({ ...item, lateralOnly: true, lateralOk }))];
    const right = bindTableReference(level, link.right);
    checkNames(left.items, right.items);
    left = bindJoin(level, link, left, right);
  }
  level.namespace = outerNamespace;
  return left;
}

interface MergedColumn {
  readonly name: string;
  readonly left: PlanColumn;
  readonly right: PlanColumn;
  readonly offset: number;
}

function visibleColumns(items: readonly NamespaceItem[]): PlanColumn[] {
  return items.flatMap((item) => (item.columnsVisible ? item.entry.columns : []));
}

function bindJoin(level: QueryLevel, join: Join, left: FromItem, right: FromItem): FromItem {
  const { binder } = level;
  const type: JoinType = join.type === 'cross' ? 'inner' : join.type;
  if (type !== 'inner') level.hasOuterJoin = true;
  const isLateral = mayBeLateral(join.right) && dependsOn(right.plan, left.plan);
  let using: readonly Identifier[] | undefined = join.using;
  if (join.isNatural) {
    const names = new Set(visibleColumns(right.items).map((column) => column.name));
    const seen = new Set<string>();
    using = visibleColumns(left.items).flatMap((column) => {
      if (!names.has(column.name) || seen.has(column.name)) return [];
      seen.add(column.name);
      return [{ name: column.name, offset: join.offset }];
    });
  }
  if (using === undefined || (join.isNatural && using.length === 0)) {
    let condition: BoundExpression | undefined;
    const items = [...left.items, ...right.items];
    if (join.on !== undefined) condition = bindCondition(level, items, join.on);
    const plan = makeJoin(type, left.plan, right.plan, condition, isLateral);
    return join.alias === undefined ? { plan, items } : aliasJoin(level, join, plan, visibleColumns(items), items);
  }
  const merged = mergeColumns(using, left.items, right.items);
  const conditions: BoundExpression[] = [];
  const shownMerged: PlanColumn[] = [];
  const computed: { id: number; expression: BoundExpression }[] = [];
  for (const column of merged) {
    binder.useColumn(column.left.id);
    binder.useColumn(column.right.id);
    const a = columnRef(column.left, column.offset);
    const b = columnRef(column.right, column.offset);
    const common = usingType(binder, a, b);
    conditions.push(coerceToBoolean(binder, makeOperator(binder, undefined, '=', a, b, column.offset), 'JOIN/USING'));
    // Of two columns of different types an inner join shows the one that is of the common type.
    const source = type === 'right' || (type === 'inner' && a.type.oid !== common.oid && b.type.oid === common.oid) ? b : a;
    if (type !== 'full' && source.type.oid === common.oid && source.kind === 'column') shownMerged.push({ id: source.id, name: column.name, type: source.type });
    else {
      const [x, y] = [a, b].map((side) => mustCoerce(binder, side, common, 'implicit', column.offset));
      const expression: BoundExpression = type === 'full' ? { kind: 'coalesce', type: common, offset: column.offset, args: [x!, y!] } : type === 'right' ? y! : x!;
      const made = binder.newColumn(column.name, common);
      computed.push({ id: made.id, expression });
      shownMerged.push(made);
    }
  }
  const plan = makeProject(makeJoin(type, left.plan, right.plan, conjunction(conditions), isLateral), computed, shownMerged.filter((column) => computed.some((c) => c.id === column.id)).map((column) => column.name));
  const mergedNames = new Set(merged.map((column) => column.name));
  const rest = [...visibleColumns(left.items), ...visibleColumns(right.items)].filter((column) => !mergedNames.has(column.name));
  const items = [...left.items, ...right.items];
  if (join.alias !== undefined) return aliasJoin(level, join, plan, [...shownMerged, ...rest], items);
  const entry = new RangeEntry({ alias: '', columns: [...shownMerged, ...rest], isJoin: true });
  binder.adopt(level, entry);
  const shown: NamespaceItem[] = [...items.map((item) => ({ ...item, columnsVisible: false })), { ...visibleItem(entry), relationVisible: false }];
  if (join.usingAlias !== undefined) {
    const aliasEntry = new RangeEntry({ alias: join.usingAlias.name, columns: shownMerged, isJoin: true });
    refuseLockOf(level, aliasEntry.alias, 'a join');
    binder.adopt(level, aliasEntry);
    const aliasItem = { ...visibleItem(aliasEntry), columnsVisible: false };
    checkNames(items, [aliasItem]);
    shown.push(aliasItem);
  }
  return { plan, items: shown };
}

/** Messages about USING have no position, for the condition is nowhere in the text. */
function usingType(binder: Binder, a: BoundExpression, b: BoundExpression): SqlType {
  try {
    return commonType(binder, [a, b], 'JOIN/USING');
  } catch (error) {
    if (error instanceof DbError) error.fields = { ...error.fields, offset: undefined };
    throw error;
  }
}

/** `(a JOIN b ...) AS j` hides what is inside; only j's columns remain. */
function aliasJoin(level: QueryLevel, join: Join, plan: LogicalPlan, columns: readonly PlanColumn[], _inner: readonly NamespaceItem[]): FromItem {
  const entry = new RangeEntry({ alias: join.alias!.name, columns: renameColumns(columns, join.alias, join.alias!.name), isJoin: true });
  level.binder.adopt(level, entry);
  refuseLockOf(level, entry.alias, 'a join');
  return { plan, items: [visibleItem(entry)] };
}

/** @throws DbError 0A000 where a locking clause names an item without rows of its own */
function refuseLockOf(level: QueryLevel, alias: string, what: string): void {
  for (const lock of level.locking) {
    const named = lock.names.find((name) => name.name === alias);
    if (named !== undefined) throw new DbError('0A000', `${lockClauseName(lock.strength)} cannot be applied to ${what}`, { offset: named.offset });
  }
}

function bindCondition(level: QueryLevel, items: readonly NamespaceItem[], on: Expression): BoundExpression {
  const namespace = level.namespace;
  const clause = level.clause;
  level.namespace = [...items];
  level.clause = 'JOIN conditions';
  const condition = coerceToBoolean(level.binder, level.binder.hooks.bindExpression(level, on), 'JOIN/ON');
  level.clause = clause;
  level.namespace = namespace;
  return condition;
}

function mergeColumns(using: readonly Identifier[], left: readonly NamespaceItem[], right: readonly NamespaceItem[]): MergedColumn[] {
  const find = (items: readonly NamespaceItem[], name: Identifier, side: string): PlanColumn => {
    const matches = visibleColumns(items).filter((column) => column.name === name.name);
    if (matches.length === 0) throw new DbError('42703', `column "${name.name}" specified in USING clause does not exist in ${side} table`);
    if (matches.length > 1) throw new DbError('42702', `common column name "${name.name}" appears more than once in ${side} table`);
    return matches[0]!;
  };
  const seen = new Set<string>();
  return using.map((name) => {
    if (seen.has(name.name)) throw new DbError('42701', `column name "${name.name}" appears more than once in USING clause`, { offset: name.offset });
    seen.add(name.name);
    return { name: name.name, left: find(left, name, 'left'), right: find(right, name, 'right'), offset: name.offset };
  });
}
