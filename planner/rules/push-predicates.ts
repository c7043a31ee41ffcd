/**
 * Moves conditions towards the tables: through projections, sorts, grouping (when only grouping columns are read), DISTINCT, window partitions and
 * set operations, and into the sides of joins. Conditions between two relations end in the join's own condition, from which the join graph takes
 * them.
 *
 * Of `(a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4)` between two relations, what the alternatives demand of one of them, `a.x = 1 OR a.x = 3`, goes there as well
 * (extract_restriction_or_clauses of PostgreSQL's orclauses.c).
 *
 * P1  A volatile condition stays where it is, and nothing is pushed through a computed column that is volatile or holds a subquery.
 * P2  Below an outer join's nullable side go only the conjuncts of its own ON clause.
 * P3  Nothing moves below LIMIT, row locks or a set-returning projection it reads, for those decide by what they see.
 */
import { collectColumns, columnsOf, conjunction, conjunctsOf, hasSubquery, isVolatile, outputIdSet, readsOnly, sameExpression, substitute } from '../expression-tools.js';
import type { BoundExpression, ColumnId } from '../expression.js';
import { noteRestriction } from '../statistics.js';
import { makeEmpty, makeFilter, makeJoin, planInputs, withInputs, type LogicalJoin, type LogicalPlan, type LogicalScan } from '../logical-plan.js';
import type { Rule } from '../optimize.js';
import { rewriteStatement } from './everywhere.js';

export const pushPredicates: Rule = {
  name: 'push-predicates',
  isRequired: false,
  apply: (statement) => rewriteStatement(statement, (plan) => push(plan, [])),
};

function above(plan: LogicalPlan, conditions: readonly BoundExpression[]): LogicalPlan {
  const condition = conjunction(conditions);
  return condition === undefined ? plan : makeFilter(plan, condition);
}

/** `plan` with `conditions` applied as low as they go. */
function push(plan: LogicalPlan, conditions: readonly BoundExpression[]): LogicalPlan {
  switch (plan.kind) {
    case 'filter': {
      const own = conjunctsOf(plan.condition);
      const volatile = own.filter(isVolatile);
      // Volatile conditions see the rows that were there; what is above them must not slip below.
      if (volatile.length > 0) return above(withInputs(plan, [push(plan.input, [])]), conditions);
      if (conditions.length === 0) {
        const input = push(plan.input, own);
        return input.kind === 'filter' && input.input === plan.input && conjunctsOf(input.condition).every((e, i) => e === own[i]) ? plan : input;
      }
      return push(plan.input, [...conditions, ...own]);
    }
    case 'project': {
      const computed = new Map<ColumnId, BoundExpression>(plan.computed.map((column) => [column.id, column.expression]));
      const fixed = new Set(plan.computed.filter((column) => isVolatile(column.expression) || hasSubquery(column.expression)).map((column) => column.id));
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && readsOnly(e, (id) => !fixed.has(id)));
      return above(withInputs(plan, [push(plan.input, down.map((e) => substitute(e, computed)))]), stay);
    }
    case 'projectSet': {
      const sets = new Set(plan.calls.map((call) => call.id));
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && readsOnly(e, (id) => !sets.has(id)));
      return above(withInputs(plan, [push(plan.input, down)]), stay);
    }
    case 'sort':
      return withInputs(plan, [push(plan.input, conditions)]);
    case 'distinct': {
      const on = new Set<ColumnId>();
      for (const e of plan.on) if (e.kind === 'column') on.add(e.id);
      const own = outputIdSet(plan);
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && readsOnly(e, (id) => on.has(id) || !own.has(id)));
      return above(withInputs(plan, [push(plan.input, down)]), stay);
    }
    case 'aggregate': {
      const groups = new Map<ColumnId, BoundExpression>();
      plan.groupBy.forEach((group, i) => {
        if ((plan.groupingSets === undefined || plan.groupingSets.every((set) => set.includes(i))) && !isVolatile(group.expression) && !hasSubquery(group.expression)) groups.set(group.id, group.expression);
      });
      const own = outputIdSet(plan);
      // A grouping set without columns gives its row over no rows too.
      const isNeverEmpty = plan.isPlain || plan.groupBy.length === 0 || plan.groupingSets?.some((set) => set.length === 0) === true;
      const [down, stay] = split(conditions, (e) => !isNeverEmpty && !isVolatile(e) && columnsOf(e).size > 0 && readsOnly(e, (id) => groups.has(id) || !own.has(id)));
      return above(withInputs(plan, [push(plan.input, down.map((e) => substitute(e, groups)))]), stay);
    }
    case 'window': {
      const partition = new Set<ColumnId>();
      for (const e of plan.partitionBy) if (e.kind === 'column') partition.add(e.id);
      const own = outputIdSet(plan);
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && readsOnly(e, (id) => partition.has(id) || !own.has(id)));
      return above(withInputs(plan, [push(plan.input, down)]), stay);
    }
    case 'append': {
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && !hasSubquery(e));
      const inputs = plan.inputs.map((input, i) => push(input, down.map((e) => substitute(e, renaming(plan.output, plan.inputColumns[i]!)))));
      return above(withInputs(plan, inputs), stay);
    }
    case 'setOperation': {
      const [down, stay] = split(conditions, (e) => !isVolatile(e) && !hasSubquery(e));
      const left = push(plan.left, down.map((e) => substitute(e, renaming(plan.output, plan.leftColumns))));
      const right = push(plan.right, down.map((e) => substitute(e, renaming(plan.output, plan.rightColumns))));
      return above(withInputs(plan, [left, right]), stay);
    }
    case 'join':
      return pushJoin(plan, conditions);
    case 'scan':
      return settleNullTests(plan, conditions);
    default: {
      const inputs = planInputs(plan);
      const over = inputs.length === 0 ? plan : withInputs(plan, inputs.map((input) => push(input, [])));
      return above(over, conditions);
    }
  }
}

