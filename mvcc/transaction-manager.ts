/**
 * All transactions of one store: numbers, snapshots, trees, and the pieces that every transaction shares.
 *
 * M1  Published CSNs are a prefix of the assigned ones; no snapshot exceeds `lastPublished`; log order equals CSN order.
 * M2  One `VersionedTree` per tree id, so that all its readers and writers meet in it.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { DbError } from '../base/errors.js';
import { type Csn, type Lsn, type Oid, type TreeId, csn, txnId } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { Prng } from '../base/prng.js';
import { Ring } from '../base/ring.js';
import type { Scheduler } from '../base/scheduler.js';
import { keyLengthMaxOf } from '../storage/pages/page.js';
import type { CommitWriter, Store } from '../storage/store.js';
import { ActiveList } from './active-list.js';
import { Certifier } from './serializable/certifier.js';
import { CommitTurn } from './commit/commit-turn.js';
import { Company } from './commit/company.js';
import type { PendingCommit } from './commit/commit.js';
import { UnseenInstall } from './commit/install.js';
import type { SlicedCommit } from './commit/sliced-commit.js';
import { DeadlockDetector } from './locks/deadlock.js';
import { type LeafScan, ScanBuffers } from './reads/leaf-scan.js';
import { LockGrant } from './locks/lock.js';
import { LockTable } from './locks/lock-table.js';
import { RowGrant, releaseRow } from './locks/row-lock.js';
import { isSafeReader } from './serializable/safe-snapshot.js';
import { SerialNode } from './serializable/serial-node.js';
import { SingleCommit, SingleCommits } from './commit/single-commit.js';
import { type SnapshotHolder, SnapshotRegistry } from './snapshot.js';
import { Transaction } from './transaction.js';
import type { ActivityView, BeginOptions, LockView, SessionOwner, StatementInfo, TreeOptions } from './types.js';
import { UndoMemory } from './versions/undo-memory.js';
import { Vacuum } from './versions/vacuum.js';
import { VersionedTree } from './versions/versioned-tree.js';
import { activityView, lockViews } from './views.js';
import { WriteMemory } from './write-set/write-memory.js';
import { WriteFlag, WriteSet } from './write-set/write-set.js';

/** What mvcc needs of a commit writer. */
export type MvccCommitWriter = Pick<
  CommitWriter,
  'put' | 'putRun' | 'putFound' | 'logPuts' | 'putSought' | 'delete' | 'deleteRun' | 'deleteFound' | 'logDeletes' | 'deleteSought' | 'createTree' | 'attachTree' | 'dropTree' | 'fail' | 'finish'
>;

/** What mvcc needs of the store. */
export type MvccStore = Pick<
  Store,
  'pageSizeBytes' | 'tree' | 'lastCsn' | 'isLogFull' | 'reserveLog' | 'reserveLogSync' | 'isFlushed' | 'syncEarly' | 'requestFlush' | 'flushSync' | 'syncMsAverage' | 'onDurable' | 'onPoison' | 'onNeed' | 'poisoned'
> & { beginCommit(csn: Csn): MvccCommitWriter };

export interface MvccEnvironment {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
}

export interface MvccOptions {
  /** Serializable transactions certify against real time too. Default false. */
  readonly strictSerializable?: boolean | undefined;
  /** Before-images may take this much; beyond it the oldest snapshot holder is cancelled (53200). Default 256 MiB. */
  readonly versionBytesMax?: number | undefined;
  /** SIREAD entries of one transaction and tree before they are merged. Default 16384. */
  readonly sireadEntriesMax?: number | undefined;
  /** Memory of all SIREAD entries before the heaviest holder is merged. Default 64 MiB. */
  readonly sireadBytesMax?: number | undefined;
  /** Complete committed serializable transactions kept for certification (K). Default 128. */
  readonly completeKeptMax?: number | undefined;
  /** Writers of one tree whose locks and claims their write sets alone tell of. Default 4. */
  readonly bulkWritersMax?: number | undefined;
  /** Keys of one tree that another transaction locks or claims in the tree's lock map; of further ones its write set tells. Default 256. */
  readonly mappedClaimsMax?: number | undefined;
  /** Commits of one session in a row after which it no longer gives others a turn to join. Default 8. */
  readonly loneCommitsMin?: number | undefined;
  /** Rows of a commit from which on it may be cut into slices (sliced-commit.ts), and rows of a slice. Default 32768, 8192. */
  readonly slicedRowsMin?: number | undefined;
  readonly sliceRows?: number | undefined;
  /** Incomplete ones before the oldest are merged into summaries. Default 4096. */
  readonly incompleteKeptMax?: number | undefined;
  /** Memory of large transactions that is kept for the next ones (write-memory.ts). Default 64 MiB. */
  readonly writeBytesKeptMax?: number | undefined;
}

