/**
 * Logical plans: what to compute, as relational operators over column ids. The binder makes them, rules rewrite them, and
 * physical-planner.ts chooses how to run them. Because columns are numbers unique in the statement, `SELECT a AS b` renames nothing: it is
 * an entry of the result list with another label over the same id, and a derived table without computed columns costs nothing at all.
 *
 * L1  Every id in a node's `output` is produced by that node or one below it, never by an enclosing query.
 * L2  An expression of a node reads the outputs of its inputs and columns of enclosing rows (correlation), nothing else.
 * L3  Exactly one node of a statement produces an id. `filter`, `sort`, `limit`, `distinct`, `lockRows` and `join` pass through.
 * L4  Only `values`, `project`, `aggregate`, `window`, `projectSet`, the scans and the set operations make new ids.
 */
import { unreachable } from '../base/assert.js';
import type { TableDef } from './catalog.js';
import type { AggregateCall, BoundExpression, ColumnId, SortKey, WindowCall } from './expression.js';
import type { FunctionScanCall, JoinType, LockTarget, ModifyTable, PlanColumn, ScanColumn } from './physical-plan.js';

interface Node {
  readonly output: readonly PlanColumn[];
}

export interface ComputedColumn {
  readonly id: ColumnId;
  readonly expression: BoundExpression;
}

export interface TableSampleSpec {
  readonly method: 'bernoulli' | 'system';
  readonly percent: BoundExpression;
  readonly seed: BoundExpression | undefined;
}

export interface LogicalScan extends Node {
  readonly kind: 'scan';
  readonly table: TableDef;
  readonly alias: string;
  readonly columns: readonly ScanColumn[];
  /** Set for targets of DML and row locks. */
  readonly rowKey: ColumnId | undefined;
  readonly sample: TableSampleSpec | undefined;
}

export interface LogicalJoin extends Node {
  readonly kind: 'join';
  readonly join: JoinType;
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  readonly condition: BoundExpression | undefined;
  /** The right side reads columns of the left. */
  readonly isLateral: boolean;
  /** An anti join with NOT IN's meaning: a NULL on either side of its equality, or in both, lets the left row through only when the right is empty. */
  readonly nullAware: boolean;
}

export interface LogicalAggregate extends Node {
  readonly kind: 'aggregate';
  readonly input: LogicalPlan;
  readonly groupBy: readonly ComputedColumn[];
  readonly groupingSets: readonly (readonly number[])[] | undefined;
  readonly groupingCalls: readonly { readonly id: ColumnId; readonly positions: readonly number[] }[];
  readonly calls: readonly AggregateCall[];
  /** Without GROUP BY there is one row even over no input. */
  readonly isPlain: boolean;
}

export interface LogicalModify extends Node, Omit<ModifyTable, 'input'> {
  readonly kind: 'modify';
  readonly input: LogicalPlan;
}

