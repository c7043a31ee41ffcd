/**
 * Takes a numbered commit's changes into the trees and the log, in one of two ways.
 *
 * With before-images (`installSeen`): row by row, what is there is looked for once, for the copy and for the change.
 * Without (`UnseenInstall`, P4 of commit.ts): no object per row and no look at what was there; the changes of a tree go in leaf by leaf in the order of their keys, or
 * where their rows were found. Both can be left and gone on with between two pieces (sliced-commit.ts).
 */
import { VERIFY, assert } from '../../base/assert.js';
import type { Csn, Lsn } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { BTree } from '../../storage/tree/btree.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { FoundLeaves } from '../../storage/tree/found-leaves.js';
import { NoPlace } from '../../storage/tree/found-place.js';
import { changesKey, isChange, kindOfChange, newestInOrder, placeElsewhere } from './final-changes.js';
import { keyBufferFrom } from '../reads/key-buffer.js';
import type { Transaction } from '../transaction.js';
import type { MvccCommitWriter } from '../transaction-manager.js';
import { ChangeKind } from '../versions/undo-overlay.js';
import { FoundOrder } from '../write-set/found-order.js';
import type { KeyRun } from '../write-set/key-run.js';
import { KeySort, SortCountMin, isAscending, sortByKey } from '../write-set/key-sort.js';
import { PlacedPuts } from '../write-set/placed-puts.js';
import { BucketsCountMax, PutBuckets, isShortEntry } from '../write-set/put-buckets.js';
import { PutRun } from '../write-set/put-run.js';
import { TreeCreation, TreeDrop } from '../write-set/tree-change.js';
import type { TreeWrites } from '../write-set/tree-writes.js';
import { WriteFlag, WriteKind, type WriteSet } from '../write-set/write-set.js';

/** So few changes of a tree are installed one by one. */
const RunMin = 8;
/** So many entries at least of which the deletes go before the puts. */
const MixedEntries = 64;
const mixedKinds = [WriteKind.Delete, WriteKind.Put] as const;
const leaf = new LeafRef();

/** Changes a tree at a time, and yields after each piece how many entries it had. */
export type InstallPieces = Generator<number, void, undefined>;

/** Trees that the transaction has made or dropped, before anything goes into them. */
export function changeTrees(transaction: Transaction, csn: Csn, writer: MvccCommitWriter): void {
  if (!transaction.changesTrees) return;
  const manager = transaction.manager;
  for (const item of transaction.log.items) {
    if (item instanceof TreeCreation) {
      const tree = item.tree;
      tree.btree = item.built === undefined ? writer.createTree(tree.id) : writer.attachTree(item.built);
      tree.validFrom = csn;
      tree.creator = undefined;
    } else if (item instanceof TreeDrop) {
      writer.dropTree(item.id);
      manager.dropTree(item.id);
    }
  }
}

// ------------------------------------------------------------------------------------------------------------ with before-images

/** Applies and logs the changes, each with its before-image: what is there is looked for once, for both. `entries`: those of `newestInOrder`, if they are known. */
export function installSeen(transaction: Transaction, csn: Csn, entries: readonly Int32Array[] | undefined): Lsn {
  const { manager, writes: set } = transaction;
  const writer = manager.store.beginCommit(csn);
  try {
    changeTrees(transaction, csn, writer);
    if (set !== undefined) installSet(set, entries ?? newestInOrder(set), transaction, csn, writer);
  } catch (error) {
    throw writer.fail(error);
  } finally {
    leaf.release();
  }
  const lsn = writer.finish();
  manager.vacuum.limit(manager.lastPublished);
  return lsn;
}

