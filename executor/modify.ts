/**
 * ModifyTable: INSERT, UPDATE, DELETE and MERGE. The rows to change are found first (those of a time slice; for INSERT: a few hundred at a time) and then changed
 * one by one, so that a statement never meets its own changes and a wait never holds a scan open over a page. Where a function does meet them
 * (own-changes.ts) each row is changed before the next is asked for.
 *
 * Each row is a step that either completes or returns the promise of a lock having changed nothing (wait.ts). After the last row the queued
 * constraint checks run. Undoing a failed statement is the engine's savepoint.
 *
 * M1  At READ COMMITTED a row that changed since the snapshot is judged again by its newest version (recheck.ts) and then changed from that,
 *     never from the values first read: otherwise updates would be lost.
 * M2  A row that this very statement has changed already is left alone (UPDATE and DELETE joined twice), or is an error (21000: ON CONFLICT
 *     DO UPDATE, MERGE), as PostgreSQL does.
 */
import type { Datum } from '../base/datum.js';
import { assert } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { RowRef } from '../mvcc/types.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { MergeAction, OnConflict, PhysicalPlan } from '../planner/physical-plan.js';
import type { ConstraintChecks } from './constraint-checks.js';
import { publishNewest, stillMatches } from './recheck.js';
import { rowOfParameters, storedParameters } from './parameter-rows.js';
import type { RowSource } from './row-source.js';
import type { Runtime } from './runtime.js';
import { clearRegisters, outputIds, restoreTuple } from './runtime.js';
import type { IndexAccess } from './table-access.js';
import { entryRowKey } from './table-access.js';
import type { Conflict, InsertJob, Row } from './table-writer.js';
import { LockJob, TableWriter } from './table-writer.js';
import type { Wait } from './wait.js';
import { isWait } from './wait.js';

export type ModifyPlan = Extract<PhysicalPlan, { kind: 'modify' }>;

/** INSERT takes its rows in portions; the others take what is found in a time slice. */
const InsertPortion = 256;
const noArbiters: readonly IndexAccess[] = [];
const unread: Row = [];
const none: readonly number[] = [];

interface ModifyInput {
  readonly ids: readonly ColumnId[];
  readonly computed: readonly BoundExpression[];
}
const inputs = new WeakMap<ModifyPlan, ModifyInput>();

/** What the source of a ModifyTable gives per row: input columns to put into registers, then values computed along with them. */
export function modifyInput(plan: ModifyPlan): ModifyInput {
  let input = inputs.get(plan);
  if (input === undefined) {
    const computed = plan.operation === 'insert' ? plan.insertValues! : plan.operation === 'update' ? plan.assignments.map((assignment) => assignment.value) : [];
    inputs.set(plan, (input = { ids: outputIds(plan.input), computed }));
  }
  return input;
}

export class ModifyExecution {
  readonly #plan: ModifyPlan;
  readonly #source: RowSource;
  /** Whether the source gives values alone, so that its tuple is the row to insert. */
  readonly #takesTuples: boolean;
  readonly #runtime: Runtime;
  readonly #evaluate: (e: BoundExpression) => Datum;
  readonly #writer: TableWriter;
  readonly #ids: readonly ColumnId[];
  readonly #arbiters: readonly IndexAccess[];
  readonly #assignedMayChangeKey: boolean;
  readonly #rowRef = new RowRef();
  /** Called for each row of RETURNING, with the registers set. */
  readonly #emit: () => void;
  /** Rows taken from the source at a time. */
  readonly #portion: number;
  #tuples: Datum[][] = [];
  #at = 0;
  #isSourceDone = false;
  /** How many of the request's `paramRows` have been run. */
  #paramRowAt = 0;
  /** By column, which parameter it gets; `none` where some column gets anything else. Looked for when there are rows of parameters. */
  #stored: readonly number[] | undefined = undefined;
  #phase: 'rows' | 'done' = 'rows';
  /** The insert under way, kept over waits. */
  #job: InsertJob | undefined;
  /** The lock being taken on the row under way, likewise. */
  #lockJob: LockJob | undefined;
  /** The row that has been changed, while its RETURNING is computed: that may have to wait for a lock (inline-locks.ts). */
  #returned: readonly Datum[] | undefined;
  /** Rows changed. */
  rowCount = 0;

