/**
 * The row that a direct change (direct-modify.ts) gives back for RETURNING: computed before anything has changed, and made what the user gets once the change is done, for that may run code of the
 * program.
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { PlanColumn } from '../planner/physical-plan.js';
import { compileRowMaker, type ReturningCode } from './codegen/returned-row.js';
import type { RowShape } from './execution.js';
import type { RowMaker } from './row-shape.js';
import type { Runtime } from './runtime.js';

/** What a statement gives back, and how. */
export interface ResultShape {
  readonly result: readonly PlanColumn[];
  readonly shape: RowShape;
}

export class ReturnedRow<Given> {
  readonly #code: ReturningCode<Given>;
  readonly #makeRow: RowMaker;
  #values: readonly Datum[] | undefined = undefined;

  constructor(code: ReturningCode<Given>, { result, shape }: ResultShape) {
    this.#code = code;
    this.#makeRow = compileRowMaker(result, shape);
  }
  /** What a run left that came to nothing is not of the next one. */
  clear(): void {
    this.#values = undefined;
  }
  /** @returns false where it fails: then nothing is to be changed, and the execution fails in its turn */
  compute(runtime: Runtime, given: Given): boolean {
    try {
      this.#values = this.#code(runtime, given);
      return true;
    } catch (error) {
      if (error instanceof DbError) return false;
      throw error;
    }
  }
  /** None where no row was changed. */
  take(): unknown[] {
    const values = this.#values;
    if (values === undefined) return [];
    this.#values = undefined;
    return [this.#makeRow(values)];
  }
}
