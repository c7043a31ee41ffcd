/**
 * Safe snapshots: when a READ ONLY transaction can never be part of a cycle, it need not be tracked at all.
 *
 * Only a real-time or wr edge leads into a read-only T, so a cycle through it looks like T -rw-> X -> ... -> Y -> T with
 * Y committed before T's snapshot; and the transaction with the edge to Y was running when T took its snapshot. T is safe when no
 * such X is left: at once if no read-write serializable transaction is under way, else when all of those have ended and none has
 * committed with an edge to a Y with `Y.csn <= T.snap`.
 *
 * A T that ends without having changed anything is judged by what is known at its end, declared READ ONLY or not (`isSafeAtEnd`): it can be forgotten at once when no X
 * that has committed since its snapshot has such an edge, and none that is under way can have one: between the two snapshots nothing was changed, or X waits in its commit and reads
 * nothing more, so that its edges to what has been committed are all known. A T that reads within one slice
 * is asked the same before it begins (`isSafeReader`), and never has a node.
 *
 * Source. Ports and Grittner 2012, section 4 ("safe snapshots"), for DEFERRABLE too.
 */
import { mutants } from '../../base/mutants.js';
import type { Certifier } from './certifier.js';
import { type SerialNode, addWatch, dropEdges } from './serial-node.js';

/** At T's snapshot: watch who is under way. @returns true when the snapshot is safe already, and T is not to be tracked */
export function decideSafety(certifier: Certifier, node: SerialNode): boolean {
  for (const other of certifier.active) {
    if (other.readOnly || other === node) continue;
    addWatch(node, other);
  }
  // Numbered but not yet published: committed after this snapshot, though they will never end again.
  for (let other = certifier.kept.last; other !== undefined && other.csnHigh > node.snapLow; other = other.previous) {
    if (endangers(other, node.snapHigh)) node.isUnsafe = true;
  }
  if (mutants.on && mutants.has('mvcc.safe-on-snapshot-only')) {
    stopWatching(node);
    node.isUnsafe = false;
  }
  if (node.watching.size > 0 || node.isUnsafe) return false;
  node.isSafe = true;
  certifier.safeSnapshots++;
  return true;
}

/** If more have committed since its snapshot, a transaction is kept. */
const LookedAtMax = 64;

/** Whether T, about to end without changes, will never be part of a cycle. */
export function isSafeAtEnd(certifier: Certifier, node: SerialNode): boolean {
  // What it saw of the newest state may precede it though committed after its snapshot.
  if (node.hasWrites || node.in.size > 0) return false;
  return isSafeReader(certifier, node.snapLow, node.writerBefore);
}

/** Whether that is so of a transaction that reads as of `snapshot`, changes nothing and ends now. `writerBefore`: see SerialNode. */
export function isSafeReader(certifier: Certifier, snapshot: number, writerBefore: number): boolean {
  for (let other = certifier.active.first; other !== undefined && other.snapLow < writerBefore; other = other.next) {
    if (other.readOnly || (mutants.on && mutants.has('mvcc.reader-forgets-active'))) continue;
    if (!other.hasRead) return false;
    if (precedes(other, snapshot) && !(mutants.on && mutants.has('mvcc.waiting-commit-forgotten'))) return false;
  }
  let count = 0;
  for (let other = certifier.kept.last; other !== undefined && other.csnHigh > snapshot; other = other.previous) {
    if (++count > LookedAtMax || (endangers(other, snapshot) && !(mutants.on && mutants.has('mvcc.reader-forgets-committed')))) return false;
  }
  return true;
}

/** A watched transaction has ended. */
export function finishWatched(certifier: Certifier, ended: SerialNode): void {
  if (ended.state === 'gone') stopWatching(ended);
  if (ended.watchers.size === 0) return;
  for (const node of ended.watchers) {
    node.watching.delete(ended);
    if (ended.state === 'committed' && endangers(ended, node.snapHigh)) node.isUnsafe = true;
    if (node.isUnsafe) stopWatching(node);
    if (node.watching.size > 0) continue;
    if (!node.isUnsafe) markSafe(certifier, node);
    node.onSafety?.();
  }
  ended.watchers.clear();
}

/** The node will never be found safe: it ended, was merged, or is known to be unsafe. */
export function stopWatching(node: SerialNode): void {
  if (node.watching.size === 0) return;
  for (const other of node.watching) other.watchers.delete(node);
  node.watching.clear();
}

/** Whether what a reader saw as of `snapshot` may precede `committed`, which precedes something that was committed before. */
function endangers(committed: SerialNode, snapshot: number): boolean {
  // Without changes and without a look at the newest state nothing precedes it but in time.
  if (!committed.hasWrites && committed.in.size === 0) return false;
  if (committed.lowFix <= snapshot) return true;
  // The edge may lie between two members of a merged node.
  if (committed.isMerged && committed.csnLow <= snapshot) return true;
  return precedes(committed, snapshot);
}

/** Whether an edge leads to what was committed before `snapshot`. */
function precedes(node: SerialNode, snapshot: number): boolean {
  if (node.out.size === 0) return false; // mostly; an iterator is an object
  for (const earlier of node.out.keys()) if (earlier.csnLow <= snapshot) return true;
  return false;
}

function markSafe(certifier: Certifier, node: SerialNode): void {
  if (node.state === 'gone') return;
  node.isSafe = true;
  certifier.safeSnapshots++;
  dropEdges(node);
  node.releaseReads();
  if (node.state === 'active') {
    certifier.active.remove(node);
  } else {
    node.state = 'gone';
    certifier.kept.remove(node);
  }
}
