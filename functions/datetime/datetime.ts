/**
 * Dates, times and intervals: arithmetic, fields, truncation, ages, zones, construction, series. Timestamps are microseconds since 2000-01-01, dates days;
 * both may be infinite, and arithmetic keeps the infinity. `timestamptz` works in the session's zone wherever a calendar is involved.
 *
 * Source: PostgreSQL's timestamp.c, date.c; names and error texts are theirs.
 */
import {
  checkTimestamp, civilOfDays, civilOfTimestamp, daysInMonth, daysOfCivil, isDateInRange, isInfinite, isTimestampInRange, isoWeek, dayOfWeek, dayOfYear, EpochJulianDay, microsOfClock, mondayOfIsoWeek,
  timestampDays, timestampMicrosOfDay, timestampOf, unixSeconds, UnixToEpochSeconds,
} from '../../base/calendar.js';
import { timestampFromZone, timestampInZone } from '../../base/datetime.js';
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { intervalParts } from '../../base/interval-text.js';
import { addInt8, canonicalInt8, Interval, MicrosPerDay, MicrosPerHour, MicrosPerMinute, MicrosPerSecond, roundHalfEven, subtractInt8, TimeTz } from '../../base/interval.js';
import { Numeric } from '../../base/numeric.js';
import { formatFloat8 } from '../../base/scalar-text.js';
import { sessionZone } from '../../base/text-env.js';
import { findTimeZone, offsetOfLocal, zoneAbbreviation, type TimeZone } from '../../base/timezone.js';
import { typeName, TypeOid } from '../../base/types.js';
import { operator, scalar, setReturning, type ScalarOptions } from '../define.js';
import { age, bin, justifyDays, justifyHours, justifyInterval, makeIntervalOf, moveTime, negatedForStamp, stampDifference, zoneSecondsEast } from './interval.js';
import type { EvalContext, FunctionDef, OperatorDef } from '../registry.js';

type Stamp = number | bigint;
const stable: ScalarOptions = { volatility: 'stable' };
const volatile: ScalarOptions = { volatility: 'volatile' };
const zoneOf = (ctx: EvalContext): TimeZone => sessionZone(ctx);
const toLocal = (value: Stamp, ctx: EvalContext): Stamp => timestampInZone(value, zoneOf(ctx));
const fromLocal = (value: Stamp, ctx: EvalContext): Stamp => timestampFromZone(value, zoneOf(ctx));

// -------------------------------------------------------------------------------------------------------------------- arithmetic

function checkDate(days: number): number {
  if (!Number.isFinite(days)) return days;
  if (!isDateInRange(days)) throw new DbError('22008', 'date out of range');
  return days;
}
function dateToStamp(days: number): Stamp {
  if (!Number.isFinite(days)) return days;
  const stamp = timestampOf(days, 0);
  if (!isTimestampInRange(stamp)) throw new DbError('22008', 'date out of range for timestamp');
  return stamp;
}

/** Months first (the day is cut to the month's length), then days, then time. */
export function addInterval(value: Stamp, interval: Interval): Stamp {
  if (isInfinite(value)) return value;
  let result: Stamp = value;
  if (interval.months !== 0) {
    const { year, month, day } = civilOfTimestamp(result);
    const total = year * 12 + (month - 1) + interval.months;
    const newYear = Math.floor(total / 12);
    const newMonth = total - newYear * 12 + 1;
    result = timestampOf(daysOfCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth))), timestampMicrosOfDay(result));
  }
  if (interval.days !== 0) result = timestampOf(timestampDays(result) + interval.days, timestampMicrosOfDay(result));
  return checkTimestamp(addInt8(checkTimestamp(result), interval.micros));
}

/** Months and days move the local clock, time moves the moment. */
export function addIntervalTz(value: Stamp, interval: Interval, ctx: EvalContext): Stamp {
  if (isInfinite(value)) return value;
  let result = value;
  if (interval.months !== 0 || interval.days !== 0) result = fromLocal(addInterval(toLocal(value, ctx), new Interval(interval.months, interval.days, 0)), ctx);
  return checkTimestamp(addInt8(result, interval.micros));
}

// -------------------------------------------------------------------------------------------------------------------- fields

