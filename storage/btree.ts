/**
 * B+tree over pages. The implementation follows in this file; the types below are the contract that mvcc codes against.
 */
import type { PageId, TreeId } from '../base/ids.js';
import type { BufferPool } from './buffer-pool.js';
import type { LeafRef } from './cursor.js';

/** Entries in strictly ascending key order, for `bulkBuild`. One object, fields reused. */
export interface BulkSource {
  key: Uint8Array;
  keyOffset: number;
  keyLength: number;
  value: Uint8Array;
  valueOffset: number;
  valueLength: number;
  /** Moves to the next entry, false at the end. */
  next(): boolean;
}

export declare class BTree {
  readonly id: TreeId;
  /** Never changes during the life of the tree. */
  readonly root: PageId;
  /** Longest key in bytes: a quarter of the page. */
  readonly keyLengthMax: number;

  /** Makes `root` (a page id fresh from PageIo.allocatePage) an empty leaf. */
  static create(pool: BufferPool, id: TreeId, root: PageId): BTree;
  /** A tree whose root page exists; nothing is read yet. */
  static open(pool: BufferPool, id: TreeId, root: PageId): BTree;

  /** Point lookup: true, and `ref.slot` is the entry; false, and `ref` holds the leaf where it would be, `ref.slot` the place. */
  seek(key: Uint8Array, keyLength: number, ref: LeafRef): boolean;
  seekFirst(ref: LeafRef): void;
  /** The last leaf; `slot` = count. */
  seekLast(ref: LeafRef): void;
  /** The leaf that covers `key`; `slot` = first entry >= key. */
  seekLeafFor(key: Uint8Array, keyLength: number, ref: LeafRef): void;
  /** The leaf that covers the keys just below `key`; `slot` = number of its entries < key. For backward scans. */
  seekLeafBefore(key: Uint8Array, keyLength: number, ref: LeafRef): void;
  /** To the leaf at the upper fence, slot 0; false (and the ref unmoved) at the last leaf. Works even when the ref's leaf has changed since. */
  nextLeaf(ref: LeafRef): boolean;
  /** To the leaf below the lower fence, slot = count; false at the first leaf. */
  previousLeaf(ref: LeafRef): boolean;

  /** Inserts or replaces. Stamps the leaf with `csn` when greater. @throws 54000 when the key is too long */
  put(key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number, csn: number): void;
  /** Deletes; false when absent (then nothing is stamped). */
  delete(key: Uint8Array, keyOffset: number, keyLength: number, csn: number): boolean;
  /** Fills this empty tree bottom-up. @returns the number of entries. @throws XX000 when the source is not strictly ascending */
  bulkBuild(source: BulkSource, csn: number): number;
  /** Frees up to about `pageCountMax` pages from the right; true when the tree is an empty root leaf. The caller then frees the root. */
  dropStep(pageCountMax: number): boolean;

  /** Number of levels, 1 for a lone root leaf. */
  height(): number;
  /** Estimate from a few sampled paths. */
  entryCountEstimate(): number;
  leafCountEstimate(): number;
}
