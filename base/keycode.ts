/**
 * Datums to bytes that sort like them, so that a B+tree compares keys without knowing their types. A key is its columns one after the other;
 * each column is self-delimiting, so the order of the whole is the order column by column, and the key of leading columns is a prefix.
 *
 *   [tag] payload        tag only on nullable columns: NULL 0x00 or 0x02, a value 0x01 (NULLS FIRST or LAST)
 *
 * payload by storage:
 *   bool               1 byte
 *   int2 int4 int8 oid, date, time, timestamp, money: big-endian with the sign bit flipped (oid plain); infinities are the extremes
 *   float4 float8      IEEE bits; negative ones complemented, others with the sign flipped; -0 is 0, one NaN above all
 *   numeric            class byte, then (finite, not 0) 3 bytes of decimal exponent and pairs of digits + 1, ended by 0; complemented when
 *                      negative. Scale is left out: 1.0 and 1.00 have one key
 *   text, bpchar, bit  UTF-8 (or '0'/'1'), ended by 0x00; bpchar without trailing blanks. SQL text holds no NUL
 *   bytea              0x00 as 0x00 0xff, ended by 0x00 0x00
 *   uuid               16 bytes
 *   enum               the label's order as float8
 *   interval           its length in microseconds (a month is 30 days) as 128 bits; timetz: instant, then zone
 *   array, record      each element as a nullable column (NULL last), ended by 0x00, then for arrays the dimensions
 *   multirange         each range after 0x01, ended by 0x00: of two that begin alike the shorter sorts first
 *   range, jsonb       see the functions
 *
 * K1  encode(a) < encode(b) as bytes exactly when a sorts before b; equal exactly when SQL's = holds (NULL with NULL).
 * K2  No key of a column is a proper prefix of another key of the same column.
 * K3  DESC complements the payload, never the tag: where NULLs go is independent of the direction.
 *
 * Source. The idea is that of FoundationDB's tuple layer and MyRocks' memcomparable format; numerics follow SQLite4's key encoding.
 */
import { assert } from './assert.js';
import type { ByteBuffer } from './byte-buffer.js';
import { getUtf8, keyBytes, putUtf8, utf8LengthMax } from './bytes.js';
import type { Datum } from './datum.js';
import type { SqlArray, SqlMultirange, SqlRange, SqlRecord } from './datum.js';
import { DbError } from './errors.js';
import type { Interval, TimeTz } from './interval.js';
import type { Jsonb, JsonbObject, JsonbValue } from './jsonb.js';
import { Numeric } from './numeric.js';
import { baseTypeOf, builtinTypes, typeInfo, type SqlType, type Storage, type TypeRegistry } from './types.js';

export interface KeyColumn {
  readonly type: SqlType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Whether keys carry a tag byte for this column. */
  readonly nullable: boolean;
}

/** What stands in a key before a nullable column's value, or instead of it. */
export const NullFirstTag = 0;
export const ValueTag = 1;
export const NullLastTag = 2;

/** How the columns of one index are encoded: made once, used for every key. */
export class KeyLayout {
  readonly columns: readonly KeyColumn[];
  readonly storages: readonly Storage[];
  readonly types: TypeRegistry;
  /** When there is one non-null ascending int4/int8-like column, its length in bytes, otherwise 0: such keys have fast paths. */
  readonly integerBytes: 0 | 4 | 8;

  constructor(columns: readonly KeyColumn[], types: TypeRegistry = builtinTypes) {
    this.columns = columns;
    this.types = types;
    this.storages = columns.map((column) => typeInfo(baseTypeOf(column.type, types).oid, types).storage);
    const only = columns.length === 1 && !columns[0]!.nullable && !columns[0]!.descending ? this.storages[0]! : 'none';
    this.integerBytes = only === 'int4' || only === 'date' ? 4 : only === 'int8' || only === 'timestamp' || only === 'time' ? 8 : 0;
  }

  /** Whether the column's value can be had back from its key, so that an index-only scan may use it. */
  isLossless(column: number): boolean {
    return losslessStorages.has(this.storages[column]!);
  }
}

