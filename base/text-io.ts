/**
 * Text to values and back, for every type: PostgreSQL's input and output functions. `inputText` and `outputText` serve single
 * values; loops make a reader or writer once with `textReader` and `textWriter`.
 *
 * T1  outputText(inputText(x)) is a fixed point: reading the output gives the value again.
 * T2  A reader applies the type's modifier as PostgreSQL's input functions do: excess text is an error, numerics are rounded.
 * T3  Text has no NUL character.                                  Checked by test/base/text-io.prop.test.ts.
 *
 * A domain reads and writes as its base type; its constraints are the executor's to check. Names of catalog objects (regclass and
 * kin) go through `env.system`.
 */
import { unreachable } from './assert.js';
import { formatArray, joinRecord, parseArray, quoteBound, splitMultirange, splitRange, splitRecord, type RangeText } from './array.js';
import {
  formatDate, formatTime, formatTimeTz, formatTimestamp, formatTimestampTz, parseDate, parseTime, parseTimeTz, parseTimestamp, parseTimestampTz,
} from './datetime.js';
import type { Datum , SqlMultirange, SqlRange} from './datum.js';
import { SqlArray, SqlRecord } from './datum.js';
import { DbError, notSupported } from './errors.js';
import type { IntervalStyle } from './interval-text.js';
import { formatInterval, parseInterval } from './interval-text.js';
import type { Interval, TimeTz } from './interval.js';
import { validateJson } from './json-text.js';
import { parseJsonb } from './jsonb.js';
import type { Jsonb } from './jsonb.js';
import { applyNumericTypmod, parseNumeric } from './numeric.js';
import { emptyRange, makeMultirange, makeRange } from './range.js';
import {
  applyBitLength, applyBpcharLength, applyVarbitLength, applyVarcharLength, checkText, formatBytea, formatFloat4, formatFloat8, formatMoney,
  invalidSyntax, parseBits, parseBool, parseBytea, parseFloat4, parseFloat8, parseInt4, parseInt8, parseMoney, parseOid, parseUuid, trimSpace,
  truncateName,
} from './scalar-text.js';
import type { TextEnv } from './text-env.js';
import { dateStyleOf, sessionZone } from './text-env.js';
import { formatTid, parseTid } from './tid.js';
import type { SqlType, TypeInfo } from './types.js';
import { TypeOid, baseTypeOf, formatType, requireSafeLabel, sqlType, typeInfo, typeName, varcharLength } from './types.js';

export type TextReader = (text: string) => Datum;
export type TextWriter = (value: Datum) => string;

/** Types whose values are object numbers and whose text is a name: `<name>in` and `<name>out` of the catalog. */
const nameTypes = new Set<number>([
  TypeOid.regproc, TypeOid.regprocedure, TypeOid.regoper, TypeOid.regoperator, TypeOid.regclass, TypeOid.regtype, TypeOid.regnamespace,
  TypeOid.regrole, TypeOid.regcollation,
]);

/** Reads one non-NULL value. @throws DbError 22P02, 22003, 22001, 22007, 22008, ... as the type's input function */
export function inputText(type: SqlType, text: string, env: TextEnv): Datum {
  return textReader(type, env)(text);
}
/** Prints one non-NULL value. */
export function outputText(type: SqlType, value: Datum, env: TextEnv): string {
  return textWriter(type, env)(value);
}

function intervalStyleOf(env: TextEnv): IntervalStyle {
  return (env.setting('intervalstyle') ?? 'postgres') as IntervalStyle;
}

// ------------------------------------------------------------------------------------------------------------------- reading

