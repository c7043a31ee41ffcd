/**
 * CREATE TABLE: columns and constraints become one table record, an index record for each PRIMARY KEY and UNIQUE, and a sequence for each serial
 * and identity column. A primary key declared here clusters the table (unless it is deferrable or has no plain columns); constraints of later
 * ALTER TABLEs get indexes of their own.
 *
 * Order of work, as in PostgreSQL: LIKE is expanded, columns, then checks, keys, foreign keys; names nobody gave are chosen at the end of each.
 */
import { DbError, notSupported } from '../../base/errors.js';
import { TypeOid, sqlType, typeInfo, typeName, type SqlType } from '../../base/types.js';
import type { ColumnConstraint, ColumnDefinition, CreateTable, Expression, LikeClause, TableConstraint } from '../../parser/ast.js';
import type { Backend } from '../backend.js';
import type { ColumnRecord, IndexRecord, SequenceRecord, TableRecord } from '../catalog/catalog-objects.js';
import { addCheck, addForeignKey, addKey, type KeySpec } from './constraints.js';
import type { Ddl } from './ddl.js';
import { bindOverRow, nextvalText, placeOf, requireImmutable, storedText } from './expressions.js';
import { checkRelationName, chooseRelationName, columnsForName, creationSchema } from './names.js';
import { makeSequence, sequenceDefaults } from './sequences.js';
import { checkTablespace, newOptions } from './storage-parameters.js';
import { createTrees, newTree } from './table-storage.js';
import { temporarySchemaFor } from './temporary.js';
import { bindColumnType, serialBase } from './types.js';

/** Most columns a table can have, as in PostgreSQL. */
const ColumnsMax = 1600;

/** What a table being created is made of, while its statement is read. */
export interface TableDraft {
  record: TableRecord;
  readonly keys: KeySpec[];
  readonly sequences: SequenceRecord[];
  /** CHECK and foreign keys, to be added when all columns and keys are known. */
  readonly checks: { readonly name: string | undefined; readonly constraint: Extract<TableConstraint, { kind: 'checkConstraint' }> }[];
  readonly foreignKeys: Extract<TableConstraint, { kind: 'foreignKeyConstraint' }>[];
  /** DEFAULT and generation expressions, read when all columns are known. */
  readonly defaults: { readonly column: number; readonly expression: Expression }[];
  readonly generated: { readonly column: number; readonly expression: Expression }[];
  /** Indexes that LIKE INCLUDING INDEXES copies, with where the source's columns are here. */
  readonly likeIndexes: { readonly index: IndexRecord; readonly positions: ReadonlyMap<number, number> }[];
}

export async function createTable(ddl: Ddl, statement: CreateTable): Promise<void> {
  if (statement.unsupported !== undefined) throw notSupported(statement.unsupported, statement.offset);
  const { backend, draft } = ddl;
  const isTemporary = statement.persistence === 'temporary' || statement.name.schema === 'pg_temp';
  const schema = isTemporary ? temporarySchemaFor(ddl, statement.name) : creationSchema(backend, statement.name);
  if (statement.onCommit !== undefined && !isTemporary) throw new DbError('42P16', 'ON COMMIT can only be used on temporary tables');
  if (draft.find('relation', schema.oid, statement.name.name) !== undefined && statement.ifNotExists) {
    ddl.notice(`relation "${statement.name.name}" already exists, skipping`, '42P07');
    return;
  }
  const table = startTable(ddl, schema.oid, statement.name.name, schema.oid === backend.tempSchema ? 'temporary' : statement.persistence, statement.onCommit);
  for (const element of statement.elements) {
    switch (element.kind) {
      case 'columnDefinition':
        addColumn(ddl, table, element);
        break;
      case 'likeTable':
        await addLike(ddl, table, element);
        break;
      default:
        addTableConstraint(table, element);
    }
  }
  checkKeys(table);
  checkTablespace(statement.tablespace);
  table.record = { ...table.record, options: newOptions(statement.options, 'table') };
  // Only now, as in PostgreSQL: what is wrong with columns and keys is told first, what is wrong with expressions and foreign keys is not.
  checkRelationName(backend, schema.oid, statement.name.name);
  await finishTable(ddl, table);
}

