/**
 * WITH. Each member is bound once and becomes a CTE of the statement, whatever subquery it stands in; references are scans of it, and
 * rules/inline-ctes.ts later puts those that need not be kept back where they are read.
 *
 * C1  A member is pushed to `binder.ctes` after everything it reads, so that the list is in dependency order.
 * C2  A member that reads rows of an enclosing query (`outer`) can only be inlined. A reference to it correlates the subqueries in between.
 * C3  A recursive member is `seed UNION [ALL] term`; the term reads the work table, once, outside subqueries and outer joins' nullable sides.
 *
 * Source. parse_cte.c.
 */
import { DbError } from '../base/errors.js';
import { formatType, sqlType } from '../base/types.js';
import type { CommonTable, CycleClause, Identifier, Query, QueryBody, SetOperation, WithClause } from '../parser/ast.js';
import type { Binder, BoundQuery } from './binder-context.js';
import { expandSearchAndCycle } from './binder-search.js';
import { takesLocks } from './binder-locking.js';
import { commonType, mustCoerce } from './binder-types.js';
import { columnRef } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { makeProject, type ComputedColumn, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import { QueryLevel, type CteBinding, type CteScope } from './scope.js';

export function bindWith(binder: Binder, parent: QueryLevel | undefined, outer: CteScope | undefined, clause: WithClause, isTopLevel: boolean): CteScope {
  const names = new Set<string>();
  for (const table of clause.tables) {
    if (names.has(table.name)) throw new DbError('42712', `WITH query name "${table.name}" specified more than once`, { offset: table.offset });
    names.add(table.name);
    if (table.statement.kind !== 'query' && !isTopLevel) {
      throw new DbError('0A000', 'WITH clause containing a data-modifying statement must be at the top level', { offset: table.offset });
    }
  }
  const scope: CteScope = { parent: outer, bindings: new Map(), later: clause.isRecursive ? new Set() : names };
  const ordered = clause.isRecursive ? inDependencyOrder(clause.tables) : clause.tables;
  for (const table of ordered) {
    scope.later.delete(table.name);
    scope.bindings.set(table.name, bindMember(binder, parent, scope, table, clause.isRecursive));
  }
  return scope;
}

function bindMember(binder: Binder, parent: QueryLevel | undefined, scope: CteScope, table: CommonTable, isRecursive: boolean): CteBinding {
  const { statement } = table;
  const boundary = new QueryLevel(binder, parent, scope);
  if (statement.kind !== 'query') {
    if (isRecursive && mentions(statement, table.name)) {
      throw new DbError('42P19', `recursive query "${table.name}" must not contain data-modifying statements`, { offset: table.offset });
    }
    const bound = binder.hooks.bindModify(binder, boundary, scope, statement);
    return register(binder, table, bound, boundary, { isModifying: true, isRecursive: false, number: binder.newCteNumber() });
  }
  if (isRecursive && mentions(statement, table.name)) return bindRecursive(binder, boundary, scope, table, statement);
  const bound = binder.hooks.bindQuery(binder, boundary, scope, statement, { keepUnknown: false, locking: undefined });
  if (table.search !== undefined || table.cycle !== undefined) throw new DbError('42601', 'WITH query is not recursive', { offset: table.offset });
  return register(binder, table, bound, boundary, { isModifying: false, isRecursive: false, number: binder.newCteNumber() });
}

function register(binder: Binder, table: CommonTable, bound: BoundQuery, boundary: QueryLevel, traits: { isModifying: boolean; isRecursive: boolean; number: number }): CteBinding {
  const columns = renamed(bound.columns, table);
  const outer = [...boundary.outerReferences];
  binder.ctes.push({
    number: traits.number, name: table.name, plan: bound.plan, columns, isModifying: traits.isModifying, isRecursive: traits.isRecursive,
    materialized: table.materialized, mayWait: traits.isModifying || takesLocks(bound.plan), isCorrelated: outer.length > 0,
  });
  return {
    name: table.name, number: traits.number, columns: columns.map((column) => ({ name: column.name, type: column.type, shape: binder.recordShape(columnRef(column)) })), isWorkTable: false,
    hasResult: !traits.isModifying || bound.columns.length > 0, outer, references: 0,
  };
}

function renamed(columns: readonly PlanColumn[], table: CommonTable): readonly PlanColumn[] {
  if (table.columns.length > columns.length) {
    throw new DbError('42P10', `WITH query "${table.name}" has ${columns.length} columns available but ${table.columns.length} columns specified`, { offset: table.offset });
  }
  return columns.map((column, i) => (i < table.columns.length ? { ...column, name: table.columns[i]!.name } : column));
}

// ------------------------------------------------------------------------------------------------------------------- recursion

/** The values that mark a cycle have a type before anything of the query is looked at. @throws DbError 42804, 22P02 */
function checkCycleMark(binder: Binder, boundary: QueryLevel, { markValue, markDefault }: CycleClause): void {
  if (markValue === undefined || markDefault === undefined) return;
  const values = [markValue, markDefault].map((e) => binder.hooks.bindExpression(boundary, e));
  const type = commonType(binder, values, 'CYCLE');
  for (const value of values) mustCoerce(binder, value, type, 'implicit', value.offset);
}

function bindRecursive(binder: Binder, boundary: QueryLevel, scope: CteScope, written: CommonTable, writtenQuery: Query): CteBinding {
  if (written.cycle !== undefined) checkCycleMark(binder, boundary, written.cycle);
  const table = written.search === undefined && written.cycle === undefined ? written : expanded(binder, boundary, scope, written, writtenQuery);
  const query = table.statement as Query;
  const { name } = table;
  const refuse = (message: string, offset: number): DbError => new DbError('42P19', message, { offset });
  let body: QueryBody = query.body;
  while (body.kind === 'query' && body.with === undefined && body.orderBy.length === 0 && body.limitCount === undefined) body = body.body;
  if (body.kind !== 'setOperation' || body.operator !== 'union') {
    throw refuse(`recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`, table.offset);
  }
  if (query.orderBy.length > 0) throw new DbError('0A000', 'ORDER BY in a recursive query is not implemented', { offset: query.orderBy[0]!.offset });
  if (query.limitOffset !== undefined) throw new DbError('0A000', 'OFFSET in a recursive query is not implemented', { offset: query.limitOffset.offset });
  if (query.limitCount !== undefined) throw new DbError('0A000', 'LIMIT in a recursive query is not implemented', { offset: query.limitCount.offset });
  if (query.locking.length > 0) throw new DbError('0A000', 'FOR UPDATE/SHARE in a recursive query is not implemented', { offset: query.locking[0]!.offset });
  if (mentions(body.left, name)) throw refuse(`recursive reference to query "${name}" must not appear within its non-recursive term`, firstMention(body.left, name));
  checkTerm(body, name, refuse);
  const inner: CteScope = query.with === undefined ? scope : bindWith(binder, boundary, scope, query.with, false);
  const asQuery = (part: QueryBody): Query => (part.kind === 'query' ? part : { kind: 'query', with: undefined, body: part, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset: part.offset });
  const seed = binder.hooks.bindQuery(binder, boundary, inner, asQuery(body.left), { keepUnknown: false, locking: undefined });
  const number = binder.newCteNumber();
  const shown = renamed(seed.columns, table);
  const working: CteBinding = {
    name, number, columns: shown.map((column) => ({ name: column.name, type: column.type, shape: binder.recordShape(columnRef(column)) })), isWorkTable: true, hasResult: true, outer: [], references: 0,
  };
  const termScope: CteScope = { parent: inner, bindings: new Map([[name, working]]), later: new Set() };
  const term = binder.hooks.bindQuery(binder, boundary, termScope, asQuery(body.right), { keepUnknown: true, locking: undefined });
  if (working.references !== 1) throw refuse(`recursive reference to query "${name}" must not appear more than once`, mentionsOf(body.right, name)[1] ?? firstMention(body.right, name));
  if (term.columns.length !== seed.columns.length) throw new DbError('42601', 'each UNION query must have the same number of columns', { offset: body.right.offset });
  const coerced = coerceTerm(binder, name, body, shown, seed.offsets, term);
  const columns = shown.map((column) => {
    const made = binder.newColumn(column.name, column.type);
    const shape = binder.recordShape(columnRef(column));
    if (shape !== undefined) binder.setRecordShape(made.id, shape);
    return made;
  });
  const plan: LogicalPlan = {
    kind: 'recursiveUnion', output: columns, cte: number, all: body.all, seed: seed.plan, term: coerced.plan,
    seedColumns: seed.columns.map((column) => column.id), termColumns: coerced.columns.map((column) => column.id),
  };
  return register(binder, { ...table, columns: [] }, { plan, columns, unknowns: new Map() }, boundary, { isModifying: false, isRecursive: true, number });
}

/** The member with SEARCH and CYCLE written out; what is wrong with its query itself is said before what is wrong with them. */
function expanded(binder: Binder, boundary: QueryLevel, scope: CteScope, written: CommonTable, query: Query): CommonTable {
  try {
    return expandSearchAndCycle(written, (columns) => columnNames(binder, boundary, scope, query, columns), (made, select, added) => binder.record?.rewritten.set(made, { select, added }));
  } catch (error) {
    bindRecursive(binder, boundary, scope, { ...written, search: undefined, cycle: undefined }, query);
    throw error;
  }
}

/** Names of the columns before SEARCH and CYCLE add theirs. */
function columnNames(binder: Binder, boundary: QueryLevel, scope: CteScope, query: Query, given: readonly Identifier[]): string[] {
  let body: QueryBody = query.body;
  while (body.kind === 'setOperation') body = body.left;
  const seed = binder.hooks.bindQuery(binder, boundary, scope, { ...query, with: query.with, body, orderBy: [] }, { keepUnknown: false, locking: undefined });
  return seed.columns.map((column, i) => given[i]?.name ?? column.name);
}

function coerceTerm(binder: Binder, name: string, body: SetOperation, seed: readonly PlanColumn[], offsets: readonly number[] | undefined, term: BoundQuery): BoundQuery {
  const computed: ComputedColumn[] = [];
  const columns = term.columns.map((column, i) => {
    const target = seed[i]!.type;
    const unknown = term.unknowns.get(i);
    const value: BoundExpression = unknown ?? columnRef(column, term.offsets?.[i] ?? body.right.offset);
    // A literal without a type has no length either.
    const common = unknown !== undefined || value.type.oid === target.oid ? sqlType(target.oid) : commonType(binder, [columnRef(seed[i]!, body.left.offset), value], 'UNION');
    if (common.oid !== target.oid || (target.typmod !== -1 && (unknown !== undefined || value.type.oid !== target.oid || value.type.typmod !== target.typmod))) {
      throw new DbError('42804', `recursive query "${name}" column ${i + 1} has type ${formatType(target, binder.types)} in non-recursive term but type ${formatType(common, binder.types)} overall`, {
        offset: offsets?.[i] ?? body.left.offset,
        hint: 'Cast the output of the non-recursive term to the correct type.',
      });
    }
    if (unknown === undefined && value.type.oid === target.oid) return column;
    const expression = mustCoerce(binder, value, target, 'implicit', value.offset);
    const made = binder.newColumn(column.name, expression.type);
    computed.push({ id: made.id, expression });
    return made;
  });
  return { plan: makeProject(term.plan, computed), columns, unknowns: new Map() };
}

/** Where in the recursive term the reference may not stand. */
function checkTerm(union: SetOperation, name: string, refuse: (message: string, offset: number) => DbError): void {
  const visitBody = (body: QueryBody): void => {
    if (body.kind === 'query') {
      visitBody(body.body);
      return;
    }
    if (body.kind === 'setOperation') {
      if (body.operator === 'except' && mentions(body.right, name)) throw refuse(`recursive reference to query "${name}" must not appear within EXCEPT`, firstMention(body.right, name));
      if (body.operator === 'intersect' && mentions(body, name)) throw refuse(`recursive reference to query "${name}" must not appear within INTERSECT`, firstMention(body, name));
      visitBody(body.left);
      visitBody(body.right);
      return;
    }
    if (body.kind === 'values') return;
    const { from, ...rest } = body;
    const inExpressions = firstMentionOrNone(rest, name);
    if (inExpressions !== undefined) throw refuse(`recursive reference to query "${name}" must not appear within a subquery`, inExpressions);
    const visitFrom = (item: (typeof from)[number]): void => {
      if (item.kind !== 'join') return;
      const nullable = item.type === 'left' ? [item.right] : item.type === 'right' ? [item.left] : item.type === 'full' ? [item.left, item.right] : [];
      for (const side of nullable) if (mentions(side, name)) throw refuse(`recursive reference to query "${name}" must not appear within an outer join`, firstMention(side, name));
      visitFrom(item.left);
      visitFrom(item.right);
    };
    for (const item of from) visitFrom(item);
  };
  visitBody(union.right);
}

// ------------------------------------------------------------------------------------------------------------------- mentions

/** Offsets of references to the unqualified table `name` in a piece of AST, in the order of the text. */
function mentionsOf(root: unknown, name: string, most = Infinity): number[] {
  const found: number[] = [];
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (Array.isArray(node)) {
      for (let i = node.length - 1; i >= 0; i--) stack.push(node[i]);
      continue;
    }
    const object = node as Record<string, unknown>;
    if (object['kind'] === 'tableRef') {
      const reference = object['name'] as { schema: string | undefined; name: string };
      if (reference.schema === undefined && reference.name === name) {
        found.push(object['offset'] as number);
        if (found.length >= most) return found;
      }
    }
    // A WITH of its own that has the name hides ours.
    const own = object['with'] as WithClause | undefined;
    if (object['kind'] === 'query' && own !== undefined && own.tables.some((table) => table.name === name)) continue;
    const values = Object.values(object);
    for (let i = values.length - 1; i >= 0; i--) stack.push(values[i]);
  }
  return found;
}

const firstMentionOrNone = (root: unknown, name: string): number | undefined => mentionsOf(root, name, 1)[0];
const mentions = (root: unknown, name: string): boolean => firstMentionOrNone(root, name) !== undefined;
const firstMention = (root: unknown, name: string): number => firstMentionOrNone(root, name) ?? -1;

/** Members of WITH RECURSIVE so that each comes after those it mentions. @throws DbError 0A000 on mutual recursion */
function inDependencyOrder(tables: readonly CommonTable[]): CommonTable[] {
  const ordered: CommonTable[] = [];
  const state = new Map<CommonTable, 'visiting' | 'done'>();
  const visit = (table: CommonTable): void => {
    if (state.get(table) === 'done') return;
    if (state.get(table) === 'visiting') throw new DbError('0A000', 'mutual recursion between WITH items is not implemented', { offset: table.offset });
    state.set(table, 'visiting');
    for (const other of tables) if (other !== table && mentions(table.statement, other.name)) visit(other);
    state.set(table, 'done');
    ordered.push(table);
  };
  for (const table of tables) visit(table);
  return ordered;
}
