/**
 * The rules of writing: what to do with a row or key that others have changed or are changing.
 *
 * Both entry points have the same shape: take the lock or wait for it, then judge from scratch what is there now. READ COMMITTED
 * follows the row: unchanged, changed (evaluate the WHERE again on the newest version), moved to another primary key, gone.
 * REPEATABLE READ and SERIALIZABLE let the first updater win: a change newer than the snapshot is 40001, except that KEY SHARE
 * tolerates changes of other columns, and that a holder that only locked is no change at all.
 *
 * Keys about to be inserted are claimed in the same lock space. Waiting for a claim is waiting for the end of the transaction that
 * has inserted or removed the key; then the question is asked anew.
 *
 * Source. Rules measured on PostgreSQL 15, design/concurrency.md, sections 3 and 4.
 */
import { keyString } from '../base/bytes.js';
import { DbError } from '../base/errors.js';
import { csn } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import { writeConflictError } from './conflict.js';
import { Lock } from './locks/lock.js';
import { checkTree, existsNow, pointGet } from './reads/reading.js';
import { KeyShareMode, UpdateMode, claimRow, hasHold, lockObject, lockSlot, otherWriter, rowLockModeNumber, tryRowLock, waitForRow } from './locks/row-lock.js';
import type { Transaction } from './transaction.js';
import { undoLast } from './write-set/tree-change.js';
import { type ClaimOptions, type ClaimResult, type DroppedRows, type RowLockMode, type RowLockOptions, type RowLockResult, type RowRef, type RowView, type WaitPolicy, afterKey } from './types.js';
import { ChangeKind, changesPresence, type UndoRecord } from './versions/undo-overlay.js';
import type { VersionedTree } from './versions/versioned-tree.js';
import { WriteKind } from './write-set/write-set.js';
import { checkKeyLength } from './writing.js';

const ok: RowLockResult = { kind: 'ok' };
const changed: RowLockResult = { kind: 'changed' };
const gone: RowLockResult = { kind: 'gone' };
const self: RowLockResult = { kind: 'self' };
const skipped: RowLockResult = { kind: 'skipped' };
const free: ClaimResult = { kind: 'free' };

// ------------------------------------------------------------------------------------------------------------ existing rows

export function lockRow(
  transaction: Transaction,
  tree: VersionedTree,
  key: string,
  mode: RowLockMode,
  wait: WaitPolicy,
  options: RowLockOptions | undefined,
): RowLockResult | Promise<RowLockResult> {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const number = rowLockModeNumber(mode);
  const since = options?.since ?? transaction.snapshotCsn;
  const view = options?.view ?? 'snapshot';
  const logPosition = transaction.logPosition;
  const busy = tryRowLock(transaction, tree, key, number);
  if (busy === undefined) return orThrow(transaction, tree, key, judge(transaction, tree, key, number, since, view, logPosition));
  if (view === 'snapshot' && isDecided(transaction, tree, key, number, since, wait)) throw firstUpdaterError(transaction, tree, key);
  if (wait === 'skip locked') return skipped;
  if (wait === 'nowait') throw lockNotAvailable(tree);
  return lockRowWaiting(transaction, tree, key, number, since, view, busy);
}

/**
 * REPEATABLE READ and SERIALIZABLE: whether the first updater has won already, whatever becomes of who has the lock now. A change that is numbered and not yet published decides too, but
 * for who would not wait its row is locked.
 */
function isDecided(transaction: Transaction, tree: VersionedTree, key: string, mode: number, since: number, wait: WaitPolicy): boolean {
  if (transaction.isolation === 'read committed' || (mutants.on && mutants.has('mvcc.decided-row-waited-for'))) return false;
  let newest = tree.overlay.heads.get(key);
  const { lastPublished } = transaction.manager;
  if (wait !== 'wait' && !(mutants.on && mutants.has('mvcc.unpublished-decides-at-once'))) while (newest !== undefined && newest.csn > lastPublished) newest = newest.older;
  return newest !== undefined && newest.csn > since && firstUpdaterWins(tree, key, mode, newest, since, 'snapshot') === undefined;
}

