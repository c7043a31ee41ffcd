/**
 * Random transactions as data: what each will do, chosen from a seed before anything runs, so that a schedule can be replayed and shrunk.
 *
 * One schema serves all: `reg(k, b, ver)`, a register per key whose `ver` counts its writes (b is an indexed permutation of k), `lists(k, v)`, which only
 * grow, and `child(id, k)` with a foreign key to reg. A workload is a choice of operations and sizes; `swarm` draws one at random, for bugs hide
 * behind features that are always on.
 */
import { Random } from './random.js';

export type OpKind =
  | 'read' | 'range' | 'index range' | 'first' | 'cursor' | 'read for update'
  | 'update' | 'upsert' | 'insert' | 'update range'
  | 'append' | 'list' | 'child' | 'savepoint' | 'rollback to' | 'sequence';

export interface PlannedOp {
  readonly kind: OpKind;
  readonly low: number;
  readonly high: number;
}
export interface PlannedTransaction {
  readonly readOnly: boolean;
  readonly ops: readonly PlannedOp[];
  /** Ends with ROLLBACK instead of COMMIT. */
  readonly rollsBack: boolean;
}

export interface WorkloadOptions {
  readonly name: string;
  readonly sessionCount: number;
  readonly keyCount: number;
  /** Share of the keys that exist at the start. */
  readonly presentShare: number;
  readonly rangeMax: number;
  readonly opsMin: number;
  readonly opsMax: number;
  readonly readOnlyShare: number;
  readonly rollbackShare: number;
  /** Chance at each turn, on a target whose machine allows it, that the power will be cut after some more operations on the disk. */
  readonly cutShare: number;
  /** Weights of the operations. */
  readonly mix: Readonly<Partial<Record<OpKind, number>>>;
}

const base = { sessionCount: 5, keyCount: 16, presentShare: 1, rangeMax: 6, opsMin: 2, opsMax: 5, readOnlyShare: 0.1, rollbackShare: 0.05, cutShare: 0.02 };
export const workloads: readonly WorkloadOptions[] = [
  { ...base, name: 'points', mix: { read: 3, update: 2 } },
  { ...base, name: 'ranges', keyCount: 32, mix: { range: 3, update: 2, read: 1 } },
  { ...base, name: 'read-mostly', keyCount: 24, readOnlyShare: 0.4, mix: { read: 4, range: 3, update: 1 } },
  { ...base, name: 'absent-keys', presentShare: 0.3, rollbackShare: 0.15, mix: { read: 3, upsert: 2, insert: 1, range: 1 } },
  { ...base, name: 'predicates', keyCount: 24, presentShare: 0.6, mix: { 'index range': 3, 'update range': 1, update: 1, upsert: 1, first: 1 } },
  { ...base, name: 'list-append', keyCount: 8, mix: { append: 2, list: 3 } },
  { ...base, name: 'locks', mix: { 'read for update': 2, read: 2, update: 2 } },
  { ...base, name: 'foreign-keys', mix: { child: 2, read: 2, update: 2 } },
  { ...base, name: 'savepoints', presentShare: 0.6, opsMax: 7, mix: { savepoint: 2, 'rollback to': 1, read: 3, update: 2, upsert: 1 } },
  { ...base, name: 'cursors', keyCount: 24, mix: { cursor: 2, first: 1, update: 2, upsert: 1 } },
  { ...base, name: 'long-readers', sessionCount: 6, opsMin: 1, opsMax: 14, readOnlyShare: 0.35, mix: { range: 2, read: 4, update: 2 } },
  { ...base, name: 'sequences', presentShare: 0.5, mix: { sequence: 1, read: 2, upsert: 2 } },
];

const allKinds: readonly OpKind[] = ['read', 'range', 'index range', 'first', 'cursor', 'read for update', 'update', 'upsert', 'insert', 'update range', 'append', 'list', 'child', 'savepoint', 'rollback to', 'sequence'];

/** A workload drawn at random: some operations, some sizes. */
export function swarm(seed: number): WorkloadOptions {
  const random = new Random(seed);
  const mix: Partial<Record<OpKind, number>> = { read: 1, update: 1 };
  for (const kind of allKinds) if (random.chance(0.4)) mix[kind] = random.between(1, 3);
  return {
    name: `swarm ${seed}`, sessionCount: random.between(2, 8), keyCount: random.pick([3, 6, 12, 32, 100]), presentShare: random.pick([0, 0.5, 1]), rangeMax: random.between(2, 12),
    opsMin: 1, opsMax: random.between(2, 9), readOnlyShare: random.pick([0, 0.1, 0.4]), rollbackShare: random.pick([0, 0.1, 0.3]), mix,
    cutShare: random.pick([0.005, 0.02, 0.1]),
  };
}

const writing: ReadonlySet<OpKind> = new Set<OpKind>(['update', 'upsert', 'insert', 'update range', 'append', 'child', 'read for update', 'sequence']);

export function planTransaction(random: Random, options: WorkloadOptions): PlannedTransaction {
  const readOnly = random.chance(options.readOnlyShare);
  const kinds = allKinds.flatMap((kind) => (readOnly && writing.has(kind) ? [] : Array<OpKind>(options.mix[kind] ?? 0).fill(kind)));
  const ops: PlannedOp[] = [];
  let depth = 0;
  for (let n = random.between(options.opsMin, options.opsMax); n > 0; n--) {
    let kind = kinds.length === 0 ? 'read' : random.pick(kinds);
    if (kind === 'savepoint') depth++;
    else if (kind === 'rollback to') {
      if (depth === 0) kind = 'read';
      else depth--;
    }
    const low = random.below(options.keyCount);
    ops.push({ kind, low, high: Math.min(options.keyCount - 1, low + random.below(options.rangeMax)) });
  }
  return { readOnly, ops, rollsBack: random.chance(options.rollbackShare) };
}

/** SQL that makes the schema and the keys present at the start; each starts at version 1. */
export function setupSql(seed: number, options: WorkloadOptions): string {
  const random = new Random(seed ^ 0x5eed);
  const rows: string[] = [];
  for (let k = 0; k < options.keyCount; k++) if (random.next() < options.presentShare) rows.push(`(${k}, ${permuted(k, options.keyCount)}, 1)`);
  return `create table reg (k int primary key, b int not null, ver int not null);
    create index reg_b on reg (b);
    create table lists (k int primary key, v text not null);
    create table child (id int primary key, k int references reg (k));
    create sequence ids;
    ${rows.length === 0 ? '' : `insert into reg values ${rows.join(', ')};`}`;
}
/** Keys present at the start, as `setupSql` chose them. */
export function presentKeys(seed: number, options: WorkloadOptions): number[] {
  const random = new Random(seed ^ 0x5eed);
  return Array.from({ length: options.keyCount }, (_, k) => k).filter(() => random.next() < options.presentShare);
}
/** The other column: another order of the same numbers. */
export function permuted(k: number, keyCount: number): number {
  const half = Math.ceil(keyCount / 2);
  return k % 2 === 0 ? k / 2 : half + (k - 1) / 2;
}
