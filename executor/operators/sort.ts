/** Sort: reads everything, orders it stably by the keys, gives it back. A bound (LIMIT above) merely cuts the result here. */
import type { Datum } from '../../base/datum.js';
import { Keeper } from '../kept-memory.js';
import { compareSortKeys, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { tupleBytes } from '../spill/memory.js';
import { limitCount, offsetCount } from './limit.js';
import type { PlanOf } from './plan-of.js';

export class SortOperator implements Operator {
  readonly #plan: PlanOf<'sort'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #ids: number[];
  readonly #kept: Keeper;
  #rows: { readonly keys: Datum[]; readonly tuple: Tuple }[] = [];
  #at = 0;

  constructor(plan: PlanOf<'sort'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
    this.#ids = outputIds(plan);
    this.#kept = new Keeper(runtime.memory);
  }
  open(): void {
    const { keys, limit, limitOffset } = this.#plan;
    const count = limitCount(limit, this.#runtime) + offsetCount(limitOffset, this.#runtime);
    this.close();
    this.#at = 0;
    this.#input.open();
    while (this.#input.next()) {
      const row = { keys: sortKeyValues(keys, this.#runtime), tuple: saveTuple(this.#runtime.registers, this.#ids) };
      this.#kept.add(tupleBytes(row.keys) + tupleBytes(row.tuple));
      this.#rows.push(row);
    }
    this.#input.close();
    this.#rows.sort((a, b) => compareSortKeys(keys, a.keys, b.keys, this.#runtime.ctx));
    if (count < this.#rows.length) this.#rows.length = count;
  }
  next(): boolean {
    const row = this.#rows[this.#at++];
    if (row === undefined) return false;
    restoreTuple(this.#runtime.registers, this.#ids, row.tuple);
    return true;
  }
  close(): void {
    this.#rows = [];
    this.#kept.clear();
  }
}