/** @throws DbError 42P16, 42703 */
function checkKeys({ record, keys }: TableDraft): void {
  const second = keys.filter((key) => key.isPrimary)[1];
  if (second !== undefined) throw new DbError('42P16', `multiple primary keys for table "${record.name}" are not allowed`, { offset: second.offset });
  for (const key of keys) {
    for (const name of [...key.columns, ...key.include]) {
      if (!record.columns.some((column) => column.name === name)) throw new DbError('42703', `column "${name}" named in key does not exist`, { offset: key.offset });
    }
  }
}

export function startTable(ddl: Ddl, schema: number, name: string, persistence: 'permanent' | 'temporary' | 'unlogged', onCommit: TableRecord['onCommit']): TableDraft {
  return {
    record: {
      kind: 'table', oid: ddl.newOid(), schema, name, rowType: ddl.newOid(), rowArrayType: ddl.newOid(), persistence, onCommit,
      columns: [], tree: newTree(ddl), layouts: [], checks: [], foreignKeys: [],
    },
    keys: [], sequences: [], checks: [], foreignKeys: [], defaults: [], generated: [], likeIndexes: [],
  };
}

/** Everything is known: constraints are added and records and trees are made. */
export async function finishTable(ddl: Ddl, table: TableDraft): Promise<void> {
  const { draft } = ddl;
  finishExpressions(ddl, table);
  const keyed = new Set(table.keys.filter((key) => key.isPrimary).flatMap((key) => key.columns));
  table.record = {
    ...table.record, layouts: [table.record.columns.length],
    columns: table.record.columns.map((column) => (keyed.has(column.name) ? { ...column, notNull: true } : column)),
  };
  for (const sequence of table.sequences) draft.put(sequence);
  draft.put(table.record);
  const indexes: IndexRecord[] = [];
  for (const key of orderKeys(table.keys)) {
    const index = addKey(ddl, table.record.oid, key, true);
    if (index !== undefined) indexes.push(index);
  }
  for (const { name, constraint } of table.checks) addCheck(ddl, table.record.oid, name, constraint);
  for (const { index, positions } of table.likeIndexes) indexes.push(copyIndex(ddl, table.record, index, positions));
  const record = draft.get(table.record.oid) as TableRecord;
  createTrees(ddl, record, indexes);
  for (const key of table.foreignKeys) await addForeignKey(ddl, table.record.oid, key, false);
}

export function finishExpressions(ddl: Ddl, table: TableDraft): void {
  const put = (at: number, text: string | undefined): void => {
    table.record = { ...table.record, columns: table.record.columns.map((column, i) => (i === at ? { ...column, default: text } : column)) };
  };
  for (const { column, expression } of table.defaults) {
    const { name, type, typmod } = table.record.columns[column]!;
    put(column, defaultText(ddl, expression, name, sqlType(type, typmod)));
  }
  for (const { column, expression } of table.generated) {
    const { name, type, typmod } = table.record.columns[column]!;
    put(column, generatedText(ddl, table.record, expression, name, sqlType(type, typmod)));
  }
}

/** The primary key first, so that equal UNIQUE constraints fold into it. */
function orderKeys(keys: readonly KeySpec[]): KeySpec[] {
  return [...keys.filter((key) => key.isPrimary), ...keys.filter((key) => !key.isPrimary)];
}

// ---------------------------------------------------------------------------------------------------------------- columns

/** Names that every row has in PostgreSQL, so no column can. */
const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export function checkColumnName(table: Pick<TableRecord, 'columns' | 'name'>, name: string): void {
  if (systemColumns.has(name)) throw new DbError('42701', `column name "${name}" conflicts with a system column name`);
  if (table.columns.some((column) => column.name === name && !column.isDropped)) throw new DbError('42701', `column "${name}" specified more than once`);
  if (table.columns.length >= ColumnsMax) throw new DbError('54011', `tables can have at most ${ColumnsMax} columns`);
}

/** Reads a column definition; its constraints that concern more than the column go to the draft's lists. */
export function addColumn(ddl: Ddl, table: TableDraft, element: ColumnDefinition): void {
  checkColumnName(table.record, element.name);
  const column = readColumn(ddl, table, element);
  table.record = { ...table.record, columns: [...table.record.columns, column] };
  const position = table.record.columns.length - 1;
  completeColumn(ddl, table, position, element);
}

