/**
 * The commit pipeline.
 *
 *   reserve log space (may wait)
 *   ---- one synchronous slice ------------------------------------------------------------------------------------
 *   final changes; SERIALIZABLE: probe the readers of every changed key, certify (40001 is possible until here)
 *   number: csn = ++lastAssigned; push before-images; apply to the trees; encode into the log
 *   ---------------------------------------------------------------------------------------------------------------
 *   group commit makes the log durable; then in CSN order: publish, release locks, wake waiters, resolve
 *
 * Between the slice and publication the changes are installed but newer than every snapshot: readers get before-images *and record
 * their edges*. If installation waited for the disk, a read in that window would be missed by both directions.
 *
 * P1  Nothing is awaited between the first probe and the last byte handed to the log.
 * P2  Commits are published in CSN order, which is log order, each after it is durable (or asked not to wait).
 * P3  After numbering only an I/O error can stop a commit, and that poisons the store.
 * P4  A commit that is published in its own slice, while nobody uses a snapshot, leaves no before-images: whoever reads from then on
 *     sees it. That is whoever works alone, and every load. All others keep them until the horizon has passed.
 *
 * A serializable transaction that wrote nothing is numbered too unless its snapshot is safe: sharing another's CSN would make it look
 * finished before a snapshot that is older than its end. It has no log record and waits for nothing.
 */
import { assert } from '../base/assert.js';
import type { DbError } from '../base/errors.js';
import { type Csn, type Lsn, csn as csnOf } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import { LeafRef } from '../storage/cursor.js';
import type { ByteChunk } from './byte-arena.js';
import { serializationError } from './conflict.js';
import { keyBufferOf } from './reading.js';
import type { Transaction } from './transaction.js';
import { TreeCreation, TreeDrop } from './tree-change.js';
import type { MvccCommitWriter, TransactionManager } from './transaction-manager.js';
import type { CommitInfo } from './types.js';
import { Absent, ChangeKind, UndoRecord } from './undo-overlay.js';
import { sortByKey } from './key-sort.js';
import { type TreeWrites, type WriteEntry, WriteKind, newestChange } from './write-set.js';

/** A numbered commit on its way to publication. */
export interface PendingCommit {
  readonly csn: Csn;
  /** Undefined for a number without changes: nothing is released or resolved. */
  readonly transaction: Transaction | undefined;
  /** Must be durable first; 0: nothing to wait for. */
  readonly lsn: Lsn;
  readonly asyncCommit: boolean;
  resolve: ((info: CommitInfo) => void) | undefined;
  reject: ((error: DbError) => void) | undefined;
  /** Only under the mutant that installs too late. */
  install: (() => void) | undefined;
}

/** One key as it will be after the commit, with what was there before. */
interface FinalChange {
  readonly writes: TreeWrites;
  readonly entry: WriteEntry;
  readonly kind: ChangeKind;
  readonly changesKey: boolean;
  readonly movedTo: string | undefined;
  readonly chunk: ByteChunk | undefined;
  readonly offset: number;
  readonly length: number;
}

const nothingCommitted: CommitInfo = { csn: csnOf(0) };
/** A sync may block the event loop for so long; */
const SyncMsMax = 2;
/** a large commit, whose versions would take as long, for one millisecond more per so many rows. */
const RowsPerSyncMs = 500;
/** Above so many changed keys it is cheaper to settle all recent reads once than to look for readers of each among them. */
const ProbesMax = 64;
/** Durable at once only where nothing waits for the disk. */
const lsnMax = Number.MAX_SAFE_INTEGER as Lsn;
const leaf = new LeafRef();

export async function commit(transaction: Transaction): Promise<CommitInfo> {
  refuseDoomed(transaction);
  const manager = transaction.manager;
  try {
    if (changesAnything(transaction)) {
      if (manager.turn.mustWait(transaction)) await manager.turn.waitFor(transaction);
      const reserving = manager.store.reserveLog(transaction.logBytes + 64);
      if (reserving !== undefined) await reserving;
    }
  } catch (error) {
    transaction.rollback();
    throw error;
  }
  // Whoever is ready to commit may join; who is alone after that need not wait for another thread's sync, and leaves nothing behind (P4).
  let isAlone = mayFlushAtOnce(transaction);
  if (isAlone) {
    await manager.env.scheduler.yield();
    isAlone = mayFlushAtOnce(transaction) || staysLone();
  }
  refuseDoomed(transaction);
  const pending = precommit(transaction, isAlone || transaction.asyncCommit || manager.store.isFlushed(lsnMax), isAlone && staysLone());
  if (!('lsn' in pending)) return pending;
  const published = new Promise<CommitInfo>((resolve, reject) => {
    pending.resolve = resolve;
    pending.reject = reject;
  });
  if (isAlone && !manager.store.isFlushed(pending.lsn)) {
    try {
      manager.store.flushSync();
    } catch {
      // The log has failed, and the promise has been told.
    }
  }
  manager.publishReady();
  if (!isAlone && !manager.store.isFlushed(pending.lsn)) void manager.store.flushed(pending.lsn).then(manager.publishReady, ignore);
  return published;
}

