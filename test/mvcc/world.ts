/**
 * A manager over a real store in memory whose durability the test controls: commits are installed at once, but become durable (and
 * so are published) only when the world says `flush`. Timers and yields are the world's too, so one seed is one history.
 */
import { type DbError } from '../../base/errors.js';
import { type Csn, type Lsn, type TreeId, csn, lsn, treeId } from '../../base/ids.js';
import type { Clock } from '../../base/clock.js';
import { seededPrng } from '../../base/prng.js';
import type { Scheduler, Timer } from '../../base/scheduler.js';
import { TransactionManager, type MvccCommitWriter, type MvccOptions, type MvccStore } from '../../mvcc/transaction-manager.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { type BTree } from '../../storage/tree/btree.js';
import { Store } from '../../storage/store.js';

/** Timers fire when the test advances the time. */
export class ManualTime implements Scheduler, Clock {
  #now = 0;
  #timers: { at: number; fn: () => void }[] = [];
  #yields: (() => void)[] = [];

  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  yield(): Promise<void> {
    return new Promise((resolve) => this.#yields.push(resolve));
  }
  after(delayMs: number, fn: () => void): Timer {
    const timer = { at: this.#now + delayMs, fn };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((t) => t !== timer)) };
  }
  /** Fires what is due within `ms`. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now).sort((a, b) => a.at - b.at);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.fn();
  }
  /** Gives a turn to everybody who yielded. */
  turn(): void {
    for (const resolve of this.#yields.splice(0)) resolve();
  }
  get timerCount(): number {
    return this.#timers.length;
  }
}

export class TestStore implements MvccStore {
  readonly store: Store;
  onDurable: ((durableLsn: Lsn) => void) | undefined = undefined;
  onPoison: ((error: DbError) => void) | undefined = undefined;
  onNeed: (() => void) | undefined = undefined;
  poisoned: DbError | undefined = undefined;
  /** Set to make every commit durable at once. */
  isImmediate = true;
  #lsn = 0;
  #durable = 0;

  constructor(store: Store) {
    this.store = store;
  }
  get pageSizeBytes(): number {
    return this.store.pageSizeBytes;
  }
  get lastCsn(): Csn {
    return this.store.lastCsn;
  }
  tree(id: TreeId): BTree {
    return this.store.tree(id);
  }
  readonly isLogFull = false;
  reserveLog(): void {
    // A test store has all the space it needs.
    this.onNeed?.();
  }
  reserveLogSync(): void {
    // See above.
    this.onNeed?.();
  }
  beginCommit(number: Csn): MvccCommitWriter {
    const writer = this.store.beginCommit(number);
    return {
      put: writer.put.bind(writer),
      putRun: writer.putRun.bind(writer),
      putFound: writer.putFound.bind(writer),
      logPuts: writer.logPuts.bind(writer),
      deleteFound: writer.deleteFound.bind(writer),
      logDeletes: writer.logDeletes.bind(writer),
      putSought: writer.putSought.bind(writer),
      deleteSought: writer.deleteSought.bind(writer),
      deleteRun: writer.deleteRun.bind(writer),
      delete: writer.delete.bind(writer),
      createTree: writer.createTree.bind(writer),
      attachTree: writer.attachTree.bind(writer),
      dropTree: writer.dropTree.bind(writer),
      fail: writer.fail.bind(writer),
      finish: () => {
        writer.finish();
        this.#lsn++;
        if (this.isImmediate) this.#durable = this.#lsn;
        return lsn(this.#lsn);
      },
    };
  }
  isFlushed(target: Lsn): boolean {
    return target <= this.#durable;
  }
  /** Nothing happens until `flush` is called. */
  requestFlush(): void {}
  syncEarly(): undefined {}
  /** Infinite: a commit never flushes by itself, also when it is alone. */
  syncMsAverage = Infinity;
  flushSync(): void {
    this.flush(Infinity);
  }
  get hasUnflushed(): boolean {
    return this.#durable < this.#lsn;
  }
  /** Makes up to `count` more commits durable. */
  flush(count: number): void {
    if (!this.hasUnflushed) return;
    this.#durable = Math.min(this.#lsn, this.#durable + count);
    this.onDurable?.(lsn(this.#durable));
  }
  /** The disk fails: nothing that is not durable will ever be acknowledged. */
  poison(error: DbError): void {
    this.poisoned = error;
    this.onPoison?.(error);
  }
}

export interface World {
  readonly store: TestStore;
  readonly manager: TransactionManager;
  readonly time: ManualTime;
  /** A new tree, empty. */
  newTree(): TreeId;
}

/** Page size 512: a handful of rows per leaf, so that splits, merges and fences take part. `columnCacheBytes`: for columns of leaves. */
export async function openWorld(options: MvccOptions = {}, seed = 1, columnCacheBytes?: number): Promise<World> {
  const time = new ManualTime();
  const prng = seededPrng(seed);
  const real = await Store.open({
    vfs: new MemoryVfs(),
    path: 'memory.db',
    clock: time,
    prng,
    scheduler: time,
    durability: 'none',
    pageSizeBytes: 512,
    cacheBytes: 4 * 1024 * 1024,
    columnCacheBytes,
    checkpointIntervalMs: 0,
  });
  const store = new TestStore(real);
  // Locks and claims in the lock maps and such that only a write set tells of take part, alone and together.
  const manager = new TransactionManager(store, { clock: time, prng, scheduler: time }, { bulkWritersMax: [0, 0, 0, 1, 4][seed % 5], mappedClaimsMax: [0, 1, 256][seed % 3], ...options });
  return {
    store,
    manager,
    time,
    newTree: () => {
      const id = treeId(real.newTreeId());
      const writer = real.beginCommit(csn(0));
      writer.createTree(id);
      writer.finish();
      return id;
    },
  };
}
