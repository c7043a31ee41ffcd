/**
 * INTERSECT and EXCEPT. Rows are counted by key on both sides: INTERSECT ALL gives min(l, r) copies, EXCEPT ALL max(l - r, 0); without
 * ALL one copy where that is at least one (EXCEPT: where r is 0). NULLs are equal here.
 */
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { Keeper } from '../kept-memory.js';
import { datumsKey } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { keyBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

export class SetOperationOperator implements Operator {
  readonly #plan: PlanOf<'setOperation'>;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #runtime: Runtime;
  readonly #ids: number[];
  readonly #keys: readonly BoundExpression[];
  readonly #kept: Keeper;
  #rightCounts = new Map<string, number>();
  #emitted = new Set<string>();

  constructor(plan: PlanOf<'setOperation'>, left: Operator, right: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#runtime = runtime;
    this.#ids = outputIds(plan);
    this.#keys = columnExpressions(plan);
    this.#kept = new Keeper(runtime.memory);
  }
  open(): void {
    this.#forget();
    this.#right.open();
    while (this.#right.next()) {
      const key = this.#key(this.#plan.rightColumns);
      const count = this.#rightCounts.get(key);
      if (count === undefined) this.#kept.add(keyBytes(key));
      this.#rightCounts.set(key, (count ?? 0) + 1);
    }
    this.#right.close();
    this.#left.open();
  }
  next(): boolean {
    const { operation, all, leftColumns } = this.#plan;
    while (this.#left.next()) {
      const key = this.#key(leftColumns);
      const count = this.#rightCounts.get(key) ?? 0;
      if (all) {
        if (count > 0) this.#rightCounts.set(key, count - 1);
        if (count > 0 !== (operation === 'intersect')) continue;
      } else {
        if (count > 0 !== (operation === 'intersect') || this.#emitted.has(key)) continue;
        this.#kept.add(keyBytes(key));
        this.#emitted.add(key);
      }
      const { registers } = this.#runtime;
      restoreTuple(registers, this.#ids, saveTuple(registers, leftColumns));
      return true;
    }
    return false;
  }
  #key(columns: readonly ColumnId[]): string {
    return datumsKey(this.#keys, saveTuple(this.#runtime.registers, columns), this.#runtime.ctx);
  }
  close(): void {
    this.#left.close();
    this.#forget();
  }
  #forget(): void {
    this.#rightCounts = new Map();
    this.#emitted = new Set();
    this.#kept.clear();
  }
}

/** The output columns of a plan as expressions. */
export function columnExpressions(plan: PhysicalPlan): BoundExpression[] {
  return plan.output.map(({ id, name, type }) => ({ kind: 'column', id, name, type, offset: -1 }));
}
