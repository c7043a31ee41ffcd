/**
 * Table locks and advisory locks: named locks of one manager, in the same queues and the same wait-for graph as rows.
 *
 * Tables have PostgreSQL's eight modes; readers take ACCESS SHARE, writers ROW EXCLUSIVE, DDL mostly ACCESS EXCLUSIVE. Advisory locks
 * are shared or exclusive, belong to the transaction or to the session; a session's are counted, one unlock per lock.
 */
import type { Oid } from '../../base/ids.js';
import { Lock, type LockHome, type LockOwner, type LockSpace } from './lock.js';
import type { Transaction } from '../transaction.js';
import type { SessionOwner, TableLockMode } from '../types.js';

const tableModes: Readonly<Record<TableLockMode, number>> = {
  'access share': 0,
  'row share': 1,
  'row exclusive': 2,
  'share update exclusive': 3,
  share: 4,
  'share row exclusive': 5,
  exclusive: 6,
  'access exclusive': 7,
};

export const tableLocks: LockSpace = {
  kind: 'table',
  modeNames: [
    'AccessShareLock',
    'RowShareLock',
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
  // PostgreSQL's table: bit i of entry j says that modes i and j conflict.
  conflicts: [0b10000000, 0b11000000, 0b11110000, 0b11111000, 0b11101100, 0b11111100, 0b11111110, 0b11111111],
  passMax: 0,
};

const advisoryLocks: LockSpace = { kind: 'advisory', modeNames: ['ShareLock', 'ExclusiveLock'], conflicts: [0b10, 0b11], passMax: 0 };
const AccessShare = 0;
const RowExclusive = 2;
const AdvisoryShared = 0;
const AdvisoryExclusive = 1;
/** Locks of so many tables stay when nobody has them: they will be asked for again, and a Map that much goes into and out of is to be avoided (key-table.ts). */
const TablesKept = 1024;

export function tableLockModeNumber(mode: TableLockMode): number {
  return tableModes[mode];
}

/** The session as a holder of session-level locks. */
class SessionHolder implements LockOwner {
  readonly session: SessionOwner;
  /** Counts per lock and mode. */
  readonly counts = new Map<Lock, [shared: number, exclusive: number]>();
  constructor(session: SessionOwner) {
    this.session = session;
  }
  get transaction(): Transaction | undefined {
    return this.session.ownTransaction;
  }
}

export class LockTable {
  readonly #tables = new Map<Oid, Lock>();
  readonly #advisory = new Map<bigint, Lock>();
  readonly #sessions = new Map<SessionOwner, SessionHolder>();
  readonly #nameSingles: () => void;

  readonly #tableHome: LockHome = {
    describeLock: (lock) => `relation ${lock.key}`,
    removeLock: (lock) => {
      if (this.#tables.size > TablesKept) this.#tables.delete(lock.key as Oid);
    },
  };
  readonly #advisoryHome: LockHome = {
    describeLock: (lock) => `advisory lock ${lock.key}`,
    removeLock: (lock) => void this.#advisory.delete(lock.key as bigint),
  };

  /** `nameSingles`: gives the single commits their names, for what they hold is asked for. */
  constructor(nameSingles: () => void) {
    this.#nameSingles = nameSingles;
  }

  /** Takes the table lock if it is free. @returns undefined when held now, else the lock to wait for */
  tryTable(transaction: Transaction, table: Oid, mode: number): Lock | undefined {
    if ((tableLocks.conflicts[mode]! & (1 << RowExclusive)) !== 0) this.#nameSingles();
    const lock = this.#tables.get(table);
    if (lock !== undefined) {
      if (lock.covers(transaction, mode)) return undefined;
      if (!lock.isFree(transaction, mode)) return lock;
    }
    this.grantTable(transaction, table, mode);
    return undefined;
  }
  /** For whoever knows that it is free. */
  grantTable(transaction: Transaction, table: Oid, mode: number): void {
    let lock = this.#tables.get(table);
    if (lock === undefined) {
      lock = new Lock(tableLocks, this.#tableHome, table);
      this.#tables.set(table, lock);
    }
    transaction.logGrant(lock, lock.grant(transaction, mode));
  }

  /** Whether `transaction`, which holds nothing, could read the table without waiting. */
  isReadable(transaction: Transaction, table: Oid): boolean {
    const lock = this.#tables.get(table);
    return lock === undefined || lock.isFree(transaction, AccessShare);
  }
  /** The same for writing. */
  isWritable(transaction: Transaction, table: Oid): boolean {
    const lock = this.#tables.get(table);
    return lock === undefined || lock.isFree(transaction, RowExclusive);
  }

  advisory(key: bigint): Lock {
    let lock = this.#advisory.get(key);
    if (lock === undefined) {
      lock = new Lock(advisoryLocks, this.#advisoryHome, key);
      this.#advisory.set(key, lock);
    }
    return lock;
  }

  /** Takes an advisory lock if it is free. @returns undefined when held now, else the lock to wait for */
  tryAdvisory(transaction: Transaction, key: bigint, shared: boolean, session: boolean): Lock | undefined {
    const lock = this.advisory(key);
    const mode = shared ? AdvisoryShared : AdvisoryExclusive;
    const owner = session ? this.#holder(transaction.session) : transaction;
    if (!lock.covers(owner, mode) && !lock.isFree(owner, mode)) return lock;
    this.#grantAdvisory(transaction, lock, mode, session);
    return undefined;
  }

  async waitAdvisory(transaction: Transaction, lock: Lock, shared: boolean, session: boolean): Promise<void> {
    const mode = shared ? AdvisoryShared : AdvisoryExclusive;
    const owner: LockOwner = session ? this.#holder(transaction.session) : transaction;
    await lock.wait(transaction, owner, mode, (before) => {
      if (session) this.#count(lock, transaction.session, mode);
      else transaction.logGrant(lock, before);
    });
  }

  #grantAdvisory(transaction: Transaction, lock: Lock, mode: number, session: boolean): void {
    if (!session) {
      transaction.logGrant(lock, lock.grant(transaction, mode));
      return;
    }
    lock.grant(this.#holder(transaction.session), mode);
    this.#count(lock, transaction.session, mode);
  }

  #count(lock: Lock, session: SessionOwner, mode: number): void {
    const holder = this.#holder(session);
    const counts = holder.counts.get(lock) ?? [0, 0];
    counts[mode === AdvisoryShared ? 0 : 1]++;
    holder.counts.set(lock, counts);
  }

  /** Gives back one session-level hold; false when there is none. */
  unlockAdvisory(session: SessionOwner, key: bigint, shared: boolean): boolean {
    const lock = this.#advisory.get(key);
    const holder = this.#sessions.get(session);
    const counts = lock === undefined ? undefined : holder?.counts.get(lock);
    const at = shared ? 0 : 1;
    if (lock === undefined || holder === undefined || counts === undefined || counts[at] === 0) return false;
    counts[at]--;
    const mask = (counts[0] > 0 ? 1 << AdvisoryShared : 0) | (counts[1] > 0 ? 1 << AdvisoryExclusive : 0);
    if (mask === 0) holder.counts.delete(lock);
    lock.restore(holder, mask);
    return true;
  }

  /** Gives back all session-level locks. */
  releaseSession(session: SessionOwner): void {
    const holder = this.#sessions.get(session);
    if (holder === undefined) return;
    this.#sessions.delete(session);
    for (const lock of holder.counts.keys()) lock.restore(holder, 0);
  }

  #holder(session: SessionOwner): SessionHolder {
    let holder = this.#sessions.get(session);
    if (holder === undefined) {
      holder = new SessionHolder(session);
      this.#sessions.set(session, holder);
    }
    return holder;
  }

  *all(): Iterable<Lock> {
    yield* this.#tables.values();
    yield* this.#advisory.values();
  }
}
