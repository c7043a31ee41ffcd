/**
 * One open database as everything inside engine/ sees it: storage, transactions, catalog, sequences, plans and the sessions, wired together.
 * `Database` (database.ts) is the public face over it.
 *
 * Background work is steps that the scheduler calls, so a simulation owns every interleaving: vacuum runs while there are old versions, in slices;
 * statistics are refreshed when a table has changed enough (auto-analyze.ts). Checkpoints are storage's own business.
 */
import { resolve } from 'node:path';
import { mutants } from '../base/mutants.js';
import type { Clock } from '../base/clock.js';
import { realClock } from '../base/clock.js';
import type { Prng } from '../base/prng.js';
import { realPrng } from '../base/prng.js';
import type { Scheduler, Timer } from '../base/scheduler.js';
import { realScheduler } from '../base/scheduler.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import type { Datum } from '../base/datum.js';
import type { ExecutorEnv } from '../executor/execution.js';
import { RowIds } from '../executor/row-ids.js';
import { TableChanges } from '../executor/table-changes.js';
import { openSpillFile } from './spill-file.js';
import { TransactionManager } from '../mvcc/transaction-manager.js';
import { MemoryVfs } from '../storage/files/memory-vfs.js';
import { NodeVfs } from '../storage/files/node-vfs.js';
import { Store } from '../storage/store.js';
import type { Vfs } from '../storage/files/vfs.js';
import type { OpenOptions } from './api.js';
import type { Backend } from './backend.js';
import type { CatalogChanges } from './catalog/catalog-store.js';
import { CallSiteSampler } from './call-site.js';
import { CatalogStore } from './catalog/catalog-store.js';
import { DefinitionSource, type CatalogViewEnv } from './catalog/catalog-view.js';
import { dropTemporaryObjects } from './ddl/temporary.js';
import type { DatabaseError } from './errors.js';
import { LoopTurn } from './loop-turn.js';
import { PlanCache } from './plan-cache.js';
import { Sequences } from './sequences.js';
import { sequenceTable } from './system-catalog/sequence-table.js';
import { SystemCatalog } from './system-catalog/system-catalog.js';
import { parseText, staticTextContext } from './text-values.js';
import { HostFunctions } from './routines/host-functions.js';
import { routineDef, userFunctions, userProcedures } from './routines/routine.js';

/** Pause between two looks for versions nobody needs any more. */
const VacuumIntervalMs = 1000;
/** Memory of write sets that is kept for the next large transaction. */
const WriteBytesKeptMax = 64 << 20;

export class Instance {
  readonly path: string;
  readonly options: OpenOptions;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly store: Store;
  readonly manager: TransactionManager;
  readonly catalog: CatalogStore;
  readonly sequences: Sequences;
  readonly definitions: DefinitionSource;
  readonly system: SystemCatalog;
  readonly viewEnv: CatalogViewEnv;
  readonly plans: PlanCache;
  readonly turn: LoopTurn;
  readonly hostFunctions = new HostFunctions();
  /** Where COPY finds its files. */
  readonly copyVfs: Vfs;
  readonly executorEnv: ExecutorEnv;
  readonly backends = new Map<number, Backend>();
  /** Defaults of settings that differ from PostgreSQL's, by lower-case name. */
  readonly defaultSettings: ReadonlyMap<string, string>;
  readonly startedAtMs: number;
  readonly callSites: CallSiteSampler;
  /** Set by the session that failed last with 40001 or 40P01. */
  lastConflict: DatabaseError | undefined;
  #nextBackendId = 1;
  #vacuumTimer: Timer | undefined;
  #isClosed = false;

  private constructor(path: string, options: OpenOptions, store: Store, manager: TransactionManager, catalog: CatalogStore, defaults: ReadonlyMap<string, string>) {
    this.path = path;
    this.options = options;
    this.clock = options.clock ?? realClock;
    this.prng = options.prng ?? realPrng;
    this.scheduler = options.scheduler ?? realScheduler;
    this.store = store;
    this.manager = manager;
    this.catalog = catalog;
    this.defaultSettings = defaults;
    this.startedAtMs = this.clock.now();
    this.callSites = new CallSiteSampler(options.captureStacks, this.clock);
    this.sequences = new Sequences(store, manager);
    this.system = new SystemCatalog(this);
    const { system } = this;
    this.viewEnv = {
      fromText: (text: string, type: SqlType, types: TypeRegistry): Datum => parseText(text, type, staticTextContext(types)),
      systemTable: (schema, name) => system.table(schema, name),
      systemTableByOid: (oid) => system.tableByOid(oid),
      systemNames: () => system.names(),
      sequenceTable: (record, schema) => sequenceTable(record, schema),
      userFunctions, userProcedures, routine: routineDef,
      hostFunctions: (schema, name) => this.hostFunctions.named(schema, name),
    };
    this.definitions = new DefinitionSource(catalog, this.viewEnv);
    this.plans = new PlanCache();
    this.turn = new LoopTurn(this.clock, this.scheduler, () => this.manager.busy);
    this.copyVfs = options.vfs ?? new NodeVfs();
    this.executorEnv = {
      clock: this.clock, timeSliceMs: options.timeSliceMs ?? 10, workMemBytes: 16 * 1024 * 1024, statementMemBytes: Infinity, openSpill: () => openSpillFile(store), manager, rowIds: new RowIds(), tableChanges: new TableChanges(),
    };
  }

