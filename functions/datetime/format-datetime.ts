/**
 * to_char of times and intervals: templates such as `YYYY-MM-DD HH24:MI:SS.US`, `Day, DD Mon`, `IYYY-IW-ID` (datetime-template.ts) filled in.
 *
 * Source: PostgreSQL's formatting.c (DCH_to_char).
 */
import {
  civilOfTimestamp, dayOfWeek, dayOfYear, daysOfCivil, isInfinite, isoWeek,
  mondayOfIsoWeek, unixSeconds, EpochJulianDay, type CivilTime,
} from '../../base/calendar.js';
import { DbError } from '../../base/errors.js';
import type { Interval } from '../../base/interval.js';
import { addInt8 } from '../../base/interval.js';
import { intervalParts } from '../../base/interval-text.js';
import { sessionZone } from '../../base/text-env.js';
import { ordinalSuffix } from '../format-number.js';
import type { EvalContext } from '../registry.js';
import { dayNames, monthNames, parseTemplate, romanMonths, type Action, type FormatNode } from './datetime-template.js';

/** What is shown: a moment on calendar and clock, or the parts of an interval. */
interface Shown extends CivilTime {
  readonly yearDay: number;
  readonly weekday: number;
  readonly isInterval: boolean;
  readonly zone: { readonly offset: number; readonly name: string } | undefined;
}

/** The case of a pattern's name is that of the word it prints. */
function inCaseOf(name: string, word: string): string {
  if (name[0] === name[0]!.toLowerCase()) return word.toLowerCase();
  return name[1] === name[1]!.toLowerCase() ? word : word.toUpperCase();
}

function write(nodes: readonly FormatNode[], t: Shown): string {
  let out = '';
  for (const node of nodes) out += node.kind === 'action' ? writePattern(node, t) : node.text;
  return out;
}

function writePattern(node: Action, t: Shown): string {
  const { isFill, ordinal } = node;
  const { name, key } = node.pattern;
  /** Zero-padded, one wider for the sign of a negative number. */
  const number = (value: number, width: number): string => {
    const digits = isFill ? String(value) : `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(width, '0')}`;
    return ordinal === '' ? digits : digits + ordinalSuffix(digits, ordinal === 'TH');
  };
  const padded = (word: string, width: number): string => (isFill || (node.isUnpadded && key !== 'RM') ? word : word.padEnd(width));
  /** The same with the sign inside of the width. */
  const tight = (value: number, width: number): string => {
    const digits = isFill ? String(value) : cDigits(value, width);
    return ordinal === '' ? digits : digits + ordinalSuffix(digits, ordinal === 'TH');
  };
  const dateOnly = (): void => {
    if (t.isInterval) {
      throw new DbError('22007', 'invalid format specification for an interval value', { hint: 'Intervals are not tied to specific calendar dates.' });
    }
  };
  const shownYear = (year: number): number => (t.isInterval || year > 0 ? year : 1 - year);
  switch (key) {
    case 'A.M.':
    case 'P.M.':
    case 'AM':
    case 'PM': {
      const isAfternoon = ((t.hour % 24) + 24) % 24 >= 12;
      const word = isAfternoon ? 'PM' : 'AM';
      const text = key.includes('.') ? `${word[0]!}.M.` : word;
      return name[0] === key[0] ? text : text.toLowerCase();
    }
    case 'HH':
    case 'HH12':
      // A negative hour has room for its sign, also where it shows as 12.
      return t.hour % 12 === 0 ? number(12, t.hour < 0 ? 3 : 2) : number(t.hour % 12, 2);
    case 'HH24':
      return number(t.hour, 2);
    case 'MI':
      return number(t.minute, 2);
    case 'SS':
      return number(t.second, 2);
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6': {
      const width = Number(key[2]);
      return fraction(Math.trunc(t.micros / 10 ** (6 - width)), width, ordinal);
    }
    case 'MS':
      return fraction(Math.trunc(t.micros / 1000), 3, ordinal);
    case 'US':
      return fraction(t.micros, 6, ordinal);
    case 'SSSS':
    case 'SSSSS':
      return fraction(t.hour * 3600 + t.minute * 60 + t.second, 0, ordinal);
    case 'TZ':
      dateOnly();
      return t.zone === undefined ? '' : name === 'tz' ? t.zone.name.toLowerCase() : t.zone.name;
    case 'TZH': {
      dateOnly();
      const offset = t.zone?.offset ?? 0;
      return `${offset >= 0 ? '+' : '-'}${String(Math.trunc(Math.abs(offset) / 3600)).padStart(2, '0')}`;
    }
    case 'TZM':
      dateOnly();
      return String(Math.trunc((Math.abs(t.zone?.offset ?? 0) % 3600) / 60)).padStart(2, '0');
    case 'OF': {
      dateOnly();
      const offset = t.zone?.offset ?? 0;
      const minutes = Math.trunc((Math.abs(offset) % 3600) / 60);
      const hours = String(Math.trunc(Math.abs(offset) / 3600)).padStart(isFill ? 0 : 2, '0');
      return `${offset >= 0 ? '+' : '-'}${hours}${Math.abs(offset) % 3600 === 0 ? '' : `:${String(minutes).padStart(2, '0')}`}`;
    }
    case 'A.D.':
    case 'B.C.':
    case 'AD':
    case 'BC': {
      dateOnly();
      const word = t.year <= 0 ? 'BC' : 'AD';
      const text = key.includes('.') ? `${word[0]!}.${word[1]!}.` : word;
      return name[0] === key[0] ? text : text.toLowerCase();
    }
    case 'MONTH':
    case 'MON': {
      dateOnly();
      if (t.month === 0) return '';
      const word = monthNames[t.month - 1]!;
      return key === 'MON' ? inCaseOf(name, word.slice(0, 3)) : padded(inCaseOf(name, word), 9);
    }
    case 'MM':
      return number(t.month, 2);
    case 'DAY':
      dateOnly();
      return padded(inCaseOf(name, dayNames[t.weekday]!), 9);
    case 'DY':
      dateOnly();
      return inCaseOf(name, dayNames[t.weekday]!.slice(0, 3));
    case 'DDD':
      return tight(t.yearDay, 3);
    case 'IDDD':
      dateOnly();
      return number(isoDayOfYear(t), 3);
    case 'DD':
      return tight(t.day, 2);
    case 'D':
      dateOnly();
      return number(t.weekday + 1, 1);
    case 'ID':
      dateOnly();
      return number(t.weekday === 0 ? 7 : t.weekday, 1);
    case 'WW':
      return number(Math.trunc((t.yearDay - 1) / 7) + 1, 2);
    case 'IW':
      dateOnly();
      return number(isoWeek(t.year, t.month, t.day).week, 2);
    case 'Q':
      return t.month === 0 ? '' : number(Math.trunc((t.month - 1) / 3) + 1, 1);
    case 'CC': {
      const century = t.isInterval ? Math.trunc(t.year / 100) : t.year > 0 ? Math.trunc((t.year - 1) / 100) + 1 : Math.trunc(t.year / 100) - 1;
      return number(century, century <= 99 && century >= -99 ? 2 : 0);
    }
    case 'Y,YYY': {
      const year = shownYear(t.year);
      const thousands = Math.trunc(year / 1000);
      const text = `${thousands},${cDigits(year - thousands * 1000, 3)}`;
      return ordinal === '' ? text : text + ordinalSuffix(text, ordinal === 'TH');
    }
    case 'YYYY':
      return number(shownYear(t.year), 4);
    case 'YYY':
      return number(shownYear(t.year) % 1000, 3);
    case 'YY':
      return number(shownYear(t.year) % 100, 2);
    case 'Y':
      return number(shownYear(t.year) % 10, 1);
    case 'IYYY':
    case 'IYY':
    case 'IY':
    case 'I':
      dateOnly();
      return number(shownYear(isoWeek(t.year, t.month, t.day).isoYear) % [10, 100, 1000, 1e9][key.length - 1]!, key.length);
    case 'RM': {
      if (t.month === 0 && t.year === 0) return '';
      const index = t.month === 0 ? (t.year >= 0 ? 0 : 11) : t.month < 0 ? -(t.month + 1) : 12 - t.month;
      return padded(inCaseOf(name, romanMonths[index]!), 4);
    }
    case 'W':
      return number(Math.trunc((t.day - 1) / 7) + 1, 1);
    case 'J':
      // An interval's may leave C's int.
      return number((daysOfCivil(t.year, t.month, t.day) + EpochJulianDay) | 0, 0);
    default:
      return '';
  }
}

