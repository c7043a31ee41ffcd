/** Which columns hold values of a type, and what may not be done to the type while they do. */
import { DbError } from '../../base/errors.js';
import { typeInfo, type TypeRegistry } from '../../base/types.js';
import type { TableRecord } from '../catalog-objects.js';
import type { Ddl } from './ddl.js';

/** Whether values of `type` are values of `used` or of domains over it, or hold some. */
export function useOf(used: number, type: number, types: TypeRegistry): 'direct' | 'inside' | 'no' {
  if (type === used) return 'direct';
  const info = typeInfo(type, types);
  if (info.kind === 'domain') return useOf(used, info.baseType!.oid, types);
  const parts = info.kind === 'array' ? [info.elementOid] : info.kind === 'composite' ? (info.attributes ?? []).map((attribute) => attribute.type.oid) : info.kind === 'range' || info.kind === 'multirange' ? [info.subtypeOid] : [];
  return parts.some((part) => part !== 0 && part !== type && useOf(used, part, types) !== 'no') ? 'inside' : 'no';
}

function* columnsUsing(ddl: Ddl, used: number): Generator<{ readonly table: TableRecord; readonly position: number }> {
  const { types } = ddl.backend.catalog();
  for (const table of ddl.draft.all()) {
    if (table.kind !== 'table') continue;
    for (const [position, column] of table.columns.entries()) if (!column.isDropped && useOf(used, column.type, types) !== 'no') yield { table, position };
  }
}

/** A change that would alter every stored value of a composite type. @throws DbError 0A000 when some column has such values */
export function refuseWhereStored(ddl: Ddl, type: number, name: string): void {
  for (const { table, position } of columnsUsing(ddl, type)) throw new DbError('0A000', `cannot alter type "${name}" because column "${table.name}.${table.columns[position]!.name}" uses it`);
}

/** The same for the row type of a table. */
export function refuseWhereRowStored(ddl: Ddl, table: TableRecord): void {
  for (const { table: other, position } of columnsUsing(ddl, table.rowType)) {
    if (other.oid !== table.oid) throw new DbError('0A000', `cannot alter table "${table.name}" because column "${other.name}.${other.columns[position]!.name}" uses its row type`);
  }
}

/**
 * Values in rows take another number of attributes as it comes (base/value-code.ts), keys do not: they are compared byte by byte.
 * @throws DbError 0A000 when an index, or a primary key, has such values
 */
export function refuseWhereKey(ddl: Ddl, type: number, what: string): void {
  const { types } = ddl.backend.catalog();
  for (const index of ddl.draft.all()) {
    if (index.kind === 'index' && index.columns.some((column) => useOf(type, column.type, types) !== 'no')) throw new DbError('0A000', `cannot alter ${what} because index "${index.name}" uses it`, { hint: 'Drop the index first.' });
  }
}
