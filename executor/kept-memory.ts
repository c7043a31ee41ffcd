/**
 * What a statement keeps on the heap where it cannot go to a temporary file: rows of an interpreted sort, a window's partition, states of aggregates, answers of
 * subqueries, the result of a call. A heap that is full takes the process down with all its sessions, so a statement that would keep more than its limit
 * (statement_mem) fails instead. Sizes are the estimates of spill/memory.ts, counted once for each row that is kept.
 *
 * M1  Whoever keeps rows has a `Keeper`, adds to it when a row is kept, and clears it when the rows are let go, so that what runs again begins at nothing.
 * M2  What spills is not counted: it is bounded by work_mem.
 *
 * Source. Greenplum's statement_mem; PostgreSQL has no such bound, but a process for each session.
 */
import { DbError } from '../base/errors.js';

export class KeptMemory {
  readonly #limitBytes: number;
  #bytes = 0;
  #keepers: Map<object, Keeper> | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** @throws DbError 53200 beyond the limit */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limitBytes) throw this.#exceeded();
  }
  give(bytes: number): void {
    this.#bytes -= bytes;
  }
  /** The keeper of what has no life of its own to hold one, by any object that stands for it; empty, for whoever asks begins anew. */
  keeperOf(owner: object): Keeper {
    this.#keepers ??= new Map();
    let keeper = this.#keepers.get(owner);
    if (keeper === undefined) this.#keepers.set(owner, (keeper = new Keeper(this)));
    else keeper.clear();
    return keeper;
  }
  #exceeded(): DbError {
    const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} kB`;
    return new DbError('53200', 'out of memory', {
      detail: `The statement keeps ${kilobytes(this.#bytes)} in memory; statement_mem allows ${kilobytes(this.#limitBytes)}.`,
      hint: 'Let the statement keep less, read its result with a cursor or a stream, or raise statement_mem.',
    });
  }
}

/** One keeper's part. */
export class Keeper {
  readonly #memory: KeptMemory;
  #bytes = 0;

  constructor(memory: KeptMemory) {
    this.#memory = memory;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** @throws DbError 53200 beyond the statement's limit */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.take(bytes);
  }
  remove(bytes: number): void {
    this.#bytes -= bytes;
    this.#memory.give(bytes);
  }
  clear(): void {
    this.remove(this.#bytes);
  }
}
