/**
 * From an optimized logical plan to the cheapest physical one. Trees of joins, filters and scans go to join-order.ts; every other node has few
 * ways to be run, and picks among the paths of its input: by total cost, by the cost of the first rows under a LIMIT, or by order where
 * that saves a sort.
 */
import { unreachable } from '../base/assert.js';
import { TypeOid } from '../base/types.js';
import { conjunctsCost, costConstants, disabledCost, enabledMethods, expressionCost, hashCost } from './cost.js';
import { columnRef, isVolatile } from './expression-tools.js';
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import { joinPaths } from './join-order.js';
import { cheapestSorted, sortedPath } from './path-tools.js';
import type { Binder } from './binder-context.js';
import type { LogicalPlan } from './logical-plan.js';
import { determinedColumns } from './plan-facts.js';
import { addPath, cheapestFraction, cheapestTotal, estimateOf, isGroupedBy, makePath, nothingApplied, once, satisfiedKeys, type OrderKey, type Path, type PlannerContext } from './path.js';
import type { Estimate, PhysicalPlan, PlanColumn } from './physical-plan.js';
import { Estimator, limitValue } from './statistics.js';

/** Rows of a LIMIT whose value is not known while planning: a tenth, as PostgreSQL has it. */
const unknownLimitFraction = 0.1;
const functionRows = 1000;

export function newPlannerContext(binder: Binder, settings: ReadonlyMap<string, string>, isDisabled: (rule: string) => boolean, foldStored: PlannerContext['foldStored']): PlannerContext {
  const cx: PlannerContext = {
    binder, costs: costConstants(settings), enabled: enabledMethods(settings), estimator: new Estimator(binder.types), isDisabled, cteRows: new Map(),
    lower: (plan, wanted) => lower(cx, plan, wanted), boundIndexes: new Map(), foldStored,
  };
  return cx;
}

/** The cheapest plan when all rows are wanted. */
export function planPhysical(cx: PlannerContext, plan: LogicalPlan): PhysicalPlan {
  return cheapestTotal(lower(cx, plan, [])).build();
}

/** The cheapest plan when only the first row or some fraction is wanted (EXISTS, ANY). */
export function planFirstRows(cx: PlannerContext, plan: LogicalPlan, rows: number): PhysicalPlan {
  const paths = lower(cx, plan, []);
  return cheapestFraction(paths, Math.min(1, rows / Math.max(1, paths[0]!.rows))).build();
}

/** A path one node above `input`, in the same order. */
function above(input: Path, changes: { readonly rows?: number; readonly widthBytes?: number; readonly startup?: number; readonly total?: number; readonly order?: readonly OrderKey[] }, build: (estimate: Estimate, input: PhysicalPlan) => PhysicalPlan): Path {
  const parts = { rows: input.rows, widthBytes: input.widthBytes, startup: input.startup, total: input.total, ...changes };
  return { ...input, ...parts, applied: nothingApplied, build: once(() => build(estimateOf(parts), input.build())) };
}

