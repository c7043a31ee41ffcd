/**
 * Casts between built-in types with PostgreSQL's contexts. What has no entry here goes by the rules of `resolve.ts`: through text for strings,
 * element by element for arrays. An entry from a type to itself applies a type modifier: varchar(10), numeric(10,2), timestamp(3).
 *
 * Every method gets `(value, typmod, isExplicit, ctx)`; an explicit cast cuts an over-long string, any other one refuses it (22001).
 */
import { charOfByte, readChar } from '../base/text-io.js';
import { checkTimestamp, isInfinite, roundMicros, timestampDays, timestampMicrosOfDay, timestampOf } from '../base/calendar.js';
import { timestampFromZone, timestampInZone } from '../base/datetime.js';
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { applyIntervalTypmod } from '../base/interval-text.js';
import { Interval, roundHalfEven, TimeTz } from '../base/interval.js';
import { parseJsonb, type Jsonb } from '../base/jsonb.js';
import { applyNumericTypmod, Numeric } from '../base/numeric.js';
import { applyBitLength, applyBpcharLength, applyVarbitLength, applyVarcharLength, truncateName } from '../base/scalar-text.js';
import { sessionZone } from '../base/text-env.js';
import { trimBlanks } from '../base/datum.js';
import { varcharLength } from '../base/types.js';
import { cast } from './define.js';
import { H } from './emit-helpers.js';
import type { CastDef, EvalContext } from './registry.js';

type Int8 = number | bigint;

// -------------------------------------------------------------------------------------------------------------------- numbers

const toInt2 = (value: Int8): number => {
  if (value < -32768 || value > 32767) throw H.outOfRange('smallint');
  return Number(value);
};
const toInt4 = (value: Int8): number => {
  if (value < -2147483648 || value > 2147483647) throw H.outOfRange('integer');
  return Number(value);
};

/** Rounds half to even and checks the range of the target. */
function floatToInt(value: number, type: 'smallint' | 'integer' | 'bigint'): Int8 {
  const rounded = roundHalfEven(value);
  const limit = type === 'smallint' ? 32768 : type === 'integer' ? 2147483648 : 9223372036854775808;
  if (!(rounded >= -limit && rounded < limit)) throw H.outOfRange(type);
  return type === 'bigint' && !Number.isSafeInteger(rounded) ? H.int8(BigInt(rounded)) : rounded + 0;
}

function numericToInt(value: Numeric, type: 'smallint' | 'integer' | 'bigint'): Int8 {
  if (!value.isFinite) throw new DbError('0A000', `cannot convert ${value.isNaN ? 'NaN' : 'infinity'} to ${type}`);
  const whole = value.round(0).coefficient;
  const limit = type === 'smallint' ? 32768n : type === 'integer' ? 2147483648n : 9223372036854775808n;
  if (BigInt(whole) < -limit || BigInt(whole) >= limit) throw H.outOfRange(type);
  return typeof whole === 'bigint' ? H.int8(whole) : whole + 0;
}

function float4Of(value: number): number {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded) && Number.isFinite(value)) throw new DbError('22003', 'value out of range: overflow');
  if (rounded === 0 && value !== 0) throw new DbError('22003', 'value out of range: underflow');
  return rounded;
}

const fit = (value: Numeric, typmod: number): Numeric => applyNumericTypmod(value, typmod);

