/**
 * One B+tree with its versions: the table's primary tree or a secondary index. The implementation follows in this file; the types
 * below are the contract.
 */
import type { Csn, TreeId } from '../base/ids.js';
import type { BTree } from '../storage/btree.js';
import type { RowNormalizer, TreeOptions } from './types.js';

export declare class VersionedTree {
  readonly id: TreeId;
  readonly options: TreeOptions;
  /** Undefined while the transaction that creates the tree has not committed. */
  btree: BTree | undefined;
  /** Snapshots older than this may not use the tree. */
  validFrom: Csn;
  /** From the options at first; whoever holds ACCESS EXCLUSIVE on the table may replace it when the row layout changes. */
  normalize: RowNormalizer | undefined;
}
