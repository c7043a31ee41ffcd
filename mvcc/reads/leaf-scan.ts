/**
 * A batched ordered walk over the visible rows of one tree: per batch one leaf (or a part of it).
 *
 * A leaf is *clean* for a snapshot when nothing newer was ever changed between its fences and the transaction has written nothing
 * there; then the batch is the page itself: offsets are read off its slots and no row is looked at. Otherwise the few dirty keys (own
 * changes, undo records newer than the snapshot) are collected in order and merged with the page's rows into scratch memory, in the
 * same row format, so that generated code does not know the difference.
 *
 * B1  The batches cover the range without gap or overlap, whatever is split, merged or written between two of them.
 * B2  What is registered as read ends exactly at the last row consumed: the batch is *settled* (SIREAD range, edges to newer
 *     writers) when the consumer moves on or stops, or when another transaction is about to commit, whichever is first.
 * B3  Between batches the scan depends on no position in a page but its fences.
 * B4  Clean leaves one after the other are registered as one interval, when the scan ends, meets a leaf that is not clean, or is settled: until then nobody has
 *     changed what it has read (B2), so nobody has to know of it.
 *
 * A scan may be opened for *columns* (base/row-columns.ts): each batch then comes with a record that says where they lie. Those of a clean leaf are kept beside its
 * page (storage/pages/leaf-columns.ts), so that neither its slots nor its rows are touched again; all others are read from the rows of the batch, whatever they came from.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { type ColumnMemory, type ColumnRequest, ColumnScratch, noColumnMemory } from '../../base/row-columns.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { endsAfter } from '../serializable/interval-tree.js';
import { keyBufferOf } from './key-buffer.js';
import { undoneTo } from '../snapshot.js';
import type { Statement } from '../statement.js';
import type { Transaction } from '../transaction.js';
import { afterKey } from '../types.js';
import { changesPresence } from '../versions/undo-overlay.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import type { TreeWrites } from '../write-set/tree-writes.js';
import { WriteKind } from '../write-set/write-set.js';

/** Dirty keys merged into one batch at most, so that a batch stays small when a transaction has put a lot into one leaf's range. */
const DirtyKeysMax = 256;

/** What a scan needs besides itself; pooled, for making it costs more than most scans. */
export class ScanBuffers {
  readonly leaf = new LeafRef();
  offsets = new Int32Array(512);
  lengths = new Int32Array(512);
  /** Page slot of a row, or -1 - index of its dirty key. */
  slots = new Int32Array(512);
  scratch = new Uint8Array(8192);
  scratchView = new DataView(this.scratch.buffer);
  readonly columns = new ColumnScratch();
  readonly dirtyKeys: string[] = [];
  readonly collected: string[] = [];

  ensureRows(count: number): void {
    if (this.offsets.length >= count) return;
    const size = Math.max(count, this.offsets.length * 2);
    this.offsets = grown(this.offsets, size);
    this.lengths = grown(this.lengths, size);
    this.slots = grown(this.slots, size);
  }

  ensureScratch(used: number, more: number): void {
    if (this.scratch.length >= used + more) return;
    const scratch = new Uint8Array(Math.max(used + more, this.scratch.length * 2));
    scratch.set(this.scratch.subarray(0, used));
    this.scratch = scratch;
    this.scratchView = new DataView(scratch.buffer);
  }
}

function grown(array: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}

const oneOffset = new Int32Array(1);
/** Of a scan for few rows: the rows of a leaf whose places are looked up one by one; then all are. */
const RowsFewMax = 16;

/** What SERIALIZABLE is told of a scan: nothing; what it read of the snapshot; what it read of the newest state, or of that only which keys are there. */
export type Registering = 'none' | 'full' | 'hidden' | 'hidden keys';

export class LeafScan {
  /** Where the row values of the present batch lie: a page, or scratch when rows had to be put together. Valid until the next `next`, `suspendAt`, `stopAt`, `close`, or `await`. */
  u8: Uint8Array;
  dv: DataView;
  /** Absolute offsets in `u8` of the values of rows 0..count-1, in scan order. Of a scan for few rows: see `offsetAt`. */
  offsets: Int32Array;
  /** Number of rows in the batch; never 0 after `next` returned true. */
  count = 0;
  // Of a scan for columns, which has no `offsets`: the record of the batch in `memory`, and the place of the batch's first row in the columns.
  memory: ColumnMemory = noColumnMemory;
  record = 0;
  first = 0;

