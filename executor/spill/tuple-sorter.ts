/**
 * Sorting with bounded memory: rows are gathered until the budget is used, sorted and written as a *run*; at the end the runs are merged. With a bound (top-N)
 * only the best rows are kept, in a heap whose root is the worst of them.
 *
 * S1  Stable: equal rows come out in the order they went in (within a run by the engine's stable sort, between runs by run number; in the heap by arrival).
 * S2  At most `FanIn` runs are merged at once; more are merged in rounds.
 */
import type { Datum } from '../../base/datum.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { tupleBytes } from './memory.js';
import type { TupleFormat, TupleRun } from './tuple-file.js';
import { tupleFormat, TupleRunReader, TupleRunWriter } from './tuple-file.js';

export type TupleComparator = (a: readonly Datum[], b: readonly Datum[]) => number;

const FanIn = 32;
/** A bound above this is no reason for a heap: sorting everything, with spilling, is as good. */
const HeapRowsMax = 10_000;

export class TupleSorter {
  readonly #runtime: Runtime;
  readonly #compare: TupleComparator;
  readonly #types: readonly SqlType[];
  readonly #plan: PhysicalPlan | undefined;
  readonly #limit: number;
  #rows: Datum[][] = [];
  /** Top-N: arrival numbers beside the heap's rows. */
  #arrivals: number[] | undefined;
  #arrived = 0;
  #bytes = 0;
  #at = 0;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #runs: TupleRun[] = [];
  #merge: RunMerge | undefined;
  #left = Infinity;

  /** `types` are those of the tuple's values; `limit`: only so many rows are wanted. */
  constructor(runtime: Runtime, types: readonly SqlType[], compare: TupleComparator, limit: number, plan?: PhysicalPlan) {
    this.#runtime = runtime;
    this.#types = types;
    this.#compare = compare;
    this.#limit = limit;
    this.#left = limit;
    this.#plan = plan;
    if (limit <= HeapRowsMax) this.#arrivals = [];
  }

  push(tuple: Datum[]): void {
    if (this.#arrivals !== undefined) {
      this.#pushBounded(tuple, this.#arrivals);
      return;
    }
    this.#rows.push(tuple);
    this.#bytes += tupleBytes(tuple);
    if (this.#bytes > this.#runtime.env.workMemBytes && this.#rows.length > 1) this.#spill();
  }

  /** The worst row kept, when the bound is reached: a row that is not before it need not be pushed. */
  get worst(): Datum[] | undefined {
    return this.#arrivals !== undefined && this.#rows.length >= this.#limit ? this.#rows[0] : undefined;
  }

  #pushBounded(tuple: Datum[], arrivals: number[]): void {
    const rows = this.#rows;
    const arrival = this.#arrived++;
    if (rows.length < this.#limit) {
      rows.push(tuple);
      arrivals.push(arrival);
      let i = rows.length - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (this.#isBefore(i, parent)) break;
        this.#swap(i, parent);
        i = parent;
      }
      return;
    }
    // A later row that equals the worst is behind it.
    if (this.#limit === 0 || this.#compare(tuple, rows[0]!) >= 0) return;
    rows[0] = tuple;
    arrivals[0] = arrival;
    this.#sink(0, rows.length);
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

  #spill(): void {
    this.#file ??= this.#runtime.own(this.#runtime.env.openSpill());
    this.#format ??= tupleFormat(this.#types, this.#runtime.ctx.types);
    this.#rows.sort(this.#compare);
    const writer = new TupleRunWriter(this.#file, this.#format, blockBytesOf(this.#runtime));
    for (const row of this.#rows) writer.write(row);
    writer.flush();
    this.#runs.push(writer.run);
    const counts = this.#plan === undefined ? undefined : this.#runtime.counts(this.#plan);
    if (counts !== undefined) counts.spilledBytes += writer.run.bytes;
    this.#rows = [];
    this.#bytes = 0;
    this.#runtime.ctx.checkDeadline();
  }

  /** After the last row: makes `next` give them in order. */
  finish(): void {
    this.#at = 0;
    if (this.#arrivals !== undefined) {
      for (let end = this.#rows.length - 1; end > 0; end--) {
        this.#swap(0, end);
        this.#sink(0, end);
      }
      return;
    }
    if (this.#runs.length === 0) {
      this.#rows.sort(this.#compare);
      return;
    }
    if (this.#rows.length > 0) this.#spill();
    while (this.#runs.length > FanIn) this.#mergeRound();
    this.#merge = this.#mergeOf(this.#runs);
  }

  #mergeOf(runs: readonly TupleRun[]): RunMerge {
    return new RunMerge(runs.map((run) => new TupleRunReader(this.#file!, this.#format!, run)), this.#compare);
  }
  #mergeRound(): void {
    const merged: TupleRun[] = [];
    for (let i = 0; i < this.#runs.length; i += FanIn) {
      const merge = this.#mergeOf(this.#runs.slice(i, i + FanIn));
      const writer = new TupleRunWriter(this.#file!, this.#format!, blockBytesOf(this.#runtime));
      for (let row = merge.next(); row !== undefined; row = merge.next()) writer.write(row);
      writer.flush();
      merged.push(writer.run);
      this.#runtime.ctx.checkDeadline();
    }
    this.#runs = merged;
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
    this.#rows = [];
    this.#merge = undefined;
    this.#left = 0;
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}

/** Blocks small enough that a merge's buffers stay within the budget. */
function blockBytesOf(runtime: Runtime): number {
  return Math.max(512, Math.min(16 << 10, Math.floor(runtime.env.workMemBytes / FanIn)));
}

/** Takes the least of the heads of several runs; ties go to the earlier run. */
class RunMerge {
  readonly #readers: readonly TupleRunReader[];
  readonly #heads: (Datum[] | undefined)[];
  readonly #compare: TupleComparator;
  /** Binary heap of reader numbers. */
  readonly #heap: number[] = [];

  constructor(readers: readonly TupleRunReader[], compare: TupleComparator) {
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
