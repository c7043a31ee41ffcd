/**
 * What a session is made of below its public face: settings, the transaction block, catalog drafts, prepared statements, cursors, and the way of
 * a statement from text to result. One statement at a time; session.ts queues them.
 *
 * B1  Every statement either succeeds, and its own transaction (if it has one) is committed and durable before the result is given out, or
 *     throws, and `TransactionBlock.fail` has undone it.
 * B2  Nothing here waits except for locks, for durability, for a safe snapshot, and for the event loop between time slices; each wait is
 *     interrupted by `cancel` and by deadlines.
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { Prng } from '../base/prng.js';
import type { Timer } from '../base/scheduler.js';
import { builtinTypeByName, sqlType, typeName, type SqlType } from '../base/types.js';
import type { ExecutionRequest, ExecutorEnv } from '../executor/execution.js';
import type { SchemaLookup } from '../executor/schema-lookup.js';
import { ConstraintQueue } from '../executor/constraint-queue.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { SavepointId, SessionOwner, StatementInfo } from '../mvcc/types.js';
import type { IntoClause, Statement } from '../parser/ast.js';
import type { QueryParams } from './api.js';
import { captureCallSite, TracedStatement, type CallTrace } from './call-site.js';
import { CatalogDraft } from './catalog/catalog-store.js';
import { DefinitionSource, SessionCatalog } from './catalog/catalog-view.js';
import { Portals } from './cursor.js';
import { hasOnCommitTables, onCommitTemporary } from './ddl/on-commit.js';
import { dropTemporaryObjects } from './ddl/temporary.js';
import type { Notice } from './errors.js';
import { toTimestamp, StatementContext, TimelessEnv } from './eval-context.js';
import { isPlannable, runDeferredConstraints, runPlanned, schemaLookup } from './execute.js';
import type { Instance } from './instance.js';
import type { CachedStatement, CachedText } from './plan-cache.js';
import { watchWait } from './self-wait.js';
import { settingChecks } from './settings/setting-checks.js';
import { type HotSettings, Settings, splitSearchPath } from './settings/settings.js';
import { SpillQuota } from './spill-file.js';
import { settingDefinitions } from './settings/settings-table.js';
import { SystemFunctions } from './system-functions.js';
import { TransactionBlock } from './transaction-block.js';
import { runUtility } from './utility.js';
import type { ResultColumn, ValueFormat } from './values.js';

/** What one call of the public API hands down. */
export interface Call {
  readonly params: QueryParams | undefined;
  readonly format: ValueFormat;
  /** Monotonic milliseconds; Infinity without limit. */
  readonly deadlineMs: number;
  /** Where COPY FROM STDIN reads and COPY TO STDOUT writes, when the call can do that. */
  readonly copy: CopyStreams | undefined;
}

export interface CopyStreams {
  readonly source: AsyncIterable<Uint8Array | string> | undefined;
  readonly sink: ((chunk: string) => Promise<void> | void) | undefined;
}

export interface StatementResult {
  readonly command: string;
  readonly rows: unknown[];
  readonly rowCount: number | null;
  readonly columns: readonly ResultColumn[];
}

/** A statement of PREPARE. */
export interface PreparedStatement {
  readonly name: string;
  readonly cached: CachedStatement;
  /** SELECT ... INTO: what `cached`, which is without it, fills when it is executed. */
  readonly into: IntoClause | undefined;
  readonly parameterTypes: readonly number[];
  readonly result: readonly ResultColumn[];
  readonly text: string;
  readonly preparedAtMs: number;
}

/** BEGIN, COMMIT, ROLLBACK and savepoints: the only statements a failed block listens to. */
type ControlStatement = Extract<Statement, { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'releaseSavepoint' | 'rollbackToSavepoint' }>;
const controlKinds: Readonly<Record<ControlStatement['kind'], true>> = { begin: true, commit: true, rollback: true, savepoint: true, releaseSavepoint: true, rollbackToSavepoint: true };
const isControl = (statement: Statement): statement is ControlStatement => Object.hasOwn(controlKinds, statement.kind);

