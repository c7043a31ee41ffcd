/**
 * Rows turned on their side: the columns of a batch of rows (rowcode.ts) as runs of typed memory, so that a loop over one column touches nothing else. Derived
 * and discardable; where a run lies and how long it lives is the business of whoever asks (storage/pages/leaf-columns.ts, or `ColumnScratch` for one batch).
 *
 *   Int32     int2, int4                        a 32-bit integer per row
 *   Float64   float4, float8, oid, enum ids     a double per row
 *             numeric of fixed scale            its coefficient
 *             date                              days, the infinities as such
 *             int8, money, time, timestamp      the value; NaN where it is no safe integer: it must be read from the row
 *   Byte      bool                              0 or 1
 *   Bytes     variable columns                  count + 1 ends (absolute in the memory), then the bytes, row after row
 *   Code      text                              a byte per row (text-codes.ts), `NoCode` where it must be read from the row
 *
 * A *record* says where the columns of one batch lie: its header is `AtColumns` words, then two per column of the table, then two for the offsets of the rows
 * themselves, then two for the codes of each text: where the run begins, as an index of its own view (0: not there), and where its bytes of nulls begin (0: no row is NULL there).
 *
 * R1  The first bytes of the memory are zeros, as many as a batch may have rows: the nulls of a column that has none.
 * R2  Behind the values of an Int32 or Float64 run stands its *zone*, the least and the greatest of those that are not NULL, as two more values. Where one is NaN
 *     (of a floating-point column, or to be read from the row) both are, so that no comparison with them holds. A run without values has a least above its greatest.
 *
 * Source for zones: Moerkotte, Small Materialized Aggregates, 1998.
 */
import { assert } from './assert.js';
import { NoCode } from './byte-dictionary.js';
import { getInt8 } from './bytes.js';
import { variableEnd, variableStart, type RowLayout } from './rowcode.js';
import { TextCodes } from './text-codes.js';
import { getDate, getTimestamp } from './value-code.js';

export const ColumnForm = { Int32: 1, Float64: 2, Byte: 3, Bytes: 4, Code: 5 } as const;
export type ColumnForm = (typeof ColumnForm)[keyof typeof ColumnForm];

/** One run of memory through its views. */
export class ColumnMemory {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  constructor(sizeBytes: number) {
    const buffer = new ArrayBuffer(sizeBytes);
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}
export const noColumnMemory = new ColumnMemory(0);

/** Words of a record's header, in `i32`. */
export const AtVersion = 0;
export const AtReader = 1;
export const AtRowCount = 2;
/** Of a leaf: at or above the number of every change ever made in it; a double. */
export const AtMaxCsn = 4;
export const AtColumns = 6;

/** Rows of one layout, none of them older. */
export interface RowBatch {
  readonly u8: Uint8Array;
  readonly dv: DataView;
  readonly offsets: Int32Array;
  readonly count: number;
}

let readerCount = 0;

/** Reads columns of rows of one layout. */
export class ColumnReader {
  /** No two readers have one number: what was read by another layout is not taken for this one's. */
  readonly id = ++readerCount;
  readonly layout: RowLayout;
  /** By column, those of codes last: undefined where its values stay in the rows, and for the rows' own offsets. */
  readonly forms: readonly (ColumnForm | undefined)[];
  /** The pseudo column of the rows' own offsets. */
  readonly rowsColumn: number;
  /** Columns whose codes can be read; the first one's are in column `rowsColumn + 1`. */
  readonly #coded: readonly number[];
  readonly #codes: readonly TextCodes[];
  // Of the column that `measure` looked at last.
  #hasNulls = false;
  #dataBytes = 0;

