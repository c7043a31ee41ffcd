/**
 * Sorts the entries of a write set by their keys, for their way into the leaves.
 *
 * An entry becomes a record of four words: the eight bytes behind what all keys share at their front, which are read in the order in which the keys came, the entry, and the address of
 * its key. Records are sorted by the first of these words by digits, those which agree in it by the second, and they move as they are sorted: neither keys nor entries, which lie all
 * over memory, are gone back to. Keys that ascend already, as those of a load do, are left as they are.
 *
 * K1  Entries that agree in all eight bytes are sorted by what follows when they are many. Few are marked as ties, and put in order by `settle`, which loads the keys that it must
 *     compare all at once: whoever is about to read the keys of the stretch anyway finds them in the caches then.
 */
import { assert } from '../../base/assert.js';
import { compareBytes } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import { type ByteChunk, offsetOf } from './byte-arena.js';
import { shortKeyLength } from './put-form.js';
import { WriteFlag, type WriteSet } from './write-set.js';

/** Below this many comparing is as good. */
export const SortCountMin = 128;
const RecordWords = 4;
const AtHigh = 0;
const AtLow = 1;
const AtEntry = 2;
const AtAddress = 3;
/** Beside the number of an entry, which is less: the head is that of the record before; its key has its length before it (put-form.ts). */
const TieBit = 0x80000000;
const FormBit = 0x40000000;
const EntryMask = 0x3fffffff;
const DigitBits = 11;
const DigitMask = (1 << DigitBits) - 1;
/** Ties are settled so many records at a time. */
const StretchCount = 64;
/** More words are sooner moved by a call. */
const CallWordsMin = 64;
/** Memory for so many records is kept. */
const KeptCount = 1024;

/** Sorts in place, ascending as bytes. Keys are distinct. */
export function sortByKey(set: WriteSet, entries: Int32Array): void {
  if (isAscending(set, entries)) return;
  if (entries.length < SortCountMin) {
    sortByComparing(set, entries);
    return;
  }
  const sort = new KeySort();
  sort.sort(set, entries);
  sort.settleAll(entries);
}

export function isAscending(set: WriteSet, entries: Int32Array): boolean {
  for (let i = 1; i < entries.length; i++) if (compareKeys(set, entries[i - 1]!, entries[i]!) >= 0) return false;
  return true;
}
function sortByComparing(set: WriteSet, entries: Int32Array): void {
  entries.sort((a, b) => compareKeys(set, a, b));
}
function compareKeys(set: WriteSet, a: number, b: number): number {
  const aStart = set.keyOffset(a);
  const bStart = set.keyOffset(b);
  return compareBytes(set.keyChunk(a).u8, aStart, aStart + set.keyLength(a), set.keyChunk(b).u8, bStart, bStart + set.keyLength(b));
}

/** Four bytes of a key from `start` on, of which it has `left`, zero padded: keys that the padding makes equal are compared. */
export function wordAt(u8: Uint8Array, start: number, left: number): number {
  if (left >= 4) return ((u8[start]! << 24) | (u8[start + 1]! << 16) | (u8[start + 2]! << 8) | u8[start + 3]!) >>> 0;
  let word = 0;
  for (let i = 0; i < 4; i++) word = word * 256 + (i < left ? u8[start + i]! : 0);
  return word;
}

/** Where keys are, by their addresses. */
export interface KeyMemory {
  chunkAt(address: number): ByteChunk;
}

/** One object sorts one list after the other in the same memory. */
export class KeySort {
  count = 0;
  #memory: KeyMemory | undefined = undefined;
  /** Unless all of them are short puts. */
  #set: WriteSet | undefined = undefined;
  #records = new Uint32Array(KeptCount * RecordWords);
  #spare = new Uint32Array(0);
  readonly #ends = new Uint32Array(DigitMask + 1);
  #hasTies = false;
  /** What `settle` has loaded goes somewhere, lest it not be loaded. */
  #touched = 0;

