/**
 * Ordered-set aggregates (percentile_cont, percentile_disc, mode) and hypothetical-set aggregates (rank, dense_rank, percent_rank,
 * cume_dist). The caller steps through the rows in the order of WITHIN GROUP; each step has the direct arguments first.
 *
 * Hypothetical ones ask where a row would stand, so they must know which way the order goes: the binder tells through `withOrder`.
 * Source: PostgreSQL's orderedsetaggs.c.
 */
import type { Comparator, Datum } from '../base/datum.js';
import { SqlArray, comparatorOf } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { Interval } from '../base/interval.js';
import { formatFloat8 } from '../base/scalar-text.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import { TypeOid, baseTypeOf } from '../base/types.js';
import { aggregate, specialized } from './define.js';
import type { AggregateImpl, FunctionDef, SortDirection } from './registry.js';

// ------------------------------------------------------------------------------------------------------------------- percentiles

interface SortedState {
  readonly values: Datum[];
}

function checkFraction(p: number): number {
  if (p < 0 || p > 1 || Number.isNaN(p)) throw new DbError('22003', `percentile value ${formatFloat8(p, -9)} is not between 0 and 1`);
  return p;
}

type Pick = (values: readonly Datum[], p: number) => Datum;

/** The first value at or after the fraction. */
const discrete: Pick = (values, p) => values[Math.max(Math.ceil(p * values.length), 1) - 1]!;

function continuous(between: (low: Datum, high: Datum, share: number) => Datum): Pick {
  return (values, p) => {
    const position = p * (values.length - 1);
    const low = Math.floor(position);
    const high = Math.ceil(position);
    return low === high ? values[low]! : between(values[low]!, values[high]!, position - low);
  };
}
const betweenFloats = (low: Datum, high: Datum, share: number): Datum => (low as number) + share * ((high as number) - (low as number));
const betweenIntervals = (low: Datum, high: Datum, share: number): Datum => (low as Interval).add((high as Interval).subtract(low as Interval).multiply(share));

function percentile(name: string, fractions: 'float8' | '_float8', type: string, returns: string, pick: Pick): FunctionDef {
  return aggregate<SortedState>(
    name, `${fractions} ${type}`, returns, () => ({ values: [] }),
    (state, [, value]) => {
      state.values.push(value!);
      return state;
    },
    ({ values }, _ctx, [direct]) => {
      if (direct === null) return null;
      if (fractions === 'float8') {
        // One fraction is looked at before the rows are, several only where there are rows.
        const fraction = checkFraction(direct as number);
        return values.length === 0 ? null : pick(values, fraction);
      }
      if (values.length === 0) return null;
      return manyPercentiles(direct as SqlArray, values, pick, TypeOid.float8);
    },
    { orderedSet: 'ordered', directArgCount: 1 },
  );
}
function manyPercentiles(fractions: SqlArray, values: readonly Datum[], pick: Pick, elementType: number): SqlArray {
  for (const p of fractions.elements) if (p !== null) checkFraction(p as number);
  return new SqlArray(elementType, fractions.dims, fractions.lowerBounds, fractions.elements.map((p) => (p === null ? null : pick(values, p as number))));
}

/** An array of percentiles has the element type of the sorted values. */
function ofElementType(definition: FunctionDef, pick: Pick): FunctionDef {
  return specialized(definition, (types) => ({
    ...definition,
    aggregate: {
      ...definition.aggregate!,
      final: (state, _ctx, [direct]) => {
        const { values } = state as SortedState;
        return values.length === 0 || direct === null ? null : manyPercentiles(direct as SqlArray, values, pick, types[1]!.oid);
      },
    },
  }));
}

const intervalPick = continuous(betweenIntervals);
const percentiles = (): FunctionDef[] => [
  percentile('percentile_cont', 'float8', 'float8', 'float8', continuous(betweenFloats)),
  percentile('percentile_cont', 'float8', 'interval', 'interval', intervalPick),
  percentile('percentile_cont', '_float8', 'float8', '_float8', continuous(betweenFloats)),
  ofElementType(percentile('percentile_cont', '_float8', 'interval', '_interval', intervalPick), intervalPick),
  percentile('percentile_disc', 'float8', 'anyelement', 'anyelement', discrete),
  ofElementType(percentile('percentile_disc', '_float8', 'anyelement', 'anyarray', discrete), discrete),
];

