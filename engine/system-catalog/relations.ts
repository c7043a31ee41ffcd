/** pg_class, pg_attribute and what hangs on relations: indexes, constraints, defaults, sequences, comments. */
import { SqlArray, type Datum } from '../../base/datum.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo } from '../../base/types.js';
import type { Expression } from '../../parser/ast.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import { operatorClassOf } from '../../planner/operator-classes.js';
import { figureColumnName } from '../../planner/scope.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, Deferral, IndexColumnRecord, IndexRecord, RelationRecord, SequenceRecord, TableRecord } from '../catalog/catalog-objects.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import { checkDefinition, displayCondition, displayDefault, displayDomainCondition, foreignKeyDefinition, indexDefinition, keyDefinition, keyExpression } from '../catalog/definitions.js';
import { viewDefinition } from '../catalog/view-definition.js';
import { storedText } from '../catalog/stored-text.js';
import { collationOids, isByValue, typeAlignment, typeCollation, typeStorage } from './type-shape.js';
import type { VirtualRow, VirtualTable } from './virtual-table.js';

/** The one role. */
export const OwnerOid = 10;
const HeapMethod = 2;
const BtreeMethod = 403;
const deferred = (d: Deferral): { readonly condeferrable: boolean; readonly condeferred: boolean } => ({ condeferrable: d !== 'not deferrable', condeferred: d === 'initially deferred' });

/** Relations of the catalog, and system tables as if they were stored. */
export function* relations(backend: Backend): Iterable<RelationRecord> {
  for (const record of backend.draft.all()) if (record.kind === 'table' || record.kind === 'view' || record.kind === 'sequence' || record.kind === 'index') yield record;
}

function relationKind(record: RelationRecord): string {
  switch (record.kind) {
    case 'table':
      return record.view === undefined ? 'r' : 'm';
    case 'view':
      return 'v';
    case 'sequence':
      return 'S';
    case 'index':
      return 'i';
  }
}

/** Numbers from 12000 on are given to what PostgreSQL has as views, in pg_catalog and information_schema. */
export const isSystemView = (table: { readonly oid: number }): boolean => table.oid >= 12000;

function* classRows(backend: Backend): Iterable<VirtualRow> {
  const defaults = {
    reloftype: 0, relowner: OwnerOid, reltablespace: 0, relallvisible: 0, reltoastrelid: 0, relisshared: false, relpersistence: 'p', relchecks: 0, relhasrules: false, relhastriggers: false,
    relhassubclass: false, relrowsecurity: false, relforcerowsecurity: false, relispopulated: true, relreplident: 'n', relispartition: false, relrewrite: 0, relfrozenxid: 0, relminmxid: 0, relhasindex: false, relam: 0, reltype: 0,
    relfilenode: 0, relpages: 0, reltuples: -1,
  };
  for (const table of backend.instance.system.tables()) {
    yield { ...defaults, oid: table.oid, relname: table.name, relnamespace: table.schema === 'pg_catalog' ? SchemaOid.pgCatalog : SchemaOid.informationSchema, relkind: isSystemView(table) ? 'v' : 'r', relnatts: table.columns.length };
  }
  for (const record of relations(backend)) {
    const shared = { ...defaults, oid: record.oid, relname: record.name, relnamespace: record.schema, relkind: relationKind(record) };
    switch (record.kind) {
      case 'table': {
        const statistics = backend.draft.statisticsOf(record.oid);
        yield {
          ...shared, reltype: record.rowType, relam: HeapMethod, relreplident: 'd', reloptions: optionList(record.options), relfilenode: record.tree, relpages: statistics?.pageCount ?? 0, reltuples: statistics?.rowCount ?? -1, relhasindex: backend.draft.indexesOf(record.oid).length > 0,
          relpersistence: persistenceLetter(record), relnatts: record.columns.length, relchecks: record.checks.length,
          relhastriggers: record.foreignKeys.length > 0 || backend.draft.childrenOf(record.oid).length > 0, relispopulated: record.view?.isPopulated ?? true, relhasrules: record.view !== undefined,
        };
        break;
      }
      case 'view':
        yield { ...shared, reltype: record.rowType, relnatts: record.columns.length, relhasrules: true, relpersistence: record.persistence === 'temporary' ? 't' : 'p', reloptions: optionList(record.options, record.checkOption === 'none' || record.options?.['check_option'] !== undefined ? [] : [`check_option=${record.checkOption}`]) };
        break;
      case 'sequence':
        yield { ...shared, relfilenode: record.state, relnatts: 3, relpages: 1, reltuples: 1, relpersistence: persistenceLetter(record) };
        break;
      case 'index':
        yield { ...shared, relam: BtreeMethod, relfilenode: record.tree, relnatts: record.columns.length + record.include.length, reltuples: 0, relpages: 1, relpersistence: persistenceLetter(backend.draft.get(record.table) as TableRecord), reloptions: optionList(record.options) };
        break;
    }
  }
  // A composite type is a relation of its own, under the type's oid.
  for (const record of backend.draft.all()) {
    if (record.kind === 'type' && record.detail.kind === 'composite') yield { ...defaults, oid: record.oid, relname: record.name, relnamespace: record.schema, relkind: 'c', reltype: record.oid, relnatts: record.detail.attributes.length };
  }
}

