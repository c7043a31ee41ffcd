/**
 * From the text of a lexeme to what it means: string constants with their escapes, identifiers folded and cut to 63 bytes.
 * Errors are PostgreSQL's, with the offset of the offending escape.
 */
import { DbError } from '../base/errors.js';
import { continuationOf } from './scanner.js';

/** Longest identifier in bytes of UTF-8 (NAMEDATALEN - 1); what is longer is cut, as PostgreSQL does. */
export const identifierBytesMax = 63;

/** Lower case for ASCII only, as PostgreSQL folds in a UTF-8 database. */
function foldCase(word: string): string {
  for (let i = 0; i < word.length; i++) {
    if (word.charCodeAt(i) >= 128) return word.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  }
  return word.toLowerCase();
}

/** The longest prefix of whole characters within `identifierBytesMax`. */
export function truncateIdentifier(name: string): string {
  if (name.length * 3 <= identifierBytesMax) return name;
  let bytes = 0;
  for (let i = 0; i < name.length; ) {
    const code = name.codePointAt(i)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > identifierBytesMax) return name.slice(0, i);
    i += code < 0x10000 ? 1 : 2;
  }
  return name;
}

/** A word as an identifier. `hasUpperCase` saves the fold for most. */
export function identifierOf(word: string, hasUpperCase: boolean): string {
  return truncateIdentifier(hasUpperCase ? foldCase(word) : word);
}

/** The name in `"..."` at [start, end). @throws DbError 42601 for an empty one */
export function quotedIdentifier(source: string, start: number, end: number): string {
  const name = source.slice(start + 1, end - 1).replaceAll('""', '"');
  if (name === '') throw new DbError('42601', `zero-length delimited identifier at or near "${source.slice(start, end)}"`, { offset: start });
  return truncateIdentifier(name);
}

/** The parts of a string constant, quotes and continuations removed: calls `part(from, to)` for each run between quotes. */
function forEachPart(source: string, start: number, end: number, part: (from: number, to: number, isDoubled: boolean) => void): void {
  let from = start;
  for (let i = start; i < end; ) {
    if (source.charCodeAt(i) !== 0x27) {
      i++;
      continue;
    }
    if (source.charCodeAt(i + 1) === 0x27 && i + 1 < end) {
      part(from, i + 1, true);
      i += 2;
    } else {
      part(from, i, false);
      if (i + 1 >= end) return;
      i = continuationOf(source, i + 1);
    }
    from = i;
  }
}

/** The value of `'...'` at [start, end). */
export function plainString(source: string, start: number, end: number): string {
  const quote = source.indexOf("'", start + 1);
  if (quote === end - 1) return source.slice(start + 1, quote);
  let value = '';
  forEachPart(source, start + 1, end, (from, to) => {
    value += source.slice(from, to);
  });
  return value;
}

/** The body of a dollar-quoted string. */
export function dollarString(source: string, start: number, end: number): string {
  const tagLength = source.indexOf('$', start + 1) + 1 - start;
  return source.slice(start + tagLength, end - tagLength);
}

/** What stands in `B'...'` or `X'...'`, hexadecimal digits written out as binary ones. What is no digit stays, to be refused where the literal is read. */
export function bitString(source: string, start: number, end: number, isHex: boolean): string {
  const digits = plainString(source, start + 1, end);
  if (!(isHex ? /^[0-9a-f]*$/i : /^[01]*$/).test(digits)) return `${isHex ? 'x' : 'b'}${digits}`;
  if (!isHex) return digits;
  let bits = '';
  for (const digit of digits) bits += parseInt(digit, 16).toString(2).padStart(4, '0');
  return bits;
}

function invalidEscape(code: string, offset: number, hint: string): DbError {
  return new DbError(code, 'invalid Unicode escape', { offset, hint });
}

/**
 * Joins code units of Unicode escapes into characters; a high surrogate waits here for its other half. `near` adds to messages the text
 * that the error is about, which PostgreSQL does for E'...' only.
 */
class CodePoints {
  readonly #near: (offset: number) => string;
  #high = 0;

  constructor(near: (offset: number) => string) {
    this.#near = near;
  }

