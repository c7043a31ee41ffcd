/** A text as UTF-8, to be read byte by byte: what a character of a string costs to ask for, most of all of one that was joined from parts, is paid once for all of them. */
import { assert } from '../base/assert.js';
import { putUtf8, utf8LengthMax } from '../base/bytes.js';

const BytesFirst = 64 * 1024;
/** A buffer that has grown beyond this is not kept. */
const BytesKept = 1 << 20;

export class TextBytes {
  /** Read from `at` to `end`; behind it there is a 0. */
  bytes = new Uint8Array(BytesFirst);
  /** A view of all of `bytes`. */
  view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;

  get isEmpty(): boolean {
    return this.at === this.end;
  }

  /** Instead of what there is. */
  set(text: string): void {
    this.clear();
    this.append(text);
  }
  /** Behind what has not been read, which moves to the front. */
  append(text: string): void {
    this.#reserve(utf8LengthMax(text));
    this.end = putUtf8(this.bytes, this.end, text);
    this.bytes[this.end] = 0;
  }
  appendBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
    this.bytes[this.end] = 0;
  }
  clear(): void {
    this.at = 0;
    this.end = 0;
    if (this.bytes.length > BytesKept) this.#use(new Uint8Array(BytesFirst));
  }
  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #reserve(length: number): void {
    const left = this.end - this.at;
    assert(left >= 0, 'a text was read past its end', this.at, this.end);
    const needed = left + length + 1;
    if (needed > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      bytes.set(this.bytes.subarray(this.at, this.end));
      this.#use(bytes);
    } else this.bytes.copyWithin(0, this.at, this.end);
    this.at = 0;
    this.end = left;
  }
}
