/**
 * Entries of a write set whose puts came as blocks of rows: stretches of consecutive entries, alike but for their keys and values, which lie side by side as the log has them (put-form.ts).
 * The words of such entries follow from that (N1 in entry-words.ts), and the commit goes through them without (block-walk.ts).
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { type ByteRun, offsetOf } from './byte-arena.js';
import { AtCommand, AtFlags, AtHash, AtKey, AtKeyLength, AtPrevious, AtValue, AtValueLength, wordOf } from './entry-words.js';
import { KeyFormBytes, ValueFormBytes, shortKeyLength } from './put-form.js';

// The numbers of a stretch.
const AtFirst = 0;
const AtEntryEnd = 1;
/** Where its puts begin. */
const AtAddress = 2;
const AtFlagsOfAll = 3;
const AtCommandOfAll = 4;
const StretchNumbers = 5;
const StretchesFirst = 4;

export class PutBlocks {
  readonly bytes: ByteRun;
  #numbers = new Int32Array(StretchesFirst * StretchNumbers);
  /** Stretches; their entries ascend and do not overlap. */
  count = 0;
  /** Address of the key of the last entry. */
  lastKey = 0;

  constructor(bytes: ByteRun) {
    this.bytes = bytes;
  }

  /** Behind the last entry of the last one. */
  get entryEnd(): number {
    return this.count === 0 ? 0 : this.entryEndOf(this.count - 1);
  }
  firstOf(stretch: number): number {
    return this.#numbers[stretch * StretchNumbers + AtFirst]!;
  }
  entryEndOf(stretch: number): number {
    return this.#numbers[stretch * StretchNumbers + AtEntryEnd]!;
  }
  addressOf(stretch: number): number {
    return this.#numbers[stretch * StretchNumbers + AtAddress]!;
  }

  /** Adds entries [first, end), whose puts begin at `address`; `lastKey` is where the last of their keys is. What was there of entries from `first` on has been taken back. */
  add(first: number, end: number, address: number, lastKey: number, flags: number, command: number): void {
    if (!(mutants.on && mutants.has('mvcc.taken-back-blocks-stay'))) this.#forgetFrom(first);
    const at = this.count * StretchNumbers;
    if (at === this.#numbers.length) {
      const numbers = new Int32Array(at * 2);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    const numbers = this.#numbers;
    numbers[at + AtFirst] = first;
    numbers[at + AtEntryEnd] = end;
    numbers[at + AtAddress] = address;
    numbers[at + AtFlagsOfAll] = flags;
    numbers[at + AtCommandOfAll] = command;
    this.lastKey = lastKey;
    this.count++;
  }
  #forgetFrom(entry: number): void {
    while (this.count > 0 && this.firstOf(this.count - 1) >= entry) this.count--;
    if (this.count > 0 && this.entryEnd > entry) this.#numbers[(this.count - 1) * StretchNumbers + AtEntryEnd] = entry;
  }
  reset(): void {
    this.count = 0;
  }

  /** The stretch that an entry is in, or the one behind it. */
  find(entry: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entryEndOf(middle) <= entry) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Writes the words of entries [from, end) among those of their piece. */
  writeWords(words: Int32Array, from: number, end: number): void {
    for (let stretch = this.find(from); from < end; stretch++) {
      assert(stretch < this.count && this.firstOf(stretch) <= from, 'entries of no block', from, end);
      from = this.#writeStretch(words, stretch, from, end);
    }
  }
  /** Those of one stretch. @returns the first entry behind them */
  #writeStretch(words: Int32Array, stretch: number, from: number, end: number): number {
    const address = this.addressOf(stretch);
    const chunk = address - offsetOf(address);
    const { u8 } = this.bytes.chunkOf(address);
    const flags = this.#numbers[stretch * StretchNumbers + AtFlagsOfAll]!;
    const command = this.#numbers[stretch * StretchNumbers + AtCommandOfAll]!;
    const last = Math.min(end, this.entryEndOf(stretch));
    let put = offsetOf(address);
    for (let entry = mutants.on && mutants.has('mvcc.words-of-former-puts') ? from : this.firstOf(stretch); entry < last; entry++) {
      const key = put + KeyFormBytes;
      const keyLength = shortKeyLength(u8, key);
      const value = key + keyLength + ValueFormBytes;
      put = value + u8[value - ValueFormBytes]!;
      if (entry < from) continue;
      const at = wordOf(entry);
      words[at + AtHash] = 0;
      words[at + AtKey] = chunk + key;
      words[at + AtKeyLength] = keyLength;
      words[at + AtFlags] = flags;
      words[at + AtCommand] = command;
      words[at + AtPrevious] = -1;
      words[at + AtValue] = chunk + value;
      words[at + AtValueLength] = put - value;
    }
    return last;
  }
}
