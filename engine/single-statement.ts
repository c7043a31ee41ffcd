/**
 * A statement that is a transaction of its own and changes one row by its whole key, as a single commit (mvcc/commit/single-commit.ts): no transaction block is begun for it. Where anything is not as
 * usual it is not run, and the ways of quick-modify.ts, which are its twins, are taken.
 */
import type { Datum } from '../base/datum.js';
import type { StatementInfo } from '../mvcc/types.js';
import type { Backend } from './backend.js';
import type { QuickPlan } from './short-ways/quick.js';

/** Whether it may be tried, where `canRunQuickly`: the statement is of that kind, and a transaction of one statement would now be as most are: nothing is certified, the disk is waited for, nothing else is to be done at its end. */
export function canBeSingle(backend: Backend, quick: QuickPlan): boolean {
  if (quick.singleTable === undefined || backend.block.state !== 'idle') return false;
  quick.singleChange ??= quick.modify!.directSingle;
  if (quick.singleChange === undefined) return false;
  const { isolation, observe, asyncCommit } = backend.settings.hot;
  return isolation !== 'serializable' && !observe && !asyncCommit && !backend.usedSequence;
}

/**
 * Where `canBeSingle`: rows changed; what was made of it is then to be taken from `SingleCommits.take` and followed. Undefined, and nothing has changed: it takes a transaction. `isAtOnce`: whoever calls
 * makes it durable before anybody else runs. @throws DbError of the statement
 */
export function changeSingle(backend: Backend, { singleTable, singleChange }: QuickPlan, params: readonly Datum[], info: StatementInfo, isAtOnce: boolean): number | undefined {
  const { manager } = backend.instance;
  const { singles } = manager;
  try {
    return singles.begin(backend, info, singleTable!, isAtOnce) ? singleChange!(backend.directRequest(manager.reader, params, !isAtOnce, false), singles) : undefined;
  } finally {
    singles.end();
  }
}
