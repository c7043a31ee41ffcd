/**
 * The catalog as the planner wants it (planner/catalog.ts), made from records on demand. A definition is built once and kept as long as the
 * records it is made of stay the same objects, so a schema change elsewhere costs nothing here and unchanged tables keep their identity.
 */
import { assert } from '../../base/assert.js';
import type { Oid } from '../../base/ids.js';
import { oid as toOid, treeId } from '../../base/ids.js';
import { compareText } from '../../base/text-order.js';
import { RowLayout, type LayoutColumn } from '../../base/rowcode.js';
import type { Datum } from '../../base/datum.js';
import type { SqlType, TypeRegistry } from '../../base/types.js';
import { sqlType } from '../../base/types.js';
import type { FunctionDef, ScalarImpl } from '../../functions/registry.js';
import type { Expression } from '../../parser/ast.js';
import { parseExpression, parseQuery } from '../../parser/parse.js';
import type { BoundExpression } from '../../planner/expression.js';
import { domainCheck } from './domains.js';
import type {
  Catalog, CheckDef, ColumnDef, ForeignKeyDef, IndexColumn, IndexDef, IndexRelationDef, RelationDef, RoutineDef, SequenceDef, TableDef, TableStatistics, ViewDef,
} from '../../planner/catalog.js';
import type {
  CatalogRecord, ColumnRecord, ForeignKeyRecord, FunctionRecord, IndexRecord, CompositeRecord, RelationRecord, SchemaRecord, SequenceRecord, StatisticsRecord, TableRecord, ViewRecord,
} from './catalog-objects.js';
import { SchemaOid } from './catalog-objects.js';
import type { CatalogReader } from './catalog-store.js';
import { CatalogTypes } from './catalog-types.js';

/** What definitions need besides records: how stored text becomes values, functions of the user, and the tables computed on the fly. */
export interface CatalogViewEnv {
  /** A datum from its text form. */
  fromText(text: string, type: SqlType, types: TypeRegistry): Datum;
  systemTable(schema: string, name: string): RelationDef | undefined;
  systemTableByOid(oid: number): TableDef | undefined;
  systemNames(): readonly string[];
  sequenceTable(record: SequenceRecord, schema: string): TableDef;
  userFunctions(view: DefinitionSource, schema: number, name: string): readonly FunctionDef[];
  userProcedures(view: DefinitionSource, schema: number, name: string): readonly FunctionDef[];
  /** A function in SQL as the planner looks into it. */
  routine(record: FunctionRecord): RoutineDef;
  /** Those the host has registered. */
  hostFunctions(schema: string, name: string): readonly FunctionDef[];
}

interface Cached {
  readonly inputs: readonly unknown[];
  readonly definition: RelationDef;
}

/** Builds and keeps definitions over one reader. */
export class DefinitionSource {
  readonly reader: CatalogReader;
  readonly types: CatalogTypes;
  readonly #env: CatalogViewEnv;
  readonly #cache = new Map<number, Cached>();

  constructor(reader: CatalogReader, env: CatalogViewEnv) {
    this.reader = reader;
    this.types = new CatalogTypes(reader);
    this.#env = env;
  }

  get env(): CatalogViewEnv {
    return this.#env;
  }

  schemaName(oid: number): string {
    return (this.reader.get(oid) as SchemaRecord).name;
  }

  definition(oid: number): RelationDef | undefined {
    const record = this.reader.get(oid);
    if (record === undefined) return undefined;
    switch (record.kind) {
      case 'table':
        return this.table(record);
      case 'view':
        return this.#cached(record, [record, this.reader.get(record.schema)], () => this.#view(record));
      case 'sequence':
        return this.#cached(record, [record, this.reader.get(record.schema)], () => this.#sequence(record));
      case 'index':
        return this.#index(record);
      default:
        return undefined;
    }
  }

  tableDef(oid: number): TableDef | undefined {
    const definition = this.definition(oid);
    return definition?.kind === 'table' ? definition : undefined;
  }

  table(record: TableRecord): TableDef {
    const indexes = this.reader.indexesOf(record.oid);
    const children = this.reader.childrenOf(record.oid);
    const statistics = this.reader.statisticsOf(record.oid);
    // Types matter too: a label added to an enum changes how rows of it are read.
    const types = record.columns.map((column) => this.types.lookup(column.type));
    const inputs = [record, this.reader.get(record.schema), statistics, ...indexes, ...children, ...types];
    return this.#cached(record, inputs, () => this.#table(record, indexes, children, statistics)) as TableDef;
  }

