/** Set-returning functions in FROM, side by side (ROWS FROM): the shorter ones are padded with NULLs; WITH ORDINALITY numbers the rows. */
import { SqlRecord, type Datum } from '../../base/datum.js';
import type { FunctionDef } from '../../functions/registry.js';
import { callFunction, evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

/**
 * The rows of a function in FROM as arrays. A set-returning one is iterated; a scalar one gives one row. `width` is the number of columns
 * wanted: a row type spreads over them.
 */
export function* functionRows(definition: FunctionDef, args: readonly Datum[], width: number, runtime: Runtime): Generator<readonly Datum[]> {
  if (definition.strict && args.includes(null)) {
    if (definition.set === undefined) yield new Array<Datum>(width).fill(null);
    return;
  }
  if (definition.set === undefined) {
    yield [callFunction(definition, args, runtime.ctx)];
    return;
  }
  const isOne = definition.columns === undefined;
  for (const row of definition.set(args, runtime.ctx)) yield isOne ? [row as Datum] : (row as readonly Datum[]);
}

/** In FROM a record spreads over the columns: the elements of an array of records. */
function spread(row: readonly Datum[]): readonly Datum[] {
  const only = row.length === 1 ? row[0] : undefined;
  return only instanceof SqlRecord ? only.values : row;
}

export class FunctionScanOperator implements Operator {
  readonly #plan: PlanOf<'functionScan'>;
  readonly #runtime: Runtime;
  #iterators: (Iterator<readonly Datum[]> | undefined)[] = [];
  #ordinal = 0;

  constructor(plan: PlanOf<'functionScan'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }
  open(): void {
    this.#ordinal = 0;
    this.#iterators = this.#plan.calls.map((call) => {
      const args = call.args.map((arg) => evaluate(arg, this.#runtime));
      return functionRows(call.function, args, call.columns.length, this.#runtime);
    });
  }
  next(): boolean {
    const { calls, ordinality, filter } = this.#plan;
    const { registers } = this.#runtime;
    for (;;) {
      let any = false;
      calls.forEach((call, c) => {
        const step = this.#iterators[c]?.next();
        if (step === undefined || step.done === true) this.#iterators[c] = undefined;
        else any = true;
        const row = step === undefined || step.done === true ? undefined : spread(step.value);
        call.columns.forEach((column, i) => (registers[column.id] = row?.[i] ?? null));
      });
      if (!any) return false;
      this.#ordinal++;
      if (ordinality !== undefined) registers[ordinality] = this.#ordinal;
      if (filter === undefined || evaluate(filter, this.#runtime) === true) return true;
    }
  }
  close(): void {
    for (const iterator of this.#iterators) iterator?.return?.();
    this.#iterators = [];
  }
}
