/**
 * INSERT of one row of values without an execution: see direct-modify.ts. Parameters as they are go from what the caller has given to the write set, by generated code (codegen/parameter-put.ts); other
 * values are computed by generated code first (codegen/new-row.ts), and then go the same way. ON CONFLICT: direct-conflict.ts.
 *
 * V1  What is computed is self-contained (self-contained.ts).
 * V2  What may be computed only once is not computed again where the row takes the execution, which is given the row (`takeMade`).
 */
import type { Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { TypeOid } from '../base/types.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { EntriesSource, PutSource, RowChanges } from '../mvcc/types.js';
import type { TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { compileEntryPuts } from './codegen/entry-put.js';
import { compileNewRow, type RowMaking } from './codegen/new-row.js';
import { compileParameterPut } from './codegen/parameter-put.js';
import { compileDatumsReturning } from './codegen/returned-row.js';
import { conflictExpressions, DirectConflict, isByKey } from './direct-conflict.js';
import { parameterOf, type DirectSpec } from './direct-modify.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import type { ModifyPlan } from './modify.js';
import { ReturnedRow, type ResultShape } from './returned-row.js';
import { Runtime } from './runtime.js';
import { isSelfContained, isTimed, isVolatile } from './self-contained.js';
import { isOfColumns } from './table-access.js';
import { TableWriter } from './table-writer.js';

/** How an INSERT is run so; undefined: it is not. */
export function directInsertSpec(plan: ModifyPlan, columnCount: number): DirectSpec | undefined {
  const { table, input, insertValues, generated, checks } = plan;
  const isOneRow = input.kind === 'result' && input.condition === undefined && input.output.length === 0;
  if (!isOneRow || !isByKey(plan) || insertValues === undefined || !hasColumnIndexes(table) || checks.some(({ isViewOption }) => isViewOption)) return undefined;
  const ofNew = [...insertValues, ...generated.map(({ value }) => value), ...checks.map(({ expression }) => expression)];
  const ofExisting = conflictExpressions(plan);
  const computed = [...ofNew, ...ofExisting];
  if (!computed.every(isSelfContained) || ofExisting.some(isVolatile)) return undefined;
  return {
    plan,
    places: insertValues.map(parameterOf),
    columnCount,
    isTimed: computed.some(isTimed),
    isOnce: ofNew.some(isVolatile),
  };
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

/** How a row becomes bytes in the write set. */
interface RowPut {
  readonly row: PutSource;
  /** Of its indexes, if it has any. */
  readonly entries: EntriesSource | undefined;
}

export class DirectInsert implements DirectChange {
  readonly #spec: DirectSpec;
  readonly #runtime: Runtime;
  readonly #writer: TableWriter;
  readonly #row: Datum[];
  /** Undefined: something has to be evaluated that no code is made for. */
  readonly #make: RowMaking | undefined;
  readonly #conflict: DirectConflict | undefined;
  /** With which it refers to other tables. */
  readonly #childColumns: readonly number[];
  readonly #returned: ReturnedRow<readonly Datum[]> | undefined;
  /** Of what the caller has given, and of a row; null: there is none for the table. */
  #givenPut: RowPut | null | undefined = undefined;
  #rowPut: RowPut | null | undefined = undefined;
  /** V2: a copy of the row that has been made in vain, and the transaction and statement in which it was. */
  #made: readonly Datum[] | undefined = undefined;
  #madeIn = 0;
  #madeAt = 0;

  constructor(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans, output: ResultShape) {
    const { plan } = spec;
    this.#spec = spec;
    const runtime = new Runtime(request, spec.columnCount, generated);
    this.#runtime = runtime;
    const unexpected = (): never => {
      throw new InternalError('a direct insert leaves a check for later');
    };
    this.#writer = new TableWriter(plan, runtime, unexpected, (e) => generated.evaluate(e, runtime));
    this.#row = new Array<Datum>(plan.table.columns.length).fill(null);
    const code = compileDatumsReturning(plan, output.result, request.ctx.types);
    this.#returned = code === undefined ? undefined : new ReturnedRow(code, output);
    this.#make = plan.returning !== undefined && code === undefined ? undefined : compileNewRow(plan, request.ctx.types);
    this.#conflict = plan.onConflict === undefined ? undefined : new DirectConflict(plan, this.#row, this.#writer, runtime, request.ctx.types);
    this.#childColumns = plan.table.foreignKeys.flatMap(({ childColumns }) => childColumns);
  }

  run(request: ExecutionRequest): number | undefined {
    this.#restart(request);
    return this.#run(request.tx);
  }
  get isOfOneTree(): boolean {
    const { plan, isTimed, isOnce } = this.#spec;
    return !isTimed && !isOnce && plan.table.foreignKeys.length === 0 && plan.table.indexes.every(({ isClustered }) => isClustered);
  }
  readonly single = (request: ExecutionRequest, changes: RowChanges): number | undefined => {
    const { access } = this.#writer;
    // Without a transaction no tree is looked at for the last number of a row.
    if (access.keyLayout === undefined && !request.env.rowIds.isKnown(access.tree)) return undefined;
    this.#restart(request);
    return this.#run(changes);
  };
  again(tx: Transaction, params: readonly Datum[]): number | undefined {
    if (this.#runtime.tx !== tx) return undefined;
    this.#runtime.params = params;
    return this.#run(tx);
  }
  takeMade(): readonly Datum[] | undefined {
    const made = this.#made;
    this.#made = undefined;
    return made;
  }
  #restart(request: ExecutionRequest): void {
    this.#runtime.restart(request);
    this.#writer.restart();
  }

  #run(changes: RowChanges): number | undefined {
    const row = this.#row;
    if (this.#make === undefined || this.#hasMade()) return undefined;
    if (!this.#make(this.#runtime, row)) this.#writer.checkRow(row);
    if (this.#returned?.compute(this.#runtime, row) !== false) {
      const rowCount = this.#conflict === undefined ? this.#insert(row, changes) : this.#conflict.run(changes);
      if (rowCount !== undefined) return rowCount;
    }
    if (this.#spec.isOnce && !(mutants.on && mutants.has('executor.made-row-forgotten'))) this.#keepMade();
    return undefined;
  }
  /** Whether the statement before this one, which had no other effect, was the same and has made the row: it has been tried by the shortest way (direct-lane.ts). */
  #hasMade(): boolean {
    if (this.#made === undefined) return false;
    const { tx } = this.#runtime;
    if (this.#madeIn === tx.id && this.#madeAt + 1 === tx.statement!.number) return true;
    this.#made = undefined;
    return false;
  }
  #keepMade(): void {
    const { tx } = this.#runtime;
    this.#made = this.#row.slice();
    this.#madeIn = tx.id;
    this.#madeAt = tx.statement!.number;
  }

  #insert(row: readonly Datum[], changes: RowChanges): number | undefined {
    const writer = this.#writer;
    if (changes === this.#runtime.tx && !writer.hasUnique) {
      if (this.#rowPut === undefined) this.#rowPut = this.#compilePut(row.map((_value, i) => i)) ?? null;
      if (this.#rowPut !== null && (this.#childColumns.length === 0 || writer.holdParents(row)) && writer.insertGiven(this.#rowPut.row, this.#rowPut.entries, row)) return 1;
    }
    return writer.insertFree(row, changes) ? 1 : undefined;
  }

  takeRows(): unknown[] {
    return this.#returned?.take() ?? [];
  }

  insertGiven(tx: Transaction, given: readonly unknown[]): number | undefined {
    if (this.#givenPut === undefined) this.#givenPut = (this.#isOfParameters ? this.#compilePut(this.#spec.places) : undefined) ?? null;
    if (this.#givenPut === null || this.#runtime.tx !== tx) return undefined;
    if (this.#childColumns.length > 0 && !this.#holdParents(given)) return undefined;
    return this.#writer.insertGiven(this.#givenPut.row, this.#givenPut.entries, given) ? 1 : undefined;
  }
  /** Whether all that it takes is to put parameters as they are into the columns. */
  get #isOfParameters(): boolean {
    const { places, plan } = this.#spec;
    return !places.includes(-1) && plan.returning === undefined && plan.onConflict === undefined && plan.checks.length === 0 && plan.generated.length === 0 && this.#childColumns.every((column) => plan.table.columns[column]!.type.oid === TypeOid.int4);
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
  #compilePut(places: readonly number[]): RowPut | undefined {
    const { table } = this.#spec.plan;
    const writer = this.#writer;
    const { secondary } = writer.access;
    if (writer.hasUnique) return undefined;
    const entries = secondary.length > 0 ? compileEntryPuts(table, secondary, places) : undefined;
    const row = secondary.length > 0 && entries === undefined ? undefined : compileParameterPut(table, places);
    return row === undefined ? undefined : { row, entries };
  }
}
