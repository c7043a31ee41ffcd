/**
 * Ranges and multiranges: constructors, questions about bounds, and the operators of containment, order and set arithmetic. A
 * range carries its type, so implementations find the order of its elements themselves; only results whose type the arguments do
 * not show are specialized.
 *
 * Source: PostgreSQL's rangetypes.c and multirangetypes.c. Ranges are canonical (base/range.ts): adjacency is a look at two bounds.
 */
import type { BoundSide, Comparator, Datum, SqlArray } from '../base/datum.js';
import { SqlMultirange, SqlRange, compareBounds, comparatorOf } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { emptyRange, isAdjacentBefore, makeMultirange, makeRange } from '../base/range.js';
import type { TypeInfo, TypeRegistry } from '../base/types.js';
import { builtinTypeByName, sqlType, TypeCache, typeInfo, TypeOid } from '../base/types.js';
import { aggregate, operator, scalar, setReturning, specialized, type ScalarOptions } from './define.js';
import type { CastDef, EvalContext, FunctionDef, OperatorDef, ScalarImpl } from './registry.js';

const elementOrders = new TypeCache(() => new Map<number, Comparator>());

/** The order of a range type's elements. */
function orderOf(rangeType: number, types: TypeRegistry): Comparator {
  const byType = elementOrders.of(types);
  let order = byType.get(rangeType);
  if (order === undefined) byType.set(rangeType, (order = comparatorOf(sqlType(typeInfo(rangeType, types).subtypeOid), types)));
  return order;
}

function compareEnds(a: SqlRange, aSide: BoundSide, b: SqlRange, bSide: BoundSide, ctx: EvalContext): number {
  return compareBounds(orderOf(a.type, ctx.types), a, aSide, b, bSide);
}

// ------------------------------------------------------------------------------------------------------------------- ranges

type RangeTest = (a: SqlRange, b: SqlRange, ctx: EvalContext) => boolean;

const isBefore: RangeTest = (a, b, ctx) => !a.isEmpty && !b.isEmpty && compareEnds(a, 'upper', b, 'lower', ctx) < 0;
const overlaps: RangeTest = (a, b, ctx) =>
  !a.isEmpty && !b.isEmpty && compareEnds(a, 'lower', b, 'upper', ctx) <= 0 && compareEnds(b, 'lower', a, 'upper', ctx) <= 0;
const endsBy: RangeTest = (a, b, ctx) => !a.isEmpty && !b.isEmpty && compareEnds(a, 'upper', b, 'upper', ctx) <= 0;
const startsFrom: RangeTest = (a, b, ctx) => !a.isEmpty && !b.isEmpty && compareEnds(a, 'lower', b, 'lower', ctx) >= 0;
const contains: RangeTest = (a, b, ctx) =>
  b.isEmpty || (!a.isEmpty && compareEnds(a, 'lower', b, 'lower', ctx) <= 0 && compareEnds(a, 'upper', b, 'upper', ctx) >= 0);
const isAdjacent: RangeTest = (a, b, ctx) => isAdjacentBefore(a, b, ctx.types) || isAdjacentBefore(b, a, ctx.types);

function containsElement(range: SqlRange, element: Datum, ctx: EvalContext): boolean {
  if (range.isEmpty) return false;
  const order = orderOf(range.type, ctx.types);
  if (range.lower !== null) {
    const side = order(range.lower, element);
    if (side > 0 || (side === 0 && !range.hasLower)) return false;
  }
  if (range.upper === null) return true;
  const side = order(range.upper, element);
  return side > 0 || (side === 0 && range.hasUpper);
}

/** A range from the lower end of one to the upper end of another. */
const span = (from: SqlRange, to: SqlRange): SqlRange => new SqlRange(from.type, false, from.lower, to.upper, from.hasLower, to.hasUpper);

