/**
 * The transaction state of one session: PostgreSQL's transaction blocks over mvcc's transactions.
 *
 *   idle ──statement──▶ single ──end of statement──▶ idle          one statement, its own transaction
 *   idle ──script of several──▶ implicit ──end of script──▶ idle   all of a script share one, until BEGIN makes it a block
 *   idle ──BEGIN──▶ block ──error──▶ failed ──ROLLBACK, COMMIT──▶ idle
 *                     ▲                 │
 *                     └──ROLLBACK TO────┘
 *
 * T1  The mvcc transaction is begun by the first statement that needs one, so BEGIN and SET TRANSACTION can still choose its modes.
 * T2  What a statement changes outside the trees (settings, catalog draft, open cursors) is undone by the same marks as what it writes: a
 *     savepoint holds one mark of each.
 * T3  An error undoes the innermost savepoint's work at once, or all of it when there is none, and gives back the locks taken since; the
 *     block is then `failed` and does nothing until it is told how to end.
 *
 * Source: PostgreSQL's xact.c and variable.c, for every transition, warning and message.
 */
import { assert } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { ConstraintMark, ConstraintQueue } from '../executor/constraint-queue.js';
import type { CommitListener } from '../mvcc/commit/commit.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { BeginOptions, SavepointId, SessionOwner } from '../mvcc/types.js';
import type { TransactionModes } from '../parser/ast.js';
import type { CatalogDraft, DraftMark } from './catalog/catalog-store.js';
import type { Notice } from './errors.js';
import type { Instance } from './instance.js';
import type { HotSettings, Settings, SettingsMark } from './settings/settings.js';

export type BlockState = 'idle' | 'single' | 'implicit' | 'block' | 'failed';
type Isolation = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

export interface Modes {
  readonly isolation: Isolation;
  readonly readOnly: boolean;
  readonly deferrable: boolean;
}

interface Savepoint {
  readonly name: string;
  readonly mark: SavepointId;
  readonly settings: SettingsMark;
  readonly draft: DraftMark;
  readonly constraints: ConstraintMark;
  readonly readOnly: boolean;
  /** Number of the first cursor opened since. */
  readonly sequence: number;
}

/** What a transaction carries along besides rows; the session implements it. */
export interface BlockParticipant {
  /** Before anything is made durable: deferred constraints, cursors that outlive the transaction. May throw. */
  beforeCommit(tx: Transaction | undefined, canWait: boolean): Promise<void> | void;
  /** After commit (`csn` of the commit) or rollback. */
  afterEnd(committed: boolean): void;
  /** Everything opened since `sequence` belongs to a subtransaction that is undone. */
  undoSince(sequence: number): void;
  /** The catalog is again as it was when that subtransaction began. */
  afterUndo(): void;
  nextSequence(): number;
}

export interface BlockEnv {
  readonly instance: Instance;
  readonly owner: SessionOwner;
  readonly settings: Settings;
  readonly draft: CatalogDraft;
  readonly constraints: ConstraintQueue;
  readonly participant: BlockParticipant;
  /** Microseconds since 2000-01-01 of the statement that runs: a transaction begins with its first one. */
  statementTimestamp(): number;
  notice(notice: Notice): void;
}

const aborted = (): DbError => new DbError('25P02', 'current transaction is aborted, commands ignored until end of transaction block');

export class TransactionBlock {
  readonly #env: BlockEnv;
  #state: BlockState = 'idle';
  #tx: Transaction | undefined = undefined;
  #modes: Modes | undefined = undefined;
  #savepoints: Savepoint[] = [];
  #startSettings: SettingsMark;
  /** Modes of a new transaction under the settings as they are. */
  #defaults: { readonly hot: HotSettings; readonly modes: Modes } | undefined = undefined;
  #lastBegin: { readonly hot: HotSettings; readonly modes: Modes; readonly options: BeginOptions } | undefined = undefined;
  /** Microseconds since 2000-01-01, set when the transaction starts. */
  #startedAt = 0;
  #startedMonotonicMs = 0;
  /** Whether a statement has taken a snapshot. */
  #hasSnapshot = false;
  /** Use of the last retry, for the commit turn. */
  takesCommitTurn = false;

  constructor(env: BlockEnv) {
    this.#env = env;
    this.#startSettings = env.settings.mark();
  }

