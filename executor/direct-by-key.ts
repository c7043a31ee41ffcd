/**
 * UPDATE and DELETE of one row by a whole unique key, without an execution: see direct-modify.ts.
 *
 * Y1  By another key than the clustered one the row is that of the entry which the snapshot shows, and it is read as by any statement: at SERIALIZABLE that is recorded, be there one or not. The row is
 *     changed only where it has not changed since the snapshot, and so its entry has not either.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import type { Transaction } from '../mvcc/transaction.js';
import { RowRef, type RowChanges, type RowPatch } from '../mvcc/types.js';
import type { IndexDef, TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import { ChildLooks } from './child-looks.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { asRewrite, compileRowChange, compileRowTest, type PatchCode, type RewriteCode, type RowTest } from './codegen/row-change.js';
import { compileStoredReturning } from './codegen/returned-row.js';
import { isPointLookup } from './codegen/scans.js';
import type { DirectSpec } from './direct-modify.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import type { ModifyPlan } from './modify.js';
import { ReturnedRow, type ResultShape } from './returned-row.js';
import { RowByKey } from './row-by-key.js';
import { Runtime } from './runtime.js';
import { isSelfContained, isVolatile } from './self-contained.js';
import { copyRowKey, isOfColumns, type IndexAccess } from './table-access.js';

/** What the columns of the key are to be equal to; undefined where that is not all that finds the row, or more is concerned than the row and entries of columns. */
export function keyValues(plan: ModifyPlan): readonly BoundExpression[] | undefined {
  const { input } = plan;
  if (!isOfRowAlone(plan) || input.kind !== 'indexScan' || !isPointLookup(input)) return undefined;
  return input.ranges[0]!.equal.map((bound) => bound.value);
}

/** Whether a DELETE or UPDATE changes the row's own tree and entries of plain columns, and no other. That there are no children of what is removed may be seen at once (child-looks.ts). */
function isOfRowAlone({ operation, table, assignments, checks, generated }: ModifyPlan): boolean {
  if (operation === 'delete') return table.indexes.every(isOfColumns);
  return operation === 'update' && !checks.some(({ isViewOption }) => isViewOption) && generated.length === 0 && areOfRowAlone(assignments, table, true);
}
/** The same of what is assigned. `mayChangeKey`: whether that may be columns of unique indexes. */
export function areOfRowAlone(assignments: ModifyPlan['assignments'], table: TableDef, mayChangeKey: boolean): boolean {
  const columns = new Set(assignments.map(({ column }) => column));
  const isFree = (list: readonly number[]): boolean => !list.some((column) => columns.has(column));
  const isIndexPlain = table.indexes.every((index) => isOfColumns(index) && (isMovable(index, mayChangeKey) || !concerns(index, columns)));
  return isIndexPlain && table.foreignKeys.every((key) => key.validated && isFree(key.childColumns)) && table.referencedBy.every((key) => isFree(key.parentColumns));
}

/** Those of `indexes` whose entries depend on what is assigned. */
export function movedBy(assignments: ModifyPlan['assignments'], indexes: readonly IndexAccess[]): readonly IndexAccess[] {
  const columns = new Set(assignments.map(({ column }) => column));
  return indexes.filter(({ definition }) => concerns(definition, columns));
}
/** Whether its entries may be moved: their values stay, and what they say is not for later. */
function isMovable({ isClustered, include, isUnique, deferrable }: IndexDef, mayChangeKey: boolean): boolean {
  return include === undefined && (!isUnique || (mayChangeKey && !isClustered && deferrable === 'not deferrable'));
}
/** Whether entries of it depend on one of these columns. */
function concerns({ columns, include }: IndexDef, changed: ReadonlySet<number>): boolean {
  return columns.some(({ column }) => changed.has(column!)) || include?.columns.some((column) => changed.has(column)) === true;
}

/** What an UPDATE or DELETE computes of its row. */
export function computedByKey({ input, assignments, checks }: ModifyPlan): readonly BoundExpression[] {
  const condition = input.kind === 'indexScan' && input.filter !== undefined ? [input.filter] : [];
  return [...assignments.map(({ value }) => value), ...checks.map(({ expression }) => expression), ...condition];
}

const keyOut = new ByteBuffer(256);
const entryKeyOut = new ByteBuffer(256);

/** A patch of rows under the parameters of a runtime. */
export class ParameterPatch implements RowPatch {
  readonly #runtime: Runtime;
  readonly #rows: RowByKey;
  readonly #code: PatchCode;
  constructor(runtime: Runtime, rows: RowByKey, code: PatchCode) {
    this.#runtime = runtime;
    this.#rows = rows;
    this.#code = code;
  }
  patch({ u8, dv, offset, length }: RowRef, to: Uint8Array, toView: DataView, at: number): boolean {
    return this.#code(this.#runtime, u8, dv, offset, length, to, toView, at) && this.#rows.isReturnedOf(to, toView, at);
  }
}

export class DirectByKey implements DirectChange {
  readonly #spec: DirectSpec;
  readonly #runtime: Runtime;
  readonly #rows: RowByKey;
  /** By which it is looked for; undefined: the clustered key. */
  readonly #index: IndexAccess | undefined;
  readonly #keyColumns: readonly number[];
  readonly #entryRef = new RowRef();
  /** Has the key alone. */
  readonly #row: Datum[];
  /** One of the two, for an UPDATE; the second where it changes index entries, which are those of `#moved`. */
  readonly #patch: RowPatch | undefined;
  readonly #rewrite: RewriteCode | undefined;
  readonly #moved: readonly IndexAccess[];
  /** Whether some of these are unique. */
  readonly #mayChangeKey: boolean;
  readonly #test: RowTest | undefined;
  readonly #hasCondition: boolean;
  readonly #returned: ReturnedRow<RowRef> | undefined;
  /** Of a DELETE from a table that others refer to. */
  readonly #children: ChildLooks | undefined;
  /** Whether something of it has to be evaluated that no code was made for. */
  readonly #isVain: boolean;

