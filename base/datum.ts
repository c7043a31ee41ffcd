/**
 * Values at run time. A datum is a plain JavaScript value whose shape its type's `storage` decides:
 *
 *   NULL null                                   bool boolean                        int2 int4 oid number
 *   int8 money number when safe, else bigint    float4 float8 number                numeric Numeric
 *   text name char bit uuid json jsonpath string  bpchar string, blank-padded       bytea Uint8Array
 *   date number, days since 2000-01-01          time number, microseconds           timestamp(tz) microseconds since 2000-01-01 UTC, as int8
 *   timetz TimeTz   interval Interval           jsonb Jsonb                         enum string, the label
 *   arrays SqlArray   composites SqlRecord      ranges SqlRange                     multiranges SqlMultirange
 *
 * Dates and timestamps may be -Infinity and Infinity. A float4 has passed `Math.fround`.
 *
 * D1  Equal values of number-like types are `===` (or both NaN): int8 is canonical, integers are never -0.
 * D2  A comparator is a total order over non-NULL values and the order of PostgreSQL's btree operator class: NaN is largest and
 *     equal to itself, -0 equals 0, trailing blanks of bpchar do not count, text is in code point order (the C collation).
 * D3  Two values have the same group key exactly when the comparator says 0. Keys work in a Map.
 * D4  keycode.ts encodes in the same order.           Checked by test/base/codes.prop.test.ts, the others by test/base/datum.prop.test.ts.
 */
import { unreachable } from './assert.js';
import { compareBytes, keyString } from './bytes.js';
import { DbError, notSupported } from './errors.js';
import type { Interval, TimeTz } from './interval.js';
import type { Jsonb } from './jsonb.js';
import { compareJsonb, jsonbGroupKey } from './jsonb.js';
import type { Numeric } from './numeric.js';
import { compareText } from './text-order.js';
import type { SqlType, TypeInfo, TypeRegistry } from './types.js';
import { builtinTypes, formatType, sqlType, typeInfo, typeName } from './types.js';

export type Datum =
  | null | boolean | number | bigint | string | Uint8Array
  | Numeric | Interval | TimeTz | Jsonb | SqlArray | SqlRecord | SqlRange | SqlMultirange;

/** An array of any number of dimensions, row-major. No dimensions means the empty array. */
export class SqlArray {
  /** The oid of the element type. */
  readonly elementType: number;
  readonly dims: readonly number[];
  readonly lowerBounds: readonly number[];
  readonly elements: readonly Datum[];

  constructor(elementType: number, dims: readonly number[], lowerBounds: readonly number[], elements: readonly Datum[]) {
    this.elementType = elementType;
    this.dims = dims;
    this.lowerBounds = lowerBounds;
    this.elements = elements;
  }

  /** One dimension from subscript 1; the empty array for no elements. */
  static of(elementType: number, elements: readonly Datum[]): SqlArray {
    return elements.length === 0 ? new SqlArray(elementType, [], [], []) : new SqlArray(elementType, [elements.length], [1], elements);
  }

  /** `a[i][j]`: NULL outside the bounds, for a NULL subscript, and for another count of subscripts than of dimensions. */
  element(subscripts: readonly Datum[]): Datum {
    if (subscripts.length !== this.dims.length) return null;
    let at = 0;
    for (let d = 0; d < subscripts.length; d++) {
      const index = subscripts[d]!;
      if (index === null) return null;
      const offset = Number(index) - this.lowerBounds[d]!;
      if (offset < 0 || offset >= this.dims[d]!) return null;
      at = at * this.dims[d]! + offset;
    }
    return this.elements[at]!;
  }
}

/** Names and types of a record's fields; one object per composite type or ROW expression. */
export interface RecordShape {
  /** The composite type, or that of `record` for an anonymous row. */
  readonly oid: number;
  readonly names: readonly string[];
  readonly types: readonly SqlType[];
}

