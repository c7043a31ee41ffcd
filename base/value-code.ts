/**
 * Values of variable length to bytes and back: what stands in the data area of a row (rowcode.ts), in array elements and in composite
 * fields. Not ordered; order is keycode.ts's business. The length is known from outside.
 *
 *   text and kin   UTF-8                      bytea   the bytes
 *   numeric        u8 class (NumericClass below), varint scale, coefficient little-endian without leading zeros
 *   jsonb          see jsonb.ts
 *   array          u32 element oid, u8 dimensions, per dimension u32 length and i32 lower bound, then elements: u32 length (all ones: NULL) and value
 *   record         u32 oid, u32 count, per field u32 oid, i32 typmod, u32 length (all ones: NULL) and value
 *   range          u32 oid, u8 flags, then the bounds that exist, each u32 length and value; multirange: u32 oid, u32 count, ranges with u32 length
 *
 * Values of fixed storage inside arrays and records are written as rowcode writes them.
 */
import { assert } from './assert.js';
import type { ByteBuffer } from './byte-buffer.js';
import { getF64, getI32, getInt8, getU32, getUtf8, getVarint, putUtf8, putVarint, setF64, setInt8, setU32, utf8LengthMax, varintEnd } from './bytes.js';
import { type Datum, type RecordShape, SqlArray, SqlMultirange, SqlRange, SqlRecord } from './datum.js';
import { Interval, TimeTz } from './interval.js';
import { getJsonb, Jsonb, jsonbLength, putJsonb } from './jsonb.js';
import { getUuid, putUuid } from './keycode.js';
import { Numeric } from './numeric.js';
import { baseTypeOf, numericPrecision, numericScale, sqlType, typeInfo, TypeOid, type SqlType, type Storage, type TypeAttribute, type TypeRegistry } from './types.js';

/** Bytes of a storage of fixed width, 0 for the others. */
export function fixedWidth(storage: Storage): number {
  switch (storage) {
    case 'bool':
      return 1;
    case 'int2':
      return 2;
    case 'int4':
    case 'oid':
    case 'float4':
    case 'date':
    case 'enum':
      return 4;
    case 'int8':
    case 'money':
    case 'float8':
    case 'time':
    case 'timestamp':
      return 8;
    case 'timetz':
      return 12;
    case 'uuid':
    case 'interval':
      return 16;
    default:
      return 0;
  }
}

/** numeric(p, s) with p <= 15 and 0 <= s <= p: its scaled coefficient is an exact double, stored in 8 bytes (NaN as NaN). The scale, or -1 for other types. */
export function scaledNumericScale(type: SqlType, storage: Storage): number {
  if (storage !== 'numeric' || type.typmod < 0) return -1;
  const precision = numericPrecision(type.typmod);
  const scale = numericScale(type.typmod);
  return precision <= 15 && scale >= 0 && scale <= precision ? scale : -1;
}

/** Writes a value of fixed width at `at`, where that many bytes are reserved. */
export function putFixed(storage: Storage, type: SqlType, value: NonNullable<Datum>, bytes: Uint8Array, at: number, types: TypeRegistry): void {
  switch (storage) {
    case 'bool':
      bytes[at] = value === true ? 1 : 0;
      return;
    case 'int2':
      bytes[at] = value as number;
      bytes[at + 1] = (value as number) >>> 8;
      return;
    case 'int4':
    case 'oid':
      setU32(bytes, at, value as number);
      return;
    case 'date':
      setU32(bytes, at, value === Infinity ? 0x7fffffff : value === -Infinity ? 0x80000000 : (value as number));
      return;
    case 'float4':
      floatScratch.setFloat32(0, value as number, true);
      setU32(bytes, at, floatScratch.getUint32(0, true));
      return;
    case 'float8':
      setF64(bytes, at, value as number);
      return;
    case 'int8':
    case 'money':
    case 'time':
      setInt8(bytes, at, value as number | bigint);
      return;
    case 'timestamp':
      setInt8(bytes, at, value === Infinity ? Int64Max : value === -Infinity ? Int64Min : (value as number | bigint));
      return;
    case 'timetz':
      setInt8(bytes, at, (value as TimeTz).micros);
      setU32(bytes, at + 8, (value as TimeTz).zoneSeconds);
      return;
    case 'uuid':
      putUuid(value as string, bytes, at);
      return;
    case 'interval':
      setU32(bytes, at, (value as Interval).months);
      setU32(bytes, at + 4, (value as Interval).days);
      setInt8(bytes, at + 8, (value as Interval).micros);
      return;
    case 'enum': {
      const label = typeInfo(baseTypeOf(type, types).oid, types).labels?.find((candidate) => candidate.label === value);
      assert(label !== undefined, 'enum label not in its type', type.oid);
      setU32(bytes, at, label.id);
      return;
    }
    default:
      assert(false, 'not a storage of fixed width', storage);
  }
}