  #cached(record: CatalogRecord, inputs: readonly unknown[], make: () => RelationDef): RelationDef {
    const known = this.#cache.get(record.oid);
    if (known !== undefined && known.inputs.length === inputs.length && known.inputs.every((input, i) => input === inputs[i])) return known.definition;
    const definition = make();
    this.#cache.set(record.oid, { inputs, definition });
    return definition;
  }

  /** Forgets what no longer exists. */
  prune(): void {
    for (const oid of this.#cache.keys()) if (this.reader.get(oid) === undefined) this.#cache.delete(oid);
  }

  #table(record: TableRecord, indexRecords: readonly IndexRecord[], children: readonly TableRecord[], statistics: StatisticsRecord | undefined): TableDef {
    const columns = record.columns.map((column, index) => this.#column(column, index));
    const indexes = indexRecords.map((index) => this.#indexDef(index, record)).sort(byImportance);
    const clustered = indexes.find((index) => index.isClustered);
    return {
      kind: 'table', oid: toOid(record.oid), schema: this.schemaName(record.schema), name: record.name, columns,
      tree: treeId(record.tree), layout: layoutOf(record, this), clusterKey: clustered?.columns, indexes,
      // In the order in which PostgreSQL tests them.
      checks: record.checks.map((check): CheckDef => ({ name: check.name, expression: parseExpression(check.expression), validated: check.validated })).sort((a, b) => compareText(a.name, b.name)),
      foreignKeys: record.foreignKeys.map((key) => foreignKeyDef(record.oid, key)),
      referencedBy: children.flatMap((child) => child.foreignKeys.filter((key) => key.parent === record.oid).map((key) => foreignKeyDef(child.oid, key))),
      isTemporary: record.persistence === 'temporary', isMaterializedView: record.view !== undefined, virtual: undefined,
      statistics: statistics === undefined ? undefined : this.#statistics(record, statistics),
    };
  }

  #column(column: ColumnRecord, index: number): ColumnDef {
    return {
      name: column.name, index, type: sqlType(column.type, column.typmod), collation: column.collation, notNull: column.notNull,
      defaultExpression: column.default === undefined ? undefined : parseExpression(column.default),
      generated: column.generated, sequence: column.sequence === undefined ? undefined : toOid(column.sequence), isDropped: column.isDropped,
    };
  }

  #statistics(record: TableRecord, found: StatisticsRecord): TableStatistics {
    return {
      rowCount: found.rowCount, pageCount: found.pageCount,
      columns: record.columns.map((column, i) => {
        const own = found.columns[i];
        if (own === undefined || own === null || column.isDropped) return undefined;
        const type = sqlType(column.type, column.typmod);
        const value = (text: string): Datum => this.#env.fromText(text, type, this.types);
        return {
          nullFraction: own.nullFraction, distinct: own.distinct, averageWidthBytes: own.averageWidthBytes, correlation: own.correlation,
          mostCommon: own.mostCommon.map((m) => ({ value: value(m.value), fraction: m.fraction })), histogram: own.histogram.map(value),
        };
      }),
    };
  }

  #indexDef(record: IndexRecord, table: TableRecord): IndexDef {
    const isClustered = table.clusteredBy === record.oid;
    const columns = record.columns.map((column): IndexColumn => ({
      column: column.column, expression: column.expression === undefined ? undefined : parseExpression(column.expression),
      type: sqlType(column.type, column.typmod), collation: column.collation, operatorClass: column.operatorClass, descending: column.descending, nullsFirst: column.nullsFirst,
      nullable: !isClustered,
    }));
    const included = record.include.map((i): LayoutColumn => ({ type: sqlType(table.columns[i]!.type, table.columns[i]!.typmod), missing: null, isDropped: false }));
    return {
      oid: toOid(record.oid), name: record.name, table: toOid(record.table), tree: treeId(record.tree), columns,
      include: included.length === 0 ? undefined : { columns: record.include, layout: new RowLayout(0, included, this.types) },
      isUnique: record.isUnique, nullsNotDistinct: record.nullsNotDistinct, isPrimary: record.constraint?.isPrimary === true, isClustered,
      predicate: record.predicate === undefined ? undefined : parseExpression(record.predicate),
      constraintName: record.constraint === undefined ? undefined : record.name, deferrable: record.constraint?.deferrable ?? 'not deferrable',
    };
  }

  #index(record: IndexRecord): IndexRelationDef | undefined {
    const table = this.reader.get(record.table);
    if (table?.kind !== 'table') return undefined;
    const index = this.table(table).indexes.find((candidate) => candidate.oid === record.oid);
    assert(index !== undefined, 'index missing from its table', record.oid);
    return { kind: 'index', oid: toOid(record.oid), schema: this.schemaName(record.schema), name: record.name, index };
  }

  #view(record: ViewRecord): ViewDef {
    return {
      kind: 'view', oid: toOid(record.oid), schema: this.schemaName(record.schema), name: record.name,
      columns: record.columns.map((column) => ({
        name: column.name, type: sqlType(column.type, column.typmod), ...(column.default === undefined ? {} : { defaultExpression: parseExpression(column.default) }),
      })),
      query: parseQuery(record.query), checkOption: record.checkOption,
    };
  }

  #sequence(record: SequenceRecord): SequenceDef {
    return { kind: 'sequence', oid: toOid(record.oid), schema: this.schemaName(record.schema), name: record.name, state: this.#env.sequenceTable(record, this.schemaName(record.schema)) };
  }
}

