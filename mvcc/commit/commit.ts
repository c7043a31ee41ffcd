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
 * P1  Nobody else runs between the first probe and the last byte handed to the log: nothing is awaited, or whoever comes has the rest done first (sliced-commit.ts).
 * P2  Commits are published in CSN order, which is log order, each after it is durable (or asked not to wait).
 * P3  After numbering only an I/O error can stop a commit, and that poisons the store.
 * P4  A commit that is published in its own slice, while nobody uses a snapshot, leaves no before-images: whoever reads from then on
 *     sees it. That is whoever works alone, and every load. All others keep them until the horizon has passed.
 *
 * A serializable transaction that wrote nothing is numbered too unless it can be forgotten at once (safe-snapshot.ts): sharing another's CSN would make it
 * look finished before a snapshot that is older than its end. It has no log record and waits for nothing.
 */
import { assert } from '../../base/assert.js';
import { type Csn, type Lsn, csn as csnOf } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import { certify, isTracked } from './certify.js';
import { commitPieces } from './commit-pieces.js';
import { finalChanges, newestInOrder } from './final-changes.js';
import { installSeen } from './install.js';
import { isSafeAtEnd } from '../serializable/safe-snapshot.js';
import { SlicedCommit } from './sliced-commit.js';
import type { Transaction } from '../transaction.js';
import { TreeLogBytes } from '../write-set/tree-change.js';
import type { TransactionManager } from '../transaction-manager.js';
import type { CommitInfo } from '../types.js';

/** Is told once how a commit ends: when it is durable and published, or why it is not. May be told before the call that commits has returned. */
export interface CommitListener {
  /** `csn`: 0 when nothing was written and nothing had to be certified. */
  committed(csn: Csn): void;
  failed(error: unknown): void;
}

/** A numbered commit on its way to publication. */
export interface PendingCommit {
  readonly csn: Csn;
  /** Undefined for a number without changes: nothing is released or resolved; and for a single commit that nobody has asked about. */
  readonly transaction: Transaction | undefined;
  /** Must be durable first; 0: nothing to wait for. */
  readonly lsn: Lsn;
  readonly asyncCommit: boolean;
  listener: CommitListener | undefined;
  /** Only under the mutant that installs too late. */
  readonly install: (() => void) | undefined;
}

const nothingCommitted: CommitInfo = { csn: csnOf(0) };
/** A sync may block the event loop for so long; */
const SyncMsMax = 2;
/** a large commit, whose versions would take as long, for one millisecond more per so many rows. */
const RowsPerSyncMs = 500;
/** Others may be in the middle of their commits when a large one begins to wait for the end of those before it, and these in turn before others. */
const QuietRoundsMax = 3;
/** What a row takes whose before-image is kept, in rows without. */
const SeenRowCost = 4;
/** Durable at once only where nothing waits for the disk. */
const lsnMax = Number.MAX_SAFE_INTEGER as Lsn;
/** What is reserved of the log for a commit by itself. */
const LogBytesMin = 64;

export function commit(transaction: Transaction): Promise<CommitInfo> {
  return new Promise((resolve, reject) => commitThen(transaction, { committed: (csn) => resolve({ csn }), failed: reject }));
}

/** Commits without a promise of its own: all that is left of a commit that need not wait before its slice is its entry in `pending`. */
export function commitThen(transaction: Transaction, listener: CommitListener): void {
  try {
    refuseDoomed(transaction);
    let isAlone = false;
    if (changesAnything(transaction)) {
      const before = waitBefore(transaction);
      if (before !== undefined) return void commitAfter(transaction, listener, before);
      if (isLarge(transaction) && mustBeHush(transaction.manager)) return void commitInHush(transaction, listener);
      // Whoever is ready to commit may join, if anybody has lately; who is alone after that need not wait for another thread's sync, and leaves nothing behind (P4).
      isAlone = mayFlushAtOnce(transaction);
      if (mayJoin(transaction) && isAlone) return void commitAfter(transaction, listener, undefined);
    }
    commitNow(transaction, isAlone, listener);
  } catch (error) {
    listener.failed(error);
  }
}

/** What must be over before the slice: others' use of the commit turn, a log that is full. @throws 53100, and the transaction is rolled back */
function waitBefore(transaction: Transaction): Promise<void> | undefined {
  const { turn } = transaction.manager;
  return turn.mustWait(transaction) ? turn.waitFor(transaction) : reserveLog(transaction);
}

/** Makes sure of room in the log for the slice that follows at once. A promise: await it, and reserve again. @throws 53100, and the transaction is rolled back */
function reserveLog(transaction: Transaction): Promise<void> | undefined {
  try {
    return transaction.manager.store.reserveLog(logBytesOf(transaction)) ?? undefined;
  } catch (error) {
    transaction.rollback();
    throw error;
  }
}

