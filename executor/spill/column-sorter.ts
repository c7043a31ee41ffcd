/**
 * Sorting by numbers, with rows kept as columns: no array is made per row, and the order is one of row numbers (radix-sort.ts). Keys must be of types whose datums are
 * always JavaScript numbers; other columns may be of any type. What does not fit into the budget is handed on to a TupleSorter, some rows with each that comes.
 *
 * C1  Rows are given to the TupleSorter in the order they came, so it is stable as if they had been pushed there at once.
 * C2  `next` gives a row's number in the columns. Rows that come back from the TupleSorter are put into row 0, one after the other.
 */
import type { Datum } from '../../base/datum.js';
import { assert } from '../../base/assert.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { Runtime } from '../runtime.js';
import { datumBytes } from './memory.js';
import { type NumberKey, sortedRows } from './radix-sort.js';
import { type TupleComparator, TupleSorter } from './tuple-sorter.js';

/** How a column is kept: 32-bit integers, doubles, or datums. */
export const SortedForm = { Integer: 0, Double: 1, Datum: 2 } as const;
export type SortedForm = (typeof SortedForm)[keyof typeof SortedForm];

export interface SortedColumn {
  readonly type: SqlType;
  readonly form: SortedForm;
  /** NULLs are kept in bytes beside the numbers. */
  readonly nullable: boolean;
}
export interface SortedKey {
  /** Number of its column, which holds numbers. */
  readonly place: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

const CapacityMin = 256;
const MovedPerRow = 8;
const RowsPerStep = 4096;

type Column = Int32Array | Float64Array | Datum[];

export class ColumnSorter {
  /** Read and written by generated code at rows given by `place` and `next`. */
  readonly columns: Column[];
  /** By column: 1 where NULL; of no use where a column is not nullable or holds datums. */
  readonly nulls: Uint8Array[];
  readonly #runtime: Runtime;
  readonly #layout: readonly SortedColumn[];
  readonly #keys: readonly SortedKey[];
  readonly #compare: TupleComparator;
  readonly #plan: PhysicalPlan;
  readonly #rowBytes: number;
  #capacity = 0;
  #count = 0;
  /** Of datums. */
  #bytes = 0;
  /** Where rows go that are too many; those before `#moved` are there. */
  #tuples: TupleSorter | undefined;
  #moved = 0;
  #order: Uint32Array | undefined;
  #at = 0;
  #finishing: Generator<void, void> | undefined;

  constructor(runtime: Runtime, layout: readonly SortedColumn[], keys: readonly SortedKey[], compare: TupleComparator, plan: PhysicalPlan) {
    this.#runtime = runtime;
    this.#layout = layout;
    this.#keys = keys;
    this.#compare = compare;
    this.#plan = plan;
    this.columns = layout.map(({ form }) => (form === SortedForm.Integer ? new Int32Array(0) : form === SortedForm.Double ? new Float64Array(0) : []));
    this.nulls = layout.map(() => new Uint8Array(0));
    this.#rowBytes = layout.reduce((sum, { form, nullable }) => sum + (form === SortedForm.Integer ? 4 : 8) + (nullable ? 1 : 0), 8);
  }

  /** The number of a new row, whose columns the caller fills in before anything else. */
  place(): number {
    if (this.#tuples !== undefined) this.#move(MovedPerRow);
    else if (this.#count * this.#rowBytes + this.#bytes > this.#runtime.env.workMemBytes && this.#count > 1) this.#startMoving();
    if (this.#count === this.#capacity) this.#grow();
    return this.#count++;
  }
  /** Fills in a datum. */
  put(column: number, row: number, value: Datum): void {
    (this.columns[column] as Datum[])[row] = value;
    this.#bytes += datumBytes(value);
  }

  #grow(): void {
    const capacity = Math.max(CapacityMin, this.#capacity * 2);
    this.#layout.forEach(({ form, nullable }, i) => {
      const old = this.columns[i]!;
      if (form !== SortedForm.Datum) {
        const larger = form === SortedForm.Integer ? new Int32Array(capacity) : new Float64Array(capacity);
        larger.set(old as Float64Array);
        this.columns[i] = larger;
      }
      if (!nullable || form === SortedForm.Datum) return;
      const nulls = new Uint8Array(capacity);
      nulls.set(this.nulls[i]!);
      this.nulls[i] = nulls;
    });
    this.#capacity = capacity;
  }

  #startMoving(): void {
    this.#tuples = this.#runtime.own(new TupleSorter(this.#runtime, this.#layout.map(({ type }) => type), this.#compare, Infinity, this.#plan));
    this.#move(MovedPerRow);
  }
  #move(count: number): void {
    const end = Math.min(this.#count, this.#moved + count);
    for (; this.#moved < end; this.#moved++) this.#tuples!.push(this.#tupleAt(this.#moved));
    if (end < this.#count) return;
    this.#count = 0;
    this.#moved = 0;
    this.#bytes = 0;
    this.#layout.forEach(({ form }, i) => {
      if (form === SortedForm.Datum) this.columns[i] = [];
    });
  }
  #tupleAt(row: number): Datum[] {
    return this.#layout.map(({ form, nullable }, i) => (nullable && form !== SortedForm.Datum && this.nulls[i]![row] !== 0 ? null : this.columns[i]![row]!));
  }

  /** After the last row, until it is false: makes `next` give them in order, a portion of the work each time. */
  finishStep(): boolean {
    this.#finishing ??= this.#finish();
    return this.#finishing.next().done !== true;
  }
  *#finish(): Generator<void, void> {
    if (this.#tuples === undefined) {
      this.#order = yield* sortedRows(this.#count, this.#keys.map((key): NumberKey => this.#keyOf(key)));
      return;
    }
    for (; this.#count > 0; yield) this.#move(RowsPerStep);
    while (this.#tuples.finishStep()) yield;
    if (this.#capacity === 0) this.#grow();
  }
  #keyOf({ place, descending, nullsFirst }: SortedKey): NumberKey {
    const values = this.columns[place]!;
    assert(!Array.isArray(values), 'a key of a column sorter must be a column of numbers', place);
    return { values: values as Int32Array | Float64Array, nulls: this.#layout[place]!.nullable ? this.nulls[place] : undefined, descending, nullsFirst };
  }

  /** The number of the next row, -1 after the last. */
  next(): number {
    if (this.#order !== undefined) return this.#at < this.#count ? this.#order[this.#at++]! : -1;
    const tuple = this.#tuples?.next();
    if (tuple === undefined) return -1;
    this.#layout.forEach(({ form, nullable }, i) => {
      const value = tuple[i]!;
      if (form === SortedForm.Datum) (this.columns[i] as Datum[])[0] = value;
      else {
        if (nullable) this.nulls[i]![0] = value === null ? 1 : 0;
        (this.columns[i] as Float64Array)[0] = value === null ? 0 : (value as number);
      }
    });
    return 0;
  }

  close(): void {
    this.#count = 0;
    this.#capacity = 0;
    this.#order = undefined;
    this.columns.length = 0;
    this.nulls.length = 0;
    if (this.#tuples !== undefined) this.#runtime.release(this.#tuples);
    this.#tuples = undefined;
  }
}