export function textReader(type: SqlType, env: TextEnv): TextReader {
  const outer = typeInfo(type.oid, env.types);
  if (outer.kind === 'domain') {
    const read = textReader(outer.baseType!, env);
    return (text) => env.system.call('domain_check', [type.oid, read(text)]);
  }
  const { oid, typmod } = baseTypeOf(type, env.types);
  const info = typeInfo(oid, env.types);
  switch (info.storage) {
    case 'bool':
      return parseBool;
    case 'int2':
      return (text) => parseInt4(text, 'smallint');
    case 'int4':
      return (text) => parseInt4(text, 'integer');
    case 'int8':
      return parseInt8;
    case 'oid':
      if (nameTypes.has(oid)) return (text) => readObjectName(info, text, env);
      return (text) => parseOid(text, info.name);
    case 'money':
      return parseMoney;
    case 'float4':
      return parseFloat4;
    case 'float8':
      return parseFloat8;
    case 'numeric':
      return (text) => {
        const value = parseNumeric(text);
        if (value === undefined) throw invalidSyntax('numeric', text);
        return applyNumericTypmod(value, typmod);
      };
    case 'text':
      return textualReader(oid, typmod);
    case 'bpchar':
      return (text) => applyBpcharLength(checkText(text), varcharLength(typmod), false);
    case 'char':
      return readChar;
    case 'bytea':
      return parseBytea;
    case 'bit':
      return oid === TypeOid.bit
        ? (text) => applyBitLength(parseBits(text), typmod, false)
        : (text) => applyVarbitLength(parseBits(text), typmod, false);
    case 'uuid':
      return parseUuid;
    case 'tid':
      return parseTid;
    case 'json':
      return (text) => {
        validateJson(checkText(text));
        return text;
      };
    case 'jsonb':
      return (text) => parseJsonb(checkText(text));
    case 'date':
      return (text) => parseDate(text, env);
    case 'time':
      return (text) => parseTime(text, typmod, env);
    case 'timetz':
      return (text) => parseTimeTz(text, typmod, env);
    case 'timestamp':
      return oid === TypeOid.timestamptz ? (text) => parseTimestampTz(text, typmod, env) : (text) => parseTimestamp(text, typmod, env);
    case 'interval':
      return (text) => parseInterval(text, typmod, intervalStyleOf(env));
    case 'array': {
      if (info.elementOid === 0) throw cannotAccept(oid);
      if (info.kind === 'base') return vectorReader(info, env);
      // The modifier of an array is that of its elements.
      const read = textReader(sqlType(info.elementOid, typmod), env);
      return (text) => parseArray(text, info.elementOid, read);
    }
    case 'enum':
      if (info.labels === undefined) throw cannotAccept(oid);
      return enumReader(info);
    case 'record':
      return recordReader(info, env);
    case 'range':
      if (info.subtypeOid === 0) throw cannotAccept(oid);
      return rangeReader(info, env);
    case 'multirange':
      if (info.subtypeOid === 0) throw cannotAccept(oid);
      return multirangeReader(info, env);
    case 'jsonpath':
      return (text) => env.system.call('jsonpathin', [checkText(text)]);
    case 'none':
      throw info.kind === 'pseudo' ? cannotAccept(oid) : notSupported(`type ${typeName(oid, env.types)}`);
    default:
      return unreachable(info.storage);
  }
}

