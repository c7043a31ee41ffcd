/**
 * Writes rows of one table: the row itself, its index entries, its constraints. INSERT, UPDATE, DELETE, MERGE, COPY and the actions of foreign keys
 * all come through here. One row changed by its key in one step does so in row-by-key.ts.
 *
 * T1  A row's changes happen together: first everything that can fail or wait (checks, locks, unique claims), then all trees, without a step
 *     in between that could fail. So a step that returned a promise may be run again from its start.
 * T2  An index is touched only where its entry changes: old and new entry are compared as bytes, key and value.
 * T3  Every unique key that a change adds was claimed before (mvcc keeps the claim to the end of the transaction).
 * T4  Foreign keys see the change through `checks`, after the last row of the statement.
 *
 * Lock modes. DELETE and a change of columns that a foreign key could reference take 'update', which excludes KEY SHARE; other updates take
 * 'no key update', so that inserting a child does not wait for an update of its parent.
 */
import { assert } from '../base/assert.js';
import { ByteBuffer } from '../base/byte-buffer.js';
import { compareBytes, keyBytes, keyString, putKeyString } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { decodeRow, encodeRow } from '../base/rowcode.js';
import { outputText } from '../base/text-io.js';
import { mutants } from '../base/mutants.js';
import { RowRef, type ClaimOptions, type EntriesSource, type PutSource, type RowChanges, type RowLockMode, type RowLockOptions, type RowLockResult, type UpdateOptions, type WaitPolicy } from '../mvcc/types.js';
import type { Csn } from '../base/ids.js';
import type { BoundExpression } from '../planner/expression.js';
import type { TableDef } from '../planner/catalog.js';
import { ChildLooks } from './child-looks.js';
import { decodeWholeRow } from './codegen/row-decoder.js';
import { CompileAfter, rowEncoder, type RowEncoder } from './codegen/row-encoder.js';
import type { ConstraintCheck } from './constraint-queue.js';
import { checkViolation, indexKeyText, notNullViolation, uniqueViolation, viewOptionViolation } from './row-errors.js';
import { ParentHolds } from './parent-holds.js';
import type { Runtime } from './runtime.js';
import type { TableWriteInfo } from './schema-lookup.js';
import type { IndexAccess, TableAccess } from './table-access.js';
import type { ChangeCount } from './table-changes.js';
import { datumsKey } from './ordering.js';
import type { Wait } from './wait.js';
import { isWait } from './wait.js';

/** A row, by column position. */
export type Row = Datum[];

/** What the writer needs to know; a planned ModifyTable and a `TableWriteInfo` both have it. */
export type WriterInfo = Pick<TableWriteInfo, 'table' | 'newRow' | 'checks' | 'generated' | 'indexExpressions'>;

/** Where checks for later go. */
export type CheckSink = (check: ConstraintCheck) => void;

/** What follows from the definition alone; made once and kept with it. */
interface WriterLayout {
  readonly notNull: readonly number[];
  /** Columns of unique indexes that a foreign key could reference. */
  readonly keyColumns: readonly number[];
  /** Whether rows must be in the registers: something is computed from them. */
  readonly needsRegisters: boolean;
  readonly hasViewOptions: boolean;
  /** Whether some foreign key holds for new values alone. */
  readonly hasUnvalidated: boolean;
  /** Whether inserting a row means to put it and its index entries, each of which may be asked for at once whether its key is free. */
  readonly isPlain: boolean;
  /** Whether some of these are to be unique. */
  readonly hasUnique: boolean;
}
const layouts = new WeakMap<WriterInfo, WriterLayout>();

