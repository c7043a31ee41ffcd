/**
 * The schema of a database as TypeScript: for every table what a row read from it is, what may be inserted and what may be updated, for every view what a
 * row is; enums as unions, composite types as interfaces, domains as aliases; comments as doc comments. The types are those of values.ts and
 * parameters.ts with default settings: what `query` gives and takes.
 *
 * Y1  A column is `null` unless it, or the domain it is of, refuses NULL. Elements of arrays and attributes of composites may always be NULL, and so
 *     may columns of views, of which the catalog knows nothing.
 * Y2  A column may be left out of an insert when it has a default or may be NULL; generated columns and GENERATED ALWAYS identities are in neither
 *     the insert nor the update.
 * Y3  Names are made from SQL's by capitals; those outside `public` begin with their schema; a name taken twice gets a number.
 */
import { FirstUserOid, TypeOid, typeInfo } from '../../base/types.js';
import type { Int8Mode } from '../api.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, ColumnRecord, DomainRecord, TableRecord, TypeRecord, ViewRecord } from './catalog-objects.js';

export interface TypesOptions {
  /** Only these schemas; default all of the user's. */
  readonly schemas?: readonly string[] | undefined;
  /** How the program reads int8, as it says to `open`; default `number`. */
  readonly int8?: Int8Mode | undefined;
}

type Described = TableRecord | ViewRecord | TypeRecord;
/** Values that come out, or that go in. */
type Direction = 'out' | 'in';

/** Names that the text itself needs, or that would hide a type it uses. */
const reserved = ['Json', 'Database', 'Date', 'Array', 'Record', 'Uint8Array', 'Object', 'String', 'Number', 'Boolean', 'Function', 'Symbol', 'Promise', 'Error', 'Map', 'Set'];

const jsonType = `/** JSON, parsed. */
export type Json = string | number | boolean | null | { readonly [key: string]: Json | undefined } | readonly Json[];
`;

/** The module's text. */
export function schemaTypes(backend: Backend, options: TypesOptions = {}): string {
  return new Writer(backend, options).text();
}

class Writer {
  readonly #backend: Backend;
  readonly #int8: Int8Mode;
  readonly #records: readonly Described[];
  /** TypeScript's name of a type by the oid of the type, for rows of tables of their row type. */
  readonly #names = new Map<number, string>();
  readonly #taken = new Set(reserved);
  #usesJson = false;

  constructor(backend: Backend, options: TypesOptions) {
    this.#backend = backend;
    this.#int8 = options.int8 ?? 'number';
    const isWanted = (record: CatalogRecord): record is Described => {
      if (record.kind !== 'table' && record.kind !== 'view' && record.kind !== 'type') return false;
      if (record.kind !== 'type' && record.persistence === 'temporary') return false;
      const schema = this.#schema(record);
      return options.schemas === undefined ? !schema.startsWith('pg_') && schema !== 'information_schema' : options.schemas.includes(schema);
    };
    const path = (record: Described): string => `${this.#schema(record)}.${record.name}`;
    this.#records = [...backend.draft.all()].filter(isWanted).sort((a, b) => (path(a) < path(b) ? -1 : 1));
    for (const record of this.#records) {
      if (record.kind === 'type') {
        if (record.detail.kind !== 'range') this.#names.set(record.oid, this.#claim(record, ['']));
      } else this.#names.set(record.rowType, this.#claim(record, record.kind === 'table' && record.view === undefined ? ['', 'Insert', 'Update'] : ['']));
    }
  }

