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
 * A serializable transaction that wrote nothing is numbered too unless it can be forgotten at once (safe-snapshot.ts): sharing another's CSN would make it
 * look finished before a snapshot that is older than its end. It has no log record and waits for nothing.
 */
import { VERIFY, assert } from '../base/assert.js';
import { type Csn, type Lsn, csn as csnOf } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { BTree } from '../storage/btree.js';
import { LeafRef } from '../storage/cursor.js';
import { NoPlace } from '../storage/found-place.js';
import type { Certifier } from './serializable/certifier.js';
import { serializationError } from './conflict.js';
import { keyBufferFrom, keyBufferOf } from './reads/key-buffer.js';
import { isSafeAtEnd } from './serializable/safe-snapshot.js';
import type { SerialNode, WriteMark } from './serializable/serial-node.js';
import type { Transaction } from './transaction.js';
import { TreeCreation, TreeDrop, TreeLogBytes } from './write-set/tree-change.js';
import type { MvccCommitWriter, TransactionManager } from './transaction-manager.js';
import type { CommitInfo } from './types.js';
import { ChangeKind } from './undo-overlay.js';
import { FoundOrder } from './write-set/found-order.js';
import type { KeyRun } from './write-set/key-run.js';
import { KeySort, SortCountMin, isAscending, sortByKey } from './write-set/key-sort.js';
import { BucketsCountMax, PutBuckets, isShortEntry } from './write-set/put-buckets.js';
import { PutRun } from './write-set/put-run.js';
import type { TreeWrites } from './write-set/tree-writes.js';
import { WriteFlag, WriteKind, type WriteSet } from './write-set/write-set.js';

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
/** Above so many changed keys it is cheaper to settle all recent reads once than to look for readers of each among them. */
const ProbesMax = 64;
/** Durable at once only where nothing waits for the disk. */
const lsnMax = Number.MAX_SAFE_INTEGER as Lsn;
/** What is reserved of the log for a commit by itself. */
const LogBytesMin = 64;
/** So few changes of a tree are installed one by one. */
const RunMin = 8;
const leaf = new LeafRef();
const run = new PutRun();
const sort = new KeySort();
const buckets = new PutBuckets();
const found = new FoundOrder();

export function commit(transaction: Transaction): Promise<CommitInfo> {
  return new Promise((resolve, reject) => commitThen(transaction, { committed: (csn) => resolve({ csn }), failed: reject }));
}

