/**
 * The page table against a model of two maps (current pages, pages of the newest durable checkpoint), through random writes, frees,
 * freezes, commits and abandonments, with reloads from what is durable. Invariants T1 to T4 and T6 of page-table.ts: what is durable is never
 * written over, contents and owners are right, nothing leaks.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setU32 } from '../../base/bytes.js';
import type { PageId } from '../../base/ids.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import type { TableRoot } from '../../storage/pages/page-table.js';
import { PageTable } from '../../storage/pages/page-table.js';
import type { Meta } from '../../storage/pages/superblock.js';

const PageSize = 512;

function page(id: number, version: number): Uint8Array {
  const bytes = new Uint8Array(PageSize);
  setU32(bytes, 0, id);
  setU32(bytes, 4, version);
  return bytes;
}

function expectPage(bytes: Uint8Array, id: number, version: number): void {
  if (Buffer.compare(bytes, page(id, version)) !== 0) expect.fail(`page ${id} is not version ${version}`);
}

function metaOf(root: TableRoot): Meta {
  return {
    pageSizeBytes: PageSize, isClean: true, databaseId: new Uint8Array(16), sequence: 1, captureLsn: 0, lastCsn: 0, segmentNumber: 1,
    tableDepth: root.depth, tableRootSlot: root.slot, tableRootCrc: root.crc, pageCount: root.pageCount, slotCount: root.slotCount, directoryRoot: 0, nextTreeId: 1,
  };
}

class Harness {
  readonly file = new MemoryVfs().open('t', 'create');
  table = new PageTable(this.file, PageSize);
  /** Version of each allocated page; -1: allocated, not written. */
  current = new Map<PageId, number>();
  durable = new Map<PageId, number>();
  /** State at the freeze, and the frozen pages not written yet: as if the pool held them dirty. */
  frozen: Map<PageId, number> | undefined;
  toWrite = new Set<PageId>();
  durableRoot: TableRoot | undefined;
  version = 0;

  pick(n: number): PageId | undefined {
    const ids = [...this.current.keys()];
    return ids[n % Math.max(1, ids.length)];
  }
  allocate(): void {
    const id = this.table.allocatePage();
    expect(this.current.has(id)).toBe(false);
    this.current.set(id, ++this.version);
    this.table.writePage(id, page(id, this.version), 0);
  }
  write(id: PageId): void {
    this.current.set(id, ++this.version);
    this.table.writePage(id, page(id, this.version), 0);
  }
  /** Ids that are taken and given back without a page ever being written: the page count grows all the same. */
  takeInVain(count: number): void {
    const ids = Array.from({ length: count }, () => this.table.allocatePage());
    for (const id of ids) this.table.freePage(id);
  }
  free(id: PageId): void {
    this.current.delete(id);
    this.table.freePage(id);
  }
  /** The pool would write a frozen version of some pages; here each gets a version newer than its slot, as a dirty frame has. */
  freeze(share: number): void {
    if (this.frozen !== undefined) return;
    this.frozen = new Map(this.current);
    for (const id of this.current.keys()) {
      if (id % 4 >= share) continue;
      this.frozen.set(id, ++this.version);
      this.current.set(id, this.version);
      this.toWrite.add(id);
    }
    this.table.freeze();
  }
  writeFrozen(count: number): void {
    for (const id of [...this.toWrite].slice(0, count)) {
      const version = this.frozen!.get(id)!;
      this.table.writeFrozenPage(id, page(id, version), 0, this.current.get(id) === version);
      this.toWrite.delete(id);
    }
  }
  commit(): void {
    if (this.frozen === undefined) return;
    this.writeFrozen(Infinity);
    this.table.beginTable();
    while (this.table.writeTable(2) > 0);
    const root = this.table.frozenRoot();
    // What was durable until now is whole until the very end (T1).
    this.checkDurable();
    this.table.commitFreeze();
    this.durable = this.frozen;
    this.frozen = undefined;
    this.durableRoot = root;
  }
  abandon(): void {
    if (this.frozen === undefined) return;
    this.writeFrozen(2);
    // The pool's dirty frames are written now, as an eviction would.
    for (const id of this.toWrite) if (this.current.get(id) === this.frozen.get(id)) this.table.writePage(id, page(id, this.current.get(id)!), 0);
    this.toWrite.clear();
    this.frozen = undefined;
    this.table.abandonFreeze();
  }
  checkCurrent(): void {
    const bytes = new Uint8Array(PageSize);
    for (const [id, version] of this.current) {
      if (this.toWrite.has(id) && this.frozen!.get(id) === version) continue;
      this.table.readPage(id, bytes, 0);
      expectPage(bytes, id, version);
    }
    this.table.verify();
  }
  checkDurable(): void {
    if (this.durableRoot === undefined) return;
    const reloaded = new PageTable(this.file, PageSize);
    reloaded.load(metaOf(this.durableRoot));
    const bytes = new Uint8Array(PageSize);
    for (const [id, version] of this.durable) {
      reloaded.readPage(id, bytes, 0);
      expectPage(bytes, id, version);
    }
    expect([...reloaded.allocatedIds()].sort().join()).toBe([...this.durable.keys()].sort().join());
    reloaded.verify();
  }
  /** Some pages are read before the table is complete. */
  reload(share: number): void {
    if (this.durableRoot === undefined) return;
    const readFirst = [...this.durable.keys()].filter((id) => (id >> 6) % 4 < share);
    this.table = new PageTable(this.file, PageSize);
    this.table.load(metaOf(this.durableRoot));
    this.current = new Map(this.durable);
    this.frozen = undefined;
    this.toWrite.clear();
    const bytes = new Uint8Array(PageSize);
    for (const id of readFirst) {
      this.table.readPage(id, bytes, 0);
      expectPage(bytes, id, this.durable.get(id)!);
    }
    this.table.complete();
  }
}

