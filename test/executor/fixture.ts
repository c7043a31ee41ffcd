/**
 * A small database for the executor's tests: real storage in memory, real transactions, tables declared in a few words, and builders for bound expressions and
 * physical plans, so that a test can say exactly which plan it runs.
 */
import { DbError } from '../../base/errors.js';
import { oid, type Oid } from '../../base/ids.js';
import type { Clock } from '../../base/clock.js';
import type { Datum } from '../../base/datum.js';
import { seededPrng } from '../../base/prng.js';
import { RowLayout } from '../../base/rowcode.js';
import { realScheduler } from '../../base/scheduler.js';
import { builtinTypes, builtinTypeByName, sqlType, types, type SqlType } from '../../base/types.js';
import { compile } from '../../executor/compile.js';
import { ConstraintQueue } from '../../executor/constraint-queue.js';
import type { CompileOptions, Execution, ExecutionRequest, ExecutorEnv, SpillFile } from '../../executor/execution.js';
import { RowIds } from '../../executor/row-ids.js';
import { TableChanges } from '../../executor/table-changes.js';
import type { SchemaLookup, TableWriteInfo } from '../../executor/schema-lookup.js';
import { functionsNamed, operatorsNamed } from '../../functions/catalogue.js';
import type { EvalContext, FunctionDef } from '../../functions/registry.js';
import { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { IsolationLevel } from '../../mvcc/types.js';
import type { ColumnDef, ForeignKeyDef, IndexColumn, IndexDef, TableDef } from '../../planner/catalog.js';
import type { AggregateCall, BoundExpression, SortKey } from '../../planner/expression.js';
import type { IndexExpressions, IndexRange, PhysicalPlan, PlanColumn, PlannedStatement, ScanColumn } from '../../planner/physical-plan.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { Store } from '../../storage/store.js';

export type Modify = Extract<PhysicalPlan, { kind: 'modify' }>;

/** A clock that moves only when told, so that time slices are the test's. */
export class TestClock implements Clock {
  time = 0;
  /** Added at every look, to end slices at will. */
  perLook = 0;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return (this.time += this.perLook);
  }
}

/** Spill files in memory that count what is open, so that a test sees leaks. */
export class TestSpill {
  openCount = 0;
  madeCount = 0;
  bytesWritten = 0;
  open = (): SpillFile => {
    let data = new Uint8Array(0);
    let length = 0;
    let isOpen = true;
    this.openCount++;
    this.madeCount++;
    return {
      append: (bytes, start, end) => {
        if (!isOpen) throw new Error('spill file used after close');
        const at = length;
        if (length + end - start > data.length) {
          const grown = new Uint8Array(Math.max(data.length * 2, length + end - start));
          grown.set(data.subarray(0, length));
          data = grown;
        }
        data.set(bytes.subarray(start, end), at);
        length += end - start;
        this.bytesWritten += end - start;
        return at;
      },
      read: (offset, bytes, start, count) => {
        if (!isOpen) throw new Error('spill file used after close');
        if (offset + count > length) throw new Error('read past the end of a spill file');
        bytes.set(data.subarray(offset, offset + count), start);
      },
      close: () => {
        if (isOpen) this.openCount--;
        isOpen = false;
      },
    };
  };
}

export const typeNamed = (name: string): SqlType => {
  const match = /^numeric\((\d+),(\d+)\)$/.exec(name);
  if (match !== null) return sqlType(1700, ((Number(match[1]) << 16) | Number(match[2])) + 4);
  const char = /^char\((\d+)\)$/.exec(name);
  if (char !== null) return sqlType(1042, Number(char[1]) + 4);
  const info = builtinTypeByName(name);
  if (info === undefined) throw new Error(`no type ${name}`);
  return sqlType(info.oid);
};

