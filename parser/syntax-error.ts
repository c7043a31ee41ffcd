/**
 * The message of a syntax error. Its words are PostgreSQL's; what PostgreSQL does not say is what would have been right. The grammar
 * itself is asked: what its decisions before the wrong token were looking for is tried in that place, one type after another, and what
 * gets the parse further was expected. That is exact, gates and all, and needs no second description of the language. A word that is almost one of them, at the wrong
 * token or just before it, makes a hint.
 */
import type { TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import { keywords } from './keywords.js';
import { near } from './lexer.js';
import * as t from './tokens.js';
import { kw, SqlToken } from './tokens.js';

/** The grammar, asked again. */
export interface Retrial {
  /** How many of these tokens it takes before it fails; their number when it takes them all. */
  accepts(tokens: SqlToken[]): number;
  /** Types of tokens that decisions before `wrong` look for: all that may be right there, and some that are not. */
  expectedAt(wrong: SqlToken, tokens: SqlToken[]): ReadonlySet<number>;
}

/** Tokens read in search of an explanation; past it the explanation is left out. Some tens of milliseconds. */
const workMax = 60_000;
/** Longest list that is still read. */
const shownMax = 8;

/** Symbols worth naming, as they are written. */
const symbols: readonly (readonly [TokenType, string])[] = [
  [t.RParen, '")"'], [t.RBracket, '"]"'], [t.Comma, '","'], [t.LParenOther, '"("'], [t.Equals, '"="'], [t.Dot, '"."'], [t.Star, '"*"'], [t.Semicolon, '";"'],
];

/** `retrial` undefined: leave out what was expected. */
export function syntaxError(token: SqlToken, tokens: readonly SqlToken[], source: string, retrial: Retrial | undefined): DbError {
  const isEnd = token.tokenType === t.EndOfInput;
  // A statement may end at its semicolon; then that is the wrong token.
  const offset = isEnd ? endOffset(token, tokens) : token.startOffset;
  const where = isEnd ? (source[offset] === ';' ? 'at or near ";"' : 'at end of input') : near(source, token.startOffset, token.endOffset + 1);
  const explanation = retrial === undefined ? undefined : explain(token, tokens, source, retrial);
  return new DbError('42601', `syntax error ${where}`, { offset, detail: explanation?.detail, hint: explanation?.hint });
}

function endOffset(token: SqlToken, tokens: readonly SqlToken[]): number {
  return token.source[token.startOffset] === ';' || tokens.length < 2 ? token.startOffset : token.source.length;
}

interface Explanation {
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

function explain(token: SqlToken, tokens: readonly SqlToken[], source: string, retrial: Retrial): Explanation {
  const index = tokens.indexOf(token);
  if (index < 0 || index * 20 > workMax) return { detail: undefined, hint: undefined };
  const accepts = (trial: SqlToken[]): number => retrial.accepts(trial);
  const candidates = retrial.expectedAt(token, [...tokens]);
  const before = tokens.slice(0, index);
  const end = new SqlToken(source, t.EndOfInput, token.startOffset, token.startOffset, '');
  let work = 0;
  const fits = (type: TokenType, value: string): boolean => {
    // Separators of lists are not decisions.
    if (type !== t.Comma && !candidates.has(type.tokenTypeIdx!)) return false;
    work += index + 1;
    if (work > workMax) return false;
    return accepts([...before, new SqlToken(source, type, token.startOffset, token.startOffset, value), end]) > index;
  };

  const isExpression = fits(t.Integer, '1') && fits(t.Identifier, 'x') && fits(t.LParenOther, '(');
  const isName = fits(t.Identifier, 'x');
  // After an operand, some symbol and every infix word continues it: one entry for all.
  const isOperator = fits(t.Slash, '/');
  const isLabel = isName && fits(kw.placing, 'placing');
  const words: string[] = [];
  for (const { word, category, isBareLabel } of keywords.values()) {
    const type = kw[word];
    const mayBeName = isName && (category === 'unreserved' || category === 'columnName' || (isLabel && isBareLabel));
    if (mayBeName || (isExpression && startsExpression.has(type)) || (isOperator && infixWords.has(type))) continue;
    if (fits(type, word)) words.push(word.toUpperCase());
  }
  const expected: string[] = [];
  for (const [type, shown] of symbols) {
    if (isExpression && (type === t.LParenOther || type === t.Star)) continue;
    if (isOperator && (type === t.Equals || type === t.Star || type === t.Dot || type === t.LParenOther)) continue;
    if (fits(type, '')) expected.push(shown);
  }
  if (isExpression) expected.push('an expression');
  else if (isName) expected.push('a name');
  if (!isExpression && fits(t.StringLiteral, '')) expected.push('a string');
  if (!isExpression && fits(t.Integer, '1')) expected.push('a number');
  if (isOperator) expected.push('an operator');
  // Clauses come before the rest, for they are what one mostly wants to see.
  words.sort((a, b) => rank(a) - rank(b));
  expected.push(...words);
  const isEndExpected = token.tokenType !== t.EndOfInput && accepts([...before, end]) > index;
  if (isEndExpected) expected.unshift('the end of the statement');
  const detail = work > workMax || expected.length === 0 ? undefined : `Expected ${enumerate(expected)}.`;
  return { detail, hint: findMisspelling(index, tokens, words, accepts) };
}

const infixWords: ReadonlySet<TokenType> = new Set([
  kw.and, kw.or, kw.is, kw.isnull, kw.notnull, kw.between, kw.in, kw.like, kw.ilike, kw.similar, kw.at, kw.collate, kw.operator, kw.overlaps, kw.not, kw.escape,
]);

const startsExpression: ReadonlySet<TokenType> = new Set([
  kw.not, kw.null, kw.true, kw.false, kw.case, kw.cast, kw.array, kw.row, kw.exists, kw.default, kw.unique, kw.current_catalog, kw.current_date, kw.current_role,
  kw.current_time, kw.current_timestamp, kw.current_user, kw.localtime, kw.localtimestamp, kw.session_user, kw.user, kw.current_schema,
  ...[...keywords.values()].filter((facts) => facts.category === 'typeOrFunction' || facts.category === 'columnName').map((facts) => kw[facts.word]),
]);

/** Words that open clauses, in the order of a query. */
const clauses = ['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR', 'AS', 'ON', 'USING', 'SET', 'VALUES', 'INTO', 'JOIN', 'RETURNING'];
function rank(word: string): number {
  const index = clauses.indexOf(word);
  return index < 0 ? clauses.length : index;
}

function enumerate(items: readonly string[]): string {
  if (items.length === 1) return items[0]!;
  if (items.length <= shownMax) return `${items.slice(0, -1).join(', ')} or ${items[items.length - 1]!}`;
  const others = items.length - shownMax;
  return `${items.slice(0, shownMax).join(', ')} or ${others === 1 ? 'one other' : `one of ${others} others`}`;
}

/** A keyword that the wrong word, or a name right before it, may have been meant to be. */
function findMisspelling(index: number, tokens: readonly SqlToken[], expected: readonly string[], accepts: (tokens: SqlToken[]) => number): string | undefined {
  const wrong = tokens[index]!;
  if (t.belongsTo(wrong.tokenType, t.ColLabel)) {
    const word = closest(wrong.value, expected);
    if (word !== undefined) return `Perhaps you meant "${word}".`;
  }
  const previous = tokens[index - 1];
  if (previous === undefined || previous.tokenType !== t.Identifier || previous.image.startsWith('"')) return undefined;
  // A misspelt keyword is often taken for a name, and the next word is where it shows.
  const word = closest(previous.value, [...clauses, 'TABLE', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'AND', 'OR', 'LIKE', 'BETWEEN', 'DISTINCT', 'VIEW', 'INDEX']);
  if (word === undefined) return undefined;
  const type = kw[word.toLowerCase() as keyof typeof kw];
  const repaired = [...tokens.slice(0, index - 1), new SqlToken(previous.source, type, previous.startOffset, previous.endOffset + 1, word.toLowerCase()), ...tokens.slice(index)];
  return accepts(repaired) > index ? `Perhaps you meant "${word}" instead of "${previous.value}".` : undefined;
}

/** The candidate within one edit (two for long words), counting a swap of neighbours as one; undefined when none or several are equally near. */
function closest(word: string, candidates: readonly string[]): string | undefined {
  const target = word.toUpperCase();
  if (target.length < 3 || target.length > 20) return undefined;
  let best: string | undefined;
  let bestDistance = target.length > 6 ? 3 : 2;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - target.length) >= bestDistance) continue;
    const distance = editDistance(target, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, beforeLast[j - 2]! + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
