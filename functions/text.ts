/**
 * Functions and operators over text. Positions and lengths count characters, that is code points, while JavaScript counts UTF-16
 * units; the two are the same for strings without surrogates, nearly all of them, which take the short way.
 *
 * Bounds: no result is longer than `TextLengthMax`; asking for more is 54000.
 * Source: PostgreSQL's varlena.c, oracle_compat.c, formatting of format() in varlena.c (text_format).
 */
import type { Datum } from '../base/datum.js';
import { SqlArray, trimBlanks } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { characterCount, characterOffset } from '../base/scalar-text.js';
import type { TextWriter } from '../base/text-io.js';
import { textWriter } from '../base/text-io.js';
import { compareText } from '../base/text-order.js';
import type { SqlType } from '../base/types.js';
import { baseTypeOf, typeInfo, TypeOid } from '../base/types.js';
import { operator, scalar, setReturning, specialized } from './define.js';
import { quoteIdentifier, quoteLiteral } from './quoting.js';
import type { EvalContext, FunctionDef, OperatorDef } from './registry.js';

/** A little under V8's own limit of string length. */
const TextLengthMax = 0x1fffff00;

function checkLength(length: number): number {
  if (length > TextLengthMax) throw new DbError('54000', 'requested length too large');
  return length;
}

const hasSurrogates = (text: string): boolean => /[\ud800-\udfff]/.test(text);

/** The characters [start, end) of a text, 0-based. */
function sliceCharacters(text: string, start: number, end: number): string {
  if (!hasSurrogates(text)) return text.slice(start, end);
  const from = characterOffset(text, start);
  return text.slice(from, from + characterOffset(text.slice(from), end - start));
}
/** Position in characters, from 1, of a UTF-16 index; 0 for -1. */
function positionOf(text: string, index: number): number {
  return index < 0 ? 0 : characterCount(text.slice(0, index)) + 1;
}

// ------------------------------------------------------------------------------------------------------------------- parts of texts

/** SQL's substring: `start` counts from 1 and may lie before the text, whose missing characters then count too. */
function substring(text: string, start: number, length?: number): string {
  if (length === undefined) return sliceCharacters(text, Math.max(start - 1, 0), text.length);
  if (length < 0) throw new DbError('22011', 'negative substring length not allowed');
  const end = start - 1 + length;
  return end <= 0 ? '' : sliceCharacters(text, Math.max(start - 1, 0), end);
}

function overlay(text: string, replacement: string, start: number, length: number): string {
  if (start <= 0) throw new DbError('22011', 'negative substring length not allowed');
  if (start + length > 2147483647) throw new DbError('22003', 'integer out of range');
  return sliceCharacters(text, 0, start - 1) + replacement + sliceCharacters(text, Math.max(start - 1 + length, 0), text.length);
}

function left(text: string, count: number): string {
  return count >= 0 ? sliceCharacters(text, 0, count) : sliceCharacters(text, 0, Math.max(characterCount(text) + count, 0));
}
function right(text: string, count: number): string {
  const length = characterCount(text);
  // The least integer has no negative to skip by.
  if (count === -2147483648) return text;
  return sliceCharacters(text, count >= 0 ? Math.max(length - count, 0) : Math.min(-count, length), length);
}

/** Pads or cuts to `length` characters; `fill` repeats. */
function padding(text: string, length: number, fill: string): { kept: string; padding: string } {
  const have = characterCount(text);
  if (length <= have) return { kept: sliceCharacters(text, 0, Math.max(length, 0)), padding: '' };
  const unit = Array.from(fill);
  if (unit.length === 0) return { kept: text, padding: '' };
  const missing = checkLength(length) - have;
  return { kept: text, padding: fill.repeat(Math.floor(missing / unit.length)) + unit.slice(0, missing % unit.length).join('') };
}

/** Removes characters of `set` from the sides asked for. */
function trimCharacters(text: string, set: string, side: 'left' | 'right' | 'both'): string {
  const characters = new Set(Array.from(set));
  const units = hasSurrogates(text) ? Array.from(text) : text;
  let start = 0;
  let end = units.length;
  if (side !== 'right') while (start < end && characters.has(units[start]!)) start++;
  if (side !== 'left') while (end > start && characters.has(units[end - 1]!)) end--;
  return typeof units === 'string' ? units.slice(start, end) : units.slice(start, end).join('');
}

