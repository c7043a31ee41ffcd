/**
 * SQL types. A type is PostgreSQL's pair of an oid and a *typmod*, a number that carries what stands in parentheses: the length of
 * varchar(10), precision and scale of numeric(10,2). What is known about an oid is its `TypeInfo`; the built-in ones are the table
 * below with PostgreSQL's numbers, and the catalog adds enums, domains, composites and ranges of the user at oids from 16384 by
 * implementing `TypeRegistry`. Values themselves are datum.ts's business, their text text-io.ts's.
 *
 * Y1  `SqlType` objects are interned for typmod -1 and never mutated; compare with `sameType`.
 * Y2  Every array type knows its element and every type with an array knows it; the two are inverse.
 * Y3  `storage` alone decides the JavaScript representation, the key bytes and the row bytes of a type. A domain has the storage of
 *     its base type.
 *
 * Source: PostgreSQL's pg_type.dat, format_type.c, and the typmodin functions. Types of geometry, networks, text search and XML are
 * in the table, so that names resolve and oids print, with storage `none`: using one is 0A000.
 */
import { assert } from './assert.js';
import { DbError } from './errors.js';

export interface SqlType {
  readonly oid: number;
  /** -1 when the type has no modifier. */
  readonly typmod: number;
}

/** How values of a type are represented; see the table in datum.ts. */
export type Storage =
  | 'bool' | 'int2' | 'int4' | 'int8' | 'oid' | 'float4' | 'float8' | 'numeric' | 'money'
  | 'text' | 'bpchar' | 'char' | 'bytea' | 'bit' | 'uuid' | 'tid' | 'json' | 'jsonb' | 'jsonpath'
  | 'date' | 'time' | 'timetz' | 'timestamp' | 'interval'
  | 'array' | 'enum' | 'record' | 'range' | 'multirange' | 'none';

/** What sort of type it is, `typtype` in pg_type. */
export type TypeKind = 'base' | 'pseudo' | 'array' | 'enum' | 'domain' | 'composite' | 'range' | 'multirange';

/** One value of an enum. Its `id` is in rows and never changes; `order` is in keys and decides comparison. */
export interface EnumLabel {
  readonly id: number;
  readonly label: string;
  readonly order: number;
}

export interface TypeAttribute {
  readonly name: string;
  readonly type: SqlType;
}

export interface TypeInfo {
  readonly oid: number;
  readonly name: string;
  /** `pg_catalog` for built-in types. */
  readonly schema: string;
  readonly kind: TypeKind;
  /** `typcategory`: B boolean, N numeric, S string, D date/time, T timespan, A array, U user, ... Decides implicit conversions. */
  readonly category: string;
  readonly isPreferred: boolean;
  /** The type of arrays of this type, or 0. */
  readonly arrayOid: number;
  /** The element type of an array type (also int2vector and oidvector), otherwise 0. */
  readonly elementOid: number;
  readonly storage: Storage;
  /** `typlen`: bytes, -1 for variable length, -2 for C strings. */
  readonly length: number;
  /** What a domain is a domain over. */
  readonly baseType: SqlType | undefined;
  /** The values of an enum by `order`. */
  readonly labels: readonly EnumLabel[] | undefined;
  /** Ids of labels that the present transaction has added, which may not be used before it commits. */
  readonly newLabels?: ReadonlySet<number> | undefined;
  /** The attributes of a composite type. */
  readonly attributes: readonly TypeAttribute[] | undefined;
  /** Where each of them stands in a stored value, when some that stood there have been dropped. */
  readonly attributePlaces?: readonly number[] | undefined;
  /** The element type of a range, or the range type of a multirange. */
  readonly subtypeOid: number;
  /** The multirange type of a range type, otherwise 0. */
  readonly multirangeOid: number;
}

/** @throws DbError 55P04 for a label that the present transaction has added. Source. check_safe_enum_use of enum.c. */
export function requireSafeLabel(info: TypeInfo, label: string): void {
  if (info.newLabels === undefined || info.newLabels.size === 0 || !info.labels!.some((known) => known.label === label && info.newLabels!.has(known.id))) return;
  throw new DbError('55P04', `unsafe use of new value "${label}" of enum type ${formatType(sqlType(info.oid), { lookup: () => info })}`, { hint: 'New enum values must be committed before they can be used.' });
}

