/**
 * What the catalog keeps: one record per schema, extension, relation, type and function, as plain data that is stored as JSON under the object's oid
 * (see catalog-store.ts). Records are immutable; a change makes a new record. Expressions and view queries are kept as SQL text, for the
 * text is the one form of them that later versions will still understand; what names a column in such text is rewritten on rename.
 *
 * O1  Records refer to one another by oid only, so a rename touches one record (and texts that print its name).
 * O2  A column keeps its position for ever; dropping it marks it. `attnum` of PostgreSQL is the position plus one.
 */
import type { ForeignKeyAction } from '../../planner/catalog.js';

export interface SchemaRecord {
  readonly kind: 'schema';
  readonly oid: number;
  readonly name: string;
  readonly comment?: string | undefined;
}

/** An installed extension; its functions have records of their own, which name it. */
export interface ExtensionRecord {
  readonly kind: 'extension';
  readonly oid: number;
  readonly name: string;
  readonly version: string;
  /** Where its functions are. */
  readonly home: number;
  readonly comment?: string | undefined;
}

export interface ColumnRecord {
  readonly name: string;
  readonly type: number;
  readonly typmod: number;
  readonly collation?: string | undefined;
  readonly notNull: boolean;
  /** Default or generation expression. */
  readonly default?: string | undefined;
  readonly generated?: 'stored' | 'identity always' | 'identity by default' | undefined;
  /** Sequence of a serial or identity column. */
  readonly sequence?: number | undefined;
  readonly isDropped: boolean;
  /** Value of the column in rows that are older than the column: text of its type, or null. */
  readonly missing?: string | null | undefined;
  readonly statisticsTarget?: number | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly comment?: string | undefined;
}

export interface CheckRecord {
  readonly oid: number;
  readonly name: string;
  readonly expression: string;
  readonly validated: boolean;
  readonly noInherit?: boolean | undefined;
  readonly comment?: string | undefined;
}

export type Deferral = 'not deferrable' | 'initially immediate' | 'initially deferred';

export interface ForeignKeyRecord {
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly number[];
  readonly parent: number;
  readonly parentColumns: readonly number[];
  readonly parentIndex: number;
  readonly match: 'simple' | 'full';
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly onDeleteColumns?: readonly number[] | undefined;
  readonly deferrable: Deferral;
  readonly validated: boolean;
  readonly comment?: string | undefined;
}

export interface TableRecord {
  readonly kind: 'table';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  /** Type of its rows, and of arrays of them. */
  readonly rowType: number;
  readonly rowArrayType: number;
  readonly persistence: 'permanent' | 'temporary' | 'unlogged';
  readonly onCommit?: 'preserve rows' | 'delete rows' | 'drop' | undefined;
  readonly columns: readonly ColumnRecord[];
  readonly tree: number;
  /** Number of columns by layout id (base/rowcode.ts); the last is that of rows written now, earlier ones of rows older than an added column. */
  readonly layouts: readonly number[];
  /** Index record whose columns cluster the table; undefined for hidden row ids. */
  readonly clusteredBy?: number | undefined;
  readonly checks: readonly CheckRecord[];
  readonly foreignKeys: readonly ForeignKeyRecord[];
  /** Materialized views: the query, and whether it has been run. */
  readonly view?: { readonly query: string; readonly isPopulated: boolean; readonly references: readonly Reference[] } | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly comment?: string | undefined;
}

