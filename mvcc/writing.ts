/**
 * Changes of one transaction, into its write set. Locks have been taken and uniqueness checked before (write-conflict.ts); nothing
 * here can wait or conflict.
 */
import { VERIFY, assert } from '../base/assert.js';
import { keyString } from '../base/bytes.js';
import { mutants } from '../base/mutants.js';
import { keyTooLong } from '../storage/pages/page.js';
import { ChangeOverheadBytes } from '../storage/log/wal-record.js';
import { KeyFormBytes, ValueFormBytes, isShortPut, putForm } from './write-set/put-form.js';
import { checkTree, fillFromEntry, peekRow } from './reads/reading.js';
import { NoKeyUpdate, UpdateMode, claimFound, claimRow, hasLocked, isBulk, isWriteLocked, lockSlot, rowLockModeNumber, takeUnfound } from './locks/row-lock.js';
import { patchApart } from './write-set/row-patch.js';
import type { Transaction } from './transaction.js';
import type { EntriesSource, PutSource, RemoveOptions, RowBlock, RowLockMode, RowPatch, RowRef, UpdateOptions } from './types.js';
import type { UndoRecord } from './versions/undo-overlay.js';
import type { VersionedTree } from './versions/versioned-tree.js';
import type { TreeWrites } from './write-set/tree-writes.js';
import { WriteFlag, WriteKind, type WriteSet } from './write-set/write-set.js';

/** The same of a short put, exactly. */
const PutFormBytes = KeyFormBytes + ValueFormBytes;

/** Before anything is noted: at commit it would be too late to refuse it. @throws 54000 */
export function checkKeyLength(transaction: Transaction, key: string): void {
  const { keyLengthMax } = transaction.manager;
  if (key.length > keyLengthMax && !(mutants.on && mutants.has('mvcc.long-keys-accepted'))) throw keyTooLong(key.length, keyLengthMax);
}

export function insertEntry(transaction: Transaction, tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number): void {
  transaction.checkWritable();
  checkKeyLength(transaction, key);
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  const newest = writes.find(key);
  let entry = newest;
  // A claim that an earlier statement has left (ON CONFLICT DO NOTHING, by another key) stays what it is, for what it becomes would be of that statement.
  if (isOfStatement(transaction, writes, newest, WriteKind.Claim)) set.setKind(newest, WriteKind.Put);
  else {
    if (VERIFY.on && tree.options.unique && tree.options.unclaimed !== true) assert(isWriteLocked(transaction, tree, key), 'insert of an unclaimed key');
    assert(newest < 0 || set.kindOf(newest) !== WriteKind.Put, 'insert over an own entry');
    entry = writes.push(key, WriteKind.Put, 0);
  }
  set.set(entry, WriteFlag.Fresh);
  const before = set.newestChange(set.previousOf(entry));
  if (before >= 0) {
    set.setExtra(entry, set.extraOf(before).movedTo, undefined);
    set.set(entry, WriteFlag.ChangesKey);
  }
  store(transaction, writes, entry, value, offset, length);
}

/**
 * Claim and insert in one step, for a key that is there for the taking: one look into the write set and one into the tree. What it leaves is what
 * `claimKey` and `insertEntry` leave. @returns false, and nothing has changed, when there is anything to wait for or to refuse: then those two
 * are to be asked.
 */
export function insertFree(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  if (keyLength > transaction.manager.keyLengthMax) return false;
  const writes = transaction.writesOf(tree);
  const text = tree.locks.size > 0 ? keyString(key, 0, keyLength) : undefined;
  if (text !== undefined && tree.locks.has(text) && !(mutants.on && mutants.has('mvcc.free-despite-locks'))) return false;
  if (isJustFreed(transaction, tree.overlay.heads.getBytes(key, keyLength))) return false;
  const { bulkWrites, btree } = tree;
  for (let i = 0; i < bulkWrites.length; i++) {
    const other = bulkWrites[i]!;
    if (other === writes || (mutants.on && mutants.has('mvcc.free-despite-writers'))) continue;
    if (other.set.findBytes(other.number, key, keyLength) >= 0) return false;
  }
  if (btree !== undefined && btree.has(key, keyLength)) return false;
  const { set } = writes;
  if (set.findBytes(writes.number, key, keyLength) >= 0) return false;
  const flags = claimFound(writes, key, keyLength, text, WriteFlag.Claims | WriteFlag.Fresh);
  const entry = set.pushUnfound(writes.number, key, keyLength, WriteKind.Put, flags, transaction.statement!.number);
  store(transaction, writes, entry, value, offset, length);
  return true;
}

