/**
 * The numbers of random() after setseed(), the same as PostgreSQL 15's: xoroshiro128** over a state that splitmix64 makes of the seed. For what must be unpredictable there
 * is prng.ts. Source. pg_prng.c; Blackman, Vigna 2021, Scrambled linear pseudorandom number generators.
 */
const mask = (1n << 64n) - 1n;
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
const MantissaMax = 2 ** 52 - 1;

/** The `step`th number of splitmix64 from `seed`, the first being 1. */
function splitmix(seed: bigint, step: bigint): bigint {
  let value = (seed + step * 0x9e3779b97f4a7c15n) & mask;
  value = ((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  value = ((value ^ (value >> 27n)) * 0x94d049bb133111ebn) & mask;
  return value ^ (value >> 31n);
}

export class SeededRandom {
  #s0: bigint;
  #s1: bigint;

  /** `seed` is from -1 to 1. */
  constructor(seed: number) {
    const bits = BigInt.asUintN(64, BigInt(Math.trunc(MantissaMax * seed)));
    this.#s0 = splitmix(bits, 1n);
    this.#s1 = splitmix(bits, 2n);
  }

  /** A uniform double in [0, 1), of 52 bits. */
  next(): number {
    const s0 = this.#s0;
    const s = this.#s1 ^ s0;
    const value = (rotate((s0 * 5n) & mask, 7n) * 9n) & mask;
    this.#s0 = rotate(s0, 24n) ^ s ^ ((s << 16n) & mask);
    this.#s1 = rotate(s, 37n);
    return Number(value >> 12n) / 2 ** 52;
  }
}
