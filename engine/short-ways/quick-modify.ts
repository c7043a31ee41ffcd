/**
 * The short way of an INSERT, UPDATE or DELETE that has run before: parameters are bound without a text being looked at, and the
 * execution of the last run is used again (compile.ts). All rules are those of the general way, which is taken wherever anything is not as usual.
 *
 * K4  Nothing has been written when `undefined` is returned.
 * K5  A statement that fails is undone by `TransactionBlock.fail`, as everywhere.
 */
import { assert } from '../../base/assert.js';
import type { Datum } from '../../base/datum.js';
import type { EncodedRows } from '../../executor/encoded-rows.js';
import type { Execution, ExecutionRequest, StepResult } from '../../executor/execution.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { StatementInfo } from '../../mvcc/types.js';
import type { Field, QueryParams, QueryResult } from '../api.js';
import type { Backend } from '../backend.js';
import type { QuickCommit } from './quick-commit.js';
import type { StatementContext } from '../eval-context.js';
import { checkDefinitions, isIndexedSince, makeRequest, startOver, tooManyRows } from '../execute.js';
import { openLanes } from './lane.js';
import type { CachedStatement } from '../plan-cache.js';
import { quickPlan, type QuickPlan } from './quick.js';
import { canBeSingle, changeSingle } from '../single-statement.js';
import { SuspendStatement } from '../suspend-statement.js';
import { withOutputContext, type ValueFormat } from '../values.js';

const noParams: readonly Datum[] = [];

interface Begun {
  /** Undefined: it is done already, having changed so many rows. */
  readonly execution: Execution | undefined;
  readonly rowCount: number;
  /** Of RETURNING, once it is done; undefined where it gives none. */
  readonly rows: unknown[] | undefined;
  readonly tx: Transaction;
  readonly request: ExecutionRequest;
}

/** Whether the session is in a state in which a statement that writes may run this way. */
export function canRunQuickly(backend: Backend): boolean {
  if (!backend.isReady) return false;
  const { block, settings } = backend;
  const { state } = block;
  if (state === 'idle' ? backend.tempSchema !== undefined || backend.portals.hasHoldable : state !== 'block') return false;
  const { statementTimeoutMs, transactionTimeoutMs } = settings.hot;
  // Only who may not write waits for a safe snapshot.
  return !block.modes.readOnly && statementTimeoutMs === 0 && transactionTimeoutMs === 0;
}

/** What to run with which parameters, if it may be run this way now. The parameters are good until the next call. */
function prepared(backend: Backend, cached: CachedStatement, given: QueryParams | undefined, format: ValueFormat): { readonly quick: QuickPlan; readonly params: readonly Datum[] } | undefined {
  const quick = quickPlan(backend, cached, format);
  if (quick?.modify === undefined || !canRunQuickly(backend)) return undefined;
  const params = quick.binder!.bind(given, backend.timelessEnv());
  return params === undefined ? undefined : { quick, params };
}

/** Rows of parameters of one statement: encoded, if they could be, or each by itself. */
export interface ParameterRows {
  readonly encoded: EncodedRows | undefined;
  list(): readonly (readonly Datum[])[];
}

/** Starts it in its transaction, and runs what can be run directly; undefined when a table lock must be waited for. */
function begin(backend: Backend, info: StatementInfo, quick: QuickPlan, params: readonly Datum[], canWait: boolean, rows?: ParameterRows): Begun | undefined {
  const { block } = backend;
  block.startStatement(false);
  const tx = block.ensureTransaction();
  tx.beginStatement(info);
  let execution: Execution | undefined;
  try {
    for (const { table, mode } of quick.locks) if (tx.lockTable(table, mode, 'skip locked') !== true) return undefined;
    block.noteSnapshot();
    checkDefinitions(backend, tx, quick.locks);
    if (isIndexedSince(backend, tx, quick.locks)) return undefined;
    const { direct, isDirectTimed } = quick.modify!;
    let madeRow: readonly Datum[] | undefined;
    if (direct !== undefined && rows === undefined) {
      const request = backend.directRequest(tx, params, canWait, isDirectTimed);
      const rowCount = direct(request);
      if (rowCount !== undefined) return { tx, execution, rowCount, rows: returnedDirectly(backend, quick), request };
      madeRow = quick.modify!.directChange?.takeMade();
    }
    const ctx = backend.context(Infinity);
    if (rows?.encoded !== undefined) {
      const request = makeRequest(backend, tx, noParams, ctx, canWait);
      const rowCount = rows.encoded.insert(request);
      if (rowCount !== undefined) return { tx, execution, rowCount, rows: undefined, request };
    }
    const paramRows = rows?.list();
    const request = makeRequest(backend, tx, paramRows === undefined ? params.slice() : paramRows[0]!, ctx, canWait);
    const whole = paramRows === undefined && madeRow === undefined ? request : { ...request, paramRows, madeRow };
    execution = quick.modify!.start(whole);
    return { tx, execution, rowCount: 0, rows: undefined, request: whole };
  } finally {
    if (execution === undefined) tx.endStatement();
  }
}