export function commitSync(transaction: Transaction): CommitInfo {
  refuseDoomed(transaction);
  const manager = transaction.manager;
  try {
    if (changesAnything(transaction)) manager.store.reserveLogSync(transaction.logBytes + 64);
  } catch (error) {
    transaction.rollback();
    throw error;
  }
  const pending = precommit(transaction, true);
  if (!('lsn' in pending)) return pending;
  if (!pending.asyncCommit && !manager.store.isFlushed(pending.lsn)) manager.store.flushSync();
  manager.publishReady();
  // One that need not wait for the disk itself may stand behind others that do.
  if (pending.transaction?.lifecycle === 'precommitted') {
    manager.store.flushSync();
    manager.publishReady();
  }
  return { csn: pending.csn };
}

/** Whether there is something to log; locks alone are not. */
function changesAnything(transaction: Transaction): boolean {
  return transaction.writeCount > 0 || transaction.changesTrees;
}

/** Whether nobody else is at work, and blocking for the disk costs less than what the detour would. */
function mayFlushAtOnce(transaction: Transaction): boolean {
  const { manager } = transaction;
  if (transaction.asyncCommit || manager.activeCount > 1 || manager.pending.length > 0 || !changesAnything(transaction)) return false;
  return manager.store.syncMsAverage < Math.max(SyncMsMax, transaction.writeCount / RowsPerSyncMs);
}

/** The mutant that takes a commit for alone because it was so before its turn. */
function staysLone(): boolean {
  return mutants.on && mutants.has('mvcc.lone-commit-drops-versions');
}

const ignore = (): void => undefined;

function refuseDoomed(transaction: Transaction): void {
  assert(transaction.wait === undefined, 'commit while waiting', transaction.id);
  const error = transaction.mustAbort;
  if (error !== undefined) transaction.rollback();
  if (error !== undefined) throw error;
  transaction.check();
}

/**
 * The slice. `isImmediate`: the commit will be published before anybody else runs. `isUnseen`: nobody is asked whether he uses a snapshot (a mutant).
 * @returns a pending commit, or the result at once when nothing was changed
 */
function precommit(transaction: Transaction, isImmediate: boolean, isUnseen = false): PendingCommit | CommitInfo {
  const manager = transaction.manager;
  if (transaction.statement !== undefined) transaction.endStatement();
  transaction.closeScans();
  const node = transaction.node;
  const isTracked = node !== undefined && !node.isSafe && node.snapLow >= 0;
  const keepsVersions = !isImmediate || (!isUnseen && isObserved(transaction));
  const changes = isTracked || keepsVersions ? finalChanges(transaction, keepsVersions) : undefined;
  const hasChanges = changes === undefined ? transaction.writeCount > 0 : changes.length > 0;
  if (hasChanges) manager.settleOtherScans(transaction);
  if (isTracked) certify(transaction, changes!);
  const needsNumber = hasChanges || transaction.changesTrees;
  // Alone among serializable transactions, with everything published: whoever comes next begins after this one in every sense.
  const isForgettable = isTracked && !needsNumber && manager.lastPublished === manager.lastAssigned && manager.certifier.isAlone(node);
  if (!needsNumber && (!isTracked || isForgettable)) {
    manager.endActive(transaction, 'committed');
    manager.turn.release(transaction);
    transaction.releaseLocks();
    return nothingCommitted;
  }
  const sharesNumber = !needsNumber && mutants.on && mutants.has('mvcc.read-only-shares-number');
  const csn = sharesNumber ? manager.lastAssigned : manager.assignCsn();
  if (isTracked) manager.certifier.commit(node, csn);
  if (!needsNumber) {
    manager.endActive(transaction, 'committed');
    manager.turn.release(transaction);
    transaction.releaseLocks();
    if (sharesNumber) return nothingCommitted;
    manager.publishNumber(csn);
    return { csn };
  }
  let install: (() => void) | undefined = undefined;
  let lsn = 0 as Lsn;
  if (mutants.on && mutants.has('mvcc.install-after-fsync')) {
    install = () => void installChanges(transaction, csn, changes ?? finalChanges(transaction, true));
  } else lsn = changes === undefined || !keepsVersions ? installUnseen(transaction, csn) : installChanges(transaction, csn, changes);
  manager.endActive(transaction, 'precommitted');
  return manager.enqueue({ csn, transaction, lsn, asyncCommit: transaction.asyncCommit, resolve: undefined, reject: undefined, install });
}

