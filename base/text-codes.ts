/**
 * Texts of a column that has few different ones, as codes of one byte: a code is compared, counted and read where the text would have to be. Codes are given in the order in which texts
 * are met, and never change.
 *
 * T1  Equal bytes have equal codes, different bytes different ones; but what is met when all codes are given, and long texts, have `NoCode` for ever: they must be read.
 *
 * Source. Abadi, Madden, Ferreira 2006, on working with compressed columns directly.
 */
import { ByteDictionary, NoCode, Unknown } from './byte-dictionary.js';
import { getUtf8 } from './bytes.js';

const CodeCount = NoCode;
const TextBytesMax = 64;

export class TextCodes {
  readonly #dictionary = new ByteDictionary();
  /** By code. */
  readonly texts: string[] = [];

  codeOf(u8: Uint8Array, start: number, end: number): number {
    if (end - start > TextBytesMax) return NoCode;
    const code = this.#dictionary.codeOf(u8, start, end);
    if (code === Unknown) return NoCode;
    if (code === this.texts.length) {
      this.texts.push(getUtf8(u8, start, end));
      this.#dictionary.isFrozen = this.texts.length === CodeCount;
    }
    return code;
  }
}
