/**
 * One client: its own transaction, settings, prepared statements, cursors and temporary tables. Statements given to it at the same time run in
 * the order they were given; different sessions interleave wherever they wait.
 *
 * N1  A call never waits for itself: while `transaction` runs its callback, the session is its handle's alone, and any other call is refused at once.
 * N2  A transaction handle does nothing after its end but say so.
 * N3  A statement that functions, parsers or parameters of the program give while another is running does not run within it: it is queued, or refused where it cannot wait.
 */
import { DbError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { type Conflict, newestCommitOf } from '../mvcc/conflict.js';
import type { CallOptions, Field, NoticeListener, QueryInput, QueryOptions, QueryParams, QueryResult, Row, SessionOptions, StreamOptions, TransactionOptions, TransactionStatus } from './api.js';
import { callOfProgram, checkCallOptions, checkValueOptions, chunksOf, requireFunction, requireObject, sinkOf, type Chunks } from './arguments.js';
import { Backend, type Call, type CopyStreams, type StatementResult } from './backend.js';
import { DatabaseError, misuse, toDatabaseError } from './errors.js';
import type { Instance } from './instance.js';
import type { CachedText } from './plan-cache.js';
import { quickPlan, runShort } from './short-ways/quick.js';
import { LiteralInserts } from './short-ways/literal-insert.js';
import { QuickCommit, type Counted } from './short-ways/quick-commit.js';
import type { CachedStatement } from './plan-cache.js';
import { modifyWaiting } from './short-ways/quick-modify.js';
import { Sql } from './sql-template.js';
import { type Iteration, Statement, type StatementHost } from './statement.js';
import { enterTransaction, type TransactionScope } from './self-wait.js';
import { backoffMs } from './retry.js';
import { RowStream } from './stream.js';
import type { ValueFormat } from './values.js';
import { fieldsOf, makeFormat } from './values.js';

type Isolation = 'read committed' | 'repeatable read' | 'serializable';

interface NormalInput {
  readonly text: string;
  readonly params: QueryParams | undefined;
  readonly options: QueryOptions;
}

/** @internal */
export function normalizeInput(input: QueryInput, params: QueryParams | undefined, options: QueryOptions | undefined): NormalInput {
  if (typeof input === 'string') return { text: input, params, options: options ?? {} };
  if (input instanceof Sql) {
    if (params !== undefined && (params as readonly unknown[]).length > 0) throw misuse('42P02', 'a sql template carries its own parameters; none can be added');
    return { text: input.text, params: input.values, options: options ?? {} };
  }
  if (typeof input !== 'object' || input === null || typeof input.text !== 'string') throw misuse('42601', 'a query is a string, a sql template, or an object with a text');
  return { text: input.text, params: params ?? input.values, options: { ...(input.rowMode === undefined ? {} : { rowMode: input.rowMode }), ...options } };
}

export class Session implements AsyncDisposable {
  readonly #instance: Instance;
  readonly #backend: Backend;
  readonly #options: SessionOptions;
  readonly #listeners = new Set<NoticeListener>();
  /** Settles when everything given before is done. */
  #tail: Promise<unknown> = Promise.resolve();
  readonly #quickCommit: QuickCommit;
  readonly #literalInserts: LiteralInserts;
  #queued = 0;
  /** Rows of `iterate` are being read, which count as queued. */
  #isIterating = false;
  #isClosed = false;
  #plainFormat: ValueFormat | undefined;
  /** The callback of `transaction` that runs now. */
  #scope: TransactionScope | undefined;
  #lastConflict: DatabaseError | undefined;

  /** @internal */
  constructor(instance: Instance, options: SessionOptions, defaults: ReadonlyMap<string, string>) {
    this.#instance = instance;
    this.#options = options;
    this.#backend = new Backend(instance, defaults);
    this.#literalInserts = new LiteralInserts(this.#backend, instance.plans);
    this.#quickCommit = new QuickCommit(this.#backend, {
      started: (running) => {
        // A call that has waited for its turn is waited for already, perhaps with others behind it.
        if (this.#queued++ === 0 || (mutants.on && mutants.has('engine.turn-forgets-queue'))) this.#tail = running;
      },
      ended: () => void this.#queued--,
      result: resultOf,
      fail: (error) => this.#fail(error),
    });
    this.#backend.name = options.name;
    this.#backend.capturesStacks = options.captureStacks;
    this.#backend.onNotice = (notice) => {
      for (const listener of this.#listeners) callOfProgram('a listener of notices', listener, notice);
    };
  }

  /** @internal */
  get backend(): Backend {
    return this.#backend;
  }

  // ------------------------------------------------------------------------------------------------------------ state

  /** Number of the session in pg_stat_activity and pg_locks. */
  get id(): number {
    return this.#backend.id;
  }
  get name(): string | undefined {
    return this.#backend.name;
  }
  get transactionStatus(): TransactionStatus {
    const { state } = this.#backend.block;
    return state === 'failed' ? 'failed' : state === 'block' ? 'active' : 'idle';
  }
  /** Level of the current transaction, or of the next one. */
  get isolation(): Isolation {
    const { isolation } = this.#backend.block.modes;
    return isolation === 'read uncommitted' ? 'read committed' : isolation;
  }
  /** Whether the running statement waits for another session's lock, right now. */
  get isWaiting(): boolean {
    return this.#backend.isWaiting;
  }
  /** Ids of the sessions it waits for. */
  get waitsFor(): readonly number[] {
    const waits = this.#backend.block.tx?.waitsFor ?? [];
    return this.#instance.manager.activity().filter((a) => waits.includes(a.transaction)).map((a) => a.session);
  }
  /** The last 40001 or 40P01 of this session. */
  get lastConflict(): DatabaseError | undefined {
    return this.#lastConflict;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls `listener` for every NOTICE, WARNING and INFO. @returns what stops it */
  onNotice(listener: NoticeListener): () => void {
    requireFunction('a listener', listener);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ------------------------------------------------------------------------------------------------------------ statements

  /** Runs one statement. @throws DatabaseError */
  query<R = Row>(input: QueryInput, params?: QueryParams, options?: QueryOptions): Promise<QueryResult<R>> {
    return this.#runOne<R>(input, params, options, undefined);
  }

  /** Runs any number of statements, without parameters; the results of all of them. They are one transaction unless they say otherwise. */
  exec(text: string | Sql, options?: QueryOptions): Promise<QueryResult[]> {
    return this.#executeQuickly(text, options, undefined);
  }

  /** Hands on the promise of the short way as it is: each asynchronous function around it would cost a promise more and several turns of the microtasks. */
  #runOne<R>(input: QueryInput, params: QueryParams | undefined, options: QueryOptions | undefined, scope: TransactionScope | undefined): Promise<QueryResult<R>> {
    if (options === undefined && typeof input === 'string') {
      try {
        const quick = (params === undefined ? this.#insertAgain(input, scope) : undefined) ?? this.#tryQuick(input, params, scope);
        if (quick !== undefined) return (quick instanceof Promise ? quick : Promise.resolve(quick)) as Promise<QueryResult<R>>;
      } catch (error) {
        return Promise.reject(error as Error);
      }
    }
    return this.#runGeneral<R>(input, params, options, scope);
  }

  async #runGeneral<R>(input: QueryInput, params: QueryParams | undefined, options: QueryOptions | undefined, scope: TransactionScope | undefined): Promise<QueryResult<R>> {
    const normal = normalizeInput(input, params, options);
    const results = await this.#enqueue(normal.text, scope, normal.options, (call) => {
      const inserting = normal.params === undefined ? this.#insertLiterals(normal.text, call, normal.options.onResult) : undefined;
      if (inserting !== undefined) return inserting;
      const quick = options === undefined && typeof input === 'string' ? this.#quickInTurn(normal.text, normal.params) : undefined;
      if (quick !== undefined) return quick;
      const cached = this.#parseInTurn(normal.text, (text) => text.statements.length > 1);
      if (cached.statements.length > 1) throw new DbError('42601', 'cannot insert multiple commands into a prepared statement', { hint: 'Use exec() to run several statements.' });
      return this.#runText(cached, { ...call, params: normal.params }, normal.options.onResult);
    });
    return (results[0] ?? emptyResult()) as QueryResult<R>;
  }

  /** The short way for a statement that has waited for its turn. @throws DbError of the statement */
  #quickInTurn(text: string, params: QueryParams | undefined): Promise<QueryResult[]> | undefined {
    const statements = this.#instance.plans.known(text);
    if (statements?.length !== 1) return undefined;
    const cached = statements[0]!;
    const format = this.#format(noOptions);
    if (cached.kind === 'query') {
      const rows = runShort(this.#backend, cached, params, format);
      return rows === undefined ? undefined : Promise.resolve([{ command: 'SELECT', rows: rows as Row[], rowCount: rows.length, fields: quickPlan(this.#backend, cached, format)!.fields }]);
    }
    const modifying = modifyWaiting(this.#backend, cached, params, format, this.#quickCommit);
    if (modifying === undefined) return undefined;
    switch (modifying.kind) {
      case 'done':
        return Promise.resolve([resultOf(modifying.result)]);
      case 'committing':
        return modifying.result.then((result) => [result as QueryResult]);
      case 'running':
        return modifying.result.then((done) => [resultOf(done)]);
    }
  }

  /** Whether a call need not wait for its turn. */
  #isFree(scope: TransactionScope | undefined, isBrief: boolean): boolean {
    return this.#queued === 0 && !this.#backend.isRunning && !this.#isClosed && !this.#instance.isClosed && this.#scope === scope && this.#instance.turn.over(isBrief) === undefined;
  }

  /** The short way (quick.ts, quick-modify.ts), when nothing is queued and the text has run before. */
  #tryQuick(text: string, params: QueryParams | undefined, scope: TransactionScope | undefined): QueryResult<unknown> | Promise<QueryResult<unknown>> | undefined {
    if (!this.#isFree(scope, true)) return undefined;
    const statements = this.#instance.plans.known(text);
    if (statements?.length !== 1) return undefined;
    const cached = statements[0]!;
    const format = this.#format(noOptions);
    const backend = this.#backend;
    backend.callSite = backend.traceCall(backend.block.state !== 'idle');
    try {
      if (cached.kind === 'query') {
        const rows = runShort(backend, cached, params, format);
        return rows === undefined ? undefined : { command: 'SELECT', rows, rowCount: rows.length, fields: quickPlan(backend, cached, format)!.fields };
      }
      return (params === undefined ? this.#controlQuickly(cached) : undefined) ?? this.#modifyQuickly(cached, params, format);
    } catch (error) {
      return this.#fail(error);
    }
  }
  #controlQuickly(cached: CachedStatement): QueryResult<unknown> | Promise<QueryResult<unknown>> | undefined {
    const committing = this.#quickCommit.runCommit(cached);
    if (committing !== undefined) return committing;
    const ended = this.#backend.controlQuickly(cached);
    if (ended === undefined) return undefined;
    return typeof ended === 'string' ? withoutRows(ended, null) : this.#awaitQuick(ended.then((command) => ({ command, rowCount: null })));
  }
  #modifyQuickly(cached: CachedStatement, params: QueryParams | undefined, format: ValueFormat): QueryResult<unknown> | Promise<QueryResult<unknown>> | undefined {
    const modifying = modifyWaiting(this.#backend, cached, params, format, this.#quickCommit);
    switch (modifying?.kind) {
      case undefined:
        return undefined;
      case 'done':
        return resultOf(modifying.result);
      case 'committing':
        return modifying.result;
      case 'running':
        return this.#awaitQuick(modifying.result);
    }
  }
  #awaitQuick(running: Promise<Counted>): Promise<QueryResult<unknown>> {
    this.#queued++;
    this.#tail = running.catch(ignore);
    const done = (counted: Counted): QueryResult => {
      this.#queued--;
      return resultOf(counted);
    };
    return running.then(done, (error: unknown) => this.#failAwaited(error));
  }
  async #failAwaited(error: unknown): Promise<never> {
    try {
      return await this.#fail(error);
    } finally {
      this.#queued--;
    }
  }

  /** A text of one statement may go the short way, as BEGIN, COMMIT and ROLLBACK nearly always do. */
  #executeQuickly(text: string | Sql, options: QueryOptions | undefined, scope: TransactionScope | undefined): Promise<QueryResult[]> {
    if (options === undefined && typeof text === 'string') {
      try {
        const quick = this.#insertAgain(text, scope) ?? this.#tryQuick(text, undefined, scope);
        if (quick !== undefined) return quick instanceof Promise ? quick.then(only) : Promise.resolve(only(quick));
      } catch (error) {
        return Promise.reject(error as Error);
      }
    }
    return this.#execute(text, options, scope);
  }
  /** Many rows of literals, the shortest way (literal-lane.ts), when nothing is queued; undefined: there is none. */
  #insertAgain(text: string, scope: TransactionScope | undefined): QueryResult | Promise<never> | undefined {
    if (!this.#literalInserts.canRunAgain(text) || !this.#isFree(scope, false)) return undefined;
    const backend = this.#backend;
    backend.callSite = backend.traceCall(true);
    try {
      const done = this.#literalInserts.runAgain(text);
      return done === undefined ? undefined : resultOf(done);
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #execute(text: string | Sql, options: QueryOptions | undefined, scope: TransactionScope | undefined, copy?: CopyStreams): Promise<QueryResult[]> {
    const normal = normalizeInput(text, undefined, options);
    return this.#enqueue(normal.text, scope, normal.options, (call) => {
      const inserting = normal.params === undefined ? this.#insertLiterals(normal.text, call, normal.options.onResult) : undefined;
      return inserting ?? this.#runText(this.#parseInTurn(normal.text), { ...call, params: normal.params, copy }, normal.options.onResult);
    });
  }

  /** Many rows of literals, the short way (literal-insert.ts); undefined: the text is to be parsed. */
  #insertLiterals(text: string, call: Call, onResult: ((result: QueryResult) => void) | undefined): Promise<QueryResult[]> | undefined {
    const inserting = this.#literalInserts.run(text, call);
    return inserting?.then(({ command, rowCount }) => {
      const result = withoutRows(command, rowCount);
      if (onResult !== undefined) callOfProgram('onResult', onResult, result);
      return [result];
    });
  }

  async #runText(cached: CachedText, call: Call, onResult?: (result: QueryResult) => void): Promise<QueryResult[]> {
    const results: QueryResult[] = [];
    await this.#backend.runText(cached, call, (given) => {
      const result = this.#publish(given);
      results.push(result);
      if (onResult !== undefined) callOfProgram('onResult', onResult, result);
    });
    return results;
  }
  #publish(result: StatementResult): QueryResult {
    return { command: result.command, rows: result.rows as Row[], rowCount: result.rowCount, fields: fieldsOf(result.columns, this.#backend.definitions().types) };
  }

  /** When it is the text's turn: one that cannot be read fails the transaction block it stands in, like any other statement that fails. */
  #parseInTurn(text: string, isRefused: (text: CachedText) => boolean = () => false): CachedText {
    let parsed: CachedText | undefined;
    try {
      parsed = this.parse(text);
      return parsed;
    } finally {
      if (parsed === undefined || isRefused(parsed)) this.#backend.block.fail();
    }
  }
  /** @internal */
  parse(text: string): CachedText {
    return this.#instance.plans.get(text);
  }

  /** A statement to be run many times, synchronously (`get`, `all`, `run`, `iterate`) or not (`query`). */
  prepare<R = Row>(input: string | Sql, options?: QueryOptions): Statement<R> {
    const normal = normalizeInput(input, undefined, options);
    return this.prepareFor<R>(normal.text, normal.params, options, (params, call) => this.#runOne(normal.text, params, options === undefined ? call : { ...options, ...call }, undefined));
  }
  /** @internal `query`: how the asynchronous call is made. */
  prepareFor<R>(text: string, own: QueryParams | undefined, options: QueryOptions | undefined, query: StatementHost['query'], beginIteration = (): Iteration => this.beginIteration()): Statement<R> {
    this.#assertOpen();
    const host = {
      instance: this.#instance, backend: () => this.#backend, assertUsable: () => this.#assertSynchronous(), format: () => this.#format(options ?? {}),
      onError: (error: DatabaseError) => this.#note(error), query, beginIteration,
    };
    return new Statement<R>(host, text, own);
  }

  /** @internal */
  beginIteration(): Iteration {
    this.#queued++;
    this.#isIterating = true;
    return {
      backend: this.#backend,
      assertOpen: () => this.#assertOpen(),
      end: () => {
        this.#queued--;
        this.#isIterating = false;
      },
    };
  }
  #assertNotIterating(): void {
    if (this.#isIterating) throw misuse('55000', 'the session is busy with the rows of iterate()', 'End its loop first, or use another session.');
  }

  #assertSynchronous(): void {
    this.#assertOpen();
    if (this.#queued > 0) this.#assertNotIterating();
    if (this.#queued > 0) throw misuse('55000', 'the session is busy with an asynchronous statement', 'Await it first, or use another session.');
    const backend = this.#backend;
    if (backend.isRunning && !(mutants.on && mutants.has('engine.statement-within'))) throw misuse('55000', 'the session is busy with the statement that has called this function', 'Use another session.');
    const { state } = backend.block;
    backend.callSite = backend.traceCall(state === 'block' || state === 'failed');
  }

  /** Rows one batch at a time: `for await (const row of session.stream(...))`. Reads no further than it is asked for. */
  stream<R = Row>(input: QueryInput, params?: QueryParams, options?: StreamOptions): RowStream<R> {
    return this.#stream<R>(input, params, options, undefined);
  }
  #stream<R>(input: QueryInput, params: QueryParams | undefined, options: StreamOptions | undefined, scope: TransactionScope | undefined): RowStream<R> {
    this.#assertOpen();
    const normal = normalizeInput(input, params, options);
    const batchRows = options?.batchRows ?? 256;
    if (!Number.isSafeInteger(batchRows) || batchRows < 1) throw misuse('22023', 'the option batchRows must be a whole number, not less than 1');
    const run = <T>(step: (call: Call) => Promise<T>): Promise<T> => this.#enqueue(normal.text, scope, normal.options, (call) => step({ ...call, params: normal.params }));
    const runToEnd = <T>(step: (call: Call) => Promise<T>): Promise<T> => this.#enqueue(normal.text, scope, {}, step);
    return new RowStream<R>(this.#backend, () => this.#parseInTurn(normal.text), run, runToEnd, batchRows);
  }

  /** COPY table FROM STDIN: reads text or bytes from `source`, which may be all of them or come a piece at a time. */
  async copyFrom(text: string, source: Chunks, options?: QueryOptions): Promise<QueryResult> {
    const results = await this.#execute(text, options, undefined, { source: chunksOf(source), sink: undefined });
    return results.at(-1) ?? emptyResult();
  }

  /** COPY ... TO STDOUT: hands the text to `sink`, awaiting it before going on. */
  async copyTo(text: string, sink: (chunk: string) => Promise<void> | void, options?: QueryOptions): Promise<QueryResult> {
    const results = await this.#execute(text, options, undefined, { source: undefined, sink: sinkOf(sink) });
    return results.at(-1) ?? emptyResult();
  }

  // ------------------------------------------------------------------------------------------------------------ transactions

  /** Runs `callback` in a transaction: commits when it returns, rolls back when it throws, starts over after a conflict if `retry` says so. */
  async transaction<T>(callback: (tx: TransactionHandle) => Promise<T> | T, options: TransactionOptions = {}): Promise<T> {
    this.#assertOpen();
    requireFunction('the callback of transaction()', callback);
    requireObject('the options of transaction()', options);
    if (this.transactionStatus !== 'idle') throw misuse('25001', 'the session is inside a transaction already', 'Use savepoints inside it, or another session.');
    const retries = options.retry ?? 0;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(callback, options, attempt > 0 && attempt === retries);
      } catch (error) {
        if (!(error instanceof DatabaseError) || !error.isRetryable || attempt >= retries || options.signal?.aborted === true) throw error;
        await this.#pause(backoffMs(attempt, this.#instance.prng));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#instance.scheduler.after(ms, resolve, true));
  }

  async #attempt<T>(callback: (tx: TransactionHandle) => Promise<T> | T, options: TransactionOptions, isLast: boolean): Promise<T> {
    const scope: TransactionScope = { backend: this.#backend, isOpen: true };
    const begin = `begin${options.isolation === undefined ? '' : ` isolation level ${options.isolation}`}${options.readOnly === undefined ? '' : options.readOnly ? ' read only' : ' read write'}${options.deferrable === undefined ? '' : options.deferrable ? ' deferrable' : ' not deferrable'}`;
    this.#claim(scope);
    try {
      this.#backend.block.takesCommitTurn = isLast;
      const { isolation: _isolation, readOnly: _readOnly, deferrable: _deferrable, retry: _retry, ...call } = options;
      const isPlain = Object.values(call).every((value) => value === undefined);
      await this.#runOne(begin, undefined, isPlain ? undefined : call, scope);
      const handle = new TransactionHandle({
        // Without options it stays without, so that the short way is open.
        query: (input, params, o) => this.#runOne(input, params, isPlain ? o : { ...call, ...o }, scope),
        exec: (text, o) => this.#executeQuickly(text, isPlain ? o : { ...call, ...o }, scope),
        stream: (input, params, o) => this.#stream(input, params, { ...call, ...o }, scope),
      }, this, () => scope.isOpen);
      const result = await enterTransaction(scope, () => callback(handle));
      if (this.transactionStatus === 'failed') throw misuse('25P02', 'a statement of the transaction failed, and the callback went on without rolling back to a savepoint');
      await this.#runOne('commit', undefined, call.signal === undefined ? undefined : { signal: call.signal }, scope);
      return result;
    } catch (error) {
      if (this.transactionStatus !== 'idle') await this.#executeQuickly('rollback', undefined, scope);
      throw error;
    } finally {
      this.#backend.block.takesCommitTurn = false;
      scope.isOpen = false;
      this.#scope = undefined;
    }
  }
  #claim(scope: TransactionScope): void {
    if (this.#scope !== undefined) throw misuse('25001', 'the session runs a transaction() already', 'Use the handle that its callback was given, or another session.');
    this.#scope = scope;
  }

  // ------------------------------------------------------------------------------------------------------------ the queue

  #format(options: QueryOptions): ValueFormat {
    const { rowMode, values, int8, parsers, serializers } = options;
    if (rowMode === undefined && values === undefined && int8 === undefined && parsers === undefined && serializers === undefined) return (this.#plainFormat ??= this.#makeFormat(options));
    return this.#makeFormat(options);
  }
  #makeFormat(options: QueryOptions): ValueFormat {
    checkValueOptions(options);
    const own = this.#options;
    const general = this.#instance.options;
    return makeFormat({
      rowMode: options.rowMode ?? own.rowMode ?? general.rowMode ?? 'object', values: options.values ?? 'js', int8: options.int8 ?? own.int8 ?? general.int8 ?? 'number',
      parsers: options.parsers ?? own.parsers ?? general.parsers, serializers: options.serializers ?? own.serializers ?? general.serializers,
    });
  }

  /** Runs `step` when everything given before it is done. */
  async #enqueue<T>(text: string, scope: TransactionScope | undefined, options: CallOptions & QueryOptions, step: (call: Call) => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#assertNotIterating();
    if (this.#scope !== scope) {
      if (scope !== undefined) throw misuse('25000', 'the transaction has ended; its handle can no longer be used');
      throw misuse('25001', 'the session is inside transaction(); use the handle that its callback was given', 'A statement outside of it would wait for the transaction, and the transaction perhaps for it.');
    }
    checkCallOptions(options);
    const { signal } = options;
    if (signal?.aborted === true) throw cancelled(signal);
    // A function that a synchronous statement calls may give another, which runs when that one is over (N3).
    const isFirst = this.#queued === 0 && !this.#backend.isRunning;
    const before = isFirst ? undefined : this.#tail.catch(ignore);
    const site = this.#backend.traceCall(!isFirst || this.transactionStatus !== 'idle');
    this.#queued++;
    const running = this.#runInTurn(before, options, (call) => {
      this.#backend.callSite = site;
      return step(call);
    });
    this.#tail = running.catch(() => undefined);
    try {
      return await running;
    } catch (error) {
      return await this.#fail(error);
    } finally {
      this.#queued--;
    }
  }
  /**
   * Rejects with `error`; a failure of concurrency only when the commits it is about are published, for the caller will try again, and with an older snapshot
   * would fail in the same way.
   */
  async #fail(error: unknown): Promise<never> {
    const translated = this.#translated(error);
    const conflict = error instanceof DbError ? error.fields.conflict : undefined;
    if (conflict !== undefined && !(mutants.on && mutants.has('engine.fail-before-publication'))) await this.#instance.manager.published(newestCommitOf(conflict as Conflict));
    throw translated;
  }
  #translated(error: unknown): DatabaseError {
    const wrapped = toDatabaseError(error, (oid) => this.#instance.definitions.tableDef(oid));
    this.#note(wrapped);
    return wrapped;
  }

  async #runInTurn<T>(before: Promise<unknown> | undefined, options: CallOptions & QueryOptions, step: (call: Call) => Promise<T>): Promise<T> {
    const { signal, timeout } = options;
    const deadlineMs = timeout === undefined ? Infinity : this.#instance.clock.monotonic() + timeout;
    if (before !== undefined) await before;
    if (this.#isClosed) throw misuse('08003', 'the session was closed before the statement could run');
    // Closing waits for who waits for a turn. Many may, and the first of them use it up.
    for (let next = this.#instance.turn.over(false); next !== undefined; next = this.#instance.turn.over(false)) {
      this.#backend.noteCall();
      await next;
    }
    if (signal === undefined) return step({ params: undefined, format: this.#format(options), deadlineMs, copy: undefined });
    if (signal.aborted) {
      this.#backend.noteIdle();
      throw cancelled(signal);
    }
    const onAbort = (): void => void this.#backend.cancel(new DbError('57014', 'canceling statement due to user request', { cause: signal.reason }));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await step({ params: undefined, format: this.#format(options), deadlineMs, copy: undefined });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #note(error: DatabaseError): void {
    if (error.isRetryable) {
      this.#lastConflict = error;
      this.#instance.lastConflict = error;
      this.#instance.callSites.noteConflict();
    }
  }

  /** Cancels the running statement: it fails with 57014. False when none runs. */
  cancel(): boolean {
    return this.#backend.cancel();
  }

  #assertOpen(): void {
    if (this.#instance.isClosed) throw misuse('08003', 'the database is closed');
    if (this.#isClosed) throw misuse('08003', 'the session is closed');
  }

  /** Waits for the statements already given, rolls back an open transaction and gives back everything the session holds. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#tail.catch(ignore);
    try {
      await this.#backend.close();
    } catch (error) {
      throw this.#translated(error);
    }
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What the callback of `transaction` is given. */
export class TransactionHandle {
  readonly #run: HandleCalls;
  readonly #session: Session;
  readonly #isOpen: () => boolean;

  /** @internal */
  constructor(run: HandleCalls, session: Session, isOpen: () => boolean) {
    this.#run = run;
    this.#session = session;
    this.#isOpen = isOpen;
  }

  async query<R = Row>(input: QueryInput, params?: QueryParams, options?: QueryOptions): Promise<QueryResult<R>> {
    this.#assertOpen();
    return (await this.#run.query(input, params, options)) as QueryResult<R>;
  }
  async exec(text: string | Sql, options?: QueryOptions): Promise<QueryResult[]> {
    this.#assertOpen();
    return this.#run.exec(text, options);
  }
  stream<R = Row>(input: QueryInput, params?: QueryParams, options?: StreamOptions): RowStream<R> {
    this.#assertOpen();
    return this.#run.stream(input, params, options) as RowStream<R>;
  }
  /** Runs `callback` under a savepoint: what it did is undone when it throws, and the transaction goes on. */
  async savepoint<T>(callback: (tx: TransactionHandle) => Promise<T> | T): Promise<T> {
    requireFunction('the callback of savepoint()', callback);
    const name = '"serialite savepoint"';
    await this.exec(`savepoint ${name}`);
    try {
      const result = await callback(this);
      await this.exec(`release savepoint ${name}`);
      return result;
    } catch (error) {
      if (this.#isOpen() && this.#session.transactionStatus !== 'idle') await this.exec(`rollback to savepoint ${name}; release savepoint ${name}`);
      throw error;
    }
  }
  get isolation(): Isolation {
    return this.#session.isolation;
  }
  /** False once the transaction has ended. */
  get isOpen(): boolean {
    return this.#isOpen();
  }

  #assertOpen(): void {
    if (!this.#isOpen()) throw misuse('25000', 'the transaction has ended; its handle can no longer be used');
  }
}

interface HandleCalls {
  query(input: QueryInput, params: QueryParams | undefined, options: QueryOptions | undefined): Promise<QueryResult<unknown>>;
  exec(text: string | Sql, options: QueryOptions | undefined): Promise<QueryResult[]>;
  stream(input: QueryInput, params: QueryParams | undefined, options: StreamOptions | undefined): RowStream<unknown>;
}

const noOptions: QueryOptions = {};
const ignore = (): void => undefined;
const noFields: readonly Field[] = [];
const withoutRows = (command: string, rowCount: number | null): QueryResult => ({ command, rows: [], rowCount, fields: noFields });
const resultOf = ({ command, rowCount, rows, fields = noFields }: Counted): QueryResult => (rows === undefined ? withoutRows(command, rowCount) : { command, rows: rows as Row[], rowCount, fields });
const only = (result: QueryResult<unknown>): QueryResult[] => [result as QueryResult];
function emptyResult(): QueryResult {
  return { command: '', rows: [], rowCount: null, fields: noFields };
}

function cancelled(signal: AbortSignal): DatabaseError {
  return new DatabaseError('57014', 'canceling statement due to user request', { cause: signal.reason });
}
