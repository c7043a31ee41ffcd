/** Seeded choices of the generators: everything random in a round comes from one of these, so a seed replays it. */
import { seededPrng, type Prng } from '../../base/prng.js';

export class Choice {
  readonly #prng: Prng;

  constructor(seed: number) {
    this.#prng = seededPrng(seed);
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return this.#prng.below(n);
  }
  /** First to last, both included. */
  between(first: number, last: number): number {
    return first + this.#prng.below(last - first + 1);
  }
  chance(p: number): boolean {
    return this.#prng.unit() < p;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.#prng.below(list.length)]!;
  }
  /** `text` with probability p, else nothing: for optional clauses. */
  maybe(p: number, text: () => string): string {
    return this.chance(p) ? text() : '';
  }
  many<T>(first: number, last: number, make: () => T): T[] {
    return Array.from({ length: this.between(first, last) }, make);
  }
  /** Between `least` and `most` different ones, in random order. */
  some<T>(list: readonly T[], least: number, most: number): T[] {
    const rest = [...list];
    const chosen: T[] = [];
    for (let n = Math.min(rest.length, this.between(least, most)); n > 0; n--) chosen.push(...rest.splice(this.below(rest.length), 1));
    return chosen;
  }
  /** Weights are relative. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let at = this.#prng.unit() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) if ((at -= weight) < 0) return value;
    return choices[choices.length - 1]![1];
  }
}
