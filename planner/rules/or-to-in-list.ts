/** `a = 1 OR a = 2` as `a IN (1, 2)`, which an index can follow and a hash can test. */
import { TypeOid } from '../../base/types.js';
import type { Binder } from '../binder-context.js';
import { operatorFunction } from '../binder-operator.js';
import { hasSubquery, isVolatile, mapChildren, mapPlanExpressions, sameExpression, columnsOf } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { mapPlanBottomUp } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const orToInList: Rule = {
  name: 'or-to-in-list',
  isRequired: false,
  apply: (statement, cx) => {
    const gather = gatherWith(cx.binder);
    return rewriteStatement(statement, (plan) => mapPlanBottomUp(plan, (node) => mapPlanExpressions(node, gather)));
  },
};

type Equality = Extract<BoundExpression, { kind: 'call' }>;

function gatherWith(binder: Binder): (e: BoundExpression) => BoundExpression {
  const gather = (e: BoundExpression): BoundExpression => gatherOne(binder, mapChildren(e, gather));
  return gather;
}

function gatherOne(binder: Binder, mapped: BoundExpression): BoundExpression {
  if (mapped.kind !== 'or' || mapped.args.length < 2) return mapped;
  // Runs of equalities over one expression; a Map by the left column keeps long lists linear.
  const groups = new Map<number, { arg: BoundExpression; function: Equality['function']; list: BoundExpression[]; at: number }>();
  const args: (BoundExpression | undefined)[] = [];
  for (const arg of mapped.args) {
    const equality = equalityOf(binder, arg);
    if (equality === undefined) {
      args.push(arg);
      continue;
    }
    const { column, list } = equality;
    const group = groups.get(column);
    if (group !== undefined && group.function === equality.function && sameExpression(group.arg, equality.arg)) {
      group.list.push(...list);
      continue;
    }
    if (group === undefined) groups.set(column, { arg: equality.arg, function: equality.function, list: [...list], at: args.length });
    args.push(arg);
  }
  let changed = false;
  for (const group of groups.values()) {
    if (group.list.length < 2) continue;
    changed = true;
    args[group.at] = { kind: 'inList', type: mapped.type, offset: mapped.offset, arg: group.arg, list: group.list, equals: group.function, negated: false };
  }
  if (!changed) return mapped;
  const kept = args.filter((arg): arg is BoundExpression => arg !== undefined);
  return kept.length === 1 ? kept[0]! : { ...mapped, args: kept };
}

/** `column = value` or `column IN (values)` with operands of one type. */
function equalityOf(binder: Binder, e: BoundExpression): { column: number; arg: BoundExpression; function: Equality['function']; list: readonly BoundExpression[] } | undefined {
  const columnId = (arg: BoundExpression): number | undefined => {
    let plain = arg;
    while (plain.kind === 'cast') plain = plain.arg;
    return plain.kind === 'column' ? plain.id : undefined;
  };
  const isValue = (arg: BoundExpression): boolean => columnsOf(arg).size === 0 && !hasSubquery(arg) && !isVolatile(arg);
  if (e.kind === 'inList' && !e.negated) {
    const column = columnId(e.arg);
    return column === undefined || !e.list.every(isValue) ? undefined : { column, arg: e.arg, function: e.equals, list: e.list };
  }
  if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) return undefined;
  const [left, right] = e.args as [BoundExpression, BoundExpression];
  for (const [arg, value] of [[left, right], [right, left]] as const) {
    const column = columnId(arg);
    if (column === undefined || !isValue(value)) continue;
    if (arg.type.oid === value.type.oid) return { column, arg, function: e.function, list: [value] };
    // `bigint = 5`: an integer constant is as well of the column's type when it fits.
    if (value.kind === 'constant' && typeof value.value === 'number' && fitsInteger(arg.type.oid, value.type.oid, value.value)) {
      return { column, arg, function: operatorFunction(binder, '=', arg.type, arg.type, -1), list: [{ ...value, type: arg.type }] };
    }
  }
  return undefined;
}

const integerMax = new Map<number, number>([[TypeOid.int2, 0x7fff], [TypeOid.int4, 0x7fffffff], [TypeOid.int8, Number.MAX_SAFE_INTEGER]]);

function fitsInteger(target: number, source: number, value: number): boolean {
  const max = integerMax.get(target);
  return max !== undefined && integerMax.has(source) && value <= max && value >= -max - 1;
}
