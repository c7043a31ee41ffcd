/**
 * Subqueries that stayed subqueries. An uncorrelated one runs once per execution and its answer is kept; a correlated one runs for every
 * outer row, which it reads from the registers, unless it has met one with the same values before. `x = ANY (uncorrelated)` looks its keys up in a set.
 */
import { unreachable } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { SqlArray, SqlRecord } from '../base/datum.js';
import type { BoundExpression, ColumnId } from '../planner/expression.js';
import { collectColumns } from '../planner/expression-tools.js';
import { typeInfo } from '../base/types.js';
import { nestArrays } from '../functions/aggregate.js';
import { isVolatileExpression, isVolatilePlan } from './codegen/repeatable.js';
import { evaluate, physicalPlanOf, tooManyRows } from './expression-interpreter.js';
import { buildOperator } from './interpreter.js';
import type { Keeper } from './kept-memory.js';
import { datumsKey } from './ordering.js';
import { readsWorkTable } from './plan-tools.js';
import type { Operator, Runtime, SubplanState, SubqueryNode, Tuple } from './runtime.js';
import { restoreTuple, saveTuple } from './runtime.js';
import { datumBytes, keyBytes, tupleBytes } from './spill/memory.js';

function subplanState(e: SubqueryNode, runtime: Runtime): SubplanState {
  let state = runtime.subplans.get(e);
  if (state === undefined) {
    state = { operator: runtime.own(buildOperator(physicalPlanOf(e), runtime)), kept: runtime.memory.keeperOf(e), result: undefined, rows: undefined, keys: undefined, hasNull: false, answers: undefined };
    runtime.subplans.set(e, state);
  }
  return state;
}

const isUncorrelated = (e: SubqueryNode): boolean => e.outer.length === 0 && !readsWorkTable(physicalPlanOf(e));

export function evaluateSubquery(e: SubqueryNode, runtime: Runtime): Datum {
  const state = subplanState(e, runtime);
  const isQuantified = e.subkind === 'any' || e.subkind === 'all';
  if (isQuantified && isUncorrelated(e)) return quantifiedOfKept(e, state, runtime);
  if (state.result !== undefined) return state.result.value;
  if (isQuantified || e.outer.length > 0) return remembered(e, state, runtime);
  const value = runOnce(e, state, runtime);
  if (isUncorrelated(e)) {
    state.kept.add(datumBytes(value));
    state.result = { value };
  }
  return value;
}

/** Answers kept of one correlated subquery, and the runs after which so few answers were met again that none is kept any more. */
const AnswersMax = 1024;
const TrialRuns = 256;
const HitShareMin = 1 / 8;

/** The answer for the present outer row: kept from an outer row with the same values, or found by a run. (PostgreSQL's Memoize.) */
function remembered(e: SubqueryNode, state: SubplanState, runtime: Runtime): Datum {
  const answers = (state.answers ??= { byOuter: isRepeatable(e) ? new Map() : undefined, reads: valuesRead(e), runs: 0, hits: 0 });
  const { byOuter } = answers;
  const key = byOuter === undefined ? undefined : exactKey(answers.reads, runtime.registers);
  if (byOuter === undefined || key === undefined) return runOnce(e, state, runtime);
  const known = byOuter.get(key);
  answers.runs++;
  if (known !== undefined) {
    answers.hits++;
    return known.value;
  }
  const value = runOnce(e, state, runtime);
  const bytes = keyBytes(key) + datumBytes(value);
  if (byOuter.size < AnswersMax && state.kept.bytes + bytes <= runtime.env.workMemBytes) {
    state.kept.add(bytes);
    byOuter.set(key, { value });
  } else if (answers.hits < answers.runs * HitShareMin) answers.byOuter = undefined;
  if (answers.runs === TrialRuns && answers.hits < TrialRuns * HitShareMin) answers.byOuter = undefined;
  return value;
}

function isRepeatable(e: SubqueryNode): boolean {
  const plan = physicalPlanOf(e);
  return !isVolatilePlan(plan) && !readsWorkTable(plan) && (e.comparison === undefined || !isVolatileExpression(e.comparison));
}

/** The values from outside that an answer depends on: those the plan reads, and those its rows are compared with. */
function valuesRead(e: SubqueryNode): readonly ColumnId[] {
  const reads = new Set(e.outer);
  if (e.comparison !== undefined) collectColumns(e.comparison, reads);
  for (const id of e.columns) reads.delete(id);
  return [...reads];
}

