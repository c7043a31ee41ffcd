/**
 * With relaxed durability the process is killed right after a commit has been acknowledged, by `flushed` or by `flushSync`, also while checkpoints begin new segments: all that were
 * acknowledged are there again.
 */
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { readTree } from './storage-world.js';

const CommitsMax = 40;

/** What is wrong, or undefined. */
export async function relaxedKillTrial(seed: number): Promise<string | undefined> {
  const prng = seededPrng(seed);
  const disk = new CrashVfs();
  const time = new SimTime(prng);
  const options = { vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 60, walReserveBytes: 1024, checkpointIntervalMs: 0 };
  const store = await Store.open({ ...options, durability: 'relaxed' });
  const tree = store.newTreeId();
  const commits = 1 + prng.below(CommitsMax);
  for (let i = 1; i <= commits; i++) {
    if (prng.below(4) === 0) store.checkpoint().catch(() => undefined);
    store.reserveLogSync(200);
    const writer = store.beginCommit(csn(i));
    const key = Buffer.from(`k${i}`);
    writer.put(i === 1 ? writer.createTree(tree) : store.tree(tree), key, 0, key.length, key, 0, key.length);
    const end = writer.finish();
    if (prng.below(2) === 0) store.flushSync();
    else await store.flushed(end);
    if (!store.isFlushed(end)) return `commit ${i} is acknowledged and not flushed`;
    if (prng.below(3) === 0) time.advance(prng.below(1500));
  }
  disk.kill();
  const again = await Store.open(options);
  const found = readTree(again, tree).size;
  await again.close();
  return found === commits ? undefined : `${found} of ${commits} commits`;
}
