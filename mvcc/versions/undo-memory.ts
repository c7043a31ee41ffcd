/**
 * Makes undo records, and uses again what freed ones leave: the records themselves, and the bytes of their keys and before-images (undo-bytes.ts).
 *
 * A commit beside a snapshot makes a record for each row that it changes, and nearly all of them are freed some dozens of commits later. Made anew each time, with a
 * text of the key, they were most of what such a commit costs beyond one without.
 *
 * M1  A freed record is in no table, chain or queue, and refers to nothing: nobody keeps a record beyond the slice in which he has looked for it, but a single commit
 *     its own until it is published, before which none is freed.
 * M2  Under VERIFY what a record leaves is overwritten at once, so that whoever still reads it reads nonsense.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { copyByWords, copyBytes } from '../../base/bytes.js';
import type { LeafRef } from '../../storage/tree/cursor.js';
import { hashOfBytes } from '../write-set/key-hash.js';
import { ByteChunk } from '../write-set/byte-arena.js';
import { UndoBytes, type UndoChunk } from './undo-bytes.js';
import { Absent, type UndoOverlay, UndoRecord } from './undo-overlay.js';

/** Free records that are kept. */
const RecordsKept = 1024;

/** What no row is made of. */
const Nonsense = 0xdb;

/** Where bytes lie, as numbers too. */
export interface BytesWithView {
  readonly u8: Uint8Array;
  readonly dv: DataView;
}

export class UndoMemory {
  readonly #bytes = new UndoBytes();
  /** Keys of stubs: apart, for they stay longer than what was beside them. */
  readonly #stubKeys = new UndoBytes();
  readonly #free: UndoRecord[] = [];

  /** A record of a key that is about to change, with the entry at `leaf.slot`, or that there is none. What the change is, the caller says. */
  keep(overlay: UndoOverlay, key: Uint8Array, keyLength: number, leaf: LeafRef, isThere: boolean): UndoRecord {
    if (!isThere) return this.make(overlay, key, keyLength, leaf, 0, Absent);
    const { slot } = leaf;
    if (!leaf.hasOverflow || !leaf.isOverflow(slot)) return this.make(overlay, key, keyLength, leaf, leaf.valueOffset(slot), leaf.valueLength(slot));
    const bytes = leaf.readOverflow(slot);
    return this.make(overlay, key, keyLength, new ByteChunk(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  /** A record with the `length` bytes of `from` at `start` as before-image; `Absent`: with none. */
  make(overlay: UndoOverlay, key: Uint8Array, keyLength: number, from: BytesWithView, start: number, length: number): UndoRecord {
    const record = this.#free.pop() ?? new UndoRecord();
    const chunk = this.#bytes.take(length > 0 ? keyLength + length : keyLength);
    record.overlay = overlay;
    record.chunk = chunk;
    record.offset = chunk.used;
    record.keyLength = keyLength;
    record.hash = hashOfBytes(0, key, keyLength);
    record.length = length;
    chunk.used = copyBytes(chunk.u8, chunk.used, key, 0, keyLength);
    if (length > 0) chunk.used = copyByWords(chunk.u8, chunk.dv, chunk.used, from.u8, from.dv, start, length);
    return record;
  }

  /** Leaves of a record its key and what was done to it (U3). */
  dropPayload(record: UndoRecord): void {
    const { chunk, offset, keyLength, end } = record;
    const stub = this.#stubKeys.take(keyLength);
    record.chunk = stub;
    record.offset = stub.used;
    stub.used = copyBytes(stub.u8, stub.used, chunk!.u8, offset, offset + keyLength);
    record.dropPayload();
    leave(this.#bytes, chunk!, offset, end);
  }

  /** M1 */
  free(record: UndoRecord): void {
    assert(record.older === undefined && record.newer === undefined, 'a record that is freed has neighbours', record.csn);
    leave(record.isStub ? this.#stubKeys : this.#bytes, record.chunk!, record.offset, record.end);
    record.clear();
    if (this.#free.length < RecordsKept) this.#free.push(record);
  }
}

function leave(bytes: UndoBytes, chunk: UndoChunk, start: number, end: number): void {
  if (VERIFY.on) chunk.u8.fill(Nonsense, start, end);
  bytes.leave(chunk);
}
