/**
 * The order in which conditions of one filter are tested. Comparisons of numbers cost a nanosecond, of texts ten times that, searches in texts more, so the cheap ones go first.
 * Only conditions that cannot fail change places, and none crosses one that can: whatever raises an error is met under the same conditions as before.
 */
import { baseTypeOf, typeInfo, type Storage, type TypeRegistry } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=']);
const numbers: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'date', 'time', 'timestamp', 'float4', 'float8', 'numeric']);

const Cost = { number: 0, text: 1, texts: 2, search: 3 } as const;

export function orderedConditions(conditions: readonly BoundExpression[], types: TypeRegistry): readonly BoundExpression[] {
  if (conditions.length < 2) return conditions;
  const ordered: BoundExpression[] = [];
  let run: { readonly e: BoundExpression; readonly cost: number }[] = [];
  const finish = (): void => {
    ordered.push(...run.sort((a, b) => a.cost - b.cost).map(({ e }) => e));
    run = [];
  };
  for (const e of conditions) {
    const cost = costOf(e, types);
    if (cost !== undefined) run.push({ e, cost });
    else {
      finish();
      ordered.push(e);
    }
  }
  finish();
  return ordered;
}

/** Whether it can raise no error, whatever the row. */
export function cannotFail(e: BoundExpression, types: TypeRegistry): boolean {
  return costOf(e, types) !== undefined;
}

/** Undefined: it could fail, or nothing is known of it. */
function costOf(e: BoundExpression, types: TypeRegistry): number | undefined {
  if (e.kind === 'call' && e.args.length === 2 && e.operator !== undefined) {
    const [left, right] = e.args as readonly [BoundExpression, BoundExpression];
    if (e.function.schema !== 'pg_catalog') return undefined;
    if (comparisons.has(e.operator)) {
      // Of two types the one may have to be made the other, which can fail; integers are compared as they are.
      const kind = kindOf(left, types);
      if (left.type.oid !== right.type.oid && !(isInteger(left, types) && isInteger(right, types))) return undefined;
      return kind === undefined || kind !== kindOf(right, types) ? undefined : kind === 'text' ? Cost.text : Cost.number;
    }
    const isSearch = (e.operator === '~~' || e.operator === '!~~') && right.kind === 'constant' && typeof right.value === 'string' && !right.value.includes('\\');
    return isSearch && kindOf(left, types) === 'text' ? Cost.search : undefined;
  }
  if (e.kind === 'and' || e.kind === 'or') {
    let cost: number = Cost.number;
    for (const arg of e.args) {
      const ofArg = costOf(arg, types);
      if (ofArg === undefined) return undefined;
      cost = Math.max(cost, ofArg);
    }
    return cost;
  }
  if (e.kind !== 'inList' || e.list.some((item) => item.kind !== 'constant')) return undefined;
  const kind = kindOf(e.arg, types);
  return kind === undefined ? undefined : kind === 'text' ? Cost.texts : Cost.number;
}

export function isInteger(e: BoundExpression, types: TypeRegistry): boolean {
  const { storage } = typeInfo(e.type.oid, types);
  return storage === 'int2' || storage === 'int4' || storage === 'int8';
}

/** What a column, constant or parameter is, casts aside that change nothing. */
function kindOf(given: BoundExpression, types: TypeRegistry): 'number' | 'text' | undefined {
  let e = given;
  while (e.kind === 'cast' && e.method === 'binary') e = e.arg;
  if (e.kind !== 'column' && e.kind !== 'constant' && e.kind !== 'parameter') return undefined;
  const { storage } = typeInfo(baseTypeOf(e.type, types).oid, types);
  return numbers.has(storage) ? 'number' : storage === 'text' || storage === 'bpchar' ? 'text' : undefined;
}