const step = fc.record({ kind: fc.constantFrom('allocate', 'allocate', 'allocate', 'write', 'write', 'free', 'freeze', 'writeFrozen', 'commit', 'abandon', 'reload', 'compact', 'takeInVain'), n: fc.nat(1000) });

describe('the page table', () => {
  it('is its model', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), (steps) => {
        const harness = new Harness();
        // A database is never without pages.
        harness.allocate();
        for (const { kind, n } of steps) {
          const id = harness.pick(n);
          if (kind === 'allocate') for (let i = 0; i < 1 + (n % 9); i++) harness.allocate();
          else if (kind === 'write' && id !== undefined) harness.write(id);
          else if (kind === 'free' && id !== undefined) harness.free(id);
          else if (kind === 'freeze') harness.freeze(n % 5);
          else if (kind === 'writeFrozen') harness.writeFrozen(n % 10);
          else if (kind === 'commit') harness.commit();
          else if (kind === 'abandon') harness.abandon();
          else if (kind === 'reload') harness.reload(n % 5);
          else if (kind === 'takeInVain') harness.takeInVain(n % 90);
          else if (kind === 'compact' && harness.frozen === undefined) harness.table.compact(n);
          if (n % 4 === 0) harness.checkCurrent();
          if (n % 8 === 0) harness.checkDurable();
        }
        harness.checkCurrent();
        harness.checkDurable();
      }),
      { numRuns: 200 },
    );
  });

  it('grows to three levels and back from disk', () => {
    const harness = new Harness();
    for (const count of [60, 10, 4000, 100]) {
      for (let i = 0; i < count; i++) harness.allocate();
      harness.freeze(0);
      harness.commit();
      harness.checkDurable();
    }
    expect(harness.durableRoot!.depth).toBe(3);
    harness.reload(2);
    harness.write(harness.pick(4100)!);
    harness.freeze(0);
    harness.commit();
    harness.checkDurable();
    harness.checkCurrent();
  });

  // Found by crashTrial(30231): the table page was missing from the checkpoint, and the database could not be opened.
  it('has a table page for ids that no page was ever written for', () => {
    const harness = new Harness();
    for (let i = 0; i < 64; i++) harness.allocate();
    harness.freeze(0);
    harness.commit();
    harness.takeInVain(1);
    harness.write(harness.pick(0)!);
    harness.freeze(0);
    harness.commit();
    harness.checkDurable();
  });

  it('keeps private pages out of a checkpoint until they are adopted', () => {
    const harness = new Harness();
    harness.allocate();
    const pages = new Set<number>();
    harness.table.collectPrivate(pages, () => {
      const id = harness.table.allocatePage();
      harness.table.writePage(id, page(id, 1), 0);
    });
    expect(pages.size).toBe(1);
    harness.freeze(0);
    harness.commit();
    harness.checkDurable();
    for (const id of pages) harness.current.set(id as PageId, 1);
    harness.table.adopt(pages);
    harness.freeze(0);
    harness.commit();
    harness.checkDurable();
    expect(harness.durable.size).toBe(2);
  });

  it('reports a page that does not exist, is cut off, or is damaged, with file and offset', () => {
    const harness = new Harness();
    harness.allocate();
    const bytes = new Uint8Array(PageSize);
    const read = (id: number) => () => harness.table.readPage(id as PageId, bytes, 0);
    expect(read(99)).toThrow(expect.objectContaining({ code: 'XX001' }) as Error);
    harness.file.write(32768 + 100, Uint8Array.of(1), 0, 1);
    expect(read(0)).toThrow(/page 0 is damaged \(file "t", offset 32768\)/);
    harness.file.truncate(32768 + 100);
    expect(read(0)).toThrow(/page 0 is cut off/);
  });
});
