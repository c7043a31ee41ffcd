/** The checksum of two parts from the checksums of both, against reading all of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../base/bytes.js';
import { joinCrc32c } from '../../base/crc-join.js';

test('two parts, one behind the other', () => {
  const bytes = fc.uint8Array({ maxLength: 600 });
  fc.assert(
    fc.property(bytes, bytes, fc.nat(0xffffffff), (a, b, seed) => {
      const both = Uint8Array.from([...a, ...b]);
      const first = crc32c(a, 0, a.length, seed);
      expect(joinCrc32c(first, crc32c(b, 0, b.length), b.length)).toBe(crc32c(both, 0, both.length, seed));
    }),
  );
});

test('long parts', () => {
  const both = new Uint8Array(3_000_017).map((_, i) => i * 31 + (i >>> 7));
  for (const at of [0, 1, 4096, 1 << 20, 2_999_999, both.length]) {
    expect(joinCrc32c(crc32c(both, 0, at), crc32c(both, at, both.length), both.length - at)).toBe(crc32c(both, 0, both.length));
  }
});
