/**
 * Merge join: both inputs come sorted by their keys and are read side by side. The right rows of one key are kept as a group while left
 * rows with that key pass. A key with a NULL equals nothing, though it has its place in the order.
 */
import type { Datum } from '../../base/datum.js';
import { evaluate } from '../expression-interpreter.js';
import { Keeper } from '../kept-memory.js';
import { compareSortKeys, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { clearRegisters, outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { tupleBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

interface GroupRow {
  readonly tuple: Tuple;
  matched: boolean;
}

export class MergeJoinOperator implements Operator {
  readonly #plan: PlanOf<'mergeJoin'>;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #runtime: Runtime;
  readonly #leftIds: number[];
  readonly #rightIds: number[];
  readonly #kept: Keeper;
  /** The right rows of `groupKeys`. */
  #group: GroupRow[] = [];
  #groupKeys: Datum[] | undefined;
  /** The first right row after the group. */
  #ahead: { readonly keys: Datum[]; readonly tuple: Tuple } | undefined;
  /** Right rows that no left row can match any more and an outer join must emit. */
  #orphans: Tuple[] = [];
  #left1: { readonly tuple: Tuple; readonly keys: Datum[] } | undefined;
  #isLeftDone = false;
  #leftMatched = false;
  #at = 0;

  constructor(plan: PlanOf<'mergeJoin'>, left: Operator, right: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#runtime = runtime;
    this.#leftIds = outputIds(plan.left);
    this.#rightIds = outputIds(plan.right);
    this.#kept = new Keeper(runtime.memory);
  }

  open(): void {
    this.#left.open();
    this.#right.open();
    this.#group = [];
    this.#groupKeys = undefined;
    this.#orphans = [];
    this.#kept.clear();
    this.#left1 = undefined;
    this.#isLeftDone = false;
    this.#ahead = undefined;
    this.#pullRight();
  }

  next(): boolean {
    const { join, residual } = this.#plan;
    const { registers } = this.#runtime;
    for (;;) {
      const orphan = this.#orphans.pop();
      if (orphan !== undefined) {
        this.#kept.remove(tupleBytes(orphan));
        clearRegisters(registers, this.#leftIds);
        restoreTuple(registers, this.#rightIds, orphan);
        return true;
      }
      if (this.#left1 === undefined) {
        if (this.#isLeftDone || !this.#nextLeft()) {
          if (!this.#finishRight()) return false;
          continue;
        }
        continue;
      }
      restoreTuple(registers, this.#leftIds, this.#left1.tuple);
      while (this.#at < this.#group.length) {
        const row = this.#group[this.#at++]!;
        restoreTuple(registers, this.#rightIds, row.tuple);
        if (residual !== undefined && evaluate(residual, this.#runtime) !== true) continue;
        row.matched = true;
        this.#leftMatched = true;
        if (join === 'anti') break;
        if (join === 'semi') this.#left1 = undefined;
        return true;
      }
      this.#left1 = undefined;
      if (!this.#leftMatched && (join === 'left' || join === 'full' || join === 'anti')) {
        clearRegisters(registers, this.#rightIds);
        return true;
      }
    }
  }

  /** Reads a left row and advances the right side to its key, so that `#group` holds its partners (none: `#at` past the group). */
  #nextLeft(): boolean {
    if (!this.#left.next()) {
      this.#isLeftDone = true;
      return false;
    }
    const keys = sortKeyValues(this.#plan.leftKeys, this.#runtime);
    this.#left1 = { tuple: saveTuple(this.#runtime.registers, this.#leftIds), keys };
    this.#leftMatched = false;
    while (this.#groupKeys === undefined || this.#compare(keys, this.#groupKeys) > 0) {
      if (this.#ahead === undefined || this.#compare(keys, this.#ahead.keys) < 0) break;
      this.#nextGroup();
    }
    const matches = this.#groupKeys !== undefined && !keys.includes(null) && this.#compare(keys, this.#groupKeys) === 0;
    this.#at = matches ? 0 : this.#group.length;
    return true;
  }

  #compare(left: Datum[], right: Datum[]): number {
    return compareSortKeys(this.#plan.leftKeys, left, right, this.#runtime.ctx);
  }

  #nextGroup(): void {
    this.#retireGroup();
    const first = this.#ahead!;
    this.#groupKeys = first.keys;
    this.#group = [];
    this.#keep(first.tuple);
    this.#pullRight();
    while (this.#ahead !== undefined && compareSortKeys(this.#plan.rightKeys, this.#ahead.keys, first.keys, this.#runtime.ctx) === 0) {
      this.#keep(this.#ahead.tuple);
      this.#pullRight();
    }
  }
  #keep(tuple: Tuple): void {
    this.#kept.add(tupleBytes(tuple));
    this.#group.push({ tuple, matched: false });
  }

  #retireGroup(): void {
    const emitsOrphans = this.#plan.join === 'right' || this.#plan.join === 'full';
    for (const { tuple, matched } of this.#group) {
      if (emitsOrphans && !matched) this.#orphans.push(tuple);
      else this.#kept.remove(tupleBytes(tuple));
    }
    this.#group = [];
    this.#groupKeys = undefined;
  }

  /** After the last left row: the rest of the right side are orphans. Says whether there may be some. */
  #finishRight(): boolean {
    if (this.#plan.join !== 'right' && this.#plan.join !== 'full') return false;
    this.#retireGroup();
    if (this.#ahead !== undefined) this.#nextGroup();
    return this.#orphans.length > 0 || this.#group.length > 0;
  }

  #pullRight(): void {
    // Rows of the group were put into the right side's registers meanwhile; it goes on from the row it published last.
    if (this.#ahead !== undefined) restoreTuple(this.#runtime.registers, this.#rightIds, this.#ahead.tuple);
    this.#ahead = this.#right.next()
      ? { keys: sortKeyValues(this.#plan.rightKeys, this.#runtime), tuple: saveTuple(this.#runtime.registers, this.#rightIds) }
      : undefined;
  }

  close(): void {
    this.#left.close();
    this.#right.close();
    this.#group = [];
    this.#orphans = [];
    this.#kept.clear();
    this.#ahead = undefined;
    this.#isLeftDone = true;
  }
}
