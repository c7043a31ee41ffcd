/**
 * A prepared statement of the library. The synchronous calls drive the same pipeline to its end without giving way: where they would have to wait for
 * another transaction they fail with 55P03 and have changed nothing. Each outside a transaction is one of its own, committed when the call
 * returns; with `durability: 'full'` that includes the sync.
 *
 * It belongs to no moment: it may be used under Promise.all, and plans again when the schema has changed.
 */
import { DbError } from '../base/errors.js';
import type { Field, QueryOptions, QueryParams, QueryResult, Row, RunResult } from './api.js';
import type { Backend, StatementResult } from './backend.js';
import { DirectLane } from './short-ways/direct-lane.js';
import { toDatabaseError, type DatabaseError } from './errors.js';
import { changesData, describeStatement, isPlannable, runPlannedSync, startPlannedSync } from './execute.js';
import type { Instance } from './instance.js';
import type { CachedStatement } from './plan-cache.js';
import { runQuickly } from './short-ways/quick.js';
import { modifyQuickly, type ModifyResult } from './short-ways/quick-modify.js';
import { SuspendStatement } from './suspend-statement.js';
import type { ValueFormat } from './values.js';
import { fieldsOf, withOutputContext } from './values.js';

/** @internal What a statement needs of the session or database that made it. */
export interface StatementHost {
  readonly instance: Instance;
  /** The session's, or a fresh one for a statement of the database. */
  backend(): Backend;
  assertUsable(): void;
  format(): ValueFormat;
  onError(error: DatabaseError): void;
  query(params: QueryParams | undefined, options: QueryOptions | undefined): Promise<QueryResult<unknown>>;
  /** The session whose rows are to be read one after the other, until `end` is called: no other statement may run in it. */
  beginIteration(): Iteration;
}

/** @internal */
export interface Iteration {
  readonly backend: Backend;
  /** @throws DatabaseError 08003 once its session or the database is closed */
  assertOpen(): void;
  end(): void;
}

/** Parameters of a call: one array of them all, one object for `:name`s, or the values one after the other. */
export type StatementParams = readonly unknown[];

/** Rows `iterate` fetches at a time. */
const IterateBatchRows = 64;

export class Statement<R = Row> {
  readonly #host: StatementHost;
  readonly text: string;
  readonly #ownParams: QueryParams | undefined;
  #cached: CachedStatement | undefined;
  #lane: DirectLane | undefined;
  #formatSeen: ValueFormat | undefined;

  /** @internal */
  constructor(host: StatementHost, text: string, ownParams: QueryParams | undefined) {
    this.#host = host;
    this.text = text;
    this.#ownParams = ownParams;
    // A syntax error shows here, not at the first use.
    try {
      this.#statement();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Columns of its result: none for a statement that gives no rows. Nothing is planned or run. @throws DatabaseError */
  columns(): readonly Field[] {
    this.#host.assertUsable();
    return this.#guard(() => {
      const cached = this.#statement();
      if (!isPlannable(cached.parsed.statement)) return [];
      const backend = this.#host.backend();
      return fieldsOf(describeStatement(backend, cached, []).result, backend.definitions().types);
    });
  }

  /** The first row, undefined when there is none. @throws DatabaseError */
  get(...params: StatementParams): R | undefined {
    return this.#rows(params, 1)[0] as R | undefined;
  }
  /** All rows. @throws DatabaseError */
  all(...params: StatementParams): R[] {
    return this.#rows(params, Infinity) as R[];
  }
  /** How many rows were changed. @throws DatabaseError */
  run(...params: StatementParams): RunResult {
    this.#host.assertUsable();
    const cached = this.#cached;
    if (cached !== undefined) {
      try {
        const result = this.#modify(cached, this.#host.backend(), this.#params(params));
        if (result !== undefined) return result.rows === undefined ? result : { command: result.command, rowCount: result.rowCount };
      } catch (error) {
        throw this.#translated(error);
      }
    }
    const { command, rowCount } = this.#runSync(params, Infinity);
    return { command, rowCount };
  }
  /** By the shortest way there is. */
  #modify(cached: CachedStatement, backend: Backend, params: QueryParams | undefined): ModifyResult | undefined {
    const lane = this.#lane;
    if (lane !== undefined) {
      const result = lane.isOpen(backend) ? lane.run(params) : undefined;
      if (result !== undefined) return result;
      this.#lane = undefined;
    }
    const { laneEpoch } = backend;
    const result = modifyQuickly(backend, cached, params, this.#format());
    // Not after the first statement of a block, which may be the only one.
    if (result !== undefined && laneEpoch > 0 && backend.laneEpoch === laneEpoch) this.#lane = DirectLane.behind(backend, cached, this.#format());
    return result;
  }
  /**
   * Rows as they are read, a few at a time; of the snapshot at the first one. The transaction it opened, if any, ends with the loop; what changes data is done to its end, and its
   * transaction committed, before the first row is given. Of a statement of the database, others may run
   * meanwhile, each a transaction of its own; in a session none may (55000). @throws DatabaseError
   */
  *iterate(...params: StatementParams): IterableIterator<R> {
    this.#host.assertUsable();
    const iteration = this.#host.beginIteration();
    const batches = this.#batches(iteration.backend, params);
    try {
      for (;;) {
        const step = this.#guard(() => batches.next());
        if (step.done === true) return;
        for (const row of step.value) {
          yield row;
          iteration.assertOpen();
        }
      }
    } finally {
      try {
        this.#guard(() => batches.return(undefined));
      } finally {
        iteration.end();
      }
    }
  }