/** Field names with their short and plural forms. */
const fieldNames: Readonly<Record<string, string>> = {
  us: 'microseconds', usec: 'microseconds', usecs: 'microseconds', usecond: 'microseconds', useconds: 'microseconds', microsecond: 'microseconds', microseconds: 'microseconds', microsecon: 'microseconds',
  ms: 'milliseconds', msec: 'milliseconds', msecs: 'milliseconds', msecond: 'milliseconds', mseconds: 'milliseconds', millisecond: 'milliseconds', milliseconds: 'milliseconds', millisecon: 'milliseconds',
  s: 'second', sec: 'second', secs: 'second', second: 'second', seconds: 'second', m: 'minute', min: 'minute', mins: 'minute', minute: 'minute', minutes: 'minute',
  h: 'hour', hr: 'hour', hrs: 'hour', hour: 'hour', hours: 'hour', d: 'day', day: 'day', days: 'day', w: 'week', week: 'week', weeks: 'week',
  mon: 'month', mons: 'month', month: 'month', months: 'month', qtr: 'quarter', quarter: 'quarter', y: 'year', yr: 'year', yrs: 'year', year: 'year', years: 'year',
  decade: 'decade', decades: 'decade', dec: 'decade', decs: 'decade', c: 'century', cent: 'century', century: 'century', centuries: 'century',
  mil: 'millennium', mils: 'millennium', millennium: 'millennium', millennia: 'millennium', dow: 'dow', isodow: 'isodow', doy: 'doy', epoch: 'epoch', isoyear: 'isoyear',
  julian: 'julian', timezone: 'timezone', timezone_h: 'timezone_hour', timezone_hour: 'timezone_hour', timezone_m: 'timezone_minute', timezone_minute: 'timezone_minute',
};

const unknownUnit = (field: string, oid: number): DbError => new DbError('22023', `unit "${field.toLowerCase()}" not recognized for type ${typeName(oid)}`);
const unsupportedUnit = (field: string, oid: number): DbError => new DbError('0A000', `unit "${field.toLowerCase()}" not supported for type ${typeName(oid)}`);

function fieldOf(field: string, oid: number): string {
  const known = fieldNames[field.toLowerCase()];
  if (known === undefined) throw unknownUnit(field, oid);
  return known;
}

const int = (n: number): Numeric => Numeric.fromInt(n + 0);
const scaled = (micros: number | bigint, scale: number): Numeric => Numeric.of(micros, scale);
const century = (year: number): number => (year > 0 ? Math.floor((year + 99) / 100) : -Math.floor((100 - year) / 100) + 0);
const millennium = (year: number): number => (year > 0 ? Math.floor((year + 999) / 1000) : -Math.floor((1000 - year) / 1000) + 0);
/** Year 0 of the calendar is 1 BC, which is shown as -1. */
const shownYear = (year: number): number => (year > 0 ? year : year - 1);

/** Infinite values have the infinity in fields that grow with time, NULL in those that go round. */
function infiniteField(field: string, isNegative: boolean, given: string, oid: number): Numeric | null {
  switch (field) {
    case 'year': case 'decade': case 'century': case 'millennium': case 'julian': case 'isoyear': case 'epoch':
      return isNegative ? Numeric.NegativeInfinity : Numeric.Infinity;
    case 'microseconds': case 'milliseconds': case 'second': case 'minute': case 'hour': case 'day': case 'month': case 'quarter': case 'week': case 'dow': case 'isodow': case 'doy':
    case 'timezone': case 'timezone_hour': case 'timezone_minute':
      return null;
    default:
      throw unsupportedUnit(given, oid);
  }
}

/** `zoneSeconds` (east of Greenwich) and `moment` only for timestamptz. */
function extractStamp(given: string, local: Stamp, oid: number, moment?: Stamp): Numeric | null {
  const field = fieldOf(given, oid);
  if (isInfinite(local)) return infiniteField(field, local < 0, given, oid);
  const { year, month, day, hour, minute, second, micros } = civilOfTimestamp(local);
  switch (field) {
    case 'microseconds':
      return int(second * 1_000_000 + micros);
    case 'milliseconds':
      return scaled(second * 1_000_000 + micros, 3);
    case 'second':
      return scaled(second * 1_000_000 + micros, 6);
    case 'minute':
      return int(minute);
    case 'hour':
      return int(hour);
    case 'day':
      return int(day);
    case 'month':
      return int(month);
    case 'quarter':
      return int(Math.floor((month - 1) / 3) + 1);
    case 'week':
      return int(isoWeek(year, month, day).week);
    case 'year':
      return int(shownYear(year));
    case 'isoyear':
      return int(shownYear(isoWeek(year, month, day).isoYear));
    case 'decade':
      return int(Math.floor(year / 10));
    case 'century':
      return int(century(year));
    case 'millennium':
      return int(millennium(year));
    case 'dow':
      return int(dayOfWeek(timestampDays(local)));
    case 'isodow':
      return int(dayOfWeek(timestampDays(local)) || 7);
    case 'doy':
      return int(dayOfYear(year, month, day));
    case 'julian':
      return Numeric.fromInt(timestampDays(local) + EpochJulianDay).add(scaled(timestampMicrosOfDay(local), 0).divide(Numeric.fromInt(MicrosPerDay)));
    case 'epoch':
      return epochOf(moment ?? local);
    default:
  }
  if (moment === undefined) throw unsupportedUnit(given, oid);
  const zone = Number((BigInt(local) - BigInt(moment)) / 1_000_000n);
  if (field === 'timezone') return int(zone);
  return int(field === 'timezone_hour' ? Math.trunc(zone / 3600) : Math.trunc((zone % 3600) / 60));
}
const epochOf = (value: Stamp): Numeric => scaled(canonicalInt8(BigInt(value) + BigInt(UnixToEpochSeconds) * 1_000_000n), 6);

