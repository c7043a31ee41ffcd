/**
 * What the engine sees of the executor: a plan is compiled once and started many times; a running statement is advanced by `step`.
 *
 * Everything below `step` is synchronous. It comes back for one of five reasons, and the driver decides what each means: a synchronous
 * driver (library's `prepare().all()`) goes on at once after 'slice' and was started with `canWait: false`, so it never sees a promise;
 * an asynchronous one gives the event loop a turn after 'slice' and awaits the promise of a lock.
 *
 * X1  Between two calls of `step` no page is looked at and no bytes of a page are remembered; positions are logical keys.
 * X2  A statement that threw is closed by its driver and never stepped again; undoing its writes is the driver's savepoint.
 * X3  With `canWait: false`, `step` never returns a promise: where it would have to wait it throws 55P03.
 * X4  A read is registered for serializability before rows that depend on it leave `step`, and no further than the row where it stopped.
 */
import type { Clock } from '../base/clock.js';
import type { Datum } from '../base/datum.js';
import type { TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { RowChanges } from '../mvcc/types.js';
import type { TransactionManager } from '../mvcc/transaction-manager.js';
import type { PhysicalPlan, PlannedStatement } from '../planner/physical-plan.js';
import type { ConstraintQueue } from './constraint-queue.js';
import type { EncodedRows } from './encoded-rows.js';
import type { QuickQuery } from './quick-query.js';
import type { RowIds } from './row-ids.js';
import type { SchemaLookup } from './schema-lookup.js';
import type { TableChanges } from './table-changes.js';

/** A temporary file for what does not fit into memory. All calls are synchronous; the file vanishes on `close`. */
export interface SpillFile {
  /** Appends `bytes[start, end)` and returns the offset where it begins. */
  append(bytes: Uint8Array, start: number, end: number): number;
  /** Fills `bytes[start, start + length)` from `offset`. */
  read(offset: number, bytes: Uint8Array, start: number, length: number): void;
  close(): void;
}

/** What the executor needs for the life of a database. */
export interface ExecutorEnv {
  /** For time slices and EXPLAIN ANALYZE. */
  readonly clock: Clock;
  /** Processor time after which `step` comes back with 'slice'. */
  readonly timeSliceMs: number;
  /** Memory one sort or hash may use before it spills. */
  readonly workMemBytes: number;
  /** Memory a statement may take for what does not spill (kept-memory.ts). */
  readonly statementMemBytes: number;
  openSpill(): SpillFile;
  readonly manager: TransactionManager;
  readonly rowIds: RowIds;
  readonly tableChanges: TableChanges;
}

/** What one run of a compiled statement is given. */
export interface ExecutionRequest {
  readonly tx: Transaction;
  /** By parameter number, already of `parameterTypes`. */
  readonly params: readonly Datum[];
  /** For an INSERT of one row of parameters: parameters of each row to insert; the source is run for one after the other. Generated code only. */
  readonly paramRows?: readonly (readonly Datum[])[] | undefined;
  /** For an INSERT of one row: the row, whose values have been computed already. */
  readonly madeRow?: readonly Datum[] | undefined;
  readonly ctx: EvalContext;
  readonly env: ExecutorEnv;
  /** Other tables that foreign keys reach, as the statement's transaction sees them. */
  readonly schema: SchemaLookup;
  /** Checks that a statement leaves for its end or for the commit. */
  readonly constraints: ConstraintQueue;
  /** False for the synchronous face: 55P03 instead of waiting for a lock. */
  readonly canWait: boolean;
  /** True to fill `instrumentation`. */
  readonly instrument: boolean;
}

/** How result rows look. Compiled in, since row construction is generated. */
export interface RowShape {
  readonly mode: 'array' | 'object';
  /** By result column: what turns a datum (never null) into the user's value; undefined leaves the datum. */
  readonly convert: readonly (((value: Datum) => unknown) | undefined)[];
}

export interface CompileOptions {
  readonly mode: 'generated' | 'interpreted';
  readonly shape: RowShape;
  /** Emit counters for EXPLAIN ANALYZE. */
  readonly instrument: boolean;
  /** Generated code: whether scans of whole tables run over columns of leaves; default true. */
  readonly columns?: boolean | undefined;
}

/** A statement that changes one row without an execution. */
export interface DirectChange {
  /** Rows changed; undefined, and nothing has changed: the execution is to be run. @throws DbError 23502, 54000, 40001 */
  run(request: ExecutionRequest): number | undefined;
  /** Whether it concerns no index. */
  readonly isOfOneTree: boolean;
  /** `run` by `changes`; only where `isOfOneTree`. */
  readonly single: (request: ExecutionRequest, changes: RowChanges) => number | undefined;
  /** As `CompiledStatement.direct` with the last request and other parameters, if that was of `tx`, and settings and definitions are what they were; undefined, and nothing has changed, otherwise. */
  again(tx: Transaction, params: readonly Datum[]): number | undefined;
  /** The same for an INSERT from what the caller has given, of which each is a parameter of its own and no serializer has a say in it. */
  insertGiven(tx: Transaction, given: readonly unknown[]): number | undefined;
  /** After `run` has given undefined: the row of an INSERT, whose values are not to be computed again, for `ExecutionRequest.madeRow`. */
  takeMade(): readonly Datum[] | undefined;
  /** Rows of RETURNING of the last run, as the user gets them: to be asked for in the slice of the run, and within its statement, for making them may fail. */
  takeRows(): unknown[];
}

export interface CompiledStatement {
  readonly planned: PlannedStatement;
  /** The generated source, for debugging and tests; undefined when interpreted. */
  readonly source: string | undefined;
  start(request: ExecutionRequest): Execution;
  /** Changes one row without an execution (direct-modify.ts), and says how many were changed; undefined, and nothing has changed: `start`. Itself undefined for statements that cannot be run so. */
  readonly direct: ((request: ExecutionRequest) => number | undefined) | undefined;
  /** Whether the context of that request must know when transaction and statement began. */
  readonly isDirectTimed: boolean;
  /**
   * The same for a statement that concerns one tree alone, which is given what makes the change instead of a transaction; `request.tx` is not asked to. Undefined for others. To be asked after a
   * first run of `direct`.
   */
  readonly directSingle: ((request: ExecutionRequest, changes: RowChanges) => number | undefined) | undefined;
  /** What does that, once it has been asked to. */
  readonly directChange: DirectChange | undefined;
  /** Takes rows of parameters to insert them without an execution; undefined for statements whose rows cannot be, and before a first start unless they are `many`. */
  readonly encodedRows: ((manager: TransactionManager, types: TypeRegistry, many: boolean) => EncodedRows | undefined) | undefined;
  /** The statement as a `QuickQuery`, if it is a query simple enough to be one. To be asked after a first `start`. */
  quick(request: Pick<ExecutionRequest, 'ctx' | 'env' | 'schema' | 'constraints'>): QuickQuery | undefined;
}

/**
 * Why `step` came back: `done`, nothing is left (rows may be); `rows`, the quota is reached; `slice`, the time slice is used up; a promise: a
 * lock must be waited for, after which `step` goes on.
 */
export type StepResult = 'done' | 'rows' | 'slice' | Promise<void>;

export interface Execution {
  /**
   * Runs on until `quotaRows` rows are in `rows`. The caller empties `rows` (or replaces it by `takeRows`) between steps.
   * @throws DbError of the statement; afterwards only `close` may be called
   */
  step(quotaRows: number): StepResult;
  /** Rows produced and not yet taken. */
  readonly rows: unknown[];
  takeRows(): unknown[];
  /** INSERT/UPDATE/DELETE/MERGE: rows changed. Otherwise rows produced so far. */
  readonly rowCount: number;
  /** By operator, when asked for. */
  readonly instrumentation: ReadonlyMap<PhysicalPlan, OperatorCounts> | undefined;
  /** Ends scans and removes temporary files; may be called at any time, more than once. */
  close(): void;
}

/** EXPLAIN ANALYZE's figures of one operator. */
export interface OperatorCounts {
  rows: number;
  loops: number;
  /** Milliseconds in the operator and those below it, until its first row and in all; `undefined` where operators are fused into one loop. */
  startupMs: number | undefined;
  timeMs: number | undefined;
  /** Rows a filter of this operator dropped. */
  removed: number;
  /** Leaves of which no row could pass it. */
  leavesSkipped: number;
  /** For sorts and hashes: bytes written to temporary files. */
  spilledBytes: number;
}
