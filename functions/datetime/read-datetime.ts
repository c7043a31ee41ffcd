/**
 * to_date, to_timestamp and jsonpath's datetime(): times read by a template (datetime-template.ts).
 *
 * Reading is lenient as PostgreSQL's is: outside of FX mode blanks and separators match loosely, numbers take the digits there
 * are when something that is no digit follows in the template. jsonpath's reading is strict: every character matches.
 *
 * Source: PostgreSQL's formatting.c (DCH_from_char, do_to_timestamp, parse_datetime).
 */
import {
  civilOfDays, daysInMonth, daysOfCivil, isLeapYear, isTimestampInRange, microsOfClock,
  mondayOfIsoWeek, roundMicros, timestampOf, DateMin, DateMax, EpochJulianDay,
} from '../../base/calendar.js';
import { DbError } from '../../base/errors.js';
import { sessionZone } from '../../base/text-env.js';
import { offsetOfLocal } from '../../base/timezone.js';
import type { EvalContext } from '../registry.js';
import { dayNames, isSeparator, isSpace, monthNames, parseTemplate, romanMonths, type Action, type Convention, type FormatNode } from './datetime-template.js';

/** Fields as read; 0 means not given. */
interface Fields {
  convention: Convention;
  hour: number;
  isTwelveHour: boolean;
  afternoon: number;
  minute: number;
  second: number;
  daySeconds: number;
  weekday: number;
  day: number;
  yearDay: number;
  month: number;
  millis: number;
  year: number;
  yearDigits: number;
  era: number;
  week: number;
  monthWeek: number;
  century: number;
  julianDay: number;
  micros: number;
  /** Digits of the seconds' fraction that the result keeps, 0 for all. */
  precision: number;
  zoneSign: number;
  zoneHour: number;
  zoneMinute: number;
}

const formatError = (message: string, detail?: string, hint?: string): DbError => new DbError('22007', message, { detail, hint });

class TimeReader {
  readonly #nodes: readonly FormatNode[];
  readonly #input: string;
  #at = 0;
  readonly fields: Fields = {
    convention: 'none', hour: 0, isTwelveHour: false, afternoon: 0, minute: 0, second: 0, daySeconds: 0, weekday: 0, day: 0, yearDay: 0, month: 0,
    millis: 0, year: 0, yearDigits: 0, era: 0, week: 0, monthWeek: 0, century: 0, julianDay: 0, micros: 0, precision: 0, zoneSign: 0, zoneHour: 0, zoneMinute: 0,
  };

  /** Every character of the template matches, and nothing is left of the input. */
  readonly #isStrict: boolean;

  constructor(nodes: readonly FormatNode[], input: string, isStrict = false) {
    this.#nodes = nodes;
    this.#input = input;
    this.#isStrict = isStrict;
  }

