/**
 * One transaction. The implementation follows in this file; the types below are the contract.
 */
import type { Csn, Oid, TreeId, TxnId } from '../base/ids.js';
import type { DbError } from '../base/errors.js';
import type { BuiltTree } from '../storage/store.js';
import type { LeafScan } from './leaf-scan.js';
import type {
  ClaimOptions,
  ClaimResult,
  CommitInfo,
  IsolationLevel,
  KeyRange,
  RemoveOptions,
  RowLockMode,
  RowLockOptions,
  RowLockResult,
  RowRef,
  SavepointId,
  ScanOptions,
  SessionOwner,
  StatementInfo,
  TableLockMode,
  TransactionState,
  TreeOptions,
  UpdateOptions,
  WaitPolicy,
} from './types.js';
import type { VersionedTree } from './versioned-tree.js';

/** A statement paused between two of its batches (an open cursor or portal): keeps its snapshot and its command number. */
export interface PausedStatement {
  readonly number: number;
  readonly snapshotCsn: Csn;
}

export declare class Transaction {
  readonly id: TxnId;
  readonly isolation: IsolationLevel;
  readonly readOnly: boolean;
  readonly owner: SessionOwner;
  readonly state: TransactionState;
  /** Set when the transaction can no longer commit (doomed serializable, cancelled for memory): only rollback is left. */
  readonly mustAbort: DbError | undefined;
  /** Milliseconds before a lock wait gives up with 55P03; 0: never. Read at each wait. */
  lockTimeoutMs: number;
  /** Whether a promise of this transaction waits for another transaction right now. Exact. */
  readonly isWaiting: boolean;
  /** Ids of the transactions it waits for, empty when it does not. */
  readonly waitsFor: readonly number[];

  // ------------------------------------------------------------------------------------------------------------ statements
  /**
   * Begins a statement: bumps the command number (own writes of earlier statements become visible), takes the statement's
   * snapshot at READ COMMITTED and the transaction's at its first statement otherwise. @returns the statement number, from 1
   * @throws DbError `mustAbort` when set
   */
  beginStatement(info: StatementInfo): number;
  /** Ends the statement; READ COMMITTED gives its snapshot back. Scans of the statement must be closed. */
  endStatement(): void;
  /** Instead of `endStatement`, for cursors: the statement's snapshot is kept; resume it before touching its scans again. */
  pauseStatement(): PausedStatement;
  resumeStatement(paused: PausedStatement): void;
  /** Ends a paused statement (closed portal). */
  endPaused(paused: PausedStatement): void;
  /** CSN of the running statement's snapshot. */
  readonly snapshotCsn: Csn;
  /** READ COMMITTED, between waiting for a lock and reading anything: a fresh snapshot for the running statement. */
  refreshSnapshot(): void;
  /** DEFERRABLE: resolves with a snapshot that no serialization failure can touch. Waits while writers run; `isWaiting` meanwhile. */
  awaitSafeSnapshot(): Promise<void>;

  savepoint(): SavepointId;
  /** Undoes everything since the savepoint, releases the locks taken since and keeps the savepoint. */
  rollbackTo(id: SavepointId): void;
  /** Forgets the savepoint and all later ones; their changes belong to the level below. */
  release(id: SavepointId): void;

  // ------------------------------------------------------------------------------------------------------------ reading
  openScan(tree: VersionedTree, range: KeyRange, options?: ScanOptions): LeafScan;
  /**
   * Point read in the statement's snapshot: fills `into` and says whether the key exists. Found or not, SERIALIZABLE registers the
   * point. `register: false` for fetching a row whose index range is registered *and* whose writers `touch` that index.
   */
  get(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef, register?: boolean): boolean;
  /** The newest version: own write, else newest committed. For re-checking a locked row. Registers nothing. */
  newest(tree: VersionedTree, key: string, into: RowRef): boolean;
  /**
   * Whether the newest state has any entry in `range` (own writes included): foreign-key checks, constraint validation. A hidden
   * read: SERIALIZABLE records it, with edges from the writers of what it saw. The first entry found goes to `into` if given.
   */
  probeLatest(tree: VersionedTree, range: KeyRange, into?: RowRef): boolean;
  /** Like `probeLatest`, all entries, for cascades and validation: a `latest` scan that records the same. */
  openLatest(tree: VersionedTree, range: KeyRange): LeafScan;

  // ------------------------------------------------------------------------------------------------------------ writing
  /** Locks a row of a primary tree. @throws DbError 40001, 40P01, 55P03, 57014 (also as rejection) */
  lockRow(tree: VersionedTree, key: string, mode: RowLockMode, wait: WaitPolicy, options?: RowLockOptions): RowLockResult | Promise<RowLockResult>;
  /** Unique check and exclusive claim of a key about to be inserted, for trees declared `unique`. @throws as lockRow */
  claimKey(tree: VersionedTree, key: string, options?: ClaimOptions): ClaimResult | Promise<ClaimResult>;
  /** Adds an entry; in a unique tree the key was claimed or is this transaction's own removal. The value is copied. */
  insert(tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number): void;
  /** Replaces the value of an entry; the row is locked. The value is copied. */
  update(tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number, options?: UpdateOptions): void;
  /** Removes an entry; the row is locked. */
  remove(tree: VersionedTree, key: string, options?: RemoveOptions): void;
  /** SERIALIZABLE: an index entry whose row changes although the entry itself does not; readers of the range then count as overwritten. */
  touch(tree: VersionedTree, key: string): void;
  /** Number of row changes so far. */
  readonly writeCount: number;

  // ------------------------------------------------------------------------------------------------------------ locks
  /** @returns false when `wait` is 'skip locked' and the lock is not free. @throws 55P03, 40P01, 57014 */
  lockTable(table: Oid, mode: TableLockMode, wait: WaitPolicy): boolean | Promise<boolean>;
  /** Advisory lock on a 64-bit key. `session`: kept until `unlockAdvisory` or `TransactionManager.endSession`, counted. `try` true: false instead of waiting. */
  lockAdvisory(key: bigint, o: { readonly shared: boolean; readonly session: boolean; readonly try: boolean }): boolean | Promise<boolean>;
  /** Gives back one session-level hold; false when not held. */
  unlockAdvisory(key: bigint, shared: boolean): boolean;
  unlockAllAdvisory(): void;

  // ------------------------------------------------------------------------------------------------------------ trees
  /** A new, empty tree, seen by this transaction only until it commits. Undone by rollback. */
  createTree(id: TreeId, options: TreeOptions): VersionedTree;
  /** A tree built by `store.buildTree`. Discarded by rollback. */
  attachTree(built: BuiltTree, options: TreeOptions): VersionedTree;
  /** Gone at commit. The caller holds ACCESS EXCLUSIVE on the table. */
  dropTree(id: TreeId): void;

  // ------------------------------------------------------------------------------------------------------------ end
  /** Called once, in the slice in which the commit is published and before its locks are released: the engine makes schema changes visible there. */
  onPublish: ((csn: Csn) => void) | undefined;
  /** Certifies, installs, logs; resolves when durable and published. On 40001 the transaction is rolled back already. @throws 40001, 53100, 58030 */
  commit(): Promise<CommitInfo>;
  /** The same without waiting for others: flushes the log itself. */
  commitSync(): CommitInfo;
  /** Undoes everything, releases everything. Idempotent; no effect after commit. */
  rollback(): void;
  /** Makes the promise this transaction waits on reject with `error` (cancel, timeout, AbortSignal); false when it is not waiting. */
  cancelWait(error: DbError): boolean;
}
