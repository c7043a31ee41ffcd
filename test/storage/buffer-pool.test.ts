/** The buffer pool alone: budget, eviction, the scan ring, freezes, failures of the disk. Pages are raw here, only their ids matter. */
import { expect, test } from 'vitest';
import type { DbError } from '../../base/errors.js';
import type { PageId } from '../../base/ids.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { AtKind, AtPageId } from '../../storage/pages/page.js';
import { MapPageIo } from './map-page-io.js';

const at = 300;

/** A new page with one byte of content, unpinned. */
function newPage(pool: BufferPool, content: number): number {
  const frame = pool.allocate();
  const id = pool.pageIds[frame]!;
  pool.bytesOf(frame)[pool.baseOf(frame) + AtKind] = 2;
  pool.viewOf(frame).setUint32(pool.baseOf(frame) + AtPageId, id, true);
  pool.bytesOf(frame)[pool.baseOf(frame) + at] = content;
  pool.unpin(frame);
  return id;
}
function read(pool: BufferPool, id: number): number {
  const frame = pool.fetch(id);
  return pool.bytesOf(frame)[pool.baseOf(frame) + at]!;
}
function write(pool: BufferPool, id: number, content: number): void {
  const frame = pool.fetch(id);
  pool.markDirty(frame);
  pool.bytesOf(frame)[pool.baseOf(frame) + at] = content;
}
function code(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return (error as DbError).code;
  }
  return 'no error';
}

test('many more pages than frames: all are read back and the budget holds', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 10 * 512 + 100);
  expect(pool.frameCount).toBe(10);
  const ids = Array.from({ length: 500 }, (_, i) => newPage(pool, i & 255));
  for (let round = 0; round < 3; round++) ids.forEach((id, i) => expect(read(pool, id)).toBe(i & 255));
  expect(pool.stats()).toMatchObject({ frameCount: 10, residentCount: 10, slabBytes: 5120 });
  pool.checkFrames();
});

test('slabs are allocated as they come into use', () => {
  const pool = new BufferPool(new MapPageIo(8192), 1024 * 1024 * 1024);
  expect(pool.stats().slabBytes).toBe(0);
  newPage(pool, 1);
  expect(pool.stats().slabBytes).toBe(4 * 1024 * 1024);
});

test('a clean page is dropped, a dirty one is written first', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 4 * 512);
  const ids = [1, 2, 3, 4].map((n) => newPage(pool, n));
  expect(io.writeCount).toBe(0);
  const more = [5, 6, 7, 8].map((n) => newPage(pool, n));
  expect(io.writeCount).toBe(4);
  ids.forEach((id) => read(pool, id));
  expect(io.writeCount).toBe(8);
  more.forEach((id) => read(pool, id));
  expect(io.writeCount).toBe(8);
});

test('when every frame is pinned there is an error, and the pool works on afterwards', () => {
  const pool = new BufferPool(new MapPageIo(), 4 * 512);
  const ids = Array.from({ length: 6 }, (_, i) => newPage(pool, i));
  const frames = ids.slice(0, 4).map((id) => {
    const frame = pool.fetch(id);
    pool.pin(frame);
    return frame;
  });
  expect(code(() => pool.fetch(ids[4]!))).toBe('53200');
  expect(code(() => pool.allocate())).toBe('53200');
  pool.unpin(frames[2]!);
  expect(read(pool, ids[4]!)).toBe(4);
  expect(read(pool, ids[5]!)).toBe(5);
  expect(read(pool, ids[0]!)).toBe(0);
  pool.checkFrames();
});

test('a scan of many pages leaves the pages in use where they are', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 64 * 512);
  const big = Array.from({ length: 1000 }, (_, i) => newPage(pool, i & 255));
  const hot = Array.from({ length: 40 }, (_, i) => newPage(pool, i));
  for (let i = 0; i < 3; i++) hot.forEach((id) => read(pool, id));
  for (const id of big) pool.fetchForScan(id);
  const missesBefore = pool.stats().missCount;
  hot.forEach((id) => read(pool, id));
  expect(pool.stats().missCount - missesBefore).toBe(0);
  // The same pass without the ring throws all of them out.
  for (const id of big) pool.fetch(id);
  hot.forEach((id) => read(pool, id));
  expect(pool.stats().missCount - missesBefore).toBeGreaterThan(1030);
});

test('a checkpoint writes the state at the freeze, whatever is changed, evicted, freed or added meanwhile', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 6 * 512);
  const [changed, untouched, freed, evicted] = [1, 2, 3, 4].map((n) => newPage(pool, n)) as [number, number, number, number];
  io.beginFreeze();
  expect(pool.freezeDirty()).toBe(4);
  write(pool, changed, 101);
  write(pool, changed, 102);
  pool.freePage(freed);
  write(pool, evicted, 104);
  const added = Array.from({ length: 8 }, (_, i) => newPage(pool, 50 + i));
  pool.checkFrames();
  while (pool.writeFrozen(1) > 0);
  pool.thaw();
  const table = io.endFreeze();
  const content = (id: number): number | undefined => table.get(id)?.[at];
  expect([changed, untouched, freed, evicted].map(content)).toEqual([1, 2, 3, 4]);
  expect([changed, untouched, evicted, ...added].map((id) => read(pool, id))).toEqual([102, 2, 104, 50, 51, 52, 53, 54, 55, 56, 57]);
  pool.checkFrames();
});