  /** The characters that `code` completes. */
  add(code: number, offset: number): string {
    if (code === 0 || code > 0x10ffff) throw new DbError('42601', `invalid Unicode escape value${this.#near(offset)}`, { offset });
    const isSecond = code >= 0xdc00 && code <= 0xdfff;
    if (isSecond !== (this.#high !== 0)) throw this.#surrogateError(offset);
    if (isSecond) {
      const pair = String.fromCharCode(this.#high, code);
      this.#high = 0;
      return pair;
    }
    if (code >= 0xd800 && code <= 0xdbff) {
      this.#high = code;
      return '';
    }
    return String.fromCodePoint(code);
  }

  /** To be called before anything but an escape, and at the end; `offset` is where that stands. */
  settle(offset: number): void {
    if (this.#high !== 0) throw this.#surrogateError(offset);
  }

  #surrogateError(offset: number): DbError {
    return new DbError('42601', `invalid Unicode surrogate pair${this.#near(offset)}`, { offset });
  }
}

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The value of `E'...'` at [start, end). */
export function escapeString(source: string, start: number, end: number): string {
  let value = '';
  let bytes: number[] = [];
  let i = start + 2;
  const points = new CodePoints((offset) => ` at or near "${/^\\(?:u.{4}|U.{8})|^./su.exec(source.slice(offset, offset + 10))![0]}"`);
  const flush = (): void => {
    points.settle(i);
    if (bytes.length > 0) {
      value += decodeUtf8(bytes);
      bytes = [];
    }
  };
  while (i < end) {
    const code = source.charCodeAt(i);
    if (code === 0x27) {
      flush();
      if (i + 1 >= end) break;
      if (source.charCodeAt(i + 1) === 0x27) {
        value += "'";
        i += 2;
      } else {
        i = continuationOf(source, i + 1);
      }
      continue;
    }
    if (code !== 0x5c) {
      flush();
      let to = i + 1;
      while (to < end && source.charCodeAt(to) !== 0x27 && source.charCodeAt(to) !== 0x5c) to++;
      value += source.slice(i, to);
      i = to;
      continue;
    }
    const letter = source[i + 1]!;
    if (letter === 'u' || letter === 'U') {
      const size = letter === 'u' ? 4 : 8;
      const digits = source.slice(i + 2, Math.min(i + 2 + size, end));
      if (digits.length < size || !/^[0-9a-fA-F]+$/.test(digits)) {
        throw invalidEscape('22025', i, 'Unicode escapes must be \\uXXXX or \\UXXXXXXXX.');
      }
      if (bytes.length > 0) {
        value += decodeUtf8(bytes);
        bytes = [];
      }
      value += points.add(parseInt(digits, 16), i);
      i += 2 + size;
      continue;
    }
    points.settle(i);
    const octal = /[0-7]/.test(letter);
    if (octal || (letter === 'x' && /[0-9a-fA-F]/.test(source[i + 2]!))) {
      const digits = octal ? /^[0-7]{1,3}/.exec(source.slice(i + 1, i + 4))![0] : /^[0-9a-fA-F]{1,2}/.exec(source.slice(i + 2, i + 4))![0];
      bytes.push(parseInt(digits, octal ? 8 : 16) & 0xff);
      i += digits.length + (octal ? 1 : 2);
      continue;
    }
    flush();
    // An escaped character beyond the basic plane is two units; the second follows as ordinary text.
    value += simpleEscapes[letter] ?? letter;
    i += 2;
  }
  flush();
  return value;
}

/** Text of bytes given one by one as \x or octal escapes. @throws DbError 22021 when they are not UTF-8 */
function decodeUtf8(bytes: readonly number[]): string {
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    // The message below names the bytes.
  }
  const bad = bytes.findIndex((byte) => byte === 0 || byte >= 0x80);
  const lead = bytes[bad]!;
  const size = lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc0 && lead < 0xe0 ? 2 : 1;
  const shown = bytes.slice(bad, bad + size).map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  throw new DbError('22021', `invalid byte sequence for encoding "UTF8": ${shown.join(' ')}`);
}

/**
 * The value of `U&'...'` or `U&"..."` at [start, end), `escape` being its escape character. @throws DbError 42601 for a bad escape
 */
export function unicodeString(source: string, start: number, end: number, escape: string): string {
  const isName = source[start + 2] === '"';
  const raw: { text: string; offset: number }[] = [];
  if (isName) raw.push({ text: source.slice(start + 3, end - 1), offset: start + 3 });
  else forEachPart(source, start + 3, end, (from, to) => raw.push({ text: source.slice(from, to), offset: from }));
  const points = new CodePoints(() => '');
  let value = '';
  for (const { text: part, offset } of raw) {
    const text = isName ? part.replaceAll('""', '"') : part;
    for (let i = 0; i < text.length; ) {
      if (text[i] !== escape) {
        points.settle(offset + i);
        value += text[i];
        i++;
      } else if (text[i + 1] === escape) {
        points.settle(offset + i);
        value += escape;
        i += 2;
      } else {
        const digits = /^(?:[0-9a-fA-F]{4}|\+[0-9a-fA-F]{6})/.exec(text.slice(i + 1, i + 8))?.[0];
        if (digits === undefined) throw invalidEscape('42601', offset + i, 'Unicode escapes must be \\XXXX or \\+XXXXXX.');
        value += points.add(parseInt(digits.replace('+', ''), 16), offset + i);
        i += 1 + digits.length;
      }
    }
  }
  points.settle(end - 1);
  return value;
}

/** Whether UESCAPE may name `text` as escape character. */
export function isUnicodeEscape(text: string): boolean {
  return text.length === 1 && !/[0-9a-fA-F+'" \t\n\r\f]/.test(text);
}
