/**
 * What a transaction has done besides changing rows, to be undone: lock grants, trees made or dropped. Each stands with the number of entries that the write set had
 * then, so that the two together are one order (T2 of transaction.ts), and a changed row is in no list but the write set.
 */
import type { LockGrant } from './locks/lock.js';
import type { RowGrant } from './locks/row-lock.js';
import type { TreeCreation, TreeDrop } from './write-set/tree-change.js';

export type LogItem = LockGrant | RowGrant | TreeCreation | TreeDrop;

/** So many are sooner taken off one by one than by setting the array's length, which is a call into the runtime. */
const FewItems = 8;

export class TransactionLog {
  readonly items: LogItem[] = [];
  /** By item, how many entries came before it. */
  readonly #entryCounts: number[] = [];

  get length(): number {
    return this.items.length;
  }
  push(item: LogItem, entryCount: number): void {
    this.items.push(item);
    this.#entryCounts.push(entryCount);
  }
  /** How many entries came before an item. */
  entriesBefore(i: number): number {
    return this.#entryCounts[i]!;
  }
  /** Takes off the last item if it is younger than all `entryCount` entries. */
  popSince(entryCount: number): LogItem | undefined {
    if (this.items.length === 0 || this.#entryCounts.at(-1) !== entryCount) return undefined;
    this.#entryCounts.pop();
    return this.items.pop();
  }
  clear(): void {
    if (this.items.length > FewItems) this.items.length = this.#entryCounts.length = 0;
    else {
      while (this.items.length > 0) {
        this.items.pop();
        this.#entryCounts.pop();
      }
    }
  }
}
