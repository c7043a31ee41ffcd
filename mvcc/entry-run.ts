/**
 * The entries of a tree whose keys begin with given bytes, read straight off one leaf: what `LeafScan` gives for the range of those keys, for the commonest case of an
 * equality on an index, without a string being made for either end of the range. One object is used for any number of runs, one after the other.
 *
 * E1  It serves where nothing has to be registered, the transaction has written nothing to the tree, nothing in the leaf is newer than the snapshot, and the
 *     run ends inside the leaf. Otherwise `open` is false, and the caller opens a scan.
 * E2  Between `open` and `suspendAt`, `stopAt` or `close` nothing gives way, so the leaf stays what it is. What comes after `suspendAt` is left to a scan.
 * E3  It is busy from `open` to `close`; who finds it so opens a scan.
 */
import { assert } from '../base/assert.js';
import { keyString } from '../base/bytes.js';
import { mutants } from '../base/mutants.js';
import type { LeafRef } from '../storage/cursor.js';
import type { LeafScan } from './leaf-scan.js';
import { checkTree } from './reading.js';
import type { Transaction } from './transaction.js';
import { RowRef, afterKey, afterPrefix } from './types.js';
import type { VersionedTree } from './versioned-tree.js';

/** A prefix that is longer is left to the scan. */
const PrefixLengthMax = 512;
const endBytes = new Uint8Array(PrefixLengthMax);

export class EntryRun {
  // As in LeafScan: where the values lie.
  u8: Uint8Array;
  dv: DataView;
  offsets = new Int32Array(16);
  count = 0;
  isOpen = false;
  readonly #ref = new RowRef();
  #transaction: Transaction | undefined = undefined;
  #tree: VersionedTree | undefined = undefined;
  /** Slot of the first entry. */
  #first = 0;
  #prefixLength = 0;
  #isBefore = false;
  #rest: LeafScan | undefined = undefined;

  constructor() {
    this.u8 = this.#ref.u8;
    this.dv = this.#ref.dv;
  }

  /** Finds the entries; false, and nothing has happened, when it takes a scan (E1). `prefix` is borrowed for the call. @throws DbError 40001 */
  open(transaction: Transaction, tree: VersionedTree, prefix: Uint8Array, length: number): boolean {
    const { btree } = tree;
    if (this.isOpen || btree === undefined || tree.normalize !== undefined || length === 0 || length > PrefixLengthMax) return false;
    transaction.check();
    const snap = transaction.snapshotCsn;
    if (tree.validFrom > snap || tree.isDropped) checkTree(transaction, tree);
    if (transaction.writes !== undefined && transaction.writesIn(tree) !== undefined) return false;
    const { node } = transaction;
    if (node !== undefined && !node.isSafe) return false;
    const endLength = putEnd(prefix, length);
    if (endLength === 0) return false;
    transaction.holdRow(this.#ref);
    const { leaf } = this.#ref;
    btree.seek(prefix, length, leaf);
    if (leaf.hasOverflow || (leaf.maxCsn > snap && !tree.overlay.isEmpty && !(mutants.on && mutants.has('mvcc.run-ignores-newer')))) return false;
    const first = leaf.slot;
    const end = leaf.lowerBoundFrom(first, endBytes, endLength);
    if (end === leaf.count && !leaf.covers(endBytes, endLength) && !(mutants.on && mutants.has('mvcc.run-ends-with-leaf'))) return false;
    this.#transaction = transaction;
    this.#tree = tree;
    this.#prefixLength = length;
    this.#take(leaf, first, end - first);
    return true;
  }
  #take(leaf: LeafRef, first: number, count: number): void {
    if (count > this.offsets.length) this.offsets = new Int32Array(Math.max(count, this.offsets.length * 2));
    leaf.valueOffsets(this.offsets, first, first + count);
    this.u8 = leaf.u8;
    this.dv = leaf.dv;
    this.#first = first;
    this.count = count;
    this.#isBefore = true;
    this.isOpen = true;
  }

  /** As in LeafScan; the whole run is one batch. */
  next(): boolean {
    if (this.#rest !== undefined) return this.#nextOfRest(this.#rest);
    if (this.#isBefore && this.count > 0) {
      this.#isBefore = false;
      return true;
    }
    this.count = 0;
    return false;
  }
  #nextOfRest(rest: LeafScan): boolean {
    const isMore = rest.next();
    this.u8 = rest.u8;
    this.dv = rest.dv;
    this.offsets = rest.offsets as Int32Array<ArrayBuffer>;
    this.count = rest.count;
    return isMore;
  }

  keyAt(i: number): string {
    assert(i >= 0 && i < this.count, 'row past the end of the batch', i, this.count);
    return this.#rest === undefined ? this.#ref.leaf.keyAt(this.#first + i) : this.#rest.keyAt(i);
  }

  /** Pauses after row `i`, -1: before the first. */
  suspendAt(i: number): void {
    if (this.#rest !== undefined) this.#rest.suspendAt(i);
    else if (this.count > 0) {
      const low = i < 0 ? this.keyAt(0) : afterKey(this.keyAt(i));
      this.#rest = this.#transaction!.openScan(this.#tree!, { low, high: afterPrefix(low.slice(0, this.#prefixLength)) });
      this.offsets = new Int32Array(16);
    }
    this.count = 0;
  }
  stopAt(i: number): void {
    this.#rest?.stopAt(i);
    this.close();
  }
  close(): void {
    this.isOpen = false;
    this.count = 0;
    if (this.#rest === undefined) return;
    this.#rest.close();
    this.#rest = undefined;
    this.offsets = new Int32Array(16);
    this.#transaction = undefined;
    this.#tree = undefined;
  }
}

/** The range of the same entries, for a scan. */
export function rangeOfPrefix(prefix: Uint8Array, length: number): { readonly low: string; readonly high: string | undefined } {
  const low = keyString(prefix, 0, length);
  return { low, high: afterPrefix(low) };
}

/** `afterPrefix` in bytes, into `endBytes`; its length, 0 when there is no such key. */
function putEnd(prefix: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && prefix[end - 1] === 255) end--;
  if (end === 0) return 0;
  for (let i = 0; i < end; i++) endBytes[i] = prefix[i]!;
  endBytes[end - 1]!++;
  return end;
}