/** Where the types of a database are looked up. */
export interface TypeRegistry {
  /** @returns undefined when there is no such type */
  lookup(oid: number): TypeInfo | undefined;
  /** Equal at two moments only if `lookup` answers alike at both; undefined where it always does. */
  readonly version?: number | undefined;
}

/** What is made of the types of a registry, and made anew when one of them may have changed. */
export class TypeCache<V> {
  readonly #known = new WeakMap<TypeRegistry, { readonly version: number | undefined; readonly value: V }>();
  readonly #make: () => V;

  constructor(make: () => V) {
    this.#make = make;
  }

  of(types: TypeRegistry): V {
    let known = this.#known.get(types);
    if (known === undefined || known.version !== types.version) this.#known.set(types, (known = { version: types.version, value: this.#make() }));
    return known.value;
  }
}

// ------------------------------------------------------------------------------------------------------------------- the table

export const TypeOid = {
  bool: 16, bytea: 17, char: 18, name: 19, int8: 20, int2: 21, int2vector: 22, int4: 23, regproc: 24, text: 25, oid: 26, tid: 27,
  xid: 28, cid: 29, oidvector: 30, json: 114, xml: 142, float4: 700, float8: 701, unknown: 705, money: 790, bpchar: 1042,
  varchar: 1043, date: 1082, time: 1083, timestamp: 1114, timestamptz: 1184, interval: 1186, timetz: 1266, bit: 1560, varbit: 1562,
  numeric: 1700, refcursor: 1790, regprocedure: 2202, regoper: 2203, regoperator: 2204, regclass: 2205, regtype: 2206,
  record: 2249, cstring: 2275, any: 2276, anyarray: 2277, void: 2278, trigger: 2279, internal: 2281, anyelement: 2283,
  recordArray: 2287, anynonarray: 2776, uuid: 2950, anyenum: 3500, jsonb: 3802, anyrange: 3831, int4range: 3904, numrange: 3906,
  tsrange: 3908, tstzrange: 3910, daterange: 3912, int8range: 3926, jsonpath: 4072, regnamespace: 4089, regrole: 4096,
  regcollation: 4191, int4multirange: 4451, nummultirange: 4532, tsmultirange: 4533, tstzmultirange: 4534, datemultirange: 4535,
  int8multirange: 4536, anymultirange: 4537, anycompatiblemultirange: 4538, xid8: 5069, anycompatible: 5077,
  anycompatiblearray: 5078, anycompatiblenonarray: 5079, anycompatiblerange: 5080,
  boolArray: 1000, byteaArray: 1001, charArray: 1002, nameArray: 1003, int2Array: 1005, int4Array: 1007, textArray: 1009,
  oidArray: 1028, bpcharArray: 1014, varcharArray: 1015, int8Array: 1016, float4Array: 1021, float8Array: 1022, dateArray: 1182,
  timeArray: 1183, timestampArray: 1115, timestamptzArray: 1185, intervalArray: 1187, numericArray: 1231, timetzArray: 1270,
  uuidArray: 2951, jsonArray: 199, jsonbArray: 3807, cstringArray: 1263, bitArray: 1561, varbitArray: 1563,
} as const;

/** The first oid the catalog gives to the user's own objects. */
export const FirstUserOid = 16384;

