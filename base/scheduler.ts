/**
 * Scheduling, injected. Everything that waits for something other than another transaction waits through this interface, so a
 * simulation owns every interleaving: it decides which ready task runs next and when a timer fires.
 */

export interface Timer {
  cancel(): void;
}

export interface Scheduler {
  /** Gives the event loop a turn (a macrotask); long loops and group commit await this. */
  yield(): Promise<void>;
  /** Calls `fn` once after at least `delayMs` of monotonic time; does not keep the process alive. */
  after(delayMs: number, fn: () => void): Timer;
}

export const realScheduler: Scheduler = {
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
  after: (delayMs, fn) => {
    const timer = setTimeout(fn, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
