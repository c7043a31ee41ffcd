/**
 * Bytes of undo records: written side by side into chunks, which are written anew when none of their records needs its bytes any more.
 *
 * Records come and go in the order of their commits, so chunks become free about in the order in which they were filled, and some few of them serve for ever. Where
 * nothing is kept at all, the chunk at hand begins at its front again.
 *
 * B1  Bytes are written over only after `leave` was said for every record of their chunk. Vacuum says so when no snapshot in use needs the record, and they are written
 *     by a later commit; so whoever reads them under a snapshot has them as long as the bytes of a page, which the same commit could change (`RowRef`).
 */
import { ByteChunk, ChunkBytesMax } from '../write-set/byte-arena.js';
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';

const ChunkBytesFirst = 1024;
/** Free chunks of full size that are kept. */
const ChunksKept = 4;

export class UndoChunk extends ByteChunk {
  /** Whose bytes lie in it. */
  recordCount = 0;

  constructor(sizeBytes: number) {
    super(new ArrayBuffer(sizeBytes));
  }
}

export class UndoBytes {
  #chunk = new UndoChunk(ChunkBytesFirst);
  readonly #free: UndoChunk[] = [];

  /** Room for the `length` bytes of one record, from what is `used` on; whoever writes them moves that. */
  take(length: number): UndoChunk {
    if (this.#chunk.used + length > this.#chunk.u8.length) this.#next(length);
    const chunk = this.#chunk;
    chunk.recordCount++;
    return chunk;
  }
  #next(length: number): void {
    const last = this.#chunk;
    const sizeBytes = Math.max(length, Math.min(last.u8.length * 4, ChunkBytesMax));
    const free = sizeBytes === ChunkBytesMax ? this.#free.pop() : undefined;
    this.#chunk = free ?? new UndoChunk(sizeBytes);
    if (last.recordCount === 0) this.#keep(last);
  }

  /** A record of the chunk needs its bytes no more (B1). */
  leave(chunk: UndoChunk): void {
    assert(chunk.recordCount > 0, 'bytes of an undo record given back twice');
    chunk.recordCount--;
    if (chunk.recordCount > (mutants.on && mutants.has('mvcc.undo-bytes-reused-early') ? 1 : 0)) return;
    if (chunk !== this.#chunk) this.#keep(chunk);
    else if (chunk.u8.length <= ChunkBytesMax) chunk.used = 0;
    else this.#chunk = new UndoChunk(ChunkBytesFirst);
  }
  #keep(chunk: UndoChunk): void {
    if (chunk.u8.length !== ChunkBytesMax || this.#free.length === ChunksKept) return;
    chunk.used = 0;
    this.#free.push(chunk);
  }
}
