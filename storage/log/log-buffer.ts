/**
 * The end of the log that has not been handed to the file system yet: whole records, and at most one being encoded. The commit writer
 * encodes straight into `bytes` at `end`; the log takes whole records off the front. All of it happens in synchronous slices, so no
 * lock is needed. Fields are public because the encoder is the hottest code of a commit.
 */
import { copyBytes, putU64 } from '../../base/bytes.js';
import { alignRecord, RecordHeaderBytes, RecordOffset } from './wal-record.js';

const CapacityMin = 1 << 16;
/** A buffer that a huge transaction has blown up beyond this is given back once it is empty. */
const CapacityKept = 1 << 23;

export class LogBuffer {
  bytes: Uint8Array = new Uint8Array(CapacityMin);
  view = new DataView(this.bytes.buffer);
  /** Offset in `bytes` where the next byte goes. */
  end = 0;
  /** Whether a record is being encoded: nothing may be taken off then. */
  isRecordOpen = false;
  /** Of some records the checksum of the payload, which has been taken already, by LSN. */
  readonly payloadCrcs = new Map<number, number>();
  /** LSN of the byte at offset 0. */
  startLsn: number;

  constructor(startLsn: number) {
    this.startLsn = startLsn;
  }

  get endLsn(): number {
    return this.startLsn + this.end;
  }

  /** Makes room for `length` more bytes. `bytes` and `view` may be others afterwards. */
  reserve(length: number): void {
    const needed = this.end + length;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    copyBytes(bytes, 0, this.bytes, 0, this.end);
    this.#setBytes(bytes);
  }
  #setBytes(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Begins a record and returns the offset of its header; `end` is then at its payload. */
  beginRecord(type: number): number {
    this.reserve(RecordHeaderBytes + 64);
    this.isRecordOpen = true;
    const offset = this.end;
    const { view } = this;
    // Zeros by words: a call of `fill` takes longer than all the rest.
    for (let at = offset; at < offset + RecordHeaderBytes; at += 8) view.setFloat64(at, 0);
    putU64(view, offset + RecordOffset.lsn, this.startLsn + offset);
    this.bytes[offset + RecordOffset.type] = type;
    this.end = offset + RecordHeaderBytes;
    return offset;
  }

  /** Ends the record that began at `offset`. */
  endRecord(offset: number): void {
    this.view.setUint32(offset + RecordOffset.length, this.end - offset, true);
    const end = offset + alignRecord(this.end - offset);
    this.reserve(end - this.end);
    while (this.end < end) this.bytes[this.end++] = 0;
    this.isRecordOpen = false;
  }

  /** Takes the first `length` bytes off: they have been written. */
  drop(length: number): void {
    this.bytes.copyWithin(0, length, this.end);
    this.end -= length;
    this.startLsn += length;
    for (const lsn of this.payloadCrcs.keys()) if (lsn < this.startLsn) this.payloadCrcs.delete(lsn);
    if (this.end === 0 && this.bytes.length > CapacityKept) this.#setBytes(new Uint8Array(CapacityMin));
  }
}
