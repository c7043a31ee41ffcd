/**
 * Rows of an INSERT of many rows of parameters (`ExecutionRequest.paramRows`), encoded one after the other as they are read and inserted from their bytes: no array is
 * kept for a row. Only where a row is its parameters and constants and nothing but its own key can stand in its way, with indexes that codegen/entry-put.ts writes entries of; everywhere else, and where a key is not
 * there for the taking, the execution of the statement is run for all rows, which is the twin of this.
 *
 * E1  When `insert` answers `undefined` it has changed nothing.
 */
import { assert } from '../base/assert.js';
import { ByteBuffer } from '../base/byte-buffer.js';
import { compareBytes, copyBytes } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import { decodeRow } from '../base/rowcode.js';
import type { TypeRegistry } from '../base/types.js';
import { KeyFormBytes, ValueFormBytes, putKeyForm, putValueForm } from '../mvcc/write-set/put-form.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { EntriesSource } from '../mvcc/types.js';
import type { TransactionManager } from '../mvcc/transaction-manager.js';
import type { VersionedTree } from '../mvcc/versions/versioned-tree.js';
import type { TableDef } from '../planner/catalog.js';
import type { PlannedStatement } from '../planner/physical-plan.js';
import { canPutEntries, compileStoredEntryPuts, type StoredRow } from './codegen/entry-put.js';
import { rowEncoder, type RowEncoder } from './codegen/row-encoder.js';
import { TextEnd, compileRowReader, type RowReader, type TextRun } from './codegen/text-rows.js';
import { insertedValues } from './direct-insert.js';
import type { ExecutionRequest } from './execution.js';
import { storedParameter } from './parameter-rows.js';
import { tableAccess, type TableAccess } from './table-access.js';
import { TextBytes } from './text-bytes.js';
import type { WriterInfo } from './table-writer.js';

/** More are for an execution, which gives way between them. */
export const RowsMax = 20_000;
/** Buffers that have grown beyond this are not kept: each plan has its own. */
const BytesKept = 1 << 19;
const BytesFirst = 8192;
const EndsFirst = 1024;

export interface EncodedRowsSpec {
  readonly table: TableDef;
  /** By column, the parameter it gets, -1: a constant. */
  readonly places: readonly number[];
  /** By column, the constant it gets. */
  readonly constants: readonly Datum[];
}

/** How rows of parameters can be encoded; undefined: they cannot. */
export function encodedRowsSpec({ plan, ctes }: PlannedStatement): EncodedRowsSpec | undefined {
  if (plan.kind !== 'modify' || plan.operation !== 'insert' || ctes.length > 0 || plan.returning !== undefined) return undefined;
  const { table } = plan;
  const values = isAlone(table) ? insertedValues(plan) : undefined;
  if (values === undefined) return undefined;
  const places: number[] = [];
  const constants: Datum[] = [];
  for (const value of values) {
    const parameter = storedParameter(value);
    if (parameter === undefined && value.kind !== 'constant') return undefined;
    places.push(parameter ?? -1);
    constants.push(value.kind === 'constant' ? value.value : null);
  }
  return { table, places, constants };
}

/** The same for whole rows; undefined: something else than their own key can stand in their way. */
export function wholeRowsSpec({ table, checks, generated }: WriterInfo): EncodedRowsSpec | undefined {
  if (!isAlone(table) || checks.length > 0 || generated.length > 0) return undefined;
  return { table, places: table.columns.map((_column, i) => i), constants: table.columns.map(() => null) };
}

/** Whether a row that is inserted concerns nothing but itself, its key, and index entries that may be there twice. */
function isAlone(table: TableDef): boolean {
  const secondary = table.indexes.filter((index) => !index.isClustered);
  return table.virtual === undefined && table.clusterKey !== undefined && table.foreignKeys.length === 0 && (secondary.length === 0 || canPutEntries(table, secondary));
}

const keyOut = new ByteBuffer(256);
const entryKeyOut = new ByteBuffer(256);
const entryOut = new ByteBuffer(256);
const literalBytes = new TextBytes();

