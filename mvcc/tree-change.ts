/** Log items for trees that come and go with a transaction, and how log items are undone. */
import { assert } from '../base/assert.js';
import type { TreeId } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { BuiltTree } from '../storage/store.js';
import { RowGrant, releaseRow } from './row-lock.js';
import type { LogItem, Transaction } from './transaction.js';
import type { VersionedTree } from './versioned-tree.js';
import { LockGrant } from './lock.js';
import { WriteFlag, WriteKind } from './write-set.js';

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

/** Undoes the last item of the log (already taken off it). */
export function applyUndo(transaction: Transaction, item: LogItem): void {
  if (typeof item === 'number') undoEntry(transaction, item);
  else if (item instanceof LockGrant) {
    item.lock.restore(transaction, item.before);
  } else if (item instanceof RowGrant) {
    releaseRow(transaction, item.tree, item.key);
  } else if (item instanceof TreeCreation) {
    transaction.manager.removeTree(item.tree);
    item.built?.discard();
  }
}

/** Takes back the last entry of the write set. */
function undoEntry(transaction: Transaction, entry: number): void {
  const set = transaction.writes!;
  assert(entry === set.count - 1, 'entries are not taken back last first', entry, set.count);
  const { tree } = set.treeOf(entry);
  const key = set.keyOf(entry);
  const kind = set.kindOf(entry);
  const command = set.commandOf(entry);
  const isObservation = kind === WriteKind.Claim || (kind === WriteKind.Put && set.has(entry, WriteFlag.Fresh));
  const claims = set.has(entry, WriteFlag.Claims);
  set.pop();
  const { node } = transaction;
  const isTracked = node !== undefined && !node.isSafe;
  if (isTracked && mutants.on && mutants.has('mvcc.rolled-back-writes-probed')) transaction.manager.certifier.probe(node, tree.siread, key, true, command);
  if (isTracked && isObservation && node.snapLow >= 0 && !(mutants.on && mutants.has('mvcc.rolled-back-claim-forgotten'))) {
    // That the key was free has been observed, and its lock no longer guards the observation.
    node.readPoint(tree.siread, key, command, true);
  }
  if (claims) releaseRow(transaction, tree, key);
}
