/**
 * Deliberate bugs of mvcc/ and what notices them: a schedule with a known outcome, or random histories held against the full dependency
 * graph. A trial is one schedule or one window of some forty transactions. Run: `npx tsx test/mutants/mvcc.ts [name]`.
 */
import { pathToFileURL } from 'node:url';
import { VERIFY } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import { mvccMutantList } from '../../mvcc/mutants.js';
import { columnRunTrial } from '../mvcc/column-run-trial.js';
import { mixes, runWindow } from '../mvcc/histories.js';
import { scanTrial } from '../mvcc/leaf-scan-trial.js';
import { fullDiskTrial, reservedLogTrial } from '../mvcc/reserved-log-trial.js';
import { schedules } from '../mvcc/schedules.js';
import { oldVersionsTrial } from '../engine/old-versions-trial.js';
import { undoTrial } from '../mvcc/undo-trial.js';
import { putBlocksTrial } from '../mvcc/put-blocks-trial.js';
import { putBucketsTrial } from '../mvcc/put-buckets-trial.js';
import { writeMemoryTrial } from '../mvcc/write-memory-trial.js';
import { installRunsTrial } from '../mvcc/install-runs-trial.js';
import { slicedCommitTrial } from '../mvcc/sliced-commit-trial.js';
import { slicedCompanyTrial } from '../mvcc/sliced-company-trial.js';
import { settle } from '../mvcc/client.js';

export interface MutantRun {
  readonly killedAtTrial: number | undefined;
  readonly by: string;
}
export interface Mutant {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<MutantRun>;
}