function installSet(set: WriteSet, lists: readonly Int32Array[], transaction: Transaction, csn: Csn, writer: MvccCommitWriter): void {
  for (let tree = 0; tree < lists.length; tree++) {
    const writes = set.trees[tree]!;
    if (treeOf(writes) !== undefined) installEach(transaction, csn, writer, writes, lists[tree]!);
  }
}
/** `installSeen` but for what begins and ends the commit, in pieces of `pieceRows` entries. */
export function* seenPieces(transaction: Transaction, csn: Csn, writer: MvccCommitWriter, lists: readonly Int32Array[], pieceRows: number): InstallPieces {
  const { trees } = transaction.writes!;
  for (let tree = 0; tree < lists.length; tree++) {
    const writes = trees[tree]!;
    const list = lists[tree]!;
    if (treeOf(writes) === undefined) continue;
    // As many as there will be: a table that grows keeps others for as long as a piece does.
    writes.tree.overlay.heads.reserve(list.length);
    for (let from = 0; from < list.length; from += pieceRows) {
      const piece = list.subarray(from, from + pieceRows);
      installEach(transaction, csn, writer, writes, piece);
      leaf.release();
      yield piece.length;
    }
  }
}
function installEach(transaction: Transaction, csn: Csn, writer: MvccCommitWriter, writes: TreeWrites, entries: Int32Array): void {
  const { set } = writes;
  for (let i = 0; i < entries.length; i++) {
    const entry = set.newestChange(entries[i]!);
    if (entry >= 0) installOne(transaction, csn, writer, writes, entry);
  }
}

function installOne(transaction: Transaction, csn: Csn, writer: MvccCommitWriter, writes: TreeWrites, entry: number): void {
  const { set, tree } = writes;
  const { manager, node } = transaction;
  const btree = tree.btree!;
  const keyLength = set.keyLength(entry);
  const key = keyBufferFrom(set.keyChunk(entry).u8, set.keyOffset(entry), keyLength);
  const isThere = btree.seek(key, keyLength, leaf);
  if (VERIFY.on) assert(isThere || set.has(entry, WriteFlag.Fresh), 'a row that was locked is gone', set.treeOf(entry).tree.id);
  const kind = kindOfChange(writes, entry, isThere);
  if (kind === undefined) return;
  const isAfterKept = isThere && mutants.on && mutants.has('mvcc.after-image-kept');
  const record = isAfterKept ? manager.undo.make(tree.overlay, key, keyLength, set.valueChunk(entry), set.valueOffset(entry), set.valueLength(entry)) : manager.undo.keep(tree.overlay, key, keyLength, leaf, isThere);
  record.csn = csn;
  record.kind = kind;
  record.node = node?.isSafe === false ? node : undefined;
  record.transactionId = transaction.id;
  record.statement = set.commandOf(entry);
  record.info = transaction.statements.at(record.statement);
  record.changesKey = changesKey(writes, entry, kind);
  if (isThere && set.has(entry, WriteFlag.Extra)) record.movedTo = placeElsewhere(writes, entry);
  if (kind === ChangeKind.Delete) writer.deleteSought(btree, leaf, key, keyLength);
  else writer.putSought(btree, leaf, isThere, key, keyLength, set.valueChunk(entry).u8, set.valueOffset(entry), set.valueLength(entry));
  tree.overlay.push(record);
  manager.vacuum.add(record);
}

// ------------------------------------------------------------------------------------------------------------ without

/** Leaves no before-images (P4): no object per row, no look at what was there. One for all commits of a manager, for one at a time. */
export class UnseenInstall {
  readonly #run = new PutRun();
  readonly #sort = new KeySort();
  readonly #buckets = new PutBuckets();
  readonly #found = new FoundOrder();
  readonly #placed = new PlacedPuts();
  readonly #leaves = new FoundLeaves();
  readonly #pieceRows: number;

  /** `pieceRows`: what can be cut is cut into pieces of so many entries. */
  constructor(pieceRows: number) {
    this.#pieceRows = pieceRows;
  }

