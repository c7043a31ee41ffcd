/**
 * Text compared where it lies: UTF-8 bytes of a page against bytes of a constant or parameter, nothing decoded. Bytes sort as code points do, and a text
 * holds another exactly where its bytes hold the other's. char(n) is compared without its blanks.
 */
import { compareBytes, equalBytes, getUtf8 } from '../../base/bytes.js';

const Blank = 32;

export function utf8Bytes(text: unknown): Uint8Array | null {
  return text === null ? null : Buffer.from(text as string, 'utf8');
}
/** Of a char(n): without the blanks at its end. */
export function utf8BytesUnpadded(text: unknown): Uint8Array | null {
  const bytes = utf8Bytes(text);
  return bytes === null ? null : bytes.subarray(0, endWithoutBlanks(bytes, 0, bytes.length));
}

function endWithoutBlanks(u8: Uint8Array, start: number, end: number): number {
  while (end > start && u8[end - 1] === Blank) end--;
  return end;
}

export function equalsBytes(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (end - start !== length) return false;
  if (length > 24) return equalBytes(u8, start, end, bytes, 0, length);
  for (let i = 0; i < length; i++) if (u8[start + i] !== bytes[i]) return false;
  return true;
}
export function compareToBytes(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): number {
  return compareBytes(u8, start, end, bytes, 0, bytes.length);
}

/** `bytes` has no blanks at its end. */
export function equalsUnpadded(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (end - start < length) return false;
  for (let i = 0; i < length; i++) if (u8[start + i] !== bytes[i]) return false;
  for (let i = start + length; i < end; i++) if (u8[i] !== Blank) return false;
  return true;
}
export function compareUnpadded(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): number {
  return compareBytes(u8, start, endWithoutBlanks(u8, start, end), bytes, 0, bytes.length);
}

/** Short beginnings of texts, by their bytes and length in one number: they repeat. */
const beginnings = new Map<number, string>();
const BeginningBytesMax = 3;
const BeginningCountMax = 4096;

/** The first `count` characters of a text; of a char(n) (`isPadded`) as of a text, without the blanks at its end. What follows them is not decoded. */
export function beginningOf(u8: Uint8Array, start: number, end: number, count: number, isPadded: boolean): string {
  const last = isPadded ? endWithoutBlanks(u8, start, end) : end;
  const stop = Math.min(last, start + count);
  let key = stop - start;
  for (let i = start; i < stop; i++) {
    const byte = u8[i]!;
    if (byte > 127) return Array.from(getUtf8(u8, start, last)).slice(0, count).join('');
    key = (key << 8) | byte;
  }
  if (stop - start > BeginningBytesMax) return getUtf8(u8, start, stop);
  let text = beginnings.get(key);
  if (text === undefined) {
    text = getUtf8(u8, start, stop);
    if (beginnings.size < BeginningCountMax) beginnings.set(key, text);
  }
  return text;
}

/**
 * LIKE with a pattern of literals between `%`: the first stands at the start, the last at the end, the others in order between them. Those are looked for by their last
 * byte (Horspool 1980): where it does not fit, the search goes on as far as that byte of the text says.
 */
export class BytePattern {
  readonly #pieces: readonly Uint8Array[];
  readonly #steps: readonly Uint8Array[];
  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.#steps = pieces.map(stepsOf);
  }
  test(u8: Uint8Array, start: number, end: number): boolean {
    const pieces = this.#pieces;
    const first = pieces[0]!;
    const count = pieces.length;
    if (count === 1) return equalsBytes(u8, start, end, first);
    const last = pieces[count - 1]!;
    let at = start + first.length;
    const stop = end - last.length;
    if (at > stop || !standsAt(u8, start, first) || !standsAt(u8, stop, last)) return false;
    for (let i = 1; i < count - 1; i++) {
      const piece = pieces[i]!;
      const found = find(u8, at, stop, piece, this.#steps[i]!);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return true;
  }
}

function standsAt(u8: Uint8Array, at: number, piece: Uint8Array): boolean {
  for (let i = 0; i < piece.length; i++) if (u8[at + i] !== piece[i]) return false;
  return true;
}
function find(u8: Uint8Array, from: number, end: number, piece: Uint8Array, steps: Uint8Array): number {
  const { length } = piece;
  if (length === 0) return from;
  const tail = length - 1;
  const last = piece[tail]!;
  for (let at = from + tail; at < end; ) {
    const byte = u8[at]!;
    if (byte === last && standsAt(u8, at - tail, piece)) return at - tail;
    at += steps[byte]!;
  }
  return -1;
}
/** By byte: how far a piece moves on when that byte stands under its last, no two of them equal. */
function stepsOf(piece: Uint8Array): Uint8Array {
  const steps = new Uint8Array(256).fill(Math.max(1, Math.min(255, piece.length)));
  for (let i = Math.max(0, piece.length - 255); i < piece.length - 1; i++) steps[piece[i]!] = Math.min(255, piece.length - 1 - i);
  return steps;
}

/** The pattern for bytes; undefined when it has a `_` or an escape, which count characters. */
export function bytePattern(pattern: string): BytePattern | undefined {
  if (/[_\\]/.test(pattern)) return undefined;
  return new BytePattern(pattern.split(/%+/).map((piece) => Buffer.from(piece, 'utf8')));
}
