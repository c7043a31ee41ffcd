/**
 * Planning from end to end: bind, optimize, choose physical plans for the subqueries, the CTEs and the statement, narrow what each operator
 * outputs, and say what the statement is like (parameters, result, tables, whether it only reads).
 */
import { VERIFY } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import { typeInfo, type SqlType } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { PreparableStatement } from '../parser/ast.js';
import type { Binder, RoutineScope } from './binder-context.js';
import { bindStatement, newBinder, type BindOptions, type BoundStatement } from './binder.js';
import { bindDefault, bindWriteExpressions } from './binder-table.js';
import type { Catalog, ColumnDef, TableDef } from './catalog.js';
import { isOn } from './cost.js';
import { forEachPlanExpression, logicalPlanOf, mapAllExpressions, mapChildren, planIsVolatile, type Subquery } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { Folder, type ConstantEvaluator } from './fold.js';
import { planInputs, type LogicalCte, type LogicalPlan } from './logical-plan.js';
import { optimize } from './optimize.js';
import type { PlannerContext } from './path.js';
import { newPlannerContext, planFirstRows, planPhysical } from './physical-planner.js';
import { narrow } from './physical-tools.js';
import type { IndexExpressions, PlanColumn, PlannedCte, PlannedStatement, ScanColumn } from './physical-plan.js';
import { RoutineBodies } from './routine-body.js';
import { validatePlan } from './validate-plan.js';

export interface PlanOptions {
  readonly catalog: Catalog;
  readonly settings?: ReadonlyMap<string, string>;
  readonly parameterTypes?: readonly (SqlType | undefined)[];
  readonly parameterNames?: readonly string[];
  /** Highest `$n` of the text. */
  readonly parameterCount?: number;
  /** For folding constants; without it nothing that needs a context is folded. */
  readonly context?: EvalContext;
  /** Computes constants; without it nothing is computed before the statement runs. */
  readonly evaluate?: ConstantEvaluator;
  /** Rules switched off by name, for tests that compare plans with and without one. */
  readonly disabledRules?: ReadonlySet<string>;
  readonly mayWriteMaterializedViews?: boolean;
  readonly routine?: RoutineScope | undefined;
  /** Told each rule's result, for the `[opt]` golden output. */
  readonly onRule?: (rule: string, plan: LogicalPlan) => void;
  /** For a cursor: its rows come with the keys of the rows they are made of. */
  readonly withRowKeys?: boolean;
}

function bindOptions(options: PlanOptions): BindOptions {
  return {
    parameterTypes: options.parameterTypes ?? [],
    parameterNames: options.parameterNames ?? [],
    context: options.context,
    evaluate: options.evaluate,
    withRowKeys: options.withRowKeys === true,
    routine: options.routine,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.mayWriteMaterializedViews === undefined ? {} : { mayWriteMaterializedViews: options.mayWriteMaterializedViews }),
  };
}

const noSettings: ReadonlyMap<string, string> = new Map();

/** @throws DbError of classes 42, 22 and 0A; 54001 when the statement is too deep to walk */
export function planStatement(statement: PreparableStatement, options: PlanOptions): PlannedStatement {
  return withDepthLimit(() => {
    const bound = bindStatement(statement, options.catalog, bindOptions(options));
    return planBound(bound, options);
  });
}

/** The parser bounds nesting, but chains of operators are as long as the text: running out of stack is the user's error, not ours. */
function withDepthLimit<T>(f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) {
      throw new DbError('54001', 'stack depth limit exceeded', { hint: 'The expression or the chain of set operations is too long; split it.' });
    }
    throw error;
  }
}

function planBound(bound: BoundStatement, options: PlanOptions): PlannedStatement {
  const { binder } = bound;
  const isDisabled = disabledBy(options);
  const optimized = optimize(bound, { binder, context: options.context, evaluate: options.evaluate, isDisabled, onRule: options.onRule });
  const isReadOnly = isReading(optimized.ctes, optimized.plan);
  const folder = isDisabled('fold-constants') ? undefined : new Folder(binder.types, options.context, options.evaluate, new RoutineBodies(binder));
  const foldStored = (e: BoundExpression): BoundExpression => (folder === undefined || e.kind === 'column' ? e : folder.tryFold(e, () => undefined));
  const cx = newPlannerContext(binder, options.settings ?? noSettings, isDisabled, foldStored);
  const ctes: PlannedCte[] = [];
  for (const cte of optimized.ctes) {
    registerScans(cx, cte.plan);
    const plan = planPhysical(cx, lowerSubqueries(cx, cte.plan));
    cx.cteRows.set(cte.number, Math.max(1, plan.estimate.rows));
    ctes.push({ number: cte.number, name: cte.name, plan: narrow(plan, new Set(cte.columns.map((column) => column.id))), columns: cte.columns.map((column) => column.id), isModifying: cte.isModifying, mayWait: cte.mayWait });
  }
  registerScans(cx, optimized.plan);
  const needed = new Set<ColumnId>(bound.result.map((column) => column.id));
  const plan = narrow(planPhysical(cx, lowerSubqueries(cx, optimized.plan)), needed);
  const planned: PlannedStatement = {
    ctes, plan, result: bound.result, rowKeySources: binder.rowKeySources, parameterTypes: bound.parameterTypes, catalogVersion: options.catalog.version, relations: [...binder.relations.values()], columnCount: binder.columnCount, isReadOnly,
  };
  if (VERIFY.on) validatePlan(planned);
  return planned;
}

