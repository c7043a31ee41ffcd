/**
 * The exact certifier: at commit, does this transaction close a cycle of dependencies? No anomaly passes, and nobody fails needlessly.
 *
 * Snapshot isolation goes wrong only through cycles with rw-antidependencies R -> W ("R read what W overwrote") between concurrent
 * transactions. These edges are recorded as they arise: by a reader that meets a newer undo record (even at a key it does not
 * return), and by a committing writer that stabs the ranges others have read. T is tested when it commits. By then every edge
 * among the committed and T is known, and aborting T breaks every cycle through it; the other members are committed, so a retry
 * cannot meet the same cycle.
 *
 * Two tests. The *strict* one treats "committed before the other's snapshot" as an edge: a few comparisons, and a superset. Only
 * when it reports a cycle the *exact* one follows real dependencies instead, found lazily from reads and writes (`dependency`).
 * Strict transactions stop after the first: that is strict serializability.
 *
 * Committed transactions are kept while an active snapshot is older than their CSN (*incomplete*), and then until nothing kept
 * precedes them, at most `completeKeptMax` of those: a forced drop leaves its CSN as `lowFix` with whatever preceded it, which is
 * conservative. Too many incomplete ones (a long reader) are merged, oldest first.
 *
 * C1  Active nodes ascend by snapshot; the kept list ascends by csnHigh; complete nodes are a prefix of it.
 * C2  Out-edges of an active node lead to committed nodes only; nothing active leads to a complete node.
 * C3  Dropping, merging and safe-marking never hide a cycle; without forced drops and merges none is invented.
 *
 * Source. Cahill, Roehm, Fekete 2008; Revilak, O'Neil, O'Neil 2011 (exact cycle testing). Model: design/concurrency.md, section 8.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import type { UndoRecord } from '../versions/undo-overlay.js';
import { NodeList } from './node-list.js';
import { NoPlace, RecentReads } from './recent-reads.js';
import { decideSafety, finishWatched, stopWatching } from './safe-snapshot.js';
import { type EdgeReason, NoCsn, type SerialNode, addEdge, dependency, dropEdges, reasonOf } from './serial-node.js';
import type { ReadHit, SireadIndex } from './siread.js';
import { SireadBudget } from './siread.js';

/** One edge of a cycle that was found. */
export interface CycleStep {
  readonly from: SerialNode;
  readonly to: SerialNode;
  readonly reason: EdgeReason;
}
export type Cycle = readonly CycleStep[];

export interface CertifierOptions {
  readonly completeKeptMax: number;
  readonly incompleteKeptMax: number;
  readonly sireadEntriesMax: number;
  readonly sireadBytesMax: number;
}

const orderReason: EdgeReason = reasonOf('order', undefined, undefined, undefined, 0, 0);

export class Certifier {
  readonly #options: CertifierOptions;
  readonly budget: SireadBudget;
  readonly recent: RecentReads;
  /** Tracked and under way, ascending by snapshot: that of each was the newest when it was taken. */
  readonly active = new NodeList();
  /** Kept committed nodes, ascending by csnHigh. */
  readonly kept = new NodeList();

  /** The newest published commit of a tracked transaction with changes. */
  writerPublished = 0;

  strictCycles = 0;
  exactCycles = 0;
  nodesVisited = 0;
  nodesMerged = 0;
  forcedDrops = 0;
  safeSnapshots = 0;

  constructor(options: CertifierOptions) {
    this.#options = options;
    this.budget = new SireadBudget(options.sireadEntriesMax, options.sireadBytesMax);
    this.recent = new RecentReads(this.budget, options.sireadEntriesMax);
  }

  // ------------------------------------------------------------------------------------------------------------ life of a node

  /** Called when the transaction takes its snapshot. */
  start(node: SerialNode, snapshot: number): void {
    assert(node.snapLow < 0, 'node has a snapshot already');
    node.snapLow = snapshot;
    node.snapHigh = snapshot;
    node.writerBefore = this.writerPublished;
    if (node.readOnly && decideSafety(this, node)) return;
    this.active.add(node);
  }

