/**
 * The generated programs of one compiled statement, made when first needed and kept with it, and how they run: as sources of tuples for top operators, as
 * operators under the interpreter's, as functions for single expressions.
 */
import type { Datum } from '../../base/datum.js';
import { emptyList } from '../../base/empty-list.js';
import { rowHelpers } from '../../base/rowcode.js';
import type { TypeRegistry } from '../../base/types.js';
import { H } from '../../functions/emit-helpers.js';
import { type ColumnRun, rangeOfInteger } from '../../mvcc/reads/column-run.js';
import { EntryRun, rangeOfPrefix } from '../../mvcc/reads/entry-run.js';
import type { LeafScan } from '../../mvcc/reads/leaf-scan.js';
import type { RangeBounds, RangeRun } from '../../mvcc/reads/range-run.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { type ScanOptions, wholeRange } from '../../mvcc/types.js';
import { mutants } from '../../base/mutants.js';
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { collectColumns } from '../../planner/expression-tools.js';
import type { RowShape } from '../execution.js';
import { evaluate } from '../expression-interpreter.js';
import { lockRowsUnder } from '../lock-unit.js';
import type { PlanOf } from '../operators/plan-of.js';
import type { RowSource } from '../row-source.js';
import type { Operator, Runtime } from '../runtime.js';
import { restoreTuple } from '../runtime.js';
import { propertySource } from '../codegen.js';
import { extractParts } from './part-functions.js';
import { ExpressionWriter } from './expressions.js';
import { Code, Module } from './module.js';
import { Pipeline } from './pipeline.js';
import { isPointLookup } from './scans.js';
import { isRunningWindow } from './windows.js';
import { Writer } from './scope.js';
import { X } from './support.js';

/** Rows from one look at the clock to the next, so that a slice is not exceeded where a row takes less than 40 us. */
const RowsPerLookMax = 256;
const RowsPerLookOfMs = 25;

/** A running program's side of the contract: where rows go and when to give way. Reached as `o`. */
export class ProgramState {
  readonly #runtime: Runtime;
  #scans: Set<LeafScan> | undefined;
  /** The last opened is closed first, for loops are nested. */
  readonly #runs: EntryRun[] = emptyList();
  rows: unknown[];
  /** Whether the program has ended without locking a row (lock-rows.ts). */
  isRefused = false;
  /** After so many rows a program gives way, or ends if it cannot. */
  max = Infinity;
  sliceEnd = Infinity;
  /** A look costs as much as ten rows of a scan. */
  readonly #rowsPerLook: number;
  #untilLook: number;

