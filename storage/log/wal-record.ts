/**
 * Bytes of the log: segment headers, records, and the changes inside a record.
 *
 * An LSN is a byte position in the log over all segments, headers not counted. Segment file = 4096 bytes of header, then records.
 *
 *     segment header, 512 bytes, the rest zeros                record, 8-byte aligned
 *       0  magic "SERIWAL\x01"                                   0  length with this header, without padding, u32; 0 = end
 *       8  version, u32     12  flags (1 = recovery), u32        4  CRC-32 over salt and bytes [8, length), u32
 *      16  database id, 16 bytes                                 8  LSN of this record, u64
 *      32  number, u32      36  number of the previous, u32     16  LSN known durable when it was written, u64
 *      40  start LSN = end of the previous segment, u64         24  type, u8; 28 chunk number or count, u32
 *      48  salt, 16 random bytes                                    file size known durable, in 512 bytes, u24 at 25
 *      64  size of the file when the header was written, u64    32  payload
 *     508  CRC-32 of bytes [0, 508)
 *
 *     payload of a commit: CSN u64 (0: outside transactions), time f64 (ms since 1970, when it was written out), CRC-32 of all its chunks u32 when it
 *     has chunks, then changes. Of a chunk: CSN u64, then changes. Of a seal: nothing.
 *
 *     change: 1 put:    key length, key, value length, value       4 drop tree: id
 *             2 delete: key length, key                            5 tree for the puts and deletes that follow: id
 *             3 create tree: id (also selects it)                  6 attach the tree whose pages a checkpoint holds: id
 *     (lengths and ids are varints)
 *
 * W1  The checksum covers the segment's salt and the LSN, so bytes of another segment, position or database never validate.
 * W2  A transaction is one record, atomic by its checksum, or chunks followed by a commit record with their number and checksum.
 * W3  A record exists in a segment only if the segment's header was durable; in a recovery segment only if a meta naming it was.
 * W4  A record's `durableLsn` proves that everything before that position had reached the disk: a reader that fails to validate
 *     something before it has found damage, not the end of the log.
 *
 * W5  Space is reserved ahead and synced, so the header and later records know a size that the file has durably: one that is shorter has
 *     been cut.
 *
 * Source. design/storage.md section 5.
 */
import { getF64, getU32, getU64, getVarint, putU64, setU32, setU64, varintEnd, viewOf } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { joinCrc32 } from '../../base/crc-join.js';
import { DbError } from '../../base/errors.js';

export const SegmentHeaderBytes = 4096;
export const RecordHeaderBytes = 32;
export const RecordAlignment = 8;
/** A transaction larger than this is cut into chunks of about this size. */
export const ChunkBytesDefault = 1 << 20;
/** Bytes a change has in the log beside its key and value, at most: its tag and two lengths. */
export const ChangeOverheadBytes = 9;
/** 2: checksums by another polynomial (docs/decisions/0036). */
const SegmentVersion = 2;
const SegmentMagic = 'SERIWAL\x01';
const SegmentHeaderUsed = 512;
const FlagRecovery = 1;

export const RecordType = { Commit: 1, Chunk: 2, Seal: 3 } as const;
export const ChangeTag = { Put: 1, Delete: 2, CreateTree: 3, DropTree: 4, SelectTree: 5, AttachTree: 6 } as const;

/** A put whose lengths take a byte each: its tag, the key's length, the key, the value's length, the value. These bytes stand before the key, and before the value. */
export const ShortPut = { beforeKey: 2, beforeValue: 1 } as const;

export const RecordOffset = { length: 0, crc: 4, lsn: 8, durableLsn: 16, type: 24, durableSize: 25, chunk: 28, payload: 32 } as const;
export const CommitOffset = { csn: 32, time: 40, changes: 48, chunkCrc: 48, changesAfterCrc: 52 } as const;
export const ChunkOffset = { csn: 32, changes: 40 } as const;

export interface SegmentHeader {
  readonly databaseId: Uint8Array;
  readonly number: number;
  readonly previousNumber: number;
  readonly startLsn: number;
  readonly salt: Uint8Array;
  readonly isRecovery: boolean;
  /** Size of the file, which becomes durable with the header. */
  readonly fileSizeBytes: number;
}

const SegmentOffset = { version: 8, flags: 12, databaseId: 16, number: 32, previous: 36, startLsn: 40, salt: 48, fileSize: 64, crc: 508 } as const;

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const b = new Uint8Array(SegmentHeaderBytes);
  for (let i = 0; i < SegmentMagic.length; i++) b[i] = SegmentMagic.charCodeAt(i);
  setU32(b, SegmentOffset.version, SegmentVersion);
  setU32(b, SegmentOffset.flags, header.isRecovery ? FlagRecovery : 0);
  b.set(header.databaseId, SegmentOffset.databaseId);
  setU32(b, SegmentOffset.number, header.number);
  setU32(b, SegmentOffset.previous, header.previousNumber);
  setU64(b, SegmentOffset.startLsn, header.startLsn);
  b.set(header.salt, SegmentOffset.salt);
  setU64(b, SegmentOffset.fileSize, header.fileSizeBytes);
  setU32(b, SegmentOffset.crc, crc32(b, 0, SegmentOffset.crc));
  return b;
}

