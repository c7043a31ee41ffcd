/**
 * GROUP BY: its elements (plain expressions, ROLLUP, CUBE, GROUPING SETS), and the lifting of the select's expressions above the aggregate, where a
 * grouping expression has become a column and any other column of FROM is an error, unless the grouping columns determine it.
 *
 * G1  Aggregate arguments are not lifted: they stay below, over the columns of FROM. Direct arguments of ordered-set aggregates are: they are computed for a finished group.
 * G2  A column that a grouped primary key of its table determines joins every grouping set; it changes no group.
 *
 * Source. parse_agg.c (parseCheckAggregates, expand_grouping_sets), parse_clause.c (transformGroupClause).
 */
import { unreachable } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { Expression, GroupingElement } from '../parser/ast.js';
import { findItem, requireGroupable, type SelectItem } from './binder-sort.js';
import { forEachChild, logicalPlanOf, mapAllExpressions, mapChildren, sameExpression, type Subquery } from './expression-tools.js';
import { Folder } from './fold.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { ComputedColumn } from './logical-plan.js';
import type { QueryLevel } from './scope.js';

const groupingSetsMax = 4096;

export interface GroupClause {
  /** Positions in the select items, distinct. */
  readonly items: number[];
  /** Undefined: one set of all of them. Otherwise positions in `items`. */
  readonly sets: readonly (readonly number[])[] | undefined;
}

/** Resolves the elements of GROUP BY to entries of `items`. */
export function bindGroupBy(level: QueryLevel, elements: readonly GroupingElement[], isDistinct: boolean, items: SelectItem[]): GroupClause {
  const grouped: number[] = [];
  const positionOf = (e: Expression): number => {
    const item = findItem(level, items, e, 'GROUP BY');
    const { expression } = items[item]!;
    // By position or name an entry of the select list may be meant that has an aggregate or window call in it.
    refuseCalls(level, expression);
    requireGroupable(level, expression);
    let at = grouped.indexOf(item);
    if (at === -1) at = grouped.push(item) - 1;
    return at;
  };
  // (a, b) stands for both columns; ROW(a, b) for one composite value.
  const members = (e: Expression): number[] => (e.kind === 'row' && !e.isExplicit ? e.elements.flatMap(members) : [positionOf(e)]);
  const setsOf = (element: GroupingElement): number[][] => {
    switch (element.kind) {
      case 'groupingExpression':
        return [members(element.expression)];
      case 'emptyGroupingSet':
        return [[]];
      case 'rollup': {
        const parts = element.items.map(members);
        return parts.map((_, i) => parts.slice(0, parts.length - i).flat()).concat([[]]);
      }
      case 'cube': {
        const parts = element.items.map(members);
        if (parts.length > 12) throw new DbError('54011', 'CUBE is limited to 12 elements', { offset: element.offset });
        const sets: number[][] = [];
        for (let mask = (1 << parts.length) - 1; mask >= 0; mask--) sets.push(parts.filter((_, i) => (mask & (1 << (parts.length - 1 - i))) !== 0).flat());
        return sets;
      }
      case 'groupingSets':
        return element.sets.flatMap(setsOf);
      default:
        return unreachable(element);
    }
  };
  if (elements.every((element) => element.kind === 'groupingExpression')) {
    for (const element of elements) setsOf(element);
    return { items: grouped, sets: undefined };
  }
  let sets: number[][] = [[]];
  for (const element of elements) {
    const own = setsOf(element);
    sets = sets.flatMap((left) => own.map((right) => [...new Set([...left, ...right])]));
    if (sets.length > groupingSetsMax) throw new DbError('54001', 'too many grouping sets present (maximum 4096)', { offset: element.offset });
  }
  if (isDistinct) {
    const seen = new Set<string>();
    sets = sets.filter((set) => {
      const key = [...set].sort((a, b) => a - b).join();
      return !seen.has(key) && seen.add(key) !== undefined;
    });
  }
  return { items: grouped, sets };
}

function refuseCalls(level: QueryLevel, e: BoundExpression): void {
  if (e.kind === 'column') {
    if (level.binder.aggregateOwner(e.id) === level) throw new DbError('42803', 'aggregate functions are not allowed in GROUP BY', { offset: e.offset });
    level.setCalls.find((call) => call.id === e.id)?.args.forEach((arg) => refuseCalls(level, arg));
    if (level.windowCalls.some(({ call }) => call.id === e.id)) throw new DbError('42P20', 'window functions are not allowed in GROUP BY', { offset: e.offset });
  }
  forEachChild(e, (child) => refuseCalls(level, child));
}

/** Lifts expressions of one grouped select above its aggregate. */
export class GroupLift {
  readonly groupBy: ComputedColumn[] = [];
  readonly #level: QueryLevel;
  readonly #byColumn = new Map<ColumnId, BoundExpression>();
  /** `known`: what the key is to an expression that it is a part of, where it is a constant; a grouping set without the key does not make that NULL, as in PostgreSQL. */
  readonly #compound: { readonly expression: BoundExpression; readonly column: BoundExpression; readonly known: BoundExpression | undefined }[] = [];
  readonly #hasSets: boolean;
  /** Positions in every grouping set: what decides functional dependency. */
  readonly #common: ReadonlySet<number>;
  readonly addedPositions: number[] = [];