function merge(a: SqlRange, b: SqlRange, ctx: EvalContext): SqlRange {
  if (a.isEmpty) return b;
  if (b.isEmpty) return a;
  // Of ends that are equal and print differently (1.5, 1.50) the second one's stands.
  return span(compareEnds(a, 'lower', b, 'lower', ctx) < 0 ? a : b, compareEnds(a, 'upper', b, 'upper', ctx) > 0 ? a : b);
}
function unite(a: SqlRange, b: SqlRange, ctx: EvalContext): SqlRange {
  if (!a.isEmpty && !b.isEmpty && !overlaps(a, b, ctx) && !isAdjacent(a, b, ctx)) {
    throw new DbError('22000', 'result of range union would not be contiguous');
  }
  return merge(a, b, ctx);
}
function intersect(a: SqlRange, b: SqlRange, ctx: EvalContext): SqlRange {
  if (!overlaps(a, b, ctx)) return emptyRange(a.type);
  return span(compareEnds(a, 'lower', b, 'lower', ctx) >= 0 ? a : b, compareEnds(a, 'upper', b, 'upper', ctx) <= 0 ? a : b);
}

/** What is left of `a` below and above `b`: no, one or two ranges. */
function difference(a: SqlRange, b: SqlRange, ctx: EvalContext): SqlRange[] {
  if (a.isEmpty) return [];
  if (!overlaps(a, b, ctx)) return [a];
  const left: SqlRange[] = [];
  if (compareEnds(a, 'lower', b, 'lower', ctx) < 0) left.push(makeRange(a.type, a.lower, b.lower, a.hasLower, !b.hasLower, ctx.types));
  if (compareEnds(a, 'upper', b, 'upper', ctx) > 0) left.push(makeRange(a.type, b.upper, a.upper, !b.hasUpper, a.hasUpper, ctx.types));
  return left.filter((range) => !range.isEmpty);
}
function subtract(a: SqlRange, b: SqlRange, ctx: EvalContext): SqlRange {
  if (a.isEmpty || b.isEmpty) return a;
  const left = difference(a, b, ctx);
  if (left.length > 1) throw new DbError('22000', 'result of range difference would not be contiguous');
  return left[0] ?? emptyRange(a.type);
}

// ------------------------------------------------------------------------------------------------------------------- multiranges

/** Either kind as a list of ranges; an empty range is none. */
function listOf(value: SqlRange | SqlMultirange): readonly SqlRange[] {
  if (value instanceof SqlMultirange) return value.ranges;
  return value.isEmpty ? [] : [value];
}
/** A test of the outermost ranges of both sides. */
const atEnds = (a: readonly SqlRange[], b: readonly SqlRange[], test: (aFirst: SqlRange, aLast: SqlRange, bFirst: SqlRange, bLast: SqlRange) => boolean): boolean =>
  a.length > 0 && b.length > 0 && test(a[0]!, a[a.length - 1]!, b[0]!, b[b.length - 1]!);

type ListTest = (a: readonly SqlRange[], b: readonly SqlRange[], ctx: EvalContext) => boolean;

const tests: Readonly<Record<string, ListTest>> = {
  '<<': (a, b, ctx) => atEnds(a, b, (_aFirst, aLast, bFirst) => isBefore(aLast, bFirst, ctx)),
  '>>': (a, b, ctx) => atEnds(a, b, (aFirst, _aLast, _bFirst, bLast) => isBefore(bLast, aFirst, ctx)),
  '&<': (a, b, ctx) => atEnds(a, b, (_aFirst, aLast, _bFirst, bLast) => endsBy(aLast, bLast, ctx)),
  '&>': (a, b, ctx) => atEnds(a, b, (aFirst, _aLast, bFirst) => startsFrom(aFirst, bFirst, ctx)),
  '-|-': (a, b, ctx) => atEnds(a, b, (aFirst, aLast, bFirst, bLast) => isAdjacentBefore(aLast, bFirst, ctx.types) || isAdjacentBefore(bLast, aFirst, ctx.types)),
  '&&': (a, b, ctx) => a.some((x) => b.some((y) => overlaps(x, y, ctx))),
  '@>': (a, b, ctx) => b.every((y) => a.some((x) => contains(x, y, ctx))),
  '<@': (a, b, ctx) => a.every((x) => b.some((y) => contains(y, x, ctx))),
};
const commutators: Readonly<Record<string, string>> = { '<<': '>>', '>>': '<<', '-|-': '-|-', '&&': '&&', '@>': '<@', '<@': '@>' };
const testNames: Readonly<Record<string, string>> = {
  '<<': 'before', '>>': 'after', '&<': 'overleft', '&>': 'overright', '-|-': 'adjacent', '&&': 'overlaps', '@>': 'contains', '<@': 'contained_by',
};

