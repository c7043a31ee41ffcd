/** Rows by key and value, in the forms in which they are inserted many at a time and changed by a patch. */
import { keyBytes } from '../../base/bytes.js';
import { KeyFormBytes, ValueFormBytes, isShortPut, putKeyForm, putValueForm } from '../../mvcc/write-set/put-form.js';
import type { EntriesSource, PutSource, RowBlock, RowPatch } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';

export function rowBlock(rows: readonly (readonly [key: string, value: string])[]): RowBlock {
  const bytes = new Uint8Array(rows.reduce((sum, [key, value]) => sum + KeyFormBytes + key.length + ValueFormBytes + value.length, 0));
  const ends = new Int32Array(rows.length * 2);
  let end = 0;
  rows.forEach(([key, value], i) => {
    putKeyForm(bytes, (end += KeyFormBytes), key.length);
    bytes.set(keyBytes(key), end);
    ends[i * 2] = end += key.length;
    putValueForm(bytes, (end += ValueFormBytes), value.length);
    bytes.set(keyBytes(value), end);
    ends[i * 2 + 1] = end += value.length;
  });
  return { bytes, ends, count: rows.length, keyLengthMax: Math.max(0, ...rows.map(([key]) => key.length)) };
}

/** Puts of rows, each a key of four bytes and a value. */
export const putSource: PutSource = {
  keyLength: 4,
  lengthMax: 300,
  put: ([key, value], bytes, _view, at) => {
    const row = rowBlock([[key as string, value as string]]);
    const length = row.ends[1]!;
    bytes.set(row.bytes.subarray(0, length), at);
    return isShortPut(4, (value as string).length) ? at + length : -1;
  },
};

/** The same put once for each tree. */
export function entriesSource(trees: readonly VersionedTree[]): EntriesSource {
  return {
    trees,
    writes: [],
    lengthMax: putSource.lengthMax * trees.length,
    put: (values, bytes, view, at) => trees.reduce((end) => (end < 0 ? end : putSource.put(values, bytes, view, end)), at),
  };
}

/** Makes the row `value`, which is as long; `refuses`: but says that it has not. */
export function patchTo(value: Uint8Array, refuses = false): RowPatch {
  return {
    patch({ length }, to, _toView, at) {
      if (length !== value.length) throw new Error(`a row of ${length} bytes is patched to one of ${value.length}`);
      to.set(value, at);
      return !refuses;
    },
  };
}
