/** The sample of a reader of rows (executor/codegen/text-rows.ts), from which V8 learns all its branches, is itself read to the end: a row that it did not read would keep those behind it from being seen. */
import { expect, test } from 'vitest';
import { compileRowReader, TextEnd, type TextForm, type TextRun } from '../../executor/codegen/text-rows.js';
import { TestDatabase, type TableSpec } from './fixture.js';

const forms: readonly TextForm[] = [
  { kind: 'literals' },
  { kind: 'lines', delimiter: 9, special: 92, isEmptyNull: false, isCsv: false, hasPlainQuotes: false },
  { kind: 'lines', delimiter: 44, special: 34, isEmptyNull: true, isCsv: true, hasPlainQuotes: true },
  { kind: 'lines', delimiter: 59, special: 39, isEmptyNull: true, isCsv: true, hasPlainQuotes: false },
];
const tables: readonly TableSpec[] = [
  { columns: { id: 'int4', owner: 'text!', branch: 'int4!', balance: 'float8!' }, key: ['id'] },
  { columns: { flag: 'bool', id: 'int8', note: 'text', amount: 'float8', count: 'int4', more: 'varchar' }, key: ['id'] },
  { columns: { id: 'int4' }, key: ['id'] },
];

for (const form of forms) {
  for (const spec of tables) {
    test(`${JSON.stringify(form)} of ${Object.values(spec.columns).join(', ')}`, async () => {
      const db = await TestDatabase.open();
      const { definition: table } = db.createTable('t', spec);
      const reader = compileRowReader({ table, places: table.columns.map((_column, i) => i), constants: table.columns.map(() => null), form })!;
      const source = new Uint8Array(reader.sample.length + 1);
      const length = new TextEncoder().encodeInto(reader.sample, source).written;
      const out = new Uint8Array(4096);
      const run: TextRun = {
        source, sourceView: new DataView(source.buffer), at: 0, end: length, hasReturns: false, out, outView: new DataView(out.buffer), length: 0, ends: new Int32Array(100), count: 0, countMax: 50, isAscending: true,
      };
      expect(reader.read(run)).toBe(TextEnd.Whole);
      expect(run.count).toBe(12);
      await db.close();
    });
  }
}

test('there is none where a constant is long, for each of some hundred rows has room for it', async () => {
  const db = await TestDatabase.open();
  const { definition: table } = db.createTable('t', { columns: { id: 'int4', note: 'text' }, key: ['id'] });
  const readerOf = (note: string): unknown => compileRowReader({ table, places: [0, -1], constants: [null, note], form: { kind: 'literals' } });
  expect(readerOf('short')).toBeDefined();
  expect(readerOf('long '.repeat(1000))).toBeUndefined();
  await db.close();
});
