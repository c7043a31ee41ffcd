/**
 * `open` and `Database`: the public face over one file, or over memory.
 *
 * Calls on the database handle are sessions of their own, taken from a small pool: `query` and `exec` of different callers run side by side, so
 * their commits share a sync. What would outlive such a call (a transaction left open, SET, PREPARE, temporary tables) belongs to a session and is
 * refused with a hint, rather than lost.
 */
import type { CheckReport, StoreStats } from '../storage/store.js';
import type { MvccStatistics } from '../mvcc/transaction-manager.js';
import type {
  CallOptions, OpenOptions, QueryInput, QueryOptions, QueryParams, QueryResult, Row, SessionOptions, StreamOptions, TransactionOptions,
} from './api.js';
import { checkValueOptions, chunksOf, requireFunction, requireObject, sinkOf, type Chunks } from './arguments.js';
import { AutoAnalyze } from './auto-analyze.js';
import { dump, type DumpOptions } from './copy/dump.js';
import type { DatabaseError } from './errors.js';
import type { AggregateOptions, FunctionOptions, HostFunction, TypeFinder } from './routines/host-functions.js';
import { misuse, toDatabaseError } from './errors.js';
import { Instance } from './instance.js';
import { checkOpenOptions } from './open-options.js';
import { enclosingTransactions } from './self-wait.js';
import { restore, type RestoreOptions, type RestoreResult } from './copy/restore.js';
import { databaseName } from './system-functions.js';
import { schemaTypes, type TypesOptions } from './catalog/schema-types.js';
import { normalizeInput, Session, type TransactionHandle } from './session.js';
import { settingChecks } from './settings/setting-checks.js';
import { Settings } from './settings/settings.js';
import type { Sql } from './sql-template.js';
import type { Iteration, Statement } from './statement.js';
import type { RowStream } from './stream.js';

/** Idle sessions kept for calls on the database handle. */
const PooledSessionsMax = 64;

export interface DatabaseStatistics {
  readonly storage: StoreStats;
  readonly transactions: MvccStatistics;
  readonly sessionCount: number;
  readonly cachedStatementCount: number;
}

/**
 * Opens the database at `path`, creating it unless told otherwise; `:memory:` for one that ends with the process.
 * @throws DatabaseError 55006 when it is open already (here or in another process, which is named), 58P01 missing, XX001 damaged, 58030 I/O
 */
