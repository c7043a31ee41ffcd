/**
 * Index conditions as ranges of key bytes. Equality on leading columns is a common prefix P; a range on the next column cuts an interval
 * out of the keys that start with P. Since no key of a column is a prefix of another (keycode's K2), `= v` is "starts with P + enc(v)", and the
 * end of that is `afterPrefix`.
 *
 *   ascending   >= v  from P+enc(v)                > v  from afterPrefix(P+enc(v))
 *               <= v  to afterPrefix(P+enc(v))     < v  to P+enc(v)
 *   descending  low and high change places
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import { compareBytes, copyBytes, keyString } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import type { SqlArray } from '../base/datum.js';
import type { KeyLayout } from '../base/keycode.js';
import { encodeKeyColumn, encodeNullTag } from '../base/keycode.js';
import type { RangeBounds } from '../mvcc/reads/range-run.js';
import type { KeyRange } from '../mvcc/types.js';
import { afterPrefix } from '../mvcc/types.js';
import type { BoundExpression } from '../planner/expression.js';
import type { IndexRange } from '../planner/physical-plan.js';

export type EvaluateBound = (e: BoundExpression) => Datum;

const buffer = new ByteBuffer(256);

/** The ranges of an index scan in index order, empty ones left out. `reverse` turns the order of the ranges around. */
export function keyRangesOf(layout: KeyLayout, ranges: readonly IndexRange[], reverse: boolean, evaluate: EvaluateBound): KeyRange[] {
  const found: KeyRange[] = [];
  for (const range of ranges) addKeyRanges(layout, range, evaluate, found);
  const merged = found.length > 1 ? disjoint(found) : found;
  return reverse ? merged.reverse() : merged;
}

function addKeyRanges(layout: KeyLayout, range: IndexRange, evaluate: EvaluateBound, into: KeyRange[]): void {
  const columnCount = range.equal.length;
  let prefix = '';
  for (let i = 0; i < columnCount; i++) {
    const { value, isNullTest } = range.equal[i]!;
    if (isNullTest) {
      if (!layout.columns[i]!.nullable) return;
      prefix += tagOf(layout, i, true);
      continue;
    }
    const datum = evaluate(value);
    if (datum === null) return;
    prefix += columnKey(layout, i, datum);
  }
  if (range.anyOf === undefined) {
    addColumnRange(layout, columnCount, prefix, range, evaluate, into);
    return;
  }
  const list = evaluate(range.anyOf);
  if (list === null) return;
  for (const element of (list as SqlArray).elements) {
    if (element !== null) addColumnRange(layout, columnCount + 1, prefix + columnKey(layout, columnCount, element), range, evaluate, into);
  }
}

function addColumnRange(layout: KeyLayout, i: number, prefix: string, range: IndexRange, evaluate: EvaluateBound, into: KeyRange[]): void {
  const { low, high } = range;
  if (low === undefined && high === undefined) {
    const demandsValue = range.nulls === 'not null' && i < layout.columns.length && layout.columns[i]!.nullable;
    const all = demandsValue ? prefix + tagOf(layout, i, false) : prefix;
    into.push({ low: all, high: afterPrefix(all) });
    return;
  }
  // Bounds are comparisons, so they leave NULLs out; those lie before or after all values, apart by their tag.
  const values = prefix + tagOf(layout, i, false);
  let start: string | undefined = values;
  let end = afterPrefix(values);
  const { descending } = layout.columns[i]!;
  for (const [bound, isLow] of [[low, true], [high, false]] as const) {
    if (bound === undefined) continue;
    const datum = evaluate(bound.value);
    if (datum === null) return;
    const at = prefix + columnKey(layout, i, datum);
    if (isLow !== descending) start = bound.inclusive ? at : afterPrefix(at);
    else end = bound.inclusive ? afterPrefix(at) : at;
  }
  if (start !== undefined && (end === undefined || start < end)) into.push({ low: start, high: end });
}

/**
 * The same as bytes for one range without `anyOf`, of which `values` are what is compared with: of `equal` but the tests for NULL, then `low` and `high`. @returns false where it is empty
 */
export function putBounds(layout: KeyLayout, { equal, low, high, nulls }: IndexRange, values: readonly Datum[], bounds: RangeBounds): boolean {
  const { low: start, high: end } = bounds;
  let given = 0;
  start.length = 0;
  for (let i = 0; i < equal.length; i++) {
    if (equal[i]!.isNullTest) {
      if (!layout.columns[i]!.nullable) return false;
      encodeNullTag(layout, i, true, start);
      continue;
    }
    const value = values[given++]!;
    if (value === null) return false;
    encodeKeyColumn(layout, i, value, start);
  }
  const i = equal.length;
  const lowValue = low === undefined ? undefined : values[given++]!;
  const highValue = high === undefined ? undefined : values[given]!;
  if (lowValue === null || highValue === null) return false;
  const hasBounds = lowValue !== undefined || highValue !== undefined;
  const prefixLength = start.length;
  if ((hasBounds || nulls === 'not null') && i < layout.columns.length) encodeNullTag(layout, i, false, start);
  const { descending } = hasBounds ? layout.columns[i]! : ascending;
  const [from, fromBound, to, toBound] = descending ? [highValue, high, lowValue, low] : [lowValue, low, highValue, high];
  // The end first: the start may come to be changed within the prefix that both have.
  if (to === undefined) bounds.isEndless = !putAfterPrefix(start, start.length, end);
  else {
    end.length = 0;
    end.reserve(prefixLength);
    end.length = copyBytes(end.bytes, 0, start.bytes, 0, prefixLength);
    encodeKeyColumn(layout, i, to, end);
    bounds.isEndless = toBound!.inclusive && !putAfterPrefix(end, end.length, end);
  }
  if (from !== undefined) {
    start.length = prefixLength;
    encodeKeyColumn(layout, i, from, start);
    if (!fromBound!.inclusive && !putAfterPrefix(start, start.length, start)) return false;
  }
  return bounds.isEndless || compareBytes(start.bytes, 0, start.length, end.bytes, 0, end.length) < 0;
}
const ascending = { descending: false };

/** `afterPrefix` of the first bytes of `from`, into `to`; false where there is none. */
function putAfterPrefix(from: ByteBuffer, length: number, to: ByteBuffer): boolean {
  let end = length;
  while (end > 0 && from.bytes[end - 1] === 255) end--;
  if (end === 0) return false;
  if (to !== from) {
    to.length = 0;
    to.reserve(end);
    copyBytes(to.bytes, 0, from.bytes, 0, end);
  }
  to.bytes[end - 1]!++;
  to.length = end;
  return true;
}

function columnKey(layout: KeyLayout, i: number, value: Datum): string {
  buffer.length = 0;
  encodeKeyColumn(layout, i, value, buffer);
  return keyString(buffer.bytes, 0, buffer.length);
}
function tagOf(layout: KeyLayout, i: number, isNull: boolean): string {
  buffer.length = 0;
  encodeNullTag(layout, i, isNull, buffer);
  return keyString(buffer.bytes, 0, buffer.length);
}

/** Sorts ranges and joins those that overlap, so that no row is met twice. */
function disjoint(ranges: KeyRange[]): KeyRange[] {
  ranges.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const merged: KeyRange[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last === undefined || (last.high !== undefined && range.low >= last.high)) merged.push(range);
    else if (last.high !== undefined && (range.high === undefined || range.high > last.high)) merged[merged.length - 1] = { low: last.low, high: range.high };
  }
  return merged;
}
