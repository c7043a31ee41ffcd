/**
 * Where every logical page lies in the file, and the checksum its bytes must have.
 *
 * The file after the meta ring is an array of *slots* of one page each, numbered from 1; 0 means nowhere. The table maps page ids to
 * (slot, CRC-32 of the whole page); since the checksum lies outside the page, a lost, stale or misdirected write is noticed, which no
 * checksum inside a page can do. On disk the table is a tree of pages of its own: level 0 holds `pageSize / 8` entries a page, each
 * level above holds the addresses and checksums of the one below, the meta holds the root's. In memory it takes 12 bytes a
 * page.
 *
 *     table page: entry i at 8 i:   slot, u32   |   CRC-32, u32          (all of the page; no header, the parent has its checksum)
 *
 * Nothing that a durable checkpoint references is ever written over (shadow paging): a changed page goes to a free slot, and the next
 * meta switches all at once. Free slots are not stored; they are those that nobody references, which is known once the whole table has been read.
 * A file that was closed cleanly is opened with the upper levels alone: table pages of the lowest are read with the first page asked of them
 * (page-table-entries.ts), and the rest before the first change.
 *
 * T1  A slot referenced by the newest durable meta is untouched until a later meta is durable.
 * T2  The checksum in a current entry is that of the bytes in its slot.
 * T3  Each slot has at most one owner: a page, a table page, or nobody. `verify` recounts.
 * T4  While frozen, the checkpoint's table is the current one as of the freeze, except that frozen pages have been written: a page whose
 *     current entry changes first leaves its old entry in `overrides`.
 * T5  After an open that was not clean, what older valid metas reference is guarded until the next meta is durable, for the newest may
 *     exist only in the page cache.
 * T6  A checkpoint has a table page for every page id below its page count, mapped or not.
 * T7  Nothing is allocated, freed or written before `complete` has entered the owners of all slots.
 *
 * Source. design/storage.md section 4; the checksums beside the addresses are ZFS's; test/storage/page-table.test.ts.
 */
