/**
 * The numbers of the entries of a write set (write-set.ts): eight words each, in pieces of memory that never move, so that a growing set is not copied. Only the first
 * piece grows by being copied, up to the size of the others, for most transactions change few rows.
 */
import { ChunkBytesMax, type ByteChunk, type ChunkSource } from './byte-arena.js';

/** An entry has two to the power of this many words. */
export const EntryShift = 3;
const EntriesFirst = 16;
/** Entries of a piece, a power of two. */
const EntriesPerPiece = ChunkBytesMax >>> (EntryShift + 2);
const PieceShift = Math.log2(EntriesPerPiece);

/** Where in the piece the words of an entry begin. */
export function wordOf(entry: number): number {
  return (entry & (EntriesPerPiece - 1)) << EntryShift;
}

export class EntryWords {
  readonly #source: ChunkSource;
  readonly #pieces: Int32Array[] = [new Int32Array(EntriesFirst << EntryShift)];
  readonly #taken: ByteChunk[] = [];
  /** Entries that there is room for. */
  capacity = EntriesFirst;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** The words among which those of an entry are, from `wordOf` of it on. */
  of(entry: number): Int32Array {
    return this.#pieces[entry >>> PieceShift]!;
  }

  /** Makes room for more entries. */
  grow(): void {
    const { capacity } = this;
    if (capacity < EntriesPerPiece) {
      const words = new Int32Array((capacity * 2) << EntryShift);
      words.set(this.#pieces[0]!);
      this.#pieces[0] = words;
      this.capacity = capacity * 2;
      return;
    }
    const piece = this.#source.take();
    this.#taken.push(piece);
    this.#pieces.push(piece.words);
    this.capacity = capacity + EntriesPerPiece;
  }

  /** Keeps the first piece. */
  reset(): void {
    if (this.#taken.length === 0) return;
    for (const piece of this.#taken) this.#source.give(piece);
    this.#taken.length = 0;
    this.#pieces.length = 1;
    this.capacity = EntriesPerPiece;
  }
}