const losslessStorages: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'text', 'bytea', 'uuid', 'date', 'time', 'timestamp', 'money', 'enum']);

/** Appends the key of `values`, which may be fewer than the layout's columns: then it is the prefix all such keys share. */
export function encodeKey(layout: KeyLayout, values: readonly Datum[], out: ByteBuffer): void {
  for (let i = 0; i < values.length; i++) encodeKeyColumn(layout, i, values[i]!, out);
}

/** Appends one column of a key. */
export function encodeKeyColumn(layout: KeyLayout, i: number, value: Datum, out: ByteBuffer): void {
  const column = layout.columns[i]!;
  out.reserve(1);
  if (value === null) {
    assert(column.nullable, 'NULL in a key column without tag', i);
    out.bytes[out.length++] = column.nullsFirst ? NullFirstTag : NullLastTag;
    return;
  }
  if (column.nullable) out.bytes[out.length++] = ValueTag;
  const start = out.length;
  encodePayload(layout.storages[i]!, column.type, value, out, layout.types);
  if (column.descending) complement(out.bytes, start, out.length);
}

/** Appends what every key whose column `i` is NULL, or is not NULL, has at that place; for ranges IS NULL and IS NOT NULL. */
export function encodeNullTag(layout: KeyLayout, i: number, isNull: boolean, out: ByteBuffer): void {
  const column = layout.columns[i]!;
  if (!column.nullable) return;
  out.reserve(1);
  out.bytes[out.length++] = isNull ? (column.nullsFirst ? NullFirstTag : NullLastTag) : ValueTag;
}

/** The end of the first `count` key columns of `layout`, of all if not said, in `bytes` from `start`: where a row key that follows all of them begins. */
export function keyEnd(layout: KeyLayout, bytes: Uint8Array, start: number, count = layout.columns.length): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const column = layout.columns[i]!;
    if (column.nullable && bytes[at++] !== ValueTag) continue;
    at = payloadEnd(layout, i, bytes, at);
  }
  return at;
}

/** Reads column values back; `undefined` stands for a column that is not lossless. */
export function decodeKey(layout: KeyLayout, bytes: Uint8Array, start: number): (Datum | undefined)[] {
  const values: (Datum | undefined)[] = [];
  let at = start;
  for (let i = 0; i < layout.columns.length; i++) {
    const column = layout.columns[i]!;
    if (column.nullable && bytes[at++] !== ValueTag) {
      values.push(null);
      continue;
    }
    const end = payloadEnd(layout, i, bytes, at);
    values.push(layout.isLossless(i) ? decodePayload(layout, i, bytes.slice(at, end)) : undefined);
    at = end;
  }
  return values;
}

/** Reads one lossless column back from a key: what `decodeKey` gives for it. */
export function decodeKeyColumn(layout: KeyLayout, column: number, key: string): Datum {
  const { nullable, descending } = layout.columns[column]!;
  if (column === 0 && !descending && layout.storages[0] === 'int4') {
    if (nullable && key.charCodeAt(0) !== ValueTag) return null;
    const at = nullable ? 1 : 0;
    return ((key.charCodeAt(at) << 24) | (key.charCodeAt(at + 1) << 16) | (key.charCodeAt(at + 2) << 8) | key.charCodeAt(at + 3)) ^ -0x80000000;
  }
  const bytes = keyBytes(key);
  let at = keyEnd(layout, bytes, 0, column);
  if (nullable && bytes[at++] !== ValueTag) return null;
  return decodePayload(layout, column, bytes.slice(at, payloadEnd(layout, column, bytes, at)));
}

/** Puts a 4-byte key of an int4-like value at `at`. Equal to `encodeKey` for a layout with `integerBytes` 4. */
export function putInt4Key(bytes: Uint8Array, at: number, value: number): void {
  const high = value === Infinity ? 0x7fffffff : value === -Infinity ? -0x80000000 : value;
  bytes[at] = (high >>> 24) ^ 0x80;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
}

