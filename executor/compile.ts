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
import { GeneratedPlans, GeneratedSource, isBrief, isUnfiltered, ProgramState } from './codegen/generated-plans.js';
import { hasInlineLocks, LockWait, RestartingSource, RestartingUnit } from './inline-locks.js';
import { buildOperator } from './interpreter.js';
import { lockRowsUnder, LockUnitExecution, lockUnitsInside } from './lock-unit.js';
import { ModifyExecution, modifyInput, type ModifyPlan } from './modify.js';
import { TuplesOperator } from './operators/queue.js';
import { QuickQuery } from './quick-query.js';
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
  const { plan, result } = planned;
  const locksInline = hasInlineLocks(planned);
  const isGenerated = options.mode === 'generated' && canGenerate() && !locksInline;
  const output: ProgramOutput = { ids: result.map((column) => column.id), computed: [], shape: options.shape, names: result.map((column) => column.name) };
  const phases = phasesOf(planned);
  const isQuery = phases.length === 1 && phases[0]!.kind === 'query';
  const isModify = phases.length === 1 && phases[0]!.kind === 'modify';
  /** A run that has ended and left nothing behind: the next one takes its place. */
  let ended: StatementExecution | undefined;
  const keep = (execution: StatementExecution): void => {
    ended = execution;
  };
  let generated: GeneratedPlans | undefined;
  let program: Program | undefined;
  let makeRow: RowMaker | undefined;
  return {
    planned,
    get source() {
      return generated?.text;
    },
    start: (request) => {
      if (isGenerated) generated ??= new GeneratedPlans(request.ctx.types, options.instrument, options.columns !== false);
      if (generated !== undefined && isQuery) {
        program ??= generated.program(plan, output);
        return program.suspendable ? new QueryExecution(planned, request, generated, program) : new BriefExecution(planned, request, generated, program);
      }
      if (ended !== undefined) {
        const execution = ended;
        ended = undefined;
        execution.restart(request);
        return execution;
      }
      const isKept = isModify && generated !== undefined && !request.instrument;
      return new StatementExecution(planned, phases, request, generated, (makeRow ??= rowMaker(result, options.shape)), locksInline, isKept ? keep : undefined);
    },
    quick: ({ ctx, env, schema, constraints }) => {
      if (!isQuery || generated === undefined || options.instrument) return undefined;
      const program = generated.program(plan, output, false);
      if (!program.isPlain) return undefined;
      return new QuickQuery(program, isBrief(plan), isUnfiltered(plan), { ctx, env, schema, constraints, tx: undefined!, params: [], canWait: false, instrument: false });
    },
  };
}

/**
 * What a statement does one after the other. `cte` is that whose rows the phase makes; without it they are the statement's own, or (`unit`) those of a part
 * of a plan that locks rows and is read by the rest as if it were a table.
 */
type PhaseSpec =
  | { readonly kind: 'modify'; readonly plan: ModifyPlan; readonly cte: PlannedCte | undefined }
  | { readonly kind: 'lock'; readonly plan: PhysicalPlan; readonly cte: PlannedCte | undefined; readonly isUnit: boolean }
  | { readonly kind: 'cte'; readonly plan: PhysicalPlan; readonly cte: PlannedCte }
  | { readonly kind: 'query'; readonly plan: PhysicalPlan };

