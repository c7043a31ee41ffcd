/**
 * Rows of one query a batch at a time, with back-pressure: nothing is read that was not asked for. Inside a transaction the session is free
 * between two batches; outside, the stream is a transaction of its own that ends with it. A failure is one of the statement, also where the call for the next rows was cancelled
 * before it could begin: the transaction is undone, or the block has failed.
 */
import { DbError } from '../base/errors.js';
import type { Field } from './api.js';
import type { Backend, Call } from './backend.js';
import type { CachedText } from './plan-cache.js';
import type { Portal } from './cursor.js';
import { toDatabaseError } from './errors.js';
import { isPlannable } from './execute.js';
import { fieldsOf } from './values.js';

type RunInTurn = <T>(step: (call: Call) => Promise<T>) => Promise<T>;

export class RowStream<R> implements AsyncIterableIterator<R>, AsyncDisposable {
  readonly #backend: Backend;
  readonly #parse: () => CachedText;
  readonly #run: RunInTurn;
  /** The same for the end, which nothing cancels. */
  readonly #runToEnd: RunInTurn;
  readonly #batchRows: number;
  #portal: Portal | undefined;
  #rows: R[] = [];
  #at = 0;
  #isDone = false;
  #fields: readonly Field[] = [];
  #then: (() => Promise<void>) | undefined;

  /** @internal */
  constructor(backend: Backend, parse: () => CachedText, run: RunInTurn, runToEnd: RunInTurn, batchRows: number) {
    this.#backend = backend;
    this.#parse = parse;
    this.#run = run;
    this.#runToEnd = runToEnd;
    this.#batchRows = batchRows;
  }

  /** @internal Calls `then` once when the stream has ended. */
  onEnd(then: () => Promise<void>): this {
    this.#then = then;
    return this;
  }
  async #ended(): Promise<void> {
    this.#isDone = true;
    const then = this.#then;
    this.#then = undefined;
    await then?.();
  }

  /** Columns, known after the first row was asked for. */
  get fields(): readonly Field[] {
    return this.#fields;
  }

  async next(): Promise<IteratorResult<R>> {
    for (;;) {
      if (this.#at < this.#rows.length) return { done: false, value: this.#rows[this.#at++]! };
      if (this.#isDone) return { done: true, value: undefined };
      await this.#fetch();
    }
  }

  async #fetch(): Promise<void> {
    try {
      await this.#run((call) => this.#fetchInTurn(call));
    } catch (error) {
      if (this.#isOpen) await this.#runToEnd(() => this.#fail()).catch(() => undefined);
      await this.#ended();
      throw toDatabaseError(error);
    }
    if (this.#isDone) await this.#ended();
  }
  /** @throws DbError 34000 when its transaction is over, or the savepoint that it was opened after: there were rows left, and nobody can read them */
  async #fetchInTurn(call: Call): Promise<void> {
    if (this.#portal?.isClosed === true) throw new DbError('34000', `portal "${this.#portal.name}" does not exist`, { hint: 'The stream has ended with its transaction or savepoint.' });
    try {
      this.#portal ??= await this.#open(call);
      this.#rows = (await this.#portal.fetchStream(this.#batchRows, call)) as R[];
    } catch (error) {
      await this.#fail();
      throw error;
    }
    this.#at = 0;
    if (this.#portal.isExhausted) await this.#end();
  }
  get #isOpen(): boolean {
    return this.#portal !== undefined && !this.#portal.isClosed;
  }
  #fail(): Promise<void> {
    this.#backend.portals.failStream(this.#portal);
    return Promise.resolve();
  }

  async #open(call: Call): Promise<Portal> {
    const { statements } = this.#parse();
    const only = statements[0];
    if (statements.length !== 1 || only === undefined || !isPlannable(only.parsed.statement)) throw new DbError('42601', 'only one query can be streamed');
    const portal = await this.#backend.portals.openStream(only, call);
    this.#fields = fieldsOf(portal.columns, this.#backend.definitions().types);
    return portal;
  }

  async #end(): Promise<void> {
    this.#isDone = true;
    const portal = this.#portal;
    if (portal === undefined || portal.isClosed) return;
    await this.#backend.portals.closeStream(portal);
  }

  /** Ends the stream early; `break` out of a `for await` does the same. */
  async return(): Promise<IteratorResult<R>> {
    this.#rows = [];
    if (!this.#isDone && this.#portal !== undefined) await this.#runToEnd(() => this.#end());
    await this.#ended();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
