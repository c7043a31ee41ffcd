/**
 * The root of the file: a ring of eight meta blocks. A checkpoint becomes the state of the database when its meta is durable.
 *
 * Every meta goes to the ring slot `sequence mod 8`, so the seven before it stay whole. One or two slots would not do: after a failed
 * sync the newest meta may exist only in the page cache, the next open reads it, writes another over the last durable one, and a power
 * cut then leaves none (model: two slots fail 2 of 4,000 trials, three 1 of 20,000, eight 0 of 300,000).
 *
 * Meta, 512 bytes, so that no torn sector can mix two; the rest of its 4 KiB is zeros:
 *
 *      0  magic "SERIALT\x01"              56  capture LSN: the log up to here is in the pages, u64
 *      8  format major, minor, u16 each    64  highest CSN captured, u64
 *     12  features, three sets of u32:     72  number of the log segment that replay starts with, u32
 *         compatible, read-only            76  depth of the page table, u32
 *         compatible, incompatible         80  slot of its root, u32; 84 checksum of its root, u32
 *     24  page size in bytes, u32          88  number of page ids in use or free, u32
 *     28  flags (1 = clean), u32           92  number of slots in the file, u32
 *     32  database id, 16 random bytes     96  page id of the tree directory's root, u32
 *     48  sequence, u64                   100  next tree id, u32, u32
 *                                         508  CRC-32 of bytes [0, 508)
 *
 * S1  A meta is written only when every page, table page and log segment that it names is durable.
 * S2  `clean` means that no log segment belongs to it: replay has nothing to do. It is believed only when no segment file exists, for
 *     segments are removed after the meta's sync succeeded: a clean meta beside a segment may be one that never reached the disk.
 *
 * Source. design/storage.md sections 6 to 8; feature sets as ext4 has them.
 */
