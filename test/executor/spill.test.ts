/** Shows that sorting, grouping, joining and DISTINCT give the same rows in a kilobyte as in megabytes, in the same order where there is one, and leave no file open. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { types } from '../../base/types.js';
import { ColumnSorter, SortedForm, type SortedColumn } from '../../executor/spill/column-sorter.js';
import { KeptRows } from '../../executor/spill/kept-rows.js';
import { TupleSorter } from '../../executor/spill/tuple-sorter.js';
import { H } from '../../functions/emit-helpers.js';
import { Runtime } from '../../executor/runtime.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { Datum } from '../../base/datum.js';
import { asc, columnOf, desc, int, op, TestDatabase } from './fixture.js';

const rowCount = 1500;

describe.each([1 << 10, 8 << 10, 64 << 10])('%i bytes', (budget) => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await TestDatabase.open({ pageSizeBytes: 2048 });
    db.options = { ...db.options, mode: 'generated' };
    db.createTable('t', { columns: { id: 'int4', k: 'int4', s: 'text', n: 'numeric(10,2)' }, key: ['id'] });
    db.insertRows('t', Array.from({ length: rowCount }, (_, i) => [i, i % 13 === 0 ? null : (i * 7919) % 400, `text ${(i * 31) % 700}`, null]));
  });
  afterEach(async () => {
    await db.close();
  });
  /** The rows with much memory and with little; the latter must have written files and closed them. */
  const both = (plan: PhysicalPlan): { readonly roomy: unknown[]; readonly tight: unknown[] } => {
    db.workMemBytes = 64 << 20;
    const roomy = db.exec(plan);
    expect(db.spill.madeCount).toBe(0);
    db.workMemBytes = budget;
    const tight = db.exec(plan);
    expect(db.spill.madeCount).toBeGreaterThan(0);
    expect(db.spill.openCount).toBe(0);
    return { roomy, tight };
  };
  /** The same without the demand that files were written. */
  const roomyAndTight = (plan: PhysicalPlan): { readonly roomy: unknown[]; readonly tight: unknown[] } => {
    db.workMemBytes = 64 << 20;
    const roomy = db.exec(plan);
    db.workMemBytes = budget;
    return { roomy, tight: db.exec(plan) };
  };
  const unordered = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

  test('external merge sort is stable', () => {
    const { plan, c } = db.scan('t', { columns: ['id', 'k', 's'] });
    const { roomy, tight } = both(db.sort(plan, [asc(c['k']!, true)]));
    expect(tight).toEqual(roomy);
    const byText = roomyAndTight(db.sort(plan, [desc(c['s']!), asc(c['k']!)]));
    expect(byText.tight).toEqual(byText.roomy);
  });
  test('groups are divided until they fit', () => {
    const { plan, c } = db.scan('t');
    const grouped = db.aggregate(plan, [c['s']!, c['k']!], [{ name: 'count' }, { name: 'sum', args: [c['id']!] }, { name: 'max', args: [c['s']!] }, { name: 'count', args: [c['id']!], distinct: true, filter: op(c['id']!, '<', int(700)) }]);
    const { roomy, tight } = both(grouped.plan);
    expect(roomy.length).toBeGreaterThan(1000);
    expect(unordered(tight)).toEqual(unordered(roomy));
  });

  test('joins run in passes', () => {
    for (const join of ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const) {
      const left = db.scan('t', { columns: ['id', 'k'], filter: (x) => op(x['id']!, '<', int(900)) });
      const right = db.scan('t', { columns: ['id', 's'], filter: (x) => op(x['id']!, '<>', int(7)) });
      const plan: PhysicalPlan = {
        kind: 'hashJoin', join, left: left.plan, right: right.plan, leftKeys: [left.c['k']!], rightKeys: [right.c['id']!], residual: op(left.c['id']!, '<>', right.c['id']!), nullAware: false, estimate: left.plan.estimate,
        output: join === 'semi' || join === 'anti' ? left.plan.output : [...left.plan.output, ...right.plan.output],
      };
      const { roomy, tight } = roomyAndTight(plan);
      expect(roomy.length, join).toBeGreaterThan(30);
      expect(unordered(tight), join).toEqual(unordered(roomy));
      expect(db.spill.openCount).toBe(0);
    }
    expect(db.spill.madeCount).toBeGreaterThan(0);
  });

  test('DISTINCT reads its input again', () => {
    const { plan } = db.scan('t', { columns: ['s'] });
    const { roomy, tight } = roomyAndTight({ kind: 'distinct', input: plan, on: [], strategy: 'hash', output: plan.output, estimate: plan.estimate });
    expect(roomy).toHaveLength(700);
    expect(unordered(tight)).toEqual(unordered(roomy));
  });

  test('DISTINCT of several columns, with NULLs and text', () => {
    for (const columns of [['s', 'k'], ['k'], ['k', 's', 'n']]) {
      const { plan } = db.scan('t', { columns });
      const { roomy, tight } = roomyAndTight({ kind: 'distinct', input: plan, on: [], strategy: 'hash', output: plan.output, estimate: plan.estimate });
      expect(new Set(unordered(roomy)).size).toBe(roomy.length);
      expect(unordered(tight)).toEqual(unordered(roomy));
    }
  });

  test('an error or an early end leaves no file', () => {
    db.workMemBytes = budget;
    const { plan, c } = db.scan('t', { columns: ['id', 'k'] });
    expect(db.exec(db.limit(db.sort(plan, [asc(c['k']!)]), 3))).toHaveLength(3);
    const failing = db.project(db.sort(plan, [asc(c['k']!), asc(c['id']!)]), [op(int(1), '/', op(columnOf(plan.output[1]!), '-', int(300)))]);
    expect(() => db.exec(failing.plan)).toThrow('division by zero');
    expect(db.spill.openCount).toBe(0);
  });

  test('many runs are merged in rounds', () => {
    db.workMemBytes = budget;
    const tx = db.begin();
    const runtime = new Runtime(db.request(tx), 0, undefined);
    const sorter = new TupleSorter(runtime, [types.int4, types.int4], (a, b) => (a[0] as number) - (b[0] as number), Infinity);
    const rows: Datum[][] = Array.from({ length: 20_000 }, (_, i) => [(i * 7919) % 997, i]);
    for (const row of rows) sorter.push(row);
    while (sorter.finishStep());
    const sorted: Datum[][] = [];
    for (let row = sorter.next(); row !== undefined; row = sorter.next()) sorted.push(row);
    expect(sorted).toEqual([...rows].sort((a, b) => (a[0] as number) - (b[0] as number)));
    expect(db.spill.openCount).toBe(0);
    tx.rollback();
  });

  test('rows kept as columns come out as by comparing, in memory and through files', () => {
    const layout: SortedColumn[] = [
      { type: types.int4, form: SortedForm.Integer, nullable: true }, { type: types.float8, form: SortedForm.Double, nullable: true },
      { type: types.text, form: SortedForm.Datum, nullable: true }, { type: types.int4, form: SortedForm.Integer, nullable: false },
    ];
    const integers = [-2147483648, 2147483647, 0, -1, 4096, null];
    const doubles = [0, -0, 1.5, -2, NaN, Infinity, -Infinity, 1e300, -1e-300, null, 3, 4e9];
    for (const [descending, nullsFirst] of [[false, false], [true, false], [false, true], [true, true]] as const) {
      for (const workMemBytes of [4 << 20, budget]) {
        for (const keys of [[0], [1], [0, 1], [1, 0]]) {
          db.workMemBytes = workMemBytes;
          const tx = db.begin();
          const order = (a: Datum, b: Datum): number => {
            if (a === null || b === null) return a === b ? 0 : (a === null) === nullsFirst ? -1 : 1;
            return (descending ? -1 : 1) * H.compareFloat(a as number, b as number);
          };
          const compare = (a: readonly Datum[], b: readonly Datum[]): number => keys.map((key) => order(a[key]!, b[key]!)).find((result) => result !== 0) ?? 0;
          const sorter = new ColumnSorter(new Runtime(db.request(tx), 0, undefined), layout, keys.map((place) => ({ place, descending, nullsFirst })), compare, db.scan('t').plan);
          const rows: Datum[][] = Array.from({ length: 1500 }, (_, i) => [i % 3 === 0 ? integers[(i / 3) % 6]! : (i * 7919) % 13, i % 2 === 0 ? doubles[(i / 2) % 12]! : (i * 31) % 17, i % 5 === 0 ? null : `row ${i}`, i]);
          for (const row of rows) {
            const at = sorter.place();
            row.forEach((value, i) => {
              if (i === 2) sorter.put(i, at, value);
              else {
                sorter.columns[i]![at] = value ?? 0;
                if (layout[i]!.nullable) sorter.nulls[i]![at] = value === null ? 1 : 0;
              }
            });
          }
          while (sorter.finishStep());
          const sorted: Datum[][] = [];
          for (let at = sorter.next(); at >= 0; at = sorter.next()) sorted.push(layout.map(({ nullable }, i) => (nullable && i !== 2 && sorter.nulls[i]![at] !== 0 ? null : sorter.columns[i]![at]!)));
          expect(sorted).toEqual([...rows].sort(compare));
          sorter.close();
          expect(db.spill.openCount).toBe(0);
          tx.rollback();
        }
      }
    }
  });

  test('keys of small integers are sorted as by comparing, also when others come among them', () => {
    const compare = (a: readonly Datum[], b: readonly Datum[]): number => (b[0] as number) - (a[0] as number) || (a[1] as number) - (b[1] as number);
    const keys = [{ place: 0, descending: true }, { place: 1, descending: false }];
    const extremes = [-2147483648, 2147483647, 0, -0, -1, 4096];
    // The last two: so few that they are compared, and just more.
    for (const [odd, count] of [[-1, 2000], [0, 2000], [500, 2000], [1999, 2000], [-1, 64], [-1, 65]] as const) {
      db.workMemBytes = budget;
      const tx = db.begin();
      const sorter = new TupleSorter(new Runtime(db.request(tx), 0, undefined), [types.float8, types.float8, types.int4], compare, Infinity, undefined, keys);
      const rows: Datum[][] = Array.from({ length: count }, (_, i) => [i === odd ? 0.5 : i % 50 === 0 ? extremes[(i / 50) % 6]! : (i * 7919) % 13, (i * 31) % 700, i]);
      for (const row of rows) sorter.push([...row]);
      while (sorter.finishStep());
      const sorted: Datum[][] = [];
      for (let row = sorter.next(); row !== undefined; row = sorter.next()) sorted.push(row);
      expect(sorted).toEqual([...rows].sort(compare));
      tx.rollback();
    }
  });
});

