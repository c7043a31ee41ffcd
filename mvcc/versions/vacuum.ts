/**
 * Forgetting old versions. Undo records are queued in CSN order, each the `next` of the one before; those at or below the horizon go, oldest first, so the
 * work is proportional to what is freed and no tree is ever scanned for garbage.
 *
 * A long snapshot pins everything after it. Then the payloads that lie between two adjacent snapshots are dropped and stubs stay
 * (undo-overlay.ts, U3); and if that is not enough, the oldest snapshot holder is cancelled with 53200: old versions never fill the heap.
 *
 * G1  horizon <= every snapshot in use, and <= lastPublished.
 */
import { mutants } from '../../base/mutants.js';
import type { SnapshotRegistry } from '../snapshot.js';
import type { UndoMemory } from './undo-memory.js';
import { RecordBytes, type UndoRecord } from './undo-overlay.js';

/** Records freed in one slice of background work. */
const SliceRecords = 4096;

export class Vacuum {
  readonly #snapshots: SnapshotRegistry;
  readonly #bytesMax: number;
  readonly #memory: UndoMemory;
  /** Of all records, ascending by CSN. */
  #first: UndoRecord | undefined = undefined;
  #last: UndoRecord | undefined = undefined;
  #compactAt: number;
  bytes = 0;
  records = 0;
  stubs = 0;
  cancelled = 0;

  constructor(snapshots: SnapshotRegistry, memory: UndoMemory, bytesMax: number) {
    this.#snapshots = snapshots;
    this.#memory = memory;
    this.#bytesMax = bytesMax;
    this.#compactAt = bytesMax / 2;
  }

  horizon(lastPublished: number): number {
    if (mutants.on && mutants.has('mvcc.gc-at-last-published')) return lastPublished;
    return this.#snapshots.least(lastPublished);
  }

  /** Takes a record of the newest commit. */
  add(record: UndoRecord): void {
    if (this.#last === undefined) this.#first = record;
    else this.#last.next = record;
    this.#last = record;
    this.bytes += RecordBytes + record.keyLength + record.payloadBytes;
    this.records++;
  }

  /** After the records of a commit. May cancel the oldest snapshot holders when there is no memory for them. */
  limit(lastPublished: number): void {
    if (this.bytes > this.#compactAt) this.#relieve(lastPublished);
  }

  /** Frees up to about `recordsMax` records, those of a commit at once. @returns whether more could be freed */
  step(lastPublished: number, recordsMax = SliceRecords): boolean {
    const horizon = this.horizon(lastPublished);
    let freed = 0;
    let csn = 0;
    for (let first = this.#first; first !== undefined && first.csn <= horizon; first = this.#first) {
      if (freed++ >= recordsMax && first.csn !== csn) return true;
      csn = first.csn;
      this.#free(first);
    }
    return false;
  }
  /** The first of all. */
  #free(record: UndoRecord): void {
    this.#first = record.next;
    if (this.#first === undefined) this.#last = undefined;
    record.overlay!.removeOldest(record);
    this.bytes -= RecordBytes + record.keyLength + record.payloadBytes;
    this.records--;
    if (record.isStub) this.stubs--;
    this.#memory.free(record);
  }

  #relieve(lastPublished: number): void {
    while (this.step(lastPublished, Infinity));
    if (this.bytes > this.#compactAt) this.#dropPayloads(lastPublished);
    while (this.bytes > this.#bytesMax) {
      const oldest = this.#snapshots.first;
      if (oldest === undefined || oldest.user === undefined || oldest.csn >= lastPublished) break;
      this.cancelled++;
      oldest.user.cancelSnapshot();
      if (oldest.registry !== undefined) this.#snapshots.remove(oldest);
      while (this.step(lastPublished, Infinity));
      this.#dropPayloads(lastPublished);
    }
    // Next time after another eighth of the limit, so that a full pass is paid for by what came in.
    this.#compactAt = Math.max(this.#bytesMax / 2, this.bytes + this.#bytesMax / 8);
    if (this.bytes <= this.#bytesMax) this.#compactAt = Math.min(this.#compactAt, this.#bytesMax);
  }

  /** Makes stubs of the records whose before-image no snapshot in use, nor a future one, can ask for. */
  #dropPayloads(lastPublished: number): void {
    for (let record = this.#first; record !== undefined; record = record.next) this.#dropPayload(record, lastPublished);
  }
  #dropPayload(record: UndoRecord, lastPublished: number): void {
    if (record.payloadBytes === 0) return;
    const from = record.older === undefined ? 0 : record.older.csn;
    const isNeeded = lastPublished < record.csn || this.#snapshots.hasIn(from, record.csn);
    if (isNeeded && !(mutants.on && mutants.has('mvcc.payload-dropped-early'))) return;
    this.bytes -= record.payloadBytes;
    this.stubs++;
    this.#memory.dropPayload(record);
  }
}
