/**
 * Deliberate bugs of the storage (see base/mutants.ts): each leaves out one step of the protocol in design/storage.md section 7, the last ones of the check. Which
 * test kills which, and after how many trials: `npm run mutants`, test/mutants/storage.ts. The few that need code of their own to
 * misbehave have it here.
 */
import type { MutantDescription } from '../base/mutants.js';
import { mutants } from '../base/mutants.js';
import type { File, Vfs } from './files/vfs.js';
import { readFull, writeFull } from './files/vfs.js';
import { decodeSegmentHeader, encodeSegmentHeader, SegmentHeaderBytes, segmentPath } from './log/wal-record.js';

export const storageMutantList: readonly MutantDescription[] = [
  { name: 'storage.ack-before-sync', breaks: 'commits are acknowledged when written; a power cut loses them' },
  { name: 'storage.no-directory-sync', breaks: 'the directory entry of a new segment is not durable; a power cut loses the segment' },
  { name: 'storage.no-data-sync', breaks: 'the meta may become durable before the pages it names' },
  { name: 'storage.no-meta-sync', breaks: 'slots and segments are given up before the meta that replaces them is durable' },
  { name: 'storage.early-free', breaks: 'a replaced slot is used again before the next meta is durable' },
  { name: 'storage.early-unlink', breaks: 'log segments are removed before the meta that replaces them is durable' },
  { name: 'storage.one-meta', breaks: 'the meta is written over the only other one; a torn write leaves none' },
  { name: 'storage.two-metas', breaks: 'after a failed sync the only durable meta is written over' },
  { name: 'storage.three-metas', breaks: 'the same after two failed syncs' },
  { name: 'storage.guard-newest-only', breaks: 'recovery reuses slots of the meta that is durable while the newest is only in the page cache' },
  { name: 'storage.no-recovery-checkpoint', breaks: 'recovered commits that live in the page cache only are shown, then lost in a power cut' },
  { name: 'storage.recovery-segment-before-pages', breaks: 'a segment follows a log that is not durable: a hole before it after a power cut' },
  { name: 'storage.recovery-segment-without-flag', breaks: 'a segment no meta names looks like one whose predecessor is missing' },
  { name: 'storage.append-same-segment', breaks: 'bytes behind a torn tail come to life again' },
  { name: 'storage.no-temporary-file', breaks: 'a kill during creation leaves half a database' },
  { name: 'storage.sync-retry', breaks: 'a second sync succeeds for pages that the kernel has dropped' },
  { name: 'storage.overlapping-syncs', breaks: 'a blocking sync succeeds for pages that a sync under way has just failed to write' },
  { name: 'storage.length-of-overlapping-sync', breaks: 'after a blocking sync records claim a length of the log that a sync under way fails to make durable' },
  { name: 'storage.block-completed-from-cache', breaks: 'a write into a block that was written past the cache leaves the rest of it to what the cache has' },
  { name: 'storage.through-beyond-durable-zeros', breaks: 'records are written past the cache where the file does not durably have its length' },
  { name: 'storage.through-over-unsynced', breaks: 'a record is acknowledged although an earlier one still waits for its sync' },
  { name: 'storage.early-sync-of-all-written', breaks: 'what was written of a large commit while a sync of its beginning was under way counts as durable: a power cut loses it behind the end of the commit' },
  { name: 'storage.failure-noticed-late', breaks: 'between a failed sync and its poison a blocking flush syncs once more, and acknowledges what is lost' },
  { name: 'storage.relaxed-unwritten', breaks: 'with relaxed durability a commit is acknowledged before it is written: a kill takes it' },
  { name: 'storage.no-clean-frames', breaks: 'B6: on a full disk a commit is begun for whose pages others cannot make place' },
  { name: 'storage.clean-meta-believed', breaks: 'a clean meta that never reached the disk hides the log' },
  { name: 'storage.checkpoint-follows-current', breaks: 'a checkpoint takes up evictions later than its capture' },
  { name: 'storage.chunk-applied-alone', breaks: 'recovery applies a part of a large transaction' },
  { name: 'storage.capture-within-commit', breaks: 'a checkpoint captures between two slices of a commit: a crash leaves a part of it' },
  { name: 'storage.private-in-checkpoint', breaks: 'a crash leaks the pages of a tree under construction' },
  { name: 'storage.unread-slots-free', breaks: 'slots that a table page names which nobody has read yet are taken for free, and written over' },
  { name: 'storage.new-table-page-unmarked', breaks: 'a page table that has grown for ids without pages lacks a table page, and cannot be loaded' },
  { name: 'storage.evicted-pages-forgotten', breaks: 'a checkpoint is left out although pages that no log holds were changed and evicted' },
  { name: 'storage.log-cut-in-silence', breaks: 'damage in the middle of the log drops the commits after it' },
  { name: 'storage.log-written-after-close', breaks: 'what a timer appends while the store is being closed is written through the descriptor of a closed file' },
  { name: 'storage.no-seal', breaks: 'damage to the last batch of an idle log looks like a torn write' },
  { name: 'storage.columns-header-of-before', breaks: 'L5: a leaf that has changed has the rows and the stamp that it had when its columns were read' },
  { name: 'storage.columns-of-another-version', breaks: 'columns read from a leaf are used after the leaf has changed' },
  { name: 'storage.columns-moved-under-scan', breaks: 'columns are taken back for others while a scan stands on them' },
  { name: 'storage.later-slices-public', breaks: 'pages that a build in slices takes after its first slice belong to the database at once: a crash leaves them without a tree' },
  { name: 'storage.check-forgets-changes', breaks: 'a check in slices takes a page that was freed and given to another tree meanwhile for one with two owners' },
  { name: 'storage.check-forgets-pauses', breaks: 'a check in slices takes a page that a merge has moved behind the place where it paused for one with two owners' },
];

