/**
 * A lock with modes, holders and one fair queue: the same for rows, tables and advisory keys.
 *
 * A request is granted when no other holder's mode conflicts and no earlier waiter's does. Row locks let a few newcomers pass who are
 * compatible with all holders, as PostgreSQL lets any number: its spec tuplelock-upgrade-no-deadlock counts on it; but a first waiter is
 * passed `passMax` times at most, so a stream of sharers cannot starve a writer. A holder's upgrade goes to the front, before all who
 * hold nothing. Every release grants from the front whatever has become compatible, so sharers are released in batches.
 *
 * L1  Modes held by two sessions never conflict.
 * L2  Every waiter conflicts with a holder or with an earlier waiter: nobody waits for nothing.
 * L3  A grant is written to the transaction's log before anything else happens under it; no lock outlives its transaction.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import type { Transaction } from '../transaction.js';
import type { SessionOwner } from '../types.js';
import { Wait, type WaitEdge } from './wait.js';

/** Whoever holds locks: a transaction, or a session for its session-level advisory locks. */
export interface LockOwner {
  readonly session: SessionOwner;
  /** The transaction to look at in the wait-for graph. */
  readonly transaction: Transaction | undefined;
}

/** A family of locks with one set of modes, numbered from 0. */
export interface LockSpace {
  readonly kind: 'row' | 'table' | 'advisory';
  readonly modeNames: readonly string[];
  /** Bit set of the modes that conflict with each mode. */
  readonly conflicts: readonly number[];
  /** How many newcomers may be granted before the first waiter is; 0: strictly first come, first served. */
  readonly passMax: number;
}

/** The map a lock lives in. */
export interface LockHome {
  /** What a lock locks, for messages and views. */
  describeLock(lock: Lock): string;
  /** Neither holders nor waiters are left. */
  removeLock(lock: Lock): void;
}

/** Until somebody waits. */
const noWaiters: LockWait[] = [];

interface Holder {
  readonly owner: LockOwner;
  /** Bit set of the modes held. */
  mask: number;
}

export class Lock {
  readonly space: LockSpace;
  readonly home: LockHome;
  /** Its key in the home. */
  readonly key: string | number | bigint;
  readonly holders: Holder[] = [];
  queue: LockWait[] = noWaiters;
  /** Newcomers granted since the first waiter became the first. */
  #passes = 0;

  constructor(space: LockSpace, home: LockHome, key: string | number | bigint) {
    this.space = space;
    this.home = home;
    this.key = key;
  }

  get name(): string {
    return this.home.describeLock(this);
  }

  heldBy(owner: LockOwner): number {
    const holder = this.#holderOf(owner);
    return holder === undefined ? 0 : holder.mask;
  }

  /** Whether what `owner` holds conflicts with everything `mode` conflicts with, so that nothing need be asked for. */
  covers(owner: LockOwner, mode: number): boolean {
    const mask = this.heldBy(owner);
    if (mask === 0) return false;
    const conflicts = this.space.conflicts;
    if ((mask & (1 << mode)) !== 0) return true;
    for (let held = 0; held < conflicts.length; held++) {
      if ((mask & (1 << held)) !== 0 && (conflicts[held]! & conflicts[mode]!) === conflicts[mode]!) return true;
    }
    return false;
  }

