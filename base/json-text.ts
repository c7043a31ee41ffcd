/**
 * JSON text: the tokens, the grammar as a callback-driven reader, and PostgreSQL's errors for text that is not JSON. Everything that
 * reads JSON goes through `readJson`; what it builds is the caller's business (a jsonb tree, or nothing when only validating).
 *
 * J1  The reader recurses once per level of nesting and refuses more than `JsonDepthMax` levels with 54001.
 * J2  Strings are unescaped only when the sink wants them; a sink that does not keeps type json's leniency about \u escapes.
 *
 * Source: RFC 8259; PostgreSQL's jsonapi.c for the wording of errors.
 */
import { DbError } from './errors.js';

const JsonDepthMax = 6000;

/**
 * What a reader calls, in document order. The value handed up is whatever the sink makes of a part, which lies at [start, end) of
 * the text.
 */
export interface JsonSink<T> {
  /** Whether string contents matter; if not, `string` and keys get ''. */
  readonly wantsStrings: boolean;
  null(start: number): T;
  boolean(value: boolean, start: number): T;
  /** `text` is a valid JSON number. */
  number(text: string, start: number): T;
  string(text: string, start: number, end: number): T;
  array(elements: T[], start: number, end: number): T;
  /** Keys as written, duplicates included. */
  object(keys: string[], values: T[], start: number, end: number): T;
}

/** 22P02 with the lexer's or parser's DETAIL. */
function jsonError(detail: string): DbError {
  return new DbError('22P02', 'invalid input syntax for type json', { detail });
}

const Token = { end: 0, string: 1, number: 2, true: 3, false: 4, null: 5, punctuation: 6 } as const;
type Token = (typeof Token)[keyof typeof Token];

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** Characters that continue a word, so that `truex` is one bad token. */
const isWordPart = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;

class JsonReader<T> {
  readonly #text: string;
  readonly #sink: JsonSink<T>;
  #kind: Token = Token.end;
  #start = 0;
  #end = 0;
  #string = '';

  constructor(text: string, sink: JsonSink<T>) {
    this.#text = text;
    this.#sink = sink;
  }

