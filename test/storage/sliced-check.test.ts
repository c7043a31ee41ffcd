/** The full check gives others their turn: what they change meanwhile is no damage, and damage is found all the same. */
import { expect, test } from 'vitest';
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { RingBytes } from '../../storage/pages/superblock.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { movedPageTrial } from '../sim/moved-page-trial.js';
import { SimTime } from '../sim/sim-time.js';
import { slicedCheckTrial } from '../sim/sliced-check-trial.js';

test('finds nothing in a sound file that others change between its portions', async () => {
  for (let seed = 1; seed <= 12; seed++) expect([seed, await slicedCheckTrial(seed)]).toEqual([seed, undefined]);
});

test('finds nothing when a page that it has met moves behind its place', async () => {
  for (let seed = 1; seed <= 16; seed++) expect([seed, await movedPageTrial(seed)]).toEqual([seed, undefined]);
});

async function storeOf(rowCount: number): Promise<{ disk: CrashVfs; store: Store; pauses: () => number; onPause: (f: () => void) => void }> {
  const disk = new CrashVfs();
  const prng = seededPrng(1);
  const time = new SimTime(prng);
  let nowMs = 0;
  let pauses = 0;
  let then = (): void => undefined;
  const clock = { now: () => time.now(), monotonic: () => (nowMs += 100) };
  const scheduler = {
    yield: async () => {
      pauses++;
      then();
      await time.yield();
    },
    after: time.after.bind(time),
  };
  const store = await Store.open({ vfs: disk, path: 'db', clock, prng, scheduler, pageSizeBytes: 512, cacheBytes: 512 * 10, walReserveBytes: 1024, checkpointIntervalMs: 0 });
  store.reserveLogSync(1 << 18);
  const writer = store.beginCommit(csn(1));
  const tree = writer.createTree(store.newTreeId());
  for (let i = 0; i < rowCount; i++) writer.put(tree, Buffer.from(String(i).padStart(5, '0')), 0, 5, Buffer.from('v'.repeat(i % 97 === 0 ? 900 : 20)), 0, i % 97 === 0 ? 900 : 20);
  await store.flushed(writer.finish());
  await store.checkpoint();
  return { disk, store, pauses: () => pauses, onPause: (f) => void (then = f) };
}

test('a damaged page is reported as by the check in one go, once', async () => {
  const { disk, store, pauses } = await storeOf(3000);
  for (const page of [20, 90, 150]) disk.damage('db', RingBytes + page * 512 + 100, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const before = pauses();
  const sliced = await store.checkInSlices('full');
  expect(pauses() - before).toBeGreaterThan(20);
  expect(sliced).toEqual(store.check('full'));
  expect(sliced.problems.length).toBeGreaterThan(3);
  await store.close();
});

test('a database closed meanwhile ends the check', async () => {
  const { store, onPause } = await storeOf(2000);
  onPause(() => void store.close());
  await expect(store.checkInSlices('full')).rejects.toMatchObject({ code: '57P01' });
});
