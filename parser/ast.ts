/**
 * The abstract syntax tree: what a statement says, before anyone knows which tables exist. A node is a plain object with a
 * string `kind`; all fields are readonly and always present (`undefined` where the text is silent), so that a kind has one
 * shape. Names are already folded and unquoted, string literals already decoded.
 *
 * A1  Every node with an `offset` holds the 0-based UTF-16 position, in the text given to the parser, that an error about the node
 *     should point at: the operator for operators (as PostgreSQL does), the first token for everything else.
 * A2  A path from the root to a leaf has at most `maxDepth` nodes (parse.ts), not counting the steps through the `left` of
 *     `binary`, `setOperation` and `join` nodes: those chains are built iteratively, may be many thousands long and must be walked
 *     by a loop (`leftSpine` below). `and` and `or` are n-ary for the same reason. So recursion over anything else is safe.
 * A3  Names of built-in types written as keywords arrive resolved, as `pg_catalog.int4` for INTEGER; special call syntax
 *     arrives as a call of a `pg_catalog` function, as `pg_catalog.extract('year', x)`. The printer recognises them and writes the SQL form.
 *
 * One file of types alone, in the order of the grammar's parts: nodes refer to each other in all directions, and the grammar names them all as `ast.X`.
 *
 * Source. The grammar of PostgreSQL 15 (gram.y, parsenodes.h), which decides what a node must be able to hold.
 */

// ---------------------------------------------------------------------------------------------------------------------- names

/** An identifier in a place where errors want a position of its own (column lists, CTE names). */
export interface Identifier {
  readonly name: string;
  readonly offset: number;
}

/** `name`, `schema.name` or `catalog.schema.name`. */
export interface QualifiedName {
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly name: string;
  readonly offset: number;
}

/** Fields an INTERVAL type may be restricted to. */
export type IntervalFields =
  | 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'
  | 'year to month' | 'day to hour' | 'day to minute' | 'day to second' | 'hour to minute' | 'hour to second' | 'minute to second';

export interface TypeName {
  readonly kind: 'typeName';
  /** Last part is the type's own name, earlier ones its schema (and catalog). Keyword types are `['pg_catalog', 'int4']` (A3). */
  readonly names: readonly string[];
  /** Type modifiers, as the 10 and 2 of numeric(10, 2). For `char` without a length PostgreSQL's implied 1 is present. */
  readonly modifiers: readonly Expression[];
  readonly intervalFields: IntervalFields | undefined;
  /** One entry per `[]`, with the bound where one was written (PostgreSQL ignores bounds). Empty: not an array. */
  readonly arrayBounds: readonly (number | undefined)[];
  readonly isSetOf: boolean;
  /** `table.column%TYPE`: `names` is the path of a column. */
  readonly isColumnType: boolean;
  readonly offset: number;
}

// ---------------------------------------------------------------------------------------------------------------- expressions

export type Expression =
  | NumberLiteral | StringLiteral | BitStringLiteral | BooleanLiteral | NullLiteral
  | Parameter | NamedParameter
  | ColumnRef | Star | FieldSelection | FieldStar | Subscript
  | Unary | Binary | And | Or | Not
  | IsNull | IsBoolean | IsDistinctFrom | Between | InList | InSubquery | Like | Quantified | QuantifiedSubquery
  | Exists | ScalarSubquery | ArraySubquery
  | Case | Coalesce | NullIf | MinMax | Row | ArrayConstructor
  | Cast | Collate | FunctionCall | Grouping | SqlValueFunction | DefaultValue | UnsupportedExpression;

/** Digits as written, lower-cased, perhaps after `-`. Without `.` and exponent it is of the smallest of int4, int8, numeric that holds it. */
export interface NumberLiteral {
  readonly kind: 'number';
  readonly text: string;
  readonly offset: number;
}

/** An untyped string constant; its type is decided by its surroundings. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly offset: number;
}

/** B'0101' or X'1FF', already expanded to binary digits. */
export interface BitStringLiteral {
  readonly kind: 'bitString';
  readonly bits: string;
  readonly offset: number;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly offset: number;
}

export interface NullLiteral {
  readonly kind: 'null';
  readonly offset: number;
}

/** `$n`, counted from 1. */
export interface Parameter {
  readonly kind: 'parameter';
  readonly index: number;
  readonly offset: number;
}

/** `:name`, an extension of the library. */
export interface NamedParameter {
  readonly kind: 'namedParameter';
  readonly name: string;
  readonly offset: number;
}

/** `a`, `t.a`, `s.t.a`; may also turn out to be a whole row or, for `x.f`, a field of composite column x: the binder decides. */
export interface ColumnRef {
  readonly kind: 'columnRef';
  readonly parts: readonly string[];
  readonly offset: number;
}

/** `*` (no qualifier), `t.*`, `s.t.*`. */
export interface Star {
  readonly kind: 'star';
  readonly qualifier: readonly string[];
  readonly offset: number;
}

/** `(operand).field`. */
export interface FieldSelection {
  readonly kind: 'fieldSelection';
  readonly operand: Expression;
  readonly field: string;
  readonly offset: number;
}

/** `(operand).*`. */
export interface FieldStar {
  readonly kind: 'fieldStar';
  readonly operand: Expression;
  readonly offset: number;
}

/** One or more adjacent brackets; `a[1][2:3]` is one node with two entries. */
export interface Subscript {
  readonly kind: 'subscript';
  readonly operand: Expression;
  readonly subscripts: readonly SubscriptEntry[];
  readonly offset: number;
}

