/**
 * Set-returning functions in the select list: for each input row they advance in lockstep until all have ended, the shorter ones giving NULL;
 * a row for which all are empty gives nothing.
 */
import { SqlRecord, type Datum, type RecordShape } from '../../base/datum.js';
import { TypeOid, sqlType } from '../../base/types.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { ColumnId } from '../../planner/expression.js';
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import { functionRows } from './function-scan.js';
import type { PlanOf } from './plan-of.js';

export class ProjectSetOperator implements Operator {
  readonly #plan: PlanOf<'projectSet'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  #iterators: (Iterator<readonly Datum[]> | undefined)[] = [];

  constructor(plan: PlanOf<'projectSet'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
  }
  open(): void {
    this.#iterators = [];
    this.#input.open();
  }
  next(): boolean {
    for (;;) {
      if (this.#iterators.length > 0 && this.#nextOfRow()) return true;
      if (!this.#input.next()) return false;
      this.#iterators = this.#plan.calls.map((call) => {
        const args = call.args.map((arg) => evaluate(arg, this.#runtime));
        return functionRows(call.function, args, 1, this.#runtime);
      });
    }
  }
  #nextOfRow(): boolean {
    let any = false;
    this.#plan.calls.forEach((call, c) => {
      const step = this.#iterators[c]?.next();
      const isEnd = step === undefined || step.done === true;
      if (isEnd) this.#iterators[c] = undefined;
      else any = true;
      this.#runtime.registers[call.id] = isEnd ? null : projectedValue(call.function, this.#typeOf(call.id), step.value);
    });
    return any;
  }
  #typeOf(id: ColumnId): number {
    return this.#plan.output.find((column) => column.id === id)?.type.oid ?? TypeOid.record;
  }
  close(): void {
    for (const iterator of this.#iterators) iterator?.return?.();
    this.#iterators = [];
    this.#input.close();
  }
}

const shapes = new WeakMap<FunctionDef, RecordShape>();

/** A function with several OUT columns gives a record in a select list. */
function projectedValue(definition: FunctionDef, type: number, row: readonly Datum[]): Datum {
  const { columns } = definition;
  if (columns === undefined || columns.length === 1) return row[0] ?? null;
  let shape = shapes.get(definition);
  if (shape === undefined) shapes.set(definition, (shape = { oid: type, names: columns.map((column) => column.name), types: columns.map((column) => sqlType(column.type)) }));
  return new SqlRecord(shape, row);
}