/**
 * The same for a change of a row by its key that could not be made in one step (`findUntouched`), before it is made in several: fails at once where these would find the row and `lockRow` refuse
 * it. `row` is filled in passing. @throws DbError 40001
 */
export function refuseDecided(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, wait: WaitPolicy): void {
  if (transaction.isolation === 'read committed' || tree.overlay.isEmpty) return;
  const text = keyString(key, 0, keyLength);
  if (transaction.writesIn(tree)?.has(text) === true || !isDecided(transaction, tree, text, UpdateMode, transaction.snapshotCsn, wait)) return;
  const isThere = pointGet(transaction, tree, key, keyLength, row, true) || (mutants.on && mutants.has('mvcc.decided-for-unseen-row'));
  if (isThere) throw firstUpdaterError(transaction, tree, text);
}

/** What `judge` says, for who throws when the first updater has won. */
function orThrow(transaction: Transaction, tree: VersionedTree, key: string, result: RowLockResult | undefined): RowLockResult {
  if (result === undefined) throw firstUpdaterError(transaction, tree, key);
  return result;
}
function firstUpdaterError(transaction: Transaction, tree: VersionedTree, key: string): DbError {
  const newest = tree.overlay.heads.get(key)!;
  return writeConflictError(transaction, tree, key, newest, newest.kind === ChangeKind.Delete ? 'delete' : 'update');
}

async function lockRowWaiting(
  transaction: Transaction,
  tree: VersionedTree,
  key: string,
  mode: number,
  since: number,
  view: RowView,
  busy: Lock,
): Promise<RowLockResult> {
  const logPosition = transaction.logPosition;
  await waitForRow(transaction, busy, mode);
  transaction.check();
  if (mutants.on && mutants.has('mvcc.waiter-not-revalidated')) return ok;
  return orThrow(transaction, tree, key, judge(transaction, tree, key, mode, since, view, logPosition));
}

/**
 * The lock is held; says what the row is now, and gives the lock back when there is no row to hold it for. Undefined: the first updater has won, and this transaction fails. No throw,
 * for that is an outcome as good as any, and V8 compiles what returns.
 */
function judge(
  transaction: Transaction,
  tree: VersionedTree,
  key: string,
  mode: number,
  since: number,
  view: RowView,
  logPosition: number,
): RowLockResult | undefined {
  let result: RowLockResult;
  const writes = transaction.writesIn(tree);
  const own = writes === undefined ? -1 : writes.set.newestChange(writes.find(key));
  if (own >= 0) {
    if (writes!.set.commandOf(own) === transaction.statement!.number) result = self;
    else result = writes!.set.kindOf(own) === WriteKind.Delete ? gone : ok;
    return result;
  }
  const newest = tree.overlay.heads.get(key);
  const isReadCommitted = transaction.isolation === 'read committed';
  if (newest === undefined || newest.csn <= since) {
    result = view === 'snapshot' || existsNow(tree, key) ? ok : gone;
  } else if (isReadCommitted) {
    result = view !== 'latest' ? follow(newest, since, mode) : existsNow(tree, key) ? changed : gone;
  } else {
    const judged = firstUpdaterWins(tree, key, mode, newest, since, view);
    if (judged === undefined) return undefined;
    result = judged;
  }
  if (view !== 'snapshot') registerLocked(transaction, tree, key, mode, result === gone ? newest : undefined);
  if (result === gone || result.kind === 'moved') giveBack(transaction, logPosition);
  return result;
}

