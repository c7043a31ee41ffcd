/**
 * Pattern matching: LIKE and ILIKE, SIMILAR TO, and POSIX regular expressions with the functions built on them. No pattern can
 * hang the process: LIKE and regular expressions work in bounded time (like.ts, regex-program.ts), and long runs look at the
 * statement's deadline.
 *
 * Source: PostgreSQL's like.c and regexp.c.
 */
import type { Datum } from '../../base/datum.js';
import { SqlArray } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { TypeOid } from '../../base/types.js';
import { operator, scalar, setReturning } from '../define.js';
import { likeEscape, likePattern, similarToRegex } from './like.js';
import type { RegexMatch , Regex} from './regex-match.js';
import { compileRegex } from './regex-match.js';
import type { RegexFlags } from './regex-parse.js';
import { defaultFlags, withOption } from './regex-parse.js';
import { Subject } from './regex-program.js';
import type { EvalContext, FunctionDef, OperatorDef, ScalarImpl } from '../registry.js';
import { lower } from '../text.js';

// ------------------------------------------------------------------------------------------------------------------- LIKE

const like = (text: string, pattern: string): boolean => likePattern(pattern).test(text);
const ilike = (text: string, pattern: string): boolean => likePattern(lower(pattern)).test(lower(text));
const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const likeBytes = (bytes: Uint8Array, pattern: Uint8Array): boolean => like(bytesText(bytes), bytesText(pattern));

function likeOperators(): OperatorDef[] {
  const made: OperatorDef[] = [];
  const add = (name: string, negator: string, type: string, functionName: string, test: ScalarImpl): void => {
    const pattern = type === 'bytea' ? 'bytea' : 'text';
    made.push(operator(name, type, pattern, 'bool', test, { negator, functionName }));
    made.push(operator(negator, type, pattern, 'bool', (text: Datum, pattern: Datum) => test(text, pattern) === false, { negator: name, functionName: functionName.replace('like', 'nlike') }));
  };
  for (const type of ['text', 'name', 'bpchar']) {
    add('~~', '!~~', type, `${type}like`, like);
    add('~~*', '!~~*', type, `${type}iclike`, ilike);
  }
  add('~~', '!~~', 'bytea', 'bytealike', likeBytes);
  return made;
}

// ------------------------------------------------------------------------------------------------------------------- regular expressions

const checkpoint = (ctx: EvalContext | undefined): (() => void) | undefined => (ctx === undefined ? undefined : () => ctx.checkDeadline());

const caseless: RegexFlags = { ...defaultFlags, ignoresCase: true };

/** Option letters of the regexp functions. @throws DbError 22023 */
function parseOptions(options: string | undefined, functionName: string, allowsGlobal: boolean): { flags: RegexFlags; isGlobal: boolean } {
  let flags = defaultFlags;
  let isGlobal = false;
  for (const letter of options ?? '') {
    if (letter === 'g') {
      if (!allowsGlobal) {
        throw new DbError('22023', `${functionName}() does not support the "global" option`, functionName === 'regexp_match' ? { hint: 'Use the regexp_matches function instead.' } : {});
      }
      isGlobal = true;
      continue;
    }
    // As an argument, e means what b does; PostgreSQL clears one bit too many. Embedded in a pattern it means extended.
    const changed = withOption(flags, letter === 'e' ? 'b' : letter);
    if (changed === undefined) throw new DbError('22023', `invalid regular expression option: "${letter}"`);
    flags = changed;
  }
  return { flags, isGlobal };
}

function checkPositive(value: number, name: string, least = 1): number {
  if (value < least) throw new DbError('22023', `invalid value for parameter "${name}": ${value}`);
  return value;
}

/** Matches from a position on, each after the end of the last; an empty match right at the end of the last one does not count twice. */
function* matchesFrom(regex: Regex, subject: Subject, from: number, ctx: EvalContext): Generator<RegexMatch> {
  const check = checkpoint(ctx);
  let at = from;
  while (at <= subject.length) {
    const match = regex.find(subject, at, check);
    if (match === undefined) return;
    yield match;
    const start = match.starts[0]!;
    const end = match.ends[0]!;
    at = end > start ? end : end + 1;
    check?.();
  }
}

