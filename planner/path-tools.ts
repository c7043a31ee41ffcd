/** What is put on top of a path: a sort when it is not in the wanted order, a condition. */
import { conjunctsCost, disabledCost, sortCost } from './cost.js';
import { conjunction } from './expression-tools.js';
import type { BoundExpression, SortKey } from './expression.js';
import { once, orderOf, satisfiedKeys, type Path, type PlannerContext } from './path.js';
import type { Estimate, PhysicalPlan } from './physical-plan.js';

/** What a path becomes when it is sorted. */
interface SortOnTop {
  /** Leading keys by which the rows come sorted. */
  readonly presorted: number;
  readonly startup: number;
  readonly total: number;
}

/** The cheapest way to have `keys` sorted: a path that is, or one plus a sort. Only that one is made. */
export function cheapestSorted(cx: PlannerContext, paths: readonly Path[], keys: readonly SortKey[], limit?: number): Path {
  let best = paths[0]!;
  let bestSort = sortOnTop(cx, best, keys, limit);
  for (let i = 1; i < paths.length; i++) {
    const path = paths[i]!;
    const sort = sortOnTop(cx, path, keys, limit);
    if ((sort ?? path).total >= (bestSort ?? best).total) continue;
    best = path;
    bestSort = sort;
  }
  return bestSort === undefined ? best : sorted(best, keys, bestSort);
}

/** `path` sorted by `keys`; itself when it is already. */
export function sortedPath(cx: PlannerContext, path: Path, keys: readonly SortKey[], limit?: number): Path {
  const sort = sortOnTop(cx, path, keys, limit);
  return sort === undefined ? path : sorted(path, keys, sort);
}

/** The sort that `path` needs; undefined when it needs none. */
function sortOnTop(cx: PlannerContext, path: Path, keys: readonly SortKey[], limit: number | undefined): SortOnTop | undefined {
  const satisfied = satisfiedKeys(path, keys);
  if (satisfied >= keys.length) return undefined;
  const { costs, enabled, estimator } = cx;
  const presorted = enabled.incrementalSort && !cx.isDisabled('incremental-sort') ? satisfied : 0;
  const groups = presorted === 0 ? 1 : estimator.groups(keys.slice(0, presorted).map((key) => key.expression), path.rows);
  const cost = sortCost(path.rows, path.widthBytes, limit, groups, costs) + (enabled.sort ? 0 : disabledCost);
  const keysCost = path.rows * conjunctsCost(keys.map((key) => key.expression), costs);
  const startup = presorted === 0 ? path.total + cost + keysCost : path.startup + (path.total - path.startup + cost) / groups;
  const total = path.total + cost + keysCost + (limit === undefined ? path.rows : Math.min(limit, path.rows)) * costs.operator;
  return { presorted, startup, total };
}

function sorted(path: Path, keys: readonly SortKey[], { presorted, startup, total }: SortOnTop): Path {
  return {
    ...path, startup, total, order: orderOf(keys),
    build: once((): PhysicalPlan => {
      const input = path.build();
      return {
        kind: 'sort', output: input.output, estimate: { rows: input.estimate.rows, startupCost: startup, totalCost: total, widthBytes: input.estimate.widthBytes }, input, keys, presorted,
        limit: undefined, limitOffset: undefined,
      };
    }),
  };
}

/** A path under conditions: pushed into the node when it takes a filter, otherwise above it. */
export function filtered(cx: PlannerContext, path: Path, conditions: readonly BoundExpression[]): Path {
  const condition = conjunction(conditions);
  if (condition === undefined) return path;
  const rows = Math.max(1, path.rows * cx.estimator.selectivityOf(conditions));
  const total = path.total + path.rows * conjunctsCost(conditions, cx.costs);
  return {
    ...path, rows, total,
    build: once((): PhysicalPlan => {
      const input = path.build();
      const estimate: Estimate = { rows: Math.round(rows), startupCost: path.startup, totalCost: total, widthBytes: input.estimate.widthBytes };
      switch (input.kind) {
        case 'cteScan':
        case 'workTableScan':
        case 'functionScan':
        case 'virtualScan':
          return { ...input, estimate, filter: conjunction([...(input.filter === undefined ? [] : [input.filter]), condition]) };
        default:
          return { kind: 'filter', output: input.output, estimate, input, condition };
      }
    }),
  };
}