/** Puts an 8-byte key of an int8-like value at `at`. Equal to `encodeKey` for a layout with `integerBytes` 8. */
export function putInt8Key(bytes: Uint8Array, at: number, value: number | bigint): void {
  let high: number;
  let low: number;
  if (typeof value === 'bigint') {
    high = Number(BigInt.asIntN(32, value >> 32n));
    low = Number(BigInt.asUintN(32, value));
  } else if (value === Infinity) {
    high = 0x7fffffff;
    low = 0xffffffff;
  } else if (value === -Infinity) {
    high = -0x80000000;
    low = 0;
  } else {
    high = Math.floor(value / 4294967296);
    low = value - high * 4294967296;
  }
  putInt4Key(bytes, at, high);
  bytes[at + 4] = low >>> 24;
  bytes[at + 5] = low >>> 16;
  bytes[at + 6] = low >>> 8;
  bytes[at + 7] = low;
}

function complement(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) bytes[i] = ~bytes[i]!;
}

// -------------------------------------------------------------------------------------------------------------------- encoding

const scratch = new DataView(new ArrayBuffer(8));

function encodePayload(storage: Storage, type: SqlType, value: NonNullable<Datum>, out: ByteBuffer, types: TypeRegistry): void {
  switch (storage) {
    case 'bool':
      out.reserve(1);
      out.bytes[out.length++] = value === true ? 1 : 0;
      return;
    case 'int2': {
      out.reserve(2);
      const n = (value as number) + 0x8000;
      out.bytes[out.length++] = n >>> 8;
      out.bytes[out.length++] = n;
      return;
    }
    case 'int4':
    case 'date':
      appendInt4Key(value as number, out);
      return;
    case 'oid':
      out.reserve(4);
      out.dv.setUint32(out.length, value as number);
      out.length += 4;
      return;
    case 'int8':
    case 'timestamp':
    case 'time':
    case 'money':
      out.reserve(8);
      putInt8Key(out.bytes, out.length, value as number | bigint);
      out.length += 8;
      return;
    case 'float4':
    case 'float8':
      putDouble(value as number, out);
      return;
    case 'numeric':
      putNumeric(value as Numeric, out);
      return;
    case 'text':
    case 'char':
    case 'bit':
    case 'tid':
    case 'json':
    case 'jsonpath':
      appendTextKey(String(value), out);
      return;
    case 'bpchar':
      appendTextKey((value as string).replace(/ +$/, ''), out);
      return;
    case 'bytea':
      putEscaped(value as Uint8Array, out);
      return;
    case 'uuid':
      out.reserve(16);
      putUuid(value as string, out.bytes, out.length);
      out.length += 16;
      return;
    case 'interval':
      putWide(intervalMicros(value as Interval), out);
      return;
    case 'timetz': {
      const time = value as TimeTz;
      putWide(BigInt(time.micros) + BigInt(time.zoneSeconds) * 1000000n, out);
      out.reserve(4);
      putInt4Key(out.bytes, out.length, time.zoneSeconds);
      out.length += 4;
      return;
    }
    case 'enum':
      putDouble(enumOrder(type, value as string, types), out);
      return;
    case 'array': {
      const array = value as SqlArray;
      const element = baseTypeOf({ oid: array.elementType, typmod: -1 }, types);
      putElements(array.elements as readonly Datum[], () => element, out, types);
      out.reserve(1 + array.dims.length * 8);
      out.bytes[out.length++] = array.dims.length;
      for (let i = 0; i < array.dims.length; i++) {
        putInt4Key(out.bytes, out.length, array.dims[i]!);
        putInt4Key(out.bytes, out.length + 4, array.lowerBounds[i]!);
        out.length += 8;
      }
      return;
    }
    case 'record': {
      const record = value as SqlRecord;
      putElements(record.values as readonly Datum[], (i) => baseTypeOf(record.shape.types[i]!, types), out, types);
      return;
    }
    case 'range':
      putRange(value as SqlRange, typeInfo(type.oid, types).subtypeOid, out, types);
      return;
    case 'jsonb':
      putJsonbDocument((value as Jsonb).value, out);
      return;
    case 'multirange': {
      const rangeOid = typeInfo(type.oid, types).subtypeOid;
      const { subtypeOid } = typeInfo(rangeOid, types);
      for (const range of (value as SqlMultirange).ranges) {
        out.reserve(1);
        out.bytes[out.length++] = ValueTag;
        putRange(range, subtypeOid, out, types);
      }
      out.reserve(1);
      out.bytes[out.length++] = 0;
      return;
    }
    case 'none':
      throw new DbError('42704', `data type ${typeInfo(type.oid, types).name} has no default operator class for access method "btree"`);
  }
}

