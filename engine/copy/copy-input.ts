/**
 * Input of COPY FROM on its way to rows. It is held as UTF-8: lines that are plainly rows are encoded from there in one pass (executor/codegen/text-rows.ts), everything else is read
 * as text by CopyReader, its twin, a piece of whole lines at a time.
 *
 * C1  What is read as bytes begins where a line begins, and whole lines are read. What CopyReader is given after them is read as if it had read them.
 * C2  Bytes that are no UTF-8 are not read as rows, but given to the decoder, which says so.
 */
import { isUtf8 } from 'node:buffer';
import { DbError } from '../../base/errors.js';
import { TextBytes } from '../../executor/text-bytes.js';

const LineFeed = 10, Return = 13;
/** U+FEFF, at the beginning of bytes. */
const orderMark = [0xef, 0xbb, 0xbf] as const;
/** Of lines that are to be read as text so many bytes at first, twice as many as long as there is nothing between them that is read as bytes. */
const PieceBytesFirst = 256;
/** So much without a line feed is given to CopyReader, which knows other line ends. */
const LineBytesMax = 1 << 20;

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

export class CopyInput {
  readonly text = new TextBytes();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** The first half of a character, whose second half comes with the next chunk. */
  #half = '';
  /** Whether bytes that come first may yet turn out to begin with a mark of their order. */
  #isMarkDue = true;
  /** Whether there are bytes that did not come as a string. */
  #hasForeign = false;
  /** Where the last whole line ends, and whether all up to there is UTF-8. */
  #linesEnd = 0;
  #isSound = true;
  #pieceBytes = PieceBytesFirst;
  /** Whether what was given to the decoder last ended a line. */
  #isAtLine = true;

  /** Adds a chunk, which is borrowed. */
  push(chunk: string | Uint8Array): void {
    const { text } = this;
    if (typeof chunk === 'string') this.#append(chunk);
    else this.#appendBytes(chunk);
    const { at, end } = text;
    this.#linesEnd = end === at ? at : Math.max(at, text.bytes.lastIndexOf(LineFeed, end - 1) + 1);
    this.#isSound = !this.#hasForeign || isUtf8(text.bytes.subarray(at, this.#linesEnd));
  }
  #append(chunk: string): void {
    const whole = this.#half + chunk;
    const isHalf = isHighSurrogate(whole.charCodeAt(whole.length - 1));
    this.#half = isHalf ? whole.slice(-1) : '';
    this.text.append(isHalf ? whole.slice(0, -1) : whole);
    this.#isMarkDue = false;
  }
  #appendBytes(chunk: Uint8Array): void {
    const { text } = this;
    this.#hasForeign = true;
    text.append(this.#half);
    this.#half = '';
    text.appendBytes(chunk);
    if (!this.#isMarkDue) return;
    const { bytes, at, end } = text;
    const isMark = orderMark.every((byte, i) => at + i >= end || bytes[at + i] === byte);
    this.#isMarkDue = isMark && end - at < orderMark.length;
    if (isMark && !this.#isMarkDue) text.at += orderMark.length;
  }

  /** Where whole lines end that may be read from `text` as bytes; `text.at` where there are none. */
  get linesEnd(): number {
    return this.#isSound && this.#isAtLine ? this.#linesEnd : this.text.at;
  }
  /** What ends the first of them, where there are any and nothing in it is quoted. */
  get firstLineEnd(): '\n' | '\r\n' {
    const { bytes, at } = this.text;
    const end = bytes.indexOf(LineFeed, at);
    return end > at && bytes[end - 1] === Return ? '\r\n' : '\n';
  }
  /** Lines have been read as bytes: the next piece is a short one again. */
  noteLines(): void {
    this.#pieceBytes = PieceBytesFirst;
  }

  /** The next piece to be read as text; undefined: there is none before more input comes. @throws DbError 22021 */
  nextPiece(): string | undefined {
    const { text } = this;
    const { bytes, at } = text;
    if (at >= this.#linesEnd && text.end - at < LineBytesMax) return undefined;
    const lineEnd = bytes.indexOf(LineFeed, Math.min(at + this.#pieceBytes, text.end)) + 1;
    const end = at >= this.#linesEnd ? text.end : lineEnd === 0 || lineEnd > this.#linesEnd ? this.#linesEnd : lineEnd;
    this.#pieceBytes *= 2;
    text.at = end;
    this.#isAtLine = bytes[end - 1] === LineFeed;
    return this.#decode(bytes.subarray(at, end));
  }
  /** What is left when no more input comes. @throws DbError 22021 */
  lastPiece(): string {
    const { text } = this;
    text.append(this.#half);
    const rest = this.#decode(text.bytes.subarray(text.at, text.end)) + this.#decode(undefined);
    text.clear();
    return rest;
  }
  #decode(bytes: Uint8Array | undefined): string {
    try {
      return bytes === undefined ? this.#decoder.decode() : this.#decoder.decode(bytes, { stream: true });
    } catch {
      throw new DbError('22021', 'invalid byte sequence for encoding "UTF8"');
    }
  }
}
