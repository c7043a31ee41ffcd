/**
 * LIKE. A pattern is cut at its `%` into pieces of literal characters and `_`; the first must stand at the start, the last at the
 * end, and those between are found from left to right, each as early as possible, which is enough. So the work is at most the
 * product of the lengths, and for pieces without `_` that of `indexOf`.
 */
import { DbError } from '../../base/errors.js';

export interface LikePattern {
  test(text: string): boolean;
  /** The characters every match begins with; all of the pattern when it has no wildcard. */
  readonly prefix: string;
  readonly isLiteral: boolean;
}

/** A piece between two `%`: a literal, or characters where `undefined` is any one. */
type Piece = string | readonly (string | undefined)[];

const pieceLength = (piece: Piece): number => piece.length;

/** Characters of a text as LIKE counts them: code points. */
const characters = (text: string): readonly string[] | string => (/[\ud800-\udfff]/.test(text) ? Array.from(text) : text);

function matchesAt(piece: readonly (string | undefined)[], text: readonly string[] | string, at: number): boolean {
  for (let i = 0; i < piece.length; i++) {
    const wanted = piece[i];
    if (wanted !== undefined && wanted !== text[at + i]) return false;
  }
  return true;
}

class GeneralPattern implements LikePattern {
  readonly prefix: string;
  readonly isLiteral = false;
  readonly #pieces: readonly (readonly (string | undefined)[])[];

  constructor(pieces: readonly (readonly (string | undefined)[])[], prefix: string) {
    this.#pieces = pieces;
    this.prefix = prefix;
  }
  test(given: string): boolean {
    const text = characters(given);
    const pieces = this.#pieces;
    const first = pieces[0]!;
    if (pieces.length === 1) return first.length === text.length && matchesAt(first, text, 0);
    const last = pieces[pieces.length - 1]!;
    let end = text.length - last.length;
    let at = first.length;
    if (at > end || !matchesAt(first, text, 0) || !matchesAt(last, text, end)) return false;
    for (let i = 1; i < pieces.length - 1; i++) {
      const piece = pieces[i]!;
      while (at + piece.length <= end && !matchesAt(piece, text, at)) at++;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    end = at;
    return true;
  }
}

/** Pieces without `_` are found by the engine's own search. */
class LiteralPieces implements LikePattern {
  readonly prefix: string;
  readonly isLiteral: boolean;
  readonly #pieces: readonly string[];

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces;
    this.prefix = pieces[0]!;
    this.isLiteral = pieces.length === 1;
  }
  test(text: string): boolean {
    const pieces = this.#pieces;
    const first = pieces[0]!;
    if (pieces.length === 1) return text === first;
    const last = pieces[pieces.length - 1]!;
    const end = text.length - last.length;
    let at = first.length;
    if (at > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (let i = 1; i < pieces.length - 1; i++) {
      const found = text.indexOf(pieces[i]!, at);
      if (found < 0) return false;
      at = found + pieces[i]!.length;
      if (at > end) return false;
    }
    return true;
  }
}

/**
 * A pattern that ends in its escape character. It matches nothing, and is a mistake only where the text goes on when the matching comes to its end: so it is walked as PostgreSQL walks it.
 * After a `%` the rest is tried at each place where its first character stands; once it has come to another `%` there is no way back before that.
 *
 * Source. MatchText of like_match.c.
 */
class UnfinishedPattern implements LikePattern {
  readonly prefix = '';
  readonly isLiteral = false;
  readonly #pattern: readonly string[];

  constructor(pattern: readonly string[]) {
    this.#pattern = pattern;
  }