export type LogicalPlan =
  /** Rows of expressions over parameters and outer columns; one row of no columns is the input of a SELECT without FROM. */
  | (Node & {
      readonly kind: 'values';
      readonly rows: readonly (readonly BoundExpression[])[];
      /** All of `rows` are constants, so that no rewrite need look at them. */
      readonly isConstant: boolean;
    })
  | LogicalScan
  | (Node & { readonly kind: 'functionScan'; readonly alias: string; readonly calls: readonly FunctionScanCall[]; readonly ordinality: ColumnId | undefined })
  | (Node & { readonly kind: 'cteScan' | 'workTableScan'; readonly cte: number; readonly name: string; readonly columns: readonly { readonly id: ColumnId; readonly position: number }[] })
  /** `isHaving`: over the grouping of its own query level, where another stands over a subquery. */
  | (Node & { readonly kind: 'filter'; readonly input: LogicalPlan; readonly condition: BoundExpression; readonly isHaving?: true })
  | (Node & { readonly kind: 'project'; readonly input: LogicalPlan; readonly computed: readonly ComputedColumn[] })
  | (Node & { readonly kind: 'projectSet'; readonly input: LogicalPlan; readonly calls: readonly { readonly id: ColumnId; readonly function: FunctionScanCall['function']; readonly args: readonly BoundExpression[] }[] })
  | LogicalJoin
  | LogicalAggregate
  | (Node & { readonly kind: 'window'; readonly input: LogicalPlan; readonly partitionBy: readonly BoundExpression[]; readonly orderBy: readonly SortKey[]; readonly calls: readonly WindowCall[] })
  | (Node & { readonly kind: 'sort'; readonly input: LogicalPlan; readonly keys: readonly SortKey[] })
  | (Node & { readonly kind: 'limit'; readonly input: LogicalPlan; readonly limit: BoundExpression | undefined; readonly offset: BoundExpression | undefined; readonly withTies: readonly SortKey[] | undefined })
  /** DISTINCT over `on`. `isOn`: DISTINCT ON keeps the first row of each group in the order `keys` of its input demands. */
  | (Node & { readonly kind: 'distinct'; readonly input: LogicalPlan; readonly on: readonly BoundExpression[]; readonly isOn: boolean })
  | (Node & { readonly kind: 'append'; readonly inputs: readonly LogicalPlan[]; readonly inputColumns: readonly (readonly ColumnId[])[] })
  | (Node & { readonly kind: 'setOperation'; readonly operation: 'intersect' | 'except'; readonly all: boolean; readonly left: LogicalPlan; readonly right: LogicalPlan; readonly leftColumns: readonly ColumnId[]; readonly rightColumns: readonly ColumnId[] })
  | (Node & { readonly kind: 'recursiveUnion'; readonly cte: number; readonly all: boolean; readonly seed: LogicalPlan; readonly term: LogicalPlan; readonly seedColumns: readonly ColumnId[]; readonly termColumns: readonly ColumnId[] })
  | (Node & { readonly kind: 'lockRows'; readonly input: LogicalPlan; readonly targets: readonly LockTarget[] })
  | LogicalModify;

/** A CTE of the statement as bound: those that are not inlined become `PlannedCte`s. */
export interface LogicalCte {
  readonly number: number;
  readonly name: string;
  readonly plan: LogicalPlan;
  readonly columns: readonly PlanColumn[];
  readonly isModifying: boolean;
  readonly isRecursive: boolean;
  /** MATERIALIZED, NOT MATERIALIZED, or silence. */
  readonly materialized: boolean | undefined;
  /** Takes row locks somewhere inside, so that it runs ahead of the main plan. */
  readonly mayWait: boolean;
  /** Reads rows of an enclosing query, so that it must be inlined. */
  readonly isCorrelated: boolean;
  /** A query in FROM that locks its rows, made a CTE for that (hoistLocks). */
  readonly isHoisted?: boolean;
}

/** A bound statement: what planStatement optimizes. */
export interface LogicalStatement {
  readonly ctes: readonly LogicalCte[];
  readonly plan: LogicalPlan;
  readonly result: readonly PlanColumn[];
}

// ------------------------------------------------------------------------------------------------------------------- makers

const noColumns: readonly PlanColumn[] = [];

/** One row without columns. */
export const oneRow: LogicalPlan = { kind: 'values', output: noColumns, rows: [[]], isConstant: true };

