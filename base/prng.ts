/** Randomness, injected. `realPrng` is for production; `seededPrng` makes a whole run a function of its seed. */
import { nodeCrypto } from './node-crypto.js';

export interface Prng {
  /** A uniform u32. */
  nextU32(): number;
  /** A uniform integer in [0, end); `end` is at most 2^32. */
  below(end: number): number;
  /** A uniform double in [0, 1). */
  unit(): number;
  /** Fills `bytes` with uniform bytes. */
  fill(bytes: Uint8Array): void;
}

abstract class PrngBase implements Prng {
  abstract nextU32(): number;
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }
  unit(): number {
    return (this.nextU32() * 2097152 + (this.nextU32() >>> 11)) / 9007199254740992;
  }
  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.nextU32() & 255;
  }
}

class SeededPrng extends PrngBase {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  constructor(seed: number) {
    super();
    // splitmix32 spreads the seed over the state of sfc32.
    let s = seed >>> 0;
    const next = (): number => {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = 1;
    for (let i = 0; i < 12; i++) this.nextU32();
  }
  override nextU32(): number {
    const t = (((this.#a + this.#b) >>> 0) + this.#d) >>> 0;
    this.#d = (this.#d + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) >>> 0;
    this.#c = (this.#c + t) >>> 0;
    return t;
  }
}

class RealPrng extends PrngBase {
  #pool = new Uint32Array(0);
  #at = 0;
  override nextU32(): number {
    if (this.#at === this.#pool.length) {
      const bytes = nodeCrypto().randomBytes(4096);
      this.#pool = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4096));
      this.#at = 0;
    }
    return this.#pool[this.#at++]!;
  }
}

/** sfc32 seeded by splitmix32: small, fast, and the same on every machine. `seed` is a u32. */
export function seededPrng(seed: number): Prng {
  return new SeededPrng(seed);
}
export const realPrng: Prng = new RealPrng();
