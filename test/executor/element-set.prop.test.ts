/** `= ANY`, `<> ALL`, IN and NOT IN by a set of the elements (executor/element-set.ts) beside the same over arrays of one row each, which are looked through, in both modes of execution. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { SqlArray } from '../../base/datum.js';
import { builtinTypes, TypeOid } from '../../base/types.js';
import { lookUpElement } from '../../executor/element-set.js';
import type { FunctionDef } from '../../functions/registry.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`create table t (n int, l bigint, w text, d date); insert into t select g, g * 3000000000, 'w' || g, date '2000-01-01' + g from generate_series(1, 40) g; insert into t values (null, null, null, null)`);
  await db.exec(`create type mood as enum ('m0', 'm1', 'm2', 'm3'); create table kinds as select g as n, g * 3000000000 as l, 'w' || g as w, ('m' || g % 4)::mood as e, case when g = 3 then 'NaN'::float8 else g - 4 end as f, g * 1.0 as m, ('b' || g)::char(4) as b, lpad(g::text, 32, '0')::uuid as u, jsonb_build_object('a', g) as j, g * interval '1 day' as i, decode('0' || g % 10, 'hex') as y from generate_series(1, 40) g; insert into kinds (n) values (null)`);
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

const columns = {
  n: { type: 'bigint', write: String },
  l: { type: 'bigint', write: (v: number) => String(v * 3000000000) },
  w: { type: 'text', write: (v: number) => `'w${v}'` },
  e: { type: 'mood', write: (v: number) => `'m${Math.abs(v) % 4}'` },
  f: { type: 'double precision', write: (v: number) => (v < 0 ? `'NaN'` : v === 0 ? `'-0'` : String(v)) },
  m: { type: 'numeric', write: (v: number) => `${v}.00` },
  b: { type: 'char(4)', write: (v: number) => `'b${v} '` },
  u: { type: 'uuid', write: (v: number) => `'00000000-0000-0000-0000-0000000000${String(Math.abs(v)).padStart(2, '0')}'` },
  j: { type: 'jsonb', write: (v: number) => `'{"a": ${v}.0}'` },
  i: { type: 'interval', write: (v: number) => `'${v * 24} hours'` },
  y: { type: 'bytea', write: (v: number) => `'\\x0${Math.abs(v) % 10}'` },
} as const;

test.each(['generated', 'interpreted'])('lists of constants and parameters, of any type: %s', async (mode) => {
  await db.exec(`set execution_mode = ${mode}`);
  await fc.assert(
    fc.asyncProperty(fc.array(element, { minLength: 8, maxLength: 25 }), fc.constantFrom(...(Object.keys(columns) as (keyof typeof columns)[])), fc.boolean(), async (list, column, asParameters) => {
      const { type, write } = columns[column];
      const texts = list.map((v) => (v === null ? null : write(v).replaceAll("'", '')));
      const items = list.map((v, i) => (asParameters ? `$${i + 1}::${type}` : v === null ? 'null' : `${write(v)}::${type}`));
      const run = async (condition: string): Promise<unknown> => (await db.query(`select ${condition} as v from kinds order by n`, asParameters ? texts : [])).rows;
      // Compared one by one.
      const byOne = items.map((item) => `${column} = ${item}`).join(' or ');
      expect(await run(`${column} in (${items.join(', ')})`)).toEqual(await run(byOne));
      expect(await run(`${column} = any (array[${items.join(', ')}])`)).toEqual(await run(byOne));
      expect(await run(`${column} not in (${items.join(', ')})`)).toEqual(await run(`not (${byOne})`));
      expect(await run(`${column} <> all (array[${items.join(', ')}]::${type}[])`)).toEqual(await run(`not (${byOne})`));
    }),
    { numRuns: 30 },
  );
});

test('a list is read anew in each run', async () => {
  const statement = db.prepare('select n from t where n in ($1, $2, $3, $4, $5, $6, $7, $8, $9) order by n');
  for (const mode of ['generated', 'interpreted']) {
    await db.exec(`set execution_mode = ${mode}`);
    for (const at of [1, 7, 20]) expect((await statement.all(Array.from({ length: 9 }, (_, i) => (i === 4 ? null : at + i)))).map((row) => (row as { n: number }).n)).toEqual([0, 1, 2, 3, 5, 6, 7, 8].map((i) => at + i));
  }
});

test('what is no membership of equal values is looked through', () => {
  const array = SqlArray.of(TypeOid.int4, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const by = (name: string, type: number, quantifier: 'any' | 'all'): unknown[] => [1, 2, 3].map(() => lookUpElement(3, array, { name, args: [type, type] } as unknown as FunctionDef, quantifier, { types: builtinTypes }));
  expect(by('int4_lt', TypeOid.int4, 'any')).toEqual([undefined, undefined, undefined]);
  expect(by('int4_eq', TypeOid.int4, 'all')).toEqual([undefined, undefined, undefined]);
  expect(by('int4_eq', TypeOid.int4, 'any')).toEqual([undefined, true, true]);
  expect(by('int4_ne', TypeOid.int4, 'all')).toEqual([false, false, false]);
});
