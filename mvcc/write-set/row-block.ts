/** What a write set asks of a block of rows. */
import { assert } from '../../base/assert.js';
import { compareBytes } from '../../base/bytes.js';
import type { RowBlock } from '../types.js';
import { KeyFormBytes, ValueFormBytes, isShortPut } from './put-form.js';

/** Where the key of a row begins. */
export function keyStartOf(ends: Int32Array, row: number): number {
  return (row === 0 ? 0 : ends[row * 2 - 1]!) + KeyFormBytes;
}

/** How many of its puts are not short. */
export function countLong({ ends, count }: RowBlock): number {
  let longCount = 0;
  for (let row = 0; row < count; row++) {
    const keyEnd = ends[row * 2]!;
    if (!isShortPut(keyEnd - keyStartOf(ends, row), ends[row * 2 + 1]! - keyEnd - ValueFormBytes)) longCount++;
  }
  return longCount;
}

/** Tells keys that do not ascend. */
export function checkAscent({ bytes, ends, count }: RowBlock): void {
  for (let row = 1; row < count; row++) {
    assert(compareBytes(bytes, keyStartOf(ends, row - 1), ends[row * 2 - 2]!, bytes, keyStartOf(ends, row), ends[row * 2]!) < 0, 'keys of a block do not ascend', row);
  }
}
