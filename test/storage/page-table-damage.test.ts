/**
 * A table page of the lowest level that is damaged in a file closed cleanly: opening does not read it, but whoever needs it is told, a change first of all, and
 * then nothing has been changed (T7 of page-table.ts, E2 of page-table-entries.ts).
 */
import { describe, expect, it } from 'vitest';
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { segmentNumbers } from '../../storage/log/recovery.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { readRing, RingBytes } from '../../storage/pages/superblock.js';
import { PageTable } from '../../storage/pages/page-table.js';
import { TablePageReader } from '../../storage/pages/page-table-read.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { SimTime } from '../sim/sim-time.js';

const PageSize = 512;
const keyCount = 4500;
const time = new SimTime(seededPrng(1));
const options = (disk: CrashVfs): StoreOptions => ({
  vfs: disk, path: 'db', clock: time, prng: seededPrng(2), scheduler: time, pageSizeBytes: PageSize, cacheBytes: PageSize * 20, walReserveBytes: 4096, checkpointIntervalMs: 0,
});
const keyOf = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n & 255);

/** A tree of a few hundred pages, closed; with the position of a table page of its own in the middle of the table. */
async function makeClosed(): Promise<{ readonly disk: CrashVfs; readonly tablePageAt: number }> {
  const disk = new CrashVfs();
  const store = await Store.open(options(disk));
  store.reserveLogSync(keyCount * 64);
  const writer = store.beginCommit(csn(1));
  const tree = writer.createTree(store.newTreeId());
  for (let n = 0; n < keyCount; n++) writer.put(tree, keyOf(n), 0, 2, Buffer.from(`value ${n}`.padEnd(20)), 0, 20);
  await store.flushed(writer.finish());
  await store.close();
  const meta = readRing(disk.open('db', 'read'))[0]!;
  const nodes = new TablePageReader(disk.open('db', 'read'), PageSize).readLevels({ depth: meta.tableDepth, slot: meta.tableRootSlot, crc: meta.tableRootCrc, pageCount: meta.pageCount })[0]!;
  expect(nodes.slots.length).toBeGreaterThan(3);
  return { disk: disk.copy(), tablePageAt: RingBytes + (nodes.slots[2]! - 1) * PageSize };
}

/** For each key whether its value was read; any other answer than the value or a damaged page table fails. */
function readAll(store: Store): boolean[] {
  const tree = store.tree(treeId(1));
  const ref = new LeafRef();
  return Array.from({ length: keyCount }, (_, n) => {
    try {
      expect(tree.seek(keyOf(n), 2, ref)).toBe(true);
      const at = ref.valueOffset(ref.slot);
      expect(Buffer.from(ref.u8.subarray(at, at + ref.valueLength(ref.slot))).toString('latin1')).toBe(`value ${n}`.padEnd(20));
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'XX001', message: expect.stringContaining('page table is damaged') as string });
      return false;
    } finally {
      ref.release();
    }
  });
}

describe('a damaged table page of the lowest level', () => {
  it('is told to reads of its pages, each time, and hides no others', async () => {
    const { disk, tablePageAt } = await makeClosed();
    disk.damage('db', tablePageAt + 9, Uint8Array.of(99, 99));
    const store = await Store.open(options(disk));
    const first = readAll(store);
    expect(first.filter((wasRead) => !wasRead).length).toBeGreaterThan(100);
    expect(first.filter((wasRead) => wasRead).length).toBeGreaterThan(100);
    expect(readAll(store)).toEqual(first);
    await store.close();
  });

  it('is told to the first change, before anything is changed', async () => {
    const { disk, tablePageAt } = await makeClosed();
    disk.damage('db', tablePageAt + 9, Uint8Array.of(99, 99));
    const before = disk.readAll('db');
    const store = await Store.open(options(disk));
    const refusal = { code: 'XX001', message: `page table is damaged (file "db", offset ${tablePageAt})`, fields: { detail: 'table page 2 of level 0 has a wrong checksum' } };
    for (let i = 0; i < 2; i++) {
      expect(() => store.reserveLogSync(100)).toThrow(expect.objectContaining(refusal) as Error);
      expect(() => store.reserveLog(100)).toThrow(expect.objectContaining(refusal) as Error);
      expect(() => store.buildTree(store.newTreeId(), { next: () => false } as never, csn(2))).toThrow(expect.objectContaining(refusal) as Error);
    }
    expect(store.poisoned).toBeUndefined();
    await store.checkpoint();
    await store.close();
    expect(disk.readAll('db')).toEqual(before);
    expect(segmentNumbers(disk, 'db')).toEqual([]);
  });

  it('is told once by a check, besides what else is damaged', async () => {
    const { disk, tablePageAt } = await makeClosed();
    disk.damage('db', tablePageAt + 9, Uint8Array.of(99, 99));
    for (const level of ['quick', 'full'] as const) {
      const store = await Store.open(options(disk));
      const { problems } = store.check(level);
      expect(problems.map((problem) => problem.object)).toEqual(['slot', 'page']);
      for (const { message } of problems) expect(message).toContain(`offset ${tablePageAt}`);
      await store.close();
    }
  });

  it('is refused at open when the last close was not clean', async () => {
    const { disk, tablePageAt } = await makeClosed();
    const store = await Store.open(options(disk));
    store.reserveLogSync(100);
    const writer = store.beginCommit(csn(2));
    writer.put(store.tree(treeId(1)), keyOf(0), 0, 2, Buffer.from('new'), 0, 3);
    await store.flushed(writer.finish());
    disk.kill();
    disk.damage('db', tablePageAt + 9, Uint8Array.of(99, 99));
    await expect(Store.open(options(disk))).rejects.toMatchObject({ code: 'XX001', message: expect.stringContaining('page table is damaged') as string });
  });
});

describe('opening a file that was closed cleanly', () => {
  it('reads the table pages of what is read, and the others with the first change', async () => {
    const { disk } = await makeClosed();
    const meta = readRing(disk.open('db', 'read'))[0]!;
    const file = disk.open('db', 'read');
    let bytesRead = 0;
    const read = file.read.bind(file);
    file.read = (position, bytes, offset, length) => {
      bytesRead += length;
      return read(position, bytes, offset, length);
    };
    const table = new PageTable(file, PageSize);
    table.load(meta);
    // The root alone.
    expect(bytesRead).toBe(PageSize);
    table.readPage(meta.directoryRoot as never, new Uint8Array(PageSize), 0);
    expect(bytesRead).toBe(3 * PageSize);
    table.readPage(meta.directoryRoot as never, new Uint8Array(PageSize), 0);
    expect(bytesRead).toBe(4 * PageSize);
    table.complete();
    expect(bytesRead).toBe((4 + Math.ceil(meta.pageCount / 64) - 1) * PageSize);
    table.verify();
  });
});