  constructor(plan: ModifyPlan, source: RowSource, runtime: Runtime, checks: ConstraintChecks, evaluate: (e: BoundExpression) => Datum, emit: () => void, isStepwise: boolean) {
    this.#plan = plan;
    this.#portion = isStepwise ? 1 : plan.operation === 'insert' ? InsertPortion : Infinity;
    this.#source = source;
    this.#runtime = runtime;
    this.#evaluate = evaluate;
    this.#emit = emit;
    this.#writer = new TableWriter(plan, runtime, checks.add, evaluate);
    this.#ids = modifyInput(plan).ids;
    this.#takesTuples = this.#ids.length === 0;
    this.#arbiters = arbitersOf(plan.onConflict, this.#writer);
    this.#assignedMayChangeKey = mayChangeKey(plan, this.#writer);
  }

  /** For the next run of the same statement, in the same runtime. */
  restart(): void {
    this.#source.restart();
    this.#writer.restart();
    this.#forgetTuples();
    this.#at = 0;
    this.#isSourceDone = false;
    this.#paramRowAt = 0;
    this.#phase = 'rows';
    this.#job = undefined;
    this.#lockJob = undefined;
    this.#returned = undefined;
    this.rowCount = 0;
  }

  /** Goes on until done, until `stop` says so after a row, until the slice ends, or until a lock must be waited for. */
  step(stop: () => boolean): Wait | 'done' | 'stopped' | 'slice' {
    const { env } = this.#runtime;
    // Most statements are over before the clock would be looked at.
    let sliceEnd = -1;
    let untilClock = 64;
    while (this.#phase === 'rows') {
      if (this.#at === this.#tuples.length) {
        if (this.#isSourceDone) {
          this.#phase = 'done';
          break;
        }
        const filled = this.#fill();
        if (filled === 'slice') return 'slice';
        continue;
      }
      const wait = this.#change(this.#tuples[this.#at]!);
      if (wait !== undefined) return wait;
      this.#at++;
      this.#job = undefined;
      this.#lockJob = undefined;
      if (stop()) return 'stopped';
      if (--untilClock === 0) {
        untilClock = 64;
        this.#runtime.ctx.checkDeadline();
        const now = env.clock.monotonic();
        if (sliceEnd < 0) sliceEnd = now + env.timeSliceMs;
        else if (now >= sliceEnd) return 'slice';
      }
    }
    return 'done';
  }

  #fill(): 'slice' | undefined {
    this.#forgetTuples();
    this.#at = 0;
    const { paramRows, madeRow } = this.#runtime.request;
    if (madeRow !== undefined) {
      this.#tuples.push(madeRow.slice());
      this.#isSourceDone = true;
      return undefined;
    }
    if (paramRows !== undefined) {
      this.#fillByParameters(paramRows);
      return undefined;
    }
    const result = this.#source.fill(this.#tuples, this.#portion);
    if (result === 'slice' && this.#plan.operation !== 'insert') return 'slice';
    this.#isSourceDone = result === 'done';
    return undefined;
  }

  /** A portion of an INSERT for rows of parameters: as they are, or by running its source for each. */
  #fillByParameters(paramRows: readonly (readonly Datum[])[]): void {
    const source = this.#source;
    const tuples = this.#tuples;
    const places = this.#takesTuples && this.#runtime.generated !== undefined ? (this.#stored ??= storedParameters(this.#plan.insertValues) ?? none) : none;
    if (places !== none) {
      const end = Math.min(paramRows.length, this.#paramRowAt + this.#portion);
      while (this.#paramRowAt < end) tuples.push(rowOfParameters(places, paramRows[this.#paramRowAt++]!));
      this.#isSourceDone = end === paramRows.length;
      return;
    }
    while (tuples.length < this.#portion && this.#paramRowAt < paramRows.length) {
      this.#runtime.params = paramRows[this.#paramRowAt++]!;
      source.close();
      source.restart();
      const filled = source.fill(tuples, tuples.length + 2);
      assert(filled === 'done', 'a row of parameters gave more than a row');
    }
    this.#isSourceDone = this.#paramRowAt === paramRows.length;
  }

  /** Setting the length of an array is a call into the runtime, which a statement of one row does without. */
  #forgetTuples(): void {
    const tuples = this.#tuples;
    if (tuples.length === 1) tuples.pop();
    else if (tuples.length > 0) tuples.length = 0;
  }

  close(): void {
    this.#source.close();
    this.#forgetTuples();
    this.#at = 0;
    this.#phase = 'done';
  }

