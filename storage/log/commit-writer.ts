/**
 * One commit's changes on their way into the trees and the log: encoded straight into the log buffer while they are applied, in one
 * synchronous slice, with nothing allocated per row. There is one writer per store, and every commit uses it.
 *
 * A transaction beyond a megabyte is cut into chunks, so that no record grows without bound and the front of it can be handed to the
 * file system early; the commit record carries their number and common checksum (W2).
 *
 * A commit that throws in the middle poisons the store: the trees then hold changes that no log record tells, and only a reopened
 * database is right again.
 */
import { assert } from '../../base/assert.js';
import { copyByWords, copyBytes, copyShared, putU64, putVarint, setU32 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { joinCrc32 } from '../../base/crc-join.js';
import type { DbError } from '../../base/errors.js';
import type { Lsn, TreeId } from '../../base/ids.js';
import { lsn } from '../../base/ids.js';
import type { BTree } from '../tree/btree.js';
import type { FoundPuts, FoundRun, RunSource } from '../tree/bulk-build.js';
import { LeafRef } from '../tree/cursor.js';
import type { FoundLeaves } from '../tree/found-leaves.js';
import type { LogBuffer } from './log-buffer.js';
import type { Wal } from './wal.js';
import { ChangeTag, ChunkOffset, CommitOffset, RecordOffset, RecordType } from './wal-record.js';

/** Free bytes that the buffer has for a change beside its key and value, and for the selection of its tree. */
const ChangeRoomBytes = 32;

/** A tree that nobody else can see yet. Either attached in a commit or discarded; a crash frees it. */
export interface BuiltTree {
  readonly id: TreeId;
  readonly tree: BTree;
  readonly entryCount: number;
  /** What attaching it adds to the log, at most; 0 once `Store.prepareAttach` has put its pages into a checkpoint. */
  readonly logBytes: number;
  /** Frees its pages. */
  discard(): void;
}

/** A run of which a stretch is gone through twice: for the tree and for the log. */
export interface CommitRun extends RunSource {
  /** Makes the entry present from which on, itself included, `left` are left. */
  goTo(left: number): void;
  /**
   * Passes over the present entry, whose put stands in `value`, and those whose puts stand there behind it, side by side, while more than `after` are left and those passed take no more
   * than `length` bytes. @returns where the put of the last of them ends
   */
  passStretch(after: number, length: number): number;
}

/** What the writer asks of the store about whole trees. */
export interface TreeOwner {
  createTree(id: TreeId): BTree;
  dropTree(id: TreeId): void;
  /** Makes a built tree live; true when its entries must go into the log, false when a checkpoint holds them. */
  attachTree(built: BuiltTree): boolean;
  poison(cause: unknown): DbError;
}

/**
 * From `Store.beginCommit` to `finish` without an await. A throw out of any of these poisons the store, for the commit is half
 * applied by then.
 */
export class CommitWriter {
  readonly #wal: Wal | undefined;
  readonly #owner: TreeOwner;
  readonly #chunkBytes: number;
  #csn = 0;
  /** Offset of the record under construction in the log buffer; -1 before the first change. */
  #recordAt = -1;
  #chunkCount = 0;
  #chunkCrc = 0;
  /** Tree that the log currently has selected, -1 for none. */
  #selected = -1;
  /** Whether it is in the middle of a commit. */
  isOpen = false;

  constructor(wal: Wal | undefined, owner: TreeOwner, chunkBytes: number) {
    this.#wal = wal;
    this.#owner = owner;
    this.#chunkBytes = chunkBytes;
  }

  begin(csn: number): void {
    assert(!this.isOpen, 'commit within a commit');
    this.isOpen = true;
    this.#csn = csn;
    this.#recordAt = -1;
    this.#chunkCount = 0;
    this.#chunkCrc = 0;
  }

  /** Inserts or replaces; the leaf is stamped with the commit's CSN. Bytes are borrowed for the call. */
  put(tree: BTree, key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number): void {
    try {
      tree.put(key, keyOffset, keyLength, value, valueOffset, valueLength, this.#csn);
      this.#logPut(tree.id, key, keyOffset, keyLength, value, valueOffset, valueLength);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** `put` for each entry, from the present one on, of a run in strictly ascending key order. What has gone into a leaf goes to the log while it is in the caches. */
  putRun(tree: BTree, run: CommitRun): void {
    try {
      while (run.left > 0) {
        const before = run.left;
        tree.putSome(run, this.#csn);
        if (this.#wal === undefined) continue;
        const after = run.left;
        run.goTo(before);
        this.#logPuts(tree.id, run, after, this.#wal);
      }
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }
  /** `BTree.putFound`, without the log, which must have all that are replaced from `logPuts`. */
  putFound(tree: BTree, source: FoundPuts, leaves: FoundLeaves): void {
    try {
      tree.putFound(source, this.#csn, leaves);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }
  /** What `putFound` has put, in any order. */
  logPuts(tree: BTree, run: CommitRun): void {
    try {
      if (this.#wal !== undefined) this.#logPuts(tree.id, run, 0, this.#wal);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** `delete` for each entry, likewise. */
  deleteRun(tree: BTree, run: CommitRun): void {
    try {
      while (run.left > 0) {
        const before = run.left;
        if (tree.deleteSome(run, this.#csn) === 0 || this.#wal === undefined) continue;
        const after = run.left;
        run.goTo(before);
        this.#logDeletes(tree.id, run, after);
      }
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }
  /** `deleteRun` without the log, which must have all of them from `logDeletes`: for a run whose entries were found in one leaf. */
  deleteFound(tree: BTree, run: FoundRun): void {
    try {
      tree.deleteFound(run, this.#csn);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }
  /** What `deleteFound` has deleted, in any order. */
  logDeletes(tree: BTree, run: CommitRun): void {
    try {
      if (this.#wal !== undefined) this.#logDeletes(tree.id, run, 0);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** Deletes; false when the key was absent. */
  delete(tree: BTree, key: Uint8Array, keyOffset: number, keyLength: number): boolean {
    try {
      const wasThere = tree.delete(key, keyOffset, keyLength, this.#csn);
      if (wasThere) this.#logDelete(tree.id, key, keyOffset, keyLength);
      return wasThere;
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** `put` where the key has just been sought with `ref` (`BTree.putSought`). */
  putSought(tree: BTree, ref: LeafRef, isThere: boolean, key: Uint8Array, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number): void {
    try {
      tree.putSought(ref, isThere, key, keyLength, value, valueOffset, valueLength, this.#csn);
      this.#logPut(tree.id, key, 0, keyLength, value, valueOffset, valueLength);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }
  /** `delete` of what has just been found, likewise. */
  deleteSought(tree: BTree, ref: LeafRef, key: Uint8Array, keyLength: number): void {
    try {
      tree.deleteSought(ref, key, keyLength, this.#csn);
      this.#logDelete(tree.id, key, 0, keyLength);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** What to throw where anything else goes wrong in the slice, as a page of a tree that cannot be read: nobody knows what of the commit has been done. */
  fail(error: unknown): DbError {
    return this.#owner.poison(error);
  }

  /** A new, empty tree under an id from `newTreeId`. */
  createTree(id: TreeId): BTree {
    try {
      const tree = this.#owner.createTree(id);
      this.#logTree(ChangeTag.CreateTree, id);
      this.#selected = id;
      return tree;
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** Makes a tree from `Store.buildTree` part of the database under its id. */
  attachTree(built: BuiltTree): BTree {
    try {
      if (this.#owner.attachTree(built)) {
        this.#logTree(ChangeTag.CreateTree, built.id);
        this.#selected = built.id;
        this.#logEntries(built.tree);
      } else {
        this.#logTree(ChangeTag.AttachTree, built.id);
      }
      return built.tree;
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** The tree is gone at once; its pages are freed in the background. */
  dropTree(id: TreeId): void {
    try {
      this.#owner.dropTree(id);
      this.#logTree(ChangeTag.DropTree, id);
    } catch (error) {
      throw this.#owner.poison(error);
    }
  }

  /** Ends the slice; returns the LSN that must be durable for this commit to be acknowledged. */
  finish(): Lsn {
    assert(this.isOpen, 'commit finished twice');
    this.isOpen = false;
    const wal = this.#wal;
    if (wal === undefined) return lsn(0);
    // A commit that changed nothing still has its number in the log: what was acknowledged is what recovery reports.
    if (this.#recordAt < 0 && this.#csn > 0) this.#beginRecord(wal);
    if (this.#recordAt >= 0) {
      const buffer = wal.buffer;
      if (this.#chunkCount > 0) {
        this.#moveChanges(buffer, ChunkOffset.changes, CommitOffset.changesAfterCrc);
        setU32(buffer.bytes, this.#recordAt + RecordOffset.chunk, this.#chunkCount);
        setU32(buffer.bytes, this.#recordAt + CommitOffset.chunkCrc, this.#chunkCrc);
      }
      buffer.endRecord(this.#recordAt);
      wal.committed();
    }
    return lsn(wal.appendedLsn);
  }

  // -------------------------------------------------------------------------------------------------------------- encoding

  /** Entries of a run from the present one on, while more than `after` are left. */
  #logPuts(id: TreeId, run: CommitRun, after: number, wal: Wal): void {
    while (run.left > after) {
      if (run.putOffset >= 0) this.#logStretch(id, run, after, wal);
      else {
        this.#logPutOf(id, run, wal);
        run.next();
      }
    }
  }
  #logDeletes(id: TreeId, run: CommitRun, after: number): void {
    for (; run.left > after; run.next()) this.#logDelete(id, run.key, run.keyOffset, run.keyLength);
  }

  #logPut(id: TreeId, key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number): void {
    const wal = this.#wal;
    if (wal === undefined) return;
    const buffer = this.#logPutFront(wal, id, key, keyOffset, keyLength, valueLength);
    buffer.end = copyBytes(buffer.bytes, buffer.end, value, valueOffset, valueOffset + valueLength);
    if (buffer.end - this.#recordAt > this.#chunkBytes) this.#endChunk(wal);
  }
  /** The same for the present entry of a run. */
  #logPutOf(id: TreeId, { key, keyOffset, keyLength, value, valueView, valueOffset, valueLength }: RunSource, wal: Wal): void {
    const buffer = this.#logPutFront(wal, id, key, keyOffset, keyLength, valueLength);
    buffer.end = copyByWords(buffer.bytes, buffer.view, buffer.end, value, valueView, valueOffset, valueLength);
    if (buffer.end - this.#recordAt > this.#chunkBytes) this.#endChunk(wal);
  }
  /** The present entry of a run and those whose puts follow it in the same memory, while more than `after` are left and their record is not full. The run stands behind them then. */
  #logStretch(id: TreeId, run: CommitRun, after: number, wal: Wal): void {
    const { value, valueView, putOffset: start } = run;
    const sizeMax = this.#chunkBytes - (this.#room(wal, id, 0).end - this.#recordAt);
    const end = run.passStretch(after, sizeMax);
    const buffer = this.#room(wal, id, end - start);
    buffer.end = copyShared(buffer.bytes, buffer.view, buffer.end, value, valueView, start, end - start);
    if (buffer.end - this.#recordAt > this.#chunkBytes) this.#endChunk(wal);
  }
  /** A put up to its value, for which there is room. */
  #logPutFront(wal: Wal, id: TreeId, key: Uint8Array, keyOffset: number, keyLength: number, valueLength: number): LogBuffer {
    const buffer = this.#room(wal, id, keyLength + valueLength);
    const b = buffer.bytes;
    let at = buffer.end;
    b[at++] = ChangeTag.Put;
    at = putVarint(b, at, keyLength);
    at = copyBytes(b, at, key, keyOffset, keyOffset + keyLength);
    buffer.end = putVarint(b, at, valueLength);
    return buffer;
  }

  #logDelete(id: TreeId, key: Uint8Array, keyOffset: number, keyLength: number): void {
    const wal = this.#wal;
    if (wal === undefined) return;
    const buffer = this.#room(wal, id, keyLength);
    const b = buffer.bytes;
    let at = buffer.end;
    b[at++] = ChangeTag.Delete;
    at = putVarint(b, at, keyLength);
    buffer.end = copyBytes(b, at, key, keyOffset, keyOffset + keyLength);
    if (buffer.end - this.#recordAt > this.#chunkBytes) this.#endChunk(wal);
  }

  #logTree(tag: number, id: TreeId): void {
    const wal = this.#wal;
    if (wal === undefined) return;
    if (this.#recordAt < 0) this.#beginRecord(wal);
    const buffer = wal.buffer;
    buffer.reserve(ChangeRoomBytes);
    buffer.bytes[buffer.end] = tag;
    buffer.end = putVarint(buffer.bytes, buffer.end + 1, id);
  }

  /** Every entry of a tree, as puts. */
  #logEntries(tree: BTree): void {
    if (this.#wal === undefined) return;
    const ref = new LeafRef();
    const key = new Uint8Array(tree.keyLengthMax);
    tree.seekFirst(ref);
    do {
      for (let slot = 0; slot < ref.count; slot++) {
        const keyLength = ref.copyKey(slot, key, 0);
        const whole = ref.isOverflow(slot) ? ref.readOverflow(slot) : undefined;
        if (whole !== undefined) this.#logPut(tree.id, key, 0, keyLength, whole, 0, whole.length);
        else this.#logPut(tree.id, key, 0, keyLength, ref.u8, ref.valueOffset(slot), ref.valueLength(slot));
      }
    } while (tree.nextLeaf(ref));
    ref.release();
  }

  /** The buffer with room for a change of `length` bytes in tree `id`, which is selected. */
  #room(wal: Wal, id: TreeId, length: number): LogBuffer {
    if (this.#recordAt < 0) this.#beginRecord(wal);
    const buffer = wal.buffer;
    buffer.reserve(length + ChangeRoomBytes);
    if (this.#selected !== id) {
      buffer.bytes[buffer.end] = ChangeTag.SelectTree;
      buffer.end = putVarint(buffer.bytes, buffer.end + 1, id);
      this.#selected = id;
    }
    return buffer;
  }

  #beginRecord(wal: Wal): void {
    const buffer = wal.buffer;
    this.#recordAt = buffer.beginRecord(RecordType.Commit);
    putU64(buffer.view, this.#recordAt + CommitOffset.csn, this.#csn);
    // The first record of a commit is its only one, as nearly always, and what follows a chunk another chunk: where they are not, their changes are moved.
    buffer.end = this.#recordAt + (this.#chunkCount > 0 ? ChunkOffset.changes : CommitOffset.changes);
    this.#selected = -1;
  }
  #moveChanges(buffer: LogBuffer, from: number, to: number): void {
    if (to > from) buffer.reserve(to - from);
    buffer.bytes.copyWithin(this.#recordAt + to, this.#recordAt + from, buffer.end);
    buffer.end += to - from;
  }

  /** Turns the record under construction into a chunk and begins the next one. */
  #endChunk(wal: Wal): void {
    const buffer = wal.buffer;
    // The first record was begun as a commit, which has a time before its changes.
    if (this.#chunkCount === 0) this.#moveChanges(buffer, CommitOffset.changes, ChunkOffset.changes);
    buffer.bytes[this.#recordAt + RecordOffset.type] = RecordType.Chunk;
    setU32(buffer.bytes, this.#recordAt + RecordOffset.chunk, this.#chunkCount);
    const payload = this.#recordAt + RecordOffset.payload;
    const crc = crc32(buffer.bytes, payload, buffer.end);
    this.#chunkCrc = joinCrc32(this.#chunkCrc, crc, buffer.end - payload);
    // The record's own checksum need not read all of it again.
    buffer.payloadCrcs.set(buffer.startLsn + this.#recordAt, crc);
    buffer.endRecord(this.#recordAt);
    this.#chunkCount++;
    wal.writeOut();
    this.#beginRecord(wal);
  }
}
