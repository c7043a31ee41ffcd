/** Equality keys as source: what a Map or Set of rows is keyed by. Equal keys exactly for equal values (base/datum.ts, D3). */
import { groupKeyOf } from '../../base/datum.js';
import type { Storage } from '../../base/types.js';
import { baseTypeOf, typeInfo } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { Source } from './expressions.js';
import { isSimple } from './module.js';
import type { Pipeline } from './pipeline.js';

/** Values that are their own key. */
const ownKey: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'money', 'date', 'time', 'timestamp', 'float4', 'float8', 'text', 'char', 'bit', 'uuid', 'tid', 'enum']);
const numbers: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'money', 'date', 'time', 'timestamp']);

function storageOf(p: Pipeline, e: BoundExpression): Storage {
  return typeInfo(baseTypeOf(e.type, p.types).oid, p.types).storage;
}

/** The key of a value in a variable or literal; NULL gives null. */
export function keyOf(p: Pipeline, e: BoundExpression, name: string, nullable: boolean): string {
  const storage = storageOf(p, e);
  if (ownKey.has(storage)) return name;
  if (storage === 'numeric') return nullable ? `(${name} === null ? null : ${name}.groupKey())` : `${name}.groupKey()`;
  return `${p.module.constant(groupKeyOf(e.type, p.types))}(${name})`;
}

/** A part of a key of several values: says itself where it ends. */
function partOf(p: Pipeline, e: BoundExpression, name: string, nullable: boolean): string {
  const storage = storageOf(p, e);
  if (numbers.has(storage)) return `${name} + ","`;
  if (storage === 'text' || storage === 'char' || storage === 'uuid' || storage === 'enum' || storage === 'bit' || storage === 'tid') {
    // SQL text holds neither NUL nor half a surrogate pair, so the one ends a part and the other stands for NULL.
    return nullable ? `(${name} === null ? "\\ud800\\0" : ${name} + "\\0")` : `${name} + "\\0"`;
  }
  return `X.joinGroupKeys([${keyOf(p, e, name, nullable)}])`;
}

function inVariables(p: Pipeline, sources: readonly Source[]): { readonly names: string[]; readonly assigns: string[] } {
  const assigns: string[] = [];
  const names = sources.map((source) => {
    if (isSimple(source.code)) return source.code;
    const name = p.w.temp();
    assigns.push(`${name} = ${source.code}`);
    return name;
  });
  return { names, assigns };
}

function sequence(assigns: readonly string[], result: string): string {
  return assigns.length === 0 ? result : `(${assigns.join(', ')}, ${result})`;
}

/** The key of a join: null when any value is NULL, because NULL equals nothing. */
export function groupKeySource(p: Pipeline, keys: readonly BoundExpression[]): string {
  const sources = keys.map((key) => p.e.value(key));
  const { names, assigns } = inVariables(p, sources);
  if (keys.length === 1) return sequence(assigns, keyOf(p, keys[0]!, names[0]!, sources[0]!.nullable));
  const nulls = sources.map((source, i) => (source.nullable ? `${names[i]} === null` : undefined)).filter((test) => test !== undefined);
  const whole = `("" + ${keys.map((key, i) => partOf(p, key, names[i]!, false)).join(' + ')})`;
  return sequence(assigns, nulls.length === 0 ? whole : `(${nulls.join(' || ')} ? null : ${whole})`);
}

/** Whether two keys are one, as a Map sees it: NaN is itself, and -0 is 0. */
export const sameKey = (a: string, b: string): string => `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))`;

/** The key of a group or of a distinct row: NULL is a value like others. The names of the values are given back for whoever keeps them. */
export function distinctKeySource(p: Pipeline, keys: readonly BoundExpression[], sources: readonly Source[]): string {
  if (keys.length === 0) return '0';
  const { names, assigns } = inVariables(p, sources);
  if (keys.length === 1) return sequence(assigns, keyOf(p, keys[0]!, names[0]!, sources[0]!.nullable));
  return sequence(assigns, `("" + ${keys.map((key, i) => partOf(p, key, names[i]!, sources[i]!.nullable)).join(' + ')})`);
}
