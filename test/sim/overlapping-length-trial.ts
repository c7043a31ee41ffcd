/**
 * A sync of the log runs in the background and fails; before anybody hears of it two blocking flushes come in between, then power is lost. What the
 * log says it was long must not be more than what survived: zeros written ahead of the records went with the sync that failed. `commits`: how
 * many there were before, which decides whether such zeros were on their way.
 */
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { syncedLog } from './crash-trial.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { readTree } from './storage-world.js';

const value = Buffer.alloc(100, 'v');

function openStore(disk: CrashVfs): Promise<Store> {
  const { canWriteThrough, ...log } = syncedLog;
  disk.canWriteThrough = canWriteThrough;
  const prng = seededPrng(1);
  const time = new SimTime(prng);
  return Store.open({ vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 60, walReserveBytes: 8192, checkpointIntervalMs: 0, ...log });
}

/** What is wrong afterwards, or undefined. */
export async function overlappingLengthTrial(commits: number): Promise<string | undefined> {
  const disk = new CrashVfs();
  const store = await openStore(disk);
  const tree = store.newTreeId();
  let last = 0;
  const commit = (): ReturnType<typeof store.flushed> => {
    store.reserveLogSync(200);
    const writer = store.beginCommit(csn(++last));
    const key = Buffer.from(`k${last}`);
    writer.put(last === 1 ? writer.createTree(tree) : store.tree(tree), key, 0, key.length, value, 0, value.length);
    return store.flushed(writer.finish());
  };
  for (let i = 0; i < commits; i++) await commit();

  let image: CrashVfs | undefined;
  let acknowledged = 0;
  disk.hooks.failsSync = () => {
    delete disk.hooks.failsSync;
    // The disk has failed, and nobody knows yet.
    queueMicrotask(() => {
      for (let i = 0; i < 2; i++) {
        commit().catch(() => undefined);
        store.flushSync();
        acknowledged = last;
      }
      image = disk.powerCut(seededPrng(commits), 0);
    });
    return true;
  };
  // Two at a time are synced in the background.
  await Promise.allSettled([commit(), commit()]);
  for (let i = 0; i < 20 && image === undefined; i++) await Promise.resolve();
  disk.kill();
  if (image === undefined) return 'nothing was synced in the background';
  try {
    const again = await openStore(image);
    const found = readTree(again, tree).size;
    await again.close();
    return found < acknowledged ? `${found} of ${acknowledged} commits` : undefined;
  } catch (error) {
    return String(error);
  }
}
