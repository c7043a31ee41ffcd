/**
 * Aggregates: counts, sums, averages, extremes, booleans, bits, strings and arrays. Sums are exact: int4 in int8, int8 and numeric in numeric; averages of
 * integers are numerics, as in PostgreSQL. `inverse` lets a moving window drop the row that left the frame.
 */
import { comparatorOf, SqlArray, type Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { Interval } from '../base/interval.js';
import { Numeric } from '../base/numeric.js';
import { baseTypeOf, isArrayType, sqlType, typeInfo, type SqlType, type TypeRegistry } from '../base/types.js';
import { bitwiseOperations } from './binary.js';
import { aggregate, specialized, typeOid } from './define.js';
import { H } from './emit-helpers.js';
import type { AggregateImpl, FunctionDef } from './registry.js';
import { TextPieces } from './text-pieces.js';

type Int8 = number | bigint;

const count = (): FunctionDef[] => [
  aggregate<number>('count', '', 'int8', () => 0, (n) => n + 1, (n) => n, { strict: false, combine: (a, b) => (a as number) + (b as number), inverse: (n) => (n as number) - 1, builtin: 'count' }),
  aggregate<number>('count', 'any', 'int8', () => 0, (n) => n + 1, (n) => n, { combine: (a, b) => (a as number) + (b as number), inverse: (n) => (n as number) - 1, builtin: 'count' }),
];

/** A sum that is NULL over no rows: the state is null until the first value. */
function sum<V extends NonNullable<Datum>>(type: string, result: string, from: (value: V) => V, add: (a: V, b: V) => V, subtract?: (a: V, b: V) => V): FunctionDef {
  interface State {
    total: V | null;
    count: number;
  }
  return aggregate<State>(
    'sum', type, result,
    () => ({ total: null, count: 0 }),
    (state, [value]) => {
      state.total = state.total === null ? from(value as V) : add(state.total, from(value as V));
      state.count++;
      return state;
    },
    (state) => (state.count === 0 ? null : state.total),
    {
      builtin: 'sum',
      combine: (a, b) => {
        const [x, y] = [a as State, b as State];
        return { total: x.total === null ? y.total : y.total === null ? x.total : add(x.total, y.total), count: x.count + y.count };
      },
      inverse:
        subtract === undefined
          ? undefined
          : (s, [value]) => {
              const state = s as State;
              state.total = subtract(state.total!, from(value as V));
              state.count--;
              return state;
            },
    },
  );
}

const sums = (): FunctionDef[] => [
  sum<Int8>('int2', 'int8', (v) => v, H.int8Add, H.int8Subtract),
  sum<Int8>('int4', 'int8', (v) => v, H.int8Add, H.int8Subtract),
  aggregate<{ total: bigint; near: number; count: number }>(
    'sum', 'int8', 'numeric',
    () => ({ total: 0n, near: 0, count: 0 }),
    (state, [value]) => {
      addInt(state, value as Int8, 1);
      return state;
    },
    (state) => (state.count === 0 ? null : Numeric.of(state.total + BigInt(state.near), 0)),
    { builtin: 'sum', inverse: (s, [value]) => (addInt(s as { total: bigint; near: number; count: number }, value as Int8, -1), s) },
  ),
  sum<number>('float4', 'float4', (v) => v, (a, b) => H.float4(a + b, !Number.isFinite(a) || !Number.isFinite(b))),
  sum<number>('float8', 'float8', (v) => v, H.floatAdd),
  sum<Numeric>('numeric', 'numeric', (v) => v, (a, b) => a.add(b)),
  sum<Interval>('interval', 'interval', (v) => v, (a, b) => a.add(b), (a, b) => a.subtract(b)),
  sum<Int8>('money', 'money', (v) => v, H.int8Add, H.int8Subtract),
];

/** Adds to an exact total kept as a bigint and a small double that is folded in before it loses digits. */
function addInt(state: { total: bigint; near: number; count: number }, value: Int8, sign: 1 | -1): void {
  if (typeof value === 'number' && Math.abs(state.near) < 4503599627370496 && Math.abs(value) < 4503599627370496) state.near += sign * value;
  else {
    state.total += BigInt(state.near) + BigInt(value) * BigInt(sign);
    state.near = 0;
  }
  state.count += sign;
}

function averageOfIntegers(type: string): FunctionDef {
  interface State {
    total: bigint;
    near: number;
    count: number;
  }
  return aggregate<State>(
    'avg', type, 'numeric',
    () => ({ total: 0n, near: 0, count: 0 }),
    (state, [value]) => {
      addInt(state, value as Int8, 1);
      return state;
    },
    (state) => (state.count === 0 ? null : Numeric.of(state.total + BigInt(state.near), 0).divide(Numeric.fromInt(state.count))),
    {
      builtin: 'avg',
      combine: (a, b) => ({ total: (a as State).total + BigInt((a as State).near) + (b as State).total, near: (b as State).near, count: (a as State).count + (b as State).count }),
      inverse: (s, [value]) => (addInt(s as State, value as Int8, -1), s),
    },
  );
}

const averages = (): FunctionDef[] => [
  ...['int2', 'int4', 'int8'].map(averageOfIntegers),
  aggregate<{ total: Numeric; count: number }>(
    'avg', 'numeric', 'numeric',
    () => ({ total: Numeric.zero, count: 0 }),
    (state, [value]) => ({ total: state.total.add(value as Numeric), count: state.count + 1 }),
    (state) => (state.count === 0 ? null : state.total.divide(Numeric.fromInt(state.count))),
    { builtin: 'avg' },
  ),
  ...['float4', 'float8'].map((type) =>
    aggregate<{ total: number; count: number }>(
      'avg', type, 'float8',
      () => ({ total: 0, count: 0 }),
      (state, [value]) => {
        state.total = H.floatAdd(state.total, value as number);
        state.count++;
        return state;
      },
      (state) => (state.count === 0 ? null : state.total / state.count),
      { builtin: 'avg' },
    ),
  ),
  aggregate<{ total: Interval | null; count: number }>(
    'avg', 'interval', 'interval',
    () => ({ total: null, count: 0 }),
    (state, [value]) => ({ total: state.total === null ? (value as Interval) : state.total.add(value as Interval), count: state.count + 1 }),
    (state) => (state.total === null ? null : state.total.divide(state.count)),
    { builtin: 'avg' },
  ),
];

function extreme(name: 'min' | 'max', type: string): FunctionDef {
  const make = (compare: (a: Datum, b: Datum) => number): AggregateImpl => {
    const better = name === 'min' ? (a: Datum, b: Datum) => compare(a, b) < 0 : (a: Datum, b: Datum) => compare(a, b) > 0;
    return {
      init: () => null,
      step: (state, [value]) => (state === null || better(value!, state as Datum) ? value! : state),
      final: (state) => state as Datum,
      combine: (a, b) => (a === null ? b : b === null || !better(b as Datum, a as Datum) ? a : b),
      inverse: undefined, orderedSet: undefined, directArgCount: 0, keepsArguments: false, builtin: name,
    };
  };
  const definition = aggregate<Datum>(name, type, type, () => null, (s) => s, (s) => s, { builtin: name });
  if (!type.startsWith('any')) return { ...definition, aggregate: make(comparatorOf(sqlType(typeOid(type)))) };
  return specialized(definition, (args, _result, types) => ({ ...definition, aggregate: make(comparatorOf(baseTypeOf(args[0]!, types), types)) }));
}

const extremeTypes = [
  'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'money', 'tid', 'text', 'bpchar', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'anyenum', 'anyarray',
];

const booleans = (): FunctionDef[] => (['bool_and', 'every', 'bool_or'] as const).map((name) => {
  interface State {
    trueCount: number;
    count: number;
  }
  return aggregate<State>(
    name, 'bool', 'bool',
    () => ({ trueCount: 0, count: 0 }),
    (state, [value]) => {
      if (value === true) state.trueCount++;
      state.count++;
      return state;
    },
    (state) => (state.count === 0 ? null : name === 'bool_or' ? state.trueCount > 0 : state.trueCount === state.count),
    {
      combine: (a, b) => ({ trueCount: (a as State).trueCount + (b as State).trueCount, count: (a as State).count + (b as State).count }),
      inverse: (s, [value]) => {
        const state = s as State;
        if (value === true) state.trueCount--;
        state.count--;
        return state;
      },
    },
  );
});

const bitOperations = { bit_and: (a: bigint, b: bigint) => a & b, bit_or: (a: bigint, b: bigint) => a | b, bit_xor: (a: bigint, b: bigint) => a ^ b } as const;
const bits = (): FunctionDef[] => (Object.keys(bitOperations) as (keyof typeof bitOperations)[]).flatMap((name) => [
  ...['int2', 'int4', 'int8'].map((type) =>
    aggregate<Int8 | null>(name, type, type, () => null, (state, [value]) => (state === null ? (value as Int8) : H.int8(BigInt.asIntN(64, bitOperations[name](BigInt(state), BigInt(value as Int8))))), (state) => state),
  ),
  aggregate<string | null>(name, 'bit', 'bit', () => null, (state, [value]) => (state === null ? (value as string) : bitwiseOperations[name](state, value as string)), (state) => state),
]);

/** string_agg: the first row's delimiter is not used. */
const strings = (): FunctionDef[] => [
  aggregate<TextPieces | null>(
    'string_agg', 'text text', 'text', () => null,
    (state, [value, delimiter]) => {
      if (value === null) return state;
      const pieces = state ?? new TextPieces();
      if (state !== null && delimiter !== null) pieces.add(delimiter as string);
      pieces.add(value as string);
      return pieces;
    },
    (state) => (state === null ? null : state.text()), { strict: false, keepsArguments: true },
  ),
  aggregate<Uint8Array[] | null>(
    'string_agg', 'bytea bytea', 'bytea', () => null,
    (state, [value, delimiter]) => {
      if (value === null) return state;
      if (state === null) return [value as Uint8Array];
      if (delimiter !== null) state.push(delimiter as Uint8Array);
      state.push(value as Uint8Array);
      return state;
    },
    (state) => (state === null ? null : Uint8Array.from(Buffer.concat(state))), { strict: false, keepsArguments: true },
  ),
];

/** array_agg over scalars makes one dimension, over arrays of one shape one dimension more. NULLs are elements. */
const arrays = (): FunctionDef[] => ['anynonarray', 'anyarray'].map((type) => {
  const definition = aggregate<Datum[] | null>('array_agg', type, 'anyarray', () => null, (state) => state, () => null, { strict: false, keepsArguments: true });
  return specialized(definition, (args: readonly SqlType[], _result: SqlType, types: TypeRegistry) => {
    const isNested = isArrayType(baseTypeOf(args[0]!, types).oid, types);
    const elementOid = isNested ? typeInfo(baseTypeOf(args[0]!, types).oid, types).elementOid : args[0]!.oid;
    return {
      ...definition,
      aggregate: {
        ...definition.aggregate!,
        step: (state, [value]) => {
          const list = (state as Datum[] | null) ?? [];
          list.push(value!);
          return list;
        },
        final: (state) => {
          const list = state as Datum[] | null;
          if (list === null) return null;
          return isNested ? nestArrays(elementOid, list) : SqlArray.of(elementOid, list);
        },
      },
    };
  });
});

/** Arrays of one shape as one array with a dimension more, for array_agg and ARRAY(SELECT ...). @throws DbError 22004, 2202E, 54000 */
export function nestArrays(elementOid: number, list: readonly Datum[]): SqlArray {
  const first = list[0] as SqlArray | null;
  for (const item of list) {
    const array = item as SqlArray | null;
    if (array === null) throw new DbError('22004', 'cannot accumulate null arrays');
    if (array.dims.length === 0) throw new DbError('2202E', 'cannot accumulate empty arrays');
    if (array.dims.join() !== first!.dims.join()) throw new DbError('2202E', 'cannot accumulate arrays of different dimensionality');
  }
  if (first!.dims.length === 6) throw new DbError('54000', 'number of array dimensions (7) exceeds the maximum allowed (6)');
  return new SqlArray(elementOid, [list.length, ...first!.dims], [1, ...first!.lowerBounds], list.flatMap((item) => (item as SqlArray).elements));
}

export const aggregateFunctions = (): readonly FunctionDef[] => [
  ...count(), ...sums(), ...averages(), ...extremeTypes.flatMap((type) => [extreme('min', type), extreme('max', type)]), ...booleans(), ...bits(), ...strings(), ...arrays(),
];
