/**
 * Hash tables on typed arrays: keys of one or more 32-bit integers to dense numbers from 1, and dictionaries that make such integers of anything else. A lookup
 * touches two arrays and allocates nothing. Text is looked up by the bytes it has in its page, so a row is put into its group without decoding it.
 *
 * K1  Within one life of a table (between `clear`s) equal values have equal codes and different values different ones. A frozen dictionary answers `Unknown` for
 *     what it has not met, and no key with that code is in any table.
 *
 * Slots are found by multiplication (Knuth 6.4) and linear probing at a load of at most one half.
 */
import type { GroupKey } from '../../base/datum.js';

/** The code of a value a frozen dictionary does not have. */
export const Unknown = -2;
/** The code of NULL in dictionaries. */
export const NullCode = -1;

const SlotBitsMin = 6;
const Multiplier = 0x9e3779b1;
const Multiplier2 = 0x85ebca6b;

export class IntTable {
  readonly #arity: number;
  /** Keys are numbered 1 to count, in the order they were added. */
  count = 0;
  #slots = new Int32Array(1 << SlotBitsMin);
  #shift = 32 - SlotBitsMin;
  #keys: Int32Array;

  constructor(arity: number) {
    this.#arity = arity;
    this.#keys = new Int32Array((1 << (SlotBitsMin - 1)) * arity + arity);
  }

