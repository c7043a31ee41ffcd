/**
 * The storage of one database: opens and recovers the file, hands out trees, takes commits, runs checkpoints, closes. The mechanisms are
 * in the files beside; this one joins them and owns the question whether the store may still be used.
 *
 * A commit is one synchronous slice: `beginCommit`, changes, `finish`. It is applied to the trees and appended to the log as one atomic
 * unit, so that any moment between two slices is a state that a checkpoint may capture. The commit is acknowledged when `flushed` says
 * that its LSN is durable.
 *
 * O1  After any failure that leaves memory and disk in doubt (write or sync after precommit, any sync, a throw inside a commit) the store
 *     is poisoned: every later call fails with 58030, nothing is written any more, and only opening the file again helps.
 * O2  Opening after anything but a clean close ends with a checkpoint before the first answer. The log just read may live in the page
 *     cache only; answering from it would show commits that a later power cut takes back.
 * O3  A file appears under its name only when it is whole: it is made as `<path>.tmp`, synced, renamed, and the directory synced.
 *
 * Source. design/storage.md; overview of the parts in docs/architecture.md, of the bytes in docs/file-format.md.
 */
import { assert } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { Csn, Lsn, TreeId } from '../base/ids.js';
import { csn, lsn, treeId } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { Timer } from '../base/scheduler.js';
import { BTree } from './tree/btree.js';
import type { BulkSource } from './tree/btree.js';
import type { BufferPool, BufferPoolStats } from './pages/buffer-pool.js';
import type { CheckReport, CheckRun } from './check.js';
import { checkStore } from './check.js';
import type { Checkpointer } from './checkpoint.js';
import type { BuiltTree } from './log/commit-writer.js';
import { CommitWriter } from './log/commit-writer.js';
import type { PlantedStart } from './mutants.js';
import { plantEarlySegment, plantedStart, skipsRecoveryCheckpoint } from './mutants.js';
import type { PageTable } from './pages/page-table.js';
import { Opened, openMainFile } from './opened-file.js';
import { freeTree, PrivateBuild, PrivateTree } from './tree/private-tree.js';
import type { ReplayResult } from './log/recovery.js';
import { listSegments, replay, segmentNumbers } from './log/recovery.js';
import { ReplayToTrees } from './log/replay-target.js';
import type { StoreOptions, StoreStats } from './store-options.js';
import { checkPageSize, readRing } from './pages/superblock.js';
import type { DirectoryEntry, TreeDirectory } from './tree/tree-directory.js';
import { TreeState } from './tree/tree-directory.js';
import type { File } from './files/vfs.js';
import type { WalOptions } from './log/wal-options.js';
import { reservationFor, Wal } from './log/wal.js';
import { ChunkBytesDefault, segmentPath } from './log/wal-record.js';

export type { BuiltTree, CommitWriter } from './log/commit-writer.js';
export type { CheckProblem, CheckReport } from './check.js';
export type { StoreOptions, StoreStats } from './store-options.js';

const DefaultPageSizeBytes = 8192;
const DefaultReserveBytes = 4 << 20;
const DefaultWriteOutBytes = 1 << 20;
const DefaultCheckpointBytes = 64 << 20;
const DefaultCheckpointIntervalMs = 300_000;
const DefaultWalBytesMax = 2 ** 30;
/** How long a check in slices runs before it lets others have their turn. */
const CheckSliceMs = 5;
const DefaultBuildLogBytes = 4 << 20;
const DropPagesPerSlice = 64;
/** Entries of a tree built in slices between two pauses: some milliseconds. */
const EntriesPerSlice = 4096;

/** Where the log of this incarnation begins, and what it continues from. */
interface LogEnd {
  readonly lsn: number;
  readonly lastCsn: number;
  readonly nextTreeId: number;
  readonly nextSegment: number;
  readonly planted: PlantedStart;
}

