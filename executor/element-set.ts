/**
 * `value = ANY (array)` and `value <> ALL (array)` for row after row and the same array: its elements as a set, so that a row costs one look-up and not a comparison with each.
 * The twin is the loop of `quantifiedArray` (expression-interpreter.ts), which the first row takes: an array of which only one row asks, as a column's is, is not worth a set.
 *
 * Source. PostgreSQL's ExecEvalHashedScalarArrayOp, with its least number of elements.
 */
import type { Datum, SqlArray } from '../base/datum.js';
import { TypeOid } from '../base/types.js';
import { isEqualName, isUnequalName } from '../functions/comparison.js';
import type { FunctionDef } from '../functions/registry.js';

const HashedElementsMin = 9;

/** Types whose values are equal where they are `===`; integers are among each other too. */
const integers = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
const identical = new Set<number>([...integers, TypeOid.bool, TypeOid.oid, TypeOid.text, TypeOid.date, TypeOid.time, TypeOid.timestamp, TypeOid.timestamptz]);

interface ElementSet {
  readonly values: ReadonlySet<Datum>;
  readonly hasNull: boolean;
}

/** Undefined: one row has asked. */
const sets = new WeakMap<SqlArray, ElementSet | undefined>();

/** What the loop gives, or undefined where it is to find out. */
export function lookUpElement(value: Datum, array: SqlArray, operator: FunctionDef, quantifier: 'any' | 'all'): Datum | undefined {
  if (array.elements.length < HashedElementsMin || !isMembership(operator, quantifier)) return undefined;
  let set = sets.get(array);
  if (set === undefined) {
    if (!sets.has(array)) {
      sets.set(array, undefined);
      return undefined;
    }
    const values = new Set(array.elements);
    set = { hasNull: values.delete(null), values };
    sets.set(array, set);
  }
  if (value === null) return null;
  const isFound = set.values.has(value);
  return isFound || !set.hasNull ? isFound === (quantifier === 'any') : null;
}

function isMembership({ name, args }: FunctionDef, quantifier: 'any' | 'all'): boolean {
  const [left, right] = args;
  if (left === undefined || right === undefined || !identical.has(left) || (left !== right && !(integers.has(left) && integers.has(right)))) return false;
  return quantifier === 'any' ? isEqualName(name) : isUnequalName(name);
}