export interface MvccStatistics {
  readonly begun: number;
  readonly committed: number;
  readonly rolledBack: number;
  readonly writeConflicts: number;
  readonly serializationFailures: number;
  readonly deadlocks: number;
  readonly strictCycles: number;
  readonly exactCycles: number;
  readonly nodesVisited: number;
  readonly nodesKept: number;
  readonly nodesMerged: number;
  readonly forcedDrops: number;
  readonly safeSnapshots: number;
  readonly sireadEntries: number;
  readonly sireadBytes: number;
  readonly sireadEscalations: number;
  readonly undoRecords: number;
  readonly undoBytes: number;
  readonly undoStubs: number;
  readonly snapshotsCancelled: number;
}

/** Whoever reads within one slice. */
const sliceOwner: SessionOwner = { id: 0 };
const MiB = 1024 * 1024;
/** Scan buffers kept for reuse. */
const PooledBuffersMax = 32;
/** Transactions kept to be begun again. */
const PooledTransactionsMax = 256;
/** Write sets kept for reuse. */
const PooledWriteSetsMax = 256;
/** A publication frees so many old records; what is more is left to the background. */
const ForgottenRecords = 64;

export class TransactionManager {
  lastAssigned: Csn;
  lastPublished: Csn;

  // The rest, up to the methods, is the business of mvcc/ alone.
  readonly store: MvccStore;
  readonly env: MvccEnvironment;
  readonly snapshots = new SnapshotRegistry();
  readonly certifier: Certifier;
  readonly vacuum: Vacuum;
  readonly deadlocks = new DeadlockDetector();
  readonly turn = new CommitTurn();
  readonly company: Company;
  readonly lockTable: LockTable;
  readonly singles = new SingleCommits(this);
  readonly bulkWritersMax: number;
  readonly mappedClaimsMax: number;
  readonly undo = new UndoMemory();
  readonly slicedRowsMin: number;
  readonly sliceRows: number;
  readonly unseen: UnseenInstall;
  #sliced: SlicedCommit | undefined = undefined;
  /** Whether whoever reads or writes has to look first: a large commit is in slices, or the store is poisoned. */
  isUneasy = false;
  /** A large commit waits for the end of those before it. */
  hush: Promise<void> | undefined = undefined;
  /** Scans in the middle of a batch that is not registered yet (leaf-scan.ts, B2). */
  readonly #unsettled: LeafScan[] = [];
  readonly trees = new Map<TreeId, VersionedTree>();
  /** Numbered, not yet published, in CSN order. */
  readonly pending = new Ring<PendingCommit>();
  /** Who waits until a number is published. */
  #publicationWaits: { readonly csn: number; readonly resolve: () => void }[] = [];
  readonly counters = { begun: 0, committed: 0, rolledBack: 0, writeConflicts: 0, serializationFailures: 0 };
  readonly #strictSerializable: boolean;
  /** The transactions that have not ended, each of another session. */
  readonly active = new ActiveList();
  readonly #buffers: ScanBuffers[] = [];
  readonly #writeSets: WriteSet[] = [];
  readonly #writeMemory: WriteMemory;
  readonly #spares: Transaction[] = [];
  #transactionCount = 0;
  /** Transactions that have held rows; see row-lock.ts. */
  rowHolderCount = 0;
  #reader: Transaction | undefined = undefined;

  /** Bytes of the longest key that a tree takes. */
  readonly keyLengthMax: number;

