/**
 * Shows that generated code computes what the interpreter computes: random expressions over random rows (NULLs everywhere, values at the edges of exactness),
 * random plans over random tables, with memory so small that everything spills, pages so small that a batch is a few rows, and pauses anywhere.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { Numeric, parseNumeric } from '../../base/numeric.js';
import { sqlType, types, type SqlType } from '../../base/types.js';
import { GeneratedPlans } from '../../executor/codegen/generated-plans.js';
import { compile } from '../../executor/compile.js';
import type { CompileOptions } from '../../executor/execution.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { AggregateCall, BoundExpression, SortKey, WindowCall, WindowFrame } from '../../planner/expression.js';
import type { PhysicalPlan, PlanColumn } from '../../planner/physical-plan.js';
import { forEachPlan } from '../../planner/physical-tools.js';
import { aggregateNamed, asc, columnOf, constant, op, operatorFunction, TestDatabase, typeNamed, windowNamed } from './fixture.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.open({ pageSizeBytes: 512, columnCacheBytes: 100_000 });
});
const tally = { rows: 0, errors: new Map<string, number>() };
afterAll(async () => {
  if (process.env['FC_STATS'] !== undefined) console.log(tally, db.spill.madeCount, db.spill.bytesWritten);
  await db.close();
});

/** A value as text that tells apart what SQL tells apart: representation, scale, the sign of zero. */
function show(value: unknown): string {
  if (value instanceof Numeric) return `numeric ${typeof value.coefficient} ${value.toString()} scale ${value.scale}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

const numeric102 = typeNamed('numeric(10,2)');
const numeric150 = typeNamed('numeric(15,4)');
const char6 = typeNamed('char(6)');
const columnTypes: readonly SqlType[] = [types.int4, types.int8, types.text, numeric102, numeric150, types.float8, types.bool, types.numeric, char6, types.date];

const decimal = (scale: number, digits: number): fc.Arbitrary<Datum> =>
  fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }).map((coefficient) => Numeric.of(coefficient, scale));

function valueOf(type: SqlType): fc.Arbitrary<Datum> {
  const plain = ((): fc.Arbitrary<Datum> => {
    if (type === types.int4) return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -10000, max: 10000 }));
    if (type === types.int8) return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom<Datum>(9007199254740991, -9007199254740991, 9007199254740992n, -9007199254740993n, 4503599627370496));
    if (type === types.text) return fc.constantFrom('', 'a', 'b', 'ab', 'z', '\u00e9', '\uffff', '\u{1f600}', 'a'.repeat(40));
    if (type === numeric102) return fc.oneof(decimal(2, 10), fc.integer({ min: -300, max: 300 }).map((n) => Numeric.of(n, 2)), fc.constant(Numeric.NaN));
    if (type === numeric150) return fc.oneof(decimal(4, 15), fc.integer({ min: -30, max: 30 }).map((n) => Numeric.of(n, 4)));
    if (type === types.float8) return fc.constantFrom<Datum>(0, -0, 1.5, -2, 1e10, NaN, Infinity, -Infinity);
    if (type === types.bool) return fc.boolean();
    if (type === char6) return fc.constantFrom('a', 'b', 'ab', '', 'a b', '\u00e9').map((text) => text.padEnd(6));
    if (type === types.date) return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom<Datum>(Infinity, -Infinity, 9131));
    return fc.constantFrom(...['0', '1.0', '1.00', '-3.25', '123456789012345678901234567890.5', 'NaN'].map((text) => parseNumeric(text)!));
  })();
  return fc.option(plain, { nil: null, freq: 8 });
}

/** Expressions of a type over `columns`, which raise no error. */
function expressionOf(columns: readonly BoundExpression[]): (type: SqlType, depth: number) => fc.Arbitrary<BoundExpression> {
  const base = { offset: -1 };
  const isNumeric = (type: SqlType): boolean => type.oid === 1700;
  const make = (type: SqlType, depth: number): fc.Arbitrary<BoundExpression> => {
    const sameType = columns.filter((column) => column.type.oid === type.oid);
    const leaves: fc.Arbitrary<BoundExpression>[] = [valueOf(isNumeric(type) ? numeric102 : type).map((value) => constant(value, isNumeric(type) ? types.numeric : type))];
    if (sameType.length > 0) leaves.push(fc.constantFrom(...sameType), fc.constantFrom(...sameType));
    if (depth === 0) return fc.oneof(...leaves);
    const sub = (t: SqlType): fc.Arbitrary<BoundExpression> => fc.oneof({ weight: 1, arbitrary: make(t, 0) }, { weight: 2, arbitrary: make(t, depth - 1) });
    const options = [...leaves];
    options.push(
      fc.tuple(fc.array(fc.tuple(sub(types.bool), sub(type)), { minLength: 1, maxLength: 2 }), sub(type)).map(([branches, otherwise]): BoundExpression => ({
        kind: 'case', branches: branches.map(([when, then]) => ({ when, then })), otherwise, type, ...base,
      })),
      fc.array(sub(type), { minLength: 1, maxLength: 3 }).map((args): BoundExpression => ({ kind: 'coalesce', args, type, ...base })),
    );
    if (type !== types.bool) {
      options.push(fc.tuple(fc.constantFrom('greatest' as const, 'least' as const), fc.array(sub(type), { minLength: 1, maxLength: 3 })).map(([kind, args]): BoundExpression => ({
        kind, args, lessThan: operatorFunction('<', type, type), type, ...base,
      })));
    }
    if (isNumeric(type)) options.push(...['+', '-', '*'].map((name) => fc.tuple(sub(type), sub(type)).map(([a, b]) => op(a, name, b))));
    if (type === types.bool) {
      const operands = fc.constantFrom(...columnTypes).chain((t) => fc.tuple(sub(t), sub(t)));
      options.push(
        fc.tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>='), operands).map(([name, [a, b]]) => op(a, name, b)),
        fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(sub(type), { minLength: 2, maxLength: 3 })).map(([kind, args]): BoundExpression => ({ kind, args, type, ...base })),
        sub(type).map((arg): BoundExpression => ({ kind: 'not', arg, type, ...base })),
        fc.tuple(sub(types.text), fc.constantFrom('~~', '!~~'), fc.constantFrom('', '%', 'a%', '%b', '%a%', 'a', '%a%b%', '%\u00e9', 'a_', '%\\%', 'aa%aa')).map(([arg, name, pattern]) => op(arg, name, constant(pattern, types.text))),
        fc.tuple(fc.constantFrom(...columnTypes).chain(sub), fc.boolean()).map(([arg, negated]): BoundExpression => ({ kind: 'isNull', arg, isRow: false, negated, type, ...base })),
        fc.tuple(sub(type), fc.constantFrom('true' as const, 'false' as const, 'unknown' as const), fc.boolean()).map(([arg, test, negated]): BoundExpression => ({ kind: 'isBoolean', arg, test, negated, type, ...base })),
        fc.tuple(operands, fc.boolean()).map(([[left, right], negated]): BoundExpression => ({ kind: 'isDistinct', left, right, equals: operatorFunction('=', left.type, right.type), negated, type, ...base })),
        fc.tuple(fc.constantFrom(...columnTypes).chain((t) => fc.tuple(sub(t), fc.array(fc.oneof(sub(t), make(t, 0)), { minLength: 1, maxLength: 6 }))), fc.boolean()).map(([[arg, list], negated]): BoundExpression => ({
          kind: 'inList', arg, list, equals: operatorFunction('=', arg.type, arg.type), negated, type, ...base,
        })),
        fc.tuple(operands, operands, fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const)).map(([[a, b], [c, d], operator]): BoundExpression => ({
          kind: 'rowCompare', left: [a, c], right: [b, d], operator, lessThan: [operatorFunction('<', a.type, b.type), operatorFunction('<', c.type, d.type)], equals: [operatorFunction('=', a.type, b.type), operatorFunction('=', c.type, d.type)], type, ...base,
        })),
      );
    }
    return fc.oneof(...options);
  };
  return make;
}

function outcome(tx: Transaction, plan: PhysicalPlan, options: CompileOptions, quota = Infinity): string[] | string {
  tx.beginStatement({ text: 'test' });
  const execution = compile(db.planned(plan), options).start(db.request(tx));
  const rows: string[] = [];
  try {
    for (;;) {
      const step = execution.step(quota);
      rows.push(...execution.takeRows().map(show));
      if (step === 'done') {
        tally.rows += rows.length;
        return rows;
      }
    }
  } catch (error) {
    if (!(error instanceof DbError) || error.code.startsWith('XX')) throw error;
    tally.errors.set(error.code, (tally.errors.get(error.code) ?? 0) + 1);
    return error.code;
  } finally {
    execution.close();
    tx.endStatement();
  }
}
const interpreted: CompileOptions = { mode: 'interpreted', shape: { mode: 'array', convert: [] }, instrument: false };
const generated: CompileOptions = { ...interpreted, mode: 'generated' };
const overRows: CompileOptions = { ...generated, columns: false };

const tableNames = ['i', 'l', 't', 'n', 'm', 'f', 'b', 'x', 'c', 'd'];
const tableTypes = ['int4', 'int8', 'text', 'numeric(10,2)', 'numeric(15,4)', 'float8', 'bool', 'numeric', 'char(6)', 'date'];
const made = new Map<string, string>();
/** A table of all column types; the ones with the same NOT NULL columns and number are one and the same. */
function randomTable(number: number, notNull: readonly boolean[]): string {
  const key = `${number} ${notNull.join()}`;
  let name = made.get(key);
  if (name === undefined) {
    made.set(key, (name = `r${made.size}`));
    db.createTable(name, {
      columns: Object.fromEntries(tableNames.map((column, i) => [column, `${tableTypes[i]}${notNull[i] === true ? '!' : ''}`])),
      indexes: [{ name: `${name}_i`, columns: ['i'] }, { name: `${name}_t`, columns: ['t'] }],
    });
  }
  return name;
}

/**
 * Runs `body` over tables with these rows, and empties them again. The rows are committed, or `body` runs in the transaction that inserted them: then they
 * come from its write set instead of pages.
 */
function withRows(tables: readonly { readonly name: string; readonly rows: readonly (readonly Datum[])[]; readonly notNull: readonly boolean[] }[], isCommitted: boolean, body: (tx: Transaction) => void): void {
  const insert = (tx: Transaction): void => {
    for (const { name, rows, notNull } of tables) {
      const fitting = rows.filter((row) => row.every((value, i) => value !== null || notNull[i] !== true));
      if (fitting.length > 0) db.run(tx, db.insert(name, fitting));
    }
  };
  const tx = db.begin();
  insert(tx);
  if (!isCommitted) {
    try {
      body(tx);
    } finally {
      tx.rollback();
    }
    return;
  }
  tx.commitSync();
  const reader = db.begin();
  try {
    body(reader);
  } finally {
    reader.rollback();
    for (const { name } of tables) db.exec(db.delete(name));
  }
}
const rowArbitrary = fc.tuple(...columnTypes.map((type) => valueOf(type))) as fc.Arbitrary<Datum[]>;
const runs = Number(process.env['FC_RUNS'] ?? 30);
const parameters = process.env['FC_SEED'] === undefined ? { numRuns: runs } : { numRuns: runs, seed: Number(process.env['FC_SEED']) };

test('expressions', () => {
  const columns = columnTypes.map((type, i): PlanColumn => ({ id: db.columnId(), name: `c${i}`, type }));
  const expression = fc.constantFrom(...columnTypes.filter((type) => type !== numeric102 && type !== numeric150)).chain((type) => expressionOf(columns.map(columnOf))(type, 3));
  fc.assert(
    fc.property(fc.array(rowArbitrary, { minLength: 1, maxLength: 4 }), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.array(expression, { minLength: 1, maxLength: 3 }), (rows, mask, expressions) => {
      const notNull = mask[0] === true ? notNullColumns : [];
      const name = randomTable(0, notNull);
      const table = db.table(name);
      const scan: PhysicalPlan = {
        kind: 'seqScan', table, alias: name, columns: columns.map((column, i) => ({ ...column, column: i })), filter: expressions.find((e) => e.type === types.bool), reverse: false, rowKey: undefined, sample: undefined,
        output: columns, estimate: { rows: 1, startupCost: 0, totalCost: 0, widthBytes: 0 },
      };
      const { plan } = db.project(scan, expressions);
      withRows([{ name, rows, notNull }], mask[1] === true, (tx) => expect(outcome(tx, plan, generated)).toEqual(outcome(tx, plan, interpreted)));
    }),
    { ...parameters, numRuns: parameters.numRuns * 4 },
  );
});

// ------------------------------------------------------------------------------------------------------------- plans

interface Built {
  readonly plan: PhysicalPlan;
  readonly columns: readonly PlanColumn[];
}

/** Random choices as a stream of small numbers, so that a plan can be built imperatively and still shrink. */
class Choices {
  readonly #numbers: readonly number[];
  #at = 0;
  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }
  below(end: number): number {
    return (this.#numbers[this.#at++] ?? 0) % end;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

function randomPlan(c: Choices, tables: readonly string[], depth: number): Built {
  const estimate = { rows: 1, startupCost: 0, totalCost: 0, widthBytes: 0 };
  if (depth === 0 || c.below(6) === 0) {
    const name = c.pick(tables);
    if (c.below(3) === 0) {
      const { plan } = db.indexScan(name, `${name}_${c.pick(['i', 't'])}`, [{}], { reverse: c.below(2) === 0 });
      return { plan, columns: plan.output };
    }
    const { plan } = db.scan(name, { reverse: c.below(4) === 0 });
    return { plan, columns: plan.output };
  }
  const input = randomPlan(c, tables, depth - 1);
  const column = (of: Built = input, type?: SqlType): BoundExpression => {
    const fitting = type === undefined ? of.columns : of.columns.filter((candidate) => candidate.type.oid === type.oid);
    return fitting.length === 0 ? constant(null, type ?? types.int4) : columnOf(c.pick(fitting));
  };
  const condition = (a: Built, b: Built = a): BoundExpression => {
    const left = column(a);
    const right = b === a && c.below(8) === 0 ? constant(null, left.type) : column(b, left.type);
    return op(left, c.pick(['=', '<>', '<', '>=']), right);
  };
  const passing = (plan: PhysicalPlan): Built => ({ plan, columns: plan.output });
  switch (c.below(10)) {
    case 0:
      return passing(db.filter(input.plan, condition(input)));
    case 1: {
      const keys: SortKey[] = Array.from({ length: 1 + c.below(3) }, () => ({ expression: column(), descending: c.below(2) === 0, nullsFirst: c.below(2) === 0, collation: undefined }));
      return passing(db.sort(input.plan, [...keys, ...input.columns.map((each) => asc(columnOf(each)))], c.below(2) === 0 ? constant(c.below(12), types.int8) : undefined));
    }
    case 2: {
      const groupBy = Array.from({ length: c.below(3) }, () => column());
      const calls: AggregateCall[] = Array.from({ length: 1 + c.below(3) }, () => {
        const name = c.pick(['count', 'sum', 'min', 'max', 'avg']);
        const candidates = input.columns.filter(({ type }) => name === 'count' || (type.oid !== 16 && (name === 'min' || name === 'max' || ![25, 701, 1042, 1082].includes(type.oid))));
        if (candidates.length === 0) return { id: db.columnId(), type: types.int8, function: aggregateNamed('count', []), args: [], isDistinct: false, orderBy: [], filter: undefined, directArgs: [] };
        const arg = columnOf(c.pick(candidates));
        const definition = aggregateNamed(name, [arg.type]);
        return { id: db.columnId(), type: sqlType(definition.returns), function: definition, args: [arg], isDistinct: c.below(4) === 0, orderBy: [], filter: c.below(4) === 0 ? condition(input) : undefined, directArgs: [] };
      });
      const groups = groupBy.map((expression) => ({ id: db.columnId(), expression }));
      const output: PlanColumn[] = [...groups.map(({ id, expression }) => ({ id, name: 'g', type: expression.type })), ...calls.map(({ id, type }) => ({ id, name: 'a', type }))];
      if (groups.length > 0 && c.below(3) === 0) {
        const sorted = db.sort(input.plan, groupBy.map((expression) => asc(expression)));
        return passing({ kind: 'aggregate', input: sorted, groupBy: groups, groupingSets: undefined, groupingCalls: [], calls, strategy: 'sorted', determined: new Set(), output, estimate });
      }
      return passing({ kind: 'aggregate', input: input.plan, groupBy: groups, groupingSets: undefined, groupingCalls: [], calls, strategy: groups.length === 0 ? 'plain' : 'hash', determined: new Set(), output, estimate });
    }
    case 3: {
      const projected = db.project(input.plan, Array.from({ length: 1 + c.below(3) }, () => column()));
      return passing({ kind: 'distinct', input: projected.plan, on: [], strategy: 'hash', output: projected.plan.output, estimate });
    }
    case 4:
    case 5: {
      const right = randomPlan(c, tables, depth - 1);
      const join = c.pick(['inner', 'left', 'right', 'full', 'semi', 'anti'] as const);
      const key = column();
      const other = column(right, key.type);
      const output = join === 'semi' || join === 'anti' ? input.plan.output : [...input.plan.output, ...right.plan.output];
      const residual = c.below(2) === 0 ? condition(input, right) : undefined;
      if (c.below(4) === 0) {
        const leftKeys = [column(input, types.int4), column(input, types.int4)];
        const rightKeys = [column(right, types.int4), column(right, types.int4)];
        return passing({ kind: 'hashJoin', join, left: input.plan, right: right.plan, leftKeys, rightKeys, residual, nullAware: false, output, estimate });
      }
      if (c.below(3) === 0) return passing({ kind: 'nestedLoop', join, left: input.plan, right: right.plan, condition: op(key, '=', other), isLateral: false, output, estimate });
      return passing({ kind: 'hashJoin', join, left: input.plan, right: right.plan, leftKeys: [key], rightKeys: [other], residual, nullAware: join === 'anti' && c.below(3) === 0, output, estimate });
    }
    case 6: {
      const name = c.pick(tables);
      const outer = column(input, types.int4);
      const { plan } = db.indexScan(name, `${name}_i`, [{ equal: [{ value: outer, isNullTest: false }] }]);
      const join = c.pick(['inner', 'left', 'semi', 'anti'] as const);
      const output = join === 'semi' || join === 'anti' ? input.plan.output : [...input.plan.output, ...plan.output];
      return passing({ kind: 'nestedLoop', join, left: input.plan, right: plan, condition: undefined, isLateral: true, output, estimate });
    }
    case 7: {
      const first = db.project(input.plan, [column(input, types.int4), column(input, types.text)]);
      const second = randomPlan(c, tables, depth - 1);
      const other = db.project(second.plan, [column(second, types.int4), column(second, types.text)]);
      const output = [types.int4, types.text].map((type) => ({ id: db.columnId(), name: 'u', type }));
      const ids = (plan: PhysicalPlan): number[] => plan.output.map((each) => each.id);
      if (c.below(2) === 0) return passing({ kind: 'append', inputs: [first.plan, other.plan], inputColumns: [ids(first.plan), ids(other.plan)], output, estimate });
      return passing({ kind: 'setOperation', operation: c.pick(['intersect', 'except'] as const), all: c.below(2) === 0, left: first.plan, right: other.plan, leftColumns: ids(first.plan), rightColumns: ids(other.plan), output, estimate });
    }
    case 8:
      return passing(randomWindow(c, input, () => column()));
    default: {
      const inner = db.scan(c.pick(tables));
      const outer = column(input, types.int4);
      const filtered = db.filter(inner.plan, op(inner.c['i']!, '=', outer));
      const subquery: BoundExpression = { kind: 'subquery', subkind: 'exists', plan: filtered, columns: [], outer: outer.kind === 'column' ? [outer.id] : [], comparison: undefined, hashable: undefined, type: types.bool, offset: -1 };
      return passing(db.filter(input.plan, subquery));
    }
  }
}

/** A window over input that is sorted by all its columns, so that frames of rows are the same however it was made. */
function randomWindow(c: Choices, input: Built, column: () => BoundExpression): PhysicalPlan {
  const partitionBy = Array.from({ length: c.below(3) }, column);
  const orderBy = Array.from({ length: c.below(3) }, () => asc(column()));
  const sorted = db.sort(input.plan, [...partitionBy.map((e) => asc(e)), ...orderBy, ...input.columns.map((each) => asc(columnOf(each)))]);
  const bound = (kind: WindowFrame['start']['kind']): WindowFrame['start'] => ({ kind, value: undefined });
  const calls = Array.from({ length: 1 + c.below(3) }, (): WindowCall => {
    const mode = c.pick(['rows', 'range', 'groups'] as const);
    const frame: WindowFrame = { mode, start: bound('unbounded preceding'), end: bound(c.pick(['current row', 'current row', 'unbounded following'])), exclude: c.pick(['no others', 'no others', 'no others', 'current row']), inRange: undefined };
    const numbering = c.pick(['row_number', 'rank', 'dense_rank', undefined, undefined, undefined]);
    if (numbering !== undefined) return { id: db.columnId(), type: types.int8, function: windowNamed(numbering), args: [], filter: undefined, frame };
    const name = c.pick(['count', 'sum', 'min', 'max', 'avg']);
    const fitting = input.columns.filter(({ type }) => (name === 'count' ? true : name === 'min' || name === 'max' ? [20, 23, 25, 1082].includes(type.oid) : [20, 23, 1700].includes(type.oid)));
    if (fitting.length === 0) return { id: db.columnId(), type: types.int8, function: aggregateNamed('count', []), args: [], filter: undefined, frame };
    const arg = columnOf(c.pick(fitting));
    const definition = aggregateNamed(name, [arg.type]);
    const filter = c.below(5) === 0 ? op(arg, '<>', arg) : undefined;
    return { id: db.columnId(), type: sqlType(definition.returns), function: definition, args: [arg], filter, frame };
  });
  const output = [...input.plan.output, ...calls.map(({ id, type }) => ({ id, name: 'w', type }))];
  return { kind: 'window', input: sorted, partitionBy, orderBy, calls, output, estimate: { rows: 1, startupCost: 0, totalCost: 0, widthBytes: 0 } };
}

/** Enough for every operator of these plans. */
const InMemoryBytes = 4 << 20;
const notNullColumns = [true, false, true, false, true, false, true, false, true, false];
const tableRows = fc.array(fc.array(rowArbitrary, { minLength: 6, maxLength: 30, size: 'max' }), { minLength: 2, maxLength: 2 });
const unordered = (rows: string[] | string): string[] | string => (typeof rows === 'string' ? rows : [...rows].sort());

/** Whether it gives one of several equal values for all: 1.0 or 1.00, 0 or -0. Which one is the first, and that is up to a join below, which gives its rows in another order when it spills. */
function choosesAmongEquals(plan: PhysicalPlan): boolean {
  let found = false;
  forEachPlan(plan, ({ kind }) => {
    found ||= kind === 'aggregate' || kind === 'distinct' || kind === 'setOperation';
  });
  return found;
}
/** Rows as `show` makes them, with one form for equal numbers. */
function withoutForm(rows: string[] | string): string[] | string {
  const digits = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  return typeof rows === 'string' ? rows : rows.map((row) => row.replace(/numeric \w+ (\S+) scale \d+/g, (_all, number: string) => `numeric ${digits(number)}`).replace(/-0(?=[,\]])/g, '0'));
}

const plansAgree = (name: string, workMemBytes: number, depth: number): void => {
  test(name, () => {
    db.workMemBytes = workMemBytes;
    fc.assert(
      fc.property(tableRows, fc.array(fc.nat(1000), { minLength: 10, maxLength: 40 }), fc.integer({ min: 1, max: 5 }), fc.boolean(), (tables, numbers, quota, isCommitted) => {
        const filled = tables.map((rows, i) => ({ name: randomTable(i, notNullColumns), rows, notNull: notNullColumns }));
        const { plan } = randomPlan(new Choices(numbers), filled.map(({ name }) => name), depth);
        withRows(filled, isCommitted, (tx) => {
          const isExact = workMemBytes >= InMemoryBytes || !choosesAmongEquals(plan);
          const run = (options: CompileOptions, given?: number): string[] | string => (isExact ? outcome(tx, plan, options, given) : withoutForm(outcome(tx, plan, options, given)));
          const expected = run(interpreted);
          const actual = run(generated);
          expect(unordered(actual)).toEqual(unordered(expected));
          if (plan.kind === 'sort') expect(actual).toEqual(expected);
          expect(unordered(run(generated, quota))).toEqual(unordered(expected));
          expect(unordered(run(overRows, quota))).toEqual(unordered(expected));
        });
        expect(db.spill.openCount).toBe(0);
      }),
      parameters,
    );
  });
};
plansAgree('plans in memory', InMemoryBytes, 3);
plansAgree('plans that spill at 1 KiB', 1 << 10, 3);
plansAgree('plans that spill at 64 bytes', 64, 2);

test('pauses between any two batches change nothing', () => {
  db.workMemBytes = 4 << 20;
  db.timeSliceMs = 0;
  db.clock.perLook = 1;
  try {
    fc.assert(
      fc.property(tableRows, fc.array(fc.nat(1000), { minLength: 10, maxLength: 30 }), (tables, numbers) => {
        const filled = tables.map((rows, i) => ({ name: randomTable(i, notNullColumns), rows, notNull: notNullColumns }));
        const { plan } = randomPlan(new Choices(numbers), filled.map(({ name }) => name), 2);
        withRows(filled, true, (tx) => expect(unordered(outcome(tx, plan, generated))).toEqual(unordered(outcome(tx, plan, interpreted))));
      }),
      parameters,
    );
  } finally {
    db.timeSliceMs = 10;
    db.clock.perLook = 0;
  }
});

test('a program that may give way is plain exactly if one that may not is', () => {
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 10, maxLength: 30 }), fc.nat(2), (numbers, depth) => {
      const { plan } = randomPlan(new Choices(numbers), [0, 1, 2].map((i) => randomTable(i, notNullColumns)), depth);
      const output = { ids: plan.output.map((column) => column.id), computed: [], shape: undefined, names: [] };
      const [suspendable, other] = [true, false].map((may) => new GeneratedPlans(db.ctx.types, false, true).program(plan, output, may).isPlain);
      expect(suspendable).toBe(other);
      seen.add(suspendable!);
    }),
    parameters,
  );
  expect([...seen].sort()).toEqual([false, true]);
});
