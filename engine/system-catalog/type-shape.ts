/** How pg_type and pg_attribute describe the storage of a type: facts about PostgreSQL's own representation, for tools that read them. */
import { TypeOid, baseTypeOf, sqlType, typeInfo, type TypeInfo, type TypeRegistry } from '../../base/types.js';

/** Collations by name, with PostgreSQL's oids where it fixes them. */
export const collationOids: Readonly<Record<string, number>> = { default: 100, C: 950, POSIX: 951, ucs_basic: 12338 };

const doubleAligned = new Set<number>([TypeOid.timetz, TypeOid.interval]);
const byteAligned = new Set<number>([TypeOid.uuid, TypeOid.name, TypeOid.bool, TypeOid.char]);
const mainStored = new Set<number>([TypeOid.numeric, 869, 650]);

export const isByValue = (info: TypeInfo): boolean => info.length > 0 && info.length <= 8;

/** `typalign`. */
export function typeAlignment(info: TypeInfo, types: TypeRegistry): string {
  if (info.kind === 'composite' || doubleAligned.has(info.oid)) return 'd';
  if (byteAligned.has(info.oid)) return 'c';
  const inner = info.kind === 'array' ? info.elementOid : info.kind === 'range' || info.kind === 'multirange' ? info.subtypeOid : 0;
  if (inner !== 0) return typeAlignment(typeInfo(baseTypeOf(sqlType(inner), types).oid, types), types) === 'd' ? 'd' : 'i';
  return info.length === 8 ? 'd' : info.length === 2 ? 's' : info.length === 1 ? 'c' : 'i';
}

/** `typstorage`. */
export function typeStorage(info: TypeInfo): string {
  if (info.length > 0 || info.length === -2 || info.kind === 'pseudo' || info.oid === TypeOid.int2vector || info.oid === TypeOid.oidvector) return 'p';
  return mainStored.has(info.oid) ? 'm' : 'x';
}

/** `typcollation`: the default one for text and what is made of it. */
export function typeCollation(oid: number, types: TypeRegistry): number {
  const info = typeInfo(baseTypeOf(sqlType(oid), types).oid, types);
  if (info.oid === TypeOid.text || info.oid === TypeOid.varchar || info.oid === TypeOid.bpchar) return 100;
  if (info.oid === TypeOid.name) return 950;
  return info.kind === 'array' && info.elementOid !== 0 ? typeCollation(info.elementOid, types) : 0;
}
