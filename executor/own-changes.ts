/**
 * Which changes are made row by row. A volatile function of the user sees what its caller has changed before the call, so that rows are found, their values
 * computed and they are changed one at a time; what the statement itself reads stays as it was at its start all the same.
 *
 * Source. PostgreSQL's fmgr_sql, which takes a new snapshot for each statement of a volatile function.
 */
import { someExpression } from '../planner/expression-tools.js';
import type { BoundExpression } from '../planner/expression.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import { forEachInputExpression, physicalInputs } from '../planner/physical-tools.js';
import type { FunctionDef } from '../functions/registry.js';
import { physicalPlanOf } from './expression-interpreter.js';
import type { ModifyPlan } from './modify.js';

/** Of functions that have an oid in the catalog, the body is SQL. */
const mayReadChanges = (f: FunctionDef): boolean => f.volatility === 'volatile' && f.oid !== undefined && f.schema !== 'pg_catalog';

const known = new WeakMap<ModifyPlan, boolean>();
/** Whether a function that may read what the statement changes is called to find rows or to compute their values. */
export function seesOwnChanges(plan: ModifyPlan): boolean {
  let found = known.get(plan);
  if (found === undefined) known.set(plan, (found = inPlan(plan.input) || inExpressions(plan.insertValues ?? []) || inExpressions(plan.assignments.map(({ value }) => value))));
  return found;
}

function inPlan(plan: PhysicalPlan): boolean {
  if ((plan.kind === 'functionScan' || plan.kind === 'projectSet') && plan.calls.some((call) => mayReadChanges(call.function))) return true;
  const expressions: BoundExpression[] = [];
  forEachInputExpression(plan, (e) => expressions.push(e));
  return inExpressions(expressions) || physicalInputs(plan).some(inPlan);
}

const inExpressions = (list: readonly BoundExpression[]): boolean =>
  list.some((e) => someExpression(e, (x) => (x.kind === 'call' && mayReadChanges(x.function)) || (x.kind === 'subquery' && inPlan(physicalPlanOf(x)))));