/** Names of the mixes of histories that can notice the mutant, or of one schedule, or `scan`, `column run`, `write memory`, `put blocks`, `put buckets`, `undo`, `old versions`, `install runs`, `sliced commit` or `sliced company`. Default: the serializable mix. */
const killers: Readonly<Record<string, string>> = {
  'mvcc.recent-slot-forgotten': '1b write skew over one of many reads',
  'mvcc.row-left-unread': 'a row that is found by its key and left has been read',
  'mvcc.met-row-unread': 'that a row met by an insert is there has been read',
  'mvcc.met-row-read-whole': 'what is in a row met by an insert has not been read',
  'mvcc.sought-despite-own': 'a row that its transaction has removed, claimed or locked is not for one slice to insert',
  'mvcc.undone-change-unread': 'a row whose change by its key is taken back has been read',
  'mvcc.escalation-loses-ranges': 'escalated',
  'mvcc.merge-loses-ranges': 'merged',
  'mvcc.fold-dropped': 'K=1',
  'mvcc.skip-order-push': 'strict',
  'mvcc.prune-ignores-order': 'a transaction that is complete is kept while one that it may depend on is',
  'mvcc.dependency-without-reads': 'serializable plain',
  'mvcc.slice-uncertified': 'serializable',
  'mvcc.reader-forgets-committed': '2b a reader that ends first in a cycle of four',
  'mvcc.waiting-commit-forgotten': '2b a reader that ends while a commit waits that it precedes',
  'mvcc.tail-edges-forgotten': 'a scan that a commit interrupts looks for edges behind its last row',
  'mvcc.doomed-scan-registers': 'a scan that is closed after its transaction was doomed registers nothing',
  'mvcc.doomed-undo-registers': 'a savepoint that is rolled back after its transaction was doomed registers nothing',
  'mvcc.overhead-unreserved': 'reserved log',
  'mvcc.built-tree-unreserved': 'reserved log',
  'mvcc.room-found-before': 'full disk',
  'mvcc.snapshot-per-statement': 'repeatable read',
  'mvcc.gc-at-last-published': 'repeatable read',
  'mvcc.after-image-kept': 'repeatable read',
  'mvcc.newest-before-image': 'repeatable read',
  'mvcc.versions-dropped-under-snapshot': 'repeatable read',
  'mvcc.lone-commit-drops-versions': 'repeatable read',
  'mvcc.slice-reads-unpublished': 'a read within one slice sees what is published and nothing else',
  'mvcc.no-first-updater-wins': 'repeatable read',
  'mvcc.insert-over-freed-key': 'a key freed after the snapshot',
  'mvcc.decided-row-waited-for': 'who has lost to the first updater does not wait',
  'mvcc.decided-for-unseen-row': 'a change by its key fails at once where the row that the snapshot shows has changed, and nowhere else',
  'mvcc.unpublished-decides-at-once': 'who has lost to a change that is not published does not wait, and who would not wait finds it locked',
  'mvcc.newer-key-held': 'a row is held by its key in one step when nobody else has to do with it',
  'mvcc.held-key-unread': 'a row is held by its key in one step when nobody else has to do with it',
  'mvcc.action-misses-newer': 'a cascade meets a child newer than its snapshot',
  'mvcc.waiter-not-revalidated': 'repeatable read',
  'mvcc.moved-to-forgotten': '11 READ COMMITTED follows the row',
  'mvcc.replace-is-update': '11 READ COMMITTED follows the row',
  'mvcc.readers-of-removed-tree-forgotten': '9 a tree is removed after whoever has read or changed what it held',
  'mvcc.reads-of-left-tree-forgotten': '9 what was read of an index that is dropped was read of the table',
  'mvcc.removed-rows-unread': '9 a tree is removed after whoever had filled it',
  'mvcc.replaced-key-absent': '7 a duplicate of a key that has been taken all along',
  'mvcc.duplicate-without-order': '8 a duplicate swallowed by a savepoint',
  'mvcc.own-changes-at-once': 'a statement does not see its own changes',
  'mvcc.savepoint-keeps-locks': 'ROLLBACK TO gives back the locks taken since',
  'mvcc.bulk-mode-forgotten': 'locks that only a write set tells of have their modes and their ends',
  'mvcc.free-despite-locks': 'a key is inserted in one step when nobody has or holds it',
  'mvcc.given-despite-tree': 'a row is written where the write set keeps it when nobody has or holds its key',
  'mvcc.given-entries-unfound': 'index entries written with their row are found by whoever looks for them',
  'mvcc.block-despite-locks': 'a block of rows is inserted in one step when all their keys are above what anybody has or holds',
  'mvcc.block-despite-writers': 'a block of rows is inserted in one step when all their keys are above what anybody has or holds',
  'mvcc.block-despite-versions': 'a block of rows is inserted in one step when all their keys are above what anybody has or holds',
  'mvcc.found-claim-unmapped': 'a key is inserted in one step when nobody has or holds it',
  'mvcc.found-change-unlogged': 'install runs',
  'mvcc.mixed-deletes-lost': 'install runs',
  'mvcc.own-row-of-before': 'a row is updated by its key in one slice again when its transaction has changed or inserted it',
  'mvcc.left-key-unclaimed': 'who wants a unique key that a row gives up in one slice waits for what becomes of that',
  'mvcc.own-entries-listed': 'index entries of a row that is updated by its key in one slice follow it, also when it is updated again',
  'mvcc.own-row-patched-anew': 'a row is updated by its key in one slice again when its transaction has changed or inserted it, patched',
  'mvcc.refused-patch-kept': 'a patch that is refused leaves nothing behind',
  'mvcc.update-forgets-former': 'READ COMMITTED finds no row where one was removed, put there again and updated by its key',
  'mvcc.reused-transaction-keeps-lock': 'a transaction object that is used again is a new transaction',
  'mvcc.untouched-despite-locks': 'a row is removed in one step when nobody holds or has changed it',
  'mvcc.untouched-despite-writers': 'a row is removed in one step when nobody holds or has changed it',
  'mvcc.untouched-despite-versions': 'a row is removed in one step when nobody holds or has changed it',
  'mvcc.found-strongly-locked': 'a row is updated by its key in one slice when nobody holds or has changed it',
  'mvcc.held-in-any-mode': 'a row that its transaction has locked is removed by its key in one step, under that lock',
  'mvcc.found-row-unlocked': 'a row found by its key is locked in one step when nobody else has to do with it',
  'mvcc.held-row-claimed': 'a row that its transaction has locked is updated by its key in one slice, under that lock',
  'mvcc.undo-loses-older': 'ROLLBACK TO brings back what a key held before',
  'mvcc.undo-mixes-hash-bits': 'ROLLBACK TO brings back what a key held before',
  'mvcc.single-row-unnamed': 'a single commit keeps its row until it is published',
  'mvcc.single-over-unpublished': 'a single commit keeps its row until it is published',
  'mvcc.free-despite-singles': "a key that a single commit has freed is nobody's until that is published",
  'mvcc.single-table-unnamed': 'a single commit keeps its table until it is published',
  'mvcc.single-despite-locks': 'a single commit takes no row that somebody holds or changes',
  'mvcc.single-despite-writers': 'a single commit takes no row that somebody holds or changes',
  'mvcc.soft-edges-ignored': 'a cycle through a queue position is dissolved without a victim',
  'mvcc.barging': 'new sharers do not overtake a waiting writer',
  'mvcc.lock-of-before-becomes-change': 'a key that an earlier statement has claimed and left is inserted by a later one',
  'mvcc.hidden-values-by-keys': '9 a walk through the newest rows that sees a later change of one',
  'mvcc.change-outlives-savepoint': 'a savepoint between the lock of a row and its change',
  'mvcc.long-keys-accepted': 'a key that no page takes is refused when it is given',
  'mvcc.no-lock-timeout': 'lock_timeout ends a wait',
  'mvcc.payload-dropped-early': 'before-images outlive the pressure for memory as long as a snapshot needs them',
  'mvcc.step-from-changed-leaf': 'scan',
  'mvcc.clean-leaves-forgotten': 'scan',
  'mvcc.pause-skips-gap': 'scan',
  'mvcc.run-ignores-newer': 'scan',
  'mvcc.run-unregistered': 'scan',
  'mvcc.run-rest-alone-registered': 'scan',
  'mvcc.run-ends-with-leaf': 'scan',
  'mvcc.memory-of-two-sets': 'write memory',
  'mvcc.kept-table-full': 'write memory',
  'mvcc.undo-bytes-reused-early': 'undo',
  'mvcc.resting-snapshot-given-back': 'old versions',
  'mvcc.cursor-snapshot-at-fetch': 'old versions',
  'mvcc.undo-record-uncleared': 'undo',
  'mvcc.catalog-change-in-slices': 'sliced commit',
  'mvcc.statement-within-commit': 'sliced company',
  'mvcc.snapshot-within-commit': 'sliced company',
  'mvcc.read-within-commit': 'sliced commit',
  'mvcc.single-within-commit': 'sliced commit',
  'mvcc.stretch-with-gaps': 'install runs',
  'mvcc.taken-back-blocks-stay': 'put blocks',
  'mvcc.words-of-former-puts': 'put blocks',
  'mvcc.put-of-other-stretch': 'put blocks',
  'mvcc.run-across-gaps': 'install runs',
  'mvcc.ties-unsettled': 'install runs',
  'mvcc.empty-bucket-sorted': 'put buckets',
  'mvcc.gathered-without-last': 'install runs',
  'mvcc.form-of-former-value': 'install runs',
  'mvcc.run-never-stands-up': 'column run',
  'mvcc.run-in-changed-leaf': 'column run',
  'mvcc.run-columns-taken-back': 'column run',
  'mvcc.run-begins-with-leaf': 'column run',
  'mvcc.run-forgets-next-leaf': 'column run',
  'mvcc.install-after-fsync': 'a read between installation and publication',
};

