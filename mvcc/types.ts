/**
 * The vocabulary of mvcc/: what the executor passes in and gets back.
 *
 * Keys are one-byte ("latin1") strings of memcomparable key bytes: `<` on them is the order of the tree, and they serve as Map keys
 * as they are. Only the read paths that need no string (`get`) take bytes. Row values are bytes nobody here looks into.
 */
import type { Csn, Oid, TreeId } from '../base/ids.js';
import type { ColumnRequest } from '../base/row-columns.js';
import { LeafRef } from '../storage/tree/cursor.js';
import type { Transaction } from './transaction.js';
import type { TreeWrites } from './write-set/tree-writes.js';
import type { VersionedTree } from './versions/versioned-tree.js';

/** READ UNCOMMITTED is READ COMMITTED, as in PostgreSQL; the engine maps it. */
export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

/** Row lock modes, weakest first; each conflicts with whatever the weaker ones conflict with, and more. See row-lock.ts. */
export type RowLockMode = 'key share' | 'share' | 'no key update' | 'update';

/** What to do when a lock is not free at once: wait in the queue, 55P03, or leave the row out (SKIP LOCKED). */
export type WaitPolicy = 'wait' | 'nowait' | 'skip locked';

/** PostgreSQL's eight table lock modes, in its order. See lock-table.ts for the conflicts. */
export type TableLockMode =
  | 'access share'
  | 'row share'
  | 'row exclusive'
  | 'share update exclusive'
  | 'share'
  | 'share row exclusive'
  | 'exclusive'
  | 'access exclusive';

/**
 * Keys from `low` (included) to `high` (excluded; `undefined`: to the end). Every SQL bound has this form, because the successor of
 * key `k` is `k + '\0'` (`afterKey`): `<= k` is `high: afterKey(k)`, `> k` is `low: afterKey(k)`, a prefix ends at `afterPrefix(p)`.
 */
export interface KeyRange {
  readonly low: string;
  readonly high: string | undefined;
}

export const wholeRange: KeyRange = { low: '', high: undefined };

/** The least key greater than `key`. */
export function afterKey(key: string): string {
  return key + '\0';
}
/** Whether `next` is `afterKey(key)`, without making it. */
export function isNextKey(key: string, next: string): boolean {
  return next.length === key.length + 1 && next.charCodeAt(key.length) === 0 && next.startsWith(key);
}

/** The least key greater than every key that starts with `prefix`; `undefined` when there is none (all bytes 0xff). */
export function afterPrefix(prefix: string): string | undefined {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 255) end--;
  return end === 0 ? undefined : prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