  /** Whether `owner` could have `mode` now: with the waiters before `queueEnd` going first, or as a newcomer who may pass a few times. */
  isFree(owner: LockOwner, mode: number, queueEnd?: number): boolean {
    const conflicting = this.space.conflicts[mode]!;
    let isHolder = false;
    for (const holder of this.holders) {
      if (holder.owner.session === owner.session) isHolder = true;
      else if ((holder.mask & conflicting) !== 0) return false;
    }
    if (isHolder || (mutants.on && mutants.has('mvcc.barging'))) return true;
    if (queueEnd === undefined && this.#passes < this.space.passMax) return true;
    const end = queueEnd ?? this.queue.length;
    for (let i = 0; i < end; i++) {
      const waiter = this.queue[i]!;
      if (waiter.owner.session !== owner.session && (conflicting & (1 << waiter.mode)) !== 0) return false;
    }
    return true;
  }

  /** Records the grant. @returns the modes held before */
  grant(owner: LockOwner, mode: number): number {
    const holder = this.#holderOf(owner);
    if (holder !== undefined) {
      const before = holder.mask;
      holder.mask |= 1 << mode;
      return before;
    }
    if (this.queue.length > 0) this.#passes++;
    this.holders.push({ owner, mask: 1 << mode });
    return 0;
  }

  /** Sets the modes `owner` holds back to `mask` (0: none) and wakes whoever can go on. No effect when it holds nothing. */
  restore(owner: LockOwner, mask: number): void {
    const holders = this.holders;
    for (let i = 0; i < holders.length; i++) {
      const holder = holders[i]!;
      if (holder.owner !== owner) continue;
      if (mask === 0) {
        holders[i] = holders[holders.length - 1]!;
        holders.pop();
      } else holder.mask = mask;
      this.wake();
      return;
    }
  }

  /**
   * Waits in the queue for `mode`; when the promise resolves the lock is held and `granted` has been called with the former modes.
   * Without `granted` the lock is not taken: the wait is only for the end of what stands in its way.
   */
  wait(transaction: Transaction, owner: LockOwner, mode: number, granted: ((before: number) => void) | undefined): Promise<void> {
    const wait = new LockWait(transaction, this, owner, mode, granted);
    const isHolder = this.holders.some((holder) => holder.owner.session === owner.session);
    let at = this.queue.length;
    if (isHolder) for (at = 0; at < this.queue.length && this.queue[at]!.isUpgrade; at++);
    wait.isUpgrade = isHolder;
    if (this.queue === noWaiters) this.queue = [];
    this.queue.splice(at, 0, wait);
    return wait.start();
  }

  /** Grants from the front of the queue whatever is compatible. */
  wake(): void {
    for (let i = 0; i < this.queue.length; ) {
      const waiter = this.queue[i]!;
      if (this.isFree(waiter.owner, waiter.mode, i)) {
        this.queue.splice(i, 1);
        waiter.granted?.(this.grant(waiter.owner, waiter.mode));
        if (i === 0) this.#passes = 0;
        waiter.grant();
      } else i++;
    }
    if (this.holders.length === 0 && this.queue.length === 0) this.home.removeLock(this);
  }

  #holderOf(owner: LockOwner): Holder | undefined {
    for (const holder of this.holders) if (holder.owner === owner) return holder;
    return undefined;
  }

  /** L1 and L2, under VERIFY. */
  check(): void {
    for (const a of this.holders) {
      for (const b of this.holders) {
        if (a.owner.session === b.owner.session) continue;
        for (let mode = 0; mode < this.space.conflicts.length; mode++) {
          assert((a.mask & (1 << mode)) === 0 || (b.mask & this.space.conflicts[mode]!) === 0, 'conflicting lock holders');
        }
      }
    }
    const edges: WaitEdge[] = [];
    for (const waiter of this.queue) {
      edges.length = 0;
      assert(waiter.transaction.wait === waiter, 'queued transaction does not wait here');
      waiter.edges(edges);
      assert(edges.length > 0 || !this.isFree(waiter.owner, waiter.mode, this.queue.indexOf(waiter)), 'waiter waits for nothing');
    }
  }
}

export class LockWait extends Wait {
  readonly lock: Lock;
  readonly owner: LockOwner;
  readonly mode: number;
  readonly granted: ((before: number) => void) | undefined;
  isUpgrade = false;

  constructor(transaction: Transaction, lock: Lock, owner: LockOwner, mode: number, granted: ((before: number) => void) | undefined) {
    super(transaction);
    this.lock = lock;
    this.owner = owner;
    this.mode = mode;
    this.granted = granted;
  }

  override edges(into: WaitEdge[]): void {
    const conflicting = this.lock.space.conflicts[this.mode]!;
    for (const holder of this.lock.holders) {
      if (holder.owner.session === this.owner.session || (holder.mask & conflicting) === 0) continue;
      const to = holder.owner.transaction;
      if (to !== undefined) into.push({ to, soft: false });
    }
    if (this.isUpgrade) return;
    if (mutants.on && mutants.has('mvcc.soft-edges-ignored')) return;
    for (const waiter of this.lock.queue) {
      if (waiter === this) break;
      if (waiter.owner.session !== this.owner.session && (conflicting & (1 << waiter.mode)) !== 0) into.push({ to: waiter.transaction, soft: true });
    }
  }

  override overtake(other: Transaction): boolean {
    const queue = this.lock.queue;
    const at = queue.indexOf(this);
    const to = queue.findIndex((waiter) => waiter.transaction === other);
    if (to < 0 || to > at) return false;
    queue.splice(at, 1);
    queue.splice(to, 0, this);
    this.lock.wake();
    return true;
  }

  protected override leave(): void {
    const at = this.lock.queue.indexOf(this);
    if (at >= 0) this.lock.queue.splice(at, 1);
    this.lock.wake();
  }

  override describe(): string {
    return `${this.lock.space.modeNames[this.mode]!} on ${this.lock.name}`;
  }
}

/** Undoes one grant when its savepoint is rolled back; at the end of the transaction everything goes. */
export class LockGrant {
  readonly lock: Lock;
  readonly before: number;
  constructor(lock: Lock, before: number) {
    this.lock = lock;
    this.before = before;
  }
}
