/** The statement that a transaction runs, or several of them where cursors have paused some; and the marks of savepoints. */
import type { Csn } from '../base/ids.js';
import { SnapshotHolder, type SnapshotUser } from './snapshot.js';
import type { StatementInfo } from './types.js';

/** A statement paused between two of its batches (an open cursor or portal): keeps its snapshot and its command number. */
export interface PausedStatement {
  readonly number: number;
  /** -1 while the statement has not touched any data. */
  readonly snapshotCsn: Csn;
}

/** Where a transaction stood at a savepoint. */
export interface SavepointMark {
  readonly id: number;
  /** How much there was to undo. */
  readonly logPosition: number;
  readonly writeCount: number;
  readonly logBytes: number;
  /** How much of it was entries of the write set. */
  readonly entryCount: number;
}

/**
 * The running statement. Its number is also its command number: it sees own changes of lower ones. At READ COMMITTED it holds its
 * snapshot itself.
 */
export class Statement extends SnapshotHolder implements PausedStatement {
  number: number;
  info: StatementInfo;
  snapshotCsn: Csn = -1 as Csn;
  constructor(user: SnapshotUser, number: number, info: StatementInfo) {
    super(user);
    this.number = number;
    this.info = info;
  }
}