/** Type and nullability; what needs the column to exist follows in `completeColumn`. */
function readColumn(ddl: Ddl, table: TableDraft, element: ColumnDefinition): ColumnRecord {
  const { backend } = ddl;
  const serial = serialBase(element.type);
  const type = bindColumnType(backend, serial ?? element.type, element.name);
  const isNullable = element.constraints.some((c) => c.kind === 'nullable');
  const isNotNull = element.constraints.some((c) => c.kind === 'notNull');
  if (isNullable && (isNotNull || element.constraints.some((c) => c.kind === 'primaryKey' || c.kind === 'identity') || serial !== undefined)) {
    throw new DbError('42601', `conflicting NULL/NOT NULL declarations for column "${element.name}" of table "${table.record.name}"`, { offset: element.constraints.findLast((c) => c.kind === 'nullable' || c.kind === 'notNull')!.offset });
  }
  const hasIdentity = element.constraints.some((c) => c.kind === 'identity');
  return {
    name: element.name, type: type.oid, typmod: type.typmod, collation: collationOf(backend, element, type), isDropped: false,
    notNull: isNotNull || serial !== undefined || hasIdentity || element.constraints.some((c) => c.kind === 'primaryKey'),
  };
}

function collationOf(backend: Backend, element: ColumnDefinition, type: SqlType): string | undefined {
  const { collation } = element;
  if (collation === undefined) return undefined;
  const found = checkCollation(collation.name, collation.offset);
  if (!isCollatable(type)) throw new DbError('42804', `collations are not supported by type ${typeName(type.oid, backend.catalog().types)}`, { offset: collation.offset });
  return found;
}
export const isCollatable = (type: SqlType): boolean => [TypeOid.text, TypeOid.varchar, TypeOid.bpchar, TypeOid.name].includes(type.oid as never);

/** All collations order by code point. @throws DbError 0A000 */
export function checkCollation(name: string, offset: number): string | undefined {
  if (name === 'C' || name === 'POSIX' || name === 'ucs_basic') return name;
  if (name === 'default') return undefined;
  throw notSupported(`collation "${name}"`, offset);
}

function completeColumn(ddl: Ddl, table: TableDraft, position: number, element: ColumnDefinition): void {
  const update = (change: Partial<ColumnRecord>): void => {
    const columns = [...table.record.columns];
    columns[position] = { ...columns[position]!, ...change };
    table.record = { ...table.record, columns };
  };
  const column = table.record.columns[position]!;
  const type = sqlType(column.type, column.typmod);
  if (serialBase(element.type) !== undefined) {
    const sequence = ownedSequence(ddl, table, position, { isIdentity: false, type, options: [] });
    update({ default: nextvalText(sequence.oid), sequence: sequence.oid });
    if (element.constraints.some((c) => c.kind === 'default')) throw new DbError('42601', `multiple default values specified for column "${column.name}" of table "${table.record.name}"`, { offset: element.offset });
  }
  let valueSource: string | undefined;
  const claim = (what: string, offset: number): void => {
    if (valueSource === what && what !== 'generated') throw new DbError('42601', `multiple ${what === 'default' ? 'default values' : 'identity specifications'} specified for column "${column.name}" of table "${table.record.name}"`, { offset });
    if (valueSource !== undefined) throw new DbError('42601', `both ${valueSource} and ${what === 'generated' ? 'generation expression' : what} specified for column "${column.name}" of table "${table.record.name}"`, { offset });
    valueSource = what;
  };
  for (const constraint of element.constraints) {
    switch (constraint.kind) {
      case 'notNull':
      case 'nullable':
        break;
      case 'default':
        claim('default', constraint.offset);
        table.defaults.push({ column: position, expression: constraint.expression });
        break;
      case 'generated':
        claim('generated', constraint.offset);
        update({ generated: 'stored' });
        table.generated.push({ column: position, expression: constraint.expression });
        break;
      case 'identity': {
        claim('identity', constraint.offset);
        const sequence = ownedSequence(ddl, table, position, { isIdentity: true, type, options: constraint.options });
        update({ sequence: sequence.oid, generated: constraint.always ? 'identity always' : 'identity by default' });
        break;
      }
      case 'check':
        table.checks.push({ name: constraint.name, constraint: { ...constraint, kind: 'checkConstraint' } });
        break;
      case 'primaryKey':
      case 'unique':
        table.keys.push(keySpec(constraint, [column.name]));
        break;
      case 'references':
        table.foreignKeys.push({ ...constraint, kind: 'foreignKeyConstraint', columns: [{ name: column.name, offset: element.offset }] });
        break;
    }
  }
}