export class SqlRecord {
  readonly shape: RecordShape;
  readonly values: readonly Datum[];

  constructor(shape: RecordShape, values: readonly Datum[]) {
    this.shape = shape;
    this.values = values;
  }
}

/** A range in its type's canonical form. A NULL bound is infinite; an empty range has NULL bounds. */
export class SqlRange {
  /** The oid of the range type. */
  readonly type: number;
  readonly isEmpty: boolean;
  readonly lower: Datum;
  readonly upper: Datum;
  readonly hasLower: boolean;
  readonly hasUpper: boolean;

  /** `hasLower` and `hasUpper`: whether the bound itself belongs to the range. */
  constructor(type: number, isEmpty: boolean, lower: Datum, upper: Datum, hasLower: boolean, hasUpper: boolean) {
    this.type = type;
    this.isEmpty = isEmpty;
    this.lower = lower;
    this.upper = upper;
    this.hasLower = hasLower;
    this.hasUpper = hasUpper;
  }
}

/** Non-empty, disjoint, not adjacent ranges in ascending order. */
export class SqlMultirange {
  readonly type: number;
  readonly ranges: readonly SqlRange[];

  constructor(type: number, ranges: readonly SqlRange[]) {
    this.type = type;
    this.ranges = ranges;
  }
}

// ------------------------------------------------------------------------------------------------------------------- comparison

/** Three-way comparison of two non-NULL values of one type. */
export type Comparator = (a: Datum, b: Datum) => number;

/** Order of booleans, integers (also mixed number and bigint) and timestamps: JavaScript's own. */
function compareOrdered(a: Datum, b: Datum): number {
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
function compareFloat(a: Datum, b: Datum): number {
  const x = a as number;
  const y = b as number;
  if (x < y) return -1;
  if (x > y) return 1;
  if (x === y) return 0;
  return x === x ? -1 : y === y ? 1 : 0;
}
/** bpchar without its padding. */
export function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** The comparator of a type. Make it once per plan, not per value. @throws DbError 0A000 for types without support */
export function comparatorOf(type: SqlType, registry: TypeRegistry = builtinTypes): Comparator {
  const info = typeInfo(type.oid, registry);
  switch (info.storage) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'money':
    case 'date':
    case 'time':
    case 'timestamp':
      return compareOrdered;
    case 'float4':
    case 'float8':
      return compareFloat;
    case 'numeric':
      return (a, b) => (a as Numeric).compare(b as Numeric);
    case 'text':
    case 'char':
    case 'json':
    case 'jsonpath':
      return compareText as Comparator;
    case 'bit':
    case 'uuid':
    case 'tid':
      return compareOrdered;
    case 'bpchar':
      return (a, b) => compareText(trimBlanks(a as string), trimBlanks(b as string));
    case 'bytea':
      return (a, b) => {
        const x = a as Uint8Array;
        const y = b as Uint8Array;
        return compareBytes(x, 0, x.length, y, 0, y.length);
      };
    case 'timetz':
      return (a, b) => (a as TimeTz).compare(b as TimeTz);
    case 'interval':
      return (a, b) => (a as Interval).compare(b as Interval);
    case 'jsonb':
      return (a, b) => compareJsonb(a as Jsonb, b as Jsonb);
    case 'enum': {
      const order = enumOrder(info);
      return (a, b) => order(a as string) - order(b as string);
    }
    case 'array':
      return arrayComparator(info, registry);
    case 'record':
      return (a, b) => compareRecords(a as SqlRecord, b as SqlRecord, registry);
    case 'range':
      return rangeComparator(info, registry);
    case 'multirange': {
      const compare = comparatorOf(sqlType(info.subtypeOid), registry);
      return (a, b) => compareLists((a as SqlMultirange).ranges, (b as SqlMultirange).ranges, compare);
    }
    case 'none':
      throw notSupported(`type ${formatType(type, registry)}`);
    default:
      return unreachable(info.storage);
  }
}