/** What RETURNING gives of what has just been changed directly, in the slice of that; undefined where there is none. @throws DbError of what makes values of the user */
export function returnedDirectly(backend: Backend, { fields, converts, modify }: QuickPlan): unknown[] | undefined {
  if (fields.length === 0) return undefined;
  const change = modify!.directChange!;
  return converts ? withOutputContext(backend.plainContext(), () => change.takeRows()) : change.takeRows();
}

/** What the statement did. */
export interface ModifyResult {
  readonly command: string;
  readonly rowCount: number;
  /** Of RETURNING, if it has that. */
  readonly rows?: unknown[];
  readonly fields?: readonly Field[];
}
export function modifyResult({ command, fields }: QuickPlan, rowCount: number, rows: unknown[] | undefined): ModifyResult {
  return rows === undefined ? { command, rowCount } : { command, rowCount, rows, fields };
}

/** One step of the execution, whose rows are to be few enough for a result. @throws DbError 54000 */
function step(backend: Backend, quick: QuickPlan, execution: Execution, { ctx }: ExecutionRequest): Exclude<StepResult, 'rows'> {
  if (quick.fields.length === 0) return execution.step(Infinity) as Exclude<StepResult, 'rows'>;
  const { maxResultRows } = backend.settings.hot;
  const result = withOutputContext(ctx as StatementContext, () => execution.step(maxResultRows + 1));
  if (result === 'rows') throw tooManyRows(maxResultRows);
  return result;
}

/** Runs to the end without waiting; undefined: take the general way. @throws DbError of the statement, 55P03 */
export function modifyQuickly(backend: Backend, cached: CachedStatement, given: QueryParams | undefined, format: ValueFormat): ModifyResult | undefined {
  const ready = prepared(backend, cached, given, format);
  if (ready === undefined) return undefined;
  const { quick, params } = ready;
  const { block, laneEpoch } = backend;
  const info = backend.infoOf(cached);
  backend.beginQuick(cached.text);
  try {
    const single = canBeSingle(backend, quick) ? changeSingle(backend, quick, params, info, true) : undefined;
    if (single !== undefined) {
      const { manager } = backend.instance;
      const rows = returnedDirectly(backend, quick);
      const made = manager.singles.take();
      if (made === undefined) manager.noteEmpty();
      else manager.singles.commitSync(made);
      return modifyResult(quick, single, rows);
    }
    const begun = begin(backend, info, quick, params, false);
    if (begun === undefined) return undefined;
    const { tx, execution } = begun;
    let { rowCount, rows } = begun;
    if (execution !== undefined) {
      try {
        while (step(backend, quick, execution, begun.request) !== 'done');
        ({ rowCount } = execution);
        if (quick.fields.length > 0) rows = execution.takeRows();
      } finally {
        execution.close();
        tx.endStatement();
      }
    }
    void block.finishStatement(false);
    backend.flushSequences();
    if (execution === undefined && block.state === 'block') openLanes(backend, laneEpoch);
    return modifyResult(quick, rowCount, rows);
  } catch (error) {
    block.fail();
    throw error;
  } finally {
    backend.endQuick();
  }
}

/** What has become of a statement: it has been done directly within its block, or is being committed after that, or runs on. */
export type Modifying =
  | { readonly kind: 'done'; readonly result: ModifyResult }
  | { readonly kind: 'committing'; readonly result: Promise<QueryResult<unknown>> }
  | { readonly kind: 'running'; readonly result: Promise<ModifyResult> };