/** `oid name length category[!] arrayOid storage`, one type each; `!` marks the preferred type of its category. */
const baseTypes = `
16 bool 1 B! 1000 bool | 17 bytea -1 U 1001 bytea | 18 char 1 Z 1002 char | 19 name 64 S 1003 text | 20 int8 8 N 1016 int8
21 int2 2 N 1005 int2 | 23 int4 4 N 1007 int4 | 24 regproc 4 N 1008 oid | 25 text -1 S! 1009 text | 26 oid 4 N! 1028 oid
27 tid 6 U 1010 tid | 28 xid 4 U 1011 oid | 29 cid 4 U 1012 oid | 114 json -1 U 199 json | 142 xml -1 U 143 none
600 point 16 G 1017 none | 601 lseg 32 G 1018 none | 602 path -1 G 1019 none | 603 box 32 G 1020 none | 604 polygon -1 G 1027 none
628 line 24 G 629 none | 650 cidr -1 I 651 none | 700 float4 4 N 1021 float4 | 701 float8 8 N! 1022 float8
718 circle 24 G 719 none | 774 macaddr8 8 U 775 none | 790 money 8 N 791 money | 829 macaddr 6 U 1040 none | 869 inet -1 I! 1041 none
1042 bpchar -1 S 1014 bpchar | 1043 varchar -1 S 1015 text | 1082 date 4 D 1182 date | 1083 time 8 D 1183 time
1114 timestamp 8 D 1115 timestamp | 1184 timestamptz 8 D! 1185 timestamp | 1186 interval 16 T! 1187 interval
1266 timetz 12 D 1270 timetz | 1560 bit -1 V 1561 bit | 1562 varbit -1 V! 1563 bit | 1700 numeric -1 N 1231 numeric
1790 refcursor -1 U 2201 text | 2202 regprocedure 4 N 2207 oid | 2203 regoper 4 N 2208 oid | 2204 regoperator 4 N 2209 oid
2205 regclass 4 N 2210 oid | 2206 regtype 4 N 2211 oid | 2950 uuid 16 U 2951 uuid | 3220 pg_lsn 8 U 3221 none
3614 tsvector -1 U 3643 none | 3615 tsquery -1 U 3645 none | 3734 regconfig 4 N 3735 oid | 3769 regdictionary 4 N 3770 oid
3802 jsonb -1 U 3807 jsonb | 4072 jsonpath -1 U 4073 jsonpath | 4089 regnamespace 4 N 4090 oid | 4096 regrole 4 N 4097 oid
4191 regcollation 4 N 4192 oid | 5038 pg_snapshot -1 U 5039 text | 5069 xid8 8 U 271 int8`;

const pseudoTypes = `
705 unknown -2 X 0 text | 2249 record -1 P 2287 record | 2275 cstring -2 P 1263 text | 2276 any 4 P 0 none | 2277 anyarray -1 P 0 array
2278 void 4 P 0 text | 2279 trigger 4 P 0 none | 2280 language_handler 4 P 0 none | 2281 internal 8 P 0 none
2283 anyelement 4 P 0 none | 2776 anynonarray 4 P 0 none | 3500 anyenum 4 P 0 enum | 3831 anyrange -1 P 0 range
3838 event_trigger 4 P 0 none | 4537 anymultirange -1 P 0 multirange | 4538 anycompatiblemultirange -1 P 0 multirange
5077 anycompatible 4 P 0 none | 5078 anycompatiblearray -1 P 0 array | 5079 anycompatiblenonarray 4 P 0 none
5080 anycompatiblerange -1 P 0 range`;

/** `oid name arrayOid subtype multirangeOid multirangeName multirangeArrayOid`. */
const rangeTypes = `
3904 int4range 3905 23 4451 int4multirange 6150 | 3906 numrange 3907 1700 4532 nummultirange 6151
3908 tsrange 3909 1114 4533 tsmultirange 6152 | 3910 tstzrange 3911 1184 4534 tstzmultirange 6153
3912 daterange 3913 1082 4535 datemultirange 6155 | 3926 int8range 3927 20 4536 int8multirange 6157`;

const byOid = new Map<number, TypeInfo>();
const byName = new Map<string, TypeInfo>();

function addBuiltin(fields: Partial<TypeInfo> & Pick<TypeInfo, 'oid' | 'name' | 'kind' | 'category' | 'storage' | 'length'>): void {
  const info: TypeInfo = {
    schema: 'pg_catalog', isPreferred: false, arrayOid: 0, elementOid: 0, baseType: undefined, labels: undefined,
    attributes: undefined, subtypeOid: 0, multirangeOid: 0, ...fields,
  };
  assert(!byOid.has(info.oid) && !byName.has(info.name), 'type declared twice', info.oid);
  byOid.set(info.oid, info);
  byName.set(info.name, info);
  if (info.arrayOid !== 0) {
    addBuiltin({
      oid: info.arrayOid, name: `_${info.name}`, kind: info.oid === 2249 ? 'pseudo' : 'array', category: info.oid === 2249 ? 'P' : 'A',
      storage: 'array', length: -1, elementOid: info.oid,
    });
  }
}

