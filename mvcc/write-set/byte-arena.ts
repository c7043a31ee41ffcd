/**
 * Append-only bytes for after-images: one allocation per chunk instead of one per row. A chunk never moves and is
 * never written twice at one place, so a reader may keep `(chunk, offset, length)` as long as it keeps the chunk.
 */
import { copyByWords, copyBytes, viewOf } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { KeyFormBytes, ValueFormBytes, isShortKey, isShortPut, putKeyForm, putValueForm } from './put-form.js';

const ChunkBytesFirst = 1024;
/** An address has sixteen bits for the place in the chunk, and as many for the chunk. */
export const ChunkBytesMax = 64 * 1024;
const ChunkCountMax = 65536;

export class ByteChunk {
  readonly u8: Uint8Array;
  readonly dv: DataView;
  used = 0;
  constructor(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength) {
    this.u8 = new Uint8Array(buffer, offset, length);
    this.dv = new DataView(buffer, offset, length);
  }
  /** The same as numbers. */
  get words(): Int32Array {
    return new Int32Array(this.u8.buffer, this.u8.byteOffset, this.u8.length >>> 2);
  }
}

export function tooMuchChanged(): DbError {
  return new DbError('54000', 'the transaction has changed too much');
}

/** Whether nothing may be appended to `chunk` any more: no room, or an offset that an address cannot hold. */
function isFull(chunk: ByteChunk, length: number): boolean {
  return chunk.used + length > chunk.u8.length || chunk.used >= ChunkBytesMax;
}
function newChunk(sizeBytes: number): ByteChunk {
  return new ByteChunk(new ArrayBuffer(sizeBytes));
}
function sizeAfter(last: ByteChunk, length: number): number {
  return Math.max(length, Math.min(last.u8.length * 4, ChunkBytesMax));
}

/** Chunks of full size to borrow. */
export interface ChunkSource {
  take(): ByteChunk;
  give(chunk: ByteChunk): void;
}

/**
 * Longer bytes are copied by a call of the system, which is slow to and from memory that threads could share, as that of a source may be (write-memory.ts):
 * 4 KiB take 1.1 us there and 0.09 us elsewhere, unless both places are as far from a multiple of eight.
 */
const ShortBytesMax = 128;
const WordMask = 7;
/** Fewer bytes are not worth a look for a view of them. */
const WordsLengthMin = 16;

/** Chunks that a run always has: of short bytes, of long ones, and of what is put apart. */
const OwnChunkCount = 3;