function differenceOfLists(a: readonly SqlRange[], b: readonly SqlRange[], ctx: EvalContext): SqlRange[] {
  let left = [...a];
  for (const removed of b) left = left.flatMap((range) => difference(range, removed, ctx));
  return left;
}
function intersectionOfLists(a: readonly SqlRange[], b: readonly SqlRange[], ctx: EvalContext): SqlRange[] {
  return a.flatMap((x) => b.map((y) => intersect(x, y, ctx)).filter((range) => !range.isEmpty));
}
const uniteMultiranges = (a: SqlMultirange, b: SqlMultirange, ctx: EvalContext): SqlMultirange => makeMultirange(a.type, [...a.ranges, ...b.ranges], ctx.types);
const intersectMultiranges = (a: SqlMultirange, b: SqlMultirange, ctx: EvalContext): SqlMultirange => makeMultirange(a.type, intersectionOfLists(a.ranges, b.ranges, ctx), ctx.types);
const subtractMultiranges = (a: SqlMultirange, b: SqlMultirange, ctx: EvalContext): SqlMultirange => makeMultirange(a.type, differenceOfLists(a.ranges, b.ranges, ctx), ctx.types);

// ------------------------------------------------------------------------------------------------------------------- constructors

/** int4range(lower, upper [, flags]) and its kin, also for range types of the user. */
function constructRange(type: number, lower: Datum, upper: Datum, flags: string | null, types: TypeRegistry): SqlRange {
  if (flags === null) throw new DbError('22000', 'range constructor flags argument must not be null');
  if (!/^[[(][\])]$/.test(flags)) throw new DbError('42601', 'invalid range bound flags', { hint: 'Valid values are "[]", "[)", "(]", and "()".' });
  return makeRange(type, lower, upper, flags[0] === '[', flags[1] === ']', types);
}
function constructMultirange(type: number, ranges: SqlArray, types: TypeRegistry): SqlMultirange {
  if (ranges.dims.length > 1) throw new DbError('21000', 'multiranges cannot be constructed from multidimensional arrays');
  if (ranges.elements.includes(null)) throw new DbError('22004', 'multirange values cannot contain null members');
  return makeMultirange(type, ranges.elements as readonly SqlRange[], types);
}

/** A type as the signatures of its constructors name it. */
type ConstructorTypes = Pick<TypeInfo, 'oid' | 'name' | 'schema' | 'subtypeOid' | 'arrayOid'>;

/** The functions that make values of a range type, named like the type. */
export function rangeConstructors(range: ConstructorTypes): readonly FunctionDef[] {
  const { oid, subtypeOid } = range;
  const make = (lower: Datum, upper: Datum, ctx: EvalContext): SqlRange => makeRange(oid, lower, upper, true, false, ctx.types);
  const makeWithFlags = (lower: Datum, upper: Datum, flags: string | null, ctx: EvalContext): SqlRange => constructRange(oid, lower, upper, flags, ctx.types);
  return [constructor(range, [subtypeOid, subtypeOid], make, { strict: false }), constructor(range, [subtypeOid, subtypeOid, TypeOid.text], makeWithFlags, { strict: false })];
}

/** The functions that make values of a multirange type over `range`, named like the type. */
export function multirangeConstructors(multirange: ConstructorTypes, range: ConstructorTypes): readonly FunctionDef[] {
  const { oid } = multirange;
  return [
    constructor(multirange, [], () => new SqlMultirange(oid, []), {}),
    constructor(multirange, [range.oid], (given: SqlRange, ctx: EvalContext) => makeMultirange(oid, [given], ctx.types), {}),
    constructor(multirange, [range.arrayOid], (given: SqlArray, ctx: EvalContext) => constructMultirange(oid, given, ctx.types), { variadic: true }),
  ];
}