const persistenceLetter = (record: { readonly persistence: string }): string => (record.persistence === 'temporary' ? 't' : record.persistence === 'unlogged' ? 'u' : 'p');

/** `name=value` of each storage option, as pg_class keeps them. */
function optionList(options: Readonly<Record<string, string>> | undefined, more: readonly string[] = []): SqlArray | null {
  const list = [...Object.entries(options ?? {}).map(([name, value]) => `${name}=${value}`), ...more];
  return list.length === 0 ? null : SqlArray.of(TypeOid.text, list);
}

/** `collation` is the column's own, where it has one. */
function attributeShape(backend: Backend, type: number, typmod: number, collation?: string): VirtualRow {
  const { types } = backend.definitions();
  const info = typeInfo(baseTypeOf(sqlType(type), types).oid, types);
  return {
    atttypid: type, atttypmod: typmod, attlen: info.length, attndims: info.elementOid !== 0 && info.kind === 'array' ? 1 : 0, attbyval: isByValue(info), attalign: typeAlignment(info, types),
    attstorage: typeStorage(info), attcompression: '', attcollation: collation === undefined ? typeCollation(type, backend) : (collationOids[collation] ?? 0),
  };
}

function* attributeRows(backend: Backend): Iterable<VirtualRow> {
  const defaults = { attstattarget: -1, attcacheoff: -1, attnotnull: false, atthasdef: false, atthasmissing: false, attidentity: '', attgenerated: '', attisdropped: false, attislocal: true, attinhcount: 0 };
  for (const table of backend.instance.system.tables()) {
    for (const column of table.columns) yield { ...defaults, attrelid: table.oid, attname: column.name, attnum: column.index + 1, ...attributeShape(backend, column.type.oid, column.type.typmod) };
  }
  for (const record of relations(backend)) {
    if (record.kind === 'table') {
      for (const [i, column] of record.columns.entries()) {
        yield {
          ...defaults, attrelid: record.oid, attname: column.name, attnum: i + 1, ...attributeShape(backend, column.isDropped ? TypeOid.int4 : column.type, column.typmod, column.collation), ...(column.isDropped ? { atttypid: 0 } : {}),
          attnotnull: column.notNull, atthasdef: column.default !== undefined, atthasmissing: column.missing !== undefined && column.missing !== null, attstattarget: column.statisticsTarget ?? -1, attoptions: optionList(column.options),
          attidentity: column.generated === 'identity always' ? 'a' : column.generated === 'identity by default' ? 'd' : '', attgenerated: column.generated === 'stored' ? 's' : '', attisdropped: column.isDropped,
        };
      }
    } else if (record.kind === 'view') {
      for (const [i, column] of record.columns.entries()) yield { ...defaults, attrelid: record.oid, attname: column.name, attnum: i + 1, ...attributeShape(backend, column.type, column.typmod), atthasdef: column.default !== undefined };
    } else if (record.kind === 'index') {
      const table = backend.draft.get(record.table) as TableRecord;
      const names = indexColumnNames(record, table);
      for (const [i, column] of record.columns.entries()) {
        const own = column.column === undefined ? undefined : table.columns[column.column]!;
        yield { ...defaults, attrelid: record.oid, attname: names[i]!, attnum: i + 1, ...attributeShape(backend, column.type, column.typmod, column.collation ?? own?.collation) };
      }
      for (const [i, position] of record.include.entries()) {
        const column = table.columns[position]!;
        yield { ...defaults, attrelid: record.oid, attname: column.name, attnum: record.columns.length + i + 1, ...attributeShape(backend, column.type, column.typmod) };
      }
    } else {
      for (const [i, [name, type]] of ([['last_value', TypeOid.int8], ['log_cnt', TypeOid.int8], ['is_called', TypeOid.bool]] as const).entries()) yield { ...defaults, attrelid: record.oid, attname: name, attnum: i + 1, attnotnull: true, ...attributeShape(backend, type, -1) };
    }
  }
  for (const record of backend.draft.all()) {
    if (record.kind !== 'type' || record.detail.kind !== 'composite') continue;
    for (const [i, attribute] of record.detail.attributes.entries()) {
      yield { ...defaults, attrelid: record.oid, attname: attribute.name, attnum: i + 1, ...attributeShape(backend, attribute.type, attribute.typmod), ...(attribute.isDropped === true ? { atttypid: 0, attisdropped: true } : {}) };
    }
  }
}

