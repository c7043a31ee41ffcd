/**
 * Subqueries in expressions: EXISTS, scalar, ARRAY(...), and comparisons with ANY, ALL and IN. The subquery is bound below an empty boundary
 * level; what its inside reads of enclosing levels gathers there and becomes `outer`, its correlation.
 */
import { DbError } from '../base/errors.js';
import { sqlType, typeName, TypeOid, types, type SqlType } from '../base/types.js';
import type { ArraySubquery, Exists, InSubquery, Query, QuantifiedSubquery, ScalarSubquery } from '../parser/ast.js';
import type { BoundQuery } from './binder-context.js';
import { hoistLocks } from './binder-locking.js';
import { makeOperator } from './binder-operator.js';
import { compareRows, expandRow, isWrittenRow } from './binder-row.js';
import { arrayTypeOf, coerceToBoolean } from './binder-types.js';
import { areOfOneComposite, columnRef, withoutRecordCast } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { makeProject, type ComputedColumn, type LogicalPlan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';
import { QueryLevel } from './scope.js';

interface Sub {
  readonly query: BoundQuery;
  readonly outer: readonly ColumnId[];
}

/** Binds `query` inside an expression of `level`. */
function bindSub(level: QueryLevel, query: Query, onlyExists = false): Sub {
  const boundary = new QueryLevel(level.binder, level, level.ctes);
  const bound = hoistLocks(level.binder, level.binder.hooks.bindQuery(level.binder, boundary, level.ctes, query, { keepUnknown: false, locking: undefined, onlyExists }));
  return { query: bound, outer: [...boundary.outerReferences] };
}

const nothing = { comparison: undefined, hashable: undefined } as const;

/** What a subquery is compared with or assigned to. */
interface OtherRow {
  readonly width: number;
  readonly mismatch: (given: 'few' | 'many') => DbError;
}

/** `other`: then it is a row of as many columns, with its fields known. */
export function bindSubqueryExpression(level: QueryLevel, e: Exists | ScalarSubquery | ArraySubquery, other?: OtherRow): BoundExpression {
  const { binder } = level;
  const { query, outer } = bindSub(level, e.query, e.kind === 'exists');
  const base = { kind: 'subquery', offset: e.offset, plan: query.plan, outer, ...nothing } as const;
  if (e.kind === 'exists') return { ...base, type: types.bool, subkind: 'exists', columns: [] };
  if (other !== undefined) {
    if (query.columns.length !== other.width) throw other.mismatch(query.columns.length < other.width ? 'few' : 'many');
    const columns = query.columns.map((column) => column.id);
    binder.setRecordShape(columns[0]!, query.columns.map((column) => ({ name: column.name, type: column.type })));
    return { ...base, type: types.record, subkind: 'row', columns };
  }
  if (query.columns.length !== 1) throw new DbError('42601', 'subquery must return only one column', { offset: e.offset });
  const column = query.columns[0]!;
  if (e.kind === 'scalarSubquery') return { ...base, type: column.type, subkind: 'scalar', columns: [column.id] };
  const type = arrayTypeOf(binder, column.type);
  if (type === undefined) throw new DbError('42704', `could not find array type for data type ${typeName(column.type.oid, binder.types)}`, { offset: e.offset });
  return { ...base, type, subkind: 'array', columns: [column.id] };
}

/** `x op ANY (SELECT ...)`; IN is = ANY, NOT IN its negation. */
export function bindQuantifiedSubquery(level: QueryLevel, e: InSubquery | QuantifiedSubquery): BoundExpression {
  const { binder } = level;
  const operator = e.kind === 'inSubquery' ? '=' : e.operator;
  const subkind = e.kind === 'inSubquery' ? 'any' : e.quantifier;
  const { query, outer } = bindSub(level, e.query);
  const operand = binder.hooks.bindExpression(level, e.operand);
  const left = isWrittenRow(e.operand) && operand.kind === 'row' ? operand.fields : [operand];
  if (query.columns.length < left.length) throw new DbError('42601', 'subquery has too few columns', { offset: e.offset });
  if (query.columns.length > left.length) throw new DbError('42601', 'subquery has too many columns', { offset: e.offset });
  const right = query.columns.map((column) => columnRef(column, e.offset));
  const comparison =
    left.length === 1
      ? coerceToBoolean(binder, makeOperator(binder, e.kind === 'inSubquery' ? undefined : e.schema, operator, left[0]!, right[0]!, e.offset), operator)
      : compareRows(level, operator, left, right, e.offset);
  const made = hashableSides(level, query, comparison, subkind === 'any' && operator === '=');
  const subquery: BoundExpression = {
    kind: 'subquery', type: types.bool, offset: e.offset, subkind, plan: made.plan, columns: made.columns.map((column) => column.id), outer,
    comparison: made.comparison, hashable: made.left === undefined ? undefined : { left: made.left },
  };
  return e.kind === 'inSubquery' && e.negated ? { kind: 'not', type: types.bool, offset: e.offset, arg: subquery } : subquery;
}

/**
 * Finds the left sides when `comparison` is a conjunction of equalities against the subquery's columns, each between two values of one type.
 * A column that the comparison had to cast is computed inside the subquery, so that what is hashed is a plain column.
 */
function hashableSides(
  level: QueryLevel,
  query: BoundQuery,
  comparison: BoundExpression,
  isEquality: boolean,
): { plan: LogicalPlan; columns: readonly PlanColumn[]; comparison: BoundExpression; left: readonly BoundExpression[] | undefined } {
  const plain = { plan: query.plan, columns: query.columns, comparison, left: undefined };
  if (!isEquality) return plain;
  const equalities = comparison.kind === 'and' ? comparison.args : [comparison];
  if (equalities.length !== query.columns.length) return plain;
  const lefts: BoundExpression[] = [];
  const columns: PlanColumn[] = [];
  const computed: ComputedColumn[] = [];
  const args: BoundExpression[] = [];
  for (let i = 0; i < equalities.length; i++) {
    const equality = equalities[i]!;
    if (equality.kind !== 'call' || equality.args.length !== 2) return plain;
    const [givenLeft, givenRight] = equality.args as [BoundExpression, BoundExpression];
    if (givenLeft.type.oid !== givenRight.type.oid || (givenLeft.type.oid === TypeOid.record && !areOfOneComposite(givenLeft, givenRight))) return plain;
    // What is compared as a record keeps its type, by which the join knows that it may be hashed.
    const [a, b] = [withoutRecordCast(givenLeft), withoutRecordCast(givenRight)];
    lefts.push(a);
    if (b.kind === 'column' && b.id === query.columns[i]!.id) {
      columns.push(query.columns[i]!);
      args.push(a === givenLeft && b === givenRight ? equality : { ...equality, args: [a, b] });
    } else {
      const column = level.binder.newColumn(query.columns[i]!.name, b.type);
      computed.push({ id: column.id, expression: b });
      columns.push(column);
      args.push({ ...equality, args: [a, columnRef(column, b.offset)] });
    }
  }
  return {
    plan: makeProject(query.plan, computed),
    columns,
    comparison: args.length === 1 ? args[0]! : { kind: 'and', type: types.bool, offset: comparison.offset, args },
    left: lefts,
  };
}

/** The fields of a one-row subquery assigned to several columns. */
export function rowSubqueryFields(level: QueryLevel, e: ScalarSubquery, width: number): { value: BoundExpression; fields: readonly { type: SqlType; index: number }[] } {
  const value = bindSubqueryExpression(level, e, { width, mismatch: () => new DbError('42601', 'number of columns does not match number of values', { offset: e.offset }) });
  return { value, fields: expandRow(level, value, e.offset).map((field, index) => ({ type: sqlType(field.expression.type.oid, field.expression.type.typmod), index })) };
}