function constructor({ name, schema, oid }: ConstructorTypes, args: readonly number[], impl: ScalarImpl, options: ScalarOptions): FunctionDef {
  return { ...scalar(name, '', 'any', impl, options), schema, args, returns: oid };
}

const builtinRanges = (): readonly { readonly range: TypeInfo; readonly multirange: TypeInfo }[] => ['int4', 'int8', 'num', 'ts', 'tstz', 'date'].map((prefix) => ({ range: builtinTypeByName(`${prefix}range`)!, multirange: builtinTypeByName(`${prefix}multirange`)! }));

const constructors = (): readonly FunctionDef[] => builtinRanges().flatMap(({ range, multirange }) => [...rangeConstructors(range), ...multirangeConstructors(multirange, range)]);

const castToMultirange = (value: SqlRange, _typmod: number, _isExplicit: boolean, ctx: EvalContext): SqlMultirange => makeMultirange(typeInfo(value.type, ctx.types).multirangeOid, [value], ctx.types);

/** The cast from a range type to its multirange type. */
export function multirangeCast(range: number, multirange: number): CastDef {
  return { source: range, target: multirange, context: 'explicit', method: castToMultirange };
}

export const rangeCasts = (): readonly CastDef[] => builtinRanges().map(({ range, multirange }) => multirangeCast(range.oid, multirange.oid));

// ------------------------------------------------------------------------------------------------------------------- questions, aggregates

const first = (m: SqlMultirange): SqlRange | undefined => m.ranges[0];
const last = (m: SqlMultirange): SqlRange | undefined => m.ranges[m.ranges.length - 1];

const questions = (): FunctionDef[] => [
  scalar('lower', 'anyrange', 'anyelement', (r: SqlRange) => r.lower),
  scalar('upper', 'anyrange', 'anyelement', (r: SqlRange) => r.upper),
  scalar('isempty', 'anyrange', 'bool', (r: SqlRange) => r.isEmpty),
  scalar('lower_inc', 'anyrange', 'bool', (r: SqlRange) => r.hasLower),
  scalar('upper_inc', 'anyrange', 'bool', (r: SqlRange) => r.hasUpper),
  scalar('lower_inf', 'anyrange', 'bool', (r: SqlRange) => !r.isEmpty && r.lower === null),
  scalar('upper_inf', 'anyrange', 'bool', (r: SqlRange) => !r.isEmpty && r.upper === null),
  scalar('lower', 'anymultirange', 'anyelement', (m: SqlMultirange) => first(m)?.lower ?? null),
  scalar('upper', 'anymultirange', 'anyelement', (m: SqlMultirange) => last(m)?.upper ?? null),
  scalar('isempty', 'anymultirange', 'bool', (m: SqlMultirange) => m.ranges.length === 0),
  scalar('lower_inc', 'anymultirange', 'bool', (m: SqlMultirange) => first(m)?.hasLower ?? false),
  scalar('upper_inc', 'anymultirange', 'bool', (m: SqlMultirange) => last(m)?.hasUpper ?? false),
  scalar('lower_inf', 'anymultirange', 'bool', (m: SqlMultirange) => m.ranges.length > 0 && first(m)!.lower === null),
  scalar('upper_inf', 'anymultirange', 'bool', (m: SqlMultirange) => m.ranges.length > 0 && last(m)!.upper === null),
  scalar('range_merge', 'anyrange anyrange', 'anyrange', merge),
  scalar('range_merge', 'anymultirange', 'anyrange', (m: SqlMultirange, ctx: EvalContext) =>
    m.ranges.length === 0 ? emptyRange(typeInfo(m.type, ctx.types).subtypeOid) : span(first(m)!, last(m)!)),
  setReturning('unnest', 'anymultirange', 'anyrange', ([m]) => (m as SqlMultirange).ranges),
];

