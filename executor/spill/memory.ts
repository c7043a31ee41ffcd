/** Rough sizes of values on the heap, for deciding when to spill. What matters is that they grow with the data. */
import type { Datum } from '../../base/datum.js';
import { SqlArray, SqlRecord } from '../../base/datum.js';

/** An array with its header. */
const TupleOverheadBytes = 48;

export function datumBytes(value: Datum): number {
  switch (typeof value) {
    case 'string':
      return 32 + value.length;
    case 'object':
      if (value === null) return 8;
      if (value instanceof Uint8Array) return 96 + value.length;
      if (value instanceof SqlArray) return 96 + valuesBytes(value.elements);
      if (value instanceof SqlRecord) return 64 + valuesBytes(value.values);
      return 64;
    case 'bigint':
      return 32;
    default:
      return 16;
  }
}

function valuesBytes(values: readonly Datum[]): number {
  let bytes = 0;
  for (const value of values) bytes += datumBytes(value);
  return bytes;
}

export function tupleBytes(tuple: readonly Datum[]): number {
  return TupleOverheadBytes + valuesBytes(tuple);
}
