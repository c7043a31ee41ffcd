/**
 * Subscripts of jsonb documents: `document[a][b]` as a value and as the target of an assignment. A subscript is a number or a text, and a text counts as a
 * number where it meets an array. Unlike jsonb_set an assignment makes the whole path: missing objects and arrays on the way, arrays filled with nulls
 * up to the element; what is no container cannot be stepped into.
 *
 * Source: PostgreSQL's jsonbsubs.c (jsonb_subscript_assign) and jsonfuncs.c (jsonb_get_element, jsonb_set_element, push_path).
 */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { Jsonb, JsonbObject, isJsonbArray, jsonbObject, type JsonbValue } from '../../base/jsonb.js';
import { TypeOid } from '../../base/types.js';
import { followPath, subscriptOf } from './jsonb-edit.js';
import type { FunctionDef } from '../registry.js';

const elementsMax = 33_554_432;

/** Called with as many keys as there are subscripts, which no name in the registry could. */
function subscripting(name: string, strict: boolean, impl: (document: Jsonb | null, rest: readonly Datum[]) => Datum): FunctionDef {
  return {
    kind: 'scalar', name, schema: 'pg_catalog', args: [], argNames: undefined, variadic: false, defaultCount: 0, returns: TypeOid.jsonb, volatility: 'immutable', strict,
    // The last argument is the context.
    impl: (...args: unknown[]) => impl(args[0] as Jsonb | null, args.slice(1, -1) as Datum[]), emit: undefined, aggregate: undefined, window: undefined, set: undefined, columns: undefined, specialize: undefined,
  };
}

/** (document, ...keys) */
export const jsonbSubscript = subscripting('jsonb_subscript', true, (document, keys) => {
  const found = followPath(document!.value, keys.map(String));
  return found === undefined ? null : new Jsonb(found);
});
/** (document, value, ...keys): the changed document. */
export const jsonbAssign = subscripting('jsonb_assign', false, (document, [value, ...keys]) => new Jsonb(assignElement(document?.value, keys as (string | number | null)[], (value as Jsonb | null)?.value ?? null)));

/** `undefined` is a document that is NULL: it begins as an array where the first subscript is a number, else as an object. */
function assignElement(document: JsonbValue | undefined, path: readonly (string | number | null)[], value: JsonbValue): JsonbValue {
  if (path.some((step) => step === null)) throw new DbError('22004', 'jsonb subscript in assignment must not be null');
  const old = document === undefined ? (typeof path[0] === 'number' ? [] : jsonbObject([], [])) : document;
  return assignAt(old, path.map(String), 0, value);
}

function assignAt(container: JsonbValue, path: readonly string[], depth: number, value: JsonbValue): JsonbValue {
  const isLast = depth === path.length - 1;
  const name = path[depth]!;
  const below = (old: JsonbValue | undefined): JsonbValue => (isLast ? value : old === undefined ? madePath(path, depth + 1, value) : assignAt(old, path, depth + 1, value));
  if (container instanceof JsonbObject) {
    const at = container.indexOf(name);
    if (at < 0) return jsonbObject([...container.keys, name], [...container.values, below(undefined)]);
    const values = [...container.values];
    values[at] = below(values[at]);
    return new JsonbObject(container.keys, values);
  }
  if (!isJsonbArray(container)) throw new DbError('22023', 'cannot replace existing key', { detail: 'The path assumes key is a composite object, but it is a scalar value.' });
  const given = subscriptOf(name);
  if (given === undefined) throw new DbError('22P02', `path element at position ${depth + 1} is not an integer: "${name}"`);
  if (-given > container.length) throw new DbError('22023', `path element at position ${depth + 1} is out of range: ${given}`);
  const index = given < 0 ? container.length + given : given;
  const elements = filledTo(container, index);
  elements[index] = below(container[index]);
  return elements;
}

/** The document that holds `value` at the end of the path from `depth` on: a step that reads as a number is one of an array. */
function madePath(path: readonly string[], depth: number, value: JsonbValue): JsonbValue {
  let made = value;
  for (let i = path.length - 1; i >= depth; i--) {
    const index = subscriptOf(path[i]!);
    made = index === undefined ? jsonbObject([path[i]!], [made]) : [...filledTo([], index), made];
  }
  return made;
}

/** A copy with nulls up to `index`. */
function filledTo(array: readonly JsonbValue[], index: number): JsonbValue[] {
  if (index >= elementsMax) throw new DbError('54000', `number of jsonb array elements exceeds the maximum allowed (${elementsMax})`);
  const elements = [...array];
  while (elements.length < index) elements.push(null);
  return elements;
}
