/**
 * The end of a statement that has run directly (quick-modify.ts) and is a transaction of its own: from its last change to the log in the same slice, and one
 * promise, which is settled in the slice that publishes the commit. Its twin is `TransactionBlock.finishStatement` behind the asynchronous functions of
 * session.ts; what is not as usual goes that way. COMMIT of a block ends likewise (`runCommit`); its twin is `Backend.controlQuickly`.
 *
 * One that changes a row of one tree, which nobody else has to do with, is a single commit (mvcc/commit/single-commit.ts) and needs no transaction block either; `run` is the twin of `runSingle`.
 *
 * One object per session, for a session has one statement running.
 */
import type { Datum } from '../../base/datum.js';
import { mutants } from '../../base/mutants.js';
import type { CommitListener } from '../../mvcc/commit/commit.js';
import type { SingleCommit } from '../../mvcc/commit/single-commit.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { StatementInfo } from '../../mvcc/types.js';
import type { QueryResult } from '../api.js';
import type { Backend } from '../backend.js';
import type { QuickPlan } from './quick.js';
import { modifyResult, returnedDirectly, type ModifyResult } from './quick-modify.js';
import type { CachedStatement } from '../plan-cache.js';
import { canBeSingle, changeSingle } from '../single-statement.js';

/** What has been done, with rows where it gives some. */
export type Counted = Omit<ModifyResult, 'rowCount'> & { readonly rowCount: number | null };

/** What the session does around it. */
export interface QuickCaller {
  /** From here until `ended` the session is busy; `running` settles when it is over. */
  started(running: Promise<unknown>): void;
  ended(): void;
  result(counted: Counted): QueryResult<unknown>;
  /** Rejects with what the user is told. */
  fail(error: unknown): Promise<never>;
}

export class QuickCommit implements CommitListener {
  readonly #backend: Backend;
  readonly #caller: QuickCaller;
  readonly #setResolve: (resolve: (result: QueryResult<unknown> | Promise<never>) => void) => void;
  #resolve: ((result: QueryResult<unknown> | Promise<never>) => void) | undefined = undefined;
  #transaction: Transaction | undefined = undefined;
  /** Nobody else has seen it: its one statement ran within one slice. */
  #isUnseen = false;
  #counted: Counted | undefined = undefined;

  constructor(backend: Backend, caller: QuickCaller) {
    this.#backend = backend;
    this.#caller = caller;
    this.#setResolve = (resolve) => void (this.#resolve = resolve);
  }

  /** Commits the transaction of the statement, which has done that. */
  run(transaction: Transaction, counted: Counted): Promise<QueryResult<unknown>> {
    this.#isUnseen = true;
    return this.#commit(transaction, counted);
  }

  /** COMMIT of the session's block; undefined, and nothing has happened, where the statement is another or there is more to be done. */
  runCommit({ parsed: { statement, text } }: CachedStatement): Promise<QueryResult<unknown>> | undefined {
    if (statement.kind !== 'commit' || statement.chain) return undefined;
    const backend = this.#backend;
    const { block, constraints } = backend;
    const { tx } = block;
    const hasWork = backend.hasCommitWork || (constraints.hasPending && !(mutants.on && mutants.has('engine.commit-forgets-deferred')));
    if (!backend.isReady || block.state !== 'block' || tx === undefined || hasWork) return undefined;
    backend.beginQuick(text);
    backend.system.forgetAnswers();
    this.#isUnseen = false;
    return this.#commit(tx, { command: 'COMMIT', rowCount: null });
  }

  #commit(transaction: Transaction, counted: Counted): Promise<QueryResult<unknown>> {
    this.#transaction = transaction;
    this.#counted = counted;
    const running = new Promise<QueryResult<unknown>>(this.#setResolve);
    this.#caller.started(running);
    this.#backend.block.commitThen(transaction, this);
    return running;
  }

  /** Runs the statement and commits it as a single commit; undefined: it takes a transaction, and nothing has changed. @throws DbError of the statement */
  runSingle(quick: QuickPlan, params: readonly Datum[], text: string, info: StatementInfo): Promise<QueryResult<unknown>> | undefined {
    const backend = this.#backend;
    if (!canBeSingle(backend, quick)) return undefined;
    const { manager } = backend.instance;
    backend.beginQuick(text);
    let made: SingleCommit | undefined;
    let rowCount: number | undefined;
    try {
      rowCount = changeSingle(backend, quick, params, info, false);
      made = manager.singles.take();
    } finally {
      if (made === undefined) backend.endQuick();
    }
    if (rowCount === undefined) return undefined;
    const counted = modifyResult(quick, rowCount, returnedDirectly(backend, quick));
    if (made === undefined) {
      manager.noteEmpty();
      return Promise.resolve(this.#caller.result(counted));
    }
    this.#counted = counted;
    const running = new Promise<QueryResult<unknown>>(this.#setResolve);
    this.#caller.started(running);
    manager.singles.follow(made, this);
    return running;
  }

  committed(): void {
    if (this.#transaction !== undefined) {
      this.#backend.block.endCommit(true);
      if (this.#isUnseen) this.#backend.instance.manager.giveTransaction(this.#transaction);
    }
    const result = this.#caller.result(this.#counted!);
    this.#end()(result);
  }
  failed(error: unknown): void {
    if (this.#transaction !== undefined) this.#backend.block.endCommit(false);
    this.#end()(this.#caller.fail(error));
  }

  #end(): (result: QueryResult<unknown> | Promise<never>) => void {
    const resolve = this.#resolve!;
    this.#resolve = undefined;
    this.#transaction = undefined;
    this.#counted = undefined;
    this.#backend.endQuick();
    this.#caller.ended();
    return resolve;
  }
}
