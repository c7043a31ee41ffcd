/** Type names of DDL: columns, serial pseudo-types, parameters. */
import { DbError, notSupported } from '../../base/errors.js';
import { typeInfo, typeName, TypeOid, type SqlType, type TypeRegistry } from '../../base/types.js';
import type { TypeName } from '../../parser/ast.js';
import { bindTypeName as bindName } from '../../planner/binder-types.js';
import type { Backend } from '../backend.js';
import { ddlBinder } from './expressions.js';

/** @throws DbError 42704 */
export function bindTypeName(backend: Backend, name: TypeName): SqlType {
  return bindName(ddlBinder(backend), name);
}

/** A type that a column can have. @throws DbError 42P16, 0A000 */
export function bindColumnType(backend: Backend, name: TypeName, column: string): SqlType {
  const type = bindTypeName(backend, name);
  const info = typeInfo(type.oid, backend.catalog().types);
  if (info.kind === 'pseudo') throw new DbError('42P16', `column "${column}" has pseudo-type ${info.name}`, { offset: name.offset });
  if (info.storage === 'none') throw notSupported(`type ${info.name}`, name.offset);
  return type;
}

const serials: Readonly<Record<string, string>> = { smallserial: 'int2', serial2: 'int2', serial: 'int4', serial4: 'int4', bigserial: 'int8', serial8: 'int8' };

/** For `serial` and its kin the integer type behind it, as a name; undefined otherwise. */
export function serialBase(name: TypeName): TypeName | undefined {
  const base = name.names.length === 1 ? serials[name.names[0]!] : undefined;
  if (base === undefined) return undefined;
  if (name.arrayBounds.length > 0) throw new DbError('0A000', 'array of serial is not implemented', { offset: name.offset });
  return { ...name, names: ['pg_catalog', base] };
}

/** @throws DbError 42P16 for a column of a query that no relation can have */
export function refusePseudoType(column: string, type: number, types: TypeRegistry): void {
  if (typeInfo(type, types).kind === 'pseudo' && type !== TypeOid.unknown) throw new DbError('42P16', `column "${column}" has pseudo-type ${typeName(type, types)}`);
}
