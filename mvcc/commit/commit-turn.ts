/**
 * The commit turn: progress for the transaction that keeps losing. On the last retry of `transaction(fn)` a serializable transaction may take the
 * single turn; whoever is about to commit a change of what it has read waits for its end first, for a bounded time. Nobody is
 * aborted for it, and a turn never causes a deadlock: its edges are soft, and the waiter of a cycle simply goes on.
 */
import type { Timer } from '../../base/scheduler.js';
import type { Transaction } from '../transaction.js';
import { Wait, type WaitEdge } from '../locks/wait.js';
import { WriteFlag, WriteKind } from '../write-set/write-set.js';

/** Longest wait for a turn. */
const TurnWaitMsMax = 1000;

export class CommitTurn {
  holder: Transaction | undefined = undefined;
  readonly #waiters: TurnWait[] = [];

  /** Takes the turn if it is free. */
  take(transaction: Transaction): void {
    this.holder ??= transaction;
  }

  release(transaction: Transaction): void {
    if (this.holder !== transaction) return;
    this.holder = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.grant();
  }

  /** Whether the commit of `transaction` would overwrite what the holder of the turn has read. */
  mustWait(transaction: Transaction): boolean {
    const node = this.holder?.node;
    if (node === undefined || node.isSafe || this.holder === transaction || transaction.isolation !== 'serializable') return false;
    const set = transaction.writes;
    if (set === undefined) return false;
    for (const [i, entries] of set.newestByTree().entries()) {
      const reads = node.reads.get(set.trees[i]!.tree.siread);
      if (reads === undefined) continue;
      for (const entry of entries) {
        const change = set.newestChange(entry);
        if (change < 0 && set.kindOf(entry) !== WriteKind.Touch) continue;
        if (reads.hitBy(set.keyOf(entry), change >= 0 && set.has(change, WriteFlag.ChangesKey)) !== undefined) return true;
      }
    }
    return false;
  }

  async waitFor(transaction: Transaction): Promise<void> {
    const wait = new TurnWait(transaction, this);
    this.#waiters.push(wait);
    await wait.start();
  }

  leave(wait: TurnWait): void {
    const at = this.#waiters.indexOf(wait);
    if (at >= 0) this.#waiters.splice(at, 1);
  }
}

class TurnWait extends Wait {
  readonly #turn: CommitTurn;
  #limit: Timer | undefined = undefined;

  constructor(transaction: Transaction, turn: CommitTurn) {
    super(transaction);
    this.#turn = turn;
    this.#limit = transaction.manager.env.scheduler.after(TurnWaitMsMax, () => this.#goOn(), true);
  }

  override edges(into: WaitEdge[]): void {
    const to = this.#turn.holder;
    if (to !== undefined) into.push({ to, soft: true });
  }
  override overtake(): boolean {
    this.#goOn();
    return true;
  }
  #goOn(): void {
    this.leave();
    this.grant();
  }
  override grant(): void {
    this.#limit?.cancel();
    this.#limit = undefined;
    super.grant();
  }
  protected override leave(): void {
    this.#limit?.cancel();
    this.#limit = undefined;
    this.#turn.leave(this);
  }
  override describe(): string {
    return 'CommitTurn';
  }
}
