/** What is going on, as rows: locks with who waits for whom, transactions with what they run. */
import { Lock, LockWait } from './locks/lock.js';
import { RowHold, lockSlot, rowLocks } from './locks/row-lock.js';
import type { Transaction } from './transaction.js';
import type { TransactionManager } from './transaction-manager.js';
import type { ActivityView, LockView } from './types.js';
import type { VersionedTree } from './versions/versioned-tree.js';
import type { Wait } from './locks/wait.js';

export function lockViews(manager: TransactionManager): LockView[] {
  const views: LockView[] = [];
  for (const lock of manager.lockTable.all()) addLock(views, lock, undefined, undefined);
  for (const tree of manager.trees.values()) {
    for (const [key, slot] of tree.locks) {
      if (slot instanceof Lock) addLock(views, slot, tree, key);
      else addHold(views, slot, tree, key);
    }
    for (const writes of tree.bulkWrites) {
      for (const key of writes.keys()) {
        const slot = tree.locks.has(key) ? undefined : lockSlot(tree, key);
        if (slot instanceof RowHold) addHold(views, slot, tree, key);
      }
    }
  }
  for (const transaction of manager.active) {
    const { wait } = transaction;
    if (wait === undefined || wait instanceof LockWait) continue;
    views.push({
      kind: 'other',
      tree: undefined,
      key: undefined,
      object: wait.describe(),
      mode: wait.describe(),
      granted: false,
      session: transaction.owner.id,
      transaction: transaction.id,
      blockers: blockersOf(wait),
    });
  }
  return views;
}

function addHold(views: LockView[], hold: RowHold, tree: VersionedTree, key: string): void {
  views.push({
    kind: 'row',
    tree: tree.id,
    key,
    object: tree.describe(),
    mode: rowLocks.modeNames[hold.mode]!,
    granted: true,
    session: hold.transaction.owner.id,
    transaction: hold.transaction.id,
    blockers: [],
  });
}

function addLock(views: LockView[], lock: Lock, tree: VersionedTree | undefined, key: string | undefined): void {
  const { kind, modeNames } = lock.space;
  for (const { owner, mask } of lock.holders) {
    for (let mode = 0; mode < modeNames.length; mode++) {
      if ((mask & (1 << mode)) === 0) continue;
      views.push({
        kind,
        tree: tree?.id,
        key,
        object: lock.name,
        mode: modeNames[mode]!,
        granted: true,
        session: owner.session.id,
        transaction: owner.transaction?.id,
        blockers: [],
      });
    }
  }
  for (const waiter of lock.queue) {
    views.push({
      kind,
      tree: tree?.id,
      key,
      object: lock.name,
      mode: modeNames[waiter.mode]!,
      granted: false,
      session: waiter.transaction.owner.id,
      transaction: waiter.transaction.id,
      blockers: blockersOf(waiter),
    });
  }
}

function blockersOf(wait: Wait): number[] {
  const edges: { to: Transaction; soft: boolean }[] = [];
  wait.edges(edges);
  return [...new Set(edges.map((edge) => edge.to.id))];
}

export function activityView(transaction: Transaction): ActivityView {
  return {
    transaction: transaction.id,
    session: transaction.owner.id,
    isolation: transaction.isolation,
    readOnly: transaction.readOnly,
    state: transaction.state,
    snapshot: transaction.holder !== undefined ? transaction.holder.csn : transaction.statement?.registry === undefined ? undefined : transaction.statement.csn,
    statement: transaction.statement?.info.text,
    statementCount: transaction.statementCount,
    startedAtMs: transaction.startedAtMs,
    writeCount: transaction.writeCount,
  };
}
