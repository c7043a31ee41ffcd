/** Rows of a CTE, computed as far as they were asked for: a plain CTE that is read to LIMIT 1 runs no further than that. Many go to a temporary file. */
import type { Datum } from '../base/datum.js';
import type { SqlType } from '../base/types.js';
import type { ColumnId } from '../planner/expression.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import type { RowSource } from './row-source.js';
import { KeptRows } from './spill/kept-rows.js';
import type { Runtime, Tuple } from './runtime.js';

/** Rows computed ahead: few at first, so that a LIMIT does not make us go much too far. */
const PortionMin = 1;
const PortionMax = 1024;

export class TupleStore {
  readonly columns: readonly ColumnId[];
  readonly #rows: KeptRows;
  readonly #runtime: Runtime;
  readonly #makeSource: (() => RowSource) | undefined;
  #source: RowSource | undefined;
  #isComplete: boolean;
  #portion = PortionMin;

  /** With `makeSource`, rows are pulled on demand; without, they are `push`ed. */
  constructor(plan: PhysicalPlan, columns: readonly ColumnId[], makeSource: (() => RowSource) | undefined, runtime: Runtime) {
    this.columns = columns;
    this.#rows = new KeptRows(runtime, columns.map((id): SqlType => plan.output.find((column) => column.id === id)!.type));
    this.#makeSource = makeSource;
    this.#runtime = runtime;
    this.#isComplete = makeSource === undefined;
  }
  push(tuple: Datum[]): void {
    this.#rows.push(tuple);
  }
  /** Row `i`, 0-based; undefined past the last. */
  row(i: number): Tuple | undefined {
    while (i >= this.#rows.length && !this.#isComplete) {
      this.#source ??= this.#makeSource!();
      this.#runtime.ctx.checkDeadline();
      const fresh: Datum[][] = [];
      if (this.#source.fill(fresh, this.#portion) === 'done') this.#isComplete = true;
      for (const tuple of fresh) this.#rows.push(tuple);
      this.#portion = Math.min(this.#portion * 2, PortionMax);
    }
    return this.#rows.row(i);
  }
  close(): void {
    this.#source?.close();
    this.#isComplete = true;
  }
}
