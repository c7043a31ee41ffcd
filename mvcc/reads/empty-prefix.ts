/** Whether there are keys that begin with given bytes in the newest state of a tree, where nobody has to be told. */
import { LeafRef } from '../../storage/tree/cursor.js';
import type { Transaction } from '../transaction.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import { endOfPrefix, rangeOfPrefix } from './entry-run.js';
import { checkTree, openScan } from './reading.js';

const soughtLeaf = new LeafRef();

/** Whether the newest state, own changes included, has no entry whose key begins with `prefix`. Nothing is recorded. */
export function isEmptyLatest(transaction: Transaction, tree: VersionedTree, prefix: Uint8Array, length: number): boolean {
  transaction.check();
  checkTree(transaction, tree);
  const { btree } = tree;
  if (btree === undefined || transaction.writesIn(tree) !== undefined) return isEmptyByScan(transaction, tree, prefix, length);
  btree.seek(prefix, length, soughtLeaf);
  const end = endOfPrefix(soughtLeaf, soughtLeaf.slot, prefix, length);
  const isEmpty = end === soughtLeaf.slot;
  soughtLeaf.release();
  return end < 0 ? isEmptyByScan(transaction, tree, prefix, length) : isEmpty;
}
function isEmptyByScan(transaction: Transaction, tree: VersionedTree, prefix: Uint8Array, length: number): boolean {
  const scan = openScan(transaction, tree, rangeOfPrefix(prefix, length), false, 'latest', 'none');
  const isEmpty = !scan.next();
  scan.close();
  return isEmpty;
}