/** The primary key first, then unique indexes, then the rest, each in order of creation. */
function byImportance(a: IndexDef, b: IndexDef): number {
  const rank = (index: IndexDef): number => (index.isPrimary ? 0 : index.isUnique ? 1 : 2);
  return rank(a) - rank(b) || a.oid - b.oid;
}

function foreignKeyDef(child: number, key: ForeignKeyRecord): ForeignKeyDef {
  return {
    name: key.name, child: toOid(child), childColumns: key.columns, parent: toOid(key.parent), parentColumns: key.parentColumns,
    parentIndex: toOid(key.parentIndex), match: key.match, onDelete: key.onDelete, onUpdate: key.onUpdate, onDeleteColumns: key.onDeleteColumns,
    deferrable: key.deferrable, validated: key.validated,
  };
}

/** The present row layout of a table with its older ones. */
function layoutOf(record: TableRecord, source: DefinitionSource): RowLayout {
  const columns = record.columns.map((column): LayoutColumn => {
    const type = sqlType(column.type, column.typmod);
    // What a dropped column had been given may be text of a type that is gone.
    const missing = typeof column.missing === 'string' && !column.isDropped ? source.env.fromText(column.missing, type, source.types) : null;
    return { type, missing, isDropped: column.isDropped };
  });
  const older = new Map<number, RowLayout>();
  const current = record.layouts.length - 1;
  for (let id = 0; id < current; id++) older.set(id, new RowLayout(id, columns.slice(0, record.layouts[id]!), source.types));
  return new RowLayout(current, columns, source.types, older);
}

/** One session's view: definitions under its search path. */
export class SessionCatalog implements Catalog {
  readonly version: number;
  readonly searchPath: readonly string[];
  readonly types: TypeRegistry;
  readonly source: DefinitionSource;
  /** Oids of the schemas that are looked through, in order; pg_catalog is among them. */
  readonly path: readonly number[];
  /** Whether search_path itself names pg_catalog. */
  readonly namesSystemSchema: boolean;
  readonly #tempSchema: number | undefined;

  /** `searchPath` as set, with nothing implicit; `tempSchema` is the session's schema of temporary objects, if it has one. */
  constructor(source: DefinitionSource, searchPath: readonly string[], tempSchema: number | undefined) {
    this.source = source;
    this.version = source.reader.version;
    this.types = source.types;
    this.#tempSchema = tempSchema;
    const path: number[] = [];
    for (const name of searchPath) {
      const oid = this.schemaOid(name);
      if (oid !== undefined && !path.includes(oid)) path.push(oid);
    }
    const names = [...searchPath];
    this.namesSystemSchema = path.includes(SchemaOid.pgCatalog);
    if (!path.includes(SchemaOid.pgCatalog)) {
      path.unshift(SchemaOid.pgCatalog);
      names.unshift('pg_catalog');
    }
    if (tempSchema !== undefined && !path.includes(tempSchema)) path.unshift(tempSchema);
    this.path = path;
    this.searchPath = names;
  }

  schemaOid(name: string): number | undefined {
    if (name === 'pg_temp') return this.#tempSchema;
    return this.source.reader.find('schema', 0, name);
  }
  schemaExists(name: string): boolean {
    return this.schemaOid(name) !== undefined;
  }

  /** Like `relation`, the record alone; system tables have none. */
  relationRecord(schema: string | undefined, name: string): RelationRecord | undefined {
    const found = this.#inRelationNames(schema, name);
    return found?.kind === 'type' ? undefined : found;
  }

