/** CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW and REFRESH: tables filled from queries. */
import type { Datum } from '../../base/datum.js';
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { TypeOid } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import { TableWriter } from '../../executor/table-writer.js';
import { isWait } from '../../executor/wait.js';
import type { CreateMaterializedView, CreateTableAs, Identifier, QualifiedName, Query, RefreshMaterializedView } from '../../parser/ast.js';
import { intoOf, withoutInto } from '../../parser/select-into.js';
import { parse } from '../../parser/parse.js';
import type { SchemaRecord, TableRecord } from '../catalog/catalog-objects.js';
import { describeStatement, startInside, drive, finishInside } from '../execute.js';
import { CachedStatement } from '../plan-cache.js';
import { executeArguments, findPrepared } from '../prepared.js';
import { datumFormat, type ResultColumn } from '../values.js';
import { ddlRuntime } from './expressions.js';
import { finishTable, startTable } from './create-table.js';
import type { Ddl } from './ddl.js';
import { checkRelationName, creationSchema } from './names.js';
import { checkTablespace, newOptions } from './storage-parameters.js';
import { truncateTables } from './truncate.js';
import { temporarySchemaFor } from './temporary.js';
import { analyzeQuery, hasModifyingWith } from './views.js';
import { refusePseudoType } from './types.js';

/** Rows handed from the query to the table at a time. */
const BatchRows = 1024;

/** @returns the number of rows */
export async function createTableAs(ddl: Ddl, statement: CreateTableAs | CreateMaterializedView | Query): Promise<number | undefined> {
  const { backend, draft } = ddl;
  const spec = specOf(statement);
  const isTemporary = spec.persistence === 'temporary' || spec.name.schema === 'pg_temp';
  const schema = isTemporary ? temporarySchemaFor(ddl, spec.name) : creationSchema(backend, spec.name);
  // The query is analysed before anyone asks whether the name is free, and the arguments are there by then for a prepared SELECT ... INTO, which EXECUTE runs whole.
  const described = spec.query.kind === 'query' ? describeStatement(backend, new CachedStatement({ ...ddl.statement.parsed, statement: spec.query }), []) : undefined;
  if (statement.kind === 'createMaterializedView' && hasModifyingWith(statement.query)) throw new DbError('0A000', 'materialized views must not use data-modifying statements in WITH');
  const prepared = spec.query.kind === 'execute' && findPrepared(backend, spec.query.name).into?.name === spec.name ? sourceOf(ddl, spec.query, spec.name) : undefined;
  if (spec.ifNotExists && draft.find('relation', schema.oid, spec.name.name) !== undefined) {
    ddl.notice(`relation "${spec.name.name}" already exists, skipping`, '42P07');
    return undefined;
  }
  checkRelationName(backend, schema.oid, spec.name.name);
  checkTablespace(spec.tablespace);
  const options = newOptions(spec.options, 'table');
  // Without data the query is not even planned, where errors of its constants would come up.
  const query = spec.withData || described === undefined ? await openQuery(ddl, prepared ?? sourceOf(ddl, spec.query, spec.name), spec.columns) : undefined;
  const columns = query?.columns ?? resultColumns(ddl, described!.result, spec.columns);
  const table = startTable(ddl, schema.oid, spec.name.name, isTemporary ? 'temporary' : spec.persistence, spec.onCommit);
  table.record = { ...table.record, options, columns: columns.map((column) => ({ name: column.name, type: column.type.oid, typmod: column.type.typmod, notNull: false, isDropped: false })) };
  if (statement.kind === 'createMaterializedView') {
    const analyzed = analyzeQuery(backend, statement.query, statement.columns);
    table.record = { ...table.record, view: { query: analyzed.text, isPopulated: statement.withData, references: analyzed.references } };
  }
  await finishTable(ddl, table);
  if (spec.withData) return query!.into(table.record.oid);
  query?.close();
  return undefined;
}

interface Spec {
  readonly name: CreateTableAs['name'];
  readonly persistence: 'permanent' | 'temporary' | 'unlogged';
  readonly ifNotExists: boolean;
  readonly columns: readonly Identifier[];
  readonly onCommit: CreateTableAs['onCommit'];
  readonly options: CreateTableAs['options'];
  readonly tablespace: string | undefined;
  readonly withData: boolean;
  readonly query: CreateTableAs['query'];
}
function specOf(statement: CreateTableAs | CreateMaterializedView | Query): Spec {
  if (statement.kind === 'createTableAs') return statement;
  if (statement.kind === 'createMaterializedView') return { ...statement, onCommit: undefined };
  const into = intoOf(statement);
  assert(into !== undefined, 'SELECT INTO without INTO');
  return { name: into.name, persistence: into.persistence, ifNotExists: false, columns: [], onCommit: undefined, options: [], tablespace: undefined, withData: true, query: withoutInto(statement) };
}

interface OpenQuery {
  readonly columns: readonly ResultColumn[];
  /** Runs it into a table. @returns the number of rows */
  into(table: number): Promise<number>;
  close(): void;
}

/** A query with what it is run with. */
interface Source {
  readonly cached: CachedStatement;
  readonly parameterTypes: readonly number[];
  readonly datums: readonly Datum[] | undefined;
}

