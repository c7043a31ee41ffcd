/**
 * One running statement. `registers` is the interpreter's row: column id -> value of the current row of the operator that produces it.
 * Because every column of a statement has its own id, an operator publishes a row by writing its registers, a correlated subplan reads its
 * outer row from the same array, and an operator that keeps rows (sort, hash, window) saves a *tuple* of registers and restores it later.
 *
 * R1  An operator writes no register but those of its own `output` and those it restores from tuples of its inputs.
 * R2  A row published by `next` stays in its registers until the operator's next `next` or `open`.
 */
import type { Datum } from '../base/datum.js';
import type { EvalContext } from '../functions/registry.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { TableDef } from '../planner/catalog.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import type { ExecutionRequest, ExecutorEnv, OperatorCounts } from './execution.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { type Keeper, KeptMemory } from './kept-memory.js';
import { buildPlain } from './interpreter.js';
import { InternalError } from '../base/errors.js';
import type { TableAccess } from './table-access.js';
import { tableAccess } from './table-access.js';
import type { KeptRows } from './spill/kept-rows.js';
import type { TupleStore } from './tuple-store.js';

/** Saved registers, in the order of some list of column ids. */
export type Tuple = readonly Datum[];

/**
 * A pull iterator. `open` starts or restarts it for the current outer row; `next` publishes the next row in the registers and says whether
 * there is one; after `close` only `open` may follow.
 */
export interface Operator {
  open(): void;
  next(): boolean;
  close(): void;
}

export type SubqueryNode = Extract<BoundExpression, { kind: 'subquery' }>;

/** A subquery's plan as it runs for this statement, with the answer kept when it does not depend on an outer row. */
export interface SubplanState {
  readonly operator: Operator;
  readonly kept: Keeper;
  /** Set once an uncorrelated subquery has run. */
  result: { readonly value: Datum } | undefined;
  /** any/all over an uncorrelated subquery: its rows. */
  rows: Tuple[] | undefined;
  /** any with hashable sides: keys of `rows`, and whether a row has a NULL. */
  keys: Set<string> | undefined;
  hasNull: boolean;
  /** A correlated subquery's answers by the values it `reads` from outside; no map: none are kept. */
  answers: { byOuter: Map<string, { readonly value: Datum }> | undefined; readonly reads: readonly ColumnId[]; runs: number; hits: number } | undefined;
}

export class Runtime {
  // A statement that runs again in the runtime of its last run sets these anew (`restart`, quick-query.ts); else they stay.
  params: readonly Datum[];
  ctx: EvalContext;
  tx: Transaction;
  readonly env: ExecutorEnv;
  request: ExecutionRequest;
  /** Runs plans by generated code; undefined when everything is interpreted. */
  readonly generated: GeneratedPlans | undefined;
  readonly instrumentation: Map<PhysicalPlan, OperatorCounts> | undefined;
  readonly #columnCount: number;
  // Most statements need none of the following, so they are made on first use.
  #registers: Datum[] | undefined;
  #ctes: (TupleStore | undefined)[] | undefined;
  #workTables: KeptRows[] | undefined;
  #subplans: Map<SubqueryNode, SubplanState> | undefined;
  #substitutes: Map<PhysicalPlan, Operator> | undefined;
  #positions: Set<{ suspend(): void; close(): void }> | undefined;
  #accesses: Map<TableDef, TableAccess> | undefined;
  #closers: Set<{ close(): void }> | undefined;
  #literals: Map<BoundExpression, Datum> | undefined;
  #memory: KeptMemory | undefined;

  constructor(request: ExecutionRequest, columnCount: number, generated: GeneratedPlans | undefined) {
    this.#columnCount = columnCount;
    this.params = request.params;
    this.ctx = request.ctx;
    this.tx = request.tx;
    this.env = request.env;
    this.request = request;
    this.generated = generated;
    this.instrumentation = request.instrument ? new Map() : undefined;
  }

  /** For the next run of the same statement. */
  restart(request: ExecutionRequest): void {
    this.params = request.params;
    this.ctx = request.ctx;
    this.tx = request.tx;
    this.request = request;
    this.#literals = undefined;
  }
  /** Whether a run that is over has left nothing behind that the next one could meet: rows of CTEs, answers of subqueries, operators. */
  get isClean(): boolean {
    return this.#ctes === undefined && this.#workTables === undefined && this.#subplans === undefined && this.#substitutes === undefined && this.#positions === undefined && this.#memory === undefined && this.instrumentation === undefined;
  }

