/**
 * Whether two subqueries were bound from the same text: their plans are alike but for the ids of the columns they make, which each binding has of its own.
 *
 * S1  A column of an enclosing row is the same id on both sides; of the others each stands for one of the other side everywhere.
 */
import type { ColumnId, SubqueryExpression } from './expression.js';

/** Where ids of columns stand, alone or in lists. */
const idKeys: ReadonlySet<string> = new Set(['id', 'rowKey', 'ordinality', 'columns', 'outer', 'leftColumns', 'rightColumns', 'seedColumns', 'termColumns', 'inputColumns']);
/** Where a text stands in the statement does not count, nor what its columns are called. */
const ignored: ReadonlySet<string> = new Set(['offset', 'name', 'alias']);
/** Objects of the catalog and of the function tables are themselves or others. */
const identities: ReadonlySet<string> = new Set(['table', 'function', 'equals', 'lessThan', 'operator', 'method', 'inRange']);

export function sameSubquery(a: SubqueryExpression, b: SubqueryExpression): boolean {
  if (a.plan === b.plan) return a.subkind === b.subkind && a.comparison === b.comparison;
  const outer = new Set([...a.outer, ...b.outer]);
  const counterparts = new Map<ColumnId, ColumnId>();
  const taken = new Map<ColumnId, ColumnId>();
  const sameId = (x: ColumnId, y: ColumnId): boolean => {
    if (outer.has(x) || outer.has(y)) return x === y;
    const known = counterparts.get(x);
    if (known !== undefined || taken.has(y)) return known === y;
    counterparts.set(x, y);
    taken.set(y, x);
    return true;
  };
  const same = (x: unknown, y: unknown, key: string): boolean => {
    if (typeof x === 'number' && typeof y === 'number' && idKeys.has(key)) return sameId(x, y);
    if (Object.is(x, y)) return true;
    if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null || identities.has(key) || Object.getPrototypeOf(x) !== Object.getPrototypeOf(y)) return false;
    if (Array.isArray(x)) return x.length === (y as unknown[]).length && x.every((item, i) => same(item, (y as unknown[])[i], key));
    const left = Object.entries(x).filter(([name, value]) => !ignored.has(name) && value !== undefined);
    const right = Object.entries(y).filter(([name, value]) => !ignored.has(name) && value !== undefined);
    return left.length > 0 && left.length === right.length && left.every(([name, value]) => same(value, (y as Record<string, unknown>)[name], name));
  };
  return same(a, b, '');
}
