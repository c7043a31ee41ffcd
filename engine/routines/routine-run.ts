/**
 * Running functions in SQL. The statements of a body are planned like any others, with the parameters as `$n` and by name, and their plans are kept
 * with the function's record.
 *
 * Q1  A VOLATILE function's statements are statements of their own inside the calling one: they see what it and they have changed, and at READ
 *     COMMITTED what others commit meanwhile. A STABLE or IMMUTABLE one reads under the calling statement's snapshot and changes nothing (0A000).
 * Q2  A call is synchronous. Where its statement would have to wait for a lock it raises `SuspendStatement`: the driver undoes what functions have
 *     changed (to the savepoint set before their first change), waits and starts the calling statement over. CALL itself waits in place.
 * Q3  What a body's last statement returns is made the declared type by an assignment cast, chosen once per plan.
 *
 * Source: PostgreSQL's executor/functions.c (fmgr_sql, check_sql_fn_retval) for what is allowed and how errors read.
 */
import { SqlRecord, type Datum } from '../../base/datum.js';
import { DbError, notSupported } from '../../base/errors.js';
import { baseTypeOf, sqlType, typeInfo, typeName, TypeOid, type SqlType } from '../../base/types.js';
import { evaluate, evaluateConstant } from '../../executor/expression-interpreter.js';
import { Runtime } from '../../executor/runtime.js';
import { compile } from '../../executor/compile.js';
import { isWait } from '../../executor/wait.js';
import type { Execution } from '../../executor/execution.js';
import { parse, parseExpression } from '../../parser/parse.js';
import type { Statement } from '../../parser/ast.js';
import { coerce } from '../../planner/binder-types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { Catalog } from '../../planner/catalog.js';
import type { PlannedStatement } from '../../planner/physical-plan.js';
import { describe, planStatement, type PlanOptions } from '../../planner/plan-statement.js';
import type { Backend } from '../backend.js';
import type { FunctionRecord } from '../catalog/catalog-objects.js';
import { ddlBinder, evaluateExpressions } from '../ddl/expressions.js';
import type { StatementContext } from '../eval-context.js';
import { checkDefinitions, checkWritable, findLocks, isPlannable, lockRelations, makeRequest, planForSnapshot, type PlannableStatement } from '../execute.js';
import { CachedStatement, type CachedPlan } from '../plan-cache.js';
import { inputParameters, type RoutineCall, type RoutineResult } from './routine-shape.js';
import { SuspendStatement } from '../suspend-statement.js';
import { datumFormat, rowShape, withOutputContext, type ResultColumn } from '../values.js';

/** Calls of SQL functions within one another: each takes a few kilobytes of the JavaScript stack. */
const RoutineDepthMax = 120;

const bodies = new WeakMap<FunctionRecord, readonly CachedStatement[]>();

/** The statements of a body. @throws DbError 42601 */
export function bodyOf(record: FunctionRecord): readonly CachedStatement[] {
  let body = bodies.get(record);
  if (body === undefined) bodies.set(record, (body = parse(record.body).map((parsed) => new CachedStatement(parsed))));
  return body;
}

/** @throws DbError 0A000 for what a function in SQL cannot do here */
export function requirePlannable(statement: Statement): PlannableStatement {
  if (isPlannable(statement)) return statement;
  throw notSupported(`${statement.kind === 'unsupported' ? statement.feature : statement.kind.replaceAll(/[A-Z]/g, (c) => ` ${c}`).toUpperCase()} in a function`);
}

const scopeOf = (record: FunctionRecord): { readonly name: string; readonly parameters: readonly (string | undefined)[] } => ({ name: record.name, parameters: inputParameters(record).map((p) => p.name) });

/** The plan of one statement of the body, for these parameter types. */
function planBody(backend: Backend, record: FunctionRecord, cached: CachedStatement, types: readonly SqlType[]): CachedPlan {
  const catalog = backend.catalog();
  const key = { catalogVersion: catalog.version, context: backend.plannerContext(types.map((type) => type.oid)) };
  const known = cached.find(key.catalogVersion, key.context);
  if (known !== undefined) return known;
  return cached.add(key, planBodyOver(backend, catalog, record, cached, types));
}