export interface IndexColumnRecord {
  readonly column?: number | undefined;
  readonly expression?: string | undefined;
  readonly type: number;
  readonly typmod: number;
  readonly collation?: string | undefined;
  readonly operatorClass?: string | undefined;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface IndexRecord {
  readonly kind: 'index';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  readonly table: number;
  readonly tree: number;
  readonly columns: readonly IndexColumnRecord[];
  readonly include: readonly number[];
  readonly isUnique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly predicate?: string | undefined;
  /** The constraint it serves, of the same name. */
  readonly constraint?: { readonly oid: number; readonly isPrimary: boolean; readonly deferrable: Deferral; readonly comment?: string | undefined } | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly comment?: string | undefined;
}

/** An object that SQL text uses: a relation (perhaps one column of it), type or function. What keeps it from being dropped. */
export interface Reference {
  readonly oid: number;
  readonly column?: number | undefined;
}

export interface ViewRecord {
  readonly kind: 'view';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  readonly rowType: number;
  readonly rowArrayType: number;
  readonly columns: readonly { readonly name: string; readonly type: number; readonly typmod: number; readonly default?: string | undefined; readonly comment?: string | undefined }[];
  readonly query: string;
  readonly checkOption: 'none' | 'local' | 'cascaded';
  readonly persistence: 'permanent' | 'temporary';
  readonly references: readonly Reference[];
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly comment?: string | undefined;
}

export interface SequenceRecord {
  readonly kind: 'sequence';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  readonly persistence: 'permanent' | 'temporary' | 'unlogged';
  readonly type: number;
  /** int8 values as text. */
  readonly start: string;
  readonly increment: string;
  readonly minValue: string;
  readonly maxValue: string;
  readonly cache: string;
  readonly cycle: boolean;
  /** Key of its state, replaced by RESTART so that restarting is transactional. */
  readonly state: number;
  /** Value of a state that has never been advanced, and whether it counts as used. */
  readonly initial: string;
  readonly initialIsCalled: boolean;
  /** OWNED BY: dropped with the column. `isIdentity`: cannot be dropped alone. */
  readonly owner?: { readonly table: number; readonly column: number; readonly isIdentity: boolean } | undefined;
  readonly comment?: string | undefined;
}

export interface DomainConstraintRecord {
  readonly oid: number;
  readonly name: string;
  /** Over the pseudo-column `value`. */
  readonly expression: string;
  readonly validated: boolean;
}

export type TypeDetail =
  | { readonly kind: 'enum'; readonly labels: readonly { readonly id: number; readonly label: string; readonly order: number }[] }
  | { readonly kind: 'domain'; readonly base: number; readonly typmod: number; readonly collation?: string | undefined; readonly notNull: boolean; readonly default?: string | undefined; readonly checks: readonly DomainConstraintRecord[] }
  | { readonly kind: 'composite'; readonly attributes: readonly { readonly name: string; readonly type: number; readonly typmod: number; readonly isDropped?: boolean | undefined; readonly comment?: string | undefined }[] }
  | { readonly kind: 'range'; readonly subtype: number; readonly multirange: number; readonly multirangeName: string; readonly multirangeArray: number };

export interface TypeRecord {
  readonly kind: 'type';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  readonly arrayType: number;
  readonly detail: TypeDetail;
  readonly comment?: string | undefined;
}

/** One of a range type. */
export interface RangeRecord extends TypeRecord {
  readonly detail: Extract<TypeDetail, { readonly kind: 'range' }>;
}

/** One of a composite type. */
export interface CompositeRecord extends TypeRecord {
  readonly detail: Extract<TypeDetail, { readonly kind: 'composite' }>;
}

/** One of a domain. */
export interface DomainRecord extends TypeRecord {
  readonly detail: Extract<TypeDetail, { readonly kind: 'domain' }>;
}

export interface FunctionRecord {
  readonly kind: 'function';
  readonly oid: number;
  readonly schema: number;
  readonly name: string;
  readonly isProcedure: boolean;
  readonly parameters: readonly { readonly mode: 'in' | 'out' | 'inout' | 'variadic' | 'table'; readonly name?: string | undefined; readonly type: number; readonly default?: string | undefined }[];
  readonly returns: number;
  readonly returnsSet: boolean;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly strict: boolean;
  readonly language: 'sql' | 'c';
  /** The statements as written, or for an SQL-standard body (`standard`) printed from their trees; in C the name of the function in its library. */
  readonly body: string;
  /** The extension that it came with, and must go with; in C its name is that of the library. */
  readonly extension?: { readonly oid: number; readonly name: string } | undefined;
  readonly standard?: 'return' | 'atomic' | undefined;
  /** SET clauses: in force while it runs. */
  readonly settings?: readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly cost?: number | undefined;
  readonly rows?: number | undefined;
  readonly leakproof?: boolean | undefined;
  readonly parallel?: string | undefined;
  readonly securityDefiner?: boolean | undefined;
  readonly references: readonly Reference[];
  readonly comment?: string | undefined;
}

/** What ANALYZE found about one table; values are text of their column's type. */
export interface StatisticsRecord {
  readonly kind: 'statistics';
  readonly oid: number;
  readonly table: number;
  readonly rowCount: number;
  readonly pageCount: number;
  readonly columns: readonly (ColumnStatisticsRecord | null)[];
}

export interface ColumnStatisticsRecord {
  readonly nullFraction: number;
  readonly distinct: number;
  readonly averageWidthBytes: number;
  readonly mostCommon: readonly { readonly value: string; readonly fraction: number }[];
  readonly histogram: readonly string[];
  readonly correlation: number;
}

export type CatalogRecord = StatisticsRecord | SchemaRecord | ExtensionRecord | TableRecord | IndexRecord | ViewRecord | SequenceRecord | TypeRecord | FunctionRecord;
export type RelationRecord = TableRecord | IndexRecord | ViewRecord | SequenceRecord;

/** The namespaces in which names are unique: relations share one, types (with the row types of tables) another. */
export type NameSpace = 'schema' | 'extension' | 'relation' | 'type';

/** The name a record claims in its namespace; undefined for functions, which are told apart by their arguments, and statistics. */
export function nameSpaceOf(record: CatalogRecord): NameSpace | undefined {
  switch (record.kind) {
    case 'schema':
    case 'extension':
    case 'type':
      return record.kind;
    case 'function':
    case 'statistics':
      return undefined;
    default:
      return 'relation';
  }
}

export const schemaOf = (record: CatalogRecord): number => ('schema' in record ? record.schema : 0);

/** The name a record goes by; statistics have none. */
export const nameOf = (record: CatalogRecord): string => (record.kind === 'statistics' ? '' : record.name);

/** How error messages name the kind of a record. */
export function kindWord(record: CatalogRecord): string {
  if (record.kind === 'table') return record.view === undefined ? 'table' : 'materialized view';
  return record.kind === 'function' && record.isProcedure ? 'procedure' : record.kind;
}

/** Fixed oids of the built-in schemas, as in PostgreSQL. */
export const SchemaOid = { pgCatalog: 11, pgToast: 99, public: 2200, informationSchema: 13183 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeRecord(record: CatalogRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}
export function decodeRecord(bytes: Uint8Array): CatalogRecord {
  return JSON.parse(decoder.decode(bytes)) as CatalogRecord;
}