/** All paths of `plan` worth keeping. */
export function lower(cx: PlannerContext, plan: LogicalPlan, wanted: readonly SortKey[]): readonly Path[] {
  const { costs, estimator } = cx;
  const widthBytes = estimator.widthOf(plan.output);
  switch (plan.kind) {
    case 'scan':
    case 'filter':
    case 'join':
      return joinPaths(cx, plan, wanted);
    case 'values': {
      const { rows, output } = plan;
      const total = rows.length * costs.tuple;
      if (rows.length === 0) return [makePath({ rows: 0, widthBytes, startup: 0, total: 0 }, (estimate) => ({ kind: 'values', output, estimate, rows }))];
      if (output.length === 0 && rows.length === 1) return [makePath({ rows: 1, widthBytes: 0, startup: 0, total: costs.tuple }, (estimate) => ({ kind: 'result', output, estimate, condition: undefined }))];
      return [makePath({ rows: rows.length, widthBytes, startup: 0, total }, (estimate) => ({ kind: 'values', output, estimate, rows }))];
    }
    case 'functionScan': {
      const rows = functionScanRows(plan.calls.map((call) => call.args));
      const total = rows * (costs.tuple + costs.operator * plan.calls.length);
      return [makePath({ rows, widthBytes, startup: 0, total }, (estimate) => ({ kind: 'functionScan', output: plan.output, estimate, alias: plan.alias, calls: plan.calls, ordinality: plan.ordinality, filter: undefined }))];
    }
    case 'cteScan':
    case 'workTableScan': {
      const rows = cx.cteRows.get(plan.cte) ?? 100;
      return [makePath({ rows, widthBytes, startup: 0, total: rows * costs.tuple }, (estimate) => ({ kind: plan.kind, output: plan.output, estimate, cte: plan.cte, name: plan.name, columns: plan.columns, filter: undefined }))];
    }
    case 'project': {
      const cost = conjunctsCost(plan.computed.map((column) => column.expression), costs);
      return lower(cx, plan.input, wanted).map((input) =>
        above(input, { widthBytes, total: input.total + input.rows * (cost + costs.operator * 0.1) }, (estimate, from) => ({ kind: 'project', output: plan.output, estimate, input: from, computed: plan.computed })),
      );
    }
    case 'projectSet':
      return lower(cx, plan.input, wanted).map((input) => {
        const each = Math.max(...plan.calls.map((call) => functionScanRows([call.args])));
        const rows = input.rows * each;
        return above(input, { rows, widthBytes, total: input.total + rows * (costs.tuple + costs.operator) }, (estimate, from) => ({ kind: 'projectSet', output: plan.output, estimate, input: from, calls: plan.calls }));
      });
    case 'aggregate':
      return aggregatePaths(cx, plan, widthBytes);
    case 'window':
      return windowPaths(cx, plan, widthBytes);
    case 'sort':
      return sortPaths(cx, plan.input, plan.keys, undefined, undefined);
    case 'limit':
      return limitPaths(cx, plan);
    case 'distinct':
      return distinctPaths(cx, plan, widthBytes, wanted);
    case 'append': {
      const inputs = plan.inputs.map((input) => cheapestTotal(lower(cx, input, [])));
      const rows = inputs.reduce((sum, input) => sum + input.rows, 0);
      const total = inputs.reduce((sum, input) => sum + input.total, 0) + rows * costs.tuple * 0.5;
      return [
        makePath({ rows, widthBytes, startup: inputs[0]?.startup ?? 0, total, requires: inputs.reduce((r, input) => r | input.requires, 0n) }, (estimate) => ({
          kind: 'append', output: plan.output, estimate, inputs: inputs.map((input) => input.build()), inputColumns: plan.inputColumns,
        })),
      ];
    }
    case 'setOperation': {
      const left = cheapestTotal(lower(cx, plan.left, []));
      const right = cheapestTotal(lower(cx, plan.right, []));
      const rows = plan.operation === 'intersect' ? Math.min(left.rows, right.rows) : left.rows;
      const hash = hashCost(left.rows, widthBytes, right.rows, plan.output.length, costs);
      const total = left.total + right.total + hash.build + hash.probe;
      return [
        makePath({ rows: Math.max(1, rows), widthBytes, startup: total, total: total + rows * costs.tuple }, (estimate) => ({
          kind: 'setOperation', output: plan.output, estimate, operation: plan.operation, all: plan.all, left: left.build(), right: right.build(), leftColumns: plan.leftColumns, rightColumns: plan.rightColumns,
        })),
      ];
    }
    case 'recursiveUnion': {
      const seed = cheapestTotal(lower(cx, plan.seed, []));
      cx.cteRows.set(plan.cte, Math.max(1, seed.rows * 10));
      const term = cheapestTotal(lower(cx, plan.term, []));
      // Ten rounds, as PostgreSQL guesses.
      const rows = seed.rows + term.rows * 10;
      const total = seed.total + term.total * 10 + rows * costs.tuple;
      return [
        makePath({ rows, widthBytes, startup: seed.startup, total }, (estimate) => ({
          kind: 'recursiveUnion', output: plan.output, estimate, cte: plan.cte, all: plan.all, seed: seed.build(), term: term.build(), seedColumns: plan.seedColumns, termColumns: plan.termColumns,
        })),
      ];
    }
    case 'lockRows':
      return lower(cx, plan.input, wanted).map((input) => above(input, { total: input.total + input.rows * costs.tuple }, (estimate, from) => ({ kind: 'lockRows', output: from.output, estimate, input: from, targets: plan.targets })));
    case 'modify': {
      const input = cheapestTotal(lower(cx, plan.input, []));
      const { kind: _kind, input: _input, output, ...rest } = plan;
      return [
        above(input, { rows: plan.returning === undefined ? 0 : input.rows, widthBytes, total: input.total + input.rows * costs.fetch }, (estimate, from) => ({ kind: 'modify', output, estimate, input: from, ...rest })),
      ];
    }
    default:
      return unreachable(plan);
  }
}

