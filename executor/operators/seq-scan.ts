/** Reads a table in the order of its row keys. */
import { seededPrng, type Prng } from '../../base/prng.js';
import { DbError } from '../../base/errors.js';
import { decodeColumn } from '../../base/rowcode.js';
import type { LeafScan } from '../../mvcc/reads/leaf-scan.js';
import { wholeRange } from '../../mvcc/types.js';
import { mutants } from '../../base/mutants.js';
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

/**
 * The place of an operator within a scan's batches. `suspend` leaves pages alone until the next `advance`: called for every open scan before control
 * returns to the event loop (X1), because afterwards the page may be another.
 */
export class ScanPosition {
  readonly scan: LeafScan;
  readonly #runtime: Runtime;
  /** Index of the present row in the batch, -1 before the first of a batch. */
  at = -1;
  #hasBatch = false;
  #isSuspended = false;

  constructor(scan: LeafScan, runtime: Runtime) {
    this.scan = scan;
    this.#runtime = runtime;
    runtime.positions.add(this);
  }
  /** Moves to the next row; at the end closes the scan. */
  advance(): boolean {
    this.at++;
    if (this.#hasBatch && !this.#isSuspended && this.at < this.scan.count) return true;
    if (this.#hasBatch) this.#runtime.ctx.checkDeadline();
    this.#isSuspended = false;
    this.#hasBatch = this.scan.next();
    this.at = 0;
    if (!this.#hasBatch) this.#runtime.positions.delete(this);
    return this.#hasBatch;
  }
  suspend(): void {
    if (!this.#hasBatch || this.#isSuspended) return;
    this.scan.suspendAt(this.at);
    this.#isSuspended = true;
  }
  /** Stops for good after the present row: what was read ends there. */
  close(): void {
    if (!this.#runtime.positions.delete(this)) return;
    if (this.#hasBatch && !this.#isSuspended) {
      const at = mutants.on && mutants.has('executor.limit-registers-less') ? this.at - 1 : this.at;
      this.scan.stopAt(at);
    } else this.scan.close();
  }
}

export class SeqScanOperator implements Operator {
  readonly #plan: PlanOf<'seqScan'>;
  readonly #runtime: Runtime;
  #position: ScanPosition | undefined;
  #sampler: (() => boolean) | undefined;

  constructor(plan: PlanOf<'seqScan'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }
  open(): void {
    this.close();
    const { table, sample, reverse } = this.#plan;
    const { tx } = this.#runtime;
    this.#sampler = sample === undefined ? undefined : samplerOf(sample, this.#runtime);
    this.#position = new ScanPosition(tx.openScan(this.#runtime.access(table).tree, wholeRange, { reverse }), this.#runtime);
  }
  next(): boolean {
    const position = this.#position;
    if (position === undefined) return false;
    const { columns, filter, rowKey, table } = this.#plan;
    const { registers } = this.#runtime;
    while (position.advance()) {
      if (this.#sampler !== undefined && !this.#sampler()) continue;
      const { scan, at } = position;
      const offset = scan.offsets[at]!;
      for (const { id, column } of columns) registers[id] = decodeColumn(table.layout, column, scan.u8, scan.dv, offset);
      if (rowKey !== undefined) registers[rowKey] = scan.keyAt(at);
      if (filter === undefined || evaluate(filter, this.#runtime) === true) return true;
    }
    this.#position = undefined;
    return false;
  }
  close(): void {
    this.#position?.close();
    this.#position = undefined;
  }
}

/** TABLESAMPLE BERNOULLI (and SYSTEM, which here also goes by row): each row comes with the given chance; REPEATABLE fixes the seed. */
export function samplerOf(sample: NonNullable<PlanOf<'seqScan'>['sample']>, runtime: Runtime): () => boolean {
  const percent = evaluate(sample.percent, runtime);
  if (percent === null) throw new DbError('2202H', 'TABLESAMPLE parameter cannot be null');
  const fraction = Number(percent) / 100;
  if (!(fraction >= 0 && fraction <= 1)) throw new DbError('2202H', 'sample percentage must be between 0 and 100');
  const seed = sample.seed === undefined ? undefined : evaluate(sample.seed, runtime);
  if (seed === null) throw new DbError('2202G', 'TABLESAMPLE REPEATABLE parameter cannot be null');
  const prng: Prng = seed === undefined ? runtime.ctx.prng : seededPrng(Math.floor(Number(seed) * 65536) >>> 0);
  return () => prng.unit() < fraction;
}