function phasesOf(planned: PlannedStatement): readonly PhaseSpec[] {
  const phases: PhaseSpec[] = [];
  const add = (plan: PhysicalPlan, cte: PlannedCte | undefined): void => {
    for (const unit of lockUnitsInside(plan)) phases.push({ kind: 'lock', plan: unit, cte: undefined, isUnit: true });
    if (plan.kind === 'modify') phases.push({ kind: 'modify', plan, cte });
    else if (lockRowsUnder(plan) !== undefined) phases.push({ kind: 'lock', plan, cte, isUnit: false });
    else phases.push(cte === undefined ? { kind: 'query', plan } : { kind: 'cte', plan, cte });
  };
  for (const cte of planned.ctes) add(cte.plan, cte);
  add(planned.plan, undefined);
  return phases;
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
  readonly #phases: readonly PhaseSpec[];
  readonly #runtime: Runtime;
  readonly #makeRow: RowMaker;
  readonly #checks: ConstraintChecks;
  readonly #evaluate: (e: BoundExpression) => Datum;
  #current: Phase | undefined;
  #at = 0;
  #produced = 0;
  #main: ModifyExecution | undefined;
  /** Of a statement that is one ModifyTable: kept from run to run. */
  #modifyPhase: Phase | undefined;
  #isClosed = false;
  /** Whether rows are locked in the middle of a plan (inline-locks.ts). */
  readonly #locksInline: boolean;
  readonly #keep: ((execution: StatementExecution) => void) | undefined;
  rows: unknown[] = [];

  /** `keep` is given the execution when it has run to its end and may be started again by `restart`. */
  constructor(planned: PlannedStatement, phases: readonly PhaseSpec[], request: ExecutionRequest, generated: GeneratedPlans | undefined, makeRow: RowMaker, locksInline: boolean, keep: ((execution: StatementExecution) => void) | undefined) {
    this.#locksInline = locksInline;
    this.#keep = keep;
    this.#planned = planned;
    this.#phases = phases;
    const runtime = new Runtime(request, planned.columnCount, generated);
    this.#runtime = runtime;
    this.#makeRow = makeRow;
    this.#checks = new ConstraintChecks(request);
    this.#evaluate = generated === undefined ? (e) => evaluate(e, runtime) : (e) => generated.evaluate(e, runtime);
  }

  /** Runs the statement again with what a fresh execution would be given. */
  restart(request: ExecutionRequest): void {
    this.#runtime.restart(request);
    this.#checks.restart(request);
    this.#main!.restart();
    this.#current = this.#modifyPhase;
    this.#at = 0;
    this.#produced = 0;
    this.#isClosed = false;
  }

  // ------------------------------------------------------------------------------------------------------------ phases

  /** Begins a phase. Each is made when its turn comes, because it is built over what earlier ones left. */
  #begin(spec: PhaseSpec): Phase {
    const runtime = this.#runtime;
    switch (spec.kind) {
      case 'modify': {
        const modify = this.#modify(spec.plan, this.#sinkOf(spec));
        if (spec.cte !== undefined) return modifyPhase(modify, () => false);
        this.#main = modify;
        this.#modifyPhase = modifyPhase(modify, spec.plan.returning === undefined ? () => false : (quota) => this.rows.length >= quota);
        return this.#modifyPhase;
      }
      case 'lock':
        return this.#lockPhase(spec);
      case 'cte': {
        const { plan, cte } = spec;
        runtime.ctes[cte.number] = runtime.own(new TupleStore(cte.columns, () => this.#tuplesOf(plan, cte.columns), runtime));
        return donePhase;
      }
      case 'query':
        return this.#queryPhase(spec.plan);
    }
  }

  #tuplesOf(plan: PhysicalPlan, ids: readonly ColumnId[], computed: readonly BoundExpression[] = []): RowSource {
    const make = (): RowSource => tuplesOf(plan, ids, computed, this.#runtime);
    return this.#locksInline ? new RestartingSource(make) : make();
  }

  /** Where the rows of a phase go; called with the row in the registers. */
  #sinkOf({ cte }: { readonly cte: PlannedCte | undefined }): () => void {
    const runtime = this.#runtime;
    if (cte !== undefined) {
      const store = new TupleStore(cte.columns, undefined, runtime);
      runtime.ctes[cte.number] = store;
      return () => store.push(saveTuple(runtime.registers, cte.columns));
    }
    const ids = this.#planned.result.map((column) => column.id);
    return () => {
      this.rows.push(this.#makeRow(saveTuple(runtime.registers, ids)));
      this.#produced++;
    };
  }

  #modify(plan: ModifyPlan, emit: () => void): ModifyExecution {
    const { ids, computed } = modifyInput(plan);
    const source = this.#tuplesOf(plan.input, ids, computed);
    const counts = this.#runtime.counts(plan);
    if (counts !== undefined) counts.loops++;
    const emitCounted = counts === undefined ? emit : (): void => {
      counts.rows++;
      emit();
    };
    return new ModifyExecution(plan, source, this.#runtime, this.#checks, this.#evaluate, emitCounted);
  }

  #lockPhase(spec: Extract<PhaseSpec, { kind: 'lock' }>): Phase {
    const runtime = this.#runtime;
    const { plan, isUnit } = spec;
    const unit = this.#lockUnit(plan);
    let emit: () => void;
    if (isUnit) {
      const ids = outputIds(plan);
      const tuples: Tuple[] = [];
      runtime.substitutes.set(plan, new TuplesOperator(tuples, ids, runtime));
      emit = () => tuples.push(saveTuple(runtime.registers, ids));
    } else emit = this.#sinkOf(spec);
    const stops = !isUnit && spec.cte === undefined;
    return {
      step: (quota) => {
        for (;;) {
          if (stops && this.rows.length >= quota) return 'stopped';
          const result = unit.next();
          if (isWait(result) || result === 'done' || result === 'slice') return result;
          emit();
        }
      },
      close: () => unit.close(),
    };
  }

  #lockUnit(plan: PhysicalPlan): Pick<LockUnitExecution, 'next' | 'close'> {
    const make = (): LockUnitExecution => new LockUnitExecution(plan, (input) => this.#tuplesOf(input, outputIds(input)), this.#runtime, this.#evaluate);
    return this.#locksInline ? new RestartingUnit(make, outputIds(plan), this.#runtime) : make();
  }

  #queryPhase(plan: PhysicalPlan): Phase {
    const ids = this.#planned.result.map((column) => column.id);
    const source = this.#tuplesOf(plan, ids);
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
        const spec = this.#phases[this.#at];
        if (spec === undefined) return 'done';
        this.#current = this.#begin(spec);
      }
      const result = this.#locksInline ? this.#stepOrWait(this.#current, quotaRows) : this.#current.step(quotaRows);
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

  /** A lock in the middle of the plan must be waited for: the phase has put itself back, and what it was reading is left. */
  #stepOrWait(phase: Phase, quotaRows: number): ReturnType<Phase['step']> {
    try {
      return phase.step(quotaRows);
    } catch (error) {
      if (!(error instanceof LockWait)) throw error;
      this.#runtime.abandonScans();
      return error.wait;
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
    const hasEnded = this.#at === this.#phases.length;
    this.#current?.close();
    this.#current = undefined;
    this.#at = this.#phases.length;
    this.#runtime.closeAll();
    if (hasEnded && this.#keep !== undefined && this.rows.length === 0 && this.#runtime.isClean) this.#keep(this);
  }
}

const donePhase: Phase = { step: () => 'done', close: () => undefined };

function modifyPhase(modify: ModifyExecution, isFull: (quota: number) => boolean): Phase {
  let wanted = Infinity;
  const stop = (): boolean => isFull(wanted);
  return {
    step: (quota) => {
      wanted = quota;
      return modify.step(stop);
    },
    close: () => modify.close(),
  };
}
