/**
 * Turns subqueries into joins, so that they can be reordered, hashed and driven by indexes:
 *
 *   WHERE EXISTS (... correlated ...)            semi join
 *   WHERE NOT EXISTS (... correlated ...)        anti join
 *   WHERE x IN (SELECT ...), x = ANY             semi join
 *   WHERE x NOT IN (SELECT ...)                  anti join; null-aware unless neither side can be NULL
 *   (SELECT agg(...) ... WHERE inner = outer)    left join with the subquery grouped by `inner`
 *
 * U1  A condition that reads enclosing rows is pulled out of the subquery only through operators it commutes with: filters, inner joins, the left
 *     side of outer, semi and anti joins, and projections that do not read enclosing rows themselves.
 * U2  Only conjuncts of WHERE (and HAVING) become semi and anti joins; under OR, NOT and CASE a subquery stays one.
 * U3  Over no rows an aggregate without GROUP BY gives a row all the same: count 0, others NULL. The left join's padding stands for it.
 * U4  A correlated aggregate that an index answers quickly for the few rows outside stays as it is.
 *
 * Source. Kim 1982; Ganski, Wong 1987 (the count bug); Galindo-Legaria, Joshi 2001.
 */
import { columnRef, columnsOf, conjunction, conjunctsOf, constant, freeColumns, hasSubquery, isVolatile, logicalPlanOf, mapChildren, outputIdSet, readsOnly, substitute, type Subquery } from '../expression-tools.js';
import type { AggregateCall, BoundExpression, ColumnId } from '../expression.js';
import { Folder } from '../fold.js';
import { makeFilter, makeJoin, mapPlanBottomUp, withInputs, type ComputedColumn, type LogicalAggregate, type LogicalPlan } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';
import { isNotNull, notNullColumns, roughRows } from '../plan-facts.js';
import { limitValue } from '../statistics.js';
import { rewriteStatement } from './everywhere.js';

export const unnestSubqueries: Rule = {
  name: 'unnest-subqueries',
  isRequired: false,
  apply: (statement, cx) =>
    rewriteStatement(statement, (plan) =>
      mapPlanBottomUp(plan, (node) => {
        if (node.kind === 'filter') return unnestFilter(node, cx);
        if (node.kind === 'project') return unnestProject(node, cx);
        return node;
      }),
    ),
};

// ------------------------------------------------------------------------------------------------------------------- WHERE

function unnestFilter(filter: Extract<LogicalPlan, { kind: 'filter' }>, cx: RuleContext): LogicalPlan {
  if (!hasSubquery(filter.condition)) return filter;
  let input = filter.input;
  const own = outputIdSet(input);
  const kept: BoundExpression[] = [];
  const joins: ((input: LogicalPlan) => LogicalPlan | undefined)[] = [];
  const conditions: BoundExpression[] = [];
  for (const e of conjunctsOf(filter.condition)) {
    const isNegated = e.kind === 'not';
    const query = isNegated ? e.arg : e;
    // What reads no column of the rows is tested once, before they are; an index may answer x IN (SELECT ...) as a join.
    const isOnce = query.kind === 'subquery' && (isNegated || query.subkind === 'exists') && readsOnly(e, (id) => !own.has(id));
    if (query.kind === 'subquery' && (query.subkind === 'exists' || query.subkind === 'any') && !isOnce) {
      joins.push((from) => (query.subkind === 'exists' ? unnestExists(from, query, isNegated) : unnestAny(from, query, isNegated)));
      conditions.push(e);
    } else kept.push(e);
  }
  // Plain conditions stay below the joins: they are cheaper.
  const scalarFree = kept.filter((e) => !hasSubquery(e));
  const withScalars = kept.filter(hasSubquery);
  const plain = conjunction(scalarFree);
  if (plain !== undefined) input = makeFilter(input, plain);
  const left: BoundExpression[] = [];
  for (let i = 0; i < joins.length; i++) {
    const joined = joins[i]!(input);
    if (joined === undefined) left.push(conditions[i]!);
    else input = joined;
  }
  const scalars = new ScalarUnnester(cx, input);
  for (const e of withScalars) left.push(scalars.rewrite(e));
  input = scalars.input;
  const rest = conjunction(left);
  return rest === undefined ? input : makeFilter(input, rest);
}

function unnestExists(input: LogicalPlan, query: Subquery, isNegated: boolean): LogicalPlan | undefined {
  const plan = withoutLimit(logicalPlanOf(query));
  if (plan === undefined || query.outer.length === 0) return undefined;
  const pulled = pull(plan, new Set(query.outer));
  if (pulled === undefined || pulled.conditions.length === 0 || !joinable(input, pulled.conditions)) return undefined;
  return makeJoin(isNegated ? 'anti' : 'semi', input, pulled.plan, conjunction(pulled.conditions));
}

