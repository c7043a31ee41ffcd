/**
 * to_char, to_date and to_timestamp: times by templates such as `YYYY-MM-DD HH24:MI:SS.US`, `Day, DD Mon`, `IYYY-IW-ID`. A template
 * is cut into nodes: patterns with modifiers (FM, FX, TH), separators, blanks and plain characters.
 *
 * Reading is lenient as PostgreSQL's is: outside of FX mode blanks and separators match loosely, numbers take the digits there
 * are when something that is no digit follows in the template.
 *
 * Source: PostgreSQL's formatting.c (parse_format, DCH_to_char, DCH_from_char, do_to_timestamp).
 */
import {
  civilOfDays, civilOfTimestamp, dayOfWeek, dayOfYear, daysInMonth, daysOfCivil, isInfinite, isLeapYear, isoWeek, isTimestampInRange, microsOfClock,
  mondayOfIsoWeek, roundMicros, timestampOf, unixSeconds, DateMin, DateMax, EpochJulianDay,
} from '../base/calendar.js';
import { DbError } from '../base/errors.js';
import type { Interval } from '../base/interval.js';
import { addInt8 } from '../base/interval.js';
import { intervalParts } from '../base/interval-text.js';
import { sessionZone } from '../base/text-env.js';
import { offsetOfLocal } from '../base/timezone.js';
import { ordinalSuffix } from './format-number.js';
import type { EvalContext } from './registry.js';

type Convention = 'none' | 'gregorian' | 'iso';

interface Pattern {
  readonly name: string;
  /** The name in the case that decides nothing. */
  readonly key: string;
  readonly isDigit: boolean;
  readonly convention: Convention;
}

type FormatNode =
  | { readonly kind: 'action'; readonly pattern: Pattern; readonly isFill: boolean; readonly isUnpadded: boolean; readonly ordinal: '' | 'TH' | 'th' }
  | { readonly kind: 'separator' | 'space' | 'character'; readonly text: string };

/** `name[#][g|i]`: # for patterns that read digits, g and i for the convention of dates they belong to. */
const patternTable = `A.D. A.M. AD AM B.C. BC CC# DAY DDD#g DD#g DY Day Dy D#g FF1# FF2# FF3# FF4# FF5# FF6# FX HH24# HH12# HH# IDDD#i ID#i IW#i IYYY#i IYY#i
IY#i I#i J# MI# MM#g MONTHg MONg MS# Monthg Mong OF P.M. PM Q# RMg SSSSS# SSSS# SS# TZH TZM# TZ US# WW#g W#g Y,YYY#g YYYY#g YYY#g YY#g Y#g
a.d. a.m. ad am b.c. bc cc# day ddd#g dd#g dy d#g ff1# ff2# ff3# ff4# ff5# ff6# fx hh24# hh12# hh# iddd#i id#i iw#i iyyy#i iyy#i iy#i i#i j# mi#
mm#g monthg mong ms# of p.m. pm q# rmg sssss# ssss# ss# tzh tzm# tz us# ww#g w#g y,yyy#g yyyy#g yyy#g yy#g y#g`;

const patterns: readonly Pattern[] = patternTable.split(/\s+/).map((entry) => {
  const match = /^(.+?)(#?)([gi]?)$/.exec(entry)!;
  // 'Mong' is 'Mon' of the Gregorian convention; names themselves never end in g or i after this cut but 'mi' and 'MI'.
  const isMinute = entry === 'mi#' || entry === 'MI#';
  const name = isMinute ? entry.slice(0, 2) : match[1]!;
  const convention = isMinute ? '' : match[3]!;
  return { name, key: name.toUpperCase(), isDigit: entry.includes('#'), convention: convention === 'g' ? 'gregorian' : convention === 'i' ? 'iso' : 'none' };
});

const isSeparator = (c: string): boolean => /^[!-/:-@[-`{-~]$/.test(c);
const isSpace = (c: string | undefined): boolean => c === ' ' || (c !== undefined && c >= '\t' && c <= '\r');

const templates = new Map<string, readonly FormatNode[]>();

function parseTemplate(text: string): readonly FormatNode[] {
  let nodes = templates.get(text);
  if (nodes === undefined) {
    if (templates.size > 200) templates.clear();
    templates.set(text, (nodes = makeTemplate(text)));
  }
  return nodes;
}

function makeTemplate(text: string): FormatNode[] {
  const nodes: FormatNode[] = [];
  for (let at = 0; at < text.length; ) {
    let isFill = false;
    // TM prints names in the locale's language, which is English, without padding.
    let isUnpadded = false;
    const prefix = /^(FM|fm|TM|tm)/.exec(text.slice(at, at + 2))?.[1];
    if (prefix !== undefined) {
      isFill = prefix.toUpperCase() === 'FM';
      isUnpadded = !isFill;
      at += 2;
      if (at >= text.length) break;
    }
    const pattern = patterns.find((candidate) => text.startsWith(candidate.name, at));
    if (pattern !== undefined) {
      at += pattern.name.length;
      const suffix = /^(TH|th|SP)/.exec(text.slice(at, at + 2))?.[1];
      if (suffix !== undefined) at += 2;
      nodes.push({ kind: 'action', pattern, isFill, isUnpadded, ordinal: suffix === 'TH' || suffix === 'th' ? suffix : '' });
    } else if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++;
        const character = String.fromCodePoint(text.codePointAt(at)!);
        nodes.push({ kind: 'character', text: character });
        at += character.length;
      }
      at++;
    } else {
      if (text[at] === '\\' && text[at + 1] === '"') at++;
      const character = String.fromCodePoint(text.codePointAt(at)!);
      nodes.push({ kind: isSeparator(character) ? 'separator' : isSpace(character) ? 'space' : 'character', text: character });
      at += character.length;
    }
  }
  return nodes;
}

type Action = Extract<FormatNode, { kind: 'action' }>;

const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** From December down, as intervals count back. */
const romanMonths = ['XII', 'XI', 'X', 'IX', 'VIII', 'VII', 'VI', 'V', 'IV', 'III', 'II', 'I'];

// ------------------------------------------------------------------------------------------------------------------- to_char

/** What is shown: a moment on calendar and clock, or the parts of an interval. */
interface Shown {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
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
      return number(t.hour % 12 === 0 ? 12 : t.hour % 12, 2);
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
      return number(daysOfCivil(t.year, t.month, t.day) + EpochJulianDay, 0);
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
  const yearDay = (parts.year * 12 + parts.month) * 30 + parts.day;
  return write(parseTemplate(format), { ...parts, yearDay, weekday: 0, isInterval: true, zone: undefined });
}

// ------------------------------------------------------------------------------------------------------------------- to_date, to_timestamp

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

  constructor(nodes: readonly FormatNode[], input: string) {
    this.#nodes = nodes;
    this.#input = input;
  }

  read(): Fields {
    const input = this.#input;
    let isExact = false;
    let extraSkipped = 0;
    for (let i = 0; i < this.#nodes.length && this.#at < input.length; i++) {
      const node: FormatNode = this.#nodes[i]!;
      if (!isExact && (node.kind === 'action' ? node.pattern.key !== 'FX' : i === 0)) extraSkipped += this.#skipSpace();
      if (node.kind === 'space' || node.kind === 'separator') {
        if (isExact) this.#skipCharacter();
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
        if (isExact || extraSkipped <= 0) this.#skipCharacter();
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
    return this.fields;
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
