/** How pg_type and pg_attribute describe the storage of a type: facts about PostgreSQL's own representation, for tools that read them. */
import { FirstUserOid, TypeOid, baseTypeOf, sqlType, typeInfo, type TypeInfo, type TypeKind, type TypeRegistry } from '../../base/types.js';
import type { Backend } from '../backend.js';

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

/** `typcollation`: the default one for text and what is made of it, or the one that a domain gives. */
export function typeCollation(oid: number, backend: Backend): number {
  const { types } = backend.definitions();
  const owner = oid < FirstUserOid ? undefined : backend.draft.ownerOfType(oid);
  if (owner?.kind === 'type' && owner.detail.kind === 'domain') return owner.detail.collation === undefined ? typeCollation(owner.detail.base, backend) : (collationOids[owner.detail.collation] ?? 0);
  const info = typeInfo(oid, types);
  if (info.oid === TypeOid.text || info.oid === TypeOid.varchar || info.oid === TypeOid.bpchar) return collationOids['default']!;
  if (info.oid === TypeOid.name) return collationOids['C']!;
  return info.kind === 'array' && info.elementOid !== 0 ? typeCollation(info.elementOid, backend) : 0;
}

/** The functions that read and write types of a kind, by PostgreSQL's oids: tools tell arrays and domains by them. They cannot be called. */
const kindFunctions: Partial<Record<TypeKind, readonly [input: number, output: number, receive: number, send: number]>> = {
  array: [750, 751, 2400, 2401], composite: [2290, 2291, 2402, 2403], enum: [3506, 3507, 3532, 3533], range: [3834, 3835, 3836, 3837], multirange: [4231, 4232, 4233, 4234], domain: [2597, 0, 2598, 0],
};
const kindNames: Partial<Record<TypeKind, string>> = { array: 'array', composite: 'record', enum: 'enum', range: 'range', multirange: 'multirange', domain: 'domain' };

export function typeFunctions(kind: TypeKind): { readonly typinput: number; readonly typoutput: number; readonly typreceive: number; readonly typsend: number } {
  const [typinput, typoutput, typreceive, typsend] = kindFunctions[kind] ?? [0, 0, 0, 0];
  return { typinput, typoutput, typreceive, typsend };
}

/** Their names by oid. */
export const typeFunctionNames: ReadonlyMap<number, string> = new Map(
  Object.entries(kindFunctions).flatMap(([kind, oids]) => oids.map((oid, i): [number, string] => [oid, `${kindNames[kind as TypeKind]!}_${['in', 'out', 'recv', 'send'][i]!}`]).filter(([oid]) => oid !== 0)),
);
