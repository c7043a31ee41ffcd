/**
 * COPY: rows from and to text or CSV, in files or in streams of the library. COPY FROM goes through the same row writer as INSERT, so defaults,
 * checks, indexes and foreign keys hold.
 */
import { getUtf8 } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import { DbError, notSupported } from '../../base/errors.js';
import { oid as toOid } from '../../base/ids.js';
import type { TextReader } from '../../base/text-io.js';
import { outputText, textReader } from '../../base/text-io.js';
import { sqlType, TypeOid, typeInfo } from '../../base/types.js';
import { TextEnd, lineReaderOf, type RowReader } from '../../executor/codegen/text-rows.js';
import { ConstraintChecks } from '../../executor/constraint-checks.js';
import { EncodedRows, wholeRowsSpec } from '../../executor/encoded-rows.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import type { Conflict, InsertJob } from '../../executor/table-writer.js';
import { TableWriter } from '../../executor/table-writer.js';
import type { TextBytes } from '../../executor/text-bytes.js';
import type { Wait } from '../../executor/wait.js';
import { isWait } from '../../executor/wait.js';
import type { Copy, QualifiedName, Query } from '../../parser/ast.js';
import { intoOf } from '../../parser/select-into.js';
import type { TableDef } from '../../planner/catalog.js';
import { readFull } from '../../storage/files/vfs.js';
import type { Backend, Call, StatementResult } from '../backend.js';
import type { TableRecord } from '../catalog/catalog-objects.js';
import type { LineEnd } from './copy-format.js';
import { CopyReader, copyLine, type RecordPlace } from './copy-format.js';
import { copyOptions, namedColumns, type CopyOptions } from './copy-options.js';
import { CopyInput } from './copy-input.js';
import { Ddl } from '../ddl/ddl.js';
import { bindOverRow, ddlRuntime } from '../ddl/expressions.js';
import { nameText, requireColumn } from '../ddl/names.js';
import { drive, finishInside, startInside } from '../execute.js';
import { CachedStatement } from '../plan-cache.js';
import { datumFormat, type ResultColumn } from '../values.js';

/** Bytes read from a file at a time; rows written at a time. */
const ReadBytes = 256 * 1024;
const BatchRows = 512;
/** The same of rows that take a fraction of the time. */
const LineRows = 1024;
const Minus = 45, Zero = 48, Return = 13, LineFeed = 10;

export async function runCopy(backend: Backend, cached: CachedStatement, statement: Copy, call: Call): Promise<StatementResult> {
  if (statement.endpoint.kind === 'program') throw notSupported('COPY ... PROGRAM', statement.offset);
  const tx = backend.block.ensureTransaction();
  if (statement.direction === 'from' && backend.block.modes.readOnly) throw new DbError('25006', 'cannot execute COPY FROM in a read-only transaction');
  tx.beginStatement(backend.infoOf(cached));
  backend.block.noteSnapshot();
  try {
    const ddl = new Ddl(backend, tx, call, cached);
    const count = statement.direction === 'from' ? await copyFrom(ddl, statement) : await copyTo(ddl, cached, statement);
    return { command: 'COPY', rows: [], rowCount: count, columns: [] };
  } finally {
    tx.endStatement();
  }
}

// ---------------------------------------------------------------------------------------------------------------- FROM

/** Chunks of the input, which are borrowed until the next one. */
async function* sourceOf(ddl: Ddl, statement: Copy): AsyncIterable<string | Uint8Array> {
  if (statement.endpoint.kind !== 'file') {
    const source = ddl.call.copy?.source;
    if (source === undefined) throw new DbError('0A000', 'COPY FROM STDIN needs a stream to read from', { hint: 'Use copyFrom().' });
    yield* source;
    return;
  }
  const file = ddl.backend.instance.copyVfs.open(statement.endpoint.name, 'read');
  try {
    const bytes = new Uint8Array(ReadBytes);
    for (let position = 0; ; ) {
      const length = readFull(file, position, bytes, 0, ReadBytes);
      position += length;
      if (length === 0) return;
      yield bytes.subarray(0, length);
    }
  } finally {
    file.close();
  }
}