  /** What the statement keeps without spilling. */
  get memory(): KeptMemory {
    return (this.#memory ??= new KeptMemory(this.env.statementMemBytes));
  }
  get registers(): Datum[] {
    return (this.#registers ??= new Array<Datum>(this.#columnCount).fill(null));
  }
  /** Rows of each CTE by its number, once its turn has come. */
  get ctes(): (TupleStore | undefined)[] {
    return (this.#ctes ??= []);
  }
  cte(number: number): TupleStore {
    const store = this.ctes[number];
    if (store === undefined) throw new InternalError('CTE read before it was started');
    return store;
  }
  /** Work tables of recursive unions, by CTE number. */
  get workTables(): KeptRows[] {
    return (this.#workTables ??= []);
  }
  workTable(number: number): KeptRows {
    const rows = this.workTables[number];
    if (rows === undefined) throw new InternalError('work table read before its recursion');
    return rows;
  }
  get subplans(): Map<SubqueryNode, SubplanState> {
    return (this.#subplans ??= new Map());
  }
  /** Values of literals that only the session's settings can read, once they have been, and of lists that are kept (element-set.ts). */
  get literals(): Map<BoundExpression, Datum> {
    return (this.#literals ??= new Map());
  }
  /** Operators that stand for a plan node instead of being built from it: rows locked beforehand. */
  get substitutes(): Map<PhysicalPlan, Operator> {
    return (this.#substitutes ??= new Map());
  }
  substitute(plan: PhysicalPlan): Operator | undefined {
    return this.#substitutes?.get(plan);
  }
  /** An operator without generated code, for generated code around it. */
  bridge(plan: PhysicalPlan): Operator {
    return this.substitute(plan) ?? buildPlain(plan, this);
  }

  access(table: TableDef): TableAccess {
    this.#accesses ??= new Map();
    let access = this.#accesses.get(table);
    if (access === undefined) this.#accesses.set(table, (access = tableAccess(table, this.env.manager, this.ctx.types).useLayout()));
    return access;
  }

  /** Scans of the interpreter in the middle of a batch. */
  get positions(): Set<{ suspend(): void; close(): void }> {
    return (this.#positions ??= new Set());
  }
  /** Leaves all pages alone: called before control goes back to the event loop (X1). */
  suspendScans(): void {
    if (this.#positions !== undefined) for (const position of this.#positions) position.suspend();
  }

  /** Leaves everything that was under way, for a statement that starts over. */
  abandonScans(): void {
    if (this.#positions !== undefined) for (const position of this.#positions) position.close();
    this.#subplans = undefined;
  }

  /** Registers something to be closed at the end at the latest. */
  own<T extends { close(): void }>(resource: T): T {
    (this.#closers ??= new Set()).add(resource);
    return resource;
  }
  /** Closes a resource early. */
  release(resource: { close(): void }): void {
    if (this.#closers?.delete(resource) === true) resource.close();
  }
  closeAll(): void {
    if (this.#positions !== undefined) for (const position of this.#positions) position.close();
    if (this.#closers === undefined) return;
    for (const resource of this.#closers) {
      this.#closers.delete(resource);
      resource.close();
    }
  }

  counts(plan: PhysicalPlan): OperatorCounts | undefined {
    if (this.instrumentation === undefined) return undefined;
    let counts = this.instrumentation.get(plan);
    if (counts === undefined) this.instrumentation.set(plan, (counts = { rows: 0, loops: 0, startupMs: undefined, timeMs: this.generated === undefined ? 0 : undefined, removed: 0, leavesSkipped: 0, spilledBytes: 0 }));
    return counts;
  }
}

/** Copies registers out, in the order of `ids`. */
export function saveTuple(registers: readonly Datum[], ids: readonly ColumnId[]): Datum[] {
  const tuple = new Array<Datum>(ids.length);
  for (let i = 0; i < ids.length; i++) tuple[i] = registers[ids[i]!]!;
  return tuple;
}

/** Puts a saved tuple back. */
export function restoreTuple(registers: Datum[], ids: readonly ColumnId[], tuple: Tuple): void {
  for (let i = 0; i < ids.length; i++) registers[ids[i]!] = tuple[i]!;
}

/** Publishes NULLs, for the missing side of an outer join. */
export function clearRegisters(registers: Datum[], ids: readonly ColumnId[]): void {
  for (const id of ids) registers[id] = null;
}

export const outputIds = (plan: PhysicalPlan): ColumnId[] => plan.output.map((column) => column.id);
