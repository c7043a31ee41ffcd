/** The transactions that have not ended, oldest first: linked through themselves, and each known to its session. No Map, for they come and go all the time (see key-table.ts). */
import { assert } from '../base/assert.js';
import type { Transaction } from './transaction.js';

export class ActiveList implements Iterable<Transaction> {
  #first: Transaction | undefined = undefined;
  #last: Transaction | undefined = undefined;
  size = 0;
  /** Those of `size` that are of sessions in the background. */
  backgroundCount = 0;

  add(transaction: Transaction): void {
    const { owner } = transaction;
    assert(owner.ownTransaction === undefined, 'the session has a transaction already', owner.id);
    owner.ownTransaction = transaction;
    transaction.previousActive = this.#last;
    if (this.#last === undefined) this.#first = transaction;
    else this.#last.nextActive = transaction;
    this.#last = transaction;
    this.size++;
    if (owner.isBackground === true) this.backgroundCount++;
  }

  /** No effect when it is not in the list. */
  remove(transaction: Transaction): void {
    const { owner, previousActive, nextActive } = transaction;
    if (owner.ownTransaction !== transaction) return;
    owner.ownTransaction = undefined;
    if (previousActive === undefined) this.#first = nextActive;
    else previousActive.nextActive = nextActive;
    if (nextActive === undefined) this.#last = previousActive;
    else nextActive.previousActive = previousActive;
    transaction.previousActive = undefined;
    transaction.nextActive = undefined;
    this.size--;
    if (owner.isBackground === true) this.backgroundCount--;
  }

  /** None may end meanwhile. */
  *[Symbol.iterator](): IterableIterator<Transaction> {
    for (let transaction = this.#first; transaction !== undefined; transaction = transaction.nextActive) yield transaction;
  }
}