/** What is switched off by name, or by `rewrite_rules = off`: all but the computing of constants, whose errors are the statement's. */
function disabledBy({ disabledRules, settings }: PlanOptions): (rule: string) => boolean {
  if (settings !== undefined && !isOn(settings, 'rewrite_rules')) return (rule) => rule !== 'fold-constants';
  return (rule) => disabledRules !== undefined && disabledRules.has(rule);
}

/** Tells the estimator of every scan, those of subqueries included. */
function registerScans(cx: PlannerContext, plan: LogicalPlan): void {
  if (plan.kind === 'scan') cx.estimator.addScan(plan);
  forEachPlanExpression(plan, (e) => forEachSubquery(e, (query) => registerScans(cx, logicalPlanOf(query))));
  for (const input of planInputs(plan)) registerScans(cx, input);
}

function forEachSubquery(e: BoundExpression, f: (query: Subquery) => void): void {
  mapChildren(e, (child) => {
    forEachSubquery(child, f);
    return child;
  });
  if (e.kind === 'subquery') f(e);
}

/** Replaces the logical plans of subqueries that stayed subqueries by physical ones, innermost first. */
function lowerSubqueries(cx: PlannerContext, plan: LogicalPlan): LogicalPlan {
  const done = new Map<Subquery, Subquery>();
  const lowerExpression = (e: BoundExpression): BoundExpression => {
    const mapped = mapChildren(e, lowerExpression);
    if (mapped.kind !== 'subquery') return mapped;
    // An expression that stands in two places (a condition and its recheck) is planned once.
    let lowered = done.get(mapped);
    if (lowered === undefined) done.set(mapped, (lowered = lowerSubquery(cx, mapped)));
    return lowered;
  };
  return mapAllExpressions(plan, lowerExpression);
}

function lowerSubquery(cx: PlannerContext, query: Subquery): Subquery {
  const isVolatile = planIsVolatile(logicalPlanOf(query));
  const logical = lowerSubqueries(cx, logicalPlanOf(query));
  const physical = query.subkind === 'exists' ? planFirstRows(cx, logical, 1) : planPhysical(cx, logical);
  return { ...query, plan: narrow(physical, new Set(query.columns)), isVolatile };
}

/** Nothing is changed, locked or drawn from a sequence. */
function isReading(ctes: readonly LogicalCte[], plan: LogicalPlan): boolean {
  const changes = (node: LogicalPlan): boolean => {
    if (node.kind === 'modify' || node.kind === 'lockRows') return true;
    if ((node.kind === 'functionScan' || node.kind === 'projectSet') && node.calls.some((call) => call.function.oid !== undefined && call.function.volatility === 'volatile')) return true;
    let found = false;
    forEachPlanExpression(node, (e) => {
      found ||= callsWriter(e) || subqueriesOf(e).some((query) => changes(logicalPlanOf(query)));
    });
    return found || planInputs(node).some(changes);
  };
  return !ctes.some((cte) => cte.isModifying || changes(cte.plan)) && !changes(plan);
}

const writers = new Set(['nextval', 'setval']);

function callsWriter(e: BoundExpression): boolean {
  if (e.kind === 'call' && (writers.has(e.function.name) || (e.function.oid !== undefined && e.function.volatility === 'volatile'))) return true;
  let found = false;
  mapChildren(e, (child) => {
    found ||= callsWriter(child);
    return child;
  });
  return found;
}

function subqueriesOf(e: BoundExpression): Subquery[] {
  const found: Subquery[] = [];
  forEachSubquery(e, (query) => found.push(query));
  return found;
}

// ------------------------------------------------------------------------------------------------------------------- other entries

export interface Description {
  readonly parameterTypes: readonly SqlType[];
  readonly result: readonly PlanColumn[];
}

/** Parameter and result types without planning. */
export function describe(statement: PreparableStatement, options: PlanOptions): Description {
  const bound = withDepthLimit(() => bindStatement(statement, options.catalog, bindOptions(options)));
  return { parameterTypes: bound.parameterTypes, result: bound.result };
}

/** What is needed to write a row of a table outside a planned statement. */
export interface TableWrite {
  readonly table: TableDef;
  readonly newRow: readonly ScanColumn[];
  readonly checks: readonly { readonly name: string; readonly expression: BoundExpression; readonly isViewOption: boolean }[];
  readonly generated: readonly { readonly column: number; readonly value: BoundExpression }[];
  readonly indexExpressions: ReadonlyMap<TableDef['oid'], IndexExpressions>;
  readonly defaults: readonly (BoundExpression | undefined)[];
  readonly columnCount: number;
}

export function tableWriteInfo(table: TableDef, options: PlanOptions): TableWrite {
  const binder: Binder = newBinder(options.catalog, bindOptions(options));
  const write = bindWriteExpressions(binder, table);
  // A domain may have a default of its own, and something against NULL.
  const isGiven = ({ type, defaultExpression, sequence }: ColumnDef): boolean => defaultExpression !== undefined || sequence !== undefined || typeInfo(type.oid, binder.types).kind === 'domain';
  const defaults = table.columns.map((column) => (column.isDropped || column.generated === 'stored' || !isGiven(column) ? undefined : bindDefault(binder, column)));
  return { table, ...write, defaults, columnCount: binder.columnCount };
}
