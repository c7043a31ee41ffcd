/**
 * Shows that keys sort as values compare (K1, K2), that lossless keys decode, that rows give back what was stored under narrow, wide and older
 * layouts, and that the generator's column expressions read the same.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteBuffer } from '../../base/byte-buffer.js';
import { compareBytes } from '../../base/bytes.js';
import { comparatorOf, type Datum } from '../../base/datum.js';
import { decodeKey, encodeKey, keyEnd, KeyLayout } from '../../base/keycode.js';
import { Numeric, applyNumericTypmod } from '../../base/numeric.js';
import { compileRowDecoder } from '../../executor/codegen/row-decoder.js';
import { compileRowEncoder } from '../../executor/codegen/row-encoder.js';
import { columnSource, decodeRow, encodeRow, isOldRow, NarrowRowMax, rowHelpers, RowLayout, upgradeRow } from '../../base/rowcode.js';
import { numericTypmod, sqlType, TypeOid } from '../../base/types.js';
import { text, typedValues } from './values.js';

const key = (layout: KeyLayout, values: readonly Datum[]): Uint8Array => {
  const out = new ByteBuffer(1);
  encodeKey(layout, values, out);
  return out.toBytes();
};

describe('keys', () => {
  for (const [name, type, values] of typedValues) {
    test(`${name} keys sort as values compare`, () => {
      const compare = comparatorOf(type);
      fc.assert(
        fc.property(values, values, fc.boolean(), fc.boolean(), (a, b, descending, nullable) => {
          const layout = new KeyLayout([{ type, descending, nullsFirst: false, nullable }]);
          const [x, y] = [key(layout, [a]), key(layout, [b])];
          expect(Math.sign(compareBytes(x, 0, x.length, y, 0, y.length))).toBe(Math.sign(descending ? compare(b, a) : compare(a, b)));
          const padded = Uint8Array.from([...x, 7, 7]);
          expect(keyEnd(layout, padded, 0)).toBe(x.length);
          if (layout.isLossless(0)) expect(compare(decodeKey(layout, padded, 0)[0] as Datum, a)).toBe(0);
        }),
        { numRuns: 200 },
      );
    });
  }

  test('several columns sort column by column, with NULLs where they belong', () => {
    const compare = comparatorOf(sqlType(TypeOid.text));
    fc.assert(
      fc.property(fc.array(fc.option(text), { minLength: 2, maxLength: 2 }), fc.array(fc.option(text), { minLength: 2, maxLength: 2 }), fc.boolean(), fc.boolean(), (a, b, descending, nullsFirst) => {
        const layout = new KeyLayout([0, 1].map(() => ({ type: sqlType(TypeOid.text), descending, nullsFirst, nullable: true })));
        const [x, y] = [key(layout, a), key(layout, b)];
        const column = (i: number): number => {
          if (a[i] === null || b[i] === null) return a[i] === b[i] ? 0 : (a[i] === null) === nullsFirst ? -1 : 1;
          return descending ? compare(b[i]!, a[i]!) : compare(a[i]!, b[i]!);
        };
        expect(Math.sign(compareBytes(x, 0, x.length, y, 0, y.length))).toBe(Math.sign(column(0) || column(1)));
      }),
    );
  });
});

describe('rows', () => {
  const types = [...typedValues.map(([, type]) => type), sqlType(TypeOid.numeric, numericTypmod(12, 3))];
  const row = fc.tuple(...typedValues.map(([, , values]) => fc.option(values)), fc.option(fc.integer({ min: -1e8, max: 1e8 }).map((n) => applyNumericTypmod(Numeric.of(n, 3), numericTypmod(12, 3)))));
  const layouts = [0, 3].map((id) => new RowLayout(id, types.map((type) => ({ type, missing: null, isDropped: false }))));
  const same = (a: readonly Datum[], b: readonly Datum[]): void => {
    for (let i = 0; i < types.length; i++) {
      if (a[i] === null || b[i] === null || a[i] === undefined) expect(a[i] ?? null).toBe(b[i] ?? null);
      else expect(comparatorOf(types[i]!)(a[i]!, b[i]!)).toBe(0);
    }
  };

  test.each(layouts)('what is encoded is decoded, and generated expressions read the same: layout $id', (layout) => {
    const constants: unknown[] = [];
    const constant = (value: unknown): string => `C[${constants.push(value) - 1}]`;
    const sources = types.map((_, i) => columnSource(layout, i, constant));
    const body = sources.map((s) => `(${s.isNull('o')}) ? null : ${s.value('o')}`).join(', ');
    const read = new Function('u8', 'dv', 'o', 'R', 'C', `return [${body}]`) as (u8: Uint8Array, dv: DataView, o: number, R: unknown, C: unknown) => Datum[];
    const decode = compileRowDecoder(layout);
    const encode = compileRowEncoder(layout);
    fc.assert(
      fc.property(row, fc.constantFrom(0, 100, 300, 65_000, 65_300, 70_000), (values, length) => {
        const stored = length > 0 ? values.map((v, i) => (i === 8 ? 'x'.repeat(length) : v)) : values;
        const out = new ByteBuffer(8);
        out.length = 5;
        const start = encodeRow(layout, stored, out);
        expect(start).toBe(5);
        same(decodeRow(layout, out.bytes, out.dv, start), stored);
        same(read(out.bytes, out.dv, start, rowHelpers, constants), stored);
        same(decode(out.bytes, out.dv, start), stored);
        const generated = new ByteBuffer(8);
        generated.bytes.fill(0xff);
        generated.length = 5;
        expect(encode(stored, generated)).toBe(5);
        expect(Buffer.compare(generated.toBytes().subarray(5), out.toBytes().subarray(5))).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('the ends of variable columns are narrow up to the last byte that they can count, and no head or end but needs a byte', () => {
    const text = new RowLayout(0, [{ type: types[8]!, missing: null, isDropped: false }]);
    for (const length of [0, 1, NarrowRowMax - 2, NarrowRowMax - 1, 0xffff - 4, 0xffff - 3]) {
      const out = new ByteBuffer(8);
      encodeRow(text, ['x'.repeat(length)], out);
      expect(out.length - length).toBe(length + 2 <= NarrowRowMax ? 2 : length + 4 <= 0xffff ? 4 : 6);
      expect(decodeRow(text, out.bytes, out.dv, 0)).toEqual(['x'.repeat(length)]);
    }
  });

  test('a row of an older layout gets the missing values of columns added since, and dropped ones read as NULL', () => {
    const older = new RowLayout(0, [{ type: types[2]!, missing: null, isDropped: false }, { type: types[8]!, missing: null, isDropped: false }]);
    const newer = new RowLayout(1, [...older.columns.map((c, i) => ({ ...c, isDropped: i === 0 })), { type: types[7]!, missing: Numeric.of(15, 1), isDropped: false }], undefined, new Map([[0, older]]));
    const out = new ByteBuffer(8);
    encodeRow(older, [42, 'answer'], out);
    expect(isOldRow(newer, out.bytes, 0)).toBe(true);
    const upgraded = upgradeRow(newer, out.bytes, out.dv, 0, out);
    expect(isOldRow(newer, out.bytes, upgraded)).toBe(false);
    const values = decodeRow(newer, out.bytes, out.dv, upgraded);
    expect([values[0], values[1], String(values[2])]).toEqual([null, 'answer', '1.5']);
    expect(compileRowDecoder(newer)(out.bytes, out.dv, upgraded)).toEqual(values);
  });
});
