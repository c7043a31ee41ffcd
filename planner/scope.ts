/**
 * Scopes: which names mean which columns at one place of a query. A `QueryLevel` is one SELECT (or DML statement) and its `parent` the
 * query around it; its namespace holds what FROM has contributed so far. As in PostgreSQL an item shows its *relation* name (`t` in `t.a`) and
 * its *column* names (`a`) separately, because a JOIN hides its inputs' column names behind its own but leaves `t.a` usable.
 *
 * N1  A name is looked up from the innermost level outwards and settles at the first level that has it; two matches there are 42702.
 * N2  A reference from level k to a column of level j < k is recorded in `outerReferences` of every level from j+1 to k: those are the
 *     correlation columns of the subqueries in between.
 * N3  While one FROM clause is read, its earlier items are visible to LATERAL items only (`lateralOnly`), and not even to those across the
 *     nullable side of an outer join (`lateralOk`).
 *
 * Source. parse_relation.c, with its hints for misspelt names (a Levenshtein distance of at most 3 and less than half the name).
 */
import { DbError } from '../base/errors.js';
import type { SqlType, TypeAttribute } from '../base/types.js';
import type { Expression, NamedWindow } from '../parser/ast.js';
import type { Binder, ImpliedLocking } from './binder-context.js';
import type { TableDef } from './catalog.js';
import { columnsOf } from './expression-tools.js';
import type { AggregateCall, BoundExpression, ColumnId, SortKey, WindowCall } from './expression.js';
import type { FunctionScanCall, PlanColumn, ScanColumn } from './physical-plan.js';

/** The clause an expression stands in: what is allowed there, and how messages name it. */
export type Clause =
  | 'SELECT' | 'WHERE' | 'HAVING' | 'GROUP BY' | 'ORDER BY' | 'DISTINCT ON' | 'JOIN conditions' | 'functions in FROM' | 'FROM clause of their own query level' | 'LIMIT' | 'OFFSET'
  | 'VALUES' | 'RETURNING' | 'UPDATE' | 'INSERT' | 'MERGE WHEN conditions' | 'FILTER' | 'window definitions' | 'window PARTITION BY' | 'window ORDER BY' | 'window RANGE'
  | 'window ROWS' | 'window GROUPS' | 'check constraints' | 'DEFAULT expressions' | 'index expressions' | 'index predicates' | 'column generation expressions' | 'EXECUTE parameters'
  | 'transform expressions' | 'COPY FROM WHERE conditions' | 'ON CONFLICT' | 'TABLESAMPLE' | 'CALL arguments' | 'aggregate arguments';

/** One item of a FROM clause, as columns with their names after aliasing. */
export class RangeEntry {
  readonly alias: string;
  /** Schema and name of the relation for `schema.table.column`; undefined when an alias hides them. */
  readonly schema: string | undefined;
  /** The relation's own name, for the hint that an alias hides it. */
  readonly relationName: string | undefined;
  /** Its oid in the catalog; undefined for what is no relation. */
  readonly relation: number | undefined;
  readonly columns: readonly PlanColumn[];
  readonly table: TableDef | undefined;
  /** A view's row type, when the whole row is asked for. */
  readonly rowType: { readonly schema: string; readonly name: string } | undefined;
  /** The composite type, or domain over one, that a function of which the rows are has returned. */
  readonly functionType: SqlType | undefined;
  readonly isJoin: boolean;
  /** For a function returning one scalar column: `f` as a whole is that column. */
  readonly isScalarFunction: boolean;
  /** Where the key of its row stands, when the scan gives it out; what tells whether INSERT ... ON CONFLICT changed a row that was there. */
  readonly rowKey: ColumnId | undefined;
  /** A column beside those shown that is NULL in no row: what an outer join has padded has NULL there. Given where row keys are (system-columns.ts). */
  rowWitness: PlanColumn | undefined = undefined;
  readonly updated: ColumnId | undefined;
  #byName: Map<string, number> | undefined;

