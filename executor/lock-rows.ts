/**
 * LockRows: SELECT ... FOR UPDATE and its weaker forms. Each row found is locked in every target table before it goes out; at READ COMMITTED
 * a row that changed since the snapshot is judged again and goes out as it is now. SKIP LOCKED drops rows that someone holds.
 */
import type { Datum } from '../base/datum.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { LockTarget, PhysicalPlan } from '../planner/physical-plan.js';
import { decodeRow } from '../base/rowcode.js';
import { RowRef, type WaitPolicy } from '../mvcc/types.js';
import { publishNewest, stillMatches } from './recheck.js';
import type { RowSource } from './row-source.js';
import type { Runtime } from './runtime.js';
import { outputIds, restoreTuple } from './runtime.js';
import { lockAndFollow, LockJob } from './table-writer.js';
import type { Wait } from './wait.js';
import { isWait } from './wait.js';

export type LockRowsPlan = Extract<PhysicalPlan, { kind: 'lockRows' }>;

/** Rows looked for ahead of locking: a few, so that a LIMIT above does not make us read much too far. */
const Portion = 16;

export class LockRowsExecution {
  readonly #plan: LockRowsPlan;
  readonly #source: RowSource;
  readonly #runtime: Runtime;
  readonly #evaluate: (e: BoundExpression) => Datum;
  readonly #ids: readonly ColumnId[];
  readonly #row = new RowRef();
  #tuples: Datum[][] = [];
  #at = 0;
  /** Locks being taken on the present row, by target. */
  #jobs: (LockJob | undefined)[] = [];
  #isSourceDone = false;

  constructor(plan: LockRowsPlan, source: RowSource, runtime: Runtime, evaluate: (e: BoundExpression) => Datum) {
    this.#plan = plan;
    this.#source = source;
    this.#runtime = runtime;
    this.#evaluate = evaluate;
    this.#ids = outputIds(plan.input);
  }

  /** Locks the next row and publishes it: 'row', or 'done', or why not yet. `portion`: rows wanted at most, when known. */
  next(portion: number = Portion): Wait | 'row' | 'done' | 'slice' {
    for (;;) {
      const tuple = this.#tuples[this.#at];
      if (tuple === undefined) {
        if (this.#isSourceDone) return 'done';
        this.#tuples = [];
        this.#at = 0;
        const filled = this.#source.fill(this.#tuples, Math.max(1, Math.min(portion, Portion)));
        this.#isSourceDone = filled === 'done';
        if (filled === 'slice' && this.#tuples.length === 0) return 'slice';
        continue;
      }
      const locked = this.#lock(tuple);
      if (isWait(locked)) return locked;
      this.#at++;
      this.#jobs = [];
      if (locked) return 'row';
    }
  }

  /** Locks all targets of a row; says whether it goes out. */
  #lock(tuple: Datum[]): Wait | boolean {
    const { registers } = this.#runtime;
    restoreTuple(registers, this.#ids, tuple);
    const changed: LockTarget[] = [];
    for (const [i, target] of this.#plan.targets.entries()) {
      const rowKey = registers[target.rowKey] as string | null;
      if (rowKey === null) continue;
      const access = this.#runtime.access(target.table);
      const locked = lockAndFollow(access, this.#runtime, (this.#jobs[i] ??= new LockJob(rowKey)), target.strength, this.#waitPolicy(target));
      if (isWait(locked)) return locked;
      if (locked.kind === 'skipped' || locked.kind === 'gone') return false;
      if (locked.kind !== 'changed') continue;
      const ref = this.#row;
      if (!this.#runtime.tx.newest(access.tree, locked.rowKey, ref)) return false;
      publishNewest(target.recheck, decodeRow(target.table.layout, ref.u8, ref.dv, ref.offset), target.rowKey, locked.rowKey, this.#runtime);
      changed.push(target);
    }
    return changed.every((target) => stillMatches(target.recheck, this.#runtime, this.#evaluate));
  }

  #waitPolicy(target: LockTarget): WaitPolicy {
    if (target.wait !== 'wait') return target.wait;
    return this.#runtime.request.canWait ? 'wait' : 'nowait';
  }

  close(): void {
    this.#source.close();
    this.#tuples = [];
    this.#isSourceDone = true;
  }
}