function extractDate(given: string, days: number): Numeric | null {
  if (given === 'year' && Number.isFinite(days)) return int(shownYear(civilOfDays(days).year));
  const oid = TypeOid.date;
  const field = fieldOf(given, oid);
  if (['microseconds', 'milliseconds', 'second', 'minute', 'hour', 'timezone', 'timezone_hour', 'timezone_minute'].includes(field)) throw unsupportedUnit(given, oid);
  if (!Number.isFinite(days)) return infiniteField(field, days < 0, given, oid);
  if (field === 'julian') return int(days + EpochJulianDay);
  if (field === 'epoch') return Numeric.fromInt(days * 86400 + UnixToEpochSeconds);
  return extractStamp(given, timestampOf(days, 0), oid);
}

function extractTime(given: string, micros: number, oid: number, zoneSeconds?: number): Numeric {
  const field = fieldOf(given, oid);
  const rest = micros % MicrosPerMinute;
  switch (field) {
    case 'microseconds':
      return int(rest);
    case 'milliseconds':
      return scaled(rest, 3);
    case 'second':
      return scaled(rest, 6);
    case 'minute':
      return int(Math.floor((micros % MicrosPerHour) / MicrosPerMinute));
    case 'hour':
      return int(Math.floor(micros / MicrosPerHour));
    case 'epoch':
      return scaled(micros + (zoneSeconds ?? 0) * MicrosPerSecond, 6);
    case 'timezone':
    case 'timezone_hour':
    case 'timezone_minute': {
      if (zoneSeconds === undefined) throw unsupportedUnit(given, oid);
      const east = -zoneSeconds;
      return int(field === 'timezone' ? east : field === 'timezone_hour' ? Math.trunc(east / 3600) : Math.trunc((east % 3600) / 60));
    }
    default:
      throw unsupportedUnit(given, oid);
  }
}

function extractInterval(given: string, value: Interval): Numeric {
  const oid = TypeOid.interval;
  const field = fieldOf(given, oid);
  const p = intervalParts(value);
  switch (field) {
    case 'microseconds':
      return int(p.second * 1_000_000 + p.micros);
    case 'milliseconds':
      return scaled(p.second * 1_000_000 + p.micros, 3);
    case 'second':
      return scaled(p.second * 1_000_000 + p.micros, 6);
    case 'minute':
      return int(p.minute);
    case 'hour':
      return int(p.hour);
    case 'day':
      return int(p.day);
    case 'month':
      return int(p.month);
    case 'quarter':
      return int(Math.trunc(p.month / 3) + 1);
    case 'year':
      return int(p.year);
    case 'decade':
      return int(Math.trunc(p.year / 10));
    case 'century':
      return int(Math.trunc(p.year / 100));
    case 'millennium':
      return int(Math.trunc(p.year / 1000));
    case 'epoch': {
      // A year is 365.25 days here, a month 30.
      const days = BigInt(p.year) * 1461n * 6n + BigInt(p.month) * 30n * 24n + BigInt(p.day) * 24n;
      return scaled(canonicalInt8(days * BigInt(MicrosPerHour) + BigInt(value.micros)), 6);
    }
    default:
      throw unsupportedUnit(given, oid);
  }
}

const asDouble = (value: Numeric | null): number | null => (value === null ? null : value.toDouble());

// -------------------------------------------------------------------------------------------------------------------- truncation

function truncateLocal(given: string, local: Stamp, oid: number): Stamp {
  if (isInfinite(local)) return local;
  const field = fieldOf(given, oid);
  const { year, month, day } = civilOfTimestamp(local);
  const micros = timestampMicrosOfDay(local);
  const days = timestampDays(local);
  const to = (unit: number): Stamp => timestampOf(days, Math.floor(micros / unit) * unit);
  const dayStart = (y: number, m: number, d: number): Stamp => checkTimestamp(timestampOf(daysOfCivil(y, m, d), 0));
  switch (field) {
    case 'microseconds':
      return local;
    case 'milliseconds':
      return to(1000);
    case 'second':
      return to(MicrosPerSecond);
    case 'minute':
      return to(MicrosPerMinute);
    case 'hour':
      return to(MicrosPerHour);
    case 'day':
      return timestampOf(days, 0);
    case 'week': {
      const { isoYear, week } = isoWeek(year, month, day);
      return timestampOf(mondayOfIsoWeek(isoYear, week), 0);
    }
    case 'month':
      return dayStart(year, month, 1);
    case 'quarter':
      return dayStart(year, Math.floor((month - 1) / 3) * 3 + 1, 1);
    case 'year':
      return dayStart(year, 1, 1);
    case 'decade':
      return dayStart(Math.floor(year / 10) * 10, 1, 1);
    case 'century':
      return dayStart(year > 0 ? Math.floor((year + 99) / 100) * 100 - 99 : -Math.floor((99 - (year - 1)) / 100) * 100 + 1, 1, 1);
    case 'millennium':
      return dayStart(year > 0 ? Math.floor((year + 999) / 1000) * 1000 - 999 : -Math.floor((999 - (year - 1)) / 1000) * 1000 + 1, 1, 1);
    default:
      throw unsupportedUnit(given, oid);
  }
}