  constructor(fields: {
    alias: string;
    columns: readonly PlanColumn[];
    schema?: string | undefined;
    relationName?: string | undefined;
    relation?: number | undefined;
    table?: TableDef | undefined;
    rowType?: { readonly schema: string; readonly name: string } | undefined;
    functionType?: SqlType | undefined;
    isJoin?: boolean;
    isScalarFunction?: boolean;
    rowKey?: ColumnId | undefined;
    updated?: ColumnId | undefined;
  }) {
    this.alias = fields.alias;
    this.columns = fields.columns;
    this.schema = fields.schema;
    this.relationName = fields.relationName;
    this.relation = fields.relation ?? fields.table?.oid;
    this.table = fields.table;
    this.rowType = fields.rowType ?? fields.table;
    this.functionType = fields.functionType;
    this.isJoin = fields.isJoin ?? false;
    this.isScalarFunction = fields.isScalarFunction ?? false;
    this.rowKey = fields.rowKey;
    this.updated = fields.updated;
    this.#byName = undefined;
  }

  /** Position of the column with this name, -1 when there is none, -2 when there are several. */
  find(name: string): number {
    const columns = this.columns;
    if (columns.length <= 8) {
      let found = -1;
      for (let i = 0; i < columns.length; i++) {
        if (columns[i]!.name === name) found = found === -1 ? i : -2;
        if (found === -2) return -2;
      }
      return found;
    }
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (let i = 0; i < columns.length; i++) this.#byName.set(columns[i]!.name, this.#byName.has(columns[i]!.name) ? -2 : i);
    }
    return this.#byName.get(name) ?? -1;
  }
}

export interface NamespaceItem {
  readonly entry: RangeEntry;
  readonly relationVisible: boolean;
  readonly columnsVisible: boolean;
  readonly lateralOnly: boolean;
  readonly lateralOk: boolean;
  /** What an UPDATE or DELETE changes: named in its SET and WHERE, not by the items of its FROM. */
  readonly isTarget?: boolean;
}

export function visibleItem(entry: RangeEntry): NamespaceItem {
  return { entry, relationVisible: true, columnsVisible: true, lateralOnly: false, lateralOk: true };
}

/** A CTE as references see it. */
export interface CteBinding {
  readonly name: string;
  readonly number: number;
  /** Labels and types; a reference makes fresh ids. */
  readonly columns: readonly { readonly name: string; readonly type: PlanColumn['type']; readonly shape: readonly TypeAttribute[] | undefined }[];
  /** Inside the recursive term of the CTE itself. */
  readonly isWorkTable: boolean;
  /** A data-modifying CTE without RETURNING has no columns to read. */
  readonly hasResult: boolean;
  /** Columns of enclosing rows its query reads. */
  readonly outer: readonly ColumnId[];
  references: number;
}

export interface CteScope {
  readonly parent: CteScope | undefined;
  readonly bindings: Map<string, CteBinding>;
  /** Names of WITH members that come later, for the message about forward references. */
  readonly later: Set<string>;
}

/** A call of a window function, until the select list is complete and calls can be grouped by window. */
export interface PendingWindowCall {
  readonly call: WindowCall;
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly SortKey[];
}

export interface PendingSetCall {
  readonly id: ColumnId;
  readonly function: FunctionScanCall['function'];
  readonly args: readonly BoundExpression[];
  readonly type: PlanColumn['type'];
  readonly name: string;
  /** 1 when no set-returning call stands in its arguments, otherwise one more than the highest there. */
  readonly height: number;
  readonly offset: number;
}

export interface BoundWindow {
  readonly name: string | undefined;
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowCall['frame'] | undefined;
  readonly offset: number;
}

/** FOR UPDATE and its kin: of named items, or of all when `names` is empty. */
export interface LockRequest extends ImpliedLocking {
  readonly names: readonly { readonly name: string; readonly offset: number; isUsed: boolean }[];
  readonly clauseName: string;
  readonly offset: number;
}