/** EXISTS does not care how many rows there are beyond the first. */
function withoutLimit(plan: LogicalPlan): LogicalPlan | undefined {
  if (plan.kind !== 'limit') return plan;
  const count = limitValue(plan.limit);
  if (plan.offset !== undefined || (plan.limit !== undefined && (count === undefined || count < 1))) return undefined;
  return plan.input;
}

function unnestAny(input: LogicalPlan, query: Subquery, isNegated: boolean): LogicalPlan | undefined {
  const comparison = query.comparison!;
  if (hasSubquery(comparison) || isVolatile(comparison)) return undefined;
  const pulled = pull(logicalPlanOf(query), new Set(query.outer));
  if (pulled === undefined) return undefined;
  const own = outputIdSet(pulled.plan);
  const leftSide = readsOnly(comparison, (id) => own.has(id) || outputIdSet(input).has(id));
  if (!leftSide || !joinable(input, pulled.conditions)) return undefined;
  if (!isNegated) return makeJoin('semi', input, pulled.plan, conjunction([...conjunctsOf(comparison), ...pulled.conditions]));
  // NOT IN: true only when every comparison is false.
  const outerNotNull = notNullColumns(input);
  const innerNotNull = notNullColumns(pulled.plan);
  const known = new Set([...outerNotNull, ...innerNotNull]);
  const sides = conjunctsOf(comparison).every((e) => e.kind === 'call' && e.function.strict && e.args.every((arg) => isNotNull(arg, known)));
  if (sides) return makeJoin('anti', input, pulled.plan, conjunction([...conjunctsOf(comparison), ...pulled.conditions]));
  const isSingle = comparison.kind === 'call' && comparison.operator === '=' && query.hashable?.left.length === 1;
  // Only a hash join knows what NULLs mean here, and it needs a key on both sides.
  const inputIds = outputIdSet(input);
  if (!isSingle || pulled.conditions.length > 0 || query.hashable!.left[0]!.type.oid !== comparison.args[1]!.type.oid || ![...columnsOf(query.hashable!.left[0]!)].some((id) => inputIds.has(id))) return undefined;
  return makeJoin('anti', input, pulled.plan, comparison, false, true);
}

/** What the conditions read of outside must be there, in the input or in rows further out. */
function joinable(input: LogicalPlan, conditions: readonly BoundExpression[]): boolean {
  const ids = outputIdSet(input);
  return conditions.some((e) => [...columnsOf(e)].some((id) => ids.has(id))) || conditions.length === 0;
}

// ------------------------------------------------------------------------------------------------------------------- pulling

interface Pulled {
  readonly plan: LogicalPlan;
  readonly conditions: readonly BoundExpression[];
}

/** The subquery without the conditions that read `outer` (U1); undefined when something else reads it. Order and duplicates do not matter. */
function pull(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): Pulled | undefined {
  const pulled = pullParts(plan, outer);
  if (pulled === undefined) return undefined;
  // A column that was left out because it reads `outer` may be read further up.
  const own = outputIdSet(pulled.plan);
  const isWhole = freeColumns(pulled.plan).size === 0 && pulled.conditions.every((e) => readsOnly(e, (id) => own.has(id) || outer.has(id)));
  return isWhole ? pulled : undefined;
}

