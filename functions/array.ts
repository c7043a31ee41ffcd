/** Array functions and operators. Element types come from the values; where only the call knows them (an empty result, NULLs) through `specialize`. */
import { comparatorOf, nullsLast, SqlArray, type Comparator, type Datum } from '../base/datum.js';
import { ArrayDimensionsMax } from '../base/array.js';
import { DbError } from '../base/errors.js';
import { outputText } from '../base/text-io.js';
import { baseTypeOf, sqlType, typeInfo, type SqlType, type TypeRegistry } from '../base/types.js';
import { operator, scalar, specialized, type OperatorOptions } from './define.js';
import type { EvalContext, FunctionDef, OperatorDef, ScalarImpl } from './registry.js';

const elementOidOf = (arrayType: SqlType, types: TypeRegistry): number => typeInfo(baseTypeOf(arrayType, types).oid, types).elementOid;
const elementComparator = (arrayType: SqlType, types: TypeRegistry): Comparator => nullsLast(comparatorOf(baseTypeOf(sqlType(elementOidOf(arrayType, types)), types), types));

/** A function that needs the element type of its array argument (number `at`) or its comparator. */
function withElement(name: string, args: string, returns: string, at: number, make: (elementOid: number, compare: () => Comparator) => ScalarImpl, strict = true): FunctionDef {
  const definition = scalar(name, args, returns, () => null, { strict });
  return specialized(definition, (given, result, types) => {
    const arrayType = at < 0 ? result : given[at]!;
    let compare: Comparator | undefined;
    return { ...definition, impl: make(elementOidOf(arrayType, types), () => (compare ??= elementComparator(arrayType, types))) };
  });
}

function append(array: SqlArray | null, element: Datum, elementOid: number): SqlArray {
  if (array === null || array.dims.length === 0) return SqlArray.of(elementOid, [element]);
  if (array.dims.length !== 1) throw new DbError('22000', 'argument must be empty or one-dimensional array');
  return new SqlArray(elementOid, [array.dims[0]! + 1], array.lowerBounds, [...array.elements, element]);
}
function prepend(element: Datum, array: SqlArray | null, elementOid: number): SqlArray {
  if (array === null || array.dims.length === 0) return SqlArray.of(elementOid, [element]);
  if (array.dims.length !== 1) throw new DbError('22000', 'argument must be empty or one-dimensional array');
  return new SqlArray(elementOid, [array.dims[0]! + 1], array.lowerBounds, [element, ...array.elements]);
}

/** Same dimensions: joined along the first. One dimension less on one side: that side becomes one more row. */
function concatenate(a: SqlArray | null, b: SqlArray | null): SqlArray | null {
  if (a === null || b === null) return a ?? b;
  if (a.dims.length === 0) return b;
  if (b.dims.length === 0) return a;
  const incompatible = (detail: string): DbError => new DbError('2202E', 'cannot concatenate incompatible arrays', { detail });
  const elements = [...a.elements, ...b.elements];
  if (a.dims.length === b.dims.length) {
    for (let i = 1; i < a.dims.length; i++) if (a.dims[i] !== b.dims[i] || a.lowerBounds[i] !== b.lowerBounds[i]) throw incompatible('Arrays with differing element dimensions are not compatible for concatenation.');
    return new SqlArray(a.elementType, [a.dims[0]! + b.dims[0]!, ...a.dims.slice(1)], a.lowerBounds, elements);
  }
  const [outer, inner] = a.dims.length > b.dims.length ? [a, b] : [b, a];
  if (outer.dims.length !== inner.dims.length + 1) throw incompatible(`Arrays of ${a.dims.length} and ${b.dims.length} dimensions are not compatible for concatenation.`);
  for (let i = 0; i < inner.dims.length; i++) if (outer.dims[i + 1] !== inner.dims[i] || outer.lowerBounds[i + 1] !== inner.lowerBounds[i]) throw incompatible('Arrays with differing dimensions are not compatible for concatenation.');
  return new SqlArray(a.elementType, [outer.dims[0]! + 1, ...outer.dims.slice(1)], outer.lowerBounds, elements);
}

function position(array: SqlArray, wanted: Datum, from: number, compare: Comparator): number | null {
  if (array.dims.length > 1) throw new DbError('0A000', 'searching for elements in multidimensional arrays is not supported');
  const low = array.lowerBounds[0] ?? 1;
  for (let i = Math.max(0, from - low); i < array.elements.length; i++) if (compare(array.elements[i]!, wanted) === 0) return low + i;
  return null;
}