/** Changes of a row in one step, for whoever knows its whole key. What they say of what others have to do with it: see `Transaction`, which has them too. */
export interface RowChanges {
  findUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined;
  updateFound(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void;
  patchFound(tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, patch: RowPatch): boolean;
  findToRemove(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined;
  removeFound(tree: VersionedTree, key: Uint8Array, keyLength: number): void;
  leaveFound(tree: VersionedTree, key: Uint8Array, keyLength: number, existence?: boolean): void;
  removeByKey(tree: VersionedTree, key: Uint8Array, keyLength: number): boolean | undefined;
  insertFree(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean;
  findToInsert(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined;
  insertSought(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void;
  insertUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean;
}

/** Makes a row of one that was found, and as long as that. It may refuse, and is therefore asked where nothing has been noted yet. */
export interface RowPatch {
  /** Writes the row to `to`, which `toView` sees too, from `at` on. @returns false: that row cannot be changed so, and what has been written means nothing */
  patch(from: RowRef, to: Uint8Array, toView: DataView, at: number): boolean;
}

/** Whoever runs transactions, one at a time: a session. Session-level advisory locks belong to it. Compared by identity. */
export interface SessionOwner {
  /** Number shown in lock and activity views (PostgreSQL's pid). */
  readonly id: number;
  readonly name?: string | undefined;
  /** Rests most of the time that it has a transaction: a commit beside it need not go by the way of those who work side by side. */
  readonly isBackground?: boolean | undefined;
  /** Its transaction that has not ended: the business of active-list.ts. */
  ownTransaction?: Transaction | undefined;
}

/**
 * Where a row value lies. Filled by `get` and `newest`; `u8` and `dv` see the same memory (a page, or a write set). The bytes stay
 * valid until the next call with the same `RowRef`, the next write of the same transaction, or the next `await`, whichever is first.
 * The page stays in its frame until then; the end of the statement lets go of it, or `release`.
 */
export class RowRef {
  u8: Uint8Array = emptyBytes;
  dv: DataView = emptyView;
  offset = 0;
  length = 0;
  /** Position in the tree, kept between calls. For mvcc alone. */
  readonly leaf = new LeafRef();
  /** Whether a transaction will release it at the end of its statement. For mvcc alone. */
  isHeld = false;

  release(): void {
    this.leaf.release();
  }
}
const emptyBytes = new Uint8Array(0);
const emptyView = new DataView(emptyBytes.buffer);

export interface BeginOptions {
  /** Wall time, where the caller has just asked for it. */
  readonly startedAtMs?: number | undefined;
  readonly isolation: IsolationLevel;
  readonly readOnly?: boolean | undefined;
  /** SERIALIZABLE READ ONLY DEFERRABLE: call `awaitSafeSnapshot` before the first statement. */
  readonly deferrable?: boolean | undefined;
  /** Certify against real-time order as well (strict serializability). Default: the manager's option. */
  readonly strict?: boolean | undefined;
  /** REPEATABLE READ: keep what it reads and depends on for the views, without ever failing it. */
  readonly observe?: boolean | undefined;
  readonly owner: SessionOwner;
  /** Milliseconds a lock may be waited for before 55P03; 0 or undefined: no limit. May be changed on the transaction. */
  readonly lockTimeoutMs?: number | undefined;
  /** Publish without waiting for the log to be durable (synchronous_commit = off). */
  readonly asyncCommit?: boolean | undefined;
  /** Last retry of a serializable transaction: others whose commit would harm it wait for it. See commit-turn.ts. */
  readonly commitTurn?: boolean | undefined;
}

/** Where a statement stands, for explanations of conflicts. `text` is shared with the plan cache, never copied. */
export interface StatementInfo {
  readonly text: string;
  /** Free-form place in the application's source, when known. */
  readonly site?: string | undefined;
}

/**
 * Rows with their keys, which strictly ascend, one behind the other in `bytes`: each as its put is logged if key and row are short (put-form.ts), with something in
 * as many bytes otherwise. In `ends`, by row, where its key ends and where the row ends. Borrowed.
 */
export interface RowBlock {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
  readonly count: number;
  readonly keyLengthMax: number;
}

/** Writes puts of rows as the log has them (put-form.ts), short ones of keys of one length, to where a write set keeps them. */
export interface PutSource {
  readonly keyLength: number;
  /** Bytes that a put may be written to. */
  readonly lengthMax: number;
  /** Writes the put that `values` make. @returns where it ends; -1: they make none here, and what has been written means nothing */
  readonly put: (values: readonly unknown[], bytes: Uint8Array, view: DataView, at: number) => number;
}

/** Writes the puts of a row's index entries, one of each of `trees`, likewise and side by side. The transaction cannot have touched their keys. */
export interface EntriesSource<Given = readonly unknown[]> {
  readonly trees: readonly VersionedTree[];
  /** What the transaction has changed in them; whoever inserts the row fills it in. */
  readonly writes: TreeWrites[];
  readonly lengthMax: number;
  readonly put: (given: Given, bytes: Uint8Array, view: DataView, at: number) => number;
}

export type TransactionState = 'active' | 'waiting' | 'precommitted' | 'committed' | 'aborted';

/**
 * What `lockRow` found, always with the lock held unless said otherwise.
 * - `ok`: the row is as the statement's snapshot shows it.
 * - `changed` (READ COMMITTED): it has a newer committed version; read it with `newest` and evaluate the whole WHERE again.
 * - `moved` (READ COMMITTED): an UPDATE changed its primary key. Not locked; call `lockRow` for `newKey` with `since`, then as `changed`.
 * - `gone`: deleted, replaced by another row of the same key, or never visible. Not locked; skip the row.
 * - `self`: this very statement has changed the row already (a join met it twice); skip it as PostgreSQL does.
 * - `skipped` (SKIP LOCKED): someone holds it. Not locked.
 * REPEATABLE READ and SERIALIZABLE throw 40001 where READ COMMITTED says `changed`, `moved` or `gone`.
 */
export type RowLockResult =
  | { readonly kind: 'ok' | 'changed' | 'gone' | 'self' | 'skipped' }
  | { readonly kind: 'moved'; readonly newKey: string; readonly since: Csn };

export type RowView = 'snapshot' | 'latest' | 'action';

export interface RowLockOptions {
  /**
   * `snapshot` (default): the row was found by a scan of this statement's snapshot.
   * `latest`: the row was found by a unique check, an arbiter or a foreign key; whether the snapshot shows it does not matter to
   * READ COMMITTED. The higher levels: not visible is `gone`, visible and deleted or key-changed since is 40001.
   * `action`: as `latest` for the row that a foreign key's action must change, which is not to be left without its parent: READ COMMITTED follows it to another primary key, and for that is told
   * by `since` when it was found; the higher levels: there, but not visible, is 40001.
   */
  readonly view?: RowView | undefined;
  /** From a `moved` result, or of when the row was found: judge changes after this CSN instead of after the snapshot. */
  readonly since?: Csn | undefined;
}

/**
 * `free`: the key is absent in the newest state and now claimed by this transaction; insert it.
 * `exists`: another row has it (23505, or the row ON CONFLICT acts on). `own`: through this transaction's own write; `self`: by the
 * very same statement (ON CONFLICT DO UPDATE meets it a second time: 21000); `newer`: the row is newer than the snapshot.
 */
export type ClaimResult =
  | { readonly kind: 'free' }
  | { readonly kind: 'exists'; readonly own: boolean; readonly self: boolean; readonly newer: boolean };

export interface ClaimOptions {
  /** ON CONFLICT arbiter: at REPEATABLE READ and above a conflicting row newer than the snapshot is 40001 instead of `exists`. */
  readonly upsert?: boolean | undefined;
  readonly wait?: 'wait' | 'nowait' | undefined;
}

export interface UpdateOptions {
  /** The update changes a column of a unique index that a foreign key could reference (so it needs lock mode `update`). */
  readonly changesKeyColumns?: boolean | undefined;
}

export interface RemoveOptions {
  /** In a primary tree: the UPDATE that removes this key inserts the same row at this key. */
  readonly movedTo?: string | undefined;
}

export interface ScanOptions {
  readonly reverse?: boolean | undefined;
  /** `latest`: newest committed state with all own writes, those of the running statement too (constraint checks). Default `snapshot`. */
  readonly view?: 'snapshot' | 'latest' | undefined;
  /** Leave an SIREAD range (SERIALIZABLE only). Default true. */
  readonly register?: boolean | undefined;
  /** The reader may leave after few rows, and asks `LeafScan.offsetAt` instead of reading `offsets`. */
  readonly few?: boolean | undefined;
  /** Columns to be given instead of the rows' offsets; forward only. */
  readonly columns?: ColumnRequest | undefined;
}

export interface CommitInfo {
  /** The CSN, or 0 when nothing was written and nothing had to be certified. */
  readonly csn: Csn;
}

/** Opaque mark to roll back to. */
export type SavepointId = number & { readonly savepoint: unique symbol };

/**
 * What becomes of the rows of a tree that is dropped: they are removed; or another tree has them, which answers from now on for what has been read of this one; or nobody else can have read them (temporary
 * tables).
 */
export type DroppedRows = 'removed' | VersionedTree | 'unread';

/** What the manager needs to know of a tree; `tree(id)` is called with it once, later calls return the cached object. */
export interface TreeOptions {
  /** Keys are claimed before they are inserted: primary trees and unique indexes (without their duplicate-NULL entries). */
  readonly unique: boolean;
  /** Some keys are written without a claim or lock of their own: fresh row ids, and entries of an index, whose row is locked instead. Default false. */
  readonly unclaimed?: boolean | undefined;
  /** Oid and name of the table, and name of the index, for explanations. */
  readonly tableOid?: Oid | undefined;
  readonly tableName?: string | undefined;
  readonly indexName?: string | undefined;
  /** CSN of the DDL that made this tree or changed its rows; older snapshots get 40001 when they touch it. Default 0. */
  readonly validFrom?: Csn | undefined;
  /** When given, rows for which it returns true are rewritten by `upgrade` before a scan shows them (older row layouts). */
  readonly normalize?: RowNormalizer | undefined;
}

export interface RowNormalizer {
  /** Whether the row value at `offset` has an older layout. Called for every row of every batch of a tree that has a normalizer. */
  isOld(u8: Uint8Array, offset: number): boolean;
  /** The row in the present layout, a fresh or reused array valid until the next call. */
  upgrade(u8: Uint8Array, offset: number, length: number): Uint8Array;
}

/** One row of the lock view (pg_locks with blockers). */
export interface LockView {
  readonly kind: 'row' | 'table' | 'advisory' | 'other';
  readonly tree: TreeId | undefined;
  readonly key: string | undefined;
  readonly object: string | undefined;
  readonly mode: string;
  readonly granted: boolean;
  readonly session: number;
  readonly transaction: number | undefined;
  /** For a waiter: the transactions it waits for (0: a session-level holder without transaction). */
  readonly blockers: readonly number[];
}

export interface ActivityView {
  readonly transaction: number;
  readonly session: number;
  readonly isolation: IsolationLevel;
  readonly readOnly: boolean;
  readonly state: TransactionState;
  readonly snapshot: number | undefined;
  readonly statement: string | undefined;
  readonly statementCount: number;
  readonly startedAtMs: number;
  readonly writeCount: number;
}