/** Null tests of columns that are NOT NULL are known. */
function settleNullTests(scan: LogicalScan, conditions: readonly BoundExpression[]): LogicalPlan {
  const left: BoundExpression[] = [];
  for (const e of conditions) {
    if (e.kind === 'isNull' && e.arg.kind === 'column') {
      const { id } = e.arg;
      const column = scan.columns.find((candidate) => candidate.id === id);
      if (column !== undefined && scan.table.columns[column.column]!.notNull) {
        if (e.negated) continue;
        return makeEmpty(scan.output);
      }
    }
    left.push(e);
  }
  return above(scan, left);
}

function renaming(output: LogicalPlan['output'], ids: readonly ColumnId[]): Map<ColumnId, BoundExpression> {
  return new Map(output.map((column, i) => [column.id, { kind: 'column', type: column.type, offset: -1, id: ids[i]!, name: column.name }]));
}

function split(list: readonly BoundExpression[], test: (e: BoundExpression) => boolean): [BoundExpression[], BoundExpression[]] {
  const yes: BoundExpression[] = [];
  const no: BoundExpression[] = [];
  for (const e of list) (test(e) ? yes : no).push(e);
  return [yes, no];
}

function pushJoin(join: LogicalJoin, conditions: readonly BoundExpression[]): LogicalPlan {
  const leftIds = outputIdSet(join.left);
  const rightIds = outputIdSet(join.right);
  const side = (e: BoundExpression): 'left' | 'right' | 'both' | 'none' => {
    let left = false;
    let right = false;
    const columns = new Set<ColumnId>();
    collectColumns(e, columns);
    for (const id of columns) {
      left ||= leftIds.has(id);
      right ||= rightIds.has(id);
    }
    return left ? (right ? 'both' : 'left') : right ? 'right' : 'none';
  };
  const toLeft: BoundExpression[] = [];
  const toRight: BoundExpression[] = [];
  const on: BoundExpression[] = [];
  const stay: BoundExpression[] = [];
  for (const e of conditions) {
    const where = isVolatile(e) ? 'both' : side(e);
    if (join.join === 'inner') (where === 'left' ? toLeft : where === 'right' ? toRight : isVolatile(e) ? stay : on).push(e);
    else if (join.join === 'left' || join.join === 'semi' || join.join === 'anti') (where === 'left' ? toLeft : stay).push(e);
    else if (join.join === 'right') (where === 'right' ? toRight : stay).push(e);
    else stay.push(e);
  }
  for (const e of conjunctsOf(join.condition)) {
    const where = isVolatile(e) ? 'both' : side(e);
    if (join.join === 'inner') (where === 'left' ? toLeft : where === 'right' ? toRight : on).push(e);
    else if (join.join === 'semi') (where === 'left' ? toLeft : where === 'right' ? toRight : on).push(e);
    else if (join.join === 'left' || (join.join === 'anti' && !join.nullAware)) (where === 'right' ? toRight : on).push(e);
    else if (join.join === 'right') (where === 'left' ? toLeft : on).push(e);
    else on.push(e);
  }
  if (join.join === 'inner') {
    for (const e of on) {
      addRestriction(e, leftIds, toLeft);
      addRestriction(e, rightIds, toRight);
    }
  }
  // Constants that an outer join's preserved side is held to, on through the join's equality.
  if (join.join === 'left') toRight.push(...derived(toLeft, on, leftIds, rightIds));
  if (join.join === 'right') toLeft.push(...derived(toRight, on, rightIds, leftIds));
  const left = push(join.left, toLeft);
  const right = push(join.right, toRight);
  const condition = conjunction(on);
  const before = conjunctsOf(join.condition);
  const isSame = left === join.left && right === join.right && on.length === before.length && on.every((e, i) => e === before[i]);
  return above(isSame ? join : makeJoin(join.join, left, right, condition, join.isLateral, join.nullAware), stay);
}

