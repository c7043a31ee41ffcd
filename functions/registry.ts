/**
 * The catalogue of SQL functions, operators, casts and aggregates: what the planner needs to resolve a name (signatures, volatility)
 * stands beside what the executor needs to run it (the implementation), so the two cannot drift and docs/sql.md is generated from
 * the same tables. Files of this folder each contribute definitions by area; `catalogue.ts` gathers them; `resolve.ts` chooses
 * among overloads by PostgreSQL's rules.
 *
 * F1  An implementation is a pure function of its arguments and the context; only the context reaches clock, randomness, settings.
 * F2  A `strict` function is never called with a NULL argument: the caller answers NULL.
 * F3  A long-running implementation calls `ctx.checkDeadline()` at least every few thousand steps.
 */
import type { Datum } from '../base/datum.js';
import type { Prng } from '../base/prng.js';
import type { SqlType, TypeRegistry } from '../base/types.js';

export type Volatility = 'immutable' | 'stable' | 'volatile';

/** What evaluating an expression may ask of its surroundings. One object per running statement. */
export interface EvalContext {
  /** Microseconds since 2000-01-01 UTC: `now()`, the start of the transaction. */
  readonly transactionTimestamp: number | bigint;
  readonly statementTimestamp: number | bigint;
  /** `clock_timestamp()`: changes within a statement. */
  clockTimestamp(): number | bigint;
  /** IANA name or PostgreSQL offset form of the session's TimeZone setting. */
  readonly timeZone: string;
  readonly prng: Prng;
  readonly types: TypeRegistry;
  /** Current value of a run-time setting, undefined when there is none of that name. */
  setting(name: string): string | undefined;
  setSetting(name: string, value: string, isLocal: boolean): void;
  /** @throws DbError 57014 when the statement was cancelled or has passed its deadline. */
  checkDeadline(): void;
  /** What system functions need of engine: sequences, catalog text, session identity, advisory locks. */
  readonly system: SystemCalls;
}

/** Implemented by engine; each call raises PostgreSQL's error for what does not exist. */
export interface SystemCalls {
  nextval(sequence: Datum): Datum;
  currval(sequence: Datum): Datum;
  lastval(): Datum;
  setval(sequence: Datum, value: Datum, isCalled: boolean): Datum;
  currentDatabase(): string;
  currentSchemas(includeImplicit: boolean): readonly string[];
  currentUser(): string;
  backendPid(): number;
  transactionId(): number;
  /** In [0, 1). */
  random(): number;
  /** Everything else that reads catalogs or session state by name: `pg_get_viewdef`, `obj_description`, `pg_advisory_lock`, ... */
  call(name: string, args: readonly Datum[]): Datum;
}

/** Positional arguments, then the context. Unused context may be left out of the parameter list. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- implementations narrow their own parameters; the signature in `args` is what holds
export type ScalarImpl = (...args: any[]) => Datum;

export interface FunctionDef {
  readonly kind: 'scalar' | 'aggregate' | 'window' | 'set';
  readonly name: string;
  /** Schema, `pg_catalog` for built-ins. */
  readonly schema: string;
  /** Of a function of the user: its record in the catalog, or a number given to a function of the host. */
  readonly oid?: number | undefined;
  /** Of an installed extension: what it does is known to depend on nothing that its volatility denies. */
  readonly isOfExtension?: boolean | undefined;
  /** The range or multirange type of the user that this is a constructor of: it is named as the type is named now. */
  readonly constructs?: number | undefined;
  /** Of a call with named arguments: the positions that its arguments have in the function's own list. */
  readonly order?: readonly number[] | undefined;
  /** Type oids; pseudo-types (`anyelement`, `anyarray`, `any`, ...) are resolved by `resolve.ts`. */
  readonly args: readonly number[];
  readonly argNames: readonly string[] | undefined;
  /** True when the last argument is VARIADIC (its declared type is the array type, or `any`). */
  readonly variadic: boolean;
  /** Count of trailing arguments that may be left out; the implementation then sees `undefined`. */
  readonly defaultCount: number;
  readonly returns: number;
  readonly volatility: Volatility;
  readonly strict: boolean;
  /** kind `scalar`. */
  readonly impl: ScalarImpl | undefined;
  /** kind `scalar`: JavaScript source over trusted identifiers, for non-null arguments, equal to `impl`; helpers are reached as `H.name`. */
  readonly emit: ((args: readonly string[]) => string) | undefined;
  /** kind `aggregate`. */
  readonly aggregate: AggregateImpl | undefined;
  /** kind `window`: called once a partition by the window operator. */
  readonly window: WindowImpl | undefined;
  /** kind `set`: yields rows; a single-column function yields datums, one with `columns` yields arrays. */
  readonly set: ((args: readonly Datum[], ctx: EvalContext) => Iterable<Datum | readonly Datum[]>) | undefined;
  /** kind `set` with OUT columns: names and type oids. */
  readonly columns: readonly { readonly name: string; readonly type: number }[] | undefined;
  /**
   * For functions whose work depends on the types of the call (array_agg, to_json, comparisons of enums, ...): the binder calls it once with the
   * types after resolution and coercion and puts the definition it returns into the plan. Undefined for all others.
   */
  readonly specialize: ((args: readonly SqlType[], result: SqlType, types: TypeRegistry, isVariadicCall?: boolean) => FunctionDef) | undefined;
  /** kind `set` that returns `record`: adapts the function to the column definition list of the call (`AS t(a int, b text)`). */
  readonly withColumns?: ((columns: readonly { readonly name: string; readonly type: SqlType }[]) => FunctionDef) | undefined;
}