export async function open(path: string, options: OpenOptions = {}): Promise<Database> {
  if (typeof path !== 'string' || path === '') throw misuse('22023', 'open() needs a path, or ":memory:"');
  requireObject('the options of open()', options);
  checkOpenOptions(options);
  try {
    return new Database(await Instance.open(path, options, defaultSettings(options)));
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** Settings as the options give them, checked as SET would. */
function defaultSettings(options: OpenOptions): ReadonlyMap<string, string> {
  const given: Record<string, string | number | boolean> = { ...options.settings };
  if (options.isolation !== undefined) given['default_transaction_isolation'] = options.isolation;
  return checkedSettings(given, new Map());
}
function checkedSettings(given: Readonly<Record<string, string | number | boolean>>, base: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const settings = new Settings(base, settingChecks);
  const values = new Map(base);
  for (const [name, value] of Object.entries(given)) {
    settings.set(name, String(value), false);
    values.set(name.toLowerCase(), settings.get(name)!);
  }
  return values;
}

export class Database implements AsyncDisposable {
  readonly #instance: Instance;
  readonly #idle: Session[] = [];
  readonly #sessions = new Set<Session>();
  /** The session of synchronous statements. */
  #synchronous: Session | undefined;
  readonly #autoAnalyze: AutoAnalyze | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(instance: Instance) {
    this.#instance = instance;
    if (instance.options.autoAnalyze !== false && instance.options.readOnly !== true) {
      this.#autoAnalyze = new AutoAnalyze(instance, (use) => this.#withOwnSession('automatic analyze', use));
    }
  }
  /** @internal */
  get instance(): Instance {
    return this.#instance;
  }

  /** What current_database() gives. */
  get name(): string {
    return databaseName(this.#instance.path);
  }
  /** As given to `open`. */
  get path(): string {
    return this.#instance.path;
  }
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }
  /** The last serialization failure or deadlock of any session, with its explanation. */
  get lastConflict(): DatabaseError | undefined {
    return this.#instance.lastConflict;
  }

  // ------------------------------------------------------------------------------------------------------------ sessions

  /** A session of your own. Close it when it is no longer needed. */
  connect(options: SessionOptions = {}): Session {
    this.#assertOpen();
    requireObject('the options of connect()', options);
    checkValueOptions(options);
    if (options.name !== undefined && typeof options.name !== 'string') throw misuse('22023', 'the option name must be a text');
    if (options.settings !== undefined) requireObject('the option settings', options.settings);
    try {
      const session = new Session(this.#instance, options, checkedSettings(options.settings ?? {}, this.#instance.defaultSettings));
      this.#sessions.add(session);
      return session;
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  async #withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const session = this.#idle.pop() ?? this.connect();
    session.backend.isPooled = true;
    try {
      return await use(session);
    } finally {
      await this.#giveBack(session);
    }
  }
  async #giveBack(session: Session): Promise<void> {
    if (session.backend.isPristine && this.#idle.length < PooledSessionsMax && !this.isClosed) this.#idle.push(session);
    else {
      this.#sessions.delete(session);
      await session.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------ statements

  /** Runs one statement in a transaction of its own. @throws DatabaseError */
  async query<R = Row>(input: QueryInput, params?: QueryParams, options?: QueryOptions): Promise<QueryResult<R>> {
    return this.#withSession(async (session) => {
      const result = await session.query<R>(input, params, options);
      await this.#refuseLeftovers(session, true);
      return result;
    });
  }

  /** Runs a script; it may hold its own BEGIN and COMMIT, and what it sets ends with it. */
  async exec(text: string | Sql, options?: QueryOptions): Promise<QueryResult[]> {
    return this.#withSession(async (session) => {
      const results = await session.exec(text, options);
      await this.#refuseLeftovers(session, false);
      return results;
    });
  }

  async #refuseLeftovers(session: Session, isSingle: boolean): Promise<void> {
    if (session.transactionStatus !== 'idle') {
      await session.exec('rollback');
      throw misuse('25000', 'the call left a transaction open, and it has been rolled back', 'Use transaction(), or a session from connect().');
    }
    if (isSingle && !session.backend.isPristine) throw misuse('25000', 'the statement changes the state of a session, and a call on the database has none to keep', 'Use a session from connect().');
  }

  /** A prepared statement: `get`, `all`, `run`, `iterate` at once, `query` with waiting. */
  prepare<R = Row>(input: string | Sql, options?: QueryOptions): Statement<R> {
    this.#assertOpen();
    this.#synchronous ??= this.connect({ name: 'synchronous statements' });
    const { text, params: own } = normalizeInput(input, undefined, options);
    return this.#synchronous.prepareFor<R>(text, own, options, (params, o) => this.query(text, params, { ...options, ...o }), () => this.#beginIteration());
  }
  /** In a session of its own, so that other statements of the database may run between two rows. */
  #beginIteration(): Iteration {
    this.#assertOpen();
    const session = this.#idle.pop() ?? this.connect();
    session.backend.isPooled = true;
    const iteration = session.beginIteration();
    const end = (): void => {
      iteration.end();
      void this.#giveBack(session);
    };
    return { ...iteration, end };
  }

  /** Rows one batch at a time, from a session of its own. */
  stream<R = Row>(input: QueryInput, params?: QueryParams, options?: StreamOptions): RowStream<R> {
    const session = this.connect();
    session.backend.isPooled = true;
    return session.stream<R>(input, params, options).onEnd(async () => {
      this.#sessions.delete(session);
      await session.close();
    });
  }

  /**
   * Runs `callback` in a transaction of its own: commits when it returns, rolls back when it throws; with `retry: n`, starts over up to n times after
   * a serialization failure or a deadlock. Use the handle it is given, not the database, for what belongs to the transaction.
   */
  async transaction<T>(callback: (tx: TransactionHandle) => Promise<T> | T, options: TransactionOptions = {}): Promise<T> {
    return this.#withSession((session) => session.transaction(callback, options));
  }

  /**
   * Registers a function in JavaScript under a SQL name, for as long as the database is open; one of the same name and argument types is replaced.
   * `db.createFunction('slug', { args: ['text'], returns: 'text', volatility: 'immutable', strict: true }, (s) => s.toLowerCase())`
   */
  createFunction(name: string, options: FunctionOptions, body: HostFunction): void {
    requireObject('the options of createFunction()', options);
    requireFunction('the body of a function', body);
    this.#register(() => this.#instance.hostFunctions.createFunction(name, options, body, this.#typeFinder()));
  }
  /** Registers an aggregate: `init` makes a state, `step` takes a row's arguments, `final` gives the result. */
  createAggregate<State>(name: string, options: AggregateOptions<State>): void {
    requireObject('the options of createAggregate()', options);
    requireFunction('the option init', options.init);
    requireFunction('the option step', options.step);
    if (options.final !== undefined) requireFunction('the option final', options.final);
    this.#register(() => this.#instance.hostFunctions.createAggregate(name, options, this.#typeFinder()));
  }
  /** Takes back all functions and aggregates registered under a name. @returns whether there were any */
  removeFunction(name: string, schema = 'public'): boolean {
    let found = false;
    this.#register(() => (found = this.#instance.hostFunctions.remove(schema, name)));
    return found;
  }
  #register(change: () => void): void {
    this.#assertOpen();
    try {
      change();
    } catch (error) {
      throw toDatabaseError(error);
    }
    this.#instance.catalog.functionsChanged();
  }
  #typeFinder(): TypeFinder {
    this.#synchronous ??= this.connect({ name: 'synchronous statements' });
    const { backend } = this.#synchronous;
    return (name) => backend.typeByText(name);
  }

  /** COPY ... FROM STDIN from a stream. */
  async copyFrom(text: string, source: Chunks, options?: QueryOptions): Promise<QueryResult> {
    return this.#withSession((session) => session.copyFrom(text, source, options));
  }
  /** COPY ... TO STDOUT into a sink. */
  async copyTo(text: string, sink: (chunk: string) => Promise<void> | void, options?: QueryOptions): Promise<QueryResult> {
    return this.#withSession((session) => session.copyTo(text, sink, options));
  }

  /** Writes the database as SQL text that psql and `restore` load, of one moment, a piece at a time. */
  async dump(sink: (chunk: string) => Promise<void> | void, options: DumpOptions = {}): Promise<void> {
    requireObject('the options of dump()', options);
    const checked = sinkOf(sink);
    await this.#withOwnSession('dump', (session) => dump(session, checked, options));
  }
  /** The schema as TypeScript: a module with an interface for the rows, inserts and updates of every table, and for the rows of every view. */
  async types(options: TypesOptions = {}): Promise<string> {
    requireObject('the options of types()', options);
    return this.#withOwnSession('types', (session) => Promise.resolve(schemaTypes(session.backend, options)));
  }
  /** Loads what `dump` or pg_dump (plain, with COPY or INSERT) has written. @throws DatabaseError of the first statement that fails */
  async restore(source: Chunks, options: RestoreOptions = {}): Promise<RestoreResult> {
    requireObject('the options of restore()', options);
    return this.#withOwnSession('restore', (session) => restore(session, chunksOf(source), options));
  }
  async #withOwnSession<T>(name: string, use: (session: Session) => Promise<T>): Promise<T> {
    const session = this.connect({ name });
    try {
      return await use(session);
    } catch (error) {
      throw toDatabaseError(error);
    } finally {
      this.#sessions.delete(session);
      await session.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------ maintenance

  /** Writes everything to the main file and starts a new log. */
  async checkpoint(): Promise<void> {
    this.#assertOpen();
    await this.#translate(() => this.#instance.store.checkpoint());
  }
  /** Reads the whole file and reports what is wrong with it, while others go on. `quick`: checksums; `full`: also order, structure and slots. */
  async check(level: 'quick' | 'full' = 'quick', _options?: CallOptions): Promise<CheckReport> {
    this.#assertOpen();
    return this.#translate(() => this.#instance.store.checkInSlices(level));
  }
  stats(): DatabaseStatistics {
    const { store, manager, backends, plans } = this.#instance;
    return { storage: store.stats(), transactions: manager.statistics(), sessionCount: backends.size, cachedStatementCount: plans.count };
  }
  async #translate<T>(f: () => Promise<T>): Promise<T> {
    try {
      return await f();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Waits for running statements, ends all sessions, makes everything durable and gives the file back. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      if (enclosingTransactions().some((scope) => scope.backend.instance === this.#instance)) {
        throw misuse('25001', 'close() inside the callback of transaction() would wait for that transaction', 'Close the database after the transaction.');
      }
      this.#closing = this.#close();
    }
    await this.#closing;
  }
  async #close(): Promise<void> {
    await this.#translate(async () => {
      this.#autoAnalyze?.stop();
      await Promise.all([...this.#sessions].map((session) => session.close()));
      await this.#instance.close();
    });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.isClosed) throw misuse('08003', 'the database is closed');
  }
}
