/** Hermitage's table and the classic stories: every anomaly at every level happens on Serialite exactly where PostgreSQL lets it happen. */
import { describe, expect, test } from 'vitest';
import { isAllowed, levels } from '../../lab/catalogue/anomaly.js';
import { catalogue } from '../../lab/catalogue/catalogue.js';
import { runOn } from '../../lab/catalogue/table.js';
import { serialiteTarget } from '../../lab/targets/serialite.js';

describe.each(catalogue.map((anomaly) => [anomaly.id, anomaly] as const))('%s', (_id, anomaly) => {
  test.each(levels)('%s', async (level) => {
    const run = await runOn(anomaly, level, () => serialiteTarget());
    expect(run.permutation.setupError).toBeUndefined();
    expect(run.happened, run.permutation.lines.join('\n')).toBe(isAllowed(anomaly, level, 'serialite'));
  });
});
