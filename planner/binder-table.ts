/**
 * The expressions that belong to a table: defaults, CHECK constraints, generated columns, index keys and predicates. They are kept as AST and bound
 * for each statement that writes the table, over the columns of the row to be written. Their source positions mean nothing in the text of
 * the statement, so they lose them.
 */
import { DbError } from '../base/errors.js';
import { sqlType, typeName, TypeOid, types } from '../base/types.js';
import type { Oid } from '../base/ids.js';
import type { Expression } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { makeCall } from './binder-operator.js';
import { asText, coerce, coerceToBoolean } from './binder-types.js';
import type { ColumnDef, IndexDef, TableDef } from './catalog.js';
import { columnRef, constant, mapChildren } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import type { IndexExpressions, ScanColumn } from './physical-plan.js';
import { QueryLevel, RangeEntry, visibleItem, type Clause } from './scope.js';

/** A level in which only the columns of one row of `table` are visible. */
export function rowLevel(binder: Binder, table: TableDef | undefined, alias: string, columns: readonly ScanColumn[], clause: Clause): QueryLevel {
  const level = new QueryLevel(binder, undefined, undefined);
  level.clause = clause;
  if (columns.length > 0) {
    const entry = new RangeEntry({ alias, columns, schema: table?.schema, relationName: table?.name, table });
    binder.adopt(level, entry);
    level.namespace.push(visibleItem(entry));
  }
  return level;
}

/** The same expression without source positions. */
function withoutOffsets(e: BoundExpression): BoundExpression {
  const mapped = mapChildren(e, withoutOffsets);
  return mapped.offset === -1 ? mapped : { ...mapped, offset: -1 };
}

function bindStored(level: QueryLevel, e: Expression): BoundExpression {
  try {
    return withoutOffsets(level.binder.hooks.bindExpression(level, e));
  } catch (error) {
    if (error instanceof DbError) error.fields = { ...error.fields, offset: undefined };
    throw error;
  }
}

/** What a column gets when nothing is given: its sequence's next value, its default, or NULL. */
export function bindDefault(binder: Binder, column: ColumnDef): BoundExpression {
  if (column.sequence !== undefined && (column.generated === 'identity always' || column.generated === 'identity by default' || column.defaultExpression === undefined)) {
    const next = makeCall(binder, 'nextval', [constant(column.sequence, types.regclass)], -1);
    return coerce(binder, next, column.type, 'assignment', -1)!;
  }
  if (column.defaultExpression === undefined || column.generated === 'stored') {
    return binder.catalog.domainDefault?.(column.type, (e) => storedDefault(binder, column, e)) ?? nullOf(binder, column);
  }
  return storedDefault(binder, column, column.defaultExpression);
}

function nullOf(binder: Binder, column: ColumnDef): BoundExpression {
  return coerce(binder, constant(null, sqlType(TypeOid.unknown)), column.type, 'assignment', -1)!;
}

function storedDefault(binder: Binder, column: ColumnDef, e: Expression): BoundExpression {
  const bound = bindStored(rowLevel(binder, undefined, '', [], 'DEFAULT expressions'), e);
  const value = coerce(binder, bound, column.type, 'assignment', -1);
  if (value === undefined) {
    throw new DbError('42804', `column "${column.name}" is of type ${typeName(column.type.oid, binder.types)} but default expression is of type ${typeName(bound.type.oid, binder.types)}`, {
      hint: 'You will need to rewrite or cast the expression.',
    });
  }
  return value;
}

export interface WriteExpressions {
  readonly newRow: readonly ScanColumn[];
  readonly checks: readonly { readonly name: string; readonly expression: BoundExpression; readonly isViewOption: boolean }[];
  readonly generated: readonly { readonly column: number; readonly value: BoundExpression }[];
  readonly indexExpressions: ReadonlyMap<Oid, IndexExpressions>;
}

/** Everything computed over a row about to be written. */
export function bindWriteExpressions(binder: Binder, table: TableDef): WriteExpressions {
  const newRow = table.columns.filter((column) => !column.isDropped).map((column): ScanColumn => ({ id: binder.newId(), name: column.name, type: column.type, column: column.index }));
  const checks = table.checks.map((check) => ({ name: check.name, expression: bindCheck(binder, table, newRow, check.expression), isViewOption: false }));
  const generated: { column: number; value: BoundExpression }[] = [];
  for (const column of table.columns) {
    if (column.generated !== 'stored' || column.isDropped || column.defaultExpression === undefined) continue;
    generated.push({ column: column.index, value: bindGenerated(binder, table, newRow, column) });
  }
  const indexExpressions = new Map<Oid, IndexExpressions>();
  for (const index of table.indexes) {
    if (index.predicate !== undefined || index.columns.some((column) => column.expression !== undefined)) indexExpressions.set(index.oid, bindIndex(binder, table, newRow, index));
  }
  return { newRow, checks, generated, indexExpressions };
}

function bindCheck(binder: Binder, table: TableDef, row: readonly ScanColumn[], e: Expression): BoundExpression {
  const level = rowLevel(binder, table, table.name, row, 'check constraints');
  return coerceToBoolean(binder, bindStored(level, e), 'CHECK');
}

function bindGenerated(binder: Binder, table: TableDef, row: readonly ScanColumn[], column: ColumnDef): BoundExpression {
  const bound = bindStored(rowLevel(binder, table, table.name, row, 'column generation expressions'), column.defaultExpression!);
  const value = coerce(binder, bound, column.type, 'assignment', -1);
  if (value === undefined) {
    throw new DbError('42804', `column "${column.name}" is of type ${typeName(column.type.oid, binder.types)} but generation expression is of type ${typeName(bound.type.oid, binder.types)}`, {
      hint: 'You will need to rewrite or cast the expression.',
    });
  }
  return value;
}

/** Keys and predicate of an index over a row's columns. */
export function bindIndex(binder: Binder, table: TableDef, row: readonly ScanColumn[], index: IndexDef): IndexExpressions {
  const byPosition = new Map(row.map((column) => [column.column, column]));
  const keys = index.columns.map((key): BoundExpression => {
    if (key.column !== undefined) return columnRef(byPosition.get(key.column)!);
    return asText(binder, bindStored(rowLevel(binder, table, table.name, row, 'index expressions'), key.expression!));
  });
  const predicate = index.predicate === undefined ? undefined : coerceToBoolean(binder, bindStored(rowLevel(binder, table, table.name, row, 'index predicates'), index.predicate), 'WHERE');
  return { keys, predicate };
}
