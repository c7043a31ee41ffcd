/** Constraint violations in PostgreSQL's words, with the fields that say which constraint of which table. */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { outputText } from '../base/text-io.js';
import type { EvalContext } from '../functions/registry.js';
import type { BoundExpression } from '../planner/expression.js';
import { expressionText } from '../planner/expression-text.js';
import type { ForeignKeyDef, IndexDef, TableDef } from '../planner/catalog.js';

/** Values in DETAIL are cut after so many characters. */
const DetailValueLengthMax = 64;

function displayValue(value: Datum, table: TableDef, column: number, ctx: EvalContext, nullText: string): string {
  if (value === null) return nullText;
  const text = outputText(table.columns[column]!.type, value, ctx);
  return text.length > DetailValueLengthMax ? `${text.slice(0, DetailValueLengthMax)}...` : text;
}

function failingRow(table: TableDef, row: readonly Datum[], ctx: EvalContext): string {
  const values = table.columns.filter((column) => !column.isDropped).map((column) => displayValue(row[column.index]!, table, column.index, ctx, 'null'));
  return `Failing row contains (${values.join(', ')}).`;
}

/** `(a, b)=(1, x)` */
function keyDetail(table: TableDef, columns: readonly number[], values: readonly Datum[], ctx: EvalContext): string {
  const names = columns.map((column) => table.columns[column]!.name);
  const texts = values.map((value, i) => (value === null ? 'null' : outputText(table.columns[columns[i]!]!.type, value, ctx)));
  return `(${names.join(', ')})=(${texts.join(', ')})`;
}

export function notNullViolation(table: TableDef, column: number, row: readonly Datum[], ctx: EvalContext): DbError {
  const { name } = table.columns[column]!;
  return new DbError('23502', `null value in column "${name}" of relation "${table.name}" violates not-null constraint`, {
    detail: failingRow(table, row, ctx), schema: table.schema, table: table.name, column: name,
  });
}

export function checkViolation(table: TableDef, constraint: string, row: readonly Datum[], ctx: EvalContext): DbError {
  return new DbError('23514', `new row for relation "${table.name}" violates check constraint "${constraint}"`, {
    detail: failingRow(table, row, ctx), schema: table.schema, table: table.name, constraint,
  });
}

export function viewOptionViolation(view: string, table: TableDef, row: readonly Datum[], ctx: EvalContext): DbError {
  return new DbError('44000', `new row violates check option for view "${view}"`, { detail: failingRow(table, row, ctx), schema: table.schema, table: table.name });
}

/** `keyText` as in `(a)=(1)`, see `indexKeyText`. */
export function uniqueViolation(table: TableDef, index: IndexDef, keyText: string): DbError {
  return new DbError('23505', `duplicate key value violates unique constraint "${index.constraintName ?? index.name}"`, {
    detail: `Key ${keyText} already exists.`, schema: table.schema, table: table.name, constraint: index.constraintName ?? index.name,
  });
}

/** The key of a row in an index as DETAIL shows it: `(a, lower(b))=(1, x)`. `keys` are the index's bound key expressions, if it has any. */
export function indexKeyText(table: TableDef, index: IndexDef, values: readonly Datum[], ctx: EvalContext, keys?: readonly BoundExpression[]): string {
  const names = index.columns.map((column, i) => {
    if (column.column !== undefined) return table.columns[column.column]!.name;
    const key = keys?.[i];
    return key === undefined ? '(expression)' : expressionText(key, { types: ctx.types, column: (_, name) => name, subquery: () => '(subquery)' });
  });
  const texts = values.map((value, i) => (value === null ? 'null' : outputText(index.columns[i]!.type, value, ctx)));
  return `(${names.join(', ')})=(${texts.join(', ')})`;
}

export function missingParent(key: ForeignKeyDef, child: TableDef, parent: TableDef, values: readonly Datum[], ctx: EvalContext): DbError {
  return childViolation(key, child, `Key ${keyDetail(child, key.childColumns, values, ctx)} is not present in table "${parent.name}".`);
}
export function mixedMatchFull(key: ForeignKeyDef, child: TableDef): DbError {
  return childViolation(key, child, 'MATCH FULL does not allow mixing of null and nonnull key values.');
}
function childViolation(key: ForeignKeyDef, child: TableDef, detail: string): DbError {
  return new DbError('23503', `insert or update on table "${child.name}" violates foreign key constraint "${key.name}"`, {
    detail, schema: child.schema, table: child.name, constraint: key.name,
  });
}

export function stillReferenced(key: ForeignKeyDef, child: TableDef, parent: TableDef, values: readonly Datum[], ctx: EvalContext): DbError {
  return new DbError('23503', `update or delete on table "${parent.name}" violates foreign key constraint "${key.name}" on table "${child.name}"`, {
    detail: `Key ${keyDetail(parent, key.parentColumns, values, ctx)} is still referenced from table "${child.name}".`,
    schema: child.schema, table: child.name, constraint: key.name,
  });
}
