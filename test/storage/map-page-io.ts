/**
 * A PageIo over a Map that watches the protocol of page-io.ts: only allocated pages are read or written, what is read was written, frozen
 * content goes to the table of the checkpoint, ids freed during a freeze rest until its end. It can run out of disk and can be opened as
 * the checkpoint left it.
 */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import type { PageId } from '../../base/ids.js';
import type { PageIo } from '../../storage/pages/page-io.js';

export class MapPageIo implements PageIo {
  readonly pageSizeBytes: number;
  /** Current table. */
  pages = new Map<number, Uint8Array>();
  allocated = new Set<number>();
  /** Table of the checkpoint under way. */
  checkpoint: Map<number, Uint8Array> | undefined = undefined;
  readCount = 0;
  writeCount = 0;
  /** After so many more writes every write fails with 53100. */
  writesLeft = Infinity;
  allocationsLeft = Infinity;
  #nextId = 1;
  #freeIds: number[] = [];
  #restingIds: number[] = [];

  constructor(pageSizeBytes = 512) {
    this.pageSizeBytes = pageSizeBytes;
  }

  readPage(id: PageId, bytes: Uint8Array, offset: number): void {
    const page = this.allocated.has(id) ? this.pages.get(id) : undefined;
    if (page === undefined) throw new DbError('XX001', `page ${id} does not exist`);
    this.readCount++;
    bytes.set(page, offset);
  }
  writePage(id: PageId, bytes: Uint8Array, offset: number): void {
    assert(this.allocated.has(id), 'write of a page that is not allocated', id);
    this.#countWrite();
    this.pages.set(id, bytes.slice(offset, offset + this.pageSizeBytes));
  }
  writeFrozenPage(id: PageId, bytes: Uint8Array, offset: number, isCurrent: boolean): void {
    assert(this.checkpoint !== undefined, 'frozen write without a freeze', id);
    this.#countWrite();
    const copy = bytes.slice(offset, offset + this.pageSizeBytes);
    this.checkpoint.set(id, copy);
    if (isCurrent) {
      assert(this.allocated.has(id), 'frozen write of a freed page as current', id);
      this.pages.set(id, copy);
    }
  }
  allocatePage(): PageId {
    if (this.allocationsLeft-- <= 0) throw new DbError('53100', 'the simulated disk is full');
    const id = this.#freeIds.pop() ?? this.#nextId++;
    this.allocated.add(id);
    return id as PageId;
  }
  freePage(id: PageId): void {
    assert(this.allocated.delete(id), 'free of a page that is not allocated', id);
    this.pages.delete(id);
    if (this.checkpoint === undefined) this.#freeIds.push(id);
    else this.#restingIds.push(id);
  }

  beginFreeze(): void {
    assert(this.checkpoint === undefined, 'two freezes at once');
    this.checkpoint = new Map(this.pages);
  }
  /** @returns the table as the checkpoint wrote it */
  endFreeze(): Map<number, Uint8Array> {
    const table = this.checkpoint!;
    this.checkpoint = undefined;
    this.#freeIds.push(...this.#restingIds);
    this.#restingIds = [];
    return table;
  }
  /** A PageIo with the pages of a table, for reading what a checkpoint wrote. */
  static over(table: Map<number, Uint8Array>, pageSizeBytes: number): MapPageIo {
    const io = new MapPageIo(pageSizeBytes);
    io.pages = new Map(table);
    io.allocated = new Set(table.keys());
    io.#nextId = Math.max(0, ...table.keys()) + 1;
    return io;
  }

  #countWrite(): void {
    if (this.writesLeft-- <= 0) throw new DbError('53100', 'the simulated disk is full');
    this.writeCount++;
  }
}
