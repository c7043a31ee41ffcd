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
  /** Calls `fn` once after at least `delayMs` of monotonic time. Keeps the process alive only if `isAwaited`: a caller's promise hangs on it. */
  after(delayMs: number, fn: () => void, isAwaited?: boolean): Timer;
}

export const realScheduler: Scheduler = {
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
  after: (delayMs, fn, isAwaited = false) => {
    const timer = setTimeout(fn, delayMs);
    if (!isAwaited) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
