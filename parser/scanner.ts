/**
 * The lowest level of lexing: cuts text into lexemes and says of each where it starts, where it ends and what it is, without
 * decoding it. The lexer (tokens for the grammar), the splitter (where statements end) and syntax colouring share it.
 *
 * The rules are PostgreSQL's (scan.l of version 15, standard_conforming_strings on), among them: comments nest; an operator ends
 * before a comment and does not end in + or - unless it holds one of ~ ! @ # ^ & | ` ? %; `1..2` is three lexemes; a string goes on
 * after white space with a newline in it; a word may hold any character beyond ASCII.
 *
 * S1  `next` always advances, or returns End.    S2  Lexemes and the white space between them cover the text without overlap.
 */

export const Lexeme = {
  End: 0,
  Word: 1,
  QuotedWord: 2,
  /** U&"..." */
  UnicodeWord: 3,
  String: 4,
  /** E'...' */
  EscapeString: 5,
  /** U&'...' */
  UnicodeString: 6,
  BitString: 7,
  HexString: 8,
  DollarString: 9,
  Integer: 10,
  Decimal: 11,
  /** $1 */
  Parameter: 12,
  /** :name */
  NamedParameter: 13,
  /** A symbol of one character that is a token by itself, or `::` `:=` `..` `=>`; otherwise Operator. */
  Symbol: 14,
  Operator: 15,
  /** A comment, when `keepComments`. */
  Comment: 16,
  /** A character no token starts with. */
  Unknown: 17,
  /** A literal, quoted word or comment that runs into the end of the text; `unterminated` says which. */
  Unterminated: 18,
  /** Digits with something glued on, as 12ab or $1a. */
  NumberJunk: 19,
  ParameterJunk: 20,
} as const;
export type Lexeme = (typeof Lexeme)[keyof typeof Lexeme];

export type Unterminated = 'string' | 'bitString' | 'hexString' | 'dollarString' | 'quotedWord' | 'comment';

/** Classes of ASCII characters; bits of one table, for most characters are looked at several times. */
const SPACE = 1;
const WORD_START = 2;
const WORD_PART = 4;
const DIGIT = 8;
const OPERATOR = 16;
const SELF = 32;
const classes = new Uint8Array(128);
for (const c of ' \t\n\r\f') classes[c.charCodeAt(0)]! |= SPACE;
for (let c = 0x61; c <= 0x7a; c++) {
  classes[c]! |= WORD_START | WORD_PART;
  classes[c - 32]! |= WORD_START | WORD_PART;
}
classes[0x5f]! |= WORD_START | WORD_PART;
classes[0x24]! |= WORD_PART;
for (let c = 0x30; c <= 0x39; c++) classes[c]! |= DIGIT | WORD_PART;
for (const c of '~!@#^&|`?+-*/%<>=') classes[c.charCodeAt(0)]! |= OPERATOR;
for (const c of ',()[].;:+-*/%^<>=') classes[c.charCodeAt(0)]! |= SELF;

/** What no ASCII class table covers is a letter to SQL. A NaN (past the end) is nothing. */
const classOf = (code: number): number => (code < 128 ? classes[code]! : code >= 128 ? WORD_START | WORD_PART : 0);
const isSpace = (code: number): boolean => (classOf(code) & SPACE) !== 0;
const isWordStart = (code: number): boolean => (classOf(code) & WORD_START) !== 0;
const isWordPart = (code: number): boolean => (classOf(code) & WORD_PART) !== 0;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOLLAR = 0x24;
const MINUS = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DOT = 0x2e;
const COLON = 0x3a;
const EQUALS = 0x3d;
const AMPERSAND = 0x26;

export class Scanner {
  readonly source: string;
  readonly keepComments: boolean;
  /** Bounds of the lexeme that `next` has returned. */
  start = 0;
  end: number;
  /** Of a word: whether it holds an upper-case letter (and must be folded). */
  hasUpperCase = false;
  /** What a lexeme of kind Unterminated was to be. */
  unterminated: Unterminated = 'string';
  /** In a subscript a colon is the slice's, not a named parameter's. Kept by the caller, who sees the nesting. */
  inBrackets = false;

  constructor(source: string, position = 0, keepComments = false) {
    this.source = source;
    this.end = position;
    this.keepComments = keepComments;
  }

