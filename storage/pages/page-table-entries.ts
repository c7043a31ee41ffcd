/**
 * Where each page lies and its checksum, in memory as the table pages of the lowest level hold it in the file: the entry of page `id` at byte 8 `id`. So a table
 * page is read straight into its place, and opening a file costs nothing for the pages that nobody asks for.
 *
 * E1  The entry of a page is that of the file once `need` or `readAll` has returned, and is looked at and changed only then.
 * E2  Every table page is verified when it is read; one that is damaged stays unread, so whoever needs it is told again.
 *
 * Source. The form of the table is told in page-table.ts; test/storage/page-table.prop.test.ts.
 */
import { getU32, setU32 } from '../../base/bytes.js';
import { EntryBytes, type Level, type TablePageReader } from './page-table-read.js';

/** What of a table in the file has not been read. */
interface Unread {
  readonly reader: TablePageReader;
  readonly nodes: Level;
  readonly pageCount: number;
  /** By table page, 1 when it has been read. */
  readonly isRead: Uint8Array;
}

export class TableEntries {
  #bytes: Uint8Array;
  #unread: Unread | undefined = undefined;

  /** Without pages. */
  constructor(pageSizeBytes: number) {
    this.#bytes = new Uint8Array(pageSizeBytes);
  }

  /** Those of a table of `pageCount` pages, whose table pages lie at `nodes`. Nothing is read yet. */
  load(reader: TablePageReader, nodes: Level, pageCount: number): void {
    const count = nodes.slots.length;
    this.#bytes = new Uint8Array(count * reader.pageSizeBytes);
    this.#unread = { reader, nodes, pageCount, isRead: new Uint8Array(count) };
  }

  slotOf(id: number): number {
    return getU32(this.#bytes, id * EntryBytes);
  }
  crcOf(id: number): number {
    return getU32(this.#bytes, id * EntryBytes + 4);
  }
  set(id: number, slot: number, crc: number): void {
    setU32(this.#bytes, id * EntryBytes, slot);
    setU32(this.#bytes, id * EntryBytes + 4, crc);
  }

  /** Makes room for `pageCount` pages; new ones are nowhere. */
  reserve(pageCount: number): void {
    if (pageCount * EntryBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(pageCount * EntryBytes, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  isRead(id: number): boolean {
    const unread = this.#unread;
    return unread === undefined || unread.isRead[this.#nodeOf(unread, id)] === 1;
  }

  /** Reads the table page that holds the entry of page `id`, unless it has been read. @throws DbError XX001, 58030 */
  need(id: number): void {
    const unread = this.#unread;
    if (unread === undefined) return;
    const index = this.#nodeOf(unread, id);
    if (unread.isRead[index] === 0) this.#read(unread, index, index + 1);
  }

  /** Reads all that have not been read. @throws DbError XX001, 58030 */
  readAll(): void {
    const unread = this.#unread;
    if (unread === undefined) return;
    const count = unread.isRead.length;
    for (let first = unread.isRead.indexOf(0); first >= 0; first = unread.isRead.indexOf(0, first)) {
      let end = first + 1;
      while (end < count && unread.isRead[end] === 0 && unread.nodes.slots[end] === unread.nodes.slots[end - 1]! + 1) end++;
      this.#read(unread, first, end);
    }
    this.#unread = undefined;
  }

  #nodeOf(unread: Unread, id: number): number {
    return Math.floor((id * EntryBytes) / unread.reader.pageSizeBytes);
  }

  #read(unread: Unread, first: number, end: number): void {
    const { reader, nodes, isRead, pageCount } = unread;
    reader.read(nodes, 0, first, end, this.#bytes, first * reader.pageSizeBytes);
    if (end === isRead.length) this.#bytes.fill(0, pageCount * EntryBytes);
    isRead.fill(1, first, end);
  }
}
