/**
 * A set-returning function in SQL in FROM becomes its query, so that conditions reach the tables it reads. It must be STABLE or IMMUTABLE, for a VOLATILE one reads under
 * snapshots of its own, and not STRICT; its arguments are evaluated wherever the query reads them, so they are not volatile and without subqueries.
 *
 * Not inlined beside what PostgreSQL leaves: a query that takes row locks or has WITH over arguments that read rows.
 *
 * Source. inline_set_returning_function of clauses.c.
 */
import { typeInfo, TypeOid } from '../../base/types.js';
import type { Binder } from '../binder-context.js';
import { coerce } from '../binder-types.js';
import { columnRef, columnsOf, hasSubquery, isVolatile, mapAllExpressions } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { Folder } from '../fold.js';
import { makeProject, mapPlanBottomUp, somePlan, type LogicalCte, type LogicalPlan } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';
import { placeArguments, RoutineBodies, inRoutine, singleQuery } from '../routine-body.js';
import { withRowKeysIfWanted } from '../system-columns.js';
import { rewriteStatement } from './everywhere.js';

type FunctionScan = Extract<LogicalPlan, { kind: 'functionScan' }>;

export const inlineSetFunctions: Rule = {
  name: 'inline-set-functions',
  isRequired: false,
  apply(statement, cx) {
    if (!cx.binder.callsRoutines) return statement;
    const ctes: LogicalCte[] = [];
    const active: number[] = [];
    const inlined = (plan: LogicalPlan): LogicalPlan => mapPlanBottomUp(plan, (node) => (node.kind === 'functionScan' ? inlineScan(node, cx, ctes, active, whole) : node));
    const whole = (plan: LogicalPlan): LogicalPlan => rewriteStatement({ ctes: [], plan, result: [] }, inlined).plan;
    const rewritten = rewriteStatement(statement, inlined);
    return ctes.length === 0 ? rewritten : { ...rewritten, ctes: [...ctes, ...rewritten.ctes] };
  },
};

function inlineScan(scan: FunctionScan, cx: RuleContext, ctes: LogicalCte[], active: number[], whole: (plan: LogicalPlan) => LogicalPlan): LogicalPlan {
  const call = scan.calls[0]!;
  const { function: definition } = call;
  if (scan.calls.length !== 1 || scan.ordinality !== undefined || definition.oid === undefined || definition.kind !== 'set') return scan;
  if (definition.strict || definition.volatility === 'volatile' || definition.returns === TypeOid.void || active.includes(definition.oid)) return scan;
  const routines = new RoutineBodies(cx.binder);
  const found = routines.routineOf(definition);
  if (found === undefined || found.routine.isApart) return scan;
  // What fails is met when the arguments are folded where they stand.
  const folder = new Folder(cx.binder.types, cx.context, cx.evaluate, routines);
  const args = routines.argumentsOf(definition, call.args, (e) => folder.tryFold(e, () => undefined))?.map((e) => folder.tryFold(e, () => undefined));
  if (args === undefined || args.some((arg) => isVolatile(arg) || hasSubquery(arg))) return scan;
  return inRoutine(`SQL function "${definition.name}" during inlining`, () => {
    const query = singleQuery(found.routine, found.types.length);
    if (query === undefined) return scan;
    const { binder, bound } = withRowKeysIfWanted((givesRowKeys) => {
      const body = cx.binder.forBody({ name: found.routine.name, parameters: found.routine.parameters.map((p) => p.name) }, found.types, givesRowKeys);
      return { binder: body, bound: body.hooks.bindQuery(body, undefined, undefined, query, { keepUnknown: false, locking: undefined, isTopLevel: true }) };
    });
    binder.throwRefusal();
    const columns = columnsFor(binder, call.columns, bound.columns);
    if (columns === undefined || takesLocks(bound.plan) || binder.ctes.some((cte) => cte.isModifying || cte.mayWait)) return scan;
    if (binder.ctes.length > 0 && args.some((arg) => columnsOf(arg).size > 0)) return scan;
    cx.binder.absorb(binder);
    const place = (plan: LogicalPlan): LogicalPlan => mapAllExpressions(plan, (e) => placeArguments(e, args, -1));
    active.push(definition.oid!);
    try {
      for (const cte of binder.ctes) ctes.push({ ...cte, plan: whole(place(cte.plan)) });
      return makeProject(whole(place(bound.plan)), columns, call.columns.map((column) => column.name));
    } finally {
      active.pop();
    }
  });
}

/** The scan's columns over those of the query; undefined when they are made of one whole row, or do not fit. */
function columnsFor(binder: Binder, wanted: FunctionScan['output'], given: FunctionScan['output']): { readonly id: number; readonly expression: BoundExpression }[] | undefined {
  if (given.length !== wanted.length) return undefined;
  const computed: { id: number; expression: BoundExpression }[] = [];
  for (const [i, column] of wanted.entries()) {
    const isWholeRow = given.length === 1 && typeInfo(given[i]!.type.oid, binder.types).storage === 'record' && given[i]!.type.oid !== column.type.oid;
    const expression = isWholeRow ? undefined : coerce(binder, columnRef(given[i]!), column.type, 'assignment', -1);
    if (expression === undefined) return undefined;
    computed.push({ id: column.id, expression });
  }
  return computed;
}

const takesLocks = (plan: LogicalPlan): boolean => somePlan(plan, (node) => node.kind === 'lockRows' || node.kind === 'modify');