/** `[index]`, or with `isSlice` `[lower:upper]` where either bound may be missing. */
export interface SubscriptEntry {
  readonly isSlice: boolean;
  /** The index, or a slice's lower bound. */
  readonly lower: Expression | undefined;
  /** A slice's upper bound. */
  readonly upper: Expression | undefined;
}

/** A prefix operator. `schema` is of OPERATOR(schema.op). A minus before a number literal is already part of the literal. */
export interface Unary {
  readonly kind: 'unary';
  readonly schema: OperatorSchema | undefined;
  readonly operator: string;
  readonly operand: Expression;
  readonly offset: number;
}

/** A binary operator, `!=` already spelt `<>`. Chains are left-deep and unbounded (A2). */
export interface Binary {
  readonly kind: 'binary';
  readonly schema: OperatorSchema | undefined;
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  readonly offset: number;
}

/** At least two operands, none of them an unparenthesised `and`. */
export interface And {
  readonly kind: 'and';
  readonly operands: readonly Expression[];
  readonly offset: number;
}

export interface Or {
  readonly kind: 'or';
  readonly operands: readonly Expression[];
  readonly offset: number;
}

export interface Not {
  readonly kind: 'not';
  readonly operand: Expression;
  readonly offset: number;
}

export interface IsNull {
  readonly kind: 'isNull';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly offset: number;
}

/** IS [NOT] TRUE, FALSE, UNKNOWN. */
export interface IsBoolean {
  readonly kind: 'isBoolean';
  readonly operand: Expression;
  readonly test: 'true' | 'false' | 'unknown';
  readonly negated: boolean;
  readonly offset: number;
}

export interface IsDistinctFrom {
  readonly kind: 'isDistinctFrom';
  readonly left: Expression;
  readonly right: Expression;
  readonly negated: boolean;
  readonly offset: number;
}

export interface Between {
  readonly kind: 'between';
  readonly operand: Expression;
  readonly lower: Expression;
  readonly upper: Expression;
  readonly symmetric: boolean;
  readonly negated: boolean;
  readonly offset: number;
}

export interface InList {
  readonly kind: 'inList';
  readonly operand: Expression;
  readonly items: readonly Expression[];
  readonly negated: boolean;
  readonly offset: number;
}

export interface InSubquery {
  readonly kind: 'inSubquery';
  readonly operand: Expression;
  readonly query: Query;
  readonly negated: boolean;
  readonly offset: number;
}

export interface Like {
  readonly kind: 'like';
  readonly operator: 'like' | 'ilike' | 'similar';
  readonly operand: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | undefined;
  readonly negated: boolean;
  readonly offset: number;
}

/** `operand op ANY (array)`. LIKE, NOT LIKE, ILIKE, NOT ILIKE arrive as `~~`, `!~~`, `~~*`, `!~~*`. SOME is ANY. */
export interface Quantified {
  readonly kind: 'quantified';
  readonly quantifier: 'any' | 'all';
  readonly schema: OperatorSchema | undefined;
  readonly operator: string;
  readonly operand: Expression;
  readonly array: Expression;
  readonly offset: number;
}

/** `operand op ANY (SELECT ...)`. */
export interface QuantifiedSubquery {
  readonly kind: 'quantifiedSubquery';
  readonly quantifier: 'any' | 'all';
  readonly schema: OperatorSchema | undefined;
  readonly operator: string;
  readonly operand: Expression;
  readonly query: Query;
  readonly offset: number;
}

export interface Exists {
  readonly kind: 'exists';
  readonly query: Query;
  readonly offset: number;
}

export interface ScalarSubquery {
  readonly kind: 'scalarSubquery';
  readonly query: Query;
  readonly offset: number;
}

/** ARRAY(SELECT ...). */
export interface ArraySubquery {
  readonly kind: 'arraySubquery';
  readonly query: Query;
  readonly offset: number;
}

export interface Case {
  readonly kind: 'case';
  /** Of `CASE operand WHEN value ...`; undefined for `CASE WHEN condition ...`. */
  readonly operand: Expression | undefined;
  readonly whens: readonly CaseWhen[];
  readonly otherwise: Expression | undefined;
  readonly offset: number;
}

export interface CaseWhen {
  readonly condition: Expression;
  readonly result: Expression;
  readonly offset: number;
}

export interface Coalesce {
  readonly kind: 'coalesce';
  readonly args: readonly Expression[];
  readonly offset: number;
}

export interface NullIf {
  readonly kind: 'nullIf';
  readonly left: Expression;
  readonly right: Expression;
  readonly offset: number;
}

/** GREATEST, LEAST. */
export interface MinMax {
  readonly kind: 'minMax';
  readonly operator: 'greatest' | 'least';
  readonly args: readonly Expression[];
  readonly offset: number;
}

/** ROW(a, b), ROW(), or (a, b) with at least two elements. */
export interface Row {
  readonly kind: 'row';
  readonly elements: readonly Expression[];
  /** Whether ROW was written. */
  readonly isExplicit: boolean;
  readonly offset: number;
}

/** ARRAY[...]; an inner `[...]` of a multidimensional one is an `array` node too. */
export interface ArrayConstructor {
  readonly kind: 'array';
  readonly elements: readonly Expression[];
  readonly offset: number;
}

/** CAST(x AS t), x::t, and the typed literal t 'text' (operand: a string literal). */
export interface Cast {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: TypeName;
  readonly offset: number;
}

