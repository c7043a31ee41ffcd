/**
 * The checksum of everything that is stored: CRC-32 (IEEE 802.3, that of Ethernet and of zlib), also in parts.
 *
 * Short stretches are read here, by sixteen tables, from some hundred bytes on, or where a view is at hand, by words, which takes half to three quarters of the time; long ones by `zlib.crc32`, which newer versions of Node have
 * (20.15, 22.2) and which takes a fifth to a third of it, beside a call and a view of the stretch. Both give the same, so that files do not depend on the version of Node.
 *
 * Source. Slicing by 16: Kounavis and Berry 2008. Why this polynomial: docs/decisions/0036.
 */
import zlib from 'node:zlib';
import { isViewed, viewOf } from './bytes.js';

/** x^32 + x^26 + x^23 + ... + 1, the lowest power in the highest bit. */
export const Polynomial = 0xedb88320;

/** Sixteen tables of 256: `table[k * 256 + b]` is the remainder of byte `b` followed by `k` zero bytes. */
const table = new Int32Array(16 * 256);
for (let i = 0; i < 256; i++) {
  let remainder = i;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ Polynomial : remainder >>> 1;
  table[i] = remainder;
}
for (let k = 1; k < 16; k++) {
  for (let i = 0; i < 256; i++) {
    const previous = table[(k - 1) * 256 + i]!;
    table[k * 256 + i] = table[previous & 255]! ^ (previous >>> 8);
  }
}

/** Fewer bytes are sooner read one by one than by a view that has to be made. */
const ViewedLengthMin = 256;

/** Of more bytes `zlib.crc32` is the faster way, with its call and the view: 512 take 0.40 us so and 0.47 by the tables, 8,192 take 2.1 and 6.7, 64 take 0.36 and 0.10. */
const NativeLengthMin = 512;

/** Undefined before Node 20.15. */
const native = zlib.crc32 as typeof zlib.crc32 | undefined;

/** CRC-32 of `[start, end)`, a u32; `crc` is that of the bytes before, so that a checksum can be taken in parts. */
export function crc32(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  return native === undefined || end - start < NativeLengthMin ? crc32ByTable(bytes, start, end, crc) : native(bytes.subarray(start, end), crc);
}

/** What `crc32` gives, for stretches of any length by the tables. */
export function crc32ByTable(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  const t = table;
  let c = ~crc;
  let i = start;
  if (end - start >= ViewedLengthMin || isViewed(bytes)) {
    const words = viewOf(bytes);
    for (; i + 16 <= end; i += 16) {
      const first = c ^ words.getInt32(i, true);
      const second = words.getInt32(i + 4, true);
      const third = words.getInt32(i + 8, true);
      const fourth = words.getInt32(i + 12, true);
      c =
        t[3840 + (first & 255)]! ^
        t[3584 + ((first >>> 8) & 255)]! ^
        t[3328 + ((first >>> 16) & 255)]! ^
        t[3072 + (first >>> 24)]! ^
        t[2816 + (second & 255)]! ^
        t[2560 + ((second >>> 8) & 255)]! ^
        t[2304 + ((second >>> 16) & 255)]! ^
        t[2048 + (second >>> 24)]! ^
        t[1792 + (third & 255)]! ^
        t[1536 + ((third >>> 8) & 255)]! ^
        t[1280 + ((third >>> 16) & 255)]! ^
        t[1024 + (third >>> 24)]! ^
        t[768 + (fourth & 255)]! ^
        t[512 + ((fourth >>> 8) & 255)]! ^
        t[256 + ((fourth >>> 16) & 255)]! ^
        t[fourth >>> 24]!;
    }
    for (; i + 4 <= end; i += 4) {
      const word = c ^ words.getInt32(i, true);
      c = t[768 + (word & 255)]! ^ t[512 + ((word >>> 8) & 255)]! ^ t[256 + ((word >>> 16) & 255)]! ^ t[word >>> 24]!;
    }
  }
  for (; i + 16 <= end; i += 16) {
    c =
      t[3840 + ((c ^ bytes[i]!) & 255)]! ^
      t[3584 + (((c >>> 8) ^ bytes[i + 1]!) & 255)]! ^
      t[3328 + (((c >>> 16) ^ bytes[i + 2]!) & 255)]! ^
      t[3072 + ((c >>> 24) ^ bytes[i + 3]!)]! ^
      t[2816 + bytes[i + 4]!]! ^
      t[2560 + bytes[i + 5]!]! ^
      t[2304 + bytes[i + 6]!]! ^
      t[2048 + bytes[i + 7]!]! ^
      t[1792 + bytes[i + 8]!]! ^
      t[1536 + bytes[i + 9]!]! ^
      t[1280 + bytes[i + 10]!]! ^
      t[1024 + bytes[i + 11]!]! ^
      t[768 + bytes[i + 12]!]! ^
      t[512 + bytes[i + 13]!]! ^
      t[256 + bytes[i + 14]!]! ^
      t[bytes[i + 15]!]!;
  }
  for (; i < end; i++) c = t[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}
