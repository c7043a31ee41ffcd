/** How a function, which is synchronous, makes its statement wait. */
import type { DbError } from '../base/errors.js';
import type { Backend } from './backend.js';

/** Raised by a function that must wait. */
export class SuspendStatement extends Error {
  readonly waitFor: Promise<unknown>;
  readonly #backend: Backend;
  constructor(waitFor: Promise<unknown>, backend: Backend) {
    super('a function waits');
    this.waitFor = waitFor;
    this.#backend = backend;
  }

  /** The statement does not wait but fails with `error`. */
  giveUp(error: DbError): void {
    this.waitFor.catch(() => undefined);
    this.#backend.block.tx?.cancelWait(error);
    this.#backend.cancelSleep(error);
  }
}
