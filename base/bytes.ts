/**
 * Bytes at an offset: loads and stores, comparison, variable-length integers, keys as strings.
 *
 * Everything takes `(bytes, offset)` instead of a view, because a `subarray` per key costs about 48 ns and an offset 1. All integers
 * are little-endian; key bytes that must sort are the business of keycode.ts. Nothing here allocates unless it says so. Bounds are
 * the caller's: a load past the end of a typed array is `undefined`, which the arithmetic turns into 0.
 *
 * 64-bit integers are two 32-bit halves (1.5 ns against 21 for `getBigUint64`) and must be safe integers, except in the `Int8`
 * pair, which is SQL BIGINT: a number when it is a safe integer, a bigint otherwise.
 *
 * Source. Varint: LEB128.
 */
import { assert } from './assert.js';

const TwoTo32 = 4294967296;

// ---------------------------------------------------------------------------------------------------------------- loads and stores

export function getU16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}
export function setU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}
export function getU32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
}
export function getI32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}
export function setU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/** Loads a 64-bit unsigned integer that is known to be safe (LSNs, CSNs, counts). */
export function getU64(bytes: Uint8Array, offset: number): number {
  return getU32(bytes, offset + 4) * TwoTo32 + getU32(bytes, offset);
}
/** Stores a safe non-negative integer as 64 bits. */
export function setU64(bytes: Uint8Array, offset: number, value: number): void {
  const low = value >>> 0;
  setU32(bytes, offset, low);
  setU32(bytes, offset + 4, (value - low) / TwoTo32);
}

/** The same by a view: two stores instead of eight. */
export function putU64(view: DataView, offset: number, value: number): void {
  const low = value >>> 0;
  view.setUint32(offset, low, true);
  view.setUint32(offset + 4, (value - low) / TwoTo32, true);
}

