/**
 * LIMIT and OFFSET. Once the limit is reached the input is not pulled again, so that what was read stays what was needed. WITH TIES goes on
 * while the row's sort keys equal those of the last row counted. NULL means no limit (or no offset); negative is 2201W or 2201X.
 */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import type { BoundExpression } from '../../planner/expression.js';
import { evaluate } from '../expression-interpreter.js';
import { compareSortKeys, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

/** @returns Infinity when there is no limit. @throws DbError 2201W when negative */
export function limitCount(expression: BoundExpression | undefined, runtime: Runtime): number {
  return limitOf(expression === undefined ? null : evaluate(expression, runtime));
}
export function limitOf(value: Datum): number {
  if (value === null) return Infinity;
  if ((value as number | bigint) < 0) throw new DbError('2201W', 'LIMIT must not be negative');
  return Number(value);
}

/** @throws DbError 2201X when negative */
export function offsetCount(expression: BoundExpression | undefined, runtime: Runtime): number {
  return offsetOf(expression === undefined ? null : evaluate(expression, runtime));
}
export function offsetOf(value: Datum): number {
  if (value === null) return 0;
  if ((value as number | bigint) < 0) throw new DbError('2201X', 'OFFSET must not be negative');
  return Number(value);
}

export class LimitOperator implements Operator {
  readonly #plan: PlanOf<'limit'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  #toSkip = 0;
  #left = 0;
  #lastKeys: Datum[] | undefined;

  constructor(plan: PlanOf<'limit'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    this.#left = limitCount(this.#plan.limit, this.#runtime);
    this.#toSkip = offsetCount(this.#plan.offset, this.#runtime);
    this.#lastKeys = undefined;
    if (this.#left > 0) this.#input.open();
  }
  next(): boolean {
    const ties = this.#plan.withTies;
    if (this.#left <= 0) return ties !== undefined && this.#lastKeys !== undefined && this.#nextTie();
    while (this.#toSkip > 0) {
      if (!this.#input.next()) return false;
      this.#toSkip--;
    }
    if (!this.#input.next()) return false;
    this.#left--;
    if (this.#left <= 0) {
      if (ties === undefined) this.#input.close();
      else this.#lastKeys = sortKeyValues(ties, this.#runtime);
    }
    return true;
  }
  #nextTie(): boolean {
    const ties = this.#plan.withTies!;
    if (this.#input.next() && compareSortKeys(ties, this.#lastKeys!, sortKeyValues(ties, this.#runtime), this.#runtime.ctx) === 0) return true;
    this.#lastKeys = undefined;
    this.#input.close();
    return false;
  }
  /** Whether no further input can change the answer; LockRows below stops locking then. */
  get isDone(): boolean {
    return this.#left <= 0 && this.#lastKeys === undefined;
  }
  close(): void {
    this.#left = 0;
    this.#lastKeys = undefined;
    this.#input.close();
  }
}