/** What an OR demands of one side, when each of its alternatives demands something. */
function addRestriction(e: BoundExpression, ids: ReadonlySet<ColumnId>, to: BoundExpression[]): void {
  if (e.kind !== 'or') return;
  const args: BoundExpression[] = [];
  for (const alternative of e.args) {
    const demanded = conjunction(conjunctsOf(alternative).filter((item) => columnsOf(item).size > 0 && readsOnly(item, (id) => ids.has(id)) && !isVolatile(item) && !hasSubquery(item)));
    if (demanded === undefined) return;
    if (!args.some((known) => sameExpression(known, demanded))) args.push(demanded);
  }
  const made = args.length === 1 ? args[0]! : { ...e, args };
  if (to.some((known) => sameExpression(known, made))) return;
  to.push(made);
  noteRestriction(e, made);
}

/** From `a = const` on one side and `a = b` in the condition: `b = const` on the other. */
function derived(fixed: readonly BoundExpression[], on: readonly BoundExpression[], from: ReadonlySet<ColumnId>, to: ReadonlySet<ColumnId>): BoundExpression[] {
  const made: BoundExpression[] = [];
  for (const e of fixed) {
    if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) continue;
    const [x, y] = e.args as [BoundExpression, BoundExpression];
    const [column, value] = x.kind === 'column' && columnsOf(y).size === 0 ? [x, y] : y.kind === 'column' && columnsOf(x).size === 0 ? [y, x] : [undefined, undefined];
    if (column === undefined || value === undefined || !from.has(column.id) || isVolatile(value) || hasSubquery(value)) continue;
    for (const link of on) {
      if (link.kind !== 'call' || link.function !== e.function || link.args.length !== 2) continue;
      const [p, q] = link.args as [BoundExpression, BoundExpression];
      const other = p.kind === 'column' && p.id === column.id ? q : q.kind === 'column' && q.id === column.id ? p : undefined;
      if (other?.kind === 'column' && to.has(other.id)) made.push({ ...e, args: [other, value] });
    }
  }
  return made;
}
