/**
 * Evaluates bound expressions by walking them: the definition of what the generated code must compute, and what runs where generating code is
 * not allowed. Nothing here is clever; SQL's three-valued logic is written out case by case, NULL being `null`.
 *
 * I1  Operands of AND, OR, CASE, COALESCE and IN lists are evaluated in order and no further than needed; those of calls all.
 */
import { unreachable } from '../base/assert.js';
import type { Datum, RecordShape , SqlArray} from '../base/datum.js';
import { SqlRecord } from '../base/datum.js';
import { DbError, InternalError } from '../base/errors.js';
import type { SqlType } from '../base/types.js';
import { FirstUserOid, typeInfo } from '../base/types.js';
import { inputText, outputText } from '../base/text-io.js';
import type { EvalContext, FunctionDef } from '../functions/registry.js';
import type { BoundExpression } from '../planner/expression.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import { makeArray, subscriptArray } from './array-values.js';
import { isKeptList, keptArray, lookUpElement } from './element-set.js';
import { evaluateSubquery } from './subquery.js';
import type { Runtime } from './runtime.js';

type Of<Kind extends BoundExpression['kind']> = Extract<BoundExpression, { kind: Kind }>;

export function evaluate(e: BoundExpression, runtime: Runtime): Datum {
  switch (e.kind) {
    case 'constant':
      return e.value;
    case 'parameter':
      return runtime.params[e.index] ?? null;
    case 'column':
      return runtime.registers[e.id]!;
    case 'call':
      return callFunction(e.function, e.args.map((arg) => evaluate(arg, runtime)), runtime.ctx);
    case 'cast':
      return e.arg.kind === 'constant' ? castLiteral(e, runtime) : castDatum(evaluate(e.arg, runtime), e, runtime.ctx);
    case 'and':
      return evaluateAnd(e, runtime);
    case 'or':
      return evaluateOr(e, runtime);
    case 'not': {
      const value = evaluate(e.arg, runtime);
      return value === null ? null : value !== true;
    }
    case 'isNull':
      return e.isRow ? isRowNull(evaluate(e.arg, runtime), e.negated) : (evaluate(e.arg, runtime) === null) !== e.negated;
    case 'isBoolean': {
      const value = evaluate(e.arg, runtime);
      const wanted = e.test === 'unknown' ? null : e.test === 'true';
      return (value === wanted) !== e.negated;
    }
    case 'isDistinct': {
      const left = evaluate(e.left, runtime);
      const right = evaluate(e.right, runtime);
      const distinct = left === null || right === null ? left !== right : callFunction(e.equals, [left, right], runtime.ctx) !== true;
      return distinct !== e.negated;
    }
    case 'case':
      for (const branch of e.branches) if (evaluate(branch.when, runtime) === true) return evaluate(branch.then, runtime);
      return evaluate(e.otherwise, runtime);
    case 'coalesce':
      for (const arg of e.args) {
        const value = evaluate(arg, runtime);
        if (value !== null) return value;
      }
      return null;
    case 'greatest':
    case 'least':
      return evaluateExtreme(e, runtime);
    case 'inList':
      return evaluateInList(e, runtime);
    case 'quantifiedArray':
      return quantifiedArray(evaluate(e.arg, runtime), evaluate(e.array, runtime), e.operator, e.quantifier, runtime.ctx);
    case 'array':
      return isKeptList(e) ? kept(e, runtime) : makeArray(e.type, e.elements.map((element) => evaluate(element, runtime)), e.isNested, runtime.ctx);
    case 'row':
      return new SqlRecord(rowShape(e), e.fields.map((field) => evaluate(field, runtime)));
    case 'field': {
      const record = evaluate(e.arg, runtime);
      return record === null ? null : ((record as SqlRecord).values[e.index] ?? null);
    }
    case 'subscript':
      return subscriptArray(evaluate(e.arg, runtime), e.indices.map((index) => ({
        lower: index.lower === undefined ? undefined : evaluate(index.lower, runtime),
        upper: index.upper === undefined ? undefined : evaluate(index.upper, runtime),
        isSlice: index.isSlice,
      })), runtime.ctx);
    case 'rowCompare':
      return evaluateRowCompare(e, runtime);
    case 'subquery':
      return evaluateSubquery(e, runtime);
    default:
      return unreachable(e);
  }
}

