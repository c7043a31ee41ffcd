/** What is certain about a plan's rows: columns that are never NULL, columns that are unique, how many rows to expect. */
import { builtinTypes, type SqlType, TypeOid, type TypeRegistry } from '../base/types.js';
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

// ------------------------------------------------------------------------------------------------------------- dependencies

/** Whenever two rows agree in all of `on`, NULLs taken for equal, they agree in all of `gives`. */
interface Dependency {
  readonly on: readonly ColumnId[];
  readonly gives: readonly ColumnId[];
}

/** Types of which equal values are the same value. */
const exactTypes: ReadonlySet<number> = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.oid, TypeOid.date, TypeOid.uuid]);

/**
 * Which of these columns have one value in all rows of `plan` that agree in the others: they need not be compared to group rows. Keys of a table determine its columns, and what is
 * equal determines each other. Of columns that determine each other, integers stay. (Armstrong 1974; Paulley, Larson 1994.)
 */
export function determinedColumns(plan: LogicalPlan, columns: readonly { readonly id: ColumnId; readonly type: SqlType }[]): Set<ColumnId> {
  const dependencies = dependenciesOf(plan, true);
  const kept = new Set(columns.map(({ id }) => id));
  const determined = new Set<ColumnId>();
  const last = columns.filter(({ type }) => exactTypes.has(type.oid));
  for (const { id } of [...columns.filter((column) => !last.includes(column)), ...last.reverse()]) {
    kept.delete(id);
    if (closure(kept, dependencies).has(id)) determined.add(id);
    else kept.add(id);
  }
  return determined;
}

function closure(columns: ReadonlySet<ColumnId>, dependencies: readonly Dependency[]): Set<ColumnId> {
  const known = new Set(columns);
  for (let size = -1; size !== known.size; ) {
    ({ size } = known);
    for (const { on, gives } of dependencies) if (on.every((id) => known.has(id))) for (const id of gives) known.add(id);
  }
  return known;
}

/** `isWhole`: no row of the plan is replaced by NULLs above it, so that what its conditions say is true of every row. */
function dependenciesOf(plan: LogicalPlan, isWhole: boolean): readonly Dependency[] {
  switch (plan.kind) {
    case 'scan':
      return keyDependencies(plan);
    case 'filter':
      return [...(isWhole ? equalities(plan.condition) : []), ...dependenciesOf(plan.input, isWhole)];
    case 'project':
    case 'sort':
    case 'limit':
    case 'distinct':
      return dependenciesOf(plan.input, isWhole);
    case 'join':
      if (plan.join === 'semi' || plan.join === 'anti') return dependenciesOf(plan.left, isWhole);
      return [
        ...(isWhole && plan.join === 'inner' ? equalities(plan.condition) : []),
        ...dependenciesOf(plan.left, isWhole && (plan.join === 'inner' || plan.join === 'left')), ...dependenciesOf(plan.right, isWhole && (plan.join === 'inner' || plan.join === 'right')),
      ];
    default:
      return [];
  }
}

/** Where a row is replaced by NULLs its key is NULL too, and a key of the table itself never is. */
function keyDependencies(plan: Extract<LogicalPlan, { kind: 'scan' }>): readonly Dependency[] {
  const { table, columns } = plan;
  const gives = columns.map(({ id }) => id);
  const found: Dependency[] = [];
  for (const index of table.indexes) {
    if (!index.isUnique || index.predicate !== undefined || index.deferrable !== 'not deferrable') continue;
    const on = index.columns.map((key) => columns.find(({ column, type }) => column === key.column && table.columns[column]!.notNull && exactTypes.has(type.oid))?.id);
    if (on.every((id) => id !== undefined)) found.push({ on, gives });
  }
  return found;
}

function equalities(condition: BoundExpression | undefined): readonly Dependency[] {
  return conjunctsOf(condition).flatMap((e) => {
    if (e.kind !== 'call' || e.operator !== '=' || e.function.schema !== 'pg_catalog' || e.args.length !== 2) return [];
    const [a, b] = e.args as [BoundExpression, BoundExpression];
    if (a.kind !== 'column' || b.kind !== 'column' || a.type.oid !== b.type.oid || !exactTypes.has(a.type.oid)) return [];
    return [{ on: [a.id], gives: [b.id] }, { on: [b.id], gives: [a.id] }];
  });
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