  constructor(level: QueryLevel, expressions: readonly BoundExpression[], sets: readonly (readonly number[])[] | undefined) {
    this.#level = level;
    this.#hasSets = sets !== undefined;
    this.#common = new Set(expressions.map((_, i) => i).filter((i) => sets === undefined || sets.every((set) => set.includes(i))));
    for (const expression of expressions) this.#add(expression, expression.kind === 'column' ? expression.name : '?column?');
  }

  #add(expression: BoundExpression, name: string): BoundExpression {
    const id = this.#level.binder.newId();
    this.groupBy.push({ id, expression });
    const column: BoundExpression = { kind: 'column', type: expression.type, offset: expression.offset, id, name };
    if (expression.kind === 'column') this.#byColumn.set(expression.id, column);
    else this.#compound.push({ expression, column, known: this.#hasSets ? this.#known(expression) : undefined });
    return column;
  }

  /** Position of `e` among the grouping expressions, -1 when it is none. */
  positionOf(e: BoundExpression): number {
    return this.groupBy.findIndex((group) => sameExpression(group.expression, e));
  }

  #known(expression: BoundExpression): BoundExpression | undefined {
    const { types, context, evaluate } = this.#level.binder;
    const folded = new Folder(types, context, evaluate, undefined).tryFold(expression, () => undefined);
    return folded.kind === 'constant' ? folded : undefined;
  }

  /** `isPart`: a key that is a constant is not looked up as a key, neither in HAVING nor inside of another expression. */
  lift(e: BoundExpression, isInSubquery = false, isPart = false): BoundExpression {
    if (e.kind === 'column') {
      const grouped = this.#byColumn.get(e.id);
      if (grouped !== undefined) return { ...grouped, offset: e.offset } as BoundExpression;
      if (!this.#level.owns(e.id)) return e;
      return this.#dependent(e, isInSubquery);
    }
    // Inside a subquery only grouped columns are known again, not what is computed from others, as in PostgreSQL.
    if (!isInSubquery) for (const group of this.#compound) if (sameExpression(group.expression, e)) return (isPart ? group.known : undefined) ?? group.column;
    // IS NOT DISTINCT FROM is NOT over the comparison, which may be a key.
    if (!isInSubquery && e.kind === 'isDistinct' && e.negated && this.#compound.some((group) => sameExpression(group.expression, { ...e, negated: false }))) {
      return { kind: 'not', type: e.type, offset: e.offset, arg: this.lift({ ...e, negated: false }, false, true) };
    }
    return mapChildren(
      e,
      (child) => this.lift(child, isInSubquery, true),
      (query) => {
        if (!query.outer.some((id) => this.#level.owns(id))) return query;
        const plan = mapAllExpressions(logicalPlanOf(query), (inner) => this.lift(inner, true));
        if (query.subkind === 'exists') this.#requireUnkept(query);
        const outer = query.outer.map((id) => {
          const by = this.#byColumn.get(id);
          return by !== undefined && by.kind === 'column' ? by.id : id;
        });
        return { ...query, plan, outer: [...new Set(outer.filter((id) => !this.#level.owns(id)))] };
      },
    );
  }

  /** The select list of an EXISTS is not kept (`isOnlyAsked` in binder-select.ts); what it reads of this query must be grouped all the same. */
  #requireUnkept({ outer }: Subquery): void {
    for (const id of outer) {
      const read = this.#level.owns(id) && !this.#byColumn.has(id) ? this.#level.binder.unkept.get(id) : undefined;
      if (read !== undefined) this.#dependent(read, true);
    }
  }

  #dependent(e: Extract<BoundExpression, { kind: 'column' }>, isInSubquery: boolean): BoundExpression {
    const entry = this.#level.entries.find((candidate) => !candidate.isJoin && candidate.columns.some((column) => column.id === e.id)) ?? this.#level.entries.find((candidate) => candidate.rowWitness?.id === e.id || candidate.rowKey === e.id || candidate.columns.some((column) => column.id === e.id));
    const table = entry?.table;
    if (entry !== undefined && table !== undefined) {
      const primary = table.indexes.find((index) => index.isPrimary && index.deferrable === 'not deferrable');
      const visible = table.columns.filter((column) => !column.isDropped);
      const isDetermined =
        primary !== undefined &&
        primary.columns.every((key) => {
          const id = entry.columns[visible.findIndex((column) => column.index === key.column)]?.id;
          const position = id === undefined ? -1 : this.groupBy.findIndex((group) => group.expression.kind === 'column' && group.expression.id === id);
          return position !== -1 && (this.#common.has(position) || this.addedPositions.includes(position));
        });
      if (isDetermined) {
        const { binder } = this.#level;
        // Without the key the query would be wrong; that of a view inside is the view's affair.
        if (binder.viewStack.length === 0) binder.dependencies?.relation(primary.oid);
        this.addedPositions.push(this.groupBy.length);
        return this.#add(e, e.name);
      }
    }
    const name = `${entry === undefined || entry.alias === '' ? '' : `${entry.alias}.`}${entry?.columns.find((column) => column.id === e.id)?.name ?? e.name}`;
    throw isInSubquery
      ? new DbError('42803', `subquery uses ungrouped column "${name}" from outer query`, { offset: e.offset })
      : new DbError('42803', `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`, { offset: e.offset });
  }
}
