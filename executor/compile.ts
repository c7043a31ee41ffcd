/**
 * A planned statement -> something that can be started. The statement runs in phases, each of which may come back to the driver and go on later:
 * data-modifying CTEs in order, sub-plans that lock rows, then the main plan. Plain CTEs run when, and as far as, they are read.
 */
import type { Datum } from '../base/datum.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { PhysicalPlan, PlannedCte, PlannedStatement } from '../planner/physical-plan.js';
import { ConstraintChecks } from './constraint-checks.js';
import type { CompiledStatement, CompileOptions, Execution, ExecutionRequest, OperatorCounts, StepResult } from './execution.js';
import { evaluate } from './expression-interpreter.js';
import { canGenerate } from './codegen.js';
import type { Program, ProgramOutput } from './codegen/generated-plans.js';
import { GeneratedPlans, GeneratedSource, ProgramState } from './codegen/generated-plans.js';
import { buildOperator } from './interpreter.js';
import { lockRowsUnder, LockUnitExecution, lockUnitsInside } from './lock-unit.js';
import { ModifyExecution, modifyInput, type ModifyPlan } from './modify.js';
import { TuplesOperator } from './operators/queue.js';
import { OperatorSource, type RowSource } from './row-source.js';
import { rowMaker, type RowMaker } from './row-shape.js';
import type { Tuple } from './runtime.js';
import { outputIds, Runtime, saveTuple } from './runtime.js';
import { TupleStore } from './tuple-store.js';
import type { Wait } from './wait.js';
import { isWait } from './wait.js';

/** Rows of `plan` as tuples of `ids`, then `computed`, by generated code or by the interpreter. */
function tuplesOf(plan: PhysicalPlan, ids: readonly ColumnId[], computed: readonly BoundExpression[], runtime: Runtime): RowSource {
  const { generated } = runtime;
  if (generated !== undefined) return generated.source(plan, { ids, computed, shape: undefined, names: [] }, runtime);
  return new OperatorSource(buildOperator(plan, runtime), ids, computed, runtime, (e) => evaluate(e, runtime));
}

/** Prepares a plan to be run many times. Code is generated at the first start, which knows the catalog's types. */
export function compile(planned: PlannedStatement, options: CompileOptions): CompiledStatement {
  const { plan, ctes, result } = planned;
  const isGenerated = options.mode === 'generated' && canGenerate();
  const output: ProgramOutput = { ids: result.map((column) => column.id), computed: [], shape: options.shape, names: result.map((column) => column.name) };
  // Without CTEs, locks and changes there is nothing but one pipeline.
  const isQuery = plan.kind !== 'modify' && ctes.length === 0 && lockRowsUnder(plan) === undefined && lockUnitsInside(plan).length === 0;
  let generated: GeneratedPlans | undefined;
  let program: Program | undefined;
  let makeRow: RowMaker | undefined;
  return {
    planned,
    get source() {
      return generated?.text;
    },
    start: (request) => {
      if (isGenerated) generated ??= new GeneratedPlans(request.ctx.types, options.instrument);
      if (generated !== undefined && isQuery) {
        program ??= generated.program(plan, output);
        return program.suspendable ? new QueryExecution(planned, request, generated, program) : new BriefExecution(planned, request, generated, program);
      }
      return new StatementExecution(planned, request, generated, (makeRow ??= rowMaker(result, options.shape)));
    },
  };
}

/** A statement that is one generated pipeline over a handful of rows, such as a point lookup: it runs at once. */
class BriefExecution implements Execution {
  readonly #runtime: Runtime;
  readonly #program: Program;
  #made: unknown[] | undefined;
  #at = 0;
  rows: unknown[] = [];