/**
 * `insertFree` for all rows of a block whose keys are greater than any that there is, in the tree or in a write set, as those of a load are: then one look tells that
 * all of them are free. @returns false, and nothing has changed, where it does not: then the rows are to be inserted one by one
 */
export function insertAbove(transaction: Transaction, tree: VersionedTree, block: RowBlock): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  if (block.count === 0 || block.keyLengthMax > transaction.manager.keyLengthMax) return false;
  const writes = writesAlone(transaction, tree);
  if (writes === undefined) return false;
  const { bytes, ends, count } = block;
  const { set } = writes;
  const first = bytes.subarray(KeyFormBytes);
  const firstLength = ends[0]! - KeyFormBytes;
  const { btree } = tree;
  if (btree !== undefined && !btree.isBeyond(first, firstLength)) return false;
  if (!set.isAbove(writes.number, first, firstLength) || !isBulk(writes)) return false;
  const longCount = set.pushBlock(writes.number, block, WriteFlag.Claims | WriteFlag.Fresh, transaction.statement!.number);
  // Of the others a block has what the log has of them.
  transaction.logBytes += ends[count * 2 - 1]! + longCount * (ChangeOverheadBytes - PutFormBytes);
  transaction.writeCount += count;
  return true;
}

/** The write set, if nobody else has to do with keys of the tree but those that are in the tree itself. */
function writesAlone(transaction: Transaction, tree: VersionedTree): TreeWrites | undefined {
  const { locks, overlay, bulkWrites } = tree;
  if (locks.size > 0 && !(mutants.on && mutants.has('mvcc.block-despite-locks'))) return undefined;
  if (!overlay.isEmpty && !(mutants.on && mutants.has('mvcc.block-despite-versions'))) return undefined;
  const writes = transaction.writesOf(tree);
  for (let i = 0; i < bulkWrites.length; i++) if (bulkWrites[i] !== writes && !(mutants.on && mutants.has('mvcc.block-despite-writers'))) return undefined;
  return writes;
}

/** The key that `insertGiven` asks for. */
const givenKey = new Uint8Array(16);

/**
 * `insertFree` of one row, which `source` makes of `values` where the write set keeps it, and `insertNew` of its index entries, if it has any. Only where nobody else has to do with the
 * row's tree, and nobody has looked for a key in those of the entries. @returns false, and nothing has changed, also where the values make no short puts
 */
export function insertGiven(transaction: Transaction, tree: VersionedTree, source: PutSource, entries: EntriesSource | undefined, values: readonly unknown[]): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const { keyLength } = source;
  if (keyLength > transaction.manager.keyLengthMax || keyLength > givenKey.length) return false;
  const writes = writesAlone(transaction, tree);
  if (writes === undefined) return false;
  const { set } = writes;
  const chunk = set.roomFor(source.lengthMax);
  const { used } = chunk;
  const end = source.put(values, chunk.u8, chunk.dv, used);
  if (end < 0) return false;
  const entriesEnd = entries === undefined ? 0 : putEntries(transaction, entries, values);
  if (entriesEnd < 0) return false;
  for (let i = 0; i < keyLength; i++) givenKey[i] = chunk.u8[used + KeyFormBytes + i]!;
  const { btree } = tree;
  if (btree !== undefined && btree.has(givenKey, keyLength) && !(mutants.on && mutants.has('mvcc.given-despite-tree'))) return false;
  if (set.findBytes(writes.number, givenKey, keyLength) >= 0 || !isBulk(writes)) return false;
  transaction.logBytes += end - used;
  transaction.writeCount++;
  set.pushNext(writes, keyLength, end, WriteKind.Put, WriteFlag.Claims | WriteFlag.Fresh, transaction.statement!.number);
  if (entries !== undefined) listEntries(transaction, set, entries.writes, entriesEnd);
  return true;
}