  /** @throws DbError as Store.open */
  static async open(path: string, options: OpenOptions, defaults: ReadonlyMap<string, string>): Promise<Instance> {
    const clock = options.clock ?? realClock;
    const prng = options.prng ?? realPrng;
    const scheduler = options.scheduler ?? realScheduler;
    const isMemory = path === ':memory:';
    // Files are opened by name all along, segments of the log above all: the working directory may be another one by then.
    const filePath = options.vfs === undefined ? resolve(path) : path;
    const store = await Store.open({
      vfs: options.vfs ?? (isMemory ? new MemoryVfs() : new NodeVfs()), path: isMemory ? 'memory' : filePath, clock, prng, scheduler,
      durability: isMemory && options.vfs === undefined ? 'none' : options.durability, pageSizeBytes: options.pageSizeBytes, cacheBytes: options.cacheBytes, columnCacheBytes: options.columnCacheBytes,
      readOnly: options.readOnly, mustExist: options.mustExist, checkpointWalBytes: options.checkpointWalBytes, checkpointIntervalMs: options.checkpointIntervalMs,
    });
    try {
      const manager = new TransactionManager(store, { clock, prng, scheduler }, { versionBytesMax: options.versionBytesMax, writeBytesKeptMax: Math.min(Math.floor(store.cacheBytes / 2), WriteBytesKeptMax) });
      const catalog = await CatalogStore.open(store, manager);
      const instance = new Instance(path, options, store, manager, catalog, defaults);
      await instance.#dropLeftovers();
      instance.#scheduleVacuum();
      return instance;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Temporary objects of sessions that a crash has ended, and states of sequences that are gone. */
  async #dropLeftovers(): Promise<void> {
    if (this.store.readOnly) return;
    const states = new Set<number>();
    for (const record of this.catalog.all()) if (record.kind === 'sequence') states.add(record.state);
    this.sequences.sweep((state) => states.has(state));
    await dropTemporaryObjects(this, undefined);
  }

  newBackendId(): number {
    return this.#nextBackendId++;
  }

  /** In the slice that publishes a commit. */
  publishCatalog(changes: CatalogChanges, csn: number): void {
    this.catalog.apply(changes, csn);
    this.definitions.prune();
  }

  #scheduleVacuum(): void {
    this.#vacuumTimer = this.scheduler.after(VacuumIntervalMs, () => {
      if (this.#isClosed) return;
      this.#vacuum();
    });
  }
  /** Gives the loop a turn in the middle of something, and more of them to a large commit that is under way. */
  async giveWay(): Promise<void> {
    await this.scheduler.yield();
    await this.untilCalm();
  }
  /** For whoever goes on after a wait. */
  async untilCalm(): Promise<void> {
    if (mutants.on && mutants.has('engine.pause-forgets-commit')) return;
    for (let { busy } = this.manager; busy !== undefined; { busy } = this.manager) await busy;
  }

  #vacuum(): void {
    const hasMore = this.manager.step();
    if (!hasMore) {
      this.#scheduleVacuum();
      return;
    }
    void this.scheduler.yield().then(() => {
      if (!this.#isClosed) this.#vacuum();
    });
  }

  /** Whether a session waits for a lock of this one's transaction. */
  isWaitedFor(backend: Backend): boolean {
    const id = backend.block.tx?.id;
    if (id === undefined) return false;
    for (const other of this.backends.values()) if (other.block.tx?.waitsFor.includes(id) === true) return true;
    return false;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#vacuumTimer?.cancel();
    for (const backend of [...this.backends.values()]) await backend.close();
    this.manager.close();
    try {
      this.sequences.settle();
    } finally {
      await this.store.close();
    }
  }
}
