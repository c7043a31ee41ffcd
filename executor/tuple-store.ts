/** Rows of a CTE, computed as far as they were asked for: a plain CTE that is read to LIMIT 1 runs no further than that. */
import type { Datum } from '../base/datum.js';
import type { ColumnId } from '../planner/expression.js';
import type { RowSource } from './row-source.js';
import { checkKept, KeptRowsBetweenChecks } from './spill/memory.js';
import type { Runtime, Tuple } from './runtime.js';

/** Rows computed ahead: few at first, so that a LIMIT does not make us go much too far. */
const PortionMin = 1;
const PortionMax = 1024;

export class TupleStore {
  readonly columns: readonly ColumnId[];
  readonly #rows: Datum[][] = [];
  readonly #runtime: Runtime;
  readonly #makeSource: (() => RowSource) | undefined;
  #source: RowSource | undefined;
  #isComplete: boolean;
  #portion = PortionMin;

  /** With `makeSource`, rows are pulled on demand; without, they are `push`ed. */
  constructor(columns: readonly ColumnId[], makeSource: (() => RowSource) | undefined, runtime: Runtime) {
    this.columns = columns;
    this.#makeSource = makeSource;
    this.#runtime = runtime;
    this.#isComplete = makeSource === undefined;
  }
  push(tuple: Datum[]): void {
    this.#rows.push(tuple);
    if (this.#rows.length % KeptRowsBetweenChecks === 0) this.#check();
  }
  /** Row `i`, 0-based; undefined past the last. */
  row(i: number): Tuple | undefined {
    while (i >= this.#rows.length && !this.#isComplete) {
      this.#source ??= this.#makeSource!();
      this.#runtime.ctx.checkDeadline();
      if (this.#source.fill(this.#rows, this.#rows.length + this.#portion) === 'done') this.#isComplete = true;
      if (this.#rows.length >= KeptRowsBetweenChecks) this.#check();
      this.#portion = Math.min(this.#portion * 2, PortionMax);
    }
    return this.#rows[i];
  }
  #check(): void {
    checkKept(this.#rows.length, this.columns.length, this.#runtime.env.workMemBytes);
  }
  close(): void {
    this.#source?.close();
    this.#isComplete = true;
  }
}
