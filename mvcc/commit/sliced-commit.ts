/**
 * A large commit that gives the event loop its turn between pieces, so that it does not keep others of the process for as long as all of its rows take. Not one of a changed catalog, by
 * which statements are planned before they begin. Its twin is the same commit in one slice.
 *
 * Z1  Nobody sees trees, log, numbers or the graph of dependencies between two pieces. Whoever is about to read, write, commit, checkpoint or close has it finished first, at once
 *     (`TransactionManager.settle`, asked by `Transaction.check`, by whoever takes a snapshot, and `Store.onNeed`); whoever can wait awaits `ended` before, and lets it keep its pace.
 * Z2  Where nobody uses a snapshot it is published in the slice that ends its record in the log, so that it leaves no before-images (P4 of commit.ts). Otherwise it leaves them, and is published
 *     as others are. Whatever has been written to the log is synced before, in the background, while it is being installed and before its end, unless somebody comes who cannot wait.
 * Z3  Once it is numbered it can only end well, or poison the store (P3). Before that it may be refused (40001), and nothing has happened.
 */
import type { DbError } from '../../base/errors.js';
import type { Transaction } from '../transaction.js';
import type { CommitListener, PendingCommit } from './commit.js';
import type { CommitPieces, InstalledCommit } from './commit-pieces.js';

export class SlicedCommit {
  readonly transaction: Transaction;
  /** Resolves when it is over, however it ends. */
  readonly ended: Promise<void>;
  readonly #pieces: CommitPieces;
  readonly #listener: CommitListener;
  /** Told once, when everything is in the trees and the log. */
  readonly #conclude: (pending: PendingCommit) => void;
  #installed: InstalledCommit | undefined = undefined;
  #isOver = false;
  /** It is at work, and what it calls need not ask for its end. */
  #isBusy = false;
  /** Everything is installed, and this to be awaited before the end. */
  #lastSync: Promise<void> | undefined = undefined;
  #noteEnd = (): void => undefined;

  constructor(transaction: Transaction, pieces: CommitPieces, listener: CommitListener, conclude: (pending: PendingCommit) => void) {
    this.transaction = transaction;
    this.#pieces = pieces;
    this.#listener = listener;
    this.#conclude = conclude;
    this.ended = new Promise((resolve) => (this.#noteEnd = resolve));
  }

  /** Does `sliceRows` keys or a few more, then gives others their turn, and so on. */
  async run(sliceRows: number): Promise<void> {
    const { scheduler } = this.transaction.manager.env;
    while (this.#step(sliceRows)) await (this.#lastSync ?? scheduler.yield());
  }
  /** Does what is left. Throws nothing: whether it has failed, its listener is told. */
  finish(): void {
    this.#step(Infinity);
  }

  /** @returns whether there is more to do */
  #step(rows: number): boolean {
    if (this.#isOver || this.#isBusy) return false;
    this.#isBusy = true;
    try {
      if (this.#advance(rows)) this.#end(this.#installed!);
    } catch (error) {
      this.#refuse(error);
    }
    this.#isBusy = false;
    return !this.#isOver;
  }
  /** @returns whether it has come to its end */
  #advance(rows: number): boolean {
    for (let done = 0; done < rows && this.#installed === undefined; ) {
      const piece = this.#pieces.next();
      if (piece.done === true) this.#installed = piece.value;
      else done += piece.value;
    }
    const sync = rows === Infinity ? undefined : this.transaction.manager.store.syncEarly();
    if (this.#installed === undefined) return false;
    this.#lastSync = sync;
    return sync === undefined;
  }
  #end({ csn, writer }: InstalledCommit): void {
    const { transaction } = this;
    const lsn = writer.finish();
    this.#isOver = true;
    this.#conclude({ csn, transaction, lsn, asyncCommit: transaction.asyncCommit, listener: this.#listener, install: undefined });
    this.#noteEnd();
  }
  /** It has not been numbered. */
  #refuse(error: unknown): void {
    // Otherwise the store has been poisoned, and says so itself.
    if (this.#isOver) return;
    this.#isOver = true;
    const { transaction } = this;
    transaction.manager.sliced = undefined;
    transaction.rollback();
    this.#listener.failed(error);
    this.#noteEnd();
  }
  /** The store is poisoned. */
  fail(error: DbError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.failed(error);
    this.#noteEnd();
  }
}