  /** Sorts entries, all but ties. Keys are distinct; the set is borrowed until `end`. */
  sort(set: WriteSet, entries: Int32Array): void {
    this.#begin(set, entries.length);
    this.#set = set;
    for (let i = 0, at = 0; i < entries.length; i++, at += RecordWords) {
      const entry = entries[i]!;
      this.#records[at + AtEntry] = set.has(entry, WriteFlag.InForm) ? entry | FormBit : entry;
      this.#records[at + AtAddress] = set.keyAddress(entry);
    }
    this.#sortRange(0, this.count, -1);
  }
  /** The same for short puts as the log has them, of whose keys the first `count` of `addresses` are those. */
  sortPuts(memory: KeyMemory, addresses: Uint32Array, count: number): void {
    this.#begin(memory, count);
    for (let i = 0, at = 0; i < count; i++, at += RecordWords) {
      this.#records[at + AtEntry] = FormBit;
      this.#records[at + AtAddress] = addresses[i]!;
    }
    // Where one head is that of many keys, some buckets have none.
    if (count > 0 || (mutants.on && mutants.has('mvcc.empty-bucket-sorted'))) this.#sortRange(0, count, -1);
  }
  #begin(memory: KeyMemory, count: number): void {
    this.#memory = memory;
    this.count = count;
    this.#hasTies = false;
    const length = count * RecordWords;
    if (this.#records.length < length) this.#records = new Uint32Array(length);
    if (this.#spare.length < this.#records.length) this.#spare = new Uint32Array(this.#records.length);
  }
  /** Lets go of the set, and of much memory. */
  end(): void {
    this.#memory = undefined;
    this.#set = undefined;
    this.count = 0;
    if (this.#records.length > KeptCount * RecordWords) this.#records = new Uint32Array(KeptCount * RecordWords);
    this.#spare = new Uint32Array(0);
  }

  /** Address of the key at a place that has been settled. */
  addressAt(place: number): number {
    return this.#records[place * RecordWords + AtAddress]!;
  }

  /** Loads the keys at places [from, to) and those that are tied with the last, and puts ties in order. @returns where that ends; from there on nothing is settled */
  settle(from: number, to: number): number {
    const records = this.#records;
    let end = Math.min(to, this.count);
    while (end < this.count && records[end * RecordWords + AtEntry]! >= TieBit) end++;
    let sum = 0;
    for (let i = from; i < end; i++) {
      const address = records[i * RecordWords + AtAddress]!;
      sum += this.#memory!.chunkAt(address).u8[offsetOf(address)]!;
    }
    this.#touched = sum;
    if (!this.#hasTies || (mutants.on && mutants.has('mvcc.ties-unsettled'))) return end;
    for (let i = from, start = from; i < end; i++) {
      if (records[i * RecordWords + AtEntry]! < TieBit) start = i;
      else this.#insertByKey(start, i);
    }
    return end;
  }
  /** All of them, into the list of entries. */
  settleAll(entries: Int32Array): void {
    if (this.#hasTies) for (let from = 0; from < this.count; ) from = this.settle(from, from + StretchCount);
    for (let i = 0; i < this.count; i++) entries[i] = this.#records[i * RecordWords + AtEntry]! & EntryMask;
  }

  // ------------------------------------------------------------------------------------------------------------ records

  /** Length of the key at `u8[offset]` of the record at `at`. */
  #lengthAt(at: number, u8: Uint8Array, offset: number): number {
    return (this.#records[at + AtEntry]! & FormBit) !== 0 ? shortKeyLength(u8, offset) : this.#set!.keyLength(this.#records[at + AtEntry]! & EntryMask);
  }
  #compare(a: number, b: number): number {
    const aAddress = this.#records[a + AtAddress]!;
    const bAddress = this.#records[b + AtAddress]!;
    const { u8: aBytes } = this.#memory!.chunkAt(aAddress);
    const { u8: bBytes } = this.#memory!.chunkAt(bAddress);
    const aStart = offsetOf(aAddress);
    const bStart = offsetOf(bAddress);
    return compareBytes(aBytes, aStart, aStart + this.#lengthAt(a, aBytes, aStart), bBytes, bStart, bStart + this.#lengthAt(b, bBytes, bStart));
  }
  /** Moves record `last` to its place by key among those from `first` on, which are in order. */
  #insertByKey(first: number, last: number): void {
    const at = last * RecordWords;
    let to = at;
    while (to > first * RecordWords && this.#compare(to - RecordWords, at) > 0) to -= RecordWords;
    this.#move(at, to);
  }
  /** Moves the record at `at` to `to`, and those between out of its way. */
  #move(at: number, to: number): void {
    if (to === at) return;
    const records = this.#records;
    const high = records[at + AtHigh]!;
    const low = records[at + AtLow]!;
    const entry = records[at + AtEntry]!;
    const address = records[at + AtAddress]!;
    if (at - to > CallWordsMin) records.copyWithin(to + RecordWords, to, at);
    else for (let i = at - 1; i >= to; i--) records[i + RecordWords] = records[i]!;
    records[to + AtHigh] = high;
    records[to + AtLow] = low;
    records[to + AtEntry] = entry;
    records[to + AtAddress] = address;
  }

  // ------------------------------------------------------------------------------------------------------------ sorting

  /** Sorts records [from, to), whose keys have `known` bytes in common, as far as is known. */
  #sortRange(from: number, to: number, known: number): void {
    const shared = this.#sharedLength(from, to);
    // All of them alike: padding has made them so, and would again.
    if (shared === known) {
      this.#sortByComparing(from, to);
      return;
    }
    this.#readHeads(from, to, shared);
    this.#sortByWord(from, to, AtHigh);
    const records = this.#records;
    for (let start = from, i = from + 1; i <= to; i++) {
      if (i < to && records[i * RecordWords + AtHigh] === records[start * RecordWords + AtHigh]) continue;
      if (i - start > 1) this.#sortByLow(start, i, shared);
      start = i;
    }
  }
  /** Records [from, to), which agree in the first word. */
  #sortByLow(from: number, to: number, shared: number): void {
    this.#sortByWord(from, to, AtLow);
    const records = this.#records;
    for (let start = from, i = from + 1; i <= to; i++) {
      if (i < to && records[i * RecordWords + AtLow] === records[start * RecordWords + AtLow]) continue;
      if (i - start >= SortCountMin) this.#sortRange(start, i, shared);
      else if (i - start > 1) this.#markTies(start + 1, i);
      start = i;
    }
  }
  #markTies(from: number, to: number): void {
    this.#hasTies = true;
    for (let i = from; i < to; i++) this.#records[i * RecordWords + AtEntry]! |= TieBit;
  }
  #sortByComparing(from: number, to: number): void {
    const places = Int32Array.from({ length: to - from }, (_, i) => (from + i) * RecordWords).sort((a, b) => this.#compare(a, b));
    const sorted = new Uint32Array(places.length * RecordWords);
    places.forEach((place, i) => sorted.set(this.#records.subarray(place, place + RecordWords), i * RecordWords));
    this.#records.set(sorted, from * RecordWords);
  }

  /** How many bytes all keys of records [from, to) have in common at their front. */
  #sharedLength(from: number, to: number): number {
    const memory = this.#memory!;
    const records = this.#records;
    const address = records[from * RecordWords + AtAddress]!;
    const { u8: front } = memory.chunkAt(address);
    const start = offsetOf(address);
    let shared = this.#lengthAt(from * RecordWords, front, start);
    for (let at = from * RecordWords; at < to * RecordWords; at += RecordWords) {
      const other = records[at + AtAddress]!;
      const { u8 } = memory.chunkAt(other);
      const offset = offsetOf(other);
      const end = Math.min(shared, this.#lengthAt(at, u8, offset));
      shared = 0;
      while (shared < end && u8[offset + shared] === front[start + shared]) shared++;
      if (shared === 0) return 0;
    }
    return shared;
  }
  /** Reads the eight bytes behind the first `shared` of each key. */
  #readHeads(from: number, to: number, shared: number): void {
    const memory = this.#memory!;
    const records = this.#records;
    for (let at = from * RecordWords; at < to * RecordWords; at += RecordWords) {
      const address = records[at + AtAddress]!;
      const { u8 } = memory.chunkAt(address);
      const offset = offsetOf(address);
      const left = this.#lengthAt(at, u8, offset) - shared;
      records[at + AtHigh] = wordAt(u8, offset + shared, left);
      records[at + AtLow] = wordAt(u8, offset + shared + 4, left - 4);
    }
  }

  /** Sorts a few records by one word. */
  #insertByWord(from: number, to: number, word: number): void {
    const records = this.#records;
    for (let at = (from + 1) * RecordWords; at < to * RecordWords; at += RecordWords) {
      const value = records[at + word]!;
      let place = at;
      while (place > from * RecordWords && records[place - RecordWords + word]! > value) place -= RecordWords;
      this.#move(at, place);
    }
  }

