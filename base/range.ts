/**
 * Making ranges and multiranges. Ranges over integers and dates have one form for each set of values, `[lower, upper)`; those over
 * numerics and timestamps keep the bounds they were given. A range that holds nothing is the one empty range.
 *
 * Source: PostgreSQL's rangetypes.c (make_range, *_canonical) and multirangetypes.c.
 */
import { DateMax, DateMin } from './calendar.js';
import type { Datum } from './datum.js';
import { SqlMultirange, SqlRange, compareBounds, comparatorOf } from './datum.js';
import { DbError } from './errors.js';
import { addInt8 } from './interval.js';
import type { TypeRegistry } from './types.js';
import { TypeOid, builtinTypes, sqlType, typeInfo } from './types.js';

export function emptyRange(type: number): SqlRange {
  return new SqlRange(type, true, null, null, false, false);
}

/** The value after `value` in a type with a smallest step, undefined for other types. @throws DbError 22003, 22008 past the last one */
function successor(subtypeOid: number, value: Datum): Datum | undefined {
  switch (subtypeOid) {
    case TypeOid.int4:
      if (value === 2147483647) throw new DbError('22003', 'integer out of range');
      return (value as number) + 1;
    case TypeOid.int8: {
      const next = addInt8(value as number | bigint, 1);
      if (next === undefined) throw new DbError('22003', 'bigint out of range');
      return next;
    }
    case TypeOid.date:
      if (value === Infinity || value === -Infinity) return value;
      if ((value as number) >= DateMax || (value as number) < DateMin) throw new DbError('22008', 'date out of range');
      return (value as number) + 1;
    default:
      return undefined;
  }
}

/** A range in canonical form. @throws DbError 22000 when the bounds are the wrong way round */
export function makeRange(
  type: number, lower: Datum, upper: Datum, hasLower: boolean, hasUpper: boolean, registry: TypeRegistry = builtinTypes,
): SqlRange {
  const { subtypeOid } = typeInfo(type, registry);
  if (lower !== null && upper !== null) {
    const order = comparatorOf(sqlType(subtypeOid), registry)(lower, upper);
    if (order > 0) throw new DbError('22000', 'range lower bound must be less than or equal to range upper bound');
    if (order === 0 && !(hasLower && hasUpper)) return emptyRange(type);
  }
  let from = lower;
  let to = upper;
  let includesLower = lower !== null && hasLower;
  let includesUpper = upper !== null && hasUpper;
  const isInfiniteDate = (value: Datum): boolean => subtypeOid === TypeOid.date && (value === Infinity || value === -Infinity);
  if (from !== null && !includesLower && !isInfiniteDate(from)) {
    const next = successor(subtypeOid, from);
    if (next !== undefined) {
      from = next;
      includesLower = true;
    }
  }
  if (to !== null && includesUpper && !isInfiniteDate(to)) {
    const next = successor(subtypeOid, to);
    if (next !== undefined) {
      to = next;
      includesUpper = false;
    }
  }
  if (from !== null && to !== null && !(includesLower && includesUpper)) {
    const order = comparatorOf(sqlType(subtypeOid), registry)(from, to);
    if (order >= 0 && !(order === 0 && includesLower && includesUpper)) return emptyRange(type);
  }
  return new SqlRange(type, false, from, to, includesLower, includesUpper);
}

/** Whether `a` ends exactly where `b` begins, without a value in between or in both. Canonical form makes this a look at the bounds. */
export function isAdjacentBefore(a: SqlRange, b: SqlRange, registry: TypeRegistry = builtinTypes): boolean {
  if (a.isEmpty || b.isEmpty || a.upper === null || b.lower === null) return false;
  const compare = comparatorOf(sqlType(typeInfo(a.type, registry).subtypeOid), registry);
  return a.hasUpper !== b.hasLower && compare(a.upper, b.lower) === 0;
}

/** Sorts, merges what overlaps or touches, and drops empty ranges. `type` is the multirange's. */
export function makeMultirange(type: number, ranges: readonly SqlRange[], registry: TypeRegistry = builtinTypes): SqlMultirange {
  const rangeType = typeInfo(type, registry).subtypeOid;
  const compareRanges = comparatorOf(sqlType(rangeType), registry);
  const compare = comparatorOf(sqlType(typeInfo(rangeType, registry).subtypeOid), registry);
  const sorted = ranges.filter((range) => !range.isEmpty).sort(compareRanges);
  const merged: SqlRange[] = [];
  for (const range of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && (compareBounds(compare, range, 'lower', last, 'upper') <= 0 || isAdjacentBefore(last, range, registry))) {
      // Of ends that are equal and print differently (1.5, 1.50) the later one's stands.
      const start = compareBounds(compare, last, 'lower', range, 'lower') < 0 ? last : range;
      const end = compareBounds(compare, last, 'upper', range, 'upper') > 0 ? last : range;
      merged[merged.length - 1] = new SqlRange(rangeType, false, start.lower, end.upper, start.hasLower, end.hasUpper);
    } else merged.push(range);
  }
  return new SqlMultirange(type, merged);
}
