/** The write set against a map of stacks: keys with the same fronts and the same ends, in order and in none, several trees, entries taken back last first, sets used again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { hashOfBytes, hashOfKey } from '../../mvcc/write-set/key-hash.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { TreeWrites } from '../../mvcc/write-set/tree-writes.js';
import { WriteKind, WriteSet } from '../../mvcc/write-set/write-set.js';
import { rowBlock } from './row-block.js';

const treeCount = 3;

/** What the set must say: per tree and key the entries, oldest first. */
class Model {
  readonly stacks = new Map<string, number[]>();
  readonly log: { readonly tree: number; readonly key: string; readonly value: string }[] = [];

  push(tree: number, key: string, value: string): number {
    const name = `${tree} ${key}`;
    const stack = this.stacks.get(name) ?? [];
    this.stacks.set(name, stack);
    stack.push(this.log.length);
    return this.log.push({ tree, key, value }) - 1;
  }
  pop(): void {
    const { tree, key } = this.log.pop()!;
    const name = `${tree} ${key}`;
    const stack = this.stacks.get(name)!;
    stack.pop();
    if (stack.length === 0) this.stacks.delete(name);
  }
  newest(tree: number, key: string): number {
    return this.stacks.get(`${tree} ${key}`)?.at(-1) ?? -1;
  }
}

function valueOf(set: WriteSet, entry: number): string {
  const start = set.valueOffset(entry);
  return Buffer.from(set.valueChunk(entry).u8).toString('latin1', start, start + set.valueLength(entry));
}

function check(set: WriteSet, trees: readonly TreeWrites[], model: Model, keys: readonly string[]): void {
  expect(set.count).toBe(model.log.length);
  for (const writes of trees) {
    const known: string[] = [];
    for (const key of keys) {
      const newest = model.newest(writes.number, key);
      expect(writes.find(key)).toBe(newest);
      expect(set.findBytes(writes.number, keyBytes(key), key.length)).toBe(newest);
      if (newest >= 0) known.push(key);
      const stack = model.stacks.get(`${writes.number} ${key}`) ?? [];
      for (let entry = newest, i = stack.length - 1; entry >= 0; entry = set.previousOf(entry), i--) {
        expect(entry).toBe(stack[i]);
        expect(set.keyOf(entry)).toBe(key);
        expect(set.treeOf(entry)).toBe(writes);
        expect(valueOf(set, entry)).toBe(model.log[entry]!.value);
      }
    }
    expect(writes.size).toBe(known.length);
    expect(writes.keys().sort()).toEqual(known.sort());
  }
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const keys = fc.uniqueArray(
  fc.oneof(
    fc.integer({ min: 0, max: 600 }).map((n) => String.fromCharCode(0x80, 0, n >> 8, n & 255)),
    fc.integer({ min: 0, max: 600 }).map((n) => `${n}\0\0`),
    fc.uint8Array({ maxLength: 10 }).map(latin1),
  ),
  { minLength: 1, maxLength: 300 },
);
/** A key's place and a tree; a negative place takes back that many entries. */
const steps = fc.array(fc.tuple(fc.integer({ min: -5, max: 299 }), fc.nat(treeCount - 1)), { maxLength: 500 });

describe('WriteSet', () => {
  it('holds what a map of stacks holds', () => {
    fc.assert(
      fc.property(keys, fc.boolean(), fc.array(steps, { minLength: 1, maxLength: 3 }), (drawn, isLoad, runs) => {
        // In key order, keys drawn from the front to the back are mostly new and ascending, as in a load.
        const known = isLoad ? [...drawn].sort() : drawn;
        const set = new WriteSet(new WriteMemory(1 << 20));
        let next = 0;
        for (const run of runs) {
          const trees = Array.from({ length: treeCount }, () => new TreeWrites(set, {} as Transaction, {} as VersionedTree));
          const model = new Model();
          for (const [at, tree] of run) {
            for (let i = at; i < 0 && set.count > 0; i++) {
              set.pop();
              model.pop();
            }
            if (at < 0) continue;
            if (isLoad && at % 8 > 0) next++;
            const key = known[(isLoad && at % 8 > 0 ? next : at) % known.length]!;
            const value = `${key} ${set.count}`;
            const bytes = keyBytes(key);
            if (at % 3 === 0 && set.canList(tree) && model.newest(tree, key) < 0) {
              const listed = set.pushListed(tree, bytes, bytes.length, WriteKind.Put, 0, 1);
              set.setValue(listed, keyBytes(value), 0, value.length);
              expect(listed).toBe(model.push(tree, key, value));
              continue;
            }
            // Those that follow in key order, as many as a load has at once.
            const block = at % 7 === 0 ? [...new Set(known.slice(at % known.length))].filter((other) => other >= key).sort().slice(0, 1 + (at % 40)) : [];
            if (block.length > 0 && set.isAbove(tree, keyBytes(block[0]!), block[0]!.length)) {
              const rows = block.map((each, i) => [each, `${each} ${set.count + i}`.repeat(i % 5 === 0 ? 900 : 1)] as const);
              set.pushBlock(tree, rowBlock(rows), 0, 1);
              for (const [each, text] of rows) model.push(tree, each, text);
              continue;
            }
            const isNew = at % 2 === 0 && set.findBytes(tree, bytes, bytes.length) < 0;
            const entry = isNew ? set.pushUnfound(tree, bytes, bytes.length, WriteKind.Put, 0, 1) : set.push(tree, key, WriteKind.Put, 0, 1);
            set.setValue(entry, keyBytes(value), 0, value.length);
            expect(entry).toBe(model.push(tree, key, value));
          }
          check(set, trees, model, known);
          expect(set.reset()).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keeps values of every length apart, those longer than a chunk among them', () => {
    const set = new WriteSet(new WriteMemory(1 << 20));
    const writes = new TreeWrites(set, {} as Transaction, {} as VersionedTree);
    const lengths = [0, 1, 65535, 65536, 65537, 200_000, 0, 3, 65530, 6, 0, 1];
    lengths.forEach((length, i) => set.setValue(set.push(writes.number, `k${i}`, WriteKind.Put, 0, 1), new Uint8Array(length).fill(i + 1), 0, length));
    lengths.forEach((length, i) => {
      const start = set.valueOffset(i);
      expect(set.valueLength(i)).toBe(length);
      expect(set.valueChunk(i).u8.subarray(start, start + length).every((byte) => byte === i + 1)).toBe(true);
      expect(set.keyOf(i)).toBe(`k${i}`);
    });
  });

  it('has one hash for a key as a string and as bytes', () => {
    fc.assert(fc.property(fc.nat(100), fc.uint8Array({ maxLength: 20 }), (tree, bytes) => hashOfKey(tree, latin1(bytes)) === hashOfBytes(tree, bytes, bytes.length)));
  });
});
