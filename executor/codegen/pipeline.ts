/**
 * A plan as one JavaScript function: operators do not call each other, each writes the loop or test it stands for around what its parent writes. `produce(plan,
 * consume)` writes code that makes the rows of `plan`; where a row is complete it calls `consume`, which writes what the parent does with it. A scan with
 * filter, projection, join probe and aggregate so becomes a single loop over the bytes of a page, and that loop a function of its own where it can (part-functions.ts).
 *
 * The function is a generator where it may run long: it yields 0 when the wanted number of rows is there and 1 when its time slice is over. A generator
 * costs nothing measurable here (yields are per page, not per row), and its variables are the state of the pipeline.
 *
 * P1  Before a yield every open scan is suspended; after it the loops over the batches they were in end at once and go to the next batch.
 * P2  Before code that loops, and so may move scans or yield, everything that is needed inside or later is decoded (G1 of scope.ts).
 * P3  `consume` is called once where possible; what must repeat it (append, right and full joins) is only used where it stays small.
 *
 * Source. Neumann, Efficiently compiling efficient query plans for modern hardware, 2011.
 */
import { InternalError } from '../../base/errors.js';
import type { TypeRegistry } from '../../base/types.js';
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import { collectColumns, conjunctsOf } from '../../planner/expression-tools.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { forEachInputExpression, physicalInputs } from '../../planner/physical-tools.js';
import { distinctKeys } from '../operators/distinct.js';
import type { PlanOf } from '../operators/plan-of.js';
import { lockRowsUnder } from '../lock-unit.js';
import { outerColumns, producedColumns } from '../plan-tools.js';
import { produceAggregate } from './aggregates.js';
import { orderedConditions } from './condition-order.js';
import { isEquality, plainColumns } from './joint-tests.js';
import { ExpressionWriter } from './expressions.js';
import { produceHashJoin, produceNestedLoop } from './joins.js';
import { produceLockRows } from './lock-rows.js';
import type { Module } from './module.js';
import { Code } from './module.js';
import { produceIndexScan, produceSeqScan } from './scans.js';
import { Writer } from './scope.js';
import { subqueryFunction } from './subqueries.js';
import { produceWindow } from './windows.js';
import { produceDistinct, produceSort } from './sorts.js';
import { isGenerated } from './generated-plans.js';

/** A scan whose loop is being written. */
export interface OpenScan {
  readonly scan: string;
  readonly index: string;
  readonly count: string;
  /** The column by which its rows ascend, as far as that is known. */
  readonly ascending?: ColumnId | undefined;
}
/** Something else whose loop is being written and that must be closed when the loop is left early. */
export interface Cleanup {
  readonly cleanup: string;
}

export type Consume = () => void;

/** Conditions beyond are tested as one: blocks within blocks are as deep as V8's parser can follow. */
const NestedConditionsMax = 100;

export class Pipeline {
  readonly module: Module;
  readonly w: Writer;
  readonly e: ExpressionWriter;
  readonly types: TypeRegistry;
  /** Whether the function may yield. */
  readonly suspendable: boolean;
  readonly instrument: boolean;
  /** Whether scans may run over columns. */
  readonly columns: boolean;
  /** Whether it is a plan that locks a row (lock-rows.ts); and where the row keys of scans stand as bytes. */
  readonly locks: boolean;
  readonly rowKeys = new Map<ColumnId, { readonly buffer: string; readonly length: string }>();
  readonly scans: (OpenScan | Cleanup)[] = [];
  /** Columns needed by the ancestors of an operator. */
  readonly #needed = new Map<PhysicalPlan, ReadonlySet<ColumnId>>();
  /** How often what is being written is repeated in the source. */
  copies = 1;

  constructor(module: Module, types: TypeRegistry, options: { readonly suspendable: boolean; readonly instrument: boolean; readonly columns: boolean; readonly locks?: boolean }) {
    this.module = module;
    this.types = types;
    this.suspendable = options.suspendable;
    this.instrument = options.instrument;
    this.columns = options.columns;
    this.locks = options.locks === true;
    this.w = new Writer(module, new Code(1), new Code(1));
    this.e = new ExpressionWriter(this.w, types, options.instrument ? undefined : (e) => subqueryFunction(e, module, types, options.columns));
  }

  // ------------------------------------------------------------------------------------------------------------ columns

