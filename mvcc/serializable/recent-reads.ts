/**
 * The first reads of each serializable transaction, on their way to the readers' index (siread.ts).
 *
 * Most transactions read a handful of keys, and mostly no writer ever asks for them. So they first stay here: ranges in a list (recent-ranges.ts), points in *slots*, of which a
 * transaction has one, or some when it reads more: a hash of tree and key, the key's bytes, the statement; no object, no string, no place in a map. A committing writer finds those
 * of its key by a table of chains. Where its key is in a range, that transaction's reads are *settled*: moved to the index, which answers exactly.
 * They are settled too when there are too many, when another transaction needs the room, and whenever somebody asks a node what it has read.
 *
 * A point takes 64 bytes, a line of the cache, of one run of memory:
 *
 *    0  hash of tree and key
 *    4  statement
 *    8  1 when only whether the row is there was looked at
 *   12  length of the key
 *   16  the places of the next and of the previous point of its chain, -1 when there is none
 *   24  the key
 *
 * N1  A read is here with its node or in the index, until the node lets go of both.
 * N2  Who asks for the readers of a key asks here first and then the index (`Certifier.probe`), or has settled whoever it may concern (`SerialNode.reads`).
 * N3  A settled node stays settled: its further reads go to the index at once.
 * N4  A point is in the chain of its hash. Chains are in no order.
 *
 * The index alone is the simple twin: without slots everything goes there.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { keyString, putKeyString } from '../../base/bytes.js';
import { hashOfKey, hashWhileCopying } from '../write-set/key-hash.js';
import { NoRange, RecentRanges } from './recent-ranges.js';
import type { SerialNode } from './serial-node.js';
import { afterKey } from '../types.js';
import type { ReadHit, SireadBudget, SireadIndex } from './siread.js';

/** When so many slots are in use, whoever needs one takes those of a transaction that has ended. */
const SlotCountMax = 512;
const SlotPointsBits = 4;
const SlotPointsMax = 1 << SlotPointsBits;
/** Of one transaction. The index takes some four times as long for a point, but finds one that is read again. */
const NodeSlotsMax = 8;
const NodeRangesMax = 16;
/** Of all. A writer looks at all that are there. */
const RangeCountMax = 128;
/** To begin with. */
const SlotCountMin = 16;
/** A power of two, several times the points that are usually there. */
const ChainCount = 1024;
/** No point. */
export const NoPlace = -1;
const PointBytes = 64;
const PointWords = PointBytes / 4;
// Where in a point they are: in words of four bytes, in bytes.
const AtHash = 0;
const AtStatement = 1;
const AtExistence = 2;
const AtKeyLength = 3;
const AtNext = 4;
const AtPrevious = 5;
const AtKey = 24;
/** Longer keys go to the index at once. */
const KeyBytesMax = PointBytes - AtKey;
/** Slots looked at for one whose transaction has ended. */
const SearchMax = 8;

/** What `SerialNode.slot`, otherwise the slot for its next point, is before the first one and after the reads were settled. */
export const NoSlot = -1;
const Settled = -2;

export class RecentReads {
  readonly budget: SireadBudget;
  readonly #slotCountMax: number;
  readonly #nodeSlotsMax: number;
  #slotCount = 0;
  /** The slots in use, in no order, and where each of them is in that list. */
  #used = new Uint16Array(0);
  #usedCount = 0;
  #usedAt = new Uint16Array(0);
  readonly #free: number[] = [];
  /** The first point whose hash has these last bits (N4). */
  readonly #chains = new Int16Array(ChainCount).fill(NoPlace);
  /** Per slot: whose it is, the one that its owner filled before, and its points. */
  readonly #owners: (SerialNode | undefined)[] = [];
  #filledBefore = new Int16Array(0);
  #counts = new Uint8Array(0);
  /** The points, two views of the same memory. */
  #words = new Int32Array(0);
  #bytes = new Uint8Array(0);
  /** Per point the tree's index. */
  readonly #indexes: (SireadIndex | undefined)[] = [];
  readonly #ranges: RecentRanges;
  /** The next slot to take from a transaction that has ended. */
  #hand = 0;
  #pointCount = 0;

