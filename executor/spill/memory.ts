/** Rough sizes of values on the heap, for deciding when to spill. What matters is that they grow with the data. */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
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

/** How much more than `workMemBytes` may be kept of rows that have no file to go to: the inner side of a nested loop, a CTE. */
const KeptFactor = 64;
/** How many rows are added between two looks at what they take. */
export const KeptRowsBetweenChecks = 16384;

/** Refuses to keep more rows than memory should hold, before the process has none left. @throws DbError 53200 */
export function checkKept(rowCount: number, columnCount: number, workMemBytes: number): void {
  const bytes = rowCount * (TupleOverheadBytes + 16 * columnCount);
  if (bytes <= KeptFactor * workMemBytes) return;
  throw new DbError('53200', 'out of memory', { detail: `Failed to keep ${rowCount} rows that are read again and again.`, hint: 'A condition between the tables that an equality can answer would need no such rows.' });
}