function putDouble(value: number, out: ByteBuffer): void {
  out.reserve(8);
  putDoubleKey(out.dv, out.length, value);
  out.length += 8;
}
/** Puts an 8-byte key of a double at `at`. */
export function putDoubleKey(view: DataView, at: number, value: number): void {
  const positive = value === 0 ? 0 : value;
  view.setFloat64(at, positive);
  let high = view.getUint32(at);
  let low = view.getUint32(at + 4);
  if (Number.isNaN(value)) {
    high = 0x7ff80000;
    low = 0;
  }
  if (high & 0x80000000) {
    high = ~high;
    low = ~low;
  } else high ^= 0x80000000;
  view.setUint32(at, high >>> 0);
  view.setUint32(at + 4, low >>> 0);
}

/** Class bytes of numerics, in their order. */
const NumericClass = { NegativeInfinity: 0, Negative: 1, Zero: 2, Positive: 3, Infinity: 4, NaN: 5 } as const;
const ExponentBias = 0x400000;

function putNumeric(value: Numeric, out: ByteBuffer): void {
  const c = value.coefficient;
  out.reserve(1);
  if (typeof c === 'number' && !Number.isFinite(c)) {
    out.bytes[out.length++] = Number.isNaN(c) ? NumericClass.NaN : c > 0 ? NumericClass.Infinity : NumericClass.NegativeInfinity;
    return;
  }
  const isNegative = c < 0;
  const digits = (isNegative ? -c : c).toString().replace(/0+$/, '');
  if (digits === '') {
    out.bytes[out.length++] = NumericClass.Zero;
    return;
  }
  // value = 0.d1d2d3... * 10^exponent
  const exponent = (isNegative ? -c : c).toString().length - value.scale + ExponentBias;
  out.reserve(6 + digits.length / 2);
  out.bytes[out.length++] = isNegative ? NumericClass.Negative : NumericClass.Positive;
  const start = out.length;
  out.bytes[out.length++] = exponent >>> 16;
  out.bytes[out.length++] = exponent >>> 8;
  out.bytes[out.length++] = exponent;
  for (let i = 0; i < digits.length; i += 2) {
    const pair = (digits.charCodeAt(i) - 48) * 10 + (i + 1 < digits.length ? digits.charCodeAt(i + 1) - 48 : 0);
    out.bytes[out.length++] = pair + 1;
  }
  out.bytes[out.length++] = 0;
  if (isNegative) complement(out.bytes, start, out.length);
}

/** As `putInt4Key`, at the end of `out`. */
export function appendInt4Key(value: number, out: ByteBuffer): void {
  out.reserve(4);
  putInt4Key(out.bytes, out.length, value);
  out.length += 4;
}

/** The key of a text in a column that is ascending and never NULL. */
export function appendTextKey(text: string, out: ByteBuffer): void {
  out.reserve(utf8LengthMax(text) + 1);
  out.length = putUtf8(out.bytes, out.length, text);
  out.bytes[out.length++] = 0;
}

function putEscaped(bytes: Uint8Array, out: ByteBuffer): void {
  out.reserve(bytes.length * 2 + 2);
  for (let i = 0; i < bytes.length; i++) {
    out.bytes[out.length++] = bytes[i]!;
    if (bytes[i] === 0) out.bytes[out.length++] = 0xff;
  }
  out.bytes[out.length++] = 0;
  out.bytes[out.length++] = 0;
}

/** Writes a canonical lower-case uuid as 16 bytes. */
export function putUuid(text: string, bytes: Uint8Array, at: number): void {
  let i = 0;
  for (let b = 0; b < 16; b++) {
    if (text.charCodeAt(i) === 45) i++;
    bytes[at + b] = (hexDigit(text.charCodeAt(i)) << 4) | hexDigit(text.charCodeAt(i + 1));
    i += 2;
  }
}
const hexDigit = (code: number): number => (code <= 57 ? code - 48 : (code | 32) - 87);

