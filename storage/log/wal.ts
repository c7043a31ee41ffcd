/**
 * The write-ahead log: segments, group commit, space reserved ahead, rotation.
 *
 * Commits append records to a buffer. One batch is in flight at a time: everything buffered is written, synced, published, and what
 * gathered meanwhile is the next batch, so that one sync serves as many commits as wait. A commit that is alone is synced at once,
 * without the detour through another thread, as long as syncing is quick.
 *
 * G1  acknowledged <= durable <= written <= appended, as LSNs. With relaxed durability durable <= acknowledged <= written: what has been acknowledged
 *     outlives the process, and a sync follows within about a second.
 * G2  After any write or sync has failed nothing more is written, acknowledged or retried: a second sync can report success for pages
 *     that the kernel has dropped. The owner poisons the store.
 * G3  Records go into a segment only after its header and its directory entry are durable, and into the next segment only after
 *     everything in this one is (W3).
 * G4  A segment is never appended to by a later incarnation: bytes behind a torn tail might come to life again.
 * G5  Space is reserved by writing zeros, so that a full disk is noticed before a commit has taken effect. (Node has no fallocate;
 *     a hole made with `truncate` would move the error to the commit.)
 * G6  When the log has been idle for a moment, a seal is written: it proves that what lies before it was durable, so that damage to the
 *     last batch can be told from a torn write.
 *
 * Source. design/storage.md sections 5 and 6; group commit: DeWitt et al. 1984. Measured: design/performance.md.
 */
import { assert } from '../../base/assert.js';
import { getU32 } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import type { Timer } from '../../base/scheduler.js';
import { LogBuffer } from './log-buffer.js';
import { readForAppend, type PlantedStart } from '../mutants.js';
import { Segment } from './segment.js';
import type { File } from '../files/vfs.js';
import { readFull, writeFull } from '../files/vfs.js';
import type { WalOptions } from './wal-options.js';
import { alignRecord, encodeSegmentHeader, isValidRecord, RecordHeaderBytes, RecordOffset, RecordType, saltCrc, sealRecord, SegmentHeaderBytes, segmentPath, setCommitTime } from './wal-record.js';

const SealDelayMs = 50;
const RelaxedSyncDelayMs = 1000;
/** Two seals lie in different blocks of this size, so that what damages the last batch leaves one of them. */
const SealBlockBytes = 4096;
/** Always kept free behind a reservation: for seals and for what rounding adds. */
const ReserveMarginBytes = SealBlockBytes + 256;
/** The first reservation of a segment is small, for most databases never fill it. */
const FirstReserveBytesMax = 1 << 18;
/** So many pieces that have been handed to the file system are worth a sync ahead of the end of their commit. */
const EarlySyncPieces = 4;
/** Below this average a sync is made on our own thread: handing it to another one and back takes longer, and more processor time. */
const SyncMsAtOnce = 1;
/** One sync that took longer says little about the next. */
const SyncMsCounted = 32;

/** Under way from the capture of a checkpoint until the next segment's header is durable. */
interface Rotation {
  readonly lsn: number;
  readonly previous: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  readonly ended: Promise<void>;
}