export interface TableSpec {
  /** `name: type`, with `!` after the type for NOT NULL. */
  readonly columns: Readonly<Record<string, string>>;
  /** Column names of a clustered primary key. */
  readonly key?: readonly string[];
  readonly indexes?: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly unique?: boolean;
    readonly descending?: boolean;
    readonly nullsNotDistinct?: boolean;
    readonly include?: readonly string[];
    readonly deferrable?: 'initially immediate' | 'initially deferred';
    /** Makes key expressions and predicate from the table's column expressions. */
    readonly expressions?: (column: (name: string) => BoundExpression) => IndexExpressions;
  }[];
  readonly checks?: readonly { readonly name: string; readonly expression: (column: (name: string) => BoundExpression) => BoundExpression }[];
  readonly foreignKeys?: readonly (Partial<ForeignKeyDef> & { readonly name: string; readonly columns: readonly string[]; readonly references: string; readonly to: readonly string[] })[];
}

export interface TestTable {
  definition: TableDef;
  readonly spec: TableSpec;
  info: TableWriteInfo;
}

const estimate = { rows: 1, startupCost: 0, totalCost: 1, widthBytes: 8 };

export class TestDatabase {
  readonly store: Store;
  readonly manager: TransactionManager;
  readonly clock = new TestClock();
  readonly spill = new TestSpill();
  readonly rowIds = new RowIds();
  readonly tableChanges = new TableChanges();
  readonly tables = new Map<string, TestTable>();
  workMemBytes = 4 << 20;
  statementMemBytes = 1 << 30;
  timeSliceMs = 10;
  cancelled = false;
  #nextOid = 20000;
  #nextColumn = 0;

  private constructor(store: Store) {
    this.store = store;
    this.manager = new TransactionManager(store, { clock: this.clock, prng: seededPrng(1), scheduler: realScheduler });
  }
  static async open(options: { readonly pageSizeBytes?: number; readonly cacheBytes?: number; readonly columnCacheBytes?: number } = {}): Promise<TestDatabase> {
    const store = await Store.open({
      vfs: new MemoryVfs(), path: 'test', clock: { now: () => 0, monotonic: () => 0 }, prng: seededPrng(1), scheduler: realScheduler, durability: 'none',
      pageSizeBytes: options.pageSizeBytes ?? 1024, cacheBytes: options.cacheBytes ?? 16 << 20, columnCacheBytes: options.columnCacheBytes, checkpointIntervalMs: 0,
    });
    return new TestDatabase(store);
  }
  async close(): Promise<void> {
    this.manager.close();
    await this.store.close();
  }

  get env(): ExecutorEnv {
    return { clock: this.clock, timeSliceMs: this.timeSliceMs, workMemBytes: this.workMemBytes, statementMemBytes: this.statementMemBytes, openSpill: this.spill.open, manager: this.manager, rowIds: this.rowIds, tableChanges: this.tableChanges };
  }
  readonly ctx: EvalContext = {
    transactionTimestamp: 0, statementTimestamp: 0, clockTimestamp: () => 0, timeZone: 'UTC', prng: seededPrng(7), types: builtinTypes,
    setting: () => undefined, setSetting: () => undefined, checkDeadline: () => {
      if (this.cancelled) throw new DbError('57014', 'canceling statement due to user request');
    },
    system: {
      nextval: () => null, currval: () => null, lastval: () => null, setval: () => null, currentDatabase: () => 'test', currentSchemas: () => [], currentUser: () => 'test',
      backendPid: () => 1, transactionId: () => 1, random: () => 0.5, call: () => null,
    },
  };
  readonly schema: SchemaLookup = {
    findTable: (table: Oid) => [...this.tables.values()].find((candidate) => candidate.definition.oid === table)?.definition,
    writeInfo: (table: Oid) => {
      for (const candidate of this.tables.values()) if (candidate.definition.oid === table) return candidate.info;
      throw new Error('no such table');
    },
  };

  columnId(): number {
    return this.#nextColumn++;
  }
  get columnCount(): number {
    return this.#nextColumn;
  }

  begin(isolation: IsolationLevel = 'read committed', id = 1): Transaction {
    return this.manager.begin({ isolation, owner: { id, name: `s${id}` } });
  }

