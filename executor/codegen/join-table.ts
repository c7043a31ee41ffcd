/**
 * The build side of a hash join: rows by key, in chains. A row is an array: the next row of its chain, whether it ever matched, then its columns.
 *
 * When the rows outgrow the budget they go to temporary files by partition of their key. The probe side then runs several *passes*, each over those
 * partitions of the build side that fit into memory together, and takes only the left rows whose key belongs to the pass. Reading the left side again
 * costs time, but each left row meets all its partners in exactly one pass, so every kind of join stays as simple as without spilling, and
 * the generated loop is one and the same.
 *
 * Neither the rows in memory when the budget is used up go to their files in one go, nor do those of a pass come back so: with each row that comes some of the others
 * go, and `finishStep` and `loadStep` do the rest in portions.
 *
 * Where a join asks only whether there is a partner, and keys are small integers, the keys are all that is kept (`putKey1`, `putKey2`). Where few left rows are expected to have one, a
 * Bloom filter stands before keys of small integers (`filterStep`).
 *
 * J1  A row is in memory in exactly one pass. Left rows with a NULL key belong to pass 0.
 */
import { assert } from '../../base/assert.js';
import type { Datum, GroupKey } from '../../base/datum.js';
import { emptyList } from '../../base/empty-list.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import { Keeper } from '../kept-memory.js';
import type { Runtime } from '../runtime.js';
import { datumBytes } from '../spill/memory.js';
import { tupleFormat, TupleRunReader, TupleRunWriter, type TupleFormat } from '../spill/tuple-file.js';
import { IntTable } from './int-table.js';
import { KeyFilter } from './key-filter.js';
import { partitionOf } from './key-hash.js';

/** `[next, matched, ...columns]` */
export type JoinRow = [JoinRow | null, boolean, ...Datum[]];

const PartitionCount = 64;
/** Rows in memory that go to their files with each row that comes; rows moved between two pauses. */
const MovedPerRow = 4;
const RowsPerStep = 4096;
/** Fewer keys are found in the caches anyway. */
const FilteredKeysMin = 256;
/** Keys put into the filter between two pauses. */
const FilteredPerStep = 1 << 15;
/** A chain entry with its share of the map. */
const RowOverheadBytes = 120;

export class JoinTable {
  readonly #runtime: Runtime;
  readonly #plan: PhysicalPlan;
  readonly #types: readonly SqlType[];
  readonly #keyOf: (row: JoinRow) => GroupKey;
  /** Keys of small integers: puts a row read back into `ints`. */
  readonly #link: ((row: JoinRow) => void) | undefined;
  readonly #canSpill: boolean;
  map = new Map<GroupKey, JoinRow>();
  /** Keys of small integers: their numbers, and the first row of each number. Instead of `map`. */
  readonly ints: IntTable | undefined;
  heads: JoinRow[] = [];
  /** Once `filterStep` has ended: passes all keys of `ints`, and few others; undefined where keys are found without a search. */
  filter: KeyFilter | undefined = undefined;
  /** All rows in memory, those without a key too; for right and full joins. */
  rows: JoinRow[] = emptyList();
  #bytes = 0;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #writers: TupleRunWriter[] | undefined;
  /** Rows still in memory that are on their way to the files, from `#movedCount` on. */
  #moving: readonly JoinRow[] = [];
  #movedCount = 0;
  /** The pass being loaded: the next partition, and the one under way. */
  #loadAt = 0;
  #reader: TupleRunReader | undefined;
  /** Where rows cannot go to files: for those beyond the budget. */
  #kept: Keeper | undefined;
  /** By pass: first and end partition. */
  #passes: { readonly first: number; readonly end: number }[] = [];
  #pass = { first: 0, end: PartitionCount };
  /** Keys that are in the filter. */
  #filteredCount = 0;
  readonly #keepRows: boolean;
  /** Only keys are kept: which part of the key each column of a row is. */
  readonly #keyPlaces: readonly number[] | undefined;

