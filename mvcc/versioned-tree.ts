/**
 * One B+tree with its versions: the table's primary tree or a secondary index. The implementation follows in this file; the types
 * below are the contract.
 */
import type { Csn, TreeId } from '../base/ids.js';
import type { BTree } from '../storage/btree.js';
import type { TreeOptions } from './types.js';

export declare class VersionedTree {
  readonly id: TreeId;
  readonly options: TreeOptions;
  /** Undefined while the transaction that creates the tree has not committed. */
  btree: BTree | undefined;
  /** Snapshots older than this may not use the tree. */
  validFrom: Csn;
}