/**
 * `insertNew` of all index entries, of which there are some, of a row that has just been inserted at an untouched key: `source` writes them where the write set keeps them. @returns false, and nothing
 * has changed, where they cannot be listed or make no short puts
 */
export function insertNewEntries<Given>(transaction: Transaction, source: EntriesSource<Given>, row: Given): boolean {
  transaction.checkWritable();
  const end = putEntries(transaction, source, row);
  if (end < 0) return false;
  listEntries(transaction, source.writes[0]!.set, source.writes, end);
  return true;
}
function listEntries(transaction: Transaction, set: WriteSet, writes: readonly TreeWrites[], end: number): void {
  transaction.logBytes += end - set.roomForListed(0).used;
  transaction.writeCount += writes.length;
  set.pushListedPuts(writes, end, WriteKind.Put, WriteFlag.Fresh, transaction.statement!.number);
}

/** Writes the puts of entries where they would be listed. @returns their end; -1: they cannot be listed or make no short puts */
function putEntries<Given>(transaction: Transaction, { trees, writes: into, lengthMax, put }: EntriesSource<Given>, given: Given): number {
  for (let i = 0; i < trees.length; i++) {
    const writes = transaction.writesOf(trees[i]!);
    if (!writes.set.canList(writes.number) && !(mutants.on && mutants.has('mvcc.given-entries-unfound'))) return -1;
    into[i] = writes;
  }
  const chunk = into[0]!.set.roomForListed(lengthMax);
  return put(given, chunk.u8, chunk.dv, chunk.used);
}

/**
 * `insertEntry` of a key that the transaction has not touched yet, in a tree whose keys need no claim. @returns false, and nothing has changed, when it has
 * @throws 54000
 */