  /** Applies and logs the changes; `entries`: those of `newestInOrder`, if they are known. */
  install(transaction: Transaction, csn: Csn, entries: readonly Int32Array[] | undefined): Lsn {
    const writer = transaction.manager.store.beginCommit(csn);
    try {
      changeTrees(transaction, csn, writer);
      const { writes: set } = transaction;
      if (set !== undefined) this.#installSet(writer, set, entries ?? set.newestByTree(RunMin));
    } catch (error) {
      throw writer.fail(error);
    }
    return writer.finish();
  }
  #installSet(writer: MvccCommitWriter, set: WriteSet, lists: readonly Int32Array[]): void {
    for (let tree = 0; tree < lists.length; tree++) {
      const list = lists[tree]!;
      const writes = set.trees[tree]!;
      const btree = treeOf(writes);
      if (btree === undefined) continue;
      if (writes.size < RunMin) {
        if (!writes.isInRun) sortByKey(set, list);
        installFew(writer, btree, set, list);
      } else for (const pieces = this.#piecesOf(writer, btree, writes, list); pieces.next().done !== true; );
    }
    this.#end();
  }

  /** `install` but for what begins and ends the commit, in pieces; `entries` as there. Whoever leaves it before the last has a store that is poisoned. */
  *pieces(writer: MvccCommitWriter, set: WriteSet, entries: readonly Int32Array[] | undefined): InstallPieces {
    const lists = entries ?? set.newestByTree(RunMin);
    for (let tree = 0; tree < lists.length; tree++) {
      const writes = set.trees[tree]!;
      const btree = treeOf(writes);
      if (btree !== undefined) yield* this.#piecesOf(writer, btree, writes, lists[tree]!);
    }
    this.#end();
  }
  #end(): void {
    this.#run.end();
    this.#sort.end();
    this.#buckets.end();
    this.#found.end();
  }

  #piecesOf(writer: MvccCommitWriter, btree: BTree, { set, isInRun, size, run }: TreeWrites, newest: Int32Array): InstallPieces {
    if (newest.length < size) return this.#consecutive(writer, btree, set, run);
    return isInRun ? this.#ascending(writer, btree, set, newest) : this.#scattered(writer, btree, set, newest);
  }

  /** Entries in key order, which came in it: what came as blocks goes through without a look at what each says. */
  *#ascending(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array): InstallPieces {
    for (let start = 0; start < entries.length; ) {
      const end = set.stretchEnd(entries, start);
      for (let from = start; from < end; from += this.#pieceRows) {
        const to = Math.min(end, from + this.#pieceRows);
        if (set.isImplied(entries[from]!) && to - from >= RunMin) this.#installBlocks(writer, btree, set, entries[from]!, entries[to - 1]! + 1);
        else this.#installEntries(writer, btree, set, entries.subarray(from, to), false);
        yield to - from;
      }
      start = end;
    }
  }
  /** The same of a run without a list. */
  *#consecutive(writer: MvccCommitWriter, btree: BTree, set: WriteSet, keys: KeyRun): InstallPieces {
    const first = keys.at(0);
    const last = first + keys.count;
    for (let start = first; start < last; ) {
      const end = set.impliedEnd(start, last);
      for (let from = start; from < end; from += this.#pieceRows) {
        const to = Math.min(end, from + this.#pieceRows);
        if (set.isImplied(from) && to - from >= RunMin) this.#installBlocks(writer, btree, set, from, to);
        else this.#installEntries(writer, btree, set, keys.list(from - first, to - first), false);
        yield to - from;
      }
      start = end;
    }
  }
  #installBlocks(writer: MvccCommitWriter, btree: BTree, set: WriteSet, first: number, end: number): void {
    const run = this.#run;
    run.begin(set, false);
    run.addBlocks(set.blocks, first, end);
    this.#installRun(writer, btree, WriteKind.Put);
    run.end();
  }

  /** Entries in no order. What they are is asked while they are in that of the set, for in key order each is another place in memory. */
  *#scattered(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): InstallPieces {
    const others = yield* this.#foundFirst(writer, btree, set, newest);
    if (others.length > 0) yield* this.#byKey(writer, btree, set, others);
  }

  /**
   * Changes of rows that were found by their keys, without a look at their keys where the leaf is what it was.
   * @returns the other entries, for which nothing has been done: all of them where they are not mostly of one kind and of such rows
   */
  *#foundFirst(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): Generator<number, Int32Array, undefined> {
    const last = newest[newest.length - 1]!;
    const kind = set.kindOf(last);
    if (!isChange(kind) || set.placeOfChange(last, kind) === NoPlace) return newest;
    return yield* kind === WriteKind.Put ? this.#putFound(writer, btree, set, newest) : this.#deleteFound(writer, btree, set, newest);
  }
  /** Puts in the order of the set, and each piece of them into the log while it is in the caches. @returns the entries that are something else or whose leaf has changed */
  *#putFound(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): Generator<number, Int32Array, undefined> {
    const placed = this.#placed;
    const others: number[] = [];
    this.#leaves.begin();
    for (let from = 0; from < newest.length; from += this.#pieceRows) {
      const piece = newest.subarray(from, from + this.#pieceRows);
      placed.begin(set, piece);
      let count = 0;
      for (let start = 0; start < piece.length; ) {
        writer.putFound(btree, placed, this.#leaves);
        const end = piece.length - placed.left;
        if (count < start) piece.copyWithin(count, start, end);
        count += end - start;
        start = end + 1;
        if (placed.left === 0) break;
        others.push(placed.entry);
        placed.next();
      }
      const first = mutants.on && mutants.has('mvcc.found-change-unlogged') ? 1 : 0;
      this.#logFound(writer, btree, set, WriteKind.Put, piece.subarray(first, count));
      yield piece.length;
    }
    placed.end();
    return Int32Array.from(others);
  }
  /** Removals leaf by leaf, for each moves what is behind it there; the log has them in the order of the set. @returns as `#putFound` */
  *#deleteFound(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): Generator<number, Int32Array, undefined> {
    const run = this.#run;
    const found = this.#found;
    const count = found.take(set, newest);
    const { listed, others } = found;
    run.begin(set, false);
    run.addFound(found);
    for (let from = 0; from < count; ) {
      const to = found.groupEnd(set, from);
      run.showFound(from, to);
      writer.deleteFound(btree, run);
      yield to - from;
      from = to;
    }
    run.end();
    found.end();
    for (let from = 0; from < count; from += this.#pieceRows) {
      const piece = listed.subarray(from, from + this.#pieceRows);
      this.#logFound(writer, btree, set, WriteKind.Delete, piece);
      yield piece.length;
    }
    return others;
  }
  #logFound(writer: MvccCommitWriter, btree: BTree, set: WriteSet, kind: WriteKind, entries: Int32Array): void {
    const run = this.#run;
    run.begin(set, false);
    run.addAll(entries);
    run.start();
    if (kind === WriteKind.Put) writer.logPuts(btree, run);
    else writer.logDeletes(btree, run);
    run.end();
  }

  /** Entries in no order, whose rows have to be looked for. */
  *#byKey(writer: MvccCommitWriter, btree: BTree, set: WriteSet, newest: Int32Array): InstallPieces {
    let count = 0;
    let putCount = 0;
    let shortCount = 0;
    for (let i = 0; i < newest.length; i++) {
      const entry = set.newestChange(newest[i]!);
      if (entry < 0) continue;
      newest[count++] = entry;
      if (set.kindOf(entry) === WriteKind.Put) putCount++;
      if (isShortEntry(set, entry)) shortCount++;
    }
    const entries = newest.subarray(0, count);
    if (shortCount === count && putCount === count && count >= SortCountMin && count <= BucketsCountMax && !isAscending(set, entries)) {
      yield* this.#gathered(writer, btree, set, entries);
      return;
    }
    sortByKey(set, entries);
    for (let from = 0; from < count; from += this.#pieceRows) {
      const piece = entries.subarray(from, from + this.#pieceRows);
      this.#installEntries(writer, btree, set, piece, true);
      yield piece.length;
    }
  }

  /** Short puts in no order. */
  *#gathered(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array): InstallPieces {
    const run = this.#run;
    const sort = this.#sort;
    const buckets = this.#buckets;
    buckets.fill(set, entries);
    for (let bucket = 0; bucket < buckets.bucketCount; bucket++) {
      const count = buckets.open(bucket);
      sort.sortPuts(buckets, buckets.addresses, count);
      run.gather(buckets, sort);
      while (run.gatherNext()) writer.putRun(btree, run);
      yield count;
    }
    run.end();
  }

  /**
   * Puts and deletes in key order; those of a kind side by side go as one run. Where the two alternate, as they do in an index in which rows move, the deletes of some entries go before
   * their puts: one by one, each put into a full leaf would squeeze it for the room of one delete.
   */
  #installEntries(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array, isScattered: boolean): void {
    if (entries.length < RunMin) {
      installFew(writer, btree, set, entries);
      return;
    }
    const run = this.#run;
    if (areAlike(set, entries)) {
      run.begin(set, isScattered);
      run.addAll(entries);
      this.#installRun(writer, btree, set.kindOf(entries[0]!));
      run.end();
      return;
    }
    for (let from = 0, to = 0; from < entries.length; from = to) {
      to = mixEnd(set, entries, from);
      for (const kind of mixedKinds) {
        if (kind === WriteKind.Delete && mutants.on && mutants.has('mvcc.mixed-deletes-lost')) continue;
        run.begin(set, isScattered);
        for (let i = from; i < to; i++) {
          const entry = set.newestChange(entries[i]!);
          if (entry >= 0 && set.kindOf(entry) === kind) run.add(entry);
        }
        this.#installRun(writer, btree, kind);
      }
    }
    run.end();
  }
  #installRun(writer: MvccCommitWriter, btree: BTree, kind: WriteKind): void {
    const run = this.#run;
    if (run.isEmpty) return;
    run.start();
    if (kind === WriteKind.Put) writer.putRun(btree, run);
    else writer.deleteRun(btree, run);
  }
}

