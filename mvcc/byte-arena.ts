/**
 * Append-only bytes for after-images and before-images: one allocation per chunk instead of one per row. A chunk never moves and is
 * never written twice at one place, so a reader may keep `(chunk, offset, length)` as long as it keeps the chunk.
 */
import { copyBytes, putKeyString } from '../base/bytes.js';
import { DbError } from '../base/errors.js';

const ChunkBytesFirst = 1024;
/** An address has sixteen bits for the place in the chunk, and as many for the chunk. */
const ChunkBytesMax = 64 * 1024;
const ChunkCountMax = 65536;

export class ByteChunk {
  readonly u8: Uint8Array;
  readonly dv: DataView;
  used = 0;
  constructor(sizeBytes: number) {
    this.u8 = new Uint8Array(sizeBytes);
    this.dv = new DataView(this.u8.buffer);
  }
}

/** Whether nothing may be appended to `chunk` any more: no room, or an offset that an address cannot hold. */
function isFull(chunk: ByteChunk, length: number): boolean {
  return chunk.used + length > chunk.u8.length || chunk.used >= ChunkBytesMax;
}
function nextChunk(last: ByteChunk, length: number): ByteChunk {
  return new ByteChunk(Math.max(length, Math.min(last.u8.length * 4, ChunkBytesMax)));
}

export class ByteArena {
  #chunk = new ByteChunk(ChunkBytesFirst);
  /** Offset of the bytes last appended in the chunk that `append` returned. */
  offset = 0;

  /** Copies `length` bytes; they lie in the returned chunk at `this.offset`. */
  append(bytes: Uint8Array, start: number, length: number): ByteChunk {
    if (isFull(this.#chunk, length)) this.#chunk = nextChunk(this.#chunk, length);
    const chunk = this.#chunk;
    this.offset = chunk.used;
    chunk.used = copyBytes(chunk.u8, chunk.used, bytes, start, start + length);
    return chunk;
  }
}

/** The same where the bytes are remembered by a number of 32 bits: which chunk, and where in it. */
export class ByteRun {
  readonly #chunks: ByteChunk[] = [new ByteChunk(ChunkBytesFirst)];
  #last = this.#chunks[0]!;

  /** Copies `length` bytes. @returns their address @throws DbError 54000 */
  append(bytes: Uint8Array, start: number, length: number): number {
    const chunk = isFull(this.#last, length) ? this.#addChunk(length) : this.#last;
    const at = chunk.used;
    chunk.used = copyBytes(chunk.u8, at, bytes, start, start + length);
    return ((this.#chunks.length - 1) << 16) | at;
  }
  appendKey(key: string): number {
    const chunk = isFull(this.#last, key.length) ? this.#addChunk(key.length) : this.#last;
    const at = chunk.used;
    chunk.used = putKeyString(chunk.u8, at, key);
    return ((this.#chunks.length - 1) << 16) | at;
  }
  #addChunk(length: number): ByteChunk {
    if (this.#chunks.length === ChunkCountMax) throw new DbError('54000', 'the transaction has changed too much');
    this.#last = nextChunk(this.#last, length);
    this.#chunks.push(this.#last);
    return this.#last;
  }

  chunkOf(address: number): ByteChunk {
    return this.#chunks[address >>> 16]!;
  }

  /** Forgets everything; the largest chunk stays for the next use. */
  reset(): void {
    if (this.#last.u8.length > ChunkBytesMax) this.#last = new ByteChunk(ChunkBytesFirst);
    if (this.#chunks.length > 1) this.#chunks.length = 1;
    this.#chunks[0] = this.#last;
    this.#last.used = 0;
  }
}

/** Where in its chunk an address points. */
export function offsetOf(address: number): number {
  return address & 0xffff;
}
