/**
 * Literals to values. A number is of the smallest of int4, int8 and numeric that holds it. A text without a type is read by its target type's
 * input function: at once when the answer can depend on nothing else, otherwise by a cast that runs with the statement, because a plan is kept
 * longer than a time zone setting or `now`.
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { parseNumeric } from '../base/numeric.js';
import { plainTextEnv, type TextEnv } from '../base/text-env.js';
import { inputText, outputText } from '../base/text-io.js';
import { sqlType, typeInfo, TypeOid, types, type SqlType, type TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import { constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';

export function parseNumber(text: string, offset: number): BoundExpression {
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    if (Number.isSafeInteger(value)) return constant(value === 0 ? 0 : value, value >= -2147483648 && value <= 2147483647 ? types.int4 : types.int8, offset);
    const big = BigInt(text);
    if (big >= -9223372036854775808n && big <= 9223372036854775807n) return constant(big, types.int8, offset);
  }
  const value = parseNumeric(text);
  if (value === undefined) throw new DbError('22P02', `invalid input syntax for type numeric: "${text}"`, { offset });
  return constant(value, types.numeric, offset);
}

/** Types whose text means the same in every session at every time. */
const timeless = new Set<number>([
  TypeOid.bool, TypeOid.bytea, TypeOid.char, TypeOid.name, TypeOid.int8, TypeOid.int2, TypeOid.int4, TypeOid.text, TypeOid.oid, TypeOid.json, TypeOid.float4, TypeOid.float8,
  TypeOid.bpchar, TypeOid.varchar, TypeOid.bit, TypeOid.varbit, TypeOid.numeric, TypeOid.uuid, TypeOid.tid, TypeOid.jsonb,
  TypeOid.int4range, TypeOid.int8range, TypeOid.numrange, TypeOid.int4multirange, TypeOid.int8multirange, TypeOid.nummultirange,
]);

/** Words like 'today' and a zone in the text apart, a date in ISO form reads the same everywhere. */
const isoMoment = /^\s*\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\s*$|^\s*\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*$/;
const moments = new Set<number>([TypeOid.date, TypeOid.timestamp, TypeOid.time]);
const momentRanges = new Set<number>([TypeOid.daterange, TypeOid.tsrange, TypeOid.datemultirange, TypeOid.tsmultirange]);

function isTimeless(type: SqlType, registry: TypeRegistry, text: string): boolean {
  if (timeless.has(type.oid)) return true;
  if (moments.has(type.oid)) return isoMoment.test(text);
  // Under IntervalStyle sql_standard a leading minus is for the whole.
  if (type.oid === TypeOid.interval) return !/^\s*-/.test(text);
  const info = typeInfo(type.oid, registry);
  if (info.elementOid === TypeOid.interval) return !text.includes('-');
  if (momentRanges.has(type.oid) || moments.has(info.elementOid)) return text.split(/["[\](){},]/).every((part) => /^\s*(empty|null)?\s*$/i.test(part) || isoMoment.test(part));
  if (info.kind === 'enum') return true;
  // A domain's checks may be about anything.
  if (info.kind === 'domain') return false;
  return info.elementOid !== 0 && isTimeless(sqlType(info.elementOid), registry, '');
}

/** The value of an untyped literal as `type`, or undefined when it must be read while the statement runs. */
export function readLiteral(value: string, type: SqlType, registry: TypeRegistry, offset: number): Datum | undefined {
  if (!isTimeless(type, registry, value)) return undefined;
  try {
    return inputText(type, value, registry === plainTextEnv.types ? plainTextEnv : { ...plainTextEnv, types: registry });
  } catch (error) {
    throw error instanceof DbError ? error.at(offset) : error;
  }
}

const momentsOfSession = new Set<number>([...moments, ...momentRanges, TypeOid.timestamptz, TypeOid.timetz, TypeOid.interval, TypeOid.tstzrange, TypeOid.tstzmultirange]);

/**
 * The text of a literal of `type` as it is to be kept: a moment is written so that neither the clock nor a setting has a say in it any more. PostgreSQL keeps the value, for it reads
 * literals when it parses. `read` is the session, `write` the same for all.
 */
export function settledLiteral(text: string, type: SqlType, read: TextEnv, write: TextEnv): string {
  const isMoment = momentsOfSession.has(type.oid) || momentsOfSession.has(typeInfo(type.oid, read.types).elementOid);
  return isMoment ? outputText(type, inputText(type, text, read), write) : text;
}

/** Raises now what reading the literal would raise later, with its position. */
export function checkLiteral(value: string, type: SqlType, context: EvalContext, offset: number): void {
  try {
    inputText(type, value, context);
  } catch (error) {
    throw error instanceof DbError ? error.at(offset) : error;
  }
}
