/** Tuples first in, first out, again and again: what does not fit into the budget goes through a temporary file. */
import type { Datum } from '../../base/datum.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { tupleBytes } from './memory.js';
import { tupleFormat, TupleRunReader, TupleRunWriter } from './tuple-file.js';

const KeptRowsMax = 256;

export class TupleQueue {
  readonly #runtime: Runtime;
  readonly #plan: PhysicalPlan;
  readonly #types: readonly SqlType[];
  /** The first `#count` are in the queue. What lies behind them is left of an earlier filling, for cutting an array short costs more than most fillings. */
  #rows: Datum[][] = [];
  #count = 0;
  #at = 0;
  #bytes = 0;
  #file: SpillFile | undefined;
  #writer: TupleRunWriter | undefined;
  #reader: TupleRunReader | undefined;

  constructor(runtime: Runtime, plan: PhysicalPlan, types: readonly SqlType[]) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#types = types;
  }

  push(tuple: Datum[]): void {
    if (this.#writer !== undefined) {
      this.#writer.write(tuple);
      return;
    }
    this.#rows[this.#count++] = tuple;
    this.#bytes += tupleBytes(tuple);
    if (this.#bytes <= this.#runtime.env.workMemBytes) return;
    const { ctx, env } = this.#runtime;
    this.#file = this.#runtime.own(env.openSpill());
    this.#writer = new TupleRunWriter(this.#file, tupleFormat(this.#types, ctx.types), Math.max(256, Math.min(16 << 10, Math.floor(env.workMemBytes / 8))));
  }

  /** The next tuple; after the last, undefined, and the queue is empty and may be filled again. */
  next(): Datum[] | undefined {
    if (this.#at < this.#count) return this.#rows[this.#at++];
    if (this.#writer !== undefined) {
      if (this.#reader === undefined) {
        this.#writer.flush();
        const counts = this.#runtime.counts(this.#plan);
        if (counts !== undefined) counts.spilledBytes += this.#writer.run.bytes;
        this.#reader = new TupleRunReader(this.#file!, tupleFormat(this.#types, this.#runtime.ctx.types), this.#writer.run);
      }
      const tuple = this.#reader.next();
      if (tuple !== undefined) return tuple;
    }
    this.close();
    return undefined;
  }

  close(): void {
    // A small array is kept for the next filling.
    if (this.#rows.length > KeptRowsMax) this.#rows = [];
    this.#count = 0;
    this.#at = 0;
    this.#bytes = 0;
    this.#writer = undefined;
    this.#reader = undefined;
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}