const rowsOf = (table: string): string[][] => table.trim().split(/\n|\|/).map((row) => row.trim().split(' '));
for (const [kind, table] of [['base', baseTypes], ['pseudo', pseudoTypes]] as const) {
  for (const [oid, name, length, category, arrayOid, storage] of rowsOf(table)) {
    addBuiltin({
      oid: Number(oid), name: name!, kind, category: category![0]!, isPreferred: category!.endsWith('!'), arrayOid: Number(arrayOid),
      storage: storage as Storage, length: Number(length),
    });
  }
}
for (const [oid, name, arrayOid, subtype, multiOid, multiName, multiArrayOid] of rowsOf(rangeTypes)) {
  const shared = { category: 'R', length: -1 };
  addBuiltin({ ...shared, oid: Number(oid), name: name!, kind: 'range', storage: 'range', arrayOid: Number(arrayOid), subtypeOid: Number(subtype), multirangeOid: Number(multiOid) });
  addBuiltin({
    ...shared, oid: Number(multiOid), name: multiName!, kind: 'multirange', storage: 'multirange', arrayOid: Number(multiArrayOid),
    subtypeOid: Number(oid),
  });
}
// The two fixed array types of the system catalogs; they are subscripted from 0 and printed without braces.
addBuiltin({ oid: 22, name: 'int2vector', kind: 'base', category: 'A', storage: 'array', length: -1, elementOid: 21, arrayOid: 1006 });
addBuiltin({ oid: 30, name: 'oidvector', kind: 'base', category: 'A', storage: 'array', length: -1, elementOid: 26, arrayOid: 1013 });

/** The built-in types alone; what there is before a catalog is open, and in tests. */
export const builtinTypes: TypeRegistry & { readonly all: () => Iterable<TypeInfo> } = {
  lookup: (oid) => byOid.get(oid),
  all: () => byOid.values(),
};

/** What is known about a type. @throws InternalError when the oid is in no registry, for oids come only from binding */
export function typeInfo(oid: number, registry: TypeRegistry = builtinTypes): TypeInfo {
  const info = byOid.get(oid) ?? registry.lookup(oid);
  assert(info !== undefined, 'no type with this oid', oid);
  return info;
}

/** A built-in type by its PostgreSQL name in lower case: `int4`, `_int4`, `timestamptz`; not the SQL spellings. */
export function builtinTypeByName(name: string): TypeInfo | undefined {
  return byName.get(name);
}

/** The SQL spellings that are not names in pg_type, for whoever reads type names out of strings. */
export const sqlTypeNames: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'], ['smallint', 'int2'], ['int', 'int4'], ['integer', 'int4'], ['bigint', 'int8'], ['real', 'float4'],
  ['float', 'float8'], ['double precision', 'float8'], ['decimal', 'numeric'], ['dec', 'numeric'], ['character varying', 'varchar'],
  ['char varying', 'varchar'], ['character', 'bpchar'], ['nchar', 'bpchar'], ['national character', 'bpchar'],
  ['national character varying', 'varchar'], ['bit varying', 'varbit'], ['time without time zone', 'time'],
  ['time with time zone', 'timetz'], ['timestamp without time zone', 'timestamp'], ['timestamp with time zone', 'timestamptz'],
]);

// ------------------------------------------------------------------------------------------------------------------- types

const interned = new Map<number, SqlType>();

/** The type with this oid; one object per oid when there is no typmod. */
export function sqlType(oid: number, typmod = -1): SqlType {
  if (typmod !== -1) return { oid, typmod };
  let type = interned.get(oid);
  if (type === undefined) interned.set(oid, (type = { oid, typmod: -1 }));
  return type;
}
export function sameType(a: SqlType, b: SqlType): boolean {
  return a === b || (a.oid === b.oid && a.typmod === b.typmod);
}

