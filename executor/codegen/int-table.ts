/**
 * Hash tables on typed arrays: keys of one or more 32-bit integers to dense numbers from 1, and a dictionary that makes such integers of anything else (of bytes:
 * base/byte-dictionary.ts). A lookup touches two arrays and allocates nothing.
 *
 * K1  Within one life of a table (between `clear`s) equal values have equal codes and different values different ones. A frozen dictionary answers `Unknown` for
 *     what it has not met, and no key with that code is in any table.
 *
 * Slots are found by multiplication (Knuth 6.4) and linear probing at a load of at most one half. Keys of one integer that lie close together, as those of tables often do, need no search: as
 * long as a slot for each integer from the least to the greatest is not too many, that of a key is at its distance from the first (*direct*).
 */
import { type Dictionary, Unknown } from '../../base/byte-dictionary.js';
import type { GroupKey } from '../../base/datum.js';

/** The code of NULL in dictionaries. */
export const NullCode = -1;

const SlotBitsMin = 6;
/** Slots of a direct table: so many whatever the count, and for each key. */
const DirectSlotsMax = 1 << 14;
const DirectSlotsPerKey = 8;
const Multiplier = 0x9e3779b1;
const Multiplier2 = 0x85ebca6b;

export class IntTable {
  /** Integers of a key. */
  readonly arity: number;
  /** Keys are numbered 1 to count, in the order they were added. */
  count = 0;
  #slots = new Int32Array(1 << SlotBitsMin);
  #shift = 32 - SlotBitsMin;
  #keys: Int32Array;
  #isDirect: boolean;
  /** The integer of slot 0 of a direct table. */
  #first = 0;

  constructor(arity: number) {
    this.arity = arity;
    this.#isDirect = arity === 1;
    this.#keys = new Int32Array((1 << (SlotBitsMin - 1)) * arity + arity);
  }

  /** The key's number, 0 when it is not there. */
  find1(a: number): number {
    const slots = this.#slots;
    if (this.#isDirect) {
      const at = a - this.#first;
      return at >= 0 && at < slots.length ? slots[at]! : 0;
    }
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
    const arity = this.arity;
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
    if (this.#isDirect) {
      if (this.count === 0) this.#first = a;
      if (this.#reach(a)) {
        const number = ++this.count;
        if (number === this.#keys.length) this.#growKeys(number * 2);
        this.#keys[number] = a;
        this.#slots[a - this.#first] = number;
        return number;
      }
      this.#leaveDirect();
    }
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
    this.#keys.set(key, number * this.arity);
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
  /** Gives a direct table slots up to `a`; false when they would be too many. */
  #reach(a: number): boolean {
    const slots = this.#slots;
    const at = a - this.#first;
    if (at >= 0 && at < slots.length) return true;
    const needed = at < 0 ? slots.length - at : at + 1;
    let { length } = slots;
    while (length < needed) length *= 2;
    if (length > Math.max(DirectSlotsMax, this.count * DirectSlotsPerKey)) return false;
    const larger = new Int32Array(length);
    larger.set(slots, at < 0 ? length - slots.length : 0);
    if (at < 0) this.#first -= length - slots.length;
    this.#slots = larger;
    return true;
  }
  #leaveDirect(): void {
    this.#isDirect = false;
    let bits = SlotBitsMin;
    while (1 << bits < this.count * 2) bits++;
    this.#slots = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
    if (this.#keys.length <= 1 << (bits - 1)) this.#growKeys((1 << (bits - 1)) + 1);
    for (let number = 1; number <= this.count; number++) this.#place(Math.imul(this.#keys[number]!, Multiplier), number);
  }
  #growKeys(length: number): void {
    const keys = new Int32Array(length);
    keys.set(this.#keys);
    this.#keys = keys;
  }
  #grow(): void {
    const arity = this.arity;
    const size = this.#slots.length * 2;
    this.#slots = new Int32Array(size);
    this.#shift--;
    this.#growKeys(Math.max(this.#keys.length, (size >> 1) * arity + arity));
    const keys = this.#keys;
    for (let number = 1; number < this.count; number++) {
      const at = number * arity;
      this.#place(arity === 1 ? Math.imul(keys[at]!, Multiplier) : arity === 2 ? hash2(keys[at]!, keys[at + 1]!) : hashAll(keys.subarray(at, at + arity)), number);
    }
  }

  /** Keys are found without a search. */
  get isDirect(): boolean {
    return this.#isDirect;
  }
  /** Part `i` of the key with this number. */
  part(number: number, i: number): number {
    return this.#keys[number * this.arity + i]!;
  }
  get bytes(): number {
    return (this.#slots.length + this.#keys.length) * 4;
  }
  clear(): void {
    this.count = 0;
    this.#slots = new Int32Array(1 << SlotBitsMin);
    this.#shift = 32 - SlotBitsMin;
    this.#isDirect = this.arity === 1;
    this.#keys = new Int32Array((1 << (SlotBitsMin - 1)) * this.arity + this.arity);
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