  read(): T {
    this.#next();
    const value = this.#value(0);
    if (this.#kind !== Token.end) throw this.#expected('Expected end of input');
    return value;
  }

  #value(depth: number): T {
    if (depth > JsonDepthMax) {
      throw new DbError('54001', 'stack depth limit exceeded', { hint: 'The JSON value is nested too deeply.' });
    }
    const sink = this.#sink;
    const start = this.#start;
    const end = this.#end;
    switch (this.#kind) {
      case Token.string: {
        const text = this.#string;
        this.#next();
        return sink.string(text, start, end);
      }
      case Token.number: {
        const text = this.#text.slice(this.#start, this.#end);
        this.#next();
        return sink.number(text, start);
      }
      case Token.true:
      case Token.false: {
        const value = this.#kind === Token.true;
        this.#next();
        return sink.boolean(value, start);
      }
      case Token.null:
        this.#next();
        return sink.null(start);
      case Token.punctuation:
        if (this.#is(123)) return this.#object(depth);
        if (this.#is(91)) return this.#array(depth);
    }
    throw this.#expected('Expected JSON value');
  }

  #array(depth: number): T {
    const elements: T[] = [];
    const start = this.#start;
    this.#next();
    if (!this.#is(93)) {
      if (this.#is(44) || this.#is(125) || this.#is(58)) throw this.#expected('Expected array element or "]"');
      elements.push(this.#value(depth + 1));
      while (this.#is(44)) {
        this.#next();
        elements.push(this.#value(depth + 1));
      }
      if (!this.#is(93)) throw this.#expected('Expected "," or "]"');
    }
    const end = this.#end;
    this.#next();
    return this.#sink.array(elements, start, end);
  }

  #object(depth: number): T {
    const keys: string[] = [];
    const values: T[] = [];
    const start = this.#start;
    this.#next();
    if (!this.#is(125)) {
      if (this.#kind !== Token.string) throw this.#expected('Expected string or "}"');
      this.#member(keys, values, depth);
      while (this.#is(44)) {
        this.#next();
        if (this.#kind !== Token.string) throw this.#expected('Expected string');
        this.#member(keys, values, depth);
      }
      if (!this.#is(125)) throw this.#expected('Expected "," or "}"');
    }
    const end = this.#end;
    this.#next();
    return this.#sink.object(keys, values, start, end);
  }

  #member(keys: string[], values: T[], depth: number): void {
    keys.push(this.#string);
    this.#next();
    if (!this.#is(58)) throw this.#expected('Expected ":"');
    this.#next();
    values.push(this.#value(depth + 1));
  }

  #is(code: number): boolean {
    return this.#kind === Token.punctuation && this.#text.charCodeAt(this.#start) === code;
  }
  #expected(what: string): DbError {
    if (this.#kind === Token.end) return jsonError('The input string ended unexpectedly.');
    return jsonError(`${what}, but found "${this.#text.slice(this.#start, this.#end)}".`);
  }

  // ------------------------------------------------------------------------------------------------------------ tokens

  #next(): void {
    const text = this.#text;
    let at = this.#end;
    let code = text.charCodeAt(at);
    while (code === 32 || code === 10 || code === 9 || code === 13) code = text.charCodeAt(++at);
    this.#start = at;
    if (at >= text.length) {
      this.#kind = Token.end;
      this.#end = at;
    } else if (code === 34) this.#lexString();
    else if (code === 45 || isDigit(code)) this.#lexNumber();
    else if (code === 123 || code === 125 || code === 91 || code === 93 || code === 44 || code === 58) {
      this.#kind = Token.punctuation;
      this.#end = at + 1;
    } else {
      let end = at;
      while (end < text.length && isWordPart(text.charCodeAt(end))) end++;
      const word = text.slice(at, Math.max(end, at + 1));
      this.#end = at + word.length;
      if (word === 'true') this.#kind = Token.true;
      else if (word === 'false') this.#kind = Token.false;
      else if (word === 'null') this.#kind = Token.null;
      else throw jsonError(`Token "${word}" is invalid.`);
    }
  }

  #lexNumber(): void {
    const text = this.#text;
    let at = this.#start;
    let isValid = true;
    if (text.charCodeAt(at) === 45) at++;
    if (text.charCodeAt(at) === 48) at++;
    else {
      isValid = isDigit(text.charCodeAt(at));
      while (isDigit(text.charCodeAt(at))) at++;
    }
    // A bad number is reported whole, so reading goes on after the first fault.
    if (text.charCodeAt(at) === 46) {
      at++;
      isValid &&= isDigit(text.charCodeAt(at));
      while (isDigit(text.charCodeAt(at))) at++;
    }
    if ((text.charCodeAt(at) | 32) === 101) {
      at++;
      const sign = text.charCodeAt(at);
      if (sign === 43 || sign === 45) at++;
      isValid &&= isDigit(text.charCodeAt(at));
      while (isDigit(text.charCodeAt(at))) at++;
    }
    while (at < text.length && isWordPart(text.charCodeAt(at))) {
      isValid = false;
      at++;
    }
    if (!isValid) throw jsonError(`Token "${text.slice(this.#start, at)}" is invalid.`);
    this.#kind = Token.number;
    this.#end = at;
  }

  #lexString(): void {
    const text = this.#text;
    const wantsString = this.#sink.wantsStrings;
    let at = this.#start + 1;
    let copied = at;
    let result = '';
    for (;;) {
      if (at >= text.length) throw jsonError(`Token "${text.slice(this.#start)}" is invalid.`);
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (code < 32) throw jsonError(`Character with value 0x${code.toString(16).padStart(2, '0')} must be escaped.`);
      if (code !== 92) {
        at++;
        continue;
      }
      if (wantsString) result += text.slice(copied, at);
      if (at + 1 >= text.length) throw jsonError(`Token "${text.slice(this.#start)}" is invalid.`);
      const escaped = text[at + 1]!;
      const position = 'bfnrt"\\/'.indexOf(escaped);
      if (position >= 0) {
        if (wantsString) result += '\b\f\n\r\t"\\/'[position]!;
        at += 2;
      } else if (escaped === 'u') {
        const unit = this.#hexEscape(at);
        at += 6;
        if (wantsString) {
          result += this.#unicodeEscape(unit, at);
          if (unit >= 0xd800 && unit < 0xdc00) at += 6;
        }
      } else throw jsonError(`Escape sequence "\\${String.fromCodePoint(text.codePointAt(at + 1)!)}" is invalid.`);
      copied = at;
    }
    this.#string = wantsString ? (result === '' ? text.slice(copied, at) : result + text.slice(copied, at)) : '';
    this.#kind = Token.string;
    this.#end = at + 1;
  }

  /** The unit of the `\uXXXX` at `at`. */
  #hexEscape(at: number): number {
    const digits = this.#text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw jsonError('"\\u" must be followed by four hexadecimal digits.');
    return parseInt(digits, 16);
  }

  /** The character of an escape whose first unit has been read; a high surrogate takes the escape at `next` with it. */
  #unicodeEscape(unit: number, next: number): string {
    if (unit === 0) {
      throw new DbError('22P05', 'unsupported Unicode escape sequence', { detail: '\\u0000 cannot be converted to text.' });
    }
    if (unit >= 0xdc00 && unit < 0xe000) throw jsonError('Unicode low surrogate must follow a high surrogate.');
    if (unit < 0xd800 || unit >= 0xdc00) return String.fromCharCode(unit);
    if (this.#text.slice(next, next + 2) !== '\\u') throw jsonError('Unicode low surrogate must follow a high surrogate.');
    const low = this.#hexEscape(next);
    if (low >= 0xd800 && low < 0xdc00) throw jsonError('Unicode high surrogate must not follow a high surrogate.');
    if (low < 0xdc00 || low >= 0xe000) throw jsonError('Unicode low surrogate must follow a high surrogate.');
    return String.fromCharCode(unit, low);
  }
}

/** Reads one JSON value. @throws DbError 22P02 when it is not one, 22P05 for \u0000, 54001 when nested too deeply */
export function readJson<T>(text: string, sink: JsonSink<T>): T {
  return new JsonReader(text, sink).read();
}

const validator: JsonSink<undefined> = {
  wantsStrings: false,
  null: () => undefined, boolean: () => undefined, number: () => undefined, string: () => undefined, array: () => undefined,
  object: () => undefined,
};

/** Checks a value of type json, whose text is kept as it is. @throws DbError as `readJson` */
export function validateJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    readJson(text, validator);
  }
}

/** A string as JSON, escaping what must be and nothing else. */
export function quoteJson(text: string): string {
  let copied = 0;
  let result = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code !== 34 && code !== 92) continue;
    result += text.slice(copied, i);
    copied = i + 1;
    const position = '\b\f\n\r\t"\\'.indexOf(text[i]!);
    result += position >= 0 ? `\\${'bfnrt"\\'[position]!}` : `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `${result}${copied === 0 ? text : text.slice(copied)}"`;
}
