/**
 * Waiting for oneself: inside the callback of `transaction`, a statement through the *database* handle runs in another session. If that
 * session meets a lock of the very transaction whose callback is awaiting it, both would wait for ever, and no wait graph of the database
 * shows it, for one edge of the cycle is an `await` in the application.
 *
 * Only calls on the database handle are looked at: who opens a session of his own may well start a statement there without awaiting it.
 *
 * `AsyncLocalStorage` knows on whose behalf a call is made. When such a call must wait and the transactions it waits for lead to the enclosing one,
 * it fails at once. Its cost (about a microsecond per promise) is paid only in a program that has called `transaction`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { DbError } from '../base/errors.js';
import type { Backend } from './backend.js';

/** One run of a transaction callback. */
export interface TransactionScope {
  readonly backend: Backend;
  isOpen: boolean;
}

const storage = new AsyncLocalStorage<readonly TransactionScope[]>();
let isUsed = false;

export function enterTransaction<T>(scope: TransactionScope, callback: () => Promise<T> | T): Promise<T> {
  isUsed = true;
  const outer = storage.getStore() ?? [];
  return storage.run([...outer, scope], async () => callback());
}

/** The transactions whose callbacks the present call is made from and which are still open. */
export function enclosingTransactions(): readonly TransactionScope[] {
  if (!isUsed) return [];
  return (storage.getStore() ?? []).filter((scope) => scope.isOpen);
}

/** A wait made from inside transaction callbacks. */
interface WatchedWait {
  readonly backend: Backend;
  readonly scopes: readonly TransactionScope[];
}
const watched = new Set<WatchedWait>();

/**
 * Called when a session begins to wait; `end` the returned function when it no longer does. Any new wait may close a circle for an older one,
 * so all watched ones are looked at.
 */
export function watchWait(backend: Backend): (() => void) | undefined {
  const scopes = backend.isPooled ? enclosingTransactions().filter((scope) => scope.backend !== backend) : [];
  const own: WatchedWait | undefined = scopes.length === 0 ? undefined : { backend, scopes };
  if (own !== undefined) watched.add(own);
  for (const wait of watched) if (waitsForOneOf(wait)) refuse(wait);
  return own === undefined ? undefined : () => watched.delete(own);
}

/** Follows the wait graph from the session's transaction. */
function waitsForOneOf({ backend, scopes }: WatchedWait): boolean {
  const targets = new Set(scopes.filter((scope) => scope.isOpen).map((scope) => scope.backend.block.tx?.id));
  const byId = new Map([...backend.instance.backends.values()].map((b) => [b.block.tx?.id as number | undefined, b]));
  const seen = new Set<number>();
  const stack = [...(backend.block.tx?.waitsFor ?? [])];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const next = byId.get(id);
    if (next === undefined) continue;
    if (targets.has(next.block.tx?.id)) return true;
    stack.push(...(next.block.tx?.waitsFor ?? []));
  }
  return false;
}

function refuse({ backend }: WatchedWait): void {
  backend.block.tx?.cancelWait(
    new DbError('55P03', 'the statement would wait for the very transaction whose callback is waiting for it', {
      hint: 'Inside transaction(), use the handle that the callback was given instead of the database.',
    }),
  );
}