function splitPart(text: string, delimiter: string, field: number): string {
  if (field === 0) throw new DbError('22023', 'field position must not be zero');
  if (text === '') return '';
  if (delimiter === '') return field === 1 || field === -1 ? text : '';
  const parts = text.split(delimiter);
  return parts[field > 0 ? field - 1 : parts.length + field] ?? '';
}

/** The fields of a text; a NULL delimiter splits into characters, an empty one not at all. */
function splitFields(text: string, delimiter: string | null, nullText: string | null | undefined): Datum[] {
  if (text === '') return [];
  const parts = delimiter === null ? Array.from(text) : delimiter === '' ? [text] : text.split(delimiter);
  return nullText === null || nullText === undefined ? parts : parts.map((part) => (part === nullText ? null : part));
}

// ------------------------------------------------------------------------------------------------------------------- changed texts

function changeCase(text: string, convert: (character: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return convert(text);
  let result = '';
  for (const character of text) {
    const changed = convert(character);
    // Case mapping is one to one: no SS for a sharp s. Only the dotted capital I has a simple mapping beside its long one.
    result += characterCount(changed) === 1 ? changed : changed === 'i\u0307' ? 'i' : character;
  }
  return result;
}
export const lower = (text: string): string => changeCase(text, (c) => c.toLowerCase());
const upper = (text: string): string => changeCase(text, (c) => c.toUpperCase());

/** First letter of each word in upper case, the others in lower. A word is a run of letters and digits. */
function initcap(text: string): string {
  return text.replace(/[\p{L}\p{N}\p{M}]+/gu, (word) => {
    const first = String.fromCodePoint(word.codePointAt(0)!);
    return upper(first) + lower(word.slice(first.length));
  });
}

function replace(text: string, from: string, to: string): string {
  if (from === '') return text;
  const parts = text.split(from);
  checkLength(text.length + (parts.length - 1) * (to.length - from.length));
  return parts.join(to);
}

/** Each character of `from` becomes the one at its place in `to`, or nothing when `to` is shorter. */
function translate(text: string, from: string, to: string): string {
  const targets = Array.from(to);
  const map = new Map<string, string>();
  for (const [i, character] of Array.from(from).entries()) if (!map.has(character)) map.set(character, targets[i] ?? '');
  let result = '';
  for (const character of text) result += map.get(character) ?? character;
  return result;
}

function repeat(text: string, count: number): string {
  if (count <= 0 || text === '') return '';
  checkLength(text.length * count);
  return text.repeat(count);
}

const reverse = (text: string): string => (hasSurrogates(text) ? Array.from(text).reverse().join('') : text.split('').reverse().join(''));

function chr(code: number): string {
  if (code < 0) throw new DbError('22023', 'character number must be positive');
  if (code === 0) throw new DbError('54000', 'null character not permitted');
  if (code > 0x10ffff) throw new DbError('54000', `requested character too large for encoding: ${code}`);
  if (code >= 0xd800 && code < 0xe000) throw new DbError('54000', `requested character not valid for encoding: ${code}`);
  return String.fromCodePoint(code);
}

/** Backslash escapes \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX; a doubled backslash is one. */
function unistr(text: string): string {
  let result = '';
  let high = 0;
  for (let i = 0; i < text.length; i++) {
    let code: number;
    if (text[i] !== '\\') {
      if (high !== 0) throw new DbError('42601', 'invalid Unicode surrogate pair');
      result += text[i];
      continue;
    }
    if (text[i + 1] === '\\') {
      if (high !== 0) throw new DbError('42601', 'invalid Unicode surrogate pair');
      result += '\\';
      i++;
      continue;
    }
    const match = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))/.exec(text.slice(i, i + 10));
    if (match === null) {
      throw new DbError('42601', 'invalid Unicode escape', { hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.' });
    }
    code = parseInt(match[1] ?? match[2] ?? match[3] ?? match[4]!, 16);
    i += match[0].length - 1;
    if (code === 0 || code > 0x10ffff) throw new DbError('22023', `invalid Unicode code point: ${code.toString(16).toUpperCase().padStart(4, '0')}`);
    if (high !== 0) {
      if (code < 0xdc00 || code > 0xdfff) throw new DbError('42601', 'invalid Unicode surrogate pair');
      code = ((high - 0xd800) << 10) + (code - 0xdc00) + 0x10000;
      high = 0;
    } else if (code >= 0xd800 && code < 0xdc00) {
      high = code;
      continue;
    } else if (code >= 0xdc00 && code < 0xe000) throw new DbError('42601', 'invalid Unicode surrogate pair');
    result += String.fromCodePoint(code);
  }
  if (high !== 0) throw new DbError('42601', 'invalid Unicode surrogate pair');
  return result;
}

function normalForm(name: string): 'NFC' | 'NFD' | 'NFKC' | 'NFKD' {
  const form = name.toUpperCase();
  if (form === 'NFC' || form === 'NFD' || form === 'NFKC' || form === 'NFKD') return form;
  throw new DbError('22023', `invalid normalization form: ${name}`);
}

/** Splits a dotted identifier into its parts, folding what is not quoted. */
function parseIdent(text: string, isStrict: boolean): SqlArray {
  const bad = (detail?: string): DbError => new DbError('22023', `string is not a valid identifier: "${text}"`, detail === undefined ? {} : { detail });
  const parts: string[] = [];
  let at = 0;
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  skip();
  for (let isAfterDot = false; ; ) {
    if (text[at] === '"') {
      const match = /^"((?:[^"]|"")*)"/.exec(text.slice(at));
      if (match === null) throw bad('String has unclosed double quotes.');
      if (match[1] === '') throw bad('Quoted identifier must not be empty.');
      parts.push(match[1]!.replaceAll('""', '"'));
      at += match[0].length;
    } else {
      const match = /^[\p{L}_\x80-\u{10ffff}][\p{L}\p{N}_$\x80-\u{10ffff}]*/u.exec(text.slice(at));
      if (match === null) {
        if (text[at] === '.') throw bad('No valid identifier before ".".');
        throw isAfterDot ? bad('No valid identifier after ".".') : bad();
      }
      parts.push(lower(match[0]));
      at += match[0].length;
    }
    skip();
    if (text[at] !== '.') break;
    isAfterDot = true;
    at++;
    skip();
  }
  if (at < text.length && isStrict) throw bad();
  return SqlArray.of(TypeOid.text, parts);
}

