/**
 * Whether other sessions have lately been committing. A commit that finds nobody else at work may still have company: clients that wait for their turn of
 * the event loop with a transaction each. So it gives them one before it writes, and they join its group, one sync for all. Whoever has committed alone
 * for a while need not ask each time: that turn is a good part of what the commit of a single client costs.
 *
 * Counted in commits, not in time, so that a simulation decides as it wants. Wrong guesses cost a sync too many or a turn too many, never correctness:
 * what a commit that is alone may leave out is decided in its slice (commit.ts, P4). The first commit of another session ends the loneliness.
 */
import type { SessionOwner } from '../types.js';

export class Company {
  readonly #commitsMin: number;
  #last: SessionOwner | undefined = undefined;
  /** Commits of `#last` in a row. */
  #inRow = 0;

  /** `commitsMin`: so many commits of one session in a row show that it is alone. 0: everybody is; Infinity: nobody. */
  constructor(commitsMin: number) {
    this.#commitsMin = commitsMin;
  }

  /** Counts a commit of `owner`. @returns whether others might join it */
  mayJoin(owner: SessionOwner): boolean {
    if (this.#last !== owner) {
      this.#last = owner;
      this.#inRow = 0;
    }
    return this.#inRow++ < this.#commitsMin;
  }
}