  /** @throws DbError 22025 */
  test(given: string): boolean {
    const text = characters(given);
    const pattern = this.#pattern;
    /** Where the walk goes on after a mismatch: the pattern behind the last `%`, and the text. */
    let again = -1;
    let from = 0;
    let p = 0;
    let t = 0;
    while (t < text.length) {
      if (pattern[p] === '%') {
        while (pattern[p] === '%' || pattern[p] === '_') if (pattern[p++] === '_' && ++t > text.length) return false;
        if (p + 1 === pattern.length) throw unfinished();
        again = p;
        from = t - 1;
      } else if (p < pattern.length && this.#matches(p, text[t]!)) {
        p += pattern[p] === '\\' ? 2 : 1;
        t++;
        continue;
      }
      if (again < 0) return false;
      do from++;
      while (from < text.length && !this.#matches(again, text[from]!));
      p = again;
      t = from;
    }
    return false;
  }

  #matches(at: number, character: string): boolean {
    const wanted = this.#pattern[at]!;
    if (wanted === '_') return true;
    if (wanted !== '\\') return wanted === character;
    if (at + 1 === this.#pattern.length) throw unfinished();
    return this.#pattern[at + 1] === character;
  }
}
const unfinished = (): DbError => new DbError('22025', 'LIKE pattern must not end with escape character');

/** Compiles a pattern whose escape character is a backslash. */
function compileLike(pattern: string): LikePattern {
  const pieces: (string | undefined)[][] = [[]];
  let prefix = '';
  let isPrefix = true;
  let hasWildcards = false;
  const units = Array.from(pattern);
  for (let i = 0; i < units.length; i++) {
    const c = units[i]!;
    const piece = pieces[pieces.length - 1]!;
    if (c === '%') {
      isPrefix = false;
      // Several in a row are one.
      if (pieceLength(piece as Piece) > 0 || pieces.length === 1) pieces.push([]);
    } else if (c === '_') {
      isPrefix = false;
      hasWildcards = true;
      piece.push(undefined);
    } else {
      if (c === '\\' && ++i >= units.length) return new UnfinishedPattern(units);
      piece.push(units[i]!);
      if (isPrefix) prefix += units[i]!;
    }
  }
  return hasWildcards ? new GeneralPattern(pieces, prefix) : new LiteralPieces(pieces.map((piece) => piece.join('')));
}

const CompiledMax = 256;
const compiled = new Map<string, LikePattern>();

/** The compiled form of a pattern; the last few hundred are kept. */
export function likePattern(pattern: string): LikePattern {
  let like = compiled.get(pattern);
  if (like === undefined) {
    like = compileLike(pattern);
    if (compiled.size >= CompiledMax) compiled.delete(compiled.keys().next().value!);
    compiled.set(pattern, like);
  }
  return like;
}

/** Rewrites a pattern with another escape character, or none, to one with a backslash. @throws DbError 22025 */
export function likeEscape(pattern: string, escape: string): string {
  if (escape === '\\') return pattern;
  if (escape === '') return pattern.replaceAll('\\', '\\\\');
  if (Array.from(escape).length !== 1) {
    throw new DbError('22025', 'invalid escape string', { hint: 'Escape string must be empty or one character.' });
  }
  let result = '';
  let isAfterEscape = false;
  for (const c of pattern) {
    if (c === escape && !isAfterEscape) {
      result += '\\';
      isAfterEscape = true;
    } else {
      result += c === '\\' && !isAfterEscape ? '\\\\' : c;
      isAfterEscape = false;
    }
  }
  return result;
}

/** A pattern of SIMILAR TO, or of substring with its escape-quoted parts, as a regular expression. @throws DbError 22025, 2200C */
export function similarToRegex(pattern: string, escape: string): string {
  if (Array.from(escape).length > 1) {
    throw new DbError('22025', 'invalid escape string', { hint: 'Escape string must be empty or one character.' });
  }
  let result = '^(?:';
  let isAfterEscape = false;
  let isInBracket = false;
  let separators = 0;
  for (const c of pattern) {
    if (isAfterEscape) {
      if (c === '"' && !isInBracket) {
        if (separators > 1) throw new DbError('2200C', 'SQL regular expression may not contain more than two escape-double-quote separators');
        result += separators === 0 ? '){1,1}?(' : '){1,1}(?:';
        separators++;
      } else result += `\\${c}`;
      isAfterEscape = false;
    } else if (escape !== '' && c === escape) isAfterEscape = true;
    else if (isInBracket) {
      result += c === '\\' ? '\\\\' : c;
      if (c === ']') isInBracket = false;
    } else if (c === '[') {
      result += c;
      isInBracket = true;
    } else if (c === '%') result += '.*';
    else if (c === '_') result += '.';
    else if (c === '(') result += '(?:';
    else if (c === '\\' || c === '.' || c === '^' || c === '$') result += `\\${c}`;
    else result += c;
  }
  return `${result})$`;
}
