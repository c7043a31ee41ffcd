/**
 * Token types of the grammar. They are Chevrotain's, without patterns, for the lexer is written by hand (lexer.ts): operators of
 * any spelling, dollar quotes and nested comments are not regular enough, and it is faster.
 *
 * Where a name may stand the grammar asks for a category, to which identifiers and the fitting keywords belong. Some tokens
 * carry a decision that needs more than one token of lookahead; the lexer takes it, as PostgreSQL's does, so that the grammar
 * is LL(1): NotLa, NullsLa, WithLa, LParenQuery.
 */
import { Lexer, type IToken, type TokenType } from './chevrotain.js';
import { keywords, type Keyword, type KeywordFacts } from './keywords.js';

/** Of every type that is no category, and of those until something is found to belong to them. */
const noMembers: number[] = [];
const noMembersMap: Record<number, boolean> = {};

// Not made by createToken, which would complete all categories with each of the five hundred types again: they are completed all at once (below).
const tokenType = (name: string, CATEGORIES: TokenType[]): TokenType => ({ name, PATTERN: Lexer.NA, CATEGORIES, tokenTypeIdx: 0, categoryMatches: noMembers, categoryMatchesMap: noMembersMap, isParent: false });
const category = (name: string): TokenType => tokenType(name, []);
/** Every token but the end of input, and of those all but parentheses: for statements and calls that are skipped unread. */
export const AnyToken = category('AnyToken');
export const AnyWithin = category('AnyWithin');

const plain = [AnyToken, AnyWithin];
const token = (name: string, ...categories: TokenType[]): TokenType => tokenType(name, categories.length === 0 ? plain : [...plain, ...categories]);
const parenthesis = (name: string, ...categories: TokenType[]): TokenType => tokenType(name, [AnyToken, ...categories]);

// Categories of names.
/** Name of a column, table or most other things: identifier, unreserved or column-name keyword. */
export const ColId = category('ColId');
/** Name of a type or function: identifier, unreserved or type-or-function keyword. */
export const TypeFunctionName = category('TypeFunctionName');
/** Anything but a reserved keyword. */
export const NonReservedWord = category('NonReservedWord');
/** Any keyword or identifier, as after AS or a dot. */
export const ColLabel = category('ColLabel');
/** What may be an output label without AS. */
export const BareLabel = category('BareLabel');
/** A keyword that is not a function's name but may be a column's: `coalesce`, `int`, ... */
export const ColumnNameKeyword = category('ColumnNameKeyword');
/** A keyword that is not a column's name but may be a function's: `left`, `is`, ... */
export const TypeOrFunctionKeyword = category('TypeOrFunctionKeyword');
/** The reserved keywords. */
export const ReservedKeyword = category('ReservedKeyword');

export const Identifier = token('Identifier', ColId, TypeFunctionName, NonReservedWord, ColLabel, BareLabel);

// Literals and parameters.
export const Integer = token('Integer');
export const Decimal = token('Decimal');
export const StringLiteral = token('StringLiteral');
export const BitString = token('BitString');
export const Parameter = token('Parameter');
export const NamedParameter = token('NamedParameter');

// Punctuation.
export const LParen = category('LParen');
/** A parenthesis that opens a query; it is also an LParen. */
export const LParenQuery = parenthesis('LParenQuery', LParen);
/** Any other opening parenthesis. */
export const LParenOther = parenthesis('LParenOther', LParen);
export const RParen = parenthesis('RParen');
export const LBracket = token('LBracket');
export const RBracket = token('RBracket');
export const Comma = token('Comma');
export const Semicolon = token('Semicolon');
export const Colon = token('Colon');
export const Dot = token('Dot');
export const DotDot = token('DotDot');
export const ColonEquals = token('ColonEquals');
export const Arrow = token('Arrow');
export const TypeCast = token('TypeCast');

/** Any operator symbol between two operands. */
export const AnyOperator = category('AnyOperator');
/** Those that may also stand before one. */
export const PrefixOperator = category('PrefixOperator');
export const Plus = token('Plus', AnyOperator, PrefixOperator);
export const Minus = token('Minus', AnyOperator, PrefixOperator);
export const Star = token('Star', AnyOperator);
export const Slash = token('Slash', AnyOperator);
export const Percent = token('Percent', AnyOperator);
export const Caret = token('Caret', AnyOperator);
export const Less = token('Less', AnyOperator);
export const Greater = token('Greater', AnyOperator);
export const Equals = token('Equals', AnyOperator);
export const LessEquals = token('LessEquals', AnyOperator);
export const GreaterEquals = token('GreaterEquals', AnyOperator);
export const NotEquals = token('NotEquals', AnyOperator);
/** Every other symbol, known or user-defined. */
export const Operator = token('Operator', AnyOperator, PrefixOperator);

/** A character that starts no token; only ever an error. */
export const Unknown = token('Unknown');
export const EndOfInput = category('EndOfInput');

