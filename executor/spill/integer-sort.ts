/**
 * Sorting tuples by keys that are 32-bit integers: least significant digit first, so stable, and linear. A key whose values are in order already, or all one, costs
 * a look at them; the others one pass per `DigitBits` of their spread.
 */
import type { Datum } from '../../base/datum.js';

export interface IntegerKey {
  /** Where the key stands in a tuple. */
  readonly place: number;
  readonly descending: boolean;
}

const DigitBits = 11;
const Buckets = 1 << DigitBits;

/** The rows in order. Every key of every row is a 32-bit integer. */
export function sortByIntegers(rows: readonly Datum[][], keys: readonly IntegerKey[]): Datum[][] {
  const count = rows.length;
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let next = new Uint32Array(count);
  const values = new Uint32Array(count);
  const ends = new Uint32Array(Buckets);
  for (let k = keys.length - 1; k >= 0; k--) {
    const spread = readKey(rows, keys[k]!, values);
    if (isOrdered(values, order)) continue;
    for (let shift = 0; shift < 32 && spread >>> shift !== 0; shift += DigitBits) {
      ends.fill(0);
      for (let i = 0; i < count; i++) ends[(values[i]! >>> shift) & (Buckets - 1)]!++;
      let begin = 0;
      for (let digit = 0; digit < Buckets; digit++) {
        const size = ends[digit]!;
        ends[digit] = begin;
        begin += size;
      }
      for (let i = 0; i < count; i++) {
        const row = order[i]!;
        next[ends[(values[row]! >>> shift) & (Buckets - 1)]!++] = row;
      }
      [order, next] = [next, order];
    }
  }
  const sorted = new Array<Datum[]>(count);
  for (let i = 0; i < count; i++) sorted[i] = rows[order[i]!]!;
  return sorted;
}

/** Fills `values`, by row, with distances from the value that comes first. @returns the greatest distance */
function readKey(rows: readonly Datum[][], { place, descending }: IntegerKey, values: Uint32Array): number {
  let min = Infinity;
  let max = -Infinity;
  for (const row of rows) {
    const value = row[place] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  for (let i = 0; i < values.length; i++) {
    const value = rows[i]![place] as number;
    values[i] = descending ? max - value : value - min;
  }
  return rows.length === 0 ? 0 : max - min;
}

function isOrdered(values: Uint32Array, order: Uint32Array): boolean {
  for (let i = 1; i < order.length; i++) if (values[order[i - 1]!]! > values[order[i]!]!) return false;
  return true;
}