/** Different for values that a query could tell apart, equal or not; undefined where that takes more than a look. */
function exactKey(ids: readonly ColumnId[], registers: readonly Datum[]): string | undefined {
  let key = '';
  for (const id of ids) {
    const value = registers[id]!;
    if (value === null) key += 'n;';
    else if (typeof value === 'number') {
      if (Object.is(value, -0)) return undefined;
      key += `${value};`;
    } else if (typeof value === 'string') key += `${value.length}:${value};`;
    else if (typeof value === 'boolean') key += value ? 't;' : 'f;';
    else return undefined;
  }
  return key;
}

function runOnce(e: SubqueryNode, state: SubplanState, runtime: Runtime): Datum {
  const { operator } = state;
  const { registers } = runtime;
  operator.open();
  try {
    switch (e.subkind) {
      case 'exists':
        return operator.next();
      case 'scalar':
      case 'row': {
        if (!operator.next()) return null;
        const values = saveTuple(registers, e.columns);
        if (operator.next()) throw tooManyRows();
        return e.subkind === 'scalar' ? values[0]! : new SqlRecord(subqueryShape(e), values);
      }
      case 'array': {
        const elements = allValues(operator, e.columns[0]!, state.kept, registers);
        const { elementOid } = typeInfo(e.type.oid, runtime.ctx.types);
        // Rows that are arrays themselves have the type of the result.
        const isNested = elements.length > 0 && physicalPlanOf(e).output.find((column) => column.id === e.columns[0])!.type.oid === e.type.oid;
        return isNested ? nestArrays(elementOid, elements) : SqlArray.of(elementOid, elements);
      }
      case 'any':
      case 'all':
        return quantified(e, () => operator.next(), runtime);
      default:
        return unreachable(e.subkind);
    }
  } finally {
    operator.close();
  }
}

/** While they are gathered they count; then they are the caller's. */
function allValues(operator: Operator, column: ColumnId, kept: Keeper, registers: readonly Datum[]): Datum[] {
  const before = kept.bytes;
  const values: Datum[] = [];
  while (operator.next()) {
    const value = registers[column]!;
    kept.add(datumBytes(value));
    values.push(value);
  }
  kept.remove(kept.bytes - before);
  return values;
}

function subqueryShape(e: SubqueryNode): SqlRecord['shape'] {
  const columns = e.columns.map((id) => physicalPlanOf(e).output.find((column) => column.id === id)!);
  return { oid: e.type.oid, names: columns.map((column) => column.name), types: columns.map((column) => column.type) };
}

/** `left OP ANY` or `left OP ALL` over the rows that `next` puts into the registers, until one decides. */
function quantified(e: SubqueryNode, next: () => boolean, runtime: Runtime): Datum {
  const decisive = e.subkind === 'any';
  let result: Datum = !decisive;
  while (next()) {
    const value = evaluate(e.comparison!, runtime);
    if (value === decisive) return decisive;
    if (value === null) result = null;
  }
  return result;
}

/** The same over the rows of an uncorrelated subquery, which are kept. */
function quantifiedOfKept(e: SubqueryNode, state: SubplanState, runtime: Runtime): Datum {
  const rows = (state.rows ??= allRows(e, state, runtime));
  if (e.subkind === 'any' && e.hashable !== undefined) {
    const answer = hashedAny(e, e.hashable.left, state, runtime);
    if (answer !== undefined) return answer;
  }
  let at = 0;
  const next = (): boolean => {
    if (at === rows.length) return false;
    restoreTuple(runtime.registers, e.columns, rows[at++]!);
    return true;
  };
  return quantified(e, next, runtime);
}

function allRows(e: SubqueryNode, state: SubplanState, runtime: Runtime): Tuple[] {
  const rows: Tuple[] = [];
  state.operator.open();
  while (state.operator.next()) {
    const row = saveTuple(runtime.registers, e.columns);
    state.kept.add(tupleBytes(row));
    rows.push(row);
  }
  state.operator.close();
  return rows;
}

/** `left = ANY`: true when the key is there, false when nothing can be unknown; undefined when the rows must be looked through. */
function hashedAny(e: SubqueryNode, left: readonly BoundExpression[], state: SubplanState, runtime: Runtime): boolean | undefined {
  if (state.keys === undefined) {
    state.keys = new Set();
    for (const row of state.rows!) {
      if (row.includes(null)) state.hasNull = true;
      else {
        const key = datumsKey(left, row, runtime.ctx);
        state.kept.add(keyBytes(key));
        state.keys.add(key);
      }
    }
  }
  if (state.rows!.length === 0) return false;
  const values = left.map((item) => evaluate(item, runtime));
  if (values.includes(null)) return undefined;
  if (state.keys.has(datumsKey(left, values, runtime.ctx))) return true;
  return state.hasNull ? undefined : false;
}