/** SQL BIGINT at `offset`: a number when it is a safe integer, otherwise a bigint (the canonical form of base/datum.ts). */
export function getInt8(bytes: Uint8Array, offset: number): number | bigint {
  const high = getI32(bytes, offset + 4);
  const low = getU32(bytes, offset);
  if (high >= -0x200000 && high < 0x200000) {
    const value = high * TwoTo32 + low;
    if (value >= -9007199254740991) return value;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
/** Stores a canonical BIGINT, two's complement. */
export function setInt8(bytes: Uint8Array, offset: number, value: number | bigint): void {
  if (typeof value === 'number') {
    const high = Math.floor(value / TwoTo32);
    setU32(bytes, offset, value - high * TwoTo32);
    setU32(bytes, offset + 4, high);
  } else {
    setU32(bytes, offset, Number(value & 0xffffffffn));
    setU32(bytes, offset + 4, Number((value >> 32n) & 0xffffffffn));
  }
}

const scratchF64 = new Float64Array(1);
const scratchBytes = new Uint8Array(scratchF64.buffer);

/** Stores a double without a DataView (all supported machines are little-endian; checked at load). */
export function setF64(bytes: Uint8Array, offset: number, value: number): void {
  scratchF64[0] = value;
  for (let i = 0; i < 8; i++) bytes[offset + i] = scratchBytes[i]!;
}
export function getF64(bytes: Uint8Array, offset: number): number {
  for (let i = 0; i < 8; i++) scratchBytes[i] = bytes[offset + i]!;
  return scratchF64[0]!;
}
scratchF64[0] = 1;
assert(scratchBytes[7] === 0x3f, 'this machine is big-endian, which is not supported');

// ---------------------------------------------------------------------------------------------------------------- comparison, copying

/** Above this length a native call beats a byte loop; below it the call itself costs more. Measured, see design/performance.md. */
const NativeLengthMin = 32;

/** Three-way comparison of `a[aStart, aEnd)` with `b[bStart, bEnd)` as unsigned bytes; a proper prefix sorts first. Negative, 0 or positive. */
export function compareBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shared = aLength < bLength ? aLength : bLength;
  const looped = shared < NativeLengthMin ? shared : NativeLengthMin;
  for (let i = 0; i < looped; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  if (shared > NativeLengthMin) {
    const rest = compareNative(a, aStart + looped, aStart + shared, b, bStart + looped, bStart + shared);
    if (rest !== 0) return rest;
  }
  return aLength - bLength;
}

function compareNative(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  return bufferCompare.call(a as Buffer, b, bStart, bEnd, aStart, aEnd);
}
const bufferCompare = Buffer.prototype.compare;

/** Whether two byte ranges of equal or unequal length are the same. */
export function equalBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  return aEnd - aStart === bEnd - bStart && compareBytes(a, aStart, aEnd, b, bStart, bEnd) === 0;
}

/** Copies `[start, end)` of `from` to `to` at `offset` and returns the end in `to`. The ranges may overlap when the arrays are one. */
export function copyBytes(to: Uint8Array, offset: number, from: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (to === from) to.copyWithin(offset, start, end);
  else if (length <= NativeLengthMin) for (let i = 0; i < length; i++) to[offset + i] = from[start + i]!;
  else to.set(from.subarray(start, end), offset);
  return offset + length;
}

/** Above this length a native call beats copying by words. Measured: 40 bytes take 21 ns by words, 60 one by one, 128 take 63 by words, and a call takes 41 and makes an object. */
const WordsLengthMax = 128;

/** `copyBytes` between two arrays, or one without overlap, whose views (of the same buffers) are at hand: some tens of bytes are copied by words. */
export function copyByWords(to: Uint8Array, toView: DataView, offset: number, from: Uint8Array, fromView: DataView, start: number, length: number): number {
  if (length > WordsLengthMax) {
    to.set(from.subarray(start, start + length), offset);
    return offset + length;
  }
  if (length < 4) for (let i = 0; i < length; i++) to[offset + i] = from[start + i]!;
  else {
    // The last word begins where four bytes are left, over the one before: bytes one by one, of which there are some or none, the processor guesses wrong.
    const last = length - 4;
    for (let i = 0; i < last; i += 4) toView.setInt32(offset + i, fromView.getInt32(start + i, true), true);
    toView.setInt32(offset + last, fromView.getInt32(start + last, true), true);
  }
  return offset + length;
}

/**
 * The same from memory that threads could share, which `set` copies with loads and stores that threads may rely on, and byte by byte unless both places are as far from a multiple of eight. `fill` takes
 * the bytes in one copy of the system: 4,000 take 0.25 us so, and 0.5 to 2.6 by `set`.
 */
export function copyShared(to: Uint8Array, toView: DataView, offset: number, from: Uint8Array, fromView: DataView, start: number, length: number): number {
  if (length <= WordsLengthMax) return copyByWords(to, toView, offset, from, fromView, start, length);
  bufferFill.call(to as Buffer, from.subarray(start, start + length), offset, offset + length);
  return offset + length;
}
const bufferFill = Buffer.prototype.fill;

let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

/** A view of all of `bytes`, made anew only where the call before was for others: for whoever copies from the same array again and again. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return view;
}

/** Whether `viewOf` has one of them at hand. */
export function isViewed(bytes: Uint8Array): boolean {
  return bytes === viewed;
}

/** The length of the longest common prefix of two byte ranges. */
export function commonPrefixLength(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const shared = Math.min(aEnd - aStart, bEnd - bStart);
  let i = 0;
  while (i < shared && a[aStart + i] === b[bStart + i]) i++;
  return i;
}

// ---------------------------------------------------------------------------------------------------------------- varints

/** Bytes that `putVarint` will use for a safe non-negative integer: 1 to 8. */
export function varintLength(value: number): number {
  let length = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    length++;
  }
  return length;
}

/** Writes a safe non-negative integer as LEB128 and returns the end offset. */
export function putVarint(bytes: Uint8Array, offset: number, value: number): number {
  while (value >= 128) {
    const rest = Math.floor(value / 128);
    bytes[offset++] = (value - rest * 128) | 128;
    value = rest;
  }
  bytes[offset++] = value;
  return offset;
}

