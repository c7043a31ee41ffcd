/**
 * Taking jsonb trees apart and putting them together: paths, containment, concatenation, deletion, replacement. Trees are never
 * changed; a new one shares what stays.
 *
 * Source: PostgreSQL's jsonfuncs.c (setPath and its kin) and jsonb_util.c (JsonbDeepContains).
 */
import { DbError } from '../../base/errors.js';
import type { JsonbValue } from '../../base/jsonb.js';
import { JsonbObject, compareJsonbValues, isJsonbArray, jsonbObject } from '../../base/jsonb.js';
import { Numeric } from '../../base/numeric.js';

type Path = readonly (string | null)[];

export function isContainer(value: JsonbValue): value is readonly JsonbValue[] | JsonbObject {
  return value instanceof JsonbObject || isJsonbArray(value);
}

/** What jsonb_typeof calls a value. */
export function jsonbKind(value: JsonbValue): 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Numeric) return 'number';
  return value instanceof JsonbObject ? 'object' : 'array';
}

/** A member by subscript from 0, or from the end when negative; undefined when there is none. */
export function elementAt(value: JsonbValue, index: number): JsonbValue | undefined {
  if (!isJsonbArray(value)) return undefined;
  return value[index < 0 ? value.length + index : index];
}
export function fieldOf(value: JsonbValue, name: string): JsonbValue | undefined {
  return value instanceof JsonbObject ? value.get(name) : undefined;
}

/** An array subscript written as text: an integer as C's strtol reads it. */
export function subscriptOf(text: string): number | undefined {
  if (!/^[ \t\n\r\f\v]*[+-]?\d+$/.test(text)) return undefined;
  const index = Number(text);
  return index > 2147483647 || index < -2147483648 ? undefined : index;
}