/** The commonest value, of several the first in the order. */
interface ModeState {
  best: Datum;
  bestCount: number;
  last: Datum;
  lastCount: number;
}

const modeDefinition = aggregate<ModeState>('mode', 'anyelement', 'anyelement', () => ({ best: null, bestCount: 0, last: null, lastCount: 0 }), (state) => state, (state) => state.best, { orderedSet: 'ordered' });
const mode = specialized(modeDefinition, (types, _result, registry) => {
  const compare = comparatorOf(baseTypeOf(types[0]!, registry), registry);
  return {
    ...modeDefinition,
    aggregate: {
      ...modeDefinition.aggregate!,
      step: (given, [value]) => {
        const state = given as ModeState;
        if (state.lastCount > 0 && compare(state.last, value!) === 0) state.lastCount++;
        else {
          state.last = value!;
          state.lastCount = 1;
        }
        if (state.lastCount > state.bestCount) {
          state.best = state.last;
          state.bestCount = state.lastCount;
        }
        return state;
      },
    },
  };
});

// ------------------------------------------------------------------------------------------------------------------- hypothetical sets

interface PlaceState {
  /** Rows before the hypothetical one, distinct ones among them, and its equals. */
  before: number;
  distinctBefore: number;
  equal: number;
  total: number;
  last: readonly Datum[] | undefined;
}

const results: Readonly<Record<string, readonly [returns: string, of: (s: PlaceState) => Datum]>> = {
  rank: ['int8', (s) => s.before + 1],
  dense_rank: ['int8', (s) => s.distinctBefore + 1],
  percent_rank: ['float8', (s) => (s.total === 0 ? 0 : s.before / s.total)],
  cume_dist: ['float8', (s) => (s.before + s.equal + 1) / (s.total + 1)],
};

/** The order of rows by their columns, NULLs where the direction puts them. */
function rowOrder(types: readonly SqlType[], directions: readonly SortDirection[], registry: TypeRegistry): (a: readonly Datum[], b: readonly Datum[]) => number {
  const comparators: Comparator[] = types.map((type) => comparatorOf(baseTypeOf(type, registry), registry));
  return (a, b) => {
    for (let i = 0; i < comparators.length; i++) {
      const x = a[i]!;
      const y = b[i]!;
      const { descending, nullsFirst } = directions[i] ?? { descending: false, nullsFirst: false };
      if (x === null || y === null) {
        if (x !== y) return (x === null) === nullsFirst ? -1 : 1;
        continue;
      }
      const order = comparators[i]!(x, y);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

function hypothetical(name: string): FunctionDef {
  const [returns, resultOf] = results[name]!;
  const definition = aggregate<PlaceState>(
    name, 'any', returns, () => ({ before: 0, distinctBefore: 0, equal: 0, total: 0, last: undefined }), (state) => state, resultOf,
    { orderedSet: 'hypothetical', strict: false, variadic: true },
  );
  return specialized(definition, (types, _result, registry) => {
    const count = types.length / 2;
    const sorted = types.slice(count);
    const withOrder = (directions: readonly SortDirection[]): AggregateImpl => {
      const compare = rowOrder(sorted, directions, registry);
      return {
        ...definition.aggregate!,
        withOrder,
        step: (given, all) => {
          const state = given as PlaceState;
          const row = all.slice(count);
          const order = compare(row, all.slice(0, count));
          state.total++;
          if (order < 0) {
            state.before++;
            if (state.last === undefined || compare(state.last, row) !== 0) state.distinctBefore++;
            state.last = row;
          } else if (order === 0) state.equal++;
          return state;
        },
      };
    };
    return { ...definition, aggregate: withOrder([]) };
  });
}

export const orderedSetFunctions = (): readonly FunctionDef[] => [...percentiles(), mode, ...Object.keys(results).map(hypothetical)];