/** The groups of a match as an array; the whole match when there are none. */
function matchArray(match: RegexMatch, regex: Regex, subject: Subject): SqlArray {
  const part = (i: number): Datum => (match.starts[i]! < 0 ? null : subject.slice(match.starts[i]!, match.ends[i]!));
  return SqlArray.of(TypeOid.text, regex.groupCount === 0 ? [part(0)] : Array.from({ length: regex.groupCount }, (_, i) => part(i + 1)));
}

function firstMatch(text: string, pattern: string, options: string | undefined, ctx: EvalContext): SqlArray | null {
  const regex = compileRegex(pattern, parseOptions(options, 'regexp_match', false).flags);
  const subject = new Subject(text);
  const match = regex.find(subject, 0, checkpoint(ctx));
  return match === undefined ? null : matchArray(match, regex, subject);
}

function* allMatches(text: string, pattern: string, options: string | undefined, ctx: EvalContext): Generator<Datum> {
  const { flags, isGlobal } = parseOptions(options, 'regexp_matches', true);
  const regex = compileRegex(pattern, flags);
  const subject = new Subject(text);
  for (const match of matchesFrom(regex, subject, 0, ctx)) {
    yield matchArray(match, regex, subject);
    if (!isGlobal) return;
  }
}

/** The group of a pattern with groups, else the whole match. */
function regexSubstring(text: string, pattern: string, ctx: EvalContext): Datum {
  const regex = compileRegex(pattern);
  const subject = new Subject(text);
  const match = regex.find(subject, 0, checkpoint(ctx));
  if (match === undefined) return null;
  const group = regex.groupCount > 0 ? 1 : 0;
  return match.starts[group]! < 0 ? null : subject.slice(match.starts[group]!, match.ends[group]!);
}

/** Replaces one match or all; `nth` counts from 1, 0 is all. */
function regexReplace(text: string, pattern: string, replacement: string, flags: RegexFlags, start: number, nth: number, ctx: EvalContext): string {
  const regex = compileRegex(pattern, flags);
  const subject = new Subject(text);
  // \1 .. \9 are groups, \& the whole match; another escaped character is kept with its backslash.
  const parts = replacement.split(/(\\[1-9&\\])/);
  let result = '';
  let copied = 0;
  let count = 0;
  for (const match of matchesFrom(regex, subject, start - 1, ctx)) {
    count++;
    if (nth !== 0 && count !== nth) continue;
    result += subject.slice(copied, match.starts[0]!);
    for (const [i, part] of parts.entries()) {
      if (i % 2 === 0) result += part;
      else if (part === '\\\\') result += '\\';
      else {
        const group = part === '\\&' ? 0 : Number(part[1]);
        if (group <= regex.groupCount && match.starts[group]! >= 0) result += subject.slice(match.starts[group]!, match.ends[group]!);
      }
    }
    copied = match.ends[0]!;
    if (nth !== 0) break;
  }
  return result + subject.slice(copied, subject.length);
}

/** The text between matches. An empty match at the start, the end or right after a match splits nothing. */
function splitByRegex(text: string, pattern: string, options: string | undefined, name: string, ctx: EvalContext): string[] {
  const regex = compileRegex(pattern, parseOptions(options, name, false).flags);
  const subject = new Subject(text);
  const parts: string[] = [];
  let copied = 0;
  for (const match of matchesFrom(regex, subject, 0, ctx)) {
    const start = match.starts[0]!;
    const end = match.ends[0]!;
    if (start >= subject.length && end === start) break;
    if (end <= copied && start === end) {
      if (end === 0 || end === copied) continue;
    }
    parts.push(subject.slice(copied, start));
    copied = end;
  }
  parts.push(subject.slice(copied, subject.length));
  return parts;
}

function nthMatch(text: string, pattern: string, start: number, nth: number, flags: RegexFlags, ctx: EvalContext): { match: RegexMatch; regex: Regex; subject: Subject } | undefined {
  const regex = compileRegex(pattern, flags);
  const subject = new Subject(text);
  let count = 0;
  for (const match of matchesFrom(regex, subject, start - 1, ctx)) if (++count === nth) return { match, regex, subject };
  return undefined;
}