/** generate_series and the like with constant bounds tell their size; arrays have some ten elements. */
function functionScanRows(calls: readonly (readonly BoundExpression[])[]): number {
  let most = 1;
  for (const args of calls) {
    const [a, b, step] = args;
    let rows = functionRows;
    if (args.length === 1 && a!.kind === 'array') rows = a!.elements.length;
    else if (a?.kind === 'constant' && b?.kind === 'constant' && typeof a.value === 'number' && typeof b.value === 'number' && (step === undefined || step.kind === 'constant')) {
      const by = typeof step?.value === 'number' ? step.value : 1;
      rows = by === 0 ? 1 : Math.max(0, Math.floor((b.value - a.value) / by) + 1);
    } else if (args.length === 1) rows = 10;
    most = Math.max(most, rows);
  }
  return most;
}

// ------------------------------------------------------------------------------------------------------------------- order

function sortPaths(cx: PlannerContext, input: LogicalPlan, keys: readonly SortKey[], limit: BoundExpression | undefined, offset: BoundExpression | undefined): readonly Path[] {
  const count = limitValue(limit);
  const bound = count === undefined ? undefined : count + (limitValue(offset) ?? 0);
  const paths: Path[] = [];
  for (const path of lower(cx, input, keys)) {
    const satisfied = satisfiedKeys(path, keys) >= keys.length && !cx.isDisabled('redundant-sort');
    if (satisfied) {
      addPath(paths, path);
      continue;
    }
    const sorted = sortedPath(cx, path, keys, bound);
    const isBounded = limit !== undefined && !cx.isDisabled('top-n');
    addPath(paths, isBounded ? { ...sorted, build: once(() => withSortLimit(sorted.build(), limit, offset)) } : sorted);
  }
  return paths;
}

/** Top-N: the sort keeps only as many rows as the limit above it will take. */
function withSortLimit(plan: PhysicalPlan, limit: BoundExpression, offset: BoundExpression | undefined): PhysicalPlan {
  return plan.kind === 'sort' ? { ...plan, limit, limitOffset: offset } : plan;
}

function limitPaths(cx: PlannerContext, plan: Extract<LogicalPlan, { kind: 'limit' }>): readonly Path[] {
  const count = limitValue(plan.limit);
  const skip = limitValue(plan.offset) ?? 0;
  let source: readonly Path[];
  if (plan.input.kind === 'sort' && plan.limit !== undefined && plan.withTies === undefined) source = sortPaths(cx, plan.input.input, plan.input.keys, plan.limit, plan.offset);
  // A projection between limit and sort does not change how many rows are wanted.
  else if (plan.input.kind === 'project' && plan.input.input.kind === 'sort' && plan.limit !== undefined && plan.withTies === undefined) {
    const project = plan.input;
    const sort = plan.input.input;
    const cost = conjunctsCost(project.computed.map((column) => column.expression), cx.costs);
    source = sortPaths(cx, sort.input, sort.keys, plan.limit, plan.offset).map((input) =>
      above(input, { total: input.total + input.rows * cost }, (estimate, from) => ({ kind: 'project', output: project.output, estimate, input: from, computed: project.computed })),
    );
  } else source = lower(cx, plan.input, []);
  const total = Math.max(1, source[0]!.rows);
  const wanted = count === undefined ? (plan.limit === undefined ? total : Math.max(1, total * unknownLimitFraction)) : count + skip;
  const fraction = Math.min(1, wanted / total);
  const best = cheapestFraction(source, fraction);
  const rows = Math.max(1, Math.min(best.rows - skip, count ?? (plan.limit === undefined ? best.rows : best.rows * unknownLimitFraction)));
  const spread = best.total - best.startup;
  const startup = best.startup + spread * Math.min(1, skip / Math.max(1, best.rows));
  return [
    above(best, { rows, startup, total: best.startup + spread * Math.min(1, (rows + skip) / Math.max(1, best.rows)) }, (estimate, input) => ({
      kind: 'limit', output: input.output, estimate, input, limit: plan.limit, offset: plan.offset, withTies: plan.withTies,
    })),
  ];
}

