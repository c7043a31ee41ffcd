/**
 * Statements that change one row and need no plan run for it: INSERT of one row of values (direct-insert.ts), UPDATE and DELETE by a whole unique key (direct-by-key.ts). The row or
 * key is computed from the parameters and given to mvcc in one step. Only where nothing but the row's own tree and plain indexes are concerned, and nobody else has
 * anything to do with the key; everywhere else the execution of the statement (modify.ts), which is the twin of this, is run.
 *
 * N1  When `undefined` is returned nothing has changed, but that what may be computed only once (the next value of a sequence) may have been: then `takeMade` has the row.
 * N2  What an UPDATE writes depends on the row and the parameters alone, or is computed of them by what is self-contained (self-contained.ts, codegen/row-change.ts), and so do its condition and checks; what RETURNING gives depends on them alone (returned-row.ts); entries of plain indexes alone depend on it, and no foreign key.
 */
import type { BoundExpression } from '../planner/expression.js';
import type { PlannedStatement } from '../planner/physical-plan.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { computedByKey, DirectByKey, keyValues } from './direct-by-key.js';
import { DirectInsert, directInsertSpec } from './direct-insert.js';
import type { DirectChange, ExecutionRequest } from './execution.js';
import type { ModifyPlan } from './modify.js';
import type { ResultShape } from './returned-row.js';
import { isTimed } from './self-contained.js';

/** What to do with the parameters: by column, which one it gets, -1: what is computed; or by column of the key, which one it must be. */
export interface DirectSpec {
  readonly plan: ModifyPlan;
  readonly places: readonly number[];
  readonly columnCount: number;
  /** Whether it may ask when transaction and statement began. */
  readonly isTimed: boolean;
  /** Whether what it computes is not to be computed twice. */
  readonly isOnce: boolean;
}

/** How a statement can be run directly; undefined: it cannot. */
export function directSpec({ plan, ctes, columnCount }: PlannedStatement): DirectSpec | undefined {
  if (plan.kind !== 'modify' || ctes.length > 0 || plan.returnedKey !== undefined || plan.table.virtual !== undefined) return undefined;
  if (plan.operation === 'insert') return directInsertSpec(plan, columnCount);
  const places = keyValues(plan)?.map(parameterOf);
  return places === undefined || places.includes(-1) ? undefined : { plan, places, columnCount, isTimed: computedByKey(plan).some(isTimed), isOnce: false };
}
/** The number of the parameter that `value` is, or -1. */
export function parameterOf(value: BoundExpression): number {
  return value.kind === 'parameter' ? value.index : -1;
}

export function directModify(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans, output: ResultShape): DirectChange {
  return spec.plan.operation === 'insert' ? new DirectInsert(spec, request, generated, output) : new DirectByKey(spec, request, generated, output);
}
