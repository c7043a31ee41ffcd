/**
 * Reading the log back: which segments form the chain, where it ends, and whether that end is a torn tail or damage.
 *
 * Replay starts at the meta's capture LSN in the segment it names, applies whole transactions in order to the trees in memory, and
 * changes nothing on disk: a crash during recovery finds the same files. What follows is the caller's checkpoint.
 *
 * The first record that does not validate ends the log, unless something proves that it had been durable:
 *
 * P1  a later valid record of the same segment whose `durableLsn` lies beyond it (commits and seals carry it),
 * P2  a successor segment that starts beyond it, for a header is written only when the segment before is durable,
 * P3  a segment that must exist and does not, or has content but no valid header, for the header is durable first,
 * P4  a segment file shorter than its header or a record says that it durably was,
 * P5  records in a recovery segment that no valid meta names, for its meta was durable first: then the newest meta is what is damaged.
 *
 * With a proof the open is refused (XX001, both positions): cutting the log there would drop acknowledged commits in silence. Damage to
 * the very last, unsealed batch cannot be told from a torn write by anyone (Alagappan et al. 2018).
 *
 * Source. design/storage.md section 8; the chain rule and the recovery flag are checked by its model.
 */
import { getU32, getU64 } from '../../base/bytes.js';
import { crc32 } from '../../base/checksum.js';
import { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import type { Meta } from '../pages/superblock.js';
import type { File, Vfs } from '../files/vfs.js';
import { readFull } from '../files/vfs.js';
import type { ChangeSink, SegmentHeader } from './wal-record.js';
import {
  alignRecord,
  ChunkOffset,
  CommitOffset,
  decodeSegmentHeader,
  durableSizeOf,
  isValidRecord,
  readChanges,
  RecordAlignment,
  RecordHeaderBytes,
  RecordOffset,
  RecordType,
  saltCrc,
  SegmentHeaderBytes,
  segmentPath,
  segmentPrefix,
} from './wal-record.js';

const WindowBytes = 1 << 20;

export interface SegmentInfo {
  readonly number: number;
  /** Undefined when the file holds no valid header. */
  readonly header: SegmentHeader | undefined;
}

/** What replay applies to. `beginCommit` comes before the changes of each transaction. */
export interface ReplaySink extends ChangeSink {
  beginCommit(csn: number): void;
}

export interface ReplayResult {
  /** End of the last valid record. */
  readonly endLsn: number;
  readonly lastCsn: number;
  readonly commitCount: number;
  /** The last segment of the chain. */
  readonly lastSegment: number;
}

/** Numbers of the log segments beside the database, ascending. */
export function segmentNumbers(vfs: Vfs, path: string): number[] {
  const prefix = segmentPrefix(path.slice(path.lastIndexOf('/') + 1));
  const numbers: number[] = [];
  for (const name of vfs.list(path, prefix)) {
    const digits = name.slice(prefix.length);
    if (/^\d{8,10}$/.test(digits)) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}

/** The log segments beside the database, by number. @throws DbError 0A000 on a newer format */
export function listSegments(vfs: Vfs, path: string): SegmentInfo[] {
  return segmentNumbers(vfs, path).map((number) => readSegmentInfo(vfs, path, number));
}

function readSegmentInfo(vfs: Vfs, path: string, number: number): SegmentInfo {
  const file = vfs.open(segmentPath(path, number), 'read');
  try {
    const bytes = new Uint8Array(SegmentHeaderBytes);
    const length = readFull(file, 0, bytes, 0, SegmentHeaderBytes);
    return { number, header: decodeSegmentHeader(bytes, length) };
  } finally {
    file.close();
  }
}

/** Whether anything but zeros follows the header. */
function hasContent(vfs: Vfs, path: string, number: number): boolean {
  const file = vfs.open(segmentPath(path, number), 'read');
  try {
    const bytes = new Uint8Array(65536);
    for (let position = SegmentHeaderBytes; ; ) {
      const length = readFull(file, position, bytes, 0, bytes.length);
      for (let i = 0; i < length; i++) if (bytes[i] !== 0) return true;
      if (length < bytes.length) return false;
      position += length;
    }
  } finally {
    file.close();
  }
}

/**
 * Replays what the log holds beyond `meta`. @throws DbError XX001 when the log is damaged (P1 to P5)
 */
export function replay(vfs: Vfs, path: string, meta: Meta, segments: readonly SegmentInfo[], sink: ReplaySink): ReplayResult {
  const replayer = new Replayer(vfs, path, meta, segments, sink);
  return replayer.run();
}

class Replayer {
  readonly #vfs: Vfs;
  readonly #path: string;
  readonly #meta: Meta;
  readonly #segments: readonly SegmentInfo[];
  readonly #sink: ReplaySink;
  #lsn: number;
  #lastCsn: number;
  #commitCount = 0;
  /** Chunks of a transaction whose commit record has not been met. */
  #chunks: { readonly offset: number; readonly length: number }[] = [];
  #chunkCsn = 0;

  constructor(vfs: Vfs, path: string, meta: Meta, segments: readonly SegmentInfo[], sink: ReplaySink) {
    this.#vfs = vfs;
    this.#path = path;
    this.#meta = meta;
    this.#segments = segments;
    this.#sink = sink;
    this.#lsn = meta.captureLsn;
    this.#lastCsn = meta.lastCsn;
  }

  run(): ReplayResult {
    const meta = this.#meta;
    let current = meta.segmentNumber;
    if (!meta.isClean) {
      const first = this.#segments.find((s) => s.number === current);
      if (first === undefined) throw this.#damage(current, 0, 'the log segment that the last checkpoint names is missing');
      this.#checkHeader(first);
      if (first.header!.startLsn !== meta.captureLsn) throw this.#damage(current, 0, 'the log segment does not begin where the last checkpoint ended');
      for (let info: SegmentInfo | undefined = first; info !== undefined; ) {
        current = info.number;
        const next = this.#successorOf(info.number);
        this.#replaySegment(info, next?.header?.startLsn);
        info = next;
      }
    }
    this.#checkStrays(current);
    return { endLsn: this.#lsn, lastCsn: this.#lastCsn, commitCount: this.#commitCount, lastSegment: current };
  }

  /** The segment that names `number` as its previous one; never a recovery segment, whose meta would name it. */
  #successorOf(number: number): SegmentInfo | undefined {
    return this.#segments.find((s) => s.number > number && s.header !== undefined && !s.header.isRecovery && s.header.previousNumber === number);
  }

  #checkHeader(info: SegmentInfo): void {
    if (info.header === undefined) throw this.#damage(info.number, 0, 'the header of the log segment is damaged');
    if (info.header.number !== info.number) throw this.#damage(info.number, 0, `the log segment says that it is number ${info.header.number}`);
    if (!info.header.databaseId.every((byte, i) => byte === this.#meta.databaseId[i])) {
      throw this.#damage(info.number, 0, 'the log segment belongs to another database');
    }
  }

  /** Segments outside the chain are leftovers, unless they prove that something is missing. */
  #checkStrays(last: number): void {
    for (const info of this.#segments) {
      if (info.number < this.#meta.segmentNumber || (info.number <= last && !this.#meta.isClean)) continue;
      if (info.header === undefined) {
        if (hasContent(this.#vfs, this.#path, info.number)) throw this.#damage(info.number, 0, 'the header of the log segment is damaged');
        continue;
      }
      this.#checkHeader(info);
      if (!info.header.isRecovery) throw this.#damage(info.number, 0, `log segment ${info.header.previousNumber}, which comes before it, is missing`);
      if (this.#holdsRecord(info)) throw this.#damage(info.number, 0, 'it holds commits, but no valid meta block names it: the newest meta block is damaged');
    }
  }

  #holdsRecord(info: SegmentInfo): boolean {
    return this.#withWindow(info.number, (log) => {
      const { startLsn, salt } = info.header!;
      return log.validRecordAt(SegmentHeaderBytes, startLsn, saltCrc(salt)) >= 0;
    });
  }

  #withWindow<T>(number: number, use: (log: LogWindow) => T): T {
    const file = this.#vfs.open(segmentPath(this.#path, number), 'read');
    try {
      return use(new LogWindow(file));
    } finally {
      file.close();
    }
  }

  /** Replays one segment up to `limit`, the start of its successor, or to the end of the log. */
  #replaySegment(info: SegmentInfo, limit: number | undefined): void {
    this.#checkHeader(info);
    const { startLsn, salt } = info.header!;
    const seed = saltCrc(salt);
    let sizeMin = info.header!.fileSizeBytes;
    this.#withWindow(info.number, (log) => {
      while (limit === undefined || this.#lsn < limit) {
        const position = SegmentHeaderBytes + (this.#lsn - startLsn);
        const at = log.validRecordAt(position, this.#lsn, seed);
        if (at < 0) break;
        const length = getU32(log.bytes, at + RecordOffset.length);
        sizeMin = Math.max(sizeMin, durableSizeOf(log.bytes, at));
        this.#apply(log, info.number, position, at, length);
        this.#lsn += alignRecord(length);
      }
      if (log.size < sizeMin) throw this.#damage(info.number, log.size, `the file has been cut: it once had ${sizeMin} bytes`);
      if (limit === undefined) this.#checkTail(log, info.number, startLsn, seed);
      else if (this.#lsn !== limit) throw this.#damage(info.number, SegmentHeaderBytes + (this.#lsn - startLsn), `the log is damaged at LSN ${this.#lsn}, but its next segment begins at ${limit}`);
      else if (this.#chunks.length > 0) throw this.#damage(info.number, SegmentHeaderBytes + (this.#lsn - startLsn), 'a large transaction ends in the middle of the log');
    });
  }

  #apply(log: LogWindow, segment: number, position: number, at: number, length: number): void {
    const b = log.bytes;
    switch (b[at + RecordOffset.type]) {
      case RecordType.Seal:
        return;
      case RecordType.Chunk: {
        const csn = getU64(b, at + ChunkOffset.csn);
        const index = getU32(b, at + RecordOffset.chunk);
        if (index !== this.#chunks.length || (index > 0 && csn !== this.#chunkCsn)) throw this.#damage(segment, position, 'the parts of a large transaction are out of order');
        this.#chunkCsn = csn;
        this.#chunks.push({ offset: position, length });
        if (mutants.on && mutants.has('storage.chunk-applied-alone')) {
          this.#sink.beginCommit(csn);
          readChanges(b, at + ChunkOffset.changes, at + length, this.#sink);
        }
        return;
      }
      case RecordType.Commit:
        this.#applyCommit(log, segment, position, at, length);
        return;
      default:
        throw this.#damage(segment, position, `unknown log record type ${b[at + RecordOffset.type]}`);
    }
  }

  #applyCommit(log: LogWindow, segment: number, position: number, at: number, length: number): void {
    const csn = getU64(log.bytes, at + CommitOffset.csn);
    const chunkCount = getU32(log.bytes, at + RecordOffset.chunk);
    if (chunkCount !== this.#chunks.length || (chunkCount > 0 && csn !== this.#chunkCsn)) throw this.#damage(segment, position, 'parts of a large transaction are missing');
    if (csn !== 0 && csn <= this.#lastCsn) throw this.#damage(segment, position, `commit ${csn} follows commit ${this.#lastCsn}`);
    this.#sink.beginCommit(csn);
    let changesAt: number = CommitOffset.changes;
    if (chunkCount > 0) {
      changesAt = CommitOffset.changesAfterCrc;
      const expected = getU32(log.bytes, at + CommitOffset.chunkCrc);
      this.#applyChunks(log, segment, position, expected);
      // The window has moved: bring the commit record back.
      at = log.load(position, length);
    }
    readChanges(log.bytes, at + changesAt, at + length, this.#sink);
    if (csn !== 0) this.#lastCsn = csn;
    this.#commitCount++;
  }

  #applyChunks(log: LogWindow, segment: number, position: number, expected: number): void {
    let crc = 0;
    for (const chunk of this.#chunks) {
      const at = log.load(chunk.offset, chunk.length);
      crc = crc32(log.bytes, at + RecordOffset.payload, at + chunk.length, crc);
    }
    if (crc !== expected) throw this.#damage(segment, position, 'parts of a large transaction do not belong together');
    if (!(mutants.on && mutants.has('storage.chunk-applied-alone'))) {
      for (const chunk of this.#chunks) {
        const at = log.load(chunk.offset, chunk.length);
        readChanges(log.bytes, at + ChunkOffset.changes, at + chunk.length, this.#sink);
      }
    }
    this.#chunks = [];
  }

  /** The record at the LSN reached is not valid: is that the end (P1)? */
  #checkTail(log: LogWindow, segment: number, startLsn: number, seed: number): void {
    if (mutants.on && mutants.has('storage.log-cut-in-silence')) return;
    const bad = SegmentHeaderBytes + (this.#lsn - startLsn);
    const later = log.findProof(bad, startLsn, this.#lsn, seed);
    if (later >= 0) {
      throw this.#damage(segment, bad, `the log is damaged at LSN ${this.#lsn}, but a later record at offset ${later} shows that it had been durable`);
    }
  }

  #damage(segment: number, offset: number, detail: string): DbError {
    return new DbError('XX001', `log segment "${segmentPath(this.#path, segment)}" is damaged at offset ${offset}`, {
      detail,
      hint: 'Nothing was changed. Restore a backup, or keep a copy of all files before attempting a repair.',
    });
  }
}

/** A part of a segment file in memory, moved as needed. */
class LogWindow {
  bytes: Uint8Array;
  readonly #file: File;
  readonly size: number;
  #position = 0;
  #length = 0;

  constructor(file: File) {
    this.#file = file;
    this.size = file.size();
    this.bytes = new Uint8Array(Math.min(this.size, WindowBytes));
  }

  /** Offset in `bytes` where the `length` bytes at `position` lie, -1 when the file ends before. */
  load(position: number, length: number): number {
    if (position + length > this.size) return -1;
    if (position < this.#position || position + length > this.#position + this.#length) {
      if (length > this.bytes.length) this.bytes = new Uint8Array(length);
      this.#position = position;
      this.#length = readFull(this.#file, position, this.bytes, 0, Math.min(this.bytes.length, this.size - position));
      if (this.#length < length) return -1;
    }
    return position - this.#position;
  }

  /** Offset in `bytes` of the valid record at `position`, or -1. */
  validRecordAt(position: number, lsn: number, seed: number): number {
    let at = this.load(position, RecordHeaderBytes);
    if (at < 0) return -1;
    const length = getU32(this.bytes, at + RecordOffset.length);
    if (length < RecordHeaderBytes || position + length > this.size || getU64(this.bytes, at + RecordOffset.lsn) !== lsn) return -1;
    at = this.load(position, length);
    return at >= 0 && isValidRecord(this.bytes, at, at + length, lsn, seed) ? at : -1;
  }

  /** Position of a valid record after `bad` that says something beyond `badLsn` was durable, or -1. */
  findProof(bad: number, startLsn: number, badLsn: number, seed: number): number {
    for (let position = bad + RecordAlignment; ; position += RecordAlignment) {
      const at = this.load(position, RecordHeaderBytes);
      if (at < 0) return -1;
      const lsn = startLsn + (position - SegmentHeaderBytes);
      const b = this.bytes;
      if (getU32(b, at + RecordOffset.lsn) !== lsn % 4294967296 || getU64(b, at + RecordOffset.lsn) !== lsn) continue;
      if (getU64(b, at + RecordOffset.durableLsn) <= badLsn) continue;
      if (this.validRecordAt(position, lsn, seed) >= 0) return position;
    }
  }
}
