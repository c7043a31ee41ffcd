/**
 * Plants each bug of storage/mutants.ts and lets the simulations find it. Most die in a few lives of `crashTrial`; the rare ones get a
 * trial that dwells where they can show, as a long run would do by itself. Budgets come from the model: the rarest took it 1,000 trials
 * and more.
 */
import { mutants } from '../../base/mutants.js';
import { storageMutantList } from '../../storage/mutants.js';
import type { TrialOptions } from '../sim/crash-trial.js';
import { closingSealTrial } from '../sim/closing-seal-trial.js';
import { crashTrial } from '../sim/crash-trial.js';
import { damageTrial, makeDatabase } from '../sim/damage-trial.js';
import { evictedBuildTrial } from '../sim/evicted-build-trial.js';
import { fullDiskTrial } from '../sim/full-disk-trial.js';
import { overlappingLengthTrial } from '../sim/overlapping-length-trial.js';
import { relaxedKillTrial } from '../sim/relaxed-kill-trial.js';
import { slicedBuildTrial } from '../sim/sliced-build-trial.js';
import { movedPageTrial } from '../sim/moved-page-trial.js';
import { slicedCheckTrial } from '../sim/sliced-check-trial.js';
import { slicedCommitTrial } from '../mvcc/sliced-commit-trial.js';
import { leafColumnsTrial } from '../storage/leaf-columns-trial.js';
import type { MutantRun } from './btree.js';

/** Syncs of the meta fail and are cut short again and again. */
const atMeta: Partial<TrialOptions> = { syncFailure: 0, metaSyncFailure: 0.25, metaCrash: 0.15, kill: 0.1, operationsMax: 200, incarnations: 20 };

const dwellings: Readonly<Record<string, Partial<TrialOptions>>> = {
  'storage.one-meta': atMeta,
  'storage.two-metas': atMeta,
  'storage.three-metas': atMeta,
  'storage.guard-newest-only': atMeta,
  'storage.clean-meta-believed': { syncFailure: 0.15, metaSyncFailure: 0, metaCrash: 0, kill: 0.5, operationsMax: 40, incarnations: 14 },
  'storage.overlapping-syncs': { blockingSyncs: 40, syncFailure: 0.2, metaSyncFailure: 0, metaCrash: 0 },
  'storage.failure-noticed-late': { blockingSyncs: 80, syncFailure: 0.1, metaSyncFailure: 0, metaCrash: 0 },
  'storage.sync-retry': { syncFailure: 0.1 },
  // The page count has to cross a multiple of 64 by pages under construction alone.
  'storage.new-table-page-unmarked': {
    syncFailure: 0, metaSyncFailure: 0, metaCrash: 0, operationsMax: 400, incarnations: 12,
    world: { keyCount: 80, valueLengthMax: 300, changesMax: 4, treeCountMax: 6, deletes: 25, creates: 2, drops: 3, builds: 5 },
  },
};

/** Bugs that no crash shows, only damaged bytes. */
const shownByDamage = new Set(['storage.log-cut-in-silence', 'storage.no-seal']);

async function runCrashes(name: string, seed: number, trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) {
    const { failure } = await crashTrial(seed + trial - 1, dwellings[name] ?? {});
    if (failure !== undefined) return trial;
  }
  return undefined;
}

async function runDamage(seed: number, trialsMax: number): Promise<number | undefined> {
  const database = await makeDatabase(seed, false);
  for (let trial = 1; trial <= trialsMax; trial++) {
    const { failure } = await damageTrial(database, seed + trial - 1);
    if (failure !== undefined) return trial;
  }
  return undefined;
}

/** A trial is a turn at which the attachment of a large tree meets a checkpoint. */
async function runEvictedBuild(trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) {
    const failure = await evictedBuildTrial((trial - 1) % 40).catch((error: unknown) => String(error));
    if (failure !== undefined) return trial;
  }
  return undefined;
}

/** A trial is a number of commits before the sync that fails. */
async function runOverlappingLength(trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) if ((await overlappingLengthTrial(trial)) !== undefined) return trial;
  return undefined;
}

async function runRelaxedKill(seed: number, trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) if ((await relaxedKillTrial(seed + trial - 1)) !== undefined) return trial;
  return undefined;
}

async function runSlicedCheck(name: string, seed: number, trialsMax: number): Promise<number | undefined> {
  const run = name === 'storage.check-forgets-pauses' ? movedPageTrial : slicedCheckTrial;
  for (let trial = 1; trial <= trialsMax; trial++) if ((await run(seed + trial - 1)) !== undefined) return trial;
  return undefined;
}

async function runSlicedBuild(seed: number, trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) if ((await slicedBuildTrial(seed + trial - 1).catch((error: unknown) => String(error))) !== undefined) return trial;
  return undefined;
}

async function runSlicedCommit(seed: number, trialsMax: number): Promise<number | undefined> {
  for (let trial = 1; trial <= trialsMax; trial++) if ((await slicedCommitTrial(seed + trial - 1).then(() => undefined, String)) !== undefined) return trial;
  return undefined;
}

function runLeafColumns(seed: number, trialsMax: number): number | undefined {
  for (let trial = 1; trial <= trialsMax; trial++) if (leafColumnsTrial(seed + trial - 1) !== undefined) return trial;
  return undefined;
}

export const storageMutants: readonly MutantRun[] = storageMutantList.map(({ name }) => ({
  name,
  async run(seed, trialsMax) {
    mutants.plant(name);
    try {
      if (name === 'storage.evicted-pages-forgotten') return { killedAtTrial: await runEvictedBuild(Math.min(trialsMax, 40)), by: 'storage/store: large trees are in a checkpoint' };
      if (name === 'storage.length-of-overlapping-sync') return { killedAtTrial: await runOverlappingLength(Math.min(trialsMax, 60)), by: 'storage/store: the length that the log claims' };
      if (name === 'storage.log-written-after-close') return { killedAtTrial: (await closingSealTrial(3)) === undefined ? undefined : 1, by: 'storage/store: a store that is closed writes nothing any more' };
      if (name === 'storage.no-clean-frames') return { killedAtTrial: (await fullDiskTrial(seed)) === undefined ? undefined : 1, by: 'storage/faults.sim: a full disk does not shut down a database' };
      if (name === 'storage.relaxed-unwritten') return { killedAtTrial: await runRelaxedKill(seed, Math.min(trialsMax, 60)), by: "storage/store: 'relaxed' loses nothing in a kill" };
      if (name.startsWith('storage.columns-')) return { killedAtTrial: runLeafColumns(seed, Math.min(trialsMax, 200)), by: 'storage/leaf-columns.prop: what the rows hold' };
      if (name === 'storage.later-slices-public') return { killedAtTrial: await runSlicedBuild(seed, Math.min(trialsMax, 200)), by: 'storage/store: a tree built in slices' };
      if (name === 'storage.capture-within-commit' || name === 'storage.early-sync-of-all-written') return { killedAtTrial: await runSlicedCommit(seed, trialsMax), by: 'mvcc/sliced-commit.prop: whole on the disk' };
      if (name.startsWith('storage.check-forgets')) return { killedAtTrial: await runSlicedCheck(name, seed, Math.min(trialsMax, 200)), by: 'storage/sliced-check: nothing in a sound file' };
      if (shownByDamage.has(name)) return { killedAtTrial: await runDamage(seed, trialsMax), by: 'storage/damage.sim: right or XX001' };
      return { killedAtTrial: await runCrashes(name, seed, trialsMax), by: 'storage/crash.sim: seven lives' };
    } finally {
      mutants.clear();
    }
  },
}));
