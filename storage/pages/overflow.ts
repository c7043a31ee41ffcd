/**
 * Values too long for a leaf: a chain of overflow pages. A page holds `count` bytes of the value from offset 48 on, the page number of
 * the next in `link` and its own place in the chain in `ordinal`; the leaf holds the length of the whole and the first page.
 *
 * O1  All pages of a chain but the last are full; their counts add up to the length in the leaf.
 * O2  A chain belongs to one entry: it is written before the entry points at it and freed after nothing does.
 *
 * Each page has its checksum in the page table like every other, so none is kept here. Pages are pinned one at a time.
 */
import { InternalError } from '../../base/errors.js';
import type { TreeId } from '../../base/ids.js';
import type { BufferPool } from './buffer-pool.js';
import { AtCount, AtKind, AtLink, AtOrdinal, AtPageId, AtTreeId, AtVersion, HeaderSizeBytes, NoPage, PageFormatVersion, PageKind, corruptPage } from './page.js';

/** Number of pages for a value of `length` bytes. */
export function overflowPageCount(pageSizeBytes: number, length: number): number {
  return Math.ceil(length / (pageSizeBytes - HeaderSizeBytes));
}

/** Writes `value[start, start + length)` to a new chain, last page first, and returns its first page. Frees what it took when it fails. */
export function writeOverflow(pool: BufferPool, tree: TreeId, value: Uint8Array, start: number, length: number): number {
  const capacity = pool.pageSizeBytes - HeaderSizeBytes;
  const pageCount = overflowPageCount(pool.pageSizeBytes, length);
  let next = NoPage;
  try {
    for (let ordinal = pageCount - 1; ordinal >= 0; ordinal--) {
      const frame = pool.allocate();
      const u8 = pool.bytesOf(frame);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      const from = ordinal * capacity;
      const bytes = Math.min(capacity, length - from);
      u8[base + AtKind] = PageKind.Overflow;
      u8[base + AtVersion] = PageFormatVersion;
      dv.setUint32(base + AtPageId, pool.pageIds[frame]!, true);
      dv.setUint32(base + AtTreeId, tree, true);
      dv.setUint16(base + AtCount, bytes, true);
      dv.setUint32(base + AtLink, next, true);
      dv.setUint32(base + AtOrdinal, ordinal, true);
      u8.set(value.subarray(start + from, start + from + bytes), base + HeaderSizeBytes);
      next = pool.pageIds[frame]!;
      pool.unpin(frame);
    }
  } catch (error) {
    while (next !== NoPage) next = freeOverflowPage(pool, tree, next);
    throw error;
  }
  return next;
}

/** The whole value, a fresh array. @throws DbError XX001 when the chain is not what the leaf says */
export function readOverflow(pool: BufferPool, tree: TreeId, first: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  let at = 0;
  let page = first;
  for (let ordinal = 0; at < length; ordinal++) {
    if (page === NoPage) throw corruptPage('an overflow chain is too short', first, tree);
    const frame = pool.fetchForScan(page);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    checkOverflowPage(pool, frame, tree, page);
    const bytes = dv.getUint16(base + AtCount, true);
    if (dv.getUint32(base + AtOrdinal, true) !== ordinal || bytes === 0 || at + bytes > length) throw corruptPage('an overflow chain is out of order', page, tree);
    value.set(pool.bytesOf(frame).subarray(base + HeaderSizeBytes, base + HeaderSizeBytes + bytes), at);
    at += bytes;
    page = dv.getUint32(base + AtLink, true);
  }
  if (page !== NoPage) throw corruptPage('an overflow chain is too long', first, tree);
  return value;
}

/** Frees up to `pageCountMax` pages from the front of a chain. @returns the first page that is left, NoPage when none is */
export function freeOverflow(pool: BufferPool, tree: TreeId, first: number, pageCountMax: number): number {
  let page = first;
  for (let i = 0; i < pageCountMax && page !== NoPage; i++) page = freeOverflowPage(pool, tree, page);
  return page;
}

function freeOverflowPage(pool: BufferPool, tree: TreeId, page: number): number {
  const frame = pool.fetchForScan(page);
  checkOverflowPage(pool, frame, tree, page);
  const next = pool.viewOf(frame).getUint32(pool.baseOf(frame) + AtLink, true);
  if (next === page) throw new InternalError('an overflow page points at itself');
  pool.freePage(page);
  return next;
}

/** @throws DbError XX001 unless the frame holds an overflow page of the tree */
export function checkOverflowPage(pool: BufferPool, frame: number, tree: TreeId, page: number): void {
  const u8 = pool.bytesOf(frame);
  const dv = pool.viewOf(frame);
  const base = pool.baseOf(frame);
  if (u8[base + AtKind] !== PageKind.Overflow || u8[base + AtVersion] !== PageFormatVersion) throw corruptPage('no overflow page where a chain leads', page, tree);
  if (dv.getUint32(base + AtTreeId, true) !== tree) throw corruptPage('an overflow page of another tree', page, tree);
}
