/** The engine's deliberate bugs (see base/mutants.ts); each is planted by test/mutants/engine.ts and must be noticed. */
import type { MutantDescription } from '../base/mutants.js';

export const engineMutantList: readonly MutantDescription[] = [
  { name: 'engine.start-over-keeps-changes', breaks: 'a statement whose function had to wait starts over on top of what the function had changed: it is changed twice' },
  { name: 'engine.fail-before-publication', breaks: 'a serialization failure is told before the commit it is about can be seen: an immediate retry fails again' },
  { name: 'engine.lane-of-before', breaks: 'a statement that has run before in the block runs on although the lock of its table went back with a savepoint' },
  { name: 'engine.lane-of-another-head', breaks: 'rows of literals go into the table of the INSERT before' },
  { name: 'engine.last-definition-forgotten', breaks: 'a transaction with an older snapshot is not stopped by a table whose definition has changed since' },
  { name: 'engine.commit-forgets-deferred', breaks: 'COMMIT goes the short way although constraints are still to be checked' },
  { name: 'engine.turn-forgets-queue', breaks: 'a call that has waited for its turn and commits makes the next one forget those that were waiting behind it' },
  { name: 'engine.statement-within', breaks: 'a synchronous statement that a function gives runs within the one that has called it, and commits what that one has done so far' },
  { name: 'engine.turn-forgets-commit', breaks: 'a call that comes between two slices of a large commit does not wait for its end: the rest is installed at once' },
  { name: 'engine.pause-forgets-commit', breaks: 'a statement that has given others their turn goes on between two slices of a large commit: the rest is installed at once' },
];