/** NULLs equal to each other and after everything else, as in arrays and records. */
export function nullsLast(compare: Comparator): Comparator {
  return (a, b) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : compare(a, b));
}

function compareLists(a: readonly Datum[], b: readonly Datum[], compare: Comparator): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compare(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Elements first, then their number, then dimensions and bounds, as array_cmp. */
function arrayComparator(info: TypeInfo, registry: TypeRegistry): Comparator {
  const fixed = info.elementOid === 0 ? undefined : nullsLast(comparatorOf(sqlType(info.elementOid), registry));
  return (a, b) => {
    const x = a as SqlArray;
    const y = b as SqlArray;
    const compare = fixed ?? nullsLast(comparatorOf(sqlType(x.elementType), registry));
    const order = compareLists(x.elements, y.elements, compare) || x.dims.length - y.dims.length;
    return order || compareLists(x.dims, y.dims, compareOrdered) || compareLists(x.lowerBounds, y.lowerBounds, compareOrdered);
  };
}

/**
 * Field by field: the order of the first that differ, 0 when all are equal. Records tell the types of their fields only now. `compare` gets fields that are not NULL.
 * @throws DbError 42804 when a pair of fields up to the decisive one has two types, or all are equal and the numbers of fields are not
 */
export function compareFields(a: SqlRecord, b: SqlRecord, registry: TypeRegistry, compare: (x: Datum, y: Datum, type: SqlType) => number): number {
  const shared = Math.min(a.values.length, b.values.length);
  for (let i = 0; i < shared; i++) {
    const type = a.shape.types[i]!;
    const other = b.shape.types[i]!;
    if (type.oid !== other.oid) throw new DbError('42804', `cannot compare dissimilar column types ${typeName(type.oid, registry)} and ${typeName(other.oid, registry)} at record column ${i + 1}`);
    const x = a.values[i]!;
    const y = b.values[i]!;
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
      continue;
    }
    const order = compare(x, y, type);
    if (order !== 0) return order;
  }
  if (a.values.length !== b.values.length) throw new DbError('42804', 'cannot compare record types with different numbers of columns');
  return 0;
}

function compareRecords(a: SqlRecord, b: SqlRecord, registry: TypeRegistry): number {
  return compareFields(a, b, registry, (x, y, type) => {
    const { storage } = typeInfo(type.oid, registry);
    if (storage === 'json' || storage === 'jsonpath') throw new DbError('42883', `could not identify a comparison function for type ${typeName(type.oid, registry)}`);
    return comparatorOf(type, registry)(x, y);
  });
}

/** Which side of a range a bound closes, and whether it belongs to the range. */
export type BoundSide = 'lower' | 'upper';

/** Order of two bounds along the line: an infinite bound is at its end, `(1` is after `[1`, `1)` is before `1]`. */
export function compareBounds(compare: Comparator, a: SqlRange, aSide: BoundSide, b: SqlRange, bSide: BoundSide): number {
  const x = aSide === 'lower' ? a.lower : a.upper;
  const y = bSide === 'lower' ? b.lower : b.upper;
  if (x === null || y === null) {
    const xEnd = x === null ? (aSide === 'lower' ? -1 : 1) : 0;
    const yEnd = y === null ? (bSide === 'lower' ? -1 : 1) : 0;
    return xEnd - yEnd;
  }
  const order = compare(x, y);
  if (order !== 0) return order;
  const xOffset = aSide === 'lower' ? (a.hasLower ? 0 : 1) : a.hasUpper ? 0 : -1;
  const yOffset = bSide === 'lower' ? (b.hasLower ? 0 : 1) : b.hasUpper ? 0 : -1;
  return xOffset - yOffset;
}