function writerLayout(info: WriterInfo): WriterLayout {
  let layout = layouts.get(info);
  if (layout !== undefined) return layout;
  const keyColumns = new Set<number>();
  for (const index of info.table.indexes) {
    if (!index.isUnique || index.predicate !== undefined || index.deferrable !== 'not deferrable') continue;
    if (index.columns.every((column) => column.column !== undefined)) for (const { column } of index.columns) keyColumns.add(column!);
  }
  layout = {
    notNull: info.table.columns.filter((column) => column.notNull && !column.isDropped).map((column) => column.index),
    keyColumns: [...keyColumns],
    needsRegisters: info.checks.length > 0 || info.generated.length > 0 || info.indexExpressions.size > 0,
    hasViewOptions: info.checks.some((check) => check.isViewOption),
    hasUnvalidated: info.table.foreignKeys.some((key) => !key.validated),
    isPlain: info.table.indexes.every((index) => index.isClustered || !index.isUnique || index.deferrable === 'not deferrable'),
    hasUnique: info.table.indexes.some((index) => !index.isClustered && index.isUnique),
  };
  layouts.set(info, layout);
  return layout;
}

/** One index entry of a row: its key, and the column values it was made from (for messages). */
interface Entry {
  readonly key: string;
  readonly values: readonly Datum[];
}
/** By secondary index; undefined where the predicate leaves the row out. */
type Entries = readonly (Entry | undefined)[];

/** A key that another row has. */
export interface Conflict {
  readonly kind: 'conflict';
  readonly index: IndexAccess;
  readonly key: string;
  readonly values: readonly Datum[];
  /** The very statement put it there. */
  readonly self: boolean;
}

/** A row about to be inserted, kept over waits. */
export interface InsertJob {
  readonly row: Row;
  rowKey: string | undefined;
  entries: Entries | undefined;
  /** How much the transaction had to undo when the first of the row's keys was claimed, while some may be. */
  claimedFrom: number | undefined;
}

/** What became of a row to be locked: locked with its newest content, or not to be acted on. */
export interface LockedRow {
  readonly kind: 'ok' | 'changed';
  readonly rowKey: string;
}
export type LockOutcome = LockedRow | { readonly kind: 'gone' | 'self' | 'skipped' };

// What most calls pass, made once.
const noEntries: Entries = [];
const noArbiters: readonly IndexAccess[] = [];
const noOptions: RowLockOptions = {};
const claimWaiting: ClaimOptions = { upsert: false, wait: 'wait' };
const claimNow: ClaimOptions = { upsert: false, wait: 'nowait' };
const upsertWaiting: ClaimOptions = { upsert: true, wait: 'wait' };
const upsertNow: ClaimOptions = { upsert: true, wait: 'nowait' };
const plainUpdate: UpdateOptions = { changesKeyColumns: false };
const keyUpdate: UpdateOptions = { changesKeyColumns: true };

const out = new ByteBuffer(1024);
const keyOut = new ByteBuffer(256);
const entryOut = new ByteBuffer(256);
const entryKeyOut = new ByteBuffer(256);
const oldEntryOut = new ByteBuffer(256);

export class TableWriter {
  readonly info: WriterInfo;
  readonly table: TableDef;
  readonly access: TableAccess;
  readonly #runtime: Runtime;
  readonly #checks: CheckSink;
  readonly #evaluate: (e: BoundExpression) => Datum;
  readonly #rowRef = new RowRef();
  readonly #layout: WriterLayout;
  readonly #changes: ChangeCount;

  #madeParents: ParentHolds | undefined = undefined;
  #madeChildren: ChildLooks | undefined = undefined;
  /** Made once enough rows have been written. */
  #encoder: RowEncoder | undefined = undefined;
  #encodedCount: number;
  readonly #isGenerated: boolean;

  /** `isGenerated`: rows may be encoded by generated code. */
  constructor(info: WriterInfo, runtime: Runtime, checks: CheckSink, evaluate: (e: BoundExpression) => Datum, isGenerated = runtime.generated !== undefined) {
    this.info = info;
    this.table = info.table;
    this.#encodedCount = isGenerated ? 0 : Infinity;
    this.#runtime = runtime;
    this.access = runtime.access(info.table);
    this.#isGenerated = isGenerated;
    this.#checks = checks;
    this.#evaluate = evaluate;
    this.#layout = writerLayout(info);
    this.#changes = runtime.env.tableChanges.of(info.table.oid);
  }

  /** For the next run of the same statement. */
  restart(): void {
    this.access.useLayout();
  }

  // ------------------------------------------------------------------------------------------------------------ constraints of one row

