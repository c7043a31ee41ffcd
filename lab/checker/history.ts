/**
 * A history: what each transaction read and wrote, as its client saw it.
 *
 * Every key is a chain of versions 0 (absent), 1, 2, ...; a write makes the next version, a read names the version it saw. Two workloads give such
 * histories from any database: registers with a version column (`set ver = ver + 1 ... returning ver`), where the number is in the row, and lists that
 * only grow (`append`), where the length of the list is the version and the list itself names all its writers, as Elle does it. A predicate or range
 * read is a read of every key it covers, absent ones too, marked `isPredicate`. What a check found there and did not show (the row that ON CONFLICT DO
 * NOTHING gave way to, a parent) is `found`: in whatever version, so it comes after the first.
 */

export type HistoryOp =
  | { readonly kind: 'write'; readonly key: string; readonly version: number }
  | { readonly kind: 'read'; readonly key: string; readonly version: number; readonly isPredicate?: boolean | undefined }
  | { readonly kind: 'found'; readonly key: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: number }
  | { readonly kind: 'list'; readonly key: string; readonly values: readonly number[]; readonly isPredicate?: boolean | undefined };

export interface HistoryTransaction {
  readonly id: number;
  readonly session: number;
  /** `unknown`: the connection broke at COMMIT; counts as committed unless the state found afterwards has nothing of it (recovery.ts). */
  readonly status: 'committed' | 'aborted' | 'unknown';
  readonly ops: readonly HistoryOp[];
}

/** In the order in which the transactions ended. */
export type History = readonly HistoryTransaction[];
