/** The checksum of two parts from the checksums of both, against reading all of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../../base/checksum.js';
import { joinCrc32 } from '../../base/crc-join.js';

test('two parts, one behind the other', () => {
  const bytes = fc.uint8Array({ maxLength: 600 });
  fc.assert(
    fc.property(bytes, bytes, fc.nat(0xffffffff), (a, b, seed) => {
      const both = Uint8Array.from([...a, ...b]);
      const first = crc32(a, 0, a.length, seed);
      expect(joinCrc32(first, crc32(b, 0, b.length), b.length)).toBe(crc32(both, 0, both.length, seed));
    }),
  );
});

test('long parts', () => {
  const both = new Uint8Array(3_000_017).map((_, i) => i * 31 + (i >>> 7));
  for (const at of [0, 1, 4096, 1 << 20, 2_999_999, both.length]) {
    expect(joinCrc32(crc32(both, 0, at), crc32(both, at, both.length), both.length - at)).toBe(crc32(both, 0, both.length));
  }
});
