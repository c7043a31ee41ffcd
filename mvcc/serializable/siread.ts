/**
 * SIREAD locks: what each serializable transaction has read, kept per tree so that a writer finds the readers of a key at once.
 *
 * Points lie in a map, ranges in an interval tree (interval-tree.ts). Each transaction also has its own sorted, disjoint list per
 * tree, into which a new range is coalesced; a scan that grows leaf by leaf stays one entry. Ranges are logical keys, so page splits
 * and merges do not concern them.
 *
 * A transaction's first reads wait in recent-reads.ts; here is what a writer had to ask for, and what found no room there.
 *
 * An entry is *full* (the values were read) or *existence only* (a unique or foreign-key check: only whether the key is there
 * matters, so an update is no conflict, nor is another row in its place). Finer filters, a compiled WHERE per interval, have their place beside it.
 *
 * S1  A key read by a tracked transaction, found or not, is in a point or a range of it, or among its recent reads, until its node is dropped.
 * S2  The full ranges of one transaction and tree are disjoint, ascending and not adjacent; so are the existence-only ones.
 * S3  Escalation only ever widens what is covered.
 *
 * Source. Cahill, Roehm, Fekete 2008; bounds and precision: design/concurrency.md, section 7.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import type { SerialNode } from './serial-node.js';
import { compareKeys } from '../write-set/key-order.js';
import { Interval, IntervalTree, endsAfter, maxEnd } from './interval-tree.js';
import { afterKey, isNextKey } from '../types.js';
import type { VersionedTree } from '../versions/versioned-tree.js';

/** Estimates of heap bytes per entry, without the key's characters. */
const PointBytes = 150;
const RangeBytes = 250;

/** One key read by one transaction. */
class ReadPoint {
  readonly reads: TreeReads;
  readonly key: string;
  statement: number;
  existence: boolean;
  /** Other readers of the same key. */
  next: ReadPoint | undefined = undefined;
  constructor(reads: TreeReads, key: string, statement: number, existence: boolean) {
    this.reads = reads;
    this.key = key;
    this.statement = statement;
    this.existence = existence;
  }
}

/** What an interval of the tree belongs to. */
interface RangeRead {
  readonly reads: TreeReads;
  readonly statement: number;
  readonly existence: boolean;
}
type ReadRange = Interval<RangeRead>;

/** A reader whose point or range contains a key. */
export interface ReadHit {
  readonly node: SerialNode;
  readonly statement: number;
  readonly low: string;
  readonly high: string | undefined;
}

/** All readers of one tree. */
export class SireadIndex {
  readonly tree: VersionedTree;
  readonly points = new Map<string, ReadPoint>();
  readonly ranges = new IntervalTree<RangeRead>();
  #stabbed: ReadRange[] = [];

  constructor(tree: VersionedTree) {
    this.tree = tree;
  }

  get isEmpty(): boolean {
    return this.points.size === 0 && this.ranges.size === 0;
  }

  /** Calls `visit` for every entry that a write of `key` overwrites. `changesPresence` false: the key stays, what it holds changes. */
  forEachReader(key: string, changesPresence: boolean, visit: (hit: ReadHit) => void): void {
    const forgetsExistence = mutants.on && mutants.has('mvcc.existence-reads-forgotten');
    for (let point = this.points.get(key); point !== undefined; point = point.next) {
      if (point.existence && (!changesPresence || forgetsExistence)) continue;
      visit({ node: point.reads.node, statement: point.statement, low: key, high: afterKey(key) });
    }
    if (this.ranges.size === 0) return;
    const stabbed = this.#stabbed;
    stabbed.length = 0;
    this.ranges.stab(key, stabbed);
    for (const range of stabbed) {
      if (range.owner.existence && (!changesPresence || forgetsExistence)) continue;
      visit({ node: range.owner.reads.node, statement: range.owner.statement, low: range.low, high: range.high });
    }
  }
}

/** Memory of all SIREAD entries of one manager, its limits, and whom to shrink when it is exceeded. */
export class SireadBudget {
  readonly entriesMax: number;
  readonly bytesMax: number;
  entries = 0;
  bytes = 0;
  escalations = 0;
  /** Linked through `previousHolder` and `nextHolder`. */
  firstHolder: TreeReads | undefined = undefined;

  constructor(entriesMax: number, bytesMax: number) {
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
  }

  addHolder(holder: TreeReads): void {
    holder.nextHolder = this.firstHolder;
    if (this.firstHolder !== undefined) this.firstHolder.previousHolder = holder;
    this.firstHolder = holder;
  }
  removeHolder(holder: TreeReads): void {
    if (holder.previousHolder !== undefined) holder.previousHolder.nextHolder = holder.nextHolder;
    else if (this.firstHolder === holder) this.firstHolder = holder.nextHolder;
    if (holder.nextHolder !== undefined) holder.nextHolder.previousHolder = holder.previousHolder;
    holder.previousHolder = undefined;
    holder.nextHolder = undefined;
  }