/** READ COMMITTED: what has become of the row that the snapshot showed. KEY SHARE is content with a row whose key is the same (as PostgreSQL). */
function follow(newest: UndoRecord, since: number, mode: number): RowLockResult {
  let oldest = newest;
  let ended: UndoRecord | undefined = undefined;
  let changesKey = false;
  for (let record: UndoRecord | undefined = newest; record !== undefined && record.csn > since; record = record.older) {
    oldest = record;
    if (record.kind !== ChangeKind.Update || record.changesKey) changesKey = true;
    if (record.kind === ChangeKind.Delete || record.kind === ChangeKind.Replace) ended = record;
  }
  if (mode === 0 && !changesKey) return ok;
  if (ended === undefined) return oldest.kind === ChangeKind.Insert ? gone : changed;
  if (ended.movedTo !== undefined && !(mutants.on && mutants.has('mvcc.moved-to-forgotten'))) {
    return { kind: 'moved', newKey: ended.movedTo, since: csn(ended.csn) };
  }
  if (mutants.on && mutants.has('mvcc.replace-is-update') && newest.kind !== ChangeKind.Delete) return changed;
  return gone;
}

/** Undefined: the first updater has. `newest` is newer than the snapshot. */
function firstUpdaterWins(tree: VersionedTree, key: string, mode: number, newest: UndoRecord, since: number, view: RowView): RowLockResult | undefined {
  let oldest = newest;
  let changesKey = false;
  let hasMoved = false;
  for (let record: UndoRecord | undefined = newest; record !== undefined && record.csn > since; record = record.older) {
    oldest = record;
    if (record.kind !== ChangeKind.Update || record.changesKey) changesKey = true;
    if (record.movedTo !== undefined) hasMoved = true;
  }
  // Found by a check of the newest state, and not in the snapshot: for this transaction there is no such row.
  if (view === 'latest' && oldest.kind === ChangeKind.Insert) return gone;
  if (view === 'action' && oldest.kind === ChangeKind.Insert && ((!existsNow(tree, key) && !hasMoved) || (mutants.on && mutants.has('mvcc.action-misses-newer')))) return gone;
  if (mode === 0 && !changesKey) return ok;
  if (mutants.on && mutants.has('mvcc.no-first-updater-wins')) return ok;
  return undefined;
}

/**
 * SERIALIZABLE: a row locked because a check found it, not a scan, has been read by that. KEY SHARE (foreign keys) asks only
 * whether it exists. `missed` are the changes that the snapshot does not show when it was not found.
 */
function registerLocked(transaction: Transaction, tree: VersionedTree, key: string, mode: number, missed: UndoRecord | undefined): void {
  const node = transaction.node;
  if (node === undefined || node.isSafe) return;
  const certifier = transaction.manager.certifier;
  const statement = transaction.statement!.number;
  node.readPoint(tree.siread, key, statement, mode === 0);
  for (let record = missed; record !== undefined && record.csn > node.snapLow; record = record.older) {
    certifier.readOver(node, record, tree.siread, key, afterKey(key), statement);
  }
  if (node.edgeGained) transaction.checkDoom();
}

/**
 * KEY SHARE of a row that is there, found by its key, where nobody else has to do with it: what `lockRow` with the view `latest` does then. False, and nothing has changed or been read: ask that.
 */
export function holdKey(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const text = keyString(key, 0, keyLength);
  const writes = transaction.writesIn(tree);
  const own = writes === undefined ? -1 : writes.set.newestChange(writes.find(text));
  if (own >= 0) return writes!.set.kindOf(own) === WriteKind.Put;
  const newest = tree.overlay.isEmpty ? undefined : tree.overlay.heads.get(text);
  if (newest !== undefined && transaction.isolation !== 'read committed' && newest.csn > transaction.snapshotCsn && !(mutants.on && mutants.has('mvcc.newer-key-held'))) return false;
  // What it holds already cannot have gone: its own removal would have been found above.
  if (tree.locks.size === 0 || !hasHold(transaction, tree.locks.get(text))) {
    const { logPosition } = transaction;
    if (tryRowLock(transaction, tree, text, KeyShareMode) !== undefined) return false;
    if (tree.btree?.has(key, keyLength) !== true) {
      giveBack(transaction, logPosition);
      return false;
    }
  }
  const { node } = transaction;
  if (node !== undefined && !node.isSafe && !(mutants.on && mutants.has('mvcc.held-key-unread'))) node.readPoint(tree.siread, text, transaction.statement!.number, true);
  return true;
}

