/**
 * The first reads of each serializable transaction, on their way to the readers' index (siread.ts).
 *
 * Most transactions read a handful of keys, and mostly no writer ever asks for them. So they first go into *slots*, of which a transaction has one, or some when it reads
 * more: a hash of tree and key, the key's bytes, the statement; no object, no string, no place in a map, and nothing to take apart at the end. A committing writer finds those
 * with the hash of its key by a table of chains, and compares its first bytes with the ends of ranges. Where they agree (the key, or seldom another), that transaction's reads
 * are *settled*: moved to the index, which answers exactly. They are settled too when there are too many, when another transaction needs the slots, and whenever somebody
 * asks a node what it has read.
 *
 * A read takes 64 bytes, a line of the cache, of one run of memory:
 *
 *    0  hash of tree and key; of a range 0
 *    4  statement
 *    8  1 when only whether the row is there was looked at
 *   12  length of the key; of a range -1
 *   16  of a range: the leading bytes of its low and of its high end as two numbers (`leadOf`), the latter Infinity when it has no end
 *       of a point: the places of the next and of the previous point of its chain, -1 when there is none
 *   32  of a point: the key
 *
 * N1  A read is in a slot of its node or in the index, until the node lets go of both.
 * N2  Nobody asks the index about a key before the slots that may hold a reader of it are settled: every question goes through `Certifier.probe` or
 *     `SerialNode.reads`.
 * N3  A settled node stays settled: its further reads go to the index at once.
 * N4  A point in a slot is in the chain of its hash. Chains are in no order.
 *
 * The index alone is the simple twin: without slots everything goes there.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { copyBytes, keyString, putKeyString } from '../../base/bytes.js';
import { endsAfter, maxEnd } from './interval-tree.js';
import { hashOfBytes, hashOfKey } from '../write-set/key-hash.js';
import type { SerialNode } from './serial-node.js';
import type { SireadBudget, SireadIndex } from './siread.js';

/** When so many slots are in use, whoever needs one takes those of a transaction that has ended. */
const SlotCountMax = 512;
const SlotReadsBits = 4;
const SlotReadsMax = 1 << SlotReadsBits;
/** Of one transaction. The index takes some four times as long for a point, but finds one that is read again. */
const NodeSlotsMax = 8;
/** To begin with. */
const SlotCountMin = 16;
/** A power of two, several times the points that are usually there. */
const ChainCount = 4096;
const NoPlace = -1;
const ReadBytes = 64;
const ReadWords = ReadBytes / 4;
// Where in a read they are: in words of four bytes, in numbers of eight, in bytes.
const AtHash = 0;
const AtStatement = 1;
const AtExistence = 2;
const AtKeyLength = 3;
const AtNext = 4;
const AtPrevious = 5;
const AtLowLead = 2;
const AtHighLead = 3;
const AtKey = 32;
/** `AtKeyLength` of a range. */
const RangeLength = -1;
/** Longer keys go to the index at once. */
const KeyBytesMax = ReadBytes - AtKey;
/** A number holds so many bytes of a key exactly. */
const LeadBytes = 6;
/** Slots looked at for one whose transaction has ended. */
const SearchMax = 8;