  /** The key's number, 0 when it is not there. */
  find1(a: number): number {
    const slots = this.#slots;
    const keys = this.#keys;
    const mask = slots.length - 1;
    let slot = Math.imul(a, Multiplier) >>> this.#shift;
    for (;;) {
      const number = slots[slot]!;
      if (number === 0 || keys[number] === a) return number;
      slot = (slot + 1) & mask;
    }
  }
  find2(a: number, b: number): number {
    const slots = this.#slots;
    const keys = this.#keys;
    const mask = slots.length - 1;
    let slot = hash2(a, b) >>> this.#shift;
    for (;;) {
      const number = slots[slot]!;
      if (number === 0 || (keys[number * 2] === a && keys[number * 2 + 1] === b)) return number;
      slot = (slot + 1) & mask;
    }
  }
  find(key: Int32Array): number {
    const slots = this.#slots;
    const keys = this.#keys;
    const mask = slots.length - 1;
    const arity = this.#arity;
    let slot = hashAll(key) >>> this.#shift;
    for (;;) {
      const number = slots[slot]!;
      if (number === 0) return 0;
      let i = 0;
      for (const at = number * arity; i < arity && keys[at + i] === key[i]; ) i++;
      if (i === arity) return number;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds a key that is not there. @returns its number */
  add1(a: number): number {
    const number = this.#next();
    this.#keys[number] = a;
    this.#place(Math.imul(a, Multiplier), number);
    return number;
  }
  add2(a: number, b: number): number {
    const number = this.#next();
    this.#keys[number * 2] = a;
    this.#keys[number * 2 + 1] = b;
    this.#place(hash2(a, b), number);
    return number;
  }
  add(key: Int32Array): number {
    const number = this.#next();
    this.#keys.set(key, number * this.#arity);
    this.#place(hashAll(key), number);
    return number;
  }

  #next(): number {
    const number = ++this.count;
    if (number * 2 > this.#slots.length) this.#grow();
    return number;
  }
  #place(hash: number, number: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash >>> this.#shift;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number;
  }
  #grow(): void {
    const arity = this.#arity;
    const size = this.#slots.length * 2;
    this.#slots = new Int32Array(size);
    this.#shift--;
    const keys = new Int32Array((size >> 1) * arity + arity);
    keys.set(this.#keys);
    this.#keys = keys;
    for (let number = 1; number < this.count; number++) {
      const at = number * arity;
      this.#place(arity === 1 ? Math.imul(keys[at]!, Multiplier) : arity === 2 ? hash2(keys[at]!, keys[at + 1]!) : hashAll(keys.subarray(at, at + arity)), number);
    }
  }

  /** Part `i` of the key with this number. */
  part(number: number, i: number): number {
    return this.#keys[number * this.#arity + i]!;
  }
  get bytes(): number {
    return (this.#slots.length + this.#keys.length) * 4;
  }
  clear(): void {
    this.count = 0;
    this.#slots = new Int32Array(1 << SlotBitsMin);
    this.#shift = 32 - SlotBitsMin;
    this.#keys = new Int32Array((1 << (SlotBitsMin - 1)) * this.#arity + this.#arity);
  }
}

function hash2(a: number, b: number): number {
  const h = Math.imul(a, Multiplier) + Math.imul(b, Multiplier2);
  return Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
}
function hashAll(key: Int32Array): number {
  let h = 0;
  for (let i = 0; i < key.length; i++) h = Math.imul((h ^ (h >>> 15)) + key[i]!, Multiplier);
  return Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
}

export interface Dictionary {
  /** Answers `Unknown` instead of adding. */
  isFrozen: boolean;
  readonly bytes: number;
  clear(): void;
}

/** Codes from 0 of byte strings. */
export class ByteDictionary implements Dictionary {
  isFrozen = false;
  #count = 0;
  #slots = new Int32Array(64);
  #hashes = new Int32Array(32);
  /** Entry i lies at [ends[i], ends[i + 1]). */
  #ends = new Int32Array(34);
  #arena = new Uint8Array(256);
  /** Code + 1 of each string of one byte. */
  readonly #single = new Int32Array(256);

  codeOf(u8: Uint8Array, start: number, end: number): number {
    if (end - start === 1) {
      const code = this.#single[u8[start]!]!;
      if (code !== 0) return code - 1;
    }
    return this.#lookUp(u8, start, end);
  }
  /** Of a char(n): without the blanks at its end. */
  codeOfUnpadded(u8: Uint8Array, start: number, end: number): number {
    while (end > start && u8[end - 1] === 32) end--;
    return this.codeOf(u8, start, end);
  }

  #lookUp(u8: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ u8[i]!, 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    const length = end - start;
    let slot = hash & mask;
    for (;;) {
      const code = this.#slots[slot]! - 1;
      if (code < 0) break;
      if (this.#hashes[code] === hash) {
        const at = this.#ends[code]!;
        if (this.#ends[code + 1]! - at === length) {
          const arena = this.#arena;
          let i = 0;
          while (i < length && arena[at + i] === u8[start + i]) i++;
          if (i === length) return code;
        }
      }
      slot = (slot + 1) & mask;
    }
    return this.isFrozen ? Unknown : this.#add(u8, start, end, hash, slot);
  }
  #add(u8: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#count++;
    const at = this.#ends[code]!;
    const length = end - start;
    if (at + length > this.#arena.length) {
      const arena = new Uint8Array(Math.max(at + length, this.#arena.length * 2));
      arena.set(this.#arena);
      this.#arena = arena;
    }
    for (let i = 0; i < length; i++) this.#arena[at + i] = u8[start + i]!;
    this.#hashes[code] = hash;
    this.#ends[code + 1] = at + length;
    this.#slots[slot] = code + 1;
    if (length === 1) this.#single[u8[start]!] = code + 1;
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    return code;
  }
  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const hashes = new Int32Array(slots.length >> 1);
    hashes.set(this.#hashes);
    const ends = new Int32Array((slots.length >> 1) + 2);
    ends.set(this.#ends);
    for (let code = 0; code < this.#count; code++) {
      let slot = hashes[code]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
    this.#hashes = hashes;
    this.#ends = ends;
  }

  get bytes(): number {
    return (this.#slots.length + this.#hashes.length + this.#ends.length) * 4 + this.#arena.length;
  }
  clear(): void {
    this.isFrozen = false;
    this.#count = 0;
    this.#slots = new Int32Array(64);
    this.#hashes = new Int32Array(32);
    this.#ends = new Int32Array(34);
    this.#arena = new Uint8Array(256);
    this.#single.fill(0);
  }
}

/** Codes from 0 of group keys; NULL is `NullCode`. */
export class ValueDictionary implements Dictionary {
  isFrozen = false;
  #codes = new Map<GroupKey, number>();
  #bytes = 0;

  codeOf(key: GroupKey): number {
    if (key === null) return NullCode;
    let code = this.#codes.get(key);
    if (code === undefined) {
      if (this.isFrozen) return Unknown;
      code = this.#codes.size;
      this.#codes.set(key, code);
      this.#bytes += 40 + (typeof key === 'string' ? 16 + key.length : 0);
    }
    return code;
  }
  get bytes(): number {
    return this.#bytes;
  }
  clear(): void {
    this.isFrozen = false;
    this.#codes = new Map();
    this.#bytes = 0;
  }
}