test('an abandoned freeze leaves everything dirty that was not written', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 8 * 512);
  const ids = [1, 2, 3, 4].map((n) => newPage(pool, n));
  io.beginFreeze();
  pool.freezeDirty();
  write(pool, ids[0]!, 9);
  io.writesLeft = 1;
  expect(code(() => pool.writeFrozen(10))).toBe('53100');
  pool.abandonFreeze();
  io.endFreeze();
  io.writesLeft = Infinity;
  expect(pool.stats()).toMatchObject({ dirtyCount: 3, frozenCount: 0 });
  pool.checkFrames();
  io.beginFreeze();
  expect(pool.freezeDirty()).toBe(3);
  while (pool.writeFrozen(10) > 0);
  pool.thaw();
  expect(ids.map((id) => io.pages.get(id)![at])).toEqual([9, 2, 3, 4]);
});

test('a full disk during eviction is an error, and the page is still there', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 4 * 512);
  const ids = [1, 2, 3, 4].map((n) => newPage(pool, n));
  io.writesLeft = 0;
  expect(code(() => newPage(pool, 5))).toBe('53100');
  expect(ids.map((id) => read(pool, id))).toEqual([1, 2, 3, 4]);
  io.writesLeft = Infinity;
  newPage(pool, 5);
  expect(ids.map((id) => read(pool, id))).toEqual([1, 2, 3, 4]);
  pool.checkFrames();
});

test.each(['dirty', 'frozen'])('on a full disk clean pages go in place of %s ones, and reads go on', (state) => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 8 * 512);
  const ids = Array.from({ length: 40 }, (_, i) => newPage(pool, i));
  ids.slice(0, 7).forEach((id) => write(pool, id, 100));
  ids.slice(32).forEach((id) => read(pool, id));
  ids.slice(0, 7).forEach((id) => write(pool, id, 101));
  read(pool, ids[39]!);
  if (state === 'frozen') {
    io.beginFreeze();
    expect(pool.freezeDirty()).toBe(7);
  }
  io.writesLeft = 0;
  for (const [i, id] of ids.entries()) expect(read(pool, id)).toBe(i < 7 ? 101 : i);
  expect(pool.stats()).toMatchObject({ dirtyCount: 7, residentCount: 8 });
  pool.checkFrames();
  write(pool, ids[39]!, 139);
  expect(code(() => read(pool, ids[20]!))).toBe('53100');
  io.writesLeft = Infinity;
  expect(read(pool, ids[20]!)).toBe(20);
  expect(read(pool, ids[39]!)).toBe(139);
  pool.checkFrames();
});

test('once a page could not be written, changes find half of the frames clean or are refused', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 8 * 512);
  const ids = Array.from({ length: 8 }, (_, i) => newPage(pool, i));
  // Nothing has failed yet: pages are written when frames are needed.
  pool.findRoom();
  expect(io.writeCount).toBe(0);
  io.writesLeft = 0;
  expect(code(() => newPage(pool, 9))).toBe('53100');
  expect(code(() => pool.findRoom())).toBe('53100');
  io.writesLeft = 3;
  expect(code(() => pool.findRoom())).toBe('53100');
  expect(pool.stats()).toMatchObject({ dirtyCount: 5, residentCount: 8 });
  // Those frozen count as written for the checkpoint.
  io.beginFreeze();
  expect(pool.freezeDirty()).toBe(5);
  io.writesLeft = Infinity;
  pool.findRoom();
  expect(pool.stats()).toMatchObject({ dirtyCount: 4, frozenCount: 4, residentCount: 8 });
  pool.checkFrames();
  while (pool.writeFrozen(10) > 0);
  pool.thaw();
  expect([...io.endFreeze().values()].map((page) => page[at])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(ids.map((id) => read(pool, id))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  ids.forEach((id) => write(pool, id, 50));
  pool.findRoom();
  expect(pool.stats()).toMatchObject({ dirtyCount: 8 });
});

test('a page that says it is another one is corruption', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 4 * 512);
  const ids = Array.from({ length: 9 }, (_, i) => newPage(pool, i));
  io.pages.set(ids[0]!, io.pages.get(ids[1]!)!);
  expect(code(() => pool.fetch(ids[0]!))).toBe('XX001');
  expect(read(pool, ids[1]!)).toBe(1);
  pool.checkFrames();
});

test('a page freed while pinned keeps its bytes until unpinned, with a changed version', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 4 * 512);
  const id = newPage(pool, 77);
  const frame = pool.fetch(id);
  pool.pin(frame);
  const version = pool.versions[frame]!;
  pool.freePage(id);
  expect(pool.versions[frame]).not.toBe(version);
  for (let i = 0; i < 20; i++) newPage(pool, i);
  expect(pool.bytesOf(frame)[pool.baseOf(frame) + at]).toBe(77);
  pool.unpin(frame);
  for (let i = 0; i < 20; i++) newPage(pool, i);
  expect(pool.bytesOf(frame)[pool.baseOf(frame) + at]).not.toBe(77);
  pool.checkFrames();
});

test('the map finds every page through many collisions and deletions', () => {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 200 * 512);
  const live = new Map<number, number>();
  for (let i = 0; i < 5000; i++) {
    if (i % 3 === 2) {
      const id = [...live.keys()][(i * 7) % live.size]!;
      pool.freePage(id as PageId);
      live.delete(id);
    } else live.set(newPage(pool, i & 255), i & 255);
    if (i % 500 === 0) pool.checkFrames();
  }
  for (const [id, content] of live) expect(read(pool, id)).toBe(content);
});
