/**
 * Changes of a write set in the order of the places where their rows were found (found-places.ts): leaf by leaf, and within a leaf slot by slot, so that they go in without a look at their
 * keys. Each is one number, of place and position, and numbers are what V8 sorts fastest.
 */
import { NoPlace, frameOfPlace, slotOfPlace } from '../storage/found-place.js';
import type { WriteKind, WriteSet } from './write-set.js';

/** A position has 20 bits, and a place 31 of the 53 that there are. */
export const FoundCountMax = 1 << 20;

const none = new Int32Array(0);

export class FoundOrder {
  /** Those whose places are known, in the order of the places, and the slots of these. */
  entries = none;
  slots = none;
  /** The same entries in the order of the set, and all others of those that were given. */
  listed = none;
  others = none;

  /** Takes newest entries of a tree's keys, `FoundCountMax` at most: those that are changes of `kind` whose places are known, and the others. @returns how many of the former there are */
  take(set: WriteSet, newest: Int32Array, kind: WriteKind): number {
    const order = this.#divide(set, newest, kind).sort();
    this.entries = new Int32Array(order.length);
    this.slots = new Int32Array(order.length);
    for (let i = 0; i < order.length; i++) this.#put(i, set, this.listed[order[i]! % FoundCountMax]!);
    return order.length;
  }
  #divide(set: WriteSet, newest: Int32Array, kind: WriteKind): Float64Array {
    const order = new Float64Array(newest.length);
    const listed = new Int32Array(newest.length);
    const others = new Int32Array(newest.length);
    let count = 0;
    for (let i = 0; i < newest.length; i++) {
      const entry = newest[i]!;
      const place = set.placeOfChange(entry, kind);
      if (place === NoPlace) others[i - count] = entry;
      else {
        listed[count] = entry;
        order[count] = place * FoundCountMax + count;
        count++;
      }
    }
    this.listed = listed.subarray(0, count);
    this.others = others.subarray(0, newest.length - count);
    return order.subarray(0, count);
  }
  #put(i: number, set: WriteSet, entry: number): void {
    this.entries[i] = entry;
    this.slots[i] = slotOfPlace(set.foundPlace(entry));
  }
  /** Where those end that were found in the same version of the same leaf as that at `from`. Their keys ascend. */
  groupEnd(set: WriteSet, from: number): number {
    const { entries } = this;
    const frame = frameOfPlace(set.foundPlace(entries[from]!));
    const version = set.foundVersion(entries[from]!);
    let to = from + 1;
    while (to < entries.length && frameOfPlace(set.foundPlace(entries[to]!)) === frame && set.foundVersion(entries[to]!) === version) to++;
    return to;
  }
  end(): void {
    this.entries = none;
    this.slots = none;
    this.listed = none;
    this.others = none;
  }
}