// ------------------------------------------------------------------------------------------------------------------- concat and format

/** How values of the argument types print; made when a call is bound. */
type Printer = (value: Datum, ctx: EvalContext) => string;

function printerOf(type: SqlType): Printer {
  let madeFor: EvalContext | undefined;
  let write: TextWriter | undefined;
  return (value, ctx) => {
    if (typeof value === 'string') return value;
    if (ctx !== madeFor || write === undefined) {
      madeFor = ctx;
      write = textWriter(type, ctx);
    }
    return write(value);
  };
}

/** A function with a VARIADIC "any" tail whose arguments are printed. A VARIADIC array in the call counts as its elements. */
function printing(name: string, args: string, firstPrinted: number, impl: (values: readonly (string | null)[], fixed: readonly Datum[]) => Datum, isStrict = false): FunctionDef {
  const definition = scalar(name, args, 'text', () => null, { variadic: true, strict: false, volatility: 'stable' });
  return specialized(definition, (types, _result, registry, isVariadicCall) => {
    const printers = types.slice(firstPrinted).map(printerOf);
    const count = types.length;
    if (isVariadicCall === true && typeInfo(baseTypeOf(types[count - 1]!, registry).oid, registry).elementOid === 0) throw new DbError('42804', 'VARIADIC argument must be an array');
    return {
      ...definition,
      impl: (...given: unknown[]) => {
        const ctx = given[count] as EvalContext;
        const fixed = given.slice(0, firstPrinted) as Datum[];
        if (isStrict && fixed.includes(null)) return null;
        if (isVariadicCall === true) {
          const array = given[count - 1] as SqlArray | null;
          if (array === null) return name === 'format' ? impl([], fixed) : null;
          const write = textWriter({ oid: array.elementType, typmod: -1 }, ctx);
          return impl(array.elements.map((value) => (value === null ? null : write(value))), fixed);
        }
        const texts = printers.map((print, i) => {
          const value = given[firstPrinted + i] as Datum;
          return value === null ? null : print(value, ctx);
        });
        return impl(texts, fixed);
      },
    };
  });
}

