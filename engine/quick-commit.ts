/**
 * The end of a statement that has run directly (quick-modify.ts) and is a transaction of its own: from its last change to the log in the same slice, and one
 * promise, which is settled in the slice that publishes the commit. Its twin is `TransactionBlock.finishStatement` behind the asynchronous functions of
 * session.ts; what is not as usual goes that way.
 *
 * One object per session, for a session has one statement running.
 */
import type { Transaction } from '../mvcc/transaction.js';
import type { CommitListener } from '../mvcc/commit.js';
import type { QueryResult } from './api.js';
import type { Backend } from './backend.js';

/** What the session does around it. */
export interface QuickCaller {
  /** From here until `ended` the session is busy; `running` settles when it is over. */
  started(running: Promise<unknown>): void;
  ended(): void;
  result(command: string, rowCount: number): QueryResult<unknown>;
  /** Rejects with what the user is told. */
  fail(error: unknown): Promise<never>;
}

export class QuickCommit implements CommitListener {
  readonly #backend: Backend;
  readonly #caller: QuickCaller;
  readonly #setResolve: (resolve: (result: QueryResult<unknown> | Promise<never>) => void) => void;
  #resolve: ((result: QueryResult<unknown> | Promise<never>) => void) | undefined = undefined;
  #transaction: Transaction | undefined = undefined;
  #command = '';
  #rowCount = 0;

  constructor(backend: Backend, caller: QuickCaller) {
    this.#backend = backend;
    this.#caller = caller;
    this.#setResolve = (resolve) => void (this.#resolve = resolve);
  }

  /** Commits the transaction of the statement, which has changed so many rows. */
  run(transaction: Transaction, command: string, rowCount: number): Promise<QueryResult<unknown>> {
    this.#transaction = transaction;
    this.#command = command;
    this.#rowCount = rowCount;
    const running = new Promise<QueryResult<unknown>>(this.#setResolve);
    this.#caller.started(running);
    this.#backend.block.commitSingle(transaction, this);
    return running;
  }

  committed(): void {
    this.#backend.block.endSingle(true);
    // Nobody else has seen it: the statement ran within one slice.
    this.#backend.instance.manager.giveTransaction(this.#transaction!);
    const result = this.#caller.result(this.#command, this.#rowCount);
    this.#end()(result);
  }
  failed(error: unknown): void {
    this.#backend.block.endSingle(false);
    this.#end()(this.#caller.fail(error));
  }

  #end(): (result: QueryResult<unknown> | Promise<never>) => void {
    const resolve = this.#resolve!;
    this.#resolve = undefined;
    this.#transaction = undefined;
    this.#backend.endQuick();
    this.#caller.ended();
    return resolve;
  }
}
