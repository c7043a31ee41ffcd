/**
 * Was a serialization failure needed? It was when the transaction, had it been let go on, would have closed a cycle with transactions that had
 * committed by then: the graph of all that committed before it failed, with the transaction itself added as it stood, has a cycle through it. A failure
 * without such a cycle helped nobody.
 *
 * The transaction is given every benefit of the doubt *for* the database: the reads of the statement that failed are added, as its snapshot shows
 * them, although nobody saw their answer, and so are the writes that statement would have made.
 */
import type { Failure, WorkloadRun } from '../generator/run-workload.js';
import { coveredKeys, regKey } from '../generator/run-workload.js';
import { EdgeKind, anyEdge, Graph } from './graph.js';
import type { HistoryTransaction } from './history.js';

export interface Precision {
  /** Failures for read/write dependencies; write conflicts and deadlocks are others. */
  readonly failures: number;
  readonly needless: number;
  readonly examples: readonly Failure[];
}

export function judgeFailures(run: WorkloadRun): Precision {
  const judged = run.failures.filter((failure) => failure.error.code === '40001' && /read\/write dependencies/.test(failure.error.message));
  const needless = judged.filter((failure) => !isNeeded(run, failure));
  return { failures: judged.length, needless: needless.length, examples: needless };
}

/** Lists are compared by length: `list k` is a register whose version is the number of values. */
function isNeeded(run: WorkloadRun, failure: Failure): boolean {
  const before = run.history.slice(0, failure.position).map((t) => t.status === 'aborted' ? undefined : t);
  const own = run.history[failure.position]!;
  const graph = new Graph(failure.position + 1);
  const self = failure.position;
  const writers = new Map<string, number[]>();
  const snapshot = new Map<string, number>();
  for (const [position, t] of before.entries()) {
    if (position === failure.snapshotPosition) for (const [key, list] of writers) snapshot.set(key, list.length - 1);
    if (t === undefined) continue;
    for (const op of t.ops) {
      if (op.kind !== 'write' && op.kind !== 'append') continue;
      const list = writersOf(writers, op.key);
      if (op.kind === 'write') list[op.version] = position;
      else list.push(position);
    }
  }
  if (failure.snapshotPosition >= failure.position) for (const [key, list] of writers) snapshot.set(key, list.length - 1);
  const addReads = (t: HistoryTransaction, position: number): void => {
    const written = new Set<string>();
    for (const op of t.ops) {
      if (op.kind === 'write' || op.kind === 'append') written.add(op.key);
      if (written.has(op.key)) continue;
      if (op.kind === 'found') graph.add(writersOf(writers, op.key)[1] ?? -1, position, EdgeKind.wr, 0);
      else if (op.kind === 'read' || op.kind === 'list') addRead(position, op.key, op.kind === 'read' ? op.version : op.values.length);
    }
  };
  const addRead = (position: number, key: string, version: number): void => {
    const list = writersOf(writers, key);
    if (version > 0) graph.add(list[version] ?? -1, position, EdgeKind.wr, 0);
    graph.add(position, list[version + 1] ?? -1, EdgeKind.rw, 0);
    if (position !== self && version >= list.length - 1) lastReaders(key).push(position);
  };
  const readersOfNewest = new Map<string, number[]>();
  const lastReaders = (key: string): number[] => {
    let list = readersOfNewest.get(key);
    if (list === undefined) readersOfNewest.set(key, (list = []));
    return list;
  };
  for (const [position, t] of before.entries()) if (t !== undefined) addReads(t, position);
  addReads(own, self);
  for (const list of writers.values()) for (let v = 1; v + 1 < list.length; v++) graph.add(list[v] ?? -1, list[v + 1] ?? -1, EdgeKind.ww, 0);

  const wouldWrite = new Set(own.ops.flatMap((op) => (op.kind === 'write' || op.kind === 'append' ? [op.key] : [])));
  const during = failure.during;
  if (during !== undefined) {
    const isList = during.kind === 'append' || during.kind === 'list';
    const keys = isList ? [`list ${during.low}`] : during.kind === 'update range' ? range(during.low, during.high).map(regKey) : coveredKeys(during, run.options, []).map(regKey);
    for (const key of keys) addRead(self, key, snapshot.get(key) ?? 0);
    if (['update', 'upsert', 'insert', 'update range', 'append'].includes(during.kind)) for (const key of keys) wouldWrite.add(key);
  }
  // Its writes would have come after everything committed on these keys.
  for (const key of wouldWrite) {
    const list = writersOf(writers, key);
    if (list.length > 1) graph.add(list.at(-1) ?? -1, self, EdgeKind.ww, 0);
    for (const reader of lastReaders(key)) graph.add(reader, self, EdgeKind.rw, 0);
  }
  graph.seal();
  const { component, sizes } = graph.components(anyEdge);
  return sizes[component[self]!]! > 1;
}

function writersOf(writers: Map<string, number[]>, key: string): number[] {
  let list = writers.get(key);
  if (list === undefined) writers.set(key, (list = [-1]));
  return list;
}
function range(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
