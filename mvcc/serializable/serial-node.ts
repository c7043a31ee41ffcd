/**
 * What the certifier knows of one serializable transaction: its reads, its writes, and the edges found so far. A node outlives its
 * transaction, see certifier.ts. A node may stand for several merged transactions; then the pairs of bounds differ and every test
 * uses the end that errs towards an edge.
 */
import { assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import { endsAfter } from './interval-tree.js';
import type { NodeList } from './node-list.js';
import { NoRange } from './recent-ranges.js';
import { NoSlot, type RecentReads } from './recent-reads.js';
import type { ReadHit, SireadIndex } from './siread.js';
import { TreeReads } from './siread.js';
import { StatementList } from '../statement-list.js';
import { isNextKey } from '../types.js';

/** Why an edge exists: for explanations only. `low`, `high` is the range read; statements are numbers within their transactions. */
export interface EdgeReason {
  readonly kind: 'rw' | 'wr' | 'ww' | 'order';
  readonly index: SireadIndex | undefined;
  readonly low: string;
  readonly high: string | undefined;
  readonly key: string | undefined;
  readonly fromStatement: number;
  readonly toStatement: number;
}

/** Shared by every node until it has an entry of its own: most transactions meet nobody, and six collections each would be most of their cost. */
const noEdges = new Map<SerialNode, EdgeReason>();
const noNodes = new Set<SerialNode>();
const noReads = new Map<SireadIndex, TreeReads>();

/** One key whose committed state a transaction changes. */
export interface WriteMark {
  readonly index: SireadIndex;
  readonly key: string;
  readonly statement: number;
  /** Whether the change is visible to existence-only readers. */
  readonly changesPresence: boolean;
}
const noMarks: WriteMark[] = [];
/** By key: statement number * 2 + (1 when the change is visible to existence-only readers). */
type Writes = Map<SireadIndex, Map<string, number>>;

/** Infinity without boxing surprises: greater than any CSN. */
export const NoCsn = Number.MAX_SAFE_INTEGER;

export class SerialNode {
  readonly id: number;
  readonly readOnly: boolean;
  readonly strict: boolean;
  state: 'active' | 'committed' | 'gone' = 'active';
  /** Snapshot, -1 until the first statement. */
  snapLow = -1;
  snapHigh = -1;
  /** The newest published commit of a tracked transaction when the snapshot was taken. */
  writerBefore = 0;
  csnLow = NoCsn;
  csnHigh = NoCsn;
  /** Least CSN of a dropped transaction that this one precedes; NoCsn when there is none. */
  lowFix = NoCsn;
  /** Edges, reads, writes and watchers are added by the functions of this file alone. */
  out = noEdges;
  in = noEdges;
  #reads = noReads;
  readonly #recent: RecentReads;
  /** Its places in recent-reads.ts and recent-ranges.ts, for those files alone. */
  slot = NoSlot;
  range = NoRange;
  /** Filled at commit; as maps only when the exact test asks for them, which is seldom. */
  #marks = noMarks;
  #writes: Writes | undefined = undefined;
  readonly statements = new StatementList();
  /** Where this node went when it was merged. */
  representative: SerialNode | undefined = undefined;
  isMerged = false;
  /** Of a REPEATABLE READ transaction that is watched, not certified: cycles through it are shown and let pass. */
  isObserved = false;
  /** The list it is in, of active nodes or of kept committed ones, and its neighbours there; for node-list.ts alone. */
  list: NodeList | undefined = undefined;
  previous: SerialNode | undefined = undefined;
  next: SerialNode | undefined = undefined;
  /** Whether it will read nothing more, though it has not committed: its commit waits. */
  hasRead = false;
  /** Set when the node, which has out-edges, gained an edge that no early check has looked at. */
  edgeGained = false;

  // Safe snapshots, see safe-snapshot.ts.
  isSafe = false;
  isUnsafe = false;
  watching = noNodes;
  watchers = noNodes;
  /** Called once when safety is decided. */
  onSafety: (() => void) | undefined = undefined;

  constructor(id: number, readOnly: boolean, strict: boolean, recent: RecentReads) {
    this.id = id;
    this.readOnly = readOnly;
    this.strict = strict;
    this.#recent = recent;
  }

  /** The node that stands for this one now. */
  resolve(): SerialNode {
    const next = this.representative;
    return next === undefined ? this : next.resolve();
  }

  // ------------------------------------------------------------------------------------------------------------ reads

  /** Registers a key as read, found or not. `existence`: only whether the row is there was looked at. */
  readPoint(index: SireadIndex, key: string, statement: number, existence: boolean): void {
    if (!this.#recent.addPointText(this, index, key, statement, existence)) this.readsOf(index).addPoint(key, statement, existence);
  }

  /** The same for a key in bytes. */
  readPointBytes(index: SireadIndex, key: Uint8Array, keyLength: number, statement: number, existence: boolean): void {
    if (!this.#recent.addPoint(this, index, key, keyLength, statement, existence)) this.readsOf(index).addPoint(keyString(key, 0, keyLength), statement, existence);
  }

  /** Registers [low, high) as read. */
  readRange(index: SireadIndex, low: string, high: string | undefined, statement: number, existence: boolean): void {
    if (!endsAfter(high, low)) return;
    if (high !== undefined && isNextKey(low, high)) this.readPoint(index, low, statement, existence);
    else if (!this.#recent.addRange(this, index, low, high, statement, existence)) this.readsOf(index).addRange(low, high, statement, existence);
  }

  /** What it has read of each tree, all of it in the index. */
  get reads(): ReadonlyMap<SireadIndex, TreeReads> {
    this.#recent.settle(this);
    return this.#reads;
  }
  /** What of it was in the index before anybody asked. */
  get settledReads(): ReadonlyMap<SireadIndex, TreeReads> {
    return this.#reads;
  }

  /** Its entries in the index of one tree, for those who add to them. */
  readsOf(index: SireadIndex): TreeReads {
    let reads = this.#reads.get(index);
    if (reads === undefined) {
      reads = new TreeReads(index, this, this.#recent.budget);
      if (this.#reads === noReads) this.#reads = new Map();
      this.#reads.set(index, reads);
    }
    return reads;
  }

  /** All of `other`'s reads become this node's. */
  absorbReads(other: SerialNode): void {
    for (const [index, reads] of other.reads) this.readsOf(index).absorb(reads);
    other.#reads = noReads;
  }

  releaseReads(): void {
    this.#recent.release(this);
    if (this.#reads === noReads) return;
    for (const reads of this.#reads.values()) reads.release();
    this.#reads = noReads;
  }

  // ------------------------------------------------------------------------------------------------------------ writes

  /** Takes over the list of what it changes, of which there was none before. */
  setWrites(marks: WriteMark[]): void {
    assert(this.#marks === noMarks, 'changes are certified twice', this.id);
    if (marks.length > 0) this.#marks = marks;
    // The exact test of an early check may have asked already, when there were none.
    if (!(mutants.on && mutants.has('mvcc.changes-asked-early'))) this.#writes = undefined;
  }
  addWrite(index: SireadIndex, key: string, statement: number, changesPresence: boolean): void {
    const mark: WriteMark = { index, key, statement, changesPresence };
    if (this.#marks === noMarks) this.#marks = [];
    this.#marks.push(mark);
    if (this.#writes !== undefined) addMark(this.#writes, mark);
  }

  get hasWrites(): boolean {
    return this.#marks.length > 0;
  }
  /** Marks of changed keys per tree. */
  get writes(): Writes {
    if (this.#writes === undefined) {
      this.#writes = new Map();
      for (const mark of this.#marks) addMark(this.#writes, mark);
    }
    return this.#writes;
  }
}

/** Of two marks of a key the later one counts. */
function addMark(writes: Writes, { index, key, statement, changesPresence }: WriteMark): void {
  let keys = writes.get(index);
  if (keys === undefined) writes.set(index, (keys = new Map()));
  keys.set(key, statement * 2 + (changesPresence ? 1 : 0));
}

/** Adds the edge `from` -> `to` unless it is known. @returns whether it is new */
export function addEdge(from: SerialNode, to: SerialNode, reason: EdgeReason): boolean {
  if (from === to || from.out.has(to)) return false;
  if (from.out === noEdges) from.out = new Map();
  if (to.in === noEdges) to.in = new Map();
  from.out.set(to, reason);
  to.in.set(from, reason);
  return true;
}

/** `watcher` learns of the end of `watched`. */
export function addWatch(watcher: SerialNode, watched: SerialNode): void {
  if (watcher.watching === noNodes) watcher.watching = new Set();
  if (watched.watchers === noNodes) watched.watchers = new Set();
  watcher.watching.add(watched);
  watched.watchers.add(watcher);
}

/** Removes every edge at `node`. */
export function dropEdges(node: SerialNode): void {
  if (node.out.size > 0) {
    for (const other of node.out.keys()) other.in.delete(node);
    node.out = noEdges;
  }
  if (node.in.size > 0) {
    for (const other of node.in.keys()) other.out.delete(node);
    node.in = noEdges;
  }
}

/**
 * Whether `later` depends on `earlier`, which committed before `later`'s snapshot: it read or overwrote what `earlier` wrote, or
 * overwrote what `earlier` read. The last is an anti-dependency between transactions that did not overlap; forgetting it is unsound.
 * `ignoreReads` leaves it out, for the mutant that shows so.
 */
export function dependency(earlier: SerialNode, later: SerialNode, ignoreReads: boolean): EdgeReason | undefined {
  for (const [index, keys] of earlier.writes) {
    const laterReads = later.reads.get(index);
    const laterWrites = later.writes.get(index);
    if (laterReads === undefined && laterWrites === undefined) continue;
    for (const [key, mark] of keys) {
      const hit = laterReads?.hitBy(key, (mark & 1) === 1);
      if (hit !== undefined) return reasonOf('wr', index, key, hit, mark >>> 1, hit.statement);
      const other = laterWrites?.get(key);
      if (other !== undefined) return reasonOf('ww', index, key, undefined, mark >>> 1, other >>> 1);
    }
  }
  if (ignoreReads) return undefined;
  for (const [index, keys] of later.writes) {
    const earlierReads = earlier.reads.get(index);
    if (earlierReads === undefined) continue;
    for (const [key, mark] of keys) {
      const hit = earlierReads.hitBy(key, (mark & 1) === 1);
      if (hit !== undefined) return reasonOf('rw', index, key, hit, hit.statement, mark >>> 1);
    }
  }
  return undefined;
}

export function reasonOf(
  kind: EdgeReason['kind'],
  index: SireadIndex | undefined,
  key: string | undefined,
  hit: ReadHit | undefined,
  fromStatement: number,
  toStatement: number,
): EdgeReason {
  return { kind, index, low: hit === undefined ? (key ?? '') : hit.low, high: hit === undefined ? undefined : hit.high, key, fromStatement, toStatement };
}
