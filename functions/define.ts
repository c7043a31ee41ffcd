/**
 * Builders for the catalogue's tables: one short line per function, types by PostgreSQL's names.
 *
 *     scalar('abs', 'int4', 'int4', absInt4, { emit: (a) => `H.absInt4(${a})` })
 *     operator('+', 'int4', 'int4', 'int4', addInt4, ...)
 */
import { assert } from '../base/assert.js';
import { builtinTypeByName } from '../base/types.js';
import type { AggregateImpl, CastContext, CastDef, EvalContext, FunctionDef, OperatorDef, ScalarImpl, Volatility, WindowImpl } from './registry.js';
import type { Datum } from '../base/datum.js';

/** The oid of a built-in type by its pg_type name (`int4`, `_text`). */
export function typeOid(name: string): number {
  const info = builtinTypeByName(name);
  assert(info !== undefined, 'unknown type in the function catalogue', name);
  return info.oid;
}

/** Oids of a list of names separated by blanks. */
export function typeOids(names: string): number[] {
  return names.trim() === '' ? [] : names.trim().split(/\s+/).map(typeOid);
}

export interface ScalarOptions {
  readonly volatility?: Volatility;
  /** Default true: NULL in, NULL out, the implementation never sees one. */
  readonly strict?: boolean;
  readonly emit?: (args: readonly string[]) => string;
  readonly variadic?: boolean;
  readonly defaultCount?: number;
  readonly names?: readonly string[];
}

const blank = {
  schema: 'pg_catalog', argNames: undefined, variadic: false, defaultCount: 0, volatility: 'immutable', strict: true, impl: undefined,
  emit: undefined, aggregate: undefined, window: undefined, set: undefined, columns: undefined, specialize: undefined,
} as const;

export function scalar(name: string, args: string, returns: string, impl: ScalarImpl, options: ScalarOptions = {}): FunctionDef {
  return {
    ...blank, kind: 'scalar', name, args: typeOids(args), returns: typeOid(returns), impl, emit: options.emit, argNames: options.names,
    variadic: options.variadic ?? false, defaultCount: options.defaultCount ?? 0, volatility: options.volatility ?? 'immutable', strict: options.strict ?? true,
  };
}

export interface OperatorOptions extends ScalarOptions {
  readonly commutator?: string;
  readonly negator?: string;
  readonly btree?: OperatorDef['btree'];
  /** Name of the underlying function; default the operator's own name. */
  readonly functionName?: string;
}

/** A binary operator; `left` empty makes a prefix operator. */
export function operator(name: string, left: string, right: string, result: string, impl: ScalarImpl, options: OperatorOptions = {}): OperatorDef {
  return {
    name, left: left === '' ? undefined : typeOid(left), right: typeOid(right), result: typeOid(result), commutator: options.commutator, negator: options.negator,
    btree: options.btree, function: scalar(options.functionName ?? name, `${left} ${right}`, result, impl, options),
  };
}

export interface AggregateOptions {
  readonly strict?: boolean;
  readonly combine?: AggregateImpl['combine'];
  readonly inverse?: AggregateImpl['inverse'];
  readonly orderedSet?: AggregateImpl['orderedSet'];
  readonly directArgCount?: number;
  readonly keepsArguments?: boolean;
  readonly builtin?: AggregateImpl['builtin'];
  readonly variadic?: boolean;
}

/** `State` is private to the three functions. A strict aggregate (the default) never steps over a NULL argument. */
export function aggregate<State>(
  name: string, args: string, returns: string, init: (ctx: EvalContext) => State,
  step: (state: State, args: readonly Datum[], ctx: EvalContext) => State, final: (state: State, ctx: EvalContext, direct: readonly Datum[]) => Datum, options: AggregateOptions = {},
): FunctionDef {
  const impl: AggregateImpl = {
    init, step: step as AggregateImpl['step'], final: final as AggregateImpl['final'], combine: options.combine, inverse: options.inverse,
    orderedSet: options.orderedSet, directArgCount: options.directArgCount ?? 0, keepsArguments: options.keepsArguments ?? false, builtin: options.builtin,
  };
  return { ...blank, kind: 'aggregate', name, args: typeOids(args), returns: typeOid(returns), strict: options.strict ?? true, variadic: options.variadic ?? false, aggregate: impl };
}

export interface SetOptions {
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly volatility?: Volatility;
  readonly strict?: boolean;
  readonly variadic?: boolean;
  readonly defaultCount?: number;
  readonly names?: readonly string[];
}

/** A set-returning function; a strict one gives no rows for a NULL argument. */
export function setReturning(name: string, args: string, returns: string, rows: NonNullable<FunctionDef['set']>, options: SetOptions = {}): FunctionDef {
  return {
    ...blank, kind: 'set', name, args: typeOids(args), returns: typeOid(returns), set: rows, volatility: options.volatility ?? 'immutable', strict: options.strict ?? true,
    variadic: options.variadic ?? false, defaultCount: options.defaultCount ?? 0, argNames: options.names,
    columns: options.columns?.map((column) => ({ name: column.name, type: typeOid(column.type) })),
  };
}

export function windowFunction(name: string, args: string, returns: string, impl: WindowImpl, options: { readonly defaultCount?: number } = {}): FunctionDef {
  return { ...blank, kind: 'window', name, args: typeOids(args), returns: typeOid(returns), strict: false, defaultCount: options.defaultCount ?? 0, window: impl };
}

/** The same function, adapted to the types of each call. */
export function specialized(definition: FunctionDef, specialize: NonNullable<FunctionDef['specialize']>): FunctionDef {
  return { ...definition, specialize };
}

export function cast(source: string, target: string, context: CastContext, method: CastDef['method']): CastDef {
  return { source: typeOid(source), target: typeOid(target), context, method };
}
