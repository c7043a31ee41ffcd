/**
 * One row of a table, found by its whole key, locked and changed in one step of mvcc, with its index entries as bytes: what direct-modify.ts does with UPDATE, DELETE and the row that an INSERT meets. It is what the lock and
 * the change of table-writer.ts come to where nobody else has anything to do with the row.
 *
 * B1  Undefined is returned, or an error thrown, before anything has changed; then it takes `TableWriter`.
 * B2  A row that was found is changed, or left, in the same slice (`findUntouched` of mvcc/writing.ts), also where its condition or its new values fail.
 * B3  Entries are changed after their row and as T2 of table-writer.ts says; nothing of that can fail. The row is of no foreign key's concern, or it has been seen to have no children, its indexes hold columns as they are, and those
 *     that an UPDATE changes are not unique.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import { compareBytes } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import { decodeRow } from '../base/rowcode.js';
import { RowRef, type RowChanges, type RowPatch } from '../mvcc/types.js';
import type { TableDef } from '../planner/catalog.js';
import { decodeWholeRow } from './codegen/row-decoder.js';
import type { RewriteCode, RowTest } from './codegen/row-change.js';
import type { ReturnedRow } from './returned-row.js';
import type { Runtime } from './runtime.js';
import type { IndexAccess, TableAccess } from './table-access.js';
import type { ChangeCount } from './table-changes.js';

const unread: readonly Datum[] = [];
const out = new ByteBuffer(1024);
const entryOut = new ByteBuffer(256);
const entryKeyOut = new ByteBuffer(256);
const oldEntryOut = new ByteBuffer(256);

/** Gives back the row that was changed. */
type StoredRow = ReturnedRow<RowRef>;

export class RowByKey {
  readonly access: TableAccess;
  readonly #runtime: Runtime;
  readonly #rowRef = new RowRef();
  readonly #madeRef = new RowRef();
  readonly #changes: ChangeCount;
  readonly #returned: StoredRow | undefined;

  constructor(table: TableDef, runtime: Runtime, returned: StoredRow | undefined) {
    this.#runtime = runtime;
    this.#returned = returned;
    this.access = runtime.access(table);
    this.#changes = runtime.env.tableChanges.of(table.oid);
  }

  /** For the next run of the same statement. */
  restart(): void {
    this.access.useLayout();
  }

