/** A part of `npm run metamorphic`: one answer with generated code and interpreted, with indexes and without, whole and in parts. */
import { expect, test } from 'vitest';
import { runPartitions, runVariant, variants } from './metamorphic.js';

const seed = Number(process.env['METAMORPHIC_SEED'] ?? 1);

test.each(variants)('$name', async (variant) => {
  const report = await runVariant(variant, seed, variants.indexOf(variant), 60);
  expect(report.differences.map((found) => `${found.what}\n${found.sql}`)).toEqual([]);
  expect(report.statements).toBeGreaterThan(30);
});

test('a condition divides rows in three, and counts as many as it selects', async () => {
  const report = await runPartitions(seed, 0, 300);
  expect(report.wrong).toEqual([]);
});