/** The header in the first bytes of a segment, or undefined when it was never whole. @throws DbError 0A000 for a newer version */
export function decodeSegmentHeader(b: Uint8Array, length: number): SegmentHeader | undefined {
  if (length < SegmentHeaderUsed || getU32(b, SegmentOffset.crc) !== crc32(b, 0, SegmentOffset.crc)) return undefined;
  for (let i = 0; i < SegmentMagic.length; i++) if (b[i] !== SegmentMagic.charCodeAt(i)) return undefined;
  if (getU32(b, SegmentOffset.version) !== SegmentVersion) {
    throw new DbError('0A000', `a log segment was written by a newer version (${getU32(b, SegmentOffset.version)})`);
  }
  return {
    databaseId: b.slice(SegmentOffset.databaseId, SegmentOffset.databaseId + 16),
    number: getU32(b, SegmentOffset.number),
    previousNumber: getU32(b, SegmentOffset.previous),
    startLsn: getU64(b, SegmentOffset.startLsn),
    salt: b.slice(SegmentOffset.salt, SegmentOffset.salt + 16),
    fileSizeBytes: getU64(b, SegmentOffset.fileSize),
    isRecovery: (getU32(b, SegmentOffset.flags) & FlagRecovery) !== 0,
  };
}

export function segmentPath(databasePath: string, number: number): string {
  return `${databasePath}-wal-${String(number).padStart(8, '0')}`;
}
export function segmentPrefix(databaseName: string): string {
  return `${databaseName}-wal-`;
}

/** What all record checksums of a segment start from. */
export function saltCrc(salt: Uint8Array): number {
  return crc32(salt, 0, salt.length);
}

export function alignRecord(length: number): number {
  return Math.ceil(length / RecordAlignment) * RecordAlignment;
}

const SizeUnitBytes = 512;

/** Fills in what is known only when the record is written: what is durable by then, and with it the checksum, which a view at hand makes cheaper; that of the payload may be known. */
export function sealRecord(b: Uint8Array, offset: number, durableLsn: number, durableSizeBytes: number, seed: number, payloadCrc?: number): void {
  const view = viewOf(b);
  putU64(view, offset + RecordOffset.durableLsn, durableLsn);
  const units = Math.min(0xffffff, Math.floor(durableSizeBytes / SizeUnitBytes));
  b[offset + RecordOffset.durableSize] = units;
  b[offset + RecordOffset.durableSize + 1] = units >>> 8;
  b[offset + RecordOffset.durableSize + 2] = units >>> 16;
  const length = view.getUint32(offset + RecordOffset.length, true);
  const crc =
    payloadCrc === undefined
      ? crc32(b, offset + RecordOffset.lsn, offset + length, seed)
      : joinCrc32(crc32(b, offset + RecordOffset.lsn, offset + RecordOffset.payload, seed), payloadCrc, length - RecordOffset.payload);
  view.setUint32(offset + RecordOffset.crc, crc, true);
}

/** A size that the segment file had durably when the record was written. */
export function durableSizeOf(b: Uint8Array, offset: number): number {
  const at = offset + RecordOffset.durableSize;
  return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16)) * SizeUnitBytes;
}

/** Whether a whole record that claims to be at `lsn` lies at `offset`, `end` bounding it. */
export function isValidRecord(b: Uint8Array, offset: number, end: number, lsn: number, seed: number): boolean {
  if (offset + RecordHeaderBytes > end) return false;
  const length = getU32(b, offset + RecordOffset.length);
  if (length < RecordHeaderBytes || length > end - offset) return false;
  if (getU64(b, offset + RecordOffset.lsn) !== lsn) return false;
  return getU32(b, offset + RecordOffset.crc) === crc32(b, offset + RecordOffset.lsn, offset + length, seed);
}

/** Receives the changes of a record, in order. Bytes are borrowed for the call. */
export interface ChangeSink {
  put(tree: number, b: Uint8Array, keyOffset: number, keyLength: number, valueOffset: number, valueLength: number): void;
  delete(tree: number, b: Uint8Array, keyOffset: number, keyLength: number): void;
  createTree(tree: number): void;
  dropTree(tree: number): void;
  attachTree(tree: number): void;
}

/**
 * Decodes the changes in `[offset, end)`. The bytes have passed their checksum, so a contradiction here is either our bug or a hostile
 * hand. @throws DbError XX001
 */
export function readChanges(b: Uint8Array, offset: number, end: number, sink: ChangeSink): void {
  let tree = -1;
  let at = offset;
  while (at < end) {
    const tag = b[at++]!;
    const first = getVarint(b, at);
    at = varintEnd(b, at);
    switch (tag) {
      case ChangeTag.Put: {
        const keyOffset = at;
        at += first;
        const valueLength = getVarint(b, at);
        at = varintEnd(b, at);
        if (at + valueLength > end || tree < 0) throw malformed(at);
        sink.put(tree, b, keyOffset, first, at, valueLength);
        at += valueLength;
        break;
      }
      case ChangeTag.Delete:
        if (at + first > end || tree < 0) throw malformed(at);
        sink.delete(tree, b, at, first);
        at += first;
        break;
      case ChangeTag.CreateTree:
        tree = first;
        sink.createTree(tree);
        break;
      case ChangeTag.SelectTree:
        tree = first;
        break;
      case ChangeTag.DropTree:
        sink.dropTree(first);
        break;
      case ChangeTag.AttachTree:
        sink.attachTree(first);
        break;
      default:
        throw malformed(at - 1);
    }
  }
  if (at !== end) throw malformed(at);
}
function malformed(at: number): DbError {
  return new DbError('XX001', 'a log record is malformed', { detail: `at byte ${at} of its buffer` });
}

export function commitTime(b: Uint8Array, offset: number): number {
  return getF64(b, offset + CommitOffset.time);
}
export function setCommitTime(b: Uint8Array, offset: number, time: number): void {
  viewOf(b).setFloat64(offset + CommitOffset.time, time, true);
}
