/** A key table gives what a Map does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import { hashOfBytes, hashOfKey } from '../../mvcc/write-set/key-hash.js';
import { KeyTable } from '../../mvcc/write-set/key-table.js';

/** Few keys, that a key should come again; neighbours, whose slots are; keys that are each other's front. */
const key = fc.oneof(
  fc.nat(7).map((n) => `\x80\x00\x00${String.fromCharCode(n)}`),
  fc.nat(3000).map((n) => `\x80\xff${String.fromCharCode(n >> 8, n & 255)}`),
  fc.string({ unit: fc.constantFrom('\x00', '\x01', '\xff'), maxLength: 4 }),
);

test('set, deleted and cleared, in any order', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), key }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteHalf' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), key }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new KeyTable<{ readonly n: number }>();
      const model = new Map<string, { readonly n: number }>();
      for (const [n, { kind, key: text }] of steps.entries()) {
        if (kind === 'set') {
          expect(table.set(text, { n })).toEqual(model.get(text));
          model.set(text, { n });
        } else if (kind === 'delete') expect(table.delete(text)).toBe(model.delete(text));
        else if (kind === 'clear') {
          table.clear();
          model.clear();
        } else for (const [at, one] of [...model.keys()].entries()) if (at % 2 === 0) expect(table.delete(one)).toBe(model.delete(one));
        for (const one of [text, 'nobody', ...model.keys()]) {
          expect(table.get(one)).toEqual(model.get(one));
          expect(table.has(one)).toBe(model.has(one));
        }
        expect(table.size).toBe(model.size);
      }
      expect([...table].sort()).toEqual([...model].sort());
      expect([...table].map(([key]) => key).sort()).toEqual([...model.keys()].sort());
      expect([...table.values()].map(({ n }) => n).sort()).toEqual([...model.values()].map(({ n }) => n).sort());
    }),
    { numRuns: 150 },
  );
});

test('a text has the hash of its bytes', () => {
  fc.assert(fc.property(key, (text) => void expect(hashOfKey(0, text)).toBe(hashOfBytes(0, keyBytes(text), text.length))));
});

test('ten thousand keys come and go', () => {
  const table = new KeyTable<{ readonly n: number }>();
  const textOf = (n: number): string => String.fromCharCode(128, 0, n >> 8, n & 255);
  for (let n = 0; n < 10_000; n++) table.set(textOf(n), { n });
  for (let n = 0; n < 10_000; n++) {
    if (table.get(textOf(n))?.n !== n) throw new Error(`${n} is not there`);
    expect(table.delete(textOf(n))).toBe(true);
    expect(table.delete(textOf(n))).toBe(false);
    if (n % 100 === 0) for (let left = n + 1; left < 10_000; left++) if (table.get(textOf(left))?.n !== left) throw new Error(`${left} is gone with ${n}`);
  }
  expect([table.size, [...table]]).toEqual([0, []]);
});