function planBodyOver(backend: Backend, catalog: Catalog, record: FunctionRecord, cached: CachedStatement, types: readonly SqlType[]): PlannedStatement {
  return planStatement(requirePlannable(cached.parsed.statement), bodyOptions(backend, catalog, record, cached, types));
}

/** @throws DbError 42P02 */
function bodyOptions(backend: Backend, catalog: Catalog, record: FunctionRecord, cached: CachedStatement, types: readonly SqlType[]): PlanOptions {
  if (cached.parsed.parameterCount > types.length) throw new DbError('42P02', `there is no parameter $${types.length + 1}`);
  return {
    catalog, settings: backend.plannerSettings(), parameterTypes: types, parameterNames: cached.parsed.parameterNames, parameterCount: cached.parsed.parameterCount,
    context: backend.context(Infinity), evaluate: evaluateConstant, routine: scopeOf(record),
  };
}

// ---------------------------------------------------------------------------------------------------------------- results

type Convert = (row: readonly Datum[]) => readonly Datum[];
const converters = new WeakMap<CachedPlan, Map<string, Convert>>();

/** From the columns of the last statement to what the function is declared to give (Q3). @throws DbError 42P13 */
function converterFor(backend: Backend, record: FunctionRecord, plan: CachedPlan, last: Statement, returns: RoutineResult): Convert {
  let byType = converters.get(plan);
  if (byType === undefined) converters.set(plan, (byType = new Map()));
  const key = `${returns.type.oid}:${returns.columns?.map((c) => c.type.oid).join() ?? ''}`;
  let convert = byType.get(key);
  if (convert === undefined) byType.set(key, (convert = makeConverter(backend, record, plan.planned.result, last, returns)));
  return convert;
}

function makeConverter(backend: Backend, record: FunctionRecord, given: readonly ResultColumn[], last: Statement, returns: RoutineResult): Convert {
  if (returns.kind === 'void') return () => [null];
  const name = (type: SqlType): string => typeName(type.oid, backend.definitions().types);
  const mismatch = (detail: string): DbError => new DbError('42P13', `return type mismatch in function declared to return ${name(returns.type)}`, { detail });
  if (given.length === 0 && last.kind !== 'query') throw mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.");
  if (returns.kind === 'value') {
    if (given.length !== 1) throw mismatch('Final statement must return exactly one column.');
    const cast = castOf(backend, given[0]!.type, returns.type) ?? rowCastOf(backend, given[0]!.type, returns.type);
    if (cast === undefined) throw mismatch(`Actual return type is ${name(given[0]!.type)}.`);
    return (row) => [cast(row[0]!)];
  }
  const { columns } = returns;
  // One column that is the row itself.
  if (given.length === 1 && typeInfo(given[0]!.type.oid, backend.definitions().types).storage === 'record' && (given[0]!.type.oid === returns.type.oid || given[0]!.type.oid === TypeOid.record)) {
    return columns === undefined ? (row) => [row[0]!] : (row) => (row[0] instanceof SqlRecord ? row[0].values : columns.map(() => null));
  }
  // Where no one says which columns it has, a record tells its own.
  if (columns === undefined) {
    const shape = { oid: TypeOid.record, names: given.map((column) => column.name), types: given.map((column) => column.type) };
    return (row) => [new SqlRecord(shape, row)];
  }
  if (given.length < columns.length) throw mismatch('Final statement returns too few columns.');
  if (given.length > columns.length) throw mismatch('Final statement returns too many columns.');
  const casts = columns.map((column, i) => {
    const cast = castOf(backend, given[i]!.type, column.type);
    if (cast === undefined) throw mismatch(`Final statement returns ${name(given[i]!.type)} instead of ${name(column.type)} at column ${i + 1}.`);
    return cast;
  });
  return (row) => casts.map((cast, i) => cast(row[i]!));
}

/** An assignment cast of single values, undefined when there is none. */
function castOf(backend: Backend, from: SqlType, to: SqlType): ((value: Datum) => Datum) | undefined {
  if (from.oid === to.oid && to.typmod === -1) return (value) => value;
  const binder = ddlBinder(backend);
  const column: BoundExpression = { kind: 'column', type: from, offset: -1, id: binder.newId(), name: 'value' };
  const bound = coerce(binder, column, to, 'assignment', -1);
  if (bound === undefined) return undefined;
  if (bound === column) return (value) => value;
  return (value) => {
    const runtime = new Runtime(makeRequest(backend, backend.block.ensureTransaction(), [], backend.context(Infinity), true), binder.columnCount, undefined);
    runtime.registers[0] = value;
    return evaluate(bound, runtime);
  };
}