export function makeValues(output: readonly PlanColumn[], rows: readonly (readonly BoundExpression[])[]): LogicalPlan {
  return { kind: 'values', output, rows, isConstant: rows.every((row) => row.every((e) => e.kind === 'constant')) };
}
export function makeEmpty(output: readonly PlanColumn[]): LogicalPlan {
  return makeValues(output, []);
}
export function isEmptyPlan(plan: LogicalPlan): boolean {
  return plan.kind === 'values' && plan.rows.length === 0;
}
export function makeFilter(input: LogicalPlan, condition: BoundExpression): LogicalPlan {
  return { kind: 'filter', output: input.output, input, condition };
}
export function makeHaving(grouped: LogicalPlan, condition: BoundExpression): LogicalPlan {
  return { kind: 'filter', output: grouped.output, input: grouped, condition, isHaving: true };
}
/** Adds `computed` columns (with `names` for display) to what the input has. */
export function makeProject(input: LogicalPlan, computed: readonly ComputedColumn[], names?: readonly string[]): LogicalPlan {
  if (computed.length === 0) return input;
  const added = computed.map((column, i) => ({ id: column.id, name: names?.[i] ?? '?column?', type: column.expression.type }));
  return { kind: 'project', output: [...input.output, ...added], input, computed };
}
function joinOutput(join: JoinType, left: LogicalPlan, right: LogicalPlan): readonly PlanColumn[] {
  return join === 'semi' || join === 'anti' ? left.output : [...left.output, ...right.output];
}
export function makeJoin(join: JoinType, left: LogicalPlan, right: LogicalPlan, condition: BoundExpression | undefined, isLateral = false, nullAware = false): LogicalJoin {
  return { kind: 'join', output: joinOutput(join, left, right), join, left, right, condition, isLateral, nullAware };
}
export function makeSort(input: LogicalPlan, keys: readonly SortKey[]): LogicalPlan {
  return { kind: 'sort', output: input.output, input, keys };
}

// ------------------------------------------------------------------------------------------------------------------- walking

export function planInputs(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case 'values':
    case 'scan':
    case 'functionScan':
    case 'cteScan':
    case 'workTableScan':
      return [];
    case 'filter':
    case 'project':
    case 'projectSet':
    case 'aggregate':
    case 'window':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'lockRows':
    case 'modify':
      return [plan.input];
    case 'join':
    case 'setOperation':
      return [plan.left, plan.right];
    case 'recursiveUnion':
      return [plan.seed, plan.term];
    case 'append':
      return plan.inputs;
    default:
      return unreachable(plan);
  }
}

/** The same node over other inputs; `output` of pass-through nodes follows the new inputs. Returns `plan` itself when nothing changed. */
export function withInputs(plan: LogicalPlan, inputs: readonly LogicalPlan[]): LogicalPlan {
  switch (plan.kind) {
    case 'values':
    case 'scan':
    case 'functionScan':
    case 'cteScan':
    case 'workTableScan':
      return plan;
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'lockRows':
      return inputs[0] === plan.input ? plan : { ...plan, input: inputs[0]!, output: inputs[0]!.output };
    case 'project':
    case 'projectSet':
    case 'window': {
      const input = inputs[0]!;
      if (input === plan.input) return plan;
      const made: ReadonlySet<ColumnId> = new Set((plan.kind === 'project' ? plan.computed : plan.calls).map((made) => made.id));
      return { ...plan, input, output: [...input.output, ...plan.output.filter((column) => made.has(column.id))] };
    }
    case 'aggregate':
      return inputs[0] === plan.input ? plan : { ...plan, input: inputs[0]! };
    case 'modify':
      return inputs[0] === plan.input ? plan : { ...plan, input: inputs[0]! };
    case 'join':
      if (inputs[0] === plan.left && inputs[1] === plan.right) return plan;
      return makeJoin(plan.join, inputs[0]!, inputs[1]!, plan.condition, plan.isLateral, plan.nullAware);
    case 'setOperation':
      return inputs[0] === plan.left && inputs[1] === plan.right ? plan : { ...plan, left: inputs[0]!, right: inputs[1]! };
    case 'recursiveUnion':
      return inputs[0] === plan.seed && inputs[1] === plan.term ? plan : { ...plan, seed: inputs[0]!, term: inputs[1]! };
    case 'append':
      return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs };
    default:
      return unreachable(plan);
  }
}

/** Rewrites bottom-up: `f` sees each node after its inputs were rewritten. */
export function mapPlanBottomUp(plan: LogicalPlan, f: (plan: LogicalPlan) => LogicalPlan): LogicalPlan {
  const inputs = planInputs(plan);
  if (inputs.length === 0) return f(plan);
  return f(withInputs(plan, inputs.map((input) => mapPlanBottomUp(input, f))));
}

/** Whether some node of the tree satisfies `test`; subqueries inside expressions are not entered. */
export function somePlan(plan: LogicalPlan, test: (plan: LogicalPlan) => boolean): boolean {
  return test(plan) || planInputs(plan).some((input) => somePlan(input, test));
}
