/** LIKE, ILIKE, SIMILAR TO and regular expressions, all bounded: LIKE by text times pattern, the rest by regex.ts. */
import { SqlArray, type Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { TypeOid } from '../base/types.js';
import { operator, scalar, setReturning } from './define.js';
import { codePoints, parseRegexFlags, regexOf, type Regex, type RegexFlags, type RegexMatch } from './regex.js';
import type { EvalContext, FunctionDef, OperatorDef } from './registry.js';

// -------------------------------------------------------------------------------------------------------------------- LIKE

/** Codes of a LIKE pattern: characters, and two marks. */
const AnyOne = -1;
const AnyMany = -2;

function likeCodes(pattern: string, escape: string): number[] {
  const escapeCode = escape === '' ? undefined : escape.codePointAt(0);
  const codes: number[] = [];
  const characters = codePoints(pattern);
  for (let i = 0; i < characters.length; i++) {
    const code = characters[i]!;
    if (code === escapeCode) {
      if (++i === characters.length) throw new DbError('22025', 'LIKE pattern must not end with escape character');
      codes.push(characters[i]!);
    } else if (code === 37) {
      if (codes.at(-1) !== AnyMany) codes.push(AnyMany);
    } else codes.push(code === 95 ? AnyOne : code);
  }
  return codes;
}

const likeCache = new Map<string, number[]>();

/** Two positions and one point to come back to: at most text times pattern steps. */
export function like(text: string, pattern: string, escape = '\\'): boolean {
  let codes = likeCache.get(escape + pattern);
  if (codes === undefined) {
    codes = likeCodes(pattern, escape);
    if (likeCache.size > 500) likeCache.clear();
    likeCache.set(escape + pattern, codes);
  }
  let t = 0;
  let p = 0;
  let backText = -1;
  let backPattern = -1;
  while (t < text.length) {
    const code = text.codePointAt(t)!;
    const width = code > 0xffff ? 2 : 1;
    const wanted = codes[p];
    if (wanted === AnyMany) {
      backText = t;
      backPattern = ++p;
    } else if (wanted === code || wanted === AnyOne) {
      t += width;
      p++;
    } else if (backPattern >= 0) {
      backText += text.codePointAt(backText)! > 0xffff ? 2 : 1;
      t = backText;
      p = backPattern;
    } else return false;
  }
  while (codes[p] === AnyMany) p++;
  return p === codes.length;
}

const ilike = (text: string, pattern: string): boolean => like(text.toLowerCase(), pattern.toLowerCase());

/** Makes the escape character of LIKE ... ESCAPE the default one. */
function likeEscape(pattern: string, escape: string): string {
  if ([...escape].length > 1) throw new DbError('22025', 'invalid escape string', { hint: 'Escape string must be empty or one character.' });
  if (escape === '\\') return pattern;
  let result = '';
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (c === escape) result += i + 1 < characters.length ? `\\${characters[++i]!}` : '\\';
    else result += c === '\\' ? '\\\\' : c;
  }
  return result;
}

// -------------------------------------------------------------------------------------------------------------------- SIMILAR TO

/** An SQL regular expression as an anchored advanced one. `escape` NULL means the default. */
export function similarToRegex(pattern: string, escape: string | null = '\\'): string {
  if (escape !== null && [...escape].length > 1) throw new DbError('22025', 'invalid escape string', { hint: 'Escape string must be empty or one character.' });
  const mark = escape ?? '\\';
  let body = '';
  let isInBracket = false;
  let separators = 0;
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (mark !== '' && c === mark && i + 1 < characters.length) {
      const next = characters[++i]!;
      if (next === '"' && !isInBracket) body += separators++ === 0 ? '){1,1}?(' : '){1,1}(?:';
      else body += `\\${next}`;
    } else if (isInBracket) {
      if (c === ']') isInBracket = false;
      body += c === '\\' ? '\\\\' : c;
    } else if (c === '[') {
      isInBracket = true;
      body += c;
    } else if (c === '%') body += '.*';
    else if (c === '_') body += '.';
    else if (c === '(') body += '(?:';
    else if (c === '\\' || c === '.' || c === '^' || c === '$') body += `\\${c}`;
    else body += c;
  }
  return `^(?:${body})$`;
}

// -------------------------------------------------------------------------------------------------------------------- regular expressions

const plainFlags: RegexFlags = parseRegexFlags('').flags;
const ignoreCaseFlags: RegexFlags = parseRegexFlags('i').flags;
const deadline = (ctx: EvalContext) => (): void => ctx.checkDeadline();

const textOf = (codes: readonly number[], start: number, end: number): string => {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCodePoint(codes[i]!);
  return text;
};

