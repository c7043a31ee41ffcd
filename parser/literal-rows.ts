/**
 * `INSERT INTO t (...) VALUES (1, 'a'), (2, 'b'), ...` with literals alone, read without tokens or a tree: the parser proper spends several microseconds
 * on a row that says less than its parameters would.
 *
 * L1  What is read here means the same to the parser: anything but plain numbers, strings, TRUE, FALSE and NULL between the parentheses, anything after the
 *     last row, a comment, an identifier that needs more than a glance: the scanner says so by `undefined`, and the parser gets the whole text.
 * L2  `head` followed by one row of parameters is the same statement with a parameter for each literal.
 */

/** Where the rows begin, up to and with VALUES. Names in the head are left to the parser. */
const insertHead = /\s*insert\s+into\s+(?:\w+\s*\.\s*)?\w+\s*(?:\((?:\s*\w+\s*,)*\s*\w+\s*\)\s*)?values\s*(?=\()/iy;

const word = /[a-z]+/iy;

/** What a literal is, with its text: that of a string without quotes. */
export const LiteralKind = { Number: 0, String: 1, True: 2, False: 3, Null: 4 } as const;
export type LiteralKind = (typeof LiteralKind)[keyof typeof LiteralKind];

const Tab = 9, Return = 13, Space = 32, Quote = 39, Open = 40, Close = 41, Comma = 44, Minus = 45, Dot = 46, Zero = 48, Nine = 57, Semicolon = 59;

/** The part of `text` before its rows, undefined when it is another statement. */
export function headOfInsert(text: string): string | undefined {
  insertHead.lastIndex = 0;
  return insertHead.test(text) ? text.slice(0, insertHead.lastIndex) : undefined;
}

/** Walks over the literals of one text. */
export class LiteralRows {
  readonly #text: string;
  #at: number;
  kind: LiteralKind = LiteralKind.Null;
  /** The last literal's text. */
  literal = '';
  /** A number of at most nine digits and a sign, else NaN. */
  small = NaN;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  #skip(): number {
    const text = this.#text;
    let at = this.#at;
    for (let code = text.charCodeAt(at); code === Space || (code >= Tab && code <= Return && code !== 11); code = text.charCodeAt(at)) at++;
    this.#at = at;
    return text.charCodeAt(at);
  }
  /** Steps over `code` if it comes next. */
  #take(code: number): boolean {
    if (this.#skip() !== code) return false;
    this.#at++;
    return true;
  }
  /** The parenthesis before a row. */
  open(): boolean {
    return this.#take(Open);
  }
  /** What follows a literal; undefined: neither. */
  afterLiteral(): 'more' | 'end' | undefined {
    const code = this.#skip();
    if (code !== Comma && code !== Close) return undefined;
    this.#at++;
    return code === Comma ? 'more' : 'end';
  }
  /** What follows a row; undefined: something that is not read here. */
  afterRow(): 'more' | 'end' | undefined {
    if (this.#take(Comma)) return 'more';
    this.#take(Semicolon);
    this.#skip();
    return this.#at === this.#text.length ? 'end' : undefined;
  }

  /** Reads a literal into `kind`, `literal` and `small`; false: it is none. */
  next(): boolean {
    const code = this.#skip();
    if (code === Quote) return this.#string();
    if (code === Minus || (code >= Zero && code <= Nine)) return this.#number();
    return this.#word();
  }

  #string(): boolean {
    const text = this.#text;
    const start = this.#at + 1;
    let end = text.indexOf("'", start);
    let hasQuotes = false;
    while (end !== -1 && text.charCodeAt(end + 1) === Quote) {
      hasQuotes = true;
      end = text.indexOf("'", end + 2);
    }
    if (end === -1) return false;
    const raw = text.slice(start, end);
    this.kind = LiteralKind.String;
    this.literal = hasQuotes ? raw.replaceAll("''", "'") : raw;
    this.#at = end + 1;
    return true;
  }

  #number(): boolean {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    const isNegative = text.charCodeAt(at) === Minus;
    if (isNegative) at++;
    const firstDigit = at;
    let value = 0;
    let code = text.charCodeAt(at);
    for (; code >= Zero && code <= Nine; code = text.charCodeAt(++at)) value = value * 10 + (code - Zero);
    const digits = at - firstDigit;
    if (digits === 0) return false;
    let isWhole = true;
    if (code === Dot) {
      isWhole = false;
      for (code = text.charCodeAt(++at); code >= Zero && code <= Nine; code = text.charCodeAt(++at));
    }
    this.kind = LiteralKind.Number;
    this.small = isWhole && digits <= 9 ? (isNegative && value !== 0 ? -value : value) : NaN;
    this.literal = this.small === this.small ? '' : text.slice(start, at);
    this.#at = at;
    return true;
  }

  #word(): boolean {
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (found === undefined) return false;
    switch (found.toLowerCase()) {
      case 'null':
        this.kind = LiteralKind.Null;
        break;
      case 'true':
        this.kind = LiteralKind.True;
        break;
      case 'false':
        this.kind = LiteralKind.False;
        break;
      default:
        return false;
    }
    this.#at += found.length;
    return true;
  }
}