  readonly statement: Statement;
  /** Place in the manager's list of unsettled scans, -1: not in it. */
  unsettledAt = -1;
  readonly #transaction: Transaction;
  readonly #tree: VersionedTree;
  readonly #reverse: boolean;
  readonly #snap: number;
  /** Own changes of commands before this one are seen. */
  readonly #commandEnd: number;
  readonly #register: Registering;
  readonly #buffers: ScanBuffers;
  readonly #columns: ColumnRequest | undefined;
  readonly #few: boolean;
  /** Of a scan for few rows: `offsets` of the batch have not been read. */
  #isUnread = false;
  /** The batch's columns lie beside its page. */
  #isStanding = false;
  /** What remains: [low, high). In clean, unregistered scans they lag behind the position in the leaf. */
  #low: string;
  #high: string | undefined;
  #position: 'seek' | 'step' | 'end' | 'closed' = 'seek';
  #direct = false;
  // The present batch covers [batchLow, batchHigh); known when registered.
  #batchLow = '';
  #batchHigh: string | undefined = undefined;
  #isUnsettled = false;
  /** B4: what is unsettled began where the range does that remains, and ends with the leaf at hand, or with the range. */
  #isClean = false;
  /** What was changed after this may differ from what the scan reads, or is an edge. */
  readonly #cleanUpTo: number;
  /** Whether something in the batch may have changed after the snapshot of the transaction: only then are there edges to look for. */
  #hasNewer = false;
  /** The rows of the batch are settled, the gap behind them is not. */
  #hasTail = false;
  /** Rows of a direct batch: first slot in scan order. */
  #firstSlot = 0;

  constructor(
    transaction: Transaction,
    tree: VersionedTree,
    low: string,
    high: string | undefined,
    reverse: boolean,
    snap: number,
    register: Registering,
    columns: ColumnRequest | undefined,
    few: boolean,
  ) {
    assert(columns === undefined || !reverse, 'columns are read forward');
    const node = transaction.node;
    this.#transaction = transaction;
    this.#tree = tree;
    this.#low = low;
    this.#high = high;
    this.#reverse = reverse;
    this.#snap = snap;
    this.statement = transaction.statement!;
    this.#commandEnd = snap === Infinity ? Infinity : this.statement.number;
    this.#register = node === undefined || node.isSafe ? 'none' : register;
    this.#cleanUpTo = this.#register === 'none' ? snap : node!.snapLow;
    this.#buffers = transaction.manager.takeBuffers();
    this.#columns = columns;
    this.#few = few && columns === undefined;
    this.offsets = this.#buffers.offsets;
    this.u8 = this.#buffers.scratch;
    this.dv = this.#buffers.scratchView;
    if (!endsAfter(high, low)) this.#position = 'end';
    transaction.openScans ??= new Set();
    transaction.openScans.add(this);
  }

