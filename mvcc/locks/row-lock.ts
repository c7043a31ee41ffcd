/**
 * Row locks: four modes, kept in memory per tree and key.
 *
 * | asked \ held      | key share | share | no key update | update |
 * |-------------------|-----------|-------|---------------|--------|
 * | key share         |           |       |               | x      |
 * | share             |           |       | x             | x      |
 * | no key update     |           | x     | x             | x      |
 * | update            | x         | x     | x             | x      |
 *
 * UPDATE takes `no key update`, or `update` when it changes a column a foreign key could reference; DELETE takes `update`; the child
 * side of a foreign key takes `key share`. The key of a row about to be inserted is locked too, in mode `update`: that is the claim.
 *
 * Nearly all locks are held by one transaction in one mode and never asked for by another. Such a lock is a `RowHold`, of which a
 * transaction has one per mode for all its rows; it becomes a `Lock` object when somebody else asks, or its holder for more.
 *
 * The first few writers of a tree, and any that claims or locks many of its keys, do not enter them in the tree's lock map: their write
 * sets, which every asker then looks into, say that they have them (`TreeWrites.isBulk`).
 */
import { VERIFY, assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import { Lock, type LockSpace } from './lock.js';
import type { Transaction } from '../transaction.js';
import type { RowLockMode } from '../types.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import type { TreeWrites } from '../write-set/tree-writes.js';
import { WriteFlag, WriteKind, type WriteSet } from '../write-set/write-set.js';

export const KeyShareMode = 0;
const Share = 1;
export const NoKeyUpdate = 2;
export const UpdateMode = 3;

export const rowLocks: LockSpace = {
  kind: 'row',
  modeNames: ['KeyShareLock', 'ShareLock', 'NoKeyUpdateLock', 'UpdateLock'],
  conflicts: [1 << UpdateMode, (1 << NoKeyUpdate) | (1 << UpdateMode), (1 << Share) | (1 << NoKeyUpdate) | (1 << UpdateMode), 15],
  passMax: 4,
};

export function rowLockModeNumber(mode: RowLockMode): number {
  switch (mode) {
    case 'key share':
      return KeyShareMode;
    case 'share':
      return Share;
    case 'no key update':
      return NoKeyUpdate;
    case 'update':
      return UpdateMode;
  }
}

/** A transaction's hold on a row in one mode, uncontended. */
export class RowHold {
  readonly transaction: Transaction;
  readonly mode: number;
  constructor(transaction: Transaction, mode: number) {
    this.transaction = transaction;
    this.mode = mode;
  }
}

/** What stands in a tree's lock map. */
export type RowLockSlot = RowHold | Lock;

/** Log item: the transaction had nothing on this row before. */
export class RowGrant {
  readonly tree: VersionedTree;
  readonly key: string;
  constructor(tree: VersionedTree, key: string) {
    this.tree = tree;
    this.key = key;
  }
}

/** The transaction's hold for `mode`; to be put into a lock map. */
function holdOf(transaction: Transaction, mode: number): RowHold {
  const holds = transaction.rowHolds;
  if (holds.length === 0) transaction.manager.rowHolderCount++;
  return (holds[mode] ??= new RowHold(transaction, mode));
}

/** Enters the lock of a single commit, which nobody has asked for so far. */
export function nameHold(transaction: Transaction, tree: VersionedTree, key: string, changesKey: boolean): void {
  assert(!tree.locks.has(key), 'somebody else has the row of a single commit', transaction.id);
  tree.locks.set(key, holdOf(transaction, changesKey ? UpdateMode : NoKeyUpdate));
}

/** Who has the row or key, and how. */
export function lockSlot(tree: VersionedTree, key: string): RowLockSlot | undefined {
  const slot = tree.locks.size === 0 ? undefined : tree.locks.get(key);
  if (slot !== undefined) return slot;
  const single = tree.overlay.isEmpty ? undefined : tree.overlay.heads.get(key)?.single;
  if (single !== undefined && !(mutants.on && mutants.has('mvcc.single-row-unnamed'))) {
    single.name();
    return tree.locks.get(key);
  }
  if (tree.bulkWrites.length === 0 || (mutants.on && mutants.has('mvcc.bulk-claims-forgotten'))) return undefined;
  for (const writes of tree.bulkWrites) {
    const mode = modeIn(writes, key);
    if (mode >= 0) return holdOf(writes.transaction, mode);
  }
  return undefined;
}

/** The mode in which the write set holds the key, or -1. */
function modeIn(writes: TreeWrites, key: string): number {
  return modeFrom(writes, writes.find(key));
}
function modeFrom({ set }: TreeWrites, newest: number): number {
  const mode = lockModeOf(set, newest, WriteFlag.Claims | WriteFlag.Held);
  if (VERIFY.on) assert(mode === lockModeOf(set, newest, WriteFlag.Claims), 'the lock of a key is not the one that an older entry took', newest, mode);
  return mode;
}
/** As the first entry from `newest` on says that has one of `flags`. */
function lockModeOf(set: WriteSet, newest: number, flags: number): number {
  for (let entry = newest; entry >= 0; entry = set.previousOf(entry)) {
    if (set.has(entry, flags)) return set.has(entry, WriteFlag.Weak) && !(mutants.on && mutants.has('mvcc.bulk-mode-forgotten')) ? NoKeyUpdate : UpdateMode;
  }
  return -1;
}

/**
 * Whether the transaction has locked the row in `mode` or a stronger one. `newest` is its newest entry for the key, or -1, and `text` the key, if the lock map has any. Asks for no lock and
 * gives none a name.
 */
export function hasLocked(writes: TreeWrites, newest: number, text: string | undefined, mode: number): boolean {
  const { tree, transaction } = writes;
  const slot = text === undefined ? undefined : tree.locks.get(text);
  const least = mutants.on && mutants.has('mvcc.held-in-any-mode') ? KeyShareMode : mode;
  if (slot instanceof Lock) return slot.covers(transaction, least);
  return slot === undefined ? modeFrom(writes, newest) >= least : slot.transaction === transaction && slot.mode >= least;
}

/** Whether that is a lock of the transaction on a row that is there, for which nobody else has asked. One for an update may be the claim of a key. */
export function hasHold(transaction: Transaction, slot: RowLockSlot | undefined): boolean {
  return slot instanceof RowHold && slot.transaction === transaction && slot.mode < UpdateMode;
}

/** Takes the lock if it is free. @returns undefined when held now, else the lock to wait for */
export function tryRowLock(transaction: Transaction, tree: VersionedTree, key: string, mode: number): Lock | undefined {
  const slot = lockSlot(tree, key);
  if (slot === undefined) {
    takeFree(transaction, tree, key, mode);
    return undefined;
  }
  // A stronger mode conflicts with all that a weaker one does, so it covers it.
  if (!(slot instanceof Lock) && slot.transaction === transaction && slot.mode >= mode) return undefined;
  const lock = slot instanceof Lock ? slot : inflate(tree, key, slot);
  if (lock.covers(transaction, mode)) return undefined;
  if (!lock.isFree(transaction, mode)) return lock;
  transaction.logGrant(lock, lock.grant(transaction, mode));
  return undefined;
}

function takeFree(transaction: Transaction, tree: VersionedTree, key: string, mode: number): void {
  if (mode >= NoKeyUpdate) {
    const writes = transaction.writesOf(tree);
    if (isBulk(writes)) {
      writes.push(key, WriteKind.Hold, mode === NoKeyUpdate ? WriteFlag.Claims | WriteFlag.Weak : WriteFlag.Claims);
      return;
    }
  }
  tree.locks.set(key, holdOf(transaction, mode));
  transaction.logItem(new RowGrant(tree, key));
}

/** `tryRowLock` of a key that nobody holds and that `findBytes` has just not found among those of the write set. `text` is the key, if it is known. */
export function takeUnfound(writes: TreeWrites, key: Uint8Array, keyLength: number, text: string | undefined, mode: number): void {
  const { set, number, tree, transaction } = writes;
  if (mode >= NoKeyUpdate && isBulk(writes)) {
    set.pushUnfound(number, key, keyLength, WriteKind.Hold, mode === NoKeyUpdate ? WriteFlag.Claims | WriteFlag.Weak : WriteFlag.Claims, transaction.statement!.number);
    return;
  }
  const name = text ?? keyString(key, 0, keyLength);
  tree.locks.set(name, holdOf(transaction, mode));
  transaction.logItem(new RowGrant(tree, name));
}

/** Claims a key that nobody holds. @returns the flags of the entry that says so, which must follow in the same slice */
export function claimRow(writes: TreeWrites, key: string): number {
  const { tree, transaction } = writes;
  if (VERIFY.on) assert(lockSlot(tree, key) === undefined, 'claimed key is locked');
  if (isBulk(writes)) return WriteFlag.Claims;
  tree.locks.set(key, holdOf(transaction, UpdateMode));
  return WriteFlag.Claims | WriteFlag.Mapped;
}

/**
 * The same for a change of a key that nobody holds, `text` if it is known. `flags` says how the key is claimed. Nothing is looked up in the write set.
 * @returns the flags of the entry that says so, which must follow in the same slice
 */
export function claimFound(writes: TreeWrites, key: Uint8Array, keyLength: number, text: string | undefined, flags: number): number {
  if (isBulk(writes)) return flags;
  const { tree, transaction } = writes;
  if (mutants.on && mutants.has('mvcc.found-claim-unmapped')) return flags;
  tree.locks.set(text ?? keyString(key, 0, keyLength), holdOf(transaction, (flags & WriteFlag.Weak) === 0 ? UpdateMode : NoKeyUpdate));
  return flags | WriteFlag.Mapped;
}

/** Whether the write set alone tells of the lock that comes next, and then of all after it. */
export function isBulk(writes: TreeWrites): boolean {
  if (writes.isBulk) return true;
  const { bulkWrites } = writes.tree;
  const { bulkWritersMax, mappedClaimsMax } = writes.transaction.manager;
  if (bulkWrites.length >= bulkWritersMax && ++writes.mappedCount <= mappedClaimsMax) return false;
  writes.isBulk = true;
  bulkWrites.push(writes);
  return true;
}

/** The transaction is over: its write set claims nothing any more. */
export function endBulkWrites(writes: TreeWrites): void {
  const { bulkWrites } = writes.tree;
  bulkWrites.splice(bulkWrites.indexOf(writes), 1);
}

/** Gives back everything the transaction has on the row, whatever has become of its claim or hold. */
export function releaseRow(transaction: Transaction, tree: VersionedTree, key: string): void {
  const slot = tree.locks.get(key);
  if (slot === undefined) return;
  if (slot instanceof Lock) slot.restore(transaction, 0);
  else if (slot.transaction === transaction) tree.locks.delete(key);
}

/** Whether `transaction` holds the key exclusively against other writers. */
export function isWriteLocked(transaction: Transaction, tree: VersionedTree, key: string): boolean {
  const slot = lockSlot(tree, key);
  if (slot === undefined) return false;
  if (slot instanceof Lock) return (slot.heldBy(transaction) & ((1 << NoKeyUpdate) | (1 << UpdateMode))) !== 0;
  return slot.transaction === transaction && slot.mode >= NoKeyUpdate;
}

/** The transaction other than `transaction` that holds the key in a writer's mode, if any. */
export function otherWriter(transaction: Transaction, slot: RowLockSlot | undefined): Transaction | undefined {
  if (slot === undefined) return undefined;
  if (!(slot instanceof Lock)) return slot.transaction !== transaction && slot.mode >= NoKeyUpdate ? slot.transaction : undefined;
  for (const holder of slot.holders) {
    if (holder.owner !== transaction && (holder.mask & ((1 << NoKeyUpdate) | (1 << UpdateMode))) !== 0) return holder.owner.transaction;
  }
  return undefined;
}

/** The lock of a key as an object, to wait for it. */
export function lockObject(tree: VersionedTree, key: string): Lock {
  const slot = lockSlot(tree, key);
  assert(slot !== undefined, 'no lock to wait for');
  return slot instanceof Lock ? slot : inflate(tree, key, slot);
}

function inflate(tree: VersionedTree, key: string, hold: RowHold): Lock {
  const lock = new Lock(rowLocks, tree, key);
  lock.grant(hold.transaction, hold.mode);
  tree.locks.set(key, lock);
  tree.lockObjectCount++;
  return lock;
}

/** Waits for a lock that `tryRowLock` found taken. */
export async function waitForRow(transaction: Transaction, lock: Lock, mode: number): Promise<void> {
  await lock.wait(transaction, transaction, mode, (before) => transaction.logGrant(lock, before));
}

