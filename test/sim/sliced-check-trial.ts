/**
 * The full check in slices, with commits, checkpoints, new and dropped trees between any two portions of it. Everything is sound, so it must find nothing;
 * afterwards, with nothing going on, it must say what the check in one go says.
 */
import { seededPrng } from '../../base/prng.js';
import type { Scheduler } from '../../base/scheduler.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { applyCommit, World } from './storage-world.js';

/** What is wrong, or undefined. */
export async function slicedCheckTrial(seed: number): Promise<string | undefined> {
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  let nowMs = 0;
  // Each look at the clock finds the slice used up.
  const clock = { now: () => time.now(), monotonic: () => (nowMs += 100) };
  let between: (() => Promise<void>) | undefined;
  // Other loops of the store give way too, and may be in the middle of this when the check has ended.
  let working = Promise.resolve();
  let isOver = false;
  const scheduler: Scheduler = { yield: async () => (between === undefined ? time.yield() : (working = between())), after: (ms, fn) => time.after(ms, fn) };
  const keyCount = [60, 200, 600][prng.below(3)]!;
  const world = new World({ keyCount, valueLengthMax: [20, 120, 400][prng.below(3)]!, changesMax: 20, treeCountMax: 5, deletes: 15 + prng.below(40), creates: 2, drops: prng.below(3), builds: prng.below(3) });
  const store = await Store.open({ vfs: new CrashVfs(), path: 'db', clock, prng, scheduler, pageSizeBytes: 512, cacheBytes: 512 * 40, walReserveBytes: 4096, checkpointIntervalMs: 0 });
  const commit = async (): Promise<void> => {
    const changes = world.generate(prng, () => store.newTreeId());
    store.reserveLogSync(1 << 15);
    await applyCommit(store, world.commit(changes), changes);
  };
  try {
    for (let i = 0; i < 100; i++) await commit();
    if (prng.below(2) === 0) await store.checkpoint();
    const step = async (): Promise<void> => {
      between = undefined;
      for (let i = prng.below(4); i > 0 && !isOver; i--) await commit();
      if (!isOver && prng.below(10) === 0) await store.checkpoint();
      if (!isOver) between = step;
    };
    between = step;
    const { problems } = await store.checkInSlices('full');
    between = undefined;
    isOver = true;
    await working;
    if (problems.length > 0) return problems.map(({ object, message }) => `${object}: ${message}`).join('; ');
    const calm = JSON.stringify(await store.checkInSlices('full'));
    const atOnce = JSON.stringify(store.check('full'));
    return calm === atOnce ? undefined : `${calm} in slices, ${atOnce} at once`;
  } finally {
    between = undefined;
    isOver = true;
    await working;
    await store.close();
  }
}