/** The same where the bytes are remembered by a number of 32 bits: which chunk, and where in it. Chunks of full size for short bytes are the source's. */
export class ByteRun {
  readonly #source: ChunkSource;
  readonly #chunks: ByteChunk[] = [newChunk(ChunkBytesFirst), newChunk(ChunkBytesFirst), newChunk(ChunkBytesFirst)];
  /** Those of the source. */
  readonly #taken: ByteChunk[] = [];
  // Where short bytes go and where long ones do, and the numbers of these chunks as they stand in addresses.
  #last = this.#chunks[0]!;
  #lastAt = 0;
  /** The largest chunk of short bytes that is not the source's. */
  #ownLast = this.#last;
  #lastLong = this.#chunks[1]!;
  #lastLongAt = 1 << 16;
  // Where short bytes go that are to lie side by side whatever else is appended.
  #lastApart = this.#chunks[2]!;
  #lastApartAt = 2 << 16;
  #ownLastApart = this.#lastApart;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** Copies `length` bytes. @returns their address @throws DbError 54000 */
  append(bytes: Uint8Array, start: number, length: number): number {
    if (length > ShortBytesMax) return this.#appendLong(bytes, start, length);
    if (isFull(this.#last, length)) this.#nextLast(length);
    const chunk = this.#last;
    const at = chunk.used;
    chunk.used = length < WordsLengthMin ? copyBytes(chunk.u8, at, bytes, start, start + length) : copyByWords(chunk.u8, chunk.dv, at, bytes, viewOf(bytes), start, length);
    return this.#lastAt | at;
  }
  /** `append` of a key, with what stands before it where a put of it is logged. */
  appendKey(key: Uint8Array, length: number): number {
    if (!isShortKey(length)) return this.append(key, 0, length);
    if (isFull(this.#last, KeyFormBytes + length)) this.#nextLast(KeyFormBytes + length);
    const chunk = this.#last;
    const at = chunk.used + KeyFormBytes;
    putKeyForm(chunk.u8, at, length);
    chunk.used = copyBytes(chunk.u8, at, key, 0, length);
    return this.#lastAt | at;
  }
  /** Whether the key there was added last, in that way, and a value of so many bytes has room behind it. */
  endsWith(keyAddress: number, keyLength: number, length: number): boolean {
    const isInLast = keyAddress >>> 16 === this.#lastAt >>> 16;
    return isInLast && offsetOf(keyAddress) + keyLength === this.#last.used && isShortPut(keyLength, length) && !isFull(this.#last, ValueFormBytes + 1 + length);
  }
  /** `append` of a value behind its key, where `endsWith` says so, as a put of the two is logged. */
  appendBehind(bytes: Uint8Array, start: number, length: number): number {
    const chunk = this.#last;
    chunk.used += ValueFormBytes;
    putValueForm(chunk.u8, chunk.used, length);
    return this.append(bytes, start, length);
  }
  /** `append` for the bytes of `count` values that lie side by side, half a chunk at most. */
  appendMany(bytes: Uint8Array, start: number, length: number, count: number): number {
    if (length > count * ShortBytesMax) return this.#appendLong(bytes, start, length);
    if (isFull(this.#last, length + WordMask)) this.#nextLast(length + WordMask);
    const chunk = this.#last;
    const at = chunk.used + ((bytes.byteOffset + start - chunk.used) & WordMask);
    chunk.used = copyBytes(chunk.u8, at, bytes, start, start + length);
    return this.#lastAt | at;
  }
  /** Where so many bytes may be written, from `used` on, half a chunk at most: what `take` makes of them is appended. */
  roomFor(length: number): ByteChunk {
    if (isFull(this.#last, length)) this.#nextLast(length);
    return this.#last;
  }
  /** Appends what has been written there up to `end`. @returns its address */
  take(end: number): number {
    const chunk = this.#last;
    const at = chunk.used;
    chunk.used = end;
    return this.#lastAt | at;
  }
  /** `roomFor` of bytes that are put apart. */
  roomApart(length: number): ByteChunk {
    if (isFull(this.#lastApart, length)) this.#nextApart(length);
    return this.#lastApart;
  }
  /** `take` of them. */
  takeApart(end: number): number {
    const chunk = this.#lastApart;
    const at = chunk.used;
    chunk.used = end;
    return this.#lastApartAt | at;
  }
  #nextApart(length: number): void {
    const sizeBytes = sizeAfter(this.#lastApart, length);
    if (sizeBytes < ChunkBytesMax) this.#lastApart = this.#ownLastApart = newChunk(sizeBytes);
    else this.#taken.push((this.#lastApart = this.#source.take()));
    this.#lastApartAt = this.#add(this.#lastApart);
  }
  #appendLong(bytes: Uint8Array, start: number, length: number): number {
    if (isFull(this.#lastLong, length)) {
      this.#lastLong = newChunk(sizeAfter(this.#lastLong, length));
      this.#lastLongAt = this.#add(this.#lastLong);
    }
    const chunk = this.#lastLong;
    const at = chunk.used;
    chunk.used = copyBytes(chunk.u8, at, bytes, start, start + length);
    return this.#lastLongAt | at;
  }

  #nextLast(length: number): void {
    const sizeBytes = sizeAfter(this.#last, length);
    if (sizeBytes < ChunkBytesMax) this.#last = this.#ownLast = newChunk(sizeBytes);
    else this.#taken.push((this.#last = this.#source.take()));
    this.#lastAt = this.#add(this.#last);
  }
  /** @returns what its addresses begin with */
  #add(chunk: ByteChunk): number {
    if (this.#chunks.length === ChunkCountMax) throw tooMuchChanged();
    return (this.#chunks.push(chunk) - 1) << 16;
  }

  chunkOf(address: number): ByteChunk {
    return this.#chunks[address >>> 16]!;
  }

  /** Forgets everything and gives back what was borrowed; of its own, the largest chunks of short bytes and that of long ones stay for the next use. */
  reset(): void {
    const chunks = this.#chunks;
    if (chunks.length > OwnChunkCount) {
      chunks[0] = this.#ownLast;
      chunks[1] = this.#lastLong.u8.length > ChunkBytesMax ? newChunk(ChunkBytesFirst) : this.#lastLong;
      chunks[2] = this.#ownLastApart;
      chunks.length = OwnChunkCount;
      for (const chunk of this.#taken) this.#source.give(chunk);
      this.#taken.length = 0;
      this.#lastAt = 0;
      this.#lastLongAt = 1 << 16;
      this.#lastApartAt = 2 << 16;
    }
    this.#last = chunks[0]!;
    this.#lastLong = chunks[1]!;
    this.#lastApart = chunks[2]!;
    this.#last.used = 0;
    this.#lastLong.used = 0;
    this.#lastApart.used = 0;
  }
}

/** Where in its chunk an address points. */
export function offsetOf(address: number): number {
  return address & 0xffff;
}
