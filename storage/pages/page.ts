/**
 * The header that every page of a tree begins with. All integers little-endian; offsets inside a page count from its first byte.
 *
 * ```
 *  0 u8  kind           1 u8  format version    2 u8  flags          3 u8  level (0 = leaf; overflow pages 0)
 *  4 u32 page id        8 u32 tree id
 * 12 u16 count         14 u16 prefix length    16 u16 heap start    18 u16 fragmented bytes
 * 20 u16 lower length  22 u16 upper length     24 u16 upper shared  26 u16 slots offset      (overflow: 20 u32 ordinal in the chain)
 * 28 u32 leftmost child (inner), next page (overflow)
 * 32 f64 maxCsn
 * 40 lower fence, upper fence, slots growing up ... free ... cells growing down from the end of the page
 * ```
 *
 * The fences stand right behind the header because every descent compares them: for short keys header, fences and the first slots share
 * a cache line. (At the end of the page they cost 150 of 750 ns of a lookup in a tree of 118 MB.)
 *
 * The page's checksum is not in the page but beside its slot number in the page table (design/storage.md section 3 and 4): there it
 * also catches a stale page or one written to the wrong place, which a checksum inside cannot. Page id and tree id are stored here so
 * that a descent notices a wrong pointer.
 *
 * P1  slots offset = 40 + lower length + upper length; slots offset + slot size * count <= heap start <= page size; the bytes between are free.
 * P2  free bytes = heap start - slots offset - slot size * count + fragmented bytes.              Checked by tree-check.ts.
 */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';

/** These numbers are on disk and never reused. */
export const PageKind = { Inner: 1, Leaf: 2, Overflow: 3 } as const;
export type PageKind = (typeof PageKind)[keyof typeof PageKind];

export const PageFormatVersion = 2;

/**
 * `LeftEdge`: no lower fence, the lower fence bytes hold only the prefix. `RightEdge`: no upper fence. `HasOverflow`: some value may lie
 * in overflow pages. `Dropping` (root only): pages are being freed from the right, so the last ones keep
 * upper fences that no separator above repeats, and an overflow chain may be cut short. `ShortKeys` (leaves): behind the prefix each key has
 * two bytes, and slots are short.
 */
export const PageFlag = { LeftEdge: 1, RightEdge: 2, HasOverflow: 4, Dropping: 8, ShortKeys: 16 } as const;
export const PageFlagMask = 31;

export const AtKind = 0;
export const AtVersion = 1;
export const AtFlags = 2;
export const AtLevel = 3;
export const AtPageId = 4;
export const AtTreeId = 8;
export const AtCount = 12;
export const AtPrefixLength = 14;
export const AtHeapStart = 16;
export const AtFragmented = 18;
export const AtLowerLength = 20;
export const AtUpperLength = 22;
export const AtUpperShared = 24;
export const AtSlots = 26;
/** Overflow pages have no fences. */
export const AtOrdinal = 20;
/** Leftmost child of an inner page, next page of an overflow page. */
export const AtLink = 28;
export const AtMaxCsn = 32;
/** Where the lower fence begins, or the bytes of an overflow page. */
export const HeaderSizeBytes = 40;

/** `AtLink` of the last page of an overflow chain. */
export const NoPage = 0xffffffff;

export const PageSizeBytesMin = 512;
/** Offsets are u16, and a value in a leaf has a length of 14 bits (cellSizeMaxOf in slotted-page.ts). */
export const PageSizeBytesMax = 32768;

/** Longest key in bytes. A quarter of a page, so that two fences and a cell always fit (see slotted-page.ts, S4). */
export function keyLengthMaxOf(pageSizeBytes: number): number {
  return pageSizeBytes >>> 2;
}

/** 54000, in PostgreSQL's words. */
export function keyTooLong(keyLength: number, keyLengthMax: number): DbError {
  return new DbError('54000', `index row size ${keyLength} exceeds maximum ${keyLengthMax}`, {
    hint: 'Values of this size cannot be keys. Consider an index on a hash of the value, or on a part of it.',
  });
}


/** @throws InternalError unless `pageSizeBytes` is a power of two within the bounds */
export function assertPageSize(pageSizeBytes: number): void {
  assert(pageSizeBytes >= PageSizeBytesMin && pageSizeBytes <= PageSizeBytesMax, 'page size out of range', pageSizeBytes);
  assert((pageSizeBytes & (pageSizeBytes - 1)) === 0, 'page size is not a power of two', pageSizeBytes);
}

/** XX001: bytes that came from disk contradict themselves. `what` is a literal; the page and the tree name the place. */
export function corruptPage(what: string, pageId: number, treeId: number): DbError {
  return new DbError('XX001', `${what} in page ${pageId} of tree ${treeId}`, {
    hint: 'Run the integrity check; the file is damaged or was changed by something else.',
  });
}
