/**
 * Older versions: what a key held before each recent commit, in memory only, for no reader survives a crash.
 *
 * Per tree a table from key to its records (key-table.ts), newest first. A record says "the commit `csn` changed this key; before, it held this".
 * Primary trees and secondary indexes use the same structure: an insert leaves ABSENT, a delete the entry that was there, so the
 * index alone decides visibility and index-only scans are exact.
 *
 * U1  Records of a key are in strictly descending CSN order; the newest equals the last installed change of that key.
 * U2  Every change with csn > horizon has its record. At horizon = lastPublished the overlay is empty.
 * U3  A record whose payload was dropped (a stub) lies between no snapshot in use and its older neighbour: nobody can ask for it.
 *     Write rules and rw-antidependencies need only the stub.
 *
 * Source. Neumann, Muehlbauer, Kemper 2015; Freitag, Kemper, Neumann 2022. See design/concurrency.md, section 2.
 */
import { assert } from '../base/assert.js';
import type { ByteChunk } from './write-set/byte-arena.js';
import type { SerialNode } from './serializable/serial-node.js';
import { KeyOrder } from './write-set/key-order.js';
import { KeyTable } from './write-set/key-table.js';
import type { SingleCommit } from './single-commit.js';

/** What a commit did to a key. Replace: delete and insert of the same key in one transaction, that is, another row. */
export const ChangeKind = { Insert: 1, Update: 2, Delete: 3, Replace: 4 } as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

/** `length` of a record whose key was absent before. */
export const Absent = -1;
/** `length` of a stub. */
const Dropped = -2;

export class UndoRecord {
  readonly overlay: UndoOverlay;
  readonly key: string;
  readonly csn: number;
  readonly kind: ChangeKind;
  /** Node of the serializable transaction that made the change, undefined for other levels. */
  readonly node: SerialNode | undefined;
  /** Number of its statement. */
  readonly statement: number;
  /** Whether a reader that only asks whether the row exists sees a difference: everything but an update of other columns. */
  readonly changesKey: boolean;
  readonly changedColumns: readonly number[] | undefined;
  /** Where the row went when its primary key was changed. */
  readonly movedTo: string | undefined;
  chunk: ByteChunk | undefined;
  offset: number;
  length: number;
  /** The commit, while it is one of single-commit.ts and not published. */
  single: SingleCommit | undefined = undefined;
  older: UndoRecord | undefined = undefined;
  newer: UndoRecord | undefined = undefined;

  constructor(
    overlay: UndoOverlay,
    key: string,
    csn: number,
    kind: ChangeKind,
    node: SerialNode | undefined,
    statement: number,
    changesKey: boolean,
    changedColumns: readonly number[] | undefined,
    movedTo: string | undefined,
    chunk: ByteChunk | undefined,
    offset: number,
    length: number,
  ) {
    this.overlay = overlay;
    this.key = key;
    this.csn = csn;
    this.kind = kind;
    this.node = node;
    this.statement = statement;
    this.changesKey = changesKey;
    this.changedColumns = changedColumns;
    this.movedTo = movedTo;
    this.chunk = chunk;
    this.offset = offset;
    this.length = length;
  }

  get isAbsent(): boolean {
    return this.length === Absent;
  }
  get isStub(): boolean {
    return this.length === Dropped;
  }
  get payloadBytes(): number {
    return this.length > 0 ? this.length : 0;
  }
  /** Frees the before-image, see U3. */
  dropPayload(): void {
    this.chunk = undefined;
    this.length = Dropped;
  }
}

/** Memory of one record without its payload and key, an estimate from heap measurements. */
export const RecordBytes = 160;

export class UndoOverlay {
  readonly heads = new KeyTable<UndoRecord>();
  readonly order = new KeyOrder(this.heads);

  get isEmpty(): boolean {
    return this.heads.size === 0;
  }

  push(record: UndoRecord): void {
    const older = this.heads.set(record.key, record);
    if (older === undefined) {
      this.order.added(record.key);
      return;
    }
    assert(older.csn < record.csn, 'undo record out of order', older.csn, record.csn);
    record.older = older;
    older.newer = record;
  }

  /** Removes the oldest record of a chain. */
  removeOldest(record: UndoRecord): void {
    assert(record.older === undefined, 'only the oldest record of a key may go');
    const newer = record.newer;
    if (newer === undefined) {
      this.heads.delete(record.key);
      this.order.removed();
    } else {
      newer.older = undefined;
      record.newer = undefined;
    }
  }
}
