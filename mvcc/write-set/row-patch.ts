/** A patched row by itself, where it is not written to where it stays (`patchFound`). */
import { ByteBuffer } from '../../base/byte-buffer.js';
import type { RowPatch, RowRef } from '../types.js';

const patched = new ByteBuffer(256);

/** What `patch` makes of the row, in a buffer that the next call uses again; undefined: it has refused. */
export function patchApart(row: RowRef, patch: RowPatch): ByteBuffer | undefined {
  patched.length = 0;
  patched.reserve(row.length);
  patched.length = row.length;
  return patch.patch(row, patched.bytes, patched.dv, 0) ? patched : undefined;
}
