/**
 * The short way of a query that is simple (executor/quick-query.ts) and has run before: from parameters to rows by a few comparisons, one generated
 * function, and no object that does not reach the user.
 *
 * It is tried first and says `undefined` wherever anything is not as usual; the caller then takes the general way (execute.ts), which gives the same
 * answer in every case.
 *
 * K1  Outside a block the query is a transaction of its own within one slice (`TransactionManager.beginSlice`): nothing else runs before its end.
 * K2  Inside a block it is a statement like any other, with its number, snapshot and locks; only what it would have to wait for sends it the other way.
 * K3  Nothing has happened when `undefined` is returned, save a statement number, and reads that the general way repeats.
 */
import type { Datum } from '../../base/datum.js';
import type { Oid } from '../../base/ids.js';
import type { CompiledStatement } from '../../executor/execution.js';
import type { QuickQuery } from '../../executor/quick-query.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { Field, QueryParams } from '../api.js';
import type { Backend } from '../backend.js';
import { checkDefinitions, commandOf, isIndexedSince, neededLocks } from '../execute.js';
import { ParameterBinder } from '../parameters.js';
import type { CachedPlan, CachedStatement, NeededLock } from '../plan-cache.js';
import type { ValueFormat } from '../values.js';
import { enterOutputContext, fieldsOf, leaveOutputContext, rowShape } from '../values.js';

/** What is found once per plan and format. */
export interface QuickPlan {
  readonly formatKey: string;
  /** Undefined: the plan has no short way. */
  readonly query: QuickQuery | undefined;
  readonly binder: ParameterBinder | undefined;
  readonly locks: readonly NeededLock[];
  /** Code of a plain INSERT, UPDATE or DELETE (quick-modify.ts). */
  readonly modify: CompiledStatement | undefined;
  /** Of one whose `modify` may be a single commit (mvcc/commit/single-commit.ts): the table, which is all it locks; and what makes the change, once that is known. */
  readonly singleTable: Oid | undefined;
  singleChange: CompiledStatement['directSingle'];
  /** Command tag, and the columns as the library describes them. */
  readonly command: string;
  readonly fields: readonly Field[];
  /** Whether values are converted for the user, by functions that may look at the session's settings. */
  readonly converts: boolean;
  /** Calls that still go the general way because the short one gave more than `ShortRowsMax` rows, and how many do after the next time. */
  longCalls: number;
  longCallsNext: number;
}

/** Rows that a query may give whose caller wants others to have their turn: what is run at once and is longer is thrown away. */
const ShortRowsMax = 256;
/** After one that was longer so many calls go the general way, and twice as many after each further one in a row, until it is tried again. */
const LongCallsMin = 8;
const LongCallsMax = 1024;

/** The first `rowsMax` rows of the query (or more), or undefined: run it the general way. @throws DbError of the statement */
export function runQuickly(backend: Backend, cached: CachedStatement, given: QueryParams | undefined, format: ValueFormat, rowsMax: number): unknown[] | undefined {
  const quick = quickPlan(backend, cached, format);
  return quick?.query === undefined ? undefined : runAny(backend, cached, quick, quick.query, given, rowsMax);
}

/** All rows of the query if it reads but some hundreds, otherwise undefined as above. */
export function runShort(backend: Backend, cached: CachedStatement, given: QueryParams | undefined, format: ValueFormat): unknown[] | undefined {
  const quick = quickPlan(backend, cached, format);
  const query = quick?.query;
  if (quick === undefined || query === undefined) return undefined;
  if (query.isBrief) return runAny(backend, cached, quick, query, given, Infinity);
  if (!query.isUnfiltered) return undefined;
  if (quick.longCalls > 0) {
    quick.longCalls--;
    return undefined;
  }
  const rows = runAny(backend, cached, quick, query, given, ShortRowsMax + 1);
  if (rows === undefined) return undefined;
  if (rows.length <= ShortRowsMax) {
    quick.longCallsNext = LongCallsMin;
    return rows;
  }
  quick.longCalls = quick.longCallsNext;
  quick.longCallsNext = Math.min(quick.longCallsNext * 2, LongCallsMax);
  return undefined;
}

function runAny(backend: Backend, cached: CachedStatement, quick: QuickPlan, query: QuickQuery, given: QueryParams | undefined, rowsMax: number): unknown[] | undefined {
  if (query.isRunning || !backend.isReady) return undefined;
  const params = quick.binder!.bind(given, backend.timelessEnv());
  if (params === undefined) return undefined;
  const { block } = backend;
  const { maxResultRows } = backend.settings.hot;
  const max = Math.min(rowsMax, maxResultRows + 1);
  let rows: unknown[] | undefined;
  if (block.state === 'idle') rows = backend.hasCommitWork || query.locks ? undefined : readSlice(backend, cached, quick, query, params, max);
  else if (block.state === 'block' && !block.needsSafeSnapshot() && !(query.locks && block.modes.readOnly)) rows = readInBlock(backend, cached, quick, query, params, max);
  // Too many are told of by the general way, which fails the transaction as an error of any statement does.
  return rows !== undefined && rows.length > maxResultRows ? undefined : rows;
}

