/**
 * A pinned leaf. One `LeafRef` is made once and used for any number of positions: nothing is allocated per use, and all readers share
 * one shape. The implementation follows in this file; the types below are the contract that mvcc codes against.
 */
import type { BTree } from './btree.js';

export declare class LeafRef {
  /** The slab that holds the page; offsets below are absolute in it. Valid until `release` or the next seek with this ref. */
  u8: Uint8Array;
  dv: DataView;
  /** Byte offset of the page in `u8`. */
  base: number;
  /** Number of entries in the leaf; may be 0. */
  count: number;
  /** At or above the CSN of every change ever made inside this leaf's fences. */
  maxCsn: number;
  /** Entry found by `seek`, or the place where the key would be inserted (0..count). */
  slot: number;
  /** Whether any value of this leaf lies in overflow pages: test once per leaf. */
  hasOverflow: boolean;
  pageId: number;
  /** The tree last sought, undefined when nothing is held. */
  tree: BTree | undefined;

  /** False when the leaf was changed (also split, merged, freed) since the ref was positioned: offsets, count, maxCsn are stale, seek again. */
  isCurrent(): boolean;
  isHeld(): boolean;
  /** The key as a latin1 string (allocates). */
  keyAt(i: number): string;
  keyLength(i: number): number;
  /** Copies the key and returns its length. */
  copyKey(i: number, into: Uint8Array, at: number): number;
  /** Three-way comparison of entry `i`'s key with `key`: negative when the entry is less. */
  compareKey(i: number, key: Uint8Array, keyLength: number): number;
  /** Absolute offset in `u8` of an inline value. Not for overflow values. */
  valueOffset(i: number): number;
  /** Length of the value, for overflow values that of the whole. */
  valueLength(i: number): number;
  isOverflow(i: number): boolean;
  /** The whole overflow value, a fresh array. */
  readOverflow(i: number): Uint8Array;
  /** Absolute offsets of the inline values of entries [from, to) into `into[0..]`. Entries with overflow values get -1. */
  valueOffsets(into: Int32Array, from: number, to: number): void;
  /** The inclusive lower fence as latin1; '' for the first leaf. */
  lowerFence(): string;
  /** The exclusive upper fence as latin1; undefined for the last leaf. */
  upperFence(): string | undefined;
  /** Copies the fence and returns its length (0: from the start). */
  copyLowerFence(into: Uint8Array): number;
  /** Copies the fence and returns its length, -1 when there is none (last leaf). */
  copyUpperFence(into: Uint8Array): number;
  /** Whether `key` lies inside the fences. */
  covers(key: Uint8Array, keyLength: number): boolean;
  /** First slot whose key is >= key, `count` if none. */
  lowerBound(key: Uint8Array, keyLength: number): number;
  /** First slot whose key is > key. */
  upperBound(key: Uint8Array, keyLength: number): number;
  /** Unpins. Idempotent. */
  release(): void;
}
