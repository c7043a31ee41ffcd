/** The functions that aggregates are made of, as PostgreSQL 15 answers when they are called on their own. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

test.each([
  [`float8_accum('{4,140,2900}', 100)`, '{5,240,6280}'],
  [`float8_accum('{0,0,0}', 'Infinity')`, '{1,Infinity,NaN}'],
  [`float8_accum('{1,5,0}', 'NaN')`, '{2,NaN,NaN}'],
  [`float8_regr_accum('{4,140,2900,1290,83075,15050}', 200, 100)`, '{5,240,6280,1490,95080,8680}'],
  [`float8_regr_accum('{0,0,0,0,0,0}', 2, 'Infinity')`, '{1,Infinity,NaN,2,0,NaN}'],
  [`float8_combine('{3,60,200}', '{0,0,0}')`, '{3,60,200}'],
  [`float8_combine('{3,60,200}', '{2,180,200}')`, '{5,240,6280}'],
  [`float8_regr_combine('{3,60,200,750,20000,2000}', '{2,180,200,740,57800,-3400}')`, '{5,240,6280,1490,95080,8680}'],
  ['booland_statefunc(true, null)', null],
  ['booland_statefunc(true, false)', 'f'],
  ['boolor_statefunc(true, false)', 't'],
  [`float8_accum('{1}', 1)`, 'XX000'],
  [`float8_accum('{1,1e308,0}', 1.7e308)`, '22003'],
])('%s', async (call, expected) => {
  const database = await open(':memory:');
  try {
    const answer = await database.exec(`SELECT ${call} AS x`, { values: 'text' } as object).then((results) => (results[0]!.rows[0] as { x: string | null }).x, (error: { code: string }) => error.code);
    expect(answer).toBe(expected);
  } finally {
    await database.close();
  }
});
