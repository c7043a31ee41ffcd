/** A LIMIT over UNION ALL needs no more than that many rows of each branch. */
import { types } from '../../base/types.js';
import { constant } from '../expression-tools.js';
import { mapPlanBottomUp, type LogicalPlan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { limitValue } from '../statistics.js';
import { rewriteStatement } from './everywhere.js';

export const pushLimit: Rule = {
  name: 'push-limit',
  isRequired: false,
  apply: (statement) =>
    rewriteStatement(statement, (plan) =>
      mapPlanBottomUp(plan, (node) => {
        if (node.kind !== 'limit' || node.withTies !== undefined || node.input.kind !== 'append') return node;
        const count = limitValue(node.limit);
        const skip = node.offset === undefined ? 0 : limitValue(node.offset);
        if (count === undefined || skip === undefined) return node;
        const most = constant(count + skip, types.int8);
        const inputs = node.input.inputs.map((input): LogicalPlan => (input.kind === 'limit' ? input : { kind: 'limit', output: input.output, input, limit: most, offset: undefined, withTies: undefined }));
        return { ...node, input: { ...node.input, inputs } };
      }),
    ),
};
