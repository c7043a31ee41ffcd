/**
 * One transaction: its states, statements, snapshot and savepoints. Reading is in reading.ts and leaf-scan.ts, row rules in
 * write-conflict.ts, locks in row-lock.ts and lock-table.ts, the end in commit.ts; the methods here lead there.
 *
 * States: active -> precommitted (numbered, installed, logged) -> committed (durable, published); active -> aborted. `isWaiting` is
 * active and blocked on others. `mustAbort` dooms it: every call but rollback throws.
 *
 * T1  READ COMMITTED has one snapshot per statement, the others one per transaction; it is taken when data is first touched, so
 *     after any table lock the statement had to wait for.
 * T2  Everything to be undone stands in the order it happened: changes in the write set, lock grants and created trees in the log, which knows what came between
 *     them. A savepoint is a position in both; rolling back undoes from the end. Reads, SIREAD entries and edges are never undone, for they have been observed.
 * T3  After rollbackTo, write set and locks equal their state at the savepoint.
 */
import { VERIFY, assert } from '../base/assert.js';
import { emptyList } from '../base/empty-list.js';
import { DbError } from '../base/errors.js';
import { type Csn, type Oid, type TreeId, type TxnId, csn } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { BuiltTree } from '../storage/store.js';
import { commit, type CommitListener, commitSync, commitThen } from './commit/commit.js';
import { serializationError } from './conflict.js';
import { isEmptyLatest } from './reads/empty-prefix.js';
import type { LeafScan } from './reads/leaf-scan.js';
import { type Lock, LockGrant, type LockOwner } from './locks/lock.js';
import { tableLockModeNumber } from './locks/lock-table.js';
import { newest, openScan, pointGet, probeLatest } from './reads/reading.js';
import { RowGrant, type RowHold, endBulkWrites } from './locks/row-lock.js';
import { SafeSnapshotWait } from './serializable/safe-snapshot-wait.js';
import type { SerialNode } from './serializable/serial-node.js';
import { SnapshotHolder, type SnapshotUser } from './snapshot.js';
import { StatementList } from './statement-list.js';
import { type PausedStatement, type SavepointMark, Statement } from './statement.js';
import type { TransactionManager } from './transaction-manager.js';
import { type LogItem, TransactionLog } from './transaction-log.js';
import { TreeCreation, TreeDrop, TreeLogBytes, undoEntry, undoItem, undoLast } from './write-set/tree-change.js';
import type { BeginOptions, ClaimOptions, ClaimResult, CommitInfo, DroppedRows, EntriesSource, IsolationLevel, KeyRange, PutSource, RemoveOptions, RowBlock, RowChanges, RowLockMode, RowLockOptions, RowLockResult, RowPatch, RowRef, SavepointId, ScanOptions, SessionOwner, StatementInfo, TableLockMode, TransactionState, TreeOptions, UpdateOptions, WaitPolicy } from './types.js';
import { VersionedTree } from './versions/versioned-tree.js';
import type { Wait } from './locks/wait.js';
import { claimKey, holdKey, lockRow, refuseDecided, registerDrop } from './write-conflict.js';
import { TreeWrites } from './write-set/tree-writes.js';
import type { WriteSet } from './write-set/write-set.js';
import { findToInsert, findUntouched, insertAbove, insertEntry, insertFree, insertGiven, insertNew, insertNewEntries, insertSought, insertUntouched, insertFoundEntry, leaveFound, lockUntouched, patchFound, removeByKey, removeEntry, removeFound, removeFoundEntry, removeUntouched, touchEntry, updateEntry, updateFound } from './writing.js';

/** Up to so many trees written to are looked through one by one. */
const FewTrees = 8;

