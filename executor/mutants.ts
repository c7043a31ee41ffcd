/** The executor's deliberate bugs (see base/mutants.ts); each is planted by test/mutants/executor.ts and must be noticed. */
import type { MutantDescription } from '../base/mutants.js';

export const executorMutantDescriptions: readonly MutantDescription[] = [
  { name: 'executor.limit-registers-less', breaks: 'a scan stopped by LIMIT registers one key less than it read: a phantom at that key goes unnoticed (concurrency.md 7)' },
  { name: 'executor.skip-recheck', breaks: 'after a wait at READ COMMITTED the WHERE is not evaluated again: a row that no longer matches is changed (concurrency.md 3)' },
  { name: 'executor.restart-keeps-rows', breaks: 'a statement that waited for a lock in the middle of its plan starts over and keeps the rows found before: they come twice (inline-locks.ts)' },
  { name: 'executor.update-from-snapshot', breaks: 'after a wait at READ COMMITTED the new row is made from the values first read: a lost update (concurrency.md 3)' },
  { name: 'executor.skip-unique', breaks: 'unique keys are not claimed: two rows with one key (concurrency.md 4)' },
  { name: 'executor.tried-row-stays', breaks: 'a row that could not be inserted at once, for another has one of its unique keys, stays while that is tried in another way' },
  { name: 'executor.made-row-forgotten', breaks: 'V2: a row that is left to the execution is computed again, and takes another number of its sequence' },
  { name: 'executor.skip-not-null', breaks: 'NOT NULL is not checked' },
  { name: 'executor.skip-check', breaks: 'CHECK is not checked' },
  { name: 'executor.rows-left-to-be-run', breaks: 'rows of a block that have been inserted stay when one of their index entries is for the execution of the statement' },
  { name: 'executor.moved-entry-stays', breaks: 'T2: an update by key in one step leaves the index entry of what was there before' },
  { name: 'executor.unsatisfied-row-unread', breaks: 'a row found by its key that does not satisfy the condition leaves no read: dependencies are missed' },
  { name: 'executor.unsatisfied-row-refused', breaks: 'a row that does not satisfy the condition, and has changed since the snapshot, is refused: needless failures' },
  { name: 'executor.skip-child-check', breaks: 'a child row is not asked for its parent (concurrency.md 4)' },
  { name: 'executor.skip-parent-check', breaks: 'a parent row goes without a look at its children (concurrency.md 4)' },
  { name: 'executor.left-out-row-keeps-claims', breaks: 'a row that ON CONFLICT DO NOTHING leaves out for one key holds its others to the end of the transaction' },
  { name: 'executor.actions-deferred', breaks: 'CASCADE, SET NULL and SET DEFAULT of a deferred foreign key wait for the commit, and meet children of a parent that has come since' },
  { name: 'executor.no-key-share', breaks: 'the parent of a new child is not locked: it can be deleted before the child commits (concurrency.md 4)' },
  { name: 'executor.parents-unheld', breaks: 'the parent of a new child is neither looked for nor locked where that could be done at once' },
  { name: 'executor.children-unseen', breaks: 'L1: a parent goes without its children being looked for where that could be done at once' },
  { name: 'executor.no-children-unread', breaks: 'L2: that a parent has no children was seen at once and leaves no read' },
  { name: 'executor.newer-parent-seen', breaks: 'a parent that is newer than the snapshot counts as seen and as not there: needless failures' },
  { name: 'executor.replaced-parent-missing', breaks: 'a parent that another has replaced since the snapshot is called missing, which it never was' },
  { name: 'executor.missing-parent-unread', breaks: 'a parent that was looked for in vain leaves no read: dependencies are missed' },
];
