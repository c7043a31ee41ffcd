/**
 * A database as SQL text that both PostgreSQL's psql and `restore` load: schemas, types, sequences, functions, tables, views, then data, then what is
 * quicker to make once over all rows (unique constraints, indexes), then foreign keys.
 *
 * M1  Everything is read in one REPEATABLE READ transaction: definitions and rows are of the same moment.
 * M2  An object comes after what it is made of: of the types, tables, functions and views it needs, in the order of their oids where there is a choice.
 * M3  Objects are named with their schemas. What stands inside stored expressions is named as the user wrote it, so the text also sets a search path
 *     over all schemas there are.
 */
import { FirstUserOid, formatType, sqlType, typeInfo, TypeOid } from '../../base/types.js';
import { quoteIdentifier as quoteName, quoteLiteral } from '../../parser/print-names.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, ExtensionRecord, FunctionRecord, IndexRecord, SchemaRecord, SequenceRecord, TableRecord, TypeRecord, ViewRecord } from '../catalog/catalog-objects.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import { checkDefinition, displayExpression, foreignKeyDefinition, functionBody, functionSettings, functionTraits, indexDefinition, keyDefinition, withClause } from '../catalog/definitions.js';
import { viewDefinition } from '../catalog/view-definition.js';
import { callsFunction } from '../ddl/dependencies.js';
import { inputParameters } from '../routines/routine-shape.js';
import type { Session } from '../session.js';

export interface DumpOptions {
  /** How rows are written; default `copy`. */
  readonly data?: 'copy' | 'inserts' | 'none' | undefined;
  /** False: rows alone. Default true. */
  readonly definitions?: boolean | undefined;
  /** Only these tables and views (`name` or `schema.name`), with what belongs to them; default everything. */
  readonly tables?: readonly string[] | undefined;
}

type Write = (text: string) => Promise<void>;

/** Writes the dump to `sink`, a piece at a time; the session has no transaction open. */
export async function dump(session: Session, sink: (chunk: string) => Promise<void> | void, options: DumpOptions): Promise<void> {
  await session.exec("begin isolation level repeatable read, read only; set local search_path = ''; set local datestyle = iso; set local intervalstyle = postgres; select 1");
  try {
    const write: Write = async (text) => sink(text);
    await new Dump(session, write, options).run();
  } finally {
    await session.exec('rollback');
  }
}

class Dump {
  readonly #session: Session;
  readonly #backend: Backend;
  readonly #write: Write;
  readonly #options: DumpOptions;
  readonly #records: readonly CatalogRecord[];