/** A schedule that would hang has failed. */
async function runSchedule(name: string): Promise<string | undefined> {
  const schedule = schedules.find((candidate) => candidate.name === name);
  if (schedule === undefined) throw new Error(`no schedule ${name}`);
  const run = schedule.run().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const hang = (async () => {
    for (let i = 0; i < 200; i++) {
      await settle();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return 'it hangs';
  })();
  return Promise.race([run, hang]);
}

/** By name, trials of one mechanism alone. */
const singleTrials: Readonly<Record<string, (seed: number) => void | Promise<void>>> = { scan: scanTrial, 'column run': columnRunTrial, 'write memory': writeMemoryTrial, 'put blocks': putBlocksTrial, 'put buckets': putBucketsTrial, undo: undoTrial, 'old versions': oldVersionsTrial, 'install runs': installRunsTrial, 'sliced commit': slicedCommitTrial, 'sliced company': slicedCompanyTrial, 'reserved log': reservedLogTrial, 'full disk': fullDiskTrial };

async function trial(killer: string, seed: number): Promise<string | undefined> {
  const single = singleTrials[killer];
  if (single !== undefined) {
    try {
      await single(seed);
      return undefined;
    } catch (error) {
      return String(error);
    }
  }
  const mix = mixes.find((candidate) => candidate.name === killer);
  if (mix === undefined) return runSchedule(killer);
  const { violations } = await runWindow(seed, mix);
  return violations[0];
}

export const mvccMutants: readonly Mutant[] = mvccMutantList.map(({ name }) => ({
  name,
  async run(seed: number, trialsMax: number): Promise<MutantRun> {
    const killer = killers[name] ?? 'serializable';
    mutants.plant(name);
    const before = VERIFY.on;
    VERIFY.on = true;
    try {
      for (let i = 1; i <= trialsMax; i++) {
        const violation = await trial(killer, seed + i);
        if (violation !== undefined) return { killedAtTrial: i, by: `${killer}: ${violation.split('\n')[0]!.slice(0, 110)}` };
      }
      return { killedAtTrial: undefined, by: killer };
    } finally {
      mutants.clear();
      VERIFY.on = before;
    }
  },
}));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const only = process.argv[2];
  for (const mutant of mvccMutants) {
    if (only !== undefined && !mutant.name.includes(only)) continue;
    const { killedAtTrial, by } = await mutant.run(1, 20_000);
    process.stdout.write(`${mutant.name.padEnd(36)} ${killedAtTrial === undefined ? 'SURVIVED' : `killed at trial ${killedAtTrial}`.padEnd(22)} ${by}\n`);
  }
}