  constructor(store: MvccStore, env: MvccEnvironment, options: MvccOptions = {}) {
    this.store = store;
    this.keyLengthMax = keyLengthMaxOf(store.pageSizeBytes);
    this.env = env;
    this.lastAssigned = store.lastCsn;
    this.lastPublished = store.lastCsn;
    this.bulkWritersMax = options.bulkWritersMax ?? 4;
    this.mappedClaimsMax = options.mappedClaimsMax ?? 256;
    this.slicedRowsMin = options.slicedRowsMin ?? 32768;
    this.sliceRows = options.sliceRows ?? 8192;
    this.unseen = new UnseenInstall(this.sliceRows);
    this.company = new Company(options.loneCommitsMin ?? 8);
    this.#strictSerializable = options.strictSerializable ?? false;
    this.certifier = new Certifier({
      completeKeptMax: options.completeKeptMax ?? 128,
      incompleteKeptMax: options.incompleteKeptMax ?? 4096,
      sireadEntriesMax: options.sireadEntriesMax ?? 16384,
      sireadBytesMax: options.sireadBytesMax ?? 64 * MiB,
    });
    this.vacuum = new Vacuum(this.snapshots, this.undo, options.versionBytesMax ?? 256 * MiB);
    this.#writeMemory = new WriteMemory(options.writeBytesKeptMax ?? 64 * MiB);
    this.lockTable = new LockTable(() => this.nameSingles());
    store.onDurable = this.publishReady;
    store.onPoison = (error) => this.#poison(error);
    store.onNeed = this.settle;
  }

  /** What whoever can wait does well to wait for before he begins something, or goes on: a large commit in slices, or one that is about to begin. */
  get busy(): Promise<void> | undefined {
    return this.sliced?.ended ?? this.hush;
  }