/** An expression of constants alone, before there is a running statement. */
export function evaluateConstant(e: BoundExpression, ctx: EvalContext): Datum {
  const parts: Pick<Runtime, 'params' | 'registers' | 'literals' | 'ctx'> = { params: [], registers: [], literals: new Map(), ctx };
  return evaluate(e, parts as Runtime);
}

/** Calls a scalar function: NULL for a strict one with a NULL argument, `undefined` for arguments left out. */
export function callFunction(definition: FunctionDef, args: readonly Datum[], ctx: EvalContext): Datum {
  if (definition.strict && args.includes(null)) return null;
  const { impl } = definition;
  if (impl === undefined) throw new InternalError(`function ${definition.name} has no implementation`);
  switch (definition.args.length - args.length) {
    case 0:
      return impl(...args, ctx);
    default: {
      const all: unknown[] = [...args];
      while (all.length < definition.args.length) all.push(undefined);
      return impl(...all, ctx);
    }
  }
}

/** A cast of a non-parameter kind; NULL stays NULL, except that a domain's check may object. */
function castDatum(value: Datum, e: Of<'cast'>, ctx: EvalContext): Datum {
  if (e.method === 'binary') return value;
  if (e.method === 'io') return value === null ? null : inputText(e.type, outputText(e.arg.type, value, ctx), ctx);
  return value === null && !isDomain(e.type, ctx) ? null : e.method(value, e.type.typmod, e.isExplicit, ctx);
}

/** Coercions to a domain see NULL too: its NOT NULL may object. */
export function isDomain(type: SqlType, ctx: Pick<EvalContext, 'types'>): boolean {
  return type.oid >= FirstUserOid && typeInfo(type.oid, ctx.types).kind === 'domain';
}

/** A literal is read once in a run. */
function castLiteral(e: Extract<BoundExpression, { kind: 'cast' }>, runtime: Runtime): Datum {
  const known = runtime.literals.get(e);
  if (known !== undefined) return known;
  const value = castDatum(evaluate(e.arg, runtime), e, runtime.ctx);
  runtime.literals.set(e, value);
  return value;
}

function evaluateAnd(e: Of<'and' | 'or'>, runtime: Runtime): Datum {
  let result: Datum = true;
  for (const arg of e.args) {
    const value = evaluate(arg, runtime);
    if (value === false) return false;
    if (value === null) result = null;
  }
  return result;
}

function evaluateOr(e: Of<'and' | 'or'>, runtime: Runtime): Datum {
  let result: Datum = false;
  for (const arg of e.args) {
    const value = evaluate(arg, runtime);
    if (value === true) return true;
    if (value === null) result = null;
  }
  return result;
}

/** IS NULL of a composite value: all fields are; with NOT: no field is. */
export function isRowNull(value: Datum, negated: boolean): boolean {
  if (value instanceof SqlRecord) return negated ? value.values.every((field) => field !== null) : value.values.every((field) => field === null);
  return (value === null) !== negated;
}

function evaluateExtreme(e: Of<'greatest' | 'least'>, runtime: Runtime): Datum {
  let best: Datum = null;
  for (const arg of e.args) {
    const value = evaluate(arg, runtime);
    if (value === null) continue;
    if (best === null) {
      best = value;
      continue;
    }
    const isLess = callFunction(e.lessThan, e.kind === 'least' ? [value, best] : [best, value], runtime.ctx);
    if (isLess === true) best = value;
  }
  return best;
}