/** How a log misbehaves at its start; see `Wal.start`. */
export type PlantedStart =
  | { readonly kind: 'successor'; readonly previousNumber: number }
  | { readonly kind: 'append'; readonly number: number }
  | undefined;

/** What a recovery that ended at segment `last` does with its log under a mutant. */
export function plantedStart(last: number): PlantedStart {
  if (mutants.has('storage.no-recovery-checkpoint')) return { kind: 'successor', previousNumber: last };
  if (mutants.has('storage.append-same-segment')) return { kind: 'append', number: last };
  return undefined;
}

export function skipsRecoveryCheckpoint(): boolean {
  return mutants.on && (mutants.has('storage.no-recovery-checkpoint') || mutants.has('storage.append-same-segment'));
}

/** A log segment that follows what was just replayed, durable before the recovered pages are. */
export function plantEarlySegment(vfs: Vfs, path: string, databaseId: Uint8Array, number: number, previousNumber: number, startLsn: number): void {
  if (!mutants.on || !mutants.has('storage.recovery-segment-before-pages')) return;
  const file = vfs.open(segmentPath(path, number), 'create');
  const salt = new Uint8Array(16);
  writeFull(file, 0, encodeSegmentHeader({ databaseId, number, previousNumber, startLsn, salt, isRecovery: false, fileSizeBytes: SegmentHeaderBytes }), 0, SegmentHeaderBytes);
  file.sync();
  file.close();
  vfs.syncDirectory(path);
}

/** The salt and start of a segment that a mutant goes on writing to, or undefined when it has no header. */
export function readForAppend(file: File): { readonly salt: Uint8Array; readonly startLsn: number } | undefined {
  const bytes = new Uint8Array(SegmentHeaderBytes);
  const header = decodeSegmentHeader(bytes, readFull(file, 0, bytes, 0, bytes.length));
  return header === undefined ? undefined : { salt: header.salt, startLsn: header.startLsn };
}
