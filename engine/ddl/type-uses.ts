/** Which columns hold values of a type, and what may not be done to the type while they do. */
import { DbError } from '../../base/errors.js';
import { typeInfo, type TypeRegistry } from '../../base/types.js';
import { parseExpression } from '../../parser/parse.js';
import type { Clause } from '../../planner/scope.js';
import type { TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import type { Dependent } from './dependencies.js';
import { bindOverRow } from './expressions.js';

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

/** A value cannot hold another of its own type. @throws DbError 42P16 when `added`, of what the composite type is to hold, is or holds it */
export function refuseWithin(ddl: Ddl, type: number, added: number, name: string): void {
  if (useOf(type, added, ddl.backend.catalog().types) !== 'no') throw new DbError('42P16', `composite type ${name} cannot be made a member of itself`);
}

/** Indexes, checks and generated columns of tables with values of a type whose expressions name what is no longer there. */
export function unboundParts(ddl: Ddl, type: number): Dependent[] {
  const found: Dependent[] = [];
  const tables = new Set([...columnsUsing(ddl, type)].map(({ table }) => table));
  for (const table of tables) {
    const isBound = (text: string | undefined, clause: Clause): boolean => text === undefined || binds(ddl, table, text, clause);
    for (const index of ddl.draft.indexesOf(table.oid)) {
      if (!index.columns.every(({ expression }) => isBound(expression, 'index expressions')) || !isBound(index.predicate, 'index predicates')) found.push({ kind: 'object', oid: index.oid, automatic: false });
    }
    for (const { name, expression } of table.checks) if (!isBound(expression, 'check constraints')) found.push({ kind: 'check', table: table.oid, name, automatic: false });
    table.columns.forEach((column, position) => {
      if (!column.isDropped && column.generated === 'stored' && !isBound(column.default, 'column generation expressions')) found.push({ kind: 'column', table: table.oid, column: position, automatic: false });
    });
  }
  return found;
}

function binds(ddl: Ddl, table: TableRecord, text: string, clause: Clause): boolean {
  try {
    bindOverRow(ddl.backend, table, parseExpression(text), clause, undefined);
    return true;
  } catch (error) {
    if (error instanceof DbError) return false;
    throw error;
  }
}