function truncateInterval(given: string, value: Interval): Interval {
  const field = fieldOf(given, TypeOid.interval);
  const micros = BigInt(value.micros);
  const to = (unit: number): Interval => new Interval(value.months, value.days, canonicalInt8((micros / BigInt(unit)) * BigInt(unit)));
  const months = (unit: number): Interval => new Interval(Math.trunc(value.months / unit) * unit + 0, 0, 0);
  switch (field) {
    case 'microseconds': return value;
    case 'milliseconds': return to(1000);
    case 'second': return to(MicrosPerSecond);
    case 'minute': return to(MicrosPerMinute);
    case 'hour': return to(MicrosPerHour);
    case 'day': return new Interval(value.months, value.days, 0);
    case 'month': return new Interval(value.months, 0, 0);
    case 'quarter': return months(3);
    case 'year': return months(12);
    case 'decade': return months(120);
    case 'century': return months(1200);
    case 'millennium': return months(12000);
    case 'week': throw new DbError('0A000', 'unit "week" not supported for type interval', { detail: 'Months usually have fractional weeks.' });
    default: throw unsupportedUnit(given, TypeOid.interval);
  }
}

// -------------------------------------------------------------------------------------------------------------------- zones, construction

/** A zone by name, abbreviation or offset, as AT TIME ZONE takes it. @throws DbError 22023 */
function zoneNamed(name: string): TimeZone {
  const abbreviation = zoneAbbreviation(name.toLowerCase());
  if (abbreviation !== undefined) return { name, isFixed: true, offsetAt: () => abbreviation.offset, nextChange: () => undefined, abbreviationAt: () => name };
  const zone = findTimeZone(name);
  if (zone === undefined) throw new DbError('22023', `time zone "${name}" not recognized`);
  return zone;
}
/** Two functions that show a year before Christ differently when they refuse it. */
function makeDate(year: number, month: number, day: number, isTimestamp = false): number {
  const y = year < 0 ? year + 1 : year;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(y, month)) throw new DbError('22008', `date field value out of range: ${dateText(isTimestamp ? year : y, month, day)}`);
  const days = daysOfCivil(y, month, day);
  if (!isDateInRange(days)) throw new DbError('22008', `date out of range: ${dateText(year, month, day)}`);
  return days;
}
const dateText = (year: number, month: number, day: number): string => `${year}-${twoDigits(month)}-${twoDigits(day)}`;
/** C's %02d. */
const twoDigits = (n: number): string => (n < 0 ? `-${-n}` : String(n).padStart(2, '0'));
function makeTime(hour: number, minute: number, seconds: number): number {
  const text = (): string => `${hour}:${twoDigits(minute)}:${formatFloat8(seconds, -9).padStart(2, '0')}`;
  const micros = Math.round(seconds * 1e6);
  if (hour < 0 || minute < 0 || minute > 59 || !(seconds >= 0) || seconds > 60 || hour > 24 || (hour === 24 && (minute > 0 || micros > 0))) throw new DbError('22008', `time field value out of range: ${text()}`);
  return microsOfClock(hour, minute, 0, 0) + micros;
}
const makeStamp = (y: number, mo: number, d: number, h: number, mi: number, s: number): Stamp => checkTimestamp(timestampOf(makeDate(y, mo, d, true), makeTime(h, mi, s)));

function toTimestamp(seconds: number): Stamp {
  if (Number.isNaN(seconds)) throw new DbError('22008', 'timestamp cannot be NaN');
  if (!Number.isFinite(seconds)) return seconds;
  // In the order of PostgreSQL's float8_timestamptz, whose last digit is what is left after the epochs are apart; a half goes to the even one.
  const micros = roundHalfEven((seconds - UnixToEpochSeconds) * 1e6);
  if (!Number.isFinite(micros) || Math.abs(micros) > 9.3e18) throw new DbError('22008', `timestamp out of range: "${seconds}"`);
  return checkTimestamp(canonicalInt8(BigInt(micros)));
}

