/**
 * The proleptic Gregorian calendar, and timestamps as numbers: dates are days and timestamps microseconds since 2000-01-01, before
 * it negative. Years are astronomical: 0 is 1 BC, -1 is 2 BC.
 *
 * C1  A timestamp is a canonical int8: a number within about 285 years of 2000, a bigint further out, -Infinity or Infinity.
 * C2  Dates run from 4714-11-24 BC (Julian day 0) to 5874897-12-31, timestamps to 294276-12-31 23:59:59.999999.
 *
 * Source: PostgreSQL's datetime.c and timestamp.h; the day arithmetic after Howard Hinnant's days_from_civil.
 */
import { DbError } from './errors.js';
import { MicrosPerDay, canonicalInt8 } from './interval.js';

/** Julian day of 2000-01-01. */
export const EpochJulianDay = 2451545;
/** Seconds from 1970-01-01 to 2000-01-01. */
export const UnixToEpochSeconds = 946684800;
/** First and last date, and one past the last day of timestamps, as days since 2000. */
export const DateMin = -EpochJulianDay;
export const DateMax = 2145031948;
const TimestampDayEnd = 106751983;

/** What stands on a calendar and a clock. `month` and `day` from 1; `hour` may be 24 for the end of a day. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

/** Days since 2000-01-01 of a date; months and days past their ends carry over. */
export function daysOfCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 730425;
}

/** The date of a day since 2000-01-01. */
export function civilOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 730425;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
export function daysInMonth(year: number, month: number): number {
  return month === 2 ? (isLeapYear(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
/** Day of the week of a day since 2000: 0 is Sunday. */
export function dayOfWeek(days: number): number {
  return (((days + 6) % 7) + 7) % 7;
}
/** Day of the year, 1 to 366. */
export function dayOfYear(year: number, month: number, day: number): number {
  return daysOfCivil(year, month, day) - daysOfCivil(year, 1, 1) + 1;
}

/** ISO 8601 week number, and the year the week belongs to. */
export function isoWeek(year: number, month: number, day: number): { isoYear: number; week: number } {
  const date = daysOfCivil(year, month, day);
  // The week belongs to the year of its Thursday.
  const thursday = date + 4 - (dayOfWeek(date) || 7);
  const isoYear = civilOfDays(thursday).year;
  return { isoYear, week: Math.floor((thursday - daysOfCivil(isoYear, 1, 1)) / 7) + 1 };
}
/** The Monday of an ISO week, in days since 2000. */
export function mondayOfIsoWeek(isoYear: number, week: number): number {
  const fourth = daysOfCivil(isoYear, 1, 4);
  return fourth - ((dayOfWeek(fourth) + 6) % 7) + (week - 1) * 7;
}

// ------------------------------------------------------------------------------------------------------------------- timestamps

/** Whole days of about 285 years around 2000, within which microseconds are safe integers. */
const SafeDays = 104248;

/** A timestamp from days and microseconds of the day (which may be outside of one day). Unchecked. */
export function timestampOf(days: number, micros: number): number | bigint {
  if (days < SafeDays && days > -SafeDays && micros < MicrosPerDay * 2 && micros > -MicrosPerDay * 2) return days * MicrosPerDay + micros;
  return canonicalInt8(BigInt(days) * BigInt(MicrosPerDay) + BigInt(micros));
}

/** Days since 2000 of a finite timestamp, rounded down. */
export function timestampDays(timestamp: number | bigint): number {
  if (typeof timestamp === 'number') return Math.floor(timestamp / MicrosPerDay);
  const perDay = BigInt(MicrosPerDay);
  return Number((timestamp - (((timestamp % perDay) + perDay) % perDay)) / perDay);
}
/** Microseconds since midnight of a finite timestamp. */
export function timestampMicrosOfDay(timestamp: number | bigint): number {
  if (typeof timestamp === 'number') return timestamp - Math.floor(timestamp / MicrosPerDay) * MicrosPerDay;
  const perDay = BigInt(MicrosPerDay);
  return Number(((timestamp % perDay) + perDay) % perDay);
}

export function isInfinite(timestamp: number | bigint): boolean {
  return timestamp === Infinity || timestamp === -Infinity;
}

const TimestampMin = BigInt(DateMin) * BigInt(MicrosPerDay);
const TimestampEnd = BigInt(TimestampDayEnd) * BigInt(MicrosPerDay);

export function isTimestampInRange(timestamp: number | bigint): boolean {
  return typeof timestamp === 'number' || (timestamp >= TimestampMin && timestamp < TimestampEnd);
}
function timestampOutOfRange(): DbError {
  return new DbError('22008', 'timestamp out of range');
}
/** @throws DbError 22008 when `timestamp` is undefined or out of range */
export function checkTimestamp(timestamp: number | bigint | undefined): number | bigint {
  if (timestamp === undefined || !isTimestampInRange(timestamp)) throw timestampOutOfRange();
  return timestamp;
}
export function isDateInRange(days: number): boolean {
  return days >= DateMin && days <= DateMax;
}

/** A finite timestamp as it stands on calendar and clock. */
export function civilOfTimestamp(timestamp: number | bigint): CivilTime {
  const { year, month, day } = civilOfDays(timestampDays(timestamp));
  return { year, month, day, ...clockOfMicros(timestampMicrosOfDay(timestamp)) };
}
/** Microseconds since midnight as hours, minutes, seconds and microseconds. */
export function clockOfMicros(micros: number): { hour: number; minute: number; second: number; micros: number } {
  const seconds = Math.floor(micros / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  const hour = Math.floor(minutes / 60);
  return { hour, minute: minutes - hour * 60, second: seconds - minutes * 60, micros: micros - seconds * 1_000_000 };
}
export function microsOfClock(hour: number, minute: number, second: number, micros: number): number {
  return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
}

/** Seconds since 1970 of a timestamp, rounded down: what time zones are asked with. */
export function unixSeconds(timestamp: number | bigint): number {
  return timestampDays(timestamp) * 86400 + Math.floor(timestampMicrosOfDay(timestamp) / 1_000_000) + UnixToEpochSeconds;
}

/** Digits of a time(p), timestamp(p) or interval(p) kept by rounding; halves go away from zero. */
export function roundMicros(value: number | bigint, precision: number): number | bigint {
  if (precision >= 6 || value === Infinity || value === -Infinity) return value;
  const unit = 10 ** (6 - precision);
  if (typeof value === 'number' && Math.abs(value) < 9e15) {
    const rounded = Math.floor((Math.abs(value) + unit / 2) / unit) * unit;
    return value < 0 ? 0 - rounded : rounded;
  }
  const big = BigInt(value);
  const bigUnit = BigInt(unit);
  const magnitude = (((big < 0n ? -big : big) + bigUnit / 2n) / bigUnit) * bigUnit;
  return canonicalInt8(big < 0n ? -magnitude : magnitude);
}