  constructor(layout: RowLayout) {
    this.layout = layout;
    const forms = layout.columns.map((_, column) => formOf(layout, column));
    this.rowsColumn = forms.length;
    this.#coded = forms.flatMap((form, column) => (form === ColumnForm.Bytes && hasCodes(layout, column) ? [column] : []));
    this.#codes = this.#coded.map(() => new TextCodes());
    this.forms = [...forms, undefined, ...this.#coded.map(() => ColumnForm.Code)];
  }

  /** The pseudo column of the codes of a text column, and its texts by code; undefined where it is no text. */
  codesOf(column: number): { readonly column: number; readonly texts: readonly string[] } | undefined {
    const number = this.#coded.indexOf(column);
    return number < 0 ? undefined : { column: this.rowsColumn + 1 + number, texts: this.#codes[number]!.texts };
  }
  /** Words of a record. */
  get recordWords(): number {
    return AtColumns + 2 * this.forms.length;
  }
  /** The column of the table that is read for this one. */
  #tableColumn(column: number): number {
    return column > this.rowsColumn ? this.#coded[column - this.rowsColumn - 1]! : column;
  }

  /** Bytes that a column of these rows takes, a multiple of 8. To be called before `write`. */
  measure(column: number, { u8, dv, offsets, count }: RowBatch): number {
    this.#hasNulls = false;
    if (column === this.rowsColumn) {
      this.#dataBytes = count * 4;
      return rounded(this.#dataBytes);
    }
    const tableColumn = this.#tableColumn(column);
    const byte = this.layout.nullByteOf(tableColumn);
    const mask = this.layout.nullMaskOf(tableColumn);
    let nulls = 0;
    for (let i = 0; i < count; i++) nulls |= u8[offsets[i]! + byte]!;
    this.#hasNulls = (nulls & mask) !== 0;
    switch (this.forms[column]) {
      case ColumnForm.Int32:
        this.#dataBytes = (count + 2) * 4;
        break;
      case ColumnForm.Float64:
        this.#dataBytes = (count + 2) * 8;
        break;
      case ColumnForm.Byte:
      case ColumnForm.Code:
        this.#dataBytes = count;
        break;
      case ColumnForm.Bytes: {
        const { endsOffset, variableCount, variableNumbers } = this.layout;
        const number = variableNumbers[column]!;
        let bytes = (count + 1) * 4;
        for (let i = 0; i < count; i++) {
          const row = offsets[i]!;
          bytes += variableEnd(u8, dv, row, endsOffset, number) - variableStart(u8, dv, row, endsOffset, variableCount, number);
        }
        this.#dataBytes = bytes;
        break;
      }
      default:
        assert(false, 'column has no form', column);
    }
    return rounded(this.#dataBytes) + (this.#hasNulls ? rounded(count) : 0);
  }

  /** Writes the column measured last at byte `at`, a multiple of 8, and notes in the record where it is. */
  write(column: number, rows: RowBatch, memory: ColumnMemory, at: number, record: number): void {
    const { u8, offsets, count } = rows;
    const word = record + AtColumns + 2 * column;
    let nulls = 0;
    const tableColumn = this.#tableColumn(column);
    if (this.#hasNulls) {
      nulls = at + rounded(this.#dataBytes);
      const byte = this.layout.nullByteOf(tableColumn);
      const mask = this.layout.nullMaskOf(tableColumn);
      for (let i = 0; i < count; i++) memory.u8[nulls + i] = (u8[offsets[i]! + byte]! & mask) === 0 ? 0 : 1;
    }
    memory.i32[word + 1] = nulls;
    if (column === this.rowsColumn) {
      memory.i32[word] = at >> 2;
      for (let i = 0; i < count; i++) memory.i32[(at >> 2) + i] = offsets[i]!;
      return;
    }
    const fixed = this.layout.fixedOffsets[tableColumn]!;
    switch (this.forms[column]) {
      case ColumnForm.Int32:
        memory.i32[word] = at >> 2;
        if (this.layout.storages[column] === 'int2') for (let i = 0; i < count; i++) memory.i32[(at >> 2) + i] = rows.dv.getInt16(offsets[i]! + fixed, true);
        else for (let i = 0; i < count; i++) memory.i32[(at >> 2) + i] = rows.dv.getInt32(offsets[i]! + fixed, true);
        writeIntegerZone(memory.i32, at >> 2, count, memory.u8, nulls);
        return;
      case ColumnForm.Float64:
        memory.i32[word] = at >> 3;
        this.#writeDoubles(column, rows, memory.f64, at >> 3, fixed);
        writeDoubleZone(memory.f64, at >> 3, count, memory.u8, nulls);
        return;
      case ColumnForm.Byte:
        memory.i32[word] = at;
        for (let i = 0; i < count; i++) memory.u8[at + i] = u8[offsets[i]! + fixed]!;
        return;
      case ColumnForm.Code:
        memory.i32[word] = at;
        this.#writeCodes(this.#codes[column - this.rowsColumn - 1]!, tableColumn, rows, memory, at);
        return;
      default:
        memory.i32[word] = at >> 2;
        this.#writeBytes(column, rows, memory, at);
    }
  }

  #writeDoubles(column: number, { u8, dv, offsets, count }: RowBatch, into: Float64Array, at: number, fixed: number): void {
    const storage = this.layout.scales[column]! >= 0 ? 'float8' : this.layout.storages[column];
    switch (storage) {
      case 'float8':
        for (let i = 0; i < count; i++) into[at + i] = dv.getFloat64(offsets[i]! + fixed, true);
        return;
      case 'float4':
        for (let i = 0; i < count; i++) into[at + i] = dv.getFloat32(offsets[i]! + fixed, true);
        return;
      case 'date':
        for (let i = 0; i < count; i++) into[at + i] = getDate(dv.getInt32(offsets[i]! + fixed, true));
        return;
      case 'timestamp':
        for (let i = 0; i < count; i++) into[at + i] = numberOrNaN(getTimestamp(u8, offsets[i]! + fixed));
        return;
      case 'int8':
      case 'money':
      case 'time':
        for (let i = 0; i < count; i++) into[at + i] = numberOrNaN(getInt8(u8, offsets[i]! + fixed));
        return;
      default:
        for (let i = 0; i < count; i++) into[at + i] = dv.getUint32(offsets[i]! + fixed, true);
    }
  }

  #writeCodes(codes: TextCodes, column: number, { u8, dv, offsets, count }: RowBatch, memory: ColumnMemory, at: number): void {
    const { endsOffset, variableCount, variableNumbers } = this.layout;
    const number = variableNumbers[column]!;
    const byte = this.layout.nullByteOf(column);
    const mask = this.layout.nullMaskOf(column);
    for (let i = 0; i < count; i++) {
      const row = offsets[i]!;
      const isNull = (u8[row + byte]! & mask) !== 0;
      memory.u8[at + i] = isNull ? NoCode : codes.codeOf(u8, variableStart(u8, dv, row, endsOffset, variableCount, number), variableEnd(u8, dv, row, endsOffset, number));
    }
  }

  #writeBytes(column: number, { u8, dv, offsets, count }: RowBatch, memory: ColumnMemory, at: number): void {
    const { endsOffset, variableCount, variableNumbers } = this.layout;
    const number = variableNumbers[column]!;
    const ends = at >> 2;
    let end = at + (count + 1) * 4;
    memory.i32[ends] = end;
    for (let i = 0; i < count; i++) {
      const row = offsets[i]!;
      const from = variableStart(u8, dv, row, endsOffset, variableCount, number);
      const length = variableEnd(u8, dv, row, endsOffset, number) - from;
      if (length <= 64) for (let k = 0; k < length; k++) memory.u8[end + k] = u8[from + k]!;
      else memory.u8.set(u8.subarray(from, from + length), end);
      end += length;
      memory.i32[ends + 1 + i] = end;
    }
  }
}

const IntMax = 0x7fffffff;

/** R2. `nulls`: the byte where those of the run begin, 0: there are none. */
function writeIntegerZone(into: Int32Array, at: number, count: number, u8: Uint8Array, nulls: number): void {
  let least = IntMax;
  let greatest = -IntMax - 1;
  for (let i = 0; i < count; i++) {
    const value = into[at + i]!;
    if (value >= least && value <= greatest) continue;
    if (nulls !== 0 && u8[nulls + i] !== 0) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  into[at + count] = least;
  into[at + count + 1] = greatest;
}

function writeDoubleZone(into: Float64Array, at: number, count: number, u8: Uint8Array, nulls: number): void {
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = into[at + i]!;
    if (value >= least && value <= greatest) continue;
    if (nulls !== 0 && u8[nulls + i] !== 0) continue;
    if (value !== value) {
      least = greatest = NaN;
      break;
    }
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  into[at + count] = least;
  into[at + count + 1] = greatest;
}

const rounded = (bytes: number): number => (bytes + 7) & ~7;
const numberOrNaN = (value: number | bigint): number => (typeof value === 'number' ? value : NaN);

function formOf(layout: RowLayout, column: number): ColumnForm | undefined {
  if (layout.columns[column]!.isDropped) return undefined;
  if (layout.scales[column]! >= 0) return ColumnForm.Float64;
  if (layout.fixedOffsets[column]! < 0) return ColumnForm.Bytes;
  switch (layout.storages[column]) {
    case 'int2':
    case 'int4':
      return ColumnForm.Int32;
    case 'bool':
      return ColumnForm.Byte;
    case 'float4':
    case 'float8':
    case 'date':
    case 'oid':
    case 'enum':
    case 'int8':
    case 'money':
    case 'time':
    case 'timestamp':
      return ColumnForm.Float64;
    default:
      return undefined;
  }
}

function hasCodes(layout: RowLayout, column: number): boolean {
  return layout.storages[column] === 'text' || layout.storages[column] === 'bpchar';
}

const readers = new WeakMap<RowLayout, ColumnReader>();
export function columnReader(layout: RowLayout): ColumnReader {
  let reader = readers.get(layout);
  if (reader === undefined) readers.set(layout, (reader = new ColumnReader(layout)));
  return reader;
}

/** What a scan wants of each batch. The rows' own offsets are column `reader.rowsColumn`. */
export interface ColumnRequest {
  readonly reader: ColumnReader;
  readonly columns: readonly number[];
}

/** Memory for the columns of one batch, used again for the next. */
export class ColumnScratch {
  memory = noColumnMemory;
  /** Bytes of zeros at the start (R1); the record follows. */
  #zeroBytes = 0;

  /** @returns the record */
  read({ reader, columns }: ColumnRequest, rows: RowBatch): number {
    if (rows.count > this.#zeroBytes) {
      this.#zeroBytes = rounded(rows.count * 2);
      this.memory = noColumnMemory;
    }
    const record = this.#zeroBytes >> 2;
    let end = rounded(this.#zeroBytes + reader.recordWords * 4);
    this.#reserve(end, 0);
    this.memory.i32[record + AtRowCount] = rows.count;
    for (const column of columns) {
      const size = reader.measure(column, rows);
      this.#reserve(end + size, end);
      reader.write(column, rows, this.memory, end, record);
      end += size;
    }
    return record;
  }

  #reserve(sizeBytes: number, used: number): void {
    if (this.memory.u8.length >= sizeBytes) return;
    const memory = new ColumnMemory(Math.max(16384, rounded(sizeBytes), this.memory.u8.length * 2));
    memory.u8.set(this.memory.u8.subarray(0, used));
    this.memory = memory;
  }
}
