/**
 * Index entries of rows that are inserted, by generated code, as their puts are logged and side by side: from the parameters of which parameter-put.ts has made the row, or from the row
 * itself. For indexes that hold ascending columns of the commonest types as they are, of all rows, and may hold them twice.
 *
 * E1  The row has been written, so its values are of their columns (P1 of parameter-put.ts). An entry that would be long is not for this: -1 says so.
 * E2  What is written is what `IndexAccess.putPlainEntry` writes; tests compare the two.
 */
import { putUtf8 } from '../../base/bytes.js';
import { NullFirstTag, NullLastTag, putDoubleKey, putInt8Key, ValueTag } from '../../base/keycode.js';
import { columnSource, rowHelpers } from '../../base/rowcode.js';
import { TypeOid } from '../../base/types.js';
import { KeyFormBytes, PutTag, ValueFormBytes, isShortPut } from '../../mvcc/write-set/put-form.js';
import type { EntriesSource } from '../../mvcc/types.js';
import type { IndexDef, TableDef } from '../../planner/catalog.js';
import { canGenerate } from '../codegen.js';
import type { IndexAccess } from '../table-access.js';
import { type IntegerKey, integerKeyOf, keyCode } from './integer-key.js';
import { Code, Module } from './module.js';

/** Bytes of UTF-8 for a unit of a string. */
const BytesPerUnit = 3;
/** A text that is longer makes no short put. */
const TextLengthMax = 127;
/** So much room may be left over at the end of a piece of memory. */
const LengthMax = 8192;

/** Bytes that a column takes in a key, at most. */
const keyBytesMax: ReadonlyMap<number, number> = new Map([
  [TypeOid.bool, 1], [TypeOid.int4, 4], [TypeOid.int8, 8], [TypeOid.float8, 8], [TypeOid.text, TextLengthMax * BytesPerUnit + 1],
]);
const helpers = { putUtf8, putDoubleKey, putInt8Key, isShortPut };

/** A row as it is stored, and where its key is. */
export interface StoredRow {
  bytes: Uint8Array;
  view: DataView;
  keyAt: number;
  rowAt: number;
}

/** Where the values of a row come from, as source. */
interface ValueSource {
  /** Names what `given`, the function's first argument, has. */
  readonly begin: string;
  isNull(column: number): string;
  value(column: number): string;
  /** Writes a text and the byte that ends it at `q`, and moves that behind them. */
  putText(code: Code, column: number): void;
  putRowKey(code: Code, at: string): void;
}

/** Whether entries of these indexes are written so. */
export function canPutEntries(table: TableDef, indexes: readonly IndexDef[]): boolean {
  const key = integerKeyOf(table);
  if (key === undefined || !canGenerate() || !indexes.every((index) => isWritten(table, index))) return false;
  return indexes.reduce((sum, index) => sum + entryBytesMax(table, index, key), 0) <= LengthMax;
}

/** `places`: by column, which parameter it gets. Undefined: entries of these indexes are not written so. */
export function compileEntryPuts(table: TableDef, indexes: readonly IndexAccess[], places: readonly number[]): EntriesSource | undefined {
  return compile(table, indexes, (_module, key) => parametersSource(places, key));
}
/** The same from rows of the table as they are stored, in its present layout. */
export function compileStoredEntryPuts(table: TableDef, indexes: readonly IndexAccess[]): EntriesSource<StoredRow> | undefined {
  return compile(table, indexes, (module, key) => storedSource(table, key, module));
}

function compile<Given>(table: TableDef, indexes: readonly IndexAccess[], sourceOf: (module: Module, key: IntegerKey) => ValueSource): EntriesSource<Given> | undefined {
  const definitions = indexes.map(({ definition }) => definition);
  if (!canPutEntries(table, definitions)) return undefined;
  const key = integerKeyOf(table)!;
  const module = new Module();
  const code = new Code(1);
  const source = sourceOf(module, key);
  code.line(source.begin);
  code.line('let q = at, entry = 0;');
  for (const index of indexes) putEntry(code, index, key, source);
  code.line('return q;');
  const put = module.finish({ R: { ...rowHelpers, ...helpers } }, `return function (given, b, bv, at) {\n${code.toString()}\n};`).value as EntriesSource<Given>['put'];
  const lengthMax = definitions.reduce((sum, definition) => sum + entryBytesMax(table, definition, key), 0);
  return { trees: indexes.map(({ tree }) => tree), writes: [], lengthMax, put };
}

