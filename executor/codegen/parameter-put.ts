/**
 * Rows of an INSERT of parameters written by generated code straight from what the caller has given to where the write set keeps them, as their puts are logged: no value is
 * looked at twice, and no byte is copied. For tables with nothing but an integer key, and columns of the commonest types.
 *
 * P1  What is not plainly a value of its column, NULL in a column that has none, or long, is not for this: -1 says so, and the general way (engine/parameters.ts,
 *     executor/direct-modify.ts), which is the twin, takes it or says what is wrong with it.
 */
import { putUtf8, setInt8 } from '../../base/bytes.js';
import { putInt8Key } from '../../base/keycode.js';
import { TypeOid } from '../../base/types.js';
import { KeyFormBytes, PutTag, ValueFormBytes, isShortPut } from '../../mvcc/write-set/put-form.js';
import type { PutSource } from '../../mvcc/types.js';
import type { TableDef } from '../../planner/catalog.js';
import { canGenerate } from '../codegen.js';
import { integerKeyOf, keyCode } from './integer-key.js';
import { Code, Module } from './module.js';

/** A text that is longer makes no short put. */
const TextLengthMax = 127;
/** Bytes of UTF-8 for a unit of a string. */
const BytesPerUnit = 3;

const helpers = { putUtf8, setInt8, putInt8Key, isShortPut };

/** `places`: by column, which parameter it gets. Undefined: the table's rows are not written so. */
export function compileParameterPut(table: TableDef, places: readonly number[]): PutSource | undefined {
  const { columns, layout } = table;
  const key = integerKeyOf(table);
  if (key === undefined || columns.some(({ isDropped, type }) => isDropped || type.typmod !== -1 || !readTypes.has(type.oid)) || !canGenerate()) return undefined;
  const keyLength = key.bytes;
  const module = new Module();
  const code = new Code(1);
  const headBytes = layout.endsOffset + layout.variableCount;
  code.line(`const r = at + ${KeyFormBytes + keyLength + ValueFormBytes};`);
  code.line(`let q = r + ${headBytes};`);
  for (let byte = 0; byte < layout.headBytes; byte++) code.line(`let head${byte} = ${byte === 0 ? layout.firstByte : 0};`);
  for (let i = 0; i < columns.length; i++) {
    const value = `v${i}`;
    code.line(`const ${value} = v[${places[i]!}];`);
    if (columns[i]!.notNull) putColumn(code, table, i, value);
    else {
      code.block(`if (${value} === null || ${value} === undefined)`, () => {
        code.line(`head${layout.nullByteOf(i)} |= ${layout.nullMaskOf(i)};`);
        putZeros(code, table, i);
      });
      code.block('else', () => putColumn(code, table, i, value));
    }
    if (layout.variableNumbers[i]! >= 0) code.line(`b[r + ${layout.endsOffset + layout.variableNumbers[i]!}] = q - r;`);
  }
  code.line(`if (!R.isShortPut(${keyLength}, q - r)) return -1;`);
  code.line(keyCode(keyLength, 'b', 'dv', `at + ${KeyFormBytes}`, `v${key.column.index}`));
  code.line(`b[at] = ${PutTag}; b[at + 1] = ${keyLength}; b[r - ${ValueFormBytes}] = q - r;`);
  for (let byte = 0; byte < layout.headBytes; byte++) code.line(`b[r + ${byte}] = head${byte};`);
  code.line('return q;');
  const put = module.finish({ R: helpers }, `return function (v, b, dv, at) {\n${code.toString()}\n};`).value as PutSource['put'];
  const lengthMax = KeyFormBytes + keyLength + ValueFormBytes + headBytes + layout.variableCount * TextLengthMax * BytesPerUnit;
  return lengthMax > LengthMax ? undefined : { keyLength, lengthMax, put };
}

/** So much room may be left over at the end of a piece of memory. */
const LengthMax = 4096;
const readTypes = new Set<number>([TypeOid.bool, TypeOid.int4, TypeOid.int8, TypeOid.float8, TypeOid.text]);

function putZeros(code: Code, { columns, layout }: TableDef, i: number): void {
  const at = `r + ${layout.fixedOffsets[i]!}`;
  switch (columns[i]!.type.oid) {
    case TypeOid.bool:
      code.line(`b[${at}] = 0;`);
      return;
    case TypeOid.int4:
      code.line(`dv.setInt32(${at}, 0, true);`);
      return;
    case TypeOid.int8:
    case TypeOid.float8:
      code.line(`dv.setFloat64(${at}, 0, true);`);
      return;
    default:
  }
}

/** The conditions are those of ParameterBinder. */
function putColumn(code: Code, { columns, layout }: TableDef, i: number, value: string): void {
  const at = `r + ${layout.fixedOffsets[i]!}`;
  switch (columns[i]!.type.oid) {
    case TypeOid.bool:
      code.line(`if (typeof ${value} !== 'boolean') return -1;`);
      code.line(`b[${at}] = ${value} ? 1 : 0;`);
      return;
    case TypeOid.int4:
      code.line(`if (typeof ${value} !== 'number' || (${value} | 0) !== ${value}) return -1;`);
      code.line(`dv.setInt32(${at}, ${value}, true);`);
      return;
    case TypeOid.int8:
      code.line(`if (!Number.isSafeInteger(${value})) return -1;`);
      code.line(`R.setInt8(b, ${at}, ${value});`);
      return;
    case TypeOid.float8:
      code.line(`if (typeof ${value} !== 'number') return -1;`);
      code.line(`dv.setFloat64(${at}, ${value}, true);`);
      return;
    default:
      putText(code, value);
  }
}
function putText(code: Code, value: string): void {
  code.line(`if (typeof ${value} !== 'string' || ${value}.length > ${TextLengthMax}) return -1;`);
  code.block('', () => {
    code.line(`const n = ${value}.length;`);
    code.line('let i = 0;');
    code.block('for (; i < n; i++)', () => {
      code.line(`const c = ${value}.charCodeAt(i);`);
      code.line('if (c === 0) return -1;');
      code.line('if (c >= 128) break;');
      code.line('b[q + i] = c;');
    });
    code.line(`if (i < n && ${value}.includes('\\0')) return -1;`);
    code.line(`q = i === n ? q + n : R.putUtf8(b, q, ${value});`);
  });
}