  // ------------------------------------------------------------------------------------------------------------ tables

  createTable(name: string, spec: TableSpec): TestTable {
    const tableOid = oid(this.#nextOid++);
    const names = Object.keys(spec.columns);
    const keyNames = spec.key ?? [];
    const columns: ColumnDef[] = names.map((column, index) => {
      const declared = spec.columns[column]!;
      const notNull = declared.endsWith('!') || keyNames.includes(column);
      return {
        name: column, index, type: typeNamed(declared.replace('!', '')), collation: undefined, notNull, defaultExpression: undefined, generated: undefined,
        sequence: undefined, isDropped: false,
      };
    });
    const at = (column: string): number => {
      const index = names.indexOf(column);
      if (index < 0) throw new Error(`no column ${column}`);
      return index;
    };
    const indexColumn = (column: string, nullable: boolean, descending = false): IndexColumn => ({
      column: at(column), expression: undefined, type: columns[at(column)]!.type, collation: undefined, operatorClass: undefined, descending, nullsFirst: descending, nullable,
    });
    const newTree = (): IndexDef['tree'] => this.store.newTreeId();
    const tree = newTree();
    const clusterKey = spec.key === undefined ? undefined : spec.key.map((column) => indexColumn(column, false));
    const indexes: IndexDef[] = [];
    const indexBase = { table: tableOid, include: undefined, isUnique: false, nullsNotDistinct: false, isPrimary: false, isClustered: false, predicate: undefined, constraintName: undefined, deferrable: 'not deferrable' as const };
    if (clusterKey !== undefined) {
      indexes.push({ ...indexBase, oid: oid(this.#nextOid++), name: `${name}_pkey`, tree, columns: clusterKey, isUnique: true, isPrimary: true, isClustered: true, constraintName: `${name}_pkey` });
    }
    const newRow: ScanColumn[] = columns.map((column) => ({ id: this.columnId(), name: column.name, type: column.type, column: column.index }));
    const columnOf = (column: string): BoundExpression => ({ kind: 'column', id: newRow[at(column)]!.id, name: column, type: columns[at(column)]!.type, offset: -1 });
    const indexExpressions = new Map<Oid, IndexExpressions>();
    for (const index of spec.indexes ?? []) {
      const indexOid = oid(this.#nextOid++);
      const expressions = index.expressions?.(columnOf);
      const plain = index.columns.map((column) => indexColumn(column, true, index.descending));
      if (expressions !== undefined) indexExpressions.set(indexOid, expressions);
      const fromExpressions = expressions?.keys.map((key): IndexColumn => ({ column: undefined, expression: undefined, type: key.type, collation: undefined, operatorClass: undefined, descending: false, nullsFirst: false, nullable: true }));
      indexes.push({
        ...indexBase, oid: indexOid, name: index.name, tree: newTree(), columns: plain.length > 0 ? plain : (fromExpressions ?? []), isUnique: index.unique ?? false,
        nullsNotDistinct: index.nullsNotDistinct ?? false, constraintName: index.unique === true ? index.name : undefined, deferrable: index.deferrable ?? 'not deferrable',
        predicate: expressions?.predicate === undefined ? undefined : ({} as IndexDef['predicate']),
        include: index.include === undefined ? undefined : { columns: index.include.map(at), layout: new RowLayout(0, index.include.map((column) => ({ type: columns[at(column)]!.type, missing: null, isDropped: false }))) },
      });
    }
    const layout = new RowLayout(0, columns.map((column) => ({ type: column.type, missing: null, isDropped: false })));
    const foreignKeys: ForeignKeyDef[] = [];
    const definition: TableDef = {
      kind: 'table', oid: tableOid, schema: 'public', name, columns, tree, layout, clusterKey, indexes, checks: [], foreignKeys, referencedBy: [],
      isTemporary: false, isMaterializedView: false, virtual: undefined, statistics: undefined,
    };
    const table: TestTable = {
      definition, spec,
      info: {
        table: definition, newRow, generated: [], indexExpressions, defaults: columns.map(() => undefined), columnCount: 0,
        checks: (spec.checks ?? []).map((check) => ({ name: check.name, expression: check.expression(columnOf), isViewOption: false })),
      },
    };
    this.tables.set(name, table);
    for (const key of spec.foreignKeys ?? []) {
      const parent = this.tables.get(key.references)!;
      const parentColumns = key.to.map((column) => parent.definition.columns.findIndex((candidate) => candidate.name === column));
      const parentIndex = parent.definition.indexes.find((index) => index.isUnique && index.columns.every((column, i) => column.column === parentColumns[i]))!;
      const foreignKey: ForeignKeyDef = {
        name: key.name, child: tableOid, childColumns: key.columns.map(at), parent: parent.definition.oid, parentColumns, parentIndex: parentIndex.oid, match: key.match ?? 'simple',
        onDelete: key.onDelete ?? 'no action', onUpdate: key.onUpdate ?? 'no action', onDeleteColumns: undefined, deferrable: key.deferrable ?? 'not deferrable', validated: true,
      };
      foreignKeys.push(foreignKey);
      (parent.definition.referencedBy as ForeignKeyDef[]).push(foreignKey);
    }
    const tx = this.begin();
    tx.beginStatement({ text: 'create' });
    tx.createTree(definition.tree, { unique: true, tableOid, tableName: name });
    for (const index of indexes) if (!index.isClustered) tx.createTree(index.tree, { unique: index.isUnique, tableOid, tableName: name, indexName: index.name });
    tx.endStatement();
    tx.commitSync();
    this.#sealInfo(table);
    return table;
  }
  #sealInfo(table: TestTable): void {
    table.info = { ...table.info, get columnCount() {
      return Math.max(0, ...table.info.newRow.map((column) => column.id)) + 1;
    } } as TableWriteInfo;
  }

  // ------------------------------------------------------------------------------------------------------------ running

  options: CompileOptions = { mode: 'interpreted', shape: { mode: 'array', convert: [] }, instrument: false };

  planned(plan: PhysicalPlan, extra: Partial<PlannedStatement> = {}): PlannedStatement {
    const result = plan.kind === 'modify' && plan.returning === undefined ? [] : plan.output;
    return { ctes: [], plan, result, rowKeySources: [], parameterTypes: [], catalogVersion: 0, relations: [], columnCount: this.columnCount, isReadOnly: false, ...extra };
  }
  request(tx: Transaction, extra: Partial<ExecutionRequest> = {}): ExecutionRequest {
    return { tx, params: [], ctx: this.ctx, env: this.env, schema: this.schema, constraints: this.constraintsOf(tx), canWait: false, instrument: this.options.instrument, ...extra };
  }
  readonly #queues = new WeakMap<Transaction, ConstraintQueue>();
  constraintsOf(tx: Transaction): ConstraintQueue {
    let queue = this.#queues.get(tx);
    if (queue === undefined) this.#queues.set(tx, (queue = new ConstraintQueue()));
    return queue;
  }
  start(tx: Transaction, plan: PhysicalPlan, extra: Partial<ExecutionRequest> = {}, planned: Partial<PlannedStatement> = {}): Execution {
    return compile(this.planned(plan, planned), this.options).start(this.request(tx, extra));
  }
  /** Runs a plan as one statement of `tx`; a failing one is undone. */
  run(tx: Transaction, plan: PhysicalPlan, params: readonly Datum[] = [], planned: Partial<PlannedStatement> = {}): unknown[] {
    tx.beginStatement({ text: 'test' });
    const mark = tx.savepoint();
    try {
      return drive(this.start(tx, plan, { params }, planned));
    } catch (error) {
      tx.rollbackTo(mark);
      throw error;
    } finally {
      tx.release(mark);
      tx.endStatement();
    }
  }
  /** Runs a plan, waiting for locks. */
  async runAsync(tx: Transaction, plan: PhysicalPlan, params: readonly Datum[] = []): Promise<{ readonly rows: unknown[]; readonly rowCount: number }> {
    tx.beginStatement({ text: 'test' });
    const mark = tx.savepoint();
    const execution = this.start(tx, plan, { params, canWait: true });
    try {
      for (;;) {
        const result = execution.step(Infinity);
        if (result === 'done') return { rows: execution.takeRows(), rowCount: execution.rowCount };
        if (typeof result !== 'string') await result;
      }
    } catch (error) {
      if (tx.state === 'active') tx.rollbackTo(mark);
      throw error;
    } finally {
      execution.close();
      if (tx.state === 'active') {
        tx.release(mark);
        tx.endStatement();
      }
    }
  }
  /** Runs a plan in a transaction of its own. */
  exec(plan: PhysicalPlan, params: readonly Datum[] = []): unknown[] {
    const tx = this.begin();
    try {
      const rows = this.run(tx, plan, params);
      tx.commitSync();
      return rows;
    } catch (error) {
      tx.rollback();
      throw error;
    }
  }
  insertRows(name: string, rows: readonly (readonly Datum[])[]): void {
    if (rows.length > 0) this.exec(this.insert(name, rows));
  }
  rowsOf(name: string, tx?: Transaction): unknown[] {
    const scan = this.scan(name);
    return tx === undefined ? this.exec(scan.plan) : this.run(tx, scan.plan);
  }

  // ------------------------------------------------------------------------------------------------------------ plans

  table(name: string): TableDef {
    return this.tables.get(name)!.definition;
  }

  /** A sequential scan, with its columns as expressions by name. */
  scan(name: string, o: { readonly columns?: readonly string[]; readonly filter?: (c: Columns) => BoundExpression; readonly reverse?: boolean; readonly withKey?: boolean } = {}): { readonly plan: PhysicalPlan; readonly c: Columns; readonly key: number | undefined } {
    const table = this.table(name);
    const columns = this.scanColumns(table, o.columns);
    const c = columnsByName(columns);
    const key = o.withKey === true ? this.columnId() : undefined;
    const plan: PhysicalPlan = {
      kind: 'seqScan', table, alias: name, columns, filter: o.filter?.(c), reverse: o.reverse ?? false, rowKey: key, sample: undefined, estimate,
      output: key === undefined ? columns : [...columns, { id: key, name: 'key', type: types.text }],
    };
    return { plan, c, key };
  }
  scanColumns(table: TableDef, names?: readonly string[]): ScanColumn[] {
    return table.columns.filter((column) => names === undefined || names.includes(column.name)).map((column) => ({ id: this.columnId(), name: column.name, type: column.type, column: column.index }));
  }
  indexScan(name: string, indexName: string, ranges: readonly Partial<IndexRange>[], o: { readonly columns?: readonly string[]; readonly reverse?: boolean; readonly indexOnly?: boolean; readonly isPoint?: boolean; readonly withKey?: boolean; readonly filter?: (c: Columns) => BoundExpression } = {}): { readonly plan: PhysicalPlan; readonly c: Columns; readonly key: number | undefined } {
    const table = this.table(name);
    const index = table.indexes.find((candidate) => candidate.name === indexName)!;
    const columns = this.scanColumns(table, o.columns);
    const c = columnsByName(columns);
    const key = o.withKey === true ? this.columnId() : undefined;
    const plan: PhysicalPlan = {
      kind: 'indexScan', table, alias: name, index, columns, reverse: o.reverse ?? false, indexOnly: o.indexOnly ?? false, isPoint: o.isPoint ?? false, filter: o.filter?.(c), rowKey: key,
      ranges: ranges.map((range) => ({ equal: [], low: undefined, high: undefined, nulls: range.low === undefined && range.high === undefined ? 'any' : 'not null', anyOf: undefined, ...range })),
      estimate, output: key === undefined ? columns : [...columns, { id: key, name: 'key', type: types.text }],
    };
    return { plan, c, key };
  }
  values(columnTypes: readonly SqlType[], rows: readonly (readonly (Datum | BoundExpression)[])[]): { readonly plan: PhysicalPlan; readonly columns: readonly BoundExpression[] } {
    const output = columnTypes.map((type, i): PlanColumn => ({ id: this.columnId(), name: `column${i + 1}`, type }));
    const plan: PhysicalPlan = {
      kind: 'values', output, estimate,
      rows: rows.map((row) => row.map((value, i) => (isExpression(value) ? value : constant(value, columnTypes[i]!)))),
    };
    return { plan, columns: output.map(columnOf) };
  }
  filter(input: PhysicalPlan, condition: BoundExpression): PhysicalPlan {
    return { kind: 'filter', input, condition, output: input.output, estimate };
  }
  project(input: PhysicalPlan, expressions: readonly BoundExpression[]): { readonly plan: PhysicalPlan; readonly columns: readonly BoundExpression[] } {
    const output = expressions.map((expression, i): PlanColumn => ({ id: this.columnId(), name: `c${i}`, type: expression.type }));
    return { plan: { kind: 'project', input, computed: output.map(({ id }, i) => ({ id, expression: expressions[i]! })), output, estimate }, columns: output.map(columnOf) };
  }
  sort(input: PhysicalPlan, keys: readonly SortKey[], limit?: BoundExpression): PhysicalPlan {
    return { kind: 'sort', input, keys, presorted: 0, limit, limitOffset: undefined, output: input.output, estimate };
  }
  limit(input: PhysicalPlan, limit: number | undefined, offset?: number): PhysicalPlan {
    return { kind: 'limit', input, limit: limit === undefined ? undefined : constant(limit, types.int8), offset: offset === undefined ? undefined : constant(offset, types.int8), withTies: undefined, output: input.output, estimate };
  }
  aggregate(input: PhysicalPlan, groupBy: readonly BoundExpression[], calls: readonly { readonly name: string; readonly args?: readonly BoundExpression[]; readonly distinct?: boolean; readonly filter?: BoundExpression; readonly orderBy?: readonly SortKey[] }[], strategy: 'plain' | 'hash' | 'sorted' = groupBy.length === 0 ? 'plain' : 'hash'): { readonly plan: PhysicalPlan; readonly columns: readonly BoundExpression[] } {
    const groups = groupBy.map((expression) => ({ id: this.columnId(), expression }));
    const made = calls.map((call): AggregateCall => {
      const args = call.args ?? [];
      const definition = aggregateNamed(call.name, args.map((arg) => arg.type));
      return { id: this.columnId(), type: sqlType(definition.returns), function: definition, args, isDistinct: call.distinct ?? false, orderBy: call.orderBy ?? [], filter: call.filter, directArgs: [] };
    });
    const output: PlanColumn[] = [...groups.map(({ id, expression }, i) => ({ id, name: `g${i}`, type: expression.type })), ...made.map(({ id, type }, i) => ({ id, name: `a${i}`, type }))];
    return { plan: { kind: 'aggregate', input, groupBy: groups, groupingSets: undefined, groupingCalls: [], calls: made, strategy, determined: new Set(), output, estimate }, columns: output.map(columnOf) };
  }

  // ------------------------------------------------------------------------------------------------------------ changes

  #modifyBase(name: string): Omit<Modify, 'operation' | 'input' | 'output'> {
    const { info, definition } = this.tables.get(name)!;
    return {
      kind: 'modify', table: definition, alias: name, estimate, insertValues: undefined, rowKey: undefined, assignments: [], recheck: undefined, onConflict: undefined,
      mergeActions: [], newRow: info.newRow, checks: info.checks, generated: info.generated, indexExpressions: info.indexExpressions, returning: undefined, returnedKey: undefined,
    };
  }
  newRowColumns(name: string): Columns {
    return columnsByName(this.tables.get(name)!.info.newRow);
  }
  #returning(name: string, names: readonly string[] | undefined): Pick<Modify, 'returning' | 'output'> {
    if (names === undefined) return { returning: undefined, output: [] };
    const c = this.newRowColumns(name);
    const returning = names.map((column) => ({ id: this.columnId(), expression: c[column]! }));
    return { returning, output: returning.map(({ id, expression }, i) => ({ id, name: names[i]!, type: expression.type })) };
  }
  insert(name: string, rows: readonly (readonly (Datum | BoundExpression)[])[], o: { readonly onConflict?: Modify['onConflict']; readonly returning?: readonly string[] } = {}): Modify {
    const { plan, columns } = this.values(this.table(name).columns.map((column) => column.type), rows);
    return { ...this.#modifyBase(name), operation: 'insert', input: plan, insertValues: columns, onConflict: o.onConflict, ...this.#returning(name, o.returning) };
  }
  /** INSERT ... ON CONFLICT (index) DO UPDATE SET; the functions see the existing and the proposed row. */
  upsert(name: string, indexNames: readonly string[], rows: readonly (readonly Datum[])[], set: (existing: Columns, excluded: Columns) => Readonly<Record<string, BoundExpression>>, where?: (existing: Columns, excluded: Columns) => BoundExpression): Modify {
    const table = this.table(name);
    const existing = this.scanColumns(table);
    const excluded = this.scanColumns(table);
    const assigned = set(columnsByName(existing), columnsByName(excluded));
    return this.insert(name, rows, {
      onConflict: {
        arbiters: indexNames.map((index) => table.indexes.find((candidate) => candidate.name === index)!.oid), action: 'update', updated: undefined, existing, excluded,
        assignments: Object.entries(assigned).map(([column, value]) => ({ column: columnIndex(table, column), value })), where: where?.(columnsByName(existing), columnsByName(excluded)),
      },
    });
  }
  update(name: string, set: (c: Columns) => Readonly<Record<string, BoundExpression>>, where?: (c: Columns) => BoundExpression, o: { readonly returning?: readonly string[] } = {}): Modify {
    const table = this.table(name);
    const { plan, c, key } = this.scan(name, { withKey: true, ...(where === undefined ? {} : { filter: where }) });
    const columns = (plan as Extract<PhysicalPlan, { kind: 'seqScan' }>).columns;
    return {
      ...this.#modifyBase(name), operation: 'update', input: plan, rowKey: key, recheck: { columns, condition: where?.(c), computed: [] },
      assignments: Object.entries(set(c)).map(([column, value]) => ({ column: columnIndex(table, column), value })), ...this.#returning(name, o.returning),
    };
  }
  delete(name: string, where?: (c: Columns) => BoundExpression, o: { readonly returning?: readonly string[] } = {}): Modify {
    const { plan, c, key } = this.scan(name, { withKey: true, ...(where === undefined ? {} : { filter: where }) });
    const columns = (plan as Extract<PhysicalPlan, { kind: 'seqScan' }>).columns;
    return { ...this.#modifyBase(name), operation: 'delete', input: plan, rowKey: key, recheck: { columns, condition: where?.(c), computed: [] }, ...this.#returning(name, o.returning) };
  }
  lockRows(name: string, strength: 'key share' | 'share' | 'no key update' | 'update', where?: (c: Columns) => BoundExpression, wait: 'wait' | 'nowait' | 'skip locked' = 'wait'): PhysicalPlan {
    const { plan, c, key } = this.scan(name, { withKey: true, ...(where === undefined ? {} : { filter: where }) });
    const columns = (plan as Extract<PhysicalPlan, { kind: 'seqScan' }>).columns;
    return {
      kind: 'lockRows', input: plan, output: columns, estimate,
      targets: [{ table: this.table(name), alias: name, strength, wait, rowKey: key!, isNullable: false, recheck: { columns, condition: where?.(c), computed: [] } }],
    };
  }
}

// ------------------------------------------------------------------------------------------------------------- expressions

export type Columns = Readonly<Record<string, BoundExpression>>;

const columnIndex = (table: TableDef, name: string): number => table.columns.findIndex((column) => column.name === name);
export const columnOf = ({ id, name, type }: PlanColumn): BoundExpression => ({ kind: 'column', id, name, type, offset: -1 });
export const columnsByName = (columns: readonly PlanColumn[]): Columns => Object.fromEntries(columns.map((column) => [column.name, columnOf(column)]));
const isExpression = (value: Datum | BoundExpression): value is BoundExpression => typeof value === 'object' && value !== null && 'kind' in value;

export const constant = (value: Datum, type: SqlType): BoundExpression => ({ kind: 'constant', value, type, offset: -1 });
export const int = (value: number | null): BoundExpression => constant(value, types.int4);
export const text = (value: string | null): BoundExpression => constant(value, types.text);
export const bool = (value: boolean | null): BoundExpression => constant(value, types.bool);
export const parameter = (index: number, type: SqlType): BoundExpression => ({ kind: 'parameter', index, type, offset: -1 });
export const and = (...args: BoundExpression[]): BoundExpression => ({ kind: 'and', args, type: types.bool, offset: -1 });
export const or = (...args: BoundExpression[]): BoundExpression => ({ kind: 'or', args, type: types.bool, offset: -1 });
export const not = (arg: BoundExpression): BoundExpression => ({ kind: 'not', arg, type: types.bool, offset: -1 });

/** A binary operator over exactly these types (anyarray and its kin are not looked for). */
export function op(left: BoundExpression, name: string, right: BoundExpression): BoundExpression {
  const found = operatorFunction(name, left.type, right.type);
  return { kind: 'call', function: found, args: [left, right], operator: name, type: sqlType(found.returns), offset: -1 };
}
export function operatorFunction(name: string, left: SqlType, right: SqlType): FunctionDef {
  const base = (type: SqlType): number => (type.oid === 1043 ? 25 : type.oid);
  const found = operatorsNamed(name).find((candidate) => candidate.left === base(left) && candidate.right === base(right));
  if (found === undefined) throw new Error(`no operator ${left.oid} ${name} ${right.oid}`);
  return found.function;
}
export function call(name: string, ...args: BoundExpression[]): BoundExpression {
  const found = functionsNamed(name).find((candidate) => candidate.kind === 'scalar' && candidate.args.length === args.length && candidate.args.every((type, i) => type === args[i]!.type.oid));
  if (found === undefined) throw new Error(`no function ${name}`);
  return { kind: 'call', function: found, args, operator: undefined, type: sqlType(found.returns), offset: -1 };
}
export function aggregateNamed(name: string, args: readonly SqlType[]): FunctionDef {
  const matches = functionsNamed(name).filter((candidate) => candidate.kind === 'aggregate' && candidate.args.length === args.length);
  const found = matches.find((candidate) => candidate.args.every((type, i) => type === args[i]!.oid)) ?? matches.find((candidate) => candidate.args.every((type) => type === 2276 || type === 2283));
  if (found === undefined) throw new Error(`no aggregate ${name}`);
  const result = found.returns === 2283 ? args[0]! : sqlType(found.returns);
  return found.specialize === undefined ? found : found.specialize(args, result, builtinTypes);
}
export function windowNamed(name: string): FunctionDef {
  const found = functionsNamed(name).find((candidate) => candidate.kind === 'window' && candidate.args.length === 0);
  if (found === undefined) throw new Error(`no window function ${name}`);
  return found;
}
export const asc = (expression: BoundExpression, nullsFirst = false): SortKey => ({ expression, descending: false, nullsFirst, collation: undefined });
export const desc = (expression: BoundExpression, nullsFirst = true): SortKey => ({ expression, descending: true, nullsFirst, collation: undefined });

/** The SQLSTATE a call fails with. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DbError) return error.code;
    throw error;
  }
  return 'ok';
}
/** Runs to the end without giving way; the request had `canWait: false`. */
function drive(execution: Execution): unknown[] {
  try {
    while (execution.step(Infinity) !== 'done');
    return execution.takeRows();
  } finally {
    execution.close();
  }
}
export async function codeOfAsync(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof DbError) return error.code;
    throw error;
  }
  return 'ok';
}
