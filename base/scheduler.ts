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
  /** Calls `fn` once after at least `delayMs` of monotonic time, never if that is Infinity. Keeps the process alive only if `isAwaited`: a caller's promise hangs on it. */
  after(delayMs: number, fn: () => void, isAwaited?: boolean): Timer;
}

/** setTimeout takes no longer delay, some 25 days: it would call at once. */
const TimeoutMsMax = 2 ** 31 - 1;

export const realScheduler: Scheduler = {
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
  after: (delayMs, fn, isAwaited = false) => {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      timer = leftMs > TimeoutMsMax ? setTimeout(() => arm(leftMs - TimeoutMsMax), TimeoutMsMax) : setTimeout(fn, leftMs);
      if (!isAwaited) timer.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