const cDigits = (value: number, width: number): string => `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(width - (value < 0 ? 1 : 0), '0')}`;
function fraction(value: number, width: number, ordinal: '' | 'TH' | 'th'): string {
  const digits = cDigits(value, width);
  return ordinal === '' ? digits : digits + ordinalSuffix(digits, ordinal === 'TH');
}

function isoDayOfYear(t: Shown): number {
  const date = daysOfCivil(t.year, t.month, t.day);
  return date - mondayOfIsoWeek(isoWeek(t.year, t.month, t.day).isoYear, 1) + 1;
}

function shownTimestamp(local: number | bigint, zone: Shown['zone']): Shown {
  const civil = civilOfTimestamp(local);
  const days = daysOfCivil(civil.year, civil.month, civil.day);
  return { ...civil, yearDay: dayOfYear(civil.year, civil.month, civil.day), weekday: dayOfWeek(days), isInterval: false, zone };
}

export function formatTimestampBy(timestamp: number | bigint, format: string): string | null {
  if (format === '' || isInfinite(timestamp)) return null;
  return write(parseTemplate(format), shownTimestamp(timestamp, undefined));
}
export function formatTimestampTzBy(timestamp: number | bigint, format: string, ctx: EvalContext): string | null {
  if (format === '' || isInfinite(timestamp)) return null;
  const zone = sessionZone(ctx);
  const moment = unixSeconds(timestamp);
  const offset = zone.offsetAt(moment);
  return write(parseTemplate(format), shownTimestamp(addInt8(timestamp, offset * 1_000_000)!, { offset, name: zone.abbreviationAt(moment) }));
}
export function formatIntervalBy(value: Interval, format: string): string | null {
  if (format === '') return null;
  const parts = intervalParts(value);
  // Counted as the template's day of the year: months of 30 days.
  const yearDay = ((parts.year * 12 + parts.month) * 30 + parts.day) | 0;
  return write(parseTemplate(format), { ...parts, yearDay, weekday: 0, isInterval: true, zone: undefined });
}
