/**
 * The entries of a tree whose keys begin with given bytes, read straight off one leaf: what `LeafScan` gives for the range of those keys, for the commonest case of an
 * equality on an index, without a string being made for either end of the range. One object is used for any number of runs, one after the other.
 *
 * E1  It serves where the transaction has written nothing to the tree, nothing in the leaf is newer than the snapshot, and the run ends inside the leaf. Otherwise
 *     `open` is false, and the caller opens a scan.
 * E2  Between `open` and `suspendAt`, `stopAt` or `close` nothing gives way, so the leaf stays what it is. What comes after `suspendAt` is left to a scan.
 * E3  It is busy from `open` to `close`; who finds it so opens a scan.
 * E4  At SERIALIZABLE what it has given is registered as read when it pauses, stops or is closed, or a scan takes over; nobody has changed it until then (E2).
 */
import { assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { LeafRef } from '../../storage/tree/cursor.js';
import type { LeafScan } from './leaf-scan.js';
import { checkTree } from './reading.js';
import type { Transaction } from '../transaction.js';
import { type KeyRange, RowRef, afterKey, afterPrefix } from '../types.js';
import type { VersionedTree } from '../versions/versioned-tree.js';

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
  protected readonly ref = new RowRef();
  protected transaction: Transaction | undefined = undefined;
  protected tree: VersionedTree | undefined = undefined;
  /** Slot of the first entry. */
  protected firstSlot = 0;
  protected prefixLength = 0;
  protected isBefore = false;
  protected rest: LeafScan | undefined = undefined;
  /** E4: where what is not registered begins, and the statement that reads it; undefined when nothing has to be. */
  #unregistered: string | undefined = undefined;
  #statementNumber = 0;

  constructor() {
    this.u8 = this.ref.u8;
    this.dv = this.ref.dv;
  }

  /** Finds the entries; false, and nothing has happened, when it takes a scan (E1). `prefix` is borrowed for the call. @throws DbError 40001 */
  open(transaction: Transaction, tree: VersionedTree, prefix: Uint8Array, length: number): boolean {
    if (length === 0 || length > PrefixLengthMax || !this.serves(transaction, tree)) return false;
    transaction.holdRow(this.ref);
    const { leaf } = this.ref;
    tree.btree!.seek(prefix, length, leaf);
    if (leaf.hasOverflow || hasNewer(transaction, tree, leaf)) return false;
    const first = leaf.slot;
    const end = endOfPrefix(leaf, first, prefix, length);
    if (end < 0) return false;
    this.begin(transaction, tree, length, first, end - first);
    this.observe(prefix, length);
    this.readOffsets(leaf, first, end - first);
    return true;
  }
  /** E1 and E3, but for what the leaf tells. @throws DbError 40001 */
  protected serves(transaction: Transaction, tree: VersionedTree): boolean {
    if (this.isOpen || tree.btree === undefined || tree.normalize !== undefined) return false;
    transaction.check();
    if (tree.validFrom > transaction.snapshotCsn || tree.isDropped) checkTree(transaction, tree);
    return transaction.writes === undefined || transaction.writesIn(tree) === undefined;
  }
  /** From here on the entries of `prefix`, which is borrowed for the call, count as read (E4). */
  protected observe(prefix: Uint8Array, length: number): void {
    const { node, statement } = this.transaction!;
    if (node === undefined || node.isSafe) return;
    this.#unregistered = keyString(prefix, 0, length);
    this.#statementNumber = statement!.number;
  }
  /** Registers what has been read, which ends before `end`; undefined: with the tree. */
  #register(end: string | undefined): void {
    const low = this.#unregistered!;
    this.#unregistered = undefined;
    const { node } = this.transaction!;
    if (node === undefined || node.isSafe || node.state !== 'active' || (mutants.on && mutants.has('mvcc.run-unregistered'))) return;
    node.readRange(this.tree!.siread, low, end, this.#statementNumber, false);
  }
  protected begin(transaction: Transaction, tree: VersionedTree, prefixLength: number, first: number, count: number): void {
    this.transaction = transaction;
    this.tree = tree;
    this.prefixLength = prefixLength;
    this.firstSlot = first;
    this.count = count;
    this.isBefore = true;
    this.isOpen = true;
  }
  protected readOffsets(leaf: LeafRef, first: number, count: number): void {
    if (count > this.offsets.length) this.offsets = new Int32Array(Math.max(count, this.offsets.length * 2));
    leaf.valueOffsets(this.offsets, first, first + count);
    this.u8 = leaf.u8;
    this.dv = leaf.dv;
  }

  /** As in LeafScan; the whole run is one batch. */
  next(): boolean {
    if (this.rest !== undefined) return this.nextOfRest(this.rest);
    if (this.isBefore && this.count > 0) {
      this.isBefore = false;
      return true;
    }
    this.count = 0;
    return false;
  }
  protected nextOfRest(rest: LeafScan): boolean {
    const isMore = rest.next();
    this.u8 = rest.u8;
    this.dv = rest.dv;
    this.offsets = rest.offsets as Int32Array<ArrayBuffer>;
    this.count = rest.count;
    return isMore;
  }

  keyAt(i: number): string {
    assert(i >= 0 && i < this.count, 'row past the end of the batch', i, this.count);
    return this.rest === undefined ? this.ref.leaf.keyAt(this.firstSlot + i) : this.rest.keyAt(i);
  }

  /** Pauses after row `i`, -1: before the first. */
  suspendAt(i: number): void {
    if (this.rest !== undefined) this.rest.suspendAt(i);
    else if (this.count > 0) {
      const low = i < 0 ? this.keyAt(0) : afterKey(this.keyAt(i));
      this.rest = this.openRest({ low, high: afterPrefix(low.slice(0, this.prefixLength)) });
      this.offsets = new Int32Array(16);
    }
    this.count = 0;
  }
  protected openRest(range: KeyRange): LeafScan {
    this.registerUpTo(range.low);
    return this.transaction!.openScan(this.tree!, range);
  }
  /** A scan takes over at `key`. */
  protected registerUpTo(key: string): void {
    if (this.#unregistered !== undefined) this.#register(mutants.on && mutants.has('mvcc.run-rest-alone-registered') ? this.#unregistered : key);
  }
  stopAt(i: number): void {
    if (this.rest !== undefined) this.rest.stopAt(i);
    else if (this.#unregistered !== undefined) this.#register(i < 0 ? this.#unregistered : afterKey(this.keyAt(i)));
    this.close();
  }
  close(): void {
    if (this.#unregistered !== undefined) this.#register(afterPrefix(this.#unregistered));
    this.isOpen = false;
    this.count = 0;
    if (this.rest === undefined) return;
    this.rest.close();
    this.rest = undefined;
    this.offsets = new Int32Array(16);
    this.transaction = undefined;
    this.tree = undefined;
  }
}

/** Something in the leaf may have changed after the snapshot of the transaction. */
export function hasNewer(transaction: Transaction, tree: VersionedTree, leaf: LeafRef): boolean {
  return leaf.maxCsn > transaction.snapshotCsn && !tree.overlay.isEmpty && !(mutants.on && mutants.has('mvcc.run-ignores-newer'));
}

/** Behind the last entry of the leaf that begins with `prefix`, the first being at `first` if there is one; -1: there may be more of them behind the leaf. */
export function endOfPrefix(leaf: LeafRef, first: number, prefix: Uint8Array, length: number): number {
  const endLength = putEnd(prefix, length);
  if (endLength === 0) return -1;
  const end = leaf.lowerBoundFrom(first, endBytes, endLength);
  return end === leaf.count && isBehind(leaf, endLength) ? -1 : end;
}
/** Whether entries that begin with `prefix` may stand behind the leaf. */
export function mayGoOn(leaf: LeafRef, prefix: Uint8Array, length: number): boolean {
  const endLength = putEnd(prefix, length);
  return endLength === 0 || isBehind(leaf, endLength);
}
function isBehind(leaf: LeafRef, endLength: number): boolean {
  return !leaf.covers(endBytes, endLength) && !(mutants.on && mutants.has('mvcc.run-ends-with-leaf'));
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
