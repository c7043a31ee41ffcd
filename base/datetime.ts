/**
 * Dates, times and timestamps as text, both ways, in the four output styles; and their parts. The reading of fields is
 * datetime-parse.ts's; here results are checked against the ranges of the types, rounded to their precision, and printed.
 *
 * Source: PostgreSQL's date.c, timestamp.c and the Encode functions of datetime.c.
 */
import {
  DateMax, DateMin, UnixToEpochSeconds, civilOfDays, civilOfTimestamp, clockOfMicros, dayOfWeek, daysOfCivil, isTimestampInRange, microsOfClock,
  roundMicros, timestampOf, unixSeconds,
} from './calendar.js';
import type { DecodedDateTime } from './datetime-parse.js';
import { DateTimeFaultError, dateTimeError } from './datetime-fields.js';
import { decodeDateTime, decodeTimeOnly } from './datetime-parse.js';
import { DbError } from './errors.js';
import { TimeTz, addInt8 } from './interval.js';
import { isoTimestamp } from './iso-timestamp.js';
import type { DateStyle, TextEnv } from './text-env.js';
import type { TimeZone } from './timezone.js';
import { offsetOfLocal } from './timezone.js';

/** Runs a decoder and turns its fault into the user's error. */
export function decoding<T>(text: string, typeName: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DateTimeFaultError) throw dateTimeError(error.fault, text, typeName);
    throw error;
  }
}

const UnixEpochDays = -UnixToEpochSeconds / 86400;

// ------------------------------------------------------------------------------------------------------------------- input

/** @throws DbError 22007, 22008, 22009 */
export function parseDate(text: string, env: TextEnv): number {
  const decoded = decoding(text, 'date', () => decodeDateTime(text, env));
  if (decoded.kind === 'late') return Infinity;
  if (decoded.kind === 'early') return -Infinity;
  if (decoded.kind === 'epoch') return UnixEpochDays;
  const days = daysOfCivil(decoded.year, decoded.month, decoded.day);
  if (days < DateMin || days > DateMax) throw new DbError('22008', `date out of range: "${text}"`);
  return days;
}

function timestampOfDecoded(decoded: DecodedDateTime, shiftSeconds: number, text: string): number | bigint {
  switch (decoded.kind) {
    case 'late':
      return Infinity;
    case 'early':
      return -Infinity;
    case 'epoch':
      return -UnixToEpochSeconds * 1_000_000;
    default: {
      const days = daysOfCivil(decoded.year, decoded.month, decoded.day);
      const micros = microsOfClock(decoded.hour, decoded.minute, decoded.second + shiftSeconds, decoded.micros);
      // Far outside of the range the sum would lose digits; the day alone decides.
      if (days >= DateMin - 1 && days < 106751985) {
        const timestamp = timestampOf(days, micros);
        if (isTimestampInRange(timestamp)) return timestamp;
      }
      throw new DbError('22008', `timestamp out of range: "${text}"`);
    }
  }
}

/** `precision` is the type's typmod, -1 for none. A time zone in the text is ignored. @throws DbError 22007, 22008, 22009 */
export function parseTimestamp(text: string, precision: number, env: TextEnv): number | bigint {
  const timestamp = isoTimestamp(text, false) ?? timestampOfDecoded(decoding(text, 'timestamp', () => decodeDateTime(text, env)), 0, text);
  return precision < 0 ? timestamp : roundMicros(timestamp, precision);
}

/** @throws DbError 22007, 22008, 22009 */
export function parseTimestampTz(text: string, precision: number, env: TextEnv): number | bigint {
  const timestamp = isoTimestamp(text, true) ?? timestampWithZone(text, env);
  return precision < 0 ? timestamp : roundMicros(timestamp, precision);
}

function timestampWithZone(text: string, env: TextEnv): number | bigint {
  const decoded = decoding(text, 'timestamp with time zone', () => decodeDateTime(text, env));
  return timestampOfDecoded(decoded, decoded.zoneSeconds, text);
}

/** Microseconds since midnight. @throws DbError 22007, 22008, 22009 */
export function parseTime(text: string, precision: number, env: TextEnv): number {
  const { hour, minute, second, micros } = decoding(text, 'time', () => decodeTimeOnly(text, env));
  const time = microsOfClock(hour, minute, second, micros);
  return precision < 0 ? time : (roundMicros(time, precision) as number);
}

/** @throws DbError 22007, 22008, 22009 */
export function parseTimeTz(text: string, precision: number, env: TextEnv): TimeTz {
  const { hour, minute, second, micros, zoneSeconds } = decoding(text, 'time with time zone', () => decodeTimeOnly(text, env));
  const time = microsOfClock(hour, minute, second, micros);
  return new TimeTz(precision < 0 ? time : (roundMicros(time, precision) as number), zoneSeconds);
}

// ------------------------------------------------------------------------------------------------------------------- output

export const monthAbbreviations = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const dayAbbreviations = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export const two = (n: number): string => (n < 10 ? `0${n}` : String(n));
/** A year as printed: at least four digits; 1 BC is 1. */
const yearText = (year: number): string => String(year > 0 ? year : 1 - year).padStart(4, '0');