async function copyFrom(ddl: Ddl, statement: Copy): Promise<number> {
  const name = statement.table!;
  const relation = await ddl.lockRelation(name, 'row exclusive');
  const options = copyOptions(statement.options, 'from');
  if (relation.kind !== 'table' || relation.view !== undefined) {
    throw new DbError('42809', `cannot copy to ${relation.kind === 'table' ? 'materialized view' : relation.kind} "${relation.name}"`, { offset: name.offset, hint: relation.kind === 'view' ? 'To enable copying to a view, provide an INSTEAD OF INSERT trigger.' : undefined });
  }
  const writer = new CopyWriter(ddl, relation, statement, options);
  await writer.lockParents();
  const reader = new CopyReader(options);
  const drain = async (): Promise<void> => {
    for (;;) {
      let waiting: Promise<void> | undefined;
      try {
        if (!writer.goToNext(reader)) break;
        waiting = writer.take(reader);
      } catch (error) {
        // What is wrong with a row before is said first.
        await writer.flush();
        throw error;
      }
      if (waiting !== undefined) await waiting;
    }
    // Before the input they are from goes.
    await writer.flush();
  };
  const input = new CopyInput();
  const readInput = async (): Promise<void> => {
    for (let piece: string | undefined = ''; piece !== undefined && !reader.isEnded; piece = input.nextPiece()) {
      reader.push(piece);
      await drain();
      if (!reader.isEmpty || !writer.takesLines || input.linesEnd === input.text.at) continue;
      const lineEnd = reader.lineEnd ?? input.firstLineEnd;
      const count = await writer.takeLines(input.text, input.linesEnd, reader.lineCount, lineEnd);
      reader.skipLines(count, lineEnd);
      if (count > 0) input.noteLines();
    }
  };
  for await (const chunk of sourceOf(ddl, statement)) {
    input.push(chunk);
    await readInput();
    if (reader.isEnded) break;
  }
  if (!reader.isEnded) reader.push(input.lastPiece());
  reader.end();
  await drain();
  await writer.finish();
  return writer.count;
}

/** How fields of a line that was cut are read. */
interface CutColumns {
  /** Whether an empty field is NULL; otherwise none is. */
  readonly isEmptyNull: boolean;
  /** By column read: up to so many digits are its value; 0: its reader is asked. */
  readonly digitsMax: readonly number[];
}

/** The integer that is all of `text[start, end)`; NaN when it has more digits than that, is minus zero, or no such integer. */
function integerAt(text: string, start: number, end: number, digitsMax: number): number {
  const isNegative = text.charCodeAt(start) === Minus;
  let at = isNegative ? start + 1 : start;
  if (at === end || end - at > digitsMax) return NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - Zero;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return isNegative ? (value === 0 ? NaN : -value) : value;
}

/** What stands in values that are not texts, and characters of more than a byte: as a delimiter or quote they are for the general way. */
const mayBeOfValue = /[\w.\-\x80-\uffff]/;

/** Of what was given, in an error's context. Source. MAX_COPY_DATA_DISPLAY of copyfrom.c. */
const ShownLengthMax = 100;

class CopyWriter {
  readonly #ddl: Ddl;
  readonly #table: TableRecord;
  readonly #options: CopyOptions;
  readonly #columns: readonly number[];
  readonly #writer: TableWriter;
  readonly #checks: ConstraintChecks;
  /** A row before anything is known of it, and what makes the values of columns that are not read. */
  readonly #empty: readonly Datum[];
  readonly #defaults: readonly { readonly column: number; readonly make: () => Datum }[];
  /** By column read. */
  readonly #readers: readonly TextReader[];
  readonly #domains: readonly (number | undefined)[];
  readonly #where: ((row: readonly Datum[]) => boolean) | undefined;
  readonly #forceNotNull: ReadonlySet<number>;
  readonly #forceNull: ReadonlySet<number>;
  readonly #ctx;
  readonly #cutColumns: CutColumns | undefined;
  /** Used for row after row: what has been written keeps nothing of it. */
  readonly #row: Datum[];
  /** Rows kept back to be inserted together, and where they came from: the input, and by row its line, its start and its end; undefined: each is inserted by itself. */
  readonly #kept: EncodedRows | undefined;
  #keptText = '';
  readonly #keptPlaces: number[] = [];
  /** Reads lines that are plainly rows of values alone into `#kept`; undefined: none are. */
  readonly #lineReader: RowReader | undefined;
  /** The lines that all rows kept back are from, where they were read by it. */
  #keptLines: { readonly text: TextBytes; readonly start: number; readonly line: number } | undefined = undefined;
  #isHeaderDue: boolean;
  #untilCheck = BatchRows;
  count = 0;