/** `IndexAccess.isPlain`, and more. */
function isWritten({ columns }: TableDef, index: IndexDef): boolean {
  if (index.predicate !== undefined || index.isUnique || index.include !== undefined) return false;
  return index.columns.every(({ column, descending }) => column !== undefined && !descending && columns[column]!.type.typmod === -1 && keyBytesMax.has(columns[column]!.type.oid));
}

/** With the tags of its columns, its row key twice and that one's length. */
function entryBytesMax({ columns }: TableDef, index: IndexDef, { bytes }: IntegerKey): number {
  return index.columns.reduce((sum, { column }) => sum + 1 + keyBytesMax.get(columns[column!]!.type.oid)!, KeyFormBytes + ValueFormBytes + 1 + 2 * bytes);
}

function putEntry(code: Code, { layout, plainColumns }: IndexAccess, key: IntegerKey, source: ValueSource): void {
  code.line(`entry = q; q += ${KeyFormBytes};`);
  plainColumns!.forEach((column, i) => {
    const { type, nullable, nullsFirst } = layout.columns[i]!;
    if (!nullable) {
      putColumn(code, type.oid, source, column);
      return;
    }
    code.block(`if (${source.isNull(column)})`, () => code.line(`b[q++] = ${nullsFirst ? NullFirstTag : NullLastTag};`));
    code.block('else', () => {
      code.line(`b[q++] = ${ValueTag};`);
      putColumn(code, type.oid, source, column);
    });
  });
  source.putRowKey(code, 'q');
  code.line(`q += ${key.bytes};`);
  const valueLength = 1 + key.bytes;
  code.line(`if (!R.isShortPut(q - entry - ${KeyFormBytes}, ${valueLength})) return -1;`);
  code.line(`b[entry] = ${PutTag}; b[entry + 1] = q - entry - ${KeyFormBytes};`);
  code.line(`b[q] = ${valueLength}; b[q + ${ValueFormBytes}] = ${key.bytes};`);
  source.putRowKey(code, `q + ${ValueFormBytes + 1}`);
  code.line(`q += ${ValueFormBytes + valueLength};`);
}

function putColumn(code: Code, type: number, source: ValueSource, column: number): void {
  switch (type) {
    case TypeOid.bool:
      code.line(`b[q++] = ${source.value(column)} ? 1 : 0;`);
      return;
    case TypeOid.int4:
      code.line(`bv.setInt32(q, ${source.value(column)} ^ 0x80000000); q += 4;`);
      return;
    case TypeOid.int8:
      code.line(`R.putInt8Key(b, q, ${source.value(column)}); q += 8;`);
      return;
    case TypeOid.float8:
      code.line(`R.putDoubleKey(bv, q, ${source.value(column)}); q += 8;`);
      return;
    default:
      source.putText(code, column);
  }
}

function parametersSource(places: readonly number[], key: IntegerKey): ValueSource {
  const value = (column: number): string => `given[${places[column]!}]`;
  return {
    begin: '',
    isNull: (column) => `${value(column)} === null || ${value(column)} === undefined`,
    value,
    putText: (code, column) => putStringText(code, value(column)),
    putRowKey: (code, at) => code.line(keyCode(key.bytes, 'b', 'bv', at, value(key.column.index))),
  };
}
function putStringText(code: Code, value: string): void {
  code.block('', () => {
    code.line(`const t = ${value}, n = t.length;`);
    code.line('let i = 0;');
    code.block('for (; i < n; i++)', () => {
      code.line('const c = t.charCodeAt(i);');
      code.line('if (c >= 128) break;');
      code.line('b[q + i] = c;');
    });
    code.line('q = i === n ? q + n : R.putUtf8(b, q, t);');
    code.line('b[q++] = 0;');
  });
}

function storedSource({ layout }: TableDef, key: IntegerKey, { constant }: Module): ValueSource {
  const of = (column: number): ReturnType<typeof columnSource> => columnSource(layout, column, constant);
  return {
    begin: 'const u8 = given.bytes, dv = given.view, r = given.rowAt, k = given.keyAt;',
    isNull: (column) => of(column).isNull('r'),
    value: (column) => of(column).value('r'),
    putText(code, column) {
      const { start, end } = of(column).bytes!;
      code.block('', () => {
        code.line(`const end = ${end('r')};`);
        code.line(`let from = ${start('r')};`);
        code.line(`if (end - from > ${TextLengthMax}) return -1;`);
        code.line('while (from < end) b[q++] = u8[from++];');
        code.line('b[q++] = 0;');
      });
    },
    putRowKey(code, at) {
      for (let i = 0; i < key.bytes; i += 4) code.line(`bv.setInt32(${at} + ${i}, dv.getInt32(k + ${i}));`);
    },
  };
}
