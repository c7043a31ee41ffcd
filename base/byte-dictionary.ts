/**
 * Codes of byte strings, from 0 in the order in which they are met: texts are looked up by the bytes they have in their page, without being decoded. Open addressing over typed
 * arrays, at a load of at most one half.
 */

export interface Dictionary {
  /** Answers `Unknown` instead of adding. */
  isFrozen: boolean;
  readonly bytes: number;
  clear(): void;
}
/** The code of a value a frozen dictionary does not have. */
export const Unknown = -2;
/** The code of one byte (text-codes.ts) of a text that has none. */
export const NoCode = 255;

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
  /** Code + 1 of texts by the code they have elsewhere (text-codes.ts), once they were met. */
  readonly ofTextCode = new Int32Array(256);

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

  /** Notes the code of the text whose own code is `textCode`. */
  remember(textCode: number, code: number): number {
    if (textCode !== NoCode && code !== Unknown) this.ofTextCode[textCode] = code + 1;
    return code;
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
    this.ofTextCode.fill(0);
  }
}