function keySpec(constraint: Extract<ColumnConstraint, { kind: 'primaryKey' | 'unique' }>, columns: readonly string[]): KeySpec {
  checkTablespace(constraint.parameters.tablespace);
  return {
    name: constraint.name, isPrimary: constraint.kind === 'primaryKey', columns, nullsNotDistinct: constraint.nullsNotDistinct,
    include: constraint.parameters.include.map((c) => c.name), options: constraint.parameters.options, attributes: constraint.attributes, offset: constraint.offset,
  };
}

/** Text of a DEFAULT after checking that it fits. @throws DbError 42804, 0A000 (a column in it) */
export function defaultText(ddl: Ddl, e: Parameters<typeof storedText>[1], column: string, type: SqlType): string | undefined {
  // Of a domain it hides the domain's own.
  if (e.kind === 'null' && typeInfo(type.oid, ddl.backend.catalog().types).kind !== 'domain') return undefined;
  const bound = bindOverRow(ddl.backend, undefined, e, 'DEFAULT expressions', type, `column "${column}"`);
  return storedText(ddl.backend, e, bound.expression);
}

/** Text of GENERATED ALWAYS AS ... STORED. @throws DbError 42P17 */
function generatedText(ddl: Ddl, table: Pick<TableRecord, 'name' | 'columns'>, e: Parameters<typeof storedText>[1], column: string, type: SqlType): string {
  const bound = bindOverRow(ddl.backend, table, e, 'column generation expressions', type, `column "${column}"`);
  for (const position of bound.columns) {
    const source = table.columns[position]!;
    if (source.generated === 'stored' || source.name === column) {
      throw new DbError('42P17', `cannot use generated column "${source.name}" in column generation expression`, { offset: placeOf(bound, position), detail: 'A generated column cannot reference another generated column.' });
    }
  }
  requireImmutable(ddl.backend, bound.expression, 'generation expression is not immutable');
  return storedText(ddl.backend, e, bound.expression);
}

export function checkIdentityType(type: number): void {
  if (type !== TypeOid.int2 && type !== TypeOid.int4 && type !== TypeOid.int8) throw new DbError('22023', 'identity column type must be smallint, integer, or bigint');
}

function ownedSequence(ddl: Ddl, table: TableDraft, column: number, spec: { readonly isIdentity: boolean; readonly type: SqlType; readonly options: Parameters<typeof makeSequence>[2] }): SequenceRecord {
  const { record } = table;
  const type = spec.type.oid;
  checkIdentityType(type);
  const named = spec.options.find((option) => option.kind === 'sequenceName');
  const taken = new Set([record.name, ...table.sequences.map((s) => s.name)]);
  const name = named?.kind === 'sequenceName' ? named.name.name : chooseRelationName(ddl.backend, record.schema, record.name, record.columns[column]!.name, 'seq', taken);
  const base = sequenceDefaults(ddl, { name, schema: record.schema, type, persistence: record.persistence });
  const made = makeSequence(ddl, base, spec.options);
  const sequence: SequenceRecord = { ...made, owner: { table: record.oid, column, isIdentity: spec.isIdentity } };
  table.sequences.push(sequence);
  return sequence;
}

// ---------------------------------------------------------------------------------------------------------------- constraints

export function addTableConstraint(table: TableDraft, element: TableConstraint): void {
  switch (element.kind) {
    case 'checkConstraint':
      table.checks.push({ name: element.name, constraint: element });
      return;
    case 'keyConstraint':
      checkTablespace(element.parameters.tablespace);
      table.keys.push({
        name: element.name, isPrimary: element.isPrimary, columns: element.columns.map((c) => c.name), nullsNotDistinct: element.nullsNotDistinct,
        include: element.parameters.include.map((c) => c.name), options: element.parameters.options, attributes: element.attributes, offset: element.offset,
      });
      return;
    case 'foreignKeyConstraint':
      table.foreignKeys.push(element);
      return;
    case 'excludeConstraint':
      throw notSupported('EXCLUDE constraint', element.offset);
  }
}