/** The same with waiting, for locks and for the commit. Undefined at once: take the general way. */
export function modifyWaiting(backend: Backend, cached: CachedStatement, given: QueryParams | undefined, format: ValueFormat, quickCommit: QuickCommit | undefined): Modifying | undefined {
  const ready = prepared(backend, cached, given, format);
  if (ready === undefined) return undefined;
  const { text } = cached;
  const committing = quickCommit?.runSingle(ready.quick, ready.params, text, backend.infoOf(cached));
  if (committing !== undefined) return { kind: 'committing', result: committing };
  return runWaiting(backend, text, backend.infoOf(cached), ready.quick, ready.params, undefined, quickCommit);
}

/** An INSERT of one row of parameters, once for each of `rows`, as one statement whose text is `text`. Undefined at once: take the general way. */
export function modifyRows(backend: Backend, quick: QuickPlan, text: string, rows: ParameterRows): Promise<ModifyResult> | undefined {
  const modifying = runWaiting(backend, text, backend.infoOfText(text), quick, noParams, rows, undefined);
  assert(modifying?.kind !== 'committing', 'rows are committed by the general way');
  return modifying?.kind === 'done' ? Promise.resolve(modifying.result) : modifying?.result;
}

function runWaiting(backend: Backend, text: string, info: StatementInfo, quick: QuickPlan, params: readonly Datum[], rows: ParameterRows | undefined, quickCommit: QuickCommit | undefined): Modifying | undefined {
  const { block, laneEpoch } = backend;
  let isLeft = true;
  if (backend.system.hasAnswers) backend.system.forgetAnswers();
  backend.beginQuick(text);
  try {
    const begun = begin(backend, info, quick, params, true, rows);
    if (begun === undefined) return undefined;
    if (begun.execution === undefined && block.state === 'block' && !backend.usedSequence) {
      openLanes(backend, laneEpoch);
      return { kind: 'done', result: modifyResult(quick, begun.rowCount, begun.rows) };
    }
    isLeft = false;
    // `hasCommitWork`: besides the commit.
    if (quickCommit !== undefined && begun.execution === undefined && block.state === 'single' && !backend.hasCommitWork && !backend.constraints.hasPending) {
      return { kind: 'committing', result: quickCommit.run(begun.tx, modifyResult(quick, begun.rowCount, begun.rows)) };
    }
    return { kind: 'running', result: finish(backend, quick, begun) };
  } catch (error) {
    block.fail();
    throw error;
  } finally {
    if (isLeft) backend.endQuick();
  }
}

async function finish(backend: Backend, quick: QuickPlan, begun: Begun): Promise<ModifyResult> {
  const { block } = backend;
  try {
    const result = begun.execution === undefined ? modifyResult(quick, begun.rowCount, begun.rows) : await runToEnd(backend, quick, begun, begun.execution);
    const ending = block.finishStatement(true);
    if (ending !== undefined) await ending;
    if (backend.usedSequence) await backend.awaitSequences();
    return result;
  } catch (error) {
    block.fail();
    throw error;
  } finally {
    backend.endQuick();
  }
}

async function runToEnd(backend: Backend, quick: QuickPlan, { tx, request }: Begun, first: Execution): Promise<ModifyResult> {
  const writeCountBefore = tx.writeCount;
  let execution = first;
  try {
    for (;;) {
      let result: Exclude<StepResult, 'rows'>;
      try {
        result = step(backend, quick, execution, request);
      } catch (error) {
        if (!(error instanceof SuspendStatement)) throw error;
        const started = { execution, tx, restart: () => quick.modify!.start(request), hasDelivered: false, writeCountBefore };
        await startOver(backend, started, error, Infinity);
        execution = started.execution;
        continue;
      }
      if (result === 'done') return modifyResult(quick, execution.rowCount, quick.fields.length === 0 ? undefined : execution.takeRows());
      if (result === 'slice') await backend.giveWay();
      else await backend.waitFor(result, tx, Infinity);
    }
  } finally {
    execution.close();
    tx.endStatement();
  }
}
