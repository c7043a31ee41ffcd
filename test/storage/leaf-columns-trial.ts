/**
 * Columns of leaves against the rows they were read from: frames that change their version, their rows, their table (layout) at random, in a memory that holds a
 * fraction of them. Whatever `find` or `read` gives is compared value by value, also later, when a scan has stood on it.
 */
import { ByteBuffer } from '../../base/byte-buffer.js';
import { NoCode } from '../../base/byte-dictionary.js';
import type { Datum } from '../../base/datum.js';
import { Numeric } from '../../base/numeric.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import { AtColumns, AtRowCount, ColumnForm, type ColumnMemory, ColumnReader, type ColumnRequest, type RowBatch } from '../../base/row-columns.js';
import { decodeColumn, encodeRow, RowLayout } from '../../base/rowcode.js';
import { types, type SqlType } from '../../base/types.js';
import { LeafColumns } from '../../storage/pages/leaf-columns.js';

const numeric82: SqlType = { ...types.numeric, typmod: ((8 << 16) | 2) + 4 };
const layoutTypes: readonly (readonly SqlType[])[] = [
  [types.int4, types.text, types.float8, types.bool],
  [types.int8, numeric82, types.date, types.text, types.int2, types.timestamp, types.float4],
  [types.uuid, types.bool],
];

