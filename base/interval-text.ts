/**
 * Intervals as text: `1 year 2 mons 3 days 04:05:06.7`, the SQL forms `1-2` and `3 4:05:06`, ISO 8601 `P1Y2M3DT4H5M6.7S`, and all
 * the spellings of units. Fields are read from right to left, because a unit stands after its number.
 *
 * Source: PostgreSQL's DecodeInterval, DecodeISO8601Interval and EncodeInterval; AdjustIntervalForTypmod.
 */
import { roundMicros } from './calendar.js';
import { decoding, fractionText, two } from './datetime.js';
import type { Field } from './datetime-fields.js';
import { DateTimeFaultError, fail, splitFields } from './datetime-fields.js';
import { Interval, MicrosPerDay, MicrosPerHour, MicrosPerMinute, MicrosPerSecond, addInt8, canonicalInt8, multiplyInt8, negateInt8, roundHalfEven } from './interval.js';
import { IntervalField, IntervalFullRange, intervalFields, intervalPrecision } from './types.js';

type IntervalUnit =
  | 'microsecond' | 'millisecond' | 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year' | 'decade' | 'century' | 'millennium';

const unitNames = new Map<string, IntervalUnit>();
for (const [unit, names] of [
  ['microsecond', 'microsecon us usec usecond useconds usecs'], ['millisecond', 'millisecon ms msec msecond mseconds msecs'],
  ['second', 's sec second seconds secs'], ['minute', 'm min mins minute minutes'], ['hour', 'h hour hours hr hrs'], ['day', 'd day days'],
  ['week', 'w week weeks'], ['month', 'mon mons month months'], ['quarter', 'qtr quarter'], ['year', 'y year years yr yrs'],
  ['decade', 'dec decs decade decades'], ['century', 'c cent century centuries'], ['millennium', 'mil mils millennia millennium'],
] as const) for (const name of names.split(' ')) unitNames.set(name, unit);

/** The unit a word means, by its first ten characters; also what extract and date_trunc accept. */
function intervalUnit(word: string): IntervalUnit | undefined {
  return unitNames.get(word.slice(0, 10));
}

const yearsOf: Partial<Record<IntervalUnit, number>> = { year: 1, decade: 10, century: 100, millennium: 1000 };
const microsOf: Partial<Record<IntervalUnit, number>> = {
  microsecond: 1, millisecond: 1000, second: MicrosPerSecond, minute: MicrosPerMinute, hour: MicrosPerHour,
};

/** Sums parts, each within its own range. */
class IntervalBuilder {
  years = 0;
  months = 0;
  days = 0;
  micros: number | bigint = 0;

  #int4(value: number): number {
    return (value | 0) === value ? value : fail('field');
  }
  #addMicros(value: number | bigint): void {
    this.micros = addInt8(this.micros, value) ?? fail('field');
  }
  addYears(count: number, fraction: number, scale: number): void {
    this.years = this.#int4(this.years + count * scale);
    this.months = this.#int4(this.months + roundHalfEven(fraction * scale * 12));
  }
  addMonths(count: number, fraction: number): void {
    this.months = this.#int4(this.months + count);
    this.#addFractionDays(fraction, 30);
  }
  addDays(count: number, fraction: number, scale: number): void {
    this.days = this.#int4(this.days + count * scale);
    if (scale === 1) this.addFractionMicros(fraction, MicrosPerDay);
    else this.#addFractionDays(fraction, scale);
  }
  #addFractionDays(fraction: number, scale: number): void {
    const days = Math.trunc(fraction * scale);
    this.days = this.#int4(this.days + days);
    this.addFractionMicros(fraction * scale - days, MicrosPerDay);
  }
  addMicros(count: number | bigint, fraction: number, scale: number): void {
    this.#addMicros(multiplyInt8(count, scale) ?? fail('field'));
    this.addFractionMicros(fraction, scale);
  }
  addFractionMicros(fraction: number, scale: number): void {
    const exact = fraction * scale;
    let micros = Math.trunc(exact);
    if (exact - micros > 0.5) micros++;
    else if (exact - micros < -0.5) micros--;
    this.#addMicros(micros + 0);
  }
  add(unit: IntervalUnit, count: number | bigint, fraction: number): void {
    const micros = microsOf[unit];
    if (micros !== undefined) return this.addMicros(count, fraction, micros);
    const small = typeof count === 'bigint' ? fail('field') : count;
    const years = yearsOf[unit];
    if (years !== undefined) this.addYears(small, fraction, years);
    else if (unit === 'month') this.addMonths(small, fraction);
    else if (unit === 'week') this.addDays(small, fraction, 7);
    else if (unit === 'day') this.addDays(small, fraction, 1);
    else fail('format');
  }
  negate(): void {
    this.years = this.#int4(0 - this.years);
    this.months = this.#int4(0 - this.months);
    this.days = this.#int4(0 - this.days);
    this.micros = negateInt8(this.micros) ?? fail('field');
  }
  /** @throws DbError 22008 when the months do not fit */
  finish(): Interval {
    return Interval.checked(this.years * 12 + this.months, this.days, this.micros);
  }
}