/** An expression is named after its function, as in a query's result; a number tells names apart. */
function indexColumnNames(index: IndexRecord, table: TableRecord): string[] {
  const taken = new Set<string>();
  return index.columns.map((column) => {
    const base = column.column === undefined ? (figureColumnName(parseExpression(column.expression!)) ?? 'expr') : table.columns[column.column]!.name;
    let name = base;
    for (let i = 1; taken.has(name); i++) name = `${base}${i}`;
    taken.add(name);
    return name;
  });
}

/** The collation an index column sorts by: its own, its table column's, its type's. */
function columnCollation(backend: Backend, table: TableRecord, column: IndexColumnRecord): number {
  const name = column.collation ?? (column.column === undefined ? undefined : table.columns[column.column]!.collation);
  return name === undefined ? typeCollation(column.type, backend) : (collationOids[name] ?? 0);
}

const vector = (element: number, values: readonly Datum[]): SqlArray => new SqlArray(element, values.length === 0 ? [] : [values.length], values.length === 0 ? [] : [0], values);

function* indexRows(backend: Backend): Iterable<VirtualRow> {
  for (const record of relations(backend)) {
    if (record.kind !== 'index') continue;
    const keys = [...record.columns.map((column) => (column.column === undefined ? 0 : column.column + 1)), ...record.include.map((column) => column + 1)];
    const table = backend.draft.get(record.table) as TableRecord;
    const expressions = record.columns.filter((column) => column.expression !== undefined).map((column) => storedText(backend, printExpression(keyExpression(column.expression!)), { columns: table.columns }));
    yield {
      indexrelid: record.oid, indrelid: record.table, indnatts: keys.length, indnkeyatts: record.columns.length, indisunique: record.isUnique, indnullsnotdistinct: record.nullsNotDistinct,
      indisprimary: record.constraint?.isPrimary === true, indisexclusion: false, indimmediate: (record.constraint?.deferrable ?? 'not deferrable') === 'not deferrable',
      indisclustered: false, indisvalid: true, indcheckxmin: false, indisready: true, indislive: true, indisreplident: false,
      indkey: vector(TypeOid.int2, keys), indcollation: vector(TypeOid.oid, record.columns.map((column) => columnCollation(backend, table, column))), indclass: vector(TypeOid.oid, record.columns.map((column) => operatorClassOf(column, backend.definitions().types)?.oid ?? 0)),
      indoption: vector(TypeOid.int2, record.columns.map((column) => (column.descending ? 1 : 0) | (column.nullsFirst ? 2 : 0))), indexprs: expressions.length === 0 ? null : expressions.join(', '),
      indpred: record.predicate === undefined ? null : displayCondition(backend, record.predicate, table),
    };
  }
}

const actions: Readonly<Record<string, string>> = { 'no action': 'a', restrict: 'r', cascade: 'c', 'set null': 'n', 'set default': 'd' };
const numbers = (values: readonly number[]): SqlArray => SqlArray.of(TypeOid.int2, values.map((value) => value + 1));

/** The columns that a CHECK reads, in the order in which it names them. */
export function checkedColumns(table: TableRecord, text: string): number[] {
  return [...new Set(columnNames(parseExpression(text)))].map((name) => table.columns.findIndex((column) => !column.isDropped && column.name === name)).filter((position) => position >= 0);
}
const numbersOrNull = (positions: readonly number[]): SqlArray | null => (positions.length === 0 ? null : numbers(positions));

function columnNames(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(columnNames);
  if (typeof node !== 'object' || node === null) return [];
  const own = (node as Expression).kind === 'columnRef' ? [(node as { parts: readonly string[] }).parts.at(-1)!] : [];
  return [...own, ...Object.values(node).flatMap(columnNames)];
}