/** Reads 16 bytes as a canonical uuid. */
export function getUuid(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let b = 0; b < 16; b++) {
    if (b === 4 || b === 6 || b === 8 || b === 10) text += '-';
    text += hexPairs[bytes[at + b]!]!;
  }
  return text;
}
const hexPairs = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The length by which intervals compare: a month is 30 days, a day 24 hours. */
function intervalMicros(interval: Interval): bigint {
  return (BigInt(interval.months) * 30n + BigInt(interval.days)) * 86400000000n + BigInt(interval.micros);
}

function putWide(value: bigint, out: ByteBuffer): void {
  out.reserve(16);
  const biased = value + (1n << 127n);
  out.dv.setBigUint64(out.length, biased >> 64n);
  out.dv.setBigUint64(out.length + 8, BigInt.asUintN(64, biased));
  out.length += 16;
}

function enumOrder(type: SqlType, label: string, types: TypeRegistry): number {
  const found = typeInfo(baseTypeOf(type, types).oid, types).labels?.find((candidate) => candidate.label === label);
  assert(found !== undefined, 'enum label not in its type', type.oid);
  return found.order;
}

function putElements(elements: readonly Datum[], typeAt: (i: number) => SqlType, out: ByteBuffer, types: TypeRegistry): void {
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]!;
    out.reserve(1);
    out.bytes[out.length++] = element === null ? NullLastTag : ValueTag;
    if (element === null) continue;
    const type = typeAt(i);
    encodePayload(typeInfo(type.oid, types).storage, type, element, out, types);
  }
  out.reserve(1);
  out.bytes[out.length++] = 0;
}

/** Empty ranges first, then by lower bound (none first; inclusive before exclusive), then by upper (exclusive before inclusive; none last). */
function putRange(range: SqlRange, subtypeOid: number, out: ByteBuffer, types: TypeRegistry): void {
  out.reserve(2);
  out.bytes[out.length++] = range.isEmpty ? 0 : 1;
  if (range.isEmpty) return;
  const subtype: SqlType = { oid: subtypeOid, typmod: -1 };
  const storage = typeInfo(subtypeOid, types).storage;
  const lower = range.lower as Datum;
  out.bytes[out.length++] = lower === null ? 0 : 1;
  if (lower !== null) {
    encodePayload(storage, subtype, lower, out, types);
    out.reserve(1);
    out.bytes[out.length++] = range.hasLower ? 0 : 1;
  }
  const upper = range.upper as Datum;
  out.reserve(1);
  out.bytes[out.length++] = upper === null ? 1 : 0;
  if (upper !== null) {
    encodePayload(storage, subtype, upper, out, types);
    out.reserve(1);
    out.bytes[out.length++] = range.hasUpper ? 1 : 0;
  }
}

/** PostgreSQL's order: null, string, number, boolean, array, object; containers first by count. */
const JsonTag = { Null: 1, String: 2, Number: 3, False: 4, True: 5, Array: 6, Object: 7 } as const;

/** The empty array as a whole document sorts below a scalar, other arrays above: see B2 of jsonb.ts. */
function putJsonbDocument(value: JsonbValue, out: ByteBuffer): void {
  out.reserve(1);
  out.bytes[out.length++] = Array.isArray(value) && value.length === 0 ? 0 : 1;
  putJsonb(value, out);
}

function putJsonb(value: JsonbValue, out: ByteBuffer): void {
  out.reserve(5);
  if (value === null) out.bytes[out.length++] = JsonTag.Null;
  else if (typeof value === 'string') {
    out.bytes[out.length++] = JsonTag.String;
    putJsonText(value, out);
  } else if (value instanceof Numeric) {
    out.bytes[out.length++] = JsonTag.Number;
    putNumeric(value, out);
  } else if (typeof value === 'boolean') out.bytes[out.length++] = value ? JsonTag.True : JsonTag.False;
  else if (Array.isArray(value)) {
    out.bytes[out.length++] = JsonTag.Array;
    out.dv.setUint32(out.length, value.length);
    out.length += 4;
    for (const element of value as readonly JsonbValue[]) putJsonb(element, out);
  } else {
    const object = value as JsonbObject;
    out.bytes[out.length++] = JsonTag.Object;
    out.dv.setUint32(out.length, object.keys.length);
    out.length += 4;
    for (let i = 0; i < object.keys.length; i++) {
      putJsonText(object.keys[i]!, out);
      putJsonb(object.values[i]!, out);
    }
  }
}

