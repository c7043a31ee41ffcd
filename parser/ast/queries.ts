/** Queries, and the statements that change rows. What holds of all nodes: ast.ts. */
import type { CurrentOf, Expression, Identifier, NamedWindow, QualifiedName, SortItem, SubscriptEntry, TypeName } from './expressions.js';
import type { IndexElement } from './definitions.js';

// -------------------------------------------------------------------------------------------------------------------- queries

/**
 * A query with what applies to it as a whole. Statements, subqueries and parenthesised operands are all `Query`.
 * TABLE t is SELECT * FROM t.
 */
export interface Query {
  readonly kind: 'query';
  readonly with: WithClause | undefined;
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  /** LIMIT or FETCH FIRST; undefined also for LIMIT ALL. */
  readonly limitCount: Expression | undefined;
  readonly limitOffset: Expression | undefined;
  /** FETCH FIRST ... WITH TIES. */
  readonly withTies: boolean;
  readonly locking: readonly LockingClause[];
  readonly offset: number;
}

/** A parenthesised operand with clauses of its own stays a `Query`; one without is its body. */
export type QueryBody = Select | Values | SetOperation | Query;

export interface SetOperation {
  readonly kind: 'setOperation';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly offset: number;
}

export interface Values {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
  readonly offset: number;
}

