/** Log items for trees that come and go with a transaction, and how log items are undone. */
import type { TreeId } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { BuiltTree } from '../storage/store.js';
import { RowGrant, releaseRow } from './row-lock.js';
import type { LogItem, Transaction } from './transaction.js';
import type { VersionedTree } from './versioned-tree.js';
import { LockGrant } from './lock.js';
import { WriteEntry, WriteKind } from './write-set.js';

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
  if (item instanceof LockGrant) {
    item.lock.restore(transaction, item.before);
  } else if (item instanceof RowGrant) {
    releaseRow(transaction, item.tree, item.key);
  } else if (item instanceof WriteEntry) {
    const tree = item.writes.tree;
    item.writes.undo(item);
    if (mutants.on && mutants.has('mvcc.rolled-back-writes-probed')) {
      const node = transaction.node;
      if (node !== undefined && !node.isSafe) transaction.manager.certifier.probe(node, tree.siread, item.key, true, item.command);
    }
    const isObservation = item.kind === WriteKind.Claim || (item.kind === WriteKind.Put && item.isFresh);
    if (isObservation && !(mutants.on && mutants.has('mvcc.rolled-back-claim-forgotten'))) {
      // That the key was free has been observed, and its lock no longer guards the observation.
      const node = transaction.node;
      if (node !== undefined && !node.isSafe && node.snapLow >= 0) {
        node.readPoint(tree.siread, item.key, item.command, true);
      }
    }
    if (item.claims) releaseRow(transaction, tree, item.key);
  } else if (item instanceof TreeCreation) {
    transaction.manager.removeTree(item.tree);
    item.built?.discard();
  }
}
