/**
 * Checkpoints: the pages as of one moment become durable together, and the log before that moment can go.
 *
 * The order of the steps is the whole mechanism (each step's absence is a mutant that simulation kills):
 *
 *  1. The next log segment is prepared (file, zeros, directory entry durable), so that the capture needs no space and little time.
 *  2. In one synchronous slice between two commits: capture LSN, CSN and tree counter; freeze dirty frames and the page table; rotate the
 *     log, so that the records before the capture end the old segment. Writers go on at once, copying frozen pages they change.
 *  3. Frozen pages, then changed table pages go to free slots; the data file is synced.
 *  4. The rotation has made the old segment's end and the new segment's header durable.
 *  5. The meta is written to its place in the ring, and the data file is synced again. This is the moment.
 *  6. Only now: replaced slots are free, older segments are removed, frames thaw.
 *
 * At close and at the end of recovery nobody writes, so steps 1, 2's rotation and 4 fall away, and the meta is *clean*: no segment
 * belongs to it, all are removed. The next incarnation starts a segment of its own when it has something to log.
 *
 * C1  The meta's capture LSN is exactly the content of its pages.
 * C2  A failure for want of space (53100) in steps 1 to 3 abandons the checkpoint: pages stay dirty, the log stays, all goes on. Any
 *     other failure poisons the store.
 *
 * Source. design/storage.md section 7, whose order was verified by a model.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { DbError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import type { Scheduler } from '../base/scheduler.js';
import type { FreezablePool } from './pages/page-io.js';
import type { PageTable, TableRoot } from './pages/page-table.js';
import type { Meta } from './pages/superblock.js';
import { writeMeta } from './pages/superblock.js';
import type { File, Vfs } from './files/vfs.js';
import type { Wal } from './log/wal.js';
import { segmentPath } from './log/wal-record.js';
import { segmentNumbers } from './log/recovery.js';

/** Between two turns of the event loop; a page costs about 10 us to checksum and write. */
const PagesPerSlice = 64;
const CompactPagesMax = 1024;

/** Values that the meta holds beside addresses; read at the capture. */
export interface CapturedState {
  readonly lastCsn: number;
  readonly nextTreeId: number;
}

export interface CheckpointParts {
  readonly vfs: Vfs;
  readonly path: string;
  readonly file: File;
  readonly table: PageTable;
  readonly pool: FreezablePool;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly databaseId: Uint8Array;
  readonly directoryRoot: number;
  /** Makes the present moment one between two commits. */
  readonly settle: () => void;
  readonly capture: () => CapturedState;
  readonly poison: (cause: unknown) => DbError;
}

export class Checkpointer {
  readonly #parts: CheckpointParts;
  /** The newest durable meta; undefined while a new file is being made. */
  #meta: Meta | undefined;
  checkpointCount = 0;
  abandonedCount = 0;

  constructor(parts: CheckpointParts, meta: Meta | undefined) {
    this.#parts = parts;
    this.#meta = meta;
  }

  get captureLsn(): number {
    return this.#meta?.captureLsn ?? 0;
  }