import { assert, VERIFY } from '../../base/assert.js';
import { getU32, setU32 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { DbError } from '../../base/errors.js';
import type { PageId } from '../../base/ids.js';
import { pageId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { PageIo } from './page-io.js';
import { TableEntries } from './page-table-entries.js';
import { EntryBytes, type Level, NoSlot, nodeCount, readTwice, type TableAddress, TablePageReader } from './page-table-read.js';
import type { Meta } from './superblock.js';
import { RingBytes } from './superblock.js';
import type { File } from '../files/vfs.js';
import { readFull, writeFull } from '../files/vfs.js';

/** Who references a slot; a slot without any bit is free. */
const SlotState = { Current: 1, Durable: 2, Checkpoint: 4, Guarded: 8, Pinned: 16 } as const;

/** Pages of one tree under construction. */
export type PrivatePages = Set<number>;

interface Entry {
  slot: number;
  crc: number;
}

/** What a checkpoint under way needs; exists from `freeze` to `commitFreeze` or `abandonFreeze`. */
interface Freeze {
  readonly pageCount: number;
  readonly depth: number;
  /** Entries of the checkpoint that differ from the current ones. */
  readonly overrides: Map<number, Entry>;
  /** Private pages at the freeze: absent from the checkpoint. */
  readonly excluded: ReadonlySet<number>;
  readonly freedIds: number[];
  /** Level-0 table pages that changed since the last durable checkpoint, not written yet. */
  readonly pending: number[];
  /** All of them. */
  readonly changed: readonly number[];
  /** New addresses of table pages, per level. */
  readonly written: Map<number, Entry>[];
}

/** The same with the number of the file's slots. */
export interface TableRoot extends TableAddress {
  readonly slotCount: number;
}

export class PageTable implements PageIo {
  readonly pageSizeBytes: number;
  readonly #file: File;
  readonly #entriesPerPage: number;
  readonly #scratch: Uint8Array;

  #pageCount = 0;
  readonly #entries: TableEntries;
  /** Slot of each page in the newest durable checkpoint. */
  #durableSlots = new Uint32Array(64);
  /** Whether a level-0 table page may differ from its durable version. */
  #isChanged = new Uint8Array(1);
  #freeIds: number[] = [];
  #levels: Level[] = [];
  /** Private pages and the tree under construction that owns them. */
  readonly #private = new Map<number, PrivatePages>();
  #collecting: PrivatePages | undefined = undefined;
  /** Each collects the pages that get or lose an owner; see `watchOwners`. */
  readonly #watchers = new Set<Set<number>>();

  /** T7: whether all table pages have been read, and the owners of slots, what is durable and what is free are known. */
  #isComplete = true;
  #slotCount = 0;
  /** SlotState bits by slot number; entry 0 unused. */
  #states = new Uint8Array(64);
  #freeSlots: number[] = [];
  #hasGuards = false;
  #freeze: Freeze | undefined = undefined;
  #durableRoot: TableRoot | undefined = undefined;

  constructor(file: File, pageSizeBytes: number) {
    assert(pageSizeBytes >= 512 && (pageSizeBytes & (pageSizeBytes - 1)) === 0, 'page size is no power of two', pageSizeBytes);
    this.#file = file;
    this.pageSizeBytes = pageSizeBytes;
    this.#entriesPerPage = pageSizeBytes / EntryBytes;
    this.#scratch = new Uint8Array(pageSizeBytes);
    this.#entries = new TableEntries(pageSizeBytes);
  }

  /** Pages in use. Completes the table, as does `freeSlotCount`. */
  get pageCount(): number {
    this.complete();
    return this.#pageCount - this.#freeIds.length;
  }
  /** One past the highest page id ever in use. */
  get pageIdEnd(): number {
    return this.#pageCount;
  }
  /** Whether `complete` has done its work. */
  get isComplete(): boolean {
    return this.#isComplete;
  }
  get slotCount(): number {
    return this.#slotCount;
  }
  get freeSlotCount(): number {
    this.complete();
    return this.#freeSlots.length;
  }
  /** Whether some page may lie elsewhere than the newest durable checkpoint says. */
  get isChanged(): boolean {
    return this.#isChanged.includes(1);
  }
  // -------------------------------------------------------------------------------------------------------------- loading

  /**
   * Loads the table that `meta` names, its lowest level as it is asked for: until `complete`, pages can be read and nothing else.
   * @throws DbError XX001 when a table page above the lowest level is not what its parent says
   */
  load(meta: Meta): void {
    const slotsInFile = Math.max(0, Math.ceil((this.#file.size() - RingBytes) / this.pageSizeBytes));
    this.#slotCount = Math.max(meta.slotCount, slotsInFile);
    if (meta.slotCount > slotsInFile + 0x10000 || meta.pageCount > this.#entriesPerPage * Math.max(1, slotsInFile)) {
      throw this.#damage('the file is shorter than its page table', RingBytes, `it has room for ${slotsInFile} pages of ${meta.slotCount}`);
    }
    if (meta.tableDepth !== this.#depthFor(meta.pageCount)) throw this.#damage('page table depth is wrong', 0, `${meta.tableDepth}`);
    const root = { depth: meta.tableDepth, slot: meta.tableRootSlot, crc: meta.tableRootCrc, pageCount: meta.pageCount };
    const reader = new TablePageReader(this.#file, this.pageSizeBytes);
    this.#levels = reader.readLevels(root);
    this.#entries.load(reader, this.#levels[0]!, meta.pageCount);
    this.#pageCount = meta.pageCount;
    this.#durableRoot = { ...root, slotCount: this.#slotCount };
    this.#isComplete = false;
  }

  /**
   * Reads what has not been read of the table, and enters the owners of all slots; to be called before the first change (T7). About 0.1 us a page.
   * @throws DbError XX001 when any table page is not what its parent says; then the table stays as it was
   */
  complete(): void {
    if (this.#isComplete) return;
    if (!(mutants.on && mutants.has('storage.unread-slots-free'))) this.#entries.readAll();
    this.#states = new Uint8Array(this.#slotCount + 64);
    this.#reservePages(this.#pageCount);
    this.#ownAll();
    this.#collectFreeSlots();
    this.#isComplete = true;
  }

  /** After an open that was not clean: completes the table, and guards what the older valid metas reference (T5). @throws DbError as `complete` */
  guard(metas: readonly Meta[]): void {
    this.complete();
    if (!(mutants.on && mutants.has('storage.guard-newest-only'))) for (const meta of metas) this.#guard(meta);
    this.#collectFreeSlots();
  }

  /** Enters the owners of all slots. */
  #ownAll(): void {
    for (const level of this.#levels) for (const slot of level.slots) this.#own(slot, SlotState.Durable, 'table page');
    const states = this.#states;
    const freeIds: number[] = [];
    for (let id = this.#pageCount - 1; id >= 0; id--) {
      const slot = this.#entries.slotOf(id);
      this.#durableSlots[id] = slot;
      if (slot === NoSlot) {
        freeIds.push(id);
        continue;
      }
      if (slot > this.#slotCount || states[slot] !== 0) this.#own(slot, 0, 'page');
      states[slot] = SlotState.Durable | SlotState.Current;
    }
    this.#freeIds = freeIds;
  }

  #own(slot: number, bits: number, what: string): void {
    if (slot === NoSlot || slot > this.#slotCount) throw this.#damage(`page table names a slot that does not exist`, RingBytes, `slot ${slot}`);
    if (this.#states[slot] !== 0) throw this.#damage(`two owners of one slot`, this.#offsetOf(slot), what);
    this.#states[slot] = bits;
  }

  /** Marks what an older meta references, as far as it can still be read: what is damaged could not be recovered from anyway. */
  #guard(meta: Meta): void {
    this.#hasGuards = true;
    const guardPage = (slot: number, crc: number, level: number, index: number): void => {
      if (slot === NoSlot || slot > this.#slotCount) return;
      this.#states[slot] = this.#states[slot]! | SlotState.Guarded;
      if (level < 0) return;
      const bytes = new Uint8Array(this.pageSizeBytes);
      if (readFull(this.#file, this.#offsetOf(slot), bytes, 0, bytes.length) < bytes.length || crc32(bytes, 0, bytes.length) !== crc) return;
      const childCount = level === 0 ? meta.pageCount : this.#nodeCount(meta.pageCount, level - 1);
      const first = index * this.#entriesPerPage;
      for (let child = first; child < Math.min(first + this.#entriesPerPage, childCount); child++) {
        const at = (child - first) * EntryBytes;
        guardPage(getU32(bytes, at), getU32(bytes, at + 4), level - 1, child);
      }
    };
    guardPage(meta.tableRootSlot, meta.tableRootCrc, meta.tableDepth - 1, 0);
  }

  // -------------------------------------------------------------------------------------------------------------- pages

  readPage(id: PageId, bytes: Uint8Array, offset: number): void {
    const slot = this.#slotOf(id);
    if (slot === NoSlot) throw this.#damage(`page ${id} does not exist`, 0, 'a tree refers to a page that is not in the page table');
    const position = this.#offsetOf(slot);
    const length = readTwice(this.#file, position, bytes, offset, this.pageSizeBytes);
    if (length < this.pageSizeBytes) throw this.#damage(`page ${id} is cut off`, position, `${length} of ${this.pageSizeBytes} bytes`);
    if (crc32(bytes, offset, offset + this.pageSizeBytes) !== this.#entries.crcOf(id)) {
      throw this.#damage(`page ${id} is damaged`, position, 'its bytes do not have the checksum that the page table holds');
    }
  }

  /** Where page `id` lies, also before the table is complete. @throws DbError XX001 when the table page that says so is damaged */
  #slotOf(id: number): number {
    if (id >= this.#pageCount) return NoSlot;
    this.#entries.need(id);
    return this.#entries.slotOf(id);
  }

  writePage(id: PageId, bytes: Uint8Array, offset: number): void {
    assert(id < this.#pageCount, 'page written but not allocated', id);
    const slot = this.#writeSlot(bytes, offset);
    this.#setCurrent(id, slot, crc32(bytes, offset, offset + this.pageSizeBytes));
  }

  writeFrozenPage(id: PageId, bytes: Uint8Array, offset: number, isCurrent: boolean): void {
    const freeze = this.#freeze;
    assert(freeze !== undefined, 'frozen page written without a freeze', id);
    const slot = this.#writeSlot(bytes, offset);
    const crc = crc32(bytes, offset, offset + this.pageSizeBytes);
    const override = freeze.overrides.get(id);
    if (override === undefined) {
      // The current entry is still that of the freeze: both tables move on together.
      const old = this.#entries.slotOf(id);
      this.#entries.set(id, slot, crc);
      this.#addState(slot, SlotState.Current);
      this.#dropState(old, SlotState.Current);
      this.#markChanged(id);
    } else {
      assert(!isCurrent, 'frozen page is current but its entry changed', id);
      this.#dropState(override.slot, SlotState.Checkpoint);
      override.slot = slot;
      override.crc = crc;
      this.#addState(slot, SlotState.Checkpoint);
    }
  }

  allocatePage(): PageId {
    assert(this.#isComplete, 'page allocated before the page table is complete');
    let id = this.#freeIds.pop();
    if (id === undefined) {
      id = this.#pageCount++;
      if (id >= 0xfffffff0) throw new DbError('54000', 'the database has no page numbers left');
      this.#reservePages(this.#pageCount);
      // The table page of a new id must exist even if no page of it is ever written: its parent names it (T6).
      if (!(mutants.on && mutants.has('storage.new-table-page-unmarked'))) this.#markChanged(id);
    }
    assert(this.#entries.slotOf(id) === NoSlot, 'free page id has a slot', id);
    const page = pageId(id);
    for (const changed of this.#watchers) changed.add(id);
    if (this.#collecting !== undefined) {
      this.#collecting.add(id);
      this.#private.set(id, this.#collecting);
    }
    return page;
  }

  freePage(id: PageId): void {
    assert(this.#isComplete, 'page freed before the page table is complete', id);
    assert(id < this.#pageCount, 'freed page does not exist', id);
    for (const changed of this.#watchers) changed.add(id);
    if (this.#entries.slotOf(id) !== NoSlot) this.#setCurrent(id, NoSlot, 0);
    else if (this.#freeze !== undefined && !this.#freeze.overrides.has(id)) this.#freeze.overrides.set(id, { slot: NoSlot, crc: 0 });
    this.#private.get(id)?.delete(id);
    this.#private.delete(id);
    if (this.#freeze !== undefined) this.#freeze.freedIds.push(id);
    else this.#freeIds.push(id);
  }

  /** Runs `build`; the pages allocated in it are private (absent from checkpoints, so a crash frees them) and are added to `pages`. */
  collectPrivate<T>(pages: PrivatePages, build: () => T): T {
    assert(this.#collecting === undefined, 'two trees under construction in one slice');
    this.#collecting = pages;
    try {
      return build();
    } finally {
      this.#collecting = undefined;
    }
  }

  /** Private pages become part of the database. A freeze under way still leaves them out. */
  adopt(pages: PrivatePages): void {
    for (const id of pages) {
      for (const changed of this.#watchers) changed.add(id);
      this.#private.delete(id);
      this.#markChanged(id);
    }
    pages.clear();
  }

  #setCurrent(id: number, slot: number, crc: number): void {
    const old = this.#entries.slotOf(id);
    const freeze = this.#freeze;
    if (freeze !== undefined && !freeze.overrides.has(id)) {
      freeze.overrides.set(id, { slot: old, crc: this.#entries.crcOf(id) });
      this.#addState(old, SlotState.Checkpoint);
    }
    this.#entries.set(id, slot, crc);
    this.#addState(slot, SlotState.Current);
    this.#dropState(old, SlotState.Current);
    this.#markChanged(id);
  }

  // -------------------------------------------------------------------------------------------------------------- slots

  #offsetOf(slot: number): number {
    return RingBytes + (slot - 1) * this.pageSizeBytes;
  }

  /** Writes one page to a free slot, which nobody owns yet. */
  #writeSlot(bytes: Uint8Array, offset: number): number {
    assert(this.#isComplete, 'page written before the page table is complete');
    let slot = this.#freeSlots.pop();
    if (slot === undefined) {
      slot = ++this.#slotCount;
      if (slot >= this.#states.length) this.#states = grown(this.#states, slot + 1);
    }
    assert(this.#states[slot] === 0, 'slot from the free list is owned', slot, this.#states[slot]!);
    try {
      writeFull(this.#file, this.#offsetOf(slot), bytes, offset, this.pageSizeBytes);
    } catch (error) {
      this.#freeSlots.push(slot);
      throw error;
    }
    return slot;
  }

  #addState(slot: number, bit: number): void {
    if (slot !== NoSlot) this.#states[slot] = this.#states[slot]! | bit;
  }
  #dropState(slot: number, bit: number): void {
    if (slot === NoSlot) return;
    const before = this.#states[slot]!;
    if ((before & bit) === 0) return;
    let after = before & ~bit;
    if (mutants.on && mutants.has('storage.early-free') && after === SlotState.Durable) after = 0;
    this.#states[slot] = after;
    if (after === 0) this.#freeSlots.push(slot);
  }

  /** Lists the free slots, the lowest on top, so that the file fills from its beginning. */
  #collectFreeSlots(): void {
    const free: number[] = [];
    const states = this.#states;
    for (let slot = states.lastIndexOf(0, this.#slotCount); slot >= 1; slot = states.lastIndexOf(0, slot - 1)) free.push(slot);
    this.#freeSlots = free;
  }

  // -------------------------------------------------------------------------------------------------------------- checkpoint

  /** Begins a checkpoint: from here on its table no longer follows the current one. Same slice as the pool's `freezeDirty`. */
  freeze(): void {
    assert(this.#isComplete, 'freeze before the page table is complete');
    assert(this.#freeze === undefined, 'freeze within a freeze');
    const depth = this.#depthFor(this.#pageCount);
    this.#freeze = {
      pageCount: this.#pageCount,
      depth,
      overrides: new Map(),
      excluded: mutants.on && mutants.has('storage.private-in-checkpoint') ? new Set() : new Set(this.#private.keys()),
      freedIds: [],
      pending: [],
      changed: [],
      written: Array.from({ length: depth }, () => new Map<number, Entry>()),
    };
  }

  /** Call when all frozen pages have been written: which table pages must be? Returns their number at the lowest level. */
  beginTable(): number {
    const freeze = this.#freeze;
    assert(freeze !== undefined, 'table written without a freeze');
    const changed: number[] = [];
    for (let index = 0; index < this.#nodeCount(freeze.pageCount, 0); index++) if (this.#isChanged[index] === 1) changed.push(index);
    this.#freeze = { ...freeze, changed, pending: changed.slice().reverse() };
    return changed.length;
  }

  /** Writes up to `pageCountMax` table pages of the lowest level, with the last of them also those above; returns how many remain. */
  writeTable(pageCountMax: number): number {
    const freeze = this.#freeze;
    assert(freeze !== undefined, 'table written without a freeze');
    for (let count = 0; count < pageCountMax; count++) {
      const index = freeze.pending.pop();
      if (index === undefined) break;
      const first = index * this.#entriesPerPage;
      this.#scratch.fill(0);
      for (let id = first; id < Math.min(first + this.#entriesPerPage, freeze.pageCount); id++) {
        const at = (id - first) * EntryBytes;
        setU32(this.#scratch, at, this.#frozenSlot(freeze, id));
        setU32(this.#scratch, at + 4, this.#frozenCrc(freeze, id));
      }
      this.#writeTablePage(freeze, 0, index);
    }
    if (freeze.pending.length === 0) for (let level = 1; level < freeze.depth; level++) this.#writeTableLevel(freeze, level);
    return freeze.pending.length;
  }

  #writeTableLevel(freeze: Freeze, level: number): void {
    const indexes = new Set([...freeze.written[level - 1]!.keys()].map((child) => Math.floor(child / this.#entriesPerPage)));
    for (const index of indexes) {
      const first = index * this.#entriesPerPage;
      this.#scratch.fill(0);
      for (let child = first; child < Math.min(first + this.#entriesPerPage, this.#nodeCount(freeze.pageCount, level - 1)); child++) {
        const address = this.#addressOf(freeze, level - 1, child);
        setU32(this.#scratch, (child - first) * EntryBytes, address.slot);
        setU32(this.#scratch, (child - first) * EntryBytes + 4, address.crc);
      }
      this.#writeTablePage(freeze, level, index);
    }
  }

  #writeTablePage(freeze: Freeze, level: number, index: number): void {
    const slot = this.#writeSlot(this.#scratch, 0);
    this.#addState(slot, SlotState.Checkpoint);
    freeze.written[level]!.set(index, { slot, crc: crc32(this.#scratch, 0, this.pageSizeBytes) });
  }

  /** Slot of page `id` in the checkpoint under way. */
  #frozenSlot(freeze: Freeze, id: number): number {
    if (freeze.excluded.has(id)) return NoSlot;
    const override = followsCurrent() ? undefined : freeze.overrides.get(id);
    return override === undefined ? this.#entries.slotOf(id) : override.slot;
  }
  #frozenCrc(freeze: Freeze, id: number): number {
    if (freeze.excluded.has(id)) return 0;
    const override = followsCurrent() ? undefined : freeze.overrides.get(id);
    return override === undefined ? this.#entries.crcOf(id) : override.crc;
  }
  #addressOf(freeze: Freeze, level: number, index: number): Entry {
    const written = freeze.written[level]!.get(index);
    if (written !== undefined) return written;
    const durable = this.#levels[level];
    return { slot: durable?.slots[index] ?? NoSlot, crc: durable?.crcs[index] ?? 0 };
  }

  /** What the meta must say about the table just written. */
  frozenRoot(): TableRoot {
    const freeze = this.#freeze;
    assert(freeze !== undefined && freeze.pending.length === 0, 'root of a table that is not written');
    const root = this.#addressOf(freeze, freeze.depth - 1, 0);
    assert(root.slot !== NoSlot, 'page table without a root');
    return { depth: freeze.depth, slot: root.slot, crc: root.crc, pageCount: freeze.pageCount, slotCount: this.#slotCount };
  }
  /** The same of the newest durable table. */
  durableRoot(): TableRoot {
    assert(this.#durableRoot !== undefined, 'no durable page table');
    return { ...this.#durableRoot, slotCount: this.#slotCount };
  }

  /** The meta is durable: what it replaced is free (T1), guards are lifted (T5). */
  commitFreeze(): void {
    const freeze = this.#freeze;
    assert(freeze !== undefined, 'commit without a freeze');
    this.#durableRoot = this.frozenRoot();
    for (const index of freeze.changed) this.#commitTablePage(freeze, index);
    this.#commitLevels(freeze);
    for (const override of freeze.overrides.values()) this.#dropState(override.slot, SlotState.Checkpoint);
    this.#endFreeze(freeze);
    if (this.#hasGuards) {
      this.#hasGuards = false;
      for (let slot = 1; slot <= this.#slotCount; slot++) this.#states[slot] = this.#states[slot]! & ~SlotState.Guarded;
    }
    this.#trim();
    this.#collectFreeSlots();
    if (VERIFY.on) this.verify();
  }

  #commitTablePage(freeze: Freeze, index: number): void {
    const first = index * this.#entriesPerPage;
    let stillChanged = 0;
    for (let id = first; id < Math.min(first + this.#entriesPerPage, freeze.pageCount); id++) {
      const before = this.#durableSlots[id]!;
      const after = this.#frozenSlot(freeze, id);
      if (before !== after) {
        this.#addState(after, SlotState.Durable);
        this.#dropState(before, SlotState.Durable);
        this.#durableSlots[id] = after;
      }
      if (this.#entries.slotOf(id) !== after) stillChanged = 1;
    }
    // Pages past the end at the freeze belong to this table page too, if it is the last.
    if (first + this.#entriesPerPage > freeze.pageCount && this.#pageCount > freeze.pageCount) stillChanged = 1;
    this.#isChanged[index] = stillChanged;
  }

  #commitLevels(freeze: Freeze): void {
    for (let level = 0; level < freeze.depth; level++) {
      const count = this.#nodeCount(freeze.pageCount, level);
      const old = this.#levels[level];
      const next: Level = { slots: new Uint32Array(count), crcs: new Uint32Array(count) };
      if (old !== undefined) {
        next.slots.set(old.slots.subarray(0, count));
        next.crcs.set(old.crcs.subarray(0, count));
      }
      for (const [index, address] of freeze.written[level]!) {
        this.#dropState(next.slots[index]!, SlotState.Durable);
        this.#addState(address.slot, SlotState.Durable);
        this.#dropState(address.slot, SlotState.Checkpoint);
        next.slots[index] = address.slot;
        next.crcs[index] = address.crc;
      }
      this.#levels[level] = next;
    }
  }

  /** The checkpoint is given up: what was written for it alone is free again; current pages stay where they are. */
  abandonFreeze(): void {
    const freeze = this.#freeze;
    assert(freeze !== undefined, 'abandon without a freeze');
    for (const override of freeze.overrides.values()) this.#dropState(override.slot, SlotState.Checkpoint);
    for (const level of freeze.written) for (const address of level.values()) this.#dropState(address.slot, SlotState.Checkpoint);
    this.#endFreeze(freeze);
    if (VERIFY.on) this.verify();
  }

  #endFreeze(freeze: Freeze): void {
    this.#freeze = undefined;
    for (const id of freeze.freedIds) this.#freeIds.push(id);
  }

  /** Cuts free slots off the end of the file. */
  #trim(): void {
    let count = this.#slotCount;
    while (count > 0 && this.#states[count] === 0) count--;
    this.#slotCount = count;
    // A little slack saves cutting and growing by turns.
    const size = this.#offsetOf(count + 1);
    if (this.#file.size() > size + Math.max(16 * this.pageSizeBytes, (size - RingBytes) / 8)) this.#file.truncate(size);
  }

  /**
   * Moves up to `pageCountMax` pages from the end of the file into free slots near its beginning, so that a later `#trim` can cut it.
   * Between checkpoints only. Returns how many were moved.
   */
  compact(pageCountMax: number): number {
    assert(this.#freeze === undefined, 'compaction during a checkpoint');
    if (this.#freeSlots.length < 64 || this.#freeSlots.length * 2 < this.#slotCount) return 0;
    this.#collectFreeSlots();
    const boundary = this.#slotCount - Math.floor(this.#freeSlots.length / 2);
    const bytes = new Uint8Array(this.pageSizeBytes);
    let moved = 0;
    for (let id = 0; id < this.#pageCount && moved < pageCountMax; id++) {
      const top = this.#freeSlots[this.#freeSlots.length - 1];
      if (top === undefined || top >= boundary) break;
      if (this.#entries.slotOf(id) < boundary || !this.#isReadable(id, bytes)) continue;
      this.writePage(pageId(id), bytes, 0);
      moved++;
    }
    this.#rewriteTablePagesFrom(boundary);
    return moved;
  }

  /** Has the next checkpoint write table pages that lie at or behind slot `boundary` anew, which moves them to the front. */
  #rewriteTablePagesFrom(boundary: number): void {
    let pagesPerNode = 1;
    for (const level of this.#levels) {
      for (let index = 0; index < level.slots.length; index++) if (level.slots[index]! >= boundary) this.#isChanged[index * pagesPerNode] = 1;
      pagesPerNode *= this.#entriesPerPage;
    }
  }

  /** Reads a page; a damaged one stays where it is, for whoever asks for it to be told. */
  #isReadable(id: number, bytes: Uint8Array): boolean {
    try {
      this.readPage(pageId(id), bytes, 0);
      return true;
    } catch (error) {
      if (error instanceof DbError && error.code === 'XX001') return false;
      throw error;
    }
  }

  // -------------------------------------------------------------------------------------------------------------- checking

  /** Recounts the owners of every slot (T3). @throws InternalError when the books are wrong, DbError as `complete` */
  verify(): void {
    this.complete();
    const expected = new Uint8Array(this.#slotCount + 1);
    for (let id = 0; id < this.#pageCount; id++) {
      const slot = this.#entries.slotOf(id);
      if (slot !== NoSlot) expected[slot]! |= SlotState.Current;
      if (this.#durableSlots[id] !== NoSlot) expected[this.#durableSlots[id]!]! |= SlotState.Durable;
    }
    for (const level of this.#levels) for (const slot of level.slots) if (slot !== NoSlot) expected[slot]! |= SlotState.Durable;
    if (this.#freeze !== undefined) {
      for (const override of this.#freeze.overrides.values()) if (override.slot !== NoSlot) expected[override.slot]! |= SlotState.Checkpoint;
      for (const level of this.#freeze.written) for (const address of level.values()) expected[address.slot]! |= SlotState.Checkpoint;
    }
    let free = 0;
    for (let slot = 1; slot <= this.#slotCount; slot++) {
      const actual = this.#states[slot]! & ~SlotState.Guarded & ~SlotState.Pinned;
      assert(actual === expected[slot], 'owners of a slot', slot, actual, expected[slot]!);
      if (this.#states[slot] === 0) free++;
    }
    assert(free === this.#freeSlots.length, 'free slots lost', free, this.#freeSlots.length);
  }

  /** Reads the pages from `first` on that have a slot, `count` ids, and reports what is damaged. */
  checkPages(first: number, count: number, report: (message: string) => void): void {
    for (let id = first; id < Math.min(first + count, this.#pageCount); id++) {
      try {
        if (this.#slotOf(id) !== NoSlot) this.readPage(pageId(id), this.#scratch, 0);
      } catch (error) {
        if (!(error instanceof DbError)) throw error;
        // A table page that is damaged is told once, by its first entry.
        if (this.#entries.isRead(id) || id % this.#entriesPerPage === 0) report(`${error.message}: ${error.fields.detail ?? ''}`);
      }
    }
  }

  /** From now until `unwatchOwners`, pages allocated, freed or adopted are added to the set. */
  watchOwners(): Set<number> {
    const changed = new Set<number>();
    this.#watchers.add(changed);
    return changed;
  }
  unwatchOwners(changed: Set<number>): void {
    this.#watchers.delete(changed);
  }

  /** Page ids in use, ascending, private ones left out: what the trees together must own. @throws DbError as `complete` */
  allocatedIds(): Set<number> {
    this.complete();
    const ids = new Set<number>();
    const free = new Set(this.#freeIds);
    for (const id of this.#freeze?.freedIds ?? []) free.add(id);
    for (let id = 0; id < this.#pageCount; id++) if (!free.has(id) && !this.#private.has(id)) ids.add(id);
    return ids;
  }

  // -------------------------------------------------------------------------------------------------------------- helpers

  #damage(message: string, offset: number, detail: string): DbError {
    return new DbError('XX001', `${message} (file "${this.#file.path}", offset ${offset})`, { detail });
  }
  #markChanged(id: number): void {
    this.#isChanged[Math.floor(id / this.#entriesPerPage)] = 1;
  }
  #reservePages(count: number): void {
    this.#entries.reserve(count);
    if (count > this.#durableSlots.length) this.#durableSlots = grown(this.#durableSlots, count);
    const nodes = this.#nodeCount(count, 0);
    if (nodes > this.#isChanged.length) this.#isChanged = grown(this.#isChanged, nodes);
  }
  #nodeCount(pageCount: number, level: number): number {
    return nodeCount(pageCount, level, this.#entriesPerPage);
  }
  #depthFor(pageCount: number): number {
    let depth = 1;
    while (this.#nodeCount(pageCount, depth - 1) > 1) depth++;
    return depth;
  }
}

function followsCurrent(): boolean {
  return mutants.on && mutants.has('storage.checkpoint-follows-current');
}

function grown<T extends Uint32Array | Uint8Array>(array: T, lengthMin: number): T {
  const length = Math.max(lengthMin, array.length * 2);
  const next = (array instanceof Uint8Array ? new Uint8Array(length) : new Uint32Array(length)) as T;
  next.set(array);
  return next;
}