/** Empty ranges first, then by lower bound, then by upper. */
function rangeComparator(info: TypeInfo, registry: TypeRegistry): Comparator {
  const compare = comparatorOf(sqlType(info.subtypeOid), registry);
  return (a, b) => {
    const x = a as SqlRange;
    const y = b as SqlRange;
    if (x.isEmpty || y.isEmpty) return (x.isEmpty ? 0 : 1) - (y.isEmpty ? 0 : 1);
    return compareBounds(compare, x, 'lower', y, 'lower') || compareBounds(compare, x, 'upper', y, 'upper');
  };
}

/** The position of an enum's labels in its order; an unknown label (dropped meanwhile) sorts last. */
function enumOrder(info: TypeInfo): (label: string) => number {
  const orders = new Map((info.labels ?? []).map((label) => [label.label, label.order]));
  return (label) => orders.get(label) ?? Infinity;
}

// ------------------------------------------------------------------------------------------------------------------- group keys

export type GroupKey = string | number | boolean | bigint | null;

/** A function that maps equal values to one key and different values to different ones (D3); NULL maps to null. */
export function groupKeyOf(type: SqlType, registry: TypeRegistry = builtinTypes): (value: Datum) => GroupKey {
  const info = typeInfo(type.oid, registry);
  switch (info.storage) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'money':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'float4':
    case 'float8':
    case 'text':
    case 'char':
    case 'json':
    case 'jsonpath':
    case 'bit':
    case 'uuid':
    case 'tid':
    case 'enum':
      return (value) => value as GroupKey;
    case 'numeric':
      return (value) => (value === null ? null : (value as Numeric).groupKey());
    case 'bpchar':
      return (value) => (value === null ? null : trimBlanks(value as string));
    case 'bytea':
      return (value) => (value === null ? null : keyString(value as Uint8Array, 0, (value as Uint8Array).length));
    case 'timetz':
      return (value) => (value === null ? null : (value as TimeTz).groupKey());
    case 'interval':
      return (value) => (value === null ? null : (value as Interval).groupKey());
    case 'jsonb':
      return (value) => (value === null ? null : jsonbGroupKey((value as Jsonb).value));
    case 'array': {
      const fixed = info.elementOid === 0 ? undefined : groupKeyOf(sqlType(info.elementOid), registry);
      return (value) => {
        if (value === null) return null;
        const { elementType, dims, lowerBounds, elements } = value as SqlArray;
        const keyOf = fixed ?? groupKeyOf(sqlType(elementType), registry);
        return `${dims.join()}/${lowerBounds.join()}/${joinGroupKeys(elements.map(keyOf))}`;
      };
    }
    case 'record':
      return (value) => {
        if (value === null) return null;
        const { shape, values } = value as SqlRecord;
        return joinGroupKeys(values.map((field, i) => groupKeyOf(shape.types[i]!, registry)(field)));
      };
    case 'range': {
      const keyOf = groupKeyOf(sqlType(info.subtypeOid), registry);
      return (value) => {
        if (value === null) return null;
        const range = value as SqlRange;
        if (range.isEmpty) return 'empty';
        return `${range.hasLower ? '[' : '('}${range.hasUpper ? ']' : ')'}${joinGroupKeys([keyOf(range.lower), keyOf(range.upper)])}`;
      };
    }
    case 'multirange': {
      const keyOf = groupKeyOf(sqlType(info.subtypeOid), registry);
      return (value) => (value === null ? null : joinGroupKeys((value as SqlMultirange).ranges.map(keyOf)));
    }
    case 'none':
      throw notSupported(`type ${formatType(type, registry)}`);
    default:
      return unreachable(info.storage);
  }
}

/** Several keys as one, injective: each part carries its type and, if a string, its length. */
export function joinGroupKeys(keys: readonly GroupKey[]): string {
  let joined = '';
  for (const key of keys) {
    if (typeof key === 'string') joined += `s${key.length}:${key}`;
    else if (typeof key === 'number') joined += `n${key};`;
    else if (key === null) joined += '-';
    else if (typeof key === 'bigint') joined += `n${key};`;
    else joined += key ? 't' : 'f';
  }
  return joined;
}
