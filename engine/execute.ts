/**
 * Running what has a plan: SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES.
 *
 * The way of one statement: begin it in the transaction (which takes the snapshot), find or make its plan, lock its tables, see whether the
 * definitions still hold (else plan again), run the compiled code to its end or to a quota, check deferred constraints at the commit.
 *
 * E1  Table locks come before the first page is read; a statement at READ COMMITTED that had to wait for one takes a fresh snapshot.
 * E2  A transaction with an older snapshot never runs against a table whose definition is newer: 40001 (concurrency.md section 10). An index that is newer is
 *     not used, which costs a plan of its own; who would have to write it gets 40001 too.
 * E3  The synchronous face never waits: where it would have to, 55P03.
 */
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { DbError, notSupported } from '../base/errors.js';
import type { Oid } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import type { SqlType } from '../base/types.js';
import { compile } from '../executor/compile.js';
import { ConstraintChecks, runDeferred } from '../executor/constraint-checks.js';
import type { CompiledStatement, Execution, ExecutionRequest, StepResult } from '../executor/execution.js';
import { evaluateConstant } from '../executor/expression-interpreter.js';
import type { SchemaLookup, TableWriteInfo } from '../executor/schema-lookup.js';
import { isWait } from '../executor/wait.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { TableLockMode } from '../mvcc/types.js';
import type { Statement } from '../parser/ast.js';
import { intoOf } from '../parser/select-into.js';
import type { Catalog, RelationDef, TableDef } from '../planner/catalog.js';
import type { PhysicalPlan, PlannedStatement } from '../planner/physical-plan.js';
import { describe, planStatement, tableWriteInfo, type Description, type PlanOptions } from '../planner/plan-statement.js';
import type { Backend, Call, StatementResult } from './backend.js';
import type { SessionCatalog } from './catalog/catalog-view.js';
import type { StatementContext } from './eval-context.js';
import { bindParameters } from './parameters.js';
import type { CachedPlan, CachedStatement, NeededLock } from './plan-cache.js';
import { SuspendStatement } from './suspend-statement.js';
import type { ValueFormat } from './values.js';
import { rowShape, withOutputContext } from './values.js';

export type PlannableStatement = Extract<Statement, { kind: 'query' | 'insert' | 'update' | 'delete' | 'merge' }>;

export function isPlannable(statement: Statement): statement is PlannableStatement {
  switch (statement.kind) {
    case 'query':
      return intoOf(statement) === undefined;
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return true;
    default:
      return false;
  }
}

// ---------------------------------------------------------------------------------------------------------------- planning

/** The statement's plan under the session's present catalog and settings, made if need be. */
export function findPlan(backend: Backend, cached: CachedStatement, parameterTypes: readonly number[]): CachedPlan {
  const catalog = backend.catalog();
  const context = backend.plannerContext(parameterTypes);
  return cached.find(catalog.version, context) ?? cached.add({ catalogVersion: catalog.version, context }, makePlan(backend, catalog, cached, parameterTypes));
}

function makePlan(backend: Backend, catalog: Catalog, cached: CachedStatement, parameterTypes: readonly number[]): PlannedStatement {
  return planStatement(cached.parsed.statement as PlannableStatement, planOptions(backend, catalog, cached, parameterTypes));
}

/** What the statement takes and gives, which analysis finds: nothing is planned, and no constant computed. A plan there is says it too. */
export function describeStatement(backend: Backend, cached: CachedStatement, parameterTypes: readonly number[]): Description {
  const catalog = backend.catalog();
  return cached.find(catalog.version, backend.plannerContext(parameterTypes))?.planned ?? describe(cached.parsed.statement as PlannableStatement, planOptions(backend, catalog, cached, parameterTypes));
}

