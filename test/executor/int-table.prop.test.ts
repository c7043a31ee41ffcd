/** Tables of integer keys against a Map: keys close together and far apart, in any order, of one to three integers, also after `clear`. */
import { expect, test } from 'vitest';
import { type Prng, seededPrng } from '../../base/prng.js';
import { IntTable } from '../../executor/codegen/int-table.js';

/** Integers of one kind: dense, ascending with gaps, a few far away, any. */
function integers(prng: Prng): () => number {
  const start = prng.below(2) === 0 ? -20 : prng.nextU32() | 0;
  const size = [20, 3000, 40_000, 2_000_000][prng.below(4)]!;
  let last = start;
  switch (prng.below(4)) {
    case 0:
      return () => (start + prng.below(size)) | 0;
    case 1:
      return () => (last = (last + 1 + prng.below(9)) | 0);
    case 2:
      return () => (prng.below(200) === 0 ? prng.nextU32() | 0 : (start - prng.below(size)) | 0);
    default:
      return () => [prng.nextU32() | 0, 2 ** 31 - 1, -(2 ** 31)][prng.below(3)]!;
  }
}

const find = (table: IntTable, key: readonly number[]): number => (key.length === 1 ? table.find1(key[0]!) : key.length === 2 ? table.find2(key[0]!, key[1]!) : table.find(Int32Array.from(key)));
const add = (table: IntTable, key: readonly number[]): number => (key.length === 1 ? table.add1(key[0]!) : key.length === 2 ? table.add2(key[0]!, key[1]!) : table.add(Int32Array.from(key)));

test('a table numbers keys as a Map does', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const prng = seededPrng(seed);
    const arity = seed % 3 === 0 ? 2 + prng.below(2) : 1;
    const table = new IntTable(arity);
    for (let life = 0; life < 2; life++) {
      const model = new Map<string, number>();
      const next = integers(prng);
      const count = 1 + prng.below(3000);
      for (let i = 0; i < count; i++) {
        const key = Array.from({ length: arity }, next);
        const known = model.get(key.join()) ?? 0;
        if (find(table, key) !== known) expect([seed, key, find(table, key)]).toEqual([seed, key, known]);
        if (known > 0) continue;
        model.set(key.join(), model.size + 1);
        if (add(table, key) !== model.size) expect([seed, key, table.count]).toEqual([seed, key, model.size]);
        // A neighbour, which may be there or not.
        const near = [...key.slice(1), (key[0]! + prng.below(3) - 1) | 0];
        if (find(table, near) !== (model.get(near.join()) ?? 0)) expect([seed, near, find(table, near)]).toEqual([seed, near, model.get(near.join()) ?? 0]);
      }
      for (const [text, number] of model) {
        const key = text.split(',').map(Number);
        if (find(table, key) !== number || key.some((part, i) => table.part(number, i) !== part)) expect([seed, key, find(table, key)]).toEqual([seed, key, number]);
      }
      expect(table.count).toBe(model.size);
      // What it takes is bounded by what it holds.
      expect(table.bytes).toBeLessThan(80_000 + model.size * 80);
      table.clear();
      expect(find(table, Array.from({ length: arity }, next))).toBe(0);
    }
  }
});