/** JSON strings may hold NUL: escaped as bytea is. */
function putJsonText(text: string, out: ByteBuffer): void {
  putEscaped(Buffer.from(text, 'utf8'), out);
}

// -------------------------------------------------------------------------------------------------------------------- decoding

/** End of one payload. Complemented bytes are turned back on the fly by `mask`. */
function payloadEnd(layout: KeyLayout, i: number, bytes: Uint8Array, start: number): number {
  const column = layout.columns[i]!;
  return skipPayload(layout.storages[i]!, column.type, bytes, start, column.descending ? 0xff : 0, layout.types);
}

function skipPayload(storage: Storage, type: SqlType, bytes: Uint8Array, start: number, mask: number, types: TypeRegistry): number {
  const byteAt = (at: number): number => (bytes[at] ?? 0) ^ mask;
  switch (storage) {
    case 'bool':
      return start + 1;
    case 'int2':
      return start + 2;
    case 'int4':
    case 'date':
    case 'oid':
      return start + 4;
    case 'int8':
    case 'timestamp':
    case 'time':
    case 'money':
    case 'float4':
    case 'float8':
    case 'enum':
      return start + 8;
    case 'uuid':
    case 'interval':
      return start + 16;
    case 'timetz':
      return start + 20;
    case 'numeric': {
      const kind = byteAt(start);
      if (kind !== NumericClass.Negative && kind !== NumericClass.Positive) return start + 1;
      const end = kind === NumericClass.Negative ? 0xff : 0;
      let at = start + 4;
      while (at < bytes.length && byteAt(at) !== end) at++;
      return at + 1;
    }
    case 'text':
    case 'char':
    case 'bit':
    case 'tid':
    case 'json':
    case 'jsonpath':
    case 'bpchar': {
      let at = start;
      while (at < bytes.length && byteAt(at) !== 0) at++;
      return at + 1;
    }
    case 'bytea':
      return skipEscaped(bytes, start, mask);
    case 'array': {
      const elementOid = typeInfo(type.oid, types).elementOid;
      const at = skipElements(bytes, start, mask, () => baseTypeOf({ oid: elementOid, typmod: -1 }, types), types);
      return at + 1 + byteAt(at) * 8;
    }
    case 'record': {
      const attributes = typeInfo(type.oid, types).attributes;
      assert(attributes !== undefined, 'key of an anonymous record', type.oid);
      return skipElements(bytes, start, mask, (i) => baseTypeOf(attributes[i]!.type, types), types);
    }
    case 'range': {
      if (byteAt(start) === 0) return start + 1;
      const subtype: SqlType = { oid: typeInfo(type.oid, types).subtypeOid, typmod: -1 };
      const inner = typeInfo(subtype.oid, types).storage;
      let at = start + 2;
      if (byteAt(start + 1) === 1) at = skipPayload(inner, subtype, bytes, at, mask, types) + 1;
      return byteAt(at) === 1 ? at + 1 : skipPayload(inner, subtype, bytes, at + 1, mask, types) + 1;
    }
    case 'jsonb':
      return skipJsonb(bytes, start + 1, mask);
    case 'multirange': {
      const range: SqlType = { oid: typeInfo(type.oid, types).subtypeOid, typmod: -1 };
      let at = start;
      while (at < bytes.length && byteAt(at) !== 0) at = skipPayload('range', range, bytes, at + 1, mask, types);
      return at + 1;
    }
    case 'none':
      return start;
  }
}

function skipEscaped(bytes: Uint8Array, start: number, mask: number): number {
  let at = start;
  while (at < bytes.length && !((bytes[at]! ^ mask) === 0 && ((bytes[at + 1] ?? 0) ^ mask) === 0)) at += (bytes[at]! ^ mask) === 0 ? 2 : 1;
  return at + 2;
}