export class EncodedRows {
  readonly #spec: EncodedRowsSpec;
  readonly #places: readonly number[];
  readonly #access: TableAccess;
  readonly #encoder: RowEncoder;
  readonly #notNull: readonly number[];
  readonly #row: Datum[];
  /** Keys and rows as a `RowBlock` has them. */
  #bytes = new ByteBuffer(BytesFirst);
  /** By row, where its key ends, then where it ends itself. */
  #ends = new Int32Array(EndsFirst);
  #count = 0;
  /** Whether the keys strictly ascend, and the length of the longest. */
  #isAscending = true;
  #keyLengthMax = 0;
  #literalReader: RowReader | null | undefined = undefined;
  /** What writes index entries; made when the first rows are inserted, for then the indexes are there. */
  #entries: EntriesSource<StoredRow> | undefined = undefined;
  readonly #stored: StoredRow = { bytes: this.#bytes.bytes, view: this.#bytes.dv, keyAt: 0, rowAt: 0 };
  readonly #run: TextRun = { source: literalBytes.bytes, sourceView: literalBytes.view, at: 0, end: 0, hasReturns: false, out: this.#bytes.bytes, outView: this.#bytes.dv, length: 0, ends: this.#ends, count: 0, countMax: 0, isAscending: true };

  private constructor(spec: EncodedRowsSpec, encoder: RowEncoder, manager: TransactionManager, types: TypeRegistry) {
    const { table, places, constants } = spec;
    this.#spec = spec;
    this.#places = places;
    this.#encoder = encoder;
    this.#access = tableAccess(table, manager, types);
    this.#notNull = table.columns.filter((column) => column.notNull && !column.isDropped).map((column) => column.index);
    this.#row = [...constants];
  }
  static make(spec: EncodedRowsSpec, manager: TransactionManager, types: TypeRegistry): EncodedRows | undefined {
    const encoder = rowEncoder(spec.table.layout);
    return encoder === undefined ? undefined : new EncodedRows(spec, encoder, manager, types);
  }

