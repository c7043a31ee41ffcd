/**
 * The build side of a hash join: rows by key, in chains. A row is an array: the next row of its chain, whether it ever matched, then its columns.
 *
 * When the rows outgrow the budget they go to temporary files by partition of their key. The probe side then runs several *passes*, each over those
 * partitions of the build side that fit into memory together, and takes only the left rows whose key belongs to the pass. Reading the left side again
 * costs time, but each left row meets all its partners in exactly one pass, so every kind of join stays as simple as without spilling, and
 * the generated loop is one and the same.
 *
 * J1  A row is in memory in exactly one pass. Left rows with a NULL key belong to pass 0.
 */
import type { Datum, GroupKey } from '../../base/datum.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { datumBytes } from '../spill/memory.js';
import { tupleFormat, TupleRunReader, TupleRunWriter, type TupleFormat } from '../spill/tuple-file.js';
import { partitionOf } from './key-hash.js';

/** `[next, matched, ...columns]` */
export type JoinRow = [JoinRow | null, boolean, ...Datum[]];

const PartitionCount = 64;
/** A chain entry with its share of the map. */
const RowOverheadBytes = 120;

export class JoinTable {
  readonly #runtime: Runtime;
  readonly #plan: PhysicalPlan;
  readonly #types: readonly SqlType[];
  readonly #keyOf: (row: JoinRow) => GroupKey;
  readonly #canSpill: boolean;
  map = new Map<GroupKey, JoinRow>();
  /** All rows in memory, those without a key too; for right and full joins. */
  rows: JoinRow[] = [];
  #bytes = 0;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #writers: TupleRunWriter[] | undefined;
  /** By pass: first and end partition. */
  #passes: { readonly first: number; readonly end: number }[] = [];
  #pass = { first: 0, end: PartitionCount };
  readonly #keepRows: boolean;

  /** `types` of the columns; `keyOf` computes the key of a row read back; `keepRows`: unmatched rows are wanted at the end. */
  constructor(runtime: Runtime, plan: PhysicalPlan, types: readonly SqlType[], keyOf: (row: JoinRow) => GroupKey, keepRows: boolean, canSpill: boolean) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#types = types;
    this.#keyOf = keyOf;
    this.#keepRows = keepRows;
    this.#canSpill = canSpill;
  }

  /** Adds a row; `key` null: it equals nothing. */
  add(key: GroupKey, row: JoinRow): void {
    if (this.#writers !== undefined) {
      this.#write(key, row);
      return;
    }
    if (key === null && !this.#keepRows) return;
    this.#put(key, row);
    let bytes = RowOverheadBytes;
    for (let i = 2; i < row.length; i++) bytes += datumBytes(row[i] as Datum);
    this.#bytes += bytes;
    if (this.#bytes > this.#runtime.env.workMemBytes && this.#canSpill) this.#startSpill();
  }
  #put(key: GroupKey, row: JoinRow): void {
    if (this.#keepRows || this.#canSpill) this.rows.push(row);
    if (key === null) return;
    const { map } = this;
    const first = map.get(key);
    if (first === undefined) map.set(key, row);
    else {
      row[0] = first[0];
      first[0] = row;
    }
  }

  #startSpill(): void {
    this.#file = this.#runtime.own(this.#runtime.env.openSpill());
    this.#format = tupleFormat(this.#types, this.#runtime.ctx.types);
    const blockBytes = Math.max(256, Math.min(16 << 10, Math.floor(this.#runtime.env.workMemBytes / PartitionCount)));
    this.#writers = Array.from({ length: PartitionCount }, () => new TupleRunWriter(this.#file!, this.#format!, blockBytes));
    const { rows } = this;
    this.rows = [];
    this.map = new Map();
    for (const row of rows) this.#write(this.#keyOf(row), row);
  }
  #write(key: GroupKey, row: JoinRow): void {
    if (key === null && !this.#keepRows) return;
    this.#writers![key === null ? 0 : partitionOf(key, PartitionCount)]!.write(row.slice(2) as Datum[]);
  }

  /** After the last row: the number of passes. */
  finish(): number {
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

  /** Brings the rows of a pass into memory. */
  load(pass: number): void {
    if (this.#writers === undefined) return;
    this.#runtime.ctx.checkDeadline();
    this.#pass = this.#passes[pass]!;
    this.map = new Map();
    this.rows = [];
    for (let p = this.#pass.first; p < this.#pass.end; p++) {
      const reader = new TupleRunReader(this.#file!, this.#format!, this.#writers[p]!.run);
      for (let tuple = reader.next(); tuple !== undefined; tuple = reader.next()) {
        const row = [null, false, ...tuple] as JoinRow;
        this.#put(this.#keyOf(row), row);
      }
    }
  }

  /** Whether a left row with this key belongs to the pass that is loaded. */
  accepts(key: GroupKey): boolean {
    if (this.#writers === undefined) return true;
    const partition = key === null ? 0 : partitionOf(key, PartitionCount);
    return partition >= this.#pass.first && partition < this.#pass.end;
  }

  close(): void {
    this.map = new Map();
    this.rows = [];
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}
