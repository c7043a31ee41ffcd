/**
 * One trial of the protocol under crashes and failed syncs, after the model in design/model/store2.mjs but on the real store: up to
 * seven incarnations over one disk, each ended by a power cut, a kill, a failed sync or a clean close at a random operation; at every
 * start the store must open, hold exactly the prefix of history that its last CSN names, include everything acknowledged, and pass the
 * full check.
 */
import { DbError } from '../../base/errors.js';
import { csn } from '../../base/ids.js';
import type { Prng } from '../../base/prng.js';
import { seededPrng } from '../../base/prng.js';
import { RingBytes } from '../../storage/pages/superblock.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { CrashVfs, PowerCut } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import type { WorldOptions } from './storage-world.js';
import { applyCommitUnflushed, buildFrom, buildTrees, difference, readState, World } from './storage-world.js';

export interface TrialOptions {
  /** Probability that a sync fails. */
  readonly syncFailure: number;
  /** The same for syncs of a meta block, where the rarest states begin. */
  readonly metaSyncFailure: number;
  /** Probability of a crash at a sync of a meta block, beside the one drawn by operations. */
  readonly metaCrash: number;
  /** Of 100 steps, how many sync in the blocking way. */
  readonly blockingSyncs: number;
  /** Share of crashes that end the process only. */
  readonly kill: number;
  readonly world: WorldOptions;
  /** Operations on the disk until the crash, skewed to few. */
  readonly operationsMax: number;
  readonly incarnations: number;
  readonly store: Partial<StoreOptions>;
  /** How the log reaches the disk; by default as the seed says, without a draw, so that kept seeds stay what they were. */
  readonly log: LogMode;
}

export interface LogMode {
  readonly canWriteThrough: boolean;
  readonly commitsAtOnceMax: number;
}
/** The disk knows but writes and syncs, and groups are synced in the background. */
export const syncedLog: LogMode = { canWriteThrough: false, commitsAtOnceMax: 1 };
const logModes: readonly LogMode[] = [syncedLog, { canWriteThrough: true, commitsAtOnceMax: 1 }, { canWriteThrough: true, commitsAtOnceMax: Infinity }];
export function logModeOf(seed: number): LogMode {
  return logModes[seed % logModes.length]!;
}

/** Swarm testing: every seed draws its own mix, and some draw extremes. */
export function drawTrial(prng: Prng): Omit<TrialOptions, 'log'> {
  const oneOf = <T>(...choices: readonly T[]): T => choices[prng.below(choices.length)]!;
  const aimsAtMeta = prng.below(4) === 0;
  return {
    syncFailure: oneOf(0, 0, 0.03, 0.1, 0.3),
    metaSyncFailure: aimsAtMeta ? 0.25 : 0,
    metaCrash: aimsAtMeta ? 0.15 : 0,
    blockingSyncs: oneOf(5, 5, 40),
    kill: oneOf(0, 0.15, 0.5),
    world: {
      keyCount: oneOf(8, 24, 80),
      valueLengthMax: oneOf(10, 40, 300),
      changesMax: oneOf(2, 4, 15),
      treeCountMax: oneOf(1, 3, 6),
      deletes: oneOf(10, 25, 50),
      creates: oneOf(2, 6),
      drops: oneOf(0, 3, 6),
      builds: oneOf(0, 0, 5),
    },
    operationsMax: aimsAtMeta ? 200 : oneOf(30, 90, 200),
    incarnations: aimsAtMeta ? 20 : oneOf(4, 7, 12),
    store: {
      pageSizeBytes: oneOf(512, 512, 512, 1024),
      cacheBytes: 512 * oneOf(10, 20, 60),
      walReserveBytes: oneOf(512, 1024, 8192),
      walChunkBytes: oneOf(200, 2000, 1 << 20),
      buildLogBytesMax: oneOf(0, 1 << 20),
      checkpointIntervalMs: oneOf(0, 0, 1000),
      checkpointWalBytes: oneOf(500, 1 << 20),
    },
  };
}

