/** INSERT of one row whose columns are parameters as they are, without an execution: see direct-modify.ts. */
import type { Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import { TypeOid } from '../base/types.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { EntriesSource, PutSource, RowChanges } from '../mvcc/types.js';
import type { TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { compileEntryPuts } from './codegen/entry-put.js';
import { compileParameterPut } from './codegen/parameter-put.js';
import type { DirectSpec } from './direct-modify.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import type { ModifyPlan } from './modify.js';
import { Runtime } from './runtime.js';
import { isOfColumns } from './table-access.js';
import { TableWriter } from './table-writer.js';

/** By column, what is put there; undefined where the row or its index entries take more. */
export function directValues(plan: ModifyPlan): readonly BoundExpression[] | undefined {
  return hasColumnIndexes(plan.table) ? insertedValues(plan) : undefined;
}
/** What an INSERT that is one row without more ado puts into the columns. */
export function insertedValues(plan: ModifyPlan): readonly BoundExpression[] | undefined {
  const isPlain = plan.input.kind === 'result' && plan.input.condition === undefined && plan.onConflict === undefined && plan.checks.length === 0 && plan.generated.length === 0;
  return isPlain ? plan.insertValues : undefined;
}
/** Whether all indexes but the key hold columns as they are, of all rows, and what they say of them is not for later. */
function hasColumnIndexes({ indexes }: TableDef): boolean {
  return indexes.every((index) => index.isClustered || (index.deferrable === 'not deferrable' && isOfColumns(index)));
}

export class DirectInsert implements DirectChange {
  readonly #spec: DirectSpec;
  readonly #runtime: Runtime;
  readonly #writer: TableWriter;
  readonly #row: Datum[];
  /** With which it refers to other tables. */
  readonly #childColumns: readonly number[];
  /** Null: there is none for the table. */
  #put: PutSource | null | undefined = undefined;
  /** Of its indexes, if it has any. */
  #entries: EntriesSource | undefined = undefined;

  constructor(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans) {
    this.#spec = spec;
    this.#runtime = new Runtime(request, 0, generated);
    const unexpected = (): never => {
      throw new InternalError('a direct change has a check or an expression');
    };
    this.#writer = new TableWriter(spec.plan, this.#runtime, unexpected, unexpected);
    this.#row = new Array<Datum>(spec.plan.table.columns.length).fill(null);
    this.#childColumns = spec.plan.table.foreignKeys.flatMap(({ childColumns }) => childColumns);
  }

  run(request: ExecutionRequest): number | undefined {
    return this.single(request, request.tx);
  }
  get isOfOneTree(): boolean {
    const { table } = this.#spec.plan;
    return table.foreignKeys.length === 0 && table.indexes.every(({ isClustered }) => isClustered);
  }
  readonly single = (request: ExecutionRequest, changes: RowChanges): number | undefined => {
    this.#runtime.restart(request);
    this.#writer.restart();
    return this.#run(request.params, changes);
  };
  again(tx: Transaction, params: readonly Datum[]): number | undefined {
    if (this.#runtime.tx !== tx) return undefined;
    this.#runtime.params = params;
    return this.#run(params, tx);
  }
  #run(params: readonly Datum[], changes: RowChanges): number | undefined {
    const { places } = this.#spec;
    const row = this.#row;
    for (let i = 0; i < places.length; i++) row[i] = params[places[i]!]!;
    this.#writer.checkRow(row);
    return this.#writer.insertFree(row, changes) ? 1 : undefined;
  }

  insertGiven(tx: Transaction, given: readonly unknown[]): number | undefined {
    if (this.#put === undefined) this.#put = this.#compilePut() ?? null;
    if (this.#put === null || this.#runtime.tx !== tx) return undefined;
    if (this.#childColumns.length > 0 && !this.#holdParents(given)) return undefined;
    return this.#writer.insertGiven(this.#put, this.#entries, given) ? 1 : undefined;
  }
  /** As `TableWriter.insertFree` does. False also where a value is not of its type. */
  #holdParents(given: readonly unknown[]): boolean {
    const row = this.#row;
    for (const column of this.#childColumns) {
      const value = given[this.#spec.places[column]!];
      if (value !== null && (typeof value !== 'number' || (value | 0) !== value)) return false;
      row[column] = value;
    }
    return this.#writer.holdParents(row);
  }
  #compilePut(): PutSource | undefined {
    const { plan, places } = this.#spec;
    if (plan.table.indexes.some(({ isClustered, isUnique }) => isUnique && !isClustered)) return undefined;
    if (this.#childColumns.some((column) => plan.table.columns[column]!.type.oid !== TypeOid.int4)) return undefined;
    const { secondary } = this.#writer.access;
    if (secondary.length > 0) this.#entries = compileEntryPuts(plan.table, secondary, places);
    return secondary.length > 0 && this.#entries === undefined ? undefined : compileParameterPut(plan.table, places);
  }
}
