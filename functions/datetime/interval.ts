/**
 * Intervals and what is measured in them: justifications, ages, strides, zones given as intervals, construction.
 *
 * PostgreSQL 15 checks some of this arithmetic for overflow and lets the rest wrap as C's integers do; both are kept as they are there, since a statement
 * that answers there answers here. `wrap4` and `wrap8` mark what is not checked.
 *
 * Source: PostgreSQL's timestamp.c.
 */
import { checkTimestamp, civilOfTimestamp, daysInMonth, isInfinite, timestampMicrosOfDay } from '../../base/calendar.js';
import { DbError } from '../../base/errors.js';
import { formatInterval } from '../../base/interval-text.js';
import { canonicalInt8, Interval, intervalOutOfRange, MicrosPerDay, MicrosPerHour, MicrosPerMinute, roundHalfEven } from '../../base/interval.js';

type Stamp = number | bigint;

const Int8Min = -(2n ** 63n);
const Int8Max = 2n ** 63n - 1n;
const fits8 = (value: bigint): boolean => value >= Int8Min && value <= Int8Max;
const wrap4 = (value: bigint): number => Number(BigInt.asIntN(32, value));
const wrap8 = (value: bigint): number | bigint => canonicalInt8(BigInt.asIntN(64, value));
function add4(a: number, b: number): number {
  const sum = a + b;
  if ((sum | 0) !== sum) throw intervalOutOfRange();
  return sum;
}

/** For `timestamp - interval`, which negates without looking. */
export function negatedForStamp(interval: Interval): Interval {
  return new Interval(wrap4(BigInt(-interval.months)), wrap4(BigInt(-interval.days)), wrap8(-BigInt(interval.micros)));
}

/** The difference in days and time, as timestamp_mi with its justified hours. */
export function stampDifference(a: Stamp, b: Stamp): Interval {
  if (isInfinite(a) || isInfinite(b)) throw new DbError('22008', 'cannot subtract infinite timestamps');
  return justifyHours(new Interval(0, 0, wrap8(BigInt(a) - BigInt(b))));
}

export function justifyHours(value: Interval): Interval {
  const micros = BigInt(value.micros);
  const day = BigInt(MicrosPerDay);
  let days = add4(value.days, Number(micros / day));
  let rest = micros % day;
  if (days > 0 && rest < 0n) {
    rest += day;
    days--;
  } else if (days < 0 && rest > 0n) {
    rest -= day;
    days++;
  }
  return new Interval(value.months, days, canonicalInt8(rest));
}
export function justifyDays(value: Interval): Interval {
  let months = add4(value.months, Math.trunc(value.days / 30));
  let days = value.days % 30;
  if (months > 0 && days < 0) {
    days += 30;
    months--;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months++;
  }
  return new Interval(months + 0, days + 0, value.micros);
}
export function justifyInterval(value: Interval): Interval {
  let { months, days } = value;
  let micros = BigInt(value.micros);
  const toMonths = (): void => {
    months = add4(months, Math.trunc(days / 30));
    days = (days % 30) + 0;
  };
  // Days and time of one sign: months are taken out before, so that the sum of days stays in range.
  if ((days > 0 && micros > 0n) || (days < 0 && micros < 0n)) toMonths();
  days += Number(micros / BigInt(MicrosPerDay));
  micros %= BigInt(MicrosPerDay);
  toMonths();
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += 30;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= 30;
    months++;
  }
  if (days > 0 && micros < 0n) {
    micros += BigInt(MicrosPerDay);
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= BigInt(MicrosPerDay);
    days++;
  }
  return new Interval(months, days, canonicalInt8(micros));
}

/** Years, months, days and time between two moments on the calendar. Infinity is the last moment that fits into an int8, minus infinity before any calendar. */
export function age(a: Stamp, b: Stamp): Interval {
  if (a === -Infinity || b === -Infinity) throw new DbError('22008', 'timestamp out of range');
  const isNegative = a < b;
  const [late, early] = (isNegative ? [b, a] : [a, b]).map((moment) => (moment === Infinity ? Int8Max : moment)) as [Stamp, Stamp];
  const x = civilOfTimestamp(late);
  const y = civilOfTimestamp(early);
  let micros = timestampMicrosOfDay(late) - timestampMicrosOfDay(early);
  let days = x.day - y.day;
  let months = (x.year - y.year) * 12 + (x.month - y.month);
  if (micros < 0) {
    micros += MicrosPerDay;
    days--;
  }
  while (days < 0) {
    days += daysInMonth(y.year, y.month);
    months--;
  }
  const sign = isNegative ? -1 : 1;
  return new Interval(sign * months + 0, sign * days + 0, sign * micros + 0);
}

/** Start of the stride that holds `value`, counted from `origin`. */
export function bin(stride: Interval, value: Stamp, origin: Stamp): Stamp {
  if (isInfinite(value)) return value;
  if (isInfinite(origin)) throw new DbError('22008', 'origin out of range');
  if (stride.months !== 0) throw new DbError('0A000', 'timestamps cannot be binned into intervals containing months or years');
  const ofDays = BigInt(stride.days) * BigInt(MicrosPerDay);
  const unit = ofDays + BigInt(stride.micros);
  if (!fits8(ofDays) || !fits8(unit)) throw intervalOutOfRange();
  if (unit <= 0n) throw new DbError('22008', 'stride must be greater than zero');
  const difference = BigInt(value) - BigInt(origin);
  if (!fits8(difference)) throw intervalOutOfRange();
  let whole = difference - (difference % unit);
  if (difference < 0n && difference % unit !== 0n) whole -= unit;
  return checkTimestamp(canonicalInt8(BigInt(origin) + whole));
}

/** Seconds east of Greenwich. @throws DbError 22023 */
export function zoneSecondsEast(zone: Interval): number {
  if (zone.months !== 0 || zone.days !== 0) throw new DbError('22023', `interval time zone "${formatInterval(zone)}" must not include months or days`);
  return wrap4(BigInt(zone.micros) / 1_000_000n);
}

/** A time of day moved by an interval's time alone, round the clock. */
export function moveTime(micros: number, by: bigint): number {
  const day = BigInt(MicrosPerDay);
  const rest = BigInt.asIntN(64, BigInt(micros) + by) % day;
  return Number(rest < 0n ? rest + day : rest);
}

/** Arguments left out count as 0; the call's context may follow the last that is given. */
export function makeIntervalOf(...given: readonly unknown[]): Interval {
  const [years, months, weeks, days, hours, minutes, seconds] = Array.from({ length: 7 }, (_, i) => (typeof given[i] === 'number' ? given[i] : 0));
  if (!Number.isFinite(seconds!)) throw intervalOutOfRange();
  const rounded = roundHalfEven(seconds! * 1e6);
  // What does not fit is the least int8 in C on the common machines.
  const ofSeconds = rounded >= -9223372036854775808 && rounded < 9223372036854775808 ? BigInt(rounded) : Int8Min;
  const micros = BigInt(hours!) * BigInt(MicrosPerHour) + BigInt(minutes!) * BigInt(MicrosPerMinute) + ofSeconds;
  return new Interval(wrap4(BigInt(years!) * 12n + BigInt(months!)), wrap4(BigInt(weeks!) * 7n + BigInt(days!)), wrap8(micros));
}
