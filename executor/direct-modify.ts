/**
 * Statements that change one row and need no plan run for it: INSERT of parameters as they are, UPDATE and DELETE by the whole clustered key. The row or key is
 * encoded straight from the parameters and given to mvcc in one step. Only where nothing but the row's own tree and plain indexes are concerned, nothing is returned, and
 * nobody else has anything to do with the key; everywhere else the execution of the statement (modify.ts), which is the twin of this, is run.
 *
 * N1  When `undefined` is returned nothing has changed.
 * N2  What an UPDATE writes depends on the row and the parameters alone (codegen/row-change.ts), and so do its condition and checks; entries of plain indexes alone depend on it, and no foreign key.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { TypeOid } from '../base/types.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { EntriesSource, PutSource, RowChanges, RowPatch, RowRef } from '../mvcc/types.js';
import type { IndexDef, TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import type { PhysicalPlan, PlannedStatement } from '../planner/physical-plan.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { compileEntryPuts } from './codegen/entry-put.js';
import { compileParameterPut } from './codegen/parameter-put.js';
import { asRewrite, compileRowChange, compileRowTest, type PatchCode, type RewriteCode, type RowTest } from './codegen/row-change.js';
import { isPointLookup } from './codegen/scans.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import { Runtime } from './runtime.js';
import type { IndexAccess } from './table-access.js';
import { TableWriter } from './table-writer.js';

type ModifyPlan = Extract<PhysicalPlan, { kind: 'modify' }>;

/** What to do with the parameters: by column, which one it gets; or by column of the key, which one it must be. */
interface DirectSpec {
  readonly plan: ModifyPlan;
  readonly places: readonly number[];
}