test('a sort comes back between portions of its work', async () => {
  const db = await TestDatabase.open({ pageSizeBytes: 2048 });
  // Used up shortly before the last row, so that a run is still being written.
  db.workMemBytes = 3_400_000;
  const tx = db.begin();
  const sorter = new TupleSorter(new Runtime(db.request(tx), 0, undefined), [types.text], (a, b) => (a[0]! < b[0]! ? -1 : 1), Infinity);
  for (let i = 0; i < 40_000; i++) sorter.push([`key ${(i * 7919) % 40_009}`]);
  let steps = 0;
  while (sorter.finishStep()) steps++;
  let last = '';
  let count = 0;
  for (let row = sorter.next(); row !== undefined; row = sorter.next(), count++) {
    expect((row[0] as string) > last).toBe(true);
    last = row[0] as string;
  }
  expect(count).toBe(40_000);
  expect(steps).toBeGreaterThan(0);
  tx.rollback();
  await db.close();
});

describe.each(['generated', 'interpreted'] as const)('%s: rows kept for a nested loop', (mode) => {
  const joins = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const;
  const withTables = async (f: (db: TestDatabase) => void): Promise<void> => {
    const db = await TestDatabase.open({ pageSizeBytes: 2048 });
    try {
      db.options = { ...db.options, mode };
      db.createTable('t', { columns: { id: 'int4', s: 'text' }, key: ['id'] });
      db.createTable('u', { columns: { id: 'int4', s: 'text' }, key: ['id'] });
      db.insertRows('t', Array.from({ length: 40 }, (_, i) => [i * 20, `t ${i}`]));
      db.insertRows('u', Array.from({ length: 700 }, (_, i) => [i, i % 7 === 0 ? null : `u ${i}`]));
      f(db);
    } finally {
      await db.close();
    }
  };

  test.each(joins)('%s join: those that do not fit go to a file', (join) =>
    withTables((db) => {
      const t = db.scan('t');
      const u = db.scan('u');
      const output = join === 'semi' || join === 'anti' ? t.plan.output : [...t.plan.output, ...u.plan.output];
      // The first rows of t have no partner, nor have most of u.
      const condition = op(op(u.c['id']!, '*', int(2)), '=', op(t.c['id']!, '-', int(100)));
      const plan: PhysicalPlan = { kind: 'nestedLoop', join, left: t.plan, right: u.plan, condition, isLateral: false, output, estimate: t.plan.estimate };
      db.workMemBytes = 64 << 20;
      const roomy = db.exec(plan);
      expect(db.spill.madeCount).toBe(0);
      expect(roomy.length).toBeGreaterThan(0);
      db.workMemBytes = 1 << 10;
      expect(db.exec(plan)).toEqual(roomy);
      expect(db.spill.madeCount).toBeGreaterThan(0);
      expect(db.spill.openCount).toBe(0);
    }));

  test.each(['inner', 'left', 'semi', 'anti'] as const)('%s join: the right side is not run where there is no left row', (join) =>
    withTables((db) => {
      const t = db.scan('t', { filter: (c) => op(c['id']!, '<', int(0)) });
      const u = db.scan('u', { filter: (c) => op(op(int(1), '/', op(c['id']!, '-', c['id']!)), '=', int(1)) });
      const output = join === 'semi' || join === 'anti' ? t.plan.output : [...t.plan.output, ...u.plan.output];
      expect(db.exec({ kind: 'nestedLoop', join, left: t.plan, right: u.plan, condition: undefined, isLateral: false, output, estimate: t.plan.estimate })).toEqual([]);
    }));
});

test('kept rows are read in any order, while more come', async () => {
  const db = await TestDatabase.open({ pageSizeBytes: 2048 });
  db.workMemBytes = 2 << 10;
  const tx = db.begin();
  const runtime = new Runtime(db.request(tx), 0, undefined);
  const kept = new KeptRows(runtime, [types.int4, types.text]);
  const row = (i: number): Datum[] => [i, i % 3 === 0 ? null : `text ${i}`];
  for (let i = 0; i < 4000; i++) {
    kept.push(row(i));
    if (i % 7 === 0) expect(kept.row((i * 7919) % (i + 1))).toEqual(row((i * 7919) % (i + 1)));
  }
  expect(db.spill.madeCount).toBe(1);
  for (let i = 0; i < 4000; i++) expect(kept.row(i)).toEqual(row(i));
  expect(kept.row(4000)).toBeUndefined();
  expect(kept.from(3999)).toEqual([row(3999)]);
  kept.close();
  expect(db.spill.openCount).toBe(0);
  tx.rollback();
  await db.close();
});
