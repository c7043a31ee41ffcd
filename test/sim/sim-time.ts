/**
 * Time and turns for simulations. The clock stands still unless moved; `yield` takes a few microtasks, how many is the seed's choice, so
 * that background work and foreground interleave differently in each run and equally in each replay; timers fire when told to.
 */
import type { Clock } from '../../base/clock.js';
import type { Prng } from '../../base/prng.js';
import type { Scheduler, Timer } from '../../base/scheduler.js';

export class SimTime implements Clock, Scheduler {
  readonly #prng: Prng;
  readonly #hopsMax: number;
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly fire: () => void; isCancelled: boolean }[] = [];

  constructor(prng: Prng, hopsMax = 4) {
    this.#prng = prng;
    this.#hopsMax = hopsMax;
  }
  now(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }
  monotonic(): number {
    return this.#nowMs;
  }
  async yield(): Promise<void> {
    for (let hops = this.#prng.below(this.#hopsMax); hops > 0; hops--) await Promise.resolve();
  }
  after(delayMs: number, fn: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fire: fn, isCancelled: false };
    this.#timers.push(timer);
    return { cancel: () => void (timer.isCancelled = true) };
  }
  /** Moves the clock and fires what is due, in order. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const timer of due) if (!timer.isCancelled) timer.fire();
  }
}
