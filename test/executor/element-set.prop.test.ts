/** `= ANY` and `<> ALL` by a set of the array's elements (executor/element-set.ts) beside the same over arrays of one row each, which are looked through, in both modes of execution. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { SqlArray } from '../../base/datum.js';
import { TypeOid } from '../../base/types.js';
import { lookUpElement } from '../../executor/element-set.js';
import type { FunctionDef } from '../../functions/registry.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`create table t (n int, l bigint, w text, d date); insert into t select g, g * 3000000000, 'w' || g, date '2000-01-01' + g from generate_series(1, 40) g; insert into t values (null, null, null, null)`);
});
afterAll(() => db.close());

const element = fc.option(fc.integer({ min: -2, max: 45 }), { nil: null, freq: 12 });

test.each(['generated', 'interpreted'])('a row finds by the set what it finds by looking: %s', async (mode) => {
  await db.exec(`set execution_mode = ${mode}`);
  await fc.assert(
    fc.asyncProperty(fc.array(element, { maxLength: 25 }), fc.constantFrom('= any', '<> all', '<> any', '= all', '< any'), fc.constantFrom('n', 'l', 'w', 'd'), async (list, operator, column) => {
      const values = list.map((v) => (v === null ? null : column === 'n' ? v : column === 'l' ? v * 3000000000 : column === 'w' ? `w${v}` : new Date(Date.UTC(2000, 0, 1 + v)).toISOString().slice(0, 10)));
      const type = { n: 'bigint', l: 'bigint', w: 'text', d: 'date' }[column]!;
      const by = async (array: string): Promise<unknown> => (await db.query(`select ${column} ${operator}(${array}) as v from t order by n`, [values])).rows;
      // An array that is computed for each row is another one each time.
      expect(await by(`$1::${type}[]`)).toEqual(await by(`array_remove($1::${type}[] || array[null]::${type}[] || case when n > 0 then '{}'::${type}[] end, null) || (select array_agg(e) from unnest($1::${type}[]) e where e is null)`));
    }),
    { numRuns: 60 },
  );
});

test('what is no membership of equal values is looked through', () => {
  const array = SqlArray.of(TypeOid.int4, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const by = (name: string, type: number, quantifier: 'any' | 'all'): unknown[] => [1, 2, 3].map(() => lookUpElement(3, array, { name, args: [type, type] } as unknown as FunctionDef, quantifier));
  expect(by('int4_lt', TypeOid.int4, 'any')).toEqual([undefined, undefined, undefined]);
  expect(by('int4_eq', TypeOid.int4, 'all')).toEqual([undefined, undefined, undefined]);
  expect(by('float8_eq', TypeOid.float8, 'any')).toEqual([undefined, undefined, undefined]);
  expect(by('int4_eq', TypeOid.int4, 'any')).toEqual([undefined, true, true]);
  expect(by('int4_ne', TypeOid.int4, 'all')).toEqual([false, false, false]);
});
