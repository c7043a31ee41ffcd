/**
 * Point reads and probes. Everything here is synchronous, and registering a read happens in the same slice as the read, before it
 * can be overwritten.
 *
 * A point read costs the tree's seek and a few comparisons: no string is made for the key unless a serializable transaction reads it over a newer change.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { ColumnRequest } from '../../base/row-columns.js';
import type { BTree } from '../../storage/tree/btree.js';
import { definitionConflictError } from '../conflict.js';
import { keyBufferOf } from './key-buffer.js';
import { LeafScan, type Registering } from './leaf-scan.js';
import { undoneTo } from '../snapshot.js';
import type { Transaction } from '../transaction.js';
import { type KeyRange, type RowRef, afterKey } from '../types.js';
import type { UndoRecord } from '../versions/undo-overlay.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import { WriteKind, type WriteSet } from '../write-set/write-set.js';

/** @throws 40001 when the tree was made, rewritten or dropped after the snapshot */
export function checkTree(transaction: Transaction, tree: VersionedTree): void {
  if (tree.creator === transaction) return;
  if (tree.isDropped || tree.validFrom > snapshotOf(transaction)) throw definitionConflictError(tree);
}

/** The snapshot that the statement has, or at READ COMMITTED would get now: for the question alone none is taken. */
function snapshotOf(transaction: Transaction): number {
  const { statement, isolation, manager } = transaction;
  return isolation === 'read committed' && statement !== undefined && statement.snapshotCsn < 0 ? manager.lastPublished : transaction.snapshotCsn;
}

/** Z1 of sliced-commit.ts */
function assertSettled({ manager, id }: Transaction): void {
  assert(manager.sliced === undefined, 'a read between two slices of a commit', id);
}

export function pointGet(transaction: Transaction, tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef, register: boolean): boolean {
  transaction.check();
  if (VERIFY.on) assertSettled(transaction);
  const snap = transaction.snapshotCsn;
  if (tree.validFrom > snap || tree.isDropped) checkTree(transaction, tree);
  if (transaction.writes !== undefined) {
    const writes = transaction.writesIn(tree);
    if (writes !== undefined) {
      const own = writes.set.changeBefore(writes.set.findBytes(writes.number, key, keyLength), transaction.statement!.number);
      if (own >= 0) return fillFromEntry(tree, writes.set, own, into);
    }
  }
  const node = transaction.node;
  const isTracked = node !== undefined && !node.isSafe;
  if (isTracked && register) {
    if (!(mutants.on && mutants.has('mvcc.skip-not-found-registration') && !existsNow(tree, keyString(key, 0, keyLength)))) {
      node.readPointBytes(tree.siread, key, keyLength, transaction.statement!.number, false);
    }
  }
  const btree = tree.btree;
  if (btree === undefined) return false;
  transaction.holdRow(into);
  const leaf = into.leaf;
  const found = btree.seek(key, keyLength, leaf);
  if (leaf.maxCsn > snap && !tree.overlay.isEmpty) {
    const newest = tree.overlay.heads.getBytes(key, keyLength);
    if (newest !== undefined && newest.csn > snap) {
      if (isTracked) readOverPoint(transaction, tree, keyString(key, 0, keyLength), newest, snap);
      const record = undoneTo(newest, snap)!;
      return fillFromRecord(tree, record, into);
    }
  }
  if (!found) return false;
  fillFromLeaf(tree, into);
  return true;
}

/** Edges to every writer of a newer version of a key that is read. */
function readOverPoint(transaction: Transaction, tree: VersionedTree, key: string, newest: UndoRecord, snap: number): void {
  const node = transaction.node!;
  const end = afterKey(key);
  for (let record: UndoRecord | undefined = newest; record !== undefined && record.csn > snap; record = record.older) {
    transaction.manager.certifier.readOver(node, record, tree.siread, key, end, transaction.statement!.number);
    if (mutants.on && mutants.has('mvcc.edge-only-to-newest')) break;
  }
  if (node.edgeGained) transaction.checkDoom();
}

export function newest(transaction: Transaction, tree: VersionedTree, key: string, into: RowRef): boolean {
  transaction.check();
  const writes = transaction.writesIn(tree);
  const own = writes === undefined ? -1 : writes.set.newestChange(writes.find(key));
  if (own >= 0) return fillFromEntry(tree, writes!.set, own, into);
  if (tree.btree === undefined) return false;
  transaction.holdRow(into);
  if (!tree.btree.seek(keyBufferOf(key), key.length, into.leaf)) return false;
  fillFromLeaf(tree, into);
  return true;
}