function planOptions(backend: Backend, catalog: Catalog, cached: CachedStatement, parameterTypes: readonly number[]): PlanOptions {
  const { parameterNames, parameterCount } = cached.parsed;
  const types: (SqlType | undefined)[] = parameterTypes.map((oid) => (oid === 0 ? undefined : { oid, typmod: -1 }));
  return { catalog, settings: backend.plannerSettings(), parameterTypes: types, parameterNames, parameterCount, context: backend.context(Infinity), evaluate: evaluateConstant, withRowKeys: cached.withRowKeys };
}

/** The plan's code for rows of this format. */
export function compiledFor(backend: Backend, plan: CachedPlan, format: ValueFormat, instrument = false): CompiledStatement {
  const key = instrument ? 'instrument' : format.key;
  let compiled = plan.compiled.get(key);
  if (compiled === undefined) {
    compiled = compile(plan.planned, {
      mode: backend.settings.get('execution_mode') as 'generated' | 'interpreted',
      shape: rowShape(plan.planned.result, format, backend.definitions().types), instrument, columns: backend.settings.get('leaf_columns') === 'on',
    });
    plan.compiled.set(key, compiled);
  }
  return compiled;
}

/** First word of the command tag. */
export function commandOf(statement: Statement): string {
  return statement.kind === 'query' ? 'SELECT' : statement.kind.toUpperCase();
}

// ---------------------------------------------------------------------------------------------------------------- locks and checks

/** The statement's tables in the order of the plan, then those that foreign keys reach from what it writes. */
export function neededLocks(plan: CachedPlan, backend: Backend): readonly NeededLock[] {
  return (plan.locks ??= findLocks(plan.planned, backend.catalog()));
}

export function findLocks(planned: PlannedStatement, catalog: SessionCatalog): readonly NeededLock[] {
  const modes = new Map<Oid, NeededLock>();
  const rank: readonly TableLockMode[] = ['access share', 'row share', 'row exclusive'];
  const add = (table: TableDef, mode: TableLockMode): boolean => {
    if (table.virtual !== undefined) return false;
    const known = modes.get(table.oid);
    if (known !== undefined && rank.indexOf(known.mode) >= rank.indexOf(mode)) return false;
    modes.set(table.oid, { table: table.oid, name: table.name, mode });
    return true;
  };
  const addChildren = (table: TableDef): void => {
    for (const key of table.referencedBy) {
      const child = catalog.tableByOid(key.child);
      if (child === undefined) continue;
      const writes = [key.onDelete, key.onUpdate].some((action) => action !== 'no action' && action !== 'restrict');
      if (add(child, writes ? 'row exclusive' : 'row share') && writes) addChildren(child);
    }
  };
  for (const { table, access } of planned.relations) add(table, access === 'read' ? 'access share' : access === 'lock rows' ? 'row share' : 'row exclusive');
  for (const { table, access } of planned.relations) {
    if (access !== 'write') continue;
    for (const key of table.foreignKeys) {
      const parent = catalog.tableByOid(key.parent);
      if (parent !== undefined) add(parent, 'row share');
    }
    addChildren(table);
  }
  return [...modes.values()];
}

/** Takes the table locks; a promise when one must be waited for (then call again), undefined when all are held. */
export function lockRelations(tx: Transaction, locks: readonly NeededLock[], canWait: boolean): Promise<unknown> | undefined {
  for (const { table, mode } of locks) {
    const got = tx.lockTable(table, mode, canWait ? 'wait' : 'nowait');
    if (isWait(got)) return got;
  }
  return undefined;
}

/** E2. @throws DbError 40001 */
export function checkDefinitions(backend: Backend, tx: Transaction, locks: readonly NeededLock[]): void {
  if (!isOlderThanDefinitions(backend, tx, locks)) return;
  const { catalog } = backend.instance;
  const { snapshotCsn } = tx;
  for (const { table, name, mode } of locks) {
    // Whoever only reads does without an index that is newer than its snapshot (planForSnapshot); whoever writes would have to keep it.
    if (catalog.changedAt(table) > snapshotCsn || (mode !== 'access share' && catalog.indexedAt(table) > snapshotCsn)) {
      throw new DbError('40001', 'could not serialize access due to concurrent update', { detail: `The definition of relation "${name}" has changed since the transaction's snapshot.`, table: name });
    }
  }
}