/** format(): %s, %I, %L with argument positions and widths. */
function formatText(template: string, args: readonly (string | null)[]): string {
  let result = '';
  let next = 0;
  const argument = (position: number): string | null => {
    if (position > args.length) throw new DbError('22023', 'too few arguments for format()');
    return args[position - 1]!;
  };
  for (let i = 0; i < template.length; i++) {
    if (template[i] !== '%') {
      result += template[i];
      continue;
    }
    const unterminated = (): DbError => new DbError('22023', 'unterminated format() type specifier', { hint: 'For a single "%" use "%%".' });
    i++;
    if (i >= template.length) throw unterminated();
    if (template[i] === '%') {
      result += '%';
      continue;
    }
    const number = (): number | undefined => {
      const digits = /^\d+/.exec(template.slice(i))?.[0];
      if (digits === undefined) return undefined;
      i += digits.length;
      if (Number(digits) > 2147483647) throw new DbError('22003', 'number is out of range');
      return Number(digits);
    };
    let position: number | undefined;
    let width: number | undefined;
    const start = i;
    const first = number();
    if (first !== undefined && template[i] === '$') {
      if (first === 0) throw new DbError('22023', 'format specifies argument 0, but arguments are numbered from 1');
      position = first;
      i++;
    } else i = start;
    let isLeft = false;
    while (template[i] === '-') {
      isLeft = true;
      i++;
    }
    if (template[i] === '*') {
      i++;
      const at = number();
      let widthPosition: number;
      if (at === undefined) widthPosition = ++next;
      else {
        if (template[i] !== '$') throw i >= template.length ? unterminated() : new DbError('22023', 'width argument position must be ended by "$"');
        if (at === 0) throw new DbError('22023', 'format specifies argument 0, but arguments are numbered from 1');
        widthPosition = at;
        next = at;
        i++;
      }
      const given = argument(widthPosition);
      width = given === null ? 0 : Number(given);
      if (!Number.isInteger(width)) throw new DbError('22P02', `invalid input syntax for type integer: "${given!}"`);
    } else width = number();
    if (width !== undefined && width < 0) {
      isLeft = true;
      width = -width;
    }
    if (i >= template.length) throw unterminated();
    const kind = template[i]!;
    if (kind !== 's' && kind !== 'I' && kind !== 'L') {
      const shown = String.fromCodePoint(template.codePointAt(i)!);
      throw new DbError('22023', `unrecognized format() type specifier "${shown}"`, { hint: 'For a single "%" use "%%".' });
    }
    if (position === undefined) position = ++next;
    else next = position;
    const value = argument(position);
    let text: string;
    if (value === null) {
      if (kind === 'I') throw new DbError('22004', 'null values cannot be formatted as an SQL identifier');
      text = kind === 'L' ? 'NULL' : '';
    } else text = kind === 's' ? value : kind === 'I' ? quoteIdentifier(value) : quoteLiteral(value);
    if (width !== undefined) {
      const blanks = ' '.repeat(Math.max(checkLength(width) - characterCount(text), 0));
      text = isLeft ? text + blanks : blanks + text;
    }
    result += text;
  }
  return result;
}

/** Of texts of which one begins the other, 1 or -1; else the difference of the first characters that differ. */
function byteDifference(a: string, b: string): number {
  const isPrefix = a.startsWith(b) || b.startsWith(a);
  return isPrefix ? Math.sign(a.length - b.length) : compareText(a, b);
}

// ------------------------------------------------------------------------------------------------------------------- catalogue

const bytes = (text: string): number => Buffer.byteLength(text);
const strictEmit = (template: string) => ({ emit: (args: readonly string[]): string => template.replaceAll('$1', args[0]!).replaceAll('$2', args[1] ?? '') });

/** quote_literal and its kin take any type, whose text they quote. */
function quoting(name: string, quote: (text: string | null) => Datum, isStrict: boolean): FunctionDef {
  const definition = scalar(name, 'anyelement', 'text', () => null, { strict: isStrict, volatility: 'stable' });
  return specialized(definition, (types) => {
    const print = printerOf(types[0]!);
    return { ...definition, impl: (value: Datum, ctx: EvalContext) => quote(value === null ? null : print(value, ctx)) };
  });
}