export class Transaction implements LockOwner, SnapshotUser, RowChanges {
  // Of a transaction that is used again (`restart`) all of these are set anew.
  id!: TxnId;
  isolation!: IsolationLevel;
  readOnly!: boolean;
  owner!: SessionOwner;
  /** Milliseconds before a lock wait gives up with 55P03; 0: never. Read at each wait. */
  lockTimeoutMs!: number;
  /** Set when the transaction can no longer commit (doomed serializable, cancelled for memory): only rollback is left. */
  mustAbort: DbError | undefined = undefined;
  /** Called once, in the slice in which the commit is published and before its locks are released: the engine makes schema changes visible there. */
  onPublish: ((csn: Csn) => void) | undefined = undefined;
  /** Number of row changes so far. */
  writeCount = 0;
  // The rest, up to the methods, is the business of mvcc/ alone.
  readonly manager: TransactionManager;
  asyncCommit!: boolean;
  startedAtMs!: number;
  lifecycle: 'active' | 'precommitted' | 'committed' | 'aborted' = 'active';
  /** SERIALIZABLE: what the certifier knows of it. */
  node: SerialNode | undefined;
  statement: Statement | undefined = undefined;
  statementCount = 0;
  /** What was run, for explanations; shared with the node, if there is one. */
  statements: StatementList;
  paused: Set<Statement> | undefined = undefined;
  /** REPEATABLE READ and SERIALIZABLE: keeps the transaction's snapshot. */
  holder: SnapshotHolder | undefined = undefined;
  wait: Wait | undefined = undefined;
  /** Its neighbours among those that have not ended (active-list.ts). */
  previousActive: Transaction | undefined = undefined;
  nextActive: Transaction | undefined = undefined;
  writes: WriteSet | undefined = undefined;
  /** The write set asked for last. */
  #lastWrites: TreeWrites | undefined = undefined;
  /** Once there are more than few. */
  #writesByTree: Map<VersionedTree, TreeWrites> | undefined = undefined;
  /** By mode; see row-lock.ts. */
  readonly rowHolds: (RowHold | undefined)[] = [];
  readonly log = new TransactionLog();
  /** Whether the log may hold trees made or dropped. */
  changesTrees = false;
  /** Upper bound of the log record so far. */
  logBytes = 0;
  openScans: Set<LeafScan> | undefined = undefined;
  readonly #rowRefs: RowRef[] = emptyList();
  // The table lock asked for last, which is held.
  #lockedTable: Oid | undefined = undefined;
  #lockedMode = -1;
  readonly #savepoints: SavepointMark[] = [];
  #savepointCount = 0;
  #spare: Statement | undefined = undefined;

