/**
 * The operator classes of B-trees, with PostgreSQL's names and oids: what an index or ON CONFLICT may name, and what pg_opclass shows. All of a type's
 * classes sort alike here, where text is in code point order anyway; but one index may stand for another only where their classes are of one family and type.
 */
import { DbError } from '../base/errors.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo, typeName, type TypeRegistry } from '../base/types.js';
import type { QualifiedName } from '../parser/ast.js';
import type { Catalog } from './catalog.js';

export interface OperatorClass {
  readonly oid: number;
  readonly name: string;
  readonly type: number;
  readonly family: number;
  readonly familyName: string;
  readonly isDefault: boolean;
}

/** `oid name type family familyName`; an asterisk marks those that must be asked for. */
export const operatorClasses: readonly OperatorClass[] = `
  10000 array_ops 2277 397 array_ops | 10002 bit_ops 1560 423 bit_ops | 10003 bool_ops 16 424 bool_ops | 10004 bpchar_ops 1042 426 bpchar_ops | 4219 bpchar_pattern_ops* 1042 2097 bpchar_pattern_ops
  10006 bytea_ops 17 428 bytea_ops | 10007 char_ops 18 429 char_ops | 3122 date_ops 1082 434 datetime_ops | 10069 enum_ops 3500 3522 enum_ops | 10012 float4_ops 700 1970 float_ops | 3123 float8_ops 701 1970 float_ops
  1979 int2_ops 21 1976 integer_ops | 1978 int4_ops 23 1976 integer_ops | 3124 int8_ops 20 1976 integer_ops | 10022 interval_ops 1186 1982 interval_ops | 10088 jsonb_ops 3802 4033 jsonb_ops | 10047 money_ops 790 2099 money_ops
  10080 multirange_ops 4537 4199 multirange_ops | 10028 name_ops 19 1994 text_ops | 3125 numeric_ops 1700 1988 numeric_ops | 1981 oid_ops 26 1989 oid_ops | 10032 oidvector_ops 30 1991 oidvector_ops | 10076 range_ops 3831 3901 range_ops
  10034 record_ops 2249 2994 record_ops | 3126 text_ops 25 1994 text_ops | 4217 text_pattern_ops* 25 2095 text_pattern_ops | 10050 tid_ops 27 2789 tid_ops | 10038 time_ops 1083 1996 time_ops | 3128 timestamp_ops 1114 434 datetime_ops
  3127 timestamptz_ops 1184 434 datetime_ops | 10041 timetz_ops 1266 2000 timetz_ops | 10065 uuid_ops 2950 2968 uuid_ops | 10043 varbit_ops 1562 2002 varbit_ops | 10044 varchar_ops* 25 1994 text_ops
  4218 varchar_pattern_ops* 25 2095 text_pattern_ops | 10053 xid8_ops 5069 5067 xid8_ops`.split(/[|\n]/).filter((entry) => entry.trim() !== '').map((entry) => {
    const [oid, name, type, family, familyName] = entry.trim().split(' ') as [string, string, string, string, string];
    return { oid: Number(oid), name: name.replace('*', ''), type: Number(type), family: Number(family), familyName, isDefault: !name.endsWith('*') };
  });

const byName = new Map(operatorClasses.map((entry) => [entry.name, entry]));
const defaults = new Map(operatorClasses.filter((entry) => entry.isDefault).map((entry) => [entry.type, entry]));
const ofKind: Readonly<Record<string, string>> = { array: 'array_ops', enum: 'enum_ops', composite: 'record_ops', range: 'range_ops', multirange: 'multirange_ops' };

/** The class that an index column has: the one asked for, or its type's default. */
export function operatorClassOf(column: { readonly type: number; readonly operatorClass?: string | undefined }, types: TypeRegistry): OperatorClass | undefined {
  if (column.operatorClass !== undefined) return byName.get(column.operatorClass);
  const base = baseTypeOf(sqlType(column.type), types).oid;
  const type = base === TypeOid.varchar ? TypeOid.text : base;
  return defaults.get(type) ?? byName.get(ofKind[typeInfo(type, types).kind] ?? '');
}

/** The class of a name. @throws DbError 3F000, 42704 */
export function namedOperatorClass(catalog: Catalog, name: QualifiedName, method = 'btree'): OperatorClass {
  if (name.schema !== undefined && !catalog.schemaExists(name.schema)) throw new DbError('3F000', `schema "${name.schema}" does not exist`);
  const found = name.schema === undefined || name.schema === 'pg_catalog' ? byName.get(name.name) : undefined;
  if (found === undefined) throw new DbError('42704', `operator class "${name.name}" does not exist for access method "${method}"`, { offset: name.offset });
  return found;
}

/** @throws DbError 42804 when a class is of other values */
export function requireAccepts(operatorClass: OperatorClass, type: number, types: TypeRegistry): void {
  const base = baseTypeOf(sqlType(type), types).oid;
  const asText = base === TypeOid.varchar || base === TypeOid.text;
  if (operatorClass.type === base || (asText && [TypeOid.text, TypeOid.bpchar].includes(operatorClass.type as never)) || operatorClass.name === ofKind[typeInfo(base, types).kind]) return;
  throw new DbError('42804', `operator class "${operatorClass.name}" does not accept data type ${typeName(type, types)}`);
}
