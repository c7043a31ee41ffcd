/**
 * Forgetting old versions. Undo records are queued per commit in CSN order; those at or below the horizon go, oldest first, so the
 * work is proportional to what is freed and no tree is ever scanned for garbage.
 *
 * A long snapshot pins everything after it. Then the payloads that lie between two adjacent snapshots are dropped and stubs stay
 * (undo-overlay.ts, U3); and if that is not enough, the oldest snapshot holder is cancelled with 53200: old versions never fill the heap.
 *
 * G1  horizon <= every snapshot in use, and <= lastPublished.
 */
import { mutants } from '../base/mutants.js';
import { Ring } from '../base/ring.js';
import type { SnapshotRegistry } from './snapshot.js';
import type { StatementList } from './statement-list.js';
import { RecordBytes, type UndoRecord } from './undo-overlay.js';

/** Records freed in one slice of background work. */
const SliceRecords = 4096;

/** Who made the records of a commit, for explanations. */
export interface CommitOrigin {
  readonly id: number;
  readonly statements: StatementList;
}

/** A commit with its records: with one, as most have, or that and a list of the others. */
export interface Retired {
  readonly csn: number;
  readonly origin: CommitOrigin;
  readonly record: UndoRecord | undefined;
  readonly records: readonly UndoRecord[];
}
const noRecords: UndoRecord[] = [];

/** That of a transaction, while it is installed and after. */
export class RetiredCommit implements Retired, CommitOrigin {
  readonly csn: number;
  readonly id: number;
  readonly statements: StatementList;
  record: UndoRecord | undefined = undefined;
  records = noRecords;

  constructor(csn: number, { id, statements }: CommitOrigin) {
    this.csn = csn;
    this.id = id;
    this.statements = statements;
  }
  get origin(): CommitOrigin {
    return this;
  }
  add(record: UndoRecord): void {
    if (this.record === undefined) this.record = record;
    else if (this.records === noRecords) this.records = [record];
    else this.records.push(record);
  }
}

export class Vacuum {
  readonly #snapshots: SnapshotRegistry;
  readonly #bytesMax: number;
  /** Commits with records, ascending by CSN. */
  readonly #queue = new Ring<Retired>();
  #compactAt: number;
  bytes = 0;
  records = 0;
  stubs = 0;
  cancelled = 0;

  constructor(snapshots: SnapshotRegistry, bytesMax: number) {
    this.#snapshots = snapshots;
    this.#bytesMax = bytesMax;
    this.#compactAt = bytesMax / 2;
  }

  horizon(lastPublished: number): number {
    if (mutants.on && mutants.has('mvcc.gc-at-last-published')) return lastPublished;
    return this.#snapshots.least(lastPublished);
  }

  /** Takes the records of a commit. May cancel the oldest snapshot holders when there is no memory for them. */
  add(retired: Retired, lastPublished: number): void {
    const { record, records } = retired;
    if (record === undefined) return;
    this.#queue.push(retired);
    this.#count(record);
    for (let i = 0; i < records.length; i++) this.#count(records[i]!);
    if (this.bytes > this.#compactAt) this.#relieve(lastPublished);
  }

  #count(record: UndoRecord): void {
    this.bytes += RecordBytes + record.key.length + record.payloadBytes;
    this.records++;
  }

  /** Who made the commit `csn`; undefined once its records are forgotten. */
  originOf(csn: number): CommitOrigin | undefined {
    const queue = this.#queue;
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (queue.at(middle).csn < csn) low = middle + 1;
      else high = middle;
    }
    const found = low < queue.length ? queue.at(low) : undefined;
    return found?.csn === csn ? found.origin : undefined;
  }

  /** Frees up to about `recordsMax` records. @returns whether more could be freed */
  step(lastPublished: number, recordsMax = SliceRecords): boolean {
    const horizon = this.horizon(lastPublished);
    const queue = this.#queue;
    let freed = 0;
    for (let first = queue.first; first !== undefined && first.csn <= horizon; first = queue.first) {
      if (freed >= recordsMax) return true;
      if (first.record !== undefined) this.#free(first.record);
      for (let i = 0; i < first.records.length; i++) this.#free(first.records[i]!);
      freed += first.records.length + 1;
      queue.shift();
    }
    return false;
  }
  #free(record: UndoRecord): void {
    record.overlay.removeOldest(record);
    this.bytes -= RecordBytes + record.key.length + record.payloadBytes;
    this.records--;
    if (record.isStub) this.stubs--;
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
    for (const { record, records } of this.#queue) {
      if (record !== undefined) this.#dropPayload(record, lastPublished);
      for (const one of records) this.#dropPayload(one, lastPublished);
    }
  }
  #dropPayload(record: UndoRecord, lastPublished: number): void {
    if (record.payloadBytes === 0) return;
    const from = record.older === undefined ? 0 : record.older.csn;
    const isNeeded = lastPublished < record.csn || this.#snapshots.hasIn(from, record.csn);
    if (isNeeded && !(mutants.on && mutants.has('mvcc.payload-dropped-early'))) return;
    this.bytes -= record.payloadBytes;
    this.stubs++;
    record.dropPayload();
  }
}
