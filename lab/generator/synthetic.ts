/**
 * Histories made without any database, to measure the checker: a store that runs `sessionCount` transactions at a time, each with a snapshot from its
 * start, and lets a transaction commit only when nothing it read or wrote has changed since. Such a history is serializable in commit order.
 * `plantSkew` then puts one write skew over two fresh keys into the middle of it, which must be found.
 */
import type { HistoryOp, HistoryTransaction } from '../checker/history.js';
import { Random } from './random.js';

export interface SyntheticOptions {
  readonly transactionCount: number;
  readonly keyCount: number;
  readonly sessionCount: number;
  readonly readsMax: number;
  readonly writesMax: number;
  readonly seed: number;
}

export const syntheticDefaults = { keyCount: 100_000, sessionCount: 16, readsMax: 4, writesMax: 2, seed: 1 };

interface Running {
  readonly id: number;
  readonly session: number;
  readonly reads: number[];
  readonly versions: number[];
  readonly writes: readonly number[];
}

export function syntheticHistory(options: SyntheticOptions): HistoryTransaction[] {
  const random = new Random(options.seed);
  const names = Array.from({ length: options.keyCount }, (_, k) => `k${k}`);
  const versions = new Int32Array(options.keyCount);
  const history: HistoryTransaction[] = [];
  const running: (Running | undefined)[] = Array<Running | undefined>(options.sessionCount).fill(undefined);
  let started = 0;
  while (history.length < options.transactionCount) {
    const session = random.below(options.sessionCount);
    const transaction = running[session];
    if (transaction === undefined) {
      running[session] = begin(random, options, versions, ++started, session);
      continue;
    }
    running[session] = undefined;
    history.push(end(transaction, names, versions));
  }
  return history;
}

function begin(random: Random, options: SyntheticOptions, versions: Int32Array, id: number, session: number): Running {
  const draw = (n: number): number[] => [...new Set(Array.from({ length: n }, () => random.below(options.keyCount)))];
  const writes = draw(random.below(options.writesMax + 1));
  const reads = [...new Set([...writes, ...draw(random.between(1, options.readsMax))])];
  return { id, session, reads, versions: reads.map((key) => versions[key]!), writes };
}

function end(transaction: Running, names: readonly string[], versions: Int32Array): HistoryTransaction {
  const { id, session, reads, writes } = transaction;
  const ops: HistoryOp[] = reads.map((key, i) => ({ kind: 'read', key: names[key]!, version: transaction.versions[i]! }));
  const isFresh = reads.every((key, i) => versions[key] === transaction.versions[i]);
  for (const key of writes) ops.push({ kind: 'write', key: names[key]!, version: isFresh ? ++versions[key]! : versions[key]! + 1 });
  // What an aborted transaction wrote has no version; it is left out, for another one may take the number.
  return isFresh ? { id, session, status: 'committed', ops } : { id, session, status: 'aborted', ops: ops.filter((op) => op.kind === 'read') };
}

/** Two transactions that each read both keys and write one of them. @returns their ids */
export function plantSkew(history: HistoryTransaction[]): readonly [number, number] {
  const first = history.reduce((most, transaction) => Math.max(most, transaction.id), 0) + 1;
  const reads: HistoryOp[] = [{ kind: 'read', key: 'planted a', version: 0 }, { kind: 'read', key: 'planted b', version: 0 }];
  const skewed = (['planted a', 'planted b'] as const).map((key, i): HistoryTransaction => ({ id: first + i, session: i, status: 'committed', ops: [...reads, { kind: 'write', key, version: 1 }] }));
  history.splice(history.length >>> 1, 0, ...skewed);
  return [first, first + 1];
}
