/**
 * `value = ANY (array)` and `value <> ALL (array)` for row after row and the same array, and IN lists without columns, which are such arrays: its elements as a set, so that a row costs
 * one look-up and not a comparison with each. The twin is the loop of `quantifiedArray` (expression-interpreter.ts), which the first row takes: an array of which only one row asks, as a
 * column's is, is not worth a set.
 *
 * Source. PostgreSQL's ExecEvalHashedScalarArrayOp, with its least number of elements.
 */
import { type Datum, type GroupKey, groupKeyOf, SqlArray } from '../base/datum.js';
import { sqlType, typeInfo } from '../base/types.js';
import { isEqualName, isOfOneType, isUnequalName } from '../functions/comparison.js';
import type { EvalContext, FunctionDef } from '../functions/registry.js';
import type { BoundExpression } from '../planner/expression.js';
import { makeArray } from './array-values.js';

export const HashedElementsMin = 9;

interface ElementSet {
  readonly keyOf: (value: Datum) => GroupKey;
  readonly keys: ReadonlySet<GroupKey>;
  readonly hasNull: boolean;
}

/** Undefined: one row has asked. */
const sets = new WeakMap<SqlArray, ElementSet | undefined>();

/** What the loop gives, or undefined where it is to find out. */
export function lookUpElement(value: Datum, array: SqlArray, operator: FunctionDef, quantifier: 'any' | 'all', ctx: Pick<EvalContext, 'types'>): Datum | undefined {
  if (array.elements.length < HashedElementsMin || !isMembership(operator, quantifier) || !hasKeys(array, ctx)) return undefined;
  let set = sets.get(array);
  if (set === undefined) {
    if (!sets.has(array)) {
      sets.set(array, undefined);
      return undefined;
    }
    set = makeSet(array, ctx);
    sets.set(array, set);
  }
  if (value === null) return null;
  const isFound = set.keys.has(set.keyOf(value));
  return isFound || !set.hasNull ? isFound === (quantifier === 'any') : null;
}

function makeSet(array: SqlArray, ctx: Pick<EvalContext, 'types'>): ElementSet {
  const keyOf = groupKeyOf(sqlType(array.elementType), ctx.types);
  const keys = new Set(array.elements.map(keyOf));
  return { keyOf, hasNull: keys.delete(null), keys };
}

function isMembership(operator: FunctionDef, quantifier: 'any' | 'all'): boolean {
  return isOfOneType(operator) && (quantifier === 'any' ? isEqualName(operator.name) : isUnequalName(operator.name));
}

/** Arrays and records may be of types that only a comparison finds to be different. */
function hasKeys(array: SqlArray, ctx: Pick<EvalContext, 'types'>): boolean {
  const { storage } = typeInfo(array.elementType, ctx.types);
  return storage !== 'array' && storage !== 'record';
}

// ------------------------------------------------------------------------------------------------------------------- lists that stay the same

/** The same for all rows of a run, and computed without an error. */
const isFixed = (e: BoundExpression): boolean => e.kind === 'constant' || e.kind === 'parameter';

const fixed = new WeakMap<BoundExpression, boolean>();

/** Whether a list of values, IN's or that of ARRAY[...], is long enough to be kept for a run, and of constants and parameters alone. */
export function isKeptList(e: Extract<BoundExpression, { kind: 'inList' | 'array' }>): boolean {
  const list = e.kind === 'inList' ? e.list : e.elements;
  if (list.length < HashedElementsMin) return false;
  let answer = fixed.get(e);
  if (answer === undefined) fixed.set(e, (answer = list.every(isFixed)));
  return answer;
}

/** The values of such a list as an array. */
export function keptArray(e: Extract<BoundExpression, { kind: 'inList' | 'array' }>, evaluate: (item: BoundExpression) => Datum, ctx: EvalContext): SqlArray {
  if (e.kind === 'inList') return SqlArray.of(e.list[0]!.type.oid, e.list.map(evaluate));
  return makeArray(e.type, e.elements.map(evaluate), e.isNested, ctx) as SqlArray;
}
