/**
 * The seam inside storage: what the buffer pool and the trees need from the file, and what a checkpoint needs from the pool.
 *
 * Logical page ids are stable; where a page lies in the file is the page table's business, and a page is never written over the
 * slot that the durable checkpoint references. So eviction may write a dirty page at any moment without asking the log, and a
 * crash merely leaks a slot until the next open.
 *
 * While a checkpoint is being written there are two tables: the one of the freeze and the current one. A frozen page goes to the
 * first with `writeFrozenPage`, even when a later version of it has already been evicted to the second with `writePage`. Pages of a
 * tree under construction are private: the page table leaves them out of checkpoints until the tree is attached (PageTable.collectPrivate).
 */
import type { PageId } from '../../base/ids.js';

/** Where logical pages live. Implemented by PageTable, used by BufferPool. All synchronous. */
export interface PageIo {
  readonly pageSizeBytes: number;
  /**
   * Reads the newest written version of page `id` into `bytes` at `offset`, verifying the checksum held in the page table.
   * @throws DbError XX001 when the bytes are not those last written or the page does not exist, 58030 when the file cannot be read
   */
  readPage(id: PageId, bytes: Uint8Array, offset: number): void;
  /**
   * Writes a dirty page that is not frozen to a fresh slot (never the durable one) and points the current table at it: eviction.
   * @throws DbError 53100 when the disk is full (the page is still where it was), 58030 on any other failure
   */
  writePage(id: PageId, bytes: Uint8Array, offset: number): void;
  /**
   * Writes, for the checkpoint under way, page `id` as it was at the freeze. Called by `writeFrozen` and also by an eviction that meets a
   * frozen frame, so the callee must not infer which is which from the call stack. Plain `writePage` during a freeze is always content
   * newer than the freeze: it changes the current table but never the table that the checkpoint writes.
   * `isCurrent`: the page was neither changed nor freed since the freeze, so that the current table must point at the new slot too.
   * @throws as `writePage`
   */
  writeFrozenPage(id: PageId, bytes: Uint8Array, offset: number, isCurrent: boolean): void;
  /**
   * A logical page id that no page uses. Freed ids are used again, but one freed during a freeze not before its end.
   * @throws DbError 54000 when the page table is full
   */
  allocatePage(): PageId;
  /** Gives the id back; the slot it occupied becomes free after the next durable checkpoint. */
  freePage(id: PageId): void;
}

/** What a checkpoint asks of the buffer pool. */
export interface FreezablePool {
  /**
   * Marks all dirty frames frozen, in one synchronous slice, and returns their number. A later change to a frozen frame copies it
   * first, so that what the checkpoint writes is exactly the state at the freeze. A frozen page that is freed meanwhile need not be
   * dropped: it is still written, with `writeFrozenPage`. Never called while a freeze is under way.
   */
  freezeDirty(): number;
  /** Writes up to `pageCountMax` frozen pages with `PageIo.writeFrozenPage` and returns how many remain. Evicting a frozen frame counts as writing it. */
  writeFrozen(pageCountMax: number): number;
  /** The checkpoint is durable: frozen frames that were not changed since are clean. */
  thaw(): void;
  /**
   * The checkpoint failed for want of space: every frozen frame not written yet is dirty again (copies made for it are dropped when
   * a later version exists); those already written stay written, for `writeFrozenPage` has pointed the current table at them.
   */
  abandonFreeze(): void;
}
