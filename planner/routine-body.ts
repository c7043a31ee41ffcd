/**
 * Bodies of functions in SQL as parts of the statement that calls them. `SELECT expression` takes the place of a call in an expression: then the planner sees
 * what the function does, folds it and finds indexes for it. Any other single statement is analysed all the same, so that what is wrong with it is wrong
 * with the statement.
 *
 * R1  The body must not be more volatile than the function says it is, and that of a strict one must be strict in itself and use all its parameters.
 * R2  An argument that would be evaluated several times must be cheap, without subqueries and not volatile; one that the body does not use is not evaluated.
 * R3  A function is not put into itself.
 *
 * A body is bound once for one state of the catalog and one list of argument types. Plans are kept for one state of the catalog, so a function that is replaced
 * or dropped takes the plans with it that its body is part of.
 *
 * Source. inline_function and evaluate_function of clauses.c.
 */
import { DbError } from '../base/errors.js';
import { isPolymorphic, sqlType, TypeOid, type SqlType } from '../base/types.js';
import type { FunctionDef } from '../functions/registry.js';
import type { Query, Select, Statement } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { coerce } from './binder-types.js';
import type { RoutineDef } from './catalog.js';
import { collectColumns, forEachPlanExpression, hasSubquery, isVolatile, logicalPlanOf, mapAllExpressions, mapChildren, someExpression } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { planInputs, type LogicalPlan } from './logical-plan.js';
import { costOf, isMutable, isMutableNode, isNonStrict } from './routine-facts.js';
import { QueryLevel } from './scope.js';
import { withRowKeysIfWanted } from './system-columns.js';

type Call = Extract<BoundExpression, { kind: 'call' }>;

interface Body {
  /** Over parameters alone; undefined when the body is no plain expression or R1 does not hold. */
  readonly expression: BoundExpression | undefined;
  /** How often each parameter stands in it. */
  readonly uses: readonly number[];
  /** It reads no table and calls nothing that is not immutable: over constants it is one. */
  readonly isPure: boolean;
}

const bodies = new WeakMap<RoutineDef, { readonly key: string; readonly body: Body }>();
const noBody: Body = { expression: undefined, uses: [], isPure: false };

export class RoutineBodies {
  readonly #binder: Binder;
  readonly #active: number[] = [];

  constructor(binder: Binder) {
    this.#binder = binder;
  }

  /** The definition's routine and the types of all its parameters. Undefined: a function of the host, or one that cannot be looked into. */
  routineOf(definition: FunctionDef): { readonly routine: RoutineDef; readonly types: readonly SqlType[] } | undefined {
    const routine = definition.oid === undefined ? undefined : this.#binder.catalog.routine?.(definition.oid);
    if (routine === undefined) return undefined;
    const given: (number | undefined)[] = [];
    definition.args.forEach((type, i) => (given[definition.order?.[i] ?? i] = type));
    const types = routine.parameters.map((parameter, i) => given[i] ?? parameter.type);
    return types.some(isPolymorphic) ? undefined : { routine, types: types.map((oid) => sqlType(oid)) };
  }