  /** The transaction is numbered `csn`: its edges now count as committed. */
  commit(node: SerialNode, csn: number): void {
    assert(node.state === 'active' && !node.isSafe, 'only tracked active nodes commit');
    node.state = 'committed';
    node.csnLow = csn;
    node.csnHigh = csn;
    this.active.remove(node);
    this.kept.add(node);
    finishWatched(this, node);
  }

  abort(node: SerialNode, lastPublished: number): void {
    if (node.state !== 'active') return;
    node.state = 'gone';
    dropEdges(node);
    node.releaseReads();
    this.active.remove(node);
    finishWatched(this, node);
    this.prune(lastPublished);
  }

  // ------------------------------------------------------------------------------------------------------------ edges

  /** Reader after writer: `reader` (active) walked over a change newer than its snapshot. */
  readOver(reader: SerialNode, record: UndoRecord, index: SireadIndex, low: string, high: string | undefined, statement: number): void {
    if (record.node === undefined) return;
    const writer = record.node.resolve();
    if (writer.state !== 'committed' || writer === reader) return;
    const known = reader.out.has(writer);
    if (known) return;
    const reason: EdgeReason = { kind: 'rw', index, low, high, key: record.key, fromStatement: statement, toStatement: record.statement };
    if (addEdge(reader, writer, reason)) reader.edgeGained = true;
  }

  /** Hidden read: `reader` saw the newest state and that includes a change newer than its snapshot, so it comes after `writer`. */
  readHidden(reader: SerialNode, record: UndoRecord, index: SireadIndex, statement: number): void {
    if (record.node === undefined) return;
    if (mutants.on && mutants.has('mvcc.hidden-edge-dropped')) return;
    const writer = record.node.resolve();
    if (writer.state !== 'committed' || writer === reader) return;
    if (addEdge(writer, reader, reasonOf('wr', index, record.key, undefined, record.statement, statement)) && reader.out.size > 0) reader.edgeGained = true;
  }

  /** All that a tree holds is removed by `writer`, which has locked out everybody else: it comes after whoever has read any of it. */
  removeAll(writer: SerialNode, index: SireadIndex, statement: number): void {
    if (mutants.on && mutants.has('mvcc.readers-of-removed-tree-forgotten')) return;
    for (const reader of this.#readersOf(index)) {
      if (reader === writer) continue;
      if (addEdge(reader, writer, { kind: 'rw', index, low: '', high: undefined, key: undefined, fromStatement: 0, toStatement: statement }) && writer.out.size > 0) writer.edgeGained = true;
    }
  }

