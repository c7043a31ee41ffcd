/**
 * Reads the page table that a meta names from the file: the tree of table pages from its root down, each verified against the checksum its parent holds. Table pages
 * that lie side by side in the file, as a checkpoint that changed much has left them, are read together.
 *
 * Source. The tree's form is told in page-table.ts.
 */
import { crc32c, getU32 } from '../base/bytes.js';
import { DbError } from '../base/errors.js';
import { RingBytes } from './superblock.js';
import type { File } from './vfs.js';
import { readFull } from './vfs.js';

export const EntryBytes = 8;
/** A slot number that means nowhere. */
export const NoSlot = 0;
/** Of the table pages that are read together: a multiple of every page size. */
const RunBytesMax = 1 << 19;

/** Where the pages of one level lie, and their checksums. */
export interface Level {
  readonly slots: Uint32Array;
  readonly crcs: Uint32Array;
}

/** What a meta says of the table: where its root lies, and how far it reaches. */
export interface TableAddress {
  readonly depth: number;
  readonly slot: number;
  readonly crc: number;
  readonly pageCount: number;
}

export class PageTableReader {
  readonly #file: File;
  readonly #pageSizeBytes: number;
  readonly #entriesPerPage: number;
  readonly #runPagesMax: number;
  readonly #bytes: Uint8Array;

  constructor(file: File, pageSizeBytes: number) {
    this.#file = file;
    this.#pageSizeBytes = pageSizeBytes;
    this.#entriesPerPage = pageSizeBytes / EntryBytes;
    this.#runPagesMax = RunBytesMax / pageSizeBytes;
    this.#bytes = new Uint8Array(this.#runPagesMax * pageSizeBytes);
  }

  /**
   * The addresses of all pages, into `pages`, and those of the table's own pages, level 0 first.
   * @throws DbError XX001 when any table page is not what its parent says
   */
  read(root: TableAddress, pages: Level): Level[] {
    let parents: Level = { slots: Uint32Array.of(root.slot), crcs: Uint32Array.of(root.crc) };
    const levels = new Array<Level>(root.depth);
    for (let level = root.depth - 1; level >= 0; level--) {
      levels[level] = parents;
      const childCount = level === 0 ? root.pageCount : nodeCount(root.pageCount, level - 1, this.#entriesPerPage);
      const children = level === 0 ? pages : { slots: new Uint32Array(childCount), crcs: new Uint32Array(childCount) };
      this.#readLevel(parents, level, children, childCount);
      parents = children;
    }
    return levels;
  }

  #readLevel(nodes: Level, level: number, children: Level, childCount: number): void {
    const count = nodes.slots.length;
    for (let first = 0; first < count; ) {
      const end = this.#runEnd(nodes.slots, first);
      this.#readRun(nodes, level, first, end);
      for (let index = first; index < end; index++) {
        const firstChild = index * this.#entriesPerPage;
        this.#takeEntries((index - first) * this.#pageSizeBytes, children, firstChild, Math.min(firstChild + this.#entriesPerPage, childCount));
      }
      first = end;
    }
  }

  /** One past the last of the slots from `first` on that follow each other, as far as they are read together. */
  #runEnd(slots: Uint32Array, first: number): number {
    const last = Math.min(slots.length, first + this.#runPagesMax);
    let end = first + 1;
    while (end < last && slots[end] === slots[end - 1]! + 1) end++;
    return end;
  }

  /** Reads and verifies the table pages [first, end), whose slots follow each other. */
  #readRun(nodes: Level, level: number, first: number, end: number): void {
    const size = this.#pageSizeBytes;
    const slot = nodes.slots[first]!;
    const offset = slot === NoSlot ? 0 : RingBytes + (slot - 1) * size;
    const length = slot === NoSlot ? 0 : readFull(this.#file, offset, this.#bytes, 0, (end - first) * size);
    for (let index = first; index < end; index++) {
      const at = (index - first) * size;
      if (length < at + size || crc32c(this.#bytes, at, at + size) !== nodes.crcs[index]) {
        throw new DbError('XX001', `page table is damaged (file "${this.#file.path}", offset ${offset + at})`, { detail: `table page ${index} of level ${level} has a wrong checksum` });
      }
    }
  }

  #takeEntries(offset: number, children: Level, first: number, end: number): void {
    const { slots, crcs } = children;
    for (let child = first, at = offset; child < end; child++, at += EntryBytes) {
      slots[child] = getU32(this.#bytes, at);
      crcs[child] = getU32(this.#bytes, at + 4);
    }
  }
}

/** Number of table pages at `level` for so many pages. */
export function nodeCount(pageCount: number, level: number, entriesPerPage: number): number {
  let count = Math.max(1, pageCount);
  for (let i = 0; i <= level; i++) count = Math.ceil(count / entriesPerPage);
  return count;
}