  get state(): BlockState {
    return this.#state;
  }
  /** The running mvcc transaction, if one has been needed yet. */
  get tx(): Transaction | undefined {
    return this.#tx;
  }
  get isInBlock(): boolean {
    return this.#state === 'block' || this.#state === 'failed';
  }
  get startedAt(): number {
    return this.#startedAt;
  }
  get startedMonotonicMs(): number {
    return this.#startedMonotonicMs;
  }
  get savepointDepth(): number {
    return this.#savepoints.length;
  }

  /** Modes of the current transaction, or those a new one would get. */
  get modes(): Modes {
    return this.#modes ?? this.#defaultModes();
  }
  #defaultModes(): Modes {
    const { hot } = this.#env.settings;
    const known = this.#defaults;
    if (known !== undefined && known.hot === hot) return known.modes;
    const modes: Modes = { isolation: hot.isolation, readOnly: hot.readOnly || this.#env.instance.store.readOnly, deferrable: hot.deferrable };
    this.#defaults = { hot, modes };
    return modes;
  }

  /** A statement is about to run (not one of those below). @throws DbError 25P02 */
  startStatement(isPartOfScript: boolean): void {
    if (this.#state === 'failed') throw aborted();
    if (this.#state === 'idle') this.#start(isPartOfScript ? 'implicit' : 'single');
  }

  #start(state: BlockState, modes: Modes = this.#defaultModes()): void {
    assert(this.#tx === undefined, 'transaction left over');
    this.#state = state;
    this.#modes = modes;
    this.#startSettings = this.#env.settings.mark();
    this.#startedAt = this.#env.statementTimestamp();
    this.#startedMonotonicMs = this.#env.settings.hot.transactionTimeoutMs > 0 ? this.#env.instance.clock.monotonic() : 0;
    this.#hasSnapshot = false;
  }

  /** The mvcc transaction, begun now if need be (T1). */
  ensureTransaction(): Transaction {
    if (this.#tx !== undefined) return this.#tx;
    const { instance } = this.#env;
    this.#tx = instance.manager.begin(this.#beginOptions(this.modes));
    return this.#tx;
  }
  /** The same object as long as nothing of it changes. */
  #beginOptions(modes: Modes): BeginOptions {
    const { owner, settings } = this.#env;
    const { hot } = settings;
    const known = this.#lastBegin;
    if (known !== undefined && known.hot === hot && known.modes === modes && known.options.commitTurn === this.takesCommitTurn) return known.options;
    const options: BeginOptions = {
      isolation: modes.isolation === 'read uncommitted' ? 'read committed' : modes.isolation,
      readOnly: modes.readOnly, deferrable: modes.deferrable, strict: hot.strict, observe: hot.observe, owner, lockTimeoutMs: hot.lockTimeoutMs, asyncCommit: hot.asyncCommit,
      commitTurn: this.takesCommitTurn,
    };
    this.#lastBegin = { hot, modes, options };
    return options;
  }

  /** A statement takes the snapshot (or uses the one there is). SERIALIZABLE READ ONLY DEFERRABLE must wait for a safe one first. */
  needsSafeSnapshot(): boolean {
    const { isolation, readOnly, deferrable } = this.modes;
    return !this.#hasSnapshot && isolation === 'serializable' && readOnly && deferrable;
  }
  noteSnapshot(): void {
    this.#hasSnapshot = true;
  }

  // ------------------------------------------------------------------------------------------------------------ BEGIN, COMMIT, ...

  begin(modes: TransactionModes): void {
    switch (this.#state) {
      case 'failed':
        throw aborted();
      case 'block':
        this.#warn('25001', 'there is already a transaction in progress');
        break;
      case 'idle':
        this.#start('block');
        break;
      case 'single':
      case 'implicit':
        this.#state = 'block';
        break;
    }
    this.setModes(modes);
  }

  /** @returns the command tag: a failed block is rolled back instead */
  async commit(chain: boolean): Promise<'COMMIT' | 'ROLLBACK'> {
    const modes = this.modes;
    switch (this.#state) {
      case 'failed':
        this.#rollbackAll();
        if (chain) this.#start('block', modes);
        return 'ROLLBACK';
      case 'block':
        await this.#commitAll();
        if (chain) this.#start('block', modes);
        return 'COMMIT';
      default:
        if (chain) throw new DbError('25P01', 'COMMIT AND CHAIN can only be used in transaction blocks');
        this.#warn('25P01', 'there is no transaction in progress');
        if (this.#state !== 'idle') await this.#commitAll();
        return 'COMMIT';
    }
  }

  rollback(chain: boolean): void {
    const modes = this.modes;
    if (this.#state !== 'block' && this.#state !== 'failed') {
      if (chain) throw new DbError('25P01', 'ROLLBACK AND CHAIN can only be used in transaction blocks');
      this.#warn('25P01', 'there is no transaction in progress');
    }
    if (this.#state !== 'idle') this.#rollbackAll();
    if (chain) this.#start('block', modes);
  }

  savepoint(name: string): void {
    this.#requireBlock('SAVEPOINT');
    if (this.#state === 'failed') throw aborted();
    const tx = this.ensureTransaction();
    const { settings, draft, constraints, participant } = this.#env;
    this.#savepoints.push({
      name, mark: tx.savepoint(), settings: settings.mark(), draft: draft.mark(), constraints: constraints.mark(), readOnly: this.modes.readOnly, sequence: participant.nextSequence(),
    });
  }

  release(name: string): void {
    this.#requireBlock('RELEASE SAVEPOINT');
    if (this.#state === 'failed') throw aborted();
    const at = this.#findSavepoint(name);
    const { mark, readOnly } = this.#savepoints[at]!;
    this.#tx!.release(mark);
    // What SET TRANSACTION READ ONLY said in it was for it alone.
    this.#modes = { ...this.modes, readOnly };
    this.#savepoints.length = at;
  }

  rollbackTo(name: string): void {
    this.#requireBlock('ROLLBACK TO SAVEPOINT');
    const at = this.#findSavepoint(name);
    this.#savepoints.length = at + 1;
    this.#undoTo(this.#savepoints[at]!);
    this.#state = 'block';
  }

  #findSavepoint(name: string): number {
    for (let i = this.#savepoints.length - 1; i >= 0; i--) if (this.#savepoints[i]!.name === name) return i;
    throw new DbError('3B001', `savepoint "${name}" does not exist`);
  }
  #undoTo(savepoint: Savepoint): void {
    const { settings, draft, constraints, participant } = this.#env;
    constraints.rollbackTo(savepoint.constraints);
    participant.undoSince(savepoint.sequence);
    this.#tx!.rollbackTo(savepoint.mark);
    settings.rollbackTo(savepoint.settings);
    draft.rollbackTo(savepoint.draft);
    participant.afterUndo();
    this.#modes = { ...this.modes, readOnly: savepoint.readOnly };
  }

  /** @throws DbError 25P01 for what must stand between BEGIN and COMMIT; a script's implicit block will do, except for savepoints */
  #requireBlock(what: string): void {
    if (this.#state !== 'block' && this.#state !== 'failed') throw new DbError('25P01', `${what} can only be used in transaction blocks`);
  }
  requireTransactionBlock(what: string): void {
    if (this.#state === 'idle' || this.#state === 'single') throw new DbError('25P01', `${what} can only be used in transaction blocks`);
  }
  warnOutsideBlock(what: string): boolean {
    if (this.#state !== 'idle' && this.#state !== 'single') return false;
    this.#warn('25P01', `${what} can only be used in transaction blocks`);
    return true;
  }
  /** @throws DbError 25001 for what must stand alone */
  preventInBlock(what: string): void {
    if (this.#state === 'block' || this.#state === 'implicit') throw new DbError('25001', `${what} cannot run inside a transaction block`);
  }

  // ------------------------------------------------------------------------------------------------------------ modes

  /** SET TRANSACTION, and the modes of BEGIN. @throws DbError 25001 too late, 0A000 */
  setModes(modes: TransactionModes): void {
    if (modes.isolation !== undefined) this.setIsolation(modes.isolation);
    if (modes.readOnly !== undefined) this.setReadOnly(modes.readOnly);
    if (modes.deferrable !== undefined) this.setDeferrable(modes.deferrable);
  }
  setIsolation(isolation: Isolation): void {
    const current = this.modes;
    if (isolation === current.isolation) return;
    if (this.#hasSnapshot) throw new DbError('25001', 'SET TRANSACTION ISOLATION LEVEL must be called before any query');
    if (this.#savepoints.length > 0) throw new DbError('25001', 'SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction');
    if (this.#tx !== undefined) {
      // Nothing has been read or written yet, only locks may have been taken; they would be lost with the transaction.
      throw new DbError('25001', 'SET TRANSACTION ISOLATION LEVEL must be called before locks are taken');
    }
    this.#modes = { ...current, isolation };
  }
  setReadOnly(readOnly: boolean): void {
    const current = this.modes;
    if (!readOnly && current.readOnly) {
      const outer = this.#savepoints.at(-1);
      if (this.#env.instance.store.readOnly) throw new DbError('25006', 'cannot set transaction read-write mode: the database is open for reading only');
      if (outer !== undefined && outer.readOnly) throw new DbError('25001', 'cannot set transaction read-write mode inside a read-only transaction');
      if (this.#hasSnapshot) throw new DbError('25001', 'transaction read-write mode must be set before any query');
    }
    this.#modes = { ...current, readOnly };
  }
  setDeferrable(deferrable: boolean): void {
    if (this.#savepoints.length > 0) throw new DbError('25001', 'SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction');
    if (this.#hasSnapshot) throw new DbError('25001', 'SET TRANSACTION [NOT] DEFERRABLE must be called before any query');
    this.#modes = { ...this.modes, deferrable };
  }

  // ------------------------------------------------------------------------------------------------------------ ends

  /** A statement has succeeded: a transaction of its own ends with it. */
  finishStatement(canWait: boolean): Promise<void> | undefined {
    if (this.#state !== 'single') return undefined;
    if (!canWait) {
      this.#commitSync();
      return undefined;
    }
    return this.#commitAll();
  }
  /** `finishStatement` of a statement of its own, or COMMIT of a block, for a transaction that has left nothing to be done before its commit: `listener` is told, and calls `endCommit`. */
  commitThen(transaction: Transaction, listener: CommitListener): void {
    assert((this.#state === 'single' || this.#state === 'block') && this.#tx === transaction, 'not the transaction of a statement or block');
    this.#publishDraft(transaction);
    transaction.commitThen(listener);
  }
  endCommit(committed: boolean): void {
    if (committed) this.#ended(true);
    else this.#rollbackAll();
  }
  /** A script has ended without error. */
  finishScript(): Promise<void> | undefined {
    return this.#state === 'implicit' ? this.#commitAll() : undefined;
  }

  /** A statement has failed (T3). */
  fail(): void {
    switch (this.#state) {
      case 'idle':
      case 'failed':
        return;
      case 'single':
      case 'implicit':
        this.#rollbackAll();
        return;
      case 'block': {
        const innermost = this.#savepoints.at(-1);
        this.#state = 'failed';
        if (innermost !== undefined && this.#tx !== undefined) {
          this.#undoTo(innermost);
          return;
        }
        this.#env.participant.undoSince(0);
        this.#tx?.rollback();
        this.#env.draft.clear();
        this.#env.constraints.clear();
        this.#env.settings.rollbackTo(this.#startSettings);
      }
    }
  }

  /** Ends whatever is open, without a word: the session closes. */
  abandon(): void {
    if (this.#state !== 'idle') this.#rollbackAll();
  }

  async #commitAll(): Promise<void> {
    const { participant } = this.#env;
    try {
      const before = participant.beforeCommit(this.#tx, true);
      if (before !== undefined) await before;
      if (this.#tx !== undefined) {
        this.#publishDraft(this.#tx);
        await this.#tx.commit();
      }
    } catch (error) {
      this.#rollbackAll();
      throw error;
    }
    this.#ended(true);
  }
  #commitSync(): void {
    try {
      const waiting = this.#env.participant.beforeCommit(this.#tx, false);
      assert(waiting === undefined, 'a synchronous commit waits');
      if (this.#tx !== undefined) {
        this.#publishDraft(this.#tx);
        this.#tx.commitSync();
      }
    } catch (error) {
      this.#rollbackAll();
      throw error;
    }
    this.#ended(true);
  }
  /** The committed catalog changes in the slice that publishes the commit. */
  #publishDraft(tx: Transaction): void {
    const { draft, instance } = this.#env;
    if (draft.isEmpty) return;
    const { changes } = draft;
    tx.onPublish = (csn) => instance.publishCatalog(changes, csn);
  }
  #rollbackAll(): void {
    this.#env.participant.undoSince(0);
    this.#tx?.rollback();
    this.#env.settings.rollbackTo(this.#startSettings);
    this.#ended(false);
  }
  #ended(committed: boolean): void {
    this.#tx = undefined;
    this.#state = 'idle';
    this.#modes = undefined;
    if (this.#savepoints.length > 0) this.#savepoints = [];
    this.#hasSnapshot = false;
    this.#env.draft.clear();
    if (committed) this.#env.settings.commit();
    this.#env.participant.afterEnd(committed);
  }

  #warn(code: string, message: string): void {
    this.#env.notice({ severity: 'WARNING', code, message, detail: undefined, hint: undefined });
  }
}