  /** The call's arguments in the order of the parameters, those left out from their defaults. */
  argumentsOf(definition: FunctionDef, args: readonly BoundExpression[], fold: (e: BoundExpression) => BoundExpression): readonly BoundExpression[] | undefined {
    const found = this.routineOf(definition);
    if (found === undefined) return undefined;
    const placed: (BoundExpression | undefined)[] = [];
    args.forEach((arg, i) => (placed[definition.order?.[i] ?? i] = arg));
    const complete: BoundExpression[] = [];
    for (const [i, parameter] of found.routine.parameters.entries()) {
      const arg = placed[i] ?? (parameter.default === undefined ? undefined : this.#default(found.types[i]!, parameter.default, fold));
      if (arg === undefined) return undefined;
      complete.push(arg);
    }
    return complete;
  }

  #default(type: SqlType, e: NonNullable<RoutineDef['parameters'][number]['default']>, fold: (e: BoundExpression) => BoundExpression): BoundExpression | undefined {
    const level = new QueryLevel(this.#binder, undefined, undefined);
    level.clause = 'DEFAULT expressions';
    const bound = coerce(this.#binder, this.#binder.hooks.bindExpression(level, e), type, 'assignment', -1);
    return bound === undefined || hasSubquery(bound) ? undefined : fold(bound);
  }

  /**
   * What the call is with the function's body in its place, made simple by `fold`; undefined when it stays a call. `args` are complete and folded.
   * @throws DbError of class 42 for a body that cannot be bound
   */
  inline(call: Call, args: readonly BoundExpression[], fold: (e: BoundExpression) => BoundExpression): BoundExpression | undefined {
    const { function: definition } = call;
    const oid = definition.oid!;
    if (call.type.oid === TypeOid.record || this.#active.includes(oid)) return undefined;
    const found = this.routineOf(definition);
    if (found === undefined || found.routine.isApart) return undefined;
    const { expression, uses } = this.#body(definition, found.routine, found.types, call.type);
    if (expression === undefined) return undefined;
    for (const [i, arg] of args.entries()) {
      if (uses[i] === 0 && definition.strict) return undefined;
      if (uses[i]! > 1 && (hasSubquery(arg) || costOf(arg, this.#binder.catalog) > 10 || isVolatile(arg))) return undefined;
    }
    this.#active.push(oid);
    try {
      return fold(placeArguments(expression, args, call.offset));
    } finally {
      this.#active.pop();
    }
  }

  #body(definition: FunctionDef, routine: RoutineDef, types: readonly SqlType[], returns: SqlType): Body {
    const { catalog } = this.#binder;
    const key = `${catalog.version} ${returns.oid} ${types.map((type) => type.oid).join()} ${catalog.searchPath.join()}`;
    const known = bodies.get(routine);
    if (known?.key === key) return known.body;
    this.#active.push(definition.oid!);
    let body: Body;
    try {
      body = inRoutine(undefined, () => withRowKeysIfWanted((givesRowKeys) => this.#bind(definition, routine, types, returns, givesRowKeys)));
    } finally {
      this.#active.pop();
    }
    bodies.set(routine, { key, body });
    return body;
  }

  /** Whether a call over constants is a constant: the function is immutable, and so is all that it does. */
  isPure(call: Call): boolean {
    const { function: definition } = call;
    if (definition.volatility !== 'immutable' || call.type.oid === TypeOid.record || this.#active.includes(definition.oid!)) return false;
    const found = this.routineOf(definition);
    return found !== undefined && !found.routine.isApart && this.#body(definition, found.routine, found.types, call.type).isPure;
  }

  #isPure(binder: Binder, query: Query): boolean {
    const bound = binder.hooks.bindQuery(binder, undefined, undefined, query, { keepUnknown: false, locking: undefined, isTopLevel: true });
    binder.throwRefusal();
    if (binder.relations.size > 0) return false;
    const isImpure = (plan: LogicalPlan): boolean => someOfPlan(plan, (e) => !this.#isPureNode(e), (definition) => definition.volatility !== 'immutable' || definition.oid !== undefined);
    return !isImpure(bound.plan) && !binder.ctes.some((cte) => isImpure(cte.plan));
  }

  #isPureExpression(e: BoundExpression): boolean {
    return !someExpression(e, (node) => !this.#isPureNode(node));
  }

  /** Subqueries apart. */
  #isPureNode(e: BoundExpression): boolean {
    if (e.kind === 'call' && e.function.oid !== undefined) return this.isPure(e);
    return !isMutableNode(e, this.#binder.types);
  }

  #bind(definition: FunctionDef, routine: RoutineDef, types: readonly SqlType[], returns: SqlType, givesRowKeys: boolean): Body {
    const newBinder = (): Binder => this.#binder.forBody({ name: routine.name, parameters: routine.parameters.map((p) => p.name) }, types, givesRowKeys);
    const queries = plainQueries(routine, types.length);
    if (queries === undefined || queries.length === 0) return noBody;
    const [query] = queries;
    if (query === undefined || queries.length > 1) return { ...noBody, isPure: queries.every((each) => this.#isPure(newBinder(), each)) };
    const binder = newBinder();
    const target = plainTarget(query);
    if (target === undefined) return { ...noBody, isPure: this.#isPure(binder, query) };
    const level = new QueryLevel(binder, undefined, undefined);
    level.clause = 'SELECT';
    const bound = binder.hooks.bindExpression(level, target.expression);
    if (level.aggregates.length > 0 || level.windowCalls.length > 0 || level.setCalls.length > 0 || hasSubquery(bound)) {
      // As a whole, from its beginning.
      return { ...noBody, isPure: this.#isPure(newBinder(), query) };
    }
    const isPure = this.#isPureExpression(bound);
    const expression = coerce(binder, bound, returns, 'assignment', -1);
    if (expression === undefined || expression.type.oid !== returns.oid) return { ...noBody, isPure };
    if (definition.volatility === 'immutable' ? isMutable(expression, binder.types) : definition.volatility === 'stable' && isVolatile(expression)) return { ...noBody, isPure };
    if (definition.strict && isNonStrict(expression)) return { ...noBody, isPure };
    const uses = types.map(() => 0);
    someExpression(expression, (e) => {
      if (e.kind === 'parameter') uses[e.index]!++;
      return false;
    });
    return { expression, uses, isPure };
  }
}

/** Every expression of a plan, those of the plans of subqueries among them, and every call of a function that gives rows. */
function someOfPlan(plan: LogicalPlan, test: (e: BoundExpression) => boolean, ofRows: (definition: FunctionDef) => boolean): boolean {
  let found = (plan.kind === 'functionScan' || plan.kind === 'projectSet') && plan.calls.some((call) => ofRows(call.function));
  forEachPlanExpression(plan, (e) => {
    found ||= someExpression(e, (node) => test(node) || (node.kind === 'subquery' && someOfPlan(logicalPlanOf(node), test, ofRows)));
  });
  return found || planInputs(plan).some((input) => someOfPlan(input, test, ofRows));
}

/** The function's statements, when all of them are queries. @throws DbError 42601, 42P02 */
function plainQueries(routine: RoutineDef, parameterCount: number): readonly Query[] | undefined {
  const queries: Query[] = [];
  for (const { statement, parameterNames, parameterCount: count } of routine.body()) {
    if (!isPlainQuery(statement) || parameterNames.length > 0) return undefined;
    if (count > parameterCount) throw new DbError('42P02', `there is no parameter $${parameterCount + 1}`);
    queries.push(statement);
  }
  return queries;
}

/** The function's only statement, when it is a query. @throws DbError 42601, 42P02 */
export function singleQuery(routine: RoutineDef, parameterCount: number): Query | undefined {
  const [parsed, ...others] = routine.body();
  if (parsed === undefined || others.length > 0 || !isPlainQuery(parsed.statement)) return undefined;
  if (parsed.parameterCount > parameterCount) throw new DbError('42P02', `there is no parameter $${parameterCount + 1}`);
  return parsed.parameterNames.length > 0 ? undefined : parsed.statement;
}

const isPlainQuery = (statement: Statement): statement is Query => statement.kind === 'query' && !(statement.body.kind === 'select' && statement.body.into !== undefined);

/** The target of `SELECT expression` and nothing more. */
function plainTarget(query: Query): Select['targets'][number] | undefined {
  const { body } = query;
  if (body.kind !== 'select' || query.with !== undefined || query.orderBy.length > 0 || query.limitCount !== undefined || query.limitOffset !== undefined || query.locking.length > 0) return undefined;
  if (body.from.length > 0 || body.where !== undefined || body.groupBy.length > 0 || body.having !== undefined || body.windows.length > 0 || body.isDistinct) return undefined;
  return body.targets.length === 1 && body.targets[0]!.expression.kind !== 'star' ? body.targets[0] : undefined;
}

/** Positions are those of the body's text, which is not the statement's. `context`: what is said of where an error was met. */
export function inRoutine<T>(context: string | undefined, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof DbError) error.fields = { ...error.fields, offset: undefined, where: [error.fields.where, context].filter((line) => line !== undefined).join('\n') || undefined };
    throw error;
  }
}

/** The expression of a body with arguments in the place of its parameters, in the plans of subqueries too. */
export function placeArguments(e: BoundExpression, args: readonly BoundExpression[], offset: number, read: Set<ColumnId> = new Set()): BoundExpression {
  if (e.kind === 'parameter' && e.index >= 0) {
    const arg = args[e.index]!;
    collectColumns(arg, read);
    return arg;
  }
  const placed = mapChildren(e, (child) => placeArguments(child, args, offset, read), (query) => {
    const inside = new Set<ColumnId>();
    const plan = mapAllExpressions(logicalPlanOf(query), (inner) => placeArguments(inner, args, offset, inside));
    for (const id of inside) read.add(id);
    return { ...query, plan, outer: [...new Set([...query.outer, ...inside])] };
  });
  return placed.offset === offset ? placed : { ...placed, offset };
}
