/**
 * Deliberate bugs of concurrency control (see base/mutants.ts): each removes one thing the design rests on. Which test kills which, and
 * after how many trials: test/mutants/mvcc.ts. Sections are those of design/concurrency.md.
 */
import type { MutantDescription } from '../base/mutants.js';

export const mvccMutantList: readonly MutantDescription[] = [
  // What is registered as read (section 7).
  { name: 'mvcc.skip-not-found-registration', breaks: 'a point read that finds nothing leaves no SIREAD point: phantoms by key' },
  { name: 'mvcc.empty-range-unregistered', breaks: 'a range read that finds nothing leaves no SIREAD range: phantoms' },
  { name: 'mvcc.limit-registers-one-less', breaks: 'the last row consumed before a LIMIT is not registered' },
  { name: 'mvcc.escalation-loses-ranges', breaks: 'merging neighbours under the entry bound drops every second one' },
  { name: 'mvcc.merge-loses-ranges', breaks: 'merging old transactions into a summary loses what the younger had read' },
  { name: 'mvcc.existence-reads-forgotten', breaks: 'unique and foreign-key checks leave reads that no writer finds' },
  { name: 'mvcc.hidden-read-unregistered', breaks: 'a unique check leaves no read: dependencies and later deletions are missed' },
  { name: 'mvcc.rolled-back-claim-forgotten', breaks: 'a rolled-back insert forgets that its key was seen free' },
  { name: 'mvcc.unused-claim-forgotten', breaks: 'a row inserted and removed again forgets that its key was seen free' },
  // Edges (section 8).
  { name: 'mvcc.no-probe', breaks: 'writers do not look for readers' },
  { name: 'mvcc.recent-reads-unprobed', breaks: 'writers look for readers in the index only, not among recent reads' },
  { name: 'mvcc.recent-reads-forgotten', breaks: 'reads that leave their slot do not reach the index' },
  { name: 'mvcc.probe-active-only', breaks: 'writers look for active readers only, not for those that committed after their snapshot' },
  { name: 'mvcc.probe-changed-trees-only', breaks: 'writers do not probe the indexes whose entries stay' },
  { name: 'mvcc.rolled-back-writes-probed', breaks: 'writes undone by a savepoint still make edges: needless failures' },
  { name: 'mvcc.tail-edges-forgotten', breaks: 'a scan interrupted by a commit does not look for edges in the gap behind its last row' },
  { name: 'mvcc.edge-only-to-newest', breaks: 'a reader meets several newer versions and makes an edge only to the newest' },
  { name: 'mvcc.hidden-edge-dropped', breaks: 'a check that saw the newest state is not placed after the writer it saw' },
  { name: 'mvcc.duplicate-after-absent-read', breaks: '23505 instead of 40001 for a key the snapshot showed as absent' },
  // The certifier and what it forgets (section 8).
  { name: 'mvcc.strict-only', breaks: 'only the strict test runs: needless failures' },
  { name: 'mvcc.skip-order-push', breaks: 'the strict test does not follow real-time order' },
  { name: 'mvcc.dependency-without-reads', breaks: 'the exact test forgets anti-dependencies between transactions that did not overlap' },
  { name: 'mvcc.fold-dropped', breaks: 'a forced drop leaves no mark with what preceded it' },
  { name: 'mvcc.prune-ignores-edges', breaks: 'a complete transaction is dropped although something kept precedes it by an edge' },
  { name: 'mvcc.prune-ignores-order', breaks: 'a complete transaction is dropped although something kept committed before its snapshot' },
  { name: 'mvcc.read-only-shares-number', breaks: 'a reader without changes shares a commit number and is dropped too early' },
  { name: 'mvcc.safe-on-snapshot-only', breaks: 'a read-only snapshot is called safe without waiting for the writers under way' },
  // Versions and snapshots (sections 1, 2, 6).
  { name: 'mvcc.newest-before-image', breaks: 'a reader undoes only the newest change' },
  { name: 'mvcc.gc-at-last-published', breaks: 'before-images are freed although a snapshot still needs them' },
  { name: 'mvcc.payload-dropped-early', breaks: 'before-images become stubs although a snapshot still needs them' },
  { name: 'mvcc.versions-dropped-under-snapshot', breaks: 'a commit published at once leaves no before-images although a snapshot is in use' },
  { name: 'mvcc.lone-commit-drops-versions', breaks: 'a commit that was alone leaves no before-images although someone has begun to read during the turn it gave' },
  { name: 'mvcc.slice-reads-unpublished', breaks: 'a read within one slice sees commits that are numbered and not yet published: they may be lost' },
  { name: 'mvcc.snapshot-per-statement', breaks: 'REPEATABLE READ takes a snapshot per statement' },
  { name: 'mvcc.own-changes-at-once', breaks: 'a statement sees its own changes (Halloween)' },
  { name: 'mvcc.step-from-changed-leaf', breaks: 'a scan goes on from a leaf that was changed as if it were not' },
  // Commit (section 5).
  { name: 'mvcc.install-after-fsync', breaks: 'changes are installed at publication: reads in between are missed by both directions' },
  { name: 'mvcc.publish-out-of-order', breaks: 'a commit is published before an earlier one' },
  // Locks and write rules (sections 3, 4).
  { name: 'mvcc.change-outlives-savepoint', breaks: 'a lock or claim older than a savepoint becomes the change in place, which rolling back then leaves' },
  { name: 'mvcc.long-keys-accepted', breaks: 'a key that no page takes is refused at commit only, which shuts the store down' },
  { name: 'mvcc.no-first-updater-wins', breaks: 'lost updates at REPEATABLE READ and above' },
  { name: 'mvcc.action-misses-newer', breaks: 'a cascade skips a child newer than its snapshot: orphans at REPEATABLE READ' },
  { name: 'mvcc.insert-over-freed-key', breaks: 'a key freed after the snapshot is used again: two rows with one key in a snapshot' },
  { name: 'mvcc.waiter-not-revalidated', breaks: 'after a wait the row is taken for unchanged' },
  { name: 'mvcc.moved-to-forgotten', breaks: 'READ COMMITTED does not follow a changed primary key' },
  { name: 'mvcc.replace-is-update', breaks: 'READ COMMITTED takes a deleted and re-inserted key for the same row' },
  { name: 'mvcc.savepoint-keeps-locks', breaks: 'ROLLBACK TO keeps the locks taken since' },
  { name: 'mvcc.locks-cleared-under-others', breaks: 'the end of one transaction gives back the row locks of others' },
  { name: 'mvcc.bulk-claims-forgotten', breaks: 'claims that only a write set tells of are not seen by others' },
  { name: 'mvcc.bulk-mode-forgotten', breaks: 'a lock that only a write set tells of is taken for one that excludes everybody' },
  { name: 'mvcc.free-despite-locks', breaks: 'claim and insert in one step does not look at locks' },
  { name: 'mvcc.free-despite-writers', breaks: 'claim and insert in one step does not look into the write sets of others' },
  { name: 'mvcc.free-despite-versions', breaks: 'claim and insert in one step takes a key that was freed after the snapshot' },
  { name: 'mvcc.undo-loses-older', breaks: 'taking back a change forgets the one that the key had before in the same transaction' },
  { name: 'mvcc.no-deadlock-search', breaks: 'deadlocks are not found' },
  { name: 'mvcc.soft-edges-ignored', breaks: 'deadlocks through a queue position are not found' },
  { name: 'mvcc.barging', breaks: 'new requests overtake waiters: starvation' },
  { name: 'mvcc.no-lock-timeout', breaks: 'lock_timeout does not end a wait' },
];