/** All constraints, with their definitions for whoever wants them. */
function* constraintRows(backend: Backend): Iterable<VirtualRow & { readonly definition: string; readonly comment: string | null }> {
  const defaults = { contypid: 0, conindid: 0, conparentid: 0, confrelid: 0, confupdtype: ' ', confdeltype: ' ', confmatchtype: ' ', conislocal: true, coninhcount: 0, connoinherit: true, convalidated: true, condeferrable: false, condeferred: false };
  for (const record of backend.draft.all()) {
    if (record.kind === 'index' && record.constraint !== undefined) {
      const { constraint } = record;
      yield {
        ...defaults, oid: constraint.oid, conname: record.name, connamespace: record.schema, contype: constraint.isPrimary ? 'p' : 'u', conrelid: record.table, conindid: record.oid,
        conkey: numbers(record.columns.map((column) => column.column!)), ...deferred(constraint.deferrable), definition: keyDefinition(backend, record), comment: constraint.comment ?? null,
      };
    } else if (record.kind === 'type' && record.detail.kind === 'domain') {
      for (const check of record.detail.checks) {
        const conbin = displayDomainCondition(backend, check.expression, record.detail);
        yield { ...defaults, oid: check.oid, conname: check.name, connamespace: record.schema, contype: 'c', conrelid: 0, contypid: record.oid, convalidated: check.validated, conbin, definition: checkDefinition(conbin, check.validated, false), comment: null };
      }
    } else if (record.kind === 'table') {
      for (const check of record.checks) {
        const conbin = displayCondition(backend, check.expression, record);
        yield { ...defaults, oid: check.oid, conname: check.name, connamespace: record.schema, contype: 'c', conrelid: record.oid, convalidated: check.validated, connoinherit: check.noInherit === true, conkey: numbersOrNull(checkedColumns(record, check.expression)), conbin, definition: checkDefinition(conbin, check.validated, check.noInherit === true), comment: check.comment ?? null };
      }
      for (const key of record.foreignKeys) {
        yield {
          ...defaults, oid: key.oid, conname: key.name, connamespace: record.schema, contype: 'f', conrelid: record.oid, conindid: key.parentIndex, confrelid: key.parent, conkey: numbers(key.columns), confkey: numbers(key.parentColumns),
          confupdtype: actions[key.onUpdate]!, confdeltype: actions[key.onDelete]!, confmatchtype: key.match === 'full' ? 'f' : 's', convalidated: key.validated, ...deferred(key.deferrable),
          confdelsetcols: key.onDeleteColumns === undefined ? null : numbers(key.onDeleteColumns), definition: foreignKeyDefinition(backend, record, key), comment: key.comment ?? null,
        };
      }
    }
  }
}

function* defaultRows(backend: Backend): Iterable<VirtualRow> {
  for (const record of relations(backend)) {
    if (record.kind !== 'table' && record.kind !== 'view') continue;
    for (const [i, column] of (record.columns as readonly { readonly default?: string | undefined; readonly type: number; readonly typmod: number }[]).entries()) {
      if (column.default !== undefined) yield { oid: record.oid * 1600 + i, adrelid: record.oid, adnum: i + 1, adbin: displayDefault(backend, column.default, column, record.kind === 'table' ? record : undefined) };
    }
  }
}

function* descriptionRows(backend: Backend): Iterable<VirtualRow> {
  for (const record of backend.draft.all()) {
    const classoid = record.kind === 'schema' ? 2615 : record.kind === 'type' ? 1247 : record.kind === 'function' ? 1255 : record.kind === 'extension' ? 3079 : 1259;
    if ('comment' in record && record.comment !== undefined) yield { objoid: record.oid, classoid, objsubid: 0, description: record.comment };
    if (record.kind === 'table' || record.kind === 'view' || (record.kind === 'type' && record.detail.kind === 'composite')) {
      const columns: readonly { readonly comment?: string | undefined }[] = record.kind !== 'type' ? record.columns : record.detail.kind === 'composite' ? record.detail.attributes : [];
      for (const [i, column] of columns.entries()) if (column.comment !== undefined) yield { objoid: record.oid, classoid: 1259, objsubid: i + 1, description: column.comment };
    }
  }
  for (const row of constraintRows(backend)) if (row.comment !== null) yield { objoid: row['oid'], classoid: 2606, objsubid: 0, description: row.comment };
}

