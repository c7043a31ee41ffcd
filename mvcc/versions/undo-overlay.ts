/**
 * Older versions: what a key held before each recent commit, in memory only, for no reader survives a crash.
 *
 * Per tree a table from key to its records (undo-heads.ts), newest first. A record says "the commit `csn` changed this key; before, it held this".
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
import { assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { SerialNode } from '../serializable/serial-node.js';
import type { SingleCommit } from '../commit/single-commit.js';
import type { StatementInfo } from '../types.js';
import type { UndoChunk } from './undo-bytes.js';
import { UndoHeads } from './undo-heads.js';
import { KeyOrder } from '../write-set/key-order.js';

/** What a commit did to a key. Replace: delete and insert of the same key in one transaction, that is, another row. */
export const ChangeKind = { Insert: 1, Update: 2, Delete: 3, Replace: 4 } as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

/** Whether who asks only if the key is there sees the change: not one of what it holds, nor another row in its place. */
export function changesPresence(kind: ChangeKind): boolean {
  return kind === ChangeKind.Insert || kind === ChangeKind.Delete || (kind === ChangeKind.Replace && mutants.on && mutants.has('mvcc.replaced-key-absent'));
}

/** `length` of a record whose key was absent before. */
export const Absent = -1;
/** `length` of a stub. */
const Dropped = -2;

/** Made, and filled in, by undo-memory.ts and whoever commits. The key and behind it the before-image lie in `chunk` from `offset` on. */
export class UndoRecord {
  overlay: UndoOverlay | undefined = undefined;
  csn = 0;
  kind: ChangeKind = ChangeKind.Insert;
  /** Node of the serializable transaction that made the change, undefined for other levels. */
  node: SerialNode | undefined = undefined;
  /** Who made the change, for explanations: the transaction, its statement and the number of that. */
  transactionId = 0;
  info: StatementInfo | undefined = undefined;
  statement = 0;
  /** Whether it concerns who has the row locked KEY SHARE: everything but an update of other columns. */
  changesKey = false;
  /** Where the row went when its primary key was changed. */
  movedTo: string | undefined = undefined;
  chunk: UndoChunk | undefined = undefined;
  offset = 0;
  keyLength = 0;
  /** Of the key, as in key-hash.ts for tree 0. */
  hash = 0;
  /** Of the before-image. */
  length: number = Absent;
  /** The commit, while it is one of single-commit.ts and not published. */
  single: SingleCommit | undefined = undefined;
  older: UndoRecord | undefined = undefined;
  newer: UndoRecord | undefined = undefined;
  /** The one that was made after it, whatever its key: the business of vacuum.ts. */
  next: UndoRecord | undefined = undefined;

  get key(): string {
    return keyString(this.chunk!.u8, this.offset, this.valueOffset);
  }
  get valueOffset(): number {
    return this.offset + this.keyLength;
  }
  /** Behind the last byte of key and before-image. */
  get end(): number {
    return this.offset + this.keyLength + this.payloadBytes;
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

  /** Whether its key is that of `length` bytes from `offset` on. */
  hasKey(bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.keyLength !== length) return false;
    const { u8 } = this.chunk!;
    const start = this.offset;
    for (let i = 0; i < length; i++) if (u8[start + i] !== bytes[offset + i]) return false;
    return true;
  }
  hasKeyText(key: string): boolean {
    if (this.keyLength !== key.length) return false;
    const { u8 } = this.chunk!;
    const start = this.offset;
    for (let i = 0; i < key.length; i++) if (u8[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  /** Its before-image is gone, see U3. */
  dropPayload(): void {
    this.length = Dropped;
  }
  /** Refers to nothing any more. */
  clear(): void {
    this.overlay = undefined;
    if (!(mutants.on && mutants.has('mvcc.undo-record-uncleared'))) this.node = undefined;
    this.info = undefined;
    this.movedTo = undefined;
    this.chunk = undefined;
    this.single = undefined;
    this.next = undefined;
  }
}

/** Memory of one record without its payload and key, an estimate from heap measurements. */
export const RecordBytes = 160;

export class UndoOverlay {
  readonly heads = new UndoHeads();
  readonly order = new KeyOrder(this.heads);

  get isEmpty(): boolean {
    return this.heads.size === 0;
  }

  push(record: UndoRecord): void {
    const older = this.heads.put(record);
    if (older === undefined) {
      if (this.order.isMade) this.order.added(record.key);
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
      this.heads.remove(record);
      this.order.removed();
    } else {
      newer.older = undefined;
      record.newer = undefined;
    }
  }
}
