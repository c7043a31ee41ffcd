/** The member of the plan union with a given kind. */
import type { PhysicalPlan } from '../../planner/physical-plan.js';

export type PlanOf<Kind extends PhysicalPlan['kind']> = Extract<PhysicalPlan, { kind: Kind }>;