/** The short way of the plan that holds now, undefined when there is no such plan yet. */
export function quickPlan(backend: Backend, cached: CachedStatement, format: ValueFormat): QuickPlan | undefined {
  const plan = cached.find(backend.catalogVersion, backend.plannerContext(noTypes));
  if (plan === undefined) return undefined;
  const { quick } = plan;
  return quick !== undefined && quick.formatKey === format.key ? quick : findQuick(backend, cached, plan, format);
}
const noTypes: readonly number[] = [];

/** The short way for a plan whose code exists already for this format; undefined when it has not run yet. */
function findQuick(backend: Backend, cached: CachedStatement, plan: CachedPlan, format: ValueFormat): QuickPlan | undefined {
  const compiled = plan.compiled.get(format.key);
  if (compiled === undefined || plan.locks === undefined) return undefined;
  const { planned } = plan;
  const { types } = backend.definitions();
  const { kind } = cached;
  const isRead = kind === 'query' && planned.relations.every(({ table, access }) => access !== 'write' && !table.isMaterializedView);
  const { schema, constraints } = backend;
  const query = isRead ? compiled.quick({ ctx: backend.plainContext(), env: backend.instance.executorEnv, schema, constraints }) : undefined;
  const isModify = (kind === 'insert' || kind === 'update' || kind === 'delete') && planned.relations.every(({ table, access }) => access === 'read' || table.virtual === undefined);
  const modify = isModify && planned.relations.every(({ table }) => !table.isMaterializedView) ? compiled : undefined;
  const binder = query === undefined && modify === undefined ? undefined : new ParameterBinder(cached.parsed, planned.parameterTypes, types, format);
  const converts = rowShape(planned.result, format, types).convert.some((convert) => convert !== undefined);
  const locks = neededLocks(plan, backend);
  // What makes values of the user may run code of the program, which is not to come between the change and its commit.
  const singleTable = modify !== undefined && !converts && locks.length === 1 && locks[0]!.mode === 'row exclusive' ? locks[0]!.table : undefined;
  plan.quick = { formatKey: format.key, query, binder, modify, locks, singleTable, singleChange: undefined, converts, longCalls: 0, longCallsNext: LongCallsMin, command: commandOf(cached.parsed.statement), fields: fieldsOf(planned.result, types) };
  return plan.quick;
}

/** K1 */
function readSlice(backend: Backend, cached: CachedStatement, quick: QuickPlan, query: QuickQuery, params: readonly Datum[], rowsMax: number): unknown[] | undefined {
  const { manager } = backend.instance;
  const tx = manager.beginSlice(quick.locks, backend.block.modes.isolation === 'serializable', cached.info);
  if (tx === undefined) return undefined;
  // Parsers of the program may give statements, which are not to run within the slice (N3 of session.ts).
  backend.isRunning = true;
  try {
    backend.note(cached.text);
    return run(backend, quick, query, tx, params, rowsMax);
  } finally {
    backend.isRunning = false;
    tx.endSlice();
  }
}

/** K2 */
function readInBlock(backend: Backend, cached: CachedStatement, quick: QuickPlan, query: QuickQuery, params: readonly Datum[], rowsMax: number): unknown[] | undefined {
  const { block, laneEpoch } = backend;
  backend.beginQuick(cached.text);
  try {
    const tx = block.ensureTransaction();
    tx.beginStatement(backend.infoOf(cached));
    try {
      for (const { table, mode } of quick.locks) if (tx.lockTable(table, mode, 'skip locked') !== true) return undefined;
      block.noteSnapshot();
      checkDefinitions(backend, tx, quick.locks);
      if (isIndexedSince(backend, tx, quick.locks)) return undefined;
      backend.laneEpoch = laneEpoch;
      return run(backend, quick, query, tx, params, rowsMax);
    } finally {
      tx.endStatement();
    }
  } catch (error) {
    block.fail();
    throw error;
  } finally {
    backend.endQuick();
  }
}

function run(backend: Backend, quick: QuickPlan, query: QuickQuery, tx: Transaction, params: readonly Datum[], rowsMax: number): unknown[] | undefined {
  const ctx = backend.plainContext();
  if (!quick.converts) return query.run(tx, params, ctx, rowsMax);
  const outer = enterOutputContext(ctx);
  try {
    return query.run(tx, params, ctx, rowsMax);
  } finally {
    leaveOutputContext(outer);
  }
}
