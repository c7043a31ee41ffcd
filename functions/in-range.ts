/**
 * Frames of RANGE with an offset: whether a value lies on the frame's side of another value moved by the offset. Not the same as `+` and `-` with a comparison: a
 * sum that overflows lies beyond every value, a time of day does not wrap around midnight, and NaN and infinities are placed by rule.
 *
 * Source: PostgreSQL's in_range functions (int.c, int8.c, float.c, numeric.c, date.c, timestamp.c).
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { TimeTz, type Interval } from '../base/interval.js';
import { Numeric } from '../base/numeric.js';
import { TypeOid } from '../base/types.js';
import { addInterval, addIntervalTz } from './datetime/datetime.js';
import type { EvalContext } from './registry.js';

export interface InRange {
  /** Types of the offset that may be given; the first is what others are converted to. */
  readonly offsets: readonly number[];
  /** @throws DbError 22013 */
  checkOffset(offset: Datum): void;
  /** `value <= base ± offset` when `isLess`, `>=` otherwise; `subtracts` gives the sign. */
  test(value: Datum, base: Datum, offset: Datum, subtracts: boolean, isLess: boolean, ctx: EvalContext): boolean;
}

function negative(): DbError {
  return new DbError('22013', 'invalid preceding or following size in window function');
}
const onSide = (order: number, isLess: boolean): boolean => (isLess ? order <= 0 : order >= 0);

/** Integers: in bigints nothing overflows, which places the sum where it belongs. */
function integers(offsets: readonly number[]): InRange {
  return {
    offsets,
    checkOffset: (offset) => {
      if ((offset as number | bigint) < 0) throw negative();
    },
    test: (value, base, offset, subtracts, isLess) => {
      const sum = BigInt(base as number) + (subtracts ? -BigInt(offset as number) : BigInt(offset as number));
      const given = BigInt(value as number);
      return isLess ? given <= sum : given >= sum;
    },
  };
}

const doubles: InRange = {
  offsets: [TypeOid.float8],
  checkOffset: (offset) => {
    if (!((offset as number) >= 0)) throw negative();
  },
  test: (value, base, offset, subtracts, isLess) => {
    const [v, b, o] = [value as number, base as number, offset as number];
    if (Number.isNaN(v)) return Number.isNaN(b) || !isLess;
    if (Number.isNaN(b)) return isLess;
    // An infinite offset from the infinity it leads away from reaches everything.
    if (o === Infinity && b === (subtracts ? Infinity : -Infinity)) return true;
    const sum = subtracts ? b - o : b + o;
    return isLess ? v <= sum : v >= sum;
  },
};

const numerics: InRange = {
  offsets: [TypeOid.numeric],
  checkOffset: (offset) => {
    const o = offset as Numeric;
    if (o.isNaN || o.compare(new Numeric(0, 0)) < 0) throw negative();
  },
  test: (value, base, offset, subtracts, isLess) => {
    const [v, b, o] = [value as Numeric, base as Numeric, offset as Numeric];
    if (v.isNaN) return b.isNaN || !isLess;
    if (b.isNaN) return isLess;
    if (!o.isFinite && !b.isFinite && (subtracts ? b.compare(new Numeric(0, 0)) > 0 : b.compare(new Numeric(0, 0)) < 0)) return true;
    return onSide(v.compare(subtracts ? b.subtract(o) : b.add(o)), isLess);
  },
};

const order = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Moments moved by an interval; `local` makes the stored value one. */
function moments(local: (value: Datum) => number | bigint, move: (value: number | bigint, by: Interval, ctx: EvalContext) => number | bigint): InRange {
  return {
    offsets: [TypeOid.interval],
    checkOffset: (offset) => {
      if (isNegative(offset as Interval)) throw negative();
    },
    test: (value, base, offset, subtracts, isLess, ctx) =>
      onSide(order(local(value), move(local(base), subtracts ? (offset as Interval).negate() : (offset as Interval), ctx)), isLess),
  };
}
const isNegative = (interval: Interval): boolean => interval.compare(zeroInterval(interval)) < 0;
const zeroInterval = (like: Interval): Interval => like.subtract(like);

/** Of a time of day only the offset's clock part counts. */
function times(micros: (value: Datum) => number, compare: (a: Datum, sum: number, base: Datum) => number): InRange {
  return {
    offsets: [TypeOid.interval],
    checkOffset: (offset) => {
      if ((offset as Interval).micros < 0) throw negative();
    },
    test: (value, base, offset, subtracts, isLess) => {
      const by = Number((offset as Interval).micros);
      return onSide(compare(value, micros(base) + (subtracts ? -by : by), base), isLess);
    },
  };
}

const day = 86_400_000_000;
const stampOfDate = (value: Datum): number | bigint => {
  const days = value as number;
  return Number.isFinite(days) ? (Number.isSafeInteger(days * day) ? days * day : BigInt(days) * BigInt(day)) : days;
};

const byType: ReadonlyMap<number, InRange> = new Map<number, InRange>([
  [TypeOid.int2, integers([TypeOid.int2, TypeOid.int4, TypeOid.int8])],
  [TypeOid.int4, integers([TypeOid.int4, TypeOid.int2, TypeOid.int8])],
  [TypeOid.int8, integers([TypeOid.int8])],
  [TypeOid.float4, doubles],
  [TypeOid.float8, doubles],
  [TypeOid.numeric, numerics],
  [TypeOid.date, moments(stampOfDate, addInterval)],
  [TypeOid.timestamp, moments((value) => value as number, addInterval)],
  [TypeOid.timestamptz, moments((value) => value as number, addIntervalTz)],
  [TypeOid.time, times((value) => value as number, (a, sum) => (a as number) - sum)],
  [TypeOid.timetz, times((value) => (value as TimeTz).micros, (a, sum, base) => (a as TimeTz).compare(new TimeTz(sum, (base as TimeTz).zoneSeconds)))],
  [TypeOid.interval, {
    offsets: [TypeOid.interval],
    checkOffset: (offset) => {
      if (isNegative(offset as Interval)) throw negative();
    },
    test: (value, base, offset, subtracts, isLess) => {
      const [b, o] = [base as Interval, offset as Interval];
      return onSide((value as Interval).compare(subtracts ? b.subtract(o) : b.add(o)), isLess);
    },
  }],
]);

/** How a column of that type is framed; undefined when RANGE takes no offset for it. */
export function inRangeOf(type: number): InRange | undefined {
  return byType.get(type);
}
