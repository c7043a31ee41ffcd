/**
 * The buffer pool: pages in frames, frames cut from a few large slabs, within a budget that is never exceeded.
 *
 * A frame is a small integer. Its bytes are `pageSizeBytes` of slab `frame >>> slabShift`, seen through one `Uint8Array` and one
 * `DataView` per slab; there is no object per page and none per access. Page id to frame goes through an open-addressed Int32Array with
 * linear probing (deletion shifts back, so no tombstones). Pins, flags and versions are typed arrays by frame.
 *
 * Eviction is CLOCK: a clean page is dropped, a dirty one is first written to a fresh slot, which needs no word with the log (see
 * design/storage.md section 2). Loads on behalf of a long scan take their frames from a small ring instead, so that one pass over a big
 * table does not push everything else out.
 *
 * A checkpoint freezes all dirty frames. Who then changes a frozen frame has its bytes copied aside first, into a *shadow* frame that
 * only the checkpoint sees; the live page stays in its frame, so pins and positions held on it stay right.
 *
 * B1  A pinned frame keeps its page: it is never evicted, its bytes never move.
 * B2  The bytes given to `writeFrozenPage` are those at the freeze (storage.md, invariant 9).
 * B3  At most one frame per page id is reachable through the table; shadows are not.
 * B4  frames in use + free = frameCount, and no slab is allocated beyond it; when all are pinned: 53200.
 * B5  `version(frame)` changes with every change of its content or owner.
 * B6  On a full disk clean pages are dropped in place of dirty ones: 53100 only when there are none, so that reads go on.
 *
 * A caller must not keep an unpinned frame number over another `fetch`, `allocate` or `markDirty`: any of them may evict.
 */