export interface Collate {
  readonly kind: 'collate';
  readonly operand: Expression;
  readonly collation: QualifiedName;
  readonly offset: number;
}

export interface FunctionArgument {
  /** Of `name => value` or `name := value`. */
  readonly name: string | undefined;
  readonly value: Expression;
  readonly offset: number;
}

/** A call of a function, aggregate or window function; A3 for special syntax. */
export interface FunctionCall {
  readonly kind: 'functionCall';
  readonly name: QualifiedName;
  readonly args: readonly FunctionArgument[];
  /** `f(*)`. */
  readonly isStar: boolean;
  /** `f(..., VARIADIC last)`. */
  readonly isVariadic: boolean;
  readonly isDistinct: boolean;
  /** ORDER BY inside the parentheses, or of WITHIN GROUP when that was written. */
  readonly orderBy: readonly SortItem[];
  readonly withinGroup: boolean;
  readonly filter: Expression | undefined;
  /** OVER name or OVER (...); a bare name has only `reference`. */
  readonly over: WindowSpec | undefined;
  readonly offset: number;
}

/** GROUPING(a, b). */
export interface Grouping {
  readonly kind: 'grouping';
  readonly args: readonly Expression[];
  readonly offset: number;
}

/** Functions that SQL spells without parentheses. */
export interface SqlValueFunction {
  readonly kind: 'sqlValueFunction';
  readonly function:
    | 'current_date' | 'current_time' | 'current_timestamp' | 'localtime' | 'localtimestamp'
    | 'current_role' | 'current_user' | 'user' | 'session_user' | 'current_catalog' | 'current_schema';
  readonly precision: number | undefined;
  readonly offset: number;
}

/** The whole condition of WHERE CURRENT OF cursor. */
export interface CurrentOf {
  readonly kind: 'currentOf';
  readonly cursor: string;
  readonly offset: number;
}

/** DEFAULT as a value, allowed in VALUES of INSERT and in SET; elsewhere the binder refuses it. */
export interface DefaultValue {
  readonly kind: 'defaultValue';
  readonly offset: number;
}

/** Recognised syntax outside the product (XML): whoever meets it raises 0A000 for `feature`. */
export interface UnsupportedExpression {
  readonly kind: 'unsupportedExpression';
  readonly feature: string;
  readonly offset: number;
}

// -------------------------------------------------------------------------------------------------------------------- windows

export interface WindowSpec {
  /** `OVER name` alone: refers to a whole definition and inherits its frame. */
  readonly reference: string | undefined;
  /** `(base PARTITION BY ...)`: extends a definition. */
  readonly base: string | undefined;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly frame: WindowFrame | undefined;
  readonly offset: number;
}

export interface NamedWindow {
  readonly name: string;
  readonly spec: WindowSpec;
  readonly offset: number;
}

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  /** CURRENT ROW when only the start was written. */
  readonly end: FrameBound;
  readonly exclude: 'no others' | 'current row' | 'group' | 'ties';
  readonly offset: number;
}

export interface FrameBound {
  readonly type: 'unbounded preceding' | 'preceding' | 'current row' | 'following' | 'unbounded following';
  /** Of `preceding` and `following`. */
  readonly distance: Expression | undefined;
  readonly offset: number;
}

export interface SortItem {
  readonly expression: Expression;
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'first' | 'last' | undefined;
  /** ORDER BY x USING operator. */
  readonly using: OperatorName | undefined;
  readonly offset: number;
}

/** The names before the symbol in OPERATOR(...): a schema, a database before it, and what else was written. */
export type OperatorSchema = readonly string[];

export interface OperatorName {
  readonly schema: OperatorSchema | undefined;
  readonly operator: string;
  readonly offset: number;
}

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

// -------------------------------------------------------------------------------------------------------------------- tables

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly elements: readonly TableElement[];
  readonly options: readonly DefinitionOption[];
  readonly onCommit: 'preserve rows' | 'delete rows' | 'drop' | undefined;
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  /** INHERITS, PARTITION BY, PARTITION OF or OF type: parsed, with the feature's name, to be refused with 0A000. */
  readonly unsupported: string | undefined;
  readonly offset: number;
}

export type TableElement = ColumnDefinition | TableConstraint | LikeClause;

export interface ColumnDefinition {
  readonly kind: 'columnDefinition';
  readonly name: string;
  readonly type: TypeName;
  readonly collation: QualifiedName | undefined;
  readonly compression: string | undefined;
  readonly constraints: readonly ColumnConstraint[];
  readonly offset: number;
}

export interface ConstraintAttributes {
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly notValid: boolean;
  readonly noInherit: boolean;
}