  constructor(ddl: Ddl, table: TableRecord, statement: Copy, options: CopyOptions) {
    const { backend } = ddl;
    this.#ddl = ddl;
    this.#table = table;
    this.#options = options;
    this.#isHeaderDue = options.header !== 'none';
    this.#columns = copyColumns(table, statement);
    this.#ctx = backend.context(ddl.call.deadlineMs);
    const info = backend.schema.writeInfo(toOid(table.oid));
    const runtime = ddlRuntime(backend, info.columnCount);
    this.#checks = new ConstraintChecks({ tx: ddl.tx, ctx: this.#ctx, env: backend.executorEnv(), schema: backend.schema, constraints: backend.constraints, canWait: true });
    this.#writer = new TableWriter(info, runtime, this.#checks.add, (e) => evaluate(e, runtime), backend.settings.get('execution_mode') === 'generated');
    this.#empty = info.table.columns.map(() => null);
    this.#defaults = info.table.columns.flatMap((column, i) => {
      const e = info.defaults[i];
      return e === undefined || column.isDropped || this.#columns.includes(i) ? [] : [{ column: i, make: () => evaluate(e, runtime) }];
    });
    this.#readers = this.#columns.map((column) => {
      const { type, typmod } = table.columns[column]!;
      return textReader(sqlType(type, typmod), this.#ctx);
    });
    this.#domains = this.#columns.map((column) => {
      const { type } = table.columns[column]!;
      return typeInfo(type, this.#ctx.types).kind === 'domain' ? type : undefined;
    });
    if (statement.where !== undefined) {
      const bound = bindOverRow(backend, table, statement.where, 'COPY FROM WHERE conditions', 'boolean', 'WHERE');
      const own = ddlRuntime(backend, bound.binder.columnCount);
      this.#where = (row) => {
        for (const { id, column } of bound.row) own.registers[id] = row[column]!;
        return evaluate(bound.expression, own) === true;
      };
    }
    const named = (option: 'FORCE_NOT_NULL' | 'FORCE_NULL', names: readonly string[]): ReadonlySet<number> =>
      new Set(namedColumns(option, names, this.#columns.map((column) => table.columns[column]!.name), table).map((i) => this.#columns[i]!));
    this.#forceNotNull = named('FORCE_NOT_NULL', options.forceNotNull);
    this.#forceNull = named('FORCE_NULL', options.forceNull);
    this.#cutColumns = this.#findCutColumns();
    this.#row = [...this.#empty];
    const rowsSpec = backend.settings.get('execution_mode') === 'generated' ? wholeRowsSpec(info) : undefined;
    this.#kept = rowsSpec === undefined ? undefined : EncodedRows.make(rowsSpec, backend.instance.manager, this.#ctx.types);
    this.#lineReader = this.#kept === undefined ? undefined : this.#makeLineReader(info.table);
  }

  #makeLineReader(tableDef: TableDef): RowReader | undefined {
    const { format, delimiter, quote, escape } = this.#options;
    const special = format === 'csv' ? quote : '\\';
    const isPlain = this.#cutColumns !== undefined && this.#where === undefined && this.#defaults.length === 0 && !mayBeOfValue.test(delimiter + special);
    if (!isPlain) return undefined;
    const places = this.#empty.map((_value, column) => this.#columns.indexOf(column));
    const { isEmptyNull } = this.#cutColumns;
    return lineReaderOf(tableDef, places, { kind: 'lines', delimiter: delimiter.charCodeAt(0), special: special.charCodeAt(0), isEmptyNull, isCsv: format === 'csv', hasPlainQuotes: escape === quote });
  }

  /** Undefined where NULL is more than an empty field, or not that. */
  #findCutColumns(): CutColumns | undefined {
    const { format, null: nullText } = this.#options;
    const isEmptyNull = nullText === '';
    // A line with a backslash is not cut, in the text format.
    const isNeverNull = format === 'text' && nullText.includes('\\');
    if ((!isEmptyNull && !isNeverNull) || this.#forceNull.size + this.#forceNotNull.size > 0 || this.#domains.some((domain) => domain !== undefined)) return undefined;
    const digitsMax = this.#columns.map((column) => {
      const { oid } = sqlType(this.#table.columns[column]!.type);
      return oid === TypeOid.int4 ? 9 : oid === TypeOid.int8 || oid === TypeOid.float8 ? 15 : 0;
    });
    return { isEmptyNull, digitsMax };
  }

  async lockParents(): Promise<void> {
    for (const key of this.#table.foreignKeys) await this.#ddl.lock(key.parent, 'row share');
  }

  /** Whether lines that come next may be given to `takeLines`. */
  get takesLines(): boolean {
    return this.#lineReader !== undefined && !this.#isHeaderDue;
  }
  /** Reads and writes the lines of `text` before `end`, after `lineCount` others, up to the first that is not plainly a row or ends otherwise. @returns how many they are */
  async takeLines(text: TextBytes, end: number, lineCount: number, lineEnd: LineEnd): Promise<number> {
    const kept = this.#kept!;
    for (let lines = 0; ; ) {
      const start = text.at;
      const how = kept.read(this.#lineReader!, text, end, LineRows, lineEnd === '\r\n');
      const { count } = kept;
      if (count > 0) {
        this.#keptLines = { text, start, line: lineCount + lines + 1 };
        lines += count;
        const writing = this.flush();
        if (writing !== undefined) await writing;
        this.#keptLines = undefined;
        this.count += count;
        await this.#giveWay();
      }
      if (how !== TextEnd.Full) return lines;
    }
  }

  /** As `CopyReader.next`; errors tell of the table, too. */
  goToNext(record: CopyReader): boolean {
    try {
      return record.next();
    } catch (error) {
      if (error instanceof DbError) error.fields = { ...error.fields, where: `COPY ${this.#table.name}, line ${record.line}` };
      throw error;
    }
  }
  /** Writes a record's row. A promise: it is not in before that is over, or it is time to give way. */
  take(record: CopyReader): Promise<void> | undefined {
    if (this.#isHeaderDue) {
      this.#isHeaderDue = false;
      if (this.#options.header === 'match') this.#matchHeader(record);
      return undefined;
    }
    const row = this.#cutColumns !== undefined && record.cutCount === this.#columns.length ? this.#readCut(record, this.#cutColumns) : this.#read(record);
    this.#writer.completeRow(row);
    if (this.#where !== undefined && !this.#where(row)) return undefined;
    if (this.#keep(row, record)) return this.#counted();
    const waiting = this.#insert(row, record);
    return waiting === undefined ? this.#counted() : waiting.then(() => this.#counted());
  }
  /** Keeps a row back if it may be. */
  #keep(row: readonly Datum[], record: CopyReader): boolean {
    try {
      if (this.#kept?.add(row) !== true) return false;
    } catch (error) {
      throw this.#at(error, record);
    }
    this.#keptText = record.text;
    this.#keptPlaces.push(record.line, record.contentStart, record.contentEnd);
    return true;
  }
  /** Writes the rows kept back. A promise: they are not in before that is over. */
  flush(): Promise<void> | undefined {
    const kept = this.#kept;
    if (kept === undefined || kept.count === 0) return undefined;
    const { backend, tx } = this.#ddl;
    const isDone = kept.insert({ tx, env: backend.executorEnv() }) !== undefined;
    const places = isDone ? [] : this.#keptLines === undefined ? this.#placesOfRecords() : this.#placesOfLines(kept.count, this.#keptLines);
    const rows = places.map((place, i) => ({ row: kept.rowAt(i), place }));
    kept.clear();
    this.#keptPlaces.length = 0;
    return isDone ? undefined : this.#insertEach(rows);
  }
  #placesOfRecords(): RecordPlace[] {
    const places: RecordPlace[] = [];
    for (let i = 0; i < this.#keptPlaces.length; i += 3) places.push({ line: this.#keptPlaces[i]!, content: this.#keptText.slice(this.#keptPlaces[i + 1], this.#keptPlaces[i + 2]) });
    return places;
  }
  #placesOfLines(count: number, { text: { bytes }, start, line }: { readonly text: TextBytes; readonly start: number; readonly line: number }): RecordPlace[] {
    const places: RecordPlace[] = [];
    for (let at = start; places.length < count; ) {
      const end = bytes.indexOf(LineFeed, at);
      places.push({ line: line + places.length, content: getUtf8(bytes, at, bytes[end - 1] === Return ? end - 1 : end) });
      at = end + 1;
    }
    return places;
  }
  async #insertEach(rows: readonly { readonly row: Datum[]; readonly place: RecordPlace }[]): Promise<void> {
    for (const { row, place } of rows) await this.#insert(row, place);
  }
  /** Inserts a row. A promise: it is not in before that is over. */
  #insert(row: Datum[], place: RecordPlace): Promise<void> | undefined {
    try {
      this.#writer.checkRow(row);
      if (this.#writer.insertFree(row)) return undefined;
      const job = { row, rowKey: undefined, entries: undefined, claimedFrom: undefined };
      const waiting = this.#writer.insert(job);
      return isWait(waiting) ? this.#wait(waiting, job, place) : undefined;
    } catch (error) {
      throw this.#at(error, place);
    }
  }
  async #wait(first: Wait, job: InsertJob, place: RecordPlace): Promise<void> {
    const { backend, tx, call } = this.#ddl;
    try {
      for (let waiting: Wait | Conflict | undefined = first; waiting !== undefined; waiting = this.#writer.insert(job)) {
        if (isWait(waiting)) await backend.waitFor(waiting, tx, call.deadlineMs);
      }
    } catch (error) {
      throw this.#at(error, place);
    }
  }
  #counted(): Promise<void> | undefined {
    this.count++;
    if (--this.#untilCheck > 0) return undefined;
    this.#untilCheck = BatchRows;
    const writing = this.flush();
    return writing === undefined ? this.#giveWay() : writing.then(() => this.#giveWay());
  }
  #giveWay(): Promise<void> {
    this.#ctx.checkDeadline();
    return this.#ddl.backend.instance.giveWay();
  }

  #read(record: CopyReader): Datum[] {
    const { fields, quoted } = record;
    const columns = this.#columns;
    if (fields.length > columns.length && !(columns.length === 0 && fields.length === 1 && fields[0] === '')) throw new DbError('22P04', 'extra data after last expected column', { where: this.#context(record) });
    const row = this.#empty.slice();
    for (const { column, make } of this.#defaults) row[column] = make();
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const field = fields[i];
      if (field === undefined) throw new DbError('22P04', `missing data for column "${this.#table.columns[column]!.name}"`, { where: this.#context(record) });
      const isNull = this.#isNull(field, quoted[i]!, column);
      const domain = this.#domains[i];
      if (isNull && domain === undefined) continue;
      try {
        // A domain may have something against NULL; a text it has checked as it was read.
        row[column] = isNull ? this.#ctx.system.call('domain_check', [domain!, null]) : this.#readers[i]!(field);
      } catch (error) {
        throw this.#at(error, record, column, field);
      }
    }
    return row;
  }
  /** The same of a line that was cut: commonest values come from the characters of the line. */
  #readCut(record: CopyReader, cutColumns: CutColumns): Datum[] {
    const { text, starts, ends } = record;
    const columns = this.#columns;
    const row = this.#row;
    for (let i = 0; i < row.length; i++) row[i] = null;
    for (const { column, make } of this.#defaults) row[column] = make();
    let i = 0;
    try {
      for (; i < columns.length; i++) {
        const start = starts[i]!;
        const end = ends[i]!;
        if (start === end && cutColumns.isEmptyNull) continue;
        const value = cutColumns.digitsMax[i]! === 0 ? NaN : integerAt(text, start, end, cutColumns.digitsMax[i]!);
        row[columns[i]!] = value === value ? value : this.#readers[i]!(text.slice(start, end));
      }
    } catch (error) {
      throw this.#at(error, record, columns[i]!, text.slice(starts[i], ends[i]));
    }
    return row;
  }
  #isNull(text: string, isQuoted: boolean, column: number): boolean {
    if (text !== this.#options.null) return false;
    if (this.#options.format === 'text') return !isQuoted;
    return isQuoted ? this.#forceNull.has(column) : !this.#forceNotNull.has(column);
  }
  /** The record, or a field of it. */
  #context(record: RecordPlace, column?: number, field?: string): string {
    const given = field ?? record.content;
    const shown = given.length > ShownLengthMax ? `${given.slice(0, ShownLengthMax)}...` : given;
    return `COPY ${this.#table.name}, line ${record.line}${column === undefined ? '' : `, column ${this.#table.columns[column]!.name}`}: "${shown}"`;
  }
  #at(error: unknown, record: RecordPlace, column?: number, field?: string): unknown {
    if (error instanceof DbError) error.fields = { ...error.fields, where: this.#context(record, column, field) };
    return error;
  }

  #matchHeader(record: CopyReader): void {
    const { fields } = record;
    const where = this.#context(record);
    if (fields.length !== this.#columns.length) throw new DbError('22P04', `wrong number of fields in header line: got ${fields.length}, expected ${this.#columns.length}`, { where });
    this.#columns.forEach((column, i) => {
      const { name } = this.#table.columns[column]!;
      if (fields[i]! !== name) throw new DbError('22P04', `column name mismatch in header line field ${i + 1}: got "${fields[i]!}", expected "${name}"`, { where });
    });
  }

  async finish(): Promise<void> {
    const { backend, tx, call } = this.#ddl;
    for (let waiting = this.#checks.runImmediate(); waiting !== undefined; waiting = this.#checks.runImmediate()) await backend.waitFor(waiting, tx, call.deadlineMs);
  }
}

/** Positions of the columns to be read or written, all but generated ones when none are named. */
function copyColumns(table: TableRecord, statement: Copy): number[] {
  if (statement.columns.length === 0) return table.columns.flatMap((column, i) => (column.isDropped || column.generated === 'stored' ? [] : [i]));
  const columns = statement.columns.map((column) => {
    const position = requireColumn(table, column.name);
    if (table.columns[position]!.generated === 'stored') throw new DbError('42P10', `column "${column.name}" is a generated column`, { detail: 'Generated columns cannot be used in COPY.', offset: column.offset });
    return position;
  });
  columns.forEach((column, i) => {
    if (columns.indexOf(column) !== i) throw new DbError('42701', `column "${statement.columns[i]!.name}" specified more than once`, { offset: statement.columns[i]!.offset });
  });
  return columns;
}

// ---------------------------------------------------------------------------------------------------------------- TO

/** The table to be copied, undefined for one of the catalog. */
function tableToCopy(ddl: Ddl, name: QualifiedName): TableRecord | undefined {
  const relation = ddl.backend.catalog().relationRecord(name.schema, name.name);
  if (ddl.backend.catalog().compositeRecord(name.schema, name.name) !== undefined) throw new DbError('42809', `"${name.name}" is a composite type`, { offset: name.offset });
  if (relation === undefined && ddl.backend.catalog().relation(name.schema, name.name) === undefined) throw new DbError('42P01', `relation "${nameText(name)}" does not exist`, { offset: name.offset });
  if (relation !== undefined && relation.kind !== 'table') {
    throw new DbError('42809', `cannot copy from ${relation.kind} "${relation.name}"`, { offset: name.offset, hint: relation.kind === 'view' ? 'Try the COPY (SELECT ...) TO variant.' : undefined });
  }
  return relation;
}

/** The query that reads it: COPY t (a, b) TO is COPY (SELECT a, b FROM t) TO. */
function tableQuery(relation: TableRecord | undefined, statement: Copy): Query {
  const name = statement.table!;
  const columns = relation === undefined ? undefined : copyColumns(relation, statement).map((i) => relation.columns[i]!.name);
  const targets = columns?.map((column) => ({ expression: { kind: 'columnRef', parts: [column], offset: -1 } as const, alias: undefined, offset: -1 })) ?? [{ expression: { kind: 'star', qualifier: [], offset: -1 } as const, alias: undefined, offset: -1 }];
  return {
    kind: 'query', with: undefined, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset: statement.offset,
    body: {
      kind: 'select', isDistinct: false, distinctOn: undefined, targets, into: undefined, from: [{ kind: 'tableRef', name, only: false, alias: undefined, sample: undefined, offset: name.offset }],
      where: undefined, groupBy: [], groupDistinct: false, having: undefined, windows: [], offset: statement.offset,
    },
  };
}

async function copyTo(ddl: Ddl, cached: CachedStatement, statement: Copy): Promise<number> {
  const { backend, call } = ddl;
  const table = statement.table === undefined ? undefined : tableToCopy(ddl, statement.table);
  const options = copyOptions(statement.options, 'to');
  if (statement.query?.kind === 'query' && intoOf(statement.query) !== undefined) throw notSupported('COPY (SELECT INTO)');
  if (statement.query !== undefined && 'returning' in statement.query && statement.query.returning === undefined) throw new DbError('0A000', 'COPY query must have a RETURNING clause');
  const query = statement.query ?? tableQuery(table, statement);
  const inner = new CachedStatement({ ...cached.parsed, statement: query });
  const started = await startInside(backend, inner, { ...call, params: undefined, format: datumFormat });
  let sink: Sink | undefined;
  try {
    const columns: readonly ResultColumn[] = started.plan.planned.result;
    const named = options.forceQuote === 'all' ? undefined : namedColumns('FORCE_QUOTE', options.forceQuote, columns.map((column) => column.name), table);
    const forced = columns.map((_, i) => named === undefined || named.includes(i));
    sink = openSink(ddl, statement);
    let buffer = options.header === 'none' ? '' : copyLine(options, columns.map((column) => column.name), columns.map(() => false));
    let count = 0;
    for (let isDone = false; !isDone; ) {
      isDone = await drive(backend, started, BatchRows, call.deadlineMs);
      for (const row of started.execution.takeRows() as Datum[][]) {
        buffer += copyLine(options, row.map((value, i) => (value === null ? null : outputText(columns[i]!.type, value, started.ctx))), forced);
        count++;
      }
      if (buffer !== '') await sink.write(buffer);
      buffer = '';
    }
    await sink.finish();
    return count;
  } finally {
    finishInside(started);
    sink?.close();
  }
}

interface Sink {
  write(text: string): Promise<void> | void;
  finish(): Promise<void> | void;
  close(): void;
}
function openSink(ddl: Ddl, statement: Copy): Sink {
  if (statement.endpoint.kind === 'file') {
    const { copyVfs } = ddl.backend.instance;
    const { name } = statement.endpoint;
    if (copyVfs.exists(name)) copyVfs.unlink(name);
    const file = copyVfs.open(name, 'create');
    let position = 0;
    return {
      write(text) {
        const bytes = Buffer.from(text, 'utf8');
        for (let done = 0; done < bytes.length; ) done += file.write(position + done, bytes, done, bytes.length - done);
        position += bytes.length;
      },
      finish: () => file.sync(),
      close: () => file.close(),
    };
  }
  const sink = ddl.call.copy?.sink;
  if (sink === undefined) throw new DbError('0A000', 'COPY TO STDOUT needs a stream to write to', { hint: 'Use copyTo().' });
  return { write: sink, finish: () => {}, close: () => {} };
}
