/**
 * Sorting with bounded memory and without long stretches: rows are gathered into *chunks* that are sorted when they are full; once the budget is used, the chunks
 * are merged into a *run* in a temporary file, some rows of it with each row that comes; at the end runs and the chunks still in memory are merged. With a
 * bound (top-N) only the best rows are kept, in a heap whose root is the worst of them; if those are too large, they are sorted as if there were no bound.
 *
 * S1  Stable: equal rows come out in the order they went in (within a chunk by a stable sort, between chunks and runs by their number; in the heap by arrival).
 * S2  At most `FanIn` runs are merged at once; more are merged in rounds.
 * S3  Keys that have been small integers so far are sorted by radix (integer-sort.ts) unless they are few, which is linear, so such a chunk grows with the budget.
 */
import type { Datum } from '../../base/datum.js';
import { emptyList } from '../../base/empty-list.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { type IntegerKey, sortByIntegers } from './integer-sort.js';
import { tupleBytes } from './memory.js';
import type { TupleFormat, TupleRun } from './tuple-file.js';
import { tupleFormat, TupleRunReader, TupleRunWriter } from './tuple-file.js';

export type TupleComparator = (a: readonly Datum[], b: readonly Datum[]) => number;

const FanIn = 32;
/** Rows of a chunk that is sorted by comparing: a few milliseconds. */
const ChunkRowsMax = 8192;
/** So few rows are compared, whatever their keys: a pass over them by a digit looks at all its buckets. */
const ComparedRowsMax = 64;
/** Rows of a run under way that are written with each row that comes, and between two pauses at the end. */
const DrainPerPush = 8;
const RowsPerStep = 4096;
/** A bound above this is no reason for a heap: sorting everything, with spilling, is as good. */
const HeapRowsMax = 10_000;

export class TupleSorter {
  readonly #runtime: Runtime;
  readonly #compare: TupleComparator;
  readonly #types: readonly SqlType[];
  readonly #plan: PhysicalPlan | undefined;
  readonly #limit: number;
  readonly #integerKeys: readonly IntegerKey[] | undefined;
  /** Whether all rows so far have small integers as keys. */
  #isInteger: boolean;
  /** The chunk under way, or the heap. */
  #rows: Datum[][] = emptyList();
  #chunks: Datum[][][] = [];
  /** Top-N: arrival numbers beside the heap's rows. */
  #arrivals: number[] | undefined;
  #arrived = 0;
  #bytes = 0;
  #at = 0;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #runs: TupleRun[] = [];
  /** The run being written. */
  #drain: { readonly merge: Merge; readonly writer: TupleRunWriter } | undefined;
  #merge: Merge | undefined;
  #finishing: Generator<void, void> | undefined;
  #left = Infinity;

  /** `types` are those of the tuple's values; `limit`: only so many rows are wanted; `integerKeys`: where `compare` orders by numbers alone. */
  constructor(runtime: Runtime, types: readonly SqlType[], compare: TupleComparator, limit: number, plan?: PhysicalPlan, integerKeys?: readonly IntegerKey[]) {
    this.#runtime = runtime;
    this.#types = types;
    this.#compare = compare;
    this.#limit = limit;
    this.#left = limit;
    this.#plan = plan;
    this.#integerKeys = integerKeys;
    this.#isInteger = integerKeys !== undefined;
    if (limit <= HeapRowsMax) this.#arrivals = [];
  }

