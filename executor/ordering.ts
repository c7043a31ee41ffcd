/** Sort orders and equality keys over several values, made once per plan node and kept. */
import type { Comparator, Datum, GroupKey } from '../base/datum.js';
import { comparatorOf, groupKeyOf, joinGroupKeys } from '../base/datum.js';
import { notSupported } from '../base/errors.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { SortKey } from '../planner/expression.js';
import { evaluate } from './expression-interpreter.js';
import type { Runtime } from './runtime.js';

/** Three-way comparison of two lists of sort key values. */
export type KeysComparator = (a: readonly Datum[], b: readonly Datum[]) => number;

const codePointCollations = new Set(['default', 'C', 'POSIX', 'ucs_basic', 'C.UTF-8', 'C.utf8']);

/** One key's comparison, direction and NULLs included. */
export function sortKeyComparator(key: SortKey, registry: TypeRegistry): Comparator {
  if (key.collation !== undefined && !codePointCollations.has(key.collation)) throw notSupported(`collation "${key.collation}"`);
  const compare = comparatorOf(key.expression.type, registry);
  const sign = key.descending ? -1 : 1;
  const nullSign = key.nullsFirst ? -1 : 1;
  return (a, b) => {
    if (a === null) return b === null ? 0 : nullSign;
    if (b === null) return -nullSign;
    return sign * compare(a, b);
  };
}

function keysComparator(keys: readonly SortKey[], registry: TypeRegistry): KeysComparator {
  const comparators = keys.map((key) => sortKeyComparator(key, registry));
  return (a, b) => {
    for (let i = 0; i < comparators.length; i++) {
      const order = comparators[i]!(a[i]!, b[i]!);
      if (order !== 0) return order;
    }
    return 0;
  };
}

const comparators = new WeakMap<readonly SortKey[], KeysComparator>();

export function compareSortKeys(keys: readonly SortKey[], a: readonly Datum[], b: readonly Datum[], ctx: EvalContext): number {
  let compare = comparators.get(keys);
  if (compare === undefined) comparators.set(keys, (compare = keysComparator(keys, ctx.types)));
  return compare(a, b);
}

/** The values of sort keys for the current row. */
export function sortKeyValues(keys: readonly SortKey[], runtime: Runtime): Datum[] {
  return keys.map((key) => evaluate(key.expression, runtime));
}

interface Typed {
  readonly type: SqlType;
}

const keyFunctions = new WeakMap<Typed, (value: Datum) => GroupKey>();

/** What of a value of this type is equal exactly for equal values; the same function each time it is asked. */
export function keyFunction(typed: Typed, registry: TypeRegistry): (value: Datum) => GroupKey {
  let keyOf = keyFunctions.get(typed);
  if (keyOf === undefined) keyFunctions.set(typed, (keyOf = groupKeyOf(typed.type, registry)));
  return keyOf;
}

/** One string for several values of the given types; equal strings exactly for equal values, NULLs equal to each other. */
export function datumsKey(typed: readonly Typed[], values: readonly Datum[], ctx: EvalContext): string {
  return joinGroupKeys(values.map((value, i) => keyFunction(typed[i]!, ctx.types)(value)));
}