/** What `SerialNode.slot`, otherwise the slot for its next read, is before the first one and after the reads were settled. */
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
  readonly #chains = new Int32Array(ChainCount).fill(NoPlace);
  #rangeCount = 0;
  /** Per slot: whose it is, the one that its owner filled before, its reads, and how many of them are ranges. */
  readonly #owners: (SerialNode | undefined)[] = [];
  #filledBefore = new Int16Array(0);
  #counts = new Uint8Array(0);
  #rangeCounts = new Uint8Array(0);
  /** The reads, three views of the same memory. */
  #words = new Int32Array(0);
  #numbers = new Float64Array(0);
  #bytes = new Uint8Array(0);
  /** Per read: the tree's index, and the ends of a range. */
  readonly #indexes: (SireadIndex | undefined)[] = [];
  readonly #lows: (string | undefined)[] = [];
  readonly #highs: (string | undefined)[] = [];
  /** The next slot to take from a transaction that has ended. */
  #hand = 0;
  /** Reads in all slots. */
  count = 0;

  /** No transaction has more than `nodeReadsMax` reads in slots. */
  constructor(budget: SireadBudget, nodeReadsMax: number, slotCountMax = SlotCountMax) {
    this.budget = budget;
    this.#nodeSlotsMax = Math.min(NodeSlotsMax, Math.floor(nodeReadsMax / SlotReadsMax));
    this.#slotCountMax = this.#nodeSlotsMax === 0 ? 0 : slotCountMax;
  }

  // ------------------------------------------------------------------------------------------------------------ adding

  /** @returns false when the read has to go to the index */
  addPoint(node: SerialNode, index: SireadIndex, key: Uint8Array, keyLength: number, statement: number, existence: boolean): boolean {
    if (keyLength > KeyBytesMax) return false;
    const at = this.#place(node);
    if (at < 0) return false;
    copyBytes(this.#bytes, at * ReadBytes + AtKey, key, 0, keyLength);
    this.#fillPoint(node.slot, at, index, hashOfBytes(index.tree.id, key, keyLength), keyLength, statement, existence);
    return true;
  }

  addPointText(node: SerialNode, index: SireadIndex, key: string, statement: number, existence: boolean): boolean {
    if (key.length > KeyBytesMax) return false;
    const at = this.#place(node);
    if (at < 0) return false;
    putKeyString(this.#bytes, at * ReadBytes + AtKey, key);
    this.#fillPoint(node.slot, at, index, hashOfKey(index.tree.id, key), key.length, statement, existence);
    return true;
  }

  /** A range of more than one key. A scan that goes on widens the read it made before. */
  addRange(node: SerialNode, index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): boolean {
    if (this.#widens(node, index, low, high, statement, existence)) return true;
    const at = this.#place(node);
    if (at < 0) return false;
    this.#rangeCounts[node.slot]!++;
    this.#rangeCount++;
    this.#setEnds(at, low, high);
    this.#fill(node.slot, at, index, 0, RangeLength, statement, existence);
    return true;
  }
  #setEnds(at: number, low: string, high: string | undefined): void {
    this.#lows[at] = low;
    this.#highs[at] = high;
    this.#numbers[(at * ReadBytes) / 8 + AtLowLead] = leadOf(low);
    this.#numbers[(at * ReadBytes) / 8 + AtHighLead] = high === undefined ? Infinity : leadOf(high);
  }

  #widens(node: SerialNode, index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): boolean {
    const slot = node.slot;
    if (slot < 0 || this.#counts[slot] === 0) return false;
    const last = slot * SlotReadsMax + this.#counts[slot]! - 1;
    const word = last * ReadWords;
    if (this.#words[word + AtKeyLength] !== RangeLength || this.#words[word + AtStatement] !== statement || this.#indexes[last] !== index) return false;
    if ((this.#words[word + AtExistence] === 1) !== existence) return false;
    const lastLow = this.#lows[last]!;
    const lastHigh = this.#highs[last];
    if ((lastHigh !== undefined && lastHigh < low) || (high !== undefined && high < lastLow)) return false;
    this.#setEnds(last, low < lastLow ? low : lastLow, maxEnd(lastHigh, high));
    return true;
  }

  /** The place of the next read of `node`; -1 when it has none. */
  #place(node: SerialNode): number {
    let slot = node.slot;
    if (slot === NoSlot) slot = this.#take(node);
    if (slot < 0) return -1;
    if (this.#counts[slot] === SlotReadsMax) {
      slot = this.#slotCountOf(node) < this.#nodeSlotsMax ? this.#take(node) : NoSlot;
      if (slot === NoSlot) {
        this.settle(node);
        return -1;
      }
    }
    return slot * SlotReadsMax + this.#counts[slot]!;
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
    const reads = count * SlotReadsMax;
    this.#slotCount = count;
    for (let slot = count - 1; slot >= before; slot--) this.#free.push(slot);
    for (let slot = before; slot < count; slot++) this.#owners.push(undefined);
    for (let at = before * SlotReadsMax; at < reads; at++) {
      this.#indexes.push(undefined);
      this.#lows.push(undefined);
      this.#highs.push(undefined);
    }
    this.#used = copied(new Uint16Array(count), this.#used);
    this.#usedAt = copied(new Uint16Array(count), this.#usedAt);
    this.#filledBefore = copied(new Int16Array(count), this.#filledBefore);
    this.#counts = copied(new Uint8Array(count), this.#counts);
    this.#rangeCounts = copied(new Uint8Array(count), this.#rangeCounts);
    this.#words = copied(new Int32Array(reads * ReadWords), this.#words);
    this.#numbers = new Float64Array(this.#words.buffer);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  #fillPoint(slot: number, at: number, index: SireadIndex, hash: number, keyLength: number, statement: number, existence: boolean): void {
    const words = this.#words;
    const chain = hash & (ChainCount - 1);
    const next = this.#chains[chain]!;
    words[at * ReadWords + AtNext] = next;
    words[at * ReadWords + AtPrevious] = NoPlace;
    if (next !== NoPlace) words[next * ReadWords + AtPrevious] = at;
    this.#chains[chain] = at;
    this.#fill(slot, at, index, hash, keyLength, statement, existence);
  }
  #unchain(at: number): void {
    const words = this.#words;
    const next = words[at * ReadWords + AtNext]!;
    const previous = words[at * ReadWords + AtPrevious]!;
    if (next !== NoPlace) words[next * ReadWords + AtPrevious] = previous;
    if (previous !== NoPlace) words[previous * ReadWords + AtNext] = next;
    else this.#chains[words[at * ReadWords + AtHash]! & (ChainCount - 1)] = next;
  }

  #fill(slot: number, at: number, index: SireadIndex, hash: number, keyLength: number, statement: number, existence: boolean): void {
    const words = this.#words;
    const word = at * ReadWords;
    words[word + AtHash] = hash;
    words[word + AtStatement] = statement;
    words[word + AtExistence] = existence ? 1 : 0;
    words[word + AtKeyLength] = keyLength;
    this.#indexes[at] = index;
    this.#counts[slot]!++;
    this.count++;
  }

  // ------------------------------------------------------------------------------------------------------------ settling

  /** Moves the reads of `node` to the index. No effect when it has none here. */
  settle(node: SerialNode): void {
    const slot = node.slot;
    if (slot < 0) return;
    node.slot = Settled;
    this.#settleSlot(node, slot, mutants.on && mutants.has('mvcc.recent-reads-forgotten'));
  }
  /** In the order in which they were made. */
  #settleSlot(node: SerialNode, slot: number, isForgotten: boolean): void {
    const before = this.#filledBefore[slot]!;
    if (before >= 0) this.#settleSlot(node, before, mutants.on && mutants.has('mvcc.recent-slot-forgotten'));
    const from = slot * SlotReadsMax;
    const end = from + this.#counts[slot]!;
    for (let at = from; at < end && !isForgotten; at++) {
      const reads = node.readsOf(this.#indexes[at]!);
      const statement = this.#words[at * ReadWords + AtStatement]!;
      const existence = this.#words[at * ReadWords + AtExistence] === 1;
      const keyLength = this.#words[at * ReadWords + AtKeyLength]!;
      const keyAt = at * ReadBytes + AtKey;
      if (keyLength === RangeLength) reads.addRange(this.#lows[at]!, this.#highs[at], statement, existence);
      else reads.addPoint(keyString(this.#bytes, keyAt, keyAt + keyLength), statement, existence);
    }
    this.#giveBack(slot);
  }

  /** Settles whoever may have read `key` of the tree, but for `writer` itself. */
  settleReaders(index: SireadIndex, key: string, writer: SerialNode): void {
    if (this.count === 0) return;
    if (mutants.on && mutants.has('mvcc.recent-reads-unprobed')) return;
    this.#settlePoints(hashOfKey(index.tree.id, key), writer);
    if (this.#rangeCount > 0) this.#settleRanges(index, key, writer);
  }
  #settlePoints(hash: number, writer: SerialNode): void {
    const words = this.#words;
    const chain = hash & (ChainCount - 1);
    for (let at = this.#chains[chain]!; at !== NoPlace; ) {
      const owner = this.#owners[at >> SlotReadsBits]!;
      if (mutants.on && owner === writer && mutants.has('mvcc.own-read-hides-others')) return;
      if (words[at * ReadWords + AtHash] !== hash || owner === writer) at = words[at * ReadWords + AtNext]!;
      else {
        // From the beginning, for that takes points out of the chain. It ends, since each time there are fewer.
        const before = this.count;
        this.settle(owner);
        assert(this.count < before, 'settled reads stay in their slots', this.count, before);
        at = this.#chains[chain]!;
      }
    }
  }
  #settleRanges(index: SireadIndex, key: string, writer: SerialNode): void {
    const lead = leadOf(key);
    // From the end: in the place of a slot that is given back comes the last one, which was looked at or is met again further down.
    for (let i = this.#usedCount - 1; i >= 0; i--) {
      if (i >= this.#usedCount) continue;
      const slot = this.#used[i]!;
      if (this.#rangeCounts[slot] === 0 || this.#owners[slot] === writer) continue;
      const from = slot * SlotReadsMax;
      if (this.#hasRange(from, from + this.#counts[slot]!, index, key, lead)) this.settle(this.#owners[slot]!);
    }
  }

  /** `lead` is that of `key`: it mostly tells on which side of a range the key is. */
  #hasRange(from: number, end: number, index: SireadIndex, key: string, lead: number): boolean {
    const numbers = this.#numbers;
    const isStrict = mutants.on && mutants.has('mvcc.range-lead-alone');
    for (let at = from; at < end; at++) {
      if (this.#words[at * ReadWords + AtKeyLength] !== RangeLength) continue;
      const number = (at * ReadBytes) / 8;
      const lowLead = numbers[number + AtLowLead]!;
      const highLead = numbers[number + AtHighLead]!;
      if (lowLead > lead || highLead < lead || (isStrict && highLead === lead)) continue;
      if (this.#indexes[at] === index && this.#lows[at]! <= key && endsAfter(this.#highs[at], key)) return true;
    }
    return false;
  }

  settleAll(): void {
    while (this.#usedCount > 0) this.settle(this.#owners[this.#used[0]!]!);
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
  }

  #giveBack(slot: number): void {
    const from = slot * SlotReadsMax;
    const count = this.#counts[slot]!;
    for (let at = from; at < from + count; at++) {
      this.#indexes[at] = undefined;
      if (this.#words[at * ReadWords + AtKeyLength] !== RangeLength) this.#unchain(at);
      else {
        this.#lows[at] = undefined;
        this.#highs[at] = undefined;
        this.#rangeCount--;
      }
    }
    this.#rangeCounts[slot] = 0;
    this.count -= count;
    this.#counts[slot] = 0;
    this.#owners[slot] = undefined;
    const last = this.#used[--this.#usedCount]!;
    const place = this.#usedAt[slot]!;
    this.#used[place] = last;
    this.#usedAt[last] = place;
    this.#free.push(slot);
  }

  /** Under VERIFY: every slot is free or its owner's, the reads are counted, and N4. */
  check(): void {
    let count = 0;
    let points = 0;
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const owner = this.#owners[slot];
      assert(owner === undefined ? this.#counts[slot] === 0 : this.#isOf(owner, slot) && owner.state !== 'gone', 'slot of reads without its owner', slot);
      count += this.#counts[slot]!;
      points += this.#counts[slot]! - this.#rangeCounts[slot]!;
    }
    assert(count === this.count, 'recent reads miscounted', count, this.count);
    for (let i = 0; i < this.#usedCount; i++) assert(this.#usedAt[this.#used[i]!] === i && this.#owners[this.#used[i]!] !== undefined, 'slot in use is listed elsewhere', i);
    assert(this.#free.length + this.#usedCount === this.#slotCount, 'slots of reads miscounted', this.#free.length);
    assert(this.#chainedCount() === points, 'recent points miscounted', points);
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
      for (let at = this.#chains[chain]!; at !== NoPlace; at = this.#words[at * ReadWords + AtNext]!) {
        const hash = this.#words[at * ReadWords + AtHash]!;
        assert((hash & (ChainCount - 1)) === chain && this.#words[at * ReadWords + AtPrevious] === previous, 'recent point in another chain', chain);
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

/** The first bytes of a key, zero padded, as a number: of two keys the greater one's is not less. */
function leadOf(key: string): number {
  let lead = 0;
  for (let i = 0; i < LeadBytes; i++) lead = lead * 256 + (i < key.length ? key.charCodeAt(i) : 0);
  return lead;
}