/** The commonest types, ready made. */
export const types = {
  bool: sqlType(16), bytea: sqlType(17), char: sqlType(18), name: sqlType(19), int8: sqlType(20), int2: sqlType(21), int4: sqlType(23),
  text: sqlType(25), oid: sqlType(26), json: sqlType(114), float4: sqlType(700), float8: sqlType(701), unknown: sqlType(705),
  bpchar: sqlType(1042), varchar: sqlType(1043), date: sqlType(1082), time: sqlType(1083), timestamp: sqlType(1114),
  timestamptz: sqlType(1184), interval: sqlType(1186), timetz: sqlType(1266), bit: sqlType(1560), varbit: sqlType(1562),
  numeric: sqlType(1700), record: sqlType(2249), void: sqlType(2278), uuid: sqlType(2950), jsonb: sqlType(3802),
  regclass: sqlType(2205), regtype: sqlType(2206), int4Array: sqlType(1007), int8Array: sqlType(1016), textArray: sqlType(1009),
  nameArray: sqlType(1003), oidArray: sqlType(1028), boolArray: sqlType(1000), charArray: sqlType(1002),
} as const;

/** A type with domains taken off: what functions and operators see. */
export function baseTypeOf(type: SqlType, registry: TypeRegistry = builtinTypes): SqlType {
  for (;;) {
    if (type.oid < FirstUserOid) return type;
    const base = typeInfo(type.oid, registry).baseType;
    if (base === undefined) return type;
    type = base;
  }
}

/** Whether the type stands for whatever the call supplies (anyelement and its kin). */
export function isPolymorphic(oid: number): boolean {
  return isAnyElementFamily(oid) || isAnyCompatibleFamily(oid);
}
export function isAnyElementFamily(oid: number): boolean {
  return oid === 2283 || oid === 2277 || oid === 2776 || oid === 3500 || oid === 3831 || oid === 4537;
}
export function isAnyCompatibleFamily(oid: number): boolean {
  return oid === 5077 || oid === 5078 || oid === 5079 || oid === 5080 || oid === 4538;
}

/** Whether values of the type are arrays that can be subscripted. */
export function isArrayType(oid: number, registry: TypeRegistry = builtinTypes): boolean {
  return typeInfo(oid, registry).storage === 'array' && oid !== TypeOid.anyarray && oid !== TypeOid.anycompatiblearray;
}

// ------------------------------------------------------------------------------------------------------------------- typmods

