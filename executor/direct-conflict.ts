/**
 * ON CONFLICT of an INSERT of one row without an execution (direct-insert.ts), by the clustered key: one look says whether there is such a row. If not, the row is inserted; else nothing is done, or the row that is
 * there is changed by generated code (codegen/row-change.ts) in the same slice. The twin is `ModifyExecution` with `TableWriter.insert`.
 *
 * K1  The key is what the execution would look at first, so that a row that has it decides, whatever other keys would.
 * K2  A row that the very statement has written, that others have to do with, or that does not satisfy the condition, which must be locked nevertheless, is left to the execution.
 * K3  What DO UPDATE computes may be computed twice.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import type { Datum } from '../base/datum.js';
import type { TypeRegistry } from '../base/types.js';
import type { RowChanges, RowPatch } from '../mvcc/types.js';
import type { BoundExpression } from '../planner/expression.js';
import { asRewrite, compileRowChange, compileRowTest, type RewriteCode, type RowTest } from './codegen/row-change.js';
import { areOfRowAlone, movedBy, ParameterPatch } from './direct-by-key.js';
import type { ModifyPlan } from './modify.js';
import { RowByKey } from './row-by-key.js';
import type { Runtime } from './runtime.js';
import type { IndexAccess } from './table-access.js';
import type { TableWriter } from './table-writer.js';

const keyOut = new ByteBuffer(256);

/** Whether the conflicts of a plan are for this, or it has none. Which row was inserted and which was changed is told to no RETURNING. */
export function isByKey({ table, onConflict, generated, returning }: ModifyPlan): boolean {
  if (onConflict === undefined) return true;
  if (returning !== undefined) return false;
  const { arbiters, action, assignments } = onConflict;
  const asked = table.indexes.filter((index) => index.isUnique && (arbiters.length === 0 || arbiters.includes(index.oid)));
  if (asked[0]?.isClustered !== true || asked.some((index) => index.deferrable !== 'not deferrable')) return false;
  return action === 'nothing' || (generated.length === 0 && areOfRowAlone(assignments, table, false));
}
/** What is evaluated of the row that is there. */
export function conflictExpressions({ onConflict }: ModifyPlan): readonly BoundExpression[] {
  if (onConflict === undefined) return [];
  return [...onConflict.assignments.map(({ value }) => value), ...(onConflict.where === undefined ? [] : [onConflict.where])];
}

export class DirectConflict {
  readonly #writer: TableWriter;
  readonly #rows: RowByKey;
  /** The proposed one. */
  readonly #row: readonly Datum[];
  readonly #isAlone: boolean;
  readonly #leaves: boolean;
  /** One of the two, where the row that is there is changed; the second where that changes index entries, which are those of `#moved`. */
  readonly #patch: RowPatch | undefined = undefined;
  readonly #rewrite: RewriteCode | undefined = undefined;
  readonly #moved: readonly IndexAccess[];
  readonly #test: RowTest | undefined;
  readonly #isVain: boolean;

  /** For a plan that has conflicts, which `isByKey`. */
  constructor(plan: ModifyPlan, row: readonly Datum[], writer: TableWriter, runtime: Runtime, types: TypeRegistry) {
    const { action, existing, excluded, assignments, where } = plan.onConflict!;
    this.#writer = writer;
    this.#rows = new RowByKey(plan.table, runtime, undefined);
    this.#row = row;
    this.#isAlone = writer.isAlone;
    this.#leaves = action === 'nothing';
    const rows = { table: plan.table, columns: existing, proposed: { columns: excluded, row }, isContextual: true };
    const change = this.#leaves ? undefined : compileRowChange({ ...plan, ...rows, assignments }, types);
    this.#moved = movedBy(assignments, writer.access.secondary);
    this.#test = compileRowTest(rows, where, types);
    if (change?.kind === 'patch' && this.#moved.length === 0) this.#patch = new ParameterPatch(runtime, this.#rows, change.code);
    else if (change !== undefined) this.#rewrite = asRewrite(change);
    this.#isVain = !this.#leaves && (change === undefined || (where !== undefined && this.#test === undefined));
  }

  /** Rows inserted or changed, when `row` is complete and checked; undefined, and nothing has changed: it takes the execution. @throws DbError of an expression */
  run(changes: RowChanges): number | undefined {
    if (this.#isVain) return undefined;
    const rows = this.#rows;
    rows.access.putRowKey(this.#row, keyOut);
    const isTaken = rows.findTaken(keyOut, changes);
    if (isTaken === undefined) return undefined;
    if (!isTaken) {
      if (!this.#isAlone) return this.#writer.insertFree(this.#row, changes) ? 1 : undefined;
      this.#writer.insertSought(this.#row, keyOut, changes);
      return 1;
    }
    if (this.#leaves) {
      rows.leaveTaken(keyOut, changes);
      return 0;
    }
    if (this.#patch !== undefined) return rows.patchTaken(keyOut, this.#patch, this.#test, changes);
    return rows.rewriteTaken(keyOut, this.#rewrite!, this.#test, this.#moved, changes);
  }
}
