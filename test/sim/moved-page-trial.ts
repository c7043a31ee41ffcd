/**
 * The full check in slices, and between two portions of it a page that has been met moves behind the place where it goes on, and stays the page of the same tree: it gives what it has to its
 * left neighbour and takes from its right one. Everything is sound, so the check must find nothing. Random changes hardly ever do that (sliced-check-trial.ts), so here they are made on
 * purpose: leaves of `perLeaf` entries by threes, of which the middle one moves.
 */
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import type { Scheduler } from '../../base/scheduler.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';

const KeyCount = 600;
const value = Buffer.alloc(62, 'v');
const keyOf = (n: number, suffix = ''): Buffer => Buffer.from(`${String(n).padStart(5, '0')}${suffix}`);

/** What is wrong, or undefined. */
export async function movedPageTrial(seed: number): Promise<string | undefined> {
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  let nowMs = 0;
  const clock = { now: () => time.now(), monotonic: () => (nowMs += 100) };
  let between: (() => void) | undefined;
  let pausesLeft = 8 + prng.below(24);
  const scheduler: Scheduler = {
    yield: () => {
      if (between !== undefined && --pausesLeft === 0) between();
      return time.yield();
    },
    after: (ms, fn) => time.after(ms, fn),
  };
  const store = await Store.open({ vfs: new CrashVfs(), path: 'db', clock, prng, scheduler, pageSizeBytes: 512, cacheBytes: 512 * 400, walReserveBytes: 4096, checkpointIntervalMs: 0 });
  try {
    store.reserveLogSync(1 << 19);
    const load = store.beginCommit(csn(1));
    const tree = load.createTree(store.newTreeId());
    for (let n = 0; n < KeyCount; n++) load.put(tree, keyOf(n), 0, 5, value, 0, value.length);
    await store.flushed(load.finish());
    const perLeaf = 4 + prng.below(4);
    const offset = prng.below(3) * perLeaf;
    between = (): void => {
      const writer = store.beginCommit(csn(2));
      const keepLast = (from: number): void => {
        for (let n = from; n < from + perLeaf - 1; n++) writer.delete(tree, keyOf(n), 0, 5);
      };
      for (let left = offset; left + 3 * perLeaf <= KeyCount; left += 3 * perLeaf) {
        const [middle, right] = [left + perLeaf, left + 2 * perLeaf];
        // The middle one takes from the right one, is filled there, and gives to the left one.
        keepLast(middle);
        for (const suffix of ['a', 'b']) writer.put(tree, keyOf(right, suffix), 0, 6, value, 0, value.length);
        keepLast(left);
      }
      writer.finish();
    };
    const { problems } = await store.checkInSlices('full');
    return problems.length === 0 ? undefined : problems.map(({ object, message }) => `${object}: ${message}`).join('; ');
  } finally {
    // Where the check was over before, nothing has moved.
    between = undefined;
    await store.close();
  }
}
