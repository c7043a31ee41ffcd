/**
 * Bound expressions: names are resolved, types are known, overloads are chosen, casts are explicit. Columns are *column ids*: every column
 * that any operator of one statement produces has its own number, so an expression can move through a plan unchanged, a rewrite never
 * renumbers, and the generator turns a column id into one JavaScript variable.
 */
import type { Datum } from '../base/datum.js';
import type { SqlType } from '../base/types.js';
import type { InRange } from '../functions/in-range.js';
import type { FunctionDef, ScalarImpl } from '../functions/registry.js';
import type { PhysicalPlan } from './physical-plan.js';
import type { LogicalPlan } from './logical-plan.js';

/** Unique within one statement, dense from 0. */
export type ColumnId = number;

interface Base {
  readonly type: SqlType;
  /** Source position, for errors raised while it runs; -1 when made by a rewrite. */
  readonly offset: number;
}

export type BoundExpression =
  | (Base & { readonly kind: 'constant'; readonly value: Datum })
  /** `$n`, 0-based here. */
  | (Base & { readonly kind: 'parameter'; readonly index: number })
  | (Base & { readonly kind: 'column'; readonly id: ColumnId; readonly name: string })
  /** Function or operator. Arguments already have the implementation's types; VARIADIC ones are packed. */
  | (Base & { readonly kind: 'call'; readonly function: FunctionDef; readonly args: readonly BoundExpression[]; readonly operator: string | undefined })
  /**
   * 'binary' changes the type alone; 'io' goes through text; a function gets `(value, typmod, isExplicit, ctx)`. `typmod` coercion alone is a cast to the same oid.
   * `isLiteral`: the text of a literal, read anew in each run because the session's settings have a say in it.
   */
  | (Base & { readonly kind: 'cast'; readonly arg: BoundExpression; readonly method: 'binary' | 'io' | ScalarImpl; readonly isExplicit: boolean; readonly isLiteral?: true | undefined })
  | (Base & { readonly kind: 'and' | 'or'; readonly args: readonly BoundExpression[] })
  | (Base & { readonly kind: 'not'; readonly arg: BoundExpression })
  /** With `isRow` of a composite value: whether all its fields are null (negated: none is), of which fields no one asks further. */
  | (Base & { readonly kind: 'isNull'; readonly arg: BoundExpression; readonly isRow: boolean; readonly negated: boolean })
  /** IS [NOT] TRUE / FALSE / UNKNOWN. */
  | (Base & { readonly kind: 'isBoolean'; readonly arg: BoundExpression; readonly test: 'true' | 'false' | 'unknown'; readonly negated: boolean })
  /** `equals` is the '=' function over the common type. */
  | (Base & { readonly kind: 'isDistinct'; readonly left: BoundExpression; readonly right: BoundExpression; readonly equals: FunctionDef; readonly negated: boolean })
  | (Base & { readonly kind: 'case'; readonly branches: readonly { readonly when: BoundExpression; readonly then: BoundExpression }[]; readonly otherwise: BoundExpression })
  | (Base & { readonly kind: 'coalesce'; readonly args: readonly BoundExpression[] })
  | (Base & { readonly kind: 'greatest' | 'least'; readonly args: readonly BoundExpression[]; readonly lessThan: FunctionDef })
  /** `left = ANY (values...)` over a list, three-valued; with `all`, `<> ALL`. */
  | (Base & { readonly kind: 'inList'; readonly arg: BoundExpression; readonly list: readonly BoundExpression[]; readonly equals: FunctionDef; readonly negated: boolean })
  /** `left op ANY/ALL (array)`. */
  | (Base & { readonly kind: 'quantifiedArray'; readonly arg: BoundExpression; readonly array: BoundExpression; readonly operator: FunctionDef; readonly quantifier: 'any' | 'all' })
  | (Base & { readonly kind: 'array'; readonly elements: readonly BoundExpression[]; readonly isNested: boolean })
  /** `names` are known for whole rows of a relation; a constructor's fields are f1, f2, ... */
  | (Base & { readonly kind: 'row'; readonly fields: readonly BoundExpression[]; readonly names?: readonly string[] | undefined })
  | (Base & { readonly kind: 'field'; readonly arg: BoundExpression; readonly index: number })
  | (Base & { readonly kind: 'subscript'; readonly arg: BoundExpression; readonly indices: readonly { readonly lower: BoundExpression | undefined; readonly upper: BoundExpression | undefined; readonly isSlice: boolean }[] })
  /** Row-wise comparison (a, b) < (c, d); for = and <> the planner makes AND / OR instead. */
  | (Base & { readonly kind: 'rowCompare'; readonly left: readonly BoundExpression[]; readonly right: readonly BoundExpression[]; readonly operator: '<' | '<=' | '>' | '>='; readonly lessThan: readonly FunctionDef[]; readonly equals: readonly FunctionDef[] })
  | (Base & SubqueryExpression);

/**
 * A subquery that was not unnested. `outer` are the ids of columns of enclosing rows it reads (empty: run once and keep). For 'any' / 'all',
 * `comparison` reads `columns` of the subquery and the left side. `plan` is logical until physical planning replaces it.
 */
export interface SubqueryExpression {
  readonly kind: 'subquery';
  readonly subkind: 'scalar' | 'exists' | 'any' | 'all' | 'array' | 'row';
  readonly plan: LogicalPlan | PhysicalPlan;
  readonly columns: readonly ColumnId[];
  readonly outer: readonly ColumnId[];
  /** any/all: the comparison over the subquery's columns, three-valued. */
  readonly comparison: BoundExpression | undefined;
  /** any with plain equality: hashable sides, so that an uncorrelated one is a hashed set. */
  readonly hashable: { readonly left: readonly BoundExpression[] } | undefined;
  /** Set when `plan` is physical: whether running it twice may give two answers. */
  readonly isVolatile?: boolean;
}

export interface SortKey {
  readonly expression: BoundExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  readonly collation: string | undefined;
}

/** One aggregate call of an Aggregate operator. */
export interface AggregateCall {
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly function: FunctionDef;
  readonly args: readonly BoundExpression[];
  readonly isDistinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter: BoundExpression | undefined;
  /** Direct arguments of ordered-set aggregates; constant within a group. */
  readonly directArgs: readonly BoundExpression[];
}

export interface FrameBound {
  readonly kind: 'unbounded preceding' | 'preceding' | 'current row' | 'following' | 'unbounded following';
  readonly value: BoundExpression | undefined;
}

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: 'no others' | 'current row' | 'group' | 'ties';
  /** RANGE with offset: how values of the sort column's type are placed. */
  readonly inRange: InRange | undefined;
}

export interface WindowCall {
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly function: FunctionDef;
  readonly args: readonly BoundExpression[];
  readonly filter: BoundExpression | undefined;
  readonly frame: WindowFrame;
}