  /** Publishes a row in the registers of `newRow`. */
  publish(row: readonly Datum[]): void {
    const { registers } = this.#runtime;
    for (const { id, column } of this.info.newRow) registers[id] = row[column]!;
  }

  /** Computes generated columns of `row` in place. */
  completeRow(row: Row): void {
    if (this.info.generated.length === 0) return;
    this.publish(row);
    const { registers } = this.#runtime;
    for (const { column, value } of this.info.generated) {
      const datum = this.#evaluate(value);
      row[column] = datum;
      for (const target of this.info.newRow) if (target.column === column) registers[target.id] = datum;
    }
  }

  /** NOT NULL and CHECK. @throws DbError 23502, 23514 */
  checkRow(row: Row): void {
    const { ctx } = this.#runtime;
    if (!(mutants.on && mutants.has('executor.skip-not-null'))) {
      for (const column of this.#layout.notNull) if (row[column] === null) throw notNullViolation(this.table, column, row, ctx);
    }
    if (this.info.checks.length === 0) return;
    this.publish(row);
    for (const { name, expression, isViewOption } of this.info.checks) {
      if (isViewOption || this.#evaluate(expression) !== false) continue;
      if (!(mutants.on && mutants.has('executor.skip-check'))) throw checkViolation(this.table, name, row, ctx);
    }
  }

  /** WITH CHECK OPTION of the view that was written through, once the row is in, so that a duplicate key is reported first. @throws DbError 44000 */
  #checkViewOptions(row: readonly Datum[]): void {
    if (!this.#layout.hasViewOptions) return;
    this.publish(row);
    for (const { name, expression, isViewOption } of this.info.checks) {
      if (isViewOption && this.#evaluate(expression) !== true) throw viewOptionViolation(name, this.table, row, this.#runtime.ctx);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ index entries

  #entriesOf(row: readonly Datum[], rowKey: string): Entries {
    const { secondary } = this.access;
    if (secondary.length === 0) return noEntries;
    if (this.#layout.needsRegisters) this.publish(row);
    return secondary.map((index) => {
      const values = this.#indexValues(index, row);
      return values === undefined ? undefined : { key: index.entryKey(values, rowKey), values };
    });
  }

  /** The values an index has for a row in the registers, undefined when its predicate leaves the row out. */
  #indexValues(index: IndexAccess, row: readonly Datum[]): Datum[] | undefined {
    const expressions = this.info.indexExpressions.get(index.definition.oid);
    if (expressions?.predicate !== undefined && this.#evaluate(expressions.predicate) !== true) return undefined;
    if (index.plainColumns !== undefined) return index.plainColumns.map((column) => row[column]!);
    assert(expressions !== undefined, 'expression index without bound expressions', index.definition.oid);
    return expressions.keys.map((key) => this.#evaluate(key));
  }

  /**
   * Claims the unique keys that a row adds: those of `entries` that differ from `oldEntries`, and the row key if it is new. Arbiters come
   * first, because what conflicts there is no error; that one of them is deferrable is an error of the row that comes to it. @throws DbError 55000, and as `claimKey`
   */
  #claim(rowKey: string | undefined, row: readonly Datum[], entries: Entries, oldEntries: Entries, arbiters: readonly IndexAccess[]): Wait | Conflict | undefined {
    if (arbiters.length > 0) for (const arbiter of arbiters) {
      if (arbiter.isDeferrable) throw new DbError('55000', 'ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters');
      const claimed = this.#claimIndex(arbiter, rowKey, row, entries, oldEntries, true);
      if (claimed !== undefined) return claimed;
    }
    for (const index of this.access.unique) {
      if (arbiters.length > 0 && arbiters.includes(index)) continue;
      const claimed = this.#claimIndex(index, rowKey, row, entries, oldEntries, false);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  #claimIndex(index: IndexAccess, rowKey: string | undefined, row: readonly Datum[], entries: Entries, oldEntries: Entries, upsert: boolean): Wait | Conflict | undefined {
    let key: string;
    let values: readonly Datum[] | undefined;
    if (index.definition.isClustered) {
      if (rowKey === undefined) return undefined;
      key = rowKey;
    } else {
      const at = this.access.secondary.indexOf(index);
      const entry = entries[at];
      if (entry === undefined || oldEntries[at]?.key === entry.key) return undefined;
      if (index.hasRowKeySuffix(entry.values)) return undefined;
      key = entry.key;
      values = entry.values;
    }
    if (mutants.on && mutants.has('executor.skip-unique')) return undefined;
    const claimed = this.#runtime.tx.claimKey(index.tree, key, this.#runtime.request.canWait ? (upsert ? upsertWaiting : claimWaiting) : upsert ? upsertNow : claimNow);
    if (isWait(claimed)) return claimed;
    if (claimed.kind === 'free') return undefined;
    values ??= this.access.keyColumns.map((column) => row[column]!);
    return { kind: 'conflict', index, key, values, self: claimed.self };
  }

  get #waitPolicy(): 'wait' | 'nowait' {
    return this.#runtime.request.canWait ? 'wait' : 'nowait';
  }

  /** 23505 for a conflict that ON CONFLICT does not cover. */
  duplicateKey(conflict: Conflict): Error {
    const { definition } = conflict.index;
    return uniqueViolation(this.table, definition, indexKeyText(this.table, definition, conflict.values, this.#runtime.ctx, this.info.indexExpressions.get(definition.oid)?.keys));
  }

  // ------------------------------------------------------------------------------------------------------------ insert

  /**
   * Inserts a complete, checked row. A conflict on an index of `arbiters` is returned, and no key of the row is claimed; on any other it is 23505.
   * Returns undefined when the row is in. @throws DbError 23505, 40001, 40P01, 55P03
   */
  insert(job: InsertJob, arbiters: readonly IndexAccess[] = noArbiters): Wait | Conflict | undefined {
    const { tx, env } = this.#runtime;
    const { row } = job;
    const isClustered = this.access.keyLayout !== undefined;
    const rowKey = (job.rowKey ??= isClustered ? this.access.rowKeyOf(row) : env.rowIds.next(this.access.tree, tx));
    const entries = (job.entries ??= this.#entriesOf(row, rowKey));
    const claimedFrom = (job.claimedFrom ??= tx.logPosition);
    const claimed = this.#claim(isClustered ? rowKey : undefined, row, entries, noEntries, arbiters);
    if (claimed !== undefined) {
      if (isWait(claimed)) return claimed;
      if (!arbiters.includes(claimed.index)) throw this.duplicateKey(claimed);
      if (!(mutants.on && mutants.has('executor.left-out-row-keeps-claims'))) tx.takeBack(claimedFrom);
      job.claimedFrom = undefined;
      return claimed;
    }
    this.#changes.rows++;
    this.#put(rowKey, row);
    this.#putEntries(entries, rowKey, row);
    this.#checkViewOptions(row);
    this.#queueUniqueChecks(entries, noEntries, true);
    this.#queueChildChecks(row, undefined, rowKey, false, true);
    this.#queueUniqueChecks(entries, noEntries, false);
    return undefined;
  }

  /**
   * Inserts the row that `source` makes of `values`, which is complete and checked then, and its entries in all indexes but the key, where its key is there for the taking; false, and
   * nothing has changed: it takes `insertFree`.
   */
  insertGiven(source: PutSource, entries: EntriesSource | undefined, values: readonly unknown[]): boolean {
    if (!this.#runtime.tx.insertGiven(this.access.tree, source, entries, values)) return false;
    this.#changes.rows++;
    return true;
  }

  /**
   * Inserts a complete, checked row whose key is there for the taking, if nothing but a key could stand in its way. False, and nothing has changed: it takes
   * `insert`. @throws DbError 54000
   */
  insertFree(row: readonly Datum[], changes: RowChanges = this.#runtime.tx): boolean {
    const layout = this.#layout;
    if (!layout.isPlain || layout.hasViewOptions || (this.table.foreignKeys.length > 0 && !this.holdParents(row))) return false;
    const { access } = this;
    this.#putRowKey(row);
    if (access.secondary.length === 0) {
      this.#encode(row);
      if (!this.#insertAtKey(changes)) return false;
      this.#changes.rows++;
      return true;
    }
    if (layout.hasUnique) return access.hasColumnIndexes && this.#insertFreeUnique(row);
    if (this.#isGenerated && access.hasPlainIndexes) return this.#insertFreePlain(row);
    const rowKey = keyString(keyOut.bytes, 0, keyOut.length);
    const entries = this.#entriesOf(row, rowKey);
    this.#encode(row);
    // Expressions of indexes may have used the buffer.
    keyOut.length = putKeyString(keyOut.bytes, 0, rowKey);
    if (!this.#insertAtKey(this.#runtime.tx)) return false;
    this.#changes.rows++;
    this.#putEntries(entries, rowKey, row);
    return true;
  }
  /** Inserts such a row at a key that has just been looked for, and found free; where a row is nothing but itself (`isAlone`). */
  insertSought(row: readonly Datum[], key: ByteBuffer, changes: RowChanges): void {
    this.#encode(row);
    changes.insertSought(this.access.tree, key.bytes, key.length, out.bytes, 0, out.length);
    this.#changes.rows++;
  }
  /** Whether it has neither index entries nor parents. */
  get isAlone(): boolean {
    return this.access.secondary.length === 0 && this.table.foreignKeys.length === 0;
  }
  /** Of a new row, into `keyOut`. */
  #putRowKey(row: readonly Datum[]): void {
    const { access } = this;
    if (access.keyLayout !== undefined) access.putRowKey(row, keyOut);
    else this.#runtime.env.rowIds.putNext(access.tree, this.#runtime.tx, keyOut);
  }
  /** Whether a row has keys beside its own that no other may have. */
  get hasUnique(): boolean {
    return this.#layout.hasUnique;
  }
  /** Inserts the row in `out` at the key in `keyOut`, if that is free. */
  #insertAtKey(changes: RowChanges): boolean {
    const { tree, keyLayout } = this.access;
    if (keyLayout !== undefined) return changes.insertFree(tree, keyOut.bytes, keyOut.length, out.bytes, 0, out.length);
    return changes.insertUntouched(tree, keyOut.bytes, keyOut.length, out.bytes, 0, out.length);
  }

  /** The same for a row whose key is in `keyOut`, where all index entries are plain: none of them becomes text. */
  #insertFreePlain(row: readonly Datum[]): boolean {
    const { secondary } = this.access;
    const { tx } = this.#runtime;
    this.#encode(row);
    if (!this.#insertAtKey(tx)) return false;
    this.#changes.rows++;
    for (let i = 0; i < secondary.length; i++) {
      const index = secondary[i]!;
      index.putPlainEntry(row, keyOut, entryKeyOut, entryOut);
      // The key ends with the row's, which the transaction had not touched.
      tx.insertNew(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, 0, entryOut.length);
    }
    return true;
  }

  /** The same where some entries are to be unique: all keys are free, or nothing has been tried. */
  #insertFreeUnique(row: readonly Datum[]): boolean {
    const { secondary } = this.access;
    const { tx } = this.#runtime;
    const { logPosition, writeCount, logBytes } = tx;
    this.#encode(row);
    if (!this.#insertAtKey(tx)) return false;
    for (let i = 0; i < secondary.length; i++) {
      const index = secondary[i]!;
      const isAlone = index.putColumnsEntry(row, keyOut, entryKeyOut, entryOut);
      if (!isAlone) tx.insertNew(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, 0, entryOut.length);
      else if (!tx.insertFree(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, 0, entryOut.length)) {
        if (!(mutants.on && mutants.has('executor.tried-row-stays'))) tx.takeBack(logPosition, writeCount, logBytes);
        return false;
      }
    }
    this.#changes.rows++;
    return true;
  }

  #putEntries(entries: Entries, rowKey: string, row: readonly Datum[]): void {
    const { secondary } = this.access;
    for (let i = 0; i < secondary.length; i++) {
      const entry = entries[i];
      if (entry !== undefined) this.#putEntry(secondary[i]!, entry.key, rowKey, row);
    }
  }

  /** Encodes a row into `out`. */
  #encode(row: readonly Datum[]): void {
    out.length = 0;
    if (this.#encoder !== undefined) this.#encoder(row, out);
    else {
      encodeRow(this.table.layout, row, out);
      if (++this.#encodedCount === CompileAfter) this.#encoder = rowEncoder(this.table.layout);
    }
  }
  #put(rowKey: string, row: readonly Datum[]): void {
    this.#encode(row);
    this.#runtime.tx.insert(this.access.tree, rowKey, out.bytes, 0, out.length);
  }
  #putEntry(index: IndexAccess, key: string, rowKey: string, row: readonly Datum[]): void {
    entryOut.length = 0;
    index.putEntryValue(rowKey, row, entryOut);
    this.#runtime.tx.insert(index.tree, key, entryOut.bytes, 0, entryOut.length);
  }

  // ------------------------------------------------------------------------------------------------------------ locking and reading

  /** Locks a row, following a changed primary key. */
  lock(job: LockJob, mode: RowLockMode, wait: WaitPolicy, options: RowLockOptions = noOptions): Wait | LockOutcome {
    return lockAndFollow(this.access, this.#runtime, job, mode, wait, options);
  }
  get waitPolicy(): WaitPolicy {
    return this.#waitPolicy;
  }

  /** The newest content of a row: own write, else newest committed; undefined when it does not exist. */
  newest(rowKey: string): Row | undefined {
    return this.#runtime.tx.newest(this.access.tree, rowKey, this.#rowRef) ? this.#decoded() : undefined;
  }
  /** The row as the statement's snapshot shows it. */
  found(rowKey: string): Row | undefined {
    const key = keyBytes(rowKey);
    return this.#runtime.tx.get(this.access.tree, key, key.length, this.#rowRef) ? this.#decoded() : undefined;
  }
  #decoded(): Row {
    const ref = this.#rowRef;
    const { layout } = this.table;
    return this.#runtime.generated === undefined ? decodeRow(layout, ref.u8, ref.dv, ref.offset) : decodeWholeRow(layout, ref.u8, ref.dv, ref.offset);
  }

  /** Whether an UPDATE from `oldRow` to `newRow` changes columns that a foreign key could reference. */
  changesKey(oldRow: readonly Datum[], newRow: readonly Datum[]): boolean {
    for (const column of this.#layout.keyColumns) if (!this.#sameValue(column, oldRow[column]!, newRow[column]!)) return true;
    return false;
  }
  /** Whether assignments to these columns could change such a key at all. */
  mayChangeKey(columns: readonly number[]): boolean {
    return columns.some((column) => this.#layout.keyColumns.includes(column));
  }
  #sameValue(column: number, a: Datum, b: Datum): boolean {
    if (a === b) return true;
    if (a === null || b === null) return false;
    const typed = [this.table.columns[column]!];
    return datumsKey(typed, [a], this.#runtime.ctx) === datumsKey(typed, [b], this.#runtime.ctx);
  }

  /** Whether they are not only equal but look alike, which 0 and -0, 1.0 and 1.00 do not: a cascade carries such a change on. */
  #sameImage(column: number, a: Datum, b: Datum): boolean {
    if (typeof a === 'number' || typeof a === 'string') return Object.is(a, b);
    if (!this.#sameValue(column, a, b)) return false;
    const { type } = this.table.columns[column]!;
    return a === b || outputText(type, a!, this.#runtime.ctx) === outputText(type, b!, this.#runtime.ctx);
  }

  // ------------------------------------------------------------------------------------------------------------ update, delete

  /**
   * Changes a locked row from `oldRow`, its newest content, to the complete and checked `newRow`. Returns a promise when a unique key must be
   * waited for, and the row's new key when done. @throws DbError 23505, 40001, 40P01, 55P03
   */
  update(oldKey: string, oldRow: readonly Datum[], newRow: Row): Wait | string {
    const { tx } = this.#runtime;
    const newKey = this.access.keyLayout === undefined ? oldKey : this.access.rowKeyOf(newRow);
    const oldEntries = this.#entriesOf(oldRow, oldKey);
    const entries = this.#entriesOf(newRow, newKey);
    const isOwn = this.#layout.hasUnvalidated && tx.writesIn(this.access.tree)?.hasChange(oldKey) === true;
    const claimed = this.#claim(newKey === oldKey ? undefined : newKey, newRow, entries, oldEntries, noArbiters);
    if (claimed !== undefined) {
      if (isWait(claimed)) return claimed;
      throw this.duplicateKey(claimed);
    }
    this.#changes.rows++;
    if (newKey === oldKey) {
      this.#encode(newRow);
      tx.update(this.access.tree, oldKey, out.bytes, 0, out.length, this.changesKey(oldRow, newRow) ? keyUpdate : plainUpdate);
    } else {
      tx.remove(this.access.tree, oldKey, { movedTo: newKey });
      this.#put(newKey, newRow);
    }
    const { secondary } = this.access;
    for (let i = 0; i < secondary.length; i++) this.#updateEntry(secondary[i]!, oldEntries[i], entries[i], oldKey, newKey, oldRow, newRow);
    this.#checkViewOptions(newRow);
    this.#queueUniqueChecks(entries, oldEntries, true);
    this.#queueChildChecks(newRow, oldRow, newKey, newKey !== oldKey, isOwn);
    this.#queueUniqueChecks(entries, oldEntries, false);
    this.#queueParentChecks(oldRow, newRow);
    return newKey;
  }

  #updateEntry(index: IndexAccess, before: Entry | undefined, after: Entry | undefined, oldKey: string, newKey: string, oldRow: readonly Datum[], newRow: readonly Datum[]): void {
    const { tx } = this.#runtime;
    if (before === undefined) {
      if (after !== undefined) this.#putEntry(index, after.key, newKey, newRow);
      return;
    }
    if (after === undefined || after.key !== before.key) {
      tx.remove(index.tree, before.key);
      if (after !== undefined) this.#putEntry(index, after.key, newKey, newRow);
      return;
    }
    if (oldKey === newKey && index.definition.include === undefined) return;
    oldEntryOut.length = 0;
    index.putEntryValue(oldKey, oldRow, oldEntryOut);
    entryOut.length = 0;
    index.putEntryValue(newKey, newRow, entryOut);
    if (compareBytes(oldEntryOut.bytes, 0, oldEntryOut.length, entryOut.bytes, 0, entryOut.length) === 0) return;
    tx.update(index.tree, after.key, entryOut.bytes, 0, entryOut.length);
  }

  /** Whether removing a row takes its values: for index entries, or for those that reference it. */
  get removalNeedsRow(): boolean {
    return this.access.secondary.length > 0 || this.table.referencedBy.length > 0;
  }

  /** Locks and removes a row that the statement has found; false, and nothing has changed, where that takes `lock` and `remove`. For rows without `removalNeedsRow`. */
  removeUntouched(rowKey: string): boolean {
    if (!this.#runtime.tx.removeUntouched(this.access.tree, rowKey)) return false;
    this.#changes.rows++;
    return true;
  }

  /** Removes a locked row whose newest content is `row`. */
  remove(rowKey: string, row: readonly Datum[]): void {
    const { tx } = this.#runtime;
    const entries = this.#entriesOf(row, rowKey);
    this.#changes.rows++;
    tx.remove(this.access.tree, rowKey);
    this.access.secondary.forEach((index, i) => {
      const entry = entries[i];
      if (entry !== undefined) tx.remove(index.tree, entry.key);
    });
    this.#queueParentChecks(row, undefined);
  }

  // ------------------------------------------------------------------------------------------------------------ checks for later

  /** Whether that is all that the foreign keys of a new row ask for. */
  holdParents(row: readonly Datum[]): boolean {
    return this.#parents.hold(row);
  }
  get #parents(): ParentHolds {
    return (this.#madeParents ??= new ParentHolds(this.table, this.#runtime));
  }

  get #children(): ChildLooks {
    return (this.#madeChildren ??= new ChildLooks(this.table, this.#runtime));
  }

  /** Of a row PostgreSQL's triggers go by name: the primary key's come before those of foreign keys, and those of other unique constraints after. */
  #queueUniqueChecks(entries: Entries, oldEntries: Entries, isPrimary: boolean): void {
    if (entries === noEntries) return;
    this.access.secondary.forEach((index, i) => {
      const entry = entries[i];
      if (entry === undefined || !index.definition.isUnique || !index.isDeferrable || index.definition.isPrimary !== isPrimary || oldEntries[i]?.key === entry.key) return;
      if (entry.values.includes(null) && !index.definition.nullsNotDistinct) return;
      this.#checks({ kind: 'unique', table: this.table, index: index.definition, values: entry.values });
    });
  }

  /**
   * `hasMoved`: a check that was put off knows the row by its old key, so there must be one for the new. `isOwn`: the transaction has written the row before; then PostgreSQL
   * (RI_FKey_fk_upd_check_required) asks again though the values stay, which shows where those that were there are not validated.
   */
  #queueChildChecks(row: readonly Datum[], oldRow: readonly Datum[] | undefined, rowKey: string, hasMoved: boolean, isOwn: boolean): void {
    for (const [number, key] of this.table.foreignKeys.entries()) {
      const mustAsk = (hasMoved && key.deferrable !== 'not deferrable') || (isOwn && !key.validated);
      if (!mustAsk && oldRow !== undefined && key.childColumns.every((column) => this.#sameValue(column, oldRow[column]!, row[column]!))) continue;
      if (this.#parents.holdOne(number, row)) continue;
      const values: Datum[] = key.childColumns.map((column) => row[column] ?? null);
      // MATCH SIMPLE: one NULL satisfies it. MATCH FULL: only all NULLs do; a mixture fails when the check runs.
      if (key.match === 'simple' ? values.includes(null) : values.every((value) => value === null)) continue;
      this.#checks({ kind: 'child', key, child: this.table, rowKey, values });
    }
  }

  #queueParentChecks(oldRow: readonly Datum[], newRow: readonly Datum[] | undefined): void {
    for (const [number, key] of this.table.referencedBy.entries()) {
      const values: Datum[] = key.parentColumns.map((column) => oldRow[column] ?? null);
      if (values.includes(null)) continue;
      if (newRow !== undefined && key.parentColumns.every((column) => this.#sameImage(column, oldRow[column]!, newRow[column]!))) continue;
      if (this.#children.isNone(number, oldRow)) {
        this.#children.note(number, oldRow);
        continue;
      }
      const newValues = newRow === undefined ? undefined : key.parentColumns.map((column) => newRow[column]!);
      this.#checks({ kind: 'parent', key, parent: this.table, values, newValues, progress: undefined });
    }
  }
}

/**
 * Locks a row; when an UPDATE has moved it to another key, locks it there. Result 'changed' also covers the moved. What a wait has found out is kept in
 * `job`: two waiters that each asked again from the start would hand the lock of a row that is gone to and fro for ever.
 */
export function lockAndFollow(access: TableAccess, runtime: Runtime, job: LockJob, mode: RowLockMode, wait: WaitPolicy, options: RowLockOptions = {}): Wait | LockOutcome {
  while (job.outcome === undefined) {
    const locked = runtime.tx.lockRow(access.tree, job.rowKey, mode, wait, job.since === undefined ? options : { ...options, since: job.since });
    if (isWait(locked)) return locked.then((result) => job.take(result));
    if (locked.kind === 'ok' || locked.kind === 'changed') return { kind: job.hasMoved ? 'changed' : locked.kind, rowKey: job.rowKey };
    job.take(locked);
  }
  return job.outcome;
}

/** How far locking one row has come. */
export class LockJob {
  rowKey: string;
  since: Csn | undefined;
  hasMoved = false;
  /** Set when there is no row to act on. */
  outcome: LockOutcome | undefined;

  constructor(rowKey: string) {
    this.rowKey = rowKey;
  }
  /** Notes a result. With 'ok' and 'changed' the lock is held, so asking again is safe and says the same. */
  take(result: RowLockResult): void {
    if (result.kind === 'moved') {
      this.rowKey = result.newKey;
      this.since = result.since;
      this.hasMoved = true;
    } else if (result.kind !== 'ok' && result.kind !== 'changed') this.outcome = { kind: result.kind };
  }
}
