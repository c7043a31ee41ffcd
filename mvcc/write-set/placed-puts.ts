/**
 * Puts of a write set on their way into the tree where their rows were found (found-places.ts), in the order of the set: what an entry says and what it puts then lies in memory behind what the
 * one before did, and nothing of the leaf has to be waited for before its bytes are written.
 */
import type { FoundPuts } from '../../storage/tree/bulk-build.js';
import { NoPlace } from '../../storage/tree/found-place.js';
import type { WriteSet } from './write-set.js';

const nothing = new Uint8Array(0);
const noEntries = new Int32Array(0);
const viewOfNothing = new DataView(nothing.buffer);

export class PlacedPuts implements FoundPuts {
  key: Uint8Array = nothing;
  keyOffset = 0;
  keyLength = 0;
  value: Uint8Array = nothing;
  valueView: DataView = viewOfNothing;
  valueOffset = 0;
  valueLength = 0;
  left = 0;
  place = NoPlace;
  version = 0;
  spot = 0;
  #set: WriteSet | undefined = undefined;
  #entries: Int32Array = noEntries;

  /** At the first of some entries of `set`, which may be anything. */
  begin(set: WriteSet, entries: Int32Array): void {
    this.#set = set;
    this.#entries = entries;
    this.left = entries.length;
    if (this.left > 0) set.showFound(entries[0]!, this);
  }
  next(): boolean {
    const left = --this.left;
    if (left <= 0) return false;
    const entries = this.#entries;
    this.#set!.showFound(entries[entries.length - left]!, this);
    return true;
  }
  /** The present entry. */
  get entry(): number {
    return this.#entries[this.#entries.length - this.left]!;
  }
  /** Lets go of the write set. */
  end(): void {
    this.#set = undefined;
    this.#entries = noEntries;
    this.key = nothing;
    this.value = nothing;
    this.valueView = viewOfNothing;
  }
}
