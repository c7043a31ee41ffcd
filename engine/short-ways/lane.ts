/**
 * What the shortest ways of statements that are run again and again within a transaction block have in common (direct-lane.ts, literal-lane.ts): what the last run has made sure of is not
 * looked at anew, the locks of its table, the state of session and block.
 *
 * D1  Whatever a session does beside such statements and short reads begins with `Backend.laneEpoch` at 0, and so a lane with the number of before is over. What others can change is
 *     compared: the catalog's version, whether the database is open, the transaction's state (`Transaction.check`).
 * D2  `undefined` from a lane means that nothing has changed save a statement number, and the longer way, which is the twin, is asked.
 */
import { mutants } from '../../base/mutants.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { Backend } from '../backend.js';

let epochs = 0;

/** A statement has ended well within a block, directly, by the longer way: from here on lanes may begin, unless some have begun already. */
export function openLanes(backend: Backend, before: number): void {
  backend.laneEpoch = before > 0 ? before : ++epochs;
}

/** Where a session was when a statement had ended well. */
export class LaneMark {
  readonly backend: Backend;
  /** Its number: a mark may outlive what a transaction holds. */
  readonly #transaction: number;
  readonly #epoch: number;
  readonly #catalogVersion: number;
  readonly #settingsVersion: number;

  private constructor(backend: Backend, tx: Transaction) {
    this.backend = backend;
    this.#transaction = tx.id;
    this.#epoch = backend.laneEpoch;
    this.#catalogVersion = backend.catalogVersion;
    this.#settingsVersion = backend.settings.version;
  }

  /** Undefined when no lane leads on from where the session is. */
  static of(backend: Backend): LaneMark | undefined {
    const { block } = backend;
    const { tx } = block;
    if (backend.laneEpoch === 0 || block.state !== 'block' || tx === undefined || backend.settings.hot.idleTimeoutMs > 0) return undefined;
    return new LaneMark(backend, tx);
  }

  /** Whether the session, which may be another one, is still there. */
  isAt(backend: Backend): boolean {
    const { block } = backend;
    return (
      backend === this.backend &&
      (backend.laneEpoch === this.#epoch || (mutants.on && mutants.has('engine.lane-of-before'))) &&
      block.tx?.id === this.#transaction &&
      block.state === 'block' &&
      backend.catalogVersion === this.#catalogVersion &&
      backend.settings.version === this.#settingsVersion &&
      !backend.instance.isClosed
    );
  }

  /** The transaction, while the session is still there. */
  get tx(): Transaction {
    return this.backend.block.tx!;
  }

  /** A statement of it has failed. */
  fail(): void {
    const { backend, tx } = this;
    backend.laneEpoch = 0;
    if (tx.isInStatement) tx.endStatement();
    backend.block.fail();
  }
}
