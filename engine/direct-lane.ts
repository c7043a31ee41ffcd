/**
 * The shortest way of a prepared statement that changes one row (executor/direct-modify.ts): that of one that is run again and again in the same transaction
 * block. What its last run has made sure of is not looked at anew: that plan and parameters fit, the locks of its table, the state of session and block. All that
 * still happens is what makes it a statement: its number, its parameters, the change.
 *
 * D1  Whatever a session does beside such statements and short reads begins with `Backend.laneEpoch` at 0, and so a lane with the number of before is over. What others can change is
 *     compared: the catalog's version, whether the database is open, the transaction's state (`Transaction.check`).
 *     What is not brought up to date is when the statement began: it evaluates nothing that could ask (N2 of direct-modify.ts), and whatever may notes its own time.
 * D2  `undefined` means that nothing has changed save a statement number, and `modifyQuickly`, which is the twin, is asked.
 */
import { mutants } from '../base/mutants.js';
import type { DirectChange } from '../executor/execution.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { QueryParams } from './api.js';
import type { Backend } from './backend.js';
import type { ParameterBinder } from './parameters.js';
import type { CachedStatement } from './plan-cache.js';
import { quickPlan } from './quick.js';
import type { ModifyResult } from './quick-modify.js';
import type { ValueFormat } from './values.js';

/** Who comes in vain so often one time after the other, as with values of other types, does not come again. */
const GivenMax = 8;

let epochs = 0;

/** A statement of one row has ended well within a block, by the longer way: from here on lanes may begin, unless some have begun already. */
export function openLanes(backend: Backend, before: number): void {
  backend.laneEpoch = before > 0 ? before : ++epochs;
}

export class DirectLane {
  readonly #backend: Backend;
  readonly #tx: Transaction;
  readonly #cached: CachedStatement;
  readonly #epoch: number;
  readonly #catalogVersion: number;
  readonly #settingsVersion: number;
  readonly #binder: ParameterBinder;
  readonly #change: DirectChange;
  readonly #command: string;
  /** How often `DirectChange.insertGiven` may yet be asked in vain. */
  #givenLeft = GivenMax;

  private constructor(backend: Backend, cached: CachedStatement, tx: Transaction, binder: ParameterBinder, change: DirectChange, command: string) {
    this.#backend = backend;
    this.#tx = tx;
    this.#cached = cached;
    this.#epoch = backend.laneEpoch;
    this.#catalogVersion = backend.catalogVersion;
    this.#settingsVersion = backend.settings.version;
    this.#binder = binder;
    this.#change = change;
    this.#command = command;
  }

  /** For the statement that has just ended well by the longer way; undefined when there is none for it. */
  static behind(backend: Backend, cached: CachedStatement, format: ValueFormat): DirectLane | undefined {
    const { block } = backend;
    const { tx } = block;
    if (backend.laneEpoch === 0 || block.state !== 'block' || tx === undefined || backend.settings.hot.idleTimeoutMs > 0) return undefined;
    const quick = quickPlan(backend, cached, format);
    const change = quick?.modify?.directChange;
    return change === undefined ? undefined : new DirectLane(backend, cached, tx, quick!.binder!, change, quick!.command);
  }

  /** Whether it leads on from where the session is. */
  isOpen(backend: Backend): boolean {
    const { block } = backend;
    return (
      backend === this.#backend &&
      (backend.laneEpoch === this.#epoch || (mutants.on && mutants.has('engine.lane-of-before'))) &&
      block.tx === this.#tx &&
      block.state === 'block' &&
      backend.catalogVersion === this.#catalogVersion &&
      backend.settings.version === this.#settingsVersion &&
      !backend.instance.isClosed
    );
  }

  #run(given: QueryParams | undefined): number | undefined {
    if (this.#givenLeft > 0 && this.#binder.isPlain(given)) {
      const rowCount = this.#change.insertGiven(this.#tx, given);
      this.#givenLeft = rowCount === undefined ? this.#givenLeft - 1 : GivenMax;
      if (rowCount !== undefined) return rowCount;
    }
    const params = this.#binder.bind(given);
    return params === undefined ? undefined : this.#change.again(this.#tx, params);
  }

  /** While it is open. @throws DbError of the statement */
  run(given: QueryParams | undefined): ModifyResult | undefined {
    const backend = this.#backend;
    const tx = this.#tx;
    let rowCount: number | undefined;
    try {
      tx.beginStatement(backend.infoOf(this.#cached));
      rowCount = this.#run(given);
      tx.endStatement();
    } catch (error) {
      backend.laneEpoch = 0;
      if (tx.isInStatement) tx.endStatement();
      backend.block.fail();
      throw error;
    }
    return rowCount === undefined ? undefined : { command: this.#command, rowCount };
  }
}