/** Waits for `before`, if there is anything to wait for, and gives others a turn to join. Whoever has committed meanwhile may have taken the room that was found before. */
async function commitAfter(transaction: Transaction, listener: CommitListener, before: Promise<void> | undefined): Promise<void> {
  const { manager } = transaction;
  endReading(transaction);
  try {
    let hasCompany = true;
    if (before !== undefined) {
      await orRollBack(transaction, before);
      hasCompany = mayJoin(transaction);
    }
    if (hasCompany && mayFlushAtOnce(transaction)) await manager.env.scheduler.yield();
    refuseDoomed(transaction);
    for (let room = roomToAwait(transaction); room !== undefined; room = roomToAwait(transaction)) {
      await orRollBack(transaction, room);
      refuseDoomed(transaction);
    }
    commitNow(transaction, mayFlushAtOnce(transaction) || staysLone(), listener);
  } catch (error) {
    listener.failed(error);
  }
}
function roomToAwait(transaction: Transaction): Promise<void> | undefined {
  return mutants.on && mutants.has('mvcc.room-found-before') ? undefined : reserveLog(transaction);
}

/**
 * A large one, which whoever is before it and waits for the disk would have finished at once: it waits for their end, and whoever can wait begins nothing until it has begun itself. Several come one
 * after the other, for each would have the one before finished at once.
 */
async function commitInHush(transaction: Transaction, listener: CommitListener): Promise<void> {
  const { manager } = transaction;
  endReading(transaction);
  for (let { busy } = manager; busy !== undefined; { busy } = manager) await busy;
  let endHush = (): void => undefined;
  manager.hush = new Promise((resolve) => (endHush = resolve));
  await commitAfter(transaction, listener, endPending(manager));
  manager.hush = undefined;
  endHush();
}
function mustBeHush({ pending, hush }: TransactionManager): boolean {
  return pending.length > 0 || hush !== undefined;
}
async function endPending(manager: TransactionManager): Promise<void> {
  for (let round = 0; round < QuietRoundsMax && manager.pending.length > 0; round++) await manager.published(manager.lastAssigned);
}
/** What waits in its commit reads nothing more; an open scan may still have to tell what it has read. */
function endReading({ node, statement, openScans }: Transaction): void {
  if (node !== undefined && statement === undefined && (openScans === undefined || openScans.size === 0)) node.hasRead = true;
}
async function orRollBack(transaction: Transaction, wait: Promise<void>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    transaction.rollback();
    throw error;
  }
}

function commitNow(transaction: Transaction, isAlone: boolean, listener: CommitListener): void {
  const { manager } = transaction;
  const isImmediate = isAlone || transaction.asyncCommit || manager.store.isFlushed(lsnMax);
  if (mayBeCut(transaction)) return commitInSlices(transaction, isImmediate, isAlone, listener);
  const pending = precommit(transaction, isImmediate, isAlone && staysLone());
  if (!('lsn' in pending)) return listener.committed(pending.csn);
  pending.listener = listener;
  followUp(manager, pending, isAlone);
}

/**
 * Whether it is worth while to cut the slice, and may be. Whoever waits for one that changes trees cannot be told. One that changes the catalog is published at no moment but its own:
 * statements are planned before they begin, and would have it finished between the two. Behind commits that wait for the disk it would be finished at once, by the log's next batch.
 */
function mayBeCut(transaction: Transaction): boolean {
  return isLarge(transaction) && transaction.manager.pending.length === 0;
}
function isLarge({ manager, writeCount, changesTrees, onPublish }: Transaction): boolean {
  const changesCatalog = onPublish !== undefined && !(mutants.on && mutants.has('mvcc.catalog-change-in-slices'));
  return writeCount * (manager.active.size > 1 ? SeenRowCost : 1) >= manager.slicedRowsMin && !changesTrees && !changesCatalog;
}
function commitInSlices(transaction: Transaction, isImmediate: boolean, isAlone: boolean, listener: CommitListener): void {
  const { manager } = transaction;
  endReads(transaction);
  manager.settleOtherScans(transaction);
  const keepsVersions = !isImmediate || isObserved(transaction);
  manager.sliced = new SlicedCommit(transaction, commitPieces(transaction, keepsVersions, manager.sliceRows), listener, (pending) => {
    manager.sliced = undefined;
    manager.endActive(transaction, 'precommitted');
    manager.vacuum.limit(manager.lastPublished);
    followUp(manager, manager.enqueue(pending), isAlone);
  });
  void manager.sliced.run(manager.sliceRows);
}

/** What comes after the slice: makes the log durable at once or asks for it, and publishes what is. */
export function followUp(manager: TransactionManager, pending: PendingCommit, isAlone: boolean): void {
  if (isAlone && !manager.store.isFlushed(pending.lsn)) {
    try {
      manager.store.flushSync();
    } catch {
      // The log has failed, and the listener has been told.
    }
  }
  manager.publishReady();
  if (!isAlone && !manager.store.isFlushed(pending.lsn)) manager.store.requestFlush();
}