function* matches(regex: Regex, codes: readonly number[], from: number, ctx: EvalContext): Generator<RegexMatch> {
  for (let at = from; at <= codes.length; ) {
    const match = regex.find(codes, at, deadline(ctx));
    if (match === undefined) return;
    yield match;
    at = match.end > match.start ? match.end : match.end + 1;
  }
}

/** The groups of a match as texts, or the whole match when there are none. */
function captures(match: RegexMatch, codes: readonly number[]): (string | null)[] {
  if (match.groups.length === 0) return [textOf(codes, match.start, match.end)];
  const texts: (string | null)[] = [];
  for (let i = 0; i < match.groups.length; i += 2) texts.push(match.groups[i]! < 0 ? null : textOf(codes, match.groups[i]!, match.groups[i + 1]!));
  return texts;
}

/** The part in the first parentheses, or the whole. */
function substringRegex(text: string, pattern: string, ctx: EvalContext): string | null {
  const codes = codePoints(text);
  const match = regexOf(pattern, plainFlags).find(codes, 0, deadline(ctx));
  return match === undefined ? null : captures(match, codes)[0]!;
}

/** `\1` to `\9` and `\&` stand for groups and the whole match. */
function expand(replacement: string, match: RegexMatch, codes: readonly number[]): string {
  return replacement.replace(/\\([\s\S])/g, (_whole, c: string) => {
    if (c === '&') return textOf(codes, match.start, match.end);
    if (!/[1-9]/.test(c)) return c === '\\' ? '\\' : `\\${c}`;
    const at = (Number(c) - 1) * 2;
    const start = match.groups[at] ?? -1;
    return start < 0 ? '' : textOf(codes, start, match.groups[at + 1]!);
  });
}

/** `nth` 0: all. */
function replaceRegex(text: string, pattern: string, replacement: string, start: number, nth: number, flags: RegexFlags, ctx: EvalContext): string {
  const codes = codePoints(text);
  let result = '';
  let last = 0;
  let count = 0;
  for (const match of matches(regexOf(pattern, flags), codes, start - 1, ctx)) {
    count++;
    if (nth !== 0 && count !== nth) continue;
    result += textOf(codes, last, match.start) + expand(replacement, match, codes);
    last = match.end;
    if (nth !== 0) break;
  }
  return result + textOf(codes, last, codes.length);
}

function positive(value: number, name: string): void {
  if (value <= 0) throw new DbError('22023', `invalid value for parameter "${name}": ${value}`);
}
const noGlobal = (letters: string, name: string): RegexFlags => {
  const { flags, isGlobal } = parseRegexFlags(letters);
  if (isGlobal) throw new DbError('22023', `${name}() does not support the "global" option`);
  return flags;
};

function* splitRegex(text: string, pattern: string, letters: string, name: string, ctx: EvalContext): Generator<string> {
  const codes = codePoints(text);
  let last = 0;
  for (const match of matches(regexOf(pattern, noGlobal(letters, name)), codes, 0, ctx)) {
    // An empty match at either end or right after the previous one splits nothing.
    if (match.end === match.start && (match.start === 0 || match.start >= codes.length || match.start === last)) continue;
    yield textOf(codes, last, match.start);
    last = match.end;
  }
  yield textOf(codes, last, codes.length);
}

function inString(kind: 'instr' | 'substr', text: string, pattern: string, start: number, nth: number, endOption: number, letters: string, group: number, ctx: EvalContext): Datum {
  positive(start, 'start');
  positive(nth, 'n');
  if (endOption !== 0 && endOption !== 1) throw new DbError('22023', `invalid value for parameter "endoption": ${endOption}`);
  if (group < 0) throw new DbError('22023', `invalid value for parameter "subexpr": ${group}`);
  const codes = codePoints(text);
  let count = 0;
  for (const match of matches(regexOf(pattern, noGlobal(letters, `regexp_${kind}`)), codes, start - 1, ctx)) {
    if (++count < nth) continue;
    const from = group === 0 ? match.start : (match.groups[(group - 1) * 2] ?? -1);
    const to = group === 0 ? match.end : (match.groups[(group - 1) * 2 + 1] ?? -1);
    if (from < 0) return kind === 'instr' ? 0 : null;
    return kind === 'instr' ? (endOption === 1 ? to : from) + 1 : textOf(codes, from, to);
  }
  return kind === 'instr' ? 0 : null;
}

function countRegex(text: string, pattern: string, start: number, letters: string, ctx: EvalContext): number {
  positive(start, 'start');
  let count = 0;
  for (const _match of matches(regexOf(pattern, noGlobal(letters, 'regexp_count')), codePoints(text), start - 1, ctx)) count++;
  return count;
}

