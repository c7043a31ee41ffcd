/** DISTINCT: the first row of each set of equal rows. With `on`, equality is of those expressions and the input is sorted by them. */
import { evaluate } from '../expression-interpreter.js';
import { Keeper } from '../kept-memory.js';
import { datumsKey } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import { keyBytes } from '../spill/memory.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { PlanOf } from './plan-of.js';

export class DistinctOperator implements Operator {
  readonly #plan: PlanOf<'distinct'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #on: readonly BoundExpression[];
  readonly #kept: Keeper;
  #seen = new Set<string>();

  constructor(plan: PlanOf<'distinct'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
    this.#on = distinctKeys(plan);
    this.#kept = new Keeper(runtime.memory);
  }
  open(): void {
    this.#forget();
    this.#input.open();
  }
  next(): boolean {
    while (this.#input.next()) {
      const key = datumsKey(this.#on, this.#on.map((expression) => evaluate(expression, this.#runtime)), this.#runtime.ctx);
      if (this.#seen.has(key)) continue;
      // Equal rows of a sorted input are neighbours: one key is enough.
      if (this.#plan.strategy === 'sorted') this.#forget();
      this.#kept.add(keyBytes(key));
      this.#seen.add(key);
      return true;
    }
    return false;
  }
  close(): void {
    this.#input.close();
    this.#forget();
  }
  #forget(): void {
    this.#seen.clear();
    this.#kept.clear();
  }
}

/** What rows are compared by: `on`, or all output columns. */
export function distinctKeys(plan: PlanOf<'distinct'>): readonly BoundExpression[] {
  if (plan.on.length > 0) return plan.on;
  return plan.output.map(({ id, name, type }) => ({ kind: 'column' as const, id, name, type, offset: -1 }));
}