function replaceElements(array: SqlArray, from: Datum, to: Datum, compare: Comparator): SqlArray {
  return new SqlArray(array.elementType, array.dims, array.lowerBounds, array.elements.map((element) => (compare(element, from) === 0 ? to : element)));
}
function removeElements(array: SqlArray, unwanted: Datum, compare: Comparator): SqlArray {
  if (array.dims.length > 1) throw new DbError('0A000', 'removing elements from multidimensional arrays is not supported');
  const kept = array.elements.filter((element) => compare(element, unwanted) !== 0);
  return kept.length === array.elements.length ? array : kept.length === 0 ? SqlArray.of(array.elementType, []) : new SqlArray(array.elementType, [kept.length], array.lowerBounds, kept);
}

function fill(value: Datum, dims: SqlArray, lowerBounds: SqlArray | null, elementOid: number): SqlArray {
  const sizes = dims.elements as (number | null)[];
  const bounds = (lowerBounds?.elements as (number | null)[] | undefined) ?? sizes.map(() => 1);
  if (dims.dims.length > 1 || (lowerBounds?.dims.length ?? 0) > 1 || sizes.length > ArrayDimensionsMax) throw new DbError('2202E', sizes.length > ArrayDimensionsMax ? `number of array dimensions (${sizes.length}) exceeds the maximum allowed (${ArrayDimensionsMax})` : 'wrong number of array subscripts', dims.dims.length > 1 || (lowerBounds?.dims.length ?? 0) > 1 ? { detail: 'Dimension array must be one dimensional.' } : {});
  if (sizes.includes(null) || bounds.includes(null)) throw new DbError('22004', 'dimension values cannot be null');
  if (bounds.length !== sizes.length) throw new DbError('2202E', 'wrong number of array subscripts', { detail: 'Low bound array has different size than dimensions array.' });
  const count = sizes.reduce<number>((product, size) => product * size!, 1);
  if (sizes.length === 0 || count === 0) return SqlArray.of(elementOid, []);
  if (count < 0 || count > 10_000_000) throw new DbError('54000', `array size exceeds the maximum allowed (10000000)`);
  return new SqlArray(elementOid, sizes as number[], bounds as number[], new Array<Datum>(count).fill(value));
}

function joinTexts(array: SqlArray, separator: string, nullText: string | null, ctx: EvalContext): string {
  const type = sqlType(array.elementType);
  const parts: string[] = [];
  for (const element of array.elements) {
    if (element !== null) parts.push(outputText(type, element, ctx));
    else if (nullText !== null) parts.push(nullText);
  }
  return parts.join(separator);
}

function trim(array: SqlArray, count: number): SqlArray {
  const length = array.dims[0] ?? 0;
  if (count < 0 || count > length) throw new DbError('2202E', `number of elements to trim must be between 0 and ${length}`);
  const kept = length - count;
  if (kept === 0) return SqlArray.of(array.elementType, []);
  return new SqlArray(array.elementType, [kept, ...array.dims.slice(1)], array.dims.map(() => 1), array.elements.slice(0, (array.elements.length / length) * kept));
}

const dimension = (array: SqlArray, n: number): number | null => (n >= 1 && n <= array.dims.length ? n - 1 : null);

