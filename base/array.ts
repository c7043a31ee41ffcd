/**
 * Arrays and other composed values as text: `{1,2,NULL}`, `[0:1]={a,"b c"}`, `(1,"x, y",)`, `[1,5)`, `{[1,3),[7,9)}`. These
 * functions know brackets, quoting and dimensions; elements are read and written by functions that the caller passes.
 *
 * Source: PostgreSQL's arrayfuncs.c, rowtypes.c, rangetypes.c and multirangetypes.c.
 */
import type { Datum } from './datum.js';
import { SqlArray } from './datum.js';
import { DbError } from './errors.js';

export const ArrayDimensionsMax = 6;

const isSpace = (c: string | undefined): boolean => c === ' ' || (c !== undefined && c >= '\t' && c <= '\r');

// ------------------------------------------------------------------------------------------------------------------- arrays

class ArrayReader {
  readonly #text: string;
  #at = 0;
  #hasEmptyLevel = false;
  /** The texts of the elements, null for NULL. They are read after the whole has proved well formed. */
  readonly elements: (string | null)[] = [];
  /** Length of each dimension once its first sub-array has closed, -1 before. */
  readonly dims: number[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  malformed(detail: string): DbError {
    return new DbError('22P02', `malformed array literal: "${this.#text}"`, { detail });
  }
  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++;
  }

  readArray(elementType: number, read: (text: string) => Datum): SqlArray {
    this.#skipSpace();
    const bounds = this.#bounds();
    if (this.#text[this.#at] !== '{') {
      throw this.malformed(bounds === undefined ? 'Array value must start with "{" or dimension information.' : 'Array contents must start with "{".');
    }
    this.#level(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.malformed('Junk after closing right brace.');
    const dims = this.elements.length === 0 ? [] : this.dims;
    const elements = (): Datum[] => this.elements.map((element) => (element === null ? null : read(element)));
    if (bounds === undefined) return new SqlArray(elementType, dims, dims.map(() => 1), elements());
    if (bounds.length !== dims.length || bounds.some(([low, high], i) => high - low + 1 !== dims[i])) {
      throw this.malformed('Specified array dimensions do not match array contents.');
    }
    return new SqlArray(elementType, dims, bounds.map(([low]) => low), elements());
  }

