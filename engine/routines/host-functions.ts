/**
 * Functions and aggregates in JavaScript that the host registers with an open database. They are not part of the file: who opens it again registers
 * them again, and until then a view or default that calls one fails with 42883.
 *
 * H1  Values arrive as `query` would give them and go back as parameters would be taken, by the declared types.
 * H2  What the function throws fails the statement: a DatabaseError as it is, anything else as 38000 with the error as its cause.
 * H3  A function is synchronous; one that returns a promise fails with 39000.
 */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { sqlType, type SqlType, TypeOid } from '../../base/types.js';
import type { AggregateImpl, EvalContext, FunctionDef } from '../../functions/registry.js';
import { ofProgram } from '../arguments.js';
import { DatabaseError, misuse } from '../errors.js';
import { toDatum } from '../parameters.js';
import { converterOf, makeFormat, withOutputContext } from '../values.js';

export interface FunctionOptions {
  /** Types of the arguments by name, `int4`, `text[]`, or of the user; default none. */
  readonly args?: readonly string[] | undefined;
  /** Type of the result; for a set-returning function of its elements. Default text. */
  readonly returns?: string | undefined;
  /** Columns of each row, by name: makes it a function for FROM whose rows are arrays or objects. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** The function returns an iterable, one row each. */
  readonly set?: boolean | undefined;
  /** `immutable`: equal arguments, equal result, for ever; only such may be indexed. Default `volatile`. */
  readonly volatility?: 'immutable' | 'stable' | 'volatile' | undefined;
  /** Not called when an argument is NULL: the result is NULL then. Default false. */
  readonly strict?: boolean | undefined;
  /** Default public. */
  readonly schema?: string | undefined;
  /** The last argument is an array that takes any number of values. */
  readonly variadic?: boolean | undefined;
}

export interface AggregateOptions<State> {
  readonly args?: readonly string[] | undefined;
  readonly returns?: string | undefined;
  readonly schema?: string | undefined;
  /** NULLs are skipped. Default false. */
  readonly strict?: boolean | undefined;
  readonly init: () => State;
  readonly step: (state: State, ...args: unknown[]) => State;
  /** Default: the state itself. */
  readonly final?: ((state: State) => unknown) | undefined;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the declared SQL types are what holds
export type HostFunction = (...args: any[]) => unknown;

/** Finds a type by its SQL name. */
export type TypeFinder = (name: string) => SqlType | undefined;

const userFormat = makeFormat({ rowMode: 'array', values: 'js', int8: 'number', parsers: undefined, serializers: undefined });

export class HostFunctions {
  readonly #definitions = new Map<string, FunctionDef[]>();
  #nextOid = 2 ** 31;

  named(schema: string, name: string): readonly FunctionDef[] {
    return this.#definitions.get(name)?.filter((f) => f.schema === schema) ?? [];
  }

  #add(definition: FunctionDef): void {
    const same = (other: FunctionDef): boolean => other.schema === definition.schema && other.args.length === definition.args.length && other.args.every((type, i) => type === definition.args[i]);
    this.#definitions.set(definition.name, [...(this.#definitions.get(definition.name) ?? []).filter((other) => !same(other)), definition]);
  }
  remove(schema: string, name: string): boolean {
    const all = this.#definitions.get(name) ?? [];
    const kept = all.filter((f) => f.schema !== schema);
    this.#definitions.set(name, kept);
    return kept.length < all.length;
  }