function skipElements(bytes: Uint8Array, start: number, mask: number, typeAt: (i: number) => SqlType, types: TypeRegistry): number {
  let at = start;
  for (let i = 0; at < bytes.length && (bytes[at]! ^ mask) !== 0; i++) {
    const tag = bytes[at++]! ^ mask;
    if (tag !== ValueTag) continue;
    const type = typeAt(i);
    at = skipPayload(typeInfo(type.oid, types).storage, type, bytes, at, mask, types);
  }
  return at + 1;
}

function skipJsonb(bytes: Uint8Array, start: number, mask: number): number {
  const byteAt = (at: number): number => (bytes[at] ?? 0) ^ mask;
  const tag = byteAt(start);
  if (tag === JsonTag.String) return skipEscaped(bytes, start + 1, mask);
  if (tag === JsonTag.Number) return skipPayload('numeric', { oid: 1700, typmod: -1 }, bytes, start + 1, mask, builtinTypes);
  if (tag !== JsonTag.Array && tag !== JsonTag.Object) return start + 1;
  const count = ((byteAt(start + 1) << 24) | (byteAt(start + 2) << 16) | (byteAt(start + 3) << 8) | byteAt(start + 4)) >>> 0;
  let at = start + 5;
  for (let i = 0; i < count && at < bytes.length; i++) {
    if (tag === JsonTag.Object) at = skipEscaped(bytes, at, mask);
    at = skipJsonb(bytes, at, mask);
  }
  return at;
}

/** `payload` is a copy of one payload and may be changed. */
function decodePayload(layout: KeyLayout, i: number, payload: Uint8Array): Datum {
  const column = layout.columns[i]!;
  if (column.descending) complement(payload, 0, payload.length);
  const dv = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const storage = layout.storages[i]!;
  switch (storage) {
    case 'bool':
      return payload[0] === 1;
    case 'int2':
      return dv.getUint16(0) - 0x8000;
    case 'int4':
      return dv.getInt32(0) ^ -0x80000000;
    case 'date': {
      const days = dv.getInt32(0) ^ -0x80000000;
      return days === 0x7fffffff ? Infinity : days === -0x80000000 ? -Infinity : days;
    }
    case 'oid':
      return dv.getUint32(0);
    case 'int8':
    case 'time':
    case 'money':
    case 'timestamp': {
      const high = dv.getInt32(0) ^ -0x80000000;
      const low = dv.getUint32(4);
      if (storage === 'timestamp' && high === 0x7fffffff && low === 0xffffffff) return Infinity;
      if (storage === 'timestamp' && high === -0x80000000 && low === 0) return -Infinity;
      const near = high * 4294967296 + low;
      return Number.isSafeInteger(near) ? near : (BigInt(high) << 32n) | BigInt(low);
    }
    case 'float4':
    case 'float8':
      return getDouble(dv);
    case 'enum': {
      const order = getDouble(dv);
      const label = typeInfo(baseTypeOf(column.type, layout.types).oid, layout.types).labels?.find((candidate) => candidate.order === order);
      assert(label !== undefined, 'no enum label of this order', order);
      return label.label;
    }
    case 'text':
      return getUtf8(payload, 0, payload.length - 1);
    case 'bytea': {
      const bytes: number[] = [];
      for (let at = 0; at < payload.length - 2; at++) {
        bytes.push(payload[at]!);
        if (payload[at] === 0) at++;
      }
      return Uint8Array.from(bytes);
    }
    case 'uuid':
      return getUuid(payload, 0);
    default:
      throw new DbError('XX000', `internal error: key of ${storage} cannot be decoded`);
  }
}

function getDouble(dv: DataView): number {
  let high = dv.getUint32(0);
  let low = dv.getUint32(4);
  if (high & 0x80000000) high ^= 0x80000000;
  else {
    high = ~high;
    low = ~low;
  }
  scratch.setUint32(0, high >>> 0);
  scratch.setUint32(4, low >>> 0);
  return scratch.getFloat64(0);
}