  /** Finds, locks and removes a row: how many there were; undefined: B1. For rows that nothing refers to. `changes`: of those without entries. */
  remove(key: ByteBuffer, test: RowTest | undefined, changes: RowChanges): number | undefined {
    if (this.access.secondary.length > 0 || test !== undefined || this.#returned !== undefined) return this.#removeFound(key, test, changes);
    const isRemoved = changes.removeByKey(this.access.tree, key.bytes, key.length);
    if (isRemoved === undefined) return undefined;
    if (!isRemoved) return 0;
    this.#changes.rows++;
    return 1;
  }

  #removeFound(key: ByteBuffer, test: RowTest | undefined, changes: RowChanges): number | undefined {
    const { tx } = this.#runtime;
    const { tree, secondary } = this.access;
    const isThere = changes.findToRemove(tree, key.bytes, key.length, this.#rowRef);
    if (isThere !== true || !this.#satisfies(test, key, changes)) return isThere === undefined ? undefined : 0;
    if (!this.#isReturned(key, changes)) return undefined;
    const row = secondary.length === 0 ? unread : this.#decoded();
    changes.removeFound(tree, key.bytes, key.length);
    for (let i = 0; i < secondary.length; i++) {
      const index = secondary[i]!;
      index.putColumnsEntry(row, key, entryKeyOut, entryOut);
      tx.removeFoundEntry(index.tree, entryKeyOut.bytes, entryKeyOut.length);
    }
    this.#changes.rows++;
    return 1;
  }
  /** Whether RETURNING of the row that was found could be computed; otherwise the row is left. */
  #isReturned(key: ByteBuffer, changes: RowChanges): boolean {
    if (this.#returned === undefined) return true;
    let isReturned = false;
    try {
      isReturned = this.#returned.compute(this.#runtime, this.#rowRef);
    } finally {
      if (!isReturned) changes.leaveFound(this.access.tree, key.bytes, key.length);
    }
    return isReturned;
  }
  #decoded(): readonly Datum[] {
    const ref = this.#rowRef;
    const { layout } = this.access.table;
    return this.#runtime.generated === undefined ? decodeRow(layout, ref.u8, ref.dv, ref.offset) : decodeWholeRow(layout, ref.u8, ref.dv, ref.offset);
  }
  /** Whether the row that was found does; otherwise it is left. */
  #satisfies(test: RowTest | undefined, key: ByteBuffer, changes: RowChanges): boolean {
    if (test === undefined) return true;
    const ref = this.#rowRef;
    let isSatisfied = false;
    try {
      isSatisfied = test(this.#runtime, ref.u8, ref.dv, ref.offset);
    } finally {
      if (!isSatisfied && !(mutants.on && mutants.has('executor.unsatisfied-row-unread'))) changes.leaveFound(this.access.tree, key.bytes, key.length);
    }
    return isSatisfied;
  }

  /**
   * Finds, locks and replaces a row by what `patch` makes of it, for changes that concern the row alone and no column that a foreign key could reference: how many
   * rows there were that satisfy `test`; undefined: B1.
   */
  patch(key: ByteBuffer, patch: RowPatch, test: RowTest | undefined, changes: RowChanges): number | undefined {
    const { tree } = this.access;
    const ref = this.#rowRef;
    const isThere = changes.findUntouched(tree, key.bytes, key.length, ref);
    if (isThere !== true || !this.#satisfies(test, key, changes)) return isThere === undefined ? undefined : 0;
    return this.#patchFound(key, patch, changes);
  }
  #patchFound(key: ByteBuffer, patch: RowPatch, changes: RowChanges): number | undefined {
    if (!changes.patchFound(this.access.tree, key.bytes, key.length, this.#rowRef, patch)) return undefined;
    this.#changes.rows++;
    return 1;
  }
  /**
   * The same by code that makes the row anew. `moved`: the indexes that depend on what it changes, of which some are unique where it `mayChangeKey`; `changes` only where there are none.
   */
  rewrite(key: ByteBuffer, rewrite: RewriteCode, test: RowTest | undefined, moved: readonly IndexAccess[], mayChangeKey: boolean, changes: RowChanges): number | undefined {
    const { tree } = this.access;
    const isThere = mayChangeKey ? changes.findToRemove(tree, key.bytes, key.length, this.#rowRef) : changes.findUntouched(tree, key.bytes, key.length, this.#rowRef);
    if (isThere !== true || !this.#satisfies(test, key, changes)) return isThere === undefined ? undefined : 0;
    return this.#rewriteFound(key, rewrite, moved, mayChangeKey, changes);
  }
  #rewriteFound(key: ByteBuffer, rewrite: RewriteCode, moved: readonly IndexAccess[], mayChangeKey: boolean, changes: RowChanges): number | undefined {
    const { tree } = this.access;
    const ref = this.#rowRef;
    let before = unread;
    let after = unread;
    let changesKey = false;
    let isMade = false;
    try {
      if (moved.length > 0) before = this.#decoded();
      isMade = rewrite(this.#runtime, ref.u8, ref.dv, ref.offset, ref.length, out) && this.isReturnedOf(out.bytes, out.dv, 0);
      if (isMade && moved.length > 0) after = decodeWholeRow(this.access.table.layout, out.bytes, out.dv, 0);
      if (isMade && mayChangeKey) changesKey = changesUnique(key, moved, before, after);
    } finally {
      if (!isMade) changes.leaveFound(tree, key.bytes, key.length);
    }
    if (!isMade) return undefined;
    if (changesKey) return this.#rewriteUnique(key, moved, before, after);
    changes.updateFound(tree, key.bytes, key.length, out.bytes, 0, out.length);
    if (moved.length > 0) this.#moveEntries(key, moved, before, after);
    this.#changes.rows++;
    return 1;
  }
  /** With other keys in unique indexes. */
  #rewriteUnique(key: ByteBuffer, moved: readonly IndexAccess[], before: readonly Datum[], after: readonly Datum[]): number | undefined {
    const { tx } = this.#runtime;
    const { logPosition, writeCount, logBytes } = tx;
    tx.updateFound(this.access.tree, key.bytes, key.length, out.bytes, 0, out.length, !(mutants.on && mutants.has('executor.changed-key-weakly-locked')));
    if (!this.#moveEntries(key, moved, before, after)) {
      if (!(mutants.on && mutants.has('executor.tried-change-stays'))) tx.takeBack(logPosition, writeCount, logBytes);
      return undefined;
    }
    this.#changes.rows++;
    return 1;
  }
  /** Whether RETURNING could be computed of what the row that was found is about to become. */
  isReturnedOf(u8: Uint8Array, dv: DataView, offset: number): boolean {
    if (this.#returned === undefined) return true;
    const ref = this.#madeRef;
    ref.u8 = u8;
    ref.dv = dv;
    ref.offset = offset;
    return this.#returned.compute(this.#runtime, ref);
  }

  /** Whether there is a row of a key to be inserted: then one of the following is to be asked, otherwise the row is inserted; undefined: B1. */
  findTaken(key: ByteBuffer, changes: RowChanges): boolean | undefined {
    return changes.findToInsert(this.access.tree, key.bytes, key.length, this.#rowRef);
  }
  /** It stays as it is, and nobody has asked what it is. */
  leaveTaken(key: ByteBuffer, changes: RowChanges): void {
    changes.leaveFound(this.access.tree, key.bytes, key.length, true);
  }
  /** It is changed, as by `patch` and `rewrite`, and keeps its unique keys; undefined also where it does not satisfy `test`: it is to be locked, and left. */
  patchTaken(key: ByteBuffer, patch: RowPatch, test: RowTest | undefined, changes: RowChanges): number | undefined {
    return this.#satisfies(test, key, changes) ? this.#patchFound(key, patch, changes) : undefined;
  }
  rewriteTaken(key: ByteBuffer, rewrite: RewriteCode, test: RowTest | undefined, moved: readonly IndexAccess[], changes: RowChanges): number | undefined {
    return this.#satisfies(test, key, changes) ? this.#rewriteFound(key, rewrite, moved, false, changes) : undefined;
  }

  /** Of the row that was found, as it was `before` and has become. False: a key of a unique index is not there for the taking. */
  #moveEntries(key: ByteBuffer, moved: readonly IndexAccess[], before: readonly Datum[], after: readonly Datum[]): boolean {
    const { tx } = this.#runtime;
    for (let i = 0; i < moved.length; i++) {
      const index = moved[i]!;
      const isAlone = putBoth(index, key, before, after);
      if (isSameKey()) continue;
      if (isAlone && !tx.insertFree(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, 0, entryOut.length)) return false;
      if (!(mutants.on && mutants.has('executor.moved-entry-stays'))) tx.removeFoundEntry(index.tree, oldEntryOut.bytes, oldEntryOut.length);
      if (!isAlone) tx.insertFoundEntry(index.tree, entryKeyOut.bytes, entryKeyOut.length, entryOut.bytes, entryOut.length);
    }
    return true;
  }

  /** A row for which undefined was returned: fails at once if it cannot be changed in several steps either. @throws DbError 40001 */
  refuseDecided(key: ByteBuffer): void {
    this.#runtime.tx.refuseDecided(this.access.tree, key.bytes, key.length, this.#rowRef, this.#runtime.request.canWait ? 'wait' : 'nowait');
  }
}

/** Entries of a row in an index, as it was and as it becomes. @returns whether no other row may have the new key */
function putBoth(index: IndexAccess, key: ByteBuffer, before: readonly Datum[], after: readonly Datum[]): boolean {
  index.putColumnsEntry(before, key, oldEntryOut, entryOut);
  return index.putColumnsEntry(after, key, entryKeyOut, entryOut);
}
/** Of the entries that have just been put. */
function isSameKey(): boolean {
  return compareBytes(oldEntryOut.bytes, 0, oldEntryOut.length, entryKeyOut.bytes, 0, entryKeyOut.length) === 0;
}
function changesUnique(key: ByteBuffer, moved: readonly IndexAccess[], before: readonly Datum[], after: readonly Datum[]): boolean {
  for (let i = 0; i < moved.length; i++) {
    const index = moved[i]!;
    if (!index.definition.isUnique) continue;
    putBoth(index, key, before, after);
    if (!isSameKey()) return true;
  }
  return false;
}
