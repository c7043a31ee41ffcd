/**
 * Leaving the event loop to others. A call that needs neither the disk nor a lock is over within microtasks, so a program that awaits one after the other
 * would never let the loop go on: no timer fires, no socket is read, and a commit of another session, which is durable or not by then, is not told.
 * So a turn of the loop is given `TurnMs` of calls; whoever comes after that is continued in the next one. And whoever comes between two slices of a large commit is continued
 * behind the last, which would have to be finished for him at once.
 *
 * The loop's turn is noticed by a `yield` that was asked for when the turn began. The clock is looked at for every call that may take long, and for brief ones, which a look would
 * make dearer, every few.
 */
import type { Clock } from '../base/clock.js';
import { mutants } from '../base/mutants.js';
import type { Scheduler } from '../base/scheduler.js';

const TurnMs = 2;
const BriefCallsPerLook = 8;

export class LoopTurn {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** What all calls wait for, if there is anything. */
  readonly #busy: () => Promise<void> | undefined;
  #untilLook = 0;
  #endsAtMs = 0;
  /** The next turn; undefined before a look has asked for it. */
  #next: Promise<void> | undefined;
  #isOver = false;

  constructor(clock: Clock, scheduler: Scheduler, busy: () => Promise<void> | undefined) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#busy = busy;
  }

  /** Called before each statement. @returns what to wait for: the next turn when this one has lasted long enough; undefined to go on */
  over(isBrief: boolean): Promise<void> | undefined {
    if (this.#isOver) return this.#next;
    const busy = mutants.on && mutants.has('engine.turn-forgets-commit') ? undefined : this.#busy();
    if (busy !== undefined) return busy;
    if (isBrief && --this.#untilLook > 0) return undefined;
    this.#untilLook = BriefCallsPerLook;
    const now = this.#clock.monotonic();
    if (this.#next === undefined) {
      this.#endsAtMs = now + TurnMs;
      this.#next = this.#scheduler.yield().then(() => {
        this.#next = undefined;
        this.#isOver = false;
      });
      return undefined;
    }
    this.#isOver = now >= this.#endsAtMs;
    return this.#isOver ? this.#next : undefined;
  }
}
