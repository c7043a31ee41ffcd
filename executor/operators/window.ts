/**
 * Window functions. The input comes sorted by partition and order; one partition at a time is kept. For each row the *frame* is a run of rows around it,
 * from which EXCLUDE may take the row, its peers (equal in the order) or its peers but not itself.
 *
 *   ROWS    counts rows              GROUPS  counts peer groups              RANGE   compares the order column with the row's value -/+ offset
 *
 * Aggregates over a frame that only grows go on from the last state; over one that moves they take rows back where the aggregate can; otherwise they
 * are computed anew, except that a frame equal to the last one has the last answer.
 */
import type { Datum } from '../../base/datum.js';
import { DbError, InternalError } from '../../base/errors.js';
import type { WindowPartition } from '../../functions/registry.js';
import type { FrameBound, WindowCall, WindowFrame } from '../../planner/expression.js';
import { evaluate } from '../expression-interpreter.js';
import { Keeper } from '../kept-memory.js';
import { compareSortKeys, datumsKey, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime, Tuple } from '../runtime.js';
import { outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { tupleBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

type WindowPlan = PlanOf<'window'>;

interface WindowRow {
  readonly tuple: Tuple;
  readonly order: Datum[];
  /** Per call: evaluated arguments, and whether FILTER lets the row in. */
  readonly args: readonly (readonly Datum[])[];
  readonly admitted: readonly boolean[];
}

/** Rows of one partition with the boundaries of their peer groups. */
class Partition {
  readonly rows: readonly WindowRow[];
  /** By row: number of its peer group; and by group its first row, ending with the row count. */
  readonly groupOf: Int32Array;
  readonly groupStarts: number[] = [];

  constructor(rows: readonly WindowRow[], isPeer: (a: WindowRow, b: WindowRow) => boolean) {
    this.rows = rows;
    this.groupOf = new Int32Array(rows.length);
    rows.forEach((row, i) => {
      if (i === 0 || !isPeer(rows[i - 1]!, row)) this.groupStarts.push(i);
      this.groupOf[i] = this.groupStarts.length - 1;
    });
    this.groupStarts.push(rows.length);
  }
  get rowCount(): number {
    return this.rows.length;
  }
  peerStart(row: number): number {
    return this.groupStarts[this.groupOf[row]!]!;
  }
  peerEnd(row: number): number {
    return this.groupStarts[this.groupOf[row]! + 1]!;
  }
  /** First row of group `group`, clamped to the partition. */
  groupStart(group: number): number {
    return this.groupStarts[Math.max(0, Math.min(group, this.groupStarts.length - 1))]!;
  }
}

/** Where a row's frame begins and ends before EXCLUDE. */
class Frames {
  readonly #partition: Partition;
  readonly #frame: WindowFrame;
  readonly #plan: WindowPlan;
  readonly #runtime: Runtime;
  readonly #startOffset: Datum | undefined;
  readonly #endOffset: Datum | undefined;
  /** Rows whose order column is not NULL. */
  readonly #valuesStart: number;
  readonly #valuesEnd: number;

  constructor(partition: Partition, frame: WindowFrame, plan: WindowPlan, runtime: Runtime) {
    this.#partition = partition;
    this.#frame = frame;
    this.#plan = plan;
    this.#runtime = runtime;
    this.#startOffset = offsetOf(frame, frame.start, 'starting', runtime);
    this.#endOffset = offsetOf(frame, frame.end, 'ending', runtime);
    const { rows } = partition;
    let start = 0;
    let end = rows.length;
    if (frame.mode === 'range' && (this.#startOffset !== undefined || this.#endOffset !== undefined)) {
      while (start < end && rows[start]!.order[0] === null) start++;
      while (end > start && rows[end - 1]!.order[0] === null) end--;
    }
    this.#valuesStart = start;
    this.#valuesEnd = end;
  }

  start(row: number): number {
    const { start, mode } = this.#frame;
    const p = this.#partition;
    switch (start.kind) {
      case 'unbounded preceding':
        return 0;
      case 'unbounded following':
        return p.rowCount;
      case 'current row':
        return mode === 'rows' ? row : p.peerStart(row);
      default: {
        const sign = start.kind === 'preceding' ? -1 : 1;
        if (mode === 'range') return this.#rangeBound(row, start, this.#startOffset!, true);
        const offset = sign * Number(this.#startOffset);
        return mode === 'rows' ? Math.max(0, Math.min(p.rowCount, row + offset)) : p.groupStart(p.groupOf[row]! + offset);
      }
    }
  }

  end(row: number): number {
    const { end, mode } = this.#frame;
    const p = this.#partition;
    switch (end.kind) {
      case 'unbounded preceding':
        return 0;
      case 'unbounded following':
        return p.rowCount;
      case 'current row':
        return mode === 'rows' ? row + 1 : p.peerEnd(row);
      default: {
        const sign = end.kind === 'preceding' ? -1 : 1;
        if (mode === 'range') return this.#rangeBound(row, end, this.#endOffset!, false);
        const offset = sign * Number(this.#endOffset);
        if (mode === 'rows') return Math.max(0, Math.min(p.rowCount, row + offset + 1));
        const group = p.groupOf[row]! + offset;
        return group < 0 ? 0 : p.groupStart(group + 1);
      }
    }
  }

  /** First row at (start) or after (end) the row's value moved by the offset, in the sort direction. */
  #rangeBound(row: number, bound: FrameBound, offset: Datum, isStart: boolean): number {
    const p = this.#partition;
    const value = p.rows[row]!.order[0]!;
    if (value === null) return isStart ? p.peerStart(row) : p.peerEnd(row);
    const key = this.#plan.orderBy[0]!;
    const { inRange } = this.#frame;
    if (inRange === undefined) throw new InternalError('RANGE with offset without arithmetic');
    const subtracts = (bound.kind === 'preceding') !== key.descending;
    // Of the values in order, those before the frame's start are on its wrong side, and so are those after its end.
    const isLess = isStart === key.descending;
    let low = this.#valuesStart;
    let high = this.#valuesEnd;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (inRange.test(p.rows[middle]!.order[0]!, value, offset, subtracts, isLess, this.#runtime.ctx) === isStart) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function distanceOf(frame: WindowFrame, bound: FrameBound, which: 'starting' | 'ending', runtime: Runtime): Datum | undefined {
  if (bound.value === undefined) return undefined;
  const offset = evaluate(bound.value, runtime);
  if (offset === null) throw new DbError('22004', `frame ${which} offset must not be null`);
  if (frame.mode !== 'range' && (offset as number | bigint) < 0) throw new DbError('22013', `frame ${which} offset must not be negative`);
  return offset;
}

/** A RANGE's distance is looked at by the arithmetic that a row needs it for. */
function offsetOf(frame: WindowFrame, bound: FrameBound, which: 'starting' | 'ending', runtime: Runtime): Datum | undefined {
  const offset = distanceOf(frame, bound, which, runtime);
  if (offset !== undefined && frame.mode === 'range') frame.inRange?.checkOffset(offset);
  return offset;
}

export class WindowOperator implements Operator {
  readonly #plan: WindowPlan;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #inputIds: number[];
  #ahead: { readonly key: string; readonly row: WindowRow } | undefined;
  readonly #kept: Keeper;
  #partition: Partition | undefined;
  #values: ((row: number) => Datum)[] = [];
  #at = 0;

  constructor(plan: WindowPlan, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
    this.#inputIds = outputIds(plan.input);
    this.#kept = new Keeper(runtime.memory);
  }
  open(): void {
    this.#input.open();
    this.#forget();
    // Distances are looked at before the first row, and if there is none.
    for (const { frame } of this.#plan.calls) {
      distanceOf(frame, frame.start, 'starting', this.#runtime);
      distanceOf(frame, frame.end, 'ending', this.#runtime);
    }
    this.#ahead = this.#read();
  }
  next(): boolean {
    while (this.#partition === undefined || this.#at >= this.#partition.rowCount) {
      if (this.#ahead === undefined) return false;
      this.#nextPartition();
    }
    const { registers } = this.#runtime;
    restoreTuple(registers, this.#inputIds, this.#partition.rows[this.#at]!.tuple);
    const row = this.#at++;
    this.#plan.calls.forEach((call, c) => (registers[call.id] = this.#values[c]!(row)));
    return true;
  }
  close(): void {
    this.#input.close();
    this.#forget();
    this.#ahead = undefined;
  }
  #forget(): void {
    this.#partition = undefined;
    this.#values = [];
    this.#kept.clear();
  }

  #read(): { readonly key: string; readonly row: WindowRow } | undefined {
    if (!this.#input.next()) return undefined;
    const runtime = this.#runtime;
    const { partitionBy, orderBy, calls } = this.#plan;
    const key = datumsKey(partitionBy, partitionBy.map((e) => evaluate(e, runtime)), runtime.ctx);
    const row: WindowRow = {
      tuple: saveTuple(runtime.registers, this.#inputIds),
      order: sortKeyValues(orderBy, runtime),
      args: calls.map((call) => call.args.map((arg) => evaluate(arg, runtime))),
      admitted: calls.map((call) => call.filter === undefined || evaluate(call.filter, runtime) === true),
    };
    return { key, row };
  }

  #nextPartition(): void {
    const { ctx } = this.#runtime;
    const { orderBy, calls } = this.#plan;
    const rows: WindowRow[] = [];
    const { key } = this.#ahead!;
    this.#forget();
    for (; this.#ahead !== undefined && this.#ahead.key === key; this.#ahead = this.#read()) {
      this.#kept.add(rowBytes(this.#ahead.row));
      rows.push(this.#ahead.row);
    }
    ctx.checkDeadline();
    const partition = new Partition(rows, (a, b) => compareSortKeys(orderBy, a.order, b.order, ctx) === 0);
    this.#partition = partition;
    this.#at = 0;
    this.#values = calls.map((call, c) => {
      const frames = new Frames(partition, call.frame, this.#plan, this.#runtime);
      if (call.function.window !== undefined) return call.function.window(viewOf(partition, frames, call, c), ctx);
      return aggregateValues(partition, frames, call, c, this.#runtime);
    });
  }
}

function rowBytes({ tuple, order, args, admitted }: WindowRow): number {
  let bytes = tupleBytes(tuple) + tupleBytes(order) + tupleBytes(admitted);
  for (const each of args) bytes += tupleBytes(each);
  return bytes;
}

/** Whether `other`, a row of the frame of `row`, is taken out by EXCLUDE. */
function isExcluded(partition: Partition, exclude: WindowFrame['exclude'], row: number, other: number): boolean {
  switch (exclude) {
    case 'no others':
      return false;
    case 'current row':
      return other === row;
    case 'group':
      return partition.groupOf[other] === partition.groupOf[row];
    case 'ties':
      return other !== row && partition.groupOf[other] === partition.groupOf[row];
  }
}

function frameRows(partition: Partition, frames: Frames, exclude: WindowFrame['exclude'], row: number): number[] {
  const rows: number[] = [];
  for (let at = frames.start(row), end = frames.end(row); at < end; at++) if (!isExcluded(partition, exclude, row, at)) rows.push(at);
  return rows;
}

/** What a window function sees. */
function viewOf(partition: Partition, frames: Frames, call: WindowCall, c: number): WindowPartition {
  const { exclude } = call.frame;
  return {
    rowCount: partition.rowCount,
    args: (row) => partition.rows[row]!.args[c]!,
    peerStart: (row) => partition.peerStart(row),
    peerEnd: (row) => partition.peerEnd(row),
    frameRow: (row, nth) => {
      if (exclude !== 'no others') return frameRows(partition, frames, exclude, row)[nth];
      const at = frames.start(row) + nth;
      return at < frames.end(row) ? at : undefined;
    },
    frameLength: (row) => (exclude === 'no others' ? Math.max(0, frames.end(row) - frames.start(row)) : frameRows(partition, frames, exclude, row).length),
  };
}

function aggregateValues(partition: Partition, frames: Frames, call: WindowCall, c: number, runtime: Runtime): (row: number) => Datum {
  const aggregate = call.function.aggregate;
  if (aggregate === undefined) throw new InternalError(`${call.function.name} is no window function`);
  const { ctx } = runtime;
  const { exclude } = call.frame;
  // Only of the plain ones is it known that `final` leaves the state fit to go on.
  const canContinue = exclude === 'no others' && aggregate.builtin !== undefined;
  const counts = (at: number): boolean => {
    const row = partition.rows[at]!;
    return row.admitted[c]! && !(call.function.strict && row.args[c]!.includes(null));
  };
  const step = (at: number): void => {
    if (counts(at)) state = aggregate.step(state, partition.rows[at]!.args[c]!, ctx);
  };
  let state: unknown;
  let start = -1;
  let end = -1;
  let last: Datum = null;
  return (row) => {
    const from = frames.start(row);
    const to = Math.max(from, frames.end(row));
    if (exclude !== 'no others') {
      state = aggregate.init(ctx);
      for (const at of frameRows(partition, frames, exclude, row)) step(at);
      return aggregate.final(state, ctx, []);
    }
    if (from === start && to === end) return last;
    const inverse = aggregate.inverse;
    const moves = canContinue && start >= 0 && from >= start && to >= end && from <= end && (from === start || inverse !== undefined);
    if (moves) {
      for (let at = start; at < from; at++) if (counts(at)) state = inverse!(state, partition.rows[at]!.args[c]!, ctx);
      for (let at = end; at < to; at++) step(at);
    } else {
      state = aggregate.init(ctx);
      for (let at = from; at < to; at++) step(at);
    }
    start = from;
    end = to;
    last = aggregate.final(state, ctx, []);
    return last;
  };
}