function* sequenceRows(backend: Backend): Iterable<SequenceRecord> {
  for (const record of relations(backend)) if (record.kind === 'sequence') yield record;
}
const int8 = (text: string): Datum => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));

/** Internal dependencies that tools ask about: sequences on their columns, indexes on their tables. */
function* dependRows(backend: Backend): Iterable<VirtualRow> {
  for (const record of backend.draft.all()) {
    if (record.kind === 'sequence' && record.owner !== undefined) yield { classid: 1259, objid: record.oid, objsubid: 0, refclassid: 1259, refobjid: record.owner.table, refobjsubid: record.owner.column + 1, deptype: record.owner.isIdentity ? 'i' : 'a' };
    else if (record.kind === 'view') for (const r of record.references) yield { classid: 2618, objid: record.oid, objsubid: 0, refclassid: 1259, refobjid: r.oid, refobjsubid: r.column === undefined ? 0 : r.column + 1, deptype: 'n' };
    else if (record.kind === 'function' && record.extension !== undefined) yield { classid: 1255, objid: record.oid, objsubid: 0, refclassid: 3079, refobjid: record.extension.oid, refobjsubid: 0, deptype: 'e' };
    else if (record.kind === 'index') yield { classid: 1259, objid: record.oid, objsubid: 0, refclassid: record.constraint === undefined ? 1259 : 2606, refobjid: record.constraint?.oid ?? record.table, refobjsubid: 0, deptype: record.constraint === undefined ? 'a' : 'i' };
  }
}

const schemaName = (backend: Backend, record: CatalogRecord): string => ('schema' in record ? backend.definitions().schemaName(record.schema) : '');