  constructor(manager: TransactionManager, id: TxnId, options: BeginOptions, node: SerialNode | undefined) {
    this.manager = manager;
    this.node = node;
    this.statements = node === undefined ? new StatementList() : node.statements;
    this.#begin(id, options);
  }
  #begin(id: TxnId, options: BeginOptions): void {
    this.id = id;
    this.isolation = options.isolation;
    this.readOnly = options.readOnly ?? false;
    this.owner = options.owner;
    this.lockTimeoutMs = options.lockTimeoutMs ?? 0;
    this.asyncCommit = options.asyncCommit ?? false;
    this.startedAtMs = options.startedAtMs ?? this.manager.env.clock.now();
  }

  /** Whether it has ended and left nothing behind, so that `restart` makes a new transaction of it. That nobody refers to it any more is for the caller to know. */
  get isReusable(): boolean {
    const isUnused = this.node === undefined && this.paused === undefined && this.openScans === undefined && this.#savepoints.length === 0 && !this.changesTrees;
    const isReleased = this.log.length === 0 && this.#rowRefs.length === 0 && this.rowHolds.length === 0 && this.writes === undefined && this.holder?.registry === undefined;
    return this.lifecycle === 'committed' && isUnused && isReleased && this.onPublish === undefined && this.mustAbort === undefined;
  }
  /** Begins another transaction, of any level but SERIALIZABLE. */
  restart(id: TxnId, options: BeginOptions): void {
    assert(this.isReusable && this.wait === undefined && this.statement === undefined, 'a transaction in use is begun anew', this.id);
    this.#begin(id, options);
    this.statements = new StatementList();
    this.statementCount = 0;
    this.writeCount = 0;
    this.logBytes = 0;
    if (!(mutants.on && mutants.has('mvcc.reused-transaction-keeps-lock'))) this.#lockedTable = undefined;
    this.lifecycle = 'active';
  }

  get session(): SessionOwner {
    return this.owner;
  }
  get transaction(): Transaction {
    return this;
  }
  get state(): TransactionState {
    return this.wait !== undefined ? 'waiting' : this.lifecycle;
  }
  /** Whether a promise of this transaction waits for another transaction right now. Exact. */
  get isWaiting(): boolean {
    return this.wait !== undefined;
  }
  /** Ids of the transactions it waits for, empty when it does not. */
  get waitsFor(): readonly number[] {
    const edges: { to: Transaction; soft: boolean }[] = [];
    this.wait?.edges(edges);
    return [...new Set(edges.map((edge) => edge.to.id))];
  }

  // ------------------------------------------------------------------------------------------------------------ statements

  /**
   * Begins a statement: own writes of earlier statements become visible. The snapshot (the statement's at READ COMMITTED, else the
   * transaction's) is taken when data is first touched; read `snapshotCsn` to take it now. @returns the statement number, from 1
   * @throws DbError `mustAbort` when set
   */
  beginStatement(info: StatementInfo): number {
    this.check();
    assert(this.statement === undefined, 'a statement is running', this.id);
    if (VERIFY.on) assert(this.node?.hasRead !== true, 'a statement begins during the commit', this.id);
    const statement = this.#nextStatement(info);
    this.statements.push(info);
    if (this.node?.edgeGained === true) this.checkDoom();
    this.statement = statement;
    return statement.number;
  }

  /** One object serves the statements of a transaction one after the other, unless it is paused meanwhile. */
  #nextStatement(info: StatementInfo): Statement {
    const number = ++this.statementCount;
    const spare = this.#spare;
    if (spare === undefined) return new Statement(this, number, info);
    this.#spare = undefined;
    spare.number = number;
    spare.info = info;
    spare.snapshotCsn = -1 as Csn;
    return spare;
  }

  /** Ends the statement; READ COMMITTED gives its snapshot back. Scans of the statement that are still open are closed. */
  endStatement(): void {
    const statement = this.statement;
    assert(statement !== undefined, 'no statement is running', this.id);
    this.statement = undefined;
    this.#endStatement(statement);
    this.#spare = statement;
    this.#releaseRows();
  }

  /** Whether a statement has begun and not ended. */
  get isInStatement(): boolean {
    return this.statement !== undefined;
  }

  #releaseRows(): void {
    const refs = this.#rowRefs;
    if (refs.length === 0) return;
    // One by one: setting the length of an array is a call into the runtime.
    for (let ref = refs.pop(); ref !== undefined; ref = refs.pop()) {
      ref.isHeld = false;
      ref.release();
    }
  }

  /**
   * For the manager's slice reader alone: a statement over what is published now, whose snapshot is not registered because it ends before anything can
   * be published or collected.
   */
  beginSlice(info: StatementInfo): void {
    assert(this.statement === undefined, 'a slice is being read');
    const statement = this.#nextStatement(info);
    const { manager } = this;
    statement.snapshotCsn = mutants.on && mutants.has('mvcc.slice-reads-unpublished') ? manager.lastAssigned : manager.lastPublished;
    this.statement = statement;
  }
  endSlice(): void {
    const statement = this.statement!;
    this.statement = undefined;
    if (this.openScans !== undefined && this.openScans.size > 0) this.closeScans();
    this.#spare = statement;
    this.#releaseRows();
  }

  #endStatement(statement: Statement): void {
    if (this.openScans !== undefined) for (const scan of this.openScans) if (scan.statement === statement) scan.close();
    this.manager.releaseSnapshot(statement);
  }

  /**
   * Begins a statement inside the running one (a SQL function): it sees what that one has changed so far, and at READ COMMITTED what others have
   * committed meanwhile. The outer statement keeps its snapshot, its scans and the rows it holds. @returns what `endNested` takes
   */
  beginNested(info: StatementInfo): { readonly outer: Statement | undefined; readonly refs: readonly RowRef[] } {
    const outer = this.statement;
    const refs = this.#rowRefs.splice(0);
    this.statement = undefined;
    this.beginStatement(info);
    return { outer, refs };
  }
  endNested(nested: { readonly outer: Statement | undefined; readonly refs: readonly RowRef[] }): void {
    if (this.statement !== undefined && this.statement !== nested.outer) this.endStatement();
    this.statement = nested.outer;
    this.#rowRefs.push(...nested.refs);
  }

  closeScans(): void {
    if (this.openScans !== undefined) for (const scan of this.openScans) scan.close();
  }

  /**
   * Instead of `endStatement`, for cursors: the statement keeps its snapshot, and takes it now if it has read nothing (a cursor shows what was there when it was declared, as in
   * PostgreSQL); resume it before touching its scans again.
   */
  pauseStatement(): PausedStatement {
    const statement = this.statement;
    assert(statement !== undefined, 'no statement is running', this.id);
    if (statement.snapshotCsn < 0 && !(mutants.on && mutants.has('mvcc.cursor-snapshot-at-fetch'))) this.#takeSnapshot(statement);
    this.statement = undefined;
    this.paused ??= new Set();
    this.paused.add(statement);
    if (mutants.on && mutants.has('mvcc.resting-snapshot-given-back')) this.manager.releaseSnapshot(statement);
    return statement;
  }

  resumeStatement(paused: PausedStatement): void {
    this.check();
    assert(paused instanceof Statement && this.paused?.delete(paused) === true, 'statement is not paused');
    assert(this.statement === undefined, 'a statement is running', this.id);
    if (VERIFY.on) assert(this.node?.hasRead !== true, 'a statement goes on during the commit', this.id);
    this.statement = paused;
  }

  /** Ends a paused statement (closed portal). */
  endPaused(paused: PausedStatement): void {
    assert(paused instanceof Statement, 'statement is not paused');
    if (this.paused?.delete(paused) === true) this.#endStatement(paused);
  }

  /** CSN of the running statement's snapshot, which is taken now if it was not yet. */
  get snapshotCsn(): Csn {
    const statement = this.statement;
    assert(statement !== undefined, 'no statement is running', this.id);
    return statement.snapshotCsn >= 0 ? statement.snapshotCsn : this.#takeSnapshot(statement);
  }

  #takeSnapshot(statement: Statement): Csn {
    const manager = this.manager;
    // It need not have been asked for by a read: a cursor's is taken when it is opened.
    if (!(mutants.on && mutants.has('mvcc.snapshot-within-commit'))) manager.settle();
    if (mutants.on) this.#takeWrongSnapshot(statement);
    if (this.isolation === 'read committed') {
      manager.snapshots.add(statement, manager.lastPublished);
      statement.snapshotCsn = manager.lastPublished;
    } else {
      this.holder ??= new SnapshotHolder(this);
      if (this.holder.registry === undefined) {
        manager.snapshots.add(this.holder, manager.lastPublished);
        if (this.node !== undefined) manager.certifier.start(this.node, manager.lastPublished);
      }
      statement.snapshotCsn = csn(this.holder.csn);
    }
    return statement.snapshotCsn;
  }

  /** Deliberate bugs: a snapshot per statement where there must be one per transaction. */
  #takeWrongSnapshot(_statement: Statement): void {
    if (mutants.has('mvcc.snapshot-per-statement') && this.isolation === 'repeatable read' && this.holder?.registry !== undefined) {
      this.manager.snapshots.remove(this.holder);
    }
  }

  /** READ COMMITTED, between waiting for a lock and reading anything: a fresh snapshot for the running statement. */
  refreshSnapshot(): void {
    const statement = this.statement;
    assert(statement !== undefined, 'no statement is running', this.id);
    if (this.isolation !== 'read committed') return;
    this.manager.releaseSnapshot(statement);
    statement.snapshotCsn = -1 as Csn;
  }

  /** DEFERRABLE: resolves with a snapshot that no serialization failure can touch. Waits while writers run; `isWaiting` meanwhile. */
  async awaitSafeSnapshot(): Promise<void> {
    this.check();
    if (this.isolation !== 'serializable' || !this.readOnly) return;
    assert(this.holder === undefined, 'snapshot was taken before the wait for a safe one');
    const holder = new SnapshotHolder(this);
    this.holder = holder;
    for (;;) {
      const manager = this.manager;
      manager.snapshots.add(holder, manager.lastPublished);
      manager.certifier.start(this.node!, manager.lastPublished);
      const node = this.node!;
      if (!node.isSafe && !node.isUnsafe) {
        await new SafeSnapshotWait(this, node).start();
        this.check();
      }
      if (node.isSafe) return;
      manager.certifier.abort(node, manager.lastPublished);
      manager.releaseSnapshot(holder);
      this.node = manager.newNode(this.id, true, node.strict);
      this.statements = this.node.statements;
      // Let the writers that spoiled this snapshot get on before the next attempt.
      await manager.env.scheduler.yield();
      this.check();
    }
  }

  // ------------------------------------------------------------------------------------------------------------ savepoints

  savepoint(): SavepointId {
    const id = ++this.#savepointCount;
    this.#savepoints.push({ id, logPosition: this.logPosition, writeCount: this.writeCount, logBytes: this.logBytes, entryCount: this.writes?.count ?? 0 });
    return id as SavepointId;
  }

  /** Whether an entry of the write set is younger than the last savepoint, so that it may be changed in place: rolling back takes it back whole. */
  isSinceSavepoint(entry: number): boolean {
    const last = this.#savepoints.at(-1);
    return last === undefined || entry >= last.entryCount || (mutants.on && mutants.has('mvcc.change-outlives-savepoint'));
  }

  /** Undoes everything since the savepoint, releases the locks taken since and keeps the savepoint. */
  rollbackTo(id: SavepointId): void {
    assert(this.lifecycle === 'active', 'transaction has ended', this.id);
    const at = this.#savepointIndex(id);
    const savepoint = this.#savepoints[at]!;
    this.#savepoints.length = at + 1;
    const granted: (LockGrant | RowGrant)[] = [];
    while (this.logPosition > savepoint.logPosition) {
      const item = this.popLogItem();
      if (item === undefined) undoEntry(this);
      else if (item instanceof LockGrant || item instanceof RowGrant) granted.push(item);
      else undoItem(this, item);
    }
    this.#lockedTable = undefined;
    if (!(mutants.on && mutants.has('mvcc.savepoint-keeps-locks'))) for (const grant of granted) undoItem(this, grant);
    else for (const grant of granted.reverse()) this.logItem(grant);
    this.writeCount = savepoint.writeCount;
    this.logBytes = savepoint.logBytes;
  }

  /** Forgets the savepoint and all later ones; their changes belong to the level below. */
  release(id: SavepointId): void {
    this.#savepoints.length = this.#savepointIndex(id);
  }

  #savepointIndex(id: SavepointId): number {
    for (let i = this.#savepoints.length - 1; i >= 0; i--) if (this.#savepoints[i]!.id === id) return i;
    assert(false, 'no such savepoint', id);
  }

  // ------------------------------------------------------------------------------------------------------------ reading

  openScan(tree: VersionedTree, range: KeyRange, options?: ScanOptions): LeafScan {
    return openScan(this, tree, range, options?.reverse ?? false, options?.view ?? 'snapshot', options?.register === false ? 'none' : 'full', options?.columns, options?.few);
  }

  /**
   * Point read in the statement's snapshot: fills `into` and says whether the key exists. Found or not, SERIALIZABLE registers the
   * point. `register: false` for fetching a row whose index range is registered *and* whose writers `touch` that index.
   */
  get(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef, register = true): boolean {
    return pointGet(this, tree, key, keyLength, into, register);
  }

  /** The newest version: own write, else newest committed. For re-checking a locked row. Registers nothing. */
  newest(tree: VersionedTree, key: string, into: RowRef): boolean {
    return newest(this, tree, key, into);
  }

  /**
   * Whether the newest state has any entry in `range` (own writes included): foreign-key checks, constraint validation. A hidden
   * read: SERIALIZABLE records it, with edges from the writers of what it saw. The first entry found goes to `into` if given.
   */
  probeLatest(tree: VersionedTree, range: KeyRange, into?: RowRef): boolean {
    return probeLatest(this, tree, range, into);
  }

  /** The contrary for the keys that begin with `prefix`, of which nothing is recorded. */
  isEmptyLatest(tree: VersionedTree, prefix: Uint8Array, length: number): boolean {
    return isEmptyLatest(this, tree, prefix, length);
  }

  /** Like `probeLatest`, all entries, for cascades and validation: a `latest` scan that records the same of their keys, or of all that they hold. */
  openLatest(tree: VersionedTree, range: KeyRange, reads: 'keys' | 'values'): LeafScan {
    return openScan(this, tree, range, false, 'latest', reads === 'keys' ? 'hidden keys' : 'hidden');
  }

  /** Keeps the page of `ref` until the end of the statement. */
  holdRow(ref: RowRef): void {
    if (ref.isHeld) return;
    ref.isHeld = true;
    this.#rowRefs.push(ref);
  }

  // ------------------------------------------------------------------------------------------------------------ writing

  /** Locks a row of a primary tree. @throws DbError 40001, 40P01, 55P03, 57014 (also as rejection) */
  lockRow(tree: VersionedTree, key: string, mode: RowLockMode, wait: WaitPolicy, options?: RowLockOptions): RowLockResult | Promise<RowLockResult> {
    return lockRow(this, tree, key, mode, wait, options);
  }

  /** The same by its key, of a row that the statement has just found and nobody else has to do with. False, and nothing has changed: ask `lockRow`. @throws 25006, 40001 */
  lockUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, mode: RowLockMode): boolean {
    return lockUntouched(this, tree, key, keyLength, mode);
  }

  /** KEY SHARE of a row by its key, in one step, or false where that is not for it to decide. @throws 25006, 40001 */
  holdKey(tree: VersionedTree, key: Uint8Array, keyLength: number): boolean {
    return holdKey(this, tree, key, keyLength);
  }

  /** Unique check and exclusive claim of a key about to be inserted, for trees declared `unique`. @throws as lockRow */
  claimKey(tree: VersionedTree, key: string, options?: ClaimOptions): ClaimResult | Promise<ClaimResult> {
    return claimKey(this, tree, key, options);
  }

  /** Adds an entry; in a unique tree the key was claimed or is this transaction's own removal. The value is copied. */
  insert(tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number): void {
    insertEntry(this, tree, key, value, offset, length);
  }

  /** Both in one step, for a key of a unique tree that nobody has or holds. False, and nothing has changed: ask `claimKey`. Key and value are copied. */
  insertFree(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean {
    return insertFree(this, tree, key, keyLength, value, offset, length);
  }

  /** The same for all rows of a block, where all keys there are, of anybody, are less than theirs. False, and nothing has changed: insert them one by one. */
  insertAbove(tree: VersionedTree, block: RowBlock): boolean {
    return insertAbove(this, tree, block);
  }

  /** `insertFree` of a row that `source` makes of `values` in the write set itself, with its index entries, if any. False, and nothing has changed: `insertFree` is to be asked. */
  insertGiven(tree: VersionedTree, source: PutSource, entries: EntriesSource | undefined, values: readonly unknown[]): boolean {
    return insertGiven(this, tree, source, entries, values);
  }

  /** Whether the key of a row to be inserted is taken: `insertSought` or `insertFree` follows, or, as after `findUntouched`, what is to become of the row that has it; undefined: use `claimKey`. */
  findToInsert(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    return findToInsert(this, tree, key, keyLength, into);
  }
  insertSought(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void {
    insertSought(this, tree, key, keyLength, value, offset, length);
  }

  /** `insert` of a key that needs no claim, as that of a new row that has a number for its key, if this transaction has not touched it. Key and value are copied. */
  insertUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean {
    return insertUntouched(this, tree, key, keyLength, value, offset, length);
  }

  /** `insert` of a key that needs no claim and that this transaction cannot have touched. Key and value are copied. */
  insertNew(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): void {
    insertNew(this, tree, key, keyLength, value, offset, length);
  }

  /** The same for all index entries of a row, which `source` makes of it in the write set itself. False, and nothing has changed: `insertNew` is to be asked for each. */
  insertNewEntries<Given>(source: EntriesSource<Given>, row: Given): boolean {
    return insertNewEntries(this, source, row);
  }

  /** Replaces the value of an entry; the row is locked. The value is copied. */
  update(tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number, options?: UpdateOptions): void {
    updateEntry(this, tree, key, value, offset, length, options);
  }

  /** Removes an entry; the row is locked. */
  remove(tree: VersionedTree, key: string, options?: RemoveOptions): void {
    removeEntry(this, tree, key, options);
  }

  /** Lock and removal in one step, for a row that the statement has found and nobody has touched since. False, and nothing has changed: ask `lockRow`. */
  removeUntouched(tree: VersionedTree, key: string): boolean {
    return removeUntouched(this, tree, key);
  }

  /** Point read, lock and removal in one step: whether there was such a row; undefined, and nothing has changed: do it in three. */
  removeByKey(tree: VersionedTree, key: Uint8Array, keyLength: number): boolean | undefined {
    return removeByKey(this, tree, key, keyLength);
  }

  /** Point read of a row that nobody else has touched: whether there is one, and then `into` has it, and `updateFound`, `patchFound` or `leaveFound` follows in the same slice; undefined: use `get` and `lockRow`. */
  findUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    return findUntouched(this, tree, key, keyLength, into);
  }
  /** Locks the row just found in mode `no key update` and replaces it; in mode `update` where it `changesKey`, if it was found to be removed. The value is copied. */
  updateFound(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number, changesKey = false): void {
    updateFound(this, tree, key, keyLength, value, offset, length, changesKey);
  }
  /** The same by what `patch` makes of `row`, which `findUntouched` has filled. False, and nothing has changed: it has refused. */
  patchFound(tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, patch: RowPatch): boolean {
    return patchFound(this, tree, key, keyLength, row, patch);
  }

  /** Point read of a row to be removed, likewise; `removeFound`, `updateFound` or `leaveFound` follows. */
  findToRemove(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    return findUntouched(this, tree, key, keyLength, into, true);
  }
  removeFound(tree: VersionedTree, key: Uint8Array, keyLength: number): void {
    removeFound(this, tree, key, keyLength);
  }
  /** Index entries of the row that was found last and is changed in the same slice, before another is looked for: `remove`, and `insert` where keys need no claim. */
  removeFoundEntry(tree: VersionedTree, key: Uint8Array, keyLength: number): void {
    removeFoundEntry(this, tree, key, keyLength);
  }
  insertFoundEntry(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, length: number): void {
    insertFoundEntry(this, tree, key, keyLength, value, length);
  }

  /** It stays as it is. `existence`: only whether it is there has been asked. */
  leaveFound(tree: VersionedTree, key: Uint8Array, keyLength: number, existence = false): void {
    leaveFound(this, tree, key, keyLength, existence);
  }

  /** Where `findUntouched` or `removeByKey` gave undefined, before `get` and `lockRow`: fails at once if these would. `row` may be filled. @throws DbError 40001 */
  refuseDecided(tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, wait: WaitPolicy): void {
    refuseDecided(this, tree, key, keyLength, row, wait);
  }

  /** SERIALIZABLE: an index entry whose row changes although the entry itself does not; readers of the range then count as overwritten. */
  touch(tree: VersionedTree, key: string): void {
    touchEntry(this, tree, key);
  }

  // ------------------------------------------------------------------------------------------------------------ locks

  /** @returns false when `wait` is 'skip locked' and the lock is not free. @throws 55P03, 40P01, 57014 */
  lockTable(table: Oid, mode: TableLockMode, wait: WaitPolicy): boolean | Promise<boolean> {
    this.check();
    const number = tableLockModeNumber(mode);
    if (table === this.#lockedTable && number === this.#lockedMode) return true;
    const lock = this.manager.lockTable.tryTable(this, table, number);
    if (lock === undefined) {
      this.#lockedTable = table;
      this.#lockedMode = number;
      return true;
    }
    if (wait === 'skip locked') return false;
    if (wait === 'nowait') throw new DbError('55P03', `could not obtain lock on ${lock.name}`);
    return this.#waitForTable(lock, number);
  }

  async #waitForTable(lock: Lock, mode: number): Promise<boolean> {
    await lock.wait(this, this, mode, (before) => this.logGrant(lock, before));
    this.check();
    return true;
  }

  /** Advisory lock on a 64-bit key. `session`: kept until `unlockAdvisory` or `TransactionManager.endSession`, counted. `try` true: false instead of waiting. */
  lockAdvisory(key: bigint, o: { readonly shared: boolean; readonly session: boolean; readonly try: boolean }): boolean | Promise<boolean> {
    this.check();
    const lock = this.manager.lockTable.tryAdvisory(this, key, o.shared, o.session);
    if (lock === undefined) return true;
    if (o.try) return false;
    return this.#waitForAdvisory(lock, o.shared, o.session);
  }

  async #waitForAdvisory(lock: Lock, shared: boolean, session: boolean): Promise<boolean> {
    await this.manager.lockTable.waitAdvisory(this, lock, shared, session);
    this.check();
    return true;
  }

  /** Gives back one session-level hold; false when not held. */
  unlockAdvisory(key: bigint, shared: boolean): boolean {
    return this.manager.lockTable.unlockAdvisory(this.owner, key, shared);
  }

  unlockAllAdvisory(): void {
    this.manager.lockTable.releaseSession(this.owner);
  }

  /** Writes a grant to the log: it goes with its savepoint. */
  logGrant(lock: Lock, before: number): void {
    this.logItem(new LockGrant(lock, before));
  }
  /** Notes what is to be undone besides entries of the write set. */
  logItem(item: LogItem): void {
    this.log.push(item, this.writes?.count ?? 0);
  }
  /** Takes off the log what was done last, to be undone; undefined when that was an entry of the write set. */
  popLogItem(): LogItem | undefined {
    return this.log.popSince(this.writes?.count ?? 0);
  }
  /**
   * Takes back the claims made, and what was inserted with them, since there was `logPosition` to undo, of a row that is left out or tried in another way because one of its keys is taken: that the others
   * were free comes to nothing.
   */
  takeBack(logPosition: number, writeCount = this.writeCount, logBytes = this.logBytes): void {
    while (this.logPosition > logPosition) undoLast(this, false);
    this.writeCount = writeCount;
    this.logBytes = logBytes;
  }
  /** How much there is to undo. */
  get logPosition(): number {
    return this.log.length + (this.writes?.count ?? 0);
  }

  // ------------------------------------------------------------------------------------------------------------ trees

  /** A new, empty tree, seen by this transaction only until it commits. Undone by rollback. */
  createTree(id: TreeId, options: TreeOptions): VersionedTree {
    return this.#addTree(new VersionedTree(id, options, undefined), undefined);
  }

  /** A tree built by `store.buildTree`, which `store.prepareAttach` has seen. Discarded by rollback. */
  attachTree(built: BuiltTree, options: TreeOptions): VersionedTree {
    return this.#addTree(new VersionedTree(built.id, options, built.tree), built);
  }
  #addTree(made: VersionedTree, built: BuiltTree | undefined): VersionedTree {
    this.checkWritable();
    const tree = this.manager.addTree(made);
    tree.creator = this;
    this.changesTrees = true;
    this.logBytes += TreeLogBytes + (built === undefined || (mutants.on && mutants.has('mvcc.built-tree-unreserved')) ? 0 : built.logBytes);
    this.logItem(new TreeCreation(tree, built));
    return tree;
  }

  /** Gone at commit. The caller holds ACCESS EXCLUSIVE on the table. */
  dropTree(id: TreeId, rows: DroppedRows): void {
    this.checkWritable();
    const tree = this.manager.trees.get(id);
    if (tree !== undefined) registerDrop(this, tree, rows);
    this.changesTrees = true;
    this.logBytes += TreeLogBytes;
    this.logItem(new TreeDrop(id));
  }

  // ------------------------------------------------------------------------------------------------------------ end

  /** Certifies, installs, logs; resolves when durable and published. On 40001 the transaction is rolled back already. @throws 40001, 53100, 58030 */
  commit(): Promise<CommitInfo> {
    return commit(this);
  }

  /** The same for who is told instead of awaiting a promise. Throws nothing. */
  commitThen(listener: CommitListener): void {
    commitThen(this, listener);
  }

  /** The same without waiting for others: flushes the log itself. */
  commitSync(): CommitInfo {
    return commitSync(this);
  }

  /** Undoes everything, releases everything. Idempotent; no effect after commit. */
  rollback(): void {
    if (this.manager.sliced?.transaction === this) this.manager.settle();
    if (this.lifecycle !== 'active') return;
    this.wait?.cancel(new DbError('57014', 'canceling statement because its transaction is rolled back'));
    this.manager.endActive(this, 'aborted');
    const { items } = this.log;
    for (let i = this.changesTrees ? items.length - 1 : -1; i >= 0; i--) {
      const item = items[i]!;
      if (item instanceof TreeCreation) undoItem(this, item);
    }
    this.releaseLocks();
  }

  /** Makes the promise this transaction waits on reject with `error` (cancel, timeout, AbortSignal); false when it is not waiting. */
  cancelWait(error: DbError): boolean {
    if (this.wait === undefined) return false;
    this.wait.cancel(error);
    return true;
  }

  /** This transaction's changes in a tree, if there are any. */
  writesIn(tree: VersionedTree): TreeWrites | undefined {
    const last = this.#lastWrites;
    if (last !== undefined && last.tree === tree) return last;
    if (this.writes === undefined) return undefined;
    const { trees } = this.writes;
    if (this.#writesByTree !== undefined) return this.#writesByTree.get(tree);
    for (let i = 0; i < trees.length; i++) if (trees[i]!.tree === tree) return (this.#lastWrites = trees[i]);
    return undefined;
  }
  /** The same, made if need be. */
  writesOf(tree: VersionedTree): TreeWrites {
    return this.writesIn(tree) ?? this.#addWrites(tree);
  }
  #addWrites(tree: VersionedTree): TreeWrites {
    this.writes ??= this.manager.takeWriteSet();
    const writes = new TreeWrites(this.writes, this, tree);
    this.#lastWrites = writes;
    if (writes.number < FewTrees) return writes;
    this.#writesByTree ??= new Map(this.writes.trees.map((one) => [one.tree, one]));
    this.#writesByTree.set(tree, writes);
    return writes;
  }

  /** Gives back every lock and claim, in the order they were taken. The log is empty afterwards. */
  releaseLocks(): void {
    if (this.logPosition > 0) this.manager.releaseLog(this);
    this.#lastWrites = undefined;
    this.#writesByTree = undefined;
    if (this.writes === undefined) return;
    for (const writes of this.writes.trees) if (writes.isBulk) endBulkWrites(writes);
    this.manager.giveWriteSet(this.writes);
    this.writes = undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ checks

  /** Asked by whatever reads, writes or ends it, so brief. @throws `mustAbort`, 25P02 after the end, or the error that poisoned the store */
  check(): void {
    if (this.mustAbort !== undefined || this.lifecycle !== 'active' || this.manager.isUneasy) this.#checkAll();
  }
  /** Finishes the large commit that somebody else is in the middle of (Z1 of sliced-commit.ts). */
  #checkAll(): void {
    if (!(mutants.on && mutants.has('mvcc.statement-within-commit'))) this.manager.settle();
    if (this.mustAbort !== undefined) throw this.mustAbort;
    if (this.lifecycle !== 'active') throw new DbError('25P01', 'the transaction has ended already');
    if (this.manager.poisoned !== undefined) throw this.manager.poisoned;
  }

  /** @throws as `check`, and 25006 when read-only */
  checkWritable(): void {
    this.check();
    if (this.readOnly) throw new DbError('25006', 'cannot change data in a read-only transaction');
  }

  /** SERIALIZABLE, after a new edge: fails at once if a cycle has closed that can never open again. */
  checkDoom(): void {
    const node = this.node;
    if (node === undefined || !node.edgeGained || node.isSafe || node.isObserved) return;
    node.edgeGained = false;
    const cycle = this.manager.certifier.certify(node);
    if (cycle === undefined) return;
    this.manager.counters.serializationFailures++;
    const error = serializationError(cycle, this.id);
    this.doom(error);
    throw error;
  }

  cancelSnapshot(): void {
    this.doom(new DbError('53200', 'out of memory for old row versions', {
      detail: 'This transaction held the oldest snapshot when the versions kept for old snapshots exceeded their limit.',
      hint: 'Keep transactions and cursors short, or raise max_version_memory.',
    }));
  }

  /** Only rollback is left, and the snapshot is given up at once. */
  doom(error: DbError): void {
    if (this.lifecycle !== 'active' || this.mustAbort !== undefined) return;
    this.mustAbort = error;
    this.wait?.cancel(error);
    this.manager.giveUpSnapshots(this);
  }
}