/** Whether the installed state has the key. */
export function existsNow(tree: VersionedTree, key: string): boolean {
  const btree = tree.btree;
  if (btree === undefined) return false;
  return btree.has(keyBufferOf(key), key.length);
}

export function openScan(
  transaction: Transaction,
  tree: VersionedTree,
  range: KeyRange,
  reverse: boolean,
  view: 'snapshot' | 'latest',
  register: Registering,
  columns?: ColumnRequest,
  few = false,
): LeafScan {
  if (register === 'hidden' || register === 'hidden keys') transaction.checkWritable();
  else transaction.check();
  if (VERIFY.on) assertSettled(transaction);
  // The newest state needs no snapshot, and takes none: a long reading of it makes nobody keep old versions.
  const snap = view === 'latest' ? snapshotOf(transaction) : transaction.snapshotCsn;
  if (tree.validFrom > snap || tree.isDropped) checkTree(transaction, tree);
  return new LeafScan(transaction, tree, range.low, range.high, reverse, view === 'latest' ? Infinity : snap, register, columns, few);
}

export function probeLatest(transaction: Transaction, tree: VersionedTree, range: KeyRange, into: RowRef | undefined): boolean {
  const scan = openScan(transaction, tree, range, false, 'latest', 'hidden keys');
  if (!scan.next()) return false;
  if (into !== undefined) {
    const length = scan.lengthAt(0);
    const start = scan.offsets[0]!;
    into.u8 = scan.u8.slice(start, start + length);
    into.dv = new DataView(into.u8.buffer);
    into.offset = 0;
    into.length = length;
  }
  scan.stopAt(0);
  return true;
}

// ------------------------------------------------------------------------------------------------------------ filling a RowRef

/** False when the entry removes the key. */
export function fillFromEntry(tree: VersionedTree, set: WriteSet, entry: number, into: RowRef): boolean {
  if (set.kindOf(entry) === WriteKind.Delete) return false;
  const chunk = set.valueChunk(entry);
  fill(tree, into, chunk.u8, chunk.dv, set.valueOffset(entry), set.valueLength(entry));
  return true;
}

function fillFromRecord(tree: VersionedTree, record: UndoRecord, into: RowRef): boolean {
  if (record.isAbsent) return false;
  assert(!record.isStub, 'before-image was dropped but is needed', record.csn);
  const chunk = record.chunk!;
  fill(tree, into, chunk.u8, chunk.dv, record.valueOffset, record.length);
  return true;
}

/**
 * The row of a key in the tree as it is installed, for whoever changes it in this very slice: nothing is asked of the tree or the pool before that, so the page need not be held.
 * @returns whether there is one
 */
export function peekRow(transaction: Transaction, tree: VersionedTree, btree: BTree, key: Uint8Array, keyLength: number, into: RowRef): boolean {
  const isThere = btree.peek(key, keyLength, into);
  if (isThere === undefined) {
    transaction.holdRow(into);
    btree.seek(key, keyLength, into.leaf);
    fillFromLeaf(tree, into);
    return true;
  }
  if (isThere && tree.normalize !== undefined) fill(tree, into, into.u8, into.dv, into.offset, into.length);
  return isThere;
}

/** From the entry at `leaf.slot`. */
export function fillFromLeaf(tree: VersionedTree, into: RowRef): void {
  const leaf = into.leaf;
  const slot = leaf.slot;
  if (leaf.hasOverflow && leaf.isOverflow(slot)) {
    const bytes = leaf.readOverflow(slot);
    fill(tree, into, bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  } else if (tree.normalize === undefined) {
    into.u8 = leaf.u8;
    into.dv = leaf.dv;
    into.offset = leaf.valueOffset(slot);
    into.length = leaf.valueLength(slot);
  } else fill(tree, into, leaf.u8, leaf.dv, leaf.valueOffset(slot), leaf.valueLength(slot));
}

function fill(tree: VersionedTree, into: RowRef, u8: Uint8Array, dv: DataView, offset: number, length: number): void {
  const normalize = tree.normalize;
  if (normalize !== undefined && normalize.isOld(u8, offset)) {
    const upgraded = normalize.upgrade(u8, offset, length).slice();
    into.u8 = upgraded;
    into.dv = new DataView(upgraded.buffer);
    into.offset = 0;
    into.length = upgraded.length;
    return;
  }
  into.u8 = u8;
  into.dv = dv;
  into.offset = offset;
  into.length = length;
}

