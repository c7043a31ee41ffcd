/**
 * The store as mvcc and engine use it, on real files, in memory and on a simulated disk: commits, trees, recovery after a kill, close,
 * durability levels, limits. Crashes have their own files: crash.sim.test.ts, faults.sim.test.ts, kill.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { getU32 } from '../../base/bytes.js';
import { csn, treeId } from '../../base/ids.js';
import type { TreeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { readFull } from '../../storage/files/vfs.js';
import { RecordOffset, RecordType, SegmentHeaderBytes, alignRecord, commitTime, segmentPath } from '../../storage/log/wal-record.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { closingSealTrial } from '../sim/closing-seal-trial.js';
import { evictedBuildTrial } from '../sim/evicted-build-trial.js';
import { overlappingLengthTrial } from '../sim/overlapping-length-trial.js';
import { relaxedKillTrial } from '../sim/relaxed-kill-trial.js';
import { slicedBuildTrial } from '../sim/sliced-build-trial.js';
import { makeTestDirectory, realStore } from '../sim/real-files.js';
import { SimTime } from '../sim/sim-time.js';
import { buildFrom, readTree } from '../sim/storage-world.js';

let directory: ReturnType<typeof makeTestDirectory>;
beforeEach(() => {
  directory = makeTestDirectory();
});
afterEach(() => {
  directory.remove();
});

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function simStore(disk: CrashVfs, options: Partial<StoreOptions> = {}): { options: StoreOptions; time: SimTime } {
  const prng = seededPrng(1);
  const time = new SimTime(prng);
  return { time, options: { vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 16384, walReserveBytes: 1024, checkpointIntervalMs: 0, ...options } };
}

function put(store: Store, n: number, tree: TreeId, entries: Readonly<Record<string, string>>): ReturnType<typeof store.flushed> {
  store.reserveLogSync(4096);
  const writer = store.beginCommit(csn(n));
  const target = store.hasTree(tree) ? store.tree(tree) : writer.createTree(tree);
  for (const [key, value] of Object.entries(entries)) writer.put(target, bytes(key), 0, key.length, bytes(value), 0, value.length);
  return store.flushed(writer.finish());
}

describe('a store on real files', () => {
  it('keeps commits over a clean close, and leaves one file', async () => {
    const path = directory.path('app.db');
    let store = await Store.open(realStore(path));
    const tree = store.newTreeId();
    await put(store, 1, tree, { a: '1', b: '2' });
    await put(store, 2, tree, { a: '3' });
    expect(store.stats().durableLsn).toBe(store.stats().appendedLsn);
    await store.close();
    expect(readdirSync(directory.path('.'))).toEqual(['app.db']);

    store = await Store.open(realStore(path));
    expect(store.lastCsn).toBe(2);
    expect(readTree(store, tree)).toEqual(new Map([['a', '3'], ['b', '2']]));
    expect(store.check('full')).toMatchObject({ treeCount: 1, entryCount: 2, problems: [] });
    expect(store.newTreeId()).toBe(tree + 1);
    await store.close();
  });

  it('is opened once: a second open in the process is refused and does no harm', async () => {
    const path = directory.path('app.db');
    const store = await Store.open(realStore(path));
    await put(store, 1, store.newTreeId(), { a: '1' });
    await expect(Store.open(realStore(path))).rejects.toMatchObject({ code: '55006' });
    await put(store, 2, treeId(1), { a: '2' });
    await store.close();
    const again = await Store.open(realStore(path));
    expect(readTree(again, treeId(1)).get('a')).toBe('2');
    await again.close();
  });

  it('refuses what is not a database, and a missing one when told to', async () => {
    const path = directory.path('app.db');
    writeFileSync(path, 'hello, I am a text file and no database at all');
    await expect(Store.open(realStore(path))).rejects.toMatchObject({ code: 'XX001', message: expect.stringContaining('is not a Serialite database') as string });
    writeFileSync(path, '');
    await expect(Store.open(realStore(path))).rejects.toMatchObject({ code: 'XX001' });
    await expect(Store.open(realStore(directory.path('none.db'), { mustExist: true }))).rejects.toMatchObject({ code: '58P01' });
    await expect(Store.open(realStore(directory.path('.')))).rejects.toMatchObject({ code: expect.stringMatching(/42809|58030/) as string });
    await expect(Store.open(realStore(directory.path('odd.db'), { pageSizeBytes: 1000 }))).rejects.toMatchObject({ code: '22023' });
  });

  it('opens read-only several times at once, after a clean close only', async () => {
    const path = directory.path('app.db');
    const store = await Store.open(realStore(path));
    await put(store, 1, store.newTreeId(), { a: '1' });
    await store.close();
    const sizeBefore = statSync(path).size;
    const reader = await Store.open(realStore(path, { readOnly: true }));
    expect(readTree(reader, treeId(1)).get('a')).toBe('1');
    expect(() => reader.beginCommit(csn(2))).toThrow(expect.objectContaining({ code: '25006' }) as Error);
    await expect(Store.open(realStore(path))).rejects.toMatchObject({ code: '55006' });
    await reader.close();
    expect(statSync(path).size).toBe(sizeBefore);
  });

  it('syncs blocking for the synchronous face', async () => {
    const path = directory.path('app.db');
    const store = await Store.open(realStore(path));
    const published: number[] = [];
    store.onDurable = (lsn) => published.push(lsn);
    const tree = store.newTreeId();
    void put(store, 1, tree, { a: '1' });
    expect(store.isFlushed(store.appendedLsn)).toBe(false);
    store.flushSync();
    expect(store.isFlushed(store.appendedLsn)).toBe(true);
    expect(published).toEqual([store.appendedLsn]);
    await store.close();
  });

  it('groups the commits of many clients into few syncs', async () => {
    const store = await Store.open(realStore(directory.path('app.db')));
    const tree = store.newTreeId();
    await put(store, 1, tree, {});
    let next = 1;
    await Promise.all(
      Array.from({ length: 32 }, async (_, client) => {
        for (let i = 0; i < 10; i++) await put(store, ++next, tree, { [`${client}/${i}`]: 'x' });
      }),
    );
    expect(readTree(store, tree).size).toBe(320);
    expect(store.stats().flushCount).toBeLessThan(60);
    await store.close();
  });

  it('holds a database many times larger than its pool', async () => {
    const path = directory.path('app.db');
    const cacheBytes = 64 * 1024;
    let store = await Store.open(realStore(path, { cacheBytes, pageSizeBytes: 1024 }));
    const tree = store.newTreeId();
    for (let n = 1; n <= 100; n++) {
      const rows = Array.from({ length: 100 }, (_, i) => [`key${((n * 100 + i) * 7919) % 10_000}`, `${n}`.repeat(40)] as const);
      store.reserveLogSync(20_000);
      void put(store, n, tree, Object.fromEntries(rows));
      if (n % 25 === 0) store.flushSync();
    }
    await store.checkpoint();
    expect(store.stats().fileSizeBytes).toBeGreaterThan(10 * cacheBytes);
    expect(store.stats().pool.slabBytes).toBeLessThanOrEqual(cacheBytes);
    const rows = readTree(store, tree);
    expect(rows.size).toBe(10_000);
    await store.close();
    store = await Store.open(realStore(path, { cacheBytes }));
    expect(readTree(store, tree)).toEqual(rows);
    expect(store.check('full').problems).toEqual([]);
    await store.close();
  });

  it('spills to temporary files that have no name', async () => {
    const store = await Store.open(realStore(directory.path('app.db')));
    const temp = store.openTemp();
    temp.write(0, bytes('spilled'), 0, 7);
    expect(readdirSync(directory.path('.'))).toEqual(['app.db']);
    const back = new Uint8Array(7);
    expect(temp.read(0, back, 0, 7)).toBe(7);
    expect(Buffer.from(back).toString()).toBe('spilled');
    temp.close();
    await store.close();
    expect(existsSync(directory.path('app.db'))).toBe(true);
  });
});

describe('a store in memory', () => {
  it('has no log, evicts to memory and forgets at close', async () => {
    const time = new SimTime(seededPrng(1));
    const store = await Store.open({ vfs: new MemoryVfs(), path: ':memory:', clock: time, prng: seededPrng(1), scheduler: time, durability: 'none', pageSizeBytes: 512, cacheBytes: 8192 });
    const tree = store.newTreeId();
    for (let n = 1; n <= 300; n++) {
      await put(store, n, tree, { [`key${n}`]: 'v'.repeat(40) });
      expect(store.isFlushed(store.appendedLsn)).toBe(true);
    }
    expect(store.stats().pool.evictionCount).toBeGreaterThan(0);
    expect(readTree(store, tree).size).toBe(300);
    expect(store.check('full').problems).toEqual([]);
    await store.checkpoint();
    await store.close();
  });
});

describe('trees', () => {
  it('are dropped at once and freed in the background, also over a restart', async () => {
    const disk = new CrashVfs();
    const { options, time } = simStore(disk);
    let store = await Store.open(options);
    const tree = store.newTreeId();
    for (let n = 1; n <= 200; n++) void put(store, n, tree, { [`k${n}`]: 'x'.repeat(60) });
    store.flushSync();
    const pagesBefore = store.stats().pageCount;
    const writer = store.beginCommit(csn(201));
    writer.dropTree(tree);
    await store.flushed(writer.finish());
    expect(store.hasTree(tree)).toBe(false);
    // Killed before the background could free anything much: the log knows, the pages do not.
    disk.kill();
    store = await Store.open(simStore(disk).options);
    for (let i = 0; i < 100; i++) await time.yield();
    expect(store.stats().pageCount).toBeLessThan(pagesBefore / 4);
    expect(store.check('full').problems).toEqual([]);
    await store.checkpoint();
    await store.checkpoint();
    expect(store.stats().slotCount).toBeLessThan(pagesBefore / 2);
    await store.close();
  });

  it('are built privately: invisible, left out of checkpoints, attached or discarded', async () => {
    const disk = new CrashVfs();
    const { options } = simStore(disk);
    const store = await Store.open(options);
    await put(store, 1, store.newTreeId(), { a: '1' });
    const entries = Array.from({ length: 100 }, (_, i) => [`k${String(i).padStart(3, '0')}`, `${i}`] as const);
    const discarded = buildFrom(store, store.newTreeId(), entries, 2);
    const attached = buildFrom(store, store.newTreeId(), entries, 2);
    expect(store.hasTree(attached.id)).toBe(false);
    expect(attached.logBytes).toBeGreaterThan(0);
    await store.checkpoint();
    discarded.discard();
    discarded.discard();
    await store.prepareAttach(attached);
    const writer = store.beginCommit(csn(2));
    writer.attachTree(attached);
    await store.flushed(writer.finish());
    disk.kill();
    const again = await Store.open(simStore(disk).options);
    expect([...readTree(again, attached.id)]).toEqual(entries);
    expect(again.hasTree(discarded.id)).toBe(false);
    expect(again.check('full').problems).toEqual([]);
    await again.close();
  });

  it('that are large go through a checkpoint instead of the log', async () => {
    const disk = new CrashVfs();
    const { options } = simStore(disk, { buildLogBytesMax: 1000 });
    const store = await Store.open(options);
    await put(store, 1, store.newTreeId(), { a: '1' });
    const entries = Array.from({ length: 300 }, (_, i) => [`k${String(i).padStart(3, '0')}`, 'x'.repeat(30)] as const);
    const built = buildFrom(store, store.newTreeId(), entries, 2);
    await store.prepareAttach(built);
    expect(built.logBytes).toBe(0);
    const lsnBefore = store.appendedLsn;
    const writer = store.beginCommit(csn(2));
    writer.attachTree(built);
    await store.flushed(writer.finish());
    expect(store.appendedLsn - lsnBefore).toBeLessThan(100);
    const orphan = buildFrom(store, store.newTreeId(), entries, 3);
    await store.prepareAttach(orphan);
    disk.kill();
    const again = await Store.open(simStore(disk).options);
    expect(readTree(again, built.id).size).toBe(300);
    expect(again.hasTree(orphan.id)).toBe(false);
    for (let i = 0; i < 100; i++) await Promise.resolve();
    await again.close();
    const last = await Store.open(simStore(disk).options);
    expect(last.check('full')).toMatchObject({ treeCount: 2, problems: [] });
    await last.close();
  });

  // The checkpoint was left out when the pool held no dirty page: all had been evicted, no durable table knew of them, and the log named
  // a tree that recovery did not find.
  it('are in a checkpoint also when every page of them was evicted before it', async () => {
    for (let turns = 0; turns < 40; turns++) expect(await evictedBuildTrial(turns)).toBeUndefined();
  });

  it('a tree built in slices is whole or not there, whatever happens between the slices', async () => {
    for (let seed = 1; seed <= 60; seed++) expect(await slicedBuildTrial(seed), `seed ${seed}`).toBeUndefined();
  });
});

describe('commits', () => {
  it('larger than a chunk are one transaction', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk, { walChunkBytes: 300 }).options);
    const tree = store.newTreeId();
    await put(store, 1, tree, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, 'v'.repeat(50)])));
    disk.kill();
    const again = await Store.open(simStore(disk).options);
    expect(again.lastCsn).toBe(1);
    expect(readTree(again, tree).size).toBe(100);
    await again.close();
  });

  it('beyond four megabytes are handed to the file system while they are made', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk, { pageSizeBytes: 8192, cacheBytes: 1 << 26, walReserveBytes: 1 << 20 }).options);
    const tree = store.newTreeId();
    store.reserveLogSync(12 << 20);
    const writer = store.beginCommit(csn(1));
    const target = writer.createTree(tree);
    const value = new Uint8Array(1000).fill(7);
    for (let i = 0; i < 10_000; i++) {
      const key = `key${String(i).padStart(6, '0')}`;
      writer.put(target, bytes(key), 0, key.length, value, 0, value.length);
    }
    await store.flushed(writer.finish());
    expect(store.appendedLsn).toBeGreaterThan(10_000_000);
    disk.kill();
    const again = await Store.open(simStore(disk, { cacheBytes: 1 << 26 }).options);
    expect(readTree(again, tree).size).toBe(10_000);
    await again.close();
  });

  it('say in the log when they were written out', async () => {
    const disk = new CrashVfs();
    const { options, time } = simStore(disk);
    const store = await Store.open(options);
    const start = time.now();
    await put(store, 1, store.newTreeId(), { a: '1' });
    const flushed = put(store, 2, treeId(1), { b: '2' });
    time.advance(10);
    await flushed;
    const log = disk.open(segmentPath('db', 1), 'read');
    const content = new Uint8Array(log.size());
    readFull(log, 0, content, 0, content.length);
    const times: number[] = [];
    for (let at = SegmentHeaderBytes; getU32(content, at) > 0; at += alignRecord(getU32(content, at))) if (content[at + RecordOffset.type] === RecordType.Commit) times.push(commitTime(content, at));
    expect(times.map((at) => at - start)).toEqual([0, 10]);
    await store.close();
  });

  it('outside transactions are logged without a stamp', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk).options);
    const tree = store.newTreeId();
    await put(store, 1, tree, { s: '1' });
    await put(store, 0, tree, { s: '33' });
    expect(store.lastCsn).toBe(1);
    disk.kill();
    const again = await Store.open(simStore(disk).options);
    expect(again.lastCsn).toBe(1);
    expect(readTree(again, tree).get('s')).toBe('33');
    await again.close();
  });

  // A flush that came between a failed sync and the news of it counted zeros as durable that had gone with that sync: the log was called damaged.
  it('claim no length of the log that a failed sync took with it', async () => {
    for (let commits = 1; commits <= 60; commits++) expect(await overlappingLengthTrial(commits)).toBeUndefined();
  });

  // The timer's seal was written after the log had been closed: through the number of its descriptor, into the database file.
  it('a store that is closed writes nothing any more', async () => {
    for (let commits = 1; commits <= 5; commits++) expect(await closingSealTrial(commits)).toBeUndefined();
  });

  it('that throw in the middle poison the store, and reopening brings back what was acknowledged', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk).options);
    const tree = store.newTreeId();
    await put(store, 1, tree, { a: '1' });
    const pending = put(store, 2, tree, { a: '2' });
    pending.catch(() => undefined);
    let poisonedWith: unknown;
    store.onPoison = (error) => (poisonedWith = error);
    const writer = store.beginCommit(csn(3));
    const tooLong = new Uint8Array(400);
    expect(() => writer.put(store.tree(tree), tooLong, 0, 400, tooLong, 0, 1)).toThrow(expect.objectContaining({ code: '58030' }) as Error);
    expect(store.poisoned).toBe(poisonedWith);
    await expect(pending).rejects.toMatchObject({ code: '58030' });
    expect(() => store.tree(tree)).toThrow(store.poisoned);
    expect(() => store.flushSync()).toThrow(store.poisoned);
    await expect(store.flushed(store.appendedLsn)).rejects.toBe(store.poisoned);
    expect(() => store.checkpoint()).toThrow(store.poisoned);
    await store.close();
    const again = await Store.open(simStore(disk).options);
    expect(readTree(again, tree).get('a')).toBe('1');
    await again.close();
  });

  it('left unfinished by a caller that threw never reach the log', async () => {
    const store = await Store.open(simStore(new CrashVfs()).options);
    const tree = store.newTreeId();
    const first = put(store, 1, tree, { a: '1' });
    first.catch(() => undefined);
    store.beginCommit(csn(2)).put(store.tree(tree), bytes('b'), 0, 1, bytes('2'), 0, 1);
    await expect(first).rejects.toMatchObject({ code: '58030' });
    await store.close();
  });
});

describe('durability levels and limits', () => {
  it("'relaxed' acknowledges what is written, survives a kill, and is synced a second later", async () => {
    const disk = new CrashVfs();
    const { options, time } = simStore(disk, { durability: 'relaxed' });
    const store = await Store.open(options);
    const tree = store.newTreeId();
    await put(store, 1, tree, { a: '1' });
    expect(store.isFlushed(store.appendedLsn)).toBe(true);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(store.durableLsn).toBeLessThan(store.appendedLsn);
    time.advance(1500);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(store.durableLsn).toBe(store.appendedLsn);
    await put(store, 2, tree, { a: '2' });
    disk.kill();
    const again = await Store.open(simStore(disk).options);
    expect(readTree(again, tree).get('a')).toBe('2');
    await again.close();
  });

  // A commit was acknowledged as soon as it was in the buffer: a kill took all of those of a turn, which were a thousand where a prepared statement was run in a loop.
  it("'relaxed' loses nothing in a kill, however commits wait", async () => {
    for (let seed = 1; seed <= 60; seed++) expect(await relaxedKillTrial(seed)).toBeUndefined();
  });

  // The checkpoint that was due when the last sync had ended was refused, and what refused it was taken for a failure of the log: 58030 from `close`.
  it('close well when a checkpoint is due', async () => {
    for (const durability of ['relaxed', 'full'] as const) {
      const disk = new CrashVfs();
      const store = await Store.open(simStore(disk, { durability, checkpointWalBytes: 1000, checkpointIntervalMs: 1000 }).options);
      const tree = store.newTreeId();
      for (let n = 1; n <= 40; n++) put(store, n, tree, { [`k${n}`]: 'x'.repeat(60) }).catch(() => undefined);
      await store.close();
      expect(disk.paths()).toEqual(['db']);
      const again = await Store.open(simStore(disk).options);
      expect(readTree(again, tree).size).toBe(40);
      await again.close();
    }
  });

  it('a log at its limit waits for a checkpoint, or is refused where nothing can wait', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk, { walBytesMax: 2000 }).options);
    const tree = store.newTreeId();
    let n = 0;
    while (store.stats().walBytes <= 2000) await put(store, ++n, tree, { a: 'x'.repeat(100) });
    expect(() => store.reserveLogSync(10)).toThrow(expect.objectContaining({ code: '53100' }) as Error);
    await store.reserveLog(10);
    expect(store.stats().walBytes).toBe(0);
    store.reserveLogSync(10);
    await store.close();
  });

  it('checkpoints by themselves when the log has grown', async () => {
    const disk = new CrashVfs();
    const store = await Store.open(simStore(disk, { checkpointWalBytes: 3000, checkpointIntervalMs: 1000 }).options);
    const tree = store.newTreeId();
    for (let n = 1; n <= 200; n++) await put(store, n, tree, { [`k${n % 20}`]: 'x'.repeat(60) });
    expect(store.stats().checkpointCount).toBeGreaterThan(3);
    expect(store.stats().walBytes).toBeLessThan(10_000);
    await store.close();
    expect(disk.paths()).toEqual(['db']);
  });

  it('the file does not grow without end, and shrinks when its content is gone', async () => {
    const disk = new CrashVfs();
    const { options, time } = simStore(disk);
    const store = await Store.open(options);
    const tree = store.newTreeId();
    let n = 0;
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 20; i++) await put(store, ++n, tree, { [`k${i}`]: `${round}`.repeat(50) });
      await store.checkpoint();
    }
    expect(store.stats().slotCount).toBeLessThan(60);
    for (let i = 0; i < 500; i++) await put(store, ++n, tree, { [`big${i}`]: 'x'.repeat(100) });
    await store.checkpoint();
    const grown = disk.sizeOf('db');
    const writer = store.beginCommit(csn(++n));
    writer.dropTree(tree);
    await store.flushed(writer.finish());
    for (let i = 0; i < 300; i++) await time.yield();
    for (let i = 0; i < 4; i++) {
      await put(store, ++n, store.newTreeId(), {});
      await store.checkpoint();
    }
    expect(disk.sizeOf('db')).toBeLessThan(grown / 2);
    expect(store.check('full').problems).toEqual([]);
    await store.close();
  });
});
