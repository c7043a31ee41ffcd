/**
 * The seam inside storage: what the buffer pool and the trees need from the file, and what a checkpoint needs from the pool.
 *
 * Logical page ids are stable; where a page lies in the file is the page table's business, and a page is never written over the
 * slot that the durable checkpoint references. So eviction may write a dirty page at any moment without asking the log, and a
 * crash merely leaks a slot until the next open.
 */
import type { PageId } from '../base/ids.js';

/** Where logical pages live. Implemented by PageTable, used by BufferPool. All synchronous. */
export interface PageIo {
  readonly pageSizeBytes: number;
  /**
   * Reads page `id` into `bytes` at `offset`, verifying the checksum held in the page table.
   * @throws DbError XX001 when the bytes are not those last written, 58030 when the file cannot be read
   */
  readPage(id: PageId, bytes: Uint8Array, offset: number): void;
  /**
   * Writes a dirty page to a fresh slot (never the durable one) and points the in-memory table at it. For eviction and checkpoint.
   * @throws DbError 53100 when the disk is full (the page is still where it was), 58030 on any other failure
   */
  writePage(id: PageId, bytes: Uint8Array, offset: number): void;
  /**
   * Writes, for the checkpoint under way, page `id` as it was at the freeze. Called by `writeFrozen` and also by an eviction that meets a
   * frozen frame, so the callee must not infer which is which from the call stack. Plain `writePage` during a freeze is always content
   * newer than the freeze: it changes the in-memory table but never the table that the checkpoint writes.
   * `isCurrent`: the page was neither changed nor freed since the freeze, so the in-memory table points at the new slot too; otherwise
   * the in-memory table keeps what it has (the page may have been rewritten, or its id freed and used again).
   * @throws as `writePage`
   */
  writeFrozenPage(id: PageId, bytes: Uint8Array, offset: number, isCurrent: boolean): void;
  /** A logical page id that no page uses; freed ids are used again. @throws DbError 54000 when the page table is full */
  allocatePage(): PageId;
  /** Gives the id back; the slot it occupied becomes free after the next durable checkpoint. */
  freePage(id: PageId): void;
}

/** What a checkpoint asks of the buffer pool. */
export interface FreezablePool {
  /**
   * Marks all dirty frames frozen, in one synchronous slice, and returns their number. A later change to a frozen frame copies it
   * first, so that what the checkpoint writes is exactly the state at the freeze. A frozen page that is freed meanwhile is still
   * written. Never called while a freeze is under way.
   */
  freezeDirty(): number;
  /** Writes up to `pageCountMax` frozen pages through PageIo and returns how many remain. */
  writeFrozen(pageCountMax: number): number;
  /** The checkpoint is durable: frozen frames that were not changed since are clean. */
  thaw(): void;
  /** The checkpoint failed for want of space: every frame that was frozen is dirty again, nothing else changes. */
  abandonFreeze(): void;
}
