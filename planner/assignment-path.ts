/**
 * Assignment to a part of a column: `a[2]`, `a[1:3]`, `doc['key']`, `address.street`, and paths of such steps. The column is assigned a whole new value
 * computed from its old one: an array with an element replaced, a record with a field replaced, a jsonb document with a path set.
 *
 * Source. parse_target.c (transformAssignmentIndirection), arrayfuncs.c (array_set_element, array_set_slice).
 */
import { SqlArray, SqlRecord, type Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { sqlType, typeInfo, typeName, types, type SqlType } from '../base/types.js';
import { jsonbAssign } from '../functions/json/jsonb-subscript.js';
import type { EvalContext, FunctionDef } from '../functions/registry.js';
import type { TargetColumn, TargetStep } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { bindJsonbKey } from './binder-expression.js';
import { coerce } from './binder-types.js';
import { constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import type { QueryLevel } from './scope.js';

/** The new value of `target`'s column, whose value so far is `container`. */
export function assignPath(level: QueryLevel, target: TargetColumn, container: BoundExpression, value: BoundExpression): BoundExpression {
  return assignSteps(level, target, target.path, container, value);
}

function assignSteps(level: QueryLevel, target: TargetColumn, steps: readonly TargetStep[], container: BoundExpression, value: BoundExpression): BoundExpression {
  const { binder } = level;
  const step = steps[0];
  if (step === undefined) return coercePart(binder, target, value, container.type);
  const type = baseOf(binder, container.type);
  if (type !== container.type) {
    // Only the last of several assignments to parts of a domain's value is checked: what is between may hold to nothing.
    const unchecked = container.kind === 'call' && container.function.name === 'domain_check' ? container.args[0]! : container;
    const changed = assignSteps(level, target, steps, { ...unchecked, type }, value);
    return coercePart(binder, target, changed, container.type);
  }
  const info = typeInfo(type.oid, binder.types);
  if (step.kind === 'field') {
    if (info.attributes === undefined) {
      throw new DbError('42804', `cannot assign to field "${step.name}" of column "${target.name}" because its type ${typeName(container.type.oid, binder.types)} is not a composite type`, { offset: step.offset });
    }
    const index = info.attributes.findIndex((attribute) => attribute.name === step.name);
    if (index === -1) {
      throw new DbError('42703', `cannot assign to field "${step.name}" of column "${target.name}" because there is no such column in data type ${typeName(container.type.oid, binder.types)}`, { offset: step.offset });
    }
    const old: BoundExpression = { kind: 'field', type: info.attributes[index]!.type, offset: step.offset, arg: container, index };
    const part = assignSteps(level, target, steps.slice(1), old, value);
    const shape = { oid: type.oid, names: info.attributes.map((attribute) => attribute.name), types: info.attributes.map((attribute) => attribute.type) };
    const replace = internalFunction('record_set_field', (record: SqlRecord | null, field: Datum): Datum => {
      const values = record === null ? shape.names.map((): Datum => null) : [...record.values];
      values[index] = field;
      return new SqlRecord(record?.shape ?? shape, values);
    });
    return { kind: 'call', type: container.type, offset: step.offset, function: replace, args: [container, part], operator: undefined };
  }
  // Adjacent brackets are one step: they address one element of a multidimensional array, or one path into a document.
  let count = 1;
  while (steps[count]?.kind === 'subscript') count++;
  const subscripts = steps.slice(0, count).map((s) => (s as Extract<TargetStep, { kind: 'subscript' }>).subscript);
  const rest = steps.slice(count);
  const bindIndex = (e: NonNullable<(typeof subscripts)[number]['lower']>): BoundExpression => binder.hooks.bindExpression(level, e);
  if (info.storage === 'jsonb') {
    const path = subscripts.map((subscript) => bindJsonbKey(level, subscript, step.offset));
    const part = coercePart(binder, target, value, types.jsonb);
    return { kind: 'call', type: types.jsonb, offset: step.offset, function: jsonbAssign, args: [container, part, ...path], operator: undefined };
  }
  if (info.elementOid === 0) {
    throw new DbError('42804', `cannot subscript type ${typeName(container.type.oid, binder.types)} because it does not support subscripting`, { offset: step.offset });
  }
  const toIndex = (e: (typeof subscripts)[number]['lower']): BoundExpression => {
    if (e === undefined) return constant(null, types.int4);
    const index = coerce(binder, bindIndex(e), types.int4, 'assignment', e.offset);
    if (index === undefined) throw new DbError('42804', 'array subscript must have type integer', { offset: e.offset });
    return index;
  };
  const isSlice = subscripts.some((subscript) => subscript.isSlice);
  const elementType = sqlType(info.elementOid, container.type.typmod);
  if (isSlice) {
    const bounds = subscripts.flatMap((subscript) => (subscript.isSlice ? [toIndex(subscript.lower), toIndex(subscript.upper)] : [constant(1, types.int4), toIndex(subscript.lower)]));
    const part = coercePart(binder, target, value, container.type);
    const open = subscripts.flatMap((subscript) => (subscript.isSlice ? [subscript.lower === undefined, subscript.upper === undefined] : [false, false]));
    const f = internalFunction('array_set_slice', (array: SqlArray | null, source: SqlArray | null, ...given: readonly unknown[]): Datum => setSlice(info.elementOid, array, source, given.slice(0, bounds.length) as (number | null)[], open));
    return { kind: 'call', type: container.type, offset: step.offset, function: f, args: [container, part, ...bounds], operator: undefined };
  }
  const indices = subscripts.map((subscript) => toIndex(subscript.lower));
  const old: BoundExpression = { kind: 'subscript', type: elementType, offset: step.offset, arg: container, indices: indices.map((lower) => ({ lower, upper: undefined, isSlice: false })) };
  const part = assignSteps(level, target, rest, old, value);
  const f = internalFunction('array_set_element', (array: SqlArray | null, element: Datum, ...given: readonly unknown[]): Datum => setElement(info.elementOid, array, element, given.slice(0, indices.length) as (number | null)[]));
  return { kind: 'call', type: container.type, offset: step.offset, function: f, args: [container, part, ...indices], operator: undefined };
}

function baseOf(binder: Binder, type: SqlType): SqlType {
  const base = typeInfo(type.oid, binder.types).baseType;
  return base === undefined ? type : baseOf(binder, base);
}

function coercePart(binder: Binder, target: TargetColumn, value: BoundExpression, type: SqlType): BoundExpression {
  const coerced = coerce(binder, value, type, 'assignment', value.offset);
  if (coerced !== undefined) return coerced;
  const what = target.path.length === 0 ? 'column' : target.path[target.path.length - 1]!.kind === 'field' ? 'subfield' : 'subscripted assignment to';
  throw new DbError('42804', `${what} "${target.name}" ${what.startsWith('subscripted') ? 'requires' : 'is of'} type ${typeName(type.oid, binder.types)} but expression is of type ${typeName(value.type.oid, binder.types)}`, {
    offset: value.offset,
    hint: 'You will need to rewrite or cast the expression.',
  });
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each implementation narrows its own parameters
function internalFunction(name: string, impl: (...args: any[]) => Datum): FunctionDef {
  return {
    kind: 'scalar', name, schema: 'pg_catalog', args: [], argNames: undefined, variadic: false, defaultCount: 0, returns: 0, volatility: 'immutable', strict: false,
    impl: (...args: unknown[]) => impl(...(args.slice(0, -1) as Datum[]), args[args.length - 1] as EvalContext), emit: undefined, aggregate: undefined, window: undefined, set: undefined, columns: undefined, specialize: undefined,
  };
}

// ------------------------------------------------------------------------------------------------------------------- arrays

const outOfRange = (): DbError => new DbError('2202E', 'array subscript out of range');
const nullSubscript = (): DbError => new DbError('22004', 'array subscript in assignment must not be null');

/** A one-dimensional array grows to reach the index, with NULLs between; one of more dimensions does not. */
function setElement(elementOid: number, array: SqlArray | null, element: Datum, indices: readonly (number | null)[]): Datum {
  if (indices.some((index) => index === null)) throw nullSubscript();
  const at = indices as readonly number[];
  if (array === null || array.dims.length === 0) return new SqlArray(elementOid, at.map(() => 1), [...at], [element]);
  if (array.dims.length !== at.length) throw new DbError('2202E', 'wrong number of array subscripts');
  if (at.length === 1) {
    const first = array.lowerBounds[0]!;
    const length = array.dims[0]!;
    const low = Math.min(first, at[0]!);
    const high = Math.max(first + length - 1, at[0]!);
    if (high - low + 1 > 134217727) throw new DbError('54000', 'array size exceeds the maximum allowed (134217727)');
    const elements: Datum[] = [];
    for (let i = low; i <= high; i++) elements.push(i === at[0] ? element : i >= first && i < first + length ? array.elements[i - first]! : null);
    return new SqlArray(elementOid, [elements.length], [low], elements);
  }
  let position = 0;
  for (let d = 0; d < at.length; d++) {
    const index = at[d]! - array.lowerBounds[d]!;
    if (index < 0 || index >= array.dims[d]!) throw outOfRange();
    position = position * array.dims[d]! + index;
  }
  const elements = [...array.elements];
  elements[position] = element;
  return new SqlArray(elementOid, array.dims, array.lowerBounds, elements);
}

/** `bounds` are pairs; an open one is the array's own. */
function setSlice(elementOid: number, array: SqlArray | null, source: SqlArray | null, bounds: readonly (number | null)[], open: readonly boolean[]): Datum {
  if (source === null) return array;
  const dimensions = bounds.length / 2;
  if (bounds.some((bound, i) => bound === null && !open[i])) throw nullSubscript();
  if (array === null || array.dims.length === 0) {
    if (open.some((isOpen) => isOpen)) {
      throw new DbError('2202E', 'array slice subscript must provide both boundaries', { detail: 'When assigning to a slice of an empty array value, slice boundaries must be fully specified.' });
    }
    const dims = Array.from({ length: dimensions }, (_, d) => bounds[2 * d + 1]! - bounds[2 * d]! + 1);
    const size = dims.reduce((product, n) => product * Math.max(0, n), 1);
    if (size > source.elements.length) throw new DbError('2202E', 'source array too small');
    return new SqlArray(elementOid, dims, Array.from({ length: dimensions }, (_, d) => bounds[2 * d]!), source.elements.slice(0, size));
  }
  if (array.dims.length < dimensions) throw new DbError('2202E', 'wrong number of array subscripts');
  const low = array.dims.map((_, d) => (d < dimensions && bounds[2 * d] !== null ? bounds[2 * d]! : array.lowerBounds[d]!));
  const high = array.dims.map((n, d) => (d < dimensions && bounds[2 * d + 1] !== null ? bounds[2 * d + 1]! : array.lowerBounds[d]! + n - 1));
  if (low.some((from, d) => from > high[d]!)) throw new DbError('2202E', 'upper bound cannot be less than lower bound');
  const size = low.reduce((product, from, d) => product * (high[d]! - from + 1), 1);
  if (size > source.elements.length) throw new DbError('2202E', 'source array too small');
  if (array.dims.length === 1) {
    let result: SqlArray = array;
    for (let i = 0; i < size; i++) result = setElement(elementOid, result, source.elements[i]!, [low[0]! + i]) as SqlArray;
    return result;
  }
  if (low.some((from, d) => from < array.lowerBounds[d]! || high[d]! >= array.lowerBounds[d]! + array.dims[d]!)) throw outOfRange();
  const elements = [...array.elements];
  const at = [...low];
  for (let i = 0; i < size; i++) {
    let position = 0;
    for (let d = 0; d < at.length; d++) position = position * array.dims[d]! + (at[d]! - array.lowerBounds[d]!);
    elements[position] = source.elements[i]!;
    for (let d = at.length - 1; d >= 0; d--) {
      if (++at[d]! <= high[d]!) break;
      at[d] = low[d]!;
    }
  }
  return new SqlArray(elementOid, array.dims, array.lowerBounds, elements);
}
