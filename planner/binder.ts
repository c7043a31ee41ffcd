/**
 * The binder's front: from a statement's AST to a logical plan whose names are resolved and whose types are known. The work is in the files of
 * each area; here they are tied together.
 */
import { DbError, notSupported } from '../base/errors.js';
import { sqlType, TypeOid, types, type SqlType } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { Delete, Insert, Merge, PreparableStatement, Query, Statement, Update } from '../parser/ast.js';
import { Binder, type BinderHooks, type BoundQuery, type DependencySink, type RoutineScope } from './binder-context.js';
import { bindDelete, bindInsert, bindUpdate } from './binder-dml.js';
import { bindExpression } from './binder-expression.js';
import { bindMerge } from './binder-merge.js';
import { bindQuery } from './binder-query.js';
import type { BindingRecord } from './binding-record.js';
import type { Catalog } from './catalog.js';
import type { ConstantEvaluator } from './fold.js';
import type { LogicalStatement } from './logical-plan.js';
import type { QueryLevel } from './scope.js';
import { withRowKeysIfWanted } from './system-columns.js';

/** What `new Binder` needs to bind subqueries and the rest. */
const binderHooks: BinderHooks = {
  bindExpression,
  bindQuery,
  bindModify: (binder, boundary, ctes, statement) => bindModify(binder, boundary, ctes, statement),
};

function bindModify(binder: Binder, boundary: QueryLevel | undefined, ctes: QueryLevel['ctes'], statement: Insert | Update | Delete | Merge): BoundQuery {
  switch (statement.kind) {
    case 'insert':
      return bindInsert(binder, boundary, ctes, statement);
    case 'update':
      return bindUpdate(binder, boundary, ctes, statement);
    case 'delete':
      return bindDelete(binder, boundary, ctes, statement);
    case 'merge':
      return bindMerge(binder, boundary, ctes, statement);
  }
}

export interface BindOptions {
  /** Types of parameters the caller fixed; others are inferred. */
  readonly parameterTypes?: readonly (SqlType | undefined)[];
  /** `:name`s in the order of their parameters. */
  readonly parameterNames?: readonly string[];
  readonly settings?: ReadonlyMap<string, string>;
  readonly dependencies?: DependencySink;
  readonly mayWriteMaterializedViews?: boolean;
  readonly context?: EvalContext | undefined;
  readonly evaluate?: ConstantEvaluator | undefined;
  readonly withRowKeys?: boolean;
  readonly routine?: RoutineScope | undefined;
  /** Filled while binding. */
  readonly record?: BindingRecord | undefined;
}

const noSettings: ReadonlyMap<string, string> = new Map();

export function newBinder(catalog: Catalog, options: BindOptions, givesRowKeys = false): Binder {
  return new Binder({
    catalog, hooks: binderHooks, settings: options.settings ?? noSettings, parameterTypes: options.parameterTypes ?? [], parameterNames: options.parameterNames,
    context: options.context, evaluate: options.evaluate, dependencies: options.dependencies, routine: options.routine, record: options.record, mayWriteMaterializedViews: options.mayWriteMaterializedViews, givesRowKeys,
  });
}

export interface BoundStatement extends LogicalStatement {
  readonly binder: Binder;
  readonly parameterTypes: readonly SqlType[];
}

/** Whether a statement is one that is planned, rather than carried out by the engine itself. */
function isPlannable(statement: Statement): statement is PreparableStatement {
  return statement.kind === 'query' || statement.kind === 'insert' || statement.kind === 'update' || statement.kind === 'delete' || statement.kind === 'merge';
}

export function bindStatement(statement: Statement, catalog: Catalog, options: BindOptions = {}): BoundStatement {
  if (!isPlannable(statement)) throw notSupported(`planning of ${statement.kind}`, statement.offset);
  return withRowKeysIfWanted((givesRowKeys) => bindOnce(statement, catalog, options, givesRowKeys));
}

function bindOnce(statement: PreparableStatement, catalog: Catalog, options: BindOptions, givesRowKeys: boolean): BoundStatement {
  const binder = newBinder(catalog, options, givesRowKeys);
  const bound = statement.kind === 'query' ? bindTopQuery(binder, statement, options.withRowKeys === true) : bindModify(binder, undefined, undefined, statement);
  binder.throwRefusal();
  return { binder, ctes: binder.ctes, plan: bound.plan, result: bound.columns, parameterTypes: finishParameters(binder) };
}

function bindTopQuery(binder: Binder, statement: Query, withRowKeys: boolean): BoundQuery {
  return bindQuery(binder, undefined, undefined, statement, { keepUnknown: false, locking: undefined, isTopLevel: true, withRowKeys });
}

/** @throws DbError 42P18 when a parameter's type could not be determined, 42P08 when it was after a use that wanted to know it. Source. check_parameter_resolution_walker. */
function finishParameters(binder: Binder): SqlType[] {
  const late = binder.openParameters.find(({ index }) => binder.parameterTypes[index] !== undefined);
  if (late !== undefined) throw new DbError('42P08', `could not determine data type of parameter $${late.index + 1}`, { offset: late.offset });
  return binder.parameterTypes.map((type, i) => {
    if (type === undefined || type.oid === TypeOid.unknown) {
      // A parameter that is numbered over, not used, is of no consequence.
      if (type === undefined && !binder.isParameterUsed(i)) return types.text;
      throw new DbError('42P18', `could not determine data type of parameter $${i + 1}`);
    }
    return sqlType(type.oid);
  });
}
