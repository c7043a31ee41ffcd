/**
 * Commits on a full disk to a store whose pages do not fit into its cache: each takes effect or is refused (53100) as if it had not been tried, the store can be read all the
 * while, stays open, and goes on when there is room.
 */
import { DbError } from '../../base/errors.js';
import type { TreeId } from '../../base/ids.js';
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { readState } from './storage-world.js';

const Keys = 1000;
const PageBytes = 512;

/** What went wrong, or undefined. */
export async function fullDiskTrial(seed: number): Promise<string | undefined> {
  const disk = new CrashVfs();
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  const store = await Store.open({ vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: PageBytes, cacheBytes: 64 * PageBytes, walReserveBytes: 1024, checkpointIntervalMs: 0 });
  const tree = store.newTreeId();
  let commits = 0;
  const put = async (): Promise<void> => {
    const n = commits + 1;
    await store.reserveLog(500);
    const writer = store.beginCommit(csn(n));
    const target = store.hasTree(tree) ? store.tree(tree) : writer.createTree(tree);
    const key = `k${String((n * 7919) % Keys).padStart(4, '0')}`;
    writer.put(target, Buffer.from(key), 0, key.length, Buffer.alloc(100), 0, 100);
    await store.flushed(writer.finish());
    commits = n;
  };
  while (commits < Keys) await put();
  await store.checkpoint();
  // Leaves room in the log, and for a few of the pages that must make place for others.
  store.reserveLogSync(200_000);
  disk.capacityBytes = disk.usedBytes() + 4 * PageBytes;
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    try {
      await put();
    } catch (error) {
      if (!(error instanceof DbError && error.code === '53100')) return `commit ${commits + 1} ended in ${String(error)}`;
      refused++;
    }
    const size = sizeOf(store, tree);
    if (size !== Keys) return `${String(size)} keys of ${Keys} after commit ${commits}`;
  }
  if (refused === 0) return 'no commit was refused';
  disk.capacityBytes = Infinity;
  for (let i = 0; i < 200; i++) await put();
  const { problems } = store.check('full');
  await store.close();
  return problems[0] === undefined ? undefined : `check: ${JSON.stringify(problems[0])}`;
}

/** How many keys can be read, or why they cannot. */
function sizeOf(store: Store, tree: TreeId): unknown {
  try {
    return readState(store, [tree]).get(tree)!.size;
  } catch (error) {
    return error;
  }
}
