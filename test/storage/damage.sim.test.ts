/** Damaged bytes: the right answer or XX001 with a place, never a wrong answer; and the proofs that tell damage from a torn tail. */
import { describe, expect, it } from 'vitest';
import { setU32 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { segmentNumbers } from '../../storage/log/recovery.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { SegmentHeaderBytes, segmentPath } from '../../storage/log/wal-record.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { damageTrial, makeDatabase } from '../sim/damage-trial.js';
import { SimTime } from '../sim/sim-time.js';

describe('random damage', () => {
  for (const isClosed of [true, false]) {
    it(`to a database that was ${isClosed ? 'closed' : 'killed with a sealed log'}`, async () => {
      let noticed = 0;
      const trials = 2500;
      for (let seed = 1; seed <= trials; seed++) {
        const database = databases.get(`${seed % 5}${isClosed}`) ?? (await makeDatabase(seed % 5, isClosed));
        databases.set(`${seed % 5}${isClosed}`, database);
        const { failure, wasNoticed } = await damageTrial(database, seed);
        expect(failure, `seed ${seed}`).toBeUndefined();
        if (wasNoticed) noticed++;
      }
      // Reach: a good part of the damage hits something that is in use.
      expect(noticed).toBeGreaterThan(trials / 10);
    });
  }
});
const databases = new Map<string, Awaited<ReturnType<typeof makeDatabase>>>();

describe('the end of the log', () => {
  const time = new SimTime(seededPrng(1));
  const options = (disk: CrashVfs): StoreOptions => ({
    vfs: disk,
    path: 'db',
    clock: time,
    prng: seededPrng(2),
    scheduler: time,
    pageSizeBytes: 512,
    cacheBytes: 16384,
    walReserveBytes: 4096,
    checkpointIntervalMs: 0,
  });
  const commit = async (store: Store, n: number): Promise<number> => {
    store.reserveLogSync(100);
    const start = store.appendedLsn;
    const writer = store.beginCommit(csn(n));
    const tree = n === 1 ? writer.createTree(store.newTreeId()) : store.tree(treeId(1));
    writer.put(tree, Uint8Array.of(n), 0, 1, Buffer.from(`value ${n}`), 0, 7);
    await store.flushed(writer.finish());
    return start;
  };
  /** Three batches, killed; returns the disk and where each record begins in the segment. */
  const threeCommits = async (sealed: boolean): Promise<{ disk: CrashVfs; positions: number[] }> => {
    const disk = new CrashVfs();
    const store = await Store.open(options(disk));
    const positions: number[] = [];
    for (let n = 1; n <= 3; n++) positions.push(SegmentHeaderBytes + (await commit(store, n)));
    if (sealed) {
      time.advance(60);
      for (let i = 0; i < 30; i++) await time.yield();
    }
    disk.kill();
    return { disk, positions };
  };
  const log = segmentPath('db', 1);

  it('is torn: an unsealed last batch that is damaged counts as never written', async () => {
    const { disk, positions } = await threeCommits(false);
    disk.damage(log, positions[2]! + 40, Uint8Array.of(99));
    const store = await Store.open(options(disk));
    expect(store.lastCsn).toBe(2);
    await store.close();
  });

  it('is sealed: the same damage is refused, and nothing is changed', async () => {
    const { disk, positions } = await threeCommits(true);
    disk.damage(log, positions[2]! + 40, Uint8Array.of(99));
    const before = disk.readAll('db');
    await expect(Store.open(options(disk))).rejects.toMatchObject({
      code: 'XX001',
      message: `log segment "${log}" is damaged at offset ${positions[2]}`,
      fields: { detail: expect.stringContaining('a later record at offset') as string },
    });
    expect(disk.readAll('db')).toEqual(before);
    expect(segmentNumbers(disk, 'db')).toEqual([1]);
  });

  it('damage before a batch that knew it durable is refused, zeros too', async () => {
    for (const bytes of [Uint8Array.of(99), new Uint8Array(40)]) {
      const { disk, positions } = await threeCommits(false);
      disk.damage(log, positions[0]! + (bytes.length === 1 ? 50 : 0), bytes);
      await expect(Store.open(options(disk))).rejects.toMatchObject({ code: 'XX001', message: expect.stringContaining(`offset ${positions[0]}`) as string });
    }
  });

  it('a missing segment, a foreign one, and one with a damaged header are refused', async () => {
    const { disk } = await threeCommits(true);
    const missing = disk.copy();
    missing.unlink(log);
    await expect(Store.open(options(missing))).rejects.toMatchObject({ code: 'XX001', fields: { detail: expect.stringContaining('missing') as string } });
    const headless = disk.copy();
    headless.damage(log, 20, Uint8Array.of(1, 2, 3));
    await expect(Store.open(options(headless))).rejects.toMatchObject({ code: 'XX001', fields: { detail: expect.stringContaining('header') as string } });
    const other = new CrashVfs();
    const store = await Store.open({ ...options(other), prng: seededPrng(77) });
    await commit(store, 1);
    other.kill();
    const foreign = disk.copy();
    foreign.damage(log, 0, other.readAll(log));
    await expect(Store.open(options(foreign))).rejects.toMatchObject({ code: 'XX001', fields: { detail: expect.stringContaining('another database') as string } });
  });

  it('a damaged newest meta does not bring back an older state', async () => {
    const disk = new CrashVfs();
    let store = await Store.open(options(disk));
    await commit(store, 1);
    await store.close();
    store = await Store.open(options(disk));
    await commit(store, 2);
    disk.kill();
    // Metas: 1 creation, 2 log started, 3 closed, 4 log started again.
    disk.damage('db', 4 * 4096 + 60, Uint8Array.of(0xee));
    await expect(Store.open(options(disk))).rejects.toMatchObject({ code: 'XX001', fields: { detail: expect.stringContaining('newest meta block is damaged') as string } });
  });

  it.each([
    ['an unknown feature', 20, 4, 'newer version'],
    ['an older format', 8, 1, 'older version'],
    ['a newer format', 8, 99, 'newer version'],
  ])('%s is refused by name', async (_, offset, value, message) => {
    const { disk } = await threeCommits(true);
    for (let slot = 0; slot < 8; slot++) {
      const block = disk.readAll('db').slice(slot * 4096, slot * 4096 + 512);
      block[offset] = value;
      setU32(block, 508, crc32(block, 0, 508));
      disk.damage('db', slot * 4096, block);
    }
    await expect(Store.open(options(disk))).rejects.toMatchObject({ code: '0A000', message: expect.stringContaining(message) as string });
  });

  it('a file of format 3, whose checksums were of another polynomial, is refused by name and not as damaged, unless it is', async () => {
    const disk = new CrashVfs();
    const file = disk.open('db', 'create');
    file.write(3 * 4096, metaOfFormat3, 0, metaOfFormat3.length);
    await expect(Store.open(options(disk))).rejects.toMatchObject({ code: '0A000', message: expect.stringContaining('older version') as string });
    disk.damage('db', 3 * 4096 + 57, Uint8Array.of(0xee));
    await expect(Store.open(options(disk))).rejects.toMatchObject({ code: 'XX001', message: expect.stringContaining('damaged') as string });
  });
});

/** A meta block as the last build of format 3 wrote it. */
const metaOfFormat3 = Buffer.alloc(4096);
metaOfFormat3.write(
  '53455249414c54010300000000000000000000000000000000200000010000003d23dedffaafe6a5a69e33e5dc22165203000000000000005003000000000000' +
    '02000000000000000200000001000000080000002882c61b05000000080000000000000005000000',
  'hex',
);
metaOfFormat3.write('464ca61e', 508, 'hex');
