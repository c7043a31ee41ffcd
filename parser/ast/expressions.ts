/** Names, types, expressions and windows. What holds of all nodes: ast.ts. */
import type { Query } from './queries.js';

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