  #blank(name: string, options: { readonly args?: readonly string[] | undefined; readonly returns?: string | undefined; readonly schema?: string | undefined; readonly strict?: boolean | undefined }, find: TypeFinder): FunctionDef {
    if (typeof name !== 'string' || name === '') throw misuse('42602', 'a function needs a name');
    return {
      kind: 'scalar', name, schema: options.schema ?? 'public', oid: this.#nextOid++, args: (options.args ?? []).map((type) => typeNamed(type, find).oid), argNames: undefined, variadic: false, defaultCount: 0,
      returns: typeNamed(options.returns ?? 'text', find).oid, volatility: 'volatile', strict: options.strict ?? false, impl: undefined, emit: undefined, aggregate: undefined, window: undefined, set: undefined,
      columns: undefined, specialize: undefined,
    };
  }

  createFunction(name: string, options: FunctionOptions, body: HostFunction, find: TypeFinder): void {
    const blank = this.#blank(name, options, find);
    const definition = { ...blank, volatility: options.volatility ?? ('volatile' as const), variadic: options.variadic ?? false };
    const count = definition.args.length;
    const result = sqlType(definition.returns);
    if (options.columns !== undefined) {
      const columns = Object.entries(options.columns).map(([column, type]) => ({ name: column, type: typeNamed(type, find).oid }));
      if (columns.length === 0) throw misuse('42P13', 'a function needs at least one column');
      this.#add({
        ...definition, kind: 'set', returns: columns.length === 1 ? columns[0]!.type : TypeOid.record, columns,
        set: (args, ctx) => rowsOf(name, call(name, body, args, definition.args, ctx), options.set === true, (row) => columns.map((column, i) => toResult(fieldOf(row, column.name, i), sqlType(column.type), ctx))),
      });
      return;
    }
    if (options.set === true) {
      this.#add({ ...definition, kind: 'set', set: (args, ctx) => rowsOf(name, call(name, body, args, definition.args, ctx), true, (value) => toResult(value, result, ctx)) });
      return;
    }
    this.#add({ ...definition, impl: (...given: unknown[]) => toResult(call(name, body, given.slice(0, count) as Datum[], definition.args, given[count] as EvalContext), result, given[count] as EvalContext) });
  }

  createAggregate<State>(name: string, options: AggregateOptions<State>, find: TypeFinder): void {
    const definition = this.#blank(name, options, find);
    const impl: AggregateImpl = {
      init: () => options.init(),
      step: (state, args, ctx) => call(name, (...values: unknown[]) => options.step(state as State, ...values), args, definition.args, ctx),
      final: (state, ctx) => toResult(options.final === undefined ? state : guarded(name, () => options.final!(state as State)), sqlType(definition.returns), ctx),
      combine: undefined, inverse: undefined, orderedSet: undefined, directArgCount: 0, keepsArguments: false, builtin: undefined,
    };
    this.#add({ ...definition, kind: 'aggregate', volatility: 'immutable', aggregate: impl });
  }
}

function typeNamed(name: string, find: TypeFinder): SqlType {
  const type = find(name);
  if (type === undefined) throw misuse('42704', `type "${name}" does not exist`);
  return type;
}

function call(name: string, body: HostFunction, args: readonly Datum[], types: readonly number[], ctx: EvalContext): unknown {
  const values = args.map((value, i) => toUser(value, sqlType(types[i]!), ctx));
  return guarded(name, () => body(...values));
}

/** H2, H3. */
function guarded(name: string, f: () => unknown): unknown {
  let result: unknown;
  try {
    result = f();
  } catch (error) {
    if (error instanceof DatabaseError) throw new DbError(error.code, error.message, { detail: error.detail, hint: error.hint });
    throw ofProgram(`function ${name}`, error);
  }
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new DbError('39000', `function ${name} returned a promise`, { hint: 'Functions in SQL are synchronous; await before the statement instead.' });
  }
  return result;
}

function toUser(value: Datum, type: SqlType, ctx: EvalContext): unknown {
  if (value === null || value === undefined) return null;
  const convert = converterOf(type, userFormat, ctx.types);
  return convert === undefined ? value : withOutputContext(ctx, () => convert(value));
}

function toResult(value: unknown, type: SqlType, ctx: EvalContext): Datum {
  if (type.oid === TypeOid.void) return null;
  return toDatum(value, type, ctx, undefined);
}

function* rowsOf<T>(name: string, result: unknown, isSet: boolean, convert: (row: unknown) => T): Generator<T> {
  if (!isSet) {
    if (result !== null && result !== undefined) yield convert(result);
    return;
  }
  if (result === null || result === undefined) return;
  if (typeof (result as Iterable<unknown>)[Symbol.iterator] !== 'function') throw new DbError('39000', `function ${name} did not return an iterable`);
  const iterator = (result as Iterable<unknown>)[Symbol.iterator]();
  for (;;) {
    const step = guarded(name, () => iterator.next()) as IteratorResult<unknown>;
    if (step.done === true) return;
    yield convert(step.value);
  }
}

function fieldOf(row: unknown, column: string, i: number): unknown {
  if (Array.isArray(row)) return row[i];
  return typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>)[column] : undefined;
}