export class Backend implements SessionOwner {
  readonly instance: Instance;
  readonly id: number;
  name: string | undefined;
  readonly settings: Settings;
  readonly draft: CatalogDraft;
  readonly block: TransactionBlock;
  readonly constraints = new ConstraintQueue();
  readonly prepared = new Map<string, PreparedStatement>();
  readonly portals: Portals;
  readonly system: SystemFunctions;
  readonly schema: SchemaLookup;
  readonly prng: Prng;
  readonly startedAtMs: number;
  onNotice: (notice: Notice) => void = () => {};
  /** Schema of this session's temporary objects, once there is one. */
  tempSchema: number | undefined;
  /** Values handed out by nextval must be durable before the result is given out. */
  usedSequence = false;
  /** Text and start of the statement that runs or ran last, for activity views. */
  currentText = '';
  currentStartedAtMs = 0;
  isRunning = false;
  /** Where the running statement was issued, when that is remembered. */
  callSite: CallTrace | undefined;
  /** Whether this session's calls are remembered: always, never, or as the sampler says. */
  capturesStacks: boolean | undefined;
  /** Whether the session serves calls on the database handle. */
  isPooled = false;
  /** What statements of one row have made sure of in this block stands while this is the number it had then (direct-lane.ts); 0: nothing does. */
  laneEpoch = 0;
  /** How a session that works behind others shares the event loop in long steps: after so many milliseconds of work it waits for `rest`. */
  pace: { readonly sliceMs: number; readonly rest: () => Promise<void> } | undefined;
  /** Calls of SQL functions that are running, one inside the other. */
  routineDepth = 0;
  /** Where the transaction stood before a SQL function first changed something within the running statement. */
  routineMark: { readonly tx: Transaction; readonly savepoint: SavepointId; readonly writeCount: number } | undefined;
  #draftDefinitions: DefinitionSource | undefined;
  #catalog: { readonly version: number; readonly path: string; readonly temp: number | undefined; readonly catalog: SessionCatalog } | undefined;
  #plannerSettings: { readonly version: number; readonly values: ReadonlyMap<string, string> } | undefined;
  #executorEnv: { readonly hot: HotSettings; readonly env: ExecutorEnv } | undefined;
  readonly #spillQuota = new SpillQuota(() => {
    const limit = this.settings.getNumber('temp_file_limit');
    return limit < 0 ? undefined : limit * 1024;
  });
  /** Ends a sleep early. */
  #wake: ((error: DbError) => void) | undefined;
  /** DISCARD TEMP: drop them when the statement's transaction is over. */
  dropTemporaryAfterwards = false;
  #plannerContext: { readonly settingsVersion: number; readonly temp: number | undefined; readonly text: string } | undefined;
  #directRequest: { -readonly [Key in keyof ExecutionRequest]: ExecutionRequest[Key] } | undefined;
  #plainContext: StatementContext | undefined;
  #timelessEnv: TimelessEnv | undefined;
  #cancel: DbError | undefined;
  #idleTimer: Timer | undefined;
  #terminated: DbError | undefined;
  #sequence = 1;

  constructor(instance: Instance, defaults: ReadonlyMap<string, string>) {
    this.instance = instance;
    this.id = instance.newBackendId();
    this.prng = instance.prng;
    this.startedAtMs = instance.clock.now();
    this.settings = new Settings(defaults, settingChecks);
    this.draft = new CatalogDraft(instance.catalog);
    this.portals = new Portals(this);
    this.system = new SystemFunctions(this);
    this.schema = schemaLookup(this);
    this.block = new TransactionBlock({
      instance, owner: this, settings: this.settings, draft: this.draft, notice: (n) => this.notice(n),
      participant: {
        beforeCommit: (tx, canWait) => this.#beforeCommit(tx, canWait),
        afterEnd: (committed) => this.#afterEnd(committed),
        undoSince: (sequence) => this.portals.closeSince(sequence),
        afterUndo: () => this.#forgetUndoneSchema(),
        nextSequence: () => this.nextSequence(),
      },
      constraints: this.constraints, statementTimestamp: () => toTimestamp(this.currentStartedAtMs),
    });
    instance.backends.set(this.id, this);
  }

  nextSequence(): number {
    return this.#sequence++;
  }

  // ------------------------------------------------------------------------------------------------------------ catalog

  /** The catalog as this session sees it now. */
  catalog(): SessionCatalog {
    const path = this.settings.hot.searchPath;
    const { version } = this.draft;
    const known = this.#catalog;
    if (known !== undefined && known.version === version && known.path === path && known.temp === this.tempSchema) return known.catalog;
    const catalog = new SessionCatalog(this.definitions(), this.#pathNames(path), this.tempSchema);
    this.#catalog = { version, path, temp: this.tempSchema, catalog };
    return catalog;
  }
  definitions(): DefinitionSource {
    if (this.draft.isEmpty) return this.instance.definitions;
    this.#draftDefinitions ??= new DefinitionSource(this.draft, this.instance.viewEnv);
    return this.#draftDefinitions;
  }
  #pathNames(path: string): string[] {
    return splitSearchPath(path).map((name) => (name === '$user' ? this.user : name));
  }
  /** The one role there is. */
  get isBackground(): boolean {
    return this.pace !== undefined;
  }
  get user(): string {
    return 'postgres';
  }

  typeName(oid: number): string {
    return typeName(oid, this.definitions().types);
  }
  isBuiltinType(name: { readonly schema: string | undefined; readonly name: string }): boolean {
    return (name.schema === undefined || name.schema === 'pg_catalog') && builtinTypeByName(name.name) !== undefined;
  }
  /** A type by the text of its name, undefined when there is none. */
  typeByText(text: string): SqlType | undefined {
    const oid = this.system.typeOid(text);
    return oid === undefined ? undefined : sqlType(oid);
  }

  /** Settings as the planner reads them, by lower-case name. */
  plannerSettings(): ReadonlyMap<string, string> {
    if (this.#plannerSettings?.version !== this.settings.version) {
      this.#plannerSettings = { version: this.settings.version, values: new Map(plannerSettings.map((name) => [name, this.settings.get(name)!])) };
    }
    return this.#plannerSettings.values;
  }
  /** The executor's surroundings with this session's limits of memory and temporary files. */
  executorEnv(): ExecutorEnv {
    const { hot } = this.settings;
    if (this.#executorEnv?.hot !== hot) {
      const { executorEnv } = this.instance;
      const { workMemBytes, statementMemBytes } = hot;
      this.#executorEnv = { hot, env: { ...executorEnv, workMemBytes, statementMemBytes, openSpill: () => this.#spillQuota.counted(executorEnv.openSpill()) } };
    }
    return this.#executorEnv.env;
  }
  /** Resolves after so much time, or rejects when the statement is cancelled. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.instance.scheduler.after(ms, () => {
        this.#wake = undefined;
        resolve();
      }, true);
      this.#wake = (error) => {
        timer.cancel();
        this.#wake = undefined;
        reject(error);
      };
    });
  }

  cancelSleep(error: DbError): void {
    this.#wake?.(error);
  }

  /** Everything besides the catalog's version that a plan depends on. */
  plannerContext(parameterTypes: readonly number[]): string {
    let known = this.#plannerContext;
    if (known === undefined || known.settingsVersion !== this.settings.version || known.temp !== this.tempSchema) {
      const text = `${plannerSettings.map((name) => this.settings.get(name)!).join('\0')}\0${this.tempSchema ?? ''}\0`;
      known = { settingsVersion: this.settings.version, temp: this.tempSchema, text: this.instance.plans.sharedContext(text) };
      this.#plannerContext = known;
    }
    return parameterTypes.length === 0 ? known.text : known.text + parameterTypes.join(',');
  }

  // ------------------------------------------------------------------------------------------------------------ running

  /** Runs the statements of a text one after the other; the results of those that ran come with the error through `onResult`. */
  async runText(text: CachedText, call: Call, onResult: (result: StatementResult) => void): Promise<void> {
    this.#begin();
    const isScript = text.statements.length > 1;
    try {
      for (const cached of text.statements) onResult(await this.#run(cached, call, isScript));
      await this.block.finishScript();
      await this.awaitSequences();
    } catch (error) {
      this.block.fail();
      throw error;
    } finally {
      this.#finish();
    }
  }

  async #run(cached: CachedStatement, call: Call, isPartOfScript: boolean): Promise<StatementResult> {
    this.currentText = cached.parsed.text;
    this.currentStartedAtMs = this.instance.clock.now();
    this.system.forgetAnswers();
    this.forgetRoutineMark();
    const { statement } = cached.parsed;
    const bounded = this.#withTimeout(call);
    if (isControl(statement)) return { command: await this.#control(statement), rows: [], rowCount: null, columns: [] };
    this.block.startStatement(isPartOfScript);
    const result = isPlannable(statement) ? await runPlanned(this, cached, bounded) : await runUtility(this, cached, bounded);
    await this.block.finishStatement(true);
    return result;
  }

  #withTimeout(call: Call): Call {
    const { statementTimeoutMs: timeout, transactionTimeoutMs: whole } = this.settings.hot;
    const { block } = this;
    let deadlineMs = call.deadlineMs;
    if (timeout > 0) deadlineMs = Math.min(deadlineMs, this.instance.clock.monotonic() + timeout);
    if (whole > 0 && block.state !== 'idle') deadlineMs = Math.min(deadlineMs, block.startedMonotonicMs + whole);
    return deadlineMs === call.deadlineMs ? call : { ...call, deadlineMs };
  }

  /** @returns the command tag; everything but COMMIT is done by then */
  #control(statement: ControlStatement): string | Promise<string> {
    switch (statement.kind) {
      case 'begin':
        this.block.begin(statement.modes);
        return statement.isStart ? 'START TRANSACTION' : 'BEGIN';
      case 'commit':
        return this.#commit(statement.chain);
      case 'rollback':
        this.block.rollback(statement.chain);
        return 'ROLLBACK';
      case 'savepoint':
        this.block.savepoint(statement.name);
        return 'SAVEPOINT';
      case 'releaseSavepoint':
        this.block.release(statement.name);
        return 'RELEASE';
      case 'rollbackToSavepoint':
        this.block.rollbackTo(statement.name);
        return 'ROLLBACK';
    }
  }

  async #commit(chain: boolean): Promise<string> {
    const tag = await this.block.commit(chain);
    await this.awaitSequences();
    return tag;
  }

  /** The short way of `#control`, for a text of one such statement; undefined for another. */
  controlQuickly(cached: CachedStatement): string | Promise<string> | undefined {
    const { statement, text } = cached.parsed;
    if (!isControl(statement)) return undefined;
    this.beginQuick(text);
    this.system.forgetAnswers();
    let tag: string | Promise<string>;
    try {
      tag = this.#control(statement);
      if (typeof tag !== 'string') return this.#endControl(tag);
    } catch (error) {
      this.block.fail();
      this.#finish();
      throw error;
    }
    this.#finish();
    return tag;
  }
  async #endControl(running: Promise<string>): Promise<string> {
    try {
      return await running;
    } catch (error) {
      this.block.fail();
      throw error;
    } finally {
      this.#finish();
    }
  }

  /** Runs `step` as one statement of its own, for what does not come as SQL text (COPY streams, portals of the API). */
  async runStep<T>(text: string, deadlineMs: number, step: (call: Pick<Call, 'deadlineMs'>) => Promise<T>): Promise<T> {
    this.#begin();
    this.currentText = text;
    this.currentStartedAtMs = this.instance.clock.now();
    try {
      this.block.startStatement(false);
      const result = await step({ deadlineMs });
      await this.block.finishStatement(true);
      await this.awaitSequences();
      return result;
    } catch (error) {
      this.block.fail();
      throw error;
    } finally {
      this.#finish();
    }
  }

  // What the short way (quick.ts) needs of all this.

  /** Version of the catalog as this session sees it. */
  get catalogVersion(): number {
    return this.draft.version;
  }
  /** Whether a statement may begin now without more ado. */
  get isReady(): boolean {
    return !this.isRunning && this.#terminated === undefined && !this.instance.isClosed;
  }
  /** Whether the end of a transaction of one statement means work besides its commit. */
  get hasCommitWork(): boolean {
    return this.tempSchema !== undefined || this.portals.hasHoldable || this.usedSequence;
  }
  /** Notes what runs, for activity views. */
  note(text: string): void {
    this.currentText = text;
    this.currentStartedAtMs = this.instance.clock.now();
  }
  beginQuick(text: string): void {
    this.#begin();
    this.note(text);
  }
  /** A turn of the event loop after a time slice. @throws DbError 57014 */
  async giveWay(): Promise<void> {
    await this.instance.giveWay();
    const error = this.interruption(Infinity);
    if (error !== undefined) throw error;
  }
  endQuick(): void {
    this.#finish();
  }
  /** A context for code that asks for types, settings and interruptions alone. */
  plainContext(): StatementContext {
    const { types } = this.definitions();
    if (this.#plainContext?.types !== types) this.#plainContext = new StatementContext(this, types, 0, 0, Infinity);
    return this.#plainContext;
  }

  /** For parameters that are read before anything of the statement is known. */
  timelessEnv(): TimelessEnv {
    const { types } = this.definitions();
    if (this.#timelessEnv?.types !== types) this.#timelessEnv = new TimelessEnv(this, types);
    return this.#timelessEnv;
  }

  /** For a change that is done before anything else is asked for (`CompiledStatement.direct`); one object for all of them. `isTimed`: `isDirectTimed` of the statement. */
  directRequest(tx: Transaction, params: readonly Datum[], canWait: boolean, isTimed: boolean): ExecutionRequest {
    const ctx = isTimed ? this.context(Infinity) : this.plainContext();
    let request = this.#directRequest;
    if (request === undefined) {
      const { schema, constraints } = this;
      this.#directRequest = request = { tx, params, ctx, env: this.executorEnv(), schema, constraints, canWait, instrument: false };
      return request;
    }
    request.tx = tx;
    request.params = params;
    request.ctx = ctx;
    request.env = this.executorEnv();
    request.canWait = canWait;
    return request;
  }

  /** The synchronous face: `step` must not wait. */
  runStepSync<T>(text: string, step: () => T): T {
    this.#begin();
    this.currentText = text;
    this.currentStartedAtMs = this.instance.clock.now();
    try {
      this.block.startStatement(false);
      const result = step();
      void this.block.finishStatement(false);
      this.flushSequences();
      return result;
    } catch (error) {
      this.block.fail();
      throw error;
    } finally {
      this.#finish();
    }
  }

  #begin(): void {
    if (this.#terminated !== undefined) throw this.#terminated;
    if (this.instance.isClosed) throw new DbError('57P01', 'the database is closed');
    this.noteCall();
    this.#cancel = undefined;
    this.laneEpoch = 0;
    this.isRunning = true;
  }
  #finish(): void {
    this.forgetRoutineMark();
    this.isRunning = false;
    this.#cancel = undefined;
    this.noteIdle();
  }
  /** A statement has come, which may have to wait before it begins: the session is not idle. */
  noteCall(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
  }
  /** The next one is waited for: the clock of an idle transaction runs. */
  noteIdle(): void {
    if (this.block.state === 'idle') return;
    const idle = this.settings.hot.idleTimeoutMs;
    if (idle > 0) {
      const error = new DbError('25P03', 'terminating connection due to idle-in-transaction timeout', { severity: 'FATAL' });
      this.#idleTimer = this.instance.scheduler.after(idle, () => this.#terminate(error));
    }
  }
  #terminate(error: DbError): void {
    if (this.isRunning) return;
    this.block.abandon();
    this.#terminated = error;
  }

  /** Makes handed out values of sequences durable, at once. */
  flushSequences(): void {
    if (!this.usedSequence) return;
    this.usedSequence = false;
    if (!this.instance.store.isFlushed(this.instance.sequences.pendingLsn)) this.instance.store.flushSync();
  }
  async awaitSequences(): Promise<void> {
    if (!this.usedSequence) return;
    this.usedSequence = false;
    const { sequences, store } = this.instance;
    if (!store.isFlushed(sequences.pendingLsn)) await store.flushed(sequences.pendingLsn);
  }

  #beforeCommit(tx: Transaction | undefined, canWait: boolean): Promise<void> | void {
    if (tx === undefined || (!this.constraints.hasPending && !this.portals.hasHoldable && this.tempSchema === undefined)) return undefined;
    if (!canWait) {
      if (hasOnCommitTables(this)) throw new DbError('0A000', 'a synchronous commit cannot carry out ON COMMIT of temporary tables', { hint: 'Use query().' });
      void runDeferredConstraints(this, tx, false);
      return undefined;
    }
    return (async () => {
      await runDeferredConstraints(this, tx, true);
      await this.portals.materializeHoldable();
      await onCommitTemporary(this, tx);
    })();
  }
  #afterEnd(committed: boolean): void {
    this.constraints.clear();
    this.portals.endOfTransaction(committed);
    this.#draftDefinitions = undefined;
    if (!committed) this.#forgetUndoneSchema();
  }
  /** The schema of temporary objects is gone with the (sub)transaction that made it. */
  #forgetUndoneSchema(): void {
    if (this.tempSchema !== undefined && this.draft.get(this.tempSchema) === undefined) this.tempSchema = undefined;
  }

  /** Notes where the call comes from, for statements of a transaction block. Called while the caller is on the stack. */
  traceCall(isInBlock: boolean): CallTrace | undefined {
    return isInBlock && (this.capturesStacks ?? this.instance.callSites.take()) ? captureCallSite() : undefined;
  }
  /** What explanations of conflicts will know of a statement. */
  infoOf(cached: CachedStatement): StatementInfo {
    return this.callSite === undefined ? cached.info : this.infoOfText(cached.info.text);
  }
  infoOfText(text: string): StatementInfo {
    return this.callSite === undefined ? { text } : new TracedStatement(text, this.callSite);
  }

  context(deadlineMs: number): StatementContext {
    const now = toTimestamp(this.currentStartedAtMs);
    return new StatementContext(this, this.definitions().types, this.block.state === 'idle' ? now : this.block.startedAt, now, deadlineMs);
  }

  // ------------------------------------------------------------------------------------------------------------ interruption

  /** Stops the running statement at its next check, or the lock it waits for. False when nothing runs. */
  cancel(error: DbError = new DbError('57014', 'canceling statement due to user request')): boolean {
    if (!this.isRunning) return false;
    this.#cancel = error;
    this.block.tx?.cancelWait(error);
    this.#wake?.(error);
    return true;
  }
  /** A SQL function is about to change data: what it changes must be undone if the calling statement has to start over. */
  markRoutineWrite(tx: Transaction): void {
    if (this.routineMark?.tx !== tx) this.routineMark = { tx, savepoint: tx.savepoint(), writeCount: tx.writeCount };
  }
  /** The running statement is over: what its functions did is its own. */
  forgetRoutineMark(): void {
    const mark = this.routineMark;
    this.routineMark = undefined;
    if (mark !== undefined && this.block.tx === mark.tx && mark.tx.state === 'active') mark.tx.release(mark.savepoint);
  }

  /** Why the running statement must stop, if it must. */
  interruption(deadlineMs: number): DbError | undefined {
    if (this.#cancel !== undefined) return this.#cancel;
    if (deadlineMs !== Infinity && this.instance.clock.monotonic() > deadlineMs) return this.timeoutError();
    return undefined;
  }
  timeoutError(): DbError {
    return new DbError('57014', 'canceling statement due to statement timeout');
  }
  get isWaiting(): boolean {
    return this.block.tx?.isWaiting === true;
  }

  /** Awaits a lock or a sleep under a deadline. */
  async waitFor(waiting: Promise<unknown>, tx: Transaction, deadlineMs: number): Promise<void> {
    const { clock, scheduler } = this.instance;
    const end = (error: DbError): void => {
      tx.cancelWait(error);
      this.#wake?.(error);
    };
    const timer = deadlineMs === Infinity ? undefined : scheduler.after(Math.max(0, deadlineMs - clock.monotonic()), () => end(this.timeoutError()), true);
    const unwatch = watchWait(this);
    if (this.#cancel !== undefined) end(this.#cancel);
    try {
      await waiting;
      if (this.instance.manager.busy !== undefined) await this.instance.untilCalm();
    } finally {
      timer?.cancel();
      unwatch?.();
    }
  }

  // ------------------------------------------------------------------------------------------------------------ settings, notices

  /** SHOW: settings that live in the transaction are asked of it. */
  showSetting(name: string): string | undefined {
    switch (name.toLowerCase()) {
      case 'transaction_isolation':
        return this.block.modes.isolation;
      case 'transaction_read_only':
        return this.block.modes.readOnly ? 'on' : 'off';
      case 'transaction_deferrable':
        return this.block.modes.deferrable ? 'on' : 'off';
      default: {
        const value = this.settings.get(name);
        return value === undefined ? undefined : this.settings.show(name);
      }
    }
  }
  /** @throws DbError 42704, 22023, 25001 */
  setSetting(name: string, value: string, isLocal: boolean): void {
    switch (name.toLowerCase()) {
      case 'transaction_isolation':
        this.settings.set(name, value, true);
        this.block.setIsolation(this.settings.get(name) as 'serializable');
        return;
      case 'transaction_read_only':
        this.settings.set(name, value, true);
        this.block.setReadOnly(this.settings.getBoolean(name));
        return;
      case 'transaction_deferrable':
        this.settings.set(name, value, true);
        this.block.setDeferrable(this.settings.getBoolean(name));
        return;
      default:
        this.settings.set(name, value, isLocal);
        if (this.block.tx !== undefined) this.block.tx.lockTimeoutMs = this.settings.getNumber('lock_timeout');
    }
  }

  notice(notice: Notice): void {
    const order = settingDefinitions.get('client_min_messages')!.values;
    const least = order.indexOf(this.settings.get('client_min_messages')!);
    if (notice.severity === 'INFO' || order.indexOf(notice.severity.toLowerCase()) >= least) this.onNotice(notice);
  }
  say(severity: Notice['severity'], code: string, message: string, detail?: string, hint?: string): void {
    this.notice({ severity, code, message, detail, hint });
  }

  /** Whether nothing would be lost with this session: no settings, statements, cursors, temporary tables, locks or seed of its own. */
  get isPristine(): boolean {
    return this.block.state === 'idle' && this.settings.isPristine && this.prepared.size === 0 && this.portals.isEmpty && this.tempSchema === undefined && !this.system.holdsLocks && !this.system.isSeeded;
  }

  /** Ends the session: its transaction is rolled back, its temporary objects and session locks go. */
  async close(): Promise<void> {
    if (!this.instance.backends.delete(this.id)) return;
    this.#idleTimer?.cancel();
    this.portals.closeAll();
    this.block.abandon();
    if (this.tempSchema !== undefined && !this.instance.isClosed) await dropTemporaryObjects(this.instance, this.tempSchema);
    this.instance.manager.endSession(this);
  }
}

/** Settings that plans, or constants folded into them, depend on. */
const plannerSettings: readonly string[] = [
  'search_path', 'execution_mode', 'leaf_columns', 'rewrite_rules', 'timezone', 'datestyle', 'intervalstyle', 'transform_null_equals', 'work_mem', 'default_transaction_read_only',
  ...[...settingDefinitions.keys()].filter((name) => name.startsWith('enable_') || name.endsWith('_cost') || name.endsWith('_collapse_limit')),
  'effective_cache_size', 'cursor_tuple_fraction', 'plan_cache_mode',
];