/** Whether a table has an index that is newer than the transaction's snapshot. */
export function isIndexedSince(backend: Backend, tx: Transaction, locks: readonly NeededLock[]): boolean {
  return isOlderThanDefinitions(backend, tx, locks) && locks.some(({ table }) => backend.instance.catalog.indexedAt(table) > tx.snapshotCsn);
}
/** Whether any definition is newer than the snapshot of the transaction, which is taken with its first table. READ COMMITTED sees the newest. */
function isOlderThanDefinitions(backend: Backend, tx: Transaction, locks: readonly NeededLock[]): boolean {
  return tx.isolation !== 'read committed' && locks.length > 0 && backend.instance.catalog.lastChangedAt > tx.snapshotCsn;
}

/** The plan itself, or one without the indexes that are newer than the snapshot: those do not have what it sees. `planOver` plans the statement over another catalog. */
export function planForSnapshot(backend: Backend, cached: CachedStatement, plan: CachedPlan, tx: Transaction, planOver: (catalog: Catalog) => PlannedStatement): CachedPlan {
  if (!isIndexedSince(backend, tx, neededLocks(plan, backend))) return plan;
  const { catalog: store } = backend.instance;
  const { snapshotCsn } = tx;
  const catalog = backend.catalog();
  const older = <T extends RelationDef | undefined>(relation: T): T =>
    relation?.kind === 'table' && store.indexedAt(relation.oid) > snapshotCsn ? { ...relation, indexes: relation.indexes.filter((index) => store.changedAt(index.oid) <= snapshotCsn) } : relation;
  const asOfSnapshot: Catalog = {
    version: catalog.version, searchPath: catalog.searchPath, types: catalog.types,
    relation: (schema, name) => older(catalog.relation(schema, name)),
    tableByOid: (oid) => older(catalog.tableByOid(oid)),
    schemaExists: (name) => catalog.schemaExists(name),
    functions: (schema, name) => catalog.functions(schema, name),
    procedures: (schema, name) => catalog.procedures(schema, name),
    routine: (oid) => catalog.routine(oid),
    typeByName: (schema, name) => catalog.typeByName(schema, name),
    domainCheck: (oid) => catalog.domainCheck(oid),
    domainDefault: (type, bind) => catalog.domainDefault(type, bind),
    relationNames: () => catalog.relationNames(),
  };
  return cached.apart(plan, planOver(asOfSnapshot));
}

/** @throws DbError 25006 for changes inside READ ONLY; temporary tables may be changed */
export function checkWritable(backend: Backend, planned: PlannedStatement, statement: Statement): void {
  if (!backend.block.modes.readOnly || (statement.kind === 'merge' && statement.whens.every((when) => when.action.kind === 'mergeNothing'))) return;
  for (const { table, access } of planned.relations) {
    if (access === 'read' || table.isTemporary) continue;
    const what = statement.kind === 'query' ? (access === 'write' ? 'SELECT' : lockWord(planned.plan)) : statement.kind.toUpperCase();
    throw new DbError('25006', `cannot execute ${what} in a read-only transaction`);
  }
}
function lockWord(plan: PhysicalPlan): string {
  let node: PhysicalPlan | undefined = plan;
  while (node !== undefined && node.kind !== 'lockRows') node = 'input' in node ? node.input : undefined;
  return `SELECT FOR ${(node?.targets[0]?.strength ?? 'update').toUpperCase()}`;
}

/** Whether it is to be done to its end, however few of its rows are read. */
export function changesData({ relations }: PlannedStatement): boolean {
  return relations.some(({ access }) => access === 'write');
}

