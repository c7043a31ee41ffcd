/** What is certain about a plan's rows: columns that are never NULL, columns that are unique, how many rows to expect. */
import { builtinTypes, type TypeRegistry } from '../base/types.js';
import { conjunctsOf, outputIdSet, readsOnly, rejectsNulls } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { LogicalPlan } from './logical-plan.js';
import { Estimator, limitValue, tableRows } from './statistics.js';

/** Columns of the output that no row has NULL in. */
export function notNullColumns(plan: LogicalPlan): Set<ColumnId> {
  switch (plan.kind) {
    case 'scan': {
      const found = new Set<ColumnId>();
      for (const column of plan.columns) if (plan.table.columns[column.column]!.notNull) found.add(column.id);
      if (plan.rowKey !== undefined) found.add(plan.rowKey);
      return found;
    }
    case 'filter': {
      const found = notNullColumns(plan.input);
      addRejected(conjunctsOf(plan.condition), plan, found);
      return found;
    }
    case 'project': {
      const found = notNullColumns(plan.input);
      for (const { id, expression } of plan.computed) if (isNotNull(expression, found)) found.add(id);
      return found;
    }
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'lockRows':
    case 'window':
    case 'projectSet':
      return notNullColumns(plan.input);
    case 'join':
      switch (plan.join) {
        case 'inner': {
          const found = new Set([...notNullColumns(plan.left), ...notNullColumns(plan.right)]);
          addRejected(conjunctsOf(plan.condition), plan, found);
          return found;
        }
        case 'left':
        case 'anti':
          return notNullColumns(plan.left);
        case 'semi': {
          const found = notNullColumns(plan.left);
          addRejected(conjunctsOf(plan.condition), plan.left, found);
          return found;
        }
        case 'right':
          return notNullColumns(plan.right);
        default:
          return new Set();
      }
    case 'aggregate': {
      const below = notNullColumns(plan.input);
      const found = new Set<ColumnId>();
      if (plan.groupingSets === undefined) for (const { id, expression } of plan.groupBy) if (isNotNull(expression, below)) found.add(id);
      for (const call of plan.calls) if (call.function.name === 'count') found.add(call.id);
      return found;
    }
    default:
      return new Set();
  }
}

function addRejected(conditions: readonly BoundExpression[], plan: { readonly output: LogicalPlan['output'] }, into: Set<ColumnId>): void {
  for (const column of plan.output) if (!into.has(column.id) && conditions.some((e) => rejectsNulls(e, (id) => id === column.id))) into.add(column.id);
}

export function isNotNull(e: BoundExpression, notNull: ReadonlySet<ColumnId>): boolean {
  switch (e.kind) {
    case 'constant':
      return e.value !== null;
    case 'column':
      return notNull.has(e.id);
    case 'cast':
      return e.method === 'binary' && isNotNull(e.arg, notNull);
    case 'coalesce':
      return e.args.some((arg) => isNotNull(arg, notNull));
    case 'isNull':
    case 'isBoolean':
    case 'isDistinct':
    case 'row':
    case 'array':
      return true;
    default:
      return false;
  }
}

/** Whether no two rows agree in all of `columns` (NULLs aside: rows with a NULL among them may repeat). */
export function isUniqueOn(plan: LogicalPlan, columns: ReadonlySet<ColumnId>): boolean {
  switch (plan.kind) {
    case 'values':
      return plan.rows.length <= 1;
    case 'scan': {
      const positions = new Set(plan.columns.filter((column) => columns.has(column.id)).map((column) => column.column));
      return plan.table.indexes.some((index) => index.isUnique && index.predicate === undefined && index.deferrable === 'not deferrable' && index.columns.every((key) => key.column !== undefined && positions.has(key.column)));
    }
    case 'limit':
      return (plan.withTies === undefined && limitValue(plan.limit) === 1) || isUniqueOn(plan.input, columns);
    case 'filter':
    case 'project':
    case 'sort':
    case 'lockRows':
    case 'window':
      return isUniqueOn(plan.input, columns);
    case 'distinct':
      return plan.on.every((e) => e.kind === 'column' && columns.has(e.id)) || isUniqueOn(plan.input, columns);
    case 'aggregate':
      if (plan.isPlain) return true;
      return plan.groupingSets === undefined && plan.groupBy.every((group) => columns.has(group.id));
    case 'join': {
      if (plan.join === 'semi' || plan.join === 'anti') return isUniqueOn(plan.left, columns);
      if (plan.join !== 'inner' && plan.join !== 'left') return false;
      if (isUniqueOn(plan.left, columns) && isUniqueOn(plan.right, equatedColumns(plan.right, plan.condition))) return true;
      return plan.join === 'inner' && isUniqueOn(plan.right, columns) && isUniqueOn(plan.left, equatedColumns(plan.left, plan.condition));
    }
    default:
      return false;
  }
}

/** Columns of `side` that the condition equates with something not of that side. */
export function equatedColumns(side: LogicalPlan, condition: BoundExpression | undefined): Set<ColumnId> {
  const ids = outputIdSet(side);
  const found = new Set<ColumnId>();
  for (const e of conjunctsOf(condition)) {
    if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) continue;
    const [a, b] = e.args as [BoundExpression, BoundExpression];
    for (const [own, other] of [[a, b], [b, a]] as const) {
      let plain = own;
      while (plain.kind === 'cast' && plain.method === 'binary') plain = plain.arg;
      if (plain.kind === 'column' && ids.has(plain.id) && readsOnly(other, (id) => !ids.has(id))) found.add(plain.id);
    }
  }
  return found;
}

/** A rough count of rows, for rewrites that must choose before there are paths. */
export function roughRows(plan: LogicalPlan, registry: TypeRegistry = builtinTypes): number {
  const estimator = new Estimator(registry);
  const rows = (node: LogicalPlan): number => {
    switch (node.kind) {
      case 'values':
        return node.rows.length;
      case 'scan':
        estimator.addScan(node);
        return tableRows(node.table);
      case 'filter': {
        const input = rows(node.input);
        return Math.max(1, input * estimator.selectivityOf(conjunctsOf(node.condition)));
      }
      case 'join': {
        const left = rows(node.left);
        const right = rows(node.right);
        if (node.join === 'semi' || node.join === 'anti') return Math.max(1, left / 2);
        const joined = left * right * estimator.selectivityOf(conjunctsOf(node.condition));
        return Math.max(1, node.join === 'inner' ? joined : Math.max(left, joined));
      }
      case 'limit':
        return Math.min(rows(node.input), limitValue(node.limit) ?? Infinity);
      case 'aggregate': {
        const input = rows(node.input);
        return node.isPlain ? 1 : estimator.groups(node.groupBy.map((group) => group.expression), input);
      }
      case 'distinct': {
        const input = rows(node.input);
        return estimator.groups(node.on, input);
      }
      case 'append':
        return node.inputs.reduce((sum, input) => sum + rows(input), 0);
      case 'setOperation':
        return rows(node.left);
      case 'project':
      case 'projectSet':
      case 'sort':
      case 'window':
      case 'lockRows':
        return rows(node.input);
      default:
        return 100;
    }
  };
  return rows(plan);
}