  /** A composite type that stands for itself, where no relation has the name. */
  compositeRecord(schema: string | undefined, name: string): CompositeRecord | undefined {
    const found = this.#inRelationNames(schema, name);
    return found?.kind === 'type' ? found : undefined;
  }

  /** What comes first in the search path of what has a name among relations: composite types do too. */
  #inRelationNames(schema: string | undefined, name: string): RelationRecord | CompositeRecord | undefined {
    const { reader } = this.source;
    const schemas = schema === undefined ? this.path : [this.schemaOid(schema)];
    for (const oid of schemas) {
      if (oid === undefined) continue;
      const found = reader.find('relation', oid, name);
      const record = found === undefined ? this.#compositeIn(oid, name) : (reader.get(found) as RelationRecord);
      if (record !== undefined) return record;
    }
    return undefined;
  }
  #compositeIn(schema: number, name: string): CompositeRecord | undefined {
    const type = this.source.types.byName(schema, name);
    const owner = type === undefined ? undefined : this.source.reader.ownerOfType(type.oid);
    return owner?.kind === 'type' && owner.detail.kind === 'composite' && owner.oid === type!.oid ? (owner as CompositeRecord) : undefined;
  }

  relation(schema: string | undefined, name: string): RelationDef | undefined {
    const { reader, env } = this.source;
    const schemas = schema === undefined ? this.path : [this.schemaOid(schema)];
    for (const oid of schemas) {
      if (oid === undefined) continue;
      if (oid === SchemaOid.pgCatalog || oid === SchemaOid.informationSchema) {
        const system = env.systemTable(oid === SchemaOid.pgCatalog ? 'pg_catalog' : 'information_schema', name);
        if (system !== undefined) return system;
      }
      const found = reader.find('relation', oid, name);
      if (found !== undefined) return this.source.definition(found);
      if (this.#compositeIn(oid, name) !== undefined) return undefined;
    }
    return undefined;
  }

  tableByOid(oid: Oid): TableDef | undefined {
    const definition = this.source.definition(oid) ?? this.source.env.systemTableByOid(oid);
    return definition?.kind === 'table' ? definition : undefined;
  }

  functions(schema: string | undefined, name: string): readonly FunctionDef[] {
    if (schema !== undefined) {
      const oid = this.schemaOid(schema);
      return oid === undefined ? [] : this.source.env.userFunctions(this.source, oid, name);
    }
    return this.path.flatMap((oid) => this.source.env.userFunctions(this.source, oid, name));
  }

  procedures(schema: string | undefined, name: string): readonly FunctionDef[] {
    return (schema === undefined ? this.path : [this.schemaOid(schema) ?? -1]).flatMap((oid) => this.source.env.userProcedures(this.source, oid, name));
  }

  routine(oid: number): RoutineDef | undefined {
    const record = this.source.reader.get(oid);
    return record?.kind === 'function' && record.language === 'sql' ? this.source.env.routine(record) : undefined;
  }

  domainCheck(oid: number): ScalarImpl | undefined {
    return domainCheck(this.source, () => new SessionCatalog(this.source, ['public'], undefined), oid);
  }
  domainDefault(type: SqlType, bind: (e: Expression) => BoundExpression): BoundExpression | undefined {
    for (let oid = type.oid; ; ) {
      const record = this.source.reader.ownerOfType(oid);
      // An array of a domain is no value of it.
      if (record?.kind !== 'type' || record.oid !== oid || record.detail.kind !== 'domain') return undefined;
      if (record.detail.default !== undefined) return bind(parseExpression(record.detail.default));
      oid = record.detail.base;
    }
  }

  typeByName(schema: string | undefined, name: string): SqlType | undefined {
    const schemas = schema === undefined ? this.path : [this.schemaOid(schema)];
    for (const oid of schemas) {
      const found = oid === undefined ? undefined : this.source.types.byName(oid, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  relationNames(): readonly string[] {
    const names: string[] = [];
    for (const record of this.source.reader.all()) {
      if ((record.kind === 'table' || record.kind === 'view' || record.kind === 'sequence') && this.path.includes(record.schema)) names.push(record.name);
    }
    return names;
  }

  /** Where CREATE puts an object without a schema: the first schema of the path that exists and is not pg_catalog or pg_temp. */
  creationSchema(): number | undefined {
    return this.path.find((oid) => oid !== SchemaOid.pgCatalog && oid !== this.#tempSchema);
  }
  get tempSchema(): number | undefined {
    return this.#tempSchema;
  }
}
