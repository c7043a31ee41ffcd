/**
 * What planning asks of the schema. The planner owns this interface; engine/catalog/catalog-store.ts fulfils it from the catalog tables as one
 * transaction sees them. Everything here is immutable: a schema change makes new objects and a new `version`.
 */
import type { Expression, ParsedStatement, Statement as SqlStatement } from '../parser/ast.js';
import type { Oid, TreeId } from '../base/ids.js';
import type { RowLayout } from '../base/rowcode.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import type { FunctionDef, ScalarImpl } from '../functions/registry.js';
import type { BoundExpression } from './expression.js';

export interface Catalog {
  /** Changes whenever anything this catalog answers may change; plans are cached under it. */
  readonly version: number;
  readonly searchPath: readonly string[];
  readonly types: TypeRegistry;
  /** Table, view, sequence or index by name; `schema` undefined means the search path. Undefined when there is none. */
  relation(schema: string | undefined, name: string): RelationDef | undefined;
  tableByOid(oid: Oid): TableDef | undefined;
  schemaExists(name: string): boolean;
  /** User-defined functions of that name on the search path (built-ins come from functions/catalogue.ts). */
  functions(schema: string | undefined, name: string): readonly FunctionDef[];
  /** Procedures of that name, as if they were functions: a call of one is refused as such. */
  procedures?(schema: string | undefined, name: string): readonly FunctionDef[];
  /** A function in SQL, by the oid of its definition; undefined for those of the host. */
  routine?(oid: number): RoutineDef | undefined;
  /** User-defined type by name, undefined when there is none. */
  typeByName(schema: string | undefined, name: string): SqlType | undefined;
  /** For a domain: NOT NULL and CHECK as a coercion `(value, typmod, isExplicit, ctx)` that raises 23502 or 23514; it is called for NULL too. */
  domainCheck?(oid: number): ScalarImpl | undefined;
  /** The default of a domain, bound by `bind`; undefined when there is none. */
  domainDefault?(type: SqlType, bind: (e: Expression) => BoundExpression): BoundExpression | undefined;
  /** Names for "did you mean" hints. */
  relationNames(): readonly string[];
}

/** What the planner may look into of a function in SQL. One object for one state of the function. */
export interface RoutineDef {
  readonly name: string;
  /** Those of a call, in order; polymorphic types are as declared. */
  readonly parameters: readonly { readonly name: string | undefined; readonly type: number; readonly default: Expression | undefined }[];
  /** It runs under settings or rights of its own, so never as a part of the statement that calls it. */
  readonly isApart: boolean;
  /** In operators, as CREATE FUNCTION's COST has it. */
  readonly cost: number;
  /** @throws DbError 42601 */
  body(): readonly ParsedStatement[];
}

export type RelationDef = TableDef | ViewDef | SequenceDef | IndexRelationDef;

export interface ColumnDef {
  readonly name: string;
  /** 0-based position in rows and in `RowLayout`; dropped columns keep their position and have `isDropped`. */
  readonly index: number;
  readonly type: SqlType;
  readonly collation: string | undefined;
  readonly notNull: boolean;
  /** Default or generation expression as parsed; undefined means NULL. */
  readonly defaultExpression: Expression | undefined;
  readonly generated: 'stored' | 'identity always' | 'identity by default' | undefined;
  /** The sequence behind serial and identity columns. */
  readonly sequence: Oid | undefined;
  readonly isDropped: boolean;
}

