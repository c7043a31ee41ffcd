/** Sorting by heads against sorting by comparison: few and many keys, long shared fronts, keys that are each other's front, zeros. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../mvcc/write-set/key-order.js';
import { sortByKey } from '../../mvcc/write-set/key-sort.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { TreeWrites } from '../../mvcc/write-set/tree-writes.js';
import { WriteKind, WriteSet } from '../../mvcc/write-set/write-set.js';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const tail = fc.uint8Array({ maxLength: 7, max: 3 }).map(latin1);
const key = fc.oneof(tail, fc.uint8Array({ maxLength: 12 }).map(latin1));

function sorted(keys: readonly string[]): string[] {
  const set = new WriteSet(new WriteMemory(1 << 20));
  const writes = new TreeWrites(set, {} as Transaction, {} as VersionedTree);
  for (const one of keys) set.push(writes.number, one, WriteKind.Put, 0, 1);
  const entries = writes.newest();
  sortByKey(set, entries);
  return Array.from(entries, (entry) => set.keyOf(entry));
}

describe('sortByKey', () => {
  it('sorts as comparing does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }).map(latin1), fc.uniqueArray(key, { maxLength: 400 }), (front, keys) => {
        const items = keys.map((k) => front + k);
        expect(sorted(items)).toEqual([...items].sort(compareKeys));
      }),
      { numRuns: 300 },
    );
  });

  it('sorts what stands behind values that many share', () => {
    const order = fc.constantFrom(1, 37, 2999);
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 }), (step, groups, filler) => {
        const items = Array.from({ length: 1000 }, (_, i) => `${String((i * 7) % groups).padStart(6, '0')}${'\0'.repeat(filler)}${String((i * step) % 1000).padStart(4, '0')}`);
        expect(sorted(items)).toEqual([...items].sort(compareKeys));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves ascending keys in their places', () => {
    const items = Array.from({ length: 1000 }, (_, i) => String(i).padStart(6, '0'));
    expect(sorted(items)).toEqual(items);
  });
});
