/**
 * Rows as bytes with every column at a place that can be computed: the executor reads only the columns it needs, straight from the page.
 *
 *   0  head: which RowLayout wrote the row, and a bit per column, set when NULL. Of layout 0, which most tables keep for life, bit 0 of the
 *      first byte is 0 and column i has bit i + 1; of another the first byte is 2 id + 1 and column i has bit i + 8
 *   F  fixed columns, unaligned, in column order  a NULL leaves its place as zeros
 *   V  end of each variable column, from the row's start: u8 in a row of up to 255 bytes. In a longer one u16 behind a byte 0, or u32
 *      behind a byte 1 (no end is less than 2)
 *   D  data of variable columns
 *
 * F and V depend on the layout alone, so "column 5 of the row at o" is one load at o + constant. numeric(p <= 15, s) is fixed: its scaled coefficient
 * as a double, on which the generator computes directly. A table has one present layout and any number of older ones; a schema change that
 * only adds or drops columns makes a new layout and touches no row: rows of an older layout are upgraded when they are read.
 *
 * W1  Layout ids of one table are never reused while a row of that layout may exist.
 * W2  Column positions never change; a dropped column keeps its place and reads as NULL.
 */
import { assert } from './assert.js';
import type { ByteBuffer } from './byte-buffer.js';
import { getF64, getInt8, getUtf8, putUtf8, setF64, setU32, utf8LengthMax } from './bytes.js';
import type { Datum } from './datum.js';
import { Interval, TimeTz } from './interval.js';
import { getUuid } from './keycode.js';
import { Numeric } from './numeric.js';
import { baseTypeOf, builtinTypes, typeInfo, type SqlType, type Storage, type TypeRegistry } from './types.js';
import { fixedWidth, getDate, getEnum, getFixed, getNumeric, getTimestamp, getValue, putFixed, putValue, scaledNumericScale } from './value-code.js';

export interface LayoutColumn {
  readonly type: SqlType;
  /** What rows that were written before the column was added hold in it. */
  readonly missing: Datum;
  readonly isDropped: boolean;
}

export const LayoutIdMax = 127;

/** The first byte of wide ends; that of narrow ones is an end, and greater. */
const WideEnds = { U16: 0, U32: 1 } as const;
const NarrowEndMin = 2;
/** A row of up to so many bytes has narrow ends. */
export const NarrowRowMax = 255;
/** Bits of the head before that of the first column. */
const NullBitsAt = { First: 1, Later: 8 } as const;

/** How the commonest values are written without asking for their type again. */
export const Encoding = { Other: 0, Int4: 1, Float8: 2, Bool: 3, Text: 4 } as const;

function encodingOf(storage: Storage): number {
  switch (storage) {
    case 'int4':
      return Encoding.Int4;
    case 'float8':
      return Encoding.Float8;
    case 'bool':
      return Encoding.Bool;
    case 'text':
      return Encoding.Text;
    default:
      return Encoding.Other;
  }
}

export class RowLayout {
  /** 0 to LayoutIdMax. */
  readonly id: number;
  readonly columns: readonly LayoutColumn[];
  readonly types: TypeRegistry;
  readonly storages: readonly Storage[];
  /** By column: offset of its fixed place, -1 when variable. */
  readonly fixedOffsets: readonly number[];
  /** By column: its number among the variable ones, -1 when fixed. */
  readonly variableNumbers: readonly number[];
  /** By column: scale of a numeric stored as a scaled double, otherwise -1. */
  readonly scales: readonly number[];
  /** By column: `Encoding`. */
  readonly encodings: Uint8Array;
  readonly variableCount: number;
  /** What the first byte of a row without NULL is. */
  readonly firstByte: number;
  readonly headBytes: number;
  readonly #nullBitsAt: number;
  /** Offset of the table of ends. */
  readonly endsOffset: number;
  /** Layouts of rows written before, by id. */
  readonly older: ReadonlyMap<number, RowLayout>;

