/**
 * A tree is built in slices, of which each is followed by what others do meanwhile: commits, checkpoints, evictions, other builds. Then it is attached, given up in the
 * middle, or the machine stops. Afterwards the file holds exactly the trees that were attached, and no page without one.
 */
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { entriesOf, readTree } from './storage-world.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const givenUp = new Error('given up');

function openStore(disk: CrashVfs, seed: number): Promise<Store> {
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  return Store.open({ vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 24, walReserveBytes: 1024, checkpointIntervalMs: 0, buildLogBytesMax: seed % 2 === 0 ? 0 : 1 << 20 });
}

/** What is wrong afterwards, or undefined. @throws DbError when the file does not open again */
export async function slicedBuildTrial(seed: number): Promise<string | undefined> {
  const prng = seededPrng(seed);
  const disk = new CrashVfs();
  const store = await openStore(disk, seed);
  let n = 0;
  let commitCount = 0;
  const underWay: Promise<unknown>[] = [];
  const commit = (): void => {
    const key = `c${String(commitCount++).padStart(4, '0')}`;
    store.reserveLogSync(4096);
    const writer = store.beginCommit(csn(++n));
    if (commitCount === 1) writer.createTree(other);
    writer.put(store.tree(other), bytes(key), 0, key.length, bytes('v'.repeat(40)), 0, 40);
    underWay.push(store.flushed(writer.finish()));
  };
  const other = treeId(store.newTreeId());
  commit();
  const entryCount = 40 + prng.below(400);
  const entries = Array.from({ length: entryCount }, (_, i) => [`k${String(i).padStart(4, '0')}`, 'y'.repeat(prng.below(40))] as const);
  const fate = (['attached', 'given up', 'stopped'] as const)[prng.below(3)]!;
  let slicesLeft = fate === 'attached' ? Infinity : 1 + prng.below(12);
  const pause = async (): Promise<void> => {
    for (let i = prng.below(4); i > 0; i--) commit();
    if (prng.below(3) === 0) underWay.push(store.checkpoint());
    for (let i = prng.below(6); i > 0; i--) await Promise.resolve();
    if (prng.below(3) === 0) await Promise.all(underWay);
    if (--slicesLeft <= 0) throw givenUp;
  };
  const id = treeId(store.newTreeId());
  let isAttached = false;
  try {
    const built = await store.buildTreeSliced(id, entriesOf(entries), csn(n), pause, 1 + prng.below(60));
    await store.prepareAttach(built);
    store.reserveLogSync(built.logBytes + 4096);
    const writer = store.beginCommit(csn(++n));
    writer.attachTree(built);
    underWay.push(store.flushed(writer.finish()));
    isAttached = true;
  } catch (error) {
    if (error !== givenUp) throw error;
  }
  await Promise.all(underWay);
  if (fate === 'given up') await store.checkpoint();
  const live = store.check('full').problems[0];
  if (live !== undefined) return `before the end: ${live.message}`;
  disk.kill();
  const again = await openStore(disk, seed);
  const { problems } = again.check('full');
  const found = again.hasTree(id) ? readTree(again, id).size : -1;
  const kept = readTree(again, other).size;
  await again.close();
  if (problems.length > 0) return problems[0]!.message;
  if (found !== (isAttached ? entryCount : -1)) return `${found} of ${entryCount} entries, ${fate}`;
  return kept === commitCount ? undefined : `${kept} of ${commitCount} commits`;
}
