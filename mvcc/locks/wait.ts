/**
 * Waiting for other transactions: the one place where a transaction suspends other than for the disk.
 *
 * A transaction waits for at most one thing. The `Wait` says whom for (the wait-for graph is computed from these answers, never
 * stored), and ends in exactly one way: granted, or cancelled with an error (deadlock victim, lock timeout, statement cancel).
 *
 * W1  `transaction.wait` is set exactly while its promise is unsettled: nobody both runs and waits.
 * W2  The deadlock search runs at every block, at once; there is no timer for it.
 * W3  Whoever wakes up re-validates from scratch: between the grant and its next line other transactions may have run.
 */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import type { Timer } from '../../base/scheduler.js';
import type { Transaction } from '../transaction.js';

/** One edge of the wait-for graph. A soft edge leads to an earlier waiter of the same queue and can be removed by overtaking it. */
export interface WaitEdge {
  readonly to: Transaction;
  readonly soft: boolean;
}

export abstract class Wait {
  readonly transaction: Transaction;
  #resolve: (() => void) | undefined = undefined;
  #reject: ((error: DbError) => void) | undefined = undefined;
  #timer: Timer | undefined = undefined;

  constructor(transaction: Transaction) {
    this.transaction = transaction;
  }

  /** Appends whom this waits for at this moment. */
  abstract edges(into: WaitEdge[]): void;
  /** Takes the wait out of its queue after a cancel. */
  protected abstract leave(): void;
  /** What is waited for, for messages: "ShareLock on row ...". */
  abstract describe(): string;
  /** Overtakes `other` in their common queue; false when they share none. */
  overtake(_other: Transaction): boolean {
    return false;
  }
  /** Raised when the lock timeout passes. */
  timeoutError(): DbError {
    return new DbError('55P03', 'canceling statement due to lock timeout');
  }

  /** Blocks the transaction. The promise settles by `grant` or `cancel`. */
  start(): Promise<void> {
    const transaction = this.transaction;
    assert(transaction.wait === undefined, 'transaction waits already', transaction.id);
    assert(transaction.state === 'active', 'only an active transaction can wait', transaction.id);
    return new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      transaction.wait = this;
      const timeoutMs = transaction.lockTimeoutMs;
      if (timeoutMs > 0 && !(mutants.on && mutants.has('mvcc.no-lock-timeout'))) {
        this.#timer = transaction.manager.env.scheduler.after(timeoutMs, () => void this.cancel(this.timeoutError()), true);
      }
      transaction.manager.deadlocks.resolve(transaction);
    });
  }

  grant(): void {
    const resolve = this.#resolve;
    assert(resolve !== undefined, 'wait has ended already');
    this.#end();
    resolve();
  }

  cancel(error: DbError): void {
    const reject = this.#reject;
    if (reject === undefined) return;
    this.#end();
    this.leave();
    reject(error);
  }

  #end(): void {
    this.transaction.wait = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
