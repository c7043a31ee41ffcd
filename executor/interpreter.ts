/**
 * Physical plan -> pull iterators. Obviously correct rather than fast: the oracle of the generated code, and what runs where code cannot be
 * generated. LockRows and ModifyTable may wait, so they run beside the pull iterators (lock-rows.ts, modify.ts) and stand here as substitutes
 * that give the rows they have finished. A LockRows that reads an outer row is an operator all the same (inline-locks.ts).
 */
import { unreachable } from '../base/assert.js';
import { InternalError } from '../base/errors.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import type { OperatorCounts } from './execution.js';
import { AggregateOperator } from './operators/aggregate.js';
import { AppendOperator } from './operators/append.js';
import { CteScanOperator } from './operators/cte-scan.js';
import { DistinctOperator } from './operators/distinct.js';
import { FilterOperator } from './operators/filter.js';
import { FunctionScanOperator } from './operators/function-scan.js';
import { HashJoinOperator } from './operators/hash-join.js';
import { IndexScanOperator } from './operators/index-scan.js';
import { LimitOperator } from './operators/limit.js';
import { LockRowsOperator } from './operators/lock-rows.js';
import { MaterializeOperator } from './operators/materialize.js';
import { MergeJoinOperator } from './operators/merge-join.js';
import { NestedLoopOperator } from './operators/nested-loop.js';
import { ProjectOperator } from './operators/project.js';
import { ProjectSetOperator } from './operators/project-set.js';
import { RecursiveUnionOperator } from './operators/recursive-union.js';
import { ResultOperator } from './operators/result.js';
import { SeqScanOperator } from './operators/seq-scan.js';
import { SetOperationOperator } from './operators/set-operation.js';
import { SortOperator } from './operators/sort.js';
import { ValuesOperator } from './operators/values.js';
import { VirtualScanOperator } from './operators/virtual-scan.js';
import { WindowOperator } from './operators/window.js';
import { isGenerated } from './codegen/generated-plans.js';
import { outerColumns, readsWorkTable } from './plan-tools.js';
import type { Operator, Runtime } from './runtime.js';

export function buildOperator(plan: PhysicalPlan, runtime: Runtime): Operator {
  const substitute = runtime.substitute(plan);
  if (substitute !== undefined) return substitute;
  if (runtime.generated !== undefined && isGenerated(plan)) return runtime.generated.operator(plan, runtime);
  const operator = buildPlain(plan, runtime);
  const counts = runtime.counts(plan);
  return counts === undefined ? operator : new CountingOperator(operator, counts, runtime);
}

/** The interpreter's operator for this very node; its inputs may be generated. */
export function buildPlain(plan: PhysicalPlan, runtime: Runtime): Operator {
  const build = (input: PhysicalPlan): Operator => buildOperator(input, runtime);
  switch (plan.kind) {
    case 'result':
      return new ResultOperator(plan, runtime);
    case 'seqScan':
      return new SeqScanOperator(plan, runtime);
    case 'indexScan':
      return new IndexScanOperator(plan, runtime);
    case 'virtualScan':
      return new VirtualScanOperator(plan, runtime);
    case 'values':
      return new ValuesOperator(plan, runtime);
    case 'functionScan':
      return new FunctionScanOperator(plan, runtime);
    case 'cteScan':
      return new CteScanOperator(plan, () => {
        const store = runtime.cte(plan.cte);
        return (i) => store.row(i);
      }, runtime);
    case 'workTableScan':
      return new CteScanOperator(plan, () => {
        const rows = runtime.workTable(plan.cte);
        return (i) => rows.row(i);
      }, runtime);
    case 'filter':
      return new FilterOperator(plan, build(plan.input), runtime);
    case 'project':
      return new ProjectOperator(plan, build(plan.input), runtime);
    case 'projectSet':
      return new ProjectSetOperator(plan, build(plan.input), runtime);
    case 'nestedLoop':
      return new NestedLoopOperator(plan, build(plan.left), build(plan.right), runtime);
    case 'hashJoin':
      return new HashJoinOperator(plan, build(plan.left), build(plan.right), runtime);
    case 'mergeJoin':
      return new MergeJoinOperator(plan, build(plan.left), build(plan.right), runtime);
    case 'sort':
      return new SortOperator(plan, build(plan.input), runtime);
    case 'limit':
      return new LimitOperator(plan, build(plan.input), runtime);
    case 'distinct':
      return new DistinctOperator(plan, build(plan.input), runtime);
    case 'aggregate':
      return new AggregateOperator(plan, build(plan.input), runtime);
    case 'window':
      return new WindowOperator(plan, build(plan.input), runtime);
    case 'append':
      return new AppendOperator(plan, plan.inputs.map(build), runtime);
    case 'setOperation':
      return new SetOperationOperator(plan, build(plan.left), build(plan.right), runtime);
    case 'recursiveUnion':
      return new RecursiveUnionOperator(plan, build(plan.seed), build(plan.term), runtime);
    case 'materialize':
      return new MaterializeOperator(plan, build(plan.input), outerColumns(plan).size > 0 || readsWorkTable(plan), runtime);
    case 'lockRows':
      return new LockRowsOperator(plan, build(plan.input), runtime);
    case 'modify':
      throw new InternalError(`${plan.kind} inside a pull iterator`);
    default:
      return unreachable(plan);
  }
}

/** Counts rows, loops and time for EXPLAIN ANALYZE. */
class CountingOperator implements Operator {
  readonly #inner: Operator;
  readonly #counts: OperatorCounts;
  readonly #runtime: Runtime;
  /** Of this loop: whether it has given no row yet, and what the loops before took. */
  #isBeforeFirst = true;
  #timeBeforeMs = 0;

  constructor(inner: Operator, counts: OperatorCounts, runtime: Runtime) {
    this.#inner = inner;
    this.#counts = counts;
    this.#runtime = runtime;
  }
  open(): void {
    const start = this.#runtime.env.clock.monotonic();
    this.#counts.loops++;
    this.#isBeforeFirst = true;
    this.#timeBeforeMs = this.#counts.timeMs ?? 0;
    this.#inner.open();
    this.#counts.timeMs = (this.#counts.timeMs ?? 0) + this.#runtime.env.clock.monotonic() - start;
  }
  next(): boolean {
    const start = this.#runtime.env.clock.monotonic();
    const has = this.#inner.next();
    this.#counts.timeMs = (this.#counts.timeMs ?? 0) + this.#runtime.env.clock.monotonic() - start;
    if (has && this.#isBeforeFirst) this.#counts.startupMs = (this.#counts.startupMs ?? 0) + this.#counts.timeMs - this.#timeBeforeMs;
    if (has) {
      this.#isBeforeFirst = false;
      this.#counts.rows++;
    }
    return has;
  }
  close(): void {
    this.#inner.close();
  }
}