const ascending = (expression: BoundExpression): SortKey => ({ expression, descending: false, nullsFirst: false, collation: undefined });

function distinctPaths(cx: PlannerContext, plan: Extract<LogicalPlan, { kind: 'distinct' }>, widthBytes: number, wanted: readonly SortKey[]): readonly Path[] {
  const { costs, estimator } = cx;
  const paths: Path[] = [];
  const inputs = lower(cx, plan.input, wanted.length > 0 ? wanted : plan.on.map(ascending));
  const compare = costs.operator * Math.max(1, plan.on.length);
  const sorted = (input: Path): void => {
    const rows = estimator.groups(plan.on, input.rows);
    addPath(paths, above(input, { rows, widthBytes, total: input.total + input.rows * compare }, (estimate, from) => ({ kind: 'distinct', output: from.output, estimate, input: from, on: plan.on, strategy: 'sorted' })));
  };
  if (plan.isOn) {
    // The first row of each group in the input's order: the binder put the sort below.
    for (const input of inputs) sorted(input);
    return paths;
  }
  for (const input of inputs) if (isGroupedBy(input, plan.on)) sorted(input);
  const best = cheapestTotal(inputs);
  const rows = estimator.groups(plan.on, best.rows);
  const hash = hashCost(rows, widthBytes, best.rows, plan.on.length, costs);
  const penalty = cx.enabled.hashAggregate ? 0 : disabledCost;
  const total = best.total + hash.build + hash.probe + penalty;
  // Records of UNION are compared, not hashed: whether they can be is known when they are.
  const isCompared = plan.input.kind === 'append' && plan.on.some(({ type }) => type.oid === TypeOid.record);
  if (!isCompared) addPath(paths, above(best, { rows, widthBytes, startup: best.startup, total, order: [] }, (estimate, input) => ({ kind: 'distinct', output: input.output, estimate, input, on: plan.on, strategy: 'hash' })));
  if (plan.on.length > 0) sorted(cheapestSorted(cx, inputs, matchingOrder(plan.on, wanted)));
  return paths;
}

/** Sort keys over all of `on`, beginning with those that are wanted above anyway. */
function matchingOrder(on: readonly BoundExpression[], wanted: readonly SortKey[]): SortKey[] {
  const keys: SortKey[] = [];
  for (const key of wanted) {
    if (!on.some((e) => e.kind === 'column' && key.expression.kind === 'column' && e.id === key.expression.id)) break;
    keys.push(key);
  }
  for (const e of on) if (!keys.some((key) => key.expression.kind === 'column' && e.kind === 'column' && key.expression.id === e.id)) keys.push(ascending(e));
  return keys;
}

// ------------------------------------------------------------------------------------------------------------------- grouping