  push(tuple: Datum[]): void {
    if (this.#arrivals !== undefined) {
      this.#pushBounded(tuple, this.#arrivals);
      return;
    }
    if (this.#isInteger) {
      for (const { place } of this.#integerKeys!) {
        const value = tuple[place];
        if (typeof value === 'number' && (value | 0) === value) continue;
        // What is there is sorted as integers.
        this.#closeChunk();
        this.#isInteger = false;
        break;
      }
    } else if (this.#rows.length >= ChunkRowsMax) this.#closeChunk();
    this.#rows.push(tuple);
    this.#bytes += tupleBytes(tuple);
    if (this.#drain !== undefined) this.#drainRows(DrainPerPush);
    if (this.#bytes > this.#runtime.env.workMemBytes && this.#rows.length > 1) this.#startRun();
  }

  #closeChunk(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = emptyList();
    if (this.#isInteger && rows.length > ComparedRowsMax) this.#chunks.push(sortByIntegers(rows, this.#integerKeys!));
    else this.#chunks.push(rows.sort(this.#compare));
  }

  /** A value of the worst row kept, when the bound is reached: a row that is behind it need not be pushed. */
  worstAt(place: number): Datum | undefined {
    return this.#arrivals !== undefined && this.#rows.length >= this.#limit && this.#limit > 0 ? this.#rows[0]![place] : undefined;
  }

  #pushBounded(tuple: Datum[], arrivals: number[]): void {
    const rows = this.#rows;
    const arrival = this.#arrived++;
    if (rows.length < this.#limit) {
      rows.push(tuple);
      arrivals.push(arrival);
      this.#bytes += tupleBytes(tuple);
      let i = rows.length - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (this.#isBefore(i, parent)) break;
        this.#swap(i, parent);
        i = parent;
      }
      this.#leaveHeap(arrivals);
      return;
    }
    // A later row that equals the worst is behind it.
    if (this.#limit === 0 || this.#compare(tuple, rows[0]!) >= 0) return;
    this.#bytes += tupleBytes(tuple) - tupleBytes(rows[0]!);
    rows[0] = tuple;
    arrivals[0] = arrival;
    this.#sink(0, rows.length);
    this.#leaveHeap(arrivals);
  }
  /** Beyond the budget the rows become a chunk, in the order they came. */
  #leaveHeap(arrivals: readonly number[]): void {
    if (this.#bytes <= this.#runtime.env.workMemBytes || this.#rows.length <= 1) return;
    const order = [...arrivals.keys()].sort((a, b) => arrivals[a]! - arrivals[b]!);
    this.#rows = order.map((i) => this.#rows[i]!);
    this.#arrivals = undefined;
    this.#isInteger = false;
    this.#startRun();
  }
  /** Whether heap row `a` comes before row `b` in the result. */
  #isBefore(a: number, b: number): boolean {
    const order = this.#compare(this.#rows[a]!, this.#rows[b]!);
    return order !== 0 ? order < 0 : this.#arrivals![a]! < this.#arrivals![b]!;
  }
  #swap(a: number, b: number): void {
    const rows = this.#rows;
    const arrivals = this.#arrivals!;
    [rows[a], rows[b]] = [rows[b]!, rows[a]!];
    [arrivals[a], arrivals[b]] = [arrivals[b]!, arrivals[a]!];
  }
  #sink(from: number, end: number): void {
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= end) return;
      if (child + 1 < end && this.#isBefore(child, child + 1)) child++;
      if (!this.#isBefore(i, child)) return;
      this.#swap(i, child);
      i = child;
    }
  }