  constructor(runtime: Runtime, rows: unknown[]) {
    this.#runtime = runtime;
    this.rows = rows;
    this.#rowsPerLook = Math.min(RowsPerLookMax, runtime.env.timeSliceMs * RowsPerLookOfMs);
    this.#untilLook = this.#rowsPerLook;
  }
  open(scan: LeafScan): LeafScan {
    (this.#scans ??= new Set()).add(scan);
    return scan;
  }
  /** The entries whose key begins with `prefix`: as a run where that can be, otherwise by a scan. */
  entries(tx: Transaction, tree: VersionedTree, prefix: Uint8Array, length: number, run: EntryRun): EntryRun | LeafScan {
    if (!run.open(tx, tree, prefix, length)) return this.open(tx.openScan(tree, rangeOfPrefix(prefix, length)));
    this.#runs.push(run);
    return run;
  }
  /** The entries of a range, likewise. */
  range(tx: Transaction, tree: VersionedTree, run: RangeRun, bounds: RangeBounds, options: ScanOptions): RangeRun | LeafScan {
    if (!run.openRange(tx, tree, bounds, options.reverse === true, options.few === true)) return this.open(tx.openScan(tree, bounds.range, options));
    this.#runs.push(run);
    return run;
  }
  /** The same by columns, of keys that begin with an integer. */
  columnEntries(tx: Transaction, tree: VersionedTree, value: number, run: ColumnRun, options: ScanOptions): ColumnRun | LeafScan {
    if (!run.openAt(tx, tree, value)) return this.open(tx.openScan(tree, rangeOfInteger(value), options));
    this.#runs.push(run);
    return run;
  }
  /** The scan has run to its end. */
  closed(scan: EntryRun | LeafScan): void {
    if (scan instanceof EntryRun) this.#runs.pop()!.close();
    else this.#scans!.delete(scan);
  }
  /** The scan ends at row `at` of its batch; `count` 0: it was suspended there already. */
  stop(scan: EntryRun | LeafScan, at: number, count: number): void {
    if (scan instanceof EntryRun) this.#runs.pop();
    else this.#scans!.delete(scan);
    if (count === 0) scan.close();
    else scan.stopAt(mutants.on && mutants.has('executor.limit-registers-less') ? at - 1 : at);
  }
  /** The batch is over, and the program gives way: what comes behind it is looked for anew (E2 of entry-run.ts). */
  pause(scan: EntryRun | LeafScan): void {
    if (scan instanceof EntryRun && scan.count > 0) scan.suspendAt(scan.count - 1);
  }
  check(): void {
    this.#runtime.ctx.checkDeadline();
  }
  /** After a stretch of work: whether the time slice is over. */
  tick(): boolean {
    this.#untilLook = this.#rowsPerLook;
    this.#runtime.ctx.checkDeadline();
    return this.#runtime.env.clock.monotonic() >= this.sliceEnd;
  }
  /** The same after a row, looking at the clock now and then. */
  tock(): boolean {
    return --this.#untilLook <= 0 && this.tick();
  }
  /** The same after a batch of `count` rows. */
  tickAfter(count: number): boolean {
    return (this.#untilLook -= count) <= 0 && this.tick();
  }
  close(): void {
    for (let run = this.#runs.pop(); run !== undefined; run = this.#runs.pop()) run.close();
    if (this.#scans === undefined) return;
    for (const scan of this.#scans) scan.close();
    this.#scans.clear();
  }
}

type Run = (x: Runtime, o: ProgramState) => Generator<0 | 1, void> | undefined;

export interface Program {
  readonly run: Run;
  /** Whether `run` gives a generator; otherwise it does everything at once. */
  readonly suspendable: boolean;
  /** Whether it asks nothing of the runtime but its transaction, parameters and tables: no function that looks at the session, no memory, no sub-plan. */
  readonly isPlain: boolean;
  readonly source: string;
}

/** What a program makes of each row. */
export interface ProgramOutput {
  readonly ids: readonly ColumnId[];
  readonly computed: readonly BoundExpression[];
  /** Rows for the user instead of tuples. */
  readonly shape: RowShape | undefined;
  readonly names: readonly string[];
}

/** Operators the generator has code for. */
export function isGenerated(plan: PhysicalPlan): boolean {
  if (lockRowsUnder(plan) !== undefined) return false;
  switch (plan.kind) {
    case 'hashJoin':
      return !plan.nullAware;
    case 'limit':
      return plan.withTies === undefined;
    case 'aggregate':
      return plan.groupingSets === undefined;
    case 'window':
      return isRunningWindow(plan);
    case 'virtualScan':
    case 'functionScan':
    case 'projectSet':
    case 'mergeJoin':
    case 'setOperation':
    case 'recursiveUnion':
    case 'lockRows':
    case 'modify':
      return false;
    default:
      return true;
  }
}

/** Rows that a plan may read without ever giving way: few, whatever the data. */
export function isBrief(plan: PhysicalPlan): boolean {
  switch (plan.kind) {
    case 'result':
      return true;
    case 'values':
      return plan.rows.length <= 100;
    case 'indexScan':
      return isPointLookup(plan);
    case 'filter':
    case 'project':
    case 'limit':
      return lockRowsUnder(plan) === undefined && isBrief((plan as PlanOf<'filter'>).input);
    case 'nestedLoop':
      return isBrief(plan.left) && isBrief(plan.right);
    default:
      return false;
  }
}

/** Whether each row that the plan reads is one of the result, so that a bound of the one bounds the other. */
export function isUnfiltered(plan: PhysicalPlan): boolean {
  switch (plan.kind) {
    case 'indexScan':
      return plan.filter === undefined;
    case 'project':
      return isUnfiltered(plan.input);
    case 'limit':
      return plan.offset === undefined && plan.withTies === undefined && isUnfiltered(plan.input);
    default:
      return false;
  }
}

const scans = { allForward: { reverse: false }, allReverse: { reverse: true }, fewForward: { reverse: false, few: true }, fewReverse: { reverse: true, few: true } } as const;
export const helpers: Readonly<Record<string, unknown>> = { H, R: rowHelpers, X, W: wholeRange, ...scans };

/** The head of every generated function. */
export function writePrelude(w: Writer): string {
  const code = new Code(1);
  const text = `${w.prologue.toString()}\n${w.code.toString()}`;
  const used = Object.entries({ G: 'x.registers', P: 'x.params', C: 'x.ctx', tx: 'x.tx' }).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  if (used.length > 0) code.line(`const ${used.map(([name, from]) => `${name} = ${from}`).join(', ')};`);
  const temps = w.temps.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  if (temps.length > 0) code.line(`let ${temps.join(', ')};`);
  for (const cell of w.cells) code.line(`const ${cell} = [undefined];`);
  return `${code.toString()}\n${text}`;
}

/** Whether generated source, which reaches everything by fixed names, leaves context, registers and runtime alone. */
export function isPlainSource(w: Writer): boolean {
  // Names of result columns in quotes are no names of the source; functions of subqueries are plain themselves.
  const text = `${w.prologue.toString()}\n${w.code.toString()}`.replaceAll('X.access(x,', '').replace(/\bsubquery_\d+\(x, o\)/g, '').replace(/"[^"]*":/g, '');
  return !/\b(?:x|C|G)\b/.test(text);
}

function makeProgram(plan: PhysicalPlan, output: ProgramOutput, types: TypeRegistry, options: { readonly suspendable: boolean; readonly instrument: boolean; readonly columns: boolean }): Program {
  const { suspendable } = options;
  const module = new Module();
  const p = new Pipeline(module, types, { ...options, locks: lockRowsUnder(plan) !== undefined });
  const needed = new Set<ColumnId>(output.ids);
  for (const e of output.computed) collectColumns(e, needed);
  p.begin(plan, needed);
  p.produce(plan, () => {
    const values = [...output.ids.map((id) => p.w.use(id)), ...output.computed.map((e) => p.e.value(e))];
    p.w.line(`o.rows.push(${rowSource(module, values, output)});`);
    if (suspendable) p.w.block('if (o.rows.length >= o.max)', () => p.yield(0));
    else if (!isBrief(plan)) p.w.block('if (o.rows.length >= o.max)', () => p.leave());
  });
  extractParts(p.w, ['x', 'o', 'G', 'P', 'C', 'tx']);
  const body = `return function${suspendable ? '*' : ''} (x, o) {\n${writePrelude(p.w)}\n};`;
  const { value, source } = module.finish(helpers, body);
  return { run: value as Run, suspendable, isPlain: isPlainSource(p.w), source };
}

/** A row of these values, which stand in variables or are read without effort. */
export function rowSource(module: Module, values: readonly { readonly code: string; readonly nullable: boolean }[], { shape, names }: Pick<ProgramOutput, 'shape' | 'names'>): string {
  if (shape === undefined) return `[${values.map((value) => value.code).join(', ')}]`;
  const converted = values.map(({ code, nullable }, i) => {
    const convert = shape.convert[i];
    if (convert === undefined) return code;
    const name = module.constant(convert);
    return nullable ? `${code} === null ? null : ${name}(${code})` : `${name}(${code})`;
  });
  if (shape.mode === 'array') return `[${converted.join(', ')}]`;
  return `{ ${converted.map((code, i) => `${propertySource(names[i]!, module.constant)}: ${code}`).join(', ')} }`;
}

/** Evaluations after which an expression of ModifyTable is worth compiling. */
const CompileAfter = 16;

interface ExpressionUse {
  count: number;
  run: ((x: Runtime) => Datum) | undefined;
}

export class GeneratedPlans {
  readonly #types: TypeRegistry;
  readonly #instrument: boolean;
  readonly #columns: boolean;
  readonly #programs = new Map<PhysicalPlan, { readonly output: ProgramOutput; readonly program: Program }[]>();
  readonly #expressions = new Map<BoundExpression, ExpressionUse>();

  /** `columns`: whether scans may run over the columns of leaves. */
  constructor(types: TypeRegistry, instrument: boolean, columns: boolean) {
    this.#types = types;
    this.#instrument = instrument;
    this.#columns = columns;
  }

  /** `suspendable` false: whatever it reads, for a caller that does not give way; it ends when it has made `max` rows. */
  program(plan: PhysicalPlan, output: ProgramOutput, suspendable = !isBrief(plan)): Program {
    let made = this.#programs.get(plan);
    if (made === undefined) this.#programs.set(plan, (made = []));
    let found = made.find((candidate) => candidate.program.suspendable === suspendable && sameOutput(candidate.output, output));
    if (found === undefined) made.push((found = { output, program: makeProgram(plan, output, this.#types, { suspendable, instrument: this.#instrument, columns: this.#columns }) }));
    return found.program;
  }
  source(plan: PhysicalPlan, output: ProgramOutput, runtime: Runtime): GeneratedSource {
    return runtime.own(new GeneratedSource(this.program(plan, output), runtime));
  }
  operator(plan: PhysicalPlan, runtime: Runtime): Operator {
    const ids = plan.output.map((column) => column.id);
    return new GeneratedOperator(this.program(plan, { ids, computed: [], shape: undefined, names: [] }), ids, runtime);
  }

  /** An expression over the registers: interpreted at first, compiled when it is used often. */
  evaluate(e: BoundExpression, runtime: Runtime): Datum {
    let use = this.#expressions.get(e);
    if (use === undefined) this.#expressions.set(e, (use = { count: 0, run: undefined }));
    if (use.run !== undefined) return use.run(runtime);
    if (++use.count < CompileAfter) return evaluate(e, runtime);
    use.run = compileExpression(e, this.#types);
    return use.run(runtime);
  }

  /** All source made so far. */
  get text(): string {
    return [...this.#programs.values()].flat().map(({ program }) => program.source).join('\n\n');
  }
}

function sameOutput(a: ProgramOutput, b: ProgramOutput): boolean {
  return a.shape === b.shape && a.computed.length === b.computed.length && a.computed.every((e, i) => e === b.computed[i]) && a.ids.length === b.ids.length && a.ids.every((id, i) => id === b.ids[i]);
}

/** A function of the registers. */
export function compileExpression(e: BoundExpression, types: TypeRegistry): (x: Runtime) => Datum {
  const module = new Module();
  const w = new Writer(module, new Code(1), new Code(1));
  const source = new ExpressionWriter(w, types).value(e);
  w.line(`return ${source.code};`);
  return module.finish(helpers, `return function (x) {\n${writePrelude(w)}\n};`).value as (x: Runtime) => Datum;
}

/** A program as a source of rows. */
export class GeneratedSource implements RowSource {
  readonly #program: Program;
  readonly #runtime: Runtime;
  readonly #state: ProgramState;
  #generator: Generator<0 | 1, void> | undefined;
  #phase: 'new' | 'running' | 'done' = 'new';
  /** What a program that cannot pause has made too much of. */
  #rest: unknown[] = [];

  constructor(program: Program, runtime: Runtime) {
    this.#program = program;
    this.#runtime = runtime;
    this.#state = new ProgramState(runtime, []);
  }
  fill(into: unknown[], max: number): 'done' | 'full' | 'slice' {
    if (this.#phase === 'done') return 'done';
    const state = this.#state;
    if (!this.#program.suspendable) return this.#fillAtOnce(into, max);
    if (max <= into.length) return 'full';
    const { env } = this.#runtime;
    state.rows = into;
    state.max = max;
    state.sliceEnd = env.clock.monotonic() + env.timeSliceMs;
    this.#generator ??= this.#program.run(this.#runtime, state)!;
    this.#phase = 'running';
    const step = this.#generator.next();
    if (step.done === true) {
      this.#phase = 'done';
      return 'done';
    }
    return step.value === 0 ? 'full' : 'slice';
  }
  #fillAtOnce(into: unknown[], max: number): 'done' | 'full' {
    if (this.#phase === 'new') {
      this.#phase = 'running';
      this.#state.rows = into;
      this.#program.run(this.#runtime, this.#state);
      if (into.length > max) this.#rest = into.splice(max);
    } else for (const row of this.#rest.splice(0, max - into.length)) into.push(row);
    if (this.#rest.length > 0) return 'full';
    this.#phase = 'done';
    return 'done';
  }
  /** From the beginning, in the runtime's next run. Whoever restarts a source closes it. */
  restart(): void {
    if (this.#rest.length > 0) this.#rest = [];
    this.#phase = 'new';
  }
  close(): void {
    this.#phase = 'done';
    this.#generator?.return();
    this.#generator = undefined;
    this.#state.close();
  }
}

/** A program under an operator of the interpreter: rows are computed some ahead, few at first. */
class GeneratedOperator implements Operator {
  readonly #program: Program;
  readonly #ids: readonly ColumnId[];
  readonly #runtime: Runtime;
  #source: GeneratedSource | undefined;
  #tuples: Datum[][] = [];
  #at = 0;
  #portion = 1;
  #isDone = false;

  constructor(program: Program, ids: readonly ColumnId[], runtime: Runtime) {
    this.#program = program;
    this.#ids = ids;
    this.#runtime = runtime;
  }
  open(): void {
    this.close();
    this.#source = this.#runtime.own(new GeneratedSource(this.#program, this.#runtime));
    this.#portion = 1;
    this.#isDone = false;
  }
  next(): boolean {
    while (this.#at === this.#tuples.length) {
      if (this.#isDone || this.#source === undefined) return false;
      this.#tuples = [];
      this.#at = 0;
      this.#isDone = this.#source.fill(this.#tuples, this.#portion) === 'done';
      this.#portion = Math.min(this.#portion * 4, 256);
    }
    restoreTuple(this.#runtime.registers, this.#ids, this.#tuples[this.#at++]!);
    return true;
  }
  close(): void {
    if (this.#source !== undefined) this.#runtime.release(this.#source);
    this.#source = undefined;
    this.#tuples = [];
    this.#at = 0;
    this.#isDone = true;
  }
}