  next(): Lexeme {
    const source = this.source;
    const length = source.length;
    let i = this.end;
    for (;;) {
      if (i >= length) {
        this.start = this.end = length;
        return Lexeme.End;
      }
      const code = source.charCodeAt(i);
      if (code < 128) {
        const c = classes[code]!;
        if ((c & SPACE) !== 0) {
          i++;
          continue;
        }
        const isComment = (code === MINUS && source.charCodeAt(i + 1) === MINUS) || (code === SLASH && source.charCodeAt(i + 1) === STAR);
        if (isComment) {
          this.start = i;
          i = code === MINUS ? this.#lineCommentEnd(i) : this.#blockCommentEnd(i);
          this.end = i < 0 ? length : i;
          if (i < 0) return this.#unterminatedAs('comment');
          if (this.keepComments) return Lexeme.Comment;
          continue;
        }
        this.start = i;
        if ((c & WORD_START) !== 0) return this.#word(i, code);
        if ((c & DIGIT) !== 0) return this.#number(i);
        return this.#symbol(i, code, c);
      }
      this.start = i;
      return this.#word(i, code);
    }
  }

  #unterminatedAs(what: Unterminated): Lexeme {
    this.unterminated = what;
    this.end = this.source.length;
    return Lexeme.Unterminated;
  }

  #lineCommentEnd(i: number): number {
    const source = this.source;
    while (i < source.length) {
      const code = source.charCodeAt(i);
      if (code === NEWLINE || code === CARRIAGE_RETURN) break;
      i++;
    }
    return i;
  }

  /** Past the end of the nested comment that starts at `i`, or -1. */
  #blockCommentEnd(i: number): number {
    const source = this.source;
    let depth = 1;
    i += 2;
    while (i < source.length) {
      const code = source.charCodeAt(i);
      if (code === STAR && source.charCodeAt(i + 1) === SLASH) {
        i += 2;
        if (--depth === 0) return i;
      } else if (code === SLASH && source.charCodeAt(i + 1) === STAR) {
        i += 2;
        depth++;
      } else {
        i++;
      }
    }
    return -1;
  }

  #word(i: number, first: number): Lexeme {
    const source = this.source;
    const second = source.charCodeAt(i + 1);
    if (second === QUOTE) {
      switch (first) {
        case 0x65: case 0x45: // e
          return this.#quoted(i + 2, true, Lexeme.EscapeString, 'string');
        case 0x62: case 0x42: // b
          return this.#quoted(i + 2, false, Lexeme.BitString, 'bitString');
        case 0x78: case 0x58: // x
          return this.#quoted(i + 2, false, Lexeme.HexString, 'hexString');
        // N'...' needs no case: it is the word N, which the lexer reads as NCHAR, and a string.
      }
    } else if (second === AMPERSAND && (first === 0x75 || first === 0x55)) {
      const third = source.charCodeAt(i + 2);
      if (third === QUOTE) return this.#quoted(i + 3, false, Lexeme.UnicodeString, 'string');
      if (third === DOUBLE_QUOTE) return this.#quotedWord(i + 3, Lexeme.UnicodeWord);
    }
    let hasUpperCase = false;
    let code = first;
    do {
      if (code <= 0x5a && code >= 0x41) hasUpperCase = true;
      code = source.charCodeAt(++i);
    } while (code < 128 ? (classes[code]! & WORD_PART) !== 0 : code >= 128);
    this.hasUpperCase = hasUpperCase;
    this.end = i;
    return Lexeme.Word;
  }

  #number(i: number): Lexeme {
    const source = this.source;
    let kind: Lexeme = Lexeme.Integer;
    while (isDigit(source.charCodeAt(i))) i++;
    if (source.charCodeAt(i) === DOT && source.charCodeAt(i + 1) !== DOT) {
      kind = Lexeme.Decimal;
      i++;
      while (isDigit(source.charCodeAt(i))) i++;
    }
    const e = source.charCodeAt(i);
    if (e === 0x65 || e === 0x45) {
      const sign = source.charCodeAt(i + 1);
      const digits = sign === 0x2b || sign === MINUS ? i + 2 : i + 1;
      if (isDigit(source.charCodeAt(digits))) {
        kind = Lexeme.Decimal;
        i = digits;
        while (isDigit(source.charCodeAt(i))) i++;
      } else if (digits === i + 2) {
        this.end = digits;
        return Lexeme.NumberJunk;
      }
    }
    if (isWordStart(source.charCodeAt(i))) {
      while (isWordPart(source.charCodeAt(i))) i++;
      kind = Lexeme.NumberJunk;
    }
    this.end = i;
    return kind;
  }

  #symbol(i: number, code: number, c: number): Lexeme {
    const source = this.source;
    if (code === QUOTE) return this.#quoted(i + 1, false, Lexeme.String, 'string');
    if (code === DOUBLE_QUOTE) return this.#quotedWord(i + 1, Lexeme.QuotedWord);
    if (code === DOLLAR) return this.#dollar(i);
    const second = source.charCodeAt(i + 1);
    if (code === DOT) {
      if (isDigit(second)) return this.#number(i);
      this.end = second === DOT ? i + 2 : i + 1;
      return Lexeme.Symbol;
    }
    if (code === COLON) {
      if (second === COLON || second === EQUALS) {
        this.end = i + 2;
      } else if (!this.inBrackets && isWordStart(second)) {
        i += 2;
        while (isWordPart(source.charCodeAt(i))) i++;
        this.end = i;
        return Lexeme.NamedParameter;
      } else {
        this.end = i + 1;
      }
      return Lexeme.Symbol;
    }
    if ((c & OPERATOR) !== 0) return this.#operator(i);
    this.end = i + 1;
    return (c & SELF) !== 0 ? Lexeme.Symbol : Lexeme.Unknown;
  }

  #operator(i: number): Lexeme {
    const source = this.source;
    let end = i;
    let maySignEnd = false;
    for (let code = source.charCodeAt(end); (classOf(code) & OPERATOR) !== 0; code = source.charCodeAt(end)) {
      const next = source.charCodeAt(end + 1);
      // A comment inside ends the operator; one at its very start was taken before.
      if ((code === SLASH && next === STAR) || (code === MINUS && next === MINUS)) break;
      if ((classes[code]! & SELF) === 0 || code === 0x25 || code === 0x5e) maySignEnd = true; // % and ^ too
      end++;
    }
    // So that `a=-1` reads as `a = -1`.
    if (!maySignEnd) {
      while (end - i > 1 && (source.charCodeAt(end - 1) === MINUS || source.charCodeAt(end - 1) === 0x2b)) end--;
    }
    this.end = end;
    const size = end - i;
    if (size === 1) return (classes[source.charCodeAt(i)]! & SELF) !== 0 ? Lexeme.Symbol : Lexeme.Operator;
    if (size === 2 && source.charCodeAt(i) === EQUALS && source.charCodeAt(i + 1) === 0x3e) return Lexeme.Symbol;
    return Lexeme.Operator;
  }

  /** From inside a string; goes on over continuations (white space with a newline, then a quote). */
  #quoted(i: number, hasEscapes: boolean, kind: Lexeme, what: Unterminated): Lexeme {
    const source = this.source;
    const length = source.length;
    for (;;) {
      if (!hasEscapes) {
        i = source.indexOf("'", i);
        if (i < 0) return this.#unterminatedAs(what);
      } else {
        for (;;) {
          if (i >= length) return this.#unterminatedAs(what);
          const code = source.charCodeAt(i);
          if (code === QUOTE) break;
          i += code === BACKSLASH ? 2 : 1;
        }
      }
      i++;
      if (source.charCodeAt(i) === QUOTE) {
        i++;
        continue;
      }
      const continued = continuationOf(source, i);
      if (continued < 0) break;
      i = continued;
    }
    this.end = i;
    return kind;
  }

  #quotedWord(i: number, kind: Lexeme): Lexeme {
    const source = this.source;
    for (;;) {
      i = source.indexOf('"', i);
      if (i < 0) return this.#unterminatedAs('quotedWord');
      i++;
      if (source.charCodeAt(i) !== DOUBLE_QUOTE) break;
      i++;
    }
    this.end = i;
    return kind;
  }

  #dollar(i: number): Lexeme {
    const source = this.source;
    let j = i + 1;
    const first = source.charCodeAt(j);
    if (isDigit(first)) {
      while (isDigit(source.charCodeAt(j))) j++;
      const isJunk = isWordStart(source.charCodeAt(j));
      while (isJunk && isWordPart(source.charCodeAt(j))) j++;
      this.end = j;
      return isJunk ? Lexeme.ParameterJunk : Lexeme.Parameter;
    }
    if (isWordStart(first)) {
      j++;
      while (source.charCodeAt(j) !== DOLLAR && isWordPart(source.charCodeAt(j))) j++;
    }
    if (source.charCodeAt(j) !== DOLLAR) {
      this.end = i + 1;
      return Lexeme.Unknown;
    }
    const tag = source.slice(i, j + 1);
    const close = source.indexOf(tag, j + 1);
    if (close < 0) return this.#unterminatedAs('dollarString');
    this.end = close + tag.length;
    return Lexeme.DollarString;
  }
}

/** Where the next part of a string starts (past its quote) when the text from `i`, just past a closing quote, continues it; or -1. */
export function continuationOf(source: string, i: number): number {
  let sawNewline = false;
  for (;;) {
    const code = source.charCodeAt(i);
    if (code === QUOTE) return sawNewline ? i + 1 : -1;
    if (code === NEWLINE || code === CARRIAGE_RETURN) {
      sawNewline = true;
      i++;
    } else if (isSpace(code)) {
      i++;
    } else if (code === MINUS && source.charCodeAt(i + 1) === MINUS) {
      // A comment counts as white space here, to its line's end.
      while (i < source.length && source.charCodeAt(i) !== NEWLINE && source.charCodeAt(i) !== CARRIAGE_RETURN) i++;
    } else {
      return -1;
    }
  }
}