import { assert } from '../../base/assert.js';
import { DbError, InternalError } from '../../base/errors.js';
import type { PageId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import { LeafColumns } from './leaf-columns.js';
import { AtKind, AtPageId, NoPage, assertPageSize, corruptPage } from './page.js';
import type { FreezablePool, PageIo } from './page-io.js';

export interface BufferPoolStats {
  readonly frameCount: number;
  readonly residentCount: number;
  readonly dirtyCount: number;
  readonly frozenCount: number;
  /** Pages asked for, and those of them that had to be read. */
  readonly accessCount: number;
  readonly missCount: number;
  readonly evictionCount: number;
  /** Bytes of slabs allocated so far, at most the budget less what columns may take. */
  readonly slabBytes: number;
  /** Bytes allocated for columns of leaves. */
  readonly columnBytes: number;
}

/** Memory outside V8's heap hastens a collection of all that loading the modules has left: with a first slab of 64 MiB opening a file took 35 ms more, with one of 16 MiB 4 more. */
const SlabSizeBytesMax = 4 * 1024 * 1024;
/** A split holds three pages and each may need a shadow; a reader or two hold a leaf. */
const FrameCountMin = 4;
const ScanRingFramesMax = 32;
/** Columns are one run of memory, and places in it are 32-bit integers. */
const ColumnBytesMax = 1 << 30;

const Dirty = 1;
const Referenced = 2;
const Frozen = 4;
const Shadow = 8;

/** Who holds a frame pinned and must see its bytes once more before they change. */
export interface FrameWatcher {
  readonly frame: number;
  /** Its place among the watchers, -1: not one. Kept by the pool. */
  watchedAt: number;
  beforeChange(): void;
}

export class BufferPool implements FreezablePool {
  readonly io: PageIo;
  readonly pageSizeBytes: number;
  readonly frameCount: number;
  /** The second form of leaves, for scans; undefined when there is no room for it. */
  readonly columns: LeafColumns | undefined;
  /** Slab number of a frame = frame >>> slabShift; offset in it = (frame & slabMask) * pageSizeBytes. Grows, never shrinks. */
  readonly slabs: Uint8Array[];
  readonly views: DataView[];
  readonly slabShift: number;
  readonly slabMask: number;
  /** Page in the frame, NoPage when none. Read-only outside. */
  readonly pageIds: Uint32Array;
  /** B5. Read-only outside. */
  readonly versions: Uint32Array;
  readonly #pins: Uint16Array;
  readonly #flags: Uint8Array;
  /** Frame number per bucket, -1 when empty. At most half full. */
  readonly #table: Int32Array;
  readonly #tableMask: number;
  readonly #tableShift: number;
  /** Frames that were used and hold nothing, a stack. */
  readonly #free: Int32Array;
  readonly #ring: Int32Array;
  readonly #watchers: FrameWatcher[] = [];
  #freeCount = 0;
  /** Frames from here on were never used. */
  #framesUsed = 0;
  #clockHand = 0;
  #ringAt = 0;
  #dirtyCount = 0;
  #frozenCount = 0;
  #frozenHand = 0;
  #isFreezing = false;
  /** The last page that was to be written could not be. */
  #lacksRoom = false;
  #accessCount = 0;
  #missCount = 0;
  #evictionCount = 0;

  /** `cacheBytes` bounds slabs and columns, of which these take `columnBytes` at most; at least four frames are kept. All is allocated as it comes into use. */
  constructor(io: PageIo, cacheBytes: number, columnBytes = 0) {
    assertPageSize(io.pageSizeBytes);
    this.io = io;
    this.pageSizeBytes = io.pageSizeBytes;
    const frameCountMax = Math.floor(cacheBytes / io.pageSizeBytes);
    const columns = LeafColumns.make(Math.min(columnBytes, ColumnBytesMax), frameCountMax, io.pageSizeBytes);
    this.columns = columns;
    this.frameCount = Math.max(FrameCountMin, frameCountMax - Math.ceil((columns?.sizeBytes ?? 0) / io.pageSizeBytes));
    assert(this.frameCount <= 0x3fffffff, 'cache too large', cacheBytes);
    let slabFrames = 1;
    this.slabShift = 0;
    while (slabFrames * 2 * io.pageSizeBytes <= SlabSizeBytesMax && slabFrames < this.frameCount) {
      slabFrames *= 2;
      this.slabShift++;
    }
    this.slabMask = slabFrames - 1;
    this.slabs = [];
    this.views = [];
    this.pageIds = new Uint32Array(this.frameCount).fill(NoPage);
    this.versions = new Uint32Array(this.frameCount);
    this.#pins = new Uint16Array(this.frameCount);
    this.#flags = new Uint8Array(this.frameCount);
    let tableBits = 3;
    while (1 << tableBits < this.frameCount * 2) tableBits++;
    this.#table = new Int32Array(1 << tableBits).fill(-1);
    this.#tableMask = (1 << tableBits) - 1;
    this.#tableShift = 32 - tableBits;
    this.#free = new Int32Array(this.frameCount);
    this.#ring = new Int32Array(Math.max(1, Math.min(ScanRingFramesMax, this.frameCount >>> 2))).fill(-1);
  }

  bytesOf(frame: number): Uint8Array {
    return this.slabs[frame >>> this.slabShift]!;
  }
  viewOf(frame: number): DataView {
    return this.views[frame >>> this.slabShift]!;
  }
  baseOf(frame: number): number {
    return (frame & this.slabMask) * this.pageSizeBytes;
  }

  // ------------------------------------------------------------------------------------------------------------------ finding pages

  /** The frame of page `id`, read if it is not resident. Not pinned. @throws DbError 53200, XX001, 58030 */
  fetch(id: number): number {
    this.#accessCount++;
    const table = this.#table;
    const pageIds = this.pageIds;
    let bucket = Math.imul(id, 0x9e3779b1) >>> this.#tableShift;
    for (;;) {
      const frame = table[bucket]!;
      if (frame < 0) return this.#load(id, false);
      if (pageIds[frame] === id) {
        const flags = this.#flags[frame]!;
        if ((flags & Referenced) === 0) this.#flags[frame] = flags | Referenced;
        return frame;
      }
      bucket = (bucket + 1) & this.#tableMask;
    }
  }

  /** A page was used whose frame is known. */
  touch(frame: number): void {
    this.#accessCount++;
    const flags = this.#flags[frame]!;
    if ((flags & Referenced) === 0) this.#flags[frame] = flags | Referenced;
  }

  /** As `fetch`, but a page that has to be read goes into the scan ring. Use it for pages that a long pass touches once. */
  fetchForScan(id: number): number {
    this.#accessCount++;
    const frame = this.find(id);
    return frame >= 0 ? frame : this.#load(id, true);
  }

  /** As `fetch` or `fetchForScan`, looking into frame `guess` first: pages that were loaded one after the other lie side by side. */
  fetchNear(id: number, guess: number, isScan: boolean): number {
    if (guess < this.#framesUsed && this.pageIds[guess] === id) {
      const flags = this.#flags[guess]!;
      // B3: a shadow is of the same page.
      if ((flags & Shadow) === 0 || (mutants.on && mutants.has('storage.shadow-taken-for-page'))) {
        this.#accessCount++;
        if ((flags & Referenced) === 0 && !isScan) this.#flags[guess] = flags | Referenced;
        return guess;
      }
    }
    return isScan ? this.fetchForScan(id) : this.fetch(id);
  }

  /** The frame of page `id` if it is resident, otherwise -1. */
  find(id: number): number {
    const table = this.#table;
    let bucket = Math.imul(id, 0x9e3779b1) >>> this.#tableShift;
    for (;;) {
      const frame = table[bucket]!;
      if (frame < 0 || this.pageIds[frame] === id) return frame;
      bucket = (bucket + 1) & this.#tableMask;
    }
  }

  pin(frame: number): void {
    this.#pins[frame]!++;
    assert(this.#pins[frame]! !== 0, 'too many pins on one frame', frame);
  }
  unpin(frame: number): void {
    assert(this.#pins[frame]! > 0, 'frame is not pinned', frame);
    this.#pins[frame]!--;
  }

  watch(watcher: FrameWatcher): void {
    watcher.watchedAt = this.#watchers.length;
    this.#watchers.push(watcher);
  }
  unwatch(watcher: FrameWatcher): void {
    const last = this.#watchers.pop()!;
    if (last !== watcher) {
      this.#watchers[watcher.watchedAt] = last;
      last.watchedAt = watcher.watchedAt;
    }
    watcher.watchedAt = -1;
  }
  #warnWatchers(frame: number): void {
    if (mutants.on && mutants.has('storage.watchers-not-warned')) return;
    for (const watcher of this.#watchers) if (watcher.frame === frame) watcher.beforeChange();
  }

  /** A new page in a zeroed frame, pinned and dirty. @throws DbError 53200, 54000 */
  allocate(): number {
    const frame = this.#takeFrame(false);
    let id: PageId;
    try {
      id = this.io.allocatePage();
    } catch (error) {
      this.#giveBack(frame);
      throw error;
    }
    this.#fillNew(frame, id);
    this.pin(frame);
    return frame;
  }

  /** A zeroed, pinned, dirty frame for page `id`, which was allocated by the caller and has never been written. */
  adopt(id: PageId): number {
    assert(this.find(id) < 0, 'page is already resident', id);
    const frame = this.#takeFrame(false);
    this.#fillNew(frame, id);
    this.pin(frame);
    return frame;
  }

  /**
   * Frees page `id`; its content is forgotten, unless a checkpoint still has to write it as it was at the freeze. A frame that someone
   * still pins keeps its bytes until unpinned, with a changed version.
   */
  freePage(id: number): void {
    const frame = this.find(id);
    if (frame >= 0) {
      if (this.#pins[frame] !== 0) this.#warnWatchers(frame);
      this.#tableDelete(frame);
      this.versions[frame]!++;
      const flags = this.#flags[frame]!;
      if ((flags & Dirty) !== 0) this.#dirtyCount--;
      if ((flags & Frozen) !== 0) this.#flags[frame] = Frozen | Shadow;
      else this.#giveBack(frame);
    }
    this.io.freePage(id as PageId);
  }

  /** To be called before a frame's bytes are changed, at least once per synchronous change. @throws DbError 53200, 58030 when a shadow is needed */
  markDirty(frame: number): void {
    const flags = this.#flags[frame]!;
    if (this.#pins[frame] !== 0 && this.#watchers.length > 0) this.#warnWatchers(frame);
    if ((flags & (Dirty | Frozen)) !== Dirty) this.#markDirtyFirst(frame, flags);
    this.versions[frame]!++;
  }

  /** The same within one change that takes several slices and is one version of the frame: nobody has seen what it was between them. */
  markDirtyStill(frame: number): void {
    const flags = this.#flags[frame]!;
    if ((flags & (Dirty | Frozen)) !== Dirty) this.#markDirtyFirst(frame, flags);
  }

  #markDirtyFirst(frame: number, flags: number): void {
    if ((flags & Frozen) === 0) {
      this.#flags[frame] = flags | Dirty;
      this.#dirtyCount++;
    } else if (!(mutants.on && mutants.has('storage.frozen-frame-changed-in-place'))) {
      this.pin(frame);
      let shadow: number;
      try {
        shadow = this.#takeFrame(false);
      } finally {
        this.unpin(frame);
      }
      const base = this.baseOf(frame);
      this.bytesOf(shadow).set(this.bytesOf(frame).subarray(base, base + this.pageSizeBytes), this.baseOf(shadow));
      this.pageIds[shadow] = this.pageIds[frame]!;
      this.#flags[shadow] = Frozen | Shadow;
      this.#flags[frame] = flags & ~Frozen;
    }
  }

  /**
   * To be called before a change that may not fail half done. Once a page could not be written, half of the frames are kept clean for such changes and
   * for readers (B6): dirty pages are written until that many are. @throws DbError 53100 when there still is no room for them, 58030 when they cannot be written; nothing is lost
   */
  findRoom(): void {
    if (!this.#lacksRoom || (mutants.on && mutants.has('storage.no-clean-frames'))) return;
    for (let frame = 0; frame < this.#framesUsed && this.#dirtyCount * 2 > this.frameCount; frame++) {
      const flags = this.#flags[frame]!;
      if ((flags & Dirty) === 0) continue;
      if ((flags & Frozen) !== 0) {
        this.#writeFrozenFrame(frame);
        continue;
      }
      this.#writeChanged(frame);
      this.#flags[frame] = flags & ~Dirty;
      this.#dirtyCount--;
    }
  }

  // ------------------------------------------------------------------------------------------------------------------ checkpoint

  freezeDirty(): number {
    assert(!this.#isFreezing, 'a freeze is already under way');
    this.#isFreezing = true;
    this.#frozenHand = 0;
    const flags = this.#flags;
    for (let frame = 0; frame < this.#framesUsed; frame++) {
      if ((flags[frame]! & Dirty) !== 0) {
        flags[frame]! |= Frozen;
        this.#frozenCount++;
      }
    }
    return this.#frozenCount;
  }

  writeFrozen(pageCountMax: number): number {
    assert(this.#isFreezing, 'no freeze is under way');
    let written = 0;
    while (written < pageCountMax && this.#frozenCount > 0) {
      if (this.#frozenHand >= this.#framesUsed) this.#frozenHand = 0;
      const frame = this.#frozenHand;
      if ((this.#flags[frame]! & Frozen) !== 0) {
        this.#writeFrozenFrame(frame);
        written++;
      }
      this.#frozenHand++;
    }
    return this.#frozenCount;
  }

  thaw(): void {
    assert(this.#isFreezing, 'no freeze is under way');
    assert(this.#frozenCount === 0, 'frozen pages were not written', this.#frozenCount);
    this.#isFreezing = false;
  }

  abandonFreeze(): void {
    assert(this.#isFreezing, 'no freeze is under way');
    this.#isFreezing = false;
    for (let frame = 0; frame < this.#framesUsed; frame++) {
      const flags = this.#flags[frame]!;
      if ((flags & Shadow) !== 0) this.#giveBack(frame);
      else if ((flags & Frozen) !== 0) this.#flags[frame] = flags & ~Frozen;
    }
    this.#frozenCount = 0;
  }

  /** Afterwards a live frame is clean and a shadow frame is free. On an error nothing has changed. */
  #writeFrozenFrame(frame: number): void {
    const flags = this.#flags[frame]!;
    const isCurrent = (flags & Shadow) === 0 || (mutants.on && mutants.has('storage.shadow-written-as-current'));
    this.#lacksRoom = true;
    this.io.writeFrozenPage(this.pageIds[frame]! as PageId, this.bytesOf(frame), this.baseOf(frame), isCurrent);
    this.#lacksRoom = false;
    this.#frozenCount--;
    if ((flags & Shadow) === 0) {
      this.#dirtyCount--;
      this.#flags[frame] = flags & ~(Frozen | Dirty);
    } else {
      this.#giveBack(frame);
    }
  }

  // ------------------------------------------------------------------------------------------------------------------ frames

  #load(id: number, isScan: boolean): number {
    const frame = this.#takeFrame(isScan);
    const bytes = this.bytesOf(frame);
    const base = this.baseOf(frame);
    try {
      this.io.readPage(id as PageId, bytes, base);
      const view = this.viewOf(frame);
      if (view.getUint32(base + AtPageId, true) !== id || bytes[base + AtKind] === 0) throw corruptPage('a different page was found', id, 0);
    } catch (error) {
      this.#giveBack(frame);
      throw error;
    }
    this.#missCount++;
    this.pageIds[frame] = id;
    this.#flags[frame] = isScan ? 0 : Referenced;
    this.versions[frame]!++;
    this.#tableInsert(frame);
    if (isScan) {
      this.#ring[this.#ringAt] = frame;
      this.#ringAt = (this.#ringAt + 1) % this.#ring.length;
    }
    return frame;
  }

  #fillNew(frame: number, id: PageId): void {
    const base = this.baseOf(frame);
    this.bytesOf(frame).fill(0, base, base + this.pageSizeBytes);
    this.pageIds[frame] = id;
    this.#flags[frame] = Dirty | Referenced;
    this.#dirtyCount++;
    this.versions[frame]!++;
    this.#tableInsert(frame);
  }

  /** A frame that holds nothing and is on no list. */
  #takeFrame(isScan: boolean): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    if (this.#framesUsed < this.frameCount) return this.#takeFreshFrame();
    if (isScan) {
      const frame = this.#ring[this.#ringAt]!;
      // Only while nobody else took an interest in the page: otherwise it belongs to the clock.
      if (frame >= 0 && this.#pins[frame] === 0 && this.#flags[frame] === 0 && this.pageIds[frame] !== NoPage) {
        this.#evict(frame);
        return frame;
      }
    }
    return this.#takeByClock();
  }

  #takeFreshFrame(): number {
    const frame = this.#framesUsed;
    if (frame >>> this.slabShift === this.slabs.length) {
      const frames = Math.min(this.slabMask + 1, this.frameCount - frame);
      let buffer: ArrayBuffer;
      try {
        buffer = new ArrayBuffer(frames * this.pageSizeBytes);
      } catch (cause) {
        throw new DbError('53200', 'out of memory for the page cache', { detail: `Failed on a slab of ${frames} pages.`, cause });
      }
      this.slabs.push(new Uint8Array(buffer));
      this.views.push(new DataView(buffer));
    }
    this.#framesUsed++;
    return frame;
  }

  /** B6. @throws DbError 53100 when there is no room for any of the dirty pages and no clean one to drop, 53200 when all are pinned */
  #takeByClock(): number {
    const ignorePins = mutants.on && mutants.has('storage.evicts-pinned');
    let noRoom: DbError | undefined;
    // Two rounds clear every reference bit; a frame not found by then is pinned, or dirty on a full disk.
    for (let steps = this.frameCount * 2; steps >= 0; steps--) {
      const frame = this.#clockHand;
      this.#clockHand = frame + 1 === this.frameCount ? 0 : frame + 1;
      if (this.#pins[frame] !== 0 && !ignorePins) continue;
      const flags = this.#flags[frame]!;
      if ((flags & Referenced) !== 0) {
        this.#flags[frame] = flags & ~Referenced;
        continue;
      }
      if (noRoom !== undefined && (flags & (Dirty | Frozen)) !== 0) continue;
      // A page freed while it was pinned: nobody has it any more.
      if (this.pageIds[frame] === NoPage) return frame;
      noRoom = this.#evictIfRoom(frame);
      if (noRoom === undefined) return frame;
    }
    throw noRoom ?? new DbError('53200', 'all pages of the page cache are in use', { hint: 'Increase cacheBytes.' });
  }

  /** Evicts, and returns nothing; or the error that says that the disk has no room for the page, which is still there. */
  #evictIfRoom(frame: number): DbError | undefined {
    try {
      this.#evict(frame);
    } catch (error) {
      if (!(error instanceof DbError && error.code === '53100')) throw error;
      return error;
    }
    return undefined;
  }

  /** Empties an unpinned frame, writing it first when it is dirty. On an error the page is still there. */
  #evict(frame: number): void {
    const flags = this.#flags[frame]!;
    if ((flags & Frozen) !== 0) {
      this.#writeFrozenFrame(frame);
      if ((flags & Shadow) !== 0) {
        // #writeFrozenFrame put it on the free list.
        this.#freeCount--;
        return;
      }
    } else if ((flags & Dirty) !== 0) {
      if (!(mutants.on && mutants.has('storage.eviction-drops-dirty'))) {
        this.#writeChanged(frame);
      }
      this.#dirtyCount--;
    }
    this.#tableDelete(frame);
    this.pageIds[frame] = NoPage;
    this.#flags[frame] = 0;
    this.versions[frame]!++;
    this.#evictionCount++;
  }

  #writeChanged(frame: number): void {
    this.#lacksRoom = true;
    this.io.writePage(this.pageIds[frame]! as PageId, this.bytesOf(frame), this.baseOf(frame));
    this.#lacksRoom = false;
  }

  /** Puts a frame that is not in the table on the free list, or leaves it to the clock while someone still pins it. */
  #giveBack(frame: number): void {
    this.pageIds[frame] = NoPage;
    this.#flags[frame] = 0;
    this.versions[frame]!++;
    if (this.#pins[frame] === 0) this.#free[this.#freeCount++] = frame;
  }

  #tableInsert(frame: number): void {
    let bucket = Math.imul(this.pageIds[frame]!, 0x9e3779b1) >>> this.#tableShift;
    while (this.#table[bucket]! >= 0) bucket = (bucket + 1) & this.#tableMask;
    this.#table[bucket] = frame;
  }

  #tableDelete(frame: number): void {
    const table = this.#table;
    const mask = this.#tableMask;
    let hole = Math.imul(this.pageIds[frame]!, 0x9e3779b1) >>> this.#tableShift;
    while (table[hole] !== frame) {
      if (table[hole]! < 0) throw new InternalError('resident page is missing from the page map');
      hole = (hole + 1) & mask;
    }
    // Shift back every follower whose home is not between the hole and itself.
    let bucket = hole;
    for (;;) {
      bucket = (bucket + 1) & mask;
      const next = table[bucket]!;
      if (next < 0) break;
      const home = Math.imul(this.pageIds[next]!, 0x9e3779b1) >>> this.#tableShift;
      if (((bucket - home) & mask) >= ((bucket - hole) & mask)) {
        table[hole] = next;
        hole = bucket;
      }
    }
    table[hole] = -1;
  }

  // ------------------------------------------------------------------------------------------------------------------ inspection

  stats(): BufferPoolStats {
    let residentCount = 0;
    for (let frame = 0; frame < this.#framesUsed; frame++) if (this.pageIds[frame] !== NoPage) residentCount++;
    let slabBytes = 0;
    for (const slab of this.slabs) slabBytes += slab.length;
    return {
      frameCount: this.frameCount,
      residentCount,
      dirtyCount: this.#dirtyCount,
      frozenCount: this.#frozenCount,
      accessCount: this.#accessCount,
      missCount: this.#missCount,
      evictionCount: this.#evictionCount,
      slabBytes,
      columnBytes: this.columns?.memory.u8.length ?? 0,
    };
  }

  isDirty(frame: number): boolean {
    return (this.#flags[frame]! & Dirty) !== 0;
  }
  /** Sum of all pins: zero between operations unless a LeafRef is held. For tests and leak checks. */
  pinCount(): number {
    let sum = 0;
    for (const pins of this.#pins) sum += pins;
    return sum;
  }

  /** O(frames). @throws InternalError when B3 or B4 does not hold. For tests, under VERIFY. */
  checkFrames(): void {
    let mapped = 0;
    for (const frame of this.#table) {
      if (frame < 0) continue;
      mapped++;
      assert(this.find(this.pageIds[frame]!) === frame, 'page map does not find its own frame', frame);
      assert((this.#flags[frame]! & Shadow) === 0, 'a shadow is reachable', frame);
    }
    let shadows = 0;
    let orphans = 0;
    let dirty = 0;
    let frozen = 0;
    for (let frame = 0; frame < this.#framesUsed; frame++) {
      const flags = this.#flags[frame]!;
      if ((flags & Shadow) !== 0) shadows++;
      else if (this.pageIds[frame] === NoPage && this.#free.subarray(0, this.#freeCount).indexOf(frame) < 0) orphans++;
      if ((flags & Dirty) !== 0) dirty++;
      if ((flags & Frozen) !== 0) frozen++;
    }
    assert(mapped + shadows + orphans + this.#freeCount === this.#framesUsed, 'frames got lost', mapped, shadows, orphans, this.#freeCount);
    assert(dirty === this.#dirtyCount, 'dirty frames miscounted', dirty, this.#dirtyCount);
    assert(frozen === this.#frozenCount, 'frozen frames miscounted', frozen, this.#frozenCount);
  }
}
