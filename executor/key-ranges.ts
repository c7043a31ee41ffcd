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
import { keyString } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import type { SqlArray } from '../base/datum.js';
import type { KeyLayout } from '../base/keycode.js';
import { encodeKeyColumn, encodeNullTag } from '../base/keycode.js';
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