/** From a written row to a domain over a composite type: field by field, whose types the row tells. */
function rowCastOf(backend: Backend, from: SqlType, to: SqlType): ((value: Datum) => Datum) | undefined {
  const { types } = backend.definitions();
  const base = baseTypeOf(to, types);
  const { attributes } = typeInfo(base.oid, types);
  const check = castOf(backend, base, to);
  if (from.oid !== TypeOid.record || attributes === undefined || check === undefined) return undefined;
  const shape = { oid: base.oid, names: attributes.map((a) => a.name), types: attributes.map((a) => a.type) };
  return (value) => {
    if (!(value instanceof SqlRecord)) return check(null);
    const fields = attributes.map((attribute, i) => {
      const cast = i < value.values.length ? castOf(backend, value.shape.types[i]!, attribute.type) : undefined;
      if (cast === undefined || value.values.length !== attributes.length) throw new DbError('42P13', `return type mismatch in function declared to return ${typeName(to.oid, types)}`);
      return cast(value.values[i]!);
    });
    return check(new SqlRecord(shape, fields));
  };
}

// ---------------------------------------------------------------------------------------------------------------- running

/** A call as a driver sees it: what it yields must be awaited before it goes on. */
type Steps = Generator<Promise<unknown>, readonly (readonly Datum[])[]>;

/** Values of the call's arguments, those left out from their defaults. Undefined: a strict function has a NULL. */
function completeArguments(backend: Backend, record: FunctionRecord, args: readonly Datum[], types: readonly SqlType[]): readonly Datum[] | undefined {
  const inputs = inputParameters(record);
  const all = inputs.map((parameter, i): Datum => {
    const given = args[i];
    if (given !== undefined || parameter.default === undefined) return given ?? null;
    return evaluateExpressions(backend, [parseExpression(parameter.default)], [types[i]!], { params: undefined, format: datumFormat, deadlineMs: Infinity, copy: undefined })[0]!;
  });
  return record.strict && all.includes(null) ? undefined : all;
}

function* callSteps(backend: Backend, call: RoutineCall, args: readonly Datum[], deadlineMs: number): Steps {
  const { record } = call;
  const values = completeArguments(backend, record, args, call.args);
  if (values === undefined) return [];
  if (backend.routineDepth >= RoutineDepthMax) {
    throw new DbError('54001', 'stack depth limit exceeded', { hint: `Calls of SQL functions may be nested ${RoutineDepthMax} deep.` });
  }
  const settings = backend.settings.mark();
  backend.routineDepth++;
  let phase = 'during startup';
  try {
    for (const { name, value } of record.settings ?? []) backend.settings.set(name, value, true);
    const body = bodyOf(record);
    let rows: readonly (readonly Datum[])[] = [];
    for (let i = 0; i < body.length; i++) {
      const cached = body[i]!;
      phase = 'during startup';
      const plan = planBody(backend, record, cached, call.args);
      const { statement } = cached.parsed;
      if (record.volatility !== 'volatile' && statement.kind !== 'query') throw new DbError('0A000', `${statement.kind.toUpperCase()} is not allowed in a non-volatile function`);
      phase = `statement ${i + 1}`;
      const isLast = i === body.length - 1;
      const given = yield* statementSteps(backend, record, cached, plan, call.args, values, isLast && !call.returns.isSet ? 1 : Infinity, deadlineMs);
      if (!isLast) continue;
      const convert = converterFor(backend, record, plan, cached.parsed.statement, call.returns);
      rows = call.returns.kind === 'void' ? [[null]] : given.map(convert);
    }
    return rows;
  } catch (error) {
    // Positions are of the body's text.
    if (error instanceof DbError) error.fields = { ...error.fields, offset: undefined, where: `${error.fields.where === undefined ? '' : `${error.fields.where}\n`}SQL function "${record.name}" ${phase}` };
    throw error;
  } finally {
    backend.routineDepth--;
    if ((record.settings?.length ?? 0) > 0) backend.settings.rollbackTo(settings);
  }
}

