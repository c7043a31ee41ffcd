/**
 * An OR whose arms restrict different indexes (`a = 1 OR b = 5`), as one scan per arm one after the other. PostgreSQL unites bitmaps of row
 * places; here each row is given by the first arm that is true for it: the scans of later arms filter out what an earlier arm selects.
 *
 * D1  No row twice, none missed: arm i takes the rows with `arm_i AND (arm_j IS NOT TRUE for all j < i)`.
 * D2  A row's conditions may be evaluated once for each arm, so where one is volatile or a subquery all is left alone.
 */
import { types } from '../base/types.js';
import { conjunctsOf, isVolatile, someExpression } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import type { LogicalScan } from './logical-plan.js';
import { cheapestTotal, makePath, type Path, type PlannerContext } from './path.js';

/** More arms than this would test each row more often than reading all rows costs. */
const armCountMax = 8;

/** `scan` read by `or`, one of its `local` conditions; `pathsOf` gives the ways to read it under other conditions, without this one. */
export function disjunctionPath(
  cx: PlannerContext,
  scan: LogicalScan,
  or: Extract<BoundExpression, { readonly kind: 'and' | 'or' }>,
  local: readonly BoundExpression[],
  shape: { readonly rows: number; readonly widthBytes: number },
  pathsOf: (local: readonly BoundExpression[]) => readonly Path[],
): Path | undefined {
  // A locked or changed row is found again by the scan it came from.
  if (scan.rowKey !== undefined || or.args.length > armCountMax) return undefined;
  if (local.some((e) => someExpression(e, (part) => part.kind === 'subquery') || isVolatile(e))) return undefined;
  const rest = local.filter((e) => e !== or);
  const notEarlier: BoundExpression[] = [];
  const arms: Path[] = [];
  for (const arm of or.args) {
    arms.push(cheapestTotal(pathsOf([...rest, ...conjunctsOf(arm), ...notEarlier])));
    notEarlier.push({ kind: 'isBoolean', type: types.bool, offset: arm.offset, arg: arm, test: 'true', negated: true });
  }
  const total = arms.reduce((sum, arm) => sum + arm.total, 0) + shape.rows * cx.costs.tuple * 0.5;
  const ids = scan.output.map((column) => column.id);
  return makePath({ ...shape, startup: arms[0]!.startup, total }, (estimate) => ({
    kind: 'append', output: scan.output, estimate, inputs: arms.map((arm) => arm.build()), inputColumns: arms.map(() => ids),
  }));
}