/** `target`: the name of the table to fill, which a prepared SELECT ... INTO says itself. */
function sourceOf(ddl: Ddl, query: Query | CreateTableAs['query'], target?: QualifiedName): Source {
  const { backend } = ddl;
  if (query.kind !== 'execute') return { cached: new CachedStatement({ ...ddl.statement.parsed, statement: query }), parameterTypes: [], datums: undefined };
  const prepared = findPrepared(backend, query.name);
  if (prepared.cached.parsed.statement.kind !== 'query' || (prepared.into !== undefined && prepared.into.name !== target)) throw new DbError('42809', 'prepared statement is not a SELECT');
  return { cached: prepared.cached, parameterTypes: prepared.parameterTypes, datums: executeArguments(backend, prepared, query, ddl.call) };
}

/** What a table made of a query's result has for columns. @throws DbError 42601, 42701, 42P16 */
function resultColumns(ddl: Ddl, result: readonly ResultColumn[], names: readonly Identifier[]): ResultColumn[] {
  if (names.length > result.length) throw new DbError('42601', 'too many column names were specified', { offset: names[result.length]!.offset });
  const columns = result.map((column, i): ResultColumn => ({ name: names[i]?.name ?? column.name, type: column.type.oid === TypeOid.unknown ? { oid: TypeOid.text, typmod: -1 } : column.type }));
  columns.forEach(({ name, type }, i) => {
    if (columns.findIndex((column) => column.name === name) !== i) throw new DbError('42701', `column "${name}" specified more than once`);
    refusePseudoType(name, type.oid, ddl.backend.catalog().types);
  });
  return columns;
}

async function openQuery(ddl: Ddl, { cached, parameterTypes, datums }: Source, names: readonly Identifier[]): Promise<OpenQuery> {
  const { backend } = ddl;
  const started = await startInside(backend, cached, { ...ddl.call, format: datumFormat }, { parameterTypes, datums });
  let columns: readonly ResultColumn[];
  try {
    columns = resultColumns(ddl, started.plan.planned.result, names);
  } catch (error) {
    started.execution.close();
    throw error;
  }
  return {
    columns,
    close: () => finishInside(started),
    async into(table) {
      const insert = rowInserter(ddl, table);
      let count = 0;
      try {
        for (let isDone = false; !isDone; ) {
          isDone = await drive(backend, started, BatchRows, ddl.call.deadlineMs);
          for (const row of started.execution.takeRows() as Datum[][]) {
            await insert(row);
            count++;
          }
        }
      } finally {
        finishInside(started);
      }
      return count;
    },
  };
}

/** Puts complete rows into a table with all its indexes and checks. */
function rowInserter(ddl: Ddl, table: number): (row: Datum[]) => Promise<void> {
  const { backend } = ddl;
  const info = backend.schema.writeInfo(table as never);
  const runtime = ddlRuntime(backend, info.columnCount);
  const writer = new TableWriter(info, runtime, () => {}, (e) => evaluate(e, runtime));
  return async (row) => {
    writer.completeRow(row);
    writer.checkRow(row);
    const job = { row, rowKey: undefined, entries: undefined, claimedFrom: undefined };
    for (let waiting = writer.insert(job); waiting !== undefined; waiting = writer.insert(job)) {
      if (isWait(waiting)) await backend.waitFor(waiting, ddl.tx, ddl.call.deadlineMs);
    }
  };
}

export async function refreshMaterializedView(ddl: Ddl, statement: RefreshMaterializedView): Promise<void> {
  const { backend, draft } = ddl;
  const found = await ddl.lockRelation(statement.name, statement.concurrently ? 'exclusive' : 'access exclusive');
  if (found.kind !== 'table' || found.view === undefined) throw new DbError('0A000', `"${found.name}" is not a materialized view`, { offset: statement.name.offset });
  if (statement.concurrently) {
    if (!statement.withData) throw new DbError('42601', 'CONCURRENTLY and WITH NO DATA options cannot be used together');
    if (!found.view.isPopulated) throw new DbError('0A000', 'CONCURRENTLY cannot be used when the materialized view is not populated');
    // PostgreSQL tells rows apart by it.
    if (!draft.indexesOf(found.oid).some((index) => index.isUnique && index.predicate === undefined && index.columns.every((column) => column.column !== undefined))) {
      const schema = (draft.get(found.schema) as SchemaRecord).name;
      throw new DbError('55000', `cannot refresh materialized view "${schema}.${found.name}" concurrently`, { hint: 'Create a unique index with no WHERE clause on one or more columns of the materialized view.' });
    }
    await ddl.lock(found.oid, 'access exclusive');
  }
  ddl.refuseInUse([found], 'REFRESH MATERIALIZED VIEW');
  const query = parse(found.view.query)[0]!.statement as Query;
  const open = statement.withData ? await openQuery(ddl, sourceOf(ddl, query), []) : undefined;
  truncateTables(backend, ddl.tx, [found]);
  const record = draft.get(found.oid) as TableRecord;
  draft.put({ ...record, view: { ...found.view, isPopulated: statement.withData } });
  await open?.into(found.oid);
}