/** Commits without a promise of its own: all that is left of a commit that need not wait before its slice is its entry in `pending`. */
export function commitThen(transaction: Transaction, listener: CommitListener): void {
  try {
    refuseDoomed(transaction);
    let isAlone = false;
    if (changesAnything(transaction)) {
      const { manager } = transaction;
      const before = waitBefore(transaction);
      if (before !== undefined) return void commitAfter(transaction, listener, before);
      // Whoever is ready to commit may join, if anybody has lately; who is alone after that need not wait for another thread's sync, and leaves nothing behind (P4).
      isAlone = mayFlushAtOnce(transaction);
      if (manager.company.mayJoin(transaction.owner) && isAlone) return void commitAfter(transaction, listener, undefined);
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
    let mayJoin = true;
    if (before !== undefined) {
      await orRollBack(transaction, before);
      mayJoin = manager.company.mayJoin(transaction.owner);
    }
    if (mayJoin && mayFlushAtOnce(transaction)) await manager.env.scheduler.yield();
    refuseDoomed(transaction);
    if (!(mutants.on && mutants.has('mvcc.room-found-before'))) for (let room = reserveLog(transaction); room !== undefined; room = reserveLog(transaction)) await orRollBack(transaction, room);
    commitNow(transaction, mayFlushAtOnce(transaction) || staysLone(), listener);
  } catch (error) {
    listener.failed(error);
  }
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
  const pending = precommit(transaction, isAlone || transaction.asyncCommit || manager.store.isFlushed(lsnMax), isAlone && staysLone());
  if (!('lsn' in pending)) return listener.committed(pending.csn);
  pending.listener = listener;
  followUp(manager, pending, isAlone);
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
  if (transaction.statement !== undefined) transaction.endStatement();
  transaction.closeScans();
  const node = transaction.node;
  const isTracked = node !== undefined && !node.isSafe && node.snapLow >= 0;
  const keepsVersions = !isImmediate || (!isUnseen && isObserved(transaction));
  const entries = isTracked && transaction.writes !== undefined ? newestInOrder(transaction.writes) : undefined;
  const changes = isTracked ? finalChanges(transaction, entries) : undefined;
  const hasChanges = changes === undefined ? transaction.writeCount > 0 : changes.length > 0;
  if (hasChanges) manager.settleOtherScans(transaction);
  // Who has changed nothing and read over nothing newer is in no cycle.
  if (isTracked && (transaction.writes !== undefined || node.out.size > 0)) certify(transaction, changes!);
  const needsNumber = hasChanges || transaction.changesTrees;
  if (!needsNumber && (!isTracked || isSafeAtEnd(manager.certifier, node))) {
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
    install = () => void installSeen(transaction, csn, entries);
  } else lsn = keepsVersions ? installSeen(transaction, csn, entries) : installUnseen(transaction, csn, entries);
  manager.endActive(transaction, 'precommitted');
  return manager.enqueue({ csn, transaction, lsn, asyncCommit: transaction.asyncCommit, listener: undefined, install });
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

// ------------------------------------------------------------------------------------------------------------ what changes

const noChanges: WriteMark[] = [];
const noEntries: readonly Int32Array[] = [];

/** By tree, the newest entry of each key in the order of the keys. Borrowed. */
function newestInOrder(set: WriteSet): readonly Int32Array[] {
  const lists = set.newestByTree();
  for (let tree = 0; tree < lists.length; tree++) if (!set.trees[tree]!.isInRun) sortByKey(set, lists[tree]!);
  return lists;
}

/** Every key whose committed state will differ, in key order per tree; `lists` are the entries in that order. */
function finalChanges(transaction: Transaction, lists: readonly Int32Array[] | undefined): WriteMark[] {
  const set = transaction.writes;
  if (set === undefined || lists === undefined) return noChanges;
  const changes: WriteMark[] = [];
  for (let tree = 0; tree < lists.length; tree++) {
    const writes = set.trees[tree]!;
    const entries = lists[tree]!;
    for (let i = 0; i < entries.length; i++) {
      const newest = entries[i]!;
      const entry = set.newestChange(newest);
      const change = entry < 0 ? undefined : finalChange(writes, entry);
      if (change !== undefined) changes.push(change);
      else if (set.kindOf(newest) !== WriteKind.Touch && set.kindOf(newest) !== WriteKind.Hold) registerUnused(transaction, writes, newest);
    }
  }
  leaf.release();
  return changes;
}

function isChange(kind: WriteKind): boolean {
  return kind === WriteKind.Put || kind === WriteKind.Delete;
}

/** A key that was found free and claimed but gets no version (never inserted, or removed again): that it was free has been observed. */
function registerUnused(transaction: Transaction, { set, tree }: TreeWrites, entry: number): void {
  const { node } = transaction;
  if (node === undefined || node.isSafe || !tree.options.unique) return;
  if (mutants.on && mutants.has('mvcc.unused-claim-forgotten')) return;
  node.readPoint(tree.siread, set.keyOf(entry), set.commandOf(entry), true);
}

function finalChange(writes: TreeWrites, entry: number): WriteMark | undefined {
  const { set } = writes;
  const index = writes.tree.siread;
  const statement = set.commandOf(entry);
  const key = set.keyOf(entry);
  // What is not of this transaction alone is there, for the transaction has it locked: no look into the tree is needed.
  const isThere = !set.has(entry, WriteFlag.Fresh) || (mutants.on && mutants.has('mvcc.insert-taken-for-update'));
  if (isThere) return { index, key, statement, changesKey: set.has(entry, WriteFlag.ChangesKey) };
  const { btree } = writes.tree;
  const kind = kindOfChange(writes, entry, btree !== undefined && btree.seek(keyBufferOf(key), key.length, leaf));
  return kind === undefined ? undefined : { index, key, statement, changesKey: changesKey(writes, entry, kind) };
}

/** What the entry does to its key, `isThere` or not in the installed state; undefined: nothing, it was inserted and removed again. */
function kindOfChange(writes: TreeWrites, entry: number, isThere: boolean): ChangeKind | undefined {
  const { set } = writes;
  const isPut = set.kindOf(entry) === WriteKind.Put;
  if (!isThere) return isPut ? ChangeKind.Insert : undefined;
  if (!isPut) return ChangeKind.Delete;
  return set.has(entry, WriteFlag.Fresh) && !comesBack(writes, entry) ? ChangeKind.Replace : ChangeKind.Update;
}
function changesKey({ set }: TreeWrites, entry: number, kind: ChangeKind): boolean {
  return kind !== ChangeKind.Update || set.has(entry, WriteFlag.ChangesKey);
}

/** Where the row of a key ends up that the entry has moved, perhaps several times: at the key itself when it came back, undefined when it was deleted in the end. */
function finalPlace(writes: TreeWrites, entry: number, key: string): string | undefined {
  let place = writes.set.extraOf(entry).movedTo;
  for (let i = 0; place !== undefined && place !== key && i < 64; i++) {
    const there = writes.set.newestChange(writes.find(place));
    if (there < 0 || writes.set.kindOf(there) !== WriteKind.Delete) return place;
    place = writes.set.extraOf(there).freshMovedTo;
  }
  return place;
}
function comesBack(writes: TreeWrites, entry: number): boolean {
  const key = writes.set.keyOf(entry);
  return finalPlace(writes, entry, key) === key;
}
/** The other key to which the row has gone, if it has. */
function placeElsewhere(writes: TreeWrites, entry: number): string | undefined {
  const key = writes.set.keyOf(entry);
  const place = finalPlace(writes, entry, key);
  return place === key ? undefined : place;
}

// ------------------------------------------------------------------------------------------------------------ certifying

/** The node keeps `changes`. @throws 40001, and the transaction is rolled back */
function certify(transaction: Transaction, changes: WriteMark[]): void {
  const manager = transaction.manager;
  const node = transaction.node!;
  const certifier = manager.certifier;
  const changedOnly = mutants.on && mutants.has('mvcc.probe-changed-trees-only');
  if (transaction.writeCount > ProbesMax) certifier.recent.settleAll();
  node.setWrites(changes);
  for (const { index, key, changesKey, statement } of changes) {
    if (!(mutants.on && mutants.has('mvcc.no-probe'))) certifier.probe(node, index, key, changesKey, statement);
  }
  if (transaction.writes !== undefined && !changedOnly) probeTouched(node, certifier, transaction.writes);
  const cycle = node.isObserved ? undefined : certifier.certify(node);
  if (cycle === undefined) return;
  manager.counters.serializationFailures++;
  const error = serializationError(cycle, transaction.id);
  transaction.rollback();
  throw error;
}

/** Entries that stay while their rows change. */
function probeTouched(node: SerialNode, certifier: Certifier, set: WriteSet): void {
  for (let entry = 0; entry < set.count; entry++) {
    if (set.kindOf(entry) !== WriteKind.Touch || set.has(entry, WriteFlag.Superseded) || set.newestChange(entry) >= 0) continue;
    const { siread } = set.treeOf(entry).tree;
    const key = set.keyOf(entry);
    const command = set.commandOf(entry);
    node.addWrite(siread, key, command, false);
    certifier.probe(node, siread, key, false, command);
  }
}

// ------------------------------------------------------------------------------------------------------------ installing

/** Applies and logs the changes, each with its before-image: what is there is looked for once, for both. `entries`: those of `newestInOrder`, if they are known. */
function installSeen(transaction: Transaction, csn: Csn, entries: readonly Int32Array[] | undefined): Lsn {
  const { manager, writes: set } = transaction;
  const writer = manager.store.beginCommit(csn);
  changeTrees(transaction, csn, writer);
  try {
    if (set !== undefined) installSet(set, entries ?? newestInOrder(set), transaction, csn, writer);
  } catch (error) {
    throw writer.fail(error);
  } finally {
    leaf.release();
  }
  const lsn = writer.finish();
  manager.vacuum.limit(manager.lastPublished);
  return lsn;
}

function installSet(set: WriteSet, lists: readonly Int32Array[], transaction: Transaction, csn: Csn, writer: MvccCommitWriter): void {
  for (let tree = 0; tree < lists.length; tree++) {
    const writes = set.trees[tree]!;
    if (writes.tree.isDropped || writes.tree.btree === undefined) continue;
    const entries = lists[tree]!;
    for (let i = 0; i < entries.length; i++) {
      const entry = set.newestChange(entries[i]!);
      if (entry >= 0) installOne(transaction, csn, writer, writes, entry);
    }
  }
}

function installOne(transaction: Transaction, csn: Csn, writer: MvccCommitWriter, writes: TreeWrites, entry: number): void {
  const { set, tree } = writes;
  const { manager, node } = transaction;
  const btree = tree.btree!;
  const keyLength = set.keyLength(entry);
  const key = keyBufferFrom(set.keyChunk(entry).u8, set.keyOffset(entry), keyLength);
  const isThere = btree.seek(key, keyLength, leaf);
  if (VERIFY.on) assert(isThere || set.has(entry, WriteFlag.Fresh), 'a row that was locked is gone', set.treeOf(entry).tree.id);
  const kind = kindOfChange(writes, entry, isThere);
  if (kind === undefined) return;
  const isAfterKept = isThere && mutants.on && mutants.has('mvcc.after-image-kept');
  const record = isAfterKept ? manager.undo.make(tree.overlay, key, keyLength, set.valueChunk(entry), set.valueOffset(entry), set.valueLength(entry)) : manager.undo.keep(tree.overlay, key, keyLength, leaf, isThere);
  record.csn = csn;
  record.kind = kind;
  record.node = node?.isSafe === false ? node : undefined;
  record.transactionId = transaction.id;
  record.statement = set.commandOf(entry);
  record.info = transaction.statements.at(record.statement);
  record.changesKey = changesKey(writes, entry, kind);
  if (isThere && set.has(entry, WriteFlag.Extra)) record.movedTo = placeElsewhere(writes, entry);
  if (kind === ChangeKind.Delete) writer.deleteSought(btree, leaf, key, keyLength);
  else writer.putSought(btree, leaf, isThere, key, keyLength, set.valueChunk(entry).u8, set.valueOffset(entry), set.valueLength(entry));
  tree.overlay.push(record);
  manager.vacuum.add(record);
}

/** Applies and logs the changes, leaving no before-images (P4): no object per row, no look at what was there. */
function installUnseen(transaction: Transaction, csn: Csn, entries: readonly Int32Array[] | undefined): Lsn {
  const writer = transaction.manager.store.beginCommit(csn);
  changeTrees(transaction, csn, writer);
  const set = transaction.writes;
  const lists = set === undefined ? noEntries : (entries ?? set.newestByTree(RunMin));
  for (let tree = 0; tree < lists.length; tree++) {
    const { btree, isDropped } = set!.trees[tree]!.tree;
    if (isDropped || btree === undefined) continue;
    const entries = lists[tree]!;
    const { isInRun, size, run: keys } = set!.trees[tree]!;
    if (entries.length < size) installConsecutive(writer, btree, set!, keys);
    else if (isInRun) installAscending(writer, btree, set!, entries);
    else installScattered(writer, btree, set!, entries);
  }
  sort.end();
  buckets.end();
  return writer.finish();
}

/** Entries in no order. What they are is asked while they are in that of the set, for in key order each is another place in memory. */
function installScattered(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): void {
  if (newest.length < RunMin) {
    sortByKey(set, newest);
    installEntries(writer, btree, set, newest, true);
    return;
  }
  const others = installFound(writer, btree, set, newest);
  if (others.length > 0) installByKey(writer, btree, set, others);
}

/** Entries in no order, whose rows have to be looked for. */
function installByKey(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): void {
  let count = 0;
  let putCount = 0;
  let shortCount = 0;
  for (let i = 0; i < newest.length; i++) {
    const entry = set.newestChange(newest[i]!);
    if (entry < 0) continue;
    newest[count++] = entry;
    if (set.kindOf(entry) === WriteKind.Put) putCount++;
    if (isShortEntry(set, entry)) shortCount++;
  }
  const entries = newest.subarray(0, count);
  if (shortCount === count && putCount === count && count >= SortCountMin && count <= BucketsCountMax && !isAscending(set, entries)) {
    installGathered(writer, btree, set, entries);
    return;
  }
  sortByKey(set, entries);
  if (putCount > 0 && putCount < count) {
    installEntries(writer, btree, set, entries, true);
    return;
  }
  run.begin(set, true);
  run.addAll(entries);
  installRun(writer, btree, putCount > 0 ? WriteKind.Put : WriteKind.Delete);
  run.end();
}

/**
 * Changes of rows that were found by their keys, leaf by leaf and without a look at their keys where the leaf is what it was; the log has them in the order of the set, side by side.
 * @returns the other entries, for which nothing has been done: all of them where they are not mostly of one kind and of such rows
 */
function installFound(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): Int32Array {
  const kind = set.kindOf(newest[newest.length - 1]!);
  if (!isChange(kind) || set.placeOfChange(newest[newest.length - 1]!, kind) === NoPlace) return newest;
  const count = found.take(set, newest, kind);
  const { listed, others } = found;
  run.begin(set, false);
  run.addFound(found);
  for (let from = 0; from < count; ) {
    const to = found.groupEnd(set, from);
    run.showFound(from, to);
    if (kind === WriteKind.Put) writer.putFound(btree, run);
    else writer.deleteFound(btree, run);
    from = to;
  }
  run.end();
  found.end();
  run.begin(set, false);
  run.addAll(mutants.on && mutants.has('mvcc.found-change-unlogged') ? listed.subarray(1) : listed);
  run.start();
  if (kind === WriteKind.Put) writer.logPuts(btree, run);
  else writer.logDeletes(btree, run);
  run.end();
  return others;
}

/** Short puts in no order. */
function installGathered(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array): void {
  buckets.fill(set, entries);
  for (let bucket = 0; bucket < buckets.bucketCount; bucket++) {
    const count = buckets.open(bucket);
    sort.sortPuts(buckets, buckets.addresses, count);
    run.gather(buckets, sort);
    while (run.gatherNext()) writer.putRun(btree, run);
  }
  run.end();
}
/** Entries in key order, which came in it: what came as blocks goes through without a look at what each says. */
function installAscending(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array): void {
  for (let from = 0; from < entries.length; ) {
    const to = set.stretchEnd(entries, from);
    if (set.isImplied(entries[from]!) && to - from >= RunMin) installBlocks(writer, btree, set, entries[from]!, entries[to - 1]! + 1);
    else installEntries(writer, btree, set, entries.subarray(from, to), false);
    from = to;
  }
}
/** The same of a run without a list. */
function installConsecutive(writer: MvccCommitWriter, btree: BTree, set: WriteSet, keys: KeyRun): void {
  const first = keys.at(0);
  const end = first + keys.count;
  for (let from = first; from < end; ) {
    const to = set.impliedEnd(from, end);
    if (set.isImplied(from) && to - from >= RunMin) installBlocks(writer, btree, set, from, to);
    else installEntries(writer, btree, set, keys.list(from - first, to - first), false);
    from = to;
  }
}
/** Entries [first, end), of blocks. */
function installBlocks(writer: MvccCommitWriter, btree: BTree, set: WriteSet, first: number, end: number): void {
  run.begin(set, false);
  run.addBlocks(set.blocks, first, end);
  installRun(writer, btree, WriteKind.Put);
  run.end();
}
/** Puts and deletes in key order; those of a kind side by side go as one run. */
function installEntries(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array, isScattered: boolean): void {
  if (entries.length < RunMin) {
    for (let i = 0; i < entries.length; i++) {
      const entry = set.newestChange(entries[i]!);
      if (entry < 0) continue;
      if (set.kindOf(entry) === WriteKind.Put) putOne(writer, btree, set, entry);
      else writer.delete(btree, set.keyChunk(entry).u8, set.keyOffset(entry), set.keyLength(entry));
    }
    return;
  }
  if (areAlike(set, entries)) {
    run.begin(set, isScattered);
    run.addAll(entries);
    installRun(writer, btree, set.kindOf(entries[0]!));
    run.end();
    return;
  }
  let kind: WriteKind = WriteKind.Put;
  run.begin(set, isScattered);
  for (let i = 0; i < entries.length; i++) {
    const entry = set.newestChange(entries[i]!);
    if (entry < 0) continue;
    if (set.kindOf(entry) !== kind) {
      installRun(writer, btree, kind);
      run.begin(set, isScattered);
      kind = set.kindOf(entry);
    }
    run.add(entry);
  }
  installRun(writer, btree, kind);
  run.end();
}
/** Whether they are changes of one kind. */
function areAlike(set: WriteSet, entries: Int32Array): boolean {
  const kind = set.kindOf(entries[0]!);
  if (!isChange(kind)) return false;
  for (let i = 1; i < entries.length; i++) if (set.kindOf(entries[i]!) !== kind) return false;
  return true;
}
function installRun(writer: MvccCommitWriter, btree: BTree, kind: WriteKind): void {
  if (run.isEmpty) return;
  run.start();
  if (kind === WriteKind.Put) writer.putRun(btree, run);
  else writer.deleteRun(btree, run);
}
function putOne(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entry: number): void {
  writer.put(btree, set.keyChunk(entry).u8, set.keyOffset(entry), set.keyLength(entry), set.valueChunk(entry).u8, set.valueOffset(entry), set.valueLength(entry));
}

function changeTrees(transaction: Transaction, csn: Csn, writer: MvccCommitWriter): void {
  if (!transaction.changesTrees) return;
  const manager = transaction.manager;
  for (const item of transaction.log.items) {
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
