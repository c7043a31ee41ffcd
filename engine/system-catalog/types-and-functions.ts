/** pg_type, pg_proc, pg_operator, pg_cast and their kin: what is built in, beside the user's types. */
import { SqlArray } from '../../base/datum.js';
import { TypeOid, baseTypeOf, builtinTypes, sqlType, typeInfo, type TypeInfo } from '../../base/types.js';
import { allCasts, allFunctions, allOperators } from '../../functions/catalogue.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { Backend } from '../backend.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import { storedText } from '../catalog/stored-text.js';
import { inputParameters } from '../routines/routine-shape.js';
import { OwnerOid } from './relations.js';
import { collationOids, isByValue, typeAlignment, typeCollation, typeFunctions, typeStorage } from './type-shape.js';
import type { VirtualRow, VirtualTable } from './virtual-table.js';

/** Functions are numbered in the order of the catalogue, from here. */
const FirstFunctionOid = 10_000;

let numbered: { readonly byOid: ReadonlyMap<number, FunctionDef>; readonly byName: ReadonlyMap<string, readonly number[]> } | undefined;
export function numberedFunctions(): NonNullable<typeof numbered> {
  if (numbered === undefined) {
    const byOid = new Map<number, FunctionDef>();
    const byName = new Map<string, number[]>();
    let oid = FirstFunctionOid;
    for (const [name, definitions] of allFunctions()) {
      for (const definition of definitions) {
        byName.set(name, [...(byName.get(name) ?? []), oid]);
        byOid.set(oid++, definition);
      }
    }
    numbered = { byOid, byName };
  }
  return numbered;
}

const kinds: Readonly<Record<string, string>> = { base: 'b', pseudo: 'p', array: 'b', enum: 'e', domain: 'd', composite: 'c', range: 'r', multirange: 'm' };

function typeRow(info: TypeInfo, backend: Backend, namespace: number, relation: number): VirtualRow {
  const { types } = backend.definitions();
  const base = typeInfo(baseTypeOf(sqlType(info.oid), types).oid, types);
  return {
    oid: info.oid, typname: info.name, typnamespace: namespace, typowner: OwnerOid, typlen: info.length, typbyval: isByValue(base), typtype: kinds[info.kind]!, typcategory: info.category,
    typispreferred: info.isPreferred, typisdefined: true, typdelim: ',', typrelid: relation, typsubscript: 0, typelem: info.elementOid, typarray: info.arrayOid, ...typeFunctions(info.kind), typmodin: 0,
    typmodout: 0, typanalyze: 0, typalign: typeAlignment(base, types), typstorage: typeStorage(base), typnotnull: false, typbasetype: info.baseType?.oid ?? 0,
    typtypmod: info.baseType?.typmod ?? -1, typndims: 0, typcollation: typeCollation(info.oid, backend), typdefault: null,
  };
}

function* typeRows(backend: Backend): Iterable<VirtualRow> {
  const { types } = backend.definitions();
  for (const info of builtinTypes.all()) yield typeRow(info, backend, SchemaOid.pgCatalog, 0);
  for (const record of backend.draft.all()) {
    if (record.kind === 'table' || record.kind === 'view') {
      yield typeRow(types.lookup(record.rowType)!, backend, record.schema, record.oid);
      yield typeRow(types.lookup(record.rowArrayType)!, backend, record.schema, 0);
    } else if (record.kind === 'type') {
      const { detail } = record;
      const own = typeRow(types.lookup(record.oid)!, backend, record.schema, detail.kind === 'composite' ? record.oid : 0);
      yield detail.kind === 'domain' ? { ...own, typnotnull: detail.notNull, typdefault: detail.default === undefined ? null : storedText(backend, detail.default, { type: sqlType(detail.base, detail.typmod) }) } : own;
      yield typeRow(types.lookup(record.arrayType)!, backend, record.schema, 0);
      if (detail.kind === 'range') {
        yield typeRow(types.lookup(detail.multirange)!, backend, record.schema, 0);
        yield typeRow(types.lookup(detail.multirangeArray)!, backend, record.schema, 0);
      }
    }
  }
}