  /** All that is in memory goes into a run, by and by. */
  #startRun(): void {
    // Rows come no faster than they are written, so the last run is nearly always done.
    if (this.#drain !== undefined) this.#drainRows(Infinity);
    this.#file ??= this.#runtime.own(this.#runtime.env.openSpill());
    this.#format ??= tupleFormat(this.#types, this.#runtime.ctx.types);
    this.#closeChunk();
    this.#drain = { merge: this.#mergeOf([], this.#chunks), writer: new TupleRunWriter(this.#file, this.#format, blockBytesOf(this.#runtime)) };
    this.#chunks = [];
    this.#bytes = 0;
    this.#runtime.ctx.checkDeadline();
  }
  #drainRows(count: number): void {
    const { merge, writer } = this.#drain!;
    for (let i = 0; i < count; i++) {
      const row = merge.next();
      if (row !== undefined) writer.write(row);
      else {
        this.#endRun(writer);
        this.#count(writer.run.bytes);
        this.#drain = undefined;
        return;
      }
    }
  }
  #endRun(writer: TupleRunWriter): void {
    writer.flush();
    this.#runs.push(writer.run);
  }
  /** What is written again when runs are merged counts once. */
  #count(spilledBytes: number): void {
    const counts = this.#plan === undefined ? undefined : this.#runtime.counts(this.#plan);
    if (counts !== undefined) counts.spilledBytes += spilledBytes;
  }

  /** After the last row, until it is false: makes `next` give them in order, a portion of the work each time. */
  finishStep(): boolean {
    this.#finishing ??= this.#finish();
    return this.#finishing.next().done !== true;
  }

  *#finish(): Generator<void, void> {
    this.#at = 0;
    if (this.#arrivals !== undefined) {
      for (let end = this.#rows.length - 1; end > 0; end--) {
        this.#swap(0, end);
        this.#sink(0, end);
      }
      return;
    }
    this.#closeChunk();
    for (; this.#drain !== undefined; yield) this.#drainRows(RowsPerStep);
    if (this.#runs.length === 0 && this.#chunks.length <= 1) {
      this.#rows = this.#chunks[0] ?? [];
      return;
    }
    while (this.#runs.length > FanIn) yield* this.#mergeRound();
    this.#merge = this.#mergeOf(this.#runs, this.#chunks);
    this.#chunks = [];
  }

  /** Chunks are younger than runs. */
  #mergeOf(runs: readonly TupleRun[], chunks: readonly Datum[][][]): Merge {
    return new Merge([...runs.map((run) => new TupleRunReader(this.#file!, this.#format!, run)), ...chunks.map((chunk) => new ChunkReader(chunk))], this.#compare);
  }
  *#mergeRound(): Generator<void, void> {
    const runs = this.#runs;
    this.#runs = [];
    for (let i = 0; i < runs.length; i += FanIn) {
      const merge = this.#mergeOf(runs.slice(i, i + FanIn), []);
      const writer = new TupleRunWriter(this.#file!, this.#format!, blockBytesOf(this.#runtime));
      let untilPause = RowsPerStep;
      for (let row = merge.next(); row !== undefined; row = merge.next()) {
        writer.write(row);
        if (--untilPause > 0) continue;
        untilPause = RowsPerStep;
        yield;
      }
      this.#endRun(writer);
    }
  }

  next(): Datum[] | undefined {
    if (this.#merge !== undefined) {
      const row = this.#left > 0 ? this.#merge.next() : undefined;
      this.#left--;
      if (row === undefined) this.close();
      return row;
    }
    return this.#at < this.#limit ? this.#rows[this.#at++] : undefined;
  }
  close(): void {
    this.#rows = emptyList();
    this.#chunks = [];
    this.#drain = undefined;
    this.#merge = undefined;
    this.#left = 0;
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}

interface TupleReader {
  next(): Datum[] | undefined;
}

class ChunkReader implements TupleReader {
  readonly #rows: readonly Datum[][];
  #at = 0;
  constructor(rows: readonly Datum[][]) {
    this.#rows = rows;
  }
  next(): Datum[] | undefined {
    return this.#rows[this.#at++];
  }
}

/** Blocks small enough that a merge's buffers stay within the budget. */
function blockBytesOf(runtime: Runtime): number {
  return Math.max(512, Math.min(16 << 10, Math.floor(runtime.env.workMemBytes / FanIn)));
}

/** Takes the least of the heads of several sorted sources; ties go to the earlier one. */
class Merge {
  readonly #readers: readonly TupleReader[];
  readonly #heads: (Datum[] | undefined)[];
  readonly #compare: TupleComparator;
  /** Binary heap of reader numbers. */
  readonly #heap: number[] = [];

  constructor(readers: readonly TupleReader[], compare: TupleComparator) {
    this.#readers = readers;
    this.#compare = compare;
    this.#heads = readers.map((reader) => reader.next());
    readers.forEach((_, i) => {
      if (this.#heads[i] !== undefined) this.#heap.push(i);
    });
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }
  #isBefore(a: number, b: number): boolean {
    const order = this.#compare(this.#heads[a]!, this.#heads[b]!);
    return order !== 0 ? order < 0 : a < b;
  }
  #sink(from: number): void {
    const heap = this.#heap;
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (this.#isBefore(heap[i]!, heap[child]!)) return;
      [heap[i], heap[child]] = [heap[child]!, heap[i]!];
      i = child;
    }
  }
  next(): Datum[] | undefined {
    const first = this.#heap[0];
    if (first === undefined) return undefined;
    const row = this.#heads[first]!;
    const following = this.#readers[first]!.next();
    this.#heads[first] = following;
    if (following === undefined) {
      const last = this.#heap.pop()!;
      if (this.#heap.length > 0) this.#heap[0] = last;
    }
    if (this.#heap.length > 0) this.#sink(0);
    return row;
  }
}