  /**
   * `types` of the columns; `keyOf` computes the key of a row read back; `keepRows`: unmatched rows are wanted at the end. With `arity` the key is of so many
   * small integers, and `link` calls `link1` or `link2` (with `keyPlaces` `linkKey1` or `linkKey2`) with those of a row read back. `keyPlaces`: keys are all that is wanted, and the
   * columns are these parts of it.
   */
  constructor(
    runtime: Runtime, plan: PhysicalPlan, types: readonly SqlType[], keyOf: (row: JoinRow) => GroupKey, keepRows: boolean, canSpill: boolean, arity = 0,
    link?: (table: JoinTable, row: JoinRow) => void, keyPlaces?: readonly number[],
  ) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#types = types;
    this.#keyOf = keyOf;
    this.#keepRows = keepRows;
    this.#canSpill = canSpill;
    this.#keyPlaces = keyPlaces;
    this.ints = arity > 0 ? new IntTable(arity) : undefined;
    this.heads = [undefined as unknown as JoinRow];
    this.#link = link === undefined ? undefined : (row) => link(this, row);
  }

  /** Adds a row; `key` null: it equals nothing. */
  add(key: GroupKey, row: JoinRow): void {
    if (this.#writers !== undefined) {
      this.#write(key, row);
      return;
    }
    if (key === null && !this.#keepRows) return;
    this.#put(key, row);
    this.#count(row);
  }
  #count(row: JoinRow): void {
    let bytes = RowOverheadBytes;
    for (let i = 2; i < row.length; i++) bytes += datumBytes(row[i] as Datum);
    this.#bytes += bytes;
    if (this.#bytes <= this.#runtime.env.workMemBytes) return;
    if (this.#canSpill) this.#startSpill();
    else (this.#kept ??= new Keeper(this.#runtime.memory)).add(bytes);
  }

  /** The same for keys of small integers. A row that equals nothing is added with `add` and no key. */
  add1(a: number, row: JoinRow): void {
    if (this.#writers !== undefined) {
      this.#write(this.#keyOf(row), row);
      return;
    }
    if (this.#keepRows || this.#canSpill) this.rows.push(row);
    this.link1(a, row);
    this.#count(row);
  }
  add2(a: number, b: number, row: JoinRow): void {
    if (this.#writers !== undefined) {
      this.#write(this.#keyOf(row), row);
      return;
    }
    if (this.#keepRows || this.#canSpill) this.rows.push(row);
    this.link2(a, b, row);
    this.#count(row);
  }
  link1(a: number, row: JoinRow): void {
    const number = this.ints!.find1(a);
    if (number === 0) this.heads[this.ints!.add1(a)] = row;
    else chain(this.heads[number]!, row);
  }
  link2(a: number, b: number, row: JoinRow): void {
    const number = this.ints!.find2(a, b);
    if (number === 0) this.heads[this.ints!.add2(a, b)] = row;
    else chain(this.heads[number]!, row);
  }

  /** The same where keys are all that is kept. */
  putKey1(a: number): void {
    if (this.#writers !== undefined) this.#write(a, this.#rowOf(() => a));
    else if (this.linkKey1(a)) this.#countKeys();
  }
  putKey2(a: number, b: number): void {
    if (this.#writers === undefined) {
      if (this.linkKey2(a, b)) this.#countKeys();
      return;
    }
    const row = this.#rowOf((part) => (part === 0 ? a : b));
    this.#write(this.#keyOf(row), row);
  }
  /** @returns whether the key is new */
  linkKey1(a: number): boolean {
    if (this.ints!.find1(a) !== 0) return false;
    this.ints!.add1(a);
    return true;
  }
  linkKey2(a: number, b: number): boolean {
    if (this.ints!.find2(a, b) !== 0) return false;
    this.ints!.add2(a, b);
    return true;
  }
  #rowOf(part: (i: number) => number): JoinRow {
    return [null, false, ...this.#keyPlaces!.map(part)];
  }
  #countKeys(): void {
    if (this.ints!.bytes <= this.#runtime.env.workMemBytes || !this.#canSpill) return;
    for (let number = 1; number <= this.ints!.count; number++) this.rows.push(this.#rowOf((i) => this.ints!.part(number, i)));
    this.#startSpill();
  }

  #put(key: GroupKey, row: JoinRow): void {
    if ((this.#keepRows || this.#canSpill) && this.#keyPlaces === undefined) this.rows.push(row);
    if (key === null) return;
    if (this.#link !== undefined) {
      this.#link(row);
      return;
    }
    const { map } = this;
    const first = map.get(key);
    if (first === undefined) map.set(key, row);
    else chain(first, row);
  }

  #startSpill(): void {
    this.#file = this.#runtime.own(this.#runtime.env.openSpill());
    this.#format = tupleFormat(this.#types, this.#runtime.ctx.types);
    const blockBytes = Math.max(256, Math.min(16 << 10, Math.floor(this.#runtime.env.workMemBytes / PartitionCount)));
    this.#writers = Array.from({ length: PartitionCount }, () => new TupleRunWriter(this.#file!, this.#format!, blockBytes));
    this.#moving = this.rows;
    this.#movedCount = 0;
    this.rows = emptyList();
    this.#clearKeys();
  }
  /** A row that comes once rows go to files. */
  #write(key: GroupKey, row: JoinRow): void {
    if (this.#moving.length > 0) this.#move(MovedPerRow);
    this.#writeRow(key, row);
  }
  #move(count: number): void {
    const end = Math.min(this.#moving.length, this.#movedCount + count);
    for (; this.#movedCount < end; this.#movedCount++) {
      const row = this.#moving[this.#movedCount]!;
      this.#writeRow(this.#keyOf(row), row);
    }
    if (end < this.#moving.length) return;
    this.#moving = [];
    this.#movedCount = 0;
  }
  #writeRow(key: GroupKey, row: JoinRow): void {
    if (key === null && !this.#keepRows) return;
    this.#writers![key === null ? 0 : partitionOf(key, PartitionCount)]!.write(row.slice(2) as Datum[]);
  }

  /** After the last row, until it is false: brings the rest to the files, a portion each time. */
  finishStep(): boolean {
    if (this.#moving.length > 0) this.#move(RowsPerStep);
    return this.#moving.length > 0;
  }
  /** Then: the number of passes. */
  finish(): number {
    assert(this.#moving.length === 0, 'passes of a join before its rows are in files');
    if (this.#writers === undefined) {
      this.#passes = [{ first: 0, end: PartitionCount }];
      return 1;
    }
    let spilled = 0;
    let first = 0;
    let bytes = 0;
    const { workMemBytes } = this.#runtime.env;
    this.#writers.forEach((writer, i) => {
      writer.flush();
      spilled += writer.run.bytes;
      const size = writer.run.bytes + writer.run.rowCount * RowOverheadBytes;
      if (i > first && bytes + size > workMemBytes) {
        this.#passes.push({ first, end: i });
        first = i;
        bytes = 0;
      }
      bytes += size;
    });
    this.#passes.push({ first, end: PartitionCount });
    const counts = this.#runtime.counts(this.#plan);
    if (counts !== undefined) counts.spilledBytes += spilled;
    return this.#passes.length;
  }

  /** Begins to bring the rows of a pass into memory. */
  load(pass: number): void {
    if (this.#writers === undefined) return;
    this.#runtime.ctx.checkDeadline();
    this.#pass = this.#passes[pass]!;
    this.#loadAt = this.#pass.first;
    this.#reader = undefined;
    this.#clearKeys();
    this.rows = emptyList();
  }
  /** After `load`, until it is false: brings a portion. */
  loadStep(): boolean {
    if (this.#writers === undefined) return false;
    for (let count = 0; count < RowsPerStep; ) {
      if (this.#reader === undefined) {
        if (this.#loadAt >= this.#pass.end) return false;
        this.#reader = new TupleRunReader(this.#file!, this.#format!, this.#writers[this.#loadAt++]!.run);
      }
      const tuple = this.#reader.next();
      if (tuple === undefined) this.#reader = undefined;
      else {
        const row = [null, false, ...tuple] as JoinRow;
        this.#put(this.#keyOf(row), row);
        count++;
      }
    }
    return true;
  }

  /** After `loadStep`, until it is false: makes the filter of the keys in memory, a portion each time. */
  filterStep(): boolean {
    const ints = this.ints!;
    if (ints.isDirect || ints.count < FilteredKeysMin) return false;
    const filter = (this.filter ??= new KeyFilter(ints.count));
    const end = Math.min(ints.count, this.#filteredCount + FilteredPerStep);
    for (let number = this.#filteredCount + 1; number <= end; number++) {
      if (ints.arity === 1) filter.add1(ints.part(number, 0));
      else filter.add2(ints.part(number, 0), ints.part(number, 1));
    }
    this.#filteredCount = end;
    return end < ints.count;
  }

  /** Whether a left row with this key belongs to the pass that is loaded. */
  accepts(key: GroupKey): boolean {
    if (this.#writers === undefined) return true;
    const partition = key === null ? 0 : partitionOf(key, PartitionCount);
    return partition >= this.#pass.first && partition < this.#pass.end;
  }

  #clearKeys(): void {
    this.map = new Map();
    this.ints?.clear();
    this.filter = undefined;
    this.#filteredCount = 0;
    this.heads = [undefined as unknown as JoinRow];
  }
  close(): void {
    this.#clearKeys();
    this.rows = emptyList();
    this.#moving = [];
    this.#kept?.clear();
    this.#reader = undefined;
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}

/** Puts a row behind the first of its key. */
function chain(first: JoinRow, row: JoinRow): void {
  row[0] = first[0];
  first[0] = row;
}