  /** No transaction has more than `nodeReadsMax` reads here. */
  constructor(budget: SireadBudget, nodeReadsMax: number, slotCountMax = SlotCountMax) {
    this.budget = budget;
    this.#nodeSlotsMax = Math.max(0, Math.min(NodeSlotsMax, Math.floor((nodeReadsMax - NodeRangesMax) / SlotPointsMax)));
    this.#slotCountMax = this.#nodeSlotsMax === 0 ? 0 : slotCountMax;
    this.#ranges = new RecentRanges(Math.min(RangeCountMax, this.#slotCountMax));
  }

  get count(): number {
    return this.#pointCount + this.#ranges.count;
  }

  // ------------------------------------------------------------------------------------------------------------ adding

  /** @returns false when the read has to go to the index */
  addPoint(node: SerialNode, index: SireadIndex, key: Uint8Array, keyLength: number, statement: number, existence: boolean): boolean {
    if (keyLength > KeyBytesMax) return false;
    const at = this.#place(node);
    if (at < 0) return false;
    const hash = hashWhileCopying(index.tree.id, key, keyLength, this.#bytes, at * PointBytes + AtKey);
    this.#fill(node.slot, at, index, hash, keyLength, statement, existence);
    return true;
  }

  addPointText(node: SerialNode, index: SireadIndex, key: string, statement: number, existence: boolean): boolean {
    if (key.length > KeyBytesMax) return false;
    const at = this.#place(node);
    if (at < 0) return false;
    putKeyString(this.#bytes, at * PointBytes + AtKey, key);
    this.#fill(node.slot, at, index, hashOfKey(index.tree.id, key), key.length, statement, existence);
    return true;
  }

  /** A range of more than one key. A scan that goes on widens the read it made before. */
  addRange(node: SerialNode, index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): boolean {
    const ranges = this.#ranges;
    if (ranges.widen(node, index, low, high, statement, existence)) return true;
    if (node.slot === Settled) return false;
    if (node.range !== NoRange && ranges.countOf(node) === NodeRangesMax) {
      this.settle(node);
      return false;
    }
    if (ranges.add(node, index, low, high, statement, existence)) return true;
    const oldest = ranges.oldestOwner;
    if (oldest === undefined || oldest.state === 'active') return false;
    this.settle(oldest);
    return ranges.add(node, index, low, high, statement, existence);
  }

  /** The place of the next point of `node`; -1 when it has none. */
  #place(node: SerialNode): number {
    let slot = node.slot;
    if (slot === NoSlot) slot = this.#take(node);
    if (slot < 0) return -1;
    if (this.#counts[slot] === SlotPointsMax) {
      slot = this.#slotCountOf(node) < this.#nodeSlotsMax ? this.#take(node) : NoSlot;
      if (slot === NoSlot) {
        this.settle(node);
        return -1;
      }
    }
    return slot * SlotPointsMax + this.#counts[slot]!;
  }
  #slotCountOf(node: SerialNode): number {
    let count = 0;
    for (let slot = node.slot; slot >= 0; slot = this.#filledBefore[slot]!) count++;
    return count;
  }

  #take(node: SerialNode): number {
    if (this.#free.length === 0 && this.#slotCount < this.#slotCountMax) this.#grow();
    let slot = this.#free.pop();
    for (let i = 0; slot === undefined && i < SearchMax && i < this.#slotCount; i++) {
      const owner = this.#owners[this.#hand]!;
      this.#hand = (this.#hand + 1) % this.#slotCount;
      if (owner.state === 'active') continue;
      this.settle(owner);
      slot = this.#free.pop();
    }
    if (slot === undefined) return NoSlot;
    this.#owners[slot] = node;
    this.#filledBefore[slot] = node.slot;
    this.#usedAt[slot] = this.#usedCount;
    this.#used[this.#usedCount++] = slot;
    node.slot = slot;
    return slot;
  }

  #grow(): void {
    const before = this.#slotCount;
    const count = Math.min(this.#slotCountMax, Math.max(SlotCountMin, before * 2));
    const points = count * SlotPointsMax;
    this.#slotCount = count;
    for (let slot = count - 1; slot >= before; slot--) this.#free.push(slot);
    for (let slot = before; slot < count; slot++) this.#owners.push(undefined);
    for (let at = before * SlotPointsMax; at < points; at++) this.#indexes.push(undefined);
    this.#used = copied(new Uint16Array(count), this.#used);
    this.#usedAt = copied(new Uint16Array(count), this.#usedAt);
    this.#filledBefore = copied(new Int16Array(count), this.#filledBefore);
    this.#counts = copied(new Uint8Array(count), this.#counts);
    this.#words = copied(new Int32Array(points * PointWords), this.#words);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  #fill(slot: number, at: number, index: SireadIndex, hash: number, keyLength: number, statement: number, existence: boolean): void {
    const words = this.#words;
    const word = at * PointWords;
    words[word + AtHash] = hash;
    words[word + AtStatement] = statement;
    words[word + AtExistence] = existence ? 1 : 0;
    words[word + AtKeyLength] = keyLength;
    const chain = hash & (ChainCount - 1);
    const next = this.#chains[chain]!;
    words[word + AtNext] = next;
    words[word + AtPrevious] = NoPlace;
    if (next !== NoPlace) words[next * PointWords + AtPrevious] = at;
    this.#chains[chain] = at;
    this.#indexes[at] = index;
    this.#counts[slot]!++;
    this.#pointCount++;
  }

  // ------------------------------------------------------------------------------------------------------------ settling

  /** Moves the reads of `node` to the index. No effect when it has none here. */
  settle(node: SerialNode): void {
    const slot = node.slot;
    if (slot < 0 && node.range === NoRange) return;
    node.slot = Settled;
    const isForgotten = mutants.on && mutants.has('mvcc.recent-reads-forgotten');
    if (slot >= 0) this.#settleSlot(node, slot, isForgotten);
    if (isForgotten) this.#ranges.release(node);
    else this.#ranges.settle(node);
  }
  /** In the order in which they were made. */
  #settleSlot(node: SerialNode, slot: number, isForgotten: boolean): void {
    const before = this.#filledBefore[slot]!;
    if (before >= 0) this.#settleSlot(node, before, mutants.on && mutants.has('mvcc.recent-slot-forgotten'));
    const from = slot * SlotPointsMax;
    const end = from + this.#counts[slot]!;
    for (let at = from; at < end && !isForgotten; at++) {
      const statement = this.#words[at * PointWords + AtStatement]!;
      const existence = this.#words[at * PointWords + AtExistence] === 1;
      const keyLength = this.#words[at * PointWords + AtKeyLength]!;
      const keyAt = at * PointBytes + AtKey;
      node.readsOf(this.#indexes[at]!).addPoint(keyString(this.#bytes, keyAt, keyAt + keyLength), statement, existence);
    }
    this.#giveBack(slot);
  }

  /** Settles whoever may have read `key` of the tree within a range, but for `writer` itself. */
  settleRanges(index: SireadIndex, key: string, writer: SerialNode): void {
    if (mutants.on && mutants.has('mvcc.recent-reads-unprobed')) return;
    for (let reader = this.#ranges.readerOf(index, key, writer); reader !== undefined; reader = this.#ranges.readerOf(index, key, writer)) this.settle(reader);
  }

  /**
   * The first point here, or the next one after `after`, that a write of `key` overwrites, but for those of `writer`; `NoPlace` when there is none. For `hitAt`, and as long as nothing
   * is settled. `changesPresence`: see `SireadIndex.forEachReader`.
   */
  pointOf(index: SireadIndex, key: string, changesPresence: boolean, writer: SerialNode, after: number): number {
    if (this.#pointCount === 0 || (mutants.on && mutants.has('mvcc.recent-reads-unprobed'))) return NoPlace;
    const words = this.#words;
    const hash = hashOfKey(index.tree.id, key);
    for (let at = after === NoPlace ? this.#chains[hash & (ChainCount - 1)]! : words[after * PointWords + AtNext]!; at !== NoPlace; at = words[at * PointWords + AtNext]!) {
      const word = at * PointWords;
      if (words[word + AtHash] !== hash) continue;
      const reader = this.#owners[at >> SlotPointsBits]!;
      if (mutants.on && reader === writer && mutants.has('mvcc.own-read-hides-others')) return NoPlace;
      if (reader === writer || this.#indexes[at] !== index || !this.#isKey(at, key)) continue;
      if (changesPresence || words[word + AtExistence] === 0) return at;
    }
    return NoPlace;
  }
  hitAt(at: number, key: string): ReadHit {
    return { node: this.#owners[at >> SlotPointsBits]!, statement: this.#words[at * PointWords + AtStatement]!, low: key, high: afterKey(key) };
  }
  #isKey(at: number, key: string): boolean {
    const length = this.#words[at * PointWords + AtKeyLength]!;
    const start = at * PointBytes + AtKey;
    let i = 0;
    while (i < length && this.#bytes[start + i] === key.charCodeAt(i)) i++;
    return i === key.length && i === length;
  }
  #unchain(at: number): void {
    const words = this.#words;
    const next = words[at * PointWords + AtNext]!;
    const previous = words[at * PointWords + AtPrevious]!;
    if (next !== NoPlace) words[next * PointWords + AtPrevious] = previous;
    if (previous !== NoPlace) words[previous * PointWords + AtNext] = next;
    else this.#chains[words[at * PointWords + AtHash]! & (ChainCount - 1)] = next;
  }

  settleAll(): void {
    while (this.#usedCount > 0) this.settle(this.#owners[this.#used[0]!]!);
    for (let owner = this.#ranges.oldestOwner; owner !== undefined; owner = this.#ranges.oldestOwner) this.settle(owner);
  }

  /** Forgets the reads of `node`, which is gone. */
  release(node: SerialNode): void {
    let slot = node.slot;
    node.slot = NoSlot;
    while (slot >= 0) {
      const before = this.#filledBefore[slot]!;
      this.#giveBack(slot);
      slot = before;
    }
    if (node.range !== NoRange) this.#ranges.release(node);
  }

  #giveBack(slot: number): void {
    const from = slot * SlotPointsMax;
    const count = this.#counts[slot]!;
    for (let at = from; at < from + count; at++) {
      this.#indexes[at] = undefined;
      this.#unchain(at);
    }
    this.#pointCount -= count;
    this.#counts[slot] = 0;
    this.#owners[slot] = undefined;
    const last = this.#used[--this.#usedCount]!;
    const place = this.#usedAt[slot]!;
    this.#used[place] = last;
    this.#usedAt[last] = place;
    this.#free.push(slot);
  }

  /** Under VERIFY: every slot is free or its owner's, the points are counted, and N4. */
  check(): void {
    let count = 0;
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const owner = this.#owners[slot];
      assert(owner === undefined ? this.#counts[slot] === 0 : this.#isOf(owner, slot) && owner.state !== 'gone', 'slot of reads without its owner', slot);
      count += this.#counts[slot]!;
    }
    assert(count === this.#pointCount && this.#chainedCount() === count, 'recent points miscounted', count, this.#pointCount);
    for (let i = 0; i < this.#usedCount; i++) assert(this.#usedAt[this.#used[i]!] === i && this.#owners[this.#used[i]!] !== undefined, 'slot in use is listed elsewhere', i);
    assert(this.#free.length + this.#usedCount === this.#slotCount, 'slots of reads miscounted', this.#free.length);
    this.#ranges.check();
  }
  #isOf(owner: SerialNode, slot: number): boolean {
    let own = owner.slot;
    while (own >= 0 && own !== slot) own = this.#filledBefore[own]!;
    return own === slot;
  }
  #chainedCount(): number {
    let count = 0;
    for (let chain = 0; chain < ChainCount; chain++) {
      let previous = NoPlace;
      for (let at = this.#chains[chain]!; at !== NoPlace; at = this.#words[at * PointWords + AtNext]!) {
        const hash = this.#words[at * PointWords + AtHash]!;
        assert((hash & (ChainCount - 1)) === chain && this.#words[at * PointWords + AtPrevious] === previous, 'recent point in another chain', chain);
        previous = at;
        count++;
      }
    }
    return count;
  }
}

/** `before`'s elements at the beginning of `array`. */
function copied<T extends Uint8Array | Int16Array | Uint16Array | Int32Array<ArrayBuffer>>(array: T, before: T): T {
  array.set(before);
  return array;
}