const floatScratch = new DataView(new ArrayBuffer(8));
const Int64Max = 0x7fffffffffffffffn;
const Int64Min = -0x8000000000000000n;

/** Reads a value of fixed width. */
export function getFixed(storage: Storage, type: SqlType, bytes: Uint8Array, at: number, types: TypeRegistry): Datum {
  switch (storage) {
    case 'bool':
      return bytes[at] === 1;
    case 'int2':
      return ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
    case 'int4':
      return getI32(bytes, at);
    case 'oid':
      return getU32(bytes, at);
    case 'date':
      return getDate(getI32(bytes, at));
    case 'float4':
      floatScratch.setUint32(0, getU32(bytes, at), true);
      return floatScratch.getFloat32(0, true);
    case 'float8':
      return getF64(bytes, at);
    case 'int8':
    case 'money':
    case 'time':
      return getInt8(bytes, at);
    case 'timestamp':
      return getTimestamp(bytes, at);
    case 'timetz':
      return new TimeTz(getInt8(bytes, at) as number, getI32(bytes, at + 8));
    case 'uuid':
      return getUuid(bytes, at);
    case 'interval':
      return new Interval(getI32(bytes, at), getI32(bytes, at + 4), getInt8(bytes, at + 8));
    case 'enum':
      return getEnum(typeInfo(baseTypeOf(type, types).oid, types).labels ?? [], getU32(bytes, at));
    default:
      assert(false, 'not a storage of fixed width', storage);
  }
}

/** Days as stored: the extremes of 32 bits are the infinities. */
export function getDate(days: number): number {
  return days === 0x7fffffff ? Infinity : days === -0x80000000 ? -Infinity : days;
}
/** Microseconds as stored: the extremes of 64 bits are the infinities. */
export function getTimestamp(bytes: Uint8Array, at: number): number | bigint {
  const value = getInt8(bytes, at);
  if (typeof value === 'number') return value;
  return value === Int64Max ? Infinity : value === Int64Min ? -Infinity : value;
}
export function getEnum(labels: readonly { readonly id: number; readonly label: string }[], id: number): string {
  const found = labels.find((label) => label.id === id);
  assert(found !== undefined, 'no enum label with this id', id);
  return found.label;
}

// -------------------------------------------------------------------------------------------------------------- variable length

/** Appends any value. */
export function putValue(storage: Storage, type: SqlType, value: NonNullable<Datum>, out: ByteBuffer, types: TypeRegistry): void {
  const width = fixedWidth(storage);
  if (width > 0) {
    out.reserve(width);
    putFixed(storage, type, value, out.bytes, out.length, types);
    out.length += width;
    return;
  }
  switch (storage) {
    case 'numeric':
      putNumeric(value as Numeric, out);
      return;
    case 'bytea':
      out.reserve((value as Uint8Array).length);
      out.bytes.set(value as Uint8Array, out.length);
      out.length += (value as Uint8Array).length;
      return;
    case 'jsonb':
      out.reserve(jsonbLength((value as Jsonb).value));
      out.length = putJsonb(out.bytes, out.length, (value as Jsonb).value);
      return;
    case 'array': {
      const array = value as SqlArray;
      const element = sqlType(array.elementType);
      const elementStorage = typeInfo(element.oid, types).storage;
      out.reserve(5 + array.dims.length * 8);
      setU32(out.bytes, out.length, array.elementType);
      out.bytes[out.length + 4] = array.dims.length;
      out.length += 5;
      for (let i = 0; i < array.dims.length; i++) {
        setU32(out.bytes, out.length, array.dims[i]!);
        setU32(out.bytes, out.length + 4, array.lowerBounds[i]!);
        out.length += 8;
      }
      for (const item of array.elements) putSized(elementStorage, element, item, out, types);
      return;
    }
    case 'record': {
      putRecord(value as SqlRecord, out, types);
      return;
    }
    case 'range':
      putRange(value as SqlRange, out, types);
      return;
    case 'multirange': {
      const multirange = value as SqlMultirange;
      putU32(multirange.type, out);
      putU32(multirange.ranges.length, out);
      for (const range of multirange.ranges) sized(out, () => putRange(range, out, types));
      return;
    }
    default: {
      const text = value as string;
      out.reserve(utf8LengthMax(text));
      out.length = putUtf8(out.bytes, out.length, text);
    }
  }
}