/** How a statement can be run directly; undefined: it cannot. */
export function directSpec({ plan, ctes }: PlannedStatement): DirectSpec | undefined {
  if (plan.kind !== 'modify' || ctes.length > 0 || plan.returning !== undefined || plan.table.virtual !== undefined) return undefined;
  const values = plan.operation === 'insert' ? (hasColumnIndexes(plan.table) ? insertedValues(plan) : undefined) : isOfRowAlone(plan) ? keyValues(plan) : undefined;
  const places = values?.map((value) => (value.kind === 'parameter' ? value.index : -1));
  return places === undefined || places.includes(-1) ? undefined : { plan, places };
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

/** Whether it has all rows, by columns as they are. */
function isOfColumns({ predicate, columns }: IndexDef): boolean {
  return predicate === undefined && columns.every(({ column }) => column !== undefined);
}

/** Whether entries of it depend on one of these columns. */
function concerns({ columns, include }: IndexDef, changed: ReadonlySet<number>): boolean {
  return columns.some(({ column }) => changed.has(column!)) || include?.columns.some((column) => changed.has(column)) === true;
}

/** Whether a DELETE or UPDATE changes the row's own tree and entries of plain columns, and concerns no other. */
function isOfRowAlone({ operation, table, assignments, checks, generated }: ModifyPlan): boolean {
  if (operation === 'delete') return table.referencedBy.length === 0 && table.indexes.every(isOfColumns);
  if (operation !== 'update' || checks.some(({ isViewOption }) => isViewOption) || generated.length > 0) return false;
  const columns = new Set(assignments.map(({ column }) => column));
  const isFree = (list: readonly number[]): boolean => !list.some((column) => columns.has(column));
  const isIndexPlain = table.indexes.every((index) => isOfColumns(index) && ((!index.isUnique && index.include === undefined) || !concerns(index, columns)));
  return isIndexPlain && table.foreignKeys.every((key) => key.validated && isFree(key.childColumns)) && table.referencedBy.every((key) => isFree(key.parentColumns));
}

function keyValues({ input }: ModifyPlan): readonly BoundExpression[] | undefined {
  if (input.kind !== 'indexScan' || !input.index.isClustered || !isPointLookup(input)) return undefined;
  return input.ranges[0]!.equal.map((bound) => bound.value);
}

const keyOut = new ByteBuffer(256);

/** A patch of rows under the parameters of a runtime. */
class ParameterPatch implements RowPatch {
  readonly #runtime: Runtime;
  readonly #code: PatchCode;
  constructor(runtime: Runtime, code: PatchCode) {
    this.#runtime = runtime;
    this.#code = code;
  }
  patch({ u8, dv, offset, length }: RowRef, to: Uint8Array, toView: DataView, at: number): boolean {
    return this.#code(this.#runtime, u8, dv, offset, length, to, toView, at);
  }
}

export class DirectModify implements DirectChange {
  readonly #spec: DirectSpec;
  readonly #runtime: Runtime;
  readonly #writer: TableWriter;
  /** The row to insert, or one that has the key alone. */
  readonly #row: Datum[];
  /** With which it refers to other tables. */
  readonly #childColumns: readonly number[];
  /** One of the two, for an UPDATE; the second where it changes index entries, which are those of `#moved`. */
  readonly #patch: RowPatch | undefined;
  readonly #rewrite: RewriteCode | undefined;
  readonly #moved: readonly IndexAccess[];
  readonly #test: RowTest | undefined;
  readonly #hasCondition: boolean;
  /** Whether something of it has to be evaluated that no code was made for. */
  readonly #isVain: boolean;
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
    const { operation, input } = spec.plan;
    const change = operation === 'update' ? compileRowChange(spec.plan, request.ctx.types) : undefined;
    const assigned = new Set(spec.plan.assignments.map(({ column }) => column));
    this.#moved = operation === 'update' ? this.#writer.access.secondary.filter(({ definition }) => concerns(definition, assigned)) : [];
    const isPatch = change?.kind === 'patch' && this.#moved.length === 0;
    this.#patch = isPatch ? new ParameterPatch(this.#runtime, change.code) : undefined;
    this.#rewrite = change === undefined || isPatch ? undefined : asRewrite(change);
    this.#test = compileRowTest(spec.plan, request.ctx.types);
    this.#hasCondition = input.kind === 'indexScan' && input.filter !== undefined;
    this.#isVain = (operation === 'update' && change === undefined) || (this.#hasCondition && this.#test === undefined);
  }

  /** Rows changed, or undefined (N1). @throws DbError 23502, 54000, 40001 */
  run(request: ExecutionRequest): number | undefined {
    if (this.#isVain) return undefined;
    this.#runtime.restart(request);
    this.#writer.restart();
    const rowCount = this.#run(request.params, request.tx);
    // `keyOut` has the key that was looked for. A row that does not satisfy a condition as it was found is not refused.
    if (rowCount === undefined && this.#spec.plan.operation !== 'insert' && !(this.#hasCondition && !(mutants.on && mutants.has('executor.unsatisfied-row-refused')))) this.#writer.refuseDecided(keyOut);
    return rowCount;
  }
  /** Whether it concerns no index. */
  get isOfOneTree(): boolean {
    const { operation, table } = this.#spec.plan;
    if (operation === 'update') return this.#moved.length === 0;
    return !this.#hasCondition && (operation === 'delete' || table.foreignKeys.length === 0) && table.indexes.every(({ isClustered }) => isClustered);
  }
  /** `run` by `changes`; only where `isOfOneTree`. */
  readonly single = (request: ExecutionRequest, changes: RowChanges): number | undefined => {
    if (this.#isVain) return undefined;
    this.#runtime.restart(request);
    this.#writer.restart();
    return this.#run(request.params, changes);
  };
  again(tx: Transaction, params: readonly Datum[]): number | undefined {
    if (this.#runtime.tx !== tx || this.#isVain) return undefined;
    this.#runtime.params = params;
    return this.#run(params, tx);
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
    if (plan.operation !== 'insert' || plan.table.indexes.some(({ isClustered, isUnique }) => isUnique && !isClustered)) return undefined;
    if (this.#childColumns.some((column) => plan.table.columns[column]!.type.oid !== TypeOid.int4)) return undefined;
    const { secondary } = this.#writer.access;
    if (secondary.length > 0) this.#entries = compileEntryPuts(plan.table, secondary, places);
    return secondary.length > 0 && this.#entries === undefined ? undefined : compileParameterPut(plan.table, places);
  }

  #run(params: readonly Datum[], changes: RowChanges): number | undefined {
    const { places, plan } = this.#spec;
    const writer = this.#writer;
    const row = this.#row;
    if (plan.operation === 'insert') {
      for (let i = 0; i < places.length; i++) row[i] = params[places[i]!]!;
      writer.checkRow(row);
      return writer.insertFree(row, changes) ? 1 : undefined;
    }
    const { keyColumns } = writer.access;
    assert(keyColumns.length === places.length, 'a key of another length', places.length);
    for (let i = 0; i < places.length; i++) {
      const value = params[places[i]!]!;
      if (value === null) return 0;
      row[keyColumns[i]!] = value;
    }
    writer.access.putRowKey(row, keyOut);
    if (this.#patch !== undefined) return writer.patchByKey(keyOut, this.#patch, this.#test, changes);
    return this.#rewrite === undefined ? writer.removeByKey(keyOut, this.#test, changes) : writer.rewriteByKey(keyOut, this.#rewrite, this.#test, this.#moved, changes);
  }
}