const textArray = (texts: readonly (string | null)[]): SqlArray => SqlArray.of(TypeOid.text, texts);

export const patternFunctions: readonly FunctionDef[] = [
  scalar('like', 'text text', 'bool', (text: string, pattern: string) => like(text, pattern)),
  scalar('notlike', 'text text', 'bool', (text: string, pattern: string) => !like(text, pattern)),
  scalar('like_escape', 'text text', 'text', likeEscape),
  scalar('similar_escape', 'text text', 'text', (pattern: string | null, escape: string | null) => (pattern === null ? null : similarToRegex(pattern, escape)), { strict: false }),
  scalar('similar_to_escape', 'text', 'text', (pattern: string) => similarToRegex(pattern)),
  scalar('similar_to_escape', 'text text', 'text', (pattern: string, escape: string) => similarToRegex(pattern, escape)),
  scalar('substring', 'text text', 'text', substringRegex),
  scalar('substring', 'text text text', 'text', (text: string, pattern: string, escape: string, ctx: EvalContext) => substringRegex(text, similarToRegex(pattern, escape), ctx)),
  scalar('regexp_like', 'text text', 'bool', (text: string, pattern: string, ctx: EvalContext) => regexOf(pattern, plainFlags).test(codePoints(text), deadline(ctx))),
  scalar('regexp_like', 'text text text', 'bool', (text: string, pattern: string, letters: string, ctx: EvalContext) => regexOf(pattern, noGlobal(letters, 'regexp_like')).test(codePoints(text), deadline(ctx))),
  scalar('regexp_replace', 'text text text', 'text', (text: string, pattern: string, replacement: string, ctx: EvalContext) => replaceRegex(text, pattern, replacement, 1, 1, plainFlags, ctx)),
  scalar('regexp_replace', 'text text text text', 'text', (text: string, pattern: string, replacement: string, letters: string, ctx: EvalContext) => {
    if (/^[0-9]/.test(letters)) throw new DbError('22023', `invalid regular expression option: "${letters[0]!}"`, { hint: 'If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.' });
    const { flags, isGlobal } = parseRegexFlags(letters);
    return replaceRegex(text, pattern, replacement, 1, isGlobal ? 0 : 1, flags, ctx);
  }),
  scalar('regexp_replace', 'text text text int4', 'text', (text: string, pattern: string, replacement: string, start: number, ctx: EvalContext) => (positive(start, 'start'), replaceRegex(text, pattern, replacement, start, 1, plainFlags, ctx))),
  scalar('regexp_replace', 'text text text int4 int4', 'text', (text: string, pattern: string, replacement: string, start: number, nth: number, ctx: EvalContext) => {
    positive(start, 'start');
    if (nth < 0) throw new DbError('22023', `invalid value for parameter "n": ${nth}`);
    return replaceRegex(text, pattern, replacement, start, nth, plainFlags, ctx);
  }),
  scalar('regexp_replace', 'text text text int4 int4 text', 'text', (text: string, pattern: string, replacement: string, start: number, nth: number, letters: string, ctx: EvalContext) => {
    positive(start, 'start');
    if (nth < 0) throw new DbError('22023', `invalid value for parameter "n": ${nth}`);
    return replaceRegex(text, pattern, replacement, start, nth, parseRegexFlags(letters).flags, ctx);
  }),
  scalar('regexp_match', 'text text', '_text', (text: string, pattern: string, ctx: EvalContext) => firstMatch(text, pattern, plainFlags, ctx)),
  scalar('regexp_match', 'text text text', '_text', (text: string, pattern: string, letters: string, ctx: EvalContext) => {
    const { flags, isGlobal } = parseRegexFlags(letters);
    if (isGlobal) throw new DbError('22023', 'regexp_match() does not support the "global" option', { hint: 'Use the regexp_matches function instead.' });
    return firstMatch(text, pattern, flags, ctx);
  }),
  setReturning('regexp_matches', 'text text', '_text', ([text, pattern], ctx) => allMatches(text as string, pattern as string, '', ctx)),
  setReturning('regexp_matches', 'text text text', '_text', ([text, pattern, letters], ctx) => allMatches(text as string, pattern as string, letters as string, ctx)),
  scalar('regexp_count', 'text text', 'int4', (text: string, pattern: string, ctx: EvalContext) => countRegex(text, pattern, 1, '', ctx)),
  scalar('regexp_count', 'text text int4', 'int4', (text: string, pattern: string, start: number, ctx: EvalContext) => countRegex(text, pattern, start, '', ctx)),
  scalar('regexp_count', 'text text int4 text', 'int4', countRegex),
  ...(['instr', 'substr'] as const).flatMap((kind) => {
    const name = `regexp_${kind}`;
    const returns = kind === 'instr' ? 'int4' : 'text';
    const list = [
      scalar(name, 'text text', returns, (t: string, p: string, ctx: EvalContext) => inString(kind, t, p, 1, 1, 0, '', 0, ctx)),
      scalar(name, 'text text int4', returns, (t: string, p: string, start: number, ctx: EvalContext) => inString(kind, t, p, start, 1, 0, '', 0, ctx)),
      scalar(name, 'text text int4 int4', returns, (t: string, p: string, start: number, n: number, ctx: EvalContext) => inString(kind, t, p, start, n, 0, '', 0, ctx)),
    ];
    if (kind === 'instr') {
      list.push(
        scalar(name, 'text text int4 int4 int4', returns, (t: string, p: string, start: number, n: number, end: number, ctx: EvalContext) => inString(kind, t, p, start, n, end, '', 0, ctx)),
        scalar(name, 'text text int4 int4 int4 text', returns, (t: string, p: string, start: number, n: number, end: number, f: string, ctx: EvalContext) => inString(kind, t, p, start, n, end, f, 0, ctx)),
        scalar(name, 'text text int4 int4 int4 text int4', returns, (t: string, p: string, start: number, n: number, end: number, f: string, g: number, ctx: EvalContext) => inString(kind, t, p, start, n, end, f, g, ctx)),
      );
    } else {
      list.push(
        scalar(name, 'text text int4 int4 text', returns, (t: string, p: string, start: number, n: number, f: string, ctx: EvalContext) => inString(kind, t, p, start, n, 0, f, 0, ctx)),
        scalar(name, 'text text int4 int4 text int4', returns, (t: string, p: string, start: number, n: number, f: string, g: number, ctx: EvalContext) => inString(kind, t, p, start, n, 0, f, g, ctx)),
      );
    }
    return list;
  }),
  scalar('regexp_split_to_array', 'text text', '_text', (text: string, pattern: string, ctx: EvalContext) => textArray([...splitRegex(text, pattern, '', 'regexp_split_to_array', ctx)])),
  scalar('regexp_split_to_array', 'text text text', '_text', (text: string, pattern: string, letters: string, ctx: EvalContext) => textArray([...splitRegex(text, pattern, letters, 'regexp_split_to_array', ctx)])),
  setReturning('regexp_split_to_table', 'text text', 'text', ([text, pattern], ctx) => splitRegex(text as string, pattern as string, '', 'regexp_split_to_table', ctx)),
  setReturning('regexp_split_to_table', 'text text text', 'text', ([text, pattern, letters], ctx) => splitRegex(text as string, pattern as string, letters as string, 'regexp_split_to_table', ctx)),
];

