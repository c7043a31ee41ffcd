/** A key as bytes from 0 on, for the moment of one search. */
import { copyBytes, putKeyString } from '../../base/bytes.js';

/** Longest key any page can hold. */
let buffer = new Uint8Array(65536);

/** Writes `key` into a shared buffer (valid until the next call) and returns it; its length is `key.length`. */
export function keyBufferOf(key: string): Uint8Array {
  // Longer than any key of a tree, but it may be asked for.
  if (key.length > buffer.length) buffer = new Uint8Array(key.length * 2);
  putKeyString(buffer, 0, key);
  return buffer;
}

/** The same for a key that lies among other bytes. */
export function keyBufferFrom(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  copyBytes(buffer, 0, bytes, offset, offset + length);
  return buffer;
}