  constructor(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans, output: ResultShape) {
    const { operation, input, table, assignments, returning } = spec.plan;
    const { types } = request.ctx;
    this.#spec = spec;
    this.#runtime = new Runtime(request, 0, generated);
    const code = compileStoredReturning(spec.plan, output.result, types);
    this.#returned = code === undefined ? undefined : new ReturnedRow(code, output);
    this.#rows = new RowByKey(table, this.#runtime, this.#returned);
    const { access } = this.#rows;
    assert(input.kind === 'indexScan', 'a row that is not looked for by a key');
    this.#index = input.index.isClustered ? undefined : access.index(input.index);
    this.#keyColumns = this.#index === undefined ? access.keyColumns : this.#index.plainColumns!;
    this.#row = new Array<Datum>(table.columns.length).fill(null);
    const rows = { columns: input.columns, proposed: undefined, isContextual: computedByKey(spec.plan).every((e) => isSelfContained(e) && !isVolatile(e)) };
    const change = operation === 'update' ? compileRowChange({ ...spec.plan, ...rows }, types) : undefined;
    this.#moved = operation === 'update' ? movedBy(assignments, access.secondary) : [];
    this.#mayChangeKey = this.#moved.some(({ definition }) => definition.isUnique);
    const isPatch = change?.kind === 'patch' && this.#moved.length === 0;
    this.#patch = isPatch ? new ParameterPatch(this.#runtime, this.#rows, change.code) : undefined;
    this.#rewrite = change === undefined || isPatch ? undefined : asRewrite(change);
    this.#test = compileRowTest({ table, ...rows }, input.filter, types);
    this.#hasCondition = input.filter !== undefined;
    this.#children = operation === 'delete' && table.referencedBy.length > 0 ? new ChildLooks(table, this.#runtime) : undefined;
    const isChildUnseen = this.#children?.isByColumns(this.#keyColumns) === false;
    this.#isVain = (operation === 'update' && change === undefined) || (this.#hasCondition && this.#test === undefined) || (returning !== undefined && code === undefined) || isChildUnseen;
  }

  run(request: ExecutionRequest): number | undefined {
    const rowCount = this.single(request, request.tx);
    // `keyOut` has the key that was looked for. A row that does not satisfy a condition as it was found is not refused.
    if (rowCount === undefined && !this.#isVain && !(this.#hasCondition && !(mutants.on && mutants.has('executor.unsatisfied-row-refused')))) this.#rows.refuseDecided(keyOut);
    return rowCount;
  }
  get isOfOneTree(): boolean {
    const { plan: { operation, table }, isTimed } = this.#spec;
    if (this.#index !== undefined || isTimed) return false;
    return operation === 'update' ? this.#moved.length === 0 : table.referencedBy.length === 0 && table.indexes.every(({ isClustered }) => isClustered);
  }
  readonly single = (request: ExecutionRequest, changes: RowChanges): number | undefined => {
    if (this.#isVain) return undefined;
    this.#runtime.restart(request);
    this.#rows.restart();
    return this.#run(request.params, changes);
  };
  again(tx: Transaction, params: readonly Datum[]): number | undefined {
    if (this.#runtime.tx !== tx || this.#isVain) return undefined;
    this.#runtime.params = params;
    return this.#run(params, tx);
  }
  insertGiven(): undefined {
    return undefined;
  }
  takeMade(): undefined {
    return undefined;
  }
  takeRows(): unknown[] {
    return this.#returned?.take() ?? [];
  }

  #run(params: readonly Datum[], changes: RowChanges): number | undefined {
    const { places } = this.#spec;
    const rows = this.#rows;
    this.#returned?.clear();
    const keyColumns = this.#keyColumns;
    assert(keyColumns.length === places.length, 'a key of another length', places.length);
    for (let i = 0; i < places.length; i++) {
      const value = params[places[i]!]!;
      if (value === null) return 0;
      this.#row[keyColumns[i]!] = value;
    }
    if (this.#index === undefined) rows.access.putRowKey(this.#row, keyOut);
    else if (!this.#findKey(this.#index)) return 0;
    if (this.#patch !== undefined) return rows.patch(keyOut, this.#patch, this.#test, changes);
    if (this.#children !== undefined) return this.#removeParent(this.#children, changes);
    return this.#rewrite === undefined ? rows.remove(keyOut, this.#test, changes) : rows.rewrite(keyOut, this.#rewrite, this.#test, this.#moved, this.#mayChangeKey, changes);
  }

  /** Y1: the row's key, into `keyOut`. */
  #findKey(index: IndexAccess): boolean {
    const { tx } = this.#runtime;
    const ref = this.#entryRef;
    index.putUniqueKey(this.#row, entryKeyOut);
    if (!tx.get(index.tree, entryKeyOut.bytes, entryKeyOut.length, ref, !(mutants.on && mutants.has('executor.sought-entry-unread')))) return false;
    keyOut.length = copyRowKey(ref.u8, ref.offset, keyOut);
    return true;
  }
  /** Nothing comes between the look and the removal. */
  #removeParent(children: ChildLooks, changes: RowChanges): number | undefined {
    if (!children.areNone(this.#row)) return undefined;
    const rowCount = this.#rows.remove(keyOut, this.#test, changes);
    if (rowCount === 1) children.noteAll(this.#row);
    return rowCount;
  }
}