/** C's strtoi64: leading digits as an int8. */
function leadingInt8(text: string): { value: number | bigint; rest: string } {
  const match = /^[+-]?\d+/.exec(text);
  if (match === null) return { value: 0, rest: text.replace(/^[+-]/, '') };
  const value = BigInt(match[0].replace(/^\+/, ''));
  if (BigInt.asIntN(64, value) !== value) fail('field');
  return { value: canonicalInt8(value), rest: text.slice(match[0].length) };
}

function fractionOf(text: string): number {
  if (!/^\.\d*$/.test(text)) fail('format');
  return text === '.' ? 0 : Number(`0${text}`);
}

/** `hh:mm[:ss[.ffffff]]`, or `mm:ss` when the declared fields say so, as microseconds. `tooMuch`: with a sign it is then no clock at all. */
function clockMicros(text: string, fields: number, tooMuch: 'field' | 'format'): number | bigint {
  const match = /^(\d+):(\d+)(?::(\d+))?(\.\d*)?$/.exec(text);
  if (match === null) return fail('format');
  let hour = leadingInt8(match[1]!).value;
  let minute = Number(match[2]);
  let second = Number(match[3] ?? 0);
  const isMinuteSecond = match[3] === undefined && (match[4] !== undefined || fields === (IntervalField.Minute | IntervalField.Second));
  if (isMinuteSecond) {
    if (hour > 2147483647) fail(tooMuch);
    second = minute;
    minute = Number(hour);
    hour = 0;
  }
  const micros = match[4] === undefined ? 0 : roundHalfEven(fractionOf(match[4]) * MicrosPerSecond);
  if (minute > 59 || second > 60) fail(tooMuch);
  return addInt8(multiplyInt8(hour, MicrosPerHour) ?? fail(tooMuch), minute * MicrosPerMinute + second * MicrosPerSecond + micros) ?? fail(tooMuch);
}

/** The unit of a number without one, when the type names its fields: the last of them. */
function defaultUnit(fields: number): IntervalUnit {
  if (fields === IntervalFullRange) return 'second';
  if ((fields & IntervalField.Second) !== 0) return 'second';
  if ((fields & IntervalField.Minute) !== 0) return 'minute';
  if ((fields & IntervalField.Hour) !== 0) return 'hour';
  if ((fields & IntervalField.Day) !== 0) return 'day';
  return (fields & IntervalField.Month) !== 0 ? 'month' : 'year';
}