  *#batches(backend: Backend, params: StatementParams): Generator<R[], void, undefined> {
    const cached = this.#statement();
    requirePlannable(cached);
    backend.note(cached.parsed.text);
    backend.block.startStatement(false);
    let isOpen = true;
    try {
      const started = startPlannedSync(backend, cached, { params: this.#params(params), format: this.#format(), deadlineMs: Infinity });
      const changes = changesData(started.plan.planned);
      let rows: R[] = [];
      try {
        for (let isDone = false; !isDone; ) {
          isDone = withOutputContext(started.ctx, () => started.execution.step(changes ? Infinity : IterateBatchRows)) === 'done';
          if (changes && !isDone) continue;
          rows = started.execution.takeRows() as R[];
          if (!changes && rows.length > 0) yield rows;
        }
      } finally {
        started.execution.close();
        // Whoever closed the session has ended the transaction.
        if (started.tx.isInStatement) started.tx.endStatement();
      }
      void backend.block.finishStatement(false);
      isOpen = false;
      if (changes && rows.length > 0) yield rows;
    } catch (error) {
      backend.block.fail();
      throw error;
    } finally {
      if (isOpen && backend.block.state === 'single') backend.block.abandon();
      backend.forgetRoutineMark();
    }
  }

  /** The asynchronous call, with waiting. @throws DatabaseError */
  async query(params?: QueryParams, options?: QueryOptions): Promise<QueryResult<R>> {
    return (await this.#host.query(params ?? this.#ownParams, options)) as QueryResult<R>;
  }

  /** By the short way if there is one. */
  #rows(params: StatementParams, quotaRows: number): unknown[] {
    this.#host.assertUsable();
    const cached = this.#cached;
    if (cached !== undefined) {
      try {
        const backend = this.#host.backend();
        const given = this.#params(params);
        if (cached.kind === 'query') {
          const rows = runQuickly(backend, cached, given, this.#format(), quotaRows);
          if (rows !== undefined) return rows;
        } else {
          const result = this.#modify(cached, backend, given);
          if (result !== undefined) return result.rows ?? [];
        }
      } catch (error) {
        throw this.#translated(error);
      }
    }
    return this.#runSync(params, quotaRows).rows;
  }

  #runSync(params: StatementParams, quotaRows: number): StatementResult {
    this.#host.assertUsable();
    return this.#guard(() => {
      const cached = this.#statement();
      requirePlannable(cached);
      const backend = this.#host.backend();
      const call = { params: this.#params(params), format: this.#format(), deadlineMs: Infinity };
      const quota = cached.kind === 'query' ? quotaRows : Infinity;
      return backend.runStepSync(cached.text, () => runPlannedSync(backend, cached, call, quota));
    });
  }

  #guard<T>(f: () => T): T {
    try {
      return f();
    } catch (error) {
      throw this.#translated(error);
    }
  }
  #translated(error: unknown): DatabaseError {
    const wrapped = toDatabaseError(error instanceof SuspendStatement ? refuseToWait(error) : error, (oid) => this.#host.instance.definitions.tableDef(oid));
    this.#host.onError(wrapped);
    return wrapped;
  }

  #statement(): CachedStatement {
    if (this.#cached !== undefined) return this.#cached;
    const { statements } = this.#host.instance.plans.get(this.text);
    if (statements.length !== 1) throw new DbError('42601', statements.length === 0 ? 'a prepared statement must not be empty' : 'cannot insert multiple commands into a prepared statement');
    this.#cached = statements[0]!;
    return this.#cached;
  }
  #format(): ValueFormat {
    return (this.#formatSeen ??= this.#host.format());
  }
  #params(params: StatementParams): QueryParams | undefined {
    if (params.length === 0) return this.#ownParams;
    const only = params[0];
    if (params.length === 1 && Array.isArray(only)) return only as readonly unknown[];
    if (params.length === 1 && isPlainObject(only) && this.#statement().parsed.parameterNames.length > 0) return only;
    return params;
  }
}

/** A function waits, as for an advisory lock, or for a row that its statement is to change. */
function refuseToWait(suspended: SuspendStatement): DbError {
  const error = new DbError('55P03', 'a function would have to wait, and a synchronous statement does not', { hint: 'Use query().' });
  suspended.giveUp(error);
  return error;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
}

function requirePlannable(cached: CachedStatement): void {
  if (!isPlannable(cached.parsed.statement)) {
    throw new DbError('0A000', 'this statement cannot run synchronously', { hint: 'Use query() or exec().' });
  }
}
