/** Types by name, as format_type writes them: which of them need their schema depends on the search path. */
import { FirstUserOid, formatType, sqlType, typeInfo, typeName, type SqlType } from '../base/types.js';
import { quoteIdentifier as quoteName } from '../parser/print-names.js';
import type { Backend } from './backend.js';

/** Whether a user's type needs its schema: the search path does not find it, or finds another. */
export function isTypeHidden(backend: Backend, oid: number): boolean {
  const info = typeInfo(oid, backend.definitions().types);
  if (info.kind === 'array' && info.elementOid !== 0) return isTypeHidden(backend, info.elementOid);
  if (info.kind === 'multirange') return isTypeHidden(backend, info.subtypeOid);
  return backend.catalog().typeByName(undefined, info.name)?.oid !== oid;
}

/** A type as format_type writes it: with its schema where the search path does not find it. */
export function typeText(backend: Backend, type: SqlType): string {
  const { types } = backend.definitions();
  const info = types.lookup(type.oid);
  if (info === undefined || type.oid < FirstUserOid) return type.typmod < 0 ? typeName(type.oid, types) : formatType(type, types);
  if (info.kind === 'array' && info.elementOid !== 0) return `${typeText(backend, sqlType(info.elementOid, type.typmod))}[]`;
  return isTypeHidden(backend, type.oid) ? `${quoteName(info.schema)}.${formatType(type, types)}` : formatType(type, types);
}