  /** Merges ranges of the heaviest holder until the total fits, or nothing is left to merge. */
  enforce(): void {
    while (this.bytes > this.bytesMax) {
      let heaviest = this.firstHolder;
      for (let holder = this.firstHolder; holder !== undefined; holder = holder.nextHolder) if (heaviest === undefined || holder.bytes > heaviest.bytes) heaviest = holder;
      if (heaviest === undefined || heaviest.entryCount <= 1) return;
      heaviest.escalate(Math.max(1, heaviest.entryCount >>> 2));
    }
  }
}

/** Points of one transaction and tree that are looked through one by one; more get a map. */
const ListedPointsMax = 8;

/** Shared until there is an entry: a transaction mostly has points or ranges of a tree, not both. */
const noPoints: ReadPoint[] = [];
const noRanges: ReadRange[] = [];

/** What one transaction has read of one tree. */
export class TreeReads {
  readonly index: SireadIndex;
  readonly node: SerialNode;
  readonly #budget: SireadBudget;
  #points = noPoints;
  /** By key, once there are many. */
  #byKey: Map<string, ReadPoint> | undefined = undefined;
  #full = noRanges;
  #existence = noRanges;
  bytes = 0;
  previousHolder: TreeReads | undefined = undefined;
  nextHolder: TreeReads | undefined = undefined;

  constructor(index: SireadIndex, node: SerialNode, budget: SireadBudget) {
    this.index = index;
    this.node = node;
    this.#budget = budget;
    budget.addHolder(this);
  }

  get entryCount(): number {
    return this.#points.length + this.#full.length + this.#existence.length;
  }

