/**
 * Columns of leaves in memory, beside the pages that hold the rows: a second form of what is in the buffer pool, made when a scan first asks for it, and
 * forgotten without ceremony. Pages stay as they are (point reads, writes, log and recovery know nothing of this); scans read runs of typed memory.
 *
 * One run of memory is cut into *segments*. A *unit* (a record of base/row-columns.ts, or one column that a record points to) is placed in the segment under way;
 * when all are full, the clock takes one back with all units in it. Before each unit stand its length in words, the frame it is of, and its column (-1: record).
 *
 * L1  A record is used only for the version of the frame that it was read from (B5 of buffer-pool.ts), and by the reader (row layout) that read it: whatever
 *     changes a leaf, or gives its frame to another page, makes its columns void without knowing of them.
 * L2  No unit is overwritten while a scan stands on columns (`standing`): the caller's batch may lie in it.
 * L3  A pointer of a live record leads to a unit that has not been taken back: taking a segment back clears both.
 * L4  The memory is what the pool was told to leave: cacheBytes bounds frames and columns together.
 * L5  A record that has the frame's version says how many rows the leaf has and its stamp (C4 of cursor.ts), even where no column could be placed.
 *
 * A segment that is used has a grace of `Grace` turns of the clock hand, and the hand moves one segment each time that a leaf finds no room. So a table somewhat
 * larger than the memory keeps most of what it has when it is scanned again and again, instead of pushing out each leaf just before it is needed.
 *
 * Source. Lahiri et al. 2015 (Oracle Database In-Memory: two formats of one table, the second one in memory only). There changed rows are noted one by one and
 * columns are kept for large units; a leaf is so small that reading it again costs less than keeping such notes.
 */
import { AtColumns, AtMaxCsn, AtReader, AtRowCount, AtVersion, ColumnForm, ColumnMemory, noColumnMemory, type ColumnReader, type ColumnRequest, type RowBatch } from '../../base/row-columns.js';
import { mutants } from '../../base/mutants.js';

const UnitWords = 4;
const AtFrame = 1;
const AtColumn = 2;
const RecordUnit = -1;
/** Pages' worth of a segment. */
const SegmentPages = 64;
const SegmentCountMin = 2;
const Grace = 64;
/** Reading a leaf's columns costs about as much as two lookups in it by its rows. */
const WantedMin = 2;

export class LeafColumns {
  /** Allocated when it is first used. */
  memory: ColumnMemory = noColumnMemory;
  /** Scans whose batch lies in the memory (L2). Kept by LeafScan. */
  standing = 0;
  /** Segments taken back so far: while it stays the same, a record of a leaf that has not changed stays where it is. */
  takenBack = 0;
  /** Times that a leaf's columns were read, for tests and measurements. */
  readCount = 0;
  readonly sizeBytes: number;
  readonly #zeroBytes: number;
  readonly #segmentBytes: number;
  readonly #segmentShift: number;
  readonly #segmentCount: number;
  readonly #frameCount: number;
  readonly #graceTurns: number;
  /** By frame: word of its record, 0 when none. */
  #records = new Int32Array(0);
  /** By frame: lookups in the leaf of that version, since its columns were last read for them. */
  #wanted = new Uint8Array(0);
  #wantedVersions = new Int32Array(0);
  #grace = new Uint8Array(0);
  #used = 0;
  #hand = 0;
  #current = 0;
  /** Free words of the segment under way. */
  #at = 0;
  #end = 0;

  private constructor(sizeBytes: number, frameCount: number, pageSizeBytes: number, grace: number) {
    this.#graceTurns = grace;
    // Pages are a power of two.
    this.#segmentShift = Math.log2(SegmentPages * pageSizeBytes);
    this.#segmentBytes = 1 << this.#segmentShift;
    // Rows of a leaf take more than four bytes each.
    this.#zeroBytes = pageSizeBytes >> 2;
    this.#segmentCount = Math.floor((sizeBytes - this.#zeroBytes) / this.#segmentBytes);
    this.sizeBytes = this.#zeroBytes + this.#segmentCount * this.#segmentBytes;
    this.#frameCount = frameCount;
  }