/** A scan whose rows are to be locked. */
export interface PendingLock extends ImpliedLocking {
  readonly table: TableDef;
  readonly alias: string;
  readonly rowKey: ColumnId;
  readonly columns: readonly ScanColumn[];
}

export class QueryLevel {
  readonly binder: Binder;
  readonly parent: QueryLevel | undefined;
  readonly depth: number;
  ctes: CteScope | undefined;
  namespace: NamespaceItem[] = [];
  /** All entries, visible or not, for hints. */
  readonly entries: RangeEntry[] = [];
  clause: Clause = 'SELECT';
  /** Set while a LATERAL item is bound. */
  isLateralActive = false;
  /** Columns of enclosing levels read at this level or below. */
  readonly outerReferences = new Set<ColumnId>();
  readonly aggregates: AggregateCall[] = [];
  readonly groupingCalls: { id: ColumnId; args: readonly BoundExpression[]; type: PlanColumn['type']; offset: number }[] = [];
  readonly windowCalls: PendingWindowCall[] = [];
  readonly setCalls: PendingSetCall[] = [];
  /** Set-returning calls may stand here, whatever the clause: the one row of an INSERT's VALUES is a select list. */
  admitsSets = false;
  /** The WINDOW clause as written, and what of it has been bound. */
  namedWindows: readonly NamedWindow[] = [];
  windows = new Map<string, BoundWindow>();
  /** What is wrong with the definition of a window that a call asked for. */
  windowError: DbError | undefined = undefined;
  /** Depth of aggregate arguments being bound: aggregates of this level must not nest. */
  aggregateDepth = 0;
  windowDepth = 0;
  /** Row locks this level's own clauses demand of items of FROM, and those an enclosing query implies. */
  locking: readonly LockRequest[] = [];
  readonly lockTargets: PendingLock[] = [];
  /** Row keys that a cursor's query gives with its rows; undefined where none are wanted. */
  rowKeys: { readonly table: TableDef; readonly id: ColumnId; readonly isLocked: boolean }[] | undefined;
  /** FROM reads the work table of a recursive query. */
  readsWorkTable = false;
  firstAggregateOffset: number | undefined;
  /** FROM has an outer join, so that a whole row may be missing. */
  hasOuterJoin = false;

  constructor(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined) {
    this.binder = binder;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.ctes = ctes;
  }

  /** Whether a column stands in FROM of this very level. */
  owns(id: ColumnId): boolean {
    return this.binder.ownerOf(id) === this;
  }

  /** @throws DbError 42P10 when `e` reads a column of this level, where one value must do for all rows */
  checkVariableFree(e: BoundExpression, what: string): void {
    for (const id of columnsOf(e)) {
      if (this.owns(id)) throw new DbError('42P10', `argument of ${what.replace('window ', '')} must not contain variables`, { offset: e.offset });
    }
  }
}

export interface ResolvedColumn {
  readonly column: PlanColumn;
  readonly entry: RangeEntry;
  readonly level: QueryLevel;
}

/** Records a reference from `from` to a column of `owner`, so that the subqueries in between know their correlation. */
export function recordReference(from: QueryLevel, owner: QueryLevel, id: ColumnId): void {
  for (let level: QueryLevel | undefined = from; level !== undefined && level !== owner; level = level.parent) level.outerReferences.add(id);
}

/** Makes the subqueries between a reference and the rows its CTE depends on correlated too (binder-cte.ts, C2). */
export function recordCteReference(level: QueryLevel, cte: CteBinding): void {
  for (const id of cte.outer) {
    const owner = level.binder.ownerOf(id);
    if (owner !== undefined) recordReference(level, owner, id);
  }
}

