/**
 * Short keys and values as the log has a put of them (storage/commit-writer.ts): a tag, the key's length, the key, the value's length, the value. In a write set they stand like
 * that from the start, so that what was written one after the other is logged as one copy. Short are those whose lengths take a byte each.
 */
import { ChangeTag } from '../storage/wal-record.js';

const ShortMax = 127;
/** What stands before the key, and before the value. */
export const KeyFormBytes = 2;
export const ValueFormBytes = 1;

export function isShortKey(length: number): boolean {
  return length > 0 && length <= ShortMax;
}
export function isShortPut(keyLength: number, valueLength: number): boolean {
  return isShortKey(keyLength) && valueLength <= ShortMax;
}

/** Writes what stands before a key that begins at `at`. Of one that is not short it means nothing. */
export function putKeyForm(bytes: Uint8Array, at: number, length: number): void {
  bytes[at - 2] = ChangeTag.Put;
  bytes[at - 1] = length;
}
export function putValueForm(bytes: Uint8Array, at: number, length: number): void {
  bytes[at - 1] = length;
}