export class Store {
  readonly path: string;
  readonly readOnly: boolean;
  readonly pageSizeBytes: number;
  /** What pages and columns may take in memory. */
  readonly cacheBytes: number;
  /** Random, made with the file; 16 bytes as hex. */
  readonly databaseId: string;
  /** Called once per batch that may be acknowledged, in LSN order, before the promises of `flushed` resolve. Not called with durability 'none'. */
  onDurable: ((durableLsn: Lsn) => void) | undefined = undefined;
  /** Called once when the store is poisoned: every commit that was not yet durable has an unknown outcome. */
  onPoison: ((error: DbError) => void) | undefined = undefined;

  /** Called when somebody needs trees and log to be those of a moment between two commits: whoever has left one half installed finishes it. */
  onNeed: (() => void) | undefined = undefined;

  readonly #options: StoreOptions;
  readonly #file: File;
  readonly #table: PageTable;
  readonly #pool: BufferPool;
  readonly #directory: TreeDirectory;
  readonly #checkpointer: Checkpointer;
  readonly #wal: Wal | undefined;
  readonly #writer: CommitWriter;
  #lastCsn: number;
  #nextTreeId: number;
  #poisoned: DbError | undefined = undefined;
  #checkpointing: Promise<void> | undefined = undefined;
  /** The next checkpoint begins when the log ends here. */
  #checkpointAtLsn = 0;
  #checkpointTimer: Timer | undefined = undefined;
  #dropQueue: DirectoryEntry[] = [];
  #isDropping = false;
  #closing: Promise<void> | undefined = undefined;

