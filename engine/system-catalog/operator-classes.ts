/** The operator classes of B-trees, with PostgreSQL's names and oids: tools ask which one an index column has. */
import { TypeOid, baseTypeOf, sqlType, typeInfo, type TypeRegistry } from '../../base/types.js';
import type { IndexColumnRecord } from '../catalog-objects.js';
import { SchemaOid } from '../catalog-objects.js';
import type { VirtualTable } from './virtual-table.js';

interface OperatorClass {
  readonly oid: number;
  readonly name: string;
  readonly type: number;
  readonly family: number;
  readonly familyName: string;
  readonly isDefault: boolean;
}

/** `oid name type family familyName`; an asterisk marks those that must be asked for. */
const classes: readonly OperatorClass[] = `
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

const byName = new Map(classes.map((entry) => [entry.name, entry]));
const defaults = new Map(classes.filter((entry) => entry.isDefault).map((entry) => [entry.type, entry]));
const ofKind: Readonly<Record<string, string>> = { array: 'array_ops', enum: 'enum_ops', composite: 'record_ops', range: 'range_ops', multirange: 'multirange_ops' };

/** The oid of the class that an index column has: the one asked for, or its type's default; 0 where there is none. */
export function operatorClassOf(column: Pick<IndexColumnRecord, 'type' | 'operatorClass'>, types: TypeRegistry): number {
  if (column.operatorClass !== undefined) return byName.get(column.operatorClass)?.oid ?? 0;
  const base = baseTypeOf(sqlType(column.type), types).oid;
  const type = base === TypeOid.varchar ? TypeOid.text : base;
  return (defaults.get(type) ?? byName.get(ofKind[typeInfo(type, types).kind] ?? ''))?.oid ?? 0;
}

const BtreeMethod = 403;
const owner = { namespace: SchemaOid.pgCatalog, role: 10 };

export const operatorClassTables: readonly VirtualTable[] = [
  {
    oid: 2616, schema: 'pg_catalog', name: 'pg_opclass', columns: 'oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid',
    *rows() {
      for (const { oid, name, type, family, isDefault } of classes) yield { oid, opcmethod: BtreeMethod, opcname: name, opcnamespace: owner.namespace, opcowner: owner.role, opcfamily: family, opcintype: type, opcdefault: isDefault, opckeytype: name === 'name_ops' ? 2275 : 0 };
    },
  },
  {
    oid: 2753, schema: 'pg_catalog', name: 'pg_opfamily', columns: 'oid:oid opfmethod:oid opfname:name opfnamespace:oid opfowner:oid',
    *rows() {
      for (const [oid, opfname] of new Map(classes.map((entry) => [entry.family, entry.familyName]))) yield { oid, opfmethod: BtreeMethod, opfname, opfnamespace: owner.namespace, opfowner: owner.role };
    },
  },
];
