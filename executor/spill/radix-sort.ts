/**
 * Sorting row numbers by columns of numbers: least significant digit first, so stable, and linear. A key of integers takes its distance from the least one, any
 * other number its bits, turned so that they sort as the numbers do; a key whose values are in order already, or all one, costs a look at them.
 */
import { RadixSort } from '../../base/radix-sort.js';

/** A key as a column. `nulls`: a byte per row, 1 where it is NULL; undefined when none is. */
export interface NumberKey {
  readonly values: Int32Array | Float64Array;
  readonly nulls: Uint8Array | undefined;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Row numbers 0 to count - 1 in order; pauses between keys, for they may be many rows. */
export function* sortedRows(count: number, keys: readonly NumberKey[]): Generator<void, Uint32Array> {
  const sort = new RadixSort(count);
  if (count < 2) return sort.order;
  const words = new Uint32Array(count);
  for (let k = keys.length - 1; k >= 0; k--) {
    const key = keys[k]!;
    const isInteger = key.values instanceof Int32Array || areSmallIntegers(key.values, count);
    const max = isInteger ? integerWords(key, count, words) : Infinity;
    if (max <= 0xffffffff) sort.byWords(words, max);
    else {
      const low = new Uint32Array(count);
      doubleWords(key, count, words, low);
      sort.byWords(low, 0xffffffff);
      yield;
      sort.byWords(words, 0xffffffff);
    }
    yield;
  }
  return sort.order;
}

/** Whether all are integers of 31 bits and a sign. */
function areSmallIntegers(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if ((values[i]! | 0) !== values[i]!) return false;
  return true;
}

/** Fills `words` with distances from the value that comes first. @returns the greatest one, which may be too much for a word when NULL takes a place of its own */
function integerWords({ values, nulls, descending, nullsFirst }: NumberKey, count: number, words: Uint32Array): number {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    if (nulls !== undefined && nulls[i] !== 0) continue;
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (nulls === undefined) {
    for (let i = 0; i < count; i++) words[i] = descending ? max - values[i]! : values[i]! - min;
    return max - min;
  }
  const spread = max < min ? 0 : max - min;
  const shift = nullsFirst ? 1 : 0;
  for (let i = 0; i < count; i++) words[i] = nulls[i] !== 0 ? (nullsFirst ? 0 : spread + 1) : (descending ? max - values[i]! : values[i]! - min) + shift;
  return spread + 1;
}

const bits = new DataView(new ArrayBuffer(8));

/** Words that sort as the numbers do: NaN behind all, -0 and 0 alike. */
function doubleWords({ values, nulls, descending, nullsFirst }: NumberKey, count: number, high: Uint32Array, low: Uint32Array): void {
  for (let i = 0; i < count; i++) {
    if (nulls !== undefined && nulls[i] !== 0) {
      high[i] = low[i] = nullsFirst ? 0 : 0xffffffff;
      continue;
    }
    const value = values[i]!;
    let h: number;
    let l = 0;
    if (value !== value) h = 0xfff80000;
    else {
      bits.setFloat64(0, value + 0);
      h = bits.getUint32(0);
      l = bits.getUint32(4);
      if (h >>> 31 === 0) h |= 0x80000000;
      else {
        h = ~h;
        l = ~l;
      }
    }
    high[i] = descending ? ~h : h;
    low[i] = descending ? ~l : l;
  }
}