function valueOf(prng: Prng, type: SqlType): Datum {
  if (prng.below(5) === 0) return null;
  if (type === types.text) {
    // More than have codes, and some that are too long for one.
    if (prng.below(3) === 0) return `text ${prng.below(400)}`;
    return 'abcdefghij'.repeat(12).slice(0, prng.below(3) === 0 ? prng.below(120) : prng.below(5));
  }
  if (type === types.bool) return prng.below(2) === 0;
  if (type === numeric82) return Numeric.of(prng.below(100_000) - 50_000, 2);
  if (type === types.int8) return prng.below(4) === 0 ? 9007199254740993n + BigInt(prng.below(9)) : prng.below(1000) - 500;
  if (type === types.date) return prng.below(6) === 0 ? Infinity : prng.below(10_000) - 5000;
  if (type === types.timestamp) return prng.below(6) === 0 ? -Infinity : prng.below(1_000_000);
  if (type === types.uuid) return `${prng.nextU32().toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  if (type === types.float8 || type === types.float4) return prng.below(1000) / 8;
  return prng.below(60_000) - 30_000;
}

interface Frame {
  version: number;
  reader: ColumnReader;
  rows: RowBatch;
}

function makeRows(prng: Prng, { layout }: ColumnReader, countMax: number): RowBatch {
  const out = new ByteBuffer(64);
  const count = 1 + prng.below(countMax);
  const offsets = new Int32Array(count);
  for (let i = 0; i < count; i++) offsets[i] = encodeRow(layout, layout.columns.map(({ type }) => valueOf(prng, type)), out);
  const u8 = out.bytes.slice(0, out.length);
  return { u8, dv: new DataView(u8.buffer), offsets, count };
}

/** What is wrong with the columns of a record, undefined when nothing. */
function compareColumns({ i32, f64, u8 }: ColumnMemory, record: Int32Array, { reader, columns }: ColumnRequest, rows: RowBatch): string | undefined {
  if (record[AtRowCount] !== rows.count) return `${record[AtRowCount]} rows for ${rows.count}`;
  for (const column of columns) {
    const start = record[AtColumns + 2 * column]!;
    const nulls = record[AtColumns + 2 * column + 1]!;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.offsets[i]!;
      if (column === reader.rowsColumn) {
        if (i32[start + i] !== row) return `offset of row ${i}`;
        continue;
      }
      const coded = reader.layout.columns.findIndex((_, of) => reader.codesOf(of)?.column === column);
      const value = decodeColumn(reader.layout, coded < 0 ? column : coded, rows.u8, rows.dv, row);
      if ((u8[nulls + i] !== 0) !== (value === null)) return `null of row ${i}, column ${column}`;
      if (value === null) continue;
      let found: unknown;
      let wanted: unknown = value;
      switch (reader.forms[column]) {
        case ColumnForm.Int32:
          found = i32[start + i];
          break;
        case ColumnForm.Byte:
          found = u8[start + i] === 1;
          break;
        case ColumnForm.Float64:
          found = f64[start + i];
          if (value instanceof Numeric) wanted = Number(value.coefficient) * 10 ** (2 - value.scale);
          if (typeof value === 'bigint') wanted = NaN;
          break;
        case ColumnForm.Bytes:
          found = Buffer.from(u8.subarray(i32[start + i]!, i32[start + i + 1]!)).toString('utf8');
          break;
        case ColumnForm.Code: {
          const { texts } = reader.codesOf(coded)!;
          found = texts[u8[start + i]!];
          // T1 of text-codes.ts.
          if (u8[start + i] === NoCode && ((value as string).length > 64 || (texts.length === NoCode && !texts.includes(value as string)))) wanted = undefined;
          break;
        }
        default:
          return `column ${column} has no form`;
      }
      if (!Object.is(found, wanted)) return `row ${i}, column ${column}: ${String(found)} for ${String(wanted)}`;
    }
  }
  return undefined;
}

/** @returns what went wrong, undefined when nothing */
export function leafColumnsTrial(seed: number): string | undefined {
  const prng = seededPrng(seed);
  const pageSizeBytes = 512;
  const frameCount = 40;
  const columns = LeafColumns.make(pageSizeBytes * 64 * (2 + prng.below(3)) + 1024, frameCount, pageSizeBytes, 1 + prng.below(3))!;
  const readers = layoutTypes.map((list) => new ColumnReader(new RowLayout(0, list.map((type) => ({ type, missing: null, isDropped: false })))));
  const renew = (frame: Frame | undefined): Frame => {
    const reader = frame === undefined || prng.below(6) === 0 ? readers[prng.below(readers.length)]! : frame.reader;
    return { version: frame === undefined ? 1 : frame.version + 1, reader, rows: makeRows(prng, reader, prng.below(4) === 0 ? 100 : 20) };
  };
  const frames = Array.from({ length: frameCount }, () => renew(undefined));
  const standing: { readonly record: Int32Array; readonly request: ColumnRequest; readonly rows: RowBatch }[] = [];
  for (let step = 0; step < 1200; step++) {
    const at = prng.below(frameCount);
    if (prng.below(3) === 0) frames[at] = renew(frames[at]);
    const { version, reader, rows } = frames[at]!;
    const wanted: number[] = [];
    for (let column = 0; column < reader.forms.length; column++) if ((column === reader.rowsColumn || reader.forms[column] !== undefined) && prng.below(2) === 0) wanted.push(column);
    const request = { reader, columns: wanted };
    let record = columns.find(at, version, request);
    if (record < 0) record = columns.read(at, version, version * 7, request, rows);
    const told = columns.recordOf(at, version);
    if (told === 0 ? record >= 0 : columns.rowCountOf(told) !== rows.count || columns.maxCsnOf(told) !== version * 7) return `seed ${seed}, step ${step}: header`;
    if (record >= 0) {
      const header = columns.memory.i32.slice(record, record + reader.recordWords);
      const wrong = compareColumns(columns.memory, header, request, rows);
      if (wrong !== undefined) return `seed ${seed}, step ${step}: ${wrong}`;
      if (prng.below(10) === 0) {
        standing.push({ record: header, request, rows });
        columns.standing++;
      }
    }
    if (standing.length > 0 && prng.below(12) === 0) {
      const one = standing.pop()!;
      columns.standing--;
      const wrong = compareColumns(columns.memory, one.record, one.request, one.rows);
      if (wrong !== undefined) return `seed ${seed}, step ${step}, standing: ${wrong}`;
    }
    if (columns.memory.u8.length > columns.sizeBytes) return 'more memory than allowed';
  }
  return undefined;
}