  read(): Fields {
    const input = this.#input;
    let isExact = this.#isStrict;
    let extraSkipped = 0;
    let i = 0;
    for (; i < this.#nodes.length && this.#at < input.length; i++) {
      const node: FormatNode = this.#nodes[i]!;
      if (!isExact && (node.kind === 'action' ? node.pattern.key !== 'FX' : i === 0)) extraSkipped += this.#skipSpace();
      if (node.kind === 'space' || node.kind === 'separator') {
        if (this.#isStrict) this.#match(node.text, 'separator');
        else if (isExact) this.#skipCharacter();
        else {
          extraSkipped--;
          if (isSpace(input[this.#at]) || (input[this.#at] !== undefined && isSeparator(input[this.#at]!))) {
            this.#at++;
            extraSkipped++;
          }
        }
        continue;
      }
      if (node.kind !== 'action') {
        if (this.#isStrict) this.#match(node.text, 'character');
        else if (isExact || extraSkipped <= 0) this.#skipCharacter();
        else extraSkipped--;
        continue;
      }
      const { pattern } = node;
      if (pattern.convention !== 'none') {
        if (this.fields.convention === 'none') this.fields.convention = pattern.convention;
        else if (this.fields.convention !== pattern.convention) {
          throw formatError('invalid combination of date conventions', undefined, 'Do not mix Gregorian and ISO week date conventions in a formatting template.');
        }
      }
      if (pattern.key === 'FX') isExact = true;
      else this.#pattern(i, node, extraSkipped);
      if (!isExact) extraSkipped = this.#skipSpace();
    }
    if (this.#isStrict) {
      if (i < this.#nodes.length) throw formatError('input string is too short for datetime format');
      this.#skipSpace();
      if (this.#at < input.length) throw formatError('trailing characters remain in input string after datetime format');
    }
    return this.fields;
  }

  #match(text: string, what: 'separator' | 'character'): void {
    if (!this.#input.startsWith(text, this.#at)) throw formatError(`unmatched format ${what} "${text}"`);
    this.#at += text.length;
  }

  #skipSpace(): number {
    const start = this.#at;
    while (isSpace(this.#input[this.#at])) this.#at++;
    return this.#at - start;
  }
  #skipCharacter(): void {
    if (this.#at < this.#input.length) this.#at += this.#input.codePointAt(this.#at)! > 0xffff ? 2 : 1;
  }

  #set(field: Exclude<keyof Fields, 'convention' | 'isTwelveHour'>, value: number, name: string): void {
    const old = this.fields[field];
    if (old !== 0 && old !== value) {
      throw formatError(`conflicting values for "${name}" field in formatting string`, 'This value contradicts a previous setting for the same field type.');
    }
    this.fields[field] = value;
  }

  /** Whether what follows in the template is no digit, so that a number may take all digits there are. */
  #isNextSeparator(i: number): boolean {
    const node = this.#nodes[i]!;
    if (node.kind === 'action' && node.ordinal !== '') return true;
    const next = this.#nodes[i + 1];
    if (next === undefined) return true;
    return next.kind === 'action' ? !next.pattern.isDigit : !/^\d$/.test(next.text);
  }

  /** An integer of `length` digits, or as many as there are. Returns the characters it took. */
  #integer(i: number, length: number): { value: number; width: number } {
    const node = this.#nodes[i] as Action;
    const { name } = node.pattern;
    const start = this.#at;
    this.#skipSpace();
    const rest = this.#input.slice(this.#at);
    let digits: string;
    if (node.isFill || this.#isNextSeparator(i)) {
      digits = /^[+-]?\d+/.exec(rest)?.[0] ?? '';
      if (digits === '') this.#at = start;
    } else {
      const hint = 'If your source string is not fixed-width, try using the "FM" modifier.';
      if (rest.length < length) {
        throw formatError(`source string too short for "${name}" formatting field`, `Field requires ${length} characters, but only ${rest.length} remain.`, hint);
      }
      const taken = rest.slice(0, length);
      digits = /^\s*[+-]?\d+/.exec(taken)?.[0] ?? '';
      if (digits.length > 0 && digits.length < length) {
        throw formatError(`invalid value "${taken}" for "${name}"`, `Field requires ${length} characters, but only ${digits.length} could be parsed.`, hint);
      }
    }
    if (digits === '') throw formatError(`invalid value "${this.#input.slice(this.#at, this.#at + length)}" for "${name}"`, 'Value must be an integer.');
    this.#at += digits.length;
    const value = Number(digits);
    if (value > 2147483647 || value < -2147483648) {
      throw new DbError('22008', `value for "${name}" in source string is out of range`, { detail: 'Value must be in the range -2147483648 to 2147483647.' });
    }
    return { value: value + 0, width: this.#at - start };
  }

  /** The position of the word that stands here among `words`. */
  #word(words: readonly string[], name: string): number {
    const rest = this.#input.slice(this.#at).toLowerCase();
    const index = words.findIndex((word) => rest.startsWith(word.toLowerCase()));
    if (index < 0) {
      const shown = this.#input.slice(this.#at).split(/[ \t\n\r\f\v]/)[0]!;
      throw formatError(`invalid value "${shown}" for "${name}"`, 'The given value did not match any of the allowed values for this field.');
    }
    this.#at += words[index]!.length;
    return index;
  }

  #pattern(i: number, node: Action, extraSkipped: number): void {
    const { name, key } = node.pattern;
    const integer = (field: Exclude<keyof Fields, 'convention' | 'isTwelveHour'>, length = name.length): number => {
      const { value, width } = this.#integer(i, length);
      this.#set(field, value, name);
      if (node.ordinal !== '') {
        this.#skipCharacter();
        this.#skipCharacter();
      }
      return width;
    };
    const partialYear = (digits: number): void => {
      const { value, width } = this.#integer(i, name.length);
      const year = width >= 4 ? value : value < 70 ? value + 2000 : value < 100 ? value + 1900 : value < 520 ? value + 2000 : value < 1000 ? value + 1000 : value;
      this.#set('year', value, name);
      this.fields.year = year;
      this.fields.yearDigits = digits;
      if (node.ordinal !== '') {
        this.#skipCharacter();
        this.#skipCharacter();
      }
    };
    switch (key) {
      case 'A.M.':
      case 'P.M.':
      case 'AM':
      case 'PM':
        this.#set('afternoon', this.#word(key.includes('.') ? ['a.m.', 'p.m.'] : ['am', 'pm'], name), name);
        this.fields.isTwelveHour = true;
        return;
      case 'HH':
      case 'HH12':
        integer('hour', 2);
        this.fields.isTwelveHour = true;
        return;
      case 'HH24':
        integer('hour', 2);
        return;
      case 'MI':
        integer('minute');
        return;
      case 'SS':
        integer('second');
        return;
      case 'MS': {
        const width = integer('millis', 3);
        this.fields.millis *= width === 1 ? 100 : width === 2 ? 10 : 1;
        return;
      }
      case 'FF1':
      case 'FF2':
      case 'FF3':
      case 'FF4':
      case 'FF5':
      case 'FF6':
      case 'US': {
        if (key !== 'US') this.fields.precision = Number(key[2]);
        const width = integer('micros', key === 'US' ? 6 : Number(key[2]));
        this.fields.micros *= width < 6 ? 10 ** (6 - width) : 1;
        return;
      }
      case 'SSSS':
      case 'SSSSS':
        integer('daySeconds');
        return;
      case 'TZ':
      case 'OF':
        throw new DbError('0A000', `formatting field "${name}" is only supported in to_char`);
      case 'TZH': {
        const c = this.#input[this.#at];
        if (c === '+' || c === '-' || c === ' ') {
          this.fields.zoneSign = c === '-' ? -1 : 1;
          this.#at++;
        } else this.fields.zoneSign = extraSkipped > 0 && this.#input[this.#at - 1] === '-' ? -1 : 1;
        integer('zoneHour', 2);
        return;
      }
      case 'TZM':
        if (this.fields.zoneSign === 0) this.fields.zoneSign = 1;
        integer('zoneMinute', 2);
        return;
      case 'A.D.':
      case 'B.C.':
      case 'AD':
      case 'BC':
        this.#set('era', this.#word(key.includes('.') ? ['a.d.', 'b.c.'] : ['ad', 'bc'], name), name);
        return;
      case 'MONTH':
        this.#set('month', this.#word(monthNames, name) + 1, name);
        return;
      case 'MON':
        this.#set('month', this.#word(monthNames.map((word) => word.slice(0, 3)), name) + 1, name);
        return;
      case 'MM':
        integer('month');
        return;
      case 'DAY':
      case 'DY': {
        const index = this.#word(key === 'DAY' ? dayNames : dayNames.map((word) => word.slice(0, 3)), name);
        this.#set('weekday', index, name);
        this.fields.weekday = index + 1;
        return;
      }
      case 'DDD':
        integer('yearDay');
        return;
      case 'IDDD':
        integer('yearDay', 3);
        return;
      case 'DD':
        integer('day');
        return;
      case 'D':
        integer('weekday');
        return;
      case 'ID':
        integer('weekday', 1);
        // Sunday is 1 from here on.
        this.fields.weekday = this.fields.weekday + 1 > 7 ? 1 : this.fields.weekday + 1;
        return;
      case 'WW':
      case 'IW':
        integer('week');
        return;
      case 'Q':
        // A quarter says nothing of the day; it is read and forgotten.
        this.#integer(i, name.length);
        return;
      case 'CC':
        integer('century');
        return;
      case 'Y,YYY': {
        const match = /^\s*([+-]?\d+),(\d{1,3})/.exec(this.#input.slice(this.#at));
        if (match === null) throw formatError('invalid input string for "Y,YYY"');
        this.#set('year', Number(match[1]) * 1000 + Number(match[2]), name);
        this.fields.yearDigits = 4;
        this.#at += match[0].length;
        return;
      }
      case 'YYYY':
      case 'IYYY':
        integer('year');
        this.fields.yearDigits = 4;
        return;
      case 'YYY':
      case 'IYY':
        partialYear(3);
        return;
      case 'YY':
      case 'IY':
        partialYear(2);
        return;
      case 'Y':
      case 'I':
        partialYear(1);
        return;
      case 'RM':
        this.#set('month', 12 - this.#word(romanMonths, name), name);
        return;
      case 'W':
        integer('monthWeek');
        return;
      case 'J':
        integer('julianDay');
    }
  }
}

interface ReadTime {
  readonly days: number;
  readonly micros: number;
  /** Seconds west, undefined when the text named no zone. */
  readonly zoneSeconds: number | undefined;
  readonly precision: number;
}

/** Puts the fields together. @throws DbError 22007, 22008, 22009 */
function combine(f: Fields, text: string): ReadTime {
  const outOfRange = (): DbError => new DbError('22008', `date/time field value out of range: "${text}"`);
  let hour = Math.trunc(f.daySeconds / 3600);
  let minute = Math.trunc((f.daySeconds % 3600) / 60);
  let second = f.daySeconds % 60;
  if (f.second !== 0) second = f.second;
  if (f.minute !== 0) minute = f.minute;
  if (f.hour !== 0) hour = f.hour;
  if (f.isTwelveHour) {
    if (hour < 1 || hour > 12) {
      throw formatError(`hour "${hour}" is invalid for the 12-hour clock`, undefined, 'Use the 24-hour clock, or give an hour between 1 and 12.');
    }
    if (f.afternoon !== 0 && hour < 12) hour += 12;
    else if (f.afternoon === 0 && hour === 12) hour = 0;
  }
  const known = { year: false, month: false, day: false };
  let year = 0;
  let month = 1;
  let day = 1;
  const setDays = (days: number): void => {
    const civil = civilOfDays(days);
    year = civil.year;
    month = civil.month;
    day = civil.day;
    known.year = known.month = known.day = true;
  };
  if (f.year !== 0) {
    if (f.century !== 0 && f.yearDigits <= 2) {
      const century = f.era !== 0 ? -f.century : f.century;
      year = f.year % 100;
      if (year !== 0) year = century >= 0 ? year + (century - 1) * 100 : (century + 1) * 100 - year + 1;
      else year = century * 100 + (century >= 0 ? 0 : 1);
    } else {
      year = f.era !== 0 ? -f.year : f.year;
      if (year < 0) year++;
    }
    known.year = true;
  } else if (f.century !== 0) {
    const century = f.era !== 0 ? -f.century : f.century;
    year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
    known.year = true;
  }
  if (f.julianDay !== 0) setDays(f.julianDay - EpochJulianDay);
  let yearDay = f.yearDay;
  let monthDay = f.day;
  if (f.week !== 0) {
    if (f.convention === 'iso') {
      // Without a day of the week, its Monday.
      const offset = f.weekday === 0 ? 0 : f.weekday > 1 ? f.weekday - 2 : 6;
      setDays(mondayOfIsoWeek(year, f.week) + offset);
    } else yearDay = (f.week - 1) * 7 + 1;
  }
  if (f.monthWeek !== 0) monthDay = (f.monthWeek - 1) * 7 + 1;
  if (monthDay !== 0) {
    day = monthDay;
    known.day = true;
  }
  if (f.month !== 0) {
    month = f.month;
    known.month = true;
  }
  if (yearDay !== 0 && (month <= 1 || day <= 1)) {
    if (year === 0 && f.era === 0) throw formatError('cannot calculate day of year without year information');
    if (f.convention === 'iso') setDays(mondayOfIsoWeek(year, 1) + yearDay - 1);
    else {
      let rest = yearDay;
      let m = 1;
      while (m <= 12 && rest > daysInMonth(year, m)) rest -= daysInMonth(year, m++);
      if (m > 12 && yearDay > (isLeapYear(year) ? 366 : 365)) m = 13;
      if (month <= 1) month = m;
      if (day <= 1) day = rest;
      known.month = known.day = true;
    }
  }
  const micros = f.millis * 1000 + f.micros;
  if (known.month && (month < 1 || month > 12)) throw outOfRange();
  if (known.day && (day < 1 || day > 31)) throw outOfRange();
  if (known.year && known.month && known.day && day > daysInMonth(year, month)) throw outOfRange();
  if (hour < 0 || hour >= 24 || minute < 0 || minute >= 60 || second < 0 || second >= 60 || micros < 0 || micros >= 1_000_000) throw outOfRange();
  let zoneSeconds: number | undefined;
  if (f.zoneSign !== 0) {
    if (f.zoneHour < 0 || f.zoneHour > 15 || f.zoneMinute < 0 || f.zoneMinute >= 60) throw new DbError('22009', `time zone displacement out of range: "${text}"`);
    zoneSeconds = 0 - f.zoneSign * (f.zoneHour * 3600 + f.zoneMinute * 60);
  }
  return { days: daysOfCivil(year, month, day), micros: microsOfClock(hour, minute, second, micros), zoneSeconds, precision: f.precision };
}

const readTime = (text: string, format: string): ReadTime => combine(new TimeReader(parseTemplate(format), text).read(), text);

/** @throws DbError 22007, 22008 */
export function parseDateBy(text: string, format: string): number {
  const { days } = readTime(text, format);
  if (days < DateMin || days > DateMax) throw new DbError('22008', `date out of range: "${text}"`);
  return days;
}

/** @throws DbError 22007, 22008, 22009 */
export function parseTimestampBy(text: string, format: string, ctx: EvalContext): number | bigint {
  const { days, micros, zoneSeconds, precision } = readTime(text, format);
  if (days < DateMin - 1 || days > 106751985) throw new DbError('22008', 'timestamp out of range');
  const seconds = zoneSeconds ?? 0 - offsetOfLocal(sessionZone(ctx), (days + 10957) * 86400 + Math.floor(micros / 1_000_000));
  const timestamp = timestampOf(days, micros + seconds * 1_000_000);
  if (!isTimestampInRange(timestamp)) throw new DbError('22008', 'timestamp out of range');
  return precision === 0 ? timestamp : roundMicros(timestamp, precision);
}

export type ReadKind = 'date' | 'time' | 'timetz' | 'timestamp' | 'timestamptz';

export interface ReadDatetime {
  readonly kind: ReadKind;
  /** Days for a date, microseconds of the day for times, microseconds since 2000-01-01 (in UTC for timestamptz) for timestamps. */
  readonly value: number | bigint;
  /** Seconds west of Greenwich as the text gave them. */
  readonly zoneSeconds: number;
}

const dated = /^(A\.?D\.?|B\.?C\.?|MONTH|MON|MM|DAY|DY|D|DD|DDD|IDDD|ID|WW|W|IW|Q|CC|Y,YYY|I?YYYY|I?YYY|I?YY|IYYY|IYY|IY|I|Y|RM|J)$/;
const zoned = /^(TZ|OF|TZH|TZM)$/;

/** A time as the template says, and only so; its type is what the template holds. @throws DbError 22007, 22008 */
export function parseDatetimeStrictly(text: string, format: string): ReadDatetime {
  const nodes = parseTemplate(format);
  const bad = nodes.find((node) => (node.kind === 'separator' || node.kind === 'space' || node.kind === 'character') && !node.isQuoted && !"-./,':; ".includes(node.text));
  if (bad !== undefined) throw formatError(`invalid datetime format separator: "${(bad as { text: string }).text}"`);
  const keys = nodes.flatMap((node) => (node.kind === 'action' && node.pattern.key !== 'FX' ? [node.pattern.key] : []));
  const isDated = keys.some((key) => dated.test(key));
  const isZoned = keys.some((key) => zoned.test(key));
  const isTimed = keys.some((key) => !dated.test(key) && !zoned.test(key));
  const { days, micros, zoneSeconds, precision } = combine(new TimeReader(nodes, text, true).read(), text);
  const rounded = (value: number | bigint): number | bigint => (precision === 0 ? value : roundMicros(value, precision));
  const zone = (type: string): number => {
    if (zoneSeconds === undefined) throw formatError(`missing time zone in input string for type ${type}`);
    return zoneSeconds;
  };
  if (!isDated) {
    if (!isTimed) throw formatError('datetime format is not dated and not timed');
    return isZoned ? { kind: 'timetz', value: rounded(micros), zoneSeconds: zone('timetz') } : { kind: 'time', value: rounded(micros), zoneSeconds: 0 };
  }
  if (!isTimed) {
    if (isZoned) throw formatError('datetime format is zoned but not timed');
    if (days < DateMin || days > DateMax) throw new DbError('22008', `date out of range: "${text}"`);
    return { kind: 'date', value: days, zoneSeconds: 0 };
  }
  const seconds = isZoned ? zone('timestamptz') : 0;
  const timestamp = timestampOf(days, micros + seconds * 1_000_000);
  if (days < DateMin - 1 || days > 106751985 || !isTimestampInRange(timestamp)) throw new DbError('22008', `${isZoned ? 'timestamptz' : 'timestamp'} out of range`);
  return { kind: isZoned ? 'timestamptz' : 'timestamp', value: rounded(timestamp), zoneSeconds: seconds };
}
