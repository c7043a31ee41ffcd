/**
 * The numbers of the entries of a write set (write-set.ts): eight words each, in pieces of memory that never move, so that a growing set is not copied. Only the first
 * piece grows by being copied, up to the size of the others, for most transactions change few rows.
 *
 * N1  What entries of blocks say (put-blocks.ts) follows from their blocks, and is not written before somebody asks for one of a piece: then all of the piece is. A load whose rows nobody
 *     looks at again touches half as much memory.
 * N2  A piece that has been written stays so and alone says what its entries are: entries may change there, and who takes one back has asked for it (W3). So blocks speak only of pieces
 *     that have not been, and of those they have every entry.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { ChunkBytesMax, type ByteChunk, type ChunkSource } from './byte-arena.js';
import type { PutBlocks } from './put-blocks.js';

/** An entry has two to the power of this many words, */
export const EntryShift = 3;
// which are these.
export const AtHash = 0;
export const AtKey = 1;
export const AtKeyLength = 2;
export const AtFlags = 3;
/** Command number: statements with a greater one see the entry. */
export const AtCommand = 4;
export const AtPrevious = 5;
export const AtValue = 6;
export const AtValueLength = 7;

const EntriesFirst = 16;
/** Above the flags stands the number of the entry's tree, of which there are so many at most. */
export const TreeShift = 15;
export const TreesMax = 2 ** (32 - TreeShift);
/** Entries of a piece, a power of two. */
export const EntriesPerPiece = ChunkBytesMax >>> (EntryShift + 2);
const PieceShift = Math.log2(EntriesPerPiece);

/** Where in the piece the words of an entry begin. */
export function wordOf(entry: number): number {
  return (entry & (EntriesPerPiece - 1)) << EntryShift;
}
/** The first entry of the piece behind that of an entry. */
export function pieceEnd(entry: number): number {
  return (entry | (EntriesPerPiece - 1)) + 1;
}

export class EntryWords {
  readonly #source: ChunkSource;
  readonly #blocks: PutBlocks;
  /** The first piece, if entries of it have been pushed one by one before any block: of its own memory, which stays for the next use. */
  #first = new Int32Array(EntriesFirst << EntryShift);
  /** Undefined: not written (N1). */
  readonly #pieces: (Int32Array | undefined)[] = [this.#first];
  readonly #taken: ByteChunk[] = [];
  /** Entries that there is room for. */
  capacity = EntriesFirst;

  constructor(source: ChunkSource, blocks: PutBlocks) {
    this.#source = source;
    this.#blocks = blocks;
  }

  /** The words among which those of an entry are, from `wordOf` of it on. */
  of(entry: number): Int32Array {
    return this.#pieces[entry >>> PieceShift] ?? this.#write(entry);
  }
  /** Whether what the entry says follows from its block alone. */
  isImplied(entry: number): boolean {
    return this.#pieces[entry >>> PieceShift] === undefined;
  }
  /** Where of entries [from, end) the next stretch begins: of entries that are implied, as that at `from` is, or of others. */
  impliedEnd(from: number, end: number): number {
    const isImplied = this.isImplied(from);
    let entry = from;
    while (entry < end && this.isImplied(entry) === isImplied) entry = pieceEnd(entry);
    return Math.min(entry, end);
  }
  /** The place in a list of entries, behind `from`, where the next stretch begins: of entries of consecutive numbers that are implied, as that at `from` is, or of others. */
  stretchEnd(entries: Int32Array, from: number): number {
    const isImplied = this.isImplied(entries[from]!);
    let at = from + 1;
    while (at < entries.length && this.isImplied(entries[at]!) === isImplied && (!isImplied || entries[at] === entries[at - 1]! + 1)) at++;
    return at;
  }

  /** Makes room for more entries. */
  grow(): void {
    const { capacity } = this;
    if (capacity < EntriesPerPiece) {
      const words = new Int32Array((capacity * 2) << EntryShift);
      words.set(this.#first);
      this.#first = words;
      this.#pieces[0] = words;
      this.capacity = capacity * 2;
      return;
    }
    this.#pieces.push(this.#take());
    this.capacity = capacity + EntriesPerPiece;
  }
  #take(): Int32Array {
    const piece = this.#source.take();
    this.#taken.push(piece);
    return piece.words;
  }

  /** Makes room for entries [first, end), which have just been added as blocks; `first` is the number of those before. */
  growByBlocks(first: number, end: number): void {
    if (first === 0 && this.#pieces.length === 1 && this.#pieces[0] === this.#first) {
      this.#pieces[0] = undefined;
      this.capacity = EntriesPerPiece;
    }
    while (end > this.capacity) {
      if (this.capacity < EntriesPerPiece) this.grow();
      else {
        this.#pieces.push(undefined);
        this.capacity += EntriesPerPiece;
      }
    }
    for (let entry = first; entry < end; entry = pieceEnd(entry)) {
      const words = this.#pieces[entry >>> PieceShift];
      if (words !== undefined) this.#blocks.writeWords(words, entry, Math.min(end, pieceEnd(entry)));
    }
  }
  /** Writes the piece of an entry, which is there or comes next. */
  #write(entry: number): Int32Array {
    const from = pieceEnd(entry) - EntriesPerPiece;
    const end = Math.min(pieceEnd(entry), this.#blocks.entryEnd);
    if (VERIFY.on) assert(entry <= end, 'an entry of no block', entry, end);
    const words = this.#take();
    this.#pieces[entry >>> PieceShift] = words;
    this.#blocks.writeWords(words, from, end);
    return words;
  }

  /** Gives back what was taken. */
  reset(): void {
    for (const piece of this.#taken) this.#source.give(piece);
    this.#taken.length = 0;
    this.#pieces.length = 1;
    this.#pieces[0] = this.#first;
    this.capacity = this.#first.length >>> EntryShift;
  }
}
