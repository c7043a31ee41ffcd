/** storage/tree/leaf-puts.ts beside its twin: puts that stand side by side leave the leaf as `appendEntries` leaves it, byte for byte, and stop where it stops. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import { appendRun } from '../../storage/tree/leaf-puts.js';
import { appendEntries } from '../../storage/tree/leaf-run.js';
import { PageFlag, PageKind } from '../../storage/pages/page.js';
import { PageShape, beginPage } from '../../storage/pages/page-edit.js';
import { hasShortKeys } from '../../storage/pages/slotted-page.js';
import { putSource } from './put-source.js';
import { type KeyFamily, familyKey } from './tree-driver.js';

const size = 2048;
const base = 512;
const entrySizeMax = 200;

beforeAll(() => {
  VERIFY.on = true;
});
afterAll(() => {
  VERIFY.on = false;
});

/** An empty last leaf with the prefix that suits a key. */
function leafFor(key: string): { readonly u8: Uint8Array; readonly dv: DataView } {
  const u8 = new Uint8Array(base + size);
  const dv = new DataView(u8.buffer);
  const shape = new PageShape();
  shape.kind = PageKind.Leaf;
  shape.flags = PageFlag.RightEdge;
  shape.maxCsn = 0;
  shape.setLower(keyBytes(key), key.length);
  shape.choosePrefix(keyBytes(key), key.length, keyBytes(key), key.length, 0, true);
  beginPage(u8, dv, base, size, shape);
  return { u8, dv };
}

const world = fc.record({
  family: fc.constantFrom<KeyFamily>('int4', 'int4', 'int8', 'word', 'long', 'zeros'),
  first: fc.nat(600),
  step: fc.constantFrom(1, 2, 100),
  lengths: fc.array(fc.oneof({ weight: 30, arbitrary: fc.integer({ min: 0, max: 40 }) }, { weight: 2, arbitrary: fc.constantFrom(127, 128, 300) }), { minLength: 1, maxLength: 200, size: 'max' }),
  stretch: fc.integer({ min: 1, max: 90 }),
});

test('puts side by side leave the leaf as their entries would', () => {
  let shortCount = 0;
  let otherCount = 0;
  let cutCount = 0;
  fc.assert(
    fc.property(world, ({ family, first, step, lengths, stretch }) => {
      const keys = [...new Set(lengths.map((_, i) => familyKey(family, first + i * step)))].sort((a, b) => (a < b ? -1 : 1));
      const values = keys.map((_, i) => String.fromCharCode(33 + (i % 90)).repeat(lengths[i]!));
      const leaf = leafFor(keys[0]!);
      const twin = leafFor(keys[0]!);
      const run = putSource(keys, values, stretch);
      const count = appendRun(leaf.u8, leaf.dv, base, run, entrySizeMax);
      const entries = { ...putSource(keys, values, stretch), sideBySide: 0 };
      expect(count).toBe(appendEntries(twin.u8, twin.dv, base, entries, entrySizeMax));
      expect(run.left).toBe(keys.length - count);
      expect(Buffer.from(leaf.u8).equals(twin.u8)).toBe(true);
      if (count > 1) {
        if (hasShortKeys(leaf.dv, base)) shortCount++;
        else otherCount++;
      }
      if (count > 0 && run.left > 0) cutCount++;
    }),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 1000) },
  );
  expect(Math.min(shortCount, otherCount, cutCount)).toBeGreaterThan(50);
});