const keywordCategories = new Map<string, TokenType[]>();
/** What keywords of that kind belong to: one list for all of the kind. */
function categoriesOf({ category, isBareLabel }: KeywordFacts): TokenType[] {
  const kind = `${category} ${isBareLabel}`;
  let categories = keywordCategories.get(kind);
  if (categories === undefined) {
    categories = [...plain, ColLabel];
    if (isBareLabel) categories.push(BareLabel);
    if (category !== 'reserved') categories.push(NonReservedWord);
    if (category === 'unreserved' || category === 'columnName') categories.push(ColId);
    if (category === 'unreserved' || category === 'typeOrFunction') categories.push(TypeFunctionName);
    if (category === 'columnName') categories.push(ColumnNameKeyword);
    if (category === 'typeOrFunction') categories.push(TypeOrFunctionKeyword);
    if (category === 'reserved') categories.push(ReservedKeyword);
    keywordCategories.set(kind, categories);
  }
  return categories;
}

/** The token type of each keyword, as in `kw.select`. */
export const kw: Readonly<Record<Keyword, TokenType>> = Object.fromEntries(
  [...keywords.values()].map((facts) => [facts.word, tokenType(facts.word.toUpperCase(), categoriesOf(facts))]),
) as Record<Keyword, TokenType>;

/** NOT before BETWEEN, IN, LIKE, ILIKE or SIMILAR: an infix operator's first word. */
export const NotLa = token('NotLa', kw.not);
/** NULLS before FIRST or LAST. */
export const NullsLa = token('NullsLa');
/** WITH before TIME or ORDINALITY. */
export const WithLa = token('WithLa');

const punctuation: TokenType[] = [
  LParen, LParenQuery, LParenOther, RParen, LBracket, RBracket, Comma, Semicolon, Colon, Dot, DotDot, ColonEquals, Arrow, TypeCast,
  AnyOperator, PrefixOperator, Plus, Minus, Star, Slash, Percent, Caret, Less, Greater, Equals, LessEquals, GreaterEquals, NotEquals, Operator,
];

export const allTokens: readonly TokenType[] = [
  AnyToken, AnyWithin, ColId, TypeFunctionName, NonReservedWord, ColLabel, BareLabel, ColumnNameKeyword, TypeOrFunctionKeyword, ReservedKeyword, Identifier,
  Integer, Decimal, StringLiteral, BitString, Parameter, NamedParameter,
  ...punctuation, Unknown, EndOfInput, ...Object.values(kw), NotLa, NullsLa, WithLa,
];

/** Those below are Chevrotain's own, of its end of input and of the types that parsers are given (grammar-base.ts). */
export const TypeIndexMin = 16;

/**
 * Numbers the types and tells each category what belongs to it or to a category of its, as Chevrotain's parsers do for their vocabulary; here it takes a tenth of the time.
 * test/parser/tokens.test.ts compares the two.
 */
function complete(types: readonly TokenType[]): void {
  types.forEach((type, i) => (type.tokenTypeIdx = TypeIndexMin + i));
  const enlist = (member: number, groups: readonly TokenType[]): void => {
    for (const group of groups) {
      if (group.categoryMatches === noMembers) {
        group.categoryMatches = [];
        group.categoryMatchesMap = {};
        group.isParent = true;
      }
      if (group.categoryMatchesMap![member] === true) continue;
      group.categoryMatches!.push(member);
      group.categoryMatchesMap![member] = true;
      enlist(member, group.CATEGORIES!);
    }
  };
  for (const type of types) enlist(type.tokenTypeIdx!, type.CATEGORIES!);
}
complete(allTokens);

/** A quick test of membership in a category, by token type. */
export function belongsTo(type: TokenType, group: TokenType): boolean {
  return (group as { categoryMatchesMap?: Record<number, boolean> }).categoryMatchesMap?.[type.tokenTypeIdx!] === true;
}

/** One token. `value` is the decoded text: folded name, keyword, string's content, operator, digits. */
export class SqlToken implements IToken {
  readonly source: string;
  readonly startOffset: number;
  /** Inclusive, as Chevrotain has it. */
  readonly endOffset: number;
  readonly value: string;
  tokenType: TokenType;
  tokenTypeIdx: number;
  /** For an opening parenthesis: the index among the statement's tokens of its closing one; -1 until known and for all others. */
  match: number;

  constructor(source: string, tokenType: TokenType, start: number, end: number, value: string) {
    this.source = source;
    this.startOffset = start;
    this.endOffset = end - 1;
    this.value = value;
    this.tokenType = tokenType;
    this.tokenTypeIdx = tokenType.tokenTypeIdx!;
    this.match = -1;
  }

  /** The token as written. */
  get image(): string {
    return this.source.slice(this.startOffset, this.endOffset + 1);
  }

  retype(tokenType: TokenType): void {
    this.tokenType = tokenType;
    this.tokenTypeIdx = tokenType.tokenTypeIdx!;
  }
}

/** What a consumed token means. (Chevrotain types tokens as IToken; ours are all SqlToken.) */
export const valueOf = (consumed: IToken): string => (consumed as SqlToken).value;