function aggregatePaths(cx: PlannerContext, plan: Extract<LogicalPlan, { kind: 'aggregate' }>, widthBytes: number): readonly Path[] {
  const { costs, estimator } = cx;
  const grouped = plan.groupBy.map((group) => group.expression);
  const inputs = lower(cx, plan.input, grouped.map(ascending));
  const best = cheapestTotal(inputs);
  const perRow = plan.calls.reduce((sum, call) => sum + costs.operator + conjunctsCost(call.args, costs) + (call.filter === undefined ? 0 : expressionCost(call.filter, costs)), 0);
  const { groupBy, groupingSets, groupingCalls, calls, output } = plan;
  const determined = determinedGroups(plan);
  const node = (estimate: Estimate, input: PhysicalPlan, strategy: 'plain' | 'hash' | 'sorted'): PhysicalPlan => ({ kind: 'aggregate', output, estimate, input, groupBy, groupingSets, groupingCalls, calls, strategy, determined });
  if (plan.isPlain) {
    const total = best.total + best.rows * perRow + costs.tuple;
    return [makePath({ rows: 1, widthBytes, startup: total, total, requires: best.requires }, (estimate) => node(estimate, best.build(), 'plain'))];
  }
  const paths: Path[] = [];
  const rowsOf = (rows: number): number =>
    groupingSets === undefined ? estimator.groups(grouped, rows) : groupingSets.reduce((sum, set) => sum + estimator.groups(set.map((i) => grouped[i]!), rows), 0);
  const sets = groupingSets?.length ?? 1;
  const rows = rowsOf(best.rows);
  const hash = hashCost(rows, widthBytes, best.rows * sets, Math.max(1, grouped.length), costs);
  const hashTotal = best.total + hash.build + hash.probe + best.rows * perRow * sets + (cx.enabled.hashAggregate || groupingSets !== undefined ? 0 : disabledCost);
  const hashed = makePath({ rows, widthBytes, startup: hashTotal, total: hashTotal + rows * costs.tuple, requires: best.requires }, (estimate) => node(estimate, best.build(), 'hash'));
  addPath(paths, groupingSets === undefined ? { ...hashed, groups: { keys: groupBy.map(({ id }) => id), cost: hash.build + hash.probe + best.rows * perRow } } : hashed);
  if (groupingSets !== undefined || grouped.length === 0) return paths;
  const output2 = new Map<ColumnId, PlanColumn>(output.map((column) => [column.id, column]));
  const sorted = (input: Path): void => {
    const total = input.total + input.rows * (perRow + costs.operator * grouped.length) + rows * costs.tuple;
    // The order of the grouping expressions is that of the columns they become.
    const order: OrderKey[] = [];
    for (const key of input.order) {
      const group = groupBy.find((candidate) => key.expressions.some((e) => e === candidate.expression || (e.kind === 'column' && candidate.expression.kind === 'column' && e.id === candidate.expression.id)));
      if (group === undefined) break;
      order.push({ ...key, expressions: [columnRef(output2.get(group.id)!)] });
    }
    addPath(paths, makePath({ rows, widthBytes, startup: input.startup, total, order, requires: input.requires }, (estimate) => node(estimate, input.build(), 'sorted')));
  };
  for (const input of inputs) if (isGroupedBy(input, grouped)) sorted(input);
  // Sorting rows in order to group them costs more than hashing them, whatever their number; estimates that are too low made it look cheap.
  if (!cx.enabled.hashAggregate && !grouped.some(isVolatile)) sorted(cheapestSorted(cx, inputs, grouped.map(ascending)));
  return paths;
}

function determinedGroups({ groupBy, groupingSets, input }: Extract<LogicalPlan, { kind: 'aggregate' }>): ReadonlySet<ColumnId> {
  const columns = groupBy.flatMap(({ expression }) => (expression.kind === 'column' ? [expression] : []));
  if (groupingSets !== undefined || groupBy.length < 2 || columns.length === 0) return new Set();
  const determined = determinedColumns(input, columns);
  return new Set(groupBy.filter(({ expression }) => expression.kind === 'column' && determined.has(expression.id)).map(({ id }) => id));
}

function windowPaths(cx: PlannerContext, plan: Extract<LogicalPlan, { kind: 'window' }>, widthBytes: number): readonly Path[] {
  const { costs } = cx;
  const keys: SortKey[] = [...plan.partitionBy.map(ascending), ...plan.orderBy];
  const inputs = lower(cx, plan.input, keys);
  const paths: Path[] = [];
  const perRow = plan.calls.length * costs.operator * 2 + conjunctsCost(plan.calls.flatMap((call) => call.args), costs);
  for (const input of inputs) {
    const isSorted = plan.partitionBy.length > 0 && isGroupedBy(input, plan.partitionBy) && satisfiedKeys(input, keys) >= keys.length;
    const sorted = isSorted || keys.length === 0 ? input : sortedPath(cx, input, keys);
    addPath(paths, above(sorted, { widthBytes, startup: sorted.startup, total: sorted.total + sorted.rows * (costs.tuple + perRow) }, (estimate, from) => ({
      kind: 'window', output: plan.output, estimate, input: from, partitionBy: plan.partitionBy, orderBy: plan.orderBy, calls: plan.calls,
    })));
  }
  return paths;
}
