/**
 * From a history to its dependency graph, and the anomalies that show without any cycle.
 *
 * For each key the versions have an order: given for registers; for lists it is the longest list that a committed transaction read, of which every
 * other read must be a prefix. Then, with w(i) the writer of version i: w(i) -ww-> w(i+1), w(i) -wr-> readers of i, readers of i -rw-> w(i+1).
 * What was found in an unknown version gives w(1) -wr-> finder alone. A list's appends that nobody has read have no known place and give no edges but one: whoever read the longest list precedes them.
 */
import { EdgeKind, Graph } from './graph.js';
import type { History, HistoryTransaction } from './history.js';

export interface DirectAnomaly {
  readonly kind: 'G1a' | 'G1b' | 'garbage read' | 'duplicate version' | 'incompatible order' | 'internal';
  readonly transaction: number;
  readonly key: string;
  readonly text: string;
}

export interface Inferred {
  readonly graph: Graph;
  readonly keys: readonly string[];
  readonly direct: readonly DirectAnomaly[];
}

interface Chain {
  readonly number: number;
  readonly key: string;
  /** Position of the writing transaction by version; -1 unknown, -2 aborted. Index 0 is the absent state. */
  readonly writers: number[];
  /** Triples: position of the reader, version, 1 for a predicate read and 2 for what was found in that version or a later one. */
  readonly reads: number[];
  /** Lists: writer by value, the values in order, and appends never read. */
  readonly byValue: Map<number, number>;
  longest: readonly number[] | undefined;
  longestReader: number;
}

const Aborted = -2;
const Found = 2;

export function infer(history: History): Inferred {
  const chains = new Map<string, Chain>();
  const keys: string[] = [];
  const direct: DirectAnomaly[] = [];
  const chainOf = (key: string): Chain => {
    let chain = chains.get(key);
    if (chain === undefined) {
      chain = { number: keys.length, key, writers: [-1], reads: [], byValue: new Map(), longest: undefined, longestReader: -1 };
      keys.push(key);
      chains.set(key, chain);
    }
    return chain;
  };
  const report = (kind: DirectAnomaly['kind'], transaction: HistoryTransaction, key: string, text: string): void => void direct.push({ kind, transaction: transaction.id, key, text });
  const aborted = new Map<string, Set<number>>();

  for (const [position, transaction] of history.entries()) {
    const isCommitted = transaction.status !== 'aborted';
    for (const op of transaction.ops) {
      const chain = chainOf(op.key);
      if (op.kind === 'append') {
        chain.byValue.set(op.value, isCommitted ? position : Aborted);
      } else if (op.kind === 'write') {
        if (!isCommitted) {
          let versions = aborted.get(op.key);
          if (versions === undefined) aborted.set(op.key, (versions = new Set()));
          versions.add(op.version);
          continue;
        }
        const other = chain.writers[op.version];
        if (other !== undefined && other >= 0 && other !== position) report('duplicate version', transaction, op.key, `version ${op.version} was also written by T${history[other]!.id}`);
        while (chain.writers.length < op.version) chain.writers.push(-1);
        chain.writers[op.version] = position;
      }
    }
  }

  for (const [position, transaction] of history.entries()) {
    if (transaction.status === 'aborted') continue;
    collectReads(history, transaction, position, chainOf, report);
  }

  const graph = new Graph(history.length);
  for (const chain of chains.values()) {
    if (chain.longest !== undefined) orderList(history, chain, report);
    addEdges(history, graph, chain, aborted.get(chain.key), report);
  }
  graph.seal();
  return { graph, keys, direct };
}

type Report = (kind: DirectAnomaly['kind'], transaction: HistoryTransaction, key: string, text: string) => void;

