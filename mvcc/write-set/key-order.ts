/**
 * The key order of a map, made only when somebody asks for it.
 *
 * Write sets and undo overlays are looked up by key nearly always, and most of them live and die without being scanned; so `add` and
 * `delete` on them cost nothing here until the first ordered read. From then on the order is kept up: blocks of at most `BlockMax`
 * sorted keys, new keys in a list that the next read merges in. Keys that left the map stay behind and are skipped; when they
 * outnumber the others the order is thrown away and made anew at the next read. All costs amortise to O(log n) a key.
 */
import { assert } from '../../base/assert.js';

const BlockMax = 512;

/** What has the keys: a Map, or the write set of a tree. */
export interface KeySource {
  readonly size: number;
  has(key: string): boolean;
  keys(): Iterable<string>;
}

export class KeyOrder {
  readonly #map: KeySource;
  #blocks: string[][] | undefined = undefined;
  #fresh: string[] = [];
  #staleCount = 0;

  constructor(map: KeySource) {
    this.#map = map;
  }

  /** Whether there is an order to be kept up: otherwise `added` does nothing. */
  get isMade(): boolean {
    return this.#blocks !== undefined;
  }
  /** Tells that `key` is new in the map. */
  added(key: string): void {
    if (this.#blocks === undefined) return;
    this.#fresh.push(key);
  }

  /** Tells that some key has left the map. */
  removed(): void {
    if (this.#blocks === undefined) return;
    if (++this.#staleCount > this.#map.size + 64) {
      this.#blocks = undefined;
      this.#fresh.length = 0;
      this.#staleCount = 0;
    }
  }

  /**
   * Appends to `into` the keys of the map in [low, high), ascending, or descending when `reverse`; at most `countMax` of them,
   * and returns whether that limit cut the answer short.
   */
  collect(low: string, high: string | undefined, reverse: boolean, countMax: number, into: string[]): boolean {
    if (this.#map.size === 0) return false;
    if (high !== undefined && isAfter(high, low)) {
      // One key: the map itself knows, and no order is made for it.
      if (!this.#map.has(low)) return false;
      if (countMax > 0) into.push(low);
      return countMax === 0;
    }
    const blocks = this.#ordered();
    const map = this.#map;
    let found = 0;
    if (!reverse) {
      let b = this.#blockOf(low);
      let i = b < blocks.length ? lowerBound(blocks[b]!, low) : 0;
      for (; b < blocks.length; b++, i = 0) {
        const block = blocks[b]!;
        for (; i < block.length; i++) {
          const key = block[i]!;
          if (high !== undefined && key >= high) return false;
          if (!map.has(key)) continue;
          if (found++ === countMax) return true;
          into.push(key);
        }
      }
      return false;
    }
    let b = high === undefined ? blocks.length - 1 : this.#blockOf(high);
    let i = high === undefined || b === blocks.length ? -1 : lowerBound(blocks[b]!, high) - 1;
    if (b === blocks.length || high === undefined) {
      b = blocks.length - 1;
      i = b < 0 ? -1 : blocks[b]!.length - 1;
    }
    for (; b >= 0; b--, i = b < 0 ? -1 : blocks[b]!.length - 1) {
      const block = blocks[b]!;
      for (; i >= 0; i--) {
        const key = block[i]!;
        if (key < low) return false;
        if (!map.has(key)) continue;
        if (found++ === countMax) return true;
        into.push(key);
      }
    }
    return false;
  }

  #ordered(): string[][] {
    let blocks = this.#blocks;
    if (blocks === undefined) {
      const keys = [...this.#map.keys()].sort(compareKeys);
      blocks = [];
      for (let i = 0; i < keys.length; i += BlockMax / 2) blocks.push(keys.slice(i, i + BlockMax / 2));
      this.#blocks = blocks;
      return blocks;
    }
    if (this.#fresh.length > 0) {
      for (const key of this.#fresh) this.#insert(blocks, key);
      this.#fresh.length = 0;
    }
    return blocks;
  }

  #insert(blocks: string[][], key: string): void {
    if (blocks.length === 0) {
      blocks.push([key]);
      return;
    }
    const b = Math.min(this.#blockOf(key), blocks.length - 1);
    const block = blocks[b]!;
    const i = lowerBound(block, key);
    if (block[i] === key) return; // left the map and came back
    block.splice(i, 0, key);
    if (block.length > BlockMax) blocks.splice(b + 1, 0, block.splice(BlockMax / 2));
    assert(block.length <= BlockMax, 'key order block too long', block.length);
  }

  /** The first block whose last key is >= key. */
  #blockOf(key: string): number {
    const blocks = this.#blocks!;
    let low = 0;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = blocks[middle]!;
      if (block[block.length - 1]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether `high` is the least key greater than `low`. */
function isAfter(high: string, low: string): boolean {
  return high.length === low.length + 1 && high.charCodeAt(low.length) === 0 && high.startsWith(low);
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