import { getU16, getU32, getU64, setU16, setU32, setU64 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import { PageSizeBytesMax, PageSizeBytesMin } from './page.js';
import type { File } from '../files/vfs.js';
import { readFull, writeFull } from '../files/vfs.js';

export const RingSlotCount = 8;
export const RingSlotBytes = 4096;
/** Page slot 1 begins here. */
export const RingBytes = RingSlotCount * RingSlotBytes;

/** 2: short heads of rows (base/rowcode.ts). 3: lengths of values by need, short keys (slotted-page.ts). 4: checksums by another polynomial. */
export const FormatMajor = 4;
export const FormatMinor = 0;

const Magic = 'SERIALT\x01';
const MetaBytes = 512;
const Offset = {
  magic: 0,
  major: 8,
  minor: 10,
  featuresCompatible: 12,
  featuresReadOnly: 16,
  featuresIncompatible: 20,
  pageSize: 24,
  flags: 28,
  databaseId: 32,
  sequence: 48,
  captureLsn: 56,
  lastCsn: 64,
  segment: 72,
  tableDepth: 76,
  tableRootSlot: 80,
  tableRootCrc: 84,
  pageCount: 88,
  slotCount: 92,
  directoryRoot: 96,
  nextTreeId: 100,
  crc: 508,
} as const;
const FlagClean = 1;

export interface Meta {
  readonly pageSizeBytes: number;
  readonly isClean: boolean;
  readonly databaseId: Uint8Array;
  readonly sequence: number;
  readonly captureLsn: number;
  readonly lastCsn: number;
  readonly segmentNumber: number;
  readonly tableDepth: number;
  readonly tableRootSlot: number;
  readonly tableRootCrc: number;
  readonly pageCount: number;
  readonly slotCount: number;
  readonly directoryRoot: number;
  readonly nextTreeId: number;
}

export function encodeMeta(meta: Meta): Uint8Array {
  const b = new Uint8Array(RingSlotBytes);
  for (let i = 0; i < Magic.length; i++) b[Offset.magic + i] = Magic.charCodeAt(i);
  setU16(b, Offset.major, FormatMajor);
  setU16(b, Offset.minor, FormatMinor);
  setU32(b, Offset.pageSize, meta.pageSizeBytes);
  setU32(b, Offset.flags, meta.isClean ? FlagClean : 0);
  b.set(meta.databaseId, Offset.databaseId);
  setU64(b, Offset.sequence, meta.sequence);
  setU64(b, Offset.captureLsn, meta.captureLsn);
  setU64(b, Offset.lastCsn, meta.lastCsn);
  setU32(b, Offset.segment, meta.segmentNumber);
  setU32(b, Offset.tableDepth, meta.tableDepth);
  setU32(b, Offset.tableRootSlot, meta.tableRootSlot);
  setU32(b, Offset.tableRootCrc, meta.tableRootCrc);
  setU32(b, Offset.pageCount, meta.pageCount);
  setU32(b, Offset.slotCount, meta.slotCount);
  setU32(b, Offset.directoryRoot, meta.directoryRoot);
  setU32(b, Offset.nextTreeId, meta.nextTreeId);
  setU32(b, Offset.crc, crc32(b, 0, Offset.crc));
  return b;
}

/** The meta at `offset`, or undefined when it is torn, damaged or was never written. */
export function decodeMeta(b: Uint8Array, offset: number): Meta | undefined {
  if (!hasMagic(b, offset) || getU32(b, offset + Offset.crc) !== crc32(b, offset, offset + Offset.crc)) return undefined;
  return {
    pageSizeBytes: getU32(b, offset + Offset.pageSize),
    isClean: (getU32(b, offset + Offset.flags) & FlagClean) !== 0,
    databaseId: b.slice(offset + Offset.databaseId, offset + Offset.databaseId + 16),
    sequence: getU64(b, offset + Offset.sequence),
    captureLsn: getU64(b, offset + Offset.captureLsn),
    lastCsn: getU64(b, offset + Offset.lastCsn),
    segmentNumber: getU32(b, offset + Offset.segment),
    tableDepth: getU32(b, offset + Offset.tableDepth),
    tableRootSlot: getU32(b, offset + Offset.tableRootSlot),
    tableRootCrc: getU32(b, offset + Offset.tableRootCrc),
    pageCount: getU32(b, offset + Offset.pageCount),
    slotCount: getU32(b, offset + Offset.slotCount),
    directoryRoot: getU32(b, offset + Offset.directoryRoot),
    nextTreeId: getU32(b, offset + Offset.nextTreeId),
  };
}

function hasMagic(b: Uint8Array, offset: number): boolean {
  for (let i = 0; i < Magic.length; i++) if (b[offset + i] !== Magic.charCodeAt(i)) return false;
  return true;
}

/**
 * Reads the ring: the valid metas, newest first, at least one.
 * @throws DbError XX001 when there is none, 0A000 when the file was written by an older or newer, incompatible version
 */
export function readRing(file: File): Meta[] {
  const ring = new Uint8Array(RingBytes);
  const length = readFull(file, 0, ring, 0, RingBytes);
  const metas: Meta[] = [];
  let seenMagic = false;
  for (let slot = 0; slot < RingSlotCount; slot++) {
    const offset = slot * RingSlotBytes;
    if (offset + MetaBytes > length || !hasMagic(ring, offset)) continue;
    seenMagic = true;
    const meta = decodeMeta(ring, offset);
    if (meta !== undefined || isOfCastagnoliFormat(ring, offset)) checkFormat(file.path, ring, offset);
    if (meta !== undefined && isPlausible(meta)) metas.push(meta);
  }
  if (metas.length === 0) {
    throw new DbError('XX001', seenMagic ? `database file "${file.path}" is damaged` : `file "${file.path}" is not a Serialite database`, {
      detail: `None of the ${RingSlotCount} meta blocks at offsets 0 to ${RingBytes - 1} is valid; the file has ${file.size()} bytes.`,
    });
  }
  return metas.sort((a, b) => b.sequence - a.sequence);
}

/** Up to format 3, checksums were CRC-32C. */
const CastagnoliFormatMax = 3;
const CastagnoliPolynomial = 0x82f63b78;

/** Whether the block at `offset`, which has no right checksum, has that of an old format: then the file is old, and not damaged. */
function isOfCastagnoliFormat(b: Uint8Array, offset: number): boolean {
  if (getU16(b, offset + Offset.major) > CastagnoliFormatMax) return false;
  let remainder = -1;
  for (let i = offset; i < offset + Offset.crc; i++) {
    remainder ^= b[i]!;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ CastagnoliPolynomial : remainder >>> 1;
  }
  return getU32(b, offset + Offset.crc) === ~remainder >>> 0;
}

/** Refuses what this version cannot read; called only on blocks whose checksum is right. */
function checkFormat(path: string, ring: Uint8Array, offset: number): void {
  const major = getU16(ring, offset + Offset.major);
  const incompatible = getU32(ring, offset + Offset.featuresIncompatible);
  const readOnly = getU32(ring, offset + Offset.featuresReadOnly);
  if (major !== FormatMajor || incompatible !== 0 || readOnly !== 0) {
    throw new DbError('0A000', `database file "${path}" was written by ${major < FormatMajor ? 'an older' : 'a newer'} version`, {
      detail: `It has format ${major} with features ${(incompatible | readOnly).toString(16)}; this version reads format ${FormatMajor}.`,
      hint: major < FormatMajor ? 'Dump the database with the version that wrote it, and restore the dump with this one.' : undefined,
    });
  }
}

function isPageSize(sizeBytes: number): boolean {
  return Number.isInteger(sizeBytes) && sizeBytes >= PageSizeBytesMin && sizeBytes <= PageSizeBytesMax && (sizeBytes & (sizeBytes - 1)) === 0;
}
/** @throws DbError 22023 */
export function checkPageSize(sizeBytes: number): void {
  if (!isPageSize(sizeBytes)) throw new DbError('22023', `invalid page size ${sizeBytes}`, { hint: `It must be a power of two from ${PageSizeBytesMin} to ${PageSizeBytesMax}.` });
}

/** Values with a right checksum can still come from a hostile hand: what sizes depend on is bounded before it is used. */
function isPlausible(meta: Meta): boolean {
  return isPageSize(meta.pageSizeBytes) && meta.tableDepth >= 1 && meta.tableDepth <= 6;
}

/** Writes `meta` to its place in the ring; the caller syncs. */
export function writeMeta(file: File, meta: Meta): void {
  let slot = meta.sequence % RingSlotCount;
  if (mutants.on) {
    if (mutants.has('storage.one-meta')) slot = 0;
    else if (mutants.has('storage.two-metas')) slot = meta.sequence % 2;
    else if (mutants.has('storage.three-metas')) slot = meta.sequence % 3;
  }
  writeFull(file, slot * RingSlotBytes, encodeMeta(meta), 0, RingSlotBytes);
}
