/**
 * Intervals: a span of time in three independent parts, because a month has no fixed number of days and a day, over a change of
 * daylight saving time, no fixed number of hours. Comparison, and comparison alone, counts a month as 30 days and a day as 24 hours.
 *
 * I1  Months and days are int4; micros is a canonical int8 (number when safe, else bigint). Arithmetic that leaves them is 22008.
 *
 * Parsing and printing are in interval-text.ts. Source: PostgreSQL's timestamp.c (interval_* functions).
 */
import { DbError } from './errors.js';

export const MicrosPerSecond = 1_000_000;
export const MicrosPerMinute = 60 * MicrosPerSecond;
export const MicrosPerHour = 60 * MicrosPerMinute;
export const MicrosPerDay = 24 * MicrosPerHour;

export function intervalOutOfRange(): DbError {
  return new DbError('22008', 'interval out of range');
}

/** The canonical form of an integer: a number when safe, otherwise a bigint. */
export function canonicalInt8(value: bigint): number | bigint {
  return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value;
}
function fitsInt8(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
/** a + b of canonical int8s, or undefined when out of int8's range. */
export function addInt8(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum <= 9007199254740991 && sum >= -9007199254740991) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  return fitsInt8(sum) ? canonicalInt8(sum) : undefined;
}
export function subtractInt8(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (difference <= 9007199254740991 && difference >= -9007199254740991) return difference;
  }
  const difference = BigInt(a) - BigInt(b);
  return fitsInt8(difference) ? canonicalInt8(difference) : undefined;
}
export function multiplyInt8(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (product <= 9007199254740991 && product >= -9007199254740991) return product + 0;
  }
  const product = BigInt(a) * BigInt(b);
  return fitsInt8(product) ? canonicalInt8(product) : undefined;
}
export function negateInt8(a: number | bigint): number | bigint | undefined {
  return subtractInt8(0, a);
}

const isInt4 = (n: number): boolean => (n | 0) === n;

export class Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: number | bigint;

  constructor(months: number, days: number, micros: number | bigint) {
    this.months = months;
    this.days = days;
    this.micros = micros;
  }

  static readonly zero = new Interval(0, 0, 0);

  /** @throws DbError 22008 when a part is out of its range or undefined */
  static checked(months: number, days: number, micros: number | bigint | undefined): Interval {
    if (!isInt4(months) || !isInt4(days) || micros === undefined) throw intervalOutOfRange();
    return new Interval(months + 0, days + 0, micros);
  }

  add(other: Interval): Interval {
    return Interval.checked(this.months + other.months, this.days + other.days, addInt8(this.micros, other.micros));
  }
  subtract(other: Interval): Interval {
    return Interval.checked(this.months - other.months, this.days - other.days, subtractInt8(this.micros, other.micros));
  }
  negate(): Interval {
    return Interval.checked(0 - this.months, 0 - this.days, negateInt8(this.micros));
  }

  /**
   * Multiplies by a double. What a part leaves after its point goes to the next one down, at 30 days a month and 24 hours a day.
   * @throws DbError 22008 out of range
   */
  multiply(factor: number): Interval {
    return this.#scale((part) => part * factor);
  }
  /** @throws DbError 22012 when the divisor is zero, 22008 out of range */
  divide(divisor: number): Interval {
    if (divisor === 0) throw new DbError('22012', 'division by zero');
    return this.#scale((part) => part / divisor);
  }

  #scale(apply: (part: number) => number): Interval {
    const months = apply(this.months);
    const days = apply(this.days);
    const wholeMonths = Math.trunc(months);
    let wholeDays = Math.trunc(days);
    if (!isInt4(wholeMonths + 0) || !isInt4(wholeDays + 0)) throw intervalOutOfRange();
    const monthRest = roundToMicros((months - wholeMonths) * 30);
    let secondsRest = roundToMicros((days - wholeDays + monthRest - Math.trunc(monthRest)) * 86400);
    // Rounding may leave a day or more of seconds; they count as days, so that 1 mon * 0.5 and its kin come out even.
    if (Math.abs(secondsRest) >= 86400) {
      const extra = Math.trunc(secondsRest / 86400);
      wholeDays += extra;
      secondsRest -= extra * 86400;
    }
    wholeDays += Math.trunc(monthRest);
    const micros = roundHalfEven(apply(Number(this.micros)) + secondsRest * MicrosPerSecond);
    if (!isInt4(wholeDays + 0) || !(micros < 9223372036854775807 && micros >= -9223372036854775808)) throw intervalOutOfRange();
    return Interval.checked(wholeMonths, wholeDays, canonicalInt8(BigInt(micros)));
  }

  /** Total order: months of 30 days, days of 24 hours. */
  compare(other: Interval): number {
    if (typeof this.micros === 'number' && typeof other.micros === 'number') {
      const difference = (this.months - other.months) * 30 + (this.days - other.days);
      // Both terms are exact or so far apart that rounding cannot change the sign.
      if (Math.abs(difference) < 50000) {
        const a = this.micros - other.micros;
        if (Math.abs(a) <= 4503599627370496) {
          const total = difference * MicrosPerDay + a;
          return total < 0 ? -1 : total > 0 ? 1 : 0;
        }
      }
    }
    const a = this.totalMicros();
    const b = other.totalMicros();
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** The span by which intervals are ordered and grouped. */
  totalMicros(): bigint {
    return BigInt(this.months * 30 + this.days) * BigInt(MicrosPerDay) + BigInt(this.micros);
  }
  groupKey(): number | bigint {
    return canonicalInt8(this.totalMicros());
  }
}

/** Rounds a count of seconds to microseconds, as PostgreSQL's TSROUND does. */
function roundToMicros(seconds: number): number {
  return roundHalfEven(seconds * MicrosPerSecond) / MicrosPerSecond;
}

/** C's rint: to the nearest integer, ties to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A time of day with its offset from UTC. `zoneSeconds` is the offset in seconds, positive west of Greenwich, as PostgreSQL stores it. */
export class TimeTz {
  readonly micros: number;
  readonly zoneSeconds: number;

  constructor(micros: number, zoneSeconds: number) {
    this.micros = micros;
    this.zoneSeconds = zoneSeconds;
  }

  /** By the moment in UTC, then by zone; the order of PostgreSQL's timetz_cmp. */
  compare(other: TimeTz): number {
    const moment = this.micros + this.zoneSeconds * MicrosPerSecond - (other.micros + other.zoneSeconds * MicrosPerSecond);
    return moment !== 0 ? moment : this.zoneSeconds - other.zoneSeconds;
  }
  groupKey(): string {
    return `${this.micros}:${this.zoneSeconds}`;
  }
}