/** Reads the varint at `offset`; the next offset is `offset + varintLength(value)`, or `varintEnd(bytes, offset)` if it may be overlong. */
export function getVarint(bytes: Uint8Array, offset: number): number {
  let byte = bytes[offset]!;
  if (byte < 128) return byte;
  let value = byte & 127;
  let unit = 128;
  do {
    byte = bytes[++offset]!;
    value += (byte & 127) * unit;
    unit *= 128;
  } while (byte >= 128);
  return value;
}
export function varintEnd(bytes: Uint8Array, offset: number): number {
  while (bytes[offset]! >= 128) offset++;
  return offset + 1;
}

// ---------------------------------------------------------------------------------------------------------------- keys as strings

const latin1Slice = (Buffer.prototype as unknown as { latin1Slice(start: number, end: number): string }).latin1Slice;
const latin1Write = (Buffer.prototype as unknown as { latin1Write(text: string, offset: number, length: number): number }).latin1Write;

/** The bytes `[start, end)` as a one-byte string, whose `<` is the order of the bytes. Allocates the string: slice once, keep it. */
export function keyString(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 4) return String.fromCharCode(bytes[start]!, bytes[start + 1]!, bytes[start + 2]!, bytes[start + 3]!);
  return latin1Slice.call(bytes, start, end);
}

/** Writes a one-byte string as bytes and returns the end offset. */
export function putKeyString(bytes: Uint8Array, offset: number, key: string): number {
  const length = key.length;
  if (length <= NativeLengthMin) for (let i = 0; i < length; i++) bytes[offset + i] = key.charCodeAt(i);
  else latin1Write.call(bytes, key, offset, length);
  return offset + length;
}

/** A fresh array with the bytes of a one-byte string. */
export function keyBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length);
  putKeyString(bytes, 0, key);
  return bytes;
}

// ---------------------------------------------------------------------------------------------------------------- text

const utf8Slice = (Buffer.prototype as unknown as { utf8Slice(start: number, end: number): string }).utf8Slice;
const utf8Write = (Buffer.prototype as unknown as { utf8Write(text: string, offset: number, length: number): number }).utf8Write;

/** UTF-8 to string. Short ASCII is by far the commonest and skips the native call. */
export function getUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > 12) return utf8Slice.call(bytes, start, end);
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i]!;
  return all < 128 ? shortAscii(bytes, start, length) : utf8Slice.call(bytes, start, end);
}

const char = String.fromCharCode;

/** Up to 12 characters by one call with as many arguments: 34 ns for 12, against 94 for joining them one by one and 59 for `utf8Slice`. */
function shortAscii(b: Uint8Array, s: number, length: number): string {
  switch (length) {
    case 1:
      return char(b[s]!);
    case 2:
      return char(b[s]!, b[s + 1]!);
    case 3:
      return char(b[s]!, b[s + 1]!, b[s + 2]!);
    case 4:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!);
    case 5:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!);
    case 6:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!);
    case 7:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!);
    case 8:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!);
    case 9:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!, b[s + 8]!);
    case 10:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!, b[s + 8]!, b[s + 9]!);
    case 11:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!, b[s + 8]!, b[s + 9]!, b[s + 10]!);
    case 12:
      return char(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!, b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!);
    default:
      return '';
  }
}

/** Upper bound of the bytes `putUtf8` may write. */
export function utf8LengthMax(text: string): number {
  return text.length * 3;
}

/**
 * Writes `text` as UTF-8 and returns the end offset. The caller has reserved `utf8LengthMax(text)` bytes or knows the exact length
 * (`Buffer.byteLength`). A lone surrogate becomes U+FFFD.
 */
export function putUtf8(bytes: Uint8Array, offset: number, text: string): number {
  const length = text.length;
  if (length <= NativeLengthMin) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 128) break;
      bytes[offset + i] = unit;
    }
    if (i === length) return offset + length;
  }
  return offset + utf8Write.call(bytes, text, offset, bytes.length - offset);
}
