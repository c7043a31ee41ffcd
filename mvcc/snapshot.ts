/**
 * Visibility, alone in a file.
 *
 * A snapshot is one commit sequence number S. CSNs are published in order, so "committed before the snapshot" is `csn <= S` and no
 * list of running transactions is needed. Pages hold the newest installed state; a version is turned back into the one of S by
 * undoing every undo record with `csn > S`, newest to oldest; what remains is the before-image of the *oldest* of those records.
 *
 * V1  A snapshot is never greater than `lastPublished` at the time it is taken.
 * V2  Before-images with `csn > horizon` exist, where horizon <= every snapshot in use and <= lastPublished.
 */
import { assert } from '../base/assert.js';
import { mutants } from '../base/mutants.js';
import type { UndoRecord } from './versions/undo-overlay.js';

/** The record whose before-image is the version at snapshot `snap`, or undefined when the installed version is. */
export function undoneTo(newest: UndoRecord | undefined, snap: number): UndoRecord | undefined {
  if (mutants.on && mutants.has('mvcc.newest-before-image') && newest !== undefined && newest.csn > snap) return newest;
  let result: UndoRecord | undefined = undefined;
  for (let record = newest; record !== undefined && record.csn > snap; record = record.older) result = record;
  return result;
}

/** One use of a snapshot. A member of a `SnapshotRegistry` while `registry` is set. */
export class SnapshotHolder {
  csn = 0;
  previous: SnapshotHolder | undefined = undefined;
  next: SnapshotHolder | undefined = undefined;
  registry: SnapshotRegistry | undefined = undefined;
  /** Whoever is cancelled when this snapshot keeps too much memory. */
  readonly user: SnapshotUser | undefined;

  constructor(user: SnapshotUser | undefined) {
    this.user = user;
  }
}

export interface SnapshotUser {
  /** Give the snapshot up: the versions kept for it exceed the memory for them. */
  cancelSnapshot(): void;
}

/** The snapshots in use, ascending. They are taken in ascending order but for rare exceptions, so adding is O(1). */
export class SnapshotRegistry {
  #first: SnapshotHolder | undefined = undefined;
  #last: SnapshotHolder | undefined = undefined;
  size = 0;

  add(holder: SnapshotHolder, csn: number): void {
    assert(holder.registry === undefined, 'snapshot is held already');
    holder.csn = csn;
    holder.registry = this;
    let after = this.#last;
    while (after !== undefined && after.csn > csn) after = after.previous;
    holder.previous = after;
    holder.next = after === undefined ? this.#first : after.next;
    if (holder.previous === undefined) this.#first = holder;
    else holder.previous.next = holder;
    if (holder.next === undefined) this.#last = holder;
    else holder.next.previous = holder;
    this.size++;
  }

  /** No effect when it is not held. */
  remove(holder: SnapshotHolder): void {
    if (holder.registry === undefined) return;
    assert(holder.registry === this, 'snapshot is held elsewhere');
    if (holder.previous === undefined) this.#first = holder.next;
    else holder.previous.next = holder.next;
    if (holder.next === undefined) this.#last = holder.previous;
    else holder.next.previous = holder.previous;
    holder.previous = undefined;
    holder.next = undefined;
    holder.registry = undefined;
    this.size--;
  }

  get first(): SnapshotHolder | undefined {
    return this.#first;
  }

  /** The least snapshot in use, `otherwise` when there is none or it is less. */
  least(otherwise: number): number {
    const first = this.#first;
    return first === undefined || first.csn > otherwise ? otherwise : first.csn;
  }

  /** Whether some snapshot S in use has `from <= S < end`. */
  hasIn(from: number, end: number): boolean {
    for (let holder = this.#first; holder !== undefined && holder.csn < end; holder = holder.next) {
      if (holder.csn >= from) return true;
    }
    return false;
  }
}
