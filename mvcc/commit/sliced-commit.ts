/**
 * A large commit that gives the event loop its turn between pieces, so that it does not keep others of the process for as long as all of its rows take. Only one that nobody is in
 * the middle of anything beside (P4 of commit.ts): no other transaction is active, no snapshot is in use, no commit waits for its publication. Nor one of a changed catalog, by
 * which statements are planned before they begin. Its twin is the same commit in one slice.
 *
 * Z1  Nobody sees trees, log or numbers between two pieces. Whoever is about to read, write, commit, checkpoint or close has it finished first, at once (`TransactionManager.settle`
 *     and `Store.onNeed`); whoever can wait awaits `ended` before, and lets it keep its pace.
 * Z2  Published in the slice that ends its record in the log, so that it leaves no before-images. That slice also makes the log durable; what has been written by then is synced before, in the
 *     background, while it is being installed and before its end, unless somebody comes who cannot wait.
 * Z3  Once begun it can only end well, or poison the store (P3).
 */
import type { DbError } from '../../base/errors.js';
import type { Csn, Lsn } from '../../base/ids.js';
import type { CommitListener, PendingCommit } from './commit.js';
import type { InstallPieces } from './install.js';
import type { Transaction } from '../transaction.js';
import type { MvccCommitWriter } from '../transaction-manager.js';

export class SlicedCommit {
  readonly transaction: Transaction;
  /** Resolves when it is over, however it ends. */
  readonly ended: Promise<void>;
  readonly #csn: Csn;
  readonly #writer: MvccCommitWriter;
  readonly #pieces: InstallPieces;
  readonly #listener: CommitListener;
  /** Told once, when everything is in the trees and the log. */
  readonly #conclude: (pending: PendingCommit) => void;
  #isOver = false;
  /** Everything is installed, and this to be awaited before the end. */
  #lastSync: Promise<void> | undefined = undefined;
  #noteEnd = (): void => undefined;

  constructor(transaction: Transaction, csn: Csn, writer: MvccCommitWriter, pieces: InstallPieces, listener: CommitListener, conclude: (pending: PendingCommit) => void) {
    this.transaction = transaction;
    this.#csn = csn;
    this.#writer = writer;
    this.#pieces = pieces;
    this.#listener = listener;
    this.#conclude = conclude;
    this.ended = new Promise((resolve) => (this.#noteEnd = resolve));
  }

  /** Installs `sliceRows` entries or a few more, then gives others their turn, and so on. */
  async run(sliceRows: number): Promise<void> {
    const { scheduler } = this.transaction.manager.env;
    while (this.#step(sliceRows)) await (this.#lastSync ?? scheduler.yield());
  }
  /** Installs what is left. Throws nothing: whether it has failed, the store says. */
  finish(): void {
    this.#step(Infinity);
  }

  /** @returns whether there is more to do */
  #step(rows: number): boolean {
    if (this.#isOver) return false;
    let lsn: Lsn | undefined;
    try {
      lsn = this.#install(rows);
    } catch (error) {
      this.fail(this.#writer.fail(error));
    }
    if (lsn !== undefined) this.#end(lsn);
    return !this.#isOver;
  }
  /** @returns what must be durable, when everything is in the log */
  #install(rows: number): Lsn | undefined {
    let isInstalled = false;
    for (let done = 0; done < rows && !isInstalled; ) {
      const piece = this.#pieces.next();
      if (piece.done === true) isInstalled = true;
      else done += piece.value;
    }
    const sync = rows === Infinity ? undefined : this.transaction.manager.store.syncEarly();
    if (isInstalled && sync === undefined) return this.#writer.finish();
    if (isInstalled) this.#lastSync = sync;
    return undefined;
  }
  #end(lsn: Lsn): void {
    this.#isOver = true;
    this.#conclude({ csn: this.#csn, transaction: this.transaction, lsn, asyncCommit: false, listener: this.#listener, install: undefined });
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