/**
 * A check has found the row in the newest state and will refuse for its sake: where another transaction holds it in mode `update`, and so may be about to remove it or to change its key, that one's end is
 * waited for, as by KEY SHARE. Undefined: nobody does. @throws 55P03, and with the wait 40001, 40P01
 */
export function awaitRemover(transaction: Transaction, tree: VersionedTree, key: string, wait: WaitPolicy): Promise<RowLockResult> | undefined {
  const slot = lockSlot(tree, key);
  if (slot === undefined) return undefined;
  const isHeld = slot instanceof Lock ? slot.holders.some(({ owner, mask }) => owner.transaction !== transaction && (mask & (1 << UpdateMode)) !== 0) : slot.transaction !== transaction && slot.mode === UpdateMode;
  return isHeld ? (lockRow(transaction, tree, key, 'key share', wait, { view: 'latest' }) as Promise<RowLockResult>) : undefined;
}

/** Gives back the lock just taken: its grant is the last item of the log, or there is none. */
function giveBack(transaction: Transaction, logPosition: number): void {
  if (transaction.logPosition > logPosition) undoLast(transaction);
}

function lockNotAvailable(tree: VersionedTree): DbError {
  return new DbError('55P03', `could not obtain lock on row in ${tree.options.tableName === undefined ? tree.describe() : `relation "${tree.options.tableName}"`}`);
}

// ------------------------------------------------------------------------------------------------------------ keys to be inserted

export function claimKey(transaction: Transaction, tree: VersionedTree, key: string, options: ClaimOptions | undefined): ClaimResult | Promise<ClaimResult> {
  transaction.checkWritable();
  checkTree(transaction, tree);
  checkKeyLength(transaction, key);
  const result = tryClaim(transaction, tree, key, options?.upsert ?? false);
  if (!(result instanceof Lock)) return result;
  if (options?.wait === 'nowait') throw lockNotAvailable(tree);
  return claimWaiting(transaction, tree, key, options?.upsert ?? false, result);
}

async function claimWaiting(transaction: Transaction, tree: VersionedTree, key: string, upsert: boolean, busy: Lock): Promise<ClaimResult> {
  for (let lock = busy; ; ) {
    // Only for the end of whoever holds the key: were the lock handed over, its row's owner could find its own entry locked.
    await lock.wait(transaction, transaction, UpdateMode, undefined);
    transaction.check();
    const result = tryClaim(transaction, tree, key, upsert);
    if (!(result instanceof Lock)) return result;
    lock = result;
  }
}

/** @returns the lock to wait for when another transaction is about to decide whether the key exists */
function tryClaim(transaction: Transaction, tree: VersionedTree, key: string, upsert: boolean): ClaimResult | Lock {
  const writes = transaction.writesIn(tree);
  const own = writes === undefined ? -1 : writes.set.newestChange(writes.find(key));
  if (own >= 0) {
    const { set } = writes!;
    if (set.kindOf(own) === WriteKind.Delete) return free;
    return { kind: 'exists', own: true, self: set.commandOf(own) === transaction.statement!.number, newer: false };
  }
  const isPresent = existsNow(tree, key);
  const slot = lockSlot(tree, key);
  const other = otherWriter(transaction, slot);
  if (other !== undefined) {
    const theirs = other.writesIn(tree);
    const pending = theirs === undefined ? -1 : theirs.set.newestChange(theirs.find(key));
    const willBePresent = pending < 0 ? isPresent : theirs!.set.kindOf(pending) === WriteKind.Put;
    const isInstalled = other.lifecycle !== 'active';
    if (!isPresent || !willBePresent || isInstalled) return lockObject(tree, key);
  }
  if (isPresent) return keyExists(transaction, tree, key, upsert);
  if (transaction.isolation !== 'read committed') {
    // Freed after the snapshot: one item, two concurrent writers.
    const newest = tree.overlay.heads.get(key);
    if (newest !== undefined && newest.csn > transaction.snapshotCsn && !(mutants.on && mutants.has('mvcc.insert-over-freed-key'))) {
      throw writeConflictError(transaction, tree, key, newest, 'delete');
    }
  }
  if (slot === undefined) {
    const into = writes ?? transaction.writesOf(tree);
    into.push(key, WriteKind.Claim, claimRow(into, key));
  } else {
    const busy = tryRowLock(transaction, tree, key, UpdateMode);
    if (busy !== undefined) return busy;
    // A claim that is undone leaves a read behind (tree-change.ts); a plain lock does not, so it is registered now.
    if (transaction.node !== undefined && !transaction.node.isSafe) registerHidden(transaction, tree, key, transaction.snapshotCsn);
  }
  return free;
}

