/**
 * The checksum of two stretches of bytes, one behind the other, from the checksums of both: what bytes that are checked twice, by themselves and as a part of more, are
 * read once for. A CRC is linear: that of the first is moved past the length of the second, as so many zeros would move it, and joined with that of the second.
 *
 * Source. Mark Adler's crc32_combine in zlib.
 */
import { Polynomial } from './checksum.js';

/** By the exponent, what 2^n zero bytes make of each of the 32 bits of a checksum. */
const shifts: Uint32Array[] = [];

function apply(operator: Uint32Array, crc: number): number {
  let moved = 0;
  for (let bit = 0, rest = crc; rest !== 0; bit++, rest >>>= 1) if ((rest & 1) !== 0) moved ^= operator[bit]!;
  return moved >>> 0;
}
const squared = (operator: Uint32Array): Uint32Array => operator.map((moved) => apply(operator, moved));

function shiftOf(exponent: number): Uint32Array {
  if (shifts.length === 0) {
    const oneBit = new Uint32Array(32).map((_, bit) => (bit === 0 ? Polynomial : 2 ** (bit - 1)));
    shifts.push(squared(squared(squared(oneBit))));
  }
  while (shifts.length <= exponent) shifts.push(squared(shifts.at(-1)!));
  return shifts[exponent]!;
}

/** `crc32` of bytes whose checksum is `first` followed by `secondLength` whose own, by themselves, is `second`. */
export function joinCrc32(first: number, second: number, secondLength: number): number {
  let moved = first;
  for (let exponent = 0, rest = secondLength; rest > 0; exponent++, rest = Math.floor(rest / 2)) if (rest % 2 === 1) moved = apply(shiftOf(exponent), moved);
  return (moved ^ second) >>> 0;
}