function firstMatch(text: string, pattern: string, flags: RegexFlags, ctx: EvalContext): SqlArray | null {
  const codes = codePoints(text);
  const match = regexOf(pattern, flags).find(codes, 0, deadline(ctx));
  return match === undefined ? null : textArray(captures(match, codes));
}
function* allMatches(text: string, pattern: string, letters: string, ctx: EvalContext): Generator<SqlArray> {
  const { flags, isGlobal } = parseRegexFlags(letters);
  const codes = codePoints(text);
  for (const match of matches(regexOf(pattern, flags), codes, 0, ctx)) {
    yield textArray(captures(match, codes));
    if (!isGlobal) return;
  }
}

const strip = (text: string): string => text.replace(/ +$/, '');

function textual(name: string, negated: string, holds: (text: string, pattern: string, ctx: EvalContext) => boolean): OperatorDef[] {
  return ['text', 'bpchar', 'name'].flatMap((type) => {
    // bpchar keeps its blanks against LIKE, loses them against regular expressions, as PostgreSQL's casts do.
    const value = type === 'bpchar' && name.startsWith('~') && !name.startsWith('~~') ? strip : (text: string) => text;
    return [
      operator(name, type, 'text', 'bool', (text: string, pattern: string, ctx: EvalContext) => holds(value(text), pattern, ctx), { negator: negated }),
      operator(negated, type, 'text', 'bool', (text: string, pattern: string, ctx: EvalContext) => !holds(value(text), pattern, ctx), { negator: name }),
    ];
  });
}

export const patternOperators: readonly OperatorDef[] = [
  ...textual('~~', '!~~', (text, pattern) => like(text, pattern)),
  ...textual('~~*', '!~~*', ilike),
  ...textual('~', '!~', (text, pattern, ctx) => regexOf(pattern, plainFlags).test(codePoints(text), deadline(ctx))),
  ...textual('~*', '!~*', (text, pattern, ctx) => regexOf(pattern, ignoreCaseFlags).test(codePoints(text), deadline(ctx))),
];