function decodeFields(list: readonly Field[], fields: number, isSqlStyle: boolean): IntervalBuilder {
  const built = new IntervalBuilder();
  const assigned = new Set<IntervalUnit>();
  const assign = (...units: IntervalUnit[]): void => {
    for (const unit of units) {
      if (assigned.has(unit)) fail('format');
      assigned.add(unit);
    }
  };
  // In SQL's style one leading minus is for the whole, unless another sign follows.
  const isAllNegative = isSqlStyle && list[0]?.text.startsWith('-') === true && !list.slice(1).some((field) => /^[+-]/.test(field.text));
  const signed = (value: number | bigint): number | bigint => (isAllNegative && value > 0 ? negateInt8(value)! : value);
  let unit: IntervalUnit | undefined;
  let isAgo = false;
  for (let i = list.length - 1; i >= 0; i--) {
    const { kind, text } = list[i]!;
    if (kind === 'string' || kind === 'special') {
      if (text === 'ago') isAgo = true;
      else if (text === 'infinity' || text === '-infinity' || text === 'epoch' || text === 'now' || text === 'today') fail('format');
      else unit = intervalUnit(text) ?? fail('format');
      continue;
    }
    const isClock = kind === 'time' || (kind === 'zone' && text.indexOf(':') > 0 && /^[+-]\d+:\d+(:\d+)?(\.\d*)?$/.test(text));
    if (isClock) {
      const magnitude = clockMicros(text.replace(/^[+-]/, ''), fields, kind === 'zone' ? 'format' : 'field');
      built.addMicros(signed(text.startsWith('-') ? (negateInt8(magnitude) ?? fail('field')) : magnitude), 0, 1);
      assign('hour', 'minute', 'second', 'millisecond', 'microsecond');
      unit = 'day';
      continue;
    }
    unit ??= defaultUnit(fields);
    const { value, rest } = leadingInt8(text);
    let count = value;
    let fraction = 0;
    if (rest.startsWith('-')) {
      // SQL's years-months.
      const digits = /^-([+-]?\d+)/.exec(rest);
      const months = Number(digits?.[1] ?? 0);
      if (months >= 12 || months < 0) fail('field');
      if (digits?.[0] !== rest) fail('format');
      unit = 'month';
      count = addInt8(multiplyInt8(value, 12) ?? fail('field'), text.startsWith('-') ? 0 - months : months) ?? fail('field');
    } else if (rest.startsWith('.')) fraction = text.startsWith('-') ? 0 - fractionOf(rest) : fractionOf(rest);
    else if (rest !== '') fail('format');
    built.add(unit, signed(count), isAllNegative && fraction > 0 ? 0 - fraction : fraction);
    if (unit === 'second' && fraction !== 0) assign('second', 'millisecond', 'microsecond');
    else assign(unit);
    if (unit === 'hour') unit = 'day';
  }
  if (assigned.size === 0) fail('format');
  if (isAgo) built.negate();
  return built;
}

// ------------------------------------------------------------------------------------------------------------------- ISO 8601

/** P1Y2M3W4DT5H6M7S, and the alternative P0001-02-03T04:05:06 with or without delimiters. */
function decodeIso8601(text: string): IntervalBuilder {
  const built = new IntervalBuilder();
  if (text.length < 2 || text[0] !== 'P') fail('format');
  let at = 1;
  let isDatePart = true;
  let hasField = false;
  const number = (): { whole: number; fraction: number; width: number } => {
    const match = /^[+-]?(\d*)(\.\d*)?(?:[eE][+-]?\d+)?/.exec(text.slice(at))!;
    if (match[0] === '' || !/[\d]/.test(match[0]) || match[0].startsWith('+')) fail('format');
    at += match[0].length;
    const value = Number(match[0]);
    if (value < -1e15 || value > 1e15) fail('field');
    const whole = Math.trunc(value);
    return { whole: whole + 0, fraction: value - whole, width: match[1]!.length };
  };
  while (at < text.length) {
    if (text[at] === 'T') {
      isDatePart = false;
      hasField = false;
      at++;
      continue;
    }
    const { whole, fraction, width } = number();
    const unit = text[at++];
    if (isDatePart) {
      if (unit === 'Y') built.addYears(whole, fraction, 1);
      else if (unit === 'M') built.addMonths(whole, fraction);
      else if (unit === 'W') built.addDays(whole, fraction, 7);
      else if (unit === 'D') built.addDays(whole, fraction, 1);
      else if ((unit === 'T' || unit === undefined) && width === 8 && !hasField) {
        built.addYears(Math.trunc(whole / 10000), 0, 1);
        built.addMonths(Math.trunc(whole / 100) % 100, 0);
        built.addDays(whole % 100, fraction, 1);
        isDatePart = false;
        continue;
      } else if (unit === 'T' || unit === undefined || unit === '-') {
        if (hasField) fail('format');
        built.addYears(whole, fraction, 1);
        if (unit === '-') {
          const month = number();
          built.addMonths(month.whole, month.fraction);
          if (text[at] === '-') {
            at++;
            const day = number();
            built.addDays(day.whole, day.fraction, 1);
          }
          if (at < text.length && text[at] !== 'T') fail('format');
          at++;
        }
        isDatePart = false;
        continue;
      } else fail('format');
    } else if (unit === 'H') built.addMicros(whole, fraction, MicrosPerHour);
    else if (unit === 'M') built.addMicros(whole, fraction, MicrosPerMinute);
    else if (unit === 'S') built.addMicros(whole, fraction, MicrosPerSecond);
    else if (unit === undefined && width === 6 && !hasField) {
      built.addMicros(Math.trunc(whole / 10000), 0, MicrosPerHour);
      built.addMicros(Math.trunc(whole / 100) % 100, 0, MicrosPerMinute);
      built.addMicros(whole % 100, 0, MicrosPerSecond);
      built.addFractionMicros(fraction, 1);
      return built;
    } else if (unit === undefined || unit === ':') {
      if (hasField) fail('format');
      built.addMicros(whole, fraction, MicrosPerHour);
      if (unit === ':') {
        const minute = number();
        built.addMicros(minute.whole, minute.fraction, MicrosPerMinute);
        if (text[at] === ':') {
          at++;
          const second = number();
          built.addMicros(second.whole, second.fraction, MicrosPerSecond);
        }
        if (at < text.length) fail('format');
      }
      return built;
    } else fail('format');
    hasField = true;
  }
  return built;
}

