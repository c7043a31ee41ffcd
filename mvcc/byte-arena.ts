/**
 * Append-only bytes for after-images and before-images: one allocation per chunk instead of one per row. A chunk never moves and is
 * never written twice at one place, so a reader may keep `(chunk, offset, length)` as long as it keeps the chunk.
 */
const ChunkBytesFirst = 1024;
const ChunkBytesMax = 64 * 1024;

export class ByteChunk {
  readonly u8: Uint8Array;
  readonly dv: DataView;
  used = 0;
  constructor(sizeBytes: number) {
    this.u8 = new Uint8Array(sizeBytes);
    this.dv = new DataView(this.u8.buffer);
  }
}

export class ByteArena {
  #chunk: ByteChunk;
  /** Offset of the bytes last appended in the chunk that `append` returned. */
  offset = 0;

  constructor(firstBytes = ChunkBytesFirst) {
    this.#chunk = new ByteChunk(firstBytes);
  }

  /** Forgets everything. False when the arena has grown so large that it is better thrown away. */
  reset(): boolean {
    this.#chunk.used = 0;
    return this.#chunk.u8.length <= ChunkBytesMax;
  }

  /** Copies `length` bytes; they lie in the returned chunk at `this.offset`. */
  append(bytes: Uint8Array, start: number, length: number): ByteChunk {
    let chunk = this.#chunk;
    if (chunk.used + length > chunk.u8.length) {
      chunk = new ByteChunk(Math.max(length, Math.min(chunk.u8.length * 4, ChunkBytesMax)));
      this.#chunk = chunk;
    }
    const at = chunk.used;
    const to = chunk.u8;
    if (length <= 64) for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]!;
    else to.set(bytes.subarray(start, start + length), at);
    chunk.used = at + length;
    this.offset = at;
    return chunk;
  }
}