/** regexp_count, regexp_instr, regexp_like and regexp_substr: trailing arguments may be left out. */
const oracleStyle = (): FunctionDef[] => [
  ...['text text', 'text text int4', 'text text int4 text'].map((args) =>
    scalar('regexp_count', args, 'int4', (...given: unknown[]) => {
      const { rest, ctx } = split(given);
      const [text, pattern, start = 1, options] = rest as [string, string, number?, string?];
      checkPositive(start, 'start');
      const { flags } = parseOptions(options, 'regexp_count', false);
      let count = 0;
      for (const _ of matchesFrom(compileRegex(pattern, flags), new Subject(text), start - 1, ctx)) count++;
      return count;
    }),
  ),
  ...['text text', 'text text int4', 'text text int4 int4', 'text text int4 int4 int4', 'text text int4 int4 int4 text', 'text text int4 int4 int4 text int4'].map((args) =>
    scalar('regexp_instr', args, 'int4', (...given: unknown[]) => {
      const { rest, ctx } = split(given);
      const [text, pattern, start = 1, nth = 1, endOption = 0, options, group = 0] = rest as [string, string, number?, number?, number?, string?, number?];
      checkPositive(start, 'start');
      checkPositive(nth, 'n');
      if (endOption !== 0 && endOption !== 1) throw new DbError('22023', `invalid value for parameter "endoption": ${endOption}`);
      checkPositive(group, 'subexpr', 0);
      const found = nthMatch(text, pattern, start, nth, parseOptions(options, 'regexp_instr', false).flags, ctx);
      if (found === undefined || group > found.regex.groupCount || found.match.starts[group]! < 0) return 0;
      return (endOption === 1 ? found.match.ends[group]! : found.match.starts[group]!) + 1;
    }),
  ),
  ...['text text', 'text text text'].map((args) =>
    scalar('regexp_like', args, 'bool', (...given: unknown[]) => {
      const { rest, ctx } = split(given);
      const [text, pattern, options] = rest as [string, string, string?];
      return compileRegex(pattern, parseOptions(options, 'regexp_like', false).flags).test(text, checkpoint(ctx));
    }),
  ),
  ...['text text', 'text text int4', 'text text int4 int4', 'text text int4 int4 text', 'text text int4 int4 text int4'].map((args) =>
    scalar('regexp_substr', args, 'text', (...given: unknown[]) => {
      const { rest, ctx } = split(given);
      const [text, pattern, start = 1, nth = 1, options, group = 0] = rest as [string, string, number?, number?, string?, number?];
      checkPositive(start, 'start');
      checkPositive(nth, 'n');
      checkPositive(group, 'subexpr', 0);
      const found = nthMatch(text, pattern, start, nth, parseOptions(options, 'regexp_substr', false).flags, ctx);
      if (found === undefined || group > found.regex.groupCount || found.match.starts[group]! < 0) return null;
      return found.subject.slice(found.match.starts[group]!, found.match.ends[group]!);
    }),
  ),
];

/** Arguments and the context that follows them. */
function split(given: unknown[]): { rest: unknown[]; ctx: EvalContext } {
  return { rest: given.slice(0, -1), ctx: given[given.length - 1] as EvalContext };
}

/** A start position or nothing but digits in the options is a slip of the argument order. */
function replaceOptions(options: string): { flags: RegexFlags; isGlobal: boolean } {
  if (/^\d/.test(options)) {
    throw new DbError('22023', `invalid regular expression option: "${options[0]!}"`, {
      hint: 'If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.',
    });
  }
  return parseOptions(options, 'regexp_replace', true);
}

function regexOperators(): OperatorDef[] {
  const made: OperatorDef[] = [];
  for (const type of ['text', 'name', 'bpchar']) {
    for (const [name, negator, flags, functionName] of [['~', '!~', defaultFlags, 'regexeq'], ['~*', '!~*', caseless, 'icregexeq']] as const) {
      const test = (text: string, pattern: string, ctx: EvalContext): boolean => compileRegex(pattern, flags).test(text, checkpoint(ctx));
      made.push(operator(name, type, 'text', 'bool', test, { negator, functionName: `${type}${functionName}` }));
      made.push(operator(negator, type, 'text', 'bool', (text: string, pattern: string, ctx: EvalContext) => !test(text, pattern, ctx), { negator: name, functionName: `${type}${functionName.replace('eq', 'ne')}` }));
    }
  }
  return made;
}