/** @throws DbError 55000 for a materialized view whose query has never run */
function checkPopulated(backend: Backend, planned: PlannedStatement): void {
  for (const { table, access } of planned.relations) {
    if (!table.isMaterializedView || access === 'write') continue;
    const record = backend.draft.get(table.oid);
    if (record?.kind === 'table' && record.view?.isPopulated === false) {
      throw new DbError('55000', `materialized view "${table.name}" has not been populated`, { hint: 'Use the REFRESH MATERIALIZED VIEW command.' });
    }
  }
}

/** Other tables that foreign keys reach, bound once per definition. */
const writeInfos = new WeakMap<TableDef, { readonly version: number; readonly info: TableWriteInfo }>();
export function schemaLookup(backend: Backend): SchemaLookup {
  return {
    findTable: (oid) => backend.catalog().tableByOid(oid),
    writeInfo(oid) {
      const catalog = backend.catalog();
      const table = catalog.tableByOid(oid);
      if (table === undefined) throw new DbError('XX000', 'internal error: foreign key to a table that does not exist');
      const known = writeInfos.get(table);
      if (known !== undefined && known.version === catalog.version) return known.info;
      const info = tableWriteInfo(table, { catalog, settings: backend.plannerSettings(), context: backend.context(Infinity) });
      writeInfos.set(table, { version: catalog.version, info });
      return info;
    },
  };
}

export function makeRequest(backend: Backend, tx: Transaction, params: readonly Datum[], ctx: StatementContext, canWait: boolean, instrument = false): ExecutionRequest {
  return { tx, params, ctx, env: backend.executorEnv(), schema: backend.schema, constraints: backend.constraints, canWait, instrument };
}

// ---------------------------------------------------------------------------------------------------------------- running

/** A statement that has been planned, locked and started, with its snapshot taken. */
export interface Started {
  readonly plan: CachedPlan;
  /** Replaced when a function had to wait and the statement starts over. */
  execution: Execution;
  readonly ctx: StatementContext;
  readonly tx: Transaction;
  readonly restart: () => Execution;
  /** Whether rows have gone out already, or changes been made: then it cannot start over. */
  hasDelivered: boolean;
  readonly writeCountBefore: number;
}

export interface StartOptions {
  readonly parameterTypes?: readonly number[] | undefined;
  /** Parameters that are datums already (EXECUTE). */
  readonly datums?: readonly Datum[] | undefined;
  readonly instrument?: boolean | undefined;
}

type StartCall = Pick<Call, 'params' | 'format' | 'deadlineMs'>;

/** Begins the statement in its transaction, plans, locks and starts it. The caller steps it, closes it and ends the statement. */
export async function startPlanned(backend: Backend, cached: CachedStatement, call: StartCall, options: StartOptions = {}): Promise<Started> {
  const { block } = backend;
  // Planning first: an error in the statement's text needs no snapshot.
  let plan = findPlan(backend, cached, options.parameterTypes ?? []);
  const tx = block.ensureTransaction();
  if (block.needsSafeSnapshot()) await backend.waitFor(tx.awaitSafeSnapshot(), tx, call.deadlineMs);
  tx.beginStatement(backend.infoOf(cached));
  block.noteSnapshot();
  try {
    plan = await lockPlan(backend, cached, plan, tx, call, options);
    return startLocked(backend, cached, plan, tx, call, options, true);
  } catch (error) {
    tx.endStatement();
    throw error;
  }
}

/** Locks the plan's tables; when that took waiting and a definition has changed, plans and locks again. */
async function lockPlan(backend: Backend, cached: CachedStatement, first: CachedPlan, tx: Transaction, call: StartCall, options: StartOptions): Promise<CachedPlan> {
  let plan = first;
  for (;;) {
    const waiting = lockRelations(tx, neededLocks(plan, backend), true);
    if (waiting !== undefined) {
      await backend.waitFor(waiting, tx, call.deadlineMs);
      if (tx.isolation === 'read committed') tx.refreshSnapshot();
    } else if (plan.catalogVersion === backend.catalog().version) return plan;
    if (plan.catalogVersion !== backend.catalog().version) plan = findPlan(backend, cached, options.parameterTypes ?? []);
  }
}