export interface TableDef {
  readonly kind: 'table';
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ColumnDef[];
  /** B+tree of the rows. Its keys are those of `clusterKey`, or hidden row ids of 8 bytes. */
  readonly tree: TreeId;
  readonly layout: RowLayout;
  /** The row key as columns when the table is clustered by its primary key; undefined for a hidden row id. */
  readonly clusterKey: readonly IndexColumn[] | undefined;
  /** Secondary indexes, and also the clustered primary key as an entry with `isClustered`. */
  readonly indexes: readonly IndexDef[];
  readonly checks: readonly CheckDef[];
  readonly foreignKeys: readonly ForeignKeyDef[];
  /** Foreign keys of other tables (or this one) that point here. */
  readonly referencedBy: readonly ForeignKeyDef[];
  readonly isTemporary: boolean;
  /** Materialized views are tables that only REFRESH writes. */
  readonly isMaterializedView: boolean;
  /** A table computed on the fly (pg_catalog, information_schema, pg_locks): rows come from engine, no tree. */
  readonly virtual: ((ctx: unknown) => Iterable<readonly unknown[]>) | undefined;
  readonly statistics: TableStatistics | undefined;
}

export interface IndexColumn {
  /** Column position, or undefined for an expression. */
  readonly column: number | undefined;
  readonly expression: Expression | undefined;
  readonly type: SqlType;
  readonly collation: string | undefined;
  /** The one asked for; undefined: its type's default. */
  readonly operatorClass: string | undefined;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Whether its key bytes begin with a null tag (false only for columns of a clustered primary key). */
  readonly nullable: boolean;
}

export interface IndexDef {
  readonly oid: Oid;
  readonly name: string;
  readonly table: Oid;
  readonly tree: TreeId;
  readonly columns: readonly IndexColumn[];
  /** Positions of INCLUDE columns and the layout of their stored row, undefined when there are none. */
  readonly include: { readonly columns: readonly number[]; readonly layout: RowLayout } | undefined;
  readonly isUnique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly isPrimary: boolean;
  /** True when `tree` is the table's own tree. */
  readonly isClustered: boolean;
  readonly predicate: Expression | undefined;
  /** The UNIQUE or PRIMARY KEY constraint it serves. */
  readonly constraintName: string | undefined;
  readonly deferrable: 'not deferrable' | 'initially immediate' | 'initially deferred';
}

export interface CheckDef {
  readonly name: string;
  readonly expression: Expression;
  readonly validated: boolean;
}

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface ForeignKeyDef {
  readonly name: string;
  readonly child: Oid;
  readonly childColumns: readonly number[];
  readonly parent: Oid;
  readonly parentColumns: readonly number[];
  /** Unique index of the parent that carries `parentColumns`, in the order of that index. */
  readonly parentIndex: Oid;
  readonly match: 'simple' | 'full';
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  /** Columns of SET NULL (a, b) / SET DEFAULT (a, b); undefined means all. */
  readonly onDeleteColumns: readonly number[] | undefined;
  readonly deferrable: 'not deferrable' | 'initially immediate' | 'initially deferred';
  readonly validated: boolean;
}

export interface ViewDef {
  readonly kind: 'view';
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** `defaultExpression`: what an INSERT into the view gives the column, before the table's own default. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType; readonly defaultExpression?: Expression | undefined }[];
  readonly query: SqlStatement;
  readonly checkOption: 'none' | 'local' | 'cascaded';
}

export interface SequenceDef {
  readonly kind: 'sequence';
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** Its state as a table of one row: last_value, log_cnt, is_called. */
  readonly state: TableDef;
}

export interface IndexRelationDef {
  readonly kind: 'index';
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly index: IndexDef;
}

/** What ANALYZE (or the automatic refresh) found; counts are of rows, fractions in [0, 1]. */
export interface TableStatistics {
  readonly rowCount: number;
  readonly pageCount: number;
  readonly columns: readonly (ColumnStatistics | undefined)[];
}

export interface ColumnStatistics {
  readonly nullFraction: number;
  /** Positive: a count of distinct values; negative: minus the fraction of rows, as PostgreSQL's n_distinct. */
  readonly distinct: number;
  readonly averageWidthBytes: number;
  readonly mostCommon: readonly { readonly value: unknown; readonly fraction: number }[];
  /** Bounds of equal-height buckets over what is not in `mostCommon`, in order. */
  readonly histogram: readonly unknown[];
  readonly correlation: number;
}
