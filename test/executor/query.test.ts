/** Shows what each operator computes, by the interpreter and by generated code. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Numeric} from '../../base/numeric.js';
import { parseNumeric } from '../../base/numeric.js';
import { types } from '../../base/types.js';
import type { PhysicalPlan, PlanColumn } from '../../planner/physical-plan.js';
import { and, asc, bool, codeOf, columnOf, constant, desc, int, not, op, operatorFunction, or, parameter, TestDatabase, text } from './fixture.js';

const numeric = (value: string): Numeric => parseNumeric(value)!;

describe.each(['interpreted', 'generated'] as const)('%s', (mode) => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await TestDatabase.open({ pageSizeBytes: 512 });
    db.options = { mode, shape: { mode: 'array', convert: [] }, instrument: false };
    db.createTable('item', {
      columns: { id: 'int4', name: 'text', price: 'numeric(10,2)', kind: 'int4' }, key: ['id'],
      indexes: [{ name: 'item_kind', columns: ['kind'], include: ['name'] }, { name: 'item_name', columns: ['name'], unique: true }],
    });
    db.insertRows('item', Array.from({ length: 30 }, (_, i) => [i, i % 7 === 3 ? null : `n${i}`, i % 5 === 2 ? null : numeric(`${i}.25`), i % 4]));
    db.createTable('tag', { columns: { item: 'int4', tag: 'text' } });
    db.insertRows('tag', [[1, 'a'], [1, 'b'], [2, 'a'], [50, 'x'], [null, 'y']]);
  });
  afterEach(async () => {
    await db.close();
  });
  const sorted = (rows: unknown[]): unknown[] => rows.map((row) => JSON.stringify(row)).sort();

  test('scan, filter, project', () => {
    const { plan, c } = db.scan('item', { filter: (x) => and(op(x['id']!, '>=', int(3)), op(x['id']!, '<', int(6))) });
    const projected = db.project(plan, [op(c['id']!, '*', int(2)), c['name']!, { kind: 'isNull', arg: c['price']!, isRow: false, negated: false, type: types.bool, offset: -1 }]);
    expect(db.exec(projected.plan)).toEqual([[6, null, false], [8, 'n4', false], [10, 'n5', false]]);
    expect(db.exec(db.scan('item', { reverse: true, columns: ['id'], filter: (x) => op(x['id']!, '<', int(3)) }).plan)).toEqual([[2], [1], [0]]);
  });

  test('numerics of few digits are exact', () => {
    const { plan, c } = db.scan('item', { columns: ['id', 'price'], filter: (x) => op(x['id']!, '<', int(4)) });
    const doubled = op(op(c['price']!, '*', constant(numeric('1.10'), types.numeric)), '-', constant(numeric('0.5'), types.numeric));
    const rows = db.exec(db.project(plan, [doubled]).plan) as (Numeric | null)[][];
    expect(rows.map(([value]) => value?.toString() ?? null)).toEqual(['-0.2250', '0.8750', null, '3.0750']);
    const total = db.aggregate(db.scan('item').plan, [], []);
    expect(db.exec(total.plan)).toEqual([[]]);
    const scan = db.scan('item', { columns: ['price'] });
    const sums = db.exec(db.aggregate(scan.plan, [], [{ name: 'sum', args: [scan.c['price']!] }, { name: 'avg', args: [scan.c['price']!] }, { name: 'count', args: [scan.c['price']!] }, { name: 'min', args: [scan.c['price']!] }]).plan) as unknown[][];
    expect(sums[0]!.map(String)).toEqual(['354.00', '14.7500000000000000', '24', '0.25']);
  });

  test('index scans: point, ranges, IN list, reverse, index-only, secondary unique', () => {
    expect(db.exec(db.indexScan('item', 'item_pkey', [{ equal: [{ value: int(7), isNullTest: false }] }], { isPoint: true, columns: ['id', 'name'] }).plan)).toEqual([[7, 'n7']]);
    expect(db.exec(db.indexScan('item', 'item_pkey', [{ equal: [{ value: int(99), isNullTest: false }] }], { isPoint: true }).plan)).toEqual([]);
    expect(db.exec(db.indexScan('item', 'item_pkey', [{ equal: [{ value: int(null), isNullTest: false }] }], { isPoint: true }).plan)).toEqual([]);
    expect(db.exec(db.indexScan('item', 'item_name', [{ equal: [{ value: text('n9'), isNullTest: false }] }], { isPoint: true, columns: ['id'] }).plan)).toEqual([[9]]);
    expect(db.exec(db.indexScan('item', 'item_name', [{ equal: [{ value: text(null), isNullTest: true }] }], { columns: ['id'] }).plan)).toEqual([[3], [10], [17], [24]]);
    const range = { low: { value: int(5), inclusive: false }, high: { value: int(8), inclusive: true } };
    expect(db.exec(db.indexScan('item', 'item_pkey', [range], { columns: ['id'] }).plan)).toEqual([[6], [7], [8]]);
    expect(db.exec(db.indexScan('item', 'item_pkey', [range], { columns: ['id'], reverse: true }).plan)).toEqual([[8], [7], [6]]);
    expect(db.exec(db.indexScan('item', 'item_kind', [{ equal: [{ value: int(2), isNullTest: false }] }], { columns: ['name', 'kind'], indexOnly: true, filter: (c) => op(c['name']!, '>', text('n2')) }).plan)).toEqual([['n2', 2], ['n6', 2], ['n14', 2], ['n18', 2], ['n22', 2], ['n26', 2]].filter(([name]) => (name as string) > 'n2').map((row) => row).sort((a, b) => Number((a[0] as string).slice(1)) - Number((b[0] as string).slice(1))));
    const list = constant({ elementType: 23, dims: [4], lowerBounds: [1], elements: [9, 4, null, 9] } as never, types.int4Array);
    expect(db.exec(db.indexScan('item', 'item_pkey', [{ anyOf: list }], { columns: ['id'] }).plan)).toEqual([[4], [9]]);
  });

  test('conditions over NULL are three-valued', () => {
    const ids = (filter: Parameters<typeof db.filter>[1], plan: PhysicalPlan): unknown[] => db.exec(db.project(db.filter(plan, filter), [columnOf(plan.output[0]!)]).plan);
    const { plan, c } = db.scan('item', { columns: ['id', 'name'], filter: (x) => op(x['id']!, '<', int(5)) });
    const isN4 = op(c['name']!, '=', text('n4'));
    expect(ids(isN4, plan)).toEqual([[4]]);
    expect(ids(not(isN4), plan)).toEqual([[0], [1], [2]]);
    expect(ids(or(isN4, { kind: 'isNull', arg: c['name']!, isRow: false, negated: false, type: types.bool, offset: -1 }), plan)).toEqual([[3], [4]]);
    expect(ids({ kind: 'isBoolean', arg: isN4, test: 'true', negated: true, type: types.bool, offset: -1 }, plan)).toEqual([[0], [1], [2], [3]]);
    expect(ids({ kind: 'isBoolean', arg: or(isN4, bool(null)), test: 'unknown', negated: false, type: types.bool, offset: -1 }, plan)).toEqual([[0], [1], [2], [3]]);
  });

  test('parameters', () => {
    const { plan } = db.scan('item', { columns: ['id', 'name'], filter: (x) => or(op(x['id']!, '=', parameter(0, types.int4)), op(x['name']!, '=', parameter(1, types.text))) });
    expect(db.exec(plan, [3, 'n5'])).toEqual([[3, null], [5, 'n5']]);
    expect(db.exec(plan, [null, null])).toEqual([]);
  });

  test('joins of every kind by hashing and by nested loops', () => {
    for (const algorithm of ['hash', 'loop'] as const) {
      for (const join of ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const) {
        const left = db.scan('item', { columns: ['id'], filter: (x) => op(x['id']!, '<', int(4)) });
        const right = db.scan('tag');
        const output: PlanColumn[] = join === 'semi' || join === 'anti' ? [...left.plan.output] : [...left.plan.output, ...right.plan.output];
        const condition = op(left.c['id']!, '=', right.c['item']!);
        const base = { join, left: left.plan, right: right.plan, output, estimate: left.plan.estimate };
        const plan: PhysicalPlan =
          algorithm === 'hash'
            ? { ...base, kind: 'hashJoin', leftKeys: [left.c['id']!], rightKeys: [right.c['item']!], residual: undefined, nullAware: false }
            : { ...base, kind: 'nestedLoop', condition, isLateral: false };
        const matched = [[1, 1, 'a'], [1, 1, 'b'], [2, 2, 'a']];
        const leftOnly = [[0, null, null], [3, null, null]];
        const rightOnly = [[null, 50, 'x'], [null, null, 'y']];
        const expected = { inner: matched, left: [...matched, ...leftOnly], right: [...matched, ...rightOnly], full: [...matched, ...leftOnly, ...rightOnly], semi: [[1], [2]], anti: [[0], [3]] };
        expect(sorted(db.exec(plan)), `${algorithm} ${join}`).toEqual(sorted(expected[join]));
      }
    }
  });

  test('a join with a residual condition keeps outer rows whose partners all fail it', () => {
    const left = db.scan('item', { columns: ['id'], filter: (x) => op(x['id']!, '<', int(3)) });
    const right = db.scan('tag');
    const plan: PhysicalPlan = {
      kind: 'hashJoin', join: 'left', left: left.plan, right: right.plan, leftKeys: [left.c['id']!], rightKeys: [right.c['item']!], residual: op(right.c['tag']!, '=', text('b')), nullAware: false,
      output: [...left.plan.output, ...right.plan.output], estimate: left.plan.estimate,
    };
    expect(sorted(db.exec(plan))).toEqual(sorted([[0, null, null], [1, 1, 'b'], [2, null, null]]));
  });

  test('NOT IN knows about NULL', () => {
    const left = db.scan('item', { columns: ['id'], filter: (x) => op(x['id']!, '<', int(3)) });
    const notIn = (filter?: (c: Readonly<Record<string, ReturnType<typeof int>>>) => ReturnType<typeof int>): unknown[] => {
      const right = db.scan('tag', filter === undefined ? {} : { filter });
      return db.exec({
        kind: 'hashJoin', join: 'anti', left: left.plan, right: right.plan, leftKeys: [left.c['id']!], rightKeys: [right.c['item']!], residual: undefined, nullAware: true, output: left.plan.output, estimate: left.plan.estimate,
      });
    };
    expect(notIn()).toEqual([]);
    expect(notIn((c) => op(c['tag']!, '<>', text('y')))).toEqual([[0]]);
    expect(notIn((c) => op(c['tag']!, '=', text('none')))).toEqual([[0], [1], [2]]);
  });

  test('lateral nested loops with index lookups', () => {
    for (const join of ['inner', 'left', 'semi', 'anti'] as const) {
      const left = db.scan('tag');
      const right = db.indexScan('item', 'item_pkey', [{ equal: [{ value: left.c['item']!, isNullTest: false }] }], { isPoint: true, columns: ['name'] });
      const plan: PhysicalPlan = {
        kind: 'nestedLoop', join, left: left.plan, right: right.plan, condition: undefined, isLateral: true, estimate: left.plan.estimate,
        output: join === 'semi' || join === 'anti' ? left.plan.output : [...left.plan.output, ...right.plan.output],
      };
      const expected = {
        inner: [[1, 'a', 'n1'], [1, 'b', 'n1'], [2, 'a', 'n2']], left: [[1, 'a', 'n1'], [1, 'b', 'n1'], [2, 'a', 'n2'], [50, 'x', null], [null, 'y', null]],
        semi: [[1, 'a'], [1, 'b'], [2, 'a']], anti: [[50, 'x'], [null, 'y']],
      };
      expect(db.exec(plan), join).toEqual(expected[join]);
    }
  });

  test('grouping, HAVING, DISTINCT aggregates, FILTER, ORDER BY inside', () => {
    const { plan, c } = db.scan('item');
    const grouped = db.aggregate(plan, [c['kind']!], [{ name: 'count' }, { name: 'sum', args: [c['id']!] }, { name: 'max', args: [c['id']!] }, { name: 'count', args: [c['name']!], filter: op(c['id']!, '<', int(10)) }]);
    const having = db.filter(grouped.plan, op(grouped.columns[1]!, '>', constant(7, types.int8)));
    expect(sorted(db.exec(having))).toEqual(sorted([[0, 8, 112, 28, 3], [1, 8, 120, 29, 3]]));
    const scan = db.scan('tag');
    const distinct = db.aggregate(scan.plan, [], [{ name: 'count', args: [scan.c['tag']!], distinct: true }, { name: 'string_agg', args: [scan.c['tag']!, text(',')], orderBy: [desc(scan.c['tag']!)] }]);
    expect(db.exec(distinct.plan)).toEqual([[4, 'y,x,b,a,a']]);
    const none = db.scan('tag', { filter: () => bool(false) });
    expect(db.exec(db.aggregate(none.plan, [], [{ name: 'count' }, { name: 'sum', args: [none.c['item']!] }]).plan)).toEqual([[0, null]]);
    expect(db.exec(db.aggregate(none.plan, [none.c['tag']!], [{ name: 'count' }]).plan)).toEqual([]);
  });

  test('sort by several keys with NULLs, top-N, LIMIT and OFFSET', () => {
    const { plan, c } = db.scan('item', { columns: ['id', 'name', 'kind'], filter: (x) => op(x['id']!, '<', int(6)) });
    const order = [asc(c['kind']!), desc(c['name']!)];
    const all = db.exec(db.sort(plan, order));
    expect(all).toEqual([[4, 'n4', 0], [0, 'n0', 0], [5, 'n5', 1], [1, 'n1', 1], [2, 'n2', 2], [3, null, 3]]);
    expect(db.exec(db.sort(plan, order, int(2)))).toEqual(all.slice(0, 2));
    expect(db.exec(db.limit(db.sort(plan, order), 2, 3))).toEqual(all.slice(3, 5));
    const narrow = { ...db.sort(plan, order, int(2)), output: [plan.output[0]!] };
    expect(db.exec(narrow), 'keys that are not in the output of a bounded sort').toEqual([[4], [0]]);
    expect(db.exec(db.limit(db.scan('item', { columns: ['id'] }).plan, 3, 4))).toEqual([[4], [5], [6]]);
    expect(db.exec(db.limit(plan, 0))).toEqual([]);
    expect(codeOf(() => db.exec(db.limit(plan, -1)))).toBe('2201W');
  });

  test('DISTINCT, UNION ALL, INTERSECT, EXCEPT', () => {
    const { plan, c } = db.scan('tag');
    const tags = db.project(plan, [c['tag']!]);
    expect(sorted(db.exec({ kind: 'distinct', input: tags.plan, on: [], strategy: 'hash', output: tags.plan.output, estimate: plan.estimate }))).toEqual(sorted([['a'], ['b'], ['x'], ['y']]));
    const other = db.values([types.text], [['a'], ['z'], ['a'], [null]]);
    const output = [{ id: db.columnId(), name: 'tag', type: types.text }];
    const ids = (p: PhysicalPlan): number[] => p.output.map((column) => column.id);
    expect(db.exec({ kind: 'append', inputs: [tags.plan, other.plan], inputColumns: [ids(tags.plan), ids(other.plan)], output, estimate: plan.estimate })).toHaveLength(9);
    const setOperation = (operation: 'intersect' | 'except', all: boolean): unknown[] =>
      db.exec({ kind: 'setOperation', operation, all, left: tags.plan, right: other.plan, leftColumns: ids(tags.plan), rightColumns: ids(other.plan), output: [{ id: db.columnId(), name: 't', type: types.text }], estimate: plan.estimate });
    expect(setOperation('intersect', true)).toEqual([['a'], ['a']]);
    expect(setOperation('intersect', false)).toEqual([['a']]);
    expect(setOperation('except', false)).toEqual([['b'], ['x'], ['y']]);
  });

  test('subqueries: scalar, EXISTS, IN, correlated and not', () => {
    const outer = db.scan('item', { columns: ['id'], filter: (x) => op(x['id']!, '<', int(4)) });
    const inner = db.scan('tag', { filter: (x) => op(x['item']!, '=', outer.c['id']!) });
    const counted = db.aggregate(inner.plan, [], [{ name: 'count' }]);
    const countId = counted.plan.output[0]!.id;
    const scalar = { kind: 'subquery' as const, subkind: 'scalar' as const, plan: counted.plan, columns: [countId], outer: [(outer.c['id'] as { id: number }).id], comparison: undefined, hashable: undefined, type: types.int8, offset: -1 };
    expect(db.exec(db.project(outer.plan, [outer.c['id']!, scalar]).plan)).toEqual([[0, 0], [1, 2], [2, 1], [3, 0]]);
    const exists = { ...scalar, subkind: 'exists' as const, plan: inner.plan, columns: [], type: types.bool };
    expect(db.exec(db.filter(outer.plan, exists))).toEqual([[1], [2]]);
    const all = db.scan('tag', { columns: ['item'] });
    const item = all.c['item']!;
    const any = { ...scalar, subkind: 'any' as const, plan: all.plan, columns: [(item as { id: number }).id], outer: [], comparison: op(outer.c['id']!, '=', item), hashable: { left: [outer.c['id']!] }, type: types.bool };
    expect(db.exec(db.filter(outer.plan, any))).toEqual([[1], [2]]);
    expect(db.exec(db.filter(outer.plan, not(any)))).toEqual([]);
    const several = { ...scalar, plan: all.plan, columns: any.columns, outer: [], type: types.int4 };
    expect(codeOf(() => db.exec(db.project(outer.plan, [several]).plan))).toBe('21000');
  });

  test('CASE, COALESCE, GREATEST, IN lists, IS DISTINCT FROM, arrays, rows', () => {
    const { plan, c } = db.scan('item', { columns: ['id', 'name', 'kind'], filter: (x) => op(x['id']!, '<', int(5)) });
    const equals = operatorFunction('=', types.int4, types.int4);
    const lessThan = operatorFunction('<', types.int4, types.int4);
    const base = { offset: -1 };
    const rows = db.exec(db.project(plan, [
      { kind: 'case', branches: [{ when: op(c['id']!, '=', int(1)), then: text('one') }, { when: op(c['name']!, '=', text('n2')), then: text('two') }], otherwise: text(null), type: types.text, ...base },
      { kind: 'coalesce', args: [c['name']!, text('none')], type: types.text, ...base },
      { kind: 'greatest', args: [c['kind']!, int(2), int(null)], lessThan, type: types.int4, ...base },
      { kind: 'inList', arg: c['id']!, list: [int(1), int(3)], equals, negated: false, type: types.bool, ...base },
      { kind: 'inList', arg: c['id']!, list: [int(1), int(null)], equals, negated: true, type: types.bool, ...base },
      { kind: 'isDistinct', left: c['name']!, right: text('n4'), equals: operatorFunction('=', types.text, types.text), negated: false, type: types.bool, ...base },
      { kind: 'rowCompare', left: [c['kind']!, c['id']!], right: [int(1), int(1)], operator: '<=', lessThan: [lessThan, lessThan], equals: [equals, equals], type: types.bool, ...base },
    ]).plan);
    expect(rows).toEqual([
      [null, 'n0', 2, false, null, true, true], ['one', 'n1', 2, true, false, true, true], ['two', 'n2', 2, false, null, true, false], [null, 'none', 3, true, null, true, false], [null, 'n4', 2, false, null, false, true],
    ]);
  });

  test('recursive union', () => {
    const seed = db.values([types.int4], [[1]]);
    const workId = db.columnId();
    const work: PhysicalPlan = { kind: 'workTableScan', cte: 0, name: 'r', columns: [{ id: workId, position: 0 }], filter: undefined, output: [{ id: workId, name: 'n', type: types.int4 }], estimate: seed.plan.estimate };
    const n = columnOf(work.output[0]!);
    const term = db.project(db.filter(work, op(n, '<', int(100))), [op(n, '*', int(2))]);
    const output = [{ id: db.columnId(), name: 'n', type: types.int4 }];
    expect(db.exec({ kind: 'recursiveUnion', cte: 0, all: true, seed: seed.plan, term: term.plan, seedColumns: [seed.plan.output[0]!.id], termColumns: [term.plan.output[0]!.id], output, estimate: seed.plan.estimate })).toEqual([1, 2, 4, 8, 16, 32, 64, 128].map((value) => [value]));
  });

  test('rows as objects: a column named __proto__ is plain data', () => {
    db.options = { ...db.options, shape: { mode: 'object', convert: [undefined, (value) => `<${String(value)}>`, undefined] } };
    const { plan, columns } = db.values([types.int4, types.text, types.int4], [[1, 'x', 2]]);
    const result = ['a', '__proto__', 'a'].map((name, i) => ({ id: (columns[i] as { id: number }).id, name, type: types.int4 }));
    const [row] = db.run(db.begin(), plan, [], { result }) as Record<string, unknown>[];
    expect(Object.keys(row!)).toEqual(['a', '__proto__']);
    expect(row!['a']).toBe(2);
    expect(Object.getOwnPropertyDescriptor(row, '__proto__')?.value).toBe('<x>');
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  test('DISTINCT of an input that is known to be empty', () => {
    const { plan } = db.values([types.int4, types.text], []);
    expect(db.exec({ kind: 'distinct', input: plan, on: [], strategy: 'hash', output: plan.output, estimate: plan.estimate })).toEqual([]);
  });

  test('rows as objects: hostile names of columns are names and nothing else', () => {
    db.options = { ...db.options, shape: { mode: 'object', convert: [] } };
    const names = ['x', 'C', 'two words', '?column?', '1', 'a"b', '"]: 1, [process.exit()', 'a\\', 'line\nbreak', '${x}', '*/', 'ünï', 'constructor', '', 'a'.repeat(80)];
    const { plan, columns } = db.values(names.map(() => types.int4), [names.map((_, i) => i)]);
    const result = names.map((name, i) => ({ id: (columns[i] as { id: number }).id, name, type: types.int4 }));
    const [row] = db.run(db.begin(), plan, [], { result }) as Record<string, unknown>[];
    expect(row).toEqual(Object.fromEntries(names.map((name, i) => [name, i])));
  });

  test('a slice ends, a quota is kept, a cancel is met', () => {
    // The clock is looked at after every batch.
    db.timeSliceMs = 0;
    db.clock.perLook = 1;
    const tx = db.begin();
    tx.beginStatement({ text: 'q' });
    const execution = db.start(tx, db.scan('item', { columns: ['id'] }).plan);
    const seen: unknown[] = [];
    let slices = 0;
    for (;;) {
      const result = execution.step(4);
      expect(execution.rows.length).toBeLessThanOrEqual(4);
      seen.push(...execution.takeRows());
      if (result === 'done') break;
      if (result === 'slice') slices++;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => [i]));
    if (mode === 'generated') {
      expect(slices).toBeGreaterThan(2);
      // Once at the beginning of a slice that is longer than so few rows could take.
      db.timeSliceMs = 2;
      const before = db.clock.time;
      expect(db.start(tx, db.scan('item', { columns: ['id'] }).plan).step(Infinity)).toBe('done');
      expect(db.clock.time - before).toBe(1);
      db.timeSliceMs = 0;
    }
    db.cancelled = true;
    const scan = db.scan('item', { columns: ['id'] });
    expect(codeOf(() => db.start(tx, db.aggregate(scan.plan, [], [{ name: 'count' }]).plan).step(Infinity))).toBe('57014');
    db.cancelled = false;
    tx.endStatement();
    tx.rollback();
  });
});
