/**
 * A segment file as the log writes it. Two ways lead to the disk. `write` hands bytes to the system, and a sync of the file makes them durable. `writeThrough`
 * does both in one call and past the system's cache: whole blocks, over space that the file durably has, so that nothing but the data moves. A small commit
 * takes about a sixth less time that way than by a write and a sync, and one call instead of two.
 *
 * S1  A block written through is never completed from the system's cache, which may hold an older state of it (`man 2 open`, O_DIRECT): whoever writes
 *     into the block where the log ends writes all of it, from memory. What is durable in it is written over with the same bytes, as a cache does with a page.
 * S2  Only what lies before `durableEnd` is written through: over zeros that are durable, without a change of the file's length.
 */
import { mutants } from '../../base/mutants.js';
import type { File } from '../files/vfs.js';
import { ThroughBlockBytes, writeFull } from '../files/vfs.js';
import { SegmentHeaderBytes } from './wal-record.js';

/** What is longer is sooner written and synced. */
const ThroughBytesMax = 1 << 17;

export class Segment {
  readonly number: number;
  readonly file: File;
  /** LSN of its first record; -1 in a prepared segment, whose header is not written yet. */
  readonly startLsn: number;
  readonly seed: number;
  /** File position up to which zeros or records have been written. */
  reservedEnd: number;
  /** What `reservedEnd` was at the last sync: the file is at least so long whatever happens. */
  durableEnd: number;
  /** The block where the log ends, as far as it is written, and room for what comes next. */
  #block = new Uint8Array(ThroughBlockBytes);
  /** File position up to which records have been written; what it has of its block is at the front of `#block`. */
  #end = SegmentHeaderBytes;
  /** Whether all of the segment came by this object, so that `#block` is what it says. */
  #isWhole = true;
  /** Whether anything has been written through. */
  #goesThrough = false;
  /** Whether the system has said that it cannot. */
  #isRefused = false;

  constructor(number: number, file: File, startLsn: number, seed: number, durableEnd: number, reservedEnd = file.size()) {
    this.number = number;
    this.file = file;
    this.startLsn = startLsn;
    this.seed = seed;
    this.reservedEnd = reservedEnd;
    this.durableEnd = durableEnd;
  }

  positionOf(lsn: number): number {
    return SegmentHeaderBytes + (lsn - this.startLsn);
  }

  /** Writes zeros up to `end`; they become durable with the next sync. @throws DbError as `File.write` */
  extend(end: number, zeros: Uint8Array): void {
    while (this.reservedEnd < end) {
      const length = Math.min(zeros.length, end - this.reservedEnd);
      writeFull(this.file, this.reservedEnd, zeros, 0, length);
      this.reservedEnd += length;
    }
  }

  /** Writes the first `length` of `bytes`, whole records that begin at `lsn`. @throws DbError as `File.write` */
  write(lsn: number, bytes: Uint8Array, length: number): void {
    const position = this.positionOf(lsn);
    if (position !== this.#end) this.#isWhole = false;
    const before = position % ThroughBlockBytes;
    let done = 0;
    if (this.#goesThrough && before > 0 && !(mutants.on && mutants.has('storage.block-completed-from-cache'))) {
      done = Math.min(length, ThroughBlockBytes - before);
      this.#block.set(bytes.subarray(0, done), before);
      this.#block.fill(0, before + done, ThroughBlockBytes);
      writeFull(this.file, position - before, this.#block, 0, ThroughBlockBytes);
    }
    if (done < length) writeFull(this.file, position + done, bytes, done, length - done);
    this.reservedEnd = Math.max(this.reservedEnd, position + length);
    this.#keepBlock(bytes, position, length);
  }

  #keepBlock(bytes: Uint8Array, position: number, length: number): void {
    this.#end = position + length;
    const from = this.#end - (this.#end % ThroughBlockBytes);
    if (from > position) this.#block.set(bytes.subarray(from - position, length), 0);
    else this.#block.set(bytes.subarray(0, length), position - from);
  }

  /** Whether the first `length` bytes at `lsn` may be written through (S2). */
  fitsThrough(lsn: number, length: number): boolean {
    const position = this.positionOf(lsn);
    const start = position - (position % ThroughBlockBytes);
    const blocksLength = blocksOf(position - start + length);
    const limit = mutants.on && mutants.has('storage.through-beyond-durable-zeros') ? this.reservedEnd : this.durableEnd;
    return this.#isWhole && !this.#isRefused && position === this.#end && blocksLength <= ThroughBytesMax && start + blocksLength <= limit;
  }

  /**
   * `write`, but durable when it returns, of what fits. False, and nothing has been written, where the system cannot: then `write` and a sync are the way.
   * Everything before is durable. @throws DbError as `File.writeThrough`: nobody knows what has become of the bytes
   */
  writeThrough(lsn: number, bytes: Uint8Array, length: number): boolean {
    const position = this.positionOf(lsn);
    const before = position % ThroughBlockBytes;
    const start = position - before;
    const blocksLength = blocksOf(before + length);
    if (blocksLength > this.#block.length) {
      const block = new Uint8Array(blocksLength);
      block.set(this.#block);
      this.#block = block;
    }
    const block = this.#block;
    block.set(bytes.subarray(0, length), before);
    block.fill(0, before + length, blocksLength);
    if (!this.file.writeThrough(start, block, blocksLength)) {
      this.#isRefused = true;
      return false;
    }
    this.#goesThrough = true;
    this.#end = position + length;
    const lastBlock = this.#end - (this.#end % ThroughBlockBytes) - start;
    if (lastBlock > 0) block.copyWithin(0, lastBlock, before + length);
    return true;
  }
}

function blocksOf(length: number): number {
  return Math.ceil(length / ThroughBlockBytes) * ThroughBlockBytes;
}
