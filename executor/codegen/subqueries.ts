/**
 * Subqueries that depend on nothing outside and ask nothing of the runtime, such as the lookup by an index that MAX became: each is a function of the module that
 * runs to its end at once. Others are left to the interpreter (executor/subquery.ts), which gives the same answers.
 */
import type { TypeRegistry } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import { physicalPlanOf, tooManyRows } from '../expression-interpreter.js';
import { isPlainSource, writePrelude } from './generated-plans.js';
import type { Module } from './module.js';
import { extractParts } from './part-functions.js';
import { Pipeline } from './pipeline.js';

/** The name of the function, which is called with the runtime and the state of the program; undefined where the interpreter is asked. */
export function subqueryFunction(e: Extract<BoundExpression, { kind: 'subquery' }>, module: Module, types: TypeRegistry, columns: boolean): string | undefined {
  if (e.subkind !== 'exists' && e.subkind !== 'scalar') return undefined;
  const plan = physicalPlanOf(e);
  const ids = e.subkind === 'scalar' ? e.columns : [];
  const p = new Pipeline(module, types, { suspendable: false, instrument: false, columns });
  const { w } = p;
  p.begin(plan, new Set(ids), e.subkind === 'exists');
  const [found, value, label] = [module.name('v'), module.name('v'), module.name('L')];
  w.line(`let ${found} = false, ${value} = null;`);
  w.block(`${label}:`, () => p.produce(plan, () => {
    if (e.subkind === 'scalar') {
      w.line(`if (${found}) throw ${module.constant(tooManyRows)}();`);
      w.line(`${value} = ${w.use(ids[0]!).code};`);
    }
    w.line(`${found} = true;`);
    if (e.subkind === 'exists') p.exit(label, 0);
  }));
  w.line(`return ${e.subkind === 'exists' ? found : value};`);
  if (!isPlainSource(w)) return undefined;
  extractParts(w, ['x', 'o', 'P', 'tx']);
  const name = module.name('subquery');
  module.prelude.block(`function ${name}(x, o)`, () => module.prelude.line(writePrelude(w)));
  return name;
}