export interface TrialResult {
  /** What is wrong, undefined when all is well. */
  readonly failure: string | undefined;
  readonly crashes: number;
  readonly failedSyncs: number;
  readonly commits: number;
}

export async function crashTrial(seed: number, options: Partial<TrialOptions> = {}): Promise<TrialResult> {
  const prng = seededPrng(seed);
  return new Trial(prng, { ...drawTrial(prng), log: logModeOf(seed), ...options }).run();
}

class Trial {
  readonly #prng: Prng;
  readonly #options: TrialOptions;
  readonly #world: World;
  #disk = new CrashVfs();
  #wasCreated = false;
  #crashes = 0;
  #failedSyncs = 0;
  #commits = 0;
  #treeIds = new Set<number>();

  constructor(prng: Prng, options: TrialOptions) {
    this.#prng = prng;
    this.#options = options;
    this.#disk.canWriteThrough = options.log.canWriteThrough;
    this.#world = new World(options.world);
  }

  async run(): Promise<TrialResult> {
    let failure: string | undefined;
    for (let i = 0; i < this.#options.incarnations && failure === undefined; i++) failure = await this.#incarnation(i);
    return { failure, crashes: this.#crashes, failedSyncs: this.#failedSyncs, commits: this.#commits };
  }

  async #incarnation(number: number): Promise<string | undefined> {
    const prng = this.#prng;
    const disk = this.#disk;
    const isLast = number === this.#options.incarnations - 1;
    const crashAt = isLast ? Infinity : disk.operationCount + 1 + Math.floor(Math.pow(prng.unit(), 1.3) * this.#options.operationsMax);
    let hasCrashed = false;
    disk.hooks = {
      onOperation: (operation) => {
        const isMetaSync = operation === 'sync' && disk.lastWriteAt < RingBytes && !isLast;
        if (disk.operationCount < crashAt && !(isMetaSync && prng.unit() < this.#options.metaCrash)) return;
        hasCrashed = true;
        throw new PowerCut();
      },
      failsSync: () => {
        if (isLast || prng.unit() >= (disk.lastWriteAt < RingBytes ? Math.max(this.#options.metaSyncFailure, this.#options.syncFailure) : this.#options.syncFailure)) return false;
        this.#failedSyncs++;
        return true;
      },
    };
    const time = new SimTime(prng);
    let store: Store | undefined;
    try {
      const existed = disk.exists('db');
      store = await Store.open({
        vfs: disk,
        path: 'db',
        clock: time,
        prng,
        scheduler: time,
        commitsAtOnceMax: this.#options.log.commitsAtOnceMax,
        ...this.#options.store,
      });
      const failure = this.#verify(store, existed);
      if (failure !== undefined) return failure;
      await this.#work(store, time);
      await store.close();
      return undefined;
    } catch (error) {
      const isExpected = hasCrashed || error instanceof PowerCut || (error instanceof DbError && error.code === '58030');
      if (!isExpected) return `unexpected ${error instanceof DbError ? `${error.code} ${error.message} (${error.fields.detail ?? ''})` : String((error as Error).stack)}`;
    } finally {
      await this.#endIncarnation(disk, store, hasCrashed);
    }
    return undefined;
  }

  async #endIncarnation(disk: CrashVfs, store: Store | undefined, hasCrashed: boolean): Promise<void> {
    if (hasCrashed && this.#prng.unit() >= this.#options.kill) {
      this.#crashes++;
      this.#disk = disk.powerCut(this.#prng, this.#options.metaCrash > 0 ? 0.4 : 0.15);
    } else if (hasCrashed) {
      this.#crashes++;
      disk.kill();
    } else {
      await store?.close().catch(() => undefined);
      disk.kill();
    }
  }

  #verify(store: Store, existed: boolean): string | undefined {
    const world = this.#world;
    if (!existed) {
      if (this.#wasCreated) return 'the database vanished';
      if (world.ackedCsn > 0) return 'acknowledged before it was created';
    }
    this.#wasCreated = true;
    const n = store.lastCsn;
    if (n < world.ackedCsn) return `lost: recovered to ${n}, acknowledged ${world.ackedCsn}`;
    const expected = world.stateAt(n);
    if (expected === undefined) return `phantom: recovered to ${n}, last was ${world.lastCsn}`;
    const wrong = difference(expected, readState(store, this.#treeIds));
    if (wrong !== undefined) return `wrong state at ${n}: ${wrong}`;
    const report = store.check('full');
    if (report.problems.length > 0) return `check: ${report.problems.map((p) => `${p.object}: ${p.message}`).join('; ')}`;
    world.truncateTo(n);
    return undefined;
  }

  async #work(store: Store, time: SimTime): Promise<void> {
    const prng = this.#prng;
    const pending: Promise<void>[] = [];
    const background: Promise<void>[] = [];
    for (let step = 0; step < 30; step++) {
      const dice = prng.below(100);
      if (prng.below(100) < this.#options.blockingSyncs) {
        store.flushSync();
        this.#world.ackedCsn = this.#world.lastCsn;
      } else if (dice < 70) {
        // A batch: the last of its commits is awaited, or not even that.
        for (let count = 1 + prng.below(3); count > 0; count--) {
          pending.push(this.#commitOne(store));
          pending.at(-1)!.catch(() => undefined);
        }
        if (prng.below(4) > 0) await settle(pending);
        else for (let turns = prng.below(6); turns > 0; turns--) await Promise.resolve();
      } else if (dice < 80) {
        background.push(store.checkpoint());
        background.at(-1)!.catch(() => undefined);
      } else if (dice < 85) {
        await store.checkpoint();
      } else if (dice < 95) {
        time.advance(dice < 87 ? 2000 : 60);
        await time.yield();
      } else if (dice < 97) {
        pending.push(this.#buildAndAttach(store, time));
        pending.at(-1)!.catch(() => undefined);
      } else {
        await time.yield();
      }
    }
    await settle(pending);
    await settle(background);
  }

  /** A tree is built, lives privately for a while, and is attached, discarded, or forgotten in a crash. */
  async #buildAndAttach(store: Store, time: SimTime): Promise<void> {
    if (this.#options.world.builds === 0) return;
    const prng = this.#prng;
    const tree = store.newTreeId();
    this.#treeIds.add(tree);
    const entries = Array.from({ length: prng.below(40) }, (_, i) => [`b${String(i).padStart(3, '0')}`, `${i}`.repeat(prng.below(20))] as const);
    const built = buildFrom(store, tree, entries, this.#world.lastCsn + 1);
    for (let turns = prng.below(30); turns > 0; turns--) await time.yield();
    if (prng.below(4) === 0) {
      built.discard();
      return;
    }
    await store.prepareAttach(built);
    await store.reserveLog(built.logBytes);
    const n = this.#world.commit([{ kind: 'build', tree, entries }]);
    const writer = store.beginCommit(csn(n));
    writer.attachTree(built);
    await store.flushed(writer.finish());
    this.#world.ackedCsn = Math.max(this.#world.ackedCsn, n);
  }

  async #commitOne(store: Store): Promise<void> {
    store.reserveLogSync(this.#options.world.changesMax * (this.#options.world.valueLengthMax + 50));
    const changes = this.#world.generate(this.#prng, () => {
      const id = store.newTreeId();
      this.#treeIds.add(id);
      return id;
    });
    const built = buildTrees(store, this.#world.lastCsn + 1, changes);
    const n = this.#world.commit(changes);
    this.#commits++;
    await store.flushed(applyCommitUnflushed(store, n, changes, built));
    this.#world.ackedCsn = Math.max(this.#world.ackedCsn, n);
  }
}

/** Waits for all and throws the first failure; none is left unhandled. */
async function settle(promises: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises.splice(0));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