const numberCasts = (): CastDef[] => [
  cast('int2', 'int4', 'implicit', 'binary'),
  cast('int2', 'int8', 'implicit', 'binary'),
  cast('int4', 'int8', 'implicit', 'binary'),
  cast('int4', 'int2', 'assignment', toInt2),
  cast('int8', 'int2', 'assignment', toInt2),
  cast('int8', 'int4', 'assignment', toInt4),
  ...['int2', 'int4', 'int8'].flatMap((type) => [
    cast(type, 'float4', 'implicit', (v: Int8) => Math.fround(Number(v))),
    cast(type, 'float8', 'implicit', (v: Int8) => Number(v)),
    cast(type, 'numeric', 'implicit', (v: Int8, typmod: number) => fit(Numeric.fromInt(v), typmod)),
  ]),
  ...([['int2', 'smallint'], ['int4', 'integer'], ['int8', 'bigint']] as const).flatMap(([type, name]) => [
    cast('float4', type, 'assignment', (v: number) => floatToInt(v, name)),
    cast('float8', type, 'assignment', (v: number) => floatToInt(v, name)),
    cast('numeric', type, 'assignment', (v: Numeric) => numericToInt(v, name)),
  ]),
  cast('float4', 'float8', 'implicit', 'binary'),
  cast('float8', 'float4', 'assignment', float4Of),
  cast('float4', 'numeric', 'assignment', (v: number, typmod: number) => fit(Numeric.fromDouble(v, 6), typmod)),
  cast('float8', 'numeric', 'assignment', (v: number, typmod: number) => fit(Numeric.fromDouble(v, 15), typmod)),
  cast('numeric', 'float4', 'implicit', (v: Numeric) => floatOf(v, 'real')),
  cast('numeric', 'float8', 'implicit', (v: Numeric) => floatOf(v, 'double precision')),
  cast('numeric', 'numeric', 'implicit', (v: Numeric, typmod: number) => fit(v, typmod)),
  cast('int4', 'bool', 'explicit', (v: number) => v !== 0),
  cast('bool', 'int4', 'explicit', (v: boolean) => (v ? 1 : 0)),
  cast('money', 'numeric', 'assignment', (v: Int8, typmod: number) => fit(Numeric.of(v, 2), typmod)),
  cast('numeric', 'money', 'assignment', (v: Numeric) => numericToInt(v.multiply(Numeric.fromInt(100)).round(0), 'bigint')),
  cast('int4', 'money', 'assignment', (v: number) => H.int8(BigInt(v) * 100n)),
  cast('int8', 'money', 'assignment', (v: Int8) => H.int8(BigInt(v) * 100n)),
];

/** As PostgreSQL, which goes through text: neither too large for the type nor too small. */
function floatOf(value: Numeric, type: 'real' | 'double precision'): number {
  const double = value.toDouble();
  const float = type === 'real' ? Math.fround(double) : double;
  if (value.isFinite && (!Number.isFinite(float) || (float === 0 && value.coefficient !== 0))) throw new DbError('22003', `"${value.toString()}" is out of range for type ${type}`);
  return float;
}

// -------------------------------------------------------------------------------------------------------------------- object numbers

const nameTypes = ['regproc', 'regprocedure', 'regoper', 'regoperator', 'regclass', 'regtype', 'regnamespace', 'regrole', 'regcollation'];

const toOid = (value: Int8): number => {
  if (value < 0 || value > 4294967295) throw new DbError('22003', 'OID out of range');
  return Number(value);
};

const oidCasts = (): CastDef[] => [
  ...['oid', ...nameTypes].flatMap((type) => [
    cast('int2', type, 'implicit', (v: number) => v >>> 0),
    cast('int4', type, 'implicit', (v: number) => v >>> 0),
    cast('int8', type, 'implicit', toOid),
    cast(type, 'int4', 'assignment', (v: number) => v | 0),
    cast(type, 'int8', 'assignment', 'binary'),
    ...(type === 'oid' ? [] : [cast('oid', type, 'implicit', 'binary'), cast(type, 'oid', 'implicit', 'binary')]),
  ]),
  cast('text', 'regclass', 'implicit', 'io'), cast('varchar', 'regclass', 'implicit', 'io'), cast('oid', 'xid', 'explicit', 'binary'),
];

// -------------------------------------------------------------------------------------------------------------------- strings

const toVarchar = (text: string, typmod: number, isExplicit: boolean): string => applyVarcharLength(text, varcharLength(typmod), isExplicit);
const toBpchar = (text: string, typmod: number, isExplicit: boolean): string => applyBpcharLength(text, varcharLength(typmod), isExplicit);