export function commitSync(transaction: Transaction): CommitInfo {
  refuseDoomed(transaction);
  const manager = transaction.manager;
  try {
    if (changesAnything(transaction)) manager.store.reserveLogSync(logBytesOf(transaction));
  } catch (error) {
    transaction.rollback();
    throw error;
  }
  const pending = precommit(transaction, true);
  if (!('lsn' in pending)) return pending;
  flushAndPublish(manager, pending);
  return { csn: pending.csn };
}
/** Returns when the commit is published. @throws DbError 58030 */
export function flushAndPublish(manager: TransactionManager, pending: PendingCommit): void {
  if (!pending.asyncCommit && !manager.store.isFlushed(pending.lsn)) manager.store.flushSync();
  manager.publishReady();
  // One that need not wait for the disk itself may stand behind others that do.
  if (manager.lastPublished < pending.csn) {
    manager.store.flushSync();
    manager.publishReady();
  }
}

/** Bytes that the commit takes in the log, at most, beside what each record has. Changes are logged tree by tree, so that a record names each tree once. */
function logBytesOf({ logBytes, writes }: Transaction): number {
  return logBytes + (writes === undefined ? 0 : writes.trees.length) * TreeLogBytes + LogBytesMin;
}

/** Whether there is something to log; locks alone are not. */
function changesAnything(transaction: Transaction): boolean {
  return transaction.writeCount > 0 || transaction.changesTrees;
}

/** Whether others might join this commit. There is nothing to join where nothing waits for the disk: what it has read and what was there before would only be kept for longer. */
function mayJoin({ manager, owner }: Transaction): boolean {
  return manager.company.mayJoin(owner) && !manager.store.isFlushed(lsnMax);
}

/** Whether nobody else is at work, and blocking for the disk costs less than what the detour would. */
function mayFlushAtOnce(transaction: Transaction): boolean {
  return !transaction.asyncCommit && changesAnything(transaction) && isAlone(transaction.manager, transaction.owner.isBackground === true ? 0 : 1, transaction.writeCount);
}
/** The same for a change of `rowCount` rows by one of `own` active transactions. Who works in the background does not count. */
export function isAlone(manager: TransactionManager, own: number, rowCount: number): boolean {
  return manager.active.size - manager.active.backgroundCount <= own && manager.pending.length === 0 && manager.store.syncMsAverage < Math.max(SyncMsMax, rowCount / RowsPerSyncMs);
}

/** The mutant that takes a commit for alone because it was so before its turn. */
function staysLone(): boolean {
  return mutants.on && mutants.has('mvcc.lone-commit-drops-versions');
}

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
  endReads(transaction);
  const node = isTracked(transaction) ? transaction.node : undefined;
  const keepsVersions = !isImmediate || (!isUnseen && isObserved(transaction));
  const entries = node !== undefined && transaction.writes !== undefined ? newestInOrder(transaction.writes) : undefined;
  const changes = node !== undefined ? finalChanges(transaction, entries) : undefined;
  const hasChanges = changes === undefined ? transaction.writeCount > 0 : changes.length > 0;
  if (hasChanges) manager.settleOtherScans(transaction);
  // Who has changed nothing and read over nothing newer is in no cycle.
  if (node !== undefined && (transaction.writes !== undefined || node.out.size > 0)) {
    const failure = certify(transaction, changes!);
    if (failure !== undefined) transaction.rollback();
    if (failure !== undefined) throw failure;
  }
  const needsNumber = hasChanges || transaction.changesTrees;
  if (!needsNumber && (node === undefined || isSafeAtEnd(manager.certifier, node))) {
    manager.endActive(transaction, 'committed');
    manager.turn.release(transaction);
    transaction.releaseLocks();
    return nothingCommitted;
  }
  const sharesNumber = !needsNumber && mutants.on && mutants.has('mvcc.read-only-shares-number');
  const csn = sharesNumber ? manager.lastAssigned : manager.assignCsn();
  if (node !== undefined) manager.certifier.commit(node, csn);
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
    install = () => void installSeen(transaction, csn, entries);
  } else lsn = keepsVersions ? installSeen(transaction, csn, entries) : manager.unseen.install(transaction, csn, entries);
  manager.endActive(transaction, 'precommitted');
  return manager.enqueue({ csn, transaction, lsn, asyncCommit: transaction.asyncCommit, listener: undefined, install });
}

/** What the transaction is in the middle of. */
function endReads(transaction: Transaction): void {
  if (transaction.statement !== undefined) transaction.endStatement();
  transaction.closeScans();
}

/** Whether someone may ask for what was there before, although the commit is published at once. */
function isObserved(transaction: Transaction): boolean {
  return isSeen(transaction.manager, transaction.holder?.registry === undefined ? 0 : 1);
}
/** Whether there are snapshots beside so many of its own, or commits that are not published. */
export function isSeen(manager: TransactionManager, own: number): boolean {
  if (manager.pending.length > 0) return true;
  return manager.snapshots.size > own && !(mutants.on && mutants.has('mvcc.versions-dropped-under-snapshot'));
}
