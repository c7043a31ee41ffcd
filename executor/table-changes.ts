/**
 * How many rows of each table were written since the database was opened, for the refresh of statistics. Rows of transactions that roll back count
 * too: the numbers decide when to look again, never a result.
 *
 * Source: PostgreSQL's pgstat counters of changes since the last ANALYZE.
 */

/** Of one table; statements hold on to it, so that counting a row is one addition. */
export interface ChangeCount {
  rows: number;
}

export class TableChanges {
  readonly #counts = new Map<number, ChangeCount>();

  of(table: number): ChangeCount {
    let count = this.#counts.get(table);
    if (count === undefined) this.#counts.set(table, (count = { rows: 0 }));
    return count;
  }

  /** Tables by oid. */
  entries(): IterableIterator<[number, ChangeCount]> {
    return this.#counts.entries();
  }

  /** The table is gone. */
  forget(table: number): void {
    this.#counts.delete(table);
  }
}