const stringCasts = (): CastDef[] => [
  cast('text', 'varchar', 'implicit', toVarchar),
  cast('text', 'bpchar', 'implicit', toBpchar),
  cast('varchar', 'text', 'implicit', 'binary'),
  cast('varchar', 'varchar', 'implicit', toVarchar),
  cast('varchar', 'bpchar', 'implicit', toBpchar),
  cast('bpchar', 'text', 'implicit', trimBlanks),
  cast('bpchar', 'varchar', 'implicit', (text: string, typmod: number, isExplicit: boolean) => toVarchar(trimBlanks(text), typmod, isExplicit)),
  cast('bpchar', 'bpchar', 'implicit', toBpchar),
  cast('name', 'text', 'implicit', 'binary'),
  cast('name', 'varchar', 'assignment', toVarchar),
  cast('name', 'bpchar', 'assignment', toBpchar),
  cast('text', 'name', 'implicit', truncateName),
  cast('varchar', 'name', 'implicit', truncateName),
  cast('bpchar', 'name', 'implicit', (text: string) => truncateName(trimBlanks(text))),
  cast('char', 'text', 'implicit', 'binary'),
  cast('char', 'varchar', 'assignment', toVarchar),
  cast('char', 'bpchar', 'assignment', toBpchar),
  cast('char', 'int4', 'explicit', (text: string) => (text === '' ? 0 : ((text.length === 4 ? parseInt(text.slice(1), 8) : text.charCodeAt(0)) << 24) >> 24)),
  cast('int4', 'char', 'explicit', (v: number) => {
    if (v < -128 || v > 127) throw new DbError('22003', '"char" out of range');
    return charOfByte(v & 255);
  }),
  ...['text', 'varchar', 'bpchar'].map((type) => cast(type, 'char', 'assignment', readChar)),
  cast('bool', 'text', 'assignment', (v: boolean) => (v ? 'true' : 'false')),
  cast('bool', 'varchar', 'assignment', (v: boolean, typmod: number, isExplicit: boolean) => toVarchar(v ? 'true' : 'false', typmod, isExplicit)),
  cast('bool', 'bpchar', 'assignment', (v: boolean, typmod: number, isExplicit: boolean) => toBpchar(v ? 'true' : 'false', typmod, isExplicit)),
  cast('bit', 'bit', 'implicit', applyBitLength),
  cast('varbit', 'varbit', 'implicit', applyVarbitLength),
  cast('bit', 'varbit', 'implicit', applyVarbitLength),
  cast('varbit', 'bit', 'implicit', applyBitLength),
  cast('int4', 'bit', 'explicit', (v: number, typmod: number) => intToBits(BigInt(v), 32, typmod)),
  cast('int8', 'bit', 'explicit', (v: Int8, typmod: number) => intToBits(BigInt(v), 64, typmod)),
  cast('bit', 'int4', 'explicit', (bits: string) => bitsToInt(bits, 32)),
  cast('bit', 'int8', 'explicit', (bits: string) => bitsToInt(bits, 64)),
];

/** The low bits, sign-extended when the field is wider than the integer. */
function intToBits(value: bigint, _width: number, typmod: number): string {
  const length = typmod < 1 ? 1 : typmod;
  return BigInt.asUintN(length, value).toString(2).padStart(length, '0');
}
function bitsToInt(bits: string, width: 32 | 64): Int8 {
  if (bits.length > width) throw H.outOfRange(width === 32 ? 'integer' : 'bigint');
  return H.int8(BigInt.asIntN(width, BigInt(`0b${bits === '' ? '0' : bits}`)));
}

// -------------------------------------------------------------------------------------------------------------------- dates and times

const MicrosPerDay = 86400000000;

function dateToTimestamp(days: number): Int8 {
  if (!Number.isFinite(days)) return days;
  return checkTimestamp(timestampOf(days, 0));
}
const timestampToDate = (value: Int8): number => (isInfinite(value) ? (value as number) : timestampDays(value));
const toLocal = (value: Int8, ctx: EvalContext): Int8 => (isInfinite(value) ? value : timestampInZone(value, sessionZone(ctx)));
const fromLocal = (value: Int8, ctx: EvalContext): Int8 => (isInfinite(value) ? value : timestampFromZone(value, sessionZone(ctx)));
const precise = (value: Int8, typmod: number): Int8 => (typmod < 0 || isInfinite(value) ? value : roundMicros(value, typmod));
const preciseTime = (micros: number, typmod: number): number => (typmod < 0 ? micros : Number(roundMicros(micros, typmod)));