export const patternFunctions = (): readonly FunctionDef[] => [
  scalar('like', 'text text', 'bool', like),
  scalar('notlike', 'text text', 'bool', (text: string, pattern: string) => !like(text, pattern)),
  scalar('like', 'bytea bytea', 'bool', likeBytes),
  scalar('notlike', 'bytea bytea', 'bool', (bytes: Uint8Array, pattern: Uint8Array) => !likeBytes(bytes, pattern)),
  scalar('like_escape', 'text text', 'text', likeEscape),
  scalar('similar_to_escape', 'text', 'text', (pattern: string) => similarToRegex(pattern, '\\')),
  scalar('similar_to_escape', 'text text', 'text', similarToRegex),
  scalar('similar_escape', 'text text', 'text', (pattern: string | null, escape: string | null) => (pattern === null ? null : similarToRegex(pattern, escape ?? '\\')), { strict: false }),
  scalar('substring', 'text text', 'text', regexSubstring),
  scalar('substring', 'text text text', 'text', (text: string, pattern: string, escape: string, ctx: EvalContext) => regexSubstring(text, similarToRegex(pattern, escape), ctx)),
  scalar('regexp_match', 'text text', '_text', (text: string, pattern: string, ctx: EvalContext) => firstMatch(text, pattern, undefined, ctx)),
  scalar('regexp_match', 'text text text', '_text', firstMatch),
  setReturning('regexp_matches', 'text text', '_text', ([text, pattern], ctx) => allMatches(text as string, pattern as string, undefined, ctx)),
  setReturning('regexp_matches', 'text text text', '_text', ([text, pattern, options], ctx) => allMatches(text as string, pattern as string, options as string, ctx)),
  scalar('regexp_replace', 'text text text', 'text', (text: string, pattern: string, replacement: string, ctx: EvalContext) => regexReplace(text, pattern, replacement, defaultFlags, 1, 1, ctx)),
  scalar('regexp_replace', 'text text text text', 'text', (text: string, pattern: string, replacement: string, options: string, ctx: EvalContext) => {
    const { flags, isGlobal } = replaceOptions(options);
    return regexReplace(text, pattern, replacement, flags, 1, isGlobal ? 0 : 1, ctx);
  }),
  ...['text text text int4', 'text text text int4 int4', 'text text text int4 int4 text'].map((args) =>
    scalar('regexp_replace', args, 'text', (...given: unknown[]) => {
      const { rest, ctx } = split(given);
      const [text, pattern, replacement, start, nth, options] = rest as [string, string, string, number, number?, string?];
      checkPositive(start, 'start');
      if (nth !== undefined) checkPositive(nth, 'n', 0);
      const { flags, isGlobal } = parseOptions(options, 'regexp_replace', true);
      return regexReplace(text, pattern, replacement, flags, start, nth ?? (isGlobal ? 0 : 1), ctx);
    }),
  ),
  scalar('regexp_split_to_array', 'text text', '_text', (text: string, pattern: string, ctx: EvalContext) => SqlArray.of(TypeOid.text, splitByRegex(text, pattern, undefined, 'regexp_split_to_array', ctx))),
  scalar('regexp_split_to_array', 'text text text', '_text', (text: string, pattern: string, options: string, ctx: EvalContext) => SqlArray.of(TypeOid.text, splitByRegex(text, pattern, options, 'regexp_split_to_array', ctx))),
  setReturning('regexp_split_to_table', 'text text', 'text', ([text, pattern], ctx) => splitByRegex(text as string, pattern as string, undefined, 'regexp_split_to_table', ctx)),
  setReturning('regexp_split_to_table', 'text text text', 'text', ([text, pattern, options], ctx) => splitByRegex(text as string, pattern as string, options as string, 'regexp_split_to_table', ctx)),
  ...oracleStyle(),
];

export const patternOperators = (): readonly OperatorDef[] => [...likeOperators(), ...regexOperators()];