function* procRows(backend: Backend): Iterable<VirtualRow> {
  yield* userProcRows(backend);
  for (const [oid, f] of numberedFunctions().byOid) {
    yield {
      oid, proname: f.name, pronamespace: SchemaOid.pgCatalog, proowner: OwnerOid, prolang: 12, procost: 1, prorows: f.kind === 'set' ? 1000 : 0, provariadic: 0, prosupport: 0,
      prokind: f.kind === 'aggregate' ? 'a' : f.kind === 'window' ? 'w' : 'f', prosecdef: false, proleakproof: false, proisstrict: f.strict, proretset: f.kind === 'set', provolatile: f.volatility[0]!, proparallel: 's',
      pronargs: f.args.length, pronargdefaults: f.defaultCount, prorettype: f.returns, proargtypes: new SqlArray(TypeOid.oid, f.args.length === 0 ? [] : [f.args.length], f.args.length === 0 ? [] : [0], [...f.args]), prosrc: f.name,
    };
  }
}

const oidArray = (oids: readonly number[]): SqlArray => new SqlArray(TypeOid.oid, oids.length === 0 ? [] : [oids.length], oids.length === 0 ? [] : [0], [...oids]);
const modeLetters = { in: 'i', out: 'o', inout: 'b', variadic: 'v', table: 't' } as const;

const languageOids = { internal: 12, c: 13, sql: 14 } as const;

function* userProcRows(backend: Backend): Iterable<VirtualRow> {
  for (const record of backend.draft.all()) {
    if (record.kind !== 'function') continue;
    const inputs = inputParameters(record);
    const { parameters } = record;
    const variadic = inputs.find((p) => p.mode === 'variadic');
    yield {
      oid: record.oid, proname: record.name, pronamespace: record.schema, proowner: OwnerOid, prolang: languageOids[record.language], procost: record.cost ?? (record.language === 'c' ? 1 : 100), prorows: record.returnsSet ? (record.rows ?? 1000) : 0,
      provariadic: variadic === undefined ? 0 : typeInfo(variadic.type, backend.definitions().types).elementOid, prosupport: 0, prokind: record.isProcedure ? 'p' : 'f', prosecdef: record.securityDefiner === true,
      proleakproof: record.leakproof === true, proisstrict: record.strict, proretset: record.returnsSet, provolatile: record.volatility[0]!, proparallel: (record.parallel ?? 'unsafe')[0]!, pronargs: inputs.length,
      pronargdefaults: inputs.filter((p) => p.default !== undefined).length, prorettype: record.returns, proargtypes: oidArray(inputs.map((p) => p.type)),
      proallargtypes: parameters.length === inputs.length && inputs.every((p) => p.mode === 'in') ? null : SqlArray.of(TypeOid.oid, parameters.map((p) => p.type)),
      proargmodes: parameters.every((p) => p.mode === 'in') ? null : SqlArray.of(TypeOid.char, parameters.map((p) => modeLetters[p.mode])),
      proargnames: parameters.every((p) => p.name === undefined) ? null : SqlArray.of(TypeOid.text, parameters.map((p) => p.name ?? '')),
      prosrc: record.standard === undefined ? record.body : '', probin: record.language === 'c' ? `$libdir/${record.extension!.name}` : null, prosqlbody: record.standard === undefined ? null : record.body,
      proconfig: record.settings === undefined || record.settings.length === 0 ? null : SqlArray.of(TypeOid.text, record.settings.map((s) => `${s.name}=${s.value}`)),
    };
  }
}

function* operatorRows(): Iterable<VirtualRow> {
  let oid = 5000;
  for (const [name, definitions] of allOperators()) {
    for (const o of definitions) yield { oid: oid++, oprname: name, oprnamespace: SchemaOid.pgCatalog, oprowner: OwnerOid, oprkind: o.left === undefined ? 'l' : 'b', oprcanmerge: o.btree === '=', oprcanhash: o.btree === '=', oprleft: o.left ?? 0, oprright: o.right, oprresult: o.result, oprcom: 0, oprnegate: 0, oprcode: 0 };
  }
}

function* castRows(): Iterable<VirtualRow> {
  let oid = 8000;
  for (const c of allCasts()) yield { oid: oid++, castsource: c.source, casttarget: c.target, castfunc: 0, castcontext: c.context === 'implicit' ? 'i' : c.context === 'assignment' ? 'a' : 'e', castmethod: c.method === 'binary' ? 'b' : c.method === 'io' ? 'i' : 'f' };
}

