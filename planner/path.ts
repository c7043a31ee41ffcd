/**
 * Paths: candidate ways to compute one relation, with cost and order, before one is chosen. The plan of a path is built only when it is
 * asked for, because most candidates are dropped.
 *
 * T1  `order` is what the rows are certainly sorted by, most significant first; `fixed` are expressions that have one value in all rows, so that
 *     sorting by them is sorting by nothing.
 * T2  `requires` are the relations (bits of the join graph) whose current row the path reads: it can only be the right side of a nested loop.
 */
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import { sameExpression } from './expression-tools.js';
import type { Estimate, PhysicalPlan } from './physical-plan.js';
import type { CostConstants, Enabled } from './cost.js';
import type { Estimator } from './statistics.js';
import type { Binder } from './binder-context.js';
import type { LogicalPlan } from './logical-plan.js';

export interface OrderKey {
  /** Expressions with equal values in every row; any of them may be asked for. */
  readonly expressions: readonly BoundExpression[];
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** There are no NULLs, so where they would go does not matter. */
  readonly notNull: boolean;
}

export interface Path {
  readonly rows: number;
  readonly widthBytes: number;
  readonly startup: number;
  readonly total: number;
  readonly order: readonly OrderKey[];
  readonly fixed: readonly BoundExpression[];
  readonly requires: bigint;
  /** Join clauses the path has applied already (an index condition over columns of `requires`). */
  readonly applied: ReadonlySet<BoundExpression>;
  /** Rows are groups by these columns, and what of the cost their making is: a hash join that is probed with them makes only those it has a partner for. */
  readonly groups?: { readonly keys: readonly ColumnId[]; readonly cost: number } | undefined;
  readonly build: () => PhysicalPlan;
}

export const noOrder: readonly OrderKey[] = [];
export const noExpressions: readonly BoundExpression[] = [];
export const nothingApplied: ReadonlySet<BoundExpression> = new Set();

/** What planning one statement shares. */
export interface PlannerContext {
  readonly binder: Binder;
  readonly costs: CostConstants;
  readonly enabled: Enabled;
  readonly estimator: Estimator;
  readonly isDisabled: (rule: string) => boolean;
  /** Estimated rows of each planned CTE, by number. */
  readonly cteRows: Map<number, number>;
  /** All paths of a logical plan worth keeping; `wanted` is the order someone above would like. */
  readonly lower: (plan: LogicalPlan, wanted: readonly SortKey[]) => readonly Path[];
  /** Makes an expression of the catalog what those of the statement have become, so that the two can be compared. */
  readonly foldStored: (e: BoundExpression) => BoundExpression;
  /** Index expressions over the columns of a scan, bound once. */
  readonly boundIndexes: Map<string, { readonly keys: readonly BoundExpression[]; readonly predicate: BoundExpression | undefined }>;
}

function stripBinary(e: BoundExpression): BoundExpression {
  while (e.kind === 'cast' && e.method === 'binary') e = e.arg;
  return e;
}

/** Whether two expressions have the same values in the same order, casts that change nothing aside. */
export function sameOrdered(a: BoundExpression, b: BoundExpression): boolean {
  return sameExpression(stripBinary(a), stripBinary(b));
}

/** How many leading keys of `required` the path's order already gives. */
export function satisfiedKeys(path: Path, required: readonly SortKey[]): number {
  let at = 0;
  for (let i = 0; i < required.length; i++) {
    const key = required[i]!;
    if (isFixed(path, key.expression)) continue;
    // A key that repeats an earlier one adds nothing.
    if (required.slice(0, i).some((earlier) => sameOrdered(earlier.expression, key.expression))) continue;
    while (at < path.order.length && path.order[at]!.expressions.some((e) => isFixed(path, e))) at++;
    const have = path.order[at];
    if (have === undefined || !have.expressions.some((e) => sameOrdered(e, key.expression))) return i;
    if (have.descending !== key.descending || (have.nullsFirst !== key.nullsFirst && !have.notNull)) return i;
    at++;
  }
  return required.length;
}

function isFixed(path: Path, e: BoundExpression): boolean {
  return e.kind === 'constant' || e.kind === 'parameter' || path.fixed.some((fixed) => sameOrdered(fixed, e));
}

