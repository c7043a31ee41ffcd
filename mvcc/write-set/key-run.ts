/**
 * The keys of one tree in a write set that came in ascending order: the newest entry of each, in key order. Nothing but a growing list of
 * numbers; the write set, which knows the keys, searches it. Loads, sequential inserts and INSERT ... SELECT in key order have all their
 * keys here, so that they are found by one comparison with the last and come to the leaves sorted.
 */
const EntriesFirst = 8;

export class KeyRun {
  entries = new Int32Array(EntriesFirst);
  count = 0;

  /** The entry at a place, or -1 behind the last. */
  at(place: number): number {
    return place < this.count ? this.entries[place]! : -1;
  }

  /** Replaces an entry, or appends one at the place `count`. */
  set(place: number, entry: number): void {
    if (place === this.count) {
      if (place === this.entries.length) {
        const entries = new Int32Array(place * 2);
        entries.set(this.entries);
        this.entries = entries;
      }
      this.count = place + 1;
    }
    this.entries[place] = entry;
  }

  /** Appends `count` entries, of consecutive numbers. */
  extend(first: number, count: number): void {
    const end = this.count + count;
    if (end > this.entries.length) {
      const entries = new Int32Array(Math.max(end, this.entries.length * 2));
      entries.set(this.entries.subarray(0, this.count));
      this.entries = entries;
    }
    for (let i = 0; i < count; i++) this.entries[this.count + i] = first + i;
    this.count = end;
  }
}