  private constructor(options: StoreOptions, opened: Opened, end: LogEnd) {
    this.#options = options;
    this.path = options.path;
    this.readOnly = options.readOnly === true;
    this.#file = opened.file;
    this.#table = opened.table;
    this.#pool = opened.pool;
    this.#directory = opened.directory;
    this.#checkpointer = opened.checkpointer;
    this.pageSizeBytes = opened.table.pageSizeBytes;
    this.cacheBytes = opened.cacheBytes;
    this.databaseId = Buffer.from(opened.databaseId).toString('hex');
    this.#lastCsn = end.lastCsn;
    this.#nextTreeId = end.nextTreeId;
    const hasLog = !this.readOnly && options.durability !== 'none';
    this.#wal = hasLog ? new Wal({ ...this.#walOptions(), databaseId: opened.databaseId, planted: end.planted }, end.lsn, end.nextSegment) : undefined;
    this.#writer = new CommitWriter(this.#wal, {
      createTree: (id) => this.#createTree(id),
      dropTree: (id) => this.#dropTree(id),
      attachTree: (built) => this.#attachTree(built),
      poison: (cause) => this.#poison(cause),
    }, options.walChunkBytes ?? ChunkBytesDefault);
    this.#checkpointAtLsn = end.lsn + (options.checkpointWalBytes ?? DefaultCheckpointBytes);
    opened.bind({ settle: () => this.#settle(), capture: () => ({ lastCsn: this.#lastCsn, nextTreeId: this.#nextTreeId }), poison: (cause) => this.#poison(cause) });
  }

  #walOptions(): Omit<WalOptions, 'databaseId' | 'planted'> {
    const options = this.#options;
    return {
      vfs: options.vfs,
      path: options.path,
      clock: options.clock,
      prng: options.prng,
      scheduler: options.scheduler,
      isRelaxed: options.durability === 'relaxed',
      reserveBytes: options.walReserveBytes ?? DefaultReserveBytes,
      writeOutBytes: options.walWriteOutBytes ?? DefaultWriteOutBytes,
      commitsAtOnceMax: options.commitsAtOnceMax ?? Infinity,
      settle: () => this.#settle(),
      nameSegment: (number) => this.#checkpointer.nameSegment(number),
      onFailure: (error) => this.#poison(error),
      onDurable: (durableLsn) => this.#published(durableLsn),
    };
  }

  // -------------------------------------------------------------------------------------------------------------- opening

  /**
   * Locks the file, creates or recovers it, and ends with a checkpoint unless the last close was clean.
   * @throws DbError 55006 locked by another process or already open here, 58P01 missing, XX001 damaged, 58030 I/O, 0A000 unknown format
   */
  static async open(options: StoreOptions): Promise<Store> {
    checkPageSize(options.pageSizeBytes ?? DefaultPageSizeBytes);
    const main = await openMainFile(options);
    try {
      const store = main.isNew ? await Store.#create(options, main.file) : await Store.#recover(options, main.file);
      store.#armCheckpointTimer();
      return store;
    } catch (error) {
      main.file.close();
      throw error;
    }
  }

  static async #create(options: StoreOptions, file: File): Promise<Store> {
    const { vfs, path, pageSizeBytes = DefaultPageSizeBytes } = options;
    const databaseId = new Uint8Array(16);
    options.prng.fill(databaseId);
    file.truncate(0);
    const opened = new Opened(options, file, pageSizeBytes, databaseId, undefined);
    await opened.checkpointer.runClean(0, 1);
    // Log segments of a database that was removed must not be taken for those of this one.
    for (const number of segmentNumbers(vfs, path)) vfs.unlink(segmentPath(path, number));
    vfs.syncDirectory(path);
    if (file.path !== path) {
      vfs.rename(file.path, path);
      file.path = path;
      vfs.syncDirectory(path);
    }
    return new Store(options, opened, { lsn: 0, lastCsn: 0, nextTreeId: 1, nextSegment: 1, planted: undefined });
  }

  static async #recover(options: StoreOptions, file: File): Promise<Store> {
    const { vfs, path } = options;
    const metas = readRing(file);
    const meta = metas[0]!;
    const segments = listSegments(vfs, path);
    const isClean = meta.isClean && (segments.length === 0 || (mutants.on && mutants.has('storage.clean-meta-believed')));
    if (!isClean && options.readOnly === true) {
      throw new DbError('55000', `database "${path}" was not closed cleanly and needs recovery`, { hint: 'Open it once for writing.' });
    }
    const opened = new Opened(options, file, meta.pageSizeBytes, meta.databaseId, meta, isClean ? undefined : metas.slice(1));
    const sink = new ReplayToTrees(opened, meta.nextTreeId);
    const result: ReplayResult = isClean ? { endLsn: meta.captureLsn, lastCsn: meta.lastCsn, commitCount: 0, lastSegment: meta.segmentNumber } : replay(vfs, path, meta, segments, sink);
    const nextSegment = Math.max(meta.segmentNumber, ...segments.map((s) => s.number + 1));
    opened.bind({
      settle: () => undefined,
      capture: () => ({ lastCsn: result.lastCsn, nextTreeId: sink.nextTreeId }),
      poison: (cause) => (cause instanceof DbError ? cause : new DbError('58030', `could not recover database "${path}"`, { cause })),
    });
    if (options.readOnly !== true) {
      if (vfs.exists(`${path}.tmp`)) vfs.unlink(`${path}.tmp`);
      // The name itself may not be durable yet, if whoever made the file failed at its last step.
      vfs.syncDirectory(path);
    }
    if (!isClean) {
      plantEarlySegment(vfs, path, meta.databaseId, nextSegment, result.lastSegment, result.endLsn);
      if (!skipsRecoveryCheckpoint()) await opened.checkpointer.runClean(result.endLsn, nextSegment);
    }
    const planted = mutants.on && !isClean ? plantedStart(result.lastSegment) : undefined;
    const store = new Store(options, opened, { lsn: result.endLsn, lastCsn: result.lastCsn, nextTreeId: sink.nextTreeId, nextSegment, planted });
    if (!store.readOnly) store.#resumeDropping();
    return store;
  }

  // -------------------------------------------------------------------------------------------------------------- state

  /** Highest CSN recovered or committed; the next commit takes a greater one. */
  get lastCsn(): Csn {
    return csn(this.#lastCsn);
  }
  /** The error that poisoned the store, if any; every later call fails with it. */
  get poisoned(): DbError | undefined {
    return this.#poisoned;
  }
  /** End of the log as far as it has been appended. */
  get appendedLsn(): Lsn {
    return lsn(this.#wal?.appendedLsn ?? 0);
  }
  get durableLsn(): Lsn {
    return lsn(this.#wal?.durableLsn ?? 0);
  }

  #poison(cause: unknown): DbError {
    if (this.#poisoned !== undefined) return this.#poisoned;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new DbError('58030', `database "${this.path}" was shut down after an error: ${reason}`, {
      severity: 'FATAL',
      detail: 'The outcome of commits in flight is unknown.',
      hint: 'Open it again: recovery brings back every commit that was acknowledged.',
      cause,
    });
    this.#poisoned = error;
    this.#checkpointTimer?.cancel();
    this.#wal?.poison(error);
    this.onPoison?.(error);
    return error;
  }

  #settle(): void {
    this.onNeed?.();
  }

  #assertUsable(): void {
    if (this.#poisoned !== undefined) throw this.#poisoned;
    if (this.#closing !== undefined) throw new DbError('57P01', `database "${this.path}" is closed`);
  }
  #assertWritable(): void {
    this.#assertUsable();
    if (this.readOnly) throw new DbError('25006', `database "${this.path}" was opened read-only`);
  }
  /** Before the first change the whole page table is read (T7): when it is damaged, nothing has happened yet. @throws DbError XX001 */
  #prepareToChange(): void {
    this.#assertWritable();
    this.#table.complete();
  }

  // -------------------------------------------------------------------------------------------------------------- trees

  /** The tree `id`. Opened trees are cached, so the object is always the same. @throws DbError XX001 when there is none */
  tree(id: TreeId): BTree {
    this.#assertUsable();
    return this.#directory.get(id);
  }
  hasTree(id: TreeId): boolean {
    this.#assertUsable();
    return this.#directory.find(id)?.state === TreeState.Live;
  }
  /** An id never used before, also not by a tree that was dropped. */
  newTreeId(): TreeId {
    return treeId(this.#nextTreeId++);
  }

  #createTree(id: TreeId): BTree {
    assert(id < this.#nextTreeId, 'tree id was not handed out', id);
    assert(this.#directory.find(id) === undefined, 'tree id was used before', id);
    const tree = BTree.create(this.#pool, id, this.#table.allocatePage());
    this.#directory.set(id, TreeState.Live, tree.root);
    this.#directory.cache(tree);
    return tree;
  }

  #dropTree(id: TreeId): void {
    const entry = this.#directory.find(id);
    assert(entry?.state === TreeState.Live, 'dropped tree does not exist', id);
    this.#directory.set(id, TreeState.Dropped, entry.root);
    this.#dropQueue.push(entry);
    this.#runDropping();
  }

  #attachTree(built: BuiltTree): boolean {
    assert(built instanceof PrivateTree, 'foreign built tree');
    this.#table.adopt(built.pages);
    this.#directory.set(built.id, TreeState.Live, built.tree.root);
    this.#directory.cache(built.tree);
    const mustLog = !built.isDurable;
    built.isEnded = true;
    return mustLog;
  }

  /** Builds a tree bottom-up from entries in strictly ascending order; private until attached. */
  buildTree(id: TreeId, source: BulkSource, csn: Csn): BuiltTree {
    const build = this.#beginBuild(id, csn);
    this.#appendTo(build, () => build.step(source, Infinity));
    return build.finish(this.#discard);
  }

  /** The same in slices: `pause` is called between them, and awaited where it returns a promise. What it throws ends the build, and nothing is left of it. */
  async buildTreeSliced(id: TreeId, source: BulkSource, csn: Csn, pause: () => Promise<void> | undefined, entriesPerSlice = EntriesPerSlice): Promise<BuiltTree> {
    const build = this.#beginBuild(id, csn);
    while (!this.#appendTo(build, () => build.step(source, entriesPerSlice))) {
      try {
        await pause();
        this.#assertUsable();
      } catch (error) {
        this.#giveUp(build);
        throw error;
      }
    }
    return build.finish(this.#discard);
  }

  #beginBuild(id: TreeId, csn: Csn): PrivateBuild {
    this.#prepareToChange();
    return new PrivateBuild(this.#pool, this.#table, id, csn);
  }
  #appendTo(build: PrivateBuild, step: () => boolean): boolean {
    try {
      return step();
    } catch (error) {
      this.#giveUp(build);
      throw error;
    }
  }
  #giveUp(build: PrivateBuild): void {
    try {
      build.finish(this.#discard).discard();
    } catch {
      // The pages stay private: no checkpoint holds them, and the next open finds them free.
    }
  }

  readonly #discard = (built: PrivateTree): void => {
    if (built.isDurable) {
      this.#directory.set(built.id, TreeState.Dropped, built.tree.root);
      this.#dropQueue.push({ id: built.id, state: TreeState.Dropped, root: built.tree.root });
      this.#runDropping();
    } else freeTree(this.#pool, built.tree);
  };

  /**
   * Call and await before the commit that attaches a large built tree: its pages become durable with a checkpoint, so that the log need
   * not hold them. Small ones go through the log, and this does nothing.
   */
  async prepareAttach(built: BuiltTree): Promise<void> {
    this.#assertWritable();
    assert(built instanceof PrivateTree && !built.isEnded, 'foreign built tree');
    if (this.#wal === undefined || built.logBytes <= (this.#options.buildLogBytesMax ?? DefaultBuildLogBytes) || built.isDurable) return;
    try {
      this.#directory.set(built.id, TreeState.Building, built.tree.root);
      this.#table.adopt(built.pages);
    } catch (error) {
      throw this.#poison(error);
    }
    built.isDurable = true;
    // One under way began before the pages were adopted.
    await this.#checkpointing?.catch(() => undefined);
    await this.checkpoint();
    built.logBytes = 0;
  }

  // -------------------------------------------------------------------------------------------------------------- dropping

  /** After an open: trees that were being dropped or built when the last incarnation ended. */
  #resumeDropping(): void {
    for (const entry of this.#directory.entries()) {
      if (entry.state === TreeState.Live) continue;
      this.#table.complete();
      if (entry.state === TreeState.Building) this.#directory.set(entry.id, TreeState.Dropped, entry.root);
      this.#dropQueue.push(entry);
    }
    this.#runDropping();
  }

  #runDropping(): void {
    if (this.#isDropping || this.#dropQueue.length === 0) return;
    this.#isDropping = true;
    void this.#dropLoop();
  }

  /** Frees the pages of dropped trees, a few per turn. The directory keeps a tree until its last page is free (D2). */
  async #dropLoop(): Promise<void> {
    for (;;) {
      await this.#options.scheduler.yield();
      const entry = this.#dropQueue[0];
      if (entry === undefined || this.#poisoned !== undefined || this.#closing !== undefined) break;
      try {
        this.#dropSlice(entry);
      } catch (error) {
        if (error instanceof DbError && error.code === 'XX001') this.#dropQueue.shift();
        else this.#poison(error);
      }
    }
    this.#isDropping = false;
  }

  #dropSlice(entry: DirectoryEntry): void {
    const tree = BTree.open(this.#pool, entry.id, entry.root);
    if (!tree.dropStep(DropPagesPerSlice)) return;
    this.#pool.freePage(entry.root);
    this.#directory.remove(entry.id);
    this.#dropQueue.shift();
  }

  // -------------------------------------------------------------------------------------------------------------- commits

  /**
   * Makes sure that a commit of about `bytes` can be logged, and that pages of the cache can make place for it (`BufferPool.findRoom`); to be awaited
   * before the slice. @throws DbError 53100 when the disk or the log is full, 58030 when a page cannot be written, XX001 when the page table is damaged;
   * then nothing has happened
   */
  reserveLog(bytes: number): void | Promise<void> {
    this.#settle();
    this.#prepareToChange();
    const wal = this.#wal;
    if (wal === undefined) return;
    if (this.isLogFull) return this.checkpoint().then(() => this.#reserve(wal, bytes));
    this.#reserve(wal, bytes);
  }
  reserveLogSync(bytes: number): void {
    this.#settle();
    this.#prepareToChange();
    const wal = this.#wal;
    if (wal === undefined) return;
    if (this.isLogFull) throw new DbError('53100', 'the log is full and waits for a checkpoint');
    this.#reserve(wal, bytes);
  }
  /** Whether a commit must wait for a checkpoint. */
  get isLogFull(): boolean {
    const wal = this.#wal;
    return wal !== undefined && wal.appendedLsn - this.#checkpointer.captureLsn > (this.#options.walBytesMax ?? DefaultWalBytesMax);
  }
  #reserve(wal: Wal, bytes: number): void {
    this.#pool.findRoom();
    try {
      wal.reserve(reservationFor(bytes));
    } catch (error) {
      if (error instanceof DbError && error.code === '53100') throw error;
      throw this.#poison(error);
    }
  }

  /**
   * Begins the slice of one commit. `csn` 0: changes outside any transaction (sequences): logged and atomic, but no leaf is stamped.
   */
  beginCommit(csn: Csn): CommitWriter {
    this.#settle();
    this.#assertWritable();
    assert(csn === 0 || csn > this.#lastCsn, 'commit out of order', csn, this.#lastCsn);
    if (csn > this.#lastCsn) this.#lastCsn = csn;
    this.#writer.begin(csn);
    return this.#writer;
  }

  /**
   * Resolves when everything up to `at` is durable: group commit. Rejects with 58030 when the store is poisoned: then nobody knows
   * whether the commit survives. With durability 'relaxed' it resolves when that is written, with 'none' at once.
   */
  flushed(at: Lsn): Promise<void> {
    return this.#wal === undefined ? Promise.resolve() : this.#wal.flushed(at);
  }
  /** Has the log written and synced in the background, for whoever hears of it by `onDurable` and `onPoison`. */
  requestFlush(): void {
    this.#wal?.requestFlush();
  }
  /** `Wal.syncEarly`. */
  syncEarly(): Promise<void> | undefined {
    return this.#wal?.syncEarly();
  }
  isFlushed(at: Lsn): boolean {
    return this.#wal === undefined || this.#wal.isFlushed(at);
  }
  /** Milliseconds that making the log durable takes, as of late. */
  get syncMsAverage(): number {
    return this.#wal?.syncMsAverage ?? 0;
  }
  /** For the synchronous face: writes and syncs everything appended, now. With 'relaxed' it only writes, with 'none' there is nothing to do. */
  flushSync(): void {
    this.#settle();
    if (this.#poisoned !== undefined) throw this.#poisoned;
    this.#wal?.flushSync();
  }

  #published(durableLsn: number): void {
    this.onDurable?.(lsn(durableLsn));
    // A commit in slices would have to be finished in one, and has its end soon.
    const isDue = !this.#writer.isOpen && durableLsn >= this.#checkpointAtLsn && this.#checkpointing === undefined && this.#options.checkpointIntervalMs !== 0;
    // A store that is closing ends with a checkpoint of its own.
    if (isDue && this.#closing === undefined) {
      // Its failure is either a full disk, which the next attempt or reservation reports, or has poisoned the store.
      this.checkpoint().catch(() => undefined);
    }
  }

  // -------------------------------------------------------------------------------------------------------------- checkpoint

  /** Joins the checkpoint under way or runs one. @throws DbError 53100 when abandoned for want of space, 58030 when poisoned */
  checkpoint(): Promise<void> {
    this.#assertWritable();
    const wal = this.#wal;
    if (wal === undefined || this.#isUnchanged(wal)) return Promise.resolve();
    this.#checkpointing ??= this.#runCheckpoint(wal);
    return this.#checkpointing;
  }

  #isUnchanged(wal: Wal): boolean {
    if (wal.appendedLsn !== this.#checkpointer.captureLsn || this.#checkpointing !== undefined) return false;
    // Pages of a tree being attached are in no log, and may all have been evicted.
    const hasEvicted = this.#table.isChanged && !(mutants.on && mutants.has('storage.evicted-pages-forgotten'));
    return this.#pool.stats().dirtyCount === 0 && !hasEvicted;
  }

  async #runCheckpoint(wal: Wal): Promise<void> {
    const step = this.#options.checkpointWalBytes ?? DefaultCheckpointBytes;
    try {
      // A turn first, so that `#checkpointing` is set before anything happens.
      await this.#options.scheduler.yield();
      await this.#checkpointer.run(wal);
      this.#checkpointAtLsn = this.#checkpointer.captureLsn + step;
    } catch (error) {
      this.#checkpointAtLsn = wal.appendedLsn + step / 4;
      throw error;
    } finally {
      this.#checkpointing = undefined;
    }
  }

  #armCheckpointTimer(): void {
    const intervalMs = this.#options.checkpointIntervalMs ?? DefaultCheckpointIntervalMs;
    if (intervalMs === 0 || this.#wal === undefined) return;
    this.#checkpointTimer = this.#options.scheduler.after(intervalMs, () => {
      if (this.#poisoned !== undefined || this.#closing !== undefined) return;
      this.checkpoint().catch(() => undefined);
      this.#armCheckpointTimer();
    });
  }

  // -------------------------------------------------------------------------------------------------------------- the rest

  /** 'quick': the ring, the page table, every page's checksum. 'full': also every tree, and that each page has exactly one owner. */
  check(level: 'quick' | 'full'): CheckReport {
    for (const run = this.#startCheck(level); ; ) {
      const step = run.next(false);
      if (step.done === true) return step.value;
    }
  }
  /** The same, giving others their turn every few milliseconds; what they change meanwhile is checked in one state or another. */
  async checkInSlices(level: 'quick' | 'full'): Promise<CheckReport> {
    const { clock, scheduler } = this.#options;
    const run = this.#startCheck(level);
    let sliceEnd = clock.monotonic() + CheckSliceMs;
    try {
      for (let wasPaused = false; ; ) {
        const step = run.next(wasPaused);
        if (step.done === true) return step.value;
        wasPaused = clock.monotonic() >= sliceEnd;
        if (!wasPaused) continue;
        await scheduler.yield();
        this.#assertUsable();
        sliceEnd = clock.monotonic() + CheckSliceMs;
      }
    } finally {
      run.return(undefined as never);
    }
  }
  #startCheck(level: 'quick' | 'full'): CheckRun {
    this.#settle();
    this.#assertUsable();
    return checkStore(level, { file: this.#file, table: this.#table, pool: this.#pool, directory: this.#directory });
  }

  get fileSizeBytes(): number {
    return this.#file.size();
  }
  poolStats(): BufferPoolStats {
    return this.#pool.stats();
  }
  /** @throws DbError XX001 when the page table is damaged: which pages are in use is known from all of it */
  stats(): StoreStats {
    const wal = this.#wal;
    return {
      path: this.path,
      pageSizeBytes: this.pageSizeBytes,
      fileSizeBytes: this.fileSizeBytes,
      slotCount: this.#table.slotCount,
      freeSlotCount: this.#table.freeSlotCount,
      pageCount: this.#table.pageCount,
      walBytes: wal === undefined ? 0 : wal.appendedLsn - this.#checkpointer.captureLsn,
      appendedLsn: wal?.appendedLsn ?? 0,
      durableLsn: wal?.durableLsn ?? 0,
      flushCount: wal?.flushCount ?? 0,
      checkpointCount: this.#checkpointer.checkpointCount,
      checkpointFailureCount: this.#checkpointer.abandonedCount,
      pool: this.poolStats(),
    };
  }

  /** A file for spilled rows, unlinked at once: gone when closed or when the process dies. */
  openTemp(): File {
    return this.#options.vfs.openTemp(this.path);
  }

  /** Checkpoint, remove the log, release the lock. Idempotent. A poisoned store only releases the lock. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#checkpointTimer?.cancel();
    try {
      const wal = this.#wal;
      if (wal === undefined) return;
      // A checkpoint under way ends first; how it ended is not this call's concern.
      await this.#checkpointing?.catch(() => undefined);
      this.#settle();
      if (this.#poisoned === undefined) wal.syncAll();
      // Gives a batch that was in flight the turn in which it notices that its work is done.
      await this.#options.scheduler.yield();
      const isUnchanged = !wal.isStarted && this.#pool.stats().dirtyCount === 0;
      wal.close();
      if (this.#poisoned === undefined && !isUnchanged) await this.#checkpointer.runClean(wal.appendedLsn, wal.nextSegmentNumber);
    } catch (error) {
      // Without space for the last checkpoint the log stays, and the next open replays it.
      if (!(error instanceof DbError && error.code === '53100')) throw error;
    } finally {
      this.#file.close();
    }
  }
}
