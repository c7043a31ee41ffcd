/** Finding objects by name for DDL, choosing names nobody gave, and the words of errors about them. */
import { DbError } from '../../base/errors.js';
import type { QualifiedName } from '../../parser/ast.js';
import type { Backend } from '../backend.js';
import type { RelationRecord, SchemaRecord, TableRecord, TypeRecord } from '../catalog/catalog-objects.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import { refuseOtherDatabase } from '../../planner/binder-types.js';

/** Longest identifier in bytes, as in PostgreSQL. */
const NameBytesMax = 63;

export function nameText(name: QualifiedName): string {
  return name.schema === undefined ? name.name : `${name.schema}.${name.name}`;
}

/** @throws DbError 3F000 */
export function schemaByName(backend: Backend, name: string, offset?: number): SchemaRecord {
  const oid = backend.catalog().schemaOid(name);
  const record = oid === undefined ? undefined : backend.draft.get(oid);
  if (record?.kind !== 'schema') throw new DbError('3F000', `schema "${name}" does not exist`, { offset });
  return record;
}

/** @throws DbError 0A000 for a name in another database */
function checkCatalog(backend: Backend, name: QualifiedName): void {
  if (name.catalog !== undefined) refuseOtherDatabase(backend.system.currentDatabase(), name.catalog, `"${name.catalog}.${nameText(name)}"`);
}

/** The schema in which CREATE puts an object of this name. @throws DbError 3F000, 42501 */
export function creationSchema(backend: Backend, name: QualifiedName): SchemaRecord {
  const catalog = backend.catalog();
  checkCatalog(backend, name);
  if (name.schema === undefined) {
    const oid = catalog.creationSchema();
    if (oid === undefined) throw new DbError('3F000', 'no schema has been selected to create in');
    return backend.draft.get(oid) as SchemaRecord;
  }
  const schema = schemaByName(backend, name.schema, name.offset);
  if (schema.oid === SchemaOid.pgCatalog || schema.oid === SchemaOid.informationSchema) {
    throw new DbError('42501', `permission denied to create "${nameText(name)}"`, { detail: 'System catalog modifications are currently disallowed.' });
  }
  return schema;
}

/** A relation of any kind that has rows or entries, undefined when there is none. System tables and composite types are refused. @throws DbError 42501, 42809 */
export function findRelation(backend: Backend, name: QualifiedName): RelationRecord | undefined {
  const catalog = backend.catalog();
  checkCatalog(backend, name);
  if (name.schema !== undefined) schemaOrMissing(backend, name);
  const record = catalog.relationRecord(name.schema, name.name);
  if (record === undefined) {
    const system = catalog.relation(name.schema, name.name);
    if (system !== undefined) throw new DbError('42501', `permission denied: "${name.name}" is a system catalog`);
    if (catalog.compositeRecord(name.schema, name.name) !== undefined) throw new DbError('42809', `"${name.name}" is a composite type`);
  }
  return record;
}
function schemaOrMissing(backend: Backend, name: QualifiedName): void {
  if (!backend.catalog().schemaExists(name.schema!)) throw new DbError('3F000', `schema "${name.schema!}" does not exist`);
}

/** @throws DbError 42P01 */
function requireRelation(backend: Backend, name: QualifiedName): RelationRecord {
  const record = findRelation(backend, name);
  if (record === undefined) throw new DbError('42P01', `relation "${nameText(name)}" does not exist`);
  return record;
}

/** A plain table. @throws DbError 42P01, 42809 */
export function resolveTable(backend: Backend, name: QualifiedName): TableRecord {
  const record = requireRelation(backend, name);
  if (record.kind !== 'table' || record.view !== undefined) throw notA(record, 'table');
  return record;
}

export function notA(record: RelationRecord, wanted: string): DbError {
  return new DbError('42809', `"${record.name}" is not ${/^[aeiou]/.test(wanted) ? 'an' : 'a'} ${wanted}`);
}

/** Whether a type is the multirange that came with a range type. */
export function isMultirangeOf({ detail }: TypeRecord, type: number): boolean {
  return detail.kind === 'range' && detail.multirange === type;
}

/** @throws DbError 42P07 when the schema has a relation of this name */
export function checkRelationName(backend: Backend, schema: number, name: string): void {
  if (backend.draft.find('relation', schema, name) !== undefined) throw new DbError('42P07', `relation "${name}" already exists`);
  const type = backend.draft.find('type', schema, name);
  const record = type === undefined ? undefined : backend.draft.get(type);
  if (record?.kind === 'type' && record.detail.kind === 'composite') throw new DbError('42P07', `relation "${name}" already exists`);
  if (type !== undefined || backend.draft.rangeOfMultirange(schema, name) !== undefined) throw new DbError('42710', `type "${name}" already exists`, { hint: 'A relation has an associated type of the same name, so you must use a name that doesn\'t conflict with any existing type.' });
}

const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Cuts a name to `max` bytes at a character boundary. */
function clipName(name: string, max = NameBytesMax): string {
  let clipped = name;
  while (byteLength(clipped) > max) clipped = [...clipped].slice(0, -1).join('');
  return clipped;
}

/** `name1_name2_label`, the names shortened evenly until it fits; PostgreSQL's makeObjectName. */
export function makeObjectName(name1: string, name2: string | undefined, label: string): string {
  const overhead = (label === '' ? 0 : byteLength(label) + 1) + (name2 === undefined ? 0 : 1);
  const available = NameBytesMax - overhead;
  let length1 = byteLength(name1);
  let length2 = name2 === undefined ? 0 : byteLength(name2);
  while (length1 + length2 > available) {
    if (length1 > length2) length1--;
    else length2--;
  }
  const parts = [clipName(name1, length1)];
  if (name2 !== undefined) parts.push(clipName(name2, length2));
  if (label !== '') parts.push(label);
  return parts.join('_');
}

/** The first of `base_label`, `base_label1`, ... that no relation of the schema has. */
export function chooseRelationName(backend: Backend, schema: number, name1: string, name2: string | undefined, label: string, taken: ReadonlySet<string> = new Set()): string {
  for (let n = 0; ; n++) {
    const name = makeObjectName(name1, name2, n === 0 ? label : `${label}${n}`);
    if (backend.draft.find('relation', schema, name) === undefined && !taken.has(name)) return name;
  }
}

/** The columns of an index in its default name: at most what fits; PostgreSQL's ChooseIndexNameAddition. */
export function columnsForName(columns: readonly string[]): string {
  let joined = '';
  for (const column of columns) {
    if (joined !== '') joined += '_';
    joined += clipName(column);
    if (byteLength(joined) >= NameBytesMax) break;
  }
  return joined;
}

export function columnIndex(table: TableRecord, name: string): number {
  return table.columns.findIndex((column) => column.name === name && !column.isDropped);
}

/** @throws DbError 42703 */
export function requireColumn(table: TableRecord, name: string): number {
  const found = columnIndex(table, name);
  if (found < 0) throw new DbError('42703', `column "${name}" of relation "${table.name}" does not exist`);
  return found;
}