  /**
   * Moves to the next batch; false at the end of the range. Also consumes the present batch whole (its interval counts as read).
   * May follow an `await` directly: a scan between batches holds no stale position. @throws DbError 40001, 53200, 57014
   */
  next(): boolean {
    this.#transaction.check();
    if (this.#hasTail || (this.#isUnsettled && !this.#isClean)) this.#settle(this.#batchLow, this.#batchHigh);
    this.count = 0;
    if (this.#isStanding) this.#standUp();
    while (this.#position !== 'end' && this.#position !== 'closed') {
      this.#fill();
      if (this.count > 0) {
        if (this.#columns !== undefined) this.#takeColumns(this.#columns);
        return true;
      }
      if (this.#isUnsettled && !this.#isClean) this.#settle(this.#batchLow, this.#batchHigh);
    }
    this.close();
    return false;
  }

  /** Key of row `i` of the present batch, a latin1 string (allocates). */
  keyAt(i: number): string {
    assert(i >= 0 && i < this.count, 'row past the end of the batch', i, this.count);
    const slot = this.#direct ? (this.#reverse ? this.#firstSlot - i : this.#firstSlot + i) : this.#buffers.slots[i]!;
    return slot >= 0 ? this.#buffers.leaf.keyAt(slot) : this.#buffers.dirtyKeys[-1 - slot]!;
  }

  /** Of a scan for columns or for few rows: the offset in `u8` of the value of row `i`. */
  offsetAt(i: number): number {
    assert(i >= 0 && i < this.count, 'row past the end of the batch', i, this.count);
    if (this.#isUnread && i >= RowsFewMax) this.#readDirect();
    if (!this.#isStanding && !this.#isUnread) return this.offsets[i]!;
    const slot = this.#reverse ? this.#firstSlot - i : this.#firstSlot + i;
    this.#buffers.leaf.valueOffsets(oneOffset, slot, slot + 1);
    return oneOffset[0]!;
  }
  /** Length in bytes of the value of row `i`. */
  lengthAt(i: number): number {
    if (!this.#direct) return this.#buffers.lengths[i]!;
    return this.#buffers.leaf.valueLength(this.#reverse ? this.#firstSlot - i : this.#firstSlot + i);
  }

  /** The consumer stops for good after row `i` (-1: before the first row of the batch): the interval read ends there. Closes the scan. */
  stopAt(i: number): void {
    if (this.#isUnsettled) this.#settleThrough(i);
    this.close();
  }

  /** Pauses after row `i` (cursor, `await` in the middle of a batch): `next()` goes on with the row after it, in a fresh batch. */
  suspendAt(i: number): void {
    if (this.#position === 'closed' || this.count === 0) return;
    if (i >= 0) {
      const key = this.keyAt(i);
      if (this.#isUnsettled) this.#settleThrough(i);
      if (this.#reverse) this.#high = key;
      else this.#low = afterKey(key);
    } else {
      // Nothing of a batch that is not settled gets registered now, so it begins anew with the gap before its first row.
      const hasGap = this.#isUnsettled && !(mutants.on && mutants.has('mvcc.pause-skips-gap'));
      const begin = hasGap ? this.#nearEnd() : this.#reverse ? afterKey(this.keyAt(0)) : this.keyAt(0);
      if (this.#isUnsettled) this.#settleThrough(-1);
      if (this.#reverse) this.#high = begin;
      else this.#low = begin!;
    }
    this.count = 0;
    if (this.#isStanding) this.#standUp();
    this.#position = endsAfter(this.#high, this.#low) ? 'seek' : 'end';
    this.#buffers.leaf.release();
  }

  /** Ends the scan; an unfinished batch counts as read whole. Idempotent. Every scan must be closed or run to its end. */
  close(): void {
    if (this.#position === 'closed') return;
    if (this.#isUnsettled) this.#recordThroughEnd(this.#farEnd());
    this.#position = 'closed';
    this.count = 0;
    if (this.#isStanding) this.#standUp();
    this.#transaction.openScans?.delete(this);
    this.#transaction.manager.giveBuffers(this.#buffers);
  }

  // ------------------------------------------------------------------------------------------------------------ filling

  #fill(): void {
    const btree = this.#tree.btree;
    const writes = this.#transaction.writesIn(this.#tree);
    if (btree === undefined) {
      this.#fillMerged(undefined, writes, 0, 0, this.#low, this.#high, true, true);
      return;
    }
    const leaf = this.#buffers.leaf;
    if (this.#position === 'step' && !leaf.isCurrent() && !(mutants.on && mutants.has('mvcc.step-from-changed-leaf'))) {
      // Changed since: leaves may have been merged, so the neighbour need not begin where this one ended. Go on by key.
      const fence = this.#reverse ? leaf.lowerFence() : leaf.upperFence();
      if (this.#isUnsettled) this.#recordThroughEnd(this.#farEnd());
      if (fence === undefined) {
        this.#position = 'end';
        return;
      }
      if (this.#reverse) this.#high = fence;
      else this.#low = fence;
      this.#position = endsAfter(this.#high, this.#low) ? 'seek' : 'end';
      if (this.#position === 'end') return;
    }
    const isStep = this.#position === 'step';
    if (isStep) {
      if (!(this.#reverse ? btree.previousLeaf(leaf) : btree.nextLeaf(leaf))) {
        this.#position = 'end';
        return;
      }
    } else if (this.#reverse) {
      if (this.#high === undefined) btree.seekLast(leaf);
      else btree.seekLeafBefore(keyBufferOf(this.#high), this.#high.length, leaf);
    } else btree.seekLeafFor(keyBufferOf(this.#low), this.#low.length, leaf);
    // Slots [from, to) of the leaf lie in the range; isLast: the range ends inside this leaf.
    let from = 0;
    let to = leaf.count;
    let isLast = false;
    if (this.#reverse) {
      to = leaf.slot;
      if (this.#low !== '') {
        from = leaf.lowerBound(keyBufferOf(this.#low), this.#low.length);
        isLast = leaf.covers(keyBufferOf(this.#low), this.#low.length);
      }
    } else {
      from = leaf.slot;
      const high = this.#high;
      if (high !== undefined) {
        const end = keyBufferOf(high);
        to = leaf.lowerBoundFrom(from, end, high.length);
        // An entry at or behind the end is inside the fences, so the end is too: the range began before this leaf or in it.
        isLast = to < leaf.count || leaf.covers(end, high.length);
      }
    }
    if (from > to) from = to;
    const hasOwn = writes !== undefined && writes.size > 0;
    if (!hasOwn && leaf.maxCsn <= this.#cleanUpTo) {
      this.#position = isLast ? 'end' : 'step';
      if (this.#register !== 'none') this.#holdClean(from === to);
      if (to === from) return;
      if (leaf.hasOverflow || this.#tree.normalize !== undefined) this.#fillMerged(leaf, undefined, from, to, '', undefined, isLast, false);
      else this.#fillDirect(leaf, from, to);
      return;
    }
    // The part of the range inside this leaf's fences.
    let low = this.#low;
    let high = this.#high;
    if ((isStep && !this.#reverse) || (this.#reverse && !isLast)) low = maxKey(low, leaf.lowerFence());
    // A range that ends inside the leaf needs no fence at that end.
    if ((isStep && this.#reverse) || (!this.#reverse && !isLast)) high = minEnd(high, leaf.upperFence());
    if (this.#reverse ? low === '' : high === undefined) isLast = true;
    if (this.#isUnsettled && !(mutants.on && mutants.has('mvcc.clean-leaves-forgotten'))) this.#recordThroughEnd(this.#reverse ? high : low);
    this.#fillMerged(leaf, hasOwn ? writes : undefined, from, to, low, high, isLast, true);
  }

  #fillDirect(leaf: LeafRef, from: number, to: number): void {
    this.#direct = true;
    this.#firstSlot = this.#reverse ? to - 1 : from;
    this.offsets = this.#buffers.offsets;
    this.u8 = leaf.u8;
    this.dv = leaf.dv;
    this.count = to - from;
    this.#isUnread = this.#few;
    if (!this.#few && this.#columns === undefined) this.#readDirect();
  }
  /** The offsets of a direct batch, in scan order. */
  #readDirect(): void {
    const { count } = this;
    const from = this.#reverse ? this.#firstSlot + 1 - count : this.#firstSlot;
    this.#isUnread = false;
    this.#readOffsets(this.#buffers.leaf, from, from + count);
    if (!this.#reverse) return;
    const { offsets } = this.#buffers;
    for (let i = 0, j = count - 1; i < j; i++, j--) {
      const offset = offsets[i]!;
      offsets[i] = offsets[j]!;
      offsets[j] = offset;
    }
  }
  #readOffsets(leaf: LeafRef, from: number, to: number): void {
    this.#buffers.ensureRows(to - from);
    leaf.valueOffsets(this.#buffers.offsets, from, to);
    this.offsets = this.#buffers.offsets;
  }

  /** Finds or reads the columns of the batch that was filled. */
  #takeColumns(request: ColumnRequest): void {
    const { leaf, columns: scratch } = this.#buffers;
    if (this.#direct) {
      const kept = leaf.columns;
      if (kept !== undefined) {
        let record = leaf.findColumns(request);
        if (record < 0 && this.count === leaf.count) {
          this.#readOffsets(leaf, 0, this.count);
          record = leaf.readColumns(request, this);
        }
        if (record >= 0) {
          this.memory = kept.memory;
          this.record = record;
          this.first = this.#firstSlot;
          kept.standing++;
          this.#isStanding = true;
          return;
        }
      }
      this.#readOffsets(leaf, this.#firstSlot, this.#firstSlot + this.count);
    }
    this.record = scratch.read(request, this);
    this.memory = scratch.memory;
    this.first = 0;
  }
  #standUp(): void {
    this.#isStanding = false;
    this.#buffers.leaf.columns!.standing--;
  }

  /**
   * Merges slots [from, to) of the leaf with the dirty keys of [low, high), which is that leaf's part of the range; when nothing can be
   * dirty, that part need not be known.
   */
  #fillMerged(
    leaf: LeafRef | undefined,
    writes: TreeWrites | undefined,
    from: number,
    to: number,
    low: string,
    high: string | undefined,
    isLast: boolean,
    isRegionKnown: boolean,
  ): void {
    const tree = this.#tree;
    const buffers = this.#buffers;
    const mayHaveNewer = leaf !== undefined && leaf.maxCsn > this.#snap && !tree.overlay.isEmpty;
    const dirtyKeys = buffers.dirtyKeys;
    dirtyKeys.length = 0;
    let isCut = false;
    let cut = '';
    if (writes !== undefined) isCut = writes.order.collect(low, high, this.#reverse, DirtyKeysMax, dirtyKeys);
    if (isCut) cut = dirtyKeys[dirtyKeys.length - 1]!;
    if (mayHaveNewer) {
      const collected = buffers.collected;
      collected.length = 0;
      const end = isCut && !this.#reverse ? afterKey(cut) : high;
      const start = isCut && this.#reverse ? cut : low;
      if (tree.overlay.order.collect(start, end, this.#reverse, DirtyKeysMax, collected)) {
        isCut = true;
        cut = collected[collected.length - 1]!;
        while (dirtyKeys.length > 0 && (this.#reverse ? dirtyKeys[dirtyKeys.length - 1]! < cut : dirtyKeys[dirtyKeys.length - 1]! > cut)) dirtyKeys.pop();
      }
      for (const key of collected) if (tree.overlay.heads.get(key)!.csn > this.#snap && writes?.has(key) !== true) dirtyKeys.push(key);
    }
    if (isCut) {
      if (this.#reverse) low = cut;
      else high = afterKey(cut);
      if (leaf !== undefined) {
        if (this.#reverse) from = leaf.lowerBound(keyBufferOf(cut), cut.length);
        else to = leaf.upperBound(keyBufferOf(cut), cut.length);
      }
    }
    // Where the next batch begins, and what this one covers.
    if (isRegionKnown) {
      if (this.#reverse) this.#high = low;
      else if (high !== undefined) this.#low = high;
      if (this.#register !== 'none') this.#hold(low, high, leaf !== undefined && leaf.maxCsn > this.#transaction.node!.snapLow);
    }
    this.#position = isCut ? 'seek' : isLast ? 'end' : 'step';
    if (isCut && !endsAfter(this.#high, this.#low)) this.#position = 'end';
    if (dirtyKeys.length === 0) {
      if (from === to) return;
      if (!leaf!.hasOverflow && tree.normalize === undefined) {
        this.#fillDirect(leaf!, from, to);
        return;
      }
    }
    dirtyKeys.sort();
    this.#direct = false;
    this.#isUnread = false;
    let scratchUsed = 0;
    let slot = from;
    this.count = 0;
    for (let i = 0; i < dirtyKeys.length; i++) {
      const key = dirtyKeys[i]!;
      let isPresent = false;
      if (leaf !== undefined) {
        const at = leaf.lowerBound(keyBufferOf(key), key.length);
        for (; slot < at && slot < to; slot++) scratchUsed = this.#copySlot(leaf, slot, scratchUsed);
        isPresent = at < to && leaf.compareKey(at, keyBufferOf(key), key.length) === 0;
        if (isPresent) slot = at + 1;
      }
      const own = writes === undefined ? -1 : writes.set.changeBefore(writes.find(key), this.#commandEnd);
      if (own >= 0) {
        const { set } = writes!;
        if (set.kindOf(own) !== WriteKind.Delete) scratchUsed = this.#copyRow(set.valueChunk(own).u8, set.valueOffset(own), set.valueLength(own), -1 - i, scratchUsed);
        continue;
      }
      const record = undoneTo(tree.overlay.heads.get(key), this.#snap);
      if (record === undefined) {
        if (isPresent) scratchUsed = this.#copySlot(leaf!, slot - 1, scratchUsed);
      } else if (!record.isAbsent) {
        assert(!record.isStub, 'before-image was dropped but is needed', record.csn);
        scratchUsed = this.#copyRow(record.chunk!.u8, record.valueOffset, record.length, -1 - i, scratchUsed);
      }
    }
    if (leaf !== undefined) for (; slot < to; slot++) scratchUsed = this.#copySlot(leaf, slot, scratchUsed);
    if (this.#reverse) this.#reverseRows();
    this.offsets = buffers.offsets;
    this.u8 = buffers.scratch;
    this.dv = buffers.scratchView;
  }

  #copySlot(leaf: LeafRef, slot: number, scratchUsed: number): number {
    if (leaf.hasOverflow && leaf.isOverflow(slot)) {
      const bytes = leaf.readOverflow(slot);
      return this.#copyRow(bytes, 0, bytes.length, slot, scratchUsed);
    }
    return this.#copyRow(leaf.u8, leaf.valueOffset(slot), leaf.valueLength(slot), slot, scratchUsed);
  }

  /** Appends a row to the batch, upgraded if its layout is old. @returns the new end of the scratch */
  #copyRow(u8: Uint8Array, offset: number, length: number, slot: number, scratchUsed: number): number {
    const buffers = this.#buffers;
    const normalize = this.#tree.normalize;
    if (normalize !== undefined && normalize.isOld(u8, offset)) {
      u8 = normalize.upgrade(u8, offset, length);
      offset = 0;
      length = u8.length;
    }
    buffers.ensureScratch(scratchUsed, length);
    buffers.ensureRows(this.count + 1);
    const scratch = buffers.scratch;
    if (length <= 64) for (let i = 0; i < length; i++) scratch[scratchUsed + i] = u8[offset + i]!;
    else scratch.set(u8.subarray(offset, offset + length), scratchUsed);
    buffers.offsets[this.count] = scratchUsed;
    buffers.lengths[this.count] = length;
    buffers.slots[this.count] = slot;
    this.count++;
    return scratchUsed + length;
  }

  #reverseRows(): void {
    const { offsets, lengths, slots } = this.#buffers;
    offsets.subarray(0, this.count).reverse();
    lengths.subarray(0, this.count).reverse();
    slots.subarray(0, this.count).reverse();
  }

  // ------------------------------------------------------------------------------------------------------------ registering

  /** The batch covers [low, high). */
  #hold(low: string, high: string | undefined, hasNewer: boolean): void {
    this.#batchLow = low;
    this.#batchHigh = high;
    this.#isClean = false;
    this.#hasNewer = hasNewer;
    this.#isUnsettled = true;
    this.#transaction.manager.addUnsettled(this);
  }
  /** The batch is a clean leaf, or the part of it that lies in the range (B4). */
  #holdClean(isEmpty: boolean): void {
    if (this.#isUnsettled || (isEmpty && mutants.on && mutants.has('mvcc.empty-range-unregistered'))) return;
    this.#hold(this.#low, this.#high, false);
    this.#isClean = true;
  }

  /** Where the batch ends in the direction of the scan. */
  #farEnd(): string | undefined {
    const isReverse = this.#reverse;
    if (!this.#isClean) return isReverse ? this.#batchLow : this.#batchHigh;
    const rest = isReverse ? this.#low : this.#high;
    if (this.#position === 'end') return rest;
    const { leaf } = this.#buffers;
    return isReverse ? maxKey(this.#low, leaf.lowerFence()) : minEnd(this.#high, leaf.upperFence());
  }
  /** Where it begins: what is unsettled may have begun in a leaf before. */
  #nearEnd(): string | undefined {
    if (!this.#isClean) return this.#reverse ? this.#batchHigh : this.#batchLow;
    const { leaf } = this.#buffers;
    return this.#reverse ? minEnd(this.#batchHigh, leaf.upperFence()) : maxKey(this.#batchLow, leaf.lowerFence());
  }

  /**
   * Another transaction is about to commit, and may change the leaf, while this scan stands at the end of a batch: the batch counts as
   * read up to its last row. What lies behind that is read only if the consumer moves on.
   */
  settleForOthers(): void {
    if (this.count === 0) return;
    const last = this.keyAt(this.count - 1);
    const end = this.#farEnd();
    this.#recordThrough(this.count - 1);
    if (this.#reverse) {
      this.#batchLow = end!;
      this.#batchHigh = last;
      this.#high = end;
    } else {
      this.#batchLow = afterKey(last);
      this.#batchHigh = end;
      if (end !== undefined) this.#low = end;
    }
    this.#isClean = false;
    this.#hasTail = endsAfter(this.#batchHigh, this.#batchLow);
    // What is about to be committed may lie there.
    if (!(mutants.on && mutants.has('mvcc.tail-edges-forgotten'))) this.#hasNewer = true;
  }

  #settleThrough(i: number): void {
    this.#recordThrough(i);
    this.#transaction.checkDoom();
  }

  #settle(low: string, high: string | undefined): void {
    this.#record(low, high);
    this.#transaction.checkDoom();
  }

  #recordThrough(i: number): void {
    if (mutants.on && mutants.has('mvcc.limit-registers-one-less')) i--;
    if (i < 0) this.#recordThroughEnd(this.#nearEnd());
    else this.#recordThroughEnd(this.#reverse ? this.keyAt(i) : afterKey(this.keyAt(i)));
  }
  /** Registers what is unsettled as far as `end` in the direction of the scan; undefined: the end of the tree, where a scan in reverse begins. */
  #recordThroughEnd(end: string | undefined): void {
    if (!this.#reverse) this.#record(this.#batchLow, end);
    else if (end === undefined) this.#record(this.#batchLow, this.#batchLow);
    else this.#record(end, this.#batchHigh);
  }

  /** Registers [low, high) as read and adds the edges to or from the writers of what is newer than the snapshot in it. */
  #record(low: string, high: string | undefined): void {
    this.#isUnsettled = false;
    this.#hasTail = false;
    const transaction = this.#transaction;
    const manager = transaction.manager;
    manager.removeUnsettled(this);
    const node = transaction.node;
    if (node === undefined || node.isSafe || (node.state !== 'active' && !(mutants.on && mutants.has('mvcc.doomed-scan-registers'))) || !endsAfter(high, low)) return;
    const tree = this.#tree;
    const isHidden = this.#register !== 'full';
    const asksKeys = this.#register === 'hidden keys' || (mutants.on && mutants.has('mvcc.hidden-values-by-keys'));
    const statement = this.statement.number;
    if (!(mutants.on && mutants.has('mvcc.empty-range-unregistered') && this.count === 0 && !this.#isClean)) {
      node.readRange(tree.siread, low, high, statement, isHidden && asksKeys);
    }
    const overlay = tree.overlay;
    if (!this.#hasNewer || overlay.isEmpty) return;
    const keys: string[] = [];
    overlay.order.collect(low, high, false, Infinity, keys);
    for (const key of keys) {
      for (let record = overlay.heads.get(key); record !== undefined && record.csn > node.snapLow; record = record.older) {
        if (!isHidden) manager.certifier.readOver(node, record, tree.siread, low, high, statement);
        else if (!asksKeys || changesPresence(record.kind)) manager.certifier.readHidden(node, record, tree.siread, statement);
        if (mutants.on && mutants.has('mvcc.edge-only-to-newest')) break;
      }
    }
  }
}

function maxKey(a: string, b: string): string {
  return a > b ? a : b;
}

function minEnd(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined ? b : b === undefined ? a : a < b ? a : b;
}
