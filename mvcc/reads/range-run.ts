/**
 * The entries of a range from one end, read straight off the leaf where that end is: what `LeafScan` gives for the range, for whoever wants few of them or finds them side by side, without a string being
 * made for either bound. What lies behind the leaf is left to a scan.
 *
 * E1, E2 and E3 of entry-run.ts hold, but that the range may go on behind the leaf; there is an entry in the leaf then.
 * E5  At SERIALIZABLE what it has given, with the gaps between, is registered when it pauses, stops or is closed, or a scan takes over, from the end where it began.
 */
import { ByteBuffer } from '../../base/byte-buffer.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { LeafRef } from '../../storage/tree/cursor.js';
import type { Transaction } from '../transaction.js';
import { afterKey, type KeyRange } from '../types.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import { EntryRun, hasNewer } from './entry-run.js';
import type { LeafScan } from './leaf-scan.js';

/** From `low` on up to `high`, which is left out; where it is endless, to the end of the tree. */
export class RangeBounds {
  readonly low = new ByteBuffer(64);
  readonly high = new ByteBuffer(64);
  isEndless = false;

  /** For a scan. */
  get range(): KeyRange {
    return { low: textOf(this.low), high: this.isEndless ? undefined : textOf(this.high) };
  }
}
const textOf = ({ bytes, length }: ByteBuffer): string => keyString(bytes, 0, length);
const oneOffset = new Int32Array(1);

export class RangeRun extends EntryRun {
  readonly #own = new RangeBounds();
  #bounds = this.#own;
  #reverse = false;
  #few = false;
  /** Whether the range goes on behind the leaf, which is read no further yet. */
  #goesOn = false;
  /** E5: whether what has been given is yet to be registered, and the statement that reads it. */
  #isUnregistered = false;
  #statement = 0;

  /** For the next `openRange`: its own, unless these are in use. */
  get free(): RangeBounds {
    return this.isOpen ? new RangeBounds() : this.#own;
  }

  /** Finds the entries; false, and nothing has happened, when it takes a scan. `bounds` are kept until it is closed; `few`: as in `ScanOptions`. @throws DbError 40001 */
  openRange(transaction: Transaction, tree: VersionedTree, bounds: RangeBounds, reverse: boolean, few: boolean): boolean {
    if ((reverse && !few) || !this.serves(transaction, tree)) return false;
    transaction.holdRow(this.ref);
    const { leaf } = this.ref;
    const { low, high, isEndless } = bounds;
    const btree = tree.btree!;
    if (!reverse) btree.seekLeafFor(low.bytes, low.length, leaf);
    else if (isEndless) btree.seekLast(leaf);
    else btree.seekLeafBefore(high.bytes, high.length, leaf);
    if (leaf.hasOverflow || hasNewer(transaction, tree, leaf)) return false;
    const at = leaf.slot;
    const first = reverse ? (low.length === 0 ? 0 : leaf.lowerBound(low.bytes, low.length)) : at;
    const end = reverse || isEndless ? (reverse ? at : leaf.count) : leaf.lowerBoundFrom(at, high.bytes, high.length);
    const isLast = reverse ? low.length > 0 && leaf.covers(low.bytes, low.length) : !isEndless && (end < leaf.count || leaf.covers(high.bytes, high.length));
    const count = Math.max(0, end - first);
    if (count === 0 && !isLast) return false;
    this.begin(transaction, tree, 0, reverse ? end - 1 : first, count);
    this.#bounds = bounds;
    this.#reverse = reverse;
    this.#few = few;
    this.#goesOn = !isLast && !(mutants.on && mutants.has('mvcc.run-ends-with-leaf'));
    const { node, statement } = transaction;
    this.#isUnregistered = node !== undefined && !node.isSafe;
    this.#statement = statement!.number;
    if (few) this.#showPage(leaf);
    else this.readOffsets(leaf, first, count === 0 ? 0 : count);
    return true;
  }
  #showPage(leaf: LeafRef): void {
    this.u8 = leaf.u8;
    this.dv = leaf.dv;
  }

  override next(): boolean {
    if (this.rest === undefined) {
      if (!this.isBefore && this.#goesOn && this.count > 0) this.#goOnBehind(this.count - 1);
      else return super.next();
    }
    return this.nextOfRest(this.rest!);
  }
  override keyAt(i: number): string {
    return this.rest === undefined ? this.ref.leaf.keyAt(this.#slotAt(i)) : this.rest.keyAt(i);
  }
  /** As in LeafScan, of a run of few. */
  offsetAt(i: number): number {
    if (this.rest !== undefined) return this.rest.offsetAt(i);
    const slot = this.#slotAt(i);
    this.ref.leaf.valueOffsets(oneOffset, slot, slot + 1);
    return oneOffset[0]!;
  }
  #slotAt(i: number): number {
    return this.#reverse ? this.firstSlot - i : this.firstSlot + i;
  }

  override suspendAt(i: number): void {
    if (this.rest !== undefined) this.rest.suspendAt(i);
    else if (this.count > 0) this.#goOnBehind(i);
    this.count = 0;
  }
  override stopAt(i: number): void {
    if (this.rest !== undefined) this.rest.stopAt(i);
    else if (this.#isUnregistered) this.#registerThrough(i);
    this.close();
  }
  override close(): void {
    if (this.#isUnregistered) {
      if (this.#goesOn && this.count > 0) this.#registerThrough(this.count - 1);
      else this.#register(this.#bounds.range);
    }
    super.close();
  }

  /** A scan takes over behind row `i`, -1: before the first. */
  #goOnBehind(i: number): void {
    const { low, high } = this.#bounds.range;
    // What comes from here on, and what came before.
    const key = this.keyAt(Math.max(i, 0));
    const cut = this.#reverse === (i < 0) ? afterKey(key) : key;
    if (mutants.on && mutants.has('mvcc.run-rest-alone-registered')) this.#isUnregistered = false;
    if (this.#isUnregistered) this.#register(this.#reverse ? { low: cut, high } : { low, high: cut });
    const reverse = this.#reverse;
    this.rest = this.transaction!.openScan(this.tree!, reverse ? { low, high: cut } : { low: cut, high }, { reverse, few: this.#few });
    this.offsets = new Int32Array(16);
    this.ref.leaf.release();
  }
  #registerThrough(i: number): void {
    if (i < 0) {
      this.#isUnregistered = false;
      return;
    }
    const { low, high } = this.#bounds.range;
    this.#register(this.#reverse ? { low: this.keyAt(i), high } : { low, high: afterKey(this.keyAt(i)) });
  }
  #register({ low, high }: KeyRange): void {
    this.#isUnregistered = false;
    const { node } = this.transaction!;
    if (node === undefined || node.isSafe || node.state !== 'active' || (mutants.on && mutants.has('mvcc.run-unregistered'))) return;
    node.readRange(this.tree!.siread, low, high, this.#statement, false);
  }
  protected override nextOfRest(rest: LeafScan): boolean {
    const isMore = super.nextOfRest(rest);
    if (!isMore) this.#goesOn = false;
    return isMore;
  }
}
