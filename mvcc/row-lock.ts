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
 * side of a foreign key takes `key share`. The key of a row about to be inserted is locked too, in mode `update`: that is the claim,
 * and a transaction that inserts much has many of them, so an uncontended claim is just the transaction itself in the tree's map.
 * It becomes a `Lock` object when somebody else asks.
 */
import { assert } from '../base/assert.js';
import { Lock, type LockSpace } from './lock.js';
import type { Transaction } from './transaction.js';
import type { RowLockMode } from './types.js';
import type { VersionedTree } from './versioned-tree.js';

const KeyShare = 0;
const Share = 1;
const NoKeyUpdate = 2;
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
      return KeyShare;
    case 'share':
      return Share;
    case 'no key update':
      return NoKeyUpdate;
    case 'update':
      return UpdateMode;
  }
}

/** What stands in a tree's lock map: a claim (mode `update`, no queue) or a whole lock. */
export type RowLockSlot = Transaction | Lock;

/** Takes the lock if it is free. @returns undefined when held now, else the lock to wait for */
export function tryRowLock(transaction: Transaction, tree: VersionedTree, key: string, mode: number): Lock | undefined {
  const slot = tree.locks.get(key);
  if (slot === transaction) return undefined;
  let lock: Lock;
  if (slot === undefined) {
    lock = newRowLock(tree, key);
    tree.locks.set(key, lock);
  } else if (slot instanceof Lock) {
    if (slot.covers(transaction, mode)) return undefined;
    if (!slot.isFree(transaction, mode)) return slot;
    lock = slot;
  } else return inflate(tree, key, slot);
  transaction.logGrant(lock, lock.grant(transaction, mode));
  return undefined;
}

/** Claims a key that nobody holds, without a lock object. */
export function claimRow(transaction: Transaction, tree: VersionedTree, key: string): void {
  assert(!tree.locks.has(key), 'claimed key is locked');
  tree.locks.set(key, transaction);
}

/** Gives a claim back, whatever has become of it. */
export function releaseClaim(transaction: Transaction, tree: VersionedTree, key: string): void {
  const slot = tree.locks.get(key);
  if (slot === transaction) tree.locks.delete(key);
  else if (slot instanceof Lock) slot.restore(transaction, 0);
}

/** Whether `transaction` holds the key exclusively against other writers. */
export function isWriteLocked(transaction: Transaction, tree: VersionedTree, key: string): boolean {
  const slot = tree.locks.get(key);
  if (slot === undefined) return false;
  if (slot instanceof Lock) return (slot.heldBy(transaction) & ((1 << NoKeyUpdate) | (1 << UpdateMode))) !== 0;
  return slot === transaction;
}

/** The transaction other than `transaction` that holds the key in a writer's mode, if any. */
export function otherWriter(transaction: Transaction, slot: RowLockSlot | undefined): Transaction | undefined {
  if (slot === undefined || slot === transaction) return undefined;
  if (!(slot instanceof Lock)) return slot;
  for (const holder of slot.holders) {
    if (holder.owner !== transaction && (holder.mask & ((1 << NoKeyUpdate) | (1 << UpdateMode))) !== 0) return holder.owner.transaction;
  }
  return undefined;
}

/** The lock of a key as an object, to wait for it. */
export function lockObject(tree: VersionedTree, key: string): Lock {
  const slot = tree.locks.get(key);
  assert(slot !== undefined, 'no lock to wait for');
  return slot instanceof Lock ? slot : inflate(tree, key, slot);
}

function inflate(tree: VersionedTree, key: string, claimant: Transaction): Lock {
  const lock = newRowLock(tree, key);
  lock.grant(claimant, UpdateMode);
  tree.locks.set(key, lock);
  return lock;
}

function newRowLock(tree: VersionedTree, key: string): Lock {
  return new Lock(rowLocks, tree, key);
}

/** Waits for a lock that `tryRowLock` found taken. */
export async function waitForRow(transaction: Transaction, lock: Lock, mode: number): Promise<void> {
  await lock.wait(transaction, transaction, mode, (before) => transaction.logGrant(lock, before));
}