// ------------------------------------------------------------------------------------------------------------------- input

export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601';

/** @throws DbError 22007, 22015, 22008 */
export function parseInterval(text: string, typmod: number, style: IntervalStyle = 'postgres'): Interval {
  const built = decoding(text, 'interval', () => {
    try {
      try {
        return decodeFields(splitFields(text), intervalFields(typmod), style === 'sql_standard');
      } catch (error) {
        if (error instanceof DateTimeFaultError && error.fault === 'format') return decodeIso8601(text);
        throw error;
      }
    } catch (error) {
      if (error instanceof DateTimeFaultError && error.fault === 'field') throw new DateTimeFaultError('interval-field');
      throw error;
    }
  });
  return applyIntervalTypmod(built.finish(), typmod);
}

/** Drops what lies below the declared fields and rounds to the declared precision. */
export function applyIntervalTypmod(value: Interval, typmod: number): Interval {
  if (typmod < 0) return value;
  const fields = intervalFields(typmod);
  let { months, days, micros } = value;
  if (fields !== IntervalFullRange) {
    if ((fields & ~(IntervalField.Year | IntervalField.Month)) === 0) {
      if (fields === IntervalField.Year) months = Math.trunc(months / 12) * 12 + 0;
      days = 0;
      micros = 0;
    } else if (fields === IntervalField.Day) micros = 0;
    else if ((fields & IntervalField.Second) === 0) {
      const unit = BigInt((fields & IntervalField.Minute) !== 0 ? MicrosPerMinute : MicrosPerHour);
      micros = canonicalInt8((BigInt(micros) / unit) * unit);
    }
  }
  return new Interval(months, days, roundedMicros(micros, intervalPrecision(typmod)));
}

/** Next to the ends of int8 what is added for rounding wraps around, as it does in PostgreSQL 15. */
function roundedMicros(micros: number | bigint, precision: number): number | bigint {
  if (typeof micros === 'number') return roundMicros(micros, precision);
  if (precision >= 6) return micros;
  const unit = 10n ** BigInt(6 - precision);
  const magnitude = (BigInt.asIntN(64, BigInt.asIntN(64, micros < 0n ? -micros : micros) + unit / 2n) / unit) * unit;
  return canonicalInt8(BigInt.asIntN(64, micros < 0n ? -magnitude : magnitude));
}

// ------------------------------------------------------------------------------------------------------------------- output

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
}

/** All parts have the signs of what they come from. Hours reach 2.6 * 10^9, well within a double. */
export function intervalParts(value: Interval): Parts {
  const year = Math.trunc(value.months / 12) + 0;
  const month = (value.months % 12) + 0;
  let hour: number;
  let rest: number;
  if (typeof value.micros === 'number') {
    hour = Math.trunc(value.micros / MicrosPerHour) + 0;
    rest = value.micros - hour * MicrosPerHour;
  } else {
    const big = value.micros / BigInt(MicrosPerHour);
    hour = Number(big);
    rest = Number(value.micros - big * BigInt(MicrosPerHour));
  }
  const minute = Math.trunc(rest / MicrosPerMinute) + 0;
  rest -= minute * MicrosPerMinute;
  const second = Math.trunc(rest / MicrosPerSecond) + 0;
  return { year, month, day: value.days, hour, minute, second, micros: rest - second * MicrosPerSecond + 0 };
}

const secondsText = (p: Parts, isPadded: boolean): string => {
  const second = Math.abs(p.second);
  return (isPadded ? two(second) : String(second)) + fractionText(Math.abs(p.micros));
};