  constructor(planned: PlannedStatement, request: ExecutionRequest, generated: GeneratedPlans, program: Program) {
    this.#runtime = new Runtime(request, planned.columnCount, generated);
    this.#program = program;
  }
  step(quotaRows: number): StepResult {
    if (this.#made === undefined) {
      this.#made = [];
      this.#program.run(this.#runtime, new ProgramState(this.#runtime, this.#made));
      if (this.#made.length <= quotaRows) {
        this.#at = this.#made.length;
        this.rows = this.#made;
        return 'done';
      }
    }
    while (this.#at < this.#made.length && this.rows.length < quotaRows) this.rows.push(this.#made[this.#at++]);
    return this.#at < this.#made.length ? 'rows' : 'done';
  }
  takeRows(): unknown[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }
  get rowCount(): number {
    return this.#at;
  }
  get instrumentation(): ReadonlyMap<PhysicalPlan, OperatorCounts> | undefined {
    return this.#runtime.instrumentation;
  }
  close(): void {
    this.#runtime.closeAll();
  }
}

/** A statement that is one generated pipeline. */
class QueryExecution implements Execution {
  readonly #runtime: Runtime;
  readonly #source: GeneratedSource;
  rows: unknown[] = [];
  #taken = 0;

  constructor(planned: PlannedStatement, request: ExecutionRequest, generated: GeneratedPlans, program: Program) {
    this.#runtime = new Runtime(request, planned.columnCount, generated);
    this.#source = new GeneratedSource(program, this.#runtime);
  }
  step(quotaRows: number): StepResult {
    const filled = this.#source.fill(this.rows, quotaRows);
    return filled === 'full' ? 'rows' : filled;
  }
  takeRows(): unknown[] {
    const { rows } = this;
    this.#taken += rows.length;
    this.rows = [];
    return rows;
  }
  get rowCount(): number {
    return this.#taken + this.rows.length;
  }
  get instrumentation(): ReadonlyMap<PhysicalPlan, OperatorCounts> | undefined {
    return this.#runtime.instrumentation;
  }
  close(): void {
    this.#source.close();
    this.#runtime.closeAll();
  }
}

/** Part of a statement that may come back before it is done. */
interface Phase {
  step(quota: number): Wait | 'done' | 'slice' | 'stopped';
  close(): void;
}

class StatementExecution implements Execution {
  readonly #planned: PlannedStatement;
  readonly #runtime: Runtime;
  readonly #makeRow: RowMaker;
  readonly #checks: ConstraintChecks;
  readonly #evaluate: (e: BoundExpression) => Datum;
  /** Made one after the other, because a phase is built over what earlier ones left. */
  readonly #phases: (() => Phase)[] = [];
  #current: Phase | undefined;
  #at = 0;
  #produced = 0;
  #main: ModifyExecution | undefined;
  #isClosed = false;
  rows: unknown[] = [];

  constructor(planned: PlannedStatement, request: ExecutionRequest, generated: GeneratedPlans | undefined, makeRow: RowMaker) {
    this.#planned = planned;
    const runtime = new Runtime(request, planned.columnCount, generated);
    this.#runtime = runtime;
    this.#makeRow = makeRow;
    this.#checks = new ConstraintChecks(request);
    this.#evaluate = generated === undefined ? (e) => evaluate(e, runtime) : (e) => generated.evaluate(e, runtime);
    for (const cte of planned.ctes) this.#addCte(cte);
    this.#addLockUnits(planned.plan);
    this.#phases.push(() => this.#mainPhase());
  }

  // ------------------------------------------------------------------------------------------------------------ phases