  /** The commit that is being installed, between two of its slices (Z1); undefined as soon as it is over. */
  get sliced(): SlicedCommit | undefined {
    return this.#sliced;
  }
  set sliced(sliced: SlicedCommit | undefined) {
    this.#sliced = sliced;
    this.isUneasy = sliced !== undefined || this.poisoned !== undefined;
  }
  /** Finishes it, if there is one. */
  readonly settle = (): void => {
    if (this.#sliced !== undefined) this.#sliced.finish();
  };

  /** The least snapshot anyone uses or may still take: older before-images are gone. */
  get horizon(): Csn {
    return csn(this.vacuum.horizon(this.lastPublished));
  }
  get poisoned(): DbError | undefined {
    return this.store.poisoned;
  }

  // ------------------------------------------------------------------------------------------------------------ trees

  /** The tree `id` with its versions, one object per id. `options` are needed on the first call and ignored later. */
  tree(id: TreeId, options: TreeOptions): VersionedTree {
    const known = this.trees.get(id);
    if (known !== undefined) return known;
    return this.addTree(new VersionedTree(id, options, this.store.tree(id)));
  }

  addTree(tree: VersionedTree): VersionedTree {
    assert(!this.trees.has(tree.id), 'tree exists already', tree.id);
    this.trees.set(tree.id, tree);
    return tree;
  }
  /** Its creation is undone. */
  removeTree(tree: VersionedTree): void {
    tree.isDropped = true;
    this.trees.delete(tree.id);
  }
  dropTree(id: TreeId): void {
    const tree = this.trees.get(id);
    if (tree !== undefined) this.removeTree(tree);
  }

  // ------------------------------------------------------------------------------------------------------------ transactions

  /** A session has one transaction at a time. @throws DbError 58030 when the store is poisoned */
  begin(options: BeginOptions): Transaction {
    if (this.poisoned !== undefined) throw this.poisoned;
    const id = txnId(this.newTransactionId());
    const strict = options.strict ?? this.#strictSerializable;
    const isObserved = options.observe === true && options.isolation === 'repeatable read';
    const node = options.isolation === 'serializable' || isObserved ? this.newNode(id, options.readOnly ?? false, strict) : undefined;
    if (isObserved) node!.isObserved = true;
    const spare = node === undefined ? this.#spares.pop() : undefined;
    spare?.restart(id, options);
    const transaction = spare ?? new Transaction(this, id, options, node);
    this.active.add(transaction);
    if (options.commitTurn === true && node !== undefined && !isObserved) this.turn.take(transaction);
    return transaction;
  }

  newTransactionId(): number {
    this.counters.begun++;
    return ++this.#transactionCount;
  }
  /** A transaction that has found nothing to do, and needed no number. */
  noteEmpty(): void {
    this.counters.begun++;
    this.counters.committed++;
  }
  /** Makes transactions of the single commits that are not published (C2 of single-commit.ts). */
  nameSingles(): void {
    if (mutants.on && mutants.has('mvcc.single-table-unnamed')) return;
    for (const pending of this.pending) if (pending instanceof SingleCommit) pending.name();
  }

  /** Takes back a transaction that has been published, from whoever alone referred to it: it will be another one. */
  giveTransaction(transaction: Transaction): void {
    if (this.#spares.length < PooledTransactionsMax && transaction.isReusable) this.#spares.push(transaction);
  }

  /** Reads within one slice; without that it does nothing, and holds nothing. */
  get reader(): Transaction {
    return (this.#reader ??= new Transaction(this, txnId(0), { isolation: 'read committed', readOnly: true, owner: sliceOwner }, undefined));
  }

  /**
   * Begins reading what is published now, when the caller reads within this very slice and is a transaction of its own: it needs no number, no snapshot
   * in the registry and no lock, because nobody else runs before it has ended. `tables` are those it reads; undefined when one of them is locked against
   * readers, when it is serializable and might be part of a cycle (safe-snapshot.ts), or when a slice is being read already. The
   * caller ends the slice with `endSlice`. @throws DbError 58030 when the store is poisoned
   */
  beginSlice(tables: readonly { readonly table: Oid }[], isSerializable: boolean, info: StatementInfo): Transaction | undefined {
    if (!(mutants.on && mutants.has('mvcc.read-within-commit'))) this.settle();
    if (this.poisoned !== undefined) throw this.poisoned;
    const { reader } = this;
    if (reader.statement !== undefined) return undefined;
    if (isSerializable && !this.#isSafeSlice()) return undefined;
    for (const { table } of tables) if (!this.lockTable.isReadable(reader, table)) return undefined;
    reader.beginSlice(info);
    this.noteEmpty();
    return reader;
  }
  #isSafeSlice(): boolean {
    return (mutants.on && mutants.has('mvcc.slice-uncertified')) || isSafeReader(this.certifier, this.lastPublished, this.certifier.writerPublished);
  }

  newNode(id: number, readOnly: boolean, strict: boolean): SerialNode {
    return new SerialNode(id, readOnly, strict, this.certifier.recent);
  }

  activeById(id: number): Transaction | undefined {
    for (const transaction of this.active) if (transaction.id === id) return transaction;
    return undefined;
  }

  /** Gives back the session's advisory locks. */
  endSession(owner: SessionOwner): void {
    this.lockTable.releaseSession(owner);
  }

  /** The transaction runs no more statements: its snapshots go; on abort the certifier forgets it. */
  endActive(transaction: Transaction, lifecycle: 'precommitted' | 'committed' | 'aborted'): void {
    if (transaction.statement !== undefined) transaction.endStatement();
    transaction.lifecycle = lifecycle;
    transaction.closeScans();
    if (lifecycle === 'aborted') this.counters.rolledBack++;
    this.giveUpSnapshots(transaction);
    if (lifecycle !== 'precommitted') this.#forget(transaction);
    if (lifecycle === 'committed') this.counters.committed++;
    if (lifecycle === 'aborted') this.turn.release(transaction);
  }

  #forget(transaction: Transaction): void {
    this.active.remove(transaction);
  }

  /** Gives back every snapshot of the transaction; an active serializable node goes with them. */
  giveUpSnapshots(transaction: Transaction): void {
    const node = transaction.node;
    if (node !== undefined && node.state === 'active' && !node.isSafe) this.certifier.abort(node, this.lastPublished);
    if (transaction.holder !== undefined) this.releaseSnapshot(transaction.holder);
    if (transaction.statement !== undefined) this.releaseSnapshot(transaction.statement);
    if (transaction.paused !== undefined) for (const paused of transaction.paused) this.releaseSnapshot(paused);
  }

  releaseSnapshot(holder: SnapshotHolder): void {
    this.snapshots.remove(holder);
  }

  /** Gives back what the log says was locked, in the order it was taken. */
  releaseLog(transaction: Transaction): void {
    const { log } = transaction;
    const isAlone = (this.rowHolderCount === 1 && transaction.rowHolds.length > 0) || (mutants.on && mutants.has('mvcc.locks-cleared-under-others'));
    const entryCount = this.#holdsNothing(transaction) ? 0 : transaction.writes!.count;
    let entry = 0;
    for (let i = 0; i < log.length; i++) {
      const before = Math.min(log.entriesBefore(i), entryCount);
      while (entry < before) this.#releaseClaim(transaction, entry++, isAlone);
      const item = log.items[i]!;
      if (item instanceof RowGrant) this.#releaseRow(transaction, item.tree, item.key, isAlone);
      else if (item instanceof LockGrant) item.lock.restore(transaction, 0);
    }
    while (entry < entryCount) this.#releaseClaim(transaction, entry++, isAlone);
    log.clear();
    if (transaction.rowHolds.length > 0) {
      transaction.rowHolds.length = 0;
      this.rowHolderCount--;
    }
  }

  /** Whether nobody has anything in a lock map of the trees written to. */
  #holdsNothing({ writes }: Transaction): boolean {
    return writes === undefined || writes.trees.every(({ tree }) => tree.lockObjectCount === 0 && tree.locks.size === 0);
  }

  #releaseClaim(transaction: Transaction, entry: number, isAlone: boolean): void {
    const writes = transaction.writes!;
    if (!writes.has(entry, WriteFlag.Claims)) return;
    const { tree } = writes.treeOf(entry);
    // One that was not put into the lock map is there only if somebody has asked for it.
    if (tree.lockObjectCount === 0 && (tree.locks.size === 0 || !writes.has(entry, WriteFlag.Mapped))) return;
    this.#releaseRow(transaction, tree, writes.keyOf(entry), isAlone);
  }

