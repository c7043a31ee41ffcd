/**
 * Reading dates and times. Text becomes fields (a run of digits, a word, something with colons, ...), and fields are assigned one by
 * one to year, month, day, hour and so on by what is still missing. The heuristics are PostgreSQL's, kept step by step because
 * people rely on their corners: `20040131`, `Jan 8 99 BC`, `y2001m02d04`, `2001.360`, `T040506.789-08`, `J2451187`.
 *
 * `assigned` collects a bit per field that has its value; a second value for the same field is an error.
 *
 * Source: PostgreSQL's datetime.c (ParseDateTime, DecodeDateTime, DecodeTimeOnly and what they call).
 */
import { EpochJulianDay, civilOfDays, civilOfTimestamp, clockOfMicros, daysInMonth, daysOfCivil, unixSeconds, type CivilTime } from './calendar.js';
import { fail, isDigit, splitFields, type Field } from './datetime-fields.js';
import { tokenOf, type Token, type Unit } from './datetime-words.js';
import { DbError } from './errors.js';
import { MicrosPerDay, addInt8, roundHalfEven } from './interval.js';
import type { DateStyle, TextEnv } from './text-env.js';
import { dateStyleOf, sessionZone } from './text-env.js';
import type { TimeZone } from './timezone.js';
import { findTimeZone, offsetOfLocal, zoneAbbreviation } from './timezone.js';

// ------------------------------------------------------------------------------------------------------------------- assignment

/** A bit per field. */
const F = {
  Year: 1, Month: 2, Day: 4, DayOfYear: 8, Hour: 16, Minute: 32, Second: 64, Millisecond: 128, Microsecond: 256, Zone: 512, Summer: 1024,
  SummerModifier: 2048, Meridiem: 4096, Era: 8192, Weekday: 16384, Reserved: 32768,
} as const;
const DateMask = F.Year | F.Month | F.Day;
const SecondsMask = F.Second | F.Millisecond | F.Microsecond;
const TimeMask = F.Hour | F.Minute | SecondsMask;

/** A decoded date and time. `zoneSeconds` is west-positive and undefined when no zone was resolved. */
export interface DecodedDateTime extends CivilTime {
  readonly kind: 'date' | 'time' | 'epoch' | 'late' | 'early';
  readonly zoneSeconds: number;
}

/** C's strtoint: leading digits as an int4. */
function leadingInt(text: string): { value: number; rest: string } {
  const match = /^[+-]?\d+/.exec(text);
  if (match === null) return { value: 0, rest: text };
  const value = Number(match[0]);
  if (value > 2147483647 || value < -2147483648) fail('field');
  return { value, rest: text.slice(match[0].length) };
}

/** C's atoi, whose results wrap. */
function wrappedInt(digits: string): number {
  const value = BigInt(digits);
  return Number(BigInt.asIntN(32, value > 9223372036854775807n ? 9223372036854775807n : value));
}

/** `.ddd` as microseconds. */
function fractionMicros(text: string): number {
  if (!/^\.\d*$/.test(text)) fail('format');
  return text === '.' ? 0 : roundHalfEven(Number(`0${text}`) * 1_000_000);
}

/** `+hh[:mm[:ss]]` or `+hhmm` to seconds west. */
function decodeZoneOffset(text: string): number {
  const match = /^([+-])([+-]?\d*)(?::([+-]?\d*)(?::([+-]?\d*))?)?(.*)$/.exec(text);
  if (match === null) return fail('format');
  let hour = Number(match[2]);
  let minute = Number(match[3] ?? 0);
  const second = Number(match[4] ?? 0);
  if (match[3] === undefined && match[5] === '' && text.length > 3) {
    minute = hour % 100;
    hour = Math.floor(hour / 100);
  }
  if (!(hour >= 0 && hour <= 15 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59)) fail('zone');
  if (match[5] !== '') fail('format');
  const seconds = (hour * 60 + minute) * 60 + second;
  return match[1] === '-' ? seconds : 0 - seconds;
}