/** What lies at the end of a path; undefined when it leads nowhere. */
export function followPath(value: JsonbValue, path: readonly string[]): JsonbValue | undefined {
  let current: JsonbValue | undefined = value;
  for (const step of path) {
    if (current instanceof JsonbObject) current = current.get(step);
    else if (isJsonbArray(current ?? null)) {
      const index = subscriptOf(step);
      current = index === undefined ? undefined : elementAt(current as readonly JsonbValue[], index);
    } else return undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

// ------------------------------------------------------------------------------------------------------------------- containment

/** `@>`: every part of `inner` is somewhere at the same depth of `outer`; arrays count as sets, and may contain a bare scalar. */
export function containsJsonb(outer: JsonbValue, inner: JsonbValue): boolean {
  if (outer instanceof JsonbObject || inner instanceof JsonbObject) {
    return outer instanceof JsonbObject && inner instanceof JsonbObject && containsDeep(outer, inner);
  }
  if (isJsonbArray(outer)) return containsDeep(outer, isJsonbArray(inner) ? inner : [inner]);
  return !isJsonbArray(inner) && compareJsonbValues(outer, inner) === 0;
}

function containsDeep(outer: JsonbValue, inner: JsonbValue): boolean {
  if (outer instanceof JsonbObject) {
    if (!(inner instanceof JsonbObject) || inner.keys.length > outer.keys.length) return false;
    return inner.keys.every((key, i) => {
      const given = outer.get(key);
      return given !== undefined && containsMember(given, inner.values[i]!);
    });
  }
  const given = outer as readonly JsonbValue[];
  return (inner as readonly JsonbValue[]).every((wanted) => given.some((element) => containsMember(element, wanted)));
}
function containsMember(given: JsonbValue, wanted: JsonbValue): boolean {
  if (!isContainer(wanted)) return !isContainer(given) && compareJsonbValues(given, wanted) === 0;
  return isContainer(given) && given instanceof JsonbObject === wanted instanceof JsonbObject && containsDeep(given, wanted);
}

/** `?`: a key of the object, a string of the array, or the string itself. */
export function hasKey(value: JsonbValue, key: string): boolean {
  if (value instanceof JsonbObject) return value.indexOf(key) >= 0;
  return isJsonbArray(value) ? value.includes(key) : value === key;
}

// ------------------------------------------------------------------------------------------------------------------- concatenation, deletion

/** `||`: objects merge, the right one winning; anything else becomes an array first. */
export function concatenateJsonb(a: JsonbValue, b: JsonbValue): JsonbValue {
  if (a instanceof JsonbObject && b instanceof JsonbObject) return jsonbObject([...a.keys, ...b.keys], [...a.values, ...b.values]);
  return [...(isJsonbArray(a) ? a : [a]), ...(isJsonbArray(b) ? b : [b])];
}

const deletionError = (what: string): DbError => new DbError('22023', what);

/** Removes keys of an object, or strings of an array. */
export function deleteKeys(value: JsonbValue, keys: readonly (string | null)[]): JsonbValue {
  if (!isContainer(value)) throw deletionError('cannot delete from scalar');
  const wanted = new Set<JsonbValue>(keys.filter((key) => key !== null));
  if (isJsonbArray(value)) return value.filter((element) => !(typeof element === 'string' && wanted.has(element)));
  const kept = value.keys.map((key, i) => i).filter((i) => !wanted.has(value.keys[i]!));
  return new JsonbObject(kept.map((i) => value.keys[i]!), kept.map((i) => value.values[i]!));
}
export function deleteIndex(value: JsonbValue, index: number): JsonbValue {
  if (!isContainer(value)) throw deletionError('cannot delete from scalar');
  if (value instanceof JsonbObject) throw deletionError('cannot delete from object using integer index');
  const at = index < 0 ? value.length + index : index;
  return at < 0 || at >= value.length ? value : value.filter((_, i) => i !== at);
}

// ------------------------------------------------------------------------------------------------------------------- editing by path

/** What happens where a path ends. */
export type PathEdit =
  | { readonly kind: 'delete' }
  | { readonly kind: 'set'; readonly value: JsonbValue; readonly createsMissing: boolean }
  | { readonly kind: 'insert'; readonly value: JsonbValue; readonly isAfter: boolean };

/** @throws DbError 22023 on a scalar, 22P02 when an array's step is no integer, 22004 on a NULL step */
export function editPath(value: JsonbValue, path: Path, edit: PathEdit): JsonbValue {
  if (!isContainer(value)) throw new DbError('22023', edit.kind === 'delete' ? 'cannot delete path in scalar' : 'cannot set path in scalar');
  const size = value instanceof JsonbObject ? value.keys.length : value.length;
  if (size === 0 && (edit.kind === 'delete' || (edit.kind === 'set' && !edit.createsMissing))) return value;
  if (path.length === 0) return value;
  return editAt(value, path, 0, edit);
}

function editAt(value: JsonbValue, path: Path, depth: number, edit: PathEdit): JsonbValue {
  if (path[depth] === null) throw new DbError('22004', `path element at position ${depth + 1} is null`);
  if (!isContainer(value)) return value;
  return value instanceof JsonbObject ? editObject(value, path, depth, edit) : editArray(value, path, depth, edit);
}

function editObject(object: JsonbObject, path: Path, depth: number, edit: PathEdit): JsonbValue {
  const name = path[depth]!;
  const at = object.indexOf(name);
  const isLast = depth === path.length - 1;
  if (at < 0) {
    const adds = isLast && (edit.kind === 'insert' || (edit.kind === 'set' && edit.createsMissing));
    return adds ? jsonbObject([...object.keys, name], [...object.values, edit.value]) : object;
  }
  if (!isLast) {
    const values = [...object.values];
    values[at] = editAt(values[at]!, path, depth + 1, edit);
    return new JsonbObject(object.keys, values);
  }
  switch (edit.kind) {
    case 'delete':
      return deleteKeys(object, [name]);
    case 'insert':
      throw new DbError('22023', 'cannot replace existing key', { hint: 'Try using the function jsonb_set to replace key value.' });
    case 'set': {
      const values = [...object.values];
      values[at] = edit.value;
      return new JsonbObject(object.keys, values);
    }
  }
}

function editArray(array: readonly JsonbValue[], path: Path, depth: number, edit: PathEdit): JsonbValue {
  const step = path[depth]!;
  const given = subscriptOf(step);
  if (given === undefined) throw new DbError('22P02', `path element at position ${depth + 1} is not an integer: "${step}"`);
  const isLast = depth === path.length - 1;
  const index = given < 0 ? (-given > array.length ? -1 : array.length + given) : given;
  const isInside = index >= 0 && index < array.length;
  if (!isLast) {
    if (!isInside) return array;
    const copy = [...array];
    copy[index] = editAt(copy[index]!, path, depth + 1, edit);
    return copy;
  }
  if (!isInside) {
    if (edit.kind === 'delete' || (edit.kind === 'set' && !edit.createsMissing)) return array;
    return index < 0 ? [edit.value, ...array] : [...array, edit.value];
  }
  const copy = [...array];
  if (edit.kind === 'delete') copy.splice(index, 1);
  else if (edit.kind === 'set') copy[index] = edit.value;
  else copy.splice(edit.isAfter ? index + 1 : index, 0, edit.value);
  return copy;
}

/** Removes members of objects that are null, at every depth; elements of arrays stay. */
export function stripNulls(value: JsonbValue): JsonbValue {
  if (isJsonbArray(value)) return value.map(stripNulls);
  if (!(value instanceof JsonbObject)) return value;
  const kept = value.keys.map((_, i) => i).filter((i) => value.values[i] !== null);
  return new JsonbObject(kept.map((i) => value.keys[i]!), kept.map((i) => stripNulls(value.values[i]!)));
}
