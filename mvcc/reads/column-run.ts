/**
 * The entries of an equality on the first column of a clustered key, an integer, as columns (base/row-columns.ts): what `EntryRun` gives as rows. For the inner side of a
 * nested loop, which asks for key after key, often in the order of the tree or near it.
 *
 * Where the columns of the leaf are kept beside its page (storage/pages/leaf-columns.ts), the key is looked for in the column of the integers, and the page is not touched: first near
 * the place of the key before, in that leaf or the next one, then by a descent. Other leaves are read as rows, whose columns are read from them; a leaf that is asked for
 * again and again has its columns read whole.
 *
 * K1  Keys are looked for near the last place only while its leaf is what it was and no columns have been taken back since (`LeafColumns.takenBack`).
 * K2  A leaf at hand has the entries of an integer from their beginning if it has a smaller one, or if it was stepped to from a leaf whose last integer is smaller. Of an equal
 *     first one that says nothing: entries may stand in the leaf before.
 * K3  While it is open and its batch lies in the kept columns, it stands on them (L2 of leaf-columns.ts).
 *
 * Source for looking near the last place in steps that double: Bentley, Yao 1976; for fingers into B-trees Brown, Tarjan 1980.
 */
import { assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { putInt4Key } from '../../base/keycode.js';
import { mutants } from '../../base/mutants.js';
import { AtColumns, type ColumnMemory, type ColumnRequest, ColumnScratch, noColumnMemory } from '../../base/row-columns.js';
import type { BTree } from '../../storage/tree/btree.js';
import type { LeafRef } from '../../storage/tree/cursor.js';
import type { LeafColumns } from '../../storage/pages/leaf-columns.js';
import { EntryRun, endOfPrefix, hasNewer, mayGoOn, rangeOfPrefix } from './entry-run.js';
import type { LeafScan } from './leaf-scan.js';
import type { Transaction } from '../transaction.js';
import { type KeyRange, RowRef } from '../types.js';
import type { VersionedTree } from '../versions/versioned-tree.js';

const keyBytes = new Uint8Array(4);
const oneOffset = new Int32Array(1);

export class ColumnRun extends EntryRun {
  // As in LeafScan: where the columns lie.
  memory: ColumnMemory = noColumnMemory;
  record = 0;
  first = 0;
  readonly #request: ColumnRequest;
  /** The column that the keys begin with; it is among those wanted. */
  readonly #keyColumn: number;
  /** Whether keys are that integer alone. */
  readonly #isUnique: boolean;
  readonly #scratch = new ColumnScratch();
  /** Of a point read as a row. */
  readonly #row = new RowRef();
  /** Asked for. */
  #value = 0;
  /** Whether the batch is a row that was read as such. */
  #isRow = false;
  /** Whether there may be entries in the next leaf, which has not been looked at. */
  #goesOn = false;
  /** The leaf at hand: its columns, their record, where the integers begin in their memory, and where the last key was. */
  #columns: LeafColumns | undefined = undefined;
  #takenBack = 0;
  #record = -1;
  #keys = 0;
  #slot = 0;
  #isStanding = false;
  /** Whether the next leaf is worth a look: the last key that was not in the leaf at hand was in the next one. */
  #steps = false;

  constructor(request: ColumnRequest, keyColumn: number, isUnique: boolean) {
    super();
    this.#request = request;
    this.#keyColumn = keyColumn;
    this.#isUnique = isUnique;
  }

  /** Finds the entries that begin with `value`; false, and nothing has happened, when it takes a scan (E1; never for a unique key, unless it is busy). @throws DbError 40001 */
  openAt(transaction: Transaction, tree: VersionedTree, value: number): boolean {
    if (this.isOpen) return false;
    this.#value = value;
    if (this.serves(transaction, tree)) {
      const { leaf } = this.ref;
      transaction.holdRow(this.ref);
      const slot = this.#find(transaction, tree);
      if (!hasNewer(transaction, tree, leaf)) {
        if (this.#record >= 0) {
          this.#openKept(transaction, tree, slot);
          this.#observeValue();
          return true;
        }
        if (!leaf.hasOverflow && this.#openRows(transaction, tree, slot)) {
          this.#observeValue();
          return true;
        }
      }
    }
    if (!this.#isUnique) return false;
    this.#openRow(transaction, tree);
    return true;
  }

  /** A unique key is registered at once, as a point. */
  #observeValue(): void {
    const { node, statement } = this.transaction!;
    if (node === undefined || node.isSafe) return;
    putInt4Key(keyBytes, 0, this.#value);
    if (!this.#isUnique) this.observe(keyBytes, 4);
    else if (!(mutants.on && mutants.has('mvcc.run-unregistered'))) node.readPointBytes(this.tree!.siread, keyBytes, 4, statement!.number, false);
  }

  // ------------------------------------------------------------------------------------------------------------ finding

  /** The first slot at or after the key's entries in the leaf that covers the key, which becomes the leaf at hand; `#record` is -1 when its columns are not kept. */
  #find(transaction: Transaction, tree: VersionedTree): number {
    const btree = tree.btree!;
    const { leaf } = this.ref;
    if (this.#isAtHand(btree) && !hasNewer(transaction, tree, leaf)) {
      const slot = this.#near(btree);
      if (slot >= 0) return slot;
    }
    putInt4Key(keyBytes, 0, this.#value);
    const { parentFrame, childIndex } = leaf;
    const isByColumns = btree.seekByColumns(keyBytes, 4, leaf);
    if (!isByColumns) btree.seekLeafFor(keyBytes, 4, leaf);
    this.#steps = leaf.parentFrame === parentFrame && leaf.childIndex === childIndex + 1;
    if (this.#takeColumns(leaf)) return this.#search(0);
    if (isByColumns) btree.seekLeafFor(keyBytes, 4, leaf);
    this.#readWhole(leaf);
    return leaf.slot;
  }
  /** K1. */
  #isAtHand(btree: BTree): boolean {
    const { leaf } = this.ref;
    if (this.#record < 0 || leaf.tree !== btree) return false;
    if (!leaf.isCurrent() && !(mutants.on && mutants.has('mvcc.run-in-changed-leaf'))) return false;
    return this.#columns!.takenBack === this.#takenBack || (mutants.on && mutants.has('mvcc.run-columns-taken-back'));
  }
  /** Near the last place (K2), -1: somewhere else. */
  #near(btree: BTree): number {
    const value = this.#value;
    const { leaf } = this.ref;
    const { i32 } = this.memory;
    if (leaf.count === 0) return -1;
    if (value <= i32[this.#keys + leaf.count - 1]!) {
      if (value <= i32[this.#keys]! && !(mutants.on && mutants.has('mvcc.run-begins-with-leaf'))) return -1;
      return this.#search(i32[this.#keys + this.#slot]! < value ? this.#slot : 0);
    }
    if (!this.#steps || !btree.nextLeaf(leaf)) return -1;
    this.#steps = this.#takeColumns(leaf) && leaf.count > 0 && value <= i32[this.#keys + leaf.count - 1]!;
    return this.#steps ? this.#search(0) : -1;
  }
  /** Notes the columns of the leaf, if they are kept. */
  #takeColumns(leaf: LeafRef): boolean {
    const { columns } = leaf;
    this.#record = columns === undefined ? -1 : leaf.findColumns(this.#request);
    if (this.#record < 0) return false;
    this.#columns = columns;
    this.#takenBack = columns!.takenBack;
    this.memory = columns!.memory;
    this.#keys = this.memory.i32[this.#record + AtColumns + 2 * this.#keyColumn]!;
    this.#slot = 0;
    return true;
  }
  /** Has the leaf's columns read and kept, if it has been asked for often. */
  #readWhole(leaf: LeafRef): void {
    if (leaf.columns === undefined || leaf.hasOverflow || !leaf.areColumnsWanted()) return;
    this.readOffsets(leaf, 0, leaf.count);
    const { u8, dv, offsets } = this;
    leaf.readColumns(this.#request, { u8, dv, offsets, count: leaf.count });
    this.#takeColumns(leaf);
  }
  /** The first slot at or after `from` whose integer is not less, in steps that double and then by halves. Integers before `from` are less. */
  #search(from: number): number {
    const value = this.#value;
    const { i32 } = this.memory;
    const keys = this.#keys;
    const { count } = this.ref.leaf;
    let low = from;
    let step = 1;
    // Always: what stands before `low` is less; `high` is not, or the end.
    while (low + step < count && i32[keys + low + step - 1]! < value) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, count);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (i32[keys + middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // ------------------------------------------------------------------------------------------------------------ batches

  #openKept(transaction: Transaction, tree: VersionedTree, slot: number): void {
    const end = this.#endFrom(slot);
    this.begin(transaction, tree, 4, slot, end - slot);
    this.#columns!.standing++;
    this.#isStanding = true;
    this.#take(slot, end);
  }
  /** Behind the last entry of the key in the leaf. */
  #endFrom(slot: number): number {
    const { i32 } = this.memory;
    const { count } = this.ref.leaf;
    let end = slot;
    while (end < count && i32[this.#keys + end] === this.#value) end++;
    return end;
  }
  #take(slot: number, end: number): void {
    const { leaf } = this.ref;
    this.u8 = leaf.u8;
    this.dv = leaf.dv;
    this.record = this.#record;
    this.first = slot;
    this.#slot = slot < leaf.count ? slot : 0;
    this.#isRow = false;
    const isAtEnd = end === leaf.count && !(this.#isUnique && end > slot);
    this.#goesOn = isAtEnd && this.#mayGoOn(leaf) && !(mutants.on && mutants.has('mvcc.run-forgets-next-leaf'));
  }
  #mayGoOn(leaf: LeafRef): boolean {
    putInt4Key(keyBytes, 0, this.#value);
    return mayGoOn(leaf, keyBytes, 4);
  }
  /** The entries in the next leaf. */
  #nextPart(): boolean {
    this.#goesOn = false;
    const transaction = this.transaction!;
    const tree = this.tree!;
    const { leaf } = this.ref;
    if (!tree.btree!.nextLeaf(leaf)) return false;
    if (!this.#takeColumns(leaf) || hasNewer(transaction, tree, leaf)) {
      this.rest = this.openRest({ low: leaf.lowerFence(), high: rangeOfInteger(this.#value).high });
      return this.nextOfRest(this.rest);
    }
    const end = this.#endFrom(0);
    this.begin(transaction, tree, 4, 0, end);
    this.#take(0, end);
    return this.next();
  }

  /** By the rows of the leaf; false when the entries may go on in the next one. */
  #openRows(transaction: Transaction, tree: VersionedTree, slot: number): boolean {
    const { leaf } = this.ref;
    let end = slot;
    if (this.#isUnique) {
      if (slot < leaf.count && leaf.compareKey(slot, keyBytes, 4) === 0) end++;
    } else {
      end = endOfPrefix(leaf, slot, keyBytes, 4);
      if (end < 0) return false;
    }
    this.begin(transaction, tree, 4, slot, end - slot);
    this.readOffsets(leaf, slot, end - slot);
    this.#readRows(false);
    return true;
  }
  #openRow(transaction: Transaction, tree: VersionedTree): void {
    putInt4Key(keyBytes, 0, this.#value);
    const isThere = transaction.get(tree, keyBytes, 4, this.#row);
    this.begin(transaction, tree, 4, 0, isThere ? 1 : 0);
    if (!isThere) return;
    this.u8 = this.#row.u8;
    this.dv = this.#row.dv;
    this.offsets[0] = this.#row.offset;
    this.#readRows(true);
  }
  #readRows(isRow: boolean): void {
    this.record = this.#scratch.read(this.#request, this);
    this.memory = this.#scratch.memory;
    this.first = 0;
    this.#isRow = isRow;
    this.#goesOn = false;
  }

  // ------------------------------------------------------------------------------------------------------------ as a scan

  override next(): boolean {
    return super.next() || (this.#goesOn && this.rest === undefined && this.#nextPart());
  }
  override keyAt(i: number): string {
    if (!this.#isRow || this.rest !== undefined) return super.keyAt(i);
    putInt4Key(keyBytes, 0, this.#value);
    return keyString(keyBytes, 0, 4);
  }
  /** As in LeafScan. */
  offsetAt(i: number): number {
    if (this.rest !== undefined) return this.rest.offsetAt(i);
    assert(i >= 0 && i < this.count, 'row past the end of the batch', i, this.count);
    if (!this.#isStanding) return this.offsets[i]!;
    const slot = this.firstSlot + i;
    this.ref.leaf.valueOffsets(oneOffset, slot, slot + 1);
    return oneOffset[0]!;
  }
  protected override nextOfRest(rest: LeafScan): boolean {
    const isMore = super.nextOfRest(rest);
    this.memory = rest.memory;
    this.record = rest.record;
    this.first = rest.first;
    return isMore;
  }
  protected override openRest(range: KeyRange): LeafScan {
    this.#standUp();
    this.registerUpTo(range.low);
    return this.transaction!.openScan(this.tree!, range, { reverse: false, columns: this.#request });
  }
  override close(): void {
    this.#standUp();
    super.close();
  }
  #standUp(): void {
    this.#goesOn = false;
    if (!this.#isStanding) return;
    this.#isStanding = false;
    if (!(mutants.on && mutants.has('mvcc.run-never-stands-up'))) this.#columns!.standing--;
  }
}

/** The range of the same entries, for a scan. */
export function rangeOfInteger(value: number): KeyRange {
  putInt4Key(keyBytes, 0, value);
  return rangeOfPrefix(keyBytes, 4);
}