  /** A checkpoint while writers go on. @throws DbError 53100 when abandoned, otherwise the store is poisoned */
  async run(wal: Wal): Promise<void> {
    const { table, pool, scheduler, file } = this.#parts;
    // What ENOSPC means depends on whether the freeze has happened.
    await this.#orPoison(() => wal.prepareRotation(), () => undefined);
    await this.#orPoison(() => Promise.resolve(table.compact(CompactPagesMax)), () => undefined);
    if (!skips('storage.capture-within-commit')) this.#parts.settle();
    const captureLsn = wal.appendedLsn;
    const captured = this.#parts.capture();
    pool.freezeDirty();
    table.freeze();
    const rotated = wal.rotate();
    await this.#orPoison(
      async () => {
        await this.#writePages(() => scheduler.yield());
        if (!skips('storage.no-data-sync')) await file.syncAsync();
      },
      () => this.#abandon(),
    );
    await this.#orPoison(async () => {
      await rotated;
      if (skips('storage.early-unlink')) this.#removeSegments(wal.segmentNumber);
      const meta = this.#nextMeta(table.frozenRoot(), captured, captureLsn, wal.segmentNumber, false);
      writeMeta(file, meta);
      if (!skips('storage.no-meta-sync')) await file.syncAsync();
      this.#finish(meta);
    });
  }

  /**
   * The checkpoint of close, of recovery and of a new file: nobody writes meanwhile, and afterwards no log segment belongs to the
   * database. `endLsn` is the end of the log. @throws as `run`
   */
  async runClean(endLsn: number, nextSegmentNumber: number): Promise<void> {
    const { table, pool, scheduler, file } = this.#parts;
    const captured = this.#parts.capture();
    pool.freezeDirty();
    table.freeze();
    await this.#orPoison(
      async () => {
        await this.#writePages(() => scheduler.yield());
        if (!skips('storage.no-data-sync')) await file.syncAsync();
      },
      () => this.#abandon(),
    );
    await this.#orPoison(async () => {
      const meta = this.#nextMeta(table.frozenRoot(), captured, endLsn, nextSegmentNumber, true);
      if (skips('storage.early-unlink')) this.#removeSegments(nextSegmentNumber);
      writeMeta(file, meta);
      if (!skips('storage.no-meta-sync')) await file.syncAsync();
      this.#finish(meta);
      this.#parts.vfs.syncDirectory(this.#parts.path);
    });
  }

  /**
   * Names the first log segment of this incarnation, which is durable, in a new meta over the same pages. Blocking, for it may happen
   * within a synchronous commit.
   */
  nameSegment(number: number): void {
    const { table, file } = this.#parts;
    const last = this.#meta;
    assert(last !== undefined, 'log started before the file was made');
    const meta = this.#nextMeta(table.durableRoot(), last, last.captureLsn, number, false);
    writeMeta(file, meta);
    if (!skips('storage.no-meta-sync')) file.sync();
    this.#meta = meta;
  }

  #nextMeta(root: TableRoot, state: CapturedState, captureLsn: number, segmentNumber: number, isClean: boolean): Meta {
    return {
      pageSizeBytes: this.#parts.table.pageSizeBytes,
      isClean,
      databaseId: this.#parts.databaseId,
      sequence: (this.#meta?.sequence ?? 0) + 1,
      captureLsn,
      lastCsn: state.lastCsn,
      segmentNumber,
      tableDepth: root.depth,
      tableRootSlot: root.slot,
      tableRootCrc: root.crc,
      pageCount: root.pageCount,
      slotCount: root.slotCount,
      directoryRoot: this.#parts.directoryRoot,
      nextTreeId: state.nextTreeId,
    };
  }

  async #writePages(turn: () => Promise<void>): Promise<void> {
    const { pool, table } = this.#parts;
    while (pool.writeFrozen(PagesPerSlice) > 0) await turn();
    table.beginTable();
    while (table.writeTable(PagesPerSlice) > 0) await turn();
  }

  /** The meta is durable. */
  #finish(meta: Meta): void {
    this.#meta = meta;
    this.#parts.table.commitFreeze();
    this.#parts.pool.thaw();
    this.#removeSegments(meta.segmentNumber);
    this.checkpointCount++;
  }

  #abandon(): void {
    this.#parts.pool.abandonFreeze();
    this.#parts.table.abandonFreeze();
    this.abandonedCount++;
  }

  /** Removes all segments before `end`; after a clean meta that is all there are. */
  #removeSegments(end: number): void {
    const { vfs, path } = this.#parts;
    for (const number of segmentNumbers(vfs, path)) if (number < end) vfs.unlink(segmentPath(path, number));
  }

  /** Runs a step; a full disk is passed on after `abandon` where that is possible, everything else poisons the store. */
  async #orPoison(step: () => Promise<unknown>, abandon?: () => void): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (abandon !== undefined && error instanceof DbError && error.code === '53100') {
        abandon();
        throw error;
      }
      throw this.#parts.poison(error);
    }
  }
}

function skips(mutant: string): boolean {
  return mutants.on && mutants.has(mutant);
}
