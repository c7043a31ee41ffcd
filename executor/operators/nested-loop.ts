/**
 * Nested loop join: for each left row, the right side is run again and the pairs that satisfy the condition come out. A LATERAL right
 * side reads the left row's registers. Right and full joins also note which right rows ever matched; the right side is then not lateral.
 */
import { evaluate } from '../expression-interpreter.js';
import type { Operator, Runtime } from '../runtime.js';
import { clearRegisters, outputIds, restoreTuple, saveTuple } from '../runtime.js';
import { KeptRows } from '../spill/kept-rows.js';
import type { PlanOf } from './plan-of.js';

export class NestedLoopOperator implements Operator {
  readonly #plan: PlanOf<'nestedLoop'>;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #runtime: Runtime;
  readonly #leftIds: number[];
  readonly #rightIds: number[];
  /** The right side's rows when they are kept: always, unless it depends on the left row. */
  #rightRows: KeptRows | undefined;
  #matched: Uint8Array = new Uint8Array(0);
  #hasLeft = false;
  #leftMatched = false;
  #rightAt = 0;
  #phase: 'pairs' | 'unmatched right' | 'done' = 'done';

  constructor(plan: PlanOf<'nestedLoop'>, left: Operator, right: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#runtime = runtime;
    this.#leftIds = outputIds(plan.left);
    this.#rightIds = outputIds(plan.right);
  }
  open(): void {
    this.#left.open();
    this.#rightRows?.close();
    this.#rightRows = undefined;
    this.#hasLeft = false;
    this.#phase = 'pairs';
  }
  next(): boolean {
    const { join } = this.#plan;
    while (this.#phase === 'pairs') {
      if (!this.#hasLeft) {
        if (!this.#left.next()) {
          this.#left.close();
          this.#phase = join === 'right' || join === 'full' ? 'unmatched right' : 'done';
          this.#rightAt = 0;
          if (this.#phase === 'unmatched right') this.#materializeRight();
          break;
        }
        this.#hasLeft = true;
        this.#leftMatched = false;
        this.#openRight();
      }
      while (this.#nextRight()) {
        const { condition } = this.#plan;
        if (condition !== undefined && evaluate(condition, this.#runtime) !== true) continue;
        this.#leftMatched = true;
        if (this.#rightRows !== undefined) this.#matched[this.#rightAt - 1] = 1;
        if (join === 'anti') break;
        if (join === 'semi') {
          this.#hasLeft = false;
          this.#closeRight();
        }
        return true;
      }
      this.#hasLeft = false;
      this.#closeRight();
      if (!this.#leftMatched && (join === 'left' || join === 'full' || join === 'anti')) {
        clearRegisters(this.#runtime.registers, this.#rightIds);
        return true;
      }
    }
    if (this.#phase === 'unmatched right') {
      while (this.#rightAt < this.#rightRows!.length) {
        const at = this.#rightAt++;
        if (this.#matched[at] !== 0) continue;
        clearRegisters(this.#runtime.registers, this.#leftIds);
        restoreTuple(this.#runtime.registers, this.#rightIds, this.#rightRows!.row(at)!);
        return true;
      }
      this.#phase = 'done';
    }
    return false;
  }
  #openRight(): void {
    if (this.#plan.isLateral) this.#right.open();
    else this.#materializeRight();
    this.#rightAt = 0;
  }
  #materializeRight(): void {
    if (this.#rightRows !== undefined) return;
    const rows = new KeptRows(this.#runtime, this.#plan.right.output.map(({ type }) => type));
    this.#rightRows = rows;
    this.#right.open();
    while (this.#right.next()) rows.push(saveTuple(this.#runtime.registers, this.#rightIds));
    this.#right.close();
    this.#matched = new Uint8Array(rows.length);
  }
  #nextRight(): boolean {
    if (this.#rightRows === undefined) return this.#right.next();
    const row = this.#rightRows.row(this.#rightAt);
    if (row === undefined) return false;
    this.#rightAt++;
    restoreTuple(this.#runtime.registers, this.#rightIds, row);
    return true;
  }
  #closeRight(): void {
    if (this.#plan.isLateral) this.#right.close();
  }
  close(): void {
    this.#left.close();
    if (this.#hasLeft) this.#closeRight();
    this.#rightRows?.close();
    this.#rightRows = undefined;
    this.#phase = 'done';
  }
}
