/**
 * Constraints of tables: adding CHECK, PRIMARY KEY, UNIQUE and FOREIGN KEY, with validation of rows that are there. Names nobody gave follow
 * PostgreSQL: table_column_check, table_pkey, table_columns_key, table_columns_fkey.
 */
import type { Datum } from '../../base/datum.js';
import { DbError, notSupported } from '../../base/errors.js';
import { sqlType, typeName } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import { convertKeyValue } from '../../executor/key-conversion.js';
import { missingParent, mixedMatchFull } from '../../executor/row-errors.js';
import { encodeKey, KeyLayout } from '../../base/keycode.js';
import { ByteBuffer } from '../../base/byte-buffer.js';
import { keyString } from '../../base/bytes.js';
import { tableAccess } from '../../executor/table-access.js';
import { afterPrefix } from '../../mvcc/types.js';
import type { ConstraintAttributes, DefinitionOption, TableConstraint } from '../../parser/ast.js';
import { canReference, isOrdered } from './operators.js';
import type { CheckRecord, Deferral, ForeignKeyRecord, IndexRecord, TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { bindOverRow, ddlRuntime, storedText } from './expressions.js';
import { chooseRelationName, columnsForName, makeObjectName, requireColumn } from './names.js';
import { newOptions } from './storage-parameters.js';
import { buildIndex, forEachRow, newTree, tableDef } from './table-storage.js';

type Check = Extract<TableConstraint, { kind: 'checkConstraint' }>;
type ForeignKey = Extract<TableConstraint, { kind: 'foreignKeyConstraint' }>;

export function deferralOf(attributes: ConstraintAttributes): Deferral {
  return attributes.initiallyDeferred ? 'initially deferred' : attributes.deferrable ? 'initially immediate' : 'not deferrable';
}

/** Names of all constraints of a table. */
export function constraintNames(ddl: Ddl, table: TableRecord): Set<string> {
  const names = new Set<string>([...table.checks.map((c) => c.name), ...table.foreignKeys.map((k) => k.name)]);
  for (const index of ddl.draft.indexesOf(table.oid)) if (index.constraint !== undefined) names.add(index.name);
  return names;
}

function claimName(ddl: Ddl, table: TableRecord, name: string | undefined, name2: string | undefined, label: string): string {
  const taken = constraintNames(ddl, table);
  if (name !== undefined) {
    if (taken.has(name)) throw new DbError('42710', `constraint "${name}" for relation "${table.name}" already exists`);
    return name;
  }
  for (let n = 0; ; n++) {
    const chosen = makeObjectName(table.name, name2, n === 0 ? label : `${label}${n}`);
    if (!taken.has(chosen)) return chosen;
  }
}

const tableOf = (ddl: Ddl, oid: number): TableRecord => ddl.draft.get(oid) as TableRecord;

// ---------------------------------------------------------------------------------------------------------------- CHECK

/** Adds the constraint to the record without looking at rows; it is named after the one column it reads, wherever it is written. @returns its record */
export function addCheck(ddl: Ddl, oid: number, name: string | undefined, constraint: Check): CheckRecord {
  const table = tableOf(ddl, oid);
  const bound = bindOverRow(ddl.backend, table, constraint.expression, 'check constraints', 'boolean', 'CHECK');
  const only = bound.columns.length === 1 ? table.columns[bound.columns[0]!]!.name : undefined;
  const check: CheckRecord = {
    oid: ddl.newOid(), name: claimName(ddl, table, name ?? constraint.name, only, 'check'), expression: storedText(ddl.backend, constraint.expression, bound.expression),
    validated: !constraint.attributes.notValid, noInherit: constraint.attributes.noInherit || undefined,
  };
  ddl.draft.put({ ...table, checks: [...table.checks, check] });
  return check;
}

/** @throws DbError 23514 when a row violates the check */
export async function validateCheck(ddl: Ddl, oid: number, check: CheckRecord): Promise<void> {
  const table = tableDef(ddl, oid);
  const definition = table.checks.find((candidate) => candidate.name === check.name)!;
  const { expression, row: columns, binder } = bindOverRow(ddl.backend, tableOf(ddl, oid), definition.expression, 'check constraints', 'boolean', 'CHECK');
  const runtime = ddlRuntime(ddl.backend, binder.columnCount);
  await forEachRow(ddl, table, (row) => {
    for (const { id, column } of columns) runtime.registers[id] = row[column]!;
    if (evaluate(expression, runtime) === false) {
      throw new DbError('23514', `check constraint "${check.name}" of relation "${table.name}" is violated by some row`, { schema: table.schema, table: table.name, constraint: check.name });
    }
  });
}

/** @throws DbError 23502 when a row has NULL there */
export async function validateNotNull(ddl: Ddl, oid: number, columns: readonly number[]): Promise<void> {
  if (columns.length === 0) return;
  const table = tableDef(ddl, oid);
  await forEachRow(ddl, table, (row) => {
    for (const column of columns) {
      if (row[column] === null) {
        const { name } = table.columns[column]!;
        throw new DbError('23502', `column "${name}" of relation "${table.name}" contains null values`, { schema: table.schema, table: table.name, column: name });
      }
    }
  });
}

// ---------------------------------------------------------------------------------------------------------------- keys

/** A PRIMARY KEY or UNIQUE to be made. */
export interface KeySpec {
  readonly name: string | undefined;
  readonly isPrimary: boolean;
  readonly columns: readonly string[];
  readonly nullsNotDistinct: boolean;
  readonly include: readonly string[];
  readonly options: readonly DefinitionOption[];
  readonly attributes: ConstraintAttributes;
  readonly offset: number;
}

/**
 * Adds the index record of a key constraint; trees are the caller's business. With `mayCluster` a primary key becomes the table's own tree.
 * @returns undefined when an equal key is there already @throws DbError 42P16, 42703, 42701
 */
export function addKey(ddl: Ddl, oid: number, key: KeySpec, mayCluster: boolean): IndexRecord | undefined {
  const table = tableOf(ddl, oid);
  const existing = ddl.draft.indexesOf(oid);
  if (key.isPrimary && existing.some((index) => index.constraint?.isPrimary === true)) {
    throw new DbError('42P16', `multiple primary keys for table "${table.name}" are not allowed`, mayCluster ? { offset: key.offset } : {});
  }
  const what = key.isPrimary ? 'primary key' : 'unique';
  const columns = key.columns.map((name) => {
    const found = table.columns.findIndex((column) => column.name === name && !column.isDropped);
    if (found < 0) throw new DbError('42703', `column "${name}" named in key does not exist`, { offset: key.offset });
    return found;
  });
  columns.forEach((column, i) => {
    if (columns.indexOf(column) !== i) throw new DbError('42701', `column "${key.columns[i]!}" appears twice in ${what} constraint`, { offset: key.offset });
  });
  if (columns.length > 32) throw new DbError('54011', 'cannot use more than 32 columns in an index');
  const include = key.include.map((name) => requireColumn(table, name));
  const deferrable = deferralOf(key.attributes);
  const same = existing.find((index) => index.constraint !== undefined && index.constraint.deferrable === deferrable && index.predicate === undefined && index.include.length === 0 && include.length === 0
    && index.columns.length === columns.length && index.columns.every((column, i) => column.column === columns[i]));
  if (mayCluster && same !== undefined && key.name === undefined && !key.isPrimary) return undefined;
  const name = keyName(ddl, table, key);
  const isClustered = mayCluster && key.isPrimary && deferrable === 'not deferrable' && include.length === 0;
  const index: IndexRecord = {
    kind: 'index', oid: ddl.newOid(), schema: table.schema, name, table: oid, tree: isClustered ? table.tree : newTree(ddl),
    columns: columns.map((column) => {
      const { type, typmod, collation } = table.columns[column]!;
      checkIndexable(ddl, type);
      return { column, type, typmod, collation, descending: false, nullsFirst: false };
    }),
    include, isUnique: true, nullsNotDistinct: key.nullsNotDistinct, constraint: { oid: ddl.newOid(), isPrimary: key.isPrimary, deferrable }, options: newOptions(key.options, 'btree'),
  };
  ddl.draft.put(index);
  if (isClustered) ddl.draft.put({ ...table, clusteredBy: index.oid });
  return index;
}

function keyName(ddl: Ddl, table: TableRecord, key: KeySpec): string {
  const taken = constraintNames(ddl, table);
  if (key.name !== undefined) {
    if (ddl.draft.find('relation', table.schema, key.name) !== undefined) throw new DbError('42P07', `relation "${key.name}" already exists`);
    if (taken.has(key.name)) throw new DbError('42710', `constraint "${key.name}" for relation "${table.name}" already exists`);
    return key.name;
  }
  return key.isPrimary
    ? chooseRelationName(ddl.backend, table.schema, table.name, undefined, 'pkey', taken)
    : chooseRelationName(ddl.backend, table.schema, table.name, columnsForName(key.columns), 'key', taken);
}

/** @throws DbError 42704 for types that have no order */
export function checkIndexable(ddl: Ddl, type: number): void {
  const { types } = ddl.backend.catalog();
  if (!isOrdered(type, types)) {
    throw new DbError('42704', `data type ${typeName(type, types)} has no default operator class for access method "btree"`, {
      hint: 'You must specify an operator class for the index or define a default operator class for the data type.',
    });
  }
}

/** A key constraint on a table with rows: columns of a primary key become NOT NULL, the index is built. */
export async function addKeyToRows(ddl: Ddl, oid: number, key: KeySpec): Promise<void> {
  const index = addKey(ddl, oid, key, false)!;
  if (key.isPrimary) {
    const table = tableOf(ddl, oid);
    const columns = index.columns.map((column) => column.column!);
    const nullable = columns.filter((column) => !table.columns[column]!.notNull);
    await validateNotNull(ddl, oid, nullable);
    ddl.draft.put({ ...table, columns: table.columns.map((column, i) => (columns.includes(i) ? { ...column, notNull: true } : column)) });
  }
  await buildIndex(ddl, oid, index.oid);
}

// ---------------------------------------------------------------------------------------------------------------- FOREIGN KEY

/** Adds a foreign key and, when `validate` says so, checks the rows there are. @throws DbError 42830, 42804, 42P01, 23503 */
export async function addForeignKey(ddl: Ddl, oid: number, constraint: ForeignKey, validate: boolean): Promise<void> {
  const { references } = constraint;
  const child = tableOf(ddl, oid);
  const isSelf = references.table.name === child.name && (references.table.schema === undefined || ddl.backend.catalog().schemaOid(references.table.schema) === child.schema);
  const found = isSelf ? child : await ddl.lockRelation(references.table, 'share row exclusive');
  if (found.kind !== 'table' || found.view !== undefined) throw new DbError('42809', `referenced relation "${found.name}" is not a table`, { offset: references.offset });
  const parent = tableOf(ddl, found.oid);
  if (child.persistence !== 'temporary' && parent.persistence === 'temporary') throw new DbError('42P16', 'constraints on permanent tables may reference only permanent tables');
  if (child.persistence === 'temporary' && parent.persistence !== 'temporary') throw new DbError('42P16', 'constraints on temporary tables may reference only temporary tables');
  if (references.match === 'partial') throw notSupported('MATCH PARTIAL', references.offset);
  const columns = constraint.columns.map((column) => keyColumn(child, column.name));
  const { index, parentColumns } = findParentKey(ddl, parent, references.columns.map((column) => keyColumn(parent, column.name)), references.columns.length === 0);
  if (columns.length !== parentColumns.length) throw new DbError('42830', 'number of referencing and referenced columns for foreign key disagree');
  const name = claimName(ddl, child, constraint.name, columnsForName(columns.map((column) => child.columns[column]!.name)), 'fkey');
  columns.forEach((column, i) => checkKeyTypes(ddl, child, column, parent, parentColumns[i]!, name, index));
  const onDeleteColumns = references.onDeleteColumns.map((column) => {
    const position = keyColumn(child, column.name);
    if (!columns.includes(position)) throw new DbError('42P10', `column "${column.name}" referenced in ON DELETE SET action must be part of foreign key`, { offset: column.offset });
    return position;
  });
  for (const position of columns) {
    if (child.columns[position]!.generated !== 'stored') continue;
    if (references.onDelete === 'set null' || references.onDelete === 'set default') throw new DbError('42601', `invalid ON DELETE action for foreign key constraint containing generated column`);
    if (references.onUpdate !== 'no action' && references.onUpdate !== 'restrict') throw new DbError('42601', `invalid ON UPDATE action for foreign key constraint containing generated column`);
  }
  const record: ForeignKeyRecord = {
    oid: ddl.newOid(), name, columns, parent: parent.oid, parentColumns, parentIndex: index.oid, match: references.match, onDelete: references.onDelete, onUpdate: references.onUpdate,
    onDeleteColumns: onDeleteColumns.length === 0 ? undefined : onDeleteColumns, deferrable: deferralOf(constraint.attributes), validated: !constraint.attributes.notValid,
  };
  ddl.draft.put({ ...child, foreignKeys: [...child.foreignKeys, record] });
  if (validate && record.validated) await validateForeignKey(ddl, oid, record);
}

function keyColumn(table: TableRecord, name: string): number {
  const found = table.columns.findIndex((column) => column.name === name && !column.isDropped);
  if (found < 0) throw new DbError('42703', `column "${name}" referenced in foreign key constraint does not exist`);
  return found;
}

/** The unique index of the parent over exactly these columns, and the columns in its order... of the declaration. */
function findParentKey(ddl: Ddl, parent: TableRecord, columns: readonly number[], usePrimary: boolean): { readonly index: IndexRecord; readonly parentColumns: readonly number[] } {
  const indexes = ddl.draft.indexesOf(parent.oid);
  if (usePrimary) {
    const primary = indexes.find((index) => index.constraint?.isPrimary === true);
    if (primary === undefined) throw new DbError('42704', `there is no primary key for referenced table "${parent.name}"`);
    return { index: primary, parentColumns: primary.columns.map((column) => column.column!) };
  }
  if (new Set(columns).size !== columns.length) throw new DbError('42830', 'foreign key referenced-columns list must not contain duplicates');
  let deferrable = false;
  for (const index of indexes) {
    if (!index.isUnique || index.predicate !== undefined || index.columns.length !== columns.length || !index.columns.every((column) => column.column !== undefined && columns.includes(column.column))) continue;
    if (index.constraint !== undefined && index.constraint.deferrable !== 'not deferrable') {
      deferrable = true;
      continue;
    }
    return { index, parentColumns: columns };
  }
  if (deferrable) throw new DbError('55000', `cannot use a deferrable unique constraint for referenced table "${parent.name}"`);
  throw new DbError('42830', `there is no unique constraint matching given keys for referenced table "${parent.name}"`);
}

function checkKeyTypes(ddl: Ddl, child: TableRecord, childColumn: number, parent: TableRecord, parentColumn: number, name: string, index: IndexRecord): void {
  const { types } = ddl.backend.catalog();
  const from = child.columns[childColumn]!;
  const to = parent.columns[parentColumn]!;
  const key = index.columns.find((column) => column.column === parentColumn)!;
  if (!canReference(from.type, key, types)) {
    throw new DbError('42804', `foreign key constraint "${name}" cannot be implemented`, {
      detail: `Key columns "${from.name}" and "${to.name}" are of incompatible types: ${typeName(from.type, types)} and ${typeName(to.type, types)}.`,
    });
  }
}

/** The foreign keys of a table and of others to it, where a column's type has changed: whether its values can still be compared, and whether they still agree. */
export async function checkForeignKeysAgain(ddl: Ddl, oid: number, position: number): Promise<void> {
  const parents = tableOf(ddl, oid).foreignKeys.filter((key) => key.columns.includes(position)).map((key) => ({ child: oid, key }));
  const children = ddl.draft.childrenOf(oid).flatMap((child) => child.foreignKeys.filter((key) => key.parent === oid && key.parentColumns.includes(position)).map((key) => ({ child: child.oid, key })));
  for (const { child, key } of [...parents, ...children]) {
    for (const other of [child, key.parent]) if (other !== oid) await ddl.lock(other, 'share row exclusive');
    const index = ddl.draft.get(key.parentIndex) as IndexRecord;
    key.columns.forEach((column, i) => checkKeyTypes(ddl, tableOf(ddl, child), column, tableOf(ddl, key.parent), key.parentColumns[i]!, key.name, index));
    if (key.validated) await validateForeignKey(ddl, child, key);
  }
}

/** @throws DbError 23503 for the first row without parent */
export async function validateForeignKey(ddl: Ddl, oid: number, key: ForeignKeyRecord): Promise<void> {
  const { backend, tx } = ddl;
  const child = tableDef(ddl, oid);
  const parent = tableDef(ddl, key.parent);
  const definition = child.foreignKeys.find((candidate) => candidate.name === key.name)!;
  const access = tableAccess(parent, backend.instance.manager, backend.definitions().types).useLayout();
  const index = access.indexes.find((candidate) => candidate.definition.oid === key.parentIndex)!;
  const layout = new KeyLayout(index.definition.columns, backend.definitions().types);
  const order = index.definition.columns.map((column) => key.parentColumns.indexOf(column.column!));
  const ctx = backend.context(ddl.call.deadlineMs);
  const out = new ByteBuffer(64);
  await forEachRow(ddl, child, (row) => {
    const values = key.columns.map((column): Datum => row[column] ?? null);
    if (key.match === 'simple' ? values.includes(null) : values.every((value) => value === null)) return;
    if (values.includes(null)) throw mixedMatchFull(definition, child);
    const converted = order.map((i): Datum | undefined => convertKeyValue(values[i]!, sqlType(child.columns[key.columns[i]!]!.type.oid), parent.columns[key.parentColumns[i]!]!.type, ctx));
    if (!converted.includes(undefined)) {
      out.length = 0;
      encodeKey(layout, converted as Datum[], out);
      const low = keyString(out.bytes, 0, out.length);
      if (tx.probeLatest(index.tree, { low, high: afterPrefix(low) })) return;
    }
    throw missingParent(definition, child, parent, values, ctx);
  });
}
