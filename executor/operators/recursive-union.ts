/**
 * WITH RECURSIVE: the seed's rows come out and are the first work table; then the term runs over the work table, its rows come out and are
 * the next one, until there are none. With UNION (not ALL) a row that has come out before is dropped, which is what ends a cycle; of a long row only a
 * digest is kept, so that a recursion over growing texts takes no more than its rows are many. A long work table goes to a temporary file.
 */
import { textDigest } from '../../functions/binary.js';
import type { SqlType } from '../../base/types.js';
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import { Keeper } from '../kept-memory.js';
import { datumsKey } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { KeptRows } from '../spill/kept-rows.js';
import { keyBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';
import { columnExpressions } from './set-operation.js';

const KeyLengthMax = 200;
/** Keys that are not digests begin otherwise than these do. */
const shortKey = (key: string): string => (key.length <= KeyLengthMax ? `=${key}` : `#${textDigest(key)}`);

export class RecursiveUnionOperator implements Operator {
  readonly #plan: PlanOf<'recursiveUnion'>;
  readonly #seed: Operator;
  readonly #term: Operator;
  readonly #runtime: Runtime;
  readonly #ids: number[];
  readonly #keys: readonly BoundExpression[];
  readonly #types: readonly SqlType[];
  readonly #kept: Keeper;
  #seen = new Set<string>();
  #table: KeptRows | undefined;
  #nextTable: KeptRows;
  #phase: 'seed' | 'term' | 'done' = 'done';

  constructor(plan: PlanOf<'recursiveUnion'>, seed: Operator, term: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#seed = seed;
    this.#term = term;
    this.#runtime = runtime;
    this.#ids = outputIds(plan);
    this.#keys = columnExpressions(plan);
    this.#types = plan.output.map(({ type }) => type);
    this.#kept = new Keeper(runtime.memory);
    this.#nextTable = new KeptRows(runtime, this.#types);
  }
  open(): void {
    this.#forget();
    this.#phase = 'seed';
    this.#seed.open();
  }
  next(): boolean {
    for (;;) {
      if (this.#phase === 'seed') {
        if (this.#seed.next()) {
          if (this.#accept(this.#plan.seedColumns)) return true;
          continue;
        }
        this.#seed.close();
      } else if (this.#phase === 'term') {
        if (this.#term.next()) {
          if (this.#accept(this.#plan.termColumns)) return true;
          continue;
        }
        this.#term.close();
      } else return false;
      if (this.#nextTable.length === 0) {
        this.#phase = 'done';
        return false;
      }
      this.#runtime.ctx.checkDeadline();
      this.#table?.close();
      this.#table = this.#nextTable;
      this.#runtime.workTables[this.#plan.cte] = this.#table;
      this.#nextTable = new KeptRows(this.#runtime, this.#types);
      this.#phase = 'term';
      this.#term.open();
    }
  }
  #accept(columns: readonly ColumnId[]): boolean {
    const { registers, ctx } = this.#runtime;
    const tuple = saveTuple(registers, columns);
    if (!this.#plan.all) {
      const key = shortKey(datumsKey(this.#keys, tuple, ctx));
      if (this.#seen.has(key)) return false;
      this.#kept.add(keyBytes(key));
      this.#seen.add(key);
    }
    this.#nextTable.push(tuple);
    restoreTuple(registers, this.#ids, tuple);
    return true;
  }
  close(): void {
    if (this.#phase === 'seed') this.#seed.close();
    if (this.#phase === 'term') this.#term.close();
    this.#phase = 'done';
    this.#forget();
  }
  #forget(): void {
    this.#seen = new Set();
    this.#kept.clear();
    this.#table?.close();
    this.#table = undefined;
    this.#nextTable.close();
    this.#nextTable = new KeptRows(this.#runtime, this.#types);
  }
}
