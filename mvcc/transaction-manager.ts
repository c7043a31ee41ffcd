/**
 * All transactions of one store. The implementation follows in this file; the types below are the contract.
 */
import type { Clock } from '../base/clock.js';
import type { Csn, TreeId } from '../base/ids.js';
import type { Prng } from '../base/prng.js';
import type { Scheduler } from '../base/scheduler.js';
import type { Store } from '../storage/store.js';
import type { Transaction } from './transaction.js';
import type { ActivityView, BeginOptions, LockView, SessionOwner, TreeOptions } from './types.js';
import type { VersionedTree } from './versioned-tree.js';

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
  /** Incomplete ones before the oldest are merged into summaries. Default 4096. */
  readonly incompleteKeptMax?: number | undefined;
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
  readonly safeSnapshots: number;
  readonly sireadEntries: number;
  readonly sireadBytes: number;
  readonly sireadEscalations: number;
  readonly undoRecords: number;
  readonly undoBytes: number;
  readonly undoStubs: number;
  readonly snapshotsCancelled: number;
}

export declare class TransactionManager {
  constructor(store: Store, env: MvccEnvironment, options?: MvccOptions);
  readonly lastAssigned: Csn;
  readonly lastPublished: Csn;
  /** The least snapshot anyone uses or may still take: older before-images are gone. */
  readonly horizon: Csn;

  /** The tree `id` with its versions, one object per id. `options` are needed on the first call and ignored later. */
  tree(id: TreeId, options: TreeOptions): VersionedTree;
  begin(options: BeginOptions): Transaction;
  /** Gives back the session's advisory locks. */
  endSession(owner: SessionOwner): void;

  locks(): LockView[];
  activity(): ActivityView[];
  statistics(): MvccStatistics;
  /** One slice of vacuum; true when more is to be done. */
  step(): boolean;
  /** Rolls back what is active. The store is closed by its owner. */
  close(): void;
}