export interface Select {
  readonly kind: 'select';
  readonly isDistinct: boolean;
  /** DISTINCT ON (...); `isDistinct` is then true too. */
  readonly distinctOn: readonly Expression[] | undefined;
  readonly targets: readonly SelectTarget[];
  readonly into: IntoClause | undefined;
  readonly from: readonly TableReference[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly GroupingElement[];
  readonly groupDistinct: boolean;
  readonly having: Expression | undefined;
  readonly windows: readonly NamedWindow[];
  readonly offset: number;
}

/** One entry of a select list or of RETURNING. */
export interface SelectTarget {
  readonly expression: Expression;
  readonly alias: string | undefined;
  readonly offset: number;
}

/** SELECT ... INTO [TEMP | UNLOGGED] t. */
export interface IntoClause {
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly offset: number;
}

export type Persistence = 'permanent' | 'temporary' | 'unlogged';

export type GroupingElement =
  | { readonly kind: 'groupingExpression'; readonly expression: Expression; readonly offset: number }
  | { readonly kind: 'emptyGroupingSet'; readonly offset: number }
  | { readonly kind: 'rollup' | 'cube'; readonly items: readonly Expression[]; readonly offset: number }
  | { readonly kind: 'groupingSets'; readonly sets: readonly GroupingElement[]; readonly offset: number };

export interface LockingClause {
  readonly strength: 'update' | 'no key update' | 'share' | 'key share';
  /** OF t, ...; empty: every table. */
  readonly tables: readonly QualifiedName[];
  readonly waitPolicy: 'block' | 'nowait' | 'skip locked';
  readonly offset: number;
}

export interface WithClause {
  readonly isRecursive: boolean;
  readonly tables: readonly CommonTable[];
  readonly offset: number;
}

export interface CommonTable {
  readonly name: string;
  readonly columns: readonly Identifier[];
  /** AS MATERIALIZED, AS NOT MATERIALIZED, or silence. */
  readonly materialized: boolean | undefined;
  readonly statement: Query | Insert | Update | Delete | Merge;
  readonly search: SearchClause | undefined;
  readonly cycle: CycleClause | undefined;
  readonly offset: number;
}

export interface SearchClause {
  readonly order: 'breadth' | 'depth';
  readonly columns: readonly Identifier[];
  readonly sequenceColumn: string;
  readonly offset: number;
}

export interface CycleClause {
  readonly columns: readonly Identifier[];
  readonly markColumn: string;
  /** TO value DEFAULT value; both or neither (then true and false). */
  readonly markValue: Expression | undefined;
  readonly markDefault: Expression | undefined;
  readonly pathColumn: string;
  readonly offset: number;
}

export type TableReference = TableRef | SubqueryRef | FunctionRef | Join | UnsupportedTable;

export interface TableAlias {
  readonly name: string;
  readonly columns: readonly Identifier[];
  readonly offset: number;
}

/** A table, view or CTE by name. */
export interface TableRef {
  readonly kind: 'tableRef';
  readonly name: QualifiedName;
  /** ONLY t. */
  readonly only: boolean;
  readonly alias: TableAlias | undefined;
  readonly sample: TableSample | undefined;
  readonly offset: number;
}

export interface TableSample {
  readonly method: QualifiedName;
  readonly args: readonly Expression[];
  readonly repeatable: Expression | undefined;
  readonly offset: number;
}

export interface SubqueryRef {
  readonly kind: 'subqueryRef';
  readonly query: Query;
  readonly isLateral: boolean;
  readonly alias: TableAlias | undefined;
  readonly offset: number;
}

/** f(...) in FROM, or ROWS FROM (f(...), g(...)). */
export interface FunctionRef {
  readonly kind: 'functionRef';
  readonly functions: readonly TableFunction[];
  readonly isRowsFrom: boolean;
  readonly withOrdinality: boolean;
  readonly isLateral: boolean;
  readonly alias: TableAlias | undefined;
  readonly offset: number;
}

export interface TableFunction {
  /** A `functionCall`, or another form that FROM takes for one (`coalesce`, `sqlValueFunction`, `cast`, ...). */
  readonly call: Expression;
  /** AS (name type, ...): the columns of a function that returns record. With an alias, `AS t(name type)`, the alias has no columns. */
  readonly columnDefinitions: readonly FunctionColumn[] | undefined;
  readonly offset: number;
}

export interface FunctionColumn {
  readonly name: string;
  readonly type: TypeName;
  readonly collation: QualifiedName | undefined;
  readonly offset: number;
}

/** Chains are left-deep and unbounded (A2). */
export interface Join {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly isNatural: boolean;
  readonly left: TableReference;
  readonly right: TableReference;
  readonly on: Expression | undefined;
  readonly using: readonly Identifier[] | undefined;
  /** USING (...) AS alias. */
  readonly usingAlias: Identifier | undefined;
  /** (a JOIN b ...) AS alias. */
  readonly alias: TableAlias | undefined;
  readonly offset: number;
}

/** XMLTABLE. */
export interface UnsupportedTable {
  readonly kind: 'unsupportedTable';
  readonly feature: string;
  readonly offset: number;
}

// --------------------------------------------------------------------------------------------------------- data modification

export interface Insert {
  readonly kind: 'insert';
  readonly with: WithClause | undefined;
  readonly table: QualifiedName;
  readonly alias: Identifier | undefined;
  /** Empty: all columns in order. */
  readonly columns: readonly TargetColumn[];
  readonly overriding: 'system' | 'user' | undefined;
  /** undefined: DEFAULT VALUES. */
  readonly source: Query | undefined;
  readonly onConflict: OnConflict | undefined;
  /** undefined: no RETURNING. */
  readonly returning: readonly SelectTarget[] | undefined;
  readonly offset: number;
}

/** A column to assign to, perhaps a part of it: `c`, `c[1]`, `c.field`. */
export interface TargetColumn {
  readonly name: string;
  readonly path: readonly TargetStep[];
  readonly offset: number;
}

export type TargetStep =
  | { readonly kind: 'field'; readonly name: string; readonly offset: number }
  | { readonly kind: 'subscript'; readonly subscript: SubscriptEntry; readonly offset: number };

export interface OnConflict {
  readonly target: ConflictTarget | undefined;
  /** undefined: DO NOTHING. */
  readonly update: ConflictUpdate | undefined;
  readonly offset: number;
}

export type ConflictTarget =
  | { readonly kind: 'conflictColumns'; readonly elements: readonly IndexElement[]; readonly where: Expression | undefined; readonly offset: number }
  | { readonly kind: 'conflictConstraint'; readonly name: string; readonly offset: number };

export interface ConflictUpdate {
  readonly assignments: readonly Assignment[];
  readonly where: Expression | undefined;
}

/** `column = value`, or `(a, b) = source` where source is a `row` or a `scalarSubquery` that gives as many columns. */
export type Assignment =
  | { readonly kind: 'assignment'; readonly target: TargetColumn; readonly value: Expression; readonly offset: number }
  | { readonly kind: 'multiAssignment'; readonly targets: readonly TargetColumn[]; readonly source: Expression; readonly offset: number };

export interface Update {
  readonly kind: 'update';
  readonly with: WithClause | undefined;
  readonly table: QualifiedName;
  readonly only: boolean;
  readonly alias: Identifier | undefined;
  readonly assignments: readonly Assignment[];
  readonly from: readonly TableReference[];
  readonly where: Expression | CurrentOf | undefined;
  readonly returning: readonly SelectTarget[] | undefined;
  readonly offset: number;
}

export interface Delete {
  readonly kind: 'delete';
  readonly with: WithClause | undefined;
  readonly table: QualifiedName;
  readonly only: boolean;
  readonly alias: Identifier | undefined;
  readonly using: readonly TableReference[];
  readonly where: Expression | CurrentOf | undefined;
  readonly returning: readonly SelectTarget[] | undefined;
  readonly offset: number;
}

export interface Merge {
  readonly kind: 'merge';
  readonly with: WithClause | undefined;
  readonly table: QualifiedName;
  readonly only: boolean;
  readonly alias: Identifier | undefined;
  readonly source: TableReference;
  readonly on: Expression;
  readonly whens: readonly MergeWhen[];
  readonly offset: number;
}

export interface MergeWhen {
  readonly matched: boolean;
  readonly condition: Expression | undefined;
  readonly action: MergeAction;
  readonly offset: number;
}

export type MergeAction =
  | { readonly kind: 'mergeUpdate'; readonly assignments: readonly Assignment[]; readonly offset: number }
  | { readonly kind: 'mergeDelete'; readonly offset: number }
  | {
      readonly kind: 'mergeInsert';
      readonly columns: readonly TargetColumn[];
      readonly overriding: 'system' | 'user' | undefined;
      /** undefined: DEFAULT VALUES. */
      readonly values: readonly Expression[] | undefined;
      readonly offset: number;
    }
  | { readonly kind: 'mergeNothing'; readonly offset: number };