  /** A tree is given up for another that has the same rows, to which who changes these comes from now on: whoever has read some of the one is taken to have read all of the other, in full: whether a key is in an index depends on values of a row that stays. */
  carryReads(from: SireadIndex, to: SireadIndex): void {
    if (mutants.on && mutants.has('mvcc.reads-of-left-tree-forgotten')) return;
    for (const reader of this.#readersOf(from)) {
      const [read] = reader.readsOf(from).entries();
      if (read !== undefined) reader.readsOf(to).addRange('', undefined, read.statement, false);
    }
  }
  /** Committed or not: who has gone back to a savepoint has read, and holds no lock any more. */
  #readersOf(index: SireadIndex): SerialNode[] {
    const readers: SerialNode[] = [];
    for (const list of [this.kept, this.active]) for (let node = list.first; node !== undefined; node = node.next) if (node.reads.has(index)) readers.push(node);
    return readers;
  }

  /** Writer after reader: `writer`, about to commit, overwrites `key`; everybody concurrent who has read it precedes it. */
  probe(writer: SerialNode, index: SireadIndex, key: string, changesPresence: boolean, statement: number): void {
    const { recent } = this;
    recent.settleRanges(index, key, writer);
    for (let at = recent.pointOf(index, key, changesPresence, writer, NoPlace); at !== NoPlace; at = recent.pointOf(index, key, changesPresence, writer, at)) {
      this.#addReader(recent.hitAt(at, key), writer, index, key, statement);
      if (mutants.on && mutants.has('mvcc.first-reader-alone')) break;
    }
    if (!index.isEmpty) this.#probeIndex(writer, index, key, changesPresence, statement);
  }
  #probeIndex(writer: SerialNode, index: SireadIndex, key: string, changesPresence: boolean, statement: number): void {
    index.forEachReader(key, changesPresence, (hit) => this.#addReader(hit, writer, index, key, statement));
  }
  #addReader(hit: ReadHit, writer: SerialNode, index: SireadIndex, key: string, statement: number): void {
    const reader = hit.node;
    if (reader === writer) return;
    const isConcurrent = reader.state === 'active' || reader.csnHigh > writer.snapLow;
    if (!isConcurrent) return;
    if (mutants.on && mutants.has('mvcc.probe-active-only') && reader.state !== 'active') return;
    if (addEdge(reader, writer, reasonOf('rw', index, key, hit, hit.statement, statement))) reader.edgeGained = true;
  }

  // ------------------------------------------------------------------------------------------------------------ the test

  /** A cycle through `node` among the committed, or undefined. Called with all edges of `node` known; also early, with its reads only. */
  certify(node: SerialNode): Cycle | undefined {
    if (node.out.size === 0) return undefined;
    const strict = this.#strictCycle(node);
    if (strict === undefined) return undefined;
    this.strictCycles++;
    if (node.strict) return strict;
    if (mutants.on && mutants.has('mvcc.strict-only')) return strict;
    const exact = this.#exactCycle(node);
    if (exact !== undefined) this.exactCycles++;
    return exact;
  }

  #strictCycle(target: SerialNode): Cycle | undefined {
    const parents = new Map<SerialNode, CycleStep>();
    const stack: SerialNode[] = [];
    let least = NoCsn;
    let leastNode: SerialNode | undefined = undefined;
    let pushedFrom = NoCsn;
    for (const [next, reason] of target.out) visit(parents, stack, target, next, reason);
    for (;;) {
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        this.nodesVisited++;
        const closing = target.in.get(node);
        if (closing !== undefined) return pathOf(parents, target, node, closing);
        const low = Math.min(node.csnLow, foldOf(node));
        if (low < least) {
          least = low;
          leastNode = node;
        }
        if (least <= target.snapHigh) return pathOf(parents, target, node, orderReason);
        for (const [next, reason] of node.out) visit(parents, stack, node, next, reason);
      }
      if (least >= pushedFrom || leastNode === undefined) return undefined;
      pushedFrom = least;
      if (mutants.on && mutants.has('mvcc.skip-order-push')) return undefined;
      for (let later = this.kept.last; later !== undefined && later.csnHigh > least; later = later.previous) {
        if (later.snapHigh >= least) visit(parents, stack, leastNode, later, orderReason);
      }
      if (stack.length === 0) return undefined;
    }
  }

  #exactCycle(target: SerialNode): Cycle | undefined {
    const ignoreReads = mutants.on && mutants.has('mvcc.dependency-without-reads');
    const parents = new Map<SerialNode, CycleStep>();
    const stack: SerialNode[] = [];
    for (const [next, reason] of target.out) visit(parents, stack, target, next, reason);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.nodesVisited++;
      const closing = target.in.get(node);
      if (closing !== undefined) return pathOf(parents, target, node, closing);
      const fold = foldOf(node);
      if (fold <= target.snapHigh) return pathOf(parents, target, node, orderReason);
      if (node.csnLow <= target.snapHigh) {
        const reason = dependency(node, target, ignoreReads);
        if (reason !== undefined) return pathOf(parents, target, node, reason);
      }
      for (const [next, reason] of node.out) visit(parents, stack, node, next, reason);
      const from = Math.min(node.csnLow, fold);
      for (let later = this.kept.last; later !== undefined && later.csnHigh > from; later = later.previous) {
        if (later === node || parents.has(later) || later.snapHigh < from) continue;
        if (later.snapHigh >= fold) visit(parents, stack, node, later, orderReason);
        else if (later.snapHigh >= node.csnLow) {
          const reason = dependency(node, later, ignoreReads);
          if (reason !== undefined) visit(parents, stack, node, later, reason);
        }
      }
    }
    return undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ forgetting

  /** Drops what no cycle can need any more, and enforces the bounds. */
  prune(lastPublished: number): void {
    const { kept } = this;
    if (kept.first === undefined) return;
    const low = Math.min(this.active.first?.snapLow ?? lastPublished, lastPublished);
    if (this.active.size === 0 && kept.last!.csnHigh <= low) {
      // Nobody active: whoever comes next begins after all of these, so no edge can lead back to them.
      while (kept.first !== undefined) this.#drop(kept.first);
      return;
    }
    let completeCount = 0;
    for (let again = true; again; ) {
      again = false;
      completeCount = 0;
      for (let node: SerialNode | undefined = kept.first; node !== undefined && node.csnHigh <= low; ) {
        const next: SerialNode | undefined = node.next;
        const hasEarlier: boolean = node !== kept.first && kept.first!.csnLow <= node.snapHigh && !(mutants.on && mutants.has('mvcc.prune-ignores-order'));
        const hasIn = node.in.size > 0 && !(mutants.on && mutants.has('mvcc.prune-ignores-edges'));
        if (!hasIn && !hasEarlier) {
          if (node.out.size > 0 && completeCount > 0) again = true; // something before it may be free now
          this.#drop(node);
        } else completeCount++;
        node = next;
      }
    }
    while (completeCount > this.#options.completeKeptMax) {
      this.#dropForced(kept.first!);
      completeCount--;
    }
    if (kept.size - completeCount > this.#options.incompleteKeptMax) this.#mergeOldest(completeCount);
  }

  #drop(node: SerialNode): void {
    node.state = 'gone';
    dropEdges(node);
    node.releaseReads();
    this.kept.remove(node);
  }

  #dropForced(node: SerialNode): void {
    this.forcedDrops++;
    const fold = Math.min(node.csnLow, node.lowFix);
    for (const earlier of node.in.keys()) earlier.lowFix = Math.min(earlier.lowFix, fold);
    for (let earlier = this.kept.first; earlier !== undefined; earlier = earlier.next) {
      if (earlier !== node && earlier.csnLow <= node.snapHigh) earlier.lowFix = Math.min(earlier.lowFix, fold);
    }
    this.#drop(node);
  }

  /** Merges the two oldest incomplete nodes until the number of incomplete ones is within its bound. */
  #mergeOldest(completeCount: number): void {
    let node = this.kept.first;
    for (let i = 0; i < completeCount; i++) node = node!.next;
    assert(node !== undefined, 'no incomplete node to merge');
    while (this.kept.size - completeCount > Math.max(1, this.#options.incompleteKeptMax)) this.#merge(node, node.next!);
  }

  /** `b` becomes part of `a`, its predecessor in the list. */
  #merge(a: SerialNode, b: SerialNode): void {
    this.nodesMerged++;
    a.isMerged = true;
    stopWatching(a);
    stopWatching(b);
    a.snapLow = Math.min(a.snapLow, b.snapLow);
    a.snapHigh = Math.max(a.snapHigh, b.snapHigh);
    a.csnLow = Math.min(a.csnLow, b.csnLow);
    a.csnHigh = Math.max(a.csnHigh, b.csnHigh);
    a.lowFix = Math.min(a.lowFix, b.lowFix);
    const out = [...b.out];
    const into = [...b.in];
    dropEdges(b);
    for (const [next, reason] of out) if (next !== a) addEdge(a, next, reason);
    for (const [before, reason] of into) if (before !== a) addEdge(before, a, reason);
    a.absorbReads(b);
    for (const [index, keys] of b.writes) {
      for (const [key, mark] of keys) {
        const known = a.writes.get(index)?.get(key) ?? 0;
        a.addWrite(index, key, mark >>> 1, ((mark | known) & 1) === 1);
      }
    }
    b.state = 'gone';
    b.representative = a;
    this.kept.remove(b);
  }
}

function foldOf(node: SerialNode): number {
  return mutants.on && mutants.has('mvcc.fold-dropped') ? NoCsn : node.lowFix;
}

function visit(parents: Map<SerialNode, CycleStep>, stack: SerialNode[], from: SerialNode, to: SerialNode, reason: EdgeReason): void {
  if (to.state !== 'committed' || parents.has(to)) return;
  parents.set(to, { from, to, reason });
  stack.push(to);
}

/** The cycle target -> ... -> last -> target. */
function pathOf(parents: Map<SerialNode, CycleStep>, target: SerialNode, last: SerialNode, closing: EdgeReason): Cycle {
  const steps: CycleStep[] = [{ from: last, to: target, reason: closing }];
  for (let node = last; node !== target; ) {
    const step = parents.get(node)!;
    steps.push(step);
    node = step.from;
  }
  return steps.reverse();
}
