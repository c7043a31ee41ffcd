/** Aggregates without grouping, and over groups that come one after the other. What is grouped by hashing is written by hash-groups.ts. */
import type { PlanOf } from '../operators/plan-of.js';
import { accumulatorsOf, writeStep } from './accumulators.js';
import { HashGroups } from './hash-groups.js';
import { distinctKeySource, sameKey } from './keys.js';
import type { Consume, Pipeline } from './pipeline.js';
import { inVariable } from './row-values.js';

type AggregatePlan = PlanOf<'aggregate'>;

export function produceAggregate(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  if (plan.strategy === 'plain') producePlain(p, plan, consume);
  else if (plan.strategy === 'sorted') produceSorted(p, plan, consume);
  else new HashGroups(p, plan).produce(consume);
}

function producePlain(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  const { w, module } = p;
  p.settle(plan, plan);
  const prefix = module.name('a');
  const accumulators = accumulatorsOf(p, plan.calls);
  const field = (name: string): string => `${prefix}_${name}`;
  for (const accumulator of accumulators) for (const { name, init } of accumulator.fields) w.line(`let ${field(name)} = ${init};`);
  w.pipeline(() => {
    p.produce(plan.input, () => plan.calls.forEach((call, c) => writeStep(p, call, accumulators[c]!, field)));
  });
  w.block('', () => {
    for (const { id } of plan.groupingCalls) w.define(id, '0', false);
    plan.calls.forEach((call, c) => {
      const result = accumulators[c]!.finish(field);
      w.define(call.id, result.code, result.nullable);
    });
    consume();
  });
}

/**
 * Groups that come one after the other: only the present one is kept. A group is given out after the first row of the next has been taken in, so that nothing of
 * that row is needed any more where the scan may move (G1).
 */
function produceSorted(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  const { w, module } = p;
  const { groupBy, calls } = plan;
  p.settle(plan, plan);
  const accumulators = accumulatorsOf(p, calls);
  const group = module.name('g');
  const done = module.name('g');
  const last = module.name('v');
  const field = (name: string): string => `${group}.a${name}`;
  const giveOut = (finished: string): void => {
    groupBy.forEach(({ id }, i) => w.scope.bind(id, { kind: 'pending', code: `${finished}.v${i}`, nullable: true, stored: undefined }));
    for (const { id } of plan.groupingCalls) w.define(id, '0', false);
    calls.forEach((call, c) => {
      const result = accumulators[c]!.finish((name) => `${finished}.a${name}`);
      w.define(call.id, result.code, result.nullable);
    });
    consume();
  };
  const outerCopies = p.copies;
  p.copies *= 2;
  w.line(`let ${group} = null, ${last};`);
  w.pipeline(() => {
    p.produce(plan.input, () => {
      const values = groupBy.map(({ expression }) => inVariable(p, p.e.value(expression)));
      const key = module.name('v');
      w.line(`const ${key} = ${distinctKeySource(p, groupBy.map(({ expression }) => expression), values)};`);
      w.line(`let ${done} = null;`);
      w.block(`if (${group} === null || !${sameKey(key, last)})`, () => {
        const fields = [...values.map((value, i) => `v${i}: ${value.code}`), ...accumulators.flatMap((accumulator) => accumulator.fields.map(({ name, init }) => `a${name}: ${init}`))];
        w.line(`${done} = ${group};`);
        w.line(`${group} = { ${fields.join(', ')} };`);
        w.line(`${last} = ${key};`);
      });
      calls.forEach((call, c) => writeStep(p, call, accumulators[c]!, field));
      w.block(`if (${done} !== null)`, () => giveOut(done));
    });
  });
  w.block(`if (${group} !== null)`, () => giveOut(group));
  p.copies = outerCopies;
}