/** Whether someone may ask for what was there before, although the commit is published at once. */
function isObserved(transaction: Transaction): boolean {
  const manager = transaction.manager;
  if (manager.pending.length > 0) return true;
  const own = transaction.holder?.registry === undefined ? 0 : 1;
  return manager.snapshots.size > own && !(mutants.on && mutants.has('mvcc.versions-dropped-under-snapshot'));
}

// ------------------------------------------------------------------------------------------------------------ what changes

const noChanges: readonly FinalChange[] = [];

/** Every key whose committed state will differ, in key order per tree, with its before-image copied out of the page if it is kept. */
function finalChanges(transaction: Transaction, keepsVersions: boolean): readonly FinalChange[] {
  if (transaction.writeSets === undefined) return noChanges;
  const changes: FinalChange[] = [];
  for (const writes of transaction.writeSets.values()) {
    if (writes.entries.size === 0) continue;
    for (const newest of sortedEntries(writes)) {
      const entry = newestChange(newest);
      const change = entry === undefined ? undefined : finalChange(transaction.manager, writes, entry, keepsVersions);
      if (change !== undefined) changes.push(change);
      else if (newest.kind !== WriteKind.Touch) registerUnused(transaction, newest);
    }
  }
  leaf.release();
  return changes;
}

/** A key that was found free and claimed but gets no version (never inserted, or removed again): that it was free has been observed. */
function registerUnused(transaction: Transaction, entry: WriteEntry): void {
  const { node } = transaction;
  const { tree } = entry.writes;
  if (node === undefined || node.isSafe || !tree.options.unique) return;
  if (mutants.on && mutants.has('mvcc.unused-claim-forgotten')) return;
  node.readPoint(tree.siread, entry.key, entry.command, true);
}

/** The newest entry of each key, in key order. */
function sortedEntries(writes: TreeWrites): readonly WriteEntry[] {
  const entries = Array.from(writes.entries.values());
  sortByKey(entries);
  return entries;
}

function finalChange(manager: TransactionManager, writes: TreeWrites, entry: WriteEntry, keepsVersions: boolean): FinalChange | undefined {
  const btree = writes.tree.btree;
  const key = entry.key;
  const isPresent = entry.kind === WriteKind.Put;
  const wasPresent = btree !== undefined && btree.seek(keyBufferOf(key), key.length, leaf);
  if (!wasPresent) {
    if (!isPresent) return undefined; // inserted and removed again
    return { writes, entry, kind: ChangeKind.Insert, changesKey: true, movedTo: undefined, chunk: undefined, offset: 0, length: Absent };
  }
  const movedTo = finalPlace(writes, key, entry.movedTo);
  let kind: ChangeKind = ChangeKind.Delete;
  if (isPresent) kind = entry.isFresh && movedTo !== key ? ChangeKind.Replace : ChangeKind.Update;
  const slot = leaf.slot;
  let chunk: ByteChunk | undefined = undefined;
  let length = 0;
  if (!keepsVersions) {
    // Nobody will ask.
  } else if (leaf.hasOverflow && leaf.isOverflow(slot)) {
    const bytes = leaf.readOverflow(slot);
    length = bytes.length;
    chunk = manager.undoArena.append(bytes, 0, length);
  } else {
    length = leaf.valueLength(slot);
    chunk = manager.undoArena.append(leaf.u8, leaf.valueOffset(slot), length);
  }
  const changesKey = kind !== ChangeKind.Update || entry.changesKey;
  return { writes, entry, kind, changesKey, movedTo: movedTo === key ? undefined : movedTo, chunk, offset: manager.undoArena.offset, length };
}