  /** Changes one row. A promise: nothing but locks has changed; wait and call again. */
  #change(tuple: Datum[]): Wait | undefined {
    if (this.#returned !== undefined) {
      this.#returnRow(this.#returned);
      return undefined;
    }
    restoreTuple(this.#runtime.registers, this.#ids, tuple);
    switch (this.#plan.operation) {
      case 'insert':
        return this.#insertTuple(tuple);
      case 'update':
        return this.#updateTuple(tuple);
      case 'delete':
        return this.#deleteTuple();
      case 'merge':
        return this.#mergeTuple();
    }
  }

  /** Counts the change of a row and gives out its RETURNING. `rowKey`: undefined where nothing asks for it. */
  #finishRow(row: readonly Datum[], rowKey: string | undefined): void {
    this.rowCount++;
    const { returning, returnedKey } = this.#plan;
    if (returnedKey !== undefined) this.#runtime.registers[returnedKey] = rowKey!;
    if (returning !== undefined) this.#returnRow(row);
  }
  #returnRow(row: readonly Datum[]): void {
    this.#returned = row;
    this.#writer.publish(row);
    for (const { id, expression } of this.#plan.returning!) this.#runtime.registers[id] = this.#evaluate(expression);
    this.#returned = undefined;
    this.#emit();
  }

  // ------------------------------------------------------------------------------------------------------------ insert

  #insertTuple(tuple: Datum[]): Wait | undefined {
    return this.#insertRow(this.#job === undefined ? (this.#takesTuples ? tuple : tuple.slice(this.#ids.length)) : undefined);
  }

  /** `row`: values by column; undefined when the row of `#job` is tried again. */
  #insertRow(row: Row | undefined): Wait | undefined {
    const writer = this.#writer;
    const updated = this.#plan.onConflict?.updated;
    if (updated !== undefined) this.#runtime.registers[updated] = 0;
    if (this.#job === undefined) {
      assert(row !== undefined, 'no row to insert');
      writer.completeRow(row);
      writer.checkRow(row);
      if (this.#plan.returnedKey === undefined && writer.insertFree(row)) {
        this.#finishRow(row, undefined);
        return undefined;
      }
      this.#job = { row, rowKey: undefined, entries: undefined, claimedFrom: undefined };
    }
    const job = this.#job;
    for (;;) {
      const conflict = writer.insert(job, this.#arbiters);
      if (conflict === undefined) {
        this.#finishRow(job.row, job.rowKey);
        return undefined;
      }
      if (isWait(conflict)) return conflict;
      const onConflict = this.#plan.onConflict!;
      if (onConflict.action === 'nothing') return undefined;
      const outcome = this.#updateConflicting(onConflict, conflict, job);
      if (outcome !== 'again') return outcome;
    }
  }

  /** ON CONFLICT DO UPDATE of the row that has the key. 'again': that row is gone, so inserting may work now. */
  #updateConflicting(onConflict: OnConflict, conflict: Conflict, job: InsertJob): Wait | undefined | 'again' {
    const writer = this.#writer;
    const { registers } = this.#runtime;
    const rowKey = this.#conflictingRowKey(conflict);
    if (rowKey === undefined) return 'again';
    if (conflict.self) throw affectsTwice('ON CONFLICT DO UPDATE', 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.');
    const locked = writer.lock(new LockJob(rowKey), this.#assignedMayChangeKey ? 'update' : 'no key update', writer.waitPolicy, { view: 'latest' });
    if (isWait(locked)) return locked;
    if (locked.kind === 'self') throw affectsTwice('ON CONFLICT DO UPDATE', 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.');
    if (locked.kind === 'gone' || locked.kind === 'skipped') return 'again';
    const row = writer.newest(rowKey);
    // Between finding and locking, the row may have given the key to another.
    if (row === undefined || this.#conflictingRowKey(conflict) !== rowKey) return 'again';
    for (const { id, column } of onConflict.existing) registers[id] = row[column]!;
    for (const { id, column } of onConflict.excluded) registers[id] = job.row[column]!;
    if (onConflict.where !== undefined && this.#evaluate(onConflict.where) !== true) return undefined;
    const values = onConflict.assignments.map(({ value }) => this.#evaluate(value));
    if (onConflict.updated !== undefined) registers[onConflict.updated] = this.#runtime.ctx.system.transactionId();
    return this.#changeRow(rowKey, row, onConflict.assignments, values);
  }

  #conflictingRowKey(conflict: Conflict): string | undefined {
    if (conflict.index.definition.isClustered) return conflict.key;
    const ref = this.#rowRef;
    return this.#runtime.tx.newest(conflict.index.tree, conflict.key, ref) ? entryRowKey(ref.u8, ref.offset) : undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ update

  /** Makes the new row of a locked one and writes it. */
  #changeRow(rowKey: string, row: Row, assignments: readonly { readonly column: number }[], values: readonly Datum[]): Wait | undefined {
    const newRow = assign(row, assignments, values);
    this.#writer.completeRow(newRow);
    this.#writer.checkRow(newRow);
    const updated = this.#writer.update(rowKey, row, newRow);
    if (isWait(updated)) return updated;
    this.#finishRow(newRow, updated);
    return undefined;
  }

  #updateTuple(tuple: Datum[]): Wait | undefined {
    const { assignments } = this.#plan;
    return this.#updateRow(assignments, tuple.slice(this.#ids.length));
  }

  /** Locks the row whose key is in the registers and changes it; `values` are the assigned ones as the snapshot gives them. */
  #updateRow(assignments: ModifyPlan['assignments'], values: readonly Datum[]): Wait | undefined {
    const writer = this.#writer;
    const rowKey = this.#rowKey();
    if (rowKey === null) return undefined;
    let mode = this.#modeFor(rowKey, assignments, values);
    for (;;) {
      const locked = writer.lock((this.#lockJob ??= new LockJob(rowKey)), mode, writer.waitPolicy);
      if (isWait(locked)) return locked;
      if (locked.kind === 'self') this.#checkSkipped(rowKey, assignments, values);
      if (!('rowKey' in locked)) return undefined;
      const row = writer.newest(locked.rowKey);
      assert(row !== undefined, 'locked row does not exist');
      let newest = values;
      if (locked.kind === 'changed') {
        if (!this.#recheck(row, locked.rowKey)) return undefined;
        if (!(mutants.on && mutants.has('executor.update-from-snapshot'))) newest = assignments.map(({ value }) => this.#evaluate(value));
      }
      if (mode === 'no key update' && this.#assignedMayChangeKey && this.#changesKey(row, assignments, newest)) {
        mode = 'update';
        continue;
      }
      return this.#changeRow(locked.rowKey, row, assignments, newest);
    }
  }

  /**
   * A row that this very statement has changed is not changed again, but what it would have become of what it was at the start must satisfy the constraints all the same, so that the
   * order in which the parts of a statement run does not show. Source: ExecUpdateAct, which looks at them before the row.
   */
  #checkSkipped(rowKey: string, assignments: ModifyPlan['assignments'], values: readonly Datum[]): void {
    const row = this.#writer.found(rowKey);
    if (row === undefined) return;
    const newRow = assign(row, assignments, values);
    this.#writer.completeRow(newRow);
    this.#writer.checkRow(newRow);
  }

  #rowKey(): string | null {
    const { rowKey } = this.#plan;
    assert(rowKey !== undefined, 'update without row key');
    return this.#runtime.registers[rowKey] as string | null;
  }

  /** 'update' when the row's present content says that a key column would change. */
  #modeFor(rowKey: string, assignments: ModifyPlan['assignments'], values: readonly Datum[]): 'update' | 'no key update' {
    if (!this.#assignedMayChangeKey) return 'no key update';
    const present = this.#writer.newest(rowKey);
    return present !== undefined && this.#changesKey(present, assignments, values) ? 'update' : 'no key update';
  }
  #changesKey(row: Row, assignments: ModifyPlan['assignments'], values: readonly Datum[]): boolean {
    const newRow = assign(row, assignments, values);
    this.#writer.completeRow(newRow);
    return this.#writer.changesKey(row, newRow);
  }

  /** Puts the newest row into the registers and says whether it still satisfies the statement. */
  #recheck(row: Row, rowKey: string): boolean {
    const { recheck } = this.#plan;
    if (recheck === undefined) return true;
    publishNewest(recheck, row, this.#plan.rowKey, rowKey, this.#runtime);
    return stillMatches(recheck, this.#runtime, this.#evaluate);
  }

  // ------------------------------------------------------------------------------------------------------------ delete

  #deleteTuple(): Wait | undefined {
    const writer = this.#writer;
    const rowKey = this.#rowKey();
    if (rowKey === null) return undefined;
    // Without indexes, references and RETURNING, nobody asks what was in a row that is as it was found.
    const needsRow = writer.removalNeedsRow || this.#plan.returning !== undefined;
    if (!needsRow && this.#lockJob === undefined && writer.removeUntouched(rowKey)) {
      this.rowCount++;
      return undefined;
    }
    const locked = writer.lock((this.#lockJob ??= new LockJob(rowKey)), 'update', writer.waitPolicy);
    if (isWait(locked)) return locked;
    if (!('rowKey' in locked)) return undefined;
    const isRead = needsRow || locked.kind === 'changed';
    const row = isRead ? writer.newest(locked.rowKey) : unread;
    assert(row !== undefined, 'locked row does not exist');
    if (locked.kind === 'changed' && !this.#recheck(row, locked.rowKey)) return undefined;
    writer.remove(locked.rowKey, row);
    this.#finishRow(row, locked.rowKey);
    return undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ merge

  #mergeTuple(): Wait | undefined {
    if (this.#job !== undefined || this.#rowKey() === null) return this.#mergeNotMatched();
    const writer = this.#writer;
    const rowKey = this.#rowKey()!;
    const first = this.#chooseAction(true);
    if (first === undefined || first.action === 'nothing') return undefined;
    let mode: 'update' | 'no key update' = 'update';
    if (first.action === 'update') mode = this.#modeFor(rowKey, first.assignments, first.assignments.map(({ value }) => this.#evaluate(value)));
    for (;;) {
      const locked = writer.lock((this.#lockJob ??= new LockJob(rowKey)), mode, writer.waitPolicy);
      if (isWait(locked)) return locked;
      if (locked.kind === 'self') {
        if (first.action === 'update') this.#checkSkipped(rowKey, first.assignments, first.assignments.map(({ value }) => this.#evaluate(value)));
        throw affectsTwice('MERGE', 'Ensure that not more than one source row matches any one target row.');
      }
      if (!('rowKey' in locked)) return this.#mergeNotMatched();
      const row = writer.newest(locked.rowKey);
      assert(row !== undefined, 'locked row does not exist');
      let action: MergeAction | undefined = first;
      if (locked.kind === 'changed') {
        if (!this.#recheck(row, locked.rowKey)) return this.#mergeNotMatched();
        action = this.#chooseAction(true);
      }
      if (action === undefined || action.action === 'nothing') return undefined;
      if (action.action === 'delete') {
        if (mode !== 'update') {
          mode = 'update';
          continue;
        }
        writer.remove(locked.rowKey, row);
        this.#finishRow(row, locked.rowKey);
        return undefined;
      }
      const values = action.assignments.map(({ value }) => this.#evaluate(value));
      if (mode !== 'update' && this.#changesKey(row, action.assignments, values)) {
        mode = 'update';
        continue;
      }
      return this.#changeRow(locked.rowKey, row, action.assignments, values);
    }
  }

  #mergeNotMatched(): Wait | undefined {
    const { recheck, rowKey } = this.#plan;
    if (recheck !== undefined) clearRegisters(this.#runtime.registers, recheck.columns.map((column) => column.id));
    if (rowKey !== undefined) this.#runtime.registers[rowKey] = null;
    if (this.#job !== undefined) return this.#insertRow(undefined);
    const action = this.#chooseAction(false);
    if (action === undefined || action.action !== 'insert') return undefined;
    return this.#insertRow(action.insertValues!.map((value) => this.#evaluate(value)));
  }

  #chooseAction(matched: boolean): MergeAction | undefined {
    return this.#plan.mergeActions.find((action) => action.matched === matched && (action.condition === undefined || this.#evaluate(action.condition) === true));
  }
}

/** Whether what the statement assigns could change a key that foreign keys may reference. */
function mayChangeKey(plan: ModifyPlan, writer: TableWriter): boolean {
  if (plan.operation === 'delete' || (plan.operation === 'insert' && plan.onConflict === undefined)) return false;
  const assigned = [...(plan.onConflict ?? plan).assignments, ...plan.mergeActions.flatMap((action) => action.assignments), ...plan.generated];
  return writer.mayChangeKey(assigned.map(({ column }) => column));
}

function assign(row: Row, assignments: readonly { readonly column: number }[], values: readonly Datum[]): Row {
  const newRow = row.slice();
  for (let i = 0; i < assignments.length; i++) newRow[assignments[i]!.column] = values[i]!;
  return newRow;
}

function arbitersOf(onConflict: OnConflict | undefined, writer: TableWriter): readonly IndexAccess[] {
  if (onConflict === undefined) return noArbiters;
  const { unique } = writer.access;
  return onConflict.arbiters.length === 0 ? unique : unique.filter((index) => onConflict.arbiters.includes(index.definition.oid));
}

function affectsTwice(command: string, hint: string): DbError {
  return new DbError('21000', `${command} command cannot affect row a second time`, { hint });
}
