/**
 * Where top operators (results, ModifyTable, LockRows) take their rows from: a batch at a time, so that generated pipelines and pull iterators
 * look the same from above.
 */
import type { Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { Operator, Runtime } from './runtime.js';

export interface RowSource {
  /**
   * Appends tuples until `into` has `max` of them. 'done': there are no more. 'full': ask again. 'slice': the time slice is used up, ask again
   * after giving way. No page is looked at between calls.
   */
  fill(into: Datum[][], max: number): 'done' | 'full' | 'slice';
  /** From the beginning again, when the statement runs again in the same runtime; only generated sources can. */
  restart(): void;
  close(): void;
}

/** Tuples of an interpreted operator: the registers `ids`, then the values of `computed`. */
export class OperatorSource implements RowSource {
  readonly #operator: Operator;
  readonly #ids: readonly ColumnId[];
  readonly #computed: readonly BoundExpression[];
  readonly #runtime: Runtime;
  readonly #evaluate: (e: BoundExpression) => Datum;
  #state: 'new' | 'open' | 'done' = 'new';

  constructor(operator: Operator, ids: readonly ColumnId[], computed: readonly BoundExpression[], runtime: Runtime, evaluate: (e: BoundExpression) => Datum) {
    this.#operator = operator;
    this.#ids = ids;
    this.#computed = computed;
    this.#runtime = runtime;
    this.#evaluate = evaluate;
  }
  fill(into: Datum[][], max: number): 'done' | 'full' | 'slice' {
    if (this.#state === 'done') return 'done';
    if (this.#state === 'new') this.#operator.open();
    this.#state = 'open';
    const { registers, env } = this.#runtime;
    const sliceEnd = env.clock.monotonic() + env.timeSliceMs;
    let untilClock = 64;
    while (into.length < max) {
      if (!this.#operator.next()) {
        this.close();
        return 'done';
      }
      const tuple: Datum[] = [];
      for (const id of this.#ids) tuple.push(registers[id]!);
      for (const e of this.#computed) tuple.push(this.#evaluate(e));
      into.push(tuple);
      if (--untilClock === 0) {
        untilClock = 64;
        if (env.clock.monotonic() >= sliceEnd) {
          this.#runtime.suspendScans();
          return 'slice';
        }
      }
    }
    this.#runtime.suspendScans();
    return 'full';
  }
  restart(): void {
    throw new InternalError('an interpreted source starts over');
  }
  close(): void {
    if (this.#state === 'open') this.#operator.close();
    this.#state = 'done';
  }
}