export const typeTables: readonly VirtualTable[] = [
  {
    oid: 1247, schema: 'pg_catalog', name: 'pg_type', rows: typeRows,
    columns: `oid:oid typname:name typnamespace:oid typowner:oid typlen:int2 typbyval:bool typtype:char typcategory:char typispreferred:bool typisdefined:bool typdelim:char typrelid:oid typsubscript:regproc typelem:oid
      typarray:oid typinput:regproc typoutput:regproc typreceive:regproc typsend:regproc typmodin:regproc typmodout:regproc typanalyze:regproc typalign:char typstorage:char typnotnull:bool typbasetype:oid typtypmod:int4
      typndims:int4 typcollation:oid typdefaultbin:text typdefault:text typacl:_text`,
  },
  {
    oid: 1255, schema: 'pg_catalog', name: 'pg_proc', rows: procRows,
    columns: `oid:oid proname:name pronamespace:oid proowner:oid prolang:oid procost:float4 prorows:float4 provariadic:oid prosupport:regproc prokind:char prosecdef:bool proleakproof:bool proisstrict:bool proretset:bool
      provolatile:char proparallel:char pronargs:int2 pronargdefaults:int2 prorettype:oid proargtypes:oidvector proallargtypes:_oid proargmodes:_char proargnames:_text proargdefaults:text protrftypes:_oid prosrc:text probin:text prosqlbody:text proconfig:_text proacl:_text`,
  },
  { oid: 2617, schema: 'pg_catalog', name: 'pg_operator', rows: operatorRows, columns: 'oid:oid oprname:name oprnamespace:oid oprowner:oid oprkind:char oprcanmerge:bool oprcanhash:bool oprleft:oid oprright:oid oprresult:oid oprcom:oid oprnegate:oid oprcode:regproc oprrest:regproc oprjoin:regproc' },
  { oid: 2605, schema: 'pg_catalog', name: 'pg_cast', rows: castRows, columns: 'oid:oid castsource:oid casttarget:oid castfunc:oid castcontext:char castmethod:char' },
  {
    oid: 3501, schema: 'pg_catalog', name: 'pg_enum', columns: 'oid:oid enumtypid:oid enumsortorder:float4 enumlabel:name',
    *rows(backend) {
      for (const record of backend.draft.all()) if (record.kind === 'type' && record.detail.kind === 'enum') for (const label of record.detail.labels) yield { oid: label.id, enumtypid: record.oid, enumsortorder: label.order, enumlabel: label.label };
    },
  },
  {
    oid: 3541, schema: 'pg_catalog', name: 'pg_range', columns: 'rngtypid:oid rngsubtype:oid rngmultitypid:oid rngcollation:oid rngsubopc:oid rngcanonical:regproc rngsubdiff:regproc',
    *rows(backend) {
      for (const info of builtinTypes.all()) if (info.kind === 'range') yield { rngtypid: info.oid, rngsubtype: info.subtypeOid, rngmultitypid: info.multirangeOid, rngcollation: 0, rngsubopc: 0 };
      for (const record of backend.draft.all()) if (record.kind === 'type' && record.detail.kind === 'range') yield { rngtypid: record.oid, rngsubtype: record.detail.subtype, rngmultitypid: record.detail.multirange, rngcollation: 0, rngsubopc: 0 };
    },
  },
  {
    oid: 3456, schema: 'pg_catalog', name: 'pg_collation', columns: 'oid:oid collname:name collnamespace:oid collowner:oid collprovider:char collisdeterministic:bool collencoding:int4 collcollate:text collctype:text colliculocale:text collversion:text',
    *rows() {
      for (const [collname, oid] of Object.entries(collationOids)) yield { oid, collname, collnamespace: SchemaOid.pgCatalog, collowner: OwnerOid, collprovider: oid === 100 ? 'd' : 'c', collisdeterministic: true, collencoding: -1, collcollate: oid === 100 ? null : 'C', collctype: oid === 100 ? null : 'C' };
    },
  },
  {
    oid: 2601, schema: 'pg_catalog', name: 'pg_am', columns: 'oid:oid amname:name amhandler:regproc amtype:char',
    *rows() {
      yield { oid: 2, amname: 'heap', amhandler: 0, amtype: 't' };
      yield { oid: 403, amname: 'btree', amhandler: 0, amtype: 'i' };
    },
  },
  {
    oid: 2612, schema: 'pg_catalog', name: 'pg_language', columns: 'oid:oid lanname:name lanowner:oid lanispl:bool lanpltrusted:bool lanplcallfoid:oid laninline:oid lanvalidator:oid lanacl:_text',
    *rows() {
      for (const [lanname, oid] of Object.entries(languageOids)) yield { oid, lanname, lanowner: OwnerOid, lanispl: false, lanpltrusted: lanname === 'sql', lanplcallfoid: 0, laninline: 0, lanvalidator: 0 };
    },
  },
];
