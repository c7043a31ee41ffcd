/** Columns of leaves against the rows they are read from; leaf-columns-trial.ts says what takes part. `SEED` starts elsewhere. */
import { expect, test } from 'vitest';
import { LeafColumns } from '../../storage/pages/leaf-columns.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { leafColumnsTrial } from './leaf-columns-trial.js';
import { MapPageIo } from './map-page-io.js';

test('what is found is what the rows hold, whatever was changed, taken back and read again', () => {
  const first = Number(process.env['SEED'] ?? 1);
  for (let seed = first; seed < first + 15; seed++) expect(leafColumnsTrial(seed)).toBeUndefined();
});

test('frames and columns together stay within the budget, and a small one has no columns', () => {
  const cacheBytes = 1 << 20;
  const pool = new BufferPool(new MapPageIo(512), cacheBytes, cacheBytes >> 3);
  expect(pool.columns!.sizeBytes).toBeLessThanOrEqual(cacheBytes >> 3);
  expect(pool.frameCount * 512 + pool.columns!.sizeBytes).toBeLessThanOrEqual(cacheBytes);
  expect(pool.stats().columnBytes).toBe(0);
  expect(new BufferPool(new MapPageIo(512), 16 * 512, 2 * 512).columns).toBeUndefined();
  expect(LeafColumns.make(0, 100, 8192)).toBeUndefined();
});