/** (a, b) overlaps (c, d): a second part may be a length; NULL ends are open when the answer does not depend on them. */
function overlaps(a: Datum, b: Datum, c: Datum, d: Datum): boolean | null {
  const order = (x: Datum, y: Datum): readonly [Datum, Datum] => (x === null ? [y, null] : y === null || (x as number) <= (y as number) ? [x, y] : [y, x]);
  const [s1, e1] = order(a, b);
  const [s2, e2] = order(c, d);
  if (s1 === null || s2 === null) return null;
  if (s1 === s2) return e1 === null || e2 === null ? null : true;
  const [first, second] = (s1 as number) < (s2 as number) ? [{ s: s1, e: e1 }, { s: s2, e: e2 }] : [{ s: s2, e: e2 }, { s: s1, e: e1 }];
  if (first.e === null) return null;
  if ((second.s as number) < (first.e as number)) return true;
  // The later one starts after the end of the other, and would end there too; but its end is not known.
  return second.e === null ? null : false;
}

function* series(start: Stamp, stop: Stamp, step: Interval, add: (value: Stamp, step: Interval) => Stamp, ctx: EvalContext): Generator<Datum> {
  const sign = step.compare(Interval.zero);
  if (sign === 0) throw new DbError('22023', 'step size cannot equal zero');
  let count = 0;
  for (let at = start; sign > 0 ? at <= stop : at >= stop; at = add(at, step)) {
    if ((++count & 4095) === 0) ctx.checkDeadline();
    yield at;
  }
}

// -------------------------------------------------------------------------------------------------------------------- lists

const clocks = (): readonly FunctionDef[] => [
  ...['now', 'transaction_timestamp', 'current_timestamp'].map((name) => scalar(name, '', 'timestamptz', (ctx: EvalContext) => ctx.transactionTimestamp, stable)),
  scalar('statement_timestamp', '', 'timestamptz', (ctx: EvalContext) => ctx.statementTimestamp, stable),
  scalar('clock_timestamp', '', 'timestamptz', (ctx: EvalContext) => ctx.clockTimestamp(), volatile),
];

const fields = (): readonly FunctionDef[] => [
  ['timestamp', (f: string, v: Stamp) => extractStamp(f, v, TypeOid.timestamp)],
  ['timestamptz', (f: string, v: Stamp, ctx: EvalContext) => extractStamp(f, isInfinite(v) ? v : toLocal(v, ctx), TypeOid.timestamptz, v)],
  ['date', extractDate],
  ['time', (f: string, v: number) => extractTime(f, v, TypeOid.time)],
  ['timetz', (f: string, v: TimeTz) => extractTime(f, v.micros, TypeOid.timetz, v.zoneSeconds)],
  ['interval', extractInterval],
].flatMap(([type, impl]) => {
  const extract = impl as (f: string, v: unknown, ctx: EvalContext) => Numeric | null;
  return [
    scalar('extract', `text ${type as string}`, 'numeric', (f: string, v: unknown, ctx: EvalContext) => extract(f, v, ctx), type === 'timestamptz' ? stable : {}),
    ...(type === 'date' ? [scalar('date_part', 'text date', 'float8', (f: string, v: number) => asDouble(extractStamp(f, dateToStamp(v), TypeOid.timestamp)))] : [scalar('date_part', `text ${type as string}`, 'float8', (f: string, v: unknown, ctx: EvalContext) => asDouble(extract(f, v, ctx)), type === 'timestamptz' ? stable : {})]),
  ];
});

const truncations = (): readonly FunctionDef[] => [
  scalar('date_trunc', 'text timestamp', 'timestamp', (f: string, v: Stamp) => truncateLocal(f, v, TypeOid.timestamp)),
  scalar('date_trunc', 'text timestamptz', 'timestamptz', (f: string, v: Stamp, ctx: EvalContext) => (isInfinite(v) ? truncateLocal(f, v, TypeOid.timestamptz) : fromLocal(truncateLocal(f, toLocal(v, ctx), TypeOid.timestamptz), ctx)), stable),
  scalar('date_trunc', 'text timestamptz text', 'timestamptz', (f: string, v: Stamp, name: string) => {
    if (isInfinite(v)) return v;
    const zone = zoneNamed(name);
    return timestampFromZone(truncateLocal(f, timestampInZone(v, zone), TypeOid.timestamptz), zone);
  }, stable),
  scalar('date_trunc', 'text interval', 'interval', truncateInterval),
  scalar('date_bin', 'interval timestamp timestamp', 'timestamp', bin),
  scalar('date_bin', 'interval timestamptz timestamptz', 'timestamptz', bin),
];

