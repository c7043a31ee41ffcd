/**
 * Time and turns of an event loop that goes on only when it is told to: what yields and what a timer holds waits for `turn`, so a trial decides what comes between two of them, and equally in
 * each replay. The clock moves by a little with each look, so that time slices end.
 */
import type { Clock } from '../../base/clock.js';
import type { Scheduler, Timer } from '../../base/scheduler.js';

const LookMs = 0.01;

export class CountedTurns implements Clock, Scheduler {
  #nowMs = 0;
  #yielded: (() => void)[] = [];
  #timers: { readonly atMs: number; readonly fire: () => void; isCancelled: boolean }[] = [];

  now(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }
  monotonic(): number {
    this.#nowMs += LookMs;
    return this.#nowMs;
  }
  yield(): Promise<void> {
    return new Promise((resolve) => this.#yielded.push(resolve));
  }
  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fire, isCancelled: false };
    this.#timers.push(timer);
    return { cancel: () => void (timer.isCancelled = true) };
  }

  /** Lets whoever has yielded go on, after `ms` of which the timers are told, until all of them wait again. */
  async turn(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const timer of due) if (!timer.isCancelled) timer.fire();
    for (const resume of this.#yielded.splice(0)) resume();
    await afterMicrotasks();
  }
  /** Turns until it is settled. @throws when that takes too many, as where somebody waits for ever */
  async until<T>(running: Promise<T>, turnsMax: number): Promise<T> {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    running.then(note, note);
    await afterMicrotasks();
    for (let turns = 0; !isSettled; turns++) {
      if (turns === turnsMax) throw new Error('it never ends');
      await this.turn(1);
    }
    return running;
  }
}

/** The real event loop's next turn: until then everything runs that waits for promises alone. */
export function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