/** For a query inside another statement that is running already (CREATE TABLE AS, COPY): its snapshot and command number are that one's. */
export async function startInside(backend: Backend, cached: CachedStatement, call: StartCall, options: StartOptions = {}): Promise<Started> {
  const tx = backend.block.ensureTransaction();
  const plan = await lockPlan(backend, cached, findPlan(backend, cached, options.parameterTypes ?? []), tx, call, options);
  return startLocked(backend, cached, plan, tx, call, options, true);
}
export function finishInside(started: Started): void {
  started.execution.close();
}

/** The same where nothing may wait. @throws DbError 55P03 */
export function startPlannedSync(backend: Backend, cached: CachedStatement, call: StartCall): Started {
  const { block } = backend;
  const plan = findPlan(backend, cached, []);
  const tx = block.ensureTransaction();
  if (block.needsSafeSnapshot()) throw new DbError('55P03', 'a deferrable transaction would have to wait for a safe snapshot');
  tx.beginStatement(backend.infoOf(cached));
  block.noteSnapshot();
  try {
    const waiting = lockRelations(tx, neededLocks(plan, backend), false);
    assert(waiting === undefined, 'a synchronous statement waits for a table lock');
    return startLocked(backend, cached, plan, tx, call, {}, false);
  } catch (error) {
    tx.endStatement();
    throw error;
  }
}

function startLocked(backend: Backend, cached: CachedStatement, plan: CachedPlan, tx: Transaction, call: StartCall, options: StartOptions, canWait: boolean): Started {
  checkDefinitions(backend, tx, neededLocks(plan, backend));
  checkWritable(backend, plan.planned, cached.parsed.statement);
  checkPopulated(backend, plan.planned);
  plan = planForSnapshot(backend, cached, plan, tx, (catalog) => makePlan(backend, catalog, cached, options.parameterTypes ?? []));
  const ctx = backend.context(call.deadlineMs);
  const params = options.datums ?? bindParameters(call.params, cached.parsed, plan.planned.parameterTypes, ctx, call.format);
  const compiled = compiledFor(backend, plan, call.format, options.instrument === true);
  const restart = (): Execution => compiled.start(makeRequest(backend, tx, params, ctx, canWait, options.instrument === true));
  return { plan, execution: restart(), ctx, tx, restart, hasDelivered: false, writeCountBefore: tx.writeCount };
}

/** Steps to the end of the statement or until `quotaRows` more rows are there. @returns true at the end */
export async function drive(backend: Backend, started: Started, quotaRows: number, deadlineMs: number): Promise<boolean> {
  const { ctx, tx } = started;
  for (;;) {
    let step: StepResult;
    try {
      step = withOutputContext(ctx, () => started.execution.step(quotaRows));
    } catch (error) {
      if (!(error instanceof SuspendStatement)) throw error;
      await startOver(backend, started, error, deadlineMs);
      continue;
    }
    if (step === 'done') return true;
    if (step === 'rows') {
      started.hasDelivered = true;
      return false;
    }
    if (step === 'slice') {
      await backend.instance.giveWay();
      ctx.checkDeadline();
    } else await backend.waitFor(step, tx, deadlineMs);
  }
}

/**
 * A function waits (an advisory lock, pg_sleep). Functions are synchronous, so the statement starts over afterwards, under its old snapshot; what its
 * calls have answered so far is answered again from a list (system-functions.ts), so nothing is locked twice.
 */
