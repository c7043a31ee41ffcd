/** Sorting by heads against sorting by comparison: few and many keys, long shared fronts, keys that are each other's front, zeros. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../mvcc/key-order.js';
import { sortByKey } from '../../mvcc/key-sort.js';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const tail = fc.uint8Array({ maxLength: 7, max: 3 }).map(latin1);
const key = fc.oneof(tail, fc.uint8Array({ maxLength: 12 }).map(latin1));

describe('sortByKey', () => {
  it('sorts as comparing does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }).map(latin1), fc.uniqueArray(key, { maxLength: 400 }), (front, keys) => {
        const items = keys.map((k) => ({ key: front + k }));
        const expected = [...items].sort((a, b) => compareKeys(a.key, b.key));
        sortByKey(items);
        expect(items).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves ascending keys in their places', () => {
    const items = Array.from({ length: 1000 }, (_, i) => ({ key: String(i).padStart(6, '0') }));
    const before = [...items];
    sortByKey(items);
    expect(items.every((item, i) => item === before[i])).toBe(true);
  });
});
