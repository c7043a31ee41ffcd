/**
 * Hash join: the right side's rows are gathered by key, then each left row looks up its own. A key with a NULL equals nothing. Right and
 * full joins emit the right rows that never matched at the end, semi joins a left row at its first match, anti joins a left row without any.
 *
 * A null-aware anti join answers NOT IN: a left row is dropped also when a comparison is unknown, that is when its key or the right row's
 * has a NULL and the other key columns are equal or unknown too.
 */
import type { Datum } from '../../base/datum.js';
import { evaluate } from '../expression-interpreter.js';
import { Keeper } from '../kept-memory.js';
import { datumsKey } from '../ordering.js';
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { clearRegisters, outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { keyBytes, tupleBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

interface BuildRow {
  readonly tuple: Tuple;
  readonly keys: readonly Datum[];
  matched: boolean;
}

export class HashJoinOperator implements Operator {
  readonly #plan: PlanOf<'hashJoin'>;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #runtime: Runtime;
  readonly #leftIds: number[];
  readonly #rightIds: number[];
  readonly #kept: Keeper;
  #all: BuildRow[] = [];
  #withNull: BuildRow[] = [];
  #buckets = new Map<string, BuildRow[]>();
  #candidates: readonly BuildRow[] = [];
  #at = 0;
  #hasLeft = false;
  #leftMatched = false;
  #phase: 'probe' | 'unmatched right' | 'done' = 'done';

  constructor(plan: PlanOf<'hashJoin'>, left: Operator, right: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#runtime = runtime;
    this.#leftIds = outputIds(plan.left);
    this.#rightIds = outputIds(plan.right);
    this.#kept = new Keeper(runtime.memory);
  }

  open(): void {
    this.#forget();
    const { rightKeys } = this.#plan;
    this.#right.open();
    while (this.#right.next()) {
      const keys = rightKeys.map((key) => evaluate(key, this.#runtime));
      const row = { tuple: saveTuple(this.#runtime.registers, this.#rightIds), keys, matched: false };
      this.#kept.add(tupleBytes(row.tuple) + tupleBytes(keys));
      this.#all.push(row);
      if (keys.includes(null)) {
        this.#withNull.push(row);
        continue;
      }
      const key = datumsKey(rightKeys, keys, this.#runtime.ctx);
      const bucket = this.#buckets.get(key);
      if (bucket !== undefined) bucket.push(row);
      else {
        this.#kept.add(keyBytes(key));
        this.#buckets.set(key, [row]);
      }
    }
    this.#right.close();
    this.#left.open();
    this.#hasLeft = false;
    this.#phase = 'probe';
  }

  next(): boolean {
    const { join } = this.#plan;
    while (this.#phase === 'probe') {
      if (!this.#hasLeft && !this.#nextLeft()) break;
      while (this.#at < this.#candidates.length) {
        const row = this.#candidates[this.#at++]!;
        restoreTuple(this.#runtime.registers, this.#rightIds, row.tuple);
        const { residual } = this.#plan;
        if (residual !== undefined && evaluate(residual, this.#runtime) !== true) continue;
        row.matched = true;
        this.#leftMatched = true;
        if (join === 'anti') break;
        if (join === 'semi') this.#hasLeft = false;
        return true;
      }
      this.#hasLeft = false;
      if (!this.#leftMatched && (join === 'left' || join === 'full' || join === 'anti')) {
        clearRegisters(this.#runtime.registers, this.#rightIds);
        return true;
      }
    }
    while (this.#phase === 'unmatched right') {
      const row = this.#all[this.#at++];
      if (row === undefined) this.#phase = 'done';
      else if (!row.matched) {
        clearRegisters(this.#runtime.registers, this.#leftIds);
        restoreTuple(this.#runtime.registers, this.#rightIds, row.tuple);
        return true;
      }
    }
    return false;
  }

  #nextLeft(): boolean {
    if (!this.#left.next()) {
      this.#left.close();
      this.#phase = this.#plan.join === 'right' || this.#plan.join === 'full' ? 'unmatched right' : 'done';
      this.#at = 0;
      return false;
    }
    const keys = this.#plan.leftKeys.map((key) => evaluate(key, this.#runtime));
    const equal = keys.includes(null) ? [] : (this.#buckets.get(datumsKey(this.#plan.leftKeys, keys, this.#runtime.ctx)) ?? []);
    this.#candidates = this.#plan.nullAware ? [...equal, ...this.#unknownMatches(keys)] : equal;
    this.#at = 0;
    this.#hasLeft = true;
    this.#leftMatched = false;
    return true;
  }

  /** Rows whose comparison with `keys` is neither true nor false. */
  #unknownMatches(keys: readonly Datum[]): readonly BuildRow[] {
    const rows = keys.includes(null) ? this.#all : this.#withNull;
    const { leftKeys, rightKeys } = this.#plan;
    return rows.filter((row) => {
      const pairs = keys.map((key, i) => ({ key, other: row.keys[i]!, i })).filter(({ key, other }) => key !== null && other !== null);
      return pairs.every(({ key, other, i }) => datumsKey([leftKeys[i]!], [key], this.#runtime.ctx) === datumsKey([rightKeys[i]!], [other], this.#runtime.ctx));
    });
  }

  close(): void {
    this.#left.close();
    this.#forget();
    this.#phase = 'done';
  }
  #forget(): void {
    this.#all = [];
    this.#withNull = [];
    this.#buckets = new Map();
    this.#kept.clear();
  }
}
