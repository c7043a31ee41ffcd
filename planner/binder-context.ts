/**
 * What binding one statement shares: the catalog, the supply of column ids, the types of parameters as they become known, the CTEs and
 * relations met on the way. The binder's files each bind one area (expressions, FROM, SELECT, DML, ...) and call one another through the
 * functions held here, which binder.ts fills in; so no file imports in a circle.
 *
 * B1  A column id is given out once. A derived table shows the ids of its query's columns under its own labels, so entering them into
 *     the scope of the outer query moves their ownership there (`adopt`).
 * B2  A parameter has one type in the whole statement: the caller's, or that of the first context which needs one (42P08 on a contradiction).
 */
import { DbError } from '../base/errors.js';
import { sqlType, TypeOid, typeName, type SqlType, type TypeAttribute, type TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { Delete, Expression, Insert, Merge, Query, Update } from '../parser/ast.js';
import type { Collation, ExplicitCollations } from './binder-collation.js';
import type { BindingRecord } from './binding-record.js';
import type { Catalog, TableDef } from './catalog.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { ConstantEvaluator } from './fold.js';
import type { LogicalCte, LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import type { CteScope, QueryLevel, RangeEntry } from './scope.js';

/** A bound query: its plan and what its select list shows, in order. A plan may produce more columns than are shown. */
export interface BoundQuery {
  readonly plan: LogicalPlan;
  readonly columns: readonly PlanColumn[];
  /** Expressions of the shown columns while they are still untyped literals, for INSERT and UNION to decide; by position. */
  readonly unknowns: ReadonlyMap<number, BoundExpression>;
  /** Where the shown columns' expressions stand in the text, for messages. */
  readonly offsets?: readonly number[] | undefined;
  /** The explicit collations of the shown columns' expressions, where the statement has any. */
  readonly collations?: readonly (Collation | null)[] | undefined;
  /** The columns of each branch of a set operation, which its ORDER BY cannot name but hints can. */
  readonly branches?: readonly (readonly PlanColumn[])[] | undefined;
}

export interface BindQueryOptions {
  /** Untyped literals in the select list stay untyped (INSERT ... SELECT, branches of a UNION). */
  readonly keepUnknown: boolean;
  /** Row locks that a clause of an enclosing query demands of every table here. */
  readonly locking: ImpliedLocking | undefined;
  /** The statement itself: its WITH may change data. */
  readonly isTopLevel?: boolean;
  /** A cursor's query: the keys of the rows it reads come after its columns, for WHERE CURRENT OF. */
  readonly withRowKeys?: boolean;
  /** Only whether there is a row is asked. */
  readonly onlyExists?: boolean;
}

export interface ImpliedLocking {
  readonly strength: 'key share' | 'share' | 'no key update' | 'update';
  readonly wait: 'wait' | 'nowait' | 'skip locked';
}

/** What a view's definition is made of, collected while it is analysed. */
export interface DependencySink {
  relation(oid: number): void;
  column(table: number, column: string): void;
  /** A function of the user. */
  routine?(oid: number): void;
}

/** The SQL function whose body is bound: its parameters can be named where no column has the name. */
export interface RoutineScope {
  readonly name: string;
  readonly parameters: readonly (string | undefined)[];
}

export interface BinderHooks {
  bindExpression(level: QueryLevel, e: Expression): BoundExpression;
  bindModify(binder: Binder, boundary: QueryLevel, ctes: CteScope | undefined, statement: Insert | Update | Delete | Merge): BoundQuery;
  bindQuery(binder: Binder, parent: QueryLevel | undefined, ctes: CteScope | undefined, query: Query, options: BindQueryOptions): BoundQuery;
}

/** A table whose rows a cursor stands on. */
export interface RowKeySource {
  readonly table: TableDef;
  readonly isLocked: boolean;
}

export class Binder {
  readonly catalog: Catalog;
  readonly types: TypeRegistry;
  readonly settings: ReadonlyMap<string, string>;
  readonly hooks: BinderHooks;
  readonly parameterTypes: (SqlType | undefined)[];
  /** Uses of parameters that take them as whatever they are (`leaveOpen`). */
  readonly openParameters: Extract<BoundExpression, { kind: 'parameter' }>[] = [];
  readonly ctes: LogicalCte[] = [];
  readonly relations = new Map<number, { table: TableDef; access: 'read' | 'lock rows' | 'write' }>();
  /** Columns of enclosing queries that the select list of an EXISTS reads, which is not kept: their first uses there. */
  readonly unkept: Map<ColumnId, Extract<BoundExpression, { kind: 'column' }>> = new Map();
  /** Of a cursor's query: tables whose row keys are its last columns. */
  readonly rowKeySources: RowKeySource[] = [];
  /** Views being expanded, outermost first: a guard against cycles and the depth of nesting. */
  readonly viewStack: number[] = [];
  /** What PostgreSQL refuses when it rewrites the statement, and then what when it plans it: after all of it has been analysed. */
  readonly #refusals: { rewriting: DbError | undefined; planning: DbError | undefined } = { rewriting: undefined, planning: undefined };
  readonly dependencies: DependencySink | undefined;
  /** REFRESH MATERIALIZED VIEW is planned as an INSERT into what nothing else may change. */
  readonly mayWriteMaterializedViews: boolean;
  /** Scans give out the keys of their rows, and other items of FROM a witness, because the statement names ctid or asks whether there is a row. */
  readonly givesRowKeys: boolean;
  /** Once a COLLATE has been met. */
  collated: ExplicitCollations | undefined;
  /** The session's context where there is one: literals that only it can read are at least tried while binding. */
  readonly context: EvalContext | undefined;
  /** Computes constants, where what they are decides what an expression means. */
  readonly evaluate: ConstantEvaluator | undefined;
  readonly routine: RoutineScope | undefined;
  readonly record: BindingRecord | undefined;
  #columnCount = 0;
  #cteCount = 0;
  readonly #owners: (QueryLevel | undefined)[] = [];
  readonly #aggregateOwners = new Map<ColumnId, QueryLevel>();
  readonly #usedParameters = new Set<number>();
  readonly #parameterNames: readonly string[];
  /** Fields of columns of type record, by column id, where the query tells them. */
  readonly #recordShapes = new Map<ColumnId, readonly TypeAttribute[]>();

  constructor(fields: {
    catalog: Catalog;
    hooks: BinderHooks;
    settings: ReadonlyMap<string, string>;
    parameterTypes: readonly (SqlType | undefined)[];
    parameterNames?: readonly string[] | undefined;
    dependencies?: DependencySink | undefined;
    mayWriteMaterializedViews?: boolean | undefined;
    context?: EvalContext | undefined;
    evaluate?: ConstantEvaluator | undefined;
    routine?: RoutineScope | undefined;
    record?: BindingRecord | undefined;
    givesRowKeys?: boolean | undefined;
  }) {
    this.catalog = fields.catalog;
    this.types = fields.catalog.types;
    this.settings = fields.settings;
    this.hooks = fields.hooks;
    this.parameterTypes = [...fields.parameterTypes];
    this.dependencies = fields.dependencies;
    this.context = fields.context;
    this.evaluate = fields.evaluate;
    this.routine = fields.routine;
    this.record = fields.record;
    this.mayWriteMaterializedViews = fields.mayWriteMaterializedViews ?? false;
    this.givesRowKeys = fields.givesRowKeys ?? false;
    this.#parameterNames = fields.parameterNames ?? [];
  }

  refuseLater(stage: 'rewriting' | 'planning', error: DbError): void {
    this.#refusals[stage] ??= error;
  }
  /** @throws DbError the first of what was refused */
  throwRefusal(): void {
    const error = this.#refusals.rewriting ?? this.#refusals.planning;
    if (error !== undefined) throw error;
  }

  /** A binder for the body of a function, which becomes a part of this statement when `absorb` gets it back: its columns and CTEs are numbered after these. */
  forBody(routine: RoutineScope, parameterTypes: readonly SqlType[], givesRowKeys: boolean): Binder {
    const { catalog, hooks, settings, context, evaluate } = this;
    const body = new Binder({ catalog, hooks, settings, context, evaluate, givesRowKeys, routine, parameterTypes });
    body.#columnCount = this.#columnCount;
    body.#cteCount = this.#cteCount;
    return body;
  }
  absorb(body: Binder): void {
    this.#columnCount = body.#columnCount;
    this.#cteCount = body.#cteCount;
    for (const { table, access } of body.relations.values()) this.useRelation(table, access);
  }

  /** 0-based index of `:name`. */
  parameterIndex(name: string): number | undefined {
    const index = this.#parameterNames.indexOf(name);
    return index === -1 ? undefined : index;
  }

  /** Remembers the fields of a column of type record. */
  setRecordShape(id: ColumnId, shape: readonly TypeAttribute[]): void {
    this.#recordShapes.set(id, shape);
  }
  /** What is known about the fields of an expression of type record. */
  recordShape(e: BoundExpression): readonly TypeAttribute[] | undefined {
    if (e.kind === 'column') return this.#recordShapes.get(e.id);
    if (e.kind === 'call' && e.function.columns !== undefined) return e.function.columns.map((column) => ({ name: column.name, type: sqlType(column.type) }));
    if (e.kind === 'row') return e.fields.map((field, i) => ({ name: e.names?.[i] ?? `f${i + 1}`, type: field.type }));
    if (e.kind === 'subquery' && e.subkind === 'row') return this.#recordShapes.get(e.columns[0]!);
    return undefined;
  }

  get columnCount(): number {
    return this.#columnCount;
  }

  newColumn(name: string, type: SqlType): PlanColumn {
    return { id: this.#columnCount++, name, type };
  }
  newId(): ColumnId {
    return this.#columnCount++;
  }
  newCteNumber(): number {
    return this.#cteCount++;
  }

  /** Makes `entry`'s columns belong to FROM of `level` (B1). */
  adopt(level: QueryLevel, entry: RangeEntry): void {
    level.entries.push(entry);
    for (const column of entry.columns) this.#owners[column.id] = level;
    for (const id of [entry.rowKey, entry.updated, entry.rowWitness?.id]) if (id !== undefined) this.#owners[id] = level;
  }
  /** Gives an item of FROM the column by which a row of it is told from one that is padded. */
  addRowWitness(level: QueryLevel, entry: RangeEntry, witness: PlanColumn): void {
    entry.rowWitness = witness;
    this.#owners[witness.id] = level;
  }
  /** The level in whose FROM a column stands; undefined for results of aggregates, windows and projections. */
  ownerOf(id: ColumnId): QueryLevel | undefined {
    return this.#owners[id];
  }
  /** An id for the result of an aggregate of `level`. */
  newAggregateId(level: QueryLevel): ColumnId {
    const id = this.newId();
    this.#aggregateOwners.set(id, level);
    return id;
  }
  aggregateOwner(id: ColumnId): QueryLevel | undefined {
    return this.#aggregateOwners.get(id);
  }

  useRelation(table: TableDef, access: 'read' | 'lock rows' | 'write'): void {
    const known = this.relations.get(table.oid);
    if (known === undefined || (access !== 'read' && known.access !== 'write')) this.relations.set(table.oid, { table, access });
    this.dependencies?.relation(table.oid);
  }

  /** Stored columns by the id that a scan gives them, where dependencies are asked for. */
  readonly #stored = new Map<ColumnId, { readonly table: number; readonly name: string }>();
  noteStored(id: ColumnId, table: TableDef, name: string): void {
    if (this.dependencies !== undefined) this.#stored.set(id, { table: table.oid, name });
  }
  /** The query reads a column of FROM; what a join has merged it reads through the columns that it is made of. */
  useColumn(id: ColumnId): void {
    const stored = this.dependencies === undefined ? undefined : this.#stored.get(id);
    if (stored !== undefined) this.dependencies!.column(stored.table, stored.name);
  }

  /** Whether a function of the user is called. */
  callsRoutines = false;
  useRoutine(oid: number): void {
    this.callsRoutines = true;
    this.dependencies?.routine?.(oid);
  }

  /** `$n` (0-based `index`) where its type does not matter yet. */
  parameter(index: number, offset: number): BoundExpression {
    while (this.parameterTypes.length <= index) this.parameterTypes.push(undefined);
    this.#usedParameters.add(index);
    return { kind: 'parameter', type: this.parameterTypes[index] ?? sqlType(TypeOid.unknown), offset, index };
  }

  /** A use of a parameter that takes it as whatever type it is. */
  leaveOpen(parameter: Extract<BoundExpression, { kind: 'parameter' }>): void {
    this.openParameters.push(parameter);
  }

  isParameterUsed(index: number): boolean {
    return this.#usedParameters.has(index);
  }

  /** Fixes the type of a parameter from its context (B2). */
  resolveParameter(parameter: Extract<BoundExpression, { kind: 'parameter' }>, type: SqlType): BoundExpression {
    const known = this.parameterTypes[parameter.index];
    const base = sqlType(type.oid);
    if (known === undefined || known.oid === TypeOid.unknown) this.parameterTypes[parameter.index] = base;
    else if (known.oid !== type.oid) {
      throw new DbError('42P08', `inconsistent types deduced for parameter $${parameter.index + 1}`, {
        offset: parameter.offset,
        detail: `${typeName(known.oid, this.types)} versus ${typeName(type.oid, this.types)}`,
      });
    }
    return { ...parameter, type: base };
  }
}