function checkLateral(item: NamespaceItem, name: string, offset: number): void {
  if (item.lateralOnly && !item.lateralOk) {
    const why = item.isTarget === true ? { hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.` } : { detail: 'The combining JOIN type must be INNER or LEFT for a LATERAL reference.' };
    throw new DbError('42P10', `invalid reference to FROM-clause entry for table "${name}"`, { offset, ...why });
  }
}

/** An unqualified column, undefined when no level has it. @throws DbError 42702 */
export function resolveColumn(from: QueryLevel, name: string, offset: number): ResolvedColumn | undefined {
  for (let level: QueryLevel | undefined = from; level !== undefined; level = level.parent) {
    let found: ResolvedColumn | undefined;
    for (const item of level.namespace) {
      if (!item.columnsVisible) continue;
      if (item.lateralOnly && !level.isLateralActive) continue;
      const position = item.entry.find(name);
      if (position === -1) continue;
      if (position === -2 || found !== undefined) throw new DbError('42702', `column reference "${name}" is ambiguous`, { offset });
      checkLateral(item, item.entry.alias, offset);
      found = { column: item.entry.columns[position]!, entry: item.entry, level };
    }
    if (found !== undefined) {
      recordReference(from, level, found.column.id);
      return found;
    }
  }
  return undefined;
}

export interface ResolvedRelation {
  readonly entry: RangeEntry;
  readonly level: QueryLevel;
}

/** A relation by its visible name. @throws DbError 42P09 when two items of one level have it */
export function resolveRelation(from: QueryLevel, schema: string | undefined, name: string, offset: number): ResolvedRelation | undefined {
  for (let level: QueryLevel | undefined = from; level !== undefined; level = level.parent) {
    let found: NamespaceItem | undefined;
    for (const item of level.namespace) {
      if (!item.relationVisible || item.entry.alias !== name) continue;
      if (item.lateralOnly && !level.isLateralActive) continue;
      if (schema !== undefined && item.entry.schema !== schema) continue;
      if (found !== undefined) throw new DbError('42P09', `table reference "${name}" is ambiguous`, { offset });
      found = item;
    }
    if (found !== undefined) {
      checkLateral(found, name, offset);
      return { entry: found.entry, level };
    }
  }
  return undefined;
}

/** A column of a resolved relation, undefined when it has none of that name. @throws DbError 42702 */
export function columnOfRelation(from: QueryLevel, relation: ResolvedRelation, name: string, offset: number): PlanColumn | undefined {
  const position = relation.entry.find(name);
  if (position === -2) throw new DbError('42702', `column reference "${name}" is ambiguous`, { offset });
  if (position === -1) return undefined;
  const column = relation.entry.columns[position]!;
  recordReference(from, relation.level, column.id);
  return column;
}

// ------------------------------------------------------------------------------------------------------------------- hints

/** Levenshtein distance, cut off above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const distance = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + cost);
      row.push(distance);
      if (distance < best) best = distance;
    }
    if (best > limit) return limit + 1;
    previous = row;
  }
  return previous[b.length]!;
}

const fuzzyDistanceMax = 3;

/** 42703 with PostgreSQL's hint: a misspelt column, or one that exists where it cannot be reached. */
export function missingColumn(from: QueryLevel, relation: string | undefined, name: string, offset: number): DbError {
  const message = relation === undefined ? `column "${name}" does not exist` : `column ${relation}.${name} does not exist`;
  let best = fuzzyDistanceMax + 1;
  let matches: { entry: RangeEntry; column: string }[] = [];
  let exact: RangeEntry | undefined;
  for (let level: QueryLevel | undefined = from; level !== undefined; level = level.parent) {
    for (const entry of level.entries) {
      if (entry.isJoin) continue;
      const penalty = relation === undefined ? 0 : editDistance(relation, entry.alias, fuzzyDistanceMax);
      for (const column of entry.columns) {
        if (column.name === name && penalty === 0) {
          exact ??= entry;
          continue;
        }
        const columnDistance = editDistance(name, column.name, fuzzyDistanceMax);
        const distance = penalty + columnDistance;
        if (distance > best || distance > fuzzyDistanceMax || columnDistance > Math.floor(name.length / 2)) continue;
        if (distance < best) {
          best = distance;
          matches = [];
        }
        matches.push({ entry, column: column.name });
      }
    }
  }
  let hint: string | undefined;
  if (exact !== undefined) hint = `There is a column named "${name}" in table "${exact.alias}", but it cannot be referenced from this part of the query.`;
  else if (matches.length === 1) hint = `Perhaps you meant to reference the column "${matches[0]!.entry.alias}.${matches[0]!.column}".`;
  else if (matches.length === 2) {
    hint = `Perhaps you meant to reference the column "${matches[0]!.entry.alias}.${matches[0]!.column}" or the column "${matches[1]!.entry.alias}.${matches[1]!.column}".`;
  }
  return new DbError('42703', message, { offset, hint });
}

/** 42P01 for `t.a` where no visible item is called t. */
export function missingRelation(from: QueryLevel, name: string, offset: number): DbError {
  for (let level: QueryLevel | undefined = from; level !== undefined; level = level.parent) {
    for (const entry of level.entries) {
      if (entry.alias === name && !entry.isJoin) {
        return new DbError('42P01', `invalid reference to FROM-clause entry for table "${name}"`, {
          offset,
          hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
        });
      }
      if (entry.relationName === name && entry.alias !== name) {
        return new DbError('42P01', `invalid reference to FROM-clause entry for table "${name}"`, {
          offset,
          hint: `Perhaps you meant to reference the table alias "${entry.alias}".`,
        });
      }
    }
  }
  return new DbError('42P01', `missing FROM-clause entry for table "${name}"`, { offset });
}

/** Name a select item gets without AS, by PostgreSQL's FigureColname; undefined when it is `?column?`. */
export function figureColumnName(e: Expression): string | undefined {
  const [name] = figure(e);
  return name;
}

/** A name and its strength: 2 certain, 1 a fallback such as a type name, 0 none. */
function figure(e: Expression): [string | undefined, 0 | 1 | 2] {
  switch (e.kind) {
    case 'columnRef':
      return [e.parts[e.parts.length - 1], 2];
    case 'fieldSelection':
      return [e.field, 2];
    case 'star':
      return [e.qualifier[e.qualifier.length - 1], 2];
    case 'subscript':
      return figure(e.operand);
    case 'functionCall':
      return [e.name.name, 2];
    case 'nullIf':
      return ['nullif', 2];
    case 'grouping':
      return ['grouping', 2];
    case 'sqlValueFunction':
      return [e.function, 2];
    case 'cast': {
      const [name, strength] = figure(e.operand);
      return strength >= 2 ? [name, strength] : [e.type.names[e.type.names.length - 1], 1];
    }
    case 'collate':
      return figure(e.operand);
    case 'case': {
      if (e.otherwise !== undefined) {
        const [name, strength] = figure(e.otherwise);
        if (strength > 1) return [name, strength];
      }
      return ['case', 1];
    }
    case 'array':
      return ['array', 2];
    case 'row':
      return ['row', 2];
    case 'coalesce':
      return ['coalesce', 2];
    case 'minMax':
      return [e.operator, 2];
    case 'exists':
      return ['exists', 2];
    case 'arraySubquery':
      return ['array', 2];
    case 'scalarSubquery': {
      let body = e.query.body;
      while (body.kind === 'query' || body.kind === 'setOperation') body = body.kind === 'query' ? body.body : body.left;
      if (body.kind === 'values') return ['column1', 2];
      const target = body.targets[0];
      if (target === undefined) return [undefined, 0];
      if (target.alias !== undefined) return [target.alias, 2];
      // The name of the subquery's column is certain, also where that column has none.
      return [figure(target.expression)[0] ?? '?column?', 2];
    }
    default:
      return [undefined, 0];
  }
}
