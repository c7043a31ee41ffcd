/**
 * A Bloom filter over keys of one or two 32-bit integers: says of most keys that are not in a table that they are not, by one load from a tenth of the table's memory.
 *
 * A key has one word, and two bits in it (*register-blocked*); there is a word for every two keys, so some two in a hundred of the keys that are not there pass. Keys are mixed
 * twice over: the word is chosen by the upper bits of a product, the bits by lower ones, which without that would say little of keys that are multiples of a power of two.
 *
 * F1  A key that was added passes.
 *
 * Source. Bloom 1970; Putze, Sanders, Singler, Cache-, hash- and space-efficient Bloom filters, 2007 (blocks); Lang et al. 2019 (that a word is block enough).
 */
const WordBitsMin = 4;
const Multiplier = 0x9e3779b1;
const Multiplier2 = 0x85ebca6b;
const Finisher = 0xc2b2ae35;

export class KeyFilter {
  readonly #words: Int32Array;
  readonly #shift: number;

  /** For so many keys. */
  constructor(count: number) {
    let bits = WordBitsMin;
    while (2 << bits < count) bits++;
    this.#words = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
  }

  add1(a: number): void {
    this.#add(mix(Math.imul(a, Multiplier)));
  }
  add2(a: number, b: number): void {
    this.#add(mix(Math.imul(a, Multiplier) + Math.imul(b, Multiplier2)));
  }
  #add(hash: number): void {
    this.#words[hash >>> this.#shift]! |= maskOf(hash);
  }

  /** False: the key is not there. */
  has1(a: number): boolean {
    const hash = mix(Math.imul(a, Multiplier));
    const mask = maskOf(hash);
    return (this.#words[hash >>> this.#shift]! & mask) === mask;
  }
  has2(a: number, b: number): boolean {
    const hash = mix(Math.imul(a, Multiplier) + Math.imul(b, Multiplier2));
    const mask = maskOf(hash);
    return (this.#words[hash >>> this.#shift]! & mask) === mask;
  }
}

function mix(h: number): number {
  return Math.imul(h ^ (h >>> 15), Finisher);
}
function maskOf(hash: number): number {
  return (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31));
}