/** What a window function sees of its partition; rows are numbered from 0 in window order. */
export interface WindowPartition {
  readonly rowCount: number;
  /** The evaluated arguments of row `row`. */
  args(row: number): readonly Datum[];
  /** Rows [peerStart, peerEnd) are equal to `row` in the ORDER BY. */
  peerStart(row: number): number;
  peerEnd(row: number): number;
  /** Positions of the rows in the frame of `row`, in order, exclusions applied. */
  frameRow(row: number, nth: number): number | undefined;
  frameLength(row: number): number;
}

/** Prepares a partition and gives the value of each row. */
export type WindowImpl = (partition: WindowPartition, ctx: EvalContext) => (row: number) => Datum;

/** How one key of WITHIN GROUP sorts. */
export interface SortDirection {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/**
 * An aggregate as functions over a state. NULL inputs of a strict aggregate are skipped by the caller. `count(*)` has no argument.
 * `inverse` (moving windows) and `combine` may be absent.
 */
export interface AggregateImpl {
  readonly init: (ctx: EvalContext) => unknown;
  readonly step: (state: unknown, args: readonly Datum[], ctx: EvalContext) => unknown;
  /** `direct`: the direct arguments of an ordered-set aggregate, which have a value over no rows too. */
  readonly final: (state: unknown, ctx: EvalContext, direct: readonly Datum[]) => Datum;
  readonly combine: ((a: unknown, b: unknown, ctx: EvalContext) => unknown) | undefined;
  readonly inverse: ((state: unknown, args: readonly Datum[], ctx: EvalContext) => unknown) | undefined;
  /** Ordered-set and hypothetical-set aggregates: direct arguments come first in `args` of the definition. */
  readonly orderedSet: 'ordered' | 'hypothetical' | undefined;
  readonly directArgCount: number;
  /** Hypothetical-set aggregates: adapts the aggregate to the directions of its sort keys. */
  readonly withOrder?: ((directions: readonly SortDirection[]) => AggregateImpl) | undefined;
  /** Whether the state keeps what it is given, so that it grows with every row. */
  readonly keepsArguments: boolean;
  /** What a code generator may use instead of init/step/final for the commonest ones. */
  readonly builtin: 'count' | 'sum' | 'min' | 'max' | 'avg' | undefined;
}

export interface OperatorDef {
  readonly name: string;
  readonly left: number | undefined;
  readonly right: number;
  readonly result: number;
  /** Names of commuting and negating operators over the swapped and same types. */
  readonly commutator: string | undefined;
  readonly negator: string | undefined;
  /** The function that implements it; its `emit` serves the generator. */
  readonly function: FunctionDef;
  /** Role in the B+tree ordering of the left type, when it has one; the planner turns such comparisons into key ranges. */
  readonly btree: '<' | '<=' | '=' | '>=' | '>' | undefined;
}

export type CastContext = 'implicit' | 'assignment' | 'explicit';

export interface CastDef {
  readonly source: number;
  readonly target: number;
  readonly context: CastContext;
  /** 'binary': same representation; 'io': through text; otherwise the function `(value, typmod, isExplicit, ctx)`. */
  readonly method: 'binary' | 'io' | ScalarImpl;
}