/** `.ffffff` without trailing zeros; empty when there is no fraction. */
export function fractionText(micros: number): string {
  return micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
}

/** `hh:mm:ss[.ffffff]` of microseconds since midnight. */
export function formatTime(time: number): string {
  const { hour, minute, second, micros } = clockOfMicros(time);
  return `${two(hour)}:${two(minute)}:${two(second)}${fractionText(micros)}`;
}

/** `+hh[:mm[:ss]]` of an offset in seconds *west*. */
export function formatZoneOffset(zoneSeconds: number): string {
  const absolute = Math.abs(zoneSeconds);
  const second = absolute % 60;
  const minute = Math.floor(absolute / 60) % 60;
  const tail = second !== 0 ? `:${two(minute)}:${two(second)}` : minute !== 0 ? `:${two(minute)}` : '';
  return `${zoneSeconds <= 0 ? '+' : '-'}${two(Math.floor(absolute / 3600))}${tail}`;
}
export function formatTimeTz(value: TimeTz): string {
  return formatTime(value.micros) + formatZoneOffset(value.zoneSeconds);
}

function formatCivilDate(year: number, month: number, day: number, style: DateStyle): string {
  switch (style.format) {
    case 'ISO':
      return `${yearText(year)}-${two(month)}-${two(day)}`;
    case 'SQL':
      return style.order === 'DMY' ? `${two(day)}/${two(month)}/${yearText(year)}` : `${two(month)}/${two(day)}/${yearText(year)}`;
    case 'German':
      return `${two(day)}.${two(month)}.${yearText(year)}`;
    case 'Postgres':
      return style.order === 'DMY' ? `${two(day)}-${two(month)}-${yearText(year)}` : `${two(month)}-${two(day)}-${yearText(year)}`;
  }
}

export function formatDate(days: number, style: DateStyle): string {
  if (days === Infinity) return 'infinity';
  if (days === -Infinity) return '-infinity';
  const { year, month, day } = civilOfDays(days);
  return formatCivilDate(year, month, day, style) + (year <= 0 ? ' BC' : '');
}

/** `zone` is that of a timestamp with time zone: the offset west, and the abbreviation that styles other than ISO print. */
function formatLocal(local: number | bigint, style: DateStyle, zone: { seconds: number; name: string } | undefined): string {
  const { year, month, day, hour, minute, second, micros } = civilOfTimestamp(local);
  const time = `${two(hour)}:${two(minute)}:${two(second)}${fractionText(micros)}`;
  const era = year <= 0 ? ' BC' : '';
  if (style.format === 'Postgres') {
    const weekday = dayAbbreviations[dayOfWeek(daysOfCivil(year, month, day))]!;
    const date = style.order === 'DMY' ? `${two(day)} ${monthAbbreviations[month - 1]!}` : `${monthAbbreviations[month - 1]!} ${two(day)}`;
    return `${weekday} ${date} ${time} ${yearText(year)}${zone === undefined ? '' : ` ${zone.name}`}${era}`;
  }
  const suffix = zone === undefined ? '' : style.format === 'ISO' ? formatZoneOffset(zone.seconds) : ` ${zone.name}`;
  return `${formatCivilDate(year, month, day, style)} ${time}${suffix}${era}`;
}

export function formatTimestamp(timestamp: number | bigint, style: DateStyle): string {
  if (timestamp === Infinity) return 'infinity';
  if (timestamp === -Infinity) return '-infinity';
  return formatLocal(timestamp, style, undefined);
}
export function formatTimestampTz(timestamp: number | bigint, style: DateStyle, zone: TimeZone): string {
  if (timestamp === Infinity) return 'infinity';
  if (timestamp === -Infinity) return '-infinity';
  const moment = unixSeconds(timestamp);
  const offset = zone.offsetAt(moment);
  const name = style.format === 'ISO' ? '' : zone.abbreviationAt(moment);
  return formatLocal(addInt8(timestamp, offset * 1_000_000)!, style, { seconds: 0 - offset, name });
}

// ------------------------------------------------------------------------------------------------------------------- zones

/** A moment as a zone's clocks show it. Infinite values stay. */
export function timestampInZone(timestamp: number | bigint, zone: TimeZone): number | bigint {
  if (timestamp === Infinity || timestamp === -Infinity) return timestamp;
  return addInt8(timestamp, zone.offsetAt(unixSeconds(timestamp)) * 1_000_000)!;
}
/** The moment at which a zone's clocks show `local`. @throws DbError 22008 out of range */
export function timestampFromZone(local: number | bigint, zone: TimeZone): number | bigint {
  if (local === Infinity || local === -Infinity) return local;
  const moment = addInt8(local, -offsetOfLocal(zone, unixSeconds(local)) * 1_000_000);
  if (moment === undefined || !isTimestampInRange(moment)) throw new DbError('22008', 'timestamp out of range');
  return moment;
}
