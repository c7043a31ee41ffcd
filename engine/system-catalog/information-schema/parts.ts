/** What the views of information_schema have in common: how the standard describes a type, and which constraints there are. */
import { TypeOid, formatType, intervalPrecision, numericPrecision, numericScale, typeInfo, typeName, varcharLength, type SqlType } from '../../../base/types.js';
import type { Backend } from '../../backend.js';
import type { CheckRecord, ForeignKeyRecord, TableRecord, ViewRecord } from '../../catalog/catalog-objects.js';
import { relations } from '../relations.js';
import { collationOids, typeCollation } from '../type-shape.js';
import type { VirtualRow } from '../virtual-table.js';

export const yesNo = (value: boolean): string => (value ? 'YES' : 'NO');
export const schemaOf = (backend: Backend, record: { readonly schema: number }): string => backend.definitions().schemaName(record.schema);

const isInterval = (type: SqlType): boolean => type.oid === TypeOid.interval;
const datetimePrecision = (type: SqlType): number => (isInterval(type) ? intervalPrecision(type.typmod) : type.typmod < 0 ? 6 : type.typmod);

/** The fields that an interval is restricted to. */
function intervalType(type: SqlType): string | null {
  const fields = formatType(type).replace(/^interval[()0-9]* ?/, '');
  return fields === '' ? null : fields.toUpperCase();
}

/** The n of a type of texts or of bits, null where there is none. */
function maximumLength({ oid, typmod }: SqlType): number | null {
  if (typmod < 0) return null;
  if (oid === TypeOid.bit || oid === TypeOid.varbit) return typmod;
  return oid === TypeOid.varchar || oid === TypeOid.bpchar ? varcharLength(typmod) : null;
}
const isText = ({ oid }: SqlType): boolean => oid === TypeOid.text || oid === TypeOid.varchar || oid === TypeOid.bpchar;

/** How the standard describes a type. A domain is described as the type that it is over, which may be a domain and is then no further described. */
export function typeColumns(backend: Backend, type: SqlType): VirtualRow {
  const info = typeInfo(type.oid, backend.definitions().types);
  if (info.kind !== 'domain') return { ...plainTypeColumns(backend, type), domain_catalog: null, domain_schema: null, domain_name: null };
  return { ...plainTypeColumns(backend, info.baseType!), domain_catalog: backend.system.currentDatabase(), domain_schema: info.schema, domain_name: info.name };
}
/** The same for what a domain is over. */
export function plainTypeColumns(backend: Backend, type: SqlType): VirtualRow {
  const { types } = backend.definitions();
  const info = typeInfo(type.oid, types);
  const numeric: Readonly<Record<number, number>> = { [TypeOid.int2]: 16, [TypeOid.int4]: 32, [TypeOid.int8]: 64, [TypeOid.float4]: 24, [TypeOid.float8]: 53 };
  const bits = numeric[type.oid];
  const isNumeric = type.oid === TypeOid.numeric && type.typmod >= 0;
  const isTime = [TypeOid.time, TypeOid.timetz, TypeOid.timestamp, TypeOid.timestamptz, TypeOid.interval].includes(type.oid as never);
  const length = maximumLength(type);
  const isInteger = bits !== undefined && type.oid !== TypeOid.float4 && type.oid !== TypeOid.float8;
  return {
    data_type: info.kind === 'array' ? 'ARRAY' : type.oid < 16384 ? typeName(type.oid, types) : 'USER-DEFINED', character_maximum_length: length,
    character_octet_length: isText(type) ? (length === null ? 1073741824 : length * 4) : null, numeric_precision: bits ?? (isNumeric ? numericPrecision(type.typmod) : null),
    numeric_precision_radix: bits !== undefined ? 2 : type.oid === TypeOid.numeric ? 10 : null, numeric_scale: isInteger ? 0 : isNumeric ? numericScale(type.typmod) : null,
    datetime_precision: isTime ? datetimePrecision(type) : type.oid === TypeOid.date ? 0 : null, interval_type: isInterval(type) ? intervalType(type) : null,
    udt_catalog: backend.system.currentDatabase(), udt_schema: info.schema, udt_name: info.name,
  };
}

/** A domain that is NOT NULL itself: of what it is over the view says nothing. */
export function domainRefusesNull(backend: Backend, type: number): boolean {
  const record = backend.draft.ownerOfType(type);
  return record?.kind === 'type' && record.oid === type && record.detail.kind === 'domain' && record.detail.notNull;
}

/** The collation of what has a type, if it is not the default one. `collation`: its own, where it has one. */
export function collationColumns(backend: Backend, type: number, collation: string | undefined): VirtualRow {
  const oid = collation === undefined ? typeCollation(type, backend) : collationOids[collation];
  if (oid === undefined || oid === 0 || oid === collationOids['default']) return {};
  return { collation_catalog: backend.system.currentDatabase(), collation_schema: 'pg_catalog', collation_name: collation ?? Object.keys(collationOids).find((name) => collationOids[name] === oid)! };
}

export interface NamedConstraint {
  readonly table: TableRecord;
  readonly name: string;
  readonly type: 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY' | 'CHECK';
  /** Of a key; what a check reads is not looked up until it is asked for. */
  readonly columns: readonly number[];
  readonly deferrable: string;
  readonly key: ForeignKeyRecord | undefined;
  readonly check: CheckRecord | undefined;
  /** The column of NOT NULL, which counts as a check in the standard. */
  readonly notNull: string | undefined;
}

export function* constraints(backend: Backend): Iterable<NamedConstraint> {
  for (const table of relations(backend)) {
    if (table.kind !== 'table') continue;
    const none = { table, columns: [], deferrable: 'not deferrable', key: undefined, check: undefined, notNull: undefined };
    for (const { name, constraint, columns } of backend.draft.indexesOf(table.oid)) {
      if (constraint !== undefined) yield { ...none, name, type: constraint.isPrimary ? 'PRIMARY KEY' : 'UNIQUE', columns: columns.map((c) => c.column!), deferrable: constraint.deferrable };
    }
    for (const key of table.foreignKeys) yield { ...none, name: key.name, type: 'FOREIGN KEY', columns: key.columns, deferrable: key.deferrable, key };
    for (const check of table.checks) yield { ...none, name: check.name, type: 'CHECK', check };
    for (const [i, column] of table.columns.entries()) if (column.notNull && !column.isDropped) yield { ...none, name: `${table.schema}_${table.oid}_${i + 1}_not_null`, type: 'CHECK', notNull: column.name };
  }
}

/** The columns of tables and views that are there. */
export function* columnsOfRelations(backend: Backend): Iterable<{ readonly relation: TableRecord | ViewRecord; readonly column: { readonly name: string; readonly type: number; readonly typmod: number }; readonly position: number }> {
  for (const relation of relations(backend)) {
    if (relation.kind !== 'table' && relation.kind !== 'view') continue;
    if (relation.kind === 'table' && relation.view !== undefined) continue;
    for (const [position, column] of relation.columns.entries()) if (!('isDropped' in column && column.isDropped)) yield { relation, column, position };
  }
}
