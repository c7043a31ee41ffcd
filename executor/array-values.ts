/** ARRAY[...] and subscripts. */
import type { Datum } from '../base/datum.js';
import { SqlArray } from '../base/datum.js';
import { DbError, notSupported } from '../base/errors.js';
import type { SqlType } from '../base/types.js';
import { typeInfo } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';

/** ARRAY[e1, ...]; `isNested`: the elements are arrays of equal dimensions, which become one array with one dimension more. */
export function makeArray(type: SqlType, values: readonly Datum[], isNested: boolean, ctx: EvalContext): Datum {
  const elementType = typeInfo(type.oid, ctx.types).elementOid;
  if (!isNested) return SqlArray.of(elementType, values);
  const parts = values as readonly (SqlArray | null)[];
  const first = parts.find((part) => part !== null);
  if (first === undefined || first === null) return SqlArray.of(elementType, []);
  const elements: Datum[] = [];
  for (const part of parts) {
    if (part === null || part.dims.length !== first.dims.length || part.dims.some((dim, i) => dim !== first.dims[i])) {
      throw new DbError('2202E', 'multidimensional arrays must have array expressions with matching dimensions');
    }
    elements.push(...part.elements);
  }
  if (elements.length === 0) return SqlArray.of(elementType, []);
  return new SqlArray(elementType, [parts.length, ...first.dims], [1, ...first.dims.map(() => 1)], elements);
}

export interface Subscript {
  readonly lower: Datum | undefined;
  readonly upper: Datum | undefined;
  readonly isSlice: boolean;
}

/**
 * `a[i]`, `a[i][j]`, `a[l:u]`. Outside the bounds, or with a NULL subscript, an element is NULL; a slice is cut to the bounds. One slice makes
 * plain subscripts `[n]` mean `[1:n]`, as in PostgreSQL.
 */
export function subscriptArray(value: Datum, subscripts: readonly Subscript[], _ctx: EvalContext): Datum {
  if (value === null) return null;
  if (!(value instanceof SqlArray)) throw notSupported('subscripting a value of this type');
  return subscripts.some((subscript) => subscript.isSlice) ? sliceOf(value, subscripts) : value.element(subscripts.map(plainSubscript));
}

/** A plain subscript is kept as `upper`, or as `lower` where that is where the binder put it. */
const plainSubscript = (subscript: Subscript): Datum => subscript.upper ?? subscript.lower ?? null;

function sliceOf(array: SqlArray, subscripts: readonly Subscript[]): Datum {
  const empty = SqlArray.of(array.elementType, []);
  if (subscripts.length > array.dims.length) return empty;
  const starts: number[] = [];
  const counts: number[] = [];
  for (let d = 0; d < array.dims.length; d++) {
    const subscript = subscripts[d];
    const low = array.lowerBounds[d]!;
    const high = low + array.dims[d]! - 1;
    let from = low;
    let to = high;
    if (subscript !== undefined) {
      const plain = subscript.isSlice ? undefined : plainSubscript(subscript);
      const lower = subscript.isSlice ? subscript.lower : 1;
      const upper = subscript.isSlice ? subscript.upper : plain;
      if (lower === null || upper === null) return null;
      if (lower !== undefined) from = Math.max(low, Number(lower));
      if (upper !== undefined) to = Math.min(high, Number(upper));
    }
    if (from > to) return empty;
    starts.push(from - low);
    counts.push(to - from + 1);
  }
  const elements: Datum[] = [];
  const walk = (d: number, at: number): void => {
    if (d === counts.length) {
      elements.push(array.elements[at]!);
      return;
    }
    for (let i = 0; i < counts[d]!; i++) walk(d + 1, at * array.dims[d]! + starts[d]! + i);
  };
  walk(0, 0);
  return new SqlArray(array.elementType, counts, counts.map(() => 1), elements);
}
