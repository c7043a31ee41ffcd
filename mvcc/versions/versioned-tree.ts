/**
 * One B+tree with its versions: the table's primary tree or a secondary index.
 *
 * The pages hold the newest installed state. Beside them, in memory: the undo overlay with what was before, the row locks and claims,
 * and who has read what (SIREAD). All of it is empty when nobody is at work.
 */
import { csn, type Csn, type TreeId } from '../../base/ids.js';
import type { BTree } from '../../storage/tree/btree.js';
import { KeyTable } from '../write-set/key-table.js';
import type { Lock, LockHome } from '../locks/lock.js';
import type { RowLockSlot } from '../locks/row-lock.js';
import { SireadIndex } from '../serializable/siread.js';
import type { Transaction } from '../transaction.js';
import type { RowNormalizer, TreeOptions } from '../types.js';
import { UndoOverlay } from './undo-overlay.js';
import type { TreeWrites } from '../write-set/tree-writes.js';

export class VersionedTree implements LockHome {
  readonly id: TreeId;
  readonly options: TreeOptions;
  /** Undefined while the transaction that creates the tree has not committed. */
  btree: BTree | undefined;
  /** Snapshots older than this may not use the tree. */
  validFrom: Csn;
  /** From the options at first; whoever holds ACCESS EXCLUSIVE on the table may replace it when the row layout changes. */
  normalize: RowNormalizer | undefined;

  // The rest is the business of mvcc/ alone.
  readonly overlay = new UndoOverlay();
  readonly siread: SireadIndex;
  readonly locks = new KeyTable<RowLockSlot>();
  /** Write sets that claim more keys than the map tells; see row-lock.ts. */
  readonly bulkWrites: TreeWrites[] = [];
  /** How many locks are `Lock` objects. */
  lockObjectCount = 0;
  /** The transaction that is creating the tree. */
  creator: Transaction | undefined = undefined;
  isDropped = false;

  constructor(id: TreeId, options: TreeOptions, btree: BTree | undefined) {
    this.id = id;
    this.options = options;
    this.btree = btree;
    this.validFrom = options.validFrom ?? csn(0);
    this.normalize = options.normalize;
    this.siread = new SireadIndex(this);
  }

  describeLock(): string {
    return `row in ${this.describe()}`;
  }
  removeLock(lock: Lock): void {
    if (this.locks.delete(lock.key as string)) this.lockObjectCount--;
  }

  /** For messages: `relation "t"`, `index "i"`, or the number of the tree. */
  describe(): string {
    const { indexName, tableName } = this.options;
    if (indexName !== undefined) return `index "${indexName}"`;
    if (tableName !== undefined) return `relation "${tableName}"`;
    return `tree ${this.id}`;
  }
}