export async function startOver(backend: Backend, started: Pick<Started, 'execution' | 'tx' | 'restart' | 'hasDelivered' | 'writeCountBefore'>, suspended: SuspendStatement, deadlineMs: number): Promise<void> {
  const { tx } = started;
  const mark = backend.routineMark;
  const isUndoable = mark !== undefined && mark.writeCount === started.writeCountBefore && !backend.system.hasAnswers;
  if (started.hasDelivered || (tx.writeCount !== started.writeCountBefore && !isUndoable)) {
    const error = notSupported('waiting in a function after rows have been returned or changed');
    suspended.giveUp(error);
    throw error;
  }
  started.execution.close();
  await backend.waitFor(suspended.waitFor, tx, deadlineMs);
  if (mark !== undefined) {
    // A statement of a routine waited: it is to see what the others did meanwhile, as it would if it stood alone.
    const isKept = mutants.on && mutants.has('engine.start-over-keeps-changes');
    if (tx.writeCount !== started.writeCountBefore && !isKept) tx.rollbackTo(mark.savepoint);
    if (tx.isolation === 'read committed') tx.refreshSnapshot();
  }
  backend.system.answerAgain();
  started.execution = started.restart();
}

export async function runPlanned(backend: Backend, cached: CachedStatement, call: Call, options: StartOptions = {}): Promise<StatementResult> {
  const started = await startPlanned(backend, cached, call, options);
  try {
    const { maxResultRows } = backend.settings.hot;
    await drive(backend, started, maxResultRows + 1, call.deadlineMs);
    return resultOf(started, cached.parsed.statement, maxResultRows);
  } finally {
    started.execution.close();
    started.tx.endStatement();
  }
}

/** `quotaRows`: the result ends there, complete or not. */
export function runPlannedSync(backend: Backend, cached: CachedStatement, call: StartCall, quotaRows = Infinity): StatementResult {
  const started = startPlannedSync(backend, cached, call);
  const { maxResultRows } = backend.settings.hot;
  try {
    withOutputContext(started.ctx, () => {
      for (;;) {
        const step = started.execution.step(Math.min(quotaRows, maxResultRows + 1));
        if (step === 'done' || step === 'rows') return;
        started.ctx.checkDeadline();
      }
    });
    return resultOf(started, cached.parsed.statement, maxResultRows);
  } finally {
    started.execution.close();
    started.tx.endStatement();
  }
}

/** @throws DbError 54000 when there are more than `maxRows` rows */
function resultOf(started: Started, statement: Statement, maxRows: number): StatementResult {
  const { planned } = started.plan;
  const rows = started.execution.takeRows();
  if (rows.length > maxRows) throw tooManyRows(maxRows);
  const rowCount = statement.kind === 'query' ? rows.length : started.execution.rowCount;
  return { command: commandOf(statement), rows, rowCount, columns: planned.result };
}

/** A result is kept in memory whole: a larger one would take the process down. */
export function tooManyRows(maxRows: number): DbError {
  return new DbError('54000', `result has more than ${maxRows} rows`, { hint: 'Read it with a cursor or a stream, or raise max_result_rows.' });
}

// ---------------------------------------------------------------------------------------------------------------- deferred constraints

/** SET CONSTRAINTS IMMEDIATE and the commit: runs what is pending. @throws DbError 23503, 23505 */
export function runDeferredConstraints(backend: Backend, tx: Transaction, canWait: boolean, names?: readonly string[]): Promise<void> | void {
  if (!backend.constraints.hasPending) return undefined;
  tx.beginStatement({ text: 'deferred constraints' });
  const ctx = backend.context(Infinity);
  const checks = new ConstraintChecks({ tx, ctx, env: backend.executorEnv(), schema: backend.schema, constraints: backend.constraints, canWait });
  const step = (): Promise<unknown> | undefined => runDeferred(checks, backend.constraints, names);
  if (!canWait) {
    try {
      assert(step() === undefined, 'a synchronous check waits');
    } finally {
      tx.endStatement();
    }
    return undefined;
  }
  return (async () => {
    try {
      for (let waiting = step(); waiting !== undefined; waiting = step()) await backend.waitFor(waiting, tx, Infinity);
    } finally {
      tx.endStatement();
    }
  })();
}