const toMultirange = scalar('multirange', 'anyrange', 'anymultirange', () => null);

/** range_agg: the union as a multirange; NULLs are passed over. */
const unions = (): FunctionDef[] => ['anyrange', 'anymultirange'].map((type) => {
  const definition = aggregate<SqlRange[] | null>(
    'range_agg', type, 'anymultirange', () => null, (state, [value]) => {
      const list = state ?? [];
      list.push(...listOf(value as SqlRange | SqlMultirange));
      return list;
    }, () => null, { keepsArguments: true },
  );
  return specialized(definition, (_args, result) => ({
    ...definition,
    aggregate: { ...definition.aggregate!, final: (state, ctx) => (state === null ? null : makeMultirange(result.oid, state as SqlRange[], ctx.types)) },
  }));
});

const aggregates = (): FunctionDef[] => [
  ...unions(),
  aggregate<SqlRange | null>('range_intersect_agg', 'anyrange', 'anyrange', () => null, (state, [value], ctx) => (state === null ? (value as SqlRange) : intersect(state, value as SqlRange, ctx)), (state) => state),
  aggregate<SqlMultirange | null>('range_intersect_agg', 'anymultirange', 'anymultirange', () => null, (state, [value], ctx) => (state === null ? (value as SqlMultirange) : intersectMultiranges(state, value as SqlMultirange, ctx)), (state) => state),
];

// ------------------------------------------------------------------------------------------------------------------- catalogue

export const rangeFunctions = (): readonly FunctionDef[] => [
  ...constructors(), ...questions(), ...aggregates(),
  specialized(toMultirange, (_args, result) => ({ ...toMultirange, impl: (range: SqlRange, ctx: EvalContext) => makeMultirange(result.oid, [range], ctx.types) })),
];

const kinds = [['anyrange', 'range'], ['anymultirange', 'multirange']] as const;

export const rangeOperators = (): readonly OperatorDef[] => [
  ...Object.entries(tests).flatMap(([name, test]) =>
    kinds.flatMap(([left, leftName]) =>
      kinds.map(([right, rightName]) => {
        const commutator = commutators[name];
        return operator(name, left, right, 'bool', (a: SqlRange | SqlMultirange, b: SqlRange | SqlMultirange, ctx: EvalContext) => test(listOf(a), listOf(b), ctx), {
          ...(commutator === undefined ? {} : { commutator }),
          functionName: left === right && left === 'anyrange' ? `range_${testNames[name]!}` : `${leftName}_${testNames[name]!}_${rightName}`,
        });
      }),
    ),
  ),
  ...kinds.flatMap(([type, name]) => [
    operator('@>', type, 'anyelement', 'bool', (value: SqlRange | SqlMultirange, element: Datum, ctx: EvalContext) => listOf(value).some((range) => containsElement(range, element, ctx)), { commutator: '<@', functionName: `${name}_contains_elem` }),
    operator('<@', 'anyelement', type, 'bool', (element: Datum, value: SqlRange | SqlMultirange, ctx: EvalContext) => listOf(value).some((range) => containsElement(range, element, ctx)), { commutator: '@>', functionName: `elem_contained_by_${name}` }),
  ]),
  operator('+', 'anyrange', 'anyrange', 'anyrange', unite, { commutator: '+', functionName: 'range_union' }),
  operator('*', 'anyrange', 'anyrange', 'anyrange', intersect, { commutator: '*', functionName: 'range_intersect' }),
  operator('-', 'anyrange', 'anyrange', 'anyrange', subtract, { functionName: 'range_minus' }),
  operator('+', 'anymultirange', 'anymultirange', 'anymultirange', uniteMultiranges, { commutator: '+', functionName: 'multirange_union' }),
  operator('*', 'anymultirange', 'anymultirange', 'anymultirange', intersectMultiranges, { commutator: '*', functionName: 'multirange_intersect' }),
  operator('-', 'anymultirange', 'anymultirange', 'anymultirange', subtractMultiranges, { functionName: 'multirange_minus' }),
];