function pullParts(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): Pulled | undefined {
  const reads = (e: BoundExpression): boolean => [...columnsOf(e)].some((id) => outer.has(id));
  switch (plan.kind) {
    case 'filter': {
      const input = pullParts(plan.input, outer);
      if (input === undefined) return undefined;
      const stay: BoundExpression[] = [];
      const conditions = [...input.conditions];
      for (const e of conjunctsOf(plan.condition)) {
        if (!reads(e)) stay.push(e);
        else if (isVolatile(e) || hasSubquery(e)) return undefined;
        else conditions.push(e);
      }
      const rest = conjunction(stay);
      return { plan: rest === undefined ? input.plan : makeFilter(input.plan, rest), conditions };
    }
    case 'project': {
      if (plan.computed.some((column) => reads(column.expression) || isVolatile(column.expression))) {
        // What EXISTS selects is of no interest; the columns are still named by nobody.
        if (plan.computed.some((column) => isVolatile(column.expression))) return undefined;
        const input = pullParts(plan.input, outer);
        if (input === undefined) return undefined;
        const computed = plan.computed.filter((column) => !reads(column.expression));
        return computed.length === plan.computed.length ? undefined : { plan: rebuild(plan, input.plan, computed), conditions: input.conditions };
      }
      const input = pullParts(plan.input, outer);
      return input === undefined ? undefined : { plan: withInputs(plan, [input.plan]), conditions: input.conditions };
    }
    case 'sort':
      return pullParts(plan.input, outer);
    case 'distinct':
      return plan.isOn ? closed(plan) : pullParts(plan.input, outer);
    case 'join': {
      if (plan.isLateral) return closed(plan);
      if (plan.join === 'inner') {
        const left = pullParts(plan.left, outer);
        const right = pullParts(plan.right, outer);
        if (left === undefined || right === undefined) return undefined;
        const stay: BoundExpression[] = [];
        const conditions = [...left.conditions, ...right.conditions];
        for (const e of conjunctsOf(plan.condition)) {
          if (!reads(e)) stay.push(e);
          else if (isVolatile(e) || hasSubquery(e)) return undefined;
          else conditions.push(e);
        }
        return { plan: makeJoin('inner', left.plan, right.plan, conjunction(stay)), conditions };
      }
      if (plan.join === 'left' || plan.join === 'semi' || plan.join === 'anti') {
        if (freeColumns(plan.right).size > 0 || conjunctsOf(plan.condition).some(reads)) return closed(plan);
        const left = pullParts(plan.left, outer);
        return left === undefined ? undefined : { plan: withInputs(plan, [left.plan, plan.right]), conditions: left.conditions };
      }
      return closed(plan);
    }
    default:
      return closed(plan);
  }
}

function rebuild(plan: Extract<LogicalPlan, { kind: 'project' }>, input: LogicalPlan, computed: readonly ComputedColumn[]): LogicalPlan {
  const names = new Map(plan.output.map((column) => [column.id, column]));
  return { kind: 'project', output: [...input.output, ...computed.map((column) => names.get(column.id)!)], input, computed };
}

/** A plan that can be joined as it is, because it reads nothing of outside. */
function closed(plan: LogicalPlan): Pulled | undefined {
  return freeColumns(plan).size === 0 ? { plan, conditions: [] } : undefined;
}

// ------------------------------------------------------------------------------------------------------------------- scalar aggregates

function unnestProject(project: Extract<LogicalPlan, { kind: 'project' }>, cx: RuleContext): LogicalPlan {
  if (!project.computed.some((column) => hasSubquery(column.expression))) return project;
  const scalars = new ScalarUnnester(cx, project.input);
  const computed = project.computed.map((column) => ({ ...column, expression: scalars.rewrite(column.expression) }));
  if (scalars.input === project.input) return project;
  const made = new Set(computed.map((column) => column.id));
  return { ...project, input: scalars.input, computed, output: [...scalars.input.output, ...project.output.filter((column) => made.has(column.id))] };
}

/** Joins grouped subqueries to `input` one after another, and says by what expression each subquery is replaced. */
class ScalarUnnester {
  input: LogicalPlan;
  readonly #cx: RuleContext;
  readonly #outerRows: number;

  constructor(cx: RuleContext, input: LogicalPlan) {
    this.#cx = cx;
    this.input = input;
    this.#outerRows = roughRows(input, cx.binder.types);
  }

