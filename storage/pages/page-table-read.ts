/**
 * Reads the page table that a meta names from the file: a tree of table pages, each verified against the checksum its parent holds. Above the lowest level it is
 * read from the root down; of the lowest, pages that lie side by side in the file, as a checkpoint that changed much has left them, are read together.
 *
 * Source. The tree's form is told in page-table.ts.
 */
import { getU32 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { DbError } from '../../base/errors.js';
import { RingBytes } from './superblock.js';
import type { File } from '../files/vfs.js';
import { readFull } from '../files/vfs.js';

export const EntryBytes = 8;
/** A slot number that means nowhere. */
export const NoSlot = 0;

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

export class TablePageReader {
  readonly pageSizeBytes: number;
  readonly #file: File;

  constructor(file: File, pageSizeBytes: number) {
    this.#file = file;
    this.pageSizeBytes = pageSizeBytes;
  }

  /**
   * The addresses of the table's own pages, level 0 first; those of level 0 are not read.
   * @throws DbError XX001 when a table page above them is not what its parent says
   */
  readLevels(root: TableAddress): Level[] {
    let nodes: Level = { slots: Uint32Array.of(root.slot), crcs: Uint32Array.of(root.crc) };
    const levels = new Array<Level>(root.depth);
    for (let level = root.depth - 1; level > 0; level--) {
      levels[level] = nodes;
      nodes = this.#readChildren(nodes, level, nodeCount(root.pageCount, level - 1, this.pageSizeBytes / EntryBytes));
    }
    levels[0] = nodes;
    return levels;
  }

  #readChildren(nodes: Level, level: number, childCount: number): Level {
    const children: Level = { slots: new Uint32Array(childCount), crcs: new Uint32Array(childCount) };
    const bytes = new Uint8Array(this.pageSizeBytes);
    for (let child = 0, index = 0; child < childCount; index++) {
      this.read(nodes, level, index, index + 1, bytes, 0);
      for (let at = 0; at < bytes.length && child < childCount; at += EntryBytes, child++) {
        children.slots[child] = getU32(bytes, at);
        children.crcs[child] = getU32(bytes, at + 4);
      }
    }
    return children;
  }

  /** Reads and verifies the table pages [first, end) of a level, whose slots follow each other, into `bytes` at `offset`. @throws DbError XX001 */
  read(nodes: Level, level: number, first: number, end: number, bytes: Uint8Array, offset: number): void {
    const size = this.pageSizeBytes;
    const slot = nodes.slots[first]!;
    const position = slot === NoSlot ? 0 : RingBytes + (slot - 1) * size;
    const length = slot === NoSlot ? 0 : readTwice(this.#file, position, bytes, offset, (end - first) * size);
    for (let index = first; index < end; index++) {
      const at = (index - first) * size;
      if (length < at + size || crc32(bytes, offset + at, offset + at + size) !== nodes.crcs[index]) {
        throw new DbError('XX001', `page table is damaged (file "${this.#file.path}", offset ${position + at})`, { detail: `table page ${index} of level ${level} has a wrong checksum` });
      }
    }
  }
}

/** Number of table pages at `level` for so many pages. */
export function nodeCount(pageCount: number, level: number, entriesPerPage: number): number {
  let count = Math.max(1, pageCount);
  for (let i = 0; i <= level; i++) count = Math.ceil(count / entriesPerPage);
  return count;
}

/** A failed read is tried once more, as disks sometimes recover; a second failure is the statement's. */
export function readTwice(file: File, position: number, bytes: Uint8Array, offset: number, length: number): number {
  try {
    return readFull(file, position, bytes, offset, length);
  } catch {
    return readFull(file, position, bytes, offset, length);
  }
}