const ages = (): readonly FunctionDef[] => [
  scalar('age', 'timestamp timestamp', 'interval', age),
  scalar('age', 'timestamptz timestamptz', 'interval', (a: Stamp, b: Stamp, ctx: EvalContext) => age(toLocal(a, ctx), toLocal(b, ctx)), stable),
  scalar('age', 'timestamp', 'interval', (v: Stamp, ctx: EvalContext) => age(timestampOf(timestampDays(toLocal(ctx.transactionTimestamp, ctx)), 0), v), stable),
  scalar('age', 'timestamptz', 'interval', (v: Stamp, ctx: EvalContext) => age(timestampOf(timestampDays(toLocal(ctx.transactionTimestamp, ctx)), 0), toLocal(v, ctx)), stable),
  scalar('justify_hours', 'interval', 'interval', justifyHours),
  scalar('justify_days', 'interval', 'interval', justifyDays),
  scalar('justify_interval', 'interval', 'interval', justifyInterval),
  scalar('isfinite', 'date', 'bool', (v: number) => Number.isFinite(v)),
  scalar('isfinite', 'timestamp', 'bool', (v: Stamp) => !isInfinite(v)),
  scalar('isfinite', 'timestamptz', 'bool', (v: Stamp) => !isInfinite(v)),
  scalar('isfinite', 'interval', 'bool', () => true),
];

const zones = (): readonly FunctionDef[] => [
  scalar('timezone', 'text timestamptz', 'timestamp', (name: string, v: Stamp) => (isInfinite(v) ? v : timestampInZone(v, zoneNamed(name)))),
  scalar('timezone', 'text timestamp', 'timestamptz', (name: string, v: Stamp) => (isInfinite(v) ? v : timestampFromZone(v, zoneNamed(name)))),
  scalar('timezone', 'interval timestamptz', 'timestamp', (zone: Interval, v: Stamp) => (isInfinite(v) ? v : checkTimestamp(addInt8(v, zoneSecondsEast(zone) * MicrosPerSecond)))),
  scalar('timezone', 'interval timestamp', 'timestamptz', (zone: Interval, v: Stamp) => (isInfinite(v) ? v : checkTimestamp(subtractInt8(v, zoneSecondsEast(zone) * MicrosPerSecond)))),
  scalar('timezone', 'text timetz', 'timetz', (name: string, v: TimeTz, ctx: EvalContext) => {
    const zone = zoneNamed(name);
    const now = ctx.transactionTimestamp;
    const east = Number((BigInt(timestampInZone(now, zone)) - BigInt(now)) / 1_000_000n);
    return new TimeTz(moveTime(v.micros, BigInt(v.zoneSeconds + east) * 1_000_000n), -east + 0);
  }, stable),
  scalar('timezone', 'interval timetz', 'timetz', (zone: Interval, v: TimeTz) => {
    const east = zoneSecondsEast(zone);
    return new TimeTz(moveTime(v.micros, BigInt(v.zoneSeconds + east) * 1_000_000n), -east + 0);
  }),
];