  constructor(session: Session, write: Write, options: DumpOptions) {
    this.#session = session;
    this.#backend = session.backend;
    this.#write = write;
    this.#options = options;
    const wanted = options.tables;
    const all = [...this.#backend.draft.all()].filter((record) => this.#isDumped(record)).sort((a, b) => a.oid - b.oid);
    this.#records = wanted === undefined ? all : all.filter((record) => this.#isWanted(record, wanted));
  }

  #isDumped(record: CatalogRecord): boolean {
    // What is called public is there in every database.
    if (record.kind === 'schema') return record.oid === SchemaOid.public ? record.name !== 'public' : record.oid >= FirstUserOid && !record.name.startsWith('pg_');
    if (record.kind === 'statistics' || (record.kind === 'function' && record.extension !== undefined)) return false;
    if (record.kind === 'extension') return true;
    if ('persistence' in record && record.persistence === 'temporary') return false;
    if (record.kind === 'index') return this.#backend.draft.get(record.table)?.kind === 'table' && this.#isDumped(this.#backend.draft.get(record.table)!);
    return record.schema === SchemaOid.public || record.schema >= FirstUserOid;
  }
  #isWanted(record: CatalogRecord, wanted: readonly string[]): boolean {
    if (record.kind === 'table' || record.kind === 'view') return wanted.includes(record.name) || wanted.includes(`${this.#backend.definitions().schemaName(record.schema)}.${record.name}`);
    if (record.kind === 'index') return this.#isWanted(this.#backend.draft.get(record.table)!, wanted);
    if (record.kind === 'sequence') return record.owner !== undefined && this.#isWanted(this.#backend.draft.get(record.owner.table)!, wanted);
    return false;
  }

  #name(record: { readonly schema: number; readonly name: string }): string {
    return `${quoteName(this.#backend.definitions().schemaName(record.schema))}.${quoteName(record.name)}`;
  }
  /** A type as a declaration spells it, with the schema of the user's own. */
  #type(oid: number, typmod = -1): string {
    const { types } = this.#backend.definitions();
    if (oid < FirstUserOid) return formatType(sqlType(oid, typmod), types);
    const owner = this.#backend.draft.ownerOfType(oid);
    if (owner === undefined || !('schema' in owner)) return formatType(sqlType(oid, typmod), types);
    const info = typeInfo(oid, types);
    const isArray = info.elementOid !== 0 && info.kind === 'array';
    const base = isArray ? info.elementOid : oid;
    const name = owner.kind === 'type' && owner.detail.kind === 'range' && base === owner.detail.multirange ? owner.detail.multirangeName : owner.name;
    return `${this.#name({ schema: owner.schema, name })}${isArray ? '[]' : ''}`;
  }

  async run(): Promise<void> {
    const schemas = this.#records.filter((r): r is SchemaRecord => r.kind === 'schema');
    await this.#write(header(schemas));
    const tables = this.#records.filter((r): r is TableRecord => r.kind === 'table' && r.view === undefined);
    const hasDefinitions = this.#options.definitions !== false;
    if (hasDefinitions) {
      for (const schema of schemas) await this.#write(`CREATE SCHEMA ${quoteName(schema.name)};\n${this.#comment(`SCHEMA ${quoteName(schema.name)}`, schema.comment)}\n`);
      for (const record of this.#records) if (record.kind === 'extension') await this.#write(this.#extension(record));
      for (const record of this.#ordered()) await this.#write(this.#definition(record));
      for (const record of this.#records) if (record.kind === 'sequence' && record.owner?.isIdentity === false) await this.#write(this.#ownedBy(record));
    }
    if (this.#options.data !== 'none') {
      for (const table of tables) await this.#rows(table);
      const sequences = this.#records.filter((r): r is SequenceRecord => r.kind === 'sequence').sort((a, b) => (this.#name(a) < this.#name(b) ? -1 : 1));
      for (const sequence of sequences) await this.#sequenceValue(sequence);
    }
    if (!hasDefinitions) return;
    const indexes = this.#records.filter((r): r is IndexRecord => r.kind === 'index');
    for (const index of indexes) if (index.constraint?.isPrimary !== true) await this.#write(this.#index(index));
    for (const table of tables) for (const key of table.foreignKeys) await this.#write(`ALTER TABLE ONLY ${this.#name(table)}\n    ADD CONSTRAINT ${quoteName(key.name)} ${foreignKeyDefinition(this.#backend, table, key)};\n${this.#comment(`CONSTRAINT ${quoteName(key.name)} ON ${this.#name(table)}`, key.comment)}\n`);
    if (this.#options.data !== 'none') {
      for (const record of this.#ordered()) if (record.kind === 'table' && record.view?.isPopulated === true) await this.#write(`REFRESH MATERIALIZED VIEW ${this.#name(record)};\n\n`);
    }
  }

  #comment(what: string, text: string | undefined): string {
    return text === undefined ? '' : `COMMENT ON ${what} IS ${quoteLiteral(text)};\n`;
  }

  // ------------------------------------------------------------------------------------------------------------ order (M2)

  /** Types, sequences, functions, tables and views, each after what it needs. */
  #ordered(): CatalogRecord[] {
    const wanted = new Map(this.#records.filter((r) => r.kind !== 'schema' && r.kind !== 'extension' && r.kind !== 'index').map((r) => [r.oid, r]));
    const done = new Set<number>();
    const ordered: CatalogRecord[] = [];
    const visit = (record: CatalogRecord): void => {
      if (done.has(record.oid)) return;
      done.add(record.oid);
      for (const need of this.#needs(record)) {
        const other = wanted.get(need);
        if (other !== undefined) visit(other);
      }
      ordered.push(record);
    };
    const rank = (record: CatalogRecord): number => (record.kind === 'type' ? 0 : record.kind === 'sequence' ? 1 : record.kind === 'function' ? 3 : 2);
    for (const record of [...wanted.values()].sort((a, b) => rank(a) - rank(b) || a.oid - b.oid)) visit(record);
    return ordered;
  }

  #needs(record: CatalogRecord): number[] {
    const typeOwner = (oid: number): number[] => (oid < FirstUserOid ? [] : [this.#backend.draft.ownerOfType(oid)?.oid ?? 0]);
    switch (record.kind) {
      case 'type':
        switch (record.detail.kind) {
          case 'domain':
            return [...typeOwner(record.detail.base), ...this.#functionsIn([record.detail.default, ...record.detail.checks.map((c) => c.expression)])];
          case 'composite':
            return record.detail.attributes.flatMap((a) => typeOwner(a.type));
          case 'range':
            return typeOwner(record.detail.subtype);
          case 'enum':
            return [];
        }
        return [];
      case 'table':
        return [
          ...record.columns.filter((c) => !c.isDropped).flatMap((c) => typeOwner(c.type)), ...(record.view?.references.map((r) => r.oid) ?? []),
          ...this.#functionsIn([...record.columns.map((c) => c.default), ...record.checks.map((c) => c.expression)]),
        ];
      case 'view':
        return [...record.references.map((r) => r.oid), ...record.columns.flatMap((c) => typeOwner(c.type))];
      case 'function':
        return [...record.references.map((r) => r.oid), ...[record.returns, ...record.parameters.map((p) => p.type)].flatMap(typeOwner), ...(record.standard === undefined ? [] : this.#functionsIn([record.body]).filter((oid) => oid !== record.oid))];
      default:
        return [];
    }
  }
  /** Functions whose names are called in stored text. */
  #functionsIn(texts: readonly (string | undefined)[]): number[] {
    const found: number[] = [];
    for (const record of this.#records) {
      if (record.kind !== 'function') continue;
      if (texts.some((text) => text !== undefined && callsFunction(this.#backend, text, record))) found.push(record.oid);
    }
    return found;
  }

  // ------------------------------------------------------------------------------------------------------------ definitions

  #definition(record: CatalogRecord): string {
    switch (record.kind) {
      case 'type':
        return this.#typeDefinition(record);
      case 'sequence':
        return record.owner?.isIdentity === true ? '' : `CREATE SEQUENCE ${this.#name(record)}\n    ${this.#sequenceOptions(record)};\n${this.#comment(`SEQUENCE ${this.#name(record)}`, record.comment)}\n`;
      case 'function':
        return this.#function(record);
      case 'table':
        return record.view === undefined ? this.#table(record) : `CREATE MATERIALIZED VIEW ${this.#name(record)}${withClause(record.options)} AS\n${viewDefinition(record, this.#backend)!.trim().replace(/;$/, '')}\n  WITH NO DATA;\n${this.#comment(`MATERIALIZED VIEW ${this.#name(record)}`, record.comment)}\n`;
      case 'view':
        return this.#view(record);
      default:
        return '';
    }
  }

  #typeDefinition(record: TypeRecord): string {
    const name = this.#name(record);
    const { detail } = record;
    switch (detail.kind) {
      case 'enum': {
        const labels = [...detail.labels].sort((a, b) => a.order - b.order).map((l) => `    ${quoteLiteral(l.label)}`);
        return `CREATE TYPE ${name} AS ENUM (\n${labels.join(',\n')}\n);\n${this.#comment(`TYPE ${name}`, record.comment)}\n`;
      }
      case 'composite': {
        const attributes = detail.attributes.filter((a) => a.isDropped !== true).map((a) => `    ${quoteName(a.name)} ${this.#type(a.type, a.typmod)}`);
        return `CREATE TYPE ${name} AS (\n${attributes.join(',\n')}\n);\n${this.#comment(`TYPE ${name}`, record.comment)}${detail.attributes.map((a) => this.#comment(`COLUMN ${name}.${quoteName(a.name)}`, a.comment)).join('')}\n`;
      }
      case 'range':
        return `CREATE TYPE ${name} AS RANGE (\n    subtype = ${this.#type(detail.subtype)},\n    multirange_type_name = ${this.#name({ schema: record.schema, name: detail.multirangeName })}\n);\n${this.#comment(`TYPE ${name}`, record.comment)}\n`;
      case 'domain': {
        const parts = [`CREATE DOMAIN ${name} AS ${this.#type(detail.base, detail.typmod)}`];
        if (detail.collation !== undefined) parts.push(`COLLATE ${quoteName(detail.collation)}`);
        if (detail.default !== undefined) parts.push(`DEFAULT ${displayExpression(this.#backend, detail.default)}`);
        if (detail.notNull) parts.push('NOT NULL');
        for (const check of detail.checks) if (check.validated) parts.push(`CONSTRAINT ${quoteName(check.name)} ${checkDefinition(displayExpression(this.#backend, check.expression), true, false)}`);
        const late = detail.checks.filter((c) => !c.validated).map((c) => `ALTER DOMAIN ${name} ADD CONSTRAINT ${quoteName(c.name)} ${checkDefinition(displayExpression(this.#backend, c.expression), false, false)};\n`);
        return `${parts.join(' ')};\n${late.join('')}${this.#comment(`DOMAIN ${name}`, record.comment)}\n`;
      }
    }
  }

  #sequenceOptions(record: SequenceRecord): string {
    const type = record.type === TypeOid.int8 || record.owner?.isIdentity === true ? '' : `AS ${this.#type(record.type)} `;
    return `${type}START WITH ${record.start} INCREMENT BY ${record.increment} MINVALUE ${record.minValue} MAXVALUE ${record.maxValue} CACHE ${record.cache}${record.cycle ? ' CYCLE' : ''}`;
  }
  #ownedBy(record: SequenceRecord): string {
    const table = this.#backend.draft.get(record.owner!.table) as TableRecord;
    return `ALTER SEQUENCE ${this.#name(record)} OWNED BY ${this.#name(table)}.${quoteName(table.columns[record.owner!.column]!.name)};\n\n`;
  }

  /** What came with it comes with it again. */
  #extension(record: ExtensionRecord): string {
    const name = quoteName(record.name);
    return `CREATE EXTENSION IF NOT EXISTS ${name} WITH SCHEMA ${quoteName(this.#backend.definitions().schemaName(record.home))};\n${this.#comment(`EXTENSION ${name}`, record.comment)}\n`;
  }

  #function(record: FunctionRecord): string {
    const kind = record.isProcedure ? 'PROCEDURE' : 'FUNCTION';
    const parameters = record.parameters.filter((p) => p.mode !== 'table').map((p) => {
      const parts = [p.mode === 'in' ? '' : p.mode.toUpperCase(), p.name === undefined ? '' : quoteName(p.name), this.#type(p.type), p.default === undefined ? '' : `DEFAULT ${displayExpression(this.#backend, p.default)}`];
      return parts.filter((part) => part !== '').join(' ');
    });
    const table = record.parameters.filter((p) => p.mode === 'table');
    const returns = record.isProcedure ? '' : table.length > 0 ? ` RETURNS TABLE(${table.map((p) => `${quoteName(p.name ?? '')} ${this.#type(p.type)}`).join(', ')})` : ` RETURNS ${record.returnsSet ? 'SETOF ' : ''}${this.#type(record.returns)}`;
    const traits = [...functionTraits(record), ...functionSettings(record)];
    const name = this.#name(record);
    const signature = inputParameters(record).map((p) => this.#type(p.type)).join(', ');
    return `CREATE ${kind} ${name}(${parameters.join(', ')})${returns}\n    LANGUAGE ${record.language}${traits.map((trait) => ` ${trait}`).join('')}\n    ${functionBody(record)};\n${this.#comment(`${kind} ${name}(${signature})`, record.comment)}\n`;
  }

  #table(record: TableRecord): string {
    const { draft } = this.#backend;
    const lines = record.columns.filter((c) => !c.isDropped).map((column) => {
      const parts = [quoteName(column.name), this.#type(column.type, column.typmod)];
      if (column.collation !== undefined) parts.push(`COLLATE ${quoteName(column.collation)}`);
      const sequence = column.sequence === undefined ? undefined : draft.get(column.sequence);
      if (column.generated === 'stored') parts.push(`GENERATED ALWAYS AS (${displayExpression(this.#backend, column.default!)}) STORED`);
      else if (column.generated !== undefined) {
        const options = sequence?.kind === 'sequence' ? ` (SEQUENCE NAME ${this.#name(sequence)} ${this.#sequenceOptions(sequence)})` : '';
        parts.push(`GENERATED ${column.generated === 'identity always' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${options}`);
      } else if (column.default !== undefined) parts.push(`DEFAULT ${displayExpression(this.#backend, column.default)}`);
      if (column.notNull) parts.push('NOT NULL');
      return `    ${parts.join(' ')}`;
    });
    for (const check of record.checks) if (check.validated) lines.push(`    CONSTRAINT ${quoteName(check.name)} ${checkDefinition(displayExpression(this.#backend, check.expression), true, check.noInherit === true)}`);
    const primary = draft.indexesOf(record.oid).find((index) => index.constraint?.isPrimary === true);
    if (primary !== undefined) lines.push(`    CONSTRAINT ${quoteName(primary.name)} ${keyDefinition(this.#backend, primary, true)}`);
    const name = this.#name(record);
    const late = record.checks.filter((c) => !c.validated).map((c) => `ALTER TABLE ${name} ADD CONSTRAINT ${quoteName(c.name)} ${checkDefinition(displayExpression(this.#backend, c.expression), false, c.noInherit === true)};\n`);
    const targets = record.columns.flatMap((c) => (c.isDropped || c.statisticsTarget === undefined ? [] : [`ALTER TABLE ONLY ${name} ALTER COLUMN ${quoteName(c.name)} SET STATISTICS ${c.statisticsTarget};\n`]));
    const options = record.columns.flatMap((c) => (c.isDropped || c.options === undefined ? [] : [`ALTER TABLE ONLY ${name} ALTER COLUMN ${quoteName(c.name)} SET${withClause(c.options).replace(' WITH', '')};\n`]));
    const comments = [
      this.#comment(`TABLE ${name}`, record.comment), ...record.columns.map((c) => (c.isDropped ? '' : this.#comment(`COLUMN ${name}.${quoteName(c.name)}`, c.comment))),
      ...record.checks.map((c) => this.#comment(`CONSTRAINT ${quoteName(c.name)} ON ${name}`, c.comment)),
      primary === undefined ? '' : this.#comment(`CONSTRAINT ${quoteName(primary.name)} ON ${name}`, primary.constraint!.comment),
    ];
    return `CREATE ${record.persistence === 'unlogged' ? 'UNLOGGED ' : ''}TABLE ${name} (\n${lines.join(',\n')}\n)${withClause(record.options)};\n${late.join('')}${targets.join('')}${options.join('')}${comments.join('')}\n`;
  }

  #view(record: ViewRecord): string {
    const name = this.#name(record);
    const columns = record.columns.map((c) => quoteName(c.name)).join(', ');
    const check = record.checkOption === 'none' ? '' : `\n  WITH ${record.checkOption.toUpperCase()} CHECK OPTION`;
    const { check_option: _, ...options } = record.options ?? {};
    const defaults = record.columns.flatMap((c) => (c.default === undefined ? [] : [`ALTER VIEW ${name} ALTER COLUMN ${quoteName(c.name)} SET DEFAULT ${displayExpression(this.#backend, c.default)};\n`]));
    const comments = [this.#comment(`VIEW ${name}`, record.comment), ...record.columns.map((c) => this.#comment(`COLUMN ${name}.${quoteName(c.name)}`, c.comment))];
    return `CREATE VIEW ${name} (${columns})${withClause(options)} AS\n${viewDefinition(record, this.#backend)!.trim().replace(/;$/, '')}${check};\n${defaults.join('')}${comments.join('')}\n`;
  }

  #index(index: IndexRecord): string {
    const table = this.#backend.draft.get(index.table) as TableRecord;
    if (index.constraint === undefined) return `${indexDefinition(this.#backend, index)};\n${this.#comment(`INDEX ${this.#name(index)}`, index.comment)}\n`;
    return `ALTER TABLE ONLY ${this.#name(table)}\n    ADD CONSTRAINT ${quoteName(index.name)} ${keyDefinition(this.#backend, index, true)};\n${this.#comment(`CONSTRAINT ${quoteName(index.name)} ON ${this.#name(table)}`, index.constraint.comment)}\n`;
  }

  // ------------------------------------------------------------------------------------------------------------ data

  async #rows(table: TableRecord): Promise<void> {
    const columns = table.columns.filter((c) => !c.isDropped && c.generated !== 'stored');
    const name = this.#name(table);
    const list = columns.map((c) => quoteName(c.name)).join(', ');
    if (this.#options.data === 'inserts' || columns.length === 0) {
      const overriding = columns.some((c) => c.generated === 'identity always') ? ' OVERRIDING SYSTEM VALUE' : '';
      const query = columns.length === 0 ? `select from ${name}` : `select ${list} from ${name}`;
      for await (const row of this.#session.stream<(string | null)[]>(query, [], { rowMode: 'array', values: 'text' })) {
        const values = row.map((value, i) => literal(value, columns[i]!.type));
        await this.#write(columns.length === 0 ? `INSERT INTO ${name} DEFAULT VALUES;\n` : `INSERT INTO ${name} (${list})${overriding} VALUES (${values.join(', ')});\n`);
      }
      await this.#write('\n');
      return;
    }
    await this.#write(`COPY ${name} (${list}) FROM stdin;\n`);
    await this.#session.copyTo(`copy ${name} (${list}) to stdout`, (chunk) => this.#write(chunk));
    await this.#write('\\.\n\n');
  }

  async #sequenceValue(record: SequenceRecord): Promise<void> {
    const { rows } = await this.#session.query<{ last_value: string; is_called: boolean }>(`select last_value, is_called from ${this.#name(record)}`, [], { int8: 'string' });
    const { last_value: value, is_called: isCalled } = rows[0]!;
    await this.#write(`SELECT pg_catalog.setval(${quoteLiteral(this.#name(record))}, ${value}, ${isCalled});\n\n`);
  }
}

const plainNumbers: ReadonlySet<number> = new Set([TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.oid, TypeOid.numeric, TypeOid.float4, TypeOid.float8]);

function literal(value: string | null, type: number): string {
  if (value === null) return 'NULL';
  if (plainNumbers.has(type) && /^-?[\d.]+(?:e[+-]?\d+)?$/.test(value)) return value;
  if (type === TypeOid.bool) return value === 't' ? 'true' : 'false';
  return quoteLiteral(value);
}

function header(schemas: readonly SchemaRecord[]): string {
  const path = ['public', ...schemas.map((s) => s.name)].map(quoteName).join(', ');
  return `--\n-- Serialite database dump\n--\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSET check_function_bodies = false;\nSET client_min_messages = warning;\nSELECT pg_catalog.set_config('search_path', ${quoteLiteral(path)}, false);\n\n`;
}