/** Reads the value that `putValue` wrote into `[start, end)`. */
export function getValue(storage: Storage, type: SqlType, bytes: Uint8Array, start: number, end: number, types: TypeRegistry): Datum {
  if (fixedWidth(storage) > 0) return getFixed(storage, type, bytes, start, types);
  switch (storage) {
    case 'numeric':
      return getNumeric(bytes, start, end);
    case 'bytea':
      return bytes.slice(start, end);
    case 'jsonb':
      return new Jsonb(getJsonb(bytes, start));
    case 'array': {
      const elementOid = getU32(bytes, start);
      const dimCount = bytes[start + 4]!;
      const dims: number[] = [];
      const lowerBounds: number[] = [];
      let at = start + 5;
      for (let i = 0; i < dimCount; i++, at += 8) {
        dims.push(getU32(bytes, at));
        lowerBounds.push(getI32(bytes, at + 4));
      }
      const element = sqlType(elementOid);
      const elementStorage = typeInfo(elementOid, types).storage;
      const elements: Datum[] = [];
      while (at < end) {
        const length = getU32(bytes, at);
        at += 4;
        if (length === NullLength) elements.push(null);
        else {
          elements.push(getValue(elementStorage, element, bytes, at, at + length, types));
          at += length;
        }
      }
      return new SqlArray(elementOid, dims, lowerBounds, elements);
    }
    case 'record':
      return getRecord(bytes, start, types);
    case 'range':
      return getRange(bytes, start, types);
    case 'multirange': {
      const oid = getU32(bytes, start);
      const count = getU32(bytes, start + 4);
      const ranges: SqlRange[] = [];
      let at = start + 8;
      for (let i = 0; i < count; i++) {
        ranges.push(getRange(bytes, at + 4, types));
        at += 4 + getU32(bytes, at);
      }
      return new SqlMultirange(oid, ranges);
    }
    default:
      return getUtf8(bytes, start, end);
  }
}

const NullLength = 0xffffffff;

function putU32(value: number, out: ByteBuffer): void {
  out.reserve(4);
  setU32(out.bytes, out.length, value);
  out.length += 4;
}

/** Writes a u32 length before what `write` appends. */
function sized(out: ByteBuffer, write: () => void): void {
  putU32(0, out);
  const start = out.length;
  write();
  setU32(out.bytes, start - 4, out.length - start);
}

function putSized(storage: Storage, type: SqlType, value: Datum, out: ByteBuffer, types: TypeRegistry): void {
  if (value === null) putU32(NullLength, out);
  else sized(out, () => putValue(storage, type, value, out, types));
}

// -------------------------------------------------------------------------------------------------------------------- numeric

const NumericClass = { Positive: 0, Negative: 1, NaN: 2, Infinity: 3, NegativeInfinity: 4 } as const;

function putNumeric(value: Numeric, out: ByteBuffer): void {
  const c = value.coefficient;
  out.reserve(16);
  if (typeof c === 'number') {
    if (!Number.isFinite(c)) {
      out.bytes[out.length++] = Number.isNaN(c) ? NumericClass.NaN : c > 0 ? NumericClass.Infinity : NumericClass.NegativeInfinity;
      return;
    }
    out.bytes[out.length++] = c < 0 ? NumericClass.Negative : NumericClass.Positive;
    out.length = putVarint(out.bytes, out.length, value.scale);
    for (let rest = Math.abs(c); rest > 0; rest = Math.floor(rest / 256)) out.bytes[out.length++] = rest % 256;
    return;
  }
  const hex = (c < 0n ? -c : c).toString(16);
  const padded = hex.length % 2 === 0 ? hex : `0${hex}`;
  out.reserve(8 + padded.length / 2);
  out.bytes[out.length++] = c < 0n ? NumericClass.Negative : NumericClass.Positive;
  out.length = putVarint(out.bytes, out.length, value.scale);
  for (let i = padded.length - 2; i >= 0; i -= 2) out.bytes[out.length++] = parseInt(padded.slice(i, i + 2), 16);
}

/** Reads the numeric in `[start, end)`. */
export function getNumeric(bytes: Uint8Array, start: number, end: number): Numeric {
  const kind = bytes[start]!;
  if (kind === NumericClass.NaN) return Numeric.NaN;
  if (kind === NumericClass.Infinity) return Numeric.Infinity;
  if (kind === NumericClass.NegativeInfinity) return Numeric.NegativeInfinity;
  const scale = getVarint(bytes, start + 1);
  const first = varintEnd(bytes, start + 1);
  // Six bytes are always safe; the seventh may pass 2^53, which Numeric.of would not notice in a double.
  if (end - first <= 6) {
    let coefficient = 0;
    for (let i = end - 1; i >= first; i--) coefficient = coefficient * 256 + bytes[i]!;
    return Numeric.of(kind === NumericClass.Negative ? 0 - coefficient : coefficient, scale);
  }
  let hex = '0x';
  for (let i = end - 1; i >= first; i--) hex += bytes[i]!.toString(16).padStart(2, '0');
  const coefficient = BigInt(hex);
  return Numeric.of(kind === NumericClass.Negative ? -coefficient : coefficient, scale);
}

