/** The O(n) half of the invariants of this folder, for tests under VERIFY. Numbers in brackets: design/concurrency.md, section 11. */
import { assert } from '../base/assert.js';
import { LeafRef } from '../storage/tree/cursor.js';
import { findCycle } from './locks/deadlock.js';
import { Lock } from './locks/lock.js';
import { lockSlot } from './locks/row-lock.js';
import { keyBufferOf } from './reads/key-buffer.js';
import type { TransactionManager } from './transaction-manager.js';
import { WriteKind } from './write-set/write-set.js';

const leaf = new LeafRef();

export function checkInvariants(manager: TransactionManager): void {
  checkNumbers(manager);
  checkVersions(manager);
  checkLocks(manager);
  checkCertifier(manager);
}

/** [1] Published numbers are a prefix; no snapshot exceeds the last published one. */
function checkNumbers(manager: TransactionManager): void {
  let previous: number = manager.lastPublished;
  for (const pending of manager.pending) {
    assert(pending.csn > previous, 'pending commits out of order', pending.csn, previous);
    previous = pending.csn;
  }
  assert(previous === manager.lastAssigned, 'a number was lost', previous, manager.lastAssigned);
  for (let holder = manager.snapshots.first; holder !== undefined; holder = holder.next) {
    assert(holder.csn <= manager.lastPublished, 'snapshot of the future', holder.csn, manager.lastPublished);
    assert(manager.horizon <= holder.csn, 'horizon beyond a snapshot', manager.horizon, holder.csn);
  }
}

/** [4] Leaves are stamped at least as high as the undo records inside their fences; chains descend. */
function checkVersions(manager: TransactionManager): void {
  for (const tree of manager.trees.values()) {
    for (const newest of tree.overlay.heads) {
      for (let record = newest; record.older !== undefined; record = record.older) {
        assert(record.csn > record.older.csn && record.older.newer === record, 'undo chain out of order', record.csn);
      }
      if (tree.btree === undefined) continue;
      assert(newest.single === undefined || [...manager.pending].includes(newest.single), 'a single commit outlives its publication', newest.csn);
      const { key } = newest;
      tree.btree.seek(keyBufferOf(key), key.length, leaf);
      assert(leaf.maxCsn >= newest.csn, 'leaf older than a change inside it', leaf.maxCsn, newest.csn);
      leaf.release();
    }
  }
}

/** [6] One exclusive owner per key, who alone has it in its write set. [7] Waiters wait for someone, and in no circle. */
function checkLocks(manager: TransactionManager): void {
  for (const tree of manager.trees.values()) {
    for (const slot of tree.locks.values()) {
      if (slot instanceof Lock) slot.check();
      else {
        const { transaction } = slot;
        assert(transaction.lifecycle === 'active' || transaction.lifecycle === 'precommitted', 'row lock outlives its transaction', transaction.id);
        assert(transaction.rowHolds[slot.mode] === slot, 'foreign hold in a lock map', transaction.id);
      }
    }
    for (const { transaction } of tree.bulkWrites) assert(transaction.writesIn(tree) !== undefined, 'bulk claims outlive their transaction', transaction.id);
    const lockObjects = Array.from(tree.locks.values()).filter((slot) => slot instanceof Lock).length;
    assert(tree.lockObjectCount === lockObjects, 'lock objects miscounted', tree.lockObjectCount, lockObjects);
  }
  for (const lock of manager.lockTable.all()) lock.check();
  for (const transaction of manager.active) {
    assert(transaction.lifecycle === 'active' || transaction.lifecycle === 'precommitted', 'ended transaction is listed', transaction.id);
    if (transaction.wait !== undefined) assert(findCycle(transaction) === undefined, 'undetected deadlock', transaction.id);
    for (const writes of transaction.writes?.trees ?? []) {
      const { set, tree } = writes;
      for (const entry of writes.newest()) {
        if (!tree.options.unique || tree.options.unclaimed === true || set.kindOf(entry) === WriteKind.Touch || set.newestChange(entry) < 0) continue;
        const key = set.keyOf(entry);
        const slot = lockSlot(tree, key);
        const owns = slot instanceof Lock ? slot.heldBy(transaction) !== 0 : slot?.transaction === transaction;
        assert(owns, 'change without its lock', transaction.id);
      }
    }
  }
}

function checkCertifier(manager: TransactionManager): void {
  const { certifier } = manager;
  let count = 0;
  let previous = 0;
  for (let node = certifier.kept.first; node !== undefined; node = node.next) {
    assert(node.state === 'committed' && node.csnHigh >= previous, 'kept transactions out of order', node.csnHigh, previous);
    previous = node.csnHigh;
    count++;
    for (const reads of node.settledReads.values()) reads.check();
    for (const other of node.out.keys()) assert(other.in.has(node), 'edge without its reverse');
  }
  certifier.recent.check();
  assert(count === certifier.kept.size, 'kept transactions miscounted', count, certifier.kept.size);
  let oldest = 0;
  for (const node of certifier.active) {
    assert(node.snapLow >= oldest, 'active transactions out of order', node.snapLow, oldest);
    oldest = node.snapLow;
    assert(node.state === 'active', 'ended transaction is tracked', node.id);
    for (const other of node.out.keys()) assert(other.state === 'committed' && other.in.has(node), 'edge of an active transaction to one not committed');
  }
}
