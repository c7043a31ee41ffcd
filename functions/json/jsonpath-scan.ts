/**
 * The words of a jsonpath text. A bare word may hold anything but white space, quotes and the special characters, and escapes as in a string; comments are as in C.
 *
 * Source: PostgreSQL's jsonpath_scan.l for what is a word, a number and an error.
 */
import { DbError } from '../../base/errors.js';

export interface PathToken {
  /** `symbol` for operators, `keyword` for words of the language: the word in lower case is in `symbol`. */
  readonly kind: 'symbol' | 'keyword' | 'word' | 'string' | 'variable' | 'integer' | 'decimal' | 'end';
  readonly symbol: string;
  /** What a word, string or variable says; a number's digits. */
  readonly text: string;
}

const keywords = new Set(['is', 'to', 'abs', 'lax', 'flag', 'last', 'size', 'type', 'with', 'double', 'exists', 'starts', 'strict', 'ceiling', 'keyvalue', 'datetime', 'floor', 'unknown', 'like_regex']);
/** JSON's own are keywords in lower case alone. */
const exactKeywords = new Set(['null', 'true', 'false']);

const blank = /[ \t\n\r\f]*/y;
const comment = /\/\*[^]*?\*\//y;
const operators = /&&|\|\||\*\*|<=|<>|==|>=|!=|[?%$.[\]{}()|&!=<>@#,*:\-+/]/y;
const real = /(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)[Ee][-+]?\d+/y;
const decimal = /(?:0|[1-9]\d*)\.\d*|\.\d+/y;
const integer = /0|[1-9]\d*/y;
const realFail = /(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)[Ee][-+]/y;
const other = /[^?%$.[\]{}()|&!=<>@#,*:\-+/\\" \t\n\r\f]/y;
const others = /[^?%$.[\]{}()|&!=<>@#,*:\-+/\\" \t\n\r\f]+/y;

export function pathError(what: string, near: string): DbError {
  return new DbError('42601', near === '' ? `${what} at end of jsonpath input` : `${what} at or near "${near}" of jsonpath input`);
}

export function scanPath(text: string): PathToken[] {
  const scanner = new PathScanner(text);
  const tokens: PathToken[] = [];
  for (;;) {
    const token = scanner.next();
    tokens.push(token);
    if (token.kind === 'end') return tokens;
  }
}

class PathScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  next(): PathToken {
    const text = this.#text;
    for (;;) {
      this.#at += this.#match(blank)!.length;
      if (!text.startsWith('/*', this.#at)) break;
      const skipped = this.#match(comment);
      if (skipped === undefined) throw pathError('unexpected end of comment', '');
      this.#at += skipped.length;
    }
    if (this.#at >= text.length) return { kind: 'end', symbol: '', text: '' };
    const c = text[this.#at]!;
    if (c === '"') return { kind: 'string', symbol: '', text: this.#quoted(this.#at + 1) };
    if (c === '$' && text[this.#at + 1] === '"') return { kind: 'variable', symbol: '', text: this.#quoted(this.#at + 2) };
    if (c === '$') {
      this.#at++;
      const name = this.#match(others);
      if (name === undefined) return { kind: 'symbol', symbol: '$', text: '$' };
      this.#at += name.length;
      return { kind: 'variable', symbol: '', text: name };
    }
    if (/\d/.test(c) || (c === '.' && /\d/.test(text[this.#at + 1] ?? ''))) return this.#number();
    const symbol = this.#match(operators);
    if (symbol !== undefined) {
      this.#at += symbol.length;
      return { kind: 'symbol', symbol, text: symbol };
    }
    return this.#word();
  }

  /** The longest of what a number may be; one with a letter glued on is an error. */
  #number(): PathToken {
    const found = this.#match(real) ?? this.#match(decimal) ?? this.#match(integer)!;
    const isInteger = /^\d+$/.test(found);
    const failed = this.#match(realFail);
    if (failed !== undefined && failed.length > found.length) throw pathError('trailing junk after numeric literal', failed);
    const start = this.#at;
    this.#at += found.length;
    const glued = this.#match(other);
    if (glued !== undefined) throw pathError('trailing junk after numeric literal', this.#text.slice(start, this.#at) + glued);
    return { kind: isInteger ? 'integer' : 'decimal', symbol: '', text: found };
  }

  #word(): PathToken {
    let word = '';
    let isEscaped = false;
    for (;;) {
      const part = this.#match(others);
      if (part !== undefined) {
        word += part;
        this.#at += part.length;
      } else if (this.#text[this.#at] === '\\') {
        word += this.#escape();
        isEscaped = true;
      } else break;
    }
    const lower = word.toLowerCase();
    const isKeyword = !isEscaped && (keywords.has(lower) || exactKeywords.has(word));
    return { kind: isKeyword ? 'keyword' : 'word', symbol: isKeyword ? lower : '', text: word };
  }

  #quoted(from: number): string {
    this.#at = from;
    let content = '';
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined) throw pathError('unterminated quoted string', '');
      if (c === '"') {
        this.#at++;
        return content;
      }
      if (c === '\\') content += this.#escape();
      else {
        content += c;
        this.#at++;
      }
    }
  }

  #escape(): string {
    const text = this.#text;
    const c = text[this.#at + 1];
    if (c === undefined) throw pathError('unexpected end after backslash', '');
    if (c === 'u') return this.#unicode();
    if (c === 'x') {
      const digits = /^[0-9A-Fa-f]{2}/.exec(text.slice(this.#at + 2, this.#at + 4))?.[0];
      if (digits === undefined) throw pathError('invalid hexadecimal character sequence', text.slice(this.#at, this.#at + 3));
      this.#at += 4;
      return this.#codePoint(parseInt(digits, 16));
    }
    const point = String.fromCodePoint(text.codePointAt(this.#at + 1)!);
    this.#at += 1 + point.length;
    return ({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' } as Record<string, string>)[c] ?? point;
  }

  #codePoint(code: number): string {
    if (code === 0) throw new DbError('22P05', 'unsupported Unicode escape sequence', { detail: '\\u0000 cannot be converted to text.' });
    if (code > 0x10ffff) throw new DbError('22P05', 'could not convert Unicode to server encoding');
    return String.fromCodePoint(code);
  }

  /** \uXXXX or \u{X...}; a high surrogate must be followed by a low one. */
  #unicode(): string {
    const high = this.#unit();
    if (high >= 0xdc00 && high < 0xe000) throw surrogateError('Unicode low surrogate must follow a high surrogate.');
    if (high < 0xd800 || high >= 0xdc00) return this.#codePoint(high);
    if (this.#text[this.#at] !== '\\' || this.#text[this.#at + 1] !== 'u') throw surrogateError('Unicode low surrogate must follow a high surrogate.');
    const low = this.#unit();
    if (low >= 0xd800 && low < 0xdc00) throw surrogateError('Unicode high surrogate must not follow a high surrogate.');
    if (low < 0xdc00 || low >= 0xe000) throw surrogateError('Unicode low surrogate must follow a high surrogate.');
    return this.#codePoint(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
  }
  #unit(): number {
    const match = /^\\u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#text.slice(this.#at, this.#at + 10));
    if (match === null) throw pathError('invalid Unicode escape sequence', /^\\u\{?[0-9A-Fa-f]*/.exec(this.#text.slice(this.#at))![0]);
    this.#at += match[0].length;
    return parseInt(match[1] ?? match[2]!, 16);
  }
}

function surrogateError(detail: string): DbError {
  return new DbError('22P02', 'invalid input syntax for type jsonpath', { detail });
}