  #addCte(cte: PlannedCte): void {
    this.#addLockUnits(cte.plan);
    const runtime = this.#runtime;
    if (cte.plan.kind === 'modify') {
      const plan = cte.plan;
      this.#phases.push(() => {
        const store = new TupleStore(cte.columns, undefined, runtime);
        runtime.ctes[cte.number] = store;
        return modifyPhase(this.#modify(plan, () => store.push(saveTuple(runtime.registers, cte.columns))), () => false);
      });
    } else if (lockRowsUnder(cte.plan) !== undefined) {
      const plan = cte.plan;
      this.#phases.push(() => {
        const store = new TupleStore(cte.columns, undefined, runtime);
        runtime.ctes[cte.number] = store;
        return this.#lockPhase(plan, () => store.push(saveTuple(runtime.registers, cte.columns)));
      });
    } else {
      const plan = cte.plan;
      this.#phases.push(() => {
        runtime.ctes[cte.number] = runtime.own(new TupleStore(cte.columns, () => tuplesOf(plan, cte.columns, [], runtime), runtime));
        return donePhase;
      });
    }
  }

  #addLockUnits(plan: PhysicalPlan): void {
    for (const unit of lockUnitsInside(plan)) {
      this.#phases.push(() => {
        const ids = outputIds(unit);
        const tuples: Tuple[] = [];
        const phase = this.#lockPhase(unit, () => tuples.push(saveTuple(this.#runtime.registers, ids)));
        this.#runtime.substitutes.set(unit, new TuplesOperator(tuples, ids, this.#runtime));
        return phase;
      });
    }
  }

  #modify(plan: ModifyPlan, emit: () => void): ModifyExecution {
    const { ids, computed } = modifyInput(plan);
    const source = tuplesOf(plan.input, ids, computed, this.#runtime);
    return new ModifyExecution(plan, source, this.#runtime, this.#checks, this.#evaluate, emit);
  }

  #lockPhase(plan: PhysicalPlan, emit: () => void, stop: (quota: number) => boolean = () => false): Phase {
    const unit = new LockUnitExecution(plan, (input) => tuplesOf(input, outputIds(input), [], this.#runtime), this.#runtime, this.#evaluate);
    return {
      step: (quota) => {
        for (;;) {
          const result = unit.next();
          if (isWait(result) || result === 'done' || result === 'slice') return result;
          emit();
          if (stop(quota)) return 'stopped';
        }
      },
      close: () => unit.close(),
    };
  }

  #mainPhase(): Phase {
    const { plan, result } = this.#planned;
    const ids = result.map((column) => column.id);
    const emit = (): void => {
      this.rows.push(this.#makeRow(saveTuple(this.#runtime.registers, ids)));
      this.#produced++;
    };
    const isFull = (quota: number): boolean => this.rows.length >= quota;
    if (plan.kind === 'modify') {
      this.#main = this.#modify(plan, emit);
      return modifyPhase(this.#main, isFull);
    }
    if (lockRowsUnder(plan) !== undefined) return this.#lockPhase(plan, emit, isFull);
    const source = tuplesOf(plan, ids, [], this.#runtime);
    return {
      step: (quota) => {
        const tuples: Datum[][] = [];
        const filled = source.fill(tuples, quota - this.rows.length);
        for (const tuple of tuples) this.rows.push(this.#makeRow(tuple));
        this.#produced += tuples.length;
        return filled === 'full' ? 'stopped' : filled;
      },
      close: () => source.close(),
    };
  }

  // ------------------------------------------------------------------------------------------------------------ driving

  step(quotaRows: number): StepResult {
    for (;;) {
      if (this.#current === undefined) {
        const make = this.#phases[this.#at];
        if (make === undefined) return 'done';
        this.#current = make();
      }
      const result = this.#current.step(quotaRows);
      if (result === 'done') {
        this.#current.close();
        this.#current = undefined;
        this.#at++;
        continue;
      }
      this.#runtime.suspendScans();
      if (result === 'stopped') return 'rows';
      if (result === 'slice') return 'slice';
      return result as Promise<void>;
    }
  }

  takeRows(): unknown[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }
  get rowCount(): number {
    return this.#main === undefined ? this.#produced : this.#main.rowCount;
  }
  get instrumentation(): ReadonlyMap<PhysicalPlan, OperatorCounts> | undefined {
    return this.#runtime.instrumentation;
  }
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#current?.close();
    this.#current = undefined;
    this.#at = this.#phases.length;
    this.#runtime.closeAll();
  }
}

const donePhase: Phase = { step: () => 'done', close: () => undefined };

function modifyPhase(modify: ModifyExecution, isFull: (quota: number) => boolean): Phase {
  return { step: (quota) => modify.step(() => isFull(quota)), close: () => modify.close() };
}
