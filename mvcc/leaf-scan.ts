/**
 * A batched ordered walk over the visible rows of one tree. The implementation follows in this file; the types below are the contract.
 */
export declare class LeafScan {
  /** Where the row values of the present batch lie: a page, or scratch when rows had to be put together. Valid until the next `next`, `suspendAt`, `stopAt`, `close`, or `await`. */
  u8: Uint8Array;
  dv: DataView;
  /** Absolute offsets in `u8` of the values of rows 0..count-1, in scan order. */
  offsets: Int32Array;
  /** Number of rows in the batch; never 0 after `next` returned true. */
  count: number;

  /**
   * Moves to the next batch; false at the end of the range. Also consumes the present batch whole (its interval counts as read).
   * May follow an `await` directly: a scan between batches holds no stale position. @throws DbError 40001, 53200, 57014
   */
  next(): boolean;
  /** Key of row `i` of the present batch, a latin1 string (allocates). */
  keyAt(i: number): string;
  /** Length in bytes of the value of row `i`. */
  lengthAt(i: number): number;
  /** The consumer stops for good after row `i` (-1: before the first row of the batch): the interval read ends there. Closes the scan. */
  stopAt(i: number): void;
  /** Pauses after row `i` (cursor, `await` in the middle of a batch): `next()` goes on with the row after it, in a fresh batch. */
  suspendAt(i: number): void;
  /** Ends the scan; an unfinished batch counts as read whole. Idempotent. Every scan must be closed or run to its end. */
  close(): void;
}
