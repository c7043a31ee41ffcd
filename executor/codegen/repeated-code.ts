/** Which operators write the code above them more than once. */
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { physicalInputs } from '../../planner/physical-tools.js';

/** May the code of what takes the rows of `plan` be there more than once (P3 of pipeline.ts)? */
export function repeats(plan: PhysicalPlan): boolean {
  if (plan.kind === 'append' || plan.kind === 'window' || (plan.kind === 'aggregate' && plan.strategy === 'sorted')) return true;
  if ((plan.kind === 'hashJoin' || plan.kind === 'mergeJoin' || plan.kind === 'nestedLoop') && (plan.join === 'left' || plan.join === 'right' || plan.join === 'full')) return true;
  return physicalInputs(plan).some(repeats);
}