export const textFunctions = (): readonly FunctionDef[] => [
  ...['length', 'char_length', 'character_length', 'textlen'].flatMap((name) => [
    scalar(name, 'text', 'int4', characterCount),
    scalar(name, 'bpchar', 'int4', (text: string) => characterCount(trimBlanks(text))),
  ]),
  ...['text', 'bpchar'].flatMap((type) => [
    scalar('octet_length', type, 'int4', bytes),
    scalar('bit_length', type, 'int4', (text: string) => bytes(text) * 8),
  ]).filter((definition) => !(definition.name === 'bit_length' && definition.args[0] === TypeOid.bpchar)),
  scalar('lower', 'text', 'text', lower),
  scalar('upper', 'text', 'text', upper),
  scalar('initcap', 'text', 'text', initcap),
  scalar('btrim', 'text text', 'text', (text: string, set: string) => trimCharacters(text, set, 'both')),
  scalar('btrim', 'text', 'text', (text: string) => trimCharacters(text, ' ', 'both')),
  scalar('ltrim', 'text text', 'text', (text: string, set: string) => trimCharacters(text, set, 'left')),
  scalar('ltrim', 'text', 'text', (text: string) => trimCharacters(text, ' ', 'left')),
  scalar('rtrim', 'text text', 'text', (text: string, set: string) => trimCharacters(text, set, 'right')),
  scalar('rtrim', 'text', 'text', (text: string) => trimCharacters(text, ' ', 'right')),
  scalar('lpad', 'text int4 text', 'text', (text: string, length: number, fill: string) => {
    const parts = padding(text, length, fill);
    return parts.padding + parts.kept;
  }),
  scalar('lpad', 'text int4', 'text', (text: string, length: number) => {
    const parts = padding(text, length, ' ');
    return parts.padding + parts.kept;
  }),
  scalar('rpad', 'text int4 text', 'text', (text: string, length: number, fill: string) => {
    const parts = padding(text, length, fill);
    return parts.kept + parts.padding;
  }),
  scalar('rpad', 'text int4', 'text', (text: string, length: number) => {
    const parts = padding(text, length, ' ');
    return parts.kept + parts.padding;
  }),
  scalar('left', 'text int4', 'text', left),
  scalar('right', 'text int4', 'text', right),
  ...['substr', 'substring'].flatMap((name) => [
    scalar(name, 'text int4', 'text', (text: string, start: number) => substring(text, start)),
    scalar(name, 'text int4 int4', 'text', substring),
  ]),
  scalar('overlay', 'text text int4 int4', 'text', overlay),
  scalar('overlay', 'text text int4', 'text', (text: string, replacement: string, start: number) => overlay(text, replacement, start, characterCount(replacement))),
  ...['position', 'strpos'].map((name) => scalar(name, 'text text', 'int4', (text: string, part: string) => positionOf(text, text.indexOf(part)))),
  scalar('replace', 'text text text', 'text', replace),
  scalar('translate', 'text text text', 'text', translate),
  scalar('repeat', 'text int4', 'text', repeat),
  scalar('reverse', 'text', 'text', reverse),
  scalar('split_part', 'text text int4', 'text', splitPart),
  scalar('starts_with', 'text text', 'bool', (text: string, prefix: string) => text.startsWith(prefix), strictEmit('$1.startsWith($2)')),
  scalar('ascii', 'text', 'int4', (text: string) => text.codePointAt(0) ?? 0),
  scalar('chr', 'int4', 'text', chr),
  scalar('unistr', 'text', 'text', unistr),
  scalar('normalize', 'text text', 'text', (text: string, form: string) => text.normalize(normalForm(form))),
  scalar('normalize', 'text', 'text', (text: string) => text.normalize('NFC')),
  scalar('is_normalized', 'text text', 'bool', (text: string, form: string) => text.normalize(normalForm(form)) === text),
  scalar('is_normalized', 'text', 'bool', (text: string) => text.normalize('NFC') === text),
  scalar('string_to_array', 'text text', '_text', (text: string | null, delimiter: string | null) => (text === null ? null : SqlArray.of(TypeOid.text, splitFields(text, delimiter, undefined))), { strict: false }),
  scalar('string_to_array', 'text text text', '_text', (text: string | null, delimiter: string | null, nullText: string | null) => (text === null ? null : SqlArray.of(TypeOid.text, splitFields(text, delimiter, nullText))), { strict: false }),
  setReturning('string_to_table', 'text text', 'text', ([text, delimiter]) => (text === null ? [] : splitFields(text as string, delimiter as string | null, undefined)), { strict: false }),
  setReturning('string_to_table', 'text text text', 'text', ([text, delimiter, nullText]) => (text === null ? [] : splitFields(text as string, delimiter as string | null, nullText as string | null)), { strict: false }),
  scalar('quote_ident', 'text', 'text', quoteIdentifier),
  scalar('quote_literal', 'text', 'text', quoteLiteral),
  scalar('quote_nullable', 'text', 'text', (text: string | null) => (text === null ? 'NULL' : quoteLiteral(text)), { strict: false }),
  quoting('quote_literal', (text) => (text === null ? null : quoteLiteral(text)), true),
  quoting('quote_nullable', (text) => (text === null ? 'NULL' : quoteLiteral(text)), false),
  scalar('parse_ident', 'text bool', '_text', (text: string, isStrict: boolean | undefined) => parseIdent(text, isStrict !== false), { defaultCount: 1 }),
  scalar('to_hex', 'int4', 'text', (value: number) => (value >>> 0).toString(16)),
  scalar('to_hex', 'int8', 'text', (value: number | bigint) => BigInt.asUintN(64, BigInt(value)).toString(16)),
  scalar('to_ascii', 'text', 'text', () => {
    throw new DbError('0A000', 'encoding conversion from UTF8 to ASCII not supported');
  }),
  printing('concat', 'any', 0, (values) => values.map((value) => value ?? '').join('')),
  printing('concat_ws', 'text any', 1, (values, [separator]) => (separator === null ? null : values.filter((value) => value !== null).join(separator as string)), true),
  printing('format', 'text any', 1, (values, [template]) => formatText(template as string, values), true),
  scalar('format', 'text', 'text', (template: string) => formatText(template, []), { volatility: 'stable' }),
  ...(['text', 'bpchar'] as const).flatMap((type) => [
    scalar(`${type}_larger`, `${type} ${type}`, type, (a: string, b: string) => (compareText(a, b) > 0 ? a : b)),
    scalar(`${type}_smaller`, `${type} ${type}`, type, (a: string, b: string) => (compareText(a, b) < 0 ? a : b)),
    scalar(type === 'text' ? 'bttextcmp' : 'bpcharcmp', `${type} ${type}`, 'int4', (a: string, b: string) => byteDifference(type === 'text' ? a : trimBlanks(a), type === 'text' ? b : trimBlanks(b))),
  ]),
];

