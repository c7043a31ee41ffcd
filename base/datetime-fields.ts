/** A date or time text cut into its fields (ParseDateTime of PostgreSQL's datetime.c), and what can be wrong with one. */
import { tokenOf } from './datetime-words.js';
import { DbError } from './errors.js';

// ------------------------------------------------------------------------------------------------------------------- errors

/** What can be wrong with a date or time text. */
export type DateTimeFault = 'format' | 'field' | 'month-day-field' | 'interval-field' | 'zone';

/** Thrown inside the decoder; `dateTimeError` turns it into what the user sees. */
export class DateTimeFaultError extends Error {
  readonly fault: DateTimeFault;
  constructor(fault: DateTimeFault) {
    super(fault);
    this.fault = fault;
  }
}
export function fail(fault: DateTimeFault): never {
  throw new DateTimeFaultError(fault);
}

/** The error for `text` that is no value of `typeName`. */
export function dateTimeError(fault: DateTimeFault, text: string, typeName: string): DbError {
  switch (fault) {
    case 'field':
      return new DbError('22008', `date/time field value out of range: "${text}"`);
    case 'month-day-field':
      return new DbError('22008', `date/time field value out of range: "${text}"`, { hint: 'Perhaps you need a different "datestyle" setting.' });
    case 'interval-field':
      return new DbError('22015', `interval field value out of range: "${text}"`);
    case 'zone':
      return new DbError('22009', `time zone displacement out of range: "${text}"`);
    case 'format':
      return new DbError('22007', `invalid input syntax for type ${typeName}: "${text}"`);
  }
}

// ------------------------------------------------------------------------------------------------------------------- fields

export type FieldKind = 'number' | 'string' | 'date' | 'time' | 'zone' | 'special';
export interface Field {
  kind: FieldKind;
  text: string;
}

export const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';
const isAlpha = (c: string | undefined): boolean => c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
const isSpace = (c: string | undefined): boolean => c === ' ' || (c !== undefined && c >= '\t' && c <= '\r');
const isPunctuation = (c: string): boolean => c > ' ' && c < '\x7f' && !isDigit(c) && !isAlpha(c);

const FieldCountMax = 25;
const FieldTextMax = 128;

/** Splits text into fields; words come out in lower case. */
export function splitFields(text: string): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const take = (accept: (c: string) => boolean): void => {
    while (at < text.length && accept(text[at]!)) at++;
  };
  while (at < text.length) {
    const c = text[at]!;
    if (isSpace(c)) {
      at++;
      continue;
    }
    if (fields.length >= FieldCountMax) fail('format');
    const start = at;
    let kind: FieldKind;
    let prefix = '';
    let from = start;
    if (isDigit(c)) {
      take(isDigit);
      const next = text[at];
      if (next === ':') {
        kind = 'time';
        take((x) => isDigit(x) || x === ':' || x === '.');
      } else if (next === '-' || next === '/' || next === '.') {
        at++;
        if (isDigit(text[at])) {
          kind = next === '.' ? 'number' : 'date';
          take(isDigit);
          // The same delimiter again makes it a date of three parts.
          if (text[at] === next) {
            kind = 'date';
            take((x) => isDigit(x) || x === next);
          }
        } else {
          kind = 'date';
          take((x) => isDigit(x) || isAlpha(x) || x === next);
        }
      } else kind = 'number';
    } else if (c === '.') {
      kind = 'number';
      at++;
      take(isDigit);
    } else if (isAlpha(c)) {
      kind = 'string';
      take(isAlpha);
      // A word may run on as a date with a month's name in front, or as the name of a time zone.
      const next = text[at];
      const runsOn =
        next === '-' || next === '/' || next === '.' || ((next === '+' || isDigit(next)) && tokenOf(text.slice(start, at).toLowerCase()) === undefined);
      if (runsOn) {
        kind = 'date';
        take((x) => isDigit(x) || isAlpha(x) || '+-/_.:'.includes(x));
      }
    } else if (c === '+' || c === '-') {
      prefix = c;
      at++;
      take(isSpace);
      from = at;
      if (isDigit(text[at])) {
        kind = 'zone';
        take((x) => isDigit(x) || x === ':' || x === '.' || x === '-');
      } else if (isAlpha(text[at])) {
        kind = 'special';
        take(isAlpha);
      } else fail('format');
    } else if (isPunctuation(c)) {
      at++;
      continue;
    } else fail('format');
    if (at - start > FieldTextMax) fail('format');
    fields.push({ kind, text: (prefix + text.slice(from, at)).toLowerCase() });
  }
  return fields;
}