function evaluateInList(e: Of<'inList'>, runtime: Runtime): Datum {
  const left = evaluate(e.arg, runtime);
  if (isKeptList(e)) return inArray(left, kept(e, runtime), e, runtime.ctx);
  let result: Datum = false;
  for (const item of e.list) {
    const right = evaluate(item, runtime);
    const equal = left === null || right === null ? null : callFunction(e.equals, [left, right], runtime.ctx);
    if (equal === true) return !e.negated;
    if (equal === null) result = null;
  }
  return result === null ? null : e.negated;
}

/** IN and NOT IN over a list that is kept as an array. */
export function inArray(value: Datum, array: SqlArray, e: Of<'inList'>, ctx: EvalContext): Datum {
  const found = quantifiedArray(value, array, e.equals, 'any', ctx);
  return found === null ? null : found !== e.negated;
}

/** The array of a kept list, made once in a run. */
function kept(e: Of<'inList' | 'array'>, runtime: Runtime): SqlArray {
  const known = runtime.literals.get(e);
  if (known !== undefined) return known as SqlArray;
  const made = keptArray(e, (item) => evaluate(item, runtime), runtime.ctx);
  runtime.literals.set(e, made);
  return made;
}

/** `value op ANY (array)`: true if any is true, else NULL if any is unknown, else false; ALL is its dual. NULL array: NULL. */
export function quantifiedArray(value: Datum, array: Datum, operator: FunctionDef, quantifier: 'any' | 'all', ctx: EvalContext): Datum {
  if (array === null) return null;
  const known = lookUpElement(value, array as SqlArray, operator, quantifier, ctx);
  if (known !== undefined) return known;
  const decisive = quantifier === 'any';
  let result: Datum = !decisive;
  for (const element of (array as SqlArray).elements) {
    const compared = callFunction(operator, [value, element], ctx);
    if (compared === decisive) return decisive;
    if (compared === null) result = null;
  }
  return result;
}

const shapes = new WeakMap<object, RecordShape>();

/** The shape of a ROW(...) expression's records: fields are named f1, f2, ... */
export function rowShape(e: Of<'row'>): RecordShape {
  let shape = shapes.get(e);
  if (shape === undefined) {
    shape = { oid: e.type.oid, names: e.names ?? e.fields.map((_, i) => `f${i + 1}`), types: e.fields.map((field) => field.type) };
    shapes.set(e, shape);
  }
  return shape;
}

/** Row-wise <, <=, >, >=: the first pair that is not equal decides; an unknown pair before that makes the whole unknown. */
function evaluateRowCompare(e: Of<'rowCompare'>, runtime: Runtime): Datum {
  const left = e.left.map((item) => evaluate(item, runtime));
  const right = e.right.map((item) => evaluate(item, runtime));
  return rowCompare(left, right, e.operator, e.lessThan, e.equals, runtime.ctx);
}

export function rowCompare(
  left: readonly Datum[], right: readonly Datum[], operator: '<' | '<=' | '>' | '>=', lessThan: readonly FunctionDef[], equals: readonly FunctionDef[], ctx: EvalContext,
): Datum {
  for (let i = 0; i < left.length; i++) {
    const a = left[i]!;
    const b = right[i]!;
    if (a === null || b === null) return null;
    if (callFunction(equals[i]!, [a, b], ctx) === true) continue;
    return operator === '<' || operator === '<=' ? callFunction(lessThan[i]!, [a, b], ctx) : callFunction(lessThan[i]!, [b, a], ctx);
  }
  return operator === '<=' || operator === '>=';
}

/** The physical plan of a subquery, which physical planning has put in the place of the logical one. */
export function physicalPlanOf(e: Of<'subquery'>): PhysicalPlan {
  return e.plan as PhysicalPlan;
}

/** 21000, raised by scalar and row subqueries. */
export function tooManyRows(): DbError {
  return new DbError('21000', 'more than one row returned by a subquery used as an expression');
}
