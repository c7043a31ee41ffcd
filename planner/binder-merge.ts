/**
 * MERGE: the source joined to the target, and for each joined row the first action whose WHEN holds. A source row without a partner comes through
 * only when some action is for NOT MATCHED; it is told by its NULL row key.
 *
 * Source. parse_merge.c.
 */
import { DbError } from '../base/errors.js';
import type { Merge, MergeWhen } from '../parser/ast.js';
import type { Binder, BoundQuery } from './binder-context.js';
import { bindAssignments, completeRow, finishModify, insertPositions, newStatementLevel, notInsertable, recheckOf, refusePartDefault, setInsertValue, showTarget, withViewChecks } from './binder-dml.js';
import { bindTableReference } from './binder-from.js';
import { bindDefault, bindWriteExpressions } from './binder-table.js';
import { assignableColumn, bindTarget, type Target } from './binder-target.js';
import { coerceToBoolean } from './binder-types.js';
import { copyExpression } from './copy-plan.js';
import { constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { makeJoin, makeProject, type ComputedColumn } from './logical-plan.js';
import type { MergeAction } from './physical-plan.js';
import { QueryLevel, type CteScope, type NamespaceItem } from './scope.js';

export function bindMerge(binder: Binder, boundary: QueryLevel | undefined, ctes: CteScope | undefined, statement: Merge): BoundQuery {
  const level = newStatementLevel(binder, boundary, ctes, statement.with);
  checkUnreachable(statement.whens);
  const target = bindTarget(level, statement.table, statement.alias, 'merge');
  const source = bindTableReference(level, statement.source);
  for (const item of source.items) {
    if (item.entry.alias === target.alias) throw new DbError('42712', `name "${target.alias}" specified more than once`, { detail: 'The name is used both as MERGE target table and data source.' });
  }
  level.namespace = [...source.items];
  showTarget(binder, level, target, target.shown, target);
  level.clause = 'JOIN conditions';
  const on = binder.hooks.bindExpression(level, statement.on);
  const computed: ComputedColumn[] = [];
  const mergeActions = statement.whens.map((when) => bindAction(binder, level, target, source.items, when, computed));
  const condition = coerceToBoolean(binder, on, 'JOIN/ON');
  const needsUnmatched = statement.whens.some((when) => !when.matched);
  const join = makeJoin(needsUnmatched ? 'left' : 'inner', source.plan, target.plan, condition);
  const input = makeProject(join, computed);
  const write = withViewChecks(target, bindWriteExpressions(binder, target.table));
  return finishModify(target, write, {
    operation: 'merge', input, insertValues: undefined, rowKey: target.rowKey, assignments: [],
    recheck: { ...recheckOf(binder, target, input, computed), condition: copyExpression(condition, binder) }, onConflict: undefined, mergeActions, returning: undefined, returnedKey: undefined,
  });
}

function checkUnreachable(whens: readonly MergeWhen[]): void {
  const closed = { true: false, false: false };
  for (const when of whens) {
    const side = when.matched ? 'true' : 'false';
    if (closed[side]) throw new DbError('42601', 'unreachable WHEN clause specified after unconditional WHEN clause');
    closed[side] = when.condition === undefined;
  }
}

function bindAction(binder: Binder, level: QueryLevel, target: Target, sourceItems: readonly NamespaceItem[], when: MergeWhen, computed: ComputedColumn[]): MergeAction {
  // A row without a partner has no target columns to read.
  const scope = new QueryLevel(binder, level.parent, level.ctes);
  for (const entry of level.entries) binder.adopt(scope, entry);
  scope.namespace = when.matched ? [...level.namespace] : [...sourceItems];
  scope.clause = 'MERGE WHEN conditions';
  const condition = when.condition === undefined ? undefined : coerceToBoolean(binder, binder.hooks.bindExpression(scope, when.condition), 'WHEN');
  const base = { matched: when.matched, condition, insertValues: undefined, assignments: [] } as const;
  const { action } = when;
  switch (action.kind) {
    case 'mergeNothing':
      return { ...base, action: 'nothing' };
    case 'mergeDelete':
      return { ...base, action: 'delete' };
    case 'mergeUpdate': {
      scope.clause = 'UPDATE';
      const bound = bindAssignments(binder, scope, target, action.assignments, target.columns);
      computed.push(...bound.computed);
      return { ...base, action: 'update', assignments: bound.assignments };
    }
    default: {
      scope.clause = 'VALUES';
      const positions = insertPositions(target, action.columns);
      const values = new Map<number, BoundExpression>();
      const given = action.values ?? [];
      if (given.length > positions.length) throw new DbError('42601', 'INSERT has more expressions than target columns', { offset: given[positions.length]!.offset });
      if (action.columns.length > 0 && given.length < positions.length && action.values !== undefined) {
        throw new DbError('42601', 'INSERT has more target columns than expressions', { offset: action.columns[given.length]!.offset });
      }
      given.forEach((e, i) => {
        const column = assignableColumn(target, positions[i]!, 'insert');
        if (e.kind === 'defaultValue') {
          refusePartDefault(action.columns[i]);
          values.set(column.index, column.generated === 'stored' ? constant(null, column.type) : bindDefault(binder, column));
          return;
        }
        const value = binder.hooks.bindExpression(scope, e);
        if (column.generated === 'stored') binder.refuseLater('rewriting', notInsertable(column, undefined));
        else if (column.generated === 'identity always' && action.overriding === undefined) binder.refuseLater('rewriting', notInsertable(column, 'Use OVERRIDING SYSTEM VALUE to override.'));
        if (column.generated !== undefined && action.overriding === 'user') return;
        setInsertValue(scope, values, column, action.columns[i], value);
      });
      return { ...base, action: 'insert', insertValues: completeRow(binder, target, values) };
    }
  }
}
