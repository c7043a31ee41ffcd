/**
 * Assertions: statements of what a correct program makes true. The cheap ones stay on in production. Messages are literals and
 * numbers are arguments, because a template string is built even when the check passes (about 38 ns against 1).
 */
import { InternalError } from './errors.js';

/** Whether O(n) checks run (of pages, of versions, of an order). Tests and simulations turn it on; reading it is one property load. */
export const VERIFY = { on: false };

/** @throws InternalError (XX000) when `condition` is false; `numbers` are appended to the message. */
export function assert(condition: boolean, message: string, ...numbers: readonly (number | string)[]): asserts condition {
  if (!condition) throw new InternalError(numbers.length === 0 ? message : `${message}: ${numbers.join(', ')}`);
}

/** Closes a switch over a union: the compiler proves that no member is left. */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable: ${JSON.stringify(value)}`);
}