export function insertUntouched(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean {
  transaction.checkWritable();
  const { keyLengthMax } = transaction.manager;
  if (keyLength > keyLengthMax) throw keyTooLong(keyLength, keyLengthMax);
  if (VERIFY.on) assert(!tree.options.unique || tree.options.unclaimed === true, 'insert of an unclaimed key');
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  if (set.findBytes(writes.number, key, keyLength) >= 0) return false;
  const entry = set.pushUnfound(writes.number, key, keyLength, WriteKind.Put, WriteFlag.Fresh, transaction.statement!.number);
  store(transaction, writes, entry, value, offset, length);
  return true;
}

/**
 * The same for a key that the transaction cannot have touched, as that of an index entry of a row that it has just inserted at an untouched key: nobody looks for it.
 * @throws 54000
 */
export function insertNew(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void {
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  if (!set.canList(writes.number)) {
    const isUntouched = insertUntouched(transaction, tree, key, keyLength, value, offset, length);
    assert(isUntouched, 'a key was touched that could not have been', keyLength);
    return;
  }
  transaction.checkWritable();
  const { keyLengthMax } = transaction.manager;
  if (keyLength > keyLengthMax) throw keyTooLong(keyLength, keyLengthMax);
  if (VERIFY.on) assert(!tree.options.unique || tree.options.unclaimed === true, 'insert of an unclaimed key');
  const entry = set.pushListed(writes.number, key, keyLength, WriteKind.Put, WriteFlag.Fresh, transaction.statement!.number);
  store(transaction, writes, entry, value, offset, length);
}

/** Whether a key that is free was freed, in its `newest` change, by a single commit that is not published or after the snapshot, which is for `claimKey` to judge. */
function isJustFreed(transaction: Transaction, newest: UndoRecord | undefined): boolean {
  if (newest === undefined) return false;
  if (newest.single !== undefined && !(mutants.on && mutants.has('mvcc.free-despite-singles'))) return true;
  if (transaction.isolation === 'read committed' || (mutants.on && mutants.has('mvcc.free-despite-versions'))) return false;
  return newest.csn > transaction.snapshotCsn;
}

/**
 * Locks and removes in one step a row that the statement's snapshot shows, if nobody else has or has had to do with it since: what `lockRow` says 'ok' to, and
 * `removeEntry` then does. @returns false, and nothing has changed, otherwise: then those two are to be asked.
 */
export function removeUntouched(transaction: Transaction, tree: VersionedTree, key: string): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const writes = transaction.writesOf(tree);
  const { bulkWrites } = tree;
  if (isLocked(tree, key) || isChanged(transaction, tree.overlay.heads.get(key))) return false;
  for (let i = 0; i < bulkWrites.length; i++) {
    const other = bulkWrites[i]!;
    if (other === writes || (mutants.on && mutants.has('mvcc.untouched-despite-writers'))) continue;
    if (other.find(key) >= 0) return false;
  }
  if (writes.find(key) >= 0) return false;
  writes.push(key, WriteKind.Delete, claimRow(writes, key) | WriteFlag.ChangesKey);
  transaction.logBytes += ChangeOverheadBytes + key.length;
  transaction.writeCount++;
  return true;
}

/**
 * What `lockRow` says 'ok' to, for a row that the statement has just found by its key in its snapshot, if nobody else has or has had to do with it since: the lock is taken, or is there already.
 * @returns false, and nothing has changed, otherwise: then that is to be asked
 */
export function lockUntouched(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, lockMode: RowLockMode): boolean {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const mode = rowLockModeNumber(lockMode);
  const writes = transaction.writesOf(tree);
  const text = tree.locks.size > 0 ? keyString(key, 0, keyLength) : undefined;
  if (isChanged(transaction, tree.overlay.heads.getBytes(key, keyLength))) return false;
  const own = writes.set.findBytes(writes.number, key, keyLength);
  if (own >= 0 || (text !== undefined && isLocked(tree, text))) return hasLocked(writes, own, text, mode);
  if (isOfOtherWriters(tree, writes, key, keyLength)) return false;
  if (!(mutants.on && mutants.has('mvcc.found-row-unlocked'))) takeUnfound(writes, key, keyLength, text, mode);
  return true;
}

/** Whether a writer other than that of `writes`, of whom no lock map tells, has to do with the key. */
function isOfOtherWriters({ bulkWrites }: VersionedTree, writes: TreeWrites, key: Uint8Array, keyLength: number): boolean {
  for (let i = 0; i < bulkWrites.length; i++) {
    const other = bulkWrites[i]!;
    if (other === writes || (mutants.on && mutants.has('mvcc.untouched-despite-writers'))) continue;
    if (other.set.findBytes(other.number, key, keyLength) >= 0) return true;
  }
  return false;
}

/** Whether somebody has locked the row. */
function isLocked({ locks }: VersionedTree, key: string): boolean {
  return locks.size > 0 && locks.has(key) && !(mutants.on && mutants.has('mvcc.untouched-despite-locks'));
}
/** Whether the row, of whose changes that is the newest that is kept, has changed since the snapshot. */
function isChanged(transaction: Transaction, newest: UndoRecord | undefined): boolean {
  return newest !== undefined && newest.csn > transaction.snapshotCsn && !(mutants.on && mutants.has('mvcc.untouched-despite-versions'));
}

// What `findUntouched` has found last: the key, where it was made a string; the transaction's own newest entry for it, or -1; and whether the row was locked by the transaction and not changed.
let foundText: string | undefined;
let foundOwn = -1;
let foundHeld = false;
/** Under VERIFY: who has found a row that is neither changed nor left yet. */
let finder: Transaction | undefined;

/**
 * The same for a row known by its key alone, with the point read before it: one look into the write set and one into the tree. `into`, if given, gets the row; it is to be updated, or
 * `isRemoved`. A row that the transaction has changed by an earlier statement is its own already: there is nothing to read, to lock or to conflict with. One that it has
 * locked, in a mode that will do, is changed under that lock.
 *
 * SERIALIZABLE: that a row is there is not registered as read while a change of it stands. Until the transaction ends the row's lock keeps all others from it, and whoever runs beside it
 * and comes later has a write conflict; after that its change says of each dependency what its read would. Where the change is taken back, the read is registered (`undoEntry`).
 * @returns whether there is such a row, which is then changed by `changeFound`, or left by `leaveFound`, in the same slice; undefined where point read and `lockRow` are to be asked
 */
export function findUntouched(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef | undefined, isRemoved = into === undefined): boolean | undefined {
  if (tree.btree === undefined) return undefined;
  const isThere = lookFor(transaction, tree, key, keyLength, into, isRemoved);
  if (isThere === undefined || isFoundOwn()) return isThere;
  if (isThere) noteFinder(transaction);
  else registerFound(transaction, tree, key, keyLength, false);
  return isThere;
}

/**
 * The same for the key of a row that is to be inserted unless there is one, which is then updated, or left: what `claimKey` says of it. That it is not there is not registered as read: `insertSought` or `insertFree`
 * follows. @returns undefined also where the transaction has removed the row, or has locked or claimed the key
 */
export function findToInsert(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
  if (keyLength > transaction.manager.keyLengthMax) return undefined;
  const isThere = lookFor(transaction, tree, key, keyLength, into, false);
  if (isThere === false && foundOwn >= 0 && !(mutants.on && mutants.has('mvcc.sought-despite-own'))) return undefined;
  if (isThere === false && foundHeld) return undefined;
  if (isThere === true && !isFoundOwn()) noteFinder(transaction);
  return isThere;
}
/** `insertFree` of the key that `findToInsert` has just not found. */
export function insertSought(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void {
  const writes = transaction.writesOf(tree);
  const flags = claimFound(writes, key, keyLength, foundText, WriteFlag.Claims | WriteFlag.Fresh);
  store(transaction, writes, writes.set.pushUnfound(writes.number, key, keyLength, WriteKind.Put, flags, transaction.statement!.number), value, offset, length);
}

function lookFor(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef | undefined, isRemoved: boolean): boolean | undefined {
  transaction.checkWritable();
  checkTree(transaction, tree);
  const { locks, overlay, btree } = tree;
  const writes = transaction.writesOf(tree);
  foundText = locks.size > 0 ? keyString(key, 0, keyLength) : undefined;
  foundOwn = writes.set.findBytes(writes.number, key, keyLength);
  const hasHold = foundOwn >= 0 && writes.set.kindOf(foundOwn) === WriteKind.Hold;
  foundHeld = false;
  if (foundOwn >= 0 && !hasHold && !(mutants.on && mutants.has('mvcc.own-row-of-before'))) return findOwn(transaction, writes, foundOwn, isRemoved ? undefined : into);
  if (hasHold || (foundText !== undefined && isLocked(tree, foundText))) {
    if (!hasLocked(writes, foundOwn, foundText, isRemoved ? UpdateMode : NoKeyUpdate)) return undefined;
    foundHeld = true;
  }
  if (isChanged(transaction, overlay.heads.getBytes(key, keyLength))) return undefined;
  if (isOfOtherWriters(tree, writes, key, keyLength)) return undefined;
  if (btree === undefined) return false;
  return into === undefined ? btree.holds(key, keyLength) : peekRow(transaction, tree, btree, key, keyLength, into);
}
/** Whether the row that was looked for last is the transaction's own. */
function isFoundOwn(): boolean {
  return foundOwn >= 0 && !foundHeld;
}
function registerFound(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, existence: boolean): void {
  const { node } = transaction;
  if (node !== undefined && !node.isSafe && !(mutants.on && mutants.has('mvcc.change-unread'))) node.readPointBytes(tree.siread, key, keyLength, transaction.statement!.number, existence);
}

/** The row that `findUntouched` or `findToInsert` has just found is not changed after all: it has been read. `existence`: only whether it is there. */
export function leaveFound(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, existence = false): void {
  noteFinder(undefined);
  if (isFoundOwn() || (mutants.on && mutants.has(existence ? 'mvcc.met-row-unread' : 'mvcc.row-left-unread'))) return;
  registerFound(transaction, tree, key, keyLength, existence && !(mutants.on && mutants.has('mvcc.met-row-read-whole')));
}
function noteFinder(transaction: Transaction | undefined): void {
  if (!VERIFY.on) return;
  assert(transaction === undefined || finder === undefined, 'a row that was found is neither changed nor left', finder?.id ?? 0);
  finder = transaction;
}

/** Of the transaction's own newest entry for a key: the row that it has put there, or none if it has removed it; undefined where that takes a look at all its entries. */
function findOwn(transaction: Transaction, { set, tree }: TreeWrites, own: number, into: RowRef | undefined): boolean | undefined {
  const kind = set.kindOf(own);
  if (kind !== WriteKind.Put && kind !== WriteKind.Delete) return undefined;
  if (set.commandOf(own) >= transaction.statement!.number) return undefined;
  if (kind === WriteKind.Delete) return false;
  // A removal takes a stronger lock than an update has.
  return into === undefined ? undefined : fillFromEntry(tree, set, own, into);
}

/** Point read, lock and removal: whether there was such a row; undefined, and nothing has changed, where the three of them are to be asked. */
export function removeByKey(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number): boolean | undefined {
  const isThere = findUntouched(transaction, tree, key, keyLength, undefined);
  if (isThere === true) removeFound(transaction, tree, key, keyLength);
  return isThere;
}

/** Locks and removes the row that `findUntouched` has just found to be removed: what `lockRow` and `removeEntry` leave. */
export function removeFound(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number): void {
  let isRemoved = false;
  try {
    changeFound(transaction.writesOf(tree), key, keyLength, WriteKind.Delete, WriteFlag.Claims | WriteFlag.ChangesKey);
    isRemoved = true;
  } finally {
    if (!isRemoved) leaveFound(transaction, tree, key, keyLength);
  }
  transaction.logBytes += ChangeOverheadBytes + keyLength;
  transaction.writeCount++;
}

/**
 * `removeEntry` of an index entry of the row that `findUntouched` has found last, and that is changed in the same slice. Where the transaction had not touched the row before, it has not touched
 * its entries either: those whose keys need no claim are listed as those of a new row are. The row's lock has kept all others from its entries; the claim of a key that is given up does so for its next owner.
 */
export function removeFoundEntry(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number): void {
  const writes = transaction.writesOf(tree);
  const { set, number } = writes;
  const isClaimed = tree.options.unique;
  const text = isClaimed && tree.locks.size > 0 ? keyString(key, 0, keyLength) : undefined;
  // What is looked for last is what `pushUnfound` puts.
  const slot = VERIFY.on && isClaimed ? lockSlot(tree, keyString(key, 0, keyLength)) : undefined;
  const isApart = !isFoundUntouched() || (isClaimed && (set.findBytes(number, key, keyLength) >= 0 || (text !== undefined && tree.locks.has(text))));
  if (isApart) {
    removeEntry(transaction, tree, text ?? keyString(key, 0, keyLength), undefined);
    return;
  }
  transaction.checkWritable();
  const command = transaction.statement!.number;
  if (isClaimed) {
    assert(slot === undefined, 'the key of a row that nobody else has to do with is locked');
    const claim = mutants.on && mutants.has('mvcc.left-key-unclaimed') ? 0 : claimFound(writes, key, keyLength, text, WriteFlag.Claims);
    set.pushUnfound(number, key, keyLength, WriteKind.Delete, claim | WriteFlag.ChangesKey, command);
  } else if (set.canList(number)) set.pushListed(number, key, keyLength, WriteKind.Delete, WriteFlag.ChangesKey, command);
  else {
    const own = set.findBytes(number, key, keyLength);
    assert(own < 0, 'an entry was touched that could not have been', keyLength);
    set.pushUnfound(number, key, keyLength, WriteKind.Delete, WriteFlag.ChangesKey, command);
  }
  transaction.logBytes += ChangeOverheadBytes + keyLength;
  transaction.writeCount++;
}
/** `insertEntry` of a new one, in a tree whose keys need no claim. @throws 54000 */
export function insertFoundEntry(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, length: number): void {
  if (isFoundUntouched()) insertNew(transaction, tree, key, keyLength, value, 0, length);
  else insertEntry(transaction, tree, keyString(key, 0, keyLength), value, 0, length);
}
function isFoundUntouched(): boolean {
  return foundOwn < 0 || (mutants.on && mutants.has('mvcc.own-entries-listed'));
}

/**
 * Locks, in mode `no key update` unless it has been locked, the row that `findUntouched` has just found, and replaces it: what `lockRow` and `updateEntry` leave. `changesKey`: in mode `update`, for columns
 * change that a foreign key could reference; only of a row that was found to be removed.
 */
export function updateFound(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number, changesKey: boolean): void {
  let isChanged = false;
  try {
    const writes = transaction.writesOf(tree);
    const isOwn = foundOwn >= 0 && !foundHeld;
    assert(!(isOwn && changesKey), 'a row is locked in another mode than it was found for');
    const flags = changesKey ? WriteFlag.Claims | WriteFlag.ChangesKey : updateFlags();
    const entry = isOwn ? updateOwn(writes, keyLength, foundOwn) : changeFound(writes, key, keyLength, WriteKind.Put, flags);
    isChanged = true;
    store(transaction, writes, entry, value, offset, length);
  } finally {
    if (!isChanged) leaveFound(transaction, tree, key, keyLength);
  }
}
function updateFlags(): number {
  return mutants.on && mutants.has('mvcc.found-strongly-locked') ? WriteFlag.Claims : WriteFlag.Claims | WriteFlag.Weak;
}

/**
 * `updateFound` by what `patch` makes of the row, short ones where the write set keeps them: key and row are written there as a put of them is logged (W6), and count once the patch
 * has not refused. @returns false, and nothing has changed, when it has; then the row is left
 */
export function patchFound(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, patch: RowPatch): boolean {
  const { length } = row;
  const isOwn = foundOwn >= 0 && !(mutants.on && mutants.has('mvcc.own-row-patched-anew'));
  let isChanged = false;
  try {
    if (!isOwn && length > 0 && isShortPut(keyLength, length)) isChanged = patchInPlace(transaction, tree, key, keyLength, row, patch);
    else {
      const changed = patchApart(row, patch);
      if (changed === undefined) return false;
      isChanged = true;
      updateFound(transaction, tree, key, keyLength, changed.bytes, 0, length, false);
    }
  } finally {
    if (!isChanged) leaveFound(transaction, tree, key, keyLength);
  }
  return isChanged;
}
function patchInPlace(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, patch: RowPatch): boolean {
  const { length } = row;
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  const chunk = set.roomFor(PutFormBytes + keyLength + length);
  const valueAt = chunk.used + PutFormBytes + keyLength;
  if (!patch.patch(row, chunk.u8, chunk.dv, valueAt) && !(mutants.on && mutants.has('mvcc.refused-patch-kept'))) return false;
  putForm(chunk.u8, chunk.used, key, 0, keyLength, length);
  const flags = lockFound(writes, key, keyLength, updateFlags());
  noteFound(writes, set.pushNext(writes, keyLength, valueAt + length, WriteKind.Put, flags, transaction.statement!.number));
  transaction.logBytes += PutFormBytes + keyLength + length;
  transaction.writeCount++;
  return true;
}

/** A change of the row that `findUntouched` has just found and that the transaction has not changed before. `claim`: the flags of its lock and what else to say of it. */
function changeFound(writes: TreeWrites, key: Uint8Array, keyLength: number, kind: WriteKind, claim: number): number {
  const { set, number, transaction } = writes;
  const flags = lockFound(writes, key, keyLength, claim);
  const command = transaction.statement!.number;
  return noteFound(writes, foundOwn >= 0 ? set.pushOver(number, keyLength, foundOwn, kind, flags, command) : set.pushUnfound(number, key, keyLength, kind, flags, command));
}
/** Claims it, unless the transaction has its lock, which then outlives the change that comes under it. @returns the flags of the entry that must follow in the same slice */
function lockFound(writes: TreeWrites, key: Uint8Array, keyLength: number, claim: number): number {
  const isHeld = foundHeld && !(mutants.on && mutants.has('mvcc.held-row-claimed'));
  return WriteFlag.Found | (isHeld ? claim & ~(WriteFlag.Claims | WriteFlag.Weak) : claimFound(writes, key, keyLength, foundText, claim));
}
/** What is known of the row whose change the entry is. */
function noteFound({ set, tree }: TreeWrites, entry: number): number {
  noteFinder(undefined);
  if (foundText !== undefined) set.noteKey(entry, foundText);
  set.noteFound(entry, tree.btree!);
  return entry;
}
/** A further put of a key, whose row the transaction has locked and put there before. */
function updateOwn({ set, number, transaction }: TreeWrites, keyLength: number, own: number): number {
  const entry = set.pushOver(number, keyLength, own, WriteKind.Put, 0, transaction.statement!.number);
  inherit(set, entry, own);
  set.inheritFound(entry, own);
  set.setExtra(entry, set.extraOf(own).movedTo, undefined);
  return entry;
}
/** What an update leaves of what the change before it said of the row. */
function inherit(set: WriteSet, entry: number, before: number): void {
  if (mutants.on && mutants.has('mvcc.update-forgets-former')) return;
  if (set.has(before, WriteFlag.Fresh)) set.set(entry, WriteFlag.Fresh);
  if (set.has(before, WriteFlag.ChangesKey)) set.set(entry, WriteFlag.ChangesKey);
}

export function updateEntry(
  transaction: Transaction,
  tree: VersionedTree,
  key: string,
  value: Uint8Array,
  offset: number,
  length: number,
  options: UpdateOptions | undefined,
): void {
  transaction.checkWritable();
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  const newest = writes.find(key);
  if (VERIFY.on && tree.options.unique && tree.options.unclaimed !== true) assert(isWriteLocked(transaction, tree, key), 'update of an unlocked row');
  const before = set.newestChange(newest);
  assert(before < 0 || set.kindOf(before) === WriteKind.Put, 'update of a removed entry');
  const entry = isOfStatement(transaction, writes, newest, WriteKind.Hold) ? changeInPlace(writes, newest, WriteKind.Put) : writes.push(key, WriteKind.Put, 0);
  if (before >= 0) inherit(set, entry, before);
  if (options?.changesKeyColumns === true) set.set(entry, WriteFlag.ChangesKey);
  if (before >= 0) set.setExtra(entry, set.extraOf(before).movedTo, undefined);
  store(transaction, writes, entry, value, offset, length);
}

export function removeEntry(transaction: Transaction, tree: VersionedTree, key: string, options: RemoveOptions | undefined): void {
  transaction.checkWritable();
  const writes = transaction.writesOf(tree);
  const { set } = writes;
  const newest = writes.find(key);
  const before = set.newestChange(newest);
  assert(before < 0 || set.kindOf(before) === WriteKind.Put, 'removal of a removed entry');
  const isHeld = isOfStatement(transaction, writes, newest, WriteKind.Hold);
  // An entry of a unique index is guarded by its row's lock in the primary tree; the claim makes others who want the key wait for our end.
  const claims = !isHeld && tree.options.unique && !isWriteLocked(transaction, tree, key);
  const entry = isHeld ? changeInPlace(writes, newest, WriteKind.Delete) : writes.push(key, WriteKind.Delete, claims ? claimRow(writes, key) : 0);
  set.set(entry, WriteFlag.ChangesKey);
  if (before >= 0 && set.has(before, WriteFlag.Fresh)) {
    set.set(entry, WriteFlag.Fresh);
    set.setExtra(entry, set.extraOf(before).movedTo, options?.movedTo);
  } else set.setExtra(entry, options?.movedTo, undefined);
  transaction.logBytes += ChangeOverheadBytes + key.length;
  transaction.writeCount++;
}

/** No effect when the entry has a change of its own already, or nobody will ask. */
export function touchEntry(transaction: Transaction, tree: VersionedTree, key: string): void {
  transaction.checkWritable();
  const node = transaction.node;
  if (node === undefined || node.isSafe) return;
  const writes = transaction.writesOf(tree);
  const newest = writes.find(key);
  if (newest < 0 || writes.set.kindOf(newest) === WriteKind.Hold) writes.push(key, WriteKind.Touch, 0);
}

/** Whether the entry is a lock or claim that this statement has taken since the last savepoint: it can become the change. */
function isOfStatement(transaction: Transaction, { set }: TreeWrites, newest: number, kind: WriteKind): boolean {
  if (newest < 0 || set.kindOf(newest) !== kind || !transaction.isSinceSavepoint(newest)) return false;
  return set.commandOf(newest) === transaction.statement!.number || (mutants.on && mutants.has('mvcc.lock-of-before-becomes-change'));
}

function changeInPlace(writes: TreeWrites, entry: number, kind: WriteKind): number {
  writes.set.setKind(entry, kind);
  return entry;
}

function store(transaction: Transaction, writes: TreeWrites, entry: number, value: Uint8Array, offset: number, length: number): void {
  const { set } = writes;
  set.setValue(entry, value, offset, length);
  const keyLength = set.keyLength(entry);
  transaction.logBytes += keyLength + length;
  if (!(mutants.on && mutants.has('mvcc.overhead-unreserved'))) transaction.logBytes += isShortPut(keyLength, length) ? PutFormBytes : ChangeOverheadBytes;
  transaction.writeCount++;
}