/** Types whose output is immutable and looks at no setting. */
const plainlyPrinted = new Set<number>([
  TypeOid.bool, TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.oid, TypeOid.numeric, TypeOid.text, TypeOid.varchar, TypeOid.bpchar, TypeOid.name, TypeOid.uuid, TypeOid.json, TypeOid.jsonb, TypeOid.bit,
  TypeOid.varbit, TypeOid.time, TypeOid.timetz,
]);

function concatenation(leftType: string, rightType: string): OperatorDef {
  const definition = operator('||', leftType, rightType, 'text', () => null, { volatility: 'stable', functionName: leftType === 'text' ? 'textanycat' : 'anytextcat' });
  return {
    ...definition,
    function: specialized(definition.function, (types) => {
      // As the cast to text prints, which differs from output for booleans.
      const print = (type: SqlType): Printer => (type.oid === TypeOid.bool ? (value) => String(value) : printerOf(type));
      const [first, second] = types.map(print);
      // PostgreSQL inlines it, and what remains is as immutable as the output function.
      const volatility = types.every(({ oid }) => plainlyPrinted.has(oid)) ? 'immutable' : 'stable';
      return { ...definition.function, volatility, impl: (a: Datum, b: Datum, ctx: EvalContext) => first!(a, ctx) + second!(b, ctx) };
    }),
  };
}

/** `~<~` and its kin compare bytes whatever the collation; so does everything here. */
const patternOrder: readonly [string, string, string, (order: number) => boolean][] = [
  ['~<~', '~>~', '~>=~', (o) => o < 0], ['~<=~', '~>=~', '~>~', (o) => o <= 0], ['~>=~', '~<=~', '~<~', (o) => o >= 0], ['~>~', '~<~', '~<=~', (o) => o > 0],
];

export const textOperators = (): readonly OperatorDef[] => [
  operator('||', 'text', 'text', 'text', (a: string, b: string) => {
    checkLength(a.length + b.length);
    return a + b;
  }, { functionName: 'textcat', emit: (args) => `(${args[0]} + ${args[1]})` }),
  concatenation('anynonarray', 'text'),
  concatenation('text', 'anynonarray'),
  operator('^@', 'text', 'text', 'bool', (text: string, prefix: string) => text.startsWith(prefix), { functionName: 'starts_with', ...strictEmit('$1.startsWith($2)') }),
  ...patternOrder.flatMap(([name, commutator, negator, holds]) =>
    ['text', 'bpchar'].map((type) =>
      operator(name, type, type, 'bool', (a: string, b: string) => holds(type === 'text' ? compareText(a, b) : compareText(trimBlanks(a), trimBlanks(b))), { commutator, negator }),
    ),
  ),
];