  /** `[low:high][high]...=` */
  #bounds(): [number, number][] | undefined {
    if (this.#text[this.#at] !== '[') return undefined;
    const bounds: [number, number][] = [];
    while (this.#text[this.#at] === '[') {
      if (bounds.length >= ArrayDimensionsMax) {
        throw new DbError('54000', `number of array dimensions (${bounds.length + 1}) exceeds the maximum allowed (${ArrayDimensionsMax})`);
      }
      const match = /^\[\s*([+-]?\d+)?(?:(:)\s*([+-]?\d+)?)?\s*(\])?/.exec(this.#text.slice(this.#at))!;
      if (match[1] === undefined || (match[2] !== undefined && match[3] === undefined)) {
        throw this.malformed(match[1] === undefined ? '"[" must introduce explicitly-specified array dimensions.' : 'Missing array dimension value.');
      }
      if (match[4] === undefined) throw this.malformed('Missing "]" after array dimensions.');
      const low = match[2] === undefined ? 1 : Number(match[1]);
      const high = Number(match[3] ?? match[1]);
      if (high < low) throw new DbError('2202E', 'upper bound cannot be less than lower bound');
      if (high > 2147483646) throw new DbError('22003', 'array upper bound is too large: ' + String(high));
      bounds.push([low, high]);
      this.#at += match[0].length;
    }
    this.#skipSpace();
    if (this.#text[this.#at] !== '=') throw this.malformed('Missing "=" after array dimensions.');
    this.#at++;
    this.#skipSpace();
    return bounds;
  }

  /** Reads `{...}` at nesting `depth`; returns the count of its members. */
  #level(depth: number): number {
    if (depth >= ArrayDimensionsMax) {
      throw new DbError('54000', `number of array dimensions (${depth + 1}) exceeds the maximum allowed (${ArrayDimensionsMax})`);
    }
    this.#at++;
    let count = 0;
    let holdsArrays: boolean | undefined;
    if (this.dims.length <= depth) this.dims.push(-1);
    this.#skipSpace();
    if (this.#text[this.#at] === '}') {
      if (depth > 0 && this.elements.length > 0 || this.#hasEmptyLevel) throw this.malformed('Unexpected "}" character.');
      this.#hasEmptyLevel = true;
      this.#at++;
      return this.#close(depth, 0);
    }
    for (;;) {
      this.#skipSpace();
      const c = this.#text[this.#at];
      if (c === undefined) throw this.malformed('Unexpected end of input.');
      if (c === '{') {
        if (holdsArrays === false) throw this.malformed('Unexpected "{" character.');
        if (holdsArrays === undefined && this.dims.length === depth + 1 && this.elements.length > 0) throw this.#mismatch();
        holdsArrays = true;
        this.#level(depth + 1);
      } else {
        if (c === '}' || c === ',') throw this.malformed(`Unexpected "${c}" character.`);
        if (holdsArrays === true) throw this.malformed(c === '\\' ? 'Unexpected "\\" character.' : 'Unexpected array element.');
        if (holdsArrays === undefined && this.dims.length > depth + 1) throw this.#mismatch();
        holdsArrays = false;
        this.#element();
      }
      count++;
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next === undefined) throw this.malformed('Unexpected end of input.');
      this.#at++;
      if (next === '}') return this.#close(depth, count);
      if (next !== ',') throw this.malformed(next === '{' || next === '\\' ? `Unexpected "${next}" character.` : 'Unexpected array element.');
    }
  }
  #close(depth: number, count: number): number {
    if (this.dims[depth] === -1) this.dims[depth] = count;
    else if (this.dims[depth] !== count) throw this.#mismatch();
    return count;
  }
  #mismatch(): DbError {
    return this.malformed('Multidimensional arrays must have sub-arrays with matching dimensions.');
  }

  #element(): void {
    const text = this.#text;
    if (text[this.#at] === '"') {
      let value = '';
      this.#at++;
      for (;;) {
        const c = text[this.#at++];
        if (c === undefined) throw this.malformed('Unexpected end of input.');
        if (c === '"') break;
        if (c !== '\\') value += c;
        else if (this.#at < text.length) value += text[this.#at++];
        else throw this.malformed('Unexpected end of input.');
      }
      this.elements.push(value);
      return;
    }
    let value = '';
    let hasEscape = false;
    // Blanks at the end do not belong to the element unless escaped.
    let lengthKept = 0;
    for (;;) {
      const c = text[this.#at];
      if (c === undefined) throw this.malformed('Unexpected end of input.');
      if (c === ',' || c === '}') break;
      if (c === '{') throw this.malformed('Unexpected "{" character.');
      if (c === '"') throw this.malformed('Unexpected array element.');
      this.#at++;
      if (c === '\\') {
        if (this.#at >= text.length) throw this.malformed('Unexpected end of input.');
        value += text[this.#at++];
        hasEscape = true;
        lengthKept = value.length;
      } else {
        value += c;
        if (!isSpace(c)) lengthKept = value.length;
      }
    }
    value = value.slice(0, lengthKept);
    this.elements.push(!hasEscape && value.toLowerCase() === 'null' ? null : value);
  }
}

/** @throws DbError 22P02 'malformed array literal', or what `read` throws */
export function parseArray(text: string, elementType: number, read: (text: string) => Datum): SqlArray {
  return new ArrayReader(text).readArray(elementType, read);
}

const needsArrayQuotes = /^$|[{},"\\\s]|^null$/i;

export function formatArray(array: SqlArray, write: (value: Datum) => string): string {
  const { dims, lowerBounds, elements } = array;
  if (dims.length === 0) return '{}';
  const bounds = lowerBounds.some((low) => low !== 1) ? `${dims.map((length, i) => `[${lowerBounds[i]!}:${lowerBounds[i]! + length - 1}]`).join('')}=` : '';
  let at = 0;
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < dims[depth]!; i++) {
      if (depth < dims.length - 1) {
        parts.push(level(depth + 1));
        continue;
      }
      const element = elements[at++]!;
      if (element === null) parts.push('NULL');
      else {
        const text = write(element);
        parts.push(needsArrayQuotes.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text);
      }
    }
    return `{${parts.join(',')}}`;
  };
  return bounds + level(0);
}

// ------------------------------------------------------------------------------------------------------------------- records

/**
 * A column of a record or a bound of a range: up to one of `ends` outside quotes. A backslash takes the next character as it is, and so does a doubled quote.
 */
function readPart(text: string, from: number, ends: string, malformed: (detail: string) => DbError): { readonly value: string; readonly end: number } {
  let at = from;
  let value = '';
  let isQuoted = false;
  for (;;) {
    const c = text[at];
    if (c === undefined) throw malformed('Unexpected end of input.');
    if (!isQuoted && ends.includes(c)) return { value, end: at };
    at++;
    if (c === '\\') {
      if (at >= text.length) throw malformed('Unexpected end of input.');
      value += text[at++];
    } else if (c === '"') {
      if (!isQuoted) isQuoted = true;
      else if (text[at] === '"') {
        value += '"';
        at++;
      } else isQuoted = false;
    } else value += c;
  }
}

/** Splits `(a,"b c",)`; an absent column is null. @throws DbError 22P02 'malformed record literal' */
export function splitRecord(text: string, columnCount: number): (string | null)[] {
  const malformed = (detail: string): DbError => new DbError('22P02', `malformed record literal: "${text}"`, { detail });
  let at = 0;
  while (isSpace(text[at])) at++;
  if (text[at++] !== '(') throw malformed('Missing left parenthesis.');
  const columns: (string | null)[] = [];
  for (let i = 0; i < columnCount; i++) {
    if (i > 0) {
      if (text[at] !== ',') throw malformed(text[at] === undefined ? 'Unexpected end of input.' : 'Too few columns.');
      at++;
    }
    if (text[at] === ',' || text[at] === ')') {
      columns.push(null);
      continue;
    }
    const part = readPart(text, at, ',)', malformed);
    columns.push(part.value);
    at = part.end;
  }
  if (text[at] !== ')') throw malformed('Too many columns.');
  at++;
  while (isSpace(text[at])) at++;
  if (at < text.length) throw malformed('Junk after right parenthesis.');
  return columns;
}

/** Joins the texts of a record's columns, null for NULL. */
export function joinRecord(columns: readonly (string | null)[]): string {
  const quoted = columns.map((text) => {
    if (text === null) return '';
    return /^$|[(),"\\\s]/.test(text) ? `"${text.replace(/["\\]/g, '$&$&')}"` : text;
  });
  return `(${quoted.join(',')})`;
}

// ------------------------------------------------------------------------------------------------------------------- ranges

/** The parts of a range's text; a missing bound is null. */
export interface RangeText {
  readonly isEmpty: boolean;
  readonly lower: string | null;
  readonly upper: string | null;
  readonly hasLower: boolean;
  readonly hasUpper: boolean;
}

/** Splits `[a,b)` or `empty`. @throws DbError 22P02 'malformed range literal' */
export function splitRange(text: string): RangeText {
  const malformed = (detail: string): DbError => new DbError('22P02', `malformed range literal: "${text}"`, { detail });
  let at = 0;
  const skipSpace = (): void => {
    while (isSpace(text[at])) at++;
  };
  skipSpace();
  if (text.slice(at, at + 5).toLowerCase() === 'empty') {
    at += 5;
    skipSpace();
    if (at < text.length) throw malformed('Junk after "empty" key word.');
    return { isEmpty: true, lower: null, upper: null, hasLower: false, hasUpper: false };
  }
  const open = text[at++];
  if (open !== '[' && open !== '(') throw malformed('Missing left parenthesis or bracket.');
  const bound = (): string | null => {
    if (text[at] === ',' || text[at] === ')' || text[at] === ']') return null;
    const part = readPart(text, at, ',)]', malformed);
    at = part.end;
    return part.value;
  };
  const lower = bound();
  if (text[at] !== ',') throw malformed('Missing comma after lower bound.');
  at++;
  const upper = bound();
  const close = text[at++];
  if (close !== ']' && close !== ')') throw malformed('Too many commas.');
  skipSpace();
  if (at < text.length) throw malformed('Junk after right parenthesis or bracket.');
  return { isEmpty: false, lower, upper, hasLower: open === '[', hasUpper: close === ']' };
}

/** Splits `{[a,b),[c,d)}`. @throws DbError 22P02 'malformed multirange literal' */
export function splitMultirange(text: string): RangeText[] {
  const malformed = (detail: string): DbError => new DbError('22P02', `malformed multirange literal: "${text}"`, { detail });
  let at = 0;
  const skipSpace = (): void => {
    while (isSpace(text[at])) at++;
  };
  skipSpace();
  if (text[at++] !== '{') throw malformed('Missing left brace.');
  const ranges: RangeText[] = [];
  skipSpace();
  while (text[at] !== '}') {
    if (ranges.length > 0 && text[at++] !== ',') throw malformed(at > text.length ? 'Unexpected end of input.' : 'Expected comma or end of multirange.');
    skipSpace();
    if (at >= text.length) throw malformed('Unexpected end of input.');
    const start = at;
    if (text.slice(at, at + 5).toLowerCase() === 'empty') at += 5;
    else {
      if (text[at] !== '[' && text[at] !== '(') throw malformed('Expected range start.');
      for (let isQuoted = false; isQuoted || (text[at] !== ')' && text[at] !== ']'); at++) {
        if (at >= text.length) throw malformed('Unexpected end of input.');
        if (text[at] === '\\') at++;
        else if (text[at] === '"') isQuoted = !isQuoted;
      }
      at++;
    }
    ranges.push(splitRange(text.slice(start, at)));
    skipSpace();
  }
  at++;
  skipSpace();
  if (at < text.length) throw malformed('Junk after closing right brace.');
  return ranges;
}

/** The text of one bound, quoted where it must be. */
export function quoteBound(text: string): string {
  return /^$|[()[\],"\\\s]/.test(text) ? `"${text.replace(/["\\]/g, '$&$&')}"` : text;
}
