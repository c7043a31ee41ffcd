/** Whether running a plan a second time in the same statement gives the same rows. */
import type { BoundExpression } from '../../planner/expression.js';
import { someExpression } from '../../planner/expression-tools.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { forEachInputExpression, forEachPlan } from '../../planner/physical-tools.js';
import { physicalPlanOf } from '../expression-interpreter.js';

export function isVolatilePlan(plan: PhysicalPlan): boolean {
  let found = false;
  forEachPlan(plan, (node) => {
    if (node.kind === 'seqScan' && node.sample !== undefined && node.sample.seed === undefined) found = true;
    if (node.kind === 'functionScan' || node.kind === 'projectSet') found ||= node.calls.some((call) => call.function.volatility === 'volatile');
    if (node.kind === 'modify' || node.kind === 'lockRows' || node.kind === 'virtualScan') found = true;
    forEachInputExpression(node, (e) => {
      found ||= isVolatileExpression(e);
    });
  });
  return found;
}

export function isVolatileExpression(e: BoundExpression): boolean {
  return someExpression(e, (inner) => (inner.kind === 'call' && inner.function.volatility === 'volatile') || (inner.kind === 'subquery' && isVolatilePlan(physicalPlanOf(inner))));
}