  /** Begins with the root of a plan, of which the columns `needed` are wanted. */
  begin(plan: PhysicalPlan, needed: ReadonlySet<ColumnId>, isLimited = false): void {
    this.w.ownColumns = producedColumns(plan);
    this.analyze(plan, needed, isLimited);
  }
  /** Notes what is needed above each operator, and what may be stopped before its end. */
  analyze(plan: PhysicalPlan, needed: ReadonlySet<ColumnId>, isLimited = false): void {
    this.#needed.set(plan, needed);
    if (isLimited) this.#limited.add(plan);
    if (plan.kind === 'aggregate' || plan.kind === 'distinct') this.#noteKeys(plan);
    const below = new Set(needed);
    if (plan.kind !== 'append') for (const id of this.ownColumns(plan)) below.add(id);
    // The right side of a lateral join reads the left one.
    if (plan.kind === 'nestedLoop' && plan.isLateral) for (const id of outerColumns(plan.right)) below.add(id);
    const takesAll = plan.kind === 'aggregate' || plan.kind === 'sort' || plan.kind === 'window';
    physicalInputs(plan).forEach((input, i) => {
      const isBuild = plan.kind === 'hashJoin' && input === plan.right;
      // Of thousands of inputs each has columns of its own.
      const ofInput = plan.kind === 'append' ? new Set([...needed, ...plan.inputColumns[i]!]) : below;
      this.analyze(input, ofInput, plan.kind === 'limit' || (isLimited && !takesAll && !isBuild));
    });
  }
  /** Whether a scan runs over columns: not backward, and not when a limit may stop it before it has used the columns of a leaf. */
  readsColumns(plan: PlanOf<'seqScan'>): boolean {
    return this.columns && !plan.reverse && !this.#limited.has(plan);
  }
  /**
   * Whether the entries of a key are looked up in columns: where an enclosing scan makes the keys ascend, so that the next is near the last. Keys in no order are found as fast by
   * rows, all of whose columns lie side by side.
   */
  looksUpColumns(plan: PlanOf<'indexScan'>): boolean {
    const value = plan.ranges[0]?.equal[0]?.value;
    return this.columns && !plan.reverse && value?.kind === 'column' && this.scans.some((open) => 'scan' in open && open.ascending === value.id);
  }
  /** Whether a limit may stop it before its end. */
  isLimited(plan: PhysicalPlan): boolean {
    return this.#limited.has(plan);
  }
  readonly #limited = new Set<PhysicalPlan>();
  /** By an aggregate on the probe side of a join: the test of its groups' keys that says whether the join has a partner for them. */
  readonly groupFilters = new Map<PhysicalPlan, () => string>();
  /** Of the operator's own input only: rows of an enclosing loop outlive its groups. */
  #noteKeys(plan: PlanOf<'aggregate'> | PlanOf<'distinct'>): void {
    const keys = plan.kind === 'aggregate' ? plan.groupBy.map(({ expression }) => expression) : distinctKeys(plan);
    for (const key of keys) {
      if (key.kind === 'column' && plan.input.output.some(({ id }) => id === key.id)) this.#keyedBy.set(key.id, [...this.keyedBy(key.id), plan]);
    }
  }
  /** Operators that put rows into groups by this column. */
  keyedBy(id: ColumnId): readonly PhysicalPlan[] {
    return this.#keyedBy.get(id) ?? [];
  }
  readonly #keyedBy = new Map<ColumnId, readonly PhysicalPlan[]>();
  needed(plan: PhysicalPlan): ReadonlySet<ColumnId> {
    return this.#needed.get(plan) ?? new Set();
  }
  /** Columns the operator itself reads. */
  ownColumns(plan: PhysicalPlan): Set<ColumnId> {
    const own = new Set<ColumnId>();
    forEachInputExpression(plan, (e) => collectColumns(e, own));
    if (plan.kind === 'append') for (const columns of plan.inputColumns) for (const id of columns) own.add(id);
    if (plan.kind === 'setOperation') for (const id of [...plan.leftColumns, ...plan.rightColumns]) own.add(id);
    if (plan.kind === 'recursiveUnion') for (const id of [...plan.seedColumns, ...plan.termColumns]) own.add(id);
    if (plan.kind === 'distinct') for (const { id } of plan.output) own.add(id);
    return own;
  }
  /** Decodes all that is pending and needed by `plan` or above it, or inside `inner` (P2). */
  settle(plan: PhysicalPlan, inner?: PhysicalPlan): void {
    this.w.materialize(this.needed(plan));
    this.w.materialize(this.ownColumns(plan));
    if (inner !== undefined) this.w.materialize(outerColumns(inner));
  }
  /** Output columns of `plan` that something above reads: what must be kept of its rows. */
  kept(plan: PhysicalPlan, of: PhysicalPlan): ColumnId[] {
    const wanted = new Set(this.needed(of));
    for (const id of this.ownColumns(of)) wanted.add(id);
    return plan.output.map((column) => column.id).filter((id) => wanted.has(id));
  }

  // ------------------------------------------------------------------------------------------------------------ control

  /** Ends the scans opened inside a labelled block, at the row they are at, and leaves the block. `depth`: number of scans outside it. */
  exit(label: string, depth: number): void {
    for (let i = this.scans.length - 1; i >= depth; i--) {
      const open = this.scans[i]!;
      this.w.line('cleanup' in open ? open.cleanup : `o.stop(${open.scan}, ${open.index}, ${open.count});`);
    }
    this.w.line(`break ${label};`);
  }

  /** Ends the whole program at the row it is at. */
  leave(): void {
    for (const open of [...this.scans].reverse()) this.w.line('cleanup' in open ? open.cleanup : `o.stop(${open.scan}, ${open.index}, ${open.count});`);
    this.w.line('return;');
  }

  /** Gives way: all open scans are suspended first (P1). */
  yield(code: 0 | 1): void {
    for (const open of this.scans) if ('scan' in open) this.w.line(`if (${open.count} !== 0) { ${open.scan}.suspendAt(${open.index}); ${open.count} = 0; }`);
    this.w.line(`yield ${code};`);
  }

  /** After a batch or a stretch of work: gives way when the slice is over, and meets cancellation. */
  tick(): void {
    if (!this.suspendable) {
      this.w.line('o.check();');
      return;
    }
    this.w.block('if (o.tick())', () => this.yield(1));
  }

  /** The same after a batch of a scan; of few rows if `isShort`: within another scan's loop even counting them would be dearer than they are. */
  tickAfter(scan: string, isShort: boolean): void {
    if (!this.suspendable) this.tick();
    else this.w.block(isShort && this.scans.length > 0 ? 'if (o.tock())' : `if (o.tickAfter(${scan}.count))`, () => {
      this.w.line(`o.pause(${scan});`);
      this.yield(1);
    });
  }

  /** `if (condition) { body }`, conjunct by conjunct so that a column is decoded only when those before held. `of`: whose filter it is. */
  when(condition: BoundExpression | undefined, body: () => void, of?: PhysicalPlan): void {
    const conjuncts = orderedConditions(conjunctsOf(condition), this.types);
    const counts = this.instrument && of !== undefined && conjuncts.length > 0 ? this.#counts(of) : undefined;
    const nest = (i: number): void => {
      if (i < conjuncts.length) {
        const { code, count } = i < NestedConditionsMax ? this.#jointly(conjuncts, i) : this.#together(conjuncts.slice(i));
        this.w.block(`if (${code})`, () => nest(i + count));
        return;
      }
      if (counts !== undefined) this.w.line(`${counts}.removed--;`);
      body();
    };
    if (counts !== undefined) this.w.line(`${counts}.removed++;`);
    nest(0);
  }

  /** Counts `count` rows as dropped by the filter of `of`, for EXPLAIN ANALYZE; nothing otherwise. */
  allRemoved(of: PhysicalPlan, count: string): string {
    if (!this.instrument) return '';
    const counts = this.#counts(of);
    return `${counts}.removed += ${count}; ${counts}.leavesSkipped++; `;
  }

  /** The condition at `i`, and how many it is tested with (joint-tests.ts). */
  #jointly(conjuncts: readonly BoundExpression[], i: number): { readonly code: string; readonly count: number } {
    const columnsAt = (at: number): readonly ColumnId[] | undefined => plainColumns(conjuncts[at]!, this.types, (id) => this.w.scope.find(id));
    const known = columnsAt(i);
    let code = this.e.condition(conjuncts[i]!);
    let end = i + 1;
    if (known !== undefined) {
      const readsMore = !isEquality(conjuncts[i]!);
      for (; end < conjuncts.length; end++) {
        const columns = columnsAt(end);
        if (columns === undefined || !(readsMore || columns.every((id) => known.includes(id)))) break;
        code += ` & ${this.e.condition(conjuncts[end]!)}`;
      }
    }
    return { code, count: end - i };
  }

  /** Conditions as one. */
  #together(conjuncts: readonly BoundExpression[]): { readonly code: string; readonly count: number } {
    return { code: conjuncts.map((conjunct) => this.e.condition(conjunct)).join(' && '), count: conjuncts.length };
  }

  /** EXPLAIN ANALYZE's counters of an operator. */
  #counts(plan: PhysicalPlan): string {
    let name = this.#counters.get(plan);
    if (name === undefined) this.#counters.set(plan, (name = this.module.name('I')));
    return this.w.once(name, `x.counts(${this.module.constant(plan)})`);
  }
  readonly #counters = new Map<PhysicalPlan, string>();

  /** Stores columns into the registers for the interpreter. */
  publish(ids: Iterable<ColumnId>): void {
    for (const id of ids) {
      const value = this.w.use(id);
      if (value.code !== `r${id}`) this.w.line(`G[${id}] = ${value.code};`);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ operators

  produce(plan: PhysicalPlan, consume: Consume): void {
    if (!this.instrument) {
      this.#produce(plan, consume);
      return;
    }
    const counts = this.#counts(plan);
    this.w.line(`${counts}.loops++;`);
    this.#produce(plan, () => {
      this.w.line(`${counts}.rows++;`);
      consume();
    });
  }

  #produce(plan: PhysicalPlan, consume: Consume): void {
    if (!isGenerated(plan) && !(this.locks && lockRowsUnder(plan) !== undefined)) {
      this.bridge(plan, consume);
      return;
    }
    switch (plan.kind) {
      case 'result':
        this.when(plan.condition, consume);
        return;
      case 'values':
        this.#values(plan, consume);
        return;
      case 'seqScan':
        produceSeqScan(this, plan, consume);
        return;
      case 'indexScan':
        produceIndexScan(this, plan, consume);
        return;
      case 'lockRows':
        produceLockRows(this, plan, consume);
        return;
      case 'cteScan':
      case 'workTableScan':
        this.#tuples(plan, consume);
        return;
      case 'filter':
        if (plan.isGate === true) this.when(plan.condition, () => this.produce(plan.input, consume));
        else this.produce(plan.input, () => this.when(plan.condition, consume, plan));
        return;
      case 'project':
        this.produce(plan.input, () => {
          for (const { id, expression } of plan.computed) {
            const value = this.e.value(expression);
            this.w.define(id, value.code, value.nullable);
          }
          consume();
        });
        return;
      case 'materialize':
        this.produce(plan.input, consume);
        return;
      case 'nestedLoop':
        produceNestedLoop(this, plan, consume);
        return;
      case 'hashJoin':
        if (this.copies > 4 && (plan.join === 'right' || plan.join === 'full')) this.bridge(plan, consume);
        else produceHashJoin(this, plan, consume);
        return;
      case 'sort':
        produceSort(this, plan, consume);
        return;
      case 'limit':
        this.#limit(plan, consume);
        return;
      case 'distinct':
        produceDistinct(this, plan, consume);
        return;
      case 'aggregate':
        if (plan.strategy === 'sorted' && this.copies > 4) this.bridge(plan, consume);
        else produceAggregate(this, plan, consume);
        return;
      case 'window':
        if (this.copies > 4) this.bridge(plan, consume);
        else produceWindow(this, plan, consume);
        return;
      case 'append':
        if (plan.inputs.length * this.copies > 4) this.bridge(plan, consume);
        else this.#append(plan, consume);
        return;
      default:
        throw new InternalError(`${plan.kind} has no generated code`);
    }
  }

  /** An operator the generator has no code for: the interpreter's, over inputs that are generated again. */
  bridge(plan: PhysicalPlan, consume: Consume): void {
    const outer = outerColumns(plan);
    this.w.materialize(this.needed(plan));
    this.publish(outer);
    const operator = this.module.name('g');
    this.w.line(`const ${operator} = x.bridge(${this.module.constant(plan)});`);
    this.w.line(`${operator}.open();`);
    this.scans.push({ cleanup: `${operator}.close();` });
    this.w.block(`while (${operator}.next())`, () => {
      const needed = this.needed(plan);
      for (const { id } of plan.output) if (needed.has(id)) this.w.define(id, `G[${id}]`, true);
      consume();
      if (this.suspendable) this.w.block('if (o.tock())', () => this.yield(1));
    });
    this.scans.pop();
    this.w.line(`${operator}.close();`);
  }

  #values(plan: PlanOf<'values'>, consume: Consume): void {
    const { rows, output } = plan;
    if (rows.length === 0) return;
    if (rows.length === 1) {
      this.w.block('', () => {
        rows[0]!.forEach((expression, i) => {
          const value = this.e.value(expression);
          this.w.define(output[i]!.id, value.code, value.nullable);
        });
        consume();
      });
      return;
    }
    this.settle(plan);
    const list = this.module.name('v');
    const tuple = this.module.name('v');
    const isConstant = rows.every((row) => row.every((expression) => expression.kind === 'constant'));
    const source = isConstant
      ? this.module.constant(rows.map((row) => row.map((expression) => (expression.kind === 'constant' ? expression.value : null))))
      : `X.valuesRows(${this.module.constant(plan)}, x)`;
    if (!isConstant) this.publish(outerColumns(plan));
    this.w.line(`const ${list} = ${source};`);
    this.w.block(`for (const ${tuple} of ${list})`, () => {
      output.forEach((column, i) => this.w.scope.bind(column.id, { kind: 'pending', code: `${tuple}[${i}]`, nullable: true, stored: undefined }));
      consume();
    });
  }

  /** Rows that are kept as tuples: of a CTE, or of the work table of a recursive one. */
  #tuples(plan: PlanOf<'cteScan'> | PlanOf<'workTableScan'>, consume: Consume): void {
    const tuple = this.module.name('v');
    const at = this.module.name('i');
    const rows = this.module.name('v');
    this.w.line(plan.kind === 'cteScan' ? `const ${rows} = x.cte(${plan.cte});` : `const ${rows} = x.workTable(${plan.cte});`);
    this.w.block(`for (let ${at} = 0, ${tuple}; (${tuple} = ${rows}.row(${at})) !== undefined; ${at}++)`, () => {
      for (const { id, position } of plan.columns) this.w.define(id, `${tuple}[${position}]`, true);
      this.when(plan.filter, consume, plan);
      if (this.suspendable) this.w.block('if (o.tock())', () => this.yield(1));
    });
  }

  #limit(plan: PlanOf<'limit'>, consume: Consume): void {
    this.publish(this.ownColumns(plan));
    const left = this.module.name('m');
    const skip = this.module.name('m');
    const label = this.module.name('L');
    this.w.line(`let ${left} = ${this.#countOf('limit', plan.limit)};`);
    this.w.line(`let ${skip} = ${this.#countOf('offset', plan.offset)};`);
    const depth = this.scans.length;
    this.w.block(`${label}: if (${left} > 0)`, () => {
      this.produce(plan.input, () => {
        this.w.block(`if (${skip} > 0)`, () => this.w.line(`${skip}--;`), '');
        this.w.block('else', () => {
          this.w.line(`${left}--;`);
          consume();
          this.w.block(`if (${left} <= 0)`, () => this.exit(label, depth));
        });
      });
    });
  }

  /** What is no constant or parameter is left to the interpreter. */
  #countOf(of: 'limit' | 'offset', e: BoundExpression | undefined): string {
    if (e === undefined) return `X.${of}Of(null)`;
    if (e.kind === 'constant' || e.kind === 'parameter') return `X.${of}Of(${this.e.value(e).code})`;
    return `X.${of}Count(${this.module.constant(e)}, x)`;
  }

  #append(plan: PlanOf<'append'>, consume: Consume): void {
    const outer = this.copies;
    this.copies *= plan.inputs.length;
    plan.inputs.forEach((input, i) => {
      this.settle(plan);
      this.w.block('', () => {
        this.produce(input, () => {
          plan.output.forEach((column, c) => {
            const from = this.w.use(plan.inputColumns[i]![c]!);
            this.w.scope.bind(column.id, { ...from });
          });
          consume();
        });
      });
    });
    this.copies = outer;
  }
}