  /** @returns undefined when `sizeBytes` is too little to be of use */
  static make(sizeBytes: number, frameCount: number, pageSizeBytes: number, grace = Grace): LeafColumns | undefined {
    const columns = new LeafColumns(sizeBytes, frameCount, pageSizeBytes, grace);
    return columns.#segmentCount >= SegmentCountMin ? columns : undefined;
  }

  /** The record of the leaf in `frame`, whatever columns it has, 0 when there is none of this version. It tells what a scan asks of the page's header. */
  recordOf(frame: number, version: number): number {
    if (this.memory === noColumnMemory) return 0;
    const record = this.#records[frame]!;
    if (record === 0) return 0;
    return this.memory.i32[record + AtVersion] === (version | 0) || (mutants.on && mutants.has('storage.columns-header-of-before')) ? record : 0;
  }
  rowCountOf(record: number): number {
    return this.memory.i32[record + AtRowCount]!;
  }
  maxCsnOf(record: number): number {
    return this.memory.f64[(record + AtMaxCsn) >> 1]!;
  }

  /** The record with the wanted columns of the leaf in `frame`, -1 when they are not all there. */
  find(frame: number, version: number, request: ColumnRequest): number {
    if (this.memory === noColumnMemory) return -1;
    const record = this.#records[frame]!;
    if (record === 0) return -1;
    const { i32 } = this.memory;
    const isCurrent = i32[record + AtVersion] === (version | 0) || (mutants.on && mutants.has('storage.columns-of-another-version'));
    return isCurrent && i32[record + AtReader] === request.reader.id && this.#hasAll(record, request) ? record : -1;
  }

  /** Reads what is missing of them; `rows` are all rows of the leaf. -1 when there is no room. */
  read(frame: number, version: number, maxCsn: number, request: ColumnRequest, rows: RowBatch): number {
    if (this.memory === noColumnMemory) this.#allocate();
    return this.#read(frame, version | 0, maxCsn, request, rows);
  }