  constructor(id: number, columns: readonly LayoutColumn[], types: TypeRegistry = builtinTypes, older: ReadonlyMap<number, RowLayout> = new Map()) {
    assert(id >= 0 && id <= LayoutIdMax, 'layout id out of range', id);
    this.id = id;
    this.columns = columns;
    this.types = types;
    this.older = older;
    const storages: Storage[] = [];
    const fixedOffsets: number[] = [];
    const variableNumbers: number[] = [];
    const scales: number[] = [];
    this.#nullBitsAt = id === 0 ? NullBitsAt.First : NullBitsAt.Later;
    this.firstByte = id === 0 ? 0 : 2 * id + 1;
    this.headBytes = (this.#nullBitsAt + columns.length + 7) >> 3;
    let at = this.headBytes;
    let variableCount = 0;
    for (const column of columns) {
      const type = baseTypeOf(column.type, types);
      const storage = typeInfo(type.oid, types).storage;
      const scale = scaledNumericScale(type, storage);
      const width = scale >= 0 ? 8 : fixedWidth(storage);
      storages.push(storage);
      scales.push(scale);
      fixedOffsets.push(width > 0 ? at : -1);
      variableNumbers.push(width > 0 ? -1 : variableCount);
      if (width > 0) at += width;
      else variableCount++;
    }
    this.storages = storages;
    this.fixedOffsets = fixedOffsets;
    this.variableNumbers = variableNumbers;
    this.scales = scales;
    this.encodings = Uint8Array.from(storages, encodingOf);
    this.variableCount = variableCount;
    this.endsOffset = at;
  }

  /** Which byte of the head says whether a column is NULL, and the bit in it. */
  nullByteOf(column: number): number {
    return (this.#nullBitsAt + column) >> 3;
  }
  nullMaskOf(column: number): number {
    return 1 << ((this.#nullBitsAt + column) & 7);
  }
}

/** Ends of the variable columns of the row that is being encoded. */
let ends = new Int32Array(64);

/** Appends a row. `values` are by column position, of the columns' types. @returns the offset in `out` where it begins */
export function encodeRow(layout: RowLayout, values: readonly Datum[], out: ByteBuffer): number {
  const { columns, encodings, fixedOffsets, variableCount } = layout;
  const start = out.length;
  const headLength = layout.endsOffset + variableCount;
  out.reserve(headLength);
  const { bytes } = out;
  // A head is short: a native call would cost more than the loop.
  for (let at = start, end = start + headLength; at < end; at++) bytes[at] = 0;
  bytes[start] = layout.firstByte;
  out.length = start + headLength;
  if (variableCount > ends.length) ends = new Int32Array(variableCount);
  let number = 0;
  for (let i = 0; i < columns.length; i++) {
    const value = values[i] ?? null;
    const fixed = fixedOffsets[i]!;
    if (value === null) out.bytes[start + layout.nullByteOf(i)]! |= layout.nullMaskOf(i);
    else {
      switch (encodings[i]!) {
        case Encoding.Int4:
          setU32(out.bytes, start + fixed, value as number);
          break;
        case Encoding.Float8:
          setF64(out.bytes, start + fixed, value as number);
          break;
        case Encoding.Bool:
          out.bytes[start + fixed] = value === true ? 1 : 0;
          break;
        case Encoding.Text:
          out.reserve(utf8LengthMax(value as string));
          out.length = putUtf8(out.bytes, out.length, value as string);
          break;
        default:
          encodeOther(layout, i, value, start, out);
      }
    }
    if (fixed < 0) ends[number++] = out.length - start;
  }
  if (out.length - start <= NarrowRowMax) for (let i = 0, at = start + layout.endsOffset; i < variableCount; i++) out.bytes[at + i] = ends[i]!;
  else if (variableCount > 0) {
    out.reserve(wideEndsBytes(variableCount));
    out.length = putWideEnds(out.bytes, start, out.length, layout.endsOffset, ends, variableCount);
  }
  return start;
}

/** By how much a row may grow when its ends become wide. */
export function wideEndsBytes(variableCount: number): number {
  return 1 + 3 * variableCount;
}
/** Makes the ends of a row wide that has been written with room for narrow ones: `ends` are the ends as the row lies there. @returns the row's end */
export function putWideEnds(u8: Uint8Array, row: number, end: number, endsOffset: number, ends: ArrayLike<number>, variableCount: number): number {
  const table = row + endsOffset;
  const data = table + variableCount;
  const isShort = end - row + 1 + variableCount <= 0xffff;
  const by = isShort ? 1 + variableCount : wideEndsBytes(variableCount);
  u8.copyWithin(data + by, data, end);
  u8[table] = isShort ? WideEnds.U16 : WideEnds.U32;
  for (let i = 0, at = table + 1; i < variableCount; i++) {
    const value = ends[i]! + by;
    u8[at++] = value;
    u8[at++] = value >>> 8;
    if (isShort) continue;
    u8[at++] = value >>> 16;
    u8[at++] = value >>> 24;
  }
  return end + by;
}

/** Writes a value that has no `Encoding` of its own: at its fixed place, or appended. */
export function encodeOther(layout: RowLayout, column: number, value: NonNullable<Datum>, start: number, out: ByteBuffer): void {
  const fixed = layout.fixedOffsets[column]!;
  const scale = layout.scales[column]!;
  const storage = layout.storages[column]!;
  const { type } = layout.columns[column]!;
  if (scale >= 0) setF64(out.bytes, start + fixed, scaledCoefficient(value as Numeric, scale));
  else if (fixed >= 0) putFixed(storage, type, value, out.bytes, start + fixed, layout.types);
  else putValue(storage, type, value, out, layout.types);
}

/** The value has passed its typmod, so it has the column's scale (NaN apart) and fits. */
function scaledCoefficient(value: Numeric, scale: number): number {
  const c = value.coefficient;
  assert(typeof c === 'number', 'numeric too wide for its column');
  if (Number.isNaN(c)) return NaN;
  return value.scale === scale ? c : c * 10 ** (scale - value.scale);
}

/** Start of the data of a variable column, absolute in `u8`. */
export function variableStart(u8: Uint8Array, dv: DataView, row: number, endsOffset: number, variableCount: number, number: number): number {
  if (number > 0) return variableEnd(u8, dv, row, endsOffset, number - 1);
  const first = u8[row + endsOffset]!;
  if (first >= NarrowEndMin) return row + endsOffset + variableCount;
  return row + endsOffset + 1 + variableCount * (first === WideEnds.U16 ? 2 : 4);
}
/** End of the data of a variable column, absolute in `u8`. */
export function variableEnd(u8: Uint8Array, dv: DataView, row: number, endsOffset: number, number: number): number {
  const first = u8[row + endsOffset]!;
  if (first >= NarrowEndMin) return row + u8[row + endsOffset + number]!;
  if (first === WideEnds.U16) return row + dv.getUint16(row + endsOffset + 1 + number * 2, true);
  return row + dv.getUint32(row + endsOffset + 1 + number * 4, true);
}

/** One column of the row at `row`. The row has this very layout. */
export function decodeColumn(layout: RowLayout, column: number, u8: Uint8Array, dv: DataView, row: number): Datum {
  if ((u8[row + layout.nullByteOf(column)]! & layout.nullMaskOf(column)) !== 0) return null;
  const fixed = layout.fixedOffsets[column]!;
  const scale = layout.scales[column]!;
  if (scale >= 0) return scaledNumeric(getF64(u8, row + fixed), scale);
  const storage = layout.storages[column]!;
  const type = baseTypeOf(layout.columns[column]!.type, layout.types);
  if (fixed >= 0) return getFixed(storage, type, u8, row + fixed, layout.types);
  const number = layout.variableNumbers[column]!;
  const start = variableStart(u8, dv, row, layout.endsOffset, layout.variableCount, number);
  return getValue(storage, type, u8, start, variableEnd(u8, dv, row, layout.endsOffset, number), layout.types);
}

/** All columns by position; dropped ones are NULL. */
export function decodeRow(layout: RowLayout, u8: Uint8Array, dv: DataView, row: number): Datum[] {
  return layout.columns.map((column, i) => (column.isDropped ? null : decodeColumn(layout, i, u8, dv, row)));
}

/** Whether the row was written under an older layout and must pass through `upgradeRow`. */
export function isOldRow(layout: RowLayout, u8: Uint8Array, row: number): boolean {
  return layout.id === 0 ? (u8[row]! & 1) !== 0 : u8[row] !== layout.firstByte;
}

/** Appends the row at `row`, written under an older layout, in the present one: added columns get their missing values. @throws DbError XX001 for an unknown layout id */
export function upgradeRow(layout: RowLayout, u8: Uint8Array, dv: DataView, row: number, out: ByteBuffer): number {
  const first = u8[row]!;
  const old = layout.older.get((first & 1) === 0 ? 0 : first >> 1);
  assert(old !== undefined, 'row of an unknown layout', first);
  const values = layout.columns.map((column, i) => {
    if (column.isDropped) return null;
    return i < old.columns.length ? decodeColumn(old, i, u8, dv, row) : column.missing;
  });
  return encodeRow(layout, values, out);
}

function scaledNumeric(coefficient: number, scale: number): Numeric {
  return Number.isNaN(coefficient) ? Numeric.NaN : Numeric.of(coefficient, scale);
}

// ---------------------------------------------------------------------------------------------------------------- for the generator

/**
 * JavaScript source that reads one column, over the names `u8`, `dv` (the batch's bytes), `R` (the object `rowHelpers`) and whatever expression
 * the caller passes for the row's offset. Only constants of the layout enter the source. This is the seam behind which another page layout
 * would give other expressions.
 */
export interface ColumnSource {
  readonly storage: Storage;
  /** A boolean expression. */
  isNull(row: string): string;
  /** The datum, given that it is not NULL. */
  value(row: string): string;
  /** numeric as scaled double: the coefficient and its scale; NaN possible. Otherwise undefined. */
  readonly scaled: { readonly scale: number; coefficient(row: string): string } | undefined;
  /** Variable columns: absolute start and end of the bytes, for comparing text without decoding. */
  readonly bytes: { start(row: string): string; end(row: string): string } | undefined;
}

/** What generated source reaches as `R`; enum labels and types are passed by the generator as `L` arguments it numbers itself. */
export const rowHelpers = { getInt8, getUtf8, getDate, getTimestamp, getUuid, getNumeric, getValue, getEnum, getFixed, variableStart, variableEnd, scaledNumeric, Interval, TimeTz };

/**
 * `constant(value)` gives the name under which the generated function reaches a JavaScript object (a type, the registry, enum labels).
 */
export function columnSource(layout: RowLayout, column: number, constant: (value: unknown) => string): ColumnSource {
  const storage = layout.storages[column]!;
  const type = baseTypeOf(layout.columns[column]!.type, layout.types);
  const fixed = layout.fixedOffsets[column]!;
  const isNull = (row: string): string => `(u8[${row} + ${layout.nullByteOf(column)}] & ${layout.nullMaskOf(column)}) !== 0`;
  const scale = layout.scales[column]!;
  if (scale >= 0) {
    const coefficient = (row: string): string => `dv.getFloat64(${row} + ${fixed}, true)`;
    return { storage, isNull, scaled: { scale, coefficient }, bytes: undefined, value: (row) => `R.scaledNumeric(${coefficient(row)}, ${scale})` };
  }
  if (fixed >= 0) return { storage, isNull, scaled: undefined, bytes: undefined, value: fixedSource(layout, storage, type, fixed, constant) };
  const number = layout.variableNumbers[column]!;
  const start = (row: string): string => `R.variableStart(u8, dv, ${row}, ${layout.endsOffset}, ${layout.variableCount}, ${number})`;
  const end = (row: string): string => `R.variableEnd(u8, dv, ${row}, ${layout.endsOffset}, ${number})`;
  const bytes = { start, end };
  if (storage === 'text' || storage === 'bpchar' || storage === 'char' || storage === 'json') {
    return { storage, isNull, scaled: undefined, bytes, value: (row) => `R.getUtf8(u8, ${start(row)}, ${end(row)})` };
  }
  if (storage === 'numeric') return { storage, isNull, scaled: undefined, bytes, value: (row) => `R.getNumeric(u8, ${start(row)}, ${end(row)})` };
  const typeName = constant(type);
  const registry = constant(layout.types);
  const storageName = constant(storage);
  return { storage, isNull, scaled: undefined, bytes, value: (row) => `R.getValue(${storageName}, ${typeName}, u8, ${start(row)}, ${end(row)}, ${registry})` };
}

function fixedSource(layout: RowLayout, storage: Storage, type: SqlType, fixed: number, constant: (value: unknown) => string): (row: string) => string {
  switch (storage) {
    case 'bool':
      return (row) => `u8[${row} + ${fixed}] === 1`;
    case 'int2':
      return (row) => `dv.getInt16(${row} + ${fixed}, true)`;
    case 'int4':
      return (row) => `dv.getInt32(${row} + ${fixed}, true)`;
    case 'oid':
      return (row) => `dv.getUint32(${row} + ${fixed}, true)`;
    case 'float4':
      return (row) => `dv.getFloat32(${row} + ${fixed}, true)`;
    case 'float8':
      return (row) => `dv.getFloat64(${row} + ${fixed}, true)`;
    case 'date':
      return (row) => `R.getDate(dv.getInt32(${row} + ${fixed}, true))`;
    case 'int8':
    case 'money':
    case 'time':
      return (row) => `R.getInt8(u8, ${row} + ${fixed})`;
    case 'timestamp':
      return (row) => `R.getTimestamp(u8, ${row} + ${fixed})`;
    case 'uuid':
      return (row) => `R.getUuid(u8, ${row} + ${fixed})`;
    case 'enum': {
      const labels = constant(typeInfo(type.oid, layout.types).labels ?? []);
      return (row) => `R.getEnum(${labels}, dv.getUint32(${row} + ${fixed}, true))`;
    }
    default: {
      const typeName = constant(type);
      const storageName = constant(storage);
      const registry = constant(layout.types);
      return (row) => `R.getFixed(${storageName}, ${typeName}, u8, ${row} + ${fixed}, ${registry})`;
    }
  }
}
