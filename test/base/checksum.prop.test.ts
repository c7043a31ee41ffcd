/** CRC-32 by the tables and by `zlib.crc32`: published values, parts, memory of every kind, and both ways the same. */
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { viewOf } from '../../base/bytes.js';
import { crc32, crc32ByTable } from '../../base/checksum.js';

const longer = Buffer.from('123456789'.repeat(1000));

test.each([
  ['as it is', crc32],
  ['by the tables', crc32ByTable],
])('published values, %s', (_, checksum) => {
  const of = (bytes: Uint8Array): number => checksum(bytes, 0, bytes.length);
  expect(of(new Uint8Array(0))).toBe(0);
  expect(of(Buffer.from('123456789'))).toBe(0xcbf43926);
  expect(of(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
  expect(of(new Uint8Array(32))).toBe(0x190a55ad);
  expect(of(new Uint8Array(32).fill(255))).toBe(0xff6cab0b);
  expect(of(Uint8Array.from({ length: 32 }, (__, i) => i))).toBe(0x91267e8a);
});

test('both ways are one function, of own and of shared memory, from any place, after any bytes before', () => {
  const own = new Uint8Array(20_000).map((_, i) => (i * i * 31) >>> 3);
  const shared = new Uint8Array(new SharedArrayBuffer(own.length));
  shared.set(own);
  const lengths = fc.oneof(fc.nat(40), fc.integer({ min: 200, max: 600 }), fc.nat(16_000));
  fc.assert(
    fc.property(fc.nat(3000), lengths, fc.nat(600), fc.nat(0xffffffff), (start, length, base, seed) => {
      for (const bytes of [own.subarray(base), shared.subarray(base), Buffer.from(shared.buffer, base)]) {
        const whole = crc32ByTable(bytes, start, start + length, seed);
        expect(crc32(bytes, start, start + length, seed)).toBe(whole);
        const cut = start + (length >>> 2);
        expect(crc32(bytes, cut, start + length, crc32(bytes, start, cut, seed))).toBe(whole);
        viewOf(longer);
        expect(crc32ByTable(bytes, cut, start + length, crc32ByTable(bytes, start, cut, seed))).toBe(whole);
        // Short ones by words as well.
        viewOf(bytes);
        expect(crc32ByTable(bytes, cut, start + length, crc32ByTable(bytes, start, cut, seed))).toBe(whole);
      }
    }),
    { numRuns: 500 },
  );
});

const native = zlib.crc32;
afterEach(() => {
  zlib.crc32 = native;
});

test('where Node has no such function, all is read by the tables', async () => {
  const expected = crc32(longer, 3, longer.length);
  vi.resetModules();
  (zlib as { crc32: typeof native | undefined }).crc32 = undefined;
  const without = await import('../../base/checksum.js');
  zlib.crc32 = () => {
    throw new Error('asked zlib');
  };
  expect(without.crc32).not.toBe(crc32);
  expect(without.crc32(longer, 3, longer.length)).toBe(expected);
});