const makers = (): readonly FunctionDef[] => [
  scalar('make_date', 'int4 int4 int4', 'date', (year: number, month: number, day: number) => makeDate(year, month, day), { names: ['year', 'month', 'day'] }),
  scalar('make_time', 'int4 int4 float8', 'time', makeTime, { names: ['hour', 'min', 'sec'] }),
  scalar('make_timestamp', 'int4 int4 int4 int4 int4 float8', 'timestamp', makeStamp, { names: ['year', 'month', 'mday', 'hour', 'min', 'sec'] }),
  scalar('make_timestamptz', 'int4 int4 int4 int4 int4 float8', 'timestamptz', (y: number, mo: number, d: number, h: number, mi: number, s: number, ctx: EvalContext) => fromLocal(makeStamp(y, mo, d, h, mi, s), ctx), { ...stable, names: ['year', 'month', 'mday', 'hour', 'min', 'sec'] }),
  scalar('make_timestamptz', 'int4 int4 int4 int4 int4 float8 text', 'timestamptz', (y: number, mo: number, d: number, h: number, mi: number, s: number, zone: string) => timestampFromZone(makeStamp(y, mo, d, h, mi, s), zoneNamed(zone)), { ...stable, names: ['year', 'month', 'mday', 'hour', 'min', 'sec', 'timezone'] }),
  scalar('make_interval', 'int4 int4 int4 int4 int4 int4 float8', 'interval', makeIntervalOf, { defaultCount: 7, names: ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'] }),
  scalar('to_timestamp', 'float8', 'timestamptz', toTimestamp),
];

const stampSeries = (): readonly FunctionDef[] => [
  setReturning('generate_series', 'timestamp timestamp interval', 'timestamp', ([a, b, step], ctx) => series(a as Stamp, b as Stamp, step as Interval, addInterval, ctx)),
  setReturning('generate_series', 'timestamptz timestamptz interval', 'timestamptz', ([a, b, step], ctx) => series(a as Stamp, b as Stamp, step as Interval, (v, s) => addIntervalTz(v, s, ctx), ctx), { volatility: 'stable' }),
];

const overlapFunctions = (): readonly FunctionDef[] => ['timestamp', 'timestamptz', 'time', 'timetz'].map((type) =>
  scalar('overlaps', `${type} ${type} ${type} ${type}`, 'bool', type === 'timetz' ? (a: TimeTz | null, b: TimeTz | null, c: TimeTz | null, d: TimeTz | null) => overlaps(...([a, b, c, d].map((v) => (v === null ? null : v.micros + v.zoneSeconds * MicrosPerSecond)) as [Datum, Datum, Datum, Datum])) : overlaps, { strict: false }),
).concat(
  ['timestamp', 'timestamptz', 'time'].flatMap((type) => {
    const plus = (start: Datum, length: Interval | null, ctx: EvalContext): Datum => (start === null || length === null ? null : type === 'time' ? moveTime(start as number, BigInt(length.micros)) : type === 'timestamptz' ? addIntervalTz(start as Stamp, length, ctx) : addInterval(start as Stamp, length));
    const options: ScalarOptions = { strict: false, volatility: type === 'timestamptz' ? 'stable' : 'immutable' };
    return [
      scalar('overlaps', `${type} interval ${type} interval`, 'bool', (a: Datum, b: Interval | null, c: Datum, d: Interval | null, ctx: EvalContext) => overlaps(a, plus(a, b, ctx), c, plus(c, d, ctx)), options),
      scalar('overlaps', `${type} ${type} ${type} interval`, 'bool', (a: Datum, b: Datum, c: Datum, d: Interval | null, ctx: EvalContext) => overlaps(a, b, c, plus(c, d, ctx)), options),
      scalar('overlaps', `${type} interval ${type} ${type}`, 'bool', (a: Datum, b: Interval | null, c: Datum, d: Datum, ctx: EvalContext) => overlaps(a, plus(a, b, ctx), c, d), options),
    ];
  }),
);

export const datetimeFunctions = (): readonly FunctionDef[] => [...clocks(), ...fields(), ...truncations(), ...ages(), ...zones(), ...makers(), ...stampSeries(), ...overlapFunctions()];

/** A local time as a moment, also past the ends of the type: comparisons never fail. */
function momentOf(local: Stamp, ctx: EvalContext): Stamp {
  if (isInfinite(local)) return local;
  return canonicalInt8(BigInt(local) - BigInt(offsetOfLocal(zoneOf(ctx), unixSeconds(local)) * MicrosPerSecond));
}

const crossComparisons = (): OperatorDef[] => {
  const tests: readonly (readonly [string, string, OperatorDef['btree'], (a: Stamp, b: Stamp) => boolean])[] = [
    ['<', '>', '<', (a, b) => a < b], ['<=', '>=', '<=', (a, b) => a <= b], ['=', '=', '=', (a, b) => a === b], ['<>', '<>', undefined, (a, b) => a !== b], ['>=', '<=', '>=', (a, b) => a >= b], ['>', '<', '>', (a, b) => a > b],
  ];
  const lift: Readonly<Record<string, (v: Stamp, ctx: EvalContext) => Stamp>> = { date: (v) => (isInfinite(v) ? v : timestampOf(v as number, 0)), timestamp: (v) => v, timestamptz: (v) => v };
  const both = (left: string, right: string): ((a: Stamp, b: Stamp, ctx: EvalContext) => readonly [Stamp, Stamp]) => (a, b, ctx) => {
    const x = lift[left]!(a, ctx);
    const y = lift[right]!(b, ctx);
    if (left === right || (left !== 'timestamptz' && right !== 'timestamptz')) return [x, y];
    return [left === 'timestamptz' ? x : momentOf(x, ctx), right === 'timestamptz' ? y : momentOf(y, ctx)];
  };
  const kinds = ['date', 'timestamp', 'timestamptz'];
  return kinds.flatMap((left) => kinds.filter((right) => right !== left).flatMap((right) => {
    const pair = both(left, right);
    return tests.map(([name, commutator, , holds]) => operator(name, left, right, 'bool', (a: Stamp, b: Stamp, ctx: EvalContext) => holds(...pair(a, b, ctx)), { commutator, volatility: left === 'timestamptz' || right === 'timestamptz' ? 'stable' : 'immutable' }));
  }));
};

const addTime = (days: number, micros: number): Stamp => {
  const start = dateToStamp(days);
  return isInfinite(start) ? start : checkTimestamp(addInt8(start, micros));
};

export const datetimeOperators = (): readonly OperatorDef[] => [
  ...crossComparisons(),
  operator('+', 'date', 'int4', 'date', (d: number, n: number) => checkDate(d + n), { commutator: '+' }),
  operator('+', 'int4', 'date', 'date', (n: number, d: number) => checkDate(d + n), { commutator: '+' }),
  operator('-', 'date', 'int4', 'date', (d: number, n: number) => checkDate(d - n)),
  operator('-', 'date', 'date', 'int4', (a: number, b: number) => {
    if (!Number.isFinite(a) || !Number.isFinite(b)) throw new DbError('22008', 'cannot subtract infinite dates');
    return a - b;
  }),
  operator('+', 'date', 'interval', 'timestamp', (d: number, i: Interval) => addInterval(dateToStamp(d), i), { commutator: '+' }),
  operator('+', 'interval', 'date', 'timestamp', (i: Interval, d: number) => addInterval(dateToStamp(d), i), { commutator: '+' }),
  operator('-', 'date', 'interval', 'timestamp', (d: number, i: Interval) => addInterval(dateToStamp(d), negatedForStamp(i))),
  operator('+', 'date', 'time', 'timestamp', (d: number, t: number) => addTime(d, t), { commutator: '+' }),
  operator('+', 'time', 'date', 'timestamp', (t: number, d: number) => addTime(d, t), { commutator: '+' }),
  operator('+', 'date', 'timetz', 'timestamptz', (d: number, t: TimeTz) => addTime(d, t.micros + t.zoneSeconds * MicrosPerSecond), { commutator: '+' }),
  operator('+', 'timetz', 'date', 'timestamptz', (t: TimeTz, d: number) => addTime(d, t.micros + t.zoneSeconds * MicrosPerSecond), { commutator: '+' }),
  operator('+', 'timestamp', 'interval', 'timestamp', addInterval, { commutator: '+' }),
  operator('+', 'interval', 'timestamp', 'timestamp', (i: Interval, v: Stamp) => addInterval(v, i), { commutator: '+' }),
  operator('-', 'timestamp', 'interval', 'timestamp', (v: Stamp, i: Interval) => addInterval(v, negatedForStamp(i))),
  operator('+', 'timestamptz', 'interval', 'timestamptz', addIntervalTz, { commutator: '+', ...stable }),
  operator('+', 'interval', 'timestamptz', 'timestamptz', (i: Interval, v: Stamp, ctx: EvalContext) => addIntervalTz(v, i, ctx), { commutator: '+', ...stable }),
  operator('-', 'timestamptz', 'interval', 'timestamptz', (v: Stamp, i: Interval, ctx: EvalContext) => addIntervalTz(v, negatedForStamp(i), ctx), stable),
  operator('-', 'timestamp', 'timestamp', 'interval', stampDifference),
  operator('-', 'timestamptz', 'timestamptz', 'interval', stampDifference),
  operator('+', 'time', 'interval', 'time', (t: number, i: Interval) => moveTime(t, BigInt(i.micros)), { commutator: '+' }),
  operator('+', 'interval', 'time', 'time', (i: Interval, t: number) => moveTime(t, BigInt(i.micros)), { commutator: '+' }),
  operator('-', 'time', 'interval', 'time', (t: number, i: Interval) => moveTime(t, -BigInt(i.micros))),
  operator('-', 'time', 'time', 'interval', (a: number, b: number) => new Interval(0, 0, a - b)),
  operator('+', 'timetz', 'interval', 'timetz', (t: TimeTz, i: Interval) => new TimeTz(moveTime(t.micros, BigInt(i.micros)), t.zoneSeconds), { commutator: '+' }),
  operator('+', 'interval', 'timetz', 'timetz', (i: Interval, t: TimeTz) => new TimeTz(moveTime(t.micros, BigInt(i.micros)), t.zoneSeconds), { commutator: '+' }),
  operator('-', 'timetz', 'interval', 'timetz', (t: TimeTz, i: Interval) => new TimeTz(moveTime(t.micros, -BigInt(i.micros)), t.zoneSeconds)),
  operator('+', 'interval', 'interval', 'interval', (a: Interval, b: Interval) => a.add(b), { commutator: '+' }),
  operator('-', 'interval', 'interval', 'interval', (a: Interval, b: Interval) => a.subtract(b)),
  operator('-', '', 'interval', 'interval', (i: Interval) => i.negate()),
  operator('*', 'interval', 'float8', 'interval', (i: Interval, n: number) => i.multiply(n), { commutator: '*' }),
  operator('*', 'float8', 'interval', 'interval', (n: number, i: Interval) => i.multiply(n), { commutator: '*' }),
  operator('/', 'interval', 'float8', 'interval', (i: Interval, n: number) => {
    if (n === 0) throw new DbError('22012', 'division by zero');
    return i.divide(n);
  }),
];
