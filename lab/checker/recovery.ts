/**
 * What must be there after a crash. A history whose last transactions were cut off, and the state that was found afterwards:
 *
 * V1  Every write of a committed transaction is there.
 * V2  A transaction whose COMMIT was sent and not answered is there with all of its writes, or with none.
 * V3  Nothing else is there: a transaction that had not sent COMMIT is gone whole.
 *
 * A write of a register is there when the version found is not older; the locks on a row see to it that nobody writes the next version before the
 * last one is durable. Of a list it is there when the value is in it.
 */
import type { History, HistoryOp, HistoryTransaction } from './history.js';

/** By the keys of the history; what is absent has version 0, or no values. */
export interface FoundState {
  readonly versions: ReadonlyMap<string, number>;
  readonly lists: ReadonlyMap<string, readonly number[]>;
}

export interface Recovery {
  /** The history with every `unknown` decided, and the reading of the state as its last transaction. */
  readonly history: History;
  readonly problems: readonly string[];
}

/** @param readerId id for the transaction that read the state */
export function judgeRecovery(history: History, found: FoundState, readerId: number): Recovery {
  const problems: string[] = [];
  const decided = history.map((t): HistoryTransaction => (t.status === 'unknown' ? { ...t, status: decide(t, found, problems) } : t));
  compare(decided, found, problems);
  return { history: [...decided, { id: readerId, session: 0, status: 'committed', ops: readsOf(decided, found) }], problems };
}

function isThere(op: HistoryOp, found: FoundState): boolean | undefined {
  if (op.kind === 'write') return (found.versions.get(op.key) ?? 0) >= op.version;
  if (op.kind === 'append') return found.lists.get(op.key)?.includes(op.value) === true;
  return undefined;
}

function decide(t: HistoryTransaction, found: FoundState, problems: string[]): 'committed' | 'aborted' {
  const present = t.ops.filter((op) => isThere(op, found) === true);
  const absent = t.ops.filter((op) => isThere(op, found) === false);
  if (present.length > 0 && absent.length > 0) problems.push(`T${t.id} is there by half: ${present[0]!.key} but not ${absent[0]!.key}`);
  return present.length > 0 ? 'committed' : 'aborted';
}

function compare(history: History, found: FoundState, problems: string[]): void {
  const newest = new Map<string, { readonly version: number; readonly id: number }>();
  const appended = new Map<string, Map<number, number>>();
  for (const t of history) {
    if (t.status === 'aborted') continue;
    for (const op of t.ops) {
      if (op.kind === 'write' && op.version > (newest.get(op.key)?.version ?? 0)) newest.set(op.key, { version: op.version, id: t.id });
      if (op.kind !== 'append') continue;
      let values = appended.get(op.key);
      if (values === undefined) appended.set(op.key, (values = new Map()));
      values.set(op.value, t.id);
    }
  }
  for (const [key, { version, id }] of newest) {
    const there = found.versions.get(key) ?? 0;
    if (there < version) problems.push(`${key}: version ${version} of T${id} was acknowledged and is lost; version ${there} is there`);
  }
  for (const [key, version] of found.versions) {
    const committed = newest.get(key)?.version ?? 0;
    if (version > committed) problems.push(`${key}: version ${version} is there, of which nobody sent COMMIT; the newest is ${committed}`);
  }
  for (const [key, values] of appended) {
    const there = new Set(found.lists.get(key));
    for (const [value, id] of values) if (!there.has(value)) problems.push(`${key}: value ${value} of T${id} was acknowledged and is lost`);
  }
  for (const [key, values] of found.lists) {
    for (const value of values) if (appended.get(key)?.has(value) !== true) problems.push(`${key}: value ${value} is there, of which nobody sent COMMIT`);
  }
}

/** What the look at everything read: each key that anybody has written, absent ones too. */
function readsOf(history: History, found: FoundState): HistoryOp[] {
  const registers = new Set(found.versions.keys());
  const lists = new Set(found.lists.keys());
  for (const t of history) {
    for (const op of t.ops) {
      if (op.kind === 'write' && t.status !== 'aborted') registers.add(op.key);
      if (op.kind === 'append' && t.status !== 'aborted') lists.add(op.key);
    }
  }
  return [
    ...[...registers].map((key): HistoryOp => ({ kind: 'read', key, version: found.versions.get(key) ?? 0, isPredicate: true })),
    ...[...lists].map((key): HistoryOp => ({ kind: 'list', key, values: found.lists.get(key) ?? [], isPredicate: true })),
  ];
}