/** "char": one byte, above ASCII as `\\ooo`. Of a longer text the first character counts. */
export function readChar(text: string): string {
  const octal = /^\\([0-3][0-7]{2})$/.exec(text);
  if (octal !== null) return charOfByte(parseInt(octal[1]!, 8));
  return checkText(text).slice(0, 1);
}
/** The zero byte is the empty string; bytes above ASCII are kept in octal, which is how they are shown. */
export function charOfByte(byte: number): string {
  return byte === 0 ? '' : byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

function cannotAccept(oid: number): DbError {
  return new DbError('0A000', `cannot accept a value of type ${typeName(oid).replaceAll('"', '')}`);
}

function textualReader(oid: number, typmod: number): TextReader {
  if (oid === TypeOid.varchar && typmod >= 4) return (text) => applyVarcharLength(checkText(text), varcharLength(typmod), false);
  if (oid === TypeOid.name) return (text) => truncateName(checkText(text));
  if (oid === TypeOid.void) return () => '';
  return checkText;
}

function readObjectName(info: TypeInfo, text: string, env: TextEnv): Datum {
  const trimmed = trimSpace(text);
  if (trimmed === '-') return 0;
  return /^\d+$/.test(trimmed) ? parseOid(trimmed) : env.system.call(`${info.name}in`, [trimmed]);
}

/** int2vector and oidvector: numbers between blanks, subscripted from 0. */
function vectorReader(info: TypeInfo, env: TextEnv): TextReader {
  const read = textReader(sqlType(info.elementOid), env);
  return (text) => {
    const elements = text.split(/\s+/).filter((word) => word !== '').map(read);
    return new SqlArray(info.elementOid, [elements.length], [0], elements);
  };
}

function enumReader(info: TypeInfo): TextReader {
  const labels = new Set((info.labels ?? []).map((label) => label.label));
  return (text) => {
    if (labels.has(text)) {
      requireSafeLabel(info, text);
      return text;
    }
    throw new DbError('22P02', `invalid input value for enum ${formatType(sqlType(info.oid), { lookup: () => info })}: "${text}"`);
  };
}

function recordReader(info: TypeInfo, env: TextEnv): TextReader {
  const { attributes } = info;
  if (attributes === undefined) throw new DbError('0A000', 'input of anonymous composite types is not implemented');
  const readers = attributes.map((attribute) => textReader(attribute.type, env));
  const shape = { oid: info.oid, names: attributes.map((a) => a.name), types: attributes.map((a) => a.type) };
  return (text) => new SqlRecord(shape, splitRecord(text, readers.length).map((column, i) => (column === null ? null : readers[i]!(column))));
}

function rangeReader(info: TypeInfo, env: TextEnv): (text: string) => SqlRange {
  const read = textReader(sqlType(info.subtypeOid), env);
  return (text) => makeRangeOfText(info.oid, splitRange(text), read, env);
}
function makeRangeOfText(type: number, parts: RangeText, read: TextReader, env: TextEnv): SqlRange {
  if (parts.isEmpty) return emptyRange(type);
  const lower = parts.lower === null ? null : read(parts.lower);
  const upper = parts.upper === null ? null : read(parts.upper);
  return makeRange(type, lower, upper, parts.hasLower, parts.hasUpper, env.types);
}
function multirangeReader(info: TypeInfo, env: TextEnv): TextReader {
  const read = textReader(sqlType(typeInfo(info.subtypeOid, env.types).subtypeOid), env);
  return (text) => makeMultirange(info.oid, splitMultirange(text).map((parts) => makeRangeOfText(info.subtypeOid, parts, read, env)), env.types);
}

// ------------------------------------------------------------------------------------------------------------------- writing

const plain: TextWriter = (value) => String(value as string | number | bigint);

export function textWriter(type: SqlType, env: TextEnv): TextWriter {
  const { oid } = baseTypeOf(type, env.types);
  const info = typeInfo(oid, env.types);
  switch (info.storage) {
    case 'bool':
      return (value) => (value === true ? 't' : 'f');
    case 'int2':
    case 'int4':
    case 'int8':
    case 'text':
    case 'bpchar':
    case 'char':
    case 'bit':
    case 'uuid':
    case 'json':
    case 'jsonpath':
    case 'enum':
      return plain;
    case 'tid':
      return (value) => formatTid(value as string);
    case 'oid':
      if (nameTypes.has(oid)) return (value) => (value === 0 ? '-' : (env.system.call(`${info.name}out`, [value]) as string));
      return plain;
    case 'numeric':
      return (value) => (value as object).toString();
    case 'jsonb':
      return (value) => (value as Jsonb).toString();
    case 'money':
      return (value) => formatMoney(value as number | bigint);
    case 'float4': {
      const digits = extraFloatDigits(env);
      return (value) => formatFloat4(value as number, digits);
    }
    case 'float8': {
      const digits = extraFloatDigits(env);
      return (value) => formatFloat8(value as number, digits);
    }
    case 'bytea': {
      const style = env.setting('bytea_output') === 'escape' ? 'escape' : 'hex';
      return (value) => formatBytea(value as Uint8Array, style);
    }
    case 'date': {
      const style = dateStyleOf(env);
      return (value) => formatDate(value as number, style);
    }
    case 'time':
      return (value) => formatTime(value as number);
    case 'timetz':
      return (value) => formatTimeTz(value as TimeTz);
    case 'timestamp': {
      const style = dateStyleOf(env);
      if (oid !== TypeOid.timestamptz) return (value) => formatTimestamp(value as number | bigint, style);
      const zone = sessionZone(env);
      return (value) => formatTimestampTz(value as number | bigint, style, zone);
    }
    case 'interval': {
      const style = intervalStyleOf(env);
      return (value) => formatInterval(value as Interval, style);
    }
    case 'array':
      return arrayWriter(info, env);
    case 'record':
      return recordWriter(env);
    case 'range':
      return rangeWriter(env);
    case 'multirange': {
      const write = rangeWriter(env);
      return (value) => `{${(value as SqlMultirange).ranges.map(write).join(',')}}`;
    }
    case 'none':
      throw notSupported(`type ${typeName(oid, env.types)}`);
    default:
      return unreachable(info.storage);
  }
}

function extraFloatDigits(env: TextEnv): number {
  const setting = env.setting('extra_float_digits');
  return setting === undefined ? 1 : Number(setting);
}

function arrayWriter(info: TypeInfo, env: TextEnv): TextWriter {
  if (info.kind === 'base') return (value) => (value as SqlArray).elements.join(' ');
  const fixed = info.elementOid === 0 ? undefined : textWriter(sqlType(info.elementOid), env);
  return (value) => {
    const array = value as SqlArray;
    return formatArray(array, fixed ?? textWriter(sqlType(array.elementType), env));
  };
}

function recordWriter(env: TextEnv): TextWriter {
  // Rows of one result share their shape, so its writers are made once.
  let shape: unknown;
  let writers: TextWriter[] = [];
  return (value) => {
    const record = value as SqlRecord;
    if (record.shape !== shape) {
      shape = record.shape;
      writers = record.shape.types.map((type) => textWriter(type, env));
    }
    return joinRecord(record.values.map((column, i) => (column === null ? null : writers[i]!(column))));
  };
}

function rangeWriter(env: TextEnv): TextWriter {
  let type = 0;
  let write: TextWriter = plain;
  return (value) => {
    const range = value as SqlRange;
    if (range.isEmpty) return 'empty';
    if (range.type !== type) {
      type = range.type;
      write = textWriter(sqlType(typeInfo(type, env.types).subtypeOid), env);
    }
    const bound = (end: Datum): string => (end === null ? '' : quoteBound(write(end)));
    return `${range.hasLower ? '[' : '('}${bound(range.lower)},${bound(range.upper)}${range.hasUpper ? ']' : ')'}`;
  };
}
