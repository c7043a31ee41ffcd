/**
 * ORDER BY, GROUP BY and DISTINCT ON items. A bare name or an integer there may mean an entry of the select list: ORDER BY prefers the select
 * list's names to the input's columns, GROUP BY the other way round; anything else is an expression over the input.
 *
 * Source. parse_clause.c (findTargetlistEntrySQL92).
 */
import { DbError } from '../base/errors.js';
import { typeName } from '../base/types.js';
import type { Expression, SortItem } from '../parser/ast.js';
import { findOperator, sortOperatorDirection } from './binder-operator.js';
import { findSetItem } from './binder-sets.js';
import { asText } from './binder-types.js';
import { sameExpression } from './expression-tools.js';
import type { BoundExpression, SortKey } from './expression.js';
import type { QueryLevel } from './scope.js';

/** An entry of the select list; a junk one exists only to be sorted or grouped by. */
export interface SelectItem {
  expression: BoundExpression;
  readonly name: string;
  readonly isJunk: boolean;
}

export type ItemClause = 'ORDER BY' | 'GROUP BY' | 'DISTINCT ON';

/** Position in `items` of what `e` means in `clause`, adding a junk entry when it is a new expression. */
export function findItem(level: QueryLevel, items: SelectItem[], e: Expression, clause: ItemClause): number {
  const position = positionOf(level, items, e, clause);
  // What is sorted or grouped by has a type, also in a branch of a set operation, which would give a literal that of the other branch.
  items[position]!.expression = asText(level.binder, items[position]!.expression);
  level.binder.record?.items.set(e, position);
  return position;
}

function positionOf(level: QueryLevel, items: SelectItem[], e: Expression, clause: ItemClause): number {
  if (e.kind === 'columnRef' && e.parts.length === 1) {
    const name = e.parts[0]!;
    const isInputColumn = clause === 'GROUP BY' && hasOwnColumn(level, name);
    if (!isInputColumn) {
      let found = -1;
      for (let i = 0; i < items.length; i++) {
        if (items[i]!.isJunk || items[i]!.name !== name) continue;
        if (found === -1) found = i;
        else if (!sameExpression(items[i]!.expression, items[found]!.expression)) throw new DbError('42702', `${clause} "${name}" is ambiguous`, { offset: e.offset });
      }
      if (found !== -1) return found;
    }
  }
  if (e.kind === 'number' || e.kind === 'string' || e.kind === 'null' || e.kind === 'boolean' || e.kind === 'bitString') {
    if (e.kind !== 'number' || !/^-?\d+$/.test(e.text) || Math.abs(Number(e.text)) > 2147483647) throw new DbError('42601', `non-integer constant in ${clause}`, { offset: e.offset });
    const position = Number(e.text);
    const visible = items.filter((item) => !item.isJunk).length;
    if (position < 1 || position > visible) throw new DbError('42P10', `${clause} position ${position} is not in select list`, { offset: e.offset });
    return position - 1;
  }
  const before = level.clause;
  const setCalls = level.setCalls.length;
  level.clause = clause;
  const expression = asText(level.binder, level.binder.hooks.bindExpression(level, e));
  level.clause = before;
  for (let i = 0; i < items.length; i++) if (sameExpression(items[i]!.expression, expression)) return i;
  if (level.setCalls.length > setCalls) {
    const found = findSetItem(level, items, expression, setCalls);
    if (found !== -1) return found;
  }
  items.push({ expression, name: '?column?', isJunk: true });
  return items.length - 1;
}

function hasOwnColumn(level: QueryLevel, name: string): boolean {
  // Whether the level itself (not an enclosing one) has a column of that name; ambiguity is reported when it is bound.
  return level.namespace.some((item) => item.columnsVisible && item.entry.find(name) !== -1);
}

/** Direction, nulls and ordering operator of a sort item over a bound expression. */
export function bindSortKey(level: QueryLevel, item: SortItem, expression: BoundExpression): SortKey {
  let descending = item.direction === 'desc';
  if (item.using !== undefined) {
    const direction = sortOperatorDirection(level.binder, item.using, expression.type);
    if (direction === undefined) {
      throw new DbError('42809', `operator ${item.using.operator} is not a valid ordering operator`, { offset: item.using.offset, hint: 'Ordering operators must be "<" or ">" members of btree operator families.' });
    }
    descending = direction === 'desc';
  }
  requireSortable(level, expression, expression.offset);
  return { expression, descending, nullsFirst: item.nulls === undefined ? descending : item.nulls === 'first', collation: undefined };
}

function requireSortable(level: QueryLevel, expression: BoundExpression, offset: number): void {
  if (findOperator(level.binder, '<', expression.type, expression.type) !== undefined) return;
  throw new DbError('42883', `could not identify an ordering operator for type ${typeName(expression.type.oid, level.binder.types)}`, {
    offset,
    hint: 'Use an explicit ordering operator or modify the query.',
  });
}

export function requireGroupable(level: QueryLevel, expression: BoundExpression): void {
  if (findOperator(level.binder, '=', expression.type, expression.type) !== undefined) return;
  throw new DbError('42883', `could not identify an equality operator for type ${typeName(expression.type.oid, level.binder.types)}`, { offset: expression.offset });
}
