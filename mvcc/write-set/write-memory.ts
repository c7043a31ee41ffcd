/**
 * Memory of write sets, handed out in pieces and given back when the transaction ends.
 *
 * Pieces are `SharedArrayBuffer`s, though no other thread ever sees them: V8 counts what ordinary buffers hold towards the size of the heap and collects when that has grown,
 * which for a load of a million rows meant three collections of everything that the application holds, to find that none of it is garbage. What V8 does not count it also does
 * not hurry to free. So these pieces are never let go of but used again, and there is a limit to them; beyond it they are ordinary buffers, which are.
 *
 * M1  A piece is in the hands of one set, or free. Under VERIFY what is free is overwritten, so that whoever still reads it reads nonsense.
 * M2  Nobody reads the bytes of a transaction that has ended: before-images have bytes of their own (undo-bytes.ts).
 */
import { VERIFY, assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { ByteChunk, ChunkBytesMax, type ChunkSource } from './byte-arena.js';

/** Memory comes from the system in one call for so many pieces, and is there when they are first written. */
const PiecesPerSlab = 16;
const SlabBytes = PiecesPerSlab * ChunkBytesMax;
/** A set that has grown beyond this is not kept for the next transaction. */
export const EntriesKept = 2048;
/** Shorter tables are of sets that may be kept, and with them their tables. */
const TableLengthMin = EntriesKept * 4;
/** A table may be so many times larger than it must be, for it is emptied before it is used again. */
const TableGrowthMax = 16;
/** Longer ones are not kept. */
const TableLengthMax = 1 << 18;
/** What free pieces are filled with, to be noticed. */
const Nonsense = 0xa5;

export class WriteMemory implements ChunkSource {
  readonly #keptBytesMax: number;
  #keptBytes = 0;
  /** Last in, first out: what was used last is still in the processor's caches. */
  readonly #free: ByteChunk[] = [];
  readonly #kept = new Set<ByteChunk>();
  /** What `giveTable` has got last. */
  #table: Int32Array | undefined = undefined;

  /** At most `keptBytesMax` are shared memory and never let go of. */
  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** A piece of `ChunkBytesMax` bytes, whatever is in them. */
  take(): ByteChunk {
    if (this.#free.length === 0) this.#addSlab();
    const isShared = mutants.on && mutants.has('mvcc.memory-of-two-sets');
    const piece = (isShared ? this.#free.at(-1) : this.#free.pop()) ?? new ByteChunk(new ArrayBuffer(ChunkBytesMax));
    piece.used = 0;
    return piece;
  }

  give(piece: ByteChunk): void {
    if (VERIFY.on) {
      assert(!this.#free.includes(piece), 'a piece of memory was given back twice');
      piece.u8.fill(Nonsense);
    }
    if (this.#kept.has(piece)) this.#free.push(piece);
  }

  /** An empty hash table of `length` slots; or of as many as the last set needed that has let go of one: such sets come one after the other, and the next need not double its own as often. */
  takeTable(length: number): Int32Array {
    const kept = this.#table;
    if (kept === undefined || length < TableLengthMin || kept.length < length || kept.length > length * TableGrowthMax) return new Int32Array(length);
    this.#table = undefined;
    return mutants.on && mutants.has('mvcc.kept-table-full') ? kept : kept.fill(0);
  }
  giveTable(table: Int32Array): void {
    if (table.length >= TableLengthMin && table.length <= TableLengthMax) this.#table = table;
  }

  #addSlab(): void {
    if (this.#keptBytes + SlabBytes > this.#keptBytesMax) return;
    this.#keptBytes += SlabBytes;
    const slab = new SharedArrayBuffer(SlabBytes);
    // The first ones are taken first.
    for (let at = SlabBytes - ChunkBytesMax; at >= 0; at -= ChunkBytesMax) {
      const piece = new ByteChunk(slab, at, ChunkBytesMax);
      this.#kept.add(piece);
      this.#free.push(piece);
    }
  }
}
