/**
 * The shortest way of a prepared statement that changes one row (executor/direct-modify.ts): that of one that is run again and again in the same transaction
 * block (lane.ts). All that still happens is what makes it a statement: its number, its parameters, the change.
 *
 * What is not brought up to date is when the statement began: it evaluates nothing that could ask (N2 of direct-modify.ts, V1 of direct-insert.ts), and whatever may notes its own time.
 * The twin is `modifyQuickly`.
 */
import type { DirectChange } from '../../executor/execution.js';
import type { QueryParams } from '../api.js';
import type { Backend } from '../backend.js';
import { LaneMark } from './lane.js';
import type { ParameterBinder } from '../parameters.js';
import type { CachedStatement } from '../plan-cache.js';
import { quickPlan, type QuickPlan } from './quick.js';
import { modifyResult, returnedDirectly, type ModifyResult } from './quick-modify.js';
import type { ValueFormat } from '../values.js';

/** Who comes in vain so often one time after the other, as with values of other types, does not come again. */
const GivenMax = 8;

export class DirectLane {
  readonly #mark: LaneMark;
  readonly #cached: CachedStatement;
  readonly #binder: ParameterBinder;
  readonly #change: DirectChange;
  readonly #quick: QuickPlan;
  /** How often `DirectChange.insertGiven` may yet be asked in vain. */
  #givenLeft = GivenMax;

  private constructor(mark: LaneMark, cached: CachedStatement, binder: ParameterBinder, change: DirectChange, quick: QuickPlan) {
    this.#mark = mark;
    this.#cached = cached;
    this.#binder = binder;
    this.#change = change;
    this.#quick = quick;
  }

  /** For the statement that has just ended well by the longer way; undefined when there is none for it. */
  static behind(backend: Backend, cached: CachedStatement, format: ValueFormat): DirectLane | undefined {
    const mark = LaneMark.of(backend);
    if (mark === undefined) return undefined;
    const quick = quickPlan(backend, cached, format);
    const change = quick?.modify?.directChange;
    return quick === undefined || change === undefined ? undefined : new DirectLane(mark, cached, quick.binder!, change, quick);
  }

  /** Whether it leads on from where the session is. */
  isOpen(backend: Backend): boolean {
    return this.#mark.isAt(backend);
  }

  #run(given: QueryParams | undefined): number | undefined {
    const { tx } = this.#mark;
    if (this.#givenLeft > 0 && this.#binder.isPlain(given)) {
      const rowCount = this.#change.insertGiven(tx, given);
      this.#givenLeft = rowCount === undefined ? this.#givenLeft - 1 : GivenMax;
      if (rowCount !== undefined) return rowCount;
    }
    const params = this.#binder.bind(given, this.#mark.backend.timelessEnv());
    return params === undefined ? undefined : this.#change.again(tx, params);
  }

  /** While it is open. @throws DbError of the statement */
  run(given: QueryParams | undefined): ModifyResult | undefined {
    const { backend, tx } = this.#mark;
    let rowCount: number | undefined;
    let rows: unknown[] | undefined;
    try {
      tx.beginStatement(backend.infoOf(this.#cached));
      rowCount = this.#run(given);
      if (rowCount !== undefined) rows = returnedDirectly(backend, this.#quick);
      tx.endStatement();
      backend.flushSequences();
    } catch (error) {
      this.#mark.fail();
      throw error;
    }
    return rowCount === undefined ? undefined : modifyResult(this.#quick, rowCount, rows);
  }
}
