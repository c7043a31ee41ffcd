/**
 * Index entries of the rows that parameter-put.ts writes, by generated code from the same values, as their puts are logged and side by side. For indexes that
 * hold ascending columns of the commonest types as they are, of all rows, and may hold them twice.
 *
 * E1  The row has been written, so its values are of their columns (P1 of parameter-put.ts). An entry that would be long is not for this: -1 says so.
 * E2  What is written is what `IndexAccess.putPlainEntry` writes; tests compare the two.
 */
import { putUtf8 } from '../../base/bytes.js';
import { NullFirstTag, NullLastTag, putDoubleKey, putInt8Key, ValueTag } from '../../base/keycode.js';
import { TypeOid } from '../../base/types.js';
import { KeyFormBytes, PutTag, ValueFormBytes, isShortPut } from '../../mvcc/put-form.js';
import type { EntriesSource } from '../../mvcc/types.js';
import type { TableDef } from '../../planner/catalog.js';
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

/** `places`: by column, which parameter it gets. Undefined: entries of these indexes are not written so. */
export function compileEntryPuts(table: TableDef, indexes: readonly IndexAccess[], places: readonly number[]): EntriesSource | undefined {
  const key = integerKeyOf(table);
  if (key === undefined || !canGenerate() || !indexes.every((index) => isWritten(table, index))) return undefined;
  const lengthMax = indexes.reduce((sum, index) => sum + entryBytesMax(table, index, key), 0);
  if (lengthMax > LengthMax) return undefined;
  const module = new Module();
  const code = new Code(1);
  code.line('let q = at, entry = 0;');
  for (const index of indexes) putEntry(code, index, key, places);
  code.line('return q;');
  const put = module.finish({ R: helpers }, `return function (v, b, dv, at) {\n${code.toString()}\n};`).value as EntriesSource['put'];
  return { trees: indexes.map(({ tree }) => tree), writes: [], lengthMax, put };
}

function isWritten({ columns }: TableDef, { definition, isPlain, plainColumns, layout }: IndexAccess): boolean {
  if (!isPlain || definition.isUnique || definition.include !== undefined) return false;
  return plainColumns!.every((column, i) => !layout.columns[i]!.descending && columns[column]!.type.typmod === -1 && keyBytesMax.has(columns[column]!.type.oid));
}

/** With the tags of its columns, its row key twice and that one's length. */
function entryBytesMax({ columns }: TableDef, { plainColumns }: IndexAccess, { bytes }: IntegerKey): number {
  return plainColumns!.reduce((sum, column) => sum + 1 + keyBytesMax.get(columns[column]!.type.oid)!, KeyFormBytes + ValueFormBytes + 1 + 2 * bytes);
}

function putEntry(code: Code, { layout, plainColumns }: IndexAccess, key: IntegerKey, places: readonly number[]): void {
  const rowKey = `v[${places[key.column.index]!}]`;
  code.line(`entry = q; q += ${KeyFormBytes};`);
  plainColumns!.forEach((column, i) => {
    const value = `v[${places[column]!}]`;
    const { type, nullable, nullsFirst } = layout.columns[i]!;
    if (!nullable) {
      putColumn(code, type.oid, value);
      return;
    }
    code.block(`if (${value} === null || ${value} === undefined)`, () => code.line(`b[q++] = ${nullsFirst ? NullFirstTag : NullLastTag};`));
    code.block('else', () => {
      code.line(`b[q++] = ${ValueTag};`);
      putColumn(code, type.oid, value);
    });
  });
  code.line(keyCode(key.bytes, 'b', 'dv', 'q', rowKey));
  code.line(`q += ${key.bytes};`);
  const valueLength = 1 + key.bytes;
  code.line(`if (!R.isShortPut(q - entry - ${KeyFormBytes}, ${valueLength})) return -1;`);
  code.line(`b[entry] = ${PutTag}; b[entry + 1] = q - entry - ${KeyFormBytes};`);
  code.line(`b[q] = ${valueLength}; b[q + ${ValueFormBytes}] = ${key.bytes};`);
  code.line(keyCode(key.bytes, 'b', 'dv', `q + ${ValueFormBytes + 1}`, rowKey));
  code.line(`q += ${ValueFormBytes + valueLength};`);
}

function putColumn(code: Code, type: number, value: string): void {
  switch (type) {
    case TypeOid.bool:
      code.line(`b[q++] = ${value} ? 1 : 0;`);
      return;
    case TypeOid.int4:
      code.line(`dv.setInt32(q, ${value} ^ 0x80000000); q += 4;`);
      return;
    case TypeOid.int8:
      code.line(`R.putInt8Key(b, q, ${value}); q += 8;`);
      return;
    case TypeOid.float8:
      code.line(`R.putDoubleKey(dv, q, ${value}); q += 8;`);
      return;
    default:
      putText(code, value);
  }
}
function putText(code: Code, value: string): void {
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