/** varchar(n) and char(n) keep n + 4, for the length word that PostgreSQL counts in. */
export function varcharTypmod(length: number): number {
  return length + 4;
}
/** The n of varchar(n) or char(n), -1 when unlimited. */
export function varcharLength(typmod: number): number {
  return typmod < 4 ? -1 : typmod - 4;
}
/** numeric(precision, scale); the scale may be negative or exceed the precision. */
export function numericTypmod(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}
export function numericPrecision(typmod: number): number {
  return ((typmod - 4) >> 16) & 0xffff;
}
export function numericScale(typmod: number): number {
  return (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
}

/** Bits of an interval's fields in its typmod, each `1 << ` PostgreSQL's field number. */
export const IntervalField = { Month: 1 << 1, Year: 1 << 2, Day: 1 << 3, Hour: 1 << 10, Minute: 1 << 11, Second: 1 << 12 } as const;
export const IntervalFullRange = 0x7fff;
export const IntervalFullPrecision = 0xffff;

/** `fields` is a union of `IntervalField` bits or `IntervalFullRange`; `precision` 0 to 6 or `IntervalFullPrecision`. */
export function intervalTypmod(fields: number, precision: number): number {
  return (fields << 16) | precision;
}
export function intervalFields(typmod: number): number {
  return typmod < 0 ? IntervalFullRange : (typmod >> 16) & 0x7fff;
}
/** Digits after the second's point, 6 when not restricted. */
export function intervalPrecision(typmod: number): number {
  const precision = typmod < 0 ? IntervalFullPrecision : typmod & 0xffff;
  return precision === IntervalFullPrecision ? 6 : precision;
}

// ------------------------------------------------------------------------------------------------------------------- names

const sqlNameOf = new Map<number, string>([
  [16, 'boolean'], [18, '"char"'], [20, 'bigint'], [21, 'smallint'], [23, 'integer'], [700, 'real'], [701, 'double precision'],
  [1042, 'character'], [1043, 'character varying'], [1083, 'time without time zone'], [1114, 'timestamp without time zone'],
  [1184, 'timestamp with time zone'], [1266, 'time with time zone'], [1562, 'bit varying'], [2276, '"any"'],
]);

const intervalFieldNames = new Map<number, string>([
  [IntervalField.Year, ' year'], [IntervalField.Month, ' month'], [IntervalField.Day, ' day'], [IntervalField.Hour, ' hour'],
  [IntervalField.Minute, ' minute'], [IntervalField.Second, ' second'], [IntervalField.Year | IntervalField.Month, ' year to month'],
  [IntervalField.Day | IntervalField.Hour, ' day to hour'],
  [IntervalField.Day | IntervalField.Hour | IntervalField.Minute, ' day to minute'],
  [IntervalField.Day | IntervalField.Hour | IntervalField.Minute | IntervalField.Second, ' day to second'],
  [IntervalField.Hour | IntervalField.Minute, ' hour to minute'],
  [IntervalField.Hour | IntervalField.Minute | IntervalField.Second, ' hour to second'],
  [IntervalField.Minute | IntervalField.Second, ' minute to second'],
]);

/** Quotes a type's name when it is not a plain lower-case identifier. */
function quoteTypeName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The type's name without its modifier, as PostgreSQL's error messages name it: `integer`, `character varying[]`. */
export function typeName(oid: number, registry: TypeRegistry = builtinTypes): string {
  if (oid === 0) return '-';
  const plain = sqlNameOf.get(oid);
  if (plain !== undefined) return plain;
  const info = byOid.get(oid) ?? registry.lookup(oid);
  if (info === undefined) return '???';
  if (oid === 1560) return 'bit';
  if (isArrayKind(info)) return `${typeName(info.elementOid, registry)}[]`;
  return quoteTypeName(info.name);
}

/** A domain over an array has a name of its own. */
const isArrayKind = (info: TypeInfo): boolean => info.elementOid !== 0 && info.kind !== 'base' && info.kind !== 'domain';

/** A type as a declaration would spell it: `character varying(10)`, `numeric(10,2)`, `timestamp(3) with time zone`, `integer[]`. */
export function formatType(type: SqlType, registry: TypeRegistry = builtinTypes): string {
  const { oid, typmod } = type;
  const info = byOid.get(oid) ?? registry.lookup(oid);
  if (info !== undefined && isArrayKind(info)) {
    return `${formatType({ oid: info.elementOid, typmod }, registry)}[]`;
  }
  if (typmod < 0) return oid === TypeOid.bpchar ? 'bpchar' : oid === TypeOid.bit ? '"bit"' : typeName(oid, registry);
  switch (oid) {
    case TypeOid.bpchar:
    case TypeOid.varchar:
      return `${typeName(oid)}(${typmod - 4})`;
    case TypeOid.bit:
    case TypeOid.varbit:
      return `${typeName(oid)}(${typmod})`;
    case TypeOid.numeric:
      return `numeric(${numericPrecision(typmod)},${numericScale(typmod)})`;
    case TypeOid.time:
    case TypeOid.timestamp:
    case TypeOid.timetz:
    case TypeOid.timestamptz:
      return typeName(oid).replace(/ (with|without)/, `(${typmod}) $1`);
    case TypeOid.interval: {
      const fields = intervalFieldNames.get(intervalFields(typmod)) ?? '';
      const precision = typmod & 0xffff;
      return `interval${fields}${precision === IntervalFullPrecision ? '' : `(${precision})`}`;
    }
    default:
      return sqlNameOf.has(oid) ? typeName(oid) : `${typeName(oid, registry)}(${typmod})`;
  }
}
