/**
 * A text that is put together from many. Appended one by one they would make a string of V8's that is a tree as deep as they are many, of which each node outlives several
 * collections of garbage and is visited when the whole is first read; so short ones are joined some hundred at a time, and only the results appended.
 */

/** Pieces joined at once. */
const PiecesPerJoin = 256;
/** A node costs less than copying so many characters twice. */
const LongPiece = 1024;

export class TextPieces {
  #text = '';
  #pieces: string[] = [];

  add(piece: string): void {
    if (piece.length >= LongPiece) {
      this.#join();
      this.#text += piece;
      return;
    }
    this.#pieces.push(piece);
    if (this.#pieces.length >= PiecesPerJoin) this.#join();
  }
  /** All that has been added. */
  text(): string {
    this.#join();
    return this.#text;
  }
  #join(): void {
    if (this.#pieces.length === 0) return;
    this.#text += this.#pieces.join('');
    this.#pieces = [];
  }
}