  /** Sorts records [from, to) by one word, by its digits, the least significant first. What is in order already, or all one, costs a look. */
  #sortByWord(from: number, to: number, word: number): void {
    if (to - from < SortCountMin) {
      this.#insertByWord(from, to, word);
      return;
    }
    const records = this.#records;
    const first = records[from * RecordWords + word]!;
    let previous = first;
    let varying = 0;
    let isOrdered = true;
    for (let at = from * RecordWords + word; at < to * RecordWords; at += RecordWords) {
      const value = records[at]!;
      varying |= value ^ first;
      if (value < previous) isOrdered = false;
      previous = value;
    }
    if (isOrdered) return;
    let source = records;
    let target = this.#spare;
    for (let shift = 0; shift < 32; shift += DigitBits) {
      if (((varying >>> shift) & DigitMask) === 0) continue;
      this.#pass(source, target, from * RecordWords, to * RecordWords, word, shift);
      const swapped = source;
      source = target;
      target = swapped;
    }
    if (source !== records) this.#takeOver(from, to);
  }
  /** Of all records, of which then nobody is in the middle, what is in the spare memory becomes them; of some it is copied. */
  #takeOver(from: number, to: number): void {
    const records = this.#records;
    const sorted = this.#spare;
    if (from === 0 && to === this.count) {
      this.#records = sorted;
      this.#spare = records;
    } else records.set(sorted.subarray(from * RecordWords, to * RecordWords), from * RecordWords);
  }
  #pass(source: Uint32Array, target: Uint32Array, from: number, to: number, word: number, shift: number): void {
    const ends = this.#ends.fill(0);
    for (let at = from + word; at < to; at += RecordWords) ends[(source[at]! >>> shift) & DigitMask]!++;
    let begin = from;
    for (let digit = 0; digit <= DigitMask; digit++) {
      const size = ends[digit]! * RecordWords;
      ends[digit] = begin;
      begin += size;
    }
    assert(begin === to, 'records miscounted', begin, to);
    for (let at = from; at < to; at += RecordWords) {
      const digit = (source[at + word]! >>> shift) & DigitMask;
      const place = ends[digit]!;
      ends[digit] = place + RecordWords;
      target[place] = source[at]!;
      target[place + 1] = source[at + 1]!;
      target[place + 2] = source[at + 2]!;
      target[place + 3] = source[at + 3]!;
    }
  }
}
