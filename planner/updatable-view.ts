/**
 * Which views INSERT, UPDATE and DELETE may go through.
 *
 * V1  A view is simple when it selects from one table or view, without DISTINCT, GROUP BY, HAVING, LIMIT, OFFSET, WITH, set operations,
 *     aggregates, window functions or set-returning functions. Only one that is may be written to, or have a check option.
 *
 * Source. rewriteHandler.c (view_query_is_auto_updatable).
 */
import type { Query, Select, TableRef } from '../parser/ast.js';
import type { BindingRecord } from './binding-record.js';
import type { RelationDef } from './catalog.js';
import type { QueryLevel } from './scope.js';

const notOneRelation = 'Views that do not select from a single table or view are not automatically updatable.';
const containing = (what: string): string => `Views containing ${what} are not automatically updatable.`;
const returning = (what: string): string => `Views that return ${what} are not automatically updatable.`;

/** What in the clauses of the view's query is more than V1 allows: the DETAIL of an error. */
export function problemOfClauses({ with: ctes, body, limitCount, limitOffset }: Query): string | undefined {
  if (body.kind === 'select') {
    if (body.isDistinct) return containing('DISTINCT');
    if (body.groupBy.length > 0) return containing('GROUP BY');
    if (body.having !== undefined) return containing('HAVING');
  }
  if (body.kind === 'setOperation') return containing('UNION, INTERSECT, or EXCEPT');
  if (ctes !== undefined) return containing('WITH');
  if (limitCount !== undefined || limitOffset !== undefined) return containing('LIMIT or OFFSET');
  return undefined;
}

/** What its expressions, bound in `level`, hold that V1 does not allow. */
export function problemOfCalls({ aggregates, windowCalls, setCalls }: Pick<QueryLevel, 'aggregates'> & { readonly windowCalls: readonly unknown[]; readonly setCalls: readonly unknown[] }): string | undefined {
  if (aggregates.length > 0) return returning('aggregate functions');
  if (windowCalls.length > 0) return returning('window functions');
  return setCalls.length > 0 ? returning('set-returning functions') : undefined;
}

/** What keeps its FROM from being one table or view. */
export function problemOfFrom({ body }: Query, relationOf: (ref: TableRef) => RelationDef | undefined): string | undefined {
  const only = body.kind === 'select' && body.from.length === 1 ? body.from[0]! : undefined;
  if (only?.kind !== 'tableRef') return notOneRelation;
  const relation = relationOf(only);
  if (relation !== undefined && relation.kind !== 'view' && (relation.kind !== 'table' || relation.isMaterializedView)) return notOneRelation;
  return only.sample === undefined ? undefined : containing('TABLESAMPLE');
}

/** Why a view over `query`, bound with `record`, cannot have a check option; undefined when it can. */
export function problemOfView(query: Query, record: BindingRecord, relationOf: (ref: TableRef) => RelationDef | undefined): string | undefined {
  const clauses = problemOfClauses(query);
  if (clauses !== undefined) return clauses;
  const bound = record.selects.get(query.body as Select);
  if (bound === undefined) return notOneRelation;
  const problem = problemOfCalls({ aggregates: bound.level.aggregates, windowCalls: bound.windowCalls, setCalls: bound.setCalls }) ?? problemOfFrom(query, relationOf);
  if (problem !== undefined) return problem;
  return bound.items.some(({ expression, isJunk }) => !isJunk && expression.kind === 'column') ? undefined : 'Views that have no updatable columns are not automatically updatable.';
}
