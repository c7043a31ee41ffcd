/**
 * How a run of many rounds is followed and ended: a line a minute, and no new round once its time is over or it is asked to end (SIGINT, SIGTERM). A second signal kills it.
 * Runs are started as `node --import tsx`: the command `tsx` kills a program that does not answer a signal within milliseconds.
 */
const LineEveryMs = 60_000;

export class LongRun {
  readonly #endsAtMs: number;
  #nextLineMs = performance.now() + LineEveryMs;
  #isAskedToEnd = false;

  constructor(minutes: number) {
    this.#endsAtMs = performance.now() + minutes * 60_000;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (this.#isAskedToEnd = true));
  }

  /** Whether to begin another round. */
  goesOn(): boolean {
    return !this.#isAskedToEnd && performance.now() < this.#endsAtMs;
  }

  /** Prints `totals` when the last line is a minute old. */
  tell(totals: () => string): void {
    if (performance.now() < this.#nextLineMs) return;
    this.#nextLineMs = performance.now() + LineEveryMs;
    console.log(`so far ${totals()}`);
  }
}