// -------------------------------------------------------------------------------------------------------------------- ranges, records

const RangeFlag = { Empty: 1, HasLower: 2, HasUpper: 4, NoLower: 8, NoUpper: 16 } as const;

function putRange(range: SqlRange, out: ByteBuffer, types: TypeRegistry): void {
  putU32(range.type, out);
  out.reserve(1);
  out.bytes[out.length++] =
    (range.isEmpty ? RangeFlag.Empty : 0) | (range.hasLower ? RangeFlag.HasLower : 0) | (range.hasUpper ? RangeFlag.HasUpper : 0) |
    (range.lower === null ? RangeFlag.NoLower : 0) | (range.upper === null ? RangeFlag.NoUpper : 0);
  const subtype = sqlType(typeInfo(range.type, types).subtypeOid);
  const storage = typeInfo(subtype.oid, types).storage;
  if (range.lower !== null) putSized(storage, subtype, range.lower, out, types);
  if (range.upper !== null) putSized(storage, subtype, range.upper, out, types);
}

function getRange(bytes: Uint8Array, start: number, types: TypeRegistry): SqlRange {
  const oid = getU32(bytes, start);
  const flags = bytes[start + 4]!;
  const subtype = sqlType(typeInfo(oid, types).subtypeOid);
  const storage = typeInfo(subtype.oid, types).storage;
  let at = start + 5;
  const bound = (isMissing: boolean): Datum => {
    if (isMissing) return null;
    const length = getU32(bytes, at);
    const value = getValue(storage, subtype, bytes, at + 4, at + 4 + length, types);
    at += 4 + length;
    return value;
  };
  const lower = bound((flags & RangeFlag.NoLower) !== 0);
  const upper = bound((flags & RangeFlag.NoUpper) !== 0);
  return new SqlRange(oid, (flags & RangeFlag.Empty) !== 0, lower, upper, (flags & RangeFlag.HasLower) !== 0, (flags & RangeFlag.HasUpper) !== 0);
}

/**
 * Oid of the type, number of fields, and each field's oid, modifier, length and bytes. Of a composite type an attribute stands in the place that it got when it was added: a value stored before
 * has fewer fields, and the place of a dropped one is a NULL text.
 */
function putRecord({ shape, values }: SqlRecord, out: ByteBuffer, types: TypeRegistry): void {
  const places = types.lookup(shape.oid)?.attributePlaces;
  putU32(shape.oid, out);
  const count = places === undefined ? values.length : (places.at(-1) ?? -1) + 1;
  putU32(count, out);
  for (let place = 0, i = 0; place < count; place++) {
    const isDropped = places !== undefined && places[i] !== place;
    const field = isDropped ? droppedField : shape.types[i]!;
    putU32(field.oid, out);
    putU32(field.typmod, out);
    putSized(typeInfo(field.oid, types).storage, field, isDropped ? null : values[i]!, out, types);
    if (!isDropped) i++;
  }
}
const droppedField = sqlType(TypeOid.text);

function getRecord(bytes: Uint8Array, start: number, types: TypeRegistry): SqlRecord {
  const oid = getU32(bytes, start);
  const count = getU32(bytes, start + 4);
  const { attributes, attributePlaces } = typeInfo(oid, types);
  const shape = attributes === undefined ? undefined : shapeOf(oid, attributes);
  const fieldTypes: SqlType[] = [];
  const values: Datum[] = [];
  let at = start + 8;
  for (let place = 0; place < count; place++) {
    const type = sqlType(getU32(bytes, at), getI32(bytes, at + 4));
    const length = getU32(bytes, at + 8);
    at += 12;
    const from = at;
    if (length !== NullLength) at += length;
    if (attributePlaces !== undefined && attributePlaces[values.length] !== place) continue;
    fieldTypes.push(type);
    values.push(length === NullLength ? null : getValue(typeInfo(type.oid, types).storage, type, bytes, from, at, types));
  }
  if (shape === undefined) return new SqlRecord({ oid, names: fieldTypes.map((_, i) => `f${i + 1}`), types: fieldTypes }, values);
  while (values.length < shape.types.length) values.push(null);
  return new SqlRecord(shape, values);
}

const shapes = new WeakMap<readonly TypeAttribute[], RecordShape>();
function shapeOf(oid: number, attributes: readonly TypeAttribute[]): RecordShape {
  let shape = shapes.get(attributes);
  if (shape === undefined) shapes.set(attributes, (shape = { oid, names: attributes.map(({ name }) => name), types: attributes.map(({ type }) => type) }));
  return shape;
}
