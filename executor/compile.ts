/**
 * A planned statement -> something that can be started. The statement runs in phases (phases.ts), each of which may come back to the driver and go on later.
 */
import type { Datum } from '../base/datum.js';
import { emptyList } from '../base/empty-list.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import type { PhysicalPlan, PlannedCte, PlannedStatement } from '../planner/physical-plan.js';
import { ConstraintChecks } from './constraint-checks.js';
import type { CompiledStatement, CompileOptions, DirectChange, Execution, ExecutionRequest, OperatorCounts, StepResult } from './execution.js';
import { evaluate } from './expression-interpreter.js';
import { canGenerate } from './codegen.js';
import type { Program, ProgramOutput } from './codegen/generated-plans.js';
import { GeneratedPlans, GeneratedSource, isBrief, isUnfiltered, ProgramState } from './codegen/generated-plans.js';
import { locksOneRow } from './codegen/lock-rows.js';
import { directModify, directSpec } from './direct-modify.js';
import { EncodedRows, encodedRowsSpec } from './encoded-rows.js';
import { hasInlineLocks, LockWait, RestartingSource, RestartingUnit } from './inline-locks.js';
import { buildOperator } from './interpreter.js';
import { Keeper } from './kept-memory.js';
import { LockUnitExecution } from './lock-unit.js';
import { ModifyExecution, modifyInput, type ModifyPlan } from './modify.js';
import { TuplesOperator } from './operators/queue.js';
import { seesOwnChanges } from './own-changes.js';
import { phasesOf, type PhaseSpec } from './phases.js';
import { QuickQuery } from './quick-query.js';
import { ResultMemory } from './result-memory.js';
import { OperatorSource, type RowSource } from './row-source.js';
import { rowMaker, type RowMaker } from './row-shape.js';
import type { Tuple } from './runtime.js';
import { outputIds, Runtime, saveTuple } from './runtime.js';
import { tupleBytes } from './spill/memory.js';
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
  const phases = phasesOf(planned);
  // Generated code may be ahead of the rows that it gives out.
  const isStepwise = phases.some((phase) => phase.kind === 'modify' && seesOwnChanges(phase.plan));
  const isGenerated = options.mode === 'generated' && canGenerate() && !locksInline && !isStepwise;
  const output: ProgramOutput = { ids: result.map((column) => column.id), computed: [], shape: options.shape, names: result.map((column) => column.name) };
  const isQuery = phases.length === 1 && phases[0]!.kind === 'query';
  const isLock = phases.length === 1 && phases[0]!.kind === 'lock' && locksOneRow(plan);
  const isModify = phases.length === 1 && phases[0]!.kind === 'modify';
  /** A run that has ended and left nothing behind: the next one takes its place. */
  let ended: StatementExecution | undefined;
  const keep = (execution: StatementExecution): void => {
    ended = execution;
  };
  let generated: GeneratedPlans | undefined;
  let program: Program | undefined;
  let makeRow: RowMaker | undefined;
  const spec = isGenerated && !options.instrument ? directSpec(planned) : undefined;
  let direct: DirectChange | undefined;
  const rowsSpec = isGenerated && !options.instrument ? encodedRowsSpec(planned) : undefined;
  let encodedRows: EncodedRows | undefined;
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
    // Code has been generated by a first start: what runs once is not worth it.
    direct: spec === undefined ? undefined : (request) => (generated === undefined ? undefined : (direct ??= directModify(spec, request, generated, { result, shape: options.shape })).run(request)),
    isDirectTimed: spec?.isTimed === true,
    get directSingle() {
      return direct?.isOfOneTree === true ? direct.single : undefined;
    },
    get directChange() {
      return direct;
    },
    encodedRows: rowsSpec === undefined ? undefined : (manager, types, many) => (generated === undefined && !many ? undefined : (encodedRows ??= EncodedRows.make(rowsSpec, manager, types))),
    quick: ({ ctx, env, schema, constraints }) => {
      if (generated === undefined || options.instrument) return undefined;
      const request = { ctx, env, schema, constraints, tx: undefined!, params: [], canWait: false, instrument: false };
      if (isLock) {
        const locking = generated.program(plan, output, false);
        return locking.isPlain ? new QuickQuery(locking, true, true, true, request) : undefined;
      }
      // Whether a program may give way changes nothing about what it asks for, so that one that is not plain need not be made again.
      return program?.isPlain === true ? new QuickQuery(generated.program(plan, output, false), isBrief(plan), isUnfiltered(plan), false, request) : undefined;
    },
  };
}