export const relationTables: readonly VirtualTable[] = [
  {
    oid: 1259, schema: 'pg_catalog', name: 'pg_class', rows: classRows,
    columns: `oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid relfilenode:oid reltablespace:oid relpages:int4 reltuples:float4 relallvisible:int4 reltoastrelid:oid
      relhasindex:bool relisshared:bool relpersistence:char relkind:char relnatts:int2 relchecks:int2 relhasrules:bool relhastriggers:bool relhassubclass:bool relrowsecurity:bool relforcerowsecurity:bool
      relispopulated:bool relreplident:char relispartition:bool relrewrite:oid relfrozenxid:xid relminmxid:xid relacl:_text reloptions:_text relpartbound:text`,
  },
  {
    oid: 1249, schema: 'pg_catalog', name: 'pg_attribute', rows: attributeRows,
    columns: `attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4 attcacheoff:int4 atttypmod:int4 attbyval:bool attalign:char attstorage:char attcompression:char
      attnotnull:bool atthasdef:bool atthasmissing:bool attidentity:char attgenerated:char attisdropped:bool attislocal:bool attinhcount:int4 attcollation:oid attacl:_text attoptions:_text attfdwoptions:_text attmissingval:text`,
  },
  {
    oid: 2610, schema: 'pg_catalog', name: 'pg_index', rows: indexRows,
    columns: `indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool indnullsnotdistinct:bool indisprimary:bool indisexclusion:bool indimmediate:bool indisclustered:bool indisvalid:bool
      indcheckxmin:bool indisready:bool indislive:bool indisreplident:bool indkey:int2vector indcollation:oidvector indclass:oidvector indoption:int2vector indexprs:text indpred:text`,
  },
  {
    oid: 2606, schema: 'pg_catalog', name: 'pg_constraint', rows: constraintRows,
    columns: `oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool convalidated:bool conrelid:oid contypid:oid conindid:oid conparentid:oid confrelid:oid confupdtype:char
      confdeltype:char confmatchtype:char conislocal:bool coninhcount:int4 connoinherit:bool conkey:_int2 confkey:_int2 conpfeqop:_oid conppeqop:_oid conffeqop:_oid confdelsetcols:_int2 conexclop:_oid conbin:text`,
  },
  { oid: 2604, schema: 'pg_catalog', name: 'pg_attrdef', rows: defaultRows, columns: 'oid:oid adrelid:oid adnum:int2 adbin:text' },
  { oid: 2609, schema: 'pg_catalog', name: 'pg_description', rows: descriptionRows, columns: 'objoid:oid classoid:oid objsubid:int4 description:text' },
  { oid: 2608, schema: 'pg_catalog', name: 'pg_depend', rows: dependRows, columns: 'classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:char' },
  {
    oid: 2224, schema: 'pg_catalog', name: 'pg_sequence', columns: 'seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8 seqcache:int8 seqcycle:bool',
    *rows(backend) {
      for (const s of sequenceRows(backend)) yield { seqrelid: s.oid, seqtypid: s.type, seqstart: int8(s.start), seqincrement: int8(s.increment), seqmax: int8(s.maxValue), seqmin: int8(s.minValue), seqcache: int8(s.cache), seqcycle: s.cycle };
    },
  },
  {
    oid: 2615, schema: 'pg_catalog', name: 'pg_namespace', columns: 'oid:oid nspname:name nspowner:oid nspacl:_text',
    *rows(backend) {
      for (const record of backend.draft.all()) if (record.kind === 'schema') yield { oid: record.oid, nspname: record.name, nspowner: OwnerOid };
    },
  },
  {
    oid: 2618, schema: 'pg_catalog', name: 'pg_rewrite', columns: 'oid:oid rulename:name ev_class:oid ev_type:char ev_enabled:char is_instead:bool ev_qual:text ev_action:text',
    *rows(backend) {
      for (const record of relations(backend)) if (record.kind === 'view') yield { oid: record.oid, rulename: '_RETURN', ev_class: record.oid, ev_type: '1', ev_enabled: 'O', is_instead: true };
    },
  },
  {
    oid: 12010, schema: 'pg_catalog', name: 'pg_tables', columns: 'schemaname:name tablename:name tableowner:name tablespace:name hasindexes:bool hasrules:bool hastriggers:bool rowsecurity:bool',
    *rows(backend) {
      for (const table of backend.instance.system.tables()) if (!isSystemView(table)) yield { schemaname: table.schema, tablename: table.name, tableowner: backend.user, hasindexes: false, hasrules: false, hastriggers: false, rowsecurity: false };
      for (const record of relations(backend)) {
        if (record.kind === 'table' && record.view === undefined) {
          yield { schemaname: schemaName(backend, record), tablename: record.name, tableowner: backend.user, hasindexes: backend.draft.indexesOf(record.oid).length > 0, hasrules: false, hastriggers: record.foreignKeys.length > 0 || backend.draft.childrenOf(record.oid).length > 0, rowsecurity: false };
        }
      }
    },
  },
  {
    oid: 12011, schema: 'pg_catalog', name: 'pg_views', columns: 'schemaname:name viewname:name viewowner:name definition:text',
    *rows(backend) {
      for (const record of relations(backend)) if (record.kind === 'view') yield { schemaname: schemaName(backend, record), viewname: record.name, viewowner: backend.user, definition: viewDefinition(record, backend) };
    },
  },
  {
    oid: 12012, schema: 'pg_catalog', name: 'pg_matviews', columns: 'schemaname:name matviewname:name matviewowner:name tablespace:name hasindexes:bool ispopulated:bool definition:text',
    *rows(backend) {
      for (const record of relations(backend)) {
        if (record.kind === 'table' && record.view !== undefined) yield { schemaname: schemaName(backend, record), matviewname: record.name, matviewowner: backend.user, hasindexes: backend.draft.indexesOf(record.oid).length > 0, ispopulated: record.view.isPopulated, definition: viewDefinition(record, backend) };
      }
    },
  },
  {
    oid: 12013, schema: 'pg_catalog', name: 'pg_indexes', columns: 'schemaname:name tablename:name indexname:name tablespace:name indexdef:text',
    *rows(backend) {
      for (const record of relations(backend)) if (record.kind === 'index') yield { schemaname: schemaName(backend, record), tablename: (backend.draft.get(record.table) as TableRecord).name, indexname: record.name, indexdef: indexDefinition(backend, record as IndexRecord) };
    },
  },
  {
    oid: 12014, schema: 'pg_catalog', name: 'pg_sequences', columns: 'schemaname:name sequencename:name sequenceowner:name data_type:regtype start_value:int8 min_value:int8 max_value:int8 increment_by:int8 cycle:bool cache_size:int8 last_value:int8',
    *rows(backend) {
      for (const s of sequenceRows(backend)) {
        const { last, isCalled } = backend.instance.sequences.peek(s);
        yield { schemaname: schemaName(backend, s), sequencename: s.name, sequenceowner: backend.user, data_type: s.type, start_value: int8(s.start), min_value: int8(s.minValue), max_value: int8(s.maxValue), increment_by: int8(s.increment), cycle: s.cycle, cache_size: int8(s.cache), last_value: isCalled ? int8(String(last)) : null };
      }
    },
  },
];