/** Reads of committed transactions, each compared with what its own transaction did before. */
function collectReads(history: History, transaction: HistoryTransaction, position: number, chainOf: (key: string) => Chain, report: Report): void {
  const ownVersion = new Map<string, number>();
  const ownAppends = new Map<string, number[]>();
  for (const op of transaction.ops) {
    switch (op.kind) {
      case 'write':
        ownVersion.set(op.key, op.version);
        break;
      case 'append': {
        const list = ownAppends.get(op.key);
        if (list === undefined) ownAppends.set(op.key, [op.value]);
        else list.push(op.value);
        break;
      }
      case 'read': {
        const own = ownVersion.get(op.key);
        if (own !== undefined) {
          if (own !== op.version) report('internal', transaction, op.key, `read version ${op.version} after writing version ${own}`);
          break;
        }
        chainOf(op.key).reads.push(position, op.version, op.isPredicate === true ? 1 : 0);
        break;
      }
      case 'found':
        if (!ownVersion.has(op.key)) chainOf(op.key).reads.push(position, 1, Found);
        break;
      case 'list': {
        const chain = chainOf(op.key);
        const own = ownAppends.get(op.key) ?? [];
        const foreign = op.values.slice(0, op.values.length - own.length);
        if (own.some((value, i) => op.values[foreign.length + i] !== value)) {
          report('internal', transaction, op.key, `read [${op.values.join(' ')}] after appending ${own.join(' ')}`);
          break;
        }
        if (chain.longest === undefined || op.values.length > chain.longest.length) {
          if (chain.longest !== undefined) checkPrefix(history, chain, chain.longest, op.values, transaction, report);
          chain.longest = op.values;
          chain.longestReader = position;
        } else checkPrefix(history, chain, op.values, chain.longest, transaction, report);
        chain.reads.push(position, foreign.length, op.isPredicate === true ? 1 : 0);
      }
    }
  }
}

function checkPrefix(history: History, chain: Chain, shorter: readonly number[], longer: readonly number[], transaction: HistoryTransaction, report: Report): void {
  for (let i = 0; i < shorter.length; i++) {
    if (shorter[i] === longer[i]) continue;
    report('incompatible order', transaction, chain.key, `[${shorter.join(' ')}] and [${longer.join(' ')}] (T${history[chain.longestReader]!.id}) differ at ${i + 1}`);
    return;
  }
}

function orderList(history: History, chain: Chain, report: Report): void {
  const seen = new Set<number>();
  const reader = history[chain.longestReader]!;
  chain.writers.length = 1;
  for (const value of chain.longest!) {
    const writer = chain.byValue.get(value);
    if (writer === undefined) report('garbage read', reader, chain.key, `value ${value} was never appended`);
    if (writer === Aborted) report('G1a', reader, chain.key, `value ${value} was appended by a transaction that aborted`);
    if (seen.has(value)) report('duplicate version', reader, chain.key, `value ${value} is there twice`);
    seen.add(value);
    chain.writers.push(writer ?? -1);
  }
}

function addEdges(history: History, graph: Graph, chain: Chain, aborted: ReadonlySet<number> | undefined, report: Report): void {
  const { writers, reads, number } = chain;
  // Next version by another transaction, from the back.
  for (let v = 1; v + 1 < writers.length; v++) graph.add(writers[v]!, writers[v + 1]!, EdgeKind.ww, number);
  const unread: number[] = [];
  if (chain.longest !== undefined) {
    const placed = new Set(chain.longest);
    for (const [value, writer] of chain.byValue) if (writer >= 0 && !placed.has(value)) unread.push(writer);
    const last = writers[writers.length - 1]!;
    for (const writer of unread) graph.add(last, writer, EdgeKind.ww, number);
  }
  for (let i = 0; i < reads.length; i += 3) {
    const reader = reads[i]!;
    const version = reads[i + 1]!;
    const isFound = reads[i + 2] === Found;
    const kind = reads[i + 2] === 1 ? EdgeKind.predicateRw : EdgeKind.rw;
    const writer = version < writers.length ? writers[version]! : -1;
    if (version > 0) {
      if (writer >= 0) {
        graph.add(writer, reader, EdgeKind.wr, number);
        if (!isFound && writer !== reader && writers[version + 1] === writer) report('G1b', history[reader]!, chain.key, `version ${version} of T${history[writer]!.id} was not its last`);
      } else if (aborted?.has(version) === true) report('G1a', history[reader]!, chain.key, `version ${version} was written by a transaction that aborted`);
      else if (writer === -1 && chain.longest === undefined) report('garbage read', history[reader]!, chain.key, `version ${version} was never written`);
    }
    if (isFound) continue;
    // A transaction that read and then wrote a key itself: the next version may be its own; the writer after that is behind a ww edge.
    if (version + 1 < writers.length) graph.add(reader, writers[version + 1]!, kind, number);
    else for (const later of unread) graph.add(reader, later, kind, number);
  }
}