/** A statement that is one generated pipeline over a handful of rows, such as a point lookup: it runs at once. */
class BriefExecution implements Execution {
  readonly #runtime: Runtime;
  readonly #program: Program;
  #made: unknown[] | undefined;
  #at = 0;
  rows: unknown[] = emptyList();

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
    this.rows = emptyList();
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
  #result: ResultMemory | undefined;
  rows: unknown[] = emptyList();
  #taken = 0;

  constructor(planned: PlannedStatement, request: ExecutionRequest, generated: GeneratedPlans, program: Program) {
    this.#runtime = new Runtime(request, planned.columnCount, generated);
    this.#source = new GeneratedSource(program, this.#runtime);
  }
  step(quotaRows: number): StepResult {
    const filled = this.#source.fill(this.rows, quotaRows);
    if (filled === 'slice') (this.#result ??= new ResultMemory(this.#runtime)).look(this.rows);
    return filled === 'full' ? 'rows' : filled;
  }
  takeRows(): unknown[] {
    const { rows } = this;
    this.#taken += rows.length;
    this.rows = emptyList();
    this.#result?.taken();
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
  /** Whether there are changes beside the main plan: its rows wait for them and their constraints, so that both are seen to however many rows are asked for. */
  readonly #holdsRows: boolean;
  /** Rows held back until all is done, and how many of them have gone out. */
  #held: unknown[] | undefined;
  #handedOut = 0;
  /** Whether rows are locked in the middle of a plan (inline-locks.ts). */
  readonly #locksInline: boolean;
  readonly #keep: ((execution: StatementExecution) => void) | undefined;
  #result: ResultMemory | undefined;
  rows: unknown[] = emptyList();

  /** `keep` is given the execution when it has run to its end and may be started again by `restart`. */
  constructor(planned: PlannedStatement, phases: readonly PhaseSpec[], request: ExecutionRequest, generated: GeneratedPlans | undefined, makeRow: RowMaker, locksInline: boolean, keep: ((execution: StatementExecution) => void) | undefined) {
    this.#locksInline = locksInline;
    this.#keep = keep;
    this.#planned = planned;
    this.#phases = phases;
    this.#holdsRows = phases.length > 1 && phases.some((phase) => phase.kind === 'modify');
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
        runtime.ctes[cte.number] = runtime.own(new TupleStore(plan, cte.columns, () => this.#tuplesOf(plan, cte.columns), runtime));
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
      const store = new TupleStore(cte.plan, cte.columns, undefined, runtime);
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
    return new ModifyExecution(plan, source, this.#runtime, this.#checks, this.#evaluate, emitCounted, seesOwnChanges(plan));
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
      const kept = new Keeper(runtime.memory);
      emit = () => {
        const tuple = saveTuple(runtime.registers, ids);
        kept.add(tupleBytes(tuple));
        tuples.push(tuple);
      };
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
    return this.#holdsRows ? this.#stepHeld(quotaRows) : this.#stepPhases(quotaRows);
  }

  #stepHeld(quotaRows: number): StepResult {
    if (this.#held === undefined) {
      const result = this.#stepPhases(Infinity);
      if (result !== 'done') return result;
      this.#held = this.takeRows();
    }
    while (this.#handedOut < this.#held.length && this.rows.length < quotaRows) this.rows.push(this.#held[this.#handedOut++]);
    return this.#handedOut < this.#held.length ? 'rows' : 'done';
  }

  #stepPhases(quotaRows: number): StepResult {
    for (;;) {
      if (this.#current === undefined) {
        const spec = this.#phases[this.#at];
        if (spec === undefined) return this.#check();
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
      if (result === 'slice') {
        (this.#result ??= new ResultMemory(this.#runtime)).look(this.rows);
        return 'slice';
      }
      return result as Promise<void>;
    }
  }

  /** Constraints are looked at when all of the statement is done: a row may come before its parent, in one WITH. (PostgreSQL's AfterTriggerEndQuery.) */
  #check(): StepResult {
    const wait = this.#checks.runImmediate();
    if (wait === undefined) return 'done';
    this.#runtime.suspendScans();
    return wait as Promise<void>;
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
    this.rows = emptyList();
    this.#result?.taken();
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
