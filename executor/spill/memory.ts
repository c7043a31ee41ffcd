/** Rough sizes of values on the heap, for deciding when to spill. What matters is that they grow with the data. */
import type { Datum, GroupKey } from '../../base/datum.js';
import { SqlArray, SqlMultirange, SqlRange, SqlRecord } from '../../base/datum.js';
import { Jsonb, JsonbObject, type JsonbValue } from '../../base/jsonb.js';
import { Numeric } from '../../base/numeric.js';

/** An array with its header. */
const TupleOverheadBytes = 48;
/** An entry of a Map or a Set with its key. */
const KeyOverheadBytes = 48;

export function datumBytes(value: Datum): number {
  switch (typeof value) {
    case 'string':
      return 32 + value.length;
    case 'object':
      if (value === null) return 8;
      if (value instanceof Numeric) return 64;
      if (value instanceof Uint8Array) return 96 + value.length;
      if (value instanceof SqlArray) return 96 + valuesBytes(value.elements);
      if (value instanceof SqlRecord) return 64 + valuesBytes(value.values);
      if (value instanceof Jsonb) return 32 + jsonbBytes(value.value);
      if (value instanceof SqlRange) return 64 + datumBytes(value.lower) + datumBytes(value.upper);
      if (value instanceof SqlMultirange) return 64 + valuesBytes(value.ranges);
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

/** A key in a Map or a Set. */
export function keyBytes(key: GroupKey): number {
  return KeyOverheadBytes + (typeof key === 'string' ? key.length : 0);
}

function jsonbBytes(value: JsonbValue): number {
  if (typeof value === 'string') return 32 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Numeric) return 64;
  let bytes = 64;
  if (value instanceof JsonbObject) {
    for (const key of value.keys) bytes += 32 + key.length;
    for (const member of value.values) bytes += jsonbBytes(member);
  } else for (const element of value as readonly JsonbValue[]) bytes += jsonbBytes(element);
  return bytes;
}
