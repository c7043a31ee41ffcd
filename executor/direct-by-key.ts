/** UPDATE and DELETE of one row by its whole clustered key, without an execution: see direct-modify.ts. */
import { ByteBuffer } from '../base/byte-buffer.js';
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { mutants } from '../base/mutants.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { RowChanges, RowPatch, RowRef } from '../mvcc/types.js';
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
import { isOfColumns, type IndexAccess } from './table-access.js';

/** What the columns of the key are to be equal to; undefined where that is not all that finds the row, or more is concerned than the row and entries of columns. */
export function keyValues(plan: ModifyPlan): readonly BoundExpression[] | undefined {
  const { input } = plan;
  if (!isOfRowAlone(plan) || input.kind !== 'indexScan' || !input.index.isClustered || !isPointLookup(input)) return undefined;
  return input.ranges[0]!.equal.map((bound) => bound.value);
}

/** Whether a DELETE or UPDATE changes the row's own tree and entries of plain columns, and no other. That there are no children of what is removed may be seen at once (child-looks.ts). */
function isOfRowAlone({ operation, table, assignments, checks, generated }: ModifyPlan): boolean {
  if (operation === 'delete') return table.indexes.every(isOfColumns);
  return operation === 'update' && !checks.some(({ isViewOption }) => isViewOption) && generated.length === 0 && areOfRowAlone(assignments, table);
}
/** The same of what is assigned. */
export function areOfRowAlone(assignments: ModifyPlan['assignments'], table: TableDef): boolean {
  const columns = new Set(assignments.map(({ column }) => column));
  const isFree = (list: readonly number[]): boolean => !list.some((column) => columns.has(column));
  const isIndexPlain = table.indexes.every((index) => isOfColumns(index) && ((!index.isUnique && index.include === undefined) || !concerns(index, columns)));
  return isIndexPlain && table.foreignKeys.every((key) => key.validated && isFree(key.childColumns)) && table.referencedBy.every((key) => isFree(key.parentColumns));
}

/** Those of `indexes` whose entries depend on what is assigned. */
export function movedBy(assignments: ModifyPlan['assignments'], indexes: readonly IndexAccess[]): readonly IndexAccess[] {
  const columns = new Set(assignments.map(({ column }) => column));
  return indexes.filter(({ definition }) => concerns(definition, columns));
}
/** Whether entries of it depend on one of these columns. */
function concerns({ columns, include }: IndexDef, changed: ReadonlySet<number>): boolean {
  return columns.some(({ column }) => changed.has(column!)) || include?.columns.some((column) => changed.has(column)) === true;
}

const keyOut = new ByteBuffer(256);

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
  /** Has the key alone. */
  readonly #row: Datum[];
  /** One of the two, for an UPDATE; the second where it changes index entries, which are those of `#moved`. */
  readonly #patch: RowPatch | undefined;
  readonly #rewrite: RewriteCode | undefined;
  readonly #moved: readonly IndexAccess[];
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
    this.#row = new Array<Datum>(table.columns.length).fill(null);
    const columns = input.kind === 'indexScan' ? input.columns : [];
    const change = operation === 'update' ? compileRowChange({ ...spec.plan, columns, proposed: undefined, isContextual: false }, types) : undefined;
    this.#moved = operation === 'update' ? movedBy(assignments, this.#rows.access.secondary) : [];
    const isPatch = change?.kind === 'patch' && this.#moved.length === 0;
    this.#patch = isPatch ? new ParameterPatch(this.#runtime, this.#rows, change.code) : undefined;
    this.#rewrite = change === undefined || isPatch ? undefined : asRewrite(change);
    this.#test = compileRowTest({ table, columns, proposed: undefined, isContextual: false }, input.kind === 'indexScan' ? input.filter : undefined, types);
    this.#hasCondition = input.kind === 'indexScan' && input.filter !== undefined;
    this.#children = operation === 'delete' && table.referencedBy.length > 0 ? new ChildLooks(table, this.#runtime) : undefined;
    const isChildUnseen = this.#children?.isByColumns(this.#rows.access.keyColumns) === false;
    this.#isVain = (operation === 'update' && change === undefined) || (this.#hasCondition && this.#test === undefined) || (returning !== undefined && code === undefined) || isChildUnseen;
  }

  run(request: ExecutionRequest): number | undefined {
    const rowCount = this.single(request, request.tx);
    // `keyOut` has the key that was looked for. A row that does not satisfy a condition as it was found is not refused.
    if (rowCount === undefined && !this.#isVain && !(this.#hasCondition && !(mutants.on && mutants.has('executor.unsatisfied-row-refused')))) this.#rows.refuseDecided(keyOut);
    return rowCount;
  }
  get isOfOneTree(): boolean {
    const { operation, table } = this.#spec.plan;
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
    const { access } = rows;
    const { keyColumns } = access;
    assert(keyColumns.length === places.length, 'a key of another length', places.length);
    for (let i = 0; i < places.length; i++) {
      const value = params[places[i]!]!;
      if (value === null) return 0;
      this.#row[keyColumns[i]!] = value;
    }
    access.putRowKey(this.#row, keyOut);
    if (this.#patch !== undefined) return rows.patch(keyOut, this.#patch, this.#test, changes);
    if (this.#children !== undefined) return this.#removeParent(this.#children, changes);
    return this.#rewrite === undefined ? rows.remove(keyOut, this.#test, changes) : rows.rewrite(keyOut, this.#rewrite, this.#test, this.#moved, changes);
  }

  /** Nothing comes between the look and the removal. */
  #removeParent(children: ChildLooks, changes: RowChanges): number | undefined {
    if (!children.areNone(this.#row)) return undefined;
    const rowCount = this.#rows.remove(keyOut, this.#test, changes);
    if (rowCount === 1) children.noteAll(this.#row);
    return rowCount;
  }
}
