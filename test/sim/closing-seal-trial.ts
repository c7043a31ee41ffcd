/**
 * The timer of the seal fires in the very turn in which a store is being closed: what it appends must not be written any more, for the segment's file is closed by then, and its descriptor's
 * number may be that of the database file.
 */
import { csn } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import type { Scheduler } from '../../base/scheduler.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { readTree } from './storage-world.js';

/** What is wrong, or undefined. `commits`: how many there are before the store is closed. */
export async function closingSealTrial(commits: number): Promise<string | undefined> {
  const disk = new CrashVfs();
  const timers = new Set<() => void>();
  let nowMs = 0;
  const scheduler: Scheduler = {
    async yield() {
      await Promise.resolve();
      if (isClosing) for (const timer of [...timers].filter((one) => timers.delete(one))) timer();
    },
    after(_delayMs, fn) {
      const timer = (): void => fn();
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  let isClosing = false;
  const clock = { now: () => 0, monotonic: () => (nowMs += 60) };
  const options = { vfs: disk, path: 'db', clock, prng: seededPrng(1), scheduler, pageSizeBytes: 512, cacheBytes: 512 * 60, walReserveBytes: 1 << 16, checkpointIntervalMs: 0 };
  const store = await Store.open(options);
  const tree = store.newTreeId();
  for (let i = 1; i <= commits; i++) {
    store.reserveLogSync(200);
    const writer = store.beginCommit(csn(i));
    const key = Buffer.from(`k${i}`);
    writer.put(i === 1 ? writer.createTree(tree) : store.tree(tree), key, 0, key.length, key, 0, key.length);
    await store.flushed(writer.finish());
  }
  isClosing = true;
  await store.close();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  if (disk.usesOfClosed.length > 0) return `after the close: ${disk.usesOfClosed.join(', ')}`;
  const again = await Store.open(options);
  const found = readTree(again, tree).size;
  await again.close();
  return found === commits ? undefined : `${found} of ${commits} commits`;
}