interface Waiter {
  readonly lsn: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Wal {
  readonly buffer: LogBuffer;
  readonly #options: WalOptions;
  readonly #zeros: Uint8Array;
  #segment: Segment | undefined = undefined;
  #prepared: Segment | undefined = undefined;
  #rotation: Rotation | undefined = undefined;
  #nextNumber: number;
  #durableLsn: number;
  #writtenLsn: number;
  #sealedLsn: number;
  #waiters: Waiter[] = [];
  #isRunning = false;
  #syncsUnderWay = 0;
  /** Whether what was written last has been written through. */
  #wentThrough = false;
  /** Resolves when the early sync that is under way has ended. */
  #earlySync: Promise<void> | undefined = undefined;
  #failure: unknown = undefined;
  #isClosed = false;
  #commitsInBatch = 0;
  #commitsInLastBatch = 0;
  #syncMsAverage = 0;
  #lastDurableAtMs = 0;
  #sealTimer: Timer | undefined = undefined;
  #syncTimer: Timer | undefined = undefined;
  flushCount = 0;

  /** A log that continues at `startLsn`; its first segment, made when something is to be logged, gets `segmentNumber`. */
  constructor(options: WalOptions, startLsn: number, segmentNumber: number) {
    this.#options = options;
    this.buffer = new LogBuffer(startLsn);
    this.#durableLsn = startLsn;
    this.#writtenLsn = startLsn;
    this.#sealedLsn = startLsn;
    this.#nextNumber = segmentNumber;
    this.#zeros = new Uint8Array(Math.min(options.reserveBytes, 1 << 18));
  }

  get appendedLsn(): number {
    return this.buffer.endLsn;
  }
  get durableLsn(): number {
    return this.#durableLsn;
  }
  /** What a sync takes, as of late. */
  get syncMsAverage(): number {
    return this.#syncMsAverage;
  }
  get isStarted(): boolean {
    return this.#segment !== undefined;
  }
  /** Number of the segment that the next records go to. */
  get segmentNumber(): number {
    return (this.#rotation === undefined ? this.#segment?.number : this.#prepared?.number) ?? this.#nextNumber;
  }
  get nextSegmentNumber(): number {
    return this.#nextNumber;
  }

  // -------------------------------------------------------------------------------------------------------------- appending

  /** A commit has been appended whole. */
  committed(): void {
    this.#commitsInBatch++;
    this.#run();
  }

  /** In the middle of a large commit: hands what is whole to the file system, unsynced. The commit's slice goes on. */
  writeOut(): void {
    if (this.buffer.end < this.#options.writeOutBytes || this.#rotation !== undefined || this.#segment === undefined) return;
    this.#writeBatch();
  }

  /**
   * Between two slices of a large commit: begins to make durable, in the background, what it has written so far, so that its end has less to wait for. Its last record is still missing, without which
   * recovery takes no notice of the others (W2). @returns what resolves when the one that is under way has ended, whether well or not; undefined: there is none, and little to make durable
   */
  syncEarly(): Promise<void> | undefined {
    const isWorthIt = this.#writtenLsn - this.#durableLsn >= EarlySyncPieces * this.#options.writeOutBytes;
    const segment = this.#segment;
    if (isWorthIt && segment !== undefined && this.#syncsUnderWay === 0 && this.#rotation === undefined && !this.#options.isRelaxed) this.#earlySync = this.#syncWritten(segment);
    return this.#earlySync;
  }
  async #syncWritten(segment: Segment): Promise<void> {
    const lsn = this.#writtenLsn;
    const { reservedEnd } = segment;
    try {
      await this.#syncInBackground(segment.file);
      // Somebody may have finished the commit meanwhile, or closed the log.
      if (this.#failure !== undefined || this.#isClosed) return;
      this.#noteDurableEnd(segment, reservedEnd);
      this.#setDurable(mutants.on && mutants.has('storage.early-sync-of-all-written') ? this.#writtenLsn : lsn);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#earlySync = undefined;
    }
  }

  /**
   * Makes sure that `length` more bytes of records can be written. @throws DbError 53100 when the disk is full; nothing has happened then
   */
  reserve(length: number): void {
    this.start();
    const target = this.#rotation === undefined ? this.#segment : this.#prepared;
    assert(target !== undefined, 'no segment to reserve in');
    const startLsn = this.#rotation === undefined ? target.startLsn : this.#rotation.lsn;
    const needed = SegmentHeaderBytes + (this.appendedLsn - startLsn) + length + ReserveMarginBytes;
    // What is kept ahead of the writer comes along: it is durable with the commit, and not by a sync of its own behind it.
    if (needed > target.reservedEnd) target.extend(Math.max(needed, target.reservedEnd) + this.#options.reserveBytes, this.#zeros);
  }

  // -------------------------------------------------------------------------------------------------------------- segments

  /**
   * Makes the first segment of this incarnation and has a meta name it. It carries the recovery flag: until that meta is durable no one
   * may follow it as a successor. @throws DbError 53100 when there is no room for it; nothing has happened then
   */
  start(): void {
    if (this.#segment !== undefined) return;
    assert(this.#failure === undefined, 'log started after a failure');
    if (this.#options.planted !== undefined && this.#startPlanted(this.#options.planted)) return;
    const file = this.#createFile(this.#nextNumber, Math.min(this.#options.reserveBytes, FirstReserveBytesMax));
    const isRecovery = !(mutants.on && mutants.has('storage.recovery-segment-without-flag'));
    try {
      const segment = this.#writeHeader(file, this.#nextNumber, 0, this.buffer.startLsn, isRecovery, file.size());
      file.sync();
      this.#syncDirectory();
      this.#options.nameSegment(segment.number);
      this.#segment = segment;
      this.#nextNumber++;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** The misbehaviour of two mutants: going on without a meta, in a new segment or in the old one. */
  #startPlanted(planted: NonNullable<PlantedStart>): boolean {
    if (planted.kind === 'append') {
      const file = this.#options.vfs.open(segmentPath(this.#options.path, planted.number), 'write');
      const old = readForAppend(file);
      if (old === undefined) return false;
      this.#segment = new Segment(planted.number, file, old.startLsn, saltCrc(old.salt), 0);
    } else {
      const file = this.#createFile(this.#nextNumber, Math.min(this.#options.reserveBytes, FirstReserveBytesMax));
      this.#segment = this.#writeHeader(file, this.#nextNumber++, planted.previousNumber, this.buffer.startLsn, false, 0);
      file.sync();
      this.#syncDirectory();
    }
    return true;
  }

  /** A segment file with zeros and no header yet. @throws DbError 53100, and then the file is gone again */
  #createFile(number: number, reserveBytes: number): File {
    const path = segmentPath(this.#options.path, number);
    const file = this.#options.vfs.open(path, 'create');
    try {
      file.truncate(0);
      for (let at = 0; at < SegmentHeaderBytes + reserveBytes; ) {
        const length = Math.min(this.#zeros.length, SegmentHeaderBytes + reserveBytes - at);
        writeFull(file, at, this.#zeros, 0, length);
        at += length;
      }
      return file;
    } catch (error) {
      file.close();
      if (error instanceof DbError && error.code === '53100') this.#options.vfs.unlink(path);
      throw error;
    }
  }

  /** `sizeBytes` is promised to be there whenever the header is believed: durable already, or with it before anything names the segment. */
  #writeHeader(file: File, number: number, previousNumber: number, startLsn: number, isRecovery: boolean, sizeBytes: number): Segment {
    const salt = new Uint8Array(16);
    this.#options.prng.fill(salt);
    const header = encodeSegmentHeader({ databaseId: this.#options.databaseId, number, previousNumber, startLsn, salt, isRecovery, fileSizeBytes: sizeBytes });
    writeFull(file, 0, header, 0, SegmentHeaderBytes);
    return new Segment(number, file, startLsn, saltCrc(salt), sizeBytes);
  }

  #syncDirectory(): void {
    if (mutants.on && mutants.has('storage.no-directory-sync')) return;
    this.#options.vfs.syncDirectory(this.#options.path);
  }

  /**
   * Prepares the next segment before a checkpoint captures: file, zeros and directory entry durable, header still missing, so that the
   * rotation itself needs no space and a single sync. @throws DbError 53100 when there is no room; nothing has happened then
   */
  async prepareRotation(): Promise<void> {
    this.start();
    // One that an abandoned checkpoint left behind comes to its end first.
    await this.#rotation?.ended;
    if (this.#prepared !== undefined) return;
    const file = this.#createFile(this.#nextNumber, Math.min(this.#options.reserveBytes, FirstReserveBytesMax));
    const prepared = new Segment(this.#nextNumber, file, -1, 0, file.size());
    try {
      await file.syncAsync();
      this.#syncDirectory();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#nextNumber++;
    this.#prepared = prepared;
  }

  /** From here on records go to the prepared segment. Resolves when that is durable and everything before it too. */
  rotate(): Promise<void> {
    assert(this.#prepared !== undefined && this.#rotation === undefined && this.#segment !== undefined, 'rotation not prepared');
    let done = (): void => undefined;
    let failed = (_error: unknown): void => undefined;
    const ended = new Promise<void>((resolve, reject) => {
      done = resolve;
      failed = reject;
    });
    // Whoever rotates may give up before it waits.
    ended.catch(() => undefined);
    if (this.#failure !== undefined) failed(this.#failure);
    this.#rotation = { lsn: this.appendedLsn, previous: this.#segment.number, done, failed, ended };
    this.#run();
    return ended;
  }

  /** The header of the prepared segment, once everything before it is durable (G3). The caller syncs the returned file. */
  #writePreparedHeader(): File {
    const rotation = this.#rotation!;
    assert(this.#durableLsn >= rotation.lsn && this.#writtenLsn === rotation.lsn, 'rotation before the segment is durable', this.#durableLsn, rotation.lsn);
    const prepared = this.#prepared!;
    // Written anew each time, for the reason of `#rewriteUnsynced`; another salt does no harm before the first record.
    this.#prepared = this.#writeHeader(prepared.file, prepared.number, rotation.previous, rotation.lsn, false, prepared.durableEnd);
    return prepared.file;
  }

  #finishRotation(): void {
    const rotation = this.#rotation;
    // The synchronous face may have been here while we waited for the sync.
    if (rotation === undefined) return;
    this.#segment!.file.close();
    this.#segment = this.#prepared;
    this.#prepared = undefined;
    this.#rotation = undefined;
    rotation.done();
  }

  // -------------------------------------------------------------------------------------------------------------- batches

  /** Writes what is buffered, up to a rotation; returns the LSN that a sync will make durable. */
  #writeBatch(): number {
    if (this.#segment === undefined) this.start();
    const segment = this.#segment!;
    const buffer = this.buffer;
    // Someone threw between `beginCommit` and `finish` without the writer noticing: half a commit must not be written.
    assert(!buffer.isRecordOpen, 'a commit was begun and not finished');
    const end = this.#endOfBatch();
    if (end > 0) {
      this.#sealRecords(segment, end);
      segment.write(buffer.startLsn, buffer.bytes, end);
      this.#wentThrough = false;
      buffer.drop(end);
      this.#writtenLsn = buffer.startLsn;
    }
    return this.#writtenLsn;
  }

  #endOfBatch(): number {
    const { end, startLsn } = this.buffer;
    return this.#rotation === undefined ? end : Math.min(end, this.#rotation.lsn - startLsn);
  }
  #sealRecords(segment: Segment, end: number): void {
    const { bytes, startLsn, payloadCrcs } = this.buffer;
    const now = this.#options.clock.now();
    const hasPayloadCrcs = payloadCrcs.size > 0;
    for (let offset = 0; offset < end; ) {
      if (bytes[offset + RecordOffset.type] === RecordType.Commit) setCommitTime(bytes, offset, now);
      sealRecord(bytes, offset, this.#durableLsn, segment.durableEnd, segment.seed, hasPayloadCrcs ? payloadCrcs.get(startLsn + offset) : undefined);
      offset += alignRecord(getU32(bytes, offset + RecordOffset.length));
    }
  }

  /**
   * Makes what `#writeBatch` would write durable in the same call, past the system's cache. False, and nothing has happened, where that cannot be, or where
   * something written before waits for its sync.
   */
  #writeThrough(): boolean {
    const { buffer } = this;
    const segment = this.#segment;
    const end = this.#endOfBatch();
    const hasUnsynced = this.#writtenLsn > this.#durableLsn && !(mutants.on && mutants.has('storage.through-over-unsynced'));
    if (segment === undefined || end === 0 || hasUnsynced || this.#options.isRelaxed || !segment.fitsThrough(buffer.startLsn, end)) return false;
    assert(!buffer.isRecordOpen, 'a commit was begun and not finished');
    const startedAtMs = this.#options.clock.monotonic();
    this.#sealRecords(segment, end);
    if (!segment.writeThrough(buffer.startLsn, buffer.bytes, end)) return false;
    this.#wentThrough = true;
    this.#noteSync(startedAtMs);
    buffer.drop(end);
    this.#writtenLsn = buffer.startLsn;
    return true;
  }

  #setDurable(lsn: number): void {
    if (lsn <= this.#durableLsn) return;
    this.#durableLsn = lsn;
    this.#lastDurableAtMs = this.#options.clock.monotonic();
    this.flushCount++;
    this.#publish(lsn);
    this.#armSeal();
  }

  #publish(lsn: number): void {
    this.#options.onDurable(lsn);
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.lsn <= lsn) this.#waiters[count++]!.resolve();
    if (count > 0) this.#waiters = count === this.#waiters.length ? [] : this.#waiters.slice(count);
  }

  #hasWork(): boolean {
    const isOver = this.#isClosed && !(mutants.on && mutants.has('storage.log-written-after-close'));
    return !isOver && this.#failure === undefined && (this.buffer.end > 0 || this.#writtenLsn > this.#durableLsn || this.#rotation !== undefined);
  }

  /** Starts the loop that writes, syncs and publishes batch after batch, unless it runs. */
  #run(): void {
    if (this.#isRunning || !this.#hasWork()) return;
    this.#isRunning = true;
    // The loop handles its own failures.
    void this.#loop();
  }

  async #loop(): Promise<void> {
    try {
      do {
        // One turn of the event loop: whoever is ready to commit joins this batch.
        await this.#options.scheduler.yield();
        if (this.buffer.isRecordOpen) this.#options.settle();
        if (this.#hasWork()) await this.#step();
      } while (this.#hasWork() && !this.#isDeferring());
    } catch (error) {
      this.#fail(error);
    }
    this.#isRunning = false;
  }

  /** With relaxed durability, what has been written waits for the sync timer. */
  #isDeferring(): boolean {
    return this.#options.isRelaxed && this.buffer.end === 0 && this.#rotation === undefined;
  }

  async #step(): Promise<void> {
    try {
      const commits = this.#commitsInBatch;
      const { commitsAtOnceMax } = this.#options;
      const isAtOnce = this.#syncMsAverage < SyncMsAtOnce && commits <= commitsAtOnceMax && this.#commitsInLastBatch <= commitsAtOnceMax;
      const isThrough = isAtOnce && this.#writeThrough();
      const lsn = isThrough ? this.#writtenLsn : this.#writeBatch();
      this.#commitsInBatch = 0;
      if (isThrough) this.#setDurable(lsn);
      if (mutants.on && mutants.has('storage.ack-before-sync')) this.#publish(lsn);
      if (this.#isDeferring()) {
        this.#publishWritten(lsn);
        return;
      }
      if (lsn > this.#durableLsn) {
        const segment = this.#segment!;
        const reservedEnd = segment.reservedEnd;
        const startedAtMs = this.#options.clock.monotonic();
        this.#rewriteUnsynced();
        if (isAtOnce) this.#syncNow(segment.file);
        else await this.#syncInBackground(segment.file);
        this.#noteSync(startedAtMs);
        if (this.#failure !== undefined || this.#isClosed) return;
        this.#noteDurableEnd(segment, reservedEnd);
        this.#setDurable(lsn);
      }
      this.#commitsInLastBatch = commits;
      if (this.#rotation !== undefined && this.#durableLsn >= this.#rotation.lsn) {
        await this.#syncInBackground(this.#writePreparedHeader());
        if (this.#failure === undefined) this.#finishRotation();
      } else if (this.#reserveAhead()) this.#syncReserve(this.#segment!);
    } catch (error) {
      if (mutants.on && mutants.has('storage.failure-noticed-late')) for (let turn = 0; turn < 8; turn++) await Promise.resolve();
      // Here and not where the step is awaited: by then a blocking flush may have come in between, and would write and sync once more (G2).
      this.#fail(error);
    }
  }

  async #syncInBackground(file: File): Promise<void> {
    this.#syncsUnderWay++;
    try {
      await file.syncAsync();
    } catch (error) {
      // Here and not later: until this line a blocking sync takes the other one for under way, from here on nothing is synced.
      this.#fail(error);
      throw error;
    } finally {
      this.#syncsUnderWay--;
    }
  }

  /**
   * Before a sync that begins while another is under way: should that one fail, the kernel may take the pages for clean, and this one
   * would succeed without having written them (G2). So they are written once more, after a look whether they are still what we wrote.
   */
  #rewriteUnsynced(): void {
    const segment = this.#segment;
    const length = this.#writtenLsn - this.#durableLsn;
    if (this.#syncsUnderWay === 0 || segment === undefined || length === 0) return;
    if (mutants.on && mutants.has('storage.overlapping-syncs')) return;
    const bytes = new Uint8Array(length);
    const position = segment.positionOf(this.#durableLsn);
    const read = readFull(segment.file, position, bytes, 0, length);
    for (let at = 0; at < length; at += alignRecord(getU32(bytes, at + RecordOffset.length))) {
      if (!isValidRecord(bytes, at, read, this.#durableLsn + at, segment.seed)) throw new DbError('58030', `could not sync "${segment.file.path}": it lost what was written`);
    }
    writeFull(segment.file, position, bytes, 0, length);
  }

  /**
   * After a sync. While another one is under way the length stays as it was: what that one was to make durable this one may have found clean, and only
   * records are written once more. A record that claims a length which a crash takes back would be taken for damage (G6).
   */
  #noteDurableEnd(segment: Segment, end: number): void {
    if (this.#syncsUnderWay === 0 || (mutants.on && mutants.has('storage.length-of-overlapping-sync'))) segment.durableEnd = Math.max(segment.durableEnd, end);
  }

  #noteSync(startedAtMs: number): void {
    const ms = Math.min(this.#options.clock.monotonic() - startedAtMs, SyncMsCounted);
    this.#syncMsAverage += (ms - this.#syncMsAverage) / 8;
  }

  #syncNow(file: File): void {
    try {
      file.sync();
    } catch (error) {
      if (!(mutants.on && mutants.has('storage.sync-retry'))) throw error;
      file.sync();
    }
  }

  /**
   * Keeps zeros ahead of the writer. Running out of space here is no failure yet: the next reservation will say so. @returns whether zeros were written
   * that must be durable before records can be written through, and the next ones are likely to be; otherwise they become so with those
   */
  #reserveAhead(): boolean {
    const segment = this.#segment!;
    if (segment.reservedEnd - segment.positionOf(this.#writtenLsn) > this.#options.reserveBytes / 4) return false;
    try {
      segment.extend(segment.reservedEnd + this.#options.reserveBytes, this.#zeros);
    } catch (error) {
      if (!(error instanceof DbError && error.code === '53100')) throw error;
    }
    return this.#wentThrough;
  }
  #syncReserve(segment: Segment): void {
    const { reservedEnd } = segment;
    this.#syncInBackground(segment.file).then(() => this.#noteDurableEnd(segment, reservedEnd), (error: unknown) => this.#fail(error));
  }

  /** Writes and syncs what has been appended, in the background. */
  requestFlush(): void {
    this.#run();
  }
  /** Whether everything up to `lsn` may be acknowledged: it is durable, or with relaxed durability written. */
  isFlushed(lsn: number): boolean {
    if (!this.#options.isRelaxed) return lsn <= this.#durableLsn;
    return lsn <= this.#writtenLsn || (mutants.on && mutants.has('storage.relaxed-unwritten'));
  }
  /** Resolves when that is so. */
  flushed(lsn: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure as Error);
    if (this.isFlushed(lsn)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { lsn, resolve, reject };
      const waiters = this.#waiters;
      let at = waiters.length;
      while (at > 0 && waiters[at - 1]!.lsn > lsn) at--;
      if (at === waiters.length) waiters.push(waiter);
      else waiters.splice(at, 0, waiter);
      this.#run();
    });
  }

  /** Writes what has been appended, and syncs it unless durability is relaxed: then `isFlushed`. @throws as `syncAll` */
  flushSync(): void {
    // What comes after a rotation is written when everything before it is durable (G3).
    if (!this.#options.isRelaxed || this.#rotation !== undefined) this.syncAll();
    else this.#writeNow();
  }
  #writeNow(): void {
    try {
      if (this.#failure === undefined && this.buffer.end > 0) this.#publishWritten(this.#writeBatch());
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
  /** With relaxed durability: commits up to `lsn` are acknowledged, and synced by the timer. */
  #publishWritten(lsn: number): void {
    this.#commitsInBatch = 0;
    this.#publish(lsn);
    this.#armSync();
  }

  /** Writes and syncs everything appended, blocking. @throws the failure, which has then poisoned the store */
  syncAll(): void {
    try {
      while (this.#hasWork()) {
        const isThrough = this.#writeThrough();
        const lsn = isThrough ? this.#writtenLsn : this.#writeBatch();
        if (!isThrough) this.#rewriteUnsynced();
        const segment = this.#segment!;
        if (!isThrough && lsn > this.#durableLsn) {
          const startedAtMs = this.#options.clock.monotonic();
          this.#syncNow(segment.file);
          this.#noteSync(startedAtMs);
          this.#noteDurableEnd(segment, segment.reservedEnd);
        }
        this.#commitsInBatch = 0;
        this.#setDurable(lsn);
        if (this.#rotation !== undefined) {
          this.#syncNow(this.#writePreparedHeader());
          this.#finishRotation();
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#segment !== undefined) this.#reserveAheadOrFail();
  }
  #reserveAheadOrFail(): void {
    try {
      if (!this.#reserveAhead()) return;
      const segment = this.#segment!;
      // Whoever flushes synchronously may not let the event loop go on for long.
      this.#syncNow(segment.file);
      this.#noteDurableEnd(segment, segment.reservedEnd);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  // -------------------------------------------------------------------------------------------------------------- timers

  #armSync(): void {
    this.#syncTimer ??= this.#options.scheduler.after(RelaxedSyncDelayMs, () => {
      this.#syncTimer = undefined;
      if (this.#isClosed || this.#failure !== undefined) return;
      const segment = this.#segment!;
      const lsn = this.#writtenLsn;
      this.#syncInBackground(segment.file).then(
        () => {
          if (this.#segment === segment) this.#setDurable(lsn);
        },
        (error: unknown) => this.#fail(error),
      );
    });
  }

  #armSeal(): void {
    if (this.#options.isRelaxed) return;
    this.#sealTimer ??= this.#options.scheduler.after(SealDelayMs, () => {
      this.#sealTimer = undefined;
      if (this.#isClosed || this.#failure !== undefined || this.#rotation !== undefined) return;
      if (this.appendedLsn > this.#durableLsn || this.#durableLsn === this.#sealedLsn) return;
      if (this.#options.clock.monotonic() - this.#lastDurableAtMs < SealDelayMs) this.#armSeal();
      else this.seal();
    });
  }

  /**
   * Appends two records whose only content is how far the log is durable (G6). The first is padded so that the second lies in a block of
   * its own: a damaged block that held the last batch and the first seal does not hold the second. Left out where space for them is not
   * reserved, for a seal is not worth a failure.
   */
  seal(): void {
    const segment = this.#segment;
    if (segment === undefined || (mutants.on && mutants.has('storage.no-seal'))) return;
    const position = segment.positionOf(this.appendedLsn) + RecordHeaderBytes;
    const padding = SealBlockBytes - (position % SealBlockBytes);
    if (position + padding + RecordHeaderBytes > segment.reservedEnd) return;
    const buffer = this.buffer;
    const first = buffer.beginRecord(RecordType.Seal);
    buffer.reserve(padding);
    buffer.bytes.fill(0, buffer.end, buffer.end + padding);
    buffer.end += padding;
    buffer.endRecord(first);
    buffer.endRecord(buffer.beginRecord(RecordType.Seal));
    this.#sealedLsn = this.appendedLsn;
    this.#run();
  }

  // -------------------------------------------------------------------------------------------------------------- the end

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#options.onFailure(error);
    assert(this.#failure !== undefined, 'the owner did not poison the log');
  }

  /** Nothing is written any more; who waits learns that the outcome is unknown. */
  poison(error: DbError): void {
    this.#failure = error;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
    this.#rotation?.failed(error);
  }

  /** Closes the files; the segments are removed by whoever made the last meta durable. */
  close(): void {
    this.#isClosed = true;
    this.#sealTimer?.cancel();
    this.#syncTimer?.cancel();
    this.#segment?.file.close();
    this.#prepared?.file.close();
  }
}

/** Bytes that a reservation must cover for changes of `length` bytes: record headers, chunk headers, padding. */
export function reservationFor(length: number): number {
  return length + RecordHeaderBytes * 4 + Math.ceil(length / (1 << 18)) * RecordHeaderBytes;
}