  #allocate(): void {
    this.memory = new ColumnMemory(this.sizeBytes);
    this.#records = new Int32Array(this.#frameCount);
    this.#wanted = new Uint8Array(this.#frameCount);
    this.#wantedVersions = new Int32Array(this.#frameCount);
    this.#grace = new Uint8Array(this.#segmentCount);
  }

  /** Counts a lookup that found no columns of the leaf; whether it is time to read them. */
  areWanted(frame: number, version: number): boolean {
    if (this.memory === noColumnMemory) this.#allocate();
    if (this.#wantedVersions[frame] !== (version | 0)) {
      this.#wantedVersions[frame] = version;
      this.#wanted[frame] = 0;
    }
    if (++this.#wanted[frame]! < WantedMin) return false;
    this.#wanted[frame] = 0;
    return true;
  }

  /** Also notes that their segments are in use. */
  #hasAll(record: number, { reader, columns }: ColumnRequest): boolean {
    const { i32 } = this.memory;
    const grace = this.#grace;
    for (let i = 0; i < columns.length; i++) {
      const pointer = i32[record + AtColumns + 2 * columns[i]!]!;
      if (pointer === 0) return false;
      grace[this.#segmentOf(byteOf(reader, columns[i]!, pointer))] = this.#graceTurns;
    }
    grace[this.#segmentOf(record * 4)] = this.#graceTurns;
    return true;
  }
  #segmentOf(byte: number): number {
    return (byte - this.#zeroBytes) >>> this.#segmentShift;
  }

  // ------------------------------------------------------------------------------------------------------------ reading

  #read(frame: number, version: number, maxCsn: number, request: ColumnRequest, rows: RowBatch): number {
    const { reader, columns } = request;
    const { i32 } = this.memory;
    let record = this.#records[frame]!;
    if (record !== 0 && i32[record + AtReader] !== reader.id) record = 0;
    const isStale = record !== 0 && i32[record + AtVersion] !== version;
    if (record === 0) {
      record = this.#place(frame, RecordUnit, reader.recordWords * 4);
      if (record === 0) return -1;
      i32.fill(0, record, record + reader.recordWords);
      this.#records[frame] = record;
      i32[record + AtReader] = reader.id;
    } else if (isStale) {
      // Columns nobody asks for now are forgotten; the places of the others are used again where the new ones fit.
      for (let column = 0; column < reader.forms.length; column++) if (!columns.includes(column)) i32[record + AtColumns + 2 * column] = 0;
    }
    i32[record + AtVersion] = version;
    i32[record + AtRowCount] = rows.count;
    this.memory.f64[(record + AtMaxCsn) >> 1] = maxCsn;
    this.readCount++;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const pointer = i32[record + AtColumns + 2 * column]!;
      if (pointer !== 0 && !isStale) continue;
      i32[record + AtColumns + 2 * column] = 0;
      const size = reader.measure(column, rows);
      let at = pointer === 0 || this.standing > 0 ? 0 : byteOf(reader, column, pointer);
      if (at === 0 || (i32[(at >> 2) - UnitWords]! - UnitWords) * 4 < size) at = this.#place(frame, column, size) * 4;
      // The record itself may have been taken back for the room.
      if (this.#records[frame] !== record) return -1;
      if (at === 0) {
        // What is left of a stale one must not be found.
        for (let k = isStale ? i : columns.length; k < columns.length; k++) i32[record + AtColumns + 2 * columns[k]!] = 0;
        return -1;
      }
      reader.write(column, rows, this.memory, at, record);
    }
    return this.#hasAll(record, request) ? record : -1;
  }

  // ------------------------------------------------------------------------------------------------------------ placing

  /** @returns the word where a unit of `size` bytes begins, behind its head; 0 when there is no room */
  #place(frame: number, column: number, size: number): number {
    const words = UnitWords + ((size + 7) >> 3) * 2;
    if (words * 16 > this.#segmentBytes) return 0;
    if (this.#at + words > this.#end && !this.#nextSegment()) return 0;
    const { i32 } = this.memory;
    const unit = this.#at;
    this.#at += words;
    i32[unit] = words;
    i32[unit + AtFrame] = frame;
    i32[unit + AtColumn] = column;
    return unit + UnitWords;
  }

  #nextSegment(): boolean {
    if (this.#used === this.#segmentCount) {
      if (this.standing > 0 && !(mutants.on && mutants.has('storage.columns-moved-under-scan'))) return false;
      const hand = this.#hand;
      this.#hand = (hand + 1) % this.#segmentCount;
      if (this.#grace[hand]! > 0) {
        this.#grace[hand]!--;
        return false;
      }
      this.#closeSegment();
      this.#takeBack(hand);
      this.#current = hand;
    } else {
      this.#closeSegment();
      this.#current = this.#used++;
    }
    this.#grace[this.#current] = this.#graceTurns;
    this.#at = (this.#zeroBytes + this.#current * this.#segmentBytes) >> 2;
    this.#end = this.#at + (this.#segmentBytes >> 2);
    return true;
  }
  /** So that a walk over its units ends. */
  #closeSegment(): void {
    if (this.#at < this.#end) this.memory.i32[this.#at] = 0;
    this.#at = this.#end;
  }

  /** L3. */
  #takeBack(segment: number): void {
    this.takenBack++;
    const { i32 } = this.memory;
    const records = this.#records;
    const end = (this.#zeroBytes + (segment + 1) * this.#segmentBytes) >> 2;
    for (let unit = end - (this.#segmentBytes >> 2); unit < end && i32[unit] !== 0; unit += i32[unit]!) {
      const frame = i32[unit + AtFrame]!;
      const column = i32[unit + AtColumn]!;
      const record = records[frame]!;
      if (record === 0) continue;
      if (column === RecordUnit) {
        if (record === unit + UnitWords) records[frame] = 0;
        continue;
      }
      // The frame may have another table's page by now.
      const word = record + AtColumns + 2 * column;
      if (word >= record + i32[record - UnitWords]! - UnitWords) continue;
      // Whatever the form, the pointer of a unit is its first byte counted in one, four or eight. One too many cleared is read again.
      const byte = (unit + UnitWords) * 4;
      const pointer = i32[word]!;
      if (pointer === byte || pointer * 4 === byte || pointer * 8 === byte) i32[word] = 0;
    }
  }
}

/** The byte where a column's run begins. */
function byteOf(reader: ColumnReader, column: number, pointer: number): number {
  switch (reader.forms[column]) {
    case ColumnForm.Float64:
      return pointer * 8;
    case ColumnForm.Byte:
    case ColumnForm.Code:
      return pointer;
    default:
      return pointer * 4;
  }
}
