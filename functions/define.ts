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

/** What the builders give of a definition; all else is as of a function with nothing special. */
interface Given {
  readonly argNames?: FunctionDef['argNames'];
  readonly variadic?: boolean | undefined;
  readonly defaultCount?: number | undefined;
  readonly volatility?: Volatility | undefined;
  readonly strict?: boolean | undefined;
  readonly impl?: ScalarImpl;
  readonly emit?: FunctionDef['emit'];
  readonly aggregate?: AggregateImpl;
  readonly window?: WindowImpl;
  readonly set?: FunctionDef['set'];
  readonly columns?: FunctionDef['columns'];
}

/** Written out field by field: to spread one literal into another took 8 microseconds for each of the catalogue's functions. */
function definition(kind: FunctionDef['kind'], name: string, args: string, returns: string, given: Given): FunctionDef {
  return {
    kind, name, schema: 'pg_catalog', args: typeOids(args), argNames: given.argNames, variadic: given.variadic ?? false, defaultCount: given.defaultCount ?? 0, returns: typeOid(returns),
    volatility: given.volatility ?? 'immutable', strict: given.strict ?? true, impl: given.impl, emit: given.emit, aggregate: given.aggregate, window: given.window, set: given.set,
    columns: given.columns, specialize: undefined,
  };
}

export function scalar(name: string, args: string, returns: string, impl: ScalarImpl, options: ScalarOptions = {}): FunctionDef {
  return definition('scalar', name, args, returns, {
    impl, emit: options.emit, argNames: options.names, variadic: options.variadic, defaultCount: options.defaultCount, volatility: options.volatility, strict: options.strict,
  });
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
  return definition('aggregate', name, args, returns, { strict: options.strict, variadic: options.variadic, aggregate: impl });
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
  return definition('set', name, args, returns, {
    set: rows, volatility: options.volatility, strict: options.strict, variadic: options.variadic, defaultCount: options.defaultCount, argNames: options.names,
    columns: options.columns?.map((column) => ({ name: column.name, type: typeOid(column.type) })),
  });
}

export function windowFunction(name: string, args: string, returns: string, impl: WindowImpl, options: { readonly defaultCount?: number } = {}): FunctionDef {
  return definition('window', name, args, returns, { strict: false, defaultCount: options.defaultCount, window: impl });
}

/** The same function, adapted to the types of each call. */
export function specialized(definition: FunctionDef, specialize: NonNullable<FunctionDef['specialize']>): FunctionDef {
  return { ...definition, specialize };
}

export function cast(source: string, target: string, context: CastContext, method: CastDef['method']): CastDef {
  return { source: typeOid(source), target: typeOid(target), context, method };
}