/** Index parameters of PRIMARY KEY, UNIQUE and EXCLUDE. */
export interface IndexParameters {
  readonly include: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly tablespace: string | undefined;
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface References {
  readonly table: QualifiedName;
  /** Empty: the primary key. */
  readonly columns: readonly Identifier[];
  readonly match: 'simple' | 'full' | 'partial';
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  /** ON DELETE SET NULL (columns) and SET DEFAULT (columns); empty: all. */
  readonly onDeleteColumns: readonly Identifier[];
  readonly offset: number;
}

interface ConstraintBase {
  /** From CONSTRAINT name. */
  readonly name: string | undefined;
  readonly attributes: ConstraintAttributes;
  readonly offset: number;
}

/** Deferral clauses that follow a column constraint are already folded into its `attributes`. */
export type ColumnConstraint =
  | (ConstraintBase & { readonly kind: 'notNull' | 'nullable' })
  | (ConstraintBase & { readonly kind: 'default'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'generated'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'identity'; readonly always: boolean; readonly options: readonly SequenceOption[] })
  | (ConstraintBase & { readonly kind: 'check'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'primaryKey' | 'unique'; readonly nullsNotDistinct: boolean; readonly parameters: IndexParameters })
  | (ConstraintBase & { readonly kind: 'references'; readonly references: References });

export type TableConstraint =
  | (ConstraintBase & { readonly kind: 'checkConstraint'; readonly expression: Expression })
  | (ConstraintBase & {
      readonly kind: 'keyConstraint';
      readonly isPrimary: boolean;
      readonly columns: readonly Identifier[];
      readonly nullsNotDistinct: boolean;
      readonly parameters: IndexParameters;
      /** ALTER TABLE ADD ... USING INDEX name. */
      readonly usingIndex: string | undefined;
    })
  | (ConstraintBase & { readonly kind: 'foreignKeyConstraint'; readonly columns: readonly Identifier[]; readonly references: References })
  | (ConstraintBase & {
      readonly kind: 'excludeConstraint';
      readonly method: string | undefined;
      readonly elements: readonly { readonly element: IndexElement; readonly operator: OperatorName }[];
      readonly parameters: IndexParameters;
      readonly where: Expression | undefined;
    });

export type LikeFeature = 'comments' | 'compression' | 'constraints' | 'defaults' | 'generated' | 'identity' | 'indexes' | 'statistics' | 'storage' | 'all';

export interface LikeClause {
  readonly kind: 'likeTable';
  readonly table: QualifiedName;
  readonly options: readonly { readonly including: boolean; readonly feature: LikeFeature }[];
  readonly offset: number;
}

/** `name`, `name = value`; `namespace.name = value`. A word value arrives as a string, lower-cased as identifiers are. */
export interface DefinitionOption {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly value: OptionValue;
  readonly offset: number;
}

/** undefined: no value written. A list only where the option takes one (COPY ... FORCE_QUOTE (a, b)). */
export type OptionValue = string | number | boolean | readonly string[] | undefined;

export interface CreateTableAs {
  readonly kind: 'createTableAs';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly onCommit: 'preserve rows' | 'delete rows' | 'drop' | undefined;
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  readonly query: Query | Execute;
  readonly withData: boolean;
  readonly offset: number;
}

/** ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW with actions that PostgreSQL's grammar shares among them. */
export interface AlterTable {
  readonly kind: 'alterTable';
  readonly objectType: 'table' | 'index' | 'view' | 'materialized view' | 'sequence';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly only: boolean;
  readonly actions: readonly AlterTableAction[];
  readonly offset: number;
}

export type DropBehavior = 'cascade' | 'restrict';

export type AlterTableAction =
  | { readonly kind: 'addColumn'; readonly column: ColumnDefinition; readonly ifNotExists: boolean; readonly offset: number }
  | { readonly kind: 'dropColumn'; readonly column: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
  | { readonly kind: 'alterColumnType'; readonly column: string; readonly type: TypeName; readonly collation: QualifiedName | undefined; readonly using: Expression | undefined; readonly offset: number }
  /** `expression` undefined: DROP DEFAULT. */
  | { readonly kind: 'setColumnDefault'; readonly column: string; readonly expression: Expression | undefined; readonly offset: number }
  | { readonly kind: 'setColumnNotNull'; readonly column: string; readonly notNull: boolean; readonly offset: number }
  | { readonly kind: 'dropColumnExpression'; readonly column: string; readonly ifExists: boolean; readonly offset: number }
  | { readonly kind: 'addColumnIdentity'; readonly column: string; readonly always: boolean; readonly options: readonly SequenceOption[]; readonly offset: number }
  | { readonly kind: 'setColumnIdentity'; readonly column: string; readonly always: boolean | undefined; readonly options: readonly SequenceOption[]; readonly offset: number }
  | { readonly kind: 'dropColumnIdentity'; readonly column: string; readonly ifExists: boolean; readonly offset: number }
  /** `column` is a number for ALTER INDEX ... ALTER COLUMN n. */
  | { readonly kind: 'setColumnStatistics'; readonly column: string | number; readonly target: number; readonly offset: number }
  | { readonly kind: 'setColumnStorage'; readonly column: string; readonly storage: string; readonly offset: number }
  | { readonly kind: 'setColumnCompression'; readonly column: string; readonly compression: string; readonly offset: number }
  | { readonly kind: 'setColumnOptions'; readonly column: string; readonly options: readonly DefinitionOption[]; readonly reset: boolean; readonly offset: number }
  | { readonly kind: 'addConstraint'; readonly constraint: TableConstraint; readonly offset: number }
  | { readonly kind: 'alterConstraint'; readonly name: string; readonly attributes: ConstraintAttributes; readonly offset: number }
  | { readonly kind: 'validateConstraint'; readonly name: string; readonly offset: number }
  | { readonly kind: 'dropConstraint'; readonly name: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
  | { readonly kind: 'setOptions'; readonly options: readonly DefinitionOption[]; readonly reset: boolean; readonly offset: number }
  | { readonly kind: 'setLogged'; readonly logged: boolean; readonly offset: number }
  | { readonly kind: 'clusterOn'; readonly index: string | undefined; readonly offset: number }
  | { readonly kind: 'ownerTo'; readonly role: string; readonly offset: number }
  | { readonly kind: 'setTablespace'; readonly tablespace: string; readonly offset: number }
  /** Triggers, rules, inheritance, partitions, row security, ...: refused with 0A000 by name. */
  | { readonly kind: 'unsupportedAction'; readonly feature: string; readonly offset: number };

/** ALTER ... RENAME in all its forms. */
export interface Rename {
  readonly kind: 'rename';
  readonly objectType: ObjectType | 'column' | 'constraint' | 'domain constraint' | 'attribute' | 'enum value';
  /** The object, or for a column, constraint or attribute the one it belongs to. */
  readonly name: QualifiedName;
  /** What the container is when `part` is given (`table`, `view`, `index`, `type`, ...). */
  readonly containerType: ObjectType | undefined;
  /** The column, constraint, attribute or enum value that is renamed. */
  readonly part: string | undefined;
  readonly newName: string;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly ifExists: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

/** ALTER ... SET SCHEMA. */
export interface SetSchema {
  readonly kind: 'setSchema';
  readonly objectType: ObjectType;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly schema: string;
  readonly ifExists: boolean;
  readonly offset: number;
}

/** ALTER ... OWNER TO for anything but tables (there it is an action). */
export interface AlterOwner {
  readonly kind: 'alterOwner';
  readonly objectType: ObjectType;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly role: string;
  readonly offset: number;
}

// -------------------------------------------------------------------------------------------------- indexes, views, sequences

export interface CreateIndex {
  readonly kind: 'createIndex';
  /** undefined: a name is to be chosen. */
  readonly name: string | undefined;
  readonly isUnique: boolean;
  readonly concurrently: boolean;
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly only: boolean;
  readonly method: string | undefined;
  readonly elements: readonly IndexElement[];
  readonly include: readonly IndexElement[];
  readonly nullsNotDistinct: boolean;
  readonly options: readonly DefinitionOption[];
  readonly tablespace: string | undefined;
  readonly where: Expression | undefined;
  readonly offset: number;
}

/** A plain column arrives as an unqualified `columnRef`. */
export interface IndexElement {
  readonly expression: Expression;
  readonly collation: QualifiedName | undefined;
  readonly operatorClass: QualifiedName | undefined;
  readonly operatorClassOptions: readonly DefinitionOption[];
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'first' | 'last' | undefined;
  readonly offset: number;
}

export interface CreateView {
  readonly kind: 'createView';
  readonly name: QualifiedName;
  readonly orReplace: boolean;
  readonly persistence: Persistence;
  readonly isRecursive: boolean;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly query: Query;
  /** The text of `query` as written, for storage and display. */
  readonly queryText: string;
  readonly checkOption: 'local' | 'cascaded' | undefined;
  readonly offset: number;
}

export interface CreateMaterializedView {
  readonly kind: 'createMaterializedView';
  readonly name: QualifiedName;
  readonly ifNotExists: boolean;
  readonly persistence: Persistence;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  readonly query: Query;
  readonly queryText: string;
  readonly withData: boolean;
  readonly offset: number;
}

export interface RefreshMaterializedView {
  readonly kind: 'refreshMaterializedView';
  readonly name: QualifiedName;
  readonly concurrently: boolean;
  readonly withData: boolean;
  readonly offset: number;
}

export interface CreateSequence {
  readonly kind: 'createSequence';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly options: readonly SequenceOption[];
  readonly offset: number;
}

export interface AlterSequence {
  readonly kind: 'alterSequence';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly options: readonly SequenceOption[];
  readonly offset: number;
}

/** Numbers are kept as text (a sequence reaches all of int8); `value` undefined for NO MINVALUE, NO MAXVALUE and bare RESTART. */
export type SequenceOption =
  | { readonly kind: 'as'; readonly type: TypeName; readonly offset: number }
  | { readonly kind: 'increment' | 'start' | 'cache'; readonly value: string; readonly offset: number }
  | { readonly kind: 'minValue' | 'maxValue' | 'restart'; readonly value: string | undefined; readonly offset: number }
  | { readonly kind: 'cycle'; readonly value: boolean; readonly offset: number }
  /** OWNED BY table.column, or NONE (`column` empty). */
  | { readonly kind: 'ownedBy'; readonly column: readonly string[]; readonly offset: number }
  | { readonly kind: 'sequenceName'; readonly name: QualifiedName; readonly offset: number };

// ------------------------------------------------------------------------------------------- schemas, types, functions, others

export interface CreateSchema {
  readonly kind: 'createSchema';
  /** undefined: named after the role. */
  readonly name: string | undefined;
  readonly authorization: string | undefined;
  readonly ifNotExists: boolean;
  readonly elements: readonly Statement[];
  readonly offset: number;
}

export interface CreateDomain {
  readonly kind: 'createDomain';
  readonly name: QualifiedName;
  readonly type: TypeName;
  readonly collation: QualifiedName | undefined;
  readonly constraints: readonly ColumnConstraint[];
  readonly offset: number;
}

export interface AlterDomain {
  readonly kind: 'alterDomain';
  readonly name: QualifiedName;
  readonly action:
    | { readonly kind: 'setDefault'; readonly expression: Expression | undefined; readonly offset: number }
    | { readonly kind: 'setNotNull'; readonly notNull: boolean; readonly offset: number }
    | { readonly kind: 'addDomainConstraint'; readonly constraint: ColumnConstraint; readonly offset: number }
    | { readonly kind: 'dropDomainConstraint'; readonly name: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'validateDomainConstraint'; readonly name: string; readonly offset: number };
  readonly offset: number;
}

export interface CreateEnum {
  readonly kind: 'createEnum';
  readonly name: QualifiedName;
  readonly labels: readonly string[];
  readonly offset: number;
}

export interface CreateCompositeType {
  readonly kind: 'createCompositeType';
  readonly name: QualifiedName;
  readonly attributes: readonly FunctionColumn[];
  readonly offset: number;
}

/** CREATE TYPE name AS RANGE (options). */
export interface CreateRangeType {
  readonly kind: 'createRangeType';
  readonly name: QualifiedName;
  readonly options: readonly DefinitionOption[];
  readonly offset: number;
}

/** ALTER TYPE ... ADD VALUE. */
export interface AlterEnumAddValue {
  readonly kind: 'alterEnumAddValue';
  readonly name: QualifiedName;
  readonly value: string;
  readonly ifNotExists: boolean;
  readonly neighbour: string | undefined;
  readonly placement: 'before' | 'after' | undefined;
  readonly offset: number;
}

/** ALTER TYPE ... ADD, DROP, ALTER ATTRIBUTE. */
export interface AlterCompositeType {
  readonly kind: 'alterCompositeType';
  readonly name: QualifiedName;
  readonly actions: readonly (
    | { readonly kind: 'addAttribute'; readonly attribute: FunctionColumn; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'dropAttribute'; readonly attribute: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'alterAttribute'; readonly attribute: string; readonly type: TypeName; readonly collation: QualifiedName | undefined; readonly behavior: DropBehavior; readonly offset: number }
  )[];
  readonly offset: number;
}

export interface FunctionParameter {
  readonly mode: 'in' | 'out' | 'inout' | 'variadic' | undefined;
  readonly name: string | undefined;
  readonly type: TypeName;
  readonly default: Expression | undefined;
  readonly offset: number;
}

export interface CreateFunction {
  readonly kind: 'createFunction';
  readonly isProcedure: boolean;
  readonly name: QualifiedName;
  readonly orReplace: boolean;
  readonly parameters: readonly FunctionParameter[];
  readonly returns: TypeName | undefined;
  /** RETURNS TABLE (...). */
  readonly returnsTable: readonly FunctionColumn[] | undefined;
  /** As written, lower-cased; undefined means sql when the body is not a string. */
  readonly language: string | undefined;
  readonly body: FunctionBody | undefined;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | undefined;
  readonly nullInput: 'called' | 'strict' | undefined;
  readonly leakproof: boolean | undefined;
  readonly parallel: string | undefined;
  readonly securityDefiner: boolean | undefined;
  readonly isWindow: boolean;
  readonly cost: number | undefined;
  readonly rows: number | undefined;
  readonly settings: readonly SetVariable[];
  readonly support: QualifiedName | undefined;
  readonly offset: number;
}

export type FunctionBody =
  /** AS 'text'; for C functions a second string, the link symbol. */
  | { readonly kind: 'bodyText'; readonly text: string; readonly symbol: string | undefined; readonly offset: number }
  /** RETURN expression. */
  | { readonly kind: 'bodyReturn'; readonly expression: Expression; readonly offset: number }
  /** BEGIN ATOMIC ... END. */
  | { readonly kind: 'bodyAtomic'; readonly statements: readonly Statement[]; readonly offset: number };

export interface CreateExtension {
  readonly kind: 'createExtension';
  readonly name: string;
  /** Of its functions; undefined: the one where things are created. */
  readonly schema: string | undefined;
  readonly version: string | undefined;
  readonly ifNotExists: boolean;
  readonly offset: number;
}

/** ALTER EXTENSION name UPDATE [TO version]. */
export interface UpdateExtension {
  readonly kind: 'updateExtension';
  readonly name: string;
  readonly version: string | undefined;
  readonly offset: number;
}

/** ALTER FUNCTION or PROCEDURE with options. */
export interface AlterFunction {
  readonly kind: 'alterFunction';
  readonly isProcedure: boolean;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | undefined;
  readonly nullInput: 'called' | 'strict' | undefined;
  readonly leakproof: boolean | undefined;
  readonly parallel: string | undefined;
  readonly securityDefiner: boolean | undefined;
  readonly cost: number | undefined;
  readonly rows: number | undefined;
  readonly settings: readonly SetVariable[];
  readonly offset: number;
}

export type ObjectType =
  | 'table' | 'view' | 'materialized view' | 'index' | 'sequence' | 'schema' | 'type' | 'domain' | 'function' | 'procedure' | 'routine'
  | 'aggregate' | 'collation' | 'conversion' | 'statistics' | 'foreign table' | 'database' | 'role' | 'extension' | 'trigger' | 'rule'
  | 'policy' | 'cast' | 'operator' | 'operator class' | 'operator family' | 'language' | 'event trigger' | 'foreign data wrapper' | 'server'
  | 'publication' | 'subscription' | 'tablespace' | 'access method' | 'transform' | 'text search configuration' | 'text search dictionary'
  | 'text search parser' | 'text search template' | 'user mapping' | 'large object';

export interface DroppedObject {
  readonly name: QualifiedName;
  /** Argument types of a function; undefined when none were written. */
  readonly args: readonly FunctionParameter[] | undefined;
}

/** DROP of anything named by a list: tables, views, indexes, sequences, schemas, types, domains, functions, ... */
export interface Drop {
  readonly kind: 'drop';
  readonly objectType: ObjectType;
  readonly objects: readonly DroppedObject[];
  readonly ifExists: boolean;
  readonly concurrently: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

export interface Comment {
  readonly kind: 'comment';
  readonly objectType: ObjectType | 'column' | 'constraint' | 'domain constraint';
  /** The object, or the table (domain) of a column or constraint. */
  readonly name: QualifiedName;
  readonly part: string | undefined;
  readonly args: readonly FunctionParameter[] | undefined;
  /** undefined: IS NULL. */
  readonly text: string | undefined;
  readonly offset: number;
}

export interface Truncate {
  readonly kind: 'truncate';
  readonly tables: readonly { readonly name: QualifiedName; readonly only: boolean }[];
  readonly restartIdentity: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

export type TableLockMode =
  | 'access share' | 'row share' | 'row exclusive' | 'share update exclusive' | 'share' | 'share row exclusive' | 'exclusive' | 'access exclusive';

export interface LockTable {
  readonly kind: 'lockTable';
  readonly tables: readonly { readonly name: QualifiedName; readonly only: boolean }[];
  readonly mode: TableLockMode;
  readonly nowait: boolean;
  readonly offset: number;
}

// --------------------------------------------------------------------------------------------------- transactions and session

export type IsolationLevel = 'serializable' | 'repeatable read' | 'read committed' | 'read uncommitted';

/** undefined: not mentioned. When a mode is given twice the later one stands. */
export interface TransactionModes {
  readonly isolation: IsolationLevel | undefined;
  readonly readOnly: boolean | undefined;
  readonly deferrable: boolean | undefined;
}

export interface Begin {
  readonly kind: 'begin';
  /** START TRANSACTION rather than BEGIN; only the command tag differs. */
  readonly isStart: boolean;
  readonly modes: TransactionModes;
  readonly offset: number;
}

/** COMMIT and END. */
export interface Commit {
  readonly kind: 'commit';
  readonly chain: boolean;
  readonly offset: number;
}

/** ROLLBACK and ABORT. */
export interface Rollback {
  readonly kind: 'rollback';
  readonly chain: boolean;
  readonly offset: number;
}

export interface Savepoint {
  readonly kind: 'savepoint';
  readonly name: string;
  readonly offset: number;
}

export interface ReleaseSavepoint {
  readonly kind: 'releaseSavepoint';
  readonly name: string;
  readonly offset: number;
}

export interface RollbackToSavepoint {
  readonly kind: 'rollbackToSavepoint';
  readonly name: string;
  readonly offset: number;
}

/**
 * SET [LOCAL | SESSION] name = values. TIME ZONE is `timezone`, NAMES `client_encoding`, SCHEMA `search_path`, ROLE `role`,
 * SESSION AUTHORIZATION `session_authorization`, XML OPTION `xmloption`.
 */
export interface SetVariable {
  readonly kind: 'setVariable';
  readonly scope: 'session' | 'local';
  /** Dotted for custom variables. */
  readonly name: string;
  /** undefined: TO DEFAULT. */
  readonly values: readonly SettingValue[] | undefined;
  /** FROM CURRENT, of functions only. */
  readonly fromCurrent: boolean;
  readonly offset: number;
}

/** A number literal (with its sign), a string, a bare word (`on`), or for TIME ZONE an interval. */
export type SettingValue =
  | { readonly kind: 'number'; readonly text: string; readonly offset: number }
  | { readonly kind: 'string'; readonly value: string; readonly offset: number }
  | { readonly kind: 'word'; readonly value: string; readonly offset: number }
  | { readonly kind: 'interval'; readonly cast: Cast; readonly offset: number };

/** RESET name, or RESET ALL (`name` undefined). */
export interface ResetVariable {
  readonly kind: 'resetVariable';
  readonly name: string | undefined;
  readonly offset: number;
}

/** SHOW name, or SHOW ALL (`name` undefined). */
export interface ShowVariable {
  readonly kind: 'showVariable';
  readonly name: string | undefined;
  readonly offset: number;
}

/** SET TRANSACTION, SET TRANSACTION SNAPSHOT, SET SESSION CHARACTERISTICS AS TRANSACTION. */
export interface SetTransaction {
  readonly kind: 'setTransaction';
  readonly scope: 'transaction' | 'session';
  readonly modes: TransactionModes;
  readonly snapshot: string | undefined;
  readonly offset: number;
}

export interface SetConstraints {
  readonly kind: 'setConstraints';
  /** Empty: ALL. */
  readonly names: readonly QualifiedName[];
  readonly deferred: boolean;
  readonly offset: number;
}

export interface Discard {
  readonly kind: 'discard';
  readonly target: 'all' | 'plans' | 'sequences' | 'temporary';
  readonly offset: number;
}

// ------------------------------------------------------------------------------------------- prepared statements and cursors

export type PreparableStatement = Query | Insert | Update | Delete | Merge;

export interface Prepare {
  readonly kind: 'prepare';
  readonly name: string;
  readonly parameterTypes: readonly TypeName[];
  readonly statement: PreparableStatement;
  readonly offset: number;
}

export interface Execute {
  readonly kind: 'execute';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly offset: number;
}

export interface Deallocate {
  readonly kind: 'deallocate';
  /** undefined: ALL. */
  readonly name: string | undefined;
  readonly offset: number;
}

export interface DeclareCursor {
  readonly kind: 'declareCursor';
  readonly name: string;
  readonly binary: boolean;
  readonly scroll: boolean | undefined;
  readonly sensitivity: 'insensitive' | 'asensitive' | undefined;
  readonly hold: boolean;
  readonly query: Query;
  readonly offset: number;
}

/** FETCH and MOVE. NEXT is forward 1, PRIOR backward 1, FIRST absolute 1, LAST absolute -1; ALL is `count` Infinity. */
export interface Fetch {
  readonly kind: 'fetch';
  readonly isMove: boolean;
  readonly cursor: string;
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative';
  readonly count: number;
  readonly offset: number;
}

export interface CloseCursor {
  readonly kind: 'closeCursor';
  /** undefined: ALL. */
  readonly name: string | undefined;
  readonly offset: number;
}

// ------------------------------------------------------------------------------------------------------------------ utilities

export interface Explain {
  readonly kind: 'explain';
  /** ANALYZE and VERBOSE of the old syntax arrive as options. */
  readonly options: readonly DefinitionOption[];
  readonly statement: PreparableStatement | CreateTableAs | CreateMaterializedView | RefreshMaterializedView | DeclareCursor | Execute;
  readonly offset: number;
}

export interface MaintainedTable {
  readonly name: QualifiedName;
  readonly columns: readonly Identifier[];
}

/** ANALYZE [options] [table [(columns)], ...]. */
export interface Analyze {
  readonly kind: 'analyze';
  readonly options: readonly DefinitionOption[];
  readonly tables: readonly MaintainedTable[];
  readonly offset: number;
}

/** FULL, FREEZE, VERBOSE, ANALYZE of the old syntax arrive as options. */
export interface Vacuum {
  readonly kind: 'vacuum';
  readonly options: readonly DefinitionOption[];
  readonly tables: readonly MaintainedTable[];
  readonly offset: number;
}

export interface Reindex {
  readonly kind: 'reindex';
  readonly options: readonly DefinitionOption[];
  readonly target: 'index' | 'table' | 'schema' | 'database' | 'system';
  readonly concurrently: boolean;
  readonly name: QualifiedName;
  readonly offset: number;
}

export interface Cluster {
  readonly kind: 'cluster';
  readonly options: readonly DefinitionOption[];
  readonly table: QualifiedName | undefined;
  readonly index: string | undefined;
  readonly offset: number;
}

export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly offset: number;
}

export interface Copy {
  readonly kind: 'copy';
  readonly table: QualifiedName | undefined;
  readonly columns: readonly Identifier[];
  /** COPY (query) TO; exactly one of `table` and `query` is present. */
  readonly query: PreparableStatement | undefined;
  readonly direction: 'from' | 'to';
  /** A file name, or the standard stream. */
  readonly endpoint: { readonly kind: 'stdin' | 'stdout' } | { readonly kind: 'file' | 'program'; readonly name: string };
  /** The options of the old syntax arrive in today's form: CSV HEADER is format 'csv', header true. */
  readonly options: readonly DefinitionOption[];
  readonly where: Expression | undefined;
  readonly offset: number;
}

export interface Call {
  readonly kind: 'call';
  readonly call: FunctionCall;
  readonly offset: number;
}

/** Recognised by its first words and skipped to its end: the engine raises 0A000 for `feature` ("CREATE TRIGGER"). */
export interface UnsupportedStatement {
  readonly kind: 'unsupported';
  readonly feature: string;
  readonly offset: number;
}

export type Statement =
  | Query | Insert | Update | Delete | Merge
  | CreateTable | CreateTableAs | AlterTable | Rename | SetSchema | AlterOwner
  | CreateIndex | CreateView | CreateMaterializedView | RefreshMaterializedView | CreateSequence | AlterSequence
  | CreateSchema | CreateExtension | UpdateExtension | CreateDomain | AlterDomain | CreateEnum | CreateCompositeType | CreateRangeType | AlterEnumAddValue | AlterCompositeType
  | CreateFunction | AlterFunction | Drop | Comment | Truncate | LockTable
  | Begin | Commit | Rollback | Savepoint | ReleaseSavepoint | RollbackToSavepoint
  | SetVariable | ResetVariable | ShowVariable | SetTransaction | SetConstraints | Discard
  | Prepare | Execute | Deallocate | DeclareCursor | Fetch | CloseCursor
  | Explain | Analyze | Vacuum | Reindex | Cluster | Checkpoint | Copy | Call
  | UnsupportedStatement;

/** One statement of a script, with where it stood: `text` is `sql.slice(start, end)`, without the semicolon. */
export interface ParsedStatement {
  readonly statement: Statement;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The highest `$n`, 0 when there is none. */
  readonly parameterCount: number;
  /** Distinct `:name`s in order of first appearance. */
  readonly parameterNames: readonly string[];
}

/**
 * The operands of a left-deep chain from the leftmost to the rightmost: for `a + b - c`, the nodes `a + b` and `a + b - c` in this
 * order, so that a caller folds over them in a loop instead of recursing down an unbounded `left` (A2).
 */
export function leftSpine<T extends { readonly kind: string }, K extends T & { readonly left: T }>(root: K, isLink: (node: T) => node is K): K[] {
  const links: K[] = [root];
  let node: T = root.left;
  while (isLink(node)) {
    links.push(node);
    node = node.left;
  }
  return links.reverse();
}
