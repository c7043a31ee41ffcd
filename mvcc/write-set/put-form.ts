/**
 * Short keys and values as the log has a put of them (storage/log/commit-writer.ts): a tag, the key's length, the key, the value's length, the value. In a write set they stand like
 * that from the start, so that what was written one after the other is logged as one copy. Short are those whose lengths take a byte each.
 */
import { copyBytes } from '../../base/bytes.js';
import { ChangeTag, ShortPut } from '../../storage/log/wal-record.js';

const ShortMax = 127;
/** What a put begins with. */
export const PutTag = ChangeTag.Put;
/** What stands before the key, and before the value. */
export const KeyFormBytes = ShortPut.beforeKey;
export const ValueFormBytes = ShortPut.beforeValue;
export const shortPutLengthMax = KeyFormBytes + ShortMax + ValueFormBytes + ShortMax;

export function isShortKey(length: number): boolean {
  return length > 0 && length <= ShortMax;
}
export function isShortPut(keyLength: number, valueLength: number): boolean {
  return isShortKey(keyLength) && valueLength <= ShortMax;
}

/** Writes what stands before a key that begins at `at`. Of one that is not short it means nothing. */
export function putKeyForm(bytes: Uint8Array, at: number, length: number): void {
  bytes[at - 2] = PutTag;
  bytes[at - 1] = length;
}
export function putValueForm(bytes: Uint8Array, at: number, length: number): void {
  bytes[at - 1] = length;
}
/** Writes all of a short put at `at` that stands before its value. @returns where the value begins */
export function putForm(to: Uint8Array, at: number, key: Uint8Array, keyOffset: number, keyLength: number, valueLength: number): number {
  putKeyForm(to, at + KeyFormBytes, keyLength);
  const valueAt = copyBytes(to, at + KeyFormBytes, key, keyOffset, keyOffset + keyLength) + ValueFormBytes;
  putValueForm(to, valueAt, valueLength);
  return valueAt;
}
/** Makes a short put at `at`, as the log has it. @returns its end */
export function copyShortPut(to: Uint8Array, at: number, key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number): number {
  const valueAt = putForm(to, at, key, keyOffset, keyLength, valueLength);
  return copyBytes(to, valueAt, value, valueOffset, valueOffset + valueLength);
}
/** Length of the short key at `at`. */
export function shortKeyLength(bytes: Uint8Array, at: number): number {
  return bytes[at - 1]!;
}
/** Bytes of the short put whose key, of `keyLength`, begins at `at`, from there on. */
export function shortPutLength(bytes: Uint8Array, at: number, keyLength: number): number {
  return keyLength + ValueFormBytes + bytes[at + keyLength]!;
}