const datetimeCasts = (): CastDef[] => [
  cast('date', 'timestamp', 'implicit', dateToTimestamp),
  cast('date', 'timestamptz', 'implicit', (v: number, _typmod: number, _explicit: boolean, ctx: EvalContext) => fromLocal(dateToTimestamp(v), ctx)),
  cast('timestamp', 'date', 'assignment', timestampToDate),
  cast('timestamp', 'timestamptz', 'implicit', (v: Int8, typmod: number, _explicit: boolean, ctx: EvalContext) => precise(fromLocal(v, ctx), typmod)),
  cast('timestamptz', 'timestamp', 'assignment', (v: Int8, typmod: number, _explicit: boolean, ctx: EvalContext) => precise(toLocal(v, ctx), typmod)),
  cast('timestamptz', 'date', 'assignment', (v: Int8, _typmod: number, _explicit: boolean, ctx: EvalContext) => timestampToDate(toLocal(v, ctx))),
  cast('timestamp', 'time', 'assignment', (v: Int8, typmod: number) => (isInfinite(v) ? null : preciseTime(timestampMicrosOfDay(v), typmod))),
  cast('timestamptz', 'time', 'assignment', (v: Int8, typmod: number, _explicit: boolean, ctx: EvalContext) => (isInfinite(v) ? null : preciseTime(timestampMicrosOfDay(toLocal(v, ctx)), typmod))),
  cast('timestamptz', 'timetz', 'assignment', (v: Int8, typmod: number, _explicit: boolean, ctx: EvalContext) => {
    if (isInfinite(v)) return null;
    const local = toLocal(v, ctx);
    return new TimeTz(preciseTime(timestampMicrosOfDay(local), typmod), Number((BigInt(v) - BigInt(local)) / 1000000n));
  }),
  cast('time', 'timetz', 'implicit', (v: number, typmod: number, _explicit: boolean, ctx: EvalContext) => new TimeTz(preciseTime(v, typmod), zoneNow(ctx))),
  cast('timetz', 'time', 'assignment', (v: TimeTz, typmod: number) => preciseTime(v.micros, typmod)),
  cast('time', 'interval', 'implicit', (v: number, typmod: number) => applyIntervalTypmod(new Interval(0, 0, v), typmod)),
  cast('interval', 'time', 'assignment', (v: Interval) => Number(((BigInt(v.micros) % BigInt(MicrosPerDay)) + BigInt(MicrosPerDay)) % BigInt(MicrosPerDay))),
  cast('time', 'time', 'implicit', preciseTime),
  cast('timetz', 'timetz', 'implicit', (v: TimeTz, typmod: number) => new TimeTz(preciseTime(v.micros, typmod), v.zoneSeconds)),
  cast('timestamp', 'timestamp', 'implicit', precise),
  cast('timestamptz', 'timestamptz', 'implicit', precise),
  cast('interval', 'interval', 'implicit', applyIntervalTypmod),
];

/** Offset of the session's zone at the transaction's time, positive west of Greenwich. */
function zoneNow(ctx: EvalContext): number {
  const now = ctx.transactionTimestamp;
  return Number((BigInt(now) - BigInt(toLocal(now, ctx))) / 1000000n);
}

// -------------------------------------------------------------------------------------------------------------------- json

/** A jsonb scalar of the right kind as an SQL value. */
function jsonbScalar(document: Jsonb, type: string, isWanted: (value: Jsonb['value']) => boolean): Jsonb['value'] {
  if (isWanted(document.value)) return document.value;
  const v = document.value;
  const kind = v === null ? 'null' : typeof v === 'string' ? 'string' : typeof v === 'boolean' ? 'boolean' : v instanceof Numeric ? 'numeric' : Array.isArray(v) ? 'array' : 'object';
  throw new DbError('22023', `cannot cast jsonb ${kind} to type ${type}`);
}
const jsonbNumber = (document: Jsonb, type: string): Numeric => jsonbScalar(document, type, (v) => v instanceof Numeric) as Numeric;

const jsonCasts = (): CastDef[] => [
  cast('json', 'jsonb', 'assignment', (text: string) => parseJsonb(text)),
  cast('jsonb', 'json', 'assignment', 'io'),
  cast('jsonb', 'bool', 'explicit', (v: Jsonb) => jsonbScalar(v, 'boolean', (value) => typeof value === 'boolean') as Datum),
  cast('jsonb', 'numeric', 'explicit', (v: Jsonb, typmod: number) => fit(jsonbNumber(v, 'numeric'), typmod)),
  cast('jsonb', 'int2', 'explicit', (v: Jsonb) => numericToInt(jsonbNumber(v, 'smallint'), 'smallint')),
  cast('jsonb', 'int4', 'explicit', (v: Jsonb) => numericToInt(jsonbNumber(v, 'integer'), 'integer')),
  cast('jsonb', 'int8', 'explicit', (v: Jsonb) => numericToInt(jsonbNumber(v, 'bigint'), 'bigint')),
  cast('jsonb', 'float4', 'explicit', (v: Jsonb) => floatOf(jsonbNumber(v, 'real'), 'real')),
  cast('jsonb', 'float8', 'explicit', (v: Jsonb) => floatOf(jsonbNumber(v, 'double precision'), 'double precision')),
];

export const casts = (): readonly CastDef[] => [...numberCasts(), ...oidCasts(), ...stringCasts(), ...datetimeCasts(), ...jsonCasts()];
