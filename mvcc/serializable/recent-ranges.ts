/**
 * The ranges among recent reads (recent-reads.ts): few at a time, each with the first bytes of its ends as two numbers side by side, so that a writer passes those that its key is not in
 * without a look at their text. Places are used again; those in use are linked, newest first, and so are those of each transaction.
 *
 * R1  A place is free, or in the list of all and in that of its owner.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { endsAfter, maxEnd } from './interval-tree.js';
import type { SerialNode } from './serial-node.js';
import type { SireadIndex } from './siread.js';

/** What `SerialNode.range`, otherwise the place of its newest range, is without any. */
export const NoRange = -1;
/** A number holds so many bytes of a key exactly. */
const LeadBytes = 6;

export class RecentRanges {
  count = 0;
  readonly #countMax: number;
  readonly #owners: (SerialNode | undefined)[];
  readonly #indexes: (SireadIndex | undefined)[];
  readonly #lows: string[];
  readonly #highs: (string | undefined)[];
  /** Of each the `leadOf` of its low and of its high end, the latter Infinity when it has no end. */
  readonly #leads: Float64Array;
  readonly #statements: Int32Array;
  readonly #existences: Uint8Array;
  /** The next older range of its owner; of a free place the next free one. */
  readonly #olders: Int16Array;
  #firstFree: number;
  /** All in use. */
  #first = NoRange;
  #last = NoRange;
  readonly #nexts: Int16Array;
  readonly #previous: Int16Array;

  /** With `countMax` in use there is no place. */
  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#owners = new Array<undefined>(countMax).fill(undefined);
    this.#indexes = new Array<undefined>(countMax).fill(undefined);
    this.#lows = new Array<string>(countMax).fill('');
    this.#highs = new Array<undefined>(countMax).fill(undefined);
    this.#leads = new Float64Array(2 * countMax);
    this.#statements = new Int32Array(countMax);
    this.#existences = new Uint8Array(countMax);
    this.#olders = Int16Array.from({ length: countMax }, (_, at) => (at + 1 < countMax ? at + 1 : NoRange));
    this.#firstFree = countMax === 0 ? NoRange : 0;
    this.#nexts = new Int16Array(countMax);
    this.#previous = new Int16Array(countMax);
  }

  /** @returns false when there is no place */
  add(node: SerialNode, index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): boolean {
    const at = this.#firstFree;
    if (at === NoRange) return false;
    this.#firstFree = this.#olders[at]!;
    this.#olders[at] = node.range;
    node.range = at;
    this.#nexts[at] = this.#first;
    this.#previous[at] = NoRange;
    if (this.#first === NoRange) this.#last = at;
    else this.#previous[this.#first] = at;
    this.#first = at;
    this.#owners[at] = node;
    this.#indexes[at] = index;
    this.#statements[at] = statement;
    this.#existences[at] = existence ? 1 : 0;
    this.#setEnds(at, low, high);
    this.count++;
    return true;
  }
  #setEnds(at: number, low: string, high: string | undefined): void {
    this.#lows[at] = low;
    this.#highs[at] = high;
    this.#leads[2 * at] = leadOf(low);
    this.#leads[2 * at + 1] = high === undefined ? Infinity : leadOf(high);
  }

  /** Makes the newest range of `node` one with [low, high), if that goes on where it ended: as a scan does from leaf to leaf. */
  widen(node: SerialNode, index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): boolean {
    const at = node.range;
    if (at === NoRange || this.#statements[at] !== statement || this.#indexes[at] !== index || (this.#existences[at] === 1) !== existence) return false;
    const lastLow = this.#lows[at]!;
    const lastHigh = this.#highs[at];
    if ((lastHigh !== undefined && lastHigh < low) || (high !== undefined && high < lastLow)) return false;
    this.#setEnds(at, low < lastLow ? low : lastLow, maxEnd(lastHigh, high));
    return true;
  }

  countOf(node: SerialNode): number {
    let count = 0;
    for (let at = node.range; at !== NoRange; at = this.#olders[at]!) count++;
    return count;
  }
  /** Whose range has been here longest; undefined when there is none. */
  get oldestOwner(): SerialNode | undefined {
    return this.#last === NoRange ? undefined : this.#owners[this.#last];
  }

  /** One who may have read `key` of the tree within a range, but for `writer`. */
  readerOf(index: SireadIndex, key: string, writer: SerialNode): SerialNode | undefined {
    if (this.count === 0) return undefined;
    const leads = this.#leads;
    const lead = leadOf(key);
    const isStrict = mutants.on && mutants.has('mvcc.range-lead-alone');
    for (let at = this.#first; at !== NoRange; at = this.#nexts[at]!) {
      if (leads[2 * at]! > lead || leads[2 * at + 1]! < lead || (isStrict && leads[2 * at + 1] === lead)) continue;
      if (this.#indexes[at] === index && this.#lows[at]! <= key && endsAfter(this.#highs[at], key) && this.#owners[at] !== writer) return this.#owners[at];
    }
    return undefined;
  }

  /** Moves the ranges of `node` to the index, oldest first. */
  settle(node: SerialNode): void {
    this.#settleFrom(node, node.range);
    this.release(node);
  }
  #settleFrom(node: SerialNode, at: number): void {
    if (at === NoRange) return;
    this.#settleFrom(node, this.#olders[at]!);
    node.readsOf(this.#indexes[at]!).addRange(this.#lows[at]!, this.#highs[at], this.#statements[at]!, this.#existences[at] === 1);
  }

  release(node: SerialNode): void {
    for (let at = node.range; at !== NoRange; ) {
      const older = this.#olders[at]!;
      this.#remove(at);
      at = older;
    }
    node.range = NoRange;
  }
  #remove(at: number): void {
    const next = this.#nexts[at]!;
    const previous = this.#previous[at]!;
    if (next === NoRange) this.#last = previous;
    else this.#previous[next] = previous;
    if (previous === NoRange) this.#first = next;
    else this.#nexts[previous] = next;
    this.#owners[at] = undefined;
    this.#indexes[at] = undefined;
    this.#lows[at] = '';
    this.#highs[at] = undefined;
    this.#olders[at] = this.#firstFree;
    this.#firstFree = at;
    this.count--;
  }

  /** R1, under VERIFY. */
  check(): void {
    let count = 0;
    let previous = NoRange;
    for (let at = this.#first; at !== NoRange; at = this.#nexts[at]!) {
      const owner = this.#owners[at];
      assert(owner !== undefined && owner.state !== 'gone' && this.#isOf(owner, at), 'recent range without its owner', at);
      assert(this.#previous[at] === previous, 'recent ranges are linked wrongly', at);
      previous = at;
      count++;
    }
    assert(previous === this.#last && count === this.count, 'recent ranges miscounted', count, this.count);
    let freeCount = 0;
    for (let at = this.#firstFree; at !== NoRange; at = this.#olders[at]!) freeCount++;
    assert(freeCount + count === this.#countMax, 'places of recent ranges are lost', freeCount);
  }
  #isOf(owner: SerialNode, place: number): boolean {
    for (let at = owner.range; at !== NoRange; at = this.#olders[at]!) if (at === place) return true;
    return false;
  }
}

/** The first bytes of a key, zero padded, as a number: of two keys the greater one's is not less. */
function leadOf(key: string): number {
  let lead = 0;
  for (let i = 0; i < LeadBytes; i++) lead = lead * 256 + (i < key.length ? key.charCodeAt(i) : 0);
  return lead;
}
