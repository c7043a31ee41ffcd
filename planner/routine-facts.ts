/**
 * What decides whether the body of a function may stand in the place of its call: whether an expression may give another answer another time, whether it gives NULL for
 * every NULL it is given, and what evaluating it costs. All are PostgreSQL's notions of these, which are rougher than what could be known.
 *
 * Source. contain_mutable_functions and contain_nonstrict_functions of clauses.c, cost_qual_eval of costsize.c.
 */
import { baseTypeOf, typeInfo, type TypeRegistry } from '../base/types.js';
import type { Catalog } from './catalog.js';
import { forEachChild, isDomainCheck, someExpression } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { isImmutableCast } from './fold.js';

/** Whether the node, its children apart, is not immutable. */
export function isMutableNode(node: BoundExpression, registry: TypeRegistry): boolean {
  if (node.kind === 'call') return node.function.volatility !== 'immutable' && !isDomainCheck(node);
  if (node.kind !== 'cast' || node.isLiteral === true || node.method === 'binary') return false;
  return typeInfo(node.type.oid, registry).kind !== 'domain' && !isImmutableCast(baseTypeOf(node.arg.type, registry), node.type, node.method, registry);
}

/** Whether something in it is not immutable. */
export function isMutable(e: BoundExpression, registry: TypeRegistry): boolean {
  return someExpression(e, (node) => isMutableNode(node, registry));
}

const neverStrict = new Set<BoundExpression['kind']>(['and', 'or', 'isNull', 'isBoolean', 'isDistinct', 'case', 'coalesce', 'greatest', 'least', 'inList', 'row', 'rowCompare', 'subquery']);

/** Whether something in it may be other than NULL over a NULL. */
export function isNonStrict(e: BoundExpression): boolean {
  return someExpression(e, (node) => {
    if (node.kind === 'call') return !node.function.strict && !isDomainCheck(node);
    if (node.kind === 'quantifiedArray') return !node.operator.strict;
    return neverStrict.has(node.kind) || (node.kind === 'array' && !node.isNested);
  });
}

/** In calls of an operator. An array that is not written out has ten elements, of which half are looked at. */
export function costOf(e: BoundExpression, catalog: Catalog): number {
  let cost = ownCost(e, catalog);
  forEachChild(e, (child) => {
    cost += costOf(child, catalog);
  });
  return cost;
}

function ownCost(e: BoundExpression, catalog: Catalog): number {
  switch (e.kind) {
    case 'call':
      return e.function.oid === undefined ? 1 : (catalog.routine?.(e.function.oid)?.cost ?? 100);
    case 'cast':
      return e.method === 'binary' || e.isLiteral === true ? 0 : e.method === 'io' ? 2 : 1;
    case 'isDistinct':
    case 'greatest':
    case 'least':
      return 1;
    case 'rowCompare':
      return e.left.length;
    case 'inList':
      return e.list.length / 2;
    case 'quantifiedArray':
      return e.array.kind === 'array' ? e.array.elements.length / 2 : 5;
    default:
      return 0;
  }
}