class DateTimeDecoder {
  readonly #fields: readonly Field[];
  readonly #env: TextEnv;
  readonly #style: DateStyle;
  /** Whether it is for a type of time of day alone. */
  readonly #isTimeOnly: boolean;

  #assigned = 0;
  #year = 0;
  #month = 0;
  #day = 0;
  #dayOfYear = 0;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #micros = 0;
  #zoneSeconds = 0;
  #kind: DecodedDateTime['kind'];
  #pending: Unit | undefined;
  #hasTextMonth = false;
  #isJulian = false;
  #isTwoDigitYear = false;
  #isBC = false;
  #meridiem: 'am' | 'pm' | undefined;
  #namedZone: TimeZone | undefined;

  constructor(fields: readonly Field[], env: TextEnv, isTimeOnly: boolean) {
    this.#fields = fields;
    this.#env = env;
    this.#style = dateStyleOf(env);
    this.#isTimeOnly = isTimeOnly;
    this.#kind = isTimeOnly ? 'time' : 'date';
  }

  decode(): DecodedDateTime {
    for (let i = 0; i < this.#fields.length; i++) {
      const mask = this.#field(i);
      if ((mask & this.#assigned) !== 0) fail('format');
      this.#assigned |= mask;
    }
    this.#validateDate();
    if (this.#meridiem !== undefined) {
      if (this.#hour > 12) fail('field');
      if (this.#meridiem === 'am' && this.#hour === 12) this.#hour = 0;
      else if (this.#meridiem === 'pm' && this.#hour !== 12) this.#hour += 12;
    }
    if (this.#isTimeOnly) this.#finishTime();
    else if (this.#kind === 'date') this.#finishDate();
    return {
      kind: this.#kind, year: this.#year, month: this.#month, day: this.#day, hour: this.#hour, minute: this.#minute,
      second: this.#second, micros: this.#micros, zoneSeconds: this.#zoneSeconds,
    };
  }

  /** The mask of fields that count as given when a run of digits is read as a time. */
  get #timeContext(): number {
    return this.#isTimeOnly ? this.#assigned | DateMask : this.#assigned;
  }

  #field(i: number): number {
    const field = this.#fields[i]!;
    switch (field.kind) {
      case 'date':
        return this.#dateField(i, field.text);
      case 'time':
        if (!this.#isTimeOnly && this.#pending !== undefined) {
          if (this.#pending !== 'time') fail('format');
          this.#pending = undefined;
        }
        this.#clock(field.text);
        if (!this.#isTimeOnly && this.#timeOverflows()) fail('field');
        return TimeMask;
      case 'zone':
        this.#zoneSeconds = decodeZoneOffset(field.text);
        return F.Zone;
      case 'number':
        return this.#pending !== undefined ? this.#labelledNumber(field.text) : this.#bareNumber(i, field.text);
      case 'string':
      case 'special':
        return this.#word(i, field.text);
    }
  }

  #dateField(i: number, text: string): number {
    const fields = this.#fields;
    if (this.#isTimeOnly) {
      const mayBeDate = i === 0 && fields.length >= 2 && (fields[fields.length - 1]!.kind === 'date' || fields[1]!.kind === 'time');
      if (mayBeDate) return this.#date(text);
      if (isDigit(text[0])) {
        if ((this.#assigned & TimeMask) === TimeMask) fail('format');
        return this.#timeWithZone(text);
      }
      return this.#zoneName(text);
    }
    if (this.#pending === 'julian') {
      const { value, rest } = leadingInt(text);
      if (value < 0) fail('field');
      this.#setJulianDay(value);
      this.#zoneSeconds = decodeZoneOffset(rest);
      this.#pending = undefined;
      return DateMask | TimeMask | F.Zone;
    }
    if (this.#pending !== undefined || (this.#assigned & (F.Month | F.Day)) === (F.Month | F.Day)) {
      if (!isDigit(text[0]) && this.#pending === undefined) return this.#zoneName(text);
      if (this.#pending !== undefined) {
        if (this.#pending !== 'time') fail('format');
        this.#pending = undefined;
      }
      if ((this.#assigned & TimeMask) === TimeMask) fail('format');
      return this.#timeWithZone(text);
    }
    return this.#date(text);
  }

  /** `hhmmss-zz` */
  #timeWithZone(text: string): number {
    const minus = text.indexOf('-');
    if (minus < 0) fail('format');
    this.#zoneSeconds = decodeZoneOffset(text.slice(minus));
    return this.#runTogether(text.slice(0, minus), this.#timeContext) | F.Zone;
  }

  #zoneName(text: string): number {
    const zone = findTimeZone(text);
    if (zone === undefined) throw new DbError('22023', `time zone "${text}" not recognized`);
    this.#namedZone = zone;
    return F.Zone;
  }

  /** A number after a label, as in `y2001m02d04`. */
  #labelledNumber(text: string): number {
    const label = this.#pending!;
    this.#pending = undefined;
    const { value, rest } = leadingInt(text);
    if (rest !== '' && !(rest[0] === '.' && (label === 'julian' || label === 'time' || label === 'second'))) fail('format');
    this.#kind = 'date';
    switch (label) {
      case 'year':
        this.#year = value;
        return F.Year;
      case 'month':
        // With a month and an hour already there, m means minutes.
        if ((this.#assigned & F.Month) !== 0 && (this.#assigned & F.Hour) !== 0) {
          this.#minute = value;
          return F.Minute;
        }
        this.#month = value;
        return F.Month;
      case 'day':
        this.#day = value;
        return F.Day;
      case 'hour':
        this.#hour = value;
        return F.Hour;
      case 'minute':
        this.#minute = value;
        return F.Minute;
      case 'second':
        this.#second = value;
        if (rest === '') return F.Second;
        this.#micros = fractionMicros(rest);
        return SecondsMask;
      case 'zone':
        this.#zoneSeconds = decodeZoneOffset(text);
        return F.Zone;
      case 'julian': {
        if (value < 0) fail('field');
        this.#setJulianDay(value);
        if (rest === '') return DateMask;
        const clock = clockOfMicros(roundHalfEven(Number(`0${rest}`) * MicrosPerDay));
        this.#setClock(clock.hour, clock.minute, clock.second, clock.micros);
        return DateMask | TimeMask;
      }
      case 'time': {
        const mask = this.#runTogether(text, this.#assigned | DateMask);
        if (mask !== TimeMask) fail('format');
        return mask;
      }
      default:
        return fail('format');
    }
  }

  #bareNumber(i: number, text: string): number {
    const point = text.indexOf('.');
    if (this.#isTimeOnly) {
      if (point >= 0) {
        const fields = this.#fields;
        if (i === 0 && fields.length >= 2 && fields[fields.length - 1]!.kind === 'date') return this.#date(text);
        if (point > 2) return this.#runTogether(text, this.#assigned | DateMask);
        return fail('format');
      }
      if (text.length > 4) return this.#runTogether(text, this.#assigned | DateMask);
      return this.#number(text, false, this.#assigned | DateMask);
    }
    if (point >= 0 && (this.#assigned & DateMask) === 0) return this.#date(text);
    if (point > 2) return this.#runTogether(text, this.#assigned);
    if (text.length >= 6 && ((this.#assigned & DateMask) === 0 || (this.#assigned & TimeMask) === 0)) return this.#runTogether(text, this.#assigned);
    return this.#number(text, this.#hasTextMonth, this.#assigned);
  }

  #word(i: number, text: string): number {
    const abbreviation = zoneAbbreviation(text);
    if (abbreviation !== undefined) {
      this.#zoneSeconds = 0 - abbreviation.offset;
      return F.Zone | (abbreviation.isSummer ? F.Summer : 0);
    }
    const token = tokenOf(text);
    if (token === undefined) {
      this.#namedZone = findTimeZone(text);
      if (this.#namedZone === undefined) fail('format');
      return F.Zone;
    }
    switch (token.type) {
      case 'ignore':
        return 0;
      case 'reserved':
        return this.#reserved(token.value);
      case 'month':
        if (this.#isTimeOnly) return fail('format');
        // A number taken for the month is the day when the month follows by name.
        if ((this.#assigned & F.Month) !== 0 && !this.#hasTextMonth && (this.#assigned & F.Day) === 0 && this.#month >= 1 && this.#month <= 31) {
          this.#day = this.#month;
          this.#month = token.value;
          this.#hasTextMonth = true;
          return F.Day;
        }
        this.#hasTextMonth = true;
        this.#month = token.value;
        return F.Month;
      case 'summer':
        this.#zoneSeconds -= 3600;
        return F.Summer | F.SummerModifier;
      case 'ampm':
        this.#meridiem = token.value;
        return F.Meridiem;
      case 'era':
        this.#isBC = token.value === 'bc';
        return F.Era;
      case 'weekday':
        return this.#isTimeOnly ? fail('format') : F.Weekday;
      case 'unit':
        this.#pending = token.value;
        return 0;
      case 'isotime': {
        if (!this.#isTimeOnly && (this.#assigned & DateMask) !== DateMask) fail('format');
        const next = this.#fields[i + 1]?.kind;
        if (next !== 'number' && next !== 'time' && next !== 'date') fail('format');
        this.#pending = 'time';
        return 0;
      }
    }
  }

  #reserved(value: Extract<Token, { type: 'reserved' }>['value']): number {
    switch (value) {
      case 'now': {
        const now = localNow(this.#env);
        this.#setClock(now.hour, now.minute, now.second, now.micros);
        if (this.#isTimeOnly) return TimeMask;
        this.#year = now.year;
        this.#month = now.month;
        this.#day = now.day;
        this.#zoneSeconds = now.zoneSeconds;
        return DateMask | TimeMask | F.Zone;
      }
      case 'zulu':
        this.#setClock(0, 0, 0, 0);
        this.#zoneSeconds = 0;
        return TimeMask | F.Zone;
      case 'yesterday':
      case 'today':
      case 'tomorrow': {
        if (this.#isTimeOnly) fail('format');
        const now = localNow(this.#env);
        this.#setDays(daysOfCivil(now.year, now.month, now.day) + (value === 'yesterday' ? -1 : value === 'tomorrow' ? 1 : 0));
        return DateMask;
      }
      default:
        if (this.#isTimeOnly) fail('format');
        this.#kind = value;
        return F.Reserved;
    }
  }

  #setDays(days: number): void {
    const { year, month, day } = civilOfDays(days);
    this.#year = year;
    this.#month = month;
    this.#day = day;
  }
  #setJulianDay(julianDay: number): void {
    this.#setDays(julianDay - EpochJulianDay);
    this.#isJulian = true;
  }
  #setClock(hour: number, minute: number, second: number, micros: number): void {
    this.#hour = hour;
    this.#minute = minute;
    this.#second = second;
    this.#micros = micros;
  }

  /** A date in one piece: numbers and perhaps a month's name between delimiters. */
  #date(text: string): number {
    const parts: string[] = [];
    for (const part of text.split(/[^A-Za-z0-9]+/)) for (const run of part.match(/\d+|[A-Za-z]+/g) ?? []) parts.push(run);
    if (/[^A-Za-z0-9]$/.test(text)) fail('format');
    let assigned = this.#assigned;
    let mask = 0;
    let hasTextMonth = false;
    const numbers: string[] = [];
    for (const part of parts) {
      if (isDigit(part[0])) {
        numbers.push(part);
        continue;
      }
      const token = tokenOf(part);
      if (token?.type === 'ignore') continue;
      if (token?.type !== 'month' || (assigned & F.Month) !== 0) return fail('format');
      this.#month = token.value;
      hasTextMonth = true;
      assigned |= F.Month;
      mask |= F.Month;
    }
    for (const part of numbers) {
      const given = this.#number(part, hasTextMonth, assigned);
      if ((assigned & given) !== 0) fail('format');
      assigned |= given;
      mask |= given;
    }
    if ((assigned & ~(F.DayOfYear | F.Zone)) !== DateMask) fail('format');
    return mask;
  }

  /** `hh:mm[:ss[.ffffff]]`, and `mm:ss.ffffff`. */
  #clock(text: string): void {
    const first = Number(/^\d*/.exec(text)![0]);
    const rest = text.replace(/^\d*/, '');
    if (rest[0] !== ':') fail('format');
    const { value: second, rest: afterSecond } = leadingInt(rest.slice(1));
    if (afterSecond === '') this.#setClock(first, second, 0, 0);
    else if (afterSecond[0] === '.') this.#setClock(0, first, second, fractionMicros(afterSecond));
    else {
      const { value: third, rest: afterThird } = leadingInt(afterSecond.slice(1));
      this.#setClock(first, second, third, afterThird === '' ? 0 : fractionMicros(afterThird));
    }
    if (this.#hour > 2147483647 || this.#minute < 0 || this.#minute > 59 || this.#second < 0 || this.#second > 60 || this.#micros > 1_000_000) fail('field');
  }

  /** One number, whose meaning follows from what is already known. */
  #number(text: string, hasTextMonth: boolean, assigned: number): number {
    const { value, rest } = leadingInt(text);
    if (rest === text) fail('format');
    if (rest[0] === '.') {
      if (text.length - rest.length > 2) return this.#runTogether(text, assigned | DateMask);
      this.#micros = fractionMicros(rest);
    } else if (rest !== '') fail('format');
    const length = text.length;
    const known = assigned & DateMask;
    if (length === 3 && known === F.Year && value >= 1 && value <= 366) {
      this.#dayOfYear = value;
      return F.DayOfYear | F.Month | F.Day;
    }
    const order = this.#style.order;
    let mask: number;
    switch (known) {
      case 0:
        mask = length >= 3 || order === 'YMD' ? F.Year : order === 'DMY' ? F.Day : F.Month;
        break;
      case F.Year:
        mask = F.Month;
        break;
      case F.Month:
        mask = hasTextMonth && (length >= 3 || order === 'YMD') ? F.Year : F.Day;
        break;
      case F.Year | F.Month:
        if (hasTextMonth && length >= 3 && this.#isTwoDigitYear) {
          // What was taken for the year was the day.
          this.#day = this.#year;
          this.#year = value;
          this.#isTwoDigitYear = false;
          return F.Day;
        }
        mask = F.Day;
        break;
      case F.Day:
        mask = F.Month;
        break;
      case F.Month | F.Day:
        mask = F.Year;
        break;
      case DateMask:
        return this.#runTogether(text, assigned);
      default:
        return fail('format');
    }
    if (mask === F.Year) {
      this.#year = value;
      this.#isTwoDigitYear = length <= 2;
    } else if (mask === F.Month) this.#month = value;
    else this.#day = value;
    return mask;
  }

  /** Digits without delimiters: yymmdd, yyyymmdd, hhmm, hhmmss, with a fraction hhmmss.ffffff. */
  #runTogether(text: string, assigned: number): number {
    let digits = text;
    const point = text.indexOf('.');
    if (point >= 0) {
      this.#micros = roundHalfEven(Number(`0${/^\.\d*/.exec(text.slice(point))![0]}0`) * 1_000_000);
      digits = text.slice(0, point);
    } else if ((assigned & DateMask) !== DateMask && digits.length >= 6) {
      this.#day = Number(digits.slice(-2));
      this.#month = Number(digits.slice(-4, -2));
      this.#year = wrappedInt(digits.slice(0, -4));
      if (digits.length === 6) this.#isTwoDigitYear = true;
      return DateMask;
    }
    if ((assigned & TimeMask) !== TimeMask && (digits.length === 6 || digits.length === 4)) {
      this.#hour = Number(digits.slice(0, 2));
      this.#minute = Number(digits.slice(2, 4));
      this.#second = digits.length === 6 ? Number(digits.slice(4)) : 0;
      return TimeMask;
    }
    return fail('format');
  }

  // ------------------------------------------------------------------------------------------------------------ conclusion

  #timeOverflows(): boolean {
    if (this.#hour > 24 || this.#minute > 59 || this.#second > 60 || this.#micros > 1_000_000) return true;
    return ((this.#hour * 60 + this.#minute) * 60 + this.#second) * 1_000_000 + this.#micros > MicrosPerDay;
  }

  #validateDate(): void {
    const assigned = this.#assigned;
    if ((assigned & F.Year) !== 0 && !this.#isJulian) {
      if (this.#isBC) {
        if (this.#year <= 0) fail('field');
        this.#year = 1 - this.#year;
      } else if (this.#isTwoDigitYear) {
        if (this.#year < 70) this.#year += 2000;
        else if (this.#year < 100) this.#year += 1900;
      } else if (this.#year <= 0) fail('field');
    }
    if ((assigned & F.DayOfYear) !== 0) this.#setDays(daysOfCivil(this.#year, 1, 1) + this.#dayOfYear - 1);
    if ((assigned & F.Month) !== 0 && (this.#month < 1 || this.#month > 12)) fail('month-day-field');
    if ((assigned & F.Day) !== 0 && (this.#day < 1 || this.#day > 31)) fail('month-day-field');
    if ((assigned & DateMask) === DateMask && this.#day > daysInMonth(this.#year, this.#month)) fail('field');
  }

  #localSeconds(): number {
    return (daysOfCivil(this.#year, this.#month, this.#day) + 10957) * 86400 + (this.#hour * 60 + this.#minute) * 60 + this.#second;
  }

  #finishDate(): void {
    if ((this.#assigned & DateMask) !== DateMask) fail('format');
    if (this.#namedZone !== undefined) {
      if ((this.#assigned & F.SummerModifier) !== 0) fail('format');
      this.#zoneSeconds = 0 - offsetOfLocal(this.#namedZone, this.#localSeconds());
    } else if ((this.#assigned & F.Zone) === 0) {
      if ((this.#assigned & F.SummerModifier) !== 0) fail('format');
      this.#zoneSeconds = 0 - offsetOfLocal(sessionZone(this.#env), this.#localSeconds());
    }
  }

  #finishTime(): void {
    if (this.#timeOverflows()) fail('field');
    if ((this.#assigned & TimeMask) !== TimeMask) fail('format');
    const zone = this.#namedZone ?? ((this.#assigned & F.Zone) === 0 ? sessionZone(this.#env) : undefined);
    if (zone === undefined) return;
    if ((this.#assigned & F.SummerModifier) !== 0) fail('format');
    const hasDate = (this.#assigned & DateMask) === DateMask;
    if (!hasDate && ((this.#namedZone !== undefined && !zone.isFixed) || (this.#assigned & DateMask) !== 0)) fail('format');
    if (!hasDate) {
      const now = localNow(this.#env);
      this.#year = now.year;
      this.#month = now.month;
      this.#day = now.day;
    }
    this.#zoneSeconds = 0 - offsetOfLocal(zone, this.#localSeconds());
  }
}

/** The transaction's start as the session's clock shows it. */
function localNow(env: TextEnv): { year: number; month: number; day: number; hour: number; minute: number; second: number; micros: number; zoneSeconds: number } {
  const offset = sessionZone(env).offsetAt(unixSeconds(env.transactionTimestamp));
  return { ...civilOfTimestamp(addInt8(env.transactionTimestamp, offset * 1_000_000)!), zoneSeconds: 0 - offset };
}

/** Decodes a date, timestamp or timestamp with time zone. @throws DateTimeFaultError, or DbError 22023 for an unknown zone */
export function decodeDateTime(text: string, env: TextEnv): DecodedDateTime {
  return new DateTimeDecoder(splitFields(text), env, false).decode();
}
/** Decodes a time of day, with or without a zone. @throws as `decodeDateTime` */
export function decodeTimeOnly(text: string, env: TextEnv): DecodedDateTime {
  return new DateTimeDecoder(splitFields(text), env, true).decode();
}