/** Whether the rows come grouped by `on`, in whatever order of its expressions. */
export function isGroupedBy(path: Path, on: readonly BoundExpression[]): boolean {
  const left = on.filter((e) => !isFixed(path, e));
  const open = new Set(left);
  for (const key of path.order) {
    if (open.size === 0) break;
    if (key.expressions.some((e) => isFixed(path, e))) continue;
    const match = [...open].find((e) => key.expressions.some((have) => sameOrdered(have, e)));
    if (match === undefined) return false;
    open.delete(match);
  }
  return open.size === 0;
}

export function orderOf(keys: readonly SortKey[]): OrderKey[] {
  return keys.map((key) => ({ expressions: [key.expression], descending: key.descending, nullsFirst: key.nullsFirst, notNull: false }));
}

const fuzz = 1.01;

/** Adds a path unless one that is no worse in cost, order and requirements is there; drops those it makes useless. */
export function addPath(paths: Path[], path: Path): void {
  for (let i = 0; i < paths.length; i++) if (dominates(paths[i]!, path)) return;
  for (let i = paths.length - 1; i >= 0; i--) if (dominates(path, paths[i]!)) paths.splice(i, 1);
  paths.push(path);
}

/** Whether a path of this cost, order and requirements would be kept; asked before anything is built. */
export function isWorthAdding(paths: readonly Path[], candidate: Pick<Path, 'total' | 'startup' | 'order' | 'requires' | 'rows'>): boolean {
  return !paths.some((path) => dominates(path, candidate));
}

function dominates(a: Pick<Path, 'total' | 'startup' | 'order' | 'requires' | 'rows'>, b: Pick<Path, 'total' | 'startup' | 'order' | 'requires' | 'rows'>): boolean {
  if (a.total > b.total * fuzz) return false;
  // A cheaper start counts only where it is much cheaper: it serves LIMIT and EXISTS.
  if (a.startup > b.startup * fuzz && a.startup - b.startup > 0.1 * b.total) return false;
  if ((a.requires & ~b.requires) !== 0n) return false;
  if (a.requires !== b.requires && a.rows > b.rows) return false;
  return orderCovers(a.order, b.order);
}

function orderCovers(a: readonly OrderKey[], b: readonly OrderKey[]): boolean {
  if (b.length > a.length) return false;
  for (let i = 0; i < b.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === y) continue;
    if (x.descending !== y.descending || x.nullsFirst !== y.nullsFirst || !x.expressions.some((e) => y.expressions.some((f) => sameOrdered(e, f)))) return false;
  }
  return true;
}

export function cheapestTotal(paths: readonly Path[]): Path {
  let best = paths[0]!;
  for (const path of paths) if (path.total < best.total) best = path;
  return best;
}

/** The cheapest when only a fraction of the rows will be read. */
export function cheapestFraction(paths: readonly Path[], fraction: number): Path {
  const cost = (path: Path): number => path.startup + (path.total - path.startup) * fraction;
  let best = paths[0]!;
  for (const path of paths) if (cost(path) < cost(best)) best = path;
  return best;
}

/** The same path with its plan kept once built. */
export function once(build: () => PhysicalPlan): () => PhysicalPlan {
  let plan: PhysicalPlan | undefined;
  return () => (plan ??= build());
}

export function estimateOf(path: { readonly rows: number; readonly startup: number; readonly total: number; readonly widthBytes: number }): Estimate {
  return { rows: Math.round(path.rows), startupCost: path.startup, totalCost: path.total, widthBytes: Math.round(path.widthBytes) };
}

interface PathParts {
  readonly rows: number;
  readonly widthBytes: number;
  readonly startup: number;
  readonly total: number;
  readonly order?: readonly OrderKey[];
  readonly fixed?: readonly BoundExpression[];
  readonly requires?: bigint;
}

/** A path that has applied no join clause. */
export function makePath(parts: PathParts, build: (estimate: Estimate) => PhysicalPlan): Path {
  return {
    rows: parts.rows, widthBytes: parts.widthBytes, startup: parts.startup, total: parts.total, order: parts.order ?? noOrder, fixed: parts.fixed ?? [], requires: parts.requires ?? 0n,
    applied: nothingApplied, build: once(() => build(estimateOf(parts))),
  };
}
