/** What a store is opened with, and what it tells of itself. */
import type { Clock } from '../base/clock.js';
import type { Prng } from '../base/prng.js';
import type { Scheduler } from '../base/scheduler.js';
import type { BufferPoolStats } from './pages/buffer-pool.js';
import type { Vfs } from './files/vfs.js';

export interface StoreOptions {
  readonly vfs: Vfs;
  /** Path of the main file as the Vfs understands it. */
  readonly path: string;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  /** 'full': acknowledged means synced. 'relaxed': written soon, synced at checkpoints and once a second. 'none': no log at all (in-memory databases). */
  readonly durability?: 'full' | 'relaxed' | 'none' | undefined;
  /** Only for a new file. A power of two from 512 to 32768; default 8192. */
  readonly pageSizeBytes?: number | undefined;
  /** Budget of what is kept of the file in memory: pages, columns of leaves, and a sixteenth, 4 MiB at most, for objects made while it is read; default 256 MiB. */
  readonly cacheBytes?: number | undefined;
  /** How much of it columns of leaves may take (leaf-columns.ts); default an eighth, nothing of a small cache; 0: none are kept. */
  readonly columnCacheBytes?: number | undefined;
  readonly readOnly?: boolean | undefined;
  /** Refuse to create a missing file. */
  readonly mustExist?: boolean | undefined;
  /** The log is extended by this much at a time, zeros written ahead; default 4 MiB. */
  readonly walReserveBytes?: number | undefined;
  /** A group of more commits is synced on another thread even where syncs are quick; default: none is. For simulations, whose syncs take no time. */
  readonly commitsAtOnceMax?: number | undefined;
  /** A transaction larger than this is cut into chunks of about this size in the log; default 1 MiB. */
  readonly walChunkBytes?: number | undefined;
  /** So much of one that is not over is handed to the file system; of what has been handed, four times as much is synced before its end where it is installed in slices; default 1 MiB. */
  readonly walWriteOutBytes?: number | undefined;
  /** A built tree above this is made durable by a checkpoint, so that the log need not repeat it; default 4 MiB. */
  readonly buildLogBytesMax?: number | undefined;
  /** A checkpoint begins when the log since the last one exceeds this; default 64 MiB. */
  readonly checkpointWalBytes?: number | undefined;
  /** ... or when this much time passed and something was logged; default 5 minutes. 0 turns background checkpoints off. */
  readonly checkpointIntervalMs?: number | undefined;
  /** At this size of the log new commits wait for a checkpoint, and are refused (53100) when it fails; default 1 GiB. */
  readonly walBytesMax?: number | undefined;
}

export interface StoreStats {
  readonly path: string;
  readonly pageSizeBytes: number;
  readonly fileSizeBytes: number;
  readonly slotCount: number;
  readonly freeSlotCount: number;
  readonly pageCount: number;
  readonly walBytes: number;
  readonly appendedLsn: number;
  readonly durableLsn: number;
  readonly flushCount: number;
  readonly checkpointCount: number;
  readonly checkpointFailureCount: number;
  readonly pool: BufferPoolStats;
}