/** Where a moved row ends up when it was moved several times: `key` itself when it came back, undefined when it was deleted in the end. */
function finalPlace(writes: TreeWrites, key: string, movedTo: string | undefined): string | undefined {
  let place = movedTo;
  for (let i = 0; place !== undefined && place !== key && i < 64; i++) {
    const there = newestChange(writes.entries.get(place));
    if (there === undefined || there.kind !== WriteKind.Delete) return place;
    place = there.freshMovedTo;
  }
  return place;
}

// ------------------------------------------------------------------------------------------------------------ certifying

function certify(transaction: Transaction, changes: readonly FinalChange[]): void {
  const manager = transaction.manager;
  const node = transaction.node!;
  const certifier = manager.certifier;
  const changedOnly = mutants.on && mutants.has('mvcc.probe-changed-trees-only');
  if (transaction.writeCount > ProbesMax) certifier.recent.settleAll();
  for (const { writes, entry, changesKey } of changes) {
    const index = writes.tree.siread;
    node.addWrite(index, entry.key, entry.command, changesKey);
    if (!(mutants.on && mutants.has('mvcc.no-probe'))) certifier.probe(node, index, entry.key, changesKey, entry.command);
  }
  if (transaction.writeSets !== undefined && !changedOnly) {
    for (const [tree, writes] of transaction.writeSets) {
      for (const entry of writes.entries.values()) {
        if (entry.kind !== WriteKind.Touch || newestChange(entry) !== undefined) continue;
        node.addWrite(tree.siread, entry.key, entry.command, false);
        certifier.probe(node, tree.siread, entry.key, false, entry.command);
      }
    }
  }
  const cycle = node.isObserved ? undefined : certifier.certify(node);
  if (cycle === undefined) return;
  manager.counters.serializationFailures++;
  const error = serializationError(cycle, transaction.id);
  transaction.rollback();
  throw error;
}

// ------------------------------------------------------------------------------------------------------------ installing

function installChanges(transaction: Transaction, csn: Csn, changes: readonly FinalChange[]): Lsn {
  const manager = transaction.manager;
  const writer = manager.store.beginCommit(csn);
  changeTrees(transaction, csn, writer);
  const node = transaction.node !== undefined && !transaction.node.isSafe ? transaction.node : undefined;
  const records: UndoRecord[] = [];
  for (const { writes, entry, kind, changesKey, movedTo, chunk, offset, length } of changes) {
    const tree = writes.tree;
    if (tree.isDropped) continue;
    const key = entry.key;
    const record = new UndoRecord(
      tree.overlay,
      key,
      csn,
      kind,
      node,
      entry.command,
      changesKey,
      entry.changedColumns,
      movedTo,
      chunk,
      offset,
      length,
    );
    tree.overlay.push(record);
    records.push(record);
    if (kind === ChangeKind.Delete) writer.delete(tree.btree!, keyBufferOf(key), 0, key.length);
    else writer.put(tree.btree!, keyBufferOf(key), 0, key.length, entry.chunk!.u8, entry.offset, entry.length);
  }
  const lsn = writer.finish();
  manager.vacuum.add(csn, records, manager.lastPublished, { transaction: transaction.id, statements: transaction.statements });
  return lsn;
}

/** Applies and logs the changes, leaving no before-images (P4): no object per row, no look at what was there. */
function installUnseen(transaction: Transaction, csn: Csn): Lsn {
  const writer = transaction.manager.store.beginCommit(csn);
  changeTrees(transaction, csn, writer);
  for (const writes of transaction.writeSets?.values() ?? []) {
    const btree = writes.tree.btree;
    if (writes.tree.isDropped || btree === undefined) continue;
    for (const newest of sortedEntries(writes)) {
      const entry = newestChange(newest);
      if (entry === undefined) continue;
      const { key } = entry;
      if (entry.kind === WriteKind.Put) writer.put(btree, keyBufferOf(key), 0, key.length, entry.chunk!.u8, entry.offset, entry.length);
      else writer.delete(btree, keyBufferOf(key), 0, key.length);
    }
  }
  return writer.finish();
}

function changeTrees(transaction: Transaction, csn: Csn, writer: MvccCommitWriter): void {
  if (!transaction.changesTrees) return;
  const manager = transaction.manager;
  for (const item of transaction.log) {
    if (item instanceof TreeCreation) {
      const tree = item.tree;
      tree.btree = item.built === undefined ? writer.createTree(tree.id) : writer.attachTree(item.built);
      tree.validFrom = csn;
      tree.creator = undefined;
    } else if (item instanceof TreeDrop) {
      writer.dropTree(item.id);
      manager.dropTree(item.id);
    }
  }
}
