/**
 * A large tree is attached while a checkpoint is under way and a small pool evicts whatever it holds. The commit that attaches it must
 * find its pages in a checkpoint, also when none of them is in the pool any more. `turns`: how far the first checkpoint has come.
 */
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import { buildFrom, readTree } from './storage-world.js';

const entryCount = 60;
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function openStore(disk: CrashVfs, cacheFrames: number): Promise<Store> {
  const prng = seededPrng(1);
  const time = new SimTime(prng);
  return Store.open({ vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * cacheFrames, walReserveBytes: 1024, checkpointIntervalMs: 0, buildLogBytesMax: 0 });
}

/** What is wrong afterwards, or undefined. @throws DbError when the file does not open again */
export async function evictedBuildTrial(turns: number): Promise<string | undefined> {
  const disk = new CrashVfs();
  const store = await openStore(disk, 10);
  const keys = Array.from({ length: entryCount }, (_, i) => `k${String(i).padStart(3, '0')}`);
  store.reserveLogSync(1 << 14);
  const first = store.beginCommit(csn(1));
  const big = first.createTree(store.newTreeId());
  for (const key of keys) first.put(big, bytes(key), 0, key.length, bytes('x'.repeat(60)), 0, 60);
  await store.flushed(first.finish());

  const built = buildFrom(store, store.newTreeId(), keys.map((key) => [key, 'y'.repeat(30)] as const), 2);
  const underWay = store.checkpoint();
  for (let i = 0; i < turns; i++) await Promise.resolve();
  const prepared = store.prepareAttach(built);
  // Each page of the big tree takes the place of another.
  const ref = new LeafRef();
  for (const key of keys) big.seek(bytes(key), key.length, ref);
  ref.release();
  await underWay;
  await prepared;
  const second = store.beginCommit(csn(2));
  second.attachTree(built);
  await store.flushed(second.finish());

  disk.kill();
  const again = await openStore(disk, 32);
  const found = readTree(again, built.id).size;
  const { problems } = again.check('full');
  await again.close();
  if (found !== entryCount) return `${found} of ${entryCount} entries after ${turns} turns`;
  return problems[0]?.message;
}
