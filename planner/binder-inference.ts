/**
 * ON CONFLICT (...): which unique indexes it names.
 *
 * Source. parse_clause.c (resolve_unique_index_expr), plancat.c (infer_arbiter_indexes).
 */
import { DbError } from '../base/errors.js';
import { typeInfo, type TypeRegistry } from '../base/types.js';
import type { IndexElement, OnConflict as AstOnConflict } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { checkCollation } from './binder-expression.js';
import { bindIndex, rowLevel, type WriteExpressions } from './binder-table.js';
import type { Target } from './binder-target.js';
import { asText, coerceToBoolean } from './binder-types.js';
import type { IndexColumn, IndexDef } from './catalog.js';
import { sameExpression } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { namedOperatorClass, operatorClassOf, type OperatorClass } from './operator-classes.js';
import type { ScanColumn } from './physical-plan.js';
import { impliesPredicate } from './predicate-implication.js';
import type { QueryLevel } from './scope.js';

/** A part of an inference specification: an expression, and the operator class and collation that the index must have for it, where they are given. */
interface InferenceElement {
  readonly expression: BoundExpression;
  readonly operatorClass: OperatorClass | undefined;
  readonly collation: string | undefined;
}

function inferenceElement(level: QueryLevel, element: IndexElement): InferenceElement {
  const { binder } = level;
  if (element.direction !== undefined) throw new DbError('42P10', 'ASC/DESC is not allowed in ON CONFLICT clause', { offset: element.offset });
  if (element.nulls !== undefined) throw new DbError('42P10', 'NULLS FIRST/LAST is not allowed in ON CONFLICT clause', { offset: element.offset });
  const expression = asText(binder, binder.hooks.bindExpression(level, element.expression));
  const { collation } = element;
  if (collation !== undefined) checkCollation(collation.name, collation.offset);
  return { expression, collation: collation?.name, operatorClass: element.operatorClass === undefined ? undefined : namedOperatorClass(binder.catalog, element.operatorClass) };
}

/** Source. infer_collation_opclass_match. */
function matches(element: InferenceElement, column: IndexColumn, types: TypeRegistry): boolean {
  const { operatorClass, collation } = element;
  if (collation !== undefined && (typeInfo(column.type.oid, types).category !== 'S' || collation !== (column.collation ?? 'default'))) return false;
  if (operatorClass === undefined) return true;
  const own = operatorClassOf({ type: column.type.oid, operatorClass: column.operatorClass }, types);
  return own?.family === operatorClass.family && own.type === operatorClass.type;
}

/** Which unique indexes the target names (`viewRow`: by a view's names for its columns); asked when the rest of the clause is bound, for PostgreSQL looks for them when it plans. A deferrable one is refused when a row comes to it. */
export function inferArbiters(binder: Binder, into: Target, target: NonNullable<AstOnConflict['target']>, write: WriteExpressions, viewRow: readonly ScanColumn[] | undefined): () => readonly IndexDef[] {
  const { table } = into;
  if (target.kind === 'conflictConstraint') {
    const index = table.indexes.find((candidate) => candidate.constraintName === target.name);
    if (index === undefined) throw new DbError('42704', `constraint "${target.name}" for table "${table.name}" does not exist`);
    return () => [index];
  }
  // A view's names for its columns, computed ones apart.
  const level = viewRow !== undefined ? rowLevel(binder, undefined, into.relationName, viewRow, 'ON CONFLICT') : rowLevel(binder, table, table.name, write.newRow, 'ON CONFLICT');
  const elements = target.elements.map((element) => inferenceElement(level, element));
  const where = target.where === undefined ? undefined : coerceToBoolean(binder, binder.hooks.bindExpression(level, target.where), 'WHERE');
  return () => {
    const matching = table.indexes.filter((index) => {
      if (!index.isUnique) return false;
      const { keys, predicate } = write.indexExpressions.get(index.oid) ?? bindIndex(binder, table, write.newRow, index);
      const covers = keys.every((key) => elements.some((element) => sameExpression(element.expression, key))) && elements.every((element) => keys.some((key, i) => sameExpression(element.expression, key) && matches(element, index.columns[i]!, binder.types)));
      return covers && (predicate === undefined || (where !== undefined && impliesPredicate(where, predicate, binder.types)));
    });
    if (matching.length === 0) binder.refuseLater('planning', new DbError('42P10', 'there is no unique or exclusion constraint matching the ON CONFLICT specification', {}));
    return matching;
  };
}