  get count(): number {
    return this.#count;
  }
  /** A row as values. */
  rowAt(i: number): Datum[] {
    return decodeRow(this.#access.table.layout, this.#bytes.bytes, this.#bytes.dv, this.#ends[i * 2]! + ValueFormBytes);
  }

  /** Forgets all rows. */
  clear(): void {
    this.#count = 0;
    this.#isAscending = true;
    this.#keyLengthMax = 0;
    if (this.#bytes.bytes.length > BytesKept) this.#letGo();
    this.#bytes.length = 0;
  }
  #letGo(): void {
    const bytes = new ByteBuffer(BytesFirst);
    this.#bytes = bytes;
    this.#ends = new Int32Array(EndsFirst);
    this.#stored.bytes = this.#run.out = bytes.bytes;
    this.#stored.view = this.#run.outView = bytes.dv;
    this.#run.ends = this.#ends;
    this.#run.source = literalBytes.bytes;
    this.#run.sourceView = literalBytes.view;
  }

  /** Adds the row of these parameters, which are borrowed; false: it is one for the execution. */
  add(params: readonly Datum[]): boolean {
    const row = this.#row;
    const places = this.#places;
    for (let i = 0; i < places.length; i++) if (places[i]! >= 0) row[i] = params[places[i]!]!;
    for (let i = 0; i < this.#notNull.length; i++) if (row[this.#notNull[i]!] === null) return false;
    const at = this.#count * 2;
    if (this.#count === RowsMax) return false;
    if (at === this.#ends.length) this.#growEnds();
    this.#access.putRowKey(row, keyOut);
    const bytes = this.#bytes;
    const start = bytes.length;
    if (at > 0 && this.#isAscending) {
      const before = (at > 2 ? this.#ends[at - 3]! : 0) + KeyFormBytes;
      this.#isAscending = compareBytes(bytes.bytes, before, this.#ends[at - 2]!, keyOut.bytes, 0, keyOut.length) < 0;
    }
    if (keyOut.length > this.#keyLengthMax) this.#keyLengthMax = keyOut.length;
    bytes.reserve(KeyFormBytes + keyOut.length + ValueFormBytes);
    const keyEnd = copyBytes(bytes.bytes, start + KeyFormBytes, keyOut.bytes, 0, keyOut.length);
    const rowStart = keyEnd + ValueFormBytes;
    this.#encode(row, start, rowStart);
    putKeyForm(bytes.bytes, start + KeyFormBytes, keyOut.length);
    putValueForm(bytes.bytes, rowStart, bytes.length - rowStart);
    this.#ends[at] = keyEnd;
    this.#ends[at + 1] = bytes.length;
    this.#count++;
    return true;
  }

  #growEnds(): void {
    const ends = new Int32Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
  }

  /** Rows of literals, all that stand in a text behind so many bytes of UTF-8, instead of what there is; false: some literal is not read here, and there are no rows. */
  setLiterals(text: string, headBytes: number): boolean {
    this.clear();
    if (this.#literalReader === undefined) this.#literalReader = compileRowReader({ ...this.#spec, form: { kind: 'literals' } }) ?? null;
    const reader = this.#literalReader;
    if (reader === null) return false;
    literalBytes.set(text);
    literalBytes.at = headBytes;
    const how = this.read(reader, literalBytes, literalBytes.end, RowsMax);
    literalBytes.clear();
    if (how === TextEnd.Whole) return true;
    this.clear();
    return false;
  }
  /** Adds rows that stand in a text before `end`, as long as they are fewer than `rowsMax` and `reader` reads them; `text.at` is then behind them. `hasReturns`: see `TextRun`. */
  read(reader: RowReader, text: TextBytes, end: number, rowsMax: number, hasReturns = false): TextEnd {
    if (reader.isFresh && this.#count === 0) this.#readSample(reader);
    this.#run.hasReturns = hasReturns;
    for (;;) {
      const how = this.#read(reader, text, end, Math.min(rowsMax, this.#ends.length >>> 1));
      if (how !== TextEnd.Full || this.#count >= rowsMax) return how;
      this.#growEnds();
    }
  }
  #readSample(reader: RowReader): void {
    reader.isFresh = false;
    const text = new TextBytes();
    text.set(reader.sample);
    this.#run.hasReturns = false;
    this.#read(reader, text, text.end, this.#ends.length >>> 1);
    this.clear();
  }
  #read(reader: RowReader, text: TextBytes, end: number, countMax: number): TextEnd {
    const bytes = this.#bytes;
    const before = this.#count;
    const start = bytes.length;
    bytes.reserve((countMax - before) * reader.fixedBytes + (end - text.at));
    const run = this.#run;
    run.source = text.bytes;
    run.sourceView = text.view;
    run.at = text.at;
    run.end = end;
    run.out = bytes.bytes;
    run.outView = bytes.dv;
    run.length = start;
    run.ends = this.#ends;
    run.count = before;
    run.countMax = countMax;
    run.isAscending = true;
    const how = reader.read(run);
    assert(run.length <= bytes.bytes.length && run.count <= countMax, 'rows written past the end', run.length, run.count);
    text.at = run.at;
    bytes.length = run.length;
    this.#count = run.count;
    if (run.count === before) return how;
    if (!run.isAscending || (before > 0 && !this.#ascendsAt(before))) this.#isAscending = false;
    if (reader.keyBytes > this.#keyLengthMax) this.#keyLengthMax = reader.keyBytes;
    return how;
  }
  /** Whether the key of a row is greater than that of the row before. */
  #ascendsAt(row: number): boolean {
    const { bytes } = this.#bytes;
    const ends = this.#ends;
    const before = (row > 1 ? ends[row * 2 - 3]! : 0) + KeyFormBytes;
    return compareBytes(bytes, before, ends[row * 2 - 2]!, bytes, ends[row * 2 - 1]! + KeyFormBytes, ends[row * 2]!) < 0;
  }

  /** Writes a row's bytes at a place, or, where that fails, leaves those before `start`. */
  #encode(row: readonly Datum[], start: number, place: number): void {
    const bytes = this.#bytes;
    bytes.length = place;
    try {
      this.#encoder(row, bytes);
    } catch (error) {
      bytes.length = start;
      throw error;
    }
  }

  /** Inserts them all, and forgets them; undefined: the execution must do it (E1). */
  insert({ tx, env }: Pick<ExecutionRequest, 'tx' | 'env'>): number | undefined {
    const access = this.#access.useLayout();
    const { table, tree } = access;
    const count = this.#count;
    const isDone = access.secondary.length === 0 ? this.#insertRows(tx, tree) : this.#insertWithEntries(tx, tree);
    if (!isDone) return undefined;
    env.tableChanges.of(table.oid).rows += count;
    this.clear();
    return count;
  }

  /** False: nothing has changed. */
  #insertRows(tx: Transaction, tree: VersionedTree): boolean {
    return this.#insertAbove(tx, tree) || this.#insertEach(tx, tree);
  }
  #insertWithEntries(tx: Transaction, tree: VersionedTree): boolean {
    this.#entries ??= compileStoredEntryPuts(this.#access.table, this.#access.secondary)!;
    const mark = tx.savepoint();
    const isDone = this.#insertRows(tx, tree) && this.#insertEntries(tx, this.#entries);
    if (!isDone && !(mutants.on && mutants.has('executor.rows-left-to-be-run'))) tx.rollbackTo(mark);
    tx.release(mark);
    // Nothing of the transaction is kept.
    this.#entries.writes.length = 0;
    return isDone;
  }
  /** Of all rows, which have been inserted; false: one of them is too long, which is for the execution to say. */
  #insertEntries(tx: Transaction, entries: EntriesSource<StoredRow>): boolean {
    const stored = this.#stored;
    stored.bytes = this.#bytes.bytes;
    stored.view = this.#bytes.dv;
    const ends = this.#ends;
    for (let i = 0, start = 0; i < this.#count; i++) {
      stored.keyAt = start + KeyFormBytes;
      stored.rowAt = ends[i * 2]! + ValueFormBytes;
      if (!tx.insertNewEntries(entries, stored) && !this.#insertEntriesOf(tx, i)) return false;
      start = ends[i * 2 + 1]!;
    }
    return true;
  }
  /** Of a row that has a long one, or where the transaction has looked for others. */
  #insertEntriesOf(tx: Transaction, i: number): boolean {
    const row = this.rowAt(i);
    this.#access.putRowKey(row, keyOut);
    for (const index of this.#access.secondary) {
      index.putPlainEntry(row, keyOut, entryKeyOut, entryOut);
      if (entryKeyOut.length > tx.manager.keyLengthMax) return false;
      tx.insertNew(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, 0, entryOut.length);
    }
    return true;
  }

  #insertAbove(tx: Transaction, tree: VersionedTree): boolean {
    const block = { bytes: this.#bytes.bytes, ends: this.#ends, count: this.#count, keyLengthMax: this.#keyLengthMax };
    return this.#isAscending && tx.insertAbove(tree, block);
  }

  /** One by one; false: one of them is not for the taking, and nothing has changed. */
  #insertEach(tx: Transaction, tree: VersionedTree): boolean {
    const ends = this.#ends;
    const count = this.#count;
    const mark = tx.savepoint();
    const { bytes } = this.#bytes;
    let start = 0;
    for (let i = 0; i < count; i++) {
      const keyEnd = ends[i * 2]!;
      const rowStart = keyEnd + ValueFormBytes;
      const rowEnd = ends[i * 2 + 1]!;
      keyOut.length = 0;
      keyOut.reserve(keyEnd - start);
      const keyLength = copyBytes(keyOut.bytes, 0, bytes, start + KeyFormBytes, keyEnd);
      if (!tx.insertFree(tree, keyOut.bytes, keyLength, bytes, rowStart, rowEnd - rowStart)) {
        tx.rollbackTo(mark);
        tx.release(mark);
        return false;
      }
      start = rowEnd;
    }
    tx.release(mark);
    assert(start === this.#bytes.length, 'rows left over', start, this.#bytes.length);
    return true;
  }
}
