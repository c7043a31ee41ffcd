/**
 * From text to the tokens of one statement. Statements are lexed one at a time, so that a long script never has all its tokens in
 * memory and an error in its second statement does not hide behind one in its third.
 *
 * Where a grammar of one token's lookahead could not decide, the lexer does, over tokens it has already seen:
 *
 * L1  NOT before BETWEEN, IN, LIKE, ILIKE, SIMILAR is NotLa; NULLS before FIRST, LAST is NullsLa; WITH before TIME, ORDINALITY is
 *     WithLa (PostgreSQL's own three).
 * L2  An opening parenthesis is LParenQuery exactly when a query stands in it: the next token is SELECT, VALUES (, TABLE or WITH, or
 *     an LParenQuery whose parenthesis is followed by `)` or by something that continues a query (UNION, ORDER BY, LIMIT, ...).
 *     `((SELECT 1) + 2)` is thus an expression and `((SELECT 1) UNION SELECT 2)` a query, without backtracking.
 * L3  A semicolon ends the statement outside of parentheses and of BEGIN ATOMIC ... END.
 */
import { type TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import * as literal from './literals.js';
import { Lexeme, Scanner, type Unterminated } from './scanner.js';
import * as t from './tokens.js';
import { kw, SqlToken } from './tokens.js';

const keywordTypes: ReadonlyMap<string, TokenType> = new Map(Object.entries(kw));
const singleCharacter: readonly (TokenType | undefined)[] = ((): (TokenType | undefined)[] => {
  const table = new Array<TokenType | undefined>(128).fill(undefined);
  const set = (c: string, type: TokenType): void => {
    table[c.charCodeAt(0)] = type;
  };
  for (const [c, type] of [
    ['(', t.LParenOther], [')', t.RParen], ['[', t.LBracket], [']', t.RBracket], [',', t.Comma], [';', t.Semicolon], [':', t.Colon], ['.', t.Dot],
    ['+', t.Plus], ['-', t.Minus], ['*', t.Star], ['/', t.Slash], ['%', t.Percent], ['^', t.Caret], ['<', t.Less], ['>', t.Greater], ['=', t.Equals],
  ] as const) set(c, type);
  return table;
})();

/** What follows a parenthesised query that is a part of a larger query. */
const continuesQuery: ReadonlySet<TokenType> = new Set([
  kw.union, kw.intersect, kw.except, kw.order, kw.limit, kw.offset, kw.fetch, kw.for, t.RParen,
]);
const beforeNotLa: ReadonlySet<TokenType> = new Set([kw.between, kw.in, kw.like, kw.ilike, kw.similar]);

const unterminatedWords: Readonly<Record<Unterminated, string>> = {
  string: 'unterminated quoted string',
  bitString: 'unterminated bit string literal',
  hexString: 'unterminated hexadecimal string literal',
  dollarString: 'unterminated dollar-quoted string',
  quotedWord: 'unterminated quoted identifier',
  comment: 'unterminated /* comment',
};

/** The most of the source that an error message quotes. PostgreSQL quotes all, which helps nobody in a statement of a megabyte. */
const quotedLengthMax = 200;
export function near(source: string, start: number, end: number): string {
  const text = end - start <= quotedLengthMax ? source.slice(start, end) : `${source.slice(start, start + quotedLengthMax)}...`;
  return `at or near "${text}"`;
}

/** Parentheses and brackets of one statement, by the places of their tokens. */
class Brackets {
  readonly parens: number[] = [];
  /** Those not closed yet. */
  readonly open: number[] = [];
  /** For each that is open: whether a colon in it is a slice's. */
  readonly slices: boolean[] = [];
}

export class Lexer {
  readonly source: string;
  readonly #scanner: Scanner;
  readonly #maxDepth: number;
  readonly #maxLength: number;
  /** Tokens of the current statement, closed by one EndOfInput. */
  tokens: SqlToken[] = [];
  /** Bounds of the current statement: from its first token to the end of its last; equal when it is empty. */
  start = 0;
  end = 0;
  /** The highest `$n` of the statement, and its `:name`s. */
  parameterCount = 0;
  parameterNames: string[] = [];
  /** The value of the lexeme read last. */
  #value = '';
  #previous: TokenType | undefined;
  #brackets = new Brackets();
  /** How deep in BEGIN ATOMIC ... END, with the CASEs there, which end likewise. */
  #atomicDepth = 0;

  /** `maxLength` bounds one statement, in UTF-16 units; `maxDepth` the nesting of its parentheses and brackets. */
  constructor(source: string, maxDepth: number, maxLength: number) {
    this.source = source;
    this.#scanner = new Scanner(source);
    this.#maxDepth = maxDepth;
    this.#maxLength = maxLength;
  }

  /**
   * Reads the next statement into `tokens`, up to its semicolon. False when there is none: an empty statement between two
   * semicolons is skipped. @throws DbError 42601 for a lexical error, 54001 past a limit
   */
  nextStatement(): boolean {
    while (this.#readStatement()) {
      if (this.tokens.length > 1) return true;
    }
    return this.tokens.length > 1;
  }

  /** True when a semicolon ended the statement, so that there may be another. */
  #readStatement(): boolean {
    const scanner = this.#scanner;
    const brackets = new Brackets();
    this.#brackets = brackets;
    this.#previous = undefined;
    this.#atomicDepth = 0;
    this.tokens = [];
    this.parameterCount = 0;
    this.parameterNames = [];
    scanner.inBrackets = false;
    let endedBySemicolon = false;
    for (;;) {
      const lexeme = scanner.next();
      const start = scanner.start;
      if (this.tokens.length === 0) this.start = start;
      if (scanner.end - this.start > this.#maxLength) throw tooLong(this.#maxLength, this.start);
      const type = this.#read(lexeme, start, scanner.end);
      endedBySemicolon = type === t.Semicolon && brackets.open.length === 0 && this.#atomicDepth === 0;
      if (type === t.EndOfInput || endedBySemicolon) {
        this.tokens.push(new SqlToken(this.source, t.EndOfInput, start, start, ''));
        this.end = this.tokens.length === 1 ? start : this.tokens[this.tokens.length - 2]!.endOffset + 1;
        break;
      }
      this.tokens.push(new SqlToken(this.source, type, start, scanner.end, this.#value));
      this.#previous = type;
    }
    if (brackets.parens.length > 0) markQueries(this.tokens, brackets.parens);
    return endedBySemicolon;
  }

  /** The type of the lexeme from `start` to `end`; its value is left in `#value`. */
  #read(lexeme: Lexeme, start: number, end: number): TokenType {
    const source = this.source;
    switch (lexeme) {
      case Lexeme.Word:
        return this.#readWord(start, end);
      case Lexeme.Symbol:
        return this.#readSymbol(start, end);
      case Lexeme.Operator:
        return this.#readOperator(start, end);
      case Lexeme.Integer:
        this.#value = source.slice(start, end);
        return t.Integer;
      case Lexeme.Decimal:
        this.#value = source.slice(start, end).toLowerCase();
        return t.Decimal;
      case Lexeme.String:
        this.#value = literal.plainString(source, start, end);
        return t.StringLiteral;
      case Lexeme.Parameter:
        return this.#readParameter(start, end);
      case Lexeme.NamedParameter:
        this.#value = source.slice(start + 1, end);
        if (!this.parameterNames.includes(this.#value)) this.parameterNames.push(this.#value);
        return t.NamedParameter;
      case Lexeme.QuotedWord:
        this.#value = literal.quotedIdentifier(source, start, end);
        return t.Identifier;
      case Lexeme.EscapeString:
        this.#value = literal.escapeString(source, start, end);
        return t.StringLiteral;
      case Lexeme.DollarString:
        this.#value = literal.dollarString(source, start, end);
        return t.StringLiteral;
      case Lexeme.BitString:
      case Lexeme.HexString:
        this.#value = literal.bitString(source, start, end, lexeme === Lexeme.HexString);
        return t.BitString;
      case Lexeme.UnicodeString:
        this.#value = literal.unicodeString(source, start, end, this.#unicodeEscape());
        return t.StringLiteral;
      case Lexeme.UnicodeWord:
        return this.#readUnicodeWord(start, end);
      case Lexeme.End:
        this.#value = '';
        return t.EndOfInput;
      case Lexeme.Unterminated:
        throw new DbError('42601', `${unterminatedWords[this.#scanner.unterminated]} ${near(source, start, end)}`, { offset: start });
      case Lexeme.NumberJunk:
      case Lexeme.ParameterJunk:
        throw new DbError('42601', `trailing junk after ${lexeme === Lexeme.NumberJunk ? 'numeric literal' : 'parameter'} ${near(source, start, end)}`, { offset: start });
      default:
        this.#value = '';
        return t.Unknown;
    }
  }

  #readWord(start: number, end: number): TokenType {
    const source = this.source;
    const word = this.#scanner.hasUpperCase ? literal.identifierOf(source.slice(start, end), true) : source.slice(start, end);
    const type = keywordTypes.get(word);
    if (type !== undefined) {
      this.#value = word;
      this.#noteKeyword(type);
      return type;
    }
    if (end === start + 1 && word === 'n' && source.charCodeAt(end) === 0x27) {
      this.#value = 'nchar';
      return kw.nchar;
    }
    this.#value = literal.truncateIdentifier(word);
    return t.Identifier;
  }

  /** What a keyword tells of the word before it, and of the BEGIN ATOMIC it stands in, whose semicolons do not end the statement. */
  #noteKeyword(type: TokenType): void {
    const previous = this.#previous;
    if (previous === kw.not && beforeNotLa.has(type)) this.#lastToken().retype(t.NotLa);
    else if (previous === kw.nulls && (type === kw.first || type === kw.last)) this.#lastToken().retype(t.NullsLa);
    else if (previous === kw.with && (type === kw.time || type === kw.ordinality)) this.#lastToken().retype(t.WithLa);
    else if (type === kw.atomic && previous === kw.begin) this.#atomicDepth++;
    else if (this.#atomicDepth > 0 && type === kw.case) this.#atomicDepth++;
    else if (this.#atomicDepth > 0 && type === kw.end) this.#atomicDepth--;
  }
  #lastToken(): SqlToken {
    return this.tokens[this.tokens.length - 1]!;
  }

  #readSymbol(start: number, end: number): TokenType {
    const source = this.source;
    const code = source.charCodeAt(start);
    let type: TokenType;
    if (end - start === 1) {
      type = singleCharacter[code]!;
      if (code === 0x28 || code === 0x5b) this.#open(code, start);
      else if (code === 0x29 || code === 0x5d) this.#close();
    } else type = code === 0x2e ? t.DotDot : code === 0x3d ? t.Arrow : source.charCodeAt(start + 1) === 0x3d ? t.ColonEquals : t.TypeCast;
    this.#value = type === t.Star ? '*' : source.slice(start, end);
    return type;
  }

  #open(code: number, start: number): void {
    const { open, parens, slices } = this.#brackets;
    const previous = this.#previous;
    if (code === 0x28) parens.push(this.tokens.length);
    open.push(this.tokens.length);
    if (open.length > this.#maxDepth) throw tooDeep(this.#maxDepth, start);
    // Only a subscript has slices; ARRAY[:a, :b] has named parameters.
    const isSlice = code === 0x5b && previous !== kw.array && previous !== t.LBracket && previous !== t.Comma;
    slices.push(isSlice);
    this.#scanner.inBrackets = isSlice;
  }
  #close(): void {
    const { open, slices } = this.#brackets;
    const opening = open.pop();
    if (opening !== undefined) this.tokens[opening]!.match = this.tokens.length;
    slices.pop();
    this.#scanner.inBrackets = slices[slices.length - 1] ?? false;
  }

  #readOperator(start: number, end: number): TokenType {
    this.#value = this.source.slice(start, end);
    const type = operatorType(this.#value);
    if (type === t.NotEquals) this.#value = '<>';
    else if (this.#value.length > literal.identifierBytesMax) throw new DbError('42601', 'operator too long', { offset: start });
    return type;
  }

  #readParameter(start: number, end: number): TokenType {
    this.#value = this.source.slice(start + 1, end);
    const index = Number(this.#value);
    if (index === 0 || index > parameterIndexMax) throw new DbError('42P02', `there is no parameter $${this.#value}`, { offset: start });
    if (index > this.parameterCount) this.parameterCount = index;
    return t.Parameter;
  }

  #readUnicodeWord(start: number, end: number): TokenType {
    const word = literal.unicodeString(this.source, start, end, this.#unicodeEscape());
    if (word === '') throw new DbError('42601', `zero-length delimited identifier ${near(this.source, start, end)}`, { offset: start });
    this.#value = literal.truncateIdentifier(word);
    return t.Identifier;
  }

  /** The escape character of the U& literal just scanned: that of a UESCAPE clause, which is then consumed, or a backslash. */
  #unicodeEscape(): string {
    const scanner = this.#scanner;
    const source = this.source;
    const after = scanner.end;
    if (scanner.next() !== Lexeme.Word || source.slice(scanner.start, scanner.end).toLowerCase() !== 'uescape') {
      scanner.end = after;
      return '\\';
    }
    if (scanner.next() !== Lexeme.String) {
      const where = scanner.start === source.length ? 'at end of input' : near(source, scanner.start, scanner.end);
      throw new DbError('42601', `UESCAPE must be followed by a simple string literal ${where}`, { offset: scanner.start });
    }
    const escape = literal.plainString(source, scanner.start, scanner.end);
    if (!literal.isUnicodeEscape(escape)) {
      throw new DbError('42601', `invalid Unicode escape character ${near(source, scanner.start, scanner.end)}`, { offset: scanner.start });
    }
    return escape;
  }
}

/** As many as PostgreSQL's protocol can bind. */
const parameterIndexMax = 65535;

function operatorType(symbol: string): TokenType {
  switch (symbol) {
    case '<=': return t.LessEquals;
    case '>=': return t.GreaterEquals;
    case '<>':
    case '!=': return t.NotEquals;
    default: return t.Operator;
  }
}

/** L2. From the innermost outwards, which is from the last to the first. */
function markQueries(tokens: readonly SqlToken[], parens: readonly number[]): void {
  for (let i = parens.length - 1; i >= 0; i--) {
    const index = parens[i]!;
    const next = tokens[index + 1]!;
    const type = next.tokenType;
    let isQuery = type === kw.select || type === kw.with || type === t.WithLa || type === kw.table;
    if (type === kw.values) isQuery = t.belongsTo(tokens[index + 2]!.tokenType, t.LParen);
    // Unclosed, it ends in an error either way.
    else if (type === t.LParenQuery) isQuery = next.match < 0 || continuesQuery.has(tokens[next.match + 1]!.tokenType);
    if (isQuery) tokens[index]!.retype(t.LParenQuery);
  }
}

export function tooDeep(limit: number, offset: number): DbError {
  return new DbError('54001', 'statement is too complex', { detail: `It nests deeper than ${limit} levels.`, offset });
}

function tooLong(limit: number, offset: number): DbError {
  return new DbError('54001', 'statement is too long', { detail: `It is longer than ${limit} characters.`, offset });
}