  /** `isAlone`: no other transaction has a hold on a row, so where no lock is an object either the tree's locks go all at once. */
  #releaseRow(transaction: Transaction, tree: VersionedTree, key: string, isAlone: boolean): void {
    if (!isAlone || tree.lockObjectCount > 0) releaseRow(transaction, tree, key);
    else if (tree.locks.size > 0) tree.locks.clear();
  }

  /** Before leaves change: what others are in the middle of reading counts as read. */
  settleOtherScans(transaction: Transaction | undefined): void {
    if (this.#unsettled.length === 0) return;
    for (const scan of [...this.#unsettled]) if (transaction?.openScans?.has(scan) !== true) scan.settleForOthers();
  }
  addUnsettled(scan: LeafScan): void {
    if (scan.unsettledAt >= 0) return;
    scan.unsettledAt = this.#unsettled.length;
    this.#unsettled.push(scan);
  }
  removeUnsettled(scan: LeafScan): void {
    const at = scan.unsettledAt;
    if (at < 0) return;
    scan.unsettledAt = -1;
    const last = this.#unsettled.pop()!;
    if (last === scan) return;
    this.#unsettled[at] = last;
    last.unsettledAt = at;
  }

  // ------------------------------------------------------------------------------------------------------------ numbering and publishing

  assignCsn(): Csn {
    this.lastAssigned = csn(this.lastAssigned + 1);
    return this.lastAssigned;
  }

  enqueue(pending: PendingCommit): PendingCommit {
    this.pending.push(pending);
    return pending;
  }

  /** Publishes a number without changes as soon as those before it are. */
  publishNumber(number: Csn): void {
    if (this.pending.length === 0) {
      this.#advanceTo(number);
      this.#forgetOld(1);
      return;
    }
    this.enqueue({ csn: number, transaction: undefined, lsn: 0 as Lsn, asyncCommit: true, listener: undefined, install: undefined });
    this.publishReady();
  }

  /** Publishes, in CSN order, every commit that need not wait any longer. */
  readonly publishReady = (): void => {
    if (mutants.on && mutants.has('mvcc.publish-out-of-order')) this.#letReadyPass();
    let count = 0;
    for (let first = this.pending.first; first !== undefined && this.#isReady(first); first = this.pending.first) {
      this.pending.shift();
      this.#publish(first);
      count++;
    }
    if (count > 0) this.#forgetOld(count);
  };
  #letReadyPass(): void {
    const { pending } = this;
    if ([...pending].some((one) => this.#isReady(one))) while (!this.#isReady(pending.first!)) pending.push(pending.shift()!);
  }

  #isReady(pending: PendingCommit): boolean {
    return pending.lsn === (0 as Lsn) || pending.asyncCommit || this.store.isFlushed(pending.lsn);
  }

  #publish(pending: PendingCommit): void {
    pending.install?.();
    this.#advanceTo(pending.csn);
    const { transaction, listener } = pending;
    const isSingle = pending instanceof SingleCommit;
    if (isSingle) pending.end();
    if (isSingle || transaction !== undefined) this.counters.committed++;
    if (transaction !== undefined) {
      if (transaction.node !== undefined) this.certifier.writerPublished = pending.csn;
      transaction.lifecycle = 'committed';
      this.#forget(transaction);
      this.turn.release(transaction);
      transaction.onPublish?.(pending.csn);
      transaction.releaseLocks();
    }
    listener?.committed(pending.csn);
  }

  #advanceTo(number: Csn): void {
    assert(number > this.lastPublished, 'published out of order', number);
    this.lastPublished = number;
    if (this.#publicationWaits.length > 0) this.#endWaits((wait) => wait.csn <= number);
  }

  /** Resolves when `csn` is published, or will never be. */
  async published(csn: number): Promise<void> {
    if (csn > this.lastPublished && this.poisoned === undefined) await new Promise<void>((resolve) => this.#publicationWaits.push({ csn, resolve }));
  }

  #endWaits(isOver: (wait: { readonly csn: number }) => boolean): void {
    const over = this.#publicationWaits.filter(isOver);
    this.#publicationWaits = this.#publicationWaits.filter((wait) => !isOver(wait));
    for (const wait of over) wait.resolve();
  }

  /** What the newest `count` publications have made superfluous. */
  #forgetOld(count: number): void {
    this.vacuum.step(this.lastPublished, count * ForgottenRecords);
    this.certifier.prune(this.lastPublished);
  }

  /** The log could not be made durable: nobody knows what of the pending commits survives. */
  #poison(error: DbError): void {
    const { sliced } = this;
    this.sliced = undefined;
    sliced?.fail(error);
    for (let pending = this.pending.shift(); pending !== undefined; pending = this.pending.shift()) {
      const { transaction, listener } = pending;
      if (pending instanceof SingleCommit) pending.end();
      if (transaction !== undefined) {
        transaction.lifecycle = 'aborted';
        this.#forget(transaction);
      }
      listener?.failed(new DbError('58030', 'could not make the commit durable; whether it survives is unknown', { cause: error }));
      transaction?.releaseLocks();
    }
    for (const transaction of [...this.active]) transaction.cancelWait(error);
    this.#endWaits(() => true);
  }

  // ------------------------------------------------------------------------------------------------------------ background, views

  /** One slice of vacuum; true when more is to be done. */
  step(): boolean {
    return this.vacuum.step(this.lastPublished);
  }

  /** Rolls back what is active. The store is closed by its owner. */
  close(): void {
    this.settle();
    for (const transaction of [...this.active]) transaction.rollback();
    this.store.onDurable = undefined;
    this.store.onPoison = undefined;
    this.store.onNeed = undefined;
  }

  takeBuffers(): ScanBuffers {
    return this.#buffers.pop() ?? new ScanBuffers();
  }
  giveBuffers(buffers: ScanBuffers): void {
    buffers.leaf.release();
    if (this.#buffers.length < PooledBuffersMax) this.#buffers.push(buffers);
  }

  takeWriteSet(): WriteSet {
    return this.#writeSets.pop() ?? new WriteSet(this.#writeMemory);
  }
  /** Nobody reads the after-images of an ended transaction. */
  giveWriteSet(set: WriteSet): void {
    if (set.reset() && this.#writeSets.length < PooledWriteSetsMax) this.#writeSets.push(set);
  }

  locks(): LockView[] {
    this.nameSingles();
    return lockViews(this);
  }
  activity(): ActivityView[] {
    this.nameSingles();
    return [...this.active].map(activityView);
  }

  statistics(): MvccStatistics {
    const { certifier, vacuum } = this;
    return {
      ...this.counters,
      deadlocks: this.deadlocks.deadlocks,
      strictCycles: certifier.strictCycles,
      exactCycles: certifier.exactCycles,
      nodesVisited: certifier.nodesVisited,
      nodesKept: certifier.kept.size,
      nodesMerged: certifier.nodesMerged,
      forcedDrops: certifier.forcedDrops,
      safeSnapshots: certifier.safeSnapshots,
      sireadEntries: certifier.budget.entries + certifier.recent.count,
      sireadBytes: certifier.budget.bytes,
      sireadEscalations: certifier.budget.escalations,
      undoRecords: vacuum.records,
      undoBytes: vacuum.bytes,
      undoStubs: vacuum.stubs,
      snapshotsCancelled: vacuum.cancelled,
    };
  }
}