  readonly rewrite = (e: BoundExpression): BoundExpression => {
    const mapped = mapChildren(e, this.rewrite);
    return mapped.kind === 'subquery' && mapped.subkind === 'scalar' && mapped.outer.length > 0 ? (this.#unnest(mapped) ?? mapped) : mapped;
  };

  #unnest(query: Subquery): BoundExpression | undefined {
    let plan = logicalPlanOf(query);
    let computed: readonly ComputedColumn[] = [];
    if (plan.kind === 'project') {
      computed = plan.computed;
      plan = plan.input;
    }
    if (plan.kind !== 'aggregate' || !plan.isPlain || plan.calls.length === 0) return undefined;
    const outer = new Set(query.outer);
    const inputIds = outputIdSet(this.input);
    if (!query.outer.every((id) => inputIds.has(id))) return undefined;
    const ownReads = (e: BoundExpression): boolean => [...columnsOf(e)].some((id) => outer.has(id));
    if (computed.some((column) => ownReads(column.expression) || isVolatile(column.expression) || hasSubquery(column.expression))) return undefined;
    // Over no rows they fail or count, as their direct arguments say.
    if (plan.calls.some((call) => call.directArgs.length > 0)) return undefined;
    if (plan.calls.some((call) => [...call.args, ...(call.filter === undefined ? [] : [call.filter])].some(ownReads))) return undefined;
    const pulled = pullForAggregate(plan.input, outer);
    if (pulled === undefined || pulled.conditions.length === 0) return undefined;
    const groups: { inner: BoundExpression; condition: Extract<BoundExpression, { kind: 'call' }>; innerAt: number }[] = [];
    for (const e of pulled.conditions) {
      if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2 || !e.function.strict) return undefined;
      const innerAt = e.args.findIndex((arg) => !ownReads(arg) && columnsOf(arg).size > 0);
      const other = e.args[1 - innerAt];
      if (innerAt === -1 || other === undefined || !readsOnly(other, (id) => inputIds.has(id))) return undefined;
      groups.push({ inner: e.args[innerAt]!, condition: e, innerAt });
    }
    if (!this.#isWorthwhile(pulled.plan, groups.map((group) => group.inner))) return undefined;
    const { binder } = this.#cx;
    const keys = groups.map((group) => ({ group, column: binder.newColumn('key', group.inner.type) }));
    const grouped: LogicalAggregate = {
      ...plan, input: pulled.plan, isPlain: false, groupBy: keys.map(({ group, column }) => ({ id: column.id, expression: group.inner })), output: [...keys.map(({ column }) => column), ...plan.output],
    };
    const on = keys.map(({ group, column }): BoundExpression => ({ ...group.condition, args: group.condition.args.map((arg, i) => (i === group.innerAt ? columnRef(column) : arg)) }));
    this.input = makeJoin('left', this.input, grouped, conjunction(on));
    return this.#value(query, plan, computed, keys[0]!.column);
  }

  /** U3: the subquery's value where there is a group, its value over no rows where there is none. */
  #value(query: Subquery, aggregate: LogicalAggregate, computed: readonly ComputedColumn[], marker: { readonly id: ColumnId; readonly name: string; readonly type: BoundExpression['type'] }): BoundExpression {
    const id = query.columns[0]!;
    const call = aggregate.calls.find((candidate) => candidate.id === id);
    const value = computed.find((column) => column.id === id)?.expression ?? columnRef({ id, name: call?.function.name ?? '?column?', type: query.type });
    const empty = new Map<ColumnId, BoundExpression>(aggregate.calls.map((c) => [c.id, emptyValue(c)]));
    // What fails is not met unless a group is missing.
    const over = new Folder(this.#cx.binder.types, this.#cx.context, this.#cx.evaluate, undefined).tryFold(substitute(value, empty), () => undefined);
    if (over.kind === 'constant' && over.value === null && value.kind === 'column') return value;
    return {
      kind: 'case', type: query.type, offset: query.offset, otherwise: value,
      branches: [{ when: { kind: 'isNull', type: { oid: 16, typmod: -1 }, offset: -1, arg: columnRef(marker), isRow: false, negated: false }, then: over }],
    };
  }

  /** U4. */
  #isWorthwhile(inner: LogicalPlan, keys: readonly BoundExpression[]): boolean {
    const innerRows = roughRows(inner, this.#cx.binder.types);
    const isIndexed = keys.some((key) => key.kind === 'column' && leadsIndex(inner, key.id));
    const perOuterRow = isIndexed ? 0.4 * (1 + Math.min(innerRows, 10)) : innerRows * 0.012;
    return this.#outerRows * perOuterRow > innerRows * 0.03 + this.#outerRows * 0.01;
  }
}

function emptyValue(call: AggregateCall): BoundExpression {
  return constant(call.function.name === 'count' || call.function.name === 'regr_count' ? 0 : null, call.type);
}

/** Like `pull`, but rows count: no DISTINCT is dropped, and nothing is pulled through LIMIT. */
function pullForAggregate(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): Pulled | undefined {
  if (plan.kind === 'distinct' || plan.kind === 'limit') return undefined;
  return pull(plan, outer);
}

/** Whether some index of the scan that has the column begins with it. */
function leadsIndex(plan: LogicalPlan, id: ColumnId): boolean {
  switch (plan.kind) {
    case 'scan': {
      const column = plan.columns.find((candidate) => candidate.id === id);
      return column !== undefined && plan.table.indexes.some((index) => index.predicate === undefined && index.columns[0]!.column === column.column);
    }
    case 'filter':
    case 'project':
    case 'sort':
      return leadsIndex(plan.input, id);
    case 'join':
      return leadsIndex(plan.left, id) || leadsIndex(plan.right, id);
    default:
      return false;
  }
}