/** Undefined: the tree is gone, or going with this commit. */
function treeOf({ tree }: TreeWrites): BTree | undefined {
  return tree.isDropped ? undefined : tree.btree;
}
/** Behind the entries from `from` on that go together: some, and those that follow of the last one's kind. */
function mixEnd(set: WriteSet, entries: Int32Array, from: number): number {
  let to = Math.min(from + MixedEntries, entries.length);
  while (to < entries.length && set.kindOf(entries[to]!) === set.kindOf(entries[to - 1]!)) to++;
  return to;
}
/** Entries in key order, one by one. */
function installFew(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entries: Int32Array): void {
  for (let i = 0; i < entries.length; i++) {
    const entry = set.newestChange(entries[i]!);
    if (entry < 0) continue;
    if (set.kindOf(entry) === WriteKind.Put) putOne(writer, btree, set, entry);
    else writer.delete(btree, set.keyChunk(entry).u8, set.keyOffset(entry), set.keyLength(entry));
  }
}
function putOne(writer: MvccCommitWriter, btree: BTree, set: WriteSet, entry: number): void {
  writer.put(btree, set.keyChunk(entry).u8, set.keyOffset(entry), set.keyLength(entry), set.valueChunk(entry).u8, set.valueOffset(entry), set.valueLength(entry));
}
/** Whether they are changes of one kind. */
function areAlike(set: WriteSet, entries: Int32Array): boolean {
  const kind = set.kindOf(entries[0]!);
  if (!isChange(kind)) return false;
  for (let i = 1; i < entries.length; i++) if (set.kindOf(entries[i]!) !== kind) return false;
  return true;
}