// ---------------------------------------------------------------------------------------------------------------- LIKE

async function addLike(ddl: Ddl, table: TableDraft, clause: LikeClause): Promise<void> {
  const { backend } = ddl;
  const source = await ddl.lockRelation(clause.table, 'access share');
  if (source.kind !== 'table' && source.kind !== 'view') throw new DbError('42809', `relation "${source.name}" is invalid in LIKE clause`, { offset: clause.offset });
  const included = new Set<string>();
  for (const { including, feature } of clause.options) {
    const features = feature === 'all' ? ['comments', 'constraints', 'defaults', 'generated', 'identity', 'indexes', 'statistics', 'storage', 'compression'] : [feature];
    for (const f of features) {
      if (including) included.add(f);
      else included.delete(f);
    }
  }
  if (source.kind === 'view') {
    for (const column of source.columns) {
      checkColumnName(table.record, column.name);
      table.record = { ...table.record, columns: [...table.record.columns, { name: column.name, type: column.type, typmod: column.typmod, notNull: false, isDropped: false }] };
    }
    return;
  }
  const positions = new Map<number, number>();
  source.columns.forEach((column, from) => {
    if (column.isDropped) return;
    checkColumnName(table.record, column.name);
    const position = table.record.columns.length;
    positions.set(from, position);
    const keepsDefault = column.generated === 'stored' ? included.has('generated') : column.generated === undefined && included.has('defaults');
    const copy: ColumnRecord = {
      name: column.name, type: column.type, typmod: column.typmod, collation: column.collation, notNull: column.notNull, isDropped: false,
      default: keepsDefault ? column.default : undefined, generated: column.generated === 'stored' && keepsDefault ? 'stored' : undefined,
      comment: included.has('comments') ? column.comment : undefined,
    };
    table.record = { ...table.record, columns: [...table.record.columns, copy] };
    if (column.generated !== undefined && column.generated !== 'stored' && included.has('identity')) {
      const sequence = ownedSequence(ddl, table, position, { isIdentity: true, type: sqlType(column.type), options: [] });
      const columns = [...table.record.columns];
      columns[position] = { ...copy, sequence: sequence.oid, generated: column.generated };
      table.record = { ...table.record, columns };
    }
  });
  if (included.has('constraints')) table.record = { ...table.record, checks: [...table.record.checks, ...source.checks.map((check) => ({ ...check, oid: ddl.newOid() }))] };
  if (included.has('indexes')) {
    for (const index of backend.draft.indexesOf(source.oid)) {
      if (index.constraint === undefined || index.columns.some((c) => c.column === undefined)) {
        table.likeIndexes.push({ index, positions });
        continue;
      }
      table.keys.push({
        name: undefined, isPrimary: index.constraint.isPrimary, columns: index.columns.map((c) => source.columns[c.column!]!.name), nullsNotDistinct: index.nullsNotDistinct,
        include: index.include.map((c) => source.columns[c]!.name), options: Object.entries(index.options ?? {}).map(([name, value]) => ({ namespace: undefined, name, value, offset: clause.offset })), offset: clause.offset,
        attributes: { deferrable: index.constraint.deferrable !== 'not deferrable', initiallyDeferred: index.constraint.deferrable === 'initially deferred', notValid: false, noInherit: false },
      });
    }
  }
}

/** A plain index of another table over the same columns of this one. */
function copyIndex(ddl: Ddl, table: TableRecord, index: IndexRecord, positions: ReadonlyMap<number, number>): IndexRecord {
  const columnNames = [...index.columns.map(({ column }) => column), ...index.include].map((column) => (column === undefined ? 'expr' : table.columns[positions.get(column)!]!.name));
  const copy: IndexRecord = {
    ...index, oid: ddl.newOid(), schema: table.schema, table: table.oid, tree: newTree(ddl), constraint: undefined,
    name: chooseRelationName(ddl.backend, table.schema, table.name, columnsForName(columnNames), 'idx'),
    columns: index.columns.map((column) => ({ ...column, column: column.column === undefined ? undefined : positions.get(column.column) })),
    include: index.include.map((column) => positions.get(column)!),
  };
  ddl.draft.put(copy);
  return copy;
}