function keyExists(transaction: Transaction, tree: VersionedTree, key: string, upsert: boolean): ClaimResult {
  let newer = false;
  let newestInsert: UndoRecord | undefined = undefined;
  const snap = transaction.snapshotCsn;
  for (let record = tree.overlay.heads.get(key); record !== undefined && record.csn > snap; record = record.older) {
    if (record.kind === ChangeKind.Update) continue;
    newer = true;
    newestInsert ??= record;
  }
  if (transaction.isolation !== 'read committed') {
    if (newer && upsert) throw writeConflictError(transaction, tree, key, newestInsert!, 'update');
    const node = transaction.node;
    if (node !== undefined && !node.isSafe) {
      registerHidden(transaction, tree, key, snap);
      // Where what it has read, be it that the key is absent, leaves no serial order with the key taken, it is to begin anew: 23505 would tell it to give up.
      if (node.edgeGained && !(mutants.on && mutants.has('mvcc.duplicate-without-order'))) transaction.checkDoom();
    }
  }
  return { kind: 'exists', own: false, self: false, newer };
}

/** SERIALIZABLE: a tree is given up, by who has locked out everybody else. Rows that are removed by that are so after whoever has read or changed any of them, as by a DELETE of all. */
export function registerDrop(transaction: Transaction, tree: VersionedTree, rows: DroppedRows): void {
  const { node } = transaction;
  const { certifier } = transaction.manager;
  if (rows === 'unread') return;
  if (rows !== 'removed') {
    certifier.carryReads(tree.siread, rows.siread);
    return;
  }
  if (node === undefined || node.isSafe || tree.creator === transaction) return;
  const snap = transaction.snapshotCsn;
  const statement = transaction.statement!.number;
  if (!(mutants.on && mutants.has('mvcc.removed-rows-unread'))) node.readRange(tree.siread, '', undefined, statement, false);
  certifier.removeAll(node, tree.siread, statement);
  const keys: string[] = [];
  if (!tree.overlay.isEmpty) tree.overlay.order.collect('', undefined, false, Infinity, keys);
  for (const key of keys) {
    for (let record = tree.overlay.heads.get(key); record !== undefined && record.csn > snap; record = record.older) certifier.readHidden(node, record, tree.siread, statement);
  }
  if (node.edgeGained) transaction.checkDoom();
}

/** A unique check read the newest state of a key: an existence-only read, after everybody whose change it saw. */
function registerHidden(transaction: Transaction, tree: VersionedTree, key: string, snap: number): void {
  const node = transaction.node!;
  const certifier = transaction.manager.certifier;
  const statement = transaction.statement!.number;
  if (!(mutants.on && mutants.has('mvcc.hidden-read-unregistered'))) node.readPoint(tree.siread, key, statement, true);
  for (let record = tree.overlay.heads.get(key); record !== undefined && record.csn > snap; record = record.older) {
    if (changesPresence(record.kind)) certifier.readHidden(node, record, tree.siread, statement);
  }
}