  #schema(record: { readonly schema: number }): string {
    return this.#backend.definitions().schemaName(record.schema);
  }

  /** A name that is free with all of the suffixes. */
  #claim(record: Described, suffixes: readonly string[]): string {
    const schema = this.#schema(record);
    const base = pascalCase(schema === 'public' ? record.name : `${schema}_${record.name}`);
    let name = base;
    for (let i = 2; suffixes.some((suffix) => this.#taken.has(name + suffix)); i++) name = `${base}${i}`;
    for (const suffix of suffixes) this.#taken.add(name + suffix);
    return name;
  }

  text(): string {
    const types = this.#records.filter((r): r is TypeRecord => r.kind === 'type' && r.detail.kind !== 'range').map((record) => this.#type(record));
    const relations = this.#records.filter((r): r is TableRecord | ViewRecord => r.kind !== 'type');
    const shapes = relations.map((record) => (record.kind === 'table' && record.view === undefined ? this.#table(record) : this.#view(record)));
    const entries = relations.map((record) => {
      const name = this.#names.get(record.rowType)!;
      const key = this.#schema(record) === 'public' ? record.name : `${this.#schema(record)}.${record.name}`;
      return `  ${propertyName(key)}: { row: ${name}${record.kind === 'table' && record.view === undefined ? `; insert: ${name}Insert; update: ${name}Update` : ''} };\n`;
    });
    const header = '/** The schema of the database, as `serialite types` writes it. Timestamps are Dates, infinite ones the numbers Infinity and -Infinity. Not to be edited: write it again. */\n';
    const database = `/** All tables and views by name; those outside the schema public with theirs. */\nexport interface Database {\n${entries.join('')}}\n`;
    return [header, ...(this.#usesJson ? [jsonType] : []), ...types, ...shapes, database].join('\n');
  }

  #type(record: TypeRecord): string {
    const name = this.#names.get(record.oid)!;
    const { detail } = record;
    const comment = docComment(record.comment, '');
    if (detail.kind === 'enum') return `${comment}export type ${name} = ${detail.labels.length === 0 ? 'never' : [...detail.labels].sort((a, b) => a.order - b.order).map(({ label }) => stringLiteral(label)).join(' | ')};\n`;
    if (detail.kind === 'domain') return `${comment}export type ${name} = ${this.#typeText(detail.base, 'out')};\n`;
    const attributes = detail.kind === 'composite' ? detail.attributes.filter((attribute) => attribute.isDropped !== true) : [];
    return `${comment}export interface ${name} {\n${attributes.map((a) => `  ${propertyName(a.name)}: ${orNull(this.#typeText(a.type, 'out'))};\n`).join('')}}\n`;
  }

  #table(record: TableRecord): string {
    const name = this.#names.get(record.rowType)!;
    const columns = record.columns.filter((column) => !column.isDropped);
    const given = columns.filter((column) => column.generated !== 'stored' && column.generated !== 'identity always');
    const line = (column: ColumnRecord, direction: Direction, isOptional: boolean): string => {
      const type = this.#typeText(column.type, direction);
      return `${docComment(column.comment, '  ')}  ${propertyName(column.name)}${isOptional ? '?' : ''}: ${this.#refusesNull(column) ? type : orNull(type)};\n`;
    };
    const row = columns.map((column) => line(column, 'out', false)).join('');
    const insert = given.map((column) => line(column, 'in', this.#hasDefault(column) || !this.#refusesNull(column))).join('');
    const update = given.map((column) => line(column, 'in', true)).join('');
    const comment = docComment(record.comment, '');
    return `${comment}export interface ${name} {\n${row}}\n\n/** What may be inserted into ${record.name}. */\nexport interface ${name}Insert {\n${insert}}\n\n/** What may be updated in ${record.name}. */\nexport interface ${name}Update {\n${update}}\n`;
  }

  #view(record: TableRecord | ViewRecord): string {
    const columns = record.columns.map((column) => `${docComment(column.comment, '  ')}  ${propertyName(column.name)}: ${orNull(this.#typeText(column.type, 'out'))};\n`);
    return `${docComment(record.comment, '')}export interface ${this.#names.get(record.rowType)!} {\n${columns.join('')}}\n`;
  }

  #domainOf(oid: number): DomainRecord['detail'] | undefined {
    const owner = oid < FirstUserOid ? undefined : this.#backend.draft.ownerOfType(oid);
    return owner?.kind === 'type' && owner.oid === oid && owner.detail.kind === 'domain' ? owner.detail : undefined;
  }
  #refusesNull(column: { readonly notNull: boolean; readonly type: number }): boolean {
    if (column.notNull) return true;
    const domain = this.#domainOf(column.type);
    return domain !== undefined && this.#refusesNull({ notNull: domain.notNull, type: domain.base });
  }
  #hasDefault(column: ColumnRecord): boolean {
    if (column.default !== undefined || column.sequence !== undefined || column.generated !== undefined) return true;
    for (let domain = this.#domainOf(column.type); domain !== undefined; domain = this.#domainOf(domain.base)) if (domain.default !== undefined) return true;
    return false;
  }

  /** A type as values of it are read, or as they may be given: then also as text, and numbers of any kind. */
  #typeText(oid: number, direction: Direction): string {
    const own = this.#names.get(oid);
    if (own !== undefined) {
      const domain = direction === 'in' ? this.#domainOf(oid) : undefined;
      return domain === undefined ? own : this.#typeText(domain.base, 'in');
    }
    const isIn = direction === 'in';
    switch (oid) {
      case TypeOid.int2:
      case TypeOid.int4:
      case TypeOid.oid:
      case TypeOid.float4:
      case TypeOid.float8:
        return 'number';
      case TypeOid.int8:
        return isIn ? 'number | bigint | string' : this.#int8;
      case TypeOid.bool:
        return 'boolean';
      case TypeOid.numeric:
      case TypeOid.money:
        return isIn ? 'string | number' : 'string';
      case TypeOid.bytea:
        return 'Uint8Array';
      case TypeOid.timestamp:
      case TypeOid.timestamptz:
        return isIn ? 'Date | string' : 'Date';
      case TypeOid.json:
      case TypeOid.jsonb:
        this.#usesJson = true;
        return 'Json';
      case TypeOid.record:
        return 'unknown[]';
      default:
        break;
    }
    const { types } = this.#backend.definitions();
    const info = typeInfo(oid, types);
    if (info.kind === 'array' && info.elementOid !== 0) return `(${orNull(this.#typeText(info.elementOid, direction))})[]`;
    // A type of a schema that was not asked for is told by what it is made of.
    if (info.kind === 'domain') return this.#typeText(info.baseType!.oid, direction);
    if (info.kind === 'enum') return info.labels!.map(({ label }) => stringLiteral(label)).join(' | ');
    if (info.kind === 'composite') return `{ ${info.attributes!.map((a) => `${propertyName(a.name)}: ${orNull(this.#typeText(a.type.oid, direction))}`).join('; ')} }`;
    return 'string';
  }
}

const orNull = (type: string): string => (type === 'Json' ? type : `${type} | null`);

/** `order_item` and `"Order item"` become OrderItem. */
function pascalCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[\p{L}]/u.test(joined) ? joined : `T${joined}`;
}

const stringLiteral = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name));

function docComment(text: string | undefined, indent: string): string {
  if (text === undefined) return '';
  const lines = text.replaceAll('*/', '* /').split(/\r?\n/);
  if (lines.length === 1) return `${indent}/** ${lines[0]!} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}
