/**
 * Statements that change one row and need no plan run for it: INSERT of parameters as they are (direct-insert.ts), UPDATE and DELETE by the whole clustered key (direct-by-key.ts). The row or
 * key is encoded straight from the parameters and given to mvcc in one step. Only where nothing but the row's own tree and plain indexes are concerned, nothing is returned, and nobody else has
 * anything to do with the key; everywhere else the execution of the statement (modify.ts), which is the twin of this, is run.
 *
 * N1  When `undefined` is returned nothing has changed.
 * N2  What an UPDATE writes depends on the row and the parameters alone (codegen/row-change.ts), and so do its condition and checks; entries of plain indexes alone depend on it, and no foreign key.
 */
import type { BoundExpression } from '../planner/expression.js';
import type { PlannedStatement } from '../planner/physical-plan.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { DirectByKey, keyValues } from './direct-by-key.js';
import { DirectInsert, directValues } from './direct-insert.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import type { ModifyPlan } from './modify.js';

/** What to do with the parameters: by column, which one it gets; or by column of the key, which one it must be. */
export interface DirectSpec {
  readonly plan: ModifyPlan;
  readonly places: readonly number[];
}

/** How a statement can be run directly; undefined: it cannot. */
export function directSpec({ plan, ctes }: PlannedStatement): DirectSpec | undefined {
  if (plan.kind !== 'modify' || ctes.length > 0 || plan.returning !== undefined || plan.table.virtual !== undefined) return undefined;
  const places = (plan.operation === 'insert' ? directValues(plan) : keyValues(plan))?.map(parameterOf);
  return places === undefined || places.includes(-1) ? undefined : { plan, places };
}
function parameterOf(value: BoundExpression): number {
  return value.kind === 'parameter' ? value.index : -1;
}

export function directModify(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans): DirectChange {
  return spec.plan.operation === 'insert' ? new DirectInsert(spec, request, generated) : new DirectByKey(spec, request, generated);
}
