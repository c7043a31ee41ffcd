/**
 * The storage facade that mvcc and engine use. The implementation follows in this file; the types below are the contract.
 */
import type { Clock } from '../base/clock.js';
import type { DbError } from '../base/errors.js';
import type { Csn, Lsn, TreeId } from '../base/ids.js';
import type { Prng } from '../base/prng.js';
import type { Scheduler } from '../base/scheduler.js';
import type { BTree, BulkSource } from './btree.js';
import type { BufferPoolStats } from './buffer-pool.js';
import type { File, Vfs } from './vfs.js';

export interface StoreOptions {
  readonly vfs: Vfs;
  /** Path of the main file as the Vfs understands it. */
  readonly path: string;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  /** 'full': acknowledged means synced. 'relaxed': written soon, synced at checkpoints and once a second. 'none': no log at all (in-memory databases). */
  readonly durability?: 'full' | 'relaxed' | 'none' | undefined;
  /** Only for a new file. A power of two from 512 to 65536; default 8192. */
  readonly pageSizeBytes?: number | undefined;
  /** Budget of the buffer pool; default 256 MiB. */
  readonly cacheBytes?: number | undefined;
  readonly readOnly?: boolean | undefined;
  /** Refuse to create a missing file. */
  readonly mustExist?: boolean | undefined;
  /** The log is extended by this much at a time, zeros written and synced ahead; default 4 MiB. */
  readonly walReserveBytes?: number | undefined;
  /** A checkpoint begins when the log since the last one exceeds this; default 64 MiB. */
  readonly checkpointWalBytes?: number | undefined;
  /** ... or when this much time passed and something was logged; default 5 minutes. 0 turns background checkpoints off. */
  readonly checkpointIntervalMs?: number | undefined;
  /** At this size of the log new commits are refused (53100) until a checkpoint succeeds; default 1 GiB. */
  readonly walBytesMax?: number | undefined;
}

export interface StoreStats {
  readonly path: string;
  readonly pageSizeBytes: number;
  readonly fileSizeBytes: number;
  readonly slotCount: number;
  readonly freeSlotCount: number;
  readonly pageCount: number;
  readonly walBytes: number;
  readonly appendedLsn: number;
  readonly durableLsn: number;
  readonly flushCount: number;
  readonly checkpointCount: number;
  readonly checkpointFailureCount: number;
  readonly pool: BufferPoolStats;
}

export interface CheckProblem {
  /** What is damaged: 'meta', 'page table', 'page', 'tree', 'slot', 'directory'. */
  readonly object: string;
  readonly message: string;
}
export interface CheckReport {
  readonly level: 'quick' | 'full';
  readonly pageCount: number;
  readonly treeCount: number;
  readonly entryCount: number;
  readonly problems: readonly CheckProblem[];
}

/**
 * The changes of one commit, applied to the trees and encoded into the log as they are called, in one synchronous slice from
 * `beginCommit` to `finish`: no await between. There is one writer per store, used again by every commit. A throw out of any of
 * these poisons the store, for the commit would be half applied.
 */
export interface CommitWriter {
  /** Inserts or replaces; the leaf is stamped with the commit's CSN. Bytes are borrowed for the call. */
  put(tree: BTree, key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number): void;
  /** Deletes; false when the key was absent. */
  delete(tree: BTree, key: Uint8Array, keyOffset: number, keyLength: number): boolean;
  /** A new, empty tree under an id from `newTreeId`. */
  createTree(id: TreeId): BTree;
  /** Makes a tree from `buildTree` part of the database under its id. */
  attachTree(built: BuiltTree): BTree;
  /** The tree is gone at once; its pages are freed in the background. */
  dropTree(id: TreeId): void;
  /** Ends the slice. @returns the LSN that must be durable for this commit to be acknowledged */
  finish(): Lsn;
}

/** A tree that nobody else can see yet. Either attached in a commit or discarded; a crash frees it. */
export interface BuiltTree {
  readonly id: TreeId;
  readonly tree: BTree;
  readonly entryCount: number;
  /** Frees its pages. */
  discard(): void;
}

export declare class Store {
  /**
   * Locks the file, creates or recovers it, and ends with a checkpoint unless the last close was clean.
   * @throws DbError 55006 locked by another process or already open here, 58P01 missing, XX001 damaged, 58030 I/O, 0A000 unknown format
   */
  static open(options: StoreOptions): Promise<Store>;

  readonly path: string;
  readonly readOnly: boolean;
  readonly pageSizeBytes: number;
  /** Highest CSN recovered; the next commit takes a greater one. */
  readonly lastCsn: Csn;
  /** Random, made with the file. 16 bytes as hex. */
  readonly databaseId: string;

  /** The tree `id`. Opened trees are cached, so the object is always the same. @throws DbError XX001 when there is none */
  tree(id: TreeId): BTree;
  hasTree(id: TreeId): boolean;
  /** An id never used before, also not by a tree that was dropped. */
  newTreeId(): TreeId;

  /** Makes sure that a commit of about `bytes` can be logged. @throws DbError 53100 disk or log full, 58030 poisoned */
  reserveLog(bytes: number): void | Promise<void>;
  reserveLogSync(bytes: number): void;
  /** Begins the slice of one commit. `csn` 0: changes outside any transaction (sequences): logged, atomic, but no leaf is stamped. */
  beginCommit(csn: Csn): CommitWriter;

  /** End of the log as far as it has been appended. */
  readonly appendedLsn: Lsn;
  readonly durableLsn: Lsn;
  /**
   * Resolves when everything up to `lsn` is durable: group commit. Rejects with 58030 when the store is poisoned: then nobody knows
   * whether the commit survives. With durability 'relaxed' and 'none' it resolves at once.
   */
  flushed(lsn: Lsn): Promise<void>;
  isFlushed(lsn: Lsn): boolean;
  /** For the synchronous face: writes and syncs everything appended, now. */
  flushSync(): void;
  /** Called once per batch, in LSN order, before the promises of `flushed` resolve. Set by mvcc to publish commits. */
  onDurable: ((durableLsn: Lsn) => void) | undefined;
  /** Called once when the store is poisoned: every commit that was not yet durable has an unknown outcome. */
  onPoison: ((error: DbError) => void) | undefined;
  /** The error that poisoned the store, if any; every later call fails with it. */
  readonly poisoned: DbError | undefined;

  /** Builds a tree bottom-up from entries in strictly ascending order; private until attached. */
  buildTree(id: TreeId, source: BulkSource, csn: Csn): BuiltTree;
  /** Call and await before the commit that attaches a large built tree: its pages become durable, so that the log need not hold them. */
  prepareAttach(built: BuiltTree): Promise<void>;

  /** Joins the checkpoint under way or runs one. @throws DbError 53100 when abandoned for want of space */
  checkpoint(): Promise<void>;
  check(level: 'quick' | 'full'): CheckReport;
  stats(): StoreStats;
  /** A file for spilled rows, unlinked at once: gone when closed or when the process dies. */
  openTemp(): File;
  /** Checkpoint, remove the log, release the lock. Idempotent. A poisoned store only releases the lock. */
  close(): Promise<void>;
}
