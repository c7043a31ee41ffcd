/**
 * Where the rows that a write set changes were found: for entries of rows looked up by their keys, the three words of `BTree.tellFound` (storage/tree/found-place.ts). While the leaf has the
 * version that they say the row is there, and the commit need not look for it. In pieces as entry-words.ts has them, made when the first place is noted.
 */
import { ChunkBytesMax, type ByteChunk, type ChunkSource } from './byte-arena.js';

/** An entry has two to the power of this many words, one of which says nothing. */
const PlaceShift = 2;
const PlacesFirst = 64;
const PlacesPerPiece = ChunkBytesMax >>> (PlaceShift + 2);
const PieceShift = Math.log2(PlacesPerPiece);

/** Where in the piece the words of an entry's place begin. */
export function placeWordOf(entry: number): number {
  return (entry & (PlacesPerPiece - 1)) << PlaceShift;
}

export class FoundPlaces {
  readonly #source: ChunkSource;
  readonly #pieces: Int32Array[] = [];
  readonly #taken: ByteChunk[] = [];
  #capacity = 0;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** The words among which those of an entry's place are, which has been noted. */
  of(entry: number): Int32Array {
    return this.#pieces[entry >>> PieceShift]!;
  }
  /** The same where it may be noted. */
  roomFor(entry: number): Int32Array {
    if (entry >= this.#capacity) this.#growTo(entry);
    return this.#pieces[entry >>> PieceShift]!;
  }

  #growTo(entry: number): void {
    while (entry >= this.#capacity) this.#grow();
  }
  #grow(): void {
    const capacity = this.#capacity;
    if (capacity < PlacesPerPiece) {
      const words = new Int32Array(Math.max(capacity * 2, PlacesFirst) << PlaceShift);
      if (capacity > 0) words.set(this.#pieces[0]!);
      this.#pieces[0] = words;
      this.#capacity = words.length >>> PlaceShift;
      return;
    }
    const piece = this.#source.take();
    this.#taken.push(piece);
    this.#pieces.push(piece.words);
    this.#capacity = capacity + PlacesPerPiece;
  }

  /** Keeps the first piece. */
  reset(): void {
    if (this.#taken.length === 0) return;
    for (const piece of this.#taken) this.#source.give(piece);
    this.#taken.length = 0;
    this.#pieces.length = 1;
    this.#capacity = PlacesPerPiece;
  }
}
