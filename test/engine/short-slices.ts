/** Commits of few rows are large for a database, and are installed in slices of fewer (mvcc/commit/sliced-commit.ts). */
import { UnseenInstall } from '../../mvcc/commit/install.js';
import type { TransactionManager } from '../../mvcc/transaction-manager.js';

export function shortenSlices(manager: TransactionManager, slicedRowsMin: number, sliceRows: number): void {
  Object.assign(manager, { slicedRowsMin, sliceRows, unseen: new UnseenInstall(sliceRows) });
}