  /** What was read, for views. */
  entries(): { readonly low: string; readonly high: string | undefined; readonly statement: number; readonly existenceOnly: boolean }[] {
    const points = this.#points.map((point) => ({ low: point.key, high: afterKey(point.key) as string | undefined, statement: point.statement, existenceOnly: point.existence }));
    return [...points, ...[...this.#full, ...this.#existence].map((range) => ({ low: range.low, high: range.high, statement: range.owner.statement, existenceOnly: range.owner.existence }))];
  }

  addPoint(key: string, statement: number, existence: boolean): void {
    const known = this.#pointAt(key);
    if (known !== undefined) {
      if (!existence) known.existence = false;
      return;
    }
    if (rangeAt(this.#full, key) !== undefined || (existence && rangeAt(this.#existence, key) !== undefined)) return;
    const point = new ReadPoint(this, key, statement, existence);
    point.next = this.index.points.get(key);
    this.index.points.set(key, point);
    if (this.#points === noPoints) this.#points = [];
    this.#points.push(point);
    if (this.#byKey !== undefined) this.#byKey.set(key, point);
    else if (this.#points.length > ListedPointsMax) this.#byKey = new Map(this.#points.map((p) => [p.key, p]));
    this.#account(1, PointBytes + key.length);
    this.#limit();
  }

  #pointAt(key: string): ReadPoint | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(key);
    const points = this.#points;
    for (let i = points.length - 1; i >= 0; i--) if (points[i]!.key === key) return points[i];
    return undefined;
  }

  /** Adds [low, high), merged with what it overlaps or touches. */
  addRange(low: string, high: string | undefined, statement: number, existence: boolean): void {
    if (!endsAfter(high, low)) return;
    if (high !== undefined && isNextKey(low, high)) {
      this.addPoint(low, statement, existence);
      return;
    }
    if (existence && this.#existence === noRanges) this.#existence = [];
    if (!existence && this.#full === noRanges) this.#full = [];
    const list = existence ? this.#existence : this.#full;
    let first = 0;
    let last = list.length;
    while (first < last) {
      const middle = (first + last) >>> 1;
      const end = list[middle]!.high;
      if (end !== undefined && end < low) first = middle + 1;
      else last = middle;
    }
    let mergedLow = low;
    let mergedHigh = high;
    let i = first;
    for (; i < list.length; i++) {
      const range = list[i]!;
      if (high !== undefined && range.low > high) break;
      if (range.low <= low && (range.high === undefined || (high !== undefined && range.high >= high))) return;
      if (range.low < mergedLow) mergedLow = range.low;
      mergedHigh = maxEnd(mergedHigh, range.high);
    }
    for (let j = first; j < i; j++) this.#dropRange(list[j]!);
    list.splice(first, i - first, this.#newRange(mergedLow, mergedHigh, statement, existence));
    this.#limit();
  }

  /** The entry of this transaction that a write of `key` overwrites. */
  hitBy(key: string, changesPresence: boolean): ReadHit | undefined {
    const point = this.#pointAt(key);
    if (point !== undefined && (changesPresence || !point.existence)) {
      return { node: this.node, statement: point.statement, low: key, high: afterKey(key) };
    }
    const range = rangeAt(this.#full, key) ?? (changesPresence ? rangeAt(this.#existence, key) : undefined);
    return range === undefined ? undefined : { node: this.node, statement: range.owner.statement, low: range.low, high: range.high };
  }

  /** Takes over the entries of `other`, which is released. */
  absorb(other: TreeReads): void {
    const points = [...other.#points];
    const ranges = [...other.#full, ...other.#existence];
    other.release();
    if (mutants.on && mutants.has('mvcc.merge-loses-ranges')) return;
    for (const point of points) this.addPoint(point.key, point.statement, point.existence);
    for (const range of ranges) this.addRange(range.low, range.high, range.owner.statement, range.owner.existence);
  }

  /** Replaces all entries by at most `countMax` full ranges that cover them, merging neighbours pairwise. */
  escalate(countMax: number): void {
    interface Piece {
      low: string;
      high: string | undefined;
      statement: number;
    }
    let pieces: Piece[] = [];
    for (const { key, statement } of this.#points) pieces.push({ low: key, high: afterKey(key), statement });
    for (const range of this.#full) pieces.push({ low: range.low, high: range.high, statement: range.owner.statement });
    for (const range of this.#existence) pieces.push({ low: range.low, high: range.high, statement: range.owner.statement });
    pieces.sort((a, b) => compareKeys(a.low, b.low));
    const joined: Piece[] = [];
    for (const piece of pieces) {
      const previous = joined[joined.length - 1];
      if (previous !== undefined && (previous.high === undefined || previous.high >= piece.low)) previous.high = maxEnd(previous.high, piece.high);
      else joined.push(piece);
    }
    pieces = joined;
    while (pieces.length > countMax) {
      const halved: Piece[] = [];
      for (let i = 0; i < pieces.length; i += 2) {
        const a = pieces[i]!;
        const b = pieces[i + 1];
        const loses = mutants.on && mutants.has('mvcc.escalation-loses-ranges');
        halved.push(b === undefined || loses ? a : { low: a.low, high: b.high, statement: b.statement });
      }
      pieces = halved;
    }
    this.#clear();
    this.#budget.escalations++;
    this.#full = pieces.map((piece) => this.#newRange(piece.low, piece.high, piece.statement, false));
  }

  /** Removes every entry from the tree's index. */
  release(): void {
    this.#clear();
    this.#budget.removeHolder(this);
  }

  /** S2, under VERIFY. */
  check(): void {
    for (const list of [this.#full, this.#existence]) {
      for (let i = 1; i < list.length; i++) {
        const end = list[i - 1]!.high;
        assert(end !== undefined && end < list[i]!.low, 'SIREAD ranges overlap or touch', i);
      }
    }
  }

  #clear(): void {
    for (const point of this.#points) {
      this.#unlinkPoint(point.key, point);
      this.#account(-1, -(PointBytes + point.key.length));
    }
    this.#points = noPoints;
    this.#byKey = undefined;
    for (const range of this.#full) this.#dropRange(range);
    for (const range of this.#existence) this.#dropRange(range);
    this.#full = noRanges;
    this.#existence = noRanges;
  }

  #unlinkPoint(key: string, point: ReadPoint): void {
    const points = this.index.points;
    const head = points.get(key);
    if (head === point) {
      if (point.next === undefined) points.delete(key);
      else points.set(key, point.next);
      return;
    }
    for (let p = head; p !== undefined; p = p.next) {
      if (p.next === point) {
        p.next = point.next;
        return;
      }
    }
    assert(false, 'SIREAD point is not in its index');
  }

  #newRange(low: string, high: string | undefined, statement: number, existence: boolean): ReadRange {
    const range = new Interval<RangeRead>({ reads: this, statement, existence }, low, high);
    this.index.ranges.insert(range);
    this.#account(1, RangeBytes + low.length + (high === undefined ? 0 : high.length));
    return range;
  }

  #dropRange(range: ReadRange): void {
    this.index.ranges.delete(range);
    this.#account(-1, -(RangeBytes + range.low.length + (range.high === undefined ? 0 : range.high.length)));
  }

  #account(entries: number, bytes: number): void {
    this.bytes += bytes;
    this.#budget.entries += entries;
    this.#budget.bytes += bytes;
  }

  #limit(): void {
    if (this.entryCount > this.#budget.entriesMax) this.escalate(Math.max(1, this.#budget.entriesMax >>> 1));
    if (this.#budget.bytes > this.#budget.bytesMax) this.#budget.enforce();
  }
}

/** The range of a disjoint ascending list that contains `key`. */
function rangeAt(list: readonly ReadRange[], key: string): ReadRange | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.low <= key) low = middle + 1;
    else high = middle;
  }
  const range = low === 0 ? undefined : list[low - 1]!;
  return range !== undefined && endsAfter(range.high, key) ? range : undefined;
}
