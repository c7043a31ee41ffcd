/** What the log is made with: where it lies, what it may use, whom it tells. */
import type { Clock } from '../../base/clock.js';
import type { Prng } from '../../base/prng.js';
import type { Scheduler } from '../../base/scheduler.js';
import type { PlantedStart } from '../mutants.js';
import type { Vfs } from '../files/vfs.js';

export interface WalOptions {
  readonly vfs: Vfs;
  readonly path: string;
  readonly databaseId: Uint8Array;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly isRelaxed: boolean;
  readonly reserveBytes: number;
  /** A transaction larger than this is handed to the file system while it is still being encoded, and while it is in the processor's caches: a chunk of it at a time. */
  readonly writeOutBytes: number;
  /** A group of more commits is synced on another thread, however quick syncs are. */
  readonly commitsAtOnceMax: number;
  /** Makes a durable meta that names segment `number` as the one to replay; the segment is durable already. */
  readonly nameSegment: (number: number) => void;
  /** Has the commit finished that is being encoded, in several slices. */
  readonly settle: () => void;
  /** Something failed after which nothing may be trusted. */
  readonly onFailure: (error: unknown) => void;
  /** For mutants. */
  readonly planted: PlantedStart;
  /** A batch is durable. Called before the promises of its commits resolve. */
  readonly onDurable: (durableLsn: number) => void;
}
