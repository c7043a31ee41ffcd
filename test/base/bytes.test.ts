/** Bytes at an offset: every pair of store and load agrees, comparison is the order of the bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  commonPrefixLength, compareBytes, copyByWords, copyBytes, copyShared, equalBytes, getF64, getI32, getInt8, getU16, getU32,
  getU64, getUtf8, getVarint, keyBytes, keyString, putKeyString, putUtf8, putVarint, setF64, setInt8, setU16, setU32, setU64,
  utf8LengthMax, varintEnd, varintLength,
} from '../../base/bytes.js';

const bytes = new Uint8Array(600);

test('integers and doubles read back', () => {
  fc.assert(fc.property(fc.nat(65535), fc.nat(), fc.maxSafeNat(), fc.double(), (u16, u32, u64, f64) => {
    setU16(bytes, 1, u16);
    setU32(bytes, 3, u32);
    setU64(bytes, 7, u64);
    setF64(bytes, 15, f64);
    expect([getU16(bytes, 1), getU32(bytes, 3), getU64(bytes, 7)]).toEqual([u16, u32, u64]);
    expect(getF64(bytes, 15)).toBe(f64);
  }));
  setU32(bytes, 0, 0xfffffffe);
  expect(getI32(bytes, 0)).toBe(-2);
});

test('BIGINT is a number exactly when it is safe', () => {
  const check = (value: bigint): void => {
    const safe = value >= -9007199254740991n && value <= 9007199254740991n;
    const canonical = safe ? Number(value) : value;
    setInt8(bytes, 5, canonical);
    expect(getInt8(bytes, 5)).toBe(canonical);
    expect(new DataView(bytes.buffer).getBigInt64(5, true)).toBe(value);
  };
  for (const value of [0n, -1n, 1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n) + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) check(value);
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), check));
});

test('varints read back with their length', () => {
  fc.assert(fc.property(fc.oneof(fc.nat(300), fc.maxSafeNat()), (value) => {
    const end = putVarint(bytes, 2, value);
    expect(end).toBe(2 + varintLength(value));
    expect(varintEnd(bytes, 2)).toBe(end);
    expect(getVarint(bytes, 2)).toBe(value);
  }));
});

test('comparison is Buffer.compare at every length', () => {
  const input = fc.uint8Array({ maxLength: 80, max: 3 });
  fc.assert(fc.property(input, input, (a, b) => {
    const expected = Buffer.compare(a, b);
    expect(Math.sign(compareBytes(a, 0, a.length, b, 0, b.length))).toBe(expected);
    expect(equalBytes(a, 0, a.length, b, 0, b.length)).toBe(expected === 0);
    const common = commonPrefixLength(a, 0, a.length, b, 0, b.length);
    expect(Buffer.from(a.subarray(0, common)).equals(b.subarray(0, common))).toBe(true);
    const [x, y] = [keyString(a, 0, a.length), keyString(b, 0, b.length)];
    expect(x < y ? -1 : x > y ? 1 : 0).toBe(expected);
  }));
  const long = new Uint8Array(200).fill(7);
  const other = long.slice();
  other[150] = 8;
  expect(compareBytes(long, 10, 190, other, 10, 190)).toBeLessThan(0);
  expect(compareBytes(long, 10, 150, other, 10, 150)).toBe(0);
});

test('keys and text read back', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 90 }), fc.string({ unit: 'binary', maxLength: 60 }), (raw, text) => {
    const key = keyString(raw, 0, raw.length);
    expect(keyBytes(key)).toEqual(raw);
    expect(putKeyString(bytes, 9, key)).toBe(9 + raw.length);
    const end = putUtf8(bytes, 9, text);
    expect(end - 9).toBe(Buffer.byteLength(text));
    expect(end - 9).toBeLessThanOrEqual(utf8LengthMax(text));
    expect(getUtf8(bytes, 9, end)).toBe(text);
  }));
});

test('copies between arrays and within one', () => {
  const from = Uint8Array.from({ length: 100 }, (_, i) => i);
  const to = new Uint8Array(100);
  expect(copyBytes(to, 5, from, 10, 90)).toBe(85);
  expect(to.subarray(5, 85)).toEqual(from.subarray(10, 90));
  copyBytes(from, 1, from, 0, 50);
  expect([...from.subarray(0, 4)]).toEqual([0, 0, 1, 2]);
});

test('copies by words what it copies byte by byte', () => {
  const from = Uint8Array.from({ length: 400 }, (_, i) => (i * 37) & 255);
  for (let length = 0; length <= 200; length++) {
    for (const [start, offset] of [[0, 0], [3, 1], [102, 99]] as const) {
      const [to, wanted] = [new Uint8Array(400), new Uint8Array(400)];
      const end = copyBytes(wanted, offset, from, start, start + length);
      expect(copyByWords(to, new DataView(to.buffer), offset, from, new DataView(from.buffer), start, length)).toBe(end);
      expect(to).toEqual(wanted);
      const shared = new Uint8Array(new SharedArrayBuffer(400));
      shared.set(from);
      to.fill(0);
      expect(copyShared(to, new DataView(to.buffer), offset, shared, new DataView(shared.buffer), start, length)).toBe(end);
      expect(to).toEqual(wanted);
    }
  }
});
