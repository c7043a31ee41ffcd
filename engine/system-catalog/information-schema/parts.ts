/** What the views of information_schema have in common: how the standard describes a type, and which constraints there are. */
import { TypeOid, baseTypeOf, numericPrecision, numericScale, typeInfo, typeName, varcharLength, type SqlType } from '../../../base/types.js';
import type { Backend } from '../../backend.js';
import type { CheckRecord, ForeignKeyRecord, TableRecord, ViewRecord } from '../../catalog/catalog-objects.js';
import { relations } from '../relations.js';
import type { VirtualRow } from '../virtual-table.js';

export const yesNo = (value: boolean): string => (value ? 'YES' : 'NO');
export const schemaOf = (backend: Backend, record: { readonly schema: number }): string => backend.definitions().schemaName(record.schema);

/** Of an interval the digits are the lower half of the modifier; all ones is none given. */
function datetimePrecision({ oid, typmod }: SqlType): number {
  const digits = oid === TypeOid.interval ? typmod & 0xffff : typmod;
  return typmod < 0 || digits === 0xffff ? 6 : digits;
}

/** How the standard describes a type. */
export function typeColumns(backend: Backend, type: SqlType): VirtualRow {
  const { types } = backend.definitions();
  const info = typeInfo(type.oid, types);
  const base = baseTypeOf(type, types);
  const baseInfo = typeInfo(base.oid, types);
  const catalog = backend.system.currentDatabase();
  const numeric: Readonly<Record<number, number>> = { [TypeOid.int2]: 16, [TypeOid.int4]: 32, [TypeOid.int8]: 64, [TypeOid.float4]: 24, [TypeOid.float8]: 53 };
  const bits = numeric[base.oid];
  const isNumeric = base.oid === TypeOid.numeric && base.typmod >= 0;
  const isTime = [TypeOid.time, TypeOid.timetz, TypeOid.timestamp, TypeOid.timestamptz, TypeOid.interval].includes(base.oid as never);
  const isChar = base.oid === TypeOid.varchar || base.oid === TypeOid.bpchar;
  const length = isChar && base.typmod >= 0 ? varcharLength(base.typmod) : null;
  const isInteger = bits !== undefined && base.oid !== TypeOid.float4 && base.oid !== TypeOid.float8;
  return {
    data_type: baseInfo.kind === 'array' ? 'ARRAY' : base.oid < 16384 ? typeName(base.oid, types) : 'USER-DEFINED', character_maximum_length: length,
    character_octet_length: base.oid === TypeOid.text || isChar ? (length === null ? 1073741824 : length * 4) : null, numeric_precision: bits ?? (isNumeric ? numericPrecision(base.typmod) : null),
    numeric_precision_radix: bits !== undefined ? 2 : base.oid === TypeOid.numeric ? 10 : null, numeric_scale: isInteger ? 0 : isNumeric ? numericScale(base.typmod) : null,
    datetime_precision: isTime ? datetimePrecision(base) : base.oid === TypeOid.date ? 0 : null, domain_catalog: info.kind === 'domain' ? catalog : null, domain_schema: info.kind === 'domain' ? info.schema : null,
    domain_name: info.kind === 'domain' ? info.name : null, udt_catalog: catalog, udt_schema: baseInfo.schema, udt_name: baseInfo.name,
  };
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
