/** Values of the present row: computed once, tested for NULL, or still bytes of the store. */
import { baseTypeOf, typeInfo } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { Source } from './expressions.js';
import type { Pipeline } from './pipeline.js';

export function inVariable(p: Pipeline, source: Source): Source {
  const name = p.module.name('v');
  p.w.line(`const ${name} = ${source.code};`);
  return { code: name, nullable: source.nullable };
}

/** Runs `body` when the value is not NULL. */
export function unlessNull(p: Pipeline, value: Source, body: () => void): void {
  if (value.nullable) p.w.block(`if (${value.code} !== null)`, body);
  else body();
}

/** Text of a scan that is not decoded yet. */
export function isStoredText(p: Pipeline, e: BoundExpression): boolean {
  if (e.kind !== 'column') return false;
  const binding = p.w.scope.find(e.id);
  const storage = typeInfo(baseTypeOf(e.type, p.types).oid, p.types).storage;
  return binding?.kind === 'pending' && binding.stored?.source.bytes !== undefined && (storage === 'text' || storage === 'bpchar');
}