function* statementSteps(backend: Backend, record: FunctionRecord, cached: CachedStatement, plan: CachedPlan, types: readonly SqlType[], values: readonly Datum[], rowsMax: number, deadlineMs: number): Steps {
  const tx = backend.block.ensureTransaction();
  const { statement } = cached.parsed;
  const isVolatile = record.volatility === 'volatile';
  const isWriting = statement.kind !== 'query' || !plan.planned.isReadOnly;
  if (isWriting && isVolatile) backend.markRoutineWrite(tx);
  const nested = isVolatile || tx.statement === undefined ? tx.beginNested({ text: cached.parsed.text }) : undefined;
  let execution: Execution | undefined;
  try {
    const locks = (plan.locks ??= findLocks(plan.planned, backend.catalog()));
    for (let waiting = lockRelations(tx, locks, true); waiting !== undefined; waiting = lockRelations(tx, locks, true)) {
      yield waiting;
      if (nested !== undefined) tx.refreshSnapshot();
    }
    checkDefinitions(backend, tx, locks);
    checkWritable(backend, plan.planned, statement);
    const ctx = backend.context(deadlineMs);
    const fitting = planForSnapshot(backend, cached, plan, tx, (catalog) => planBodyOver(backend, catalog, record, cached, types));
    execution = compiledBody(backend, fitting).start(makeRequest(backend, tx, values, ctx, true));
    const running = execution;
    // What changes data runs to its end, whatever is wanted of its rows.
    const quota = isWriting ? Infinity : rowsMax;
    for (;;) {
      const step = withOutputContext(ctx, () => running.step(quota));
      if (step === 'done' || step === 'rows') return running.takeRows() as Datum[][];
      if (isWait(step)) yield step;
      else ctx.checkDeadline();
    }
  } finally {
    execution?.close();
    if (nested !== undefined) tx.endNested(nested);
  }
}

function compiledBody(backend: Backend, plan: CachedPlan): ReturnType<typeof compile> {
  const mode = backend.settings.get('execution_mode') as 'generated' | 'interpreted';
  let compiled = plan.compiled.get(mode);
  if (compiled === undefined) {
    compiled = compile(plan.planned, { mode, shape: rowShape(plan.planned.result, datumFormat, backend.definitions().types), instrument: false, columns: backend.settings.get('leaf_columns') === 'on' });
    plan.compiled.set(mode, compiled);
  }
  return compiled;
}

/** The rows of a call (Q2): one at most unless it returns a set. @throws SuspendStatement */
export function runRoutine(context: StatementContext, call: RoutineCall, args: readonly Datum[]): readonly (readonly Datum[])[] {
  const steps = callSteps(context.backend, call, args, context.deadlineMs);
  const step = steps.next();
  if (step.done === true) return step.value;
  const waiting = step.value;
  steps.return([]);
  throw new SuspendStatement(waiting, context.backend);
}

/** The same for CALL, which waits where it has to. */
export async function callRoutine(backend: Backend, call: RoutineCall, args: readonly Datum[], deadlineMs: number): Promise<readonly (readonly Datum[])[]> {
  const steps = callSteps(backend, call, args, deadlineMs);
  let step = steps.next();
  while (step.done !== true) {
    try {
      await backend.waitFor(step.value, backend.block.ensureTransaction(), deadlineMs);
    } catch (error) {
      steps.return([]);
      throw error;
    }
    step = steps.next();
  }
  return step.value;
}

/** CREATE: analyses every statement, computing nothing, and compares the last one's columns with what is declared. @throws DbError of class 42 */
export function checkBody(backend: Backend, record: FunctionRecord, returns: RoutineResult): void {
  const types = inputParameters(record).map((p) => sqlType(p.type));
  const body = bodyOf(record);
  const last = body.at(-1);
  if (last === undefined && returns.kind !== 'void') {
    throw new DbError('42P13', `return type mismatch in function declared to return ${typeName(returns.type.oid, backend.definitions().types)}`, { detail: "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING." });
  }
  for (const cached of body) {
    const { result } = describe(requirePlannable(cached.parsed.statement), bodyOptions(backend, backend.catalog(), record, cached, types));
    if (cached === last) makeConverter(backend, record, result, cached.parsed.statement, returns);
  }
}