export const arrayFunctions = (): readonly FunctionDef[] => [
  withElement('array_append', 'anycompatiblearray anycompatible', 'anycompatiblearray', -1, (oid) => (a: SqlArray | null, e: Datum) => append(a, e, oid), false),
  withElement('array_prepend', 'anycompatible anycompatiblearray', 'anycompatiblearray', -1, (oid) => (e: Datum, a: SqlArray | null) => prepend(e, a, oid), false),
  scalar('array_cat', 'anycompatiblearray anycompatiblearray', 'anycompatiblearray', concatenate, { strict: false }),
  scalar('array_ndims', 'anyarray', 'int4', (a: SqlArray) => (a.dims.length === 0 ? null : a.dims.length)),
  scalar('array_dims', 'anyarray', 'text', (a: SqlArray) => (a.dims.length === 0 ? null : a.dims.map((n, i) => `[${a.lowerBounds[i]}:${a.lowerBounds[i]! + n - 1}]`).join(''))),
  scalar('array_length', 'anyarray int4', 'int4', (a: SqlArray, n: number) => {
    const d = dimension(a, n);
    return d === null ? null : a.dims[d]!;
  }),
  scalar('array_lower', 'anyarray int4', 'int4', (a: SqlArray, n: number) => {
    const d = dimension(a, n);
    return d === null ? null : a.lowerBounds[d]!;
  }),
  scalar('array_upper', 'anyarray int4', 'int4', (a: SqlArray, n: number) => {
    const d = dimension(a, n);
    return d === null ? null : a.lowerBounds[d]! + a.dims[d]! - 1;
  }),
  scalar('cardinality', 'anyarray', 'int4', (a: SqlArray) => a.elements.length),
  withElement('array_position', 'anycompatiblearray anycompatible', 'int4', 0, (_oid, compare) => (a: SqlArray | null, e: Datum) => (a === null ? null : position(a, e, -Infinity, compare())), false),
  withElement('array_position', 'anycompatiblearray anycompatible int4', 'int4', 0, (_oid, compare) => (a: SqlArray | null, e: Datum, from: number | null) => {
    if (a === null) return null;
    if (from === null) throw new DbError('22004', 'initial position must not be null');
    return position(a, e, from, compare());
  }, false),
  withElement('array_positions', 'anycompatiblearray anycompatible', '_int4', 0, (_oid, compare) => (a: SqlArray | null, e: Datum) => {
    if (a === null) return null;
    if (a.dims.length > 1) throw new DbError('0A000', 'searching for elements in multidimensional arrays is not supported');
    return SqlArray.of(23, a.elements.flatMap((element, i) => (compare()(element, e) === 0 ? [i + (a.lowerBounds[0] ?? 1)] : [])));
  }, false),
  withElement('array_replace', 'anycompatiblearray anycompatible anycompatible', 'anycompatiblearray', 0, (_oid, compare) => (a: SqlArray | null, from: Datum, to: Datum) => (a === null ? null : replaceElements(a, from, to, compare())), false),
  withElement('array_remove', 'anycompatiblearray anycompatible', 'anycompatiblearray', 0, (_oid, compare) => (a: SqlArray | null, e: Datum) => (a === null ? null : removeElements(a, e, compare())), false),
  withElement('array_fill', 'anyelement _int4', 'anyarray', -1, (oid) => (value: Datum, dims: SqlArray | null) => {
    if (dims === null) throw new DbError('22004', 'dimension array or low bound array cannot be null');
    return fill(value, dims, null, oid);
  }, false),
  withElement('array_fill', 'anyelement _int4 _int4', 'anyarray', -1, (oid) => (value: Datum, dims: SqlArray | null, bounds: SqlArray | null) => {
    if (dims === null || bounds === null) throw new DbError('22004', 'dimension array or low bound array cannot be null');
    return fill(value, dims, bounds, oid);
  }, false),
  scalar('array_to_string', 'anyarray text', 'text', (a: SqlArray, separator: string, ctx: EvalContext) => joinTexts(a, separator, null, ctx), { volatility: 'stable' }),
  scalar('array_to_string', 'anyarray text text', 'text', (a: SqlArray | null, separator: string | null, nullText: string | null, ctx: EvalContext) => (a === null || separator === null ? null : joinTexts(a, separator, nullText, ctx)), { volatility: 'stable', strict: false }),
  scalar('trim_array', 'anyarray int4', 'anyarray', trim),
];

/** Containment looks at elements alone, whatever the dimensions; NULL elements match nothing. */
function containment(name: string, holds: (a: SqlArray, b: SqlArray, compare: Comparator) => boolean, options: OperatorOptions = {}): OperatorDef {
  const definition = operator(name, 'anyarray', 'anyarray', 'bool', () => null, options);
  return {
    ...definition,
    function: specialized(definition.function, (given, _result, types) => {
      const compare = elementComparator(given[0]!, types);
      return { ...definition.function, impl: (a: SqlArray, b: SqlArray) => holds(a, b, compare) };
    }),
  };
}
const has = (array: SqlArray, wanted: Datum, compare: Comparator): boolean => wanted !== null && array.elements.some((element) => element !== null && compare(element, wanted) === 0);
const contains = (a: SqlArray, b: SqlArray, compare: Comparator): boolean => b.elements.every((element) => has(a, element, compare));

function concatenation(left: string, right: string, at: 0 | 1): OperatorDef {
  const definition = operator('||', left, right, 'anycompatiblearray', () => null, { strict: false, functionName: left === right ? 'array_cat' : at === 0 ? 'array_append' : 'array_prepend' });
  return {
    ...definition,
    function: specialized(definition.function, (_given, result, types) => {
      const oid = elementOidOf(result, types);
      const impl: ScalarImpl = left === right ? concatenate : at === 0 ? (a: SqlArray | null, e: Datum) => append(a, e, oid) : (e: Datum, a: SqlArray | null) => prepend(e, a, oid);
      return { ...definition.function, impl };
    }),
  };
}

export const arrayOperators = (): readonly OperatorDef[] => [
  containment('@>', contains, { commutator: '<@' }),
  containment('<@', (a, b, compare) => contains(b, a, compare), { commutator: '@>' }),
  containment('&&', (a, b, compare) => a.elements.some((element) => has(b, element, compare)), { commutator: '&&' }),
  concatenation('anycompatiblearray', 'anycompatiblearray', 0),
  concatenation('anycompatiblearray', 'anycompatible', 0),
  concatenation('anycompatible', 'anycompatiblearray', 1),
];