export function formatInterval(value: Interval, style: IntervalStyle = 'postgres'): string {
  const parts = intervalParts(value);
  switch (style) {
    case 'postgres':
      return formatPostgres(parts);
    case 'postgres_verbose':
      return formatVerbose(parts);
    case 'sql_standard':
      return formatSqlStandard(parts);
    case 'iso_8601':
      return formatIso8601(parts);
  }
}

function formatPostgres(p: Parts): string {
  let text = '';
  let wasNegative = false;
  for (const [count, unit] of [[p.year, 'year'], [p.month, 'mon'], [p.day, 'day']] as const) {
    if (count === 0) continue;
    text += `${text === '' ? '' : ' '}${wasNegative && count > 0 ? '+' : ''}${count} ${unit}${count === 1 ? '' : 's'}`;
    wasNegative = count < 0;
  }
  if (text !== '' && p.hour === 0 && p.minute === 0 && p.second === 0 && p.micros === 0) return text;
  const isNegative = p.hour < 0 || p.minute < 0 || p.second < 0 || p.micros < 0;
  const sign = isNegative ? '-' : wasNegative ? '+' : '';
  return `${text}${text === '' ? '' : ' '}${sign}${two(Math.abs(p.hour))}:${two(Math.abs(p.minute))}:${secondsText(p, true)}`;
}

function formatVerbose(p: Parts): string {
  let text = '@';
  let isZero = true;
  let isAgo = false;
  for (const [count, unit] of [[p.year, 'year'], [p.month, 'mon'], [p.day, 'day'], [p.hour, 'hour'], [p.minute, 'min']] as const) {
    if (count === 0) continue;
    let shown = count;
    if (isZero) {
      isAgo = count < 0;
      shown = Math.abs(count);
    } else if (isAgo) shown = 0 - count;
    text += ` ${shown} ${unit}${shown === 1 ? '' : 's'}`;
    isZero = false;
  }
  if (p.second !== 0 || p.micros !== 0) {
    text += ' ';
    if (p.second < 0 || p.micros < 0) {
      if (isZero) isAgo = true;
      else if (!isAgo) text += '-';
    } else if (isAgo) text += '-';
    text += `${secondsText(p, false)} sec${Math.abs(p.second) !== 1 || p.micros !== 0 ? 's' : ''}`;
    isZero = false;
  }
  return `${text}${isZero ? ' 0' : ''}${isAgo ? ' ago' : ''}`;
}

function formatSqlStandard(p: Parts): string {
  const values = [p.year, p.month, p.day, p.hour, p.minute, p.second, p.micros];
  const hasNegative = values.some((n) => n < 0);
  const hasPositive = values.some((n) => n > 0);
  if (!hasNegative && !hasPositive) return '0';
  const hasYearMonth = p.year !== 0 || p.month !== 0;
  const hasDayTime = values.slice(2).some((n) => n !== 0);
  const isStandard = !(hasNegative && hasPositive) && (!hasYearMonth || !hasDayTime);
  const clock = (): string => `${Math.abs(p.hour)}:${two(Math.abs(p.minute))}:${secondsText(p, true)}`;
  if (!isStandard) {
    const isTimeNegative = p.hour < 0 || p.minute < 0 || p.second < 0 || p.micros < 0;
    const yearSign = p.year < 0 || p.month < 0 ? '-' : '+';
    return `${yearSign}${Math.abs(p.year)}-${Math.abs(p.month)} ${p.day < 0 ? '-' : '+'}${Math.abs(p.day)} ${isTimeNegative ? '-' : '+'}${clock()}`;
  }
  const sign = hasNegative ? '-' : '';
  if (hasYearMonth) return `${sign}${Math.abs(p.year)}-${Math.abs(p.month)}`;
  return p.day !== 0 ? `${sign}${Math.abs(p.day)} ${clock()}` : `${sign}${clock()}`;
}

function formatIso8601(p: Parts): string {
  if (Object.values(p).every((n: number) => n === 0)) return 'PT0S';
  const part = (count: number, unit: string): string => (count === 0 ? '' : `${count}${unit}`);
  const date = part(p.year, 'Y') + part(p.month, 'M') + part(p.day, 'D');
  if (p.hour === 0 && p.minute === 0 && p.second === 0 && p.micros === 0) return `P${date}`;
  const seconds = p.second !== 0 || p.micros !== 0 ? `${p.second < 0 || p.micros < 0 ? '-' : ''}${secondsText(p, false)}S` : '';
  return `P${date}T${part(p.hour, 'H')}${part(p.minute, 'M')}${seconds}`;
}
