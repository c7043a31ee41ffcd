/**
 * Text compared where it lies: UTF-8 bytes of a page against bytes of a constant or parameter, nothing decoded. Bytes sort as code points do, and a text
 * holds another exactly where its bytes hold the other's. char(n) is compared without its blanks.
 */
import { compareBytes, equalBytes } from '../../base/bytes.js';

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

/** LIKE with a pattern of literals between `%`: the first stands at the start, the last at the end, the others in order between them. */
export class BytePattern {
  readonly #pieces: readonly Uint8Array[];
  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
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
      const found = find(u8, at, stop, piece);
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
function find(u8: Uint8Array, from: number, end: number, piece: Uint8Array): number {
  const { length } = piece;
  if (length === 0) return from;
  const head = piece[0]!;
  const last = end - length;
  for (let at = from; at <= last; at++) if (u8[at] === head && standsAt(u8, at, piece)) return at;
  return -1;
}

/** The pattern for bytes; undefined when it has a `_` or an escape, which count characters. */
export function bytePattern(pattern: string): BytePattern | undefined {
  if (/[_\\]/.test(pattern)) return undefined;
  return new BytePattern(pattern.split(/%+/).map((piece) => Buffer.from(piece, 'utf8')));
}
