/** Rows by key and value, in the form in which many are inserted at a time. */
import { keyBytes } from '../../base/bytes.js';
import type { RowBlock } from '../../mvcc/types.js';

export function rowBlock(rows: readonly (readonly [key: string, value: string])[]): RowBlock {
  const ends = new Int32Array(rows.length * 2);
  let keys = '';
  let values = '';
  rows.forEach(([key, value], i) => {
    ends[i * 2] = (keys += key).length;
    ends[i * 2 + 1] = (values += value).length;
  });
  return { keys: keyBytes(keys), rows: keyBytes(values), ends, count: rows.length, keyLengthMax: Math.max(0, ...rows.map(([key]) => key.length)) };
}
