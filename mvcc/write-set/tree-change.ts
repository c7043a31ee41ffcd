/** Log items for trees that come and go with a transaction, and how log items are undone. */
import type { TreeId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { BuiltTree } from '../../storage/store.js';
import { RowGrant, releaseRow } from '../locks/row-lock.js';
import type { Transaction } from '../transaction.js';
import type { LogItem } from '../transaction-log.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import { LockGrant } from '../locks/lock.js';
import { WriteFlag, WriteKind } from './write-set.js';

/** What making a tree or dropping it takes in the log, at most, or saying which tree changes are of. */
export const TreeLogBytes = 6;

export class TreeCreation {
  readonly tree: VersionedTree;
  readonly built: BuiltTree | undefined;
  constructor(tree: VersionedTree, built: BuiltTree | undefined) {
    this.tree = tree;
    this.built = built;
  }
}

export class TreeDrop {
  readonly id: TreeId;
  constructor(id: TreeId) {
    this.id = id;
  }
}

/** Undoes what was done last. `isObserved`: see `undoEntry`. */
export function undoLast(transaction: Transaction, isObserved = true): void {
  const item = transaction.popLogItem();
  if (item === undefined) undoEntry(transaction, isObserved);
  else undoItem(transaction, item);
}

/** Undoes an item that has been taken off the log. */
export function undoItem(transaction: Transaction, item: LogItem): void {
  if (item instanceof LockGrant) {
    item.lock.restore(transaction, item.before);
  } else if (item instanceof RowGrant) {
    releaseRow(transaction, item.tree, item.key);
  } else if (item instanceof TreeCreation) {
    transaction.manager.removeTree(item.tree);
    item.built?.discard();
  }
}

/** Takes back the last entry of the write set. `isObserved`: what has come of it says that a key that it claimed was free. */
export function undoEntry(transaction: Transaction, isObserved = true): void {
  const set = transaction.writes!;
  const entry = set.count - 1;
  const { tree } = set.treeOf(entry);
  const key = set.keyOf(entry);
  const kind = set.kindOf(entry);
  const command = set.commandOf(entry);
  const isObservation = isObserved && (kind === WriteKind.Claim || (kind === WriteKind.Put && set.has(entry, WriteFlag.Fresh)));
  const isFound = set.has(entry, WriteFlag.Found) && !(mutants.on && mutants.has('mvcc.undone-change-unread'));
  const claims = set.has(entry, WriteFlag.Claims);
  set.pop();
  const { node } = transaction;
  // A doomed transaction has no node any more that would take back what it registers.
  const isTracked = node !== undefined && !node.isSafe && (node.state === 'active' || (mutants.on && mutants.has('mvcc.doomed-undo-registers')));
  if (isTracked && mutants.on && mutants.has('mvcc.rolled-back-writes-probed')) transaction.manager.certifier.probe(node, tree.siread, key, true, command);
  // Its change spoke for the row that was found; now only the read can.
  if (isTracked && isFound) node.readPoint(tree.siread, key, command, false);
  else if (isTracked && isObservation && node.snapLow >= 0 && !(mutants.on && mutants.has('mvcc.rolled-back-claim-forgotten'))) {
    // That the key was free has been observed, and its lock no longer guards the observation.
    node.readPoint(tree.siread, key, command, true);
  }
  if (claims) releaseRow(transaction, tree, key);
}
